/* SPDX-License-Identifier: Apache-2.0
 *
 * task - see task.h.
 */
#include "runtime/task.h"

#include "base/env.h"
#include "base/mem.h"
#include "runtime/job_inner.h"

/* Units that take less than this are taken by the clock by sample: reading it would be much of
 * them. */
#define SHORT_UNIT_US  32
#define SAMPLED_ONE_IN 32 /* of the short units */

static wr_status *step_feed(struct wr_task *task, struct wr_task_step *step,
			    struct wr_batch *batch);

/* Emits to the steps below: the last one gets the batch itself, the others share its columns. */
static wr_status *task_fan(struct wr_task *task, const uint32_t *child, uint32_t child_count,
			   struct wr_batch *batch)
{
	if (wr_batch_count(batch) == 0 || child_count == 0) {
		wr_batch_free(batch);
		return NULL;
	}
	for (uint32_t i = 0; i + 1 < child_count; i++) {
		wr_status *status = step_feed(task, &task->step[child[i]], wr_batch_share(batch));

		if (status != NULL) {
			wr_batch_free(batch);
			return status;
		}
	}
	return step_feed(task, &task->step[child[child_count - 1]], batch);
}

/* What a parent's wr_out points at: the task and the children. */
struct fan {
	struct wr_task *task;
	int32_t parent; /* step, or WR_PARENT_* */
	uint32_t count;
	uint32_t *child;
};

static wr_status *emit_fan(struct wr_out *out, struct wr_batch *batch)
{
	struct fan *fan = out->target;

	wr_count(&out->rows, wr_batch_count(batch));
	if (wr_watch_is_on(&fan->task->job->watch))
		wr_watch_out(fan->task, fan->parent, batch);
	return task_fan(fan->task, fan->child, fan->count, batch);
}

/* A call of a step, on the step's own time. */
struct span {
	int64_t *caller_us; /* who had the time before */
	int64_t before_us;  /* of the step when it began */
};

static struct span span_begin(struct wr_task *task, struct wr_task_step *step)
{
	int64_t *caller_us = wr_step_clock_switch(&task->clock, &step->busy_us);

	return (struct span){caller_us, step->busy_us};
}

static void span_end(struct wr_task *task, struct wr_task_step *step, const struct span *span)
{
	uint32_t weight = task->clock.weight;

	if (weight == 0)
		return;
	(void)wr_step_clock_switch(&task->clock, span->caller_us);
	wr_histogram_add(step->took, (uint64_t)(step->busy_us - span->before_us) / weight, weight);
}

/* The operator makes other rows of these: a span of its own, until the end of the epoch, is linked
 * to those that are traced. */
static void take_traced(struct wr_task *task, struct wr_task_step *step, struct wr_batch *batch)
{
	const struct wr_job_options *options = &task->job->options;
	struct wr_text name = {0};

	if (step->takes.tracer == NULL) {
		wr_text_printf(&name, "take in %s", step->op->type->name);
		wr_trace_begin(&step->takes, options->tracer, wr_text_str(&name), WR_TRACE_INTERNAL,
			       NULL);
		wr_text_release(&name);
		wr_trace_text(&step->takes, "weir.job.name", task->job->hosts.job);
		wr_trace_int(&step->takes, "weir.operator", step->op->node->id);
		wr_trace_int(&step->takes, "weir.subtask", task->worker);
		wr_trace_int(&step->takes, "weir.epoch", (int64_t)task->epoch);
		wr_trace_link(&step->takes, &options->trace);
	}
	wr_traced_link(batch->traced, &step->takes);
	wr_traced_free(batch->traced);
	batch->traced = NULL;
}

/* Gives a batch to the operator of a step. */
static wr_status *step_process(struct wr_task *task, struct wr_task_step *step, uint32_t input,
			       struct wr_batch *batch)
{
	struct span span;
	wr_status *status;

	wr_count(&step->op->rows_in, wr_batch_count(batch));
	wr_count(&step->batches, 1);
	step->op->input = input;
	if (wr_watch_is_on(&task->job->watch))
		wr_watch_in(task, step, batch);
	if (WR_UNLIKELY(batch->traced != NULL) && !step->op->type->keeps_rows)
		take_traced(task, step, batch);
	span = span_begin(task, step);
	status = step->op->type->process(step->op, input, batch);
	span_end(task, step, &span);
	return status;
}

static wr_status *step_feed(struct wr_task *task, struct wr_task_step *step, struct wr_batch *batch)
{
	if (step->plan->kind == WR_STEP_SEND) {
		wr_sender_batch(&step->sender, batch);
		return NULL;
	}
	return step_process(task, step, step->plan->parent_input, batch);
}

/* Wires an output to the steps whose parent is `parent`. Leaves emit NULL when there are none and
 * `optional`. */
static void task_wire(struct wr_task *task, struct wr_out *out, int32_t parent, bool optional)
{
	struct fan *fan = wr_calloc(1, sizeof *fan);

	fan->task = task;
	fan->parent = parent;
	fan->child = wr_calloc(task->stage->step_count + 1, sizeof *fan->child);
	for (uint32_t i = 0; i < task->stage->step_count; i++)
		if (task->stage->step[i].parent == parent)
			fan->child[fan->count++] = i;
	*out = (struct wr_out){.emit = emit_fan, .target = fan};
	if (fan->count == 0 && optional)
		out->emit = NULL;
}

static void task_unwire(struct wr_out *out)
{
	struct fan *fan = out->target;

	if (fan != NULL)
		wr_free(fan->child);
	wr_free(fan);
	out->target = NULL;
}

static wr_status *task_make_step(struct wr_task *task, uint32_t index)
{
	struct wr_task_step *step = &task->step[index];

	step->plan = &task->stage->step[index];
	step->next_ms = INT64_MAX;
	step->watermark_ms = WR_WATERMARK_MIN;
	if (step->plan->kind != WR_STEP_SEND)
		step->took = wr_calloc(1, sizeof *step->took);
	switch (step->plan->kind) {
	case WR_STEP_SEND:
		wr_sender_init(&step->sender, step->plan->edge, task->worker);
		return NULL;
	case WR_STEP_OP: return wr_op_new(step->plan->node, &task->env, &step->op);
	default: break;
	}
	if (task->job->graph.options.dry)
		return NULL;
	switch (step->plan->kind) {
	case WR_STEP_ENCODE: return wr_sink_encode_new(step->plan->sink, &task->env, &step->op);
	case WR_STEP_WRITE:
		step->plan->sink->host.task = task;
		return wr_sink_write_new(step->plan->sink, &task->job->options.collect, &task->env,
					 &step->op);
	default: return NULL;
	}
}

/* Wakes the worker that runs the operators of `env`. */
static void task_wake(const struct wr_op_env *env)
{
	struct wr_task *task = env->job;
	const struct wr_wakeup *wakeup = &task->job->graph.options.wakeup;

	wakeup->wake(wakeup->user, task->worker);
}

/* What the operators are told; a table that is looked up in has a host. */
static void task_env(struct wr_task *task)
{
	const struct wr_job_options *options = &task->job->options;

	task->env = (struct wr_op_env){
	    .worker = task->stage->single ? 0 : task->worker,
	    .workers = task->stage->single ? 1 : options->workers,
	    .batch_rows_max = options->batch_rows_max,
	    .max_parallelism = options->max_parallelism,
	    .env = options->env,
	    .zone_id = options->zone_id,
	    .backend = options->backend,
	    .track = options->checkpoint.on,
	    .row_error = wr_side_row_error,
	    .late = wr_side_late,
	    .host = wr_host_none(),
	    .wake = task_wake,
	    .job = task,
	};
	for (uint32_t i = 0; i < task->stage->step_count; i++) {
		const struct wr_node *node = task->stage->step[i].node;

		if (node == NULL || node->kind != WR_N_LOOKUP_JOIN || task->host.ready)
			continue;
		wr_table_host_init(&task->host, task->job->graph.options.hosts,
				   node->input[1]->u.scan.table->name, NULL);
		task->env.host = &task->host.host;
	}
}

wr_status *wr_task_init(struct wr_task *task, const struct wr_stage *stage, struct wr_job *job,
			uint32_t worker)
{
	*task = (struct wr_task){
	    .stage = stage, .job = job, .worker = worker, .watermark_ms = WR_WATERMARK_MIN};
	atomic_store(&task->watermark_seen, WR_WATERMARK_MIN);
	task_env(task);
	task->clock.env = job->options.env;
	task->dice = worker + 1;
	if (stage->source != NULL)
		task->took = wr_calloc(1, sizeof *task->took);
	task->step = wr_calloc(stage->step_count + 1, sizeof *task->step);
	for (uint32_t i = 0; i < stage->step_count; i++)
		WR_TRY(task_make_step(task, i));
	for (uint32_t i = 0; i < stage->step_count; i++) {
		if (task->step[i].op != NULL)
			task_wire(task, &task->step[i].op->out, (int32_t)i, false);
		if (stage->step[i].kind == WR_STEP_SEND && stage->step[i].parent >= 0 &&
		    stage->step[stage->step[i].parent].kind == WR_STEP_ENCODE &&
		    task->step[stage->step[i].parent].op != NULL)
			wr_sink_encode_to(task->step[stage->step[i].parent].op,
					  &task->step[i].sender);
	}
	task_wire(task, &task->head, WR_PARENT_HEAD, false);
	task_wire(task, &task->late, WR_PARENT_LATE, true);
	task_wire(task, &task->dead, WR_PARENT_DEAD, true);
	if (stage->source != NULL && stage->source->source != NULL) {
		struct wr_source_sink sink = {.bad = wr_side_bad_record, .user = task};

		return wr_source_task_init(&task->source, stage->source, &task->env, sink);
	}
	task->receiver = wr_calloc(stage->input_count + 1, sizeof *task->receiver);
	for (uint32_t i = 0; i < stage->input_count; i++)
		wr_receiver_init(&task->receiver[i], stage->input[i].edge, worker);
	return NULL;
}

void wr_task_release(struct wr_task *task)
{
	for (uint32_t i = 0; task->step != NULL && i < task->stage->step_count; i++) {
		struct wr_task_step *step = &task->step[i];

		if (step->plan != NULL && step->plan->kind == WR_STEP_WRITE)
			step->plan->sink->host.task = NULL;
		if (step->op != NULL) {
			task_unwire(&step->op->out);
			wr_op_free(step->op);
		}
		if (step->sender.edge != NULL)
			wr_sender_release(&step->sender);
		wr_free(step->took);
		wr_trace_end(&step->takes);
	}
	task_unwire(&task->head);
	task_unwire(&task->late);
	task_unwire(&task->dead);
	wr_source_task_release(&task->source);
	for (uint32_t i = 0; task->receiver != NULL && i < task->stage->input_count; i++)
		wr_receiver_release(&task->receiver[i]);
	wr_table_host_release(&task->host);
	wr_free(task->receiver);
	wr_free(task->took);
	wr_free(task->step);
	task->step = NULL;
	task->receiver = NULL;
}

static void task_set_epoch(struct wr_task *task, uint64_t epoch)
{
	task->epoch = epoch;
	for (uint32_t i = 0; i < task->stage->step_count; i++)
		if (task->step[i].plan->kind == WR_STEP_SEND)
			task->step[i].sender.epoch = epoch;
}

void wr_task_restore(struct wr_task *task, uint64_t epoch, bool finished)
{
	WR_ASSERT(task->epoch == 0 && !task->in_mark);
	task_set_epoch(task, epoch + 1);
	task->finished = finished;
	task->watermark_ms = finished ? WR_WATERMARK_MAX : WR_WATERMARK_MIN;
	atomic_store(&task->watermark_seen, task->watermark_ms);
	for (uint32_t i = 0; i < task->stage->input_count; i++)
		task->receiver[i].epoch = epoch + 1;
}

static bool task_drain(struct wr_task *task)
{
	bool empty = true;

	for (uint32_t i = 0; i < task->stage->step_count; i++)
		if (task->step[i].plan->kind == WR_STEP_SEND)
			empty = wr_sender_drain(&task->step[i].sender) && empty;
	return empty;
}

/* Starts a mark on its way through the steps. */
static void task_begin_mark(struct wr_task *task, const struct wr_mark *mark)
{
	WR_ASSERT(!task->in_mark);
	task->in_mark = true;
	task->mark = *mark;
	task->mark_step = 0;
	task->watermark_ms = WR_MAX(task->watermark_ms, mark->watermark_ms);
	task->mark.watermark_ms = task->watermark_ms;
	atomic_store_explicit(&task->watermark_seen, task->watermark_ms, memory_order_relaxed);
}

/* The mark as a step sees it: with the watermark that the step above lets through. */
static struct wr_mark task_mark_for(const struct wr_task *task, const struct wr_task_step *step)
{
	struct wr_mark mark = task->mark;

	if (step->plan->parent >= 0)
		mark.watermark_ms = task->step[step->plan->parent].watermark_ms;
	return mark;
}

/* What the steps below get of a watermark. */
static int64_t step_watermark(const struct wr_task_step *step, int64_t watermark_ms)
{
	if (step->op == NULL || step->op->hold_ms == 0 || watermark_ms == WR_WATERMARK_MIN ||
	    watermark_ms == WR_WATERMARK_MAX)
		return watermark_ms;
	return watermark_ms - step->op->hold_ms;
}

/* Whether the step is to see the mark. In batch mode operators see only the end of the input, and
 * not even that of a job that was cancelled: what they have is no result. */
static bool task_shows_mark(const struct wr_task *task, const struct wr_task_step *step)
{
	if (step->op->type->on_mark == NULL)
		return false;
	if (!task->job->options.batch || step->plan->kind != WR_STEP_OP)
		return true;
	return (task->mark.flags & WR_MARK_END) && !wr_job_cancelled(task->job);
}

/* Shows the mark to the next step. */
static wr_status *task_mark_unit(struct wr_task *task, bool *waits)
{
	struct wr_task_step *step;
	struct wr_mark mark;

	if (task->mark_step == task->stage->step_count) {
		task->in_mark = false;
		if (task->mark.flags & WR_MARK_END)
			task->finished = true;
		return NULL;
	}
	step = &task->step[task->mark_step];
	mark = task_mark_for(task, step);
	if (step->plan->kind == WR_STEP_SEND) {
		wr_sender_mark(&step->sender, &mark);
	} else if (task_shows_mark(task, step)) {
		struct span span = span_begin(task, step);
		bool more = false;
		wr_status *status;

		step->op->waiting = false;
		status = step->op->type->on_mark(step->op, &mark, &more);
		span_end(task, step, &span);
		WR_TRY(status);
		*waits = more && step->op->waiting;
		if (more)
			return NULL;
		step->op->waiting = false;
	}
	wr_note(&step->watermark_ms, step_watermark(step, mark.watermark_ms));
	wr_trace_end(&step->takes);
	if (task->job->checkpoint != NULL)
		wr_part_step(task, task->mark_step);
	if (step->op != NULL && (!task->job->options.batch || (mark.flags & WR_MARK_END)))
		WR_TRY(wr_budget_step(&task->job->worker[task->worker].budget, step->op));
	task->mark_step++;
	return NULL;
}

static wr_status *task_run_source(struct wr_task *task, bool *worked)
{
	struct wr_batch *batch = NULL;
	struct wr_mark mark;
	wr_status *status;
	enum wr_source_step result;

	if (task->source.state != WR_SOURCE_CLAIM)
		task_set_epoch(task, task->source.epoch);
	status = wr_source_task_step(&task->source, &result, &batch, &mark);
	if (status != NULL) {
		wr_batch_free(batch);
		return status;
	}
	atomic_store_explicit(&task->rows_source, task->source.rows, memory_order_relaxed);
	*worked = result != WR_STEP_NOTHING;
	switch (result) {
	case WR_STEP_BATCH: return task->head.emit(&task->head, batch);
	case WR_STEP_MARK: task_begin_mark(task, &mark); return NULL;
	case WR_STEP_DONE: task->finished = true; return NULL;
	default: return NULL;
	}
}

/* All edges have delivered the epoch: their marks become one. */
static void task_finish_epoch(struct wr_task *task)
{
	struct wr_mark mark = {
	    .epoch = task->epoch, .watermark_ms = WR_WATERMARK_MAX, .flags = WR_MARK_END};
	bool idle = true;

	for (uint32_t i = 0; i < task->stage->input_count; i++) {
		const struct wr_receiver *receiver = &task->receiver[i];

		if (!receiver->ended)
			mark.flags &= ~(uint32_t)WR_MARK_END;
		if ((receiver->mark.flags & WR_MARK_IDLE) && !receiver->ended)
			continue;
		idle = idle && receiver->ended;
		mark.watermark_ms = WR_MIN(mark.watermark_ms, receiver->mark.watermark_ms);
	}
	for (uint32_t i = 0; i < task->stage->input_count; i++) {
		struct wr_receiver *receiver = &task->receiver[i];

		mark.born_us = wr_born_first(mark.born_us, receiver->mark.born_us);
		wr_note(&receiver->seen_ms, receiver->mark.watermark_ms);
		wr_note(&receiver->seen_idle, receiver->ended                       ? 2
					      : receiver->mark.flags & WR_MARK_IDLE ? 1
										    : 0);
	}
	if (!(mark.flags & WR_MARK_END) && idle) {
		mark.flags |= WR_MARK_IDLE;
		mark.watermark_ms = task->watermark_ms; /* nobody speaks: stay */
	}
	task_begin_mark(task, &mark);
	for (uint32_t i = 0; i < task->stage->input_count; i++)
		wr_receiver_advance(&task->receiver[i]);
	task->input = 0;
}

static wr_status *task_take(struct wr_task *task, struct wr_message *message, uint32_t input)
{
	struct wr_batch *batch = message->batch;
	struct wr_chunk *chunk = message->chunk;
	struct wr_task_step *head = &task->step[0];

	wr_free(message);
	if (chunk != NULL) {
		struct span span = span_begin(task, head);
		wr_status *status;

		wr_count(&head->batches, 1);
		status = wr_sink_write_chunk(head->op, chunk);
		span_end(task, head, &span);
		return status;
	}
	return step_process(task, head, input, batch);
}

static wr_status *task_run_inputs(struct wr_task *task, bool *worked)
{
	while (task->input < task->stage->input_count) {
		struct wr_receiver *receiver = &task->receiver[task->input];
		struct wr_message *message = wr_receiver_next(receiver);

		if (message != NULL) {
			*worked = true;
			return task_take(task, message, task->stage->input[task->input].input);
		}
		if (!receiver->done && !receiver->ended) {
			for (uint32_t i = task->input + 1; i < task->stage->input_count; i++)
				wr_receiver_stash(&task->receiver[i]);
			return wr_sink_idle(task->step[0].op);
		}
		task->input++;
		*worked = true;
	}
	task_finish_epoch(task);
	*worked = true;
	return NULL;
}

/* The step that has more to emit for what it was given, the one furthest down; NULL: none. */
static struct wr_task_step *task_pending(struct wr_task *task)
{
	for (uint32_t i = task->stage->step_count; i-- > 0;)
		if (task->step[i].op != NULL && task->step[i].op->pending)
			return &task->step[i];
	return NULL;
}

static wr_status *step_resume(struct wr_task *task, struct wr_task_step *step)
{
	struct span span = span_begin(task, step);
	wr_status *status;

	step->op->waiting = false;
	status = step->op->type->resume(step->op);
	span_end(task, step, &span);
	return status;
}

/* The step that waits for the outside world; NULL: none. What is above it waits with it. */
static const struct wr_task_step *task_waiting(const struct wr_task *task)
{
	for (uint32_t i = 0; i < task->stage->step_count; i++) {
		const struct wr_op *op = task->step[i].op;

		if (op != NULL && op->waiting &&
		    (op->pending || (task->in_mark && task->mark_step == i)))
			return &task->step[i];
	}
	return NULL;
}

/* Nobody waits in a job that is cancelled: it ends in the middle. */
static void task_leave(struct wr_task *task)
{
	if (wr_job_cancelled(task->job))
		wr_job_leave(task->job);
}

/* One unit; the task's senders have drained. */
static wr_status *task_unit(struct wr_task *task, bool *worked)
{
	struct wr_task_step *pending = task_pending(task);

	if (pending != NULL) {
		wr_status *status = step_resume(task, pending);

		*worked = !(pending->op->pending && pending->op->waiting);
		if (!*worked)
			task_leave(task);
		return status;
	}
	if (task->in_mark) {
		bool waits = false;
		wr_status *status = task_mark_unit(task, &waits);

		*worked = !waits;
		if (waits)
			task_leave(task);
		if (status == NULL && !task->in_mark)
			task_set_epoch(task, task->epoch + 1);
		return status;
	}
	if (task->stage->source != NULL)
		return task_run_source(task, worked);
	if (task->stage->input_count == 0) { /* constant rows: one epoch, the last */
		struct wr_mark mark = {.watermark_ms = WR_WATERMARK_MAX, .flags = WR_MARK_END};

		task_begin_mark(task, &mark);
		*worked = true;
		return NULL;
	}
	return task_run_inputs(task, worked);
}

/* How often the time of the next unit counts: once where units are long, else a sample stands for
 * those between. Chance picks it, for units have a rhythm. */
static uint32_t unit_weight(struct wr_task *task)
{
	if (task->job->options.measure || task->unit_us >= SHORT_UNIT_US * 8)
		return 1;
	task->dice = task->dice * 1664525 + 1013904223;
	return (task->dice >> 8) % SAMPLED_ONE_IN == 0 ? SAMPLED_ONE_IN : 0;
}

wr_status *wr_task_run(struct wr_task *task, bool *worked)
{
	int64_t before_us;
	wr_status *status;

	*worked = false;
	task->blocked = !task_drain(task);
	if (task->blocked || (task->finished && !task->in_mark))
		return NULL;
	task->clock.weight = unit_weight(task);
	before_us = task->head_us;
	(void)wr_step_clock_switch(&task->clock, &task->head_us);
	status = task_unit(task, worked);
	(void)wr_step_clock_switch(&task->clock, NULL);
	if (task->clock.weight > 0 && task->took != NULL && *worked)
		wr_histogram_add(task->took,
				 (uint64_t)(task->head_us - before_us) / task->clock.weight,
				 task->clock.weight);
	return status;
}

int64_t wr_task_wait_until(struct wr_task *task, int64_t now_us)
{
	const struct wr_task_step *waiting = task_waiting(task);
	int64_t until = INT64_MAX;

	if (waiting != NULL)
		return waiting->op->wait_until_us;
	if (task->finished || task->stage->source == NULL)
		return until;
	(void)wr_source_task_ready(&task->source, now_us, &until);
	return until;
}
