/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of retry: pauses, the end of attempts, the circuit, and the loop on a clock that moves by
 * sleeping.
 */
#include "connectors/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake_host.h"

#define MS INT64_C(1000)

static const struct wr_retry_options usual = {
    .initial_us = 100 * MS, .max_us = 1000 * MS, .reset_us = 30000 * MS};

static void test_pauses_double_up_to_the_longest(void **state)
{
	static const int64_t expected[] = {100, 200, 400, 800, 1000, 1000, 1000};
	struct wr_retry retry;
	int64_t wait_us;

	wr_retry_init(&retry, &usual);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < WR_COUNT(expected); i++) {
			assert_int_equal(wr_retry_begin(&retry, 0, &wait_us), WR_ATTEMPT_NOW);
			assert_int_equal(wr_retry_failed(&retry, 0, 0.9, &wait_us),
					 WR_ATTEMPT_LATER);
			assert_int_equal(wait_us, expected[i] * MS);
		}
		wr_retry_succeeded(&retry);
	}
}

static void test_chance_shortens_pauses(void **state)
{
	struct wr_retry_options options = usual;
	struct wr_retry retry;
	int64_t wait_us;

	options.jitter = 0.5;
	wr_retry_init(&retry, &options);
	wr_retry_failed(&retry, 0, 0, &wait_us);
	assert_int_equal(wait_us, 100 * MS);
	wr_retry_failed(&retry, 0, 0.5, &wait_us);
	assert_int_equal(wait_us, 150 * MS);
	wr_retry_failed(&retry, 0, 0.999, &wait_us);
	assert_in_range(wait_us, 200 * MS, 201 * MS);
}

static void test_attempts_end(void **state)
{
	struct wr_retry_options options = usual;
	struct wr_retry retry;
	int64_t wait_us;

	options.attempts_max = 3;
	wr_retry_init(&retry, &options);
	for (uint32_t operation = 0; operation < 2; operation++) {
		assert_int_equal(wr_retry_failed(&retry, 0, 0, &wait_us), WR_ATTEMPT_LATER);
		assert_int_equal(wait_us, 100 * MS);
		assert_int_equal(wr_retry_failed(&retry, 0, 0, &wait_us), WR_ATTEMPT_LATER);
		assert_int_equal(wr_retry_failed(&retry, 0, 0, &wait_us), WR_ATTEMPT_NEVER);
		assert_int_equal(wr_retry_begin(&retry, 0, &wait_us), WR_ATTEMPT_NOW);
	}
}

static void test_circuit_opens_probes_and_closes(void **state)
{
	struct wr_retry_options options = usual;
	struct wr_retry retry;
	int64_t wait_us;

	options.failures = 2;
	wr_retry_init(&retry, &options);
	wr_retry_failed(&retry, 0, 0, &wait_us);
	assert_int_equal(retry.circuit, WR_CIRCUIT_CLOSED);
	assert_int_equal(wr_retry_failed(&retry, 1000 * MS, 0, &wait_us), WR_ATTEMPT_LATER);
	assert_int_equal(retry.circuit, WR_CIRCUIT_OPEN);
	assert_int_equal(wait_us, 30000 * MS);
	assert_int_equal(wr_retry_begin(&retry, 11000 * MS, &wait_us), WR_ATTEMPT_LATER);
	assert_int_equal(wait_us, 20000 * MS);
	assert_int_equal(wr_retry_begin(&retry, 31000 * MS, &wait_us), WR_ATTEMPT_NOW);
	assert_int_equal(retry.circuit, WR_CIRCUIT_HALF_OPEN);
	/* The probe fails: open for as long again, after one failure only. */
	assert_int_equal(wr_retry_failed(&retry, 32000 * MS, 0, &wait_us), WR_ATTEMPT_LATER);
	assert_int_equal(wr_retry_begin(&retry, 61000 * MS, &wait_us), WR_ATTEMPT_LATER);
	assert_int_equal(wr_retry_begin(&retry, 62000 * MS, &wait_us), WR_ATTEMPT_NOW);
	wr_retry_succeeded(&retry);
	assert_int_equal(retry.circuit, WR_CIRCUIT_CLOSED);
	assert_int_equal(wr_retry_failed(&retry, 63000 * MS, 0, &wait_us), WR_ATTEMPT_LATER);
	assert_int_equal(wait_us, 100 * MS);
}

static void test_rows_that_may_go_do_not_wait_for_a_circuit(void **state)
{
	struct wr_retry_options options = usual;
	struct wr_retry retry;
	int64_t wait_us;

	options.failures = 2;
	options.attempts_max = 5;
	options.on_failure = WR_ON_FAILURE_DEAD_LETTER;
	wr_retry_init(&retry, &options);
	assert_int_equal(wr_retry_failed(&retry, 0, 0, &wait_us), WR_ATTEMPT_LATER);
	assert_int_equal(wr_retry_failed(&retry, 0, 0, &wait_us), WR_ATTEMPT_NEVER);
	assert_int_equal(wr_retry_begin(&retry, 29999 * MS, &wait_us), WR_ATTEMPT_NEVER);
	assert_int_equal(wr_retry_begin(&retry, 30000 * MS, &wait_us), WR_ATTEMPT_NOW);
	assert_int_equal(wr_retry_failed(&retry, 30000 * MS, 0, &wait_us), WR_ATTEMPT_NEVER);
	assert_int_equal(wr_retry_begin(&retry, 30001 * MS, &wait_us), WR_ATTEMPT_NEVER);
}

/* --- the loop */

struct script {
	uint32_t calls, good_from; /* attempts so far; the first one that succeeds */
	enum wr_status_class class;
};

static wr_status *attempt(void *user)
{
	struct script *script = user;

	if (++script->calls >= script->good_from)
		return NULL;
	return wr_status_new(script->class, "broker does not answer");
}

static void test_loop_waits_says_so_once_and_goes_on(void **state)
{
	struct script script = {.good_from = 6, .class = WR_RETRY};
	struct wr_retrying retrying;
	enum wr_retry_end end;
	struct fake_host fake;

	fake_host_init(&fake);
	wr_retrying_init(&retrying, &usual, &fake.env, &fake.host);
	assert_null(wr_retrying_run(&retrying, attempt, &script, &end));
	assert_int_equal(end, WR_RETRY_DONE);
	assert_int_equal(script.calls, 6);
	assert_int_equal(fake.now_us, (1000 + 100 + 200 + 400 + 800 + 1000) * MS);
	assert_true(fake.sleeps >= 25); /* looks every 100 ms whether the job stops */
	assert_int_equal(fake.resumes, 1);
	assert_string_equal(fake.reason, "broker does not answer");
	script = (struct script){.good_from = 2, .class = WR_RETRY};
	fake.waits = fake.resumes = 0;
	assert_null(wr_retrying_run(&retrying, attempt, &script, &end));
	assert_int_equal(fake.waits + fake.resumes, 0); /* short ones are not worth a word */
}

static void test_loop_ends(void **state)
{
	struct script script = {.good_from = 100, .class = WR_RETRY};
	struct wr_retry_options options = usual;
	struct wr_retrying retrying;
	enum wr_retry_end end;
	struct fake_host fake;
	wr_status *status;

	fake_host_init(&fake);
	options.attempts_max = 3;
	wr_retrying_init(&retrying, &options, &fake.env, &fake.host);
	status = wr_retrying_run(&retrying, attempt, &script, &end);
	assert_int_equal(end, WR_RETRY_USED_UP);
	assert_int_equal(script.calls, 3);
	assert_string_equal(status->text, "broker does not answer");
	wr_status_free(status);

	options.attempts_max = 0;
	wr_retrying_init(&retrying, &options, &fake.env, &fake.host);
	fake.stop_us = fake.now_us + 450 * MS;
	status = wr_retrying_run(&retrying, attempt, &script, &end);
	assert_int_equal(end, WR_RETRY_STOPPED);
	assert_non_null(status);
	assert_true(fake.now_us <= fake.stop_us + 100 * MS);
	wr_status_free(status);

	fake.stop_us = 0;
	script = (struct script){.good_from = 100, .class = WR_USER_ERROR};
	status = wr_retrying_run(&retrying, attempt, &script, &end);
	assert_int_equal(end, WR_RETRY_DONE);
	assert_int_equal(script.calls, 1);
	wr_status_free(status);
}

/* --- options */

static const struct wr_option rows[] = {WR_RETRY_OPTION_ROWS};

static char *read_error(const char *name, const char *value)
{
	struct wr_arena arena;
	struct wr_options options;
	struct wr_retry_options out;
	wr_status *status;
	static char text[200];

	wr_arena_init(&arena);
	wr_options_init(&options, &arena, "option", rows, WR_COUNT(rows));
	if (name != NULL)
		assert_null(wr_options_set(&options, name, value));
	status = wr_retry_options_read(&options, "t", (struct wr_pos){0}, &out);
	text[0] = '\0';
	if (status != NULL)
		strncpy(text, status->text, sizeof text - 1);
	else
		assert_int_equal(out.initial_us, 100 * MS);
	wr_status_free(status);
	wr_arena_release(&arena);
	return text;
}

static void test_options(void **state)
{
	assert_int_equal(WR_COUNT(rows), WR_RETRY_OPTION_COUNT);
	assert_string_equal(read_error(NULL, NULL), "");
	assert_string_equal(read_error("sink.retry.jitter", "1.5"),
			    "Table 't': 'sink.retry.jitter' must be between 0 and 1");
	assert_string_equal(read_error("sink.retry.max-delay", "10 ms"),
			    "Table 't': 'sink.retry.max-delay' is shorter than "
			    "'sink.retry.initial-delay'");
	assert_string_equal(read_error("sink.on-failure", "dead-letter"),
			    "Table 't': 'sink.on-failure' = 'dead-letter' never holds: attempts "
			    "have no end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pauses_double_up_to_the_longest),
	    cmocka_unit_test(test_chance_shortens_pauses),
	    cmocka_unit_test(test_attempts_end),
	    cmocka_unit_test(test_circuit_opens_probes_and_closes),
	    cmocka_unit_test(test_rows_that_may_go_do_not_wait_for_a_circuit),
	    cmocka_unit_test(test_loop_waits_says_so_once_and_goes_on),
	    cmocka_unit_test(test_loop_ends),
	    cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
