/* SPDX-License-Identifier: Apache-2.0
 *
 * over_frame - see over_frame.h.
 */
#include "op/over_frame.h"

#include "base/mem.h"
#include "data/codec.h"
#include "op/aggregate_codec.h"
#include "op/fields.h"

#define RING_MIN 4u

static struct wr_over_slot *slot_of(uint8_t *slot)
{
	return (struct wr_over_slot *)slot;
}

static uint64_t *start_of(const struct wr_over_frame *frame, uint8_t *slot)
{
	return (uint64_t *)(slot + frame->start_at);
}

/* --- the node's calls by frame
 * -------------------------------------------------------------------- */

static bool same_frame(const struct wr_over_frame *frame, const struct wr_over_item *item)
{
	return frame->rows == item->rows && frame->preceding == item->preceding;
}

/* Sorts the calls into frames, in order of appearance. */
static void collect_frames(struct wr_over_frames *frames, const struct wr_node *node)
{
	uint32_t count = node->u.over.item_count;

	frames->frame = wr_calloc(count + 1, sizeof *frames->frame);
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_over_item *item = &node->u.over.item[i];
		struct wr_over_frame *frame;
		uint32_t f = 0;

		while (f < frames->count && !same_frame(&frames->frame[f], item))
			f++;
		frame = &frames->frame[f];
		if (f == frames->count) {
			frames->count++;
			frame->rows = item->rows;
			frame->preceding = item->preceding;
			frame->bounded = item->preceding != INT64_MAX;
			frame->item = wr_calloc(count, sizeof *frame->item);
			frame->output = wr_calloc(count, sizeof *frame->output);
			frames->bounded = frames->bounded || frame->bounded;
			frames->ranges = frames->ranges || !frame->rows;
		}
		frame->output[frame->aggs.count] = i;
		frame->item[frame->aggs.count++] = (struct wr_agg_item){
		    .function = item->function,
		    .arg = item->arg,
		    .arg_count = item->arg_count,
		    .distinct = item->distinct,
		    .filter = item->filter,
		    .call = item->call,
		    .pos = item->pos,
		};
	}
}

/* Where everything is in a slot. */
static void lay_out(struct wr_over_frames *frames)
{
	uint32_t at = sizeof(struct wr_over_slot);

	_Static_assert(sizeof(struct wr_over_slot) % 16 == 0, "accumulators follow it");
	for (uint32_t f = 0; f < frames->count; f++) {
		frames->frame[f].start_at = at;
		at += sizeof(uint64_t);
	}
	for (uint32_t f = 0; f < frames->count; f++) {
		struct wr_over_frame *frame = &frames->frame[f];
		uint32_t calls = frame->aggs.count, args = 0;

		wr_aggs_init_items(&frame->aggs, frame->item, calls, at, false);
		at = frame->aggs.slot_size;
		for (uint32_t i = 0; i < calls; i++)
			args += frame->item[i].call->arg_count;
		frame->one = wr_calloc(args + 1, sizeof *frame->one);
		frame->result = wr_calloc(calls + 1, sizeof *frame->result);
		for (uint32_t i = 0; i < calls; i++)
			if (wr_type_phys(frame->item[i].call->type) < WR_P_STR)
				frame->result[i] = wr_column_new(frame->item[i].call->type, 1);
	}
	frames->slot_size = WR_MAX((at + 15) & ~15u, 16u);
}

/* The number of an input column among those of the records; adds it. */
static uint32_t record_column(struct wr_over_frames *frames, uint32_t column)
{
	uint32_t i = 0;

	while (i < frames->column_count && frames->column[i].column != column)
		i++;
	if (i == frames->column_count)
		frames->column[frames->column_count++].column = column;
	return i;
}

/* What the bounded frames read, and where a record has it. */
static void collect_columns(struct wr_over_frames *frames)
{
	uint32_t at = sizeof(int64_t);

	frames->column = wr_calloc(frames->schema->count + 1, sizeof *frames->column);
	for (uint32_t f = 0; f < frames->count; f++) {
		struct wr_over_frame *frame = &frames->frame[f];

		for (uint32_t i = 0; frame->bounded && i < frame->aggs.count; i++) {
			const struct wr_agg_item *item = &frame->item[i];

			for (uint32_t a = 0; a < item->call->arg_count; a++)
				if (item->arg[a]->kind == WR_E_COLUMN)
					(void)record_column(frames, item->arg[a]->column);
			if (item->filter != NULL && item->filter->kind == WR_E_COLUMN)
				(void)record_column(frames, item->filter->column);
		}
	}
	at += frames->column_count;
	frames->kept = wr_calloc(frames->column_count + 1, sizeof *frames->kept);
	frames->arg = wr_calloc(frames->column_count + 1, sizeof *frames->arg);
	for (uint32_t i = 0; i < frames->column_count; i++) {
		struct wr_over_column *column = &frames->column[i];
		const struct wr_type *type = frames->schema->field[column->column].type;
		enum wr_phys phys = wr_type_phys(type);
		uint32_t size;

		column->nested = phys > WR_P_STR;
		size = column->nested ? sizeof(struct wr_view) : wr_phys_size(phys);
		at = (at + size - 1) / size * size;
		column->at = at;
		at += size;
		frames->kept[i] = (struct wr_column){
		    .refs = 1, .phys = phys, .mask = UINT32_MAX, .len = 1, .type = type};
	}
	frames->record_size = (at + 15) & ~15u;
}

void wr_over_frames_init(struct wr_over_frames *frames, const struct wr_node *node)
{
	*frames = (struct wr_over_frames){.schema = &node->input[0]->schema};
	wr_text_init(&frames->scratch);
	collect_frames(frames, node);
	lay_out(frames);
	collect_columns(frames);
}

/* Also of what was initialised halfway. */
void wr_over_frames_release(struct wr_over_frames *frames)
{
	for (uint32_t f = 0; f < frames->count; f++) {
		struct wr_over_frame *frame = &frames->frame[f];

		for (uint32_t i = 0; frame->result != NULL && i < frame->aggs.count; i++)
			wr_column_unref(frame->result[i]);
		wr_free(frame->result);
		wr_free(frame->one);
		wr_aggs_release(&frame->aggs);
		wr_free(frame->item);
		wr_free(frame->output);
	}
	for (uint32_t i = 0; frames->builder != NULL && i < frames->column_count; i++)
		wr_builder_free(frames->builder[i]);
	wr_free(frames->builder);
	wr_free(frames->frame);
	wr_free(frames->column);
	wr_free(frames->kept);
	wr_free(frames->arg);
	wr_text_release(&frames->scratch);
	*frames = (struct wr_over_frames){0};
}

void wr_over_frames_start(const struct wr_over_frames *frames, uint8_t *slot)
{
	for (uint32_t f = 0; f < frames->count; f++)
		wr_aggs_start(&frames->frame[f].aggs, slot);
}

/* --- the ring
 * ------------------------------------------------------------------------------------- */

static uint8_t *record_at(const struct wr_over_frames *frames, const struct wr_over_slot *slot,
			  uint64_t number)
{
	return slot->ring + (number & (slot->ring_capacity - 1)) * frames->record_size;
}

/* Moves the ring to one of another size. */
static void ring_resize(const struct wr_over_frames *frames, struct wr_agg_pool *pool,
			struct wr_over_slot *slot, uint32_t capacity)
{
	struct wr_over_slot old = *slot;

	slot->ring = wr_agg_pool_alloc(pool, (size_t)capacity * frames->record_size);
	slot->ring_capacity = capacity;
	for (uint64_t i = slot->first; i < slot->rows; i++)
		memcpy(record_at(frames, slot, i), record_at(frames, &old, i), frames->record_size);
	if (old.ring != NULL)
		wr_agg_pool_drop(pool, old.ring, (size_t)old.ring_capacity * frames->record_size);
}

/* Gives the bytes of a view back. */
static void view_drop(struct wr_agg_pool *pool, const struct wr_view *view)
{
	if (view->len > WR_VIEW_INLINE)
		wr_agg_pool_drop(pool, (void *)(uintptr_t)view->u.ref.ptr, view->len);
}

static struct wr_view view_copy(struct wr_agg_pool *pool, const char *data, uint32_t len)
{
	char *copy;

	if (len <= WR_VIEW_INLINE)
		return wr_view_of(data, len);
	copy = wr_agg_pool_alloc(pool, len);
	memcpy(copy, data, len);
	return wr_view_of(copy, len);
}

static void record_drop(const struct wr_over_frames *frames, struct wr_agg_pool *pool,
			const uint8_t *record)
{
	const uint8_t *valid = record + sizeof(int64_t);

	for (uint32_t i = 0; i < frames->column_count; i++)
		if (valid[i] && frames->kept[i].phys >= WR_P_STR)
			view_drop(pool, (const struct wr_view *)(record + frames->column[i].at));
}

/* The values of a row; NULLs have their byte alone. */
static void record_write(struct wr_over_frames *frames, struct wr_agg_pool *pool, uint8_t *record,
			 const struct wr_batch *batch, uint32_t row, int64_t time)
{
	uint8_t *valid = record + sizeof time;

	memcpy(record, &time, sizeof time);
	for (uint32_t i = 0; i < frames->column_count; i++) {
		const struct wr_over_column *to = &frames->column[i];
		const struct wr_column *from = batch->column[to->column];
		uint32_t at = row & from->mask;

		valid[i] = wr_column_is_valid(from, row);
		if (!valid[i])
			continue;
		if (to->nested) {
			wr_text_clear(&frames->scratch);
			wr_codec_put_value(&frames->scratch, from, at);
			*(struct wr_view *)(record + to->at) =
			    view_copy(pool, frames->scratch.data, (uint32_t)frames->scratch.len);
		} else if (from->phys == WR_P_STR) {
			const struct wr_view *view = &WR_DATA(from, struct wr_view)[at];

			*(struct wr_view *)(record + to->at) =
			    view_copy(pool, wr_view_data(view), view->len);
		} else {
			uint32_t size = wr_phys_size(from->phys);

			memcpy(record + to->at, (const char *)from->data + (size_t)at * size, size);
		}
	}
}

/* The ring grows when it is full. */
uint64_t wr_over_frames_keep(struct wr_over_frames *frames, struct wr_agg_pool *pool,
			     uint8_t *slot_bytes, const struct wr_batch *batch, uint32_t row,
			     int64_t time)
{
	struct wr_over_slot *slot = slot_of(slot_bytes);

	if (slot->rows - slot->first == slot->ring_capacity) {
		WR_REQUIRE(slot->ring_capacity < UINT32_MAX / 2);
		ring_resize(frames, pool, slot, WR_MAX(RING_MIN, 2 * slot->ring_capacity));
	}
	record_write(frames, pool, record_at(frames, slot, slot->rows), batch, row, time);
	return slot->rows++;
}

/* The ring shrinks when it is nearly empty. */
void wr_over_frames_trim(struct wr_over_frames *frames, struct wr_agg_pool *pool,
			 uint8_t *slot_bytes)
{
	struct wr_over_slot *slot = slot_of(slot_bytes);
	uint64_t first = slot->rows;

	for (uint32_t f = 0; f < frames->count; f++)
		if (frames->frame[f].bounded)
			first = WR_MIN(first, *start_of(&frames->frame[f], slot_bytes));
	for (; slot->first < first; slot->first++)
		record_drop(frames, pool, record_at(frames, slot, slot->first));
	if (slot->ring_capacity > RING_MIN && slot->rows - slot->first < slot->ring_capacity / 8)
		ring_resize(frames, pool, slot, slot->ring_capacity / 4);
}

/* Gives the ring back. */
static void drop_records(const struct wr_over_frames *frames, struct wr_agg_pool *pool,
			 const struct wr_over_slot *slot)
{
	for (uint64_t i = slot->first; i < slot->rows; i++)
		record_drop(frames, pool, record_at(frames, slot, i));
	if (slot->ring != NULL)
		wr_agg_pool_drop(pool, slot->ring,
				 (size_t)slot->ring_capacity * frames->record_size);
}

/* The queue and the list of idle keys may still know the slot: these fields stay. */
void wr_over_frames_reset(const struct wr_over_frames *frames, struct wr_agg_pool *pool,
			  uint8_t *slot_bytes)
{
	struct wr_over_slot *slot = slot_of(slot_bytes);
	uint32_t waiting = slot->waiting, listed = slot->listed;

	for (uint32_t f = 0; f < frames->count; f++)
		wr_aggs_drop(&frames->frame[f].aggs, pool, slot_bytes);
	drop_records(frames, pool, slot);
	memset(slot_bytes, 0, frames->slot_size);
	slot->waiting = waiting;
	slot->listed = listed;
	wr_over_frames_start(frames, slot_bytes);
}

/* --- taking rows out
 * ------------------------------------------------------------------------------ */

/* Points the views at a record; nested values are decoded. */
static void record_open(struct wr_over_frames *frames, uint8_t *record)
{
	for (uint32_t i = 0; i < frames->column_count; i++) {
		const struct wr_over_column *column = &frames->column[i];
		struct wr_column *view = &frames->kept[i];
		uint8_t *valid = record + sizeof(int64_t) + i;

		view->valid = valid;
		view->data = record + column->at;
		frames->arg[i] = view;
		if (column->nested) {
			struct wr_builder *builder = wr_builder_new(view->type, 1);
			const struct wr_view *bytes = view->data;

			if (*valid)
				wr_codec_get_value(wr_view_data(bytes),
						   wr_view_data(bytes) + bytes->len, builder);
			else
				wr_builder_null(builder);
			frames->arg[i] = wr_builder_finish(builder);
			wr_builder_free(builder);
		}
	}
}

static void record_close(struct wr_over_frames *frames)
{
	for (uint32_t i = 0; i < frames->column_count; i++)
		if (frames->column[i].nested)
			wr_column_unref(frames->arg[i]);
}

static bool is_true(const struct wr_column *column, uint32_t row)
{
	return wr_column_is_valid(column, row) &&
	       WR_DATA(column, const uint8_t)[row & column->mask] != 0;
}

/* Takes the row of a record out of all calls of a frame. */
static void record_retract(struct wr_over_frames *frames, struct wr_over_frame *frame,
			   struct wr_agg_pool *pool, uint8_t *slot, uint8_t *record)
{
	static const uint8_t retract = 1;

	record_open(frames, record);
	for (uint32_t i = 0; i < frame->aggs.count; i++) {
		const struct wr_agg_item *item = &frame->item[i];
		struct wr_column **arg = frame->aggs.arg[i];

		if (item->filter != NULL &&
		    !is_true(item->filter->kind == WR_E_CONST
				 ? item->filter->value
				 : frames->arg[record_column(frames, item->filter->column)],
			     0))
			continue;
		for (uint32_t a = 0; a < item->call->arg_count; a++)
			arg[a] = frame->aggs.constant[i][a] != NULL
				     ? frame->aggs.constant[i][a]
				     : frames->arg[record_column(frames, item->arg[a]->column)];
		item->call->agg->update(item->call, pool, &slot, frame->aggs.offset[i], arg,
					&retract, 1);
	}
	record_close(frames);
}

/* From the first row of the frame on, up to one that belongs to it. */
void wr_over_frame_retract(struct wr_over_frames *frames, struct wr_over_frame *frame,
			   struct wr_agg_pool *pool, uint8_t *slot_bytes, uint64_t number,
			   int64_t time)
{
	struct wr_over_slot *slot = slot_of(slot_bytes);
	uint64_t *start = start_of(frame, slot_bytes);

	for (; *start < number; ++*start) {
		uint8_t *record = record_at(frames, slot, *start);
		int64_t then;

		memcpy(&then, record, sizeof then);
		if (frame->rows ? number - *start <= (uint64_t)frame->preceding
				: (wr_i128)time - then <= frame->preceding)
			return;
		record_retract(frames, frame, pool, slot_bytes, record);
	}
}

/* --- adding rows, and results
 * --------------------------------------------------------------------- */

/* One row of a column as a column; false: it cannot be looked at alone. */
static bool row_view(struct wr_column *view, const struct wr_column *column, uint32_t row)
{
	if (column->phys == WR_P_ROW)
		return false;
	*view = *column;
	if (column->is_const)
		return true;
	view->len = 1;
	view->data = (char *)column->data + (size_t)row * wr_phys_size(column->phys);
	if (column->valid != NULL)
		view->valid = column->valid + row;
	return true;
}

/* One row, without making columns; false: do it the long way. */
static bool update_one(struct wr_over_frame *frame, struct wr_agg_pool *pool, uint8_t *const *slot,
		       const struct wr_batch *batch, uint32_t row)
{
	struct wr_column *view = frame->one;

	for (uint32_t i = 0; i < frame->aggs.count; i++)
		for (uint32_t a = 0; a < frame->item[i].call->arg_count; a++, view++) {
			frame->aggs.arg[i][a] = frame->aggs.constant[i][a];
			if (frame->aggs.arg[i][a] != NULL)
				continue;
			frame->aggs.arg[i][a] = view;
			if (!row_view(view, batch->column[frame->item[i].arg[a]->column], row))
				return false;
		}
	for (uint32_t i = 0; i < frame->aggs.count; i++) {
		const struct wr_agg_item *item = &frame->item[i];

		if (item->filter != NULL &&
		    !is_true(item->filter->kind == WR_E_CONST ? item->filter->value
							      : batch->column[item->filter->column],
			     row))
			continue;
		item->call->agg->update(item->call, pool, slot, frame->aggs.offset[i],
					frame->aggs.arg[i], NULL, 1);
	}
	return true;
}

void wr_over_frame_update(struct wr_over_frame *frame, struct wr_agg_pool *pool,
			  uint8_t *const *slot, const struct wr_batch *batch, const uint32_t *row,
			  uint32_t count)
{
	if (count == 1 && update_one(frame, pool, slot, batch, row[0]))
		return;
	wr_aggs_update(&frame->aggs, pool, slot, batch, row, NULL, count);
}

/* The result of one slot and call, in the column kept for it. */
static struct wr_column *value_one(struct wr_over_frame *frame, uint32_t i, uint8_t *const *slot)
{
	const struct wr_agg_call *call = frame->item[i].call;
	struct wr_column *column = frame->result[i];

	if (column->valid != NULL)
		column->valid[0] = 1;
	call->agg->value(call, slot, frame->aggs.offset[i], 1, column);
	return column;
}

/* One at a time into columns that stay, many at a time into new ones. */
wr_status *wr_over_frame_values(struct wr_over_frame *frame, uint8_t *const *slot, uint32_t count,
				struct wr_builder *const *builder)
{
	WR_TRY(wr_aggs_fault(&frame->aggs, slot, count));
	for (uint32_t i = 0; i < frame->aggs.count; i++) {
		const struct wr_agg_call *call = frame->item[i].call;
		struct wr_builder *to = builder[frame->output[i]];
		struct wr_column *column;

		if (count == 1 && frame->result[i] != NULL) {
			wr_builder_append(to, value_one(frame, i, slot), 0);
			continue;
		}
		column = wr_column_new(call->type, count);
		call->agg->value(call, slot, frame->aggs.offset[i], count, column);
		wr_builder_append_rows(to, column, NULL, count);
		wr_column_unref(column);
	}
	return NULL;
}

/* --- saving and loading
 * --------------------------------------------------------------------------- */

/* "ROWS 2", "RANGE 5000": the frame, its preceding rows or ms. */
static const char *frame_name(const struct wr_over_frame *frame, struct wr_arena *arena)
{
	const char *unit = frame->rows ? "ROWS" : "RANGE";

	if (!frame->bounded)
		return wr_arena_printf(arena, "%s UNBOUNDED", unit);
	return wr_arena_printf(arena, "%s %lld", unit, (long long)frame->preceding);
}

/* "SUM(v) ROWS 2". */
static const char *call_name(const struct wr_over_frames *frames, const struct wr_over_frame *frame,
			     const struct wr_agg_item *item, struct wr_arena *arena)
{
	const struct wr_field *column = frames->schema->field;
	struct wr_text text;
	const char *out;

	wr_text_init(&text);
	wr_text_printf(&text, "%s(%s", item->function->name, item->distinct ? "DISTINCT " : "");
	for (uint32_t a = 0; a < item->arg_count; a++)
		wr_text_printf(&text, "%s%s", a > 0 ? ", " : "",
			       item->arg[a]->kind == WR_E_COLUMN ? column[item->arg[a]->column].name
								 : "constant");
	wr_text_putc(&text, ')');
	if (item->filter != NULL && item->filter->kind == WR_E_COLUMN)
		wr_text_printf(&text, " FILTER %s", column[item->filter->column].name);
	wr_text_printf(&text, " %s", frame_name(frame, arena));
	out = wr_arena_strndup(arena, wr_text_str(&text), text.len);
	wr_text_release(&text);
	return out;
}

uint32_t wr_over_frames_field_count(const struct wr_over_frames *frames)
{
	uint32_t count = 1 + frames->count;

	for (uint32_t f = 0; f < frames->count; f++)
		count += frames->frame[f].aggs.count;
	return count;
}

/* The columns of the records as those of a row. */
static struct wr_state_field record_field(struct wr_over_frames *frames, struct wr_arena *arena)
{
	static const char *const numbers[] = {"time_ms"};
	uint32_t count = frames->column_count;
	struct wr_field *field = WR_NEW_ARRAY(arena, struct wr_field, count + 1);
	const struct wr_type **type = WR_NEW_ARRAY(arena, const struct wr_type *, count + 1);
	struct wr_schema schema = {.count = count, .field = field};

	frames->builder = wr_calloc((size_t)count + 1, sizeof(struct wr_builder *));
	for (uint32_t i = 0; i < count; i++) {
		field[i] = frames->schema->field[frames->column[i].column];
		type[i] = field[i].type;
		frames->builder[i] = wr_builder_new(type[i], 64);
	}
	wr_codec_init(&frames->codec, arena, type, count);
	return wr_field_rows(arena, "rows", &schema, numbers, 1);
}

void wr_over_frames_fields(struct wr_over_frames *frames, struct wr_arena *arena,
			   struct wr_state_field *field)
{
	*field++ = record_field(frames, arena);
	for (uint32_t f = 0; f < frames->count; f++)
		*field++ = (struct wr_state_field){
		    .name = wr_arena_printf(arena, "in %s", frame_name(&frames->frame[f], arena)),
		    .kind = WR_FIELD_NUMBER};
	for (uint32_t f = 0; f < frames->count; f++) {
		struct wr_over_frame *frame = &frames->frame[f];

		for (uint32_t i = 0; i < frame->aggs.count; i++)
			frame->item[i].meaning = call_name(frames, frame, &frame->item[i], arena);
		wr_aggs_fields(&frame->aggs, arena, field);
		field += frame->aggs.count;
	}
}

static void save_records(struct wr_over_frames *frames, const struct wr_over_slot *slot,
			 struct wr_text *out)
{
	size_t begin = wr_value_begin(out);

	for (uint64_t i = slot->first; i < slot->rows; i++) {
		uint8_t *record = record_at(frames, slot, i);
		int64_t time;

		memcpy(&time, record, sizeof time);
		record_open(frames, record);
		wr_text_clear(&frames->scratch);
		if (frames->codec.count > 0)
			wr_codec_encode(&frames->codec, &frames->scratch, frames->arg, 0);
		record_close(frames);
		wr_value_entry_number(out, time);
		wr_value_entry_row(out, wr_text_str(&frames->scratch), frames->scratch.len);
	}
	wr_value_end(out, begin);
}

void wr_over_frames_save(struct wr_over_frames *frames, const uint8_t *bytes, struct wr_text *out)
{
	uint8_t *slot = (uint8_t *)(uintptr_t)bytes;

	save_records(frames, slot_of(slot), out);
	for (uint32_t f = 0; f < frames->count; f++) {
		const struct wr_over_frame *frame = &frames->frame[f];

		if (frame->bounded)
			wr_value_put_number(
			    out, (int64_t)(slot_of(slot)->rows - *start_of(frame, slot)));
		else
			wr_value_put_absent(out);
	}
	for (uint32_t f = 0; f < frames->count; f++)
		wr_aggs_save(&frames->frame[f].aggs, slot, out);
}

/* The rows of the field, numbered from 0 on. */
static bool load_records(struct wr_over_frames *frames, struct wr_agg_pool *pool, uint8_t *slot,
			 struct wr_str field)
{
	struct wr_batch *batch;
	struct wr_column **column;
	const char *at = field.data;
	struct wr_str row;
	int64_t time;
	uint32_t count = 0;

	if (at == NULL || !frames->bounded)
		return true;
	column = wr_calloc((size_t)frames->column_count + 1, sizeof(struct wr_column *));
	if (!wr_field_columns(&frames->codec, field, 1, frames->builder, column)) {
		wr_free(column);
		return false;
	}
	batch = wr_batch_new(frames->schema->count, 0);
	for (uint32_t i = 0; i < frames->column_count; i++)
		batch->column[frames->column[i].column] = column[i];
	while (wr_value_next_row(field, &at, &time, 1, &row))
		(void)wr_over_frames_keep(frames, pool, slot, batch, count++, time);
	wr_batch_free(batch);
	wr_free(column);
	return true;
}

/* How many of the rows are in each frame. */
static bool load_starts(const struct wr_over_frames *frames, uint8_t *slot,
			const struct wr_str *field)
{
	for (uint32_t f = 0; f < frames->count; f++) {
		const struct wr_over_frame *frame = &frames->frame[f];
		int64_t rows = 0;

		if (!frame->bounded)
			continue;
		if (!wr_value_number(field[f], &rows) || rows < 0 ||
		    (uint64_t)rows > slot_of(slot)->rows)
			return false;
		*start_of(frame, slot) = slot_of(slot)->rows - (uint64_t)rows;
	}
	return true;
}

bool wr_over_frames_load(struct wr_over_frames *frames, struct wr_agg_pool *pool, uint8_t *slot,
			 const struct wr_str *field)
{
	const struct wr_str *acc = field + 1 + frames->count;
	uint32_t loaded = 0;
	bool good =
	    load_records(frames, pool, slot, field[0]) && load_starts(frames, slot, field + 1);

	while (good && loaded < frames->count) {
		struct wr_aggs *aggs = &frames->frame[loaded].aggs;

		good = wr_aggs_load(aggs, pool, slot, acc);
		acc += aggs->count;
		loaded += good;
	}
	if (good)
		return true;
	for (uint32_t f = 0; f < loaded; f++)
		wr_aggs_drop(&frames->frame[f].aggs, pool, slot);
	drop_records(frames, pool, slot_of(slot));
	memset(slot, 0, frames->slot_size);
	return false;
}
