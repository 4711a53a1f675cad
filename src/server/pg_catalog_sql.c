/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_sql - SQLite's form of what clients ask the system catalog.
 *
 *     pg_catalog.x                x
 *     x::regclass                 regclass(x); ::text, ::int8 CAST(x AS ..); other casts go
 *     a ~ b, a !~ b, ~*           a REGEXP b; OPERATOR(pg_catalog.~) as well
 *     a ~~ b, ILIKE               LIKE
 *     COLLATE pg_catalog.x        nothing
 *     = ANY (array), <> ALL       [NOT] IN (SELECT value FROM json_each(pg_array(array)))
 *     ARRAY[a, b]                 pg_array_of(a, b)
 *     ARRAY(SELECT ..)            pg_array_agg over the query
 *     a[i]                        pg_array_get(a, i)
 *     (row).x                     json_extract((row), '$.x')
 *     current_user ...            the value
 *     $1                          ?1
 *
 * Functions that give rows are in pg_catalog_rows.c, calls with words in them in pg_catalog_call.c.
 */
#include <strings.h>

#include "base/mem.h"
#include "server/pg_catalog_writer.h"

static void insert(struct wr_text *text, size_t at, const char *what)
{
	size_t len = strlen(what);

	wr_text_reserve(text, len);
	memmove(text->data + at + len, text->data + at, text->len - at + 1);
	memcpy(text->data + at, what, len);
	text->len += len;
}

const char *wr_pgs_writer_value(struct wr_pgs_writer *writer, uint32_t i)
{
	wr_text_clear(&writer->value);
	if (i < writer->end)
		wr_pgs_token_value(writer->tokens, i, &writer->value);
	return wr_text_str(&writer->value);
}

/* x::type, x written; behind the type. */
static uint32_t put_cast(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	static const char *const text_types[] = {"text", "varchar", "name", "character"};
	static const char *const int_types[] = {"int2",    "int4",   "int8", "int",
						"integer", "bigint", "oid",  "smallint"};
	const char *before = NULL, *after = ")", *type;

	i++;
	if (wr_pgs_is_word(tokens, i, "pg_catalog") && wr_pgs_is_op(tokens, i + 1, "."))
		i += 2;
	type = wr_pgs_writer_value(writer, i);
	i += wr_pgs_is_word(tokens, i + 1, "varying") || wr_pgs_is_word(tokens, i + 1, "precision")
		 ? 2
		 : 1;
	if (wr_pgs_is_op(tokens, i, "[")) {
		i += 2;
		type = "";
	}
	for (size_t k = 0; k < WR_COUNT(text_types); k++)
		if (strcmp(type, text_types[k]) == 0) {
			before = "CAST(";
			after = " AS TEXT)";
		}
	for (size_t k = 0; k < WR_COUNT(int_types); k++)
		if (strcmp(type, int_types[k]) == 0) {
			before = "CAST(";
			after = " AS INTEGER)";
		}
	if (strcmp(type, "regclass") == 0)
		before = "pg_regclass(";
	else if (strcmp(type, "regtype") == 0)
		before = "pg_regtype(";
	else if (strcmp(type, "regnamespace") == 0)
		before = "pg_regnamespace(";
	else if (strcmp(type, "bool") == 0 || strcmp(type, "boolean") == 0)
		before = "pg_bool(";
	if (before != NULL && writer->operand != SIZE_MAX) {
		insert(writer->out, writer->operand, before);
		wr_text_puts(writer->out, after);
	}
	if (wr_pgs_is_op(tokens, i, "(")) /* varchar(10) */
		while (i < writer->end && !wr_pgs_is_op(tokens, i++, ")"))
			;
	return i;
}

/* An operator of PostgreSQL's by itself; NULL: SQLite has it. */
static const char *operator_of(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	static const char *const ops[][2] = {{"~", " REGEXP "},
					     {"!~", " NOT REGEXP "},
					     {"~*", " REGEXP '(?i)' || "},
					     {"!~*", " NOT REGEXP '(?i)' || "},
					     {"~~", " LIKE "},
					     {"!~~", " NOT LIKE "},
					     {"~~*", " LIKE "},
					     {"!~~*", " NOT LIKE "}};

	for (size_t k = 0; k < WR_COUNT(ops); k++)
		if (wr_pgs_is_op(tokens, i, ops[k][0]))
			return ops[k][1];
	return NULL;
}

struct wr_pgs_frame *wr_pgs_writer_frame(struct wr_pgs_writer *writer)
{
	return &writer->frame[WR_MIN(writer->depth, WR_PGS_DEPTH_MAX - 1)];
}

struct wr_pgs_frame *wr_pgs_writer_open(struct wr_pgs_writer *writer, const char *text,
					size_t operand, const char *closes)
{
	struct wr_pgs_frame *frame;

	wr_text_puts(writer->out, text);
	writer->depth++;
	frame = wr_pgs_writer_frame(writer);
	wr_text_release(&frame->row);
	*frame =
	    (struct wr_pgs_frame){.operand = operand, .begin = writer->out->len, .closes = closes};
	writer->operand = SIZE_MAX;
	return frame;
}

static void close_one(struct wr_pgs_writer *writer)
{
	struct wr_pgs_frame *frame = wr_pgs_writer_frame(writer);

	wr_pgs_rows_join(writer);
	wr_pgs_call_close(writer);
	if (frame->closes != NULL)
		wr_text_puts(writer->out, frame->closes);
	wr_text_putc(writer->out, ')');
	writer->operand = writer->depth > 0 ? frame->operand : SIZE_MAX;
	writer->depth -= writer->depth > 0;
}

static bool ends_operand(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	static const char *const words[] = {
	    "select", "from",  "where", "and",    "or",   "not",  "in",      "as",      "on",
	    "by",     "case",  "when",  "then",   "else", "like", "is",      "between", "using",
	    "union",  "limit", "join",  "values", "any",  "all",  "distinct"};

	if (tokens->token[i].kind == WR_PG_OP)
		return true;
	for (size_t k = 0; k < WR_COUNT(words); k++)
		if (wr_pgs_is_word(tokens, i, words[k]))
			return true;
	return false;
}

/* Words that are values of the connection. */
static bool put_known(struct wr_pgs_writer *writer, uint32_t i)
{
	static const char *const users[] = {"current_user", "session_user", "user", "current_role"};
	const struct wr_pgs_tokens *tokens = writer->tokens;

	if (wr_pgs_is_op(tokens, i + 1, "(") || wr_pgs_is_op(tokens, i + 1, ".") ||
	    (i > 0 && wr_pgs_is_op(tokens, i - 1, ".")))
		return false;
	for (size_t k = 0; k < WR_COUNT(users); k++)
		if (wr_pgs_is_word(tokens, i, users[k])) {
			wr_pgs_put_literal(writer->out, writer->conn->user,
					   strlen(writer->conn->user));
			return true;
		}
	if (wr_pgs_is_word(tokens, i, "current_catalog")) {
		wr_text_puts(writer->out, "current_database()");
		return true;
	}
	return false;
}

/* Names of functions that SQLite has under another. */
static const char *function_of(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	static const char *const names[][2] = {{"now", "pg_now"},
					       {"json_agg", "json_group_array"},
					       {"jsonb_agg", "json_group_array"},
					       {"json_build_object", "json_object"},
					       {"jsonb_build_object", "json_object"},
					       {"bool_or", "max"},
					       {"bool_and", "min"},
					       {"every", "min"},
					       {"greatest", "max"},
					       {"least", "min"},
					       {"char_length", "length"}};

	for (size_t k = 0; k < WR_COUNT(names); k++)
		if (wr_pgs_is_word(tokens, i, names[k][0]))
			return names[k][1];
	return NULL;
}

static void put_plain(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_token *token = &writer->tokens->token[i];
	size_t at = writer->out->len;
	bool name_before = i > 0 && wr_pgs_is_op(writer->tokens, i - 1, ".");
	const char *name;

	switch (token->kind) {
	case WR_PG_STRING:
		name = wr_pgs_writer_value(writer, i);
		wr_pgs_put_literal(writer->out, name, writer->value.len);
		break;
	case WR_PG_PARAM: wr_text_printf(writer->out, "?%u", token->param); break;
	default:
		name = wr_pgs_is_op(writer->tokens, i + 1, "(") ? function_of(writer->tokens, i)
								: NULL;
		if (name != NULL)
			wr_text_puts(writer->out, name);
		else if (token->kind != WR_PG_WORD || !put_known(writer, i))
			wr_text_add(writer->out, writer->tokens->sql + token->at, token->len);
		break;
	}
	if (wr_pgs_is_op(writer->tokens, i, "."))
		return;
	if (ends_operand(writer->tokens, i))
		writer->operand = SIZE_MAX;
	else if (!name_before)
		writer->operand = at;
}

static bool is_call(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	return i > 0 && !ends_operand(tokens, i - 1) && tokens->token[i - 1].kind <= WR_PG_BACK;
}

uint32_t wr_pgs_writer_closing(const struct wr_pgs_writer *writer, uint32_t i)
{
	uint32_t depth = 0;

	for (; i < writer->end; i++) {
		depth += wr_pgs_is_op(writer->tokens, i, "(");
		depth -= wr_pgs_is_op(writer->tokens, i, ")");
		if (depth == 0)
			break;
	}
	return i;
}

void wr_pgs_writer_range(struct wr_pgs_writer *writer, uint32_t i, uint32_t end)
{
	while (i < end) {
		wr_text_putc(writer->out, ' ');
		i = wr_pgs_writer_put(writer, i);
	}
}

/* The clause that the token begins, if it does. */
static void note_clause(struct wr_pgs_writer *writer, uint32_t i)
{
	struct wr_pgs_frame *frame = wr_pgs_writer_frame(writer);
	uint8_t next = (uint8_t)wr_pgs_clause_next(writer->tokens, i, frame->clause);

	if (next == frame->clause && next != WR_PGS_LIST)
		return;
	if (next == WR_PGS_OTHER)
		wr_pgs_rows_join(writer);
	if (next != WR_PGS_OTHER && next != frame->clause)
		frame->from = next == WR_PGS_FROM;
	frame->clause = next;
}

/* = ANY, = SOME, <> ALL. */
static bool is_any(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	if (wr_pgs_is_op(tokens, i, "="))
		return wr_pgs_is_word(tokens, i + 1, "any") ||
		       wr_pgs_is_word(tokens, i + 1, "some");
	return (wr_pgs_is_op(tokens, i, "<>") || wr_pgs_is_op(tokens, i, "!=")) &&
	       wr_pgs_is_word(tokens, i + 1, "all");
}

/* What opens or closes; behind it. UINT32_MAX: the token does neither. */
static uint32_t put_bracket(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;

	if (wr_pgs_is_op(tokens, i + 2, "(") && is_any(tokens, i)) {
		bool query = wr_pgs_is_word(tokens, i + 3, "select");

		wr_text_puts(writer->out, wr_pgs_is_op(tokens, i, "=") ? " IN " : " NOT IN ");
		wr_pgs_writer_open(writer, query ? "(" : "(SELECT value FROM json_each(pg_array(",
				   SIZE_MAX, query ? NULL : "))");
		return i + 3;
	}
	if (wr_pgs_is_word(tokens, i, "array") && wr_pgs_is_op(tokens, i + 1, "[")) {
		wr_pgs_writer_open(writer, "pg_array_of(", writer->out->len, NULL);
		return i + 2;
	}
	if (wr_pgs_is_word(tokens, i, "array") && wr_pgs_is_op(tokens, i + 1, "(")) {
		wr_pgs_writer_open(writer, "(WITH a(x) AS (", writer->out->len,
				   ") SELECT coalesce(pg_array_agg(x), pg_array_of()) FROM a");
		return i + 2;
	}
	if (wr_pgs_is_op(tokens, i, "(")) {
		wr_pgs_writer_open(writer, "(",
				   is_call(tokens, i) ? writer->operand : writer->out->len, NULL);
		return i + 1;
	}
	if (wr_pgs_is_op(tokens, i, ")") || wr_pgs_is_op(tokens, i, "]")) {
		close_one(writer);
		return i + 1;
	}
	return UINT32_MAX;
}

/* A qualified or composite name's beginning, or what has no form in SQLite; behind it. */
static uint32_t put_special(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;

	if (wr_pgs_is_op(tokens, i, "[") && writer->operand != SIZE_MAX) {
		insert(writer->out, writer->operand, "pg_array_get(");
		wr_pgs_writer_open(writer, ", ", writer->operand, NULL);
		return i + 1;
	}
	if (wr_pgs_is_op(tokens, i, ".") && i > 0 && wr_pgs_is_op(tokens, i - 1, ")") &&
	    writer->operand != SIZE_MAX && i + 1 < writer->end) {
		insert(writer->out, writer->operand, "json_extract(");
		wr_text_printf(writer->out, ", '$.%s')", wr_pgs_writer_value(writer, i + 1));
		return i + 2;
	}
	if (wr_pgs_is_word(tokens, i, "collate"))
		return i + (wr_pgs_is_op(tokens, i + 2, ".") ? 4 : 2);
	if (wr_pgs_is_op(tokens, i + 1, ".") &&
	    (strcmp(wr_pgs_writer_value(writer, i), "pg_catalog") == 0 ||
	     (wr_pgs_is_word(tokens, i, "information_schema") && wr_pgs_is_op(tokens, i + 3, "("))))
		return i + 2;
	if (wr_pgs_is_word(tokens, i, "lateral"))
		return i + 1;
	if (wr_pgs_is_word(tokens, i, "as") && wr_pgs_writer_frame(writer)->call == WR_PGS_CAST) {
		writer->operand = wr_pgs_writer_frame(writer)->begin;
		return put_cast(writer, i);
	}
	return UINT32_MAX;
}

/* An operator of PostgreSQL's; behind it. */
static uint32_t put_operator(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	bool named = wr_pgs_is_word(tokens, i, "operator") && wr_pgs_is_op(tokens, i + 1, "(");
	uint32_t at = named ? i + (wr_pgs_is_op(tokens, i + 3, ".") ? 4 : 2) : i;
	const char *text = operator_of(tokens, at);

	if (text == NULL && wr_pgs_is_word(tokens, i, "ilike"))
		text = " LIKE ";
	if (text == NULL && !named)
		return UINT32_MAX;
	if (text != NULL)
		wr_text_puts(writer->out, text);
	else
		put_plain(writer, at);
	writer->operand = SIZE_MAX;
	return named ? at + 2 : at + 1;
}

uint32_t wr_pgs_writer_put(struct wr_pgs_writer *writer, uint32_t i)
{
	static uint32_t (*const forms[])(struct wr_pgs_writer * writer, uint32_t i) = {
	    wr_pgs_rows_put, wr_pgs_call_put, put_special, put_operator, put_bracket};

	note_clause(writer, i);
	if (wr_pgs_is_op(writer->tokens, i, "::"))
		return put_cast(writer, i);
	for (size_t k = 0; k < WR_COUNT(forms); k++) {
		uint32_t behind = forms[k](writer, i);

		if (behind != UINT32_MAX)
			return behind;
	}
	put_plain(writer, i);
	return i + 1;
}

void wr_pgs_catalog_sql(const struct wr_pgs_conn *conn, const struct wr_pgs_statement *statement,
			struct wr_text *out)
{
	struct wr_pgs_writer *writer = wr_calloc(1, sizeof *writer);

	writer->conn = conn;
	writer->tokens = &statement->tokens;
	writer->out = out;
	writer->end = statement->last;
	writer->operand = SIZE_MAX;
	wr_pgs_rows_begin(writer);
	for (uint32_t i = statement->first; i < statement->last;) {
		const struct wr_pgs_token *token = &statement->tokens.token[i];

		if (i > statement->first && token[-1].at + token[-1].len != token->at &&
		    !wr_pgs_is_op(&statement->tokens, i, "::"))
			wr_text_putc(out, ' ');
		i = wr_pgs_writer_put(writer, i);
	}
	wr_text_putc(out, ' ');
	writer->depth = 0;
	wr_pgs_rows_join(writer);
	for (uint32_t i = 0; i < WR_PGS_DEPTH_MAX; i++)
		wr_text_release(&writer->frame[i].row);
	wr_text_release(&writer->value);
	wr_free(writer);
}
