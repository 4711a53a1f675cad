/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage - see lineage.h.
 *
 * Every node gets, from the leaves up, a set of dependencies per output column and one for all of
 * them. A set is made in an accumulator, which has the kinds by source: expressions mark the input
 * columns that they read (read_expr), the sets of the marked ones are added (add_marked), and the
 * result is taken out (take). A column that is handed on shares the set of its input.
 */
#include "plan/lineage.h"

#include <stdlib.h>

#include "analyze/match.h"
#include "analyze/user_node.h"
#include "base/limits.h"
#include "base/mem.h"
#include "expr/function.h"

/* What is known of a node's output. */
struct traced {
	struct wr_lineage_set *column; /* per output column */
	uint32_t count;                /* number of column */
	struct wr_lineage_set all;
};

struct tracing {
	struct wr_arena *arena;                 /* the plan's */
	struct traced **known;                  /* by node id; NULL: not yet */
	struct wr_lineage_source *source;       /* owned until the end */
	uint32_t source_count, source_capacity; /* of source */
	uint32_t *kinds;                        /* the accumulator: by source, 0: not in it */
	uint32_t *in;                           /* the sources that are in it */
	uint32_t in_count;                      /* number of in */
	uint32_t *mark;                         /* by input column: kinds, 0: not read */
	uint32_t *marked;                       /* the columns that are */
	uint32_t marked_count, mark_capacity;   /* of marked; of both */
	uint32_t total;                         /* dependencies so far */
	bool cut;                               /* they were too many */
};

/* Kinds of a dependency that is reached through another one: `inner` of the column that is read,
 * `outer` of what reads it. */
static uint32_t compose(uint32_t inner, uint32_t outer)
{
	const uint32_t plain = WR_LINEAGE_IDENTITY | WR_LINEAGE_TRANSFORMATION;
	const uint32_t masked = WR_LINEAGE_MASKED | WR_LINEAGE_MASKED_AGGREGATION;
	uint32_t indirect = inner & ~WR_LINEAGE_DIRECT, out = outer & ~WR_LINEAGE_DIRECT;

	if (outer & WR_LINEAGE_IDENTITY)
		out |= inner;
	if (outer & WR_LINEAGE_TRANSFORMATION)
		out |= (inner & ~WR_LINEAGE_IDENTITY) |
		       (inner & plain ? WR_LINEAGE_TRANSFORMATION : 0);
	if (outer & WR_LINEAGE_AGGREGATION)
		out |= indirect | (inner & masked ? WR_LINEAGE_MASKED_AGGREGATION : 0) |
		       (inner & (plain | WR_LINEAGE_AGGREGATION) ? WR_LINEAGE_AGGREGATION : 0);
	if (outer & WR_LINEAGE_MASKED)
		out |= indirect | (inner & (plain | WR_LINEAGE_MASKED) ? WR_LINEAGE_MASKED : 0) |
		       (inner & (WR_LINEAGE_AGGREGATION | WR_LINEAGE_MASKED_AGGREGATION)
			    ? WR_LINEAGE_MASKED_AGGREGATION
			    : 0);
	if (outer & WR_LINEAGE_MASKED_AGGREGATION)
		out |= indirect | (inner & WR_LINEAGE_DIRECT ? WR_LINEAGE_MASKED_AGGREGATION : 0);
	return out;
}

/* --- the accumulator */

/* Adds a set, reached as `how` says. */
static void add(struct tracing *t, const struct wr_lineage_set *set, uint32_t how)
{
	for (uint32_t i = 0; i < set->count; i++) {
		uint32_t source = set->dep[i].source;

		if (t->kinds[source] == 0)
			t->in[t->in_count++] = source;
		t->kinds[source] |= compose(set->dep[i].kinds, how);
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* What was added; the accumulator is empty again. */
static struct wr_lineage_set take(struct tracing *t)
{
	struct wr_lineage_set set = {.count = t->in_count};
	struct wr_lineage_dep *dep;

	t->total += set.count;
	t->cut = t->cut || t->total > WR_LINEAGE_MAX;
	if (t->cut)
		set.count = 0;
	if (set.count > 1)
		qsort(t->in, set.count, sizeof *t->in, by_number);
	dep = WR_NEW_ARRAY(t->arena, struct wr_lineage_dep, set.count + 1);
	for (uint32_t i = 0; i < set.count; i++)
		dep[i] = (struct wr_lineage_dep){t->in[i], t->kinds[t->in[i]]};
	for (uint32_t i = 0; i < t->in_count; i++)
		t->kinds[t->in[i]] = 0;
	t->in_count = 0;
	set.dep = dep;
	return set;
}

/* --- expressions */

static void read_column(struct tracing *t, uint32_t column, uint32_t how)
{
	if (t->mark[column] == 0)
		t->marked[t->marked_count++] = column;
	t->mark[column] |= how;
}

static void read_columns(struct tracing *t, const uint32_t *column, uint32_t count, uint32_t how)
{
	for (uint32_t i = 0; i < count; i++)
		read_column(t, column[i], how);
}

static void read_keys(struct tracing *t, const struct wr_sort_key *key, uint32_t count,
		      uint32_t how)
{
	for (uint32_t i = 0; i < count; i++)
		read_column(t, key[i].column, how);
}

/* Room for marks of so many columns. */
static void reserve_marks(struct tracing *t, uint32_t count)
{
	uint32_t before = t->mark_capacity;

	if (count <= before)
		return;
	t->mark_capacity = WR_MAX(WR_MAX(count, before * 2), 64);
	t->mark = wr_realloc(t->mark, t->mark_capacity * sizeof *t->mark);
	t->marked = wr_realloc(t->marked, t->mark_capacity * sizeof *t->marked);
	memset(t->mark + before, 0, (t->mark_capacity - before) * sizeof *t->mark);
}

/* Whether the cast leaves the value what it is: only its length, precision or range grows, or its
 * nullability or time attribute goes. */
static bool keeps_value(const struct wr_type *from, const struct wr_type *to)
{
	static const int integer[] = {WR_TINYINT, WR_SMALLINT, WR_INT, WR_BIGINT};
	int at = -1, then = -1;

	if (from->kind == to->kind || (from->kind == WR_CHAR && to->kind == WR_VARCHAR) ||
	    (from->kind == WR_BINARY && to->kind == WR_VARBINARY))
		return true;
	for (int i = 0; i < (int)WR_COUNT(integer); i++) {
		at = (int)from->kind == integer[i] ? i : at;
		then = (int)to->kind == integer[i] ? i : then;
	}
	return at >= 0 && then > at;
}

/* The check of an INSERT hands its argument on. */
static bool hands_on(const struct wr_function *function)
{
	return strcmp(function->name, "NOT NULL CHECK") == 0 ||
	       strcmp(function->name, "LENGTH CHECK") == 0;
}

static bool masks(const struct wr_function *function)
{
	static const char *const name[] = {"MD5",    "SHA1",   "SHA224", "SHA256",
					   "SHA384", "SHA512", "SHA2"};

	for (size_t i = 0; i < WR_COUNT(name); i++)
		if (strcmp(function->name, name[i]) == 0)
			return true;
	return false;
}

/* Marks what the expression reads; `how`, one kind, is what it is read for. */
static void read_expr(struct tracing *t, const struct wr_expr *expr, uint32_t how)
{
	uint32_t value = compose(WR_LINEAGE_TRANSFORMATION, how);

	if (expr == NULL || (expr->traits & WR_EX_COLUMNS) == 0)
		return;
	if (expr->kind == WR_E_COLUMN) {
		read_column(t, expr->column, how);
		return;
	}
	if ((expr->kind == WR_E_CAST && keeps_value(expr->arg[0]->type, expr->type)) ||
	    (expr->kind == WR_E_CALL && hands_on(expr->function)))
		value = how;
	else if (expr->kind == WR_E_CALL && masks(expr->function))
		value = compose(WR_LINEAGE_MASKED, how);
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		bool when = expr->kind == WR_E_CASE && i % 2 == 0 && i + 1 < expr->arg_count;

		read_expr(t, expr->arg[i], when ? compose(WR_LINEAGE_CONDITIONAL, how) : value);
	}
}

/* Adds the sets of the columns that were read, and forgets the marks. */
static void add_marked(struct tracing *t, const struct wr_lineage_set *column)
{
	for (uint32_t i = 0; i < t->marked_count; i++) {
		add(t, &column[t->marked[i]], t->mark[t->marked[i]]);
		t->mark[t->marked[i]] = 0;
	}
	t->marked_count = 0;
}

static struct wr_lineage_set set_of(struct tracing *t, const struct wr_lineage_set *column,
				    const struct wr_expr *expr)
{
	if (expr->kind == WR_E_COLUMN)
		return column[expr->column];
	read_expr(t, expr, WR_LINEAGE_IDENTITY);
	add_marked(t, column);
	return take(t);
}

/* --- nodes */

static struct traced *trace(struct tracing *t, const struct wr_node *node);

/* The columns of all inputs, one after the other, and what holds for all of theirs. */
static void gather(struct tracing *t, const struct wr_node *node, struct traced *out)
{
	uint32_t room = 0, at = 0;

	for (uint32_t i = 0; i < node->input_count; i++)
		room += node->input[i]->schema.count;
	out->column = WR_NEW_ARRAY(t->arena, struct wr_lineage_set, room + 1);
	out->count = room;
	for (uint32_t i = 0; i < node->input_count; i++) {
		const struct traced *input = trace(t, node->input[i]);

		memcpy(out->column + at, input->column, input->count * sizeof *input->column);
		at += input->count;
	}
	for (uint32_t i = 0; i < node->input_count; i++)
		add(t, &trace(t, node->input[i])->all, WR_LINEAGE_IDENTITY);
	out->all = take(t);
}

/* What was marked holds for all columns, too. */
static void all_also(struct tracing *t, struct wr_lineage_set *all,
		     const struct wr_lineage_set *column)
{
	if (t->marked_count == 0)
		return;
	add(t, all, WR_LINEAGE_IDENTITY);
	add_marked(t, column);
	*all = take(t);
}

static uint32_t source_of(struct tracing *t, const struct wr_node *scan, uint32_t column)
{
	const struct wr_connector_args *args = scan->u.scan.args;
	uint32_t i = 0;

	/* The columns of a table were added one behind the other. */
	while (i < t->source_count &&
	       (t->source[i].table != scan->u.scan.table || t->source[i].column != 0))
		i++;
	if (i < t->source_count)
		return i + column;
	while (t->source_count + args->schema->count > t->source_capacity) {
		t->source_capacity = WR_MAX(64, t->source_capacity * 2);
		t->source = wr_realloc(t->source, t->source_capacity * sizeof *t->source);
		t->in = wr_realloc(t->in, t->source_capacity * sizeof *t->in);
		t->kinds = wr_realloc(t->kinds, t->source_capacity * sizeof *t->kinds);
	}
	for (uint32_t c = 0; c < args->schema->count; c++) {
		t->kinds[t->source_count] = 0;
		t->source[t->source_count++] =
		    (struct wr_lineage_source){scan->u.scan.table, args, c};
	}
	return i + column;
}

/* Columns of the table are what there is; computed ones come from them. */
static void trace_scan(struct tracing *t, const struct wr_node *node, struct traced *out)
{
	const struct wr_connector_args *args = node->u.scan.args;
	struct wr_lineage_set *own =
	    WR_NEW_ARRAY(t->arena, struct wr_lineage_set, args->schema->count + 1);

	for (uint32_t i = 0; i < args->wanted_count; i++) {
		struct wr_lineage_dep *dep = WR_NEW(t->arena, struct wr_lineage_dep);

		dep->source = source_of(t, node, args->wanted[i]);
		dep->kinds = WR_LINEAGE_IDENTITY;
		own[i] = (struct wr_lineage_set){dep, 1};
	}
	for (uint32_t i = 0; i < out->count; i++)
		out->column[i] = set_of(t, own, node->u.scan.expr[i]);
	if (node->u.scan.condition != NULL) {
		read_expr(t, node->u.scan.condition, WR_LINEAGE_FILTER);
		all_also(t, &out->all, out->column);
	}
}

static void trace_project(struct tracing *t, const struct wr_node *node, const struct traced *in,
			  struct traced *out)
{
	for (uint32_t i = 0; i < out->count; i++)
		out->column[i] = set_of(t, in->column, node->u.calc.expr[i]);
}

/* The window's columns are made of the time; a session's also depend on who it is of. */
static void trace_window(struct tracing *t, const struct wr_node *node, const struct traced *in,
			 struct traced *out)
{
	const struct wr_window *window = node->u.window;
	struct wr_lineage_set set;

	read_column(t, window->time_column, WR_LINEAGE_TRANSFORMATION);
	read_columns(t, window->partition, window->partition_count, WR_LINEAGE_WINDOW);
	add_marked(t, in->column);
	set = take(t);
	for (uint32_t i = 0; i < out->count; i++)
		out->column[i] = i < in->count ? in->column[i] : set;
}

static void trace_aggregate(struct tracing *t, const struct wr_node *node, const struct traced *in,
			    struct traced *out)
{
	uint32_t keys = node->u.agg.key_count;

	for (uint32_t i = 0; i < keys; i++)
		out->column[i] = in->column[node->u.agg.key[i]];
	for (uint32_t i = 0; i < node->u.agg.item_count; i++) {
		const struct wr_agg_item *item = &node->u.agg.item[i];

		for (uint32_t a = 0; a < item->arg_count; a++)
			read_expr(t, item->arg[a], WR_LINEAGE_AGGREGATION);
		read_expr(t, item->filter, WR_LINEAGE_CONDITIONAL);
		add_marked(t, in->column);
		out->column[keys + i] = take(t);
	}
	read_columns(t, node->u.agg.key, keys, WR_LINEAGE_GROUP_BY);
	all_also(t, &out->all, in->column);
}

/* `in` has the columns of both sides. */
static void trace_join(struct tracing *t, const struct wr_node *node, const struct traced *in,
		       struct traced *out)
{
	uint32_t left = node->input[0]->schema.count;

	memcpy(out->column, in->column, out->count * sizeof *out->column);
	read_expr(t, node->u.join.condition, WR_LINEAGE_JOIN);
	for (uint32_t i = 0; i < node->u.join.key_count; i++) {
		read_column(t, node->u.join.left_key[i], WR_LINEAGE_JOIN);
		read_column(t, left + node->u.join.right_key[i], WR_LINEAGE_JOIN);
	}
	if (node->u.join.snapshot == WR_SNAPSHOT_VERSION) {
		read_column(t, node->u.join.interval.left_time, WR_LINEAGE_JOIN);
		read_column(t, left + node->u.join.interval.right_time, WR_LINEAGE_JOIN);
	}
	all_also(t, &out->all, in->column);
}

/* A column comes from that of every input; the rows of INTERSECT and EXCEPT are those of the first
 * that the second has, or has not. */
static void trace_set(struct tracing *t, const struct wr_node *node, const struct traced *in,
		      struct traced *out)
{
	bool all = node->kind == WR_N_UNION_ALL;

	for (uint32_t i = 0; i < out->count; i++) {
		for (uint32_t k = 0; k < (all ? node->input_count : 1); k++)
			add(t, &in->column[k * out->count + i], WR_LINEAGE_IDENTITY);
		out->column[i] = take(t);
	}
	for (uint32_t i = 0; !all && i < in->count; i++)
		read_column(t, i, WR_LINEAGE_JOIN);
	all_also(t, &out->all, in->column);
}

static void trace_over(struct tracing *t, const struct wr_node *node, const struct traced *in,
		       struct traced *out)
{
	memcpy(out->column, in->column, in->count * sizeof *out->column);
	for (uint32_t i = 0; i < node->u.over.item_count; i++) {
		const struct wr_over_item *item = &node->u.over.item[i];
		bool folds = item->what == WR_OVER_AGG;

		for (uint32_t a = 0; a < item->arg_count; a++)
			read_expr(t, item->arg[a],
				  folds ? WR_LINEAGE_AGGREGATION : WR_LINEAGE_TRANSFORMATION);
		read_expr(t, item->filter, WR_LINEAGE_CONDITIONAL);
		read_columns(t, node->u.over.partition, node->u.over.partition_count,
			     WR_LINEAGE_WINDOW);
		read_keys(t, node->u.over.order, node->u.over.order_count, WR_LINEAGE_WINDOW);
		add_marked(t, in->column);
		out->column[in->count + i] = take(t);
	}
}

static void trace_unnest(struct tracing *t, const struct wr_node *node, const struct traced *in,
			 struct traced *out)
{
	struct wr_lineage_set set;

	read_expr(t, node->u.unnest.expr, WR_LINEAGE_TRANSFORMATION);
	add_marked(t, in->column);
	set = take(t);
	for (uint32_t i = 0; i < out->count; i++)
		out->column[i] = i < in->count ? in->column[i] : set;
	read_expr(t, node->u.unnest.condition, WR_LINEAGE_JOIN);
	all_also(t, &out->all, out->column);
}

/* --- MATCH_RECOGNIZE */

/* The sets of what an expression of the match refers to. */
static struct wr_lineage_set *trace_refs(struct tracing *t, const struct wr_match *match,
					 const struct wr_match_exprs *exprs,
					 const struct traced *in)
{
	struct wr_lineage_set *set =
	    WR_NEW_ARRAY(t->arena, struct wr_lineage_set, exprs->ref_count + 1);

	reserve_marks(t, exprs->ref_count);
	for (uint32_t i = 0; i < exprs->ref_count; i++) {
		const struct wr_match_ref *ref = &exprs->ref[i];

		if (ref->kind == WR_MATCH_ROW) {
			set[i] = in->column[ref->column];
			continue;
		}
		if (ref->kind == WR_MATCH_AGG) {
			const struct wr_agg_item *item = &exprs->group[ref->group].item[ref->item];

			for (uint32_t a = 0; a < item->arg_count; a++)
				read_expr(t, item->arg[a], WR_LINEAGE_AGGREGATION);
		} else {
			read_keys(t, match->order, WR_MIN(match->order_count, 1),
				  WR_LINEAGE_TRANSFORMATION);
		}
		add_marked(t, in->column);
		set[i] = take(t);
	}
	return set;
}

/* Which rows match is decided by what the variables are defined by. */
static void trace_match(struct tracing *t, const struct wr_node *node, const struct traced *in,
			struct traced *out)
{
	const struct wr_match *match = node->u.match;
	struct wr_lineage_set *ref = trace_refs(t, match, &match->measures, in);
	uint32_t keys = match->partition_count;

	for (uint32_t i = 0; i < keys; i++)
		out->column[i] = in->column[match->partition[i]];
	for (uint32_t i = 0; i < match->measures.expr_count; i++)
		out->column[keys + i] = set_of(t, ref, match->measures.expr[i]);
	for (uint32_t v = 0; v < match->variable_count; v++) {
		const struct wr_match_exprs *defined = match->variable[v].defined;

		if (defined == NULL)
			continue;
		ref = trace_refs(t, match, defined, in);
		read_expr(t, defined->expr[0], WR_LINEAGE_FILTER);
		all_also(t, &out->all, ref);
	}
	read_columns(t, match->partition, keys, WR_LINEAGE_GROUP_BY);
	read_keys(t, match->order, match->order_count, WR_LINEAGE_SORT);
	all_also(t, &out->all, in->column);
}

/* --- callbacks of programs */

/* The columns of the key go through, where the operator says so; nobody knows what becomes of the
 * others. */
static void trace_user(struct tracing *t, const struct wr_node *node, const struct traced *in,
		       struct traced *out)
{
	const struct wr_user_op *op = node->u.user.op;
	uint32_t first = op->side_count > 0; /* behind `$side` */
	struct wr_lineage_set any;

	for (uint32_t i = 0; i < in->count; i++)
		read_column(t, i, WR_LINEAGE_TRANSFORMATION);
	add_marked(t, in->column);
	any = take(t);
	for (uint32_t i = first; i < out->count; i++)
		out->column[i] = any;
	for (uint32_t i = 0; i < op->pass_keys && i < node->u.user.key_count; i++)
		out->column[first + i] = in->column[node->u.user.key[0][i]];
	for (uint32_t k = 0, base = 0; k < node->input_count; k++) {
		for (uint32_t i = 0; i < node->u.user.key_count && node->u.user.key[k] != NULL; i++)
			read_column(t, base + node->u.user.key[k][i], WR_LINEAGE_GROUP_BY);
		base += node->input[k]->schema.count;
	}
	all_also(t, &out->all, in->column);
}

/* Rows that are let through or not, with their columns. */
static void trace_through(struct tracing *t, const struct wr_node *node, const struct traced *in,
			  struct traced *out)
{
	memcpy(out->column, in->column, out->count * sizeof *out->column);
	if (node->kind == WR_N_FILTER)
		read_expr(t, node->u.calc.condition, WR_LINEAGE_FILTER);
	else if (node->kind == WR_N_SORT)
		read_keys(t, node->u.sort.order, node->u.sort.order_count, WR_LINEAGE_SORT);
	for (uint32_t i = 0;
	     node->kind == WR_N_USER && node->u.user.op->kind == WR_U_FILTER && i < in->count; i++)
		read_column(t, i, WR_LINEAGE_FILTER);
	all_also(t, &out->all, in->column);
}

static bool is_through(const struct wr_node *node)
{
	if (node->kind == WR_N_USER)
		return node->u.user.op->kind == WR_U_FILTER || node->u.user.op->kind == WR_U_STREAM;
	return node->kind == WR_N_FILTER || node->kind == WR_N_SORT;
}

/* `in`: the columns of the inputs. */
static void trace_node(struct tracing *t, const struct wr_node *node, const struct traced *in,
		       struct traced *out)
{
	switch (node->kind) {
	case WR_N_SCAN: trace_scan(t, node, out); break;
	case WR_N_VALUES: break;
	case WR_N_PROJECT: trace_project(t, node, in, out); break;
	case WR_N_WINDOW: trace_window(t, node, in, out); break;
	case WR_N_AGGREGATE: trace_aggregate(t, node, in, out); break;
	case WR_N_JOIN: trace_join(t, node, in, out); break;
	case WR_N_UNION_ALL:
	case WR_N_SET_OP: trace_set(t, node, in, out); break;
	case WR_N_OVER: trace_over(t, node, in, out); break;
	case WR_N_UNNEST: trace_unnest(t, node, in, out); break;
	case WR_N_MATCH: trace_match(t, node, in, out); break;
	default:
		if (is_through(node))
			trace_through(t, node, in, out);
		else if (node->kind == WR_N_USER)
			trace_user(t, node, in, out);
		else
			WR_ASSERT(!"a node of the physical plan");
	}
}

/* Each node once: what stands below a USER node may have several parents. */
static struct traced *trace(struct tracing *t, const struct wr_node *node)
{
	struct traced *out = t->known[node->id];
	struct traced in = {0};

	if (out != NULL)
		return out;
	out = WR_NEW(t->arena, struct traced);
	out->count = node->schema.count;
	out->column = WR_NEW_ARRAY(t->arena, struct wr_lineage_set, out->count + 1);
	t->total += out->count;
	t->cut = t->cut || t->total > WR_LINEAGE_MAX;
	gather(t, node, &in);
	reserve_marks(t, WR_MAX(in.count, out->count));
	out->all = in.all;
	if (!t->cut)
		trace_node(t, node, &in, out);
	t->known[node->id] = out;
	return out;
}

/* What there is of a plan that was too large. */
static void forget(struct wr_lineage *lineage, struct wr_arena *arena)
{
	for (uint32_t i = 0; i < lineage->sink_count; i++) {
		struct wr_lineage_sink *sink = &lineage->sink[i];

		sink->column = WR_NEW_ARRAY(arena, struct wr_lineage_set, sink->schema->count + 1);
		sink->all = (struct wr_lineage_set){0};
	}
}

const struct wr_lineage *wr_lineage_of(struct wr_plan *plan)
{
	struct wr_lineage *lineage = WR_NEW(&plan->arena, struct wr_lineage);
	struct tracing t = {.arena = &plan->arena};

	t.known = wr_calloc(plan->next_id + 1, sizeof *t.known);
	lineage->sink_count = plan->root_count;
	lineage->sink = WR_NEW_ARRAY(&plan->arena, struct wr_lineage_sink, plan->root_count + 1);
	for (uint32_t i = 0; i < plan->root_count; i++) {
		const struct wr_node *sink = plan->root[i];
		const struct traced *traced = trace(&t, sink->input[0]);

		lineage->sink[i] = (struct wr_lineage_sink){
		    .table = sink->u.sink.table,
		    .args = sink->u.sink.args,
		    .schema = sink->u.sink.args != NULL ? sink->u.sink.args->schema : &sink->schema,
		    .column = traced->column,
		    .all = traced->all};
		WR_ASSERT(lineage->sink[i].schema->count == traced->count);
	}
	lineage->source = WR_NEW_ARRAY(&plan->arena, struct wr_lineage_source, t.source_count + 1);
	if (t.source_count > 0)
		memcpy(lineage->source, t.source, t.source_count * sizeof *t.source);
	lineage->source_count = t.source_count;
	lineage->cut = t.cut;
	if (t.cut)
		forget(lineage, &plan->arena);
	wr_free(t.known);
	wr_free(t.source);
	wr_free(t.in);
	wr_free(t.kinds);
	wr_free(t.mark);
	wr_free(t.marked);
	return lineage;
}
