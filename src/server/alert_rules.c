/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_rules - what holds of a job now, one function a rule.
 *
 * A rule over figures knows nothing while the job begins or restarts, and says so: an alert that
 * is there then stays. Of a job that has failed only that, its state and its budgets are told.
 */
#include <math.h>

#include "base/macros.h"
#include "server/alert_watch.h"

#define ERROR_MAX 400 /* bytes of somebody else's text in a sentence */

const struct wr_alert_rule wr_alert_rules[WR_RULE_COUNT] = {
    [WR_RULE_JOB_FAILED] = {"WeirJobFailed", "checkpoint-failure"},
    [WR_RULE_JOB_RESTARTS] = {"WeirJobRestarts", "broker-loss"},
    [WR_RULE_CHECKPOINTS_FAIL] = {"WeirCheckpointsFail", "checkpoint-failure"},
    [WR_RULE_CHECKPOINT_OLD] = {"WeirCheckpointOld", "checkpoint-failure"},
    [WR_RULE_STATE_CORRUPT] = {"WeirStateCorrupt", "state-corruption"},
    [WR_RULE_BAD_RECORDS] = {"WeirBadRecords", "schema-mismatch"},
    [WR_RULE_SINK_ERRORS] = {"WeirSinkErrors", "schema-mismatch"},
    [WR_RULE_LATE_ROWS] = {"WeirLateRows", "late-data"},
    [WR_RULE_BACK_PRESSURE] = {"WeirBackPressure", "backpressure"},
    [WR_RULE_HOT_KEY] = {"WeirHotKey", "hot-key"},
    [WR_RULE_BROKER_LOST] = {"WeirBrokerLost", "broker-loss"},
    [WR_RULE_LAG] = {"WeirLag", "lag"},
    [WR_RULE_BUDGET_BURNS] = {"WeirErrorBudgetBurns", "lag"},
};

/* What a rule is asked with. */
struct judge {
	struct wr_alert_watch *watch;
	const struct wr_alert_facts *facts;
	const struct wr_alert_limits *limits;
	const struct wr_slo_policy *policy;
	int64_t now_ms;
};

/* --- words --------------------------------------------------------------------------------------
 */

void wr_alert_span(struct wr_text *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
	uint32_t at = 0;

	ms = WR_MAX(ms, 0);
	while (at + 1 < WR_COUNT(units) && ms < units[at].ms)
		at++;
	wr_text_printf(out, "%lld %s", (long long)(ms / units[at].ms), units[at].name);
	ms %= units[at].ms;
	if (at < 3 && ms >= units[at + 1].ms)
		wr_text_printf(out, " %lld %s", (long long)(ms / units[at + 1].ms),
			       units[at + 1].name);
}

/* Somebody else's text, cut between two characters. */
static void put_cause(struct wr_text *out, const struct wr_text *cause)
{
	size_t len = WR_MIN(cause->len, ERROR_MAX);

	if (len == 0)
		return;
	while (len < cause->len && len > 0 && ((unsigned char)cause->data[len] & 0xc0) == 0x80)
		len--;
	wr_text_puts(out, ": ");
	wr_text_add(out, cause->data, len);
}

static void put_within(struct wr_text *out, int64_t ms)
{
	wr_text_puts(out, " within ");
	wr_alert_span(out, ms);
}

/* --- rules --------------------------------------------------------------------------------------
 * Each fills in what it finds; before, `state` is CLEAR and the severity WARN. */

static void job_failed(const struct judge *at, struct wr_finding *out)
{
	if (at->facts->state != WR_JOB_FAILED)
		return;
	out->state = WR_FINDING_HOLDS;
	out->severity = WR_SEVERITY_PAGE;
	wr_text_printf(&out->sentence, "Job %s has failed", at->facts->name);
	put_cause(&out->sentence, &at->facts->error);
}

/* Often, or for long without coming back. */
static void job_restarts(const struct judge *at, struct wr_finding *out)
{
	int64_t window_ms = at->limits->window_ms;
	uint64_t count = wr_slo_window_sum(&at->watch->restarts, at->now_ms, window_ms).bad;
	int64_t since_ms = at->watch->bad_state_ms;

	out->severity = WR_SEVERITY_PAGE;
	if (count >= (uint64_t)at->limits->restarts) {
		out->state = WR_FINDING_HOLDS;
		wr_text_printf(&out->sentence, "Job %s has been restarted ", at->facts->name);
		if (count == 1)
			wr_text_puts(&out->sentence, "once");
		else
			wr_text_printf(&out->sentence, "%llu times", (unsigned long long)count);
		put_within(&out->sentence, window_ms);
	} else if (since_ms != 0 && at->now_ms - since_ms >= at->limits->for_ms) {
		out->state = WR_FINDING_HOLDS;
		wr_text_printf(&out->sentence, "Job %s has been trying to begin again for ",
			       at->facts->name);
		wr_alert_span(&out->sentence, at->now_ms - since_ms);
	}
	put_cause(&out->sentence, &at->facts->error);
}

/* Given up, of all that have ended. */
static void checkpoints_fail(const struct judge *at, struct wr_finding *out)
{
	int64_t window_ms = at->limits->window_ms;
	struct wr_slo_bucket sum = wr_slo_window_sum(&at->watch->failed, at->now_ms, window_ms);

	if (sum.bad < (uint64_t)at->limits->failed_checkpoints)
		return;
	out->state = WR_FINDING_HOLDS;
	out->severity = WR_SEVERITY_PAGE;
	wr_text_printf(&out->sentence, "%llu of %llu checkpoints of job %s were given up",
		       (unsigned long long)sum.bad, (unsigned long long)sum.total, at->facts->name);
	put_within(&out->sentence, window_ms);
}

static void checkpoint_old(const struct judge *at, struct wr_finding *out)
{
	if (!at->facts->checkpointing ||
	    at->facts->checkpoint_age_ms <= at->limits->checkpoint_age_ms)
		return;
	out->state = WR_FINDING_HOLDS;
	out->severity = WR_SEVERITY_PAGE;
	wr_text_printf(&out->sentence, "Job %s has made no checkpoint for ", at->facts->name);
	wr_alert_span(&out->sentence, at->facts->checkpoint_age_ms);
}

static void state_corrupt(const struct judge *at, struct wr_finding *out)
{
	int64_t span_ms = at->watch->damages.width_ms * (at->watch->damages.count - 2);

	if (wr_slo_window_sum(&at->watch->damages, at->now_ms, span_ms).bad == 0)
		return;
	out->state = WR_FINDING_HOLDS;
	out->severity = WR_SEVERITY_PAGE;
	wr_text_printf(&out->sentence, "A checkpoint of job %s cannot be read", at->facts->name);
	put_cause(&out->sentence, &at->facts->damage);
}

/* More than a share of what was counted. */
static void share_rule(const struct judge *at, const struct wr_slo_window *window, double limit,
		       const char *what, struct wr_finding *out)
{
	int64_t window_ms = at->limits->window_ms;
	struct wr_slo_bucket sum = wr_slo_window_sum(window, at->now_ms, window_ms);

	if (sum.bad == 0 || sum.total < at->policy->events_min ||
	    (double)sum.bad <= limit * (double)sum.total)
		return;
	out->state = WR_FINDING_HOLDS;
	wr_text_printf(&out->sentence, "%.3g %% of the records of job %s were %s (%llu of %llu)",
		       100.0 * (double)sum.bad / (double)sum.total, at->facts->name, what,
		       (unsigned long long)sum.bad, (unsigned long long)sum.total);
	put_within(&out->sentence, window_ms);
}

static void bad_records(const struct judge *at, struct wr_finding *out)
{
	share_rule(at, &at->watch->bad, at->limits->bad_share, "bad", out);
}

static void late_rows(const struct judge *at, struct wr_finding *out)
{
	share_rule(at, &at->watch->late, at->limits->late_share, "late", out);
}

static void sink_errors(const struct judge *at, struct wr_finding *out)
{
	uint64_t count =
	    wr_slo_window_sum(&at->watch->rejected, at->now_ms, at->limits->window_ms).bad;

	if (count == 0)
		return;
	out->state = WR_FINDING_HOLDS;
	wr_text_printf(&out->sentence, "A sink of job %s has refused %llu rows", at->facts->name,
		       (unsigned long long)count);
	put_within(&out->sentence, at->limits->window_ms);
}

static void back_pressure(const struct judge *at, struct wr_finding *out)
{
	if (at->facts->blocked_op == NULL || at->facts->blocked <= at->limits->blocked_share)
		return;
	out->state = WR_FINDING_HOLDS;
	out->for_ms = at->limits->for_ms;
	wr_text_printf(&out->sentence,
		       "%s of job %s waits for those behind it in %.0f %% of the time",
		       at->facts->blocked_op, at->facts->name, at->facts->blocked * 100);
	put_cause(&out->sentence, &at->facts->why);
}

static void hot_key(const struct judge *at, struct wr_finding *out)
{
	if (at->facts->skew_op == NULL || at->facts->skew <= at->limits->skew ||
	    at->facts->skew_rows < (double)at->limits->skew_rows)
		return;
	out->state = WR_FINDING_HOLDS;
	out->for_ms = at->limits->for_ms;
	wr_text_printf(&out->sentence,
		       "One subtask of %s of job %s gets %.1f times as many rows as the average",
		       at->facts->skew_op, at->facts->name, at->facts->skew);
}

static void broker_lost(const struct judge *at, struct wr_finding *out)
{
	if (at->facts->waiting.len == 0)
		return;
	out->state = WR_FINDING_HOLDS;
	out->severity = WR_SEVERITY_PAGE;
	out->for_ms = at->limits->waiting_ms;
	wr_text_printf(&out->sentence, "Job %s waits for the outside world", at->facts->name);
	put_cause(&out->sentence, &at->facts->waiting);
}

/* By time where there are watermarks, else by records. */
static void lag(const struct judge *at, struct wr_finding *out)
{
	const struct wr_alert_facts *facts = at->facts;

	out->for_ms = at->limits->for_ms;
	if (facts->lag_ms > at->limits->lag_ms) {
		out->state = WR_FINDING_HOLDS;
		wr_text_printf(&out->sentence, "Table %s of job %s is ", facts->late_table,
			       facts->name);
		wr_alert_span(&out->sentence, facts->lag_ms);
		wr_text_puts(&out->sentence, " behind");
	} else if (facts->lag_records > at->limits->lag_records) {
		out->state = WR_FINDING_HOLDS;
		wr_text_printf(&out->sentence, "Table %s of job %s has %lld records left to read",
			       facts->lag_table, facts->name, (long long)facts->lag_records);
	}
	put_cause(&out->sentence, &facts->why);
}

static const struct {
	void (*ask)(const struct judge *at, struct wr_finding *out);
	bool figures; /* knows nothing of a job that does not run */
} rules[WR_RULE_BUDGET_BURNS] = {
    [WR_RULE_JOB_FAILED] = {job_failed, false},
    [WR_RULE_JOB_RESTARTS] = {job_restarts, false},
    [WR_RULE_CHECKPOINTS_FAIL] = {checkpoints_fail, true},
    [WR_RULE_CHECKPOINT_OLD] = {checkpoint_old, true},
    [WR_RULE_STATE_CORRUPT] = {state_corrupt, false},
    [WR_RULE_BAD_RECORDS] = {bad_records, true},
    [WR_RULE_SINK_ERRORS] = {sink_errors, true},
    [WR_RULE_LATE_ROWS] = {late_rows, true},
    [WR_RULE_BACK_PRESSURE] = {back_pressure, true},
    [WR_RULE_HOT_KEY] = {hot_key, true},
    [WR_RULE_BROKER_LOST] = {broker_lost, true},
    [WR_RULE_LAG] = {lag, true},
};

/* --- budgets ------------------------------------------------------------------------------------
 */

/* What is agreed: "rows within 2 s". */
static void put_objective(struct wr_text *out, const struct wr_slo *slo, bool by_watermark)
{
	static const char *const what[WR_OBJECTIVE_KINDS] = {
	    "of rows are to take at most ",
	    "of records are to be neither bad nor late",
	    "of the time at most ",
	    "of the time sources are to be behind by at most ",
	    "of the time the newest output is to be no older than ",
	    "of the time the last checkpoint is to be no older than "};
	bool watermark = slo->kind == WR_OBJECTIVE_FRESHNESS && by_watermark;

	wr_text_printf(out, "%.10g %% %s", slo->objective.share * 100,
		       watermark ? "of the time the watermark is to be behind by at most "
				 : what[slo->kind]);
	if (slo->kind == WR_OBJECTIVE_LAG_RECORDS)
		wr_text_printf(out, "%lld records are to be left to read",
			       (long long)slo->objective.bound);
	else if (slo->kind != WR_OBJECTIVE_SUCCESS)
		wr_alert_span(out, slo->objective.bound);
}

/* Which severity the burn of a budget has reached. */
static void judge_budget(const struct judge *at, const struct wr_slo *slo, struct wr_finding *out)
{
	struct wr_slo_verdict verdict;
	const struct wr_slo_burn *burn;

	wr_slo_judge(slo, at->policy, at->now_ms, &verdict);
	if (verdict.severity == WR_SEVERITY_NONE)
		return;
	burn = &verdict.at[verdict.severity];
	out->state = WR_FINDING_HOLDS;
	out->severity = verdict.severity;
	wr_text_printf(&out->sentence, "Job %s: ", at->facts->name);
	put_objective(&out->sentence, slo, at->watch->objectives.by_watermark);
	wr_text_printf(&out->sentence, ", and %.3g %% were not",
		       100.0 * (double)burn->events.bad / (double)burn->events.total);
	put_within(&out->sentence, at->policy->at[verdict.severity].window_ms);
	wr_text_printf(&out->sentence, ": the error budget burns %.3g times as fast as it may",
		       burn->burn);
}

/* --- all ----------------------------------------------------------------------------------------
 */

static bool is_off(const struct judge *at, enum wr_alert_rule_id rule)
{
	return at->limits->off[rule];
}

/* A rule over figures needs figures. */
static void ask(const struct judge *at, enum wr_alert_rule_id rule, struct wr_finding *out)
{
	enum wr_server_job_state state = at->facts->state;

	if (is_off(at, rule))
		return;
	if (rules[rule].figures && !at->facts->figures)
		out->state = wr_alert_job_is_live(state) && state != WR_JOB_FAILED
				 ? WR_FINDING_UNKNOWN
				 : WR_FINDING_CLEAR;
	else
		rules[rule].ask(at, out);
}

/* Rules first, then an alert for each objective. */
void wr_alert_judge(struct wr_alert_watch *watch, const struct wr_alert_facts *facts,
		    const struct wr_alert_limits *limits, const struct wr_slo_policy *policy,
		    int64_t now_ms, void (*each)(void *own, const struct wr_finding *finding),
		    void *own)
{
	const struct judge at = {watch, facts, limits, policy, now_ms};

	for (uint32_t i = 0; i < WR_RULE_COUNT - 1 + WR_OBJECTIVE_KINDS; i++) {
		bool budget = i >= WR_RULE_BUDGET_BURNS;
		uint32_t kind = budget ? i - WR_RULE_BUDGET_BURNS : 0;
		struct wr_finding finding = {.rule = budget ? WR_RULE_BUDGET_BURNS : i,
					     .part = budget ? wr_slo_name(kind) : "",
					     .severity = WR_SEVERITY_WARN};

		wr_text_init(&finding.sentence);
		if (!budget)
			ask(&at, i, &finding);
		else if (watch->slo[kind] != NULL && !is_off(&at, WR_RULE_BUDGET_BURNS) &&
			 wr_alert_job_is_live(facts->state))
			judge_budget(&at, watch->slo[kind], &finding);
		each(own, &finding);
		wr_text_release(&finding.sentence);
	}
}
