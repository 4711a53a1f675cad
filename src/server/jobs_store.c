/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_store - a job as a document of the store, and its history of exceptions there.
 */
#include "base/mem.h"
#include "server/jobs_inner.h"
#include "server/json_members.h"

/* --- writing ------------------------------------------------------------------------------------
 */

static void put_text(struct wr_text *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	wr_text_printf(out, ",\"%s\":", name);
	wr_text_json(out, text);
}

static void put_number(struct wr_text *out, const char *name, int64_t number)
{
	wr_text_printf(out, ",\"%s\":%lld", name, (long long)number);
}

static void put_bool(struct wr_text *out, const char *name, bool is)
{
	wr_text_printf(out, ",\"%s\":%s", name, is ? "true" : "false");
}

/* Under lock. */
static void make_document(const struct wr_server_job *job, struct wr_text *out)
{
	wr_text_puts(out, "{\"state\":");
	wr_text_json(out, wr_server_job_state_name(job->state));
	put_text(out, "name", job->name);
	put_text(out, "owner", job->owner);
	put_text(out, "sql", job->sql);
	wr_text_puts(out, ",\"settings\":{");
	for (uint32_t i = 0; i < job->setting_count; i++) {
		wr_text_puts(out, i > 0 ? "," : "");
		wr_text_json(out, job->key[i]);
		wr_text_putc(out, ':');
		wr_text_json(out, job->value[i]);
	}
	wr_text_putc(out, '}');
	put_number(out, "parallelism", job->parallelism);
	put_bool(out, "upgrade", job->upgrade);
	put_text(out, "restore", job->restore);
	put_number(out, "generation", job->generation);
	put_bool(out, "checkpointed", job->checkpointed);
	put_number(out, "inserts", job->inserts);
	put_text(out, "folder", job->folder);
	put_bool(out, "wanted", job->wanted);
	put_number(out, "created_ms", job->created_ms);
	put_number(out, "started_ms", job->started_ms);
	put_number(out, "ended_ms", job->ended_ms);
	put_text(out, "error", job->error);
	put_text(out, "hint", job->hint);
	put_number(out, "rows_in", job->figures.rows_in);
	put_number(out, "rows_out", job->figures.rows_out);
	put_number(out, "rows_late", job->figures.rows_late);
	put_number(out, "rows_bad", job->figures.rows_bad);
	put_number(out, "restarts", job->figures.restarts);
	put_number(out, "checkpoints", job->figures.checkpoints);
	wr_text_putc(out, '}');
}

/* The job as it is now. */
wr_status *wr_server_job_put(struct wr_server_job *job)
{
	struct wr_jobs *jobs = job->jobs;
	struct wr_text json;
	wr_status *status;

	wr_text_init(&json);
	pthread_mutex_lock(&jobs->store_lock);
	pthread_mutex_lock(&jobs->lock);
	make_document(job, &json);
	pthread_mutex_unlock(&jobs->lock);
	status = wr_meta_put_document(jobs->server->store, "job", job->id, json.data);
	pthread_mutex_unlock(&jobs->store_lock);
	wr_text_release(&json);
	return status;
}

wr_status *wr_server_job_drop(struct wr_server_job *job)
{
	struct wr_metastore *store = job->jobs->server->store;

	WR_TRY(wr_meta_drop_document(store, "job", job->id));
	return wr_meta_forget_notes(store, job->id);
}

/* --- reading ------------------------------------------------------------------------------------
 */

static wr_status *read_state(const char *name, enum wr_server_job_state *state)
{
	for (*state = WR_JOB_CREATED; *state <= WR_JOB_SUSPENDED; ++*state)
		if (strcmp(name, wr_server_job_state_name(*state)) == 0)
			return NULL;
	return wr_status_new(WR_USER_ERROR, "There is no state '%s'", name);
}

/* What make_document wrote. */
static wr_status *read_document(struct wr_server_job *job, struct wr_arena *arena, const char *json)
{
	const char *state = "", *name = "", *owner = "", *sql = "", *restore = NULL, *folder = NULL,
		   *error = NULL, *hint = NULL;
	struct wr_pairs settings = {0};
	int64_t parallelism = 0;
	const struct wr_member fields[] = {
	    {"state", WR_MEMBER_TEXT, &state, true},
	    {"name", WR_MEMBER_TEXT, &name, true},
	    {"owner", WR_MEMBER_TEXT, &owner, false},
	    {"sql", WR_MEMBER_TEXT, &sql, true},
	    {"settings", WR_MEMBER_PAIRS, &settings, false},
	    {"parallelism", WR_MEMBER_NUMBER, &parallelism, false},
	    {"upgrade", WR_MEMBER_BOOL, &job->upgrade, false},
	    {"restore", WR_MEMBER_TEXT, &restore, false},
	    {"generation", WR_MEMBER_NUMBER, &job->generation, false},
	    {"checkpointed", WR_MEMBER_BOOL, &job->checkpointed, false},
	    {"inserts", WR_MEMBER_NUMBER, &job->inserts, false},
	    {"folder", WR_MEMBER_TEXT, &folder, false},
	    {"wanted", WR_MEMBER_BOOL, &job->wanted, false},
	    {"created_ms", WR_MEMBER_NUMBER, &job->created_ms, false},
	    {"started_ms", WR_MEMBER_NUMBER, &job->started_ms, false},
	    {"ended_ms", WR_MEMBER_NUMBER, &job->ended_ms, false},
	    {"error", WR_MEMBER_TEXT, &error, false},
	    {"hint", WR_MEMBER_TEXT, &hint, false},
	    {"rows_in", WR_MEMBER_NUMBER, &job->figures.rows_in, false},
	    {"rows_out", WR_MEMBER_NUMBER, &job->figures.rows_out, false},
	    {"rows_late", WR_MEMBER_NUMBER, &job->figures.rows_late, false},
	    {"rows_bad", WR_MEMBER_NUMBER, &job->figures.rows_bad, false},
	    {"restarts", WR_MEMBER_NUMBER, &job->figures.restarts, false},
	    {"checkpoints", WR_MEMBER_NUMBER, &job->figures.checkpoints, false},
	};

	WR_TRY(wr_members_read(wr_str_of(json), arena, fields, WR_COUNT(fields)));
	WR_TRY(read_state(state, &job->state));
	if (job->wanted) /* the server has ended meanwhile */
		job->state = WR_JOB_SUSPENDED;
	job->parallelism = (uint32_t)parallelism;
	wr_server_job_set_text(&job->name, name);
	wr_server_job_set_text(&job->owner, owner);
	wr_server_job_set_text(&job->sql, sql);
	wr_server_job_set_text(&job->restore, restore);
	wr_server_job_set_text(&job->folder, folder);
	wr_server_job_set_text(&job->error, error);
	wr_server_job_set_text(&job->hint, hint);
	wr_server_job_set_settings(job, settings.key, settings.value, settings.count);
	return NULL;
}

wr_status *wr_server_job_read(struct wr_server_job *job, const char *json)
{
	struct wr_arena arena;
	wr_status *status;

	wr_arena_init(&arena);
	status = read_document(job, &arena, json);
	wr_arena_release(&arena);
	return status;
}

/* --- history ------------------------------------------------------------------------------------
 */

/* The first checkpoint of a generation, from its thread. */
static void note_first(struct wr_server_job *job)
{
	struct wr_jobs *jobs = job->jobs;
	wr_status *status;
	bool first;

	pthread_mutex_lock(&jobs->lock);
	first = !job->checkpointed;
	job->checkpointed = true;
	pthread_mutex_unlock(&jobs->lock);
	if (!first)
		return;
	status = wr_server_job_put(job);
	if (status != NULL)
		wr_server_job_log(job, "The first checkpoint is not in the catalog: %s",
				  status->text);
	wr_status_free(status);
}

/* The savepoint that ends the job is there, and its sinks commit next: it is where the job is. */
static void note_stop(struct wr_server_job *job, const char *path)
{
	wr_status *status = wr_server_job_move(job, path);

	if (status != NULL)
		wr_server_job_log(job, "The savepoint '%s' is not in the catalog: %s", path,
				  status->text);
	wr_status_free(status);
}

void wr_server_job_note_checkpoint(struct wr_server_job *job,
				   const struct wr_checkpoint_event *event)
{
	struct wr_text json;
	wr_status *status;

	if (event->failure == NULL && !event->savepoint)
		note_first(job);
	if (event->stops)
		note_stop(job, event->path);
	wr_text_init(&json);
	wr_text_printf(&json, "{\"kind\":\"%s\",\"state\":\"%s\"",
		       event->savepoint ? "savepoint" : "checkpoint",
		       event->failure == NULL ? "completed" : "failed");
	if (event->number != 0)
		put_number(&json, "number", (int64_t)event->number);
	put_number(&json, "duration_ms", event->duration_us / 1000);
	if (event->failure == NULL) {
		put_number(&json, "bytes", (int64_t)event->bytes);
		put_text(&json, "path", event->path);
	} else {
		put_text(&json, "error", event->failure->text);
	}
	wr_text_putc(&json, '}');
	status =
	    wr_meta_note(job->jobs->server->store, "checkpoint", job->id, json.data, WR_JOB_NOTES);
	if (status != NULL)
		wr_server_job_log(job, "A checkpoint is not in the history: %s", status->text);
	wr_status_free(status);
	wr_text_release(&json);
}

void wr_server_job_note_exception(struct wr_server_job *job, const wr_status *why, bool restarts)
{
	struct wr_text json;
	wr_status *status;

	pthread_mutex_lock(&job->jobs->log_lock);
	wr_server_job_set_text(&job->trouble, why->text);
	pthread_mutex_unlock(&job->jobs->log_lock);
	wr_text_init(&json);
	wr_text_puts(&json, "{\"message\":");
	wr_text_json(&json, why->text);
	put_text(&json, "hint", why->hint);
	put_bool(&json, "restarted", restarts);
	wr_text_putc(&json, '}');
	status = wr_meta_note(job->jobs->server->store, "exception", job->id, json.data,
			      WR_JOB_EXCEPTIONS);
	if (status != NULL)
		wr_server_job_log(job, "An exception is not in the history: %s", status->text);
	wr_status_free(status);
	wr_text_release(&json);
}
