/* SPDX-License-Identifier: Apache-2.0
 *
 * probe - looking up the keys of a batch.
 *
 * A table that fits the cache is probed key by key. In a larger one every key misses twice, in the
 * index and in its row, so keys go through three steps in blocks, each step a block behind the one
 * before: ask for the index line; read the index and ask for the row; compare. Some hundred misses
 * are then under way at any time in place of one.
 *
 * What the second step finds is a hint: a row whose entry agrees with the hash. Rows do not move,
 * so that it stays right or wrong whatever is inserted meanwhile; when the keys are equal it is the
 * row, otherwise the third step probes from the start.
 *
 * The functions are written once over the form of key and compiled for each.
 */
#include "state/probe.h"

#define BLOCK        64           /* keys per step */
#define CACHED_BYTES (768u << 10) /* a table below this is in the L2 cache */
#define INLINE       static inline __attribute__((always_inline))

/* A key of the batch. */
struct probe_key {
	const uint64_t *word; /* fixed forms */
	uint32_t nulls;       /* fixed forms */
	const char *bytes;    /* WR_KEY_BYTES */
	uint32_t len;         /* WR_KEY_BYTES */
};

/* Key i of the batch, in the form of the rows. */
INLINE struct probe_key key_at(enum wr_key_form form, const struct wr_packed *keys, uint32_t i)
{
	struct probe_key key = {0};

	if (form == WR_KEY_BYTES) {
		key.bytes = wr_encoded_row(&keys->encoded, i, &key.len);
	} else {
		key.word = keys->use + (size_t)i * (form == WR_KEY_8 ? 1 : 3);
		key.nulls = keys->nulls[i];
	}
	return key;
}

INLINE bool bytes_equal(const struct wr_row_bytes *row, const struct probe_key *key)
{
	if ((row->len & WR_ROW_SAME) != (key->len | WR_ROW_LIVE))
		return false;
	const char *have = key->len <= WR_ROW_INLINE_MAX ? row->u.inlined : row->u.ptr;
	return memcmp(have, key->bytes, key->len) == 0;
}

/* Whether a live row's key is `key`: NULLs are equal, and the flag is part of the comparison. */
INLINE bool row_equal(enum wr_key_form form, const char *row, const struct probe_key *key)
{
	if (form == WR_KEY_8) {
		const struct wr_row_8 *have = (const struct wr_row_8 *)row;
		return have->word == key->word[0] &&
		       (have->nulls & WR_ROW_SAME) == (key->nulls | WR_ROW_LIVE);
	}
	if (form == WR_KEY_24) {
		const struct wr_row_24 *have = (const struct wr_row_24 *)row;
		return ((have->word[0] ^ key->word[0]) | (have->word[1] ^ key->word[1]) |
			(have->word[2] ^ key->word[2])) == 0 &&
		       (have->nulls & WR_ROW_SAME) == (key->nulls | WR_ROW_LIVE);
	}
	return bytes_equal((const struct wr_row_bytes *)row, key);
}

/* Fills the header of a new row. */
INLINE void row_fill(enum wr_key_form form, struct wr_table *table, char *row,
		     const struct probe_key *key, uint32_t hash)
{
	const struct wr_row_marks *marks = table->marks;
	uint32_t mark =
	    WR_ROW_LIVE | marks->born | (*wr_row_flags(table->layout, row) & marks->keep);

	if (form == WR_KEY_8) {
		*(struct wr_row_8 *)row = (struct wr_row_8){
		    .word = key->word[0], .nulls = key->nulls | mark, .hash = hash};
	} else if (form == WR_KEY_24) {
		*(struct wr_row_24 *)row =
		    (struct wr_row_24){.nulls = key->nulls | mark,
				       .hash = hash,
				       .word = {key->word[0], key->word[1], key->word[2]}};
	} else {
		struct wr_row_bytes *have = (struct wr_row_bytes *)row;
		*have = (struct wr_row_bytes){.len = key->len | mark, .hash = hash};
		char *to = have->u.inlined;
		if (key->len > WR_ROW_INLINE_MAX)
			to = have->u.ptr = wr_agg_pool_alloc(wr_table_pool(table), key->len);
		memcpy(to, key->bytes, key->len);
	}
}

/* The row of a key, or NULL and the free place where its probe ended. */
INLINE char *probe(enum wr_key_form form, const struct wr_table *table, const struct probe_key *key,
		   uint32_t hash, uint32_t *end)
{
	uint32_t mask = table->mask;
	uint32_t place = hash & mask;

	for (;; place = (place + 1) & mask) {
		uint32_t entry = table->index[place];
		if (((entry ^ hash) & ~mask) == 0 && entry != 0 && (entry & mask) != mask) {
			char *row = wr_table_row(table, (entry & mask) - 1);
			if (row_equal(form, row, key))
				return row;
		} else if (entry == 0) {
			*end = place;
			return NULL;
		}
	}
}

/* Makes the row of a key that is not there; `place` is where its probe ended. NULL: full. */
INLINE char *insert(enum wr_key_form form, struct wr_table *table, const struct probe_key *key,
		    uint32_t hash, uint32_t place)
{
	if (WR_UNLIKELY(table->used >= table->used_max)) {
		if (!wr_table_make_room(table))
			return NULL;
		for (place = hash & table->mask; table->index[place] != 0;)
			place = (place + 1) & table->mask;
	}
	uint32_t number;
	char *row = wr_table_new_row(table, &number);
	row_fill(form, table, row, key, hash);
	table->index[place] = (hash & ~table->mask) | (number + 1);
	table->used++;
	return row;
}

/* What one call works on. */
struct probe_batch {
	struct wr_table *table;
	const struct wr_packed *keys;
	const uint64_t *hash;
	uint8_t **slot;
	uint8_t *is_new; /* NULL: not wanted */
};

/* Looks up or makes key i. false: the table is full. */
INLINE bool resolve(enum wr_key_form form, bool upsert, const struct probe_batch *batch, uint32_t i)
{
	struct wr_table *table = batch->table;
	struct probe_key key = key_at(form, batch->keys, i);
	uint32_t hash = (uint32_t)batch->hash[i];
	uint32_t place;
	char *row = probe(form, table, &key, hash, &place);
	bool is_new = false;

	if (row == NULL && upsert) {
		row = insert(form, table, &key, hash, place);
		if (row == NULL)
			return false;
		is_new = true;
	}
	batch->slot[i] = row != NULL ? (uint8_t *)row + table->layout->header : NULL;
	if (upsert && batch->is_new != NULL)
		batch->is_new[i] = is_new;
	return true;
}

/* Step 1 for keys [from, to). */
INLINE void ask_index(const struct probe_batch *batch, uint32_t from, uint32_t to)
{
	const struct wr_table *table = batch->table;

	for (uint32_t i = from; i < to; i++)
		__builtin_prefetch(&table->index[(uint32_t)batch->hash[i] & table->mask]);
}

/* Step 2: the first row whose entry agrees with the hash, or NULL. */
INLINE void ask_rows(const struct probe_batch *batch, uint32_t from, uint32_t to, char **hint)
{
	const struct wr_table *table = batch->table;
	uint32_t mask = table->mask;

	for (uint32_t i = from; i < to; i++) {
		uint32_t hash = (uint32_t)batch->hash[i];
		uint32_t place = hash & mask;
		uint32_t entry = table->index[place];
		while (entry != 0 && (((entry ^ hash) & ~mask) != 0 || (entry & mask) == mask)) {
			place = (place + 1) & mask;
			entry = table->index[place];
		}
		hint[i % BLOCK] = entry != 0 ? wr_table_row(table, (entry & mask) - 1) : NULL;
		__builtin_prefetch(hint[i % BLOCK]);
	}
}

/* Step 3. */
INLINE bool settle(enum wr_key_form form, bool upsert, const struct probe_batch *batch,
		   uint32_t from, uint32_t to, char *const *hint)
{
	uint32_t header = batch->table->layout->header;

	for (uint32_t i = from; i < to; i++) {
		char *row = hint[i % BLOCK];
		struct probe_key key = key_at(form, batch->keys, i);
		if (row != NULL && row_equal(form, row, &key)) {
			batch->slot[i] = (uint8_t *)row + header;
			if (upsert && batch->is_new != NULL)
				batch->is_new[i] = 0;
		} else if (!resolve(form, upsert, batch, i)) {
			return false;
		}
	}
	return true;
}

/* All keys of a batch. */
INLINE bool run(enum wr_key_form form, bool upsert, const struct probe_batch *batch, uint32_t count)
{
	const struct wr_table *table = batch->table;
	uint64_t bytes = (uint64_t)table->mask * sizeof(uint32_t) +
			 (uint64_t)table->rows * table->layout->row_size;
	char *hint[2][BLOCK];

	if (bytes < CACHED_BYTES) {
		for (uint32_t i = 0; i < count; i++) {
			if (!resolve(form, upsert, batch, i))
				return false;
		}
		return true;
	}
	ask_index(batch, 0, WR_MIN(count, 2 * BLOCK));
	ask_rows(batch, 0, WR_MIN(count, BLOCK), hint[0]);
	for (uint32_t from = 0, b = 0; from < count; from += BLOCK, b ^= 1) {
		uint32_t next = WR_MIN(count, from + BLOCK);
		uint32_t after = WR_MIN(count, next + BLOCK);
		ask_index(batch, after, WR_MIN(count, after + BLOCK));
		ask_rows(batch, next, after, hint[b ^ 1]);
		if (!settle(form, upsert, batch, from, next, hint[b]))
			return false;
	}
	return true;
}

/* One copy of the code per form. */
INLINE bool dispatch(bool upsert, const struct probe_batch *batch, uint32_t count)
{
	switch (batch->table->layout->form) {
	case WR_KEY_8: return run(WR_KEY_8, upsert, batch, count);
	case WR_KEY_24: return run(WR_KEY_24, upsert, batch, count);
	default: return run(WR_KEY_BYTES, upsert, batch, count);
	}
}

void wr_table_find(const struct wr_table *table, const struct wr_packed *keys, const uint64_t *hash,
		   uint32_t count, uint8_t **slot)
{
	/* Finding writes nothing; the struct is shared with upsert. */
	struct probe_batch batch = {
	    .table = (struct wr_table *)(uintptr_t)table, .keys = keys, .hash = hash, .slot = slot};

	(void)dispatch(false, &batch, count);
}

bool wr_table_upsert(struct wr_table *table, const struct wr_packed *keys, const uint64_t *hash,
		     uint32_t count, uint8_t **slot, uint8_t *is_new)
{
	struct probe_batch batch = {
	    .table = table, .keys = keys, .hash = hash, .slot = slot, .is_new = is_new};

	return dispatch(true, &batch, count);
}
