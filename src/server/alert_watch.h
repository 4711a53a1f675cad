/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_watch - what is known of one job over time, and what the rules make of it.
 *
 *     facts     what a look at the job has seen (alert_look.c)
 *     watch     counters by time, of all looks: objectives (slo.h) and those of the rules
 *     findings  what each rule says now: it holds, it does not, or nobody knows
 *
 * Pure: times are arguments, wall clock in milliseconds.
 *
 * Thread: the caller's.
 */
#ifndef WR_SERVER_ALERT_WATCH_H
#define WR_SERVER_ALERT_WATCH_H

#include "base/text.h"
#include "server/jobs.h"
#include "server/slo.h"

/* --- rules --- */

enum wr_alert_rule_id {
	WR_RULE_JOB_FAILED,
	WR_RULE_JOB_RESTARTS,
	WR_RULE_CHECKPOINTS_FAIL,
	WR_RULE_CHECKPOINT_OLD,
	WR_RULE_STATE_CORRUPT,
	WR_RULE_BAD_RECORDS,
	WR_RULE_SINK_ERRORS,
	WR_RULE_LATE_ROWS,
	WR_RULE_BACK_PRESSURE,
	WR_RULE_HOT_KEY,
	WR_RULE_BROKER_LOST,
	WR_RULE_LAG,
	WR_RULE_BUDGET_BURNS, /* one for each objective */
	WR_RULE_COUNT
};

struct wr_alert_rule {
	const char *name;    /* as in deploy/prometheus-alerts.yml */
	const char *runbook; /* docs/runbooks/NAME.md */
};
extern const struct wr_alert_rule wr_alert_rules[WR_RULE_COUNT];

/* From when on rules hold; of the server's options. */
struct wr_alert_limits {
	bool off[WR_RULE_COUNT];
	int64_t window_ms;                    /* of counts and shares */
	int64_t for_ms;                       /* as long lasts a state that is no alert yet */
	int64_t restarts, failed_checkpoints; /* within the window */
	int64_t checkpoint_age_ms;
	double bad_share, late_share, blocked_share, skew;
	int64_t skew_rows; /* in a second */
	int64_t waiting_ms;
	int64_t lag_ms, lag_records;
};

/* --- facts --- */

/* Counters grow, and begin anew with an attempt or a run. */
struct wr_alert_counters {
	uint64_t restarts, checkpoints, checkpoints_failed;
	uint64_t rows_in, rows_bad, rows_late;
	uint64_t written, slow, rejected; /* of the sinks */
	uint64_t damages;                 /* checkpoints that could not be read */
};

struct wr_alert_facts {
	const char *id, *name; /* of the job; as long as the look */
	enum wr_server_job_state state;
	struct wr_text error;  /* why it failed, or failed last */
	struct wr_text damage; /* the last word on a damaged checkpoint */
	bool figures;          /* it runs: what follows is known */
	struct wr_objectives objectives;
	struct wr_alert_counters count;
	bool checkpointing;
	int64_t checkpoint_age_ms;          /* since it began, where there is none */
	int64_t lag_records;                /* of the table that has most; -1: unknown */
	int64_t lag_ms;                     /* of the table that is behind most; -1: unknown */
	const char *lag_table, *late_table; /* the two tables; as long as the look */
	int64_t output_age_ms;              /* of the sink that is silent for longest */
	int64_t watermark_lag_ms;           /* -1: unknown */
	double blocked;                     /* largest share of time in back pressure */
	const char *blocked_op;
	double skew;
	const char *skew_op;
	double skew_rows;       /* in a second, of that operator */
	struct wr_text waiting; /* for what of the outside world; empty: nothing */
	struct wr_text why;     /* one sentence; empty: nobody asked */
};

/* Whether it runs, or should: one that has failed should. */
bool wr_alert_job_is_live(enum wr_server_job_state state);
void wr_alert_facts_release(struct wr_alert_facts *facts);

/* --- a job over time --- */

struct wr_alert_watch {
	char id[WR_JOB_ID_LEN + 1];
	char *name;           /* owned */
	int64_t seen_ms;      /* the last look; 0: none */
	int64_t bad_state_ms; /* RESTARTING since; 0: it is not */
	struct wr_alert_counters last;
	struct wr_objectives objectives;        /* as last known */
	struct wr_slo *slo[WR_OBJECTIVE_KINDS]; /* NULL: none is declared; owned */
	/* bad / total: restarts, failed checkpoints of all, bad records of all, rows that came late
	 * of all, rows that a sink refused, damaged checkpoints. */
	struct wr_slo_window restarts, failed, bad, late, rejected, damages;
	bool live;    /* it runs, or should, as of the last look */
	bool changed; /* an objective has counted something since it was stored */
};

struct wr_alert_watch *wr_alert_watch_new(const char *id, const char *name,
					  const struct wr_alert_limits *limits);
void wr_alert_watch_free(struct wr_alert_watch *watch);
/* Counts what the look has seen. elapsed_max_ms: what a longer gap counts as. */
void wr_alert_watch_see(struct wr_alert_watch *watch, const struct wr_alert_facts *facts,
			const struct wr_slo_policy *policy, int64_t now_ms, int64_t elapsed_max_ms);

/* --- findings (alert_rules.c) --- */

enum wr_finding_state { WR_FINDING_CLEAR, WR_FINDING_UNKNOWN, WR_FINDING_HOLDS };

struct wr_finding {
	enum wr_alert_rule_id rule;
	const char *part; /* a literal: the objective's name; "": the rule has one alert a job */
	enum wr_finding_state state;
	enum wr_severity severity;
	int64_t for_ms;          /* it has to hold for so long */
	struct wr_text sentence; /* the cause, where it holds */
};

void wr_alert_judge(struct wr_alert_watch *watch, const struct wr_alert_facts *facts,
		    const struct wr_alert_limits *limits, const struct wr_slo_policy *policy,
		    int64_t now_ms, void (*each)(void *own, const struct wr_finding *finding),
		    void *own);
/* Appends "5 min", "1 h 30 min", "250 ms". */
void wr_alert_span(struct wr_text *out, int64_t ms);

#endif
