/* SPDX-License-Identifier: Apache-2.0
 *
 * rows - callables of Python as functions by row, windows, sources and sinks of a flow.
 *
 * What the engine calls gets one of these as its `user`; shapes are of the schemas that it has been
 * called with, which are the same on all workers.
 */
#ifndef PW_ROWS_H
#define PW_ROWS_H

#include "native/value.h"

/* A callable as a capsule. */
PyObject *pw_rows_new(PyObject *callable);
/* Its address, for `user`. */
PyObject *pw_rows_pointer(PyObject *capsule);
/* The first exception of the callable, or None. */
PyObject *pw_rows_raised(PyObject *capsule);
/* A dict of the addresses of the callbacks: map, flat_map, filter, window, join, write,
 * write_kinds, source_open, source_read, source_close. */
PyObject *pw_rows_callbacks(void);

#endif
