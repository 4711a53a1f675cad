/* SPDX-License-Identifier: Apache-2.0
 *
 * number - tests: doubles as Java 17 prints them, reading back, integers and their borders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "data/number.h"
#include "java_doubles.h"

static void prints_as_java(void **state)
{
	(void)state;
	for (size_t i = 0; i < WR_COUNT(java_doubles); i++) {
		const struct java_double *row = &java_doubles[i];
		char text[WR_DOUBLE_TEXT_MAX];
		double value;
		assert_true(wr_double_parse(row->text, strlen(row->text), &value));
		assert_int_equal(wr_double_print(text, value), strlen(row->f64));
		assert_string_equal(text, row->f64);
		assert_int_equal(wr_float_print(text, (float)value), strlen(row->f32));
		assert_string_equal(text, row->f32);
	}
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return *seed ^ (*seed >> 29);
}

/* What is printed reads back as the same value, for any bits. */
static void round_trips(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = next_random(&seed);
		char text[WR_DOUBLE_TEXT_MAX];
		double value, back;
		float small, small_back;
		if (i % 4 == 0)
			bits >>= 12 + bits % 40; /* subnormal ones */
		memcpy(&value, &bits, sizeof value);
		if (i % 4 == 1)
			value = (double)(int64_t)(bits % 100000000) / 100;
		memcpy(&small, &bits, sizeof small);
		size_t len = wr_double_print(text, value);
		assert_true(wr_double_read(text, len, &back));
		assert_true(value == back || (isnan(value) && isnan(back)));
		assert_true(value == 0 || signbit(value) == signbit(back) || isnan(value));
		len = wr_float_print(text, small);
		assert_true(wr_float_read(text, len, &small_back));
		assert_true(small == small_back || (isnan(small) && isnan(small_back)));
	}
}

static void reads_as_strtod(void **state)
{
	static const char *const texts[] = {"0.1",
					    "123.456",
					    "1e22",
					    "1e23",
					    "-7.25",
					    "9007199254740993",
					    "99999999999999.9",
					    "123456789012345",
					    "0.000001",
					    "5e-324",
					    ".5",
					    "5.",
					    "1E5",
					    "1e-5",
					    "000123.4500",
					    "179769313486231580e291"};
	double value;

	(void)state;
	for (size_t i = 0; i < WR_COUNT(texts); i++) {
		assert_true(wr_double_read(texts[i], strlen(texts[i]), &value));
		assert_true(value == strtod(texts[i], NULL));
	}
}

static void checks_syntax(void **state)
{
	static const char *const bad[] = {"",      " ",   "+",     "-",    ".",     "abc",
					  "nan",   "inf", "--1",   "+-1",  "1e",    "1e+",
					  "1e5.5", "1 2", "1_000", "0x10", "1.9.9", "Infinityf",
					  "d",     "e5",  "0x",    "-.",   "1dd"};
	static const struct {
		const char *text; /* read as Java's Double.parseDouble does */
		double value;
	} good[] = {{" 12 ", 12},
		    {"\t12\n", 12},
		    {"1d", 1},
		    {"1.5D", 1.5},
		    {"1f", 1},
		    {"+1", 1},
		    {"0x1p3", 8},
		    {"Infinity", INFINITY},
		    {"-Infinity", -INFINITY},
		    {"+Infinity", INFINITY},
		    {"1e400", INFINITY},
		    {"-1e400", -INFINITY},
		    {"1e-400", 0},
		    {"2e-324", 0},
		    {"0.0000000000e999", 0},
		    {"5.", 5}};
	double value;
	float small;

	(void)state;
	for (size_t i = 0; i < WR_COUNT(bad); i++) {
		if (wr_double_parse(bad[i], strlen(bad[i]), &value) ||
		    wr_float_parse(bad[i], strlen(bad[i]), &small))
			fail_msg("'%s' was read as a number", bad[i]);
	}
	for (size_t i = 0; i < WR_COUNT(good); i++) {
		assert_true(wr_double_parse(good[i].text, strlen(good[i].text), &value));
		assert_true(value == good[i].value);
		assert_true(wr_float_parse(good[i].text, strlen(good[i].text), &small));
		assert_true(small == (float)good[i].value);
	}
}

static void integers(void **state)
{
	static const int64_t values[] = {0,   1,     -1,     9,         10,        99,
					 100, 12345, -12345, INT64_MAX, INT64_MIN, 1000000007};
	char text[WR_I128_TEXT_MAX];
	int64_t back;

	(void)state;
	for (size_t i = 0; i < WR_COUNT(values); i++) {
		char want[32];
		snprintf(want, sizeof want, "%lld", (long long)values[i]);
		size_t len = wr_i64_print(text, values[i]);
		assert_string_equal(text, want);
		assert_true(wr_i64_read(text, len, &back) && back == values[i]);
		wr_i128_print(text, values[i]);
		assert_string_equal(text, want);
	}
	assert_false(wr_i64_read("9223372036854775808", 19, &back));
	assert_false(wr_i64_read("-9223372036854775809", 20, &back));
	assert_false(wr_i64_read("99999999999999999999", 20, &back));
	assert_false(wr_i64_read("", 0, &back));
	assert_false(wr_i64_read("1x", 2, &back));
	wr_i128_print(text, (wr_i128)INT64_MIN * 1000000000000000000ll);
	assert_string_equal(text, "-9223372036854775808000000000000000000");
}

static void check_int(const char *text, enum wr_int_result want, int64_t value)
{
	int64_t out = 0;
	enum wr_int_result result = wr_int_parse(text, strlen(text), INT32_MIN, INT32_MAX, &out);

	if (result != want || (want == WR_INT_OK && out != value))
		fail_msg("'%s': result %d, value %lld", text, result, (long long)out);
}

static void casts_to_int(void **state)
{
	(void)state;
	check_int(" 12 ", WR_INT_OK, 12);
	check_int("+1", WR_INT_OK, 1);
	check_int("1.9", WR_INT_OK, 1);
	check_int("-1.9", WR_INT_OK, -1);
	check_int(".5", WR_INT_OK, 0);
	check_int("5.", WR_INT_OK, 5);
	check_int("007", WR_INT_OK, 7);
	check_int("-2147483648", WR_INT_OK, INT32_MIN);
	check_int("2147483648", WR_INT_RANGE, 0);
	check_int("9223372036854775808", WR_INT_RANGE, 0);
	check_int("", WR_INT_INVALID, 0);
	check_int(" ", WR_INT_INVALID, 0);
	check_int("+", WR_INT_INVALID, 0);
	check_int("--1", WR_INT_INVALID, 0);
	check_int("1.a", WR_INT_INVALID, 0);
	check_int("1e3", WR_INT_INVALID, 0);
	check_int("\t12\n", WR_INT_INVALID, 0);
}

static void casts_saturate(void **state)
{
	(void)state;
	assert_int_equal(wr_double_to_i64(1e300), INT64_MAX);
	assert_int_equal(wr_double_to_i64(-1e300), INT64_MIN);
	assert_int_equal(wr_double_to_i64(NAN), 0);
	assert_int_equal(wr_double_to_i64(-1.9), -1);
	assert_int_equal(wr_double_to_i32(3e9), INT32_MAX);
	assert_int_equal(wr_double_to_i32(-3e9), INT32_MIN);
	assert_int_equal(wr_double_to_i32(1.9), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(prints_as_java),  cmocka_unit_test(round_trips),
	    cmocka_unit_test(reads_as_strtod), cmocka_unit_test(checks_syntax),
	    cmocka_unit_test(integers),        cmocka_unit_test(casts_to_int),
	    cmocka_unit_test(casts_saturate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
