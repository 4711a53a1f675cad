/* SPDX-License-Identifier: Apache-2.0
 *
 * user_window - see user_window.h: the operator, and how rows find their windows.
 */
#include "op/user_window.h"

#include "base/mem.h"
#include "op/windowing.h"

#define PAIRS_MAX   4096 /* rows and windows whose slots are looked up at once */
#define ASSIGNS_MAX 1024 /* windows that `assign` may give a row */
#define AHEAD       8    /* slots fetched ahead */
#define DUE_MAX     256  /* windows that come up together: their keys are read at once */
#define DOOMED      1    /* wr_uw.unused: the slot is about to be removed */

/* Rows and windows that belong together. */
struct pairs {
	const struct wr_batch *batch;
	const int64_t *time_ms; /* per row of the batch */
	uint32_t *row;
	struct weir_span *span; /* count of them, as row */
	struct wr_uw **window;  /* room for the slots */
	uint32_t count;         /* pairs so far */
};

/* --- the key at hand, for callbacks */

static void key_release(struct op_window *self)
{
	for (uint32_t i = 0; self->key_owned && i < self->key_count; i++)
		wr_column_unref(self->key_column[i]);
	self->key_owned = false;
}

/* weir_context.key: of the row at hand, or of the windows that come up, which are read when the
 * first one is asked for. */
static const struct weir_row *window_key(struct weir_context *context)
{
	struct op_window *self = (struct op_window *)context->op;

	if (self->due_count > 0 && !self->key_owned) {
		struct wr_column *all[WR_COLUMNS_MAX];

		wr_state_slot_keys(self->windows, 0, self->due, self->due_count, all);
		for (uint32_t i = 0; i < self->key_count; i++)
			self->key_column[i] = all[i];
		for (uint32_t i = 0; i < self->extra; i++)
			wr_column_unref(all[self->key_count + i]);
		self->key_owned = true;
	}
	return &self->key_row;
}

/* --- rows */

void wr_uw_late(struct op_window *self, uint32_t row, int64_t end_ms)
{
	self->late_end[self->late_count] = end_ms;
	self->late[self->late_count++] = row;
}

void wr_uw_at_row(struct op_window *self, const struct weir_row *row, int64_t time_ms)
{
	struct weir_context *context = &self->context;

	context->row = row;
	context->time_ms = time_ms;
	context->watermark_ms = wr_uw_watermark(self, row->batch, row->row);
	self->key_row.row = row->row;
}

wr_status *wr_uw_add(struct op_window *self, struct wr_uw *window, const struct weir_row *row,
		     int64_t time_ms)
{
	const struct weir_window *spec = self->spec;
	int result;

	wr_uw_enter(self, window);
	if (wr_uw_keeps_rows(self)) {
		uint32_t len;
		const char *bytes = wr_encoded_row(&self->encoded, row->row, &len);

		wr_row_list_add(&window->rows, self->context.pool, bytes, len)->time_ms = time_ms;
	} else {
		struct wr_user_at at = wr_user_at(&self->store, wr_uw_accumulator(self),
						  self->context.block, self->context.pool);
		int code =
		    spec->accumulate(spec->user, &self->context, wr_user_value_make(&at), row);

		WR_TRY(wr_context_after(&self->context, code, "accumulate"));
	}
	result = wr_uw_on_element(self, window, row);
	WR_TRY(wr_uw_apply(self, window, result, "trigger"));
	wr_uw_schedule(self, window);
	return NULL;
}

/* Fires what is due of one domain before the row at hand. */
static wr_status *catch_up(struct op_window *self, struct wr_uw *window, enum weir_time time,
			   int64_t now_ms, bool *gone)
{
	uint64_t scheduled = window->timers[time].scheduled;

	if (scheduled == 0 || scheduled > wr_tick_of(now_ms) || now_ms == WR_WATERMARK_MIN)
		return NULL;
	WR_TRY(wr_uw_fire_due(self, window, time, now_ms, gone));
	window->timers[time].scheduled = 0; /* the entry is stale */
	if (!*gone)
		wr_uw_schedule(self, window);
	return NULL;
}

wr_status *wr_uw_catch_up(struct op_window *self, struct wr_uw *window, bool *gone)
{
	*gone = false;
	WR_TRY(catch_up(self, window, WEIR_EVENT_TIME, self->context.watermark_ms, gone));
	if (*gone || window->timers[WEIR_PROCESSING_TIME].scheduled == 0)
		return NULL;
	return catch_up(self, window, WEIR_PROCESSING_TIME, self->context.wall_ms, gone);
}

/* A column of one end of each window. */
static struct wr_column *span_column(const struct weir_span *span, uint32_t count, bool end)
{
	struct wr_column *column = wr_column_new(&WR_T_BIGINT, count);
	int64_t *out = WR_DATA(column, int64_t);

	for (uint32_t i = 0; i < count; i++)
		out[i] = end ? span[i].end : span[i].start;
	return column;
}

wr_status *wr_uw_slots(struct op_window *self, const struct wr_batch *batch, const uint32_t *row,
		       const struct weir_span *span, uint32_t count, struct wr_uw **out)
{
	const uint32_t *key = self->op.node->u.user.key[0];
	uint32_t columns = self->key_count + self->extra;
	struct wr_column **column = wr_malloc((columns + 1) * sizeof *column);
	uint64_t *hash = wr_malloc((count + 1) * sizeof *hash);
	uint8_t *is_new = wr_malloc(count + 1);
	struct wr_keys keys = {.rows = count, .column = column, .hash = hash};
	bool all = count == batch->rows; /* the rows as they are */
	wr_status *status;

	for (uint32_t i = 0; i < count && all; i++)
		all = row[i] == i;
	for (uint32_t i = 0; i < self->key_count; i++) {
		struct wr_column *from = batch->column[key[i]];

		column[i] = all ? wr_column_ref(from) : wr_column_gather(from, row, count);
	}
	for (uint32_t i = 0; i < self->extra; i++)
		column[self->key_count + i] = span_column(span, count, i == 1);
	wr_keys_hash(column, columns, count, hash);
	status = wr_state_upsert(self->windows, 0, &keys, (uint8_t **)out, is_new);
	for (uint32_t i = 0; i < count && status == NULL; i++)
		if (is_new[i])
			out[i]->span = span[i];
	for (uint32_t i = 0; i < columns; i++)
		wr_column_unref(column[i]);
	wr_free(column);
	wr_free(hash);
	wr_free(is_new);
	return status;
}

/* Slots in which nothing is left go. */
static wr_status *drop_blank(struct op_window *self, struct wr_uw **window, uint32_t count)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (window[i]->unused == DOOMED || !wr_uw_is_blank(self, window[i]))
			continue;
		window[i]->unused = DOOMED;
		for (uint32_t d = 0; d < 2; d++)
			window[i]->timers[d].scheduled = 0;
		window[doomed++] = window[i];
	}
	return wr_state_remove(self->windows, 0, (uint8_t *const *)window, doomed);
}

/* Puts rows into their windows. */
static wr_status *put_pairs(struct op_window *self, struct pairs *pairs)
{
	struct weir_row row = {.result = &self->input, .batch = pairs->batch};
	uint32_t count = pairs->count;

	if (count == 0)
		return NULL;
	pairs->count = 0;
	WR_TRY(wr_uw_slots(self, pairs->batch, pairs->row, pairs->span, count, pairs->window));
	for (uint32_t i = 0; i < count; i++) {
		bool gone;

		if (i + AHEAD < count)
			__builtin_prefetch(&pairs->window[i + AHEAD]->timers);
		row.row = pairs->row[i];
		wr_uw_at_row(self, &row, pairs->time_ms[row.row]);
		WR_TRY(wr_uw_catch_up(self, pairs->window[i], &gone));
		WR_TRY(wr_uw_add(self, pairs->window[i], &row, pairs->time_ms[row.row]));
	}
	return drop_blank(self, pairs->window, count);
}

/* A window for a row, unless it is late for it. */
static wr_status *pair(struct op_window *self, struct pairs *pairs, uint32_t row,
		       struct weir_span span, bool *taken)
{
	if (self->time == WEIR_EVENT_TIME &&
	    wr_uw_gone(self, &span) <= wr_uw_watermark(self, pairs->batch, row) && self->bounded)
		return NULL;
	*taken = true;
	pairs->row[pairs->count] = row;
	pairs->span[pairs->count++] = span;
	return pairs->count == PAIRS_MAX ? put_pairs(self, pairs) : NULL;
}

/* The windows of an own assigner. */
static wr_status *assign_own(struct op_window *self, struct pairs *pairs, uint32_t at, bool *taken,
			     int64_t *end_ms)
{
	const struct weir_window *spec = self->spec;
	struct weir_row row = {.result = &self->input, .batch = pairs->batch, .row = at};
	struct weir_span span[ASSIGNS_MAX];
	int count = spec->assign(spec->user, &row, pairs->time_ms[at], span, ASSIGNS_MAX);

	if (count < 0 || count > ASSIGNS_MAX)
		return wr_status_new(WR_USER_ERROR, "Window '%s': assign %s",
				     self->op.node->u.user.op->name,
				     count < 0 ? "has failed" : "gives more windows than fit");
	for (int i = 0; i < count; i++) {
		if (span[i].start >= span[i].end)
			return wr_status_new(WR_USER_ERROR,
					     "Window '%s': assign gives a window that is empty",
					     self->op.node->u.user.op->name);
		*end_ms = span[i].end;
		WR_TRY(pair(self, pairs, at, span[i], taken));
	}
	return NULL;
}

/* The windows of a row. */
static wr_status *assign(struct op_window *self, struct pairs *pairs, uint32_t row)
{
	const struct weir_window *spec = self->spec;
	int64_t time_ms = pairs->time_ms[row], end_ms = WR_WATERMARK_MIN, start;
	bool taken = false;

	switch (spec->assigner) {
	case WEIR_TUMBLING:
		start = wr_window_start(time_ms, spec->size_ms, spec->offset_ms);
		end_ms = start + spec->size_ms;
		WR_TRY(pair(self, pairs, row, (struct weir_span){start, end_ms}, &taken));
		break;
	case WEIR_SLIDING: /* the latest one first */
		start = wr_window_start(time_ms, spec->slide_ms, spec->offset_ms);
		for (; start > time_ms - spec->size_ms; start -= spec->slide_ms) {
			end_ms = WR_MAX(end_ms, start + spec->size_ms);
			WR_TRY(pair(self, pairs, row,
				    (struct weir_span){start, start + spec->size_ms}, &taken));
		}
		break;
	case WEIR_ASSIGN: WR_TRY(assign_own(self, pairs, row, &taken, &end_ms)); break;
	default: return pair(self, pairs, row, (struct weir_span){INT64_MIN, INT64_MAX}, &taken);
	}
	/* No window has it: it is late if there are some, or would be in any. */
	if (!taken && self->time == WEIR_EVENT_TIME &&
	    (end_ms != WR_WATERMARK_MIN ||
	     time_ms + spec->allowed_lateness_ms <= wr_uw_watermark(self, pairs->batch, row)))
		wr_uw_late(self, row, end_ms);
	return NULL;
}

/* A row without a time that needs one. */
static wr_status *no_time(struct op_window *self, uint32_t row)
{
	struct wr_eval_error error = {.row = row, .text = "The event time of a row is NULL"};

	return self->op.env->row_error(self->op.env, &self->op, &error);
}

static wr_status *assign_all(struct op_window *self, const struct wr_batch *batch,
			     const int64_t *time_ms)
{
	struct pairs pairs = {.batch = batch, .time_ms = time_ms};
	bool needs_time = self->bounded && self->time == WEIR_EVENT_TIME;
	wr_status *status = NULL;

	pairs.row = wr_malloc(PAIRS_MAX * sizeof *pairs.row);
	pairs.span = wr_malloc(PAIRS_MAX * sizeof *pairs.span);
	pairs.window = wr_malloc(PAIRS_MAX * sizeof *pairs.window);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++)
		status = needs_time && time_ms[i] == INT64_MIN ? no_time(self, i)
							       : assign(self, &pairs, i);
	if (status == NULL)
		status = put_pairs(self, &pairs);
	wr_free(pairs.row);
	wr_free(pairs.span);
	wr_free(pairs.window);
	return status;
}

/* The times of the rows in the windows' domain; of elements of windows that never end the event
 * time, if there is one. */
static void read_times(struct op_window *self, const struct wr_batch *batch, int64_t *time_ms)
{
	int32_t column = self->context.rowtime;
	int64_t now_ms = weir_now(&self->context, WEIR_PROCESSING_TIME);

	if (column < 0 || self->time == WEIR_PROCESSING_TIME) {
		for (uint32_t i = 0; i < batch->rows; i++)
			time_ms[i] = now_ms;
		return;
	}
	for (uint32_t i = 0; i < batch->rows; i++)
		time_ms[i] = wr_row_time(batch, (uint32_t)column, i);
}

/* Late rows go their way. */
static wr_status *send_late(struct op_window *self, const struct wr_batch *batch)
{
	uint32_t count = self->late_count;

	self->late_count = 0;
	if (count == 0)
		return NULL;
	if (self->context.output_count > 1)
		return wr_context_send(&self->context, 1,
				       wr_batch_gather(batch, self->late, count));
	wr_count(&self->op.late_rows, count);
	return self->op.env->late(self->op.env, &self->op, batch, self->late, self->late_end,
				  count);
}

static wr_status *window_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_window *self = (struct op_window *)op;
	const uint32_t *key = op->node->u.user.key[0];
	int64_t *time_ms;
	wr_status *status;

	(void)input;
	wr_batch_compact(batch);
	time_ms = wr_malloc((batch->rows + 1) * 2 * sizeof *time_ms);
	self->late_end = time_ms + batch->rows + 1;
	self->late = wr_malloc((batch->rows + 1) * sizeof *self->late);
	wr_context_tick(&self->context);
	wr_user_store_tick(&self->store, wr_op_mono_ms(op));
	read_times(self, batch, time_ms);
	if (wr_uw_keeps_rows(self))
		wr_codec_encode_batch(&self->row_codec, &self->encoded, batch->column, NULL,
				      batch->rows);
	for (uint32_t i = 0; i < self->key_count; i++)
		self->key_column[i] = batch->column[key[i]];
	status = self->index != NULL ? wr_uw_sessions_process(self, batch, time_ms)
				     : assign_all(self, batch, time_ms);
	self->context.row = NULL;
	self->context.block = NULL;
	if (status == NULL)
		status = send_late(self, batch);
	wr_free(time_ms);
	wr_free(self->late);
	self->late = NULL;
	wr_batch_free(batch);
	return status;
}

/* --- marks */

/* Windows that have come up together. */
static wr_status *fire_group(struct op_window *self, enum weir_time time, int64_t now_ms)
{
	uint32_t gone_count = 0, count = self->due_count;
	wr_status *status = NULL;

	wr_state_touch(self->windows, 0, self->due, count);
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		struct wr_uw *window = (struct wr_uw *)(void *)self->due[i];
		bool gone;

		if (i + AHEAD < count)
			__builtin_prefetch(self->due[i + AHEAD] + sizeof *window);
		self->key_row.row = i;
		status = wr_uw_fire_due(self, window, time, now_ms, &gone);
		if (status == NULL && gone && self->index != NULL)
			status = wr_uw_sessions_drop(self, window);
		if (status == NULL && !gone)
			wr_uw_schedule(self, window);
		if (!gone && !wr_uw_is_blank(self, window))
			continue;
		for (uint32_t d = 0; d < 2; d++)
			window->timers[d].scheduled = 0;
		window->unused = DOOMED;
		gone_count++;
	}
	key_release(self);
	self->due_count = 0;
	self->context.block = NULL;
	if (status != NULL || gone_count == 0)
		return status;
	gone_count = 0;
	for (uint32_t i = 0; i < count; i++)
		if (((struct wr_uw *)(void *)self->due[i])->unused == DOOMED)
			self->due[gone_count++] = self->due[i];
	return wr_state_remove(self->windows, 0, self->due, gone_count);
}

/* Fires what is due until that is enough for one call. */
static wr_status *fire_all(struct op_window *self, enum weir_time time, int64_t now_ms, bool *more)
{
	uint64_t emitted = self->op.out.rows, tick = wr_tick_of(now_ms), due;

	while (self->op.out.rows - emitted < WR_OP_EMIT_ROWS) {
		uint8_t *slot;

		while (self->due_count < DUE_MAX &&
		       (slot = wr_calendar_pop(&self->calendar[time], tick, &due)) != NULL)
			self->due[self->due_count++] = slot;
		if (self->due_count == 0)
			return NULL;
		WR_TRY(fire_group(self, time, now_ms));
	}
	*more = true;
	return NULL;
}

static wr_status *window_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_window *self = (struct op_window *)op;
	struct weir_context *context = &self->context;
	int64_t now_ms;

	self->watermark_ms = WR_MAX(self->watermark_ms, mark->watermark_ms);
	context->watermark_ms = self->watermark_ms;
	self->ended = (mark->flags & WR_MARK_END) != 0;
	wr_context_tick(context);
	wr_user_store_tick(&self->store, wr_op_mono_ms(op));
	now_ms = self->ended ? INT64_MAX : weir_now(context, WEIR_PROCESSING_TIME);
	if (mark->watermark_ms != WR_WATERMARK_MIN)
		WR_TRY(fire_all(self, WEIR_EVENT_TIME, mark->watermark_ms, more));
	if (!*more)
		WR_TRY(fire_all(self, WEIR_PROCESSING_TIME, now_ms, more));
	WR_TRY(wr_context_flush(context));
	if (!*more)
		context->sent_ms = mark->watermark_ms;
	return NULL;
}

/* --- begin and end */

static void resolve_trigger(struct op_window *self)
{
	const struct weir_window *spec = self->spec;
	uint64_t slide = spec->count_slide > 0 ? spec->count_slide : spec->count;

	if (spec->evictor != NULL)
		self->evictor = *spec->evictor;
	else if (spec->assigner == WEIR_COUNT && slide != spec->count)
		self->evictor =
		    (struct weir_evictor){.kind = WEIR_EVICT_COUNT, .count = spec->count};
	if (spec->trigger != NULL)
		self->trigger = *spec->trigger;
	if (self->trigger.kind != WEIR_TRIGGER_DEFAULT)
		return;
	if (spec->assigner == WEIR_COUNT) {
		self->trigger.kind = WEIR_TRIGGER_COUNT;
		self->trigger.count = slide;
		self->trigger.purging = self->trigger.purging || slide == spec->count;
	} else {
		self->trigger.kind = self->time == WEIR_EVENT_TIME ? WEIR_TRIGGER_EVENT_TIME
								   : WEIR_TRIGGER_PROCESSING_TIME;
	}
}

/* The key of a slot: that of the stream, and what names the window. */
static void declare_key(struct op_window *self, struct wr_state_decl *decl)
{
	static const char *const names[] = {"window_start", "window_end"};
	const struct wr_node *node = self->op.node;
	uint32_t count = self->key_count;
	const struct wr_type **type;
	const char **name;
	uint32_t *route = WR_NEW_ARRAY(&self->arena, uint32_t, count + 1);

	wr_op_key_columns(&self->op, 0, node->u.user.key[0], count, &self->arena, decl);
	type = WR_NEW_ARRAY(&self->arena, const struct wr_type *, count + 2);
	name = WR_NEW_ARRAY(&self->arena, const char *, count + 2);
	self->key_schema.count = count;
	self->key_schema.field = WR_NEW_ARRAY(&self->arena, struct wr_field, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		type[i] = decl->key_type[i];
		name[i] = decl->key_name[i];
		route[i] = i;
		self->key_schema.field[i] = (struct wr_field){.name = name[i], .type = type[i]};
	}
	for (uint32_t i = 0; i < self->extra; i++) {
		type[count + i] = &WR_T_BIGINT;
		name[count + i] = names[i];
	}
	decl->key_type = type;
	decl->key_name = name;
	decl->key_count = count + self->extra;
	if (decl->route == NULL && self->extra > 0) {
		decl->route = route;
		decl->route_count = count;
	}
}

static wr_status *open_state(struct op_window *self)
{
	struct wr_state_decl decl = {.name = "windows",
				     .meaning = self->op.node->state_name,
				     .codec = &self->saved,
				     .codec_ctx = self,
				     .pinned = true}; /* calendars know their slots */
	uint32_t size = (uint32_t)sizeof(struct wr_uw) + self->store.size;

	_Static_assert(sizeof(struct wr_uw) % 16 == 0, "slots are multiples of 16 bytes");
	decl.value_size = (size + 15) & ~15u;
	declare_key(self, &decl);
	wr_uw_codec_init(self);
	return wr_op_state_open(&self->op, &decl, &self->windows);
}

/* `merge` has no context, so it cannot make texts its own. */
static wr_status *check_accumulator(const struct op_window *self)
{
	const struct wr_user_op *user = self->op.node->u.user.op;

	if (self->spec->assigner != WEIR_SESSION || wr_uw_keeps_rows(self) ||
	    !user->state[user->state_count - 1].value.bytes)
		return NULL;
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "Window '%s': accumulators of sessions cannot have "
					    "STRING or BYTES members, for they are merged",
					    user->name),
			      "Use `process`, which sees all rows");
}

/* What callbacks see: rows, keys, the clock. */
static wr_status *open_views(struct op_window *self)
{
	const struct wr_node *node = self->op.node;
	const struct wr_schema *schema = &node->input[0]->schema;
	const struct wr_type **types =
	    WR_NEW_ARRAY(&self->arena, const struct wr_type *, schema->count + 1);

	for (uint32_t i = 0; i < schema->count; i++)
		types[i] = schema->field[i].type;
	wr_codec_init(&self->row_codec, &self->arena, types, schema->count);
	self->key_column = wr_calloc(self->key_count + 1, sizeof *self->key_column);
	self->key_batch = (struct wr_batch){
	    .rows = WR_BATCH_ROWS_MAX, .column_count = self->key_count, .column = self->key_column};
	self->key_row = (struct weir_row){.result = &self->key_result, .batch = &self->key_batch};
	WR_TRY(wr_result_init(&self->input, schema, false, self->op.env->zone_id));
	return wr_result_init(&self->key_result, &self->key_schema, false, self->op.env->zone_id);
}

static wr_status *window_init(struct wr_op *op)
{
	struct op_window *self = (struct op_window *)op;
	const struct wr_node *node = op->node;
	const struct wr_user_op *user = node->u.user.op;
	const struct weir_window *spec = &user->u.window;
	int32_t rowtime = wr_user_time_column(&node->input[0]->schema);

	wr_arena_init(&self->arena);
	wr_encoded_init(&self->encoded);
	self->spec = spec;
	self->key_count = node->u.user.key_count;
	self->bounded = spec->assigner != WEIR_GLOBAL && spec->assigner != WEIR_COUNT;
	self->time = spec->time;
	self->in_order = wr_node_arrival_counts(node->input[0]);
	self->watermark_ms = WR_WATERMARK_MIN;
	self->extra = !self->bounded ? 0 : spec->assigner == WEIR_ASSIGN ? 2 : 1;
	WR_TRY(wr_uw_check(spec, rowtime >= 0));
	resolve_trigger(self);
	WR_TRY(wr_context_init(&self->context, op, user));
	self->context.rowtime = rowtime;
	self->context.store = &self->store;
	self->context.key = window_key;
	WR_TRY(wr_user_store_init(&self->store, user->name, user->state, user->state_count,
				  op->env->env));
	WR_TRY(check_accumulator(self));
	for (uint32_t d = 0; d < 2; d++)
		wr_calendar_init(
		    &self->calendar[d],
		    (uint32_t)(offsetof(struct wr_uw, timers) + d * sizeof(struct wr_timer_set)),
		    false);
	self->due = wr_malloc(DUE_MAX * sizeof *self->due);
	WR_TRY(open_state(self));
	WR_TRY(open_views(self));
	wr_op_clock(op, "watermark_ms", &self->watermark_ms);
	wr_op_clock(op, "sent_ms", &self->context.sent_ms);
	return spec->assigner == WEIR_SESSION ? wr_uw_sessions_open(self) : NULL;
}

static wr_status *window_restored(struct wr_op *op)
{
	struct op_window *self = (struct op_window *)op;
	uint64_t cursor = 0;
	uint8_t *slot;

	while (wr_state_scan(self->windows, 0, &cursor, &slot, 1) == 1)
		wr_uw_schedule(self, (struct wr_uw *)(void *)slot);
	return self->index != NULL ? wr_uw_sessions_restored(self) : NULL;
}

static void window_release(struct wr_op *op)
{
	struct op_window *self = (struct op_window *)op;

	key_release(self);
	wr_uw_elements_free(self->elements);
	wr_state_close(self->index);
	wr_state_close(self->windows);
	for (uint32_t d = 0; d < 2; d++)
		wr_calendar_release(&self->calendar[d]);
	wr_context_release(&self->context);
	wr_user_store_release(&self->store);
	wr_result_release(&self->input);
	wr_result_release(&self->key_result);
	wr_encoded_release(&self->encoded);
	wr_free(self->key_column);
	wr_free(self->due);
	wr_arena_release(&self->arena);
}

static uint64_t window_state_bytes(const struct wr_op *op)
{
	const struct op_window *self = (const struct op_window *)op;

	return wr_state_bytes(self->windows) +
	       (self->index != NULL ? wr_state_bytes(self->index) : 0) +
	       wr_calendar_bytes(&self->calendar[0]) + wr_calendar_bytes(&self->calendar[1]);
}

const struct wr_op_type wr_op_user_window = {
    .name = "window_function",
    .version = 1,
    .size = sizeof(struct op_window),
    .init = window_init,
    .process = window_process,
    .on_mark = window_on_mark,
    .restored = window_restored,
    .release = window_release,
    .state_bytes = window_state_bytes,
};
