/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog_table - tables by their names, of the session's own catalog or of another one.
 *
 * A table of another catalog is asked for when its name is first used: the text that the catalog
 * gives is read as a CREATE TABLE statement, and the table stays in the session under its joined
 * name, so that plans and checkpoints call it the same every time.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "sql/parser.h"

bool wr_is_foreign(const struct wr_ast_name *name)
{
	return name->count == 3 && strcmp(name->parts[0].text, "default_catalog") != 0;
}

/* The text is no part of the script: its places become words. `above`: lines before it. */
static wr_status *about_text(wr_status *status, const struct wr_ast_name *name, uint32_t above)
{
	const struct wr_ast_ident *part = name->parts;
	wr_status *told;

	if (status == NULL)
		return NULL;
	if (status->pos.line > above)
		told = wr_status_at(WR_USER_ERROR, name->pos,
				    "Catalog '%s' declares table '%s.%s' wrongly, in line %u, "
				    "column %u: %s",
				    part[0].text, part[1].text, part[2].text,
				    status->pos.line - above, status->pos.column, status->text);
	else
		told = wr_status_at(WR_USER_ERROR, name->pos,
				    "Catalog '%s' declares table '%s.%s' wrongly: %s", part[0].text,
				    part[1].text, part[2].text, status->text);
	if (status->hint != NULL)
		wr_status_hint(told, "%s", status->hint);
	wr_status_free(status);
	return told;
}

static wr_status *read_text(struct wr_analyze_env *env, const char *sql, struct wr_table *table)
{
	const struct wr_ast_create_table *create;
	struct wr_ast_script script = {0};

	WR_TRY(wr_parse_script(&table->arena, wr_str_of(sql), NULL, &script));
	if (script.count != 1 || script.items[0]->kind != WR_AST_CREATE_TABLE)
		return wr_status_new(WR_USER_ERROR, "It is not one CREATE TABLE statement");
	create = &script.items[0]->create_table;
	if (create->query != NULL || create->like.count > 0 ||
	    create->distribution != WR_AST_DISTRIBUTION_NONE)
		return wr_status_new(WR_USER_ERROR,
				     "It cannot have AS, LIKE or DISTRIBUTED BY here");
	return wr_resolve_table(env, create, table);
}

/* Places in the text would be taken for places in the script. */
static void forget_places(struct wr_table *table)
{
	struct wr_given *given =
	    WR_NEW_ARRAY(&table->arena, struct wr_given, table->given_count + 1);

	for (uint32_t i = 0; i < table->given_count; i++)
		given[i] = (struct wr_given){table->given[i].key, table->given[i].value, {0}};
	table->given = given;
	for (uint32_t i = 0; i < table->column_count; i++)
		table->column[i].pos = (struct wr_pos){0};
	table->pos = (struct wr_pos){0};
}

/* Asks the catalog for the table. */
static wr_status *declare(struct wr_analyze_env *env, const struct wr_ast_name *name,
			  struct wr_table *table)
{
	struct wr_text text;
	const char *sql;
	bool bare;
	wr_status *status;

	wr_text_init(&text);
	status = env->declaration(env->declaration_user, name, &text);
	sql = wr_text_str(&text);
	bare = sql[strspn(sql, " \t\r\n")] == '(';
	if (status == NULL && strlen(sql) != text.len)
		status = about_text(wr_status_new(WR_USER_ERROR, "It has a NUL byte"), name, 0);
	if (status == NULL) {
		sql = wr_arena_printf(&table->arena, "%s%s", bare ? "CREATE TABLE t\n" : "", sql);
		status = about_text(read_text(env, sql, table), name, bare);
	}
	wr_text_release(&text);
	return status;
}

/* Makes a table that the catalog has not been asked for yet. */
static wr_status *add_foreign(struct wr_analyze_env *env, const struct wr_ast_name *name,
			      const char *local)
{
	struct wr_table *table = wr_table_new(local);
	wr_status *status;

	for (uint32_t i = 0; i < 3; i++)
		table->path[i] = wr_arena_strdup(&table->arena, name->parts[i].text);
	status = declare(env, name, table);
	if (status != NULL) {
		wr_table_free(table);
		return status;
	}
	forget_places(table);
	if (env->embedded && table->connector != NULL && table->connector->embed_new != NULL)
		table->embed = table->connector->embed_new();
	return wr_catalog_add(env->catalog, table);
}

/* The table that was asked for under these three names before; NULL: none. */
static const struct wr_table *find_foreign(const struct wr_catalog *catalog,
					   const struct wr_ast_name *name, const char *local)
{
	const struct wr_table *table = wr_catalog_find(catalog, local);

	for (uint32_t i = 0; table != NULL && i < 3; i++)
		if (table->path[i] == NULL || strcmp(table->path[i], name->parts[i].text) != 0)
			return NULL;
	return table;
}

wr_status *wr_find_table(struct wr_analyze_env *env, const struct wr_ast_name *name,
			 const char **local, const struct wr_table **out)
{
	struct wr_text joined;
	wr_status *status = NULL;

	if (!wr_is_foreign(name) || env->declaration == NULL) {
		WR_TRY(wr_local_name(name, local));
		*out = wr_catalog_find(env->catalog, *local);
		if (*out != NULL && (*out)->path[0] != NULL) /* `a.b.c` is not a.b.c */
			*out = NULL;
		return NULL;
	}
	wr_text_init(&joined);
	wr_text_printf(&joined, "%s.%s.%s", name->parts[0].text, name->parts[1].text,
		       name->parts[2].text);
	*out = find_foreign(env->catalog, name, wr_text_str(&joined));
	if (*out == NULL)
		status = add_foreign(env, name, wr_text_str(&joined));
	if (status == NULL)
		*out = find_foreign(env->catalog, name, wr_text_str(&joined));
	wr_text_release(&joined);
	if (status == NULL)
		*local = (*out)->name;
	return status;
}
