/* SPDX-License-Identifier: Apache-2.0
 *
 * memory - the backend that keeps state in memory: a directory of namespaces, each with a table.
 *
 * The directory is an array in order of namespace. Windows open at its end and close at its start,
 * so both ends are cheap; the namespace used last is remembered, because batches come in runs.
 *
 * Thread: the state's owner.
 *
 * Invariants
 *   M1  namespaces in the directory strictly increase; each has a table
 */
#include "state/memory.h"

#include "base/mem.h"

#define SPACES_MIN 8u

static wr_status *memory_open(const struct wr_state_decl *decl, struct wr_state **out)
{
	struct wr_memory *memory = wr_calloc(1, sizeof *memory);

	wr_key_layout_init(&memory->keys, decl);
	wr_row_layout_init(&memory->rows, memory->keys.form, decl->value_size);
	wr_blocks_init(&memory->blocks);
	wr_packed_init(&memory->packed);
	wr_packed_init(&memory->one);
	memory->clock_ns = INT64_MIN;
	wr_track_init(&memory->track);
	memory->state.decl.key_type = memory->keys.type;
	*out = &memory->state;
	return NULL;
}

void wr_memory_table_free(struct wr_table *table)
{
	wr_table_release(table);
	wr_free(table);
}

/* Tables first: they give their blocks back before those are freed. */
static void memory_close(struct wr_state *state)
{
	struct wr_memory *memory = wr_memory_of(state);

	for (uint32_t i = 0; i < memory->space_count; i++)
		wr_memory_table_free(memory->space[memory->space_first + i].table);
	wr_free(memory->space);
	wr_spill_release(memory);
	wr_track_release(&memory->track);
	wr_blocks_release(&memory->blocks);
	wr_packed_release(&memory->packed);
	if (memory->builder != NULL) {
		for (uint32_t i = 0; i < memory->keys.count; i++)
			wr_builder_free(memory->builder[i]);
		wr_free(memory->builder);
	}
	wr_key_layout_release(&memory->keys);
	wr_free(memory);
}

/* The first entry of the directory with a namespace >= ns; space_count when there is none. */
uint32_t wr_memory_search(const struct wr_memory *memory, int64_t ns)
{
	const struct wr_space *space = memory->space + memory->space_first;
	uint32_t low = 0;
	uint32_t high = memory->space_count;

	if (high > 0 && space[high - 1].ns < ns)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (space[middle].ns < ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* NULL: the namespace does not exist. */
static struct wr_table *table_find(struct wr_memory *memory, int64_t ns)
{
	if (memory->last_table != NULL && memory->last_ns == ns)
		return memory->last_table;
	uint32_t at = wr_memory_search(memory, ns);
	const struct wr_space *space = memory->space + memory->space_first + at;
	if (at == memory->space_count || space->ns != ns)
		return NULL;
	memory->last_ns = ns;
	memory->last_table = space->table;
	return space->table;
}

/* Room for one more entry behind the last. */
static void space_reserve(struct wr_memory *memory)
{
	if (memory->space_first + memory->space_count < memory->space_capacity)
		return;
	if (memory->space_first > memory->space_capacity / 2) {
		memmove(memory->space, memory->space + memory->space_first,
			memory->space_count * sizeof *memory->space);
	} else {
		memory->space_capacity = WR_MAX(SPACES_MIN, memory->space_capacity * 2);
		struct wr_space *space = wr_malloc(memory->space_capacity * sizeof *space);
		if (memory->space_count > 0)
			memcpy(space, memory->space + memory->space_first,
			       memory->space_count * sizeof *space);
		wr_free(memory->space);
		memory->space = space;
	}
	memory->space_first = 0;
}

/* The namespace is put into the directory where the order wants it. */
static struct wr_table *table_make(struct wr_memory *memory, int64_t ns)
{
	struct wr_table *table = table_find(memory, ns);

	if (table != NULL)
		return table;
	table = wr_malloc(sizeof *table);
	wr_table_init(table, &memory->rows, &memory->track.marks, &memory->blocks);
	wr_table_expect(table, WR_MIN(memory->dropped[0], memory->dropped[1]));
	uint32_t at = wr_memory_search(memory, ns);
	space_reserve(memory);
	struct wr_space *space = memory->space + memory->space_first + at;
	memmove(space + 1, space, (memory->space_count - at) * sizeof *space);
	*space = (struct wr_space){.ns = ns, .table = table};
	memory->space_count++;
	memory->last_ns = ns;
	memory->last_table = table;
	return table;
}

/* A namespace that does not exist has no keys; it is not made. */
static wr_status *memory_peek(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			      uint8_t **slot)
{
	struct wr_memory *memory = wr_memory_of(state);
	struct wr_table *table = table_find(memory, ns);

	if (table == NULL) {
		memset(slot, 0, keys->rows * sizeof *slot);
		return NULL;
	}
	wr_packed_fill(&memory->packed, &memory->keys, keys->column, keys->rows);
	wr_table_find(table, &memory->packed, keys->hash, keys->rows, slot);
	if (memory->spill != NULL)
		wr_spill_used(memory, slot, NULL, keys->rows);
	return table->area != NULL ? wr_spill_seek(memory, ns, table, keys, slot) : NULL;
}

static wr_status *memory_find(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			      uint8_t **slot)
{
	struct wr_memory *memory = wr_memory_of(state);

	WR_TRY(memory_peek(state, ns, keys, slot));
	if (memory->track.on && table_find(memory, ns) != NULL)
		wr_track_touch(memory, ns, table_find(memory, ns), slot, keys->rows);
	return NULL;
}

static void memory_touch(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count)
{
	struct wr_memory *memory = wr_memory_of(state);

	if (WR_UNLIKELY(memory->page.table != NULL)) {
		for (uint32_t i = 0; i < count; i++) {
			uint32_t index = wr_page_find(&memory->page, &memory->rows, slot[i]);

			if (index != UINT32_MAX)
				wr_page_touch(memory, index);
			else if (memory->track.on)
				wr_track_touch(memory, ns, table_find(memory, ns), &slot[i], 1);
		}
		return;
	}
	if (memory->track.on && count > 0)
		wr_track_touch(memory, ns, table_find(memory, ns), slot, count);
}

static wr_status *table_full(const struct wr_table *table)
{
	return wr_status_hint(
	    wr_status_new(WR_FATAL, "A state has more than %u keys in one namespace", table->rows),
	    "Set a state time-to-live ('table.exec.state.ttl'), or use more workers "
	    "('parallelism.default')");
}

/* Looks up or makes keys that are packed, in the table and on disk below it. */
static wr_status *upsert_packed(struct wr_memory *memory, int64_t ns, const uint64_t *hash,
				uint32_t count, uint8_t **slot, uint8_t *is_new)
{
	struct wr_table *table = table_make(memory, ns);

	if (memory->spill != NULL && is_new == NULL) {
		if (count > memory->is_new_capacity) {
			wr_free(memory->is_new);
			memory->is_new = wr_malloc(count);
			memory->is_new_capacity = count;
		}
		is_new = memory->is_new;
	}
	if (!wr_table_upsert(table, &memory->packed, hash, count, slot, is_new))
		return table_full(table);
	if (memory->spill != NULL)
		wr_spill_used(memory, slot, is_new, count);
	if (table->area != NULL)
		WR_TRY(wr_spill_fill(memory, ns, table, slot, is_new, count));
	if (memory->track.on)
		wr_track_touch(memory, ns, table, slot, count);
	return NULL;
}

/* A row has 24 bits for the length of its key. */
static wr_status *keys_fit(const struct wr_encoded *encoded)
{
	for (uint32_t i = 0; i < encoded->count && encoded->bytes.len > WR_ROW_KEY; i++) {
		uint32_t len = encoded->offset[i + 1] - encoded->offset[i];

		if (len > WR_ROW_KEY)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "A key takes %u bytes; at most %u are possible", len,
					  WR_ROW_KEY),
			    "Use a shorter column as the key, such as SHA256 of this one");
	}
	return NULL;
}

/* Makes the namespace when it is not there. */
static wr_status *memory_upsert(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
				uint8_t **slot, uint8_t *is_new)
{
	struct wr_memory *memory = wr_memory_of(state);

	wr_packed_fill(&memory->packed, &memory->keys, keys->column, keys->rows);
	if (memory->keys.form == WR_KEY_BYTES)
		WR_TRY(keys_fit(&memory->packed.encoded));
	return upsert_packed(memory, ns, keys->hash, keys->rows, slot, is_new);
}

/* Packs the keys of rows as they are, with their hashes. */
static void pack_rows(struct wr_memory *memory, uint8_t *const *slot, uint32_t count,
		      uint64_t *hash)
{
	struct wr_packed *packed = &memory->packed;
	struct wr_encoded *encoded = &packed->encoded;
	enum wr_key_form form = memory->keys.form;

	wr_packed_reserve(packed, count);
	packed->use = packed->word;
	wr_text_clear(&encoded->bytes);
	if (form == WR_KEY_BYTES)
		wr_encoded_reserve(encoded, count);
	for (uint32_t i = 0; i < count; i++) {
		char *row = (char *)slot[i] - memory->rows.header;

		hash[i] = *wr_row_hash(&memory->rows, row);
		if (form == WR_KEY_BYTES) {
			uint32_t len;
			const char *bytes = wr_row_bytes_key((struct wr_row_bytes *)row, &len);

			encoded->offset[i] = (uint32_t)encoded->bytes.len;
			wr_text_add(&encoded->bytes, bytes, len);
			continue;
		}
		packed->nulls[i] = *wr_row_flags(&memory->rows, row) & WR_ROW_KEY;
		if (form == WR_KEY_8)
			packed->word[i] = ((struct wr_row_8 *)row)->word;
		else
			memcpy(packed->word + 3 * (size_t)i, ((struct wr_row_24 *)row)->word, 24);
	}
	if (form != WR_KEY_BYTES)
		return;
	encoded->offset[count] = (uint32_t)encoded->bytes.len;
	encoded->count = count;
	(void)wr_text_reserve(&encoded->bytes, 8);
}

/* The rows' hashes have all that a table looks at: their lower half. */
static wr_status *memory_upsert_slots(struct wr_state *state, int64_t ns, struct wr_state *from,
				      uint8_t *const *from_slot, uint32_t count, uint8_t **slot,
				      uint8_t *is_new)
{
	struct wr_memory *memory = wr_memory_of(state);
	uint64_t *hash = wr_malloc(WR_MAX(count, 1) * sizeof *hash);
	wr_status *status;

	WR_ASSERT(wr_memory_of(from)->keys.form == memory->keys.form &&
		  wr_memory_of(from)->rows.header == memory->rows.header);
	pack_rows(memory, from_slot, count, hash);
	status = upsert_packed(memory, ns, hash, count, slot, is_new);
	wr_free(hash);
	return status;
}

static wr_status *memory_remove(struct wr_state *state, int64_t ns, uint8_t *const *slot,
				uint32_t count)
{
	struct wr_memory *memory = wr_memory_of(state);
	struct wr_table *table = table_find(memory, ns);

	WR_ASSERT(table != NULL || count == 0);
	if (memory->track.on)
		wr_track_remove(memory, ns, table, slot, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = wr_page_find(&memory->page, &memory->rows, slot[i]);

		if (index != UINT32_MAX)
			wr_page_remove(memory, index);
		else
			wr_table_remove(table, slot[i]);
	}
	return NULL;
}

/* At the front of the directory, where windows close, nothing moves. */
static void memory_drop_namespace(struct wr_state *state, int64_t ns)
{
	struct wr_memory *memory = wr_memory_of(state);
	uint32_t at = wr_memory_search(memory, ns);
	struct wr_space *space = memory->space + memory->space_first + at;

	if (at == memory->space_count || space->ns != ns)
		return;
	struct wr_table *table = space->table;
	memory->dropped[1] = memory->dropped[0];
	memory->dropped[0] = table->live;
	wr_spill_drop(memory, table);
	memory->last_table = NULL;
	memory->space_count--;
	if (at == 0)
		memory->space_first++;
	else
		memmove(space, space + 1, (memory->space_count - at) * sizeof *space);
	if (!memory->track.on || !wr_track_drop(memory, ns, table))
		wr_memory_table_free(table);
}

static struct wr_agg_pool *memory_pool(struct wr_state *state, int64_t ns)
{
	return wr_table_pool(table_make(wr_memory_of(state), ns));
}

static uint32_t memory_scan(struct wr_state *state, int64_t ns, uint64_t *cursor, uint8_t **slot,
			    uint32_t max)
{
	struct wr_memory *memory = wr_memory_of(state);
	struct wr_table *table = table_find(memory, ns);
	uint32_t count = 0;

	if (table == NULL)
		return 0;
	if (*cursor <= UINT32_MAX)
		count = wr_table_scan(table, cursor, slot, max);
	if (count == 0 && table->area != NULL)
		count = wr_page_scan(memory, ns, table, cursor, slot, max);
	return count;
}

/* Keys as codec rows: decoded by builders that stay with the state. */
static void keys_decode(struct wr_memory *memory, uint8_t *const *slot, uint32_t count,
			struct wr_column **out)
{
	uint32_t key_count = memory->keys.count;

	if (memory->builder == NULL) {
		memory->builder = wr_calloc(key_count, sizeof *memory->builder);
		for (uint32_t i = 0; i < key_count; i++)
			memory->builder[i] = wr_builder_new(memory->keys.type[i], count);
	}
	for (uint32_t i = 0; i < count; i++) {
		const char *row = (const char *)slot[i] - memory->rows.header;
		uint32_t len;
		const char *bytes = wr_row_bytes_key((const struct wr_row_bytes *)row, &len);
		const char *end =
		    wr_codec_decode(&memory->keys.codec, bytes, bytes + len, memory->builder);
		WR_REQUIRE(end == bytes + len);
	}
	for (uint32_t i = 0; i < key_count; i++)
		out[i] = wr_builder_finish(memory->builder[i]);
}

/* Fixed keys are read out of the rows column by column. */
static void memory_keys(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count,
			struct wr_column **out)
{
	struct wr_memory *memory = wr_memory_of(state);

	if (memory->keys.form == WR_KEY_BYTES) {
		keys_decode(memory, slot, count, out);
		return;
	}
	const uint64_t **words = wr_malloc(WR_MAX(count, 1) * sizeof *words);
	uint32_t *nulls = wr_malloc(WR_MAX(count, 1) * sizeof *nulls);
	for (uint32_t i = 0; i < count; i++) {
		char *row = (char *)slot[i] - memory->rows.header;
		nulls[i] = *wr_row_flags(&memory->rows, row);
		words[i] = memory->keys.form == WR_KEY_8 ? &((struct wr_row_8 *)row)->word
							 : ((struct wr_row_24 *)row)->word;
	}
	for (uint32_t i = 0; i < memory->keys.count; i++)
		out[i] = wr_key_unpack(&memory->keys, i, words, nulls, count);
	wr_free(words);
	wr_free(nulls);
}

/* By binary search. */
static bool memory_first_namespace(struct wr_state *state, int64_t above, int64_t *ns)
{
	struct wr_memory *memory = wr_memory_of(state);

	if (above == INT64_MAX)
		return false;
	uint32_t at = wr_memory_search(memory, above + 1);
	if (at == memory->space_count)
		return false;
	*ns = memory->space[memory->space_first + at].ns;
	return true;
}

static uint64_t memory_count(struct wr_state *state, int64_t ns)
{
	const struct wr_table *table = table_find(wr_memory_of(state), ns);

	if (table == NULL)
		return 0;
	return table->live + (table->area != NULL ? wr_spill_area_count(table->area) : 0);
}

/* Blocks, kept ones included, then what each table has besides. */
static uint64_t memory_bytes(const struct wr_state *state)
{
	const struct wr_memory *memory = (const struct wr_memory *)state;
	uint64_t bytes = sizeof *memory + memory->blocks.used + memory->blocks.kept +
			 memory->keys.arena.total + memory->packed.capacity * (size_t)28 +
			 memory->packed.encoded.bytes.capacity +
			 memory->space_capacity * sizeof *memory->space;

	for (uint32_t i = 0; i < memory->space_count; i++)
		bytes += wr_table_bytes(memory->space[memory->space_first + i].table);
	return bytes + (memory->spill != NULL ? wr_spill_bytes(memory->spill) : 0);
}

const struct wr_state_backend wr_state_memory = {
    .name = "hashmap",
    .open = memory_open,
    .close = memory_close,
    .find = memory_find,
    .upsert = memory_upsert,
    .upsert_slots = memory_upsert_slots,
    .peek = memory_peek,
    .touch = memory_touch,
    .track = wr_memory_track,
    .snapshot_begin = wr_memory_snapshot_begin,
    .snapshot_step = wr_memory_snapshot_step,
    .snapshot_abort = wr_memory_snapshot_abort,
    .remove = memory_remove,
    .drop_namespace = memory_drop_namespace,
    .pool = memory_pool,
    .scan = memory_scan,
    .keys = memory_keys,
    .first_namespace = memory_first_namespace,
    .count = memory_count,
    .bytes = memory_bytes,
    .used = wr_memory_used,
    .trim = wr_memory_trim,
};
