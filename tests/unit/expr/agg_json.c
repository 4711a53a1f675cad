/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON_ARRAYAGG and JSON_OBJECTAGG against Flink's answers, and calls made anew for changing
 * inputs.
 */
#include "agg_case.h"

#define ROWS 6

/* A JSON aggregate over rows of text; retract: rows taken out behind them. */
struct json_rule {
	const char *name;
	const char *word;
	const char *key[ROWS];   /* JSON_OBJECTAGG only */
	const char *value[ROWS]; /* NULL: NULL */
	uint32_t rows;
	uint8_t retract[ROWS];
	const char *result;
	bool fault;
};

static struct wr_column *text_column(const char *const *text, uint32_t rows)
{
	struct wr_builder *builder = wr_builder_new(&WR_T_STRING, rows);

	for (uint32_t i = 0; i < rows; i++)
		agg_put(builder, text[i]);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

static void run_rule(const struct json_rule *rule)
{
	const struct wr_type *types[] = {&WR_T_STRING, &WR_T_STRING};
	bool is_object = strcmp(rule->name, "JSON_OBJECTAGG") == 0;
	struct wr_column *arg[2];
	uint8_t *slots[ROWS];
	struct wr_text out;
	struct agg_case c;

	agg_case_init(&c);
	wr_text_init(&out);
	agg_case_args(&c, rule->name, types, is_object ? 2 : 1, NULL, rule->word, false, true,
		      true);
	assert_string_equal(wr_type_str(&c.arena, c.call->type), "VARCHAR(2000) NOT NULL");
	arg[0] = text_column(is_object ? rule->key : rule->value, rule->rows);
	arg[1] = text_column(rule->value, rule->rows);
	uint8_t *slot = agg_slot_new(&c);
	for (uint32_t i = 0; i < rule->rows; i++)
		slots[i] = slot;
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, arg, rule->retract, rule->rows);
	for (uint32_t round = 0; round < 3; round++) {
		/* As it is, saved and loaded, merged into an empty one. */
		uint8_t *next = round == 0 ? agg_slot_copy(&c, slot) : agg_slot_new(&c);
		if (round > 0)
			c.call->agg->merge(c.call, c.memory, &next, &slot, SLOT_OFFSET, 1);
		agg_slot_print(&c, slot, &out);
		assert_string_equal(wr_text_str(&out), rule->result);
		if (c.call->agg->fault != NULL)
			assert_int_equal(c.call->agg->fault(c.call, slot, SLOT_OFFSET) != NULL,
					 rule->fault);
		agg_slot_free(&c, slot);
		slot = next;
	}
	agg_slot_free(&c, slot);
	wr_column_unref(arg[0]);
	wr_column_unref(arg[1]);
	wr_text_release(&out);
	agg_case_release(&c);
}

static void test_rules(void **unused)
{
	static const struct json_rule rules[] = {
	    {"JSON_ARRAYAGG", NULL, {0}, {"a", NULL, "b", "a"}, 4, {0}, "[\"a\",\"b\",\"a\"]", 0},
	    {"JSON_ARRAYAGG", "NULL ON NULL", {0}, {"a", NULL}, 2, {0}, "[\"a\",null]", 0},
	    {"JSON_ARRAYAGG", "NULL", {0}, {NULL, "q\"\n"}, 2, {0}, "[null,\"q\\\"\\n\"]", 0},
	    {"JSON_ARRAYAGG", "ABSENT", {0}, {NULL}, 1, {0}, "[]", 0},
	    {"JSON_ARRAYAGG", NULL, {0}, {"a", "b", "a", "a"}, 4, {0, 0, 0, 1}, "[\"b\",\"a\"]", 0},
	    {"JSON_OBJECTAGG",
	     NULL,
	     {"9", "10", "8"},
	     {"x", "y", NULL},
	     3,
	     {0},
	     "{\"10\":\"y\",\"8\":null,\"9\":\"x\"}",
	     0},
	    {"JSON_OBJECTAGG",
	     "ABSENT ON NULL",
	     {"9", "10"},
	     {"x", NULL},
	     2,
	     {0},
	     "{\"9\":\"x\"}",
	     0},
	    {"JSON_OBJECTAGG", "ABSENT ON NULL", {"9"}, {NULL}, 1, {0}, "{}", 0},
	    /* An update of a key: out and in again. */
	    {"JSON_OBJECTAGG",
	     NULL,
	     {"k", "k", "k"},
	     {"x", "x", "y"},
	     3,
	     {0, 1, 0},
	     "{\"k\":\"y\"}",
	     0},
	    {"JSON_OBJECTAGG",
	     NULL,
	     {"k", "k"},
	     {"x", "y"},
	     2,
	     {0},
	     "{\"k\":\"x\",\"k\":\"y\"}",
	     1},
	    {"JSON_OBJECTAGG", NULL, {"k", "k"}, {"x", "x"}, 2, {0}, "{\"k\":\"x\"}", 1},
	};

	for (uint32_t i = 0; i < WR_COUNT(rules); i++)
		run_rule(&rules[i]);
}

/* A NULL key is a fault until it is gone. */
static void test_null_key(void **unused)
{
	const struct wr_type *types[] = {&WR_T_STRING, &WR_T_INT};
	static const char *const key[] = {NULL};
	static const uint8_t out[] = {1};
	struct agg_case c;

	agg_case_init(&c);
	agg_case_args(&c, "JSON_OBJECTAGG", types, 2, NULL, NULL, false, true, true);
	struct wr_column *arg[2] = {text_column(key, 1), wr_column_new(&WR_T_INT, 1)};
	WR_DATA(arg[1], int32_t)[0] = 5;
	uint8_t *slot = agg_slot_new(&c);
	c.call->agg->update(c.call, c.memory, &slot, SLOT_OFFSET, arg, NULL, 1);
	assert_non_null(c.call->agg->fault(c.call, slot, SLOT_OFFSET));
	c.call->agg->update(c.call, c.memory, &slot, SLOT_OFFSET, arg, out, 1);
	assert_null(c.call->agg->fault(c.call, slot, SLOT_OFFSET));
	agg_slot_free(&c, slot);
	wr_column_unref(arg[0]);
	wr_column_unref(arg[1]);
	agg_case_release(&c);
}

/* Numbers are written as numbers; a constant stands for every row. */
static void test_numbers(void **unused)
{
	const struct wr_type *type = &WR_T_DOUBLE;
	struct wr_text out;
	struct agg_case c;

	agg_case_init(&c);
	wr_text_init(&out);
	agg_case_args(&c, "JSON_ARRAYAGG", &type, 1, NULL, NULL, false, true, false);
	struct wr_column *arg = wr_column_new(type, 1);
	WR_DATA(arg, double)[0] = 2.0;
	wr_column_make_const(arg);
	uint8_t *slot = agg_slot_new(&c);
	uint8_t *slots[3] = {slot, slot, slot};
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, &arg, NULL, 3);
	agg_slot_print(&c, slot, &out);
	assert_string_equal(wr_text_str(&out), "[2.0,2.0,2.0]");
	agg_slot_free(&c, slot);
	wr_column_unref(arg);
	wr_text_release(&out);
	agg_case_release(&c);
}

/* wr_agg_call_retracting keeps all but the implementation. */
static void test_retracting(void **unused)
{
	static const struct {
		const char *name;
		const char *word;
		bool distinct;
		const char *before;
		const char *after;
	} want[] = {
	    {"MAX", NULL, false, "max_str", "max_multiset"},
	    {"MIN", NULL, true, "min_str", "min_multiset"},
	    {"LISTAGG", NULL, false, "listagg", "listagg_list"},
	    {"FIRST_VALUE", NULL, true, "distinct", "distinct"},
	    {"ARRAY_AGG", "IGNORE NULLS", false, "array", "array"},
	    {"COUNT", NULL, true, "distinct", "distinct"},
	};
	const struct wr_type *type = &WR_T_STRING;

	for (uint32_t i = 0; i < WR_COUNT(want); i++) {
		struct wr_pos pos = {0};
		struct wr_agg_call *call;
		struct agg_case c;
		struct wr_expr *separator = NULL;
		agg_case_init(&c);
		if (strcmp(want[i].name, "LISTAGG") == 0)
			separator = wr_expr_string(&c.pool, "|", 1);
		agg_case_args(&c, want[i].name, &type, 1, separator, want[i].word, want[i].distinct,
			      false, false);
		assert_string_equal(c.call->agg->name, want[i].before);
		assert_true(c.call->splittable);
		assert_null(wr_agg_call_retracting(&c.pool, c.call, pos, &call));
		assert_string_equal(call->agg->name, want[i].after);
		assert_true(call->retract);
		assert_true(wr_type_equal(call->type, c.call->type, true));
		assert_int_equal(call->arg_count, c.call->arg_count);
		assert_int_equal(call->ignore_nulls, c.call->ignore_nulls);
		assert_int_equal(call->splittable, call->inner != NULL ? !call->inner->agg->ordered
								       : !call->agg->ordered);
		agg_case_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_null_key),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_retracting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
