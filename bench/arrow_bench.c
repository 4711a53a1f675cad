/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_bench - batches to Arrow and back, column by column: `arrow_bench [ROUNDS]`.
 *
 * For each type the best of ROUNDS (default 40) over 250 batches of 4,096 rows: nanoseconds of CPU
 * time a row and gigabytes of the Arrow side a second, out (wr_arrow_export with its release) and
 * in (wr_arrow_import of record batches of 1,024,000 rows, with the slices and their release).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/mem.h"
#include "data/arrow_export.h"
#include "data/arrow_import.h"
#include "data/builder.h"

#define BATCHES 250u
#define ROWS    WR_BATCH_ROWS_MAX

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* One value: number i, or a text of some length. */
static void append(struct wr_builder *builder, uint32_t i, uint32_t nulls, bool long_text)
{
	char text[64];
	int len;

	if (nulls != 0 && i % nulls == 0) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->phys) {
	case WR_P_BOOL: wr_builder_bool(builder, i % 3 == 0); break;
	case WR_P_I32: wr_builder_i32(builder, (int32_t)i); break;
	case WR_P_I64: wr_builder_i64(builder, i); break;
	case WR_P_I128: wr_builder_i128(builder, (wr_i128)i * 1000); break;
	case WR_P_F64: wr_builder_f64(builder, i); break;
	case WR_P_LIST:
		for (uint32_t e = 0; e < 4; e++)
			append(builder->child[0], i + e, 0, false);
		wr_builder_list(builder, 4);
		break;
	default:
		len = snprintf(text, sizeof text, "%s%u",
			       long_text ? "a text of about thirty bytes " : "t", i);
		wr_builder_str(builder, text, (size_t)len);
		break;
	}
}

static struct wr_column *column_of(const struct wr_type *type, uint32_t rows, uint32_t nulls,
				   bool long_text)
{
	struct wr_builder *builder = wr_builder_new(type, rows);
	struct wr_column *column;

	for (uint32_t i = 0; i < rows; i++)
		append(builder, i, nulls, long_text);
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* Bytes of the array's buffers, for one column without children or a list. */
static double bytes_of(const struct ArrowArray *array, const struct wr_type *type)
{
	double rows = (double)array->length, bytes = array->null_count != 0 ? rows / 8 : 0;

	switch (wr_type_phys(type)) {
	case WR_P_BOOL: return bytes + rows / 8;
	case WR_P_I32: return bytes + rows * 4;
	case WR_P_I128: return bytes + rows * (type->kind == WR_DECIMAL ? 16 : 8);
	case WR_P_STR:
		return bytes + rows * 4 + ((const int32_t *)array->buffers[1])[array->length];
	case WR_P_LIST: return bytes + rows * 4 + bytes_of(array->children[0], type->child[0]);
	default: return bytes + rows * 8;
	}
}

/* What a case measures. */
struct figures {
	double out, in; /* seconds of the best round */
	double bytes;   /* of Arrow's buffers */
};

static struct figures measure(const struct wr_type *type, uint32_t nulls, bool long_text,
			      int rounds)
{
	struct wr_field field = {"x", type};
	struct wr_schema schema = {1, &field};
	struct wr_batch *small = wr_batch_new(1, ROWS), *large = wr_batch_new(1, ROWS * BATCHES);
	struct figures best = {1e9, 1e9, 0};
	struct ArrowSchema arrow;
	struct ArrowArray array;

	small->column[0] = column_of(type, ROWS, nulls, long_text);
	large->column[0] = column_of(type, ROWS * BATCHES, nulls, long_text);
	wr_arrow_export_schema(&schema, false, &arrow);
	for (int round = 0; round < rounds; round++) {
		struct wr_batch *batch;
		double begin = cpu_seconds();

		for (uint32_t i = 0; i < BATCHES; i++) {
			if (wr_arrow_export(small, &schema, false, &array) != NULL)
				abort();
			array.release(&array);
		}
		best.out = WR_MIN(best.out, cpu_seconds() - begin);
		if (wr_arrow_export(large, &schema, false, &array) != NULL)
			abort();
		best.bytes = bytes_of(array.children[0], type);
		begin = cpu_seconds();
		if (wr_arrow_import(&array, &arrow, &schema, NULL, &batch) != NULL)
			abort();
		for (uint32_t i = 0; i < BATCHES; i++)
			wr_batch_free(wr_batch_slice(batch, i * ROWS, ROWS));
		wr_batch_free(batch);
		best.in = WR_MIN(best.in, cpu_seconds() - begin);
	}
	arrow.release(&arrow);
	wr_batch_free(small);
	wr_batch_free(large);
	return best;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 40;
	struct wr_arena arena;

	wr_arena_init(&arena);
	const struct {
		const char *name;           /* as printed */
		const struct wr_type *type; /* of the column */
		uint32_t nulls;             /* every so many-th is NULL; 0: none */
		bool long_text;             /* texts of 29 bytes and more */
	} cases[] = {
	    {"BIGINT", &WR_T_BIGINT, 0, false},
	    {"BIGINT, every 10th NULL", &WR_T_BIGINT, 10, false},
	    {"DOUBLE", &WR_T_DOUBLE, 0, false},
	    {"BOOLEAN", &WR_T_BOOLEAN, 0, false},
	    {"DECIMAL(12, 2)", wr_type_decimal(&arena, 12, 2), 0, false},
	    {"TIMESTAMP(3)", &WR_T_TIMESTAMP3, 0, false},
	    {"TIMESTAMP(6)", &WR_T_TIMESTAMP6, 0, false},
	    {"STRING of 2 to 8 bytes", &WR_T_STRING, 0, false},
	    {"STRING of 30 to 36 bytes", &WR_T_STRING, 0, true},
	    {"STRING of 30 to 36 bytes, every 10th NULL", &WR_T_STRING, 10, true},
	    {"ARRAY<INT> of 4", wr_type_array(&arena, &WR_T_INT), 0, false},
	};
	printf("%-45s %22s %22s\n", "", "out: ns/row    GB/s", "in: ns/row    GB/s");
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct figures f =
		    measure(cases[i].type, cases[i].nulls, cases[i].long_text, rounds);
		double rows = (double)ROWS * BATCHES;

		printf("%-45s %12.2f %9.1f %12.2f %9.1f\n", cases[i].name, f.out / rows * 1e9,
		       f.bytes / f.out * 1e-9, f.in / rows * 1e9, f.bytes / f.in * 1e-9);
	}
	wr_arena_release(&arena);
	return 0;
}
