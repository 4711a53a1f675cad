/* SPDX-License-Identifier: Apache-2.0
 *
 * language - LANGUAGE PYTHON: functions of Python that a script names.
 */
#ifndef PW_LANGUAGE_H
#define PW_LANGUAGE_H

#include <weir/weir.h>

#include <stdbool.h>

/* The engine looks for this name in libweir-python.so. */
__attribute__((visibility("default"))) extern const struct weir_language weir_language;

/* Makes sure that there is an interpreter: of weir._native there is one; libweir-python.so makes it
 * (embed.c). false: why not, in `error`. */
bool pw_begin(char *error, size_t error_size);

#endif
