/* SPDX-License-Identifier: Apache-2.0
 *
 * api_input_jobs - tables whose rows the program pushes, with several jobs, jobs on the caller's
 * thread, checkpoints and restores, and record batches of Arrow.
 */
#include "embedded.h"

#define TABLE "CREATE TABLE t (id BIGINT, name STRING) WITH ('connector' = 'input'"

static void push_row(struct weir_input *input, int64_t id)
{
	struct weir_appender *out = weir_input_appender(input);

	weir_append_i64(out, id);
	weir_append_text(out, "some text that takes bytes of its own");
	weir_append_end(out);
}

static void push_ok(struct weir_input *input)
{
	struct weir_error *error = NULL;

	if (weir_input_push(input, WEIR_INPUT_WAIT, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
}

/* A job that keeps what it gives. */
static struct weir_job *submit(struct running *self, struct weir_session *session, const char *sql,
			       uint32_t flags)
{
	struct weir_handler handler = {.size = sizeof handler, .row = running_row, .user = self};
	struct weir_error *error = NULL;
	struct weir_job *job;

	self->text[0] = '\0';
	atomic_store(&self->rows, 0);
	if (weir_submit(session, sql, flags, &handler, &job, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	return job;
}

/* The last row of a text. */
static const char *last_row(const struct running *self)
{
	const char *end = self->text + strlen(self->text), *at = end - 1;

	while (at > self->text && at[-1] != ';')
		at--;
	return at;
}

/* Two jobs read one table, each at its own pace; the second one from its start on. */
static void two_jobs(void **state)
{
	struct weir_session *session = weir_session_new();
	struct running *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
	struct weir_input *input;
	struct weir_job *first, *second;
	uint32_t zeros = 0;
	int next = 0;

	run_ok(session, TABLE ", 'input.capacity' = '8')");
	input = open_ok(session, "t");
	first = submit(a, session, "SELECT id FROM t", 0);
	push_row(input, -1);
	push_ok(input);
	running_await(a, 1);
	second = submit(b, session, "SELECT id FROM t WHERE id >= 0", 0);
	for (; atomic_load(&b->rows) == 0; zeros++) { /* until it reads */
		push_row(input, 0);
		push_ok(input);
		usleep(1000);
	}
	atomic_store(&b->hold, 1);
	for (int i = 1; i < 6; i++) {
		push_row(input, i);
		push_ok(input);
	}
	running_await(a, 1 + zeros + 5);
	atomic_store(&b->hold, 0);
	for (int i = 6; i < 1000; i++) {
		push_row(input, i);
		push_ok(input);
	}
	weir_input_end(input);
	wait_ok(first);
	wait_ok(second);
	for (const char *at = b->text; *at != '\0'; at = strchr(at, ';') + 1) {
		int id = (int)strtol(at, NULL, 10);

		assert_true(id == next || (id == 0 && next <= 1));
		next = id + 1;
	}
	assert_int_equal(next, 1000);
	assert_non_null(strstr(b->text, "0;1;2;3;"));
	assert_non_null(strstr(a->text, strstr(b->text, "1;2;3;")));
	weir_input_free(input);
	weir_session_free(session);
	free(a);
	free(b);
}

/* A job on this thread: what was pushed is there after a poll. */
static void inline_job(void **state)
{
	struct weir_session *session = weir_session_new();
	struct running *self = calloc(1, sizeof *self);
	struct weir_error *error = NULL;
	struct weir_input *input;
	struct weir_job *job;

	run_ok(session, TABLE ", 'input.capacity' = '4')");
	input = open_ok(session, "t");
	job = submit(self, session, "SELECT id * 2 FROM t", WEIR_JOB_INLINE);
	assert_int_equal(weir_job_poll(job, &error), WEIR_OK);
	for (int i = 0; i < 100; i++) {
		push_row(input, i);
		assert_int_equal(weir_input_push(input, WEIR_INPUT_NO_WAIT, &error), WEIR_OK);
		assert_int_equal(weir_job_poll(job, &error), WEIR_OK);
		assert_int_equal(atomic_load(&self->rows), i + 1);
	}
	assert_string_equal(last_row(self), "198;");
	for (int i = 0; i < 4; i++)
		push_row(input, i);
	assert_int_equal(weir_input_push(input, WEIR_INPUT_NO_WAIT, &error), WEIR_OK);
	push_row(input, 4);
	assert_int_equal(weir_input_push(input, WEIR_INPUT_NO_WAIT, &error), WEIR_WOULD_BLOCK);
	assert_int_equal(weir_job_poll(job, &error), WEIR_OK);
	assert_int_equal(weir_input_push(input, WEIR_INPUT_NO_WAIT, &error), WEIR_OK);
	weir_input_end(input);
	while (weir_job_poll(job, &error) == WEIR_OK)
		;
	assert_null(error);
	assert_int_equal(atomic_load(&self->rows), 105);
	weir_job_free(job);
	weir_input_free(input);
	weir_session_free(session);
	free(self);
}

/* A job that goes on from its own checkpoints all the time gets the rows again that came behind
 * them; watermarks too. */
static void restarts(void **state)
{
	static const char *const options[][4] = {
	    {"weir.test.restore-every=1", NULL},
	    {"weir.test.restore-every=3", "parallelism.default=5", "weir.batch.max-rows=2", NULL},
	};

	for (size_t v = 0; v < sizeof options / sizeof options[0]; v++) {
		struct weir_session *session = session_with(options[v]);
		struct running *self = calloc(1, sizeof *self);
		struct weir_input *input;
		struct weir_appender *out;
		struct weir_job *job;

		run_ok(session, "CREATE TABLE w (id INT, ts TIMESTAMP(3), "
				"WATERMARK FOR ts AS SOURCE_WATERMARK()) "
				"WITH ('connector' = 'input', 'input.capacity' = '20')");
		input = open_ok(session, "w");
		out = weir_input_appender(input);
		job = submit(self, session,
			     "SELECT window_start, COUNT(*), SUM(id) FROM TABLE(TUMBLE(TABLE w, "
			     "DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, "
			     "window_end",
			     0);
		for (int i = 0; i < 100; i++) {
			weir_append_i64(out, i);
			weir_append_timestamp(out, i * 100, 0);
			weir_append_end(out);
			push_ok(input);
			assert_int_equal(weir_input_watermark(input, i * 100 - 500, NULL), WEIR_OK);
			if (i % 7 == 0)
				usleep(2000);
		}
		weir_input_end(input);
		wait_ok(job);
		for (int i = 0; i < 10; i++) {
			char want[64];

			snprintf(want, sizeof want, "1970-01-01 00:00:%02d.000,10,%d;", i,
				 i * 100 + 45);
			assert_non_null(strstr(self->text, want));
		}
		weir_input_free(input);
		weir_session_free(session);
		free(self);
	}
}

struct transfer {
	struct weir_input *input;
	uint32_t batches;
	bool blocked; /* some would have */
};

/* Hands a batch over, with and without waiting. */
static int transfer_batch(void *user, const struct weir_batch *batch)
{
	struct transfer *self = user;
	struct weir_error *error = NULL;
	struct ArrowSchema schema;
	struct ArrowArray array;
	enum weir_code code;

	assert_int_equal(weir_batch_arrow(batch, &array, &error), WEIR_OK);
	assert_int_equal(weir_result_arrow(weir_batch_result(batch), &schema, &error), WEIR_OK);
	do {
		code = weir_input_push_arrow(self->input, &array, &schema,
					     self->batches % 2 ? WEIR_INPUT_NO_WAIT : 0, &error);
		if (code == WEIR_WOULD_BLOCK) {
			assert_non_null(array.release);
			self->blocked = true;
			usleep(100);
		}
	} while (code == WEIR_WOULD_BLOCK);
	if (code != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	assert_null(array.release);
	schema.release(&schema);
	self->batches++;
	return 0;
}

/* The rows of a query, as Arrow's record batches, into a table of another session. */
static void arrow(void **state)
{
	struct weir_session *session = weir_session_new(), *other = weir_session_new();
	struct running *self = calloc(1, sizeof *self);
	struct transfer transfer = {0};
	struct weir_handler handler = {
	    .size = sizeof handler, .batch = transfer_batch, .user = &transfer};
	struct weir_job *job;

	run_ok(session, "CREATE TABLE t (name STRING, l ARRAY<INT>, id BIGINT, d DECIMAL(10, 2)) "
			"WITH ('connector' = 'input', 'input.capacity' = '5000')");
	transfer.input = open_ok(session, "t");
	job = submit(self, session,
		     "SELECT COUNT(*), SUM(id), COUNT(name), COUNT(d), SUM(l[1]) "
		     "FROM t",
		     0);
	run_ok(other, "CREATE TABLE g (id BIGINT) WITH ('connector' = 'datagen', "
		      "'number-of-rows' = '20000', 'rows-per-second' = '100000000', "
		      "'fields.id.kind' = 'sequence', 'fields.id.start' = '1', "
		      "'fields.id.end' = '20000')");
	assert_int_equal(weir_execute(other,
				      "SELECT id, CAST(id AS DECIMAL(10, 2)) AS d, ARRAY[3, 4] AS "
				      "l, 'a longer name than twelve' AS name FROM g",
				      &handler, NULL),
			 WEIR_OK);
	weir_input_end(transfer.input);
	wait_ok(job);
	assert_string_equal(last_row(self), "+U:20000,200010000,20000,20000,60000;");
	assert_true(transfer.batches > 1);
	weir_input_free(transfer.input);
	weir_session_free(session);
	weir_session_free(other);
	free(self);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_jobs),
	    cmocka_unit_test(inline_job),
	    cmocka_unit_test(restarts),
	    cmocka_unit_test(arrow),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
