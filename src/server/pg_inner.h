/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_inner - what the files of the PostgreSQL protocol share.
 *
 *     pg_server.c    listens, begins and ends connections, cancels
 *     pg_start.c     SSLRequest, startup, log in
 *     pg_session.c   messages of a connection, one after the other
 *     pg_error.c     what goes wrong, with its SQLSTATE
 *     pg_scan.c      SQL of PostgreSQL as tokens; pg_dialect.c makes Flink's of it
 *     pg_prepare.c   statements: what they are, their parameters and columns
 *     pg_run.c       statements are run; pg_result.c sends rows; pg_text.c values as text
 *     pg_command.c   BEGIN, SET, SHOW, DISCARD ...: what only PostgreSQL has
 *     pg_cursor.c    DECLARE, FETCH, MOVE, CLOSE
 *     pg_lookup.c    SELECT ... FROM view WHERE key = $1, which needs no plan
 *     pg_subscribe.c changes of a view
 *     pg_catalog*.c  pg_catalog and information_schema
 */
#ifndef WR_SERVER_PG_INNER_H
#define WR_SERVER_PG_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "connectors/pg_type.h"
#include "server/client.h"
#include "server/pg.h"
#include "server/pg_wire.h"
#include "server/server.h"

#define WR_PG_STATEMENTS_MAX 1000 /* prepared ones of a connection, and portals */
#define WR_PG_PARAMS_MAX     1000 /* of a statement */

struct wr_pgs_catalog;

/* A value of PostgreSQL's own settings. */
struct wr_pgs_settings {
	char *application_name; /* owned; NULL: "" */
	char *name_first,
	    *zone_first;        /* application_name and TimeZone of the startup: RESET; owned */
	bool bytea_escape;      /* bytea_output */
	int extra_float_digits; /* of no effect */
};

/* --- connections: pg_server.c --- */

struct wr_pgs {
	struct wr_server *server; /* whose protocol it is */
	int fd;                   /* that listens; -1: none */
	int wake[2];              /* a pipe: a byte ends the thread, and is never read: connections
				     see it as well */
	uint16_t port;
	uint32_t count_max;             /* server.sessions.max */
	struct wr_pgs_tls_context *tls; /* NULL: none */
	pthread_t thread;
	bool started;                /* the thread */
	pthread_mutex_t lock;        /* of the next ones */
	pthread_cond_t fewer;        /* a connection has ended */
	struct wr_pgs_conn *first;   /* all connections */
	uint32_t count, next_number; /* of them; of the last one */
	bool stopping;               /* connections end as soon as they begin */
};

struct wr_pgs_conn {
	struct wr_pgs *pg;        /* that it came through */
	struct wr_pgs_conn *next; /* under pg->lock */
	uint32_t number, secret;  /* BackendKeyData */
	struct wr_pgs_wire wire;
	bool full;                /* there are too many: it may cancel a query, and is refused */
	atomic_bool cancelled;    /* the query under way; by a CancelRequest */
	atomic_bool busy;         /* a message is being handled: else there is nothing to cancel */
	atomic_bool ended;        /* the server stops */
	struct wr_client *client; /* NULL: has not logged in; set under pg->lock */
	struct wr_principal who;
	char *user, *database; /* that it asked for; owned */
	char status;           /* 'I', 'T': in a transaction, 'E': in one that failed */
	bool several;          /* a simple query of several statements: one transaction */
	bool skipping;         /* messages are ignored until a Sync */
	struct wr_pgs_settings set;
	struct wr_map statement; /* struct wr_pgs_statement by name */
	struct wr_map portal;    /* struct wr_pgs_portal by name */
	bool batch;          /* execution.runtime-mode of the session, while a SELECT has its own */
	uint32_t generation; /* counts what may have changed the session's catalog */
	struct wr_pgs_catalog *catalog; /* NULL: not asked yet */
	struct wr_zone *zone;           /* table.local-time-zone; NULL: UTC */
};

/* Of a CancelRequest. */
void wr_pgs_cancel(struct wr_pgs *pg, uint32_t number, uint32_t secret);

/* --- logging in: pg_start.c --- */

/* false: the connection is over. */
bool wr_pgs_start(struct wr_pgs_conn *conn);
void wr_pgs_parameter_status(struct wr_pgs_conn *conn, const char *name, const char *value);

/* --- all messages: pg_session.c --- */

void wr_pgs_session(struct wr_pgs_conn *conn);
void wr_pgs_ready(struct wr_pgs_conn *conn);

/* --- errors: pg_error.c --- */

/* What a call fails with: made by wr_pgs_fail..., sent once by wr_pgs_send_error. */
struct wr_pgs_error {
	char state[6];     /* SQLSTATE */
	char *text, *hint; /* owned; hint NULL: none */
	uint32_t position; /* 1-based, in characters of the query; 0: none */
};
struct wr_pgs_error *wr_pgs_error_new(const char *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct wr_pgs_error *wr_pgs_error_hint(struct wr_pgs_error *error, const char *hint);
struct wr_pgs_error *wr_pgs_error_status(wr_status *status_moved);
/* Of the client's code (client.h). `sql`: what was executed, `original` what the user wrote. */
struct wr_pgs_error *wr_pgs_error_weir(enum weir_code code, struct weir_error *error_moved);
void wr_pgs_error_free(struct wr_pgs_error *error);
/* Sends and frees; the transaction, if there is one, has failed. `fatal`: the connection ends. */
void wr_pgs_send_error(struct wr_pgs_conn *conn, struct wr_pgs_error *error_moved, bool fatal);
/* FATAL 57P01, the server ends, and nothing behind it. */
void wr_pgs_send_stop(struct wr_pgs_conn *conn);
void wr_pgs_send_notice(struct wr_pgs_conn *conn, const char *state, const char *text);

#endif
