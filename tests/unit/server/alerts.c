/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of what rules make of a job over time: all times are the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "server/alert_watch.h"

#define MINUTE INT64_C(60000)
#define BEGIN  (INT64_C(1700000000) * 1000)

static const struct wr_slo_policy policy = {
    .budget_ms = INT64_C(30) * 24 * 60 * MINUTE,
    .at = {{0}, {60 * MINUTE, 0.5}, {30 * MINUTE, 2}},
    .short_part = 12,
    .events_min = 10,
};
static const struct wr_alert_limits limits = {
    .window_ms = 15 * MINUTE,
    .for_ms = 5 * MINUTE,
    .restarts = 3,
    .failed_checkpoints = 3,
    .checkpoint_age_ms = 15 * MINUTE,
    .bad_share = 0.01,
    .late_share = 0.01,
    .blocked_share = 0.8,
    .skew = 3,
    .skew_rows = 1000,
    .waiting_ms = MINUTE,
    .lag_ms = 5 * MINUTE,
    .lag_records = 100000,
};

/* What was found of a rule. */
struct found {
	enum wr_alert_rule_id rule;
	const char *part;
	enum wr_finding_state state;
	enum wr_severity severity;
	char sentence[512];
};

static void take(void *own, const struct wr_finding *finding)
{
	struct found *found = own;

	if (finding->rule != found->rule || strcmp(finding->part, found->part) != 0)
		return;
	found->state = finding->state;
	found->severity = finding->severity;
	snprintf(found->sentence, sizeof found->sentence, "%s", wr_text_str(&finding->sentence));
}

static struct found judge(struct wr_alert_watch *watch, const struct wr_alert_facts *facts,
			  int64_t now_ms, enum wr_alert_rule_id rule, const char *part)
{
	struct found found = {.rule = rule, .part = part};

	wr_alert_judge(watch, facts, &limits, &policy, now_ms, take, &found);
	return found;
}

static struct wr_alert_facts running(void)
{
	return (struct wr_alert_facts){.id = "1",
				       .name = "orders",
				       .state = WR_JOB_RUNNING,
				       .figures = true,
				       .lag_records = -1,
				       .lag_ms = -1,
				       .watermark_lag_ms = -1,
				       .checkpoint_age_ms = -1};
}

/* Three within the window, counted over attempts that begin anew, and not for ever. */
static void restarts(void **state)
{
	struct wr_alert_watch *watch = wr_alert_watch_new("1", "orders", &limits);
	struct wr_alert_facts facts = running();
	int64_t now = BEGIN;

	for (uint64_t i = 0; i <= 3; i++, now += MINUTE) {
		facts.count.restarts = i;
		wr_alert_watch_see(watch, &facts, &policy, now, MINUTE);
		assert_int_equal(judge(watch, &facts, now, WR_RULE_JOB_RESTARTS, "").state,
				 i == 3 ? WR_FINDING_HOLDS : WR_FINDING_CLEAR);
	}
	assert_string_equal(judge(watch, &facts, now, WR_RULE_JOB_RESTARTS, "").sentence,
			    "Job orders has been restarted 3 times within 15 min");
	now += 20 * MINUTE;
	wr_alert_watch_see(watch, &facts, &policy, now, MINUTE);
	assert_int_equal(judge(watch, &facts, now, WR_RULE_JOB_RESTARTS, "").state,
			 WR_FINDING_CLEAR);
	wr_alert_watch_free(watch);
}

/* Figures are not known while a job restarts, and of no interest when somebody has stopped it. */
static void unknown(void **state)
{
	struct wr_alert_watch *watch = wr_alert_watch_new("1", "orders", &limits);
	struct wr_alert_facts facts = running();

	facts.lag_ms = 6 * MINUTE;
	facts.late_table = "t";
	wr_alert_watch_see(watch, &facts, &policy, BEGIN, MINUTE);
	assert_int_equal(judge(watch, &facts, BEGIN, WR_RULE_LAG, "").state, WR_FINDING_HOLDS);
	assert_string_equal(judge(watch, &facts, BEGIN, WR_RULE_LAG, "").sentence,
			    "Table t of job orders is 6 min behind");
	facts.figures = false;
	facts.state = WR_JOB_RESTARTING;
	assert_int_equal(judge(watch, &facts, BEGIN, WR_RULE_LAG, "").state, WR_FINDING_UNKNOWN);
	facts.state = WR_JOB_CANCELED;
	assert_int_equal(judge(watch, &facts, BEGIN, WR_RULE_LAG, "").state, WR_FINDING_CLEAR);
	wr_alert_watch_free(watch);
}

/* The time of a job that is down is bad for its freshness; a gap without looks counts as one. */
static void down(void **state)
{
	struct wr_alert_watch *watch = wr_alert_watch_new("1", "orders", &limits);
	struct wr_alert_facts facts = running();
	int64_t now = BEGIN;

	facts.objectives.of[WR_OBJECTIVE_FRESHNESS] = (struct wr_objective){0.99, MINUTE};
	facts.output_age_ms = 1000;
	for (; now < BEGIN + MINUTE; now += 5000)
		wr_alert_watch_see(watch, &facts, &policy, now, 15000);
	assert_int_equal(judge(watch, &facts, now, WR_RULE_BUDGET_BURNS, "freshness").state,
			 WR_FINDING_CLEAR);
	facts.figures = false;
	facts.state = WR_JOB_FAILED;
	for (int64_t end = now + MINUTE; now < end; now += 5000)
		wr_alert_watch_see(watch, &facts, &policy, now, 15000);
	assert_int_equal(judge(watch, &facts, now, WR_RULE_BUDGET_BURNS, "freshness").severity,
			 WR_SEVERITY_PAGE);
	assert_int_equal(judge(watch, &facts, now, WR_RULE_JOB_FAILED, "").severity,
			 WR_SEVERITY_PAGE);
	assert_int_equal(
	    wr_slo_window_sum(&watch->slo[WR_OBJECTIVE_FRESHNESS]->fine, now, 30 * MINUTE).bad,
	    MINUTE);
	wr_alert_watch_see(watch, &facts, &policy, now + 20 * MINUTE, 15000);
	assert_int_equal(wr_slo_window_sum(&watch->slo[WR_OBJECTIVE_FRESHNESS]->fine,
					   now + 20 * MINUTE, 30 * MINUTE)
			     .bad,
			 MINUTE + 15000);
	wr_alert_watch_free(watch);
}

/* Another bound is another objective; another share is not. */
static void declared(void **state)
{
	struct wr_alert_watch *watch = wr_alert_watch_new("1", "orders", &limits);
	struct wr_alert_facts facts = running();
	struct wr_objective *latency = &facts.objectives.of[WR_OBJECTIVE_LATENCY];

	*latency = (struct wr_objective){0.9, 1000};
	facts.count.written = 100;
	facts.count.slow = 50;
	wr_alert_watch_see(watch, &facts, &policy, BEGIN, MINUTE);
	assert_int_equal(judge(watch, &facts, BEGIN, WR_RULE_BUDGET_BURNS, "latency").severity,
			 WR_SEVERITY_PAGE);
	latency->share = 0.1;
	wr_alert_watch_see(watch, &facts, &policy, BEGIN + 1000, MINUTE);
	assert_int_equal(
	    judge(watch, &facts, BEGIN + 1000, WR_RULE_BUDGET_BURNS, "latency").severity,
	    WR_SEVERITY_WARN);
	latency->bound = 2000;
	wr_alert_watch_see(watch, &facts, &policy, BEGIN + 2000, MINUTE);
	assert_int_equal(judge(watch, &facts, BEGIN + 2000, WR_RULE_BUDGET_BURNS, "latency").state,
			 WR_FINDING_CLEAR);
	wr_alert_watch_free(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(restarts), cmocka_unit_test(unknown),
					   cmocka_unit_test(down), cmocka_unit_test(declared)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
