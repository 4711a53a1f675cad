/* SPDX-License-Identifier: Apache-2.0
 *
 * api_error - errors of the C API that are about a script: the report shows the place in it.
 */
#ifndef WR_ENGINE_API_ERROR_H
#define WR_ENGINE_API_ERROR_H

#include "data/error.h"

/* As wr_error_give (data/error.h), for a status whose place is in `script`. */
enum weir_code wr_api_fail(struct weir_error **error, enum weir_code code, struct wr_str script,
			   wr_status *status_moved);

#endif
