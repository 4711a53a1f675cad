/* SPDX-License-Identifier: Apache-2.0
 *
 * vec - growing, finishing and taking back columns under construction.
 */
#include "formats/vec.h"

#define VEC_ELEMENTS_MIN 16u /* first capacity of list children */

static bool is_list(const struct wr_vec *vec)
{
	return vec->phys == WR_P_LIST || vec->phys == WR_P_MAP;
}

void wr_vec_init(struct wr_vec *vec, struct wr_arena *arena, const struct wr_type *type)
{
	*vec = (struct wr_vec){.type = type, .phys = wr_type_phys(type)};
	vec->width = wr_phys_size(vec->phys);
	vec->child_count = type->child_count;
	if (vec->child_count != 0)
		vec->child = WR_NEW_ARRAY(arena, struct wr_vec, vec->child_count);
	for (uint32_t i = 0; i < vec->child_count; i++)
		wr_vec_init(&vec->child[i], arena, type->child[i]);
}

void wr_vec_begin(struct wr_vec *vec, uint32_t capacity)
{
	WR_ASSERT(vec->column == NULL && capacity != 0);
	vec->column = wr_column_new(vec->type, capacity);
	vec->data = vec->column->data;
	vec->valid = NULL;
	vec->borrows = false;
	vec->capacity = capacity;
	vec->len = 0;
	if (vec->phys == WR_P_STR)
		wr_strout_init(&vec->out, vec->column);
	for (uint32_t i = 0; i < vec->child_count; i++)
		wr_vec_begin(&vec->child[i], is_list(vec) ? VEC_ELEMENTS_MIN : capacity);
}

/* A larger buffer with the first `used` bytes of the old one, which is dropped. */
static struct wr_buf *buf_grow(struct wr_buf *old, size_t used, size_t size)
{
	struct wr_buf *buf = wr_buf_new(size);

	memcpy(buf->data, old->data, used);
	wr_buf_unref(old);
	return buf;
}

void wr_vec_grow(struct wr_vec *vec, uint32_t capacity)
{
	struct wr_column *column = vec->column;

	WR_ASSERT(column != NULL && capacity > vec->capacity);
	if (vec->width != 0) {
		column->data_buf = buf_grow(column->data_buf, (size_t)vec->capacity * vec->width,
					    (size_t)capacity * vec->width);
		vec->data = column->data = column->data_buf->data;
	}
	if (vec->valid != NULL) {
		column->valid_buf = buf_grow(column->valid_buf, vec->capacity, capacity);
		vec->valid = column->valid = (uint8_t *)column->valid_buf->data;
		memset(vec->valid + vec->capacity, 1, capacity - vec->capacity);
	}
	column->len = vec->capacity = capacity;
	for (uint32_t i = 0; vec->phys == WR_P_ROW && i < vec->child_count; i++)
		wr_vec_grow(&vec->child[i], capacity);
}

struct wr_column *wr_vec_finish(struct wr_vec *vec, uint32_t rows, struct wr_buf *block,
				struct wr_buf *tail)
{
	struct wr_column *column = vec->column;

	WR_ASSERT(column != NULL && rows <= vec->capacity);
	column->len = rows;
	if (vec->borrows && block != NULL)
		wr_column_keep(column, block);
	if (vec->borrows && tail != NULL)
		wr_column_keep(column, tail);
	for (uint32_t i = 0; i < vec->child_count; i++) {
		struct wr_vec *child = &vec->child[i];
		uint32_t count = is_list(vec) ? child->len : rows;
		wr_column_set_child(column, i, wr_vec_finish(child, count, block, tail));
	}
	vec->column = NULL;
	return column;
}

void wr_vec_release(struct wr_vec *vec)
{
	wr_column_unref(vec->column);
	vec->column = NULL;
	for (uint32_t i = 0; i < vec->child_count; i++)
		wr_vec_release(&vec->child[i]);
}

void wr_vec_null(struct wr_vec *vec, uint32_t row)
{
	if (vec->valid == NULL)
		vec->valid = wr_column_validity(vec->column);
	vec->valid[row] = 0;
	if (vec->width != 0)
		memset((char *)vec->data + (size_t)row * vec->width, 0, vec->width);
	for (uint32_t i = 0; vec->phys == WR_P_ROW && i < vec->child_count; i++)
		wr_vec_null(&vec->child[i], row);
}

void wr_vec_save(const struct wr_vec *vec, uint32_t *len, uint32_t *count)
{
	for (uint32_t i = 0; i < vec->child_count; i++) {
		if (is_list(vec))
			len[(*count)++] = vec->child[i].len;
		wr_vec_save(&vec->child[i], len, count);
	}
}

void wr_vec_restore(struct wr_vec *vec, const uint32_t *len, uint32_t *count)
{
	for (uint32_t i = 0; i < vec->child_count; i++) {
		if (is_list(vec))
			vec->child[i].len = len[(*count)++];
		wr_vec_restore(&vec->child[i], len, count);
	}
}

uint32_t wr_vec_list_count(const struct wr_vec *vec)
{
	uint32_t count = is_list(vec) ? vec->child_count : 0;

	for (uint32_t i = 0; i < vec->child_count; i++)
		count += wr_vec_list_count(&vec->child[i]);
	return count;
}
