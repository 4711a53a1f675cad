/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_dialect - see pg_dialect.h.
 *
 * Tokens are written one after the other. A cast stands behind what it casts, so the writer knows
 * where the last operand began: a name, literal or parenthesis, with the names, calls and
 * subscripts that belong to it.
 */
#include "server/pg_dialect.h"

#include <strings.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/status.h"
#include "data/type.h"
#include "server/pg_array.h"

#define DEPTH_MAX 200 /* parentheses within each other whose operands are known */

struct writer {
	const struct wr_pgs_tokens *tokens; /* of the client */
	struct wr_pgs_sql *out;             /* what the engine gets */
	uint32_t end;                       /* of the tokens */
	const struct wr_pgs_dialect_calls *calls;
	uint32_t operand;              /* offset of the last one; UINT32_MAX: none */
	uint32_t stack[DEPTH_MAX];     /* where an operand of an open parenthesis began */
	const char *closes[DEPTH_MAX]; /* goes before the end of it; NULL: nothing */
	uint32_t depth;                /* of them */
	struct wr_text value;          /* scratch */
};

void wr_pgs_sql_release(struct wr_pgs_sql *sql)
{
	wr_text_release(&sql->text);
	wr_free(sql->piece);
	*sql = (struct wr_pgs_sql){0};
}

/* From here on the result is of the token. */
static void note(struct writer *writer, uint32_t i)
{
	struct wr_pgs_sql *out = writer->out;

	if (out->count == out->room) {
		out->room = out->room * 2 + 32;
		out->piece = wr_realloc(out->piece, out->room * sizeof *out->piece);
	}
	out->piece[out->count++] =
	    (struct wr_pgs_piece){(uint32_t)out->text.len, writer->tokens->token[i].at};
}

/* Text goes in before what was written from `at` on. */
static void insert(struct wr_pgs_sql *out, uint32_t at, const char *text)
{
	size_t len = strlen(text);

	wr_text_reserve(&out->text, len);
	memmove(out->text.data + at + len, out->text.data + at, out->text.len - at + 1);
	memcpy(out->text.data + at, text, len);
	out->text.len += len;
	for (uint32_t i = out->count; i-- > 0 && out->piece[i].to >= at;)
		out->piece[i].to += (uint32_t)len;
}

void wr_pgs_put_literal(struct wr_text *out, const char *text, size_t len)
{
	wr_text_putc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'')
			wr_text_putc(out, '\'');
		wr_text_putc(out, text[i]);
	}
	wr_text_putc(out, '\'');
}

/* Flink's name of a type of PostgreSQL's, a single word in lower case; NULL: the same. */
static const char *flink_type(const char *name)
{
	static const char *const types[][2] = {{"int2", "SMALLINT"},
					       {"int4", "INT"},
					       {"int8", "BIGINT"},
					       {"float4", "FLOAT"},
					       {"float8", "DOUBLE"},
					       {"real", "FLOAT"},
					       {"bool", "BOOLEAN"},
					       {"text", "STRING"},
					       {"varchar", "STRING"},
					       {"bpchar", "STRING"},
					       {"name", "STRING"},
					       {"json", "STRING"},
					       {"jsonb", "STRING"},
					       {"uuid", "STRING"},
					       {"bytea", "BYTES"},
					       {"numeric", "DECIMAL(38, 18)"},
					       {"decimal", "DECIMAL(38, 18)"},
					       {"timestamp", "TIMESTAMP(6)"},
					       {"timestamptz", "TIMESTAMP_LTZ(6)"},
					       {"oid", "BIGINT"}};

	for (uint32_t i = 0; i < WR_COUNT(types); i++)
		if (strcmp(types[i][0], name) == 0)
			return types[i][1];
	return NULL;
}

/* --- types --------------------------------------------------------------------------------------
 */

/* The type that begins with token `i`; behind it. */
static uint32_t put_type(struct writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	struct wr_text *text = &writer->out->text;
	const char *flink;

	if (wr_pgs_is_word(tokens, i, "pg_catalog") && wr_pgs_is_op(tokens, i + 1, "."))
		i += 2;
	if (i >= writer->end)
		return i;
	wr_text_clear(&writer->value);
	wr_pgs_token_value(tokens, i, &writer->value);
	if (wr_pgs_are_words(tokens, i, "timestamp with time zone") ||
	    wr_pgs_are_words(tokens, i, "timestamp without time zone")) {
		wr_text_puts(text, wr_pgs_is_word(tokens, i + 1, "with") ? "TIMESTAMP_LTZ(6)"
									 : "TIMESTAMP(6)");
		return i + 4;
	}
	if (wr_pgs_are_words(tokens, i, "character varying")) {
		wr_text_puts(text, wr_pgs_is_op(tokens, i + 2, "(") ? "VARCHAR" : "STRING");
		i += 2;
	} else if (wr_pgs_are_words(tokens, i, "double precision")) {
		wr_text_puts(text, "DOUBLE");
		i += 2;
	} else {
		flink = flink_type(wr_text_str(&writer->value));
		if (flink != NULL && wr_pgs_is_op(tokens, i + 1, "(")) /* with parameters */
			flink = strncmp(flink, "DECIMAL", 7) == 0          ? "DECIMAL"
				: strcmp(flink, "STRING") == 0             ? "VARCHAR"
				: strncmp(flink, "TIMESTAMP_LTZ", 13) == 0 ? "TIMESTAMP_LTZ"
				: strncmp(flink, "TIMESTAMP", 9) == 0      ? "TIMESTAMP"
									   : flink;
		if (flink != NULL)
			wr_text_puts(text, flink);
		else
			wr_text_add(text, tokens->sql + tokens->token[i].at, tokens->token[i].len);
		i++;
	}
	if (!wr_pgs_is_op(tokens, i, "("))
		return i;
	for (; i < writer->end; i++) {
		wr_text_add(text, tokens->sql + tokens->token[i].at, tokens->token[i].len);
		if (wr_pgs_is_op(tokens, i, ")"))
			return i + 1;
	}
	return i;
}

/* x::type, with x written already; behind the type. */
static uint32_t put_cast(struct writer *writer, uint32_t i)
{
	if (writer->operand == UINT32_MAX) {
		wr_text_puts(&writer->out->text, "::");
		return i + 1;
	}
	insert(writer->out, writer->operand, "CAST(");
	wr_text_puts(&writer->out->text, " AS ");
	i = put_type(writer, i + 1);
	wr_text_putc(&writer->out->text, ')');
	return i;
}

/* --- tokens -------------------------------------------------------------------------------------
 */

/* Words between which an operand cannot go on: what follows is one of its own. */
static bool is_keyword(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	static const char *const words[] = {
	    "select", "from",   "where", "and",      "or",     "not",       "in",
	    "as",     "on",     "by",    "case",     "when",   "then",      "else",
	    "like",   "ilike",  "is",    "between",  "using",  "union",     "having",
	    "limit",  "offset", "join",  "values",   "order",  "group",     "over",
	    "exists", "any",    "all",   "distinct", "escape", "intersect", "except"};

	for (uint32_t k = 0; k < WR_COUNT(words); k++)
		if (wr_pgs_is_word(tokens, i, words[k]))
			return true;
	return false;
}

static bool is_name_token(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	uint8_t kind = tokens->token[i].kind;

	return (kind == WR_PG_WORD && !is_keyword(tokens, i)) || kind == WR_PG_QUOTED ||
	       kind == WR_PG_BACK;
}

/* Where the operand is that the token is of, when it is written at `at`. */
static void follow(struct writer *writer, uint32_t i, uint32_t at)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	bool opens = wr_pgs_is_op(tokens, i, "(") || wr_pgs_is_op(tokens, i, "[");
	bool goes_on = i > 0 && writer->operand != UINT32_MAX;

	if (opens) {
		/* of a call, or of an array, when a name stands before it */
		bool call =
		    goes_on && (is_name_token(tokens, i - 1) || wr_pgs_is_op(tokens, i - 1, "]"));

		if (writer->depth < DEPTH_MAX) {
			writer->stack[writer->depth] = call ? writer->operand : at;
			writer->closes[writer->depth] = NULL;
		}
		writer->depth++;
		writer->operand = UINT32_MAX;
	} else if (wr_pgs_is_op(tokens, i, ")") || wr_pgs_is_op(tokens, i, "]")) {
		writer->depth -= writer->depth > 0;
		writer->operand = writer->depth < DEPTH_MAX ? writer->stack[writer->depth] : at;
	} else if (wr_pgs_is_op(tokens, i, ".")) {
		; /* the name goes on */
	} else if (is_keyword(tokens, i) || tokens->token[i].kind == WR_PG_OP) {
		writer->operand = UINT32_MAX;
	} else if (!(goes_on && (wr_pgs_is_op(tokens, i - 1, ".") ||
				 /* DATE '2020-01-01' */
				 (tokens->token[i].kind == WR_PG_STRING &&
				  tokens->token[i - 1].kind == WR_PG_WORD)))) {
		writer->operand = at;
	}
}

static void put_token(struct writer *writer, uint32_t i)
{
	const struct wr_pgs_token *token = &writer->tokens->token[i];
	struct wr_text *text = &writer->out->text;

	switch (token->kind) {
	case WR_PG_QUOTED:
		wr_text_clear(&writer->value);
		wr_pgs_token_value(writer->tokens, i, &writer->value);
		wr_name_print(text, wr_text_str(&writer->value));
		break;
	case WR_PG_STRING:
		if (writer->calls->string(writer->calls->own, i, text))
			break;
		wr_text_clear(&writer->value);
		wr_pgs_token_value(writer->tokens, i, &writer->value);
		wr_pgs_put_literal(text, writer->value.data != NULL ? writer->value.data : "",
				   writer->value.len);
		break;
	case WR_PG_PARAM: writer->calls->param(writer->calls->own, token->param, text); break;
	default:
		if (wr_pgs_is_op(writer->tokens, i, "!="))
			wr_text_puts(text, "<>");
		else
			wr_text_add(text, writer->tokens->sql + token->at, token->len);
		break;
	}
}

/* --- several tokens -----------------------------------------------------------------------------
 */

static uint32_t put(struct writer *writer, uint32_t i);

/* Where what is open at the token closes. */
static uint32_t closing(const struct writer *writer, uint32_t i)
{
	for (uint32_t depth = 0; i < writer->end; i++) {
		depth += wr_pgs_is_op(writer->tokens, i, "(");
		depth -= wr_pgs_is_op(writer->tokens, i, ")");
		if (depth == 0)
			break;
	}
	return i;
}

/* Behind the operand that begins at the token, with casts and what || joins to it. */
static uint32_t operand_end(const struct writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;

	for (;; i++) {
		while (i + 1 < writer->end && is_name_token(tokens, i) &&
		       (wr_pgs_is_op(tokens, i + 1, ".") || wr_pgs_is_op(tokens, i + 1, "(")))
			i += wr_pgs_is_op(tokens, i + 1, ".") ? 2 : 1;
		i = wr_pgs_is_op(tokens, i, "(") ? closing(writer, i) + 1 : i + 1;
		while (wr_pgs_is_op(tokens, i, "::")) {
			i += 2;
			if (wr_pgs_is_op(tokens, i, "("))
				i = closing(writer, i) + 1;
		}
		if (!wr_pgs_is_op(tokens, i, "||"))
			return WR_MIN(i, writer->end);
	}
}

/* a [NOT] ILIKE b, with a written. */
static uint32_t put_ilike(struct writer *writer, uint32_t i)
{
	uint32_t at = i + wr_pgs_is_word(writer->tokens, i, "not"), end;

	if (!wr_pgs_is_word(writer->tokens, at, "ilike") || writer->operand == UINT32_MAX ||
	    at + 1 >= writer->end)
		return UINT32_MAX;
	insert(writer->out, writer->operand, "LOWER(");
	wr_text_puts(&writer->out->text, at > i ? ") NOT LIKE LOWER(" : ") LIKE LOWER(");
	writer->operand = UINT32_MAX;
	end = operand_end(writer, at + 1);
	for (at++; at < end;) {
		at = put(writer, at);
		if (at < end && !wr_pgs_is_op(writer->tokens, at, "::"))
			wr_text_putc(&writer->out->text, ' ');
	}
	wr_text_putc(&writer->out->text, ')');
	writer->operand = UINT32_MAX;
	return at;
}

/* The elements of '{..}' as literals; false: there are none. */
static bool put_elements(struct wr_text *out, const char *array)
{
	struct wr_pgs_array_reader reader;
	bool any = false;

	for (wr_pgs_array_read(&reader, array); wr_pgs_array_next(&reader); any = true) {
		wr_text_puts(out, any ? ", " : "");
		if (wr_pgs_array_is_null(&reader))
			wr_text_puts(out, "NULL");
		else if (wr_pgs_array_is_integer(&reader))
			wr_text_puts(out, wr_text_str(&reader.item));
		else
			wr_pgs_put_literal(out, wr_text_str(&reader.item), reader.item.len);
	}
	wr_pgs_array_end(&reader);
	return any;
}

/* The elements of the array at token `i`, which ends at `end`; *known false: it cannot be told. */
static bool elements_at(struct writer *writer, uint32_t i, uint32_t end, struct wr_text *out,
			bool *known)
{
	const struct wr_pgs_token *token = &writer->tokens->token[i];
	struct wr_text text;
	bool any = false;

	*known = (token->kind == WR_PG_PARAM || token->kind == WR_PG_STRING) &&
		 (i + 1 == end || wr_pgs_is_op(writer->tokens, i + 1, "::"));
	if (!*known)
		return false;
	wr_text_init(&text);
	if (token->kind == WR_PG_STRING) {
		wr_pgs_token_value(writer->tokens, i, &text);
		any = put_elements(out, wr_text_str(&text));
	} else {
		writer->calls->param(writer->calls->own, token->param, &text);
		if (strncmp(wr_text_str(&text), "ARRAY[", 6) == 0) {
			any = text.len > 7;
			wr_text_add(out, text.data + 6, text.len - 7);
		} else if (wr_text_str(&text)[0] == '\'') { /* it was told as a text */
			text.data[text.len - 1] = '\0';
			any = put_elements(out, text.data + 1);
		}
	}
	wr_text_release(&text);
	return any;
}

/* a = ANY (array), a <> ALL (array), with a written; behind it. */
static uint32_t put_any(struct writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	bool all = (wr_pgs_is_op(tokens, i, "<>") || wr_pgs_is_op(tokens, i, "!=")) &&
		   wr_pgs_is_word(tokens, i + 1, "all");
	bool any = wr_pgs_is_op(tokens, i, "=") &&
		   (wr_pgs_is_word(tokens, i + 1, "any") || wr_pgs_is_word(tokens, i + 1, "some"));
	uint32_t close = closing(writer, i + 2), at = i + 3;
	struct wr_text list;
	bool known, some;

	if ((!all && !any) || !wr_pgs_is_op(tokens, i + 2, "(") || writer->operand == UINT32_MAX ||
	    wr_pgs_is_word(tokens, at, "select"))
		return UINT32_MAX;
	if (wr_pgs_is_word(tokens, at, "array") && wr_pgs_is_op(tokens, at + 1, "[")) {
		wr_text_puts(&writer->out->text, all ? " NOT IN (" : " IN (");
		for (at += 2; at < close && !wr_pgs_is_op(tokens, at, "]");)
			at = put(writer, at);
		wr_text_putc(&writer->out->text, ')');
		writer->operand = UINT32_MAX;
		return close + 1;
	}
	wr_text_init(&list);
	some = elements_at(writer, at, close, &list, &known);
	if (known && some) {
		wr_text_printf(&writer->out->text, " %sIN (%s)", all ? "NOT " : "",
			       wr_text_str(&list));
	} else if (known) { /* of nothing */
		insert(writer->out, writer->operand, "(");
		wr_text_puts(&writer->out->text, all ? " IS NULL OR TRUE)" : " IS NULL AND FALSE)");
	}
	wr_text_release(&list);
	writer->operand = known ? UINT32_MAX : writer->operand;
	return known ? close + 1 : UINT32_MAX;
}

static const char *unit_of(const char *text)
{
	static const char *const units[] = {"SECOND", "MINUTE", "HOUR",    "DAY",
					    "WEEK",   "MONTH",  "QUARTER", "YEAR"};

	for (uint32_t i = 0; i < WR_COUNT(units); i++) {
		size_t len = strlen(units[i]);

		if (strncasecmp(text, units[i], len) == 0 &&
		    (text[len] == '\0' || ((text[len] | 32) == 's' && text[len + 1] == '\0')))
			return units[i];
	}
	return NULL;
}

/* date_trunc('unit', a), up to the comma. */
static uint32_t put_trunc(struct writer *writer, uint32_t i)
{
	static const char *const behind[][2] = {
	    {"SECOND", " TO SECOND"},   {"MINUTE", " TO MINUTE"}, {"HOUR", " TO HOUR"},
	    {"DAY", " TO DAY"},         {"WEEK", " TO WEEK"},     {"MONTH", " TO MONTH"},
	    {"QUARTER", " TO QUARTER"}, {"YEAR", " TO YEAR"}};
	const struct wr_pgs_tokens *tokens = writer->tokens;
	uint32_t at = (uint32_t)writer->out->text.len;
	const char *unit;

	if (!wr_pgs_is_word(tokens, i, "date_trunc") || !wr_pgs_is_op(tokens, i + 1, "(") ||
	    i + 3 >= writer->end || tokens->token[i + 2].kind != WR_PG_STRING ||
	    !wr_pgs_is_op(tokens, i + 3, ",") || writer->depth >= DEPTH_MAX)
		return UINT32_MAX;
	wr_text_clear(&writer->value);
	wr_pgs_token_value(tokens, i + 2, &writer->value);
	unit = unit_of(wr_text_str(&writer->value));
	for (uint32_t k = 0; unit != NULL && k < WR_COUNT(behind); k++)
		if (strcmp(behind[k][0], unit) == 0) {
			wr_text_puts(&writer->out->text, "FLOOR(");
			writer->stack[writer->depth] = at;
			writer->closes[writer->depth++] = behind[k][1];
			writer->operand = UINT32_MAX;
			return i + 4;
		}
	return UINT32_MAX;
}

/* interval '5 minutes', '5 minutes'::interval, of one unit; behind it. */
static uint32_t put_interval(struct writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	bool word = wr_pgs_is_word(tokens, i, "interval");
	uint32_t string = word ? i + 1 : i, at = (uint32_t)writer->out->text.len;
	const char *text, *unit;
	size_t digits;

	if (string >= writer->end || tokens->token[string].kind != WR_PG_STRING ||
	    !(word ||
	      (wr_pgs_is_op(tokens, i + 1, "::") && wr_pgs_is_word(tokens, i + 2, "interval"))))
		return UINT32_MAX;
	wr_text_clear(&writer->value);
	wr_pgs_token_value(tokens, string, &writer->value);
	text = wr_text_str(&writer->value);
	digits = strspn(text, "-0123456789");
	unit = digits > 0 && text[digits] == ' ' ? unit_of(text + digits + 1) : NULL;
	if (unit == NULL || strcmp(unit, "WEEK") == 0 || strcmp(unit, "QUARTER") == 0)
		return UINT32_MAX;
	wr_text_printf(&writer->out->text, "INTERVAL '%.*s' %s", (int)digits, text, unit);
	if (digits > 2)
		wr_text_printf(&writer->out->text, "(%d)", (int)digits);
	writer->operand = at;
	return i + (word ? 2 : 3);
}

/* public.x, now(); what follows AS of a CAST; LIMIT $1::int. Behind it. */
static uint32_t put_special(struct writer *writer, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = writer->tokens;
	struct wr_text *text = &writer->out->text;
	uint32_t at = (uint32_t)text->len;
	bool name_before = i > 0 && wr_pgs_is_op(tokens, i - 1, ".");

	if (!name_before && wr_pgs_is_op(tokens, i + 1, ".")) {
		wr_text_clear(&writer->value);
		wr_pgs_token_value(tokens, i, &writer->value);
		if (strcmp(wr_text_str(&writer->value), "public") == 0)
			return i + 2;
	}
	if (wr_pgs_is_word(tokens, i, "now") && wr_pgs_is_op(tokens, i + 1, "(") &&
	    wr_pgs_is_op(tokens, i + 2, ")") && !name_before) {
		wr_text_puts(text, "CURRENT_TIMESTAMP");
		writer->operand = at;
		return i + 3;
	}
	if ((wr_pgs_is_word(tokens, i, "limit") || wr_pgs_is_word(tokens, i, "offset")) &&
	    wr_pgs_is_op(tokens, i + 2, "::")) {
		put_token(writer, i);
		wr_text_putc(text, ' ');
		put_token(writer, i + 1);
		return i + 4;
	}
	if (wr_pgs_is_word(tokens, i, "as") && i > 1 && writer->depth > 0 && i + 1 < writer->end &&
	    writer->stack[WR_MIN(writer->depth, DEPTH_MAX) - 1] != at) {
		/* CAST(x AS type); other AS within parentheses name columns, which are no types */
		uint32_t open = i, depth = 1;

		while (open > 0 && depth > 0) {
			open--;
			depth += wr_pgs_is_op(tokens, open, ")");
			depth -= wr_pgs_is_op(tokens, open, "(");
		}
		if (open > 0 && (wr_pgs_is_word(tokens, open - 1, "cast") ||
				 wr_pgs_is_word(tokens, open - 1, "try_cast"))) {
			wr_text_puts(text, "AS ");
			writer->operand = UINT32_MAX;
			return put_type(writer, i + 1);
		}
	}
	return UINT32_MAX;
}

/* One token, or several that belong together; behind them. */
static uint32_t put(struct writer *writer, uint32_t i)
{
	static uint32_t (*const forms[])(struct writer * writer, uint32_t i) = {
	    put_special, put_ilike, put_any, put_trunc, put_interval};
	const struct wr_pgs_tokens *tokens = writer->tokens;
	uint32_t at = (uint32_t)writer->out->text.len;

	if (wr_pgs_is_op(tokens, i, "::"))
		return put_cast(writer, i);
	for (uint32_t k = 0; k < WR_COUNT(forms); k++) {
		uint32_t behind = forms[k](writer, i);

		if (behind != UINT32_MAX)
			return behind;
	}
	if (wr_pgs_is_op(tokens, i, ")") && writer->depth > 0 && writer->depth <= DEPTH_MAX &&
	    writer->closes[writer->depth - 1] != NULL)
		wr_text_puts(&writer->out->text, writer->closes[writer->depth - 1]);
	put_token(writer, i);
	follow(writer, i, at);
	return i + 1;
}

void wr_pgs_translate(const struct wr_pgs_tokens *tokens, uint32_t begin, uint32_t end,
		      const struct wr_pgs_dialect_calls *calls, struct wr_pgs_sql *out)
{
	struct writer *writer = wr_calloc(1, sizeof *writer);

	*writer = (struct writer){
	    .tokens = tokens, .out = out, .end = end, .calls = calls, .operand = UINT32_MAX};
	*out = (struct wr_pgs_sql){0};
	for (uint32_t i = begin; i < end;) {
		const struct wr_pgs_token *token = &tokens->token[i];
		bool space = i > begin && token[-1].at + token[-1].len != token->at &&
			     !wr_pgs_is_op(tokens, i, "::");

		if (space)
			wr_text_putc(&out->text, ' ');
		note(writer, i);
		i = put(writer, i);
	}
	wr_text_release(&writer->value);
	wr_free(writer);
}

uint32_t wr_pgs_sql_position(const struct wr_pgs_sql *sql, const char *original, uint32_t line,
			     uint32_t column)
{
	const char *at = wr_text_str(&sql->text);
	uint32_t offset, from = UINT32_MAX, position = 1;

	if (line == 0)
		return 0;
	for (; line > 1 && *at != '\0'; at++)
		line -= *at == '\n';
	for (; column > 1 && *at != '\0'; column--)
		for (at++; ((unsigned char)*at & 0xc0) == 0x80;)
			at++;
	offset = (uint32_t)(at - wr_text_str(&sql->text));
	for (uint32_t i = 0; i < sql->count && sql->piece[i].to <= offset; i++)
		from = sql->piece[i].from;
	if (from == UINT32_MAX)
		return 0;
	for (uint32_t i = 0; i < from; i++)
		position += ((unsigned char)original[i] & 0xc0) != 0x80;
	return position;
}
