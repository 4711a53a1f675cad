/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the time of a task goes.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "runtime/load.h"

static void test_shares_of_a_second(void **unused)
{
	struct wr_load load[2] = {0};
	struct wr_stage_load none = {0}, stage = {0};
	struct wr_load_rates rates;

	wr_load_worked(&load[0], 1000, 301000);
	wr_load_worked(&load[0], 400000, 500000);
	wr_load_seen(&load[1], true, 200000);
	wr_load_seen(&load[1], true, 300000);
	wr_load_seen(&load[1], false, 600000);
	wr_load_look(&load[0], 1001000, &stage);
	wr_load_look(&load[1], 1001000, &stage);
	rates = wr_load_rates(&none, &stage, 1000000);
	assert_int_equal(rates.busy, 200);
	assert_int_equal(rates.blocked, 200);
	assert_int_equal(rates.idle, 600);
}

static void test_a_stretch_that_goes_on_counts(void **unused)
{
	struct wr_load load = {0};
	struct wr_stage_load before = {0}, after = {0};
	struct wr_load_rates rates;

	wr_load_seen(&load, true, 1000);
	wr_load_look(&load, 501000, &before);
	wr_load_look(&load, 1001000, &after);
	rates = wr_load_rates(&before, &after, 500000);
	assert_int_equal(rates.blocked, 1000);
	assert_int_equal(rates.idle, 0);
}

static void test_a_unit_that_goes_on_counts(void **unused)
{
	struct wr_load load = {0};
	struct wr_stage_load stage = {0};

	assert_int_equal(wr_load_running_us(&load, 7000), 0);
	wr_load_running(&load, 1000);
	assert_int_equal(wr_load_running_us(&load, 7000), 6000);
	wr_load_look(&load, 7000, &stage);
	assert_int_equal(stage.busy_us, 6000);
	wr_load_running(&load, 0);
	assert_int_equal(wr_load_running_us(&load, 9000), 0);
}

static void test_never_more_than_a_second(void **unused)
{
	struct wr_load load = {0};
	struct wr_stage_load none = {0}, stage = {0};
	struct wr_load_rates rates;

	wr_load_worked(&load, 0, 900000);
	wr_load_seen(&load, true, 0);
	wr_load_look(&load, 900000, &stage);
	rates = wr_load_rates(&none, &stage, 1000000);
	assert_int_equal(rates.busy + rates.idle + rates.blocked, 1000);
	rates = wr_load_rates(&none, &stage, 0);
	assert_int_equal(rates.busy + rates.idle + rates.blocked, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shares_of_a_second),
	    cmocka_unit_test(test_a_stretch_that_goes_on_counts),
	    cmocka_unit_test(test_a_unit_that_goes_on_counts),
	    cmocka_unit_test(test_never_more_than_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
