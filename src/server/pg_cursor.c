/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cursor - see pg_cursor.h.
 *
 * Invariants
 *   C1  A portal that runs is not freed by its own statement: CLOSE and the end of a transaction
 *       leave it out.
 *   C2  A FETCH keeps no pointer to its cursor between messages: it is looked up by its name.
 */
#include "server/pg_cursor.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"

enum verb { DECLARE, FETCH, MOVE, CLOSE };
enum way { FORWARD, RELATIVE, ABSOLUTE, BACKWARD };

#define ALL UINT64_MAX

struct wr_pgs_cursor {
	enum verb verb;
	const char *name; /* in the statement's arena; NULL: CLOSE ALL */
	bool hold;        /* DECLARE: WITH HOLD */
	bool binary;      /* DECLARE: its values come in binary where nothing is said */
	enum way way;     /* FETCH, MOVE */
	uint64_t count;   /* ALL, rows, or the row that is asked for */
	struct wr_pgs_statement *query; /* DECLARE: owned */
};

void wr_pgs_cursor_free(struct wr_pgs_cursor *cursor)
{
	if (cursor == NULL)
		return;
	wr_pgs_statement_unref(cursor->query);
	wr_free(cursor);
}

/* --- reading ------------------------------------------------------------------------------------
 */

bool wr_pgs_cursor_asked(const struct wr_pgs_statement *statement)
{
	static const char *const words[] = {"declare", "fetch", "move", "close"};

	for (size_t i = 0; i < WR_COUNT(words); i++)
		if (wr_pgs_is_word(&statement->tokens, 0, words[i]))
			return !statement->copy;
	return false;
}

static struct wr_pgs_error *usage(const struct wr_pgs_statement *statement, uint32_t i)
{
	static const char *const forms[] = {
	    "DECLARE name [NO SCROLL] CURSOR [WITH HOLD | WITHOUT HOLD] FOR SELECT ...",
	    "FETCH [NEXT | [FORWARD] n | [FORWARD] ALL | RELATIVE n | ABSOLUTE n] [FROM] name",
	    "MOVE [NEXT | [FORWARD] n | [FORWARD] ALL | RELATIVE n | ABSOLUTE n] [FROM] name",
	    "CLOSE {name | ALL}"};
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	struct wr_pgs_error *error;

	if (i < tokens->count)
		error = wr_pgs_error_new("42601", "syntax error at or near \"%.*s\"",
					 (int)WR_MIN(tokens->token[i].len, 60u),
					 tokens->sql + tokens->token[i].at);
	else
		error = wr_pgs_error_new("42601", "syntax error at end of input");
	return wr_pgs_error_hint(error, forms[statement->cursor->verb]);
}

static bool is_name(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	return i < tokens->count &&
	       (tokens->token[i].kind == WR_PG_WORD || tokens->token[i].kind == WR_PG_QUOTED);
}

/* The name at the token, which is the last one. */
static struct wr_pgs_error *read_name(struct wr_pgs_statement *statement, uint32_t i, bool last)
{
	struct wr_text name;

	if (!is_name(&statement->tokens, i))
		return usage(statement, i);
	if (last && i + 1 < statement->tokens.count)
		return usage(statement, i + 1);
	wr_text_init(&name);
	wr_pgs_token_value(&statement->tokens, i, &name);
	statement->cursor->name = wr_arena_strdup(&statement->arena, wr_text_str(&name));
	wr_text_release(&name);
	return NULL;
}

/* How many, at the token: behind it; *negative: it goes back. UINT32_MAX: not a number that can be.
 */
static uint32_t read_count(const struct wr_pgs_tokens *tokens, uint32_t i, uint64_t *count,
			   bool *negative)
{
	char digits[16], *end;

	*negative = wr_pgs_is_op(tokens, i, "-");
	i += *negative || wr_pgs_is_op(tokens, i, "+");
	if (i >= tokens->count || tokens->token[i].kind != WR_PG_NUMBER ||
	    tokens->token[i].len >= sizeof digits)
		return UINT32_MAX;
	memcpy(digits, tokens->sql + tokens->token[i].at, tokens->token[i].len);
	digits[tokens->token[i].len] = '\0';
	*count = strtoull(digits, &end, 10);
	return *end != '\0' || *count > INT32_MAX ? UINT32_MAX : i + 1;
}

/* [direction] [FROM | IN] name; i is behind FETCH or MOVE. */
static struct wr_pgs_error *read_way(struct wr_pgs_statement *statement)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	struct wr_pgs_cursor *cursor = statement->cursor;
	static const char *const back[] = {"prior", "last", "backward"};
	bool negative = false;
	uint32_t i = 1, behind;

	cursor->count = 1;
	if (tokens->count == 2)
		return read_name(statement, 1, true);
	for (size_t k = 0; k < WR_COUNT(back); k++)
		if (wr_pgs_is_word(tokens, i, back[k]))
			cursor->way = BACKWARD;
	if (wr_pgs_is_word(tokens, i, "first") || wr_pgs_is_word(tokens, i, "absolute"))
		cursor->way = ABSOLUTE;
	if (wr_pgs_is_word(tokens, i, "relative"))
		cursor->way = RELATIVE;
	if (cursor->way == BACKWARD || wr_pgs_is_word(tokens, i, "first") ||
	    wr_pgs_is_word(tokens, i, "next") || wr_pgs_is_word(tokens, i, "forward"))
		i++;
	else if (cursor->way != FORWARD)
		i++;
	behind = read_count(tokens, i, &cursor->count, &negative);
	if (behind == UINT32_MAX && wr_pgs_is_word(tokens, i, "all") && cursor->way != ABSOLUTE &&
	    cursor->way != RELATIVE) {
		cursor->count = ALL;
		i++;
	} else if (behind != UINT32_MAX) {
		if (wr_pgs_is_word(tokens, 1, "first") || wr_pgs_is_word(tokens, 1, "next") ||
		    wr_pgs_is_word(tokens, 1, "prior") || wr_pgs_is_word(tokens, 1, "last"))
			return usage(statement, i);
		i = behind;
	} else if (wr_pgs_is_word(tokens, 1, "absolute") || wr_pgs_is_word(tokens, 1, "relative")) {
		return usage(statement, i);
	} else {
		cursor->count = 1;
	}
	if (negative)
		cursor->way = BACKWARD;
	i += wr_pgs_is_word(tokens, i, "from") || wr_pgs_is_word(tokens, i, "in");
	return read_name(statement, i, true);
}

/* What stands between the name and FOR; behind FOR, or UINT32_MAX with *error. */
static uint32_t read_options(struct wr_pgs_statement *statement, struct wr_pgs_error **error)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	struct wr_pgs_cursor *cursor = statement->cursor;
	uint32_t i = 2;

	for (; !wr_pgs_is_word(tokens, i, "cursor"); i++) {
		if (wr_pgs_is_word(tokens, i, "binary")) {
			cursor->binary = true;
		} else if (wr_pgs_are_words(tokens, i, "NO SCROLL")) {
			i++;
		} else if (wr_pgs_is_word(tokens, i, "scroll")) {
			*error = wr_pgs_error_hint(
			    wr_pgs_error_new("0A000", "cursors go forward only"),
			    "Leave SCROLL out, and order the query as its rows are wanted");
			return UINT32_MAX;
		} else if (!wr_pgs_is_word(tokens, i, "insensitive") &&
			   !wr_pgs_is_word(tokens, i, "asensitive")) {
			*error = usage(statement, i);
			return UINT32_MAX;
		}
	}
	i++;
	cursor->hold = wr_pgs_are_words(tokens, i, "WITH HOLD");
	if (cursor->hold || wr_pgs_are_words(tokens, i, "WITHOUT HOLD"))
		i += 2;
	if (wr_pgs_is_word(tokens, i, "for"))
		return i + 1;
	*error = usage(statement, i);
	return UINT32_MAX;
}

/* The query of DECLARE, prepared as one of its own: it has the statement's parameters. */
static struct wr_pgs_error *read_query(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement,
				       uint32_t i)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	struct wr_pgs_statement *query = NULL;
	struct wr_pgs_error *error;
	uint32_t at = i < tokens->count ? tokens->token[i].at : 0;
	uint32_t end = tokens->token[tokens->count - 1].at + tokens->token[tokens->count - 1].len;
	uint32_t before = 0;

	if (!wr_pgs_is_word(tokens, i, "select") && !wr_pgs_is_word(tokens, i, "with") &&
	    !wr_pgs_is_word(tokens, i, "values") && !wr_pgs_is_word(tokens, i, "subscribe") &&
	    !wr_pgs_is_op(tokens, i, "("))
		return usage(statement, i);
	for (uint32_t k = 0; k < at; k++)
		before += ((unsigned char)statement->sql[k] & 0xc0) != 0x80;
	error = wr_pgs_prepare(conn, statement->sql + at, end - at, statement->base + before,
			       statement->param_oid, statement->param_count, &query);
	if (error != NULL)
		return error;
	WR_ASSERT(query->param_count == statement->param_count);
	for (uint32_t k = 0; k < query->param_count; k++)
		statement->param_oid[k] = query->param_oid[k];
	statement->cursor->query = query;
	return NULL;
}

struct wr_pgs_error *wr_pgs_cursor_prepare(struct wr_pgs_conn *conn,
					   struct wr_pgs_statement *statement)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	struct wr_pgs_error *error = NULL;
	struct wr_pgs_cursor *cursor = wr_calloc(1, sizeof *cursor);
	uint32_t i;

	statement->cursor = cursor;
	cursor->verb = wr_pgs_is_word(tokens, 0, "declare") ? DECLARE
		       : wr_pgs_is_word(tokens, 0, "fetch") ? FETCH
		       : wr_pgs_is_word(tokens, 0, "move")  ? MOVE
							    : CLOSE;
	switch (cursor->verb) {
	case DECLARE:
		error = read_name(statement, 1, false);
		if (error != NULL)
			return error;
		i = read_options(statement, &error);
		return error != NULL ? error : read_query(conn, statement, i);
	case FETCH:
	case MOVE: return read_way(statement);
	case CLOSE:
		if (tokens->count == 2 && wr_pgs_is_word(tokens, 1, "all"))
			return NULL;
		return read_name(statement, 1, true);
	}
	return NULL;
}

/* --- DECLARE and CLOSE --------------------------------------------------------------------------
 */

/* The values of `from`, which has the same parameters. */
static void take_values(struct wr_pgs_portal *portal, const struct wr_pgs_portal *from)
{
	wr_text_add(&portal->bytes, from->bytes.data, from->bytes.len);
	for (uint32_t i = 0; i < from->statement->param_count; i++) {
		portal->param[i] = from->param[i];
		if (from->param[i].data != NULL)
			portal->param[i].data =
			    portal->bytes.data + (from->param[i].data - from->bytes.data);
	}
}

static struct wr_pgs_error *declare(struct wr_pgs_conn *conn, const struct wr_pgs_portal *portal)
{
	const struct wr_pgs_cursor *cursor = portal->statement->cursor;
	struct wr_pgs_portal *made;
	struct wr_pgs_error *error;

	if (!cursor->hold && conn->status == 'I' && !conn->several)
		return wr_pgs_error_hint(
		    wr_pgs_error_new("25P01",
				     "DECLARE CURSOR can only be used in transaction blocks"),
		    "BEGIN first, or declare it WITH HOLD");
	if (wr_map_get(&conn->portal, cursor->name) != NULL)
		return wr_pgs_error_new("42P03", "cursor \"%s\" already exists", cursor->name);
	if (conn->portal.count >= WR_PG_STATEMENTS_MAX)
		return wr_pgs_error_hint(
		    wr_pgs_error_new("53000", "there are %d cursors and portals already",
				     WR_PG_STATEMENTS_MAX),
		    "CLOSE those that are not needed");
	made = wr_pgs_portal_new(cursor->query);
	take_values(made, portal);
	made->is_cursor = true;
	made->hold = cursor->hold;
	made->uncommitted = conn->status != 'I' || conn->several;
	if (cursor->binary) {
		made->format = wr_calloc(1, sizeof *made->format);
		made->format[0] = 1;
		made->format_count = 1;
	}
	error = wr_pgs_portal_begin(conn, made);
	if (error == NULL && made->result == NULL)
		error = wr_pgs_error_new("42601", "a cursor is for a query that gives rows");
	if (error != NULL) {
		wr_pgs_portal_free(conn, made);
		return error;
	}
	wr_map_put(&conn->portal, cursor->name, made);
	return NULL;
}

static struct wr_pgs_error *unknown(const char *name)
{
	return wr_pgs_error_hint(wr_pgs_error_new("34000", "cursor \"%s\" does not exist", name),
				 "DECLARE it within the transaction: it ends with it");
}

static struct wr_pgs_error *close_named(struct wr_pgs_conn *conn,
					const struct wr_pgs_portal *running)
{
	const char *name = running->statement->cursor->name;
	struct wr_pgs_portal *portal = wr_map_get(&conn->portal, name);

	if (portal == NULL)
		return unknown(name);
	if (portal == running) /* C1 */
		return wr_pgs_error_new("24000", "cannot drop active portal \"%s\"", name);
	wr_pgs_portal_free(conn, wr_map_remove(&conn->portal, name));
	return NULL;
}

void wr_pgs_cursors_close(struct wr_pgs_conn *conn, const struct wr_pgs_portal *running)
{
	for (uint32_t i = conn->portal.count; i-- > 0;) {
		struct wr_pgs_portal *portal = conn->portal.entry[i].value;

		if (portal != running) /* C1 */
			wr_pgs_portal_free(conn,
					   wr_map_remove(&conn->portal, conn->portal.entry[i].key));
	}
}

void wr_pgs_cursors_end(struct wr_pgs_conn *conn, const struct wr_pgs_portal *running,
			bool committed)
{
	for (uint32_t i = conn->portal.count; i-- > 0;) {
		struct wr_pgs_portal *portal = conn->portal.entry[i].value;

		if (portal->hold && (committed || !portal->uncommitted))
			portal->uncommitted = false;
		else if (portal != running) /* C1 */
			wr_pgs_portal_free(conn,
					   wr_map_remove(&conn->portal, conn->portal.entry[i].key));
	}
}

void wr_pgs_cursors_list(struct wr_pgs_conn *conn, struct wr_text *sql)
{
	wr_text_puts(sql, "DELETE FROM pg_cursors;");
	for (uint32_t i = 0; i < conn->portal.count; i++) {
		const struct wr_pgs_portal *portal = conn->portal.entry[i].value;

		if (!portal->is_cursor)
			continue;
		wr_text_puts(sql, "INSERT INTO pg_cursors VALUES(");
		wr_pgs_put_literal(sql, conn->portal.entry[i].key,
				   strlen(conn->portal.entry[i].key));
		wr_text_putc(sql, ',');
		wr_pgs_put_literal(sql, portal->statement->sql, strlen(portal->statement->sql));
		wr_text_printf(sql, ",%d,%d,0,NULL);", portal->hold, portal->format_count > 0);
	}
}

/* --- FETCH and MOVE -----------------------------------------------------------------------------
 */

static struct wr_pgs_error *find(struct wr_pgs_conn *conn, const char *name,
				 struct wr_pgs_portal **out)
{
	*out = wr_map_get(&conn->portal, name);
	if (*out == NULL)
		return unknown(name);
	if ((*out)->result == NULL || (*out)->failed || (*out)->statement->copy)
		return wr_pgs_error_new("55000", "portal \"%s\" cannot be run", name);
	return NULL;
}

static struct wr_pgs_error *backward(void)
{
	return wr_pgs_error_hint(wr_pgs_error_new("55000", "cursor can only scan forward"),
				 "Order the query as its rows are wanted, or declare it again");
}

/* How many rows are left out first, and how many given then. */
static struct wr_pgs_error *plan(const struct wr_pgs_cursor *cursor,
				 const struct wr_pgs_portal *from, struct wr_pgs_portal *portal)
{
	uint64_t count = cursor->count;

	portal->skip = 0;
	portal->left = count;
	switch (cursor->way) {
	case FORWARD: break;
	case BACKWARD: return backward();
	case RELATIVE:
		portal->skip = count > 0 ? count - 1 : 0;
		portal->left = count > 0;
		break;
	case ABSOLUTE:
		if (count <= from->rows)
			return backward();
		portal->skip = count - from->rows - 1;
		portal->left = 1;
		break;
	}
	/* The row once more where it stands. */
	return count == 0 && cursor->verb == FETCH && from->rows > 0 ? backward() : NULL;
}

struct wr_pgs_error *wr_pgs_cursor_begin(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	static const char *const words[] = {"DECLARE CURSOR", "FETCH", "MOVE", "CLOSE CURSOR"};
	const struct wr_pgs_cursor *cursor = portal->statement->cursor;
	struct wr_pgs_portal *from;
	struct wr_pgs_error *error;

	portal->word = words[cursor->verb];
	switch (cursor->verb) {
	case DECLARE: return declare(conn, portal);
	case CLOSE:
		if (cursor->name != NULL)
			return close_named(conn, portal);
		wr_pgs_cursors_close(conn, portal);
		portal->word = "CLOSE CURSOR ALL";
		return NULL;
	case FETCH:
	case MOVE: break;
	}
	error = find(conn, cursor->name, &from);
	if (error == NULL)
		error = plan(cursor, from, portal);
	if (error == NULL && portal->format_count == 0 && from->format_count == 1) {
		portal->format = wr_calloc(1, sizeof *portal->format);
		portal->format[0] = from->format[0];
		portal->format_count = 1;
	}
	return error;
}

const struct wr_pgs_column *wr_pgs_cursor_columns(struct wr_pgs_conn *conn,
						  const struct wr_pgs_statement *statement,
						  uint32_t *count)
{
	const struct wr_pgs_cursor *cursor = statement->cursor;
	struct wr_pgs_portal *from =
	    cursor->verb == FETCH ? wr_map_get(&conn->portal, cursor->name) : NULL;

	*count = from != NULL && from->result != NULL ? from->result->column_count : 0;
	return *count > 0 ? from->result->column : NULL;
}

/* Rows of the cursor: sent, or left out. */
static struct wr_pgs_error *take(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				 struct wr_pgs_portal *from, bool left_out, uint64_t max,
				 uint64_t *given)
{
	struct wr_pgs_error *error = NULL;
	bool end = from->done;

	*given = 0;
	if (!end)
		error = wr_pgs_give_rows(conn, portal, from->result, left_out, max, given, &end);
	from->rows += *given;
	from->done = end;
	from->failed = error != NULL;
	return error;
}

struct wr_pgs_error *wr_pgs_cursor_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal,
				       uint64_t rows_max, bool *suspended)
{
	const struct wr_pgs_cursor *cursor = portal->statement->cursor;
	struct wr_pgs_portal *from;
	struct wr_pgs_error *error;
	uint64_t given, max;

	if (cursor->verb == DECLARE || cursor->verb == CLOSE)
		return NULL;
	error = find(conn, cursor->name, &from);
	if (error == NULL && portal->skip > 0) {
		error = take(conn, portal, from, true, portal->skip, &given);
		portal->skip = 0;
	}
	if (error != NULL)
		return error;
	max = rows_max > 0 && cursor->verb == FETCH ? WR_MIN(portal->left, rows_max) : portal->left;
	error = take(conn, portal, from, cursor->verb == MOVE, max, &given);
	portal->rows += given;
	if (portal->left != ALL)
		portal->left -= given;
	*suspended = error == NULL && given == max && portal->left > 0 && !from->done;
	return error;
}
