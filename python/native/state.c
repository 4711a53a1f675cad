/* SPDX-License-Identifier: Apache-2.0
 *
 * state - the states of a process function as objects of Python, with the methods that Flink's
 * have: value, update, clear; add, get, add_all; put, remove, contains, items.
 *
 * They are about the key at hand and raise RuntimeError outside of callbacks.
 */
#include "native/state.h"

#include <string.h>

struct pw_place *pw_place_new(void)
{
	struct pw_place *place = PyMem_Calloc(1, sizeof *place);

	if (place != NULL)
		place->refs = 1;
	return place;
}

struct pw_place *pw_place_ref(struct pw_place *place)
{
	place->refs++;
	return place;
}

void pw_place_unref(struct pw_place *place)
{
	if (place != NULL && --place->refs == 0)
		PyMem_Free(place);
}

struct weir_context *pw_place_context(const struct pw_place *place)
{
	if (place->context == NULL)
		PyErr_SetString(
		    PyExc_RuntimeError,
		    "state and context are there while process_element or on_timer runs");
	return place->context;
}

/* An object of Python. */
struct object {
	PyObject ob_base;
	const struct pw_state *state; /* kept by owner */
	PyObject *owner;              /* owned */
	struct pw_place *place;       /* counted */
	uint32_t index;               /* of the state */
};

static void dealloc(PyObject *self)
{
	struct object *object = (struct object *)self;
	PyTypeObject *type = Py_TYPE(self);

	Py_XDECREF(object->owner);
	pw_place_unref(object->place);
	((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
	Py_DECREF(type);
}

/* The context, and the object behind `self`. */
static struct weir_context *at_hand(PyObject *self, struct object **object)
{
	*object = (struct object *)self;
	return pw_place_context((*object)->place);
}

static PyObject *clear(PyObject *self, PyObject *unused)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);

	if (context == NULL)
		return NULL;
	weir_state_clear(context, object->index);
	Py_RETURN_NONE;
}

/* --- one value */

static PyObject *value_get(PyObject *self, PyObject *unused)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	const void *found;

	if (context == NULL)
		return NULL;
	found = weir_state_get(context, object->index);
	return found != NULL ? pw_layout_get(&object->state->value, found) : Py_NewRef(Py_None);
}

static PyObject *value_update(PyObject *self, PyObject *value)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	const struct pw_layout *layout;
	PyObject *held;
	bool good;

	if (context == NULL)
		return NULL;
	layout = &object->state->value;
	if (value == Py_None && !layout->pickled)
		return clear(self, NULL);
	uint64_t data[layout->size / 8 + 1];
	good = pw_layout_put(layout, value, data, &held);
	if (good)
		pw_layout_store(layout, context, object->index, data,
				weir_state_make(context, object->index));
	Py_XDECREF(held);
	return good ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef value_methods[] = {
    {"value", value_get, METH_NOARGS, "The value of the key at hand, or None."},
    {"update", value_update, METH_O, "Sets it; None clears it."},
    {"clear", clear, METH_NOARGS, "There is none any more."},
    {NULL, NULL, 0, NULL},
};

/* --- lists */

static bool add_one(struct object *object, struct weir_context *context, PyObject *value)
{
	const struct pw_layout *layout = &object->state->value;
	uint64_t data[layout->size / 8 + 1];
	PyObject *held;
	bool good = pw_layout_put(layout, value, data, &held);

	if (good)
		weir_state_add(context, object->index, data);
	Py_XDECREF(held);
	return good;
}

static PyObject *list_add(PyObject *self, PyObject *value)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);

	if (context == NULL || !add_one(object, context, value))
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *list_add_all(PyObject *self, PyObject *values)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	PyObject *iterator = context != NULL ? PyObject_GetIter(values) : NULL, *item;
	bool good = iterator != NULL;

	while (good && (item = PyIter_Next(iterator)) != NULL) {
		good = add_one(object, context, item);
		Py_DECREF(item);
	}
	Py_XDECREF(iterator);
	if (!good || PyErr_Occurred() != NULL)
		return NULL;
	Py_RETURN_NONE;
}

static PyObject *list_get(PyObject *self, PyObject *unused)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	PyObject *list, *item;
	uint32_t count;

	if (context == NULL)
		return NULL;
	count = weir_state_count(context, object->index);
	list = PyList_New(0);
	for (uint32_t i = 0; list != NULL && i < count; i++) {
		const void *at = weir_list_at(context, object->index, i);

		if (at == NULL)
			continue;
		item = pw_layout_get(&object->state->value, at);
		if (item == NULL || PyList_Append(list, item) != 0)
			Py_CLEAR(list);
		Py_XDECREF(item);
	}
	return list;
}

static PyObject *list_update(PyObject *self, PyObject *values)
{
	PyObject *cleared, *list = PySequence_List(values), *done = NULL;

	if (list == NULL)
		return NULL;
	cleared = clear(self, NULL);
	if (cleared != NULL)
		done = list_add_all(self, list);
	Py_XDECREF(cleared);
	Py_DECREF(list);
	return done;
}

static PyObject *list_remove(PyObject *self, PyObject *args)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	unsigned int from, count = 1;

	if (context == NULL || !PyArg_ParseTuple(args, "I|I", &from, &count))
		return NULL;
	weir_list_remove(context, object->index, from, count);
	Py_RETURN_NONE;
}

static Py_ssize_t length(PyObject *self)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);

	return context != NULL ? (Py_ssize_t)weir_state_count(context, object->index) : -1;
}

static PyObject *list_iterate(PyObject *self)
{
	PyObject *list = list_get(self, NULL), *iterator;

	if (list == NULL)
		return NULL;
	iterator = PyObject_GetIter(list);
	Py_DECREF(list);
	return iterator;
}

static PyMethodDef list_methods[] = {
    {"add", list_add, METH_O, "Appends a value."},
    {"add_all", list_add_all, METH_O, "Appends values."},
    {"get", list_get, METH_NOARGS, "All values, in the order of adding."},
    {"update", list_update, METH_O, "Puts these values in place of all."},
    {"remove", list_remove, METH_VARARGS, "remove(i, count=1): the values from number i on go."},
    {"clear", clear, METH_NOARGS, "All values go."},
    {NULL, NULL, 0, NULL},
};

/* --- maps */

/* The entry of a key: get, put or remove. *found: what the function says; false: an exception. */
enum map_what { MAP_GET, MAP_PUT, MAP_REMOVE };
static bool map_at(struct object *object, struct weir_context *context, PyObject *key,
		   enum map_what what, void **found)
{
	const struct pw_layout *layout = &object->state->key;
	uint64_t data[layout->size / 8 + 1];
	PyObject *held;
	bool good = pw_layout_put(layout, key, data, &held);

	if (good && what == MAP_GET)
		*found = weir_map_get(context, object->index, data);
	else if (good && what == MAP_PUT)
		*found = weir_map_put(context, object->index, data);
	else if (good)
		*found = weir_map_remove(context, object->index, data) ? object : NULL;
	Py_XDECREF(held);
	return good;
}

static PyObject *map_get(PyObject *self, PyObject *args)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	PyObject *key, *missing = Py_None;
	void *found;

	if (context == NULL || !PyArg_ParseTuple(args, "O|O", &key, &missing) ||
	    !map_at(object, context, key, MAP_GET, &found))
		return NULL;
	return found != NULL ? pw_layout_get(&object->state->value, found) : Py_NewRef(missing);
}

static PyObject *map_item(PyObject *self, PyObject *key)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	void *found;

	if (context == NULL || !map_at(object, context, key, MAP_GET, &found))
		return NULL;
	if (found == NULL)
		PyErr_SetObject(PyExc_KeyError, key);
	return found != NULL ? pw_layout_get(&object->state->value, found) : NULL;
}

static bool map_put_value(struct object *object, struct weir_context *context, PyObject *key,
			  PyObject *value)
{
	const struct pw_layout *layout = &object->state->value;
	uint64_t data[layout->size / 8 + 1];
	PyObject *held;
	void *into;
	bool good = pw_layout_put(layout, value, data, &held) &&
		    map_at(object, context, key, MAP_PUT, &into);

	if (good)
		pw_layout_store(layout, context, object->index, data, into);
	Py_XDECREF(held);
	return good;
}

static PyObject *map_put(PyObject *self, PyObject *args)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	PyObject *key, *value;

	if (context == NULL || !PyArg_ParseTuple(args, "OO", &key, &value) ||
	    !map_put_value(object, context, key, value))
		return NULL;
	Py_RETURN_NONE;
}

static int map_set_item(PyObject *self, PyObject *key, PyObject *value)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	void *found;

	if (context == NULL)
		return -1;
	if (value != NULL)
		return map_put_value(object, context, key, value) ? 0 : -1;
	if (!map_at(object, context, key, MAP_REMOVE, &found))
		return -1;
	if (found == NULL)
		PyErr_SetObject(PyExc_KeyError, key);
	return found != NULL ? 0 : -1;
}

static PyObject *map_remove(PyObject *self, PyObject *key)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	void *found;

	if (context == NULL || !map_at(object, context, key, MAP_REMOVE, &found))
		return NULL;
	return PyBool_FromLong(found != NULL);
}

static int map_has(PyObject *self, PyObject *key)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	void *found;

	if (context == NULL || !map_at(object, context, key, MAP_GET, &found))
		return -1;
	return found != NULL;
}

static PyObject *map_contains(PyObject *self, PyObject *key)
{
	int has = map_has(self, key);

	return has < 0 ? NULL : PyBool_FromLong(has);
}

/* Keys, values, or pairs of both, as a list. */
static PyObject *map_all(PyObject *self, bool keys, bool values)
{
	struct object *object;
	struct weir_context *context = at_hand(self, &object);
	PyObject *list = context != NULL ? PyList_New(0) : NULL, *item;
	const void *key;
	uint32_t at = 0;
	void *value;

	while (list != NULL && weir_map_next(context, object->index, &at, &key, &value)) {
		PyObject *a = keys ? pw_layout_get(&object->state->key, key) : NULL;
		PyObject *b = values ? pw_layout_get(&object->state->value, value) : NULL;

		if (keys && values)
			item = a != NULL && b != NULL ? PyTuple_Pack(2, a, b) : NULL;
		else
			item = Py_XNewRef(keys ? a : b);
		Py_XDECREF(a);
		Py_XDECREF(b);
		if (item == NULL || PyList_Append(list, item) != 0)
			Py_CLEAR(list);
		Py_XDECREF(item);
	}
	return list;
}

static PyObject *map_keys(PyObject *self, PyObject *unused)
{
	return map_all(self, true, false);
}

static PyObject *map_values(PyObject *self, PyObject *unused)
{
	return map_all(self, false, true);
}

static PyObject *map_items(PyObject *self, PyObject *unused)
{
	return map_all(self, true, true);
}

static PyObject *map_empty(PyObject *self, PyObject *unused)
{
	Py_ssize_t count = length(self);

	return count < 0 ? NULL : PyBool_FromLong(count == 0);
}

static PyObject *map_iterate(PyObject *self)
{
	PyObject *list = map_all(self, true, false), *iterator;

	if (list == NULL)
		return NULL;
	iterator = PyObject_GetIter(list);
	Py_DECREF(list);
	return iterator;
}

static PyMethodDef map_methods[] = {
    {"get", map_get, METH_VARARGS, "get(key, default=None): the value of a key."},
    {"put", map_put, METH_VARARGS, "put(key, value)."},
    {"remove", map_remove, METH_O, "The entry of a key goes; whether there was one."},
    {"contains", map_contains, METH_O, "Whether there is an entry of a key."},
    {"keys", map_keys, METH_NOARGS, "All keys, in the order of their making."},
    {"values", map_values, METH_NOARGS, "All values."},
    {"items", map_items, METH_NOARGS, "All pairs of a key and a value."},
    {"is_empty", map_empty, METH_NOARGS, "Whether there is no entry."},
    {"clear", clear, METH_NOARGS, "All entries go."},
    {NULL, NULL, 0, NULL},
};

/* --- types */

static PyType_Slot value_slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, value_methods},
    {0, NULL},
};
static PyType_Slot list_slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, list_methods},
    {Py_sq_length, length},
    {Py_tp_iter, list_iterate},
    {0, NULL},
};
static PyType_Slot map_slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, map_methods},
    {Py_mp_length, length},
    {Py_mp_subscript, map_item},
    {Py_mp_ass_subscript, map_set_item},
    {Py_sq_contains, map_has},
    {Py_tp_iter, map_iterate},
    {0, NULL},
};

#define FLAGS (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION)
static PyType_Spec specs[] = {
    {"weir._native.Value", sizeof(struct object), 0, FLAGS, value_slots},
    {"weir._native.List", sizeof(struct object), 0, FLAGS, list_slots},
    {"weir._native.Map", sizeof(struct object), 0, FLAGS, map_slots},
};
static PyObject *types[3]; /* made of specs, in the interpreter's one module */

bool pw_state_types(PyObject *module)
{
	static const char *const names[] = {"Value", "List", "Map"};

	for (int i = 0; i < 3; i++) {
		types[i] = PyType_FromSpec(&specs[i]);
		if (types[i] == NULL || PyModule_AddObjectRef(module, names[i], types[i]) != 0)
			return false;
	}
	return true;
}

PyObject *pw_state_object(const struct pw_state *state, uint32_t index, struct pw_place *place,
			  PyObject *owner)
{
	PyTypeObject *type = (PyTypeObject *)types[state->kind == WEIR_LIST  ? 1
						   : state->kind == WEIR_MAP ? 2
									     : 0];
	struct object *object =
	    (struct object *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);

	if (object == NULL)
		return NULL;
	object->state = state;
	object->index = index;
	object->place = pw_place_ref(place);
	object->owner = Py_NewRef(owner);
	return (PyObject *)object;
}
