/* SPDX-License-Identifier: Apache-2.0
 *
 * user_window_codec - a window as saved: behind the fields of the program's states
 *   "window start", "window end"  NUMBER
 *   "window timers"   BYTES: for event time, then for the clock: how many (varint), then the times
 *                     (zigzag varints, ms)
 *   "window count"    NUMBER: elements that its trigger has counted since it fired
 *   "window next"     NUMBER: when its trigger fires next before the end, ms; absent: not
 *   "window elements" ROWS of the input with "time_ms"; not with an accumulator
 */
#include "op/user_window.h"

enum { F_START, F_END, F_TIMERS, F_COUNT, F_NEXT, F_ELEMENTS, F_ALL };

static void save_timers(const struct wr_uw *window, struct wr_text *out)
{
	size_t begin = wr_value_begin(out);

	for (uint32_t d = 0; d < 2; d++) {
		uint32_t count = wr_timer_set_count(&window->timers[d]);

		wr_varint_put(out, count);
		for (uint32_t i = 0; i < count; i++)
			wr_varint_put(
			    out, wr_zigzag(wr_tick_ms(wr_timer_set_at(&window->timers[d], i))));
	}
	wr_value_end(out, begin);
}

static bool load_timers(struct wr_uw *window, struct wr_agg_pool *pool, struct wr_str field)
{
	const char *at = field.data, *end = field.data + field.len;

	if (at == NULL)
		return true;
	for (uint32_t d = 0; d < 2; d++) {
		uint64_t count, time;

		at = wr_varint_get(at, end, &count);
		if (at == NULL || count > field.len)
			return false;
		for (uint64_t i = 0; i < count; i++) {
			at = wr_varint_get(at, end, &time);
			if (at == NULL)
				return false;
			wr_timer_set_add(&window->timers[d], pool, wr_tick_of(wr_unzigzag(time)));
		}
	}
	return at == end;
}

static void save_elements(const struct wr_uw *window, struct wr_text *out)
{
	size_t begin = wr_value_begin(out);

	for (uint32_t i = 0; i < window->rows.count; i++) {
		const struct wr_kept_row *row = &window->rows.row[i];

		wr_value_entry_number(out, row->time_ms);
		wr_value_entry_row(out, row->bytes, row->len);
	}
	wr_value_end(out, begin);
}

static bool load_elements(const struct op_window *self, struct wr_uw *window,
			  struct wr_agg_pool *pool, struct wr_str field)
{
	const char *at = field.data;
	int64_t time_ms;
	struct wr_str row;

	if (field.data == NULL)
		return true;
	while (wr_value_next_row(field, &at, &time_ms, 1, &row)) {
		if (!wr_value_is_row(&self->row_codec, row))
			return false;
		wr_row_list_add(&window->rows, pool, row.data, (uint32_t)row.len)->time_ms =
		    time_ms;
	}
	return at != NULL;
}

static void window_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct op_window *self = ctx;
	const struct wr_uw *window = (const struct wr_uw *)(const void *)slot;

	wr_user_codec_save(&self->fields, (const uint8_t *)(window + 1), out);
	wr_value_put_number(out, window->span.start);
	wr_value_put_number(out, window->span.end);
	save_timers(window, out);
	wr_value_put_number(out, (int64_t)window->count);
	if (window->next != 0)
		wr_value_put_number(out, wr_tick_ms(window->next));
	else
		wr_value_put_absent(out);
	if (wr_uw_keeps_rows(self))
		save_elements(window, out);
}

static void window_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	const struct op_window *self = ctx;
	struct wr_uw *window = (struct wr_uw *)(void *)slot;

	for (uint32_t d = 0; d < 2; d++)
		wr_timer_set_clear(&window->timers[d], pool);
	wr_row_list_drop(&window->rows, pool);
	wr_user_store_clear(&self->store, wr_uw_block(window), pool);
}

/* The fields behind those of the program's states. */
static bool load_window(const struct op_window *self, struct wr_uw *window,
			struct wr_agg_pool *pool, const struct wr_str *field)
{
	int64_t count = 0, next;

	if (!wr_value_number(field[F_START], &window->span.start) ||
	    !wr_value_number(field[F_END], &window->span.end))
		return false;
	if (field[F_COUNT].data != NULL && !wr_value_number(field[F_COUNT], &count))
		return false;
	window->count = (uint64_t)count;
	if (field[F_NEXT].data != NULL) {
		if (!wr_value_number(field[F_NEXT], &next))
			return false;
		window->next = wr_tick_of(next);
	}
	return load_timers(window, pool, field[F_TIMERS]) &&
	       (!wr_uw_keeps_rows(self) || load_elements(self, window, pool, field[F_ELEMENTS]));
}

static bool window_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
			const struct wr_value *value)
{
	const struct op_window *self = ctx;
	struct wr_uw *window = (struct wr_uw *)(void *)slot;

	if (!wr_user_codec_load(&self->fields, wr_uw_block(window), pool, value->field))
		return false;
	if (load_window(self, window, pool, value->field + self->fields.count))
		return true;
	window_drop(ctx, pool, slot);
	return false;
}

void wr_uw_codec_init(struct op_window *self)
{
	static const char *const times[] = {"time_ms"};
	static const char *const names[] = {"window start", "window end", "window timers",
					    "window count", "window next"};
	uint32_t more = wr_uw_keeps_rows(self) ? F_ALL : F_ELEMENTS;
	struct wr_state_field *field;

	wr_user_codec_init(&self->fields, &self->store, false, F_ALL, &self->arena);
	field = self->fields.field + self->fields.count;
	for (uint32_t i = 0; i < F_ELEMENTS; i++)
		field[i] = (struct wr_state_field){
		    .name = names[i], .kind = i == F_TIMERS ? WR_FIELD_BYTES : WR_FIELD_NUMBER};
	if (more == F_ALL)
		field[F_ELEMENTS] = wr_field_rows(&self->arena, "window elements",
						  &self->op.node->input[0]->schema, times, 1);
	self->saved = (struct wr_state_codec){.field_count = self->fields.count + more,
					      .field = self->fields.field,
					      .save = window_save,
					      .load = window_load,
					      .drop = window_drop};
}
