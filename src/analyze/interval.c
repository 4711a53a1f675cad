/* SPDX-License-Identifier: Apache-2.0
 *
 * interval - see interval.h.
 *
 * A side of a comparison is an attribute plus a constant; the constant is found by putting
 * 1970-01-01 in the attribute's place and folding. So a month is 31 days, as in Flink.
 */
#include "analyze/interval.h"

#include <string.h>

#include "expr/function.h"

/* Both sides of the join, seen as one list of columns. */
struct both {
	struct wr_expr_pool *pool;
	const struct wr_schema *left, *right;
};

/* One side of a comparison: attribute + offset_ms. */
struct point {
	uint32_t column; /* of left ++ right */
	enum wr_time_attr attr;
	int64_t offset_ms;
};

/* A term left.time - right.time >= or <= (or =) bound_ms. */
struct bound {
	uint32_t left, right; /* columns of their own side */
	enum wr_time_attr attr;
	bool lower, upper; /* both: an equality */
	int64_t ms;        /* closed */
};

static enum wr_time_attr attr_of(const struct both *both, uint32_t column)
{
	if (column < both->left->count)
		return both->left->field[column].type->time;
	return both->right->field[column - both->left->count].type->time;
}

/* Whether the expression is one column and constants, added up; *column gets it. */
static bool is_sum(const struct wr_expr *expr, const struct wr_expr **column)
{
	if (expr->kind == WR_E_COLUMN) {
		if (*column != NULL)
			return false;
		*column = expr;
		return true;
	}
	if (expr->kind == WR_E_CAST)
		return wr_kind_is_timestamp(expr->type->kind) &&
		       expr->type->kind == expr->arg[0]->type->kind && is_sum(expr->arg[0], column);
	if (expr->kind != WR_E_CALL || (expr->traits & WR_EX_COLUMNS) == 0)
		return (expr->traits & (WR_EX_COLUMNS | WR_EX_DYNAMIC)) == 0;
	if (expr->arg_count != 2 ||
	    (strcmp(expr->function->name, "+") != 0 && strcmp(expr->function->name, "-") != 0))
		return false;
	return is_sum(expr->arg[0], column) && is_sum(expr->arg[1], column);
}

/* Milliseconds of a constant TIMESTAMP or TIMESTAMP_LTZ. */
static bool constant_ms(const struct wr_expr *expr, int64_t *ms)
{
	if (expr->kind != WR_E_CONST || !wr_kind_is_timestamp(expr->type->kind) ||
	    !wr_column_is_valid(expr->value, 0))
		return false;
	*ms = expr->value->phys == WR_P_I64
		  ? WR_DATA(expr->value, const int64_t)[0]
		  : (int64_t)(WR_DATA(expr->value, const wr_i128)[0] / 1000000);
	return true;
}

/* The time attribute and the constant of one side of a comparison. */
static bool find_point(const struct both *both, const struct wr_expr *expr, struct point *out)
{
	const struct wr_expr *column = NULL;
	struct wr_expr **zero;
	struct wr_column *value;

	if (!wr_kind_is_timestamp(expr->type->kind) || !is_sum(expr, &column) || column == NULL)
		return false;
	out->column = column->column;
	out->attr = attr_of(both, column->column);
	if (out->attr == WR_TIME_NONE)
		return false;
	value = wr_column_new(column->type, 1);
	memset(value->data, 0, wr_phys_size(value->phys));
	wr_column_make_const(value);
	zero = WR_NEW_ARRAY(both->pool->arena, struct wr_expr *,
			    both->left->count + both->right->count + 1);
	zero[column->column] = wr_expr_const(both->pool, value);
	return constant_ms(wr_expr_fold(both->pool, wr_expr_substitute(both->pool, expr, zero)),
			   &out->offset_ms);
}

/* Reads a term as a time bound. */
static bool find_bound(const struct both *both, const struct wr_expr *term, struct bound *out)
{
	static const char *const names[] = {"=", "<", "<=", ">", ">="};
	uint32_t op = 0, width = both->left->count;
	struct point a, b;

	if (term->kind != WR_E_CALL || term->arg_count != 2)
		return false;
	while (op < WR_COUNT(names) && strcmp(term->function->name, names[op]) != 0)
		op++;
	if (op == WR_COUNT(names) || !find_point(both, term->arg[0], &a) ||
	    !find_point(both, term->arg[1], &b) || a.attr != b.attr ||
	    (a.column < width) == (b.column < width))
		return false;
	/* a + x op b + y is a - b op y - x; with the sides swapped the comparison turns round. */
	bool less = op == 1 || op == 2, strict = op == 1 || op == 3, turned = a.column >= width;
	int64_t difference = b.offset_ms - a.offset_ms;
	if (turned) {
		less = !less;
		difference = -difference;
	}
	out->attr = a.attr;
	out->left = turned ? b.column : a.column;
	out->right = (turned ? a.column : b.column) - width;
	out->upper = op == 0 || less;
	out->lower = op == 0 || !less;
	out->ms = difference + (strict ? (less ? -1 : 1) : 0);
	return true;
}

static bool has_event_time(const struct wr_schema *schema)
{
	for (uint32_t i = 0; i < schema->count; i++)
		if (schema->field[i].type->time == WR_TIME_EVENT)
			return true;
	return false;
}

/* Makes an interval of the bounds: one equality, or one bound each way. */
static bool combine(const struct bound *bound, uint32_t count, struct wr_interval *out)
{
	const struct bound *lower = &bound[0], *upper = &bound[0];

	if (count == 0 || count > 2)
		return false;
	if (count == 2) {
		if (bound[0].lower == bound[1].lower || bound[0].upper == bound[1].upper ||
		    bound[0].attr != bound[1].attr || bound[0].left != bound[1].left ||
		    bound[0].right != bound[1].right)
			return false;
		lower = bound[0].lower ? &bound[0] : &bound[1];
		upper = bound[0].lower ? &bound[1] : &bound[0];
	}
	if (!lower->lower || !upper->upper)
		return false;
	*out = (struct wr_interval){.processing_time = lower->attr == WR_TIME_PROC,
				    .left_time = lower->left,
				    .right_time = lower->right,
				    .lower_ms = lower->ms,
				    .upper_ms = upper->ms};
	return true;
}

/* Processing time does not go with event time attributes in the inputs: the watermark would not be
 * held back for them. */
bool wr_interval_find(struct wr_expr_pool *pool, enum wr_join_kind kind,
		      const struct wr_schema *left, const struct wr_schema *right,
		      const struct wr_expr *condition, struct wr_interval *out, bool *is_bound)
{
	struct both both = {pool, left, right};
	bool is_and = condition != NULL && condition->kind == WR_E_AND;
	uint32_t terms = condition == NULL ? 0 : is_and ? condition->arg_count : 1, count = 0;
	struct bound bound[2];

	if (kind == WR_J_SEMI || kind == WR_J_ANTI)
		return false;
	for (uint32_t i = 0; i < terms; i++) {
		const struct wr_expr *term = is_and ? condition->arg[i] : condition;
		struct bound one;
		bool found = find_bound(&both, term, &one);

		if (is_bound != NULL)
			is_bound[i] = found;
		if (found && count < 2)
			bound[count] = one;
		count += found;
	}
	if (!combine(bound, count, out))
		return false;
	return !out->processing_time || (!has_event_time(left) && !has_event_time(right));
}
