/* SPDX-License-Identifier: Apache-2.0
 *
 * flow - see flow.h: the life of flows and streams, mistakes, and what all makers of streams use.
 */
#include "engine/flow.h"

#include "analyze/columns.h"
#include "catalog/catalog.h"

/* --- life --- */

WR_PUBLIC struct weir_flow *weir_flow_new(struct weir_session *session, const char *name)
{
	struct weir_flow *flow = wr_calloc(1, sizeof *flow);

	flow->owner = session;
	flow->session = wr_session_of(session);
	wr_arena_init(&flow->arena);
	flow->name = wr_arena_strdup(&flow->arena, name != NULL && *name != '\0' ? name : "flow");
	flow->bad = (struct weir_stream){.flow = flow, .bad = true};
	flow->sinks = &flow->sink;
	return flow;
}

/* Views of the session that stand for streams of the flow go with it. */
static void drop_views(struct weir_flow *flow)
{
	struct wr_catalog *catalog = flow->session->catalog;
	uint32_t i = 0;

	while (i < wr_catalog_count(catalog)) {
		const struct wr_table *table = wr_catalog_at(catalog, i);

		if (table->stream != NULL && table->stream->flow == flow)
			wr_table_free(wr_catalog_take(catalog, table->name));
		else
			i++;
	}
}

WR_PUBLIC void weir_flow_free(struct weir_flow *flow)
{
	if (flow == NULL)
		return;
	drop_views(flow);
	for (struct weir_stream *stream = flow->made; stream != NULL; stream = stream->made)
		wr_result_release(&stream->result);
	for (struct wr_flow_table *own = atomic_load(&flow->tables); own != NULL; own = own->next)
		wr_table_free(own->table);
	wr_map_release(&flow->names);
	wr_status_free(flow->mistake);
	wr_arena_release(&flow->arena);
	wr_free(flow);
}

/* --- mistakes --- */

struct weir_stream *wr_flow_mistake(struct weir_flow *flow, wr_status *status)
{
	if (flow->mistake == NULL)
		flow->mistake = status;
	else
		wr_status_free(status);
	return &flow->bad;
}

struct weir_stream *wr_flow_wrong(struct weir_flow *flow, const char *format, ...)
{
	wr_status *status;
	va_list list;

	va_start(list, format);
	status = wr_status_vnew(WR_USER_ERROR, format, list);
	va_end(list);
	return wr_flow_mistake(flow, status);
}

/* --- what makers use --- */

const char *wr_flow_text(struct weir_flow *flow, const char *text)
{
	return text != NULL ? wr_arena_strdup(&flow->arena, text) : NULL;
}

wr_status *wr_flow_copy(void *to, size_t to_size, const void *from, const char *what)
{
	size_t size = 0;

	if (from != NULL)
		memcpy(&size, from, sizeof size);
	if (size < sizeof size)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "%s: the struct %s", what,
						    from == NULL ? "is missing" : "has no size"),
				      "Its first member is its sizeof");
	memset(to, 0, to_size);
	memcpy(to, from, WR_MIN(size, to_size));
	return NULL;
}

wr_status *wr_flow_name(struct weir_flow *flow, const char *what, const char *name)
{
	if (name == NULL || *name == '\0')
		return wr_status_new(WR_USER_ERROR, "%s: the name is missing", what);
	if (wr_map_get(&flow->names, name) != NULL)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "%s: the flow has an operator '%s' already",
						    what, name),
				      "The name is that of its state in checkpoints");
	wr_map_put(&flow->names, name, flow);
	return NULL;
}

bool wr_flow_inputs(struct weir_flow *flow, const char *what, struct weir_stream *const *inputs,
		    uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (inputs[i] == NULL)
			wr_flow_wrong(flow, "%s: a stream is missing", what);
		else if (inputs[i]->flow != flow)
			wr_flow_wrong(flow, "%s: its streams are of several flows", what);
		if (inputs[i] == NULL || inputs[i]->bad || inputs[i]->flow != flow)
			return false;
	}
	return true;
}

struct weir_stream *wr_flow_add(struct weir_flow *flow, const struct weir_stream *stream)
{
	struct weir_stream *made = WR_NEW(&flow->arena, struct weir_stream);
	const char *zone =
	    wr_options_str(wr_session_settings(flow->session), "table.local-time-zone");
	wr_status *status;

	*made = *stream;
	made->flow = flow;
	status = wr_result_init(&made->result, &made->schema, false, zone);
	if (status != NULL)
		return wr_flow_mistake(flow, status);
	made->made = flow->made;
	flow->made = made;
	return made;
}

/* An output column of the name and type of an input's event time is the output's. */
static void keep_time(struct weir_flow *flow, struct wr_schema *schema,
		      struct weir_stream *const *inputs, uint32_t count)
{
	if (wr_user_time_column(schema) >= 0)
		return;
	for (uint32_t i = 0; i < count; i++) {
		int32_t time = wr_user_time_column(&inputs[i]->schema);
		const struct wr_field *of;

		if (time < 0)
			continue;
		of = &inputs[i]->schema.field[time];
		for (uint32_t c = 0; c < schema->count; c++) {
			struct wr_field *field = &schema->field[c];

			if (strcmp(field->name, of->name) != 0 ||
			    !wr_type_equal(field->type, of->type, false))
				continue;
			field->type = wr_type_time_attr(&flow->arena, field->type, WR_TIME_EVENT);
			return;
		}
	}
}

/* Columns of other outputs are NULL in a row. */
static void append_output(struct weir_flow *flow, struct wr_schema *output,
			  const struct wr_schema *schema, const char *of)
{
	for (uint32_t i = 0; i < schema->count; i++) {
		const struct wr_field *field = &schema->field[i];

		output->field[output->count++] = (struct wr_field){
		    of == NULL ? field->name
			       : wr_arena_printf(&flow->arena, "%s.%s", of, field->name),
		    wr_type_nullable(&flow->arena, field->type, true)};
	}
}

void wr_flow_outputs(struct weir_flow *flow, struct wr_user_op *op)
{
	uint32_t count = 1 + op->main.count;

	if (op->side_count == 0) {
		op->output = op->main;
		return;
	}
	for (uint32_t i = 0; i < op->side_count; i++)
		count += op->side[i].count;
	wr_schema_init(&flow->arena, &op->output, count);
	op->output.field[0] = (struct wr_field){"$side", &WR_T_INT_NN};
	op->output.count = 1;
	append_output(flow, &op->output, &op->main, NULL);
	for (uint32_t i = 0; i < op->side_count; i++)
		append_output(flow, &op->output, &op->side[i], op->side_name[i]);
}

struct weir_stream *wr_flow_add_op(struct weir_flow *flow, struct wr_user_op *op,
				   struct weir_stream *const *inputs, uint32_t count)
{
	const struct weir_stream **input =
	    WR_NEW_ARRAY(&flow->arena, const struct weir_stream *, WR_MAX(count, 1));
	struct weir_stream *whole;

	for (uint32_t i = 0; i < count; i++)
		input[i] = inputs[i];
	if (op->kind != WR_U_FILTER)
		keep_time(flow, &op->main, inputs, count);
	for (uint32_t i = 0; i < op->side_count; i++)
		keep_time(flow, &op->side[i], inputs, count);
	wr_flow_outputs(flow, op);
	whole = wr_flow_add(flow, &(struct weir_stream){.kind = WR_STREAM_USER,
							.input = input,
							.input_count = count,
							.op = op,
							.schema = op->main});
	if (whole->bad || op->side_name == NULL)
		return whole;
	input = WR_NEW_ARRAY(&flow->arena, const struct weir_stream *, 1);
	input[0] = whole;
	return wr_flow_add(flow, &(struct weir_stream){.kind = WR_STREAM_PICK,
						       .input = input,
						       .input_count = 1,
						       .schema = op->main});
}

WR_PUBLIC const struct weir_result *weir_stream_result(const struct weir_stream *stream)
{
	return stream == NULL || stream->bad ? NULL : &stream->result;
}
