/* SPDX-License-Identifier: Apache-2.0
 *
 * error_json - see error_json.h.
 */
#include "server/error_json.h"

#include "data/error.h"

static const char *name_of(const struct weir_error *error)
{
	switch (weir_error_code(error)) {
	case WEIR_ERROR_JOB: return "job_failed";
	case WEIR_CANCELLED: return "cancelled";
	default: return "invalid_request";
	}
}

void wr_error_json(struct wr_text *out, const struct weir_error *error)
{
	wr_http_problem(out, name_of(error), error->status);
}

/* The class of the status says whose fault it is. */
void wr_http_fail_error(struct wr_http_reply *reply, struct weir_error *error, bool forbidden)
{
	wr_status *status = wr_status_copy(error->status);

	if (forbidden)
		wr_http_error_of(reply, 403, "forbidden", status);
	else if (weir_error_code(error) == WEIR_ERROR_JOB ||
		 weir_error_code(error) == WEIR_CANCELLED)
		wr_http_error_of(reply, 409, name_of(error), status);
	else if (status->class == WR_RETRY)
		wr_http_error_of(reply, 409, "conflict", status);
	else
		wr_http_fail(reply, status);
	weir_error_free(error);
}
