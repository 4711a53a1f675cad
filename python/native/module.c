/* SPDX-License-Identifier: Apache-2.0
 *
 * module - weir._native: what is done for every row, beside weir._ffi, which has the functions of
 * the library as they are. Pointers of the library come as integers.
 */
#include "native/arrow_rows.h"
#include "native/function.h"
#include "native/gil.h"
#include "native/language.h"
#include "native/process.h"
#include "native/rows.h"
#include "native/value.h"

#define SHAPE "weir.shape"

static void free_shape(PyObject *capsule)
{
	pw_shape_free(PyCapsule_GetPointer(capsule, SHAPE));
}

static PyObject *shape(PyObject *self, PyObject *args)
{
	unsigned long long result;
	struct pw_shape *made;
	PyObject *capsule;

	if (!PyArg_ParseTuple(args, "K", &result))
		return NULL;
	made = pw_shape_of_result((const struct weir_result *)(uintptr_t)result);
	if (made == NULL)
		return NULL;
	capsule = PyCapsule_New(made, SHAPE, free_shape);
	if (capsule == NULL)
		pw_shape_free(made);
	return capsule;
}

static PyObject *rows(PyObject *self, PyObject *args)
{
	const struct weir_batch *batch;
	const struct pw_shape *given;
	unsigned long long pointer;
	PyObject *capsule, *list, *item;
	uint32_t count;

	if (!PyArg_ParseTuple(args, "KO", &pointer, &capsule))
		return NULL;
	given = PyCapsule_GetPointer(capsule, SHAPE);
	if (given == NULL)
		return NULL;
	batch = (const struct weir_batch *)(uintptr_t)pointer;
	count = weir_batch_rows(batch);
	list = PyList_New(count);
	for (uint32_t i = 0; list != NULL && i < count; i++) {
		item = pw_get_row(weir_batch_row(batch, i), given, false);
		if (item == NULL) {
			Py_DECREF(list);
			return NULL;
		}
		PyList_SetItem(list, i, item);
	}
	return list;
}

/* arrow_rows(array, schema, shape) */
static PyObject *arrow_rows(PyObject *self, PyObject *args)
{
	unsigned long long array, schema;
	const struct pw_shape *given;
	PyObject *capsule;

	if (!PyArg_ParseTuple(args, "KKO", &array, &schema, &capsule))
		return NULL;
	given = PyCapsule_GetPointer(capsule, SHAPE);
	if (given == NULL)
		return NULL;
	return pw_arrow_rows((const struct ArrowArray *)(uintptr_t)array,
			     (const struct ArrowSchema *)(uintptr_t)schema, given);
}

static PyObject *kinds(PyObject *self, PyObject *args)
{
	const struct weir_batch *batch;
	unsigned long long pointer;
	PyObject *bytes;
	char *kind;

	if (!PyArg_ParseTuple(args, "K", &pointer))
		return NULL;
	batch = (const struct weir_batch *)(uintptr_t)pointer;
	bytes = PyBytes_FromStringAndSize(NULL, weir_batch_rows(batch));
	kind = bytes != NULL ? PyBytes_AsString(bytes) : NULL;
	for (uint32_t i = 0; bytes != NULL && i < weir_batch_rows(batch); i++)
		kind[i] = (char)weir_batch_kind(batch, i);
	return bytes;
}

/* One row; closing it may wait for room: others may have the GIL then, since the job that makes
 * room may need it. */
static bool append_one(struct weir_appender *out, const struct pw_shape *shape, PyObject *row,
		       int kind)
{
	if (!pw_append_columns(out, row, shape)) {
		weir_append_undo(out);
		return false;
	}
	Py_BEGIN_ALLOW_THREADS;
	if (kind == WEIR_INSERT)
		weir_append_end(out);
	else
		weir_append_end_kind(out, (enum weir_row_kind)kind);
	Py_END_ALLOW_THREADS;
	return true;
}

/* append(appender, shape, iterator, kind, most): how many rows of the iterator were appended. */
static PyObject *append(PyObject *self, PyObject *args)
{
	const struct pw_shape *given;
	unsigned long long pointer;
	PyObject *capsule, *iterator, *row;
	Py_ssize_t most, count = 0;
	bool good = true;
	int kind;

	if (!PyArg_ParseTuple(args, "KOOin", &pointer, &capsule, &iterator, &kind, &most))
		return NULL;
	given = PyCapsule_GetPointer(capsule, SHAPE);
	if (given == NULL)
		return NULL;
	while (good && count < most && (row = PyIter_Next(iterator)) != NULL) {
		good = append_one((struct weir_appender *)(uintptr_t)pointer, given, row, kind);
		count += good;
		Py_DECREF(row);
	}
	return PyErr_Occurred() == NULL ? PyLong_FromSsize_t(count) : NULL;
}

/* --- functions */

#define FUNCTION "weir.function"

static void free_function(PyObject *capsule)
{
	struct pw_function *made = PyCapsule_GetPointer(capsule, FUNCTION);

	pw_function_release(made);
	PyMem_Free(made);
}

static PyObject *function(PyObject *self, PyObject *spec)
{
	struct pw_function *made = PyMem_Calloc(1, sizeof *made);
	PyObject *capsule;

	if (made == NULL)
		return PyErr_NoMemory();
	capsule = PyCapsule_New(made, FUNCTION, free_function);
	if (capsule == NULL)
		PyMem_Free(made);
	else if (!pw_function_init(made, spec))
		Py_CLEAR(capsule);
	return capsule;
}

static PyObject *function_pointer(PyObject *self, PyObject *capsule)
{
	struct pw_function *made = PyCapsule_GetPointer(capsule, FUNCTION);

	return made != NULL ? PyLong_FromUnsignedLongLong((uintptr_t)&made->given) : NULL;
}

/* --- flows */

static PyObject *process(PyObject *self, PyObject *spec)
{
	return pw_process_new(spec);
}

static PyObject *process_pointer(PyObject *self, PyObject *capsule)
{
	return pw_process_pointer(capsule);
}

static PyObject *row_function(PyObject *self, PyObject *callable)
{
	return pw_rows_new(callable);
}

static PyObject *row_function_pointer(PyObject *self, PyObject *capsule)
{
	return pw_rows_pointer(capsule);
}

static PyObject *row_function_raised(PyObject *self, PyObject *capsule)
{
	return pw_rows_raised(capsule);
}

bool pw_begin(char *error, size_t error_size)
{
	return true; /* this is a module of the interpreter */
}

static PyObject *language(PyObject *self, PyObject *unused)
{
	return PyLong_FromUnsignedLongLong((uintptr_t)&weir_language);
}

static PyObject *callbacks(PyObject *self, PyObject *unused)
{
	return pw_rows_callbacks();
}

static PyMethodDef methods[] = {
    {"shape", shape, METH_VARARGS, "The shape of a result's rows."},
    {"rows", rows, METH_VARARGS, "The rows of a batch."},
    {"arrow_rows", arrow_rows, METH_VARARGS, "The rows of a struct array of Arrow."},
    {"kinds", kinds, METH_VARARGS, "The kinds of the rows of a batch, a byte each."},
    {"append", append, METH_VARARGS, "Appends rows of an iterator."},
    {"function", function, METH_O, "A function of Python as struct weir_function."},
    {"function_pointer", function_pointer, METH_O, "The address of that struct."},
    {"process", process, METH_O, "A process function as struct weir_process."},
    {"process_pointer", process_pointer, METH_O, "The address of that struct."},
    {"row_function", row_function, METH_O, "A callable as the `user` of a function by row."},
    {"row_function_pointer", row_function_pointer, METH_O, "Its address."},
    {"row_function_raised", row_function_raised, METH_O, "Its first exception, or None."},
    {"language", language, METH_NOARGS, "The address of struct weir_language of PYTHON."},
    {"callbacks", callbacks, METH_NOARGS, "The addresses of what calls row functions."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "weir._native",
    .m_doc = "Rows of the engine as Python objects, and functions of Python for the engine.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__native(void)
{
	PyObject *module;

	if (!pw_value_init() || !pw_gil_init())
		return NULL;
	module = PyModule_Create(&definition);
	if (module != NULL && (!pw_state_types(module) || !pw_context_type(module)))
		Py_CLEAR(module);
	return module;
}
