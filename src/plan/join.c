/* SPDX-License-Identifier: Apache-2.0
 *
 * join - splits a join's condition into equalities between the two sides, time bounds and a rest,
 * and picks the kind.
 *
 * Key expressions that are no plain columns are computed below the join; the extra columns are
 * projected away above it. A join on equal window_start and window_end of two attached windows is a
 * window join: its state goes with the window. A join whose condition bounds the times of both
 * sides against each other is an interval join: its state goes with the watermark.
 */
#include "analyze/interval.h"
#include "expr/function.h"
#include "plan/passes.h"

struct keys {
	uint32_t count;
	struct wr_expr *left[64], *right[64]; /* over their own side */
	struct wr_expr *rest[64];
	uint32_t rest_count;
	bool null_equal;
	bool is_interval; /* time bounds are in `interval` and no part of keys or rest */
	struct wr_interval interval;
};

/* Which sides an expression reads: 1 left, 2 right, 3 both, 0 none. */
static uint32_t sides(const struct wr_expr *expr, uint32_t left_count)
{
	uint32_t found = 0;

	if (expr->kind == WR_E_COLUMN)
		return expr->column < left_count ? 1 : 2;
	for (uint32_t i = 0; i < expr->arg_count; i++)
		found |= sides(expr->arg[i], left_count);
	return found;
}

/* The expression over its own side. */
static struct wr_expr *own_side(struct wr_passes *passes, struct wr_expr *expr, uint32_t side,
				uint32_t left_count, uint32_t total)
{
	uint32_t *map;

	if (side == 1)
		return expr;
	map = wr_plan_u32(passes->plan, total);
	for (uint32_t i = 0; i < total; i++)
		map[i] = i >= left_count ? i - left_count : 0;
	return wr_expr_remap(&passes->plan->pool, expr, map);
}

/* Takes an equality of the two sides as a key. */
static bool take_key(struct wr_passes *passes, const struct wr_node *node, struct wr_expr *term,
		     struct keys *keys)
{
	uint32_t left_count = node->input[0]->schema.count,
		 total = left_count + node->input[1]->schema.count;
	uint32_t a, b;

	if (term->kind != WR_E_CALL || term->arg_count != 2 ||
	    strcmp(term->function->name, "=") != 0 || keys->count == WR_COUNT(keys->left) ||
	    !wr_expr_is_deterministic(term))
		return false;
	a = sides(term->arg[0], left_count);
	b = sides(term->arg[1], left_count);
	if (!((a == 1 && b == 2) || (a == 2 && b == 1)))
		return false;
	if (!wr_type_equal(term->arg[0]->type, term->arg[1]->type, false))
		return false;
	keys->left[keys->count] = own_side(passes, term->arg[a == 1 ? 0 : 1], 1, left_count, total);
	keys->right[keys->count] =
	    own_side(passes, term->arg[a == 1 ? 1 : 0], 2, left_count, total);
	if (node->u.join.snapshot == WR_SNAPSHOT_VERSION &&
	    (keys->right[keys->count]->kind != WR_E_COLUMN ||
	     !node->u.join.version_key[keys->right[keys->count]->column]))
		return false; /* the versions of a key stay together */
	if (node->u.join.snapshot == WR_SNAPSHOT_LOOKUP &&
	    (keys->right[keys->count]->kind != WR_E_COLUMN ||
	     node->input[1]->u.scan.expr[keys->right[keys->count]->column]->kind != WR_E_COLUMN))
		return false; /* the table is asked by columns that it has */
	keys->count++;
	return true;
}

static wr_status *split_condition(struct wr_passes *passes, const struct wr_node *node,
				  struct keys *keys)
{
	struct wr_expr *condition = node->u.join.condition, *one[1] = {condition};
	struct wr_expr **term =
	    condition != NULL && condition->kind == WR_E_AND ? condition->arg : one;
	uint32_t count = condition == NULL             ? 0
			 : condition->kind == WR_E_AND ? condition->arg_count
						       : 1;
	bool *is_bound = WR_NEW_ARRAY(&passes->plan->arena, bool, count + 1);

	keys->is_interval =
	    wr_interval_find(&passes->plan->pool, node->u.join.join, &node->input[0]->schema,
			     &node->input[1]->schema, condition, &keys->interval, is_bound);
	for (uint32_t i = 0; i < count; i++) {
		if (keys->is_interval && is_bound[i])
			continue;
		if (take_key(passes, node, term[i], keys))
			continue;
		if (keys->rest_count == WR_COUNT(keys->rest))
			return wr_status_at(WR_USER_ERROR, node->pos,
					    "A join condition has at most %zu terms",
					    WR_COUNT(keys->rest));
		keys->rest[keys->rest_count++] = term[i];
	}
	return NULL;
}

/* The input with key expressions as columns; key[i] gets their numbers. */
static struct wr_node *project_keys(struct wr_passes *passes, struct wr_node *input,
				    struct wr_expr *const *expr, uint32_t count, uint32_t *key)
{
	struct wr_plan *plan = passes->plan;
	uint32_t columns = input->schema.count, at = columns;
	struct wr_expr **all = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, columns + count);
	const char **name = WR_NEW_ARRAY(&plan->arena, const char *, columns + count);

	for (uint32_t i = 0; i < columns; i++) {
		all[i] = wr_expr_column(&plan->pool, i, input->schema.field[i].type);
		name[i] = input->schema.field[i].name;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (expr[i]->kind == WR_E_COLUMN) {
			key[i] = expr[i]->column;
			continue;
		}
		all[at] = expr[i];
		name[at] = "$key";
		key[i] = at++;
	}
	return at == columns ? input : wr_plan_project(plan, input, all, name, at);
}

/* Whether the keys pair the window columns of both sides. */
static bool keys_have_window(const struct wr_node *left, const struct wr_node *right,
			     const uint32_t *left_key, const uint32_t *right_key, uint32_t count)
{
	bool start = false, end = false;

	if (left->traits.window == NULL || right->traits.window == NULL)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		start = start || ((int32_t)left_key[i] == left->traits.window_start &&
				  (int32_t)right_key[i] == right->traits.window_start);
		end = end || ((int32_t)left_key[i] == left->traits.window_end &&
			      (int32_t)right_key[i] == right->traits.window_end);
	}
	return start && end;
}

/* Renumbers the rest of the condition for widened inputs. */
static struct wr_expr *shift_right(struct wr_passes *passes, struct wr_expr *expr,
				   uint32_t old_left, uint32_t new_left, uint32_t right)
{
	uint32_t *map = wr_plan_u32(passes->plan, old_left + right);

	for (uint32_t i = 0; i < old_left + right; i++)
		map[i] = i < old_left ? i : i - old_left + new_left;
	return wr_expr_remap(&passes->plan->pool, expr, map);
}

/* The schema of a physical join, and the projection back to the logical one. */
static struct wr_node *join_schema(struct wr_passes *passes, struct wr_node *node,
				   struct wr_node *join)
{
	struct wr_plan *plan = passes->plan;
	bool left_only = node->u.join.join == WR_J_SEMI || node->u.join.join == WR_J_ANTI;
	bool left_null = node->u.join.join == WR_J_RIGHT || node->u.join.join == WR_J_FULL;
	bool right_null = node->u.join.join == WR_J_LEFT || node->u.join.join == WR_J_FULL;
	uint32_t left = join->input[0]->schema.count,
		 right = left_only ? 0 : join->input[1]->schema.count;
	uint32_t old_left = node->schema.count - (left_only ? 0 : node->input[1]->schema.count);
	struct wr_expr **expr =
	    WR_NEW_ARRAY(&plan->arena, struct wr_expr *, node->schema.count + 1);
	const char **name = WR_NEW_ARRAY(&plan->arena, const char *, node->schema.count + 1);

	wr_schema_init(&plan->arena, &join->schema, left + right);
	for (uint32_t i = 0; i < left + right; i++) {
		const struct wr_field *field = i < left ? &join->input[0]->schema.field[i]
							: &join->input[1]->schema.field[i - left];
		bool null = (i < left ? left_null : right_null) || field->type->nullable;

		const struct wr_type *type = wr_type_nullable(&plan->arena, field->type, null);

		if (node->u.join.snapshot != WR_SNAPSHOT_NONE && i >= left)
			type = wr_type_time_attr(&plan->arena, type, WR_TIME_NONE);
		wr_plan_field(join, i, field->name, type);
	}
	if (left + right == node->schema.count)
		return join;
	for (uint32_t i = 0; i < node->schema.count; i++) {
		expr[i] = wr_expr_column(&plan->pool, i < old_left ? i : i - old_left + left,
					 node->schema.field[i].type);
		name[i] = node->schema.field[i].name;
	}
	return wr_plan_project(plan, join, expr, name, node->schema.count);
}

/* What gives the versions of a versioned view: a deduplication that keeps the last row emits only
 * the last one of an epoch, so the join takes the rows below it and orders them itself. */
static wr_status *version_source(struct wr_passes *passes, struct wr_node *join)
{
	struct wr_plan *plan = passes->plan;
	struct wr_node **at = &join->input[1], *dedup;
	bool filtered = false;
	struct wr_expr **all;
	uint32_t count;

	while (wr_plan_is_calc(*at)) {
		filtered = filtered || (*at)->u.calc.condition != NULL;
		at = &(*at)->input[0];
	}
	dedup = *at;
	if (filtered &&
	    ((dedup->kind == WR_N_DEDUP && dedup->u.sort.keep_last) || dedup->kind == WR_N_RANK ||
	     (dedup->kind == WR_N_SCAN && wr_plan_source(dedup) != WR_SOURCE_INSERTS)))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, join->pos,
				 "The rows of a versioned table cannot be filtered before FOR "
				 "SYSTEM_TIME AS OF: a version that is filtered out would leave "
				 "the one before it valid"),
		    "Put the condition into ON or WHERE of the join");
	if (dedup->kind == WR_N_SCAN)
		dedup->u.scan.raw = true;
	if (dedup->kind != WR_N_DEDUP || !dedup->u.sort.keep_last ||
	    dedup->schema.field[dedup->u.sort.order[0].column].type->time != WR_TIME_EVENT)
		return NULL;
	count = dedup->input[0]->schema.count;
	all = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, count + 2);
	memcpy(all, wr_plan_columns(plan, dedup->input[0]), count * sizeof *all);
	if (dedup->schema.count > count) /* the row number */
		all[count] = wr_expr_i64(&plan->pool, 1);
	*at = wr_plan_project(plan, dedup->input[0], all, NULL, dedup->schema.count);
	join->u.join.in_order = true;
	return NULL;
}

wr_status *wr_rewrite_join(struct wr_passes *passes, struct wr_node *node, struct wr_node **out)
{
	struct wr_plan *plan = passes->plan;
	struct keys keys = {.null_equal = node->u.join.null_equal};
	struct wr_node *left, *right, *join;
	uint32_t *left_key, *right_key;
	enum wr_node_kind kind = WR_N_HASH_JOIN;

	WR_TRY(split_condition(passes, node, &keys));
	if (node->u.join.snapshot == WR_SNAPSHOT_VERSION)
		WR_TRY(version_source(passes, node));
	left_key = wr_plan_u32(plan, keys.count);
	right_key = wr_plan_u32(plan, keys.count);
	left = project_keys(passes, node->input[0], keys.left, keys.count, left_key);
	right = project_keys(passes, node->input[1], keys.right, keys.count, right_key);
	if (node->u.join.snapshot == WR_SNAPSHOT_NONE &&
	    keys_have_window(left, right, left_key, right_key, keys.count))
		kind = WR_N_WINDOW_JOIN;
	else if (keys.is_interval)
		kind = WR_N_INTERVAL_JOIN;
	if (node->u.join.snapshot == WR_SNAPSHOT_VERSION)
		kind = WR_N_TEMPORAL_JOIN;
	if (node->u.join.snapshot == WR_SNAPSHOT_LOOKUP)
		kind = WR_N_LOOKUP_JOIN;
	join = wr_node_new(plan, kind, 2, node->pos);
	join->input[0] = left;
	join->input[1] = right;
	join->state_name = node->state_name;
	join->u.join = node->u.join;
	join->u.join.left_key = left_key;
	join->u.join.right_key = right_key;
	join->u.join.key_count = keys.count;
	if (keys.is_interval)
		join->u.join.interval = keys.interval;
	join->u.join.condition = NULL;
	if (keys.rest_count > 0) {
		struct wr_expr *rest = keys.rest[0];

		if (keys.rest_count > 1)
			WR_TRY(wr_expr_logic(&plan->pool, WR_E_AND, keys.rest, keys.rest_count,
					     node->pos, &rest));
		join->u.join.condition =
		    shift_right(passes, rest, node->input[0]->schema.count, left->schema.count,
				node->input[1]->schema.count);
	}
	*out = join_schema(passes, node, join);
	wr_plan_window_traits(join);
	wr_plan_window_traits(*out);
	return NULL;
}
