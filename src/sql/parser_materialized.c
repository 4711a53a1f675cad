/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_materialized - CREATE, ALTER and DROP MATERIALIZED TABLE.
 *
 *     CREATE [OR REPLACE | OR ALTER] MATERIALIZED TABLE [IF NOT EXISTS] name [( PRIMARY KEY ... )]
 *         [COMMENT '...'] [PARTITIONED BY (...)] [WITH (...)] [FRESHNESS = INTERVAL '...' unit]
 *         [REFRESH_MODE = { CONTINUOUS | FULL }] AS query
 *     ALTER MATERIALIZED TABLE name { SUSPEND | RESUME [WITH (...)] }
 *     DROP MATERIALIZED TABLE [IF EXISTS] name
 */
#include "sql/parser_core.h"

/* name = */
static wr_status *need_equals(struct wr_parser *p)
{
	return wr_tok_take_sym(p, "=") ? NULL : wr_tok_expected(p, "\"=\"");
}

/* FRESHNESS = interval, REFRESH_MODE = word */
static wr_status *parse_refresh(struct wr_parser *p, struct wr_ast_create_table *create)
{
	if (wr_tok_take(p, WR_KW_FRESHNESS)) {
		WR_TRY(need_equals(p));
		if (!wr_tok_is(p, WR_KW_INTERVAL))
			return wr_tok_expected(p,
					       "INTERVAL '<number>' SECOND, MINUTE, HOUR or DAY");
		WR_TRY(wr_parse_expr(p, &create->freshness));
	}
	create->refresh_pos = wr_tok_span(p, p->at);
	if (!wr_tok_take(p, WR_KW_REFRESH_MODE))
		return NULL;
	WR_TRY(need_equals(p));
	if (wr_tok_take(p, WR_KW_CONTINUOUS))
		create->refresh = WR_AST_REFRESH_CONTINUOUS;
	else if (wr_tok_take(p, WR_KW_FULL))
		create->refresh = WR_AST_REFRESH_FULL;
	else
		return wr_tok_expected(p, "CONTINUOUS or FULL");
	return NULL;
}

wr_status *wr_parse_create_materialized(struct wr_parser *p, struct wr_ast_create_table *create)
{
	uint32_t first = p->at;

	WR_TRY(wr_parse_if_not_exists(p, &create->if_not_exists));
	WR_TRY(wr_parse_name(p, "the materialized table's name", &create->name));
	WR_TRY(wr_parse_schema(p, create));
	if (create->column_count > 0 || create->watermark != NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, wr_tok_span(p, first),
				 "A materialized table has the columns of its query, and lists "
				 "none"),
		    "Name them in the query: SELECT a AS id, ...; the parentheses may hold a "
		    "PRIMARY KEY");
	if (wr_tok_take(p, WR_KW_COMMENT))
		WR_TRY(wr_parse_string(p, "the table's comment between single quotes",
				       &create->comment));
	if (wr_tok_take(p, WR_KW_PARTITIONED)) {
		WR_TRY(wr_tok_need(p, WR_KW_BY));
		WR_TRY(wr_parse_idents(p, "a column's name", &create->partitioned_by));
	}
	create->has_with = wr_tok_take(p, WR_KW_WITH);
	if (create->has_with)
		WR_TRY(wr_parse_options(p, &create->options));
	WR_TRY(parse_refresh(p, create));
	if (!wr_tok_take(p, WR_KW_AS))
		return wr_tok_expected(p, create->refresh != WR_AST_REFRESH_UNSAID
					      ? "AS and a query"
					      : "WITH, FRESHNESS, REFRESH_MODE or AS and a query");
	return wr_parse_query(p, &create->query);
}

/* ALTER MATERIALIZED TABLE is next; *found false: another ALTER */
wr_status *wr_parse_alter_materialized(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found)
{
	uint32_t first = p->at;

	*found = wr_tok_is(p, WR_KW_ALTER) && wr_tok_ahead_is(p, 1, WR_KW_MATERIALIZED);
	if (!*found)
		return NULL;
	p->at += 2;
	WR_TRY(wr_tok_need(p, WR_KW_TABLE));
	stmt->kind = WR_AST_ALTER_MATERIALIZED;
	WR_TRY(wr_parse_name(p, "the materialized table's name", &stmt->alter_materialized.name));
	stmt->alter_materialized.resume = wr_tok_take(p, WR_KW_RESUME);
	if (stmt->alter_materialized.resume || wr_tok_take(p, WR_KW_SUSPEND))
		return NULL;
	if (wr_tok_is(p, WR_KW_REFRESH) || wr_tok_is(p, WR_KW_SET) || wr_tok_is(p, WR_KW_RESET))
		return wr_tok_unsupported(p, first,
					  "ALTER MATERIALIZED TABLE ... REFRESH, SET or RESET");
	if (wr_tok_is(p, WR_KW_AS))
		return wr_status_hint(
		    wr_tok_unsupported(p, first, "ALTER MATERIALIZED TABLE ... AS"),
		    "Write CREATE OR REPLACE MATERIALIZED TABLE with the new query");
	return wr_tok_expected(p, "SUSPEND or RESUME");
}
