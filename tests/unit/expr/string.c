/* SPDX-License-Identifier: Apache-2.0
 *
 * string - tests of the string functions: the recorded calls, then errors, limits, and rows over
 * columns that share bytes.
 */
#include "call_string.h"
#include "expr/fn_string.h"

static void recorded_calls(void **state)
{
	(void)state;
	check_calls(string_calls, WR_COUNT(string_calls));
}

/* Result types that depend on the arguments' lengths. */
static void types_keep_lengths(void **state)
{
	static const struct call_test tests[] = {
	    {"UPPER('abc')", "CHAR(3) NOT NULL", "ABC"},
	    {"||('ab', 'c')", "CHAR(3) NOT NULL", "abc"},
	    {"||('ab', 'c'::VARCHAR(4))", "VARCHAR(6) NOT NULL", "abc"},
	    {"||('ab', 'c'::STRING)", "STRING NOT NULL", "abc"},
	    {"SUBSTRING('hello', 2, 3)", "VARCHAR(5)", "ell"},
	    {"TRIM('  x  ')", "VARCHAR(5) NOT NULL", "x"},
	    {"BTRIM('  x  ')", "STRING NOT NULL", "x"},
	    {"OVERLAY('abc', 'zz', 2)", "VARCHAR(5) NOT NULL", "azz"},
	    {"ELT(1, 'scala', 'java')", "VARCHAR(5)", "scala"},
	    {"ELT(0, 'a', 'b')", "CHAR(1)", "NULL"},
	    {"TRANSLATE('www', NULL::STRING, '1')", "STRING NOT NULL", "www"},
	    {"TRANSLATE(NULL::STRING, 'a', 'b')", "STRING", "NULL"},
	    {"ENCODE('a', 'UTF-8')", "BINARY(1)", "x'61'"},
	    {"IS_ALPHA(NULL::STRING)", "BOOLEAN NOT NULL", "FALSE"},
	    {"CONCAT_WS(',', 'a', NULL::STRING, 'b')", "STRING", "a,b"},
	    {"CONCAT_WS(NULL::STRING, 'a')", "STRING", "NULL"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

static void wrong_arguments_are_refused(void **state)
{
	static const struct call_test tests[] = {
	    {"UPPER(1)", NULL, "ERROR Cannot apply 'UPPER' to arguments of type (INT NOT NULL)"},
	    {"LPAD('a', 'b', 'c')", NULL, "ERROR Cannot apply 'LPAD'"},
	    {"SUBSTRING(1, 2)", NULL, "ERROR Cannot apply 'SUBSTRING'"},
	    {"HEX('1.5'::DOUBLE)", NULL, "ERROR Cannot apply 'HEX'"},
	    {"ELT(1, 'a', 2)", NULL, "ERROR Cannot apply 'ELT'"},
	    {"STARTSWITH('a', 'b'::BYTES)", NULL, "ERROR Cannot apply 'STARTSWITH'"},
	    {"DECODE('a', 'UTF-8')", NULL, "ERROR Cannot apply 'DECODE'"},
	    {"IS_DIGIT(TRUE)", NULL, "ERROR Cannot apply 'IS_DIGIT'"},
	    {"TRIM('a', 'b')", NULL, "ERROR Cannot apply 'TRIM'"},
	    {"CONCAT('a', 1)", NULL, "ERROR Cannot apply 'CONCAT'"},
	    {"CHR('a')", NULL, "ERROR Cannot apply 'CHR'"},
	    {"UPPER('a', 'b')", NULL, "ERROR Invalid number of arguments to function 'UPPER'"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

static void failing_rows_say_why(void **state)
{
	static const struct call_test tests[] = {
	    {"FROM_BASE64('***')", NULL, "ERROR '***' is not base64: it has a character"},
	    {"FROM_BASE64('YQ=')", NULL, "ERROR its padding is wrong"},
	    {"FROM_BASE64('Y')", NULL, "ERROR its padding is wrong"},
	    {"FROM_BASE64('YQ==YQ==')", NULL, "ERROR its padding is wrong"},
	    {"ENCODE('a', 'nope')", NULL, "ERROR unknown character set 'nope'; use US-ASCII"},
	    {"DECODE('a'::BYTES, 'x')", NULL, "ERROR unknown character set 'x'"},
	    {"INSTR('abc', 'b', 1, 0)", NULL, "ERROR the appearance to look for is 0"},
	    {"REPEAT('abcdefghij', 2000000000)", NULL, "ERROR would have 20000000000 bytes"},
	    {"LPAD('a', 2147483647, 'b')", NULL, "ERROR more than the 67108864 allowed"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

static void printf_follows_formatter(void **state)
{
	static const struct call_test tests[] = {
	    {"PRINTF('%.0f|%.0f|%.0f', '0.5'::DOUBLE, '1.5'::DOUBLE, '2.5'::DOUBLE)", NULL,
	     "1|2|3"},
	    {"PRINTF('%.2f', '0.125'::DOUBLE)", NULL, "0.13"},
	    {"PRINTF('%.3f', '999.9996'::DOUBLE)", NULL, "1000.000"},
	    {"PRINTF('%,.1f', '999999.96'::DOUBLE)", NULL, "1,000,000.0"},
	    {"PRINTF('%e', '0'::DOUBLE)", NULL, "0.000000e+00"},
	    {"PRINTF('%.1e', '9.96'::DOUBLE)", NULL, "1.0e+01"},
	    {"PRINTF('%f', 'NaN'::DOUBLE)", NULL, "NaN"},
	    {"PRINTF('%5.1f|', 'Infinity'::DOUBLE)", NULL, "Infinity|"},
	    {"PRINTF('%1$s %1$s %2$d', 'a', 7)", NULL, "a a 7"},
	    {"PRINTF('%-5d|%05d|%x', 42, 42, -1::TINYINT)", NULL, "42   |00042|ff"},
	    {"PRINTF('%s', '2024-01-31'::DATE)", NULL, "19753"},
	    {"PRINTF('%s', '2024-01-31 10:00:00'::TIMESTAMP3)", NULL, "2024-01-31T10:00"},
	    {"PRINTF('%d', 'x')", NULL, "NULL"},
	    {"PRINTF('%+ d', 1)", NULL, "NULL"},
	    {"PRINTF('%-d', 1)", NULL, "NULL"},
	    {"PRINTF('%', 1)", NULL, "NULL"},
	    {"PRINTF('%99999999999d', 1)", NULL, "NULL"},
	    {"PRINTF('%s')", NULL, "NULL"},
	    {"PRINTF('%3$s', 'a')", NULL, "NULL"},
	    {"PRINTF('%<s', 'a')", NULL, "NULL"},
	    {"PRINTF('100%%')", NULL, "100%"},
	    {"PRINTF('%S|%X', 'a\xc3\xa9', 255)", NULL, "A\xc3\x89|FF"},
	    {"PRINTF('%.2f|%.1f|%.3e', '0.125'::DOUBLE, '0.25'::DOUBLE, '12345.6789'::DOUBLE)",
	     NULL, "0.13|0.3|1.235e+04"},
	    {"PRINTF('%g|%g|%g', '123456.7'::DOUBLE, '1234567.8'::DOUBLE, '0.0001234'::DOUBLE)",
	     NULL, "123457|1.23457e+06|0.000123400"},
	    {"PRINTF('%.3g', '0.00001'::DOUBLE)", NULL, "1.00e-05"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

/* Long strings are cut out of columns without copies, beside NULLs; the views must stay good when
 * only the result is left. */
static void rows_share_bytes(void **state)
{
	struct fixture f;
	static const char *const texts[] = {
	    "a string that is too long to be kept inline, and then some", NULL, "short", "",
	    "日本語の文字列は三バイトの文字でできている"};

	(void)state;
	fixture_init(&f);
	struct wr_column *s = column_of(&f, &WR_T_STRING, texts, 5);
	const struct named_column columns[] = {{"s", s}, {NULL, NULL}};
	assert_string_equal(rows_of(&f, "SUBSTRING(s, 10, 20)", columns, 5),
			    "that is too long to |NULL|||バイトの文字でできている");
	assert_string_equal(rows_of(&f, "RIGHT(s, 14)", columns, 5),
			    " and then some|NULL|short||は三バイトの文字でできている");
	fixture_release(&f);
	wr_column_unref(s);
}

static void rows_fail_one_by_one(void **state)
{
	struct fixture f;
	static const char *const texts[] = {"YQ==", "!", NULL, "YWI="};

	(void)state;
	fixture_init(&f);
	struct wr_column *s = column_of(&f, &WR_T_STRING, texts, 4);
	const struct named_column columns[] = {{"s", s}, {NULL, NULL}};
	assert_string_equal(rows_of(&f, "FROM_BASE64(s)", columns, 4),
			    "a|ERROR FROM_BASE64: '!' is not base64: it has a character that is "
			    "not of the base64 alphabet|NULL|ab");
	fixture_release(&f);
	wr_column_unref(s);
}

/* UUIDs differ by row and have their version in them. */
static void uuids_are_random(void **state)
{
	struct fixture f;
	static const char *const texts[] = {"a", "b"};

	(void)state;
	fixture_init(&f);
	struct wr_column *s = column_of(&f, &WR_T_STRING, texts, 2);
	const struct named_column columns[] = {{"s", s}, {NULL, NULL}};
	const char *rows = rows_of(&f, "UUID()", columns, 2);
	assert_int_equal(strlen(rows), 36 * 2 + 1);
	assert_memory_not_equal(rows, rows + 37, 36);
	assert_int_equal(rows[14], '4');
	fixture_release(&f);
	wr_column_unref(s);
}

/* Bytes that are no UTF-8 go through every function without harm. */
static void malformed_text_is_survived(void **state)
{
	static const char *const calls[] = {
	    "UPPER(s)",
	    "LOWER(s)",
	    "INITCAP(s)",
	    "CHAR_LENGTH(s)",
	    "REVERSE(s)",
	    "SUBSTRING(s, 2, 2)",
	    "SUBSTRING(s, -2)",
	    "LEFT(s, 2)",
	    "RIGHT(s, 2)",
	    "TRIM(s)",
	    "BTRIM(s, s)",
	    "LPAD(s, 9, s)",
	    "RPAD(s, 9, s)",
	    "REPLACE(s, '', s)",
	    "REPLACE(s, s, 'x')",
	    "TRANSLATE(s, s, 'abc')",
	    "OVERLAY(s, s, 2)",
	    "POSITION(s, s)",
	    "INSTR(s, s, -1)",
	    "SPLIT(s, '')",
	    "SPLIT(s, s)",
	    "SPLIT_INDEX(s, '', 1)",
	    "ASCII(s)",
	    "IS_ALPHA(s)",
	    "IS_DIGIT(s)",
	    "IS_DECIMAL(s)",
	    "HEX(s)",
	    "ENCODE(s, 'UTF-16')",
	    "PRINTF(s, s)",
	    "PRINTF('%5.2s', s)",
	    "CONCAT_WS(s, s, s)",
	    "STARTSWITH(s, s)",
	    "INSTR(s, 'a')",
	    "UNHEX(s)",
	    "TO_BASE64(s)",
	};
	static const char bytes[][5] = {"\xff",     "\xc3",         "\xe2\x82",     "\xf0\x9f\x98",
					"\x80\x80", "\xed\xa0\x80", "\xf8\x88\x80", "a\xf0"};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_builder *builder = wr_builder_new(&WR_T_STRING, 8);
	for (size_t i = 0; i < WR_COUNT(bytes); i++)
		wr_builder_str(builder, bytes[i], strlen(bytes[i]));
	struct wr_column *s = wr_builder_finish(builder);
	const struct named_column columns[] = {{"s", s}, {NULL, NULL}};
	for (size_t i = 0; i < WR_COUNT(calls); i++)
		assert_non_null(rows_of(&f, calls[i], columns, WR_COUNT(bytes)));
	assert_string_equal(rows_of(&f, "CHAR_LENGTH(s)", columns, 8), "1|1|1|1|2|1|3|2");
	wr_builder_free(builder);
	fixture_release(&f);
	wr_column_unref(s);
}

static void utf_walks(void **state)
{
	struct wr_str text = wr_str_of("a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80");
	uint32_t size;

	(void)state;
	assert_int_equal(wr_utf_count(text), 4);
	assert_int_equal(wr_utf_offset(text, 2), 3);
	assert_int_equal(wr_utf_offset(text, 99), text.len);
	assert_true(wr_utf_has_pairs(text));
	assert_false(wr_utf_is_ascii(text));
	assert_true(wr_utf_is_ascii(wr_str_of("0123456789abc")));
	assert_int_equal(wr_utf_decode((struct wr_str){text.data + 6, 4}, &size), 0x1f600);
	assert_int_equal(size, 4);
	/* overlong, a surrogate, beyond the last: one replacement for the first byte */
	assert_int_equal(wr_utf_decode(wr_str_of("\xc0\x80"), &size), 0xfffd);
	assert_int_equal(wr_utf_decode(wr_str_of("\xed\xa0\x80"), &size), 0xfffd);
	assert_int_equal(size, 1);
	assert_int_equal(wr_utf_decode(wr_str_of("\xf4\x90\x80\x80"), &size), 0xfffd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recorded_calls),
	    cmocka_unit_test(types_keep_lengths),
	    cmocka_unit_test(wrong_arguments_are_refused),
	    cmocka_unit_test(failing_rows_say_why),
	    cmocka_unit_test(printf_follows_formatter),
	    cmocka_unit_test(rows_share_bytes),
	    cmocka_unit_test(rows_fail_one_by_one),
	    cmocka_unit_test(uuids_are_random),
	    cmocka_unit_test(malformed_text_is_survived),
	    cmocka_unit_test(utf_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
