/* SPDX-License-Identifier: Apache-2.0
 *
 * multi_join - chains of regular joins on one key become one node.
 *
 *     HASH_JOIN(HASH_JOIN(a, b), c)   ->   MULTI_JOIN(a, b, c)
 *
 * A join is taken up when it is INNER or LEFT and its left key columns are, in some order, the key
 * columns of one input below that has a row in every result: the first one, or one joined by INNER.
 * Two joins of one chain thus keep every row of theirs under the same values.
 *
 * Switched by table.optimizer.multi-join.enabled.
 */
#include "plan/passes.h"

/* A chain while it grows. */
struct chain {
	uint32_t count; /* inputs */
	struct wr_node **input;
	enum wr_join_kind *join;
	struct wr_expr **condition;
	const uint32_t **key;
	uint32_t key_count;
	int64_t *ttl_ms;
};

static void chain_room(struct wr_passes *passes, struct chain *chain, uint32_t count)
{
	struct wr_arena *arena = &passes->plan->arena;

	chain->input = WR_NEW_ARRAY(arena, struct wr_node *, count);
	chain->join = WR_NEW_ARRAY(arena, enum wr_join_kind, count);
	chain->condition = WR_NEW_ARRAY(arena, struct wr_expr *, count);
	chain->key = WR_NEW_ARRAY(arena, const uint32_t *, count);
	chain->ttl_ms = WR_NEW_ARRAY(arena, int64_t, count);
}

static bool can_join(const struct wr_node *node)
{
	return node->kind == WR_N_HASH_JOIN && !node->u.join.null_equal &&
	       node->u.join.key_count > 0 &&
	       (node->u.join.join == WR_J_INNER || node->u.join.join == WR_J_LEFT);
}

/* The chain that a node below is, with room for one more input; false: it is none. */
static bool chain_of(struct wr_passes *passes, const struct wr_node *node, struct chain *chain)
{
	uint32_t count = node->input_count;

	*chain = (struct chain){.count = count};
	if (node->kind == WR_N_MULTI_JOIN) {
		chain_room(passes, chain, count + 1);
		memcpy(chain->input, node->input, count * sizeof(struct wr_node *));
		memcpy(chain->join, node->u.multi.join, count * sizeof *chain->join);
		memcpy(chain->condition, node->u.multi.condition, count * sizeof(struct wr_expr *));
		memcpy(chain->key, node->u.multi.key, count * sizeof(const uint32_t *));
		memcpy(chain->ttl_ms, node->u.multi.ttl_ms, count * sizeof *chain->ttl_ms);
		chain->key_count = node->u.multi.key_count;
		return true;
	}
	if (!can_join(node))
		return false;
	chain_room(passes, chain, count + 1);
	memcpy(chain->input, node->input, count * sizeof(struct wr_node *));
	chain->join[0] = WR_J_INNER;
	chain->join[1] = node->u.join.join;
	chain->condition[1] = node->u.join.condition;
	chain->key[0] = node->u.join.left_key;
	chain->key[1] = node->u.join.right_key;
	chain->ttl_ms[0] = node->u.join.left_ttl_ms;
	chain->ttl_ms[1] = node->u.join.right_ttl_ms;
	chain->key_count = node->u.join.key_count;
	return true;
}

/* Which key column of the chain a column of its output is; key_count: none that every result has.
 */
static uint32_t key_place(const struct chain *chain, uint32_t column)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		uint32_t columns = chain->input[i]->schema.count;

		if (column >= columns) {
			column -= columns;
			continue;
		}
		if (i > 0 && chain->join[i] != WR_J_INNER)
			return chain->key_count;
		for (uint32_t k = 0; k < chain->key_count; k++)
			if (chain->key[i][k] == column)
				return k;
		return chain->key_count;
	}
	return chain->key_count;
}

/* Takes the join above the chain up into it. */
static bool extend(struct wr_passes *passes, struct chain *chain, const struct wr_node *top)
{
	uint32_t *key = wr_plan_u32(passes->plan, chain->key_count);
	bool *taken = WR_NEW_ARRAY(&passes->plan->arena, bool, chain->key_count + 1);
	uint32_t at = chain->count;

	if (top->u.join.key_count != chain->key_count)
		return false;
	for (uint32_t k = 0; k < chain->key_count; k++) {
		uint32_t place = key_place(chain, top->u.join.left_key[k]);

		if (place == chain->key_count || taken[place])
			return false;
		taken[place] = true;
		key[place] = top->u.join.right_key[k];
	}
	chain->input[at] = top->input[1];
	chain->join[at] = top->u.join.join;
	chain->condition[at] = top->u.join.condition;
	chain->key[at] = key;
	chain->ttl_ms[at] = top->u.join.right_ttl_ms;
	chain->count++;
	return true;
}

static struct wr_node *visit(struct wr_passes *passes, struct wr_node *node, bool *done)
{
	struct chain chain;
	struct wr_node *multi;

	if (done[node->id])
		return node;
	done[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++)
		node->input[i] = visit(passes, node->input[i], done);
	if (!can_join(node) || !chain_of(passes, node->input[0], &chain) ||
	    !extend(passes, &chain, node))
		return node;
	multi = wr_node_new(passes->plan, WR_N_MULTI_JOIN, chain.count, node->pos);
	memcpy(multi->input, chain.input, chain.count * sizeof(struct wr_node *));
	multi->schema = node->schema;
	multi->state_name = node->state_name;
	multi->u.multi.join = chain.join;
	multi->u.multi.condition = chain.condition;
	multi->u.multi.key = chain.key;
	multi->u.multi.key_count = chain.key_count;
	multi->u.multi.ttl_ms = chain.ttl_ms;
	wr_plan_window_traits(multi);
	return multi;
}

wr_status *wr_pass_multi_join(struct wr_passes *passes)
{
	struct wr_plan *plan = passes->plan;
	bool *done;

	if (!passes->options->multi_join)
		return NULL;
	done = WR_NEW_ARRAY(&plan->arena, bool, 2 * plan->next_id + 64);
	for (uint32_t r = 0; r < plan->root_count; r++)
		plan->root[r] = visit(passes, plan->root[r], done);
	return NULL;
}
