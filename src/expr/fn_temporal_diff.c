/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_temporal_diff - distances between points of time: TIMESTAMPADD, TIMESTAMPDIFF, OVERLAPS.
 *
 * Differences in units below a month are whole milliseconds divided and cut off towards zero;
 * months are counted by the calendar (a month is full when day and time of day are reached). The
 * INT result wraps (BIGINT for NANOSECOND). Units below a second count whole seconds, as Flink
 * does. Months are added to a TIMESTAMP_LTZ in UTC.
 *
 * Shapes: TIMESTAMPADD(SYMBOL unit, integer, x), TIMESTAMPDIFF(SYMBOL unit, a, b) = b - a, and
 * OVERLAPS(a, b, c, d) for (a, b) OVERLAPS (c, d) where b and d are ends or interval lengths.
 */
#include "base/macros.h"
#include "expr/fn_temporal.h"
#include "expr/kernel.h"

/* Milliseconds of a unit, or months (*months true). 0: the unit cannot be used. */
static int64_t unit_size(enum wr_unit unit, bool *months)
{
	*months = unit == WR_UNIT_MONTH || unit == WR_UNIT_QUARTER || unit == WR_UNIT_YEAR;
	switch (unit) {
	case WR_UNIT_MILLISECOND: return 1;
	case WR_UNIT_SECOND: return WR_MS_SECOND;
	case WR_UNIT_MINUTE: return WR_MS_MINUTE;
	case WR_UNIT_HOUR: return WR_MS_HOUR;
	case WR_UNIT_DAY: return WR_MS_DAY;
	case WR_UNIT_WEEK: return 7 * (int64_t)WR_MS_DAY;
	case WR_UNIT_MONTH: return 1;
	case WR_UNIT_QUARTER: return 3;
	case WR_UNIT_YEAR: return 12;
	default: return 0;
	}
}

/* --- TIMESTAMPADD ---------------------------------------------------------------------------- */

/* a * b modulo 2^64 */
static int64_t wrap_mul(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t wrap_add(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* The widest shift by months that still is a date: +-20,000 years; what lies beyond wraps in Flink
 * into nothing that means anything. */
#define MONTHS_MAX 240000000

/* Adds `count` units to row i. */
static void add_row(const struct wr_call *call, const struct wr_column *arg, uint32_t i,
		    int64_t count, struct wr_column *out)
{
	enum wr_kind from = call->arg_type[2]->kind;
	bool months;
	int64_t size = unit_size((enum wr_unit)call->plan->i64, &months);
	int64_t shift = wrap_mul(count, size);
	int32_t nano = 0;

	if (months)
		shift = WR_MAX(-MONTHS_MAX, WR_MIN(MONTHS_MAX, (int32_t)shift));
	if (from == WR_TIME) {
		int64_t ms = wr_int_at(arg, i);
		if (!months)
			ms = wr_floor_mod(ms + shift % WR_MS_DAY, WR_MS_DAY);
		WR_DATA(out, int32_t)[i] = (int32_t)ms;
		return;
	}
	if (call->type->kind == WR_DATE) {
		int64_t days = wr_int_at(arg, i);
		days = months ? wr_date_add_months(days, shift) : days + shift / WR_MS_DAY;
		WR_DATA(out, int32_t)[i] = (int32_t)days;
		return;
	}
	int64_t ms = from == WR_DATE ? wr_int_at(arg, i) * WR_MS_DAY : wr_ts_ms_at(arg, i, &nano);
	ms = months ? wr_ms_add_months(ms, shift) : wrap_add(ms, shift);
	wr_ts_put(out, i, ms, nano);
}

static wr_status *add_kernel(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++)
		if (!wr_skips(eval, out, i))
			add_row(call, arg[2], i, wr_int_at(arg[1], i), out);
	return NULL;
}

static wr_status *unusable_unit(const struct wr_infer *infer)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "%s does not support the unit %s",
					    infer->function->name,
					    wr_unit_name((enum wr_unit)infer->plan->i64)),
			      "Use YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND or "
			      "MILLISECOND");
}

/* A DATE stays one with whole days; with finer units it becomes TIMESTAMP(6). Milliseconds need a
 * precision of 3. */
static const struct wr_type *added_type(struct wr_infer *infer, const struct wr_type *type)
{
	bool months;
	int64_t size = unit_size((enum wr_unit)infer->plan->i64, &months);

	if (type->kind == WR_DATE)
		return months || size >= WR_MS_DAY ? type : &WR_T_TIMESTAMP6;
	if (wr_kind_is_timestamp(type->kind) && size == 1 && !months && type->precision < 3)
		return wr_type_precision(infer->arena, type->kind, 3);
	return wr_type_time_attr(infer->arena, type, WR_TIME_NONE);
}

/* Any integer type may count. */
static wr_status *infer_add(struct wr_infer *infer)
{
	const struct wr_type *by = infer->arg[1]->type, *type = infer->arg[2]->type;
	bool months;

	WR_TRY(wr_infer_unit(infer, 0, &infer->plan->i64));
	if (unit_size((enum wr_unit)infer->plan->i64, &months) == 0)
		return unusable_unit(infer);
	if (by == NULL || type == NULL || !(wr_kind_is_integer(by->kind) || by->kind == WR_NULL) ||
	    (type->kind != WR_DATE && type->kind != WR_TIME && !wr_kind_is_timestamp(type->kind)))
		return wr_infer_mismatch(infer);
	if (by->kind == WR_NULL)
		infer->want[1] = &WR_T_INT;
	infer->result = added_type(infer, type);
	return NULL;
}

/* a - b modulo 2^64 */
static int64_t wrap_sub(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

/* --- TIMESTAMPDIFF --------------------------------------------------------------------------- */

static int64_t ms_at(const struct wr_column *arg, enum wr_kind kind, uint32_t i)
{
	int32_t nano;

	if (kind == WR_DATE || kind == WR_TIME)
		return wr_int_at(arg, i) * (kind == WR_DATE ? WR_MS_DAY : 1);
	return wr_ts_ms_at(arg, i, &nano);
}

/* Whole units between two points of time in milliseconds. */
static int64_t diff_row(enum wr_unit unit, int64_t from, int64_t to)
{
	bool months;
	int64_t size = unit_size(unit, &months), seconds;

	if (months)
		return wr_ms_months_between(from, to) / size;
	if (size >= WR_MS_SECOND)
		return wrap_sub(to, from) / size;
	seconds = wrap_sub(to, from) / WR_MS_SECOND;
	return wrap_mul(seconds, unit == WR_UNIT_MILLISECOND   ? 1000
				 : unit == WR_UNIT_MICROSECOND ? 1000000
							       : 1000000000);
}

/* The result wraps to the width of its type. */
static wr_status *diff_kernel(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	enum wr_unit unit = (enum wr_unit)call->plan->i64;

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		int64_t from = ms_at(arg[1], call->arg_type[1]->kind, i);
		int64_t to = ms_at(arg[2], call->arg_type[2]->kind, i);
		int64_t diff = diff_row(unit, from, to);
		if (out->phys == WR_P_I64)
			WR_DATA(out, int64_t)[i] = diff;
		else
			WR_DATA(out, int32_t)[i] = (int32_t)(uint32_t)(uint64_t)diff;
	}
	return NULL;
}

/* A time of day is one of 1970-01-01. */
static bool is_local(const struct wr_type *type)
{
	return type->kind == WR_DATE || type->kind == WR_TIMESTAMP || type->kind == WR_TIME;
}

/* Local times with each other, or instants with each other. */
static wr_status *infer_diff(struct wr_infer *infer)
{
	const struct wr_type *a = infer->arg[1]->type, *b = infer->arg[2]->type;
	bool months;

	WR_TRY(wr_infer_unit(infer, 0, &infer->plan->i64));
	enum wr_unit unit = (enum wr_unit)infer->plan->i64;
	if (unit_size(unit, &months) == 0 && unit > WR_UNIT_MICROSECOND)
		return unusable_unit(infer);
	if (a == NULL || b == NULL)
		return wr_infer_mismatch(infer);
	bool a_local = is_local(a), b_local = is_local(b);
	bool both_times = a->kind == WR_TIME && b->kind == WR_TIME;
	bool both_ltz = a->kind == WR_TIMESTAMP_LTZ && b->kind == WR_TIMESTAMP_LTZ;
	if (!(a_local && b_local && !both_times) && !both_ltz)
		return wr_infer_mismatch(infer);
	infer->result = unit == WR_UNIT_NANOSECOND ? &WR_T_BIGINT : &WR_T_INT;
	return NULL;
}

/* --- OVERLAPS -------------------------------------------------------------------------------- */

/* `start` and `end` (a length when it is an interval) as the earlier and the later end. */
static wr_status *span_ends(struct wr_expr_pool *pool, struct wr_expr *start, struct wr_expr *end,
			    struct wr_pos pos, struct wr_expr **low, struct wr_expr **high)
{
	struct wr_expr *ordered;

	if (end->type != NULL && wr_kind_is_interval(end->type->kind)) {
		struct wr_expr *sum[2] = {start, end};
		WR_TRY(wr_expr_call_name(pool, "+", sum, 2, pos, &end));
	}
	struct wr_expr *pair[2] = {start, end};
	WR_TRY(wr_expr_call_name(pool, "<=", pair, 2, pos, &ordered));
	WR_TRY(wr_expr_case(pool, &ordered, &start, 1, end, pos, low));
	return wr_expr_case(pool, &ordered, &end, 1, start, pos, high);
}

/* Both spans begin before the other one ends. */
static wr_status *rewrite_overlaps(struct wr_expr_pool *pool, const struct wr_function *function,
				   struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				   struct wr_expr **out)
{
	struct wr_expr *low[2], *high[2], *test[2];

	(void)function;
	WR_ASSERT(arg_count == 4);
	for (int i = 0; i < 2; i++)
		WR_TRY(span_ends(pool, arg[2 * i], arg[2 * i + 1], pos, &low[i], &high[i]));
	for (int i = 0; i < 2; i++) {
		struct wr_expr *pair[2] = {high[i], low[1 - i]};
		WR_TRY(wr_expr_call_name(pool, ">=", pair, 2, pos, &test[i]));
	}
	return wr_expr_logic(pool, WR_E_AND, test, 2, pos, out);
}

/* --- entries --------------------------------------------------------------------------------- */

const struct wr_function wr_fn_timestampadd = {
    .name = "TIMESTAMPADD",
    .category = "temporal",
    .syntax = "TIMESTAMPADD(unit, integer, time)",
    .doc = "A point of time moved by a number of units.",
    .flags = WR_F_STRICT,
    .min_args = 3,
    .max_args = 3,
    .infer = infer_add,
    .kernel = add_kernel,
};

const struct wr_function wr_fn_timestampdiff = {
    .name = "TIMESTAMPDIFF",
    .category = "temporal",
    .syntax = "TIMESTAMPDIFF(unit, time1, time2)",
    .doc = "The whole units from time1 to time2, as INT.",
    .flags = WR_F_STRICT,
    .min_args = 3,
    .max_args = 3,
    .infer = infer_diff,
    .kernel = diff_kernel,
};

const struct wr_function wr_fn_overlaps = {
    .name = "OVERLAPS",
    .category = "temporal",
    .syntax = "(time1, time2 | interval1) OVERLAPS (time3, time4 | interval2)",
    .doc = "Whether two spans of time have a point in common.",
    .flags = WR_F_OPERATOR,
    .min_args = 4,
    .max_args = 4,
    .rewrite = rewrite_overlaps,
};
