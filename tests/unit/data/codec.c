/* SPDX-License-Identifier: Apache-2.0
 *
 * codec - tests: round trips of every type, canonical bytes, batches equal single rows, damaged
 * bytes are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/codec.h"
#include "random_column.h"

#define ROWS 60u

struct fixture {
	struct wr_arena arena; /* of types and codec */
	const struct wr_type *types[RANDOM_TYPES_MAX];
	uint32_t count;        /* types */
	struct wr_codec codec; /* over columns of all types */
	struct wr_column *column[RANDOM_TYPES_MAX];
	struct wr_builder *builder[RANDOM_TYPES_MAX];
	struct wr_encoded encoded; /* all rows */
};

static int setup(void **state)
{
	struct fixture *f = wr_calloc(1, sizeof *f);
	uint64_t seed = 99;

	wr_arena_init(&f->arena);
	f->count = random_types(&f->arena, f->types);
	wr_codec_init(&f->codec, &f->arena, f->types, f->count);
	for (uint32_t i = 0; i < f->count; i++) {
		f->column[i] = random_column(f->types[i], ROWS, i % 2 ? 2 : 0, &seed);
		f->builder[i] = wr_builder_new(f->types[i], 1);
	}
	wr_encoded_init(&f->encoded);
	wr_codec_encode_batch(&f->codec, &f->encoded, f->column, NULL, ROWS);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 0; i < f->count; i++) {
		wr_column_unref(f->column[i]);
		wr_builder_free(f->builder[i]);
	}
	wr_encoded_release(&f->encoded);
	wr_arena_release(&f->arena);
	wr_free(f);
	return 0;
}

static void rows_round_trip(void **state)
{
	struct fixture *f = *state;
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t row = 0; row < ROWS; row++)
		wr_codec_encode(&f->codec, &text, f->column, row);
	/* a batch gives the same bytes */
	assert_int_equal(text.len, f->encoded.bytes.len);
	assert_memory_equal(text.data, f->encoded.bytes.data, text.len);
	const char *at = text.data;
	const char *end = text.data + text.len;
	for (uint32_t row = 0; row < ROWS; row++) {
		uint32_t len;
		wr_encoded_row(&f->encoded, row, &len);
		assert_int_equal(wr_codec_row_len(&f->codec, at, end), len);
		const char *next = wr_codec_decode(&f->codec, at, end, f->builder);
		assert_ptr_equal(next, at + len);
		at = next;
	}
	assert_ptr_equal(at, end);
	for (uint32_t i = 0; i < f->count; i++) {
		struct wr_column *back = wr_builder_finish(f->builder[i]);
		assert_int_equal(back->len, ROWS);
		for (uint32_t row = 0; row < ROWS; row++)
			assert_true(wr_value_equal(back, row, f->column[i], row));
		wr_column_unref(back);
	}
	wr_text_release(&text);
}

/* Bytes are equal exactly when values are, for each type alone. */
static void bytes_are_canonical(void **state)
{
	struct fixture *f = *state;

	for (uint32_t t = 0; t < f->count; t++) {
		struct wr_codec codec;
		struct wr_encoded encoded;
		wr_codec_init(&codec, &f->arena, &f->types[t], 1);
		wr_encoded_init(&encoded);
		wr_codec_encode_batch(&codec, &encoded, &f->column[t], NULL, ROWS);
		for (uint32_t i = 0; i < ROWS; i++) {
			for (uint32_t j = 0; j < ROWS; j++) {
				uint32_t li, lj;
				const char *a = wr_encoded_row(&encoded, i, &li);
				const char *b = wr_encoded_row(&encoded, j, &lj);
				bool same = li == lj && memcmp(a, b, li) == 0;
				assert_int_equal(same,
						 wr_value_equal(f->column[t], i, f->column[t], j));
				if (same)
					assert_true(wr_codec_hash(a, li) == wr_codec_hash(b, lj));
			}
			if (codec.fixed_size != 0)
				assert_int_equal(encoded.offset[i + 1] - encoded.offset[i],
						 codec.fixed_size);
		}
		wr_encoded_release(&encoded);
	}
}

static void picked_rows_and_constants(void **state)
{
	struct fixture *f = *state;
	uint32_t pick[] = {5, 5, 59, 0};
	struct wr_encoded encoded;
	struct wr_column *column[RANDOM_TYPES_MAX];
	struct wr_text text;

	wr_encoded_init(&encoded);
	wr_text_init(&text);
	for (uint32_t i = 0; i < f->count; i++)
		column[i] = i % 3 == 0 ? wr_column_null(f->types[i]) : wr_column_ref(f->column[i]);
	wr_codec_encode_batch(&f->codec, &encoded, column, pick, 4);
	for (uint32_t i = 0; i < 4; i++)
		wr_codec_encode(&f->codec, &text, column, pick[i]);
	assert_int_equal(text.len, encoded.bytes.len);
	assert_memory_equal(text.data, encoded.bytes.data, text.len);
	wr_codec_encode_batch(&f->codec, &encoded, column, pick, 0); /* reuse, and none at all */
	assert_int_equal(encoded.bytes.len, 0);
	for (uint32_t i = 0; i < f->count; i++)
		wr_column_unref(column[i]);
	wr_text_release(&text);
	wr_encoded_release(&encoded);
}

static void zeros_and_nan_are_one(void **state)
{
	struct fixture *f = *state;
	struct wr_column *column = wr_column_new(&WR_T_DOUBLE, 4);
	const struct wr_type *type = &WR_T_DOUBLE;
	struct wr_codec codec;
	struct wr_encoded e;
	double *data = WR_DATA(column, double);

	data[0] = 0.0, data[1] = -0.0, data[2] = NAN, data[3] = -NAN;
	wr_codec_init(&codec, &f->arena, &type, 1);
	wr_encoded_init(&e);
	wr_codec_encode_batch(&codec, &e, &column, NULL, 4);
	assert_int_equal(codec.fixed_size, 9);
	assert_memory_equal(e.bytes.data, e.bytes.data + 9, 9);
	assert_memory_equal(e.bytes.data + 18, e.bytes.data + 27, 9);
	wr_encoded_release(&e);
	wr_column_unref(column);
}

/* Cut anywhere or with any byte changed: refused or read, but never beyond the end (the sanitizer
 * watches). */
static void damage_is_noticed(void **state)
{
	struct fixture *f = *state;
	uint32_t len;
	const char *row = wr_encoded_row(&f->encoded, 1, &len);

	for (uint32_t cut = 0; cut < len; cut++) {
		char *copy = test_malloc(cut + 1);
		memcpy(copy, row, cut);
		assert_int_equal(wr_codec_row_len(&f->codec, copy, copy + cut), 0);
		assert_null(wr_codec_decode(&f->codec, copy, copy + cut, f->builder));
		for (uint32_t i = 0; i < f->count; i++)
			wr_builder_reset(f->builder[i]);
		test_free(copy);
	}
	for (uint32_t at = 0; at < len; at++) {
		char *copy = test_malloc(len);
		memcpy(copy, row, len);
		copy[at] = (char)(copy[at] ^ 0xff);
		wr_codec_decode(&f->codec, copy, copy + len, f->builder);
		for (uint32_t i = 0; i < f->count; i++)
			wr_builder_reset(f->builder[i]);
		test_free(copy);
	}
}

static void single_values(void **state)
{
	struct fixture *f = *state;
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t i = 0; i < f->count; i++) {
		wr_text_clear(&text);
		wr_codec_put_value(&text, f->column[i], 9);
		const char *end = text.data + text.len;
		assert_ptr_equal(wr_codec_get_value(text.data, end, f->builder[i]), end);
		struct wr_column *back = wr_builder_finish(f->builder[i]);
		assert_true(wr_value_equal(back, 0, f->column[i], 9));
		wr_column_unref(back);
	}
	wr_text_release(&text);
}

static void unwanted_columns_are_skipped(void **state)
{
	struct fixture *f = *state;
	struct wr_builder *some[RANDOM_TYPES_MAX] = {0};
	const char *at = f->encoded.bytes.data;

	some[8] = f->builder[8];
	for (uint32_t row = 0; row < ROWS; row++)
		at = wr_codec_decode(&f->codec, at, f->encoded.bytes.data + f->encoded.bytes.len,
				     some);
	struct wr_column *back = wr_builder_finish(some[8]);
	assert_int_equal(back->len, ROWS);
	assert_true(wr_value_equal(back, 33, f->column[8], 33));
	wr_column_unref(back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(rows_round_trip, setup, teardown),
	    cmocka_unit_test_setup_teardown(bytes_are_canonical, setup, teardown),
	    cmocka_unit_test_setup_teardown(picked_rows_and_constants, setup, teardown),
	    cmocka_unit_test_setup_teardown(zeros_and_nan_are_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(damage_is_noticed, setup, teardown),
	    cmocka_unit_test_setup_teardown(single_values, setup, teardown),
	    cmocka_unit_test_setup_teardown(unwanted_columns_are_skipped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
