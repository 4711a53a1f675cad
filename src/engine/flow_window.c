/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_window - windows with triggers and evictors, interval joins and asynchronous calls.
 */
#include "analyze/columns.h"
#include "base/limits.h"
#include "base/macros.h"
#include "engine/flow.h"

/* Common to the operators here: the name and the output. */
static wr_status *read_op(struct weir_flow *flow, const char *function, const char *name,
			  const char *columns, struct wr_user_op *op, const char **what)
{
	*what = wr_arena_printf(&flow->arena, "%s '%s'", function, name != NULL ? name : "");
	WR_TRY(wr_flow_name(flow, *what, name));
	op->name = wr_flow_text(flow, name);
	return wr_columns_parse(&flow->arena, columns,
				wr_arena_printf(&flow->arena, "The columns of %s", *what),
				&op->main);
}

static wr_status *missing(const char *what, const char *member)
{
	return wr_status_new(WR_USER_ERROR, "%s: `%s` is missing", what, member);
}

/* What is none of an enum's values, which are 0 to `last`. */
static wr_status *check_kind(const char *what, const char *member, int value, int last)
{
	if (value >= 0 && value <= last)
		return NULL;
	return wr_status_new(WR_USER_ERROR, "%s: %d is no %s", what, value, member);
}

/* Bounds of an interval join beyond that are the same as none: sums with times do not overflow. */
#define INTERVAL_MAX ((int64_t)1 << 53)

/* Operators by event time need a watermark. */
static wr_status *need_time(const char *what, struct weir_stream *const *inputs, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (wr_user_time_column(&inputs[i]->schema) < 0)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "%s works by event time, but %s has no rowtime column",
					  what,
					  count == 1 ? "its stream"
					  : i == 0   ? "the first stream"
						     : "the second stream"),
			    "Declare WATERMARK FOR on the table, and keep the column, of the same "
			    "name and type, in the columns of functions before");
	return NULL;
}

/* --- windows --- */

/* Windows of a row by WEIR_SLIDING at most: more than anybody waits for. */
#define SLIDES_MAX 1000000

/* The assigner's numbers. */
static wr_status *check_assigner(const char *what, const struct weir_window *window)
{
	const char *wrong = NULL;

	if (window->assigner != WEIR_COUNT)
		WR_TRY(check_kind(what, "enum weir_time", (int)window->time, WEIR_PROCESSING_TIME));
	switch (window->assigner) {
	case WEIR_TUMBLING: wrong = window->size_ms <= 0 ? "size_ms" : NULL; break;
	case WEIR_SLIDING:
		wrong = window->size_ms <= 0    ? "size_ms"
			: window->slide_ms <= 0 ? "slide_ms"
						: NULL;
		break;
	case WEIR_SESSION:
		wrong = window->gap == NULL && window->gap_ms <= 0 ? "gap_ms" : NULL;
		break;
	case WEIR_COUNT: wrong = window->count == 0 ? "count" : NULL; break;
	case WEIR_ASSIGN:
		if (window->assign == NULL)
			return missing(what, "assign");
		break;
	case WEIR_GLOBAL:
		if (window->trigger == NULL || window->trigger->kind == WEIR_TRIGGER_DEFAULT)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "%s: a global window never ends, so it needs a trigger",
					  what),
			    "Give one, WEIR_TRIGGER_COUNT for example");
		break;
	default:
		return wr_status_new(WR_USER_ERROR, "%s: %d is no assigner", what,
				     (int)window->assigner);
	}
	if (wrong != NULL)
		return wr_status_new(WR_USER_ERROR, "%s: `%s` must be more than 0", what, wrong);
	if (window->assigner == WEIR_SLIDING && window->size_ms / window->slide_ms > SLIDES_MAX)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "%s: each row would belong to %lld windows", what,
				  (long long)(window->size_ms / window->slide_ms)),
		    "Make size_ms shorter or slide_ms longer");
	return NULL;
}

/* Either an accumulator or all rows. */
static wr_status *check_functions(const char *what, const struct weir_window *window)
{
	if (window->accumulate == NULL && window->process == NULL)
		return missing(what, "process` or `accumulate");
	if (window->accumulate == NULL)
		return NULL;
	if (window->process != NULL)
		return wr_status_new(WR_USER_ERROR,
				     "%s has both `accumulate` and `process`: it keeps an "
				     "accumulator or all rows",
				     what);
	if (window->result == NULL)
		return missing(what, "result");
	if (window->assigner == WEIR_SESSION && window->merge == NULL)
		return missing(what, "merge");
	if (window->evictor != NULL && window->evictor->kind != WEIR_EVICT_NONE)
		return wr_status_new(WR_USER_ERROR,
				     "%s has an evictor, which needs the rows: `process` in place "
				     "of `accumulate`",
				     what);
	return NULL;
}

static wr_status *read_trigger(struct weir_flow *flow, const char *what, struct wr_user_op *op)
{
	struct weir_trigger *trigger;

	if (op->u.window.trigger == NULL)
		return NULL;
	trigger = WR_NEW(&flow->arena, struct weir_trigger);
	WR_TRY(wr_flow_copy(trigger, sizeof *trigger, op->u.window.trigger,
			    wr_arena_printf(&flow->arena, "%s, its trigger", what)));
	op->u.window.trigger = trigger;
	WR_TRY(check_kind(what, "enum weir_trigger_kind", (int)trigger->kind, WEIR_TRIGGER_OWN));
	if (trigger->kind == WEIR_TRIGGER_EVERY)
		WR_TRY(
		    check_kind(what, "enum weir_time", (int)trigger->time, WEIR_PROCESSING_TIME));
	if (trigger->kind == WEIR_TRIGGER_OWN && trigger->element == NULL)
		return wr_status_new(WR_USER_ERROR, "%s: `element` of the trigger is missing",
				     what);
	if (trigger->kind == WEIR_TRIGGER_COUNT && trigger->count == 0)
		return wr_status_new(WR_USER_ERROR,
				     "%s: `count` of the trigger must be more than 0", what);
	if (trigger->kind == WEIR_TRIGGER_EVERY && trigger->every_ms <= 0)
		return wr_status_new(WR_USER_ERROR,
				     "%s: `every_ms` of the trigger must be more than 0", what);
	if (trigger->kind == WEIR_TRIGGER_OWN)
		WR_TRY(wr_flow_states(flow, what, trigger->state, trigger->state_count, op));
	trigger->state = NULL; /* they are in op */
	return NULL;
}

static wr_status *read_evictor(struct weir_flow *flow, const char *what, struct wr_user_op *op)
{
	struct weir_evictor *evictor;

	if (op->u.window.evictor == NULL)
		return NULL;
	evictor = WR_NEW(&flow->arena, struct weir_evictor);
	WR_TRY(wr_flow_copy(evictor, sizeof *evictor, op->u.window.evictor,
			    wr_arena_printf(&flow->arena, "%s, its evictor", what)));
	op->u.window.evictor = evictor;
	WR_TRY(check_kind(what, "enum weir_evictor_kind", (int)evictor->kind, WEIR_EVICT_OWN));
	if (evictor->kind == WEIR_EVICT_OWN && evictor->evict == NULL)
		return wr_status_new(WR_USER_ERROR, "%s: `evict` of the evictor is missing", what);
	return NULL;
}

/* One state more: wr_flow_states has left room for it. */
static wr_status *read_accumulator(struct weir_flow *flow, const char *what, struct wr_user_op *op)
{
	const struct weir_window *window = &op->u.window;
	struct wr_user_state *state = &op->state[op->state_count++];

	state->given =
	    (struct weir_state){.size = sizeof state->given,
				.name = "accumulator",
				.kind = WEIR_VALUE,
				.columns = wr_flow_text(flow, window->accumulator_columns),
				.value_size = window->accumulator_size};
	return wr_layout_parse(&flow->arena, window->accumulator_columns,
			       wr_arena_printf(&flow->arena, "The accumulator_columns of %s", what),
			       window->accumulator_size, true, &state->value);
}

/* Whether the operator looks at event time: only then can rows be late. */
static bool by_event_time(const struct weir_window *window)
{
	bool timed = window->assigner != WEIR_GLOBAL && window->assigner != WEIR_COUNT;
	const struct weir_trigger *trigger = window->trigger;

	if (trigger != NULL && trigger->kind == WEIR_TRIGGER_EVENT_TIME)
		return true;
	return timed && window->time == WEIR_EVENT_TIME;
}

static wr_status *read_window(struct weir_flow *flow, const struct weir_window *given,
			      struct wr_user_op *op, struct weir_stream *const *inputs)
{
	struct weir_window *window = &op->u.window;
	const char *what;

	WR_TRY(wr_flow_copy(window, sizeof *window, given, "weir_window"));
	WR_TRY(read_op(flow, "weir_window", window->name, window->columns, op, &what));
	window->name = op->name;
	window->columns = NULL;
	if (inputs[0]->key_count == 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "%s: its stream has no key", what),
		    "Cut the stream with weir_key_by");
	WR_TRY(check_assigner(what, window));
	WR_TRY(check_functions(what, window));
	if (window->allowed_lateness_ms < 0)
		return wr_status_new(WR_USER_ERROR, "%s: allowed_lateness_ms is negative", what);
	WR_TRY(wr_flow_states(flow, what, NULL, 0, op));
	WR_TRY(read_trigger(flow, what, op));
	WR_TRY(read_evictor(flow, what, op));
	if (window->accumulate != NULL)
		WR_TRY(read_accumulator(flow, what, op));
	window->accumulator_columns = NULL;
	return by_event_time(window) ? need_time(what, inputs, 1) : NULL;
}

WR_PUBLIC struct weir_stream *weir_window(struct weir_stream *keyed,
					  const struct weir_window *window)
{
	struct weir_flow *flow;
	struct wr_user_op *op;
	wr_status *status;

	if (keyed == NULL)
		return NULL;
	flow = keyed->flow;
	if (!wr_flow_inputs(flow, "weir_window", &keyed, 1))
		return &flow->bad;
	op = WR_NEW(&flow->arena, struct wr_user_op);
	op->kind = WR_U_WINDOW;
	status = read_window(flow, window, op, &keyed);
	if (status != NULL)
		return wr_flow_mistake(flow, status);
	if (by_event_time(&op->u.window)) {
		op->side = WR_NEW_ARRAY(&flow->arena, struct wr_schema, 1);
		op->side_name = WR_NEW_ARRAY(&flow->arena, const char *, 1);
		op->side[0] = keyed->schema;
		op->side_name[0] = "late";
	}
	return wr_flow_add_op(flow, op, &keyed, 1);
}

/* --- interval joins --- */

static wr_status *check_keys(const char *what, struct weir_stream *const *inputs)
{
	for (uint32_t i = 0; i < 2; i++)
		if (inputs[i]->key_count == 0 || inputs[i]->key_count != inputs[0]->key_count)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "%s: the streams are keyed by %u and %u columns", what,
					  inputs[0]->key_count, inputs[1]->key_count),
			    "Key both by as many columns with weir_key_by");
	for (uint32_t k = 0; k < inputs[0]->key_count; k++)
		if (!wr_type_equal(inputs[0]->schema.field[inputs[0]->key[k]].type,
				   inputs[1]->schema.field[inputs[1]->key[k]].type, false))
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "%s: key `%s` and key `%s` are not of one type", what,
					  inputs[0]->schema.field[inputs[0]->key[k]].name,
					  inputs[1]->schema.field[inputs[1]->key[k]].name),
			    "Cast one of them, in a query or with weir_map");
	return NULL;
}

WR_PUBLIC struct weir_stream *
weir_interval_join(struct weir_stream *left, struct weir_stream *right, const char *name,
		   const char *columns, int64_t lower_ms, int64_t upper_ms,
		   int (*join)(void *user, const struct weir_row *left,
			       const struct weir_row *right, struct weir_appender *out),
		   void *user)
{
	struct weir_stream *const inputs[] = {left, right};
	struct weir_flow *flow;
	struct wr_user_op *op;
	wr_status *status;
	const char *what;

	if (left == NULL)
		return NULL;
	flow = left->flow;
	if (!wr_flow_inputs(flow, "weir_interval_join", inputs, 2))
		return &flow->bad;
	op = WR_NEW(&flow->arena, struct wr_user_op);
	op->kind = WR_U_INTERVAL_JOIN;
	op->second = true;
	op->u.interval.lower_ms = WR_MIN(WR_MAX(lower_ms, -INTERVAL_MAX), INTERVAL_MAX);
	op->u.interval.upper_ms = WR_MIN(WR_MAX(upper_ms, -INTERVAL_MAX), INTERVAL_MAX);
	op->u.interval.join = join;
	op->u.interval.user = user;
	status = read_op(flow, "weir_interval_join", name, columns, op, &what);
	if (status == NULL && join == NULL)
		status = missing(what, "join");
	if (status == NULL && lower_ms > upper_ms)
		status = wr_status_new(WR_USER_ERROR, "%s: lower_ms is more than upper_ms", what);
	if (status == NULL)
		status = check_keys(what, inputs);
	if (status == NULL)
		status = need_time(what, inputs, 2);
	if (status != NULL)
		return wr_flow_mistake(flow, status);
	return wr_flow_add_op(flow, op, inputs, 2);
}

/* --- asynchronous calls --- */

WR_PUBLIC struct weir_stream *weir_async(struct weir_stream *stream, const struct weir_async *async)
{
	struct weir_async *copy;
	struct weir_flow *flow;
	struct wr_user_op *op;
	wr_status *status;
	const char *what = "weir_async";

	if (stream == NULL)
		return NULL;
	flow = stream->flow;
	if (!wr_flow_inputs(flow, what, &stream, 1))
		return &flow->bad;
	op = WR_NEW(&flow->arena, struct wr_user_op);
	op->kind = WR_U_ASYNC;
	copy = &op->u.async;
	status = wr_flow_copy(copy, sizeof *copy, async, what);
	if (status == NULL)
		status = read_op(flow, "weir_async", copy->name, copy->columns, op, &what);
	if (status == NULL && copy->start == NULL)
		status = missing(what, "start");
	if (status == NULL && (copy->timeout_ms < 0 || copy->retry_ms < 0))
		status = wr_status_new(WR_USER_ERROR, "%s: %s is negative", what,
				       copy->timeout_ms < 0 ? "timeout_ms" : "retry_ms");
	if (status == NULL && copy->capacity > WR_ASYNC_CAPACITY_MAX)
		status = wr_status_new(WR_USER_ERROR, "%s: `capacity` is more than %u", what,
				       WR_ASYNC_CAPACITY_MAX);
	if (status != NULL)
		return wr_flow_mistake(flow, status);
	copy->name = op->name;
	copy->columns = NULL;
	return wr_flow_add_op(flow, op, &stream, 1);
}
