/* SPDX-License-Identifier: Apache-2.0
 *
 * value_time - dates, times and instants: numbers of days and milliseconds in the engine, objects
 * of `datetime` in Python.
 *
 * Python's years go from 1 to 9999 and its microseconds are six digits: what lies outside raises
 * OverflowError, nanoseconds are cut. A datetime with a time zone is the instant in UTC; without,
 * it is taken as it stands.
 */
#include "native/value_time.h"

#define DAY_MS 86400000
/* date.toordinal() of 1970-01-01. */
#define EPOCH_ORDINAL 719163

/* What is needed of the interpreter's one `datetime` module. */
static struct {
	PyObject *date, *time, *datetime, *timedelta, *utc;
} types;

bool pw_time_init(void)
{
	PyObject *timezone;

	if (types.utc != NULL)
		return true;
	types.date = pw_import("datetime", "date");
	types.time = pw_import("datetime", "time");
	types.datetime = pw_import("datetime", "datetime");
	types.timedelta = pw_import("datetime", "timedelta");
	timezone = pw_import("datetime", "timezone");
	if (timezone == NULL)
		return false;
	types.utc = PyObject_GetAttrString(timezone, "utc");
	Py_DECREF(timezone);
	return types.date != NULL && types.time != NULL && types.datetime != NULL &&
	       types.timedelta != NULL && types.utc != NULL;
}

/* Floor of a / b, and what is left. */
static int64_t divide(int64_t a, int64_t b, int64_t *rest)
{
	int64_t q = a / b;

	*rest = a % b;
	if (*rest < 0) {
		*rest += b;
		q--;
	}
	return q;
}

/* Year, month and day of a number of days since 1970, by eras of 400 years that begin in March. */
static void civil(int64_t days, int *year, int *month, int *day)
{
	int64_t of_era, era = divide(days + 719468, 146097, &of_era);
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
	*month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

/* Whether Python has such a day; raises otherwise. */
static bool in_range(int64_t days)
{
	if (days >= 1 - EPOCH_ORDINAL && days <= 2932896)
		return true;
	PyErr_SetString(PyExc_OverflowError,
			"the year is outside of Python's 1..9999; read it as text or by Arrow");
	return false;
}

PyObject *pw_date(int64_t days)
{
	int year, month, day;

	if (!in_range(days))
		return NULL;
	civil(days, &year, &month, &day);
	return PyObject_CallFunction(types.date, "iii", year, month, day);
}

PyObject *pw_time(int64_t ms)
{
	return PyObject_CallFunction(types.time, "iiii", (int)(ms / 3600000),
				     (int)(ms / 60000 % 60), (int)(ms / 1000 % 60),
				     (int)(ms % 1000 * 1000));
}

PyObject *pw_timestamp(int64_t ms, int32_t nanos, bool utc)
{
	int64_t of_day, days = divide(ms, DAY_MS, &of_day);
	int year, month, day;

	if (!in_range(days))
		return NULL;
	civil(days, &year, &month, &day);
	if (utc)
		return PyObject_CallFunction(types.datetime, "iiiiiiiO", year, month, day,
					     (int)(of_day / 3600000), (int)(of_day / 60000 % 60),
					     (int)(of_day / 1000 % 60),
					     (int)(of_day % 1000 * 1000) + nanos / 1000, types.utc);
	return PyObject_CallFunction(types.datetime, "iiiiiii", year, month, day,
				     (int)(of_day / 3600000), (int)(of_day / 60000 % 60),
				     (int)(of_day / 1000 % 60),
				     (int)(of_day % 1000 * 1000) + nanos / 1000);
}

PyObject *pw_timedelta(int64_t ms)
{
	int64_t of_day, days = divide(ms, DAY_MS, &of_day);

	return PyObject_CallFunction(types.timedelta, "LLL", (long long)days,
				     (long long)(of_day / 1000), (long long)(of_day % 1000 * 1000));
}

enum pw_time_kind pw_time_kind(PyObject *value)
{
	if (PyObject_IsInstance(value, types.datetime) == 1)
		return PW_DATETIME;
	if (PyObject_IsInstance(value, types.date) == 1)
		return PW_DATE;
	if (PyObject_IsInstance(value, types.time) == 1)
		return PW_TIME;
	if (PyObject_IsInstance(value, types.timedelta) == 1)
		return PW_TIMEDELTA;
	return PW_NO_TIME;
}

bool pw_is_missing(PyObject *value)
{
	PyObject *type = (PyObject *)Py_TYPE(value), *name;
	bool missing;

	if (type == types.datetime || type == types.date || type == types.time)
		return false;
	name = PyType_GetName(Py_TYPE(value));
	missing = name != NULL && (PyUnicode_CompareWithASCIIString(name, "NaTType") == 0 ||
				   PyUnicode_CompareWithASCIIString(name, "NAType") == 0);
	Py_XDECREF(name);
	return missing;
}

/* An attribute that is an integer. */
static bool attribute(PyObject *value, const char *name, int64_t *out)
{
	PyObject *found = PyObject_GetAttrString(value, name);

	if (found == NULL)
		return false;
	*out = PyLong_AsLongLong(found);
	Py_DECREF(found);
	return *out != -1 || PyErr_Occurred() == NULL;
}

bool pw_from_date(PyObject *value, int64_t *days)
{
	PyObject *ordinal = PyObject_CallMethod(value, "toordinal", NULL);

	if (ordinal == NULL)
		return false;
	*days = PyLong_AsLongLong(ordinal) - EPOCH_ORDINAL;
	Py_DECREF(ordinal);
	return PyErr_Occurred() == NULL;
}

/* The microseconds of the day of a time or datetime. */
static bool of_day(PyObject *value, int64_t *us)
{
	int64_t hour, minute, second, micro;

	if (!attribute(value, "hour", &hour) || !attribute(value, "minute", &minute) ||
	    !attribute(value, "second", &second) || !attribute(value, "microsecond", &micro))
		return false;
	*us = ((hour * 60 + minute) * 60 + second) * 1000000 + micro;
	return true;
}

bool pw_from_time(PyObject *value, int64_t *ms)
{
	int64_t us;

	if (!of_day(value, &us))
		return false;
	*ms = us / 1000;
	return true;
}

/* The nanoseconds behind the microseconds, which a Timestamp of pandas has. */
static bool below_micro(PyObject *value, int64_t *nanos)
{
	if ((PyObject *)Py_TYPE(value) == types.datetime ||
	    PyObject_HasAttrString(value, "nanosecond") == 0)
		return true;
	return attribute(value, "nanosecond", nanos);
}

bool pw_from_timestamp(PyObject *value, int64_t *ms, int32_t *nanos)
{
	PyObject *zone = PyObject_GetAttrString(value, "tzinfo"), *moved;
	int64_t days, us = 0, rest, below = 0;
	bool good;

	if (zone == NULL)
		return false;
	moved = zone == Py_None ? Py_NewRef(value)
				: PyObject_CallMethod(value, "astimezone", "O", types.utc);
	Py_DECREF(zone);
	if (moved == NULL)
		return false;
	good = pw_from_date(moved, &days) && of_day(moved, &us) && below_micro(value, &below);
	Py_DECREF(moved);
	if (!good)
		return false;
	us = divide(us, 1000, &rest);
	*ms = days * DAY_MS + us;
	*nanos = (int32_t)(rest * 1000 + below);
	return true;
}

bool pw_from_timedelta(PyObject *value, int64_t *ms)
{
	int64_t days, seconds, micro, rest;

	if (!attribute(value, "days", &days) || !attribute(value, "seconds", &seconds) ||
	    !attribute(value, "microseconds", &micro))
		return false;
	*ms = days * DAY_MS + seconds * 1000 + divide(micro, 1000, &rest);
	return true;
}
