/* SPDX-License-Identifier: Apache-2.0
 *
 * statements - see statements.h: the table of results, and how each begins and ends.
 */
#include <stdio.h>

#include "base/env.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "server/error_json.h"
#include "server/json_rows.h"
#include "server/server.h"
#include "server/statements_inner.h"

#define STOP_MS 3000 /* that the end waits for readers to be told */

/* --- one ----------------------------------------------------------------------------------------
 */

static void statement_free(struct wr_statement *statement)
{
	wr_client_done(statement->client, statement->cursor);
	wr_client_unref(statement->client);
	wr_free(statement->owner);
	wr_text_release(&statement->last);
	wr_free(statement->columns);
	wr_free(statement->error);
	pthread_mutex_destroy(&statement->lock);
	wr_free(statement);
}

void wr_statement_unref(struct wr_statement *statement)
{
	if (statement != NULL && atomic_fetch_sub(&statement->refs, 1) == 1)
		statement_free(statement);
}

/* The job of the cursor is waited for without the lock. */
void wr_statement_end(struct wr_statement *statement, enum weir_code code, struct weir_error *error)
{
	struct weir_cursor *cursor = statement->cursor;
	struct wr_client *client = statement->client;
	struct wr_text text;

	wr_text_init(&text);
	if (code != WEIR_END && code != WEIR_CANCELLED && error != NULL)
		wr_error_json(&text, error);
	pthread_mutex_lock(&statement->lock);
	statement->cursor = NULL;
	statement->client = NULL;
	statement->state = code == WEIR_END         ? "finished"
			   : code == WEIR_CANCELLED ? "cancelled"
						    : "failed";
	statement->error = text.data;
	pthread_mutex_unlock(&statement->lock);
	weir_error_free(error);
	wr_client_done(client, cursor);
	wr_client_unref(client);
}

void wr_statement_describe(struct wr_statement *statement, struct wr_text *out)
{
	pthread_mutex_lock(&statement->lock);
	wr_text_printf(out,
		       "{\"statement\":\"%s\",\"session\":\"%s\",\"kind\":\"rows\",\"word\":\"%s\","
		       "\"columns\":%s,\"updating\":%s,\"bounded\":%s,\"state\":\"%s\","
		       "\"rows\":%llu",
		       statement->id, statement->session, statement->word, statement->columns,
		       statement->updating ? "true" : "false",
		       statement->bounded ? "true" : "false", statement->state,
		       (unsigned long long)statement->rows);
	if (statement->error != NULL)
		wr_text_printf(out, ",\"error\":%s", statement->error);
	pthread_mutex_unlock(&statement->lock);
	wr_text_putc(out, '}');
}

/* --- all of them --------------------------------------------------------------------------------
 */

/* One that nobody has asked for since; the table's reference. */
static struct wr_statement *take_idle(struct wr_statements *statements, int64_t before_us)
{
	for (uint32_t i = 0; i < statements->by_id.count; i++) {
		struct wr_statement *statement = statements->by_id.entry[i].value;
		bool taken;

		pthread_mutex_lock(&statement->lock);
		taken = statement->taken;
		pthread_mutex_unlock(&statement->lock);
		if (!taken && atomic_load(&statement->used_us) < before_us)
			return wr_map_remove(&statements->by_id, statement->id);
	}
	return NULL;
}

/* A query that goes on, and whose rows nobody asks for, ends: why, the log says. */
static void log_dropped(struct wr_statement *statement)
{
	struct wr_server *server = statement->statements->server;
	struct wr_text line;
	bool runs;

	pthread_mutex_lock(&statement->lock);
	runs = statement->cursor != NULL;
	pthread_mutex_unlock(&statement->lock);
	if (!runs)
		return;
	wr_text_init(&line);
	wr_text_printf(&line, "Nobody has asked for the rows of statement %s for too long: it ends",
		       statement->id);
	wr_log_say(server->telemetry.log, WR_LOG_WARN, NULL, wr_text_str(&line));
	wr_text_release(&line);
}

static void *drop_idle(void *own)
{
	struct wr_statements *statements = own;
	struct wr_env *env = statements->server->env;
	int64_t pause_us = WR_MIN(statements->idle_ms * 250 + 1000, INT64_C(10000000));

	pthread_mutex_lock(&statements->lock);
	while (!statements->stopping) {
		struct wr_statement *statement =
		    take_idle(statements, wr_mono_us(env) - statements->idle_ms * 1000);

		if (statement == NULL) {
			wr_cond_wait_us(&statements->left, &statements->lock, pause_us);
			continue;
		}
		pthread_mutex_unlock(&statements->lock);
		log_dropped(statement);
		wr_statement_unref(statement);
		pthread_mutex_lock(&statements->lock);
	}
	pthread_mutex_unlock(&statements->lock);
	return NULL;
}

wr_status *wr_statements_open(struct wr_server *server, struct wr_statements **out)
{
	struct wr_statements *statements = wr_calloc(1, sizeof *statements);

	statements->server = server;
	statements->idle_ms =
	    WR_MIN(wr_options_i64(&server->config->options, "server.results.idle-timeout"),
		   INT64_MAX / 4000);
	statements->waiting_max[false] = (uint32_t)WR_MAX(
	    wr_options_i64(&server->config->options, "server.http.threads") / 2, 1);
	statements->waiting_max[true] = WR_HTTP_SLOW_MAX / 2;
	pthread_mutex_init(&statements->lock, NULL);
	wr_cond_init(&statements->left);
	statements->started =
	    wr_thread_start(&statements->thread, "weir-results", drop_idle, statements);
	*out = statements;
	return statements->started
		   ? NULL
		   : wr_status_new(WR_FATAL, "Cannot start a thread for the results");
}

/* Whoever waits for its rows is told. */
static void cancel(struct wr_statement *statement)
{
	pthread_mutex_lock(&statement->lock);
	if (statement->cursor != NULL)
		wr_cursor_cancel(statement->cursor);
	pthread_mutex_unlock(&statement->lock);
}

void wr_statements_end(struct wr_statements *statements)
{
	struct timespec deadline = wr_deadline(INT64_C(1000) * STOP_MS);

	if (statements == NULL)
		return;
	pthread_mutex_lock(&statements->lock);
	statements->stopping = true;
	pthread_cond_broadcast(&statements->left);
	for (uint32_t i = 0; i < statements->by_id.count; i++)
		cancel(statements->by_id.entry[i].value);
	/* Their readers are told that it is over before HTTP closes what has not ended. */
	while (statements->streams > 0 &&
	       wr_cond_wait_until(&statements->left, &statements->lock, &deadline))
		continue;
	pthread_mutex_unlock(&statements->lock);
}

void wr_statements_close(struct wr_statements *statements)
{
	if (statements == NULL)
		return;
	wr_statements_end(statements);
	pthread_mutex_lock(&statements->lock);
	while (statements->streams > 0)
		pthread_cond_wait(&statements->left, &statements->lock);
	pthread_mutex_unlock(&statements->lock);
	if (statements->started)
		pthread_join(statements->thread, NULL);
	for (uint32_t i = 0; i < statements->by_id.count; i++)
		wr_statement_unref(statements->by_id.entry[i].value);
	wr_map_release(&statements->by_id);
	pthread_cond_destroy(&statements->left);
	pthread_mutex_destroy(&statements->lock);
	wr_free(statements);
}

wr_status *wr_statements_add(struct wr_statements *statements, struct wr_client *client,
			     struct wr_outcome *outcome, struct wr_text *out,
			     char id[WR_CLIENT_ID_LEN + 1])
{
	struct wr_statement *statement = wr_calloc(1, sizeof *statement);
	const struct weir_result *result = weir_cursor_result(outcome->cursor);
	struct wr_env *env = statements->server->env;
	struct wr_text columns;
	bool stopping;

	wr_text_init(&columns);
	wr_json_columns(&columns, result);
	*statement = (struct wr_statement){.statements = statements,
					   .client = client,
					   .word = outcome->word,
					   .columns = columns.data,
					   .updating = weir_result_updating(result),
					   .bounded = outcome->bounded,
					   .cursor = outcome->cursor,
					   .state = "running"};
	atomic_init(&statement->refs, 2);
	atomic_init(&statement->used_us, wr_mono_us(env));
	pthread_mutex_init(&statement->lock, NULL);
	wr_client_make_id(env, statement->id);
	memcpy(statement->session, wr_client_id(client), sizeof statement->session);
	memcpy(id, statement->id, sizeof statement->id);
	statement->owner = wr_strdup(wr_client_who(client)->name);
	wr_statement_describe(statement, out);
	pthread_mutex_lock(&statements->lock);
	stopping = statements->stopping;
	if (!stopping)
		wr_map_put(&statements->by_id, statement->id, statement);
	pthread_mutex_unlock(&statements->lock);
	if (stopping)
		wr_statement_unref(statement);
	wr_statement_unref(statement);
	return stopping ? wr_server_stopping() : NULL;
}

struct wr_statement *wr_statements_find(struct wr_statements *statements,
					const struct wr_principal *who, const char *id)
{
	struct wr_statement *statement;

	pthread_mutex_lock(&statements->lock);
	statement = wr_map_get(&statements->by_id, id);
	if (statement != NULL && who->role != WR_ROLE_ADMIN &&
	    strcmp(statement->owner, who->name) != 0)
		statement = NULL;
	if (statement != NULL)
		atomic_fetch_add(&statement->refs, 1);
	pthread_mutex_unlock(&statements->lock);
	return statement;
}

void wr_statements_drop(struct wr_statements *statements, struct wr_statement *statement)
{
	bool there;

	pthread_mutex_lock(&statements->lock);
	there = wr_map_remove(&statements->by_id, statement->id) != NULL;
	pthread_mutex_unlock(&statements->lock);
	cancel(statement);
	if (there)
		wr_statement_unref(statement);
}
