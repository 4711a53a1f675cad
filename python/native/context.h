/* SPDX-License-Identifier: Apache-2.0
 *
 * context - what callbacks of Python with state work with: time, key, timers, outputs.
 */
#ifndef PW_CONTEXT_H
#define PW_CONTEXT_H

#include "native/state.h"

bool pw_context_type(PyObject *module);
/* An object for an instance; side_names: tuple of str. */
PyObject *pw_context_object(struct pw_place *place, PyObject *side_names);
/* Appends what a callback returned to the main output: None: nothing; a tuple or dict: a row;
 * else what can be iterated over: rows. */
bool pw_context_emit(PyObject *object, PyObject *rows);

#endif
