/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_type - data types: a word, perhaps with numbers, perhaps with types inside, perhaps
 * followed by ARRAY.
 */
#include "sql/parser_core.h"

#define TYPE_LENGTH_MAX                                                                            \
	INT32_MAX /* of strings, as in Flink; the analyzer checks narrower ranges                  \
		   */

/* What stands in parentheses behind a type's word. */
enum type_shape {
	SHAPE_PLAIN,    /* nothing */
	SHAPE_LENGTH,   /* (n) */
	SHAPE_DECIMAL,  /* (p) or (p, s) */
	SHAPE_VARYING,  /* (n), and VARYING makes it the type in `varying` */
	SHAPE_ZONED,    /* (p), and [WITHOUT TIME ZONE | WITH LOCAL TIME ZONE] */
	SHAPE_PRECISION /* the word PRECISION may follow */
};

struct type_word {
	enum wr_keyword keyword;       /* the word */
	enum wr_ast_type_kind kind;    /* what it means */
	enum type_shape shape;         /* what may follow */
	enum wr_ast_type_kind varying; /* SHAPE_VARYING: with VARYING behind it */
};

static const struct type_word type_words[] = {
    {WR_KW_BOOLEAN, WR_AST_TYPE_BOOLEAN, SHAPE_PLAIN, 0},
    {WR_KW_TINYINT, WR_AST_TYPE_TINYINT, SHAPE_PLAIN, 0},
    {WR_KW_SMALLINT, WR_AST_TYPE_SMALLINT, SHAPE_PLAIN, 0},
    {WR_KW_INT, WR_AST_TYPE_INT, SHAPE_PLAIN, 0},
    {WR_KW_INTEGER, WR_AST_TYPE_INT, SHAPE_PLAIN, 0},
    {WR_KW_BIGINT, WR_AST_TYPE_BIGINT, SHAPE_PLAIN, 0},
    {WR_KW_FLOAT, WR_AST_TYPE_FLOAT, SHAPE_PLAIN, 0},
    {WR_KW_REAL, WR_AST_TYPE_FLOAT, SHAPE_PLAIN, 0},
    {WR_KW_DOUBLE, WR_AST_TYPE_DOUBLE, SHAPE_PRECISION, 0},
    {WR_KW_DECIMAL, WR_AST_TYPE_DECIMAL, SHAPE_DECIMAL, 0},
    {WR_KW_DEC, WR_AST_TYPE_DECIMAL, SHAPE_DECIMAL, 0},
    {WR_KW_NUMERIC, WR_AST_TYPE_DECIMAL, SHAPE_DECIMAL, 0},
    {WR_KW_CHAR, WR_AST_TYPE_CHAR, SHAPE_VARYING, WR_AST_TYPE_VARCHAR},
    {WR_KW_CHARACTER, WR_AST_TYPE_CHAR, SHAPE_VARYING, WR_AST_TYPE_VARCHAR},
    {WR_KW_VARCHAR, WR_AST_TYPE_VARCHAR, SHAPE_LENGTH, 0},
    {WR_KW_STRING, WR_AST_TYPE_STRING, SHAPE_PLAIN, 0},
    {WR_KW_BINARY, WR_AST_TYPE_BINARY, SHAPE_VARYING, WR_AST_TYPE_VARBINARY},
    {WR_KW_VARBINARY, WR_AST_TYPE_VARBINARY, SHAPE_LENGTH, 0},
    {WR_KW_BYTES, WR_AST_TYPE_BYTES, SHAPE_PLAIN, 0},
    {WR_KW_DATE, WR_AST_TYPE_DATE, SHAPE_PLAIN, 0},
    {WR_KW_TIME, WR_AST_TYPE_TIME, SHAPE_ZONED, 0},
    {WR_KW_TIMESTAMP, WR_AST_TYPE_TIMESTAMP, SHAPE_ZONED, 0},
    {WR_KW_TIMESTAMP_LTZ, WR_AST_TYPE_TIMESTAMP_LTZ, SHAPE_LENGTH, 0},
};

static const char *const type_names[] = {
    "BOOLEAN",   "TINYINT",       "SMALLINT", "INT",    "BIGINT",    "FLOAT", "DOUBLE",   "DECIMAL",
    "CHAR",      "VARCHAR",       "STRING",   "BINARY", "VARBINARY", "BYTES", "DATE",     "TIME",
    "TIMESTAMP", "TIMESTAMP_LTZ", "INTERVAL", "ARRAY",  "MAP",       "ROW",   "MULTISET",
};

/* (n) */
static wr_status *parse_length(struct wr_parser *p, struct wr_ast_type *type, bool scale)
{
	uint32_t number = 0;
	if (!wr_tok_take_sym(p, "("))
		return NULL;
	WR_TRY(wr_parse_uint(p, "a whole number", TYPE_LENGTH_MAX, &number));
	type->precision = (int32_t)number;
	if (scale && wr_tok_take_sym(p, ",")) {
		WR_TRY(wr_parse_uint(p, "a whole number", TYPE_LENGTH_MAX, &number));
		type->scale = (int32_t)number;
	}
	return wr_tok_need_sym(p, ")");
}

/* [WITHOUT TIME ZONE | WITH [LOCAL] TIME ZONE] */
static wr_status *parse_zone(struct wr_parser *p, uint32_t first, struct wr_ast_type *type)
{
	if (wr_tok_take(p, WR_KW_WITHOUT)) {
		WR_TRY(wr_tok_need(p, WR_KW_TIME));
		return wr_tok_need(p, WR_KW_ZONE);
	}
	if (!wr_tok_is(p, WR_KW_WITH) ||
	    !(wr_tok_ahead_is(p, 1, WR_KW_LOCAL) || wr_tok_ahead_is(p, 1, WR_KW_TIME)))
		return NULL;
	wr_tok_skip(p);
	bool local = wr_tok_take(p, WR_KW_LOCAL);
	WR_TRY(wr_tok_need(p, WR_KW_TIME));
	WR_TRY(wr_tok_need(p, WR_KW_ZONE));
	bool timestamp = type->kind == WR_AST_TYPE_TIMESTAMP;
	if (!local || !timestamp)
		return wr_status_hint(
		    wr_tok_unsupported(p, first,
				       timestamp ? "The type TIMESTAMP WITH TIME ZONE"
						 : "The type TIME with a time zone"),
		    "Use TIMESTAMP_LTZ, the same as TIMESTAMP WITH LOCAL TIME ZONE");
	type->kind = WR_AST_TYPE_TIMESTAMP_LTZ;
	return NULL;
}

/* name TYPE [NOT NULL] ['comment'], between < > or ( ) */
static wr_status *parse_fields(struct wr_parser *p, struct wr_ast_type *type)
{
	struct wr_grow grow = {0};
	bool angle = wr_tok_take_sym(p, "<");
	if (!angle && wr_tok_is_sym(p, "<>")) {
		wr_tok_skip(p);
		return NULL;
	}
	if (!angle)
		WR_TRY(wr_tok_need_sym(p, "("));
	const char *close = angle ? ">" : ")";
	if (!wr_tok_is_sym(p, close)) {
		do {
			struct wr_ast_field field = {0};
			WR_TRY(wr_parse_ident(p, "a field's name", &field.name));
			WR_TRY(wr_parse_type(p, true, &field.type));
			if (wr_tok_is_string(p))
				WR_TRY(wr_parse_string(p, "the field's comment", &field.comment));
			memcpy(wr_grow_add(p, &grow, sizeof(field)), &field, sizeof(field));
		} while (wr_tok_take_sym(p, ","));
	}
	type->fields = grow.items;
	type->field_count = grow.count;
	if (!wr_tok_take_sym(p, close))
		return wr_tok_expected(p, angle ? "a comma or \">\"" : "a comma or \")\"");
	return NULL;
}

/* ARRAY<t>, MULTISET<t>, MAP<k, v>: "<" is next. */
static wr_status *parse_elements(struct wr_parser *p, struct wr_ast_type *type)
{
	WR_TRY(wr_tok_need_sym(p, "<"));
	if (type->kind == WR_AST_TYPE_MAP) {
		WR_TRY(wr_parse_type(p, true, &type->key));
		WR_TRY(wr_tok_need_sym(p, ","));
	}
	WR_TRY(wr_parse_type(p, true, &type->element));
	return wr_tok_need_sym(p, ">");
}

/* The word of a type that is known but not there. */
static wr_status *unsupported_type(struct wr_parser *p)
{
	const struct wr_token *token = wr_tok_ahead(p, 0);
	struct wr_str word = wr_tok_text(p, token);
	if (token->kind != WR_TOKEN_WORD && token->kind != WR_TOKEN_QUOTED)
		return wr_tok_expected(p, "a data type");
	static const enum wr_keyword known[] = {WR_KW_RAW,  WR_KW_VARIANT,  WR_KW_STRUCTURED,
						WR_KW_ANY,  WR_KW_DATETIME, WR_KW_NCHAR,
						WR_KW_CLOB, WR_KW_BLOB};
	for (size_t i = 0; i < WR_COUNT(known); i++) {
		if (wr_tok_is(p, known[i]))
			return wr_status_because(wr_status_at(WR_USER_ERROR, token->pos,
							      "The type %s is not supported",
							      wr_keyword_name(known[i])),
						 WR_NOT_SUPPORTED);
	}
	if (token->kind == WR_TOKEN_WORD && wr_keyword_is_reserved(token->code))
		return wr_tok_expected(p, "a data type");
	char *upper = wr_arena_strndup(p->arena, word.data, word.len);
	for (size_t i = 0; i < word.len; i++) {
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
	}
	const char *near = wr_nearest(upper, type_names, WR_COUNT(type_names));
	wr_status *status = wr_status_at(WR_USER_ERROR, token->pos, "%.*s is not a data type",
					 (int)word.len, word.data);
	if (wr_str_eq_nocase(word, "TEXT"))
		near = "STRING";
	if (wr_str_eq_nocase(word, "LONG"))
		near = "BIGINT";
	return near == NULL ? status : wr_status_hint(status, "Did you mean %s?", near);
}

/* What may follow the word of a plain type. */
static wr_status *parse_shape(struct wr_parser *p, uint32_t first, const struct type_word *word,
			      struct wr_ast_type *type)
{
	switch (word->shape) {
	case SHAPE_PLAIN: return NULL;
	case SHAPE_PRECISION: wr_tok_take(p, WR_KW_PRECISION); return NULL;
	case SHAPE_VARYING:
		if (wr_tok_take(p, WR_KW_VARYING))
			type->kind = word->varying;
		return parse_length(p, type, false);
	case SHAPE_LENGTH: return parse_length(p, type, false);
	case SHAPE_DECIMAL: return parse_length(p, type, true);
	case SHAPE_ZONED: WR_TRY(parse_length(p, type, false)); return parse_zone(p, first, type);
	}
	return NULL;
}

/* A type without the ARRAY, MULTISET and [NOT] NULL behind it. */
static wr_status *parse_plain_type(struct wr_parser *p, struct wr_ast_type *type)
{
	uint32_t first = p->at;
	for (size_t i = 0; i < WR_COUNT(type_words); i++) {
		if (wr_tok_take(p, type_words[i].keyword)) {
			type->kind = type_words[i].kind;
			WR_TRY(parse_shape(p, first, &type_words[i], type));
			if (wr_tok_take2(p, WR_KW_CHARACTER, WR_KW_SET))
				return wr_tok_unsupported(p, p->at - 2, "CHARACTER SET");
			return NULL;
		}
	}
	if (wr_tok_take(p, WR_KW_INTERVAL)) {
		type->kind = WR_AST_TYPE_INTERVAL;
		return wr_parse_interval_qualifier(p, &type->interval);
	}
	if (wr_tok_take(p, WR_KW_ROW)) {
		type->kind = WR_AST_TYPE_ROW;
		return parse_fields(p, type);
	}
	bool angle = wr_tok_ahead_is_sym(p, 1, "<");
	if (wr_tok_is(p, WR_KW_ARRAY))
		type->kind = WR_AST_TYPE_ARRAY;
	else if (wr_tok_is(p, WR_KW_MULTISET))
		type->kind = WR_AST_TYPE_MULTISET;
	else if (wr_tok_is(p, WR_KW_MAP) && angle)
		type->kind = WR_AST_TYPE_MAP;
	else
		return unsupported_type(p);
	wr_tok_skip(p);
	return parse_elements(p, type);
}

/* [NOT NULL | NULL] */
static wr_status *parse_nullability(struct wr_parser *p, struct wr_ast_type *type)
{
	if (wr_tok_take(p, WR_KW_NULL))
		type->nullability = WR_AST_NULL_ALLOWED;
	else if (wr_tok_take2(p, WR_KW_NOT, WR_KW_NULL))
		type->nullability = WR_AST_NULL_FORBIDDEN;
	return NULL;
}

static struct wr_ast_type *new_type(struct wr_parser *p)
{
	struct wr_ast_type *type = WR_NEW(p->arena, struct wr_ast_type);
	type->precision = -1;
	type->scale = -1;
	type->interval.leading_precision = -1;
	type->interval.fraction_precision = -1;
	return type;
}

/* A type, then any number of ARRAY and MULTISET, each with its own nullability before it. */
wr_status *wr_parse_type(struct wr_parser *p, bool nullability, struct wr_ast_type **type)
{
	WR_TRY(wr_nest_enter(p));
	struct wr_node_mark mark = wr_node_open(p);
	struct wr_ast_type *inner = new_type(p);
	WR_TRY(parse_plain_type(p, inner));
	for (;;) {
		if (nullability)
			WR_TRY(parse_nullability(p, inner));
		WR_TRY(wr_node_finish(p, mark, &inner->pos, NULL));
		if (p->height > WR_SQL_NESTING_MAX)
			return wr_nest_error(p, inner->pos);
		bool array = wr_tok_is(p, WR_KW_ARRAY);
		if (!array && !wr_tok_is(p, WR_KW_MULTISET))
			break;
		wr_tok_skip(p);
		struct wr_ast_type *outer = new_type(p);
		outer->kind = array ? WR_AST_TYPE_ARRAY : WR_AST_TYPE_MULTISET;
		outer->element = inner;
		inner = outer;
	}
	wr_node_close(p, mark);
	wr_nest_leave(p);
	*type = inner;
	return NULL;
}
