/* SPDX-License-Identifier: Apache-2.0
 *
 * stream - see stream.h.
 */
#include "analyze/stream.h"

#include "analyze/analyzer.h"

static const struct wr_pos nowhere;

/* Does nothing, and can be read by several (plan/user.c). */
static const struct wr_user_op pass_on = {.kind = WR_U_STREAM, .name = "stream"};

static struct wr_schema schema_copy(struct wr_arena *arena, const struct wr_schema *schema)
{
	struct wr_schema copy;

	wr_schema_init(arena, &copy, schema->count);
	memcpy(copy.field, schema->field, schema->count * sizeof *copy.field);
	return copy;
}

static struct wr_node *user_node(struct wr_analyzer *a, const struct wr_user_op *op,
				 const struct wr_schema *schema, uint32_t input_count)
{
	struct wr_node *node = wr_node_new(a->plan, WR_N_USER, input_count, nowhere);

	node->u.user.op = op;
	node->schema = schema_copy(a->arena, schema);
	node->traits.rowtime = wr_user_time_column(schema);
	return node;
}

/* WITH entries around the use of a view are not in sight of the query. */
static wr_status *build_query(struct wr_analyzer *a, const struct weir_stream *stream,
			      struct wr_node **out)
{
	const struct wr_cte_scope *before = a->ctes;
	wr_status *status;

	if (a->view_depth >= WR_VIEW_NESTING_MAX)
		return wr_status_new(WR_USER_ERROR, "Views are nested more than %d deep",
				     WR_VIEW_NESTING_MAX);
	a->ctes = NULL;
	a->view_depth++;
	status = wr_plan_query(a, stream->query, out);
	a->view_depth--;
	a->ctes = before;
	return status;
}

/* The catalog may have changed since the stream was made. */
static wr_status *check_query(struct wr_analyzer *a, const struct weir_stream *stream,
			      const struct wr_node *node)
{
	bool same = node->schema.count == stream->schema.count;

	for (uint32_t i = 0; same && i < node->schema.count; i++)
		same =
		    wr_type_equal(node->schema.field[i].type, stream->schema.field[i].type, true) &&
		    node->schema.field[i].type->time == stream->schema.field[i].type->time &&
		    strcmp(node->schema.field[i].name, stream->schema.field[i].name) == 0;
	if (same)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "The columns of a query have changed since its stream was made: they "
			  "were %s and are %s",
			  wr_schema_str(a->arena, &stream->schema),
			  wr_schema_str(a->arena, &node->schema)),
	    "Make the flow anew when tables that it reads have been declared anew");
}

static wr_status *build_user(struct wr_analyzer *a, const struct weir_stream *stream,
			     struct wr_node **out)
{
	const struct wr_user_op *op = stream->op;
	struct wr_node *node = user_node(a, op, &op->output, stream->input_count);

	for (uint32_t i = 0; i < stream->input_count; i++) {
		const struct weir_stream *input = stream->input[i];

		WR_TRY(wr_stream_build(a, input, &node->input[i]));
		if (input->kind != WR_STREAM_SAME || input->broadcast)
			continue;
		node->u.user.key[i] = input->key;
		node->u.user.key_count = input->key_count;
	}
	*out = node;
	return NULL;
}

/* The rows of one output, and its columns: `$side` first, then those of all outputs in turn. */
static wr_status *build_pick(struct wr_analyzer *a, const struct weir_stream *stream,
			     struct wr_node **out)
{
	const struct wr_user_op *op = stream->input[0]->op;
	uint32_t count = stream->schema.count, first = 1;
	struct wr_expr **expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 1);
	const char **name = WR_NEW_ARRAY(a->arena, const char *, count + 1);
	struct wr_expr *term[2], *condition;
	struct wr_node *node;

	WR_TRY(wr_stream_build(a, stream->input[0], &node));
	if (op->side_count == 0) {
		*out = node;
		return NULL;
	}
	if (stream->pick > 0)
		first += op->main.count;
	for (uint32_t i = 1; i < stream->pick; i++)
		first += op->side[i - 1].count;
	term[0] = wr_column_of(a, node, 0);
	term[1] = wr_expr_i32(a->pool, (int32_t)stream->pick);
	WR_TRY(wr_build_call(a, "=", term, 2, nowhere, &condition));
	WR_TRY(wr_make_filter(a, node, condition, nowhere, &node));
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_field *field = &stream->schema.field[i];

		expr[i] = wr_expr_column(a->pool, first + i, field->type);
		name[i] = field->name;
	}
	WR_TRY(wr_make_project(a, node, expr, name, count, nowhere, &node));
	node->traits.rowtime = wr_user_time_column(&node->schema);
	*out = node;
	return NULL;
}

static wr_status *build_union(struct wr_analyzer *a, const struct weir_stream *stream,
			      struct wr_node **out)
{
	struct wr_node *node = wr_node_new(a->plan, WR_N_UNION_ALL, stream->input_count, nowhere);

	node->schema = schema_copy(a->arena, &stream->schema);
	node->traits.rowtime = wr_user_time_column(&stream->schema);
	for (uint32_t i = 0; i < stream->input_count; i++)
		WR_TRY(wr_stream_build(a, stream->input[i], &node->input[i]));
	*out = node;
	return NULL;
}

static wr_status *build(struct wr_analyzer *a, const struct weir_stream *stream,
			struct wr_node **out)
{
	switch (stream->kind) {
	case WR_STREAM_QUERY:
		WR_TRY(build_query(a, stream, out));
		return check_query(a, stream, *out);
	case WR_STREAM_TABLE:
		return wr_plan_scan(a, stream->table, NULL, stream->table->name, nowhere, out);
	case WR_STREAM_USER: return build_user(a, stream, out);
	case WR_STREAM_PICK: return build_pick(a, stream, out);
	case WR_STREAM_UNION: return build_union(a, stream, out);
	case WR_STREAM_SAME: return wr_stream_build(a, stream->input[0], out);
	}
	return NULL;
}

/* Once for each plan. Other nodes than USER get one on top, so that several may read them. */
wr_status *wr_stream_build(struct wr_analyzer *a, const struct weir_stream *stream,
			   struct wr_node **out)
{
	struct wr_built *built;
	struct wr_node *node = NULL, *top;

	for (const struct wr_built *b = a->plan->built; b != NULL; b = b->next)
		if (b->stream == stream) {
			*out = b->node;
			return NULL;
		}
	WR_ASSERT(!stream->bad);
	WR_TRY(build(a, stream, &node));
	if (node->kind != WR_N_USER) {
		top = user_node(a, &pass_on, &node->schema, 1);
		top->input[0] = node;
		top->traits.has_watermark = node->traits.has_watermark;
		node = top;
	}
	built = WR_NEW(a->arena, struct wr_built);
	*built = (struct wr_built){stream, node, a->plan->built};
	a->plan->built = built;
	*out = node;
	return NULL;
}

wr_status *wr_analyze_query_schema(struct wr_analyze_env *env, const struct wr_ast_query *query,
				   struct wr_arena *arena, struct wr_schema *out)
{
	struct wr_plan *plan = wr_plan_new();
	wr_status *status = wr_analyze_query(env, query, plan);

	if (status == NULL) {
		const struct wr_schema *schema = &plan->root[0]->input[0]->schema;

		wr_schema_init(arena, out, schema->count);
		for (uint32_t i = 0; i < schema->count; i++)
			out->field[i] =
			    (struct wr_field){wr_arena_strdup(arena, schema->field[i].name),
					      wr_type_copy(arena, schema->field[i].type)};
	}
	wr_plan_free(plan);
	return status;
}
