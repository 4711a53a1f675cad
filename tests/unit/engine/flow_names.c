/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_names - columns whose names are reserved words of SQL: programs write them as they are, in
 * all places, and what is made of them (plans, checkpoints, views) finds them again.
 */
#include "flow.h"

#include "weir/testing.h"

static int64_t get(const struct weir_row *row, uint32_t column)
{
	int64_t value = 0;

	(void)weir_get_i64(row, column, &value);
	return value;
}

static int copy(void *user, const struct weir_row *row, struct weir_appender *out)
{
	for (uint32_t i = 0; i < 3; i++)
		weir_append_value(out, row, i);
	return weir_append_end(out) ? 0 : -1;
}

struct totals {
	int64_t sum;
	int64_t order;
};

static const struct weir_state states[] = {{.size = sizeof(struct weir_state),
					    .name = "totals",
					    .kind = WEIR_VALUE,
					    .columns = "sum BIGINT, order BIGINT",
					    .value_size = sizeof(struct totals)}};
static const struct weir_side sides[] = {{"odd", "select BIGINT, from TIMESTAMP(3)"}};

static int add(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct totals *totals = weir_state_make(context, 0);
	struct weir_appender *out = weir_output(context);

	totals->sum += get(row, 1);
	totals->order++;
	if (get(row, 1) % 2 == 1) {
		out = weir_side_output(context, 0);
		weir_append_value(out, row, 1);
		weir_append_value(out, row, 2);
		return weir_append_end(out) ? 0 : -1;
	}
	weir_append_value(out, row, 0);
	weir_append_i64(out, totals->sum);
	weir_append_i64(out, totals->order);
	return weir_append_end(out) ? 0 : -1;
}

static const struct weir_process summing = {.size = sizeof(struct weir_process),
					    .name = "summing",
					    .columns = "group STRING, sum BIGINT, order BIGINT",
					    .state = states,
					    .state_count = 1,
					    .side = sides,
					    .side_count = 1,
					    .element = add};

/* A life of a flow; from the savepoint of another one, if there is one. */
static struct weir_harness *begin(const char *savepoint)
{
	struct weir_harness *harness = weir_harness_new();
	struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "names");
	struct weir_error *error = NULL;
	struct weir_stream *stream, *out;

	stream = weir_harness_input(harness, flow, "in",
				    "group STRING, value BIGINT, at TIMESTAMP(3), "
				    "WATERMARK FOR at AS SOURCE_WATERMARK(), "
				    "PRIMARY KEY (group) NOT ENFORCED");
	stream = weir_map(stream, "copy", "group STRING, values BIGINT NOT NULL, at TIMESTAMP(3)",
			  copy, NULL);
	out = weir_process(weir_key_by(stream, "group"), &summing);
	weir_harness_output(harness, "odd", weir_side_stream(out, "odd"));
	weir_harness_output(harness, "out", out);
	if (weir_to_table(out, "result", &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	if (savepoint != NULL)
		weir_harness_restore(harness, savepoint);
	weir_harness_start(harness, flow);
	assert_null(weir_harness_error(harness));
	return harness;
}

static void names_are_words(void **state)
{
	struct weir_harness *harness = begin(NULL), *again;
	const char *savepoint;

	weir_harness_push(harness, "in", "a|2|1970-01-01 00:00:01");
	weir_harness_push(harness, "in", "a|3|1970-01-01 00:00:02");
	weir_harness_expect(harness, "out", "+I|a|2|1\n");
	weir_harness_expect(harness, "odd", "+I|3|1970-01-01 00:00:02.000\n");
	savepoint = weir_harness_snapshot(harness);
	assert_null(weir_harness_error(harness));
	again = begin(savepoint);
	weir_harness_push(again, "in", "a|4|1970-01-01 00:00:03");
	weir_harness_expect(again, "out", "+I|a|9|3\n");
	assert_null(weir_harness_error(again));
	weir_harness_free(again);
	weir_harness_free(harness);
}

/* SQL over such a stream quotes them, and functions take them as names. */
static int twice(void *self, const struct weir_row *args, struct weir_appender *out)
{
	return weir_append_i64(out, 2 * get(args, 0)) ? 0 : -1;
}

static int split(void *self, const struct weir_row *args, struct weir_appender *out)
{
	weir_append_i64(out, get(args, 0));
	weir_append_i64(out, -get(args, 0));
	return weir_append_end(out) ? 0 : -1;
}

static void functions_and_views(void **state)
{
	struct flow_test *test = *state;
	struct weir_function f = {.size = sizeof f,
				  .kind = WEIR_SCALAR,
				  .arguments = "value BIGINT",
				  .result = "BIGINT",
				  .eval = twice};
	struct weir_flow *flow = weir_flow_new(test->session, "names");
	struct weir_error *error = NULL;
	struct weir_stream *stream;
	char *plan;

	assert_int_equal(weir_register_function(test->session, "twice", &f, NULL), WEIR_OK);
	f.kind = WEIR_TABLE;
	f.result = "INT";
	f.eval = split;
	assert_int_equal(weir_register_function(test->session, "split", &f, &error), WEIR_MISUSE);
	assert_string_equal(weir_error_hint(error),
			    "Each column is a name and a type: 'word STRING, n INT'");
	weir_error_free(error);
	f.result = "select BIGINT, union BIGINT";
	assert_int_equal(weir_register_function(test->session, "split", &f, NULL), WEIR_OK);
	assert_string_equal(flow_sql(test,
				     "SELECT twice(x), `union` FROM (VALUES (CAST(4 AS BIGINT))) "
				     "AS t (x), LATERAL TABLE(split(x))"),
			    "+I 8,-4\n");
	stream = weir_from_sql(flow, "SELECT a AS `sum`, b AS `at`, a AS `values` FROM "
				     "(VALUES (1, 2)) AS t (a, b)");
	stream = weir_map(stream, "copy", "order INT, row INT, all INT NOT NULL", copy, NULL);
	assert_int_equal(weir_to_table(stream, "values", NULL), WEIR_OK);
	assert_string_equal(flow_sql(test, "SELECT `row`, `all`, `order` FROM `values`"),
			    "+I 2,1,1\n");
	assert_int_equal(weir_execute(test->session, "SELECT * FROM values", NULL, &error),
			 WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_hint(error), "in backquotes: `values`"));
	weir_error_free(error);
	flow_sql(test,
		 "CREATE TABLE nowhere (a INT, b INT, c INT) WITH ('connector' = 'blackhole')");
	weir_insert_into(stream, "nowhere");
	plan = weir_flow_explain(flow, NULL);
	assert_non_null(plan);
	weir_free(plan);
	weir_flow_free(flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_words),
	    cmocka_unit_test_setup_teardown(functions_and_views, flow_open, flow_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
