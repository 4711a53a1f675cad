/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp_writer - see otlp_writer.h.
 */
#include "base/otlp_writer.h"

#include <math.h>

#include "base/macros.h"
#include "base/varint.h"

#define ID_MAX 16 /* bytes of a trace's id */

/* How Protobuf writes a field. */
enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2 };

void wr_otlp_writer_init(struct wr_otlp_writer *writer, enum wr_otlp_form form, struct wr_text *out)
{
	*writer = (struct wr_otlp_writer){.form = form, .out = out};
}

static bool is_json(const struct wr_otlp_writer *writer)
{
	return writer->form == WR_OTLP_JSON;
}

/* A comma, unless something begins. */
static void separate(struct wr_text *out)
{
	if (out->len > 0 && out->data[out->len - 1] != '{' && out->data[out->len - 1] != '[')
		wr_text_putc(out, ',');
}

/* "name": or the tag. */
static void put_name(struct wr_otlp_writer *writer, const char *name, uint32_t number,
		     enum wire wire)
{
	if (!is_json(writer)) {
		wr_varint_put(writer->out, (uint64_t)number << 3 | wire);
		return;
	}
	separate(writer->out);
	wr_text_putc(writer->out, '"');
	wr_text_puts(writer->out, name);
	wr_text_puts(writer->out, "\":");
}

/* --- messages -----------------------------------------------------------------------------------
 */

static void push(struct wr_otlp_writer *writer, bool has_length, char open, char close)
{
	size_t start = SIZE_MAX;

	WR_REQUIRE(writer->depth < WR_OTLP_LEVELS_MAX);
	if (is_json(writer)) {
		wr_text_putc(writer->out, open);
	} else if (has_length) {
		wr_text_putc(writer->out, '\0');
		start = writer->out->len;
	}
	writer->level[writer->depth].start = start;
	writer->level[writer->depth++].close = close;
}

void wr_otlp_root(struct wr_otlp_writer *writer)
{
	push(writer, false, '{', '}');
}

void wr_otlp_begin(struct wr_otlp_writer *writer, const char *name, uint32_t number)
{
	put_name(writer, name, number, WIRE_BYTES);
	push(writer, true, '{', '}');
}

void wr_otlp_list(struct wr_otlp_writer *writer, const char *name)
{
	if (is_json(writer))
		put_name(writer, name, 0, WIRE_BYTES);
	push(writer, false, '[', ']');
}

void wr_otlp_item(struct wr_otlp_writer *writer, uint32_t number)
{
	if (is_json(writer))
		separate(writer->out);
	else
		wr_varint_put(writer->out, (uint64_t)number << 3 | WIRE_BYTES);
	push(writer, true, '{', '}');
}

/* The length, before what begins at `start`, behind the byte that is free for it. */
static void put_length(struct wr_text *out, size_t start)
{
	char bytes[WR_VARINT_MAX];
	size_t len = out->len - start;
	size_t size = (size_t)(wr_varint_write(bytes, len) - bytes);

	if (size > 1) {
		wr_text_reserve(out, size - 1);
		memmove(out->data + start + size - 1, out->data + start, len);
		out->len += size - 1;
		out->data[out->len] = '\0';
	}
	memcpy(out->data + start - 1, bytes, size);
}

void wr_otlp_end(struct wr_otlp_writer *writer)
{
	WR_REQUIRE(writer->depth > 0);
	writer->depth--;
	if (is_json(writer))
		wr_text_putc(writer->out, writer->level[writer->depth].close);
	else if (writer->level[writer->depth].start != SIZE_MAX)
		put_length(writer->out, writer->level[writer->depth].start);
}

void wr_otlp_finish(struct wr_otlp_writer *writer)
{
	while (writer->depth > 0)
		wr_otlp_end(writer);
}

void wr_otlp_piece(struct wr_otlp_writer *writer, const struct wr_text *piece)
{
	if (piece->len == 0)
		return;
	if (is_json(writer))
		separate(writer->out);
	wr_text_add(writer->out, piece->data, piece->len);
}

/* --- values -------------------------------------------------------------------------------------
 */

void wr_otlp_string(struct wr_otlp_writer *writer, const char *name, uint32_t number,
		    const char *value)
{
	size_t start;

	put_name(writer, name, number, WIRE_BYTES);
	if (is_json(writer)) {
		wr_text_json(writer->out, value);
		return;
	}
	wr_text_putc(writer->out, '\0');
	start = writer->out->len;
	wr_text_utf8(writer->out, value);
	put_length(writer->out, start);
}

void wr_otlp_string_cut(struct wr_otlp_writer *writer, const char *name, uint32_t number,
			const char *value)
{
	size_t len = strnlen(value, WR_OTLP_CUT + 1);
	char cut[WR_OTLP_CUT + 1];

	if (len > WR_OTLP_CUT) {
		len = WR_OTLP_CUT;
		while (len > 0 && ((unsigned char)value[len] & 0xC0) == 0x80)
			len--;
		memcpy(cut, value, len);
		cut[len] = '\0';
		value = cut;
	}
	wr_otlp_string(writer, name, number, value);
}

void wr_otlp_id(struct wr_otlp_writer *writer, const char *name, uint32_t number,
		const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * ID_MAX];

	WR_REQUIRE(len <= ID_MAX);
	put_name(writer, name, number, WIRE_BYTES);
	if (!is_json(writer)) {
		wr_varint_put(writer->out, len);
		wr_text_add(writer->out, bytes, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	wr_text_putc(writer->out, '"');
	wr_text_add(writer->out, hex, 2 * len);
	wr_text_putc(writer->out, '"');
}

void wr_otlp_small(struct wr_otlp_writer *writer, const char *name, uint32_t number, uint32_t value)
{
	put_name(writer, name, number, WIRE_VARINT);
	if (is_json(writer))
		wr_text_i64(writer->out, value);
	else
		wr_varint_put(writer->out, value);
}

void wr_otlp_true(struct wr_otlp_writer *writer, const char *name, uint32_t number)
{
	put_name(writer, name, number, WIRE_VARINT);
	if (is_json(writer))
		wr_text_puts(writer->out, "true");
	else
		wr_varint_put(writer->out, 1);
}

static void put_quoted(struct wr_text *out, int64_t value)
{
	wr_text_putc(out, '"');
	wr_text_i64(out, value);
	wr_text_putc(out, '"');
}

void wr_otlp_int(struct wr_otlp_writer *writer, const char *name, uint32_t number, int64_t value)
{
	put_name(writer, name, number, WIRE_VARINT);
	if (is_json(writer))
		put_quoted(writer->out, value);
	else
		wr_varint_put(writer->out, (uint64_t)value);
}

/* Low bytes first. */
static void put_eight(struct wr_text *out, uint64_t value)
{
	char bytes[8];

	for (uint32_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(value >> 8 * i);
	wr_text_add(out, bytes, sizeof bytes);
}

void wr_otlp_fixed(struct wr_otlp_writer *writer, const char *name, uint32_t number, int64_t value)
{
	put_name(writer, name, number, WIRE_FIXED64);
	if (is_json(writer))
		put_quoted(writer->out, value);
	else
		put_eight(writer->out, (uint64_t)value);
}

/* JSON has all digits, so that both forms have the same number; and texts for what is none. */
static void put_double(struct wr_otlp_writer *writer, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	if (!is_json(writer))
		put_eight(writer->out, bits);
	else if (isfinite(value))
		wr_text_printf(writer->out, "%.17g", value);
	else
		wr_text_puts(writer->out, isnan(value) ? "\"NaN\""
					  : value > 0  ? "\"Infinity\""
						       : "\"-Infinity\"");
}

void wr_otlp_double(struct wr_otlp_writer *writer, const char *name, uint32_t number, double value)
{
	put_name(writer, name, number, WIRE_FIXED64);
	put_double(writer, value);
}

/* The head of a list of numbers of 8 bytes. */
static void begin_numbers(struct wr_otlp_writer *writer, const char *name, uint32_t number,
			  uint32_t count)
{
	put_name(writer, name, number, WIRE_BYTES);
	if (is_json(writer))
		wr_text_putc(writer->out, '[');
	else
		wr_varint_put(writer->out, (uint64_t)count * 8);
}

static void end_numbers(struct wr_otlp_writer *writer)
{
	if (is_json(writer))
		wr_text_putc(writer->out, ']');
}

void wr_otlp_fixed_list(struct wr_otlp_writer *writer, const char *name, uint32_t number,
			const uint64_t *values, uint32_t count)
{
	begin_numbers(writer, name, number, count);
	for (uint32_t i = 0; i < count; i++) {
		if (!is_json(writer)) {
			put_eight(writer->out, values[i]);
			continue;
		}
		separate(writer->out);
		put_quoted(writer->out, (int64_t)values[i]);
	}
	end_numbers(writer);
}

void wr_otlp_double_list(struct wr_otlp_writer *writer, const char *name, uint32_t number,
			 const double *values, uint32_t count)
{
	begin_numbers(writer, name, number, count);
	for (uint32_t i = 0; i < count; i++) {
		if (is_json(writer))
			separate(writer->out);
		put_double(writer, values[i]);
	}
	end_numbers(writer);
}

/* --- attributes ---------------------------------------------------------------------------------
 */

/* KeyValue, up to its value. */
static void begin_attribute(struct wr_otlp_writer *writer, uint32_t number, const char *key)
{
	wr_otlp_item(writer, number);
	wr_otlp_string(writer, "key", 1, key);
	wr_otlp_begin(writer, "value", 2);
}

void wr_otlp_attribute(struct wr_otlp_writer *writer, uint32_t number, const char *key,
		       const char *value)
{
	begin_attribute(writer, number, key);
	wr_otlp_string_cut(writer, "stringValue", 1, value);
	wr_otlp_end(writer);
	wr_otlp_end(writer);
}

void wr_otlp_attribute_int(struct wr_otlp_writer *writer, uint32_t number, const char *key,
			   int64_t value)
{
	begin_attribute(writer, number, key);
	wr_otlp_int(writer, "intValue", 3, value);
	wr_otlp_end(writer);
	wr_otlp_end(writer);
}
