/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_in_time - dates, times, timestamps and intervals out of Arrow.
 *
 * Every unit becomes ours by one multiplication or one division that rounds down, and then loses
 * what is finer than the column's precision, as Flink's CAST does. A timestamp with a zone is an
 * instant (the zone only says how to show it) and goes into TIMESTAMP_LTZ; one without goes into
 * TIMESTAMP: to take one for the other would move it by the offset of some zone, and nobody said
 * which.
 */
#include <stdio.h>

#include "data/arrow_in.h"
#include "data/datetime.h"

#define NS_PER_SECOND   1000000000
#define MS_PER_SECOND   1000
#define MS_PER_DAY      86400000
#define PRECISION_OF_MS 3
#define PRECISION_MAX   9

/* The first value of the rows. */
static wr_status *values_of(const struct wr_arrow_source *source, uint32_t width,
			    const char **values)
{
	const void *data;

	WR_TRY(wr_arrow_in_buffer(source, 1, &data));
	*values = (const char *)data + (source->rows != 0 ? source->start * width : 0);
	return NULL;
}

static inline int64_t i64_at(const char *values, size_t i)
{
	int64_t value;

	memcpy(&value, values + i * sizeof value, sizeof value);
	return value;
}

static inline int32_t i32_at(const char *values, size_t i)
{
	int32_t value;

	memcpy(&value, values + i * sizeof value, sizeof value);
	return value;
}

static wr_status *out_of_range(const struct wr_arrow_source *source, uint32_t row, int64_t value)
{
	char text[40];

	snprintf(text, sizeof text, "%lld is out of range", (long long)value);
	return wr_arrow_in_misfit(source, row, text);
}

/* How many of the smallest unit (10^-digits seconds) make one of the precision. */
static int64_t unit_of(int digits, int precision)
{
	int64_t unit = 1;

	for (int i = precision; i < digits; i++)
		unit *= 10;
	return unit;
}

/* --- DATE and TIME --- */

wr_status *wr_arrow_in_date(const struct wr_arrow_source *source, struct wr_column **column)
{
	const char *values;

	if (source->format.kind != WR_ARROW_DATE)
		return wr_arrow_in_refuse(source, NULL);
	WR_TRY(values_of(source, source->format.bits / 8, &values));
	if (source->format.bits == 32) {
		*column = wr_arrow_in_share(source, values);
		return NULL;
	}
	*column = wr_arrow_in_new(source);
	for (uint32_t i = 0; i < source->rows; i++) {
		int64_t ms = wr_arrow_is_valid(source, i) ? i64_at(values, i) : 0;
		int64_t days = wr_floor_div(ms, MS_PER_DAY);

		if (days != (int32_t)days)
			return out_of_range(source, i, ms);
		WR_DATA(*column, int32_t)[i] = (int32_t)days;
	}
	return NULL;
}

wr_status *wr_arrow_in_time(const struct wr_arrow_source *source, struct wr_column **column)
{
	int64_t per_second = source->format.per_second;
	int precision = WR_MIN(source->type->precision, PRECISION_OF_MS);
	int64_t unit = unit_of(PRECISION_OF_MS, precision);
	const char *values;

	if (source->format.kind != WR_ARROW_TIME)
		return wr_arrow_in_refuse(source, NULL);
	WR_TRY(values_of(source, source->format.bits / 8, &values));
	*column = wr_arrow_in_new(source);
	for (uint32_t i = 0; i < source->rows; i++) {
		int64_t value = source->format.bits == 32 ? i32_at(values, i) : i64_at(values, i);
		int64_t ms;

		value = wr_arrow_is_valid(source, i) ? value : 0;
		if (value < 0 || value / per_second >= MS_PER_DAY / MS_PER_SECOND)
			return out_of_range(source, i, value);
		ms = per_second > MS_PER_SECOND ? value / (per_second / MS_PER_SECOND)
						: value * (MS_PER_SECOND / per_second);
		WR_DATA(*column, int32_t)[i] = (int32_t)(ms - ms % unit);
	}
	return NULL;
}

/* --- TIMESTAMP and TIMESTAMP_LTZ --- */

/* As milliseconds, of a precision of up to 3. */
static wr_status *timestamps_ms(const struct wr_arrow_source *source, const char *values,
				struct wr_column *column)
{
	int64_t per_second = source->format.per_second;
	int64_t up = per_second < MS_PER_SECOND ? MS_PER_SECOND / per_second : 1;
	int64_t down = per_second > MS_PER_SECOND ? per_second / MS_PER_SECOND : 1;
	int64_t unit = unit_of(PRECISION_OF_MS, source->type->precision);
	int64_t *to = column->data;

	for (uint32_t i = 0; i < source->rows; i++) {
		int64_t value = wr_arrow_is_valid(source, i) ? i64_at(values, i) : 0;
		int64_t ms;

		if (__builtin_mul_overflow(down != 1 ? wr_floor_div(value, down) : value, up,
					   &ms) ||
		    ms < INT64_MIN + unit)
			return out_of_range(source, i, value);
		to[i] = unit == 1 ? ms : ms - wr_floor_mod(ms, unit);
	}
	return NULL;
}

/* As nanoseconds, of a precision of 4 to 9. */
static wr_status *timestamps_ns(const struct wr_arrow_source *source, const char *values,
				struct wr_column *column)
{
	int64_t per_second = source->format.per_second;
	int64_t unit = unit_of(PRECISION_MAX, source->type->precision); /* in nanoseconds */
	int64_t up = NS_PER_SECOND / per_second;
	int64_t cut = unit / up; /* in the units of the values */
	wr_i128 *to = column->data;

	for (uint32_t i = 0; i < source->rows; i++) {
		int64_t value = wr_arrow_is_valid(source, i) ? i64_at(values, i) : 0;

		if (per_second == 1 && (value > INT64_MAX / MS_PER_SECOND - 1 ||
					value < INT64_MIN / MS_PER_SECOND + 1))
			return out_of_range(source, i, value);
		to[i] = (wr_i128)value * up;
		if (cut > 1)
			to[i] -= wr_floor_mod(value, cut) * up;
	}
	return NULL;
}

wr_status *wr_arrow_in_timestamp(const struct wr_arrow_source *source, struct wr_column **column)
{
	bool is_instant = source->type->kind == WR_TIMESTAMP_LTZ;
	int precision = source->type->precision;
	const char *values;

	if (source->format.kind != WR_ARROW_TIMESTAMP)
		return wr_arrow_in_refuse(source, NULL);
	if (is_instant && source->format.zone[0] == '\0')
		return wr_arrow_in_refuse(source,
					  "It has no time zone: give it one (UTC) before, or "
					  "declare the column as TIMESTAMP");
	if (!is_instant && source->format.zone[0] != '\0')
		return wr_arrow_in_refuse(source, "It has a time zone, and so is an instant: "
						  "declare the column as TIMESTAMP_LTZ, or "
						  "convert it to local time before");
	WR_TRY(values_of(source, sizeof(int64_t), &values));
	if (precision == PRECISION_OF_MS && source->format.per_second == MS_PER_SECOND) {
		*column = wr_arrow_in_share(source, values);
		return NULL;
	}
	*column = wr_arrow_in_new(source);
	return precision <= PRECISION_OF_MS ? timestamps_ms(source, values, *column)
					    : timestamps_ns(source, values, *column);
}

/* --- intervals --- */

wr_status *wr_arrow_in_months(const struct wr_arrow_source *source, struct wr_column **column)
{
	const char *values;

	if (source->format.kind != WR_ARROW_MONTHS &&
	    source->format.kind != WR_ARROW_MONTH_DAY_NANO)
		return wr_arrow_in_refuse(source, NULL);
	if (source->format.kind == WR_ARROW_MONTHS) {
		WR_TRY(values_of(source, sizeof(int32_t), &values));
		*column = wr_arrow_in_share(source, values);
		return NULL;
	}
	WR_TRY(values_of(source, 2 * sizeof(int64_t), &values));
	*column = wr_arrow_in_new(source);
	for (uint32_t i = 0; i < source->rows; i++) {
		bool counts = wr_arrow_is_valid(source, i);

		if (counts && (i32_at(values, (size_t)4 * i + 1) != 0 ||
			       i64_at(values, (size_t)2 * i + 1) != 0))
			return wr_arrow_in_misfit(source, i, "it has days or nanoseconds");
		WR_DATA(*column, int32_t)[i] = counts ? i32_at(values, (size_t)4 * i) : 0;
	}
	return NULL;
}

/* Days and nanoseconds as milliseconds. */
static int64_t ms_of(int64_t days, int64_t ns)
{
	return days * MS_PER_DAY + wr_floor_div(ns, NS_PER_SECOND / MS_PER_SECOND);
}

/* The interval at a position in milliseconds; false: out of range, or there are months in it. */
static bool interval_ms(const struct wr_arrow_source *source, const char *values, uint32_t i,
			int64_t *ms)
{
	int64_t per_second = source->format.per_second;

	switch (source->format.kind) {
	case WR_ARROW_DAY_TIME:
		*ms = (int64_t)i32_at(values, (size_t)2 * i) * MS_PER_DAY +
		      i32_at(values, (size_t)2 * i + 1);
		return true;
	case WR_ARROW_MONTH_DAY_NANO:
		*ms = ms_of(i32_at(values, (size_t)4 * i + 1), i64_at(values, (size_t)2 * i + 1));
		return i32_at(values, (size_t)4 * i) == 0;
	default:
		if (per_second > MS_PER_SECOND) {
			*ms = wr_floor_div(i64_at(values, i), per_second / MS_PER_SECOND);
			return true;
		}
		return !__builtin_mul_overflow(i64_at(values, i), MS_PER_SECOND / per_second, ms);
	}
}

wr_status *wr_arrow_in_duration(const struct wr_arrow_source *source, struct wr_column **column)
{
	enum wr_arrow_kind kind = source->format.kind;
	const char *values;

	if (kind != WR_ARROW_DURATION && kind != WR_ARROW_DAY_TIME &&
	    kind != WR_ARROW_MONTH_DAY_NANO)
		return wr_arrow_in_refuse(source, NULL);
	WR_TRY(values_of(source, kind == WR_ARROW_MONTH_DAY_NANO ? 16 : 8, &values));
	if (kind == WR_ARROW_DURATION && source->format.per_second == MS_PER_SECOND) {
		*column = wr_arrow_in_share(source, values);
		return NULL;
	}
	*column = wr_arrow_in_new(source);
	for (uint32_t i = 0; i < source->rows; i++) {
		int64_t ms = 0;

		if (wr_arrow_is_valid(source, i) && !interval_ms(source, values, i, &ms))
			return wr_arrow_in_misfit(source, i, "it has months, or is out of range");
		WR_DATA(*column, int64_t)[i] = ms;
	}
	return NULL;
}
