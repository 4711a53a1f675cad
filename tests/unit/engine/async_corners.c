/* SPDX-License-Identifier: Apache-2.0
 *
 * async_corners - asynchronous functions whose requests end in odd ways: in other threads, again
 * after they have timed out, never, and after their job was cancelled and freed.
 */
#include "flow.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "weir/testing.h"

#define ROWS 200

static int64_t get(const struct weir_row *row, uint32_t column)
{
	int64_t value = 0;

	(void)weir_get_i64(row, column, &value);
	return value;
}

/* What was asked and has no answer yet; any thread. */
struct desk {
	pthread_mutex_t lock;
	struct weir_request *request[16 * ROWS];
	int64_t v[16 * ROWS];
	uint32_t count, next;
	atomic_bool stop;
};

static int ask(void *user, struct weir_request *request, const struct weir_row *row)
{
	struct desk *desk = user;

	pthread_mutex_lock(&desk->lock);
	assert_true(desk->count < 16 * ROWS);
	desk->v[desk->count] = get(row, 0);
	desk->request[desk->count++] = request;
	pthread_mutex_unlock(&desk->lock);
	return 0;
}

static int say_why(void *user, const struct weir_row *row, const char *why,
		   struct weir_appender *out)
{
	weir_append_value(out, row, 0);
	weir_append_text(out, why);
	return weir_append_end(out) ? 0 : -1;
}

/* Ends a request; false: all have been. */
static bool answer(struct desk *desk, const char *text)
{
	struct weir_request *request = NULL;
	int64_t v = 0;

	pthread_mutex_lock(&desk->lock);
	if (desk->next < desk->count) {
		v = desk->v[desk->next];
		request = desk->request[desk->next++];
	}
	pthread_mutex_unlock(&desk->lock);
	if (request == NULL)
		return false;
	weir_append_i64(weir_request_output(request), v);
	weir_append_text(weir_request_output(request), text);
	weir_append_end(weir_request_output(request));
	weir_request_done(request);
	return true;
}

static struct weir_async asking(struct desk *desk)
{
	return (struct weir_async){.size = sizeof(struct weir_async),
				   .name = "ask",
				   .columns = "v BIGINT, text STRING",
				   .start = ask,
				   .user = desk};
}

static struct weir_harness *harness_of(struct weir_async async)
{
	struct weir_harness *harness = weir_harness_new();
	struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "asking");
	struct weir_stream *in = weir_harness_input(harness, flow, "in", "v BIGINT");

	weir_harness_output(harness, "out", weir_async(in, &async));
	weir_harness_start(harness, flow);
	assert_null(weir_harness_error(harness));
	return harness;
}

/* Never answered: the timeout ends it; the answer that comes then has no effect, though it gives
 * the request back. */
static void never_and_late(void **state)
{
	struct desk desk = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct weir_async async = asking(&desk);
	struct weir_harness *harness;
	struct weir_appender *in;

	async.timeout_ms = 1000;
	async.fallback = say_why;
	harness = harness_of(async);
	in = weir_harness_appender(harness, "in");
	for (int64_t v = 1; v <= 2; v++) {
		weir_append_i64(in, v);
		weir_append_end(in);
	}
	weir_harness_advance(harness, 999);
	weir_harness_expect(harness, "out", "");
	weir_harness_advance(harness, 2);
	weir_harness_expect(harness, "out",
			    "+I|1|no answer within 1000 ms\n"
			    "+I|2|no answer within 1000 ms\n");
	assert_true(answer(&desk, "late"));
	weir_harness_push(harness, "in", "3");
	weir_harness_expect(harness, "out", "");
	weir_harness_end(harness, "in");
	weir_harness_advance(harness, 1001);
	weir_harness_expect(harness, "out", "+I|3|no answer within 1000 ms\n");
	if (weir_harness_error(harness) != NULL)
		fail_msg("%s", weir_harness_error(harness));
	weir_harness_free(harness);
	while (answer(&desk, "later still")) /* behind the job, the flow and the session */
		;
}

/* Attempts after a timeout: the answer of the first one does not stand for the second. */
static void late_answer_of_an_attempt(void **state)
{
	struct desk desk = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct weir_async async = asking(&desk);
	struct weir_harness *harness;

	async.timeout_ms = 1000;
	async.attempts = 2;
	async.fallback = say_why;
	harness = harness_of(async);
	weir_harness_push(harness, "in", "1");
	weir_harness_advance(harness, 1001);
	weir_harness_advance(harness, 1);
	assert_int_equal(desk.count, 2);
	assert_true(answer(&desk, "the first"));
	weir_harness_advance(harness, 1);
	weir_harness_expect(harness, "out", "");
	assert_true(answer(&desk, "the second"));
	weir_harness_advance(harness, 1);
	weir_harness_expect(harness, "out", "+I|1|the second\n");
	if (weir_harness_error(harness) != NULL)
		fail_msg("%s", weir_harness_error(harness));
	weir_harness_free(harness);
}

/* --- threads -------------------------------------------------------------------------------- */

static void *answer_main(void *argument)
{
	struct desk *desk = argument;

	while (!atomic_load(&desk->stop))
		if (!answer(desk, "yes"))
			usleep(100);
	while (answer(desk, "behind the end"))
		;
	return NULL;
}

#define NUMBERS                                                                                    \
	"CREATE TABLE numbers (a BIGINT) WITH ('connector' = 'datagen', 'fields.a.kind' = "        \
	"'sequence', 'fields.a.start' = '1', 'fields.a.end' = '200');"                             \
	"CREATE TABLE nowhere (a BIGINT, b STRING) WITH ('connector' = 'blackhole');"

/* Several threads of the program answer while the job is cancelled and freed. */
static void freed_while_answers_come(void **state)
{
	for (int round = 0; round < 20; round++) {
		struct desk *desk = calloc(1, sizeof *desk);
		struct weir_session *session = weir_session_new();
		struct weir_async async = asking(desk);
		struct weir_flow *flow = weir_flow_new(session, "asking");
		struct weir_job *job = NULL;
		pthread_t thread[3];

		pthread_mutex_init(&desk->lock, NULL);
		async.unordered = round % 2 == 0;
		async.timeout_ms = round % 4 < 2 ? 1 : 0;
		async.fallback = say_why;
		assert_int_equal(weir_execute(session, NUMBERS, NULL, NULL), WEIR_OK);
		weir_insert_into(weir_async(weir_from_sql(flow, "TABLE numbers"), &async),
				 "nowhere");
		assert_int_equal(weir_flow_submit(flow, 0, NULL, &job, NULL), WEIR_OK);
		for (int i = 0; i < 3; i++)
			assert_int_equal(pthread_create(&thread[i], NULL, answer_main, desk), 0);
		usleep(200 * round);
		weir_job_free(job);
		weir_flow_free(flow);
		weir_session_free(session);
		atomic_store(&desk->stop, true);
		for (int i = 0; i < 3; i++)
			pthread_join(thread[i], NULL);
		free(desk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(never_and_late),
	    cmocka_unit_test(late_answer_of_an_attempt),
	    cmocka_unit_test(freed_while_answers_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
