/* SPDX-License-Identifier: Apache-2.0
 *
 * memory - the insides of the memory backend, for its own files: memory.c looks up and changes,
 * memory_snapshot.c notes what changes and writes it down, memory_spill.c moves rows to disk and
 * back, memory_page.c reads those on disk for scans.
 */
#ifndef WR_STATE_MEMORY_H
#define WR_STATE_MEMORY_H

#include "state/backend.h"
#include "state/snapshot.h"
#include "state/spill.h"
#include "state/table.h"

struct wr_space {
	int64_t ns;             /* window slice end in ms, or 0 */
	struct wr_table *table; /* owned */
};

/* What snapshots need; see memory_snapshot.c. */
struct wr_track {
	bool on;             /* changes are noted */
	uint32_t generation; /* 0 or 1: where changes are noted now */
	uint32_t number;     /* of the generation, from 1; 0: not on */
	uint32_t passed;     /* WR_ROW_PASSED of rows that the last full snapshot has passed */
	uint32_t want_mask, want_flip; /* a row is wanted: (mark ^ want_flip) & want_mask != 0 */
	bool active;                   /* a snapshot is under way */
	bool walking;                  /* and has not gone through all rows on disk */
	uint32_t walk_number;          /* the generation that it writes */
	bool full, keep_changes;       /* what it is */
	struct wr_row_marks marks;     /* of all tables */
	struct wr_snapshot_out out;    /* its records */
	int64_t walk_ns;               /* namespaces below it have been written */
	struct wr_space *doomed; /* dropped ones of which records are still to be written; owned */
	uint32_t doomed_count, doomed_capacity;
	struct wr_snapshot_block **removed; /* REMOVE records of the generation; owned */
	uint32_t removed_count, removed_capacity;
};

/* Rows on disk that a scan has read, until the next one does; see memory_page.c. */
struct wr_page {
	char *rows;               /* in the layout of the state's; NULL: no page; owned */
	uint32_t count;           /* rows, removed ones included */
	uint32_t capacity;        /* rows that fit */
	struct wr_table *table;   /* theirs */
	int64_t ns;               /* the same */
	struct wr_spill_row *row; /* per row: record and position; owned */
	struct wr_agg_pool *keys; /* long keys; owned */
};

struct wr_memory {
	struct wr_state state;
	struct wr_key_layout keys;   /* how keys lie in rows */
	struct wr_row_layout rows;   /* how rows lie in chunks */
	struct wr_blocks blocks;     /* where chunks and indexes come from */
	struct wr_packed packed;     /* keys of the batch in hand */
	struct wr_builder **builder; /* WR_KEY_BYTES: one per key column; NULL: none yet */
	struct wr_space *space;      /* the directory: entries [space_first, +space_count) */
	uint32_t space_first;        /* those before it are gone */
	uint32_t space_count;        /* namespaces */
	uint32_t space_capacity;     /* slots at space */
	int64_t last_ns;             /* of last_table */
	struct wr_table *last_table; /* used last; NULL: none */
	uint32_t dropped[2];         /* keys of the namespaces dropped last: what to expect of a new
					one, the lower of both */
	struct wr_track track;
	struct wr_spill *spill;      /* rows on disk; NULL: there never were any; owned */
	struct wr_spill_place born;  /* its end when the current generation began */
	struct wr_page page;         /* of the scan that goes on */
	struct wr_packed one;        /* one key, on its way back */
	struct wr_str *field;        /* fields of one value; NULL: not used yet; owned */
	struct wr_text key;          /* one key, as on disk */
	uint8_t *is_new;             /* of a batch, when the caller does not want it; owned */
	uint32_t is_new_capacity;    /* rows that fit */
	wr_status *error;            /* the first that could not be returned; owned */
	int64_t clock_ns;            /* the namespace at which eviction goes on */
	struct wr_spill_area **lost; /* areas of dropped namespaces that the snapshot still
					wants; owned */
	uint32_t lost_count, lost_capacity;
};

static inline struct wr_memory *wr_memory_of(struct wr_state *state)
{
	return (struct wr_memory *)state;
}
/* The first entry of the directory with a namespace >= ns; space_count when there is none. */
uint32_t wr_memory_search(const struct wr_memory *memory, int64_t ns);
/* Frees a table that is in no directory any more. */
void wr_memory_table_free(struct wr_table *table);

/* --- memory_snapshot.c */

void wr_track_init(struct wr_track *track);
void wr_track_release(struct wr_track *track);
/* The slots may be changed from now on: writes those that the snapshot under way still wants, and
 * notes all. Only when track.on. */
void wr_track_touch(struct wr_memory *memory, int64_t ns, struct wr_table *table,
		    uint8_t *const *slot, uint32_t count);
/* The slots are about to be removed. */
void wr_track_remove(struct wr_memory *memory, int64_t ns, struct wr_table *table,
		     uint8_t *const *slot, uint32_t count);
/* The namespace is about to go, having left the directory. true: the table has been taken over. */
bool wr_track_drop(struct wr_memory *memory, int64_t ns, struct wr_table *table);

/* Writes a row if the snapshot under way wants it. */
void wr_track_settle(struct wr_memory *memory, int64_t ns, struct wr_table *table, char *row);
/* Appends the key of a row, as a row of the codec. */
void wr_memory_put_key(const struct wr_memory *memory, struct wr_text *out, char *row);
/* The first noting of a row that was changed before it came back. */
void wr_track_note_again(struct wr_memory *memory, struct wr_table *table, uint8_t *slot);

/* --- memory_spill.c */

/* Rows on disk of the keys that were not found come back: is_new (upsert) says which of the slots
 * are new; those of `slot` that are NULL (find) are looked for. Only when table->area. */
wr_status *wr_spill_fill(struct wr_memory *memory, int64_t ns, struct wr_table *table,
			 uint8_t **slot, uint8_t *is_new, uint32_t count);
wr_status *wr_spill_seek(struct wr_memory *memory, int64_t ns, struct wr_table *table,
			 const struct wr_keys *keys, uint8_t **slot);
/* The slots have been looked up: they stay longer than others. */
void wr_spill_used(struct wr_memory *memory, uint8_t *const *slot, const uint8_t *is_new,
		   uint32_t count);
/* Loads a row that was read from disk into a zeroed slot. */
wr_status *wr_spill_load(struct wr_memory *memory, struct wr_table *table,
			 const struct wr_spill_row *row, uint8_t *slot);
/* Puts the row of a slot on disk. */
wr_status *wr_spill_store(struct wr_memory *memory, struct wr_table *table, char *row,
			  bool changed);
/* A row is about to leave its place on disk: the snapshot under way gets it if it wants it. */
void wr_spill_settle(struct wr_memory *memory, int64_t ns, const struct wr_spill_row *row);
/* The same for a row that has to be read for that. */
void wr_spill_settle_again(struct wr_memory *memory, int64_t ns, const struct wr_spill_row *row);
/* SAVED, if some checkpoint may have a record of a row that lay on disk. */
uint32_t wr_spill_saved(const struct wr_memory *memory, const struct wr_spill_row *row);
/* The namespace goes. */
void wr_spill_drop(struct wr_memory *memory, struct wr_table *table);
void wr_spill_keep_error(struct wr_memory *memory, wr_status *status_moved);
void wr_spill_begin(struct wr_memory *memory);                /* a snapshot */
bool wr_spill_step(struct wr_memory *memory, size_t *budget); /* true: all is written */
void wr_spill_stop(struct wr_memory *memory);
void wr_spill_release(struct wr_memory *memory);
wr_status *wr_memory_trim(struct wr_state *state, struct wr_spill_dir *dir, uint64_t target);
uint64_t wr_memory_used(const struct wr_state *state);

/* --- memory_page.c */

uint32_t wr_page_scan(struct wr_memory *memory, int64_t ns, struct wr_table *table,
		      uint64_t *cursor, uint8_t **slot, uint32_t max);
/* The row of a slot, if it lies in the page; else UINT32_MAX. */
uint32_t wr_page_find(const struct wr_page *page, const struct wr_row_layout *layout,
		      const uint8_t *slot);
void wr_page_touch(struct wr_memory *memory, uint32_t index);
void wr_page_remove(struct wr_memory *memory, uint32_t index);
/* Puts back what was changed and forgets the page. */
void wr_page_end(struct wr_memory *memory);
void wr_page_discard(struct wr_memory *memory); /* its namespace goes */

void wr_memory_track(struct wr_state *state);
void wr_memory_snapshot_begin(struct wr_state *state, struct wr_snapshot *snapshot, uint32_t id);
bool wr_memory_snapshot_step(struct wr_state *state, size_t budget);
void wr_memory_snapshot_abort(struct wr_state *state);

#endif
