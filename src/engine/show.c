/* SPDX-License-Identifier: Apache-2.0
 *
 * show - SHOW and DESCRIBE, as lines of text and as Flink's rows.
 */
#include <fnmatch.h>
#include <stdlib.h>

#include "analyze/analyzer.h"
#include "analyze/describe.h"
#include "base/mem.h"
#include "engine/catalogs.h"
#include "engine/databases.h"
#include "engine/plugin.h"
#include "expr/function.h"

static bool is_of(const struct wr_table *table, const struct wr_current *database)
{
	return table->path[0] != NULL ? strcmp(table->path[0], database->catalog) == 0 &&
					    strcmp(table->path[1], database->database) == 0
				      : wr_is_home(database->catalog, database->database);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines in order, each once. */
static void put_sorted(struct wr_session *session, const char *lines, struct wr_text *text)
{
	const char **line =
	    WR_NEW_ARRAY(&session->script, const char *, strlen(lines) + 1); /* more than enough */
	uint32_t count = 0;

	for (; *lines != '\0'; lines += lines[0] == '\n') {
		size_t len = strcspn(lines, "\n");

		line[count++] = wr_arena_strndup(&session->script, lines, len);
		lines += len;
	}
	qsort(line, count, sizeof *line, by_name);
	for (uint32_t i = 0; i < count; i++)
		if (i == 0 || strcmp(line[i], line[i - 1]) != 0)
			wr_text_printf(text, "%s\n", line[i]);
}

/* What the session has, and, of other catalogs, what they tell. */
static wr_status *show_tables(struct wr_session *session, const struct wr_current *of,
			      bool views_only, struct wr_pos pos, struct wr_text *text)
{
	bool foreign = strcmp(of->catalog, WR_DEFAULT_CATALOG) != 0;
	struct wr_text all;
	wr_status *status = NULL;

	wr_text_init(&all);
	for (uint32_t i = 0; i < wr_catalog_count(session->catalog); i++) {
		const struct wr_table *table = wr_catalog_at(session->catalog, i);

		if (is_of(table, of) && (!views_only || table->is_view) &&
		    (!foreign || table->temporary))
			wr_text_printf(&all, "%s\n",
				       table->path[0] != NULL ? table->path[2] : table->name);
	}
	if (foreign && !views_only)
		status = wr_catalogs_show_tables(session, of, pos, &all);
	if (status == NULL)
		put_sorted(session, wr_text_str(&all), text);
	wr_text_release(&all);
	return status;
}

/* SHOW TABLES and VIEWS [FROM [catalog.]database]. */
static wr_status *show_database(struct wr_session *session, const struct wr_ast_show *show,
				struct wr_text *text)
{
	struct wr_current of = wr_catalog_databases(session->catalog)->current;

	if (show->name.count > 0)
		WR_TRY(wr_database_find(session, &show->name, &of));
	return show_tables(session, &of, show->kind == WR_AST_SHOW_VIEWS, show->name.pos, text);
}

/* SHOW DATABASES [FROM catalog]. */
static wr_status *show_databases(struct wr_session *session, const struct wr_ast_show *show,
				 struct wr_text *text)
{
	const struct wr_current *current = &wr_catalog_databases(session->catalog)->current;
	struct wr_ast_ident catalog = {.text = current->catalog};
	struct wr_text all;
	wr_status *status;

	if (show->name.count > 1)
		return wr_status_at(WR_USER_ERROR, show->name.pos, "A catalog's name has one part");
	if (show->name.count > 0)
		catalog = show->name.parts[0];
	if (strcmp(catalog.text, WR_DEFAULT_CATALOG) == 0) {
		wr_databases_show(session, text);
		return NULL;
	}
	wr_text_init(&all);
	status = wr_catalogs_show_databases(session, &catalog, &all);
	if (status == NULL)
		put_sorted(session, wr_text_str(&all), text);
	wr_text_release(&all);
	return status;
}

static void show_user_functions(const struct wr_catalog *catalog, struct wr_text *text)
{
	for (uint32_t i = 0; i < wr_catalog_function_count(catalog); i++)
		wr_text_printf(text, "%s\n", wr_catalog_function_at(catalog, i)->name);
}

static void show_functions(struct wr_text *text)
{
	uint32_t count, agg_count;
	const struct wr_function *const *list = wr_function_list(&count);
	const struct wr_agg_function *const *aggs = wr_agg_list(&agg_count);

	for (uint32_t i = 0; i < count; i++)
		if (!(list[i]->flags & WR_F_OPERATOR))
			wr_text_printf(text, "%s\n", list[i]->name);
	for (uint32_t i = 0; i < agg_count; i++)
		wr_text_printf(text, "%s\n", aggs[i]->name);
}

/* SQL's LIKE as a file name pattern: % is *, _ is ?. */
static bool like(const char *pattern, const char *name, size_t len, bool ignore_case)
{
	struct wr_text glob, word;
	bool found;

	wr_text_init(&glob);
	wr_text_init(&word);
	for (; *pattern != '\0'; pattern++)
		wr_text_putc(&glob, (char)(*pattern == '%'   ? '*'
					   : *pattern == '_' ? '?'
							     : *pattern));
	wr_text_add(&word, name, len);
	found =
	    fnmatch(wr_text_str(&glob), wr_text_str(&word), ignore_case ? FNM_CASEFOLD : 0) == 0;
	wr_text_release(&glob);
	wr_text_release(&word);
	return found;
}

/* Keeps the lines that LIKE asks for. */
static char *filter_lines(const struct wr_ast_show *show, struct wr_text *all)
{
	struct wr_text kept;
	const char *line = wr_text_str(all);

	wr_text_init(&kept);
	wr_text_puts(&kept, "");
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		if (show->like == NULL ||
		    like(show->like, line, len, show->ilike) != show->not_like) {
			wr_text_add(&kept, line, len);
			wr_text_putc(&kept, '\n');
		}
		line += len + (line[len] == '\n');
	}
	wr_text_release(all);
	return kept.data != NULL ? kept.data : wr_strdup("");
}

static wr_status *find_table(struct wr_session *session, const struct wr_ast_name *name,
			     const struct wr_table **table)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	const char *local;

	WR_TRY(wr_find_table(&env, name, &local, table));
	return *table != NULL
		   ? NULL
		   : wr_catalog_unknown(session->catalog, local, name->parts[name->count - 1].pos);
}

/* Appends a table of cells with a rule above and below the header, columns as wide as their widest
 * cell. */
static void print_grid(struct wr_text *text, const char *const *cell, uint32_t rows,
		       uint32_t columns)
{
	for (uint32_t r = 0; r < rows; r++) {
		for (uint32_t c = 0; c < columns; c++) {
			size_t width = 0;

			for (uint32_t i = 0; i < rows; i++)
				width = WR_MAX(width, strlen(cell[i * columns + c]));
			wr_text_printf(text, "%s %-*s ", c == 0 ? "|" : "", (int)width,
				       cell[r * columns + c]);
			wr_text_putc(text, '|');
		}
		wr_text_putc(text, '\n');
	}
}

/* A column of comments when there are any. */
static void describe_rows(struct wr_prepared *prepared, const struct wr_describe_row *row,
			  uint32_t row_count)
{
	static const struct wr_field field[] = {
	    {"name", &WR_T_STRING},   {"type", &WR_T_STRING},   {"null", &WR_T_BOOLEAN},
	    {"key", &WR_T_STRING},    {"extras", &WR_T_STRING}, {"watermark", &WR_T_STRING},
	    {"comment", &WR_T_STRING}};
	uint32_t columns = WR_COUNT(field) - 1;
	const char **cell, **at;

	for (uint32_t i = 0; i < row_count; i++)
		if (row[i].comment != NULL)
			columns = WR_COUNT(field);
	at = cell = WR_NEW_ARRAY(&prepared->arena, const char *, row_count *columns + 1);
	for (uint32_t i = 0; i < row_count; i++, at += columns) {
		memcpy(at,
		       (const char *[]){row[i].name, row[i].type,
					row[i].nullable ? "TRUE" : "FALSE", row[i].key,
					row[i].extras, row[i].watermark},
		       6 * sizeof *at);
		if (columns > 6)
			at[6] = row[i].comment;
	}
	wr_shown_cells(prepared, field, columns, cell, row_count);
}

wr_status *wr_prepare_describe(struct wr_session *session, struct wr_prepared *prepared,
			       const struct wr_ast_name *name, struct wr_pos pos)
{
	enum { COLUMNS = 6 };
	const struct wr_table *table;
	const struct wr_describe_row *row;
	const char **cell;
	struct wr_text text;

	WR_TRY(find_table(session, name, &table));
	row = wr_describe_table(&prepared->arena, table);
	cell = WR_NEW_ARRAY(&session->script, const char *, (table->column_count + 1) * COLUMNS);
	memcpy(cell, (const char *[]){"name", "type", "null", "key", "extras", "watermark"},
	       COLUMNS * sizeof *cell);
	for (uint32_t i = 0; i < table->column_count; i++) {
		const char **at = cell + (i + 1) * COLUMNS;

		at[0] = row[i].name;
		at[1] = row[i].type;
		at[2] = row[i].nullable ? "TRUE" : "FALSE";
		at[3] = row[i].key != NULL ? row[i].key : "";
		at[4] = row[i].extras != NULL ? row[i].extras : "";
		at[5] = row[i].watermark != NULL ? row[i].watermark : "";
	}
	wr_text_init(&text);
	print_grid(&text, cell, table->column_count + 1, COLUMNS);
	wr_prepared_text(prepared, text.data);
	describe_rows(prepared, row, table->column_count);
	return NULL;
}

/* The one column of a list. */
static const char *list_column(enum wr_ast_show_kind kind)
{
	switch (kind) {
	case WR_AST_SHOW_TABLES: return "table name";
	case WR_AST_SHOW_VIEWS: return "view name";
	case WR_AST_SHOW_FUNCTIONS: return "function name";
	case WR_AST_SHOW_CATALOGS: return "catalog name";
	case WR_AST_SHOW_DATABASES: return "database name";
	case WR_AST_SHOW_CURRENT_CATALOG: return "current catalog name";
	case WR_AST_SHOW_CURRENT_DATABASE: return "current database name";
	case WR_AST_SHOW_MODULES: return "module name";
	default: return "result";
	}
}

wr_status *wr_prepare_show(struct wr_session *session, struct wr_prepared *prepared,
			   const struct wr_ast_show *show, struct wr_pos pos)
{
	const struct wr_current *current = &wr_catalog_databases(session->catalog)->current;
	const struct wr_table *table;
	struct wr_text text;
	wr_status *status = NULL;

	wr_text_init(&text);
	switch (show->kind) {
	case WR_AST_SHOW_TABLES:
	case WR_AST_SHOW_VIEWS: status = show_database(session, show, &text); break;
	case WR_AST_SHOW_FUNCTIONS:
		if (!show->user_only)
			show_functions(&text);
		show_user_functions(session->catalog, &text);
		break;
	case WR_AST_SHOW_CREATE_TABLE:
	case WR_AST_SHOW_CREATE_VIEW:
		WR_TRY(find_table(session, &show->name, &table));
		wr_show_create(&text, table);
		wr_text_putc(&text, '\n');
		wr_prepared_text(prepared, text.data);
		wr_shown_whole(prepared);
		return NULL;
	case WR_AST_SHOW_COLUMNS: return wr_prepare_describe(session, prepared, &show->name, pos);
	case WR_AST_SHOW_CATALOGS: wr_catalogs_show(session, &text); break;
	case WR_AST_SHOW_CURRENT_CATALOG: wr_text_printf(&text, "%s\n", current->catalog); break;
	case WR_AST_SHOW_DATABASES: status = show_databases(session, show, &text); break;
	case WR_AST_SHOW_CURRENT_DATABASE: wr_text_printf(&text, "%s\n", current->database); break;
	case WR_AST_SHOW_MODULES: wr_plugins_show(session, &text); break;
	case WR_AST_SHOW_JOBS: break;
	}
	if (status != NULL) {
		wr_text_release(&text);
		return status;
	}
	wr_prepared_text(prepared, filter_lines(show, &text));
	wr_shown_lines(prepared, list_column(show->kind));
	return NULL;
}
