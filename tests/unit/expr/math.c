/* SPDX-License-Identifier: Apache-2.0
 *
 * math - tests: arithmetic functions: values to the last digit, result types, errors, and the
 * sequences of random numbers.
 */
#include "fn_case.h"

#include <math.h>

#include "expr/java_math.h"

static const struct fn_case elementary[] = {
    {"POWER", "i10|f1.5", "DOUBLE NOT NULL", "31.622776601683793", false},
    {"POWER", "c10.2:123.45|i2", "DOUBLE NOT NULL", "15239.9025", false},
    {"POWER", "d-8|d0.3333333333333333", "DOUBLE NOT NULL", "NaN", false},
    {"POWER", "i-1|dInfinity", "DOUBLE NOT NULL", "NaN", false},
    {"SQRT", "i-7", "DOUBLE NOT NULL", "NaN", false},
    {"SQRT", "iN", "DOUBLE", "NULL", false},
    {"LN", "i0", "DOUBLE NOT NULL", "-Infinity", false},
    {"LN", "h43", "DOUBLE NOT NULL", "3.7612001156935624", false},
    {"LOG10", "t42", "DOUBLE NOT NULL", "1.6232492903979006", false},
    {"LOG10", "i1000", "DOUBLE NOT NULL", "3.0", false},
    {"LOG2", "i10", "DOUBLE NOT NULL", "3.3219280948873626", false},
    {"LOG", "d24.6", "DOUBLE NOT NULL", "3.202746442938317", false},
    {"LOG", "i3|i81", "DOUBLE NOT NULL", "4.0", false},
    {"LOG", "i1|i5", "DOUBLE NOT NULL", "Infinity", false},
    {"LOG", "i10|iN", "DOUBLE", "NULL", false},
    {"EXP", "h43", "DOUBLE NOT NULL", "4.7278394682293463E18", false},
    {"SIN", "t42", "DOUBLE NOT NULL", "-0.9165215479156338", false},
    {"COS", "i10", "DOUBLE NOT NULL", "-0.8390715290764524", false},
    {"TAN", "h43", "DOUBLE NOT NULL", "-1.4983873388551707", false},
    {"COT", "i0", "DOUBLE NOT NULL", "Infinity", false},
    {"SINH", "d4.6", "DOUBLE NOT NULL", "49.73713190309457", false},
    {"COSH", "i-1", "DOUBLE NOT NULL", "1.543080634815244", false},
    {"TANH", "d4.6", "DOUBLE NOT NULL", "0.9997979416121845", false},
    {"ASIN", "d0.46", "DOUBLE NOT NULL", "0.4779951985189524", false},
    {"ASIN", "d2.5", "DOUBLE NOT NULL", "NaN", false},
    {"ACOS", "f0.45", "DOUBLE NOT NULL", "1.104031001096478", false},
    {"ATAN", "i10", "DOUBLE NOT NULL", "1.4711276743037347", false},
    {"ATAN2", "i10|i3", "DOUBLE NOT NULL", "1.2793395323170296", false},
    {"ATAN2", "t0|h0", "DOUBLE NOT NULL", "0.0", false},
    {"DEGREES", "d4.6", "DOUBLE NOT NULL", "263.56058576017864", false},
    {"RADIANS", "c10.2:123.45", "DOUBLE NOT NULL", "2.154608961587", false},
    {"PI", "", "DOUBLE NOT NULL", "3.141592653589793", false},
    {"E", "", "DOUBLE NOT NULL", "2.718281828459045", false},
    {"SIN", "s1", "!", "Cannot apply 'SIN'", false},
    {"SQRT", "b1", "!", "Cannot apply 'SQRT'", false},
    {"LOG", "", "!", "Invalid number of arguments", false},
    {"ABS", "i1|i2", "!", "Invalid number of arguments", false},
};

static const struct fn_case rounding[] = {
    {"ABS", "t-5", "TINYINT NOT NULL", "5", false},
    {"ABS", "i-2147483648", "INT NOT NULL", "-2147483648", false},
    {"ABS", "c10.2:-123.45", "DECIMAL(10, 2) NOT NULL", "123.45", false},
    {"ABS", "f-1.5", "FLOAT NOT NULL", "1.5", false},
    {"ABS", "sx", "!", "Cannot apply 'ABS'", false},
    {"SIGN", "t5", "TINYINT NOT NULL", "1", false},
    {"SIGN", "c10.2:-123.45", "DECIMAL(10, 2) NOT NULL", "-1.00", false},
    {"SIGN", "c2.2:0.45", "DECIMAL(2, 2) NOT NULL", "NULL", false},
    {"SIGN", "dNaN", "DOUBLE NOT NULL", "NaN", false},
    {"SIGN", "d-0.0", "DOUBLE NOT NULL", "-0.0", false},
    {"CEIL", "l9223372036854775807", "BIGINT NOT NULL", "9223372036854775807", false},
    {"CEIL", "d-0.5", "DOUBLE NOT NULL", "-0.0", false},
    {"CEILING", "c4.2:99.99", "DECIMAL(4, 0) NOT NULL", "100", false},
    {"FLOOR", "c12.4:-3.1234", "DECIMAL(12, 0) NOT NULL", "-4", false},
    {"FLOOR", "f1.5", "FLOAT NOT NULL", "1.0", false},
    {"ROUND", "t127|i-1", "TINYINT NOT NULL", "-126", false},
    {"ROUND", "i2147483647|i-1", "INT NOT NULL", "-2147483646", false},
    {"ROUND", "l9223372036854775807|i-19", "BIGINT NOT NULL", "-8446744073709551616", false},
    {"ROUND", "i-15|i-1", "INT NOT NULL", "-20", false},
    {"ROUND", "i10|i-10", "INT NOT NULL", "0", false},
    {"ROUND", "i10|i2", "INT NOT NULL", "10", false},
    {"ROUND", "d-2.5", "DOUBLE NOT NULL", "-3.0", false},
    {"ROUND", "d1.005|i2", "DOUBLE NOT NULL", "1.01", false},
    {"ROUND", "d9.99|i1", "DOUBLE NOT NULL", "10.0", false},
    {"ROUND", "d123456.789|i-2", "DOUBLE NOT NULL", "123500.0", false},
    {"ROUND", "d2.5|i400", "DOUBLE NOT NULL", "2.5", false},
    {"ROUND", "d2.5|i-400", "DOUBLE NOT NULL", "0.0", false},
    {"ROUND", "d-0.4", "DOUBLE NOT NULL", "0.0", false},
    {"ROUND", "dNaN", "DOUBLE NOT NULL", "ERROR", false},
    {"ROUND", "dInfinity|i1", "DOUBLE NOT NULL", "ERROR", false},
    {"ROUND", "f1.2345|i3", "FLOAT NOT NULL", "1.235", false},
    {"ROUND", "f1.0005|i3", "FLOAT NOT NULL", "1.0", false},
    {"ROUND", "c10.2:123.45", "DECIMAL(9, 0) NOT NULL", "123", false},
    {"ROUND", "c10.2:123.45|i1", "DECIMAL(10, 1) NOT NULL", "123.5", true},
    {"ROUND", "c10.2:123.45|i3", "DECIMAL(10, 2) NOT NULL", "123.45", false},
    {"ROUND", "c10.2:123.45|i-1", "DECIMAL(9, 0) NOT NULL", "120", true},
    {"ROUND", "c4.2:99.99|i1", "DECIMAL(4, 1) NOT NULL", "100.0", true},
    {"ROUND", "c38.1:9.5|i0", "DECIMAL(38, 0) NOT NULL", "10", true},
    {"ROUND", "c5.4:1.2345|iN", "DECIMAL(5, 4)", "NULL", false},
    {"ROUND", "c10.2:1.25|l1", "!", "Cannot apply 'ROUND'", false},
    {"TRUNCATE", "d2.999|i2", "DOUBLE NOT NULL", "2.99", false},
    {"TRUNCATE", "d123.45|i-1", "DOUBLE NOT NULL", "120.0", false},
    {"TRUNCATE", "d1e300|i2", "DOUBLE NOT NULL", "1.0E300", false},
    {"TRUNCATE", "f2.999|i2", "FLOAT NOT NULL", "2.99", false},
    {"TRUNCATE", "i123456|i-2", "INT NOT NULL", "123400", false},
    {"TRUNCATE", "c10.2:-1.29|i1", "DECIMAL(10, 1) NOT NULL", "-1.2", true},
    {"TRUNCATE", "c10.2:123.45|i-3", "DECIMAL(9, 0) NOT NULL", "0", true},
    {"TRUNCATE", "s1.55|i1", "!", "Cannot apply 'TRUNCATE'", false},
    {"RAND_INTEGER", "i5|i0", "INT NOT NULL", "ERROR", false},
    {"RAND", "iN", "DOUBLE", "NULL", false},
    {"RAND", "l5", "!", "Cannot apply 'RAND'", false},
};

static void elementary_functions(void **state)
{
	(void)state;
	check_cases(elementary, WR_COUNT(elementary), "UTC");
}

static void functions_that_keep_the_type(void **state)
{
	(void)state;
	check_cases(rounding, WR_COUNT(rounding), "UTC");
}

/* ROUND(x, -1) with the minus as a call is still a constant number of digits. */
static void digits_behind_a_minus(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *digits = call(&f, "-", wr_expr_i32(&f.pool, 2), NULL, NULL);
	struct wr_expr *arg = argument_of(&f, "c9.4:12345.6789");
	assert_string_equal(type_of(&f, call(&f, "ROUND", arg, digits, NULL)),
			    "DECIMAL(6, 0) NOT NULL");
	assert_string_equal(result_of(&f, call(&f, "ROUND", arg, digits, NULL)), "12300");
	fixture_release(&f);
}

/* Values of `expr` over three rows of column 0. */
static void run_rows(struct fixture *f, struct wr_expr *expr, struct wr_column *column,
		     const char **value)
{
	struct wr_batch *batch = wr_batch_new(1, 3);
	struct wr_program *program;
	struct wr_column *out;

	batch->column[0] = column;
	must(wr_program_new(&expr, 1, 1, "UTC", &program));
	must(wr_program_run(program, batch, &out));
	for (uint32_t i = 0; i < 3; i++)
		value[i] = shown(f, out, i);
	wr_column_unref(out);
	wr_program_free(program);
	wr_batch_free(batch);
}

static void random_numbers(void **state)
{
	const char *value[3], *seeds[] = {"10", NULL, "5"};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *seed = wr_expr_column(&f.pool, 0, &WR_T_INT);
	run_rows(&f, call(&f, "RAND", seed, NULL, NULL), column_of(&f, &WR_T_INT, seeds, 3), value);
	assert_string_equal(value[0], "0.7304302967434272");
	assert_string_equal(value[1], "NULL");
	assert_string_equal(value[2], "0.730519863614471");
	run_rows(&f, call(&f, "RAND", wr_expr_i32(&f.pool, 1), NULL, NULL),
		 column_of(&f, &WR_T_INT, seeds, 3), value);
	assert_string_equal(value[0], "0.7308781907032909");
	assert_string_equal(value[1], "0.41008081149220166");
	run_rows(
	    &f, call(&f, "RAND_INTEGER", wr_expr_i32(&f.pool, 1), wr_expr_i32(&f.pool, 1000), NULL),
	    column_of(&f, &WR_T_INT, seeds, 3), value);
	assert_string_equal(value[0], "985");
	assert_string_equal(value[1], "588");
	assert_false(wr_expr_is_deterministic(call(&f, "RAND", NULL, NULL, NULL)));
	fixture_release(&f);
}

static void bounds_of_random_integers(void **state)
{
	struct wr_java_random random;

	(void)state;
	wr_java_random_seed(&random, 5);
	assert_int_equal(wr_java_random_below(&random, 16), 11);
	wr_java_random_seed(&random, 5);
	assert_int_equal(wr_java_random_below(&random, 1073741825), 379250092);
	for (int i = 0; i < 1000; i++) {
		int32_t value = wr_java_random_below(&random, 7);
		double unit = wr_java_random_double(&random);
		assert_true(value >= 0 && value < 7);
		assert_true(unit >= 0 && unit < 1);
	}
}

static void edges_of_java_math(void **state)
{
	(void)state;
	assert_true(wr_java_asin(1) == 1.5707963267948966);
	assert_true(wr_java_acos(-1) == 3.141592653589793);
	assert_true(wr_java_acos(1) == 0);
	assert_true(isnan(wr_java_acos(1.5)));
	assert_true(wr_java_atan(1e300) == 1.5707963267948966);
	assert_true(wr_java_atan2(1, -1e-300) > 1.57);
	assert_true(wr_java_sinh(1000) == (double)INFINITY);
	assert_true(wr_java_sinh(-1000) == -(double)INFINITY);
	assert_true(wr_java_cosh(-710) > 1e307);
	assert_true(wr_java_tanh(-50) == -1);
	assert_true(wr_java_sinh(1e-30) == 1e-30);
	assert_true(isnan(wr_java_tanh((double)NAN)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(elementary_functions),
	    cmocka_unit_test(functions_that_keep_the_type),
	    cmocka_unit_test(digits_behind_a_minus),
	    cmocka_unit_test(random_numbers),
	    cmocka_unit_test(bounds_of_random_integers),
	    cmocka_unit_test(edges_of_java_math),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
