/* SPDX-License-Identifier: Apache-2.0
 *
 * memory_snapshot - what changes is noted, and written down while processing goes on.
 *
 * Changes are noted in generations. A slot that is handed out to be changed gets the mark of the
 * current generation (WR_ROW_NOTED_x, a bit of its row) and a place in its table's list, once.
 * A snapshot begins by changing the generation: what has the mark of the one before is wanted, and
 * nothing needs to be copied or walked for that. From then on
 *   - steps walk the lists, write the rows that are still wanted and take the mark from them;
 *   - a wanted slot that is handed out to be changed is written there and then (copy on write);
 *   - a wanted slot that is removed is written first, too; a namespace that is dropped waits, out
 *     of sight, until its wanted rows are written.
 * So the records are the state at the mark of the checkpoint, and rows that do not change cost
 * nothing.
 *
 * A full snapshot wants every row. A bit says whether the number of full snapshots that passed the
 * row is odd or even: flipping what is expected makes all rows wanted at once; new rows are born
 * with the expected bit. Its walk goes through the tables.
 *
 * Removals are written as records when they happen and leave with the next snapshot, in front of
 * its rows; a full one needs none. Rows that no checkpoint has seen need none either.
 *
 * After a snapshot that was given up the next one must be full: the records already written are
 * gone with it.
 *
 * Thread: the state's owner.
 *
 * Invariants
 *   N1  a live row has NOTED_x iff it is in noted[x] of its table; a dead place may keep the mark
 *       of the current generation, and then is in the list
 *   N2  outside a snapshot no row has the mark of the other generation
 *   N3  outside a snapshot every row has PASSED as in track.passed
 */
#include "base/macros.h"
#include "base/mem.h"
#include "state/memory.h"

#define PREFETCH   8  /* rows ahead, in a walk: they lie anywhere */
#define WALK_COST  16 /* bytes of budget that looking at a row counts for */
#define WALK_SLOTS 64 /* rows of a table looked at together */

static const uint32_t noted_bit[2] = {WR_ROW_NOTED_0, WR_ROW_NOTED_1};

void wr_track_init(struct wr_track *track)
{
	*track = (struct wr_track){0};
}

static void removed_clear(struct wr_track *track)
{
	for (uint32_t i = 0; i < track->removed_count; i++)
		wr_snapshot_block_free(track->removed[i]);
	track->removed_count = 0;
}

void wr_track_release(struct wr_track *track)
{
	for (uint32_t i = 0; i < track->doomed_count; i++)
		wr_memory_table_free(track->doomed[i].table);
	wr_free(track->doomed);
	removed_clear(track);
	wr_free(track->removed);
	wr_snapshot_block_free(track->out.block);
}

void wr_memory_track(struct wr_state *state)
{
	struct wr_memory *memory = wr_memory_of(state);

	WR_ASSERT(memory->space_count == 0);
	if (state->decl.codec == NULL)
		return; /* scratch: no checkpoint wants it */
	memory->track.on = true;
	memory->track.number = 1;
	memory->track.marks.keep = WR_ROW_NOTED_0 | WR_ROW_NOTED_1;
}

/* --- records ------------------------------------------------------------------------------------
 */

/* Bytes of all key columns of a fixed form. */
static uint32_t key_width(const struct wr_key_layout *keys)
{
	return keys->count == 0 ? 0 : keys->offset[keys->count - 1] + keys->width[keys->count - 1];
}

void wr_memory_put_key(const struct wr_memory *memory, struct wr_text *out, char *row)
{
	const struct wr_key_layout *keys = &memory->keys;
	const char *words;
	uint32_t nulls;

	if (keys->form == WR_KEY_BYTES) {
		uint32_t len;
		const char *bytes = wr_row_bytes_key((const struct wr_row_bytes *)row, &len);

		wr_text_add(out, bytes, len);
		return;
	}
	words = keys->form == WR_KEY_8 ? (const char *)&((struct wr_row_8 *)row)->word
				       : (const char *)((struct wr_row_24 *)row)->word;
	nulls = *wr_row_flags(&memory->rows, row) & WR_ROW_KEY;
	wr_text_add(out, &nulls, (keys->count + 7) / 8); /* little-endian, as the codec wants it */
	wr_text_add(out, words, key_width(keys));
}

/* Appends namespace and key of a row. */
static void put_key(const struct wr_memory *memory, struct wr_text *out, int64_t ns, char *row)
{
	const struct wr_key_layout *keys = &memory->keys;
	uint32_t len = (keys->count + 7) / 8 + key_width(keys);

	wr_varint_put(out, wr_zigzag(ns));
	if (keys->form == WR_KEY_BYTES)
		(void)wr_row_bytes_key((const struct wr_row_bytes *)row, &len);
	wr_varint_put(out, (uint64_t)len + 1);
	wr_memory_put_key(memory, out, row);
}

/* Writes one row of the snapshot under way. */
static void write_row(struct wr_memory *memory, int64_t ns, struct wr_table *table, char *row)
{
	const struct wr_state_codec *codec = memory->state.decl.codec;
	struct wr_text *out = wr_snapshot_out_begin(&memory->track.out, WR_RECORD_PUT);
	size_t begin;

	put_key(memory, out, ns, row);
	begin = wr_value_begin(out);
	codec->save(memory->state.decl.codec_ctx, (uint8_t *)row + memory->rows.header, out);
	wr_value_end(out, begin);
	wr_snapshot_out_done(&memory->track.out);
	table->saved = table->saved || !memory->track.keep_changes;
}

static bool is_wanted(const struct wr_track *track, uint32_t mark)
{
	return ((mark ^ track->want_flip) & track->want_mask) != 0;
}

/* Writes a wanted row, which is not wanted any more then. */
static void settle_row(struct wr_memory *memory, int64_t ns, struct wr_table *table, char *row)
{
	struct wr_track *track = &memory->track;
	uint32_t *mark = wr_row_flags(&memory->rows, row);

	if (track->out.snapshot != NULL)
		write_row(memory, ns, table, row);
	if (track->full)
		*mark ^= WR_ROW_PASSED;
	if (!track->keep_changes)
		*mark = (*mark & ~noted_bit[1 - track->generation]) | WR_ROW_SAVED;
}

void wr_track_settle(struct wr_memory *memory, int64_t ns, struct wr_table *table, char *row)
{
	if (is_wanted(&memory->track, *wr_row_flags(&memory->rows, row)))
		settle_row(memory, ns, table, row);
}

/* The text for one more REMOVE record of the current generation. */
static struct wr_snapshot_block *removed_block(struct wr_track *track)
{
	struct wr_snapshot_block *block = NULL;

	if (track->removed_count > 0)
		block = track->removed[track->removed_count - 1];
	if (block != NULL && block->bytes.len < WR_SNAPSHOT_BLOCK)
		return block;
	if (track->removed_count == track->removed_capacity) {
		track->removed_capacity = WR_MAX(4, 2 * track->removed_capacity);
		track->removed =
		    wr_realloc(track->removed, track->removed_capacity * sizeof *track->removed);
	}
	block = wr_calloc(1, sizeof *block);
	block->kind = WR_RECORD_REMOVE;
	wr_text_init(&block->bytes);
	track->removed[track->removed_count++] = block;
	return block;
}

/* --- changes ------------------------------------------------------------------------------------
 */

static void note(struct wr_slot_list *list, uint8_t *slot)
{
	if (list->count == list->capacity) {
		list->capacity = WR_MAX(16, 2 * list->capacity);
		list->slot = wr_realloc(list->slot, list->capacity * sizeof *list->slot);
	}
	list->slot[list->count++] = slot;
}

void wr_track_note_again(struct wr_memory *memory, struct wr_table *table, uint8_t *slot)
{
	uint32_t *mark = wr_row_flags(&memory->rows, (char *)slot - memory->rows.header);
	uint32_t bit = noted_bit[memory->track.generation];

	if (*mark & bit)
		return;
	*mark |= bit;
	note(&table->noted[memory->track.generation], slot);
}

void wr_track_touch(struct wr_memory *memory, int64_t ns, struct wr_table *table,
		    uint8_t *const *slot, uint32_t count)
{
	struct wr_track *track = &memory->track;
	struct wr_slot_list *list = &table->noted[track->generation];
	uint32_t bit = noted_bit[track->generation];

	for (uint32_t i = 0; i < count; i++) {
		char *row;
		uint32_t *mark;

		if (slot[i] == NULL)
			continue;
		row = (char *)slot[i] - memory->rows.header;
		mark = wr_row_flags(&memory->rows, row);
		if (is_wanted(track, *mark))
			settle_row(memory, ns, table, row);
		if (*mark & bit)
			continue;
		*mark |= bit;
		note(list, slot[i]);
	}
}

void wr_track_remove(struct wr_memory *memory, int64_t ns, struct wr_table *table,
		     uint8_t *const *slot, uint32_t count)
{
	struct wr_track *track = &memory->track;

	for (uint32_t i = 0; i < count; i++) {
		char *row = (char *)slot[i] - memory->rows.header;
		uint32_t *mark = wr_row_flags(&memory->rows, row);

		if (is_wanted(track, *mark))
			settle_row(memory, ns, table, row);
		if (*mark & WR_ROW_SAVED) {
			struct wr_snapshot_block *block = removed_block(track);

			put_key(memory, &block->bytes, ns, row);
			block->records++;
		}
	}
}

/* Whether the snapshot under way has not been through the table yet. */
static bool table_is_due(const struct wr_track *track, const struct wr_table *table)
{
	if (!track->active)
		return false;
	if (track->full)
		return table->walked < table->rows;
	return table->walked < table->noted[1 - track->generation].count;
}

bool wr_track_drop(struct wr_memory *memory, int64_t ns, struct wr_table *table)
{
	struct wr_track *track = &memory->track;
	bool due = table_is_due(track, table);

	if (table->saved || (due && !track->keep_changes)) {
		struct wr_snapshot_block *block = removed_block(track);

		wr_varint_put(&block->bytes, wr_zigzag(ns));
		wr_varint_put(&block->bytes, 0);
		block->records++;
	}
	if (!due)
		return false;
	if (track->doomed_count == track->doomed_capacity) {
		track->doomed_capacity = WR_MAX(4, 2 * track->doomed_capacity);
		track->doomed =
		    wr_realloc(track->doomed, track->doomed_capacity * sizeof *track->doomed);
	}
	track->doomed[track->doomed_count++] = (struct wr_space){.ns = ns, .table = table};
	return true;
}

/* --- the snapshot -------------------------------------------------------------------------------
 */

/* Hands the removals of the generation that ends to the snapshot; a full one has no use for them.
 */
static void begin_removed(struct wr_track *track)
{
	for (uint32_t i = 0; i < track->removed_count; i++) {
		struct wr_snapshot_block *block = track->removed[i];

		block->state = track->out.state;
		if (track->full)
			wr_snapshot_block_free(block);
		else
			track->out.snapshot->emit(track->out.snapshot, block);
	}
	track->removed_count = 0;
}

void wr_memory_snapshot_begin(struct wr_state *state, struct wr_snapshot *snapshot, uint32_t id)
{
	struct wr_memory *memory = wr_memory_of(state);
	struct wr_track *track = &memory->track;

	WR_ASSERT(track->on && !track->active);
	wr_page_end(memory);
	track->active = true;
	track->walk_number = track->number;
	track->full = snapshot->full;
	track->keep_changes = snapshot->keep_changes;
	track->out = (struct wr_snapshot_out){.snapshot = snapshot, .state = id};
	track->walk_ns = INT64_MIN;
	WR_ASSERT(track->full || !track->keep_changes);
	if (!track->keep_changes) {
		begin_removed(track);
		track->generation = 1 - track->generation;
		track->number++;
	}
	track->want_flip = 0;
	track->want_mask = noted_bit[1 - track->generation];
	if (track->full) {
		track->passed ^= WR_ROW_PASSED;
		track->want_flip = track->passed;
		track->want_mask = WR_ROW_PASSED;
	}
	track->marks.born = track->passed;
	if (!track->keep_changes)
		track->marks.keep = noted_bit[track->generation];
	for (uint32_t i = 0; i < memory->space_count; i++)
		memory->space[memory->space_first + i].table->walked = 0;
	wr_spill_begin(memory);
}

/* Looks at rows of a full walk; what was spent of the budget. */
static size_t walk_rows(struct wr_memory *memory, int64_t ns, struct wr_table *table)
{
	struct wr_track *track = &memory->track;
	size_t spent = 0;

	for (uint32_t i = 0; i < WALK_SLOTS && table->walked < table->rows; i++) {
		char *row = wr_table_row(table, (uint32_t)table->walked++);
		uint32_t *mark = wr_row_flags(&memory->rows, row);

		spent += WALK_COST;
		if (!(*mark & WR_ROW_LIVE)) {
			if (!track->keep_changes)
				*mark &= ~noted_bit[1 - track->generation];
			continue;
		}
		if (!is_wanted(track, *mark)) {
			if (!track->keep_changes)
				*mark &= ~noted_bit[1 - track->generation];
			continue;
		}
		settle_row(memory, ns, table, row);
	}
	return spent;
}

/* Looks at rows that have been noted. */
static size_t walk_noted(struct wr_memory *memory, int64_t ns, struct wr_table *table)
{
	struct wr_track *track = &memory->track;
	struct wr_slot_list *list = &table->noted[1 - track->generation];
	size_t spent = 0;

	for (uint32_t i = 0; i < WALK_SLOTS && table->walked < list->count; i++) {
		char *row = (char *)list->slot[table->walked++] - memory->rows.header;
		uint32_t *mark = wr_row_flags(&memory->rows, row);

		if (table->walked + PREFETCH < list->count)
			__builtin_prefetch(list->slot[table->walked + PREFETCH] -
					   memory->rows.header);
		spent += WALK_COST;
		if (!is_wanted(track, *mark))
			continue;
		if (*mark & WR_ROW_LIVE)
			settle_row(memory, ns, table, row);
		else
			*mark &= ~noted_bit[1 - track->generation];
	}
	return spent;
}

/* Goes on in one table; true when it is through. */
static bool walk_table(struct wr_memory *memory, int64_t ns, struct wr_table *table, size_t *budget)
{
	struct wr_track *track = &memory->track;

	while (table_is_due(track, table)) {
		size_t before = track->out.block != NULL ? track->out.block->bytes.len : 0;
		size_t spent =
		    track->full ? walk_rows(memory, ns, table) : walk_noted(memory, ns, table);
		size_t after = track->out.block != NULL ? track->out.block->bytes.len : 0;

		spent += after >= before ? after - before : after + WR_SNAPSHOT_BLOCK - before;
		if (spent >= *budget) {
			*budget = 0;
			return !table_is_due(track, table);
		}
		*budget -= spent;
	}
	return true;
}

/* The list of the generation that has been written is empty again; its memory stays if it is small
 * or of use. */
static void table_done(struct wr_track *track, struct wr_table *table)
{
	struct wr_slot_list *list = &table->noted[1 - track->generation];

	if (track->keep_changes)
		return;
	if (list->count < list->capacity / 4) {
		wr_free(list->slot);
		*list = (struct wr_slot_list){0};
	}
	list->count = 0;
}

static void snapshot_done(struct wr_memory *memory)
{
	struct wr_track *track = &memory->track;

	track->active = false;
	track->want_mask = track->want_flip = 0;
	if (track->out.snapshot != NULL)
		wr_snapshot_out_flush(&track->out);
	track->out.snapshot = NULL;
}

bool wr_memory_snapshot_step(struct wr_state *state, size_t budget)
{
	struct wr_memory *memory = wr_memory_of(state);
	struct wr_track *track = &memory->track;

	if (!track->active)
		return true;
	while (track->doomed_count > 0) {
		struct wr_space *space = &track->doomed[track->doomed_count - 1];

		if (!walk_table(memory, space->ns, space->table, &budget))
			return false;
		wr_memory_table_free(space->table);
		track->doomed_count--;
	}
	for (;;) {
		uint32_t at = wr_memory_search(memory, track->walk_ns);
		struct wr_space *space = memory->space + memory->space_first + at;

		if (at == memory->space_count)
			break;
		if (budget == 0)
			return false;
		track->walk_ns = space->ns;
		if (!walk_table(memory, space->ns, space->table, &budget))
			return false;
		table_done(track, space->table);
		budget -= WR_MIN(budget, WALK_COST);
		if (space->ns == INT64_MAX)
			break;
		track->walk_ns = space->ns + 1;
	}
	if (!wr_spill_step(memory, &budget))
		return false;
	snapshot_done(memory);
	return true;
}

void wr_memory_snapshot_abort(struct wr_state *state)
{
	struct wr_memory *memory = wr_memory_of(state);
	struct wr_track *track = &memory->track;

	if (!track->active)
		return;
	wr_snapshot_block_free(track->out.block);
	track->out.block = NULL;
	wr_spill_stop(memory);
	track->out.snapshot = NULL; /* the walk goes on without writing: marks must be right */
	while (!wr_memory_snapshot_step(state, SIZE_MAX))
		;
}
