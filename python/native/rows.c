/* SPDX-License-Identifier: Apache-2.0
 *
 * rows - callables of Python as functions by row, windows, sources and sinks; see rows.h.
 */
#include "native/rows.h"

#include "native/gil.h"

#define ROWS       "weir.rows"
#define TEXT_BYTES 1000

struct rows {
	PyObject *callable;    /* owned, as all below */
	PyObject *raised;      /* the first exception; NULL: none */
	struct pw_shape *in;   /* made by the first call */
	struct pw_shape *in2;  /* of the right side of a join; the same */
	struct pw_shape *out;  /* the same */
	PyObject *window_type; /* weir.process.Window, when a window has fired */
};

/* Keeps the exception that is set, which stays set. */
static void keep_error(struct rows *rows)
{
	PyObject *type, *value, *trace;

	if (rows->raised != NULL)
		return;
	PyErr_Fetch(&type, &value, &trace);
	PyErr_NormalizeException(&type, &value, &trace);
	if (value != NULL && trace != NULL)
		PyException_SetTraceback(value, trace);
	rows->raised = Py_XNewRef(value);
	PyErr_Restore(type, value, trace);
}

static int failed(struct rows *rows, struct weir_appender *out)
{
	char text[TEXT_BYTES];

	keep_error(rows);
	pw_take_error(text, sizeof text);
	if (out != NULL)
		weir_function_fail(out, "%s", text);
	return -1;
}

static bool shape(struct pw_shape **shape, const struct weir_result *result)
{
	if (*shape == NULL)
		*shape = pw_shape_of_result(result);
	return *shape != NULL;
}

/* Calls with a row. */
static PyObject *call_row(struct rows *rows, const struct weir_row *row)
{
	PyObject *value, *answer;

	if (!shape(&rows->in, weir_row_result(row)))
		return NULL;
	value = pw_get_row(row, rows->in, false);
	if (value == NULL)
		return NULL;
	answer = PyObject_CallFunctionObjArgs(rows->callable, value, NULL);
	Py_DECREF(value);
	return answer;
}

/* --- by row */

static int map(void *user, const struct weir_row *row, struct weir_appender *out)
{
	PyGILState_STATE state = pw_enter();
	struct rows *rows = user;
	PyObject *made = call_row(rows, row);
	int code = 0;

	if (made == NULL || !shape(&rows->out, weir_appender_result(out)) ||
	    !pw_append_row(out, made, rows->out))
		code = failed(rows, out);
	Py_XDECREF(made);
	pw_leave(state);
	return code;
}

/* Appends what a callable returned: None: nothing; a tuple or dict: a row; else rows. */
static bool append_all(struct rows *rows, struct weir_appender *out, PyObject *made)
{
	PyObject *iterator, *item;
	bool good = true;

	if (made == Py_None)
		return true;
	if (!shape(&rows->out, weir_appender_result(out)))
		return false;
	if (PyTuple_Check(made) || PyDict_Check(made))
		return pw_append_row(out, made, rows->out);
	iterator = PyObject_GetIter(made);
	while (good && iterator != NULL && (item = PyIter_Next(iterator)) != NULL) {
		good = pw_append_row(out, item, rows->out);
		Py_DECREF(item);
	}
	Py_XDECREF(iterator);
	return good && iterator != NULL && PyErr_Occurred() == NULL;
}

static int flat_map(void *user, const struct weir_row *row, struct weir_appender *out)
{
	PyGILState_STATE state = pw_enter();
	struct rows *rows = user;
	PyObject *made = call_row(rows, row);
	int code = 0;

	if (made == NULL || !append_all(rows, out, made))
		code = failed(rows, out);
	Py_XDECREF(made);
	pw_leave(state);
	return code;
}

static int filter(void *user, const struct weir_row *row)
{
	PyGILState_STATE state = pw_enter();
	struct rows *rows = user;
	PyObject *answer = call_row(rows, row);
	int keep = answer != NULL ? PyObject_IsTrue(answer) : -1;

	if (keep < 0)
		failed(rows, NULL);
	Py_XDECREF(answer);
	pw_leave(state);
	return keep;
}

static int join(void *user, const struct weir_row *left, const struct weir_row *right,
		struct weir_appender *out)
{
	PyGILState_STATE state = pw_enter();
	struct rows *rows = user;
	PyObject *a = NULL, *b = NULL, *made = NULL;
	int code = 0;

	if (shape(&rows->in, weir_row_result(left)) && shape(&rows->in2, weir_row_result(right)))
		a = pw_get_row(left, rows->in, false);
	if (a != NULL)
		b = pw_get_row(right, rows->in2, false);
	if (b != NULL)
		made = PyObject_CallFunctionObjArgs(rows->callable, a, b, NULL);
	if (made == NULL || !append_all(rows, out, made))
		code = failed(rows, out);
	Py_XDECREF(a);
	Py_XDECREF(b);
	Py_XDECREF(made);
	pw_leave(state);
	return code;
}

/* --- windows */

/* The rows of a window. */
static PyObject *elements_list(struct rows *rows, struct weir_elements *elements)
{
	PyObject *list = PyList_New(0), *item;
	const struct weir_row *row;
	uint64_t at = 0;

	while (list != NULL && (row = weir_elements_next(elements, &at)) != NULL) {
		item = shape(&rows->in, weir_row_result(row)) ? pw_get_row(row, rows->in, false)
							      : NULL;
		if (item == NULL || PyList_Append(list, item) != 0)
			Py_CLEAR(list);
		Py_XDECREF(item);
	}
	return list;
}

static PyObject *key_of(struct rows *rows, struct weir_context *context)
{
	const struct weir_row *key = weir_key(context);

	if (key == NULL)
		return Py_NewRef(Py_None);
	if (!shape(&rows->in2, weir_row_result(key)))
		return NULL;
	return rows->in2->count == 1 ? pw_get(key, 0, rows->in2->child[0])
				     : pw_get_row(key, rows->in2, false);
}

/* The callable with the key, the window and its rows. */
static int window(void *user, struct weir_context *context, const struct weir_span *span,
		  struct weir_elements *elements)
{
	PyGILState_STATE state = pw_enter();
	struct rows *rows = user;
	PyObject *key = key_of(rows, context), *list = NULL, *made = NULL;
	char text[TEXT_BYTES];
	int code = 0;

	if (rows->window_type == NULL)
		rows->window_type = pw_import("weir.process", "Window");
	if (key != NULL && rows->window_type != NULL)
		list = elements_list(rows, elements);
	if (list != NULL)
		made = PyObject_CallFunction(rows->callable, "ONO", key,
					     PyObject_CallFunction(rows->window_type, "LL",
								   (long long)span->start,
								   (long long)span->end),
					     list);
	if (made == NULL || !append_all(rows, weir_output(context), made)) {
		keep_error(rows);
		pw_take_error(text, sizeof text);
		code = weir_fail(context, "%s", text);
	}
	Py_XDECREF(key);
	Py_XDECREF(list);
	Py_XDECREF(made);
	pw_leave(state);
	return code;
}

/* --- sinks */

/* The rows of a batch to the callable, one by one; kinds: pairs of a kind and a row. */
static int write_rows(struct rows *rows, const struct weir_batch *batch, bool kinds)
{
	PyGILState_STATE state = pw_enter();
	uint32_t count = weir_batch_rows(batch);
	bool good = shape(&rows->in, weir_batch_result(batch));

	for (uint32_t i = 0; good && i < count; i++) {
		PyObject *row = pw_get_row(weir_batch_row(batch, i), rows->in, false);
		PyObject *done = NULL;

		if (row != NULL && kinds)
			done = PyObject_CallFunction(rows->callable, "iO",
						     (int)weir_batch_kind(batch, i), row);
		else if (row != NULL)
			done = PyObject_CallFunctionObjArgs(rows->callable, row, NULL);
		good = done != NULL;
		Py_XDECREF(done);
		Py_XDECREF(row);
	}
	if (!good)
		failed(rows, NULL);
	pw_leave(state);
	return good ? 0 : -1;
}

static int write_plain(void *self, const struct weir_batch *batch)
{
	return write_rows(self, batch, false);
}

static int write_kinds(void *self, const struct weir_batch *batch)
{
	return write_rows(self, batch, true);
}

/* --- sources */

/* An iteration of a source. */
struct reading {
	struct rows *rows;
	PyObject *iterator;  /* owned */
	PyObject *watermark; /* weir.Watermark, owned */
};

static int source_open(void *user, void **self)
{
	PyGILState_STATE state = pw_enter();
	struct reading *reading = PyMem_Calloc(1, sizeof *reading);
	struct rows *rows = user;
	PyObject *iterable = PyObject_CallObject(rows->callable, NULL);
	int code = 0;

	*self = reading;
	reading->rows = rows;
	if (iterable != NULL)
		reading->iterator = PyObject_GetIter(iterable);
	Py_XDECREF(iterable);
	if (reading->iterator != NULL)
		reading->watermark = pw_import("weir.flow", "Watermark");
	if (reading->watermark == NULL)
		code = failed(rows, NULL);
	pw_leave(state);
	return code;
}

/* Takes items: rows; watermarks, which are a class of int; None: nothing at the moment. */
static enum weir_code source_take(struct reading *reading, struct weir_appender *out,
				  uint32_t max_rows, int64_t *watermark_ms)
{
	struct rows *rows = reading->rows;
	PyObject *item;
	bool good = true;

	for (uint32_t taken = 0; good && taken < max_rows; taken++) {
		item = PyIter_Next(reading->iterator);
		if (item == NULL && PyErr_Occurred() == NULL)
			return taken > 0 ? WEIR_OK : WEIR_END;
		if (item == NULL)
			return WEIR_ERROR_JOB;
		if (item == Py_None) {
			Py_DECREF(item);
			return taken > 0 ? WEIR_OK : WEIR_WOULD_BLOCK;
		}
		if (PyObject_IsInstance(item, reading->watermark) == 1) { /* for rows behind it */
			*watermark_ms = PyLong_AsLongLong(item);
			Py_DECREF(item);
			return WEIR_OK;
		}
		good = pw_append_row(out, item, rows->out);
		Py_DECREF(item);
	}
	return good ? WEIR_OK : WEIR_ERROR_JOB;
}

static enum weir_code source_read(void *self, struct weir_appender *out, uint32_t max_rows,
				  int64_t *watermark_ms, int64_t *wait_ms)
{
	struct reading *reading = self;
	PyGILState_STATE state = pw_enter();
	enum weir_code code = WEIR_ERROR_JOB;

	if (shape(&reading->rows->out, weir_appender_result(out)))
		code = source_take(reading, out, max_rows, watermark_ms);
	if (code == WEIR_ERROR_JOB)
		failed(reading->rows, out);
	pw_leave(state);
	return code;
}

static void source_close(void *self)
{
	struct reading *reading = self;
	PyGILState_STATE state;

	if (reading == NULL)
		return;
	state = pw_enter();
	Py_XDECREF(reading->iterator);
	Py_XDECREF(reading->watermark);
	PyMem_Free(reading);
	pw_leave(state);
}

/* --- capsules */

static void rows_free(PyObject *capsule)
{
	struct rows *rows = PyCapsule_GetPointer(capsule, ROWS);

	Py_XDECREF(rows->callable);
	Py_XDECREF(rows->raised);
	Py_XDECREF(rows->window_type);
	pw_shape_free(rows->in);
	pw_shape_free(rows->in2);
	pw_shape_free(rows->out);
	PyMem_Free(rows);
}

PyObject *pw_rows_new(PyObject *callable)
{
	struct rows *rows = PyMem_Calloc(1, sizeof *rows);
	PyObject *capsule;

	if (rows == NULL)
		return PyErr_NoMemory();
	rows->callable = Py_NewRef(callable);
	capsule = PyCapsule_New(rows, ROWS, rows_free);
	if (capsule == NULL) {
		Py_DECREF(callable);
		PyMem_Free(rows);
	}
	return capsule;
}

PyObject *pw_rows_pointer(PyObject *capsule)
{
	return PyLong_FromUnsignedLongLong((uintptr_t)PyCapsule_GetPointer(capsule, ROWS));
}

PyObject *pw_rows_raised(PyObject *capsule)
{
	struct rows *rows = PyCapsule_GetPointer(capsule, ROWS);

	return Py_NewRef(rows->raised != NULL ? rows->raised : Py_None);
}

PyObject *pw_rows_callbacks(void)
{
#define POINTER(function) #function, (unsigned long long)(uintptr_t)(function)
	return Py_BuildValue("{sKsKsKsKsKsKsKsKsKsK}", POINTER(map), POINTER(flat_map),
			     POINTER(filter), POINTER(join), POINTER(window), "write",
			     (unsigned long long)(uintptr_t)write_plain, POINTER(write_kinds),
			     POINTER(source_open), POINTER(source_read), POINTER(source_close));
#undef POINTER
}
