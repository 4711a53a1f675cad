/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow - tests: batches of every type through Arrow and back, what is shared and who releases it,
 * slices and moved children, selections, constants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/arrow_export.h"
#include "data/arrow_import.h"
#include "data/decimal.h"
#include "arrow_values.h"

#define ROWS      77u
#define TYPES_MAX (RANDOM_TYPES_MAX + 10)

static void free_schema(struct ArrowSchema *schema)
{
	if (schema->release != NULL)
		schema->release(schema);
}

/* Fails with the message of a status. */
static void good(wr_status *status)
{
	if (status != NULL)
		fail_msg("%s", status->text);
}

static struct wr_arena *open_arena(void)
{
	struct wr_arena *arena = wr_malloc(sizeof *arena);

	wr_arena_init(arena);
	return arena;
}

static void close_arena(struct wr_arena *arena)
{
	wr_arena_release(arena);
	wr_free(arena);
}

/* A batch of a column of each type. */
static struct wr_batch *batch_of(struct wr_column *const *columns, uint32_t count, uint32_t rows)
{
	struct wr_batch *batch = wr_batch_new(count, rows);

	for (uint32_t c = 0; c < count; c++)
		batch->column[c] = wr_column_ref(columns[c]);
	return batch;
}

/* Through Arrow and back: row i is row `index[i]` of the batch (NULL: i). */
static void check_trip(const struct wr_batch *batch, const struct wr_schema *schema,
		       const uint32_t *index, bool kinds)
{
	struct ArrowSchema arrow_schema;
	struct ArrowArray array;
	struct wr_batch *back;

	wr_arrow_export_schema(schema, kinds, &arrow_schema);
	good(wr_arrow_export(batch, schema, kinds, &array));
	assert_int_equal(array.length, wr_batch_count(batch));
	good(wr_arrow_import(&array, &arrow_schema, schema, NULL, &back));
	assert_null(array.release);
	free_schema(&arrow_schema);
	assert_int_equal(back->rows, wr_batch_count(batch));
	for (uint32_t c = 0; c < schema->count; c++) {
		for (uint32_t i = 0; i < back->rows; i++) {
			uint32_t row = index != NULL ? index[i] : i;

			if (!wr_value_equal(back->column[c], i, batch->column[c], row))
				fail_msg("row %u of column %s differs", i, schema->field[c].name);
		}
	}
	for (uint32_t i = 0; kinds && i < back->rows; i++)
		assert_int_equal(wr_batch_kind(back, i),
				 wr_batch_kind(batch, index != NULL ? index[i] : i));
	wr_batch_free(back);
}

/* A schema of every type; the fields are named by number. */
static struct wr_schema schema_of(struct wr_arena *arena, const struct wr_type **types,
				  uint32_t count)
{
	struct wr_schema schema = {.count = count};

	schema.field = wr_arena_alloc(arena, count * sizeof *schema.field);
	for (uint32_t c = 0; c < count; c++) {
		char name[16];

		snprintf(name, sizeof name, "c%u", c);
		schema.field[c] = (struct wr_field){wr_arena_strdup(arena, name), types[c]};
	}
	return schema;
}

static void every_type(void **state)
{
	struct wr_arena *arena = open_arena();
	const struct wr_type *types[TYPES_MAX];
	uint32_t count = arrow_types(arena, types);
	struct wr_schema schema = schema_of(arena, types, count);
	struct wr_column *columns[TYPES_MAX], *slices[TYPES_MAX];
	uint32_t index[ROWS];
	uint64_t seed = 1;

	(void)state;
	for (int nulls = 0; nulls <= 10; nulls += 5) {
		for (uint32_t c = 0; c < count; c++) {
			columns[c] = arrow_column(types[c], ROWS, nulls, &seed);
			slices[c] = wr_column_slice(columns[c], 13, 40);
		}
		struct wr_batch *batch = batch_of(columns, count, ROWS);
		struct wr_batch *slice = batch_of(slices, count, 40);

		check_trip(batch, &schema, NULL, false);
		check_trip(slice, &schema, NULL, false);
		batch->sel = wr_malloc(ROWS * sizeof *batch->sel);
		for (uint32_t i = 1; i < ROWS; i += 1 + i % 3) {
			index[batch->sel_count] = i;
			batch->sel[batch->sel_count++] = i;
		}
		for (uint32_t i = 0; i < ROWS; i++)
			wr_batch_kinds(batch)[i] = i % 4;
		check_trip(batch, &schema, index, true);
		batch->sel_count = 0;
		check_trip(batch, &schema, index, true);
		wr_batch_free(batch);
		wr_batch_free(slice);
		for (uint32_t c = 0; c < count; c++) {
			wr_column_unref(columns[c]);
			wr_column_unref(slices[c]);
		}
	}
	close_arena(arena);
}

/* Constants, NULL ones among them, and lists whose spans lie crosswise. */
static void constants_and_gathered(void **state)
{
	struct wr_arena *arena = open_arena();
	const struct wr_type *types[TYPES_MAX];
	uint32_t count = arrow_types(arena, types);
	struct wr_schema schema = schema_of(arena, types, count);
	struct wr_column *constant[TYPES_MAX], *null[TYPES_MAX], *crossed[TYPES_MAX];
	uint32_t index[ROWS];
	uint64_t seed = 2;

	(void)state;
	for (uint32_t i = 0; i < ROWS; i++)
		index[i] = (uint32_t)(random_next(&seed) % 20);
	for (uint32_t c = 0; c < count; c++) {
		struct wr_column *column = arrow_column(types[c], 20, 3, &seed);
		struct wr_column *one = wr_column_slice(column, 5, 1);

		constant[c] = wr_column_gather(one, (uint32_t[]){0}, 1);
		wr_column_make_const(constant[c]);
		null[c] =
		    types[c]->nullable ? wr_column_null(types[c]) : wr_column_ref(constant[c]);
		crossed[c] = wr_column_gather(column, index, ROWS);
		wr_column_unref(column);
		wr_column_unref(one);
	}
	struct wr_column **sets[] = {constant, null, crossed};
	for (uint32_t s = 0; s < 3; s++) {
		struct wr_batch *batch = batch_of(sets[s], count, ROWS);

		check_trip(batch, &schema, NULL, false);
		wr_batch_free(batch);
		for (uint32_t c = 0; c < count; c++)
			wr_column_unref(sets[s][c]);
	}
	close_arena(arena);
}

/* What has our layout goes out and comes back without a copy, and lives as long as anyone holds
 * it. */
static void layouts_are_shared(void **state)
{
	struct wr_field fields[] = {{"a", &WR_T_BIGINT}, {"b", &WR_T_STRING}};
	struct wr_schema schema = {2, fields};
	struct ArrowSchema arrow_schema;
	struct ArrowArray array;
	struct wr_batch *back;
	uint64_t seed = 3;
	struct wr_batch *batch = wr_batch_new(2, ROWS);

	(void)state;
	batch->column[0] = arrow_column(&WR_T_BIGINT, ROWS, 3, &seed);
	batch->column[1] = arrow_column(&WR_T_STRING, ROWS, 3, &seed);
	const void *data = batch->column[0]->data;
	wr_arrow_export_schema(&schema, false, &arrow_schema);
	good(wr_arrow_export(batch, &schema, false, &array));
	wr_batch_free(batch); /* the array holds what it needs */
	assert_ptr_equal(array.children[0]->buffers[1], data);
	const char *bytes = array.children[1]->buffers[2];
	size_t size = (size_t)((const int32_t *)array.children[1]->buffers[1])[ROWS];
	good(wr_arrow_import(&array, &arrow_schema, &schema, NULL, &back));
	assert_ptr_equal(back->column[0]->data, data);
	for (uint32_t i = 0; i < ROWS; i++) {
		const struct wr_view *view = &WR_DATA(back->column[1], struct wr_view)[i];

		if (view->len > WR_VIEW_INLINE)
			assert_true(view->u.ref.ptr >= bytes && view->u.ref.ptr < bytes + size);
	}
	free_schema(&arrow_schema);
	wr_batch_free(back);
}

/* What is cut from an import outlives it, with its kinds, and still shares. */
static void imports_are_cut(void **state)
{
	struct wr_arena *arena = open_arena();
	const struct wr_type *types[TYPES_MAX];
	uint32_t count = arrow_types(arena, types);
	struct wr_schema schema = schema_of(arena, types, count);
	struct wr_batch *batch = wr_batch_new(count, ROWS), *back, *cut[4];
	struct ArrowSchema arrow_schema;
	struct ArrowArray array;
	uint64_t seed = 6;

	(void)state;
	for (uint32_t c = 0; c < count; c++)
		batch->column[c] = arrow_column(types[c], ROWS, 3, &seed);
	for (uint32_t i = 0; i < ROWS; i++)
		wr_batch_kinds(batch)[i] = i % 4;
	wr_arrow_export_schema(&schema, true, &arrow_schema);
	good(wr_arrow_export(batch, &schema, true, &array));
	good(wr_arrow_import(&array, &arrow_schema, &schema, NULL, &back));
	for (uint32_t i = 0; i < 4; i++)
		cut[i] = wr_batch_slice(back, i * 20, WR_MIN(20u, ROWS - i * 20));
	wr_batch_free(back);
	for (uint32_t i = 0; i < ROWS; i++) {
		const struct wr_batch *part = cut[i / 20];

		assert_int_equal(wr_batch_kind(part, i % 20), i % 4);
		for (uint32_t c = 0; c < count; c++)
			assert_true(wr_value_equal(part->column[c], i % 20, batch->column[c], i));
	}
	for (uint32_t i = 0; i < 4; i++)
		wr_batch_free(cut[i]);
	free_schema(&arrow_schema);
	wr_batch_free(batch);
	close_arena(arena);
}

/* A child that was moved out outlives its parent; the parent does not release it. */
static void children_move_out(void **state)
{
	const struct wr_type *types[] = {&WR_T_STRING, &WR_T_BIGINT};
	struct wr_arena *arena = open_arena();
	struct wr_schema schema = schema_of(arena, types, 2);
	struct ArrowSchema arrow_schema, child_schema;
	struct ArrowArray array, child;
	uint64_t seed = 4;
	struct wr_batch *batch = wr_batch_new(2, ROWS);

	(void)state;
	for (uint32_t c = 0; c < 2; c++)
		batch->column[c] = arrow_column(types[c], ROWS, 0, &seed);
	wr_arrow_export_schema(&schema, false, &arrow_schema);
	good(wr_arrow_export(batch, &schema, false, &array));
	child = *array.children[0];
	array.children[0]->release = NULL;
	child_schema = *arrow_schema.children[1];
	arrow_schema.children[1]->release = NULL;
	array.release(&array);
	arrow_schema.release(&arrow_schema);
	assert_null(array.release);
	assert_string_equal(child_schema.format, "l");
	assert_string_equal(child_schema.name, "c1");
	const int32_t *offsets = child.buffers[1];
	const struct wr_view *view = &WR_DATA(batch->column[0], struct wr_view)[9];
	assert_int_equal(offsets[10] - offsets[9], view->len);
	assert_memory_equal((const char *)child.buffers[2] + offsets[9], wr_view_data(view),
			    view->len);
	child.release(&child);
	child_schema.release(&child_schema);
	wr_batch_free(batch);
	close_arena(arena);
}

/* The formats that other programs see. */
static void formats(void **state)
{
	struct wr_arena *arena = open_arena();
	const struct wr_type *types[] = {&WR_T_NULL,
					 &WR_T_BOOLEAN,
					 &WR_T_SMALLINT,
					 &WR_T_INT_NN,
					 &WR_T_FLOAT,
					 wr_type_decimal(arena, 12, 3),
					 &WR_T_STRING,
					 &WR_T_BYTES,
					 &WR_T_DATE,
					 &WR_T_TIME,
					 wr_type_precision(arena, WR_TIMESTAMP, 0),
					 &WR_T_TIMESTAMP3,
					 wr_type_precision(arena, WR_TIMESTAMP, 4),
					 &WR_T_TIMESTAMP9,
					 &WR_T_LTZ6,
					 &WR_T_INTERVAL_MONTH,
					 &WR_T_INTERVAL_DAY,
					 wr_type_array(arena, &WR_T_INT),
					 wr_type_map(arena, &WR_T_STRING, &WR_T_INT),
					 wr_type_multiset(arena, &WR_T_STRING)};
	const char *want[] = {
	    "n",    "b",    "s",    "i",    "f",       "d:12,3", "u",   "z",  "tdD", "ttm",
	    "tss:", "tsm:", "tsu:", "tsn:", "tsu:UTC", "tin",    "tDm", "+l", "+m",  "+m"};
	struct wr_schema schema = schema_of(arena, types, WR_COUNT(types));
	struct ArrowSchema out;

	(void)state;
	wr_arrow_export_schema(&schema, true, &out);
	assert_string_equal(out.format, "+s");
	assert_int_equal(out.n_children, WR_COUNT(types) + 1);
	for (uint32_t i = 0; i < WR_COUNT(types); i++) {
		assert_string_equal(out.children[i]->format, want[i]);
		assert_int_equal(out.children[i]->flags, i == 3 ? 0 : ARROW_FLAG_NULLABLE);
	}
	assert_string_equal(out.children[WR_COUNT(types)]->name, "$kind");
	const struct ArrowSchema *entries = out.children[18]->children[0];
	assert_int_equal(entries->flags, 0);
	assert_int_equal(entries->children[0]->flags, 0);
	assert_int_equal(entries->children[1]->flags, ARROW_FLAG_NULLABLE);
	out.release(&out);
	close_arena(arena);
}

/* What Arrow has no place for is a mistake that names the column. */
static void beyond_arrow(void **state)
{
	struct wr_arena *arena = open_arena();
	const struct wr_type *types[] = {&WR_T_TIMESTAMP9,
					 wr_type_map(arena, &WR_T_STRING, &WR_T_INT)};
	static const char *const want[] = {
	    "Column 'c0' cannot be given to Arrow: a timestamp is beyond 64 bits of nanoseconds "
	    "(years 1677 to 2262): cast it to a precision of 6",
	    "Column 'c1' cannot be given to Arrow: the key of one of its maps is NULL, which "
	    "Arrow's keys are not"};
	uint64_t seed = 5;

	(void)state;
	for (uint32_t bad = 0; bad < 2; bad++) {
		struct wr_schema schema = schema_of(arena, types, 2);
		struct wr_batch *batch = wr_batch_new(2, 3);
		struct ArrowArray array;

		for (uint32_t c = 0; c < 2; c++) {
			struct wr_builder *builder = wr_builder_new(types[c], 3);

			arrow_value(builder, 0, &seed);
			if (c == 0) {
				wr_builder_i128(builder, bad == 0 ? (wr_i128)1 << 64 : 1);
			} else {
				wr_builder_null(builder->child[0]);
				wr_builder_null(builder->child[1]);
				wr_builder_list(builder, 1);
			}
			wr_builder_null(builder);
			batch->column[c] = wr_builder_finish(builder);
			wr_builder_free(builder);
		}
		wr_status *status = wr_arrow_export(batch, &schema, false, &array);
		assert_non_null(status);
		assert_string_equal(status->text, want[bad]);
		wr_status_free(status);
		wr_batch_free(batch);
	}
	close_arena(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type),
	    cmocka_unit_test(constants_and_gathered),
	    cmocka_unit_test(layouts_are_shared),
	    cmocka_unit_test(children_move_out),
	    cmocka_unit_test(formats),
	    cmocka_unit_test(imports_are_cut),
	    cmocka_unit_test(beyond_arrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
