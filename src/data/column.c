/* SPDX-License-Identifier: Apache-2.0
 *
 * column - making, sharing, gathering, slicing and joining columns.
 *
 * Gather copies the fixed-width part (one tight loop per width); string bytes and list children are
 * shared. Const columns go through everything unchanged where that is right.
 */
#include "data/column.h"

#include "base/mem.h"

#define KEEP_LOOK_BACK 8u /* how many entries wr_column_keep compares before it adds one more */

static struct wr_column *column_alloc(const struct wr_type *type, uint32_t len)
{
	struct wr_column *column = wr_calloc(1, sizeof *column);

	atomic_init(&column->refs, 1);
	column->type = type;
	column->phys = wr_type_phys(type);
	column->mask = UINT32_MAX;
	column->len = len;
	column->child_count = type->child_count;
	if (column->child_count != 0)
		column->child = wr_calloc(column->child_count, sizeof(struct wr_column *));
	return column;
}

struct wr_column *wr_column_new(const struct wr_type *type, uint32_t len)
{
	struct wr_column *column = column_alloc(type, len);

	if (column->phys != WR_P_ROW) {
		column->data_buf = wr_buf_new((size_t)len * wr_phys_size(column->phys));
		column->data = column->data_buf->data;
	}
	return column;
}

uint8_t *wr_column_validity(struct wr_column *column)
{
	if (column->valid == NULL) {
		column->valid_buf = wr_buf_new(column->len);
		column->valid = (uint8_t *)column->valid_buf->data;
		memset(column->valid, 1, column->len);
	}
	return column->valid;
}

void wr_column_set_child(struct wr_column *column, uint32_t index, struct wr_column *child_moved)
{
	WR_ASSERT(index < column->child_count && column->child[index] == NULL);
	WR_ASSERT(child_moved != NULL);
	column->child[index] = child_moved;
}

void wr_column_keep(struct wr_column *column, struct wr_buf *buf)
{
	uint32_t stop =
	    column->keep_count > KEEP_LOOK_BACK ? column->keep_count - KEEP_LOOK_BACK : 0;

	for (uint32_t i = column->keep_count; i > stop; i--) {
		if (column->keep[i - 1] == buf)
			return;
	}
	if (column->keep_count == column->keep_capacity) {
		column->keep_capacity = WR_MAX(column->keep_capacity * 2, 2u);
		column->keep =
		    wr_realloc(column->keep, column->keep_capacity * sizeof *column->keep);
	}
	column->keep[column->keep_count++] = wr_buf_ref(buf);
}

void wr_column_keep_all(struct wr_column *column, const struct wr_column *from)
{
	for (uint32_t i = 0; i < from->keep_count; i++)
		wr_column_keep(column, from->keep[i]);
}

void wr_column_make_const(struct wr_column *column)
{
	WR_ASSERT(column->len == 1);
	column->is_const = true;
	column->mask = 0;
}

struct wr_column *wr_column_ref(struct wr_column *column)
{
	atomic_fetch_add_explicit(&column->refs, 1, memory_order_relaxed);
	return column;
}

void wr_column_unref(struct wr_column *column)
{
	if (column == NULL)
		return;
	unsigned before = atomic_fetch_sub_explicit(&column->refs, 1, memory_order_acq_rel);
	WR_ASSERT(before != 0);
	if (before != 1)
		return;
	for (uint32_t i = 0; i < column->child_count; i++)
		wr_column_unref(column->child[i]);
	for (uint32_t i = 0; i < column->keep_count; i++)
		wr_buf_unref(column->keep[i]);
	wr_free(column->child);
	wr_free(column->keep);
	wr_buf_unref(column->data_buf);
	wr_buf_unref(column->valid_buf);
	wr_free(column);
}

/* A LIST has empty children, a ROW has constant NULL children, so that C1 holds below a NULL too.
 */
struct wr_column *wr_column_null(const struct wr_type *type)
{
	struct wr_column *column = wr_column_new(type, 1);

	if (column->data != NULL)
		memset(column->data, 0, wr_phys_size(column->phys));
	wr_column_validity(column)[0] = 0;
	for (uint32_t i = 0; i < column->child_count; i++) {
		if (column->phys == WR_P_ROW) {
			column->child[i] = wr_column_null(type->child[i]);
		} else {
			struct wr_column *null = wr_column_null(type->child[i]);
			column->child[i] = wr_column_gather(null, NULL, 0);
			wr_column_unref(null);
		}
	}
	wr_column_make_const(column);
	return column;
}

/* --- gather --------------------------------------------------------------------------------------
 */

#define GATHER_LOOP(ctype)                                                                         \
	do {                                                                                       \
		const ctype *restrict in = from;                                                   \
		ctype *restrict out = to;                                                          \
		for (uint32_t i = 0; i < count; i++)                                               \
			out[i] = in[index[i]];                                                     \
	} while (0)

/* to[i] = from[index[i]] for values of `width` bytes. */
static void gather_fixed(void *to, const void *from, const uint32_t *index, uint32_t count,
			 uint32_t width)
{
	switch (width) {
	case 1: GATHER_LOOP(uint8_t); break;
	case 2: GATHER_LOOP(uint16_t); break;
	case 4: GATHER_LOOP(uint32_t); break;
	case 8: GATHER_LOOP(uint64_t); break;
	case 16: GATHER_LOOP(wr_i128); break;
	default: WR_ASSERT(width == 0); break;
	}
}

/* Takes over validity; leaves `valid` NULL when no gathered row is NULL. */
static void gather_valid(struct wr_column *to, const struct wr_column *from, const uint32_t *index,
			 uint32_t count)
{
	uint8_t all = 1;

	if (from->valid == NULL)
		return;
	for (uint32_t i = 0; i < count; i++)
		all &= from->valid[index[i]];
	if (all)
		return;
	gather_fixed(wr_column_validity(to), from->valid, index, count, 1);
}

struct wr_column *wr_column_gather(const struct wr_column *column, const uint32_t *index,
				   uint32_t count)
{
	if (column->is_const && count != 0)
		return wr_column_ref((struct wr_column *)column);
	struct wr_column *out = wr_column_new(column->type, count);
	gather_fixed(out->data, column->data, index, count, wr_phys_size(column->phys));
	gather_valid(out, column, index, count);
	wr_column_keep_all(out, column);
	for (uint32_t i = 0; i < column->child_count; i++) {
		if (column->phys == WR_P_ROW)
			out->child[i] = wr_column_gather(column->child[i], index, count);
		else
			out->child[i] = wr_column_ref(column->child[i]);
	}
	return out;
}

/* --- slice, flatten, retype
 * ------------------------------------------------------------------------ */

struct wr_column *wr_column_slice(struct wr_column *column, uint32_t start, uint32_t count)
{
	if (column->is_const || (start == 0 && count == column->len))
		return wr_column_ref(column);
	WR_ASSERT(start <= column->len && count <= column->len - start);
	struct wr_column *out = column_alloc(column->type, count);
	if (column->data != NULL)
		out->data = (char *)column->data + (size_t)start * wr_phys_size(column->phys);
	if (column->data_buf != NULL)
		out->data_buf = wr_buf_ref(column->data_buf);
	if (column->valid != NULL) {
		out->valid = column->valid + start;
		if (column->valid_buf != NULL)
			out->valid_buf = wr_buf_ref(column->valid_buf);
	}
	wr_column_keep_all(out, column);
	for (uint32_t i = 0; i < column->child_count; i++) {
		if (column->phys == WR_P_ROW)
			out->child[i] = wr_column_slice(column->child[i], start, count);
		else
			out->child[i] = wr_column_ref(column->child[i]);
	}
	return out;
}

/* data[i] = value for every row. */
static void fill_fixed(void *to, const void *value, uint32_t count, uint32_t width)
{
	char *at = to;

	if (width == 1) {
		memset(to, *(const uint8_t *)value, count);
		return;
	}
	for (uint32_t i = 0; i < count; i++, at += width)
		memcpy(at, value, width);
}

struct wr_column *wr_column_flatten(struct wr_column *column, uint32_t count)
{
	if (!column->is_const)
		return wr_column_ref(column);
	struct wr_column *out = wr_column_new(column->type, count);
	if (column->data != NULL)
		fill_fixed(out->data, column->data, count, wr_phys_size(column->phys));
	if (!wr_column_is_valid(column, 0))
		memset(wr_column_validity(out), 0, count);
	wr_column_keep_all(out, column);
	for (uint32_t i = 0; i < column->child_count; i++) {
		struct wr_column *child = column->child[i];
		if (column->phys != WR_P_ROW) {
			out->child[i] = wr_column_ref(child);
		} else if (child->is_const) {
			out->child[i] = wr_column_flatten(child, count);
		} else {
			/* one dense row below a constant: repeat it */
			uint32_t *zeros = wr_calloc(count, sizeof *zeros);
			out->child[i] = wr_column_gather(child, zeros, count);
			wr_free(zeros);
		}
	}
	return out;
}

struct wr_column *wr_column_retype(struct wr_column *column, const struct wr_type *type)
{
	WR_ASSERT(wr_type_phys(type) == column->phys && type->child_count == column->child_count);
	if (type == column->type)
		return wr_column_ref(column);
	struct wr_column *out = column_alloc(type, column->len);
	out->is_const = column->is_const;
	out->mask = column->mask;
	out->data = column->data;
	out->valid = column->valid;
	if (column->data_buf != NULL)
		out->data_buf = wr_buf_ref(column->data_buf);
	if (column->valid_buf != NULL)
		out->valid_buf = wr_buf_ref(column->valid_buf);
	wr_column_keep_all(out, column);
	for (uint32_t i = 0; i < column->child_count; i++)
		out->child[i] = wr_column_retype(column->child[i], type->child[i]);
	return out;
}

/* --- concat
 * ---------------------------------------------------------------------------------------- */

/* Copies `len` rows of `from` (which may be const) into `to` from row `at` on; list spans are moved
 * by `shift`. */
static void concat_rows(struct wr_column *to, uint32_t at, const struct wr_column *from,
			uint32_t len, uint32_t shift)
{
	uint32_t width = wr_phys_size(to->phys);
	char *data = (char *)to->data + (size_t)at * width;

	if (width != 0 && len != 0) {
		if (from->is_const)
			fill_fixed(data, from->data, len, width);
		else
			memcpy(data, from->data, (size_t)len * width);
	}
	if (to->phys == WR_P_LIST || to->phys == WR_P_MAP) {
		struct wr_span *span = (struct wr_span *)data;
		for (uint32_t i = 0; i < len; i++)
			span[i].start += wr_column_is_valid(from, i) ? shift : 0;
	}
	if (from->valid == NULL)
		return;
	uint8_t *valid = wr_column_validity(to);
	for (uint32_t i = 0; i < len; i++)
		valid[at + i] = from->valid[i & from->mask];
}

/* Child `c` of the joined column: the children one after another. */
static struct wr_column *concat_child(struct wr_column *const *columns, const uint32_t *lens,
				      uint32_t count, uint32_t c)
{
	struct wr_column **child = wr_malloc(count * sizeof *child);
	uint32_t *child_lens = wr_malloc(count * sizeof *child_lens);

	for (uint32_t i = 0; i < count; i++) {
		bool is_row = columns[i]->phys == WR_P_ROW;
		struct wr_column *flat =
		    is_row ? wr_column_flatten(columns[i], lens[i]) : wr_column_ref(columns[i]);
		child[i] = wr_column_ref(flat->child[c]);
		child_lens[i] = is_row ? lens[i] : child[i]->len;
		wr_column_unref(flat);
	}
	struct wr_column *out = wr_column_concat(child, child_lens, count);
	for (uint32_t i = 0; i < count; i++)
		wr_column_unref(child[i]);
	wr_free(child);
	wr_free(child_lens);
	return out;
}

struct wr_column *wr_column_concat(struct wr_column *const *columns, const uint32_t *lens,
				   uint32_t count)
{
	uint64_t total = 0;
	uint32_t at = 0;
	uint32_t shift = 0;

	WR_ASSERT(count != 0);
	if (count == 1)
		return wr_column_flatten(columns[0], lens[0]);
	for (uint32_t i = 0; i < count; i++)
		total += lens[i];
	WR_REQUIRE(total <= UINT32_MAX);
	struct wr_column *out = wr_column_new(columns[0]->type, (uint32_t)total);
	for (uint32_t i = 0; i < count; i++) {
		WR_ASSERT(columns[i]->phys == out->phys);
		concat_rows(out, at, columns[i], lens[i], shift);
		wr_column_keep_all(out, columns[i]);
		at += lens[i];
		if (out->phys == WR_P_LIST || out->phys == WR_P_MAP)
			shift += columns[i]->child[0]->len;
	}
	for (uint32_t c = 0; c < out->child_count; c++)
		out->child[c] = concat_child(columns, lens, count, c);
	return out;
}
