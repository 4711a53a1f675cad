/* SPDX-License-Identifier: Apache-2.0
 *
 * table - the keys and slots of one namespace: an open-addressing index over rows in chunks.
 *
 * The index is an array of 32-bit entries, a power of two of them, probed linearly and at most
 * three quarters full. The low bits of an entry (as many as number the index's places) hold row +
 * 1, the bits above them the same bits of the key's hash: a probe only looks at a row when these
 * agree. 0 is a free place; an entry whose row bits are all ones is a grave, passed over by probes.
 * Only the low 32 bits of a hash are used here; the upper ones choose the key group.
 *
 * A row is a header with the key, then the slot:
 *   WR_KEY_8      word | nulls, live | hash                       16 bytes
 *   WR_KEY_24     nulls, live | hash | word | word | word         32 bytes
 *   WR_KEY_BYTES  len, live | hash | 24 bytes, or a pointer       32 bytes
 * The hash stays in the row so that growing needs no key. A removed row is not live and keeps the
 * next free row in place of its hash. The upper byte of `nulls` and `len` belongs to the row, not
 * to the key: whether it is live, and what checkpoints have seen of it (WR_ROW_*,
 * memory_snapshot.c).
 *
 * Rows lie in chunks that never move: the first holds a few rows, each further one as many as all
 * before it, until they are a few megabytes each.
 *
 * Thread: the state's owner.
 *
 * Invariants
 *   T1  every live row has exactly one entry; graves and free places have none
 *   T2  row + 1 < mask for every row in use, so that no entry looks like a grave or a free place
 */
#ifndef WR_STATE_TABLE_H
#define WR_STATE_TABLE_H

#include "state/block.h"
#include "state/keys.h"

struct wr_spill_area; /* state/spill.h */

/* What all tables of a state share. */
struct wr_row_layout {
	enum wr_key_form form;
	uint32_t header;     /* bytes before the slot */
	uint32_t value_size; /* bytes of the slot */
	uint32_t row_size;   /* header + value_size */
	uint32_t first_log;  /* log2 of the rows of the first chunk */
	uint32_t chunk_log;  /* log2 of the rows of a full-sized chunk */
};

/* What the marks of a row become when it is made or removed; all tables of a state share it. */
struct wr_row_marks {
	uint32_t keep; /* marks of a removed row that stay with its place */
	uint32_t born; /* marks of a new row */
};

/* Slots that changed, each once. Zeroed: empty. */
struct wr_slot_list {
	uint8_t **slot;           /* owned */
	uint32_t count, capacity; /* slots */
};

struct wr_table {
	const struct wr_row_layout *layout; /* the state's */
	const struct wr_row_marks *marks;   /* the state's */
	struct wr_blocks *blocks;           /* the state's */
	uint32_t *index;                    /* mask + 1 entries */
	uint32_t mask;                      /* places in the index, less one */
	uint32_t used;                      /* entries that are not free: live ones and graves */
	uint32_t used_max;                  /* as many make the index grow */
	uint32_t rows;                      /* rows ever made */
	uint32_t rows_end;                  /* rows that the chunks hold */
	uint32_t live;                      /* rows with a key */
	uint32_t free_row;                  /* first removed row + 1; 0: none */
	uint32_t chunk_count;               /* chunks */
	uint32_t chunk_capacity;            /* slots at base */
	uintptr_t *base;              /* per chunk: address minus that of its first row number */
	struct wr_agg_pool *pool;     /* long keys and variable parts; NULL: none yet */
	struct wr_slot_list noted[2]; /* per generation: the slots that changed in it */
	uint64_t walked;              /* how far the snapshot under way is */
	bool saved;                   /* some checkpoint may have a record of it */
	struct wr_spill_area *area;   /* rows on disk; NULL: none */
	uint32_t clock;               /* the row at which eviction goes on */
};

struct wr_row_8 {
	uint64_t word;
	uint32_t nulls; /* per column; WR_ROW_* */
	uint32_t hash;
};
struct wr_row_24 {
	uint32_t nulls; /* per column; WR_ROW_* */
	uint32_t hash;
	uint64_t word[3];
};
struct wr_row_bytes {
	uint32_t len; /* of the key in bytes; WR_ROW_* */
	uint32_t hash;
	union {
		char inlined[24]; /* rest zero */
		char *ptr;        /* in the pool */
	} u;
};
#define WR_ROW_LIVE       0x80000000u /* holds a key */
#define WR_ROW_NOTED_0    0x40000000u /* is in noted[0] of its table */
#define WR_ROW_NOTED_1    0x20000000u /* is in noted[1] of its table */
#define WR_ROW_SAVED      0x10000000u /* some checkpoint may have a record of its key */
#define WR_ROW_PASSED     0x08000000u /* which full snapshot was the last to pass it: odd or even */
#define WR_ROW_USED       0x04000000u /* looked up since eviction passed it last */
#define WR_ROW_KEY        0x00ffffffu /* the bits of the key: NULLs, or its length */
#define WR_ROW_SAME       (WR_ROW_LIVE | WR_ROW_KEY) /* what is compared */
#define WR_ROW_INLINE_MAX 24u

void wr_row_layout_init(struct wr_row_layout *layout, enum wr_key_form form, uint32_t value_size);

void wr_table_init(struct wr_table *table, const struct wr_row_layout *layout,
		   const struct wr_row_marks *marks, struct wr_blocks *blocks);
/* Before the first key: about as many will come, so that the index need not grow to it. */
void wr_table_expect(struct wr_table *table, uint32_t keys);
void wr_table_release(struct wr_table *table);
struct wr_agg_pool *wr_table_pool(struct wr_table *table); /* makes it when there is none */

/* slot[i] = the slot of key i or NULL. */
void wr_table_find(const struct wr_table *table, const struct wr_packed *keys, const uint64_t *hash,
		   uint32_t count, uint8_t **slot);
/* The same, making absent ones; is_new may be NULL. false: more keys than a table can hold. */
bool wr_table_upsert(struct wr_table *table, const struct wr_packed *keys, const uint64_t *hash,
		     uint32_t count, uint8_t **slot, uint8_t *is_new);
void wr_table_remove(struct wr_table *table, uint8_t *slot);
/* The slot will be removed soon. */
void wr_table_prefetch_remove(const struct wr_table *table, uint8_t *slot);
uint32_t wr_table_scan(const struct wr_table *table, uint64_t *cursor, uint8_t **slot,
		       uint32_t max);
/* Bytes that the live rows need, their variable parts included. */
uint64_t wr_table_used(const struct wr_table *table);
uint64_t wr_table_bytes(const struct wr_table *table); /* blocks excluded: those are the state's */

static inline char *wr_table_row(const struct wr_table *table, uint32_t row)
{
	const struct wr_row_layout *layout = table->layout;
	uint32_t chunk = row >> layout->chunk_log;

	if (chunk != 0) /* full-sized chunks */
		chunk += layout->chunk_log - layout->first_log;
	else /* rows [0, 1) * first, [1, 2) * first, [2, 4) * first, ... */
		chunk = 31 - (uint32_t)__builtin_clz((row >> layout->first_log) * 2 + 1);
	return (char *)(table->base[chunk] + (uintptr_t)row * layout->row_size);
}

/* Whether a row holds a key, and the word with the flag, at the start of every header but
 * WR_KEY_8's. */
static inline uint32_t *wr_row_flags(const struct wr_row_layout *layout, char *row)
{
	return layout->form == WR_KEY_8 ? &((struct wr_row_8 *)row)->nulls
					: &((struct wr_row_24 *)row)->nulls;
}
static inline uint32_t *wr_row_hash(const struct wr_row_layout *layout, char *row)
{
	return layout->form == WR_KEY_8 ? &((struct wr_row_8 *)row)->hash
					: &((struct wr_row_24 *)row)->hash;
}
static inline const char *wr_row_bytes_key(const struct wr_row_bytes *row, uint32_t *len)
{
	*len = row->len & WR_ROW_KEY;
	return *len <= WR_ROW_INLINE_MAX ? row->u.inlined : row->u.ptr;
}

#endif
