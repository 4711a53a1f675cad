/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of pg_type: values to PostgreSQL's binary form and back, rounding, what cannot be taken,
 * and bytes that are cut off or turned over.
 */
#include "connectors/pg_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"
#include "data/decimal.h"

struct fixture {
	struct wr_arena arena;
};

static int set_up(void **state)
{
	struct fixture *fixture = wr_calloc(1, sizeof *fixture);

	wr_arena_init(&fixture->arena);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	wr_arena_release(&fixture->arena);
	wr_free(fixture);
	return 0;
}

/* Encodes every row of a column for type `oid` and decodes it again. */
static struct wr_column *there_and_back(struct wr_column *column, uint32_t rows, uint32_t oid)
{
	struct wr_pg_encoder encoder;
	struct wr_pg_decoder decoder;
	struct wr_text bytes;
	struct wr_column *back;

	assert_int_equal(wr_pg_encoder_init(&encoder, oid, false, column->type, NULL, false),
			 WR_PG_FITS);
	assert_int_equal(wr_pg_read_fit(oid, false, column->type), WR_PG_FITS);
	wr_pg_decoder_init(&decoder, oid, column->type, NULL);
	wr_pg_decoder_begin(&decoder, rows, NULL);
	wr_text_init(&bytes);
	for (uint32_t i = 0; i < rows; i++) {
		int32_t size;

		wr_text_clear(&bytes);
		assert_null(wr_pg_encode(&encoder, column, i, &bytes));
		size = (int32_t)wr_pg_get32(bytes.data);
		assert_int_equal(bytes.len, 4 + (size > 0 ? size : 0));
		assert_null(wr_pg_check(&decoder, bytes.data + 4, size));
		assert_null(wr_pg_decode(&decoder, i, bytes.data + 4, size));
	}
	wr_text_release(&bytes);
	back = wr_pg_decoder_finish(&decoder, rows);
	wr_pg_decoder_release(&decoder);
	return back;
}

/* A number of up to `digits` digits, of any length. */
static wr_i128 number(int digits)
{
	wr_i128 value = 0;
	int length = rand() % (digits + 1);

	for (int i = 0; i < length; i++)
		value = value * 10 + (rand() % 3 == 0 ? 0 : rand() % 10);
	return rand() % 2 == 0 ? value : -value;
}

static void test_decimals(void **state)
{
	struct fixture *fixture = *state;

	srand(1);
	for (int scale = 0; scale <= 38; scale++) {
		const struct wr_type *type = wr_type_decimal(&fixture->arena, 38, scale);
		struct wr_column *column = wr_column_new(type, 200), *back;

		for (uint32_t i = 0; i < 200; i++)
			WR_DATA(column, wr_i128)[i] = number(38);
		WR_DATA(column, wr_i128)[0] = wr_pow10[38] - 1;
		WR_DATA(column, wr_i128)[1] = 1 - wr_pow10[38];
		WR_DATA(column, wr_i128)[2] = 0;
		back = there_and_back(column, 200, WR_PG_NUMERIC);
		for (uint32_t i = 0; i < 200; i++)
			assert_true(WR_DATA(back, wr_i128)[i] == WR_DATA(column, wr_i128)[i]);
		wr_column_unref(column);
		wr_column_unref(back);
	}
}

/* A number of one scale read as a DECIMAL of another: as wr_decimal_rescale does. */
static void test_rounding(void **state)
{
	struct fixture *fixture = *state;
	struct wr_text bytes;

	srand(2);
	wr_text_init(&bytes);
	for (int round = 0; round < 20000; round++) {
		int from = rand() % 39, to = rand() % 39, least = 1 + rand() % 38;
		int precision = WR_MAX(to, least);
		const struct wr_type *type = wr_type_decimal(&fixture->arena, 38, from);
		const struct wr_type *other = wr_type_decimal(&fixture->arena, precision, to);
		struct wr_column *column = wr_column_new(type, 1), *back;
		struct wr_pg_encoder encoder;
		struct wr_pg_decoder decoder;
		wr_i128 want;
		bool fits;

		WR_DATA(column, wr_i128)[0] = number(38);
		fits = wr_decimal_rescale(WR_DATA(column, wr_i128)[0], from, precision, to, &want);
		wr_pg_encoder_init(&encoder, WR_PG_NUMERIC, false, type, NULL, false);
		wr_pg_decoder_init(&decoder, WR_PG_NUMERIC, other, NULL);
		wr_pg_decoder_begin(&decoder, 1, NULL);
		wr_text_clear(&bytes);
		assert_null(wr_pg_encode(&encoder, column, 0, &bytes));
		if (fits)
			assert_null(wr_pg_decode(&decoder, 0, bytes.data + 4, (int)bytes.len - 4));
		else
			assert_non_null(
			    wr_pg_decode(&decoder, 0, bytes.data + 4, (int)bytes.len - 4));
		back = wr_pg_decoder_finish(&decoder, 1);
		if (fits)
			assert_true(WR_DATA(back, wr_i128)[0] == want);
		wr_column_unref(column);
		wr_column_unref(back);
		wr_pg_decoder_release(&decoder);
	}
	wr_text_release(&bytes);
}

/* Times before and after 1970 and 2000, NULLs between them. */
static void test_times(void **state)
{
	static const int64_t ms[] = {
	    0, 1, -1, 946684800000, 946684799999, -62135596800000, 253402300799999};
	uint32_t rows = WR_COUNT(ms);
	struct wr_column *column = wr_column_new(&WR_T_TIMESTAMP3, rows), *back;

	(void)state;
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(column, int64_t)[i] = ms[i];
	wr_column_validity(column)[2] = 0;
	back = there_and_back(column, rows, WR_PG_TIMESTAMP);
	for (uint32_t i = 0; i < rows; i++) {
		assert_int_equal(wr_column_is_valid(back, i), i != 2);
		if (i != 2)
			assert_int_equal(WR_DATA(back, int64_t)[i], ms[i]);
	}
	wr_column_unref(column);
	wr_column_unref(back);
	column = wr_column_new(&WR_T_LTZ6, rows);
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(column, wr_i128)[i] = (wr_i128)ms[i] * 1000000 + 123000;
	back = there_and_back(column, rows, WR_PG_TIMESTAMPTZ);
	for (uint32_t i = 0; i < rows; i++)
		assert_true(WR_DATA(back, wr_i128)[i] == WR_DATA(column, wr_i128)[i]);
	wr_column_unref(column);
	wr_column_unref(back);
}

static void test_strings(void **state)
{
	static const char *const texts[] = {"", "short", "longer than twelve bytes",
					    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"};
	static const uint32_t oids[] = {WR_PG_TEXT, WR_PG_VARCHAR, WR_PG_JSON, WR_PG_JSONB};
	struct wr_column *column = wr_column_new(&WR_T_STRING, 4), *back, *uuid;
	struct wr_pg_encoder encoder;
	struct wr_text bytes;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		WR_DATA(column, struct wr_view)
	[i] = wr_view_of(texts[i], (uint32_t)strlen(texts[i]));
	for (uint32_t o = 0; o < WR_COUNT(oids); o++) {
		back = there_and_back(column, 4, oids[o]);
		for (uint32_t i = 0; i < 4; i++)
			assert_true(wr_view_equal(&WR_DATA(back, struct wr_view)[i],
						  &WR_DATA(column, struct wr_view)[i]));
		wr_column_unref(back);
	}
	uuid = wr_column_slice(column, 3, 1);
	back = there_and_back(uuid, 1, WR_PG_UUID);
	assert_true(
	    wr_view_equal(&WR_DATA(back, struct wr_view)[0], &WR_DATA(column, struct wr_view)[3]));
	wr_text_init(&bytes);
	wr_pg_encoder_init(&encoder, WR_PG_UUID, false, &WR_T_STRING, NULL, false);
	assert_non_null(wr_pg_encode(&encoder, column, 1, &bytes));
	assert_int_equal(bytes.len, 0);
	wr_text_release(&bytes);
	wr_column_unref(uuid);
	wr_column_unref(back);
	wr_column_unref(column);
}

static void test_fits(void **state)
{
	struct fixture *fixture = *state;
	const struct wr_type *ints = wr_type_array(&fixture->arena, &WR_T_INT);
	const struct wr_type *texts = wr_type_array(&fixture->arena, &WR_T_STRING);

	assert_int_equal(wr_pg_read_fit(WR_PG_INT8, false, &WR_T_INT), WR_PG_UNFIT);
	assert_int_equal(wr_pg_read_fit(WR_PG_INT2, false, &WR_T_BIGINT), WR_PG_FITS);
	assert_int_equal(wr_pg_read_fit(WR_PG_FLOAT8, false, &WR_T_FLOAT), WR_PG_UNFIT);
	assert_int_equal(wr_pg_read_fit(WR_PG_NUMERIC, false, &WR_T_DOUBLE), WR_PG_UNFIT);
	assert_int_equal(wr_pg_read_fit(869, false, &WR_T_STRING), WR_PG_AS_TEXT); /* inet */
	assert_int_equal(wr_pg_read_fit(90001, true, &WR_T_STRING), WR_PG_FITS);   /* an enum */
	assert_int_equal(wr_pg_read_fit(1041, false, texts), WR_PG_AS_TEXT);       /* inet[] */
	assert_int_equal(wr_pg_read_fit(wr_pg_array(WR_PG_INT2), false, ints), WR_PG_FITS);
	assert_int_equal(wr_pg_read_fit(wr_pg_array(WR_PG_INT8), false, ints), WR_PG_UNFIT);
	assert_int_equal(wr_pg_element(wr_pg_array(WR_PG_JSONB)), WR_PG_JSONB);
}

/* An array of texts with a NULL; then its bytes cut off at every place, and turned over. */
static void test_damaged_arrays(void **state)
{
	struct fixture *fixture = *state;
	const struct wr_type *type = wr_type_array(&fixture->arena, &WR_T_STRING);
	struct wr_builder *builder = wr_builder_new(type, 4);
	struct wr_pg_encoder encoder;
	struct wr_pg_decoder decoder;
	struct wr_column *column;
	struct wr_text bytes;
	int32_t size;

	wr_builder_str(builder->child[0], "a", 1);
	wr_builder_null(builder->child[0]);
	wr_builder_str(builder->child[0], "longer than twelve bytes", 24);
	wr_builder_list(builder, 3);
	column = wr_builder_finish(builder);
	wr_text_init(&bytes);
	wr_pg_encoder_init(&encoder, wr_pg_array(WR_PG_TEXT), false, type, NULL, false);
	assert_null(wr_pg_encode(&encoder, column, 0, &bytes));
	size = (int32_t)wr_pg_get32(bytes.data);
	wr_pg_decoder_init(&decoder, wr_pg_array(WR_PG_TEXT), type, NULL);
	assert_null(wr_pg_check(&decoder, bytes.data + 4, size));
	for (int32_t cut = 0; cut < size; cut++) {
		char *part = wr_malloc((size_t)cut + 1); /* so that a sanitizer sees its end */

		memcpy(part, bytes.data + 4, (size_t)cut);
		assert_non_null(wr_pg_check(&decoder, part, cut));
		wr_free(part);
	}
	for (int32_t at = 0; at < 20; at++) {
		bytes.data[4 + at] ^= 0x40;
		(void)wr_pg_check(&decoder, bytes.data + 4, size);
		bytes.data[4 + at] ^= 0x40;
	}
	wr_pg_decoder_release(&decoder);
	wr_text_release(&bytes);
	wr_column_unref(column);
	wr_builder_free(builder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_decimals, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_rounding, set_up, tear_down),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test_setup_teardown(test_fits, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_damaged_arrays, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
