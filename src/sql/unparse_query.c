/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse_query - queries and what stands in FROM.
 */
#include "sql/unparse_core.h"

/* ---- MATCH_RECOGNIZE
 * ------------------------------------------------------------------------------------------- */

static void put_pattern(const struct wr_ast_pattern *pattern, bool group, struct wr_text *out);

/* * + ? {n,m} and the reluctant ? */
static void put_quantifier(const struct wr_ast_pattern *pattern, struct wr_text *out)
{
	if (!pattern->quantified)
		return;
	if (pattern->min == 0 && pattern->max == UINT32_MAX)
		wr_text_putc(out, '*');
	else if (pattern->min == 1 && pattern->max == UINT32_MAX)
		wr_text_putc(out, '+');
	else if (pattern->min == 0 && pattern->max == 1)
		wr_text_putc(out, '?');
	else if (pattern->max == UINT32_MAX)
		wr_text_printf(out, "{%u,}", pattern->min);
	else
		wr_text_printf(out, "{%u,%u}", pattern->min, pattern->max);
	if (pattern->reluctant)
		wr_text_putc(out, '?');
}

/* The items of a pattern with something between them. */
static void put_patterns(const struct wr_ast_pattern *pattern, const char *between,
			 struct wr_text *out)
{
	for (uint32_t i = 0; i < pattern->item_count; i++) {
		wr_text_puts(out, i > 0 ? between : "");
		bool alone = pattern->kind == WR_AST_PATTERN_PERMUTE ||
			     pattern->kind == WR_AST_PATTERN_EXCLUDE;
		bool branch = pattern->kind == WR_AST_PATTERN_ALTERNATION &&
			      pattern->items[i]->kind == WR_AST_PATTERN_SEQUENCE;
		put_pattern(pattern->items[i], !alone && !branch, out);
	}
}

/* `group`: a sequence or alternation needs parentheses here. */
static void put_pattern(const struct wr_ast_pattern *pattern, bool group, struct wr_text *out)
{
	bool list =
	    pattern->kind == WR_AST_PATTERN_SEQUENCE || pattern->kind == WR_AST_PATTERN_ALTERNATION;
	bool parentheses = list && (group || pattern->quantified);
	wr_text_puts(out, parentheses ? "(" : "");
	switch (pattern->kind) {
	case WR_AST_PATTERN_VARIABLE: wr_unparse_ident(pattern->variable.text, out); break;
	case WR_AST_PATTERN_SEQUENCE: put_patterns(pattern, " ", out); break;
	case WR_AST_PATTERN_ALTERNATION: put_patterns(pattern, " | ", out); break;
	case WR_AST_PATTERN_PERMUTE:
		wr_text_puts(out, "PERMUTE(");
		put_patterns(pattern, ", ", out);
		wr_text_putc(out, ')');
		break;
	case WR_AST_PATTERN_EXCLUDE:
		wr_text_puts(out, "{- ");
		put_patterns(pattern, " ", out);
		wr_text_puts(out, " -}");
		break;
	case WR_AST_PATTERN_EMPTY: wr_text_puts(out, "()"); break;
	}
	wr_text_puts(out, parentheses ? ")" : "");
	put_quantifier(pattern, out);
}

/* AFTER MATCH SKIP .. */
static void put_skip(const struct wr_ast_match *match, struct wr_text *out)
{
	static const char *const words[] = {
	    [WR_AST_SKIP_PAST_LAST_ROW] = "PAST LAST ROW",
	    [WR_AST_SKIP_TO_NEXT_ROW] = "TO NEXT ROW",
	    [WR_AST_SKIP_TO_FIRST] = "TO FIRST ",
	    [WR_AST_SKIP_TO_LAST] = "TO LAST ",
	};
	if (match->skip == WR_AST_SKIP_UNSAID)
		return;
	wr_text_printf(out, " AFTER MATCH SKIP %s", words[match->skip]);
	if (match->skip_to.text != NULL)
		wr_unparse_ident(match->skip_to.text, out);
}

/* PARTITION BY .. up to AFTER MATCH SKIP */
static void put_match_head(const struct wr_ast_match *match, struct wr_text *out)
{
	if (match->partition.count > 0) {
		wr_text_puts(out, " PARTITION BY ");
		wr_unparse_exprs(&match->partition, out);
	}
	if (match->order.count > 0) {
		wr_text_puts(out, " ORDER BY ");
		wr_unparse_order(&match->order, out);
	}
	for (uint32_t i = 0; i < match->measure_count; i++) {
		wr_text_puts(out, i > 0 ? ", " : " MEASURES ");
		wr_unparse_expr(match->measures[i].expr, out);
		wr_text_puts(out, " AS ");
		wr_unparse_ident(match->measures[i].name.text, out);
	}
	if (match->rows != WR_AST_ROWS_UNSAID)
		wr_text_puts(out, match->rows == WR_AST_ROWS_ONE ? " ONE ROW PER MATCH"
								 : " ALL ROWS PER MATCH");
	put_skip(match, out);
}

/* MATCH_RECOGNIZE (..) */
static void put_match(const struct wr_ast_match *match, struct wr_text *out)
{
	wr_text_puts(out, " MATCH_RECOGNIZE(");
	put_match_head(match, out);
	wr_text_puts(out, match->strict_start ? " PATTERN (^ " : " PATTERN (");
	put_pattern(match->pattern, false, out);
	wr_text_puts(out, match->strict_end ? " $)" : ")");
	if (match->within != NULL) {
		wr_text_puts(out, " WITHIN ");
		wr_unparse_expr(match->within, out);
	}
	for (uint32_t i = 0; i < match->subset_count; i++) {
		wr_text_puts(out, i > 0 ? ", " : " SUBSET ");
		wr_unparse_ident(match->subsets[i].name.text, out);
		wr_text_puts(out, " = ");
		wr_unparse_idents(&match->subsets[i].variables, out);
	}
	for (uint32_t i = 0; i < match->definition_count; i++) {
		wr_text_puts(out, i > 0 ? ", " : " DEFINE ");
		wr_unparse_ident(match->definitions[i].name.text, out);
		wr_text_puts(out, " AS ");
		wr_unparse_expr(match->definitions[i].expr, out);
	}
	wr_text_putc(out, ')');
}

/* ---- FROM ------------------------------------------------------------------------------------ */

/* left JOIN right ON ..; a join on the right side, and a comma join under another join, stand in
 * parentheses */
static void put_join(const struct wr_ast_table *table, struct wr_text *out)
{
	bool comma = table->join.kind == WR_AST_JOIN_COMMA;
	bool parentheses = !comma && table->join.right->kind == WR_AST_TABLE_JOIN;
	wr_unparse_table(table->join.left, out);
	if (comma)
		wr_text_puts(out, ", ");
	else
		wr_text_printf(out, "\n%s%s ", table->join.natural ? "NATURAL " : "",
			       wr_ast_join_name(table->join.kind));
	wr_text_puts(out, parentheses ? "(" : "");
	wr_unparse_table(table->join.right, out);
	wr_text_puts(out, parentheses ? ")" : "");
	if (table->join.on != NULL) {
		wr_text_puts(out, " ON ");
		wr_unparse_expr(table->join.on, out);
	}
	if (table->join.using.count > 0) {
		wr_text_puts(out, " USING ");
		wr_unparse_idents(&table->join.using, out);
	}
}

/* AS `t` (`a`, `b`) */
static void put_alias(const struct wr_ast_table *table, struct wr_text *out)
{
	if (table->alias.text == NULL)
		return;
	wr_text_puts(out, " AS ");
	wr_unparse_ident(table->alias.text, out);
	if (table->columns.count > 0) {
		wr_text_putc(out, ' ');
		wr_unparse_idents(&table->columns, out);
	}
}

void wr_unparse_table(const struct wr_ast_table *table, struct wr_text *out)
{
	wr_text_puts(out, table->lateral ? "LATERAL " : "");
	switch (table->kind) {
	case WR_AST_TABLE_NAME:
		wr_unparse_name(&table->name.name, out);
		wr_unparse_hints(&table->name.hints, " ", out);
		if (table->name.system_time != NULL) {
			wr_text_puts(out, " FOR SYSTEM_TIME AS OF ");
			wr_unparse_expr(table->name.system_time, out);
		}
		break;
	case WR_AST_TABLE_QUERY:
		wr_text_putc(out, '(');
		wr_unparse_query(table->query, out);
		wr_text_putc(out, ')');
		break;
	case WR_AST_TABLE_FUNCTION:
		wr_text_puts(out, "TABLE(");
		wr_unparse_expr(table->function.call, out);
		wr_text_putc(out, ')');
		break;
	case WR_AST_TABLE_UNNEST:
		wr_text_puts(out, "UNNEST(");
		wr_unparse_exprs(&table->unnest.args, out);
		wr_text_puts(out, table->unnest.ordinality ? ") WITH ORDINALITY" : ")");
		break;
	case WR_AST_TABLE_JOIN: put_join(table, out); break;
	case WR_AST_TABLE_MATCH:
		wr_unparse_table(table->match.input, out);
		put_match(table->match.spec, out);
		break;
	}
	put_alias(table, out);
}

/* ---- SELECT ---------------------------------------------------------------------------------- */

static void put_groups(const struct wr_ast_group *groups, uint32_t count, struct wr_text *out);

/* One element of GROUP BY; also inside GROUPING SETS, ROLLUP, CUBE. */
static void put_group(const struct wr_ast_group *group, struct wr_text *out)
{
	static const char *const words[] = {
	    [WR_AST_GROUP_SETS] = "GROUPING SETS(",
	    [WR_AST_GROUP_ROLLUP] = "ROLLUP(",
	    [WR_AST_GROUP_CUBE] = "CUBE(",
	};
	if (group->kind == WR_AST_GROUP_EXPRS) {
		bool parentheses = group->exprs.count != 1;
		wr_text_puts(out, parentheses ? "(" : "");
		wr_unparse_exprs(&group->exprs, out);
		wr_text_puts(out, parentheses ? ")" : "");
		return;
	}
	wr_text_puts(out, words[group->kind]);
	put_groups(group->items, group->item_count, out);
	wr_text_putc(out, ')');
}

static void put_groups(const struct wr_ast_group *groups, uint32_t count, struct wr_text *out)
{
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(out, i > 0 ? ", " : "");
		put_group(&groups[i], out);
	}
}

static void put_clause(const char *words, const struct wr_ast_expr *expr, struct wr_text *out)
{
	if (expr == NULL)
		return;
	wr_text_puts(out, words);
	wr_unparse_expr(expr, out);
}

/* SELECT and its list */
static void put_items(const struct wr_ast_select *select, struct wr_text *out)
{
	wr_text_puts(out, "SELECT ");
	wr_unparse_hints(&select->hints, "", out);
	wr_text_puts(out, select->hints.count > 0 ? " " : "");
	wr_text_puts(out, select->distinct ? "DISTINCT " : "");
	for (uint32_t i = 0; i < select->item_count; i++) {
		wr_text_puts(out, i > 0 ? ", " : "");
		wr_unparse_expr(select->items[i].expr, out);
		if (select->items[i].alias.text != NULL) {
			wr_text_puts(out, " AS ");
			wr_unparse_ident(select->items[i].alias.text, out);
		}
	}
}

/* SELECT, each clause on a line of its own */
static void put_select(const struct wr_ast_select *select, struct wr_text *out)
{
	put_items(select, out);
	if (select->from != NULL) {
		wr_text_puts(out, "\nFROM ");
		wr_unparse_table(select->from, out);
	}
	put_clause("\nWHERE ", select->where, out);
	if (select->has_group_by) {
		wr_text_puts(out, select->group_distinct ? "\nGROUP BY DISTINCT " : "\nGROUP BY ");
		put_groups(select->groups, select->group_count, out);
	}
	put_clause("\nHAVING ", select->having, out);
	for (uint32_t i = 0; i < select->window_count; i++) {
		wr_text_puts(out, i > 0 ? ", " : "\nWINDOW ");
		wr_unparse_ident(select->windows[i].name.text, out);
		wr_text_puts(out, " AS ");
		wr_unparse_window(select->windows[i].window, out);
	}
	put_clause("\nQUALIFY ", select->qualify, out);
}

/* ---- queries --------------------------------------------------------------------------------- */

/* An operand of a set operation: in parentheses when its own clauses or a looser operation would be
 * misread. */
static void put_operand(const struct wr_ast_query *query, const struct wr_ast_query *parent,
			bool right, struct wr_text *out)
{
	bool tail = query->cte_count > 0 || query->order.count > 0 || query->limit_pos.line != 0;
	bool set = query->kind == WR_AST_QUERY_SET;
	bool looser =
	    set && parent->set.op == WR_AST_INTERSECT && query->set.op != WR_AST_INTERSECT;
	bool same = set && right &&
		    (parent->set.op != WR_AST_INTERSECT) == (query->set.op != WR_AST_INTERSECT);
	bool parentheses = tail || looser || same || query->kind == WR_AST_QUERY_NESTED;
	wr_text_puts(out, parentheses ? "(" : "");
	wr_unparse_query(query, out);
	wr_text_puts(out, parentheses ? ")" : "");
}

/* left UNION right, the words on a line of their own */
static void put_set(const struct wr_ast_query *query, struct wr_text *out)
{
	static const char *const words[] = {
	    [WR_AST_UNION] = "UNION",
	    [WR_AST_INTERSECT] = "INTERSECT",
	    [WR_AST_EXCEPT] = "EXCEPT",
	};
	put_operand(query->set.left, query, false, out);
	wr_text_printf(out, "\n%s%s\n", words[query->set.op], query->set.all ? " ALL" : "");
	put_operand(query->set.right, query, true, out);
}

/* WITH .. */
static void put_ctes(const struct wr_ast_query *query, struct wr_text *out)
{
	for (uint32_t i = 0; i < query->cte_count; i++) {
		wr_text_puts(out, i > 0 ? ", " : "WITH ");
		wr_unparse_ident(query->ctes[i].name.text, out);
		if (query->ctes[i].columns.count > 0) {
			wr_text_putc(out, ' ');
			wr_unparse_idents(&query->ctes[i].columns, out);
		}
		wr_text_puts(out, " AS (");
		wr_unparse_query(query->ctes[i].query, out);
		wr_text_putc(out, ')');
	}
	wr_text_puts(out, query->cte_count > 0 ? "\n" : "");
}

void wr_unparse_query(const struct wr_ast_query *query, struct wr_text *out)
{
	put_ctes(query, out);
	switch (query->kind) {
	case WR_AST_QUERY_SELECT: put_select(query->select, out); break;
	case WR_AST_QUERY_VALUES:
		wr_text_puts(out, "VALUES ");
		wr_unparse_exprs(&query->values, out);
		break;
	case WR_AST_QUERY_SET: put_set(query, out); break;
	case WR_AST_QUERY_TABLE:
		wr_text_puts(out, "TABLE ");
		wr_unparse_name(&query->table, out);
		break;
	case WR_AST_QUERY_NESTED:
		wr_text_putc(out, '(');
		wr_unparse_query(query->nested, out);
		wr_text_putc(out, ')');
		break;
	}
	if (query->order.count > 0) {
		wr_text_puts(out, "\nORDER BY ");
		wr_unparse_order(&query->order, out);
	}
	if (query->limit_pos.line != 0 && query->limit == NULL && query->offset == NULL)
		wr_text_puts(out, "\nLIMIT ALL");
	put_clause("\nLIMIT ", query->limit, out);
	put_clause("\nOFFSET ", query->offset, out);
}
