/* SPDX-License-Identifier: Apache-2.0
 *
 * temporal - tests: parts of time, rounding, distances, text, zones, the clock and the watermark.
 */
#include "fn_case.h"

static const struct fn_case units[] = {
    {"EXTRACT", "@YEAR|P3:2024-05-06 07:08:09.12", "BIGINT NOT NULL", "2024", false},
    {"EXTRACT", "@NANOSECOND|P6:2024-05-06 07:08:09.123456", "BIGINT NOT NULL", "123456000", false},
    {"EXTRACT", "@MILLENNIUM|D2000-01-01", "BIGINT NOT NULL", "2", false},
    {"EXTRACT", "@EPOCH|D2024-02-29", "BIGINT NOT NULL", "1709164800", false},
    {"EXTRACT", "@DOW|D2024-02-29", "BIGINT NOT NULL", "5", false},
    {"EXTRACT", "@ISODOW|D2024-02-29", "BIGINT NOT NULL", "4", false},
    {"EXTRACT", "@WEEK|D2024-01-01", "BIGINT NOT NULL", "1", false},
    {"EXTRACT", "@HOUR|T12:34:56", "BIGINT NOT NULL", "12", false},
    {"EXTRACT", "@HOUR|D2024-02-29", "BIGINT NOT NULL", "0", false},
    {"EXTRACT", "@HOUR|DN", "BIGINT", "NULL", false},
    {"EXTRACT", "@DAY|T12:34:56", "!", "Cannot apply 'EXTRACT'", false},
    {"EXTRACT", "@MICROSECOND|T12:34:56", "!", "Cannot apply 'EXTRACT'", false},
    {"EXTRACT", "@FOO|D2024-02-29", "!", "'FOO' is not a unit of time", false},
    {"EXTRACT", "@YEAR|s2024", "!", "Cannot apply 'EXTRACT'", false},
    {"EXTRACT", "@YEAR|M-14", "BIGINT", "-1", false},
    {"EXTRACT", "@QUARTER|M15", "BIGINT", "1", false},
    {"EXTRACT", "@MONTH|M-14", "BIGINT", "-2", false},
    {"EXTRACT", "@HOUR|Y93784567", "BIGINT", "2", false},
    {"EXTRACT", "@SECOND|Y-93784567", "BIGINT", "-4", false},
    {"EXTRACT", "@MILLISECOND|Y93784567", "BIGINT", "567", false},
    {"EXTRACT", "@DAY|M14", "!", "Cannot apply 'EXTRACT'", false},
    {"YEAR", "D2024-05-06", "BIGINT NOT NULL", "2024", false},
    {"QUARTER", "D1997-12-31", "BIGINT NOT NULL", "4", false},
    {"WEEK", "D1996-11-10", "BIGINT NOT NULL", "45", false},
    {"DAYOFYEAR", "P3:1996-11-10 06:55:44.333", "BIGINT NOT NULL", "315", false},
    {"DAYOFMONTH", "D1996-11-10", "BIGINT NOT NULL", "10", false},
    {"DAYOFWEEK", "D1996-11-10", "BIGINT NOT NULL", "1", false},
    {"MINUTE", "T06:55:44", "BIGINT NOT NULL", "55", false},
    {"SECOND", "P3N", "BIGINT", "NULL", false},
    {"FLOOR", "P3:2024-05-06 07:08:09.12|@WEEK", "TIMESTAMP(3) NOT NULL", "2024-05-05 00:00:00.000",
     false},
    {"FLOOR", "P6:2020-02-29 01:56:59.987654|@MILLISECOND", "TIMESTAMP(6) NOT NULL",
     "2020-02-29 01:56:59.987000", false},
    {"CEIL", "P6:2020-02-29 01:56:59.000456|@MILLISECOND", "TIMESTAMP(6) NOT NULL",
     "2020-02-29 01:56:59.001000", false},
    {"CEIL", "P6:2020-02-29 01:56:59.000456|@SECOND", "TIMESTAMP(6) NOT NULL",
     "2020-02-29 01:56:59.000000", false},
    {"CEIL", "D1990-10-14|@QUARTER", "DATE NOT NULL", "1991-01-01", false},
    {"CEIL", "D1990-10-14|@HOUR", "DATE NOT NULL", "1990-10-14", false},
    {"FLOOR", "D1999-06-01|@MILLENNIUM", "DATE NOT NULL", "1001-01-01", false},
    {"CEIL", "T11:22:33|@MINUTE", "TIME(0) NOT NULL", "11:23:00", false},
    {"FLOOR", "T11:22:33|@DAY", "TIME(0) NOT NULL", "11:22:33", false},
    {"FLOOR", "D1990-10-14|@DOW", "!", "FLOOR cannot round to DOW", false},
    {"FLOOR", "s1990-10-14|@DAY", "!", "Cannot apply 'FLOOR'", false},
};

static const struct fn_case distances[] = {
    {"TIMESTAMPADD", "@MONTH|i3|P3:2017-11-29 22:58:58.998", "TIMESTAMP(3) NOT NULL",
     "2018-02-28 22:58:58.998", false},
    {"TIMESTAMPADD", "@SQL_TSI_WEEK|i-1000|P3:2017-11-29 22:58:58.998", "TIMESTAMP(3) NOT NULL",
     "1998-09-30 22:58:58.998", false},
    {"TIMESTAMPADD", "@DAY|t15|D2021-10-30", "DATE NOT NULL", "2021-11-14", false},
    {"TIMESTAMPADD", "@QUARTER|t5|D2024-02-29", "DATE NOT NULL", "2025-05-29", false},
    {"TIMESTAMPADD", "@SECOND|i5|D2024-02-29", "TIMESTAMP(6) NOT NULL",
     "2024-02-29 00:00:05.000000", false},
    {"TIMESTAMPADD", "@MINUTE|i-1|T00:00:00", "TIME(0) NOT NULL", "23:59:00", false},
    {"TIMESTAMPADD", "@YEAR|i10|T23:59:59", "TIME(0) NOT NULL", "23:59:59", false},
    {"TIMESTAMPADD", "@MILLISECOND|i5|P3:2024-05-06 07:08:09.12", "TIMESTAMP(3) NOT NULL",
     "2024-05-06 07:08:09.125", false},
    {"TIMESTAMPADD", "@MONTH|i1|P6:2024-05-06 07:08:09.123456", "TIMESTAMP(6) NOT NULL",
     "2024-06-06 07:08:09.123456", false},
    {"TIMESTAMPADD", "@HOUR|iN|D2024-02-29", "TIMESTAMP(6)", "NULL", false},
    {"TIMESTAMPADD", "@MICROSECOND|i1|D2024-02-29", "!", "TIMESTAMPADD does not support", false},
    {"TIMESTAMPADD", "@DAY|c2.1:1.5|D2024-02-29", "!", "Cannot apply 'TIMESTAMPADD'", false},
    {"TIMESTAMPDIFF", "@SECOND|P3:2024-01-01 00:00:00|P3:2024-01-01 00:01:01.999", "INT NOT NULL",
     "61", false},
    {"TIMESTAMPDIFF", "@SECOND|P3:1970-01-01 00:00:00.5|P3:1970-01-01 00:00:02.4", "INT NOT NULL",
     "1", false},
    {"TIMESTAMPDIFF", "@MONTH|P3:2024-01-31 10:00:00|P3:2024-02-29 09:00:00", "INT NOT NULL", "0",
     false},
    {"TIMESTAMPDIFF", "@MONTH|P3:2024-03-31 00:00:00|P3:2024-02-29 00:00:00", "INT NOT NULL", "-1",
     false},
    {"TIMESTAMPDIFF", "@QUARTER|D2016-06-15|P3:2018-06-16 11:11:11", "INT NOT NULL", "8", false},
    {"TIMESTAMPDIFF", "@SQL_TSI_WEEK|D2016-08-15|D2016-06-18", "INT NOT NULL", "-8", false},
    {"TIMESTAMPDIFF", "@SECOND|D1900-01-01|D2100-01-01", "INT NOT NULL", "2016466304", false},
    {"TIMESTAMPDIFF", "@MILLISECOND|D2024-02-29|P3:2024-05-06 07:08:09.12", "INT NOT NULL",
     "1519521704", false},
    {"TIMESTAMPDIFF", "@NANOSECOND|P3:2024-01-01 00:00:00|P3:2024-01-01 00:00:01.5",
     "BIGINT NOT NULL", "1000000000", false},
    {"TIMESTAMPDIFF", "@MONTH|T00:00:00|D2021-02-04", "INT NOT NULL", "613", false},
    {"TIMESTAMPDIFF", "@HOUR|T00:00:00|T01:00:00", "!", "Cannot apply 'TIMESTAMPDIFF'", false},
    {"TIMESTAMPDIFF", "@DAY|D2024-01-01|Z3:2024-01-02 00:00:00", "!",
     "Cannot apply 'TIMESTAMPDIFF'", false},
    {"TIMESTAMPDIFF", "@DAY|D2024-01-01|P3N", "INT", "NULL", false},
    {"TIMESTAMPDIFF", "@DECADE|D2024-01-01|D2024-01-01", "!", "TIMESTAMPDIFF does not", false},
    {"OVERLAPS", "T02:55:00|Y3600000|T03:30:00|Y7200000", "BOOLEAN", "TRUE", false},
    {"OVERLAPS", "T09:00:00|T10:00:00|T10:15:00|Y10800000", "BOOLEAN", "FALSE", false},
    {"OVERLAPS", "D2011-03-10|D2011-03-10|D2011-03-10|M1", "BOOLEAN", "TRUE", false},
    {"OVERLAPS",
     "P3:2011-03-10 05:02:02|P3:2011-03-10 05:02:02|P3:2011-03-10 "
     "05:02:02|P3:2011-03-10 05:02:01",
     "BOOLEAN NOT NULL", "TRUE", false},
};

static const struct fn_case texts[] = {
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|syyyy-MM-dd HH:mm:ss.SSS", "STRING",
     "2024-05-06 07:08:09.120", false},
    {"DATE_FORMAT",
     "P3:2024-05-06 07:08:09.12|sG u y Y Q q M L w W d D F E e c a h H k K m s S A n N", "STRING",
     "AD 2024 2024 2024 2 2 5 5 19 2 6 127 6 Mon 2 2 AM 7 7 7 7 8 9 1 25689120 120000000 "
     "25689120000000",
     false},
    {"DATE_FORMAT", "P3:2024-05-06 17:08:09.12|sEEE, MMM d yy hh:mm a", "STRING",
     "Mon, May 6 24 05:08 PM", false},
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|sQQQQ MMMM EEEE B", "STRING",
     "2nd quarter May Monday in the morning", false},
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|spppppd ppH", "STRING", "    6  7", false},
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|s'o''clock' HH '' [VV] [yyyy]", "STRING",
     "o'clock 07 '  2024", false},
    {"DATE_FORMAT", "P3:2021-01-03 00:09:00|sw W e F YYYY u D", "STRING", "2 2 1 3 2021 2021 3",
     false},
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|sVV", "STRING", "ERROR", false},
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|sbad", "STRING", "ERROR", false},
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|sddd", "STRING", "ERROR", false},
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|s", "STRING", "", false},
    {"DATE_FORMAT", "P3:2024-05-06 07:08:09.12|SN", "STRING", "NULL", false},
    {"DATE_FORMAT", "s2024-5-6 7:8:9 more|sG y yy yyyyy M MMM MMMM D DDD EEEE u S SSS F W w Y",
     "STRING", "AD 2024 24 02024 5 May May 127 127 Monday 1 0 000 1 2 19 2024", false},
    {"DATE_FORMAT", "s2024-02-30 25:61:61|syyyy/MM/dd HH:mm:ss", "STRING", "2024/03/02 02:02:01",
     false},
    {"DATE_FORMAT", "s1500-03-01 00:00:00|syyyy/MM/dd", "STRING", "1500/03/01", false},
    {"DATE_FORMAT", "sinvalid|syyyy", "STRING", "NULL", false},
    {"DATE_FORMAT", "D2024-01-01|syyyy", "!", "Cannot apply 'DATE_FORMAT'", false},
    {"TO_DATE", "s2024-5-6", "DATE", "2024-05-06", false},
    {"TO_DATE", "s2023-02-29", "DATE", "NULL", false},
    {"TO_DATE", "s1 january 2024|sd MMMM yyyy", "DATE", "2024-01-01", false},
    {"TO_DATE", "s2024-13-45|syyyy-MM-dd", "DATE", "2025-02-14", false},
    {"TO_DATE", "s1500-03-01|syyyy-MM-dd", "DATE", "1500-03-11", false},
    {"TO_DATE", "s20240506|syyyyMMdd", "DATE", "2024-05-06", false},
    {"TO_DATE", "s2024 127|syyyy DDD", "DATE", "2024-05-06", false},
    {"TO_DATE", "s2024-05|sYYYY-ww", "DATE", "2024-01-28", false},
    {"TO_DATE", "s50|syy", "DATE", "1950-01-01", false},
    {"TO_DATE", "sbad|sdd/MM/yyyy", "DATE", "5471-09-27", false},
    {"TO_DATE", "s2024|sbad", "DATE", "ERROR", false},
    {"TO_TIMESTAMP", "s2024-5-6 7:8:9.5", "TIMESTAMP(3)", "2024-05-06 07:08:09.500", false},
    {"TO_TIMESTAMP", "s2024-05-06 07:08:09.1234567", "TIMESTAMP(3)", "2024-05-06 07:08:09.123",
     false},
    {"TO_TIMESTAMP", "s2024-05-06", "TIMESTAMP(3)", "2024-05-06 00:00:00.000", false},
    {"TO_TIMESTAMP", "s2024-02-30 00:00:00", "TIMESTAMP(3)", "2024-02-29 00:00:00.000", false},
    {"TO_TIMESTAMP", "s2024-05-06 24:00:00", "TIMESTAMP(3)", "2024-05-07 00:00:00.000", false},
    {"TO_TIMESTAMP", "s2024-05-06T07:08:09", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "s2024-05-06 07:08", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "s 2024-05-06 07:08:09", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "s0000-01-01 00:00:00", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "s2024-121-06", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "SN", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "s20240506070809123|syyyyMMddHHmmssSSS", "TIMESTAMP(3)",
     "2024-05-06 07:08:09.123", false},
    {"TO_TIMESTAMP", "s06May2024 07 PM|sddMMMyyyy hh a", "TIMESTAMP(3)", "2024-05-06 19:00:00.000",
     false},
    {"TO_TIMESTAMP", "s2024-05-06T07:08:09+02:00|syyyy-MM-dd'T'HH:mm:ssXXX", "TIMESTAMP(3)",
     "2024-05-06 07:08:09.000", false},
    {"TO_TIMESTAMP", "sTue, 6 May 2024|sEEE, d MMM yyyy", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "s2024-127|syyyy-DDD", "TIMESTAMP(3)", "2024-05-06 00:00:00.000", false},
    {"TO_TIMESTAMP", "s07:08|sHH:mm", "TIMESTAMP(3)", "1970-01-01 07:08:00.000", false},
    {"TO_TIMESTAMP", "s2024-05-06 Q3|syyyy-MM-dd QQQ", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "s2024-02-30 25:61:61|syyyy/MM/dd", "TIMESTAMP(3)", "2024-03-02 02:02:01.000",
     false},
    {"TO_TIMESTAMP", "s2024-05-06 07:08:09.1|syyyy-MM-dd HH:mm:ss[.SSS]", "TIMESTAMP(3)",
     "2024-05-06 07:08:09.100", false},
    {"TO_TIMESTAMP", "s25689120|sA", "TIMESTAMP(3)", "1970-01-01 07:08:09.120", false},
    {"TO_TIMESTAMP", "s2024-05-06|sbad", "TIMESTAMP(3)", "NULL", false},
    {"TO_TIMESTAMP", "i5", "!", "Cannot apply 'TO_TIMESTAMP'", false},
};

static const struct fn_case instants[] = {
    {"TO_TIMESTAMP_LTZ", "l1704067200123", "TIMESTAMP_LTZ(3)", "2024-01-01 00:00:00.123", false},
    {"TO_TIMESTAMP_LTZ", "d2.5|i0", "TIMESTAMP_LTZ(3)", "1970-01-01 00:00:02.500", false},
    {"TO_TIMESTAMP_LTZ", "d-2.5|i3", "TIMESTAMP_LTZ(3)", "1969-12-31 23:59:59.998", false},
    {"TO_TIMESTAMP_LTZ", "c10.2:123.45|i0", "TIMESTAMP_LTZ(3)", "1970-01-01 00:02:03.000", false},
    {"TO_TIMESTAMP_LTZ", "l253402300799999|i3", "TIMESTAMP_LTZ(3)", "9999-12-31 23:59:59.999",
     false},
    {"TO_TIMESTAMP_LTZ", "l253402300800000|i3", "TIMESTAMP_LTZ(3)", "NULL", false},
    {"TO_TIMESTAMP_LTZ", "l-9223372036854775808|i0", "TIMESTAMP_LTZ(3)", "NULL", false},
    {"TO_TIMESTAMP_LTZ", "d1.7e308|i0", "TIMESTAMP_LTZ(3)", "NULL", false},
    {"TO_TIMESTAMP_LTZ", "i10|i6", "TIMESTAMP_LTZ(3)", "ERROR", false},
    {"TO_TIMESTAMP_LTZ", "i10|iN", "TIMESTAMP_LTZ(3)", "NULL", false},
    {"TO_TIMESTAMP_LTZ", "x", "TIMESTAMP_LTZ(3)", "NULL", false},
    {"TO_TIMESTAMP_LTZ", "s2024-05-06 07:08:09.123456", "TIMESTAMP_LTZ(3)",
     "2024-05-06 07:08:09.123", false},
    {"TO_TIMESTAMP_LTZ", "sbad", "TIMESTAMP_LTZ(3)", "ERROR", false},
    {"TO_TIMESTAMP_LTZ", "sbad|syyyy", "TIMESTAMP_LTZ(3)", "NULL", false},
    {"TO_TIMESTAMP_LTZ", "s06/05/2024|sdd/MM/yyyy|sAsia/Shanghai", "TIMESTAMP_LTZ(3)",
     "2024-05-05 16:00:00.000", false},
    {"TO_TIMESTAMP_LTZ", "s2024-03-10 02:30:00|syyyy-MM-dd HH:mm:ss|sAmerica/Los_Angeles",
     "TIMESTAMP_LTZ(3)", "2024-03-10 10:30:00.000", false},
    {"TO_TIMESTAMP_LTZ", "s2024-11-03 01:30:00|syyyy-MM-dd HH:mm:ss|sAmerica/Los_Angeles",
     "TIMESTAMP_LTZ(3)", "2024-11-03 08:30:00.000", false},
    {"TO_TIMESTAMP_LTZ", "s2024-05-06|syyyy-MM-dd|sPST", "TIMESTAMP_LTZ(3)", "NULL", false},
    {"TO_TIMESTAMP_LTZ", "b1|i3", "!", "Cannot apply 'TO_TIMESTAMP_LTZ'", false},
    {"CONVERT_TZ", "s1970-01-01 00:00:00|sUTC|sAmerica/Los_Angeles", "STRING",
     "1969-12-31 16:00:00", false},
    {"CONVERT_TZ", "s2024-05-06 07:08:09|sGMT+2|sEST", "STRING", "2024-05-06 00:08:09", false},
    {"CONVERT_TZ", "s2024-05-06 07:08:09|sUTC|sUTC+8", "STRING", "2024-05-06 07:08:09", false},
    {"CONVERT_TZ", "s2024-05-06 07:08:09|sUTC|sGMT+0830", "STRING", "2024-05-06 15:38:09", false},
    {"CONVERT_TZ", "s2024-11-03 01:30:00|sAmerica/Los_Angeles|sUTC", "STRING",
     "2024-11-03 09:30:00", false},
    {"CONVERT_TZ", "s2024-05-06|sUTC|sUTC", "STRING", "NULL", false},
    {"FROM_UNIXTIME", "i-1", "STRING", "1969-12-31 23:59:59", false},
    {"FROM_UNIXTIME", "l-62167219200", "STRING", "0001-01-03 00:00:00", false},
    {"FROM_UNIXTIME", "l9223372036854775807", "STRING", "1969-12-31 23:59:59", false},
    {"FROM_UNIXTIME", "i1704067200|syyyy-MM-dd EEE a h z Z X", "STRING",
     "2024-01-01 Mon AM 12 UTC +0000 Z", false},
    {"FROM_UNIXTIME", "i1704067200|sbbb", "STRING", "ERROR", false},
    {"FROM_UNIXTIME", "d1", "!", "Cannot apply 'FROM_UNIXTIME'", false},
    {"UNIX_TIMESTAMP", "s2024-05-06 07:08:09", "BIGINT NOT NULL", "1714979289", false},
    {"UNIX_TIMESTAMP", "sbad", "BIGINT NOT NULL", "-9223372036854775808", false},
    {"UNIX_TIMESTAMP", "s1969-12-31 23:59:59.5|syyyy-MM-dd HH:mm:ss.S", "BIGINT NOT NULL", "0",
     false},
    {"UNIX_TIMESTAMP", "s12:30 AM|shh:mm a", "BIGINT NOT NULL", "1800", false},
    {"UNIX_TIMESTAMP", "s24:30|skk:mm", "BIGINT NOT NULL", "1800", false},
    {"UNIX_TIMESTAMP", "s2024-01-01 00:00:00 PST|syyyy-MM-dd HH:mm:ss z", "BIGINT NOT NULL",
     "1704096000", false},
    {"UNIX_TIMESTAMP", "s2024-01-01T00:00:00+02:00|syyyy-MM-dd'T'HH:mm:ssXXX", "BIGINT NOT NULL",
     "1704060000", false},
    {"UNIX_TIMESTAMP", "s2024-01-01T00:00:00+0200|syyyy-MM-dd'T'HH:mm:ssZ", "BIGINT NOT NULL",
     "1704060000", false},
};

/* In Los Angeles; TIMESTAMP_LTZ arguments and results are shown in its local time. */
static const struct fn_case los_angeles[] = {
    {"EXTRACT", "@EPOCH|P3:2024-05-06 07:08:09", "BIGINT NOT NULL", "1714979289", false},
    {"FROM_UNIXTIME", "i1704067200", "STRING", "2023-12-31 16:00:00", false},
    {"UNIX_TIMESTAMP", "s2024-03-10 02:30:00", "BIGINT NOT NULL", "1710066600", false},
    {"UNIX_TIMESTAMP", "s2024-11-03 01:30:00", "BIGINT NOT NULL", "1730626200", false},
    {"TO_TIMESTAMP_LTZ", "l1704067200000", "TIMESTAMP_LTZ(3)", "2023-12-31 16:00:00.000", false},
    {"TO_TIMESTAMP_LTZ", "s2024-01-01 00:00:00", "TIMESTAMP_LTZ(3)", "2023-12-31 16:00:00.000",
     false},
    {"TO_TIMESTAMP", "s2024-03-10 02:30:00", "TIMESTAMP(3)", "2024-03-10 02:30:00.000", false},
};

static void parts_and_rounding(void **state)
{
	(void)state;
	check_cases(units, WR_COUNT(units), "UTC");
}

static void adding_and_counting(void **state)
{
	(void)state;
	check_cases(distances, WR_COUNT(distances), "UTC");
}

static void patterns(void **state)
{
	(void)state;
	check_cases(texts, WR_COUNT(texts), "UTC");
}

static void instants_and_zones(void **state)
{
	(void)state;
	check_cases(instants, WR_COUNT(instants), "UTC");
	check_cases(los_angeles, WR_COUNT(los_angeles), "America/Los_Angeles");
}

/* An instant given by its milliseconds. */
static struct wr_expr *instant(struct fixture *f, int64_t ms)
{
	return call(f, "TO_TIMESTAMP_LTZ", wr_expr_i64(&f->pool, ms), NULL, NULL);
}

static void session_zone_of_instants(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.pool.zone_id = "America/Los_Angeles";
	struct wr_expr *at = instant(&f, 1714979289120); /* 2024-05-06 00:08:09.120 there */
	struct wr_expr *hour = wr_expr_symbol(&f.pool, "HOUR");
	assert_string_equal(result_in_zone(&f, call(&f, "EXTRACT", hour, at, NULL)), "0");
	assert_string_equal(result_in_zone(&f, call(&f, "HOUR", at, NULL, NULL)), "0");
	struct wr_expr *day = wr_expr_symbol(&f.pool, "DAY");
	assert_string_equal(result_in_zone(&f, call(&f, "FLOOR", at, day, NULL)),
			    "2024-05-06 00:00:00.000");
	/* the offset of May is used for January too */
	struct wr_expr *year = wr_expr_symbol(&f.pool, "YEAR");
	assert_string_equal(result_in_zone(&f, call(&f, "CEIL", at, year, NULL)),
			    "2024-12-31 23:00:00.000");
	struct wr_expr *pattern = text(&f, "yyyy-MM-dd HH:mm");
	assert_string_equal(result_in_zone(&f, call(&f, "DATE_FORMAT", at, pattern, NULL)),
			    "2024-05-06 00:08");
	/* months are added in UTC */
	struct wr_expr *month = wr_expr_symbol(&f.pool, "MONTH");
	assert_string_equal(
	    result_in_zone(&f, call(&f, "TIMESTAMPADD", month, wr_expr_i32(&f.pool, -2), at)),
	    "2024-03-05 23:08:09.120");
	fixture_release(&f);
}

static int64_t fixed_clock(void *user)
{
	(void)user;
	return 1714979289123456;
}

/* Evaluates a call without arguments with the clock at 2024-05-06 07:08:09.123456 UTC. */
static const char *at_fixed_clock(struct fixture *f, const char *name)
{
	struct wr_expr *expr = call(f, name, NULL, NULL, NULL);
	struct wr_batch batch = {.rows = 2};
	struct wr_program *program;
	struct wr_column *out;

	must(wr_program_new(&expr, 1, 0, f->pool.zone_id, &program));
	wr_program_eval(program)->context.now_us = fixed_clock;
	must(wr_program_run(program, &batch, &out));
	const char *value = shown(f, out, 1);
	wr_column_unref(out);
	wr_program_free(program);
	return value;
}

static void the_clock(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	f.pool.zone_id = "Asia/Tokyo";
	assert_string_equal(at_fixed_clock(&f, "CURRENT_DATE"), "2024-05-06");
	assert_string_equal(at_fixed_clock(&f, "CURRENT_TIME"), "16:08:09");
	assert_string_equal(at_fixed_clock(&f, "LOCALTIME"), "16:08:09");
	assert_string_equal(at_fixed_clock(&f, "LOCALTIMESTAMP"), "2024-05-06 16:08:09.123");
	assert_string_equal(at_fixed_clock(&f, "CURRENT_TIMESTAMP"), "2024-05-06 07:08:09.123");
	assert_string_equal(at_fixed_clock(&f, "NOW"), "2024-05-06 07:08:09.123");
	assert_string_equal(at_fixed_clock(&f, "UNIX_TIMESTAMP"), "1714979289");
	struct wr_expr *proctime = call(&f, "PROCTIME", NULL, NULL, NULL);
	assert_int_equal(proctime->type->time, WR_TIME_PROC);
	assert_false(wr_expr_is_deterministic(proctime));
	assert_string_equal(type_of(&f, call(&f, "LOCALTIME", NULL, NULL, NULL)),
			    "TIME(0) NOT NULL");
	struct wr_expr *fixed =
	    call(&f, "UNIX_TIMESTAMP", text(&f, "2024-01-01 00:00:00"), NULL, NULL);
	assert_true(wr_expr_is_deterministic(fixed));
	fixture_release(&f);
}

static void the_watermark(void **state)
{
	const struct wr_type *rowtime;
	struct wr_program *program;
	struct wr_column *out;
	struct fixture f;

	(void)state;
	fixture_init(&f);
	rowtime = wr_type_time_attr(&f.arena, &WR_T_TIMESTAMP3, WR_TIME_EVENT);
	struct wr_expr *column = wr_expr_column(&f.pool, 0, rowtime);
	struct wr_expr *expr = call(&f, "CURRENT_WATERMARK", column, NULL, NULL);
	assert_string_equal(type_of(&f, expr), "TIMESTAMP(3)");
	assert_null(
	    try_call(&f, "CURRENT_WATERMARK", wr_expr_column(&f.pool, 0, &WR_T_TIMESTAMP3), NULL));
	must(wr_program_new(&expr, 1, 1, "UTC", &program));
	struct wr_batch *batch = wr_batch_new(1, 2);
	int64_t watermark[] = {WR_WATERMARK_MIN, 1714979289123};
	const char *rows[] = {"2024-05-06 00:00:00", NULL};
	batch->column[0] = column_of(&f, &WR_T_TIMESTAMP3, rows, 2);
	wr_program_eval(program)->context.row_watermark = watermark;
	must(wr_program_run(program, batch, &out));
	assert_string_equal(shown(&f, out, 0), "NULL");
	assert_string_equal(shown(&f, out, 1), "2024-05-06 07:08:09.123");
	wr_column_unref(out);
	wr_batch_free(batch);
	wr_program_free(program);
	fixture_release(&f);
}

/* A pattern that is another one in each row. */
static void patterns_from_a_column(void **state)
{
	const char *formats[] = {"yyyy", NULL, "dd/MM"};
	struct fixture f;
	struct wr_program *program;
	struct wr_column *out;

	(void)state;
	fixture_init(&f);
	struct wr_expr *expr = call(&f, "DATE_FORMAT", argument_of(&f, "P3:2024-05-06 07:08:09"),
				    wr_expr_column(&f.pool, 0, &WR_T_STRING), NULL);
	struct wr_batch *batch = wr_batch_new(1, 3);
	batch->column[0] = column_of(&f, &WR_T_STRING, formats, 3);
	must(wr_program_new(&expr, 1, 1, "UTC", &program));
	must(wr_program_run(program, batch, &out));
	assert_string_equal(shown(&f, out, 0), "2024");
	assert_string_equal(shown(&f, out, 1), "NULL");
	assert_string_equal(shown(&f, out, 2), "06/05");
	wr_column_unref(out);
	wr_batch_free(batch);
	wr_program_free(program);
	fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parts_and_rounding),
	    cmocka_unit_test(adding_and_counting),
	    cmocka_unit_test(patterns),
	    cmocka_unit_test(instants_and_zones),
	    cmocka_unit_test(session_zone_of_instants),
	    cmocka_unit_test(the_clock),
	    cmocka_unit_test(the_watermark),
	    cmocka_unit_test(patterns_from_a_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
