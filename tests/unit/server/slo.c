/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of error budgets: all times are the test's own.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/slo.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define BEGIN  (INT64_C(1700000000) * 1000)

/* As a server has it unless told otherwise. */
static const struct wr_slo_policy usual = {
    .budget_ms = 30 * DAY,
    .at = {{0}, {HOUR, 0.5}, {30 * MINUTE, 2}},
    .short_part = 12,
    .events_min = 10,
};

static struct wr_slo make(enum wr_objective_kind kind, double share)
{
	struct wr_slo slo;

	wr_slo_init(&slo, kind, &usual);
	slo.objective.share = share;
	return slo;
}

static struct wr_slo_verdict judge(const struct wr_slo *slo, int64_t now_ms)
{
	struct wr_slo_verdict verdict;

	wr_slo_judge(slo, &usual, now_ms, &verdict);
	return verdict;
}

static void near(double a, double b)
{
	if (fabs(a - b) > 1e-6 * fmax(1, fabs(b)))
		fail_msg("%g, wanted %g", a, b);
}

/* Counts within a span, and no longer. */
static void windows(void **state)
{
	struct wr_slo_window window;

	wr_slo_window_init(&window, 10 * MINUTE, MINUTE);
	for (int64_t i = 0; i < 100; i++)
		wr_slo_window_add(&window, BEGIN + i * MINUTE, 1, 2);
	assert_int_equal(wr_slo_window_sum(&window, BEGIN + 99 * MINUTE, 10 * MINUTE).bad, 11);
	assert_int_equal(wr_slo_window_sum(&window, BEGIN + 99 * MINUTE, MINUTE).total, 4);
	assert_int_equal(wr_slo_window_sum(&window, BEGIN + 300 * MINUTE, 10 * MINUTE).total, 0);
	/* A step back is of the newest bucket (W2); one of a day begins anew. */
	wr_slo_window_add(&window, BEGIN + 98 * MINUTE, 0, 5);
	assert_int_equal(wr_slo_window_sum(&window, BEGIN + 99 * MINUTE, 1).total, 7);
	wr_slo_window_add(&window, BEGIN - DAY, 1, 3);
	assert_int_equal(wr_slo_window_sum(&window, BEGIN - DAY, 10 * MINUTE).total, 3);
	wr_slo_window_release(&window);
}

/* Errors at the rate that the objective permits are a burn of 1. */
static void burn_of_rows(void **state)
{
	struct wr_slo slo = make(WR_OBJECTIVE_SUCCESS, 0.99);
	struct wr_slo_verdict verdict;

	for (int64_t i = 0; i < 120; i++)
		wr_slo_add(&slo, BEGIN + i * MINUTE, 10, 1000);
	verdict = judge(&slo, BEGIN + 119 * MINUTE);
	near(verdict.at[WR_SEVERITY_WARN].burn, 1);
	near(verdict.at[WR_SEVERITY_PAGE].burn, 1);
	near(verdict.at[WR_SEVERITY_PAGE].short_burn, 1);
	near(verdict.remaining, 0);
	assert_int_equal(verdict.severity, WR_SEVERITY_WARN);
	wr_slo_release(&slo);
}

/* Warn from a half on, page from the double on, nothing below. */
static void thresholds(void **state)
{
	static const struct {
		uint64_t bad; /* of 10,000 in a minute, objective 0.99 */
		enum wr_severity wanted;
	} at[] = {{0, 0}, {49, 0}, {50, 1}, {199, 1}, {200, 2}, {10000, 2}};

	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		struct wr_slo slo = make(WR_OBJECTIVE_LATENCY, 0.99);

		for (int64_t m = 0; m < 60; m++)
			wr_slo_add(&slo, BEGIN + m * MINUTE, at[i].bad, 10000);
		assert_int_equal(judge(&slo, BEGIN + 59 * MINUTE).severity, at[i].wanted);
		wr_slo_release(&slo);
	}
}

/* When it is over the short window ends the alert, although the long one still burns. */
static void short_window_ends_it(void **state)
{
	struct wr_slo slo = make(WR_OBJECTIVE_SUCCESS, 0.99);
	struct wr_slo_verdict verdict;
	int64_t now = BEGIN;

	for (; now < BEGIN + 30 * MINUTE; now += 10000)
		wr_slo_add(&slo, now, 50, 100);
	assert_int_equal(judge(&slo, now).severity, WR_SEVERITY_PAGE);
	for (int64_t end = now + 4 * MINUTE; now < end; now += 10000)
		wr_slo_add(&slo, now, 0, 100);
	verdict = judge(&slo, now);
	assert_true(verdict.at[WR_SEVERITY_PAGE].burn > 2);
	near(verdict.at[WR_SEVERITY_PAGE].short_burn, 0);
	assert_int_equal(verdict.severity, WR_SEVERITY_WARN); /* its short window is 5 min */
	for (int64_t end = now + 3 * MINUTE; now < end; now += 10000)
		wr_slo_add(&slo, now, 0, 100);
	assert_int_equal(judge(&slo, now).severity, WR_SEVERITY_NONE);
	assert_true(judge(&slo, now).remaining < 0); /* what is used stays used for 30 days */
	assert_true(judge(&slo, now + 31 * DAY).remaining == 1);
	wr_slo_release(&slo);
}

/* Few rows say nothing. */
static void few_rows(void **state)
{
	struct wr_slo slo = make(WR_OBJECTIVE_SUCCESS, 0.99);

	wr_slo_add(&slo, BEGIN, 9, 9);
	assert_int_equal(judge(&slo, BEGIN).severity, WR_SEVERITY_NONE);
	wr_slo_add(&slo, BEGIN, 1, 1);
	assert_int_equal(judge(&slo, BEGIN).severity, WR_SEVERITY_PAGE);
	wr_slo_release(&slo);
}

/* Time that was not looked at was good: 0.99 of 30 min leaves 18 s, and twice that pages. */
static void burn_of_time(void **state)
{
	struct wr_slo slo = make(WR_OBJECTIVE_FRESHNESS, 0.99);
	struct wr_slo_verdict verdict;
	int64_t now = BEGIN;

	for (; now < BEGIN + 35000; now += 5000)
		wr_slo_add(&slo, now, 5000, 5000);
	assert_int_equal(judge(&slo, now).severity, WR_SEVERITY_WARN); /* 35 s of an hour: 0.97 */
	wr_slo_add(&slo, now, 5000, 5000);
	verdict = judge(&slo, now);
	assert_int_equal(verdict.severity, WR_SEVERITY_PAGE);
	near(verdict.at[WR_SEVERITY_PAGE].burn, 40.0 / 18.0);
	near(verdict.remaining, 1 - 40000.0 / (30.0 * DAY * 0.01));
	wr_slo_release(&slo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(windows),    cmocka_unit_test(burn_of_rows),
	    cmocka_unit_test(thresholds), cmocka_unit_test(short_window_ends_it),
	    cmocka_unit_test(few_rows),   cmocka_unit_test(burn_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
