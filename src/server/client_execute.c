/* SPDX-License-Identifier: Apache-2.0
 *
 * client_execute - one statement of a session: who may, what the catalog is by now, and what comes
 * of it.
 */
#include <strings.h>

#include "base/mem.h"
#include "engine/settings.h"
#include "server/client_inner.h"
#include "server/server.h"
#include "sql/parser.h"

#define SPLIT_MAX 100000u /* statements of a script */

/* What programs call a statement. */
static const char *word_of(const struct wr_ast_stmt *stmt)
{
	switch (stmt->kind) {
	case WR_AST_CREATE_FUNCTION:
		return stmt->create_function.alter ? "ALTER FUNCTION" : "CREATE FUNCTION";
	case WR_AST_SELECT: return "SELECT";
	case WR_AST_SHOW: return "SHOW";
	default: return wr_ast_stmt_name(stmt->kind);
	}
}

/* The least role that may. */
static enum wr_role role_of(const struct wr_ast_stmt *stmt)
{
	switch (stmt->kind) {
	case WR_AST_SELECT:
	case WR_AST_EXPLAIN:
	case WR_AST_EXPLAIN_WHY:
	case WR_AST_DESCRIBE_JOB:
	case WR_AST_SHOW:
	case WR_AST_DESCRIBE:
	case WR_AST_SET:
	case WR_AST_RESET:
	case WR_AST_USE_CATALOG:
	case WR_AST_USE_DATABASE: return WR_ROLE_VIEWER;
	case WR_AST_INSERT:
	case WR_AST_STOP_JOB:
	case WR_AST_ALTER_MATERIALIZED:
	case WR_AST_STATEMENT_SET: return WR_ROLE_OPERATOR;
	case WR_AST_CREATE_TABLE:
		return stmt->create_table.temporary ? WR_ROLE_OPERATOR : WR_ROLE_ADMIN;
	case WR_AST_CREATE_VIEW:
		return stmt->create_view.temporary ? WR_ROLE_VIEWER : WR_ROLE_ADMIN;
	case WR_AST_DROP_TABLE:
	case WR_AST_DROP_VIEW: return stmt->drop.temporary ? WR_ROLE_VIEWER : WR_ROLE_ADMIN;
	default: return WR_ROLE_ADMIN;
	}
}

static wr_status *check_role(const struct wr_client *client, const struct wr_ast_stmt *stmt)
{
	enum wr_role least = role_of(stmt);

	if (client->who.role == WR_ROLE_VIEWER && stmt->options_hint.line != 0)
		return wr_status_hint(
		    wr_status_because(wr_status_at(WR_USER_ERROR, stmt->options_hint,
						   "The hint OPTIONS needs the role 'operator': it "
						   "can make a table of another file"),
				      WR_NOT_ALLOWED),
		    "Leave the hint out, or log in as somebody who has it");
	if (client->who.role >= least)
		return stmt->kind != WR_AST_SET || stmt->set.key == NULL
			   ? NULL
			   : wr_status_place(wr_client_may_set(client, stmt->set.key),
					     stmt->set.key_pos);
	return wr_status_hint(
	    wr_status_because(wr_status_at(WR_USER_ERROR, stmt->pos,
					   "%s needs the role '%s', and '%s' is '%s'",
					   wr_ast_stmt_name(stmt->kind), wr_role_name(least),
					   client->who.name, wr_role_name(client->who.role)),
			      WR_NOT_ALLOWED),
	    "Log in as somebody who has it");
}

/* The one statement of a text, in client->arena. */
static wr_status *parse_one(struct wr_client *client, const char *sql, struct wr_ast_stmt **stmt)
{
	struct wr_ast_script script = {0};

	wr_arena_reset(&client->arena);
	WR_TRY(wr_parse_script(&client->arena, wr_str_of(sql), NULL, &script));
	if (script.count == 0)
		return wr_status_hint(
		    wr_status_because(wr_status_new(WR_USER_ERROR, "There is no statement"),
				      WR_BAD_SYNTAX),
		    "Write one, as SELECT 1");
	if (script.count > 1)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, script.items[1]->pos,
						   "There are %u statements, and one is executed "
						   "at a time",
						   script.count),
				      "Send them one after the other, or as a script");
	*stmt = script.items[0];
	return NULL;
}

/* --- rows ---------------------------------------------------------------------------------------
 */

void wr_client_keep(struct wr_client *client, struct weir_cursor *cursor)
{
	const struct wr_options *options = &client->clients->server->config->options;
	struct wr_client_result *result = wr_calloc(1, sizeof *result);
	bool closed;

	wr_cursor_limit(cursor, (uint64_t)wr_options_i64(options, "server.results.max-size"));
	result->cursor = cursor;
	pthread_mutex_lock(&client->lock);
	result->next = client->result;
	client->result = result;
	closed = client->closed;
	pthread_mutex_unlock(&client->lock);
	if (closed)
		wr_cursor_cancel(cursor);
}

static enum weir_code give_rows(struct wr_client *client, const char *sql,
				struct wr_outcome *outcome, struct weir_error **error)
{
	enum weir_code code = weir_query(client->session, sql, &outcome->cursor, error);

	if (code != WEIR_OK)
		return code;
	outcome->kind = WR_OUTCOME_ROWS;
	outcome->bounded = wr_cursor_bounded(outcome->cursor);
	wr_client_keep(client, outcome->cursor);
	return WEIR_OK;
}

/* --- the others ---------------------------------------------------------------------------------
 */

static wr_status *set(struct wr_client *client, const struct wr_ast_stmt *stmt)
{
	return wr_status_place(wr_client_set(client, stmt->set.key, stmt->set.value),
			       stmt->set.key_pos);
}

/* As the engine does it; wr_client_cancel ends it. */
static enum weir_code run(struct wr_client *client, const char *sql, struct weir_error **error)
{
	enum weir_code code;
	bool closed;

	pthread_mutex_lock(&client->lock);
	closed = client->closed;
	client->executing = true;
	pthread_mutex_unlock(&client->lock);
	if (closed)
		weir_cancel(client->session);
	code = weir_execute(client->session, sql, NULL, error);
	pthread_mutex_lock(&client->lock);
	client->executing = false;
	pthread_mutex_unlock(&client->lock);
	return code;
}

/* RESET: options are as the server has them. */
static enum weir_code reset(struct wr_client *client, const struct wr_ast_stmt *stmt,
			    const char *sql, struct weir_error **error)
{
	const struct wr_config *config = client->clients->server->config;
	const char *key = stmt->set.key;
	enum weir_code code = run(client, sql, error);
	wr_status *status = NULL;

	if (code != WEIR_OK)
		return code;
	for (uint32_t i = client->accepted.count; i-- > 0;)
		if (key == NULL || strcmp(client->accepted.entry[i].key, key) == 0)
			wr_free(wr_map_remove(&client->accepted, client->accepted.entry[i].key));
	for (uint32_t i = 0; i < config->setting_count && status == NULL; i++)
		if (key == NULL || strcmp(config->key[i], key) == 0)
			status = wr_session_set(client->session->session, config->key[i],
						config->value[i]);
	return status == NULL ? WEIR_OK
			      : wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
}

/* A declaration: in the session, then in the store. */
static enum weir_code declare(struct wr_client *client, const struct wr_ast_stmt *stmt,
			      const char *sql, struct weir_error **error)
{
	struct wr_client_change change;
	enum weir_code code = WEIR_OK;
	wr_status *status;

	pthread_mutex_lock(&client->clients->catalog);
	status = wr_client_look(client);
	if (status == NULL)
		status = wr_client_about(client, stmt, &change);
	if (status == NULL)
		code = run(client, sql, error);
	if (status == NULL && code == WEIR_OK)
		status = wr_client_changed(client, stmt, &change);
	pthread_mutex_unlock(&client->clients->catalog);
	return status == NULL ? code
			      : wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
}

static enum weir_code execute(struct wr_client *client, const struct wr_ast_stmt *stmt,
			      const char *sql, struct wr_outcome *outcome,
			      struct weir_error **error)
{
	wr_status *status = NULL;

	switch (stmt->kind) {
	case WR_AST_SHOW:
		if (stmt->show.kind != WR_AST_SHOW_JOBS)
			return give_rows(client, sql, outcome, error);
		wr_client_show_jobs(client, outcome);
		return WEIR_OK;
	case WR_AST_SELECT:
	case WR_AST_EXPLAIN:
	case WR_AST_DESCRIBE: return give_rows(client, sql, outcome, error);
	case WR_AST_EXPLAIN_WHY: status = wr_client_show_why(client, stmt, outcome); break;
	case WR_AST_DESCRIBE_JOB: status = wr_client_show_job(client, stmt, outcome); break;
	case WR_AST_STOP_JOB: status = wr_client_stop_job(client, stmt, outcome); break;
	case WR_AST_INSERT:
	case WR_AST_STATEMENT_SET: return wr_client_submit(client, stmt, sql, outcome, error);
	case WR_AST_CREATE_MATERIALIZED:
	case WR_AST_DROP_MATERIALIZED:
	case WR_AST_ALTER_MATERIALIZED:
		return wr_client_materialized(client, stmt, sql, outcome, error);
	case WR_AST_SET:
		if (stmt->set.key == NULL) {
			wr_client_show_settings(client, outcome);
			return WEIR_OK;
		}
		status = set(client, stmt);
		break;
	case WR_AST_RESET: return reset(client, stmt, sql, error);
	case WR_AST_CREATE_TABLE:
		if (stmt->create_table.query != NULL)
			return wr_client_table_as(client, stmt, sql, outcome, error);
		return declare(client, stmt, sql, error);
	default: return declare(client, stmt, sql, error);
	}
	return status == NULL ? WEIR_OK
			      : wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
}

/* What comes before any statement. */
static wr_status *begin(struct wr_client *client, const char *sql, struct wr_ast_stmt **stmt,
			bool *forbidden)
{
	wr_status *status;
	bool closed;

	pthread_mutex_lock(&client->lock);
	closed = client->closed;
	pthread_mutex_unlock(&client->lock);
	if (closed)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "The session was closed"),
				      "Open another one");
	WR_TRY(parse_one(client, sql, stmt));
	status = check_role(client, *stmt);
	*forbidden = status != NULL;
	return status != NULL ? status : wr_client_look(client);
}

enum weir_code wr_client_execute(struct wr_client *client, const char *sql,
				 const struct wr_job_origin *origin, struct wr_outcome *outcome,
				 struct weir_error **error)
{
	struct wr_ast_stmt *stmt = NULL;
	enum weir_code code = WEIR_OK;
	wr_status *status;

	*outcome = (struct wr_outcome){0};
	if (error != NULL)
		*error = NULL;
	pthread_mutex_lock(&client->statement);
	client->origin = origin;
	status = begin(client, sql, &stmt, &outcome->forbidden);
	if (status == NULL) {
		outcome->word = word_of(stmt);
		code = execute(client, stmt, sql, outcome, error);
	} else {
		code = wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
	}
	client->origin = NULL;
	pthread_mutex_unlock(&client->statement);
	return code;
}

enum weir_code wr_client_describe(struct wr_client *client, const char *sql,
				  struct weir_statement **statement, struct weir_error **error)
{
	struct wr_ast_stmt *stmt = NULL;
	bool forbidden = false;
	enum weir_code code = WEIR_OK;
	wr_status *status;

	*statement = NULL;
	if (error != NULL)
		*error = NULL;
	pthread_mutex_lock(&client->statement);
	status = begin(client, sql, &stmt, &forbidden);
	if (status != NULL)
		code = wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
	else if (stmt->kind == WR_AST_SELECT || stmt->kind == WR_AST_SHOW ||
		 stmt->kind == WR_AST_DESCRIBE || stmt->kind == WR_AST_EXPLAIN ||
		 (stmt->kind == WR_AST_SET && stmt->set.key == NULL))
		code = weir_prepare(client->session, sql, statement, error);
	pthread_mutex_unlock(&client->statement);
	return code;
}

wr_status *wr_client_split(const char *script, uint32_t **begin, uint32_t **end, uint32_t *count)
{
	struct wr_ast_script parsed = {0};
	struct wr_arena arena;
	wr_status *status;

	*begin = *end = NULL;
	*count = 0;
	wr_arena_init(&arena);
	status = wr_parse_script(&arena, wr_str_of(script), NULL, &parsed);
	if (status == NULL && parsed.count > SPLIT_MAX)
		status =
		    wr_status_new(WR_USER_ERROR, "A script has at most %u statements", SPLIT_MAX);
	if (status == NULL) {
		*count = parsed.count;
		*begin = wr_calloc(parsed.count + 1, sizeof **begin);
		*end = wr_calloc(parsed.count + 1, sizeof **end);
		for (uint32_t i = 0; i < parsed.count; i++) {
			(*begin)[i] = parsed.items[i]->pos.offset;
			(*end)[i] = i + 1 < parsed.count ? parsed.items[i + 1]->pos.offset
							 : (uint32_t)strlen(script);
		}
	}
	wr_arena_release(&arena);
	return status;
}
