/* SPDX-License-Identifier: Apache-2.0
 *
 * diagnostic - shows an error in the script: place, message, the line with a mark under it, the
 * next action.
 *
 *   orders.sql:3:15: error: expected FROM, found "FORM"
 *     SELECT amount FORM orders
 *                   ^^^^
 *   hint: did you mean FROM?
 *
 * The mark is aligned on terminals: tabs stay tabs, wide characters (CJK, emoji) count two columns,
 * combining characters none. Long lines are cut around the place. Control characters are shown as
 * spaces.
 */
#ifndef WR_SQL_DIAGNOSTIC_H
#define WR_SQL_DIAGNOSTIC_H

#include "base/status.h"
#include "base/text.h"

/* Appends the status to `out`. `file` names the script in the message; NULL: no name. `text` is the
 * script as the user wrote it, which the status' place refers to. A status without a place is shown
 * as "file: error: ..." only. */
void wr_sql_render_error(const char *file, struct wr_str text, const wr_status *status,
			 struct wr_text *out);

#endif
