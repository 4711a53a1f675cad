/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_client - a connection to PostgreSQL: where the database is, how it is reached, what its
 * errors mean.
 *
 * libpq is loaded when the first table asks for it. Nothing here blocks for longer than a moment
 * without looking at the host: a job that stops leaves every wait. Passwords are never part of a
 * message.
 *
 * A statement may take long, and a server that has vanished behind something that still answers for
 * it (a proxy) looks the same: a wait in which nothing comes is said after a while, and given up
 * after target->answer_ms, where the user has set it.
 *
 * Errors are statuses:
 *   WR_RETRY       may pass (server away or starting, disk full, deadlock, serialization failure):
 *                  after wr_pg_close the same thing can be tried again
 *   WR_USER_ERROR  will not pass by itself (password, permission, no such table ...), with the next
 *                  action; or the server refuses a row: wr_pg_refuses_row
 *
 * Order of calls: target_init -> pg_init -> (connect -> statements* -> close)* -> pg_release.
 * Thread: a wr_pg belongs to one at a time; a target is shared and immutable.
 */
#ifndef WR_CONNECTORS_PG_CLIENT_H
#define WR_CONNECTORS_PG_CLIENT_H

#include <libpq-fe.h>

#include "base/module.h"
#include "catalog/connector.h"
#include "connectors/pg_where.h"

#define WR_PG_CALLS(X)                                                                             \
	X(PQconnectStartParams)                                                                    \
	X(PQconnectPoll)                                                                           \
	X(PQconninfoParse)                                                                         \
	X(PQconninfoFree)                                                                          \
	X(PQsocket)                                                                                \
	X(PQstatus)                                                                                \
	X(PQfinish)                                                                                \
	X(PQerrorMessage)                                                                          \
	X(PQserverVersion)                                                                         \
	X(PQparameterStatus)                                                                       \
	X(PQsetnonblocking)                                                                        \
	X(PQsetNoticeProcessor)                                                                    \
	X(PQflush)                                                                                 \
	X(PQconsumeInput)                                                                          \
	X(PQisBusy)                                                                                \
	X(PQgetResult)                                                                             \
	X(PQclear)                                                                                 \
	X(PQresultStatus)                                                                          \
	X(PQresultErrorField)                                                                      \
	X(PQresultErrorMessage)                                                                    \
	X(PQsendQuery)                                                                             \
	X(PQsendQueryParams)                                                                       \
	X(PQsendPrepare)                                                                           \
	X(PQsendQueryPrepared)                                                                     \
	X(PQsetSingleRowMode)                                                                      \
	X(PQenterPipelineMode)                                                                     \
	X(PQexitPipelineMode)                                                                      \
	X(PQpipelineSync)                                                                          \
	X(PQntuples)                                                                               \
	X(PQnfields)                                                                               \
	X(PQfname)                                                                                 \
	X(PQftype)                                                                                 \
	X(PQfmod)                                                                                  \
	X(PQgetvalue)                                                                              \
	X(PQgetlength)                                                                             \
	X(PQgetisnull)                                                                             \
	X(PQcmdTuples)                                                                             \
	X(PQputCopyData)                                                                           \
	X(PQputCopyEnd)                                                                            \
	X(PQgetCopyData)                                                                           \
	X(PQfreemem)

struct wr_pg_calls {
	WR_PG_CALLS(WR_MODULE_FIELD)
};

/* Where a table's database is. */
struct wr_pg_target {
	struct wr_pg_calls call;  /* libpq */
	const char *table;        /* Weir's name of the table, for messages */
	const char *database;     /* "127.0.0.1:5432/shop", for messages */
	const char **keyword;     /* libpq's parameters, ended by NULL */
	const char **value;       /* per keyword; the password is among them */
	const char *zone_id;      /* session time zone */
	int64_t connect_ms;       /* of one attempt to connect */
	int64_t first_connect_ms; /* attempts while the job starts; then it fails */
	int64_t answer_ms;        /* silence of the server that is borne; 0: any */
};

/* In front of a BEGIN that only reads: the server does not end the connection because nothing is
 * asked for a while, in which rows wait for workers, or the machine does something else. A
 * transaction that writes holds locks: for it the user's limit holds, and what it ended is tried
 * again. */
#define WR_PG_MAY_IDLE "SET idle_in_transaction_session_timeout = 0; "

/* What a table says about its database. */
struct wr_pg_access {
	const char *url;         /* jdbc:postgresql://host:port/db?..., postgresql://..., or
				    keyword=value pairs */
	const char *username;    /* NULL: as the url says */
	const char *password;    /* NULL: as the url says; "${env:NAME}", "${file:PATH}" */
	int64_t max_retry_ms;    /* connection.max-retry-timeout */
	int64_t answer_ms;       /* connection.answer-timeout; 0: as the url says */
	const char *replication; /* "database": a connection for logical replication; NULL: none */
};

/* Whether it is written in a way that can be understood; needs no library. */
wr_status *wr_pg_access_check(const struct wr_pg_access *access);
/* Loads libpq and reads the access into `arena`. */
wr_status *wr_pg_target_init(struct wr_pg_target *target, struct wr_arena *arena,
			     const struct wr_connector_args *args,
			     const struct wr_pg_access *access);

struct wr_pg {
	const struct wr_pg_target *target; /* outlives it */
	struct wr_host *host;              /* asked whether the job stops */
	PGconn *conn;                      /* NULL: not connected */
	char sqlstate[6];                  /* of the last error; "": none of the server */
	struct wr_text text;               /* the last error as the server put it, one line */
	bool silent;                       /* the host has been told that it waits for an answer */
	bool lost;                         /* silence was not borne: the connection is of no use */
};

void wr_pg_init(struct wr_pg *pg, const struct wr_pg_target *target, struct wr_host *host);
void wr_pg_release(struct wr_pg *pg);
/* One attempt; no effect if it is connected. */
wr_status *wr_pg_connect(struct wr_pg *pg);
/* Attempts for target->first_connect_ms while errors may pass: when a job starts. */
wr_status *wr_pg_connect_first(struct wr_pg *pg);
/* A statement that runs is given up by the server soon (CHECK_CLIENT of the .c). */
void wr_pg_close(struct wr_pg *pg);

/* Waits until the socket can be read (or, with `write`, written), at most until_us (monotonic; 0:
 * any time, but for target->answer_ms). *ready false: the time has passed. A status when the job
 * stops. */
wr_status *wr_pg_wait(struct wr_pg *pg, bool write, int64_t until_us, bool *ready);
/* Sends what libpq holds back. */
wr_status *wr_pg_flush(struct wr_pg *pg);
/* The next result, or NULL: the statement has ended. An error result becomes a status. */
wr_status *wr_pg_result(struct wr_pg *pg, PGresult **out);

/* Values in binary form for $1, $2 ... */
struct wr_pg_params {
	int count;
	const Oid *type;          /* 0: the server infers it */
	const char *const *value; /* NULL: a NULL */
	const int *length;        /* bytes */
	bool text;                /* the values are NUL-terminated text instead */
};
/* Runs one or several statements; *out (may be NULL) is the last result, to be cleared. */
wr_status *wr_pg_exec(struct wr_pg *pg, const char *sql, PGresult **out);
/* Runs one statement with parameters; results in binary form. */
wr_status *wr_pg_exec_params(struct wr_pg *pg, const char *sql, const struct wr_pg_params *params,
			     PGresult **out);

/* The status of an error result, or of the connection (result NULL). `result` stays the caller's.
 */
wr_status *wr_pg_error(struct wr_pg *pg, const PGresult *result);
/* Whether the last error is about a row that the server will never take: a constraint, a type, a
 * length, a trigger that refuses it. */
bool wr_pg_refuses_row(const struct wr_pg *pg);
/* "constraint", "type", "too-large" or "refused": of such an error. */
const char *wr_pg_refusal_kind(const struct wr_pg *pg);

/* One column of a table of the database. */
struct wr_pg_table_column {
	const char *name;
	Oid type;
	int modifier;          /* typmod: length, precision and scale; -1: none */
	const char *type_text; /* "numeric(10,2)", for messages */
	bool is_enum;          /* travels as text */
};

/* A table of the database, as it is there. */
struct wr_pg_table {
	const char *sql_name; /* quoted, qualified as far as needed: ready for a statement */
	uint32_t count;       /* columns */
	struct wr_pg_table_column *column; /* in the table's order */
};

/* Looks a table up by the name that the user gave ("orders", "shop.orders"): folded to small
 * letters as PostgreSQL does with names without quotes; if there is none, as written. */
wr_status *wr_pg_table_read(struct wr_pg *pg, struct wr_arena *arena, const char *name,
			    struct wr_pg_table *out);
/* The column that a column of Weir's table stands for: of the same name, or of the same name in
 * small letters; NULL: there is none. */
const struct wr_pg_table_column *wr_pg_table_find(const struct wr_pg_table *table,
						  const char *name);

/* Appends a text as a literal; a name in quotes: pg_where.h. */
void wr_pg_put_literal(struct wr_text *sql, const char *text, size_t len);

#endif
