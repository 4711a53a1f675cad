/* SPDX-License-Identifier: Apache-2.0
 *
 * match_row - see match_row.h.
 */
#include "op/match_row.h"

#include "data/codec.h"

#define CELL 16 /* bytes */

void wr_match_layout_init(struct wr_match_layout *layout, struct wr_arena *arena,
			  const struct wr_schema *schema, const bool *keep)
{
	uint32_t n = 0;

	wr_text_init(&layout->scratch);
	layout->column = WR_NEW_ARRAY(arena, uint32_t, schema->count + 1);
	layout->place = WR_NEW_ARRAY(arena, uint32_t, schema->count + 1);
	layout->type = WR_NEW_ARRAY(arena, const struct wr_type *, schema->count + 1);
	layout->phys = WR_NEW_ARRAY(arena, enum wr_phys, schema->count + 1);
	for (uint32_t i = 0; i < schema->count; i++) {
		layout->place[i] = UINT32_MAX;
		if (!keep[i])
			continue;
		layout->place[i] = n;
		layout->column[n] = i;
		layout->type[n] = schema->field[i].type;
		layout->phys[n++] = wr_type_phys(schema->field[i].type);
	}
	layout->count = n;
	layout->cells = (uint32_t)sizeof(struct wr_match_row) + (n + CELL - 1) / CELL * CELL;
}

void wr_match_layout_release(struct wr_match_layout *layout)
{
	wr_text_release(&layout->scratch);
}

static uint8_t *row_valid(const struct wr_match_row *row)
{
	return (uint8_t *)(uintptr_t)row + sizeof *row;
}

static uint8_t *row_cell(const struct wr_match_layout *layout, const struct wr_match_row *row,
			 uint32_t place)
{
	return (uint8_t *)(uintptr_t)row + layout->cells + place * CELL;
}

/* Bytes that the row needs behind its cells; nested values are encoded into the scratch text. */
static size_t tail_bytes(struct wr_match_layout *layout, const struct wr_batch *batch, uint32_t row)
{
	size_t bytes = 0;

	wr_text_clear(&layout->scratch);
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct wr_column *column = batch->column[layout->column[i]];

		if (!wr_column_is_valid(column, row))
			continue;
		if (layout->phys[i] == WR_P_STR) {
			const struct wr_view *view =
			    &WR_DATA(column, const struct wr_view)[row & column->mask];

			bytes += view->len > WR_VIEW_INLINE ? view->len : 0;
		} else if (layout->phys[i] > WR_P_STR) {
			wr_codec_put_value(&layout->scratch, column, row & column->mask);
		}
	}
	return bytes + layout->scratch.len;
}

/* Copies bytes behind the cells and makes a view of them. */
static struct wr_view put_tail(char **tail, const char *data, uint32_t len)
{
	struct wr_view view;

	if (len <= WR_VIEW_INLINE)
		return wr_view_of(data, len);
	memcpy(*tail, data, len);
	view = wr_view_of(*tail, len);
	*tail += len;
	return view;
}

struct wr_match_row *wr_match_row_new(struct wr_match_layout *layout, struct wr_agg_pool *pool,
				      const struct wr_batch *batch, uint32_t row, int64_t ms)
{
	size_t fixed = layout->cells + (size_t)layout->count * CELL;
	size_t bytes = fixed + tail_bytes(layout, batch, row) + 8; /* 8 more may be read */
	struct wr_match_row *made = wr_agg_pool_alloc(pool, bytes);
	char *tail = (char *)made + fixed;

	WR_REQUIRE(bytes <= UINT32_MAX);
	*made = (struct wr_match_row){.ms = ms, .bytes = (uint32_t)bytes};
	wr_text_clear(&layout->scratch);
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct wr_column *column = batch->column[layout->column[i]];
		uint32_t at = row & column->mask, width = wr_phys_size(layout->phys[i]);
		uint8_t *cell = row_cell(layout, made, i);

		row_valid(made)[i] = wr_column_is_valid(column, row);
		if (!row_valid(made)[i])
			continue;
		if (layout->phys[i] < WR_P_STR) {
			memcpy(cell, (const uint8_t *)column->data + (size_t)at * width, width);
		} else if (layout->phys[i] == WR_P_STR) {
			const struct wr_view *from = &WR_DATA(column, const struct wr_view)[at];

			*(struct wr_view *)cell = put_tail(&tail, wr_view_data(from), from->len);
		} else {
			wr_text_clear(&layout->scratch);
			wr_codec_put_value(&layout->scratch, column, at);
			*(struct wr_view *)cell =
			    put_tail(&tail, layout->scratch.data, (uint32_t)layout->scratch.len);
		}
	}
	return made;
}

void wr_match_row_append(const struct wr_match_layout *layout, const struct wr_match_row *row,
			 uint32_t place, struct wr_builder *builder)
{
	const uint8_t *cell;
	const char *data;

	if (row == NULL || !row_valid(row)[place]) {
		wr_builder_null(builder);
		return;
	}
	cell = row_cell(layout, row, place);
	switch (layout->phys[place]) {
	case WR_P_BOOL: wr_builder_bool(builder, *cell != 0); return;
	case WR_P_I8: wr_builder_i8(builder, *(const int8_t *)cell); return;
	case WR_P_I16: wr_builder_i16(builder, *(const int16_t *)cell); return;
	case WR_P_I32: wr_builder_i32(builder, *(const int32_t *)cell); return;
	case WR_P_I64: wr_builder_i64(builder, *(const int64_t *)cell); return;
	case WR_P_I128: wr_builder_i128(builder, *(const wr_i128 *)cell); return;
	case WR_P_F32: wr_builder_f32(builder, *(const float *)cell); return;
	case WR_P_F64: wr_builder_f64(builder, *(const double *)cell); return;
	case WR_P_STR:
	case WR_P_LIST:
	case WR_P_MAP:
	case WR_P_ROW: break;
	}
	const struct wr_view *view = (const struct wr_view *)cell;
	data = wr_view_data(view);
	if (layout->phys[place] == WR_P_STR)
		wr_builder_str(builder, data, view->len);
	else
		WR_REQUIRE(wr_codec_get_value(data, data + view->len, builder) != NULL);
}

void wr_match_row_put(const struct wr_match_layout *layout, const struct wr_match_row *row,
		      uint32_t place, struct wr_column *column, uint32_t at)
{
	uint32_t width = wr_phys_size(layout->phys[place]);
	uint8_t *to = (uint8_t *)column->data + (size_t)at * width;
	bool valid = row != NULL && row_valid(row)[place];

	WR_ASSERT(layout->phys[place] <= WR_P_STR && column->phys == layout->phys[place]);
	column->valid[at] = valid;
	if (valid)
		memcpy(to, row_cell(layout, row, place), width);
	else
		memset(to, 0, width);
}

void wr_match_rows_push(struct wr_match_rows *rows, struct wr_agg_pool *pool,
			struct wr_match_row *row)
{
	if (rows->head + rows->count == rows->capacity && rows->head > rows->count) {
		memmove(rows->row, rows->row + rows->head, rows->count * sizeof *rows->row);
		rows->head = 0;
	}
	if (rows->head + rows->count == rows->capacity) {
		uint32_t capacity = WR_MAX(8u, 2 * rows->capacity);
		struct wr_match_row **grown = wr_agg_pool_alloc(pool, capacity * sizeof *grown);

		if (rows->count > 0)
			memcpy(grown, rows->row + rows->head, rows->count * sizeof *grown);
		if (rows->capacity > 0)
			wr_agg_pool_drop(pool, rows->row, rows->capacity * sizeof *grown);
		rows->row = grown;
		rows->head = 0;
		rows->capacity = capacity;
	}
	rows->row[rows->head + rows->count++] = row;
}

void wr_match_rows_trim(struct wr_match_rows *rows, struct wr_agg_pool *pool, uint64_t number)
{
	while (rows->count > 0 && rows->first < number) {
		struct wr_match_row *row = rows->row[rows->head++];

		wr_agg_pool_drop(pool, row, row->bytes);
		rows->first++;
		rows->count--;
	}
	if (rows->count > 0)
		return;
	if (rows->capacity > 0)
		wr_agg_pool_drop(pool, rows->row, rows->capacity * sizeof *rows->row);
	*rows = (struct wr_match_rows){.first = rows->first};
}
