/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_session - the messages of a connection that has logged in: simple queries, and the extended
 * protocol's Parse, Bind, Describe, Execute, Close, Flush and Sync.
 *
 * After an error of the extended protocol everything is ignored up to the next Sync.
 */
#include <stdio.h>

#include "base/mem.h"
#include "engine/settings.h"
#include "server/pg_catalog.h"
#include "server/pg_cursor.h"
#include "server/pg_query.h"

void wr_pgs_ready(struct wr_pgs_conn *conn)
{
	wr_pgs_begin(&conn->wire, 'Z');
	wr_pgs_add_u8(&conn->wire, (uint8_t)conn->status);
	wr_pgs_end(&conn->wire);
}

static struct wr_pgs_error *malformed(const char *what)
{
	return wr_pgs_error_new("08P01", "malformed %s message", what);
}

/* --- simple queries -----------------------------------------------------------------------------
 */

/* Characters of a text. */
static uint32_t characters(const char *at, size_t len)
{
	uint32_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)at[i] & 0xc0) != 0x80;
	return count;
}

static struct wr_pgs_error *run_one(struct wr_pgs_conn *conn, const char *query, uint32_t begin,
				    uint32_t end)
{
	struct wr_pgs_statement *statement;
	struct wr_pgs_portal *portal;
	const struct wr_pgs_column *column;
	uint32_t count;
	struct wr_pgs_error *error = wr_pgs_prepare(conn, query + begin, end - begin,
						    characters(query, begin), NULL, 0, &statement);

	if (error != NULL)
		return error;
	portal = wr_pgs_portal_new(statement);
	if (statement->param_count > 0)
		error =
		    wr_pgs_error_new("42P02", "there is no parameter $%u", statement->param_count);
	if (error == NULL)
		error = wr_pgs_portal_begin(conn, portal);
	if (error == NULL && statement->kind == WR_PG_CURSOR) {
		column = wr_pgs_cursor_columns(conn, statement, &count);
		if (count > 0)
			wr_pgs_send_columns(conn, column, count, portal->format,
					    portal->format_count);
	} else if (error == NULL && portal->result != NULL && !statement->copy)
		wr_pgs_send_columns(conn, portal->result->column, portal->result->column_count,
				    NULL, 0);
	if (error == NULL)
		error = wr_pgs_portal_run(conn, portal, 0);
	wr_pgs_portal_free(conn, portal);
	wr_pgs_statement_unref(statement);
	return error;
}

static void simple_query(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	const char *query = wr_pgs_get_string(message);
	struct wr_pgs_error *error = NULL;
	struct wr_pgs_tokens tokens;
	bool any = false, failed;

	if (message->bad) {
		wr_pgs_send_error(conn, malformed("Query"), false);
		wr_pgs_ready(conn);
		return;
	}
	wr_pgs_scan(query, strlen(query), &tokens);
	conn->several = wr_pgs_statement_end(&tokens, 0) + 1 < tokens.count;
	for (uint32_t i = 0; i < tokens.count && error == NULL;) {
		uint32_t end = wr_pgs_statement_end(&tokens, i);

		if (end > i) {
			uint32_t to =
			    end < tokens.count ? tokens.token[end].at : (uint32_t)strlen(query);

			any = true;
			error = run_one(conn, query, tokens.token[i].at, to);
		}
		i = end + 1;
	}
	failed = error != NULL;
	if (failed) {
		wr_pgs_send_error(conn, error, false);
	} else if (!any) {
		wr_pgs_begin(&conn->wire, 'I');
		wr_pgs_end(&conn->wire);
	}
	wr_pgs_tokens_release(&tokens);
	if (conn->several && conn->status == 'I')
		wr_pgs_cursors_end(conn, NULL, !failed);
	conn->several = false;
	wr_pgs_ready(conn);
}

/* --- the extended protocol ----------------------------------------------------------------------
 */

static void drop_portal(struct wr_pgs_conn *conn, const char *name)
{
	wr_pgs_portal_free(conn, wr_map_remove(&conn->portal, name));
}

static struct wr_pgs_error *parse(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	const char *name = wr_pgs_get_string(message), *query = wr_pgs_get_string(message);
	struct wr_pgs_statement *statement;
	uint32_t oid[WR_PG_PARAMS_MAX];
	uint16_t count = wr_pgs_get_u16(message);
	struct wr_pgs_error *error;

	if (message->bad || count > WR_PG_PARAMS_MAX)
		return malformed("Parse");
	for (uint16_t i = 0; i < count; i++)
		oid[i] = wr_pgs_get_u32(message);
	if (message->bad)
		return malformed("Parse");
	if (*name != '\0' && wr_map_get(&conn->statement, name) != NULL)
		return wr_pgs_error_new("42P05", "prepared statement \"%s\" already exists", name);
	if (conn->statement.count >= WR_PG_STATEMENTS_MAX)
		return wr_pgs_error_hint(
		    wr_pgs_error_new("53000", "there are %d prepared statements already",
				     WR_PG_STATEMENTS_MAX),
		    "Close those that are not needed");
	error = wr_pgs_prepare(conn, query, strlen(query), 0, oid, count, &statement);
	if (error != NULL)
		return error;
	if (wr_pgs_statement_end(&statement->tokens, 0) < statement->tokens.count) {
		wr_pgs_statement_unref(statement);
		return wr_pgs_error_new(
		    "42601", "cannot insert multiple commands into a prepared statement");
	}
	wr_pgs_statement_unref(wr_map_put(&conn->statement, name, statement));
	wr_pgs_begin(&conn->wire, '1');
	wr_pgs_end(&conn->wire);
	return NULL;
}

/* Values and formats of Bind, behind its two names. */
static struct wr_pgs_error *read_values(struct wr_pgs_portal *portal,
					struct wr_pgs_message *message)
{
	uint16_t formats = wr_pgs_get_u16(message), format[WR_PG_PARAMS_MAX] = {0}, count;

	if (message->bad || formats > WR_PG_PARAMS_MAX)
		return malformed("Bind");
	for (uint16_t i = 0; i < formats; i++)
		format[i] = wr_pgs_get_u16(message);
	count = wr_pgs_get_u16(message);
	if (message->bad)
		return malformed("Bind");
	if (count != portal->statement->param_count || (formats > 1 && formats != count))
		return wr_pgs_error_new("08P01",
					"bind message supplies %u parameters, but prepared "
					"statement requires %u",
					count, portal->statement->param_count);
	wr_text_add(&portal->bytes, message->at, (size_t)(message->end - message->at));
	for (uint16_t i = 0; i < count; i++) {
		const char *from = message->at;
		uint32_t len = wr_pgs_get_u32(message);
		size_t left = (size_t)(message->end - from);

		portal->param[i].binary = formats == 0 ? false : format[formats == 1 ? 0 : i] == 1;
		if (message->bad || len == UINT32_MAX)
			continue;
		if (wr_pgs_get_bytes(message, len) == NULL)
			break;
		portal->param[i].len = len;
		portal->param[i].data = portal->bytes.data + (portal->bytes.len - left) + 4;
	}
	portal->format_count = wr_pgs_get_u16(message);
	if (message->bad)
		return malformed("Bind");
	portal->format = wr_calloc(portal->format_count + 1, sizeof *portal->format);
	for (uint32_t i = 0; i < portal->format_count; i++)
		portal->format[i] = wr_pgs_get_u16(message);
	return message->bad ? malformed("Bind") : NULL;
}

static struct wr_pgs_error *bind(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	const char *name = wr_pgs_get_string(message), *of = wr_pgs_get_string(message);
	struct wr_pgs_statement *statement = wr_map_get(&conn->statement, of);
	struct wr_pgs_portal *portal;
	struct wr_pgs_error *error;

	if (message->bad)
		return malformed("Bind");
	if (statement == NULL)
		return wr_pgs_error_new("26000", "prepared statement \"%s\" does not exist", of);
	if (*name != '\0' && wr_map_get(&conn->portal, name) != NULL)
		return wr_pgs_error_new("42P03", "cursor \"%s\" already exists", name);
	if (conn->portal.count >= WR_PG_STATEMENTS_MAX)
		return wr_pgs_error_new("53000", "there are %d portals already",
					WR_PG_STATEMENTS_MAX);
	portal = wr_pgs_portal_new(statement);
	error = read_values(portal, message);
	if (error == NULL && portal->format_count > 1) {
		error = wr_pgs_describe(conn, statement);
		if (error == NULL && portal->format_count != statement->column_count)
			error = wr_pgs_error_new("08P01",
						 "bind message has %u result formats but query "
						 "has %u columns",
						 portal->format_count, statement->column_count);
	}
	if (error != NULL) {
		wr_pgs_portal_free(conn, portal);
		return error;
	}
	drop_portal(conn, name);
	wr_map_put(&conn->portal, name, portal);
	wr_pgs_begin(&conn->wire, '2');
	wr_pgs_end(&conn->wire);
	return NULL;
}

static struct wr_pgs_error *describe_portal(struct wr_pgs_conn *conn, const char *name)
{
	struct wr_pgs_portal *portal = wr_map_get(&conn->portal, name);
	struct wr_pgs_statement *statement;
	struct wr_pgs_error *error;

	if (portal == NULL)
		return wr_pgs_error_new("34000", "portal \"%s\" does not exist", name);
	statement = portal->statement;
	/* What runs says best what it gives, and a plan less is made. */
	if (((statement->kind == WR_PG_QUERY && statement->is_select) ||
	     (statement->kind == WR_PG_CATALOG && !statement->described)) &&
	    !statement->copy) {
		error = wr_pgs_portal_begin(conn, portal);
		if (error == NULL)
			wr_pgs_send_columns(conn, portal->result->column,
					    portal->result->column_count, portal->format,
					    portal->format_count);
		return error;
	}
	error = wr_pgs_describe(conn, statement);
	if (error == NULL)
		wr_pgs_send_columns(conn, statement->column,
				    statement->copy ? 0 : statement->column_count, portal->format,
				    portal->format_count);
	return error;
}

static struct wr_pgs_error *describe(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	char what = (char)wr_pgs_get_u8(message);
	const char *name = wr_pgs_get_string(message);
	struct wr_pgs_statement *statement;
	struct wr_pgs_error *error;

	if (message->bad || (what != 'S' && what != 'P'))
		return malformed("Describe");
	if (what == 'P')
		return describe_portal(conn, name);
	statement = wr_map_get(&conn->statement, name);
	if (statement == NULL)
		return wr_pgs_error_new("26000", "prepared statement \"%s\" does not exist", name);
	error = wr_pgs_describe(conn, statement);
	if (error != NULL)
		return error;
	wr_pgs_begin(&conn->wire, 't');
	wr_pgs_add_u16(&conn->wire, (uint16_t)statement->param_count);
	for (uint32_t i = 0; i < statement->param_count; i++)
		wr_pgs_add_u32(&conn->wire,
			       statement->param_oid[i] != 0 ? statement->param_oid[i] : WR_PG_TEXT);
	wr_pgs_end(&conn->wire);
	wr_pgs_send_columns(conn, statement->column, statement->copy ? 0 : statement->column_count,
			    NULL, 0);
	return NULL;
}

static struct wr_pgs_error *execute(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	const char *name = wr_pgs_get_string(message);
	uint32_t rows_max = wr_pgs_get_u32(message);
	struct wr_pgs_portal *portal = wr_map_get(&conn->portal, name);

	if (message->bad)
		return malformed("Execute");
	if (portal == NULL)
		return wr_pgs_error_new("34000", "portal \"%s\" does not exist", name);
	return wr_pgs_portal_run(conn, portal, (int32_t)rows_max < 0 ? 0 : rows_max);
}

static struct wr_pgs_error *close_one(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	char what = (char)wr_pgs_get_u8(message);
	const char *name = wr_pgs_get_string(message);

	if (message->bad || (what != 'S' && what != 'P'))
		return malformed("Close");
	if (what == 'S')
		wr_pgs_statement_unref(wr_map_remove(&conn->statement, name));
	else
		drop_portal(conn, name);
	wr_pgs_begin(&conn->wire, '3');
	wr_pgs_end(&conn->wire);
	return NULL;
}

/* --- all ----------------------------------------------------------------------------------------
 */

/* Portals end with their transaction, and without one with each Sync. */
static void drop_portals(struct wr_pgs_conn *conn)
{
	if (conn->status == 'I')
		wr_pgs_cursors_end(conn, NULL, true);
}

/* false: the connection ends. */
static bool handle(struct wr_pgs_conn *conn, struct wr_pgs_message *message)
{
	struct wr_pgs_error *error = NULL;

	if (message->type == 'X')
		return false;
	if (conn->skipping && message->type != 'S')
		return true;
	switch (message->type) {
	case 'Q':
		simple_query(conn, message);
		drop_portals(conn);
		break;
	case 'P': error = parse(conn, message); break;
	case 'B': error = bind(conn, message); break;
	case 'D': error = describe(conn, message); break;
	case 'E': error = execute(conn, message); break;
	case 'C': error = close_one(conn, message); break;
	case 'H': wr_pgs_wire_flush(&conn->wire); break;
	case 'S':
		conn->skipping = false;
		drop_portals(conn);
		wr_pgs_ready(conn);
		break;
	case 'd':
	case 'c':
	case 'f': break; /* of a COPY that was refused */
	case 'F':
		error = wr_pgs_error_new("0A000", "function calls are not spoken here");
		wr_pgs_send_error(conn, error, false);
		wr_pgs_ready(conn);
		return true;
	default:
		wr_pgs_send_error(
		    conn, wr_pgs_error_new("08P01", "invalid message type %d", message->type),
		    true);
		return false;
	}
	if (error != NULL) {
		wr_pgs_send_error(conn, error, false);
		conn->skipping = true;
	}
	return !conn->wire.broken;
}

void wr_pgs_session(struct wr_pgs_conn *conn)
{
	int64_t idle_ms =
	    wr_options_i64(&conn->pg->server->config->options, "server.sessions.idle-timeout");
	struct wr_pgs_message message;
	struct wr_text scratch;
	bool goes_on = true;

	wr_text_init(&scratch);
	wr_status_free(wr_zone_open(wr_pgs_setting(conn, "TimeZone", &scratch), &conn->zone));
	wr_text_release(&scratch);
	wr_pgs_ready(conn);
	while (goes_on && !atomic_load(&conn->ended)) {
		enum wr_pgs_got got;

		if (!wr_pgs_wire_waits(&conn->wire))
			wr_pgs_wire_flush(&conn->wire);
		got = wr_pgs_wire_read(&conn->wire, true, idle_ms, &message);
		if (got == WR_PG_GOT_NOTHING)
			wr_pgs_send_error(
			    conn, wr_pgs_error_new("57P05", "the connection was idle for too long"),
			    true);
		if (got == WR_PG_GOT_TOO_LONG)
			wr_pgs_send_error(
			    conn,
			    wr_pgs_error_hint(wr_pgs_error_new("08P01", "invalid message length"),
					      "Messages have at most server.request.max-size "
					      "bytes"),
			    true);
		if (got != WR_PG_GOT)
			break;
		atomic_store(&conn->cancelled, atomic_load(&conn->ended));
		atomic_store(&conn->busy, true);
		goes_on = handle(conn, &message);
		atomic_store(&conn->busy, false);
	}
	if (atomic_load(&conn->ended))
		wr_pgs_send_stop(conn); /* before what may take its time */
	while (conn->portal.count > 0)
		drop_portal(conn, conn->portal.entry[0].key);
	while (conn->statement.count > 0)
		wr_pgs_statement_unref(
		    wr_map_remove(&conn->statement, conn->statement.entry[0].key));
	wr_pgs_catalog_free(conn->catalog);
}
