/* SPDX-License-Identifier: Apache-2.0
 *
 * extremes - windows and timers at times that are far away: before 1970, years apart, at both ends
 * of what 64 bits hold. Nothing takes longer for the distance, and nothing is moved.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weir/testing.h"

#define COLUMNS "k BIGINT, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()"

static int64_t get(const struct weir_row *row, uint32_t column)
{
	int64_t value = 0;

	(void)weir_get_i64(row, column, &value);
	return value;
}

/* --- windows -------------------------------------------------------------------------------- */

static int show(void *user, struct weir_context *context, const struct weir_span *window,
		struct weir_elements *elements)
{
	struct weir_appender *out = weir_output(context);

	weir_append_timestamp(out, window->start, 0);
	weir_append_timestamp(out, window->end, 0);
	weir_append_i64(out, (int64_t)weir_elements_count(elements));
	return weir_append_end(out) ? 0 : -1;
}

/* A harness with the window over "in"; what fires goes to "out", late rows to "late". */
static struct weir_harness *windows(struct weir_window window)
{
	struct weir_harness *harness = weir_harness_new();
	struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "extremes");
	struct weir_stream *in = weir_harness_input(harness, flow, "in", COLUMNS), *out;

	window.size = sizeof window;
	window.name = "w";
	window.columns = "s TIMESTAMP(3), e TIMESTAMP(3), n BIGINT";
	window.process = show;
	out = weir_window(weir_key_by(in, "k"), &window);
	weir_harness_output(harness, "late", weir_side_stream(out, "late"));
	weir_harness_output(harness, "out", out);
	weir_harness_start(harness, flow);
	assert_null(weir_harness_error(harness));
	return harness;
}

static void end(struct weir_harness *harness)
{
	if (weir_harness_error(harness) != NULL)
		fail_msg("%s", weir_harness_error(harness));
	weir_harness_free(harness);
}

static void before_1970(void **state)
{
	struct weir_harness *harness =
	    windows((struct weir_window){.assigner = WEIR_TUMBLING, .size_ms = 10000});

	weir_harness_push(harness, "in", "1|1|1969-12-31 23:59:59.999");
	weir_harness_push(harness, "in", "1|1|1970-01-01 00:00:00");
	weir_harness_push(harness, "in", "1|1|1969-12-31 23:59:50");
	weir_harness_push(harness, "in", "1|1|0001-01-01 00:00:00");
	weir_harness_watermark(harness, "in", -10001);
	weir_harness_expect(harness, "out",
			    "+I|0001-01-01 00:00:00.000|0001-01-01 00:00:10.000|1\n");
	weir_harness_watermark(harness, "in", -1);
	weir_harness_expect(harness, "out",
			    "+I|1969-12-31 23:59:50.000|1970-01-01 00:00:00.000|2\n");
	weir_harness_end(harness, "in");
	weir_harness_expect(harness, "out",
			    "+I|1970-01-01 00:00:00.000|1970-01-01 00:00:10.000|1\n");
	end(harness);
}

/* slide > size leaves gaps, and a row of a gap is in no window; an offset below zero. */
static void sliding_with_gaps(void **state)
{
	struct weir_harness *harness = windows((struct weir_window){
	    .assigner = WEIR_SLIDING, .size_ms = 2000, .slide_ms = 10000, .offset_ms = -3000});

	weir_harness_push(harness, "in", "1|1|1969-12-31 23:59:57"); /* [-3 s, -1 s) */
	weir_harness_push(harness, "in", "1|1|1969-12-31 23:59:58.999");
	weir_harness_push(harness, "in", "1|1|1969-12-31 23:59:59"); /* a gap */
	weir_harness_push(harness, "in", "1|1|1970-01-01 00:00:06.999");
	weir_harness_push(harness, "in", "1|1|9999-12-31 23:59:57"); /* millennia later */
	weir_harness_end(harness, "in");
	weir_harness_expect(harness, "out",
			    "+I|1969-12-31 23:59:57.000|1969-12-31 23:59:59.000|2\n"
			    "+I|9999-12-31 23:59:57.000|9999-12-31 23:59:59.000|1\n");
	end(harness);
}

static void overlapping_years_apart(void **state)
{
	struct weir_harness *harness = windows(
	    (struct weir_window){.assigner = WEIR_SLIDING, .size_ms = 2000, .slide_ms = 1000});

	weir_harness_push(harness, "in", "1|1|0001-01-01 00:00:00");
	weir_harness_push(harness, "in", "1|1|2024-01-01 00:00:00");
	weir_harness_push(harness, "in", "1|1|9999-01-01 00:00:00");
	weir_harness_end(harness, "in");
	weir_harness_expect(harness, "out",
			    "+I|0000-12-31 23:59:59.000|0001-01-01 00:00:01.000|1\n"
			    "+I|0001-01-01 00:00:00.000|0001-01-01 00:00:02.000|1\n"
			    "+I|2023-12-31 23:59:59.000|2024-01-01 00:00:01.000|1\n"
			    "+I|2024-01-01 00:00:00.000|2024-01-01 00:00:02.000|1\n"
			    "+I|9998-12-31 23:59:59.000|9999-01-01 00:00:01.000|1\n"
			    "+I|9999-01-01 00:00:00.000|9999-01-01 00:00:02.000|1\n");
	end(harness);
}

static void sessions_years_apart(void **state)
{
	struct weir_harness *harness =
	    windows((struct weir_window){.assigner = WEIR_SESSION, .gap_ms = 5000});

	weir_harness_push(harness, "in", "1|1|1969-12-31 23:59:58");
	weir_harness_push(harness, "in", "1|1|1970-01-01 00:00:02"); /* one session over 1970 */
	weir_harness_push(harness, "in", "1|1|0001-01-01 00:00:00");
	weir_harness_push(harness, "in", "1|1|9999-01-01 00:00:00");
	weir_harness_end(harness, "in");
	weir_harness_expect(harness, "out",
			    "+I|0001-01-01 00:00:00.000|0001-01-01 00:00:05.000|1\n"
			    "+I|1969-12-31 23:59:58.000|1970-01-01 00:00:07.000|2\n"
			    "+I|9999-01-01 00:00:00.000|9999-01-01 00:00:05.000|1\n");
	end(harness);
}

/* Triggers every so often do not come up once for each interval of an empty age. */
static void every_so_often_years_apart(void **state)
{
	static const struct weir_trigger trigger = {.size = sizeof trigger,
						    .kind = WEIR_TRIGGER_EVERY,
						    .every_ms = 1000,
						    .time = WEIR_EVENT_TIME};
	struct weir_harness *harness = windows(
	    (struct weir_window){.assigner = WEIR_TUMBLING, .size_ms = 5000, .trigger = &trigger});

	weir_harness_push(harness, "in", "1|1|0001-01-01 00:00:03");
	weir_harness_push(harness, "in", "1|1|9999-01-01 00:00:03");
	weir_harness_end(harness, "in");
	weir_harness_take(harness, "out");
	end(harness);
}

/* Within the lateness a window shows itself again; behind it rows go aside. */
static void late_rows(void **state)
{
	struct weir_harness *harness = windows((struct weir_window){
	    .assigner = WEIR_TUMBLING, .size_ms = 10000, .allowed_lateness_ms = 5000});

	weir_harness_push(harness, "in", "1|1|1969-12-31 23:59:51");
	weir_harness_watermark(harness, "in", -1);
	weir_harness_expect(harness, "out",
			    "+I|1969-12-31 23:59:50.000|1970-01-01 00:00:00.000|1\n");
	weir_harness_watermark(harness, "in", 4998); /* its end - 1 + lateness is 4999 */
	weir_harness_push(harness, "in", "1|2|1969-12-31 23:59:52");
	weir_harness_expect(harness, "out",
			    "+I|1969-12-31 23:59:50.000|1970-01-01 00:00:00.000|2\n");
	weir_harness_expect(harness, "late", "");
	weir_harness_watermark(harness, "in", 4999);
	weir_harness_push(harness, "in", "1|3|1969-12-31 23:59:53");
	weir_harness_expect(harness, "out", "");
	weir_harness_expect(harness, "late", "+I|1|3|1969-12-31 23:59:53.000\n");
	end(harness);
}

#define LATENESS_MS ((int64_t)1 << 53) /* the longest */

/* No overflow makes a row late. */
static void endless_lateness(void **state)
{
	struct weir_harness *harness = windows((struct weir_window){
	    .assigner = WEIR_TUMBLING, .size_ms = 10000, .allowed_lateness_ms = LATENESS_MS});

	weir_harness_push(harness, "in", "1|1|2024-01-01 00:00:01");
	weir_harness_watermark(harness, "in", LATENESS_MS);
	weir_harness_take(harness, "out");
	weir_harness_push(harness, "in", "1|1|2024-01-01 00:00:02");
	weir_harness_expect(harness, "out",
			    "+I|2024-01-01 00:00:00.000|2024-01-01 00:00:10.000|2\n");
	weir_harness_expect(harness, "late", "");
	end(harness);
}

/* --- timers --------------------------------------------------------------------------------- */

static const int64_t times[] = {INT64_MIN,
				INT64_MIN + 1,
				INT64_MIN + 1000,
				INT64_MIN + ((int64_t)1 << 47),
				INT64_MIN + ((int64_t)1 << 48) - 1,
				INT64_MIN + ((int64_t)1 << 48),
				-1,
				0,
				INT64_MAX - 1,
				INT64_MAX};
#define TIMES (sizeof times / sizeof times[0])

/* Row v sets timer number v; -1 all of them, backwards; -2 deletes those of odd numbers. */
static int set(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t v = get(row, 1);

	if (v >= 0)
		weir_timer_set(context, WEIR_EVENT_TIME, times[v]);
	for (size_t i = TIMES; v == -1 && i > 0; i--)
		weir_timer_set(context, WEIR_EVENT_TIME, times[i - 1]);
	for (size_t i = 1; v == -2 && i < TIMES; i += 2)
		weir_timer_delete(context, WEIR_EVENT_TIME, times[i]);
	return 0;
}

static int tell(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	weir_append_i64(weir_output(context), time_ms);
	return weir_append_end(weir_output(context)) ? 0 : -1;
}

static const struct weir_process telling = {.size = sizeof telling,
					    .name = "telling",
					    .columns = "t BIGINT",
					    .element = set,
					    .timer = tell};

static struct weir_harness *timers(const char *savepoint)
{
	struct weir_harness *harness = weir_harness_new();
	struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "extremes");
	struct weir_stream *in = weir_harness_input(harness, flow, "in", COLUMNS);

	weir_harness_output(harness, "out", weir_process(weir_key_by(in, "k"), &telling));
	if (savepoint != NULL)
		weir_harness_restore(harness, savepoint);
	weir_harness_start(harness, flow);
	assert_null(weir_harness_error(harness));
	return harness;
}

/* The first and the second millisecond are one, and so are the last two. */
#define FIRST  "+I|-9223372036854775807\n"
#define EARLY  "+I|-9223372036854774808\n"
#define MIDDLE "+I|-9223231299366420480\n+I|-9223090561878065153\n+I|-9223090561878065152\n"
#define LAST   "+I|9223372036854775806\n"

/* Timers that are set before the first watermark wait for it; each has its own time. */
static void timers_at_both_ends(void **state)
{
	struct weir_harness *harness = timers(NULL), *again;
	const char *savepoint;

	weir_harness_push(harness, "in", "1|-1|2024-01-01 00:00:00");
	weir_harness_expect(harness, "out", "");
	savepoint = weir_harness_snapshot(harness);
	assert_non_null(savepoint);
	again = timers(savepoint);
	weir_harness_expect(again, "out", "");
	for (int i = 0; i < 2; i++) {
		struct weir_harness *one = i == 0 ? harness : again;

		weir_harness_watermark(one, "in", INT64_MIN + 1000);
		weir_harness_expect(one, "out", FIRST EARLY);
		weir_harness_watermark(one, "in", -1);
		weir_harness_expect(one, "out", MIDDLE "+I|-1\n");
		weir_harness_watermark(one, "in", 0);
		weir_harness_expect(one, "out", "+I|0\n");
		weir_harness_end(one, "in");
		weir_harness_expect(one, "out", LAST);
	}
	end(again);
	end(harness);
}

/* Deleting one does not take another one with it. */
static void timers_are_deleted(void **state)
{
	struct weir_harness *harness = timers(NULL);

	weir_harness_push(harness, "in", "1|-1|2024-01-01 00:00:00");
	weir_harness_push(harness, "in", "1|-2|2024-01-01 00:00:00");
	weir_harness_push(harness, "in", "2|2|2024-01-01 00:00:00"); /* alone */
	weir_harness_push(harness, "in", "3|2|2024-01-01 00:00:00");
	weir_harness_push(harness, "in", "3|-2|2024-01-01 00:00:00");
	weir_harness_push(harness, "in", "3|4|2024-01-01 00:00:00");
	weir_harness_push(harness, "in", "3|2|2024-01-01 00:00:00"); /* it is there already */
	weir_harness_watermark(harness, "in", INT64_MIN + 1000);
	weir_harness_expect_any_order(harness, "out", EARLY EARLY EARLY);
	weir_harness_watermark(harness, "in", -1);
	weir_harness_expect_any_order(harness, "out",
				      "+I|-9223090561878065153\n+I|-9223090561878065153\n"
				      "+I|-1\n");
	weir_harness_end(harness, "in");
	weir_harness_expect(harness, "out", "");
	end(harness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(before_1970),
	    cmocka_unit_test(sliding_with_gaps),
	    cmocka_unit_test(overlapping_years_apart),
	    cmocka_unit_test(sessions_years_apart),
	    cmocka_unit_test(every_so_often_years_apart),
	    cmocka_unit_test(late_rows),
	    cmocka_unit_test(endless_lateness),
	    cmocka_unit_test(timers_at_both_ends),
	    cmocka_unit_test(timers_are_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
