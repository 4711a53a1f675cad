/* SPDX-License-Identifier: Apache-2.0
 *
 * weir/stream.h - streams in C: sources, functions by row, keyed process functions with state and
 * timers, windows, joins, sinks; to and from tables. Included by weir.h.
 *
 *     struct weir_flow *flow = weir_flow_new(session, "fraud");
 *     struct weir_stream *payments = weir_from_sql(flow, "TABLE payments");
 *     struct weir_stream *by_account = weir_key_by(payments, "account");
 *     struct weir_error *error = NULL;
 *
 *     weir_insert_into(weir_process(by_account, &detector), "alerts");
 *     if (weir_flow_run(flow, NULL, &error) != WEIR_OK)
 *             fprintf(stderr, "%s\n", weir_error_report(error));
 *     weir_error_free(error);
 *     weir_flow_free(flow);
 *
 * A flow is a description: nothing runs before weir_flow_run or weir_flow_submit, which run all of
 * it as one job. Functions that make streams never return NULL: a mistake (an unknown column, a
 * wrong size) is kept in the flow, what is made of its stream does nothing, and the flow's first
 * mistake is told by weir_flow_run, _submit, _explain and weir_flow_check.
 *
 * A flow that runs is not changed: streams are made before. Statements that read a stream through
 * weir_to_table are freed before its flow.
 *
 * Ownership: streams belong to their flow. Structs given to these functions are copied with their
 * texts; what `user` points to must live until the flow and its jobs are gone.
 *
 * Callbacks return 0, or anything else for "failed", after having said why with weir_fail (or
 * weir_append_fail) if they can: the row goes the way of 'error-handling.mode' (functions by row),
 * or the job fails (those with state). They run on the workers of the job: a process function has
 * an instance on each
 * (`self`, made by open), which handles its share of the keys; calls for one instance are never
 * concurrent, calls for one key come in the order of the stream.
 *
 * Time: the event time of a row is the value of its rowtime column (of WATERMARK FOR), which
 * functions pass on by keeping that column, of the same name and type, in their output. It lies
 * within 73 million years of 1970; a row whose event time is NULL or beyond fails the job.
 */
#ifndef WEIR_STREAM_H
#define WEIR_STREAM_H

#include "weir/weir.h"

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#endif

struct weir_flow;      /* streams that run as one job */
struct weir_stream;    /* rows on their way */
struct weir_bytes_out; /* bytes that go into a checkpoint */
struct weir_context;   /* what a callback with state works with; lives during the callback */

/* --- flows --- */

/* name: of the job, for messages and the folder of its checkpoints. The session's options as they
 * are when it runs hold for it. Freed by weir_flow_free, before the session. */
struct weir_flow *weir_flow_new(struct weir_session *session, const char *name);
void weir_flow_free(struct weir_flow *flow); /* NULL is allowed; its jobs must have been freed */
/* Tells the first mistake; plans and runs nothing. */
enum weir_code weir_flow_check(struct weir_flow *flow, struct weir_error **error);
/* Runs it and returns when it has ended. handler: `notice` alone is used; may be NULL.
 * WEIR_ERROR_SCRIPT: the flow's first mistake, or nothing of it goes anywhere; WEIR_ERROR_JOB: the
 * job failed. */
enum weir_code weir_flow_run(struct weir_flow *flow, const struct weir_handler *handler,
			     struct weir_error **error);
/* Runs it beside the program, as weir_submit. flags: enum weir_job_flags. */
enum weir_code weir_flow_submit(struct weir_flow *flow, uint32_t flags,
				const struct weir_handler *handler, struct weir_job **job,
				struct weir_error **error);
/* The plan as EXPLAIN shows it; to be freed by weir_free. NULL: *error says why. */
char *weir_flow_explain(struct weir_flow *flow, struct weir_error **error);

/* --- where streams come from --- */

/* The rows of a query of the session: "SELECT ... FROM orders", "TABLE orders". */
struct weir_stream *weir_from_sql(struct weir_flow *flow, const char *query);

struct weir_waker; /* of a source of a job */

/* A read that said WEIR_WOULD_BLOCK is worth another try. Any thread, from `started` on until
 * `close` returns; cheap, and not lost when it comes before the read has returned. */
void weir_wake(struct weir_waker *waker);

/* What `piece` of struct weir_source fills. May grow at the end. */
struct weir_piece {
	struct weir_bytes_out *name; /* says what to read (weir_put): a file, a range of numbers */
	uint32_t max_rows;           /* it should not have more */
	uint32_t split;              /* which stream of rows in order it is of: 0, 1 ...; 0 */
	uint32_t split_count;        /* how many there are by now; 1 at first */
	bool split_ends;             /* it is the last one of its split */
};

/* A source of the program. */
struct weir_source {
	size_t size;         /* sizeof(struct weir_source) */
	const char *name;    /* for messages; names its position in checkpoints */
	const char *columns; /* as within CREATE TABLE (...): columns, WATERMARK FOR. With WATERMARK
				FOR c AS SOURCE_WATERMARK() the watermark is what `read` says */
	void *user;          /* for open, and `self` where there is no open */
	int (*open)(void *user, void **self); /* MAY: before the first read; *self is `user` at
						 first */
	/* Appends up to max_rows rows. WEIR_OK: some came; WEIR_WOULD_BLOCK: none now, ask again
	 * after *wait_ms (10 at first) or weir_source_wake; WEIR_END: that was all; WEIR_ERROR_JOB:
	 * failed. *watermark_ms may be raised: no row before it comes behind these; the last one,
	 * INT64_MAX, does not end the source. Must not wait.
	 * Never concurrent with itself or position; on any worker thread. */
	enum weir_code (*read)(void *self, struct weir_appender *out, uint32_t max_rows,
			       int64_t *watermark_ms, int64_t *wait_ms);
	/* MAY, both or none: where it stands, as bytes for a checkpoint (appended by weir_put), and
	 * going on from there. Without, the job is not replayable. */
	int (*position)(void *self, struct weir_bytes_out *out);
	/* Goes on at such a position; before the first read. */
	int (*seek)(void *self, const char *bytes, size_t len);
	void (*close)(void *self); /* MAY; also after a failure, if open went well */
	bool unbounded;            /* it never ends by itself */
	/* MAY: why the last callback failed, one sentence; asked for right behind it, copied. */
	const char *(*why)(void *self);
	/* MAY: behind `open` and `seek`, before the first read. With a waker, *wait_ms may be long
	 * (at most an hour): nobody asks before weir_wake. */
	void (*started)(void *self, struct weir_waker *waker);
	/* MAY, both or none, and in place of `read`: workers read pieces beside each other. `piece`
	 * names the next one, quickly: WEIR_OK, WEIR_WOULD_BLOCK, WEIR_END, WEIR_ERROR_JOB as for
	 * `read`. `position` is the place behind the pieces named. The rows of a split come in the
	 * order of its pieces, and each split has a watermark of its own: the lowest counts, also
	 * of those without a piece so far. Splits keep their numbers over `seek`. */
	enum weir_code (*piece)(void *self, struct weir_piece *piece, int64_t *wait_ms);
	/* Appends all rows of a piece. *watermark_ms as for `read`, of the split. Failed:
	 * weir_append_fail says why. Concurrent with itself, for other pieces, and with `piece` and
	 * `position`; on any worker thread. */
	int (*read_piece)(void *self, const char *name, size_t size, struct weir_appender *out,
			  int64_t *watermark_ms);
};
/* The rows of a source of the program. */
struct weir_stream *weir_from_source(struct weir_flow *flow, const struct weir_source *source);
/* A read that said WEIR_WOULD_BLOCK is worth another try: for the source of that name, in all jobs
 * of the flow. Any thread. */
void weir_source_wake(struct weir_flow *flow, const char *name);

/* Of a stream without mistake: its columns; else NULL. */
const struct weir_result *weir_stream_result(const struct weir_stream *stream);

/* --- functions by row --- */

/* Reads a row, appends what becomes of it. */
typedef int weir_row_function(void *user, const struct weir_row *row, struct weir_appender *out);

/* columns: of the result, "account BIGINT, amount DOUBLE NOT NULL". `name` is for messages and
 * EXPLAIN. map: exactly one row for each, of its kind; flat_map: any number. `user` is shared by
 * all workers. */
struct weir_stream *weir_map(struct weir_stream *stream, const char *name, const char *columns,
			     weir_row_function *map, void *user);
/* Any number of rows for each row; as weir_map. */
struct weir_stream *weir_flat_map(struct weir_stream *stream, const char *name, const char *columns,
				  weir_row_function *flat_map, void *user);
/* keep: 1 keeps the row, 0 drops it, negative: failed. */
struct weir_stream *weir_filter(struct weir_stream *stream, const char *name,
				int (*keep)(void *user, const struct weir_row *row), void *user);
/* The rows of several streams with equal column types. */
struct weir_stream *weir_union(struct weir_stream *const *streams, uint32_t count);

/* --- keys --- */

/* The stream cut by the values of columns ("account", "region, shop"): what follows has state and
 * order for each key. */
struct weir_stream *weir_key_by(struct weir_stream *stream, const char *columns);
/* Every row of the stream goes to every worker: rules, settings; the second input of
 * weir_process2. */
struct weir_stream *weir_broadcast(struct weir_stream *stream);

/* --- state ---
 *
 * A value is a struct of the program, whose members are told as columns in their order:
 *
 *     struct flag { bool set; int64_t timer; };                      // "set BOOLEAN, timer BIGINT"
 *     struct profile { struct weir_bytes name; double mean; };       // "name STRING, mean DOUBLE"
 *
 * BOOLEAN: bool; TINYINT, SMALLINT, INT, BIGINT: int8_t ... int64_t; FLOAT, DOUBLE: float, double;
 * DATE, TIME: int32_t; TIMESTAMP(0..3) and _LTZ: int64_t (ms); STRING and BYTES: struct weir_bytes,
 * written by weir_state_bytes alone. There is no NULL; members lie as a C compiler puts them, which
 * value_size checks. So a savepoint can be read by `weir state`, and a later version of the program
 * may add members (zero in what was saved before), drop and reorder them.
 */

/* A STRING or BYTES member of a value of state. */
struct weir_bytes {
	const char *data; /* not NUL-terminated */
	size_t size;      /* bytes */
};

/* What a state holds for each key. */
enum weir_state_kind {
	WEIR_VALUE,      /* one */
	WEIR_LIST,       /* in the order of adding */
	WEIR_MAP,        /* by key_columns */
	WEIR_REDUCING,   /* one, made of all that were added by `reduce` */
	WEIR_AGGREGATING /* an accumulator, made of inputs of another type by `reduce` */
};

/* What prolongs the life of a value with a ttl_ms. */
enum weir_ttl_update {
	WEIR_TTL_ON_WRITE, /* reading does not prolong its life */
	WEIR_TTL_ON_READ   /* it does */
};

/* A state of a process function or trigger. */
struct weir_state {
	size_t size;               /* sizeof(struct weir_state) */
	const char *name;          /* unique in its function; names it in checkpoints */
	enum weir_state_kind kind; /* what it holds for each key */
	const char *columns;       /* of a value (AGGREGATING: of the accumulator) */
	size_t value_size;         /* sizeof the struct */
	/* MAP: of a key; bytes that it points to are copied when it is put. */
	const char *key_columns;
	size_t key_size; /* MAP: sizeof its struct */
	int64_t ttl_ms;  /* a value is gone so long after its last update, by processing
			    time, or at most a thousandth of it (at least 1 ms) later; MAP and
			    LIST: each element; 0: never */
	enum weir_ttl_update ttl_update; /* what prolongs its life */
	bool broadcast; /* MAP of the broadcast input of weir_process2: the same on all
			   workers; written by element2, only read by the others */
	/* Members are numbers and times here: it could not write others. REDUCING: *into becomes
	 * the two together. AGGREGATING: *into takes in an input, which is
	 * what weir_state_add was given. */
	void (*reduce)(void *self, void *into, const void *value);
};

/* --- process functions --- */

/* By which time. */
enum weir_time { WEIR_EVENT_TIME, WEIR_PROCESSING_TIME };

/* A further output. */
struct weir_side {
	const char *name;    /* for weir_side_stream */
	const char *columns; /* of its rows */
};

/* A process function: callbacks, outputs, states. */
struct weir_process {
	size_t size;                    /* sizeof(struct weir_process) */
	const char *name;               /* unique in the flow; names its state in checkpoints */
	const char *columns;            /* of the output */
	const struct weir_state *state; /* what it remembers: state_count of them */
	uint32_t state_count;           /* of state */
	const struct weir_side *side;   /* further outputs: side_count of them */
	uint32_t side_count;            /* of side */
	void *user;                     /* for open, and `self` where there is no open */
	int (*open)(void *user, struct weir_context *context, void **self); /* MAY; *self is `user`
									       at first */
	/* A row of the (first) stream. MUST. */
	int (*element)(void *self, struct weir_context *context, const struct weir_row *row);
	/* A row of the second stream. weir_process2: MUST. */
	int (*element2)(void *self, struct weir_context *context, const struct weir_row *row);
	/* A timer that was set for the key has come up. MUST where timers are set. */
	int (*timer)(void *self, struct weir_context *context, int64_t time_ms,
		     enum weir_time time);
	void (*close)(void *self); /* MAY; also after a failure, if open was called */
	bool changes;              /* the output may have rows of other kinds than WEIR_INSERT */
};

/* A function over one stream: keyed, with state of its key and timers; or not keyed, without. */
struct weir_stream *weir_process(struct weir_stream *stream, const struct weir_process *process);
/* Over two, connected: rows of the first come to `element`, of the second to `element2`. Both keyed
 * by columns of the same types: they share the state of a key. Or the second one broadcast. */
struct weir_stream *weir_process2(struct weir_stream *first, struct weir_stream *second,
				  const struct weir_process *process);
/* A side output of weir_process, weir_process2 or weir_window ("late"). */
struct weir_stream *weir_side_stream(struct weir_stream *stream, const char *name);

/* For callbacks with a context; the pointers returned live until the end of the callback. */

/* The key, with the columns of weir_key_by; NULL without. */
const struct weir_row *weir_key(const struct weir_context *context);
/* Event time of the row or timer at hand; INT64_MIN: it has none. */
int64_t weir_timestamp(const struct weir_context *context);
/* EVENT: the watermark before the row (INT64_MIN: none yet), in an event timer its time;
 * PROCESSING: milliseconds since 1970. */
int64_t weir_now(const struct weir_context *context, enum weir_time time);
/* Which worker of how many this instance is of. */
uint32_t weir_worker(const struct weir_context *context, uint32_t *workers);
/* The output, and side output number `side`. */
struct weir_appender *weir_output(struct weir_context *context);
/* Side output number `side`, its index in weir_process.side. */
struct weir_appender *weir_side_output(struct weir_context *context, uint32_t side);
/* Says why the callback is about to fail; returns -1. */
int weir_fail(struct weir_context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One call of `timer` for the key at the watermark or the clock's time; the same time twice is one
 * timer. A time that has passed fires with the next watermark, or at once by the clock. At the end
 * of the input all event timers fire, and those by the clock are gone. INT64_MAX is taken as
 * INT64_MAX - 1, the last time that there is, and INT64_MIN as INT64_MIN + 1, the first one. Before
 * the first watermark none fires. */
void weir_timer_set(struct weir_context *context, enum weir_time time, int64_t time_ms);
/* Takes a timer back; one that is not set is no mistake. */
void weir_timer_delete(struct weir_context *context, enum weir_time time, int64_t time_ms);

/* State `state` (its index in weir_process.state) of the key at hand. */

/* VALUE, REDUCING, AGGREGATING: the value, to be read and changed in place; NULL: there is none.
 * Counts as reading for a time to live; weir_state_make, weir_state_add and weir_map_put count as
 * writing. */
void *weir_state_get(struct weir_context *context, uint32_t state);
/* The same; one is made, all zero, where there is none. Not for REDUCING. */
void *weir_state_make(struct weir_context *context, uint32_t state);
/* REDUCING, AGGREGATING: takes an input in. LIST: appends a copy of a value. */
void weir_state_add(struct weir_context *context, uint32_t state, const void *value);
/* LIST, MAP: how many. */
uint32_t weir_state_count(struct weir_context *context, uint32_t state);
/* LIST: value number i, to be changed in place; NULL: there is none. */
void *weir_list_at(struct weir_context *context, uint32_t state, uint32_t i);
/* LIST: `count` values from number `from` on go, or as many as there are. */
void weir_list_remove(struct weir_context *context, uint32_t state, uint32_t from, uint32_t count);
/* MAP: the value of a key; NULL: there is none. */
void *weir_map_get(struct weir_context *context, uint32_t state, const void *key);
/* MAP: the same; made, all zero, where there is none. Makes pointers of this map invalid. */
void *weir_map_put(struct weir_context *context, uint32_t state, const void *key);
/* MAP: the entry goes; false: there was none. */
bool weir_map_remove(struct weir_context *context, uint32_t state, const void *key);
/* MAP: entry after entry, in the order of their making; *at is 0 at first. false: that was all.
 * Entries may be removed meanwhile, but none made. */
bool weir_map_next(struct weir_context *context, uint32_t state, uint32_t *at, const void **key,
		   void **value);
/* All of it for the key at hand. */
void weir_state_clear(struct weir_context *context, uint32_t state);
/* Makes a STRING or BYTES member of a value of `state` a copy of the bytes, at most 64 MiB (more:
 * the callback has failed). */
void weir_state_bytes(struct weir_context *context, uint32_t state, struct weir_bytes *member,
		      const char *data, size_t size);

/* --- where streams go --- */

/* Into a table, by the position of columns, as INSERT INTO table SELECT * would. */
void weir_insert_into(struct weir_stream *stream, const char *table);
/* A temporary view of the session, for SQL in it and in flows: "SELECT ... FROM name" (in
 * backquotes if it is a reserved word). It goes with the flow. WEIR_MISUSE: something is missing;
 * WEIR_ERROR_SCRIPT: the name is taken, or the flow has a mistake, which this tells. */
enum weir_code weir_to_table(struct weir_stream *stream, const char *name,
			     struct weir_error **error);

/* A sink of the program. At least once: a job that goes on from a checkpoint hands over again what
 * came behind it. With prepare, commit and restore exactly once, in two phases. */
struct weir_sink {
	size_t size;      /* sizeof(struct weir_sink) */
	const char *name; /* for messages; names it in checkpoints */
	void *user;       /* for open, and `self` where there is no open */
	int (*open)(void *user, const struct weir_result *result, void **self); /* MAY */
	/* Rows in the order of the stream. Never concurrent with flush, prepare and close. */
	int (*write)(void *self, const struct weir_batch *batch);
	int (*flush)(void *self); /* MAY: nothing comes for the moment */
	/* All three or none. prepare: what was written is made durable, but not visible; what
	 * commit needs to find it goes into `out` by weir_put. `last`: nothing comes after. commit:
	 * the checkpoint is durable: what `bytes` name becomes visible; may come again for the same
	 * bytes after a crash, and beside write. restore: commit has been called for `bytes`; what
	 * was written behind them is removed.
	 *
	 * A checkpoint may be given up behind prepare (a full disk, a timeout) while the job goes
	 * on: nobody says so, and commit never gets its bytes. So `bytes` stand for all that was
	 * prepared up to them and has not been committed: numbers that grow, of which commit takes
	 * all up to the one it is given, will do. */
	int (*prepare)(void *self, bool last, struct weir_bytes_out *out);
	/* See prepare. */
	int (*commit)(void *self, const char *bytes, size_t len);
	/* See prepare. */
	int (*restore)(void *self, const char *bytes, size_t len);
	/* MAY. good: what was written and not prepared counts; else nothing of it may stay. */
	int (*close)(void *self, bool good);
	bool accepts_changes; /* rows of all kinds; else a stream with others is refused */
	bool waits;           /* it may wait for the outside world: it gets a thread of its own */
	/* MAY: why the last callback failed, one sentence; asked for right behind it, copied. */
	const char *(*why)(void *self);
};
/* The rows of the stream go to a sink of the program. */
void weir_sink_to(struct weir_stream *stream, const struct weir_sink *sink);

/* Appends bytes, in callbacks that are given where to: a few, for they are kept in memory and
 * written with every checkpoint. */
void weir_put(struct weir_bytes_out *out, const void *bytes, size_t len);

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif

#include "weir/window.h"

#endif
