/* SPDX-License-Identifier: Apache-2.0
 *
 * share - scans of one table with the same options become one scan that several consumers read.
 *
 * The shared scan delivers the union of the columns; each consumer gets a calc with its own columns
 * and its own filter. A statement set thus reads its source once, and a self union or self join
 * sees one and the same stream.
 */
#include "plan/passes.h"

struct uses {
	struct wr_node ***at; /* places in the plan that hold a scan */
	uint32_t count, capacity;
	bool *seen; /* per node id: its inputs have been looked at */
};

static void collect(struct wr_passes *passes, struct uses *uses, struct wr_node **at)
{
	struct wr_node *node = *at;

	if (node->kind == WR_N_SCAN && node->u.scan.lookup)
		return;
	if (node->kind == WR_N_SCAN) {
		for (uint32_t i = 0; i < uses->count; i++)
			if (uses->at[i] == at) /* below grouping sets, which share their input */
				return;
		if (uses->count == uses->capacity) {
			uint32_t capacity = uses->capacity == 0 ? 16 : 2 * uses->capacity;
			struct wr_node ***grown =
			    WR_NEW_ARRAY(&passes->plan->arena, struct wr_node **, capacity);

			if (uses->count > 0)
				memcpy(grown, uses->at, uses->count * sizeof *grown);
			uses->at = grown;
			uses->capacity = capacity;
		}
		uses->at[uses->count++] = at;
		return;
	}
	if (uses->seen[node->id])
		return;
	uses->seen[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++)
		collect(passes, uses, &node->input[i]);
}

/* Same table, same options (hints included). */
static bool same_source(const struct wr_node *a, const struct wr_node *b)
{
	const struct wr_connector_args *x = a->u.scan.args, *y = b->u.scan.args;

	if (a->u.scan.table != b->u.scan.table || a->u.scan.raw != b->u.scan.raw ||
	    x->given_count != y->given_count)
		return false;
	for (uint32_t i = 0; i < x->given_count; i++)
		if (strcmp(x->given[i].key, y->given[i].key) != 0 ||
		    strcmp(x->given[i].value, y->given[i].value) != 0)
			return false;
	return true;
}

static bool same_wanted(const struct wr_node *a, const struct wr_node *b)
{
	const struct wr_connector_args *x = a->u.scan.args, *y = b->u.scan.args;

	return x->wanted_count == y->wanted_count &&
	       memcmp(x->wanted, y->wanted, x->wanted_count * sizeof *x->wanted) == 0;
}

/* Position of table column `column` among the wanted ones. */
static uint32_t wanted_index(const struct wr_connector_args *args, uint32_t column)
{
	for (uint32_t i = 0; i < args->wanted_count; i++)
		if (args->wanted[i] == column)
			return i;
	return UINT32_MAX;
}

/* Makes `shared` read what `other` reads, too: wanted lists are merged in table order. */
static void widen(struct wr_passes *passes, struct wr_node *shared, const struct wr_node *other)
{
	struct wr_connector_args *args = WR_NEW(&passes->plan->arena, struct wr_connector_args);
	const struct wr_connector_args *x = shared->u.scan.args, *y = other->u.scan.args;
	uint32_t *wanted = wr_plan_u32(passes->plan, x->wanted_count + y->wanted_count), count = 0,
		 i = 0, k = 0;
	uint32_t *moved = wr_plan_u32(passes->plan, x->wanted_count);

	while (i < x->wanted_count || k < y->wanted_count) {
		uint32_t a = i < x->wanted_count ? x->wanted[i] : UINT32_MAX;
		uint32_t b = k < y->wanted_count ? y->wanted[k] : UINT32_MAX;

		if (a <= b)
			moved[i++] = count;
		if (b <= a)
			k++;
		wanted[count++] = WR_MIN(a, b);
	}
	*args = *x;
	args->wanted = wanted;
	args->wanted_count = count;
	args->format_args.wanted = wanted;
	args->format_args.wanted_count = 0;
	while (args->format_args.wanted_count < count &&
	       wanted[args->format_args.wanted_count] < args->physical_count)
		args->format_args.wanted_count++;
	for (uint32_t c = 0; c < shared->schema.count; c++)
		shared->u.scan.expr[c] =
		    wr_expr_remap(&passes->plan->pool, shared->u.scan.expr[c], moved);
	shared->u.scan.args = args;
}

/* The output column of the shared scan with this expression, added if need be. */
static uint32_t shared_column(struct wr_passes *passes, struct wr_node *shared,
			      struct wr_expr *expr, const struct wr_field *field)
{
	struct wr_arena *arena = &passes->plan->arena;
	uint32_t count = shared->schema.count;
	struct wr_schema schema;
	struct wr_expr **exprs;

	for (uint32_t i = 0; i < count; i++)
		if (wr_expr_equal(shared->u.scan.expr[i], expr))
			return i;
	wr_schema_init(arena, &schema, count + 1);
	exprs = WR_NEW_ARRAY(arena, struct wr_expr *, count + 1);
	memcpy(schema.field, shared->schema.field, count * sizeof *schema.field);
	memcpy(exprs, shared->u.scan.expr, count * sizeof *exprs);
	schema.field[count] = *field;
	exprs[count] = expr;
	shared->schema = schema;
	shared->u.scan.expr = exprs;
	return count;
}

/* Replaces `scan` by a calc over the shared scan: its filter and its columns. */
static void redirect(struct wr_passes *passes, struct wr_node **at, struct wr_node *shared)
{
	struct wr_plan *plan = passes->plan;
	struct wr_node *scan = *at, *calc;
	const struct wr_connector_args *args = scan->u.scan.args;
	uint32_t *moved = wr_plan_u32(plan, args->wanted_count),
		 *column = wr_plan_u32(plan, scan->schema.count);

	for (uint32_t i = 0; i < args->wanted_count; i++)
		moved[i] = wanted_index(shared->u.scan.args, args->wanted[i]);
	calc = wr_node_new(plan, WR_N_CALC, 1, scan->pos);
	calc->u.calc.expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, scan->schema.count + 1);
	for (uint32_t i = 0; i < scan->schema.count; i++) {
		struct wr_expr *expr = wr_expr_remap(&plan->pool, scan->u.scan.expr[i], moved);

		column[i] = shared_column(passes, shared, expr, &scan->schema.field[i]);
		calc->u.calc.expr[i] =
		    wr_expr_column(&plan->pool, column[i], scan->schema.field[i].type);
	}
	if (scan->u.scan.condition != NULL)
		calc->u.calc.condition = wr_expr_remap(&plan->pool, scan->u.scan.condition, column);
	calc->schema = scan->schema;
	calc->input[0] = shared;
	*at = calc;
}

/* Merges all uses that read the same source as use `first` into one scan. */
static void share_group(struct wr_passes *passes, struct uses *uses, uint32_t first, bool *done)
{
	struct wr_node *scan = *uses->at[first], *shared;

	shared = wr_node_new(passes->plan, WR_N_SCAN, 0, scan->pos);
	shared->schema = scan->schema;
	shared->u.scan = scan->u.scan;
	shared->u.scan.condition = NULL;
	shared->u.scan.expr =
	    WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, scan->schema.count + 1);
	memcpy(shared->u.scan.expr, scan->u.scan.expr,
	       scan->schema.count * sizeof *shared->u.scan.expr);
	for (uint32_t i = first + 1; i < uses->count; i++)
		if (!done[i] && same_source(scan, *uses->at[i]) &&
		    !same_wanted(shared, *uses->at[i]))
			widen(passes, shared, *uses->at[i]);
	wr_pass_note(passes, WR_PASS_SHARE);
	for (uint32_t i = uses->count; i-- > first;)
		if (!done[i] && same_source(scan, *uses->at[i])) {
			done[i] = true;
			redirect(passes, uses->at[i], shared);
		}
}

wr_status *wr_pass_share(struct wr_passes *passes)
{
	struct uses uses = {0};
	bool *done;

	uses.seen = WR_NEW_ARRAY(&passes->plan->arena, bool, passes->plan->next_id);
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		collect(passes, &uses, &passes->plan->root[r]);
	done = WR_NEW_ARRAY(&passes->plan->arena, bool, uses.count + 1);
	for (uint32_t i = 0; i < uses.count; i++) {
		bool shared = false;

		for (uint32_t k = i + 1; k < uses.count && !done[i]; k++)
			shared = shared || same_source(*uses.at[i], *uses.at[k]);
		if (shared && !done[i])
			share_group(passes, &uses, i, done);
		done[i] = true;
	}
	return NULL;
}
