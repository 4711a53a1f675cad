/* SPDX-License-Identifier: Apache-2.0
 *
 * api_source - sources that are callbacks of the program: order, positions through failures, being
 * woken, watermarks, mistakes.
 */
#include "ledger.h"

#define ROWS 3000

/* Gives 0, 1, 2 ... with a pause here and there. */
struct counter {
	int64_t next, end;
	int64_t fail_at; /* once; 0: never */
	uint32_t pauses; /* would-blocks said */
	uint32_t opens, closes, seeks;
	bool until_woken;   /* a pause lasts until it is woken */
	atomic_llong limit; /* no more rows for now; 0: all */
};

static int counter_open(void *user, void **self)
{
	struct counter *counter = *self;

	counter->opens++;
	counter->next = 0;
	return 0;
}

static enum weir_code counter_read(void *self, struct weir_appender *out, uint32_t max_rows,
				   int64_t *watermark_ms, int64_t *wait_ms)
{
	struct counter *counter = self;
	int64_t limit = atomic_load(&counter->limit);
	uint32_t rows = 0;

	assert_int_equal(*wait_ms, 10);
	if (counter->fail_at != 0 && counter->next >= counter->fail_at) {
		counter->fail_at = 0;
		return WEIR_ERROR_JOB;
	}
	if (limit != 0 && counter->next >= limit) {
		*wait_ms = 3600000;
		return WEIR_WOULD_BLOCK;
	}
	if (counter->pauses < counter->next / 100) {
		counter->pauses++;
		*wait_ms = 1;
		return WEIR_WOULD_BLOCK;
	}
	for (; rows < max_rows && rows < 50 && counter->next < counter->end; rows++) {
		weir_append_i64(out, counter->next++);
		weir_append_end(out);
	}
	return counter->next < counter->end ? WEIR_OK : WEIR_END;
}

static int counter_position(void *self, struct weir_bytes_out *out)
{
	weir_put(out, &((struct counter *)self)->next, sizeof(int64_t));
	return 0;
}

static int counter_seek(void *self, const char *bytes, size_t len)
{
	struct counter *counter = self;

	assert_int_equal(len, sizeof(int64_t));
	memcpy(&counter->next, bytes, len);
	counter->seeks++;
	return 0;
}

static void counter_close(void *self)
{
	((struct counter *)self)->closes++;
}

static const char *counter_why(void *self)
{
	return "the counter is stuck";
}

static struct weir_source counter_source(struct counter *counter)
{
	return (struct weir_source){.size = sizeof(struct weir_source),
				    .name = "counter",
				    .columns = "id BIGINT NOT NULL",
				    .user = counter,
				    .open = counter_open,
				    .read = counter_read,
				    .position = counter_position,
				    .seek = counter_seek,
				    .close = counter_close,
				    .why = counter_why};
}

static struct weir_flow *flow_of(struct weir_session *session, const struct weir_source *source,
				 const struct weir_sink *sink)
{
	struct weir_flow *flow = weir_flow_new(session, "counting");

	weir_sink_to(weir_from_source(flow, source), sink);
	return flow;
}

static void run_flow_ok(struct weir_flow *flow)
{
	struct weir_error *error = NULL;

	if (weir_flow_run(flow, NULL, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
}

/* In order, to the end, whatever the batches, the workers and the restores in between. */
static void in_order(void **state)
{
	for (size_t v = 0; v <= VARIANTS; v++) {
		struct weir_session *session = session_variant(v);
		struct counter counter = {.end = ROWS};
		struct ledger *ledger = ledger_new(true);
		struct weir_source source = counter_source(&counter);
		struct weir_sink sink = ledger_sink(ledger);
		struct weir_flow *flow = flow_of(session, &source, &sink);

		run_flow_ok(flow);
		ledger_expect(ledger, ROWS);
		assert_int_equal(counter.opens, counter.closes);
		weir_flow_free(flow);
		weir_session_free(session);
		ledger_free(ledger);
	}
}

/* A read that fails: the job begins again where its checkpoint was; the result is that of a run
 * without a failure. */
static void restored(void **state)
{
	char folder[] = "/tmp/weir-source-XXXXXX";
	struct counter counter = {.end = ROWS, .fail_at = 1700};
	struct ledger *ledger = ledger_new(true);
	struct weir_source source = counter_source(&counter);
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_session *session;
	struct weir_flow *flow;

	assert_non_null(mkdtemp(folder));
	session = session_kept(folder, "5 ms");
	flow = flow_of(session, &source, &sink);
	run_flow_ok(flow);
	ledger_expect(ledger, ROWS);
	assert_int_equal(counter.fail_at, 0);
	assert_true(counter.opens >= 2);
	weir_flow_free(flow);
	weir_session_free(session);
	ledger_free(ledger);
	remove_folder(folder);
}

/* Why it failed is told. */
static void failures(void **state)
{
	struct weir_session *session = weir_session_new();
	struct counter counter = {.end = ROWS, .fail_at = 10};
	struct ledger *ledger = ledger_new(true);
	struct weir_source source = counter_source(&counter);
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_flow *flow = flow_of(session, &source, &sink);
	struct weir_error *error = NULL;

	weir_set_option(session, "restart-strategy.type", "none", NULL);
	assert_int_equal(weir_flow_run(flow, NULL, &error), WEIR_ERROR_JOB);
	assert_non_null(strstr(weir_error_text(error),
			       "Source 'counter' failed in `read`: the counter is stuck"));
	weir_error_free(error);
	assert_int_equal(ledger->good, 0);
	assert_int_equal(counter.opens, 1);
	assert_int_equal(counter.closes, 1);
	weir_flow_free(flow);
	weir_session_free(session);
	ledger_free(ledger);
}

/* A source that has nothing for an hour is read again when it is woken. */
static void woken(void **state)
{
	struct weir_session *session = weir_session_new();
	struct counter counter = {.end = ROWS};
	struct ledger *ledger = ledger_new(true);
	struct weir_source source = counter_source(&counter);
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_flow *flow = flow_of(session, &source, &sink);
	struct weir_error *error = NULL;
	struct weir_job *job = NULL;

	atomic_store(&counter.limit, 50);
	assert_int_equal(weir_flow_submit(flow, 0, NULL, &job, &error), WEIR_OK);
	for (int64_t limit = 50; limit < ROWS; limit += 50) {
		for (int i = 0; i < 300000 && atomic_load(&ledger->seen) < limit; i++)
			usleep(100);
		assert_int_equal(atomic_load(&ledger->seen), limit);
		atomic_store(&counter.limit, limit + 50);
		weir_source_wake(flow, "counter");
	}
	atomic_store(&counter.limit, 0);
	weir_source_wake(flow, "counter");
	assert_int_equal(weir_job_wait(job, 60000, &error), WEIR_OK);
	ledger_expect(ledger, ROWS);
	weir_job_free(job);
	weir_flow_free(flow);
	weir_session_free(session);
	ledger_free(ledger);
}

/* Rows of the second i in read i, and then the watermark that ends it. */
static enum weir_code read_seconds(void *self, struct weir_appender *out, uint32_t max_rows,
				   int64_t *watermark_ms, int64_t *wait_ms)
{
	struct counter *counter = self;
	int64_t i = counter->next++;

	if (i % 2 == 1) { /* a watermark alone */
		*watermark_ms = i / 2 * 1000 + 999;
		return WEIR_WOULD_BLOCK;
	}
	for (int64_t ms = 900; ms >= 0; ms -= 300) {
		weir_append_i64(out, i / 2);
		weir_append_timestamp(out, i / 2 * 1000 + ms, 0);
		weir_append_end(out);
	}
	return i < 18 ? WEIR_OK : WEIR_END;
}

/* The watermark is what read says: rows within it come in any order. */
static void source_watermark(void **state)
{
	for (size_t v = 0; v < 4; v++) {
		struct weir_session *session = session_variant(v);
		struct counter counter = {0};
		struct ledger *ledger = ledger_new(false);
		struct weir_source source = {
		    .size = sizeof source,
		    .name = "seconds",
		    .columns = "n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS SOURCE_WATERMARK()",
		    .user = &counter,
		    .read = read_seconds};
		struct weir_sink sink = ledger_sink(ledger);
		struct weir_flow *flow = weir_flow_new(session, "seconds");

		assert_int_equal(weir_to_table(weir_from_source(flow, &source), "s", NULL),
				 WEIR_OK);
		weir_sink_to(weir_from_sql(flow, "SELECT MAX(n) * COUNT(*) / 4 AS id FROM "
						 "TABLE(TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL "
						 "'1' SECOND)) GROUP BY window_start, window_end"),
			     &sink);
		run_flow_ok(flow);
		ledger_expect(ledger, 10);
		assert_int_equal(weir_session_stats(session).rows_late, 0);
		weir_flow_free(flow);
		weir_session_free(session);
		ledger_free(ledger);
	}
}

static enum weir_code read_wrong(void *self, struct weir_appender *out, uint32_t max_rows,
				 int64_t *watermark_ms, int64_t *wait_ms)
{
	weir_append_null(out);
	weir_append_end(out);
	return WEIR_OK;
}

static void expect_failed(const struct weir_source *source, enum weir_code code, const char *text)
{
	struct weir_session *session = weir_session_new();
	struct ledger *ledger = ledger_new(true);
	struct weir_sink sink = ledger_sink(ledger);
	struct weir_flow *flow = flow_of(session, source, &sink);
	struct weir_error *error = NULL;

	assert_int_equal(weir_flow_run(flow, NULL, &error), code);
	if (strstr(weir_error_text(error), text) == NULL)
		fail_msg("%s", weir_error_text(error));
	weir_error_free(error);
	weir_flow_free(flow);
	weir_session_free(session);
	ledger_free(ledger);
}

static void wrong_sources(void **state)
{
	struct counter counter = {.end = 10};
	struct weir_source source = counter_source(&counter);

	source.size = 0;
	expect_failed(&source, WEIR_ERROR_SCRIPT, "size");
	source = counter_source(&counter);
	source.read = NULL;
	expect_failed(&source, WEIR_ERROR_SCRIPT, "no `read`");
	source = counter_source(&counter);
	source.seek = NULL;
	expect_failed(&source, WEIR_ERROR_SCRIPT, "both or none");
	source = counter_source(&counter);
	source.columns = "id BIGINT, WATERMARK FOR x AS x";
	expect_failed(&source, WEIR_ERROR_SCRIPT, "The columns of source 'counter'");
	source.columns = "id BIGINT) WITH ('connector' = 'datagen'";
	expect_failed(&source, WEIR_ERROR_SCRIPT, "The columns of source 'counter'");
	source = counter_source(&counter);
	source.read = read_wrong;
	expect_failed(&source, WEIR_ERROR_JOB, "Column `id`");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_order),         cmocka_unit_test(restored),
	    cmocka_unit_test(failures),         cmocka_unit_test(woken),
	    cmocka_unit_test(source_watermark), cmocka_unit_test(wrong_sources),
	};

	if (getenv("ONLY") != NULL)
		cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
