/* SPDX-License-Identifier: Apache-2.0
 *
 * client_show - what a server shows and the engine does not know: SHOW JOBS, DESCRIBE JOB, and the
 * options of a session that mean nothing to the engine.
 *
 * Columns and types are Flink's.
 */
#include "base/mem.h"
#include "expr/json_doc.h"
#include "runtime/why.h"
#include "server/client_inner.h"
#include "server/server.h"

/* The rows as a result. */
static void give(struct wr_client *client, const struct wr_shown *shown, struct wr_outcome *outcome)
{
	outcome->cursor = wr_cursor_shown(shown, wr_client_get(client, "table.local-time-zone"));
	outcome->kind = WR_OUTCOME_ROWS;
	outcome->bounded = true;
	wr_client_keep(client, outcome->cursor);
}

/* --- options --- */

struct pairs {
	const char **cell;    /* key, value, key, value ...; owned */
	uint32_t count, room; /* of cell: used, allocated */
};

static void add_pair(void *own, const char *key, const char *value)
{
	struct pairs *pairs = own;

	if (pairs->count + 2 > pairs->room) {
		pairs->room = pairs->room * 2 + 64;
		pairs->cell = wr_realloc(pairs->cell, pairs->room * sizeof *pairs->cell);
	}
	pairs->cell[pairs->count++] = key;
	pairs->cell[pairs->count++] = value;
}

void wr_client_show_settings(struct wr_client *client, struct wr_outcome *outcome)
{
	struct pairs pairs = {0};
	struct wr_shown shown = {.field = {{"key", &WR_T_STRING}, {"value", &WR_T_STRING}},
				 .column_count = 2};

	wr_client_settings(client, add_pair, &pairs);
	shown.row_count = pairs.count / 2;
	shown.cell = pairs.cell;
	give(client, &shown, outcome);
	wr_free(pairs.cell);
}

/* --- jobs --- */

/* A member of a job as a text in the arena; NULL: null. */
static const char *member(struct wr_client *client, const struct wr_json_doc *doc, uint32_t object,
			  const char *name)
{
	uint32_t at = wr_json_get(doc, object, wr_str_of(name));

	return at == UINT32_MAX || doc->node[at].kind == WR_JSON_NULL
		   ? NULL
		   : wr_arena_strndup(&client->arena, doc->node[at].text, doc->node[at].len);
}

#define JOB_COLUMNS 4

static void put_job(struct wr_client *client, const struct wr_json_doc *doc, uint32_t object,
		    const char **cell)
{
	static const char *const names[JOB_COLUMNS] = {"id", "name", "state", "started_ms"};

	for (uint32_t i = 0; i < JOB_COLUMNS; i++)
		cell[i] = member(client, doc, object, names[i]);
}

static void give_jobs(struct wr_client *client, const char *const *cell, uint32_t count,
		      struct wr_outcome *outcome)
{
	give(client,
	     &(struct wr_shown){.field = {{"job id", &WR_T_STRING},
					  {"job name", &WR_T_STRING},
					  {"status", &WR_T_STRING},
					  {"start time", &WR_T_LTZ6}},
				.column_count = JOB_COLUMNS,
				.row_count = count,
				.cell = cell},
	     outcome);
}

void wr_client_show_jobs(struct wr_client *client, struct wr_outcome *outcome)
{
	struct wr_json_doc doc;
	struct wr_text json;
	const char **cell;
	uint32_t list, count = 0;

	wr_text_init(&json);
	wr_json_init(&doc);
	wr_jobs_list(client->clients->server->jobs, &json);
	wr_json_parse(&doc, json.data, json.len);
	list = wr_json_get(&doc, 0, wr_str_of("jobs"));
	cell = WR_NEW_ARRAY(&client->arena, const char *, doc.node[list].count *JOB_COLUMNS + 1);
	for (uint32_t at = list + 1; at < doc.node[list].end; at = doc.node[at].end)
		put_job(client, &doc, at, cell + count++ * JOB_COLUMNS);
	give_jobs(client, cell, count, outcome);
	wr_json_release(&doc);
	wr_text_release(&json);
}

wr_status *wr_client_show_job(struct wr_client *client, const struct wr_ast_stmt *stmt,
			      struct wr_outcome *outcome)
{
	const char *cell[JOB_COLUMNS];
	struct wr_json_doc doc;
	struct wr_text json;
	wr_status *status = NULL;

	wr_text_init(&json);
	wr_json_init(&doc);
	if (!wr_jobs_describe_short(client->clients->server->jobs, stmt->job.name, &json)) {
		status = wr_status_place(wr_jobs_unknown(stmt->job.name), stmt->job.pos);
	} else {
		wr_json_parse(&doc, json.data, json.len);
		put_job(client, &doc, 0, cell);
		give_jobs(client, cell, 1, outcome);
	}
	wr_json_release(&doc);
	wr_text_release(&json);
	return status;
}

wr_status *wr_client_stop_job(struct wr_client *client, const struct wr_ast_stmt *stmt,
			      struct wr_outcome *outcome)
{
	const struct wr_ast_job *job = &stmt->job;
	struct wr_text path;
	const char *cell;
	wr_status *status;

	if (job->savepoint && job->drain)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, stmt->pos,
				 "WITH SAVEPOINT and WITH DRAIN together are not supported"),
		    "A job that was drained has nothing to go on with: leave one of them out");
	wr_text_init(&path);
	status = wr_jobs_stop(client->clients->server->jobs, job->name,
			      job->savepoint ? WR_STOP_SAVEPOINT
			      : job->drain   ? WR_STOP_DRAIN
					     : WR_STOP_CANCEL,
			      NULL, &path);
	cell = wr_text_str(&path);
	if (status == NULL && job->savepoint)
		give(client,
		     &(struct wr_shown){.field = {{"savepoint path", &WR_T_STRING}},
					.column_count = 1,
					.row_count = 1,
					.cell = &cell},
		     outcome);
	wr_text_release(&path);
	return wr_status_place(status, job->pos);
}

/* --- why --- */

/* Why a job cannot be looked into. */
static wr_status *why_not(struct wr_client *client, const char *job)
{
	struct wr_jobs *jobs = client->clients->server->jobs;
	struct wr_text text;
	bool there;

	wr_text_init(&text);
	there = wr_jobs_describe_short(jobs, job, &text);
	wr_text_release(&text);
	if (!there)
		return wr_jobs_unknown(job);
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Job '%s' does not run at the moment: there will be no output", job),
	    "See its state and exceptions, or restart it");
}

/* EXPLAIN WHY NO OUTPUT FOR JOB: lines of text, the sentence first. */
wr_status *wr_client_show_why(struct wr_client *client, const struct wr_ast_stmt *stmt,
			      struct wr_outcome *outcome)
{
	struct wr_jobs *jobs = client->clients->server->jobs;
	struct wr_shown shown = {.field = {{"result", &WR_T_STRING}}, .column_count = 1};
	struct wr_run *run = wr_jobs_hold(jobs, stmt->job.name);
	struct wr_job *job = run != NULL ? wr_run_hold(run) : NULL;
	struct wr_text text;
	const char *line;

	wr_text_init(&text);
	if (job != NULL)
		wr_why_print(&text, job);
	if (run != NULL)
		wr_run_let(run);
	wr_jobs_let(jobs, run);
	if (job == NULL)
		return wr_status_place(why_not(client, stmt->job.name), stmt->job.pos);
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	line = wr_text_str(&text);
	shown.row_count = 1;
	shown.cell = &line;
	give(client, &shown, outcome);
	wr_text_release(&text);
	return NULL;
}
