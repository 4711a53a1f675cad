/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_run - where streams go, and the flow as one job: a plan with a root for each sink, optimized
 * and run like a statement set.
 */
#include "analyze/columns.h"
#include "engine/api_session.h"
#include "engine/flow.h"
#include "plan/plan.h"

/* --- sinks --- */

void wr_flow_sink_add(struct weir_stream *stream, const char *name, const struct wr_table *table)
{
	struct weir_flow *flow = stream->flow;
	struct wr_flow_sink *sink = WR_NEW(&flow->arena, struct wr_flow_sink);

	*sink = (struct wr_flow_sink){.stream = stream, .name = name, .table = table};
	*flow->sinks = sink;
	flow->sinks = &sink->next;
}

/* The session's table. */
static wr_status *find_table(struct weir_flow *flow, const char *name, const struct wr_table **out)
{
	struct wr_catalog *catalog = flow->session->catalog;

	*out = wr_session_table(flow->session, name);
	if (*out == NULL)
		return wr_catalog_unknown(catalog, name, (struct wr_pos){0});
	if ((*out)->is_view)
		return wr_status_new(WR_USER_ERROR, "'%s' is a view; only tables can be written",
				     name);
	return NULL;
}

WR_PUBLIC void weir_insert_into(struct weir_stream *stream, const char *table)
{
	struct weir_flow *flow;
	const struct wr_table *found;
	wr_status *status;

	if (stream == NULL || stream->bad)
		return;
	flow = stream->flow;
	if (table == NULL) {
		wr_flow_wrong(flow, "weir_insert_into: the table is missing");
		return;
	}
	status = find_table(flow, table, &found);
	if (status != NULL)
		wr_flow_mistake(flow, status);
	else
		wr_flow_sink_add(stream, wr_flow_text(flow, table), NULL);
}

/* --- views --- */

static void view_columns(struct wr_table *view, const struct wr_schema *schema)
{
	view->column_count = schema->count;
	view->column = WR_NEW_ARRAY(&view->arena, struct wr_table_column, schema->count + 1);
	for (uint32_t i = 0; i < schema->count; i++)
		view->column[i] = (struct wr_table_column){
		    .name = wr_arena_strdup(&view->arena, schema->field[i].name),
		    .type = wr_type_copy(&view->arena, schema->field[i].type),
		    .role = WR_COL_PHYSICAL};
}

/* The flow's first mistake for the caller. */
static enum weir_code tell_mistake(struct weir_flow *flow, struct weir_error **error)
{
	const char *text = flow->mistake_text != NULL ? flow->mistake_text : "";

	return wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(text),
			   wr_status_copy(flow->mistake));
}

WR_PUBLIC enum weir_code weir_to_table(struct weir_stream *stream, const char *name,
				       struct weir_error **error)
{
	struct wr_catalog *catalog;
	struct wr_table *view;

	if (error != NULL)
		*error = NULL;
	if (stream == NULL || name == NULL || *name == '\0')
		return wr_error_misuse(error, "weir_to_table: the %s is missing",
				       stream == NULL ? "stream" : "name");
	if (stream->bad)
		return tell_mistake(stream->flow, error);
	catalog = stream->flow->session->catalog;
	if (wr_catalog_find(catalog, name) != NULL)
		return wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(""),
				   wr_status_hint(wr_status_new(WR_USER_ERROR,
								"A table or view '%s' exists "
								"already",
								name),
						  "Drop it first, or take another name"));
	view = wr_table_new(name);
	view->is_view = true;
	view->temporary = true;
	view->rowtime = -1;
	view->stream = stream;
	view_columns(view, &stream->schema);
	wr_status *status = wr_catalog_add(catalog, view);
	return status == NULL ? WEIR_OK
			      : wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(""), status);
}

/* --- the job --- */

wr_status *wr_flow_plan(struct weir_flow *flow, struct wr_plan *plan)
{
	struct wr_analyze_env env = wr_session_analyze_env(flow->session);

	plan->name = wr_arena_strdup(&plan->arena, flow->name);
	for (const struct wr_flow_sink *sink = flow->sink; sink != NULL; sink = sink->next) {
		const struct wr_table *table = sink->table;

		if (table == NULL)
			WR_TRY(find_table(flow, sink->name, &table));
		WR_TRY(wr_analyze_stream_insert(&env, sink->stream, table, plan));
	}
	return NULL;
}

/* Whether there is something to run and nothing wrong with it. */
static enum weir_code check(struct weir_flow *flow, struct weir_error **error)
{
	if (error != NULL)
		*error = NULL;
	if (flow->mistake != NULL)
		return tell_mistake(flow, error);
	if (flow->sink == NULL)
		return wr_api_fail(
		    error, WEIR_ERROR_SCRIPT, wr_str_of(""),
		    wr_status_hint(wr_status_new(WR_USER_ERROR,
						 "Nothing of flow '%s' goes anywhere", flow->name),
				   "Its streams end in weir_insert_into or weir_sink_to"));
	return WEIR_OK;
}

WR_PUBLIC enum weir_code weir_flow_check(struct weir_flow *flow, struct weir_error **error)
{
	if (error != NULL)
		*error = NULL;
	return flow->mistake != NULL ? tell_mistake(flow, error) : WEIR_OK;
}

/* The flow as the one job of a script; to be released in any case. `text`: gets the logical plan;
 * NULL: nobody wants it. */
static wr_status *prepare(struct weir_flow *flow, struct wr_prepared *prepared,
			  struct wr_text *text)
{
	struct wr_plan *plan = wr_plan_new();
	wr_status *status;

	wr_prepared_init(prepared);
	wr_catalog_keep(flow->session->catalog, &prepared->tables);
	status = wr_flow_plan(flow, plan);
	if (status == NULL && text != NULL) {
		wr_text_puts(text, "== Logical Plan ==\n");
		wr_plan_print(text, plan, false);
	}
	if (status == NULL)
		status = wr_prepare_plan(flow->session, prepared, plan, flow->name);
	else
		wr_plan_free(plan);
	wr_catalog_keep(flow->session->catalog, NULL);
	return status;
}

WR_PUBLIC char *weir_flow_explain(struct weir_flow *flow, struct weir_error **error)
{
	struct wr_prepared prepared;
	struct wr_text text;
	wr_status *status;

	if (check(flow, error) != WEIR_OK)
		return NULL;
	wr_text_init(&text);
	status = prepare(flow, &prepared, &text);
	if (status == NULL) {
		wr_text_puts(&text, prepared.action[0].options.batch
					? "\n== Physical Plan (batch) ==\n"
					: "\n== Physical Plan ==\n");
		wr_plan_print(&text, prepared.action[0].plan, true);
		wr_plan_print_passes(&text, prepared.action[0].plan, false);
	}
	wr_prepared_release(&prepared);
	if (status == NULL)
		return text.data;
	wr_text_release(&text);
	wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(""), status);
	return NULL;
}

/* The flow as a script for a run of it; on an error its code. */
static enum weir_code prepare_run(struct weir_flow *flow, const struct weir_handler *handler,
				  struct wr_prepared *prepared, struct weir_error **error)
{
	enum weir_code code = check(flow, error);
	wr_status *status;

	wr_prepared_init(prepared);
	if (code != WEIR_OK)
		return code;
	if (!wr_api_handler_check(handler, error))
		return WEIR_MISUSE;
	status = prepare(flow, prepared, NULL);
	return status == NULL ? WEIR_OK
			      : wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(""), status);
}

WR_PUBLIC enum weir_code weir_flow_run(struct weir_flow *flow, const struct weir_handler *handler,
				       struct weir_error **error)
{
	struct wr_prepared prepared;
	enum weir_code code = prepare_run(flow, handler, &prepared, error);

	if (code == WEIR_OK)
		code = wr_api_execute(flow->owner, &prepared, "", handler, error);
	wr_prepared_release(&prepared);
	return code;
}

WR_PUBLIC enum weir_code weir_flow_submit(struct weir_flow *flow, uint32_t flags,
					  const struct weir_handler *handler, struct weir_job **job,
					  struct weir_error **error)
{
	struct wr_prepared prepared;
	enum weir_code code = prepare_run(flow, handler, &prepared, error);

	*job = NULL;
	if (code == WEIR_OK)
		code = wr_api_submit(flow->owner, &prepared, "", flags, handler, NULL, job, error);
	wr_prepared_release(&prepared);
	return code;
}
