/* SPDX-License-Identifier: Apache-2.0
 *
 * value_time - dates, times and instants; see value.h.
 */
#ifndef PW_VALUE_TIME_H
#define PW_VALUE_TIME_H

#include "native/value.h"

enum pw_time_kind { PW_NO_TIME, PW_DATE, PW_DATETIME, PW_TIME, PW_TIMEDELTA };

bool pw_time_init(void);
/* Which class of `datetime` a value is of. */
enum pw_time_kind pw_time_kind(PyObject *value);
/* Whether it is pandas' NaT, which is a datetime, or NA: there is no value. */
bool pw_is_missing(PyObject *value);

#endif
