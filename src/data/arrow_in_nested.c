/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_in_nested - lists, maps and structs out of Arrow, and the names of a struct's children.
 *
 * Only the elements between the first and the last offset are read, so the spans of the rows count
 * from there. Elements under a NULL, where a producer left some, are NULL whatever they say: they
 * are nobody's mistake.
 */
#include "data/arrow_in.h"

#include "base/mem.h"

/* Where the elements of the rows lie in the child. */
struct extent {
	int64_t first;       /* element that spans count from */
	uint32_t count;      /* elements from there on */
	struct wr_buf *care; /* a byte per element, 0 under a NULL; owned; NULL: none is */
};

/* Offset i of the buffer that begins at the rows' first one. */
static int64_t offset_at(const struct wr_arrow_source *source, const void *offsets, int64_t i)
{
	const char *at = (const char *)offsets + i * (source->format.bits / 8);
	int64_t wide;
	int32_t narrow;

	if (source->format.bits == 64) {
		memcpy(&wide, at, sizeof wide);
		return wide;
	}
	memcpy(&narrow, at, sizeof narrow);
	return narrow;
}

static wr_status *bad_extent(const struct wr_arrow_source *source, uint32_t row, int64_t offset,
			     int64_t end)
{
	return wr_arrow_in_broken(source, "value %u goes from element %lld to %lld", row,
				  (long long)offset, (long long)end);
}

/* Marks elements under a NULL as such. */
static void forget(struct extent *extent, int64_t from, int64_t to)
{
	if (extent->care == NULL) {
		extent->care = wr_buf_new(extent->count);
		memset(extent->care->data, 1, extent->count);
	}
	memset(extent->care->data + (from - extent->first), 0, (size_t)(to - from));
}

/* Spans of a list or map with offsets: they must not fall (A1). */
static wr_status *spans_of_offsets(const struct wr_arrow_source *source, struct wr_span *span,
				   struct extent *extent)
{
	const void *offsets;
	int64_t begin, end;

	if (source->rows == 0)
		return NULL;
	WR_TRY(wr_arrow_in_buffer(source, 1, &offsets));
	extent->first = offset_at(source, offsets, source->start);
	end = offset_at(source, offsets, source->start + source->rows);
	if (extent->first < 0 || end < extent->first || end - extent->first > WR_LENGTH_MAX)
		return bad_extent(source, source->rows - 1, extent->first, end);
	extent->count = (uint32_t)(end - extent->first);
	begin = extent->first;
	for (uint32_t i = 0; i < source->rows; i++, begin = end) {
		end = offset_at(source, offsets, source->start + i + 1);
		if (end < begin || end - extent->first > extent->count)
			return bad_extent(source, i, begin, end);
		span[i] = (struct wr_span){0};
		if (wr_arrow_is_valid(source, i))
			span[i] = (struct wr_span){.start = (uint32_t)(begin - extent->first),
						   .len = (uint32_t)(end - begin)};
		else if (end != begin)
			forget(extent, begin, end);
	}
	return NULL;
}

/* Spans of a list view: anywhere in the child. */
static wr_status *spans_of_views(const struct wr_arrow_source *source, struct wr_span *span,
				 struct extent *extent)
{
	int64_t length = source->array->n_children == 1 && source->array->children[0] != NULL
			     ? source->array->children[0]->length
			     : 0;
	const void *offsets, *sizes;

	if (length < 0 || length > WR_LENGTH_MAX)
		return wr_arrow_in_broken(source, "it has %lld elements", (long long)length);
	WR_TRY(wr_arrow_in_buffer(source, 1, &offsets));
	WR_TRY(wr_arrow_in_buffer(source, 2, &sizes));
	extent->count = source->rows != 0 ? (uint32_t)length : 0;
	for (uint32_t i = 0; i < source->rows; i++) {
		int64_t offset = offset_at(source, offsets, source->start + i);
		int64_t size = offset_at(source, sizes, source->start + i);

		span[i] = (struct wr_span){0};
		if (!wr_arrow_is_valid(source, i))
			continue;
		if (offset < 0 || size < 0 || offset > length || size > length - offset)
			return bad_extent(source, i, offset, offset + size % WR_LENGTH_MAX);
		span[i] = (struct wr_span){.start = (uint32_t)offset, .len = (uint32_t)size};
	}
	return NULL;
}

/* Spans of lists of one length. */
static wr_status *spans_of_fixed(const struct wr_arrow_source *source, struct wr_span *span,
				 struct extent *extent)
{
	uint32_t width = (uint32_t)source->format.width;

	if ((uint64_t)source->rows * width > WR_LENGTH_MAX ||
	    source->start > INT64_MAX / (width + 1))
		return wr_arrow_in_broken(source, "it has more elements than can be");
	extent->first = source->start * width;
	extent->count = source->rows * width;
	for (uint32_t i = 0; i < source->rows; i++) {
		uint32_t start = i * width;

		span[i] = (struct wr_span){0};
		if (wr_arrow_is_valid(source, i))
			span[i] = (struct wr_span){.start = start, .len = width};
		else if (width != 0)
			forget(extent, extent->first + start, extent->first + start + width);
	}
	return NULL;
}

/* Whether there are as many children as the format needs. */
static wr_status *check_children(const struct wr_arrow_source *source, int64_t count)
{
	const struct ArrowArray *array = source->array;

	if (array->n_children != count || array->children == NULL ||
	    source->schema->children == NULL)
		return wr_arrow_in_broken(source, "it has %lld children",
					  (long long)array->n_children);
	for (int64_t i = 0; i < count; i++)
		if (array->children[i] == NULL || source->schema->children[i] == NULL)
			return wr_arrow_in_broken(source, "child %lld is not there", (long long)i);
	return NULL;
}

wr_status *wr_arrow_in_list(const struct wr_arrow_source *source, struct wr_column **column)
{
	enum wr_arrow_kind kind = source->format.kind;
	struct extent extent = {0};
	struct wr_column *elements;
	struct wr_span *span;
	wr_status *status;

	if (kind != WR_ARROW_LIST && kind != WR_ARROW_LIST_VIEW && kind != WR_ARROW_FIXED_LIST)
		return wr_arrow_in_refuse(source, NULL);
	WR_TRY(check_children(source, 1));
	*column = wr_arrow_in_new(source);
	span = (*column)->data;
	status = kind == WR_ARROW_LIST        ? spans_of_offsets(source, span, &extent)
		 : kind == WR_ARROW_LIST_VIEW ? spans_of_views(source, span, &extent)
					      : spans_of_fixed(source, span, &extent);
	if (status == NULL)
		status = wr_arrow_in_child(source, 0, "element", extent.first, extent.count,
					   extent.care != NULL ? (const uint8_t *)extent.care->data
							       : NULL,
					   source->type->child[0], &elements);
	if (status == NULL)
		wr_column_set_child(*column, 0, elements);
	wr_buf_unref(extent.care);
	return status;
}

/* --- maps --- */

/* The array and schema of a map's entries, which are structs that lie as if they were not there.
 */
static wr_status *open_entries(const struct wr_arrow_source *source,
			       struct wr_arrow_source *entries)
{
	WR_TRY(check_children(source, 1));
	*entries = *source;
	entries->array = source->array->children[0];
	entries->schema = source->schema->children[0];
	entries->format = wr_arrow_format_read(entries->schema->format);
	if (entries->format.kind != WR_ARROW_STRUCT)
		return wr_arrow_in_broken(source, "its entries are no structs");
	return check_children(entries, 2);
}

/* Counts of a MULTISET are 1 or more. */
static wr_status *check_counts(const struct wr_arrow_source *source, const struct wr_column *counts)
{
	for (uint32_t i = 0; i < counts->len; i++)
		if (wr_column_is_valid(counts, i) && WR_DATA(counts, int32_t)[i] < 1)
			return wr_arrow_in_misfit(source, i, "an element occurs less than once");
	return NULL;
}

wr_status *wr_arrow_in_map(const struct wr_arrow_source *source, struct wr_column **column)
{
	static const char *const names[] = {"key", "value"};
	struct wr_arrow_source entries, spans = *source;
	struct extent extent = {0};
	const uint8_t *care;
	wr_status *status;
	int64_t first;

	if (source->format.kind != WR_ARROW_MAP)
		return wr_arrow_in_refuse(source, NULL);
	WR_TRY(open_entries(source, &entries));
	spans.format.bits = 32;
	*column = wr_arrow_in_new(source);
	WR_TRY_OUT(status, spans_of_offsets(&spans, (*column)->data, &extent));
	care = extent.care != NULL ? (const uint8_t *)extent.care->data : NULL;
	if (entries.array->length < 0 || entries.array->offset < 0 ||
	    extent.first > entries.array->length ||
	    extent.count > entries.array->length - extent.first ||
	    entries.array->offset > INT64_MAX / 64 - extent.first) {
		status = wr_arrow_in_broken(source, "it has %lld entries",
					    (long long)entries.array->length);
		goto out;
	}
	first = entries.array->offset + extent.first;
	for (uint32_t i = 0; i < 2; i++) {
		struct wr_column *child;

		WR_TRY_OUT(status, wr_arrow_in_child(&entries, i, names[i], first, extent.count,
						     care, source->type->child[i], &child));
		wr_column_set_child(*column, i, child);
	}
	if (source->type->kind == WR_MULTISET)
		status = check_counts(source, (*column)->child[1]);
out:
	wr_buf_unref(extent.care);
	return status;
}

/* --- structs --- */

static wr_status *not_there(const struct wr_arrow_source *source, const char *name)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "Column '%s%s%s' is NOT NULL and not among the Arrow "
					    "array's columns",
					    wr_text_str(&source->in->path),
					    source->in->path.len != 0 ? "." : "", name),
			      "Columns are found by their name, upper and lower case matter");
}

/* A child that nobody asked for. */
static wr_status *unknown(const struct wr_arrow_source *source, const char *name, uint32_t count,
			  const char *const *names)
{
	const char *nearest = wr_nearest(name, names, count);
	wr_status *status;
	struct wr_text known;

	status = wr_status_new(
	    WR_USER_ERROR, "Arrow's column '%s%s%s' is not one of the columns it is for",
	    wr_text_str(&source->in->path), source->in->path.len != 0 ? "." : "", name);
	if (nearest != NULL)
		return wr_status_hint(status, "Did you mean '%s'?", nearest);
	wr_text_init(&known);
	wr_text_names(&known, names, count);
	wr_status_hint(status, "There are %s", wr_text_str(&known));
	wr_text_release(&known);
	return status;
}

/* By position: as many as there are names. */
static wr_status *match_positions(const struct wr_arrow_source *source, uint32_t count,
				  int64_t *found)
{
	if (source->array->n_children != count)
		return wr_status_new(
		    WR_USER_ERROR, "%s%s%s%lld columns of Arrow without names are for %u columns",
		    source->in->path.len != 0 ? "Column '" : "", wr_text_str(&source->in->path),
		    source->in->path.len != 0 ? "': " : "", (long long)source->array->n_children,
		    count);
	for (uint32_t i = 0; i < count; i++)
		found[i] = i;
	return NULL;
}

/* Whether any child has a name. */
static bool has_names(const struct wr_arrow_source *source)
{
	for (int64_t i = 0; i < source->array->n_children; i++)
		if (source->schema->children[i]->name != NULL &&
		    source->schema->children[i]->name[0] != '\0')
			return true;
	return false;
}

/* The number of a name among `count`, which is mostly `likely`; count: it is none of them. */
static uint32_t find_name(const char *name, uint32_t count, const char *const *names,
			  int64_t likely)
{
	if (likely < count && strcmp(names[likely], name) == 0)
		return (uint32_t)likely;
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return count;
}

wr_status *wr_arrow_in_match(const struct wr_arrow_source *source, uint32_t count,
			     const char *const *names, const char *kind, int64_t *kind_child,
			     int64_t *found)
{
	if (source->array->n_children != 0)
		WR_TRY(check_children(source, source->array->n_children));
	if (!has_names(source))
		return match_positions(source, count, found);
	for (uint32_t i = 0; i < count; i++)
		found[i] = -1;
	for (int64_t c = 0; c < source->array->n_children; c++) {
		const char *name = source->schema->children[c]->name;
		uint32_t i;

		name = name != NULL ? name : "";
		i = find_name(name, count, names, c);
		if (i == count && kind != NULL && strcmp(name, kind) == 0 && *kind_child < 0) {
			*kind_child = c;
			continue;
		}
		if (i == count)
			return unknown(source, name, count, names);
		if (found[i] >= 0)
			return wr_status_new(WR_USER_ERROR,
					     "Two columns of Arrow have the name '%s'", name);
		found[i] = c;
	}
	return NULL;
}

wr_status *wr_arrow_in_struct(const struct wr_arrow_source *source, struct wr_column **column)
{
	const struct wr_type *type = source->type;
	int64_t *found;
	wr_status *status;

	if (source->format.kind != WR_ARROW_STRUCT)
		return wr_arrow_in_refuse(source, NULL);
	found = wr_calloc(type->child_count + 1, sizeof *found);
	*column = wr_arrow_in_new(source);
	WR_TRY_OUT(status,
		   wr_arrow_in_match(source, type->child_count, type->name, NULL, NULL, found));
	for (uint32_t i = 0; i < type->child_count; i++) {
		struct wr_column *child;

		if (found[i] >= 0) {
			WR_TRY_OUT(status,
				   wr_arrow_in_child(source, (uint32_t)found[i], type->name[i],
						     source->start, source->rows, source->valid,
						     type->child[i], &child));
		} else if (type->child[i]->nullable) {
			struct wr_column *null = wr_column_null(type->child[i]);

			child = wr_column_flatten(null, source->rows);
			wr_column_unref(null);
		} else {
			status = not_there(source, type->name[i]);
			goto out;
		}
		wr_column_set_child(*column, i, child);
	}
out:
	wr_free(found);
	return status;
}
