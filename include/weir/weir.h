/* SPDX-License-Identifier: Apache-2.0
 *
 * weir.h - the engine as a C library: sessions that execute scripts of Flink SQL.
 *
 *     struct weir_session *session = weir_session_new();
 *     struct weir_handler handler = {.row = print_row};
 *     struct weir_error *error = NULL;
 *
 *     if (weir_execute(session, "SELECT 1 + 1", &handler, &error) != WEIR_OK)
 *             fprintf(stderr, "%s\n", weir_error_text(error));
 *     weir_error_free(error);
 *     weir_session_free(session);
 *
 * Ownership: what a function returns belongs to the session, the error or the row it was asked of,
 * and lives as long as that; only sessions and errors are freed by the caller. Texts given to a
 * function are copied where they are kept. Texts are UTF-8.
 *
 * Threads: a session belongs to one thread at a time; several sessions may be used by several
 * threads. weir_cancel alone may be called by any thread while the session lives (not by a signal
 * handler). Callbacks of one script never run at the same time; `row` runs on a thread of the
 * engine, the others on the caller's. A callback must not use its session, but for weir_cancel.
 *
 * When the system has no memory left the library writes a line to standard error and aborts the
 * process.
 */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/version.h"

#ifdef __cplusplus
extern "C" {
#endif

struct weir_session; /* tables, views, options and variables; executes one script at a time */
struct weir_result;  /* the result of a SELECT: its columns; lives from `begin` to the return of
			`end` */
struct weir_row;     /* one row of a result; lives during the `row` callback */
struct weir_error;   /* why a call failed */

/* What a call came to. */
enum weir_code {
	WEIR_OK = 0,
	WEIR_ERROR_JOB = 1,    /* a job failed while it ran: its sinks show nothing of it */
	WEIR_ERROR_SCRIPT = 2, /* the script, an option or a variable is wrong; nothing has run */
	WEIR_STOPPED = 3,      /* a callback returned something other than 0 */
	WEIR_CANCELLED =
	    4 /* weir_cancel: reading stopped, and what was complete has been written */
};

/* The kind of a column's type; its parameters are in weir_column_type_text. */
enum weir_type {
	WEIR_NULL,           /* of a bare NULL */
	WEIR_BOOLEAN,        /* weir_get_bool */
	WEIR_INTEGER,        /* weir_get_i64: TINYINT, SMALLINT, INT, BIGINT */
	WEIR_FLOAT,          /* weir_get_f64: FLOAT, DOUBLE */
	WEIR_DECIMAL,        /* weir_get_text */
	WEIR_STRING,         /* weir_get_bytes: CHAR, VARCHAR, STRING */
	WEIR_BYTES,          /* weir_get_bytes: BINARY, VARBINARY, BYTES */
	WEIR_DATE,           /* weir_get_i64: days since 1970-01-01 */
	WEIR_TIME,           /* weir_get_i64: milliseconds of the day */
	WEIR_TIMESTAMP,      /* weir_get_timestamp: without a time zone */
	WEIR_TIMESTAMP_LTZ,  /* weir_get_timestamp: an instant, since 1970 UTC */
	WEIR_INTERVAL_MONTH, /* weir_get_i64: months */
	WEIR_INTERVAL_DAY,   /* weir_get_i64: milliseconds */
	WEIR_NESTED          /* weir_get_text: ARRAY, MAP, MULTISET, ROW */
};

/* What a row does to the result. */
enum weir_row_kind {
	WEIR_INSERT = 0,        /* +I: comes */
	WEIR_UPDATE_BEFORE = 1, /* -U: goes, its new form follows */
	WEIR_UPDATE_AFTER = 2,  /* +U: comes in place of the row before */
	WEIR_DELETE = 3         /* -D: goes */
};

/* What the caller wants to hear of a script. Any member may be NULL. A callback returns 0 to go on;
 * any other value ends the script with WEIR_STOPPED. */
struct weir_handler {
	int (*begin)(void *user, const struct weir_result *result); /* a SELECT begins */
	int (*row)(void *user,
		   const struct weir_row *row); /* a row of it, in the order of the stream */
	int (*end)(void *user, const struct weir_result *result); /* it has ended well */
	int (*text)(void *user, const char *text); /* lines of SHOW, DESCRIBE, EXPLAIN and SET */
	void *user;                                /* handed to the callbacks */
};

/* Sums over the jobs of the last script. */
struct weir_stats {
	uint64_t rows_in;  /* read from sources */
	uint64_t rows_out; /* written to sinks, or handed to `row` */
	uint64_t
	    rows_late;     /* too late for their window: dropped, or sent to weir.late-rows.table */
	uint64_t rows_bad; /* could not be read or evaluated: ignored, or logged */
};

/* The version of the library, "0.1.0". */
const char *weir_version(void);

/* --- sessions --- */

struct weir_session *weir_session_new(void);
/* Frees; NULL is allowed. No script may be running. */
void weir_session_free(struct weir_session *session);
/* As SET 'key' = 'value'. `error` may be NULL. */
enum weir_code weir_set_option(struct weir_session *session, const char *key, const char *value,
			       struct weir_error **error);
/* From now on ${name} in a script stands for `value`; a NULL value forgets the name. */
void weir_set_variable(struct weir_session *session, const char *name, const char *value);
/* Executes the statements of a script and returns when the last job has ended. The whole script is
 * checked before anything runs. Tables and options stay for the next script of the session, those
 * declared before a mistake too. `handler` may be NULL. *error (may be NULL) becomes NULL on
 * WEIR_OK, else an error that the caller frees. */
enum weir_code weir_execute(struct weir_session *session, const char *sql,
			    const struct weir_handler *handler, struct weir_error **error);
/* Ends the running script, or the next one if none runs, with WEIR_CANCELLED. Any thread. */
void weir_cancel(struct weir_session *session);
/* About the last script. */
struct weir_stats weir_session_stats(const struct weir_session *session);

/* --- results --- */

uint32_t weir_column_count(const struct weir_result *result);
/* Columns count from 0; asking for one that is not there is an error of the caller (NULL,
 * WEIR_NULL). */
const char *weir_column_name(const struct weir_result *result, uint32_t column);
enum weir_type weir_column_type(const struct weir_result *result, uint32_t column);
/* The whole type as Flink writes it: "DECIMAL(10, 2) NOT NULL". */
const char *weir_column_type_text(const struct weir_result *result, uint32_t column);
/* Whether rows may be taken back: kinds other than WEIR_INSERT may come. */
bool weir_result_updating(const struct weir_result *result);

/* --- rows --- */

const struct weir_result *weir_row_result(const struct weir_row *row);
enum weir_row_kind weir_row_kind(const struct weir_row *row);
bool weir_is_null(const struct weir_row *row, uint32_t column);
/* The getters return false, and leave *value alone, when the value is NULL or the column is of
 * another type. */
bool weir_get_bool(const struct weir_row *row, uint32_t column, bool *value);
bool weir_get_i64(const struct weir_row *row, uint32_t column, int64_t *value);
bool weir_get_f64(const struct weir_row *row, uint32_t column, double *value);
/* Not NUL-terminated. */
bool weir_get_bytes(const struct weir_row *row, uint32_t column, const char **bytes, size_t *len);
/* *ms since 1970-01-01 00:00, rounded down, and the nanoseconds behind it, 0..999999 (`nanos` may
 * be NULL). */
bool weir_get_timestamp(const struct weir_row *row, uint32_t column, int64_t *ms, int32_t *nanos);
/* Any type, as CAST(... AS STRING) writes it, in the session's time zone; NULL for SQL's NULL. */
const char *weir_get_text(const struct weir_row *row, uint32_t column);

/* --- errors --- */

enum weir_code weir_error_code(const struct weir_error *error);
/* The cause in one sentence. */
const char *weir_error_text(const struct weir_error *error);
/* What to do next; NULL: there is nothing to say. */
const char *weir_error_hint(const struct weir_error *error);
/* The place in the script, from 1 (columns in characters); 0: it is not about a place in the
 * script. */
uint32_t weir_error_line(const struct weir_error *error);
uint32_t weir_error_column(const struct weir_error *error);
/* The error as the command shows it: place, cause, the line of the script with a mark under it,
 * hint. */
const char *weir_error_report(const struct weir_error *error);
void weir_error_free(struct weir_error *error); /* NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif
