/* SPDX-License-Identifier: Apache-2.0
 *
 * weir/testing.h - a harness for tests of flows and process functions: the test pushes rows and
 * watermarks, moves the clock, and looks at what comes out; nothing happens by itself.
 *
 *     struct weir_harness *harness = weir_harness_new();
 *     struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "test");
 *     struct weir_stream *in = weir_harness_input(harness, flow, "payments",
 *             "account BIGINT, amount DOUBLE, ts TIMESTAMP(3), "
 *             "WATERMARK FOR ts AS SOURCE_WATERMARK()");
 *
 *     weir_harness_output(harness, "alerts", weir_process(weir_key_by(in, "account"), &detector));
 *     weir_harness_start(harness, flow);
 *     weir_harness_push(harness, "payments", "7|0.50|1970-01-01 00:00:01");
 *     weir_harness_push(harness, "payments", "7|600|1970-01-01 00:00:02");
 *     weir_harness_watermark(harness, "payments", 3000);
 *     assert(weir_harness_expect(harness, "alerts", "+I|7\n"));
 *     weir_harness_free(harness);
 *
 * Everything runs on the caller's thread with one worker and a clock that only the test moves; it
 * begins at 1970-01-01 00:00 UTC. Each call returns when all that follows from it has been done.
 *
 * The first mistake (of the test, or a job that failed) is kept: later calls do nothing and return
 * false or NULL, and weir_harness_error tells it. So a test may look at the end alone.
 *
 * Thread: one owner.
 */
#ifndef WEIR_TESTING_H
#define WEIR_TESTING_H

#include "weir/weir.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A test of a flow. */
struct weir_harness;

/* A harness with a session and a clock. Never NULL. */
struct weir_harness *weir_harness_new(void);
/* Ends the job, frees the flow that was started, the session and everything else. NULL is allowed.
 */
void weir_harness_free(struct weir_harness *harness);
/* The harness's own session: for options, tables, functions and flows. */
struct weir_session *weir_harness_session(struct weir_harness *harness);
/* The first mistake, as weir_error_report; NULL: none. Lives as long as the harness. */
const char *weir_harness_error(const struct weir_harness *harness);

/* A stream whose rows the test pushes. columns: as within CREATE TABLE. */
struct weir_stream *weir_harness_input(struct weir_harness *harness, struct weir_flow *flow,
				       const char *name, const char *columns);
/* Collects the rows of a stream under a name. */
void weir_harness_output(struct weir_harness *harness, const char *name,
			 struct weir_stream *stream);
/* Plans the flow and runs it up to its first wait for input. The flow is the harness's from here.
 */
bool weir_harness_start(struct weir_harness *harness, struct weir_flow *flow_moved);

/* A row for an input: a value for each column, separated by '|', read as CAST('...' AS ...) does;
 * NULL stands for SQL's NULL; a backslash in front of |, of itself and of N stands for |, itself
 * and the text NULL. */
bool weir_harness_push(struct weir_harness *harness, const char *input, const char *row);
/* Where rows of an input are written value by value; they go on their way with the next call of
 * another function of the harness. NULL: there is no such input. */
struct weir_appender *weir_harness_appender(struct weir_harness *harness, const char *input);
/* The watermark of an input (its column is declared AS SOURCE_WATERMARK()). */
bool weir_harness_watermark(struct weir_harness *harness, const char *input, int64_t watermark_ms);
/* No more rows come in the input. */
bool weir_harness_end(struct weir_harness *harness, const char *input);
/* Moves the clock on: processing time, timeouts, TTL. */
bool weir_harness_advance(struct weir_harness *harness, int64_t ms);
/* Of the clock: milliseconds since 1970. */
int64_t weir_harness_now(const struct weir_harness *harness);

/* The rows that have come to an output since it was last asked, one line each: the kind, then the
 * values as text, "+I|7|0.5\n". Lives until the next call for the harness. */
const char *weir_harness_take(struct weir_harness *harness, const char *output);
/* Whether that is `expected`; if not, the difference is kept as the harness's mistake. */
bool weir_harness_expect(struct weir_harness *harness, const char *output, const char *expected);
/* The same whatever the order of the lines. */
bool weir_harness_expect_any_order(struct weir_harness *harness, const char *output,
				   const char *expected);
/* What the job has counted: late rows, state, watermark. */
bool weir_harness_metrics(struct weir_harness *harness, struct weir_job_metrics *metrics);

/* Makes a savepoint of the flow; its path lives as long as the harness, the savepoint does so, too.
 * NULL: a mistake. */
const char *weir_harness_snapshot(struct weir_harness *harness);
/* Before weir_harness_start: the flow goes on from a savepoint, of another harness that still lives
 * or of a job. The clock is set to what it was then, for one of a harness. */
bool weir_harness_restore(struct weir_harness *harness, const char *savepoint);

#ifdef __cplusplus
}
#endif

#endif
