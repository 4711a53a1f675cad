/* SPDX-License-Identifier: Apache-2.0
 *
 * value - values of rows as Python objects, and back; see value.h.
 *
 * To the engine a value goes by what it is in Python: an int by weir_append_i64, and so on; the
 * appender converts it to the column's type or notes the mistake, which its owner tells. What no
 * getter or appender has goes as text, as CAST writes and reads it (DECIMAL).
 */
#include "native/value.h"

#include <string.h>

#include "native/value_time.h"

static struct {
	PyObject *decimal, *shape_of_result, *tuple_new;
} python; /* objects of the process's one interpreter */

PyObject *pw_import(const char *module, const char *name)
{
	PyObject *imported = PyImport_ImportModule(module), *found;

	if (imported == NULL)
		return NULL;
	found = PyObject_GetAttrString(imported, name);
	Py_DECREF(imported);
	return found;
}

bool pw_value_init(void)
{
	if (python.tuple_new != NULL)
		return true;
	python.decimal = pw_import("decimal", "Decimal");
	python.shape_of_result = pw_import("weir._types", "shape_of_result");
	python.tuple_new = PyObject_GetAttrString((PyObject *)&PyTuple_Type, "__new__");
	return python.decimal != NULL && python.shape_of_result != NULL &&
	       python.tuple_new != NULL && pw_time_init();
}

/* --- shapes */

struct pw_shape *pw_shape_new(PyObject *tuple)
{
	struct pw_shape *shape = PyMem_Calloc(1, sizeof *shape);
	Py_ssize_t size = PyTuple_Size(tuple);
	PyObject *children;

	if (shape == NULL || size < 1) {
		PyMem_Free(shape);
		return NULL;
	}
	shape->letter = (char)PyUnicode_ReadChar(PyTuple_GetItem(tuple, 0), 0);
	if (size < 2)
		return shape;
	children = PyTuple_GetItem(tuple, 1);
	shape->count = PyTuple_Size(children);
	shape->child = PyMem_Calloc((size_t)shape->count + 1, sizeof *shape->child);
	for (Py_ssize_t i = 0; i < shape->count; i++) {
		shape->child[i] = pw_shape_new(PyTuple_GetItem(children, i));
		if (shape->child[i] == NULL) {
			pw_shape_free(shape);
			return NULL;
		}
	}
	if (size > 3) {
		shape->row_class = Py_NewRef(PyTuple_GetItem(tuple, 2));
		shape->names = Py_NewRef(PyTuple_GetItem(tuple, 3));
	}
	return shape;
}

struct pw_shape *pw_shape_of_result(const struct weir_result *result)
{
	uint32_t count = weir_column_count(result);
	PyObject *names = PyTuple_New(count), *texts = PyTuple_New(count), *tuple;
	struct pw_shape *shape = NULL;

	for (uint32_t i = 0; i < count; i++) {
		PyTuple_SetItem(names, i, PyUnicode_FromString(weir_column_name(result, i)));
		PyTuple_SetItem(texts, i, PyUnicode_FromString(weir_column_type_text(result, i)));
	}
	tuple = PyObject_CallFunctionObjArgs(python.shape_of_result, names, texts, NULL);
	if (tuple != NULL)
		shape = pw_shape_new(tuple);
	Py_XDECREF(tuple);
	Py_DECREF(names);
	Py_DECREF(texts);
	return shape;
}

void pw_shape_free(struct pw_shape *shape)
{
	if (shape == NULL)
		return;
	for (Py_ssize_t i = 0; i < shape->count; i++)
		pw_shape_free(shape->child[i]);
	PyMem_Free(shape->child);
	Py_XDECREF(shape->row_class);
	Py_XDECREF(shape->names);
	PyMem_Free(shape);
}

/* --- to Python */

static PyObject *get_list(const struct weir_row *row, uint32_t column, const struct pw_shape *shape)
{
	uint32_t count = weir_child_count(row, column);
	PyObject *list = PyList_New(count), *item;

	for (uint32_t i = 0; list != NULL && i < count; i++) {
		item = pw_get(weir_child(row, column, i), 0, shape->child[0]);
		if (item == NULL) {
			Py_DECREF(list);
			return NULL;
		}
		PyList_SetItem(list, i, item);
	}
	return list;
}

PyObject *pw_dict(PyObject *pairs)
{
	PyObject *dict = PyObject_CallFunctionObjArgs((PyObject *)&PyDict_Type, pairs, NULL);

	if (dict == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
		PyErr_Clear();
		return pairs;
	}
	Py_DECREF(pairs);
	return dict;
}

/* A MAP, or a MULTISET with its counts. */
static PyObject *get_map(const struct weir_row *row, uint32_t column, const struct pw_shape *shape)
{
	static const struct pw_shape count_shape = {.letter = 'i'};
	const struct pw_shape *value_shape = shape->letter == 'M' ? shape->child[1] : &count_shape;
	uint32_t count = weir_child_count(row, column);
	PyObject *list = PyList_New(count);

	for (uint32_t i = 0; list != NULL && i < count; i++) {
		const struct weir_row *entry = weir_child(row, column, i);
		PyObject *pair = PyTuple_New(2), *key = pw_get(entry, 0, shape->child[0]);
		PyObject *value = key != NULL ? pw_get(entry, 1, value_shape) : NULL;

		if (value == NULL) {
			Py_XDECREF(key);
			Py_XDECREF(pair);
			Py_DECREF(list);
			return NULL;
		}
		PyTuple_SetItem(pair, 0, key);
		PyTuple_SetItem(pair, 1, value);
		PyList_SetItem(list, i, pair);
	}
	return list != NULL ? pw_dict(list) : NULL;
}

static PyObject *get_timestamp(const struct weir_row *row, uint32_t column, bool utc)
{
	int64_t ms = 0;
	int32_t nanos = 0;

	weir_get_timestamp(row, column, &ms, &nanos);
	return pw_timestamp(ms, nanos, utc);
}

static PyObject *get_bytes(const struct weir_row *row, uint32_t column, bool text)
{
	const char *bytes = "";
	size_t size = 0;

	weir_get_bytes(row, column, &bytes, &size);
	return text ? PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)size, "replace")
		    : PyBytes_FromStringAndSize(bytes, (Py_ssize_t)size);
}

static int64_t get_i64(const struct weir_row *row, uint32_t column)
{
	int64_t value = 0;

	weir_get_i64(row, column, &value);
	return value;
}

PyObject *pw_decimal(const char *text)
{
	return PyObject_CallFunction(python.decimal, "s", text);
}

PyObject *pw_named(const struct pw_shape *shape, PyObject *tuple)
{
	PyObject *named =
	    PyObject_CallFunctionObjArgs(python.tuple_new, shape->row_class, tuple, NULL);

	Py_DECREF(tuple);
	return named;
}

PyObject *pw_get(const struct weir_row *row, uint32_t column, const struct pw_shape *shape)
{
	double number = 0;
	bool truth = false;

	if (row == NULL || weir_is_null(row, column))
		return Py_NewRef(Py_None);
	switch (shape->letter) {
	case 'b': weir_get_bool(row, column, &truth); return PyBool_FromLong(truth);
	case 'm':
	case 'i': return PyLong_FromLongLong(get_i64(row, column));
	case 'f': weir_get_f64(row, column, &number); return PyFloat_FromDouble(number);
	case 'd': return pw_decimal(weir_get_text(row, column));
	case 's': return get_bytes(row, column, true);
	case 'y': return get_bytes(row, column, false);
	case 'D': return pw_date(get_i64(row, column));
	case 'T': return pw_time(get_i64(row, column));
	case 't': return pw_timedelta(get_i64(row, column));
	case 'P': return get_timestamp(row, column, false);
	case 'L': return get_timestamp(row, column, true);
	case 'A': return get_list(row, column, shape);
	case 'M':
	case 'U': return get_map(row, column, shape);
	case 'R': return pw_get_row(weir_child(row, column, 0), shape, false);
	default: return Py_NewRef(Py_None);
	}
}

PyObject *pw_get_row(const struct weir_row *row, const struct pw_shape *shape, bool plain)
{
	PyObject *tuple = PyTuple_New(shape->count), *value;

	for (Py_ssize_t i = 0; tuple != NULL && i < shape->count; i++) {
		value = pw_get(row, (uint32_t)i, shape->child[i]);
		if (value == NULL) {
			Py_DECREF(tuple);
			return NULL;
		}
		PyTuple_SetItem(tuple, i, value);
	}
	return plain || tuple == NULL ? tuple : pw_named(shape, tuple);
}

/* --- to the engine */

static bool append_text(struct weir_appender *out, PyObject *text)
{
	Py_ssize_t size;
	const char *bytes = text != NULL ? PyUnicode_AsUTF8AndSize(text, &size) : NULL;

	if (bytes != NULL)
		weir_append_text(out, bytes);
	return bytes != NULL;
}

static bool append_str(struct weir_appender *out, PyObject *value, const struct pw_shape *shape)
{
	Py_ssize_t size;
	const char *bytes = PyUnicode_AsUTF8AndSize(value, &size);

	if (bytes == NULL)
		return false;
	if (shape->letter == 's')
		weir_append_bytes(out, bytes, (size_t)size);
	else
		weir_append_text(out, bytes);
	return true;
}

static bool append_int(struct weir_appender *out, PyObject *value, const struct pw_shape *shape)
{
	int overflow;
	long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
	PyObject *text;
	bool good;

	if (number == -1 && overflow == 0 && PyErr_Occurred() != NULL)
		return false;
	if (overflow == 0 && shape->letter == 'b') {
		weir_append_bool(out, number != 0);
		return true;
	}
	if (overflow == 0 && shape->letter != 's') {
		weir_append_i64(out, number);
		return true;
	}
	text = PyObject_Str(value);
	good = append_text(out, text);
	Py_XDECREF(text);
	return good;
}

/* Bytes of whatever has them: bytes, bytearray, memoryview. */
static bool append_buffer(struct weir_appender *out, PyObject *value)
{
	Py_buffer view;

	if (PyObject_GetBuffer(value, &view, PyBUF_SIMPLE) != 0)
		return false;
	weir_append_bytes(out, view.buf, (size_t)view.len);
	PyBuffer_Release(&view);
	return true;
}

static bool append_time(struct weir_appender *out, PyObject *value, enum pw_time_kind kind,
			const struct pw_shape *shape)
{
	bool timestamp = shape->letter == 'P' || shape->letter == 'L';
	int64_t number = 0;
	int32_t nanos = 0;

	switch (kind) {
	case PW_DATETIME:
		if (!pw_from_timestamp(value, &number, &nanos))
			return false;
		weir_append_timestamp(out, number, nanos);
		return true;
	case PW_DATE:
		if (!pw_from_date(value, &number))
			return false;
		if (timestamp)
			weir_append_timestamp(out, number * 86400000, 0);
		else
			weir_append_i64(out, number);
		return true;
	case PW_TIME:
		if (!pw_from_time(value, &number))
			return false;
		weir_append_i64(out, number);
		return true;
	default:
		if (!pw_from_timedelta(value, &number))
			return false;
		weir_append_i64(out, number);
		return true;
	}
}

/* The elements of something that can be iterated over, as a nested value. */
static bool append_list(struct weir_appender *out, PyObject *value, const struct pw_shape *shape)
{
	PyObject *list = NULL;
	bool good;

	if (PyUnicode_Check(value)) /* it can be iterated over, but nobody means that */
		PyErr_SetString(PyExc_TypeError, "a text is no ARRAY: a list is wanted");
	else
		list = PySequence_List(value);
	good = list != NULL;
	if (!good)
		return false;
	weir_append_begin(out); /* what it refuses, it has noted */
	for (Py_ssize_t i = 0; good && i < PyList_Size(list); i++)
		good = pw_append(out, PyList_GetItem(list, i), shape->child[0]);
	weir_append_end_nested(out);
	Py_XDECREF(list);
	return good;
}

static bool append_map(struct weir_appender *out, PyObject *value, const struct pw_shape *shape)
{
	static const struct pw_shape count_shape = {.letter = 'i'};
	PyObject *items = PyMapping_Check(value) && !PyList_Check(value) ? PyMapping_Items(value)
									 : PySequence_List(value);
	bool good = items != NULL;

	if (good)
		weir_append_begin(out); /* as above */
	for (Py_ssize_t i = 0; good && i < PyList_Size(items); i++) {
		PyObject *pair = PySequence_Tuple(PyList_GetItem(items, i));

		good = pair != NULL && PyTuple_Size(pair) == 2;
		if (pair != NULL && !good)
			PyErr_SetString(PyExc_ValueError, "a map wants pairs");
		good = good && pw_append(out, PyTuple_GetItem(pair, 0), shape->child[0]) &&
		       pw_append(out, PyTuple_GetItem(pair, 1),
				 shape->letter == 'M' ? shape->child[1] : &count_shape);
		Py_XDECREF(pair);
	}
	weir_append_end_nested(out);
	Py_XDECREF(items);
	return good;
}

static bool append_row_value(struct weir_appender *out, PyObject *value,
			     const struct pw_shape *shape)
{
	bool good;

	if (!weir_append_begin(out))
		return true; /* the appender has noted why */
	good = pw_append_columns(out, value, shape);
	weir_append_end_nested(out);
	return good;
}

static bool append_decimal(struct weir_appender *out, PyObject *value)
{
	PyObject *text = PyObject_CallMethod(value, "__format__", "s", "f");
	bool good = append_text(out, text);

	Py_XDECREF(text);
	return good;
}

/* What is none of Python's own types: Decimal, times, numbers of numpy, pandas' NA. */
static bool append_other(struct weir_appender *out, PyObject *value, const struct pw_shape *shape)
{
	enum pw_time_kind kind;
	PyObject *converted;
	bool good;

	if (PyObject_IsInstance(value, python.decimal) == 1)
		return append_decimal(out, value);
	if (pw_is_missing(value)) {
		weir_append_null(out);
		return true;
	}
	kind = pw_time_kind(value);
	if (kind != PW_NO_TIME)
		return append_time(out, value, kind, shape);
	if (PyObject_HasAttrString(value, "item")) { /* a scalar of numpy */
		converted = PyObject_CallMethod(value, "item", NULL);
		if (converted != NULL && Py_TYPE(converted) == Py_TYPE(value)) {
			Py_DECREF(converted);
			converted = NULL;
		} else if (converted != NULL) {
			good = pw_append(out, converted, shape);
			Py_DECREF(converted);
			return good;
		}
	}
	if (PyErr_Occurred() == NULL)
		PyErr_Format(PyExc_TypeError, "Weir has no value for a Python object of type %R",
			     (PyObject *)Py_TYPE(value));
	return false;
}

bool pw_append(struct weir_appender *out, PyObject *value, const struct pw_shape *shape)
{
	if (value == Py_None) {
		weir_append_null(out);
		return true;
	}
	switch (shape->letter) {
	case 'A': return append_list(out, value, shape);
	case 'M':
	case 'U': return append_map(out, value, shape);
	case 'R': return append_row_value(out, value, shape);
	default: break;
	}
	if (PyBool_Check(value)) {
		weir_append_bool(out, value == Py_True);
		return true;
	}
	if (PyLong_Check(value))
		return append_int(out, value, shape);
	if (PyFloat_Check(value)) {
		weir_append_f64(out, PyFloat_AsDouble(value));
		return true;
	}
	if (PyUnicode_Check(value))
		return append_str(out, value, shape);
	if (PyBytes_Check(value) || PyByteArray_Check(value) || PyMemoryView_Check(value))
		return append_buffer(out, value);
	return append_other(out, value, shape);
}

/* The fields of a dict by their names; what is missing is NULL. */
static bool append_dict(struct weir_appender *out, PyObject *row, const struct pw_shape *shape)
{
	Py_ssize_t known = 0;

	for (Py_ssize_t i = 0; i < shape->count; i++) {
		PyObject *value = PyDict_GetItemWithError(row, PyTuple_GetItem(shape->names, i));

		if (value == NULL && PyErr_Occurred() != NULL)
			return false;
		known += value != NULL;
		if (!pw_append(out, value != NULL ? value : Py_None, shape->child[i]))
			return false;
	}
	if (known == PyDict_Size(row))
		return true;
	PyErr_Format(PyExc_ValueError,
		     "a row has the columns %R, and a dict with others is given: %R", shape->names,
		     row);
	return false;
}

bool pw_append_columns(struct weir_appender *out, PyObject *row, const struct pw_shape *shape)
{
	Py_ssize_t size;

	if (PyDict_Check(row))
		return append_dict(out, row, shape);
	if (!PyTuple_Check(row) && !PyList_Check(row)) {
		if (shape->count == 1)
			return pw_append(out, row, shape->child[0]);
		PyErr_Format(PyExc_TypeError,
			     "a row of %zd columns is a tuple, a list or a dict, not %R",
			     shape->count, (PyObject *)Py_TYPE(row));
		return false;
	}
	size = PySequence_Size(row);
	if (size != shape->count) {
		PyErr_Format(PyExc_ValueError, "a row has %zd columns, and %zd values are given",
			     shape->count, size);
		return false;
	}
	for (Py_ssize_t i = 0; i < size; i++) {
		PyObject *value = PySequence_GetItem(row, i);
		bool good = value != NULL && pw_append(out, value, shape->child[i]);

		Py_XDECREF(value);
		if (!good)
			return false;
	}
	return true;
}

bool pw_append_row(struct weir_appender *out, PyObject *row, const struct pw_shape *shape)
{
	if (!pw_append_columns(out, row, shape)) {
		weir_append_undo(out);
		return false;
	}
	weir_append_end(out);
	return true;
}
