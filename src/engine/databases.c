/* SPDX-License-Identifier: Apache-2.0
 *
 * databases - see databases.h.
 */
#include "engine/databases.h"

#include <stdlib.h>

#include "analyze/analyzer.h"
#include "base/mem.h"
#include "engine/catalogs.h"

#define DATABASES_MAX 4096u /* of a session */

/* Both parts of a name; nobody looks whether they are there. */
static wr_status *split(struct wr_session *session, const struct wr_ast_name *name,
			struct wr_ast_ident *catalog, struct wr_ast_ident *database)
{
	const struct wr_current *current = &wr_catalog_databases(session->catalog)->current;

	if (name->count > 2)
		return wr_status_at(WR_USER_ERROR, name->pos,
				    "A database's name has at most two parts: catalog.database");
	*catalog = (struct wr_ast_ident){.text = current->catalog, .pos = name->pos};
	*database = (struct wr_ast_ident){.text = current->database, .pos = name->pos};
	if (name->count == 2)
		*catalog = name->parts[0];
	if (name->count > 0)
		*database = name->parts[name->count - 1];
	return NULL;
}

static bool is_default(const struct wr_ast_ident *catalog)
{
	return strcmp(catalog->text, WR_DEFAULT_CATALOG) == 0;
}

/* Databases of plugins stay as they are. */
static wr_status *own_alone(const struct wr_session *session, const struct wr_ast_ident *catalog,
			    const char *statement)
{
	if (is_default(catalog))
		return NULL;
	WR_TRY(wr_catalogs_check(session, catalog));
	return wr_status_at(WR_USER_ERROR, catalog->pos,
			    "%s cannot change catalog '%s': its databases are those of the plugin",
			    statement, catalog->text);
}

wr_status *wr_database_find(struct wr_session *session, const struct wr_ast_name *name,
			    struct wr_current *out)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	struct wr_full_name full = {0};

	WR_TRY(split(session, name, &full.part[0], &full.part[1]));
	full.foreign = !is_default(&full.part[0]);
	WR_TRY(full.foreign ? wr_catalogs_check_database(session, &full.part[0], &full.part[1])
			    : wr_check_database(&env, &full));
	*out = (struct wr_current){full.part[0].text, full.part[1].text};
	return NULL;
}

wr_status *wr_database_create(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	struct wr_databases *databases = wr_catalog_databases(session->catalog);
	struct wr_ast_ident catalog = {0}, database = {0};

	WR_TRY(split(session, &stmt->database.name, &catalog, &database));
	WR_TRY(own_alone(session, &catalog, "CREATE DATABASE"));
	if (wr_databases_has(databases, database.text))
		return stmt->database.if_exists
			   ? NULL
			   : wr_status_because(wr_status_at(WR_USER_ERROR, database.pos,
							    "A database '%s' exists already",
							    database.text),
					       WR_DATABASE_EXISTS);
	if (databases->own.count >= DATABASES_MAX)
		return wr_status_at(WR_USER_ERROR, database.pos, "There are %u databases already",
				    DATABASES_MAX);
	wr_map_put(&databases->own, database.text, databases);
	return NULL;
}

/* Its tables go, or are in the way; plans that use them keep them. */
static wr_status *empty(struct wr_session *session, const struct wr_ast_ident *database,
			bool cascade)
{
	for (uint32_t i = wr_catalog_count(session->catalog); i-- > 0;) {
		const struct wr_table *table = wr_catalog_at(session->catalog, i);

		if (table->path[0] == NULL || strcmp(table->path[0], WR_DEFAULT_CATALOG) != 0 ||
		    strcmp(table->path[1], database->text) != 0)
			continue;
		if (!cascade)
			return wr_status_hint(wr_status_at(WR_USER_ERROR, database->pos,
							   "Database '%s' is not empty: it has "
							   "'%s'",
							   database->text, table->path[2]),
					      "Write DROP DATABASE %s CASCADE to drop it with all "
					      "that it has",
					      database->text);
		wr_table_free(wr_catalog_take(session->catalog, table->name));
	}
	return NULL;
}

wr_status *wr_database_drop(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	struct wr_databases *databases = wr_catalog_databases(session->catalog);
	struct wr_analyze_env env = wr_session_analyze_env(session);
	struct wr_full_name full = {0};

	WR_TRY(split(session, &stmt->database.name, &full.part[0], &full.part[1]));
	WR_TRY(own_alone(session, &full.part[0], "DROP DATABASE"));
	if (strcmp(full.part[1].text, WR_DEFAULT_DATABASE) == 0)
		return wr_status_at(WR_USER_ERROR, full.part[1].pos,
				    "Database 'default_database' cannot be dropped");
	if (!wr_databases_has(databases, full.part[1].text))
		return stmt->database.if_exists ? NULL : wr_check_database(&env, &full);
	if (strcmp(databases->current.catalog, WR_DEFAULT_CATALOG) == 0 &&
	    strcmp(databases->current.database, full.part[1].text) == 0)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, full.part[1].pos,
						   "Database '%s' is the current one",
						   full.part[1].text),
				      "USE another one first");
	WR_TRY(empty(session, &full.part[1], stmt->database.cascade));
	wr_map_remove(&databases->own, full.part[1].text);
	return NULL;
}

wr_status *wr_database_alter(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	struct wr_ast_ident catalog = {0}, database = {0};
	struct wr_current found;

	WR_TRY(split(session, &stmt->database.name, &catalog, &database));
	WR_TRY(own_alone(session, &catalog, "ALTER DATABASE"));
	return wr_database_find(session, &stmt->database.name, &found);
}

/* --- USE */

wr_status *wr_catalog_use(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	struct wr_databases *databases = wr_catalog_databases(session->catalog);
	const struct wr_ast_ident *name = &stmt->catalog.name;
	struct wr_text first;
	wr_status *status;

	if (strcmp(databases->current.catalog, name->text) == 0)
		return NULL;
	if (is_default(name)) {
		wr_databases_use(databases, WR_DEFAULT_CATALOG, WR_DEFAULT_DATABASE);
		return NULL;
	}
	wr_text_init(&first);
	status = wr_catalogs_show_databases(session, name, &first);
	if (status == NULL) {
		const char *names = wr_text_str(&first);

		wr_databases_use(databases, name->text,
				 wr_arena_strndup(&session->script, names, strcspn(names, "\n")));
	}
	wr_text_release(&first);
	return status;
}

wr_status *wr_database_use(struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	struct wr_current found;

	WR_TRY(wr_database_find(session, &stmt->database.name, &found));
	wr_databases_use(wr_catalog_databases(session->catalog), found.catalog, found.database);
	return NULL;
}

/* --- SHOW */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void wr_databases_show(struct wr_session *session, struct wr_text *text)
{
	const struct wr_map *own = &wr_catalog_databases(session->catalog)->own;
	const char **names = wr_calloc(own->count + 1, sizeof *names);

	for (uint32_t i = 0; i < own->count; i++)
		names[i] = own->entry[i].key;
	names[own->count] = WR_DEFAULT_DATABASE;
	qsort(names, own->count + 1, sizeof *names, by_name);
	for (uint32_t i = 0; i <= own->count; i++)
		wr_text_printf(text, "%s\n", names[i]);
	wr_free(names);
}
