/* SPDX-License-Identifier: Apache-2.0
 *
 * user_window_fire - what becomes of a window: its result is shown, elements are evicted, its
 * content is forgotten, it ends.
 *
 * Elements are kept encoded; a callback that goes through them has a piece of them at a time
 * decoded.
 */
#include "base/mem.h"
#include "op/user_window.h"

#define PIECE 256 /* elements decoded at a time */

/* The elements of the window that fires. What was removed by an evictor stays until it returns. */
struct weir_elements {
	struct op_window *self;      /* the operator */
	struct wr_uw *window;        /* whose elements they are */
	struct wr_builder **builder; /* per column of the input */
	struct wr_batch *piece;      /* elements [from, from + piece->rows); NULL: none */
	uint32_t from;
	struct weir_row row; /* what was shown last */
	bool evicting;       /* they may be removed */
	uint8_t *removed;    /* per element; owned; NULL: none */
	uint32_t removed_count;
};

static struct weir_elements *elements_new(struct op_window *self)
{
	const struct wr_schema *schema = &self->op.node->input[0]->schema;
	struct weir_elements *elements = wr_calloc(1, sizeof *elements);

	elements->self = self;
	elements->builder = wr_calloc(schema->count + 1, sizeof *elements->builder);
	for (uint32_t i = 0; i < schema->count; i++)
		elements->builder[i] = wr_builder_new(schema->field[i].type, PIECE);
	return elements;
}

/* What was decoded is of other elements. */
static void forget_piece(struct weir_elements *elements)
{
	wr_batch_free(elements->piece);
	elements->piece = NULL;
}

void wr_uw_elements_free(struct weir_elements *elements)
{
	if (elements == NULL)
		return;
	forget_piece(elements);
	for (uint32_t i = 0; i < elements->self->op.node->input[0]->schema.count; i++)
		wr_builder_free(elements->builder[i]);
	wr_free(elements->builder);
	wr_free(elements->removed);
	wr_free(elements);
}

/* --- for callbacks */

WR_PUBLIC uint64_t weir_elements_count(const struct weir_elements *elements)
{
	return elements->window->rows.count - elements->removed_count;
}

static bool is_removed(const struct weir_elements *elements, uint64_t i)
{
	return elements->removed != NULL && elements->removed[i] != 0;
}

static void decode_piece(struct weir_elements *elements, uint32_t from)
{
	const struct op_window *self = elements->self;
	const struct wr_row_list *rows = &elements->window->rows;
	uint32_t columns = self->op.node->input[0]->schema.count;
	uint32_t count = WR_MIN(PIECE, rows->count - from);

	forget_piece(elements);
	for (uint32_t i = from; i < from + count; i++)
		WR_REQUIRE(wr_codec_decode(&self->row_codec, rows->row[i].bytes,
					   rows->row[i].bytes + rows->row[i].len,
					   elements->builder) != NULL);
	elements->piece = wr_batch_new(columns, count);
	for (uint32_t c = 0; c < columns; c++)
		elements->piece->column[c] = wr_builder_finish(elements->builder[c]);
	elements->from = from;
}

WR_PUBLIC const struct weir_row *weir_elements_next(struct weir_elements *elements, uint64_t *at)
{
	uint32_t count = elements->window->rows.count, i;

	while (*at < count && is_removed(elements, *at))
		(*at)++;
	if (*at >= count)
		return NULL;
	i = (uint32_t)(*at)++;
	if (elements->piece == NULL || i < elements->from ||
	    i >= elements->from + elements->piece->rows)
		decode_piece(elements, i);
	elements->row = (struct weir_row){
	    .result = &elements->self->input, .batch = elements->piece, .row = i - elements->from};
	return &elements->row;
}

WR_PUBLIC void weir_elements_remove(struct weir_elements *elements, uint64_t i)
{
	uint32_t count = elements->window->rows.count;

	if (!elements->evicting) {
		wr_context_mistake(&elements->self->context,
				   wr_status_new(WR_USER_ERROR,
						 "Window '%s': elements are removed outside of an "
						 "evictor",
						 elements->self->op.node->u.user.op->name));
		return;
	}
	if (i >= count || is_removed(elements, i))
		return;
	if (elements->removed == NULL)
		elements->removed = wr_calloc(count, 1);
	elements->removed[i] = 1;
	elements->removed_count++;
}

WR_PUBLIC int64_t weir_elements_time(const struct weir_elements *elements, uint64_t i)
{
	return i < elements->window->rows.count ? elements->window->rows.row[i].time_ms : INT64_MIN;
}

/* --- evictors */

/* Takes what was removed out of the window. */
static void compact(struct weir_elements *elements)
{
	struct wr_row_list *rows = &elements->window->rows;
	struct wr_agg_pool *pool = wr_uw_pool(elements->self);
	uint32_t kept = 0;

	if (elements->removed_count == 0)
		return;
	for (uint32_t i = 0; i < rows->count; i++) {
		if (elements->removed[i])
			wr_agg_pool_drop(pool, rows->row[i].bytes, rows->row[i].len + 8);
		else
			rows->row[kept++] = rows->row[i];
	}
	rows->count = kept;
	if (kept == 0)
		wr_row_list_drop(rows, pool);
	wr_free(elements->removed);
	elements->removed = NULL;
	elements->removed_count = 0;
	forget_piece(elements);
}

static void evict_old(struct weir_elements *elements, int64_t ms)
{
	const struct wr_row_list *rows = &elements->window->rows;
	int64_t youngest = INT64_MIN, cut;

	for (uint32_t i = 0; i < rows->count; i++)
		youngest = WR_MAX(youngest, rows->row[i].time_ms);
	if (__builtin_sub_overflow(youngest, ms, &cut))
		return;
	for (uint32_t i = 0; i < rows->count; i++)
		if (rows->row[i].time_ms <= cut)
			weir_elements_remove(elements, i);
}

static wr_status *evict(struct op_window *self, struct weir_elements *elements, bool before)
{
	const struct weir_evictor *evictor = &self->evictor;
	uint32_t count = elements->window->rows.count;
	int code = 0;

	if (evictor->kind == WEIR_EVICT_NONE ||
	    (evictor->kind != WEIR_EVICT_OWN && evictor->after == before))
		return NULL;
	elements->evicting = true;
	switch (evictor->kind) {
	case WEIR_EVICT_COUNT:
		for (uint32_t i = 0; count > evictor->count && i < count - evictor->count; i++)
			weir_elements_remove(elements, i);
		break;
	case WEIR_EVICT_TIME: evict_old(elements, evictor->ms); break;
	default:
		code = evictor->evict(evictor->user, &self->context, elements,
				      &elements->window->span, before);
	}
	elements->evicting = false;
	compact(elements);
	return wr_context_after(&self->context, code, "evict");
}

/* --- results */

void wr_uw_enter(struct op_window *self, struct wr_uw *window)
{
	self->at = window;
	self->context.block = wr_uw_block(window);
	self->context.pool = wr_uw_pool(self);
	self->context.self = self->spec->user;
}

static struct wr_user_at accumulator_of(const struct op_window *self, struct wr_uw *window)
{
	return wr_user_at(&self->store, wr_uw_accumulator(self), wr_uw_block(window),
			  wr_uw_pool(self));
}

/* The window shows its content, if it has some. */
static wr_status *show(struct op_window *self, struct wr_uw *window)
{
	const struct weir_window *spec = self->spec;
	struct weir_elements *elements;
	int code;

	if (!wr_uw_keeps_rows(self)) {
		struct wr_user_at at = accumulator_of(self, window);
		const void *accumulator = wr_user_value_get(&at);

		if (accumulator == NULL)
			return NULL;
		code = spec->result(spec->user, &self->context, &window->span, accumulator);
		return wr_context_after(&self->context, code, "result");
	}
	if (window->rows.count == 0)
		return NULL;
	if (self->elements == NULL)
		self->elements = elements_new(self);
	elements = self->elements;
	elements->window = window;
	forget_piece(elements);
	WR_TRY(evict(self, elements, true));
	code = spec->process(spec->user, &self->context, &window->span, elements);
	WR_TRY(wr_context_after(&self->context, code, "process"));
	return evict(self, elements, false);
}

/* The content goes; what the trigger keeps stays. */
static void purge(struct op_window *self, struct wr_uw *window)
{
	if (wr_uw_keeps_rows(self)) {
		wr_row_list_drop(&window->rows, wr_uw_pool(self));
	} else {
		struct wr_user_at at = accumulator_of(self, window);

		wr_user_state_clear(&at);
	}
}

wr_status *wr_uw_apply(struct op_window *self, struct wr_uw *window, int result, const char *what)
{
	bool known = result >= WEIR_CONTINUE && result <= WEIR_FIRE_AND_PURGE;

	WR_TRY(wr_context_after(&self->context, known ? 0 : -1, what));
	if (result & WEIR_FIRE) {
		self->context.self = self->spec->user;
		WR_TRY(show(self, window));
	}
	if (result & WEIR_PURGE)
		purge(self, window);
	return NULL;
}

void wr_uw_clear(struct op_window *self, struct wr_uw *window)
{
	struct wr_agg_pool *pool = wr_uw_pool(self);

	for (uint32_t d = 0; d < 2; d++) {
		wr_timer_set_clear(&window->timers[d], pool);
		window->timers[d].scheduled = 0;
	}
	wr_row_list_drop(&window->rows, pool);
	wr_user_store_clear(&self->store, wr_uw_block(window), pool);
	window->count = 0;
	window->next = 0;
}

bool wr_uw_is_blank(const struct op_window *self, struct wr_uw *window)
{
	return self->index == NULL && window->rows.count == 0 && window->count == 0 &&
	       window->next == 0 && wr_timer_set_is_empty(&window->timers[0]) &&
	       wr_timer_set_is_empty(&window->timers[1]) &&
	       *wr_user_present(wr_uw_block(window)) == 0;
}

static int64_t ms_of(uint64_t tick)
{
	return tick == WR_TICK_MAX ? INT64_MAX : wr_tick_ms(tick);
}

/* A timer of the trigger. */
static wr_status *fire_timer(struct op_window *self, struct wr_uw *window, enum weir_time time,
			     uint64_t tick)
{
	int64_t time_ms = ms_of(tick);

	wr_timer_set_remove(&window->timers[time], wr_uw_pool(self), tick);
	self->context.time_ms = time_ms;
	return wr_uw_apply(self, window, wr_uw_on_timer(self, window, time, time_ms), "timer");
}

/* Which tick is the last one that may come up now: at the end of the input, and of windows that
 * never end, those that were there before, so that a trigger that goes on and on comes to an end.
 */
static uint64_t last_tick(const struct op_window *self, const struct wr_uw *window,
			  enum weir_time time, int64_t now_ms)
{
	const struct wr_timer_set *set = &window->timers[time];
	uint32_t count = wr_timer_set_count(set);
	bool endless = now_ms == INT64_MAX && (time == WEIR_PROCESSING_TIME || self->time != time ||
					       wr_uw_gone(self, &window->span) == INT64_MAX);

	if (!endless)
		return wr_tick_of(now_ms);
	return count > 0 ? wr_timer_set_at(set, count - 1) : 0;
}

wr_status *wr_uw_fire_due(struct op_window *self, struct wr_uw *window, enum weir_time time,
			  int64_t now_ms, bool *gone)
{
	struct weir_context *context = &self->context;
	int64_t watermark_ms = context->watermark_ms, time_ms = context->time_ms;
	int64_t end_ms = wr_uw_gone(self, &window->span);
	const struct weir_row *row = context->row;
	uint64_t last = last_tick(self, window, time, now_ms);
	bool ends = self->time == time && end_ms != INT64_MAX && end_ms <= now_ms;
	wr_status *status = NULL;

	*gone = false;
	if (now_ms == WR_WATERMARK_MIN)
		return NULL;
	wr_uw_enter(self, window);
	context->row = NULL;
	if (ends)
		last = WR_MIN(last, wr_tick_of(end_ms));
	while (status == NULL) {
		uint64_t tick = wr_timer_set_first(&window->timers[time]);

		if (tick == 0 || tick > last)
			break;
		if (time == WEIR_EVENT_TIME)
			context->watermark_ms = ms_of(tick);
		status = fire_timer(self, window, time, tick);
	}
	if (status == NULL && ends) {
		wr_uw_clear(self, window);
		*gone = true;
	}
	context->watermark_ms = watermark_ms;
	context->time_ms = time_ms;
	context->row = row;
	return status;
}
