/* SPDX-License-Identifier: Apache-2.0
 *
 * arith_time - dates, times, timestamps and intervals in + - * /.
 *
 *   date      +- interval   a DATE: whole days of the interval count, months clamp to the month's
 * end time      +- interval   a TIME: wraps around midnight, months do nothing timestamp +-
 * interval   the same type (TIMESTAMP_LTZ: on the UTC time line) interval  +- interval   of the
 * same family interval  *, / number (a - b) unit            MINUS_DATE
 */
#include "data/datetime.h"
#include "data/number.h"
#include "expr/arith.h"
#include "expr/kernel.h"

/* plan->i64 of datetime +- interval: the sign of the interval; the interval is argument 1 unless
 * SWAPPED is added. */
#define SWAPPED 16

struct shift {
	const struct wr_column *time;     /* what is moved */
	const struct wr_column *interval; /* by how much */
	int64_t sign;                     /* 1 or -1 */
};

static struct shift shift_of(const struct wr_call *call, struct wr_column *const *arg)
{
	bool swapped = call->plan->i64 >= SWAPPED / 2;
	int64_t sign = swapped ? call->plan->i64 - SWAPPED : call->plan->i64;

	return (struct shift){arg[swapped ? 1 : 0], arg[swapped ? 0 : 1], sign};
}

static wr_status *shift_date_months(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	struct shift s = shift_of(call, arg);

	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int32_t)
	[i] = (int32_t)wr_date_add_months(WR_AT(s.time, int32_t, i),
					  s.sign * WR_AT(s.interval, int32_t, i));
	return NULL;
}

static wr_status *shift_date_ms(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct shift s = shift_of(call, arg);

	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int32_t)
	[i] = (int32_t)(WR_AT(s.time, int32_t, i) +
			s.sign * (WR_AT(s.interval, int64_t, i) / WR_MS_DAY));
	return NULL;
}

static wr_status *shift_time_ms(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct shift s = shift_of(call, arg);

	for (uint32_t i = 0; i < rows; i++) {
		int64_t by = WR_AT(s.interval, int64_t, i) % WR_MS_DAY;
		WR_DATA(out, int32_t)
		[i] = (int32_t)wr_floor_mod(WR_AT(s.time, int32_t, i) + s.sign * by, WR_MS_DAY);
	}
	return NULL;
}

static wr_status *shift_time_months(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	struct shift s = shift_of(call, arg);

	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int32_t)[i] = WR_AT(s.time, int32_t, i);
	return NULL;
}

static wr_status *shift_timestamp_ms(struct wr_eval *eval, const struct wr_call *call,
				     struct wr_column *const *arg, uint32_t rows,
				     struct wr_column *out)
{
	struct shift s = shift_of(call, arg);

	if (out->phys == WR_P_I128) {
		for (uint32_t i = 0; i < rows; i++)
			WR_DATA(out, wr_i128)
		[i] = WR_AT(s.time, wr_i128, i) +
		      (wr_i128)s.sign * WR_AT(s.interval, int64_t, i) * WR_NS_MS;
		return NULL;
	}
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int64_t)
	[i] = (int64_t)((uint64_t)WR_AT(s.time, int64_t, i) +
			(uint64_t)s.sign * (uint64_t)WR_AT(s.interval, int64_t, i));
	return NULL;
}

static wr_status *shift_timestamp_months(struct wr_eval *eval, const struct wr_call *call,
					 struct wr_column *const *arg, uint32_t rows,
					 struct wr_column *out)
{
	struct shift s = shift_of(call, arg);

	for (uint32_t i = 0; i < rows; i++) {
		int32_t nano;
		int64_t ms = wr_ts_ms_at(s.time, i, &nano);
		wr_ts_put(out, i, wr_ms_add_months(ms, s.sign * WR_AT(s.interval, int32_t, i)),
			  nano);
	}
	return NULL;
}

/* plan->i64: 1 or -1. */
static wr_status *interval_sum(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++) {
		uint64_t sum = (uint64_t)wr_int_at(arg[0], i) +
			       (uint64_t)call->plan->i64 * (uint64_t)wr_int_at(arg[1], i);
		if (out->phys == WR_P_I32)
			WR_DATA(out, int32_t)[i] = (int32_t)sum;
		else
			WR_DATA(out, int64_t)[i] = (int64_t)sum;
	}
	return NULL;
}

static void interval_put(struct wr_column *out, uint32_t i, int64_t value)
{
	if (out->phys == WR_P_I32)
		WR_DATA(out, int32_t)[i] = (int32_t)value;
	else
		WR_DATA(out, int64_t)[i] = value;
}

/* plan->i64: the argument that is the interval. The other is BIGINT or DOUBLE. */
static wr_status *interval_scale(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_column *interval = arg[call->plan->i64];
	const struct wr_column *factor = arg[1 - call->plan->i64];

	for (uint32_t i = 0; i < rows; i++) {
		int64_t value = wr_int_at(interval, i);
		if (factor->phys == WR_P_F64)
			value = wr_double_to_i64((double)value * WR_AT(factor, double, i));
		else
			value = (int64_t)((uint64_t)value * (uint64_t)WR_AT(factor, int64_t, i));
		interval_put(out, i, value);
	}
	return NULL;
}

static wr_status *interval_divide(struct wr_eval *eval, const struct wr_call *call,
				  struct wr_column *const *arg, uint32_t rows,
				  struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++) {
		int64_t value = wr_int_at(arg[0], i);
		if (arg[1]->phys == WR_P_F64) {
			value = wr_double_to_i64((double)value / WR_AT(arg[1], double, i));
		} else {
			int64_t by = WR_AT(arg[1], int64_t, i);
			if (by == 0 && !wr_skips(eval, out, i))
				wr_arith_zero(eval, call, arg, i);
			value = by == 0    ? 0
				: by == -1 ? (int64_t)(0 - (uint64_t)value)
					   : value / by;
		}
		interval_put(out, i, value);
	}
	return NULL;
}

/* --- signatures
 * ----------------------------------------------------------------------------------- */

static bool is_datetime(const struct wr_type *type)
{
	return type->kind >= WR_DATE && type->kind <= WR_TIMESTAMP_LTZ;
}

/* The value loses its role as a time attribute when it is computed with. */
static const struct wr_type *plain(struct wr_infer *infer, const struct wr_type *type)
{
	return wr_type_time_attr(infer->arena, type, WR_TIME_NONE);
}

static bool infer_shift(struct wr_infer *infer, enum wr_arith_op op)
{
	bool swapped = wr_kind_is_interval(infer->want[0]->kind);
	const struct wr_type *time = infer->want[swapped ? 1 : 0];
	bool months = infer->want[swapped ? 0 : 1]->kind == WR_INTERVAL_MONTH;

	if (swapped && op != WR_ARITH_ADD)
		return false;
	infer->plan->i64 = (op == WR_ARITH_ADD ? 1 : -1) + (swapped ? SWAPPED : 0);
	infer->result = plain(infer, time);
	if (time->kind == WR_DATE)
		infer->plan->kernel = months ? shift_date_months : shift_date_ms;
	else if (time->kind == WR_TIME)
		infer->plan->kernel = months ? shift_time_months : shift_time_ms;
	else
		infer->plan->kernel = months ? shift_timestamp_months : shift_timestamp_ms;
	return true;
}

/* interval * number, number * interval, interval / number */
static bool infer_scale(struct wr_infer *infer, enum wr_arith_op op)
{
	uint32_t interval = wr_kind_is_interval(infer->want[0]->kind) ? 0 : 1;
	const struct wr_type *number = infer->want[1 - interval];

	if (!wr_kind_is_numeric(number->kind) || (op == WR_ARITH_DIV && interval == 1))
		return false;
	infer->want[1 - interval] = wr_kind_is_integer(number->kind) ? &WR_T_BIGINT : &WR_T_DOUBLE;
	infer->result = infer->want[interval];
	infer->plan->i64 = interval;
	infer->plan->kernel = op == WR_ARITH_MUL ? interval_scale : interval_divide;
	return true;
}

bool wr_arith_time_infer(struct wr_infer *infer, enum wr_arith_op op)
{
	const struct wr_type *a = infer->want[0], *b = infer->want[1];
	bool a_interval = wr_kind_is_interval(a->kind), b_interval = wr_kind_is_interval(b->kind);

	if (!a_interval && !b_interval)
		return false;
	if (op == WR_ARITH_MUL || op == WR_ARITH_DIV)
		return infer_scale(infer, op);
	if (op == WR_ARITH_MOD)
		return false;
	if (a_interval && b_interval) {
		if (a->kind != b->kind)
			return false;
		infer->result = a;
		infer->plan->i64 = op == WR_ARITH_ADD ? 1 : -1;
		infer->plan->kernel = interval_sum;
		return true;
	}
	return is_datetime(a_interval ? b : a) && infer_shift(infer, op);
}

/* --- (a - b) unit
 * --------------------------------------------------------------------------------- */

static int64_t ms_at(const struct wr_column *column, uint32_t i)
{
	int32_t nano;

	if (column->type->kind == WR_DATE)
		return WR_AT(column, int32_t, i) * (int64_t)WR_MS_DAY;
	if (column->type->kind == WR_TIME)
		return WR_AT(column, int32_t, i);
	return wr_ts_ms_at(column, i, &nano);
}

static wr_status *minus_date(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++) {
		int64_t a = ms_at(arg[0], i), b = ms_at(arg[1], i);
		interval_put(out, i, out->phys == WR_P_I32 ? wr_ms_months_between(b, a) : a - b);
	}
	return NULL;
}

wr_status *wr_arith_minus_date_infer(struct wr_infer *infer)
{
	const char *unit = infer->arg[2]->symbol;
	const struct wr_type *a = infer->want[0], *b = infer->want[1];
	bool months;

	if (a == NULL || b == NULL || unit == NULL || !is_datetime(a) ||
	    (a->kind != b->kind &&
	     !(wr_kind_is_timestamp(a->kind) && wr_kind_is_timestamp(b->kind))))
		return wr_infer_mismatch(infer);
	months = strncmp(unit, "YEAR", 4) == 0 || strncmp(unit, "MONTH", 5) == 0 ||
		 strncmp(unit, "QUARTER", 7) == 0;
	infer->plan->cannot_fail = true;
	infer->plan->kernel = minus_date;
	infer->result = months ? &WR_T_INTERVAL_MONTH : &WR_T_INTERVAL_DAY;
	return NULL;
}
