/* SPDX-License-Identifier: Apache-2.0
 *
 * function - functions of Python as the struct weir_function that the engine calls.
 *
 * What a function is, weir/udf.py says: the `spec` here is its class Function.
 */
#ifndef PW_FUNCTION_H
#define PW_FUNCTION_H

#include "native/value.h"

struct pw_function {
	struct weir_function given; /* its `user` is this struct */
	PyObject *spec;             /* owned */
	PyObject *arguments;        /* str or None: keeps given.arguments; owned */
	PyObject *result;           /* str: keeps given.result; owned */
	PyObject *load, *dump;      /* AGGREGATE: accumulators from and to bytes; owned */
	bool vectorized;            /* SCALAR: the function takes columns */
	long count_min, count_max;  /* of arguments, where their types are not told; max -1: any */
};

/* Fills it from a spec; false with an exception set: something of the spec is missing. */
bool pw_function_init(struct pw_function *function, PyObject *spec);
void pw_function_release(struct pw_function *function); /* zeroed is allowed */

/* Result of a vectorised function into the engine's vector (vector.c). */
bool pw_call_vector(PyObject *callable, const char *result, const struct weir_batch *args,
		    struct weir_vector *out);

#endif
