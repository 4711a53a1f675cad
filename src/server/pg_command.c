/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_command - statements that only PostgreSQL has: BEGIN and COMMIT, SET and SHOW of its settings,
 * DISCARD, DEALLOCATE, UNLISTEN and the like.
 *
 * A transaction holds nothing together: each statement is done when it has been. It is kept for its
 * status, which clients look at, and so that one that failed takes no more until its ROLLBACK.
 *
 * Settings that mean something: TimeZone is table.local-time-zone, application_name the session's
 * name; names of options of the engine are those. Others are accepted when the value asked for is
 * what is done anyway, and bytea_output, extra_float_digits and statement_timeout whatever it is.
 */
#include <stdio.h>
#include <strings.h>

#include "base/mem.h"
#include "server/pg_catalog.h"
#include "server/pg_cursor.h"
#include "server/pg_query.h"

/* --- which they are -----------------------------------------------------------------------------
 */

static const struct {
	const char *name, *value; /* NULL: see wr_pgs_setting */
	bool free;                /* any value is taken, and is of no effect */
} settings[] = {
    {"application_name", NULL, true},
    {"TimeZone", NULL, true},
    {"client_encoding", "UTF8", false},
    {"server_encoding", "UTF8", false},
    {"server_version", "15.0", false},
    {"server_version_num", "150000", false},
    {"DateStyle", "ISO, MDY", true},
    {"IntervalStyle", "postgres", true},
    {"search_path", "\"$user\", public", true},
    {"extra_float_digits", "1", true},
    {"bytea_output", "hex", true},
    {"statement_timeout", "0", true},
    {"lock_timeout", "0", true},
    {"idle_in_transaction_session_timeout", "0", true},
    {"client_min_messages", "notice", true},
    {"standard_conforming_strings", "on", false},
    {"integer_datetimes", "on", false},
    {"is_superuser", NULL, false},
    {"session_authorization", NULL, false},
    {"transaction_isolation", "read committed", true},
    {"default_transaction_isolation", "read committed", true},
    {"transaction_read_only", "off", true},
    {"default_transaction_read_only", "off", true},
    {"max_identifier_length", "63", false},
    {"max_index_keys", "32", false},
    {"lc_collate", "C.UTF-8", false},
    {"lc_ctype", "C.UTF-8", false},
    {"lc_monetary", "C.UTF-8", true},
    {"row_security", "on", true},
    {"synchronous_commit", "on", true},
    {"jit", "off", true},
    {"geqo", "on", true},
    {"enable_seqscan", "on", true},
    {"quote_all_identifiers", "off", true},
    {"escape_string_warning", "on", true},
    {"default_table_access_method", "heap", true},
    {"wal_level", "replica", false},
};

static int find_setting(const char *name)
{
	for (size_t i = 0; i < WR_COUNT(settings); i++)
		if (strcasecmp(settings[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* A name of tokens: "a" or "a.b" or quoted; behind it. */
static uint32_t name_of(const struct wr_pgs_tokens *tokens, uint32_t i, struct wr_text *out)
{
	wr_text_clear(out);
	for (; i < tokens->count; i += 2) {
		wr_pgs_token_value(tokens, i, out);
		if (!wr_pgs_is_op(tokens, i + 1, "."))
			return i + 1;
		wr_text_putc(out, '.');
	}
	return i;
}

static bool is_show(const struct wr_pgs_tokens *tokens)
{
	struct wr_text name;
	bool known;

	if (wr_pgs_are_words(tokens, 1, "TIME ZONE") ||
	    wr_pgs_are_words(tokens, 1, "TRANSACTION ISOLATION LEVEL") ||
	    (wr_pgs_is_word(tokens, 1, "all") && tokens->count == 2))
		return true;
	if (tokens->count < 2)
		return false;
	wr_text_init(&name);
	known = name_of(tokens, 1, &name) == tokens->count && find_setting(wr_text_str(&name)) >= 0;
	wr_text_release(&name);
	return known;
}

bool wr_pgs_is_command(const struct wr_pgs_statement *statement)
{
	static const char *const words[] = {"commit",    "rollback", "abort",   "start",
					    "savepoint", "release",  "discard", "deallocate",
					    "unlisten",  "listen",   "end",     "checkpoint"};
	const struct wr_pgs_tokens *tokens = &statement->tokens;

	if (statement->copy)
		return false;
	if (wr_pgs_is_word(tokens, 0, "begin"))
		return !wr_pgs_is_word(tokens, 1, "statement");
	for (size_t i = 0; i < WR_COUNT(words); i++)
		if (wr_pgs_is_word(tokens, 0, words[i]))
			return true;
	if (wr_pgs_is_word(tokens, 0, "set")) /* Flink's has quotes: SET 'key' = 'value' */
		return tokens->count > 2 && tokens->token[1].kind != WR_PG_STRING;
	if (wr_pgs_is_word(tokens, 0, "reset"))
		return tokens->count > 1 && tokens->token[1].kind != WR_PG_STRING;
	return wr_pgs_is_word(tokens, 0, "show") && is_show(tokens);
}

/* --- settings -----------------------------------------------------------------------------------
 */

const char *wr_pgs_setting(struct wr_pgs_conn *conn, const char *name, struct wr_text *scratch)
{
	int found = find_setting(name);
	const char *value;

	if (found < 0)
		return wr_client_get(conn->client, name);
	if (settings[found].value != NULL)
		return settings[found].value;
	wr_text_clear(scratch);
	if (strcasecmp(name, "application_name") == 0)
		return conn->set.application_name != NULL ? conn->set.application_name : "";
	if (strcasecmp(name, "session_authorization") == 0)
		return conn->user;
	if (strcasecmp(name, "is_superuser") == 0)
		return conn->who.role == WR_ROLE_ADMIN ? "on" : "off";
	value = wr_client_get(conn->client, "table.local-time-zone");
	return value == NULL || strcmp(value, "default") == 0 ? "UTC" : value;
}

static struct wr_pgs_error *set_zone(struct wr_pgs_conn *conn, const char *value)
{
	struct wr_zone *zone = NULL;
	const char *id = strcasecmp(value, "default") == 0 || strcasecmp(value, "local") == 0
			     ? conn->set.zone_first
			     : value;
	wr_status *status = wr_zone_open(id, &zone);

	if (status == NULL)
		status = wr_client_set(conn->client, "table.local-time-zone", id);
	if (status != NULL) {
		struct wr_pgs_error *error = wr_pgs_error_new(
		    "22023", "invalid value for parameter \"TimeZone\": \"%s\"", value);

		wr_pgs_error_hint(error, status->text);
		wr_zone_close(zone);
		wr_status_free(status);
		return error;
	}
	wr_zone_close(conn->zone);
	conn->zone = zone;
	wr_pgs_parameter_status(conn, "TimeZone", id);
	return NULL;
}

struct wr_pgs_error *wr_pgs_set(struct wr_pgs_conn *conn, const char *name, const char *value)
{
	int found = find_setting(name);
	wr_status *status;

	if (strcasecmp(name, "timezone") == 0)
		return set_zone(conn, value);
	if (strcasecmp(name, "client_encoding") == 0 && strcasecmp(value, "UTF8") != 0 &&
	    strcasecmp(value, "UTF-8") != 0 && strcasecmp(value, "UNICODE") != 0 &&
	    strcasecmp(value, "default") != 0)
		return wr_pgs_error_hint(
		    wr_pgs_error_new("0A000", "texts are UTF-8 here, not %s", value),
		    "SET client_encoding TO 'UTF8'");
	if (found >= 0) {
		if (strcasecmp(name, "application_name") == 0) {
			wr_free(conn->set.application_name);
			conn->set.application_name = wr_strdup(value);
			wr_pgs_parameter_status(conn, "application_name", value);
		} else if (!settings[found].free && strcasecmp(name, "client_encoding") != 0 &&
			   strcasecmp(value, settings[found].value != NULL ? settings[found].value
									   : "") != 0) {
			return wr_pgs_error_new("55P02", "parameter \"%s\" cannot be changed",
						name);
		}
		return NULL;
	}
	status = wr_client_set(conn->client, name, value);
	if (status != NULL) {
		struct wr_pgs_error *error = wr_pgs_error_status(status);

		snprintf(error->state, sizeof error->state, "42704");
		return error;
	}
	return NULL;
}

/* SET [SESSION | LOCAL] name {TO | =} value [, value ...]; SET TIME ZONE value. */
static struct wr_pgs_error *run_set(struct wr_pgs_conn *conn, const struct wr_pgs_tokens *tokens)
{
	struct wr_text name, value;
	struct wr_pgs_error *error = NULL;
	uint32_t i = 1;

	if ((wr_pgs_is_word(tokens, 1, "session") || wr_pgs_is_word(tokens, 1, "local")) &&
	    !wr_pgs_is_op(tokens, 2, "="))
		i = 2;
	if (wr_pgs_is_word(tokens, i, "transaction") ||
	    wr_pgs_is_word(tokens, i, "characteristics") ||
	    wr_pgs_is_word(tokens, i, "constraints"))
		return NULL; /* there is one kind */
	wr_text_init(&name);
	wr_text_init(&value);
	if (wr_pgs_are_words(tokens, i, "TIME ZONE")) {
		wr_text_puts(&name, "TimeZone");
		i += 2;
	} else if (wr_pgs_is_word(tokens, i, "names")) {
		wr_text_puts(&name, "client_encoding");
		i++;
	} else {
		i = name_of(tokens, i, &name);
		if (wr_pgs_is_op(tokens, i, "=") || wr_pgs_is_word(tokens, i, "to"))
			i++;
		else
			error = wr_pgs_error_new("42601", "SET %s needs = or TO and a value",
						 wr_text_str(&name));
	}
	for (uint32_t first = i; i < tokens->count; i++) {
		if (i > first && !wr_pgs_is_op(tokens, i, ",") && !wr_pgs_is_op(tokens, i - 1, "-"))
			wr_text_putc(&value, ' ');
		if (tokens->token[i].kind == WR_PG_WORD)
			wr_text_add(&value, tokens->sql + tokens->token[i].at,
				    tokens->token[i].len);
		else
			wr_pgs_token_value(tokens, i, &value);
	}
	if (error == NULL)
		error = wr_pgs_set(conn, wr_text_str(&name), wr_text_str(&value));
	wr_text_release(&name);
	wr_text_release(&value);
	return error;
}

/* All that the session has set: the options of the engine, and what the startup message said. */
static struct wr_pgs_error *reset_all(struct wr_pgs_conn *conn)
{
	struct weir_error *error = NULL;
	struct wr_outcome outcome;
	enum weir_code code = wr_client_execute(conn->client, "RESET", NULL, &outcome, &error);

	if (code != WEIR_OK)
		return wr_pgs_error_weir(code, error);
	wr_pgs_error_free(wr_pgs_set(conn, "application_name",
				     conn->set.name_first != NULL ? conn->set.name_first : ""));
	return set_zone(conn, conn->set.zone_first);
}

static struct wr_pgs_error *run_reset(struct wr_pgs_conn *conn, const struct wr_pgs_tokens *tokens)
{
	struct wr_text name;
	struct wr_pgs_error *error = NULL;

	wr_text_init(&name);
	name_of(tokens, 1, &name);
	if (strcasecmp(wr_text_str(&name), "all") == 0)
		error = reset_all(conn);
	else if (strcasecmp(wr_text_str(&name), "timezone") == 0 ||
		 wr_pgs_are_words(tokens, 1, "TIME ZONE"))
		error = set_zone(conn, conn->set.zone_first);
	else if (strcasecmp(wr_text_str(&name), "application_name") == 0)
		error = wr_pgs_set(conn, "application_name",
				   conn->set.name_first != NULL ? conn->set.name_first : "");
	else if (find_setting(wr_text_str(&name)) < 0)
		error = wr_pgs_error_hint(
		    wr_pgs_error_new("42704", "unrecognized configuration parameter \"%s\"",
				     wr_text_str(&name)),
		    "RESET 'name' is Flink's, for the engine's options; SHOW ALL tells "
		    "PostgreSQL's");
	wr_text_release(&name);
	return error;
}

/* --- SHOW ---------------------------------------------------------------------------------------
 */

/* The setting that SHOW asks for. */
static void shown_name(const struct wr_pgs_tokens *tokens, struct wr_text *out)
{
	if (wr_pgs_are_words(tokens, 1, "TIME ZONE"))
		wr_text_puts(out, "TimeZone");
	else if (wr_pgs_is_word(tokens, 1, "transaction"))
		wr_text_puts(out, "transaction_isolation");
	else
		name_of(tokens, 1, out);
}

void wr_pgs_command_describe(struct wr_pgs_statement *statement)
{
	struct wr_arena *arena = &statement->arena;
	struct wr_text name;
	bool all = wr_pgs_is_word(&statement->tokens, 1, "all");

	if (!wr_pgs_is_word(&statement->tokens, 0, "show"))
		return;
	wr_text_init(&name);
	shown_name(&statement->tokens, &name);
	statement->column_count = all ? 3 : 1;
	statement->column = WR_NEW_ARRAY(arena, struct wr_pgs_column, 3);
	for (uint32_t i = 0; i < 3; i++)
		statement->column[i] = (struct wr_pgs_column){NULL, &WR_T_STRING, WR_PG_TEXT};
	statement->column[0].name = all ? "name" : wr_arena_strdup(arena, wr_text_str(&name));
	statement->column[1].name = "setting";
	statement->column[2].name = "description";
	wr_text_release(&name);
}

static void run_show(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	struct wr_pgs_statement *statement = portal->statement;
	struct wr_builder *builder[3];
	struct wr_text name, scratch;
	struct wr_batch *batch;
	const char *value;
	uint32_t rows = 1;

	wr_pgs_command_describe(statement);
	wr_text_init(&name);
	wr_text_init(&scratch);
	for (int i = 0; i < 3; i++)
		builder[i] = wr_builder_new(&WR_T_STRING, 8);
	if (statement->column_count == 1) {
		shown_name(&statement->tokens, &name);
		value = wr_pgs_setting(conn, wr_text_str(&name), &scratch);
		wr_builder_str(builder[0], value != NULL ? value : "",
			       value != NULL ? strlen(value) : 0);
	} else {
		rows = WR_COUNT(settings);
		for (uint32_t i = 0; i < rows; i++) {
			value = wr_pgs_setting(conn, settings[i].name, &scratch);
			wr_builder_str(builder[0], settings[i].name, strlen(settings[i].name));
			wr_builder_str(builder[1], value, strlen(value));
			wr_builder_str(builder[2], "", 0);
		}
	}
	batch = wr_batch_new(statement->column_count, rows);
	for (uint32_t i = 0; i < statement->column_count; i++)
		batch->column[i] = wr_builder_finish(builder[i]);
	for (int i = 0; i < 3; i++)
		wr_builder_free(builder[i]);
	portal->result = wr_pgs_result_rows(batch);
	portal->result->column = statement->column;
	portal->result->column_count = statement->column_count;
	portal->word = "SHOW";
	wr_text_release(&name);
	wr_text_release(&scratch);
}

/* --- the others ---------------------------------------------------------------------------------
 */

static void forget(struct wr_pgs_conn *conn, const char *name)
{
	wr_pgs_statement_unref(wr_map_remove(&conn->statement, name));
}

static struct wr_pgs_error *run_deallocate(struct wr_pgs_conn *conn,
					   const struct wr_pgs_tokens *tokens)
{
	uint32_t i = wr_pgs_is_word(tokens, 1, "prepare") ? 2 : 1;
	struct wr_pgs_error *error = NULL;
	struct wr_text name;

	if (wr_pgs_is_word(tokens, i, "all")) {
		while (conn->statement.count > 0)
			forget(conn, conn->statement.entry[0].key);
		return NULL;
	}
	wr_text_init(&name);
	if (i < tokens->count)
		wr_pgs_token_value(tokens, i, &name);
	if (wr_map_get(&conn->statement, wr_text_str(&name)) == NULL)
		error = wr_pgs_error_new("26000", "prepared statement \"%s\" does not exist",
					 wr_text_str(&name));
	else
		forget(conn, wr_text_str(&name));
	wr_text_release(&name);
	return error;
}

static struct wr_pgs_error *run_discard(struct wr_pgs_conn *conn,
					const struct wr_pgs_portal *portal)
{
	if (conn->status != 'I')
		return wr_pgs_error_new("25001",
					"DISCARD ALL cannot run inside a transaction block");
	wr_pgs_cursors_close(conn, portal);
	while (conn->statement.count > 0)
		forget(conn, conn->statement.entry[0].key);
	return reset_all(conn);
}

static void run_transaction(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	const struct wr_pgs_tokens *tokens = &portal->statement->tokens;

	if (wr_pgs_is_word(tokens, 0, "begin") || wr_pgs_is_word(tokens, 0, "start")) {
		if (conn->status != 'I')
			wr_pgs_send_notice(conn, "25001",
					   "there is already a transaction in progress");
		else
			conn->status = 'T';
		portal->word = wr_pgs_is_word(tokens, 0, "begin") ? "BEGIN" : "START TRANSACTION";
		return;
	}
	if (wr_pgs_is_word(tokens, 0, "savepoint") || wr_pgs_is_word(tokens, 0, "release")) {
		portal->word = wr_pgs_is_word(tokens, 0, "release") ? "RELEASE" : "SAVEPOINT";
		return;
	}
	portal->word = "ROLLBACK";
	if (wr_pgs_are_words(tokens, 0, "ROLLBACK TO")) {
		conn->status = 'T';
		return;
	}
	if (conn->status == 'I')
		wr_pgs_send_notice(conn, "25P01", "there is no transaction in progress");
	if (conn->status != 'E' && !wr_pgs_is_word(tokens, 0, "rollback") &&
	    !wr_pgs_is_word(tokens, 0, "abort"))
		portal->word = "COMMIT";
	conn->status = 'I';
	wr_pgs_cursors_end(conn, portal, strcmp(portal->word, "COMMIT") == 0);
}

struct wr_pgs_error *wr_pgs_command_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	const struct wr_pgs_tokens *tokens = &portal->statement->tokens;
	static const char *const transaction[] = {"begin",    "start", "commit",    "end",
						  "rollback", "abort", "savepoint", "release"};
	static const char *const nothing[][2] = {{"unlisten", "UNLISTEN"},
						 {"checkpoint", "CHECKPOINT"}};

	for (size_t i = 0; i < WR_COUNT(transaction); i++)
		if (wr_pgs_is_word(tokens, 0, transaction[i])) {
			run_transaction(conn, portal);
			return NULL;
		}
	if (conn->status == 'E')
		return wr_pgs_error_new("25P02", "current transaction is aborted, commands ignored "
						 "until end of transaction block");
	for (size_t i = 0; i < WR_COUNT(nothing); i++)
		if (wr_pgs_is_word(tokens, 0, nothing[i][0])) {
			portal->word = nothing[i][1];
			return NULL;
		}
	if (wr_pgs_is_word(tokens, 0, "listen"))
		return wr_pgs_error_hint(
		    wr_pgs_error_new("0A000", "there are no notifications here"),
		    "SUBSCRIBE TO a materialized table for its changes");
	if (wr_pgs_is_word(tokens, 0, "show")) {
		run_show(conn, portal);
		return NULL;
	}
	if (wr_pgs_is_word(tokens, 0, "set")) {
		portal->word = "SET";
		return run_set(conn, tokens);
	}
	if (wr_pgs_is_word(tokens, 0, "reset")) {
		portal->word = "RESET";
		return run_reset(conn, tokens);
	}
	if (wr_pgs_is_word(tokens, 0, "deallocate")) {
		portal->word = wr_pgs_is_word(tokens, 1, "all") ? "DEALLOCATE ALL" : "DEALLOCATE";
		return run_deallocate(conn, tokens);
	}
	portal->word = wr_pgs_is_word(tokens, 1, "all") ? "DISCARD ALL" : "DISCARD";
	return wr_pgs_is_word(tokens, 1, "all") ? run_discard(conn, portal) : NULL;
}
