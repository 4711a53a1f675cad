/* SPDX-License-Identifier: Apache-2.0
 *
 * embed - the module weir-python, libweir-python.so: an interpreter for LANGUAGE PYTHON in programs
 * that are not Python.
 *
 * CPython has one interpreter for the process, with state of its own: the first function that is
 * asked for makes it, without signal handlers, and it stays until the process ends. In a process
 * that is Python already the one that runs is used: the stable ABI is all that this module needs,
 * so its version does not matter.
 *
 * Python's path begins with the folder `python` beside this library, which has the part of the
 * package `weir` that functions need.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "native/gil.h"
#include "native/language.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char mistake[200]; /* why there is no interpreter; "": there is; written once */

/* Extension modules look for Python's functions among those that are visible to all. */
static void make_visible(void)
{
	Dl_info info;

	if (dladdr((void *)(uintptr_t)Py_IsInitialized, &info) != 0)
		dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

/* Puts the folder of our part of the package to the front. */
static bool set_path(void)
{
	static const char here;
	char folder[4096];
	const char *slash;
	PyObject *path, *text;
	Dl_info info;
	bool good;

	if (dladdr(&here, &info) == 0 || (slash = strrchr(info.dli_fname, '/')) == NULL)
		return false;
	snprintf(folder, sizeof folder, "%.*s/python", (int)(slash - info.dli_fname),
		 info.dli_fname);
	path = PySys_GetObject("path");
	text = PyUnicode_DecodeFSDefault(folder);
	good = path != NULL && text != NULL && PyList_Insert(path, 0, text) == 0;
	Py_XDECREF(text);
	return good;
}

static void begin(void)
{
	PyGILState_STATE state;
	bool running = Py_IsInitialized();
	PyObject *weir = NULL;

	if (!running) {
		make_visible();
		Py_InitializeEx(0);
	}
	state = PyGILState_Ensure();
	if (running)
		weir = PyImport_ImportModule("weir.udf"); /* that of the process, if it has one */
	PyErr_Clear();
	if (weir == NULL && !set_path())
		snprintf(mistake, sizeof mistake, "the folder of libweir-python.so is not known");
	Py_XDECREF(weir);
	PyGILState_Release(state);
	if (!running)
		PyEval_SaveThread();
}

bool pw_begin(char *error, size_t error_size)
{
	pthread_once(&once, begin);
	if (mistake[0] != '\0')
		snprintf(error, error_size, "%s", mistake);
	return mistake[0] == '\0';
}
