/* SPDX-License-Identifier: Apache-2.0
 *
 * error - a failure as weir.h shows it: a status with the class of the call's result and a report.
 *
 * Every part of the C API makes its errors here. A part that has a script at hand appends the
 * report with the place in it (engine/api_error.h); else the report is cause and hint.
 *
 * Thread: as a status, one owner.
 */
#ifndef WR_DATA_ERROR_H
#define WR_DATA_ERROR_H

#include "base/status.h"
#include "base/text.h"
#include "weir/weir.h"

struct weir_error {
	enum weir_code code;
	wr_status *status;     /* owned */
	struct wr_text report; /* as the command shows it */
};

/* Makes the error of a call, if the caller wants it, and takes the status over. `report` (moved):
 * how it is shown; NULL: cause and hint. Returns the code. */
enum weir_code wr_error_give(struct weir_error **error, enum weir_code code,
			     wr_status *status_moved, struct wr_text *report_moved);
/* A call that does not fit: WEIR_MISUSE. `format` is printf's. */
enum weir_code wr_error_misuse(struct weir_error **error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
