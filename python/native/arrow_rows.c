/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_rows - rows of a result that is held as Arrow arrays, as named tuples; see arrow_rows.h.
 *
 * The arrays are those of weir_batch_arrow, which weir.h describes, perhaps after a way through
 * pyarrow, which may have cut them: offsets count. So a shape's letter tells the layout, and the
 * schema only the unit of timestamps and the scale of decimals.
 */
#include "native/arrow_rows.h"

#include <string.h>

#define DECIMAL_TEXT 48 /* sign, 39 digits, point, NUL */

/* One column, or what is in one. */
struct source {
	const struct ArrowArray *array;
	const struct ArrowSchema *schema;
	const struct pw_shape *shape;
};

static PyObject *value_at(struct source from, int64_t i);

static struct source child_of(struct source from, int64_t k, const struct pw_shape *shape)
{
	return (struct source){from.array->children[k], from.schema->children[k], shape};
}

/* The value of a fixed width at place `at`. */
static int64_t number_at(struct source from, int64_t at)
{
	const void *data = from.array->buffers[1];

	switch (from.schema->format[0]) {
	case 'c': return ((const int8_t *)data)[at];
	case 's': return ((const int16_t *)data)[at];
	case 'i': return ((const int32_t *)data)[at];
	default: return ((const int64_t *)data)[at];
	}
}

static PyObject *decimal_at(struct source from, int64_t at)
{
	const char *comma = strchr(from.schema->format, ',');
	int scale = comma != NULL ? (int)strtol(comma + 1, NULL, 10) : 0, digits = 0;
	char text[DECIMAL_TEXT], *end = text + sizeof text - 1;
	unsigned __int128 rest;
	__int128 value;

	memcpy(&value, (const char *)from.array->buffers[1] + at * 16, sizeof value);
	rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
	*end = '\0';
	do {
		if (digits++ == scale && scale > 0)
			*--end = '.';
		*--end = (char)('0' + (int)(rest % 10));
		rest /= 10;
	} while (rest > 0 || digits <= scale);
	if (value < 0)
		*--end = '-';
	return pw_decimal(end);
}

/* "tsu:UTC": units since 1970. */
static PyObject *timestamp_at(struct source from, int64_t at)
{
	int64_t value = ((const int64_t *)from.array->buffers[1])[at], unit, per_ms;
	bool utc = from.shape->letter == 'L';

	if (from.schema->format[2] == 's')
		return pw_timestamp(value * 1000, 0, utc);
	per_ms = from.schema->format[2] == 'm' ? 1 : from.schema->format[2] == 'u' ? 1000 : 1000000;
	unit = value % per_ms + (value % per_ms < 0 ? per_ms : 0);
	return pw_timestamp((value - unit) / per_ms, (int32_t)(unit * (1000000 / per_ms)), utc);
}

static PyObject *text_at(struct source from, int64_t at)
{
	const int32_t *offset = from.array->buffers[1];
	const char *data = from.array->buffers[2];
	Py_ssize_t size = offset[at + 1] - offset[at];
	const char *bytes = size > 0 ? data + offset[at] : "";

	return from.shape->letter == 's' ? PyUnicode_DecodeUTF8(bytes, size, "replace")
					 : PyBytes_FromStringAndSize(bytes, size);
}

static PyObject *list_at(struct source from, int64_t at)
{
	const int32_t *offset = from.array->buffers[1];
	struct source items = child_of(from, 0, from.shape->child[0]);
	PyObject *list = PyList_New(offset[at + 1] - offset[at]), *item;

	for (int32_t k = offset[at]; list != NULL && k < offset[at + 1]; k++) {
		item = value_at(items, k);
		if (item == NULL) {
			Py_DECREF(list);
			return NULL;
		}
		PyList_SetItem(list, k - offset[at], item);
	}
	return list;
}

static PyObject *map_at(struct source from, int64_t at)
{
	static const struct pw_shape count_shape = {.letter = 'i'};
	const int32_t *offset = from.array->buffers[1];
	struct source entries = child_of(from, 0, NULL);
	struct source keys = child_of(entries, 0, from.shape->child[0]);
	struct source values =
	    child_of(entries, 1, from.shape->letter == 'M' ? from.shape->child[1] : &count_shape);
	PyObject *list = PyList_New(offset[at + 1] - offset[at]);

	for (int32_t k = offset[at]; list != NULL && k < offset[at + 1]; k++) {
		PyObject *key = value_at(keys, k + entries.array->offset);
		PyObject *value = key != NULL ? value_at(values, k + entries.array->offset) : NULL;
		PyObject *pair = value != NULL ? PyTuple_New(2) : NULL;

		if (pair == NULL) {
			Py_XDECREF(key);
			Py_XDECREF(value);
			Py_DECREF(list);
			return NULL;
		}
		PyTuple_SetItem(pair, 0, key);
		PyTuple_SetItem(pair, 1, value);
		PyList_SetItem(list, k - offset[at], pair);
	}
	return list != NULL ? pw_dict(list) : NULL;
}

static PyObject *row_at(struct source from, int64_t at)
{
	PyObject *tuple = PyTuple_New(from.shape->count), *value;

	for (Py_ssize_t k = 0; tuple != NULL && k < from.shape->count; k++) {
		value = value_at(child_of(from, k, from.shape->child[k]), at);
		if (value == NULL) {
			Py_DECREF(tuple);
			return NULL;
		}
		PyTuple_SetItem(tuple, k, value);
	}
	return tuple != NULL ? pw_named(from.shape, tuple) : NULL;
}

/* Value number i, NULL with an exception. */
static PyObject *value_at(struct source from, int64_t i)
{
	const struct ArrowArray *array = from.array;
	const uint8_t *valid = array->n_buffers > 0 ? array->buffers[0] : NULL;
	int64_t at = i + array->offset;

	if (valid != NULL && !(valid[at / 8] >> (at % 8) & 1))
		return Py_NewRef(Py_None);
	switch (from.shape->letter) {
	case 'b':
		return PyBool_FromLong(((const uint8_t *)array->buffers[1])[at / 8] >> (at % 8) &
				       1);
	case 'i': return PyLong_FromLongLong(number_at(from, at));
	case 'f':
		return PyFloat_FromDouble(from.schema->format[0] == 'f'
					      ? ((const float *)array->buffers[1])[at]
					      : ((const double *)array->buffers[1])[at]);
	case 'd': return decimal_at(from, at);
	case 's':
	case 'y': return text_at(from, at);
	case 'D': return pw_date(((const int32_t *)array->buffers[1])[at]);
	case 'T': return pw_time(((const int32_t *)array->buffers[1])[at]);
	case 't': return pw_timedelta(((const int64_t *)array->buffers[1])[at]);
	case 'm': /* months, days, nanoseconds: 16 bytes */
		return PyLong_FromLong(((const int32_t *)array->buffers[1])[at * 4]);
	case 'P':
	case 'L': return timestamp_at(from, at);
	case 'A': return list_at(from, at);
	case 'M':
	case 'U': return map_at(from, at);
	case 'R': return row_at(from, at);
	default: return Py_NewRef(Py_None);
	}
}

PyObject *pw_arrow_rows(const struct ArrowArray *array, const struct ArrowSchema *schema,
			const struct pw_shape *shape)
{
	PyObject *list = PyList_New(array->length), *row;

	for (int64_t i = 0; list != NULL && i < array->length; i++) {
		row = row_at((struct source){array, schema, shape}, i + array->offset);
		if (row == NULL) {
			Py_DECREF(list);
			return NULL;
		}
		PyList_SetItem(list, i, row);
	}
	return list;
}
