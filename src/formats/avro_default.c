/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_default - defaults as bytes.
 *
 * Numbers and texts go as their type writes them; bytes and fixed are strings in JSON whose code
 * points are the bytes; records, arrays and maps go member by member, a record's missing members by
 * their own defaults.
 */
#include "formats/avro_default.h"

#include "base/macros.h"
#include "data/number.h"

static void put_long(struct wr_text *out, int64_t value)
{
	char *p = wr_text_reserve(out, 10);

	out->len += (size_t)(wr_avro_put_long(p, value) - p);
}

/* A whole number within limits. */
static bool put_integer(struct wr_text *out, const struct wr_json_node *node, int64_t min,
			int64_t max)
{
	int64_t value;

	if (node->kind != WR_JSON_INTEGER || !wr_i64_read(node->text, node->len, &value) ||
	    value < min || value > max)
		return false;
	put_long(out, value);
	return true;
}

static bool put_real(struct wr_text *out, const struct wr_json_node *node, bool is_double)
{
	double value;

	if (node->text == NULL || !wr_double_read(node->text, node->len, &value))
		return false;
	float narrow = (float)value;
	wr_text_add(out, is_double ? (void *)&value : (void *)&narrow,
		    is_double ? sizeof value : sizeof narrow);
	return true;
}

/* A JSON string whose code points are bytes. */
static bool put_bytes(struct wr_text *out, const struct wr_json_node *node, bool sized,
		      uint32_t size)
{
	struct wr_text bytes;
	bool good = node->kind == WR_JSON_STRING;

	wr_text_init(&bytes);
	for (uint32_t i = 0; good && i < node->len; i++) {
		uint8_t c = (uint8_t)node->text[i];
		if (c >= 0x80) {
			good = (c & 0xfe) == 0xc2 && i + 1 < node->len;
			if (good)
				c = (uint8_t)(c << 6 | (node->text[++i] & 0x3f));
		}
		wr_text_putc(&bytes, (char)c);
	}
	good = good && (!sized || bytes.len == size);
	if (good && !sized)
		put_long(out, (int64_t)bytes.len);
	if (good && bytes.len != 0)
		wr_text_add(out, bytes.data, bytes.len);
	wr_text_release(&bytes);
	return good;
}

static bool put_enum(struct wr_text *out, const struct wr_json_node *node,
		     const struct wr_avro_type *type)
{
	for (uint32_t i = 0; node->kind == WR_JSON_STRING && i < type->count; i++) {
		if (wr_str_eq((struct wr_str){node->text, node->len}, type->symbol[i])) {
			put_long(out, i);
			return true;
		}
	}
	return false;
}

/* Elements of an array, or members of an object for a map. */
static bool put_items(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		      const struct wr_avro_type *type)
{
	const struct wr_json_node *node = &doc->node[index];
	bool map = type->kind == WR_AVRO_MAP;

	if (node->kind != (map ? WR_JSON_OBJECT : WR_JSON_ARRAY))
		return false;
	if (node->count != 0)
		put_long(out, node->count);
	for (uint32_t i = index + 1; i < node->end; i = doc->node[i].end) {
		if (map) {
			put_long(out, doc->node[i].len);
			wr_text_add(out, doc->node[i].text, doc->node[i].len);
			i = doc->node[i].end;
		}
		if (!wr_avro_default(out, doc, i, type->child[0]))
			return false;
	}
	put_long(out, 0);
	return true;
}

/* Fields in the schema's order; what the object lacks has the field's own default. */
static bool put_record(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		       const struct wr_avro_type *type)
{
	if (doc->node[index].kind != WR_JSON_OBJECT)
		return false;
	for (uint32_t i = 0; i < type->count; i++) {
		const struct wr_avro_field *field = &type->field[i];
		uint32_t value = wr_json_get(doc, index, wr_str_of(field->name));
		if (value == UINT32_MAX && !field->has_default)
			return false;
		if (value == UINT32_MAX)
			wr_text_add(out, field->fallback.data, field->fallback.len);
		else if (!wr_avro_default(out, doc, value, field->type))
			return false;
	}
	return true;
}

static bool put_union(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		      const struct wr_avro_type *type)
{
	size_t before = out->len;

	for (uint32_t i = 0; i < type->count; i++) {
		put_long(out, i);
		if (wr_avro_default(out, doc, index, type->child[i]))
			return true;
		out->len = before;
	}
	return false;
}

bool wr_avro_default(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		     const struct wr_avro_type *type)
{
	const struct wr_json_node *node = &doc->node[index];

	switch (type->kind) {
	case WR_AVRO_NULL: return node->kind == WR_JSON_NULL;
	case WR_AVRO_BOOLEAN:
		wr_text_putc(out, node->kind == WR_JSON_TRUE);
		return node->kind == WR_JSON_TRUE || node->kind == WR_JSON_FALSE;
	case WR_AVRO_INT: return put_integer(out, node, INT32_MIN, INT32_MAX);
	case WR_AVRO_LONG: return put_integer(out, node, INT64_MIN, INT64_MAX);
	case WR_AVRO_FLOAT: return put_real(out, node, false);
	case WR_AVRO_DOUBLE: return put_real(out, node, true);
	case WR_AVRO_BYTES: return put_bytes(out, node, false, 0);
	case WR_AVRO_FIXED: return put_bytes(out, node, true, type->size);
	case WR_AVRO_STRING:
		if (node->kind != WR_JSON_STRING)
			return false;
		put_long(out, node->len);
		wr_text_add(out, node->text, node->len);
		return true;
	case WR_AVRO_ENUM: return put_enum(out, node, type);
	case WR_AVRO_ARRAY:
	case WR_AVRO_MAP: return put_items(out, doc, index, type);
	case WR_AVRO_UNION: return put_union(out, doc, index, type);
	case WR_AVRO_RECORD: return put_record(out, doc, index, type);
	}
	return false;
}
