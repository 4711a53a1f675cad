/* SPDX-License-Identifier: Apache-2.0
 *
 * http_client - requests over HTTP, by libcurl, which is loaded on first use (module.h).
 *
 *     new -> (call -> answer)* -> free
 *
 * A client has logins, certificates and times; it keeps its connections from call to call. Tries
 * are the caller's business: a call is made once. Redirections are not followed, since a login
 * would go with them.
 *
 * Thread: one owner. `new` may be called by several at once.
 */
#ifndef WR_BASE_HTTP_CLIENT_H
#define WR_BASE_HTTP_CLIENT_H

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

/* Texts are not copied: they stay as long as the client. NULL and 0: none, where nothing else is
 * said. */
struct wr_http_client_options {
	const char *what;          /* who needs it, for messages: "A schema registry"; never NULL */
	const char *const *header; /* sent with each request: "Accept: application/json" */
	uint32_t header_count;     /* of header */
	const char *user_info;     /* "name:password", for HTTP Basic */
	const char *token;         /* Authorization: Bearer; `user_info` wins */
	const char *trust;         /* PEM file of authorities; NULL: those of the system */
	const char *own;           /* certificate and key: a PEM file, or PKCS 12 (.p12, .pfx) */
	const char *own_password;  /* of `own` */
	bool insecure;             /* whoever answers is believed */
	int64_t connect_ms;        /* longest time of a connection; 0: libcurl's */
	int64_t call_ms;           /* longest time of a call; 0: as long as it takes */
	size_t answer_max;         /* bytes of an answer, beyond which a call fails */
};

struct wr_http_client;

/* An error when there is no libcurl: it names `what` and the package. */
wr_status *wr_http_client_new(const struct wr_http_client_options *options,
			      struct wr_http_client **out);
void wr_http_client_free(struct wr_http_client *client); /* NULL is allowed */

struct wr_http_call {
	const char *method; /* "GET", "POST" ...; a body goes with all but GET */
	const char *url;    /* http:// or https:// */
	struct wr_str body; /* data NULL: none */
	const char *type;   /* its Content-Type; NULL: as the client's headers say */
	/* It must not be executed twice: a new connection is made for it. On one that was kept, and
	 * that the server closes meanwhile, libcurl would send it again. */
	bool once;
	/* MAY: called about every WR_HTTP_CLIENT_LOOK_MS until the answer is there; false: the call
	 * is given up. */
	bool (*wait)(void *own);
	void *own;
};
#define WR_HTTP_CLIENT_LOOK_MS 25

/* Makes it. The code of HTTP, and the answer's body in `answer` (the caller's, cleared before); 0:
 * there was no answer, wr_http_client_error says why. */
uint32_t wr_http_client_call(struct wr_http_client *client, const struct wr_http_call *call,
			     struct wr_text *answer);
/* Why the last call had no answer; until the next one. */
const char *wr_http_client_error(const struct wr_http_client *client);
/* Seconds after which the last answer asks to be called again (Retry-After); 0: it does not. */
int64_t wr_http_client_retry_after(const struct wr_http_client *client);
/* The last call had no answer because nobody could be reached: it can be made again whatever it
 * was.
 */
bool wr_http_client_unsent(const struct wr_http_client *client);
/* Appends `text` with what a path or query must not contain as %xx. */
void wr_http_escape(struct wr_text *out, const char *text);

#endif
