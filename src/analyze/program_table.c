/* SPDX-License-Identifier: Apache-2.0
 *
 * program_table - see program_table.h.
 *
 * The columns of a source are read as those of a CREATE TABLE statement, which is written around
 * them.
 */
#include "analyze/program_table.h"

#include "analyze/analyzer.h"
#include "sql/parser.h"

/* The text is no part of a script: places in it say nothing. */
static wr_status *about_columns(wr_status *status, const char *name, const char *columns)
{
	wr_status *told;

	if (status == NULL)
		return NULL;
	told = wr_status_new(WR_USER_ERROR, "The columns of source '%s', '%s': %s", name, columns,
			     status->text);
	if (status->hint != NULL)
		wr_status_hint(told, "%s", status->hint);
	wr_status_free(status);
	return told;
}

static wr_status *read_columns(struct wr_analyze_env *env, const char *columns,
			       struct wr_table *table)
{
	const struct wr_ast_create_table *create;

	WR_TRY(wr_parse_table_text(&table->arena, wr_str_of(columns), &create));
	WR_TRY(wr_resolve_table(env, create, table));
	table->pos = (struct wr_pos){0};
	if (table->given_count > 0 || table->partition_count > 0)
		return wr_status_new(WR_USER_ERROR, "There is more than columns");
	for (uint32_t i = 0; i < table->column_count; i++) {
		table->column[i].pos = (struct wr_pos){0};
		if (table->column[i].role == WR_COL_METADATA)
			return wr_status_new(WR_USER_ERROR,
					     "Column '%s' is METADATA, of which a source of the "
					     "program has none",
					     table->column[i].name);
	}
	return NULL;
}

wr_status *wr_program_source_table(struct wr_analyze_env *env, const char *name,
				   const char *columns, const struct wr_connector *connector,
				   struct wr_embed *embed, struct wr_table **out)
{
	struct wr_table *table = wr_table_new(name);
	wr_status *status;

	table->embed = embed;
	status = about_columns(read_columns(env, columns, table), name, columns);
	if (status != NULL) {
		wr_table_free(table);
		return status;
	}
	table->connector = connector;
	*out = table;
	return NULL;
}

struct wr_table *wr_program_sink_table(const char *name, const struct wr_schema *schema,
				       const struct wr_connector *connector, struct wr_embed *embed)
{
	struct wr_table *table = wr_table_new(name);

	table->embed = embed;
	table->connector = connector;
	table->column_count = schema->count;
	table->column = WR_NEW_ARRAY(&table->arena, struct wr_table_column, schema->count + 1);
	for (uint32_t i = 0; i < schema->count; i++)
		table->column[i] = (struct wr_table_column){
		    .name = wr_arena_strdup(&table->arena, schema->field[i].name),
		    .type = wr_type_copy(&table->arena, schema->field[i].type),
		    .role = WR_COL_PHYSICAL};
	return table;
}
