/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_keyed - flows with process functions: side outputs, broadcasts, several readers of a stream,
 * SQL below and above, and the same answer for any number of workers and rows in a batch.
 */
#include "flow.h"

#define PAYMENTS 3000

/* payments: account 0..49, amounts 0..999.5, a second apart, out of order and some of them late. */
static void make_payments(struct flow_test *test)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/payments.json", test->folder);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < PAYMENTS; i++) {
		int s = i - (i % 11 == 0 ? 25 : i % 7 == 0 ? 3 : 0);

		s = s < 0 ? 0 : s;
		fprintf(file,
			"{\"id\":%d,\"account\":%d,\"amount\":%d.5,"
			"\"at\":\"2024-01-01 %02d:%02d:%02d\"}\n",
			i, i * 7919 % 50, i * 104729 % 1000, s / 3600, s / 60 % 60, s % 60);
	}
	fclose(file);
	flow_sql(test, "CREATE TABLE payments (id BIGINT, account BIGINT, amount DOUBLE, "
		       "`at` TIMESTAMP(3), WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND) "
		       "WITH ('connector' = 'filesystem', 'path' = '${DIR}/payments.json', "
		       "'format' = 'json', 'source.path.regex-pattern' = '.*');");
}

static int open_payments(void **state)
{
	flow_open(state);
	make_payments(*state);
	return 0;
}

/* Settings under which the answer must be the same. */
static const struct mode {
	const char *workers, *rows, *restore; /* restored after so many checkpoints; "0": never */
	bool optimized;
} modes[] = {{"1", "4096", "0", true},
	     {"1", "1", "0", true},
	     {"5", "4096", "0", true},
	     {"2", "7", "0", false},
	     {"2", "100", "3", true}};

static void set_mode(struct flow_test *test, const struct mode *mode)
{
	static const char *const passes[] = {
	    "filter-push-down",    "projection-push-down", "calc-merging",
	    "trivial-projections", "filter-into-scan",     "subfield-push-down",
	    "scan-sharing",        "subplan-sharing",      "two-phase-aggregation"};

	for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
		char key[64];

		snprintf(key, sizeof key, "weir.optimizer.%s", passes[i]);
		assert_int_equal(
		    weir_set_option(test->session, key, mode->optimized ? "true" : "false", NULL),
		    WEIR_OK);
	}
	assert_int_equal(weir_set_option(test->session, "parallelism.default", mode->workers, NULL),
			 WEIR_OK);
	assert_int_equal(weir_set_option(test->session, "weir.batch.max-rows", mode->rows, NULL),
			 WEIR_OK);
	assert_int_equal(weir_set_option(test->session, "weir.source.block-size", "4 kb", NULL),
			 WEIR_OK);
	assert_int_equal(
	    weir_set_option(test->session, "weir.test.restore-every", mode->restore, NULL),
	    WEIR_OK);
}

static double amount_of(const struct weir_row *row)
{
	double amount = 0;

	assert_true(weir_get_f64(row, 2, &amount));
	return amount;
}

/* --- functions by row --- */

/* Rows of any kind with the amount doubled. */
static int doubled(void *user, const struct weir_row *row, struct weir_appender *out)
{
	weir_append_value(out, row, 0);
	weir_append_value(out, row, 1);
	weir_append_f64(out, 2 * amount_of(row));
	weir_append_value(out, row, 3);
	weir_append_end(out);
	return 0;
}

/* As often as id % 3 says. */
static int repeated(void *user, const struct weir_row *row, struct weir_appender *out)
{
	int64_t id;

	assert_true(weir_get_i64(row, 0, &id));
	for (int64_t i = 0; i < id % 3; i++)
		doubled(user, row, out);
	return 0;
}

static int is_large(void *user, const struct weir_row *row)
{
	return amount_of(row) > 500;
}

static int is_small(void *user, const struct weir_row *row)
{
	return amount_of(row) <= 500;
}

static const char columns[] = "id BIGINT, account BIGINT, amount DOUBLE, `at` TIMESTAMP(3)";

static void functions_by_row_are_as_sql(void **state)
{
	struct flow_test *test = *state;
	char *expected;

	expected = strdup(
	    flow_sql(test, "SELECT window_start, account, SUM(twice), COUNT(*) FROM "
			   "(SELECT *, amount * 2 AS twice FROM "
			   "TABLE(TUMBLE(TABLE payments, DESCRIPTOR(`at`), INTERVAL '1' MINUTE)) "
			   "CROSS JOIN UNNEST(CASE MOD(id, 3) WHEN 2 THEN ARRAY[1, 2] WHEN 1 THEN "
			   "ARRAY[1] END) AS u (n) WHERE amount > 500) "
			   "GROUP BY window_start, window_end, account"));
	assert_true(test->lines > 100);
	for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
		struct weir_flow *flow = weir_flow_new(test->session, "rows");
		struct weir_stream *stream = weir_from_sql(flow, "TABLE payments");

		set_mode(test, &modes[m]);
		stream = weir_filter(stream, "large", is_large, NULL);
		stream = weir_flat_map(stream, "repeat", columns, repeated, NULL);
		assert_int_equal(weir_to_table(stream, "twice", NULL), WEIR_OK);
		assert_string_equal(
		    flow_sql(test, "SELECT window_start, account, SUM(amount), COUNT(*) FROM "
				   "TABLE(TUMBLE(TABLE twice, DESCRIPTOR(`at`), INTERVAL '1' "
				   "MINUTE)) GROUP BY window_start, window_end, account"),
		    expected);
		weir_flow_free(flow);
	}
	free(expected);
}

/* A stream that two read, brought together again: every row once. */
static void halves_of_a_stream_make_it_whole(void **state)
{
	struct flow_test *test = *state;
	char *expected = strdup(flow_sql(test, "SELECT id, account, amount, `at` FROM payments"));

	for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
		struct weir_flow *flow = weir_flow_new(test->session, "halves");
		struct weir_stream *all = weir_from_sql(flow, "TABLE payments"), *both[2];

		set_mode(test, &modes[m]);
		both[0] = weir_filter(all, "large", is_large, NULL);
		both[1] = weir_filter(all, "small", is_small, NULL);
		assert_int_equal(weir_to_table(weir_union(both, 2), "whole", NULL), WEIR_OK);
		assert_string_equal(flow_sql(test, "SELECT * FROM whole"), expected);
		weir_flow_free(flow);
	}
	free(expected);
}

/* Updates go through filters and maps: the last state is that of SQL. */
static void updates_pass_functions_by_row(void **state)
{
	struct flow_test *test = *state;
	char *expected;

	flow_sql(test, "CREATE TABLE sums1 (id BIGINT, account BIGINT, total DOUBLE, `at` "
		       "TIMESTAMP(3), PRIMARY KEY (account) NOT ENFORCED) WITH ('connector' = "
		       "'filesystem', 'path' = '${DIR}/sums1', 'format' = 'json');"
		       "CREATE TABLE sums2 (id BIGINT, account BIGINT, total DOUBLE, `at` "
		       "TIMESTAMP(3), PRIMARY KEY (account) NOT ENFORCED) WITH ('connector' = "
		       "'filesystem', 'path' = '${DIR}/sums2', 'format' = 'json');"
		       "INSERT INTO sums1 SELECT n, account, total * 2, a FROM (SELECT COUNT(*) AS "
		       "n, account, AVG(amount) AS total, MAX(`at`) AS a FROM payments GROUP BY "
		       "account) WHERE total > 500");
	expected = strdup(flow_sql(test, "SELECT * FROM sums1"));
	assert_true(test->lines > 5 && test->lines < 45);
	for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
		struct weir_flow *flow = weir_flow_new(test->session, "updates");
		struct weir_stream *stream;

		set_mode(test, &modes[m]);
		stream =
		    weir_from_sql(flow, "SELECT COUNT(*) AS n, account, AVG(amount) AS amount, "
					"MAX(`at`) AS `at` FROM payments GROUP BY account");
		stream = weir_filter(stream, "large", is_large, NULL);
		stream = weir_map(stream, "double", columns, doubled, NULL);
		assert_int_equal(weir_to_table(stream, "changing", NULL), WEIR_OK);
		flow_sql(test, "INSERT OVERWRITE sums2 SELECT * FROM changing");
		assert_string_equal(flow_sql(test, "SELECT * FROM sums2"), expected);
		weir_flow_free(flow);
	}
	free(expected);
}

/* --- process functions --- */

struct total {
	double sum;
	int64_t count;
};

static const struct weir_state total_state[] = {{.size = sizeof(struct weir_state),
						 .name = "total",
						 .kind = WEIR_VALUE,
						 .columns = "`sum` DOUBLE, `count` BIGINT",
						 .value_size = sizeof(struct total)}};

static const struct weir_side large_side[] = {{"large", "id BIGINT, amount DOUBLE NOT NULL"},
					      {"hundredth", "account BIGINT NOT NULL"}};

/* A running total for each account; large payments, and every 20th one, on the side. */
static int add_up(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct total *total = weir_state_make(context, 0);
	struct weir_appender *out;

	total->sum += amount_of(row);
	total->count++;
	out = weir_output(context);
	weir_append_value(out, row, 1);
	weir_append_f64(out, total->sum);
	weir_append_value(out, row, 3);
	weir_append_end(out);
	if (is_large(self, row)) {
		out = weir_side_output(context, 0);
		weir_append_value(out, row, 0);
		weir_append_value(out, row, 2);
		weir_append_end(out);
	}
	if (total->count % 20 == 0) {
		out = weir_side_output(context, 1);
		weir_append_value(out, row, 1);
		weir_append_end(out);
	}
	return 0;
}

static const struct weir_process totals = {.size = sizeof(struct weir_process),
					   .name = "totals",
					   .columns =
					       "account BIGINT, total DOUBLE, `at` TIMESTAMP(3)",
					   .state = total_state,
					   .state_count = 1,
					   .side = large_side,
					   .side_count = 2,
					   .element = add_up};

static void outputs_of_a_process_function(void **state)
{
	struct flow_test *test = *state;
	char *sums, *large, *every;

	sums = strdup(flow_sql(test, "SELECT account, SUM(amount) OVER (PARTITION BY account ORDER "
				     "BY p), `at` FROM (SELECT *, PROCTIME() AS p FROM payments)"));
	large = strdup(flow_sql(test, "SELECT id, amount FROM payments WHERE amount > 500"));
	every =
	    strdup(flow_sql(test, "SELECT account FROM (SELECT account, COUNT(*) OVER (PARTITION "
				  "BY account ORDER BY p) AS n FROM (SELECT *, PROCTIME() AS p "
				  "FROM payments)) WHERE MOD(n, 20) = 0"));
	flow_sql(test, "CREATE TABLE out0 (account BIGINT, total DOUBLE, `at` TIMESTAMP(3)) WITH "
		       "('connector' = 'filesystem', 'path' = '${DIR}/out0', 'format' = 'json');"
		       "CREATE TABLE out1 (id BIGINT, amount DOUBLE) WITH ('connector' = "
		       "'filesystem', 'path' = '${DIR}/out1', 'format' = 'json');"
		       "CREATE TABLE out2 (account BIGINT) WITH ('connector' = 'filesystem', "
		       "'path' = '${DIR}/out2', 'format' = 'json');");
	for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
		struct weir_flow *flow = weir_flow_new(test->session, "sides");
		struct weir_stream *stream =
		    weir_key_by(weir_from_sql(flow, "TABLE payments"), "account");
		char command[256];

		set_mode(test, &modes[m]);
		stream = weir_process(stream, &totals);
		weir_insert_into(stream, "out0");
		weir_insert_into(weir_side_stream(stream, "large"), "out1");
		weir_insert_into(weir_side_stream(stream, "hundredth"), "out2");
		flow_run(flow);
		assert_string_equal(flow_sql(test, "SELECT * FROM out0"), sums);
		assert_string_equal(flow_sql(test, "SELECT * FROM out1"), large);
		assert_string_equal(flow_sql(test, "SELECT * FROM out2"), every);
		weir_flow_free(flow);
		snprintf(command, sizeof command, "rm -rf %s/out0 %s/out1 %s/out2", test->folder,
			 test->folder, test->folder);
		assert_int_equal(system(command), 0);
	}
	free(sums);
	free(large);
	free(every);
}

/* --- broadcast --- */

struct limit {
	double amount;
};
struct limit_key {
	int64_t account;
};

static const struct weir_state limit_state[] = {{.size = sizeof(struct weir_state),
						 .name = "limits",
						 .kind = WEIR_MAP,
						 .columns = "amount DOUBLE",
						 .value_size = sizeof(struct limit),
						 .key_columns = "account BIGINT",
						 .key_size = sizeof(struct limit_key),
						 .broadcast = true}};

/* Counts how many rules each worker has had, on the side. */
static int set_limit(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct limit_key key;
	struct limit *limit;
	struct weir_appender *out = weir_output(context);
	uint32_t workers;

	assert_true(weir_get_i64(row, 0, &key.account));
	limit = weir_map_put(context, 0, &key);
	assert_true(weir_get_f64(row, 1, &limit->amount));
	weir_append_i64(out, weir_worker(context, &workers));
	weir_append_i64(out, key.account);
	weir_append_end(out);
	return 0;
}

static int pass(void *self, struct weir_context *context, const struct weir_row *row)
{
	return 0;
}

static void every_worker_gets_what_is_broadcast(void **state)
{
	struct weir_process process = {.size = sizeof process,
				       .name = "limits",
				       .columns = "worker INT, account BIGINT",
				       .state = limit_state,
				       .state_count = 1,
				       .element = pass,
				       .element2 = set_limit};
	struct flow_test *test = *state;

	for (int keyed = 0; keyed < 2; keyed++) {
		struct weir_flow *flow = weir_flow_new(test->session, "rules");
		struct weir_stream *first = weir_from_sql(flow, "TABLE payments"), *rules, *out;

		set_mode(test, &modes[2]);
		rules = weir_from_sql(flow, "SELECT DISTINCT account, 10.0E0 FROM payments WHERE "
					    "account < 20");
		out = weir_process2(keyed ? weir_key_by(first, "account") : first,
				    weir_broadcast(rules), &process);
		assert_int_equal(weir_to_table(out, "rules", NULL), WEIR_OK);
		assert_string_equal(
		    flow_sql(test, "SELECT COUNT(DISTINCT worker), COUNT(DISTINCT account), "
				   "COUNT(*) FROM rules"),
		    "+I 5,20,100\n");
		weir_flow_free(flow);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, open_payments, flow_close)
	const struct CMUnitTest tests[] = {
	    TEST(functions_by_row_are_as_sql),         TEST(halves_of_a_stream_make_it_whole),
	    TEST(updates_pass_functions_by_row),       TEST(outputs_of_a_process_function),
	    TEST(every_worker_gets_what_is_broadcast),
	};

	return cmocka_run_group_tests_name("flow_keyed", tests, NULL, NULL);
}
