/* SPDX-License-Identifier: Apache-2.0
 *
 * function - functions of Python as the struct weir_function that the engine calls; see function.h.
 *
 * An exception becomes the failure of the row, in the words of its last line.
 *
 * The accumulator of an aggregate is an object of Python. At rest it is bytes, as the engine has
 * them in checkpoints, moves them between workers and counts them as state. The first row of a
 * batch for a group makes the object of them, further rows of the batch find it (struct live), and
 * behind the last one (`settle`) it is bytes again: so what is live is bounded by a batch, and a
 * checkpoint, which comes between batches, sees bytes alone.
 */
#include "native/function.h"

#include <string.h>

#include "native/gil.h"

#define TEXT_BYTES 1000 /* of a failure's text */

/* An instance of a function: for a place of the plan and a worker. */
struct pw_call {
	struct pw_function *function;
	PyObject *callable;      /* owned */
	struct pw_shape *args;   /* made by the first call; owned */
	struct pw_shape *result; /* the same */
};

static bool call_shapes(struct pw_call *call, const struct weir_result *args,
			const struct weir_result *result)
{
	if (call->args == NULL)
		call->args = pw_shape_of_result(args);
	if (call->result == NULL && result != NULL)
		call->result = pw_shape_of_result(result);
	return call->args != NULL && (call->result != NULL || result == NULL);
}

static int call_open(void *user, const struct weir_row *constants, void **self)
{
	struct pw_function *function = user;
	PyGILState_STATE state = pw_enter();
	struct pw_call *call = PyMem_Calloc(1, sizeof *call);
	char text[TEXT_BYTES];
	int failed = 0;

	*self = call;
	call->function = function;
	call->callable = PyObject_CallMethod(function->spec, "instance", NULL);
	if (call->callable == NULL) {
		pw_take_error(text, sizeof text);
		failed = weir_open_fail(constants, "%s", text);
	}
	pw_leave(state);
	return failed;
}

static void call_close(void *self)
{
	struct pw_call *call = self;
	PyGILState_STATE state;
	PyObject *closed;

	if (call == NULL)
		return;
	state = pw_enter();
	if (call->callable != NULL) {
		closed = PyObject_CallMethod(call->function->spec, "close", "O", call->callable);
		if (closed == NULL)
			PyErr_Clear();
		Py_XDECREF(closed);
	}
	Py_XDECREF(call->callable);
	pw_shape_free(call->args);
	pw_shape_free(call->result);
	PyMem_Free(call);
	pw_leave(state);
}

/* --- scalar and table functions */

/* Calls with the values of a row. */
static PyObject *call_with(struct pw_call *call, PyObject *callable, const struct weir_row *args)
{
	PyObject *tuple = pw_get_row(args, call->args, true), *value = NULL;

	if (tuple != NULL)
		value = PyObject_CallObject(callable, tuple);
	Py_XDECREF(tuple);
	return value;
}

static int row_failed(struct weir_appender *out)
{
	char text[TEXT_BYTES];

	pw_take_error(text, sizeof text);
	return weir_function_fail(out, "%s", text);
}

static int scalar_eval(void *self, const struct weir_row *args, struct weir_appender *out)
{
	struct pw_call *call = self;
	PyGILState_STATE state = pw_enter();
	PyObject *value = NULL;
	int failed = 0;

	if (call_shapes(call, weir_row_result(args), weir_appender_result(out)))
		value = call_with(call, call->callable, args);
	if (value == NULL || !pw_append(out, value, call->result->child[0]))
		failed = row_failed(out);
	Py_XDECREF(value);
	pw_leave(state);
	return failed;
}

/* Appends the rows of what can be iterated over; None: no rows. */
static bool append_rows(struct weir_appender *out, PyObject *rows, const struct pw_shape *shape)
{
	PyObject *iterator, *item;
	bool good = true;

	if (rows == Py_None)
		return true;
	iterator = PyObject_GetIter(rows);
	if (iterator == NULL)
		return false;
	while (good && (item = PyIter_Next(iterator)) != NULL) {
		good = pw_append_row(out, item, shape);
		Py_DECREF(item);
	}
	Py_DECREF(iterator);
	return good && PyErr_Occurred() == NULL;
}

static int table_eval(void *self, const struct weir_row *args, struct weir_appender *out)
{
	struct pw_call *call = self;
	PyGILState_STATE state = pw_enter();
	PyObject *rows = NULL;
	int failed = 0;

	if (call_shapes(call, weir_row_result(args), weir_appender_result(out)))
		rows = call_with(call, call->callable, args);
	if (rows == NULL || !append_rows(out, rows, call->result))
		failed = row_failed(out);
	Py_XDECREF(rows);
	pw_leave(state);
	return failed;
}

/* --- scalar functions, many rows at once */

static void fail_all(const struct weir_batch *args, struct weir_vector *out)
{
	char text[TEXT_BYTES];

	pw_take_error(text, sizeof text);
	for (uint32_t i = 0; i < out->rows; i++)
		weir_vector_fail(out, i, "%s", text);
}

static int vector_eval(void *self, const struct weir_batch *args, struct weir_vector *out)
{
	struct pw_call *call = self;
	PyGILState_STATE state = pw_enter();

	if (!pw_call_vector(call->callable, call->function->given.result, args, out))
		fail_all(args, out);
	pw_leave(state);
	return 0;
}

/* --- aggregates */

static int aggregate_failed(struct weir_call *call)
{
	char text[TEXT_BYTES];

	pw_take_error(text, sizeof text);
	return weir_call_fail(call, "%s", text);
}

#define LIVE SIZE_MAX /* size of bytes that are a struct live at the moment */

/* An accumulator between its first row in a batch and the end of that. */
struct live {
	PyObject *object;      /* owned */
	struct weir_bytes was; /* the bytes that it was made of */
};

static struct live *live_of(const struct weir_bytes *bytes)
{
	return bytes->size == LIVE ? (struct live *)bytes->data : NULL;
}

static PyObject *load(const struct pw_function *function, const struct weir_bytes *bytes)
{
	return PyObject_CallFunction(function->load, "y#", bytes->size > 0 ? bytes->data : "",
				     (Py_ssize_t)bytes->size);
}

/* The object of an accumulator that may be changed; borrowed, until it settles. */
static PyObject *accumulator_wake(const struct pw_function *function, struct weir_bytes *bytes)
{
	struct live *live = live_of(bytes);
	PyObject *object;

	if (live != NULL)
		return live->object;
	object = load(function, bytes);
	if (object == NULL)
		return NULL;
	live = PyMem_Malloc(sizeof *live);
	*live = (struct live){object, *bytes};
	*bytes = (struct weir_bytes){(const char *)live, LIVE};
	return object;
}

/* An object of its own, to be looked at. */
static PyObject *accumulator_look(const struct pw_function *function,
				  const struct weir_bytes *bytes)
{
	struct live *live = live_of(bytes);
	struct weir_bytes copy = {0};
	PyObject *dumped, *object = NULL;
	Py_ssize_t size;
	char *data;

	if (live == NULL)
		return load(function, bytes);
	dumped = PyObject_CallFunctionObjArgs(function->dump, live->object, NULL);
	if (dumped != NULL && PyBytes_AsStringAndSize(dumped, &data, &size) == 0) {
		copy = (struct weir_bytes){data, (size_t)size};
		object = load(function, &copy);
	}
	Py_XDECREF(dumped);
	return object;
}

static int aggregate_settle(void *self, struct weir_call *handle, void *accumulator)
{
	struct weir_bytes *bytes = accumulator;
	struct live *live = live_of(bytes);
	const struct pw_call *call = self;
	PyGILState_STATE state;
	PyObject *dumped;
	Py_ssize_t size;
	int failed = 0;
	char *data;

	if (live == NULL)
		return 0;
	state = pw_enter();
	*bytes = live->was;
	dumped = PyObject_CallFunctionObjArgs(call->function->dump, live->object, NULL);
	if (dumped != NULL && PyBytes_AsStringAndSize(dumped, &data, &size) == 0)
		weir_call_bytes(handle, bytes, data, (size_t)size);
	else
		failed = aggregate_failed(handle);
	Py_XDECREF(dumped);
	Py_DECREF(live->object);
	PyMem_Free(live);
	pw_leave(state);
	return failed;
}

/* accumulate and retract: the method of that name with the values of a row. */
static int aggregate_row(void *self, struct weir_call *handle, void *accumulator,
			 const struct weir_row *args, const char *name)
{
	struct pw_call *call = self;
	PyGILState_STATE state = pw_enter();
	PyObject *object = NULL, *method = NULL, *done = NULL;
	int failed = 0;

	if (call_shapes(call, weir_row_result(args), NULL))
		object = accumulator_wake(call->function, accumulator);
	if (object != NULL)
		method = PyObject_GetAttrString(object, name);
	if (method != NULL)
		done = call_with(call, method, args);
	if (done == NULL)
		failed = aggregate_failed(handle);
	Py_XDECREF(done);
	Py_XDECREF(method);
	pw_leave(state);
	return failed;
}

static int aggregate_accumulate(void *self, struct weir_call *call, void *accumulator,
				const struct weir_row *args)
{
	return aggregate_row(self, call, accumulator, args, "accumulate");
}

static int aggregate_retract(void *self, struct weir_call *call, void *accumulator,
			     const struct weir_row *args)
{
	return aggregate_row(self, call, accumulator, args, "retract");
}

static int aggregate_merge(void *self, struct weir_call *handle, void *into, const void *from)
{
	struct pw_call *call = self;
	PyGILState_STATE state = pw_enter();
	PyObject *object = accumulator_wake(call->function, into), *done = NULL;
	PyObject *other = object != NULL ? accumulator_look(call->function, from) : NULL;
	int failed = 0;

	if (other != NULL)
		done = PyObject_CallMethod(object, "merge", "O", other);
	if (done == NULL)
		failed = aggregate_failed(handle);
	Py_XDECREF(done);
	Py_XDECREF(other);
	pw_leave(state);
	return failed;
}

static int aggregate_result(void *self, struct weir_call *handle, const void *accumulator,
			    struct weir_appender *out)
{
	struct pw_call *call = self;
	PyGILState_STATE state = pw_enter();
	PyObject *object = load(call->function, accumulator), *value = NULL;
	int failed = 0;

	if (call->result == NULL)
		call->result = pw_shape_of_result(weir_appender_result(out));
	if (object != NULL && call->result != NULL)
		value = PyObject_CallMethod(object, "result", NULL);
	if (value == NULL || !pw_append(out, value, call->result->child[0]))
		failed = aggregate_failed(handle);
	Py_XDECREF(value);
	Py_XDECREF(object);
	pw_leave(state);
	return failed;
}

/* --- descriptions */

/* The types of the arguments are not told: whatever comes, if the function takes so many. */
static int infer(void *user, struct weir_signature *signature)
{
	const struct pw_function *function = user;
	uint32_t count = weir_column_count(weir_signature_arguments(signature));

	if (count < function->count_min ||
	    (function->count_max >= 0 && count > function->count_max))
		return weir_signature_fail(
		    signature, "The function takes %ld argument%s, and %u are given",
		    function->count_min, function->count_min == 1 ? "" : "s", count);
	return weir_signature_return(signature, function->given.result);
}

static bool long_attribute(PyObject *object, const char *name, long *out)
{
	PyObject *found = PyObject_GetAttrString(object, name);

	*out = found != NULL ? PyLong_AsLong(found) : -1;
	Py_XDECREF(found);
	return PyErr_Occurred() == NULL;
}

/* Whether the spec says that a method of an aggregate is there. */
static bool has(PyObject *spec, const char *name)
{
	PyObject *found = PyObject_CallMethod(spec, "has", "s", name);
	bool there = found == Py_True;

	Py_XDECREF(found);
	return there;
}

static bool aggregate_init(struct pw_function *function)
{
	struct weir_function *given = &function->given;

	function->load = PyObject_GetAttrString(function->spec, "load");
	function->dump = PyObject_GetAttrString(function->spec, "dump");
	if (function->load == NULL || function->dump == NULL)
		return false;
	given->accumulator = "state BYTES";
	given->accumulator_size = sizeof(struct weir_bytes);
	given->accumulate = aggregate_accumulate;
	given->get_result = aggregate_result;
	given->settle = aggregate_settle;
	given->retract = has(function->spec, "retract") ? aggregate_retract : NULL;
	given->merge = has(function->spec, "merge") ? aggregate_merge : NULL;
	return PyErr_Occurred() == NULL;
}

bool pw_function_init(struct pw_function *function, PyObject *spec)
{
	struct weir_function *given = &function->given;
	long kind, flags, vectorized;

	function->spec = Py_NewRef(spec);
	function->arguments = PyObject_GetAttrString(spec, "arguments");
	function->result = PyObject_GetAttrString(spec, "result");
	if (function->arguments == NULL || function->result == NULL ||
	    !long_attribute(spec, "kind", &kind) || !long_attribute(spec, "flags", &flags) ||
	    !long_attribute(spec, "vectorized", &vectorized) ||
	    !long_attribute(spec, "count_min", &function->count_min) ||
	    !long_attribute(spec, "count_max", &function->count_max))
		return false;
	function->vectorized = vectorized != 0;
	*given = (struct weir_function){.size = sizeof *given,
					.kind = (enum weir_function_kind)kind,
					.flags = (uint32_t)flags,
					.user = function,
					.open = call_open,
					.close = call_close};
	given->result = PyUnicode_AsUTF8AndSize(function->result, NULL);
	if (given->result == NULL)
		return false;
	if (function->arguments == Py_None)
		given->infer = infer;
	else
		given->arguments = PyUnicode_AsUTF8AndSize(function->arguments, NULL);
	if (given->kind == WEIR_AGGREGATE)
		return aggregate_init(function);
	if (given->kind == WEIR_TABLE)
		given->eval = table_eval;
	else if (function->vectorized)
		given->eval_batch = vector_eval;
	else
		given->eval = scalar_eval;
	return PyErr_Occurred() == NULL;
}

void pw_function_release(struct pw_function *function)
{
	Py_XDECREF(function->spec);
	Py_XDECREF(function->arguments);
	Py_XDECREF(function->result);
	Py_XDECREF(function->load);
	Py_XDECREF(function->dump);
	memset(function, 0, sizeof *function);
}
