/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_history - how fast each job was in the last minutes, for who comes later: a page that is
 * opened at night begins with curves, not with a first point.
 *
 * Thread: wr_jobs_remember one (that of jobs_stream); the others any.
 */
#include "server/jobs_history.h"

#include "base/mem.h"
#include "server/jobs_inner.h"

/* The first is kept when rows come: before, nobody knows how fast the job is. */
static void remember(struct wr_server_job *job, struct wr_job_point point)
{
	pthread_mutex_lock(&job->jobs->lock);
	if (job->past == NULL && (point.in_s > 0 || point.out_s > 0))
		job->past = wr_calloc(1, sizeof *job->past);
	if (job->past != NULL)
		job->past->point[job->past->count++ % WR_JOB_PAST_POINTS] = point;
	pthread_mutex_unlock(&job->jobs->lock);
}

void wr_jobs_remember(struct wr_jobs *jobs)
{
	uint32_t count;
	struct wr_server_job **job = wr_server_jobs_hold(jobs, &count);
	int64_t now_ms = wr_wall_us(jobs->env) / 1000;

	for (uint32_t i = 0; i < count; i++) {
		double in_s, out_s;

		if (wr_server_job_rates(job[i], &in_s, &out_s))
			remember(job[i], (struct wr_job_point){now_ms, (float)in_s, (float)out_s});
		wr_server_job_done(job[i], false);
	}
	wr_free(job);
}

/* Oldest first. Under lock. */
static void put_past(const struct wr_job_past *past, struct wr_text *out)
{
	uint64_t first = past->count > WR_JOB_PAST_POINTS ? past->count - WR_JOB_PAST_POINTS : 0;

	for (uint64_t i = first; i < past->count; i++) {
		const struct wr_job_point *point = &past->point[i % WR_JOB_PAST_POINTS];

		wr_text_printf(out, "%s[%lld,%.1f,%.1f]", i > first ? "," : "",
			       (long long)point->at_ms, point->in_s, point->out_s);
	}
}

void wr_jobs_history(struct wr_jobs *jobs, struct wr_text *out)
{
	bool some = false;

	wr_text_puts(out, "{\"jobs\":[");
	pthread_mutex_lock(&jobs->lock);
	for (uint32_t i = 0; i < jobs->count; i++) {
		if (jobs->job[i]->past == NULL)
			continue;
		wr_text_puts(out, some ? ",{\"id\":" : "{\"id\":");
		wr_text_json(out, jobs->job[i]->id);
		wr_text_puts(out, ",\"points\":[");
		put_past(jobs->job[i]->past, out);
		wr_text_puts(out, "]}");
		some = true;
	}
	pthread_mutex_unlock(&jobs->lock);
	wr_text_puts(out, "]}");
}
