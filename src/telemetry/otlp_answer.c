/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp_answer - see otlp_answer.h.
 *
 *     ExportTraceServiceResponse    1 partial_success {1 rejected_spans, varint; 2 error_message}
 *     ExportMetricsServiceResponse  1 partial_success {1 rejected_data_points; 2 error_message}
 *     google.rpc.Status             1 code, varint; 2 message; 3 details
 */
#include "telemetry/otlp_answer.h"

#include "base/varint.h"
#include "expr/json_doc.h"

/* Tags: the field's number, and how it is written. */
#define TAG_PARTIAL 0x0a
#define TAG_NUMBER  0x08
#define TAG_TEXT    0x12
#define TAG_DETAILS 0x1a

/* A number and a text: what both messages have that are read here. */
struct pair {
	uint64_t number;    /* 0 when it is not there */
	struct wr_str text; /* a view; data NULL: it is not there */
};

static const char *read_piece(const char *at, const char *end, struct wr_str *piece)
{
	uint64_t len;

	at = wr_varint_get(at, end, &len);
	if (at == NULL || len > (uint64_t)(end - at))
		return NULL;
	*piece = (struct wr_str){at, (size_t)len};
	return at + len;
}

/* false: it is no such message. */
static bool read_pair(struct wr_str message, struct pair *pair)
{
	const char *at = message.data, *end = at + message.len;
	struct wr_str details;

	*pair = (struct pair){0};
	while (at != NULL && at < end) {
		char tag = *at++;

		if (tag == TAG_NUMBER)
			at = wr_varint_get(at, end, &pair->number);
		else if (tag == TAG_TEXT)
			at = read_piece(at, end, &pair->text);
		else if (tag == TAG_DETAILS)
			at = read_piece(at, end, &details);
		else
			at = NULL;
	}
	return at != NULL;
}

/* Of a text that may have any bytes: up to the first NUL, which is the last byte of a C string. */
static void add_text(struct wr_text *why, struct wr_str text)
{
	struct wr_text copy = {0};

	wr_text_add(&copy, text.data, text.len);
	wr_text_utf8(why, wr_text_str(&copy));
	wr_text_release(&copy);
}

static uint64_t rejected_json(const struct wr_text *answer, const char *member)
{
	struct wr_json_doc doc;
	uint64_t count = 0;
	uint32_t at;

	wr_json_init(&doc);
	if (answer->len > 0 && wr_json_parse(&doc, answer->data, answer->len) &&
	    doc.node[0].kind == WR_JSON_OBJECT &&
	    (at = wr_json_get(&doc, 0, wr_str_of("partialSuccess"))) != UINT32_MAX &&
	    doc.node[at].kind == WR_JSON_OBJECT &&
	    (at = wr_json_get(&doc, at, wr_str_of(member))) != UINT32_MAX)
		for (uint32_t i = 0; i < doc.node[at].len && doc.node[at].text[i] >= '0' &&
				     doc.node[at].text[i] <= '9';
		     i++)
			count = count * 10 + (uint64_t)(doc.node[at].text[i] - '0');
	wr_json_release(&doc);
	return count;
}

uint64_t wr_otlp_rejected(const struct wr_text *answer, const char *member, struct wr_text *why)
{
	struct wr_str partial;
	struct pair pair;

	if (answer->len == 0 || answer->data[0] != TAG_PARTIAL) {
		add_text(why, (struct wr_str){answer->data, answer->len});
		return rejected_json(answer, member);
	}
	if (read_piece(answer->data + 1, answer->data + answer->len, &partial) == NULL ||
	    !read_pair(partial, &pair) || pair.number > INT64_MAX)
		return 0;
	add_text(why, pair.text);
	return pair.number;
}

void wr_otlp_refused(const struct wr_text *answer, struct wr_text *why)
{
	struct wr_str all = {answer->data, answer->len};
	struct pair status;

	if (all.len == 0)
		return;
	if (all.data[0] != TAG_NUMBER && all.data[0] != TAG_TEXT && all.data[0] != TAG_DETAILS)
		add_text(why, all);
	else if (read_pair(all, &status))
		add_text(why, status.text);
	else
		wr_text_puts(why, "(an answer that cannot be read)");
}
