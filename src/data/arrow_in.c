/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_in - see arrow_in.h: one array to one column, whatever its type; sharing, NULLs, messages.
 */
#include "data/arrow_in.h"

#include <stdio.h>

#include "base/mem.h"
#include "data/arrow_bits.h"

/* --- messages --- */

wr_status *wr_arrow_in_broken(const struct wr_arrow_source *source, const char *what, ...)
{
	struct wr_text text;
	va_list args;
	char why[160];

	va_start(args, what);
	vsnprintf(why, sizeof why, what, args);
	va_end(args);
	wr_text_init(&text);
	wr_arrow_format_name(&text, source->schema);
	wr_status *status = wr_status_new(WR_USER_ERROR,
					  "Column '%s': its Arrow array of %s contradicts itself: "
					  "%s",
					  wr_text_str(&source->in->path), wr_text_str(&text), why);
	wr_text_release(&text);
	return wr_status_hint(status, "The program that made the array has to be corrected");
}

wr_status *wr_arrow_in_refuse(const struct wr_arrow_source *source, const char *hint)
{
	struct wr_text text, type;
	wr_status *status;

	wr_text_init(&text);
	wr_text_init(&type);
	wr_arrow_format_name(&text, source->schema);
	wr_type_print(&type, source->type);
	status =
	    wr_status_new(WR_USER_ERROR,
			  "Column '%s' is of type %s, Arrow's %s is not taken "
			  "for it",
			  wr_text_str(&source->in->path), wr_text_str(&type), wr_text_str(&text));
	wr_text_release(&text);
	wr_text_release(&type);
	return hint != NULL ? wr_status_hint(status, "%s", hint) : status;
}

wr_status *wr_arrow_in_misfit(const struct wr_arrow_source *source, uint32_t row, const char *what)
{
	struct wr_text type;
	wr_status *status;

	wr_text_init(&type);
	wr_type_print(&type, source->type);
	status = wr_status_new(WR_USER_ERROR,
			       "Column '%s' is of type %s, value %u of the Arrow "
			       "array (from 0) does not fit: %s",
			       wr_text_str(&source->in->path), wr_text_str(&type), row, what);
	wr_text_release(&type);
	return status;
}

/* --- buffers and columns --- */

wr_status *wr_arrow_in_buffer(const struct wr_arrow_source *source, uint32_t i, const void **data)
{
	static const uint64_t nothing[4]; /* what an array without rows may point to */

	*data = nothing;
	if (source->rows == 0)
		return NULL;
	if (source->array->buffers == NULL || source->array->n_buffers <= i)
		return wr_arrow_in_broken(source, "it has %lld buffers",
					  (long long)source->array->n_buffers);
	if (source->array->buffers[i] == NULL)
		return wr_arrow_in_broken(source, "buffer %u is not there", i);
	*data = source->array->buffers[i];
	return NULL;
}

struct wr_column *wr_arrow_in_new(const struct wr_arrow_source *source)
{
	return wr_column_new(source->type, source->rows);
}

#define CLEAR_LOOP(ctype)                                                                          \
	do {                                                                                       \
		ctype *data = column->data;                                                        \
		for (uint32_t i = 0; i < source->rows; i++)                                        \
			data[i] = source->valid[i] ? data[i] : 0;                                  \
	} while (0)

void wr_arrow_in_clear(const struct wr_arrow_source *source, struct wr_column *column)
{
	if (source->valid == NULL)
		return;
	switch (wr_phys_size(column->phys)) {
	case 1: CLEAR_LOOP(uint8_t); break;
	case 2: CLEAR_LOOP(uint16_t); break;
	case 4: CLEAR_LOOP(uint32_t); break;
	case 8: CLEAR_LOOP(uint64_t); break;
	case 16: CLEAR_LOOP(wr_i128); break;
	default: WR_ASSERT(column->phys == WR_P_ROW); break;
	}
}

#define CLEAN_LOOP(ctype)                                                                          \
	do {                                                                                       \
		const ctype *data = values;                                                        \
		ctype rest = 0;                                                                    \
		for (uint32_t i = 0; i < source->rows; i++)                                        \
			rest |= source->valid[i] ? 0 : data[i];                                    \
		return rest == 0;                                                                  \
	} while (0)

/* Whether the values of NULL rows are 0; aligned. */
static bool is_clean(const struct wr_arrow_source *source, const void *values, uint32_t width)
{
	if (source->valid == NULL)
		return true;
	switch (width) {
	case 1: CLEAN_LOOP(uint8_t);
	case 2: CLEAN_LOOP(uint16_t);
	case 4: CLEAN_LOOP(uint32_t);
	case 8: CLEAN_LOOP(uint64_t);
	default: CLEAN_LOOP(wr_i128);
	}
}

struct wr_column *wr_arrow_in_share(const struct wr_arrow_source *source, const void *values)
{
	uint32_t width = wr_phys_size(wr_type_phys(source->type));
	struct wr_column *column;

	WR_ASSERT(width != 0);
	if (source->rows == 0 || (uintptr_t)values % width != 0 ||
	    !is_clean(source, values, width)) {
		column = wr_arrow_in_new(source);
		memcpy(column->data, values, (size_t)source->rows * width);
		wr_arrow_in_clear(source, column);
		return column;
	}
	column = wr_column_new(source->type, 0);
	wr_buf_unref(column->data_buf);
	column->len = source->rows;
	column->data_buf = wr_buf_ref(source->in->owner);
	column->data = (void *)values;
	return column;
}

/* --- one array --- */

/* Checks what every array says of itself. */
static wr_status *check_array(const struct wr_arrow_source *source, int64_t first)
{
	const struct ArrowArray *array = source->array;

	if (array->length < 0 || array->offset < 0 || array->null_count < -1 ||
	    array->null_count > array->length || array->n_buffers < 0 || array->n_children < 0 ||
	    array->offset > INT64_MAX / 64 - array->length)
		return wr_arrow_in_broken(source, "length %lld, offset %lld, %lld NULLs",
					  (long long)array->length, (long long)array->offset,
					  (long long)array->null_count);
	if (first < 0 || first > array->length || source->rows > array->length - first)
		return wr_arrow_in_broken(source, "%lld values are needed, its length is %lld",
					  (long long)first + source->rows,
					  (long long)array->length);
	if (array->n_children != source->schema->n_children ||
	    (array->dictionary != NULL) != (source->schema->dictionary != NULL))
		return wr_arrow_in_broken(source, "array and schema are of different shapes");
	return NULL;
}

/* Reads the validity of the rows; those that `care` does not count are NULL. */
static wr_status *read_valid(struct wr_arrow_source *source, const uint8_t *care)
{
	const struct ArrowArray *array = source->array;
	const uint8_t *bits = NULL;
	int64_t nulls = 0;

	if (array->null_count != 0 && array->n_buffers > 0 && array->buffers != NULL)
		bits = array->buffers[0];
	if (bits == NULL && array->null_count > 0)
		return wr_arrow_in_broken(source, "it has %lld NULLs and does not say where",
					  (long long)array->null_count);
	if ((bits == NULL && care == NULL) || source->rows == 0)
		return NULL;
	source->valid_buf = wr_buf_new(source->rows);
	source->valid = (uint8_t *)source->valid_buf->data;
	if (bits != NULL)
		nulls = wr_bits_unpack(source->valid, bits, source->start, source->rows);
	else
		memset(source->valid, 1, source->rows);
	for (uint32_t i = 0; care != NULL && i < source->rows; i++) {
		nulls += source->valid[i] & !care[i];
		source->valid[i] &= care[i];
	}
	if (nulls == 0) {
		wr_buf_unref(source->valid_buf);
		source->valid_buf = NULL;
		source->valid = NULL;
	}
	return NULL;
}

/* A NULL that counts in a column that may have none. */
static wr_status *check_not_null(const struct wr_arrow_source *source,
				 const struct wr_column *column, const uint8_t *care)
{
	if (source->type->nullable || column->valid == NULL)
		return NULL;
	for (uint32_t i = 0; i < source->rows; i++)
		if (!column->valid[i] && (care == NULL || care[i]))
			return wr_arrow_in_misfit(source, i, "it is NULL");
	return NULL;
}

/* A column of nothing but NULLs. */
static wr_status *all_null(const struct wr_arrow_source *source, const uint8_t *care,
			   struct wr_column **column)
{
	struct wr_column *null;

	for (uint32_t i = 0; !source->type->nullable && i < source->rows; i++)
		if (care == NULL || care[i])
			return wr_arrow_in_misfit(source, i, "it is NULL");
	null = wr_column_null(source->type);
	*column = source->rows != 0 ? wr_column_ref(null) : wr_column_gather(null, NULL, 0);
	wr_column_unref(null);
	return NULL;
}

/* Where in the dictionary each row's value is; 0 for NULL. */
static wr_status *read_indexes(const struct wr_arrow_source *source, uint32_t *index)
{
	int64_t count = source->array->dictionary->length;
	uint32_t width = source->format.bits / 8;
	const void *data;
	const char *at;

	if (source->format.kind != WR_ARROW_INT)
		return wr_arrow_in_broken(source, "its indexes are of format '%.40s'",
					  source->schema->format != NULL ? source->schema->format
									 : "");
	WR_TRY(wr_arrow_in_buffer(source, 1, &data));
	at = (const char *)data + source->start * width;
	for (uint32_t i = 0; i < source->rows; i++, at += width) {
		uint64_t value = 0;

		memcpy(&value, at, width); /* of negative ones a number beyond any count */
		index[i] = wr_arrow_is_valid(source, i) ? (uint32_t)value : 0;
		if (wr_arrow_is_valid(source, i) &&
		    (value >= (uint64_t)count ||
		     (source->format.is_signed && value >> (width * 8 - 1) != 0)))
			return wr_arrow_in_broken(source, "index %u is not one of %lld values", i,
						  (long long)count);
	}
	return NULL;
}

/* Values by their index in a dictionary. */
static wr_status *read_dictionary(const struct wr_arrow_source *source, struct wr_column **column)
{
	const struct ArrowArray *values = source->array->dictionary;
	struct wr_type type = *source->type; /* of the values: some may be NULL and not used */
	struct wr_column *dictionary = NULL, *flat = NULL, *retyped = NULL;
	uint32_t *index = NULL;
	wr_status *status;

	if (values->length < 0 || values->length > WR_LENGTH_MAX)
		return wr_arrow_in_broken(source, "its dictionary has length %lld",
					  (long long)values->length);
	index = wr_malloc((source->rows + 1) * sizeof *index);
	WR_TRY_OUT(status, read_indexes(source, index));
	type.nullable = true;
	WR_TRY_OUT(status, wr_arrow_in_column(source->in, source->schema->dictionary, values, 0,
					      (uint32_t)values->length, NULL, &type, &dictionary));
	if (values->length == 0) { /* and so every row is NULL */
		wr_column_unref(dictionary);
		dictionary = wr_column_null(&type);
	}
	flat = wr_column_flatten(dictionary, WR_MAX((uint32_t)values->length, 1u));
	retyped = wr_column_retype(flat, source->type);
	*column = wr_column_gather(retyped, index, source->rows);
out:
	wr_free(index);
	wr_column_unref(dictionary);
	wr_column_unref(flat);
	wr_column_unref(retyped);
	return status;
}

typedef wr_status *(*reader_fn)(const struct wr_arrow_source *source, struct wr_column **column);

/* The reader for a kind of column; NULL: only NULLs are taken for it. */
static reader_fn reader_of(enum wr_kind kind)
{
	static const reader_fn readers[WR_KIND_COUNT] = {
	    [WR_BOOLEAN] = wr_arrow_in_bool,
	    [WR_TINYINT] = wr_arrow_in_integer,
	    [WR_SMALLINT] = wr_arrow_in_integer,
	    [WR_INT] = wr_arrow_in_integer,
	    [WR_BIGINT] = wr_arrow_in_integer,
	    [WR_FLOAT] = wr_arrow_in_approx,
	    [WR_DOUBLE] = wr_arrow_in_approx,
	    [WR_DECIMAL] = wr_arrow_in_decimal,
	    [WR_CHAR] = wr_arrow_in_string,
	    [WR_VARCHAR] = wr_arrow_in_string,
	    [WR_BINARY] = wr_arrow_in_string,
	    [WR_VARBINARY] = wr_arrow_in_string,
	    [WR_DATE] = wr_arrow_in_date,
	    [WR_TIME] = wr_arrow_in_time,
	    [WR_TIMESTAMP] = wr_arrow_in_timestamp,
	    [WR_TIMESTAMP_LTZ] = wr_arrow_in_timestamp,
	    [WR_INTERVAL_MONTH] = wr_arrow_in_months,
	    [WR_INTERVAL_DAY] = wr_arrow_in_duration,
	    [WR_ARRAY] = wr_arrow_in_list,
	    [WR_MAP] = wr_arrow_in_map,
	    [WR_MULTISET] = wr_arrow_in_map,
	    [WR_ROW] = wr_arrow_in_struct,
	};

	return readers[kind];
}

/* Puts the NULLs of the rows on top of those that the column has. */
static void set_valid(struct wr_arrow_source *source, struct wr_column *column)
{
	if (source->valid == NULL)
		return;
	if (column->valid == NULL) {
		column->valid = source->valid;
		column->valid_buf = wr_buf_ref(source->valid_buf);
		return;
	}
	for (uint32_t i = 0; i < source->rows; i++)
		column->valid[i] &= source->valid[i];
}

wr_status *wr_arrow_in_column(struct wr_arrow_in *in, const struct ArrowSchema *schema,
			      const struct ArrowArray *array, int64_t first, uint32_t rows,
			      const uint8_t *care, const struct wr_type *type,
			      struct wr_column **column)
{
	struct wr_arrow_source source = {.in = in,
					 .schema = schema,
					 .array = array,
					 .format = wr_arrow_format_read(schema->format),
					 .type = type,
					 .rows = rows};
	reader_fn reader = reader_of(type->kind);
	wr_status *status;

	WR_TRY(check_array(&source, first));
	source.start = array->offset + first;
	if (schema->dictionary == NULL && source.format.kind == WR_ARROW_NULL)
		return all_null(&source, care, column);
	if (reader == NULL || source.format.kind == WR_ARROW_UNKNOWN)
		return wr_arrow_in_refuse(&source, NULL);
	WR_TRY(read_valid(&source, care));
	*column = NULL;
	status =
	    schema->dictionary != NULL ? read_dictionary(&source, column) : reader(&source, column);
	if (status == NULL) {
		WR_ASSERT((*column)->len == rows && !(*column)->is_const);
		set_valid(&source, *column);
		status = check_not_null(&source, *column, care);
	}
	wr_buf_unref(source.valid_buf);
	if (status != NULL) {
		wr_column_unref(*column);
		*column = NULL;
	}
	return status;
}

wr_status *wr_arrow_in_child(const struct wr_arrow_source *source, uint32_t child, const char *name,
			     int64_t first, uint32_t rows, const uint8_t *care,
			     const struct wr_type *type, struct wr_column **column)
{
	struct wr_arrow_in *in = source->in;
	size_t len = in->path.len;
	struct wr_column *made;
	wr_status *status;

	wr_text_printf(&in->path, ".%s", name);
	status = wr_arrow_in_column(in, source->schema->children[child],
				    source->array->children[child], first, rows, care, type, &made);
	in->path.len = len;
	in->path.data[len] = '\0';
	if (status != NULL)
		return status;
	*column = wr_column_flatten(made, rows);
	wr_column_unref(made);
	return NULL;
}
