/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway_error - errors in the form of Flink's REST servers: {"errors":["...", "..."]}.
 *
 * Flink's clients show the last "Caused by:" of the second text, where Java would write its stack:
 * there stands our own sentence, with a line of a stack behind it, where they cut.
 */
#include "expr/json_doc.h"
#include "server/gateway.h"

/* Place, cause and next action in one text. */
static void put_cause(struct wr_text *out, const wr_status *status)
{
	if (status->pos.line > 0)
		wr_text_printf(out, "Line %u, column %u: ", status->pos.line, status->pos.column);
	wr_text_puts(out, status->text);
	if (status->hint != NULL)
		wr_text_printf(out, ". %s", status->hint);
}

void wr_gateway_fail(struct wr_http_reply *reply, bool job_failed, wr_status *status)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_text_puts(&text, "<Exception on server side:\n"
			    "org.apache.flink.table.gateway.api.utils.SqlGatewayException: The "
			    "statement or request failed.\nCaused by: org.apache.flink.table.api.");
	wr_text_puts(&text, job_failed ? "TableException: " : "ValidationException: ");
	put_cause(&text, status);
	wr_text_puts(&text, "\n\tat weir\n\nEnd of exception on server side>");
	reply->code = 500;
	wr_text_clear(&reply->body);
	wr_text_puts(&reply->body, "{\"errors\":[\"Internal server error.\",");
	wr_text_json(&reply->body, text.data);
	wr_text_puts(&reply->body, "]}");
	wr_text_release(&text);
	wr_status_free(status);
}

void wr_gateway_refused(struct wr_http_reply *reply)
{
	const char *const names[] = {"message", "hint"};
	struct wr_json_doc doc;
	struct wr_text text;

	wr_text_init(&text);
	wr_json_init(&doc);
	if (wr_json_parse(&doc, wr_text_str(&reply->body), reply->body.len)) {
		uint32_t error = wr_json_get(&doc, 0, wr_str_of("error"));

		for (int i = 0; i < 2 && error != UINT32_MAX; i++) {
			uint32_t at = wr_json_get(&doc, error, wr_str_of(names[i]));

			if (at == UINT32_MAX)
				continue;
			wr_text_puts(&text, i == 0 ? "" : ". ");
			wr_text_add(&text, doc.node[at].text, doc.node[at].len);
		}
	}
	wr_text_clear(&reply->body);
	wr_text_puts(&reply->body, "{\"errors\":[");
	wr_text_json(&reply->body, wr_text_str(&text));
	wr_text_puts(&reply->body, "]}");
	wr_json_release(&doc);
	wr_text_release(&text);
}
