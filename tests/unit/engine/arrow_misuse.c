/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_misuse - weir_input_push_arrow given what it cannot take: it says why, the batch stays the
 * caller's, nothing of it is in the table, and the input goes on.
 */
#include "embedded.h"

#include "../data/arrow_fake.h"

struct misuse {
	struct weir_session *session;
	struct weir_input *input;
};

/* (id BIGINT NOT NULL, name STRING): three rows. */
static struct fake *good(void)
{
	struct fake *batch = fake_valid(fake_new("+s", "", 3), "");
	struct fake *name = fake_valid(fake_new("u", "name", 3), "101");

	name = fake_buffer(name, (int32_t[]){0, 1, 1, 3}, 16);
	name = fake_buffer(name, "abc", 3);
	fake_child(batch, FAKE_FIXED("l", "", int64_t, 1, 2, 3));
	batch->child[0]->schema.name = "id";
	return fake_child(batch, name);
}

/* Pushes it: refused with such words; it is still the caller's. */
static void refused(struct misuse *test, struct fake *batch, const char *words)
{
	struct weir_error *error = NULL;

	assert_int_equal(weir_input_push_arrow(test->input, &batch->array, &batch->schema,
					       WEIR_INPUT_WAIT, &error),
			 WEIR_MISUSE);
	if (strstr(weir_error_text(error), words) == NULL)
		fail_msg("'%s' does not say '%s'", weir_error_text(error), words);
	assert_int_equal(batch->released, 0);
	weir_error_free(error);
	fake_free(batch);
}

static void test_refused(void **state)
{
	struct misuse *test = *state;
	struct fake *batch;

	batch = good(); /* wrong types */
	batch->child[0]->schema.format = "u";
	refused(test, batch, "id");
	batch = good();
	batch->child[1]->schema.format = "l";
	refused(test, batch, "name");
	batch = good();
	batch->child[0]->schema.format = "what";
	refused(test, batch, "what");
	batch = good();
	batch->child[0]->schema.format = NULL;
	refused(test, batch, "id");
	batch = good(); /* wrong schema */
	batch->schema.format = "l";
	refused(test, batch, "A record batch is a struct array");
	batch = good();
	batch->child[0]->schema.name = "ID";
	refused(test, batch, "ID");
	batch = good();
	batch->array.n_children = batch->schema.n_children = 1;
	batch->arrays[0] = &batch->child[1]->array;
	batch->schemas[0] = &batch->child[1]->schema;
	refused(test, batch, "Column 'id' is NOT NULL and not among");
	batch = good();
	batch->array.n_children = 1;
	refused(test, batch, "contradicts itself");
	batch = good();
	batch->array.children = NULL;
	refused(test, batch, "");
	batch = good();
	batch->arrays[1] = NULL;
	refused(test, batch, "");
	batch = good();
	batch->schemas[1] = NULL;
	refused(test, batch, "");
}

static void test_lengths(void **state)
{
	struct misuse *test = *state;
	struct fake *batch;

	batch = good();
	batch->child[0]->array.length = 2;
	refused(test, batch, "id");
	batch = good();
	batch->array.length = INT64_MAX;
	refused(test, batch, "too long");
	batch = good();
	batch->array.length = -1;
	refused(test, batch, "contradicts itself");
	batch = good();
	batch->array.offset = INT64_MAX;
	refused(test, batch, "contradicts itself");
	batch = good();
	batch->child[0]->array.offset = INT64_MAX - 1;
	refused(test, batch, "id");
	batch = good();
	batch->child[0]->array.n_buffers = 1;
	refused(test, batch, "id");
	batch = good();
	batch->child[0]->array.buffers = NULL;
	refused(test, batch, "id");
	batch = good();
	wr_free((void *)batch->child[0]->buffers[1]);
	batch->child[0]->buffers[1] = NULL;
	refused(test, batch, "id");
	batch = good(); /* offsets of texts that go back */
	memcpy((void *)batch->child[1]->buffers[1], (int32_t[]){0, 3, 1, 3}, 16);
	refused(test, batch, "name");
	batch = good();
	memcpy((void *)batch->child[1]->buffers[1], (int32_t[]){-5, 1, 1, 3}, 16);
	refused(test, batch, "name");
}

static void test_values(void **state)
{
	struct misuse *test = *state;
	struct fake *batch;

	batch = good(); /* NULL in NOT NULL */
	fake_free(batch->child[0]);
	batch->child[0] = FAKE_FIXED("l", "110", int64_t, 1, 2, 3);
	batch->child[0]->schema.name = "id";
	batch->schemas[0] = &batch->child[0]->schema;
	batch->arrays[0] = &batch->child[0]->array;
	refused(test, batch, "id");
	batch = good(); /* not UTF-8 */
	memcpy((void *)batch->child[1]->buffers[2], "\xff\xfe\xfd", 3);
	refused(test, batch, "name");
	batch = good(); /* a row that is NULL as a whole */
	batch->array.null_count = 1;
	batch->buffers[0] = memcpy(wr_malloc(1), "\x05", 1);
	refused(test, batch, "Row 1 of the Arrow array (from 0) is NULL as a whole");
}

static void test_released(void **state)
{
	struct misuse *test = *state;
	struct weir_error *error = NULL;
	struct fake *batch = good();

	assert_int_equal(weir_input_push_arrow(test->input, NULL, &batch->schema, 0, NULL),
			 WEIR_MISUSE);
	assert_int_equal(weir_input_push_arrow(test->input, &batch->array, NULL, 0, NULL),
			 WEIR_MISUSE);
	assert_int_equal(weir_input_push_arrow(test->input, &batch->array, &batch->schema, 0, NULL),
			 WEIR_OK);
	assert_null(batch->array.release); /* moved: a second push is noticed */
	assert_int_equal(
	    weir_input_push_arrow(test->input, &batch->array, &batch->schema, 0, &error),
	    WEIR_MISUSE);
	assert_string_equal(weir_error_text(error), "weir_input_push_arrow needs an array and its "
						    "schema that have not been released");
	weir_error_free(error);
	*state = test;
	/* What is in the table is the one batch. */
	struct running run = {0};
	running_start(&run, test->session, "SELECT * FROM t");
	running_await(&run, 3);
	weir_input_end(test->input);
	running_end(&run, WEIR_OK);
	assert_string_equal(run.text, "1,a;2,NULL;3,bc;");
	assert_int_equal(batch->released, 1);
	fake_free(batch);
}

static int open_table(void **state)
{
	struct misuse *test = calloc(1, sizeof *test);

	test->session = weir_session_new();
	run_ok(test->session, "CREATE TABLE t (id BIGINT NOT NULL, name STRING) WITH ('connector' "
			      "= 'input')");
	test->input = open_ok(test->session, "t");
	*state = test;
	return 0;
}

static int close_table(void **state)
{
	struct misuse *test = *state;

	weir_input_free(test->input);
	weir_session_free(test->session);
	free(test);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_refused, open_table, close_table),
	    cmocka_unit_test_setup_teardown(test_lengths, open_table, close_table),
	    cmocka_unit_test_setup_teardown(test_values, open_table, close_table),
	    cmocka_unit_test_setup_teardown(test_released, open_table, close_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
