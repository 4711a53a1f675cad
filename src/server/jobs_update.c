/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_update - a job goes on with another script, and with what of its state that can use.
 *
 * First it is told what that is, by the rules of `weir check-upgrade`: against the newest
 * checkpoint of the job, or before there is one against what its script would remember. An error of
 * the new script shows here, while the job goes on. Then: savepoint, the new script, begin; a
 * script that cannot begin is taken back, and the job goes on with the old one.
 */
#include "base/mem.h"
#include "engine/upgrade.h"
#include "server/jobs_inner.h"

/* --- the report ---------------------------------------------------------------------------------
 */

/* One part of the job, as a line of the report. */
static wr_status *put_row(void *user, const char *job, const struct wr_fit_row *row)
{
	static const char *const parts[] = {
	    [WR_FIT_STATE] = "operator", [WR_FIT_SOURCE] = "source", [WR_FIT_SINK] = "sink"};
	static const char *const names[] = {"job", "part", "name", "state", "verdict", "reason"};
	const char *const values[] = {job,        parts[row->part],      row->name,
				      row->state, wr_fit_name(row->fit), row->reason};
	struct wr_text *out = user;

	wr_text_puts(out, out->data[out->len - 1] == '[' ? "{" : ",{");
	for (uint32_t i = 0; i < WR_COUNT(names); i++) {
		wr_text_printf(out, "%s\"%s\":", i > 0 ? "," : "", names[i]);
		wr_text_json(out, values[i] != NULL ? values[i] : "");
	}
	wr_text_putc(out, '}');
	return NULL;
}

static void say_nothing(void *user, const char *text)
{
}

/* The checkpoint to compare with; NULL: there is none, or the job has several statements, of which
 * each has its own. */
static wr_status *find_checkpoint(struct wr_server_job *job, char **checkpoint)
{
	struct wr_file_info second = {0};
	struct wr_text path;
	wr_status *status;

	*checkpoint = NULL;
	if (job->folder == NULL)
		return NULL;
	wr_text_init(&path);
	wr_text_printf(&path, "%s/%lld.1", job->folder, (long long)job->generation);
	status = job->jobs->env->ops->stat(job->jobs->env, path.data, &second);
	wr_text_release(&path);
	if (status == NULL && !second.exists)
		status = wr_server_job_place(job, checkpoint);
	return status;
}

/* Appends the report. *jobs: the INSERTs of the new script that run one after the other. */
static wr_status *compare(struct wr_server_job *job, const char *sql, struct wr_text *report,
			  uint32_t *jobs)
{
	struct wr_upgrade upgrade = {
	    .script = wr_str_of(sql), .row = put_row, .say = say_nothing, .user = report};
	struct wr_session *session = NULL, *old = NULL;
	char *checkpoint = NULL;
	wr_status *status;

	WR_TRY_OUT(status, find_checkpoint(job, &checkpoint));
	upgrade.checkpoint = checkpoint;
	if (checkpoint == NULL)
		upgrade.old = wr_str_of(job->sql);
	WR_TRY_OUT(status, wr_server_job_session(job, &session));
	WR_TRY_OUT(status, wr_server_job_session(job, &old));
	wr_text_puts(report, "\"report\":[");
	WR_TRY_OUT(status, wr_session_upgrade(session, old, &upgrade));
	wr_text_printf(report, "],\"misfits\":%u", upgrade.misfits);
	*jobs = upgrade.jobs;
out:
	wr_session_free(session);
	wr_session_free(old);
	wr_free(checkpoint);
	return status;
}

/* --- the change ---------------------------------------------------------------------------------
 */

/* From now on the job is that script. */
static void set_script(struct wr_server_job *job, const char *sql, bool upgrade)
{
	pthread_mutex_lock(&job->jobs->lock);
	wr_server_job_set_text(&job->sql, sql);
	job->upgrade = upgrade;
	pthread_mutex_unlock(&job->jobs->lock);
}

/* A new generation for the new script: from a savepoint made now, or from where the job was when it
 * ended. */
static wr_status *leave(struct wr_server_job *job)
{
	struct wr_text path;
	char *place = NULL;
	wr_status *status;

	if (!wr_server_job_is_active(job)) {
		wr_server_job_wait(job);
		status = wr_server_job_place(job, &place);
		if (status == NULL)
			status = wr_server_job_move(job, place);
		wr_free(place);
		return status;
	}
	wr_text_init(&path);
	status = wr_server_job_stop_with_savepoint(job, NULL, true, &path);
	wr_text_release(&path);
	return status;
}

/* The job becomes that script, or stays what it is. */
static wr_status *apply_script(struct wr_server_job *job, const char *sql)
{
	char *old = wr_strdup(job->sql);
	bool upgrade = job->upgrade, ran = wr_server_job_is_active(job);
	wr_status *status;

	WR_TRY_OUT(status, leave(job));
	set_script(job, sql, true);
	status = wr_server_job_go_on(job);
	if (status == NULL)
		goto out;
	wr_server_job_note_exception(job, status, ran);
	set_script(job, old, upgrade);
	if (ran)
		wr_status_free(wr_server_job_must_go_on(job));
	else
		wr_status_free(wr_server_job_put(job));
out:
	wr_free(old);
	return status;
}

/* INSERTs one after the other go on in the one where they are: with another number of them, nobody
 * could say which that is. */
static wr_status *check_inserts(const struct wr_server_job *job, uint32_t count)
{
	if (job->inserts == 0 || job->inserts == count)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "The job '%s' is a script of %lld INSERT%s that run%s one after the "
			  "other, and the new script has %u",
			  job->name, (long long)job->inserts, job->inserts == 1 ? "" : "s",
			  job->inserts == 1 ? "s" : "", count),
	    "Keep their number and order, or put them into one EXECUTE STATEMENT SET, whose "
	    "INSERTs "
	    "run side by side and can be added and removed; or submit the new script as another "
	    "job");
}

wr_status *wr_jobs_update(struct wr_jobs *jobs, const char *name, const char *sql, bool apply,
			  struct wr_text *report)
{
	struct wr_server_job *job;
	uint32_t count = 0;
	wr_status *status;

	WR_TRY(wr_server_job_work(jobs, name, "An update", &job));
	status = compare(job, sql, report, &count);
	if (status == NULL && apply)
		status = check_inserts(job, count);
	if (status == NULL && apply)
		status = apply_script(job, sql);
	wr_server_job_done(job, true);
	return status;
}
