/* SPDX-License-Identifier: Apache-2.0
 *
 * layout - values of state as structs; see layout.h.
 */
#include "native/layout.h"

#include <string.h>

static uint32_t size_of(char letter)
{
	switch (letter) {
	case '?':
	case '1': return 1;
	case '2': return 2;
	case '4':
	case 'f':
	case 'D':
	case 'T': return 4;
	case 's':
	case 'y': return sizeof(struct weir_bytes);
	default: return 8;
	}
}

static uint32_t align_of(char letter)
{
	return letter == 's' || letter == 'y' ? 8 : size_of(letter);
}

bool pw_layout_init(struct pw_layout *layout, const char *letters, PyObject *row_class,
		    PyObject *names, bool pickled)
{
	uint32_t align_max = 1;

	layout->count = (Py_ssize_t)strlen(letters);
	layout->member = PyMem_Calloc((size_t)layout->count + 1, sizeof *layout->member);
	layout->pickled = pickled;
	if (layout->member == NULL) {
		PyErr_NoMemory();
		return false;
	}
	if (row_class != Py_None) {
		layout->row_class = Py_NewRef(row_class);
		layout->names = Py_NewRef(names);
	}
	for (Py_ssize_t i = 0; i < layout->count; i++) {
		uint32_t align = align_of(letters[i]);

		layout->size = (layout->size + align - 1) / align * align;
		layout->member[i] =
		    (struct pw_member){.letter = letters[i], .offset = layout->size};
		layout->size += size_of(letters[i]);
		align_max = align > align_max ? align : align_max;
	}
	layout->size = (layout->size + align_max - 1) / align_max * align_max;
	return true;
}

void pw_layout_release(struct pw_layout *layout)
{
	PyMem_Free(layout->member);
	Py_XDECREF(layout->row_class);
	Py_XDECREF(layout->names);
	memset(layout, 0, sizeof *layout);
}

/* --- to Python */

static PyObject *unpickle(const struct weir_bytes *bytes)
{
	PyObject *loads = pw_import("pickle", "loads"), *value;

	if (loads == NULL)
		return NULL;
	value = PyObject_CallFunction(loads, "y#", bytes->size > 0 ? bytes->data : "",
				      (Py_ssize_t)bytes->size);
	Py_DECREF(loads);
	return value;
}

static PyObject *get_member(char letter, const char *at)
{
	const struct weir_bytes *bytes = (const struct weir_bytes *)at;

	switch (letter) {
	case '?': return PyBool_FromLong(*(const bool *)at);
	case '1': return PyLong_FromLong(*(const int8_t *)at);
	case '2': return PyLong_FromLong(*(const int16_t *)at);
	case '4': return PyLong_FromLong(*(const int32_t *)at);
	case '8': return PyLong_FromLongLong(*(const int64_t *)at);
	case 'f': return PyFloat_FromDouble((double)*(const float *)at);
	case 'e': return PyFloat_FromDouble(*(const double *)at);
	case 'D': return pw_date(*(const int32_t *)at);
	case 'T': return pw_time(*(const int32_t *)at);
	case 'P':
	case 'L': return pw_timestamp(*(const int64_t *)at, 0, letter == 'L');
	case 's':
		return PyUnicode_DecodeUTF8(bytes->size > 0 ? bytes->data : "",
					    (Py_ssize_t)bytes->size, "replace");
	default:
		return PyBytes_FromStringAndSize(bytes->size > 0 ? bytes->data : "",
						 (Py_ssize_t)bytes->size);
	}
}

PyObject *pw_layout_get(const struct pw_layout *layout, const void *data)
{
	const char *bytes = data;
	PyObject *tuple, *item, *named;

	if (layout->pickled)
		return unpickle(data);
	if (layout->row_class == NULL)
		return get_member(layout->member[0].letter, bytes + layout->member[0].offset);
	tuple = PyTuple_New(layout->count);
	for (Py_ssize_t i = 0; tuple != NULL && i < layout->count; i++) {
		item = get_member(layout->member[i].letter, bytes + layout->member[i].offset);
		if (item == NULL) {
			Py_DECREF(tuple);
			return NULL;
		}
		PyTuple_SetItem(tuple, i, item);
	}
	named =
	    tuple != NULL ? PyObject_CallMethod(layout->row_class, "_make", "(O)", tuple) : NULL;
	Py_XDECREF(tuple);
	return named;
}

/* --- to the engine */

/* An integer in the range of a member of so many bytes. */
static bool put_integer(PyObject *value, char *at, uint32_t size)
{
	long long number = PyLong_AsLongLong(value);
	long long limit = size < 8 ? 1ll << (8 * size - 1) : 0;

	if (number == -1 && PyErr_Occurred() != NULL)
		return false;
	if (size < 8 && (number < -limit || number >= limit)) {
		PyErr_Format(PyExc_OverflowError, "%lld does not fit an integer of %u bytes",
			     number, size);
		return false;
	}
	memcpy(at, &number, size); /* the low half comes first */
	return true;
}

static bool put_real(PyObject *value, char *at, char letter)
{
	double number = PyFloat_AsDouble(value);
	float narrow = (float)number;

	if (number == -1 && PyErr_Occurred() != NULL)
		return false;
	if (letter == 'e')
		memcpy(at, &number, sizeof number);
	else
		memcpy(at, &narrow, sizeof narrow);
	return true;
}

static bool put_bytes(PyObject *value, char *at, char letter)
{
	struct weir_bytes *bytes = (struct weir_bytes *)at;
	Py_ssize_t size;
	char *data;

	if (letter == 's') {
		bytes->data = PyUnicode_AsUTF8AndSize(value, &size);
		if (bytes->data == NULL)
			return false;
	} else {
		if (PyBytes_AsStringAndSize(value, &data, &size) != 0)
			return false;
		bytes->data = data;
	}
	bytes->size = (size_t)size;
	return true;
}

static bool put_time(PyObject *value, char *at, char letter)
{
	int64_t number;
	int32_t narrow, nanos;

	if (letter == 'P' || letter == 'L') {
		if (!pw_from_timestamp(value, &number, &nanos))
			return false;
		memcpy(at, &number, sizeof number);
		return true;
	}
	if (letter == 'D' ? !pw_from_date(value, &number) : !pw_from_time(value, &number))
		return false;
	narrow = (int32_t)number;
	memcpy(at, &narrow, sizeof narrow);
	return true;
}

static bool put_member(PyObject *value, char *at, char letter)
{
	int truth;

	if (value == Py_None) {
		PyErr_SetString(PyExc_TypeError,
				"a state with a declared type holds no None; leave "
				"the type out, or clear() it");
		return false;
	}
	switch (letter) {
	case '?':
		truth = PyObject_IsTrue(value);
		*(bool *)at = truth == 1;
		return truth >= 0;
	case '1':
	case '2':
	case '4':
	case '8': return put_integer(value, at, size_of(letter));
	case 'f':
	case 'e': return put_real(value, at, letter);
	case 's':
	case 'y': return put_bytes(value, at, letter);
	default: return put_time(value, at, letter);
	}
}

/* The values of members, in their order; a new reference. */
static PyObject *members_of(const struct pw_layout *layout, PyObject *value)
{
	PyObject *list;

	if (PyDict_Check(value)) {
		list = PyList_New(0);
		for (Py_ssize_t i = 0; list != NULL && i < layout->count; i++) {
			PyObject *name = PyTuple_GetItem(layout->names, i);
			PyObject *item = PyDict_GetItemWithError(value, name);

			if (item == NULL && PyErr_Occurred() == NULL)
				PyErr_Format(PyExc_KeyError, "the state has a member %R", name);
			if (item == NULL || PyList_Append(list, item) != 0)
				Py_CLEAR(list);
		}
		return list;
	}
	list = PySequence_List(value);
	if (list != NULL && PyList_Size(list) != layout->count) {
		PyErr_Format(PyExc_ValueError,
			     "the state has %zd members, and %zd values are given", layout->count,
			     PyList_Size(list));
		Py_CLEAR(list);
	}
	return list;
}

bool pw_layout_put(const struct pw_layout *layout, PyObject *value, void *data, PyObject **held)
{
	char *bytes = data;
	PyObject *dumps;

	*held = NULL;
	memset(data, 0, layout->size);
	if (layout->pickled) {
		dumps = pw_import("pickle", "dumps");
		*held = dumps != NULL ? PyObject_CallFunction(dumps, "Oi", value, 5) : NULL;
		Py_XDECREF(dumps);
		return *held != NULL && put_bytes(*held, bytes, 'y');
	}
	if (layout->row_class == NULL)
		return put_member(value, bytes + layout->member[0].offset,
				  layout->member[0].letter);
	*held = members_of(layout, value);
	for (Py_ssize_t i = 0; *held != NULL && i < layout->count; i++)
		if (!put_member(PyList_GetItem(*held, i), bytes + layout->member[i].offset,
				layout->member[i].letter))
			return false;
	return *held != NULL;
}

void pw_layout_store(const struct pw_layout *layout, struct weir_context *context, uint32_t state,
		     const void *data, void *into)
{
	for (Py_ssize_t i = 0; i < layout->count; i++) {
		const struct pw_member *member = &layout->member[i];
		const char *from = (const char *)data + member->offset;
		char *to = (char *)into + member->offset;
		const struct weir_bytes *bytes = (const struct weir_bytes *)from;

		if (member->letter == 's' || member->letter == 'y')
			weir_state_bytes(context, state, (struct weir_bytes *)to, bytes->data,
					 bytes->size);
		else
			memcpy(to, from, size_of(member->letter));
	}
}
