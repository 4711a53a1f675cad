/* SPDX-License-Identifier: Apache-2.0
 *
 * Restart strategies: how often, after which delay, and which failures are worth it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "runtime/restart.h"

#define MS INT64_C(1000) /* microseconds */

static struct wr_restart_history history;

static int reset(void **unused)
{
	memset(&history, 0, sizeof history);
	return 0;
}

/* The delay of a restart at now_ms, or -1: none. */
static int64_t delay(const struct wr_restart_options *options, int64_t now_ms)
{
	int64_t delay_ms;

	return wr_restart_decide(options, &history, now_ms * MS, 0.5, &delay_ms) ? delay_ms : -1;
}

static void test_none(void **unused)
{
	struct wr_restart_options options = {.type = WR_RESTART_NONE};

	assert_int_equal(delay(&options, 1), -1);
}

static void test_fixed_delay(void **unused)
{
	struct wr_restart_options options = {
	    .type = WR_RESTART_FIXED_DELAY, .attempts = 2, .delay_ms = 30};

	assert_int_equal(delay(&options, 1), 30);
	assert_int_equal(delay(&options, 1000000), 30);
	assert_int_equal(delay(&options, 2000000), -1);
	assert_int_equal(history.attempts, 2);
}

static struct wr_restart_options exponential(void)
{
	return (struct wr_restart_options){.type = WR_RESTART_EXPONENTIAL_DELAY,
					   .initial_ms = 100,
					   .max_ms = 350,
					   .multiplier = 2,
					   .reset_ms = 10000,
					   .attempts_max = 4};
}

static void test_exponential_delay_grows_to_a_limit(void **unused)
{
	struct wr_restart_options options = exponential();

	assert_int_equal(delay(&options, 1), 100);
	assert_int_equal(delay(&options, 2), 200);
	assert_int_equal(delay(&options, 3), 350);
	assert_int_equal(delay(&options, 4), 350);
	assert_int_equal(delay(&options, 5), -1);
}

static void test_exponential_delay_starts_anew_after_calm(void **unused)
{
	struct wr_restart_options options = exponential();

	assert_int_equal(delay(&options, 1), 100);
	assert_int_equal(delay(&options, 2), 200);
	assert_int_equal(delay(&options, 2 + 10199), 350); /* counted from the restart on */
	assert_int_equal(delay(&options, 10201 + 10350), 100);
}

static void test_jitter_stays_within_its_share(void **unused)
{
	struct wr_restart_options options = exponential();
	int64_t delay_ms;

	options.jitter = 0.1;
	assert_true(wr_restart_decide(&options, &history, 1, 0, &delay_ms));
	assert_int_equal(delay_ms, 90);
	reset(NULL);
	assert_true(wr_restart_decide(&options, &history, 1, 1, &delay_ms));
	assert_int_equal(delay_ms, 110);
}

static void test_failure_rate(void **unused)
{
	struct wr_restart_options options = {.type = WR_RESTART_FAILURE_RATE,
					     .failures_max = 2,
					     .rate_interval_ms = 1000,
					     .delay_ms = 7};

	assert_int_equal(delay(&options, 100), 7);
	assert_int_equal(delay(&options, 900), 7);
	assert_int_equal(delay(&options, 1000), -1);
	assert_int_equal(delay(&options, 1101), 7); /* the first one is too long ago to count */
	assert_int_equal(delay(&options, 1102), -1);
}

static void test_what_a_restart_can_help(void **unused)
{
	static const struct {
		enum wr_status_class class;
		bool helps;
	} rows[] = {
	    {WR_USER_ERROR, false}, {WR_FATAL, false}, {WR_RETRY, true}, {WR_RESTART, true}};

	for (size_t i = 0; i < WR_COUNT(rows); i++) {
		wr_status *status = wr_status_new(rows[i].class, "It failed");

		assert_int_equal(wr_restart_can_help(status), rows[i].helps);
		wr_status_free(status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_none, reset),
	    cmocka_unit_test_setup(test_fixed_delay, reset),
	    cmocka_unit_test_setup(test_exponential_delay_grows_to_a_limit, reset),
	    cmocka_unit_test_setup(test_exponential_delay_starts_anew_after_calm, reset),
	    cmocka_unit_test_setup(test_jitter_stays_within_its_share, reset),
	    cmocka_unit_test_setup(test_failure_rate, reset),
	    cmocka_unit_test_setup(test_what_a_restart_can_help, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
