/* SPDX-License-Identifier: Apache-2.0
 *
 * user_process - process functions of the program: weir_process and weir_process2.
 *
 * The slots of a batch are looked up together; then the rows go to the callback one by one. Time
 * passes for the function as for one that gets record by record (P1): where the rows of the input
 * come in the order of one source, each knows the watermark before it, and timers that this has
 * passed fire before the row. Otherwise (several inputs, rows that other operators have held back)
 * the watermark of the function moves at marks alone, which is the same whatever the batches and
 * workers. While an event timer fires the watermark is its time, as if it had come to each
 * millisecond: so it does not matter how far the rows at hand jump.
 *
 * Timers by the clock fire between batches and at marks. At the end of the input event timers fire,
 * whatever their time, and timers by the clock are gone, as in Flink.
 *
 * Broadcast states are maps in a block of their own, the same on all workers; the first one saves
 * them, all load them.
 *
 * Bounded: a call that has emitted many rows, or fired many timers, stops and is taken up again.
 *
 * Invariants
 *   R1  nothing that is due at the watermark waits when a row comes to the callback
 *   R2  between batches every key has state or a timer
 */
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/fields.h"
#include "op/user_context.h"
#include "op/user_keyed.h"

#define FIRE_MAX 65536u /* timers fired by one call */
#define PREFETCH 8u     /* rows ahead */
#define KEYS     64u    /* keys of timers that are read together */

/* The batch at hand. */
struct work {
	struct wr_batch *batch; /* dense; NULL: none; owned */
	uint32_t input;
	uint32_t next;          /* row */
	uint8_t **slot;         /* per row, with state; owned */
	struct wr_op_keys keys; /* of the rows, keyed */
};

/* One that has come meanwhile. */
struct later {
	struct wr_batch *batch;
	uint32_t input;
};

struct op_user_process {
	struct wr_op op;
	struct weir_context context;
	const struct weir_process *process; /* the program's */
	struct wr_user_keyed keyed;         /* its store also without keys: broadcast states */
	struct weir_result input[2];        /* views of rows */
	int32_t rowtime[2];                 /* their columns of event time */
	struct wr_schema key_schema;
	struct weir_result key_result; /* the key as a row */
	struct wr_batch key_batch;     /* its columns: those of the batch, or of a timer's key */
	struct weir_row key_row;
	struct wr_column **key_column; /* of the keys of timers; owned */
	uint8_t *key_slot[KEYS];       /* whose they are: keys stay until they are forgotten */
	uint32_t key_count, key_next;  /* number of key_slot; the first that may be asked for */
	enum weir_time timer_time;     /* of the timer that fires */
	uint8_t *timer_slot;           /* the same */
	bool opened;
	bool in_order; /* rows know the watermark before them (P1) */
	int64_t watermark_ms;
	int64_t clock_ms; /* timers by the clock are due up to here */
	bool marking;     /* a mark is being worked on: *more was said */
	struct work work;
	struct later *later; /* owned */
	uint32_t later_count, later_capacity;
	uint64_t sent_before; /* rows before this call */
	uint32_t fired;       /* timers at this call */
	/* Broadcast states. */
	struct wr_user_codec shared_codec;
	struct wr_state_codec shared_saved;
};

static bool is_keyed(const struct op_user_process *self)
{
	return self->op.node->u.user.key_count > 0;
}

/* --- broadcast states */

static void shared_save(struct wr_op *op, struct wr_snapshot_out *out)
{
	struct op_user_process *self = (struct op_user_process *)op;

	if (op->env->worker != 0)
		return;
	wr_user_codec_save(&self->shared_codec, self->context.shared,
			   wr_op_put_begin(out, NULL, 0));
	wr_op_put_end(out);
}

static wr_status *shared_load(struct wr_op *op, const struct wr_op_record *record)
{
	struct op_user_process *self = (struct op_user_process *)op;
	struct weir_context *context = &self->context;

	wr_user_store_clear(&self->keyed.store, context->shared, context->shared_pool);
	if (!wr_user_codec_load(&self->shared_codec, context->shared, context->shared_pool,
				record->value->field))
		return wr_record_damaged(op, "a broadcast state");
	return NULL;
}

/* Makes the block of the broadcast states, if there are any. */
static void open_shared(struct op_user_process *self)
{
	struct wr_user_store *store = &self->keyed.store;
	struct wr_state_decl decl = {.name = "broadcast", .meaning = self->op.node->state_name};
	bool any = false;

	for (uint32_t i = 0; i < store->count; i++)
		any = any || store->place[i].broadcast;
	if (!any)
		return;
	self->context.shared = wr_calloc(1, store->size);
	self->context.shared_pool = wr_agg_pool_new();
	wr_user_codec_init(&self->shared_codec, store, true, 0, &self->keyed.arena);
	self->shared_saved = (struct wr_state_codec){.field_count = self->shared_codec.count,
						     .field = self->shared_codec.field};
	decl.codec = &self->shared_saved;
	wr_op_extra(&self->op, &decl, shared_save, shared_load);
}

/* --- opening and closing */

static void set_timer(struct weir_context *context, enum weir_time time, int64_t time_ms, bool set)
{
	struct op_user_process *self = (struct op_user_process *)context->op;

	wr_user_keyed_timer(&self->keyed, context->block - WR_USER_BLOCK_AT, time, time_ms,
			    context->watermark_ms, set);
}

/* The keys of timers are not needed any more. */
static void drop_keys(struct op_user_process *self)
{
	for (uint32_t i = 0; self->key_count > 0 && i < self->key_schema.count; i++)
		wr_column_unref(self->key_column[i]);
	self->key_count = self->key_next = 0;
}

/* Reads the key of the timer that fires, and those of timers that fire next. */
static void read_keys(struct op_user_process *self)
{
	drop_keys(self);
	self->key_slot[0] = self->timer_slot;
	self->key_count = 1 + wr_calendar_peek(&self->keyed.calendar[self->timer_time],
					       self->key_slot + 1, KEYS - 1);
	wr_state_slot_keys(self->keyed.state, 0, self->key_slot, self->key_count, self->key_column);
}

/* The key of the row or timer at hand. */
static const struct weir_row *get_key(struct weir_context *context)
{
	struct op_user_process *self = (struct op_user_process *)context->op;

	if (context->row != NULL) {
		self->key_batch.column = self->work.keys.column;
		self->key_batch.rows = self->work.batch->rows;
		self->key_row.row = context->row->row;
		return &self->key_row;
	}
	while (self->key_next < self->key_count &&
	       self->key_slot[self->key_next] != self->timer_slot)
		self->key_next++;
	if (self->key_next == self->key_count)
		read_keys(self);
	self->key_batch.column = self->key_column;
	self->key_batch.rows = self->key_count;
	self->key_row.row = self->key_next;
	return &self->key_row;
}

/* How the callbacks see keys. */
static wr_status *open_key(struct op_user_process *self)
{
	const struct wr_node *node = self->op.node;
	const struct wr_schema *input = &node->input[0]->schema;
	uint32_t count = node->u.user.key_count;

	wr_schema_init(&self->keyed.arena, &self->key_schema, count);
	for (uint32_t i = 0; i < count; i++)
		self->key_schema.field[i] = input->field[node->u.user.key[0][i]];
	WR_TRY(wr_result_init(&self->key_result, &self->key_schema, false, self->op.env->zone_id));
	self->key_column = wr_calloc(count, sizeof *self->key_column);
	self->key_batch = (struct wr_batch){.column_count = count};
	self->key_row = (struct weir_row){.result = &self->key_result, .batch = &self->key_batch};
	return NULL;
}

/* The program's `open`, once per worker. */
static wr_status *call_open(struct op_user_process *self)
{
	struct weir_context *context = &self->context;
	void *instance = self->process->user;
	wr_status *status = NULL;

	context->self = instance;
	if (self->process->open == NULL)
		return NULL;
	self->opened = true;
	status =
	    wr_context_after(context, self->process->open(instance, context, &instance), "open");
	context->self = instance;
	for (uint32_t i = 0; i < context->output_count && status == NULL; i++)
		if (context->output[i].appender.rows > 0)
			status = wr_status_new(WR_USER_ERROR,
					       "'%s', open: rows cannot be written "
					       "before there is an element",
					       context->user->name);
	return status;
}

/* The key of the row or timer at hand, for rows that begin with it. */
static const struct weir_row *prefix_key(void *context)
{
	return get_key(context);
}

/* The time of the row or timer at hand, behind each row. */
static void suffix_time(void *user, struct wr_builder *column)
{
	struct weir_context *context = user;
	int64_t ms = context->row == NULL ? context->time_ms : INT64_MIN;

	if (context->row != NULL)
		ms =
		    wr_row_time(context->row->batch, (uint32_t)context->rowtime, context->row->row);
	else if (((struct op_user_process *)context->op)->timer_time == WEIR_PROCESSING_TIME)
		ms = WR_MAX(context->watermark_ms, 0); /* what it has of event time */
	WR_ASSERT(ms != INT64_MIN);                    /* scans refuse a NULL */
	if (column->phys == WR_P_I128)
		wr_builder_i128(column, (wr_i128)ms * 1000000);
	else
		wr_builder_i64(column, ms);
}

/* Whether the row, which on_time is for, comes behind the watermark that has passed it; then it has
 * been taken care of. */
static wr_status *leave_late(struct op_user_process *self, uint32_t row, bool *is_late)
{
	static const int64_t no_end = WR_WATERMARK_MIN;
	const struct work *work = &self->work;

	*is_late = self->op.node->u.user.op->on_time && self->watermark_ms != WR_WATERMARK_MIN &&
		   wr_row_time(work->batch, (uint32_t)self->rowtime[work->input], row) <=
		       self->watermark_ms;
	if (!*is_late)
		return NULL;
	self->op.late_rows++;
	self->op.input = work->input;
	return self->op.env->late(self->op.env, &self->op, work->batch, &row, &no_end, 1);
}

/* Outputs, states and views, then the program's `open`. */
static wr_status *process_init(struct wr_op *op)
{
	struct op_user_process *self = (struct op_user_process *)op;
	const struct wr_node *node = op->node;
	const struct wr_user_op *user = node->u.user.op;
	struct weir_context *context = &self->context;

	self->process = &user->u.process;
	self->watermark_ms = self->clock_ms = WR_WATERMARK_MIN;
	self->in_order = node->input_count == 1 && wr_node_arrival_counts(node->input[0]);
	WR_TRY(wr_context_init(context, op, user));
	WR_TRY(wr_user_store_init(&self->keyed.store, user->name, user->state, user->state_count,
				  op->env->env));
	wr_user_keyed_init(&self->keyed, op);
	for (uint32_t i = 0; i < node->input_count; i++) {
		const struct wr_schema *schema = &node->input[i]->schema;

		self->rowtime[i] =
		    user->on_time ? (int32_t)user->time_column[i] : wr_user_time_column(schema);
		WR_TRY(wr_result_init(&self->input[i], schema,
				      node->input[i]->traits.changes != WR_CHANGES_INSERT,
				      op->env->zone_id));
	}
	if (is_keyed(self)) {
		WR_TRY(open_key(self));
		WR_TRY(wr_user_keyed_open(&self->keyed, self->process->timer != NULL));
	}
	open_shared(self);
	wr_op_clock(op, "watermark_ms", &self->watermark_ms);
	wr_op_clock(op, "sent_ms", &context->sent_ms);
	context->store = &self->keyed.store;
	context->output[0].appender.prefix = prefix_key;
	context->output[0].appender.prefix_user = context;
	context->output[0].appender.prefix_count = user->pass_keys;
	context->output[0].appender.suffix = suffix_time;
	context->output[0].appender.suffix_count = user->on_time;
	return call_open(self);
}

static wr_status *process_restored(struct wr_op *op)
{
	struct op_user_process *self = (struct op_user_process *)op;

	return is_keyed(self) ? wr_user_keyed_restored(&self->keyed, self->watermark_ms) : NULL;
}

static void work_release(struct op_user_process *self)
{
	wr_op_keys_release(&self->work.keys);
	wr_batch_free(self->work.batch);
	self->work.batch = NULL;
}

/* The program's `close` first: it may look at nothing of these. */
static void process_release(struct wr_op *op)
{
	struct op_user_process *self = (struct op_user_process *)op;
	struct weir_context *context = &self->context;

	if (self->opened && self->process->close != NULL)
		self->process->close(context->self);
	drop_keys(self);
	work_release(self);
	for (uint32_t i = 0; i < self->later_count; i++)
		wr_batch_free(self->later[i].batch);
	wr_free(self->later);
	wr_free(self->work.slot);
	wr_free(self->key_column);
	wr_result_release(&self->key_result);
	wr_result_release(&self->input[0]);
	wr_result_release(&self->input[1]);
	wr_free(context->shared);
	wr_agg_pool_free(context->shared_pool);
	wr_context_release(context);
	wr_user_keyed_release(&self->keyed);
}

static uint64_t process_state_bytes(const struct wr_op *op)
{
	const struct op_user_process *self = (const struct op_user_process *)op;
	const struct wr_agg_pool *shared = self->context.shared_pool;

	return wr_user_keyed_bytes(&self->keyed) + (shared != NULL ? wr_agg_pool_bytes(shared) : 0);
}

/* --- timers */

/* Whether this call has done enough. */
static bool is_enough(const struct op_user_process *self)
{
	return self->op.out.rows - self->sent_before >= WR_OP_EMIT_ROWS || self->fired >= FIRE_MAX;
}

static void begin_call(struct op_user_process *self)
{
	self->sent_before = self->op.out.rows;
	self->fired = 0;
	self->keyed.pool = self->keyed.state != NULL ? wr_state_pool(self->keyed.state, 0) : NULL;
	wr_user_store_tick(&self->keyed.store, wr_op_mono_ms(&self->op));
	wr_context_tick(&self->context);
}

/* Fires the timers of a key that has come up at `due`, in the order of their times. */
static wr_status *fire_key(struct op_user_process *self, uint8_t *slot, enum weir_time time,
			   uint64_t due)
{
	struct weir_context *context = &self->context;
	uint64_t tick = wr_user_keyed_first(slot, time);
	wr_status *status = NULL;

	wr_state_touch(self->keyed.state, 0, &slot, 1);
	self->timer_slot = slot;
	self->timer_time = time;
	context->block = slot + WR_USER_BLOCK_AT;
	while (tick != 0 && tick <= due && status == NULL) {
		context->time_ms = wr_tick_ms(tick);
		wr_user_keyed_timer(&self->keyed, slot, time, context->time_ms, 0, false);
		status = wr_context_after(
		    context, self->process->timer(context->self, context, context->time_ms, time),
		    "timer");
		self->fired++;
		tick = wr_user_keyed_above(slot, time, tick);
	}
	if (status == NULL)
		wr_user_keyed_next(&self->keyed, slot, time, due);
	if (wr_user_keyed_is_empty(slot))
		wr_user_keyed_doom(&self->keyed, slot);
	return status;
}

/* Fires what is due at `until`; false in *all: there is more, but this call has done enough. */
static wr_status *fire(struct op_user_process *self, enum weir_time time, uint64_t until, bool *all)
{
	struct weir_context *context = &self->context;
	wr_status *status = NULL;
	uint64_t due = 0;
	uint8_t *slot;

	*all = true;
	if (!wr_user_keyed_is_due(&self->keyed, time, until))
		return NULL;
	context->row = NULL;
	context->timer = set_timer;
	context->key = get_key;
	context->pool = self->keyed.pool;
	context->shared_write = false;
	while (status == NULL && *all) {
		slot = wr_calendar_pop(&self->keyed.calendar[time], until, &due);
		if (slot == NULL)
			break;
		context->watermark_ms =
		    time == WEIR_EVENT_TIME ? wr_tick_ms(due) : self->watermark_ms;
		status = fire_key(self, slot, time, due);
		*all = !is_enough(self);
	}
	context->watermark_ms = self->watermark_ms;
	context->block = NULL;
	return status;
}

/* Fires what the watermark has passed. */
static wr_status *fire_event(struct op_user_process *self, bool *all)
{
	*all = true;
	if (!self->keyed.timers || self->watermark_ms == WR_WATERMARK_MIN)
		return NULL;
	return fire(self, WEIR_EVENT_TIME, wr_tick_of(self->watermark_ms), all);
}

/* Fires what the clock has passed. */
static wr_status *fire_clock(struct op_user_process *self, bool *all)
{
	*all = true;
	if (!self->keyed.timers ||
	    !wr_user_keyed_is_due(&self->keyed, WEIR_PROCESSING_TIME, UINT64_MAX - 1))
		return NULL;
	self->clock_ms = WR_MAX(self->clock_ms, wr_op_wall_ms(&self->op));
	return fire(self, WEIR_PROCESSING_TIME, wr_tick_of(self->clock_ms), all);
}

/* --- rows */

/* Looks up the keys of the batch. */
static wr_status *begin_batch(struct op_user_process *self, struct wr_batch *batch, uint32_t input)
{
	const struct wr_node *node = self->op.node;
	struct work *work = &self->work;

	work->batch = batch;
	work->input = input;
	work->next = 0;
	if (!is_keyed(self) || (node->u.user.op->broadcast && input == 1))
		return NULL;
	if (work->slot == NULL)
		work->slot = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *work->slot);
	wr_op_keys_take(&work->keys, batch, node->u.user.key[input], node->u.user.key_count, NULL,
			batch->rows, true);
	WR_TRY(wr_state_upsert(self->keyed.state, 0, &work->keys.keys, work->slot, NULL));
	self->keyed.pool = wr_state_pool(self->keyed.state, 0);
	return NULL;
}

/* Brings time to the row; false: timers are left for the next call. */
static inline wr_status *pass_time(struct op_user_process *self, uint32_t row, bool *all)
{
	int64_t watermark_ms = wr_batch_watermark(self->work.batch, row);

	*all = true;
	if (watermark_ms <= self->watermark_ms &&
	    !wr_user_keyed_is_due(&self->keyed, WEIR_EVENT_TIME, wr_tick_of(self->watermark_ms)))
		return NULL;
	self->watermark_ms = WR_MAX(self->watermark_ms, watermark_ms);
	self->context.watermark_ms = self->watermark_ms;
	return fire_event(self, all);
}

/* What the rows of the batch at hand are to the context. */
static void face_rows(struct op_user_process *self, struct weir_row *row)
{
	struct weir_context *context = &self->context;
	const struct work *work = &self->work;
	bool keyed = work->keys.count > 0;

	*row = (struct weir_row){.result = &self->input[work->input], .batch = work->batch};
	context->row = row;
	context->rowtime = self->rowtime[work->input];
	context->watermark_ms = self->watermark_ms;
	context->pool = self->keyed.pool;
	context->timer = keyed && self->keyed.timers ? set_timer : NULL;
	context->key = keyed ? get_key : NULL;
	context->shared_write = self->op.node->u.user.op->broadcast && work->input == 1;
}

/* The rows of a batch with state, from where it stopped on. */
static wr_status *call_keyed(struct op_user_process *self)
{
	int (*element)(void *, struct weir_context *, const struct weir_row *) =
	    self->work.input == 0 ? self->process->element : self->process->element2;
	const char *what = self->work.input == 0 ? "element" : "element2";
	struct weir_context *context = &self->context;
	struct work *work = &self->work;
	uint32_t rows = work->batch->rows;
	struct weir_row row;
	bool all = true, late;

	face_rows(self, &row);
	for (; work->next < rows; work->next++) {
		uint8_t *slot = work->slot[work->next];

		if (self->in_order) {
			WR_TRY(pass_time(self, work->next, &all));
			if (!all)
				return NULL;
			if (context->row == NULL)
				face_rows(self, &row);
		}
		if (is_enough(self))
			return NULL;
		WR_TRY(leave_late(self, work->next, &late));
		if (late)
			continue;
		if (work->next + PREFETCH < rows)
			__builtin_prefetch(work->slot[work->next + PREFETCH]);
		row.row = work->next;
		context->block = slot + WR_USER_BLOCK_AT;
		WR_TRY(wr_context_after(context, element(context->self, context, &row), what));
		if (wr_user_keyed_is_empty(slot))
			wr_user_keyed_doom(&self->keyed, slot);
	}
	return NULL;
}

/* The rows of a batch without keys. */
static wr_status *call_plain(struct op_user_process *self)
{
	int (*element)(void *, struct weir_context *, const struct weir_row *) =
	    self->work.input == 0 ? self->process->element : self->process->element2;
	const char *what = self->work.input == 0 ? "element" : "element2";
	struct weir_context *context = &self->context;
	struct work *work = &self->work;
	struct weir_row row;
	bool late;

	face_rows(self, &row);
	context->block = NULL;
	for (; work->next < work->batch->rows && !is_enough(self); work->next++) {
		if (self->in_order)
			context->watermark_ms = self->watermark_ms =
			    WR_MAX(self->watermark_ms, wr_batch_watermark(work->batch, work->next));
		WR_TRY(leave_late(self, work->next, &late));
		if (late)
			continue;
		row.row = work->next;
		WR_TRY(wr_context_after(context, element(context->self, context, &row), what));
	}
	return NULL;
}

/* Works on what has come until there is nothing left, or enough has been done. */
static wr_status *go_on(struct op_user_process *self)
{
	struct work *work = &self->work;
	struct later first;
	bool all;

	begin_call(self);
	WR_TRY(fire_clock(self, &all));
	self->fired = 0; /* rows go on, whatever timers there are */
	while (work->batch != NULL || self->later_count > 0) {
		if (work->batch == NULL) {
			first = self->later[0];
			self->later_count--;
			memmove(self->later, self->later + 1, self->later_count * sizeof first);
			WR_TRY(begin_batch(self, first.batch, first.input));
		}
		WR_TRY(work->keys.count > 0 ? call_keyed(self) : call_plain(self));
		self->op.pending = work->next < work->batch->rows;
		if (self->op.pending)
			return NULL;
		self->context.row = NULL;
		self->context.block = NULL;
		work_release(self);
		drop_keys(self);
		WR_TRY(wr_user_keyed_forget(&self->keyed));
	}
	return NULL;
}

/* Batches that come while one is worked on wait. */
static wr_status *process_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_user_process *self = (struct op_user_process *)op;

	WR_ASSERT(!self->marking);
	wr_batch_compact(batch);
	if (self->later_count == self->later_capacity) {
		self->later_capacity = WR_MAX(8, 2 * self->later_capacity);
		self->later = wr_realloc(self->later, self->later_capacity * sizeof *self->later);
	}
	self->later[self->later_count++] = (struct later){batch, input};
	return op->pending ? NULL : go_on(self);
}

static wr_status *process_resume(struct wr_op *op)
{
	return go_on((struct op_user_process *)op);
}

/* --- marks */

/* Fires what is due, looks for what has expired, and sends what waits. */
static wr_status *process_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_user_process *self = (struct op_user_process *)op;
	bool end = (mark->flags & WR_MARK_END) != 0, all;

	WR_ASSERT(!op->pending && self->later_count == 0 && self->work.batch == NULL);
	begin_call(self);
	self->watermark_ms = WR_MAX(self->watermark_ms, mark->watermark_ms);
	self->context.watermark_ms = self->watermark_ms;
	WR_TRY(fire_event(self, &all));
	if (all && !end)
		WR_TRY(fire_clock(self, &all));
	*more = self->marking = !all;
	drop_keys(self);
	if (self->keyed.state != NULL)
		WR_TRY(wr_user_keyed_forget(&self->keyed));
	if (*more)
		return NULL;
	if (self->keyed.state != NULL)
		WR_TRY(wr_user_keyed_sweep(&self->keyed));
	if (self->context.shared != NULL)
		wr_user_store_expire(&self->keyed.store, self->context.shared,
				     self->context.shared_pool);
	WR_TRY(wr_context_flush(&self->context));
	self->context.sent_ms = WR_MAX(self->context.sent_ms, mark->watermark_ms);
	return NULL;
}

const struct wr_op_type wr_op_user_process = {
    .name = "process",
    .version = 1,
    .size = sizeof(struct op_user_process),
    .init = process_init,
    .process = process_process,
    .resume = process_resume,
    .on_mark = process_on_mark,
    .release = process_release,
    .state_bytes = process_state_bytes,
    .restored = process_restored,
};
