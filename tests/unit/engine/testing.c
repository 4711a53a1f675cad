/* SPDX-License-Identifier: Apache-2.0
 *
 * testing - the harness for tests of flows: rows, watermarks, the clock, snapshots, and what it
 * says of mistakes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "weir/testing.h"

/* Counts elements by key; tells the count when a timer comes up 10 s after the first element, by
 * the time that `user` names. */
struct tally {
	int64_t count;
	struct weir_bytes last;
};

static int on_element(void *self, struct weir_context *context, const struct weir_row *row)
{
	enum weir_time time = *(enum weir_time *)self;
	struct tally *tally = weir_state_make(context, 0);
	const char *word;
	size_t len;

	if (tally->count++ == 0)
		weir_timer_set(context, time,
			       10000 + (time == WEIR_EVENT_TIME ? weir_timestamp(context)
								: weir_now(context, time)));
	if (weir_get_bytes(row, 1, &word, &len))
		weir_state_bytes(context, 0, &tally->last, word, len);
	return len == 4 && memcmp(word, "fail", 4) == 0 ? weir_fail(context, "a word that fails")
							: 0;
}

static int on_timer(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	struct tally *tally = weir_state_get(context, 0);
	struct weir_appender *out = weir_output(context);

	(void)self, (void)time;
	weir_append_value(out, weir_key(context), 0);
	weir_append_i64(out, tally->count);
	weir_append_bytes(out, tally->last.data, tally->last.size);
	weir_append_i64(out, time_ms);
	weir_append_end(out);
	weir_state_clear(context, 0);
	return 0;
}

static const struct weir_state tally_state = {.size = sizeof(struct weir_state),
					      .name = "tally",
					      .kind = WEIR_VALUE,
					      .columns = "number BIGINT, last STRING",
					      .value_size = sizeof(struct tally)};

/* A harness that has started the function above. */
static struct weir_harness *open_tally(enum weir_time *time, const char *savepoint)
{
	struct weir_process process = {.size = sizeof process,
				       .name = "tally",
				       .columns = "k INT, number BIGINT, last STRING, due BIGINT",
				       .state = &tally_state,
				       .state_count = 1,
				       .user = time,
				       .element = on_element,
				       .timer = on_timer};
	struct weir_harness *harness = weir_harness_new();
	struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "test");
	struct weir_stream *in = weir_harness_input(harness, flow, "words",
						    "k INT, word STRING, ts TIMESTAMP(3), "
						    "WATERMARK FOR ts AS SOURCE_WATERMARK()");

	weir_harness_output(harness, "tallies", weir_process(weir_key_by(in, "k"), &process));
	if (savepoint != NULL)
		weir_harness_restore(harness, savepoint);
	if (!weir_harness_start(harness, flow))
		fail_msg("%s", weir_harness_error(harness));
	return harness;
}

static void assert_good(struct weir_harness *harness)
{
	if (weir_harness_error(harness) != NULL)
		fail_msg("%s", weir_harness_error(harness));
}

static void test_event_time(void **state)
{
	enum weir_time time = WEIR_EVENT_TIME;
	struct weir_harness *harness = open_tally(&time, NULL);
	struct weir_job_metrics metrics = {.size = sizeof metrics};

	weir_harness_push(harness, "words", "1|a|1970-01-01 00:00:01");
	weir_harness_push(harness, "words", "2|b\\|c|1970-01-01 00:00:02");
	weir_harness_push(harness, "words", "1|\\N|1970-01-01 00:00:03");
	weir_harness_expect(harness, "tallies", "");
	weir_harness_watermark(harness, "words", 10999);
	weir_harness_expect(harness, "tallies", "");
	weir_harness_watermark(harness, "words", 11000);
	weir_harness_expect(harness, "tallies", "+I|1|2|NULL|11000\n");
	assert_true(weir_harness_metrics(harness, &metrics));
	assert_int_equal(metrics.rows_in, 3);
	assert_int_equal(metrics.watermark_ms, 11000);
	weir_harness_end(harness, "words"); /* the watermark of the end fires what is left */
	weir_harness_expect(harness, "tallies", "+I|2|1|b|c|12000\n");
	assert_good(harness);
	weir_harness_free(harness);
	(void)state;
}

static void test_clock(void **state)
{
	enum weir_time time = WEIR_PROCESSING_TIME;
	struct weir_harness *harness = open_tally(&time, NULL);

	assert_int_equal(weir_harness_now(harness), 0);
	weir_harness_advance(harness, 5000);
	weir_harness_push(harness, "words", "1|a|1970-01-01 00:00:00");
	weir_harness_advance(harness, 9999);
	weir_harness_expect(harness, "tallies", "");
	weir_harness_push(harness, "words", "1|z|1970-01-01 00:00:00");
	weir_harness_advance(harness, 1);
	weir_harness_expect(harness, "tallies", "+I|1|2|z|15000\n");
	weir_harness_advance(harness, 3600000);
	weir_harness_expect(harness, "tallies", "");
	assert_good(harness);
	weir_harness_free(harness);
	(void)state;
}

/* Several keys at once, and rows written value by value. */
static void test_appender(void **state)
{
	enum weir_time time = WEIR_EVENT_TIME;
	struct weir_harness *harness = open_tally(&time, NULL);
	struct weir_appender *out = weir_harness_appender(harness, "words");

	for (int64_t i = 0; i < 30; i++) {
		weir_append_i64(out, i % 3);
		weir_append_text(out, "w");
		weir_append_timestamp(out, i, 0);
		weir_append_end(out);
	}
	weir_harness_watermark(harness, "words", 20000);
	weir_harness_expect_any_order(harness, "tallies",
				      "+I|2|10|w|10002\n+I|0|10|w|10000\n+I|1|10|w|10001\n");
	assert_good(harness);
	weir_harness_free(harness);
	(void)state;
}

static void test_snapshot(void **state)
{
	enum weir_time time = WEIR_PROCESSING_TIME;
	struct weir_harness *first = open_tally(&time, NULL), *second;
	const char *savepoint;

	weir_harness_advance(first, 1000);
	weir_harness_push(first, "words", "7|before|1970-01-01 00:00:00");
	savepoint = weir_harness_snapshot(first);
	assert_good(first);
	weir_harness_push(first, "words", "7|lost|1970-01-01 00:00:00");
	second = open_tally(&time, savepoint);
	assert_int_equal(weir_harness_now(second), 1000);
	weir_harness_push(second, "words", "8|other|1970-01-01 00:00:00");
	weir_harness_advance(second, 10000);
	weir_harness_expect_any_order(second, "tallies",
				      "+I|7|1|before|11000\n+I|8|1|other|11000\n");
	assert_good(second);
	weir_harness_advance(first, 10000);
	weir_harness_expect(first, "tallies", "+I|7|2|lost|11000\n");
	assert_good(first);
	weir_harness_free(second);
	weir_harness_free(first);
	(void)state;
}

/* Whether the harness's mistake says so; frees it. */
static void assert_mistake(struct weir_harness *harness, const char *expected)
{
	const char *error = weir_harness_error(harness);

	if (error == NULL || strstr(error, expected) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", error != NULL ? error : "no mistake", expected);
	weir_harness_free(harness);
}

static void test_mistakes(void **state)
{
	enum weir_time time = WEIR_EVENT_TIME;
	struct weir_harness *harness = open_tally(&time, NULL);

	assert_false(weir_harness_push(harness, "word", "1|a|1970-01-01 00:00:00"));
	assert_false(weir_harness_push(harness, "words",
				       "1|a|1970-01-01 00:00:00")); /* nothing more is done */
	assert_mistake(harness, "no input 'word'");

	harness = open_tally(&time, NULL);
	assert_false(weir_harness_push(harness, "words", "1|a"));
	assert_mistake(harness, "2 values for 3 columns");

	harness = open_tally(&time, NULL);
	assert_false(weir_harness_push(harness, "words", "x|a|NULL"));
	assert_mistake(harness, "Column `k`");

	harness = open_tally(&time, NULL);
	assert_false(weir_harness_expect(harness, "tallies", "+I|1|1|a|5\n"));
	assert_mistake(harness, "not, as expected,\n+I|1|1|a|5");

	harness = open_tally(&time, NULL);
	assert_false(weir_harness_push(harness, "words", "1|fail|1970-01-01 00:00:01"));
	assert_mistake(harness, "a word that fails");

	harness = open_tally(&time, NULL);
	assert_null(weir_harness_take(harness, "nothing"));
	assert_mistake(harness, "no output 'nothing'");
	(void)state;
}

/* A flow with a mistake tells it at the start. */
static void test_bad_flow(void **state)
{
	struct weir_harness *harness = weir_harness_new();
	struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "test");
	struct weir_stream *in = weir_harness_input(harness, flow, "words", "k INT");

	weir_harness_output(harness, "out", weir_key_by(in, "nothing"));
	assert_false(weir_harness_start(harness, flow));
	assert_mistake(harness, "nothing");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_event_time), cmocka_unit_test(test_clock),
	    cmocka_unit_test(test_appender),   cmocka_unit_test(test_snapshot),
	    cmocka_unit_test(test_mistakes),   cmocka_unit_test(test_bad_flow)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
