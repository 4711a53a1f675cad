/* SPDX-License-Identifier: Apache-2.0
 *
 * client_catalog - what a session sees of the server's catalog, and what it changes there.
 *
 * The store is the catalog; a session has a copy, made by executing the statements that the store
 * keeps. It knows the ids of the objects in its copy, so that a look at the store says what has
 * gone (dropped here) and what has come (executed here), when the store's version says that there
 * is anything.
 *
 * A declaration is executed in the session first and then stored, under the lock of the catalog:
 * nobody else changes it in between. If it cannot be stored, the session forgets what it has and
 * looks again.
 */
#include <stdlib.h>

#include "analyze/analyzer.h"
#include "analyze/describe.h"
#include "base/mem.h"
#include "engine/prepared.h"
#include "server/catalog_session.h"
#include "server/client_inner.h"
#include "server/server.h"
#include "sql/unparse.h"

/* --- what the session has -----------------------------------------------------------------------
 */

static struct wr_client_object *find_object(struct wr_client *client, uint64_t id)
{
	uint32_t low = 0, high = client->object_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (client->object[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < client->object_count && client->object[low].id == id ? &client->object[low]
									  : NULL;
}

static void object_release(struct wr_client_object *object)
{
	wr_free(object->kind);
	wr_free(object->name);
}

static int by_id(const void *a, const void *b)
{
	uint64_t left = ((const struct wr_client_object *)a)->id;
	uint64_t right = ((const struct wr_client_object *)b)->id;

	return left < right ? -1 : left > right;
}

static void add_object(struct wr_client *client, const struct wr_meta_object *object)
{
	if (client->object_count == client->object_room) {
		client->object_room = client->object_room * 2 + 16;
		client->object =
		    wr_realloc(client->object, client->object_room * sizeof *client->object);
	}
	client->object[client->object_count++] = (struct wr_client_object){
	    object->id, wr_strdup(object->kind), wr_strdup(object->name), object->alters, true};
}

/* The permanent table or view of that name goes; a temporary one in its place stays. */
static void drop_table(struct wr_catalog *catalog, const char *name)
{
	const struct wr_table *table = wr_catalog_find(catalog, name);

	if (table != NULL && !table->temporary)
		wr_table_free(wr_catalog_take(catalog, name));
}

/* Out of the session's copy. */
static void drop_object(struct wr_client *client, const struct wr_client_object *object)
{
	struct wr_session *session = client->session->session;
	struct wr_databases *databases = wr_catalog_databases(session->catalog);
	const struct wr_user_function *function;
	struct wr_prepared prepared;
	struct wr_text sql;

	if (object->alters)
		return; /* goes with what it alters */
	if (strcmp(object->kind, "function") == 0) {
		function = wr_catalog_function(session->catalog, object->name);
		if (function != NULL && !function->temporary)
			wr_catalog_function_drop(session->catalog, object->name);
	} else if (strcmp(object->kind, "database") == 0) {
		if (strcmp(databases->current.database, object->name) == 0)
			wr_databases_use(databases, WR_DEFAULT_CATALOG, WR_DEFAULT_DATABASE);
		wr_map_remove(&databases->own, object->name);
	} else if (strcmp(object->kind, "catalog") == 0) {
		if (strcmp(databases->current.catalog, object->name) == 0)
			wr_databases_use(databases, WR_DEFAULT_CATALOG, WR_DEFAULT_DATABASE);
		wr_text_init(&sql);
		wr_text_puts(&sql, "DROP CATALOG IF EXISTS ");
		wr_unparse_ident(object->name, &sql);
		wr_status_free(wr_session_prepare(session, (struct wr_str){sql.data, sql.len}, NULL,
						  WR_SCRIPT_CHECK, &prepared));
		wr_prepared_release(&prepared);
		wr_text_release(&sql);
	} else {
		drop_table(session->catalog, object->name);
	}
}

/* --- looking at the store -----------------------------------------------------------------------
 */

static wr_status *note_seen(void *own, const struct wr_meta_object *object)
{
	struct wr_client *client = own;
	struct wr_client_object *known = find_object(client, object->id);

	if (known != NULL)
		known->seen = true;
	return NULL;
}

/* What is not in the store any more; what was made last goes first. */
static void drop_unseen(struct wr_client *client)
{
	uint32_t kept = 0;

	for (uint32_t i = client->object_count; i-- > 0;)
		if (!client->object[i].seen)
			drop_object(client, &client->object[i]);
	for (uint32_t i = 0; i < client->object_count; i++) {
		if (client->object[i].seen)
			client->object[kept++] = client->object[i];
		else
			object_release(&client->object[i]);
	}
	client->object_count = kept;
}

/* What the session makes of what is new in the store. */
struct making {
	struct wr_client *client;
	bool missed; /* something could not be made */
};

/* What the session has not. What cannot be made is tried again with the next change. */
static wr_status *make_new(void *own, const struct wr_meta_object *object)
{
	struct making *making = own;
	struct wr_client *client = making->client;
	wr_status *status;

	client->newest = WR_MAX(client->newest, object->id);
	if (find_object(client, object->id) != NULL)
		return NULL;
	status = wr_catalog_session_make(client->session->session, object);
	if (status == NULL) {
		add_object(client, object);
		qsort(client->object, client->object_count, sizeof *client->object, by_id);
	}
	making->missed |= status != NULL;
	wr_status_free(status); /* told when the server starts */
	return NULL;
}

wr_status *wr_client_look(struct wr_client *client)
{
	struct wr_metastore *store = client->clients->server->store;
	struct making making = {client, true};
	uint64_t version;

	if (client->version == wr_meta_version(store) && !client->stale)
		return NULL;
	for (uint32_t i = 0; i < client->object_count; i++)
		client->object[i].seen = false;
	WR_TRY(wr_meta_each(store, 0, &version, note_seen, client));
	drop_unseen(client);
	/* What was altered comes behind what needs it. */
	for (uint32_t made = UINT32_MAX; making.missed && made != client->object_count;) {
		made = client->object_count;
		making.missed = false;
		WR_TRY(wr_meta_each(store, 0, &version, make_new, &making));
	}
	client->version = version;
	client->stale = false;
	return NULL;
}

/* --- what a statement changes -------------------------------------------------------------------
 */

static char *lower(struct wr_arena *arena, const char *text)
{
	char *copy = wr_arena_strdup(arena, text);

	for (char *c = copy; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	return copy;
}

/* The name that the catalog has for a table, and the table, if there is one. */
static wr_status *about_table(struct wr_client *client, const struct wr_ast_name *name,
			      const char *kind, struct wr_client_change *change)
{
	struct wr_analyze_env env = wr_session_analyze_env(client->session->session);
	const struct wr_table *table;
	struct wr_full_name full;

	WR_TRY(wr_full_name(&env, name, &full));
	change->kind = kind;
	change->name = full.home ? wr_arena_strdup(&client->arena, full.part[2].text)
				 : wr_arena_printf(&client->arena, "%s.%s.%s", full.part[0].text,
						   full.part[1].text, full.part[2].text);
	table = wr_find_kept(&env, &full);
	change->there = table != NULL;
	change->temporary = table != NULL && table->temporary;
	return NULL;
}

static void about_function(struct wr_client *client, const struct wr_ast_name *name,
			   struct wr_client_change *change)
{
	const char *last = name->parts[name->count - 1].text;
	const struct wr_user_function *function =
	    wr_catalog_function(client->session->session->catalog, last);

	change->kind = "function";
	change->name = lower(&client->arena, last);
	change->there = function != NULL;
	change->temporary = function != NULL && function->temporary;
}

static void about_database(struct wr_client *client, const struct wr_ast_name *name,
			   struct wr_client_change *change)
{
	const struct wr_databases *databases =
	    wr_catalog_databases(client->session->session->catalog);

	change->kind = "database";
	change->name = wr_arena_strdup(&client->arena, name->parts[name->count - 1].text);
	change->there = wr_databases_has(databases, change->name);
}

wr_status *wr_client_about(struct wr_client *client, const struct wr_ast_stmt *stmt,
			   struct wr_client_change *change)
{
	*change = (struct wr_client_change){0};
	switch (stmt->kind) {
	case WR_AST_CREATE_TABLE:
		WR_TRY(about_table(client, &stmt->create_table.name, "table", change));
		change->temporary = stmt->create_table.temporary;
		change->if_not_exists = stmt->create_table.if_not_exists;
		return NULL;
	case WR_AST_CREATE_VIEW:
		WR_TRY(about_table(client, &stmt->create_view.name, "view", change));
		change->temporary = stmt->create_view.temporary;
		change->if_not_exists = stmt->create_view.if_not_exists;
		return NULL;
	case WR_AST_CREATE_MATERIALIZED:
		change->if_not_exists = stmt->create_table.if_not_exists;
		return about_table(client, &stmt->create_table.name, "materialized table", change);
	case WR_AST_DROP_MATERIALIZED:
		return about_table(client, &stmt->drop.name, "materialized table", change);
	case WR_AST_ALTER_MATERIALIZED:
		return about_table(client, &stmt->alter_materialized.name, "materialized table",
				   change);
	case WR_AST_ALTER_TABLE:
		return about_table(client, &stmt->alter_table->name, "table", change);
	case WR_AST_ALTER_VIEW: return about_table(client, &stmt->alter_view.name, "view", change);
	case WR_AST_DROP_TABLE: return about_table(client, &stmt->drop.name, "table", change);
	case WR_AST_DROP_VIEW: return about_table(client, &stmt->drop.name, "view", change);
	case WR_AST_CREATE_FUNCTION:
		about_function(client, &stmt->create_function.name, change);
		if (!stmt->create_function.alter)
			change->temporary = stmt->create_function.temporary;
		change->if_not_exists = stmt->create_function.if_exists;
		return NULL;
	case WR_AST_DROP_FUNCTION: about_function(client, &stmt->drop.name, change); return NULL;
	case WR_AST_CREATE_DATABASE:
	case WR_AST_DROP_DATABASE:
		about_database(client, &stmt->database.name, change);
		return NULL;
	case WR_AST_CREATE_CATALOG:
	case WR_AST_DROP_CATALOG:
		change->kind = "catalog";
		change->name = wr_arena_strdup(&client->arena, stmt->catalog.name.text);
		for (uint32_t i = 0; i < client->object_count; i++)
			change->there |= strcmp(client->object[i].kind, "catalog") == 0 &&
					 strcmp(client->object[i].name, change->name) == 0;
		return NULL;
	default: return NULL;
	}
}

/* --- temporary objects --- */

static void temporary_release(struct wr_client_temporary *temporary)
{
	wr_free(temporary->kind);
	wr_free(temporary->name);
	wr_free(temporary->sql);
	wr_free(temporary->catalog);
	wr_free(temporary->database);
}

static void forget_temporary(struct wr_client *client, const struct wr_client_change *change)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < client->temporary_count; i++) {
		struct wr_client_temporary *at = &client->temporary[i];

		if (strcmp(at->kind, change->kind) == 0 && strcmp(at->name, change->name) == 0)
			temporary_release(at);
		else
			client->temporary[kept++] = *at;
	}
	client->temporary_count = kept;
}

static void keep_temporary(struct wr_client *client, const struct wr_client_change *change,
			   struct wr_str sql)
{
	const struct wr_current *current =
	    &wr_catalog_databases(client->session->session->catalog)->current;

	forget_temporary(client, change);
	if (client->temporary_count == client->temporary_room) {
		client->temporary_room = client->temporary_room * 2 + 8;
		client->temporary = wr_realloc(client->temporary,
					       client->temporary_room * sizeof *client->temporary);
	}
	client->temporary[client->temporary_count++] = (struct wr_client_temporary){
	    wr_strdup(change->kind), wr_strdup(change->name), wr_strndup(sql.data, sql.len),
	    wr_strdup(current->catalog), wr_strdup(current->database)};
}

/* --- the store --- */

static wr_status *note_own(void *own, const struct wr_meta_object *object)
{
	struct wr_client *client = own;
	struct wr_client_object *known = find_object(client, object->id);

	if (known != NULL)
		known->seen = true;
	else if (object->id > client->newest)
		add_object(client, object);
	client->newest = WR_MAX(client->newest, object->id);
	return NULL;
}

/* The session made the change itself: it has what the store has. */
static wr_status *catch_up(struct wr_client *client)
{
	uint32_t kept = 0;
	uint64_t version;

	for (uint32_t i = 0; i < client->object_count; i++)
		client->object[i].seen = false;
	WR_TRY(wr_meta_each(client->clients->server->store, 0, &version, note_own, client));
	for (uint32_t i = 0; i < client->object_count; i++) {
		if (client->object[i].seen)
			client->object[kept++] = client->object[i];
		else
			object_release(&client->object[i]);
	}
	client->object_count = kept;
	client->version = version;
	return NULL;
}

/* A database with all that it has. */
static wr_status *drop_database(struct wr_client *client, const char *name)
{
	struct wr_metastore *store = client->clients->server->store;
	const char *prefix = wr_arena_printf(&client->arena, "%s.%s.", WR_DEFAULT_CATALOG, name);

	for (uint32_t i = 0; i < client->object_count; i++) {
		const struct wr_client_object *object = &client->object[i];

		if (!object->alters && strncmp(object->name, prefix, strlen(prefix)) == 0)
			WR_TRY(wr_meta_drop(store, object->kind, object->name));
	}
	return wr_meta_drop(store, "database", name);
}

/* The table or view as it is declared now, maybe under another name. It comes behind all others:
 * what needs it and came before is made when it is there (wr_catalog_session_load). */
static wr_status *store_anew(struct wr_client *client, const struct wr_full_name *full,
			     const struct wr_client_change *change)
{
	struct wr_analyze_env env = wr_session_analyze_env(client->session->session);
	const struct wr_table *table = wr_find_kept(&env, full);
	struct wr_metastore *store = client->clients->server->store;
	struct wr_meta_object object = {.kind = change->kind,
					.name = table->name,
					.catalog = "",
					.database = "",
					.owner = client->who.name};
	struct wr_text text;
	wr_status *status;

	wr_text_init(&text);
	if (table->is_view) {
		object.catalog = table->view_current.catalog;
		object.database = table->view_current.database;
		wr_show_create(&text, table);
	} else {
		wr_declare_table(&text, table);
	}
	object.sql = wr_text_str(&text);
	status = wr_meta_put(store, &object);
	if (status == NULL && strcmp(table->name, change->name) != 0)
		status = wr_meta_drop(store, change->kind, change->name);
	wr_text_release(&text);
	return status;
}

static wr_status *store_altered(struct wr_client *client, const struct wr_ast_stmt *stmt,
				const struct wr_client_change *change)
{
	struct wr_analyze_env env = wr_session_analyze_env(client->session->session);
	const struct wr_ast_alter_view *view = &stmt->alter_view;
	struct wr_full_name full;

	if (stmt->kind == WR_AST_ALTER_TABLE)
		WR_TRY(wr_renamed(&env, &stmt->alter_table->name, &stmt->alter_table->to, &full));
	else if (view->query == NULL)
		WR_TRY(wr_renamed(&env, &view->name, &view->to, &full));
	else
		WR_TRY(wr_full_name(&env, &view->name, &full));
	return store_anew(client, &full, change);
}

static wr_status *store_change(struct wr_client *client, const struct wr_ast_stmt *stmt,
			       const struct wr_client_change *change)
{
	struct wr_metastore *store = client->clients->server->store;
	const struct wr_current *current =
	    &wr_catalog_databases(client->session->session->catalog)->current;
	struct wr_meta_object object = {
	    .kind = change->kind,
	    .name = change->name,
	    .sql = wr_arena_strndup(&client->arena, stmt->text.data, stmt->text.len),
	    .catalog = wr_is_home(current->catalog, current->database) ? "" : current->catalog,
	    .database = wr_is_home(current->catalog, current->database) ? "" : current->database,
	    .owner = client->who.name};

	switch (stmt->kind) {
	case WR_AST_DROP_TABLE:
	case WR_AST_DROP_VIEW:
	case WR_AST_DROP_MATERIALIZED:
	case WR_AST_DROP_FUNCTION:
	case WR_AST_DROP_CATALOG:
		return change->there ? wr_meta_drop(store, change->kind, change->name) : NULL;
	case WR_AST_DROP_DATABASE:
		return change->there ? drop_database(client, change->name) : NULL;
	case WR_AST_ALTER_TABLE:
		if (!change->there)
			return NULL; /* IF EXISTS */
		return stmt->alter_table->what == WR_AST_ALTER_RENAME
			   ? store_altered(client, stmt, change)
			   : wr_meta_alter(store, &object);
	case WR_AST_ALTER_VIEW: return store_altered(client, stmt, change);
	case WR_AST_CREATE_FUNCTION:
		if (stmt->create_function.alter)
			return change->there ? wr_meta_alter(store, &object) : NULL;
		return change->there ? NULL : wr_meta_put(store, &object);
	case WR_AST_CREATE_MATERIALIZED:
	case WR_AST_CREATE_TABLE:
		if (change->there && !stmt->create_table.or_replace)
			return NULL; /* IF NOT EXISTS */
		return wr_meta_put(store, &object);
	default: return change->there ? NULL : wr_meta_put(store, &object);
	}
}

static bool is_drop(enum wr_ast_stmt_kind kind)
{
	return kind == WR_AST_DROP_TABLE || kind == WR_AST_DROP_VIEW ||
	       kind == WR_AST_DROP_MATERIALIZED || kind == WR_AST_DROP_FUNCTION ||
	       kind == WR_AST_DROP_DATABASE || kind == WR_AST_DROP_CATALOG;
}

wr_status *wr_client_changed(struct wr_client *client, const struct wr_ast_stmt *stmt,
			     const struct wr_client_change *change)
{
	wr_status *status;

	if (change->kind == NULL)
		return NULL;
	if (change->temporary && is_drop(stmt->kind)) {
		forget_temporary(client, change);
		client->stale = true; /* it may have hidden one of the catalog */
		return NULL;
	}
	if (change->temporary && change->there && change->if_not_exists)
		return NULL;
	if (change->temporary) {
		keep_temporary(client, change, stmt->text);
		return NULL;
	}
	status = store_change(client, stmt, change);
	if (status == NULL)
		status = catch_up(client);
	if (status != NULL) { /* what the session has made is not there */
		for (uint32_t i = 0; i < client->object_count; i++)
			client->object[i].seen = false;
		if (!is_drop(stmt->kind))
			drop_object(client,
				    &(struct wr_client_object){.kind = (char *)change->kind,
							       .name = (char *)change->name});
		drop_unseen(client);
		client->stale = true;
	}
	return status;
}

void wr_client_catalog_release(struct wr_client *client)
{
	for (uint32_t i = 0; i < client->object_count; i++)
		object_release(&client->object[i]);
	for (uint32_t i = 0; i < client->temporary_count; i++)
		temporary_release(&client->temporary[i]);
	wr_free(client->object);
	wr_free(client->temporary);
}
