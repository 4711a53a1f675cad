/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_rows - functions that give rows, for SQLite, whose json_each does: each is a function
 * that gives a JSON array (pg_catalog_functions.c).
 *
 *     FROM unnest(a) AS x             (SELECT value AS x FROM json_each(pg_array(a))) AS x
 *     FROM t, unnest(t.a) AS x        FROM t, json_each(pg_array(t.a)) AS x; x.x is x.value then
 *     WITH ORDINALITY AS t(x, n)      n is key + 1
 *     SELECT unnest(a) AS x FROM t    SELECT srf0.value AS x FROM t, json_each(..) AS srf0
 *     two of them                     side by side, as in PostgreSQL: a LEFT JOIN by their number
 *     FROM f(x) AS v                  (SELECT f(x) AS v) AS v: of a function that gives one value
 *
 * A row of several columns is a JSON object; (row).column takes one out (pg_catalog_sql.c).
 */
#include <strings.h>

#include "server/pg_catalog_writer.h"

#define FIELDS_MAX 4

static const struct row_function {
	const char *name, *call;       /* in SQL; what gives the array */
	const char *field[FIELDS_MAX]; /* of its rows; none: plain values */
} functions[] = {
    {"unnest", "pg_array", {0}},
    {"generate_series", "pg_series", {0}},
    {"generate_subscripts", "pg_subscripts", {0}},
    {"_pg_expandarray", "pg_expand", {"x", "n"}},
    {"pg_get_keywords", "pg_keywords", {"word", "catcode", "barelabel", "catdesc"}},
};

static const struct row_function *function_at(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;

	if (i >= writer->end || tokens->token[i].kind != WR_PG_WORD ||
	    !wr_pgs_is_op(tokens, i + 1, "("))
		return NULL;
	for (size_t k = 0; k < WR_COUNT(functions); k++)
		if (wr_pgs_is_word(tokens, i, functions[k].name))
			return &functions[k];
	return NULL;
}

bool wr_pgs_rows_only_here(const char *name)
{
	for (size_t k = 1; k < WR_COUNT(functions); k++) /* UNNEST is Flink's */
		if (strcasecmp(functions[k].name, name) == 0)
			return true;
	return false;
}

/* --- clauses ------------------------------------------------------------------------------------
 */

static bool one_of(const struct wr_pgs_tokens *tokens, uint32_t i, const char *const *words)
{
	for (; *words != NULL; words++)
		if (wr_pgs_is_word(tokens, i, *words))
			return true;
	return false;
}

enum wr_pgs_clause wr_pgs_clause_next(const struct wr_pgs_tokens *tokens, uint32_t i,
				      enum wr_pgs_clause clause)
{
	static const char *const ends[] = {"where",     "group",  "order", "having",
					   "limit",     "offset", "union", "except",
					   "intersect", "window", NULL};
	bool name = i > 0 && wr_pgs_is_op(tokens, i - 1, ".");

	if (wr_pgs_is_word(tokens, i, "select") && !name)
		return WR_PGS_LIST;
	if (clause == WR_PGS_LIST && wr_pgs_is_word(tokens, i, "from") && !name &&
	    !wr_pgs_is_word(tokens, i - 1, "distinct")) /* IS DISTINCT FROM */
		return WR_PGS_FROM;
	if ((clause == WR_PGS_LIST || clause == WR_PGS_FROM) && !name && one_of(tokens, i, ends))
		return WR_PGS_OTHER;
	return clause;
}

void wr_pgs_rows_join(struct wr_pgs_writer *writer)
{
	struct wr_pgs_frame *frame = wr_pgs_writer_frame(writer);

	if (frame->row.len > 0)
		wr_text_printf(writer->out, "%s%s ", frame->from ? ", " : " FROM ",
			       wr_text_str(&frame->row));
	wr_text_release(&frame->row);
	frame->row = (struct wr_text){0};
}

/* --- calls --------------------------------------------------------------------------------------
 */

static bool is_name(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	static const char *const words[] = {"where", "join",   "left",    "right",  "cross",
					    "inner", "full",   "natural", "on",     "order",
					    "group", "having", "limit",   "offset", "union",
					    "using", "except", "window",  "fetch",  NULL};

	return i < tokens->count && tokens->token[i].kind <= WR_PG_BACK &&
	       tokens->token[i].kind != WR_PG_END && !one_of(tokens, i, words);
}

/* f(x) [WITH ORDINALITY] [AS] alias [(column [, column])] at token `i`. */
static void read_call(const struct wr_pgs_writer *writer, uint32_t i, struct wr_pgs_row_call *call)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	uint32_t at;

	*call = (struct wr_pgs_row_call){.name = i};
	call->close = wr_pgs_writer_closing(writer, i + 1);
	for (uint32_t k = i + 2; k < call->close; k++)
		if (wr_pgs_is_op(tokens, k, ".") && !wr_pgs_is_word(tokens, k - 1, "pg_catalog"))
			call->lateral = true;
	call->behind = at = call->close + 1;
	if (wr_pgs_are_words(tokens, at, "WITH ORDINALITY")) {
		call->numbered = true;
		call->behind = at += 2;
	}
	at += wr_pgs_is_word(tokens, at, "as");
	if (!is_name(tokens, at))
		return;
	call->alias = at;
	call->behind = at + 1;
	if (!wr_pgs_is_op(tokens, at + 1, "("))
		return;
	call->column = at + 2;
	if (wr_pgs_is_op(tokens, at + 3, ","))
		call->ordinal = at + 4;
	call->behind = wr_pgs_writer_closing(writer, at + 1) + 1;
}

/* Whether FROM reads what stands at the token. */
static bool is_read(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	if (i > 2 && wr_pgs_is_op(tokens, i - 1, "."))
		i -= 2; /* pg_catalog. */
	return i > 0 &&
	       (wr_pgs_is_word(tokens, i - 1, "from") || wr_pgs_is_word(tokens, i - 1, "join") ||
		wr_pgs_is_word(tokens, i - 1, "lateral") || wr_pgs_is_op(tokens, i - 1, ","));
}

void wr_pgs_rows_begin(struct wr_pgs_writer *writer)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	uint8_t clause[WR_PGS_DEPTH_MAX] = {0};
	uint32_t depth = 0;

	for (uint32_t i = 0; i < writer->end; i++) {
		struct wr_pgs_row_call call;

		if (wr_pgs_is_op(tokens, i, "(") && depth + 1 < WR_PGS_DEPTH_MAX)
			clause[++depth] = WR_PGS_PLAIN;
		else if (wr_pgs_is_op(tokens, i, ")") && depth > 0)
			depth--;
		clause[depth] = wr_pgs_clause_next(tokens, i, clause[depth]);
		if (clause[depth] != WR_PGS_FROM || function_at(writer, i) == NULL ||
		    !is_read(tokens, i))
			continue;
		read_call(writer, i, &call);
		if (call.lateral && call.alias != 0 && writer->rename_count < WR_PGS_RENAME_MAX)
			writer->rename[writer->rename_count++] = call;
	}
}

/* The arguments, which are taken out of what was written. */
static void arguments(struct wr_pgs_writer *writer, const struct wr_pgs_row_call *call,
		      struct wr_text *out)
{
	size_t mark = writer->out->len;

	wr_pgs_writer_open(writer, "(", mark, NULL);
	wr_pgs_writer_range(writer, call->name + 2, call->close);
	writer->depth--;
	wr_text_add(out, writer->out->data + mark + 1, writer->out->len - mark - 1);
	writer->out->len = mark;
	writer->out->data[mark] = '\0';
}

static void put_label(struct wr_pgs_writer *writer, uint32_t token)
{
	wr_text_printf(writer->out, " AS \"%s\"", wr_pgs_writer_value(writer, token));
}

/* In FROM; behind it. */
static uint32_t put_read(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct row_function *function = function_at(writer, i);
	struct wr_text *out = writer->out, list;
	struct wr_pgs_row_call call;
	uint32_t label;

	read_call(writer, i, &call);
	label = call.column != 0 ? call.column : call.alias != 0 ? call.alias : call.name;
	wr_text_init(&list);
	arguments(writer, &call, &list);
	if (function == NULL) {
		wr_text_printf(out, "(SELECT %s(%s)", wr_pgs_writer_value(writer, i),
			       wr_text_str(&list));
		put_label(writer, label);
		wr_text_putc(out, ')');
	} else if (call.lateral && call.alias != 0) {
		wr_text_printf(out, "json_each(%s(%s))", function->call, wr_text_str(&list));
	} else {
		wr_text_puts(out, "(SELECT ");
		for (uint32_t k = 0; k < FIELDS_MAX && function->field[k] != NULL; k++)
			wr_text_printf(out, "%sjson_extract(value, '$.%s') AS %s",
				       k > 0 ? ", " : "", function->field[k], function->field[k]);
		if (function->field[0] == NULL) {
			wr_text_puts(out, "value");
			put_label(writer, label);
		}
		if (call.numbered) {
			wr_text_puts(out, ", key + 1");
			if (call.ordinal != 0)
				put_label(writer, call.ordinal);
			else
				wr_text_puts(out, " AS ordinality");
		}
		wr_text_printf(out, " FROM json_each(%s(%s)))", function->call, wr_text_str(&list));
	}
	put_label(writer, call.alias != 0 ? call.alias : call.name);
	wr_text_release(&list);
	writer->operand = SIZE_MAX;
	return call.behind;
}

/* In what a SELECT gives, whose frame is `owner`; behind it. */
static uint32_t put_given(struct wr_pgs_writer *writer, uint32_t i, struct wr_pgs_frame *owner)
{
	const struct row_function *function = function_at(writer, i);
	const struct wr_pgs_tokens *tokens = writer->tokens;
	uint32_t number = writer->row_next++;
	struct wr_pgs_row_call call;
	struct wr_text list;
	size_t at = writer->out->len;

	read_call(writer, i, &call);
	wr_text_init(&list);
	arguments(writer, &call, &list);
	if (owner->row.len == 0)
		owner->row_first = number;
	wr_text_printf(&owner->row, "%sjson_each(%s(%s)) AS srf%u",
		       owner->row.len > 0 ? " LEFT JOIN " : "", function->call, wr_text_str(&list),
		       number);
	if (owner->row_first != number)
		wr_text_printf(&owner->row, " ON srf%u.key = srf%u.key", number, owner->row_first);
	wr_text_release(&list);
	wr_text_printf(writer->out, "srf%u.value", number);
	if (owner == wr_pgs_writer_frame(writer) &&
	    (call.close + 1 >= writer->end || wr_pgs_is_op(tokens, call.close + 1, ",") ||
	     wr_pgs_is_op(tokens, call.close + 1, ")") ||
	     wr_pgs_is_word(tokens, call.close + 1, "from")))
		put_label(writer, i);
	writer->operand = at;
	return call.close + 1;
}

/* --- columns ------------------------------------------------------------------------------------
 */

static bool same(struct wr_pgs_writer *writer, uint32_t a, uint32_t b)
{
	struct wr_text left;
	bool equal;

	if (a == 0 || b >= writer->end || writer->tokens->token[b].kind > WR_PG_BACK)
		return false;
	wr_text_init(&left);
	wr_pgs_token_value(writer->tokens, a, &left);
	equal = strcmp(wr_text_str(&left), wr_pgs_writer_value(writer, b)) == 0;
	wr_text_release(&left);
	return equal;
}

/* A column of a function that stays a json_each; behind it. */
static uint32_t put_column(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	bool dot = wr_pgs_is_op(tokens, i + 1, ".");

	if ((i > 0 && wr_pgs_is_op(tokens, i - 1, ".")) || wr_pgs_is_op(tokens, i + 1, "("))
		return UINT32_MAX;
	for (uint32_t k = 0; k < writer->rename_count; k++) {
		const struct wr_pgs_row_call *call = &writer->rename[k];
		uint32_t column = call->column != 0 ? call->column : call->alias;
		bool alias = same(writer, call->alias, i);
		uint32_t named = dot && alias ? i + 2 : i;
		bool ordinal = false;

		if (dot && !alias)
			continue;
		if (same(writer, column, named) || (alias && !dot))
			;
		else if (same(writer, call->ordinal, named) ||
			 (call->numbered && call->ordinal == 0 &&
			  wr_pgs_is_word(tokens, named, "ordinality")))
			ordinal = true;
		else
			continue;
		writer->operand = writer->out->len;
		wr_text_printf(writer->out, ordinal ? "(\"%s\".key + 1)" : "\"%s\".value",
			       wr_pgs_writer_value(writer, call->alias));
		return named + 1;
	}
	return UINT32_MAX;
}

uint32_t wr_pgs_rows_put(struct wr_pgs_writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	struct wr_pgs_frame *frame = wr_pgs_writer_frame(writer);

	if (frame->clause == WR_PGS_FROM && tokens->token[i].kind == WR_PG_WORD &&
	    wr_pgs_is_op(tokens, i + 1, "(") && !wr_pgs_is_word(tokens, i, "lateral") &&
	    is_read(tokens, i))
		return put_read(writer, i);
	if (function_at(writer, i) != NULL) {
		while (frame > writer->frame && frame->clause == WR_PGS_PLAIN)
			frame--;
		if (frame->clause == WR_PGS_LIST)
			return put_given(writer, i, frame);
	}
	if (writer->rename_count > 0 && tokens->token[i].kind <= WR_PG_BACK)
		return put_column(writer, i);
	return UINT32_MAX;
}
