/* SPDX-License-Identifier: Apache-2.0
 *
 * When sources are slowed, because the process is above its limit and something can leave.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "runtime/budget.h"

#define MB (UINT64_C(1) << 20)

static void test_sources_are_slowed_above_the_limit(void **unused)
{
	struct wr_budget budget = {
	    .limit = 320 * MB, .share = 100 * MB, .target = 90 * MB, .used = 80 * MB};

	assert_false(wr_budget_is_tight(&budget, 320 * MB));
	assert_true(wr_budget_is_tight(&budget, 321 * MB));
	budget.is_tight = true; /* until a sixteenth is free again */
	assert_true(wr_budget_is_tight(&budget, 301 * MB));
	assert_false(wr_budget_is_tight(&budget, 300 * MB));
}

static void test_not_when_nothing_can_leave(void **unused)
{
	struct wr_budget budget = {
	    .limit = 320 * MB, .share = 100 * MB, .target = 90 * MB, .used = 80 * MB};

	budget.held = 80 * MB;
	assert_false(wr_budget_is_tight(&budget, 400 * MB));
	budget.held = 0;
	budget.target = 8 * MB; /* the least: as much as could has left */
	assert_false(wr_budget_is_tight(&budget, 400 * MB));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sources_are_slowed_above_the_limit),
	    cmocka_unit_test(test_not_when_nothing_can_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
