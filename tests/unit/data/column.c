/* SPDX-License-Identifier: Apache-2.0
 *
 * column - tests: gather, slice, flatten, concat and retype of every layout, hashes and
 * comparisons, batches, builders.
 *
 * The columns come from data/tests' own generator (random_column.h): every type, nested, with NULLs
 * and without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/batch.h"
#include "random_column.h"

#define ROWS 97u

static void assert_same(const struct wr_column *a, uint32_t row_a, const struct wr_column *b,
			uint32_t row_b)
{
	if (!wr_value_equal(a, row_a, b, row_b))
		fail_msg("row %u differs from row %u", row_a, row_b);
}

static void check_gather(struct wr_column *column, uint64_t *seed)
{
	uint32_t index[2 * ROWS];

	for (uint32_t i = 0; i < 2 * ROWS; i++)
		index[i] = (uint32_t)(random_next(seed) % ROWS);
	struct wr_column *out = wr_column_gather(column, index, 2 * ROWS);
	for (uint32_t i = 0; i < 2 * ROWS; i++)
		assert_same(out, i, column, index[i]);
	/* the copy stays good when its source goes */
	struct wr_column *again = wr_column_gather(out, index, ROWS);
	wr_column_unref(out);
	for (uint32_t i = 0; i < ROWS; i++)
		assert_same(again, i, column, index[index[i]]);
	wr_column_unref(again);
}

static void check_slices(struct wr_column *column)
{
	struct wr_column *part = wr_column_slice(column, 10, 50);
	struct wr_column *inner = wr_column_slice(part, 5, 20);

	wr_column_unref(part);
	assert_int_equal(inner->len, 20);
	for (uint32_t i = 0; i < 20; i++)
		assert_same(inner, i, column, 15 + i);
	struct wr_column *none = wr_column_slice(column, ROWS, 0);
	assert_int_equal(none->len, 0);
	wr_column_unref(none);
	wr_column_unref(inner);
}

/* A constant made of one row. */
static struct wr_column *constant_of(struct wr_column *column, uint32_t row)
{
	struct wr_builder *builder = wr_builder_new(column->type, 1);

	wr_builder_append(builder, column, row);
	struct wr_column *constant = wr_builder_finish(builder);
	wr_builder_free(builder);
	wr_column_make_const(constant);
	return constant;
}

static void check_concat(struct wr_column *column)
{
	struct wr_column *constant = constant_of(column, 3);
	struct wr_column *null = wr_column_null(column->type);
	struct wr_column *slice = wr_column_slice(column, 20, 30);
	struct wr_column *parts[] = {slice, constant, null, column};
	uint32_t lens[] = {30, 4, 2, ROWS};
	struct wr_column *out = wr_column_concat(parts, lens, 4);

	assert_int_equal(out->len, 36 + ROWS);
	for (uint32_t i = 0; i < 30; i++)
		assert_same(out, i, column, 20 + i);
	for (uint32_t i = 30; i < 34; i++)
		assert_same(out, i, column, 3);
	assert_false(wr_column_is_valid(out, 34));
	assert_false(wr_column_is_valid(out, 35));
	for (uint32_t i = 0; i < ROWS; i++)
		assert_same(out, 36 + i, column, i);
	wr_column_unref(slice);
	wr_column_unref(null);
	wr_column_unref(constant);
	wr_column_unref(out);
}

static void check_constant(struct wr_column *column)
{
	uint32_t index[5] = {0, 1, 2, 3, 4};
	struct wr_column *constant = constant_of(column, 7);
	struct wr_column *flat = wr_column_flatten(constant, 9);
	struct wr_column *gathered = wr_column_gather(constant, index, 5);

	assert_int_equal(flat->len, 9);
	assert_false(flat->is_const);
	for (uint32_t i = 0; i < 9; i++) {
		assert_same(flat, i, column, 7);
		assert_same(constant, i, column, 7);
		assert_same(gathered, i, column, 7);
	}
	struct wr_column *same = wr_column_flatten(flat, 9);
	assert_ptr_equal(same, flat);
	wr_column_unref(same);
	wr_column_unref(gathered);
	wr_column_unref(flat);
	wr_column_unref(constant);
}

/* Equal rows hash equally, alone or in a batch, dense or constant; the order is total. */
static void check_hash_and_order(struct wr_column *column, uint64_t *seed)
{
	uint64_t hash[ROWS], moved[ROWS], single[1] = {17};
	uint32_t index[ROWS];

	for (uint32_t i = 0; i < ROWS; i++) {
		index[i] = (uint32_t)(random_next(seed) % ROWS);
		hash[i] = moved[i] = 17;
	}
	struct wr_column *shuffled = wr_column_gather(column, index, ROWS);
	wr_column_hash(column, ROWS, hash);
	wr_column_hash(shuffled, ROWS, moved);
	for (uint32_t i = 0; i < ROWS; i++)
		assert_true(hash[index[i]] == moved[i]);
	struct wr_column *constant = constant_of(column, 11);
	wr_column_hash(constant, 1, single);
	assert_true(single[0] == hash[11]);
	for (uint32_t i = 0; i + 2 < ROWS; i++) {
		int ab = wr_value_compare(column, i, column, i + 1);
		int bc = wr_value_compare(column, i + 1, column, i + 2);
		int ac = wr_value_compare(column, i, column, i + 2);
		assert_true((ab < 0) == (wr_value_compare(column, i + 1, column, i) > 0));
		if (ab <= 0 && bc <= 0)
			assert_true(ac <= 0);
		assert_true((ab == 0) == wr_value_equal(column, i, column, i + 1));
		if (ab == 0)
			assert_true(hash[i] == hash[i + 1]);
	}
	wr_column_unref(constant);
	wr_column_unref(shuffled);
}

static void check_builder(struct wr_column *column)
{
	struct wr_builder *builder = wr_builder_new(column->type, 4);
	uint32_t rows[ROWS];

	for (int round = 0; round < 2; round++) { /* finish leaves an empty builder that works */
		for (uint32_t i = 0; i < ROWS; i++) {
			rows[i] = i;
			wr_builder_append(builder, column, ROWS - 1 - i);
		}
		wr_builder_append_rows(builder, column, rows, ROWS);
		wr_builder_null(builder);
		struct wr_column *out = wr_builder_finish(builder);
		assert_int_equal(out->len, 2 * ROWS + 1);
		for (uint32_t i = 0; i < ROWS; i++) {
			assert_same(out, i, column, ROWS - 1 - i);
			assert_same(out, ROWS + i, column, i);
		}
		assert_false(wr_column_is_valid(out, 2 * ROWS));
		wr_column_unref(out);
	}
	wr_builder_append(builder, column, 0);
	wr_builder_reset(builder);
	struct wr_column *empty = wr_builder_finish(builder);
	assert_int_equal(empty->len, 0);
	wr_column_unref(empty);
	wr_builder_free(builder);
}

static void every_type(void **state)
{
	struct wr_arena arena;
	const struct wr_type *types[RANDOM_TYPES_MAX];
	uint64_t seed = 7;

	(void)state;
	wr_arena_init(&arena);
	uint32_t count = random_types(&arena, types);
	for (uint32_t t = 0; t < count; t++) {
		for (int nulls = 0; nulls <= 3; nulls += 3) {
			struct wr_column *column = random_column(types[t], ROWS, nulls, &seed);
			check_gather(column, &seed);
			check_slices(column);
			check_concat(column);
			check_constant(column);
			check_hash_and_order(column, &seed);
			check_builder(column);
			wr_column_unref(column);
		}
	}
	wr_arena_release(&arena);
}

static void special_doubles_are_equal(void **state)
{
	struct wr_column *column = wr_column_new(&WR_T_DOUBLE, 6);
	double *data = WR_DATA(column, double);
	uint64_t hash[6] = {0};

	(void)state;
	data[0] = 0.0, data[1] = -0.0, data[2] = NAN, data[3] = -NAN, data[4] = INFINITY,
	data[5] = 1;
	wr_column_hash(column, 6, hash);
	assert_true(wr_value_equal(column, 0, column, 1) && hash[0] == hash[1]);
	assert_true(wr_value_equal(column, 2, column, 3) && hash[2] == hash[3]);
	assert_true(wr_value_compare(column, 2, column, 4) > 0);
	assert_true(wr_value_compare(column, 4, column, 5) > 0);
	wr_column_unref(column);
}

static void views_compare_by_bytes(void **state)
{
	static const char *const order[] = {
	    "",   "a", "aa",       "aaaaaaaaaaaa",    "aaaaaaaaaaaaa", "aaaaaaaaaaaab",
	    "ab", "b", "\xc3\xa9", "\xf0\x9f\x98\x80"};

	(void)state;
	for (size_t i = 0; i < WR_COUNT(order); i++) {
		for (size_t j = 0; j < WR_COUNT(order); j++) {
			char *copy = wr_strdup(order[j]); /* another address */
			struct wr_view a = wr_view_of(order[i], (uint32_t)strlen(order[i]));
			struct wr_view b = wr_view_of(copy, (uint32_t)strlen(copy));
			int got = wr_view_compare(&a, &b);
			assert_int_equal((got > 0) - (got < 0), (i > j) - (i < j));
			assert_int_equal(wr_view_equal(&a, &b), i == j);
			wr_free(copy);
		}
	}
}

static void string_results(void **state)
{
	struct wr_column *column = wr_column_new(&WR_T_STRING, 1000);
	struct wr_strout out;
	char text[64];

	(void)state;
	wr_strout_init(&out, column);
	for (uint32_t i = 0; i < 1000; i++) {
		int len = snprintf(text, sizeof text, "%0*u", (int)(i % 40 + 4), i);
		if (i % 2 == 0) {
			memcpy(wr_strout_reserve(&out, 64), text, (size_t)len);
			wr_strout_commit(&out, i, (uint32_t)len);
		} else {
			wr_strout_put(&out, i, text, (uint32_t)len);
		}
	}
	for (uint32_t i = 0; i < 1000; i++) {
		int len = snprintf(text, sizeof text, "%0*u", (int)(i % 40 + 4), i);
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[i];
		assert_int_equal(view->len, len);
		assert_memory_equal(wr_view_data(view), text, (size_t)len);
	}
	wr_column_unref(column);
}

static void batches(void **state)
{
	struct wr_batch *batch = wr_batch_new(3, 10);
	struct wr_column *column = wr_column_new(&WR_T_BIGINT, 10);

	(void)state;
	batch->column[0] = column;
	batch->column[2] = wr_column_null(&WR_T_STRING); /* [1]: nobody reads it */
	batch->row_watermark = wr_calloc(10, sizeof(int64_t));
	batch->hash = wr_calloc(10, sizeof(uint64_t));
	for (uint32_t i = 0; i < 10; i++) {
		WR_DATA(column, int64_t)[i] = i;
		batch->row_watermark[i] = 100 + i;
		batch->hash[i] = 200 + i;
	}
	wr_batch_kinds(batch)[4] = WR_DELETE;
	batch->sel = wr_calloc(3, sizeof(uint32_t));
	batch->sel_count = 3;
	batch->sel[0] = 1, batch->sel[1] = 4, batch->sel[2] = 9;
	assert_int_equal(wr_batch_count(batch), 3);
	assert_int_equal(wr_batch_row(batch, 2), 9);
	wr_batch_compact(batch);
	assert_null(batch->sel);
	assert_int_equal(batch->rows, 3);
	assert_null(batch->column[1]);
	assert_int_equal(WR_DATA(batch->column[0], int64_t)[1], 4);
	assert_int_equal(wr_batch_kind(batch, 1), WR_DELETE);
	assert_int_equal(wr_batch_kind(batch, 2), WR_INSERT);
	assert_int_equal(wr_batch_watermark(batch, 2), 109);
	assert_int_equal(batch->hash[0], 201);
	assert_false(wr_column_is_valid(batch->column[2], 2));
	assert_string_equal(wr_row_kind_str(WR_UPDATE_BEFORE), "-U");
	wr_batch_free(batch);
}

static void retyping_shares_data(void **state)
{
	struct wr_column *column = wr_column_new(&WR_T_TIMESTAMP3, 4);

	(void)state;
	WR_DATA(column, int64_t)[2] = 5;
	wr_column_validity(column)[1] = 0;
	struct wr_column *other = wr_column_retype(column, &WR_T_BIGINT);
	assert_ptr_equal(other->data, column->data);
	wr_column_unref(column);
	assert_int_equal(WR_DATA(other, int64_t)[2], 5);
	assert_false(wr_column_is_valid(other, 1));
	wr_column_unref(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type),
	    cmocka_unit_test(special_doubles_are_equal),
	    cmocka_unit_test(views_compare_by_bytes),
	    cmocka_unit_test(string_results),
	    cmocka_unit_test(batches),
	    cmocka_unit_test(retyping_shares_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
