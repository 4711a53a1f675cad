/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_copy - hostile values in PostgreSQL's binary form, as COPY has them: tuples of columns of
 * every type, with lengths that fit and values that need not; and tuples that are the input's
 * altogether, which are refused or read.
 */
#include "connectors/jdbc.h"
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define TYPES 24

struct kind {
	uint32_t oid;
	const struct wr_type *type;
};

static void make_kinds(struct wr_arena *arena, struct kind *kind)
{
	const struct kind all[TYPES] = {{WR_PG_BOOL, &WR_T_BOOLEAN},
					{WR_PG_INT2, &WR_T_TINYINT},
					{WR_PG_INT4, &WR_T_INT},
					{WR_PG_INT8, &WR_T_BIGINT},
					{WR_PG_INT4, wr_type_decimal(arena, 12, 2)},
					{WR_PG_FLOAT4, &WR_T_FLOAT},
					{WR_PG_FLOAT8, &WR_T_DOUBLE},
					{WR_PG_NUMERIC, wr_type_decimal(arena, 10, 2)},
					{WR_PG_NUMERIC, wr_type_decimal(arena, 38, 38)},
					{WR_PG_NUMERIC, wr_type_decimal(arena, 38, 0)},
					{WR_PG_TEXT, &WR_T_STRING},
					{WR_PG_BYTEA, &WR_T_BYTES},
					{WR_PG_JSONB, &WR_T_STRING},
					{WR_PG_UUID, &WR_T_STRING},
					{WR_PG_DATE, &WR_T_DATE},
					{WR_PG_TIME, &WR_T_TIME},
					{WR_PG_TIMESTAMP, &WR_T_TIMESTAMP3},
					{WR_PG_TIMESTAMPTZ, &WR_T_LTZ3},
					{WR_PG_TIMESTAMPTZ, &WR_T_TIMESTAMP3},
					{1007, wr_type_array(arena, &WR_T_INT)},
					{1009, wr_type_array(arena, &WR_T_STRING)},
					{1231, wr_type_array(arena, wr_type_decimal(arena, 9, 3))},
					{1115, wr_type_array(arena, &WR_T_TIMESTAMP3)},
					{2951, wr_type_array(arena, &WR_T_STRING)}};

	memcpy(kind, all, sizeof all);
}

/* Rows of the range; false: a tuple was malformed. */
static bool decode(const struct wr_connector_args *args, const struct wr_pg_source_table *table,
		   const struct wr_text *bytes, uint32_t rows_max, struct fuzz_count *count)
{
	struct wr_buf *buf = wr_buf_new(bytes->len);
	struct wr_decode_range range = {.buf = buf, .data = buf->data, .len = bytes->len};
	struct wr_pg_rows rows;
	struct wr_batch *batch;
	wr_status *status;

	*count = (struct fuzz_count){0};
	memcpy(buf->data, wr_text_str(bytes), bytes->len);
	FUZZ_REQUIRE(wr_pg_rows_init(&rows, args, table) == NULL);
	while ((status = wr_pg_rows_decode(&rows, &range, rows_max, &batch)) == NULL &&
	       batch != NULL) {
		for (uint32_t i = 0; i < batch->column_count; i++)
			fuzz_touch_column(batch->column[i], batch->rows);
		count->rows += batch->rows;
		wr_batch_free(batch);
	}
	count->bad = range.bad.count;
	wr_bad_list_release(&range.bad);
	wr_pg_rows_release(&rows);
	wr_buf_unref(buf);
	if (status == NULL)
		return true;
	wr_status_free(status);
	return false;
}

/* Tuples whose fields have the lengths that they say. */
static void make_tuples(struct wr_text *out, uint32_t columns, const uint8_t *bytes, size_t len)
{
	char number[4];

	while (len > 0) {
		wr_text_add(out, wr_pg_put16(number, (uint16_t)columns) - 2, 2);
		for (uint32_t i = 0; i < columns; i++) {
			size_t size = len > 0 ? bytes[0] : 255;
			bool null = size == 255;

			size = null ? 0 : WR_MIN(size, len - 1);
			wr_pg_put32(number, null ? UINT32_MAX : (uint32_t)size);
			wr_text_add(out, number, 4);
			wr_text_add(out, (const char *)bytes + 1, size);
			bytes += len > 0 ? 1 + size : 0;
			len -= len > 0 ? 1 + size : 0;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint32_t wanted[] = {0, 1};
	struct kind kind[TYPES];
	struct wr_arena arena;
	struct fuzz_count whole, small;
	struct wr_text tuples;

	if (len < 3)
		return 0;
	wr_arena_init(&arena);
	make_kinds(&arena, kind);
	const struct kind *a = &kind[bytes[0] % TYPES], *b = &kind[bytes[1] % TYPES];
	const struct wr_type *type[] = {a->type, b->type};
	uint32_t oid[] = {a->oid, b->oid};
	struct wr_field field[] = {{"a", a->type}, {"b", b->type}};
	struct wr_schema schema = {2, field};
	struct wr_pg_source_table table = {.count = 2, .oid = oid, .type = type};
	struct wr_connector_args args = {.table = "t",
					 .schema = &schema,
					 .wanted = wanted,
					 .wanted_count = 2,
					 .zone_id = bytes[2] & 2 ? "Europe/Berlin" : "UTC"};

	wr_text_init(&tuples);
	if (bytes[2] & 1)
		wr_text_add(&tuples, bytes + 3, len - 3);
	else
		make_tuples(&tuples, 2, bytes + 3, len - 3);
	bool good = decode(&args, &table, &tuples, WR_BATCH_ROWS_MAX, &whole);
	FUZZ_REQUIRE(good || bytes[2] & 1);
	FUZZ_REQUIRE(decode(&args, &table, &tuples, 2, &small) == good);
	FUZZ_REQUIRE(!good || memcmp(&whole, &small, sizeof whole) == 0);
	wr_text_release(&tuples);
	wr_arena_release(&arena);
	return 0;
}
