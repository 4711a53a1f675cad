/* SPDX-License-Identifier: Apache-2.0
 *
 * show - SHOW and DESCRIBE as lines of text.
 */
#include <fnmatch.h>

#include "analyze/analyzer.h"
#include "analyze/describe.h"
#include "base/mem.h"
#include "engine/catalogs.h"
#include "engine/plugin.h"
#include "expr/function.h"

static void show_tables(struct wr_session *session, struct wr_text *text, bool views_only)
{
	for (uint32_t i = 0; i < wr_catalog_count(session->catalog); i++) {
		const struct wr_table *table = wr_catalog_at(session->catalog, i);

		if (table->path[0] == NULL && (!views_only || table->is_view))
			wr_text_printf(text, "%s\n", table->name);
	}
}

/* SHOW TABLES and VIEWS [FROM [catalog.]database]. */
static wr_status *show_database(struct wr_session *session, const struct wr_ast_show *show,
				struct wr_text *text)
{
	const struct wr_ast_name *name = &show->name;
	bool views = show->kind == WR_AST_SHOW_VIEWS;

	if (name->count > 2)
		return wr_status_at(WR_USER_ERROR, name->pos,
				    "A database's name has at most two parts: catalog.database");
	if (name->count == 2 && strcmp(name->parts[0].text, "default_catalog") != 0)
		return wr_catalogs_show_tables(session, name, views, text);
	if (name->count > 0 && strcmp(name->parts[name->count - 1].text, "default_database") != 0)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, name->parts[name->count - 1].pos,
						   "There is no database '%s'",
						   name->parts[name->count - 1].text),
				      "Write catalog.database for one of another catalog");
	show_tables(session, text, views);
	return NULL;
}

/* SHOW DATABASES [FROM catalog]. */
static wr_status *show_databases(struct wr_session *session, const struct wr_ast_show *show,
				 struct wr_text *text)
{
	if (show->name.count > 0 && strcmp(show->name.parts[0].text, "default_catalog") != 0)
		return wr_catalogs_show_databases(session, &show->name, text);
	wr_text_puts(text, "default_database\n");
	return NULL;
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

wr_status *wr_prepare_describe(struct wr_session *session, struct wr_prepared *prepared,
			       const struct wr_ast_name *name, struct wr_pos pos)
{
	enum { COLUMNS = 6 };
	const struct wr_table *table;
	const struct wr_describe_row *row;
	const char **cell;
	struct wr_text text;

	WR_TRY(find_table(session, name, &table));
	row = wr_describe_table(&session->script, table);
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
	return NULL;
}

wr_status *wr_prepare_show(struct wr_session *session, struct wr_prepared *prepared,
			   const struct wr_ast_show *show, struct wr_pos pos)
{
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
		return NULL;
	case WR_AST_SHOW_COLUMNS: return wr_prepare_describe(session, prepared, &show->name, pos);
	case WR_AST_SHOW_CATALOGS: wr_catalogs_show(session, &text); break;
	case WR_AST_SHOW_CURRENT_CATALOG: wr_text_puts(&text, "default_catalog\n"); break;
	case WR_AST_SHOW_DATABASES: status = show_databases(session, show, &text); break;
	case WR_AST_SHOW_CURRENT_DATABASE: wr_text_puts(&text, "default_database\n"); break;
	case WR_AST_SHOW_MODULES: wr_plugins_show(session, &text); break;
	case WR_AST_SHOW_JOBS: break;
	}
	if (status != NULL)
		wr_text_release(&text);
	else
		wr_prepared_text(prepared, filter_lines(show, &text));
	return status;
}
