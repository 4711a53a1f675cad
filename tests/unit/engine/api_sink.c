/* SPDX-License-Identifier: Apache-2.0
 *
 * api_sink - sinks that are callbacks of the program: order, exactly once through failures, what
 * they may not do; with rows that the program pushes.
 */
#include "ledger.h"

#define ROWS 3000

static void push_id(struct weir_input *input, int64_t id)
{
	weir_append_i64(weir_input_appender(input), id);
	weir_append_end(weir_input_appender(input));
}

static void push_ok(struct weir_input *input)
{
	struct weir_error *error = NULL;

	if (weir_input_push(input, WEIR_INPUT_WAIT, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
}

static struct weir_flow *flow_to(struct weir_session *session, const char *query,
				 const struct weir_sink *sink)
{
	struct weir_flow *flow = weir_flow_new(session, "ledger");

	weir_sink_to(weir_from_sql(flow, query), sink);
	return flow;
}

static struct weir_job *submit_ok(struct weir_flow *flow)
{
	struct weir_error *error = NULL;
	struct weir_job *job = NULL;

	if (weir_flow_submit(flow, 0, NULL, &job, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	return job;
}

/* Without checkpoints; on the stage's thread and on one of its own. */
static void in_order(void **state)
{
	for (size_t v = 0; v < 2 * VARIANTS; v++) {
		struct weir_session *session = session_variant(v % VARIANTS);
		struct ledger *ledger = ledger_new(v % 2 == 0);
		struct weir_sink sink = ledger_sink(ledger);
		struct weir_input *input;
		struct weir_flow *flow;
		struct weir_job *job;

		sink.waits = v >= VARIANTS;
		run_ok(session, "CREATE TABLE t (id BIGINT) WITH ('connector' = 'input')");
		input = open_ok(session, "t");
		flow = flow_to(session, "SELECT id FROM t WHERE id >= 0", &sink);
		job = submit_ok(flow);
		for (int i = 0; i < ROWS; i++) {
			push_id(input, i);
			push_id(input, -1);
			if (i % 100 == 0)
				push_ok(input);
		}
		weir_input_end(input);
		wait_ok(job);
		ledger_expect(ledger, ROWS);
		assert_int_equal(ledger->good, 1);
		assert_true(ledger->flushes > 0);
		weir_input_free(input);
		weir_flow_free(flow);
		weir_session_free(session);
		ledger_free(ledger);
	}
}

/* The job fails in write and in commit, and begins again from its checkpoint by itself: rows that
 * the program has pushed come again, and each is visible once. */
static void exactly_once(void **state)
{
	for (int v = 0; v < 4; v++) {
		char folder[] = "/tmp/weir-sink-XXXXXX";
		struct ledger *ledger = ledger_new(true);
		struct weir_sink sink = ledger_sink(ledger);
		struct weir_session *session;
		struct weir_input *input;
		struct weir_flow *flow;
		struct weir_job *job;

		assert_non_null(mkdtemp(folder));
		session = session_kept(folder, "10 ms");
		sink.waits = v % 2 == 1;
		if (v >= 2)
			weir_set_option(session, "weir.batch.max-rows", "3", NULL);
		run_ok(session, "CREATE TABLE t (id BIGINT) WITH ('connector' = 'input', "
				"'input.capacity' = '500')");
		input = open_ok(session, "t");
		flow = flow_to(session, "SELECT id FROM t", &sink);
		job = submit_ok(flow);
		for (int i = 0; i < ROWS; i++) {
			push_id(input, i);
			push_ok(input);
			if (i == 400 || i == 1500) {
				pthread_mutex_lock(&ledger->lock);
				ledger->fail_write_at = i + 50;
				pthread_mutex_unlock(&ledger->lock);
			}
			if (i == 1000) {
				pthread_mutex_lock(&ledger->lock);
				ledger->fail_commits = 1;
				pthread_mutex_unlock(&ledger->lock);
			}
			if (i % 200 == 0)
				usleep(5000);
		}
		weir_input_end(input);
		wait_ok(job);
		ledger_expect(ledger, ROWS);
		assert_true(ledger->restores >= 2);
		assert_int_equal(ledger->fail_write_at, 0);
		assert_int_equal(ledger->fail_commits, 0);
		weir_input_free(input);
		weir_flow_free(flow);
		weir_session_free(session);
		ledger_free(ledger);
		remove_folder(folder);
	}
}

/* One life of a program: pushes from where its checkpoint says up to `to`; then the ledger fails
 * and the job with it, or all ends well. Where it began. */
static uint64_t live(const char *folder, struct ledger *ledger, uint64_t to, bool last)
{
	struct weir_session *session = session_kept(folder, "10 ms");
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_error *error = NULL;
	struct weir_input *input;
	struct weir_flow *flow;
	struct weir_job *job;
	uint64_t begin;

	weir_set_option(session, "restart-strategy.type", "none", NULL);
	weir_set_option(session, "execution.state-recovery.path", "latest", NULL);
	run_ok(session, "CREATE TABLE t (id BIGINT) WITH ('connector' = 'input')");
	input = open_ok(session, "t");
	flow = flow_to(session, "SELECT id FROM t", &sink);
	job = submit_ok(flow);
	assert_int_equal(weir_input_wait(input, 60000), WEIR_OK);
	begin = weir_input_restored(input);
	assert_int_equal(weir_input_confirmed(input), begin);
	for (uint64_t i = begin; i < to; i++) {
		push_id(input, (int64_t)i);
		push_ok(input);
	}
	for (int i = 0; i < 60000 && weir_input_confirmed(input) < to; i++)
		usleep(1000);
	assert_int_equal(weir_input_confirmed(input), to);
	if (last) {
		weir_input_end(input);
		wait_ok(job);
	} else { /* what comes now is lost with this life */
		pthread_mutex_lock(&ledger->lock);
		ledger->fail_write_at = ledger->count + 7;
		pthread_mutex_unlock(&ledger->lock);
		for (int i = 0; i < 20; i++)
			push_id(input, -i);
		push_ok(input);
		assert_int_equal(weir_job_wait(job, 60000, &error), WEIR_ERROR_JOB);
		assert_non_null(strstr(weir_error_text(error),
				       "Sink 'ledger' failed in `write`: the ledger is closed"));
		weir_error_free(error);
		weir_job_free(job);
	}
	weir_input_free(input);
	weir_flow_free(flow);
	weir_session_free(session);
	return begin;
}

/* A program that is ended and begun again goes on behind its checkpoint. */
static void restored(void **state)
{
	char folder[] = "/tmp/weir-sink-XXXXXX";
	struct ledger *ledger = ledger_new(true);

	assert_non_null(mkdtemp(folder));
	assert_int_equal(live(folder, ledger, 300, false), 0);
	assert_int_equal(live(folder, ledger, 700, false), 300);
	assert_int_equal(live(folder, ledger, 1000, true), 700);
	ledger_expect(ledger, 1000);
	ledger_free(ledger);
	remove_folder(folder);
}

/* Rows stay in the queue until a checkpoint covers them; one that is full of them asks for one. */
static void full_until_checkpoint(void **state)
{
	char folder[] = "/tmp/weir-sink-XXXXXX";
	struct ledger *ledger = ledger_new(true);
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_session *session;
	struct weir_input *input;
	struct weir_flow *flow;
	struct weir_job *job;

	assert_non_null(mkdtemp(folder));
	session = session_kept(folder, "10 min");
	run_ok(session, "CREATE TABLE t (id BIGINT) WITH ('connector' = 'input', "
			"'input.capacity' = '50')");
	input = open_ok(session, "t");
	flow = flow_to(session, "SELECT id FROM t", &sink);
	job = submit_ok(flow);
	for (int i = 0; i < 200; i++) {
		push_id(input, i);
		push_ok(input);
	}
	assert_true(weir_input_confirmed(input) >= 150);
	assert_int_equal(weir_input_restored(input), 0);
	weir_input_end(input);
	wait_ok(job);
	ledger_expect(ledger, 200);
	weir_input_free(input);
	weir_flow_free(flow);
	weir_session_free(session);
	ledger_free(ledger);
	remove_folder(folder);
}

static int take_changes(void *self, const struct weir_batch *batch)
{
	char *text = self;

	for (uint32_t i = 0; i < weir_batch_rows(batch); i++)
		snprintf(text + strlen(text), 64, "%d:%s;", (int)weir_batch_kind(batch, i),
			 weir_get_text(weir_batch_row(batch, i), 0));
	return 0;
}

/* Rows of all kinds, as they come. */
static void changes(void **state)
{
	char text[256] = "";
	struct weir_session *session = weir_session_new();
	struct weir_sink sink = {.size = sizeof sink,
				 .name = "changes",
				 .user = text,
				 .write = take_changes,
				 .accepts_changes = true};
	struct weir_input *input;
	struct weir_flow *flow;
	struct weir_error *error = NULL;
	struct weir_job *job = NULL;

	run_ok(session, "CREATE TABLE t (id BIGINT) WITH ('connector' = 'input')");
	input = open_ok(session, "t");
	flow = flow_to(session, "SELECT SUM(id) FROM t", &sink);
	assert_int_equal(weir_flow_submit(flow, WEIR_JOB_INLINE, NULL, &job, &error), WEIR_OK);
	for (int i = 1; i <= 3; i++) {
		push_id(input, i);
		push_ok(input);
		assert_int_equal(weir_job_poll(job, &error), WEIR_OK);
	}
	assert_string_equal(text, "0:1;1:1;2:3;1:3;2:6;");
	weir_job_free(job);
	weir_input_free(input);
	weir_flow_free(flow);
	weir_session_free(session);
}

static void expect_refused(struct weir_sink *sink, const char *text)
{
	struct weir_session *session = weir_session_new();
	struct weir_flow *flow = flow_to(session, "SELECT 1 AS id", sink);
	struct weir_error *error = NULL;

	assert_int_equal(weir_flow_check(flow, &error), WEIR_ERROR_SCRIPT);
	if (strstr(weir_error_text(error), text) == NULL)
		fail_msg("%s", weir_error_text(error));
	weir_error_free(error);
	weir_flow_free(flow);
	weir_session_free(session);
}

static void wrong_sinks(void **state)
{
	struct ledger *ledger = ledger_new(true);
	struct weir_sink sink = ledger_sink(ledger);

	sink.size = 0;
	expect_refused(&sink, "size");
	sink = ledger_sink(ledger);
	sink.name = NULL;
	expect_refused(&sink, "no name");
	sink = ledger_sink(ledger);
	sink.write = NULL;
	expect_refused(&sink, "no `write`");
	sink = ledger_sink(ledger);
	sink.commit = NULL;
	expect_refused(&sink, "all three or none");
	ledger_free(ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_order), cmocka_unit_test(exactly_once),
	    cmocka_unit_test(restored), cmocka_unit_test(full_until_checkpoint),
	    cmocka_unit_test(changes),  cmocka_unit_test(wrong_sinks),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
