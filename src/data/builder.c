/* SPDX-License-Identifier: Apache-2.0
 *
 * builder - a column that grows row by row.
 *
 * Validity is allocated when the first NULL comes (all rows before it are valid then) and grows
 * with the data.
 */
#include "data/builder.h"

#include "base/mem.h"

#define BUILDER_CAPACITY_MIN 16u
#define CHUNK_MIN            4096u
#define CHUNK_MAX            (256u << 10)

struct wr_builder *wr_builder_new(const struct wr_type *type, uint32_t capacity)
{
	struct wr_builder *builder = wr_calloc(1, sizeof *builder);

	builder->type = type;
	builder->phys = wr_type_phys(type);
	builder->width = wr_phys_size(builder->phys);
	builder->capacity = WR_MAX(capacity, BUILDER_CAPACITY_MIN);
	builder->child_count = type->child_count;
	if (builder->child_count != 0)
		builder->child = wr_calloc(builder->child_count, sizeof(struct wr_builder *));
	for (uint32_t i = 0; i < builder->child_count; i++)
		builder->child[i] = wr_builder_new(type->child[i], capacity);
	return builder;
}

/* Drops this level's buffers; the builder is empty then. */
static void drop_rows(struct wr_builder *builder)
{
	wr_buf_unref(builder->data);
	wr_buf_unref(builder->valid);
	for (uint32_t i = 0; i < builder->chunk_count; i++)
		wr_buf_unref(builder->chunk[i]);
	builder->data = NULL;
	builder->valid = NULL;
	builder->chunk_count = 0;
	builder->next = NULL;
	builder->end = NULL;
	builder->len = 0;
}

void wr_builder_reset(struct wr_builder *builder)
{
	drop_rows(builder);
	for (uint32_t i = 0; i < builder->child_count; i++)
		wr_builder_reset(builder->child[i]);
}

void wr_builder_truncate(struct wr_builder *builder, uint32_t len)
{
	uint32_t below = len; /* rows of the children that stay */

	WR_ASSERT(len <= builder->len);
	if (builder->phys == WR_P_LIST || builder->phys == WR_P_MAP) {
		const struct wr_span *span =
		    builder->data != NULL ? (const struct wr_span *)builder->data->data : NULL;

		/* NULL rows have no place among the elements. */
		while (below > 0 && span[below - 1].start == 0 && span[below - 1].len == 0)
			below--;
		below = below > 0 ? span[below - 1].start + span[below - 1].len : 0;
	}
	for (uint32_t i = 0; i < builder->child_count; i++)
		wr_builder_truncate(builder->child[i], below);
	builder->len = len;
}

void wr_builder_free(struct wr_builder *builder)
{
	if (builder == NULL)
		return;
	drop_rows(builder);
	for (uint32_t i = 0; i < builder->child_count; i++)
		wr_builder_free(builder->child[i]);
	wr_free(builder->child);
	wr_free(builder->chunk);
	wr_free(builder);
}

/* A larger copy of the first `used` bytes. */
static struct wr_buf *buf_grown(struct wr_buf *buf, size_t used, size_t size)
{
	struct wr_buf *grown = wr_buf_new(size);

	if (buf != NULL)
		memcpy(grown->data, buf->data, used);
	wr_buf_unref(buf);
	return grown;
}

/* Makes room for `more` rows of data and validity. */
static void reserve(struct wr_builder *builder, uint32_t more)
{
	bool full = builder->capacity - builder->len < more;

	if (WR_LIKELY(!full && (builder->data != NULL || builder->width == 0)))
		return;
	if (full) {
		uint64_t want = (uint64_t)builder->len + more;
		want = WR_MAX(want, (uint64_t)builder->capacity * 2);
		WR_REQUIRE(want <= UINT32_MAX);
		builder->capacity = (uint32_t)want;
	}
	if (builder->width != 0)
		builder->data = buf_grown(builder->data, (size_t)builder->len * builder->width,
					  (size_t)builder->capacity * builder->width);
	if (builder->valid != NULL)
		builder->valid = buf_grown(builder->valid, builder->len, builder->capacity);
}

static uint8_t *validity(struct wr_builder *builder)
{
	if (builder->valid == NULL) {
		builder->valid = wr_buf_new(builder->capacity);
		memset(builder->valid->data, 1, builder->len);
	}
	return (uint8_t *)builder->valid->data;
}

/* The place of one more row, marked valid. */
static inline void *push(struct wr_builder *builder)
{
	reserve(builder, 1);
	if (builder->valid != NULL)
		builder->valid->data[builder->len] = 1;
	return builder->width != 0 ? builder->data->data + (size_t)builder->len++ * builder->width
				   : (builder->len++, NULL);
}

void wr_builder_null(struct wr_builder *builder)
{
	void *data = push(builder);

	if (builder->width != 0)
		memset(data, 0, builder->width);
	validity(builder)[builder->len - 1] = 0;
	if (builder->phys == WR_P_ROW) {
		for (uint32_t i = 0; i < builder->child_count; i++)
			wr_builder_null(builder->child[i]);
	}
}

#define PUSH(name, ctype, layout)                                                                  \
	void name(struct wr_builder *builder, ctype value)                                         \
	{                                                                                          \
		WR_ASSERT(builder->phys == (layout));                                              \
		*(ctype *)push(builder) = value;                                                   \
	}

PUSH(wr_builder_i8, int8_t, WR_P_I8)
PUSH(wr_builder_i16, int16_t, WR_P_I16)
PUSH(wr_builder_i32, int32_t, WR_P_I32)
PUSH(wr_builder_i64, int64_t, WR_P_I64)
PUSH(wr_builder_i128, wr_i128, WR_P_I128)
PUSH(wr_builder_f32, float, WR_P_F32)
PUSH(wr_builder_f64, double, WR_P_F64)

void wr_builder_bool(struct wr_builder *builder, bool value)
{
	WR_ASSERT(builder->phys == WR_P_BOOL);
	*(uint8_t *)push(builder) = value;
}

/* Room for `len` bytes in the last chunk, or in a new one. */
static char *reserve_bytes(struct wr_builder *builder, size_t len)
{
	if (builder->next != NULL && (size_t)(builder->end - builder->next) >= len)
		return builder->next;
	size_t size = CHUNK_MIN;
	if (builder->chunk_count != 0)
		size = WR_MIN(builder->chunk[builder->chunk_count - 1]->size * 2, CHUNK_MAX);
	size = WR_MAX(size, len);
	if (builder->chunk_count == builder->chunk_capacity) {
		builder->chunk_capacity = WR_MAX(builder->chunk_capacity * 2, 4u);
		builder->chunk =
		    wr_realloc(builder->chunk, builder->chunk_capacity * sizeof *builder->chunk);
	}
	struct wr_buf *chunk = wr_buf_new(size);
	builder->chunk[builder->chunk_count++] = chunk;
	builder->next = chunk->data;
	builder->end = chunk->data + size;
	return builder->next;
}

void wr_builder_str(struct wr_builder *builder, const char *data, size_t len)
{
	WR_ASSERT(builder->phys == WR_P_STR);
	WR_REQUIRE(len <= UINT32_MAX);
	if (len > WR_VIEW_INLINE) {
		char *to = reserve_bytes(builder, len);
		memcpy(to, data, len);
		builder->next += len;
		data = to;
	}
	*(struct wr_view *)push(builder) = wr_view_of(data, (uint32_t)len);
}

void wr_builder_list(struct wr_builder *builder, uint32_t count)
{
	WR_ASSERT(builder->phys == WR_P_LIST || builder->phys == WR_P_MAP);
	uint32_t end = builder->child[0]->len;
	WR_ASSERT(count <= end);
	for (uint32_t i = 1; i < builder->child_count; i++)
		WR_ASSERT(builder->child[i]->len == end);
	*(struct wr_span *)push(builder) = (struct wr_span){.start = end - count, .len = count};
}

void wr_builder_row(struct wr_builder *builder)
{
	WR_ASSERT(builder->phys == WR_P_ROW);
	push(builder);
	for (uint32_t i = 0; i < builder->child_count; i++)
		WR_ASSERT(builder->child[i]->len == builder->len);
}

/* A list, map or row value with all that hangs below it. */
static void append_nested(struct wr_builder *builder, const struct wr_column *column, uint32_t row)
{
	if (builder->phys == WR_P_ROW) {
		for (uint32_t c = 0; c < builder->child_count; c++)
			wr_builder_append(builder->child[c], column->child[c], row);
		wr_builder_row(builder);
		return;
	}
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	for (uint32_t c = 0; c < builder->child_count; c++) {
		for (uint32_t i = 0; i < span.len; i++)
			wr_builder_append(builder->child[c], column->child[c], span.start + i);
	}
	wr_builder_list(builder, span.len);
}

void wr_builder_append(struct wr_builder *builder, const struct wr_column *column, uint32_t row)
{
	WR_ASSERT(builder->phys == column->phys);
	row &= column->mask;
	if (!wr_column_is_valid(column, row)) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->phys) {
	case WR_P_STR: {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];
		wr_builder_str(builder, wr_view_data(view), view->len);
		break;
	}
	case WR_P_LIST:
	case WR_P_MAP:
	case WR_P_ROW: append_nested(builder, column, row); break;
	default:
		memcpy(push(builder), (const char *)column->data + (size_t)row * builder->width,
		       builder->width);
		break;
	}
}

#define APPEND_LOOP(ctype)                                                                         \
	do {                                                                                       \
		const ctype *restrict in = column->data;                                           \
		ctype *restrict out = (ctype *)builder->data->data + builder->len;                 \
		for (uint32_t i = 0; i < count; i++)                                               \
			out[i] = in[(row != NULL ? row[i] : i) & column->mask];                    \
	} while (0)

/* Fixed-width rows in one loop; strings and nested values one by one. */
void wr_builder_append_rows(struct wr_builder *builder, const struct wr_column *column,
			    const uint32_t *row, uint32_t count)
{
	if (builder->phys >= WR_P_STR) {
		for (uint32_t i = 0; i < count; i++)
			wr_builder_append(builder, column, row != NULL ? row[i] : i);
		return;
	}
	if (count == 0)
		return;
	reserve(builder, count);
	switch (builder->width) {
	case 1: APPEND_LOOP(uint8_t); break;
	case 2: APPEND_LOOP(uint16_t); break;
	case 4: APPEND_LOOP(uint32_t); break;
	case 8: APPEND_LOOP(uint64_t); break;
	default: APPEND_LOOP(wr_i128); break;
	}
	if (column->valid != NULL || builder->valid != NULL) {
		uint8_t *valid = validity(builder) + builder->len;
		for (uint32_t i = 0; i < count; i++)
			valid[i] = wr_column_is_valid(column, row != NULL ? row[i] : i);
	}
	builder->len += count;
}

/* Texts, which lie in the chunks of `from`; the first chunk is kept for the next ones. */
static void move_texts(struct wr_builder *to, struct wr_builder *from)
{
	const struct wr_view *view = from->data != NULL ? (void *)from->data->data : NULL;

	for (uint32_t i = 0; i < from->len; i++) {
		bool valid = from->valid == NULL || from->valid->data[i] != 0;

		if (valid)
			wr_builder_str(to, wr_view_data(&view[i]), view[i].len);
		else
			wr_builder_null(to);
	}
	while (from->chunk_count > 1)
		wr_buf_unref(from->chunk[--from->chunk_count]);
	if (from->chunk_count == 0)
		return;
	if (atomic_load(&from->chunk[0]->refs) > 1) { /* of a column finished before, too */
		wr_buf_unref(from->chunk[--from->chunk_count]);
		from->next = from->end = NULL;
		return;
	}
	from->next = from->chunk[0]->data;
	from->end = from->next + from->chunk[0]->size;
}

/* Rows of fixed width as they are; spans count from where the elements go. */
static void move_fixed(struct wr_builder *to, const struct wr_builder *from)
{
	uint32_t below = to->child_count > 0 ? to->child[0]->len : 0;

	reserve(to, from->len);
	if (to->width != 0)
		memcpy(to->data->data + (size_t)to->len * to->width, from->data->data,
		       (size_t)from->len * to->width);
	if (to->phys == WR_P_LIST || to->phys == WR_P_MAP) {
		struct wr_span *span = (struct wr_span *)to->data->data + to->len;

		for (uint32_t i = 0; i < from->len; i++)
			span[i].start += below;
	}
	if (from->valid != NULL)
		memcpy(validity(to) + to->len, from->valid->data, from->len);
	else if (to->valid != NULL)
		memset(to->valid->data + to->len, 1, from->len);
	to->len += from->len;
}

void wr_builder_move(struct wr_builder *to, struct wr_builder *from)
{
	WR_ASSERT(to->phys == from->phys && to->child_count == from->child_count);
	if (from->len == 0 && from->child_count == 0)
		return;
	if (to->phys == WR_P_STR)
		move_texts(to, from);
	else if (from->len > 0)
		move_fixed(to, from);
	for (uint32_t i = 0; i < to->child_count; i++)
		wr_builder_move(to->child[i], from->child[i]);
	from->len = 0;
}

/* Empty again, for about as many rows as it had: what comes row by row in small batches is to keep
 * small columns, which go on in the first chunk of bytes while it has room. */
static void fit_next(struct wr_builder *builder)
{
	struct wr_buf *chunk = NULL;
	char *next = builder->next, *end = builder->end;

	if (builder->len < builder->capacity / 8)
		builder->capacity = WR_MAX(2 * builder->len, BUILDER_CAPACITY_MIN);
	if (builder->chunk_count == 1 && builder->chunk[0]->size == CHUNK_MIN)
		chunk = wr_buf_ref(builder->chunk[0]);
	drop_rows(builder);
	if (chunk == NULL)
		return;
	builder->chunk[builder->chunk_count++] = chunk;
	builder->next = next;
	builder->end = end;
}

struct wr_column *wr_builder_finish(struct wr_builder *builder)
{
	struct wr_column *column;

	reserve(builder, 0); /* an empty column has a data buffer too (C1) */
	column = wr_column_new(builder->type, 0);
	column->len = builder->len;
	if (builder->width != 0) {
		wr_buf_unref(column->data_buf);
		column->data_buf = wr_buf_ref(builder->data);
		column->data = builder->data->data;
	}
	if (builder->valid != NULL) {
		column->valid_buf = wr_buf_ref(builder->valid);
		column->valid = (uint8_t *)builder->valid->data;
	}
	for (uint32_t i = 0; i < builder->chunk_count; i++)
		wr_column_keep(column, builder->chunk[i]);
	for (uint32_t i = 0; i < builder->child_count; i++)
		wr_column_set_child(column, i, wr_builder_finish(builder->child[i]));
	fit_next(builder);
	return column;
}
