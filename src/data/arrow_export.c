/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_export - see arrow_export.h: columns as Arrow's arrays.
 *
 * Every array owns what its buffers lie in: a reference to a column when they are the column's own,
 * else buffers made for it. It owns the structs of its children, too, but not what was moved out of
 * them (their release callback is NULL then).
 *
 * A column is made dense first (selection, constant); from there on all rows of it count. Lists
 * whose spans lie one behind the other, as they mostly do, give away the part of their child that
 * the spans cover; others gather it.
 */
#include "data/arrow_export.h"

#include "base/mem.h"
#include "data/arrow_bits.h"
#include "data/datetime.h"

#define BUFFERS_MAX 3u /* of one array */
#define NS_PER_US   1000

/* What an array owns. */
struct array_node {
	const void *buffers[BUFFERS_MAX]; /* as Arrow sees them */
	struct wr_buf *made[BUFFERS_MAX]; /* owned; NULL: the column's, or not there */
	struct wr_column *column;         /* whose data is shared; owned; NULL: nothing is */
	struct ArrowArray *child;         /* n_children structs; owned */
	struct ArrowArray **pointer;      /* to each of them; owned */
};

/* One export. */
struct export
{
	const char *name; /* of the column at the top, for messages */
	wr_status *fault; /* the first mistake; owned; NULL: none */
};

static void release_array(struct ArrowArray *array)
{
	struct array_node *node = array->private_data;

	for (int64_t i = 0; i < array->n_children; i++)
		if (node->child[i].release != NULL)
			node->child[i].release(&node->child[i]);
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		wr_buf_unref(node->made[i]);
	wr_column_unref(node->column);
	wr_free(node->child);
	wr_free(node->pointer);
	wr_free(node);
	array->release = NULL;
}

/* An array without buffers, whose children the caller fills; until then they are released ones. */
static struct array_node *open_array(struct ArrowArray *out, uint32_t length, uint32_t buffers,
				     uint32_t child_count)
{
	struct array_node *node = wr_calloc(1, sizeof *node);

	WR_ASSERT(buffers <= BUFFERS_MAX);
	if (child_count != 0) {
		node->child = wr_calloc(child_count, sizeof *node->child);
		node->pointer = wr_calloc(child_count, sizeof(struct ArrowArray *));
	}
	for (uint32_t i = 0; i < child_count; i++)
		node->pointer[i] = &node->child[i];
	*out = (struct ArrowArray){.length = length,
				   .n_buffers = buffers,
				   .n_children = child_count,
				   .buffers = node->buffers,
				   .children = node->pointer,
				   .release = release_array,
				   .private_data = node};
	return node;
}

/* A buffer of its own for an array. */
static void *make_buffer(struct array_node *node, uint32_t i, size_t size)
{
	node->made[i] = wr_buf_new(size);
	node->buffers[i] = node->made[i]->data;
	return node->made[i]->data;
}

static void export_valid(struct ArrowArray *out, const struct wr_column *column)
{
	struct array_node *node = out->private_data;

	if (column->valid == NULL)
		return;
	out->null_count =
	    wr_bits_pack(make_buffer(node, 0, (column->len + 7) / 8), column->valid, column->len);
	if (out->null_count != 0)
		return;
	wr_buf_unref(node->made[0]);
	node->made[0] = NULL;
	node->buffers[0] = NULL;
}

static void fault(struct export *export, const char *what)
{
	if (export->fault == NULL)
		export->fault = wr_status_new(
		    WR_USER_ERROR, "Column '%s' cannot be given to Arrow: %s", export->name, what);
}

/* --- values without children --- */

/* The column's own buffer. */
static void share_data(struct array_node *node, struct wr_column *column)
{
	node->buffers[1] = column->data;
	node->column = wr_column_ref(column);
}

/* Texts one behind the other and where each begins. */
static void export_strings(struct export *export, struct array_node *node,
			   const struct wr_column *column)
{
	const struct wr_view *view = column->data;
	int32_t *offsets = make_buffer(node, 1, (column->len + 1ull) * sizeof *offsets);
	uint64_t total = 0;
	char *to;

	offsets[0] = 0;
	for (uint32_t i = 0; i < column->len; i++) {
		total += wr_column_is_valid(column, i) ? view[i].len : 0;
		offsets[i + 1] = (int32_t)total;
	}
	if (total > INT32_MAX) {
		fault(export, "its texts in one batch are longer than 2 GiB");
		return;
	}
	to = make_buffer(node, 2, total);
	for (uint32_t i = 0; i < column->len; i++) {
		uint32_t len = (uint32_t)(offsets[i + 1] - offsets[i]);

		if (len > WR_VIEW_INLINE)
			memcpy(to, view[i].u.ref.ptr, len);
		else /* behind every buffer there is room for the rest */
			memcpy(to, view[i].u.inlined, WR_VIEW_INLINE);
		to += len;
	}
}

/* Nanoseconds in 128 bits as 64 bits of microseconds (precision up to 6) or nanoseconds. */
static void export_nanos(struct export *export, struct array_node *node,
			 const struct wr_column *column)
{
	int64_t *to = make_buffer(node, 1, column->len * sizeof *to);
	const wr_i128 *from = column->data;
	bool micros = column->type->precision <= 6, beyond = false;

	for (uint32_t i = 0; i < column->len; i++) {
		wr_i128 value = from[i];

		if (!wr_column_is_valid(column, i))
			value = 0;
		if (micros && value == (int64_t)value)
			value = wr_floor_div((int64_t)value, NS_PER_US);
		else if (micros)
			value = value / NS_PER_US - (value % NS_PER_US < 0);
		to[i] = (int64_t)value;
		beyond |= value != to[i];
	}
	if (beyond)
		fault(export, micros
				  ? "a timestamp is beyond 64 bits of microseconds"
				  : "a timestamp is beyond 64 bits of nanoseconds (years 1677 to "
				    "2262): cast it to a precision of 6");
}

/* Milliseconds as seconds, for TIMESTAMP(0). */
static void export_seconds(struct array_node *node, const struct wr_column *column)
{
	int64_t *to = make_buffer(node, 1, column->len * sizeof *to);

	for (uint32_t i = 0; i < column->len; i++)
		to[i] = wr_floor_div(WR_DATA(column, int64_t)[i], WR_MS_SECOND);
}

/* Months as months, days and nanoseconds: 4, 4 and 8 bytes. */
static void export_months(struct array_node *node, const struct wr_column *column)
{
	int32_t *to = make_buffer(node, 1, column->len * 4 * sizeof *to);

	for (uint32_t i = 0; i < column->len; i++) {
		to[(size_t)i * 4] = WR_DATA(column, int32_t)[i];
		memset(&to[(size_t)i * 4 + 1], 0, 3 * sizeof *to);
	}
}

/* A column of values without children. */
static void export_simple(struct export *export, struct wr_column *column, struct ArrowArray *out)
{
	uint32_t buffers = column->phys == WR_P_STR ? 3 : column->type->kind == WR_NULL ? 0 : 2;
	struct array_node *node = open_array(out, column->len, buffers, 0);

	if (column->type->kind == WR_NULL) {
		out->null_count = column->len;
		return;
	}
	export_valid(out, column);
	if (column->phys == WR_P_STR)
		export_strings(export, node, column);
	else if (column->phys == WR_P_BOOL)
		wr_bits_pack(make_buffer(node, 1, (column->len + 7) / 8), column->data,
			     column->len);
	else if (wr_kind_is_timestamp(column->type->kind) && column->phys == WR_P_I128)
		export_nanos(export, node, column);
	else if (wr_kind_is_timestamp(column->type->kind) && column->type->precision == 0)
		export_seconds(node, column);
	else if (column->type->kind == WR_INTERVAL_MONTH)
		export_months(node, column);
	else
		share_data(node, column);
}

/* --- nested values --- */

static void export_column(struct export *export, struct wr_column *column, struct ArrowArray *out);

/* Exports the child of a list or map that holds the elements of its rows one behind the other:
 * `index` names them, NULL: they are [first, first + count). */
static void export_elements(struct export *export, struct wr_column *elements,
			    const uint32_t *index, uint32_t first, uint32_t count,
			    struct ArrowArray *out)
{
	struct wr_column *part = index != NULL ? wr_column_gather(elements, index, count)
					       : wr_column_slice(elements, first, count);
	struct wr_column *flat = wr_column_flatten(part, count);

	export_column(export, flat, out);
	wr_column_unref(part);
	wr_column_unref(flat);
}

/* Offsets of the rows' spans; *first is where the elements begin when they lie one behind the
 * other, else *index (owned by the caller) names them. Returns how many there are. */
static uint64_t export_spans(struct array_node *node, const struct wr_column *column,
			     uint32_t *first, uint32_t **index)
{
	const struct wr_span *span = column->data;
	int32_t *offsets = make_buffer(node, 1, (column->len + 1ull) * sizeof *offsets);
	uint64_t total = 0;
	bool in_order = true;

	*first = 0;
	offsets[0] = 0;
	for (uint32_t i = 0; i < column->len; i++) {
		uint32_t len = wr_column_is_valid(column, i) ? span[i].len : 0;

		if (len != 0 && total == 0)
			*first = span[i].start;
		in_order &= len == 0 || span[i].start == *first + total;
		total += len;
		offsets[i + 1] = (int32_t)total;
	}
	if (in_order || total > INT32_MAX)
		return total;
	*index = wr_malloc(total * sizeof **index);
	for (uint32_t i = 0, at = 0; i < column->len; i++)
		for (uint32_t e = 0; wr_column_is_valid(column, i) && e < span[i].len; e++)
			(*index)[at++] = span[i].start + e;
	return total;
}

/* A list, or a map with its entries between the offsets and the children. */
static void export_list(struct export *export, struct wr_column *column, struct ArrowArray *out)
{
	struct array_node *node = open_array(out, column->len, 2, 1);
	uint32_t *index = NULL, first;
	uint64_t total;

	export_valid(out, column);
	total = export_spans(node, column, &first, &index);
	if (total > INT32_MAX) {
		fault(export, "its rows in one batch have more elements than Arrow can count");
	} else if (column->phys == WR_P_LIST) {
		export_elements(export, column->child[0], index, first, (uint32_t)total,
				out->children[0]);
	} else {
		struct ArrowArray *entries = out->children[0];

		open_array(entries, (uint32_t)total, 1, 2);
		for (uint32_t i = 0; i < 2; i++)
			export_elements(export, column->child[i], index, first, (uint32_t)total,
					entries->children[i]);
		if (entries->children[0]->null_count != 0)
			fault(export, "the key of one of its maps is NULL, which Arrow's keys are "
				      "not");
	}
	wr_free(index);
}

static void export_struct(struct export *export, struct wr_column *column, struct ArrowArray *out)
{
	open_array(out, column->len, 1, column->child_count);
	export_valid(out, column);
	for (uint32_t i = 0; i < column->child_count; i++) {
		struct wr_column *flat = wr_column_flatten(column->child[i], column->len);

		export_column(export, flat, out->children[i]);
		wr_column_unref(flat);
	}
}

/* A dense column as an array; after a fault the array may have less in it, but is released as any
 * other. */
static void export_column(struct export *export, struct wr_column *column, struct ArrowArray *out)
{
	WR_ASSERT(!column->is_const);
	if (column->phys == WR_P_LIST || column->phys == WR_P_MAP)
		export_list(export, column, out);
	else if (column->phys == WR_P_ROW)
		export_struct(export, column, out);
	else
		export_simple(export, column, out);
}

/* --- batches --- */

/* The kinds of the rows that count. */
static void export_kinds(const struct wr_batch *batch, struct ArrowArray *out)
{
	uint32_t count = wr_batch_count(batch);
	uint8_t *kinds = make_buffer(open_array(out, count, 2, 0), 1, count);

	for (uint32_t i = 0; i < count; i++)
		kinds[i] = wr_batch_kind(batch, wr_batch_row(batch, i));
}

/* A column of the batch with the rows that count, dense. */
static struct wr_column *dense_column(const struct wr_batch *batch, struct wr_column *column)
{
	struct wr_column *picked = batch->sel != NULL
				       ? wr_column_gather(column, batch->sel, batch->sel_count)
				       : wr_column_ref(column);
	struct wr_column *flat = wr_column_flatten(picked, wr_batch_count(batch));

	wr_column_unref(picked);
	return flat;
}

wr_status *wr_arrow_export(const struct wr_batch *batch, const struct wr_schema *schema, bool kinds,
			   struct ArrowArray *out)
{
	struct export export = {0};

	WR_ASSERT(batch->column_count >= schema->count);
	open_array(out, wr_batch_count(batch), 1, schema->count + kinds);
	for (uint32_t i = 0; i < schema->count && export.fault == NULL; i++) {
		struct wr_column *column;

		export.name = schema->field[i].name;
		if (batch->column[i] == NULL) {
			fault(&export, "nobody asked for its values");
			break;
		}
		column = dense_column(batch, batch->column[i]);
		export_column(&export, column, out->children[i]);
		wr_column_unref(column);
	}
	if (kinds)
		export_kinds(batch, out->children[schema->count]);
	if (export.fault != NULL)
		out->release(out);
	return export.fault;
}
