/* SPDX-License-Identifier: Apache-2.0
 *
 * api_arrow - weir.h: cursors as streams of record batches, and batches of callbacks as record
 * batches: schema, rows, kinds, failures, readers that stop early.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "weir/weir.h"

#define NUMBERS                                                                                    \
	"CREATE TEMPORARY TABLE IF NOT EXISTS numbers (a BIGINT) WITH ('connector' = 'datagen', "  \
	"'rows-per-second' = '50000000', 'number-of-rows' = '100000', 'fields.a.kind' = "          \
	"'sequence', 'fields.a.start' = '1', 'fields.a.end' = '100000');"

/* A SELECT as a stream. */
static struct ArrowArrayStream stream_of(struct weir_session *session, const char *sql)
{
	struct ArrowArrayStream stream;
	struct weir_cursor *cursor = NULL;
	struct weir_error *error = NULL;

	if (weir_query(session, sql, &cursor, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	assert_int_equal(weir_cursor_arrow(cursor, &stream, &error), WEIR_OK);
	assert_null(error);
	return stream;
}

static void test_stream(void **state)
{
	struct weir_session *session = weir_session_new();
	struct ArrowArrayStream stream =
	    stream_of(session, NUMBERS "SELECT a, CAST(a AS STRING) AS t FROM numbers");
	struct ArrowSchema schema;
	struct ArrowArray array;
	int64_t rows = 0, sum = 0, bytes = 0;

	(void)state;
	weir_session_free(session); /* the stream keeps what it needs */
	assert_int_equal(stream.get_schema(&stream, &schema), 0);
	assert_string_equal(schema.format, "+s");
	assert_int_equal(schema.n_children, 2);
	assert_string_equal(schema.children[0]->format, "l");
	assert_string_equal(schema.children[1]->name, "t");
	assert_null(stream.get_last_error(&stream));
	for (;;) {
		assert_int_equal(stream.get_next(&stream, &array), 0);
		if (array.release == NULL)
			break;
		assert_int_equal(array.children[0]->length, array.length);
		for (int64_t i = 0; i < array.length; i++)
			sum += ((const int64_t *)array.children[0]->buffers[1])[i];
		bytes += ((const int32_t *)array.children[1]->buffers[1])[array.length];
		rows += array.length;
		array.release(&array);
	}
	assert_int_equal(rows, 100000);
	assert_true(sum == INT64_C(5000050000));
	assert_int_equal(bytes, 9 + 90 * 2 + 900 * 3 + 9000 * 4 + 90000 * 5 + 6);
	assert_int_equal(stream.get_next(&stream, &array), 0);
	assert_null(array.release);
	schema.release(&schema);
	stream.release(&stream);
	assert_null(stream.release);
}

static void test_kinds(void **state)
{
	struct weir_session *session = weir_session_new();
	struct ArrowArrayStream stream =
	    stream_of(session, NUMBERS "SELECT COUNT(*) AS n FROM numbers WHERE a <= 50000");
	struct ArrowSchema schema;
	struct ArrowArray array;
	int64_t balance = 0, last = 0;

	(void)state;
	assert_int_equal(stream.get_schema(&stream, &schema), 0);
	assert_int_equal(schema.n_children, 2);
	assert_string_equal(schema.children[1]->name, "$kind");
	assert_string_equal(schema.children[1]->format, "c");
	while (stream.get_next(&stream, &array) == 0 && array.release != NULL) {
		const int64_t *n = array.children[0]->buffers[1];
		const int8_t *kind = array.children[1]->buffers[1];

		for (int64_t i = 0; i < array.length; i++) {
			bool comes = kind[i] == WEIR_INSERT || kind[i] == WEIR_UPDATE_AFTER;

			balance += comes ? 1 : -1;
			last = comes ? n[i] : last;
		}
		array.release(&array);
	}
	assert_int_equal(balance, 1);
	assert_int_equal(last, 50000);
	schema.release(&schema);
	stream.release(&stream);
	weir_session_free(session);
}

static void test_failures(void **state)
{
	struct weir_session *session = weir_session_new();
	struct ArrowArrayStream stream = stream_of(
	    session, NUMBERS "SELECT CAST(CASE WHEN a = 90000 THEN 'oops' ELSE '1' END AS INT) "
			     "AS x FROM numbers");
	struct weir_error *error = NULL;
	struct ArrowArray array;
	int answer;

	(void)state;
	while ((answer = stream.get_next(&stream, &array)) == 0) {
		assert_non_null(array.release);
		array.release(&array);
	}
	assert_int_equal(answer, EIO);
	assert_null(array.release);
	assert_non_null(strstr(stream.get_last_error(&stream), "oops"));
	assert_int_equal(stream.get_next(&stream, &array), EIO);
	assert_non_null(strstr(stream.get_last_error(&stream), "oops"));
	stream.release(&stream);

	/* what Arrow has no place for */
	stream = stream_of(session, "SELECT CAST('9999-01-01 00:00:00' AS TIMESTAMP(9)) AS far");
	assert_int_equal(stream.get_next(&stream, &array), EIO);
	assert_non_null(strstr(stream.get_last_error(&stream), "Column 'far' cannot be given"));
	stream.release(&stream);

	assert_int_equal(weir_cursor_arrow(NULL, &stream, &error), WEIR_MISUSE);
	weir_error_free(error);
	weir_session_free(session);
}

/* Released in the middle, or before anything was read; what was taken lives on. */
static void test_early_release(void **state)
{
	struct weir_session *session = weir_session_new();
	struct ArrowArray taken[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct ArrowArrayStream stream =
		    stream_of(session, NUMBERS "SELECT a, CAST(a AS STRING) AS t FROM numbers");

		taken[i].release = NULL;
		if (i % 4 != 0)
			assert_int_equal(stream.get_next(&stream, &taken[i]), 0);
		stream.release(&stream);
	}
	weir_session_free(session);
	for (int i = 0; i < 8; i++) {
		if (taken[i].release == NULL)
			continue;
		assert_true(((const int64_t *)taken[i].children[0]->buffers[1])[0] >= 1);
		assert_in_range(((const char *)taken[i].children[1]->buffers[2])[0], '0', '9');
		taken[i].release(&taken[i]);
	}
}

/* What the callback of batches hears, as record batches. */
struct heard {
	int64_t rows, sum;
};

static int on_batch(void *user, const struct weir_batch *batch)
{
	struct heard *heard = user;
	struct ArrowSchema schema;
	struct ArrowArray array;

	assert_int_equal(weir_result_arrow(weir_batch_result(batch), &schema, NULL), WEIR_OK);
	assert_int_equal(weir_batch_arrow(batch, &array, NULL), WEIR_OK);
	assert_int_equal(schema.n_children, array.n_children);
	assert_int_equal(array.length, weir_batch_rows(batch));
	for (int64_t i = 0; i < array.length; i++)
		heard->sum += ((const int64_t *)array.children[0]->buffers[1])[i];
	heard->rows += array.length;
	array.release(&array);
	schema.release(&schema);
	return 0;
}

static void test_batches(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};
	struct weir_handler handler = {.size = sizeof handler, .batch = on_batch, .user = &heard};
	struct weir_error *error = NULL;

	(void)state;
	if (weir_execute(session, NUMBERS "SELECT a FROM numbers WHERE a % 2 = 0", &handler,
			 &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	assert_int_equal(heard.rows, 50000);
	assert_true(heard.sum == INT64_C(2500050000));
	weir_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stream),   cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_failures), cmocka_unit_test(test_early_release),
	    cmocka_unit_test(test_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
