/* SPDX-License-Identifier: Apache-2.0
 *
 * traced - the few rows whose way through a job is traced.
 *
 * A source samples rows; a batch that has some of them carries a list of them beside its columns
 * (wr_batch.traced), by physical row. Batches without, all of them when nobody traces, pay for it
 * with a look at a NULL. What is made of a batch row by row (a slice, a gathering, a share) takes
 * the list with it. So a row's trace goes as far as its row does:
 *
 *     source: wr_row_trace_new -> filters, projections, exchanges ... -> sink: wr_traced_send
 *                                      \-> an operator that keeps no rows: wr_traced_link
 *
 * A row's span is open as long as somebody holds its trace: it ends when the last row made of it
 * has been written, left out by a filter, or taken in by an operator whose span is then linked to
 * it. 'weir.outcome' of the span says which.
 *
 * Thread: a list belongs to its batch; a trace is shared, its span changes only in new and at the
 * end.
 */
#ifndef WR_DATA_TRACED_H
#define WR_DATA_TRACED_H

#include "base/trace.h"

struct wr_row_trace;

/* A row of the batch, by number, in ascending order; several may share a trace. */
struct wr_traced_row {
	uint32_t row;
	struct wr_row_trace *trace; /* a reference */
};

struct wr_traced {
	uint32_t count, capacity;
	struct wr_traced_row *at; /* owned */
};

/* --- one trace */

/* The span is moved into it; one reference is the caller's. */
struct wr_row_trace *wr_row_trace_new(struct wr_trace_span *span_moved);
struct wr_row_trace *wr_row_trace_ref(struct wr_row_trace *trace);
void wr_row_trace_unref(struct wr_row_trace *trace); /* NULL allowed */
const struct wr_trace_context *wr_row_trace_context(const struct wr_row_trace *trace);
/* The "tracestate" that came with it; "": none. */
const char *wr_row_trace_state(const struct wr_row_trace *trace);

/* --- lists; NULL is an empty one */

/* Appends a row behind those that are there, or the same row again; makes the list if need be. */
void wr_traced_add(struct wr_traced **list, uint32_t row, struct wr_row_trace *trace_moved);
void wr_traced_free(struct wr_traced *list);
/* The list of a batch made of rows index[0..count). */
struct wr_traced *wr_traced_gather(const struct wr_traced *list, const uint32_t *index,
				   uint32_t count);
/* The same of rows [start, start + count). */
struct wr_traced *wr_traced_slice(const struct wr_traced *list, uint32_t start, uint32_t count);
/* The first one of a row; NULL: it is not traced. */
struct wr_row_trace *wr_traced_find(const struct wr_traced *list, uint32_t row);

/* The rows are on their way out: each gets a span below its own, which a message's header is to
 * name, and which ends with the list. */
void wr_traced_send(struct wr_traced *list, const char *table);
/* They could not be written. */
void wr_traced_fail(struct wr_traced *list, const char *why);
/* Links a span to all of them: it took their rows in. */
void wr_traced_link(struct wr_traced *list, struct wr_trace_span *span);

/* --- which rows */

/* Of a job; shared by its sources. */
struct wr_row_sampler {
	struct wr_tracer *tracer; /* never NULL */
	struct wr_env *env;
	const char *job;     /* its name */
	double share;        /* of the rows without a context; 0: none */
	uint32_t per_second; /* traces that begin in a second at most */
	_Atomic int64_t second;
	atomic_uint begun; /* in that second */
};

/* Of one reader: how many rows go by until the next one. Zeroed to begin with. */
struct wr_row_dice {
	uint64_t state; /* of its random numbers */
	uint64_t skip;  /* rows; the one behind them is traced */
};
/* Which of the next `rows` rows is the first to be traced; `rows`: none of them. They have gone by
 * then, up to and with it. */
uint32_t wr_row_dice_next(struct wr_row_dice *dice, const struct wr_row_sampler *sampler,
			  uint32_t rows);
/* The span of a row that is read, below `parent` (NULL: a trace of its own). false: enough have
 * begun in this second. */
bool wr_row_sampler_begin(struct wr_row_sampler *sampler, struct wr_trace_span *span,
			  const char *table, const struct wr_trace_context *parent);

#endif
