/* SPDX-License-Identifier: Apache-2.0
 *
 * When a checkpoint begins, of which epoch it is, when it has taken too long, how much of it a
 * worker writes at a time.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/status.h"
#include "runtime/checkpoint_rules.h"

#define MS INT64_C(1000) /* microseconds */

static void test_interval_counts_from_begin_to_begin(void **unused)
{
	struct wr_checkpoint_pace pace = {.interval_ms = 100};
	struct wr_checkpoint_times times = {.job_us = 5 * MS};

	assert_int_equal(wr_checkpoint_next_us(&pace, &times, false), 105 * MS);
	times.begin_us = 105 * MS;
	times.end_us = 150 * MS;
	assert_int_equal(wr_checkpoint_next_us(&pace, &times, false), 205 * MS);
	times.end_us = 400 * MS; /* it took longer than the interval: the next one is due */
	assert_int_equal(wr_checkpoint_next_us(&pace, &times, false), 400 * MS);
}

static void test_pause_counts_from_the_end(void **unused)
{
	struct wr_checkpoint_pace pace = {.interval_ms = 100, .min_pause_ms = 70};
	struct wr_checkpoint_times times = {.job_us = 1, .begin_us = 100 * MS, .end_us = 120 * MS};

	assert_int_equal(wr_checkpoint_next_us(&pace, &times, false), 200 * MS);
	times.end_us = 180 * MS;
	assert_int_equal(wr_checkpoint_next_us(&pace, &times, false), 250 * MS);
}

static void test_wanted_comes_before_the_interval(void **unused)
{
	struct wr_checkpoint_pace pace = {.interval_ms = 60000, .min_pause_ms = 70};
	struct wr_checkpoint_times times = {.job_us = 1, .begin_us = 100 * MS, .end_us = 120 * MS};

	assert_int_equal(wr_checkpoint_next_us(&pace, &times, true), 190 * MS);
	pace.min_pause_ms = 30000;
	assert_int_equal(wr_checkpoint_next_us(&pace, &times, true), 1120 * MS);
	times = (struct wr_checkpoint_times){.job_us = 7 * MS};
	assert_int_equal(wr_checkpoint_next_us(&pace, &times, true), 7 * MS);
}

static void test_timeout(void **unused)
{
	struct wr_checkpoint_pace pace = {.interval_ms = 100, .timeout_ms = 30};

	assert_false(wr_checkpoint_expired(&pace, 10 * MS, 40 * MS));
	assert_true(wr_checkpoint_expired(&pace, 10 * MS, 40 * MS + 1));
	pace.timeout_ms = 0;
	assert_false(wr_checkpoint_expired(&pace, 10 * MS, 4000000 * MS));
}

static uint64_t epoch_of(uint64_t a, bool a_ended, uint64_t b, bool b_ended)
{
	struct wr_source_fact fact[] = {{a, a_ended}, {b, b_ended}};

	return wr_checkpoint_epoch(fact, WR_COUNT(fact));
}

static void test_epoch_is_one_that_nobody_has_passed(void **unused)
{
	assert_int_equal(epoch_of(0, false, 0, false), 0);
	assert_int_equal(epoch_of(7, false, 3, false), 7);
	assert_int_equal(epoch_of(3, false, 7, false), 7);
	/* One that has ended is known from its last epoch on, and not before. */
	assert_int_equal(epoch_of(7, true, 3, false), 6);
	assert_int_equal(epoch_of(7, true, 9, false), 9);
	assert_int_equal(epoch_of(1, true, 0, false), 0);
	/* Nothing is left to save. */
	assert_true(epoch_of(7, true, 3, true) == WR_EPOCH_NONE);
	assert_true(wr_checkpoint_epoch(NULL, 0) == WR_EPOCH_NONE);
}

static void test_failures_that_are_too_many(void **unused)
{
	assert_false(wr_checkpoint_is_hopeless(-1, 1000000));
	assert_true(wr_checkpoint_is_hopeless(0, 1));
	assert_false(wr_checkpoint_is_hopeless(2, 2));
	assert_true(wr_checkpoint_is_hopeless(2, 3));
}

static void test_slices(void **unused)
{
	struct wr_slice_facts facts = {.since_us = 1000000};
	int64_t busy_us = wr_checkpoint_slice_us(&facts);

	assert_true(busy_us > 0 && busy_us <= MS); /* a pause of rows */
	facts.last_slice_us = busy_us;
	facts.since_us = busy_us; /* rows get most of the time */
	assert_int_equal(wr_checkpoint_slice_us(&facts), 0);
	facts.since_us = 4 * busy_us;
	assert_int_equal(wr_checkpoint_slice_us(&facts), busy_us);
	facts.since_us = 0;
	facts.idle = true;
	assert_true(wr_checkpoint_slice_us(&facts) > busy_us);
	/* Nobody takes what is written. */
	facts.queued_bytes = WR_CHECKPOINT_QUEUE_SOFT;
	assert_int_equal(wr_checkpoint_slice_us(&facts), 0);
	facts.idle = false;
	facts.since_us = 1000000;
	assert_int_equal(wr_checkpoint_slice_us(&facts), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_interval_counts_from_begin_to_begin),
	    cmocka_unit_test(test_pause_counts_from_the_end),
	    cmocka_unit_test(test_wanted_comes_before_the_interval),
	    cmocka_unit_test(test_timeout),
	    cmocka_unit_test(test_epoch_is_one_that_nobody_has_passed),
	    cmocka_unit_test(test_failures_that_are_too_many),
	    cmocka_unit_test(test_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
