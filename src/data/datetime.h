/* SPDX-License-Identifier: Apache-2.0
 *
 * datetime - dates, times of day, timestamps and intervals: calendar arithmetic, text forms, units.
 *
 * Values as in type.h: DATE is days since 1970-01-01, TIME milliseconds of the day, TIMESTAMP(p <=
 * 3) milliseconds, TIMESTAMP(p > 3) nanoseconds in a wr_i128, intervals months or milliseconds. The
 * calendar is the proleptic Gregorian one. Most functions take a timestamp as (ms, nano): `nano` is
 * 0..999999, the nanoseconds within the millisecond; wr_ns_split and wr_ns_join convert.
 *
 * Nothing here knows time zones (zone.h does). Thread: pure functions, no allocation.
 */
#ifndef WR_DATA_DATETIME_H
#define WR_DATA_DATETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "data/type.h"

#define WR_MS_SECOND 1000
#define WR_MS_MINUTE 60000
#define WR_MS_HOUR   3600000
#define WR_MS_DAY    86400000
#define WR_NS_MS     1000000

#define WR_TIME_TEXT_MAX                                                                           \
	64 /* bytes of the longest printed date, time, timestamp or interval, NUL included */

/* --- the calendar */

struct wr_civil {
	int64_t year;  /* astronomical: 0 is 1 BC */
	int32_t month; /* 1..12 */
	int32_t day;   /* 1..31 */
};
/* Days since 1970-01-01. Month and day must be in range (not checked). */
int64_t wr_days_from_civil(int64_t year, int32_t month, int32_t day);
struct wr_civil wr_civil_from_days(int64_t days);
bool wr_is_leap_year(int64_t year);
/* 28..31 */
int32_t wr_days_in_month(int64_t year, int32_t month);

/* Quotient and remainder rounded down: the remainder is never negative. */
static inline int64_t wr_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && (a % b < 0) != (b < 0));
}
static inline int64_t wr_floor_mod(int64_t a, int64_t b)
{
	int64_t rest = a % b;

	return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/* Nanoseconds since 1970 <-> (ms, nano within the ms). */
static inline int64_t wr_ns_split(wr_i128 ns, int32_t *nano)
{
	if (ns >= INT64_MIN &&
	    ns <= INT64_MAX) { /* 64-bit division where it suffices: years 1678..2261 */
		int64_t ms = wr_floor_div((int64_t)ns, WR_NS_MS);
		*nano = (int32_t)((int64_t)ns - ms * WR_NS_MS);
		return ms;
	}
	wr_i128 ms = ns / WR_NS_MS - (ns % WR_NS_MS < 0);
	*nano = (int32_t)(ns - ms * WR_NS_MS);
	return (int64_t)ms;
}
static inline wr_i128 wr_ns_join(int64_t ms, int32_t nano)
{
	return (wr_i128)ms * WR_NS_MS + nano;
}

/* Adds calendar months; the day is clamped to the length of the month it lands in. What 64 bits of
 * ms do not hold wraps around, as Java's sums do. */
int64_t wr_date_add_months(int64_t days, int64_t months);
int64_t wr_ms_add_months(int64_t ms, int64_t months);
/* Whole months from `from` to `to` (negative when `to` is earlier): TIMESTAMPDIFF(MONTH, from, to).
 */
int64_t wr_date_months_between(int64_t from, int64_t to);
int64_t wr_ms_months_between(int64_t from, int64_t to);

/* --- units */

enum wr_unit {
	WR_UNIT_NANOSECOND,
	WR_UNIT_MICROSECOND,
	WR_UNIT_MILLISECOND,
	WR_UNIT_SECOND,
	WR_UNIT_MINUTE,
	WR_UNIT_HOUR,
	WR_UNIT_DAY,
	WR_UNIT_WEEK, /* EXTRACT: ISO week of the year; FLOOR and CEIL: weeks begin on Sunday */
	WR_UNIT_MONTH,
	WR_UNIT_QUARTER,
	WR_UNIT_YEAR,
	WR_UNIT_DECADE,
	WR_UNIT_CENTURY,
	WR_UNIT_MILLENNIUM,
	WR_UNIT_DOW,    /* Sunday is 1 */
	WR_UNIT_ISODOW, /* Monday is 1 */
	WR_UNIT_DOY,
	WR_UNIT_ISOYEAR,
	WR_UNIT_EPOCH, /* seconds since 1970 */
	WR_UNIT_COUNT
};
/* "YEAR", "year", also plural and SQL_TSI_ forms; false: no such unit. */
bool wr_unit_parse(const char *text, size_t len, enum wr_unit *unit);
/* "YEAR" */
const char *wr_unit_name(enum wr_unit unit);

/* EXTRACT(unit FROM ...). Before 1970 a timestamp's time fields are negative and its date fields
 * are those of the day nearer to 1970: Flink's answers. A DATE has no such quirk. */
int64_t wr_timestamp_extract(enum wr_unit unit, int64_t ms, int32_t nano);
int64_t wr_date_extract(enum wr_unit unit, int64_t days);
int64_t wr_time_extract(enum wr_unit unit, int32_t ms);

/* FLOOR(value TO unit) and CEIL; units below the value's resolution leave it as it is. From WEEK on
 * only the day of a timestamp counts (CEIL of a Sunday noon TO WEEK is that Sunday), CEIL of a DATE
 * TO DAY is the next day, and CEIL TO QUARTER moves on even from the first day of a quarter other
 * than January: Flink's answers. */
int64_t wr_ms_floor(enum wr_unit unit, int64_t ms);
int64_t wr_ms_ceil(enum wr_unit unit, int64_t ms);
wr_i128 wr_ns_floor(enum wr_unit unit, wr_i128 ns);
wr_i128 wr_ns_ceil(enum wr_unit unit, wr_i128 ns);
int64_t wr_date_floor(enum wr_unit unit, int64_t days);
int64_t wr_date_ceil(enum wr_unit unit, int64_t days);

/* --- text in */

/* As Flink's CAST from STRING does (spaces around are skipped, '2020-1-1' and '12:3' are accepted);
 * false: not one. */
bool wr_date_parse(const char *text, size_t len, int32_t *days);
/* Milliseconds of the day, rounded at the fourth digit; "12:34:56+08:00" adds the offset. Fields
 * are not checked against their ranges (25:00:00 is a value), as in Flink. */
bool wr_time_parse(const char *text, size_t len, int32_t *ms);
/* "date" or "date time" with up to nine digits of fraction. Not cut to any precision: see
 * wr_timestamp_cut. */
bool wr_timestamp_parse(const char *text, size_t len, int64_t *ms, int32_t *nano);
/* Cuts a parsed value to `precision` digits of fraction, 0..9, towards the past. */
void wr_timestamp_cut(int precision, int64_t *ms, int32_t *nano);
/* CAST between precisions: as Flink does, towards 1970 (so before it, .789 to one digit is .8). */
void wr_timestamp_cast(int precision, int64_t *ms, int32_t *nano);

/* The strict forms of JSON and CSV: "YYYY-MM-DD?HH:MM:SS[.f{1,9}]" with `separator` for '?', and a
 * 'Z' at the end when `zulu`. The usual lengths 19 and 23 take a path without loops. With separator
 * 'T' the seconds may be missing (ISO). */
bool wr_timestamp_read(const char *text, size_t len, char separator, bool zulu, int64_t *ms,
		       int32_t *nano);
/* "YYYY-MM-DD", strict. */
bool wr_date_read(const char *text, size_t len, int32_t *days);
/* "HH:MM:SS[.f{1,9}]", strict; with `iso` the seconds may be missing. `zulu`: a 'Z' at the end. */
bool wr_time_read(const char *text, size_t len, bool iso, bool zulu, int32_t *ms);

/* The quoted text of INTERVAL '...' between `from` and `to` (equal for a single unit): "1
 * 02:03:04.5", "-1-2", "90". Gives months for YEAR/QUARTER/MONTH, else milliseconds. `precision` of
 * the leading field: as written, at most 18 digits. */
bool wr_interval_parse(const char *text, size_t len, enum wr_unit from, enum wr_unit to,
		       int64_t *value);

/* --- text out */

/* All print into `out` (WR_TIME_TEXT_MAX bytes), NUL-terminate, and return the length. */
size_t wr_date_print(char *out, int64_t days);              /* 2024-02-29 */
size_t wr_time_print(char *out, int32_t ms, int precision); /* 12:34:56[.fff] */
size_t wr_timestamp_print(char *out, int64_t ms, int32_t nano,
			  int precision); /* exactly `precision` digits */
/* "2024-02-29T12:34:56.12": the fraction without trailing zeros, `separator` between date and time,
 * `suffix` ("" or "Z") behind: the encoders' form. With separator 'T' seconds and fraction as ISO
 * prints them. */
size_t wr_timestamp_print_short(char *out, int64_t ms, int32_t nano, char separator,
				const char *suffix);
/* "12:34:56.7", fraction without trailing zeros. */
size_t wr_time_print_short(char *out, int32_t ms);
size_t wr_interval_month_print(char *out, int64_t months); /* +1-02 */
size_t wr_interval_day_print(char *out, int64_t ms);       /* +1 02:03:04.000 */

#endif
