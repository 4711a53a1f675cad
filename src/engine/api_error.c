/* SPDX-License-Identifier: Apache-2.0
 *
 * api_error - see api_error.h.
 */
#include "engine/api_error.h"

#include "sql/diagnostic.h"

enum weir_code wr_api_fail(struct weir_error **error, enum weir_code code, struct wr_str script,
			   wr_status *status_moved)
{
	struct wr_text report;

	wr_text_init(&report);
	if (error != NULL)
		wr_sql_render_error("sql", script, status_moved, &report);
	return wr_error_give(error, code, status_moved, &report);
}
