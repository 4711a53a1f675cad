/* SPDX-License-Identifier: Apache-2.0
 *
 * user - USER nodes in the planner: callbacks of the program, of which nothing is known but their
 * columns.
 *
 * Logical passes look at trees and change them for whoever stands above. A USER node may have
 * several parents, but nothing goes through it: it reads all columns of its inputs, and no
 * condition moves below it. So the plan is cut there. Each input of a USER node becomes a root of
 * its own, the lower ones first, and the node a leaf without inputs; when the trees have been
 * rewritten they are joined again.
 *
 * A stream that several read, but that does not end in a USER node (a query), has one on top that
 * does nothing, WR_U_STREAM. It is taken out before the cut where only one reads it, else when the
 * trees are joined.
 */
#include "analyze/user_node.h"

#include "plan/passes.h"

/* In which functions by row are steps side by side; unions of unions have more and more. */
#define STAGES_MAX 16

/* A walk over all nodes, each once. */
struct walk {
	struct wr_plan *plan;  /* whose nodes they are */
	bool *seen;            /* per node id */
	uint32_t *parents;     /* per node id: how many places hold it */
	struct wr_node **user; /* USER nodes, inputs before those that read them */
	uint32_t user_count;
};

static void walk_init(struct walk *walk, struct wr_plan *plan)
{
	uint32_t count = plan->next_id + 1;

	*walk = (struct walk){.plan = plan};
	walk->seen = WR_NEW_ARRAY(&plan->arena, bool, count);
	walk->parents = wr_plan_u32(plan, count);
	memset(walk->parents, 0, count * sizeof *walk->parents);
	walk->user = WR_NEW_ARRAY(&plan->arena, struct wr_node *, count);
}

static void count_parents(struct walk *walk, const struct wr_node *node)
{
	if (walk->seen[node->id])
		return;
	walk->seen[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++) {
		walk->parents[node->input[i]->id]++;
		count_parents(walk, node->input[i]);
	}
}

static bool is_stream(const struct wr_node *node)
{
	return node->kind == WR_N_USER && node->u.user.op->kind == WR_U_STREAM;
}

/* Takes out STREAM nodes that at most `parents_max` read, and lists the USER nodes that are left.
 */
static void take_streams(struct walk *walk, struct wr_node *node, uint32_t parents_max)
{
	if (walk->seen[node->id])
		return;
	walk->seen[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++) {
		while (is_stream(node->input[i]) &&
		       walk->parents[node->input[i]->id] <= parents_max)
			node->input[i] = node->input[i]->input[0];
		take_streams(walk, node->input[i], parents_max);
	}
	if (node->kind == WR_N_USER)
		walk->user[walk->user_count++] = node;
}

/* The root of one input: rewriting it rewrites the place in the node. */
static struct wr_node *cut_input(struct wr_plan *plan, struct wr_node *node, uint32_t i)
{
	struct wr_node *root = wr_node_new(plan, WR_N_SINK, 0, node->pos);

	root->input = &node->input[i];
	root->input_count = 1;
	root->schema = node->input[i]->schema;
	return root;
}

wr_status *wr_pass_cut(struct wr_passes *passes)
{
	struct wr_plan *plan = passes->plan;
	struct wr_node **root;
	uint32_t inputs = 0, n = 0;
	struct walk walk;

	walk_init(&walk, plan);
	for (uint32_t r = 0; r < plan->root_count; r++)
		count_parents(&walk, plan->root[r]);
	memset(walk.seen, 0, plan->next_id * sizeof *walk.seen);
	for (uint32_t r = 0; r < plan->root_count; r++)
		take_streams(&walk, plan->root[r], 1);
	if (walk.user_count == 0)
		return NULL;
	for (uint32_t u = 0; u < walk.user_count; u++)
		inputs += walk.user[u]->input_count;
	root = WR_NEW_ARRAY(&plan->arena, struct wr_node *, inputs + plan->root_count);
	passes->cut = WR_NEW_ARRAY(&plan->arena, struct wr_cut, inputs + 1);
	for (uint32_t u = 0; u < walk.user_count; u++) {
		struct wr_node *node = walk.user[u];

		for (uint32_t i = 0; i < node->input_count; i++) {
			passes->cut[n] = (struct wr_cut){node, node->input_count};
			root[n++] = cut_input(plan, node, i);
		}
	}
	for (uint32_t u = 0; u < walk.user_count; u++)
		walk.user[u]->input_count = 0;
	memcpy(root + n, plan->root, plan->root_count * sizeof *root);
	passes->cut_count = n;
	plan->root = root;
	plan->root_count += n;
	return NULL;
}

wr_status *wr_pass_uncut(struct wr_passes *passes)
{
	struct wr_plan *plan = passes->plan;
	struct walk walk;

	if (passes->cut_count == 0)
		return NULL;
	for (uint32_t i = 0; i < passes->cut_count; i++)
		passes->cut[i].node->input_count = passes->cut[i].inputs;
	plan->root += passes->cut_count;
	plan->root_count -= passes->cut_count;
	passes->cut_count = 0;
	walk_init(&walk, plan);
	for (uint32_t r = 0; r < plan->root_count; r++)
		take_streams(&walk, plan->root[r], UINT32_MAX);
	return NULL;
}

/* --- what the passes ask ---------------------------------------------------------------------- */

/* Operators that cannot take rows back. */
wr_status *wr_user_check_input(const struct wr_node *node)
{
	const struct wr_user_op *op = node->u.user.op;

	if (op->kind != WR_U_WINDOW && op->kind != WR_U_INTERVAL_JOIN)
		return NULL;
	for (uint32_t i = 0; i < node->input_count; i++) {
		const struct wr_node *maker;

		if (node->input[i]->traits.changes == WR_CHANGES_INSERT)
			continue;
		maker = wr_plan_change_maker(node->input[i]);
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "%s '%s' takes only new rows, but %s%s%s%s makes "
				  "updates",
				  wr_node_str(node), op->name, wr_node_str(maker),
				  maker->kind == WR_N_USER ? " '" : "",
				  maker->kind == WR_N_USER ? maker->u.user.op->name : "",
				  maker->kind == WR_N_USER ? "'" : ""),
		    "Aggregate over a window, whose rows do not change, or handle the kinds of "
		    "rows in a process function before it");
	}
	return NULL;
}

/* Stages that the node would be a step of: a union's inputs are not brought together. */
static uint32_t stages(const struct wr_node *node)
{
	uint32_t count = 0;

	if (node->kind == WR_N_UNION_ALL) {
		for (uint32_t i = 0; i < node->input_count; i++)
			count += stages(node->input[i]);
		return count;
	}
	if (node->input_count == 0 || node->input[0]->kind == WR_N_EXCHANGE)
		return 1;
	return stages(node->input[0]);
}

/* By key; without one rows stay on their worker, but an operator that remembers something is one
 * operator on each. */
void wr_user_exchanges(struct wr_passes *passes, struct wr_node *node)
{
	const struct wr_user_op *op = node->u.user.op;

	if (wr_user_is_by_row(op)) {
		if (stages(node->input[0]) > STAGES_MAX)
			wr_plan_exchange(passes, node, 0, WR_D_ANY, NULL, 0);
		return;
	}
	for (uint32_t i = 0; i < node->input_count; i++) {
		if (op->broadcast && i == 1)
			wr_plan_exchange(passes, node, i, WR_D_BROADCAST, NULL, 0);
		else if (node->u.user.key_count > 0)
			wr_plan_distribute(passes, node, i, node->u.user.key[i],
					   node->u.user.key_count);
		else if (node->input_count > 1 || stages(node->input[i]) > 1)
			wr_plan_exchange(passes, node, i, WR_D_ANY, NULL, 0);
	}
}

void wr_user_changes(struct wr_node *node)
{
	const struct wr_user_op *op = node->u.user.op;
	struct wr_traits *traits = &node->traits;

	if (wr_user_is_by_row(op) || op->kind == WR_U_ASYNC) {
		traits->updates = node->input[0]->traits.updates;
		traits->deletes = node->input[0]->traits.deletes;
		return;
	}
	traits->updates = traits->deletes = op->changes;
}

/* Functions with a context see the watermark before each row, as a single reader would have it;
 * lateness is decided by it, and timers fire in its order. */
int64_t wr_user_quantum(const struct wr_node *node)
{
	const struct wr_user_op *op = node->u.user.op;

	return wr_user_is_by_row(op) || op->kind == WR_U_ASYNC ? 0 : 1;
}

/* Timers of the clock, times to live and answers from outside come although no rows do. */
bool wr_user_ticks(const struct wr_node *node)
{
	return !wr_user_is_by_row(node->u.user.op) && node->u.user.op->kind != WR_U_INTERVAL_JOIN;
}
