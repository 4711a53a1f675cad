/* SPDX-License-Identifier: Apache-2.0
 *
 * reuse - equal subplans become one that several consumers read, within a statement and across
 * those of a statement set.
 *
 * Bottom up over all roots: scans of one source are one node already (share.c), so two nodes are
 * equal when they do the same over the same inputs. A node that equals one met before gives way to
 * it. A view that is read twice, or the two halves of "rows that reach the best of their group",
 * are then computed once; so are late rows counted once.
 *
 * Only operators whose output follows from their inputs are taken: nothing random, no clock.
 */
#include "plan/passes.h"

struct pool {
	struct wr_passes *passes;
	struct wr_node **node; /* one of each kind of equal ones */
	uint32_t count, capacity;
	struct wr_node **now; /* per node id: what stands for it; NULL: not looked at */
};

static bool same_expr(const struct wr_expr *a, const struct wr_expr *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return wr_expr_is_deterministic(a) && wr_expr_equal(a, b);
}

static bool same_list(const uint32_t *a, const uint32_t *b, uint32_t count)
{
	return memcmp(a, b, count * sizeof *a) == 0 || count == 0;
}

static bool same_window(const struct wr_window *a, const struct wr_window *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->kind == b->kind && a->processing_time == b->processing_time &&
	       a->legacy == b->legacy && a->time_column == b->time_column &&
	       a->size_ms == b->size_ms && a->slide_ms == b->slide_ms &&
	       a->offset_ms == b->offset_ms && a->allowed_lateness_ms == b->allowed_lateness_ms &&
	       a->partition_count == b->partition_count &&
	       same_list(a->partition, b->partition, a->partition_count);
}

static bool same_calc(const struct wr_node *a, const struct wr_node *b)
{
	if (!same_expr(a->u.calc.condition, b->u.calc.condition) ||
	    (a->u.calc.expr == NULL) != (b->u.calc.expr == NULL))
		return false;
	for (uint32_t i = 0; a->u.calc.expr != NULL && i < a->schema.count; i++)
		if (!same_expr(a->u.calc.expr[i], b->u.calc.expr[i]))
			return false;
	return true;
}

/* Words behind the arguments (IGNORE NULLS) are among them as symbols. */
static bool same_item(const struct wr_agg_item *a, const struct wr_agg_item *b)
{
	if (a->function != b->function || a->arg_count != b->arg_count ||
	    a->distinct != b->distinct || a->call->words != b->call->words ||
	    !same_expr(a->filter, b->filter))
		return false;
	for (uint32_t i = 0; i < a->arg_count; i++)
		if (!same_expr(a->arg[i], b->arg[i]))
			return false;
	return true;
}

static bool same_agg(const struct wr_node *a, const struct wr_node *b)
{
	if (a->u.agg.key_count != b->u.agg.key_count ||
	    a->u.agg.item_count != b->u.agg.item_count || a->u.agg.attached != b->u.agg.attached ||
	    a->u.agg.attached_start != b->u.agg.attached_start ||
	    a->u.agg.attached_end != b->u.agg.attached_end ||
	    a->u.agg.allowed_lateness_ms != b->u.agg.allowed_lateness_ms ||
	    a->u.agg.state_ttl_ms != b->u.agg.state_ttl_ms ||
	    !same_list(a->u.agg.key, b->u.agg.key, a->u.agg.key_count) ||
	    !same_window(a->u.agg.window, b->u.agg.window))
		return false;
	for (uint32_t i = 0; i < a->u.agg.item_count; i++)
		if (!same_item(&a->u.agg.item[i], &b->u.agg.item[i]))
			return false;
	return true;
}

static bool same_join(const struct wr_node *a, const struct wr_node *b)
{
	return a->u.join.join == b->u.join.join && a->u.join.key_count == b->u.join.key_count &&
	       a->u.join.null_equal == b->u.join.null_equal &&
	       a->u.join.left_ttl_ms == b->u.join.left_ttl_ms &&
	       a->u.join.right_ttl_ms == b->u.join.right_ttl_ms &&
	       same_list(a->u.join.left_key, b->u.join.left_key, a->u.join.key_count) &&
	       same_list(a->u.join.right_key, b->u.join.right_key, a->u.join.key_count) &&
	       same_expr(a->u.join.condition, b->u.join.condition);
}

static bool same_sort(const struct wr_node *a, const struct wr_node *b)
{
	if (a->u.sort.partition_count != b->u.sort.partition_count ||
	    a->u.sort.order_count != b->u.sort.order_count ||
	    a->u.sort.offset != b->u.sort.offset || a->u.sort.fetch != b->u.sort.fetch ||
	    a->u.sort.emit_rank != b->u.sort.emit_rank ||
	    a->u.sort.keep_last != b->u.sort.keep_last ||
	    !same_list(a->u.sort.partition, b->u.sort.partition, a->u.sort.partition_count))
		return false;
	for (uint32_t i = 0; i < a->u.sort.order_count; i++)
		if (a->u.sort.order[i].column != b->u.sort.order[i].column ||
		    a->u.sort.order[i].descending != b->u.sort.order[i].descending ||
		    a->u.sort.order[i].nulls_first != b->u.sort.order[i].nulls_first)
			return false;
	return true;
}

/* Names matter where a table of late rows finds its columns by them. */
static bool same_schema(const struct pool *pool, const struct wr_schema *a,
			const struct wr_schema *b)
{
	if (a->count != b->count)
		return false;
	for (uint32_t i = 0; i < a->count; i++)
		if (!wr_type_equal(a->field[i].type, b->field[i].type, true) ||
		    a->field[i].type->time != b->field[i].type->time ||
		    (pool->passes->options->late_table != NULL &&
		     strcmp(a->field[i].name, b->field[i].name) != 0))
			return false;
	return true;
}

static bool same_node(const struct pool *pool, const struct wr_node *a, const struct wr_node *b)
{
	if (a->kind != b->kind || a->input_count != b->input_count ||
	    !same_schema(pool, &a->schema, &b->schema))
		return false;
	for (uint32_t i = 0; i < a->input_count; i++)
		if (a->input[i] != b->input[i])
			return false;
	switch (a->kind) {
	case WR_N_CALC: return same_calc(a, b);
	case WR_N_WINDOW: return same_window(a->u.window, b->u.window);
	case WR_N_GROUP_AGG:
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG: return same_agg(a, b);
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN: return same_join(a, b);
	case WR_N_RANK:
	case WR_N_WINDOW_RANK:
	case WR_N_DEDUP: return same_sort(a, b);
	case WR_N_UNION_ALL: return true;
	default: return false;
	}
}

/* The node that stands for this one. */
static struct wr_node *reuse(struct pool *pool, struct wr_node *node)
{
	if (pool->now[node->id] != NULL)
		return pool->now[node->id];
	pool->now[node->id] = node;
	for (uint32_t i = 0; i < node->input_count; i++)
		node->input[i] = reuse(pool, node->input[i]);
	for (uint32_t i = 0; i < pool->count; i++)
		if (same_node(pool, pool->node[i], node)) {
			if (node->kind != WR_N_CALC)
				wr_pass_note(pool->passes, WR_PASS_REUSE);
			return pool->now[node->id] = pool->node[i];
		}
	WR_ASSERT(pool->count < pool->capacity);
	pool->node[pool->count++] = node;
	return node;
}

wr_status *wr_pass_reuse(struct wr_passes *passes)
{
	struct wr_plan *plan = passes->plan;
	struct pool pool = {.passes = passes, .capacity = plan->next_id + 1};

	pool.node = WR_NEW_ARRAY(&plan->arena, struct wr_node *, pool.capacity);
	pool.now = WR_NEW_ARRAY(&plan->arena, struct wr_node *, pool.capacity);
	memset(pool.now, 0, pool.capacity * sizeof(struct wr_node *));
	for (uint32_t r = 0; r < plan->root_count; r++)
		(void)reuse(&pool, plan->root[r]);
	return NULL;
}
