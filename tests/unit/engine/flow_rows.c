/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_rows - flows of functions by row: from SQL, through callbacks, and back into SQL and tables.
 */
#include "flow.h"

static const char orders[] =
    "CREATE TABLE orders (id BIGINT, customer STRING, amount DOUBLE, ts TIMESTAMP(3), "
    "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen', "
    "'number-of-rows' = '3000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', "
    "'fields.id.end' = '3000', 'fields.customer.length' = '1', 'fields.amount.min' = '0', "
    "'fields.amount.max' = '1000');";

static int identity(void *user, const struct weir_row *row, struct weir_appender *out)
{
	uint32_t count = weir_column_count(weir_row_result(row));

	for (uint32_t i = 0; i < count; i++)
		weir_append_value(out, row, i);
	weir_append_end(out);
	return 0;
}

static int first_column(void *user, const struct weir_row *row, struct weir_appender *out)
{
	weir_append_value(out, row, 0);
	weir_append_end(out);
	return 0;
}

static int keep_even(void *user, const struct weir_row *row)
{
	int64_t value;

	return weir_get_i64(row, 0, &value) ? value % 2 == 0 : -1;
}

static void a_stream_of_sql_goes_back_into_sql(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "trip");
	struct weir_error *error = NULL;
	struct weir_stream *stream;

	stream =
	    weir_from_sql(flow, "SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (4, 'c')) AS t (n, s)");
	stream = weir_map(stream, "copy", "n INT, s STRING", identity, NULL);
	stream = weir_filter(stream, "even", keep_even, NULL);
	assert_int_equal(weir_to_table(stream, "evens", &error), WEIR_OK);
	assert_string_equal(flow_sql(test, "SELECT n * 10, s FROM evens"), "+I 20,b\n+I 40,c\n");
	weir_flow_free(flow);
}

static void a_flow_writes_into_tables(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow;
	struct weir_stream *stream, *copy;

	flow_sql(test, "CREATE TABLE out1 (n BIGINT, s STRING) WITH ('connector' = 'filesystem', "
		       "'path' = '${DIR}/out1', 'format' = 'json');"
		       "CREATE TABLE out2 (n INT NOT NULL) WITH ('connector' = 'filesystem', "
		       "'path' = '${DIR}/out2', 'format' = 'json');");
	flow = weir_flow_new(test->session, "tables");
	stream = weir_from_sql(flow, "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t (n, s)");
	copy = weir_map(stream, "copy", "n INT, s STRING", identity, NULL);
	weir_insert_into(copy, "out1");
	weir_insert_into(
	    weir_map(weir_filter(copy, "even", keep_even, NULL), "n", "n INT", first_column, NULL),
	    "out2");
	flow_run(flow);
	assert_string_equal(flow_sql(test, "SELECT * FROM out1"), "+I 1,a\n+I 2,b\n");
	assert_string_equal(flow_sql(test, "SELECT * FROM out2"), "+I 2\n");
	weir_flow_free(flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_stream_of_sql_goes_back_into_sql, flow_open,
					    flow_close),
	    cmocka_unit_test_setup_teardown(a_flow_writes_into_tables, flow_open, flow_close),
	};

	(void)orders;
	return cmocka_run_group_tests_name("flow_rows", tests, NULL, NULL);
}
