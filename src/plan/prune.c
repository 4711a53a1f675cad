/* SPDX-License-Identifier: Apache-2.0
 *
 * prune - columns that nobody reads are not made: top down, each node learns which of its columns
 * are needed and answers where they went.
 *
 * Invariant: after wr_pass_prune(node, needed, map), node delivers at least the needed columns,
 * column i as map[i]. Maps of columns that are not needed are unspecified.
 */
#include "analyze/match.h"
#include "plan/passes.h"

static bool *bools(struct wr_passes *passes, uint32_t count)
{
	return WR_NEW_ARRAY(&passes->plan->arena, bool, count + 1);
}

static wr_status *prune_input(struct wr_passes *passes, struct wr_node *node, uint32_t input,
			      const bool *needed, uint32_t **map)
{
	*map = wr_plan_u32(passes->plan, node->input[input]->schema.count);
	return wr_pass_prune(passes, &node->input[input], needed, *map);
}

static void identity(const struct wr_node *node, uint32_t *map)
{
	for (uint32_t i = 0; i < node->schema.count; i++)
		map[i] = i;
}

/* Keeps the needed entries of a schema; map[old] = new. Returns the new count. */
static uint32_t prune_schema(struct wr_passes *passes, struct wr_schema *schema, const bool *needed,
			     uint32_t *map)
{
	struct wr_schema out;
	uint32_t count = 0;

	wr_schema_init(&passes->plan->arena, &out, schema->count);
	for (uint32_t i = 0; i < schema->count; i++) {
		map[i] = count;
		if (needed[i])
			out.field[count++] = schema->field[i];
	}
	out.count = count;
	*schema = out;
	return count;
}

static wr_status *prune_calc(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			     uint32_t *map)
{
	uint32_t columns =
	    node->input[0]->schema.count; /* before pruning, which changes the input in place */
	bool *below = bools(passes, columns);
	uint32_t *moved, kept = 0;

	if (node->u.calc.expr == NULL) { /* FILTER: its columns are the input's */
		memcpy(below, needed, columns * sizeof *below);
		if (node->u.calc.condition != NULL)
			wr_expr_columns(node->u.calc.condition, below);
		WR_TRY(prune_input(passes, node, 0, below, &moved));
		if (node->u.calc.condition != NULL)
			node->u.calc.condition =
			    wr_expr_remap(&passes->plan->pool, node->u.calc.condition, moved);
		node->schema = node->input[0]->schema;
		memcpy(map, moved, columns * sizeof *map);
		return NULL;
	}
	if (node->u.calc.condition != NULL)
		wr_expr_columns(node->u.calc.condition, below);
	for (uint32_t i = 0; i < node->schema.count; i++)
		if (needed[i])
			wr_expr_columns(node->u.calc.expr[i], below);
	WR_TRY(prune_input(passes, node, 0, below, &moved));
	for (uint32_t i = 0; i < node->schema.count; i++)
		if (needed[i])
			node->u.calc.expr[kept++] =
			    wr_expr_remap(&passes->plan->pool, node->u.calc.expr[i], moved);
	if (node->u.calc.condition != NULL)
		node->u.calc.condition =
		    wr_expr_remap(&passes->plan->pool, node->u.calc.condition, moved);
	(void)prune_schema(passes, &node->schema, needed, map);
	return NULL;
}

/* A changelog that is yet to be made by primary key needs the columns of that key. */
static void keep_key(const struct wr_passes *passes, const struct wr_node *node, bool *keep)
{
	const struct wr_connector_args *args = node->u.scan.args;

	if (!wr_plan_needs_normalize(passes, node))
		return;
	for (uint32_t i = 0; i < node->schema.count; i++) {
		const struct wr_expr *expr = node->u.scan.expr[i];

		for (uint32_t k = 0; k < args->primary_key_count; k++)
			keep[i] = keep[i] || (expr->kind == WR_E_COLUMN &&
					      args->wanted[expr->column] == args->primary_key[k]);
	}
}

/* Output columns nobody needs go; then connector columns that no expression reads. */
static wr_status *prune_scan(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			     uint32_t *map)
{
	struct wr_plan *plan = passes->plan;
	struct wr_connector_args *args = WR_NEW(&plan->arena, struct wr_connector_args);
	bool *keep = bools(passes, node->schema.count), *read;
	uint32_t *moved, *wanted, count = 0, kept = 0;

	memcpy(keep, needed, node->schema.count * sizeof *keep);
	if (node->u.scan.watermark != NULL)
		wr_expr_columns(node->u.scan.watermark, keep);
	if (node->u.scan.condition != NULL)
		wr_expr_columns(node->u.scan.condition, keep);
	if (node->u.scan.rowtime >= 0)
		keep[node->u.scan.rowtime] = true;
	keep_key(passes, node, keep);
	*args = *node->u.scan.args;
	read = bools(passes, args->wanted_count);
	for (uint32_t i = 0; i < node->schema.count; i++)
		if (keep[i])
			wr_expr_columns(node->u.scan.expr[i], read);
	wanted = wr_plan_u32(plan, args->wanted_count);
	moved = wr_plan_u32(plan, args->wanted_count);
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		moved[i] = count;
		if (read[i])
			wanted[count++] = args->wanted[i];
	}
	if (count < args->wanted_count)
		wr_pass_note(passes, WR_PASS_PROJECTION);
	args->wanted = wanted;
	args->wanted_count = count;
	if (args->format != NULL) { /* the format's share: physical columns, which come first */
		uint32_t physical = 0;

		while (physical < count && wanted[physical] < args->physical_count)
			physical++;
		args->format_args.wanted = wanted;
		args->format_args.wanted_count = physical;
	}
	node->u.scan.args = args;
	for (uint32_t i = 0; i < node->schema.count; i++)
		if (keep[i])
			node->u.scan.expr[kept++] =
			    wr_expr_remap(&plan->pool, node->u.scan.expr[i], moved);
	(void)prune_schema(passes, &node->schema, keep, map);
	if (node->u.scan.watermark != NULL)
		node->u.scan.watermark = wr_expr_remap(&plan->pool, node->u.scan.watermark, map);
	if (node->u.scan.condition != NULL)
		node->u.scan.condition = wr_expr_remap(&plan->pool, node->u.scan.condition, map);
	if (node->u.scan.rowtime >= 0)
		node->u.scan.rowtime = (int32_t)map[node->u.scan.rowtime];
	return NULL;
}

/* Puts a projection of just the needed columns over input i, so that all branches of a union agree.
 */
static void narrow_input(struct wr_passes *passes, struct wr_node *node, uint32_t i,
			 const bool *needed)
{
	struct wr_node *input = node->input[i];
	struct wr_expr **expr =
	    WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, input->schema.count + 1);
	uint32_t count = 0;

	for (uint32_t c = 0; c < input->schema.count; c++)
		if (needed[c])
			expr[count++] =
			    wr_expr_column(&passes->plan->pool, c, input->schema.field[c].type);
	node->input[i] = wr_plan_project(passes->plan, input, expr, NULL, count);
}

static wr_status *prune_union(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			      uint32_t *map)
{
	uint32_t count = prune_schema(passes, &node->schema, needed, map);
	bool *all = bools(passes, count);

	memset(all, 1, count);
	for (uint32_t i = 0; i < node->input_count; i++) {
		uint32_t *moved;

		narrow_input(passes, node, i, needed);
		WR_TRY(prune_input(passes, node, i, all, &moved));
	}
	return NULL;
}

static uint32_t *remap_list(struct wr_passes *passes, const uint32_t *list, uint32_t count,
			    const uint32_t *map)
{
	uint32_t *out = wr_plan_u32(passes->plan, count);

	for (uint32_t i = 0; i < count; i++)
		out[i] = map[list[i]];
	return out;
}

static wr_status *prune_join(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			     uint32_t *map)
{
	struct wr_plan *plan = passes->plan;
	uint32_t left = node->input[0]->schema.count, right = node->input[1]->schema.count,
		 new_left, total;
	bool left_only = node->schema.count == left,
	     has_times = node->kind == WR_N_INTERVAL_JOIN || node->kind == WR_N_TEMPORAL_JOIN;
	bool *all = bools(passes, left + right), *side;
	uint32_t *left_map, *right_map, *both = wr_plan_u32(plan, left + right);
	struct wr_schema schema;

	memcpy(all, needed, node->schema.count * sizeof *all);
	if (node->u.join.condition != NULL)
		wr_expr_columns(node->u.join.condition, all);
	for (uint32_t i = 0; i < node->u.join.key_count; i++) {
		all[node->u.join.left_key[i]] = true;
		all[left + node->u.join.right_key[i]] = true;
	}
	if (has_times) {
		all[node->u.join.interval.left_time] = true;
		all[left + node->u.join.interval.right_time] = true;
	}
	side = bools(passes, right);
	memcpy(side, all + left, right * sizeof *side);
	WR_TRY(prune_input(passes, node, 0, all, &left_map));
	WR_TRY(prune_input(passes, node, 1, side, &right_map));
	new_left = node->input[0]->schema.count;
	for (uint32_t i = 0; i < left + right; i++)
		both[i] = i < left ? left_map[i] : new_left + right_map[i - left];
	if (node->u.join.condition != NULL)
		node->u.join.condition = wr_expr_remap(&plan->pool, node->u.join.condition, both);
	node->u.join.left_key =
	    remap_list(passes, node->u.join.left_key, node->u.join.key_count, left_map);
	node->u.join.right_key =
	    remap_list(passes, node->u.join.right_key, node->u.join.key_count, right_map);
	if (has_times) {
		node->u.join.interval.left_time = left_map[node->u.join.interval.left_time];
		node->u.join.interval.right_time = right_map[node->u.join.interval.right_time];
	}
	total = new_left + (left_only ? 0 : node->input[1]->schema.count);
	wr_schema_init(&plan->arena, &schema, total);
	for (uint32_t i = 0; i < total;
	     i++) { /* nullability as the join decided it for columns that stay */
		const struct wr_node *input = node->input[i < new_left ? 0 : 1];

		schema.field[i] = input->schema.field[i < new_left ? i : i - new_left];
	}
	for (uint32_t i = 0; i < node->schema.count; i++) {
		map[i] = both[i];
		if (all[i])
			schema.field[both[i]] = node->schema.field[i];
	}
	node->schema = schema;
	return NULL;
}

/* RANK, WINDOW_RANK, DEDUP, SORT: partition and order columns are needed; the rank only if asked
 * for. */
static wr_status *prune_sort(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			     uint32_t *map)
{
	uint32_t columns = node->input[0]->schema.count, *moved;
	bool has_rank = node->schema.count > columns;
	bool *below = bools(passes, columns);
	struct wr_sort_key *order =
	    WR_NEW_ARRAY(&passes->plan->arena, struct wr_sort_key, node->u.sort.order_count + 1);
	struct wr_field rank = {0};
	struct wr_schema schema;

	memcpy(below, needed, columns * sizeof *below);
	for (uint32_t i = 0; i < node->u.sort.partition_count; i++)
		below[node->u.sort.partition[i]] = true;
	for (uint32_t i = 0; i < node->u.sort.order_count; i++)
		below[node->u.sort.order[i].column] = true;
	if (has_rank) {
		rank = node->schema.field[columns];
		node->u.sort.emit_rank = needed[columns];
	}
	WR_TRY(prune_input(passes, node, 0, below, &moved));
	node->u.sort.partition =
	    remap_list(passes, node->u.sort.partition, node->u.sort.partition_count, moved);
	for (uint32_t i = 0; i < node->u.sort.order_count; i++) {
		order[i] = node->u.sort.order[i];
		order[i].column = moved[order[i].column];
	}
	node->u.sort.order = order;
	memcpy(map, moved, columns * sizeof *map);
	wr_schema_init(&passes->plan->arena, &schema, node->input[0]->schema.count + 1);
	memcpy(schema.field, node->input[0]->schema.field,
	       node->input[0]->schema.count * sizeof *schema.field);
	schema.count = node->input[0]->schema.count;
	if (has_rank && node->u.sort.emit_rank) {
		map[columns] = schema.count;
		schema.field[schema.count++] = rank;
	}
	node->schema = schema;
	return NULL;
}

/* Columns of a window function's input that are needed for its own sake: also those that the
 * late-row table asks for by name, when rows of sessions can be late. */
static void window_needs(const struct wr_passes *passes, const struct wr_node *node, bool *below)
{
	const struct wr_window *window = node->u.window;
	const struct wr_table *late = passes->options->late_table;
	const struct wr_schema *input = &node->input[0]->schema;

	below[window->time_column] = true;
	for (uint32_t i = 0; i < window->partition_count; i++)
		below[window->partition[i]] = true;
	for (uint32_t c = 0; late != NULL && window->kind == WR_W_SESSION && c < late->column_count;
	     c++)
		for (uint32_t i = 0; i < input->count; i++)
			if (late->column[c].role == WR_COL_PHYSICAL &&
			    strcmp(input->field[i].name, late->column[c].name) == 0)
				below[i] = true;
}

/* WINDOW: the input's columns as needed, and all three window columns. */
static wr_status *prune_window(struct wr_passes *passes, struct wr_node *node, const bool *needed,
			       uint32_t *map)
{
	struct wr_plan *plan = passes->plan;
	uint32_t columns = node->input[0]->schema.count, left, *moved;
	bool *below = bools(passes, columns);
	struct wr_window *window = WR_NEW(&plan->arena, struct wr_window);
	struct wr_schema schema;

	memcpy(below, needed, columns * sizeof *below);
	window_needs(passes, node, below);
	WR_TRY(prune_input(passes, node, 0, below, &moved));
	*window = *node->u.window;
	window->time_column = moved[window->time_column];
	window->partition = remap_list(passes, window->partition, window->partition_count, moved);
	node->u.window = window;
	left = node->input[0]->schema.count;
	wr_schema_init(&plan->arena, &schema, left + 3);
	memcpy(schema.field, node->input[0]->schema.field, left * sizeof *schema.field);
	for (uint32_t i = 0; i < columns; i++) /* types as the window function decided them */
		if (below[i])
			schema.field[moved[i]] = node->schema.field[i];
	memcpy(schema.field + left, node->schema.field + columns, 3 * sizeof *schema.field);
	memcpy(map, moved, columns * sizeof *map);
	for (uint32_t i = 0; i < 3; i++)
		map[columns + i] = left + i;
	node->schema = schema;
	return NULL;
}

/* Of a match's input, what it reads and the columns that the late-row table asks for by name. */
static wr_status *prune_match(struct wr_passes *passes, struct wr_node *node, uint32_t *map)
{
	const struct wr_schema *input = &node->input[0]->schema;
	const struct wr_table *late = passes->options->late_table;
	bool *below = bools(passes, input->count);
	uint32_t *moved;

	wr_match_columns(node->u.match, below);
	for (uint32_t i = 0; late != NULL && i < input->count; i++)
		for (uint32_t c = 0; c < late->column_count; c++)
			if (strcmp(input->field[i].name, late->column[c].name) == 0)
				below[i] = true;
	WR_TRY(prune_input(passes, node, 0, below, &moved));
	wr_match_remap(passes->plan, node->u.match, moved);
	identity(node, map);
	return NULL;
}

/* Everything the input has is needed (aggregates read a projection made for them; sinks and set
 * operations take rows whole). */
static wr_status *prune_whole(struct wr_passes *passes, struct wr_node *node, uint32_t *map)
{
	for (uint32_t i = 0; i < node->input_count; i++) {
		uint32_t count = node->input[i]->schema.count, *moved;
		bool *all = bools(passes, count);

		memset(all, 1, count);
		WR_TRY(prune_input(passes, node, i, all, &moved));
		if (node->input[i]->schema.count !=
		    count) { /* a node that keeps more than it was asked for */
			struct wr_expr **expr =
			    WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, count + 1);

			for (uint32_t c = 0; c < count; c++)
				expr[c] =
				    wr_expr_column(&passes->plan->pool, moved[c],
						   node->input[i]->schema.field[moved[c]].type);
			node->input[i] =
			    wr_plan_project(passes->plan, node->input[i], expr, NULL, count);
		}
	}
	identity(node, map);
	return NULL;
}

wr_status *wr_pass_prune(struct wr_passes *passes, struct wr_node **at, const bool *needed,
			 uint32_t *map)
{
	struct wr_node *node = *at;
	wr_status *status;

	switch (node->kind) {
	case WR_N_FILTER:
	case WR_N_PROJECT:
	case WR_N_CALC: status = prune_calc(passes, node, needed, map); break;
	case WR_N_SCAN: status = prune_scan(passes, node, needed, map); break;
	case WR_N_WINDOW: status = prune_window(passes, node, needed, map); break;
	case WR_N_UNION_ALL: status = prune_union(passes, node, needed, map); break;
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
	case WR_N_TEMPORAL_JOIN:
	case WR_N_LOOKUP_JOIN: status = prune_join(passes, node, needed, map); break;
	case WR_N_RANK:
	case WR_N_WINDOW_RANK:
	case WR_N_DEDUP:
	case WR_N_SORT: status = prune_sort(passes, node, needed, map); break;
	case WR_N_OVER: status = wr_prune_over(passes, node, needed, map); break;
	case WR_N_MATCH: status = prune_match(passes, node, map); break;
	default: status = prune_whole(passes, node, map); break;
	}
	wr_plan_window_traits(node);
	return status;
}
