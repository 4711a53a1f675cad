/* SPDX-License-Identifier: Apache-2.0
 *
 * layout - values of state: structs as C lays them out, from and to objects of Python.
 *
 * A letter for each member:
 *
 *     ? bool   1 2 4 8 integers of so many bytes   f float   e double   D days   T ms of the day
 *     P L ms since 1970, without and with time zone   s text   y bytes
 *
 * A value of several members is a named tuple; one that is `pickled` is a single member of bytes,
 * which holds any object.
 */
#ifndef PW_LAYOUT_H
#define PW_LAYOUT_H

#include "native/value.h"

struct pw_member {
	char letter;
	uint32_t offset; /* in the struct */
};

struct pw_layout {
	Py_ssize_t count;         /* of members; 0: not there */
	struct pw_member *member; /* owned */
	uint32_t size;            /* of the struct */
	bool pickled;
	PyObject *row_class; /* NULL: a value is the one member; owned */
	PyObject *names;     /* of the members, where there is a row_class; owned */
};

/* Of letters, a row class or None, the members' names, and whether it is pickled. */
bool pw_layout_init(struct pw_layout *layout, const char *letters, PyObject *row_class,
		    PyObject *names, bool pickled);
void pw_layout_release(struct pw_layout *layout); /* zeroed is allowed */
/* The struct as an object. */
PyObject *pw_layout_get(const struct pw_layout *layout, const void *data);
/* Fills a zeroed struct; its bytes are those of the object and of *held, which the
 * caller releases in any case when the struct is not needed any more. */
bool pw_layout_put(const struct pw_layout *layout, PyObject *value, void *data, PyObject **held);
/* Takes a filled struct over into one of the engine's. */
void pw_layout_store(const struct pw_layout *layout, struct weir_context *context, uint32_t state,
		     const void *data, void *into);

#endif
