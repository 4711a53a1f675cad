/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_ends - flows from sources of the program into sinks of the program, run to the end, beside
 * the program and on its own thread.
 */
#include <stdatomic.h>

#include "flow.h"

#define ROWS 10000

/* Numbers, one second after the other. */
struct numbers {
	int64_t next, end;
};

static enum weir_code read_numbers(void *self, struct weir_appender *out, uint32_t max_rows,
				   int64_t *watermark_ms, int64_t *wait_ms)
{
	struct numbers *numbers = self;

	for (uint32_t i = 0; i < max_rows && numbers->next < numbers->end; i++) {
		weir_append_i64(out, numbers->next);
		weir_append_timestamp(out, numbers->next++ * 1000, 0);
		weir_append_end(out);
	}
	return numbers->next < numbers->end ? WEIR_OK : WEIR_END;
}

static int sum_rows(void *self, const struct weir_batch *batch)
{
	int64_t *sum = self, value = 0;

	for (uint32_t i = 0; i < weir_batch_rows(batch); i++) {
		assert_true(weir_get_i64(weir_batch_row(batch, i), 0, &value));
		*sum += value;
	}
	return 0;
}

static int close_sum(void *self, bool good)
{
	assert_true(good);
	return 0;
}

static int add_one(void *user, const struct weir_row *row, struct weir_appender *out)
{
	int64_t value = 0;

	weir_get_i64(row, 0, &value);
	weir_append_i64(out, value + 1);
	weir_append_value(out, row, 1);
	weir_append_end(out);
	return 0;
}

/* n + 1 of every number goes into *sum. */
static struct weir_flow *make(struct flow_test *test, struct numbers *numbers, int64_t *sum)
{
	struct weir_source source = {.size = sizeof source,
				     .name = "numbers",
				     .columns = "n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts",
				     .user = numbers,
				     .read = read_numbers};
	struct weir_sink sink = {
	    .size = sizeof sink, .name = "sum", .user = sum, .write = sum_rows, .close = close_sum};
	struct weir_flow *flow = weir_flow_new(test->session, "sums");
	struct weir_stream *stream = weir_from_source(flow, &source);

	*numbers = (struct numbers){0, ROWS};
	*sum = 0;
	stream = weir_map(stream, "add", "n BIGINT, ts TIMESTAMP(3)", add_one, NULL);
	assert_int_equal(weir_to_table(stream, "added", NULL), WEIR_OK);
	stream = weir_from_sql(flow, "SELECT SUM(n) AS n, window_start FROM TABLE(TUMBLE(TABLE "
				     "added, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY "
				     "window_start, window_end");
	weir_sink_to(stream, &sink);
	return flow;
}

static const int64_t expected = (int64_t)ROWS * (ROWS + 1) / 2;

static void rows_of_the_program_come_back_to_it(void **state)
{
	struct numbers numbers;
	int64_t sum;
	struct weir_flow *flow = make(*state, &numbers, &sum);

	flow_run(flow);
	assert_int_equal(sum, expected);
	assert_int_equal(weir_session_stats(((struct flow_test *)*state)->session).rows_in, ROWS);
	weir_flow_free(flow);
}

static void a_flow_runs_beside_the_program(void **state)
{
	struct weir_error *error = NULL;
	struct weir_job *job = NULL;
	struct numbers numbers;
	int64_t sum;
	struct weir_flow *flow = make(*state, &numbers, &sum);

	assert_int_equal(weir_flow_submit(flow, 0, NULL, &job, &error), WEIR_OK);
	assert_int_equal(weir_job_wait(job, -1, &error), WEIR_OK);
	assert_int_equal(sum, expected);
	weir_job_free(job);
	weir_flow_free(flow);
}

static void a_flow_runs_on_the_programs_thread(void **state)
{
	struct weir_error *error = NULL;
	struct weir_job *job = NULL;
	enum weir_code code = WEIR_OK;
	struct numbers numbers;
	int64_t sum;
	struct weir_flow *flow = make(*state, &numbers, &sum);

	assert_int_equal(weir_flow_submit(flow, WEIR_JOB_INLINE, NULL, &job, &error), WEIR_OK);
	while (code == WEIR_OK)
		code = weir_job_poll(job, &error);
	assert_int_equal(code, WEIR_END);
	assert_int_equal(sum, expected);
	weir_job_free(job);
	weir_flow_free(flow);
}

/* --- a savepoint and a second program --- */

/* 0, 1, 2 ... as far as `end`, then it waits. */
struct endless {
	atomic_llong next; /* number that comes next */
	atomic_llong end;  /* first one that is not there yet */
};

static enum weir_code read_endless(void *self, struct weir_appender *out, uint32_t max_rows,
				   int64_t *watermark_ms, int64_t *wait_ms)
{
	struct endless *endless = self;

	*wait_ms = 1;
	if (endless->next >= endless->end)
		return WEIR_WOULD_BLOCK;
	for (uint32_t i = 0; i < max_rows && endless->next < endless->end; i++) {
		weir_append_i64(out, endless->next);
		weir_append_i64(out, endless->next++ % 3);
		weir_append_end(out);
	}
	return WEIR_OK;
}

static int tell_position(void *self, struct weir_bytes_out *out)
{
	int64_t next = ((struct endless *)self)->next;

	weir_put(out, &next, sizeof next);
	return 0;
}

static int seek_position(void *self, const char *bytes, size_t len)
{
	int64_t next;

	assert_int_equal(len, sizeof next);
	memcpy(&next, bytes, len);
	((struct endless *)self)->next = next;
	return 0;
}

struct count {
	int64_t rows;
};

static int count_rows(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct count *count = weir_state_make(context, 0);

	weir_append_value(weir_output(context), row, 1);
	weir_append_i64(weir_output(context), ++count->rows);
	weir_append_end(weir_output(context));
	return 0;
}

/* The highest count of each third. */
static int keep_counts(void *self, const struct weir_batch *batch)
{
	atomic_llong *counts = self;

	for (uint32_t i = 0; i < weir_batch_rows(batch); i++) {
		const struct weir_row *row = weir_batch_row(batch, i);
		int64_t third = 0, count = 0;

		assert_true(weir_get_i64(row, 0, &third) && weir_get_i64(row, 1, &count));
		counts[third] = count;
	}
	return 0;
}

static struct weir_job *start_counting(struct flow_test *test, struct weir_flow **out,
				       struct endless *endless, atomic_llong *counts)
{
	static const struct weir_state state[] = {{.size = sizeof(struct weir_state),
						   .name = "count",
						   .kind = WEIR_VALUE,
						   .columns = "`rows` BIGINT",
						   .value_size = sizeof(struct count)}};
	struct weir_source source = {.size = sizeof source,
				     .name = "endless",
				     .columns = "n BIGINT, third BIGINT",
				     .user = endless,
				     .read = read_endless,
				     .position = tell_position,
				     .seek = seek_position,
				     .unbounded = true};
	struct weir_process process = {.size = sizeof process,
				       .name = "counter",
				       .columns = "third BIGINT, `rows` BIGINT",
				       .state = state,
				       .state_count = 1,
				       .element = count_rows};
	struct weir_sink sink = {
	    .size = sizeof sink, .name = "counts", .user = counts, .write = keep_counts};
	struct weir_error *error = NULL;
	struct weir_job *job = NULL;

	*out = weir_flow_new(test->session, "counting");
	weir_sink_to(weir_process(weir_key_by(weir_from_source(*out, &source), "third"), &process),
		     &sink);
	if (weir_flow_submit(*out, 0, NULL, &job, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	return job;
}

static void a_flow_goes_on_from_a_savepoint(void **state)
{
	struct flow_test *test = *state;
	struct endless endless = {0};
	atomic_llong counts[3] = {0};
	struct weir_error *error = NULL;
	struct weir_flow *flow;
	struct weir_job *job;
	char *path = NULL, sql[512];

	snprintf(sql, sizeof sql,
		 "SET 'execution.checkpointing.dir' = '%s/points';"
		 "SET 'execution.checkpointing.interval' = '1 h'; SET 'parallelism.default' = '2'",
		 test->folder);
	flow_sql(test, sql);
	endless.end = 300;
	job = start_counting(test, &flow, &endless, counts);
	while (counts[0] + counts[1] + counts[2] < 300)
		assert_int_equal(weir_job_wait(job, 1, &error), WEIR_TIMEOUT);
	if (weir_job_savepoint(job, NULL, true, &path, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	assert_non_null(strstr(path, "/points/counting-savepoint-1"));
	assert_int_equal(weir_job_wait(job, -1, &error), WEIR_OK);
	weir_job_free(job);
	weir_flow_free(flow);
	weir_session_free(test->session);

	test->session = weir_session_new();
	snprintf(sql, sizeof sql,
		 "SET 'execution.checkpointing.dir' = '%s/points';"
		 "SET 'execution.checkpointing.interval' = '1 h'; SET 'parallelism.default' = '5';"
		 "SET 'execution.state-recovery.path' = '%s'",
		 test->folder, path);
	flow_sql(test, sql);
	weir_free(path);
	endless.next = 0;
	endless.end = 600;
	job = start_counting(test, &flow, &endless, counts);
	while (counts[0] + counts[1] + counts[2] < 600)
		assert_int_equal(weir_job_wait(job, 1, &error), WEIR_TIMEOUT);
	assert_int_equal(counts[0], 200);
	weir_job_cancel(job);
	weir_job_free(job);
	weir_flow_free(flow);
}

static void sinks_that_take_no_changes_refuse_them(void **state)
{
	struct flow_test *test = *state;
	struct weir_sink sink = {.size = sizeof sink, .name = "sum", .write = sum_rows};
	struct weir_flow *flow = weir_flow_new(test->session, "changes");
	struct weir_error *error = NULL;

	weir_sink_to(weir_from_sql(flow, "SELECT COUNT(*) FROM (VALUES (1), (2)) AS t (n)"), &sink);
	assert_int_equal(weir_flow_run(flow, NULL, &error), WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "takes only new rows"));
	weir_error_free(error);
	weir_flow_free(flow);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, flow_open, flow_close)
	const struct CMUnitTest tests[] = {
	    TEST(rows_of_the_program_come_back_to_it),    TEST(a_flow_runs_beside_the_program),
	    TEST(a_flow_runs_on_the_programs_thread),     TEST(a_flow_goes_on_from_a_savepoint),
	    TEST(sinks_that_take_no_changes_refuse_them),
	};

	return cmocka_run_group_tests_name("flow_ends", tests, NULL, NULL);
}
