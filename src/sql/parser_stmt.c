/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_stmt - statements, by their first word.
 */
#include "sql/parser_core.h"

/* ---- INSERT and statement sets
 * --------------------------------------------------------------------------------- */

/* PARTITION (a = 'x', b = 1): behind PARTITION */
static wr_status *parse_partition(struct wr_parser *p, struct wr_ast_options *partition)
{
	struct wr_grow grow = {0};
	WR_TRY(wr_tok_need_sym(p, "("));
	do {
		struct wr_ast_option option = {0};
		struct wr_ast_ident column = {0};
		WR_TRY(wr_parse_ident(p, "a partition column", &column));
		option.key = column.text;
		option.key_pos = column.pos;
		WR_TRY(wr_tok_need_sym(p, "="));
		option.value_pos = wr_tok_ahead(p, 0)->pos;
		if (wr_tok_is_kind(p, WR_TOKEN_NUMBER))
			option.value = wr_tok_string(p, wr_tok_skip(p));
		else
			WR_TRY(wr_parse_string(p, "the partition's value, a number or a string",
					       &option.value));
		memcpy(wr_grow_add(p, &grow, sizeof(option)), &option, sizeof(option));
	} while (wr_tok_take_sym(p, ","));
	*partition = (struct wr_ast_options){grow.items, grow.count};
	if (!wr_tok_take_sym(p, ")"))
		return wr_tok_expected(p, "a comma or \")\"");
	return NULL;
}

/* (a, b) in front of the query; plain names only */
static wr_status *parse_insert_columns(struct wr_parser *p, struct wr_ast_insert *insert)
{
	if (!wr_tok_is_sym(p, "(") || wr_tok_is_query(p))
		return NULL;
	WR_TRY(wr_parse_idents(p, "a column's name or a query", &insert->columns));
	return NULL;
}

/* ON CONFLICT DO .., if it is there */
static wr_status *parse_conflict(struct wr_parser *p, struct wr_ast_insert *insert)
{
	uint32_t first = p->at;
	if (!wr_tok_take2(p, WR_KW_ON, WR_KW_CONFLICT))
		return NULL;
	WR_TRY(wr_tok_need(p, WR_KW_DO));
	if (wr_tok_take(p, WR_KW_ERROR))
		insert->conflict = WR_AST_CONFLICT_ERROR;
	else if (wr_tok_take(p, WR_KW_NOTHING))
		insert->conflict = WR_AST_CONFLICT_NOTHING;
	else if (wr_tok_take(p, WR_KW_DEDUPLICATE))
		insert->conflict = WR_AST_CONFLICT_DEDUPLICATE;
	else
		return wr_tok_expected(p, "ERROR, NOTHING or DEDUPLICATE");
	insert->conflict_pos = wr_tok_span(p, first);
	p->follow = NULL;
	return NULL;
}

/* INSERT INTO | OVERWRITE table .. query: INSERT is next */
static wr_status *parse_insert(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	struct wr_ast_insert *insert = &stmt->insert;
	stmt->kind = WR_AST_INSERT;
	WR_TRY(wr_tok_need(p, WR_KW_INSERT));
	insert->overwrite = wr_tok_take(p, WR_KW_OVERWRITE);
	if (!insert->overwrite && !wr_tok_take(p, WR_KW_INTO))
		return wr_tok_expected(p, "INTO or OVERWRITE");
	WR_TRY(wr_parse_name(p, "the name of the table to write to", &insert->table));
	WR_TRY(wr_parse_hints(p, &insert->hints));
	if (wr_tok_take(p, WR_KW_PARTITION))
		WR_TRY(parse_partition(p, &insert->partition));
	WR_TRY(parse_insert_columns(p, insert));
	if (!wr_tok_is_query(p))
		return wr_tok_expected(p, insert->columns.count > 0
					      ? "SELECT or VALUES"
					      : "SELECT, VALUES or a list of columns");
	WR_TRY(wr_parse_query(p, &insert->query));
	return parse_conflict(p, insert);
}

static struct wr_ast_stmt *new_stmt(struct wr_parser *p)
{
	return WR_NEW(p->arena, struct wr_ast_stmt);
}

/* Place and source of the statement that began at token `first`. */
static void finish_stmt(struct wr_parser *p, uint32_t first, struct wr_ast_stmt *stmt)
{
	wr_node_span(p, first, p->at, &stmt->pos, &stmt->text);
}

/* INSERT ..; INSERT ..; END */
static wr_status *parse_inserts(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	struct wr_grow grow = {0};
	stmt->kind = WR_AST_STATEMENT_SET;
	do {
		if (!wr_tok_is(p, WR_KW_INSERT))
			return wr_tok_expected(p, grow.count == 0 ? "INSERT" : "INSERT or END");
		struct wr_ast_stmt *insert = new_stmt(p);
		uint32_t first = p->at;
		WR_TRY(parse_insert(p, insert));
		finish_stmt(p, first, insert);
		*(struct wr_ast_stmt **)wr_grow_add(p, &grow, sizeof(insert)) = insert;
		if (!wr_tok_is_sym(p, ";"))
			return wr_tok_expected(
			    p, p->follow == NULL
				   ? "\";\" behind the INSERT"
				   : wr_arena_printf(p->arena, "%s or \";\"", p->follow));
		while (wr_tok_take_sym(p, ";"))
			;
	} while (!wr_tok_is(p, WR_KW_END));
	wr_tok_skip(p);
	p->follow = NULL;
	stmt->statement_set.items = grow.items;
	stmt->statement_set.count = grow.count;
	return NULL;
}

/* STATEMENT SET BEGIN .. END: STATEMENT is next */
static wr_status *parse_statement_set(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	WR_TRY(wr_tok_need(p, WR_KW_STATEMENT));
	WR_TRY(wr_tok_need(p, WR_KW_SET));
	WR_TRY(wr_tok_need(p, WR_KW_BEGIN));
	return parse_inserts(p, stmt);
}

static wr_status *parse_select_stmt(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	stmt->kind = WR_AST_SELECT;
	return wr_parse_query(p, &stmt->query);
}

/* EXECUTE STATEMENT SET .., EXECUTE INSERT .., EXECUTE SELECT .. : behind EXECUTE */
static wr_status *parse_execute(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	if (wr_tok_is(p, WR_KW_STATEMENT))
		return parse_statement_set(p, stmt);
	if (wr_tok_is(p, WR_KW_INSERT))
		return parse_insert(p, stmt);
	if (wr_tok_is_query(p))
		return parse_select_stmt(p, stmt);
	if (wr_tok_is(p, WR_KW_PLAN))
		return wr_tok_unsupported(p, p->at, "EXECUTE PLAN");
	return wr_tok_expected(p, "STATEMENT SET, INSERT or a query");
}

/* BEGIN STATEMENT SET; .. END: behind BEGIN */
static wr_status *parse_begin(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	WR_TRY(wr_tok_need(p, WR_KW_STATEMENT));
	WR_TRY(wr_tok_need(p, WR_KW_SET));
	if (!wr_tok_is_sym(p, ";"))
		return wr_tok_expected(p, "\";\"");
	while (wr_tok_take_sym(p, ";"))
		;
	return parse_inserts(p, stmt);
}

/* ---- EXPLAIN, SHOW, DESCRIBE, SET
 * ------------------------------------------------------------------------------ */

/* ESTIMATED_COST, CHANGELOG_MODE, .. */
static wr_status *parse_explain_details(struct wr_parser *p, uint32_t *details)
{
	do {
		if (wr_tok_take(p, WR_KW_ESTIMATED_COST))
			*details |= WR_AST_EXPLAIN_ESTIMATED_COST;
		else if (wr_tok_take(p, WR_KW_CHANGELOG_MODE))
			*details |= WR_AST_EXPLAIN_CHANGELOG_MODE;
		else if (wr_tok_take(p, WR_KW_JSON_EXECUTION_PLAN))
			*details |= WR_AST_EXPLAIN_JSON_EXECUTION_PLAN;
		else if (wr_tok_take(p, WR_KW_PLAN_ADVICE))
			*details |= WR_AST_EXPLAIN_PLAN_ADVICE;
		else if (wr_tok_take(p, WR_KW_COLUMN_LINEAGE))
			*details |= WR_AST_EXPLAIN_COLUMN_LINEAGE;
		else
			return wr_tok_expected(
			    p,
			    "ESTIMATED_COST, CHANGELOG_MODE, JSON_EXECUTION_PLAN, PLAN_ADVICE or "
			    "COLUMN_LINEAGE");
	} while (wr_tok_take_sym(p, ","));
	return NULL;
}

/* Behind EXPLAIN. */
static wr_status *parse_explain(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	if (wr_tok_take(p, WR_KW_WHY))
		return wr_parse_explain_why(p, stmt);
	stmt->kind = WR_AST_EXPLAIN;
	if (!wr_tok_take2(p, WR_KW_PLAN, WR_KW_FOR) &&
	    (wr_tok_is(p, WR_KW_ESTIMATED_COST) || wr_tok_is(p, WR_KW_CHANGELOG_MODE) ||
	     wr_tok_is(p, WR_KW_JSON_EXECUTION_PLAN) || wr_tok_is(p, WR_KW_PLAN_ADVICE) ||
	     wr_tok_is(p, WR_KW_COLUMN_LINEAGE)))
		WR_TRY(parse_explain_details(p, &stmt->explain.details));
	struct wr_ast_stmt *inner = new_stmt(p);
	uint32_t first = p->at;
	stmt->explain.stmt = inner;
	if (wr_tok_is_query(p))
		WR_TRY(parse_select_stmt(p, inner));
	else if (wr_tok_is(p, WR_KW_INSERT))
		WR_TRY(parse_insert(p, inner));
	else if (wr_tok_is(p, WR_KW_STATEMENT))
		WR_TRY(parse_statement_set(p, inner));
	else if (wr_tok_is(p, WR_KW_CREATE))
		WR_TRY(wr_parse_create(p, inner));
	else
		return wr_tok_expected(p, "a query, INSERT, STATEMENT SET or CREATE TABLE ... AS");
	finish_stmt(p, first, inner);
	if (inner->kind == WR_AST_CREATE_VIEW ||
	    (inner->kind == WR_AST_CREATE_TABLE && inner->create_table.query == NULL))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, inner->pos, "There is no plan to explain"),
		    "EXPLAIN takes a query, INSERT, STATEMENT SET or CREATE TABLE ... AS");
	return NULL;
}

/* [{FROM | IN} name], [NOT] {LIKE | ILIKE} 'pattern' */
static wr_status *parse_show_filter(struct wr_parser *p, struct wr_ast_show *show)
{
	bool columns = show->kind == WR_AST_SHOW_COLUMNS;
	if (wr_tok_take(p, WR_KW_FROM) || wr_tok_take(p, WR_KW_IN))
		WR_TRY(wr_parse_name(p,
				     columns                               ? "a table's name"
				     : show->kind == WR_AST_SHOW_DATABASES ? "a catalog's name"
									   : "a database's name",
				     &show->name));
	else if (columns)
		return wr_tok_expected(p, "FROM and a table's name");
	show->not_like = wr_tok_take(p, WR_KW_NOT);
	show->ilike = wr_tok_is(p, WR_KW_ILIKE);
	if (wr_tok_take(p, WR_KW_LIKE) || wr_tok_take(p, WR_KW_ILIKE))
		return wr_parse_string(p, "a pattern between single quotes", &show->like);
	if (show->not_like)
		return wr_tok_expected(p, "LIKE");
	p->follow = "FROM, LIKE";
	return NULL;
}

/* SHOW CREATE .., SHOW CURRENT ..; *found false: another SHOW */
static wr_status *parse_show_two_words(struct wr_parser *p, struct wr_ast_show *show, bool *found)
{
	uint32_t first = p->at - 1;
	*found = wr_tok_is(p, WR_KW_CREATE) || wr_tok_is(p, WR_KW_CURRENT);
	if (wr_tok_take(p, WR_KW_CREATE)) {
		if (wr_tok_take(p, WR_KW_TABLE))
			show->kind = WR_AST_SHOW_CREATE_TABLE;
		else if (wr_tok_take2(p, WR_KW_MATERIALIZED, WR_KW_TABLE))
			show->kind = WR_AST_SHOW_CREATE_TABLE;
		else if (wr_tok_take(p, WR_KW_VIEW))
			show->kind = WR_AST_SHOW_CREATE_VIEW;
		else if (wr_tok_is(p, WR_KW_CATALOG) || wr_tok_is(p, WR_KW_MODEL))
			return wr_tok_unsupported(
			    p, first,
			    wr_arena_printf(p->arena, "SHOW CREATE %s",
					    wr_keyword_name(wr_tok_ahead(p, 0)->code)));
		else
			return wr_tok_expected(p, "TABLE or VIEW");
		return wr_parse_name(p, "a name", &show->name);
	}
	if (wr_tok_take2(p, WR_KW_CURRENT, WR_KW_CATALOG))
		show->kind = WR_AST_SHOW_CURRENT_CATALOG;
	else if (wr_tok_take2(p, WR_KW_CURRENT, WR_KW_DATABASE))
		show->kind = WR_AST_SHOW_CURRENT_DATABASE;
	else if (wr_tok_take(p, WR_KW_CURRENT))
		return wr_tok_expected(p, "CATALOG or DATABASE");
	return NULL;
}

/* Behind SHOW. */
static wr_status *parse_show(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	static const struct {
		enum wr_keyword keyword;    /* as written */
		enum wr_ast_show_kind kind; /* 0: known, but not there */
	} lists[] = {
	    {WR_KW_TABLES, WR_AST_SHOW_TABLES},
	    {WR_KW_VIEWS, WR_AST_SHOW_VIEWS},
	    {WR_KW_FUNCTIONS, WR_AST_SHOW_FUNCTIONS},
	    {WR_KW_COLUMNS, WR_AST_SHOW_COLUMNS},
	    {WR_KW_CATALOGS, WR_AST_SHOW_CATALOGS},
	    {WR_KW_DATABASES, WR_AST_SHOW_DATABASES},
	    {WR_KW_MODULES, WR_AST_SHOW_MODULES},
	    {WR_KW_JOBS, WR_AST_SHOW_JOBS},
	    {WR_KW_JARS, 0},
	    {WR_KW_PARTITIONS, 0},
	    {WR_KW_PROCEDURES, 0},
	    {WR_KW_MODELS, 0},
	};
	struct wr_ast_show *show = &stmt->show;
	uint32_t first = p->at - 1;
	bool found = false;
	stmt->kind = WR_AST_SHOW;
	WR_TRY(parse_show_two_words(p, show, &found));
	if (found)
		return NULL;
	show->user_only = wr_tok_ahead_is(p, 1, WR_KW_FUNCTIONS) && wr_tok_take(p, WR_KW_USER);
	show->full = wr_tok_ahead_is(p, 1, WR_KW_MODULES) && wr_tok_take(p, WR_KW_FULL);
	for (size_t i = 0; i < WR_COUNT(lists); i++) {
		if (!wr_tok_take(p, lists[i].keyword))
			continue;
		show->kind = lists[i].kind;
		if (show->kind == 0)
			return wr_tok_unsupported(
			    p, first,
			    wr_arena_printf(p->arena, "SHOW %s",
					    wr_keyword_name(lists[i].keyword)));
		return parse_show_filter(p, show);
	}
	return wr_tok_expected(
	    p, "TABLES, VIEWS, FUNCTIONS, COLUMNS FROM, CREATE TABLE, CREATE VIEW, DATABASES, "
	       "CATALOGS, CURRENT, MODULES or JOBS");
}

/* Behind DESCRIBE or DESC. */
static wr_status *parse_describe(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	static const enum wr_keyword others[] = {WR_KW_CATALOG, WR_KW_DATABASE, WR_KW_MODEL};
	stmt->kind = WR_AST_DESCRIBE;
	for (size_t i = 0; i < WR_COUNT(others); i++) {
		bool named = wr_tok_is_name(p, 1) || wr_tok_ahead_is(p, 1, WR_KW_EXTENDED) ||
			     wr_tok_ahead(p, 1)->kind == WR_TOKEN_STRING;
		if (wr_tok_is(p, others[i]) && named)
			return wr_tok_unsupported(
			    p, p->at - 1,
			    wr_arena_printf(p->arena, "DESCRIBE %s", wr_keyword_name(others[i])));
	}
	if (wr_tok_is(p, WR_KW_JOB) &&
	    (wr_tok_is_name(p, 1) || wr_tok_ahead(p, 1)->kind == WR_TOKEN_STRING)) {
		p->at++;
		return wr_parse_describe_job(p, stmt);
	}
	stmt->describe.function = wr_tok_take(p, WR_KW_FUNCTION);
	wr_tok_take(p, WR_KW_TABLE);
	stmt->describe.extended = wr_tok_take(p, WR_KW_EXTENDED);
	return wr_parse_name(
	    p, stmt->describe.function ? "a function's name" : "the name of a table or view",
	    &stmt->describe.name);
}

/* SET ['k' = 'v'], RESET ['k']: behind the word */
static wr_status *parse_set(struct wr_parser *p, struct wr_ast_stmt *stmt, bool reset)
{
	struct wr_ast_option option = {0};
	stmt->kind = reset ? WR_AST_RESET : WR_AST_SET;
	if (wr_tok_is_sym(p, ";") || wr_tok_is_kind(p, WR_TOKEN_END))
		return NULL;
	if (reset && wr_tok_is_string(p)) {
		uint32_t first = p->at;
		WR_TRY(wr_parse_string(p, "an option's key", &stmt->set.key));
		stmt->set.key_pos = wr_tok_span(p, first);
		return NULL;
	}
	if (reset)
		return wr_status_hint(wr_tok_expected(p, "an option's key between single quotes"),
				      "Write RESET 'key', or RESET alone for all options");
	WR_TRY(wr_parse_option(p, &option));
	stmt->set.key = option.key;
	stmt->set.value = option.value;
	stmt->set.key_pos = option.key_pos;
	stmt->set.value_pos = option.value_pos;
	return NULL;
}

/* ---- all statements
 * -------------------------------------------------------------------------------------------- */

/* Statements of Flink SQL that the engine does not have; NULL: not one of them. */
static const char *unsupported_stmt(const struct wr_parser *p)
{
	static const struct {
		enum wr_keyword first;  /* the statement's first word */
		enum wr_keyword second; /* its second word; WR_NO_KEYWORD: any */
		const char *name;       /* for the message */
	} known[] = {
	    {WR_KW_ALTER, WR_KW_CATALOG, "ALTER CATALOG"},
	    {WR_KW_ALTER, WR_NO_KEYWORD, "ALTER"},
	    {WR_KW_UPDATE, WR_NO_KEYWORD, "UPDATE"},
	    {WR_KW_DELETE, WR_NO_KEYWORD, "DELETE"},
	    {WR_KW_MERGE, WR_NO_KEYWORD, "MERGE"},
	    {WR_KW_UPSERT, WR_NO_KEYWORD, "UPSERT"},
	    {WR_KW_TRUNCATE, WR_NO_KEYWORD, "TRUNCATE TABLE"},
	    {WR_KW_ANALYZE, WR_NO_KEYWORD, "ANALYZE TABLE"},
	    {WR_KW_CALL, WR_NO_KEYWORD, "CALL"},
	    {WR_KW_COMPILE, WR_NO_KEYWORD, "COMPILE PLAN"},
	    {WR_KW_ADD, WR_NO_KEYWORD, "ADD JAR"},
	    {WR_KW_REMOVE, WR_NO_KEYWORD, "REMOVE JAR"},
	    {WR_KW_REPLACE, WR_NO_KEYWORD, "REPLACE TABLE"},
	};
	for (size_t i = 0; i < WR_COUNT(known); i++) {
		if (wr_tok_is(p, known[i].first) &&
		    (known[i].second == WR_NO_KEYWORD || wr_tok_ahead_is(p, 1, known[i].second)))
			return known[i].name;
	}
	return NULL;
}

/* By the first word. */
static wr_status *parse_by_word(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	const char *unsupported;
	bool found = false;
	if (wr_tok_is(p, WR_KW_ALTER))
		WR_TRY(wr_parse_alter_function(p, stmt, &found));
	if (!found)
		WR_TRY(wr_parse_alter_materialized(p, stmt, &found));
	if (!found)
		WR_TRY(wr_parse_alter_table(p, stmt, &found));
	if (!found)
		WR_TRY(wr_parse_alter_view(p, stmt, &found));
	if (!found)
		WR_TRY(wr_parse_alter_database(p, stmt, &found));
	if (found)
		return NULL;
	unsupported = unsupported_stmt(p);
	if (wr_tok_is(p, WR_KW_LOAD) || wr_tok_is(p, WR_KW_UNLOAD))
		return wr_parse_module(p, stmt, wr_tok_skip(p)->code == WR_KW_LOAD);
	if (wr_tok_is_query(p))
		return parse_select_stmt(p, stmt);
	if (wr_tok_is(p, WR_KW_CREATE))
		return wr_parse_create(p, stmt);
	if (wr_tok_is(p, WR_KW_DROP))
		return wr_parse_drop(p, stmt);
	if (wr_tok_is(p, WR_KW_INSERT))
		return parse_insert(p, stmt);
	if (wr_tok_take(p, WR_KW_EXECUTE))
		return parse_execute(p, stmt);
	if (wr_tok_take(p, WR_KW_BEGIN))
		return parse_begin(p, stmt);
	if (wr_tok_take(p, WR_KW_USE))
		return wr_parse_use(p, stmt);
	if (wr_tok_take(p, WR_KW_EXPLAIN))
		return parse_explain(p, stmt);
	if (wr_tok_take(p, WR_KW_SHOW))
		return parse_show(p, stmt);
	if (wr_tok_take(p, WR_KW_DESCRIBE) || wr_tok_take(p, WR_KW_DESC))
		return parse_describe(p, stmt);
	if (wr_tok_take(p, WR_KW_STOP))
		return wr_parse_stop_job(p, stmt);
	if (wr_tok_take(p, WR_KW_SET))
		return parse_set(p, stmt, false);
	if (wr_tok_take(p, WR_KW_RESET))
		return parse_set(p, stmt, true);
	if (unsupported != NULL)
		return wr_tok_unsupported(p, p->at, unsupported);
	if (wr_tok_is(p, WR_KW_STATEMENT) && wr_tok_ahead_is(p, 1, WR_KW_SET))
		return wr_status_hint(wr_tok_expected(p, "a statement"),
				      "Write EXECUTE STATEMENT SET BEGIN ... END");
	if (wr_tok_is(p, WR_KW_END))
		return wr_status_at(WR_USER_ERROR, wr_tok_ahead(p, 0)->pos,
				    "END without BEGIN STATEMENT SET");
	return wr_tok_expected(
	    p, "a statement (SELECT, INSERT, CREATE, DROP, SET, SHOW, DESCRIBE, EXPLAIN, EXECUTE)");
}

wr_status *wr_parse_stmt(struct wr_parser *p, struct wr_ast_stmt **out)
{
	struct wr_ast_stmt *stmt = new_stmt(p);
	uint32_t first = p->at;
	WR_TRY(parse_by_word(p, stmt));
	finish_stmt(p, first, stmt);
	stmt->options_hint = p->options_hint;
	*out = stmt;
	return NULL;
}
