/* SPDX-License-Identifier: Apache-2.0
 *
 * message_case - formats of binary messages, for tests: messages as hexadecimal text ("0a 62 63",
 * spaces ignored; 'x' is the bytes of a text), rows as in format_case.h.
 *
 * A bad message prints as "!message kind column: text".
 */
#ifndef WR_TESTS_MESSAGE_CASE_H
#define WR_TESTS_MESSAGE_CASE_H

#include "format_case.h"

static int case_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Appends the bytes that `hex` says. */
static WR_UNUSED void case_bytes(struct wr_text *out, const char *hex)
{
	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		if (*hex == '\'') {
			for (hex++; *hex != '\''; hex++)
				wr_text_putc(out, *hex);
			continue;
		}
		wr_text_putc(out, (char)(case_digit(hex[0]) * 16 + case_digit(hex[1])));
		hex++;
	}
}

/* Messages in a range of their own. */
struct case_messages {
	struct wr_text bytes;
	struct wr_record_span span[64];
	uint32_t count;
};

static WR_UNUSED void case_messages_add(struct case_messages *m, const char *bytes, size_t len)
{
	m->span[m->count++] = (struct wr_record_span){(uint32_t)m->bytes.len, (uint32_t)len};
	wr_text_add(&m->bytes, bytes, len);
	wr_text_putc(&m->bytes, '\n');
}

/* Decodes all of them in batches of max_rows; the last message lies at the end of its memory. */
static WR_UNUSED void case_decode_spans(struct format_case *c, const struct case_messages *m,
					uint32_t max_rows, struct wr_text *out)
{
	struct wr_decoder *decoder;
	struct wr_buf *buf = wr_buf_new(m->bytes.len);
	uint32_t row_span[WR_BATCH_ROWS_MAX];
	struct wr_batch *batch;

	memcpy(buf->data, m->bytes.data, m->bytes.len);
	memset(buf->data + m->bytes.len, 0x02, 64); /* what lies behind a range means nothing */
	struct wr_decode_range range = {.buf = buf,
					.data = buf->data,
					.len = m->bytes.len,
					.span = m->span,
					.span_count = m->count,
					.row_span = row_span};
	assert_null(c->format->decoder_new(&c->args, &decoder));
	for (;;) {
		wr_status *status = c->format->decode(decoder, &range, max_rows, &batch);
		if (status != NULL)
			print_message("%s\n", status->text);
		assert_null(status);
		if (batch == NULL)
			break;
		assert_true(batch->rows != 0 && batch->rows <= max_rows);
		for (uint32_t i = 0; i < batch->rows; i++)
			assert_true(row_span[i] < m->count);
		case_print_batch(out, batch, c->format->changelog);
		wr_batch_free(batch);
	}
	assert_int_equal(range.span_next, range.span_count);
	for (uint32_t i = 0; i < range.bad.count; i++) {
		const struct wr_bad_record *bad = &range.bad.record[i];
		wr_text_printf(out, "!%u %s %s: %s\n", bad->span, bad->kind,
			       bad->column != NULL ? bad->column : "-", bad->text);
	}
	if (range.bad.ignored != 0)
		wr_text_printf(out, "ignored %llu\n", (unsigned long long)range.bad.ignored);
	wr_bad_list_release(&range.bad);
	c->format->decoder_free(decoder);
	wr_buf_unref(buf);
}

/* With several batch sizes, which must agree. The result is the arena's. */
static WR_UNUSED const char *case_decode_messages(struct format_case *c,
						  const struct case_messages *m)
{
	static const uint32_t sizes[] = {1, 2, WR_BATCH_ROWS_MAX};
	const char *first = NULL;

	for (size_t i = 0; i < WR_COUNT(sizes); i++) {
		struct wr_text out;
		wr_text_init(&out);
		case_decode_spans(c, m, sizes[i], &out);
		if (first == NULL)
			first = wr_arena_strndup(&c->arena, wr_text_str(&out), out.len);
		else
			assert_string_equal(first, wr_text_str(&out));
		wr_text_release(&out);
	}
	return first;
}

/* The messages of `hex`, ended by NULL, in an open case. */
static WR_UNUSED const char *case_hex(struct format_case *c, const char *const *hex)
{
	struct case_messages m = {0};
	struct wr_text bytes;

	wr_text_init(&bytes);
	for (; *hex != NULL; hex++) {
		wr_text_clear(&bytes);
		case_bytes(&bytes, *hex);
		case_messages_add(&m, wr_text_str(&bytes), bytes.len);
	}
	const char *result = case_decode_messages(c, &m);
	wr_text_release(&bytes);
	wr_text_release(&m.bytes);
	return result;
}

/* One table, one message, one expectation. */
static WR_UNUSED void case_message(const char *format, const char *columns,
				   const char *const *options, const char *hex, const char *want)
{
	struct format_case c;

	case_open(&c, format, columns, options);
	const char *got = case_hex(&c, (const char *const[]){hex, NULL});
	if (strcmp(got, want) != 0)
		print_message("%s, message %s\n", columns, hex);
	assert_string_equal(got, want);
	case_close(&c);
}

/* Writes rows of JSON with the case's format; returns the messages as hexadecimal lines, and reads
 * them back into `again` (the arena's; NULL: not wanted). */
static WR_UNUSED const char *case_write(struct format_case *c, const char *json, const char **again,
					wr_status **status)
{
	struct wr_options options;
	struct wr_format_args args = c->args;
	struct wr_decoder *decoder;
	struct wr_encoder *encoder;
	struct wr_batch *batch;
	struct wr_text bytes, hex;
	struct case_messages m = {0};
	struct wr_record_span span[64];
	struct wr_buf *buf = wr_buf_new(strlen(json));
	struct wr_decode_range range = {
	    .buf = buf, .data = buf->data, .len = strlen(json), .first = true};

	memcpy(buf->data, json, strlen(json));
	wr_options_init(&options, &c->arena, "option",
			c->format->changelog ? wr_format_changelog_json.options
					     : wr_format_json.options,
			c->format->changelog ? wr_format_changelog_json.option_count
					     : wr_format_json.option_count);
	args.options = &options;
	const struct wr_format *reader =
	    c->format->changelog ? &wr_format_changelog_json : &wr_format_json;
	assert_null(reader->decoder_new(&args, &decoder));
	wr_text_init(&bytes);
	wr_text_init(&hex);
	wr_status *failed = c->format->encoder_new(&c->args, &encoder);
	assert_null(reader->decode(decoder, &range, 64, &batch));
	assert_int_equal(range.bad.count, 0);
	if (failed == NULL) {
		failed = c->format->encode(encoder, batch, &bytes, span);
		for (uint32_t i = 0; failed == NULL && i < batch->rows; i++) {
			const char *p = bytes.data + span[i].start;
			case_messages_add(&m, p, span[i].size);
			for (uint32_t k = 0; k < span[i].size; k++)
				wr_text_printf(&hex, "%02x", (uint8_t)p[k]);
			wr_text_putc(&hex, '\n');
		}
		c->format->encoder_free(encoder);
	}
	wr_batch_free(batch);
	reader->decoder_free(decoder);
	wr_buf_unref(buf);
	if (again != NULL && failed == NULL)
		*again = case_decode_messages(c, &m);
	const char *result = wr_arena_strndup(&c->arena, wr_text_str(&hex), hex.len);
	wr_text_release(&hex);
	wr_text_release(&bytes);
	wr_text_release(&m.bytes);
	if (status != NULL)
		*status = failed;
	else
		assert_null(failed);
	return result;
}

#endif
