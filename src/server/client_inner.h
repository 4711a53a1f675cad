/* SPDX-License-Identifier: Apache-2.0
 *
 * client_inner - what the files of client.h share: client.c has the sessions, client_catalog.c what
 * they see of the catalog, client_execute.c their statements.
 *
 * Locks, in the order in which they are taken: wr_client.statement, wr_clients.catalog,
 * wr_clients.lock, wr_client.lock.
 */
#ifndef WR_SERVER_CLIENT_INNER_H
#define WR_SERVER_CLIENT_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "engine/api_cursor.h"
#include "server/client.h"
#include "sql/ast.h"

struct wr_server;

struct wr_clients {
	struct wr_server *server; /* whose part it is */
	pthread_mutex_t catalog;  /* one changes the catalog at a time, from look to store */
	pthread_mutex_t lock;
	struct wr_map by_id;    /* under lock: open ones, a reference each */
	uint32_t count_max;     /* server.sessions.max */
	int64_t idle_us;        /* server.sessions.idle-timeout */
	pthread_t thread;       /* closes idle ones */
	bool started, stopping; /* the second under lock */
	pthread_cond_t stop;
	struct wr_client *reader; /* under lock: client_reader.c's; NULL: nobody has asked */
};

/* A permanent object of the catalog that a session has. */
struct wr_client_object {
	uint64_t id;       /* of struct wr_meta_object */
	char *kind, *name; /* owned */
	bool alters;
	bool seen; /* scratch of a look at the store */
};

/* A temporary object, as it was declared: jobs get it with their script. */
struct wr_client_temporary {
	char *kind, *name, *sql;  /* owned */
	char *catalog, *database; /* that were current; owned */
};

struct wr_client_result {
	struct weir_cursor *cursor; /* who pulls owns it */
	struct wr_client_result *next;
};

struct wr_client {
	struct wr_clients *clients;    /* whose it is */
	atomic_uint refs;              /* the table's, and of who uses it */
	char id[WR_CLIENT_ID_LEN + 1]; /* key in the table */
	char *name;                    /* ""; owned */
	struct wr_principal who;       /* its name is owned */
	int64_t opened_ms;             /* since 1970 */
	atomic_llong used_us;          /* monotonic: of the last use that has ended */

	pthread_mutex_t statement; /* around all of a statement */
	struct weir_session *session;
	struct wr_arena arena;              /* of the statement under way */
	const struct wr_job_origin *origin; /* the same; NULL: unknown, or none is under way */
	struct wr_map accepted;          /* options that are set and mean nothing to the engine */
	struct wr_client_object *object; /* that the session has, by id */
	uint32_t object_count, object_room;
	uint64_t newest;  /* id in the store, when it looked last */
	uint64_t version; /* of the catalog that it has seen */
	bool stale;       /* objects were hidden and may be there again */
	struct wr_client_temporary *temporary;
	uint32_t temporary_count, temporary_room; /* of temporary: used, allocated */

	pthread_mutex_t lock;
	struct wr_client_result *result; /* under lock: that are pulled */
	bool executing;                  /* under lock: something that weir_cancel ends */
	bool cancelled;                  /* under lock: since the statement began */
	bool closed;                     /* under lock */
	bool closes;                     /* under lock: with its last result */
};

/* --- client_catalog.c; with `statement` held --- */

/* The session has what the store has, and nothing else that is permanent. */
wr_status *wr_client_look(struct wr_client *client);
/* What a declaration is about. */
struct wr_client_change {
	const char *kind; /* of struct wr_meta_object; NULL: it is not kept in the catalog */
	const char *name; /* the same */
	bool temporary;   /* of this session alone */
	bool there;       /* it was there before */
	bool if_not_exists;
};
/* Before the statement is executed; texts are in client->arena. */
wr_status *wr_client_about(struct wr_client *client, const struct wr_ast_stmt *stmt,
			   struct wr_client_change *change);
/* When it has been. */
wr_status *wr_client_changed(struct wr_client *client, const struct wr_ast_stmt *stmt,
			     const struct wr_client_change *change);
void wr_client_catalog_release(struct wr_client *client);

/* --- client.c --- */

/* One that is in no table; a reference. */
struct wr_client *wr_client_new(struct wr_clients *clients, const struct wr_principal *who,
				const char *name);

/* The role may set the option. */
wr_status *wr_client_may_set(const struct wr_client *client, const char *key);

/* --- client_execute.c --- */

/* The result is known to the client until wr_client_done. */
void wr_client_keep(struct wr_client *client, struct weir_cursor *cursor);

/* --- client_show.c --- */

/* Bare SET: what the session knows besides the engine, too. */
void wr_client_show_settings(struct wr_client *client, struct wr_outcome *outcome);
void wr_client_show_jobs(struct wr_client *client, struct wr_outcome *outcome);
/* EXPLAIN WHY NO OUTPUT FOR JOB. */
wr_status *wr_client_show_why(struct wr_client *client, const struct wr_ast_stmt *stmt,
			      struct wr_outcome *outcome);
/* DESCRIBE JOB. */
wr_status *wr_client_show_job(struct wr_client *client, const struct wr_ast_stmt *stmt,
			      struct wr_outcome *outcome);
/* STOP JOB: waits until it has ended. */
wr_status *wr_client_stop_job(struct wr_client *client, const struct wr_ast_stmt *stmt,
			      struct wr_outcome *outcome);

/* --- client_job.c --- */

/* A statement that begins a job begins: what was cancelled before is none of it. */
void wr_client_begin(struct wr_client *client);
/* INSERT and EXECUTE STATEMENT SET. */
enum weir_code wr_client_submit(struct wr_client *client, const struct wr_ast_stmt *stmt,
				const char *sql, struct wr_outcome *outcome,
				struct weir_error **error);
/* A job has been submitted: the statement ends, with 'table.dml-sync' when the job does. */
enum weir_code wr_client_submitted(struct wr_client *client, struct wr_outcome *outcome,
				   struct weir_error **error);
/* The statement as a script of a job, with what it uses of the session, under that name (NULL:
 * none). `prepared`: of the statement. */
wr_status *wr_client_submit_as(struct wr_client *client, const struct wr_ast_stmt *stmt,
			       const struct wr_prepared *prepared, const char *name,
			       char id[WR_JOB_ID_LEN + 1]);

/* --- client_table_as.c --- */

/* CREATE TABLE with a query. */
enum weir_code wr_client_table_as(struct wr_client *client, const struct wr_ast_stmt *stmt,
				  const char *sql, struct wr_outcome *outcome,
				  struct weir_error **error);

/* --- client_materialized.c --- */

enum weir_code wr_client_materialized(struct wr_client *client, const struct wr_ast_stmt *stmt,
				      const char *sql, struct wr_outcome *outcome,
				      struct weir_error **error);

#endif
