/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_known - every job as it is, for who watches over all of them (alert_look.c).
 */
#include "base/mem.h"
#include "server/jobs_inner.h"

/* Under lock. */
static void take(struct wr_server_job *job, struct wr_job_known *out)
{
	struct wr_jobs *jobs = job->jobs;

	memcpy(out->id, job->id, sizeof out->id);
	out->name = wr_strdup(job->name != NULL ? job->name : job->id);
	out->state = wr_server_job_state_now(job);
	/* A job of its name has come in its place: nobody waits for this one. */
	if (out->state == WR_JOB_FAILED && wr_jobs_find(jobs, out->name) != job)
		out->state = WR_JOB_CANCELED;
	if (job->run != NULL) {
		out->run = &job->run->run;
		job->run->refs++;
	}
	pthread_mutex_lock(&jobs->log_lock);
	out->damages = job->damages;
	out->damage = job->damage != NULL ? wr_strdup(job->damage) : NULL;
	out->error = job->trouble != NULL ? wr_strdup(job->trouble) : NULL;
	pthread_mutex_unlock(&jobs->log_lock);
	if (out->error == NULL && job->error != NULL)
		out->error = wr_strdup(job->error);
}

void wr_jobs_each_known(struct wr_jobs *jobs,
			void (*each)(void *own, const struct wr_job_known *job), void *own)
{
	struct wr_job_known *known;
	uint32_t count;

	pthread_mutex_lock(&jobs->lock);
	count = jobs->count;
	known = wr_calloc(count + 1, sizeof *known);
	for (uint32_t i = 0; i < count; i++)
		take(jobs->job[i], &known[i]);
	pthread_mutex_unlock(&jobs->lock);
	for (uint32_t i = 0; i < count; i++) {
		each(own, &known[i]);
		if (known[i].run != NULL)
			wr_jobs_let(jobs, known[i].run);
		wr_free(known[i].name);
		wr_free(known[i].error);
		wr_free(known[i].damage);
	}
	wr_free(known);
}
