/* SPDX-License-Identifier: Apache-2.0
 *
 * Asynchronous calls, the operator on its own: requests that end at once, later, in any order, on
 * other threads, twice, too late or never; capacity, order, attempts, time-outs by a clock that the
 * test moves.
 */
#include <pthread.h>

#include "user_op.h"

#define OPEN_MAX 4096

/* What `start` does, and what it has been given. */
struct world {
	enum { AT_ONCE, LATER, REFUSE, FAIL_AT_ONCE } mode;
	struct weir_request *open[OPEN_MAX];
	int64_t v[OPEN_MAX];
	uint32_t count;   /* started so far */
	uint32_t refused; /* of the next ones, in mode AT_ONCE: start fails */
	uint32_t copies;  /* rows of an answer */
	uint32_t timeouts;
	bool timeout_fails;
	uint32_t wakes;
};

static int64_t now_us;

static int64_t fake_mono(struct wr_env *env)
{
	(void)env;
	return now_us;
}

static struct wr_env *fake_env(void)
{
	static struct wr_env_ops ops;
	static struct wr_env env = {&ops};

	ops = *wr_env_system()->ops;
	ops.mono_us = fake_mono;
	return &env;
}

static void answer(struct world *world, struct weir_request *request, int64_t v)
{
	for (uint32_t i = 0; i < world->copies; i++) {
		weir_append_i64(weir_request_output(request), v);
		weir_append_i64(weir_request_output(request), i);
		weir_append_end(weir_request_output(request));
	}
	weir_request_done(request);
}

static int start(void *user, struct weir_request *request, const struct weir_row *row)
{
	struct world *world = user;
	int64_t v;

	assert_true(weir_get_i64(row, 1, &v));
	if (world->refused > 0) {
		world->refused--;
		return -1;
	}
	assert_true(world->count < OPEN_MAX);
	world->v[world->count] = v;
	world->open[world->count++] = request;
	switch (world->mode) {
	case AT_ONCE: answer(world, request, v); break;
	case FAIL_AT_ONCE: weir_request_fail(request, "nobody is there"); break;
	case REFUSE: return -1;
	default: break;
	}
	return 0;
}

static int on_timeout(void *user, const struct weir_row *row, const char *why,
		      struct weir_appender *out)
{
	struct world *world = user;

	assert_string_equal(why, "no answer within 100 ms");
	world->timeouts++;
	if (world->timeout_fails)
		return -1;
	weir_append_value(out, row, 1);
	weir_append_i64(out, -1);
	weir_append_end(out);
	return 0;
}

struct async_case {
	struct user_case base;
	struct world world;
	struct fed_op fed;
};

static struct world *woken;

static void count_wake(const struct wr_op_env *env)
{
	(void)env;
	__atomic_add_fetch(&woken->wakes, 1, __ATOMIC_SEQ_CST);
}

static void open_case(struct async_case *one, struct weir_async async)
{
	user_case_init(&one->base, WR_U_ASYNC, 1, 2);
	one->world = (struct world){.copies = 1};
	async.name = "test";
	async.user = &one->world;
	async.start = start;
	one->base.user.u.async = async;
	one->base.plan.env.env = fake_env();
	one->base.plan.env.wake = count_wake;
	woken = &one->world;
	now_us = 5000000;
	fed_open(&one->fed, &one->base.plan);
}

static void rows(struct async_case *one, int64_t from, uint32_t count, int64_t watermark)
{
	struct event event[64];

	for (uint32_t i = 0; i < count; i++)
		event[i] = (struct event){.k = 1, .v = from + i, .watermark = watermark};
	must(feed(&one->fed, 0, event, count));
}

/* Lets it do what it can. */
static void resume(struct async_case *one)
{
	struct wr_op *op = one->fed.op;

	do {
		op->waiting = false;
		if (op->pending)
			must(op->type->resume(op));
	} while (op->pending && !op->waiting);
}

/* true: the mark has to wait. */
static bool mark(struct async_case *one)
{
	struct wr_op *op = one->fed.op;
	struct wr_mark mark = {.watermark_ms = 7};
	bool more = false;

	op->waiting = false;
	must(op->type->on_mark(op, &mark, &more));
	assert_int_equal(more, op->waiting);
	return more;
}

static void expect(struct async_case *one, const char *want)
{
	expect_rows(&one->fed, true, want);
}

static void test_at_once(void **state)
{
	struct async_case one;

	(void)state;
	open_case(&one, (struct weir_async){.capacity = 3});
	one.world.copies = 2;
	rows(&one, 10, 4, 1);
	assert_false(one.fed.op->pending);
	expect(&one, "10 | 0\n10 | 1\n11 | 0\n11 | 1\n12 | 0\n12 | 1\n13 | 0\n13 | 1\n");
	one.world.copies = 0;
	rows(&one, 20, 8, 1);
	expect(&one, "");
	one.world.copies = 40; /* more than a batch */
	rows(&one, 30, 2, 1);
	assert_int_equal(one.fed.count, 80);
	fed_clear(&one.fed);
	assert_false(mark(&one));
	fed_close(&one.fed);
}

static void test_ordered(void **state)
{
	struct async_case one;

	(void)state;
	open_case(&one, (struct weir_async){.capacity = 3});
	one.world.mode = LATER;
	rows(&one, 10, 5, 1);
	assert_true(one.fed.op->pending);
	assert_int_equal(one.world.count, 3);
	resume(&one);
	assert_true(one.fed.op->waiting);
	assert_int_equal(one.fed.op->wait_until_us, INT64_MAX);
	rows(&one, 20, 1, 1); /* what is above may still bring some */
	answer(&one.world, one.world.open[1], 11);
	assert_int_equal(one.world.wakes, 1);
	resume(&one);
	expect(&one, "");
	assert_int_equal(one.world.count, 3); /* an answer that waits takes its place */
	answer(&one.world, one.world.open[0], 10);
	resume(&one);
	expect(&one, "10 | 0\n11 | 0\n");
	assert_int_equal(one.world.count, 5);
	weir_request_fail(one.world.open[2], "gone");
	resume(&one);
	assert_false(one.fed.op->pending);
	assert_int_equal(one.base.plan.errors, 1);
	assert_true(mark(&one));
	answer(&one.world, one.world.open[5], 20);
	answer(&one.world, one.world.open[4], 14);
	assert_true(mark(&one));
	expect(&one, "");
	answer(&one.world, one.world.open[3], 13);
	assert_false(mark(&one));
	expect(&one, "13 | 0\n14 | 0\n20 | 0\n");
	fed_close(&one.fed);
}

static void test_unordered(void **state)
{
	struct async_case one;

	(void)state;
	open_case(&one, (struct weir_async){.capacity = 4, .unordered = true});
	one.world.mode = LATER;
	rows(&one, 10, 3, 1);
	rows(&one, 20, 3, 2); /* behind a watermark */
	assert_int_equal(one.world.count, 4);
	answer(&one.world, one.world.open[3], 20);
	answer(&one.world, one.world.open[2], 12);
	resume(&one);
	expect(&one, "12 | 0\n");
	assert_int_equal(one.world.count, 5);
	answer(&one.world, one.world.open[0], 10);
	resume(&one);
	expect(&one, "10 | 0\n");
	answer(&one.world, one.world.open[5], 22);
	answer(&one.world, one.world.open[1], 11);
	assert_true(mark(&one));
	expect(&one, "11 | 0\n20 | 0\n22 | 0\n");
	answer(&one.world, one.world.open[4], 21);
	assert_false(mark(&one));
	expect(&one, "21 | 0\n");
	fed_close(&one.fed);
}

static void test_timeout(void **state)
{
	struct async_case one;

	(void)state;
	open_case(&one, (struct weir_async){.timeout_ms = 100, .fallback = on_timeout});
	one.world.mode = LATER;
	rows(&one, 10, 3, 1);
	assert_true(mark(&one));
	assert_true(one.fed.op->wait_until_us > now_us + 99000 &&
		    one.fed.op->wait_until_us <= now_us + 101000);
	answer(&one.world, one.world.open[1], 11);
	now_us += 99000;
	assert_true(mark(&one));
	assert_int_equal(one.world.timeouts, 0);
	now_us += 2000;
	assert_false(mark(&one));
	assert_int_equal(one.world.timeouts, 2);
	expect(&one, "10 | -1\n11 | 0\n12 | -1\n");
	one.world.timeout_fails = true;
	rows(&one, 20, 1, 1);
	now_us += 200000;
	answer(&one.world, one.world.open[0], 10); /* too late, and nobody asks for it */
	answer(&one.world, one.world.open[2], 12);
	weir_request_done(one.world.open[1]); /* again */
	weir_request_fail(one.world.open[1], "again");
	assert_false(mark(&one));
	assert_int_equal(one.base.plan.errors, 1);
	expect(&one, "");
	one.world.mode = AT_ONCE;
	rows(&one, 30, 3, 1);
	expect(&one, "30 | 0\n31 | 0\n32 | 0\n");
	weir_request_done(one.world.open[3]); /* that of 20 */
	assert_false(mark(&one));
	fed_close(&one.fed);
}

static void test_attempts(void **state)
{
	struct async_case one;

	(void)state;
	open_case(&one, (struct weir_async){.timeout_ms = 50, .attempts = 3, .retry_ms = 20});
	one.world.mode = LATER;
	rows(&one, 10, 2, 1);
	weir_request_fail(one.world.open[0], "first");
	assert_true(mark(&one));
	assert_int_equal(one.world.count, 2);
	assert_true(one.fed.op->wait_until_us <= now_us + 21000);
	now_us += 21000;
	assert_true(mark(&one)); /* second attempt for 10 */
	assert_int_equal(one.world.count, 3);
	assert_int_equal(one.world.v[2], 10);
	now_us += 30000; /* 11 times out */
	assert_true(mark(&one));
	now_us += 21000; /* and 10 for the second time; 11 is asked for again */
	assert_true(mark(&one));
	assert_int_equal(one.world.count, 4);
	assert_int_equal(one.world.v[3], 11);
	answer(&one.world, one.world.open[3], 11);
	now_us += 21000;
	assert_true(mark(&one));
	assert_int_equal(one.world.count, 5);
	expect(&one, "");
	weir_request_fail(one.world.open[4], "for the last time");
	assert_false(mark(&one));
	assert_int_equal(one.base.plan.errors, 1);
	expect(&one, "11 | 0\n");
	for (uint32_t i = 0; i < 3; i++) /* also those that timed out */
		weir_request_done(one.world.open[i]);
	/* Those that cannot even begin, or fail at once. */
	one.world.mode = AT_ONCE;
	one.world.refused = 2;
	rows(&one, 20, 1, 1);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(mark(&one));
		now_us += 21000;
	}
	assert_false(mark(&one));
	expect(&one, "20 | 0\n");
	one.world.mode = FAIL_AT_ONCE;
	rows(&one, 21, 1, 1);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(mark(&one));
		now_us += 21000;
	}
	assert_false(mark(&one));
	assert_int_equal(one.base.plan.errors, 2);
	fed_close(&one.fed);
}

/* All fail at once without a second attempt: nothing waits. */
static void test_refused(void **state)
{
	struct async_case one;

	(void)state;
	open_case(&one, (struct weir_async){.capacity = 2});
	one.world.mode = REFUSE;
	rows(&one, 0, 20, 1);
	assert_false(one.fed.op->pending);
	assert_int_equal(one.base.plan.errors, 20);
	assert_false(mark(&one));
	fed_close(&one.fed);
}

/* What is appended must be a row. */
static void test_mistake(void **state)
{
	struct async_case one;
	struct event event = {.v = 1};
	wr_status *status;

	(void)state;
	open_case(&one, (struct weir_async){.capacity = 2});
	one.world.mode = LATER;
	must(feed(&one.fed, 0, &event, 1));
	weir_append_i64(weir_request_output(one.world.open[0]), 1);
	weir_request_done(one.world.open[0]);
	status = feed(&one.fed, 0, &event, 1);
	assert_non_null(status);
	assert_non_null(strstr(status->text, "1 of its 2 values"));
	wr_status_free(status);
	fed_close(&one.fed);
	weir_request_done(one.world.open[1]);
}

/* Requests that end after the operator has gone. */
static void test_after_end(void **state)
{
	struct async_case one;

	(void)state;
	open_case(&one, (struct weir_async){.capacity = 5});
	one.world.mode = LATER;
	rows(&one, 10, 20, 1);
	answer(&one.world, one.world.open[3], 13);
	fed_close(&one.fed);
	for (uint32_t i = 0; i < 5; i++)
		if (i != 3)
			answer(&one.world, one.world.open[i], 10 + i);
}

/* --- other threads --- */

struct answers {
	struct world *world;
	uint32_t first, step,
	    count; /* which requests it answers; from how many on they are there */
	uint32_t *started;
};

static void *answer_main(void *argument)
{
	struct answers *answers = argument;

	for (uint32_t i = answers->first; i < answers->count; i += answers->step) {
		while (__atomic_load_n(answers->started, __ATOMIC_ACQUIRE) <= i)
			sched_yield();
		answer(answers->world, answers->world->open[i], answers->world->v[i]);
	}
	return NULL;
}

static int start_counted(void *user, struct weir_request *request, const struct weir_row *row)
{
	struct world *world = user;
	int64_t v;

	assert_true(weir_get_i64(row, 1, &v));
	world->v[world->count] = v;
	world->open[world->count] = request;
	__atomic_store_n(&world->count, world->count + 1, __ATOMIC_RELEASE);
	return 0;
}

static void run_threads(bool unordered)
{
	struct async_case one;
	struct answers answers[3];
	pthread_t thread[3];
	uint32_t total = 2000;
	bool seen[2000] = {false};

	open_case(&one, (struct weir_async){.capacity = 50, .unordered = unordered});
	one.base.user.u.async.start = start_counted;
	for (uint32_t t = 0; t < 3; t++) {
		answers[t] = (struct answers){&one.world, t, 3, total, &one.world.count};
		assert_int_equal(pthread_create(&thread[t], NULL, answer_main, &answers[t]), 0);
	}
	for (uint32_t i = 0; i < total; i += 40) {
		rows(&one, i, 40, i);
		while (one.fed.op->pending) {
			one.fed.op->waiting = false;
			must(one.fed.op->type->resume(one.fed.op));
			sched_yield();
		}
	}
	while (mark(&one))
		sched_yield();
	for (uint32_t t = 0; t < 3; t++)
		pthread_join(thread[t], NULL);
	assert_int_equal(one.fed.count, total);
	for (uint32_t i = 0; i < total; i++) {
		int v = (int)strtol(strstr(wr_text_str(&one.fed.row[i]), " | ") + 3, NULL, 10);

		assert_in_range(v, 0, total - 1);
		assert_false(seen[v]);
		seen[v] = true;
		assert_int_equal(v / 40, i / 40); /* never across a watermark */
		if (!unordered)
			assert_int_equal(v, i);
	}
	fed_close(&one.fed);
}

static void test_threads(void **state)
{
	(void)state;
	run_threads(false);
	run_threads(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_at_once),   cmocka_unit_test(test_ordered),
	    cmocka_unit_test(test_unordered), cmocka_unit_test(test_timeout),
	    cmocka_unit_test(test_attempts),  cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_mistake),   cmocka_unit_test(test_after_end),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
