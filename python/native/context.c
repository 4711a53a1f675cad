/* SPDX-License-Identifier: Apache-2.0
 *
 * context - what callbacks of Python with state work with; see context.h.
 *
 * The names of the methods are those of PyFlink; what stands there on an own object (the timer
 * service) stands here on the context, which timer_service() returns, too.
 */
#include "native/context.h"

struct object {
	PyObject ob_base;
	struct pw_place *place; /* counted */
	struct pw_shape *out;   /* of the output, when it is known; owned */
	struct pw_shape **side; /* of the side outputs; the same */
	struct pw_shape *key;   /* of the key; the same */
	Py_ssize_t side_count;  /* of side */
	PyObject *side_names;   /* owned */
};

static void dealloc(PyObject *self)
{
	struct object *object = (struct object *)self;
	PyTypeObject *type = Py_TYPE(self);

	pw_place_unref(object->place);
	pw_shape_free(object->out);
	pw_shape_free(object->key);
	for (Py_ssize_t i = 0; i < object->side_count; i++)
		pw_shape_free(object->side[i]);
	PyMem_Free(object->side);
	Py_XDECREF(object->side_names);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
	Py_DECREF(type);
}

static struct weir_context *at_hand(PyObject *self)
{
	return pw_place_context(((struct object *)self)->place);
}

/* Milliseconds; None for "none yet". */
static PyObject *time_or_none(int64_t ms)
{
	return ms == INT64_MIN ? Py_NewRef(Py_None) : PyLong_FromLongLong(ms);
}

static PyObject *timestamp(PyObject *self, PyObject *unused)
{
	struct weir_context *context = at_hand(self);

	return context != NULL ? time_or_none(weir_timestamp(context)) : NULL;
}

static PyObject *watermark(PyObject *self, PyObject *unused)
{
	struct weir_context *context = at_hand(self);

	return context != NULL ? time_or_none(weir_now(context, WEIR_EVENT_TIME)) : NULL;
}

static PyObject *clock_time(PyObject *self, PyObject *unused)
{
	struct weir_context *context = at_hand(self);

	return context != NULL ? time_or_none(weir_now(context, WEIR_PROCESSING_TIME)) : NULL;
}

static PyObject *domain(PyObject *self, PyObject *unused)
{
	const char *name = ((struct object *)self)->place->domain;

	return name != NULL ? PyUnicode_FromString(name) : Py_NewRef(Py_None);
}

static PyObject *key(PyObject *self, PyObject *unused)
{
	struct object *object = (struct object *)self;
	struct weir_context *context = at_hand(self);
	const struct weir_row *row = context != NULL ? weir_key(context) : NULL;

	if (row == NULL)
		return context != NULL ? Py_NewRef(Py_None) : NULL;
	if (object->key == NULL)
		object->key = pw_shape_of_result(weir_row_result(row));
	if (object->key == NULL)
		return NULL;
	return object->key->count == 1 ? pw_get(row, 0, object->key->child[0])
				       : pw_get_row(row, object->key, false);
}

static PyObject *worker(PyObject *self, PyObject *unused)
{
	struct weir_context *context = at_hand(self);
	uint32_t workers = 0, number = context != NULL ? weir_worker(context, &workers) : 0;

	return context != NULL ? Py_BuildValue("(II)", number, workers) : NULL;
}

/* --- timers */

static PyObject *timer(PyObject *self, PyObject *args, enum weir_time time, bool set)
{
	struct weir_context *context = at_hand(self);
	long long ms;

	if (context == NULL || !PyArg_ParseTuple(args, "L", &ms))
		return NULL;
	if (set)
		weir_timer_set(context, time, ms);
	else
		weir_timer_delete(context, time, ms);
	Py_RETURN_NONE;
}

static PyObject *set_event(PyObject *self, PyObject *args)
{
	return timer(self, args, WEIR_EVENT_TIME, true);
}

static PyObject *set_processing(PyObject *self, PyObject *args)
{
	return timer(self, args, WEIR_PROCESSING_TIME, true);
}

static PyObject *delete_event(PyObject *self, PyObject *args)
{
	return timer(self, args, WEIR_EVENT_TIME, false);
}

static PyObject *delete_processing(PyObject *self, PyObject *args)
{
	return timer(self, args, WEIR_PROCESSING_TIME, false);
}

static PyObject *timer_service(PyObject *self, PyObject *unused)
{
	return Py_NewRef(self);
}

/* --- outputs */

static bool append(struct weir_appender *out, struct pw_shape **shape, PyObject *row)
{
	if (*shape == NULL)
		*shape = pw_shape_of_result(weir_appender_result(out));
	return *shape != NULL && pw_append_row(out, row, *shape);
}

static PyObject *emit(PyObject *self, PyObject *row)
{
	struct object *object = (struct object *)self;
	struct weir_context *context = at_hand(self);

	if (context == NULL || !append(weir_output(context), &object->out, row))
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *output(PyObject *self, PyObject *args)
{
	struct object *object = (struct object *)self;
	struct weir_context *context = at_hand(self);
	PyObject *name, *row;
	Py_ssize_t side;

	if (context == NULL || !PyArg_ParseTuple(args, "OO", &name, &row))
		return NULL;
	side = PySequence_Index(object->side_names, name);
	if (side < 0) {
		PyErr_Format(PyExc_KeyError, "there is no side output %R; there are %R", name,
			     object->side_names);
		return NULL;
	}
	if (!append(weir_side_output(context, (uint32_t)side), &object->side[side], row))
		return NULL;
	Py_RETURN_NONE;
}

bool pw_context_emit(PyObject *self, PyObject *rows)
{
	struct object *object = (struct object *)self;
	struct weir_context *context = object->place->context;
	PyObject *iterator, *item;
	bool good = true;

	if (rows == Py_None)
		return true;
	if (PyTuple_Check(rows) || PyDict_Check(rows))
		return append(weir_output(context), &object->out, rows);
	iterator = PyObject_GetIter(rows);
	while (good && iterator != NULL && (item = PyIter_Next(iterator)) != NULL) {
		good = append(weir_output(context), &object->out, item);
		Py_DECREF(item);
	}
	Py_XDECREF(iterator);
	return good && iterator != NULL && PyErr_Occurred() == NULL;
}

/* --- the type */

static PyMethodDef methods[] = {
    {"timestamp", timestamp, METH_NOARGS, "Event time of the row or timer at hand, ms; or None."},
    {"current_watermark", watermark, METH_NOARGS, "The watermark, ms; None: none yet."},
    {"current_processing_time", clock_time, METH_NOARGS, "The clock, ms since 1970."},
    {"time_domain", domain, METH_NOARGS, "In on_timer: EVENT_TIME or PROCESSING_TIME."},
    {"get_current_key", key, METH_NOARGS, "The key: its value, or a tuple of several."},
    {"worker", worker, METH_NOARGS, "(number of the worker, number of workers)."},
    {"timer_service", timer_service, METH_NOARGS, "This context, which has the methods of timers."},
    {"register_event_time_timer", set_event, METH_VARARGS, "on_timer at this watermark, ms."},
    {"register_processing_time_timer", set_processing, METH_VARARGS,
     "on_timer when the clock says so, ms since 1970."},
    {"delete_event_time_timer", delete_event, METH_VARARGS, "Takes it back."},
    {"delete_processing_time_timer", delete_processing, METH_VARARGS, "Takes it back."},
    {"emit", emit, METH_O, "A row for the main output, as yielding it."},
    {"output", output, METH_VARARGS, "output(name, row): a row for a side output."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};
static PyType_Spec spec = {"weir._native.Context", sizeof(struct object), 0,
			   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
static PyObject *context_type; /* in the interpreter's one module */

bool pw_context_type(PyObject *module)
{
	context_type = PyType_FromSpec(&spec);
	return context_type != NULL && PyModule_AddObjectRef(module, "Context", context_type) == 0;
}

PyObject *pw_context_object(struct pw_place *place, PyObject *side_names)
{
	PyTypeObject *type = (PyTypeObject *)context_type;
	struct object *object =
	    (struct object *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);

	if (object == NULL)
		return NULL;
	object->place = pw_place_ref(place);
	object->side_names = Py_NewRef(side_names);
	object->side_count = PyTuple_Size(side_names);
	object->side = PyMem_Calloc((size_t)object->side_count + 1, sizeof *object->side);
	return (PyObject *)object;
}
