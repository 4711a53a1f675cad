/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of kafka_splits: the bytes of a position come back as they were, and damaged ones are
 * refused.
 */
#include "connectors/kafka_source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"

/* A source with nothing but splits. */
static struct wr_source *source_new(void)
{
	static const struct wr_connector_args args = {.table = "t"};
	struct wr_source *source = wr_calloc(1, sizeof *source);

	source->args = &args;
	wr_arena_init(&source->arena);
	pthread_mutex_init(&source->lock, NULL);
	return source;
}

static void source_free(struct wr_source *source)
{
	wr_kafka_splits_release(source);
	pthread_mutex_destroy(&source->lock);
	wr_arena_release(&source->arena);
	wr_free(source);
}

/* A position of three splits, one of which has ended. */
static void make(struct wr_text *out)
{
	struct wr_source *source = source_new();

	source->started = true;
	source->index = 300;
	wr_kafka_split_add(source, "a", 0, 0, WR_KAFKA_NO_OFFSET);
	wr_kafka_split_add(source, "b", 7, INT64_MAX - 1, INT64_MAX - 1)->ended = true;
	wr_kafka_split_add(source, "a", 1, 1234567, 2000000);
	assert_null(wr_kafka_position(source, out));
	source_free(source);
}

static void test_comes_back(void **state)
{
	struct wr_source *source = source_new();
	struct wr_text bytes, again, words;

	wr_text_init(&bytes);
	wr_text_init(&again);
	wr_text_init(&words);
	make(&bytes);
	assert_null(wr_kafka_seek(source, bytes.data, bytes.len));
	assert_true(source->restored);
	assert_int_equal(source->index, 300);
	assert_int_equal(source->split_count, 3);
	assert_int_equal(source->live_count, 2);
	assert_ptr_equal(source->split[0]->topic, source->split[2]->topic);
	assert_ptr_equal(wr_kafka_split_find(source, "a", 1), source->split[2]);
	assert_null(wr_kafka_split_find(source, "b", 1));
	assert_int_equal(source->split[2]->end, 2000000);
	assert_int_equal(source->split[0]->end, WR_KAFKA_NO_OFFSET);
	assert_null(wr_kafka_position(source, &again));
	assert_int_equal(again.len, bytes.len);
	assert_memory_equal(again.data, bytes.data, bytes.len);
	assert_true(wr_kafka_position_text(bytes.data, bytes.len, &words));
	assert_string_equal(words.data, "a-0 offset 0, b-7 offset 9223372036854775806 (ended), "
					"a-1 offset 1234567 of 2000000");
	wr_text_release(&bytes);
	wr_text_release(&again);
	wr_text_release(&words);
	source_free(source);
}

/* A source that had not started begins by its options. */
static void test_not_started(void **state)
{
	struct wr_source *source = source_new();
	struct wr_text bytes, words;

	wr_text_init(&bytes);
	wr_text_init(&words);
	assert_null(wr_kafka_position(source, &bytes));
	assert_true(wr_kafka_position_text(bytes.data, bytes.len, &words));
	assert_string_equal(words.data, "not started");
	assert_null(wr_kafka_seek(source, bytes.data, bytes.len));
	assert_false(source->restored);
	wr_text_release(&bytes);
	wr_text_release(&words);
	source_free(source);
}

/* Cut anywhere, with more behind, of another version, with a number too large. */
static void test_damaged(void **state)
{
	struct wr_text bytes;
	char copy[128];

	wr_text_init(&bytes);
	make(&bytes);
	assert_true(bytes.len < sizeof copy);
	for (size_t len = 0; len <= bytes.len + 1; len++) {
		struct wr_source *source = source_new();
		wr_status *status;

		memset(copy, 0, sizeof copy);
		memcpy(copy, bytes.data, bytes.len);
		status = wr_kafka_seek(source, copy, len);
		assert_int_equal(status == NULL, len == bytes.len);
		if (status != NULL)
			assert_int_equal(source->split_count, 0);
		wr_status_free(status);
		source_free(source);
	}
	for (size_t i = 0; i < bytes.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			struct wr_kafka_position position;

			memcpy(copy, bytes.data, bytes.len);
			copy[i] ^= (char)(1 << bit); /* whatever comes out: no access beyond */
			(void)wr_kafka_position_read((struct wr_str){copy, bytes.len}, &position,
						     NULL, NULL);
		}
	wr_text_release(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_comes_back),
	    cmocka_unit_test(test_not_started),
	    cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
