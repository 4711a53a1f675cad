/* SPDX-License-Identifier: Apache-2.0
 *
 * too_much - sizes that a program or its data asks for and that are above the limits: an error of
 * the call or the row, before memory is asked for. The address space is limited meanwhile, so that
 * memory that were asked for in vain would end the test.
 */
#include "flow.h"

#include <sys/resource.h>

#include "weir/testing.h"

#define VALUE_MAX ((size_t)64 << 20)

static char *large; /* VALUE_MAX + 1 letters */

static int large_value(void *self, const struct weir_row *args, struct weir_appender *out)
{
	return weir_append_bytes(out, large, VALUE_MAX + 1) ? 0 : -1;
}

static int largest_value(void *self, const struct weir_row *args, struct weir_appender *out)
{
	return weir_append_bytes(out, large, VALUE_MAX) ? 0 : -1;
}

static int large_vector(void *self, const struct weir_batch *args, struct weir_vector *out)
{
	for (uint32_t i = 0; i < out->rows; i++)
		weir_vector_string(out, i, large, SIZE_MAX / 2);
	return 0;
}

struct kept {
	struct weir_bytes text;
};

static int keep_large(void *self, struct weir_call *call, void *accumulator,
		      const struct weir_row *args)
{
	weir_call_bytes(call, &((struct kept *)accumulator)->text, large, SIZE_MAX / 2);
	return 0; /* it does not look */
}

static int show_kept(void *self, struct weir_call *call, const void *accumulator,
		     struct weir_appender *out)
{
	return weir_append_i64(out, (int64_t)((const struct kept *)accumulator)->text.size) ? 0
											    : -1;
}

static int speak_long(void *self, const struct weir_row *args, struct weir_appender *out)
{
	char text[3000];

	memset(text, 'x', 1022);
	memcpy(text + 1022, "\xe2\x82\xac the rest", 13); /* cut within the sign */
	return weir_function_fail(out, "%s", text);
}

static void add_function(struct weir_session *session, const char *name,
			 struct weir_function function)
{
	struct weir_error *error = NULL;

	function.size = sizeof function;
	if (weir_register_function(session, name, &function, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
}

/* The job fails with such words. */
static void fails(struct weir_session *session, const char *sql, const char *words)
{
	struct weir_error *error = NULL;

	if (weir_execute(session, sql, NULL, &error) != WEIR_ERROR_JOB)
		fail_msg("%s: %s", sql, error != NULL ? weir_error_report(error) : "went well");
	if (strstr(weir_error_text(error), words) == NULL)
		fail_msg("'%s' does not say '%s'", weir_error_text(error), words);
	weir_error_free(error);
}

static void functions(void **state)
{
	struct flow_test *test = *state;
	struct weir_session *session = test->session;
	struct weir_function function = {.kind = WEIR_SCALAR,
					 .arguments = "",
					 .result = "STRING",
					 .flags = WEIR_NOT_DETERMINISTIC};
	struct weir_error *error = NULL;

	function.eval = large_value;
	add_function(session, "large_value", function);
	function.eval = largest_value;
	add_function(session, "largest_value", function);
	function.eval = speak_long;
	add_function(session, "speak_long", function);
	function.eval = NULL;
	function.eval_batch = large_vector;
	add_function(session, "large_vector", function);
	add_function(session, "keep_large",
		     (struct weir_function){.kind = WEIR_AGGREGATE,
					    .arguments = "x INT",
					    .result = "BIGINT",
					    .accumulator = "text STRING",
					    .accumulator_size = sizeof(struct kept),
					    .accumulate = keep_large,
					    .get_result = show_kept});
	fails(session, "SELECT large_value()", "cannot take more than 64 MiB");
	assert_string_equal(flow_sql(test, "SELECT CHAR_LENGTH(largest_value())"), "+I 67108864\n");
	fails(session, "SELECT large_vector()",
	      "a value of 9223372036854775807 bytes, more than the 67108864 allowed");
	fails(session, "SELECT keep_large(x) FROM (VALUES (1)) AS t (x)",
	      "weir_call_bytes: 9223372036854775807 bytes, more than the 67108864 allowed");
	assert_int_equal(weir_execute(session, "SELECT speak_long()", NULL, &error),
			 WEIR_ERROR_JOB);
	assert_null(strstr(weir_error_text(error), "\xe2"));
	assert_non_null(strstr(weir_error_text(error), "xxx"));
	weir_error_free(error);
}

static void casts(void **state)
{
	struct flow_test *test = *state;

	fails(test->session,
	      "SELECT CAST(x AS CHAR(2147483647)) FROM (VALUES ('a'), ('b')) AS t (x)",
	      "more than the 67108864 allowed");
	fails(test->session, "SELECT CAST(x AS BINARY(2147483647)) FROM (VALUES (X'61')) AS t (x)",
	      "more than the 67108864 allowed");
	assert_string_equal(
	    flow_sql(test, "SELECT TRY_CAST(x AS CHAR(2147483647)) FROM (VALUES ('a')) AS t (x)"),
	    "+I NULL\n");
}

/* --- streams --- */

static const struct weir_state states[] = {{.size = sizeof(struct weir_state),
					    .name = "kept",
					    .kind = WEIR_VALUE,
					    .columns = "text STRING",
					    .value_size = sizeof(struct kept)}};

static int keep(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct kept *kept = weir_state_make(context, 0);

	weir_state_bytes(context, 0, &kept->text, large, SIZE_MAX / 2);
	return 0;
}

static void states_and_requests(void **state)
{
	static const struct weir_process keeping = {.size = sizeof keeping,
						    .name = "keeping",
						    .columns = "k BIGINT",
						    .state = states,
						    .state_count = 1,
						    .element = keep};
	struct weir_harness *harness = weir_harness_new();
	struct weir_flow *flow = weir_flow_new(weir_harness_session(harness), "keeping");
	struct weir_stream *in = weir_harness_input(harness, flow, "in", "k BIGINT, t STRING");
	struct weir_appender *out;

	weir_harness_output(harness, "out", weir_process(weir_key_by(in, "k"), &keeping));
	assert_true(weir_harness_start(harness, flow));
	out = weir_harness_appender(harness, "in");
	weir_append_i64(out, 1);
	assert_false(weir_append_bytes(out, large, VALUE_MAX + 1));
	weir_append_undo(out);
	assert_false(weir_harness_push(harness, "in", "1|a"));
	assert_non_null(strstr(weir_harness_error(harness),
			       "weir_state_bytes: 9223372036854775807 bytes, more than"));
	weir_harness_free(harness);
}

static int never(void *user, struct weir_request *request, const struct weir_row *row)
{
	return 0;
}

static void capacities(void **state)
{
	struct flow_test *test = *state;
	struct weir_flow *flow = weir_flow_new(test->session, "asking");
	struct weir_async async = {.size = sizeof async,
				   .name = "ask",
				   .columns = "v INT",
				   .capacity = UINT32_MAX,
				   .start = never};

	weir_async(weir_from_sql(flow, "SELECT 1"), &async);
	flow_expect(flow, "weir_async 'ask': `capacity` is more than 1000000");
	weir_flow_free(flow);
}

/* A script that grows by its variables, and one that is too long. */
static void scripts(void **state)
{
	struct flow_test *test = *state;
	struct weir_error *error = NULL;

	weir_set_variable(test->session, "large", large);
	assert_int_equal(weir_execute(test->session, "SELECT '${large}'", NULL, &error),
			 WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "grows above 4194304 bytes"));
	weir_error_free(error);
	assert_int_equal(weir_execute(test->session, large, NULL, &error), WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "at most 4194304 are read"));
	weir_error_free(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(functions, flow_open, flow_close),
	    cmocka_unit_test_setup_teardown(casts, flow_open, flow_close),
	    cmocka_unit_test(states_and_requests),
	    cmocka_unit_test_setup_teardown(capacities, flow_open, flow_close),
	    cmocka_unit_test_setup_teardown(scripts, flow_open, flow_close),
	};
	int failed;

	large = malloc(VALUE_MAX + 2);
	memset(large, 'x', VALUE_MAX + 1);
	large[VALUE_MAX + 1] = '\0';
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	setrlimit(RLIMIT_AS, &(struct rlimit){(rlim_t)3 << 30, (rlim_t)3 << 30});
#endif
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(large);
	return failed;
}
