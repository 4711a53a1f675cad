/* SPDX-License-Identifier: Apache-2.0
 *
 * Aggregates against Flink's answers: result types, rounding, wrapping, NULLs.
 */
#include "agg_case.h"
#include "agg_rules.h"

#include <math.h>

#define VALUES_MAX 16

static const struct wr_type *type_of(struct wr_arena *arena, const char *name)
{
	static const struct wr_type *const plain[] = {&WR_T_BOOLEAN, &WR_T_TINYINT, &WR_T_SMALLINT,
						      &WR_T_INT,     &WR_T_BIGINT,  &WR_T_FLOAT,
						      &WR_T_DOUBLE,  &WR_T_STRING};
	int precision;
	int scale;

	if (sscanf(name, "DECIMAL(%d, %d)", &precision, &scale) == 2)
		return wr_type_decimal(arena, precision, scale);
	for (uint32_t i = 0; i < WR_COUNT(plain); i++) {
		if (strcmp(wr_type_str(arena, plain[i]), name) == 0)
			return plain[i];
	}
	fail_msg("no type %s", name);
	return NULL;
}

/* Doubles may differ in the last digits. */
static void check_result(const struct agg_rule *rule, const char *have)
{
	if (strcmp(have, rule->result) == 0)
		return;
	double a = strtod(have, NULL);
	double b = strtod(rule->result, NULL);
	bool is_double = strstr(rule->result_type, "DOUBLE") != NULL;
	if (!is_double || fabs(a - b) > 1e-12 * fabs(b))
		fail_msg("%s(%s%s of %s) is %s, not %s", rule->function,
			 rule->distinct ? "DISTINCT " : "", rule->values, rule->type, have,
			 rule->result);
}

/* The values as a column and a slot for each row. */
static struct wr_column *values_column(const struct wr_type *type, const char *values,
				       uint32_t *count)
{
	struct wr_builder *builder = wr_builder_new(type, VALUES_MAX);
	char *copy = wr_strdup(values);
	char *rest = NULL;

	*count = 0;
	for (char *word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		agg_put(builder, strcmp(word, "NULL") == 0 ? NULL : word);
		++*count;
	}
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	wr_free(copy);
	return column;
}

static void run_rule(const struct agg_rule *rule, bool retract)
{
	struct agg_case c;
	struct wr_text text;
	uint32_t count;
	uint8_t *slots[VALUES_MAX];

	agg_case_init(&c);
	wr_text_init(&text);
	const struct wr_type *type = type_of(&c.arena, rule->type);
	agg_case_args(&c, rule->function, &type, 1, NULL, NULL, rule->distinct, true, retract);
	assert_string_equal(wr_type_str(&c.arena, c.call->type), rule->result_type);
	struct wr_column *column = values_column(type, rule->values, &count);
	uint8_t *slot = agg_slot_new(&c);
	for (uint32_t i = 0; i < count; i++)
		slots[i] = slot;
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, &column, NULL, count);
	agg_slot_print(&c, slot, &text);
	check_result(rule, wr_text_str(&text));
	agg_slot_free(&c, slot);
	wr_column_unref(column);
	wr_text_release(&text);
	agg_case_release(&c);
}

static void test_flink_numbers(void **unused)
{
	for (uint32_t i = 0; i < WR_COUNT(agg_rules); i++) {
		run_rule(&agg_rules[i], false);
		run_rule(&agg_rules[i], true);
	}
}

/* Further answers of Flink: wrapping sums, floats, NaN, zeros, strings. */
static void test_flink_more(void **unused)
{
	static const struct agg_rule rules[] = {
	    {"SUM", "INT", false, "2147483647 2147483647 5", "INT", "3"},
	    {"AVG", "INT", false, "2147483647 2147483647 5", "INT", "1"},
	    {"AVG", "TINYINT", false, "60 120 120", "TINYINT", "14"},
	    {"VAR_POP", "INT", false, "2147483647 2147483647 5", "INT", "8"},
	    {"STDDEV_POP", "INT", false, "2147483647 2147483647 5", "INT", "2"},
	    {"VAR_POP", "INT", false, "100000 200000", "INT", "-721225472"},
	    {"STDDEV_POP", "INT", false, "100000 200000", "INT", "0"},
	    {"AVG", "FLOAT", false, "0.1 0.2 0.3 16777216 1", "FLOAT", "3355443.2"},
	    {"VAR_POP", "FLOAT", false, "0.1 0.2 0.3 16777216 1", "FLOAT", "4.5035995E13"},
	    {"STDDEV_SAMP", "FLOAT", false, "0.1 0.2 0.3 16777216 1", "FLOAT", "7502999.0"},
	    {"SUM", "DOUBLE", false, "0.1 0.2 0.3 1e16 1 -1e16", "DOUBLE", "0.0"},
	    {"VAR_POP", "DOUBLE", false, "1e300 1e300", "DOUBLE", "NaN"},
	    {"COUNT", "DOUBLE", true, "-0.0 0.0 nan nan 1", "BIGINT NOT NULL", "4"},
	    {"SUM", "DECIMAL(38, 10)", false,
	     "9999999999999999999999999999.9999999999 9999999999999999999999999999.9999999999 5",
	     "DECIMAL(38, 10)", "NULL"},
	    {"VAR_POP", "DECIMAL(38, 10)", false,
	     "9999999999999999999999999999.9999999999 -9999999999999999999999999999.9999999999",
	     "DECIMAL(38, 10)", "NULL"},
	    {"MIN", "STRING", false, "b a NULL a zz", "STRING", "a"},
	    {"MAX", "STRING", false, "b a NULL a zz", "STRING", "zz"},
	    {"MAX", "BOOLEAN", false, "FALSE TRUE NULL", "BOOLEAN", "TRUE"},
	    {"FIRST_VALUE", "STRING", false, "NULL a b NULL", "STRING", "a"},
	    {"LAST_VALUE", "STRING", false, "NULL a b NULL", "STRING", "b"},
	    {"LAST_VALUE", "STRING", true, "a NULL b a NULL", "STRING", "b"},
	    {"LISTAGG", "STRING", false, "a NULL b a NULL", "STRING", "a,b,a"},
	    {"LISTAGG", "STRING", true, "a NULL b a NULL", "STRING", "a,b"},
	    {"LISTAGG", "STRING", false, "NULL", "STRING", "NULL"},
	    {"ARRAY_AGG", "STRING", false, "a NULL b a NULL", "ARRAY<STRING>",
	     "[a, NULL, b, a, NULL]"},
	    {"ARRAY_AGG", "STRING", true, "a NULL b a NULL", "ARRAY<STRING>", "[a, NULL, b]"},
	    {"COLLECT", "STRING", false, "a NULL b a NULL", "MULTISET<STRING> NOT NULL",
	     "{a=2, b=1}"},
	    {"COLLECT", "STRING", true, "a NULL b a NULL", "MULTISET<STRING> NOT NULL",
	     "{a=1, b=1}"},
	    {"COLLECT", "STRING", false, "NULL", "MULTISET<STRING> NOT NULL", "{}"},
	    {"$SUM0", "INT", false, "NULL", "INT NOT NULL", "0"},
	};

	for (uint32_t i = 0; i < WR_COUNT(rules); i++) {
		run_rule(&rules[i], false);
		run_rule(&rules[i], true);
	}
	/* NaN by Java's < and >, where nothing is taken out. */
	static const struct agg_rule nan_rules[] = {
	    {"MIN", "DOUBLE", false, "nan 1", "DOUBLE", "NaN"},
	    {"MAX", "DOUBLE", false, "1 nan 2", "DOUBLE", "2.0"},
	    {"MIN", "DOUBLE", false, "-0.0 0.0", "DOUBLE", "-0.0"},
	    {"MAX", "FLOAT", false, "-0.0 0.0", "FLOAT", "-0.0"},
	};
	for (uint32_t i = 0; i < WR_COUNT(nan_rules); i++)
		run_rule(&nan_rules[i], false);
}

/* Types with NOT NULL arguments, with and without GROUP BY. */
static void test_nullability(void **unused)
{
	static const struct {
		const char *function;
		const char *grouped;
		const char *global;
	} want[] = {
	    {"SUM", "INT NOT NULL", "INT"},
	    {"AVG", "INT NOT NULL", "INT"},
	    {"MIN", "INT NOT NULL", "INT"},
	    {"VAR_POP", "INT NOT NULL", "INT"},
	    {"VAR_SAMP", "INT", "INT"},
	    {"FIRST_VALUE", "INT NOT NULL", "INT"},
	    {"COLLECT", "MULTISET<INT NOT NULL> NOT NULL", "MULTISET<INT NOT NULL> NOT NULL"},
	    {"ARRAY_AGG", "ARRAY<INT NOT NULL> NOT NULL", "ARRAY<INT NOT NULL>"},
	    {"COUNT", "BIGINT NOT NULL", "BIGINT NOT NULL"},
	    {"PERCENTILE", "DOUBLE", "DOUBLE"},
	};
	const struct wr_type *type = &WR_T_INT_NN;

	for (uint32_t i = 0; i < WR_COUNT(want) * 2; i++) {
		struct agg_case c;
		bool grouped = i % 2 == 0;
		agg_case_init(&c);
		struct wr_expr *half = NULL;
		if (strcmp(want[i / 2].function, "PERCENTILE") == 0)
			half = wr_expr_i32(&c.pool, 1);
		agg_case_args(&c, want[i / 2].function, &type, 1, half, NULL, false, grouped,
			      false);
		assert_string_equal(wr_type_str(&c.arena, c.call->type),
				    grouped ? want[i / 2].grouped : want[i / 2].global);
		agg_case_release(&c);
	}
}

/* What is refused, and with which words. */
static void refuse(const char *name, const struct wr_type *type, struct agg_case *c,
		   struct wr_expr *second, const char *message)
{
	const struct wr_agg_function *function = wr_agg_find(name, (uint32_t)strlen(name));
	struct wr_expr *arg[2] = {wr_expr_column(&c->pool, 0, type), second};
	struct wr_pos pos = {.line = 3, .column = 9};
	struct wr_agg_call *call;

	wr_status *status = wr_agg_call_new(&c->pool, function, arg, second != NULL ? 2 : 1, false,
					    true, false, pos, &call);
	assert_non_null(status);
	assert_string_equal(status->text, message);
	assert_non_null(status->hint);
	assert_int_equal(status->pos.line, 3);
	wr_status_free(status);
}

static void test_refused(void **unused)
{
	struct agg_case c;

	agg_case_init(&c);
	refuse("SUM", &WR_T_STRING, &c, NULL, "Cannot apply 'SUM' to arguments of type (STRING)");
	refuse("AVG", &WR_T_BOOLEAN, &c, NULL, "Cannot apply 'AVG' to arguments of type (BOOLEAN)");
	refuse("MIN", wr_type_array(&c.arena, &WR_T_INT), &c, NULL,
	       "Cannot apply 'MIN' to arguments of type (ARRAY<INT>)");
	refuse("LISTAGG", &WR_T_INT, &c, NULL, "Cannot apply 'LISTAGG' to arguments of type (INT)");
	refuse("LISTAGG", &WR_T_STRING, &c, wr_expr_column(&c.pool, 1, &WR_T_STRING),
	       "The separator of LISTAGG is not a literal");
	refuse("COUNT", &WR_T_NULL, &c, NULL, "Illegal use of NULL in 'COUNT'");
	refuse("MAX", &WR_T_INT, &c, wr_expr_i32(&c.pool, 1), "'MAX' does not take 2 arguments");
	refuse("PERCENTILE", &WR_T_INT, &c, wr_expr_i32(&c.pool, 2),
	       "The percentage of PERCENTILE is not a literal between 0 and 1, or an array of "
	       "such");
	agg_case_release(&c);
}

static void test_registry(void **unused)
{
	uint32_t count;
	const struct wr_agg_function *const *list = wr_agg_list(&count);

	assert_in_range(count, 15, 100);
	for (uint32_t i = 0; i < count; i++) {
		assert_ptr_equal(wr_agg_find(list[i]->name, (uint32_t)strlen(list[i]->name)),
				 list[i]);
		assert_non_null(list[i]->syntax);
		assert_non_null(list[i]->doc);
		assert_non_null(list[i]->infer);
	}
	assert_ptr_equal(wr_agg_find("stddev", 6), wr_agg_find("STDDEV_SAMP", 11));
	assert_null(wr_agg_find("MEDIAN", 6));
	assert_null(wr_agg_find("SUMX", 3 + 1));
}

/* SINGLE_VALUE: one row is its value; two are a fault until one is gone. */
static void test_single_value(void **unused)
{
	struct agg_case c;
	struct wr_text text;
	const struct wr_type *type = &WR_T_STRING;

	agg_case_init(&c);
	wr_text_init(&text);
	agg_case_args(&c, "SINGLE_VALUE", &type, 1, NULL, NULL, false, false, true);
	uint32_t count;
	struct wr_column *column = values_column(type, "first second", &count);
	uint8_t *slot = agg_slot_new(&c);
	uint8_t *slots[2] = {slot, slot};
	uint8_t retract[2] = {1, 1};
	agg_slot_print(&c, slot, &text);
	assert_string_equal(wr_text_str(&text), "NULL");
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, &column, NULL, 1);
	assert_null(c.call->agg->fault(c.call, slot, SLOT_OFFSET));
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, &column, NULL, 2);
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, &column, retract, 1);
	assert_non_null(c.call->agg->fault(c.call, slot, SLOT_OFFSET));
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, &column, retract, 1);
	assert_null(c.call->agg->fault(c.call, slot, SLOT_OFFSET));
	agg_slot_print(&c, slot, &text);
	assert_string_equal(wr_text_str(&text), "second");
	agg_slot_free(&c, slot);
	wr_column_unref(column);
	wr_text_release(&text);
	agg_case_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flink_numbers), cmocka_unit_test(test_flink_more),
	    cmocka_unit_test(test_nullability),   cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_registry),      cmocka_unit_test(test_single_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
