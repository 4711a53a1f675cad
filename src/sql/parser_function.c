/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_function - CREATE, ALTER and DROP FUNCTION, LOAD and UNLOAD MODULE, CREATE and DROP
 * CATALOG and DATABASE, USE.
 *
 * Behind USING stands a file's kind (JAR, FILE, ARTIFACT, ...: a word) and its path; what the kind
 * is does not matter, the language knows what to do with its files.
 */
#include "sql/parser_core.h"

/* IF EXISTS; `want_not`: IF NOT EXISTS */
static wr_status *parse_if(struct wr_parser *p, bool want_not, bool *found)
{
	*found = wr_tok_take(p, WR_KW_IF);
	if (!*found)
		return NULL;
	if (want_not)
		WR_TRY(wr_tok_need(p, WR_KW_NOT));
	return wr_tok_need(p, WR_KW_EXISTS);
}

/* A word of any kind, as written. */
static wr_status *parse_word(struct wr_parser *p, const char *what, const char **out)
{
	if (!wr_tok_is_kind(p, WR_TOKEN_WORD))
		return wr_tok_expected(p, what);
	*out = wr_tok_string(p, wr_tok_skip(p));
	return NULL;
}

/* [FILE] 'path', [FILE] 'path' ...: behind USING */
static wr_status *parse_files(struct wr_parser *p, struct wr_ast_create_function *create)
{
	struct wr_grow grow = {0};
	const char *kind;

	do {
		if (!wr_tok_is_string(p))
			WR_TRY(parse_word(p, "FILE and its path", &kind));
		WR_TRY(wr_parse_string(p, "the path of a file between single quotes",
				       wr_grow_add(p, &grow, sizeof(char *))));
	} while (wr_tok_take_sym(p, ","));
	create->files = (const char **)grow.items;
	create->file_count = grow.count;
	return NULL;
}

/* [IF [NOT] EXISTS] name AS 'symbol' [LANGUAGE word] [USING ...]: behind FUNCTION */
wr_status *wr_parse_create_function(struct wr_parser *p, struct wr_ast_create_function *create)
{
	uint32_t first;

	WR_TRY(parse_if(p, !create->alter, &create->if_exists));
	WR_TRY(wr_parse_name(p, "the function's name", &create->name));
	WR_TRY(wr_tok_need(p, WR_KW_AS));
	first = p->at;
	WR_TRY(wr_parse_string(p, "the symbol between single quotes", &create->symbol));
	create->symbol_pos = wr_tok_span(p, first);
	create->language_pos = create->symbol_pos;
	first = p->at;
	if (wr_tok_take(p, WR_KW_LANGUAGE)) {
		WR_TRY(parse_word(p, "a language: C, PYTHON", &create->language));
		create->language_pos = wr_tok_span(p, first);
	}
	if (wr_tok_take(p, WR_KW_USING))
		WR_TRY(parse_files(p, create));
	return NULL;
}

/* ALTER [TEMPORARY [SYSTEM]] FUNCTION: ALTER is next; *found false: another ALTER */
wr_status *wr_parse_alter_function(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found)
{
	uint32_t ahead = 1;
	bool temporary = wr_tok_ahead_is(p, ahead, WR_KW_TEMPORARY);
	bool system = temporary && wr_tok_ahead_is(p, ahead + 1, WR_KW_SYSTEM);

	ahead += temporary + system;
	*found = wr_tok_ahead_is(p, ahead, WR_KW_FUNCTION);
	if (!*found)
		return NULL;
	p->at += ahead + 1;
	stmt->kind = WR_AST_CREATE_FUNCTION;
	stmt->create_function.alter = true;
	stmt->create_function.temporary = temporary;
	stmt->create_function.system = system;
	return wr_parse_create_function(p, &stmt->create_function);
}

/* [IF EXISTS] name: behind FUNCTION */
wr_status *wr_parse_drop_function(struct wr_parser *p, struct wr_ast_drop *drop)
{
	WR_TRY(parse_if(p, false, &drop->if_exists));
	return wr_parse_name(p, "the function's name", &drop->name);
}

/* LOAD MODULE name [WITH (...)], UNLOAD MODULE name: behind the first word */
wr_status *wr_parse_module(struct wr_parser *p, struct wr_ast_stmt *stmt, bool load)
{
	stmt->kind = load ? WR_AST_LOAD_MODULE : WR_AST_UNLOAD_MODULE;
	WR_TRY(wr_tok_need(p, WR_KW_MODULE));
	WR_TRY(wr_parse_ident(p, "the module's name", &stmt->module.name));
	if (load && wr_tok_take(p, WR_KW_WITH))
		return wr_parse_options(p, &stmt->module.options);
	return NULL;
}

/* [IF [NOT] EXISTS] name [WITH (...)]: behind CATALOG */
wr_status *wr_parse_catalog(struct wr_parser *p, struct wr_ast_stmt *stmt, bool create)
{
	stmt->kind = create ? WR_AST_CREATE_CATALOG : WR_AST_DROP_CATALOG;
	WR_TRY(parse_if(p, create, &stmt->catalog.if_exists));
	WR_TRY(wr_parse_ident(p, "the catalog's name", &stmt->catalog.name));
	if (!create)
		return NULL;
	WR_TRY(wr_tok_need(p, WR_KW_WITH));
	return wr_parse_options(p, &stmt->catalog.options);
}

/* [IF [NOT] EXISTS] name [COMMENT 'text'] [WITH (...)], or, to drop, [RESTRICT | CASCADE]: behind
 * DATABASE */
wr_status *wr_parse_database(struct wr_parser *p, struct wr_ast_stmt *stmt, bool create)
{
	stmt->kind = create ? WR_AST_CREATE_DATABASE : WR_AST_DROP_DATABASE;
	WR_TRY(parse_if(p, create, &stmt->database.if_exists));
	WR_TRY(wr_parse_name(p, "the database's name", &stmt->database.name));
	if (!create) {
		if (!wr_tok_take(p, WR_KW_RESTRICT))
			stmt->database.cascade = wr_tok_take(p, WR_KW_CASCADE);
		return NULL;
	}
	if (wr_tok_take(p, WR_KW_COMMENT))
		WR_TRY(wr_parse_string(p, "the database's comment between single quotes",
				       &stmt->database.comment));
	return wr_tok_take(p, WR_KW_WITH) ? wr_parse_options(p, &stmt->database.options) : NULL;
}

/* CATALOG name, [catalog.]database: behind USE */
wr_status *wr_parse_use(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	if (wr_tok_is(p, WR_KW_MODULES))
		return wr_tok_unsupported(p, p->at - 1, "USE MODULES");
	if (wr_tok_is(p, WR_KW_CATALOG) && wr_tok_is_name(p, 1)) {
		wr_tok_skip(p);
		stmt->kind = WR_AST_USE_CATALOG;
		return wr_parse_ident(p, "the catalog's name", &stmt->catalog.name);
	}
	stmt->kind = WR_AST_USE_DATABASE;
	return wr_parse_name(p, "CATALOG, or the database's name", &stmt->database.name);
}
