/* SPDX-License-Identifier: Apache-2.0
 *
 * decimal - tests: arithmetic against exact answers, text forms, and rounding at the borders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "data/decimal.h"
#include "data/number.h"
#include "decimal_cases.h"

static wr_i128 parse_i128(const char *text)
{
	wr_i128 value = 0;
	bool negative = *text == '-';

	for (text += negative; *text != '\0'; text++)
		value = value * 10 + (*text - '0');
	return negative ? -value : value;
}

static bool apply(const struct decimal_case *c, wr_i128 *out)
{
	wr_i128 a = parse_i128(c->a), b = parse_i128(c->b);

	switch (c->op) {
	case '+': return wr_decimal_add(a, c->a_scale, b, c->b_scale, c->precision, c->scale, out);
	case '-': return wr_decimal_sub(a, c->a_scale, b, c->b_scale, c->precision, c->scale, out);
	case '*': return wr_decimal_mul(a, c->a_scale, b, c->b_scale, c->precision, c->scale, out);
	case '/': return wr_decimal_div(a, c->a_scale, b, c->b_scale, c->precision, c->scale, out);
	case '%': return wr_decimal_mod(a, c->a_scale, b, c->b_scale, c->precision, c->scale, out);
	case 'd':
		return wr_decimal_div_int(a, c->a_scale, b, c->b_scale, c->precision, c->scale,
					  out);
	default: {
		int order = wr_decimal_compare(a, c->a_scale, b, c->b_scale);
		*out = (order > 0) - (order < 0);
		return true;
	}
	}
}

static void arithmetic_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < WR_COUNT(decimal_cases); i++) {
		const struct decimal_case *c = &decimal_cases[i];
		char text[WR_I128_TEXT_MAX];
		wr_i128 out = 77;
		bool fits = apply(c, &out);
		wr_i128_print(text, out);
		if (fits != (c->want != NULL) || (fits && strcmp(text, c->want) != 0))
			fail_msg("%s/%d %c %s/%d as (%d,%d): %s, not %s", c->a, c->a_scale, c->op,
				 c->b, c->b_scale, c->precision, c->scale, fits ? text : "NULL",
				 c->want != NULL ? c->want : "NULL");
		if (!fits)
			assert_true(out == 0);
	}
}

static void rounds_half_up_away_from_zero(void **state)
{
	wr_i128 out;

	(void)state;
	assert_true(wr_decimal_rescale(25, 1, 5, 0, &out) && out == 3);
	assert_true(wr_decimal_rescale(-25, 1, 5, 0, &out) && out == -3);
	assert_true(wr_decimal_rescale(24, 1, 5, 0, &out) && out == 2);
	assert_true(wr_decimal_truncate(-29, 1, 5, 0, &out) && out == -2);
	assert_false(wr_decimal_rescale(9995, 3, 3, 2, &out)); /* 9.995 -> 10.00 */
	assert_true(wr_decimal_rescale(9994, 3, 3, 2, &out) && out == 999);
	assert_true(wr_decimal_round(125, 0, -1, 10, 0, &out) && out == 130);
	assert_true(wr_decimal_round(2675, 3, 2, 4, 2, &out) && out == 268);
	assert_true(wr_decimal_round(1, 0, -100, 10, 0, &out) && out == 0);
	assert_true(wr_decimal_round(1, 0, INT32_MIN, 10, 0, &out) && out == 0);
	assert_true(wr_decimal_trunc_digits(2679, 3, 2, 4, 2, &out) && out == 267);
	assert_true(wr_decimal_floor(-21, 1) == -3 && wr_decimal_floor(21, 1) == 2);
	assert_true(wr_decimal_ceil(21, 1) == 3 && wr_decimal_ceil(-21, 1) == -2);
	assert_true(wr_decimal_ceil(20, 1) == 2 && wr_decimal_floor(-20, 1) == -2);
}

/* The referee's own answers: what the two-step rounding of quotients gives. */
static void divides_as_flink(void **state)
{
	wr_i128 out;
	char text[WR_DECIMAL_TEXT_MAX];

	(void)state;
	assert_true(wr_decimal_div(6, 0, parse_i128("9000000000000"), 12, 38, 21, &out));
	wr_decimal_print(text, out, 21);
	assert_string_equal(text, "0.666666666666666666667");
	assert_true(wr_decimal_div(1000, 2, 300, 2, 23, 13, &out));
	wr_decimal_print(text, out, 13);
	assert_string_equal(text, "3.3333333333333");
	assert_true(wr_decimal_mul(parse_i128("100000000000"), 10, parse_i128("30000000000"), 10,
				   38, 6, &out));
	wr_decimal_print(text, out, 6);
	assert_string_equal(text, "30.000000");
}

static void check_parse(const char *text, int precision, int scale, const char *want)
{
	wr_i128 out;
	char printed[WR_DECIMAL_TEXT_MAX] = "NULL";
	enum wr_decimal_result result =
	    wr_decimal_parse(text, strlen(text), precision, scale, &out);

	if (result == WR_DECIMAL_OK)
		wr_decimal_print(printed, out, scale);
	else if (result == WR_DECIMAL_INVALID)
		strncpy(printed, "bad", sizeof printed - 1);
	if (strcmp(printed, want) != 0)
		fail_msg("'%s' as DECIMAL(%d,%d): %s, not %s", text, precision, scale, printed,
			 want);
}

static void parses(void **state)
{
	(void)state;
	check_parse("1e3", 10, 2, "1000.00");
	check_parse(" 12 ", 10, 2, "12.00");
	check_parse("\t12\n", 10, 2, "12.00");
	check_parse("1.005", 10, 2, "1.01");
	check_parse("1.0049", 10, 2, "1.00");
	check_parse("-1.005", 10, 2, "-1.01");
	check_parse(".5", 10, 2, "0.50");
	check_parse("5.", 10, 2, "5.00");
	check_parse("-0.0", 10, 2, "0.00");
	check_parse("1e8", 10, 2, "NULL");
	check_parse("1e7", 10, 2, "10000000.00");
	check_parse("99999999.994", 10, 2, "99999999.99");
	check_parse("1e-400", 10, 2, "0.00");
	check_parse("1e400", 10, 2, "NULL");
	check_parse("0e400", 10, 2, "0.00");
	check_parse("0.1e1", 10, 2, "1.00");
	check_parse("00000000000000000000000000000000000000000000012.5", 10, 2, "12.50");
	check_parse("0.00000000000000000000000000000000000000000000000001", 38, 38,
		    "0.00000000000000000000000000000000000000");
	check_parse("99999999999999999999999999999999999999", 38, 0,
		    "99999999999999999999999999999999999999");
	check_parse("100000000000000000000000000000000000000", 38, 0, "NULL");
	check_parse("", 10, 2, "bad");
	check_parse("+", 10, 2, "bad");
	check_parse(".", 10, 2, "bad");
	check_parse("1e", 10, 2, "bad");
	check_parse("1.9.9", 10, 2, "bad");
	check_parse("--1", 10, 2, "bad");
	check_parse("1 2", 10, 2, "bad");
}

static void parses_literals_exactly(void **state)
{
	wr_i128 out;
	int precision, scale;

	(void)state;
	assert_true(wr_decimal_parse_exact("1.50", 4, &out, &precision, &scale));
	assert_true(out == 150 && precision == 3 && scale == 2);
	assert_true(wr_decimal_parse_exact("0.05", 4, &out, &precision, &scale));
	assert_true(out == 5 && precision == 2 && scale == 2);
	assert_false(wr_decimal_parse_exact("1e5", 3, &out, &precision, &scale));
}

static void check_print(const char *unscaled, int scale, const char *full, const char *stripped,
			const char *plain)
{
	char text[WR_DECIMAL_TEXT_MAX];
	wr_i128 value = parse_i128(unscaled);

	assert_int_equal(wr_decimal_print(text, value, scale), strlen(full));
	assert_string_equal(text, full);
	assert_int_equal(wr_decimal_print_stripped(text, value, scale), strlen(stripped));
	assert_string_equal(text, stripped);
	assert_int_equal(wr_decimal_print_plain(text, value, scale), strlen(plain));
	assert_string_equal(text, plain);
}

static void prints(void **state)
{
	(void)state;
	check_print("1000", 2, "10.00", "1E+1", "10");
	check_print("0", 2, "0.00", "0", "0");
	check_print("300000", 4, "30.0000", "3E+1", "30");
	check_print("-123400", 4, "-12.3400", "-12.34", "-12.34");
	check_print("5", 3, "0.005", "0.005", "0.005");
	check_print("1", 7, "0.0000001", "1E-7", "0.0000001");
	check_print("12", 8, "0.00000012", "1.2E-7", "0.00000012");
	check_print("1", 6, "0.000001", "0.000001", "0.000001");
	check_print("1230000", 0, "1230000", "1.23E+6", "1230000");
	check_print("99999999999999999999999999999999999999", 38,
		    "0.99999999999999999999999999999999999999",
		    "0.99999999999999999999999999999999999999",
		    "0.99999999999999999999999999999999999999");
}

static void converts_doubles_and_integers(void **state)
{
	wr_i128 out;

	(void)state;
	assert_true(wr_decimal_from_double(0.1, 20, 18, &out));
	assert_true(out == parse_i128("100000000000000000"));
	assert_true(wr_decimal_from_double(2.7888812648415155e+17, 38, 2, &out));
	assert_true(out == parse_i128("27888812648415155200"));
	assert_false(wr_decimal_from_double(1e300, 38, 0, &out));
	assert_false(wr_decimal_from_double(0.0 / 0.0, 38, 0, &out));
	assert_true(wr_decimal_from_double(-2.5, 2, 0, &out) && out == -3);
	assert_true(wr_decimal_from_i64(INT64_MIN, 38, 2, &out));
	assert_true(out == (wr_i128)INT64_MIN * 100);
	assert_false(wr_decimal_from_i64(100, 3, 1, &out));
	assert_int_equal(wr_decimal_to_i64(-199, 2), -1);
	assert_int_equal(wr_decimal_to_i64((wr_i128)INT64_MAX + 1, 0), INT64_MIN);
	assert_true(wr_decimal_to_double(1250, 2) == 12.5);
	assert_true(wr_decimal_to_double(parse_i128("12345678901234567890123456789"), 10) ==
		    1234567890123456789.0123456789);
	assert_true(wr_decimal_to_double(parse_i128("-99999999999999999999999999999999999999"),
					 38) == -1.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arithmetic_is_exact),
	    cmocka_unit_test(rounds_half_up_away_from_zero),
	    cmocka_unit_test(divides_as_flink),
	    cmocka_unit_test(parses),
	    cmocka_unit_test(parses_literals_exactly),
	    cmocka_unit_test(prints),
	    cmocka_unit_test(converts_doubles_and_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
