/* SPDX-License-Identifier: Apache-2.0
 *
 * flow_window - flows with windows, interval joins and asynchronous calls, against SQL that means
 * the same, for several numbers of workers and rows in a batch; late rows; answers of other
 * threads; a job that is cancelled while it waits.
 */
#include <pthread.h>
#include <unistd.h>

#include "flow.h"

#define CLICKS 4000

/* The second of click i: one in nine is up to a minute late. */
static int second_of(int i)
{
	int back = i % 9 == 0 ? i * 31 % 60 : i % 4;

	return i < back ? 0 : i - back;
}

/* clicks: a second apart, or late; 40 users with pauses. */
static void make_clicks(struct flow_test *test, const char *name, int salt)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s.json", test->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (int i = 0; i < CLICKS; i++) {
		int s = second_of(i);

		fprintf(file,
			"{\"id\":%d,\"u\":%d,\"v\":%d,\"ts\":\"2024-01-01 %02d:%02d:%02d\"}\n", i,
			(i * 7919 + i / 500 + salt) % 40, i * 104729 % 1000, s / 3600, s / 60 % 60,
			s % 60);
	}
	fclose(file);
}

static int open_clicks(void **state)
{
	struct flow_test *test;

	flow_open(state);
	test = *state;
	make_clicks(test, "clicks", 0);
	make_clicks(test, "buys", 3);
	flow_sql(test, "CREATE TABLE clicks (id BIGINT, u BIGINT, v BIGINT, ts TIMESTAMP(3), "
		       "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = "
		       "'filesystem', 'path' = '${DIR}/clicks.json', 'format' = 'json', "
		       "'source.path.regex-pattern' = '.*');"
		       "CREATE TABLE buys (id BIGINT, u BIGINT, v BIGINT, ts TIMESTAMP(3), "
		       "WATERMARK FOR ts AS ts - INTERVAL '60' SECOND) WITH ('connector' = "
		       "'filesystem', 'path' = '${DIR}/buys.json', 'format' = 'json', "
		       "'source.path.regex-pattern' = '.*');"
		       "CREATE VIEW early AS SELECT id, u, v, ts FROM buys;");
	return 0;
}

static const struct mode {
	const char *workers, *rows;
} modes[] = {{"1", "4096"}, {"1", "1"}, {"5", "4096"}, {"2", "7"}};

static void set_mode(struct flow_test *test, const struct mode *mode)
{
	assert_int_equal(weir_set_option(test->session, "parallelism.default", mode->workers, NULL),
			 WEIR_OK);
	assert_int_equal(weir_set_option(test->session, "weir.batch.max-rows", mode->rows, NULL),
			 WEIR_OK);
}

static int64_t get(const struct weir_row *row, uint32_t column)
{
	int64_t value = -1;

	assert_true(weir_get_i64(row, column, &value));
	return value;
}

/* --- windows --- */

struct total {
	int64_t n, sum;
};

static int add(void *user, struct weir_context *context, void *accumulator,
	       const struct weir_row *row)
{
	struct total *total = accumulator;

	total->n++;
	total->sum += get(row, 2);
	return 0;
}

static void merge(void *user, void *into, const void *from)
{
	((struct total *)into)->n += ((const struct total *)from)->n;
	((struct total *)into)->sum += ((const struct total *)from)->sum;
}

static void put(struct weir_context *context, const struct weir_span *window, int64_t n,
		int64_t sum)
{
	struct weir_appender *out = weir_output(context);

	weir_append_timestamp(out, window->start, 0);
	weir_append_timestamp(out, window->end, 0);
	weir_append_value(out, weir_key(context), 0);
	weir_append_i64(out, n);
	weir_append_i64(out, sum);
	weir_append_end(out);
}

static int show(void *user, struct weir_context *context, const struct weir_span *window,
		const void *accumulator)
{
	const struct total *total = accumulator;

	put(context, window, total->n, total->sum);
	return 0;
}

static int show_all(void *user, struct weir_context *context, const struct weir_span *window,
		    struct weir_elements *elements)
{
	const struct weir_row *row;
	uint64_t at = 0;
	int64_t sum = 0;

	while ((row = weir_elements_next(elements, &at)) != NULL)
		sum += get(row, 2);
	put(context, window, (int64_t)weir_elements_count(elements), sum);
	return 0;
}

static const char columns[] = "a TIMESTAMP(3), b TIMESTAMP(3), u BIGINT, n BIGINT, `sum` BIGINT";

/* The window with its rows folded, and with all of them kept, is the query. */
static void compare(struct flow_test *test, const char *query, struct weir_window window)
{
	char *expected = strdup(flow_sql(test, query));

	assert_true(test->lines > 100);
	window.size = sizeof window;
	window.name = "w";
	window.columns = columns;
	for (size_t m = 0; m < 2 * (sizeof modes / sizeof *modes); m++) {
		struct weir_flow *flow = weir_flow_new(test->session, "windows");
		struct weir_stream *stream = weir_key_by(weir_from_sql(flow, "TABLE clicks"), "u");
		bool folded = m % 2 == 0;

		set_mode(test, &modes[m / 2]);
		window.accumulator_columns = folded ? "n BIGINT, `sum` BIGINT" : NULL;
		window.accumulator_size = folded ? sizeof(struct total) : 0;
		window.accumulate = folded ? add : NULL;
		window.merge = folded ? merge : NULL;
		window.result = folded ? show : NULL;
		window.process = folded ? NULL : show_all;
		stream = weir_window(stream, &window);
		assert_int_equal(weir_to_table(stream, "windowed", NULL), WEIR_OK);
		assert_string_equal(flow_sql(test, "SELECT * FROM windowed"), expected);
		assert_true(weir_session_stats(test->session).rows_late > 50);
		weir_flow_free(flow);
	}
	free(expected);
}

static void windows_are_those_of_sql(void **state)
{
	compare(
	    *state,
	    "SELECT window_start, window_end, u, COUNT(*), SUM(v) FROM TABLE(TUMBLE(TABLE "
	    "clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, u",
	    (struct weir_window){.assigner = WEIR_TUMBLING, .size_ms = 60000});
	compare(
	    *state,
	    "SELECT window_start, window_end, u, COUNT(*), SUM(v) FROM TABLE(HOP(TABLE "
	    "clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '30' SECOND)) GROUP BY "
	    "window_start, window_end, u",
	    (struct weir_window){.assigner = WEIR_SLIDING, .size_ms = 30000, .slide_ms = 10000});
	compare(*state,
		"SELECT window_start, window_end, u, COUNT(*), SUM(v) FROM TABLE(SESSION(TABLE "
		"clicks PARTITION BY u, DESCRIPTOR(ts), INTERVAL '35' SECOND)) GROUP BY "
		"window_start, window_end, u",
		(struct weir_window){.assigner = WEIR_SESSION, .gap_ms = 35000});
}

/* Clicks whose ten seconds the watermark has passed. */
static uint32_t count_late(void)
{
	uint32_t late = 0;

	for (int i = 0, max = -100; i < CLICKS; i++) {
		int s = second_of(i);

		late += (s / 10 + 1) * 10 - 1 < max - 5;
		max = s > max ? s : max;
	}
	return late;
}

/* What is late goes to the side; with what is not it is everything. */
static void late_rows_go_aside(void **state)
{
	struct weir_window window = {.size = sizeof window,
				     .name = "w",
				     .columns = columns,
				     .assigner = WEIR_TUMBLING,
				     .size_ms = 10000,
				     .process = show_all};
	struct flow_test *test = *state;

	flow_sql(test, "CREATE TABLE out0 (a TIMESTAMP(3), b TIMESTAMP(3), u BIGINT, n BIGINT, "
		       "s BIGINT) WITH ('connector' = 'filesystem', 'path' = '${DIR}/out0', "
		       "'format' = 'json');"
		       "CREATE TABLE out1 (id BIGINT, u BIGINT, v BIGINT, ts TIMESTAMP(3)) WITH "
		       "('connector' = 'filesystem', 'path' = '${DIR}/out1', 'format' = 'json');");
	for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
		struct weir_flow *flow = weir_flow_new(test->session, "late");
		struct weir_stream *stream = weir_key_by(weir_from_sql(flow, "TABLE clicks"), "u");
		char command[256];

		set_mode(test, &modes[m]);
		stream = weir_window(stream, &window);
		weir_insert_into(stream, "out0");
		weir_insert_into(weir_side_stream(stream, "late"), "out1");
		flow_run(flow);
		flow_sql(test, "SELECT SUM(n), SUM(s) FROM (SELECT n, s FROM out0 UNION ALL SELECT "
			       "1, v FROM out1)");
		assert_string_equal(test->line[test->lines - 1], "+I 4000,1998000");
		flow_sql(test, "SELECT * FROM out1");
		assert_int_equal(test->lines, count_late());
		assert_true(test->lines > 100);
		weir_flow_free(flow);
		snprintf(command, sizeof command, "rm -rf %s/out0 %s/out1", test->folder,
			 test->folder);
		assert_int_equal(system(command), 0);
	}
}

/* --- interval join --- */

static int join(void *user, const struct weir_row *left, const struct weir_row *right,
		struct weir_appender *out)
{
	weir_append_value(out, left, 0);
	weir_append_value(out, right, 0);
	weir_append_i64(out, get(left, 2) + get(right, 2));
	weir_append_end(out);
	return 0;
}

static void an_interval_join_is_that_of_sql(void **state)
{
	struct flow_test *test = *state;
	char *expected =
	    strdup(flow_sql(test, "SELECT l.id, r.id, l.v + r.v FROM early l, clicks r WHERE l.u = "
				  "r.u AND r.ts BETWEEN l.ts - INTERVAL '40' SECOND AND l.ts + "
				  "INTERVAL '90' SECOND"));

	assert_true(test->lines > 1000);
	for (size_t m = 0; m < sizeof modes / sizeof *modes; m++) {
		struct weir_flow *flow = weir_flow_new(test->session, "pairs");
		struct weir_stream *left = weir_key_by(weir_from_sql(flow, "TABLE early"), "u");
		struct weir_stream *right = weir_key_by(weir_from_sql(flow, "TABLE clicks"), "u");

		set_mode(test, &modes[m]);
		left = weir_interval_join(left, right, "pairs", "l BIGINT, r BIGINT, v BIGINT",
					  -40000, 90000, join, NULL);
		assert_int_equal(weir_to_table(left, "pairs", NULL), WEIR_OK);
		assert_string_equal(flow_sql(test, "SELECT * FROM pairs"), expected);
		weir_flow_free(flow);
	}
	free(expected);
}

/* Bounds that no time reaches are as good as none. */
static void an_interval_without_bounds_takes_all(void **state)
{
	struct flow_test *test = *state;
	char *expected = strdup(flow_sql(test, "SELECT l.id, r.id, l.v + r.v FROM early l JOIN "
					       "early r ON l.u = r.u WHERE l.id < 200 "
					       "AND r.id < 200"));
	struct weir_flow *flow = weir_flow_new(test->session, "all");
	struct weir_stream *left =
	    weir_key_by(weir_from_sql(flow, "SELECT * FROM early WHERE id < 200"), "u");

	assert_true(test->lines > 100);
	left = weir_interval_join(left, left, "all", "l BIGINT, r BIGINT, v BIGINT", INT64_MIN,
				  INT64_MAX, join, NULL);
	assert_int_equal(weir_to_table(left, "all_pairs", NULL), WEIR_OK);
	assert_string_equal(flow_sql(test, "SELECT * FROM all_pairs"), expected);
	weir_flow_free(flow);
	free(expected);
}

/* --- asynchronous calls --- */

#define POOL_MAX 4096

/* A thread that answers what is put here, the last one first. */
struct pool {
	pthread_mutex_t lock;
	struct weir_request *request[POOL_MAX];
	int64_t id[POOL_MAX], v[POOL_MAX];
	bool asked[CLICKS]; /* the click's first request has failed */
	uint32_t count, most;
	bool stop, silent; /* silent: it answers nothing before it is told to */
	pthread_t thread;
};

static void *pool_main(void *argument)
{
	struct pool *pool = argument;
	bool stop = false;

	while (!stop) {
		struct weir_request *request = NULL;
		int64_t id = 0, v = 0;

		pthread_mutex_lock(&pool->lock);
		if (pool->count > 0 && (!pool->silent || pool->stop)) {
			request = pool->request[--pool->count];
			id = pool->id[pool->count];
			v = pool->v[pool->count];
		}
		stop = pool->stop && pool->count == 0;
		pthread_mutex_unlock(&pool->lock);
		if (request == NULL) {
			usleep(50);
			continue;
		}
		if (v % 10 == 7 && !pool->asked[id]) {
			pool->asked[id] = true;
			weir_request_fail(request, "not this time");
			continue;
		}
		weir_append_i64(weir_request_output(request), v);
		weir_append_i64(weir_request_output(request), v * v);
		weir_append_end(weir_request_output(request));
		weir_request_done(request);
	}
	return NULL;
}

static int ask(void *user, struct weir_request *request, const struct weir_row *row)
{
	struct pool *pool = user;

	pthread_mutex_lock(&pool->lock);
	assert_true(pool->count < POOL_MAX);
	pool->id[pool->count] = get(row, 0);
	pool->v[pool->count] = get(row, 2);
	pool->request[pool->count++] = request;
	pool->most = pool->count > pool->most ? pool->count : pool->most;
	pthread_mutex_unlock(&pool->lock);
	return 0;
}

static void pool_start(struct pool *pool)
{
	*pool = (struct pool){.silent = pool->silent};
	pthread_mutex_init(&pool->lock, NULL);
	assert_int_equal(pthread_create(&pool->thread, NULL, pool_main, pool), 0);
}

static void pool_stop(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_mutex_unlock(&pool->lock);
	pthread_join(pool->thread, NULL);
	pthread_mutex_destroy(&pool->lock);
}

static void answers_of_another_thread(void **state)
{
	struct flow_test *test = *state;
	char *expected = strdup(flow_sql(test, "SELECT v, v * v FROM clicks"));

	for (size_t m = 0; m < 2 * (sizeof modes / sizeof *modes); m++) {
		static struct pool pool;
		struct weir_async async = {.size = sizeof async,
					   .name = "squares",
					   .columns = "v BIGINT, square BIGINT",
					   .capacity = 20,
					   .unordered = m % 2 == 0,
					   .attempts = 2,
					   .retry_ms = 1,
					   .start = ask,
					   .user = &pool};
		struct weir_flow *flow = weir_flow_new(test->session, "async");

		set_mode(test, &modes[m / 2]);
		pool_start(&pool);
		assert_int_equal(
		    weir_to_table(weir_async(weir_from_sql(flow, "TABLE clicks"), &async),
				  "squares", NULL),
		    WEIR_OK);
		assert_string_equal(flow_sql(test, "SELECT * FROM squares"), expected);
		assert_true(pool.most <= 20 * 5);
		pool_stop(&pool);
		weir_flow_free(flow);
	}
	free(expected);
}

/* A request that has failed for the last time fails the job, and says why. */
static int never(void *user, struct weir_request *request, const struct weir_row *row)
{
	weir_request_fail(request, "the line is cut");
	return 0;
}

static void a_failed_request_fails_the_job(void **state)
{
	struct weir_async async = {.size = sizeof async,
				   .name = "broken",
				   .columns = "v BIGINT",
				   .attempts = 2,
				   .start = never};
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "async");
	struct weir_error *error = NULL;

	set_mode(test, &modes[0]);
	flow_sql(test, "CREATE TABLE hole (v BIGINT) WITH ('connector' = 'blackhole');");
	weir_insert_into(weir_async(weir_from_sql(flow, "TABLE clicks"), &async), "hole");
	assert_int_equal(weir_flow_run(flow, NULL, &error), WEIR_ERROR_JOB);
	assert_string_equal(weir_error_text(error),
			    "A request of 'broken' has failed: the line is cut");
	weir_error_free(error);
	assert_int_equal(weir_set_option(test->session, "error-handling.mode", "ignore", NULL),
			 WEIR_OK);
	flow_run(flow);
	weir_flow_free(flow);
}

/* Nobody answers: the job still ends when it is cancelled, and answers come after its end. */
static void a_job_that_waits_is_cancelled(void **state)
{
	static struct pool pool = {.silent = true};
	struct weir_async async = {.size = sizeof async,
				   .name = "silent",
				   .columns = "v BIGINT, square BIGINT",
				   .start = ask,
				   .user = &pool};
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "async");
	struct weir_job *job = NULL;

	pool_start(&pool);
	flow_sql(test, "CREATE TABLE pit (v BIGINT, s BIGINT) WITH ('connector' = 'blackhole');");
	weir_insert_into(weir_async(weir_from_sql(flow, "TABLE clicks"), &async), "pit");
	assert_int_equal(weir_flow_submit(flow, 0, NULL, &job, NULL), WEIR_OK);
	assert_int_equal(weir_job_wait(job, 100, NULL), WEIR_TIMEOUT);
	weir_job_cancel(job);
	assert_int_equal(weir_job_wait(job, 20000, NULL), WEIR_CANCELLED);
	weir_job_free(job);
	weir_flow_free(flow);
	assert_true(pool.count > 0);
	pool_stop(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(windows_are_those_of_sql, open_clicks, flow_close),
	    cmocka_unit_test_setup_teardown(late_rows_go_aside, open_clicks, flow_close),
	    cmocka_unit_test_setup_teardown(an_interval_join_is_that_of_sql, open_clicks,
					    flow_close),
	    cmocka_unit_test_setup_teardown(an_interval_without_bounds_takes_all, open_clicks,
					    flow_close),
	    cmocka_unit_test_setup_teardown(answers_of_another_thread, open_clicks, flow_close),
	    cmocka_unit_test_setup_teardown(a_failed_request_fails_the_job, open_clicks,
					    flow_close),
	    cmocka_unit_test_setup_teardown(a_job_that_waits_is_cancelled, open_clicks, flow_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
