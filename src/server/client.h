/* SPDX-License-Identifier: Apache-2.0
 *
 * client - a session of a user of the server: the common way of REST, the SQL Gateway and the
 * PostgreSQL protocol to statements and their results.
 *
 * A client sees the server's catalog and temporary objects of its own. A statement that changes the
 * catalog (CREATE, ALTER, DROP, not TEMPORARY) is written to the store when it has been executed,
 * and other clients see it with their next statement. INSERT and EXECUTE STATEMENT SET become jobs
 * of the server (jobs.h); with 'table.dml-sync' the statement ends with them. Everything else gives
 * rows, so SHOW, DESCRIBE and EXPLAIN too, with the columns that Flink gives them.
 *
 * Results are pulled. Their queries run as jobs of their own that are slowed when nobody pulls
 * (server.results.max-size), and end with the result.
 *
 * What a role may do (auth.h), in detail: viewers query the tables of the catalog, have temporary
 * views, and set options that change results, not those that name files; operators have temporary
 * tables and run INSERTs; admins do the rest, also what loads code (functions, modules).
 *
 * Thread: one statement of a client at a time (a second one waits); cancel from any. A result is
 * its owner's.
 */
#ifndef WR_SERVER_CLIENT_H
#define WR_SERVER_CLIENT_H

#include "server/auth.h"
#include "server/jobs.h"
#include "weir/weir.h"

#define WR_CLIENT_ID_LEN 36 /* a UUID, as text */
/* A random one, version 4. */
void wr_client_make_id(struct wr_env *env, char id[WR_CLIENT_ID_LEN + 1]);

struct wr_clients;
struct wr_client;

wr_status *wr_clients_open(struct wr_server *server, struct wr_clients **out);
/* Materialized tables whose job had finished get their rows again. */
wr_status *wr_clients_views_start(struct wr_server *server);
/* Appends the name of the job of a materialized table, as JSON. */
void wr_client_materialized_job(const char *table, struct wr_text *out);
/* All results end. Every reference to a client has been given back. */
void wr_clients_close(struct wr_clients *clients);

/* The catalog as it is, to be looked at: one after the other. `session` has no temporary objects,
 * and nothing is to be changed in it. */
struct wr_session;
wr_status *wr_clients_read(struct wr_clients *clients,
			   wr_status *(*read)(void *own, struct wr_session *session), void *own);

/* The catalog as the session sees it, with its temporary objects; the same holds. */
wr_status *wr_client_read(struct wr_client *client,
			  wr_status *(*read)(void *own, struct wr_session *session), void *own);

/* A new session, with settings over those of the server. Closed when it has not been used for
 * server.sessions.idle-timeout. `name` for people; NULL: none. */
wr_status *wr_client_open(struct wr_clients *clients, const struct wr_principal *who,
			  const char *name, const char *const *key, const char *const *value,
			  uint32_t setting_count, struct wr_client **out);
/* One that is open, by its id, and belongs to `who` (admins: any); one more reference. NULL: there
 * is none. */
struct wr_client *wr_client_find(struct wr_clients *clients, const struct wr_principal *who,
				 const char *id);
const char *wr_client_id(const struct wr_client *client);
/* Its user, and what it was called; "" when it has no name. */
const struct wr_principal *wr_client_who(const struct wr_client *client);
const char *wr_client_name(const struct wr_client *client);
/* Appends the sessions of `who` (admins: all) as a JSON array. */
void wr_clients_list(struct wr_clients *clients, const struct wr_principal *who,
		     struct wr_text *out);
/* Another reference. */
struct wr_client *wr_client_ref(struct wr_client *client);
/* Gives a reference back; the session stays open. */
void wr_client_unref(struct wr_client *client);
/* Ends it, with its results (who pulls them gets WEIR_CANCELLED), and gives the reference back. */
void wr_client_close(struct wr_client *client);
/* The session ends with its last result, now if it has none; the reference stays. */
void wr_client_close_after(struct wr_client *client);
wr_status *wr_client_set(struct wr_client *client, const char *key, const char *value);
/* The value of an option as it is now; NULL: it has none. Valid until the next statement. */
const char *wr_client_get(struct wr_client *client, const char *key);
/* Every option that has a value, in order of name. */
void wr_client_settings(struct wr_client *client,
			void (*each)(void *own, const char *key, const char *value), void *own);
/* Members of a JSON object, one for each call: for wr_client_settings. */
struct wr_settings_json {
	struct wr_text *out; /* where they go */
	bool more;           /* there is one before */
};
void wr_settings_json_add(void *own, const char *key, const char *value);

enum wr_outcome_kind {
	WR_OUTCOME_DONE, /* "OK": a declaration or a setting */
	WR_OUTCOME_ROWS, /* a result that is pulled */
	WR_OUTCOME_JOB   /* a job was submitted */
};

struct wr_outcome {
	enum wr_outcome_kind kind;   /* says which members below are meant */
	const char *word;            /* "SELECT", "CREATE TABLE", "INSERT", "SHOW"; a literal */
	struct weir_cursor *cursor;  /* ROWS; the caller's, until wr_client_done */
	bool bounded;                /* ROWS: it ends by itself, as those of SHOW do */
	char job[WR_JOB_ID_LEN + 1]; /* JOB */
	bool forbidden;              /* of an error: the role is why */
};

/* Executes one statement (a semicolon behind it is allowed; several statements are refused). The
 * roles of auth.h are checked. A job that it begins comes from `origin` (NULL: unknown). On WEIR_OK
 * the outcome is the caller's. */
enum weir_code wr_client_execute(struct wr_client *client, const char *sql,
				 const struct wr_job_origin *origin, struct wr_outcome *outcome,
				 struct weir_error **error);
/* Ends a result and frees it; NULL is allowed. Who has one keeps a reference to the client. */
void wr_client_done(struct wr_client *client, struct weir_cursor *cursor_moved);
/* What a SELECT, SHOW, DESCRIBE or EXPLAIN would give, without running it; *statement NULL: another
 * statement, which gives no rows. Freed by weir_statement_free; weir_statement_execute is not for
 * it. */
enum weir_code wr_client_describe(struct wr_client *client, const char *sql,
				  struct weir_statement **statement, struct weir_error **error);
/* The statement under way, and results that are pulled, end with WEIR_CANCELLED. */
void wr_client_cancel(struct wr_client *client);
/* Offsets of the statements of a script, [begin, end) in bytes: for clients that send several at
 * once; a semicolon and comments behind a statement go with it. The error of a script that is not
 * SQL. *count statements; both arrays are freed by the caller (wr_free). */
wr_status *wr_client_split(const char *script, uint32_t **begin, uint32_t **end, uint32_t *count);

#endif
