/* SPDX-License-Identifier: Apache-2.0
 *
 * state - the states of a process function as objects of Python.
 */
#ifndef PW_STATE_H
#define PW_STATE_H

#include "native/layout.h"

/* Where the callbacks of an instance are: shared by the instance and what it has given to Python,
 * which may outlive it. Changed with the GIL held. */
struct pw_place {
	struct weir_context *context; /* of the callback at work; NULL: none */
	const char *domain;           /* of the timer at hand; NULL: no timer */
	uint32_t refs;
};

struct pw_place *pw_place_new(void);
struct pw_place *pw_place_ref(struct pw_place *place);
void pw_place_unref(struct pw_place *place); /* NULL is allowed */
/* The context; NULL with an exception set outside of callbacks. */
struct weir_context *pw_place_context(const struct pw_place *place);

/* What is declared of a state. */
struct pw_state {
	const char *name;
	enum weir_state_kind kind;
	struct pw_layout value;
	struct pw_layout key; /* MAP */
};

/* Adds the types of states to the module. */
bool pw_state_types(PyObject *module);
/* State number `index` as an object; `owner` keeps `state` alive. */
PyObject *pw_state_object(const struct pw_state *state, uint32_t index, struct pw_place *place,
			  PyObject *owner);

#endif
