/* SPDX-License-Identifier: Apache-2.0
 *
 * process - process functions of Python as struct weir_process.
 */
#ifndef PW_PROCESS_H
#define PW_PROCESS_H

#include "native/context.h"

/* Of a weir.process.Spec, as a capsule that keeps it. */
PyObject *pw_process_new(PyObject *spec);
/* The address of its struct weir_process. */
PyObject *pw_process_pointer(PyObject *capsule);

#endif
