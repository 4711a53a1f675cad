/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_rows - streams without state: of queries, functions by row, unions; and how streams are cut
 * by keys or sent to all.
 */
#include "analyze/columns.h"
#include "engine/flow.h"
#include "sql/parser.h"

/* "map 'clean'" */
static const char *named(struct weir_flow *flow, const char *what, const char *name)
{
	return wr_arena_printf(&flow->arena, "%s '%s'", what, name != NULL ? name : "");
}

/* --- queries --- */

WR_PUBLIC struct weir_stream *weir_from_sql(struct weir_flow *flow, const char *query)
{
	struct wr_analyze_env env = wr_session_analyze_env(flow->session);
	struct weir_stream stream = {.kind = WR_STREAM_QUERY};
	struct wr_ast_query *ast = NULL;
	wr_status *status;
	const char *text;

	if (query == NULL)
		return wr_flow_wrong(flow, "weir_from_sql: the query is missing");
	text = wr_flow_text(flow, query);
	status = wr_parse_query_text(&flow->arena, wr_str_of(text), 0, &ast);
	if (status == NULL)
		status = wr_analyze_query_schema(&env, ast, &flow->arena, &stream.schema);
	if (status != NULL) {
		if (flow->mistake == NULL)
			flow->mistake_text = text;
		return wr_flow_mistake(flow, status);
	}
	stream.query = ast;
	return wr_flow_add(flow, &stream);
}

/* --- functions by row --- */

/* MAP and FLAT_MAP. */
static struct weir_stream *by_row(struct weir_stream *stream, enum wr_user_kind kind,
				  const char *what, const char *name, const char *columns,
				  weir_row_function *function, void *user)
{
	struct weir_flow *flow;
	struct wr_user_op *op;
	wr_status *status;

	if (stream == NULL)
		return NULL;
	flow = stream->flow;
	if (!wr_flow_inputs(flow, what, &stream, 1))
		return &flow->bad;
	if (function == NULL || name == NULL || *name == '\0')
		return wr_flow_wrong(flow, "%s: the %s is missing", named(flow, what, name),
				     function == NULL ? "function" : "name");
	op = WR_NEW(&flow->arena, struct wr_user_op);
	op->kind = kind;
	op->name = wr_flow_text(flow, name);
	op->u.rows.row = function;
	op->u.rows.user = user;
	status = wr_columns_parse(
	    &flow->arena, columns,
	    wr_arena_printf(&flow->arena, "The columns of %s", named(flow, what, name)), &op->main);
	if (status != NULL)
		return wr_flow_mistake(flow, status);
	return wr_flow_add_op(flow, op, &stream, 1);
}

WR_PUBLIC struct weir_stream *weir_map(struct weir_stream *stream, const char *name,
				       const char *columns, weir_row_function *map, void *user)
{
	return by_row(stream, WR_U_MAP, "weir_map", name, columns, map, user);
}

WR_PUBLIC struct weir_stream *weir_flat_map(struct weir_stream *stream, const char *name,
					    const char *columns, weir_row_function *flat_map,
					    void *user)
{
	return by_row(stream, WR_U_FLAT_MAP, "weir_flat_map", name, columns, flat_map, user);
}

WR_PUBLIC struct weir_stream *weir_filter(struct weir_stream *stream, const char *name,
					  int (*keep)(void *user, const struct weir_row *row),
					  void *user)
{
	struct weir_flow *flow;
	struct wr_user_op *op;

	if (stream == NULL)
		return NULL;
	flow = stream->flow;
	if (!wr_flow_inputs(flow, "weir_filter", &stream, 1))
		return &flow->bad;
	if (keep == NULL || name == NULL || *name == '\0')
		return wr_flow_wrong(flow, "%s: the %s is missing",
				     named(flow, "weir_filter", name),
				     keep == NULL ? "function" : "name");
	op = WR_NEW(&flow->arena, struct wr_user_op);
	op->kind = WR_U_FILTER;
	op->name = wr_flow_text(flow, name);
	op->u.rows.keep = keep;
	op->u.rows.user = user;
	op->main = stream->schema;
	return wr_flow_add_op(flow, op, &stream, 1);
}

/* --- unions --- */

/* Column c of all streams: its type, nullable if one is; NULL: they differ. It is the event time
 * where it is that of all. */
static const struct wr_type *union_type(struct weir_flow *flow, struct weir_stream *const *streams,
					uint32_t count, uint32_t c)
{
	const struct wr_type *type = streams[0]->schema.field[c].type;

	for (uint32_t i = 1; i < count; i++) {
		const struct wr_type *other = streams[i]->schema.field[c].type;

		if (!wr_type_equal(type, other, false))
			return NULL;
		if (other->time != type->time)
			type = wr_type_time_attr(&flow->arena, type, WR_TIME_NONE);
		if (other->nullable)
			type = wr_type_nullable(&flow->arena, type, true);
	}
	return type;
}

WR_PUBLIC struct weir_stream *weir_union(struct weir_stream *const *streams, uint32_t count)
{
	struct weir_stream stream = {.kind = WR_STREAM_UNION, .input_count = count};
	const struct weir_stream **input;
	struct weir_flow *flow;

	if (streams == NULL || count == 0 || streams[0] == NULL)
		return NULL;
	flow = streams[0]->flow;
	if (!wr_flow_inputs(flow, "weir_union", streams, count))
		return &flow->bad;
	input = WR_NEW_ARRAY(&flow->arena, const struct weir_stream *, count);
	wr_schema_init(&flow->arena, &stream.schema, streams[0]->schema.count);
	for (uint32_t i = 0; i < count; i++) {
		input[i] = streams[i];
		if (streams[i]->schema.count != stream.schema.count)
			return wr_flow_wrong(
			    flow, "weir_union: stream 1 has %u columns, stream %u has %u",
			    stream.schema.count, i + 1, streams[i]->schema.count);
	}
	for (uint32_t c = 0; c < stream.schema.count; c++) {
		const struct wr_type *type = union_type(flow, streams, count, c);

		stream.schema.field[c] = (struct wr_field){streams[0]->schema.field[c].name, type};
		if (type == NULL)
			return wr_flow_wrong(flow,
					     "weir_union: column '%s' (number %u) has not the "
					     "same type in all streams",
					     streams[0]->schema.field[c].name, c + 1);
	}
	stream.input = input;
	return count == 1 ? streams[0] : wr_flow_add(flow, &stream);
}

/* --- keys --- */

/* The stream under another distribution. */
static struct weir_stream *same(struct weir_stream *stream, const uint32_t *key, uint32_t key_count)
{
	struct weir_flow *flow = stream->flow;
	const struct weir_stream **input =
	    WR_NEW_ARRAY(&flow->arena, const struct weir_stream *, 1);

	input[0] = stream->kind == WR_STREAM_SAME ? stream->input[0] : stream;
	return wr_flow_add(flow, &(struct weir_stream){.kind = WR_STREAM_SAME,
						       .input = input,
						       .input_count = 1,
						       .key = key,
						       .key_count = key_count,
						       .broadcast = key_count == 0,
						       .schema = stream->schema});
}

WR_PUBLIC struct weir_stream *weir_key_by(struct weir_stream *stream, const char *columns)
{
	uint32_t *key, count;
	wr_status *status;

	if (stream == NULL || stream->bad)
		return stream;
	status = wr_columns_find(&stream->flow->arena, columns, "weir_key_by: the columns",
				 &stream->schema, &key, &count);
	if (status != NULL)
		return wr_flow_mistake(stream->flow, status);
	return same(stream, key, count);
}

WR_PUBLIC struct weir_stream *weir_broadcast(struct weir_stream *stream)
{
	return stream == NULL || stream->bad ? stream : same(stream, NULL, 0);
}
