/* SPDX-License-Identifier: Apache-2.0
 *
 * value - values of rows as Python objects, and back.
 *
 * What a type is in Python, weir/_types.py says: it makes of its text a tuple, which becomes a
 * pw_shape here. A row is a named tuple.
 *
 * Thread: any that holds the GIL. All functions that return NULL or false have set an exception.
 */
#ifndef PW_VALUE_H
#define PW_VALUE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <weir/weir.h>

#include <stdbool.h>

struct pw_shape {
	char letter;             /* see _types.py */
	Py_ssize_t count;        /* of child */
	struct pw_shape **child; /* owned */
	PyObject *row_class;     /* R: of its values; owned */
	PyObject *names;         /* R: tuple of the fields' names; owned */
};

/* Imports what conversions need, and the pure part of the package. false: failed. */
bool pw_value_init(void);

/* Of a tuple that _types.py made. */
struct pw_shape *pw_shape_new(PyObject *tuple);
/* Of the rows of a result. */
struct pw_shape *pw_shape_of_result(const struct weir_result *result);
void pw_shape_free(struct pw_shape *shape); /* NULL is allowed */

/* A column of a row. */
PyObject *pw_get(const struct weir_row *row, uint32_t column, const struct pw_shape *shape);
/* All columns as an instance of shape->row_class; `plain`: as a tuple. */
PyObject *pw_get_row(const struct weir_row *row, const struct pw_shape *shape, bool plain);
/* Appends a value of a column. */
bool pw_append(struct weir_appender *out, PyObject *value, const struct pw_shape *shape);
/* Appends the columns of a row, without weir_append_end: of a tuple, list, dict by names, or, where
 * there is one column, the value itself. */
bool pw_append_columns(struct weir_appender *out, PyObject *row, const struct pw_shape *shape);
/* Appends a row. */
bool pw_append_row(struct weir_appender *out, PyObject *row, const struct pw_shape *shape);

/* A DECIMAL of its text. */
PyObject *pw_decimal(const char *text);
/* A tuple (moved) as an instance of shape->row_class. */
PyObject *pw_named(const struct pw_shape *shape, PyObject *tuple);
/* A list of pairs (moved) as a dict, or itself where keys have no hash. */
PyObject *pw_dict(PyObject *pairs);

/* From and to the numbers that stand for them. */
PyObject *pw_date(int64_t days);
PyObject *pw_time(int64_t ms);
PyObject *pw_timestamp(int64_t ms, int32_t nanos, bool utc);
PyObject *pw_timedelta(int64_t ms);
bool pw_from_date(PyObject *value, int64_t *days);
bool pw_from_time(PyObject *value, int64_t *ms);
bool pw_from_timestamp(PyObject *value, int64_t *ms, int32_t *nanos);
bool pw_from_timedelta(PyObject *value, int64_t *ms);

/* An attribute or function of a module: pw_import("weir._types", "shape_of"). */
PyObject *pw_import(const char *module, const char *name);

#endif
