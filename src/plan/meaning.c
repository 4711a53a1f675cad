/* SPDX-License-Identifier: Apache-2.0
 *
 * meaning - names what operators remember by what it means, so that a changed query finds it again.
 *
 * Every node gets the text of the stream that it makes: which tables, filters, keys, windows and
 * joins lie below it, over the columns of the tables. Neither aliases, nor the order of conditions,
 * nor which columns are carried along, nor which passes ran, nor what an aggregate computes show in
 * it: a query with one aggregate more has its groups under the same name. What each aggregate
 * computes is named apart (wr_agg_item.meaning).
 *
 * Columns are traced through projections as expressions over leaves: columns of tables, and what
 * operators make (aggregates, window columns), each with a text of its own. Sides of a join are
 * told apart by their tables' names, a second one of the same name by "#2".
 *
 * Texts of more than TEXT_MAX bytes are cut and end in a hash of the whole.
 *
 * Memory: the plan's arena.
 */
#include <stdlib.h>

#include "analyze/match.h"
#include "analyze/user_node.h"
#include "base/mem.h"
#include "data/codec.h"
#include "expr/function.h"
#include "plan/passes.h"

#define TEXT_MAX  800   /* bytes of a name */
#define NODES_MAX 20000 /* of a traced expression: more become a leaf */

/* What is known of a node's output. */
struct known {
	const char *label;       /* the table it comes from; NULL: several */
	const char *base;        /* the stream without `where` */
	const char **where;      /* conditions on top of it */
	uint32_t where_count;    /* number of where */
	struct wr_expr **column; /* per output column: over the leaves */
};

struct naming {
	struct wr_plan *plan;
	struct known **known; /* per node id; NULL: not yet */
	const char **leaf;    /* texts of the leaves; owned */
	uint32_t leaf_count, leaf_capacity;
};

static const char *bounded(struct naming *naming, struct wr_text *text)
{
	const char *out;

	if (text->len > TEXT_MAX) {
		uint64_t hash = wr_codec_hash(text->data, text->len);

		text->len = TEXT_MAX - 20;
		text->data[text->len] = '\0';
		wr_text_printf(text, "...#%016llx", (unsigned long long)hash);
	}
	out = wr_arena_strndup(&naming->plan->arena, wr_text_str(text), text->len);
	wr_text_release(text);
	return out;
}

/* --- columns ------------------------------------------------------------------------------------
 */

static struct wr_expr *leaf_new(struct naming *naming, const char *text, const struct wr_type *type)
{
	if (naming->leaf_count == naming->leaf_capacity) {
		naming->leaf_capacity = WR_MAX(64, 2 * naming->leaf_capacity);
		naming->leaf =
		    wr_realloc(naming->leaf, naming->leaf_capacity * sizeof *naming->leaf);
	}
	naming->leaf[naming->leaf_count] = text;
	return wr_expr_column(&naming->plan->pool, naming->leaf_count++, type);
}

static void print_traced(struct naming *naming, struct wr_text *text, const struct wr_expr *expr)
{
	wr_expr_print(text, expr, naming->leaf);
}

static const char *traced_text(struct naming *naming, const struct wr_expr *expr)
{
	struct wr_text text;

	wr_text_init(&text);
	print_traced(naming, &text, expr);
	return bounded(naming, &text);
}

/* Nodes of the expression once columns are put in, up to NODES_MAX. */
static uint64_t traced_size(const struct wr_expr *expr, struct wr_expr *const *column)
{
	uint64_t size = 1;

	if (expr->kind == WR_E_COLUMN)
		return column[expr->column]->size;
	for (uint32_t i = 0; i < expr->arg_count && size <= NODES_MAX; i++)
		size += traced_size(expr->arg[i], column);
	return size;
}

/* The same with fields of rows by name, not by place: places move when fields that nobody reads go.
 */
static struct wr_expr *with_names(struct naming *naming, struct wr_expr *expr)
{
	struct wr_expr_pool *pool = &naming->plan->pool;
	struct wr_expr **arg;
	bool changed = false;

	if (expr->arg_count == 0)
		return expr;
	arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, expr->arg_count);
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		arg[i] = with_names(naming, expr->arg[i]);
		changed = changed || arg[i] != expr->arg[i];
	}
	if (expr->kind == WR_E_CALL && strcmp(expr->function->name, ".") == 0 &&
	    expr->arg[1]->kind == WR_E_CONST) {
		const struct wr_type *row = expr->arg[0]->type;
		uint32_t field = (uint32_t)WR_DATA(expr->arg[1]->value, int32_t)[0];

		WR_ASSERT(row->kind == WR_ROW && field < row->child_count);
		arg[1] = wr_expr_symbol(pool, row->name[field]);
		changed = true;
	}
	return changed ? wr_expr_with_args(pool, expr, arg) : expr;
}

/* An expression over a node's columns as one over the leaves. */
static struct wr_expr *trace(struct naming *naming, struct wr_expr *expr,
			     struct wr_expr *const *column)
{
	if (traced_size(expr, column) <= NODES_MAX)
		return wr_expr_substitute(&naming->plan->pool, with_names(naming, expr), column);
	return leaf_new(naming,
			wr_arena_printf(&naming->plan->arena, "#%016llx",
					(unsigned long long)wr_expr_hash(expr)),
			expr->type);
}

static struct known *known_new(struct naming *naming, const struct wr_node *node,
			       const struct known *from)
{
	struct known *known = WR_NEW(&naming->plan->arena, struct known);

	if (from != NULL)
		*known = *from;
	known->column =
	    WR_NEW_ARRAY(&naming->plan->arena, struct wr_expr *, node->schema.count + 1);
	return known;
}

/* Columns that the node makes itself; their names in the query do not count. */
static void own_columns(struct naming *naming, const struct wr_node *node, struct known *known,
			uint32_t first, const char *what)
{
	for (uint32_t i = first; i < node->schema.count; i++)
		known->column[i] = leaf_new(
		    naming, wr_arena_printf(&naming->plan->arena, "%s%u", what, i - first + 1),
		    node->schema.field[i].type);
}

/* The last three columns of a node with windows. */
static void window_columns(struct naming *naming, const struct wr_node *node, struct known *known)
{
	static const char *const name[] = {"window_start", "window_end", "window_time"};
	uint32_t first = node->schema.count - WR_COUNT(name);

	for (uint32_t i = 0; i < WR_COUNT(name); i++)
		known->column[first + i] =
		    leaf_new(naming, name[i], node->schema.field[first + i].type);
}

/* --- streams ------------------------------------------------------------------------------------
 */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "bid WHERE (price > 10) AND (channel = 'web')": conditions in the order of their texts. */
static void print_stream(struct wr_text *text, const struct known *known)
{
	wr_text_puts(text, known->base);
	for (uint32_t i = 0; i < known->where_count; i++)
		wr_text_printf(text, "%s(%s)", i == 0 ? " WHERE " : " AND ", known->where[i]);
}

static void add_where(struct naming *naming, struct known *known, struct wr_expr *condition,
		      struct wr_expr *const *column)
{
	uint32_t count = condition->kind == WR_E_AND ? condition->arg_count : 1;
	const char **all;

	all = WR_NEW_ARRAY(&naming->plan->arena, const char *, known->where_count + count);
	if (known->where_count > 0)
		memcpy(all, known->where, known->where_count * sizeof *all);
	for (uint32_t i = 0; i < count; i++) {
		struct wr_expr *one = condition->kind == WR_E_AND ? condition->arg[i] : condition;

		all[known->where_count + i] = traced_text(naming, trace(naming, one, column));
	}
	known->where = all;
	known->where_count += count;
	qsort(all, known->where_count, sizeof *all, by_text);
}

/* The stream gets a new base: everything below is in it. */
static void set_base(struct naming *naming, struct known *known, struct wr_text *text)
{
	known->base = bounded(naming, text);
	known->where = NULL;
	known->where_count = 0;
}

static void print_columns(struct naming *naming, struct wr_text *text, const struct known *known,
			  const uint32_t *column, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(text, i > 0 ? ", " : "");
		print_traced(naming, text, known->column[column[i]]);
	}
}

static void print_window(struct naming *naming, struct wr_text *text,
			 const struct wr_window *window, const struct known *input)
{
	static const char *const kind[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
	const struct wr_expr *time = input->column[window->time_column];

	wr_text_printf(text, " IN %s(", kind[window->kind]);
	print_traced(naming, text, time);
	wr_text_printf(text, ", %lld ms", (long long)window->size_ms);
	if (window->kind == WR_W_HOP || window->kind == WR_W_CUMULATE)
		wr_text_printf(text, ", %lld ms", (long long)window->slide_ms);
	if (window->offset_ms != 0)
		wr_text_printf(text, ", offset %lld ms", (long long)window->offset_ms);
	if (window->processing_time)
		wr_text_puts(text, ", by the clock");
	if (time->type != NULL && time->type->kind == WR_TIMESTAMP_LTZ &&
	    naming->plan->zone_id != NULL)
		wr_text_printf(text, ", %s", naming->plan->zone_id);
	wr_text_putc(text, ')');
}

static void print_order(struct naming *naming, struct wr_text *text, const struct known *input,
			const struct wr_sort_key *order, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(text, i > 0 ? ", " : " ORDER BY ");
		print_traced(naming, text, input->column[order[i].column]);
		wr_text_printf(text, "%s%s", order[i].descending ? " DESC" : "",
			       order[i].nulls_first == order[i].descending ? " NULLS" : "");
	}
}

/* --- aggregates ---------------------------------------------------------------------------------
 */

/* "COUNT(DISTINCT bidder) FILTER (price < 100)" */
static const char *item_text(struct naming *naming, const struct wr_agg_item *item,
			     const struct known *input)
{
	static const char *const word[] = {" IGNORE NULLS", " RESPECT NULLS", " FORMAT JSON"};
	struct wr_text text;

	wr_text_init(&text);
	wr_text_printf(&text, "%s(%s", item->function->name,
		       item->call->distinct ? "DISTINCT " : "");
	if (item->call->arg_count == 0)
		wr_text_putc(&text, '*');
	for (uint32_t a = 0; a < item->call->arg_count; a++) {
		wr_text_puts(&text, a > 0 ? ", " : "");
		print_traced(naming, &text, trace(naming, item->arg[a], input->column));
	}
	for (uint32_t w = 0; w < WR_COUNT(word); w++)
		if (item->call->words & (1u << w))
			wr_text_puts(&text, word[w]);
	wr_text_putc(&text, ')');
	if (item->filter != NULL) {
		wr_text_puts(&text, " FILTER (");
		print_traced(naming, &text, trace(naming, item->filter, input->column));
		wr_text_putc(&text, ')');
	}
	return bounded(naming, &text);
}

/* Keys and windows name it; the calls have names of their own. */
static void know_aggregate(struct naming *naming, struct wr_node *node, const struct known *input,
			   struct known *known)
{
	uint32_t keys = node->u.agg.key_count, items = node->u.agg.item_count;
	struct wr_text text;

	wr_text_init(&text);
	print_stream(&text, input);
	wr_text_puts(&text, keys > 0 ? " GROUP BY " : " GROUP BY ()");
	print_columns(naming, &text, input, node->u.agg.key, keys);
	if (node->u.agg.attached)
		wr_text_puts(&text, " AND WINDOW");
	else if (node->u.agg.window != NULL)
		print_window(naming, &text, node->u.agg.window, input);
	if (node->u.agg.allowed_lateness_ms > 0)
		wr_text_printf(&text, " late by %lld ms",
			       (long long)node->u.agg.allowed_lateness_ms);
	set_base(naming, known, &text);
	for (uint32_t i = 0; i < keys; i++)
		known->column[i] = input->column[node->u.agg.key[i]];
	for (uint32_t i = 0; i < items; i++) {
		struct wr_agg_item *item = &node->u.agg.item[i];

		item->meaning = item_text(naming, item, input);
		known->column[keys + i] = leaf_new(naming, item->meaning, item->call->type);
	}
	if (keys + items < node->schema.count)
		window_columns(naming, node, known);
}

/* --- joins --------------------------------------------------------------------------------------
 */

/* Columns of one input of a join as leaves that tell their side. */
static void side_columns(struct naming *naming, const struct wr_node *node, uint32_t i,
			 const struct known *input, uint32_t same, struct wr_expr **column)
{
	const struct wr_schema *schema = &node->input[i]->schema;
	struct wr_arena *arena = &naming->plan->arena;
	const char *label = input->label;

	if (label != NULL && same > 0)
		label = wr_arena_printf(arena, "%s#%u", label, same + 1);
	for (uint32_t c = 0; c < schema->count; c++) {
		const struct wr_expr *expr = input->column[c];
		const char *text = traced_text(naming, expr);

		if (label != NULL && expr->kind == WR_E_COLUMN)
			text = wr_arena_printf(arena, "%s.%s", label, text);
		else if (label != NULL || same > 0)
			text =
			    wr_arena_printf(arena, "%s.(%s)", label != NULL ? label : "#2", text);
		column[c] = leaf_new(naming, text, schema->field[c].type);
	}
}

/* Columns of both (all) inputs one after the other. */
static struct wr_expr **joined_columns(struct naming *naming, const struct wr_node *node,
				       uint32_t inputs)
{
	struct wr_expr **column;
	uint32_t count = 0, at = 0;

	for (uint32_t i = 0; i < inputs; i++)
		count += node->input[i]->schema.count;
	column = WR_NEW_ARRAY(&naming->plan->arena, struct wr_expr *, count + 1);
	for (uint32_t i = 0; i < inputs; i++) {
		const struct known *input = naming->known[node->input[i]->id];
		uint32_t same = 0;

		for (uint32_t k = 0; k < i; k++) {
			const char *other = naming->known[node->input[k]->id]->label;

			same += other == input->label || (other != NULL && input->label != NULL &&
							  strcmp(other, input->label) == 0);
		}
		side_columns(naming, node, i, input, same, column + at);
		at += node->input[i]->schema.count;
	}
	return column;
}

static void print_keys(struct naming *naming, struct wr_text *text, struct wr_expr *const *column,
		       const uint32_t *left, const uint32_t *right, uint32_t right_at,
		       uint32_t count)
{
	for (uint32_t k = 0; k < count; k++) {
		wr_text_puts(text, k > 0 ? " AND " : " ON ");
		print_traced(naming, text, column[left[k]]);
		wr_text_puts(text, " = ");
		print_traced(naming, text, column[right_at + right[k]]);
	}
}

static const char *join_word(enum wr_join_kind kind)
{
	static const char *const word[] = {"JOIN",      "LEFT JOIN", "RIGHT JOIN",
					   "FULL JOIN", "SEMI JOIN", "ANTI JOIN"};

	return word[kind];
}

static void print_condition(struct naming *naming, struct wr_text *text, struct wr_expr *condition,
			    struct wr_expr *const *column)
{
	if (condition == NULL)
		return;
	wr_text_puts(text, " AND (");
	print_traced(naming, text, trace(naming, condition, column));
	wr_text_putc(text, ')');
}

/* Two inputs; of a look-up the second one is only asked. */
static void know_join(struct naming *naming, const struct wr_node *node, struct known *known)
{
	const struct known *left = naming->known[node->input[0]->id],
			   *right = naming->known[node->input[1]->id];
	uint32_t left_count = node->input[0]->schema.count;
	struct wr_expr **column = joined_columns(naming, node, 2);
	struct wr_text text;

	wr_text_init(&text);
	wr_text_putc(&text, '(');
	print_stream(&text, left);
	wr_text_printf(&text, ") %s (", join_word(node->u.join.join));
	print_stream(&text, right);
	wr_text_putc(&text, ')');
	if (node->u.join.snapshot == WR_SNAPSHOT_VERSION || node->kind == WR_N_TEMPORAL_JOIN)
		wr_text_puts(&text, " AS OF TIME");
	if (node->kind == WR_N_WINDOW_JOIN)
		wr_text_puts(&text, " IN WINDOW");
	if (node->kind == WR_N_INTERVAL_JOIN)
		wr_text_printf(&text, " WITHIN %lld TO %lld ms",
			       (long long)node->u.join.interval.lower_ms,
			       (long long)node->u.join.interval.upper_ms);
	print_keys(naming, &text, column, node->u.join.left_key, node->u.join.right_key, left_count,
		   node->u.join.key_count);
	print_condition(naming, &text, node->u.join.condition, column);
	set_base(naming, known, &text);
	known->label = NULL;
	memcpy(known->column, column, node->schema.count * sizeof *column);
}

static void know_multi_join(struct naming *naming, const struct wr_node *node, struct known *known)
{
	struct wr_expr **column = joined_columns(naming, node, node->input_count);
	uint32_t at = 0;
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t i = 0; i < node->input_count; i++) {
		if (i > 0)
			wr_text_printf(&text, " %s ", join_word(node->u.multi.join[i]));
		wr_text_putc(&text, '(');
		print_stream(&text, naming->known[node->input[i]->id]);
		wr_text_putc(&text, ')');
		if (i > 0) {
			print_keys(naming, &text, column, node->u.multi.key[0],
				   node->u.multi.key[i], at, node->u.multi.key_count);
			print_condition(naming, &text, node->u.multi.condition[i], column);
		}
		at += node->input[i]->schema.count;
	}
	set_base(naming, known, &text);
	known->label = NULL;
	memcpy(known->column, column, node->schema.count * sizeof *column);
}

/* --- other nodes --------------------------------------------------------------------------------
 */

static void know_scan(struct naming *naming, const struct wr_node *node, struct known *known)
{
	const struct wr_connector_args *args = node->u.scan.args;
	struct wr_expr **read;

	known->base = known->label = node->u.scan.table->name;
	read = WR_NEW_ARRAY(&naming->plan->arena, struct wr_expr *, args->wanted_count + 1);
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		const struct wr_field *field = &args->schema->field[args->wanted[i]];

		read[i] = leaf_new(naming, field->name, field->type);
	}
	for (uint32_t i = 0; i < node->schema.count; i++)
		known->column[i] = trace(naming, node->u.scan.expr[i], read);
	if (node->u.scan.condition != NULL)
		add_where(naming, known, node->u.scan.condition, known->column);
}

static void know_values(struct naming *naming, const struct wr_node *node, struct known *known)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < node->u.values.row_count * node->schema.count; i++)
		hash = (hash ^ wr_expr_hash(node->u.values.expr[i])) * 0x9e3779b97f4a7c15ull;
	known->label = "VALUES";
	known->base =
	    wr_arena_printf(&naming->plan->arena, "VALUES #%016llx", (unsigned long long)hash);
	own_columns(naming, node, known, 0, "v");
}

static void know_calc(struct naming *naming, const struct wr_node *node, const struct known *input,
		      struct known *known)
{
	if (node->u.calc.condition != NULL)
		add_where(naming, known, node->u.calc.condition, input->column);
	for (uint32_t i = 0; i < node->schema.count; i++)
		known->column[i] = node->u.calc.expr == NULL
				       ? input->column[i]
				       : trace(naming, node->u.calc.expr[i], input->column);
}

/* A column has the text that it has in all inputs, or all of them. */
static void know_union(struct naming *naming, const struct wr_node *node, struct known *known)
{
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t i = 0; i < node->input_count; i++) {
		wr_text_puts(&text, i > 0 ? " UNION (" : "(");
		print_stream(&text, naming->known[node->input[i]->id]);
		wr_text_putc(&text, ')');
	}
	set_base(naming, known, &text);
	for (uint32_t c = 0; c < node->schema.count; c++) {
		const char *last = NULL;

		wr_text_init(&text);
		for (uint32_t i = 0; i < node->input_count; i++) {
			const char *one =
			    traced_text(naming, naming->known[node->input[i]->id]->column[c]);

			if (last == NULL || strcmp(last, one) != 0)
				wr_text_printf(&text, "%s%s", last != NULL ? " | " : "", one);
			last = one;
		}
		known->column[c] =
		    leaf_new(naming, bounded(naming, &text), node->schema.field[c].type);
	}
}

static void know_set_op(struct naming *naming, const struct wr_node *node, struct known *known)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_text_putc(&text, '(');
	print_stream(&text, naming->known[node->input[0]->id]);
	wr_text_printf(&text, ") %s%s (", node->u.set_op.except ? "EXCEPT" : "INTERSECT",
		       node->u.set_op.all ? " ALL" : "");
	print_stream(&text, naming->known[node->input[1]->id]);
	wr_text_puts(&text, ") OF ");
	for (uint32_t c = 0; c < node->schema.count; c++) {
		wr_text_puts(&text, c > 0 ? ", " : "");
		print_traced(naming, &text, known->column[c]);
		wr_text_puts(&text, " AND ");
		print_traced(naming, &text, naming->known[node->input[1]->id]->column[c]);
	}
	set_base(naming, known, &text);
}

/* SORT, RANK, WINDOW_RANK, DEDUP. How many rows are kept is no part of it only for those that keep
 * all. */
static void print_sort(struct naming *naming, struct wr_text *text, const struct wr_node *node,
		       const struct known *input)
{
	static const char *const word[] = {" SORT", " TOP", " TOP IN WINDOW", " FIRST"};
	uint32_t which = node->kind == WR_N_SORT          ? 0
			 : node->kind == WR_N_RANK        ? 1
			 : node->kind == WR_N_WINDOW_RANK ? 2
							  : 3;

	wr_text_puts(text, which == 3 && node->u.sort.keep_last ? " LAST" : word[which]);
	if (node->u.sort.fetch >= 0)
		wr_text_printf(text, " %lld", (long long)node->u.sort.fetch);
	if (node->u.sort.offset > 0)
		wr_text_printf(text, " FROM %lld", (long long)node->u.sort.offset);
	if (node->u.sort.partition_count > 0)
		wr_text_puts(text, " BY ");
	print_columns(naming, text, input, node->u.sort.partition, node->u.sort.partition_count);
	print_order(naming, text, input, node->u.sort.order, node->u.sort.order_count);
}

/* Nodes with one input that pass its columns on and may add some of their own. */
static void know_other(struct naming *naming, const struct wr_node *node, const struct known *input,
		       struct known *known)
{
	uint32_t count = WR_MIN(node->input[0]->schema.count, node->schema.count);
	struct wr_text text;

	memcpy(known->column, input->column, count * sizeof *known->column);
	if (node->kind == WR_N_WINDOW)
		window_columns(naming, node, known);
	else
		own_columns(naming, node, known, count,
			    node->kind == WR_N_OVER     ? "over"
			    : node->kind == WR_N_UNNEST ? "element"
							: "rank");
	wr_text_init(&text);
	print_stream(&text, input);
	switch (node->kind) {
	case WR_N_SORT:
	case WR_N_RANK:
	case WR_N_WINDOW_RANK:
	case WR_N_DEDUP: print_sort(naming, &text, node, input); break;
	case WR_N_WINDOW:
		print_window(naming, &text, node->u.window, input);
		if (node->u.window->partition_count > 0)
			wr_text_puts(&text, " BY ");
		print_columns(naming, &text, input, node->u.window->partition,
			      node->u.window->partition_count);
		break;
	case WR_N_OVER:
		wr_text_puts(&text, " OVER ");
		print_columns(naming, &text, input, node->u.over.partition,
			      node->u.over.partition_count);
		print_order(naming, &text, input, node->u.over.order, node->u.over.order_count);
		break;
	case WR_N_UNNEST:
		wr_text_puts(&text, " UNNEST ");
		print_traced(naming, &text, trace(naming, node->u.unnest.expr, input->column));
		break;
	case WR_N_MATCH:
		wr_text_puts(&text, " MATCH ");
		wr_print_match(&text, node);
		own_columns(naming, node, known, 0, "measure");
		break;
	case WR_N_CHANGELOG_NORMALIZE:
		wr_text_release(&text);
		if (node->u.changelog.condition != NULL)
			add_where(naming, known, node->u.changelog.condition, input->column);
		return;
	default: wr_text_release(&text); return; /* the same stream */
	}
	set_base(naming, known, &text);
}

/* --- the walk -----------------------------------------------------------------------------------
 */

/* The name of what the node keeps; NULL: it has one already, or keeps nothing. */
static const char *state_name(struct naming *naming, const struct wr_node *node,
			      const struct known *known)
{
	struct wr_text text;

	if (node->state_name != NULL || wr_plan_is_calc(node))
		return node->state_name;
	switch (node->kind) {
	case WR_N_UNION_ALL:
	case WR_N_EXCHANGE:
	case WR_N_LOCAL_AGG:
	case WR_N_LOCAL_LIMIT: return NULL;
	case WR_N_USER: return wr_user_is_by_row(node->u.user.op) ? NULL : node->u.user.op->name;
	case WR_N_SINK: return node->u.sink.table != NULL ? node->u.sink.table->name : "result";
	default: break;
	}
	wr_text_init(&text);
	print_stream(&text, known);
	return bounded(naming, &text);
}

static void know(struct naming *naming, struct wr_node *node)
{
	uint32_t inputs = node->kind == WR_N_LOOKUP_JOIN ? 2 : node->input_count;
	const struct known *input;
	struct known *known;

	if (naming->known[node->id] != NULL)
		return;
	for (uint32_t i = 0; i < inputs; i++)
		know(naming, node->input[i]);
	input = inputs > 0 ? naming->known[node->input[0]->id] : NULL;
	known = known_new(naming, node, input);
	switch (node->kind) {
	case WR_N_SCAN: know_scan(naming, node, known); break;
	case WR_N_VALUES: know_values(naming, node, known); break;
	case WR_N_FILTER:
	case WR_N_PROJECT:
	case WR_N_CALC: know_calc(naming, node, input, known); break;
	case WR_N_AGGREGATE:
	case WR_N_GROUP_AGG:
	case WR_N_WINDOW_AGG:
	case WR_N_SESSION_AGG: know_aggregate(naming, node, input, known); break;
	case WR_N_JOIN:
	case WR_N_HASH_JOIN:
	case WR_N_WINDOW_JOIN:
	case WR_N_INTERVAL_JOIN:
	case WR_N_TEMPORAL_JOIN:
	case WR_N_LOOKUP_JOIN: know_join(naming, node, known); break;
	case WR_N_MULTI_JOIN: know_multi_join(naming, node, known); break;
	case WR_N_UNION_ALL: know_union(naming, node, known); break;
	case WR_N_SET_OP:
		memcpy(known->column, input->column, node->schema.count * sizeof *known->column);
		know_set_op(naming, node, known);
		break;
	case WR_N_USER: /* known by its name, whatever the program does */
		known->base = known->label = node->u.user.op->name;
		known->where_count = 0;
		own_columns(naming, node, known, 0, "column");
		break;
	default: know_other(naming, node, input, known); break;
	}
	naming->known[node->id] = known;
	node->state_name = state_name(naming, node, known);
}

wr_status *wr_pass_meaning(struct wr_passes *passes)
{
	struct wr_plan *plan = passes->plan;
	struct naming naming = {.plan = plan};

	naming.known = wr_calloc(plan->next_id + 1, sizeof *naming.known);
	for (uint32_t r = 0; r < plan->root_count; r++)
		know(&naming, plan->root[r]);
	wr_free(naming.known);
	wr_free(naming.leaf);
	return NULL;
}
