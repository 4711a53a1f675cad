/* SPDX-License-Identifier: Apache-2.0
 *
 * http_gzip - answers that are packed for clients that take it (RFC 9110, Accept-Encoding).
 *
 * Only figures are: rows may stand beside what a client has sent, and the length of what is packed
 * together tells of both.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/deflate.h"
#include "server/http.h"

#define PACK_MIN 4096u      /* bytes: less is not worth a header */
#define PACK_MAX (1u << 30) /* bytes */

/* Whether an element "gzip;q=0.5" allows the coding. */
static bool has_weight(const char *element, size_t len)
{
	const char *weight = memchr(element, ';', len);

	if (weight == NULL)
		return true;
	weight++;
	while (isspace((unsigned char)*weight))
		weight++;
	return strncasecmp(weight, "q=", 2) != 0 || strtod(weight + 2, NULL) > 0;
}

/* The coding by its name, else by "*". */
static bool takes_gzip(const char *accepted)
{
	bool any = false;

	while (*accepted != '\0') {
		size_t len, name;

		accepted += strspn(accepted, ", \t");
		len = strcspn(accepted, ",");
		name = strcspn(accepted, ",; \t");
		if (name == 4 && strncasecmp(accepted, "gzip", name) == 0)
			return has_weight(accepted, len);
		any = any || (name == 1 && *accepted == '*' && has_weight(accepted, len));
		accepted += len;
	}
	return any;
}

void wr_http_gzip(const struct wr_http_request *request, struct wr_http_reply *reply)
{
	const char *accepted = wr_http_header(request, "Accept-Encoding");
	struct wr_text packed;

	if (accepted == NULL || !takes_gzip(accepted) || reply->body.len < PACK_MIN ||
	    reply->body.len > PACK_MAX)
		return;
	wr_text_init(&packed);
	if (!wr_deflate((struct wr_str){reply->body.data, reply->body.len}, WR_DEFLATE_GZIP,
			WR_DEFLATE_FAST, &packed)) {
		wr_text_release(&packed);
		return; /* it goes out as it is */
	}
	wr_text_release(&reply->body);
	reply->body = packed;
	reply->encoding = "gzip";
}
