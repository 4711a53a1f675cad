/* SPDX-License-Identifier: Apache-2.0
 *
 * client_job - INSERT and EXECUTE STATEMENT SET of a session, which become jobs of the server.
 *
 * A job is a script of its own. It gets what the statement uses and the server's catalog has not:
 * the session's temporary tables, views and functions, as they were declared, and its options.
 *
 * The statement is planned in the session first, so that mistakes show with their places in it;
 * the plan also says which tables and views it uses.
 */
#include "base/mem.h"
#include "engine/settings.h"
#include "server/client_inner.h"
#include "server/server.h"
#include "sql/unparse.h"

#define WAIT_MS                                                                                    \
	100 /* how often a statement that waits for its job looks whether it is cancelled          \
	     */

static bool is_used(const struct wr_client_temporary *temporary, const struct wr_prepared *prepared)
{
	if (strcmp(temporary->kind, "function") == 0)
		return true; /* small, and plans do not say */
	for (uint32_t i = 0; i < prepared->tables.count; i++)
		if (strcmp(prepared->tables.table[i]->name, temporary->name) == 0)
			return true;
	return false;
}

/* USE, unless it is so already. */
static void use(struct wr_text *script, struct wr_current *current, const char *catalog,
		const char *database)
{
	if (strcmp(current->catalog, catalog) != 0) {
		wr_text_puts(script, "USE CATALOG ");
		wr_unparse_ident(catalog, script);
		wr_text_puts(script, ";\n");
		current->database = "";
	}
	if (strcmp(current->database, database) != 0 && *database != '\0') {
		wr_text_puts(script, "USE ");
		wr_unparse_ident(catalog, script);
		wr_text_putc(script, '.');
		wr_unparse_ident(database, script);
		wr_text_puts(script, ";\n");
	}
	*current = (struct wr_current){catalog, database};
}

static void make_script(struct wr_client *client, const struct wr_prepared *prepared,
			const struct wr_ast_stmt *stmt, struct wr_text *script)
{
	const struct wr_current *own =
	    &wr_catalog_databases(client->session->session->catalog)->current;
	struct wr_current current = {WR_DEFAULT_CATALOG, WR_DEFAULT_DATABASE};

	for (uint32_t i = 0; i < client->temporary_count; i++) {
		const struct wr_client_temporary *temporary = &client->temporary[i];

		if (!is_used(temporary, prepared))
			continue;
		use(script, &current, temporary->catalog, temporary->database);
		wr_text_printf(script, "%s;\n", temporary->sql);
	}
	use(script, &current, own->catalog, own->database);
	wr_text_add(script, stmt->text.data, stmt->text.len);
}

static const char *server_setting(const struct wr_client *client, const char *key)
{
	const struct wr_config *config = client->clients->server->config;
	const char *value = NULL;

	for (uint32_t i = 0; i < config->setting_count; i++)
		if (strcmp(config->key[i], key) == 0)
			value = config->value[i];
	return value;
}

/* Options that the session has and the server's other sessions have not. */
static uint32_t own_settings(struct wr_client *client, const char **key, const char **value)
{
	const struct wr_options *settings = &client->session->session->settings;
	uint32_t count = 0;

	for (uint32_t i = 0; i < wr_settings_count; i++) {
		const struct wr_option_value *at = &settings->value[i];
		const char *of_server = server_setting(client, wr_settings[i].name);

		if (!at->is_given || (of_server != NULL && strcmp(of_server, at->text) == 0))
			continue;
		key[count] = wr_settings[i].name;
		value[count++] = at->text;
	}
	return count;
}

static bool is_sync(struct wr_client *client)
{
	const char *value = wr_client_get(client, "table.dml-sync");

	return value != NULL && strcmp(value, "true") == 0;
}

static bool is_cancelled(struct wr_client *client)
{
	bool cancelled;

	pthread_mutex_lock(&client->lock);
	cancelled = client->cancelled || client->closed;
	pthread_mutex_unlock(&client->lock);
	return cancelled;
}

/* The job's end is the statement's; who cancels the statement cancels the job. A server that ends
 * suspends the job: it is not done, and whoever takes the answer must not think so. */
static enum weir_code await(struct wr_client *client, const char *id, struct weir_error **error)
{
	struct wr_jobs *jobs = client->clients->server->jobs;
	enum wr_server_job_state state;
	struct wr_text why;
	enum wr_jobs_waited waited;
	enum weir_code code = WEIR_OK;
	bool stopped = false;

	wr_text_init(&why);
	while ((waited = wr_jobs_wait(jobs, id, WAIT_MS, &state, &why)) == WR_JOBS_RUNS) {
		wr_status *refused;

		if (stopped || !is_cancelled(client))
			continue;
		refused = wr_jobs_stop(jobs, id, WR_STOP_CANCEL, NULL, &why);
		stopped = refused == NULL; /* else something else ends it, or the next try does */
		wr_status_free(refused);
	}
	if (waited == WR_JOBS_STOPPING)
		code = wr_error_give(
		    error, WEIR_ERROR_JOB,
		    wr_status_because(wr_status_new(WR_RETRY,
						    "The server is stopping: the job goes on with "
						    "its next start"),
				      WR_STOPPING),
		    NULL);
	else if (stopped || state == WR_JOB_CANCELED)
		code = wr_error_give(error, WEIR_CANCELLED,
				     wr_status_new(WR_USER_ERROR, "The job was cancelled"), NULL);
	else if (state == WR_JOB_FAILED)
		code = wr_error_give(error, WEIR_ERROR_JOB,
				     wr_status_new(WR_USER_ERROR, "%s", wr_text_str(&why)), NULL);
	wr_text_release(&why);
	return code;
}

wr_status *wr_client_submit_as(struct wr_client *client, const struct wr_ast_stmt *stmt,
			       const struct wr_prepared *prepared, const char *name,
			       char id[WR_JOB_ID_LEN + 1])
{
	const char **key = WR_NEW_ARRAY(&client->arena, const char *, wr_settings_count);
	const char **value = WR_NEW_ARRAY(&client->arena, const char *, wr_settings_count);
	struct wr_job_spec spec = {
	    .key = key, .value = value, .name = name, .owner = client->who.name};
	struct wr_text script;
	wr_status *status;

	if (client->origin != NULL)
		spec.origin = *client->origin;
	wr_text_init(&script);
	make_script(client, prepared, stmt, &script);
	spec.sql = script.data;
	spec.setting_count = own_settings(client, key, value);
	status = wr_jobs_submit(client->clients->server->jobs, &spec, id);
	if (status != NULL)
		status->pos = (struct wr_pos){0}; /* in the job's script */
	wr_text_release(&script);
	return status;
}

/* The statement as a plan, which is not run. */
static wr_status *submit(struct wr_client *client, const struct wr_ast_stmt *stmt, const char *sql,
			 struct wr_outcome *outcome)
{
	struct wr_prepared prepared;
	wr_status *status = wr_session_prepare(client->session->session, wr_str_of(sql), NULL,
					       WR_SCRIPT_CHECK, &prepared);

	if (status == NULL)
		status = wr_client_submit_as(client, stmt, &prepared,
					     wr_client_get(client, "pipeline.name"), outcome->job);
	wr_prepared_release(&prepared);
	return status;
}

void wr_client_begin(struct wr_client *client)
{
	pthread_mutex_lock(&client->lock);
	client->cancelled = false;
	pthread_mutex_unlock(&client->lock);
}

enum weir_code wr_client_submitted(struct wr_client *client, struct wr_outcome *outcome,
				   struct weir_error **error)
{
	outcome->kind = WR_OUTCOME_JOB;
	return is_sync(client) ? await(client, outcome->job, error) : WEIR_OK;
}

enum weir_code wr_client_submit(struct wr_client *client, const struct wr_ast_stmt *stmt,
				const char *sql, struct wr_outcome *outcome,
				struct weir_error **error)
{
	wr_status *status;

	wr_client_begin(client);
	status = submit(client, stmt, sql, outcome);
	if (status != NULL)
		return wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
	return wr_client_submitted(client, outcome, error);
}
