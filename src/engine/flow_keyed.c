/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_keyed - process functions over one stream or two, their states and further outputs.
 */
#include "analyze/columns.h"
#include "engine/flow.h"

/* --- states --- */

/* The structs of one state. */
static wr_status *state_layout(struct weir_flow *flow, const char *what,
			       struct wr_user_state *state)
{
	const struct weir_state *given = &state->given;
	struct wr_arena *arena = &flow->arena;

	WR_TRY(wr_layout_parse(arena, given->columns,
			       wr_arena_printf(arena, "The columns of %s", what), given->value_size,
			       true, &state->value));
	if (given->kind != WEIR_MAP)
		return NULL;
	return wr_layout_parse(arena, given->key_columns,
			       wr_arena_printf(arena, "The key_columns of %s", what),
			       given->key_size, true, &state->key);
}

/* What does not fit the kind of the state. */
static wr_status *state_check(const char *what, const struct weir_state *given)
{
	bool reduces = given->kind == WEIR_REDUCING || given->kind == WEIR_AGGREGATING;

	if (given->kind > WEIR_AGGREGATING)
		return wr_status_new(WR_USER_ERROR, "%s: %d is no kind of state", what,
				     (int)given->kind);
	if (reduces && given->reduce == NULL)
		return wr_status_new(WR_USER_ERROR, "%s: a %s state needs `reduce`", what,
				     given->kind == WEIR_REDUCING ? "REDUCING" : "AGGREGATING");
	if (given->ttl_ms < 0)
		return wr_status_new(WR_USER_ERROR, "%s: ttl_ms is negative", what);
	if (given->broadcast && given->kind != WEIR_MAP)
		return wr_status_new(WR_USER_ERROR, "%s: a state of the broadcast input is a MAP",
				     what);
	return NULL;
}

/* Elements of the array are as long as the first one says: it may be of another version. */
wr_status *wr_flow_states(struct weir_flow *flow, const char *what, const struct weir_state *given,
			  uint32_t count, struct wr_user_op *op)
{
	const char *at = (const char *)given;

	op->state_count = count;
	op->state = WR_NEW_ARRAY(&flow->arena, struct wr_user_state, count + 1);
	if (count > 0 && given == NULL)
		return wr_status_new(WR_USER_ERROR, "%s: `state` is missing", what);
	for (uint32_t i = 0; i < count; i++) {
		struct wr_user_state *state = &op->state[i];
		const char *of;

		WR_TRY(wr_flow_copy(&state->given, sizeof state->given, at,
				    wr_arena_printf(&flow->arena, "%s, state %u", what, i)));
		at += ((const struct weir_state *)given)->size;
		if (state->given.name == NULL || *state->given.name == '\0')
			return wr_status_new(WR_USER_ERROR, "%s: state %u has no name", what, i);
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(op->state[k].given.name, state->given.name) == 0)
				return wr_status_new(WR_USER_ERROR,
						     "%s has two states of the name '%s'", what,
						     state->given.name);
		state->given.name = wr_flow_text(flow, state->given.name);
		state->given.columns = wr_flow_text(flow, state->given.columns);
		state->given.key_columns = wr_flow_text(flow, state->given.key_columns);
		of = wr_arena_printf(&flow->arena, "state '%s' of %s", state->given.name, what);
		WR_TRY(state_check(of, &state->given));
		WR_TRY(state_layout(flow, of, state));
	}
	return NULL;
}

/* --- outputs --- */

static wr_status *read_sides(struct weir_flow *flow, const char *what,
			     const struct weir_process *process, struct wr_user_op *op)
{
	struct wr_arena *arena = &flow->arena;

	op->side_count = process->side_count;
	op->side = WR_NEW_ARRAY(arena, struct wr_schema, op->side_count + 1);
	op->side_name = WR_NEW_ARRAY(arena, const char *, op->side_count + 1);
	if (op->side_count > 0 && process->side == NULL)
		return wr_status_new(WR_USER_ERROR, "%s: `side` is missing", what);
	for (uint32_t i = 0; i < op->side_count; i++) {
		const struct weir_side *side = &process->side[i];

		if (side->name == NULL || *side->name == '\0')
			return wr_status_new(WR_USER_ERROR, "%s: side output %u has no name", what,
					     i);
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(op->side_name[k], side->name) == 0)
				return wr_status_new(WR_USER_ERROR,
						     "%s has two side outputs of the name '%s'",
						     what, side->name);
		op->side_name[i] = wr_flow_text(flow, side->name);
		WR_TRY(
		    wr_columns_parse(arena, side->columns,
				     wr_arena_printf(arena, "The columns of side output '%s' of %s",
						     side->name, what),
				     &op->side[i]));
	}
	return NULL;
}

WR_PUBLIC struct weir_stream *weir_side_stream(struct weir_stream *stream, const char *name)
{
	struct wr_user_op *op = NULL;
	struct weir_flow *flow;

	if (stream == NULL || stream->bad)
		return stream;
	flow = stream->flow;
	if (stream->kind == WR_STREAM_PICK && stream->pick == 0)
		op = stream->input[0]->op;
	if (op != NULL && op->kind == WR_U_WINDOW && op->side_name != NULL && op->side_count == 0) {
		op->side_count = 1; /* from now on late rows come out and are not just counted */
		wr_flow_outputs(flow, op);
	}
	if (op == NULL && stream->op != NULL && stream->op->kind == WR_U_WINDOW)
		return wr_flow_wrong(
		    flow,
		    "weir_side_stream: '%s' has global or count windows, for which "
		    "no row is late",
		    stream->op->name);
	if (op == NULL)
		return wr_flow_wrong(flow, "weir_side_stream: the stream is not what weir_process, "
					   "weir_process2 or weir_window made");
	for (uint32_t i = 0; name != NULL && i < op->side_count; i++)
		if (strcmp(op->side_name[i], name) == 0)
			return wr_flow_add(flow, &(struct weir_stream){.kind = WR_STREAM_PICK,
								       .input = stream->input,
								       .input_count = 1,
								       .pick = i + 1,
								       .schema = op->side[i]});
	return wr_flow_wrong(flow, "weir_side_stream: '%s' has no side output '%s'", op->name,
			     name != NULL ? name : "");
}

/* --- process functions --- */

/* Both keyed by as many columns of the same types, or the second one broadcast. */
static wr_status *check_pair(struct weir_flow *flow, const char *what,
			     const struct weir_stream *first, const struct weir_stream *second)
{
	if (first->broadcast)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "%s: the first stream is broadcast", what),
		    "Broadcast the second one");
	if (second->broadcast)
		return NULL;
	if (first->key_count == 0 || first->key_count != second->key_count)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "%s: the streams are keyed by %u and %u columns",
				  what, first->key_count, second->key_count),
		    "Key both by as many columns with weir_key_by, or make the second one "
		    "weir_broadcast");
	for (uint32_t k = 0; k < first->key_count; k++) {
		const struct wr_field *a = &first->schema.field[first->key[k]],
				      *b = &second->schema.field[second->key[k]];

		if (!wr_type_equal(a->type, b->type, false))
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "%s: key `%s` is of type %s, key `%s` of %s", what,
					  a->name, wr_type_str(&flow->arena, a->type), b->name,
					  wr_type_str(&flow->arena, b->type)),
			    "Cast one of them, in a query or with weir_map");
	}
	return NULL;
}

/* What does not fit the inputs. */
static wr_status *check_process(struct weir_flow *flow, const char *what,
				const struct wr_user_op *op, struct weir_stream *const *inputs)
{
	const struct weir_process *process = &op->u.process;
	bool keyed = inputs[0]->key_count > 0;

	if (process->element == NULL)
		return wr_status_new(WR_USER_ERROR, "%s: `element` is missing", what);
	if (op->second && process->element2 == NULL)
		return wr_status_new(WR_USER_ERROR, "%s: `element2` is missing", what);
	if (op->second)
		WR_TRY(check_pair(flow, what, inputs[0], inputs[1]));
	else if (inputs[0]->broadcast)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "%s: its stream is broadcast", what),
		    "A broadcast stream is the second input of weir_process2");
	if (!keyed && process->timer != NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "%s has a timer, but its stream has no key", what),
		    "Cut the stream with weir_key_by");
	for (uint32_t i = 0; i < op->state_count; i++) {
		const struct weir_state *state = &op->state[i].given;

		if (state->broadcast && !op->broadcast)
			return wr_status_new(WR_USER_ERROR,
					     "%s: state '%s' is of the broadcast input, but none "
					     "is broadcast",
					     what, state->name);
		if (!state->broadcast && !keyed)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "%s has state '%s', but its stream has no key", what,
					  state->name),
			    "Cut the stream with weir_key_by");
	}
	return NULL;
}

/* The description of a process function. */
static wr_status *read_process(struct weir_flow *flow, const char *function,
			       const struct weir_process *given, struct wr_user_op *op,
			       struct weir_stream *const *inputs)
{
	struct weir_process *process = &op->u.process;
	const char *what;

	WR_TRY(wr_flow_copy(process, sizeof *process, given, function));
	what = wr_arena_printf(&flow->arena, "%s '%s'", function,
			       process->name != NULL ? process->name : "");
	WR_TRY(wr_flow_name(flow, what, process->name));
	op->name = process->name = wr_flow_text(flow, process->name);
	op->changes = process->changes;
	WR_TRY(wr_columns_parse(&flow->arena, process->columns,
				wr_arena_printf(&flow->arena, "The columns of %s", what),
				&op->main));
	WR_TRY(wr_flow_states(flow, what, process->state, process->state_count, op));
	WR_TRY(read_sides(flow, what, process, op));
	process->columns = NULL; /* what they say is in op; they are the caller's */
	process->state = NULL;
	process->side = NULL;
	return check_process(flow, what, op, inputs);
}

static struct weir_stream *process_new(const char *function, struct weir_stream *const *inputs,
				       uint32_t count, const struct weir_process *process)
{
	struct weir_flow *flow = inputs[0]->flow;
	struct wr_user_op *op;
	wr_status *status;

	if (!wr_flow_inputs(flow, function, inputs, count))
		return &flow->bad;
	op = WR_NEW(&flow->arena, struct wr_user_op);
	op->kind = WR_U_PROCESS;
	op->second = count > 1;
	op->broadcast = count > 1 && inputs[1]->broadcast;
	status = read_process(flow, function, process, op, inputs);
	if (status != NULL)
		return wr_flow_mistake(flow, status);
	return wr_flow_add_op(flow, op, inputs, count);
}

WR_PUBLIC struct weir_stream *weir_process(struct weir_stream *stream,
					   const struct weir_process *process)
{
	if (stream == NULL)
		return NULL;
	return process_new("weir_process", &stream, 1, process);
}

WR_PUBLIC struct weir_stream *weir_process2(struct weir_stream *first, struct weir_stream *second,
					    const struct weir_process *process)
{
	struct weir_stream *const inputs[] = {first, second};

	if (first == NULL)
		return NULL;
	return process_new("weir_process2", inputs, 2, process);
}
