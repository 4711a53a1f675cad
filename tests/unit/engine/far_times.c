/* SPDX-License-Identifier: Apache-2.0
 *
 * far_times - event times and watermarks of programs at the ends of what there is: rows up to the
 * last event time go through windows and joins, one beyond it is refused with its place, and the
 * last watermark ends nothing by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weir/testing.h"

#define COLUMNS "n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()"
#define LAST_MS (((int64_t)1 << 61) - 1) /* event time of a row; the first one is -LAST_MS */

/* A harness whose output "out" is a query over the input "t". */
static struct weir_harness *query(const char *columns, const char *sql)
{
	struct weir_harness *harness = weir_harness_new();
	struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "far");
	struct weir_stream *in = weir_harness_input(harness, flow, "in", columns);

	assert_int_equal(weir_to_table(in, "t", NULL), WEIR_OK);
	weir_harness_output(harness, "out", weir_from_sql(flow, sql));
	weir_harness_start(harness, flow);
	assert_null(weir_harness_error(harness));
	return harness;
}

static void push(struct weir_harness *harness, int64_t n, int64_t ts_ms)
{
	struct weir_appender *out = weir_harness_appender(harness, "in");

	weir_append_i64(out, n);
	weir_append_timestamp(out, ts_ms, 0);
	weir_append_end(out);
}

static void end(struct weir_harness *harness)
{
	const char *error = weir_harness_error(harness);

	if (error != NULL)
		print_error("%s\n", error);
	assert_null(error);
	weir_harness_free(harness);
}

/* What SQL does with time bears the first and the last event time. */
static void queries_bear_the_last_times(void **state)
{
	static const char *const queries[] = {
	    "SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND)) "
	    "GROUP BY window_start, window_end",
	    "SELECT COUNT(*) FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '7' DAY, INTERVAL "
	    "'7' DAY)) GROUP BY window_start, window_end",
	    "SELECT COUNT(*) FROM TABLE(SESSION(TABLE t, DESCRIPTOR(ts), INTERVAL '7' SECOND)) "
	    "GROUP BY window_start, window_end",
	    "SELECT CAST(1 AS BIGINT) FROM t AS a JOIN t AS b ON a.n = b.n AND a.ts BETWEEN b.ts - "
	    "INTERVAL '1' DAY AND b.ts + INTERVAL '1' DAY",
	};

	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		struct weir_harness *harness = query(COLUMNS, queries[i]);

		push(harness, 1, -LAST_MS);
		push(harness, 2, LAST_MS);
		weir_harness_end(harness, "in");
		weir_harness_expect(harness, "out", "+I|1\n+I|1\n");
		end(harness);
	}
}

static void refused(const char *columns, int64_t ts_ms, const char *told)
{
	struct weir_harness *harness = query(columns, "SELECT n FROM t");
	const char *error;

	push(harness, 1, ts_ms);
	assert_false(weir_harness_advance(harness, 1));
	error = weir_harness_error(harness);
	assert_non_null(error);
	if (strstr(error, told) == NULL)
		print_error("%s\n", error);
	assert_non_null(strstr(error, told));
	assert_non_null(strstr(error, "within 73 million years of 1970"));
	weir_harness_free(harness);
}

/* A sentinel for "for ever" is no time: windows around it would have no ends. */
static void times_beyond_are_refused(void **state)
{
	static const char five[] =
	    "n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND";

	refused(COLUMNS, LAST_MS + 1, "column 'ts' is out of range in in: 2305843009213693952 ms");
	refused(COLUMNS, -LAST_MS - 1, "in in: -2305843009213693952 ms");
	refused(five, INT64_MAX, "in in: 9223372036854775807 ms");
	refused(five, INT64_MIN, "in in: -9223372036854775808 ms");
}

/* It is said of the rows that come, and rows may come nevertheless. */
static void the_last_watermark_ends_nothing(void **state)
{
	struct weir_harness *harness = query(COLUMNS, "SELECT n FROM t");

	push(harness, 1, 1000);
	weir_harness_watermark(harness, "in", INT64_MAX);
	weir_harness_expect(harness, "out", "+I|1\n");
	push(harness, 2, 2000);
	weir_harness_expect(harness, "out", "+I|2\n");
	weir_harness_end(harness, "in");
	end(harness);
}

static enum weir_code read_three(void *self, struct weir_appender *out, uint32_t max_rows,
				 int64_t *watermark_ms, int64_t *wait_ms)
{
	int *reads = self;

	weir_append_i64(out, ++*reads);
	weir_append_timestamp(out, 1000, 0);
	weir_append_end(out);
	*watermark_ms = INT64_MAX;
	return *reads < 3 ? WEIR_OK : WEIR_END;
}

static int count_rows(void *self, const struct weir_batch *batch)
{
	*(uint32_t *)self += weir_batch_rows(batch);
	return 0;
}

/* A source is read until it says that it has ended, whatever watermark it tells. */
static void a_source_is_read_to_its_end(void **state)
{
	int reads = 0;
	uint32_t rows = 0;
	struct weir_source source = {.size = sizeof source,
				     .name = "three",
				     .columns = COLUMNS,
				     .user = &reads,
				     .read = read_three};
	struct weir_sink sink = {
	    .size = sizeof sink, .name = "count", .user = &rows, .write = count_rows};
	struct weir_session *session = weir_session_new();
	struct weir_flow *flow = weir_flow_new(session, "three");

	weir_sink_to(weir_from_source(flow, &source), &sink);
	assert_int_equal(weir_flow_run(flow, NULL, NULL), WEIR_OK);
	assert_int_equal(reads, 3);
	assert_int_equal(rows, 3);
	weir_flow_free(flow);
	weir_session_free(session);
}

static enum weir_code read_what(void *self, struct weir_appender *out, uint32_t max_rows,
				int64_t *watermark_ms, int64_t *wait_ms)
{
	return WEIR_ERROR_JOB;
}

static const char *no_reason(void *self)
{
	return "";
}

/* A reason that says nothing leaves no colon behind. */
static void an_empty_reason_is_none(void **state)
{
	struct weir_source source = {.size = sizeof source,
				     .name = "none",
				     .columns = COLUMNS,
				     .read = read_what,
				     .why = no_reason};
	uint32_t rows = 0;
	struct weir_sink sink = {
	    .size = sizeof sink, .name = "count", .user = &rows, .write = count_rows};
	struct weir_session *session = weir_session_new();
	struct weir_flow *flow = weir_flow_new(session, "none");
	struct weir_error *error = NULL;

	weir_sink_to(weir_from_source(flow, &source), &sink);
	assert_int_equal(weir_flow_run(flow, NULL, &error), WEIR_ERROR_JOB);
	assert_string_equal(weir_error_text(error), "Source 'none' failed in `read`");
	weir_error_free(error);
	weir_flow_free(flow);
	weir_session_free(session);
}

/* Milliseconds of the day are within a day; what a column has no digits for is cut. */
static void numbers_as_times(void **state)
{
	struct weir_harness *harness =
	    query("n BIGINT, a TIME(0), b TIMESTAMP(0), ts TIMESTAMP(3), WATERMARK FOR ts AS "
		  "SOURCE_WATERMARK()",
		  "SELECT a = TIME '10:00:01', b = TIMESTAMP '1970-01-01 00:00:01' FROM t");
	struct weir_appender *out = weir_harness_appender(harness, "in");

	weir_append_i64(out, 1);
	weir_append_i64(out, 36001999);
	weir_append_i64(out, 1999);
	weir_append_timestamp(out, 0, 0);
	weir_append_end(out);
	weir_harness_expect(harness, "out", "+I|TRUE|TRUE\n");
	weir_append_i64(out, 1);
	assert_true(weir_append_i64(out, 86399999));
	weir_append_undo(out);
	weir_append_i64(out, 1);
	assert_false(weir_append_i64(out, 86400000));
	assert_false(weir_harness_advance(harness, 1));
	assert_non_null(strstr(weir_harness_error(harness),
			       "Column `a` of type TIME(0) cannot take milliseconds beyond "
			       "0..86399999"));
	weir_harness_free(harness);
}

/* A column that is no event time may hold any time, and shows it as Flink does: four digits. */
static void any_time_has_a_text(void **state)
{
	struct weir_harness *harness =
	    query("n BIGINT, b TIMESTAMP(3), ts TIMESTAMP(3), WATERMARK FOR ts AS "
		  "SOURCE_WATERMARK()",
		  "SELECT CAST(b AS STRING), EXTRACT(YEAR FROM b), "
		  "DATE_FORMAT(b, 'MM-dd HH:mm:ss.SSS') FROM t");
	struct weir_appender *out = weir_harness_appender(harness, "in");

	for (int i = 0; i < 2; i++) {
		weir_append_i64(out, i);
		weir_append_timestamp(out, i == 0 ? INT64_MIN : INT64_MAX, 0);
		weir_append_timestamp(out, 0, 0);
		weir_append_end(out);
	}
	weir_harness_expect(harness, "out",
			    "+I|-5055-05-16 16:47:04.192|-292275055|05-16 16:47:04.192\n"
			    "+I|8994-08-17 07:12:55.807|292278994|08-17 07:12:55.807\n");
	end(harness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(queries_bear_the_last_times),
	    cmocka_unit_test(times_beyond_are_refused),
	    cmocka_unit_test(the_last_watermark_ends_nothing),
	    cmocka_unit_test(a_source_is_read_to_its_end),
	    cmocka_unit_test(an_empty_reason_is_none),
	    cmocka_unit_test(numbers_as_times),
	    cmocka_unit_test(any_time_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
