/* SPDX-License-Identifier: Apache-2.0
 *
 * memory_spill - rows that memory has no room for lie on disk, and come back when they are looked
 * up.
 *
 * The tables are the cache, and it is exclusive: a key is in its table or in the log below it
 * (spill.h), never in both. Rows leave in wr_state_trim only, when nobody holds a slot: a clock
 * goes round the tables, passes rows that were looked up since it came by last, and takes the
 * others. A look-up that does not find a key in the table asks the log; what is there is loaded
 * and deleted below.
 *
 * With a snapshot under way (memory_snapshot.c):
 *   - what lay in the log at the mark is written by a walk through the log: all of it for a full
 *     snapshot; for an incremental one those rows that had changed in the generation and left in
 *     it, which are all behind the place where the log ended when the generation began
 *   - a row that comes back before the walk has come to it is written there and then
 *   - a row that leaves is written first if the snapshot wants it
 * A row that changed in a generation, left, and came back in the same one is noted again.
 *
 * Thread: the state's owner.
 *
 * Invariants
 *   L1  no key is both in a table and in its area
 *   L2  no row of the log is wanted by the snapshot under way but those that the walk comes to
 */
#include <malloc.h>

#include "base/macros.h"
#include "base/mem.h"
#include "state/memory.h"

#define AHEAD      16u         /* look-ups for which the index is asked in advance */
#define EVICT_ROWS 64u         /* rows that leave together */
#define COLLECT    (64u << 10) /* bytes of cleaning per trim, and four times what was put */

void wr_spill_keep_error(struct wr_memory *memory, wr_status *status)
{
	if (memory->error == NULL)
		memory->error = status;
	else
		wr_status_free(status);
}

/* --- coming back --------------------------------------------------------------------------------
 */

uint32_t wr_spill_saved(const struct wr_memory *memory, const struct wr_spill_row *row)
{
	/* What had changed in an earlier generation has been written since, or nothing was. */
	if (memory->track.on && row->record.generation != memory->track.number)
		return WR_ROW_SAVED;
	return row->record.marks & WR_ROW_SAVED;
}

/* Whether the walk of the snapshot under way is to write the row when it comes to it. */
static bool walk_wants(const struct wr_memory *memory, const struct wr_spill_row *row)
{
	return memory->track.full || row->record.generation == memory->track.walk_number;
}

static void write_record(struct wr_memory *memory, int64_t ns, const struct wr_spill_row *row)
{
	struct wr_text *out;

	if (memory->track.out.snapshot == NULL)
		return;
	out = wr_snapshot_out_begin(&memory->track.out, WR_RECORD_PUT);
	wr_varint_put(out, wr_zigzag(ns));
	wr_value_put_bytes(out, row->key.data, row->key.len);
	wr_value_put_bytes(out, row->value.data, row->value.len);
	wr_snapshot_out_done(&memory->track.out);
}

void wr_spill_settle(struct wr_memory *memory, int64_t ns, const struct wr_spill_row *row)
{
	if (memory->track.active && wr_spill_walk_wants(memory->spill, row->position) &&
	    walk_wants(memory, row))
		write_record(memory, ns, row);
}

void wr_spill_settle_again(struct wr_memory *memory, int64_t ns, const struct wr_spill_row *row)
{
	struct wr_spill_row again;
	wr_status *status;

	if (!memory->track.active || !wr_spill_walk_wants(memory->spill, row->position) ||
	    !walk_wants(memory, row))
		return;
	status = wr_spill_read(memory->spill, row->position, &again);
	if (status != NULL)
		wr_spill_keep_error(memory, status);
	else
		write_record(memory, ns, &again);
}

wr_status *wr_spill_load(struct wr_memory *memory, struct wr_table *table,
			 const struct wr_spill_row *row, uint8_t *slot)
{
	const struct wr_state_codec *codec = memory->state.decl.codec;
	struct wr_value value = {.field = memory->field, .count = codec->field_count};

	if (!wr_value_cut(row->value.data, row->value.len, memory->field, value.count) ||
	    !codec->load(memory->state.decl.codec_ctx, wr_table_pool(table), slot, &value))
		return wr_status_new(WR_RESTART, "A row of spilled state is damaged");
	return NULL;
}

/* A row on disk becomes that of a new slot. */
static wr_status *come_back(struct wr_memory *memory, int64_t ns, struct wr_table *table,
			    const struct wr_spill_row *row, uint8_t *slot)
{
	uint32_t *mark = wr_row_flags(&memory->rows, (char *)slot - memory->rows.header);

	wr_spill_settle(memory, ns, row);
	WR_TRY(wr_spill_load(memory, table, row, slot));
	*mark |= wr_spill_saved(memory, row);
	if (memory->track.on && row->record.generation == memory->track.number)
		wr_track_note_again(memory, table, slot);
	wr_spill_delete(memory->spill, table->area, row);
	return NULL;
}

void wr_spill_used(struct wr_memory *memory, uint8_t *const *slot, const uint8_t *is_new,
		   uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (slot[i] != NULL && (is_new == NULL || !is_new[i]))
			*wr_row_flags(&memory->rows, (char *)slot[i] - memory->rows.header) |=
			    WR_ROW_USED;
}

wr_status *wr_spill_fill(struct wr_memory *memory, int64_t ns, struct wr_table *table,
			 uint8_t **slot, uint8_t *is_new, uint32_t count)
{
	const struct wr_row_layout *layout = &memory->rows;
	struct wr_spill_row row;

	if (memory->page.table == table)
		wr_page_end(memory);
	for (uint32_t i = 0; i < count + AHEAD; i++) {
		char *at;

		if (i < count && is_new[i])
			wr_spill_prefetch(table->area,
					  *wr_row_hash(layout, (char *)slot[i] - layout->header));
		if (i < AHEAD || !is_new[i - AHEAD])
			continue;
		at = (char *)slot[i - AHEAD] - layout->header;
		wr_text_clear(&memory->key);
		wr_memory_put_key(memory, &memory->key, at);
		WR_TRY(wr_spill_find(memory->spill, table->area, *wr_row_hash(layout, at),
				     (struct wr_str){memory->key.data, memory->key.len}, &row));
		if (row.position == 0)
			continue;
		WR_TRY(come_back(memory, ns, table, &row, slot[i - AHEAD]));
		is_new[i - AHEAD] = 0;
	}
	return NULL;
}

/* The key of a record in the form of the rows, as the only one of memory->one. */
static void pack_one(struct wr_memory *memory, struct wr_str key)
{
	struct wr_packed *one = &memory->one;
	uint32_t null_size = (memory->keys.count + 7) / 8;

	if (memory->keys.form == WR_KEY_BYTES) {
		wr_text_clear(&one->encoded.bytes);
		wr_encoded_reserve(&one->encoded, 1);
		wr_text_add(&one->encoded.bytes, key.data, key.len);
		one->encoded.offset[0] = 0;
		one->encoded.offset[1] = (uint32_t)key.len;
		one->encoded.count = 1;
		(void)wr_text_reserve(&one->encoded.bytes, 8);
		return;
	}
	wr_packed_reserve(one, 1);
	one->use = one->word;
	one->nulls[0] = 0;
	memset(one->word, 0, 3 * sizeof *one->word);
	memcpy(one->nulls, key.data, null_size);
	memcpy(one->word, key.data + null_size, key.len - null_size);
}

/* The bytes of key i of the batch in hand, as a row of the codec. */
static struct wr_str packed_key(struct wr_memory *memory, uint32_t i)
{
	const struct wr_key_layout *keys = &memory->keys;
	uint32_t len, null_size = (keys->count + 7) / 8;

	if (keys->form == WR_KEY_BYTES) {
		const char *bytes = wr_encoded_row(&memory->packed.encoded, i, &len);

		return (struct wr_str){bytes, len};
	}
	len = keys->count == 0 ? 0 : keys->offset[keys->count - 1] + keys->width[keys->count - 1];
	wr_text_clear(&memory->key);
	wr_text_add(&memory->key, &memory->packed.nulls[i], null_size);
	wr_text_add(&memory->key, memory->packed.use + (size_t)i * (keys->form == WR_KEY_8 ? 1 : 3),
		    len);
	return (struct wr_str){memory->key.data, memory->key.len};
}

/* Looks for one missing key of the batch in hand; *came: it was there. */
static wr_status *seek_one(struct wr_memory *memory, int64_t ns, struct wr_table *table,
			   uint32_t hash, uint32_t i, bool *came)
{
	struct wr_spill_row row;
	uint64_t hashes[1] = {hash};
	uint8_t *slot[1], is_new[1];

	WR_TRY(wr_spill_find(memory->spill, table->area, hash, packed_key(memory, i), &row));
	if (row.position == 0)
		return NULL;
	pack_one(memory, row.key);
	if (!wr_table_upsert(table, &memory->one, hashes, 1, slot, is_new))
		return wr_status_new(WR_FATAL, "A state has too many keys in memory");
	WR_ASSERT(is_new[0]); /* L1 */
	*came = true;
	return come_back(memory, ns, table, &row, slot[0]);
}

/* A key may be there several times: all are looked up again if any came. */
wr_status *wr_spill_seek(struct wr_memory *memory, int64_t ns, struct wr_table *table,
			 const struct wr_keys *keys, uint8_t **slot)
{
	bool came = false;

	if (memory->page.table == table)
		wr_page_end(memory);
	for (uint32_t i = 0; i < keys->rows + AHEAD; i++) {
		if (i < keys->rows && slot[i] == NULL)
			wr_spill_prefetch(table->area, (uint32_t)keys->hash[i]);
		if (i >= AHEAD && slot[i - AHEAD] == NULL)
			WR_TRY(seek_one(memory, ns, table, (uint32_t)keys->hash[i - AHEAD],
					i - AHEAD, &came));
	}
	if (came)
		wr_table_find(table, &memory->packed, keys->hash, keys->rows, slot);
	return NULL;
}

/* --- leaving ------------------------------------------------------------------------------------
 */

wr_status *wr_spill_store(struct wr_memory *memory, struct wr_table *table, char *row, bool changed)
{
	const struct wr_state_codec *codec = memory->state.decl.codec;
	uint32_t mark = *wr_row_flags(&memory->rows, row);
	struct wr_text *out = wr_spill_put_begin(
	    memory->spill, table->area, *wr_row_hash(&memory->rows, row),
	    memory->track.on && changed ? memory->track.number : 0, mark & WR_ROW_SAVED);

	wr_memory_put_key(memory, out, row);
	wr_spill_put_value(memory->spill);
	codec->save(memory->state.decl.codec_ctx, (uint8_t *)row + memory->rows.header, out);
	return wr_spill_put_end(memory->spill, table->area);
}

/* Rows leave their table. */
static wr_status *evict(struct wr_memory *memory, int64_t ns, struct wr_table *table,
			uint8_t *const *slot, uint32_t count)
{
	const struct wr_state_codec *codec = memory->state.decl.codec;
	uint32_t noted = memory->track.generation == 0 ? WR_ROW_NOTED_0 : WR_ROW_NOTED_1;

	if (table->area == NULL)
		table->area = wr_spill_area_new(memory->spill, ns);
	for (uint32_t i = 0; i < count; i++) {
		char *row = (char *)slot[i] - memory->rows.header;

		wr_track_settle(memory, ns, table, row);
		WR_TRY(
		    wr_spill_store(memory, table, row, *wr_row_flags(&memory->rows, row) & noted));
		if (codec->drop != NULL)
			codec->drop(memory->state.decl.codec_ctx, wr_table_pool(table), slot[i]);
		wr_table_remove(table, slot[i]);
	}
	return NULL;
}

/* Moves the clock of a table by some rows; what passes it unused leaves. *left: rows to look at in
 * this round. */
static wr_status *turn(struct wr_memory *memory, int64_t ns, struct wr_table *table, uint32_t *left)
{
	uint8_t *slot[EVICT_ROWS];
	uint32_t count = 0;

	if (table->clock >= table->rows)
		table->clock = 0;
	for (; *left > 0 && count < EVICT_ROWS && table->clock < table->rows; table->clock++) {
		char *row = wr_table_row(table, table->clock);
		uint32_t *mark = wr_row_flags(&memory->rows, row);

		(*left)--;
		if (*mark & WR_ROW_LIVE && !(*mark & WR_ROW_USED)) {
			slot[count++] = (uint8_t *)row + memory->rows.header;
			wr_table_prefetch_remove(table, slot[count - 1]);
		}
		*mark &= ~WR_ROW_USED;
	}
	return evict(memory, ns, table, slot, count);
}

uint64_t wr_memory_used(const struct wr_state *state)
{
	const struct wr_memory *memory = (const struct wr_memory *)state;
	uint64_t bytes = memory->spill != NULL ? wr_spill_bytes(memory->spill) : 0;

	for (uint32_t i = 0; i < memory->space_count; i++)
		bytes += wr_table_used(memory->space[memory->space_first + i].table);
	return bytes;
}

static wr_status *spill_open(struct wr_memory *memory, struct wr_spill_dir *dir)
{
	if (memory->spill != NULL)
		return NULL;
	memory->spill = wr_spill_new(dir);
	memory->field = wr_calloc(memory->state.decl.codec->field_count + 1, sizeof *memory->field);
	return NULL;
}

/* Goes round the namespaces until enough has left, or twice: the first time may only find rows that
 * were used. */
static wr_status *evict_until(struct wr_memory *memory, uint64_t used, uint64_t target)
{
	for (uint32_t seen = 0; seen <= 2 * memory->space_count && used > target; seen++) {
		uint32_t at = wr_memory_search(memory, memory->clock_ns);
		struct wr_space *space;
		uint32_t left;

		if (at == memory->space_count)
			at = 0;
		space = &memory->space[memory->space_first + at];
		left = 2 * space->table->rows;
		if (memory->space_count > 1)
			left = space->table->rows - WR_MIN(space->table->clock, space->table->rows);
		while (left > 0 && used > target) {
			uint64_t before = wr_table_used(space->table);

			WR_TRY(turn(memory, space->ns, space->table, &left));
			used -= WR_MIN(used, before - wr_table_used(space->table));
		}
		if (left > 0)
			break;
		space->table->clock = 0;
		memory->clock_ns = space->ns == INT64_MAX ? INT64_MIN : space->ns + 1;
	}
	return NULL;
}

/* What the tables have of the system. */
static uint64_t table_memory(const struct wr_memory *memory)
{
	uint64_t bytes = memory->blocks.used + memory->blocks.kept;

	for (uint32_t i = 0; i < memory->space_count; i++)
		bytes += wr_table_bytes(memory->space[memory->space_first + i].table);
	return bytes;
}

/* All rows of a table leave, and it begins anew. */
static wr_status *table_empty(struct wr_memory *memory, struct wr_space *space)
{
	struct wr_table *table = space->table, old = *table;
	uint8_t *slot[EVICT_ROWS];
	uint64_t cursor = 0;
	uint32_t count;

	while ((count = wr_table_scan(table, &cursor, slot, EVICT_ROWS)) > 0)
		WR_TRY(evict(memory, space->ns, table, slot, count));
	old.area = table->area;
	wr_table_release(table);
	wr_table_init(table, &memory->rows, &memory->track.marks, &memory->blocks);
	table->area = old.area;
	table->saved = old.saved;
	return NULL;
}

/* Tables do not shrink, and what left may leave holes in pools. When that is too much, the
 * namespaces with most rows are emptied: what is used of them comes back into new memory. Not
 * while a snapshot is under way, which is in the middle of the tables. */
static wr_status *give_back(struct wr_memory *memory, uint64_t target)
{
	uint64_t most = target + target / 4 + wr_spill_segment_size(memory->spill) / 64;

	if (memory->track.active || table_memory(memory) <= most)
		return NULL;
	for (uint32_t i = 0; i < memory->space_count; i++) {
		struct wr_space *space = &memory->space[memory->space_first + i];

		if (space->table->rows == 0 || table_memory(memory) <= most)
			continue;
		WR_TRY(table_empty(memory, space));
		wr_blocks_drain(&memory->blocks);
	}
	malloc_trim(0);
	return NULL;
}

wr_status *wr_memory_trim(struct wr_state *state, struct wr_spill_dir *dir, uint64_t target)
{
	struct wr_memory *memory = wr_memory_of(state);
	uint64_t used, before;

	if (memory->error != NULL) {
		wr_status *status = memory->error;

		memory->error = NULL;
		return status;
	}
	if (state->decl.codec == NULL || state->decl.pinned || memory->space_count == 0)
		return NULL;
	used = wr_memory_used(state);
	if (used <= target && memory->spill == NULL)
		return NULL;
	WR_TRY(spill_open(memory, dir));
	wr_page_end(memory);
	before = wr_spill_size(memory->spill);
	if (used > target)
		WR_TRY(evict_until(memory, used, target));
	if (target != UINT64_MAX)
		WR_TRY(give_back(memory, target - WR_MIN(target, wr_spill_bytes(memory->spill))));
	return wr_spill_collect(memory->spill,
				COLLECT + 4 * (wr_spill_size(memory->spill) - before));
}

/* --- namespaces and snapshots -------------------------------------------------------------------
 */

void wr_spill_drop(struct wr_memory *memory, struct wr_table *table)
{
	if (memory->page.table == table)
		wr_page_discard(memory);
	if (table->area == NULL)
		return;
	if (memory->track.active && memory->track.walking) {
		if (memory->lost_count == memory->lost_capacity) {
			memory->lost_capacity = WR_MAX(4, 2 * memory->lost_capacity);
			memory->lost = wr_realloc(memory->lost, memory->lost_capacity *
								    sizeof(struct wr_spill_area *));
		}
		memory->lost[memory->lost_count++] = table->area;
	} else {
		wr_spill_area_free(memory->spill, table->area);
	}
	table->area = NULL;
}

void wr_spill_begin(struct wr_memory *memory)
{
	struct wr_track *track = &memory->track;
	struct wr_spill_place from = {0}, end;
	wr_status *status;

	if (memory->spill == NULL)
		return;
	wr_page_end(memory);
	end = wr_spill_end(memory->spill);
	if (!track->full)
		from = memory->born;
	if (!track->keep_changes) {
		memory->born = end;
		for (uint32_t i = 0; i < memory->space_count; i++) {
			struct wr_table *table = memory->space[memory->space_first + i].table;

			table->saved = table->saved || table->area != NULL;
		}
	}
	status = wr_spill_walk_begin(memory->spill, from, end);
	track->walking = status == NULL;
	if (status != NULL)
		wr_spill_keep_error(memory, status);
}

void wr_spill_stop(struct wr_memory *memory)
{
	if (!memory->track.walking)
		return;
	wr_spill_walk_stop(memory->spill);
	memory->track.walking = false;
	for (uint32_t i = 0; i < memory->lost_count; i++)
		wr_spill_area_free(memory->spill, memory->lost[i]);
	memory->lost_count = 0;
}

bool wr_spill_step(struct wr_memory *memory, size_t *budget)
{
	struct wr_spill_row row;
	struct wr_spill_area *area;
	uint64_t spent = 0;

	while (memory->track.walking) {
		wr_status *status;

		if (spent >= *budget)
			return false;
		status = wr_spill_walk_next(memory->spill, &row, &area, &spent);
		if (status != NULL)
			wr_spill_keep_error(memory, status);
		if (status != NULL || area == NULL)
			wr_spill_stop(memory);
		else if (walk_wants(memory, &row))
			write_record(memory, wr_spill_area_ns(area), &row);
	}
	*budget -= WR_MIN(spent, *budget);
	return true;
}

void wr_spill_release(struct wr_memory *memory)
{
	wr_page_discard(memory);
	wr_spill_free(memory->spill);
	wr_packed_release(&memory->one);
	wr_text_release(&memory->key);
	wr_free(memory->field);
	wr_free(memory->lost);
	wr_free(memory->is_new);
	wr_free(memory->page.rows);
	wr_free(memory->page.row);
	wr_status_free(memory->error);
}
