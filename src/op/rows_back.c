/* SPDX-License-Identifier: Apache-2.0
 *
 * rows_back - see rows_back.h.
 */
#include "op/rows_back.h"

#include "base/mem.h"

/* Types of some columns, and builders of them. */
static void columns_init(struct wr_arena *arena, const struct wr_schema *schema,
			 const uint32_t *column, uint32_t count, struct wr_codec *codec,
			 struct wr_builder ***builder)
{
	const struct wr_type **type = WR_NEW_ARRAY(arena, const struct wr_type *, count + 1);

	*builder = wr_calloc((size_t)count + 1, sizeof(struct wr_builder *));
	for (uint32_t i = 0; i < count; i++) {
		type[i] = schema->field[column != NULL ? column[i] : i].type;
		(*builder)[i] = wr_builder_new(type[i], 64);
	}
	wr_codec_init(codec, arena, type, count);
}

void wr_rows_back_init(struct wr_rows_back *back, const struct wr_schema *schema,
		       const uint32_t *key, uint32_t key_count, uint32_t number_count)
{
	*back = (struct wr_rows_back){.number_count = number_count};
	wr_arena_init(&back->arena);
	columns_init(&back->arena, schema, NULL, schema->count, &back->row_codec, &back->row);
	columns_init(&back->arena, schema, key, key_count, &back->key_codec, &back->key);
}

void wr_rows_back_finish(struct wr_rows_back *back)
{
	struct wr_back_chunk *chunk;

	if (back->rows == 0)
		return;
	chunk = &back->chunk[back->count - 1];
	chunk->batch = wr_batch_new(back->row_codec.count, back->rows);
	chunk->batch->watermark = WR_WATERMARK_MIN;
	for (uint32_t i = 0; i < back->row_codec.count; i++)
		chunk->batch->column[i] = wr_builder_finish(back->row[i]);
	chunk->key = wr_calloc((size_t)back->key_codec.count + 1, sizeof(struct wr_column *));
	for (uint32_t i = 0; i < back->key_codec.count; i++)
		chunk->key[i] = wr_builder_finish(back->key[i]);
	back->rows = 0;
}

static struct wr_back_chunk *chunk_new(struct wr_rows_back *back)
{
	struct wr_back_chunk *chunk;

	if (back->count == back->capacity) {
		back->capacity = WR_MAX(16, 2 * back->capacity);
		back->chunk = wr_realloc(back->chunk, back->capacity * sizeof *back->chunk);
	}
	chunk = &back->chunk[back->count++];
	*chunk = (struct wr_back_chunk){0};
	chunk->number =
	    wr_malloc((size_t)WR_BATCH_ROWS_MAX * (back->number_count + 1) * sizeof *chunk->number);
	chunk->has_row = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *chunk->has_row);
	return chunk;
}

/* A key without columns has no bytes but those of its NULL bits. */
static bool key_is_good(const struct wr_codec *codec, struct wr_str key)
{
	if (codec->count == 0)
		return key.len == codec->null_size;
	return wr_value_is_row(codec, key);
}

bool wr_rows_back_add(struct wr_rows_back *back, struct wr_str key, struct wr_str row,
		      const int64_t *number)
{
	struct wr_back_chunk *chunk;

	if (!key_is_good(&back->key_codec, key) ||
	    (row.data != NULL && !wr_value_is_row(&back->row_codec, row)))
		return false;
	if (back->rows == WR_BATCH_ROWS_MAX)
		wr_rows_back_finish(back);
	chunk = back->rows == 0 ? chunk_new(back) : &back->chunk[back->count - 1];
	for (uint32_t i = 0; row.data == NULL && i < back->row_codec.count; i++)
		wr_builder_null(back->row[i]);
	if (row.data != NULL)
		WR_REQUIRE(wr_codec_decode(&back->row_codec, row.data, row.data + row.len,
					   back->row) != NULL);
	if (back->key_codec.count > 0)
		WR_REQUIRE(wr_codec_decode(&back->key_codec, key.data, key.data + key.len,
					   back->key) != NULL);
	for (uint32_t i = 0; i < back->number_count; i++)
		chunk->number[(size_t)back->rows * back->number_count + i] = number[i];
	chunk->has_row[back->rows++] = row.data != NULL;
	return true;
}

static void builders_free(struct wr_builder **builder, uint32_t count)
{
	for (uint32_t i = 0; builder != NULL && i < count; i++)
		wr_builder_free(builder[i]);
	wr_free(builder);
}

void wr_rows_back_release(struct wr_rows_back *back)
{
	for (uint32_t c = 0; c < back->count; c++) {
		struct wr_back_chunk *chunk = &back->chunk[c];

		wr_batch_free(chunk->batch);
		for (uint32_t i = 0; chunk->key != NULL && i < back->key_codec.count; i++)
			wr_column_unref(chunk->key[i]);
		wr_free(chunk->key);
		wr_free(chunk->number);
		wr_free(chunk->has_row);
	}
	wr_free(back->chunk);
	builders_free(back->row, back->row_codec.count);
	builders_free(back->key, back->key_codec.count);
	wr_arena_release(&back->arena);
	*back = (struct wr_rows_back){0};
}
