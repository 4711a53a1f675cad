/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_ends - sources and sinks of the program in a flow: tables that no catalog knows.
 */
#include "engine/callback_table.h"
#include "engine/flow.h"

/* The flow frees it. */
static struct wr_flow_table *table_add(struct weir_flow *flow, struct wr_table *table)
{
	struct wr_flow_table *own = WR_NEW(&flow->arena, struct wr_flow_table);

	own->table = table;
	own->next = atomic_load(&flow->tables);
	atomic_store(&flow->tables, own); /* weir_source_wake may be looking */
	return own;
}

WR_PUBLIC struct weir_stream *weir_from_source(struct weir_flow *flow,
					       const struct weir_source *source)
{
	struct wr_analyze_env env = wr_session_analyze_env(flow->session);
	struct weir_stream stream = {.kind = WR_STREAM_TABLE};
	struct wr_table *table = NULL;
	wr_status *status = wr_source_table_new(&env, source, &table);

	if (status != NULL)
		return wr_flow_mistake(flow, status);
	table_add(flow, table)->source = true;
	status = wr_flow_name(flow, "weir_from_source", table->name);
	if (status != NULL)
		return wr_flow_mistake(flow, status);
	stream.table = table;
	wr_schema_init(&flow->arena, &stream.schema, table->column_count);
	for (uint32_t i = 0; i < table->column_count; i++)
		stream.schema.field[i] =
		    (struct wr_field){table->column[i].name, table->column[i].type};
	return wr_flow_add(flow, &stream);
}

WR_PUBLIC void weir_source_wake(struct weir_flow *flow, const char *name)
{
	for (const struct wr_flow_table *own = atomic_load(&flow->tables); own != NULL;
	     own = own->next)
		if (name != NULL && own->source && strcmp(own->table->name, name) == 0)
			wr_source_table_wake(own->table);
}

WR_PUBLIC void weir_sink_to(struct weir_stream *stream, const struct weir_sink *sink)
{
	struct wr_table *table = NULL;
	struct weir_flow *flow;
	wr_status *status;

	if (stream == NULL || stream->bad)
		return;
	flow = stream->flow;
	status = wr_sink_table_new(&stream->schema, sink, &table);
	if (status == NULL) {
		table_add(flow, table);
		status = wr_flow_name(flow, "weir_sink_to", table->name);
	}
	if (status != NULL)
		wr_flow_mistake(flow, status);
	else
		wr_flow_sink_add(stream, table->name, table);
}
