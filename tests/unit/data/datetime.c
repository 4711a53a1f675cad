/* SPDX-License-Identifier: Apache-2.0
 *
 * datetime - tests: the calendar day by day, Flink's answers for units and casts, the strict forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "data/datetime.h"
#include "time_casts.h"
#include "time_units.h"

/* Every day from 0001-01-01 to 9999-12-31, counted along. */
static void calendar_round_trips(void **state)
{
	int64_t days = wr_days_from_civil(1, 1, 1);

	(void)state;
	assert_int_equal(days, -719162);
	assert_int_equal(wr_days_from_civil(1970, 1, 1), 0);
	for (int64_t year = 1; year <= 9999; year++) {
		for (int32_t month = 1; month <= 12; month++) {
			int32_t last = wr_days_in_month(year, month);
			for (int32_t day = 1; day <= last; day++, days++) {
				struct wr_civil civil = wr_civil_from_days(days);
				if (civil.year != year || civil.month != month ||
				    civil.day != day ||
				    wr_days_from_civil(year, month, day) != days)
					fail_msg("%d-%d-%d", (int)year, month, day);
			}
		}
	}
	assert_int_equal(days, 2932897);
}

static void adds_months(void **state)
{
	(void)state;
	int64_t leap = wr_days_from_civil(2024, 2, 29);
	assert_int_equal(wr_date_add_months(leap, 12), wr_days_from_civil(2025, 2, 28));
	assert_int_equal(wr_date_add_months(leap, 48), wr_days_from_civil(2028, 2, 29));
	assert_int_equal(wr_date_add_months(wr_days_from_civil(2024, 1, 31), 1), leap);
	assert_int_equal(wr_date_add_months(wr_days_from_civil(2024, 1, 31), -2),
			 wr_days_from_civil(2023, 11, 30));
	assert_int_equal(wr_ms_add_months(-1, 1),
			 wr_days_from_civil(1970, 1, 31) * WR_MS_DAY + WR_MS_DAY - 1);
	/* 4800 months are 400 years of 146097 days, always */
	assert_int_equal(wr_ms_add_months(INT64_MIN, -4800), INT64_MAX - 146097ll * WR_MS_DAY + 1);
	assert_int_equal(wr_date_months_between(wr_days_from_civil(2024, 1, 31), leap), 1);
	assert_int_equal(wr_date_months_between(leap, wr_days_from_civil(2024, 1, 31)), -1);
	assert_int_equal(wr_ms_months_between(WR_MS_HOUR, 31ll * WR_MS_DAY), 0);
	assert_int_equal(wr_ms_months_between(0, 31ll * WR_MS_DAY), 1);
}

static void split_input(const char *text, int64_t *ms, int32_t *nano)
{
	if (!wr_timestamp_parse(text, strlen(text), ms, nano))
		fail_msg("'%s' is no timestamp", text);
}

static int64_t parse_number(const char *text)
{
	return strtoll(text, NULL, 10);
}

static void extracts_as_flink(void **state)
{
	(void)state;
	for (size_t i = 0; i < WR_COUNT(time_inputs); i++) {
		int64_t ms;
		int32_t nano;
		split_input(time_inputs[i], &ms, &nano);
		for (int unit = 0; unit < WR_UNIT_COUNT; unit++) {
			int64_t got = wr_timestamp_extract((enum wr_unit)unit, ms, nano);
			if (got != parse_number(extract_9[i][unit]))
				fail_msg("%s of %s: %lld, not %s", wr_unit_name((enum wr_unit)unit),
					 time_inputs[i], (long long)got, extract_9[i][unit]);
		}
		for (int unit = WR_UNIT_DAY; unit < WR_UNIT_COUNT; unit++) {
			const char *want = extract_date[i][unit - WR_UNIT_DAY];
			int64_t got =
			    wr_date_extract((enum wr_unit)unit, wr_floor_div(ms, WR_MS_DAY));
			if (got != parse_number(want))
				fail_msg("%s of date %s: %lld, not %s",
					 wr_unit_name((enum wr_unit)unit), time_inputs[i],
					 (long long)got, want);
		}
	}
}

static const enum wr_unit round_units[] = {
    WR_UNIT_MILLISECOND, WR_UNIT_SECOND, WR_UNIT_MINUTE,  WR_UNIT_HOUR,
    WR_UNIT_DAY,         WR_UNIT_WEEK,   WR_UNIT_MONTH,   WR_UNIT_QUARTER,
    WR_UNIT_YEAR,        WR_UNIT_DECADE, WR_UNIT_CENTURY, WR_UNIT_MILLENNIUM};

static void compare_text(const char *what, size_t input, size_t unit, const char *got,
			 const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("%s %s of %s: %s, not %s", what, wr_unit_name(round_units[unit]),
			 time_inputs[input], got, want);
}

static void rounds_as_flink(void **state)
{
	char text[WR_TIME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < WR_COUNT(time_inputs); i++) {
		int64_t ms;
		int32_t nano;
		split_input(time_inputs[i], &ms, &nano);
		for (size_t u = 0; u < WR_COUNT(round_units); u++) {
			enum wr_unit unit = round_units[u];
			int32_t rest;
			if (floor_3[i][u] != NULL) {
				wr_timestamp_print(text, wr_ms_floor(unit, ms), 0, 3);
				compare_text("floor", i, u, text, floor_3[i][u]);
				int64_t whole =
				    wr_ns_split(wr_ns_floor(unit, wr_ns_join(ms, nano)), &rest);
				wr_timestamp_print(text, whole, rest, 9);
				compare_text("floor ns", i, u, text, floor_9[i][u]);
				wr_date_print(text,
					      wr_date_floor(unit, wr_floor_div(ms, WR_MS_DAY)));
				compare_text("floor date", i, u, text, floor_date[i][u]);
			}
			if (ceil_3[i][u] != NULL) {
				wr_timestamp_print(text, wr_ms_ceil(unit, ms), 0, 3);
				compare_text("ceil", i, u, text, ceil_3[i][u]);
				int64_t whole =
				    wr_ns_split(wr_ns_ceil(unit, wr_ns_join(ms, nano)), &rest);
				wr_timestamp_print(text, whole, rest, 9);
				compare_text("ceil ns", i, u, text, ceil_9[i][u]);
				wr_date_print(text,
					      wr_date_ceil(unit, wr_floor_div(ms, WR_MS_DAY)));
				compare_text("ceil date", i, u, text, ceil_date[i][u]);
			}
		}
	}
}

static void check_cast(const char *what, const char *input, bool ok, const char *got,
		       const char *want)
{
	if (ok != (want != NULL) || (ok && strcmp(got, want) != 0))
		fail_msg("'%s' as %s: %s, not %s", input, what, ok ? got : "NULL",
			 want != NULL ? want : "NULL");
}

static void casts_as_flink(void **state)
{
	char text[WR_TIME_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < WR_COUNT(time_casts); i++) {
		const struct time_cast *c = &time_casts[i];
		size_t len = strlen(c->text);
		int32_t days = 0, time = 0, nano = 0;
		int64_t ms = 0;
		bool ok = wr_date_parse(c->text, len, &days);
		wr_date_print(text, days);
		check_cast("DATE", c->text, ok, text, c->date);
		ok = wr_time_parse(c->text, len, &time);
		wr_time_print(text, time, 0);
		check_cast("TIME", c->text, ok, text, c->time);
		ok = wr_timestamp_parse(c->text, len, &ms, &nano);
		wr_timestamp_print(text, ms, nano, 9);
		check_cast("TIMESTAMP", c->text, ok, text, c->timestamp);
	}
}

static void check_read(const char *input, char separator, bool zulu, const char *want)
{
	char text[WR_TIME_TEXT_MAX] = "";
	/* a copy without room behind it, so that reading past the end shows */
	size_t len = strlen(input);
	char *copy = test_malloc(len != 0 ? len : 1);
	int64_t ms;
	int32_t nano;

	memcpy(copy, input, len);
	bool ok = wr_timestamp_read(copy, len, separator, zulu, &ms, &nano);
	test_free(copy);
	if (ok)
		wr_timestamp_print(text, ms, nano, 9);
	check_cast(separator == 'T' ? "ISO" : "SQL", input, ok, text, want);
}

static void reads_strict_timestamps(void **state)
{
	(void)state;
	check_read("2024-01-01 10:11:12", ' ', false, "2024-01-01 10:11:12.000000000");
	check_read("2024-01-01 10:11:12.345", ' ', false, "2024-01-01 10:11:12.345000000");
	check_read("1969-12-31 23:59:59.999", ' ', false, "1969-12-31 23:59:59.999000000");
	check_read("2024-01-01 10:11:12.123456789", ' ', false, "2024-01-01 10:11:12.123456789");
	check_read("2024-01-01 10:11:12.5", ' ', false, "2024-01-01 10:11:12.500000000");
	check_read("2024-01-01 00:00:00.", ' ', false, "2024-01-01 00:00:00.000000000");
	check_read("2024-02-30 00:00:00", ' ', false, "2024-02-29 00:00:00.000000000");
	check_read("2024-01-01 24:00:00", ' ', false, "2024-01-02 00:00:00.000000000");
	check_read("0000-01-01 00:00:00", ' ', false, "0000-01-01 00:00:00.000000000");
	check_read("2024-01-01 00:00:00Z", ' ', true, "2024-01-01 00:00:00.000000000");
	check_read("2024-01-01 00:00:00.123Z", ' ', true, "2024-01-01 00:00:00.123000000");
	check_read("2024-01-01T00:00:00", 'T', false, "2024-01-01 00:00:00.000000000");
	check_read("2024-01-01T00:00", 'T', false, "2024-01-01 00:00:00.000000000");
	check_read("2024-01-01T00:00Z", 'T', true, "2024-01-01 00:00:00.000000000");
	check_read("2024-01-01t00:00:00", 'T', false, "2024-01-01 00:00:00.000000000");
	static const char *const bad[] = {"",
					  "2024",
					  "2024-1-1 00:00:00",
					  "2024-01-01 00:00",
					  "2024-01-01 24:00:01",
					  "2024-01-01 00:00:60",
					  "2024-13-01 00:00:00",
					  "2024-00-01 00:00:00",
					  "2024-01-00 00:00:00",
					  "2024-01-32 00:00:00",
					  "2024-01-01T00:00:00",
					  "2024-01-01 00:00:00Z",
					  "2024-01-01 00:60:00",
					  "2024-01-01 00:00:00.1234567891",
					  "+2024-01-01 00:00:00",
					  " 2024-01-01 00:00:00",
					  "2024-01-01 00:00:00 ",
					  "2024-01-01 0:00:00",
					  "2024-01-01 00:00:0x",
					  "202a-01-01 00:00:00",
					  "2024/01/01 00:00:00",
					  "2024-01-01 00-00-00",
					  "2024-01-01 00:00:00,123",
					  "2024-01-01 00:00:00.12x",
					  "20240101 000000"};
	for (size_t i = 0; i < WR_COUNT(bad); i++)
		check_read(bad[i], ' ', false, NULL);
	check_read("2024-02-30T00:00:00", 'T', false, NULL);
	check_read("2024-01-01T24:00:00", 'T', false, NULL);
	check_read("2024-01-01 00:00:00", ' ', true, NULL);
	check_read("2024-01-01 00:00:00.123", ' ', true, NULL);
	check_read("2024-01-01T00:00:00z", 'T', true, NULL);
}

/* Every day of years 0..9999 through the quick path. */
static void strict_reader_knows_every_day(void **state)
{
	char text[32];
	int64_t ms;
	int32_t nano;

	(void)state;
	for (int64_t days = wr_days_from_civil(0, 1, 1); days <= wr_days_from_civil(9999, 12, 31);
	     days++) {
		size_t len = wr_timestamp_print(text, days * WR_MS_DAY + 45296789, 0, 3);
		if (!wr_timestamp_read(text, len, ' ', false, &ms, &nano) ||
		    ms != days * WR_MS_DAY + 45296789 || nano != 0)
			fail_msg("%s", text);
	}
}

/* The quick path and the slow one agree: any byte at any place. */
static void strict_paths_agree(void **state)
{
	static const char *const bases[] = {"2024-05-06 07:08:09", "2024-05-06 07:08:09.120"};

	(void)state;
	for (size_t b = 0; b < WR_COUNT(bases); b++) {
		size_t len = strlen(bases[b]);
		for (size_t at = 0; at < len; at++) {
			for (int c = 0; c < 256; c++) {
				char text[32], slow[32];
				int64_t ms = 0, slow_ms = 0;
				int32_t nano = 0, slow_nano = 0;
				memcpy(text, bases[b], len);
				text[at] = (char)c;
				/* a zero behind the fraction changes the length, not the value */
				memcpy(slow, text, len);
				size_t slow_len = len;
				if (len == 19)
					slow[slow_len++] = '.';
				slow[slow_len++] = '0';
				bool ok = wr_timestamp_read(text, len, ' ', false, &ms, &nano);
				bool slow_ok = wr_timestamp_read(slow, slow_len, ' ', false,
								 &slow_ms, &slow_nano);
				if (len == 23 && at == 19)
					continue; /* the point itself: another form */
				if (ok != slow_ok || ms != slow_ms || nano != slow_nano)
					fail_msg("byte %d at %zu of '%s'", c, at, bases[b]);
			}
		}
	}
}

static void reads_dates_and_times(void **state)
{
	int32_t value;

	(void)state;
	assert_true(wr_date_read("1969-12-31", 10, &value) && value == -1);
	assert_false(wr_date_read("2024-02-30", 10, &value));
	assert_false(wr_date_read("2024-1-1", 8, &value));
	assert_false(wr_date_read("2024-01-01 ", 11, &value));
	assert_true(wr_time_read("12:34:56.789", 12, false, false, &value) && value == 45296789);
	assert_true(wr_time_read("24:00:00", 8, false, false, &value) && value == 0);
	assert_true(wr_time_read("12:34:56.", 9, false, false, &value));
	assert_false(wr_time_read("12:34", 5, false, false, &value));
	assert_true(wr_time_read("12:34", 5, true, false, &value));
	assert_false(wr_time_read("12:34:56Z", 9, false, false, &value));
	assert_true(wr_time_read("12:34:56Z", 9, false, true, &value));
	assert_false(wr_time_read("25:00:00", 8, false, false, &value));
}

static void check_interval(const char *input, enum wr_unit from, enum wr_unit to, const char *want)
{
	char text[WR_TIME_TEXT_MAX] = "";
	int64_t value;
	bool ok = wr_interval_parse(input, strlen(input), from, to, &value);

	if (ok && from >= WR_UNIT_MONTH)
		wr_interval_month_print(text, value);
	else if (ok)
		wr_interval_day_print(text, value);
	check_cast("INTERVAL", input, ok, text, want);
}

static void intervals(void **state)
{
	(void)state;
	check_interval("1", WR_UNIT_YEAR, WR_UNIT_YEAR, "+1-00");
	check_interval("-1", WR_UNIT_YEAR, WR_UNIT_YEAR, "-1-00");
	check_interval("1-2", WR_UNIT_YEAR, WR_UNIT_MONTH, "+1-02");
	check_interval("-1-2", WR_UNIT_YEAR, WR_UNIT_MONTH, "-1-02");
	check_interval("14", WR_UNIT_MONTH, WR_UNIT_MONTH, "+1-02");
	check_interval("10", WR_UNIT_DAY, WR_UNIT_DAY, "+10 00:00:00.000");
	check_interval("1 2", WR_UNIT_DAY, WR_UNIT_HOUR, "+1 02:00:00.000");
	check_interval("1 2:3", WR_UNIT_DAY, WR_UNIT_MINUTE, "+1 02:03:00.000");
	check_interval("-1 2:3:4.5", WR_UNIT_DAY, WR_UNIT_SECOND, "-1 02:03:04.500");
	check_interval("1:2", WR_UNIT_HOUR, WR_UNIT_MINUTE, "+0 01:02:00.000");
	check_interval("1:2:3.456", WR_UNIT_HOUR, WR_UNIT_SECOND, "+0 01:02:03.456");
	check_interval("2:3.4", WR_UNIT_MINUTE, WR_UNIT_SECOND, "+0 00:02:03.400");
	check_interval("3.456789", WR_UNIT_SECOND, WR_UNIT_SECOND, "+0 00:00:03.456");
	check_interval("+3", WR_UNIT_SECOND, WR_UNIT_SECOND, "+0 00:00:03.000");
	check_interval("100", WR_UNIT_HOUR, WR_UNIT_HOUR, "+4 04:00:00.000");
	check_interval("0.5", WR_UNIT_SECOND, WR_UNIT_SECOND, "+0 00:00:00.500");
	check_interval("", WR_UNIT_DAY, WR_UNIT_DAY, NULL);
	check_interval("x", WR_UNIT_DAY, WR_UNIT_DAY, NULL);
	check_interval("1-12", WR_UNIT_YEAR, WR_UNIT_MONTH, NULL);
	check_interval("1 24", WR_UNIT_DAY, WR_UNIT_HOUR, NULL);
	check_interval("1:60", WR_UNIT_HOUR, WR_UNIT_MINUTE, NULL);
	check_interval("1 2", WR_UNIT_DAY, WR_UNIT_DAY, NULL);
	check_interval("999999999999999999", WR_UNIT_DAY, WR_UNIT_DAY, NULL);
}

static void precision_and_short_forms(void **state)
{
	char text[WR_TIME_TEXT_MAX];
	int64_t ms = -41103211;
	int32_t nano = 123456;

	(void)state;
	wr_timestamp_cast(1, &ms, &nano); /* towards 1970 */
	wr_timestamp_print(text, ms, nano, 1);
	assert_string_equal(text, "1969-12-31 12:34:56.8");
	ms = -41103211, nano = 123456;
	wr_timestamp_cut(6, &ms, &nano);
	wr_timestamp_print(text, ms, nano, 6);
	assert_string_equal(text, "1969-12-31 12:34:56.789123");
	ms = 1704067200999, nano = 900000;
	wr_timestamp_cut(3, &ms, &nano);
	assert_true(ms == 1704067200999 && nano == 0);
	wr_timestamp_print_short(text, 1714979289120, 0, ' ', "Z");
	assert_string_equal(text, "2024-05-06 07:08:09.12Z");
	wr_timestamp_print_short(text, 1714979280000, 0, 'T', "");
	assert_string_equal(text, "2024-05-06T07:08:00");
	wr_timestamp_print_short(text, 1714979280000, 1000, ' ', "");
	assert_string_equal(text, "2024-05-06 07:08:00.000001");
	wr_time_print(text, 45296700, 3);
	assert_string_equal(text, "12:34:56.7");
	wr_time_print(text, 45296000, 3);
	assert_string_equal(text, "12:34:56.0");
	wr_time_print_short(text, 45296000);
	assert_string_equal(text, "12:34:56");
	assert_int_equal(wr_ns_split(-1, &nano), -1);
	assert_int_equal(nano, 999999);
	wr_i128 far = wr_ns_join(253402300799999, 999999);
	assert_int_equal(wr_ns_split(far, &nano), 253402300799999);
	assert_int_equal(wr_ns_split(-far, &nano), -253402300800000);
	assert_int_equal(nano, 1);
}

static void names_of_units(void **state)
{
	enum wr_unit unit;

	(void)state;
	assert_true(wr_unit_parse("year", 4, &unit) && unit == WR_UNIT_YEAR);
	assert_true(wr_unit_parse("MINUTES", 7, &unit) && unit == WR_UNIT_MINUTE);
	assert_true(wr_unit_parse("SQL_TSI_WEEK", 12, &unit) && unit == WR_UNIT_WEEK);
	assert_false(wr_unit_parse("fortnight", 9, &unit));
	assert_false(wr_unit_parse("", 0, &unit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(calendar_round_trips),
	    cmocka_unit_test(adds_months),
	    cmocka_unit_test(extracts_as_flink),
	    cmocka_unit_test(rounds_as_flink),
	    cmocka_unit_test(casts_as_flink),
	    cmocka_unit_test(reads_strict_timestamps),
	    cmocka_unit_test(strict_reader_knows_every_day),
	    cmocka_unit_test(strict_paths_agree),
	    cmocka_unit_test(reads_dates_and_times),
	    cmocka_unit_test(intervals),
	    cmocka_unit_test(precision_and_short_forms),
	    cmocka_unit_test(names_of_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
