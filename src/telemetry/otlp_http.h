/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp_http - one POST after the other, with what the options say of it.
 *
 * Thread: one at a time; hurry any.
 */
#ifndef WR_TELEMETRY_OTLP_HTTP_H
#define WR_TELEMETRY_OTLP_HTTP_H

#include "base/option.h"

struct wr_otlp_http;

struct wr_otlp_answer {
	uint32_t code;       /* of HTTP; 0: there was none */
	int64_t retry_after; /* seconds that the answer asks for; 0: it does not */
	struct wr_text body; /* the answer; why, where there is none. Owned */
};

/* What the options say: headers, with the protocol's Content-Type, certificate, timeout,
 * compression. */
wr_status *wr_otlp_http_new(const struct wr_options *options, struct wr_otlp_http **out);
void wr_otlp_http_free(struct wr_otlp_http *http); /* NULL allowed */
void wr_otlp_http_post(struct wr_otlp_http *http, const char *url, const struct wr_text *body,
		       struct wr_otlp_answer *answer);
/* The request under way, and all that follow, have until then (monotonic). */
void wr_otlp_http_hurry(struct wr_otlp_http *http, int64_t deadline_us);

#endif
