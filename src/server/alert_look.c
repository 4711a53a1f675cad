/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_look - the facts about each job that the rules ask for.
 *
 * Jobs are looked at without the lock of the alerts: connectors may take their time.
 */
#include "analyze/node.h"
#include "base/mem.h"
#include "data/batch.h"
#include "runtime/observe.h"
#include "runtime/why.h"
#include "server/alerts_inner.h"
#include "server/server.h"

struct looker {
	struct wr_server *server;
	const struct wr_alert_limits *limits;
	struct wr_alert_look *out;
	int64_t now_ms;
};

/* --- sources ------------------------------------------------------------------------------------
 */

static void add_lag(void *own, const struct wr_split_lag *split)
{
	int64_t *lag = own;

	if (split->end >= 0)
		*lag = WR_MAX(*lag, 0) + WR_MAX(split->end - split->offset, 0);
}

static bool is_time(int64_t ms)
{
	return ms != WR_WATERMARK_MIN && ms != WR_WATERMARK_MAX;
}

/* How far each table is behind: in records, and by its watermark unless all is read. */
static void look_at_sources(struct looker *looker, const struct wr_job *job,
			    struct wr_alert_facts *facts)
{
	for (uint32_t i = 0; i < wr_job_table_count(job); i++) {
		struct wr_table_stats stats;
		int64_t records = -1, ms = -1;

		wr_job_table_stats(job, i, &stats);
		if (!stats.is_source)
			break;
		wr_job_table_lag(job, i, add_lag, &records);
		if (is_time(stats.watermark_ms))
			ms = records == 0 ? 0 : WR_MAX(looker->now_ms - stats.watermark_ms, 0);
		if (records > facts->lag_records) {
			facts->lag_records = records;
			facts->lag_table = wr_arena_strdup(&looker->out->arena, stats.table);
		}
		if (ms > facts->lag_ms) {
			facts->lag_ms = ms;
			facts->late_table = wr_arena_strdup(&looker->out->arena, stats.table);
		}
	}
}

/* --- operators and sinks ------------------------------------------------------------------------
 */

/* The operator that waits most, and the one whose rows lie most unevenly. */
static void look_at_operators(struct looker *looker, const struct wr_observed *observed,
			      struct wr_alert_facts *facts)
{
	for (uint32_t i = 0; i < observed->op_count; i++) {
		const struct wr_observed_op *op = &observed->op[i];
		double skew = op->subtask_count > 1 ? wr_observed_skew(op) : 0;
		double rows = observed->elapsed_us > 0
				  ? (double)op->sum.rows_in * 1e6 / (double)observed->elapsed_us
				  : 0;

		if (op->shares.blocked > facts->blocked) {
			facts->blocked = op->shares.blocked;
			facts->blocked_op = wr_arena_strdup(&looker->out->arena, op->name);
		}
		if (skew > facts->skew && rows >= (double)looker->limits->skew_rows) {
			facts->skew = skew;
			facts->skew_rows = rows;
			facts->skew_op = wr_arena_strdup(&looker->out->arena, op->name);
		}
	}
}

/* A sink that has not written yet is as old as the attempt. */
static void look_at_sinks(const struct wr_observed *observed, struct wr_alert_facts *facts)
{
	for (uint32_t i = 0; i < observed->sink_count; i++) {
		const struct wr_observed_sink *sink = &observed->sink[i];
		int64_t age_us = sink->written_ago_us;

		facts->count.rejected += sink->rejected;
		facts->count.slow += sink->slow_rows;
		facts->count.written += sink->latency.total;
		age_us = age_us < 0 ? observed->elapsed_us : age_us;
		facts->output_age_ms = WR_MAX(facts->output_age_ms, age_us / 1000);
	}
}

/* The sentence of "why no output", for what has a cause elsewhere in the job. */
static void ask_why(const struct looker *looker, struct wr_job *job, struct wr_alert_facts *facts)
{
	struct wr_why why;

	if (facts->lag_ms <= looker->limits->lag_ms &&
	    facts->lag_records <= looker->limits->lag_records &&
	    facts->blocked <= looker->limits->blocked_share)
		return;
	wr_why_look(&why, job);
	if (why.cause != WR_WHY_FLOWS)
		wr_text_add(&facts->why, wr_text_str(&why.sentence), why.sentence.len);
	wr_why_release(&why);
}

/* --- jobs ---------------------------------------------------------------------------------------
 */

/* What the job counts as a whole. */
static void take_stats(struct looker *looker, const struct wr_run_sums *sums,
		       const struct wr_job_stats *stats, struct wr_alert_facts *facts)
{
	const struct wr_checkpoint_stats *checkpoint = &stats->checkpoint;
	int64_t age_us = checkpoint->age_us >= 0 ? checkpoint->age_us : stats->elapsed_us;

	facts->count.restarts = sums->restarts;
	facts->count.checkpoints = sums->checkpoints;
	facts->count.checkpoints_failed = checkpoint->failed;
	facts->count.rows_in = sums->rows_in;
	facts->count.rows_bad = sums->rows_bad;
	facts->count.rows_late = sums->rows_late;
	facts->checkpointing = checkpoint->on;
	facts->checkpoint_age_ms = checkpoint->on ? age_us / 1000 : -1;
	if (is_time(stats->watermark_ms))
		facts->watermark_lag_ms = WR_MAX(looker->now_ms - stats->watermark_ms, 0);
}

/* What only a job that runs can say. */
static void look_into(struct looker *looker, struct wr_run *run, struct wr_alert_facts *facts)
{
	struct wr_job *job = wr_run_hold(run);
	struct wr_run_sums sums;
	struct wr_job_stats stats;

	if (job != NULL) {
		struct wr_observed *observed = wr_observe(job);

		wr_run_look(run, &sums, &stats);
		take_stats(looker, &sums, &stats, facts);
		facts->figures = true;
		facts->objectives = *wr_job_objectives(job);
		look_at_sources(looker, job, facts);
		look_at_operators(looker, observed, facts);
		look_at_sinks(observed, facts);
		wr_job_waiting(job, &facts->waiting);
		ask_why(looker, job, facts);
		wr_observed_free(observed);
	}
	wr_run_let(run);
}

static void put_text(struct wr_text *out, const char *text)
{
	wr_text_init(out);
	if (text != NULL)
		wr_text_puts(out, text);
}

/* wr_jobs_each_known. */
static void look_at(void *own, const struct wr_job_known *job)
{
	struct looker *looker = own;
	struct wr_alert_look *out = looker->out;
	struct wr_alert_facts *facts;
	bool live = wr_alert_job_is_live(job->state);

	if (live && out->live == WR_ALERT_JOBS_MAX) {
		out->left_out++;
		return;
	}
	out->live += live;
	if (out->count == out->capacity) {
		out->capacity = out->capacity * 2 + 16;
		out->facts = wr_realloc(out->facts, out->capacity * sizeof *out->facts);
	}
	facts = &out->facts[out->count++];
	*facts = (struct wr_alert_facts){.id = wr_arena_strdup(&out->arena, job->id),
					 .name = wr_arena_strdup(&out->arena, job->name),
					 .state = job->state,
					 .lag_records = -1,
					 .lag_ms = -1,
					 .watermark_lag_ms = -1,
					 .checkpoint_age_ms = -1};
	put_text(&facts->error, job->error);
	put_text(&facts->damage, job->damage);
	facts->count.damages = job->damages;
	if (job->run != NULL && job->state == WR_JOB_RUNNING)
		look_into(looker, job->run, facts);
}

void wr_alert_look(struct wr_server *server, const struct wr_alert_limits *limits,
		   struct wr_alert_look *out)
{
	struct looker looker = {server, limits, out, wr_wall_us(server->env) / 1000};

	*out = (struct wr_alert_look){0};
	wr_arena_init(&out->arena);
	wr_jobs_each_known(server->jobs, look_at, &looker);
}

void wr_alert_look_release(struct wr_alert_look *look)
{
	for (uint32_t i = 0; i < look->count; i++)
		wr_alert_facts_release(&look->facts[i]);
	wr_free(look->facts);
	wr_arena_release(&look->arena);
}
