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

/* Two jobs of one worker each share what is left of 1 GB after the reserve. */
static void test_jobs_share_a_limit(void **unused)
{
	struct wr_budget_pool pool = {.limit = 1024 * MB};
	struct wr_budget_options options = {.limit = 1024 * MB, .dir = "/tmp", .pool = &pool};
	struct wr_budget one, other;
	uint64_t all;

	wr_budget_init(&one, &options, wr_env_system(), 1, NULL);
	all = one.share;
	assert_true(all > 500 * MB && all < 768 * MB);
	one.used = one.told = 500 * MB;
	pool.used = 500 * MB;
	wr_budget_init(&other, &options, wr_env_system(), 1, NULL);
	assert_int_equal(pool.workers, 2);
	assert_int_equal(wr_budget_share(&other), all / 2); /* although less is left */
	assert_int_equal(wr_budget_share(&one), all); /* the other does not use its part yet */
	other.used = other.told = 200 * MB;
	pool.used = 700 * MB;
	assert_int_equal(wr_budget_share(&one), all - 200 * MB);
	wr_budget_release(&one);
	assert_int_equal(pool.used, 200 * MB);
	assert_int_equal(wr_budget_share(&other), all);
	wr_budget_release(&other);
	assert_int_equal(pool.workers, 0);
	assert_int_equal(pool.used, 0);
}

/* A cache size is what it is, however much room there is. */
static void test_a_cache_keeps_its_size(void **unused)
{
	struct wr_budget_pool pool = {.limit = 1024 * MB};
	struct wr_budget_options options = {
	    .limit = 1024 * MB, .cache = 64 * MB, .dir = "/tmp", .pool = &pool};
	struct wr_budget budget;

	wr_budget_init(&budget, &options, wr_env_system(), 2, NULL);
	assert_int_equal(budget.share, 32 * MB);
	assert_int_equal(wr_budget_share(&budget), 32 * MB);
	wr_budget_release(&budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sources_are_slowed_above_the_limit),
	    cmocka_unit_test(test_not_when_nothing_can_leave),
	    cmocka_unit_test(test_jobs_share_a_limit),
	    cmocka_unit_test(test_a_cache_keeps_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
