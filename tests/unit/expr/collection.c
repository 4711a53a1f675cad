/* SPDX-License-Identifier: Apache-2.0
 *
 * collection - tests: access to elements, constructors, arrays as lists and as sets, maps; what is
 * shared in place of copied.
 */
#include "fn_case.h"

static const struct fn_case access_cases[] = {
    {"CARDINALITY", "a3,N,1,3", "INT", "4", false},
    {"CARDINALITY", "mk:1,l:N", "INT", "2", false},
    {"CARDINALITY", "aN", "INT", "NULL", false},
    {"CARDINALITY", "sx", "!", "Cannot apply 'CARDINALITY'", false},
    {"ELEMENT", "a7", "INT", "7", false},
    {"ELEMENT", "a", "INT", "NULL", false},
    {"ELEMENT", "aN", "INT", "NULL", false},
    {"ELEMENT", "a1,2", "INT", "ERROR", false},
    {"[]", "a3,N,1|i1", "INT", "3", false},
    {"[]", "a3,N,1|i2", "INT", "NULL", false},
    {"[]", "a3,N,1|i4", "INT", "NULL", false},
    {"[]", "a3,N,1|iN", "INT", "NULL", false},
    {"[]", "a3,N,1|l3", "INT", "1", false},
    {"[]", "a3,N,1|i0", "!", "Array element access needs an index starting at 1 but was 0", false},
    {"[]", "a3|s1", "!", "Cannot apply '[]'", false},
    {"[]", "Ab,a,N|i2", "STRING", "a", false},
    {"[]", "mk:1,l:N|sk", "INT", "1", false},
    {"[]", "mk:1,l:N|sl", "INT", "NULL", false},
    {"[]", "mk:1,l:N|sk ", "INT", "NULL", false},
    {"[]", "mN|sk", "INT", "NULL", false},
    {"[]", "mk:1|i1", "!", "Cannot apply '[]'", false},
    {"[]", "i1|i1", "!", "Cannot apply '[]'", false},
};

static const struct fn_case lists[] = {
    {"ARRAY_APPEND", "a1,2|i3", "ARRAY<INT>", "[1, 2, 3]", false},
    {"ARRAY_APPEND", "a1,2|iN", "ARRAY<INT>", "[1, 2, NULL]", true},
    {"ARRAY_APPEND", "a1|x", "ARRAY<INT>", "[1, NULL]", true},
    {"ARRAY_APPEND", "aN|i1", "ARRAY<INT>", "NULL", false},
    {"ARRAY_APPEND", "a1|l2", "!", "Cannot apply 'ARRAY_APPEND'", false},
    {"ARRAY_PREPEND", "Ab|sa", "ARRAY<STRING>", "[a, b]", false},
    {"ARRAY_PREPEND", "AN|sa", "ARRAY<STRING>", "NULL", false},
    {"ARRAY_CONCAT", "a3,N|a1|a", "ARRAY<INT>", "[3, NULL, 1]", false},
    {"ARRAY_CONCAT", "a3|aN", "ARRAY<INT>", "NULL", false},
    {"ARRAY_CONCAT", "a1|Ax", "!", "Cannot apply 'ARRAY_CONCAT'", false},
    {"ARRAY_REVERSE", "a1,2,N", "ARRAY<INT>", "[NULL, 2, 1]", false},
    {"ARRAY_REMOVE", "a3,N,1,3|i3", "ARRAY<INT>", "[NULL, 1]", true},
    {"ARRAY_REMOVE", "a3,N,1,3|iN", "ARRAY<INT>", "[3, 1, 3]", true},
    {"ARRAY_REMOVE", "eNaN,1|dNaN", "ARRAY<DOUBLE>", "[NaN, 1.0]", false},
    {"ARRAY_SLICE", "a1,2,3,4,5|i-3", "ARRAY<INT>", "[3, 4, 5]", false},
    {"ARRAY_SLICE", "a1,2,3,4,5|i0", "ARRAY<INT>", "[1, 2, 3, 4, 5]", false},
    {"ARRAY_SLICE", "a1,2,3,4,5|i-123|i-231", "ARRAY<INT>", "[]", false},
    {"ARRAY_SLICE", "a1,2,3,4,5|i-5|i-5", "ARRAY<INT>", "[1]", false},
    {"ARRAY_SLICE", "a1,2,3,4,5|i5|i6", "ARRAY<INT>", "[5]", false},
    {"ARRAY_SLICE", "a1,2,3,4,5|i1|i0", "ARRAY<INT>", "[1]", false},
    {"ARRAY_SLICE", "a1,2,3|i2|i2147483647", "ARRAY<INT>", "[2, 3]", false},
    {"ARRAY_SLICE", "a|i1|i1", "ARRAY<INT>", "[]", false},
    {"ARRAY_SLICE", "a1|iN|i1", "ARRAY<INT>", "NULL", false},
    {"ARRAY_SLICE", "a1|l1", "!", "Cannot apply 'ARRAY_SLICE'", false},
    {"ARRAY_CONTAINS", "a3,N,1|i3", "BOOLEAN", "TRUE", true},
    {"ARRAY_CONTAINS", "a3,N,1|iN", "BOOLEAN", "TRUE", true},
    {"ARRAY_CONTAINS", "a1,5|iN", "BOOLEAN", "FALSE", true},
    {"ARRAY_CONTAINS", "aN|i1", "BOOLEAN", "NULL", false},
    {"ARRAY_CONTAINS", "eNaN|dNaN", "BOOLEAN", "FALSE", true},
    {"ARRAY_CONTAINS", "e1|i1", "BOOLEAN", "TRUE", true},
    {"ARRAY_CONTAINS", "a1|l1", "!", "Cannot apply 'ARRAY_CONTAINS'", false},
    {"ARRAY_POSITION", "a3,N,1,3|i3", "INT", "1", false},
    {"ARRAY_POSITION", "a3,N,1,3|i9", "INT", "0", false},
    {"ARRAY_POSITION", "a3,N|iN", "INT", "NULL", false},
    {"ARRAY_MAX", "a3,N,1", "INT", "3", false},
    {"ARRAY_MIN", "Ab,a,N", "STRING", "a", false},
    {"ARRAY_MIN", "a", "INT", "NULL", false},
    {"ARRAY_MAX", "aN,N", "INT", "NULL", false},
    {"ARRAY_MAX", "e1.5,NaN", "DOUBLE", "1.5", false},
    {"ARRAY_MAX", "eNaN,1.5", "DOUBLE", "NaN", false},
    {"ARRAY_MAX", "mk:1", "!", "Cannot apply 'ARRAY_MAX'", false},
    {"ARRAY_SORT", "a3,N,1,3", "ARRAY<INT>", "[NULL, 1, 3, 3]", false},
    {"ARRAY_SORT", "a3,N,1,3|b0", "ARRAY<INT>", "[3, 3, 1, NULL]", false},
    {"ARRAY_SORT", "a3,N,1,3|b1|b0", "ARRAY<INT>", "[1, 3, 3, NULL]", false},
    {"ARRAY_SORT", "a3,N,1,3|b0|b1", "ARRAY<INT>", "[NULL, 3, 3, 1]", false},
    {"ARRAY_SORT", "a3|bN", "ARRAY<INT>", "NULL", false},
    {"ARRAY_SORT", "a3|i1", "!", "Cannot apply 'ARRAY_SORT'", false},
    {"ARRAY_JOIN", "Ab,a,N|s,", "STRING", "b,a", false},
    {"ARRAY_JOIN", "Ab,a,N|s+|sX", "STRING", "b+a+X", false},
    {"ARRAY_JOIN", "AN,1,N|s+|s", "STRING", "+1+", false},
    {"ARRAY_JOIN", "A|s+", "STRING", "", false},
    {"ARRAY_JOIN", "Aa|SN", "STRING", "NULL", false},
    {"ARRAY_JOIN", "a1|s,", "!", "Cannot apply 'ARRAY_JOIN'", false},
};

static const struct fn_case sets[] = {
    {"ARRAY_DISTINCT", "a3,N,1,3,N", "ARRAY<INT>", "[3, NULL, 1]", false},
    {"ARRAY_DISTINCT", "eNaN,NaN,0,-0.0", "ARRAY<DOUBLE>", "[NaN, NaN, 0.0]", false},
    {"ARRAY_UNION", "a3,N,1,3|a1,5", "ARRAY<INT>", "[3, NULL, 1, 5]", false},
    {"ARRAY_UNION", "aN|a1", "ARRAY<INT>", "NULL", false},
    {"ARRAY_UNION", "a1|e2.5", "ARRAY<DOUBLE>", "[1.0, 2.5]", false},
    {"ARRAY_EXCEPT", "a1,1,2,2,3|a1", "ARRAY<INT>", "[2, 3]", false},
    {"ARRAY_EXCEPT", "aN,N,1|aN,42", "ARRAY<INT>", "[1]", false},
    {"ARRAY_EXCEPT", "a1|Ax", "!", "Cannot apply 'ARRAY_EXCEPT'", false},
    {"ARRAY_INTERSECT", "a1,1,2,N,N|aN,1,1,2", "ARRAY<INT>", "[1, 2, NULL]", false},
    {"ARRAY_INTERSECT", "eNaN|eNaN", "ARRAY<DOUBLE>", "[]", false},
    {"ARRAY_INTERSECT",
     "Along enough to be stored elsewhere,b|Ac,long enough to be stored "
     "elsewhere",
     "ARRAY<STRING>", "[long enough to be stored elsewhere]", false},
};

static const struct fn_case maps[] = {
    {"ARRAY", "i1|c2.1:2.5", "ARRAY<DECIMAL(11, 1) NOT NULL> NOT NULL", "[1.0, 2.5]", true},
    {"ARRAY", "i1|iN", "ARRAY<INT> NOT NULL", "[1, NULL]", true},
    {"ARRAY", "sa|sbbb", "ARRAY<VARCHAR(3) NOT NULL> NOT NULL", "[a, bbb]", false},
    {"ARRAY", "x", "!", "ARRAY: the elements have no common type", false},
    {"ARRAY", "i1|sa", "!", "ARRAY: the elements have no common type", false},
    {"MAP", "sa|i1|sb|iN", "MAP<CHAR(1) NOT NULL, INT> NOT NULL", "{a=1, b=NULL}", true},
    {"MAP", "i1|sx|i2|sz|i1|sy", "MAP<INT NOT NULL, CHAR(1) NOT NULL> NOT NULL", "{1=y, 2=z}",
     true},
    {"MAP", "sa|i1|sb", "!", "MAP requires an even number of arguments", false},
    {"ROW", "i1|sx", "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` CHAR(1) NOT NULL> NOT NULL", "(1, x)",
     false},
    {"MAP_FROM_ARRAYS", "Aa,b|a1,N", "MAP<STRING, INT>", "{a=1, b=NULL}", false},
    {"MAP_FROM_ARRAYS", "a1,1|a2,3", "MAP<INT, INT>", "{1=2, 1=3}", false},
    {"MAP_FROM_ARRAYS", "a1,1|a2", "MAP<INT, INT>", "ERROR", false},
    {"MAP_FROM_ARRAYS", "aN|a2", "MAP<INT, INT>", "NULL", false},
    {"MAP_KEYS", "mk:1,l:N", "ARRAY<STRING>", "[k, l]", false},
    {"MAP_VALUES", "mk:1,l:N", "ARRAY<INT>", "[1, NULL]", false},
    {"MAP_VALUES", "mN", "ARRAY<INT>", "NULL", false},
    {"MAP_ENTRIES", "mk:1,l:N", "ARRAY<ROW<`key` STRING, `value` INT>>", "[(k, 1), (l, NULL)]",
     false},
    {"MAP_UNION", "mk:1,l:N|mk:9,z:1", "MAP<STRING, INT>", "{k=9, l=NULL, z=1}", false},
    {"MAP_UNION", "mk:1|mN", "MAP<STRING, INT>", "NULL", false},
    {"MAP_UNION", "mk:1|a1", "!", "Cannot apply 'MAP_UNION'", false},
};

static void access_to_elements(void **state)
{
	(void)state;
	check_cases(access_cases, WR_COUNT(access_cases), "UTC");
}

static void arrays_as_lists(void **state)
{
	(void)state;
	check_cases(lists, WR_COUNT(lists), "UTC");
}

static void arrays_as_sets(void **state)
{
	(void)state;
	check_cases(sets, WR_COUNT(sets), "UTC");
}

static void maps_and_constructors(void **state)
{
	(void)state;
	check_cases(maps, WR_COUNT(maps), "UTC");
}

static void fields_of_rows(void **state)
{
	static const char *const names[] = {"x", "Y"};
	const struct wr_type *types[] = {&WR_T_INT_NN, &WR_T_STRING};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	const struct wr_type *type = wr_type_row(&f.arena, 2, names, types);
	struct wr_expr *made = call(&f, "ROW", wr_expr_i32(&f.pool, 5), text(&f, "q"), NULL);
	struct wr_expr *row = cast(&f, made, type, false);
	struct wr_expr *y = call(&f, ".", row, wr_expr_symbol(&f.pool, "Y"), NULL);
	assert_string_equal(result_of(&f, y), "q");
	assert_string_equal(result_of(&f, call(&f, "[]", row, text(&f, "x"), NULL)), "5");
	assert_string_equal(result_of(&f, call(&f, "[]", row, wr_expr_i32(&f.pool, 2), NULL)), "q");
	struct wr_expr *x = call(&f, ".", row, wr_expr_i32(&f.pool, 0), NULL);
	assert_string_equal(type_of(&f, x), "INT NOT NULL");
	struct wr_expr *null_row = wr_expr_null(&f.pool, type);
	x = call(&f, ".", null_row, wr_expr_symbol(&f.pool, "x"), NULL);
	assert_string_equal(type_of(&f, x), "INT");
	assert_string_equal(result_of(&f, x), "NULL");
	assert_null(try_call(&f, ".", row, wr_expr_symbol(&f.pool, "y")));
	assert_null(try_call(&f, "[]", row, wr_expr_i32(&f.pool, 3)));
	assert_null(try_call(&f, "[]", row, wr_expr_i32(&f.pool, 0)));
	fixture_release(&f);
}

/* Runs `expr` over three rows of one column. */
static struct wr_column *run_over(struct wr_expr *expr, struct wr_column *column)
{
	struct wr_batch *batch = wr_batch_new(1, 3);
	struct wr_program *program;
	struct wr_column *out;

	batch->column[0] = wr_column_ref(column);
	must(wr_program_new(&expr, 1, 1, "UTC", &program));
	must(wr_program_run(program, batch, &out));
	wr_program_free(program);
	wr_batch_free(batch);
	return out;
}

/* The elements of slices, keys and values are those of the argument, not copies. */
static void elements_are_shared(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *array = array_of(&f, "1,2,3", &WR_T_INT), *map = map_of(&f, "k:1,l:2");
	struct wr_column *lists_ = three_rows(array), *maps_ = three_rows(map);
	struct wr_expr *slice = call(&f, "ARRAY_SLICE", wr_expr_column(&f.pool, 0, lists_->type),
				     wr_expr_i32(&f.pool, 2), NULL);
	struct wr_column *out = run_over(slice, lists_);
	assert_ptr_equal(out->child[0]->data, lists_->child[0]->data);
	assert_string_equal(shown(&f, out, 2), "[2, 3]");
	wr_column_unref(out);
	out = run_over(call(&f, "MAP_VALUES", wr_expr_column(&f.pool, 0, maps_->type), NULL, NULL),
		       maps_);
	assert_ptr_equal(out->child[0]->data, maps_->child[1]->data);
	assert_string_equal(shown(&f, out, 1), "NULL");
	wr_column_unref(out);
	wr_column_unref(lists_);
	wr_column_unref(maps_);
	fixture_release(&f);
}

/* An index that is no place of the array, row by row. */
static void indexes_from_a_column(void **state)
{
	const char *index[] = {"0", "2", "-7"};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_column *column = column_of(&f, &WR_T_INT, index, 3);
	struct wr_expr *item = call(&f, "[]", array_of(&f, "5,6", &WR_T_INT),
				    wr_expr_column(&f.pool, 0, &WR_T_INT), NULL);
	struct wr_column *out = run_over(item, column);
	assert_string_equal(shown(&f, out, 0), "NULL");
	assert_string_equal(shown(&f, out, 1), "6");
	assert_string_equal(shown(&f, out, 2), "NULL");
	wr_column_unref(out);
	wr_column_unref(column);
	fixture_release(&f);
}

/* Elements that are arrays and rows themselves. */
static void nested_elements(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_expr *one = array_of(&f, "1,2", &WR_T_INT), *two = array_of(&f, "1", &WR_T_INT);
	struct wr_expr *both = call(&f, "ARRAY", one, two, one);
	assert_string_equal(result_of(&f, both), "[[1, 2], [1], [1, 2]]");
	assert_string_equal(result_of(&f, call(&f, "ARRAY_DISTINCT", both, NULL, NULL)),
			    "[[1, 2], [1]]");
	assert_string_equal(result_of(&f, call(&f, "ARRAY_POSITION", both, two, NULL)), "2");
	struct wr_expr *inner = call(&f, "[]", both, wr_expr_i32(&f.pool, 3), NULL);
	assert_string_equal(result_of(&f, call(&f, "[]", inner, wr_expr_i32(&f.pool, 2), NULL)),
			    "2");
	assert_string_equal(result_of(&f, call(&f, "[]", inner, wr_expr_i32(&f.pool, 3), NULL)),
			    "NULL");
	assert_null(try_call(&f, "ARRAY_MAX", both, NULL));
	struct wr_expr *rows =
	    call(&f, "ARRAY", call(&f, "ROW", one, text(&f, "x"), NULL), NULL, NULL);
	assert_string_equal(result_of(&f, call(&f, "ELEMENT", rows, NULL, NULL)), "([1, 2], x)");
	fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(access_to_elements),    cmocka_unit_test(arrays_as_lists),
	    cmocka_unit_test(arrays_as_sets),        cmocka_unit_test(maps_and_constructors),
	    cmocka_unit_test(fields_of_rows),        cmocka_unit_test(elements_are_shared),
	    cmocka_unit_test(indexes_from_a_column), cmocka_unit_test(nested_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
