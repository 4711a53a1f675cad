/* SPDX-License-Identifier: Apache-2.0
 *
 * metastore - see metastore.h.
 *
 *     object     the catalog: one row per statement that made or altered something
 *     document   kind, name, JSON
 *     note       kind, name, when, JSON: history, the oldest rows go
 *     fact       'version' of the catalog
 *
 * A change is one transaction. The file is taken for this process alone (locking_mode EXCLUSIVE,
 * before the first access), so a version that was read once needs no second look.
 *
 * What is listed is copied first and told then, without the lock: callbacks take their time, and
 * may ask the store.
 */
#include "server/metastore.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/module.h"

#define FORMAT    1    /* of the tables: PRAGMA user_version */
#define BUSY_MS   1000 /* a server that is ending may have the file for so long */
#define LINE_SIZE 160  /* of a statement with a number in it */

/* clang-format off */
#define SQLITE_CALLS(X)                                                                            \
	X(sqlite3_open_v2)                                                                         \
	X(sqlite3_close_v2)                                                                        \
	X(sqlite3_busy_timeout)                                                                    \
	X(sqlite3_exec)                                                                            \
	X(sqlite3_prepare_v2)                                                                      \
	X(sqlite3_bind_text)                                                                       \
	X(sqlite3_bind_int64)                                                                      \
	X(sqlite3_step)                                                                            \
	X(sqlite3_column_text)                                                                     \
	X(sqlite3_column_int64)                                                                    \
	X(sqlite3_finalize)                                                                        \
	X(sqlite3_errmsg)                                                                          \
	X(sqlite3_extended_errcode)
/* clang-format on */

struct sqlite_calls {
	SQLITE_CALLS(WR_MODULE_FIELD)
};
static const char *const sqlite_names[] = {SQLITE_CALLS(WR_MODULE_NAME)};
static const struct wr_module_spec sqlite_module = {
    .what = "The catalog of a server",
    .package = "libsqlite3-0",
    .sonames = {"libsqlite3.so.0"},
    .names = sqlite_names,
    .count = WR_COUNT(sqlite_names),
};

struct wr_metastore {
	struct sqlite_calls call;
	struct wr_text path; /* of the file */
	struct wr_env *env;
	pthread_mutex_t lock;  /* around every use of `db` */
	sqlite3 *db;           /* NULL: not open */
	atomic_ullong version; /* of the catalog; written under lock */
};

/* --- statements ---------------------------------------------------------------------------------
 */

/* What SQLite says; under lock. */
static wr_status *failed(struct wr_metastore *store, const char *what)
{
	int code = store->db != NULL ? store->call.sqlite3_extended_errcode(store->db) & 0xff
				     : SQLITE_NOMEM;
	const char *cause =
	    store->db != NULL ? store->call.sqlite3_errmsg(store->db) : "out of memory";
	wr_status *status = wr_status_new(code == SQLITE_BUSY || code == SQLITE_LOCKED ||
						  code == SQLITE_FULL || code == SQLITE_IOERR
					      ? WR_RETRY
					      : WR_USER_ERROR,
					  "Cannot %s '%s': %s", what, store->path.data, cause);

	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		wr_status_hint(status, "Another server has this folder: stop it, or give this one "
				       "a folder of its own with --data");
	else if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
		wr_status_hint(status, "The file is damaged: put a copy in its place, or move it "
				       "away to begin with an empty catalog");
	else if (code == SQLITE_FULL)
		wr_status_hint(wr_status_because(status, WR_DISK_FULL),
			       "Make room, and try again: nothing of this is there");
	else
		wr_status_hint(status, "Look whether this user may write there");
	return status;
}

static wr_status *execute(struct wr_metastore *store, const char *sql)
{
	return store->call.sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
		   ? NULL
		   : failed(store, "write");
}

/* A value of a statement: a text, or (NULL) a number. */
struct value {
	const char *text;
	int64_t number;
};
#define TEXT(string)   ((struct value){(string), 0})
#define NUMBER(number) ((struct value){NULL, (int64_t)(number)})

/* Prepares a statement with its values; finalized by the caller. */
static wr_status *prepare(struct wr_metastore *store, const char *sql, const struct value *value,
			  uint32_t count, sqlite3_stmt **out)
{
	int code = store->call.sqlite3_prepare_v2(store->db, sql, -1, out, NULL);

	for (uint32_t i = 0; i < count && code == SQLITE_OK; i++)
		code = value[i].text != NULL
			   ? store->call.sqlite3_bind_text(*out, (int)i + 1, value[i].text, -1,
							   SQLITE_STATIC)
			   : store->call.sqlite3_bind_int64(*out, (int)i + 1, value[i].number);
	return code == SQLITE_OK ? NULL : failed(store, "use");
}

/* A change: one statement with its values. */
static wr_status *change(struct wr_metastore *store, const char *sql, const struct value *value,
			 uint32_t count)
{
	sqlite3_stmt *statement = NULL;
	wr_status *status = prepare(store, sql, value, count, &statement);

	if (status == NULL && store->call.sqlite3_step(statement) != SQLITE_DONE)
		status = failed(store, "write");
	store->call.sqlite3_finalize(statement);
	return status;
}

/* Ends a transaction as `status` says. */
static wr_status *end(struct wr_metastore *store, wr_status *status)
{
	if (status == NULL)
		status = execute(store, "COMMIT");
	if (status != NULL)
		store->call.sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

/* --- rows that are copied -----------------------------------------------------------------------
 */

/* A row of a list: three numbers, then texts, as its statement selects them. */
#define NUMBERS 3
#define TEXTS   6
struct row {
	struct row *next;
	int64_t number[NUMBERS];
	const char *text[TEXTS]; /* those that were asked for */
};
struct list {
	struct wr_arena arena;
	struct row *first, **last;
};

static const char *column(struct wr_metastore *store, struct wr_arena *arena,
			  sqlite3_stmt *statement, int at)
{
	const unsigned char *text = store->call.sqlite3_column_text(statement, at);

	return wr_arena_strdup(arena, text != NULL ? (const char *)text : "");
}

/* Copies all rows, with `texts` texts. The list is released in any case. */
static wr_status *copy_rows(struct wr_metastore *store, const char *sql, const struct value *value,
			    uint32_t count, int texts, struct list *list)
{
	sqlite3_stmt *statement = NULL;
	wr_status *status;
	int code;

	wr_arena_init(&list->arena);
	list->first = NULL;
	list->last = &list->first;
	WR_TRY_OUT(status, prepare(store, sql, value, count, &statement));
	while ((code = store->call.sqlite3_step(statement)) == SQLITE_ROW) {
		struct row *row = WR_NEW(&list->arena, struct row);

		for (int i = 0; i < NUMBERS; i++)
			row->number[i] = store->call.sqlite3_column_int64(statement, i);
		for (int i = 0; i < texts; i++)
			row->text[i] = column(store, &list->arena, statement, i + NUMBERS);
		*list->last = row;
		list->last = &row->next;
	}
	if (code != SQLITE_DONE)
		status = failed(store, "read");
out:
	store->call.sqlite3_finalize(statement);
	return status;
}

/* --- opening ------------------------------------------------------------------------------------
 */

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS object(id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " name TEXT NOT NULL, alters INTEGER NOT NULL, sql TEXT NOT NULL, owner TEXT NOT NULL,"
    " catalog TEXT NOT NULL, database TEXT NOT NULL, made_ms INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS object_name ON object(kind, name);"
    "CREATE TABLE IF NOT EXISTS document(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL, UNIQUE(kind, name));"
    "CREATE TABLE IF NOT EXISTS note(id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " name TEXT NOT NULL, at_ms INTEGER NOT NULL, json TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS note_name ON note(name, kind, id);"
    "CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value INTEGER NOT NULL);"
    "INSERT OR IGNORE INTO fact VALUES ('version', 1);";

/* A number that a statement gives. */
static wr_status *number(struct wr_metastore *store, const char *sql, int64_t *out)
{
	sqlite3_stmt *statement = NULL;
	wr_status *status = prepare(store, sql, NULL, 0, &statement);

	if (status == NULL && store->call.sqlite3_step(statement) != SQLITE_ROW)
		status = failed(store, "read");
	if (status == NULL)
		*out = store->call.sqlite3_column_int64(statement, 0);
	store->call.sqlite3_finalize(statement);
	return status;
}

/* The file for this process alone, with its tables. */
static wr_status *open_file(struct wr_metastore *store)
{
	int64_t format = 0, version = 0;
	char line[LINE_SIZE];

	if (store->call.sqlite3_open_v2(store->path.data, &store->db,
					SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					    SQLITE_OPEN_NOMUTEX,
					NULL) != SQLITE_OK)
		return failed(store, "open");
	store->call.sqlite3_busy_timeout(store->db, BUSY_MS);
	if (store->call.sqlite3_exec(store->db,
				     "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
				     "PRAGMA synchronous = FULL;",
				     NULL, NULL, NULL) != SQLITE_OK)
		return failed(store, "open");
	WR_TRY(number(store, "PRAGMA user_version", &format));
	if (format > FORMAT)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'%s' was written by a newer version of Weir",
						    store->path.data),
				      "Start that version, or give another folder with --data");
	WR_TRY(execute(store, schema));
	snprintf(line, sizeof line, "PRAGMA user_version = %d", FORMAT);
	WR_TRY(end(store, execute(store, line)));
	WR_TRY(number(store, "SELECT value FROM fact WHERE name = 'version'", &version));
	atomic_store(&store->version, (uint64_t)version);
	return NULL;
}

/* Opens or makes the file. */
wr_status *wr_meta_open(const char *folder, struct wr_metastore **out)
{
	struct wr_metastore *store = wr_calloc(1, sizeof *store);
	wr_status *status;

	store->env = wr_env_system();
	pthread_mutex_init(&store->lock, NULL);
	wr_text_init(&store->path);
	wr_text_printf(&store->path, "%s/catalog.db", folder);
	*out = store;
	WR_TRY_OUT(status, wr_module_open(&sqlite_module, &store->call));
	WR_TRY_OUT(status, store->env->ops->make_dirs(store->env, folder));
	status = open_file(store);
out:
	if (status != NULL) {
		wr_meta_close(store);
		*out = NULL;
	}
	return status;
}

void wr_meta_close(struct wr_metastore *store)
{
	if (store == NULL)
		return;
	if (store->db != NULL)
		store->call.sqlite3_close_v2(store->db);
	wr_text_release(&store->path);
	pthread_mutex_destroy(&store->lock);
	wr_free(store);
}

/* --- the catalog --------------------------------------------------------------------------------
 */

uint64_t wr_meta_version(struct wr_metastore *store)
{
	return atomic_load(&store->version);
}

/* Ends a transaction that changed the catalog, with the next version. */
static wr_status *end_catalog(struct wr_metastore *store, wr_status *status)
{
	if (status == NULL)
		status = execute(store, "UPDATE fact SET value = value + 1 WHERE name = 'version'");
	status = end(store, status);
	if (status == NULL)
		atomic_fetch_add(&store->version, 1);
	return status;
}

static wr_status *remove_object(struct wr_metastore *store, const char *kind, const char *name)
{
	return change(store, "DELETE FROM object WHERE kind = ? AND name = ?",
		      (struct value[]){TEXT(kind), TEXT(name)}, 2);
}

static const char *given(const char *text)
{
	return text != NULL ? text : "";
}

/* A row more. */
static wr_status *add_object(struct wr_metastore *store, const struct wr_meta_object *object,
			     bool alters)
{
	return change(
	    store,
	    "INSERT INTO object(kind, name, alters, sql, owner, catalog, database, made_ms)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
	    (struct value[]){
		TEXT(object->kind), TEXT(object->name), NUMBER(alters), TEXT(object->sql),
		TEXT(given(object->owner)), TEXT(given(object->catalog)),
		TEXT(given(object->database)),
		NUMBER(object->made_ms != 0 ? object->made_ms : wr_wall_us(store->env) / 1000)},
	    8);
}

/* The object, in place of those of its kind and name or behind them. */
static wr_status *store_object(struct wr_metastore *store, const struct wr_meta_object *object,
			       bool alters)
{
	wr_status *status;

	pthread_mutex_lock(&store->lock);
	status = execute(store, "BEGIN IMMEDIATE");
	if (status == NULL && !alters)
		status = remove_object(store, object->kind, object->name);
	if (status == NULL)
		status = add_object(store, object, alters);
	status = end_catalog(store, status);
	pthread_mutex_unlock(&store->lock);
	return status;
}

wr_status *wr_meta_put(struct wr_metastore *store, const struct wr_meta_object *object)
{
	return store_object(store, object, false);
}

wr_status *wr_meta_alter(struct wr_metastore *store, const struct wr_meta_object *object)
{
	return store_object(store, object, true);
}

wr_status *wr_meta_drop(struct wr_metastore *store, const char *kind, const char *name)
{
	wr_status *status;

	pthread_mutex_lock(&store->lock);
	status = execute(store, "BEGIN IMMEDIATE");
	if (status == NULL)
		status = remove_object(store, kind, name);
	status = end_catalog(store, status);
	pthread_mutex_unlock(&store->lock);
	return status;
}

wr_status *wr_meta_each(struct wr_metastore *store, uint64_t since, uint64_t *version,
			wr_status *(*each)(void *own, const struct wr_meta_object *object),
			void *own)
{
	struct list list;
	wr_status *status;

	pthread_mutex_lock(&store->lock);
	status = copy_rows(
	    store,
	    "SELECT id, made_ms, alters, kind, name, sql, owner, catalog, database FROM object"
	    " WHERE id > ? ORDER BY id",
	    (struct value[]){NUMBER(since)}, 1, TEXTS, &list);
	if (version != NULL)
		*version = atomic_load(&store->version);
	pthread_mutex_unlock(&store->lock);
	for (const struct row *row = list.first; row != NULL && status == NULL; row = row->next) {
		struct wr_meta_object object = {.id = (uint64_t)row->number[0],
						.made_ms = row->number[1],
						.alters = row->number[2] != 0,
						.kind = row->text[0],
						.name = row->text[1],
						.sql = row->text[2],
						.owner = row->text[3],
						.catalog = row->text[4],
						.database = row->text[5]};

		status = each(own, &object);
	}
	wr_arena_release(&list.arena);
	return status;
}

/* --- documents ----------------------------------------------------------------------------------
 */

/* One change under the lock. */
static wr_status *change_alone(struct wr_metastore *store, const char *sql,
			       const struct value *value, uint32_t count)
{
	wr_status *status;

	pthread_mutex_lock(&store->lock);
	status = change(store, sql, value, count);
	pthread_mutex_unlock(&store->lock);
	return status;
}

wr_status *wr_meta_put_document(struct wr_metastore *store, const char *kind, const char *name,
				const char *json)
{
	return change_alone(store,
			    "INSERT INTO document(kind, name, json) VALUES (?, ?, ?)"
			    " ON CONFLICT(kind, name) DO UPDATE SET json = excluded.json",
			    (struct value[]){TEXT(kind), TEXT(name), TEXT(json)}, 3);
}

wr_status *wr_meta_get_document(struct wr_metastore *store, const char *kind, const char *name,
				struct wr_text *json, bool *found)
{
	struct list list;
	wr_status *status;

	pthread_mutex_lock(&store->lock);
	status = copy_rows(store, "SELECT id, 0, 0, json FROM document WHERE kind = ? AND name = ?",
			   (struct value[]){TEXT(kind), TEXT(name)}, 2, 1, &list);
	pthread_mutex_unlock(&store->lock);
	*found = list.first != NULL;
	if (*found)
		wr_text_puts(json, list.first->text[0]);
	wr_arena_release(&list.arena);
	return status;
}

wr_status *wr_meta_drop_document(struct wr_metastore *store, const char *kind, const char *name)
{
	return change_alone(store, "DELETE FROM document WHERE kind = ? AND name = ?",
			    (struct value[]){TEXT(kind), TEXT(name)}, 2);
}

wr_status *wr_meta_each_document(struct wr_metastore *store, const char *kind,
				 wr_status *(*each)(void *own, const char *name, const char *json),
				 void *own)
{
	struct list list;
	wr_status *status;

	pthread_mutex_lock(&store->lock);
	status =
	    copy_rows(store, "SELECT id, 0, 0, name, json FROM document WHERE kind = ? ORDER BY id",
		      (struct value[]){TEXT(kind)}, 1, 2, &list);
	pthread_mutex_unlock(&store->lock);
	for (const struct row *row = list.first; row != NULL && status == NULL; row = row->next)
		status = each(own, row->text[0], row->text[1]);
	wr_arena_release(&list.arena);
	return status;
}

/* --- history ------------------------------------------------------------------------------------
 */

/* One more of its kind and name; the oldest go. */
wr_status *wr_meta_note(struct wr_metastore *store, const char *kind, const char *name,
			const char *json, uint32_t keep)
{
	wr_status *status;

	pthread_mutex_lock(&store->lock);
	status = execute(store, "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE");
	if (status == NULL)
		status =
		    change(store, "INSERT INTO note(kind, name, at_ms, json) VALUES (?, ?, ?, ?)",
			   (struct value[]){TEXT(kind), TEXT(name),
					    NUMBER(wr_wall_us(store->env) / 1000), TEXT(json)},
			   4);
	if (status == NULL)
		status = change(store,
				"DELETE FROM note WHERE name = ?1 AND kind = ?2 AND id <="
				" (SELECT id FROM note WHERE name = ?1 AND kind = ?2"
				" ORDER BY id DESC LIMIT 1 OFFSET ?3)",
				(struct value[]){TEXT(name), TEXT(kind), NUMBER(keep)}, 3);
	status = end(store, status);
	store->call.sqlite3_exec(store->db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
	pthread_mutex_unlock(&store->lock);
	return status;
}

wr_status *wr_meta_each_note(struct wr_metastore *store, const char *kind, const char *name,
			     uint32_t limit,
			     wr_status *(*each)(void *own, int64_t at_ms, const char *json),
			     void *own)
{
	struct list list;
	wr_status *status;

	pthread_mutex_lock(&store->lock);
	status = copy_rows(store,
			   "SELECT at_ms, id, 0, json FROM note WHERE name = ? AND kind = ?"
			   " ORDER BY id DESC LIMIT ?",
			   (struct value[]){TEXT(name), TEXT(kind), NUMBER(limit)}, 3, 1, &list);
	pthread_mutex_unlock(&store->lock);
	for (const struct row *row = list.first; row != NULL && status == NULL; row = row->next)
		status = each(own, row->number[0], row->text[0]);
	wr_arena_release(&list.arena);
	return status;
}

wr_status *wr_meta_note_json(void *own, int64_t at_ms, const char *json)
{
	struct wr_text *out = own;

	if (out->data[out->len - 1] != '[')
		wr_text_putc(out, ',');
	wr_text_printf(out, "{\"at_ms\":%lld,%s", (long long)at_ms, json + 1);
	return NULL;
}

wr_status *wr_meta_forget_notes(struct wr_metastore *store, const char *name)
{
	return change_alone(store, "DELETE FROM note WHERE name = ?", (struct value[]){TEXT(name)},
			    1);
}
