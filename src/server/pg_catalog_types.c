/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_types - types that a SELECT list of the system catalog says: SQLite's expressions have
 * none, and a client that asks for a boolean wants no number.
 *
 *     a = b, a AND b, NOT a, EXISTS (..), a IN (..)    boolean
 *     x::int4, CAST(x AS int4)                         the type that is written
 *     has_table_privilege(..)                          boolean, as other functions of such names
 */
#include "server/pg_catalog_inner.h"

/* Tokens [begin, end) are one column. */
struct item {
	const struct wr_pgs_tokens *tokens; /* of the statement */
	uint32_t begin, end;
};

/* Without AS and its name. */
static void cut_name(struct item *item)
{
	const struct wr_pgs_tokens *tokens = item->tokens;
	uint32_t last = item->end - 1;

	if (last <= item->begin || tokens->token[last].kind > WR_PG_BACK)
		return;
	if (wr_pgs_is_word(tokens, last - 1, "as"))
		item->end = last - 1;
	else if (tokens->token[last - 1].kind != WR_PG_OP || wr_pgs_is_op(tokens, last - 1, ")") ||
		 wr_pgs_is_op(tokens, last - 1, "]"))
		item->end = wr_pgs_is_word(tokens, last, "end") ? item->end : last;
}

static bool says_boolean(const struct item *item)
{
	static const char *const words[] = {"and",   "or",      "not", "exists", "is",   "like",
					    "ilike", "between", "in",  "true",   "false"};
	static const char *const ops[] = {
	    "=", "<>", "!=", "<", ">", "<=", ">=", "~", "!~", "~*", "~~", "!~~", "~~*", "!~*"};
	uint32_t depth = 0, cases = 0;

	for (uint32_t i = item->begin; i < item->end; i++) {
		const struct wr_pgs_tokens *tokens = item->tokens;

		depth += wr_pgs_is_op(tokens, i, "(") || wr_pgs_is_op(tokens, i, "[");
		depth -= wr_pgs_is_op(tokens, i, ")") || wr_pgs_is_op(tokens, i, "]");
		cases += wr_pgs_is_word(tokens, i, "case");
		cases -= cases > 0 && wr_pgs_is_word(tokens, i, "end");
		for (size_t k = 0; depth == 0 && cases == 0 && k < WR_COUNT(words); k++)
			if (wr_pgs_is_word(tokens, i, words[k]) &&
			    !wr_pgs_is_op(tokens, i - 1, "."))
				return true;
		for (size_t k = 0; depth == 0 && cases == 0 && k < WR_COUNT(ops); k++)
			if (wr_pgs_is_op(tokens, i, ops[k]))
				return true;
	}
	return false;
}

/* A type's number by its name, of those that columns of the catalog are told as. */
static uint32_t type_named(const struct wr_pgs_tokens *tokens, uint32_t i, uint32_t end)
{
	struct wr_text name;
	uint32_t oid;

	if (wr_pgs_is_word(tokens, i, "pg_catalog") && wr_pgs_is_op(tokens, i + 1, "."))
		i += 2;
	if (i + 1 != end)
		return 0;
	wr_text_init(&name);
	wr_pgs_token_value(tokens, i, &name);
	oid = strncmp(wr_text_str(&name), "reg", 3) == 0 ? 0
	      : strcmp(wr_text_str(&name), "int") == 0   ? WR_PG_INT4
							 : wr_pgs_format_find(wr_text_str(&name));
	wr_text_release(&name);
	switch (oid) {
	case WR_PG_BOOL:
	case WR_PG_NAME:
	case WR_PG_CHAR:
	case WR_PG_INT2:
	case WR_PG_INT4:
	case WR_PG_INT8:
	case WR_PG_OID:
	case WR_PG_TEXT: return oid;
	case WR_PG_VARCHAR: return WR_PG_TEXT;
	default: return 0;
	}
}

static uint32_t type_of(struct item *item)
{
	static const char *const booleans[] = {"pg_is_in_recovery",
					       "pg_is_other_temp_schema",
					       "pg_relation_is_publishable",
					       "pg_has_role",
					       "bool_or",
					       "bool_and",
					       "every"};
	static const char *const integers[] = {"array_length", "array_upper", "array_lower",
					       "pg_backend_pid", "position"};
	const struct wr_pgs_tokens *tokens = item->tokens;
	struct wr_text name;
	uint32_t oid = 0, first = item->begin;

	cut_name(item);
	if (says_boolean(item))
		return WR_PG_BOOL;
	for (uint32_t i = item->end; i-- > item->begin + 1 && i + 4 > item->end;)
		if (wr_pgs_is_op(tokens, i, "::"))
			return type_named(tokens, i + 1, item->end);
	if (wr_pgs_is_word(tokens, first, "cast"))
		for (uint32_t i = item->end - 1; i > first; i--)
			if (wr_pgs_is_word(tokens, i, "as"))
				return type_named(tokens, i + 1, item->end - 1);
	while (wr_pgs_is_op(tokens, first + 1, "."))
		first += 2;
	if (first >= item->end || !wr_pgs_is_op(tokens, first + 1, "("))
		return 0;
	wr_text_init(&name);
	wr_pgs_token_value(tokens, first, &name);
	if (strncmp(wr_text_str(&name), "has_", 4) == 0 ||
	    strstr(wr_text_str(&name), "_is_visible") != NULL)
		oid = WR_PG_BOOL;
	for (size_t k = 0; k < WR_COUNT(booleans); k++)
		if (strcmp(wr_text_str(&name), booleans[k]) == 0)
			oid = WR_PG_BOOL;
	for (size_t k = 0; k < WR_COUNT(integers); k++)
		if (strcmp(wr_text_str(&name), integers[k]) == 0)
			oid = WR_PG_INT4;
	wr_text_release(&name);
	return oid;
}

/* The end of the item at `i`, at a comma or FROM outside of parentheses. */
static uint32_t item_end(const struct wr_pgs_statement *statement, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;

	for (uint32_t depth = 0; i < statement->last; i++) {
		depth += wr_pgs_is_op(tokens, i, "(") || wr_pgs_is_op(tokens, i, "[");
		depth -= wr_pgs_is_op(tokens, i, ")") || wr_pgs_is_op(tokens, i, "]");
		if (depth == 0 &&
		    (wr_pgs_is_op(tokens, i, ",") ||
		     (wr_pgs_is_word(tokens, i, "from") &&
		      !wr_pgs_is_word(tokens, i - 1, "distinct")) ||
		     wr_pgs_is_word(tokens, i, "union") || wr_pgs_is_word(tokens, i, "where")))
			break;
	}
	return i;
}

void wr_pgs_catalog_types(const struct wr_pgs_statement *statement, uint32_t count, uint32_t *oid)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	uint32_t i = statement->first, depth = 0;

	for (; i < statement->last; i++) {
		depth += wr_pgs_is_op(tokens, i, "(");
		depth -= wr_pgs_is_op(tokens, i, ")");
		if (depth == 0 && wr_pgs_is_word(tokens, i, "select"))
			break;
	}
	i += wr_pgs_is_word(tokens, i + 1, "distinct") ? 2 : 1;
	for (uint32_t k = 0; k < count && i < statement->last; k++) {
		struct item item = {tokens, i, item_end(statement, i)};

		i = item.end + 1;
		if (item.end == item.begin || wr_pgs_is_op(tokens, item.end - 1, "*"))
			return; /* what follows is nobody knows where */
		oid[k] = type_of(&item);
		if (!wr_pgs_is_op(tokens, i - 1, ","))
			return;
	}
}
