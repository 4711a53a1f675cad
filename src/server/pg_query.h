/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_query - statements, portals and results of a connection.
 *
 * A statement is what Parse made; a portal is a statement with its parameters, and its result once
 * it runs. The simple protocol has one of each without a name, which nobody sees.
 *
 * Thread: the connection's.
 */
#ifndef WR_SERVER_PG_QUERY_H
#define WR_SERVER_PG_QUERY_H

#include "server/pg_dialect.h"
#include "server/pg_inner.h"
#include "server/pg_value.h"

struct wr_pgs_lookup;
struct wr_pgs_cursor;

enum wr_pgs_kind {
	WR_PG_EMPTY,     /* no statement: EmptyQueryResponse */
	WR_PG_COMMAND,   /* of PostgreSQL alone (pg_command.c) */
	WR_PG_CURSOR,    /* DECLARE, FETCH, MOVE, CLOSE (pg_cursor.h) */
	WR_PG_CATALOG,   /* of pg_catalog and information_schema */
	WR_PG_SUBSCRIBE, /* changes of a view */
	WR_PG_LOOKUP,    /* rows of a view by key, without a plan */
	WR_PG_QUERY      /* the engine's */
};

struct wr_pgs_statement {
	uint32_t refs; /* of the connection's table and of portals */
	enum wr_pgs_kind kind;
	char *sql;                    /* one statement, owned */
	uint32_t base;                /* characters before it in the query */
	struct wr_pgs_tokens tokens;  /* of sql */
	bool is_select;               /* SELECT, WITH, VALUES: its result may be had in two modes */
	bool copy;                    /* COPY (...) TO STDOUT: tokens [first, last) are the query */
	uint32_t first, last;         /* tokens of what is executed */
	uint32_t param_count;         /* told, or the highest of $1 ... */
	uint32_t *param_oid;          /* told, or found; owned */
	bool *param_bare;             /* stands where only a plain number may (LIMIT); owned */
	bool *param_compared;         /* stands beside a comparison; owned */
	bool described;               /* column and column_count are known */
	uint32_t column_count;        /* 0: no rows */
	struct wr_pgs_column *column; /* in the arena */
	struct wr_arena arena;        /* as long as the statement */
	struct wr_pgs_lookup *lookup; /* LOOKUP */
	struct wr_pgs_cursor *cursor; /* CURSOR */
};

/* A parameter's value as Bind gave it. */
struct wr_pgs_param {
	const char *data; /* in the portal's `bytes`; NULL: NULL */
	uint32_t len;
	bool binary; /* else text */
};

/* Rows under way. `take` gives the next batch: *out NULL is the end; *nothing: not within a while,
 * ask again. */
struct wr_pgs_result;
struct wr_pgs_result_type {
	struct wr_pgs_error *(*take)(struct wr_pgs_conn *conn, struct wr_pgs_result *result,
				     struct wr_batch **out, bool *nothing);
	void (*close)(struct wr_pgs_conn *conn, struct wr_pgs_result *result);
};
struct wr_pgs_result {
	const struct wr_pgs_result_type *type; /* where its rows come from */
	void *own;                             /* of the type */
	uint32_t column_count;
	struct wr_pgs_column *column; /* in the arena */
	struct wr_arena arena;
	bool with_kind;         /* a first column says what each row does */
	struct wr_batch *batch; /* being sent; NULL: none */
	uint32_t next;          /* of its rows that count */
};

struct wr_pgs_portal {
	struct wr_pgs_statement *statement; /* a reference */
	struct wr_pgs_param *param;         /* param_count of the statement; owned */
	struct wr_text bytes;
	uint16_t *format; /* 0 text, 1 binary; owned */
	uint32_t format_count;
	struct wr_pgs_result *result; /* NULL: has not begun, or gives no rows */
	bool begun, done;
	bool failed;      /* its rows have ended with an error */
	const char *word; /* of its CommandComplete */
	uint64_t rows;    /* given so far */
	/* of one that DECLARE has made: */
	bool is_cursor;
	bool hold;        /* it outlives a COMMIT */
	bool uncommitted; /* made in the transaction that is under way */
	/* of FETCH and MOVE: */
	uint64_t skip, left; /* rows to leave out first, and to give then */
};

/* --- pg_prepare.c --- */

/* `sql` may be of several statements: the one of tokens [begin, end). OIDs of parameters as the
 * client told them, 0: it does not know. */
struct wr_pgs_error *wr_pgs_prepare(struct wr_pgs_conn *conn, const char *sql, size_t len,
				    uint32_t base, const uint32_t *oid, uint32_t oid_count,
				    struct wr_pgs_statement **out);
void wr_pgs_statement_unref(struct wr_pgs_statement *statement); /* NULL allowed */
/* Its columns are known after that. */
struct wr_pgs_error *wr_pgs_describe(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement);
/* The columns of a schema, in the arena. */
struct wr_pgs_column *wr_pgs_columns_of(struct wr_arena *arena, const struct wr_schema *schema,
					bool with_kind, uint32_t *count);
/* The engine's statement, with values in place of parameters (portal NULL: stand-ins). */
struct wr_pgs_error *wr_pgs_flink_sql(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement,
				      const struct wr_pgs_portal *portal, struct wr_pgs_sql *out);
/* Where the error of the engine is, in the client's query. */
struct wr_pgs_error *wr_pgs_error_at(struct wr_pgs_error *error,
				     const struct wr_pgs_statement *statement,
				     const struct wr_pgs_sql *sql, uint32_t line, uint32_t column);
/* For a SELECT: its final result; `changes`: the session's own mode again. */
void wr_pgs_mode(struct wr_pgs_conn *conn, bool changes);

/* --- pg_param.c --- */

/* What parameters are, of those that the client has not told. */
void wr_pgs_infer(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement);
/* Appends a literal of SQL. */
struct wr_pgs_error *wr_pgs_param_literal(struct wr_pgs_conn *conn,
					  const struct wr_pgs_statement *statement, uint32_t i,
					  const struct wr_pgs_param *param, struct wr_text *out);
/* Appends the string at a token as a literal of the time that it is compared with; false: it is not
 * one as PostgreSQL alone reads it, or nobody knows with what it is compared. */
bool wr_pgs_string_time(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement,
			uint32_t token, struct wr_text *out);
/* A value's text, as PostgreSQL would write it. */
struct wr_pgs_error *wr_pgs_param_text(struct wr_pgs_conn *conn, uint32_t oid,
				       const struct wr_pgs_param *param, struct wr_text *out);
/* The type of a column that the statement names; NULL: not known. In the arena. */
const struct wr_type *wr_pgs_column_type(struct wr_pgs_conn *conn,
					 struct wr_pgs_statement *statement, const char *name);

/* --- pg_run.c --- */

struct wr_pgs_portal *wr_pgs_portal_new(struct wr_pgs_statement *statement);
void wr_pgs_portal_free(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal); /* NULL allowed */
/* Begins it, unless it has; its result is there then, if it has one. */
struct wr_pgs_error *wr_pgs_portal_begin(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal);
/* The engine executes it. */
struct wr_pgs_error *wr_pgs_query_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal);
/* Sends rows, at most rows_max (0: all), and CommandComplete or PortalSuspended. */
struct wr_pgs_error *wr_pgs_portal_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				       uint64_t rows_max);
/* Sends, or `leaves_out`, at most `max` rows of a result in the portal's formats; *given: how many;
 * *end: there are no more. Does not wait for what comes behind the last one. */
struct wr_pgs_error *wr_pgs_give_rows(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				      struct wr_pgs_result *result, bool leaves_out, uint64_t max,
				      uint64_t *given, bool *end);
/* RowDescription, or NoData. */
void wr_pgs_send_columns(struct wr_pgs_conn *conn, const struct wr_pgs_column *column,
			 uint32_t count, const uint16_t *format, uint32_t format_count);
void wr_pgs_complete(struct wr_pgs_conn *conn, const char *tag);

/* --- results --- */

struct wr_pgs_result *wr_pgs_result_new(const struct wr_pgs_result_type *type, void *own);
/* One batch (moved; NULL: no rows); columns are to be set. */
struct wr_pgs_result *wr_pgs_result_rows(struct wr_batch *batch_moved);
void wr_pgs_result_free(struct wr_pgs_conn *conn, struct wr_pgs_result *result);

/* --- pg_command.c --- */

/* Whether the statement is one of PostgreSQL alone. */
bool wr_pgs_is_command(const struct wr_pgs_statement *statement);
/* Columns of SHOW; none otherwise. */
void wr_pgs_command_describe(struct wr_pgs_statement *statement);
/* *tag: of its CommandComplete; a result when it gives rows. */
struct wr_pgs_error *wr_pgs_command_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal);
/* A setting of PostgreSQL, by its name; NULL: there is none. In the scratch text. */
const char *wr_pgs_setting(struct wr_pgs_conn *conn, const char *name, struct wr_text *scratch);
struct wr_pgs_error *wr_pgs_set(struct wr_pgs_conn *conn, const char *name, const char *value);

#endif
