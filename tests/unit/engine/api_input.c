/* SPDX-License-Identifier: Apache-2.0
 *
 * api_input - tables whose rows the program pushes: order, back pressure, mistakes, watermarks,
 * several jobs.
 */
#include "embedded.h"

#define TABLE "CREATE TABLE t (id BIGINT, name STRING) WITH ('connector' = 'input'"

static void push_row(struct weir_input *input, int64_t id, const char *name)
{
	struct weir_appender *out = weir_input_appender(input);

	weir_append_i64(out, id);
	weir_append_text(out, name);
	weir_append_end(out);
}

static void push_ok(struct weir_input *input)
{
	struct weir_error *error = NULL;

	if (weir_input_push(input, WEIR_INPUT_WAIT, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
}

/* Rows come out as they went in: those from before the job, one by one, and many at once. */
static void rows_in_order(void **state)
{
	for (size_t v = 0; v < VARIANTS; v++) {
		struct weir_session *session = session_variant(v);
		struct running *job = calloc(1, sizeof *job);
		char want[TEXT_MAX] = "";
		struct weir_input *input;
		size_t used = 0;

		run_ok(session, TABLE ")");
		input = open_ok(session, "t");
		push_row(input, 0, "before");
		push_ok(input);
		running_start(job, session, "SELECT id, name FROM t");
		running_await(job, 1);
		for (int i = 1; i < 3000; i++) {
			push_row(input, i, i % 3 == 0 ? NULL : "a name that is longer than twelve");
			if (i < 50 || i % 700 == 0)
				push_ok(input);
		}
		weir_input_end(input);
		running_end(job, WEIR_OK);
		for (int i = 0; i < 3000 && used < TEXT_MAX - 256; i++)
			used += snprintf(want + used, TEXT_MAX - used, "%d,%s;", i,
					 i == 0       ? "before"
					 : i % 3 == 0 ? "NULL"
						      : "a name that is longer than twelve");
		assert_int_equal(atomic_load(&job->rows), 3000);
		assert_memory_equal(job->text, want, 60000);
		weir_input_free(input);
		weir_session_free(session);
		free(job);
	}
}

/* The queue is bounded; what finds no room waits in the handle and goes later, in its order. */
static void would_block(void **state)
{
	struct weir_session *session = weir_session_new();
	struct running *job = calloc(1, sizeof *job);
	struct weir_error *error = NULL;
	struct weir_input *input;
	int sum = 0, i;

	run_ok(session, TABLE ", 'input.capacity' = '10')");
	input = open_ok(session, "t");
	assert_int_equal(weir_input_wait(input, 1), WEIR_TIMEOUT);
	for (i = 0; i < 10; i++) {
		push_row(input, i, "x");
		assert_int_equal(weir_input_push(input, WEIR_INPUT_NO_WAIT, &error), WEIR_OK);
	}
	push_row(input, i++, "x");
	assert_int_equal(weir_input_push(input, WEIR_INPUT_NO_WAIT, &error), WEIR_WOULD_BLOCK);
	assert_null(error);
	assert_int_equal(weir_input_push(input, WEIR_INPUT_NO_WAIT, &error), WEIR_WOULD_BLOCK);
	/* Nobody is there who would make room. */
	assert_int_equal(weir_input_push(input, WEIR_INPUT_WAIT, &error), WEIR_ERROR_JOB);
	assert_non_null(strstr(weir_error_text(error), "no room"));
	weir_error_free(error);
	running_start(job, session, "SELECT id FROM t");
	running_await(job, 10);
	push_ok(input);
	running_await(job, 11);
	weir_input_end(input);
	running_end(job, WEIR_OK);
	for (const char *at = job->text; *at != '\0'; at = strchr(at, ';') + 1)
		assert_int_equal(strtol(at, NULL, 10), sum++);
	assert_int_equal(sum, 11);
	weir_input_free(input);
	weir_session_free(session);
	free(job);
}

/* Waiting for room has an end of its own, and hands over what waits when there is some. */
static void waits_so_long(void **state)
{
	struct weir_session *session = weir_session_new();
	struct running *job = calloc(1, sizeof *job);
	struct weir_error *error = NULL;
	struct weir_input *input;
	int i;

	run_ok(session, TABLE ", 'input.capacity' = '10')");
	input = open_ok(session, "t");
	assert_int_equal(weir_input_room(input, 10, 0, &error), WEIR_OK);
	assert_int_equal(weir_input_room(input, 1000, 0, &error), WEIR_OK); /* it is empty */
	running_start(job, session, "SELECT id FROM t");
	assert_int_equal(weir_input_wait(input, -1), WEIR_OK);
	atomic_store(&job->hold, 1);
	/* The job takes rows until its own queues are full: that long nothing goes on. */
	for (i = 0; weir_input_room(input, 1, 500, &error) == WEIR_OK; i++)
		push_row(input, i, "x");
	assert_null(error);
	push_row(input, i++, "x");
	assert_int_equal(weir_input_room(input, 0, 1, &error), WEIR_TIMEOUT);
	assert_int_equal(weir_input_push(input, WEIR_INPUT_NO_WAIT, &error), WEIR_WOULD_BLOCK);
	atomic_store(&job->hold, 0);
	assert_int_equal(weir_input_room(input, 10, -1, &error), WEIR_OK);
	weir_input_end(input);
	assert_int_equal(weir_input_room(input, 1, -1, &error), WEIR_MISUSE);
	assert_non_null(strstr(weir_error_text(error), "ended"));
	weir_error_free(error);
	running_end(job, WEIR_OK);
	assert_int_equal(atomic_load(&job->rows), i);
	weir_input_free(input);
	weir_session_free(session);
	free(job);
}

/* A program that pushes faster than the job takes waits in push, and nothing is lost. */
static void blocks(void **state)
{
	struct weir_session *session = weir_session_new();
	struct running *job = calloc(1, sizeof *job);
	struct weir_input *input;
	int next = 0;

	run_ok(session, TABLE ", 'input.capacity' = '5')");
	input = open_ok(session, "t");
	running_start(job, session, "SELECT id FROM t");
	assert_int_equal(weir_input_wait(input, -1), WEIR_OK);
	for (int i = 0; i < 5000; i++) {
		if (i % 1000 == 7)
			atomic_store(&job->hold, 1);
		push_row(input, i, "x");
		if (i % 1000 == 9)
			atomic_store(&job->hold, 0);
		push_ok(input);
	}
	weir_input_end(input);
	running_end(job, WEIR_OK);
	for (const char *at = job->text; *at != '\0'; at = strchr(at, ';') + 1)
		assert_int_equal(strtol(at, NULL, 10), next++);
	assert_int_equal(next, 5000);
	weir_input_free(input);
	weir_session_free(session);
	free(job);
}

/* More rows at once than the queue holds. */
static void appends_many(void **state)
{
	struct weir_session *session = weir_session_new();
	struct running *job = calloc(1, sizeof *job);
	struct weir_input *input;

	run_ok(session, TABLE ", 'input.capacity' = '5000')");
	input = open_ok(session, "t");
	running_start(job, session, "SELECT COUNT(*), SUM(id) FROM t");
	assert_int_equal(weir_input_wait(input, 60000), WEIR_OK);
	for (int i = 0; i < 100000; i++)
		push_row(input, i, "x");
	push_ok(input);
	weir_input_end(input);
	running_end(job, WEIR_OK);
	assert_non_null(strstr(job->text, "100000,4999950000;"));
	weir_input_free(input);
	weir_session_free(session);
	free(job);
}

static void expect_mistake(struct weir_input *input, const char *text)
{
	struct weir_error *error = NULL;

	assert_int_equal(weir_input_push(input, 0, &error), WEIR_MISUSE);
	if (strstr(weir_error_text(error), text) == NULL)
		fail_msg("%s", weir_error_text(error));
	weir_error_free(error);
}

/* Rows with mistakes are dropped and told; those around them go. */
static void mistakes(void **state)
{
	struct weir_session *session = weir_session_new();
	struct running *job = calloc(1, sizeof *job);
	struct weir_error *error = NULL;
	struct weir_input *input;
	struct weir_appender *out;

	run_ok(session, "CREATE TABLE t (id INT NOT NULL, name STRING) "
			"WITH ('connector' = 'input')");
	input = open_ok(session, "t");
	out = weir_input_appender(input);
	push_row(input, 1, "a");
	weir_append_text(out, NULL);
	weir_append_text(out, "null");
	assert_false(weir_append_end(out));
	push_row(input, 2, "b");
	expect_mistake(input, "`id`");
	push_row(input, INT64_C(1) << 40, "large");
	expect_mistake(input, "so large an integer");
	weir_append_i64(out, 7);
	assert_false(weir_append_end(out));
	expect_mistake(input, "1 values for 2");
	weir_append_i64(out, 8);
	expect_mistake(input, "1 of its 2 values");
	weir_append_i64(out, 9);
	weir_append_bool(out, true);
	assert_false(weir_append_end(out));
	expect_mistake(input, "a boolean");
	assert_false(weir_append_end_kind(out, WEIR_DELETE));
	expect_mistake(input, "");
	push_row(input, 3, "c");
	push_ok(input);
	assert_int_equal(weir_input_watermark(input, 5, &error), WEIR_MISUSE);
	weir_error_free(error);
	weir_input_end(input);
	push_row(input, 4, "d");
	assert_int_equal(weir_input_push(input, 0, &error), WEIR_MISUSE);
	assert_non_null(strstr(weir_error_text(error), "was ended"));
	weir_error_free(error);
	running_start(job, session, "SELECT id, name FROM t");
	running_end(job, WEIR_OK);
	assert_string_equal(job->text, "1,a;2,b;3,c;");
	weir_input_free(input);
	weir_session_free(session);
	free(job);
}

static void expect_open(struct weir_session *session, const char *table, const char *text)
{
	struct weir_error *error = NULL;
	struct weir_input *input;

	assert_int_equal(weir_input_open(session, table, &input, &error), WEIR_ERROR_SCRIPT);
	assert_null(input);
	if (strstr(weir_error_text(error), text) == NULL)
		fail_msg("%s", weir_error_text(error));
	weir_error_free(error);
}

static void wrong_tables(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct weir_input *input;

	run_ok(session, TABLE "); CREATE VIEW v AS SELECT * FROM t;"
			      "CREATE TABLE p (a INT) WITH ('connector' = 'print');"
			      "CREATE TABLE u (a INT) WITH ('connector' = 'input', "
			      "'input.changelog' = 'upserts')");
	expect_open(session, "x", "no table or view 'x'");
	expect_open(session, "v", "which is a view");
	expect_open(session, "p", "connector 'print'");
	expect_open(session, "u", "PRIMARY KEY");
	assert_int_equal(weir_execute(session, "INSERT INTO t VALUES (1, 'a')", NULL, &error),
			 WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "only for reading"));
	weir_error_free(error);
	/* A handle may outlive its table and its session. */
	input = open_ok(session, "t");
	run_ok(session, "DROP VIEW v; DROP TABLE t");
	push_row(input, 1, "a");
	push_ok(input);
	weir_session_free(session);
	push_ok(input);
	weir_input_free(input);
}

#define WINDOWS                                                                                    \
	"CREATE TABLE w (id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()) "        \
	"WITH ('connector' = 'input')"
#define COUNTS                                                                                     \
	"SELECT window_start, COUNT(*), MIN(id) FROM "                                             \
	"TABLE(TUMBLE(TABLE w, DESCRIPTOR(ts), INTERVAL '1' SECOND)) "                             \
	"GROUP BY window_start, window_end"

static void push_at(struct weir_input *input, int64_t id, int64_t ms)
{
	struct weir_appender *out = weir_input_appender(input);

	weir_append_i64(out, id);
	weir_append_timestamp(out, ms, 0);
	weir_append_end(out);
}

static void mark_ok(struct weir_input *input, int64_t ms)
{
	assert_int_equal(weir_input_watermark(input, ms, NULL), WEIR_OK);
}

/* Windows fire by what the program says, whatever the rows' times; rows behind it are late. */
static void source_watermark(void **state)
{
	for (size_t v = 0; v < VARIANTS; v++) {
		struct weir_session *session = session_variant(v);
		struct running *job = calloc(1, sizeof *job);
		struct weir_input *input;

		run_ok(session, WINDOWS);
		input = open_ok(session, "w");
		running_start(job, session, COUNTS);
		push_at(input, 1, 100);
		push_at(input, 2, 5000); /* moves nothing */
		push_at(input, 3, 200);
		push_ok(input);
		mark_ok(input, 500);
		push_at(input, 4, 900);
		mark_ok(input, 999);
		push_ok(input);
		running_await(job, 1);
		assert_string_equal(job->text, "1970-01-01 00:00:00.000,3,1;");
		push_at(input, 5, 950); /* late */
		push_at(input, 6, 1000);
		mark_ok(input, 800); /* does not go back */
		push_ok(input);
		mark_ok(input, 4000);
		running_await(job, 2);
		push_at(input, 7, 1500); /* late */
		push_ok(input);
		weir_input_end(input);
		running_end(job, WEIR_OK);
		assert_string_equal(job->text, "1970-01-01 00:00:00.000,3,1;"
					       "1970-01-01 00:00:01.000,1,6;"
					       "1970-01-01 00:00:05.000,1,2;");
		assert_int_equal(weir_session_stats(session).rows_late, 2);
		weir_input_free(input);
		weir_session_free(session);
		free(job);
	}
}

/* Where the function cannot stand. */
static void source_watermark_elsewhere(void **state)
{
	static const struct {
		const char *sql, *text;
	} cases[] = {
	    {"CREATE TABLE a (ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()) WITH "
	     "('connector' = 'datagen'); SELECT * FROM a",
	     "connector 'datagen' knows none"},
	    {"CREATE TABLE b (ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK() - INTERVAL "
	     "'1' SECOND) WITH ('connector' = 'input')",
	     "SOURCE_WATERMARK()"},
	    {"SELECT SOURCE_WATERMARK()", "SOURCE_WATERMARK()"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct weir_session *session = weir_session_new();
		struct weir_error *error = NULL;

		assert_int_equal(weir_execute(session, cases[i].sql, NULL, &error),
				 WEIR_ERROR_SCRIPT);
		if (strstr(weir_error_text(error), cases[i].text) == NULL)
			fail_msg("%s", weir_error_text(error));
		weir_error_free(error);
		weir_session_free(session);
	}
}

/* Rows of all kinds. */
static void changelog(void **state)
{
	struct weir_session *session = weir_session_new();
	struct running *job = calloc(1, sizeof *job);
	struct weir_input *input;
	struct weir_appender *out;

	run_ok(session, TABLE ", 'input.changelog' = 'changes')");
	input = open_ok(session, "t");
	out = weir_input_appender(input);
	running_start(job, session, "SELECT name, SUM(id) FROM t GROUP BY name");
	push_row(input, 1, "a");
	push_row(input, 2, "a");
	push_ok(input);
	running_await(job, 1);
	weir_append_i64(out, 1);
	weir_append_text(out, "a");
	weir_append_end_kind(out, WEIR_DELETE);
	push_ok(input);
	weir_input_end(input);
	running_end(job, WEIR_OK);
	assert_non_null(strstr(job->text, "+U:a,2;"));
	weir_input_free(input);
	weir_session_free(session);
	free(job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_in_order),
	    cmocka_unit_test(would_block),
	    cmocka_unit_test(waits_so_long),
	    cmocka_unit_test(blocks),
	    cmocka_unit_test(appends_many),
	    cmocka_unit_test(mistakes),
	    cmocka_unit_test(wrong_tables),
	    cmocka_unit_test(source_watermark),
	    cmocka_unit_test(source_watermark_elsewhere),
	    cmocka_unit_test(changelog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
