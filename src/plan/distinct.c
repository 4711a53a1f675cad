/* SPDX-License-Identifier: Apache-2.0
 *
 * distinct - splits an aggregate with DISTINCT into two, so that one key with very many different
 * values is worked on by all workers ('table.optimizer.distinct-agg.split.enabled'):
 *
 *     GROUP_AGG  by k           sums up what the buckets have: COUNT(DISTINCT x) is a sum of counts
 *       GROUP_AGG  by k, bucket   each value falls into one bucket, so no value is counted twice
 *         CALC  bucket = MOD(HASH_CODE(x), buckets)
 *           input
 *
 * Possible when all DISTINCT calls are over one column, and the others can be put together from
 * partial results: COUNT, SUM, MIN, MAX of values that add up exactly. Else the aggregate stays as
 * it is.
 */
#include "plan/passes.h"

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(name, *list) == 0)
			return true;
	return false;
}

/* What puts the partial results of a function together; NULL: nothing does. */
static const char *combiner(const struct wr_agg_item *item)
{
	static const char *const counts[] = {"COUNT", "$SUM0", NULL};
	static const char *const same[] = {"SUM", "MIN", "MAX", NULL};
	const char *name = item->function->name;

	for (uint32_t i = 0; i < item->call->arg_count && strcmp(name, "COUNT") != 0; i++)
		if (item->call->arg_type[i]->kind == WR_FLOAT ||
		    item->call->arg_type[i]->kind == WR_DOUBLE)
			return NULL;
	if (is_one_of(name, counts))
		return "$SUM0";
	return is_one_of(name, same) ? name : NULL;
}

/* The column that all DISTINCT calls are over; -1: there is none such. */
static int64_t distinct_column(const struct wr_node *node)
{
	int64_t column = -1;

	for (uint32_t i = 0; i < node->u.agg.item_count; i++) {
		const struct wr_agg_item *item = &node->u.agg.item[i];

		if (combiner(item) == NULL)
			return -1;
		if (!item->distinct)
			continue;
		if (item->call->arg_count != 1 || item->arg[0]->kind != WR_E_COLUMN ||
		    (column >= 0 && column != (int64_t)item->arg[0]->column))
			return -1;
		column = item->arg[0]->column;
	}
	return column;
}

/* The input with the bucket as a last column; NULL: values of this type cannot be hashed. */
static struct wr_node *bucket_calc(struct wr_passes *passes, struct wr_node *input, uint32_t column)
{
	struct wr_plan *plan = passes->plan;
	struct wr_expr_pool *pool = &plan->pool;
	uint32_t count = input->schema.count;
	struct wr_expr **expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, count + 1);
	const char **name = WR_NEW_ARRAY(&plan->arena, const char *, count + 1);
	struct wr_expr *arg[2] = {wr_expr_column(pool, column, input->schema.field[column].type)};
	struct wr_node *calc;
	wr_status *status;

	for (uint32_t i = 0; i < count; i++) {
		expr[i] = wr_expr_column(pool, i, input->schema.field[i].type);
		name[i] = input->schema.field[i].name;
	}
	name[count] = "$bucket";
	status = wr_expr_call_name(pool, "HASH_CODE", arg, 1, input->pos, &arg[0]);
	arg[1] = wr_expr_i32(pool, passes->options->distinct_buckets);
	if (status == NULL)
		status = wr_expr_call_name(pool, "MOD", arg, 2, input->pos, &expr[count]);
	if (status != NULL) {
		wr_status_free(status);
		return NULL;
	}
	calc = wr_plan_project(plan, input, expr, name, count + 1);
	calc->kind = WR_N_CALC;
	return calc;
}

/* The aggregate by key and bucket. */
static struct wr_node *bucket_agg(struct wr_passes *passes, const struct wr_node *node,
				  struct wr_node *calc)
{
	struct wr_plan *plan = passes->plan;
	uint32_t keys = node->u.agg.key_count, items = node->u.agg.item_count;
	uint32_t *key = wr_plan_u32(plan, keys + 1), bucket = calc->schema.count - 1;
	struct wr_node *agg = wr_node_new(plan, WR_N_GROUP_AGG, 1, node->pos);

	agg->input[0] = calc;
	agg->state_name = node->state_name;
	agg->u.agg = node->u.agg;
	agg->u.agg.row_if_empty = false; /* buckets without rows are not there */
	if (keys > 0)
		memcpy(key, node->u.agg.key, keys * sizeof *key);
	key[keys] = bucket;
	agg->u.agg.key = key;
	agg->u.agg.key_count = keys + 1;
	wr_schema_init(&plan->arena, &agg->schema, keys + 1 + items);
	for (uint32_t i = 0; i < keys + items; i++)
		agg->schema.field[i < keys ? i : i + 1] = node->schema.field[i];
	agg->schema.field[keys] = calc->schema.field[bucket];
	return agg;
}

/* The calls over the buckets' results; NULL: some type would not be the same. */
static struct wr_agg_item *combining_items(struct wr_passes *passes, const struct wr_node *node,
					   const struct wr_node *below)
{
	struct wr_plan *plan = passes->plan;
	uint32_t keys = node->u.agg.key_count, items = node->u.agg.item_count;
	struct wr_agg_item *all = WR_NEW_ARRAY(&plan->arena, struct wr_agg_item, items);

	for (uint32_t i = 0; i < items; i++) {
		const struct wr_agg_item *from = &node->u.agg.item[i];
		const char *name = combiner(from);
		wr_status *status;

		all[i] = *from;
		all[i].function = wr_agg_find(name, (uint32_t)strlen(name));
		all[i].distinct = false;
		all[i].filter = NULL;
		all[i].arg_count = 1;
		all[i].arg = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, 1);
		all[i].arg[0] = wr_expr_column(&plan->pool, keys + 1 + i,
					       below->schema.field[keys + 1 + i].type);
		status = wr_agg_call_new(&plan->pool, all[i].function, all[i].arg, 1, false,
					 from->call->grouped, false, from->pos, &all[i].call);
		if (status != NULL || all[i].arg[0]->kind != WR_E_COLUMN ||
		    !wr_type_equal(all[i].call->type, from->call->type, false)) {
			wr_status_free(status);
			return NULL;
		}
	}
	return all;
}

static void split(struct wr_passes *passes, struct wr_node *node)
{
	int64_t column = distinct_column(node);
	struct wr_node *calc, *below;
	struct wr_agg_item *items;
	uint32_t *key;

	if (column < 0)
		return;
	calc = bucket_calc(passes, node->input[0], (uint32_t)column);
	if (calc == NULL)
		return;
	below = bucket_agg(passes, node, calc);
	items = combining_items(passes, node, below);
	if (items == NULL)
		return;
	key = wr_plan_u32(passes->plan, node->u.agg.key_count);
	for (uint32_t i = 0; i < node->u.agg.key_count; i++)
		key[i] = i;
	node->input[0] = below;
	node->u.agg.key = key;
	node->u.agg.item = items;
	wr_pass_note(passes, WR_PASS_DISTINCT);
}

static void find(struct wr_passes *passes, struct wr_node *node, bool *done)
{
	if (done[node->id])
		return;
	done[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++)
		find(passes, node->input[i], done);
	if (node->kind == WR_N_GROUP_AGG && node->u.agg.item_count > 0)
		split(passes, node);
}

wr_status *wr_pass_distinct(struct wr_passes *passes)
{
	bool *done = WR_NEW_ARRAY(&passes->plan->arena, bool, passes->plan->next_id + 1);

	if (passes->options->distinct_buckets > 0)
		for (uint32_t r = 0; r < passes->plan->root_count; r++)
			find(passes, passes->plan->root[r], done);
	return NULL;
}
