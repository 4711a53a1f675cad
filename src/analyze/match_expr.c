/* SPDX-License-Identifier: Apache-2.0
 *
 * match_expr - expressions of MEASURES and DEFINE: over the rows of the match so far.
 *
 * Names are resolved over a scope in which every pattern variable is a table. The columns found
 * there carry a mark with variable and column; as soon as it is clear which row is meant (inside
 * FIRST or LAST the one that these name, else the last row of the variable), they become columns of
 * the virtual row (match.h). Arguments of aggregates stay expressions over the input.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "analyze/match.h"
#include "base/limits.h"

/* MARK + (variable + 1) * MARK_WIDTH + column; 0 in place of variable + 1: all rows. */
#define MARK       0x1000000u
#define MARK_WIDTH 4096u
_Static_assert(WR_COLUMNS_MAX < MARK_WIDTH, "a column's number fits its part of the mark");

struct wr_expr *wr_match_column(struct wr_analyzer *a, uint32_t variable, uint32_t column,
				const struct wr_type *type)
{
	uint32_t place = variable == WR_MATCH_ALL ? 0 : variable + 1;

	type = wr_type_time_attr(a->arena, wr_type_nullable(a->arena, type, true), WR_TIME_NONE);
	return wr_expr_column(a->pool, MARK + place * MARK_WIDTH + column, type);
}

static bool is_marked(const struct wr_expr *expr)
{
	return expr->kind == WR_E_COLUMN && expr->column >= MARK;
}

static uint32_t mark_variable(const struct wr_expr *expr)
{
	uint32_t place = (expr->column - MARK) / MARK_WIDTH;

	return place == 0 ? WR_MATCH_ALL : place - 1;
}

static uint32_t mark_column(const struct wr_expr *expr)
{
	return (expr->column - MARK) % MARK_WIDTH;
}

/* --- the virtual row
 * ---------------------------------------------------------------------------------- */

static bool same_ref(const struct wr_match_ref *a, const struct wr_match_ref *b)
{
	return a->kind == b->kind && a->variable == b->variable && a->first == b->first &&
	       a->offset == b->offset && a->column == b->column && a->group == b->group &&
	       a->item == b->item;
}

/* The column of the virtual row that holds `ref`, added if need be. */
static struct wr_expr *ref_column(struct wr_conv *conv, const struct wr_match_ref *ref,
				  struct wr_pos pos)
{
	struct wr_match_exprs *exprs = conv->match->exprs;
	struct wr_arena *arena = conv->a->arena;
	uint32_t i = 0;

	while (i < exprs->ref_count && !same_ref(&exprs->ref[i], ref))
		i++;
	if (i == exprs->ref_count) {
		struct wr_match_ref *grown = WR_NEW_ARRAY(arena, struct wr_match_ref, i + 1);
		if (i > 0)
			memcpy(grown, exprs->ref, i * sizeof *grown);
		grown[i] = *ref;
		exprs->ref = grown;
		exprs->ref_count++;
	}
	struct wr_expr *column = wr_expr_column(conv->a->pool, i, ref->type);
	column->pos = pos;
	return column;
}

static const char *variable_name(const struct wr_conv *conv, uint32_t variable)
{
	return variable == WR_MATCH_ALL ? "*" : conv->match->match->variable[variable].name;
}

/* Which row FIRST or LAST means. */
struct place {
	bool first;
	uint32_t offset;
};

/* "A.price", "LAST(A.price, 1)", "FIRST(price)" */
static const char *ref_name(struct wr_conv *conv, const struct wr_match_ref *ref)
{
	const char *column = conv->match->input->schema.field[ref->column].name;
	struct wr_arena *arena = conv->a->arena;

	if (ref->variable != WR_MATCH_ALL)
		column =
		    wr_arena_printf(arena, "%s.%s", variable_name(conv, ref->variable), column);
	if (ref->offset > 0)
		return wr_arena_printf(arena, "%s(%s, %u)", ref->first ? "FIRST" : "LAST", column,
				       ref->offset);
	return ref->first ? wr_arena_printf(arena, "FIRST(%s)", column) : column;
}

/* Marks become columns of the virtual row, taken from the row at `place`. */
static struct wr_expr *settle(struct wr_conv *conv, struct wr_expr *expr, struct place place)
{
	struct wr_expr **arg;

	if (is_marked(expr)) {
		struct wr_match_ref ref = {.kind = WR_MATCH_ROW,
					   .variable = mark_variable(expr),
					   .first = place.first,
					   .offset = place.offset,
					   .column = mark_column(expr),
					   .type = expr->type};
		ref.name = ref_name(conv, &ref);
		return ref_column(conv, &ref, expr->pos);
	}
	if (expr->arg_count == 0 || !wr_reads_from(expr, MARK, UINT32_MAX))
		return expr;
	arg = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, expr->arg_count);
	for (uint32_t i = 0; i < expr->arg_count; i++)
		arg[i] = settle(conv, expr->arg[i], place);
	return wr_expr_with_args(conv->a->pool, expr, arg);
}

/* The only variable whose columns the expression reads; *found counts the columns, and *several
 * says whether there is another. */
static void find_variable(const struct wr_expr *expr, uint32_t *variable, uint32_t *found,
			  bool *several)
{
	if (is_marked(expr)) {
		if (*found > 0 && *variable != mark_variable(expr))
			*several = true;
		*variable = mark_variable(expr);
		(*found)++;
	}
	for (uint32_t i = 0; i < expr->arg_count; i++)
		find_variable(expr->arg[i], variable, found, several);
}

static wr_status *several_variables(struct wr_pos pos, const char *name)
{
	return wr_status_hint(wr_status_at(WR_USER_ERROR, pos,
					   "%s must be about the rows of one pattern variable",
					   name),
			      "Write one call for each variable");
}

/* --- FIRST, LAST, PREV, NEXT
 * -------------------------------------------------------------------------- */

/* The second argument: a whole number. */
static wr_status *read_offset(struct wr_conv *conv, const struct wr_ast_expr *ast, uint32_t *out)
{
	const struct wr_ast_exprs *args = &ast->call.args;
	struct wr_expr *expr;

	if (args->count < 2)
		return NULL;
	if (args->items[1]->kind == WR_AST_NUMBER) {
		WR_TRY(wr_convert(conv, args->items[1], &expr));
		if (expr->type->kind == WR_INT && WR_DATA(expr->value, int32_t)[0] >= 0 &&
		    WR_DATA(expr->value, int32_t)[0] <= WR_MATCH_OFFSET_MAX) {
			*out = (uint32_t)WR_DATA(expr->value, int32_t)[0];
			return NULL;
		}
	}
	return wr_status_at(WR_USER_ERROR, args->items[1]->pos,
			    "The offset of %s must be a whole number from 0 to %d",
			    wr_call_name(ast), WR_MATCH_OFFSET_MAX);
}

/* PREV and NEXT count rows of the input, which is not possible; 0 rows on is the row itself. */
static wr_status *check_physical(const struct wr_conv *conv, const struct wr_ast_expr *ast,
				 uint32_t offset)
{
	const char *name = wr_call_name(ast);

	if (conv->match->measures)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->pos, "%s cannot be used in MEASURES", name),
		    "Use FIRST or LAST of a pattern variable");
	if (offset == 0)
		return NULL;
	return wr_status_hint(
	    wr_unsupported(ast->pos, "%s: a physical offset within the partition", name),
	    "Use a logical offset: LAST(variable.column, 1) is the row of the variable before "
	    "the last one");
}

/* FIRST(x [, n]), LAST(x [, n]), PREV(x, 0), NEXT(x, 0). */
static wr_status *convert_navigation(struct wr_conv *conv, const struct wr_ast_expr *ast,
				     struct wr_expr **out)
{
	const char *name = wr_call_name(ast);
	bool physical = wr_name_is(name, "PREV") || wr_name_is(name, "NEXT");
	struct place place = {.first = wr_name_is(name, "FIRST"), .offset = physical};
	uint32_t variable = 0, found = 0, count = ast->call.args.count;
	bool several = false;
	wr_status *status;

	if (count < 1 || count > 2)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "%s takes a value and perhaps an offset", name);
	if (conv->match->navigated)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "FIRST, LAST, PREV and NEXT cannot be nested");
	WR_TRY(read_offset(conv, ast, &place.offset));
	if (physical)
		WR_TRY(check_physical(conv, ast, place.offset));
	conv->match->navigated = true;
	status = wr_convert(conv, ast->call.args.items[0], out);
	conv->match->navigated = false;
	if (status != NULL || conv->match->aggregated)
		return status; /* inside an aggregate the row is the one being added */
	find_variable(*out, &variable, &found, &several);
	if (several)
		return several_variables(ast->pos, name);
	if (found == 0)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "%s needs a column of a pattern variable", name);
	*out = settle(conv, *out, place);
	return NULL;
}

/* --- aggregates
 * --------------------------------------------------------------------------------------- */

/* Marks become columns of the input. */
static struct wr_expr *to_input(struct wr_conv *conv, struct wr_expr *expr)
{
	struct wr_expr **arg;

	if (is_marked(expr))
		return wr_expr_column(conv->a->pool, mark_column(expr), expr->type);
	if (expr->arg_count == 0)
		return expr;
	arg = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, expr->arg_count);
	for (uint32_t i = 0; i < expr->arg_count; i++)
		arg[i] = to_input(conv, expr->arg[i]);
	return wr_expr_with_args(conv->a->pool, expr, arg);
}

/* What an aggregate may not have here. */
static wr_status *check_aggregate(const struct wr_conv *conv, const struct wr_ast_expr *ast)
{
	const struct wr_ast_call *call = &ast->call;
	const char *name = wr_call_name(ast);

	if (conv->match->navigated)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "An aggregate cannot be used inside FIRST or LAST");
	if (conv->match->aggregated)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "Aggregate expressions cannot be nested");
	if (call->distinct)
		return wr_unsupported(ast->pos, "%s(DISTINCT ...) in MATCH_RECOGNIZE", name);
	if (call->filter != NULL)
		return wr_unsupported(ast->pos, "FILTER in MATCH_RECOGNIZE");
	if (call->within_group.count > 0)
		return wr_unsupported(ast->pos, "WITHIN GROUP in MATCH_RECOGNIZE");
	return NULL;
}

/* Arguments over the input, and the variable whose rows they are about. */
static wr_status *convert_arguments(struct wr_conv *conv, const struct wr_ast_expr *ast,
				    struct wr_agg_item *item, uint32_t *variable)
{
	const struct wr_ast_exprs *args = &ast->call.args;
	bool star = args->count == 1 && args->items[0]->kind == WR_AST_STAR;
	uint32_t found = 0;
	bool several = false;
	wr_status *status;

	*variable = WR_MATCH_ALL;
	item->arg_count = star ? 0 : args->count;
	item->arg = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, args->count + 3);
	if (star && !wr_name_is(wr_call_name(ast), "COUNT"))
		return wr_status_at(WR_USER_ERROR, args->items[0]->pos,
				    "A star can be an argument of COUNT(*) only");
	conv->match->aggregated = true;
	status = star ? NULL : wr_convert_list(conv, args, item->arg);
	conv->match->aggregated = false;
	WR_TRY(status);
	for (uint32_t i = 0; i < item->arg_count; i++) {
		find_variable(item->arg[i], variable, &found, &several);
		item->arg[i] = to_input(conv, item->arg[i]);
	}
	if (ast->call.nulls != WR_AST_NULLS_TREATMENT_UNSAID)
		item->arg[item->arg_count++] = wr_expr_symbol(
		    conv->a->pool,
		    ast->call.nulls == WR_AST_IGNORE_NULLS ? "IGNORE NULLS" : "RESPECT NULLS");
	return several ? several_variables(ast->pos, wr_call_name(ast)) : NULL;
}

/* The group of the variable, added if need be. */
static uint32_t group_of(struct wr_conv *conv, uint32_t variable)
{
	struct wr_match_exprs *exprs = conv->match->exprs;
	uint32_t i = 0;

	while (i < exprs->group_count && exprs->group[i].variable != variable)
		i++;
	if (i == exprs->group_count) {
		struct wr_match_group *grown =
		    WR_NEW_ARRAY(conv->a->arena, struct wr_match_group, i + 1);
		if (i > 0)
			memcpy(grown, exprs->group, i * sizeof *grown);
		grown[i] = (struct wr_match_group){.variable = variable};
		exprs->group = grown;
		exprs->group_count++;
	}
	return i;
}

static bool same_item(const struct wr_agg_item *a, const struct wr_agg_item *b)
{
	if (a->function != b->function || a->arg_count != b->arg_count)
		return false;
	for (uint32_t i = 0; i < a->arg_count; i++) {
		if (!wr_expr_equal(a->arg[i], b->arg[i]) || !wr_expr_is_deterministic(a->arg[i]))
			return false;
	}
	return true;
}

/* An aggregate call: a column of the virtual row. */
static wr_status *convert_aggregate(struct wr_conv *conv, const struct wr_ast_expr *ast,
				    struct wr_expr **out)
{
	struct wr_agg_item item = {.pos = ast->pos}, *grown;
	struct wr_match_ref ref = {.kind = WR_MATCH_AGG};
	uint32_t variable;

	WR_TRY(check_aggregate(conv, ast));
	WR_TRY(convert_arguments(conv, ast, &item, &variable));
	item.function = wr_aggregate_of(conv->a, ast);
	item.name = wr_arena_strndup(conv->a->arena, ast->text.data, ast->text.len);
	ref.group = group_of(conv, variable);
	struct wr_match_group *group = &conv->match->exprs->group[ref.group];
	while (ref.item < group->item_count && !same_item(&group->item[ref.item], &item))
		ref.item++;
	if (ref.item == group->item_count) {
		WR_TRY(wr_status_place(wr_agg_call_new(conv->a->pool, item.function, item.arg,
						       item.arg_count, false, false, false,
						       ast->pos, &item.call),
				       ast->pos));
		grown = WR_NEW_ARRAY(conv->a->arena, struct wr_agg_item, ref.item + 1);
		if (ref.item > 0)
			memcpy(grown, group->item, ref.item * sizeof *grown);
		grown[ref.item] = item;
		group->item = grown;
		group->item_count++;
	}
	ref.type = group->item[ref.item].call->type;
	ref.name = group->item[ref.item].name;
	*out = ref_column(conv, &ref, ast->pos);
	return NULL;
}

/* --- the rest
 * ---------------------------------------------------------------------------------------- */

/* MATCH_ROWTIME([column]): the time of the row that completes the match. */
static wr_status *convert_rowtime(struct wr_conv *conv, const struct wr_ast_expr *ast,
				  struct wr_expr **out)
{
	const struct wr_match *match = conv->match->match;
	struct wr_analyzer *a = conv->a;
	const struct wr_type *time = conv->match->input->schema.field[match->order[0].column].type;
	struct wr_match_ref ref = {.kind = WR_MATCH_ROWTIME, .name = "MATCH_ROWTIME()"};
	struct wr_expr *arg = NULL;

	if (ast->call.args.count > 1)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "MATCH_ROWTIME takes at most a row time column");
	if (match->processing_time)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->pos,
				 "MATCH_ROWTIME() needs ORDER BY an event time column"),
		    "Use MATCH_PROCTIME() here");
	if (ast->call.args.count == 1)
		WR_TRY(wr_convert(conv, ast->call.args.items[0], &arg));
	if (arg != NULL && (!is_marked(arg) || mark_column(arg) != match->order[0].column))
		return wr_status_at(WR_USER_ERROR, ast->call.args.items[0]->pos,
				    "The argument of MATCH_ROWTIME must be the row time column of "
				    "ORDER BY");
	ref.type = wr_type_time_attr(a->arena, wr_type_nullable(a->arena, time, arg != NULL),
				     WR_TIME_EVENT);
	*out = ref_column(conv, &ref, ast->pos);
	return NULL;
}

/* A function that means something in MATCH_RECOGNIZE only. */
static bool is_match_only(const char *name)
{
	static const char *const names[] = {"FIRST",      "LAST",          "PREV",
					    "NEXT",       "MATCH_ROWTIME", "MATCH_PROCTIME",
					    "CLASSIFIER", "MATCH_NUMBER"};

	for (uint32_t i = 0; i < WR_COUNT(names); i++) {
		if (wr_name_is(name, names[i]))
			return true;
	}
	return false;
}

wr_status *wr_convert_match_call(struct wr_conv *conv, const struct wr_ast_expr *ast,
				 struct wr_expr **out)
{
	const char *name = wr_call_name(ast);

	*out = NULL;
	if (conv->match != NULL && ast->call.over == NULL && wr_is_aggregate_call(conv->a, ast))
		return convert_aggregate(conv, ast, out);
	if (!is_match_only(name))
		return NULL;
	if (conv->match == NULL)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "%s can only be used in MATCH_RECOGNIZE", name);
	if (wr_name_is(name, "CLASSIFIER") || wr_name_is(name, "MATCH_NUMBER"))
		return wr_unsupported(ast->pos, "The function %s", name);
	if (wr_name_is(name, "MATCH_ROWTIME"))
		return convert_rowtime(conv, ast, out);
	if (wr_name_is(name, "MATCH_PROCTIME"))
		return wr_build_call(conv->a, "PROCTIME", NULL, 0, ast->pos, out);
	return convert_navigation(conv, ast, out);
}

wr_status *wr_convert_match_unary(struct wr_conv *conv, const struct wr_ast_expr *ast,
				  struct wr_expr **out)
{
	bool final = ast->unary.op == WR_AST_OP_FINAL;

	if (conv->match == NULL)
		return wr_status_at(WR_USER_ERROR, ast->pos,
				    "FINAL and RUNNING are words of MATCH_RECOGNIZE");
	if (!conv->match->measures)
		return wr_status_at(WR_USER_ERROR, ast->pos, "%s cannot be used in DEFINE",
				    final ? "FINAL" : "RUNNING");
	if (!final)
		return wr_unsupported(ast->pos, "RUNNING");
	return wr_convert(conv, ast->unary.operand, out);
}

wr_status *wr_match_convert(struct wr_conv *conv, const struct wr_ast_expr *ast)
{
	struct wr_match_exprs *exprs = conv->match->exprs;
	struct wr_expr *expr, **grown;

	if (conv->match->measures)
		WR_TRY(wr_convert(conv, ast, &expr));
	else
		WR_TRY(wr_convert_condition(conv, ast, &expr));
	if (wr_is_bare_null(expr))
		return wr_illegal_null(expr->pos);
	expr = wr_expr_fold(conv->a->pool, settle(conv, expr, (struct place){0}));
	grown = WR_NEW_ARRAY(conv->a->arena, struct wr_expr *, exprs->expr_count + 1);
	if (exprs->expr_count > 0)
		memcpy(grown, exprs->expr, exprs->expr_count * sizeof *grown);
	grown[exprs->expr_count] = expr;
	exprs->expr = grown;
	exprs->expr_count++;
	return NULL;
}
