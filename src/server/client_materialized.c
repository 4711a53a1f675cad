/* SPDX-License-Identifier: Apache-2.0
 *
 * client_materialized - CREATE, ALTER and DROP MATERIALIZED TABLE of a session: a table of the
 * catalog, and a job of the server that keeps its rows.
 *
 * Sessions declare the table alone (WR_MATERIALIZE_DECLARE); all of them find the same rows, in the
 * server's views (connectors/mview.h). The job's script is the statement itself, with what it needs
 * of the session; it is called materialized-table-NAME, so that it is found again.
 *
 *     CREATE   declared in the session, then the job is submitted, then it is put into the store
 *     REPLACE  the job before it is cancelled and forgotten in between
 *     SUSPEND  the job is stopped with a savepoint; its rows stay readable
 *     RESUME   it goes on from there
 *     DROP     the job is cancelled and forgotten, the rows go
 *
 * A job that has finished (its query reads bounded tables) begins anew with the server, since its
 * rows were in memory.
 */
#include <ctype.h>

#include "base/mem.h"
#include "connectors/mview.h"
#include "server/client_inner.h"
#include "server/server.h"

/* What the job of a materialized table is called: no character that a path cannot have. */
static void job_name(const char *table, struct wr_text *out)
{
	wr_text_puts(out, "materialized-table-");
	for (; *table != '\0'; table++)
		wr_text_putc(out, *table == '/' || iscntrl((unsigned char)*table) ? '_' : *table);
}

void wr_client_materialized_job(const char *table, struct wr_text *out)
{
	struct wr_text name;

	wr_text_init(&name);
	job_name(table, &name);
	wr_text_json(out, wr_text_str(&name));
	wr_text_release(&name);
}

/* Cancels and forgets the job, wherever it stands. */
static void end_job(struct wr_server *server, const char *table)
{
	struct wr_text name, path;

	wr_text_init(&name);
	wr_text_init(&path);
	job_name(table, &name);
	/* It may have ended, or never begun. */
	wr_status_free(wr_jobs_stop(server->jobs, name.data, WR_STOP_CANCEL, NULL, &path));
	wr_status_free(wr_jobs_forget(server->jobs, name.data));
	wr_text_release(&name);
	wr_text_release(&path);
}

/* --- CREATE -------------------------------------------------------------------------------- */

/* The session has the table, and its job does not begin. */
static void undo(struct wr_client *client, const struct wr_client_change *change)
{
	struct wr_session *session = client->session->session;

	wr_table_free(wr_catalog_take(session->catalog, change->name));
	wr_mviews_drop(client->clients->server->views, change->name);
	client->stale = true;
}

static wr_status *create(struct wr_client *client, const struct wr_ast_stmt *stmt, const char *sql,
			 struct wr_outcome *outcome)
{
	struct wr_client_change change;
	struct wr_prepared prepared;
	struct wr_text name;
	wr_status *status;

	WR_TRY(wr_client_look(client));
	WR_TRY(wr_client_about(client, stmt, &change));
	status = wr_session_prepare(client->session->session, wr_str_of(sql), NULL, WR_SCRIPT_CHECK,
				    &prepared);
	if (status != NULL || (change.there && !stmt->create_table.or_replace)) {
		wr_prepared_release(&prepared);
		return status; /* NULL: IF NOT EXISTS */
	}
	wr_text_init(&name);
	job_name(change.name, &name);
	if (change.there)
		end_job(client->clients->server, change.name);
	status = wr_client_submit_as(client, stmt, &prepared, name.data, outcome->job);
	if (status != NULL)
		undo(client, &change);
	else
		status = wr_client_changed(client, stmt, &change);
	wr_text_release(&name);
	wr_prepared_release(&prepared);
	return status;
}

/* --- DROP, ALTER --------------------------------------------------------------------------- */

static wr_status *drop(struct wr_client *client, const struct wr_ast_stmt *stmt, const char *sql)
{
	struct wr_server *server = client->clients->server;
	struct wr_client_change change;
	struct wr_prepared prepared;
	wr_status *status;

	WR_TRY(wr_client_look(client));
	WR_TRY(wr_client_about(client, stmt, &change));
	status = wr_session_prepare(client->session->session, wr_str_of(sql), NULL, WR_SCRIPT_CHECK,
				    &prepared);
	wr_prepared_release(&prepared);
	if (status != NULL || !change.there)
		return status;
	end_job(server, change.name);
	wr_mviews_drop(server->views, change.name);
	return wr_client_changed(client, stmt, &change);
}

static wr_status *alter(struct wr_client *client, const struct wr_ast_stmt *stmt, const char *sql)
{
	struct wr_jobs *jobs = client->clients->server->jobs;
	struct wr_client_change change;
	struct wr_prepared prepared;
	struct wr_text name, path;
	wr_status *status;

	WR_TRY(wr_client_look(client));
	WR_TRY(wr_client_about(client, stmt, &change));
	status = wr_session_prepare(client->session->session, wr_str_of(sql), NULL, WR_SCRIPT_CHECK,
				    &prepared);
	wr_prepared_release(&prepared);
	if (status != NULL)
		return status;
	wr_text_init(&name);
	wr_text_init(&path);
	job_name(change.name, &name);
	status = stmt->alter_materialized.resume
		     ? wr_jobs_restart(jobs, name.data, "latest")
		     : wr_jobs_stop(jobs, name.data, WR_STOP_SAVEPOINT, NULL, &path);
	wr_text_release(&name);
	wr_text_release(&path);
	return status;
}

enum weir_code wr_client_materialized(struct wr_client *client, const struct wr_ast_stmt *stmt,
				      const char *sql, struct wr_outcome *outcome,
				      struct weir_error **error)
{
	wr_status *status;

	pthread_mutex_lock(&client->clients->catalog);
	if (stmt->kind == WR_AST_CREATE_MATERIALIZED)
		status = create(client, stmt, sql, outcome);
	else if (stmt->kind == WR_AST_DROP_MATERIALIZED)
		status = drop(client, stmt, sql);
	else
		status = alter(client, stmt, sql);
	pthread_mutex_unlock(&client->clients->catalog);
	return status == NULL ? WEIR_OK
			      : wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
}

/* --- with the server ----------------------------------------------------------------------- */

static wr_status *begin_again(void *own, const struct wr_meta_object *object)
{
	struct wr_server *server = own;
	enum wr_server_job_state state;
	struct wr_text name, why;

	if (strcmp(object->kind, "materialized table") != 0)
		return NULL;
	wr_text_init(&name);
	wr_text_init(&why);
	job_name(object->name, &name);
	if (wr_jobs_wait(server->jobs, name.data, 0, &state, &why) == WR_JOBS_ENDED &&
	    state == WR_JOB_FINISHED)
		wr_status_free(wr_jobs_restart(server->jobs, name.data, NULL)); /* it says so */
	wr_text_release(&name);
	wr_text_release(&why);
	return NULL;
}

wr_status *wr_clients_views_start(struct wr_server *server)
{
	return wr_meta_each(server->store, 0, NULL, begin_again, server);
}
