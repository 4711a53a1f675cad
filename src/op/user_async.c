/* SPDX-License-Identifier: Apache-2.0
 *
 * user_async - asks the outside world about each row (weir_async) without waiting for one answer
 * before the next question: up to `capacity` requests are in flight.
 *
 * Rows that find no room wait, in their order, and with them everything above: `pending`, with
 * `waiting` once nothing can be done until a request ends or a time has come. Answers go on in the
 * order of the rows; unordered as they come, but only among rows between the same two watermarks:
 * what may come in any order is a run of rows with the same row watermark.
 *
 * A mark waits until all requests of the rows before it have ended. So no row passes a mark, and a
 * checkpoint finds nothing in flight: nothing of this operator needs to be saved, and a run that
 * goes on from a checkpoint asks for just those rows again that come behind it. The other way, to
 * save rows in flight and let the mark pass, would only pay for requests that take much longer than
 * an epoch, and would make a stream's order depend on them. What it costs: one round trip an epoch
 * in which fewer requests than `capacity` are in flight, and epochs grow when rows wait.
 *
 * Attempts: each has a request of its own (user_async.h), so that an answer that comes after its
 * time means nothing. Between two of them the row waits retry_ms. The last one that times out asks
 * `fallback` for a result, as one that fails does; without, it is a row error
 * (error-handling.mode).
 *
 * Saved: nothing. Memory: `capacity` requests and their answers, and the batches that wait.
 *
 * Invariants
 *   N1  entries are in the order of their rows; in_flight of them, <= capacity
 *   N2  `next_due_ms` is not behind the earliest due_ms of an entry that is out or rests
 */
#include <stdio.h>

#include "analyze/user_node.h"
#include "base/mem.h"
#include "op/user_async.h"

#define CAPACITY_DEFAULT 100
#define NEVER            INT64_MAX

enum entry_state {
	ENTRY_OUT,  /* `request` is out */
	ENTRY_REST, /* waits for its next attempt */
	ENTRY_DONE  /* `request` (NULL: none) has its result */
};

/* Rows that came together. */
struct group {
	struct wr_batch *batch; /* owned */
	uint32_t next;          /* row to be asked for next */
	uint32_t in_flight;     /* rows that have been, and are not through */
};

/* A row that has been asked for. */
struct entry {
	struct group *group;          /* of its row */
	struct weir_row row;          /* of it */
	struct weir_request *request; /* the attempt, or its result */
	enum entry_state state;
	uint32_t attempts;    /* left, after this one */
	int64_t due_ms;       /* OUT: it times out; REST: the next attempt; NEVER: does not */
	int64_t watermark_ms; /* of the row */
	struct entry *before, *after;
};

struct op_async {
	struct wr_op op;                /* first */
	const struct weir_async *async; /* the program's */
	struct wr_desk *desk;           /* hands requests out */
	struct weir_result input;       /* how `start` sees rows */
	struct weir_appender out;       /* results in their order */
	struct entry *first, *last;     /* N1 */
	struct entry *free;             /* linked by `after` */
	uint32_t in_flight, capacity;
	struct group **later; /* come, and not all asked for: later_count of them, in order */
	uint32_t later_count, later_capacity;
	int64_t next_due_ms; /* N2 */
	bool done_alone;     /* an entry is done although no request has ended */
};

static wr_status *async_init(struct wr_op *op)
{
	struct op_async *self = (struct op_async *)op;
	const struct wr_user_op *user = op->node->u.user.op;
	const struct wr_schema *schema = &op->node->input[0]->schema;
	bool updating = op->node->input[0]->traits.changes != WR_CHANGES_INSERT;
	uint32_t limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);

	self->async = &user->u.async;
	self->capacity = self->async->capacity > 0 ? self->async->capacity : CAPACITY_DEFAULT;
	self->next_due_ms = NEVER;
	WR_TRY(wr_result_init(&self->input, schema, updating, op->env->zone_id));
	WR_TRY(wr_appender_init(&self->out, &op->node->schema, op->env->zone_id, limit));
	self->out.mark_rows = true;
	self->desk = wr_desk_new(op->env, &op->node->schema);
	return NULL;
}

/* --- what goes on */

static wr_status *flush(struct op_async *self)
{
	struct weir_appender *out = &self->out;
	uint32_t rows = out->rows;
	struct wr_batch *batch = wr_appender_take(out);

	if (batch == NULL)
		return NULL;
	batch->watermark = out->marks[0];
	if (out->marks[rows - 1] != out->marks[0]) {
		batch->row_watermark = wr_malloc(rows * sizeof *batch->row_watermark);
		memcpy(batch->row_watermark, out->marks, rows * sizeof *batch->row_watermark);
	}
	return wr_out_emit(&self->op.out, batch);
}

/* An answer of more rows than a batch has. */
static wr_status *emit_long(struct op_async *self, struct weir_appender *from, uint8_t kind,
			    int64_t watermark_ms)
{
	struct wr_batch *all = wr_appender_take(from);
	uint32_t *row = wr_malloc(self->out.rows_max * sizeof *row);
	wr_status *status = NULL;

	all->watermark = watermark_ms;
	if (kind != WR_INSERT)
		memset(wr_batch_kinds(all), kind, all->rows);
	for (uint32_t at = 0; at < all->rows && status == NULL;) {
		uint32_t count = WR_MIN(self->out.rows_max, all->rows - at);

		for (uint32_t i = 0; i < count; i++)
			row[i] = at + i;
		status = wr_out_emit(&self->op.out, wr_batch_gather(all, row, count));
		at += count;
	}
	wr_free(row);
	wr_batch_free(all);
	return status;
}

/* The rows of an answer go on. */
static wr_status *put_answer(struct op_async *self, const struct entry *entry)
{
	struct weir_appender *from = &entry->request->output;
	uint8_t kind = wr_batch_kind(entry->row.batch, entry->row.row);

	if (from->rows == 0)
		return NULL;
	if (self->out.rows + from->rows > self->out.rows_max)
		WR_TRY(flush(self));
	if (from->rows > self->out.rows_max)
		return emit_long(self, from, kind, entry->watermark_ms);
	self->out.mark = entry->watermark_ms;
	wr_appender_move(&self->out, from, (enum weir_row_kind)kind);
	return NULL;
}

static void group_free(struct group *group)
{
	wr_batch_free(group->batch);
	wr_free(group);
}

/* The entry is through. */
static void drop_entry(struct op_async *self, struct entry *entry)
{
	struct group *group = entry->group;

	if (entry->before != NULL)
		entry->before->after = entry->after;
	else
		self->first = entry->after;
	if (entry->after != NULL)
		entry->after->before = entry->before;
	else
		self->last = entry->before;
	if (entry->request != NULL)
		wr_desk_give_back(self->desk, entry->request);
	entry->after = self->free;
	self->free = entry;
	self->in_flight--;
	if (--group->in_flight == 0 && group->next == group->batch->rows)
		group_free(group);
}

/* Emits what may go on: in order up to the first that is not done; unordered all that is done
 * before the first row of another watermark than the first that is not done. */
static wr_status *emit_ready(struct op_async *self)
{
	int64_t watermark_ms = 0;
	bool any_left = false;

	for (struct entry *entry = self->first, *after; entry != NULL; entry = after) {
		after = entry->after;
		if (any_left && (!self->async->unordered || entry->watermark_ms != watermark_ms))
			break;
		if (entry->state != ENTRY_DONE) {
			any_left = true;
			watermark_ms = entry->watermark_ms;
			continue;
		}
		if (entry->request != NULL)
			WR_TRY(put_answer(self, entry));
		drop_entry(self, entry);
	}
	return flush(self);
}

/* --- attempts */

static void set_due(struct op_async *self, struct entry *entry, int64_t now_ms, int64_t wait_ms)
{
	entry->due_ms = wait_ms > 0 ? now_ms + wait_ms : NEVER;
	self->next_due_ms = WR_MIN(self->next_due_ms, entry->due_ms);
}

/* The row has no result: counted, put aside, or the job fails. */
static wr_status *give_up(struct op_async *self, struct entry *entry, const char *why)
{
	struct wr_text text;
	struct wr_eval_error error = {.row = entry->row.row};
	wr_status *status;

	entry->state = ENTRY_DONE;
	self->done_alone = true;
	wr_text_init(&text);
	wr_text_printf(&text, "A request of '%s' has failed: %s", self->op.node->u.user.op->name,
		       why);
	error.text = wr_text_str(&text);
	status = self->op.env->row_error(self->op.env, &self->op, &error);
	wr_text_release(&text);
	return status;
}

/* The last attempt came to nothing; there is no request any more. */
static wr_status *fall_back(struct op_async *self, struct entry *entry, const char *why)
{
	struct weir_request *request;

	if (self->async->fallback == NULL)
		return give_up(self, entry, why);
	WR_TRY(wr_desk_take(self->desk, entry, &request));
	entry->request = request;
	entry->state = ENTRY_DONE;
	self->done_alone = true;
	if (self->async->fallback(self->async->user, &entry->row, why, &request->output) != 0) {
		wr_appender_reset(&request->output);
		return give_up(self, entry, why);
	}
	return wr_appender_mistake(&request->output);
}

/* An attempt came to nothing; there is no request any more. */
static wr_status *attempt_failed(struct op_async *self, struct entry *entry, const char *why)
{
	if (entry->attempts == 0)
		return fall_back(self, entry, why);
	entry->attempts--;
	entry->state = ENTRY_REST;
	entry->due_ms = wr_op_mono_ms(&self->op) + WR_MAX(self->async->retry_ms, 0);
	self->next_due_ms = WR_MIN(self->next_due_ms, entry->due_ms);
	return NULL;
}

static wr_status *start(struct op_async *self, struct entry *entry, int64_t now_ms)
{
	struct weir_request *request;

	WR_TRY(wr_desk_take(self->desk, entry, &request));
	entry->state = ENTRY_OUT;
	entry->request = request;
	set_due(self, entry, now_ms, self->async->timeout_ms);
	if (self->async->start(self->async->user, wr_request_handle(request), &entry->row) == 0)
		return NULL;
	/* It has not begun, unless it has ended already. */
	if (!wr_desk_withdraw(self->desk, request))
		return NULL;
	entry->request = NULL;
	return attempt_failed(self, entry, "it could not be started");
}

static wr_status *fall_due(struct op_async *self, struct entry *entry, int64_t now_ms)
{
	char why[80];

	if (entry->state == ENTRY_REST)
		return start(self, entry, now_ms);
	if (!wr_desk_forget(self->desk, entry->request))
		return NULL; /* it has just ended */
	entry->request = NULL;
	snprintf(why, sizeof why, "no answer within %lld ms", (long long)self->async->timeout_ms);
	return attempt_failed(self, entry, why);
}

/* Entries whose time has come; N2. */
static wr_status *look_at_times(struct op_async *self)
{
	int64_t now_ms;

	if (self->next_due_ms == NEVER)
		return NULL;
	now_ms = wr_op_mono_ms(&self->op);
	if (now_ms < self->next_due_ms)
		return NULL;
	self->next_due_ms = NEVER;
	for (struct entry *entry = self->first; entry != NULL; entry = entry->after) {
		if (entry->state == ENTRY_DONE || entry->due_ms == NEVER)
			continue;
		if (entry->due_ms <= now_ms)
			WR_TRY(fall_due(self, entry, now_ms));
		if (entry->state != ENTRY_DONE)
			self->next_due_ms = WR_MIN(self->next_due_ms, entry->due_ms);
	}
	return NULL;
}

/* One request has ended. */
static wr_status *take_end(struct op_async *self, struct weir_request *request)
{
	struct entry *entry = request->entry;
	char *failed = request->failed;
	wr_status *status;

	WR_ASSERT(entry->state == ENTRY_OUT && entry->request == request);
	if (failed == NULL) {
		entry->state = ENTRY_DONE;
		return wr_appender_mistake(&request->output);
	}
	request->failed = NULL;
	entry->request = NULL;
	wr_appender_reset(&request->output);
	wr_desk_give_back(self->desk, request);
	status = attempt_failed(self, entry, failed);
	wr_free(failed);
	return status;
}

static wr_status *take_ended(struct op_async *self)
{
	wr_status *status = NULL;

	for (struct weir_request *request = wr_desk_ended(self->desk), *next;
	     request != NULL && status == NULL; request = next) {
		next = request->next;
		status = take_end(self, request);
	}
	return status;
}

/* --- rows */

static struct entry *add_entry(struct op_async *self, struct group *group)
{
	struct entry *entry = self->free;

	if (entry != NULL)
		self->free = entry->after;
	else
		entry = wr_malloc(sizeof *entry);
	*entry = (struct entry){
	    .group = group,
	    .row = {.result = &self->input, .batch = group->batch, .row = group->next},
	    .attempts = WR_MAX(self->async->attempts, 1u) - 1,
	    .watermark_ms = wr_batch_watermark(group->batch, group->next),
	    .before = self->last,
	};
	if (self->last != NULL)
		self->last->after = entry;
	else
		self->first = entry;
	self->last = entry;
	self->in_flight++;
	group->in_flight++;
	group->next++;
	return entry;
}

/* Starts requests as long as there is room. */
static wr_status *ask_more(struct op_async *self)
{
	int64_t now_ms = self->async->timeout_ms > 0 ? wr_op_mono_ms(&self->op) : 0;
	uint32_t through = 0;
	wr_status *status = NULL;

	while (through < self->later_count && self->in_flight < self->capacity && status == NULL) {
		struct group *group = self->later[through];

		status = start(self, add_entry(self, group), now_ms);
		through += group->next == group->batch->rows;
	}
	self->later_count -= through;
	if (through > 0)
		memmove(self->later, self->later + through,
			self->later_count * sizeof *self->later);
	return status;
}

/* Does what can be done now. */
static wr_status *go_on(struct op_async *self)
{
	do {
		self->done_alone = false;
		WR_TRY(take_ended(self));
		WR_TRY(look_at_times(self));
		WR_TRY(emit_ready(self));
		WR_TRY(ask_more(self));
	} while (self->done_alone || atomic_load(&self->desk->ended_count) > 0);
	self->op.pending = self->later_count > 0;
	return NULL;
}

/* Nothing can be done before a request ends, or a time has come. */
static void rest(struct op_async *self)
{
	self->op.waiting = true;
	self->op.wait_until_us =
	    self->next_due_ms == NEVER ? INT64_MAX : (self->next_due_ms + 1) * 1000;
}

static wr_status *async_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_async *self = (struct op_async *)op;
	struct group *group = wr_calloc(1, sizeof *group);

	(void)input;
	wr_batch_compact(batch);
	group->batch = batch;
	if (self->later_count == self->later_capacity) {
		self->later_capacity = WR_MAX(8u, 2 * self->later_capacity);
		self->later = wr_realloc(self->later, self->later_capacity * sizeof *self->later);
	}
	self->later[self->later_count++] = group;
	return go_on(self);
}

static wr_status *async_resume(struct wr_op *op)
{
	struct op_async *self = (struct op_async *)op;

	WR_TRY(go_on(self));
	if (op->pending)
		rest(self);
	return NULL;
}

static wr_status *async_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_async *self = (struct op_async *)op;

	(void)mark;
	WR_ASSERT(!op->pending);
	WR_TRY(go_on(self));
	*more = self->in_flight > 0;
	if (*more)
		rest(self);
	return NULL;
}

static void async_release(struct wr_op *op)
{
	struct op_async *self = (struct op_async *)op;

	wr_desk_close(self->desk);
	for (struct entry *entry = self->first, *after; entry != NULL; entry = after) {
		after = entry->after;
		if (--entry->group->in_flight == 0 &&
		    entry->group->next == entry->group->batch->rows) /* else it is in `later` */
			group_free(entry->group);
		wr_free(entry);
	}
	for (struct entry *entry = self->free, *after; entry != NULL; entry = after) {
		after = entry->after;
		wr_free(entry);
	}
	for (uint32_t i = 0; i < self->later_count; i++)
		group_free(self->later[i]);
	wr_free(self->later);
	wr_appender_release(&self->out);
	wr_result_release(&self->input);
}

static uint64_t async_state_bytes(const struct wr_op *op)
{
	const struct op_async *self = (const struct op_async *)op;

	return (uint64_t)self->in_flight * (sizeof(struct entry) + sizeof(struct weir_request));
}

const struct wr_op_type wr_op_user_async = {
    .name = "async",
    .version = 1,
    .size = sizeof(struct op_async),
    .init = async_init,
    .process = async_process,
    .resume = async_resume,
    .on_mark = async_on_mark,
    .release = async_release,
    .state_bytes = async_state_bytes,
};
