/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_ddl - CREATE TABLE, CREATE VIEW, DROP; other objects are refused by name.
 */
#include "sql/parser_core.h"

#define BUCKETS_MAX 1000000 /* of DISTRIBUTED INTO n BUCKETS; only shown again, never allocated */

/* ---- columns --------------------------------------------------------------------------------- */

/* [NOT] ENFORCED; true in *enforced when nothing is written, as Flink takes it. */
static wr_status *parse_enforced(struct wr_parser *p, bool *enforced)
{
	bool not_enforced = wr_tok_is(p, WR_KW_NOT);
	if (not_enforced)
		wr_tok_skip(p);
	*enforced = !not_enforced;
	if (!wr_tok_take(p, WR_KW_ENFORCED) && not_enforced)
		return wr_tok_expected(p, "ENFORCED");
	return NULL;
}

/* Notes the primary key; `first` is the first token of the constraint. */
static wr_status *set_primary_key(struct wr_parser *p, struct wr_ast_create_table *create,
				  uint32_t first, struct wr_ast_idents columns,
				  struct wr_ast_ident name)
{
	if (create->has_primary_key)
		return wr_status_at(WR_USER_ERROR, wr_tok_span(p, first),
				    "The table has two primary keys");
	create->has_primary_key = true;
	create->primary_key = columns;
	create->primary_key_name = name;
	WR_TRY(parse_enforced(p, &create->primary_key_enforced));
	create->primary_key_pos = wr_tok_span(p, first);
	return NULL;
}

/* [CONSTRAINT name] PRIMARY KEY [NOT ENFORCED] behind a column's type, if it is there */
static wr_status *parse_column_constraint(struct wr_parser *p, struct wr_ast_create_table *create,
					  struct wr_ast_column *column)
{
	uint32_t first = p->at;
	struct wr_ast_ident name = {0};
	bool named = wr_tok_take(p, WR_KW_CONSTRAINT);
	if (named)
		WR_TRY(wr_parse_ident(p, "the constraint's name", &name));
	if (wr_tok_is(p, WR_KW_UNIQUE))
		return wr_tok_unsupported(p, first, "A UNIQUE constraint");
	if (!wr_tok_take2(p, WR_KW_PRIMARY, WR_KW_KEY))
		return named ? wr_tok_expected(p, "PRIMARY KEY") : NULL;
	struct wr_ast_idents columns = {WR_NEW(p->arena, struct wr_ast_ident), 1};
	columns.items[0] = column->name;
	column->primary_key = true;
	return set_primary_key(p, create, first, columns, name);
}

/* METADATA [FROM 'key'] [VIRTUAL]: behind METADATA */
static wr_status *parse_metadata(struct wr_parser *p, struct wr_ast_column *column)
{
	column->kind = WR_AST_COLUMN_METADATA;
	if (wr_tok_take(p, WR_KW_FROM)) {
		uint32_t first = p->at;
		WR_TRY(wr_parse_string(p, "the metadata key between single quotes",
				       &column->metadata_key));
		column->metadata_key_pos = wr_tok_span(p, first);
	}
	column->is_virtual = wr_tok_take(p, WR_KW_VIRTUAL);
	return NULL;
}

/* name type .., name AS expr, or a name alone */
static wr_status *parse_column(struct wr_parser *p, struct wr_ast_create_table *create,
			       struct wr_ast_column *column)
{
	uint32_t first = p->at;
	WR_TRY(wr_parse_ident(p, "a column's name", &column->name));
	if (wr_tok_is_sym(p, ",") || wr_tok_is_sym(p, ")")) {
		column->kind = WR_AST_COLUMN_UNTYPED;
	} else if (wr_tok_take(p, WR_KW_AS)) {
		column->kind = WR_AST_COLUMN_COMPUTED;
		WR_TRY(wr_parse_expr(p, &column->expr));
	} else {
		column->kind = WR_AST_COLUMN_PHYSICAL;
		WR_TRY(wr_parse_type(p, true, &column->type));
		if (wr_tok_take(p, WR_KW_METADATA))
			WR_TRY(parse_metadata(p, column));
		else
			WR_TRY(parse_column_constraint(p, create, column));
	}
	if (wr_tok_take(p, WR_KW_COMMENT))
		WR_TRY(wr_parse_string(p, "the column's comment between single quotes",
				       &column->comment));
	column->pos = wr_tok_span(p, first);
	return NULL;
}

/* WATERMARK FOR column AS expr: behind WATERMARK */
static wr_status *parse_watermark(struct wr_parser *p, struct wr_ast_create_table *create)
{
	uint32_t first = p->at - 1;
	if (create->watermark != NULL)
		return wr_status_at(WR_USER_ERROR, wr_tok_span(p, first),
				    "The table has two watermarks");
	WR_TRY(wr_tok_need(p, WR_KW_FOR));
	WR_TRY(wr_parse_name(p, "the time column", &create->watermark_column));
	WR_TRY(wr_tok_need(p, WR_KW_AS));
	WR_TRY(wr_parse_expr(p, &create->watermark));
	create->watermark_pos = wr_tok_span(p, first);
	return NULL;
}

/* [CONSTRAINT name] PRIMARY KEY (a, b) [NOT ENFORCED]; the first token is known to begin one */
static wr_status *parse_table_constraint(struct wr_parser *p, struct wr_ast_create_table *create)
{
	uint32_t first = p->at;
	struct wr_ast_ident name = {0};
	struct wr_ast_idents columns = {0};
	if (wr_tok_take(p, WR_KW_CONSTRAINT))
		WR_TRY(wr_parse_ident(p, "the constraint's name", &name));
	if (wr_tok_is(p, WR_KW_UNIQUE))
		return wr_tok_unsupported(p, first, "A UNIQUE constraint");
	if (!wr_tok_take2(p, WR_KW_PRIMARY, WR_KW_KEY))
		return wr_tok_expected(p, "PRIMARY KEY");
	WR_TRY(wr_parse_idents(p, "a column's name", &columns));
	return set_primary_key(p, create, first, columns, name);
}

/* One element of the list in parentheses. */
wr_status *wr_parse_element(struct wr_parser *p, struct wr_ast_create_table *create,
			    struct wr_grow *columns)
{
	if (wr_tok_take(p, WR_KW_WATERMARK))
		return parse_watermark(p, create);
	if (wr_tok_is(p, WR_KW_CONSTRAINT) || wr_tok_is(p, WR_KW_PRIMARY) ||
	    wr_tok_is(p, WR_KW_UNIQUE))
		return parse_table_constraint(p, create);
	if (wr_tok_is(p, WR_KW_LIKE))
		return wr_status_hint(
		    wr_tok_expected(p, "a column's name"),
		    "LIKE stands behind the parentheses: CREATE TABLE t (...) LIKE other");
	struct wr_ast_column column = {0};
	WR_TRY(parse_column(p, create, &column));
	memcpy(wr_grow_add(p, columns, sizeof(column)), &column, sizeof(column));
	return NULL;
}

/* (columns, watermark, key), if it is there */
wr_status *wr_parse_schema(struct wr_parser *p, struct wr_ast_create_table *create)
{
	struct wr_grow columns = {0};
	if (!wr_tok_take_sym(p, "("))
		return NULL;
	do {
		WR_TRY(wr_parse_element(p, create, &columns));
	} while (wr_tok_take_sym(p, ","));
	create->columns = columns.items;
	create->column_count = columns.count;
	if (wr_tok_take_sym(p, ")"))
		return NULL;
	const struct wr_ast_column *last =
	    columns.count == 0 ? NULL : &create->columns[columns.count - 1];
	if (last != NULL && last->comment != NULL)
		return wr_tok_expected(p, "a comma or \")\" behind the column's comment");
	return wr_tok_expected(p, "a comma or \")\" behind the column");
}

/* ---- the clauses behind the columns
 * ---------------------------------------------------------------------------- */

/* DISTRIBUTED [BY [HASH | RANGE] (a)] [INTO n BUCKETS], if it is there */
static wr_status *parse_distribution(struct wr_parser *p, struct wr_ast_create_table *create)
{
	uint32_t first = p->at;
	if (!wr_tok_take(p, WR_KW_DISTRIBUTED))
		return NULL;
	create->distribution = WR_AST_DISTRIBUTION_UNSAID;
	bool by = wr_tok_take(p, WR_KW_BY);
	if (by) {
		if (wr_tok_take(p, WR_KW_HASH))
			create->distribution = WR_AST_DISTRIBUTION_HASH;
		else if (wr_tok_take(p, WR_KW_RANGE))
			create->distribution = WR_AST_DISTRIBUTION_RANGE;
		WR_TRY(wr_parse_idents(p, "a column's name", &create->distributed_by));
	}
	if (wr_tok_take(p, WR_KW_INTO)) {
		WR_TRY(
		    wr_parse_uint(p, "the number of buckets", BUCKETS_MAX, &create->bucket_count));
		WR_TRY(wr_tok_need(p, WR_KW_BUCKETS));
	} else if (!by) {
		return wr_tok_expected(p, "BY or INTO");
	}
	create->distribution_pos = wr_tok_span(p, first);
	return NULL;
}

/* INCLUDING ALL, EXCLUDING OPTIONS, .. */
static wr_status *parse_like_option(struct wr_parser *p, struct wr_ast_like_option *option)
{
	static const struct {
		enum wr_keyword keyword;          /* as written */
		enum wr_ast_like_feature feature; /* what it means */
	} features[] = {
	    {WR_KW_ALL, WR_AST_LIKE_ALL},
	    {WR_KW_CONSTRAINTS, WR_AST_LIKE_CONSTRAINTS},
	    {WR_KW_DISTRIBUTION, WR_AST_LIKE_DISTRIBUTION},
	    {WR_KW_GENERATED, WR_AST_LIKE_GENERATED},
	    {WR_KW_METADATA, WR_AST_LIKE_METADATA},
	    {WR_KW_OPTIONS, WR_AST_LIKE_OPTIONS},
	    {WR_KW_PARTITIONS, WR_AST_LIKE_PARTITIONS},
	    {WR_KW_WATERMARKS, WR_AST_LIKE_WATERMARKS},
	};
	uint32_t first = p->at;
	if (wr_tok_take(p, WR_KW_INCLUDING))
		option->strategy = WR_AST_LIKE_INCLUDING;
	else if (wr_tok_take(p, WR_KW_EXCLUDING))
		option->strategy = WR_AST_LIKE_EXCLUDING;
	else if (wr_tok_take(p, WR_KW_OVERWRITING))
		option->strategy = WR_AST_LIKE_OVERWRITING;
	else
		return wr_tok_expected(p, "INCLUDING, EXCLUDING or OVERWRITING");
	for (size_t i = 0; i < WR_COUNT(features); i++) {
		if (wr_tok_take(p, features[i].keyword)) {
			option->feature = features[i].feature;
			option->pos = wr_tok_span(p, first);
			return NULL;
		}
	}
	return wr_tok_expected(
	    p, "ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, PARTITIONS or "
	       "WATERMARKS");
}

/* LIKE table [(options)]: behind LIKE */
static wr_status *parse_like(struct wr_parser *p, struct wr_ast_create_table *create)
{
	struct wr_grow grow = {0};
	WR_TRY(wr_parse_name(p, "a table's name", &create->like));
	if (!wr_tok_take_sym(p, "("))
		return NULL;
	do {
		WR_TRY(
		    parse_like_option(p, wr_grow_add(p, &grow, sizeof(struct wr_ast_like_option))));
	} while (!wr_tok_is_sym(p, ")") && !wr_tok_is_sym(p, ","));
	create->like_options = grow.items;
	create->like_option_count = grow.count;
	if (wr_tok_is_sym(p, ","))
		return wr_status_hint(
		    wr_tok_expected(p, "INCLUDING, EXCLUDING, OVERWRITING or \")\""),
		    "The options of LIKE stand without commas between them");
	return wr_tok_need_sym(p, ")");
}

/* The clauses in their order: each one at most once. */
static wr_status *parse_table_clauses(struct wr_parser *p, struct wr_ast_create_table *create)
{
	if (wr_tok_take(p, WR_KW_COMMENT))
		WR_TRY(wr_parse_string(p, "the table's comment between single quotes",
				       &create->comment));
	WR_TRY(parse_distribution(p, create));
	if (wr_tok_take(p, WR_KW_PARTITIONED)) {
		WR_TRY(wr_tok_need(p, WR_KW_BY));
		WR_TRY(wr_parse_idents(p, "a column's name", &create->partitioned_by));
	}
	create->has_with = wr_tok_take(p, WR_KW_WITH);
	if (create->has_with)
		WR_TRY(wr_parse_options(p, &create->options));
	p->follow = create->has_with ? "LIKE, AS" : "COMMENT, PARTITIONED BY, WITH (...), LIKE, AS";
	if (create->has_with && (wr_tok_is(p, WR_KW_COMMENT) || wr_tok_is(p, WR_KW_PARTITIONED)))
		return wr_status_hint(
		    wr_tok_expected(p, "LIKE, AS or the end of the statement"),
		    "The order is (...) COMMENT '...' PARTITIONED BY (...) WITH (...)");
	if (wr_tok_take(p, WR_KW_LIKE)) {
		p->follow = NULL;
		return parse_like(p, create);
	}
	return wr_tok_take(p, WR_KW_AS) ? wr_parse_query(p, &create->query) : NULL;
}

/* IF NOT EXISTS, if it is there */
wr_status *wr_parse_if_not_exists(struct wr_parser *p, bool *found)
{
	*found = wr_tok_is(p, WR_KW_IF) && wr_tok_ahead_is(p, 1, WR_KW_NOT);
	if (!*found)
		return NULL;
	p->at += 2;
	return wr_tok_need(p, WR_KW_EXISTS);
}

/* Behind TABLE. */
static wr_status *parse_create_table(struct wr_parser *p, struct wr_ast_create_table *create)
{
	WR_TRY(wr_parse_if_not_exists(p, &create->if_not_exists));
	WR_TRY(wr_parse_name(p, "the table's name", &create->name));
	WR_TRY(wr_parse_schema(p, create));
	WR_TRY(parse_table_clauses(p, create));
	if (create->query != NULL)
		return NULL;
	if (create->or_replace)
		return wr_tok_expected(p, "AS and a query, which CREATE OR REPLACE TABLE needs");
	for (uint32_t i = 0; i < create->column_count; i++) {
		if (create->columns[i].kind == WR_AST_COLUMN_UNTYPED)
			return wr_status_at(WR_USER_ERROR, create->columns[i].pos,
					    "The column %s has no data type",
					    create->columns[i].name.text);
	}
	return NULL;
}

/* Behind VIEW. */
static wr_status *parse_create_view(struct wr_parser *p, struct wr_ast_create_view *create)
{
	WR_TRY(wr_parse_if_not_exists(p, &create->if_not_exists));
	WR_TRY(wr_parse_name(p, "the view's name", &create->name));
	if (wr_tok_is_sym(p, "("))
		WR_TRY(wr_parse_idents(p, "a column's name", &create->columns));
	if (wr_tok_take(p, WR_KW_COMMENT))
		WR_TRY(wr_parse_string(p, "the view's comment between single quotes",
				       &create->comment));
	if (!wr_tok_take(p, WR_KW_AS))
		return wr_tok_expected(p, "AS and a query");
	return wr_parse_query(p, &create->query);
}

/* ---- CREATE, DROP
 * ---------------------------------------------------------------------------------------------- */

/* "CREATE MODEL is not supported", with the object's words as written; nothing known: what is
 * expected. */
static wr_status *refuse_object(struct wr_parser *p, const char *verb, const char *expected)
{
	uint32_t first = p->at;
	static const enum wr_keyword words[] = {WR_KW_MODEL};
	if (wr_tok_take2(p, WR_KW_MATERIALIZED, WR_KW_VIEW))
		return wr_status_hint(
		    wr_tok_unsupported(p, first,
				       wr_arena_printf(p->arena, "%s MATERIALIZED VIEW", verb)),
		    "Write %s MATERIALIZED TABLE", verb);
	for (size_t i = 0; i < WR_COUNT(words); i++) {
		if (wr_tok_take(p, words[i]))
			return wr_tok_unsupported(
			    p, first,
			    wr_arena_printf(p->arena, "%s %s", verb, wr_keyword_name(words[i])));
	}
	return wr_tok_expected(p, expected);
}

wr_status *wr_parse_create(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	WR_TRY(wr_tok_need(p, WR_KW_CREATE));
	uint32_t first = p->at;
	bool or_replace = wr_tok_take2(p, WR_KW_OR, WR_KW_REPLACE);
	bool or_alter = !or_replace && wr_tok_take2(p, WR_KW_OR, WR_KW_ALTER);
	if (wr_tok_take2(p, WR_KW_MATERIALIZED, WR_KW_TABLE)) {
		stmt->kind = WR_AST_CREATE_MATERIALIZED;
		stmt->create_table.materialized = true;
		stmt->create_table.or_replace = or_replace || or_alter;
		return wr_parse_create_materialized(p, &stmt->create_table);
	}
	if (or_alter)
		return wr_tok_unsupported(p, first, "CREATE OR ALTER");
	bool temporary = wr_tok_take(p, WR_KW_TEMPORARY);
	if (wr_tok_take(p, WR_KW_TABLE)) {
		stmt->kind = WR_AST_CREATE_TABLE;
		stmt->create_table.temporary = temporary;
		stmt->create_table.or_replace = or_replace;
		return parse_create_table(p, &stmt->create_table);
	}
	if (wr_tok_take(p, WR_KW_VIEW)) {
		stmt->kind = WR_AST_CREATE_VIEW;
		stmt->create_view.temporary = temporary;
		if (or_replace)
			return wr_status_hint(
			    wr_tok_unsupported(p, first, "CREATE OR REPLACE VIEW"),
			    "Write DROP VIEW IF EXISTS in front of CREATE VIEW");
		return parse_create_view(p, &stmt->create_view);
	}
	bool system = temporary && wr_tok_take(p, WR_KW_SYSTEM);
	if (!or_replace && wr_tok_take(p, WR_KW_FUNCTION)) {
		stmt->kind = WR_AST_CREATE_FUNCTION;
		stmt->create_function.temporary = temporary;
		stmt->create_function.system = system;
		return wr_parse_create_function(p, &stmt->create_function);
	}
	if (!or_replace && !temporary && wr_tok_take(p, WR_KW_CATALOG))
		return wr_parse_catalog(p, stmt, true);
	if (!or_replace && !temporary && wr_tok_take(p, WR_KW_DATABASE))
		return wr_parse_database(p, stmt, true);
	return refuse_object(
	    p, "CREATE",
	    system      ? "FUNCTION"
	    : temporary ? "TABLE, VIEW or FUNCTION"
			: "TABLE, VIEW, FUNCTION, CATALOG, DATABASE, TEMPORARY or OR REPLACE");
}

wr_status *wr_parse_drop(struct wr_parser *p, struct wr_ast_stmt *stmt)
{
	WR_TRY(wr_tok_need(p, WR_KW_DROP));
	stmt->drop.temporary = wr_tok_take(p, WR_KW_TEMPORARY);
	if (wr_tok_take(p, WR_KW_TABLE))
		stmt->kind = WR_AST_DROP_TABLE;
	else if (!stmt->drop.temporary && wr_tok_take2(p, WR_KW_MATERIALIZED, WR_KW_TABLE))
		stmt->kind = WR_AST_DROP_MATERIALIZED;
	else if (wr_tok_take(p, WR_KW_VIEW))
		stmt->kind = WR_AST_DROP_VIEW;
	else if (!stmt->drop.temporary && wr_tok_take(p, WR_KW_CATALOG))
		return wr_parse_catalog(p, stmt, false);
	else if (!stmt->drop.temporary && wr_tok_take(p, WR_KW_DATABASE))
		return wr_parse_database(p, stmt, false);
	else {
		stmt->drop.system = stmt->drop.temporary && wr_tok_take(p, WR_KW_SYSTEM);
		stmt->kind = WR_AST_DROP_FUNCTION;
		if (wr_tok_take(p, WR_KW_FUNCTION))
			return wr_parse_drop_function(p, &stmt->drop);
		return refuse_object(p, "DROP", "TABLE, VIEW, FUNCTION, CATALOG or DATABASE");
	}
	stmt->drop.if_exists = wr_tok_take2(p, WR_KW_IF, WR_KW_EXISTS);
	return wr_parse_name(
	    p, stmt->kind == WR_AST_DROP_VIEW ? "the view's name" : "the table's name",
	    &stmt->drop.name);
}
