/* SPDX-License-Identifier: Apache-2.0
 *
 * gil - threads of the engine in the interpreter.
 *
 * A callback holds the interpreter's lock from pw_enter to pw_leave. What Python knows of a thread
 * is made once and kept until the thread ends: making it for each call would cost more than most
 * calls.
 */
#ifndef PW_GIL_H
#define PW_GIL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

bool pw_gil_init(void); /* false: no memory */
PyGILState_STATE pw_enter(void);
void pw_leave(PyGILState_STATE state);
/* The exception that is set, as one line, and clears it: "ValueError: too small (fraud.py, line
 * 12)". */
void pw_take_error(char *text, size_t size);

#endif
