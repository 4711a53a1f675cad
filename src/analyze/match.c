/* SPDX-License-Identifier: Apache-2.0
 *
 * match - MATCH_RECOGNIZE: the MATCH node, its keys, order and output columns.
 *
 * Output: the columns of PARTITION BY, then the measures. What a measure takes from a row of the
 * match is an ordinary value, even a time; MATCH_ROWTIME() is the time attribute.
 */
#include "analyze/match.h"

#include <string.h>

#include "analyze/analyzer.h"
#include "expr/function.h"

/* --- what the planner needs
 * --------------------------------------------------------------------------- */

static void exprs_columns(const struct wr_match_exprs *exprs, bool *used)
{
	for (uint32_t i = 0; i < exprs->ref_count; i++) {
		if (exprs->ref[i].kind == WR_MATCH_ROW)
			used[exprs->ref[i].column] = true;
	}
	for (uint32_t g = 0; g < exprs->group_count; g++) {
		const struct wr_match_group *group = &exprs->group[g];
		for (uint32_t i = 0; i < group->item_count; i++) {
			for (uint32_t k = 0; k < group->item[i].arg_count; k++)
				wr_expr_columns(group->item[i].arg[k], used);
		}
	}
}

void wr_match_columns(const struct wr_match *match, bool *used)
{
	for (uint32_t i = 0; i < match->partition_count; i++)
		used[match->partition[i]] = true;
	for (uint32_t i = 0; i < match->order_count; i++)
		used[match->order[i].column] = true;
	for (uint32_t i = 0; i < match->variable_count; i++) {
		if (match->variable[i].defined != NULL)
			exprs_columns(match->variable[i].defined, used);
	}
	exprs_columns(&match->measures, used);
}

static void exprs_remap(struct wr_plan *plan, struct wr_match_exprs *exprs, const uint32_t *map)
{
	for (uint32_t i = 0; i < exprs->ref_count; i++) {
		if (exprs->ref[i].kind == WR_MATCH_ROW)
			exprs->ref[i].column = map[exprs->ref[i].column];
	}
	for (uint32_t g = 0; g < exprs->group_count; g++) {
		const struct wr_match_group *group = &exprs->group[g];
		for (uint32_t i = 0; i < group->item_count; i++) {
			for (uint32_t k = 0; k < group->item[i].arg_count; k++)
				group->item[i].arg[k] =
				    wr_expr_remap(&plan->pool, group->item[i].arg[k], map);
		}
	}
}

void wr_match_remap(struct wr_plan *plan, struct wr_match *match, const uint32_t *map)
{
	uint32_t *partition = WR_NEW_ARRAY(&plan->arena, uint32_t, match->partition_count + 1);
	struct wr_sort_key *order =
	    WR_NEW_ARRAY(&plan->arena, struct wr_sort_key, match->order_count + 1);

	for (uint32_t i = 0; i < match->partition_count; i++)
		partition[i] = map[match->partition[i]];
	for (uint32_t i = 0; i < match->order_count; i++) {
		order[i] = match->order[i];
		order[i].column = map[order[i].column];
	}
	match->partition = partition;
	match->order = order;
	for (uint32_t i = 0; i < match->variable_count; i++) {
		if (match->variable[i].defined != NULL)
			exprs_remap(plan, match->variable[i].defined, map);
	}
	exprs_remap(plan, &match->measures, map);
}

/* --- PARTITION BY, ORDER BY
 * --------------------------------------------------------------------------- */

struct planner {
	struct wr_analyzer *a;
	const struct wr_ast_match *ast;
	struct wr_scope *scope; /* of the input */
	uint32_t *column;       /* of the node, behind each column of scope->star */
	struct wr_node *input;
	struct wr_match *match;
};

/* The input's visible columns as columns of its node. */
static wr_status *plan_input(struct planner *planner, const struct wr_ast_table *ast)
{
	struct wr_analyzer *a = planner->a;
	struct wr_scope *scope;
	struct wr_expr **expr;

	WR_TRY(wr_plan_from(a, ast->match.input, &scope));
	expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, scope->star_count + 1);
	planner->column = WR_NEW_ARRAY(a->arena, uint32_t, scope->star_count + 1);
	for (uint32_t i = 0; i < scope->star_count; i++)
		expr[i] = scope->star[i].expr;
	WR_TRY(wr_make_columns(a, scope->node, expr, scope->star_count, ast->pos, planner->column,
			       &planner->input));
	wr_scope_rebase(scope, planner->input);
	planner->scope = scope;
	return NULL;
}

/* A plain column of the input. */
static wr_status *plain_column(struct planner *planner, const struct wr_ast_expr *ast,
			       const char *clause, uint32_t *out)
{
	struct wr_conv conv = {.a = planner->a, .scope = planner->scope, .clause = clause};
	struct wr_expr *expr;

	WR_TRY(wr_convert(&conv, ast, &expr));
	if (expr->kind != WR_E_COLUMN)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->pos,
						   "%s of MATCH_RECOGNIZE takes columns only",
						   clause),
				      "Compute the value in a subquery or view");
	*out = expr->column;
	return NULL;
}

static wr_status *plan_keys(struct planner *planner)
{
	const struct wr_ast_exprs *keys = &planner->ast->partition;
	uint32_t *column = WR_NEW_ARRAY(planner->a->arena, uint32_t, keys->count + 1);

	for (uint32_t i = 0; i < keys->count; i++)
		WR_TRY(plain_column(planner, keys->items[i], "PARTITION BY", &column[i]));
	planner->match->partition = column;
	planner->match->partition_count = keys->count;
	return NULL;
}

static wr_status *plan_order(struct planner *planner)
{
	const struct wr_ast_order *items = &planner->ast->order;
	struct wr_sort_key *key =
	    WR_NEW_ARRAY(planner->a->arena, struct wr_sort_key, items->count + 1);
	enum wr_time_attr attr;
	uint32_t column = 0;

	if (items->count == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, planner->ast->pos,
				 "MATCH_RECOGNIZE needs ORDER BY an event time or processing time "
				 "column"),
		    "Declare WATERMARK FOR the column in its table and write ORDER BY it");
	for (uint32_t i = 0; i < items->count; i++) {
		WR_TRY(plain_column(planner, items->items[i].expr, "ORDER BY", &column));
		wr_sort_key_set(&key[i], &items->items[i], column);
	}
	attr = planner->input->schema.field[key[0].column].type->time;
	if (attr == WR_TIME_NONE)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, items->items[0].expr->pos,
				 "The first column of ORDER BY must be an event time or "
				 "processing time column"),
		    "Declare WATERMARK FOR it in its table; computed values, aggregations and "
		    "regular joins lose the time attribute");
	if (key[0].descending)
		return wr_status_at(WR_USER_ERROR, items->items[0].expr->pos,
				    "The primary sort order of a streaming table must be "
				    "ascending on time");
	planner->match->order = key;
	planner->match->order_count = items->count;
	planner->match->processing_time = attr == WR_TIME_PROC;
	return NULL;
}

/* WITHIN, AFTER MATCH SKIP, ROWS PER MATCH. */
static wr_status *plan_rules(struct planner *planner)
{
	static const enum wr_match_skip skip[] = {
	    [WR_AST_SKIP_UNSAID] = WR_MATCH_SKIP_TO_NEXT_ROW,
	    [WR_AST_SKIP_PAST_LAST_ROW] = WR_MATCH_SKIP_PAST_LAST_ROW,
	    [WR_AST_SKIP_TO_NEXT_ROW] = WR_MATCH_SKIP_TO_NEXT_ROW,
	    [WR_AST_SKIP_TO_FIRST] = WR_MATCH_SKIP_TO_FIRST,
	    [WR_AST_SKIP_TO_LAST] = WR_MATCH_SKIP_TO_LAST};
	struct wr_conv conv = {.a = planner->a, .clause = "WITHIN"};
	const struct wr_ast_match *ast = planner->ast;
	struct wr_match *match = planner->match;

	if (ast->rows == WR_AST_ROWS_ALL)
		return wr_status_hint(wr_unsupported(ast->pos, "ALL ROWS PER MATCH"),
				      "Write ONE ROW PER MATCH");
	if (ast->within != NULL)
		WR_TRY(wr_constant_interval(&conv, ast->within, "WITHIN", &match->within_ms));
	if (match->within_ms < 0)
		return wr_status_at(WR_USER_ERROR, ast->within->pos, "WITHIN must not be negative");
	match->skip = skip[ast->skip];
	if (ast->skip_to.text != NULL)
		WR_TRY(wr_match_variable_find(match, &ast->skip_to, &match->skip_to));
	return NULL;
}

/* --- expressions
 * -------------------------------------------------------------------------------------- */

/* Names as MEASURES and DEFINE see them: every variable is a table, and without one a column is
 * that of the last row. */
static struct wr_scope *match_scope(const struct planner *planner)
{
	const struct wr_scope *input = planner->scope;
	const struct wr_match *match = planner->match;
	struct wr_arena *arena = planner->a->arena;
	struct wr_scope *scope = WR_NEW(arena, struct wr_scope);
	uint32_t count = input->star_count;

	scope->node = planner->input;
	scope->table_count = match->variable_count;
	scope->table = WR_NEW_ARRAY(arena, struct wr_scope_table, match->variable_count + 1);
	for (uint32_t v = 0; v <= match->variable_count; v++) {
		struct wr_scope_table *table = &scope->table[v]; /* the last one is for no name */
		table->name = v < match->variable_count ? match->variable[v].name : NULL;
		table->count = count;
		table->column = WR_NEW_ARRAY(arena, struct wr_scope_column, count + 1);
		for (uint32_t i = 0; i < count; i++) {
			uint32_t column = planner->column[i];
			table->column[i].name = input->star[i].name;
			table->column[i].expr = wr_match_column(
			    planner->a, v < match->variable_count ? v : WR_MATCH_ALL, column,
			    planner->input->schema.field[column].type);
		}
	}
	scope->star_count = count;
	scope->star = scope->table[match->variable_count].column;
	return scope;
}

/* DEFINE: conditions of variables that the pattern has; others mean nothing. */
static wr_status *plan_definitions(struct planner *planner, struct wr_conv *conv)
{
	const struct wr_ast_match *ast = planner->ast;
	struct wr_match *match = planner->match;

	conv->clause = "DEFINE";
	conv->match->measures = false;
	for (uint32_t i = 0; i < ast->definition_count; i++) {
		const struct wr_ast_named_expr *definition = &ast->definitions[i];
		struct wr_match_exprs *exprs = WR_NEW(planner->a->arena, struct wr_match_exprs);
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(ast->definitions[k].name.text, definition->name.text) == 0)
				return wr_status_at(WR_USER_ERROR, definition->name.pos,
						    "The pattern variable '%s' is defined twice",
						    definition->name.text);
		}
		uint32_t v = 0;
		while (v < match->variable_count &&
		       strcmp(match->variable[v].name, definition->name.text) != 0)
			v++;
		if (v == match->variable_count)
			continue;
		conv->match->exprs = exprs;
		WR_TRY(wr_match_convert(conv, definition->expr));
		match->variable[v].defined = exprs;
	}
	return NULL;
}

/* Arguments of aggregates that are neither columns nor constants, in order; at: NULL: counts. */
static uint32_t collect_arguments(struct wr_match_exprs *exprs, struct wr_expr ***at)
{
	uint32_t n = 0;

	for (uint32_t g = 0; exprs != NULL && g < exprs->group_count; g++) {
		for (uint32_t i = 0; i < exprs->group[g].item_count; i++) {
			struct wr_agg_item *item = &exprs->group[g].item[i];
			for (uint32_t k = 0; k < item->call->arg_count; k++) {
				enum wr_expr_kind kind = item->arg[k]->kind;
				if (kind == WR_E_COLUMN || kind == WR_E_CONST)
					continue;
				if (at != NULL)
					at[n] = &item->arg[k];
				n++;
			}
		}
	}
	return n;
}

/* Puts the arguments of aggregates into columns of the input. */
static wr_status *plan_arguments(struct planner *planner)
{
	struct wr_match *match = planner->match;
	struct wr_analyzer *a = planner->a;
	uint32_t count = collect_arguments(&match->measures, NULL), n;

	for (uint32_t v = 0; v < match->variable_count; v++)
		count += collect_arguments(match->variable[v].defined, NULL);
	struct wr_expr ***at = WR_NEW_ARRAY(a->arena, struct wr_expr **, count + 1);
	struct wr_expr **expr = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 1);
	uint32_t *column = WR_NEW_ARRAY(a->arena, uint32_t, count + 1);
	n = collect_arguments(&match->measures, at);
	for (uint32_t v = 0; v < match->variable_count; v++)
		n += collect_arguments(match->variable[v].defined, at + n);
	WR_ASSERT(n == count);
	for (uint32_t i = 0; i < count; i++)
		expr[i] = *at[i];
	WR_TRY(wr_make_columns(a, planner->input, expr, count, planner->ast->pos, column,
			       &planner->input));
	for (uint32_t i = 0; i < count; i++)
		*at[i] = wr_column_of(a, planner->input, column[i]);
	return NULL;
}

static wr_status *plan_expressions(struct planner *planner)
{
	const struct wr_ast_match *ast = planner->ast;
	struct wr_match_conv inner = {.match = planner->match, .input = planner->input};
	struct wr_conv conv = {.a = planner->a, .scope = match_scope(planner), .match = &inner};

	WR_TRY(plan_definitions(planner, &conv));
	conv.clause = "MEASURES";
	inner.measures = true;
	inner.exprs = &planner->match->measures;
	for (uint32_t i = 0; i < ast->measure_count; i++)
		WR_TRY(wr_match_convert(&conv, ast->measures[i].expr));
	return plan_arguments(planner);
}

/* --- output
 * ------------------------------------------------------------------------------------------- */

/* A measure's type: a time attribute only as MATCH_ROWTIME() or MATCH_PROCTIME() itself. */
static const struct wr_type *measure_type(struct wr_analyzer *a, const struct wr_expr *expr)
{
	bool keeps = expr->kind == WR_E_COLUMN ||
		     (expr->kind == WR_E_CALL && strcmp(expr->function->name, "PROCTIME") == 0);

	return keeps ? expr->type : wr_type_time_attr(a->arena, expr->type, WR_TIME_NONE);
}

/* Keys, then measures; their names must differ. */
static wr_status *plan_output(const struct planner *planner, struct wr_node *node)
{
	const struct wr_ast_match *ast = planner->ast;
	const struct wr_match *match = planner->match;
	struct wr_arena *arena = planner->a->arena;
	uint32_t keys = match->partition_count, count = keys + ast->measure_count;

	if (ast->measure_count == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->pos, "MATCH_RECOGNIZE needs MEASURES"),
		    "Say what a match is to show: MEASURES a.ts AS start_ts");
	WR_TRY(wr_check_width(count, ast->pos));
	wr_schema_init(arena, &node->schema, count);
	node->traits.rowtime = -1;
	node->traits.window_start = node->traits.window_end = node->traits.window_time = -1;
	for (uint32_t i = 0; i < count; i++) {
		struct wr_field *field = &node->schema.field[i];
		if (i < keys) {
			*field = planner->input->schema.field[match->partition[i]];
			field->type = wr_type_time_attr(arena, field->type, WR_TIME_NONE);
		} else {
			field->name = wr_arena_strdup(arena, ast->measures[i - keys].name.text);
			field->type = measure_type(planner->a, match->measures.expr[i - keys]);
		}
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(node->schema.field[k].name, field->name) == 0)
				return wr_status_at(WR_USER_ERROR,
						    i < keys ? ast->pos
							     : ast->measures[i - keys].name.pos,
						    "The output has two columns '%s'", field->name);
		}
		if (field->type->time == WR_TIME_EVENT && node->traits.rowtime < 0)
			node->traits.rowtime = (int32_t)i;
	}
	return NULL;
}

wr_status *wr_plan_match(struct wr_analyzer *a, const struct wr_ast_table *ast,
			 struct wr_node **out)
{
	struct planner planner = {.a = a, .ast = ast->match.spec};
	struct wr_pos pos = planner.ast->pos;

	planner.match = WR_NEW(a->arena, struct wr_match);
	WR_TRY(plan_input(&planner, ast));
	WR_TRY(plan_keys(&planner));
	WR_TRY(plan_order(&planner));
	WR_TRY(wr_match_pattern(a, planner.ast, planner.match));
	WR_TRY(plan_rules(&planner));
	WR_TRY(plan_expressions(&planner));
	WR_TRY(wr_make_node(a, WR_N_MATCH, planner.input, pos, out));
	(*out)->u.match = planner.match;
	return plan_output(&planner, *out);
}
