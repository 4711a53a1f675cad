/* SPDX-License-Identifier: Apache-2.0
 *
 * weir/window.h - windows over keyed streams with triggers and evictors, interval joins and
 * asynchronous calls. Included by weir/stream.h.
 *
 * What windows mean is Flink's DataStream API: an element belongs to the windows that the assigner
 * names; each window of a key has a trigger, which says when its result is shown (FIRE) and when
 * its content is forgotten (PURGE); an element whose windows have all ended more than
 * allowed_lateness_ms before the watermark is late and goes to the side output "late", or is
 * counted. Results do not depend on how rows are cut into batches: what the watermark before a row
 * has passed fires before that row is taken in, and while an event timer fires the watermark is its
 * time. Windows by the clock take the time at which a batch of rows came; at the end of the input
 * each of their timers that is left fires once, so that nothing that was taken in is lost.
 */
#ifndef WEIR_WINDOW_H
#define WEIR_WINDOW_H

#include "weir/stream.h"

#ifdef __cplusplus
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#endif

/* --- windows --- */

/* Which windows an element belongs to. */
enum weir_assigner {
	WEIR_TUMBLING, /* size_ms, offset_ms */
	WEIR_SLIDING,  /* size_ms, slide_ms, offset_ms */
	WEIR_SESSION,  /* gap_ms, or `gap` */
	WEIR_GLOBAL,   /* one that never ends: needs a trigger */
	WEIR_COUNT, /* `count` elements of a key, or the last `count` after every `count_slide` */
	WEIR_ASSIGN /* `assign` */
};

/* A window, [start, end) in milliseconds. WEIR_GLOBAL, WEIR_COUNT: INT64_MIN and INT64_MAX. */
struct weir_span {
	int64_t start; /* its first millisecond */
	int64_t end;   /* the first one behind it */
};

/* What a trigger decides. */
enum weir_trigger_result {
	WEIR_FIRE_ERROR = -1,
	WEIR_CONTINUE = 0,
	WEIR_FIRE = 1,
	WEIR_PURGE = 2,
	WEIR_FIRE_AND_PURGE = 3
};

/* When a window's result is shown. */
enum weir_trigger_kind {
	WEIR_TRIGGER_DEFAULT,    /* the assigner's: its time at the window's end, or its count */
	WEIR_TRIGGER_EVENT_TIME, /* the watermark passes the end; late elements fire at once */
	WEIR_TRIGGER_PROCESSING_TIME, /* the clock passes the end */
	WEIR_TRIGGER_COUNT,           /* every `count` elements */
	/* Every every_ms of `time`, at multiples of it, from the first element on; by event time
	 * at the window's end, too, and late elements fire at once. */
	WEIR_TRIGGER_EVERY,
	WEIR_TRIGGER_OWN /* the callbacks */
};

/* When a window's result is shown and its content forgotten. */
struct weir_trigger {
	size_t size;                 /* sizeof(struct weir_trigger) */
	enum weir_trigger_kind kind; /* which of the members below are meant */
	uint64_t count;              /* COUNT: elements */
	int64_t every_ms;            /* EVERY */
	enum weir_time time;         /* EVERY: by which time */
	/* Beside EVENT_TIME: results before the end (every early_ms of processing time, or every
	 * early_count elements) and after it (every late_count elements; 0 means 1). */
	int64_t early_ms;
	uint64_t early_count; /* see early_ms */
	uint64_t late_count;  /* see early_ms */
	bool purging;         /* every FIRE is FIRE_AND_PURGE */
	/* OWN: return enum weir_trigger_result. State: `state` of the trigger (VALUE, REDUCING
	 * ...), kept for each window of each key: weir_state_* with its index; timers are the
	 * window's. */
	const struct weir_state *state;
	uint32_t state_count; /* of state */
	/* OWN: an element has come to the window. */
	int (*element)(void *user, struct weir_context *context, const struct weir_row *row,
		       const struct weir_span *window);
	/* OWN: a timer that was set for the window has come up. */
	int (*timer)(void *user, struct weir_context *context, int64_t time_ms, enum weir_time time,
		     const struct weir_span *window);
	/* SESSION: windows have been merged into `window`; their states too, where reduce or merge
	 * say how, else the last one's stays (of LIST all values). Timers of the old windows are
	 * gone. */
	int (*merged)(void *user, struct weir_context *context, const struct weir_span *window);
	void *user; /* of the callbacks */
};

/* The elements of a window when it fires, in the order of their arrival; of sessions that have
 * merged one behind the other. They are numbered from 0, those that an evictor removes while it
 * runs included. */
struct weir_elements;
/* How many elements the window has, without those removed. */
uint64_t weir_elements_count(const struct weir_elements *elements);
/* *at is 0 at first; behind a call the element's number is *at - 1. NULL: that was all. The row
 * lives until the next call. */
const struct weir_row *weir_elements_next(struct weir_elements *elements, uint64_t *at);
/* In an evictor: element i goes, for good. */
void weir_elements_remove(struct weir_elements *elements, uint64_t i);
/* Event time, or time of arrival, of element i in milliseconds. */
int64_t weir_elements_time(const struct weir_elements *elements, uint64_t i);

/* Which elements leave a window when it fires. */
enum weir_evictor_kind {
	WEIR_EVICT_NONE,
	WEIR_EVICT_COUNT, /* all but the last `count` */
	WEIR_EVICT_TIME,  /* those that are `ms` or more older than the youngest */
	WEIR_EVICT_OWN
};

/* Which elements leave a window when it fires. */
struct weir_evictor {
	size_t size;                 /* sizeof(struct weir_evictor) */
	enum weir_evictor_kind kind; /* which of the members below are meant */
	uint64_t count;              /* COUNT */
	int64_t ms;                  /* TIME */
	bool after;                  /* COUNT, TIME: after the function has seen them, not before */
	/* OWN: removes elements by weir_elements_remove; `before` the function sees them, and
	 * again after. */
	int (*evict)(void *user, struct weir_context *context, struct weir_elements *elements,
		     const struct weir_span *window, bool before);
	void *user; /* of evict */
};

/* Windows over a keyed stream, and what is made of each. */
struct weir_window {
	size_t size;                 /* sizeof(struct weir_window) */
	const char *name;            /* unique in the flow */
	const char *columns;         /* of the output */
	enum weir_assigner assigner; /* which windows an element belongs to */
	enum weir_time time;         /* by which time; not COUNT */
	int64_t size_ms;             /* TUMBLING, SLIDING */
	int64_t slide_ms;            /* SLIDING */
	int64_t offset_ms;           /* TUMBLING, SLIDING: of the windows' starts from 1970 UTC */
	int64_t gap_ms;              /* SESSION */
	uint64_t count;              /* COUNT: elements of a window */
	uint64_t count_slide;        /* COUNT: elements between windows; 0: = count */
	int64_t (*gap)(void *user, const struct weir_row *row); /* SESSION: of the row, ms */
	/* ASSIGN: fills up to `max` windows; returns how many, negative: failed. */
	int (*assign)(void *user, const struct weir_row *row, int64_t time_ms,
		      struct weir_span *windows, uint32_t max);
	const struct weir_trigger *trigger; /* NULL: DEFAULT */
	const struct weir_evictor *evictor; /* NULL: none */
	int64_t allowed_lateness_ms;        /* event time; this and all lengths: at most 2^53 */
	void *user;                         /* of all callbacks here */
	/* Incremental: an accumulator instead of the rows (not with an evictor, nor with a
	 * count_slide other than count). Its STRING and BYTES members are written by
	 * weir_state_bytes, as those of a state behind the trigger's: number trigger->state_count.
	 * Sessions cannot have such members. */
	const char *accumulator_columns; /* as weir_state.columns */
	size_t accumulator_size;         /* sizeof the struct */
	/* Takes a row in; the accumulator is all zero at first. */
	int (*accumulate)(void *user, struct weir_context *context, void *accumulator,
			  const struct weir_row *row);
	/* SESSION: *into, of an earlier session, becomes both together. */
	void (*merge)(void *user, void *into, const void *from);
	/* The window fires: shows what it has. */
	int (*result)(void *user, struct weir_context *context, const struct weir_span *window,
		      const void *accumulator);
	/* Else: all rows of the window. */
	int (*process)(void *user, struct weir_context *context, const struct weir_span *window,
		       struct weir_elements *elements);
};
/* Output: as the callbacks append to weir_output(context). Side output "late": rows of the input.
 */
struct weir_stream *weir_window(struct weir_stream *keyed, const struct weir_window *window);

/* --- interval join --- */

/* Pairs of rows of equal keys with lower_ms <= time of right - time of left <= upper_ms, by event
 * time; both keyed. The output's event time is the later one of the pair, if `columns` keep it. */
struct weir_stream *
weir_interval_join(struct weir_stream *left, struct weir_stream *right, const char *name,
		   const char *columns, int64_t lower_ms, int64_t upper_ms,
		   int (*join)(void *user, const struct weir_row *left,
			       const struct weir_row *right, struct weir_appender *out),
		   void *user);

/* --- asynchronous calls --- */

struct weir_request; /* one row on its way to the outside and back */

struct weir_async {
	size_t size;         /* sizeof(struct weir_async) */
	const char *name;    /* unique in the flow */
	const char *columns; /* of the output */
	uint32_t capacity;   /* requests in flight on a worker at most; 0: 100; up to 1,000,000 */
	int64_t timeout_ms;  /* of a request; 0: none */
	bool unordered;    /* results as they come, but never across a watermark; else in the order
			      of the rows */
	uint32_t attempts; /* of a request that failed or timed out; 0: 1 */
	int64_t retry_ms;  /* between two */
	void *user;        /* of the callbacks */
	/* Starts the request and returns 0; its end is told by weir_request_done or _fail, from any
	 * thread, once, also before this returns, and also when it has timed out or the job is
	 * gone: until then its memory is kept. The row lives until the request has ended or timed
	 * out, or the job is over: what another thread needs of it is copied here. Anything else
	 * than 0: it has not begun, and will not be ended; counts as a failed attempt. */
	int (*start)(void *user, struct weir_request *request, const struct weir_row *row);
	/* MAY: the last attempt has failed or timed out, and why: appends what stands for its
	 * result (0), or fails. The request itself is forgotten: done and fail for it have no
	 * effect. */
	int (*fallback)(void *user, const struct weir_row *row, const char *why,
			struct weir_appender *out);
};
/* Watermarks and checkpoints wait for the requests of the rows before them: none is in flight in a
 * checkpoint. Rows that were read together are asked about together; those that come later wait for
 * the answers of the former, and are then read in larger pieces. Rows have the kinds of change of
 * the rows they are results of. */
struct weir_stream *weir_async(struct weir_stream *stream, const struct weir_async *async);

/* Where the rows of the result are appended: any number, before the end is told. One thread at a
 * time. */
struct weir_appender *weir_request_output(struct weir_request *request);
/* The request is the library's again. */
void weir_request_done(struct weir_request *request);
/* The attempt has failed, and why; the request is the library's again. */
void weir_request_fail(struct weir_request *request, const char *text);

#ifdef __cplusplus
}
#pragma GCC diagnostic pop
#endif

#endif
