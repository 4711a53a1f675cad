/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - turns a logical aggregate into a physical one and what it needs around it:
 *
 *     PROJECT   back to the order of the logical output
 *     AGG       GROUP_AGG, WINDOW_AGG or SESSION_AGG over plain columns
 *     UNION ALL of one PROJECT per grouping set (only with GROUPING SETS)
 *     PROJECT   keys, row time, arguments and filters as columns
 *     input     without its window function, when the windows can be sliced here
 *
 * An aggregate is windowed when it groups by the window_start and the window_end of an attached
 * window. If nothing between the window function and here looks at the window columns, the function
 * is taken out of the input and the aggregate makes its own slices; else rows stay expanded and the
 * aggregate groups by the attached window.
 */
#include "plan/passes.h"

/* What is known about one aggregate while it is rewritten. */
struct job {
	struct wr_passes *passes;
	struct wr_node *logical;
	struct wr_node *input;          /* as it will be below the projection */
	const struct wr_window *window; /* NULL: a plain aggregate */
	bool attached;
	uint32_t time_column; /* of input: row time (sliced), window_end (attached) */
	int32_t start_column; /* of input: window_start (attached) */
	uint32_t *key;        /* input columns without window columns */
	uint32_t key_count;
	uint32_t *key_of; /* per logical key: index in key[], or KEY_* */
	uint64_t *set;    /* masks over key[]; NULL: one set */
	/* The projection being made. */
	struct wr_expr **expr;
	const char **name;
	uint32_t expr_count, expr_capacity;
};

enum { KEY_START = 0xffff0001u, KEY_END, KEY_TIME };

/* Which window column an input column is, or 0. */
static uint32_t window_role(const struct wr_traits *traits, uint32_t column)
{
	if (traits->window == NULL)
		return 0;
	if ((int32_t)column == traits->window_start)
		return KEY_START;
	if ((int32_t)column == traits->window_end)
		return KEY_END;
	return (int32_t)column == traits->window_time ? KEY_TIME : 0;
}

/* Whether every grouping set has the key. */
static bool in_all_sets(const struct wr_node *node, uint32_t key)
{
	for (uint32_t s = 0; s < node->u.agg.set_count && node->u.agg.set != NULL; s++)
		if (!(node->u.agg.set[s] & (1ull << key)))
			return false;
	return true;
}

/* Splits the keys into window columns and the rest. Returns whether the aggregate is windowed. */
static bool split_keys(struct job *job)
{
	const struct wr_node *node = job->logical;
	bool start = false, end = false;

	job->key = wr_plan_u32(job->passes->plan, node->u.agg.key_count);
	job->key_of = wr_plan_u32(job->passes->plan, node->u.agg.key_count);
	for (uint32_t i = 0; i < node->u.agg.key_count; i++) {
		uint32_t role = window_role(&node->input[0]->traits, node->u.agg.key[i]);

		start = start || (role == KEY_START && in_all_sets(node, i));
		end = end || (role == KEY_END && in_all_sets(node, i));
	}
	for (uint32_t i = 0; i < node->u.agg.key_count; i++) {
		uint32_t role = window_role(&node->input[0]->traits, node->u.agg.key[i]);

		if (start && end && role != 0 && in_all_sets(node, i)) {
			job->key_of[i] = role;
			continue;
		}
		job->key_of[i] = job->key_count;
		job->key[job->key_count++] = node->u.agg.key[i];
	}
	return start && end;
}

/* Whether an expression looks at a window column. */
static bool looks_at_window(const struct wr_expr *expr, const struct wr_node *input)
{
	bool found = false;

	if (expr->kind == WR_E_COLUMN)
		return window_role(&input->traits, expr->column) != 0;
	for (uint32_t i = 0; i < expr->arg_count && !found; i++)
		found = looks_at_window(expr->arg[i], input);
	return found;
}

/* The same tree without its window function: window columns become typed NULLs, and the row time
 * comes along. NULL: something in between needs the window. */
static struct wr_node *pull_window(struct wr_passes *passes, struct wr_node *node,
				   uint32_t *time_column)
{
	struct wr_plan *plan = passes->plan;
	struct wr_node *input, *out;
	struct wr_expr **expr;
	const char **name;
	uint32_t count = node->schema.count;

	if (node->kind == WR_N_WINDOW) {
		expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, count);
		name = WR_NEW_ARRAY(&plan->arena, const char *, count);
		for (uint32_t i = 0; i < count; i++) {
			const struct wr_type *type = node->schema.field[i].type;

			name[i] = node->schema.field[i].name;
			expr[i] = i < count - 3
				      ? wr_expr_column(&plan->pool, i, type)
				      : wr_expr_null(&plan->pool,
						     wr_type_nullable(&plan->arena, type, true));
		}
		*time_column = node->u.window->time_column;
		return wr_plan_project(plan, node->input[0], expr, name, count);
	}
	if (node->kind == WR_N_FILTER) {
		if (looks_at_window(node->u.calc.condition, node->input[0]))
			return NULL;
		input = pull_window(passes, node->input[0], time_column);
		if (input == NULL)
			return NULL;
		out = wr_node_new(plan, WR_N_FILTER, 1, node->pos);
		out->input[0] = input;
		out->schema = input->schema;
		out->u.calc.condition = node->u.calc.condition;
		return out;
	}
	if (node->kind != WR_N_PROJECT)
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		if (node->u.calc.expr[i]->kind != WR_E_COLUMN &&
		    looks_at_window(node->u.calc.expr[i], node->input[0]))
			return NULL;
	input = pull_window(passes, node->input[0], time_column);
	if (input == NULL)
		return NULL;
	expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, count + 1);
	name = WR_NEW_ARRAY(&plan->arena, const char *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		expr[i] = node->u.calc.expr[i];
		name[i] = node->schema.field[i].name;
	}
	expr[count] =
	    wr_expr_column(&plan->pool, *time_column, input->schema.field[*time_column].type);
	name[count] = "$rowtime";
	*time_column = count;
	return wr_plan_project(plan, input, expr, name, count + 1);
}

/* The column of the window function's input that a column above it passes on, or -1. */
static int32_t window_input_column(const struct wr_node *node, uint32_t column)
{
	while (node->kind != WR_N_WINDOW) {
		if (node->kind == WR_N_PROJECT) {
			const struct wr_expr *expr = node->u.calc.expr[column];

			if (expr->kind != WR_E_COLUMN)
				return -1;
			column = expr->column;
		} else if (node->kind != WR_N_FILTER) {
			return -1;
		}
		node = node->input[0];
	}
	return column < node->input[0]->schema.count ? (int32_t)column : -1;
}

/* Whether the aggregate groups by just the columns that its sessions are partitioned by: then it
 * can make them itself. */
static bool session_keys_match(const struct job *job)
{
	const struct wr_window *window = job->window;
	uint32_t matched = 0;

	for (uint32_t k = 0; k < job->key_count; k++) {
		int32_t column = window_input_column(job->logical->input[0], job->key[k]);
		bool found = false;

		for (uint32_t p = 0; p < window->partition_count; p++)
			found = found || (int32_t)window->partition[p] == column;
		if (!found)
			return false;
	}
	for (uint32_t p = 0; p < window->partition_count; p++) {
		bool found = false;

		for (uint32_t k = 0; k < job->key_count; k++)
			found = found || window_input_column(job->logical->input[0], job->key[k]) ==
					     (int32_t)window->partition[p];
		matched += found;
	}
	for (uint32_t i = 0; i < job->logical->u.agg.key_count; i++)
		if (job->key_of[i] < KEY_START && !in_all_sets(job->logical, i))
			return false;
	return matched == window->partition_count;
}

/* Whether an argument or a filter looks at a window column: then rows must carry them. */
static bool items_look_at_window(const struct wr_node *agg)
{
	for (uint32_t i = 0; i < agg->u.agg.item_count; i++) {
		const struct wr_agg_item *item = &agg->u.agg.item[i];

		if (item->filter != NULL && looks_at_window(item->filter, agg->input[0]))
			return true;
		for (uint32_t a = 0; a < item->arg_count; a++)
			if (looks_at_window(item->arg[a], agg->input[0]))
				return true;
	}
	return false;
}

/* Decides how the aggregate gets its windows. */
static wr_status *choose_window(struct job *job)
{
	struct wr_node *node = job->logical, *pulled;
	const struct wr_traits *traits = &node->input[0]->traits;

	job->input = node->input[0];
	if (!split_keys(job))
		return NULL;
	job->window = traits->window;
	pulled = items_look_at_window(node)
		     ? NULL
		     : pull_window(job->passes, node->input[0], &job->time_column);
	if (pulled != NULL && (job->window->kind != WR_W_SESSION || session_keys_match(job))) {
		job->input = pulled;
		return NULL;
	}
	job->attached = true;
	job->time_column = (uint32_t)traits->window_end;
	job->start_column = traits->window_start;
	return NULL;
}

/* Adds a column to the projection; the same expression twice is one column. Returns its index. */
static uint32_t add_column(struct job *job, struct wr_expr *expr, const char *name)
{
	struct wr_arena *arena = &job->passes->plan->arena;

	for (uint32_t i = 0; i < job->expr_count; i++)
		if (wr_expr_equal(job->expr[i], expr) && (name == NULL || job->name[i] == NULL))
			return i;
	if (job->expr_count == job->expr_capacity) {
		uint32_t capacity = job->expr_capacity == 0 ? 16 : 2 * job->expr_capacity;
		struct wr_expr **exprs = WR_NEW_ARRAY(arena, struct wr_expr *, capacity);
		const char **names = WR_NEW_ARRAY(arena, const char *, capacity);

		if (job->expr_count > 0) {
			memcpy(exprs, job->expr, job->expr_count * sizeof *exprs);
			memcpy(names, job->name, job->expr_count * sizeof *names);
		}
		job->expr = exprs;
		job->name = names;
		job->expr_capacity = capacity;
	}
	job->expr[job->expr_count] = expr;
	job->name[job->expr_count] = name;
	return job->expr_count++;
}

static struct wr_expr *input_column(struct job *job, uint32_t column)
{
	return wr_expr_column(&job->passes->plan->pool, column,
			      job->input->schema.field[column].type);
}

/* Replaces arguments and filters by columns of the projection; constants stay. */
static struct wr_agg_item *project_items(struct job *job)
{
	struct wr_plan *plan = job->passes->plan;
	const struct wr_node *node = job->logical;
	struct wr_agg_item *items =
	    WR_NEW_ARRAY(&plan->arena, struct wr_agg_item, node->u.agg.item_count + 1);

	for (uint32_t i = 0; i < node->u.agg.item_count; i++) {
		const struct wr_agg_item *from = &node->u.agg.item[i];

		items[i] = *from;
		items[i].arg = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, from->arg_count + 1);
		for (uint32_t a = 0; a < from->arg_count; a++) {
			struct wr_expr *arg = from->arg[a];

			if (arg->kind != WR_E_CONST && arg->kind != WR_E_SYMBOL)
				arg = wr_expr_column(&plan->pool, add_column(job, arg, NULL),
						     arg->type);
			items[i].arg[a] = arg;
		}
		if (from->filter != NULL && from->filter->kind != WR_E_CONST)
			items[i].filter = wr_expr_column(
			    &plan->pool, add_column(job, from->filter, NULL), from->filter->type);
	}
	return items;
}

/* Columns that the late-row table asks for by name come along to the operator that finds rows late.
 */
static void project_late(struct job *job)
{
	const struct wr_table *late = job->passes->options->late_table;

	if (late == NULL || job->window == NULL || job->attached)
		return;
	for (uint32_t c = 0; c < late->column_count; c++) {
		const char *name = late->column[c].name;

		if (late->column[c].role != WR_COL_PHYSICAL)
			continue;
		for (uint32_t i = 0; i < job->input->schema.count; i++)
			if (strcmp(job->input->schema.field[i].name, name) == 0)
				(void)add_column(job, input_column(job, i), name);
	}
}

/* GROUPING SETS: one projection per set with the missing keys NULL and the set's mask as a last
 * column. */
static struct wr_node *expand_sets(struct job *job, struct wr_node *input, const uint32_t *key,
				   uint32_t *mask_column)
{
	struct wr_plan *plan = job->passes->plan;
	const struct wr_node *node = job->logical;
	uint32_t count = input->schema.count, sets = node->u.agg.set_count;
	struct wr_node *all = wr_node_new(plan, WR_N_UNION_ALL, sets, node->pos);

	for (uint32_t s = 0; s < sets; s++) {
		struct wr_expr **expr =
		    WR_NEW_ARRAY(&plan->arena, struct wr_expr *, count + 1 + job->key_count);
		const char **name =
		    WR_NEW_ARRAY(&plan->arena, const char *, count + 1 + job->key_count);
		uint64_t missing = 0;
		uint32_t at = count;

		for (uint32_t i = 0; i < count; i++) {
			expr[i] = wr_expr_column(&plan->pool, i, input->schema.field[i].type);
			name[i] = input->schema.field[i].name;
		}
		for (uint32_t k = 0; k < node->u.agg.key_count; k++)
			if (!(node->u.agg.set[s] & (1ull << k)))
				missing |= 1ull << (node->u.agg.key_count - 1 - k);
		/* Keys get columns of their own: an argument may read the same column un-nulled. */
		for (uint32_t k = 0; k < node->u.agg.key_count; k++) {
			const struct wr_type *type;

			if (job->key_of[k] >= KEY_START)
				continue;
			type = wr_type_nullable(
			    &plan->arena, input->schema.field[key[job->key_of[k]]].type, true);
			expr[at] = node->u.agg.set[s] & (1ull << k)
				       ? wr_expr_column(&plan->pool, key[job->key_of[k]], type)
				       : wr_expr_null(&plan->pool, type);
			name[at++] = input->schema.field[key[job->key_of[k]]].name;
		}
		expr[at] = wr_expr_i64(&plan->pool, (int64_t)missing);
		name[at] = "$e";
		*mask_column = at;
		all->input[s] = wr_plan_project(plan, input, expr, name, at + 1);
		for (uint32_t i = count; i < at; i++) /* NULL and column branches have one type */
			all->input[s]->schema.field[i].type =
			    wr_type_nullable(&plan->arena, expr[i]->type, true);
	}
	all->schema = all->input[0]->schema;
	return all;
}

/* The projection from the physical output back to the logical one: keys, items [, $e]. */
static struct wr_node *logical_order(struct job *job, struct wr_node *agg, uint32_t physical_keys)
{
	struct wr_plan *plan = job->passes->plan;
	const struct wr_node *node = job->logical;
	uint32_t count = node->schema.count, windows = agg->schema.count - 3;
	struct wr_expr **expr = WR_NEW_ARRAY(&plan->arena, struct wr_expr *, count + 1);
	const char **name = WR_NEW_ARRAY(&plan->arena, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t from;

		if (i < node->u.agg.key_count)
			from = job->key_of[i] >= KEY_START ? windows + (job->key_of[i] - KEY_START)
							   : job->key_of[i];
		else if (i < node->u.agg.key_count + node->u.agg.item_count)
			from = physical_keys + (i - node->u.agg.key_count);
		else
			from = physical_keys - 1; /* $e is the last key */
		expr[i] = wr_expr_column(&plan->pool, from, node->schema.field[i].type);
		name[i] = node->schema.field[i].name;
	}
	return wr_plan_project(plan, agg, expr, name, count);
}

/* The operator itself over the projected input. */
static struct wr_node *make_agg(struct job *job, struct wr_node *input, uint32_t *key,
				uint32_t key_count, struct wr_agg_item *items)
{
	struct wr_plan *plan = job->passes->plan;
	const struct wr_node *node = job->logical;
	enum wr_node_kind kind = job->window == NULL ? WR_N_GROUP_AGG
				 : job->window->kind == WR_W_SESSION && !job->attached
				     ? WR_N_SESSION_AGG
				     : WR_N_WINDOW_AGG;
	struct wr_node *agg = wr_node_new(plan, kind, 1, node->pos);
	uint32_t count = key_count + node->u.agg.item_count;

	agg->input[0] = input;
	agg->state_name = node->state_name;
	wr_schema_init(&plan->arena, &agg->schema, count + (job->window != NULL ? 3 : 0));
	for (uint32_t i = 0; i < key_count; i++)
		wr_plan_field(agg, i, input->schema.field[key[i]].name,
			      input->schema.field[key[i]].type);
	for (uint32_t i = 0; i < node->u.agg.item_count; i++)
		wr_plan_field(agg, key_count + i, items[i].name != NULL ? items[i].name : "agg",
			      items[i].call->type);
	agg->u.agg.key = key;
	agg->u.agg.key_count = key_count;
	agg->u.agg.item = items;
	agg->u.agg.item_count = node->u.agg.item_count;
	agg->u.agg.state_ttl_ms = node->u.agg.state_ttl_ms;
	agg->u.agg.row_if_empty =
	    node->u.agg.row_if_empty && kind == WR_N_GROUP_AGG && key_count == 0;
	if (job->window != NULL) {
		struct wr_window *window = WR_NEW(&plan->arena, struct wr_window);
		const struct wr_type *time = job->input->schema.field[job->time_column].type;

		*window = *job->window;
		agg->u.agg.window = window;
		agg->u.agg.attached = job->attached;
		agg->u.agg.allowed_lateness_ms = job->passes->options->allowed_lateness_ms;
		wr_plan_field(agg, count, "window_start", &WR_T_TIMESTAMP3_NN);
		wr_plan_field(agg, count + 1, "window_end", &WR_T_TIMESTAMP3_NN);
		if (job->attached || time->kind != WR_TIMESTAMP_LTZ)
			time = &WR_T_TIMESTAMP3_NN;
		else
			time = &WR_T_LTZ3_NN;
		wr_plan_field(agg, count + 2, "window_time",
			      wr_type_time_attr(&plan->arena, time, WR_TIME_EVENT));
	}
	return agg;
}

wr_status *wr_rewrite_aggregate(struct wr_passes *passes, struct wr_node *node,
				struct wr_node **out)
{
	struct job job = {.passes = passes, .logical = node};
	struct wr_plan *plan = passes->plan;
	struct wr_agg_item *items;
	struct wr_node *input, *agg;
	uint32_t *key, key_count, time_at = 0, start_at = 0;

	WR_TRY(choose_window(&job));
	key = wr_plan_u32(plan, job.key_count + 1);
	for (uint32_t i = 0; i < job.key_count; i++)
		key[i] = add_column(&job, input_column(&job, job.key[i]), NULL);
	if (job.window != NULL)
		time_at = add_column(&job, input_column(&job, job.time_column), NULL);
	if (job.attached)
		start_at = add_column(&job, input_column(&job, (uint32_t)job.start_column), NULL);
	items = project_items(&job);
	project_late(&job);
	input = wr_plan_project(plan, job.input, job.expr, job.name, job.expr_count);
	key_count = job.key_count;
	if (node->u.agg.set != NULL) {
		uint32_t mask_column = 0, first = input->schema.count;

		input = expand_sets(&job, input, key, &mask_column);
		for (uint32_t i = 0; i < job.key_count; i++)
			key[i] = first + i;
		key[key_count++] = mask_column;
	}
	agg = make_agg(&job, input, key, key_count, items);
	if (job.window != NULL)
		agg->u.agg.window->time_column = time_at;
	agg->u.agg.attached_start = start_at;
	agg->u.agg.attached_end = time_at;
	wr_plan_window_traits(agg);
	*out = logical_order(&job, agg, key_count);
	return NULL;
}
