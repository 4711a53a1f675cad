/* SPDX-License-Identifier: Apache-2.0
 *
 * gil - threads of the engine in the interpreter; see gil.h.
 *
 * Invariant: the thread's value of `key` is Python's state of it exactly while pw_enter has left
 * one more PyGILState_Ensure than there were releases on a thread that the engine made.
 */
#include "native/gil.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "native/value.h"

static pthread_key_t key; /* of engine threads that Python knows */
static bool key_made;     /* written while the GIL is held */

/* The thread ends: what Python knows of it goes. Python's own note of it may be gone by now, so it
 * is taken by its pointer. */
static void forget(void *known)
{
	PyThreadState *thread = known;

	if (!Py_IsInitialized())
		return;
	PyEval_RestoreThread(thread);
	PyThreadState_Clear(thread);
	PyEval_SaveThread();
	PyThreadState_Delete(thread);
}

bool pw_gil_init(void)
{
	if (!key_made)
		key_made = pthread_key_create(&key, forget) == 0;
	return key_made;
}

PyGILState_STATE pw_enter(void)
{
	if (PyGILState_GetThisThreadState() == NULL) {
		PyGILState_Ensure(); /* kept until `forget` */
		pthread_setspecific(key, PyEval_SaveThread());
	}
	return PyGILState_Ensure();
}

void pw_leave(PyGILState_STATE state)
{
	PyGILState_Release(state);
}

void pw_take_error(char *text, size_t size)
{
	PyObject *type, *value, *trace, *describe, *line = NULL;
	const char *bytes = NULL;

	PyErr_Fetch(&type, &value, &trace);
	if (type == NULL) {
		snprintf(text, size, "a function of Python failed without an exception");
		return;
	}
	PyErr_NormalizeException(&type, &value, &trace);
	describe = pw_import("weir._describe", "describe");
	if (describe != NULL)
		line = PyObject_CallFunctionObjArgs(describe, value,
						    trace != NULL ? trace : Py_None, NULL);
	if (line != NULL)
		bytes = PyUnicode_AsUTF8AndSize(line, NULL);
	snprintf(text, size, "%s", bytes != NULL ? bytes : "an exception that cannot be shown");
	PyErr_Clear();
	Py_XDECREF(line);
	Py_XDECREF(describe);
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(trace);
}
