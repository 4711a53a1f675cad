/* SPDX-License-Identifier: Apache-2.0
 *
 * weir.h - the engine as a C library: Flink SQL, jobs, rows in and out, and (weir/stream.h,
 * weir/function.h, both included here) streams with keyed process functions and functions for SQL.
 *
 *     struct weir_session *session = weir_session_new();
 *     struct weir_handler handler = {.size = sizeof handler, .row = print_row};
 *     struct weir_error *error = NULL;
 *
 *     if (weir_execute(session, "SELECT 1 + 1", &handler, &error) != WEIR_OK)
 *             fprintf(stderr, "%s\n", weir_error_text(error));
 *     weir_error_free(error);
 *     weir_session_free(session);
 *
 * Ownership: what a ..._new, ..._open, weir_prepare, weir_submit, weir_query or an `error` argument
 * returns is the caller's, to be freed by the function named with it; everything else that is
 * returned belongs to the handle it was asked of and lives as long as that. Texts given to a
 * function are copied where they are kept. Texts are UTF-8 and end with a NUL unless a length goes
 * with them.
 *
 * Names and texts: columns that a program declares are written "account BIGINT, amount DOUBLE NOT
 * NULL". A reserved word is a name there as it is ("at TIMESTAMP(3), sum BIGINT"); other characters
 * than letters, digits and _ need backquotes (`a b` INT). In SQL a reserved word needs backquotes,
 * also when it is the name of a table, a view or a function of the program.
 *
 * NULL where a handle, a text or a place for a result is expected is a mistake of the caller that
 * is not looked for, unless "NULL is allowed", "may be NULL" or an error for it is said.
 *
 * Structs that the caller fills begin with `size`, their sizeof: members that a later version adds
 * at the end are taken as zero in a program built before it. A size of 0 is refused.
 *
 * Errors: functions that can fail return enum weir_code and fill *error (which may be NULL when the
 * caller does not want it). The library prints nothing, installs no signal handlers, does not exit
 * and has no global state; several sessions in one process know nothing of each other.
 *
 * Memory: sizes that come from the program or from data are checked before memory is asked for, and
 * what is above its limit is an error, of the call or of the row: a value of 64 MiB (also as the
 * result of a function of SQL), a record read from outside of 64 MiB, 4 MiB of SQL, 2,000 columns,
 * 256 workers; queues are bounded. weir.memory.limit bounds the state of jobs, which goes to disk
 * above it. The one exception to "no output, no abort" is what is left: when the system refuses
 * memory for something within those limits, the library writes a line to standard error and aborts.
 * Linux by default gives memory on credit and does not refuse but kills; under a limit of the
 * address space (RLIMIT_AS) set weir.memory.limit well below it.
 *
 * Threads: a session and what was made of it (statements, flows) belong to one thread at a time;
 * several sessions may be used by several threads. Jobs, cursors and inputs may be used by another
 * thread than the session's, each by one at a time; functions that any thread may call at any time
 * say so. Threads of the library are named "weir-...". Callbacks must not use their session; what
 * they may call says so.
 *
 * fork: a child has none of its parent's threads. It must not use nor free handles of the parent
 * that have a job running (weir_submit, weir_query, a flow); it makes sessions of its own. A
 * session without running jobs is as usable behind a fork as before, in both.
 */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/version.h"

#ifdef __cplusplus
/* Structs and functions of one name are no mistake here, whatever -Wshadow says of them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#endif

struct weir_session;   /* tables, views, functions, options and variables */
struct weir_statement; /* a script that has been checked and planned */
struct weir_job;       /* a script that runs beside the program */
struct weir_cursor;    /* a SELECT whose rows are pulled */
struct weir_input;     /* rows of the program for a table */
struct weir_result;    /* the columns of rows: of a SELECT, a stream, the arguments of a function */
struct weir_row;       /* one row; lives during the callback, or as its getter says */
struct weir_batch;     /* some rows as columns; the same */
struct weir_appender;  /* where rows are written to */
struct weir_error;     /* why a call failed */

/* Arrow's C data and C stream interface; their layouts are below. */
struct ArrowSchema;
struct ArrowArray;
struct ArrowArrayStream;

/* What a call came to. */
enum weir_code {
	WEIR_OK = 0,
	WEIR_ERROR_JOB = 1,    /* a job failed while it ran: its sinks show nothing of it */
	WEIR_ERROR_SCRIPT = 2, /* the script, an option or a variable is wrong; nothing has run */
	WEIR_STOPPED = 3,      /* a callback returned something other than 0 */
	WEIR_CANCELLED = 4,    /* cancelled: reading stopped, what was complete has been written */
	WEIR_MISUSE =
	    5, /* the call does not fit the state of its handle, or an argument is wrong */
	WEIR_WOULD_BLOCK = 6, /* no error: nothing can be taken or given at the moment */
	WEIR_TIMEOUT = 7,     /* no error: the time given has passed */
	WEIR_END = 8          /* no error: there is nothing more */
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
 * any other value ends the script with WEIR_STOPPED. All but `notice` come one at a time: from
 * weir_execute and weir_statement_execute on the caller's thread, from a job on its own
 * ("weir-run") or in its polls. What they are given lives until they return. */
struct weir_handler {
	size_t size; /* sizeof(struct weir_handler) */
	int (*begin)(void *user, const struct weir_result *result); /* a SELECT begins */
	int (*row)(void *user,
		   const struct weir_row *row); /* a row of it, in the order of the stream */
	int (*end)(void *user, const struct weir_result *result); /* it has ended well */
	int (*text)(void *user, const char *text); /* lines of SHOW, DESCRIBE, EXPLAIN and SET */
	void *user;                                /* handed to the callbacks */
	/* Many rows at once, in place of `row`. */
	int (*batch)(void *user, const struct weir_batch *batch);
	/* Something worth a line while a job runs: a restart, a broker that does not answer. Any
	 * thread. */
	void (*notice)(void *user, const char *text);
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

/* A session without tables, with the default options. Never NULL. */
struct weir_session *weir_session_new(void);
/* Frees; NULL is allowed. No weir_execute may be running. What was made of it (statements, jobs,
 * cursors, inputs) may be freed before or after it: what they need of the session stays until then,
 * and jobs go on. Flows must have been freed. */
void weir_session_free(struct weir_session *session);
/* As SET 'key' = 'value': for what is prepared, submitted or run from now on. WEIR_ERROR_SCRIPT:
 * there is no such option, or the value is not one of it. `error` may be NULL. */
enum weir_code weir_set_option(struct weir_session *session, const char *key, const char *value,
			       struct weir_error **error);
/* From now on ${name} in a script stands for `value`, as text that is put in before anything is
 * read; a NULL value forgets the name. Names are letters, digits, _, . and -. */
void weir_set_variable(struct weir_session *session, const char *name, const char *value);
/* Executes the statements of a script and returns when the last job has ended. The whole script is
 * checked before anything runs. Tables and options stay for the next script of the session, those
 * declared before a mistake too. `handler` may be NULL. *error (may be NULL) becomes NULL on
 * WEIR_OK, else an error that the caller frees (weir_error_free). WEIR_ERROR_SCRIPT: nothing has
 * run; WEIR_ERROR_JOB: a job failed, those before it have ended well; WEIR_STOPPED, WEIR_CANCELLED:
 * see there; WEIR_MISUSE: the handler has no size. */
enum weir_code weir_execute(struct weir_session *session, const char *sql,
			    const struct weir_handler *handler, struct weir_error **error);
/* Ends the running script, or the next one if none runs, with WEIR_CANCELLED; of weir_execute and
 * weir_statement_execute, not of jobs and cursors (weir_job_cancel). Any thread, callbacks too. */
void weir_cancel(struct weir_session *session);
/* About the last script of weir_execute or weir_statement_execute. */
struct weir_stats weir_session_stats(const struct weir_session *session);

/* --- prepared scripts --- */

/* Checks and plans a script as weir_execute does, and runs nothing. Declarations and SETs in it
 * take effect now, once; what the session declares or sets later does not matter to the statement.
 * With execution.runtime-mode = batch, CURRENT_TIMESTAMP and the like are the time of this call.
 * Freed by weir_statement_free. WEIR_ERROR_SCRIPT: *error says where and why, *statement is NULL.
 */
enum weir_code weir_prepare(struct weir_session *session, const char *sql,
			    struct weir_statement **statement, struct weir_error **error);
/* The columns of its SELECT, or of what it shows (see weir_query); NULL: it has neither, or
 * several. Lives as long as the statement. */
const struct weir_result *weir_statement_result(const struct weir_statement *statement);
/* Runs it, as often as one likes; returns when the last job has ended. Arguments, errors and
 * weir_cancel as for weir_execute. */
enum weir_code weir_statement_execute(struct weir_statement *statement,
				      const struct weir_handler *handler,
				      struct weir_error **error);
/* NULL is allowed. No job of it may be running. */
void weir_statement_free(struct weir_statement *statement);

/* --- jobs beside the program --- */

/* How a job runs. */
enum weir_job_flags {
	/* The job has no thread of its own: weir_job_poll runs it on the caller's, with one worker,
	 * and callbacks come from there. With an input and a callback that is the shortest way
	 * through the engine. Checkpoints are made in the polls. Connectors to the outside world
	 * may have threads of their own; a sink that waits for its server makes the poll wait. */
	WEIR_JOB_INLINE = 1
};

/* Where a job is in its life. */
enum weir_job_state {
	WEIR_JOB_RUNNING,
	WEIR_JOB_RESTARTING, /* failed, waits for its next attempt */
	WEIR_JOB_FINISHED,   /* its inputs have ended, or it was stopped with a savepoint */
	WEIR_JOB_CANCELLED,
	WEIR_JOB_FAILED
};

/* What a job has done so far. */
struct weir_job_metrics {
	size_t size;               /* of the caller's struct: as many bytes are filled */
	enum weir_job_state state; /* now */
	uint64_t rows_in;          /* read from sources */
	uint64_t rows_out;         /* written to sinks, or handed to the handler */
	uint64_t rows_late;        /* dropped as too late, or sent to weir.late-rows.table */
	uint64_t rows_bad;         /* could not be read or evaluated: ignored, or logged */
	uint64_t state_bytes;      /* of all operators */
	int64_t watermark_ms; /* lowest of the sources; INT64_MIN: none yet, INT64_MAX: ended */
	int64_t elapsed_us;   /* since it began */
	uint64_t restarts;    /* after failures */
	uint64_t checkpoints; /* completed */
	uint64_t checkpoint_bytes; /* of the last one */
	int64_t checkpoint_us;     /* that it took */
	int64_t busy_us;           /* of all workers together: at work */
	int64_t blocked_us;        /* the same: waiting for room behind them */
	int64_t idle_us;           /* the same: waiting for input */
};

/* Runs a script on a thread of the library (or WEIR_JOB_INLINE): checked and planned before this
 * returns, its statements one after the other as in weir_execute. The session may be used for other
 * things meanwhile; declarations that change later do not matter to the job. `handler` is copied;
 * its callbacks run on threads of the job. Freed by weir_job_free. WEIR_ERROR_SCRIPT: the script is
 * wrong; WEIR_ERROR_JOB: it cannot begin; WEIR_MISUSE: a flag or the handler; *job is NULL then.
 * What a job that has begun fails with is told by weir_job_wait and weir_job_poll. */
enum weir_code weir_submit(struct weir_session *session, const char *sql, uint32_t flags,
			   const struct weir_handler *handler, struct weir_job **job,
			   struct weir_error **error);
/* WEIR_JOB_INLINE: does what can be done now and returns: WEIR_OK (it wants to be called again when
 * there is input, or time has passed), WEIR_END (the job has ended well), WEIR_MISUSE (the job has
 * a thread, or this is one of its callbacks), or why it failed. One that finds nothing to do takes
 * about 0.1 microseconds; after 100 ms of work it returns in any case. One thread at a time. */
enum weir_code weir_job_poll(struct weir_job *job, struct weir_error **error);
/* Waits until the job has ended, at most timeout_ms milliseconds (negative: for ever): WEIR_OK (it
 * has ended well), WEIR_TIMEOUT, or how it ended: WEIR_ERROR_JOB, WEIR_STOPPED, WEIR_CANCELLED. May
 * be called again, by everybody who wants to know. Any thread; in a callback of the job
 * WEIR_MISUSE. WEIR_JOB_INLINE: polls, so that it takes the thread of the polls. */
enum weir_code weir_job_wait(struct weir_job *job, int64_t timeout_ms, struct weir_error **error);
/* Reading stops, what was complete is written, statements behind it do not run. Returns at once;
 * any thread, callbacks too. An inline job sees it in its next poll. */
void weir_job_cancel(struct weir_job *job);
/* The inputs end here: open windows fire, and the job finishes; so do statements behind it. Returns
 * at once; any thread, callbacks too. An inline job sees it in its next poll. */
void weir_job_drain(struct weir_job *job);
/* Makes a savepoint and waits for it. folder: a new one that is made for it, and must not be there
 * yet, a path or file:///PATH; NULL: one beside the checkpoints. `stop`: the job ends with it.
 * *path (may be NULL): the savepoint, to be freed by weir_free. Needs
 * execution.checkpointing.interval; statements of the script that follow a stopped job do not run.
 * Any thread; in a callback of the job WEIR_MISUSE. WEIR_JOB_INLINE: polls, so that it takes the
 * thread of the polls. */
enum weir_code weir_job_savepoint(struct weir_job *job, const char *folder, bool stop, char **path,
				  struct weir_error **error);
/* Fills as many bytes as metrics->size says (0: nothing). The counters are those of all statements
 * so far; state, watermark and the last checkpoint those of the one that runs, or ran last. Any
 * thread, callbacks too. */
void weir_job_metrics(struct weir_job *job, struct weir_job_metrics *metrics);
/* The same and more as a JSON object: `stages` with the time that each was busy and blocked,
 * `tables` with rows, watermarks and how far they are behind, the statement's name as `job`. To be
 * freed by weir_free. Any thread, callbacks too. */
char *weir_job_metrics_json(struct weir_job *job);
/* Cancels if it still runs, waits for its end, frees. NULL is allowed. In a callback of the job,
 * which cannot wait for itself, it cancels and returns: the job is freed when it has ended (an
 * inline one before the call returns that polls it), without a word to anybody, and the handle is
 * not to be used any more; what its callbacks and its flow need must live on until then. */
void weir_job_free(struct weir_job *job);

/* --- results that are pulled --- */

/* Starts a script with one result on threads of the library: a SELECT or, if there is none, a SHOW,
 * DESCRIBE, EXPLAIN or bare SET, which have Flink's columns (`table name`; name, type, null, key,
 * extras, watermark; `result`; key, value). Rows wait in a bounded queue (65,536), which holds the
 * job back when nobody takes them. A script without a result, or with several, is
 * WEIR_ERROR_SCRIPT, as one that is wrong; *cursor is NULL then. Freed by weir_cursor_free. */
enum weir_code weir_query(struct weir_session *session, const char *sql,
			  struct weir_cursor **cursor, struct weir_error **error);
/* The columns of the result; live as long as the cursor. */
const struct weir_result *weir_cursor_result(const struct weir_cursor *cursor);
/* The next rows, at most 4,096; *batch lives until the next call for the cursor. Waits at most
 * timeout_ms (0: not at all, negative: for ever): WEIR_OK, WEIR_TIMEOUT, WEIR_END, or why the job
 * failed. */
enum weir_code weir_cursor_batch(struct weir_cursor *cursor, int64_t timeout_ms,
				 const struct weir_batch **batch, struct weir_error **error);
/* The same, row by row; *row lives until the next call for the cursor. Rows that were given so do
 * not come again in a batch. */
enum weir_code weir_cursor_row(struct weir_cursor *cursor, int64_t timeout_ms,
			       const struct weir_row **row, struct weir_error **error);
/* The result as a stream of Arrow record batches, which takes the cursor over: it is freed with the
 * stream. Results that may take rows back have a column `$kind` (int8, enum weir_row_kind) behind
 * the others. */
enum weir_code weir_cursor_arrow(struct weir_cursor *cursor_moved, struct ArrowArrayStream *stream,
				 struct weir_error **error);
/* Cancels the job if it still runs, waits for it, frees. NULL is allowed. In a function that the
 * query calls: as weir_job_free in a callback. */
void weir_cursor_free(struct weir_cursor *cursor);

/* --- rows of the program ---
 *
 *     CREATE TABLE orders (id BIGINT, amount DOUBLE, ts TIMESTAMP(3),
 *                          WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
 *     WITH ('connector' = 'input')
 *
 * is a table whose rows come from weir_input_*. Rows wait in a bounded queue ('input.capacity'
 * rows, 65,536 by default) for the jobs that read the table: one that starts when no other reads it
 * gets all that wait, another one those that are pushed from its start on. A row is let go of when
 * the slowest job has taken it. When a job makes checkpoints, its rows stay until one that covers
 * them is complete, since the job takes them again when it restarts; so the capacity bounds what
 * may be pushed between two checkpoints, and a full queue asks for one.
 *
 * Rows are counted from the first that was ever pushed. A program that is started again, and its
 * job from a checkpoint, pushes the rows behind weir_input_restored again:
 *
 *     weir_submit(session, "INSERT INTO totals SELECT ... FROM orders", 0, NULL, &job, &error);
 *     while (weir_input_wait(input, 10) != WEIR_OK)
 *             if (weir_job_wait(job, 0, &error) != WEIR_TIMEOUT)
 *                     ... // it has ended without reading
 *     for (uint64_t i = weir_input_restored(input); i < count; i++)
 *             ...
 *
 * With 'input.changelog' = 'changes' (or 'upserts', by PRIMARY KEY) rows of all kinds are taken.
 */

/* What a call does that finds no room. */
enum weir_input_flags {
	WEIR_INPUT_WAIT = 0,   /* a call that finds no room waits for it */
	WEIR_INPUT_NO_WAIT = 1 /* it returns WEIR_WOULD_BLOCK */
};

/* Opens the table for pushing; several inputs of a table may be open, each for one thread at a
 * time. Freed by weir_input_free, also after the session. WEIR_ERROR_SCRIPT: there is no such
 * table, or its connector is another one; *input is NULL then. */
enum weir_code weir_input_open(struct weir_session *session, const char *table,
			       struct weir_input **input, struct weir_error **error);
/* The columns that are pushed: the physical ones of the table. */
const struct weir_result *weir_input_result(const struct weir_input *input);
/* Where rows are written: weir_append_* for each column and weir_append_end. They go on their way
 * with weir_input_push, or by themselves when there are 4,096 and there is room. weir_append_end
 * waits only when more rows than the queue's capacity would wait here, too. */
struct weir_appender *weir_input_appender(struct weir_input *input);
/* Hands over what was appended. WEIR_WOULD_BLOCK: some of it waits for room, the next call hands it
 * over; append nothing more until then. WEIR_MISUSE: a row had a mistake, or was not closed; it was
 * dropped, the others go. WEIR_ERROR_JOB (WEIR_INPUT_WAIT): there is no room, and no job reads the
 * table, so that waiting might never end; rows that found no room stay in the input, and the next
 * push hands them over: start a job, then push again. With WEIR_JOB_INLINE use WEIR_INPUT_NO_WAIT:
 * nobody else would make room. */
enum weir_code weir_input_push(struct weir_input *input, uint32_t flags, struct weir_error **error);
/* Hands over what was appended and waits until `rows` further rows find room (more than the queue's
 * capacity: until it is empty), at most timeout_ms (0: not at all, negative: for ever): for
 * programs that have something else to look after meanwhile, such as signals. WEIR_TIMEOUT: there
 * is no room yet, some of what was appended may still wait; otherwise as weir_input_push. */
enum weir_code weir_input_room(struct weir_input *input, uint64_t rows, int64_t timeout_ms,
			       struct weir_error **error);
/* Hands over a record batch whose columns have the table's names (any order; a nullable column that
 * is not there is NULL, one too many a mistake) or, without names, its order. Taken are Arrow's
 * types of the same meaning in all widths, units and layouts, as values of a dictionary too:
 * integers for every number (where each value fits), decimals (rounded to the column's scale), utf8
 * and binary with offsets or views, timestamps with a zone for TIMESTAMP_LTZ and those without for
 * TIMESTAMP, lists, maps, structs. Not taken are half floats, unions and run ends. What was
 * appended before goes before. A column `$kind` (int8, enum
 * weir_row_kind) that the table has not tells what the rows do, where the table takes changes.
 * `array` is moved (its release is NULL afterwards) unless the call
 * would block or the batch does not fit the table; `schema` is only read. WEIR_INPUT_NO_WAIT takes
 * it as a whole or not at all. */
enum weir_code weir_input_push_arrow(struct weir_input *input, struct ArrowArray *array,
				     const struct ArrowSchema *schema, uint32_t flags,
				     struct weir_error **error);
/* The program knows that no row before `watermark_ms` will come: the watermark of tables that
 * declare WATERMARK FOR ... AS SOURCE_WATERMARK(), behind the rows pushed and appended so far. The
 * last one, INT64_MAX, does not end the input: weir_input_end does.
 * Never waits: a watermark behind rows that wait for room goes with them. */
enum weir_code weir_input_watermark(struct weir_input *input, int64_t watermark_ms,
				    struct weir_error **error);
/* No more rows come: what was appended goes, whatever room there is, and jobs that read the table
 * finish. For all inputs of the table. */
void weir_input_end(struct weir_input *input);
/* Waits until a job has begun to read the table, at most so many milliseconds (0: not at all,
 * negative: for ever): WEIR_OK or WEIR_TIMEOUT. A job that fails before it reads, or goes on from a
 * checkpoint behind the end of the input, never begins: who is not sure waits a little, asks
 * weir_job_wait with a timeout of 0, and so on. Any thread. */
enum weir_code weir_input_wait(struct weir_input *input, int64_t timeout_ms);
/* How many rows, of all that were ever pushed, are covered by the checkpoint that the reading job
 * began with (of several jobs: the least): a program that pushes rows it can repeat goes on behind
 * them. 0: it began without one, or no job has read yet. Any thread. */
uint64_t weir_input_restored(const struct weir_input *input);
/* How many rows, of all that were ever pushed, are covered by the last completed checkpoint of
 * every job that reads the table. Any thread. */
uint64_t weir_input_confirmed(const struct weir_input *input);
/* What was appended and not pushed is dropped; the table does not end. NULL is allowed. */
void weir_input_free(struct weir_input *input);

/* --- results --- */

/* Number of columns. A weir_result and its texts live as long as what it was asked of. */
uint32_t weir_column_count(const struct weir_result *result);
/* Columns count from 0; asking for one that is not there is an error of the caller (NULL,
 * WEIR_NULL). */
const char *weir_column_name(const struct weir_result *result, uint32_t column);
/* The kind of a column's type. */
enum weir_type weir_column_type(const struct weir_result *result, uint32_t column);
/* The whole type as Flink writes it: "DECIMAL(10, 2) NOT NULL". */
const char *weir_column_type_text(const struct weir_result *result, uint32_t column);
/* Whether rows may be taken back: kinds other than WEIR_INSERT may come. */
bool weir_result_updating(const struct weir_result *result);

/* --- rows --- */

/* The columns of the row. */
const struct weir_result *weir_row_result(const struct weir_row *row);
/* What the row does to the result. */
enum weir_row_kind weir_row_kind(const struct weir_row *row);
/* Whether the value is NULL; true for a column that is not there. */
bool weir_is_null(const struct weir_row *row, uint32_t column);
/* The getters return false, and leave *value alone, when the value is NULL or the column is of
 * another type. */
bool weir_get_bool(const struct weir_row *row, uint32_t column, bool *value);
/* An integer of any width; also the raw value of DATE, TIME and the intervals (enum weir_type). */
bool weir_get_i64(const struct weir_row *row, uint32_t column, int64_t *value);
/* FLOAT or DOUBLE. */
bool weir_get_f64(const struct weir_row *row, uint32_t column, double *value);
/* STRING or BYTES of any length: not NUL-terminated, as long as the row lives. */
bool weir_get_bytes(const struct weir_row *row, uint32_t column, const char **bytes, size_t *len);
/* *ms since 1970-01-01 00:00, rounded down, and the nanoseconds behind it, 0..999999 (`nanos` may
 * be NULL). */
bool weir_get_timestamp(const struct weir_row *row, uint32_t column, int64_t *ms, int32_t *nanos);
/* Any type, as CAST(... AS STRING) writes it, in the session's time zone; NULL for SQL's NULL. The
 * text lives until the next call for the same column, of this row or another one of its result, and
 * no longer than the row. */
const char *weir_get_text(const struct weir_row *row, uint32_t column);

/* --- batches: rows as columns --- */

/* How the values of a column lie in memory, and what enum weir_type says about their meaning. */
enum weir_layout {
	WEIR_LAYOUT_BOOL,   /* uint8_t 0 or 1 */
	WEIR_LAYOUT_I8,     /* TINYINT */
	WEIR_LAYOUT_I16,    /* SMALLINT */
	WEIR_LAYOUT_I32,    /* INT, DATE (days), TIME (ms of the day), INTERVAL YEAR..MONTH */
	WEIR_LAYOUT_I64,    /* BIGINT, TIMESTAMP(0..3) (ms), INTERVAL DAY..SECOND (ms) */
	WEIR_LAYOUT_I128,   /* DECIMAL (unscaled), TIMESTAMP(4..9) (ns); low half first */
	WEIR_LAYOUT_F32,    /* FLOAT */
	WEIR_LAYOUT_F64,    /* DOUBLE */
	WEIR_LAYOUT_STRING, /* struct weir_string: weir_string_data, weir_string_size */
	WEIR_LAYOUT_NESTED  /* by weir_get_* and weir_child_* only */
};

/* A text or bytes value in a column: 16 bytes; short ones lie inside. */
struct weir_string {
	uint32_t size; /* bytes */
	char head[12]; /* all of it up to 12 bytes, else the first four and, unaligned, a pointer */
};
static inline const char *weir_string_data(const struct weir_string *string)
{
	const char *data;

	if (string->size <= sizeof string->head)
		return string->head;
	__builtin_memcpy(&data, string->head + 4, sizeof data);
	return data;
}

/* A column of a batch: row i is at [i & mask], for a column of one value for all rows has one. */
struct weir_column {
	enum weir_type type;     /* what the values mean */
	enum weir_layout layout; /* how they lie in memory */
	uint32_t mask;           /* of indexes */
	const uint8_t *valid;    /* 0: NULL, else 1; NULL: no value is NULL */
	const void *data;        /* of the layout; NULL for WEIR_LAYOUT_NESTED */
};

/* Number of rows. */
uint32_t weir_batch_rows(const struct weir_batch *batch);
/* The columns of the batch. */
const struct weir_result *weir_batch_result(const struct weir_batch *batch);
/* Physical row of row i, 0 <= i < rows: the index into the columns; they may hold rows that are not
 * part of the batch. */
uint32_t weir_batch_index(const struct weir_batch *batch, uint32_t i);
/* false: there is no such column. */
bool weir_batch_column(const struct weir_batch *batch, uint32_t column, struct weir_column *out);
/* What row i does to the result. */
enum weir_row_kind weir_batch_kind(const struct weir_batch *batch, uint32_t i);
/* Row i to be read by the getters of rows; until the next call for the batch. */
const struct weir_row *weir_batch_row(const struct weir_batch *batch, uint32_t i);
/* The batch as an Arrow struct array, released by the caller on any thread, also after the session
 * has gone. Its columns are those of weir_result_arrow. Numbers, DECIMAL, DATE, TIME,
 * TIMESTAMP(1..3) and intervals are shared and not copied unless rows are left out. WEIR_ERROR_JOB:
 * a value that Arrow has no place for, which is a TIMESTAMP(7..9) outside the years 1678 to 2261, a
 * NULL as a key of a map, more than 2 GiB of texts in a column. Callbacks may call it. */
enum weir_code weir_batch_arrow(const struct weir_batch *batch, struct ArrowArray *array,
				struct weir_error **error);
/* The columns as an Arrow schema, a struct; released by the caller. Results that may take rows back
 * have a last column `$kind` (int8, enum weir_row_kind). Types become null, bool, int8 to int64,
 * float, double, decimal128, utf8, binary, date32, time32[ms], timestamp (TIMESTAMP(0): seconds,
 * (1..3): ms, (4..6): us, (7..9): ns; TIMESTAMP_LTZ with zone UTC), interval of months, days
 * and nanoseconds, duration[ms], list, map (MULTISET: to the counts) and struct. Does not fail. */
enum weir_code weir_result_arrow(const struct weir_result *result, struct ArrowSchema *schema,
				 struct weir_error **error);

/* --- nested values ---
 *
 * A row of the elements of a nested value: ARRAY and MULTISET: element i (and its count) is column
 * 0 (and 1) of row i; MAP: keys and values; ROW: one row with its fields. */

/* How many elements; 0 for NULL. ROW: 1. */
uint32_t weir_child_count(const struct weir_row *row, uint32_t column);
/* Element i as a row, until the next call for the same row and column; NULL: there is none. */
const struct weir_row *weir_child(const struct weir_row *row, uint32_t column, uint32_t i);

/* --- writing rows ---
 *
 * Values are appended in the order of the columns, then weir_append_end closes the row. A value of
 * another type than its column is converted as an implicit cast would be; where there is none, and
 * for a NULL of a NOT NULL column, a value too many or too few, the appender notes the first
 * mistake and drops the row; the function that hands the rows over tells it (callbacks: the job
 * fails with it). So the result of each call need not be looked at; it is false then. */

/* The columns that rows are written to. */
const struct weir_result *weir_appender_result(const struct weir_appender *out);
/* SQL's NULL; a mistake for a NOT NULL column. */
bool weir_append_null(struct weir_appender *out);
/* BOOLEAN. */
bool weir_append_bool(struct weir_appender *out, bool value);
/* Out of range: a mistake; of TIME, milliseconds beyond 0..86399999 are. */
bool weir_append_i64(struct weir_appender *out, int64_t value);
/* FLOAT or DOUBLE. */
bool weir_append_f64(struct weir_appender *out, double value);
/* A text, which must be UTF-8, or bytes, at most 64 MiB; copied. */
bool weir_append_bytes(struct weir_appender *out, const char *bytes, size_t len);
/* Any type, as CAST('...' AS ...) reads it; NULL: SQL's NULL. */
bool weir_append_text(struct weir_appender *out, const char *text);
/* ms since 1970-01-01 00:00 and the nanoseconds behind it, 0..999999. */
bool weir_append_timestamp(struct weir_appender *out, int64_t ms, int32_t nanos);
/* The value of a column of a row, of the same type or one that is cast implicitly. */
bool weir_append_value(struct weir_appender *out, const struct weir_row *row, uint32_t column);
/* A nested value: begin, the values of its elements (MAP: key, value, key, value ...; ROW: its
 * fields), end. */
bool weir_append_begin(struct weir_appender *out);
/* Closes the nested value that was begun last. */
bool weir_append_end_nested(struct weir_appender *out);
/* Closes the row. */
bool weir_append_end(struct weir_appender *out);
/* The same with a kind other than WEIR_INSERT, where changes may be written. */
bool weir_append_end_kind(struct weir_appender *out, enum weir_row_kind kind);
/* Forgets what was appended of the row that is not closed. */
void weir_append_undo(struct weir_appender *out);
/* For callbacks that get an appender and no context: says why the callback is about to fail;
 * returns -1. The open row is given up. */
int weir_append_fail(struct weir_appender *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- errors --- */

/* What the call that failed returned. */
enum weir_code weir_error_code(const struct weir_error *error);
/* The cause in one sentence. Texts of an error live as long as it. */
const char *weir_error_text(const struct weir_error *error);
/* What to do next; NULL: there is nothing to say. */
const char *weir_error_hint(const struct weir_error *error);
/* The place in the script, from 1 (columns in characters); 0: it is not about a place in the
 * script. */
uint32_t weir_error_line(const struct weir_error *error);
/* The same: the column. */
uint32_t weir_error_column(const struct weir_error *error);
/* The error as the command shows it: place, cause, the line of the script with a mark under it,
 * hint. */
const char *weir_error_report(const struct weir_error *error);
void weir_error_free(struct weir_error *error); /* NULL is allowed */

/* Gives back what a function says is to be freed by it; NULL is allowed. */
void weir_free(void *memory);

/* --- Arrow's C data and C stream interface, as its specification defines them --- */

#ifndef ARROW_C_DATA_INTERFACE

#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
#define ARROW_FLAG_MAP_KEYS_SORTED    4

struct ArrowSchema {
	const char *format;
	const char *name;
	const char *metadata;
	int64_t flags;
	int64_t n_children;
	struct ArrowSchema **children;
	struct ArrowSchema *dictionary;
	void (*release)(struct ArrowSchema *);
	void *private_data;
};

struct ArrowArray {
	int64_t length;
	int64_t null_count;
	int64_t offset;
	int64_t n_buffers;
	int64_t n_children;
	const void **buffers;
	struct ArrowArray **children;
	struct ArrowArray *dictionary;
	void (*release)(struct ArrowArray *);
	void *private_data;
};

#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
	int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
	int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
	const char *(*get_last_error)(struct ArrowArrayStream *);
	void (*release)(struct ArrowArrayStream *);
	void *private_data;
};

#endif

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif

#include "weir/function.h"
#include "weir/stream.h"

#endif
