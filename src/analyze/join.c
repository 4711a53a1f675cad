/* SPDX-License-Identifier: Apache-2.0
 *
 * join - joins of two table references, and the names of both sides together.
 *
 * The JOIN node has the left columns, then the right ones; the sides that an outer join fills with
 * NULL are nullable. USING and NATURAL merge columns: `*` shows them once and first, an unqualified
 * name means COALESCE(left, right), and t.column still reaches each side's own.
 *
 * Time attributes end at a regular join, whose results appear at any time. They go on where the
 * condition bounds the times of both sides against each other (an interval join), or compares the
 * windows of both sides (a window join).
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "base/limits.h"
#include "analyze/interval.h"
#include "expr/function.h"

/* --- the node
 * --------------------------------------------------------------------------------------------- */

/* Whether a condition has left = right for these two columns. */
static bool equates(const struct wr_expr *expr, int32_t left, int32_t right)
{
	if (expr == NULL || left < 0)
		return false;
	if (expr->kind == WR_E_AND) {
		for (uint32_t i = 0; i < expr->arg_count; i++) {
			if (equates(expr->arg[i], left, right))
				return true;
		}
		return false;
	}
	if (expr->kind != WR_E_CALL || strcmp(expr->function->name, "=") != 0 ||
	    expr->arg[0]->kind != WR_E_COLUMN || expr->arg[1]->kind != WR_E_COLUMN)
		return false;
	uint32_t a = expr->arg[0]->column, b = expr->arg[1]->column;
	return (a == (uint32_t)left && b == (uint32_t)right) ||
	       (b == (uint32_t)left && a == (uint32_t)right);
}

/* Whether time attributes go on: an interval join or a window join. */
static bool keeps_time(struct wr_analyzer *a, enum wr_join_kind kind, const struct wr_node *left,
		       const struct wr_node *right, const struct wr_expr *condition)
{
	uint32_t width = left->schema.count;
	const struct wr_traits *l = &left->traits, *r = &right->traits;
	struct wr_interval interval;

	if (wr_interval_find(a->pool, kind, &left->schema, &right->schema, condition, &interval,
			     NULL))
		return true;
	return l->window_start >= 0 && l->window_end >= 0 && r->window_start >= 0 &&
	       r->window_end >= 0 &&
	       equates(condition, l->window_start, (int32_t)width + r->window_start) &&
	       equates(condition, l->window_end, (int32_t)width + r->window_end);
}

/* One column of the output. */
static struct wr_field output_field(struct wr_analyzer *a, const struct wr_field *from,
				    bool nullable, bool keep_time)
{
	struct wr_field field = *from;

	if (nullable)
		field.type = wr_type_nullable(a->arena, field.type, true);
	if (!keep_time)
		field.type = wr_type_time_attr(a->arena, field.type, WR_TIME_NONE);
	return field;
}

int64_t wr_hint_ttl(struct wr_analyzer *a, const struct wr_node *side)
{
	int64_t ttl = a->env->state_ttl_ms;

	while (side->input_count == 1 && side->kind != WR_N_SCAN)
		side = side->input[0];
	if (side->kind != WR_N_SCAN || a->hints == NULL)
		return ttl;
	for (uint32_t i = 0; i < a->hints->count; i++) {
		const struct wr_ast_hint *hint = &a->hints->items[i];
		for (uint32_t j = 0; j < hint->options.count; j++) {
			if (wr_name_is(hint->name, "STATE_TTL") &&
			    strcmp(hint->options.items[j].key, side->u.scan.alias) == 0)
				wr_duration_parse(hint->options.items[j].value, &ttl);
		}
	}
	return ttl;
}

/* Output columns and time attributes of a join of two inputs, by its condition. */
static void join_output(struct wr_analyzer *a, struct wr_node *node)
{
	const struct wr_node *left = node->input[0], *right = node->input[1];
	enum wr_join_kind kind = node->u.join.join;
	uint32_t width = left->schema.count, total = width + right->schema.count;
	bool snapshot = node->u.join.snapshot != WR_SNAPSHOT_NONE;
	bool keep = snapshot || keeps_time(a, kind, left, right, node->u.join.condition);
	const char **name = WR_NEW_ARRAY(a->arena, const char *, total + 1);

	wr_schema_init(a->arena, &node->schema, total);
	for (uint32_t i = 0; i < total; i++) {
		bool is_left = i < width;
		const struct wr_field *from =
		    is_left ? &left->schema.field[i] : &right->schema.field[i - width];
		bool nullable = kind == WR_J_FULL || (kind == WR_J_RIGHT && is_left) ||
				(kind == WR_J_LEFT && !is_left);
		node->schema.field[i] =
		    output_field(a, from, nullable, keep && (is_left || !snapshot));
		name[i] = from->name;
	}
	wr_uniquify(a->arena, name, total);
	for (uint32_t i = 0; i < total; i++)
		node->schema.field[i].name = name[i];
	node->traits = keep ? left->traits : (struct wr_traits){.rowtime = -1, -1, -1, -1};
}

/* SEMI and ANTI keep the left columns as they are. */
wr_status *wr_join_nodes(struct wr_analyzer *a, enum wr_join_kind kind, struct wr_node *left,
			 struct wr_node *right, struct wr_expr *condition, struct wr_pos pos,
			 struct wr_node **out)
{
	bool one_side = kind == WR_J_SEMI || kind == WR_J_ANTI;
	struct wr_node *node;

	WR_TRY(wr_check_width((uint64_t)left->schema.count + right->schema.count, pos));
	WR_TRY(wr_make_node(a, WR_N_JOIN, left, pos, &node));
	node->input_count = 2;
	node->input = WR_NEW_ARRAY(a->arena, struct wr_node *, 2);
	node->input[0] = left;
	node->input[1] = right;
	node->u.join.join = kind;
	node->u.join.condition = condition;
	node->u.join.left_ttl_ms = wr_hint_ttl(a, left);
	node->u.join.right_ttl_ms = wr_hint_ttl(a, right);
	if (!one_side)
		join_output(a, node);
	*out = node;
	return NULL;
}

/* --- names of both sides
 * -------------------------------------------------------------------------------- */

/* A scope column's expression over another node, whose columns stand `shift` further: column
 * references and the COALESCE of merged ones. */
static wr_status *rebuild(struct wr_analyzer *a, struct wr_expr *expr, const struct wr_node *node,
			  uint32_t shift, struct wr_expr **out)
{
	struct wr_expr **arg;

	if (expr->kind == WR_E_COLUMN) {
		*out = node == NULL ? wr_shift_columns(a, expr, 0, WR_MARK_AGG, shift)
				    : wr_column_of(a, node, expr->column + shift);
		return NULL;
	}
	if (expr->kind == WR_E_CAST) {
		WR_TRY(rebuild(a, expr->arg[0], node, shift, out));
		return wr_expr_cast(a->pool, *out, expr->type, false, out);
	}
	arg = WR_NEW_ARRAY(a->arena, struct wr_expr *, expr->arg_count + 1);
	for (uint32_t i = 0; i < expr->arg_count; i++)
		WR_TRY(rebuild(a, expr->arg[i], node, shift, &arg[i]));
	return wr_expr_coalesce(a->pool, arg, expr->arg_count, expr->pos, out);
}

static wr_status *rebuild_columns(struct wr_analyzer *a, const struct wr_scope_column *from,
				  uint32_t count, const struct wr_node *node, uint32_t shift,
				  struct wr_scope_column *to)
{
	for (uint32_t i = 0; i < count; i++) {
		to[i].name = from[i].name;
		WR_TRY(rebuild(a, from[i].expr, node, shift, &to[i].expr));
	}
	return NULL;
}

/* A name of a table reference may occur once in FROM. */
static wr_status *check_names(const struct wr_scope *left, const struct wr_scope *right,
			      struct wr_pos pos)
{
	for (uint32_t i = 0; i < right->table_count; i++) {
		const char *name = right->table[i].name;
		for (uint32_t j = 0; name != NULL && j < left->table_count; j++) {
			if (left->table[j].name != NULL && strcmp(left->table[j].name, name) == 0)
				return wr_status_hint(
				    wr_status_at(WR_USER_ERROR, pos,
						 "Duplicate relation name '%s' in FROM clause",
						 name),
				    "Give one of them another name: AS other");
		}
	}
	return NULL;
}

/* Both scopes as one: over `node`, or (NULL) over the two inputs side by side. */
static wr_status *combine(struct wr_analyzer *a, const struct wr_scope *left,
			  const struct wr_scope *right, struct wr_node *node, struct wr_scope **out)
{
	struct wr_scope *scope = WR_NEW(a->arena, struct wr_scope);
	uint32_t shift = left->node->schema.count;

	scope->node = node;
	scope->outer = left->outer;
	scope->table_count = left->table_count + right->table_count;
	scope->table = WR_NEW_ARRAY(a->arena, struct wr_scope_table, scope->table_count + 1);
	for (uint32_t i = 0; i < scope->table_count; i++) {
		bool is_left = i < left->table_count;
		const struct wr_scope_table *from =
		    is_left ? &left->table[i] : &right->table[i - left->table_count];
		scope->table[i] = *from;
		scope->table[i].column =
		    WR_NEW_ARRAY(a->arena, struct wr_scope_column, from->count + 1);
		WR_TRY(rebuild_columns(a, from->column, from->count, node, is_left ? 0 : shift,
				       scope->table[i].column));
	}
	scope->star_count = left->star_count + right->star_count;
	scope->star = WR_NEW_ARRAY(a->arena, struct wr_scope_column, scope->star_count + 1);
	WR_TRY(rebuild_columns(a, left->star, left->star_count, node, 0, scope->star));
	WR_TRY(rebuild_columns(a, right->star, right->star_count, node, shift,
			       scope->star + left->star_count));
	*out = scope;
	return NULL;
}

/* Index among the columns of `*`, -1: none; *found counts them. */
static int32_t star_find(const struct wr_scope *scope, const char *name, uint32_t *found)
{
	int32_t index = -1;

	*found = 0;
	for (uint32_t i = 0; i < scope->star_count; i++) {
		if (scope->star[i].name != NULL && strcmp(scope->star[i].name, name) == 0) {
			index = (int32_t)i;
			(*found)++;
		}
	}
	return index;
}

/* The columns to merge: those of USING, or all that both sides have (NATURAL). */
static wr_status *merged_columns(struct wr_analyzer *a, const struct wr_ast_table *ast,
				 const struct wr_scope *left, const struct wr_scope *right,
				 struct wr_ast_ident **out, uint32_t *count)
{
	const struct wr_ast_idents *using = &ast->join.using;
	struct wr_expr *ignored;
	uint32_t found, n = 0;

	*out = WR_NEW_ARRAY(a->arena, struct wr_ast_ident, using->count + left->star_count + 1);
	for (uint32_t i = 0; i < using->count; i++) {
		WR_TRY(wr_scope_column_find(a, left, &using->items[i], &ignored));
		WR_TRY(wr_scope_column_find(a, right, &using->items[i], &ignored));
		(*out)[n++] = using->items[i];
	}
	for (uint32_t i = 0; ast->join.natural && i < left->star_count; i++) {
		struct wr_ast_ident ident = {left->star[i].name, false, ast->join.word_pos};
		if (ident.text == NULL || star_find(right, ident.text, &found) < 0)
			continue;
		WR_TRY(wr_scope_column_find(a, left, &ident, &ignored));
		WR_TRY(wr_scope_column_find(a, right, &ident, &ignored));
		(*out)[n++] = ident;
	}
	*count = n;
	return NULL;
}

/* left.c = right.c AND ... over both sides. */
static wr_status *merged_condition(struct wr_analyzer *a, const struct wr_scope *left,
				   const struct wr_scope *right, const struct wr_ast_ident *column,
				   uint32_t count, struct wr_expr **out)
{
	struct wr_expr **equal = WR_NEW_ARRAY(a->arena, struct wr_expr *, count + 1);

	*out = NULL;
	if (count == 0)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		struct wr_expr *pair[2];
		WR_TRY(wr_scope_column_find(a, left, &column[i], &pair[0]));
		WR_TRY(wr_scope_column_find(a, right, &column[i], &pair[1]));
		WR_TRY(rebuild(a, pair[1], NULL, left->node->schema.count, &pair[1]));
		WR_TRY(wr_build_call(a, "=", pair, 2, column[i].pos, &equal[i]));
	}
	return wr_expr_logic(a->pool, WR_E_AND, equal, count, column[0].pos, out);
}

/* Rewrites `*`: merged columns first, then what is left of both sides. */
static wr_status *merge_star(struct wr_analyzer *a, struct wr_scope *scope, uint32_t left_count,
			     enum wr_join_kind kind, const struct wr_ast_ident *column,
			     uint32_t count)
{
	struct wr_scope_column *star =
	    WR_NEW_ARRAY(a->arena, struct wr_scope_column, scope->star_count + 1);
	bool *used = WR_NEW_ARRAY(a->arena, bool, scope->star_count + 1);
	uint32_t n = 0;

	for (uint32_t c = 0; c < count; c++) {
		struct wr_expr *side[2] = {NULL, NULL};
		for (uint32_t i = 0; i < scope->star_count; i++) {
			if (scope->star[i].name == NULL ||
			    strcmp(scope->star[i].name, column[c].text) != 0)
				continue;
			side[i >= left_count] = scope->star[i].expr;
			used[i] = true;
		}
		star[n].name = column[c].text;
		star[n].expr = kind == WR_J_RIGHT ? side[1] : side[0];
		if (kind == WR_J_FULL)
			WR_TRY(wr_expr_coalesce(a->pool, side, 2, column[c].pos, &star[n].expr));
		n++;
	}
	for (uint32_t i = 0; i < scope->star_count; i++) {
		if (!used[i])
			star[n++] = scope->star[i];
	}
	scope->star = star;
	scope->star_count = n;
	return NULL;
}

/* --- terms of WHERE go into the joins below
 * --------------------------------------------------------------------- */

/* Which sides an expression reads: 1 left, 2 right, 3 both, 0 none. */
static uint32_t sides_read(const struct wr_expr *expr, uint32_t width)
{
	return (wr_reads_from(expr, 0, width) ? 1 : 0) |
	       (wr_reads_from(expr, width, UINT32_MAX) ? 2 : 0);
}

/* A term of WHERE over both sides becomes part of an inner join's condition; one over one side may
 * be such a term of a join on that side. *taken says whether it could go. */
static wr_status *push_term(struct wr_analyzer *a, struct wr_node *node, struct wr_expr *term,
			    bool *taken)
{
	uint32_t width = node->input[0]->schema.count, read = sides_read(term, width);
	struct wr_expr *both[2] = {node->u.join.condition, term};
	struct wr_node *input = node->input[read == 2];

	*taken = false;
	if (node->u.join.join != WR_J_INNER)
		return NULL;
	if (read == 1 || read == 2) {
		if (input->kind != WR_N_JOIN)
			return NULL;
		if (read == 2)
			term = wr_shift_columns(a, term, width, UINT32_MAX, -(int64_t)width);
		WR_TRY(push_term(a, input, term, taken));
	} else if (read == 3) {
		*taken = true;
		node->u.join.condition = term;
		if (both[0] != NULL)
			WR_TRY(wr_expr_logic(a->pool, WR_E_AND, both, 2, term->pos,
					     &node->u.join.condition));
	}
	if (*taken)
		join_output(a, node);
	return NULL;
}

/* The same names with the types that the node's columns have now. */
static wr_status *scope_retype(struct wr_analyzer *a, struct wr_scope *scope)
{
	for (uint32_t i = 0; i < scope->table_count; i++)
		WR_TRY(rebuild_columns(a, scope->table[i].column, scope->table[i].count,
				       scope->node, 0, scope->table[i].column));
	return rebuild_columns(a, scope->star, scope->star_count, scope->node, 0, scope->star);
}

wr_status *wr_join_push(struct wr_analyzer *a, struct wr_scope *scope, struct wr_expr **term,
			uint32_t *count)
{
	uint32_t kept = 0;

	if (scope->node->kind != WR_N_JOIN)
		return NULL;
	for (uint32_t i = 0; i < *count; i++) {
		bool taken = false;

		if (wr_expr_is_deterministic(term[i]))
			WR_TRY(push_term(a, scope->node, term[i], &taken));
		if (!taken)
			term[kept++] = term[i];
	}
	*count = kept;
	return scope_retype(a, scope);
}

/* --- the join
 * --------------------------------------------------------------------------------------------- */

static enum wr_join_kind kind_of(enum wr_ast_join_kind kind)
{
	switch (kind) {
	case WR_AST_JOIN_LEFT: return WR_J_LEFT;
	case WR_AST_JOIN_RIGHT: return WR_J_RIGHT;
	case WR_AST_JOIN_FULL: return WR_J_FULL;
	case WR_AST_JOIN_LEFT_SEMI: return WR_J_SEMI;
	case WR_AST_JOIN_LEFT_ANTI: return WR_J_ANTI;
	default: return WR_J_INNER;
	}
}

/* What may not stand on the right of a join yet. */
static wr_status *check_right(const struct wr_ast_table *right)
{
	const struct wr_ast_name *name;

	if (right->kind != WR_AST_TABLE_FUNCTION || !right->lateral)
		return NULL;
	name = &right->function.call->call.name;
	return wr_unsupported(right->pos, "LATERAL TABLE(%s(...))",
			      name->parts[name->count - 1].text);
}

static wr_status *join_unnest(struct wr_analyzer *a, const struct wr_ast_table *ast,
			      struct wr_scope *left, struct wr_scope **out)
{
	enum wr_join_kind kind = kind_of(ast->join.kind);

	if (kind != WR_J_INNER && kind != WR_J_LEFT)
		return wr_unsupported(
		    ast->join.word_pos, "%s with %s", wr_ast_join_name(ast->join.kind),
		    ast->join.right->kind == WR_AST_TABLE_UNNEST ? "UNNEST" : "a table function");
	return wr_plan_unnest(a, left, ast->join.right, kind == WR_J_LEFT, ast->join.on, out);
}

/* LATERAL (SELECT ...): what ties it to the left goes into the condition. */
static wr_status *join_lateral(struct wr_analyzer *a, const struct wr_ast_table *ast,
			       struct wr_scope *left, struct wr_scope **out)
{
	enum wr_join_kind kind = kind_of(ast->join.kind);
	struct wr_expr *both[2] = {NULL, NULL};
	struct wr_scope *right, *names;
	struct wr_node *node;

	if (kind != WR_J_INNER && kind != WR_J_LEFT)
		return wr_unsupported(ast->join.word_pos, "%s with LATERAL",
				      wr_ast_join_name(ast->join.kind));
	if (ast->join.using.count > 0 || ast->join.natural)
		return wr_unsupported(ast->join.word_pos, "USING and NATURAL with LATERAL");
	WR_TRY(wr_plan_lateral(a, kind, &left, ast->join.right, &right, &both[0]));
	if (right == NULL) {
		if (ast->join.on != NULL && (ast->join.on->kind != WR_AST_BOOLEAN))
			return wr_unsupported(
			    ast->join.on->pos,
			    "A condition on LATERAL (SELECT aggregates) but TRUE");
		*out = left;
		return NULL;
	}
	WR_TRY(check_names(left, right, ast->join.right->pos));
	if (ast->join.on != NULL) {
		struct wr_conv conv = {.a = a, .clause = "ON"};

		WR_TRY(combine(a, left, right, NULL, &names));
		conv.scope = names;
		WR_TRY(wr_convert_condition(&conv, ast->join.on, &both[1]));
	}
	if (both[0] != NULL) {
		both[0] =
		    wr_shift_columns(a, both[0], 0, WR_COLUMNS_MAX + 1, left->node->schema.count);
		both[0] =
		    wr_shift_columns(a, both[0], WR_MARK_OUTER, WR_MARK_OUTER + WR_COLUMNS_MAX + 1,
				     -(int64_t)WR_MARK_OUTER);
	}
	if (both[0] != NULL && both[1] != NULL)
		WR_TRY(wr_expr_logic(a->pool, WR_E_AND, both, 2, ast->pos, &both[0]));
	WR_TRY(wr_join_nodes(a, kind, left->node, right->node, both[0] != NULL ? both[0] : both[1],
			     ast->join.word_pos, &node));
	return combine(a, left, right, node, out);
}

/* Both sides, the merged columns, the condition, the node, the names. */
wr_status *wr_plan_join(struct wr_analyzer *a, const struct wr_ast_table *ast,
			struct wr_scope **out)
{
	enum wr_join_kind kind = kind_of(ast->join.kind);
	struct wr_scope *left, *right, *both;
	struct wr_ast_ident *merged;
	struct wr_expr *condition;
	struct wr_node *node;
	uint32_t merged_count;
	bool snapshot;

	WR_TRY(wr_plan_from(a, ast->join.left, &left));
	if (ast->join.right->kind == WR_AST_TABLE_UNNEST || wr_is_table_call(a, ast->join.right))
		return join_unnest(a, ast, left, out);
	if (ast->join.right->kind == WR_AST_TABLE_QUERY && ast->join.right->lateral)
		return join_lateral(a, ast, left, out);
	WR_TRY(check_right(ast->join.right));
	snapshot =
	    ast->join.right->kind == WR_AST_TABLE_NAME && ast->join.right->name.system_time != NULL;
	if (snapshot)
		WR_TRY(wr_plan_snapshot(a, ast->join.right, &right));
	else
		WR_TRY(wr_plan_from(a, ast->join.right, &right));
	WR_TRY(check_names(left, right, ast->join.right->pos));
	WR_TRY(merged_columns(a, ast, left, right, &merged, &merged_count));
	WR_TRY(merged_condition(a, left, right, merged, merged_count, &condition));
	if (ast->join.on != NULL) {
		struct wr_conv conv = {.a = a, .clause = "ON"};
		WR_TRY(combine(a, left, right, NULL, &both));
		conv.scope = both;
		WR_TRY(wr_convert_condition(&conv, ast->join.on, &condition));
	}
	WR_TRY(
	    wr_join_nodes(a, kind, left->node, right->node, condition, ast->join.word_pos, &node));
	if (snapshot) {
		WR_TRY(wr_join_snapshot(a, ast->join.right, left, node));
		join_output(a, node);
	}
	if (kind == WR_J_SEMI || kind == WR_J_ANTI) {
		wr_scope_rebase(left, node);
		*out = left;
		return NULL;
	}
	WR_TRY(combine(a, left, right, node, out));
	return merged_count == 0
		   ? NULL
		   : merge_star(a, *out, left->star_count, kind, merged, merged_count);
}
