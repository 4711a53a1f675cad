/* SPDX-License-Identifier: Apache-2.0
 *
 * registry_http - requests to a schema registry, over libcurl: URLs in turn, logins, retries.
 *
 * Thread: one owner.
 */
#ifndef WR_FORMATS_REGISTRY_HTTP_H
#define WR_FORMATS_REGISTRY_HTTP_H

#include "base/option.h"
#include "base/text.h"

struct wr_registry_http;

wr_status *wr_registry_http_new(const struct wr_options *options, struct wr_registry_http **out);
void wr_registry_http_free(struct wr_registry_http *http); /* NULL allowed */

/* GET (body data NULL) or POST of `path` ("/subjects/..."), until an answer comes that is neither a
 * server's failure nor a request to come back later. *code: HTTP's. The answer's body is in
 * `answer` (the caller's). No answer from any URL: WR_RESTART, which says why. */
wr_status *wr_registry_http_call(struct wr_registry_http *http, const char *path,
				 struct wr_str body, long *code, struct wr_text *answer);
/* The URL that answered last, without a login: for messages. */
const char *wr_registry_http_url(const struct wr_registry_http *http);

#endif
