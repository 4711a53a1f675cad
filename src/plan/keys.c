/* SPDX-License-Identifier: Apache-2.0
 *
 * keys - upsert keys of every node, bottom up: which columns name a row of the result.
 *
 * A key is worth something only while all changes of one name come in their order. An exchange by
 * other columns sends the changes of one name to several workers, so keys of changing rows live on
 * behind it only if they contain its columns. Rows that never change keep their keys everywhere.
 *
 * PRIMARY KEY ... NOT ENFORCED of a source is believed.
 *
 * Keys are kept minimal (none contains another) and at most KEYS_MAX of them.
 */
#include "analyze/user_node.h"
#include "expr/function.h"
#include "plan/passes.h"

#define KEYS_MAX 8u /* more are forgotten: a key less costs speed, never the result */

struct keys {
	struct wr_passes *passes;
	uint32_t count;
	struct wr_column_set set[KEYS_MAX];
};

/* Sets are short: quadratic. */
bool wr_column_set_contains(const struct wr_column_set *set, const uint32_t *column, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		bool found = false;

		for (uint32_t k = 0; k < set->count && !found; k++)
			found = set->column[k] == column[i];
		if (!found)
			return false;
	}
	return true;
}

/* Whether all columns of the set are among the given ones. */
static bool within(const struct wr_column_set *set, const uint32_t *column, uint32_t count)
{
	struct wr_column_set other = {count, column};

	return wr_column_set_contains(&other, set->column, set->count);
}

bool wr_upsert_key_within(const struct wr_upsert_keys *keys, const uint32_t *column, uint32_t count)
{
	for (uint32_t i = 0; i < keys->count; i++)
		if (within(&keys->set[i], column, count))
			return true;
	return false;
}

bool wr_upsert_key_is(const struct wr_upsert_keys *keys, const uint32_t *column, uint32_t count)
{
	for (uint32_t i = 0; i < keys->count; i++)
		if (keys->set[i].count == count && within(&keys->set[i], column, count))
			return true;
	return false;
}

/* Adds a key, unless one within it is known. Columns in any order, repetitions allowed. */
static void put(struct keys *keys, const uint32_t *column, uint32_t count)
{
	uint32_t *sorted = wr_plan_u32(keys->passes->plan, count), n = 0, kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = n;

		while (at > 0 && sorted[at - 1] > column[i])
			at--;
		if (at > 0 && sorted[at - 1] == column[i])
			continue;
		memmove(sorted + at + 1, sorted + at, (n - at) * sizeof *sorted);
		sorted[at] = column[i];
		n++;
	}
	for (uint32_t i = 0; i < keys->count; i++)
		if (within(&keys->set[i], sorted, n))
			return;
	for (uint32_t i = 0; i < keys->count; i++)
		if (!wr_column_set_contains(&keys->set[i], sorted, n))
			keys->set[kept++] = keys->set[i];
	keys->count = kept;
	if (kept < KEYS_MAX)
		keys->set[keys->count++] = (struct wr_column_set){n, sorted};
}

/* Adds a key with some more columns. */
static void put_more(struct keys *keys, const struct wr_column_set *set, const uint32_t *more,
		     uint32_t count)
{
	uint32_t *all = wr_plan_u32(keys->passes->plan, set->count + count);

	if (set->count > 0)
		memcpy(all, set->column, set->count * sizeof *all);
	if (count > 0)
		memcpy(all + set->count, more, count * sizeof *all);
	put(keys, all, set->count + count);
}

static void put_all(struct keys *keys, const struct wr_upsert_keys *from)
{
	for (uint32_t i = 0; i < from->count; i++)
		put(keys, from->set[i].column, from->set[i].count);
}

/* Whether a cast leaves different values different. */
static bool keeps_apart(const struct wr_type *from, const struct wr_type *to)
{
	if (from->kind >= WR_TINYINT && from->kind <= to->kind && to->kind <= WR_BIGINT)
		return true;
	if (from->kind == WR_VARCHAR && to->kind == WR_VARCHAR)
		return to->length >= from->length;
	return wr_type_equal(from, to, false);
}

/* Checks that INSERT puts around values. */
static bool is_check(const char *name)
{
	return strcmp(name, "NOT NULL CHECK") == 0 || strcmp(name, "LENGTH CHECK") == 0;
}

/* The column that an expression hands on so that different values stay different; or -1. */
static int64_t passed_column(const struct wr_expr *expr)
{
	for (;;) {
		bool check = expr->kind == WR_E_CALL && is_check(expr->function->name);

		if (expr->kind != WR_E_CAST && !check)
			break;
		if (!check && !keeps_apart(expr->arg[0]->type, expr->type))
			return -1;
		expr = expr->arg[0];
	}
	return expr->kind == WR_E_COLUMN ? (int64_t)expr->column : -1;
}

/* The first output column from `from` on that hands on input column `column`. */
static uint32_t passed_at(struct wr_expr *const *expr, uint32_t count, uint32_t column,
			  uint32_t from)
{
	while (from < count && passed_column(expr[from]) != (int64_t)column)
		from++;
	return from;
}

/* A key seen through expressions: every column must be handed on; once under each of its names. */
static void put_mapped(struct keys *keys, const struct wr_column_set *set,
		       struct wr_expr *const *expr, uint32_t count)
{
	uint32_t *out = wr_plan_u32(keys->passes->plan, set->count);

	for (uint32_t i = 0; i < set->count; i++) {
		out[i] = passed_at(expr, count, set->column[i], 0);
		if (out[i] == count)
			return;
	}
	put(keys, out, set->count);
	for (uint32_t i = 0; i < set->count; i++) {
		uint32_t first = out[i], at = first;

		while ((at = passed_at(expr, count, set->column[i], at + 1)) < count) {
			out[i] = at;
			put(keys, out, set->count);
		}
		out[i] = first;
	}
}

/* The PRIMARY KEY, if all its columns are read. */
static void scan_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_connector_args *args = node->u.scan.args;
	const struct wr_table *table = node->u.scan.table;
	uint32_t *at = wr_plan_u32(keys->passes->plan, args->primary_key_count);
	struct wr_column_set set = {args->primary_key_count, at};

	if (table->primary_key_count == 0 || args->primary_key_count == 0)
		return;
	for (uint32_t i = 0; i < args->primary_key_count; i++) {
		uint32_t w = 0;

		while (w < args->wanted_count && args->wanted[w] != args->primary_key[i])
			w++;
		if (w == args->wanted_count)
			return;
		at[i] = w;
	}
	put_mapped(keys, &set, node->u.scan.expr, node->schema.count);
}

/* Behind an exchange: what keeps its order. */
static void exchange_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_traits *input = &node->input[0]->traits;

	for (uint32_t i = 0; i < input->upsert_keys.count; i++) {
		const struct wr_column_set *set = &input->upsert_keys.set[i];

		if (input->changes == WR_CHANGES_INSERT || node->u.exchange.to != WR_D_KEYS ||
		    wr_column_set_contains(set, node->u.exchange.key, node->u.exchange.key_count))
			put(keys, set->column, set->count);
	}
}

/* Keys of an aggregate, with the window if there is one: its end or its start, where that names the
 * window. Sessions of different rows may share either. */
static void agg_keys(struct keys *keys, const struct wr_node *node)
{
	uint32_t count = node->u.agg.key_count, columns = node->schema.count;
	uint32_t *all = wr_plan_u32(keys->passes->plan, count + 2);
	enum wr_window_kind window;

	for (uint32_t i = 0; i < count; i++)
		all[i] = i;
	if (node->kind == WR_N_GROUP_AGG) {
		put(keys, all, count);
		return;
	}
	window = node->u.agg.window->kind;
	all[count] = columns - 2;
	all[count + 1] = columns - 3;
	if (window == WR_W_SESSION && node->u.agg.attached) {
		put(keys, all, count + 2);
		return;
	}
	put(keys, all, count + 1);
	all[count] = columns - 1;
	put(keys, all, count + 1);
	all[count] = columns - 3;
	if (window != WR_W_CUMULATE)
		put(keys, all, count + 1);
}

/* Window functions: a row stands once in each of its windows. */
static void window_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_upsert_keys *input = &node->input[0]->traits.upsert_keys;
	uint32_t end[1] = {node->schema.count - 2};
	bool once = node->u.window->kind == WR_W_TUMBLE || node->u.window->kind == WR_W_SESSION;

	for (uint32_t i = 0; i < input->count; i++)
		put_more(keys, &input->set[i], end, once ? 0 : 1);
}

/* Top-N. With the rank among the columns a row that falls out of the ranking is not taken back by
 * its own name: only the place is a key then. Without it rows keep their names; but one that moves
 * to another partition may come there before it goes here. */
static void rank_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_traits *input = &node->input[0]->traits;
	struct wr_column_set partition = {node->u.sort.partition_count, node->u.sort.partition};
	uint32_t rank[1] = {node->schema.count - 1};
	bool inserts = node->traits.changes == WR_CHANGES_INSERT;

	if (node->u.sort.fetch == 1)
		put(keys, partition.column, partition.count);
	else if (node->u.sort.emit_rank)
		put_more(keys, &partition, rank, 1);
	for (uint32_t i = 0; i < input->upsert_keys.count; i++) {
		const struct wr_column_set *set = &input->upsert_keys.set[i];

		if (inserts || (!node->u.sort.emit_rank &&
				(input->changes == WR_CHANGES_INSERT ||
				 wr_column_set_contains(set, partition.column, partition.count))))
			put(keys, set->column, set->count);
	}
}

/* Rows keep their names while they stay in their partition. */
static void over_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_traits *input = &node->input[0]->traits;

	for (uint32_t i = 0; i < input->upsert_keys.count; i++) {
		const struct wr_column_set *set = &input->upsert_keys.set[i];

		if (input->changes == WR_CHANGES_INSERT ||
		    wr_column_set_contains(set, node->u.over.partition,
					   node->u.over.partition_count))
			put(keys, set->column, set->count);
	}
}

/* Rows of both sides name a joined row; those of one side do when the other has one row at most for
 * each of them. */
static void join_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_upsert_keys *left = &node->input[0]->traits.upsert_keys;
	const struct wr_upsert_keys *right = &node->input[1]->traits.upsert_keys;
	uint32_t count = node->u.join.key_count, columns = node->input[0]->schema.count;
	enum wr_join_kind join = node->u.join.join;
	uint32_t *shifted;

	if (join == WR_J_SEMI || join == WR_J_ANTI) {
		put_all(keys, left);
		return;
	}
	if (wr_upsert_key_within(right, node->u.join.right_key, count) &&
	    (join == WR_J_INNER || join == WR_J_LEFT))
		put_all(keys, left);
	for (uint32_t r = 0; r < right->count; r++) {
		const struct wr_column_set *set = &right->set[r];

		shifted = wr_plan_u32(keys->passes->plan, set->count);
		for (uint32_t i = 0; i < set->count; i++)
			shifted[i] = columns + set->column[i];
		if (wr_upsert_key_within(left, node->u.join.left_key, count) &&
		    (join == WR_J_INNER || join == WR_J_RIGHT))
			put(keys, shifted, set->count);
		for (uint32_t l = 0; l < left->count; l++)
			put_more(keys, &left->set[l], shifted, set->count);
	}
}

/* Keys whose columns are handed on. */
static void calc_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_upsert_keys *input = &node->input[0]->traits.upsert_keys;

	for (uint32_t i = 0; i < input->count; i++) {
		if (node->u.calc.expr == NULL)
			put(keys, input->set[i].column, input->set[i].count);
		else
			put_mapped(keys, &input->set[i], node->u.calc.expr, node->schema.count);
	}
}

/* Elements have no names of their own, but numbers when asked for. */
static void unnest_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_upsert_keys *input = &node->input[0]->traits.upsert_keys;
	uint32_t number[1] = {node->schema.count - 1};

	for (uint32_t i = 0; i < input->count && node->u.unnest.ordinality; i++)
		put_more(keys, &input->set[i], number, 1);
}

/* A key of each input together; inputs that have one row per join key at most need not be named. */
static void multi_keys(struct keys *keys, const struct wr_node *node)
{
	const struct wr_upsert_keys *first = &node->input[0]->traits.upsert_keys;
	uint32_t *more = wr_plan_u32(keys->passes->plan, node->schema.count), count = 0,
		 base = node->input[0]->schema.count;

	for (uint32_t i = 1; i < node->input_count; i++) {
		const struct wr_upsert_keys *input = &node->input[i]->traits.upsert_keys;

		if (input->count == 0)
			return;
		if (!wr_upsert_key_within(input, node->u.multi.key[i], node->u.multi.key_count))
			for (uint32_t k = 0; k < input->set[0].count; k++)
				more[count++] = base + input->set[0].column[k];
		base += node->input[i]->schema.count;
	}
	for (uint32_t l = 0; l < first->count; l++)
		put_more(keys, &first->set[l], more, count);
}

/* Whether a look-up asks for a primary key as a whole. */
static bool asks_primary_key(const struct wr_node *node)
{
	const struct wr_node *scan = node->input[1];
	const struct wr_connector_args *args = scan->u.scan.args;
	uint32_t found = 0;

	for (uint32_t p = 0; p < args->primary_key_count; p++)
		for (uint32_t k = 0; k < node->u.join.key_count; k++) {
			uint32_t at = scan->u.scan.expr[node->u.join.right_key[k]]->column;

			if (args->wanted[at] != args->primary_key[p])
				continue;
			found++;
			break;
		}
	return args->primary_key_count > 0 && found == args->primary_key_count;
}

/* By kind; others have none. */
static void find_keys(struct keys *keys, const struct wr_node *node)
{
	switch (node->kind) {
	case WR_N_SCAN: scan_keys(keys, node); break;
	case WR_N_VALUES:
		if (node->u.values.row_count <= 1)
			put(keys, NULL, 0);
		break;
	case WR_N_CALC: calc_keys(keys, node); break;
	case WR_N_EXCHANGE: exchange_keys(keys, node); break;
	case WR_N_GROUP_AGG:
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG: agg_keys(keys, node); break;
	case WR_N_WINDOW: window_keys(keys, node); break;
	case WR_N_RANK:
	case WR_N_WINDOW_RANK: rank_keys(keys, node); break;
	case WR_N_DEDUP: put(keys, node->u.sort.partition, node->u.sort.partition_count); break;
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN: join_keys(keys, node); break;
	case WR_N_SET_OP:
		if (!node->u.set_op.all) {
			uint32_t *all = wr_plan_u32(keys->passes->plan, node->schema.count);

			for (uint32_t i = 0; i < node->schema.count; i++)
				all[i] = i;
			put(keys, all, node->schema.count);
		}
		break;
	case WR_N_USER: /* of the others the rows are the program's */
		if (node->u.user.op->kind == WR_U_FILTER)
			put_all(keys, &node->input[0]->traits.upsert_keys);
		break;
	case WR_N_UNNEST: unnest_keys(keys, node); break;
	case WR_N_EPOCH_CHANGES:
		if (node->u.changelog.keyed)
			put_all(keys, &node->input[0]->traits.upsert_keys);
		break;
	case WR_N_CHANGELOG_NORMALIZE:
	case WR_N_SINK_MATERIALIZE:
		put(keys, node->u.changelog.key, node->u.changelog.key_count);
		break;
	case WR_N_OVER: over_keys(keys, node); break;
	case WR_N_MULTI_JOIN: multi_keys(keys, node); break;
	case WR_N_LOOKUP_JOIN:
		if (asks_primary_key(node)) /* one row at most for each of the left */
			put_all(keys, &node->input[0]->traits.upsert_keys);
		break;
	case WR_N_TEMPORAL_JOIN: /* one row for each of the left */
	case WR_N_SORT:
	case WR_N_COLLAPSE:
	case WR_N_VIEW_KEEP:
	case WR_N_DROP_UPDATE_BEFORE:
	case WR_N_SINK: put_all(keys, &node->input[0]->traits.upsert_keys); break;
	default: break;
	}
}

/* Only now do the keys get their place in the plan. */
void wr_plan_upsert_keys(struct wr_passes *passes, struct wr_node *node)
{
	struct keys keys = {.passes = passes};
	struct wr_column_set *set;

	find_keys(&keys, node);
	set = WR_NEW_ARRAY(&passes->plan->arena, struct wr_column_set, keys.count + 1);
	for (uint32_t i = 0; i < keys.count; i++)
		set[i] = keys.set[i];
	node->traits.upsert_keys = (struct wr_upsert_keys){keys.count, set};
}
