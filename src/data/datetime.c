/* SPDX-License-Identifier: Apache-2.0
 *
 * datetime - the calendar, units, and values to text. Text to values is in datetime_parse.c.
 *
 * Days <-> civil dates count in eras of 400 years (146097 days) with years that begin in March, so
 * that the leap day comes last: the usual closed form, exact for every int32_t day.
 */
#include "data/datetime.h"

#include <strings.h>

#include "base/macros.h"
#include "data/number.h"

#define DAYS_ERA         146097 /* days in 400 years */
#define DAYS_ERA_TO_1970 719468 /* from 0000-03-01 to 1970-01-01 */

/* --- the calendar
 * ---------------------------------------------------------------------------------- */

int64_t wr_days_from_civil(int64_t year, int32_t month, int32_t day)
{
	int64_t y = year - (month <= 2);
	int64_t era = wr_floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_ERA + day_of_era - DAYS_ERA_TO_1970;
}

struct wr_civil wr_civil_from_days(int64_t days)
{
	int64_t shifted = days + DAYS_ERA_TO_1970;
	int64_t era = wr_floor_div(shifted, DAYS_ERA);
	int64_t doe = shifted - era * DAYS_ERA;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int32_t month = (int32_t)(mp < 10 ? mp + 3 : mp - 9);

	return (struct wr_civil){
	    .year = yoe + era * 400 + (month <= 2),
	    .month = month,
	    .day = (int32_t)(doy - (153 * mp + 2) / 5 + 1),
	};
}

bool wr_is_leap_year(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t wr_days_in_month(int64_t year, int32_t month)
{
	static const int8_t days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	WR_ASSERT(month >= 1 && month <= 12);
	return days[month] + (month == 2 && wr_is_leap_year(year));
}

int64_t wr_date_add_months(int64_t days, int64_t months)
{
	struct wr_civil civil = wr_civil_from_days(days);
	int64_t month = civil.year * 12 + civil.month - 1 + months;
	int64_t year = wr_floor_div(month, 12);
	int32_t month_of_year = (int32_t)(month - year * 12) + 1;
	int32_t last = wr_days_in_month(year, month_of_year);

	return wr_days_from_civil(year, month_of_year, WR_MIN(civil.day, last));
}

int64_t wr_ms_add_months(int64_t ms, int64_t months)
{
	int64_t days = wr_floor_div(ms, WR_MS_DAY);

	return (int64_t)((uint64_t)wr_date_add_months(days, months) * (uint64_t)WR_MS_DAY +
			 (uint64_t)wr_floor_mod(ms, WR_MS_DAY));
}

/* The largest m such that from + m months <= to, or the smallest that reaches it exactly by
 * clamping. */
int64_t wr_date_months_between(int64_t from, int64_t to)
{
	if (to < from)
		return -wr_date_months_between(to, from);
	for (int64_t months = (to - from) / 31;; months++) {
		if (wr_date_add_months(from, months) >= to ||
		    wr_date_add_months(from, months + 1) > to)
			return months;
	}
}

int64_t wr_ms_months_between(int64_t from, int64_t to)
{
	int64_t from_day = wr_floor_div(from, WR_MS_DAY);
	int64_t to_day = wr_floor_div(to, WR_MS_DAY);
	int64_t months = wr_date_months_between(from_day, to_day);

	/* the last month is not whole when the time of day is earlier */
	if (wr_date_add_months(from_day, months) == to_day &&
	    wr_floor_mod(to, WR_MS_DAY) < wr_floor_mod(from, WR_MS_DAY))
		months--;
	return months;
}

/* --- units
 * ------------------------------------------------------------------------------------------- */

static const char *const unit_names[WR_UNIT_COUNT] = {
    [WR_UNIT_NANOSECOND] = "NANOSECOND",
    [WR_UNIT_MICROSECOND] = "MICROSECOND",
    [WR_UNIT_MILLISECOND] = "MILLISECOND",
    [WR_UNIT_SECOND] = "SECOND",
    [WR_UNIT_MINUTE] = "MINUTE",
    [WR_UNIT_HOUR] = "HOUR",
    [WR_UNIT_DAY] = "DAY",
    [WR_UNIT_WEEK] = "WEEK",
    [WR_UNIT_MONTH] = "MONTH",
    [WR_UNIT_QUARTER] = "QUARTER",
    [WR_UNIT_YEAR] = "YEAR",
    [WR_UNIT_DECADE] = "DECADE",
    [WR_UNIT_CENTURY] = "CENTURY",
    [WR_UNIT_MILLENNIUM] = "MILLENNIUM",
    [WR_UNIT_DOW] = "DOW",
    [WR_UNIT_ISODOW] = "ISODOW",
    [WR_UNIT_DOY] = "DOY",
    [WR_UNIT_ISOYEAR] = "ISOYEAR",
    [WR_UNIT_EPOCH] = "EPOCH",
};

bool wr_unit_parse(const char *text, size_t len, enum wr_unit *unit)
{
	if (len > 8 && strncasecmp(text, "SQL_TSI_", 8) == 0) {
		text += 8;
		len -= 8;
	}
	for (int i = 0; i < WR_UNIT_COUNT; i++) {
		size_t name_len = strlen(unit_names[i]);
		bool plural =
		    len == name_len + 1 && (text[name_len] == 'S' || text[name_len] == 's');
		if ((len == name_len || plural) &&
		    strncasecmp(text, unit_names[i], name_len) == 0) {
			*unit = (enum wr_unit)i;
			return true;
		}
	}
	return false;
}

const char *wr_unit_name(enum wr_unit unit)
{
	WR_ASSERT(unit < WR_UNIT_COUNT);
	return unit_names[unit];
}

/* 1: Monday .. 7: Sunday. 1970-01-01 was a Thursday. */
static int64_t iso_day_of_week(int64_t days)
{
	return wr_floor_mod(days + 3, 7) + 1;
}

/* The ISO year is the one of the Thursday of the day's week; its week 1 holds its first Thursday.
 */
static int64_t iso_week(int64_t days, int64_t *year)
{
	int64_t thursday = days - iso_day_of_week(days) + 4;

	*year = wr_civil_from_days(thursday).year;
	return (thursday - wr_days_from_civil(*year, 1, 1)) / 7 + 1;
}

/* Centuries and millennia begin with year 1. */
static int64_t century_of(int64_t year, int64_t size)
{
	return year > 0 ? (year + size - 1) / size : (year - size + 1) / size;
}

int64_t wr_date_extract(enum wr_unit unit, int64_t days)
{
	struct wr_civil civil = wr_civil_from_days(days);
	int64_t iso_year;

	switch (unit) {
	case WR_UNIT_DAY: return civil.day;
	case WR_UNIT_MONTH: return civil.month;
	case WR_UNIT_QUARTER: return (civil.month + 2) / 3;
	case WR_UNIT_YEAR: return civil.year;
	case WR_UNIT_DECADE: return civil.year / 10;
	case WR_UNIT_CENTURY: return century_of(civil.year, 100);
	case WR_UNIT_MILLENNIUM: return century_of(civil.year, 1000);
	case WR_UNIT_DOW: return iso_day_of_week(days) % 7 + 1;
	case WR_UNIT_ISODOW: return iso_day_of_week(days);
	case WR_UNIT_DOY: return days - wr_days_from_civil(civil.year, 1, 1) + 1;
	case WR_UNIT_EPOCH: return days * (WR_MS_DAY / WR_MS_SECOND);
	case WR_UNIT_WEEK: return iso_week(days, &iso_year);
	case WR_UNIT_ISOYEAR: iso_week(days, &iso_year); return iso_year;
	default: return 0; /* the time of a date is midnight */
	}
}

/* C's % and / round towards zero, as Java's do: that makes the fields before 1970 what the header
 * says. */
int64_t wr_timestamp_extract(enum wr_unit unit, int64_t ms, int32_t nano)
{
	switch (unit) {
	case WR_UNIT_NANOSECOND: return ms % WR_MS_SECOND * 1000000 + nano;
	case WR_UNIT_MICROSECOND: return ms % WR_MS_SECOND * 1000 + nano / 1000;
	case WR_UNIT_MILLISECOND: return ms % WR_MS_SECOND;
	case WR_UNIT_SECOND: return ms % WR_MS_MINUTE / WR_MS_SECOND;
	case WR_UNIT_MINUTE: return ms % WR_MS_HOUR / WR_MS_MINUTE;
	case WR_UNIT_HOUR: return ms % WR_MS_DAY / WR_MS_HOUR;
	case WR_UNIT_EPOCH: return ms / WR_MS_SECOND;
	default: return wr_date_extract(unit, ms / WR_MS_DAY);
	}
}

int64_t wr_time_extract(enum wr_unit unit, int32_t ms)
{
	return unit <= WR_UNIT_HOUR || unit == WR_UNIT_EPOCH ? wr_timestamp_extract(unit, ms, 0)
							     : 0;
}

/* First day of the unit that holds the day (WEEK and larger). */
static int64_t days_floor(enum wr_unit unit, int64_t days)
{
	struct wr_civil civil = wr_civil_from_days(days);
	int64_t year = civil.year;

	switch (unit) {
	case WR_UNIT_WEEK: return days - iso_day_of_week(days) % 7;
	case WR_UNIT_MONTH: return wr_days_from_civil(year, civil.month, 1);
	case WR_UNIT_QUARTER: return wr_days_from_civil(year, (civil.month - 1) / 3 * 3 + 1, 1);
	case WR_UNIT_YEAR: return wr_days_from_civil(year, 1, 1);
	case WR_UNIT_DECADE: return wr_days_from_civil(year / 10 * 10, 1, 1);
	case WR_UNIT_CENTURY: return wr_days_from_civil((year + 99) / 100 * 100 - 99, 1, 1);
	case WR_UNIT_MILLENNIUM: return wr_days_from_civil((year + 999) / 1000 * 1000 - 999, 1, 1);
	default: return days;
	}
}

/* First day of the next unit, or the day itself where the unit says so (see the header for what is
 * odd). */
static int64_t days_ceil(enum wr_unit unit, int64_t days)
{
	struct wr_civil civil = wr_civil_from_days(days);
	int64_t year = civil.year;
	bool new_year = civil.month == 1 && civil.day == 1;

	switch (unit) {
	case WR_UNIT_WEEK: return days + (7 - iso_day_of_week(days));
	case WR_UNIT_MONTH:
		return civil.day == 1
			   ? days
			   : wr_date_add_months(wr_days_from_civil(year, civil.month, 1), 1);
	case WR_UNIT_QUARTER:
		return new_year ? days : wr_date_add_months(days_floor(WR_UNIT_QUARTER, days), 3);
	case WR_UNIT_YEAR: return wr_days_from_civil(year + !new_year, 1, 1);
	case WR_UNIT_DECADE: return wr_days_from_civil((year / 10 + 1) * 10, 1, 1);
	case WR_UNIT_CENTURY: return wr_days_from_civil((year + 99) / 100 * 100 + 1, 1, 1);
	case WR_UNIT_MILLENNIUM: return wr_days_from_civil((year + 999) / 1000 * 1000 + 1, 1, 1);
	default: return days;
	}
}

/* Milliseconds of the units whose length is fixed; 0 for the others. */
static int64_t unit_ms(enum wr_unit unit)
{
	switch (unit) {
	case WR_UNIT_SECOND: return WR_MS_SECOND;
	case WR_UNIT_MINUTE: return WR_MS_MINUTE;
	case WR_UNIT_HOUR: return WR_MS_HOUR;
	case WR_UNIT_DAY: return WR_MS_DAY;
	default: return 0;
	}
}

int64_t wr_ms_floor(enum wr_unit unit, int64_t ms)
{
	int64_t size = unit_ms(unit);

	if (unit < WR_UNIT_SECOND)
		return ms;
	if (size != 0)
		return wr_floor_div(ms, size) * size;
	return days_floor(unit, ms / WR_MS_DAY) * WR_MS_DAY;
}

int64_t wr_ms_ceil(enum wr_unit unit, int64_t ms)
{
	int64_t size = unit_ms(unit);

	if (unit < WR_UNIT_SECOND)
		return ms;
	if (size != 0)
		return -wr_floor_div(-ms, size) * size;
	return days_ceil(unit, ms / WR_MS_DAY) * WR_MS_DAY;
}

wr_i128 wr_ns_floor(enum wr_unit unit, wr_i128 ns)
{
	int32_t nano;
	int64_t ms = wr_ns_split(ns, &nano);

	if (unit == WR_UNIT_NANOSECOND)
		return ns;
	if (unit == WR_UNIT_MICROSECOND)
		return ns - nano % 1000;
	return wr_ns_join(wr_ms_floor(unit, ms), 0);
}

/* Only MILLISECOND looks at the nanoseconds; larger units count from the whole milliseconds. */
wr_i128 wr_ns_ceil(enum wr_unit unit, wr_i128 ns)
{
	int32_t nano;
	int64_t ms = wr_ns_split(ns, &nano);

	if (unit == WR_UNIT_NANOSECOND)
		return ns;
	if (unit == WR_UNIT_MICROSECOND)
		return ns + (1000 - nano % 1000) % 1000;
	if (unit == WR_UNIT_MILLISECOND)
		return wr_ns_join(ms + (nano != 0), 0);
	return wr_ns_join(wr_ms_ceil(unit, ms), 0);
}

int64_t wr_date_floor(enum wr_unit unit, int64_t days)
{
	return days_floor(unit, days);
}

int64_t wr_date_ceil(enum wr_unit unit, int64_t days)
{
	return unit == WR_UNIT_DAY ? days + 1 : days_ceil(unit, days);
}

void wr_timestamp_cut(int precision, int64_t *ms, int32_t *nano)
{
	static const int32_t pow10[] = {1, 10, 100, 1000, 10000, 100000};

	if (precision >= 9)
		return;
	if (precision > 3) {
		*nano -= *nano % pow10[9 - precision];
		return;
	}
	*nano = 0;
	*ms -= wr_floor_mod(*ms, pow10[3 - precision]);
}

void wr_timestamp_cast(int precision, int64_t *ms, int32_t *nano)
{
	static const int32_t pow10[] = {1, 10, 100, 1000};

	if (precision > 3) {
		wr_timestamp_cut(precision, ms, nano);
		return;
	}
	*nano = 0;
	*ms -= *ms % pow10[3 - precision];
}

/* --- text out
 * ---------------------------------------------------------------------------------------- */

static char *put2(char *out, int32_t value)
{
	out[0] = (char)('0' + value / 10 % 10);
	out[1] = (char)('0' + value % 10);
	return out + 2;
}

/* Four digits of the year; a year before 0 gets a sign. */
static char *put_date(char *out, int64_t days)
{
	struct wr_civil civil = wr_civil_from_days(days);
	int64_t year = civil.year;

	if (year < 0) {
		*out++ = '-';
		year = -year;
	}
	out = put2(out, (int32_t)(year / 100 % 100));
	out = put2(out, (int32_t)(year % 100));
	*out++ = '-';
	out = put2(out, civil.month);
	*out++ = '-';
	return put2(out, civil.day);
}

/* ms of the day, 0..86399999 (hours beyond 23 are printed as they are) */
static char *put_time(char *out, int32_t ms)
{
	out = put2(out, ms / WR_MS_HOUR);
	*out++ = ':';
	out = put2(out, ms / WR_MS_MINUTE % 60);
	*out++ = ':';
	return put2(out, ms / WR_MS_SECOND % 60);
}

/* `digits` digits of a fraction given in nanoseconds. */
static char *put_fraction(char *out, int32_t nanos, int digits)
{
	int32_t unit = 100000000;

	*out++ = '.';
	for (int i = 0; i < digits; i++, unit /= 10)
		*out++ = (char)('0' + nanos / unit % 10);
	return out;
}

static size_t finish(char *out, char *end)
{
	*end = '\0';
	WR_ASSERT(end - out < WR_TIME_TEXT_MAX);
	return (size_t)(end - out);
}

size_t wr_date_print(char *out, int64_t days)
{
	return finish(out, put_date(out, days));
}

/* A negative time counts back from midnight. Digits stop where only zeros follow, but there is
 * always one. */
size_t wr_time_print(char *out, int32_t ms, int precision)
{
	if (ms < 0)
		ms = (int32_t)wr_floor_mod(ms, WR_MS_DAY);
	char *end = put_time(out, ms);
	int32_t rest = ms % WR_MS_SECOND;
	if (precision > 0) {
		*end++ = '.';
		do {
			*end++ = (char)('0' + rest / 100);
			rest = rest % 100 * 10;
		} while (rest != 0 && --precision > 0);
	}
	return finish(out, end);
}

size_t wr_timestamp_print(char *out, int64_t ms, int32_t nano, int precision)
{
	int64_t days = wr_floor_div(ms, WR_MS_DAY);
	int32_t rest = (int32_t)wr_floor_mod(ms, WR_MS_DAY);
	char *end = put_date(out, days);

	*end++ = ' ';
	end = put_time(end, rest);
	if (precision > 0)
		end = put_fraction(end, rest % WR_MS_SECOND * WR_NS_MS + nano, precision);
	return finish(out, end);
}

/* Digits of a fraction without its trailing zeros. */
static int fraction_digits(int32_t nanos)
{
	int digits = 9;

	while (digits > 0 && nanos % 10 == 0) {
		nanos /= 10;
		digits--;
	}
	return digits;
}

size_t wr_timestamp_print_short(char *out, int64_t ms, int32_t nano, char separator,
				const char *suffix)
{
	int64_t days = wr_floor_div(ms, WR_MS_DAY);
	int32_t rest = (int32_t)wr_floor_mod(ms, WR_MS_DAY);
	int32_t nanos = rest % WR_MS_SECOND * WR_NS_MS + nano;
	char *end = put_date(out, days);

	*end++ = separator;
	end = put_time(end, rest);
	if (nanos != 0)
		end = put_fraction(end, nanos, fraction_digits(nanos));
	while (*suffix != '\0')
		*end++ = *suffix++;
	return finish(out, end);
}

size_t wr_time_print_short(char *out, int32_t ms)
{
	ms = (int32_t)wr_floor_mod(ms, WR_MS_DAY);
	char *end = put_time(out, ms);
	int32_t nanos = ms % WR_MS_SECOND * WR_NS_MS;
	if (nanos != 0)
		end = put_fraction(end, nanos, fraction_digits(nanos));
	return finish(out, end);
}

size_t wr_interval_month_print(char *out, int64_t months)
{
	uint64_t rest = months < 0 ? 0 - (uint64_t)months : (uint64_t)months;
	char *end = out;

	*end++ = months < 0 ? '-' : '+';
	end += wr_i64_print(end, (int64_t)(rest / 12));
	*end++ = '-';
	return finish(out, put2(end, (int32_t)(rest % 12)));
}

size_t wr_interval_day_print(char *out, int64_t ms)
{
	uint64_t rest = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	int32_t time = (int32_t)(rest % WR_MS_DAY);
	char *end = out;

	*end++ = ms < 0 ? '-' : '+';
	end += wr_i64_print(end, (int64_t)(rest / WR_MS_DAY));
	*end++ = ' ';
	end = put_time(end, time);
	return finish(out, put_fraction(end, time % WR_MS_SECOND * WR_NS_MS, 3));
}
