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

#include "base/mem.h"

#define DATABASES_MAX 4096u /* offered in hints */

/* --- names */

wr_status *wr_full_name(const struct wr_analyze_env *env, const struct wr_ast_name *name,
			struct wr_full_name *out)
{
	const struct wr_current *current = &wr_catalog_databases(env->catalog)->current;
	const struct wr_ast_ident *last = &name->parts[name->count - 1];

	if (name->count > 3)
		return wr_status_at(WR_USER_ERROR, name->pos,
				    "A table's name has at most three parts: "
				    "catalog.database.table");
	out->part[0] = (struct wr_ast_ident){.text = current->catalog, .pos = last->pos};
	out->part[1] = (struct wr_ast_ident){.text = current->database, .pos = last->pos};
	memcpy(out->part + 3 - name->count, name->parts, name->count * sizeof *name->parts);
	out->name = (struct wr_ast_name){out->part, 3, name->pos};
	out->foreign = strcmp(out->part[0].text, WR_DEFAULT_CATALOG) != 0;
	out->home = wr_is_home(out->part[0].text, out->part[1].text);
	return NULL;
}

wr_status *wr_renamed(const struct wr_analyze_env *env, const struct wr_ast_name *name,
		      const struct wr_ast_name *to, struct wr_full_name *out)
{
	struct wr_full_name from;

	WR_TRY(wr_full_name(env, name, &from));
	WR_TRY(wr_full_name(env, to, out));
	for (uint32_t i = 0; i + to->count < 3; i++)
		out->part[i].text = from.part[i].text;
	out->foreign = from.foreign;
	out->home = from.home;
	for (uint32_t i = 0; i < 2; i++)
		if (strcmp(out->part[i].text, from.part[i].text) != 0)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, out->part[i].pos,
					 "RENAME TO cannot move '%s' from %s '%s' to '%s'",
					 from.part[2].text, i == 0 ? "catalog" : "database",
					 from.part[i].text, out->part[i].text),
			    "Give the new name alone");
	return NULL;
}

static wr_status *no_database(struct wr_databases *databases, const struct wr_ast_ident *ident)
{
	wr_status *status = wr_status_because(
	    wr_status_at(WR_USER_ERROR, ident->pos, "There is no database '%s'", ident->text),
	    WR_NO_DATABASE);
	uint32_t count = WR_MIN(databases->own.count, DATABASES_MAX);
	const char **names;

	if (count == 0)
		return wr_status_hint(status, "The only database is 'default_database'");
	names = wr_calloc(count + 1, sizeof *names);
	names[0] = WR_DEFAULT_DATABASE;
	for (uint32_t i = 0; i < count; i++)
		names[i + 1] = databases->own.entry[i].key;
	wr_hint_names(status, ident->text, "There are", names, count + 1);
	wr_free(names);
	return status;
}

wr_status *wr_check_database(const struct wr_analyze_env *env, const struct wr_full_name *full)
{
	struct wr_databases *databases = wr_catalog_databases(env->catalog);

	if (full->foreign && env->declaration == NULL)
		return wr_status_hint(
		    wr_status_because(wr_status_at(WR_USER_ERROR, full->part[0].pos,
						   "There is no catalog '%s'", full->part[0].text),
				      WR_NO_CATALOG),
		    "The only catalog is 'default_catalog'");
	if (full->foreign || wr_databases_has(databases, full->part[1].text))
		return NULL;
	return no_database(databases, &full->part[1]);
}

/* How the session calls a table. */
static void put_key(struct wr_text *text, const struct wr_full_name *full)
{
	if (full->home)
		wr_text_puts(text, full->part[2].text);
	else
		wr_text_printf(text, "%s.%s.%s", full->part[0].text, full->part[1].text,
			       full->part[2].text);
}

const struct wr_table *wr_find_kept(const struct wr_analyze_env *env,
				    const struct wr_full_name *full)
{
	const struct wr_table *table;
	struct wr_text key;

	wr_text_init(&key);
	put_key(&key, full);
	table = wr_catalog_find(env->catalog, wr_text_str(&key));
	wr_text_release(&key);
	if (table == NULL || full->home) /* `a.b.c` is not a.b.c */
		return table != NULL && table->path[0] == NULL ? table : NULL;
	for (uint32_t i = 0; i < 3; i++)
		if (table->path[i] == NULL || strcmp(table->path[i], full->part[i].text) != 0)
			return NULL;
	return table;
}

struct wr_table *wr_new_table(const struct wr_full_name *full)
{
	struct wr_table *table;
	struct wr_text key;

	wr_text_init(&key);
	put_key(&key, full);
	table = wr_table_new(wr_text_str(&key));
	wr_text_release(&key);
	for (uint32_t i = 0; !full->home && i < 3; i++)
		table->path[i] = wr_arena_strdup(&table->arena, full->part[i].text);
	return table;
}

wr_status *wr_find_to_declare(struct wr_analyze_env *env, const struct wr_ast_name *name,
			      bool temporary, struct wr_full_name *full,
			      const struct wr_table **found)
{
	WR_TRY(wr_full_name(env, name, full));
	WR_TRY(wr_check_database(env, full));
	*found = wr_find_kept(env, full);
	if (*found != NULL && full->foreign && temporary && !(*found)->temporary) {
		wr_table_free(wr_catalog_take(env->catalog, (*found)->name)); /* is hidden now */
		*found = NULL;
	}
	return NULL;
}

/* --- tables of other catalogs */

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
static wr_status *add_foreign(struct wr_analyze_env *env, const struct wr_full_name *full)
{
	struct wr_table *table = wr_new_table(full);
	wr_status *status = declare(env, &full->name, table);

	if (status != NULL) {
		wr_table_free(table);
		return status;
	}
	forget_places(table);
	table->temporary = false;
	if (env->embedded && table->connector != NULL && table->connector->embed_new != NULL)
		table->embed = table->connector->embed_new();
	return wr_catalog_add(env->catalog, table);
}

wr_status *wr_find_table(struct wr_analyze_env *env, const struct wr_ast_name *name,
			 const char **local, const struct wr_table **out)
{
	struct wr_full_name full;

	WR_TRY(wr_full_name(env, name, &full));
	WR_TRY(wr_check_database(env, &full));
	*out = wr_find_kept(env, &full);
	if (*out == NULL && full.foreign) {
		WR_TRY(add_foreign(env, &full));
		*out = wr_find_kept(env, &full);
	}
	*local = *out != NULL ? (*out)->name : name->parts[name->count - 1].text;
	return NULL;
}
