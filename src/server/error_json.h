/* SPDX-License-Identifier: Apache-2.0
 *
 * error_json - errors of the engine's calls in answers over HTTP.
 *
 * Thread: any.
 */
#ifndef WR_SERVER_ERROR_JSON_H
#define WR_SERVER_ERROR_JSON_H

#include "server/http.h"
#include "weir/weir.h"

/* As wr_http_problem. */
void wr_error_json(struct wr_text *out, const struct weir_error *error);
/* Makes the reply that error, which is freed; `forbidden`: the user's role is why. */
void wr_http_fail_error(struct wr_http_reply *reply, struct weir_error *error_moved,
			bool forbidden);

#endif
