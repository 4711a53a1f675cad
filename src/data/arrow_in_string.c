/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_in_string - texts and bytes out of Arrow: views of its bytes, which the column keeps.
 *
 * Offsets must not fall, so the last one bounds all others; what it says is all that the array
 * declares of its bytes. Views name their buffer, whose size stands in a buffer of sizes.
 *
 * UTF-8: bytes of offsets are first checked as a whole; when they are good and no text begins
 * within a character, every text is good. Otherwise (also because of what lies under NULLs) each
 * is checked by itself.
 */
#include "base/limits.h"
#include "data/arrow_in.h"
#include "data/utf8.h"

#define VIEW_BYTES    16u
#define BUFFERS_FIXED 2u /* validity and views; then come buffers of bytes and one of sizes */

static wr_status *bad_text(const struct wr_arrow_source *source, uint32_t row)
{
	return wr_arrow_in_misfit(source, row, "it is not UTF-8");
}

/* No value is longer than WR_RECORD_BYTES_MAX; what lies under a NULL is none. */
static inline bool too_long(const struct wr_arrow_source *source, uint32_t row, int64_t len)
{
	return len > WR_RECORD_BYTES_MAX && wr_arrow_is_valid(source, row);
}

static wr_status *long_value(const struct wr_arrow_source *source, uint32_t row)
{
	return wr_arrow_in_misfit(source, row, "it has more than 64 MiB");
}

/* A view of bytes that end at or before `end`, up to which may be read. */
static inline struct wr_view view_of(const char *data, uint32_t len, const char *end)
{
	struct wr_view view = {.len = len};
	uint64_t low;
	uint32_t high;

	if (len > WR_VIEW_INLINE || end - data < WR_VIEW_INLINE)
		return wr_view_of(data, len);
	memcpy(&low, data, sizeof low);
	memcpy(&high, data + sizeof low, sizeof high);
	low &= len >= 8 ? UINT64_MAX : (UINT64_C(1) << len * 8) - 1;
	high &= len <= 8 ? 0 : len == 12 ? UINT32_MAX : (UINT32_C(1) << (len - 8) * 8) - 1;
	memcpy(view.u.inlined, &low, sizeof low);
	memcpy(view.u.inlined + sizeof low, &high, sizeof high);
	return view;
}

/* --- texts between offsets --- */

/* An array of texts one behind the other. */
struct offsets {
	const char *at;    /* the offset of the first row; that of the next one behind it */
	uint32_t width;    /* of an offset: 4 or 8 */
	const char *bytes; /* that they count from; NULL only when there are none */
};

static inline int64_t offset_at(const struct offsets *offsets, uint32_t i)
{
	int64_t wide;
	int32_t narrow;

	if (offsets->width == sizeof wide) {
		memcpy(&wide, offsets->at + (size_t)i * sizeof wide, sizeof wide);
		return wide;
	}
	memcpy(&narrow, offsets->at + (size_t)i * sizeof narrow, sizeof narrow);
	return narrow;
}

/* The last offset of the whole array, which says how many bytes there are. */
static int64_t declared_bytes(const struct wr_arrow_source *source, const void *all)
{
	struct offsets offsets = {.width = source->format.bits / 8};

	offsets.at =
	    (const char *)all + (source->array->offset + source->array->length) * offsets.width;
	return offset_at(&offsets, 0);
}

/* Finds offsets and bytes and checks them (A1). */
static wr_status *open_offsets(const struct wr_arrow_source *source, struct offsets *offsets)
{
	const void *at;
	int64_t before = 0;

	offsets->width = source->format.bits / 8;
	WR_TRY(wr_arrow_in_buffer(source, 1, &at));
	offsets->at = (const char *)at + (source->rows != 0 ? source->start * offsets->width : 0);
	offsets->bytes = NULL;
	if (source->rows == 0)
		return NULL;
	for (uint32_t i = 0; i <= source->rows; i++) {
		int64_t offset = offset_at(offsets, i);

		if (offset < before)
			return wr_arrow_in_broken(source, "offset %lld behind offset %lld",
						  (long long)offset, (long long)before);
		if (i != 0 && too_long(source, i - 1, offset - before))
			return long_value(source, i - 1);
		before = offset;
	}
	if (before == offset_at(offsets, 0))
		return NULL;
	if (declared_bytes(source, at) < before)
		return wr_arrow_in_broken(source, "offset %lld behind the last one",
					  (long long)before);
	WR_TRY(wr_arrow_in_buffer(source, 2, &at));
	offsets->bytes = at;
	return NULL;
}

/* Whether each text of the rows [from, to) is UTF-8, by looking at all of them at once; false:
 * perhaps not. */
static bool all_utf8(const struct offsets *offsets, uint32_t from, uint32_t to)
{
	int64_t begin = offset_at(offsets, from), end = offset_at(offsets, to);
	bool within = false;

	if (!wr_utf8_valid(offsets->bytes + begin, (size_t)(end - begin)))
		return false;
	for (uint32_t i = from; i < to; i++) {
		int64_t offset = offset_at(offsets, i);

		within |= offset < end && ((uint8_t)offsets->bytes[offset] & 0xc0) == 0x80;
	}
	return !within;
}

/* The first of the rows [from, to) with a text that is not UTF-8; `to`: there is none. */
static uint32_t first_bad(const struct wr_arrow_source *source, const struct offsets *offsets,
			  uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		int64_t offset = offset_at(offsets, i);
		int64_t len = offset_at(offsets, i + 1) - offset;

		if (wr_arrow_is_valid(source, i) &&
		    !wr_utf8_valid(offsets->bytes + offset, (size_t)len))
			return i;
	}
	return to;
}

/* Makes the views of the rows [from, to); whether any points into the bytes. */
static bool make_views(const struct wr_arrow_source *source, const struct offsets *offsets,
		       uint32_t from, uint32_t to, struct wr_view *view)
{
	const char *end = offsets->bytes + offset_at(offsets, source->rows);
	int64_t offset = offset_at(offsets, from);
	bool refers = false;

	for (uint32_t i = from; i < to; i++) {
		int64_t next = offset_at(offsets, i + 1);
		uint32_t len = wr_arrow_is_valid(source, i) ? (uint32_t)(next - offset) : 0;

		view[i] = view_of(offsets->bytes + offset, len, end);
		refers |= len > WR_VIEW_INLINE;
		offset = next;
	}
	return refers;
}

/* In blocks, so that bytes that were checked are still near when their views are made. */
static wr_status *read_offsets(const struct wr_arrow_source *source, bool is_text,
			       struct wr_column **column)
{
	struct offsets offsets;
	bool refers = false;

	WR_TRY(open_offsets(source, &offsets));
	*column = wr_arrow_in_new(source);
	if (offsets.bytes == NULL) { /* no bytes, or no rows */
		memset((*column)->data, 0, source->rows * sizeof(struct wr_view));
		return NULL;
	}
	for (uint32_t from = 0, to; from < source->rows; from = to) {
		to = from + WR_MIN(source->rows - from, (uint32_t)WR_BATCH_ROWS_MAX);
		if (is_text && !all_utf8(&offsets, from, to)) {
			uint32_t row = first_bad(source, &offsets, from, to);

			if (row != to)
				return bad_text(source, row);
		}
		refers |= make_views(source, &offsets, from, to, (*column)->data);
	}
	if (refers)
		wr_column_keep(*column, source->in->owner);
	return NULL;
}

/* --- views --- */

/* What one of Arrow's views says. */
struct arrow_view {
	int32_t len;    /* bytes */
	char prefix[4]; /* the first of them; of up to 12 bytes all lie here and behind */
	int32_t buffer; /* which one they are in */
	int32_t offset; /* where in it */
};
_Static_assert(sizeof(struct arrow_view) == VIEW_BYTES, "a view is 16 bytes");

/* The bytes of one view (A1). */
static wr_status *view_bytes(const struct wr_arrow_source *source, uint32_t row, const char *at,
			     const char **bytes, uint32_t *len)
{
	const struct ArrowArray *array = source->array;
	int64_t count = array->n_buffers - BUFFERS_FIXED - 1; /* of bytes */
	struct arrow_view view;
	int64_t size = -1;

	memcpy(&view, at, sizeof view);
	*len = (uint32_t)view.len;
	*bytes = at + offsetof(struct arrow_view, prefix);
	if (view.len >= 0 && view.len <= WR_VIEW_INLINE)
		return NULL;
	if (view.len >= 0 && view.buffer >= 0 && view.buffer < count &&
	    array->buffers[array->n_buffers - 1] != NULL) {
		memcpy(&size,
		       (const char *)array->buffers[array->n_buffers - 1] +
			   (size_t)view.buffer * sizeof size,
		       sizeof size);
		*bytes = array->buffers[BUFFERS_FIXED + view.buffer];
	}
	if (view.len < 0 || view.offset < 0 || size < (int64_t)view.offset + view.len ||
	    *bytes == NULL)
		return wr_arrow_in_broken(source,
					  "view %u: %d bytes at %d of buffer %d are not there", row,
					  view.len, view.offset, view.buffer);
	*bytes += view.offset;
	return NULL;
}

static wr_status *read_views(const struct wr_arrow_source *source, bool is_text,
			     struct wr_column **column)
{
	const void *data;
	const char *at;
	struct wr_view *to;
	bool refers = false;

	WR_TRY(wr_arrow_in_buffer(source, 1, &data));
	if (source->rows != 0 && source->array->n_buffers < BUFFERS_FIXED + 1)
		return wr_arrow_in_broken(source, "it has %lld buffers",
					  (long long)source->array->n_buffers);
	at = (const char *)data + (source->rows != 0 ? source->start * VIEW_BYTES : 0);
	*column = wr_arrow_in_new(source);
	to = (*column)->data;
	for (uint32_t i = 0; i < source->rows; i++, at += VIEW_BYTES) {
		const char *bytes;
		uint32_t len;

		to[i] = (struct wr_view){0};
		if (!wr_arrow_is_valid(source, i))
			continue;
		WR_TRY(view_bytes(source, i, at, &bytes, &len));
		if (too_long(source, i, len))
			return long_value(source, i);
		if (is_text && !wr_utf8_valid(bytes, len))
			return bad_text(source, i);
		to[i] = wr_view_of(bytes, len);
		refers |= len > WR_VIEW_INLINE;
	}
	if (refers)
		wr_column_keep(*column, source->in->owner);
	return NULL;
}

/* --- bytes of one width --- */

static wr_status *read_fixed(const struct wr_arrow_source *source, struct wr_column **column)
{
	uint32_t width = (uint32_t)source->format.width;
	const char *bytes;
	const void *data;
	struct wr_view *to;

	if (source->start > INT64_MAX / (width + 1) - source->rows)
		return wr_arrow_in_broken(source, "it has more bytes than can be");
	WR_TRY(wr_arrow_in_buffer(source, 1, &data));
	for (uint32_t i = 0; width > WR_RECORD_BYTES_MAX && i < source->rows; i++)
		if (too_long(source, i, width))
			return long_value(source, i);
	bytes = (const char *)data + (source->rows != 0 ? source->start * width : 0);
	*column = wr_arrow_in_new(source);
	to = (*column)->data;
	for (uint32_t i = 0; i < source->rows; i++, bytes += width)
		to[i] = wr_view_of(bytes, wr_arrow_is_valid(source, i) ? width : 0);
	if (width > WR_VIEW_INLINE && source->rows != 0)
		wr_column_keep(*column, source->in->owner);
	return NULL;
}

wr_status *wr_arrow_in_string(const struct wr_arrow_source *source, struct wr_column **column)
{
	bool is_text = wr_kind_is_string(source->type->kind);
	enum wr_arrow_kind kind = source->format.kind;

	if (kind == (is_text ? WR_ARROW_UTF8 : WR_ARROW_BINARY))
		return read_offsets(source, is_text, column);
	if (kind == (is_text ? WR_ARROW_UTF8_VIEW : WR_ARROW_BINARY_VIEW))
		return read_views(source, is_text, column);
	if (kind == WR_ARROW_FIXED_BINARY && !is_text)
		return read_fixed(source, column);
	if (is_text && (kind == WR_ARROW_BINARY || kind == WR_ARROW_BINARY_VIEW ||
			kind == WR_ARROW_FIXED_BINARY))
		return wr_arrow_in_refuse(source, "Cast it to utf8 before");
	if (!is_text && (kind == WR_ARROW_UTF8 || kind == WR_ARROW_UTF8_VIEW))
		return wr_arrow_in_refuse(source, "Cast it to binary before");
	return wr_arrow_in_refuse(source, NULL);
}
