/* SPDX-License-Identifier: Apache-2.0
 *
 * script - runs scripts through parser and analyzer over a registry of fakes, for tests.
 *
 * The connectors and formats take any option and do nothing. A case is a session: its scripts see
 * the tables and views of those before.
 */
#ifndef WR_TEST_ANALYZE_SCRIPT_H
#define WR_TEST_ANALYZE_SCRIPT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/analyze.h"
#include "base/env.h"
#include "sql/parser.h"

static const struct wr_option fake_options[] = {
    {.name = "path", .type = WR_OPTION_STRING, .doc = "A path."},
    {.name = "number", .type = WR_OPTION_INT, .min = 1, .max = 9, .doc = "A number."},
    {.name = "free.*", .type = WR_OPTION_STRING, .doc = "Anything."},
};
static const struct wr_option strict_options[] = {
    {.name = "path", .type = WR_OPTION_STRING, .doc = "A path.", .required = true},
};
static const struct wr_option format_options[] = {
    {.name = "ignore-parse-errors", .type = WR_OPTION_BOOL, .doc = "Skips."},
    {.name = "null-literal", .type = WR_OPTION_STRING, .doc = "A word."},
};

static inline wr_status *fake_source_open(const struct wr_connector_args *args,
					  struct wr_host *host, struct wr_source **out)
{
	return NULL;
}

static inline wr_status *fake_sink_open(const struct wr_connector_args *args, struct wr_host *host,
					struct wr_sink **out)
{
	return NULL;
}

static inline wr_status *fake_decoder_new(const struct wr_format_args *args,
					  struct wr_decoder **out)
{
	return NULL;
}

static inline wr_status *fake_encoder_new(const struct wr_format_args *args,
					  struct wr_encoder **out)
{
	return NULL;
}

static const struct wr_metadata_column fake_metadata[] = {
    {"file.path", &WR_T_STRING, "The file.", false},
    {"offset", &WR_T_BIGINT, "The place.", false},
    {NULL, NULL, NULL, false}};

#define FAKE_CONNECTOR(id, label, table, reads, writes)                                            \
	static const struct wr_connector id = {.name = label,                                      \
					       .options = table,                                   \
					       .option_count = WR_COUNT(table),                    \
					       .metadata = fake_metadata,                          \
					       .source_open = reads,                               \
					       .sink_open = writes}
FAKE_CONNECTOR(fake_connector, "fake", fake_options, fake_source_open, fake_sink_open);
FAKE_CONNECTOR(fake_files, "filesystem", fake_options, fake_source_open, fake_sink_open);
FAKE_CONNECTOR(fake_values, "values", fake_options, fake_source_open, fake_sink_open);
FAKE_CONNECTOR(fake_strict, "strict", strict_options, fake_source_open, fake_sink_open);
FAKE_CONNECTOR(fake_input, "input", fake_options, fake_source_open, NULL);
FAKE_CONNECTOR(fake_output, "output", fake_options, NULL, fake_sink_open);

#define FAKE_FORMAT(id, label)                                                                     \
	static const struct wr_format id = {.name = label,                                         \
					    .options = format_options,                             \
					    .option_count = WR_COUNT(format_options),              \
					    .decoder_new = fake_decoder_new,                       \
					    .encoder_new = fake_encoder_new}
FAKE_FORMAT(fake_json, "json");
FAKE_FORMAT(fake_csv, "csv");
FAKE_FORMAT(fake_debezium, "debezium-json");

static const struct wr_connector *const fake_connectors[] = {
    &fake_connector, &fake_files, &fake_values, &fake_strict, &fake_input, &fake_output, NULL};
static const struct wr_format *const fake_formats[] = {&fake_json, &fake_csv, &fake_debezium, NULL};
static const struct wr_registry fake_registry = {fake_connectors, fake_formats};

/* A session and what its last script gave. */
struct script {
	struct wr_arena arena;     /* of the parser */
	struct wr_analyze_env env; /* its catalog is owned */
	struct wr_plan *plan;      /* of the last query or INSERT; NULL: none */
	struct wr_text text;       /* what the helpers return */
};

static inline void script_init(struct script *script)
{
	*script = (struct script){
	    .env = {.env = wr_env_system(), .zone_id = "UTC", .batch_rows_max = 4096}};
	wr_arena_init(&script->arena);
	wr_text_init(&script->text);
	script->env.catalog = wr_catalog_new(&fake_registry);
}

static inline void script_release(struct script *script)
{
	wr_plan_free(script->plan);
	wr_catalog_free(script->env.catalog);
	wr_arena_release(&script->arena);
	wr_text_release(&script->text);
}

static inline wr_status *script_statement(struct script *script, const struct wr_ast_stmt *stmt)
{
	wr_plan_free(script->plan);
	script->plan = NULL;
	switch (stmt->kind) {
	case WR_AST_CREATE_TABLE: return wr_analyze_create_table(&script->env, &stmt->create_table);
	case WR_AST_CREATE_VIEW: return wr_analyze_create_view(&script->env, &stmt->create_view);
	case WR_AST_SELECT:
		script->plan = wr_plan_new();
		return wr_analyze_query(&script->env, stmt->query, script->plan);
	case WR_AST_INSERT:
		script->plan = wr_plan_new();
		return wr_analyze_insert(&script->env, &stmt->insert, script->plan);
	case WR_AST_SET:
		if (strcmp(stmt->set.key, "table.local-time-zone") == 0)
			script->env.zone_id = stmt->set.value;
		return NULL;
	default: return wr_status_new(WR_FATAL, "the test cannot run this statement");
	}
}

static inline wr_status *script_run(struct script *script, const char *sql)
{
	char *copy = wr_arena_strdup(&script->arena, sql);
	struct wr_ast_script all;

	WR_TRY(wr_parse_script(&script->arena, wr_str_of(copy), NULL, &all));
	for (uint32_t i = 0; i < all.count; i++)
		WR_TRY(script_statement(script, all.items[i]));
	return NULL;
}

/* "line:column text | hint" of a status, freed. */
static inline const char *script_error(struct script *script, wr_status *status)
{
	wr_text_clear(&script->text);
	if (status == NULL)
		return "no error";
	wr_text_printf(&script->text, "%u:%u %s", status->pos.line, status->pos.column,
		       status->text);
	if (status->hint != NULL)
		wr_text_printf(&script->text, " | %s", status->hint);
	wr_status_free(status);
	return wr_text_str(&script->text);
}

/* "name TYPE, name TYPE" of the last plan's output, with time attributes. */
static inline const char *script_schema(struct script *script, const char *separator)
{
	const struct wr_schema *schema = &script->plan->root[0]->schema;

	wr_text_clear(&script->text);
	for (uint32_t i = 0; i < schema->count; i++) {
		wr_text_printf(&script->text, "%s%s ", i > 0 ? separator : "",
			       schema->field[i].name);
		wr_type_print(&script->text, schema->field[i].type);
	}
	return wr_text_str(&script->text);
}

/* The last plan's tree: "Sink(Project(Filter(Scan)))". */
static inline void script_tree_add(struct wr_text *text, const struct wr_node *node)
{
	wr_text_puts(text, wr_node_kind_str(node->kind));
	for (uint32_t i = 0; i < node->input_count; i++) {
		wr_text_puts(text, i == 0 ? "(" : ", ");
		script_tree_add(text, node->input[i]);
	}
	wr_text_puts(text, node->input_count > 0 ? ")" : "");
}

static inline const char *script_tree(struct script *script)
{
	wr_text_clear(&script->text);
	script_tree_add(&script->text, script->plan->root[0]->input[0]);
	return wr_text_str(&script->text);
}

/* The first node of a kind in the last plan, or NULL. */
static inline struct wr_node *script_find(struct wr_node *node, enum wr_node_kind kind)
{
	struct wr_node *found = node->kind == kind ? node : NULL;

	for (uint32_t i = 0; found == NULL && i < node->input_count; i++)
		found = script_find(node->input[i], kind);
	return found;
}

#endif
