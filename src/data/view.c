/* SPDX-License-Identifier: Apache-2.0
 *
 * view - see view.h.
 */
#include "data/view.h"

#include "base/mem.h"
#include "data/print.h"

#define NANOS_PER_MS 1000000

/* What weir_child shows of a column: the elements as rows, over the children of its values. */
struct wr_nested_view {
	struct wr_schema schema; /* of the elements; field: owned; NULL: not opened yet */
	struct weir_result result;
	struct wr_batch batch; /* borrows the children of the column asked for last */
	struct weir_row row;   /* what was returned last */
};

static void result_open(struct weir_result *result, const struct wr_schema *schema, bool updating)
{
	result->schema = schema;
	result->column_count = schema->count;
	result->updating = updating;
	result->text = wr_calloc(schema->count, sizeof *result->text);
	result->type_text = wr_calloc(schema->count, sizeof *result->type_text);
	for (uint32_t i = 0; i < schema->count; i++) {
		wr_text_init(&result->text[i]);
		wr_text_init(&result->type_text[i]);
		wr_type_print(&result->type_text[i], schema->field[i].type);
	}
}

wr_status *wr_result_init(struct weir_result *result, const struct wr_schema *schema, bool updating,
			  const char *zone_id)
{
	WR_TRY(wr_zone_open(zone_id, &result->zone));
	result_open(result, schema, updating);
	return NULL;
}

void wr_result_release(struct weir_result *result)
{
	for (uint32_t i = 0; i < result->column_count; i++) {
		wr_text_release(&result->text[i]);
		wr_text_release(&result->type_text[i]);
	}
	for (uint32_t i = 0; result->nested != NULL && i < result->column_count; i++) {
		wr_result_release(&result->nested[i].result);
		wr_free(result->nested[i].schema.field);
	}
	wr_free(result->nested);
	wr_free(result->text);
	wr_free(result->type_text);
	if (!result->zone_shared)
		wr_zone_close(result->zone);
	*result = (struct weir_result){0};
}

WR_PUBLIC uint32_t weir_column_count(const struct weir_result *result)
{
	return result->schema->count;
}

WR_PUBLIC const char *weir_column_name(const struct weir_result *result, uint32_t column)
{
	return column < result->schema->count ? result->schema->field[column].name : NULL;
}

WR_PUBLIC enum weir_type weir_column_type(const struct weir_result *result, uint32_t column)
{
	static const enum weir_type types[WR_KIND_COUNT] = {
	    [WR_NULL] = WEIR_NULL,
	    [WR_BOOLEAN] = WEIR_BOOLEAN,
	    [WR_TINYINT] = WEIR_INTEGER,
	    [WR_SMALLINT] = WEIR_INTEGER,
	    [WR_INT] = WEIR_INTEGER,
	    [WR_BIGINT] = WEIR_INTEGER,
	    [WR_FLOAT] = WEIR_FLOAT,
	    [WR_DOUBLE] = WEIR_FLOAT,
	    [WR_DECIMAL] = WEIR_DECIMAL,
	    [WR_CHAR] = WEIR_STRING,
	    [WR_VARCHAR] = WEIR_STRING,
	    [WR_BINARY] = WEIR_BYTES,
	    [WR_VARBINARY] = WEIR_BYTES,
	    [WR_DATE] = WEIR_DATE,
	    [WR_TIME] = WEIR_TIME,
	    [WR_TIMESTAMP] = WEIR_TIMESTAMP,
	    [WR_TIMESTAMP_LTZ] = WEIR_TIMESTAMP_LTZ,
	    [WR_INTERVAL_MONTH] = WEIR_INTERVAL_MONTH,
	    [WR_INTERVAL_DAY] = WEIR_INTERVAL_DAY,
	    [WR_ARRAY] = WEIR_NESTED,
	    [WR_MAP] = WEIR_NESTED,
	    [WR_MULTISET] = WEIR_NESTED,
	    [WR_ROW] = WEIR_NESTED,
	};

	return column < result->schema->count ? types[result->schema->field[column].type->kind]
					      : WEIR_NULL;
}

WR_PUBLIC const char *weir_column_type_text(const struct weir_result *result, uint32_t column)
{
	return column < result->schema->count ? wr_text_str(&result->type_text[column]) : NULL;
}

WR_PUBLIC bool weir_result_updating(const struct weir_result *result)
{
	return result->updating;
}

WR_PUBLIC const struct weir_result *weir_row_result(const struct weir_row *row)
{
	return row->result;
}

WR_PUBLIC enum weir_row_kind weir_row_kind(const struct weir_row *row)
{
	return (enum weir_row_kind)wr_batch_kind(row->batch, row->row);
}

WR_PUBLIC bool weir_is_null(const struct weir_row *row, uint32_t column)
{
	return column >= row->batch->column_count ||
	       !wr_column_is_valid(row->batch->column[column], row->row);
}

/* The column and the index of the row's value in it; NULL: the value is NULL or the column is of
 * another type. */
static const struct wr_column *value_at(const struct weir_row *row, uint32_t column,
					enum weir_type type, uint32_t *index)
{
	const struct wr_column *values;

	if (weir_is_null(row, column) || weir_column_type(row->result, column) != type)
		return NULL;
	values = row->batch->column[column];
	*index = row->row & values->mask;
	return values;
}

WR_PUBLIC bool weir_get_bool(const struct weir_row *row, uint32_t column, bool *value)
{
	uint32_t i;
	const struct wr_column *values = value_at(row, column, WEIR_BOOLEAN, &i);

	if (values == NULL)
		return false;
	*value = WR_DATA(values, uint8_t)[i] != 0;
	return true;
}

WR_PUBLIC bool weir_get_i64(const struct weir_row *row, uint32_t column, int64_t *value)
{
	enum weir_type type = weir_column_type(row->result, column);
	uint32_t i;
	const struct wr_column *values = value_at(row, column, type, &i);

	if (values == NULL || type == WEIR_TIMESTAMP || type == WEIR_TIMESTAMP_LTZ)
		return false;
	switch (values->phys) {
	case WR_P_I8: *value = WR_DATA(values, int8_t)[i]; return true;
	case WR_P_I16: *value = WR_DATA(values, int16_t)[i]; return true;
	case WR_P_I32: *value = WR_DATA(values, int32_t)[i]; return true;
	case WR_P_I64: *value = WR_DATA(values, int64_t)[i]; return true;
	default: return false;
	}
}

WR_PUBLIC bool weir_get_f64(const struct weir_row *row, uint32_t column, double *value)
{
	uint32_t i;
	const struct wr_column *values = value_at(row, column, WEIR_FLOAT, &i);

	if (values == NULL)
		return false;
	*value = values->phys == WR_P_F32 ? (double)WR_DATA(values, float)[i]
					  : WR_DATA(values, double)[i];
	return true;
}

WR_PUBLIC bool weir_get_bytes(const struct weir_row *row, uint32_t column, const char **bytes,
			      size_t *len)
{
	enum weir_type type = weir_column_type(row->result, column);
	uint32_t i;
	const struct wr_column *values = value_at(row, column, type, &i);
	const struct wr_view *view;

	if (values == NULL || (type != WEIR_STRING && type != WEIR_BYTES))
		return false;
	view = &WR_DATA(values, struct wr_view)[i];
	*bytes = wr_view_data(view);
	*len = view->len;
	return true;
}

WR_PUBLIC bool weir_get_timestamp(const struct weir_row *row, uint32_t column, int64_t *ms,
				  int32_t *nanos)
{
	enum weir_type type = weir_column_type(row->result, column);
	uint32_t i;
	const struct wr_column *values = value_at(row, column, type, &i);
	int32_t rest = 0;

	if (values == NULL || (type != WEIR_TIMESTAMP && type != WEIR_TIMESTAMP_LTZ))
		return false;
	if (values->phys == WR_P_I128) {
		wr_i128 ns = WR_DATA(values, wr_i128)[i];

		rest = (int32_t)(ns % NANOS_PER_MS);
		if (rest < 0)
			rest += NANOS_PER_MS;
		*ms = (int64_t)((ns - rest) / NANOS_PER_MS);
	} else {
		*ms = WR_DATA(values, int64_t)[i];
	}
	if (nanos != NULL)
		*nanos = rest;
	return true;
}

WR_PUBLIC const char *weir_get_text(const struct weir_row *row, uint32_t column)
{
	struct wr_text *text;

	if (weir_is_null(row, column))
		return NULL;
	text = &row->result->text[column];
	wr_text_clear(text);
	wr_value_print(text, row->batch->column[column], row->row, row->result->zone);
	return wr_text_str(text);
}

/* --- batches */

WR_PUBLIC uint32_t weir_batch_rows(const struct weir_batch *batch)
{
	return wr_batch_count(batch->batch);
}

WR_PUBLIC const struct weir_result *weir_batch_result(const struct weir_batch *batch)
{
	return batch->result;
}

WR_PUBLIC uint32_t weir_batch_index(const struct weir_batch *batch, uint32_t i)
{
	return wr_batch_row(batch->batch, i);
}

WR_PUBLIC bool weir_batch_column(const struct weir_batch *batch, uint32_t column,
				 struct weir_column *out)
{
	static const enum weir_layout layouts[] = {
	    [WR_P_BOOL] = WEIR_LAYOUT_BOOL,  [WR_P_I8] = WEIR_LAYOUT_I8,
	    [WR_P_I16] = WEIR_LAYOUT_I16,    [WR_P_I32] = WEIR_LAYOUT_I32,
	    [WR_P_I64] = WEIR_LAYOUT_I64,    [WR_P_I128] = WEIR_LAYOUT_I128,
	    [WR_P_F32] = WEIR_LAYOUT_F32,    [WR_P_F64] = WEIR_LAYOUT_F64,
	    [WR_P_STR] = WEIR_LAYOUT_STRING, [WR_P_LIST] = WEIR_LAYOUT_NESTED,
	    [WR_P_MAP] = WEIR_LAYOUT_NESTED, [WR_P_ROW] = WEIR_LAYOUT_NESTED,
	};
	const struct wr_column *values;

	_Static_assert(sizeof(struct weir_string) == sizeof(struct wr_view), "one layout");
	if (column >= batch->batch->column_count || batch->batch->column[column] == NULL)
		return false;
	values = batch->batch->column[column];
	out->type = weir_column_type(batch->result, column);
	out->layout = layouts[values->phys];
	out->mask = values->mask;
	out->valid = values->valid;
	out->data = out->layout == WEIR_LAYOUT_NESTED ? NULL : values->data;
	return true;
}

WR_PUBLIC enum weir_row_kind weir_batch_kind(const struct weir_batch *batch, uint32_t i)
{
	return (enum weir_row_kind)wr_batch_kind(batch->batch, wr_batch_row(batch->batch, i));
}

WR_PUBLIC const struct weir_row *weir_batch_row(const struct weir_batch *batch, uint32_t i)
{
	struct weir_row *row = (struct weir_row *)&batch->row; /* the view's own, never const */

	row->row = wr_batch_row(batch->batch, i);
	return row;
}

/* --- nested values */

/* The value's elements among those of the children; NULL: there are none. */
static const struct wr_column *elements(const struct weir_row *row, uint32_t column,
					struct wr_span *span)
{
	const struct wr_column *values;
	uint32_t index;

	*span = (struct wr_span){0};
	if (weir_is_null(row, column))
		return NULL;
	values = row->batch->column[column];
	index = row->row & values->mask;
	if (values->phys == WR_P_ROW)
		*span = (struct wr_span){index, 1};
	else if (values->child_count > 0)
		*span = WR_DATA(values, struct wr_span)[index];
	return span->len > 0 ? values : NULL;
}

WR_PUBLIC uint32_t weir_child_count(const struct weir_row *row, uint32_t column)
{
	struct wr_span span;

	elements(row, column, &span);
	return span.len;
}

/* Opens the view of a column's elements. */
static void nested_open(struct wr_nested_view *view, const struct weir_result *parent,
			const struct wr_type *type)
{
	static const char *const names[][2] = {[WR_ARRAY] = {"element", NULL},
					       [WR_MAP] = {"key", "value"},
					       [WR_MULTISET] = {"element", "count"}};
	uint32_t count = type->kind == WR_MULTISET ? 2 : type->child_count;

	view->schema.count = count;
	view->schema.field = wr_calloc(count + 1, sizeof *view->schema.field);
	for (uint32_t i = 0; i < count; i++) {
		view->schema.field[i].name =
		    type->kind == WR_ROW ? type->name[i] : names[type->kind][i];
		view->schema.field[i].type =
		    type->kind == WR_MULTISET && i == 1 ? &WR_T_INT_NN : type->child[i];
	}
	view->result.zone = parent->zone;
	view->result.zone_shared = true;
	result_open(&view->result, &view->schema, false);
}

WR_PUBLIC const struct weir_row *weir_child(const struct weir_row *row, uint32_t column, uint32_t i)
{
	struct weir_result *result = row->result;
	struct wr_nested_view *view;
	struct wr_span span;
	const struct wr_column *values = elements(row, column, &span);

	if (i >= span.len)
		return NULL;
	if (result->nested == NULL)
		result->nested = wr_calloc(result->column_count, sizeof *result->nested);
	view = &result->nested[column];
	if (view->schema.field == NULL)
		nested_open(view, result, values->type);
	view->batch =
	    (struct wr_batch){.column = values->child,
			      .column_count = values->child_count,
			      .rows = values->child_count > 0 ? values->child[0]->len : 0};
	view->row = (struct weir_row){&view->result, &view->batch, span.start + i};
	return &view->row;
}
