/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_temporal_unit - parts of points of time: EXTRACT and its short forms, FLOOR and CEIL to a
 * unit.
 *
 * A TIMESTAMP_LTZ is looked at in the session's time zone. FLOOR and CEIL of one go back to UTC
 * with the offset that held at the argument, also when the result lies on the other side of a
 * change of the clocks (so does Flink).
 *
 * Shapes: EXTRACT(unit FROM x) is EXTRACT(SYMBOL unit, x) with x a DATE, TIME, TIMESTAMP,
 * TIMESTAMP_LTZ or interval; YEAR(x) ... are calls with x alone; FLOOR(x TO unit) is
 * FLOOR(x, SYMBOL unit). Units: any that wr_unit_parse knows.
 */
#include <string.h>

#include "base/macros.h"
#include "expr/fn_math.h"
#include "expr/fn_temporal.h"
#include "expr/kernel.h"

/* --- EXTRACT --------------------------------------------------------------------------------- */

static int64_t extract_interval_month(enum wr_unit unit, int64_t months)
{
	int64_t month = months % 12;

	switch (unit) {
	case WR_UNIT_MILLENNIUM: return months / 12000;
	case WR_UNIT_CENTURY: return months / 1200;
	case WR_UNIT_YEAR: return months / 12;
	case WR_UNIT_QUARTER: return (month - 1) / 3 + 1;
	default: return month;
	}
}

static int64_t extract_interval_day(enum wr_unit unit, int64_t ms)
{
	switch (unit) {
	case WR_UNIT_DAY: return ms / WR_MS_DAY;
	case WR_UNIT_HOUR: return ms % WR_MS_DAY / WR_MS_HOUR;
	case WR_UNIT_MINUTE: return ms % WR_MS_HOUR / WR_MS_MINUTE;
	case WR_UNIT_SECOND: return ms % WR_MS_MINUTE / WR_MS_SECOND;
	default: return ms % WR_MS_SECOND;
	}
}

/* The unit of row i. */
static int64_t extract_row(enum wr_kind kind, enum wr_unit unit, const struct wr_zone *zone,
			   const struct wr_column *arg, uint32_t i)
{
	int32_t nano;
	int64_t ms;

	switch (kind) {
	case WR_DATE: return wr_date_extract(unit, wr_int_at(arg, i));
	case WR_TIME: return wr_time_extract(unit, (int32_t)wr_int_at(arg, i));
	case WR_INTERVAL_MONTH: return extract_interval_month(unit, wr_int_at(arg, i));
	case WR_INTERVAL_DAY: return extract_interval_day(unit, wr_int_at(arg, i));
	default: break;
	}
	ms = wr_ts_ms_at(arg, i, &nano);
	if (kind == WR_TIMESTAMP_LTZ)
		ms = wr_zone_to_local(zone, ms);
	return wr_timestamp_extract(unit, ms, nano);
}

/* The value is the last argument, with or without a unit before it. */
static wr_status *extract_kernel(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	uint32_t last = call->arg_count - 1;
	enum wr_unit unit = (enum wr_unit)call->plan->i64;
	enum wr_kind kind = call->arg_type[last]->kind;

	for (uint32_t i = 0; i < rows; i++)
		if (!wr_skips(eval, out, i))
			WR_DATA(out, int64_t)
	[i] = extract_row(kind, unit, call->state, arg[last], i);
	return NULL;
}

/* Whether values of the kind have that unit. */
static bool has_unit(enum wr_kind kind, enum wr_unit unit)
{
	switch (kind) {
	case WR_DATE:
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return true;
	case WR_TIME: return unit >= WR_UNIT_MILLISECOND && unit <= WR_UNIT_HOUR;
	case WR_INTERVAL_MONTH:
		return unit == WR_UNIT_YEAR || unit == WR_UNIT_QUARTER || unit == WR_UNIT_MONTH ||
		       unit == WR_UNIT_CENTURY || unit == WR_UNIT_MILLENNIUM;
	case WR_INTERVAL_DAY: return unit >= WR_UNIT_MILLISECOND && unit <= WR_UNIT_DAY;
	default: return false;
	}
}

static wr_status *infer_extract_unit(struct wr_infer *infer, uint32_t index)
{
	const struct wr_type *type = infer->arg[index]->type;

	if (type == NULL || !has_unit(type->kind, (enum wr_unit)infer->plan->i64))
		return wr_infer_mismatch(infer);
	wr_infer_zone(infer);
	infer->result = &WR_T_BIGINT;
	return NULL;
}

static wr_status *infer_extract(struct wr_infer *infer)
{
	WR_TRY(wr_infer_unit(infer, 0, &infer->plan->i64));
	return infer_extract_unit(infer, 1);
}

/* YEAR(x) and its like: the unit follows from the function's name. */
static wr_status *infer_part(struct wr_infer *infer)
{
	const char *name = infer->function->name;
	enum wr_unit unit;

	if (strcmp(name, "DAYOFYEAR") == 0)
		unit = WR_UNIT_DOY;
	else if (strcmp(name, "DAYOFMONTH") == 0)
		unit = WR_UNIT_DAY;
	else if (strcmp(name, "DAYOFWEEK") == 0)
		unit = WR_UNIT_DOW;
	else
		WR_REQUIRE(wr_unit_parse(name, strlen(name), &unit));
	infer->plan->i64 = unit;
	return infer_extract_unit(infer, 0);
}

/* --- FLOOR and CEIL -------------------------------------------------------------------------- */

static int64_t round_ms(enum wr_unit unit, int64_t ms, bool up)
{
	return up ? wr_ms_ceil(unit, ms) : wr_ms_floor(unit, ms);
}

/* Digits below the millisecond count for MILLISECOND only. */
static void round_timestamps(struct wr_eval *eval, const struct wr_call *call, bool up,
			     const struct wr_column *arg, uint32_t rows, struct wr_column *out)
{
	enum wr_unit unit = (enum wr_unit)call->plan->i64;
	bool ltz = call->type->kind == WR_TIMESTAMP_LTZ;

	for (uint32_t i = 0; i < rows; i++) {
		int32_t nano;
		if (wr_skips(eval, out, i))
			continue;
		int64_t ms = wr_ts_ms_at(arg, i, &nano);
		int64_t offset = ltz ? wr_zone_offset_ms(call->state, ms) : 0;
		if (unit == WR_UNIT_MILLISECOND) {
			ms += up && nano > 0;
			nano = 0;
		} else if (unit > WR_UNIT_MILLISECOND) { /* coarser: digits below do not count */
			ms = round_ms(unit, ms + offset, up) - offset;
			nano = 0;
		}
		wr_ts_put(out, i, ms, nano);
	}
}

/* FLOOR or CEIL of any kind of time. */
static wr_status *round_time(struct wr_eval *eval, const struct wr_call *call, bool up,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	enum wr_unit unit = (enum wr_unit)call->plan->i64;

	if (wr_kind_is_timestamp(call->type->kind)) {
		round_timestamps(eval, call, up, arg[0], rows, out);
		return NULL;
	}
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		int64_t value = wr_int_at(arg[0], i);
		if (call->type->kind == WR_DATE)
			value = up ? wr_date_ceil(unit, value) : wr_date_floor(unit, value);
		else if (unit <= WR_UNIT_HOUR)
			value = round_ms(unit, value, up);
		WR_DATA(out, int32_t)[i] = (int32_t)value;
	}
	return NULL;
}

static wr_status *floor_time_kernel(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	return round_time(eval, call, false, arg, rows, out);
}

static wr_status *ceil_time_kernel(struct wr_eval *eval, const struct wr_call *call,
				   struct wr_column *const *arg, uint32_t rows,
				   struct wr_column *out)
{
	return round_time(eval, call, true, arg, rows, out);
}

/* Units that are no steps of a calendar (DOW, EPOCH ...) are refused. */
wr_status *wr_infer_round_time(struct wr_infer *infer, bool up)
{
	const struct wr_type *type = infer->arg[0]->type;

	WR_TRY(wr_infer_unit(infer, 1, &infer->plan->i64));
	if (type == NULL ||
	    (type->kind != WR_DATE && type->kind != WR_TIME && !wr_kind_is_timestamp(type->kind)))
		return wr_infer_mismatch(infer);
	if (infer->plan->i64 >= WR_UNIT_DOW)
		return wr_status_new(WR_USER_ERROR, "%s cannot round to %s", infer->function->name,
				     wr_unit_name((enum wr_unit)infer->plan->i64));
	wr_infer_zone(infer);
	infer->plan->kernel = up ? ceil_time_kernel : floor_time_kernel;
	infer->result = type->kind == WR_TIME ? &WR_T_TIME
					      : wr_type_time_attr(infer->arena, type, WR_TIME_NONE);
	return NULL;
}

/* --- entries --------------------------------------------------------------------------------- */

const struct wr_function wr_fn_extract = {
    .name = "EXTRACT",
    .category = "temporal",
    .syntax = "EXTRACT(unit FROM time)",
    .doc = "A part of a date, time, timestamp or interval, as BIGINT.",
    .flags = WR_F_STRICT,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_extract,
    .kernel = extract_kernel,
    .prepare = wr_zone_prepare,
    .release = wr_zone_release,
};

#define PART(id, sql, form, text)                                                                  \
	const struct wr_function id = {.name = (sql),                                              \
				       .category = "temporal",                                     \
				       .syntax = (form),                                           \
				       .doc = (text),                                              \
				       .flags = WR_F_STRICT,                                       \
				       .min_args = 1,                                              \
				       .max_args = 1,                                              \
				       .infer = infer_part,                                        \
				       .kernel = extract_kernel,                                   \
				       .prepare = wr_zone_prepare,                                 \
				       .release = wr_zone_release}

PART(wr_fn_year, "YEAR", "YEAR(date)", "The year.");
PART(wr_fn_quarter, "QUARTER", "QUARTER(date)", "The quarter, 1 to 4.");
PART(wr_fn_month, "MONTH", "MONTH(date)", "The month, 1 to 12.");
PART(wr_fn_week, "WEEK", "WEEK(date)", "The week of the year by ISO 8601, 1 to 53.");
PART(wr_fn_dayofyear, "DAYOFYEAR", "DAYOFYEAR(date)", "The day of the year, 1 to 366.");
PART(wr_fn_dayofmonth, "DAYOFMONTH", "DAYOFMONTH(date)", "The day of the month, 1 to 31.");
PART(wr_fn_dayofweek, "DAYOFWEEK", "DAYOFWEEK(date)", "The day of the week; Sunday is 1.");
PART(wr_fn_hour, "HOUR", "HOUR(timestamp)", "The hour, 0 to 23.");
PART(wr_fn_minute, "MINUTE", "MINUTE(timestamp)", "The minute, 0 to 59.");
PART(wr_fn_second, "SECOND", "SECOND(timestamp)", "The second, 0 to 59.");
