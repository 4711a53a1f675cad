/* SPDX-License-Identifier: Apache-2.0
 *
 * prepare - one statement: applied to the session, or planned into an action.
 */
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "analyze/analyzer.h"
#include "base/env.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/secret.h"
#include "engine/catalogs.h"
#include "engine/databases.h"
#include "engine/functions.h"
#include "engine/plugin.h"
#include "engine/letters.h"
#include "engine/lineage_shown.h"
#include "engine/materialized.h"
#include "engine/memory_limit.h"
#include "engine/objectives.h"
#include "data/datetime.h"
#include "engine/prepared.h"
#include "engine/settings.h"
#include "engine/table_as.h"
#include "op/op.h"
#include "plan/lineage.h"
#include "plan/plan.h"

void wr_prepared_init(struct wr_prepared *prepared)
{
	*prepared = (struct wr_prepared){0};
	wr_arena_init(&prepared->arena);
}

void wr_prepared_release(struct wr_prepared *prepared)
{
	for (uint32_t i = 0; i < prepared->count; i++) {
		wr_free(prepared->action[i].text);
		wr_free(prepared->action[i].name);
		wr_recovery_release(&prepared->action[i].recovery);
		wr_plan_free(prepared->action[i].plan);
	}
	wr_tables_release(&prepared->tables);
	wr_map_release(&prepared->job_names);
	wr_free(prepared->action);
	wr_arena_release(&prepared->arena);
	*prepared = (struct wr_prepared){0};
}

static struct wr_action *prepared_add(struct wr_prepared *prepared)
{
	if (prepared->count == prepared->capacity) {
		prepared->capacity = WR_MAX(16, 2 * prepared->capacity);
		prepared->action =
		    wr_realloc(prepared->action, prepared->capacity * sizeof *prepared->action);
	}
	prepared->action[prepared->count] = (struct wr_action){0};
	return &prepared->action[prepared->count++];
}

void wr_prepared_text(struct wr_prepared *prepared, char *text)
{
	prepared_add(prepared)->text = text;
}

const char *wr_prepared_show(struct wr_prepared *prepared, struct wr_str sql)
{
	char *text = wr_arena_strndup(&prepared->arena, sql.data, sql.len);

	wr_secret_blot(text, sql.len);
	return text;
}

wr_status *wr_prepared_own_place(const struct wr_prepared *prepared, wr_status *status)
{
	if (status != NULL && status->pos.line > 0 && status->pos.script != prepared->script_number)
		status->pos = (struct wr_pos){0};
	return status;
}

struct wr_action *wr_prepared_job(struct wr_prepared *prepared, struct wr_plan *plan)
{
	struct wr_action *action = prepared_add(prepared);

	action->plan = plan;
	return action;
}

static bool is_batch(const struct wr_options *settings)
{
	return wr_options_i64(settings, "execution.runtime-mode") == 1;
}

struct wr_analyze_env wr_session_analyze_env(struct wr_session *session)
{
	const struct wr_options *settings = &session->settings;

	return (struct wr_analyze_env){
	    .catalog = session->catalog,
	    .env = session->run.env,
	    .zone_id = wr_options_str(settings, "table.local-time-zone"),
	    .batch_rows_max = (uint64_t)wr_options_i64(settings, "weir.batch.max-rows"),
	    .block_bytes = (uint64_t)wr_options_i64(settings, "weir.source.block-size"),
	    .block_delay_us = wr_options_i64(settings, "weir.test.block-delay") * 1000,
	    .state_ttl_ms =
		is_batch(settings) ? 0 : wr_options_i64(settings, "table.exec.state.ttl"),
	    .now_us = wr_wall_us(session->run.env),
	    .length_enforcer = (enum wr_length_enforcer)wr_options_i64(
		settings, "table.exec.sink.type-length-enforcer"),
	    .not_null_drop = wr_options_i64(settings, "table.exec.sink.not-null-enforcer") == 1,
	    .batch_mode = is_batch(settings),
	    .declaration = wr_catalogs_declaration,
	    .declaration_user = session,
	    .embedded = session->embedded,
	};
}

const struct wr_table *wr_session_table(struct wr_session *session, const char *name)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	const char *part = wr_arena_strdup(&session->script, name);
	struct wr_ast_ident ident[3] = {{.text = part}};
	const struct wr_table *table = NULL;
	struct wr_full_name full;
	uint32_t count = 1;
	wr_status *status;

	for (const char *dot = strchr(part, '.'); dot != NULL && count < 3;
	     dot = strchr(dot + 1, '.')) {
		const char *last = ident[count - 1].text;

		ident[count - 1].text =
		    wr_arena_strndup(&session->script, last, (size_t)(dot - last));
		ident[count++].text = dot + 1;
	}
	status = wr_full_name(&env, &(struct wr_ast_name){ident, count, {0}}, &full);
	if (status == NULL)
		table = wr_find_kept(&env, &full);
	wr_status_free(status);
	return table != NULL ? table : wr_catalog_find(session->catalog, name);
}

/* The table that a setting names, or an error that names the setting. */
static wr_status *setting_table(struct wr_session *session, const char *key, const char *name,
				const struct wr_table **out)
{
	*out = NULL;
	if (name == NULL || *name == '\0')
		return NULL;
	*out = wr_session_table(session, name);
	if (*out == NULL || (*out)->is_view)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'%s' names table '%s', which does not exist",
						    key, name),
				      "Declare it with CREATE TABLE before the query that uses it");
	return NULL;
}

/* A sink for side rows: all declared columns are written, METADATA ones too. */
static wr_status *side_sink(struct wr_session *session, struct wr_plan *plan,
			    const struct wr_table *table, const char *what,
			    const struct wr_node **out)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	struct wr_connector_args *args;
	struct wr_node *node;

	*out = NULL;
	if (table == NULL)
		return NULL;
	env.side = true;
	WR_TRY(wr_analyze_table_args(&env, plan, table, NULL, 0, true, &args));
	if (!table->connector->messages) {
		args->physical_count = args->schema->count;
		args->format_args.schema = args->schema;
	}
	node = wr_node_new(plan, WR_N_SINK, 0, table->pos);
	node->schema = *args->schema;
	node->u.sink.table = table;
	node->u.sink.args = args;
	node->u.sink.late_for = what;
	*out = node;
	return NULL;
}

/* A WITH option of a scan's table, hints applied. */
static const char *given_value(const struct wr_connector_args *args, const char *key)
{
	for (uint32_t i = 0; args != NULL && i < args->given_count; i++)
		if (strcmp(args->given[i].key, key) == 0)
			return args->given[i].value;
	return NULL;
}

/* What the tables of a plan say about bad rows. */
struct error_choice {
	const char *mode;   /* of the sources; NULL: none says */
	const char *target; /* NULL: none says */
	bool mixed;         /* tables differ in mode */
	const char *other;  /* a second target: not supported */
	bool logs;          /* some table wants its bad rows in a table */
};

static void choose_target(const struct wr_connector_args *args, struct error_choice *choice)
{
	const char *mode = given_value(args, "error-handling.mode");
	const char *target = given_value(args, "error-handling.log.target");

	choice->logs = choice->logs || (mode != NULL && strcmp(mode, "log") == 0);
	if (target != NULL && choice->target != NULL && strcmp(target, choice->target) != 0)
		choice->other = target;
	if (target != NULL)
		choice->target = target;
}

static void choose_errors(const struct wr_node *node, struct error_choice *choice)
{
	if (node->kind == WR_N_SCAN) {
		const char *mode = given_value(node->u.scan.args, "error-handling.mode");

		choose_target(node->u.scan.args, choice);
		if (mode != NULL && choice->mode != NULL && strcmp(mode, choice->mode) != 0)
			choice->mixed = true;
		if (mode != NULL)
			choice->mode = mode;
	} else if (node->kind == WR_N_SINK) {
		choose_target(node->u.sink.args, choice);
	}
	for (uint32_t i = 0; i < node->input_count; i++)
		choose_errors(node->input[i], choice);
}

/* weir.run.until */
static wr_status *read_until(const struct wr_options *settings, int64_t *out)
{
	const char *text = wr_options_str(settings, "weir.run.until");
	int32_t nano;

	*out = INT64_MAX;
	if (text == NULL || *text == '\0')
		return NULL;
	if (wr_timestamp_parse(text, strlen(text), out, &nano))
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "'weir.run.until' = '%s' is no timestamp", text),
	    "Write it as '2024-05-31 12:00:00'");
}

static wr_status *error_options(struct wr_session *session, struct wr_plan *plan,
				struct wr_job_options *options)
{
	const struct wr_options *settings = &session->settings;
	const struct wr_option_value *mode = wr_options_get(settings, "error-handling.mode");
	struct error_choice choice = {0};
	const struct wr_table *table;
	const char *target;

	for (uint32_t r = 0; r < plan->root_count; r++)
		choose_errors(plan->root[r], &choice);
	options->error_mode = (enum wr_error_mode)mode->number;
	options->error_mode_given = mode->is_given;
	if (!mode->is_given && choice.mode != NULL && !choice.mixed)
		WR_TRY(wr_error_mode_read(choice.mode, &options->error_mode));
	target = choice.target != NULL ? choice.target
				       : wr_options_str(settings, "error-handling.log.target");
	if (choice.other != NULL)
		return wr_status_new(WR_USER_ERROR,
				     "Tables of one job log their bad rows to '%s' and to '%s': "
				     "one target per job is supported",
				     choice.target, choice.other);
	if (target == NULL && (options->error_mode == WR_ERROR_LOG || choice.logs))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "'error-handling.mode' = 'log' needs a table to log to"),
		    "Set 'error-handling.log.target' = '<table>' and declare that table with "
		    "columns such as "
		    "`raw` STRING, error_kind STRING, error_text STRING, file STRING, line BIGINT, "
		    "`offset` BIGINT");
	WR_TRY(setting_table(session, "error-handling.log.target", target, &table));
	return side_sink(session, plan, table, "error-handling.log.target", &options->dead_sink);
}

/* A node in the words of SQL, for messages. */
static const char *sql_words(const struct wr_node *node)
{
	switch (node->kind) {
	case WR_N_UNNEST: return "UNNEST";
	case WR_N_SORT: return "ORDER BY or LIMIT";
	case WR_N_RANK: return "Top-N over an unbounded stream (ROW_NUMBER() with a rank range)";
	case WR_N_DEDUP: return "Deduplication (ROW_NUMBER() = 1 by a time attribute)";
	default: return wr_node_str(node);
	}
}

/* Refuses, by name and place, what has no operator yet. */
static wr_status *check_operators(const struct wr_node *node)
{
	bool runtime = node->kind == WR_N_SCAN || node->kind == WR_N_SINK ||
		       node->kind == WR_N_EXCHANGE || node->kind == WR_N_UNION_ALL;
	bool exists = runtime || wr_op_exists(node);

	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(check_operators(node->input[i]));
	if (!exists)
		return wr_status_at(WR_USER_ERROR, node->pos, "%s is not supported yet",
				    sql_words(node));
	return NULL;
}

static uint32_t worker_count(const struct wr_options *settings)
{
	int64_t workers = wr_options_i64(settings, "parallelism.default");
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t most = wr_options_i64(settings, "pipeline.max-parallelism");

	if (workers == 0)
		workers = cores < 1 ? 1 : cores;
	return (uint32_t)WR_MIN(WR_MIN(workers, most), (int64_t)WR_WORKERS_MAX);
}

/* The passes of the optimizer that are switched off. */
static void optimizer_options(const struct wr_options *settings, struct wr_plan_options *options)
{
	const char *phase = wr_options_str(settings, "table.optimizer.agg-phase-strategy");

	if (wr_options_bool(settings, "table.optimizer.distinct-agg.split.enabled"))
		options->distinct_buckets = (int32_t)wr_options_i64(
		    settings, "table.optimizer.distinct-agg.split.bucket-num");
	options->agg_phase = strcmp(phase, "ONE_PHASE") == 0   ? WR_AGG_ONE_PHASE
			     : strcmp(phase, "TWO_PHASE") == 0 ? WR_AGG_TWO_PHASE
							       : WR_AGG_AUTO;
	options->multi_join = wr_options_bool(settings, "table.optimizer.multi-join.enabled");
	for (int i = 0; i < WR_PASS_COUNT; i++) {
		char key[64];

		snprintf(key, sizeof key, "weir.optimizer.%s", wr_pass_name((enum wr_pass)i));
		options->off[i] = !wr_options_bool(settings, key);
	}
}

/* What the sink's table says, or else the session. */
static void set_consistency(const struct wr_options *settings, struct wr_node *sink)
{
	const char *given = given_value(sink->u.sink.args, "sink.consistency");

	sink->u.sink.epoch = given != NULL ? strcasecmp(given, "epoch") == 0
					   : wr_options_i64(settings, "sink.consistency") == 1;
}

/* Whether the rows come in the order that an ORDER BY of the statement asks for. */
static bool is_ordered(const struct wr_node *sink)
{
	const struct wr_node *node = sink->input[0];

	while (node->kind == WR_N_CALC || node->kind == WR_N_EXCHANGE)
		node = node->input[0];
	return node->kind == WR_N_SORT && node->u.sort.order_count > 0 &&
	       node->traits.changes == WR_CHANGES_INSERT;
}

wr_status *wr_prepare_plan(struct wr_session *session, struct wr_prepared *prepared,
			   struct wr_plan *plan, const char *name)
{
	const struct wr_options *settings = &session->settings;
	struct wr_plan_options options = {
	    .batch = is_batch(settings),
	    .materialize =
		(enum wr_materialize)wr_options_i64(settings, "table.exec.sink.upsert-materialize"),
	    .require_on_conflict = wr_options_bool(settings, "table.exec.sink.require-on-conflict"),
	    .source_repeats = wr_options_bool(settings, "table.exec.source.cdc-events-duplicate"),
	};
	const char *zone = wr_options_str(settings, "table.local-time-zone");
	struct wr_action *action = wr_prepared_job(prepared, plan);
	struct wr_job_options *job = &action->options;

	job->env = session->run.env;
	if (!options.batch) { /* at the end of a batch nothing is late and nothing expires */
		options.allowed_lateness_ms = wr_options_i64(settings, "weir.late-rows.allowed");
		options.state_ttl_ms = wr_options_i64(settings, "table.exec.state.ttl");
	}
	optimizer_options(settings, &options);
	options.zone_is_utc = strcmp(zone, "UTC") == 0 || strcmp(zone, "Z") == 0;
	plan->zone_id = wr_arena_strdup(&plan->arena, zone);
	action->name = wr_strdup(name);
	WR_TRY(setting_table(session, "weir.late-rows.table",
			     wr_options_str(settings, "weir.late-rows.table"),
			     &options.late_table));
	for (uint32_t r = 0; r < plan->root_count; r++)
		set_consistency(settings, plan->root[r]);
	if (plan->root[0]->u.sink.table != NULL)
		plan->lineage = wr_lineage_of(plan);
	WR_TRY(wr_plan_physical(plan, &options));
	for (uint32_t r = 0; r < plan->root_count; r++)
		WR_TRY(check_operators(plan->root[r]));
	job->workers = worker_count(settings);
	job->max_parallelism = (uint32_t)wr_options_i64(settings, "pipeline.max-parallelism");
	job->batch_rows_max = (uint32_t)wr_options_i64(settings, "weir.batch.max-rows");
	job->slo_latency_us = wr_options_i64(settings, "weir.slo.latency") * 1000;
	WR_TRY(wr_objectives_read(settings, &job->objectives));
	job->trace_share = wr_options_get(settings, "weir.trace.sample")->real;
	job->trace_rate = (uint32_t)wr_options_i64(settings, "weir.trace.max-per-second");
	job->zone_id = plan->zone_id;
	job->batch = options.batch;
	job->backend = &wr_state_memory;
	wr_memory_read(settings, plan, session->memory, job);
	WR_TRY(
	    side_sink(session, plan, options.late_table, "weir.late-rows.table", &job->late_sink));
	WR_TRY(error_options(session, plan, job));
	WR_TRY(read_until(settings, &job->until_ms));
	WR_TRY(wr_recovery_read(settings, plan, wr_letters_suffix(session), &prepared->job_names,
				job, &action->recovery));
	action->is_select = plan->root_count == 1 && plan->root[0]->u.sink.table == NULL;
	action->updating = plan->root[0]->traits.changes != WR_CHANGES_INSERT;
	action->ordered = is_ordered(plan->root[0]);
	return NULL;
}

/* The plan of a SELECT, INSERT or statement set. */
static wr_status *plan_statement(struct wr_session *session, const struct wr_ast_stmt *stmt,
				 struct wr_plan *plan)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);

	plan->pool.now_us = env.now_us;
	plan->pool.zone_id = wr_arena_strdup(&plan->arena, env.zone_id);
	plan->pool.database =
	    wr_arena_strdup(&plan->arena, wr_catalog_databases(session->catalog)->current.database);
	switch (stmt->kind) {
	case WR_AST_SELECT: return wr_analyze_query(&env, stmt->query, plan);
	case WR_AST_INSERT:
		WR_TRY(wr_analyze_insert(&env, &stmt->insert, plan));
		return wr_letters_planned(session, plan);
	case WR_AST_STATEMENT_SET:
		for (uint32_t i = 0; i < stmt->statement_set.count; i++) {
			WR_TRY(
			    wr_analyze_insert(&env, &stmt->statement_set.items[i]->insert, plan));
			WR_TRY(wr_letters_planned(session, plan));
		}
		return NULL;
	case WR_AST_CREATE_MATERIALIZED:
		return wr_materialized_plan(session, &stmt->create_table, plan);
	default:
		return wr_status_at(WR_USER_ERROR, stmt->pos, "%s cannot be explained",
				    wr_ast_stmt_name(stmt->kind));
	}
}

static char *job_name(const struct wr_ast_stmt *stmt)
{
	struct wr_text text;

	wr_text_init(&text);
	if (stmt->kind == WR_AST_INSERT)
		wr_text_printf(&text, "INSERT INTO %s",
			       stmt->insert.table.parts[stmt->insert.table.count - 1].text);
	else if (stmt->kind == WR_AST_CREATE_MATERIALIZED)
		wr_text_printf(
		    &text, "MATERIALIZED TABLE %s",
		    stmt->create_table.name.parts[stmt->create_table.name.count - 1].text);
	else
		wr_text_puts(&text, wr_ast_stmt_name(stmt->kind));
	return text.data;
}

/* Text of EXPLAIN: the logical plan, then the physical one. */
static wr_status *prepare_explain(struct wr_session *session, struct wr_prepared *prepared,
				  const struct wr_ast_stmt *stmt, bool json)
{
	struct wr_prepared scratch;
	struct wr_plan *plan = wr_plan_new();
	struct wr_text text;
	wr_status *status;

	wr_prepared_init(&scratch);
	wr_text_init(&text);
	status = plan_statement(session, stmt, plan);
	if (status != NULL) {
		wr_plan_free(plan);
		wr_text_release(&text);
		return status;
	}
	if (json) {
		wr_text_puts(&text, "{\"logical\":");
		wr_plan_print_json(&text, plan, false);
	} else {
		wr_text_puts(&text, "== Logical Plan ==\n");
		wr_plan_print(&text, plan, false);
	}
	status = wr_prepare_plan(session, &scratch, plan, "EXPLAIN");
	if (status == NULL && json) {
		wr_text_puts(&text, ",\"physical\":");
		wr_plan_print_json(&text, plan, true);
		wr_text_puts(&text, ",\"optimizer\":");
		wr_plan_print_passes(&text, plan, true);
		wr_text_puts(&text, "}\n");
	} else if (status == NULL) {
		wr_text_puts(&text, is_batch(&session->settings) ? "\n== Physical Plan (batch) ==\n"
								 : "\n== Physical Plan ==\n");
		wr_plan_print(&text, plan, true);
		wr_plan_print_passes(&text, plan, false);
	}
	wr_prepared_release(&scratch);
	if (status != NULL) {
		wr_text_release(&text);
		return status;
	}
	wr_prepared_text(prepared, text.data);
	wr_shown_whole(prepared);
	return NULL;
}

/* EXPLAIN COLUMN_LINEAGE: where the columns of the sinks come from. */
static wr_status *explain_lineage(struct wr_session *session, struct wr_prepared *prepared,
				  const struct wr_ast_stmt *stmt, bool json)
{
	struct wr_plan *plan = wr_plan_new();
	wr_status *status = plan_statement(session, stmt, plan);

	if (status == NULL)
		wr_lineage_shown(prepared, wr_lineage_of(plan), json);
	wr_plan_free(plan);
	return status;
}

wr_status *wr_prepare_query(struct wr_session *session, struct wr_prepared *prepared,
			    const struct wr_ast_stmt *stmt, enum wr_script_goal goal)
{
	struct wr_plan *plan;
	char *name;
	wr_status *status;

	if (goal == WR_SCRIPT_EXPLAIN || goal == WR_SCRIPT_EXPLAIN_JSON)
		return prepare_explain(session, prepared, stmt, goal == WR_SCRIPT_EXPLAIN_JSON);
	plan = wr_plan_new();
	status = plan_statement(session, stmt, plan);
	if (status != NULL || plan->root_count == 0) { /* nothing of it is replayed */
		wr_plan_free(plan);
		return status;
	}
	name = job_name(stmt);
	status = wr_prepare_plan(session, prepared, plan, name);
	if (plan->lineage != NULL)
		prepared->action[prepared->count - 1].sql = wr_prepared_show(prepared, stmt->text);
	wr_free(name);
	return status;
}

/* DROP: the table leaves the catalog now; plans that use it keep it. */
static wr_status *prepare_drop(struct wr_session *session, const struct wr_ast_drop *drop,
			       bool view)
{
	const struct wr_ast_ident *last = &drop->name.parts[drop->name.count - 1];
	struct wr_analyze_env env = wr_session_analyze_env(session);
	const struct wr_table *table;
	struct wr_full_name full;

	WR_TRY(wr_full_name(&env, &drop->name, &full));
	table = wr_find_kept(&env, &full);
	WR_TRY(wr_catalogs_own(session, &drop->name, table != NULL && table->temporary,
			       view ? "DROP VIEW" : "DROP TABLE"));
	if (table == NULL)
		return drop->if_exists
			   ? NULL
			   : wr_catalog_unknown(session->catalog, last->text, last->pos);
	if (table->materialized)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, last->pos,
						   "'%s' is a materialized table", last->text),
				      "Write DROP MATERIALIZED TABLE %s", last->text);
	if (table->is_view != view)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, last->pos, "'%s' is %s, not %s", last->text,
				 table->is_view ? "a view" : "a table",
				 view ? "a view" : "a table"),
		    "Write DROP %s %s", table->is_view ? "VIEW" : "TABLE", last->text);
	wr_table_free(wr_catalog_take(session->catalog, table->name));
	return NULL;
}

/* SET without an option: those that are set. */
static void show_settings(struct wr_session *session, struct wr_prepared *prepared)
{
	static const struct wr_field field[] = {{"key", &WR_T_STRING}, {"value", &WR_T_STRING}};
	const char **cell = WR_NEW_ARRAY(&prepared->arena, const char *, 2 * wr_settings_count + 1);
	struct wr_text text;
	uint32_t count = 0;

	wr_text_init(&text);
	for (uint32_t i = 0; i < wr_settings_count; i++) {
		const struct wr_option_value *value = &session->settings.value[i];

		if (!value->is_set)
			continue;
		wr_text_printf(&text, "'%s' = '%s'\n", wr_settings[i].name, value->text);
		cell[count++] = wr_settings[i].name;
		cell[count++] = wr_arena_strdup(&prepared->arena, value->text);
	}
	wr_prepared_text(prepared, text.data != NULL ? text.data : wr_strdup(""));
	wr_shown_cells(prepared, field, 2, cell, count / 2);
}

static wr_status *prepare_set(struct wr_session *session, struct wr_prepared *prepared,
			      const struct wr_ast_stmt *stmt)
{
	if (stmt->set.key != NULL && stmt->kind == WR_AST_SET)
		return wr_status_place(wr_session_set(session, stmt->set.key, stmt->set.value),
				       stmt->set.key_pos);
	if (stmt->kind == WR_AST_RESET) {
		if (stmt->set.key != NULL)
			return wr_setting_is_accepted(stmt->set.key)
				   ? NULL
				   : wr_status_place(
					 wr_options_reset(&session->settings, stmt->set.key),
					 stmt->set.key_pos);
		for (uint32_t i = 0; i < wr_settings_count; i++)
			WR_TRY(wr_options_reset(&session->settings, wr_settings[i].name));
		return NULL;
	}
	show_settings(session, prepared);
	return NULL;
}

/* CHANGELOG_MODE is always shown; costs and advice are not known. */
static wr_status *check_details(const struct wr_ast_stmt *stmt)
{
	bool cost = stmt->explain.details & WR_AST_EXPLAIN_ESTIMATED_COST;
	bool lineage = stmt->explain.details & WR_AST_EXPLAIN_COLUMN_LINEAGE;

	if (lineage && (stmt->explain.details & WR_AST_EXPLAIN_CHANGELOG_MODE))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, stmt->pos,
				 "EXPLAIN COLUMN_LINEAGE shows no plan, and so no changelog mode"),
		    "Ask for them in two statements; JSON_EXECUTION_PLAN may go with either");
	if (!cost && !(stmt->explain.details & WR_AST_EXPLAIN_PLAN_ADVICE))
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, stmt->pos,
			 "EXPLAIN %s is not supported: plans are made by rules, %s",
			 cost ? "ESTIMATED_COST" : "PLAN_ADVICE",
			 cost ? "without costs" : "and there is no advice"),
	    "Leave the word out; CHANGELOG_MODE, JSON_EXECUTION_PLAN and COLUMN_LINEAGE are "
	    "there");
}

/* ALTER of a table, a materialized one, or a view. */
static wr_status *prepare_alter(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);

	if (stmt->kind == WR_AST_ALTER_MATERIALIZED)
		return wr_materialized_alter(session, &stmt->alter_materialized.name);
	if (stmt->kind == WR_AST_ALTER_VIEW) {
		WR_TRY(wr_catalogs_own(session, &stmt->alter_view.name, false, "ALTER VIEW"));
		return wr_analyze_alter_view(&env, &stmt->alter_view);
	}
	WR_TRY(wr_catalogs_own(session, &stmt->alter_table->name, false, "ALTER TABLE"));
	return wr_analyze_alter_table(&env, stmt->alter_table);
}

/* Without a query. */
static wr_status *prepare_create_table(struct wr_session *session,
				       const struct wr_ast_create_table *create)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	const struct wr_table *table;
	const char *name;

	WR_TRY(wr_catalogs_own(session, &create->name, create->temporary, "CREATE TABLE"));
	WR_TRY(wr_analyze_create_table(&env, create));
	WR_TRY(wr_find_table(&env, &create->name, &name, &table));
	return wr_letters_declared(session, table->name);
}

static wr_status *explain(struct wr_session *session, struct wr_prepared *prepared,
			  const struct wr_ast_stmt *stmt)
{
	bool json = stmt->explain.details & WR_AST_EXPLAIN_JSON_EXECUTION_PLAN;

	return stmt->explain.details & WR_AST_EXPLAIN_COLUMN_LINEAGE
		   ? explain_lineage(session, prepared, stmt->explain.stmt, json)
		   : prepare_explain(session, prepared, stmt->explain.stmt, json);
}

wr_status *wr_prepare_statement(struct wr_session *session, struct wr_prepared *prepared,
				const struct wr_ast_stmt *stmt, enum wr_script_goal goal)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);

	if (wr_letters_skip(session, stmt))
		return NULL;
	switch (stmt->kind) {
	case WR_AST_CREATE_TABLE:
		return stmt->create_table.query != NULL
			   ? wr_table_as_create(session, prepared, stmt, goal)
			   : prepare_create_table(session, &stmt->create_table);
	case WR_AST_CREATE_VIEW:
		WR_TRY(wr_catalogs_own(session, &stmt->create_view.name,
				       stmt->create_view.temporary, "CREATE VIEW"));
		return wr_analyze_create_view(&env, &stmt->create_view);
	case WR_AST_DROP_TABLE: return prepare_drop(session, &stmt->drop, false);
	case WR_AST_DROP_VIEW: return prepare_drop(session, &stmt->drop, true);
	case WR_AST_CREATE_MATERIALIZED:
		return wr_materialized_create(session, prepared, stmt, goal);
	case WR_AST_DROP_MATERIALIZED: return wr_materialized_drop(session, &stmt->drop);
	case WR_AST_ALTER_TABLE:
	case WR_AST_ALTER_VIEW:
	case WR_AST_ALTER_MATERIALIZED: return prepare_alter(session, stmt);
	case WR_AST_INSERT:
	case WR_AST_STATEMENT_SET:
	case WR_AST_SELECT: return wr_prepare_query(session, prepared, stmt, goal);
	case WR_AST_EXPLAIN:
		WR_TRY(check_details(stmt));
		return stmt->explain.stmt->kind == WR_AST_CREATE_TABLE
			   ? wr_table_as_explain(session, prepared, stmt, goal)
			   : explain(session, prepared, stmt);
	case WR_AST_EXPLAIN_WHY:
		return wr_status_hint(wr_status_at(WR_USER_ERROR, stmt->pos,
						   "Here is no job to look into: EXPLAIN WHY NO "
						   "OUTPUT is answered by a server (weir serve)"),
				      "Of a job of weir run ask: weir why %s", stmt->job.name);
	case WR_AST_DESCRIBE_JOB:
	case WR_AST_STOP_JOB:
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, stmt->pos,
				 "Here are no jobs: %s is for a server (weir serve)",
				 wr_ast_stmt_name(stmt->kind)),
		    "To a job of weir run say: weir status, weir stop");
	case WR_AST_SHOW: return wr_prepare_show(session, prepared, &stmt->show, stmt->pos);
	case WR_AST_CREATE_FUNCTION: return wr_function_create(session, &stmt->create_function);
	case WR_AST_DROP_FUNCTION: return wr_function_drop(session, &stmt->drop);
	case WR_AST_LOAD_MODULE: return wr_plugin_load_module(session, stmt);
	case WR_AST_UNLOAD_MODULE: return wr_plugin_unload_module(session, stmt);
	case WR_AST_CREATE_CATALOG: return wr_catalogs_create(session, stmt);
	case WR_AST_DROP_CATALOG: return wr_catalogs_drop(session, stmt);
	case WR_AST_USE_CATALOG: return wr_catalog_use(session, stmt);
	case WR_AST_CREATE_DATABASE: return wr_database_create(session, stmt);
	case WR_AST_DROP_DATABASE: return wr_database_drop(session, stmt);
	case WR_AST_ALTER_DATABASE: return wr_database_alter(session, stmt);
	case WR_AST_USE_DATABASE: return wr_database_use(session, stmt);
	case WR_AST_DESCRIBE:
		if (stmt->describe.function)
			return wr_function_describe(session, prepared, &stmt->describe.name);
		return wr_prepare_describe(session, prepared, &stmt->describe.name, stmt->pos);
	case WR_AST_SET:
	case WR_AST_RESET: return prepare_set(session, prepared, stmt);
	}
	return NULL;
}
