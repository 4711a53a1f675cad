/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_rows - flows of functions by row: from SQL, through callbacks, and back into SQL and tables.
 */
#include "flow.h"

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

/* Odd numbers fail; of 4 there is no row, of 6 there are two. */
static int picky(void *user, const struct weir_row *row, struct weir_appender *out)
{
	int64_t value;

	if (!weir_get_i64(row, 0, &value))
		return -1;
	for (int64_t i = 0; i < (value == 4 ? 0 : value == 6 ? 2 : 1); i++) {
		weir_append_i64(out, value);
		weir_append_end(out);
	}
	return value % 2 == 1 ? weir_append_fail(out, "%d is odd", (int)value) : 0;
}

static const char numbers[] = "SELECT * FROM (VALUES (1), (2), (4), (6), (7), (8)) AS t (n)";

/* Runs numbers through `make` with a mode of errors; the rows, or why it failed. */
static const char *run_picky(struct flow_test *test, const char *mode,
			     struct weir_stream *(*make)(struct weir_stream *stream))
{
	struct weir_flow *flow = weir_flow_new(test->session, "picky");
	struct weir_handler handler = {.size = sizeof handler, .row = flow_hear_row, .user = test};
	struct weir_error *error = NULL;

	assert_int_equal(weir_set_option(test->session, "error-handling.mode", mode, NULL),
			 WEIR_OK);
	assert_int_equal(weir_to_table(make(weir_from_sql(flow, numbers)), "picked", &error),
			 WEIR_OK);
	flow_forget(test);
	if (weir_execute(test->session, "SELECT * FROM picked", &handler, &error) == WEIR_OK)
		for (uint32_t i = 0; i < test->lines; i++)
			flow_hear_text(test, test->line[i]);
	else
		flow_hear_text(test, weir_error_text(error));
	weir_error_free(error);
	weir_flow_free(flow);
	return test->text;
}

static struct weir_stream *picky_map(struct weir_stream *stream)
{
	return weir_map(stream, "picky", "n INT NOT NULL", picky, NULL);
}

static struct weir_stream *picky_flat_map(struct weir_stream *stream)
{
	return weir_flat_map(stream, "picky", "n INT NOT NULL", picky, NULL);
}

static int fail_at_4(void *user, const struct weir_row *row)
{
	int64_t value = 0;

	weir_get_i64(row, 0, &value);
	return value == 4 ? -1 : value > 1;
}

static struct weir_stream *picky_filter(struct weir_stream *stream)
{
	return weir_filter(stream, "picky", fail_at_4, NULL);
}

/* 300 does not go into a TINYINT, and NULL is refused. */
static int overflow(void *user, const struct weir_row *row, struct weir_appender *out)
{
	weir_append_i64(out, 300);
	weir_append_end(out);
	return 0;
}

static struct weir_stream *overflow_map(struct weir_stream *stream)
{
	return weir_map(stream, "over", "n TINYINT", overflow, NULL);
}

static void bad_rows_go_the_way_of_bad_rows(void **state)
{
	struct flow_test *test = *state;

	assert_string_equal(run_picky(test, "fail", picky_map), "Map 'picky': 1 is odd");
	assert_string_equal(run_picky(test, "ignore", picky_map), "+I 2+I 8");
	assert_int_equal(weir_session_stats(test->session).rows_bad, 4);
	assert_string_equal(run_picky(test, "fail", picky_flat_map), "FlatMap 'picky': 1 is odd");
	assert_string_equal(run_picky(test, "ignore", picky_flat_map), "+I 2+I 6+I 6+I 8");
	assert_string_equal(run_picky(test, "fail", picky_filter),
			    "Filter 'picky': The function failed");
	assert_string_equal(run_picky(test, "ignore", picky_filter), "+I 2+I 6+I 7+I 8");
	assert_int_equal(weir_session_stats(test->session).rows_bad, 1);
	assert_string_equal(
	    run_picky(test, "fail", overflow_map),
	    "Map 'over': Column `n` of type TINYINT cannot take so large an integer");
	assert_string_equal(run_picky(test, "ignore", overflow_map), "");
}

/* A row becomes more rows than go into a batch, and keeps its place. */
static int many(void *user, const struct weir_row *row, struct weir_appender *out)
{
	int64_t value = 0;

	weir_get_i64(row, 0, &value);
	for (int64_t i = 0; i < value * 5000; i++) {
		weir_append_i64(out, value);
		weir_append_end(out);
	}
	return 0;
}

static void a_row_becomes_many(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "many");
	struct weir_stream *stream = weir_from_sql(flow, numbers);

	stream = weir_flat_map(stream, "many", "n INT", many, NULL);
	assert_int_equal(weir_to_table(stream, "many_rows", NULL), WEIR_OK);
	flow_sql(test, "SET 'execution.runtime-mode' = 'batch'");
	assert_string_equal(flow_sql(test, "SELECT n, COUNT(*) FROM many_rows GROUP BY n"),
			    "+I 1,5000\n+I 2,10000\n+I 4,20000\n+I 6,30000\n+I 7,35000\n"
			    "+I 8,40000\n");
	weir_flow_free(flow);
}

/* Without a key: one operator on each worker, also above a union. */
static int open_count(void *user, struct weir_context *context, void **self)
{
	__atomic_fetch_add((int *)user, 1, __ATOMIC_RELAXED);
	return 0;
}

static int copy_row(void *self, struct weir_context *context, const struct weir_row *row)
{
	weir_append_value(weir_output(context), row, 0);
	weir_append_end(weir_output(context));
	return 0;
}

static void a_process_function_without_key_is_one_per_worker(void **state)
{
	int opened = 0;
	struct weir_process process = {.size = sizeof process,
				       .name = "copy",
				       .columns = "n INT",
				       .user = &opened,
				       .open = open_count,
				       .element = copy_row};
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "plain");
	struct weir_stream *stream, *both[2];

	flow_sql(test, "SET 'parallelism.default' = '3'; CREATE TABLE n (n INT NOT NULL) WITH "
		       "('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = "
		       "'1', 'fields.n.end' = '5', 'number-of-rows' = '5')");
	stream = weir_from_sql(flow, "TABLE n");
	both[0] = weir_filter(stream, "even", keep_even, NULL);
	both[1] = weir_map(stream, "same", "n INT NOT NULL", first_column, NULL);
	stream = weir_process(weir_union(both, 2), &process);
	assert_int_equal(weir_to_table(stream, "processed", NULL), WEIR_OK);
	assert_string_equal(flow_sql(test, "SELECT n FROM processed"),
			    "+I 1\n+I 2\n+I 2\n+I 3\n+I 4\n+I 4\n+I 5\n");
	assert_int_equal(opened, 3);
	weir_flow_free(flow);
}

/* The same stream twice in a union: every row twice. */
static void a_stream_is_united_with_itself(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "self");
	struct weir_stream *stream = weir_from_sql(flow, numbers), *both[2] = {stream, stream};

	stream = weir_filter(weir_union(both, 2), "even", keep_even, NULL);
	assert_int_equal(weir_to_table(stream, "twice", NULL), WEIR_OK);
	assert_string_equal(flow_sql(test, "SELECT a.n FROM twice AS a WHERE a.n < 7"),
			    "+I 2\n+I 2\n+I 4\n+I 4\n+I 6\n+I 6\n");
	assert_string_equal(
	    flow_sql(test,
		     "SELECT a.n, b.n FROM twice AS a JOIN twice AS b ON a.n = b.n WHERE a.n > "
		     "6"),
	    "+I 8,8\n+I 8,8\n+I 8,8\n+I 8,8\n");
	weir_flow_free(flow);
}

static int known_time(void *user, const struct weir_row *row)
{
	int64_t ms = 0;

	return weir_get_timestamp(row, 1, &ms, NULL) && ms > INT64_C(1600000000000);
}

/* PROCTIME() of a query is a value. */
static void times_of_the_clock_have_a_value(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "clock");
	struct weir_stream *stream =
	    weir_from_sql(flow, "SELECT n, PROCTIME() AS p FROM (VALUES (1), (2)) AS t (n)");

	stream = weir_filter(stream, "known", known_time, NULL);
	assert_int_equal(weir_to_table(stream, "timed", NULL), WEIR_OK);
	assert_string_equal(flow_sql(test, "SELECT n FROM timed"), "+I 1\n+I 2\n");
	assert_non_null(strstr(flow_sql(test, "DESCRIBE timed"), "*PROCTIME*"));
	weir_flow_free(flow);
}

/* Streams of streams, each read twice: planned in no time, and once. */
static void streams_may_be_read_twice_again_and_again(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "deep");
	struct weir_stream *stream = weir_from_sql(flow, numbers);
	char *text;

	for (int i = 0; i < 12; i++) {
		struct weir_stream *both[2] = {weir_filter(stream, "even", keep_even, NULL),
					       stream};

		stream = weir_union(both, 2);
	}
	flow_sql(test, "CREATE TABLE deep (n INT) WITH ('connector' = 'blackhole')");
	weir_insert_into(stream, "deep");
	text = weir_flow_explain(flow, NULL);
	assert_non_null(text);
	weir_free(text);
	weir_flow_free(flow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_stream_of_sql_goes_back_into_sql, flow_open,
					    flow_close),
	    cmocka_unit_test_setup_teardown(a_flow_writes_into_tables, flow_open, flow_close),
	    cmocka_unit_test_setup_teardown(bad_rows_go_the_way_of_bad_rows, flow_open, flow_close),
	    cmocka_unit_test_setup_teardown(a_row_becomes_many, flow_open, flow_close),
	    cmocka_unit_test_setup_teardown(a_process_function_without_key_is_one_per_worker,
					    flow_open, flow_close),
	    cmocka_unit_test_setup_teardown(a_stream_is_united_with_itself, flow_open, flow_close),
	    cmocka_unit_test_setup_teardown(times_of_the_clock_have_a_value, flow_open, flow_close),
	    cmocka_unit_test_setup_teardown(streams_may_be_read_twice_again_and_again, flow_open,
					    flow_close),
	};

	return cmocka_run_group_tests_name("flow_rows", tests, NULL, NULL);
}
