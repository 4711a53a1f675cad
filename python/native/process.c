/* SPDX-License-Identifier: Apache-2.0
 *
 * process - process functions of Python as struct weir_process; see process.h.
 *
 * A spec (weir/process.py) tells states, side outputs and columns. `open` asks it for an object of
 * the function for each worker, to which it gives the states; a callback is a call of its method,
 * and what that returns or yields are rows of the output.
 */
#include "native/process.h"

#include <string.h>

#include "native/gil.h"

#define TEXT_BYTES 1000
#define PROCESS    "weir.process"

struct process {
	struct weir_process given; /* its `user` is this struct */
	struct weir_state *states; /* owned */
	struct weir_side *sides;   /* owned */
	struct pw_state *state;    /* the same states for Python; owned */
	PyObject *spec;            /* owned */
	PyObject *held;            /* list of what texts above lie in; owned */
	PyObject *capsule;         /* that keeps this struct; borrowed */
};

/* The function on a worker. */
struct instance {
	struct process *process;
	struct pw_place *place;
	PyObject *context;      /* owned, as all below */
	PyObject *element[2];   /* methods for rows of each input; NULL: none */
	PyObject *timer;        /* on_timer; NULL: none */
	PyObject *object;       /* the function */
	struct pw_shape *in[2]; /* rows of the inputs, when one has come */
};

/* --- callbacks */

static int failed(struct weir_context *context)
{
	char text[TEXT_BYTES];

	pw_take_error(text, sizeof text);
	return weir_fail(context, "%s", text);
}

/* A method that may be missing. */
static PyObject *method(PyObject *object, const char *name)
{
	PyObject *found = PyObject_GetAttrString(object, name);

	if (found == NULL)
		PyErr_Clear();
	return found;
}

/* The states as objects. */
static PyObject *state_objects(struct instance *instance)
{
	struct process *process = instance->process;
	PyObject *tuple = PyTuple_New(process->given.state_count), *object;

	for (uint32_t i = 0; tuple != NULL && i < process->given.state_count; i++) {
		object = pw_state_object(&process->state[i], i, instance->place, process->capsule);
		if (object == NULL)
			Py_CLEAR(tuple);
		else
			PyTuple_SetItem(tuple, i, object);
	}
	return tuple;
}

static bool start(struct instance *instance)
{
	PyObject *spec = instance->process->spec, *states, *names;

	names = PyObject_GetAttrString(spec, "side_names");
	if (names != NULL)
		instance->context = pw_context_object(instance->place, names);
	Py_XDECREF(names);
	states = instance->context != NULL ? state_objects(instance) : NULL;
	if (states != NULL)
		instance->object =
		    PyObject_CallMethod(spec, "start", "OO", states, instance->context);
	Py_XDECREF(states);
	if (instance->object == NULL)
		return false;
	instance->element[0] = method(instance->object, "process_element");
	instance->element[1] = method(instance->object, "process_element2");
	instance->timer = method(instance->object, "on_timer");
	return true;
}

static int process_open(void *user, struct weir_context *context, void **self)
{
	PyGILState_STATE state = pw_enter();
	struct instance *instance = PyMem_Calloc(1, sizeof *instance);
	int code = 0;

	*self = instance;
	instance->process = user;
	instance->place = pw_place_new();
	instance->place->context = context;
	if (!start(instance))
		code = failed(context);
	instance->place->context = NULL;
	pw_leave(state);
	return code;
}

static void process_close(void *self)
{
	struct instance *instance = self;
	PyObject *closed, *close;
	PyGILState_STATE state;

	if (instance == NULL)
		return;
	state = pw_enter();
	close = instance->object != NULL ? method(instance->object, "close") : NULL;
	if (close != NULL) {
		closed = PyObject_CallObject(close, NULL);
		if (closed == NULL)
			PyErr_WriteUnraisable(close);
		Py_XDECREF(closed);
		Py_DECREF(close);
	}
	for (int i = 0; i < 2; i++) {
		Py_XDECREF(instance->element[i]);
		pw_shape_free(instance->in[i]);
	}
	Py_XDECREF(instance->timer);
	Py_XDECREF(instance->object);
	Py_XDECREF(instance->context);
	pw_place_unref(instance->place);
	PyMem_Free(instance);
	pw_leave(state);
}

/* A row of an input. */
static int element(struct instance *instance, struct weir_context *context,
		   const struct weir_row *row, int input)
{
	PyGILState_STATE state = pw_enter();
	PyObject *value = NULL, *rows = NULL;
	int code = 0;

	instance->place->context = context;
	if (instance->in[input] == NULL)
		instance->in[input] = pw_shape_of_result(weir_row_result(row));
	if (instance->in[input] != NULL)
		value = pw_get_row(row, instance->in[input], false);
	if (value != NULL)
		rows = PyObject_CallFunctionObjArgs(instance->element[input], value,
						    instance->context, NULL);
	if (rows == NULL || !pw_context_emit(instance->context, rows))
		code = failed(context);
	instance->place->context = NULL;
	Py_XDECREF(rows);
	Py_XDECREF(value);
	pw_leave(state);
	return code;
}

static int process_element(void *self, struct weir_context *context, const struct weir_row *row)
{
	return element(self, context, row, 0);
}

static int process_element2(void *self, struct weir_context *context, const struct weir_row *row)
{
	return element(self, context, row, 1);
}

static int process_timer(void *self, struct weir_context *context, int64_t time_ms,
			 enum weir_time time)
{
	struct instance *instance = self;
	PyGILState_STATE state = pw_enter();
	PyObject *rows = NULL;
	int code = 0;

	instance->place->context = context;
	instance->place->domain = time == WEIR_EVENT_TIME ? "EVENT_TIME" : "PROCESSING_TIME";
	if (instance->timer == NULL)
		PyErr_SetString(PyExc_AttributeError, "a timer fires, but there is no on_timer");
	else
		rows = PyObject_CallFunction(instance->timer, "LO", (long long)time_ms,
					     instance->context);
	if (rows == NULL || !pw_context_emit(instance->context, rows))
		code = failed(context);
	instance->place->context = NULL;
	instance->place->domain = NULL;
	Py_XDECREF(rows);
	pw_leave(state);
	return code;
}

/* --- descriptions */

/* The UTF-8 of a str, which is kept; None: NULL. */
static const char *text(struct process *process, PyObject *str)
{
	if (str == NULL || str == Py_None || PyList_Append(process->held, str) != 0)
		return NULL;
	return PyUnicode_AsUTF8AndSize(str, NULL);
}

/* (name, kind, columns, letters, class, names, pickled, key columns, key letters, key class, key
 * names, ttl, ttl on read, broadcast) */
static bool read_state(struct process *process, PyObject *tuple, uint32_t i)
{
	struct weir_state *given = &process->states[i];
	struct pw_state *state = &process->state[i];
	PyObject *name, *columns, *row_class, *names, *key_columns, *key_class, *key_names;
	const char *letters, *key_letters;
	int kind, pickled, on_read, broadcast;
	long long ttl;

	if (!PyArg_ParseTuple(tuple, "OiOsOOpOsOOLpp", &name, &kind, &columns, &letters, &row_class,
			      &names, &pickled, &key_columns, &key_letters, &key_class, &key_names,
			      &ttl, &on_read, &broadcast))
		return false;
	state->kind = (enum weir_state_kind)kind;
	if (!pw_layout_init(&state->value, letters, row_class, names, pickled) ||
	    !pw_layout_init(&state->key, key_letters, key_class, key_names, false))
		return false;
	*given = (struct weir_state){.size = sizeof *given,
				     .name = text(process, name),
				     .kind = state->kind,
				     .columns = text(process, columns),
				     .value_size = state->value.size,
				     .key_columns = text(process, key_columns),
				     .key_size = state->key.size,
				     .ttl_ms = ttl,
				     .ttl_update = on_read ? WEIR_TTL_ON_READ : WEIR_TTL_ON_WRITE,
				     .broadcast = broadcast};
	state->name = given->name;
	return PyErr_Occurred() == NULL;
}

static bool read_states(struct process *process)
{
	PyObject *states = PyObject_GetAttrString(process->spec, "states");
	Py_ssize_t count = states != NULL ? PyList_Size(states) : -1;
	bool good = count >= 0;

	if (good) {
		process->states = PyMem_Calloc((size_t)count + 1, sizeof *process->states);
		process->state = PyMem_Calloc((size_t)count + 1, sizeof *process->state);
		process->given.state = process->states;
		process->given.state_count = (uint32_t)count;
	}
	for (Py_ssize_t i = 0; good && i < count; i++)
		good = read_state(process, PyList_GetItem(states, i), (uint32_t)i);
	Py_XDECREF(states);
	return good;
}

static bool read_sides(struct process *process)
{
	PyObject *sides = PyObject_GetAttrString(process->spec, "sides");
	Py_ssize_t count = sides != NULL ? PyList_Size(sides) : -1;
	bool good = count >= 0;

	if (good) {
		process->sides = PyMem_Calloc((size_t)count + 1, sizeof *process->sides);
		process->given.side = process->sides;
		process->given.side_count = (uint32_t)count;
	}
	for (Py_ssize_t i = 0; good && i < count; i++) {
		PyObject *name, *columns;

		good = PyArg_ParseTuple(PyList_GetItem(sides, i), "OO", &name, &columns);
		if (good)
			process->sides[i] = (struct weir_side){.name = text(process, name),
							       .columns = text(process, columns)};
	}
	Py_XDECREF(sides);
	return good;
}

static bool attribute_text(struct process *process, const char *name, const char **out)
{
	PyObject *found = PyObject_GetAttrString(process->spec, name);

	*out = text(process, found);
	Py_XDECREF(found);
	return *out != NULL;
}

static bool attribute_true(PyObject *spec, const char *name)
{
	PyObject *found = PyObject_GetAttrString(spec, name);
	bool truth = found == Py_True;

	Py_XDECREF(found);
	return truth;
}

static void process_free(PyObject *capsule)
{
	struct process *process = PyCapsule_GetPointer(capsule, PROCESS);

	for (uint32_t i = 0; i < process->given.state_count; i++) {
		pw_layout_release(&process->state[i].value);
		pw_layout_release(&process->state[i].key);
	}
	PyMem_Free(process->states);
	PyMem_Free(process->sides);
	PyMem_Free(process->state);
	Py_XDECREF(process->spec);
	Py_XDECREF(process->held);
	PyMem_Free(process);
}

PyObject *pw_process_new(PyObject *spec)
{
	struct process *process = PyMem_Calloc(1, sizeof *process);
	struct weir_process *given = &process->given;
	PyObject *capsule = PyCapsule_New(process, PROCESS, process_free);

	if (capsule == NULL)
		return NULL;
	process->spec = Py_NewRef(spec);
	process->held = PyList_New(0);
	process->capsule = capsule;
	given->size = sizeof *given;
	given->user = process;
	given->open = process_open;
	given->close = process_close;
	given->element = process_element;
	given->element2 = attribute_true(spec, "second") ? process_element2 : NULL;
	given->timer = attribute_true(spec, "timers") ? process_timer : NULL;
	given->changes = attribute_true(spec, "changes");
	if (process->held == NULL || !attribute_text(process, "name", &given->name) ||
	    !attribute_text(process, "columns", &given->columns) || !read_states(process) ||
	    !read_sides(process) || PyErr_Occurred() != NULL)
		Py_CLEAR(capsule);
	return capsule;
}

PyObject *pw_process_pointer(PyObject *capsule)
{
	struct process *process = PyCapsule_GetPointer(capsule, PROCESS);

	return process != NULL ? PyLong_FromUnsignedLongLong((uintptr_t)&process->given) : NULL;
}
