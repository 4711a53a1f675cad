/* SPDX-License-Identifier: Apache-2.0
 *
 * language - LANGUAGE PYTHON; see language.h. weir/udf.py finds the function.
 */
#include "native/language.h"

#include <stdio.h>

#include "native/function.h"
#include "native/gil.h"

static PyObject *find(const char *symbol, const char *const *files, uint32_t file_count)
{
	PyObject *find = pw_import("weir.udf", "find"), *list = PyList_New(0), *found = NULL;
	bool good = find != NULL && list != NULL;

	for (uint32_t i = 0; good && i < file_count; i++) {
		PyObject *file = PyUnicode_DecodeFSDefault(files[i]);

		good = file != NULL && PyList_Append(list, file) == 0;
		Py_XDECREF(file);
	}
	if (good)
		found = PyObject_CallFunction(find, "sO", symbol, list);
	Py_XDECREF(list);
	Py_XDECREF(find);
	return found;
}

static int load(void *user, const char *symbol, const char *const *files, uint32_t file_count,
		struct weir_function *function, char *error, size_t error_size)
{
	struct pw_function *made = NULL;
	PyGILState_STATE state;
	PyObject *spec;
	int code = -1;

	if (!pw_begin(error, error_size))
		return -1;
	state = pw_enter();
	spec = pw_value_init() && pw_gil_init() ? find(symbol, files, file_count) : NULL;
	if (spec != NULL)
		made = PyMem_Calloc(1, sizeof *made);
	if (made != NULL && pw_function_init(made, spec)) {
		*function = made->given;
		code = 0;
	} else {
		pw_take_error(error, error_size);
		if (made != NULL)
			pw_function_release(made);
		PyMem_Free(made);
	}
	Py_XDECREF(spec);
	pw_leave(state);
	return code;
}

static void release(void *user, struct weir_function *function)
{
	struct pw_function *made = function->user;
	PyGILState_STATE state = pw_enter();

	pw_function_release(made);
	PyMem_Free(made);
	pw_leave(state);
}

const struct weir_language weir_language = {
    .size = sizeof weir_language,
    .name = "PYTHON",
    .load = load,
    .release = release,
};
