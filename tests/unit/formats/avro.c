/* SPDX-License-Identifier: Apache-2.0
 *
 * avro - records of the table's own schema, in and out.
 */
#include "message_case.h"

static const char *const modern[] = {"timestamp_mapping.legacy=false", NULL};

/* Bytes worked out by hand from Avro's specification; nullable columns begin with their branch. */
static void test_scalars(void **state)
{
	static const struct {
		const char *columns;
		const char *hex;
		const char *want;
	} cases[] = {
	    {"i INT", "02 01", "-1\n"},
	    {"i INT", "00", "\\N\n"},
	    {"i INT", "02 feffffff0f", "2147483647\n"},
	    {"i BIGINT", "02 ffffffffffffffffff01", "-9223372036854775808\n"},
	    {"i TINYINT, s SMALLINT", "02 ff01 02 8004", "-128\t256\n"},
	    {"b BOOLEAN, c BOOLEAN", "02 01 02 00", "TRUE\tFALSE\n"},
	    {"d DOUBLE", "02 000000000000f83f", "1.5\n"},
	    {"f FLOAT", "02 0000c03f", "1.5\n"},
	    {"s STRING", "02 06 'foo'", "foo\n"},
	    {"s STRING", "02 28 'twenty bytes of text'", "twenty bytes of text\n"},
	    {"s BYTES", "02 04 00ff", "x'00ff'\n"},
	    {"d DATE", "02 02", "1970-01-02\n"},
	    {"t TIME(3)", "02 80d0a526", "11:09:14.112\n"},
	    {"d DECIMAL(10, 2)", "02 04 04d2", "12.34\n"},
	    {"d DECIMAL(10, 2)", "02 02 ff", "-0.01\n"},
	    {"d DECIMAL(38, 0)", "02 22 ff 80000000000000000000000000000001",
	     "!0 type d: a number that does not fit DECIMAL(38, 0)\n"},
	    {"t TIMESTAMP(3)", "02 d00f", "1970-01-01 00:00:01.000\n"},
	    {"a ARRAY<INT>", "02 04 02 02 02 04 00", "[1, 2]\n"},
	    {"a ARRAY<INT>", "02 03 08 02 02 02 04 00", "[1, 2]\n"},
	    {"m MAP<STRING, INT>", "02 04 02 'a' 02 02 02 'b' 00 00", "{a=1, b=NULL}\n"},
	    {"m MAP<STRING, INT>", "02 04 02 'a' 02 02 02 'a' 02 04 00", "{a=2}\n"},
	    {"r ROW<x INT, y STRING>, z INT", "02 02 02 02 02 'q' 02 06", "(1, q)\t3\n"},
	    {"r ROW<x INT, y STRING>, z INT", "00 02 06", "\\N\t3\n"},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++)
		case_message("avro", cases[i].columns, NULL, cases[i].hex, cases[i].want);
	case_message("avro", "a TIMESTAMP(3), b TIMESTAMP_LTZ(6)", modern, "02 d00f 02 d00f",
		     "1970-01-01 00:00:01.000\t1970-01-01 00:00:00.001000\n");
}

static void test_damage(void **state)
{
	static const struct {
		const char *columns;
		const char *hex;
		const char *want;
	} cases[] = {
	    {"i INT", "", "!0 syntax i: the record ends too early"},
	    {"i INT", "02", "!0 syntax i: the record ends too early"},
	    {"i INT", "02 80", "!0 syntax i: the record ends too early"},
	    {"i INT", "04", "!0 syntax i: branch 2 of a union of 2"},
	    {"i INT", "02 80808080 20", "!0 type i: 4294967296 does not fit the column's type"},
	    {"i BIGINT", "02 ffffffffffffffffffff01", "!0 syntax i: a number of more than 64 bits"},
	    {"s STRING", "02 08 'foo'", "!0 syntax s: the record ends too early"},
	    {"s STRING", "02 01", "!0 syntax s: a text of -1 bytes"},
	    {"s STRING", "02 04 c328", "!0 encoding s: a text that is not UTF-8"},
	    {"b BOOLEAN", "02 02", "!0 syntax b: a boolean that is 2"},
	    {"a ARRAY<INT>", "02 feffffff0f", "!0 syntax a: 2147483647 elements, where 0 bytes"},
	    {"a ARRAY<INT>", "02 01 ffff 00", "!0 syntax a: a block of -"},
	    {"t TIME(3)", "02 01", "!0 type t: -1 is no time of a day"},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct format_case c;
		case_open(&c, "avro", cases[i].columns, NULL);
		const char *got = case_hex(&c, (const char *const[]){cases[i].hex, NULL});
		if (strncmp(got, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("%s: %s", cases[i].hex, got);
		case_close(&c);
	}
}

/* A bad record between good ones leaves nothing, lists included. */
static void test_bad_between(void **state)
{
	struct format_case c;

	case_open(&c, "avro", "a ARRAY<INT>, i INT", NULL);
	assert_string_equal(
	    case_hex(&c, (const char *const[]){"02 02 02 02 00 02 02", "02 04 02 02 02 04 00 02",
					       "02 02 02 06 00 02 04", NULL}),
	    "[1]\t1\n[3]\t2\n!1 syntax i: the record ends too early: is it of another "
	    "schema than the table's?\n");
	c.args.wanted_count = 1; /* of fewer columns the same records are bad */
	c.wanted[0] = 1;
	assert_string_equal(
	    case_hex(&c, (const char *const[]){"02 02 02 02 00 02 02", "02 04 02 02 02 04", NULL}),
	    "1\n!1 syntax a: the record ends too early: is it of another schema than "
	    "the table's?\n");
	case_close(&c);
}

static void test_encode(void **state)
{
	struct format_case c;
	const char *again;

	case_open(&c, "avro",
		  "i INT, l BIGINT, t TINYINT, b BOOLEAN, f FLOAT, d DOUBLE, s STRING, y BYTES, "
		  "dt DATE, tm TIME(3), ts TIMESTAMP(3), dc DECIMAL(20, 3), a ARRAY<STRING>, "
		  "m MAP<STRING, INT>, r ROW<x INT, y ROW<z STRING>>",
		  NULL);
	assert_string_equal(case_write(&c, "{}\n", &again, NULL),
			    "000000000000000000000000000000\n");
	case_write(
	    &c,
	    "{\"i\":-1,\"l\":-9223372036854775808,\"t\":-128,\"b\":true,\"f\":1.5,"
	    "\"d\":-2.25,\"s\":\"h\xc3\xa9\",\"y\":\"AP8=\",\"dt\":\"1969-12-31\","
	    "\"tm\":\"23:59:59\",\"ts\":\"1969-12-31 23:59:59.999\",\"dc\":-0.128,"
	    "\"a\":[\"x\",null],\"m\":{\"k\":1,\"n\":null},\"r\":{\"x\":1,\"y\":{\"z\":\"q\"}}}\n"
	    "{\"dc\":12345678901234567.890,\"a\":[],\"m\":{},\"r\":{}}\n",
	    &again, NULL);
	assert_string_equal(
	    again,
	    "-1\t-9223372036854775808\t-128\tTRUE\t1.5\t-2.25\th\xc3\xa9\tx'00ff'\t1969-12-31\t"
	    "23:59:59.0\t1969-12-31 23:59:59.999\t-0.128\t[x, NULL]\t{k=1, n=NULL}\t(1, (q))\n"
	    "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t12345678901234567.890\t[]\t{}\t"
	    "(NULL, NULL)\n");
	case_close(&c);
	case_open(&c, "avro", "ts TIMESTAMP(6), tz TIMESTAMP_LTZ(3), dc DECIMAL(5, 2)", modern);
	assert_string_equal(case_write(&c,
				       "{\"ts\":\"1970-01-01 00:00:00.000001\","
				       "\"tz\":\"1970-01-01 00:00:00.001Z\",\"dc\":-1.28}\n",
				       &again, NULL),
			    "02020202020280\n");
	case_close(&c);
}

static void test_check(void **state)
{
	static const struct {
		const char *columns;
		const char *message;
	} cases[] = {{"t TIMESTAMP(6)", "milliseconds only"},
		     {"t TIMESTAMP_LTZ(3)", "no instants"},
		     {"t TIME(6)", "three digits"},
		     {"m MAP<INT, INT>", "keys of its maps are texts"},
		     {"a ARRAY<ROW<t TIMESTAMP_LTZ(3)>>", "Column 'a'"}};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct format_case c;
		case_open(&c, "avro", cases[i].columns, NULL);
		wr_status *status = c.format->check(&c.args, true);
		assert_non_null(status);
		assert_non_null(strstr(status->text, cases[i].message));
		wr_status_free(status);
		case_close(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scalars),     cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_bad_between), cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
