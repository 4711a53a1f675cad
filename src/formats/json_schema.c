/* SPDX-License-Identifier: Apache-2.0
 *
 * json_schema - columns as a JSON Schema: nullable ones are null or their type; dates, times and
 * bytes are strings, as the format 'json' writes them.
 */
#include "formats/json_schema.h"

#include "base/mem.h"
#include "expr/json_doc.h"

static void put_type(struct wr_text *out, const struct wr_type *type);

static void put_properties(struct wr_text *out, uint32_t count, const char *const *names,
			   const struct wr_type *const *types)
{
	wr_text_puts(out, "{\"type\":\"object\",\"properties\":{");
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(out, i == 0 ? "" : ",");
		wr_json_write_string(out, wr_str_of(names[i]));
		wr_text_putc(out, ':');
		put_type(out, types[i]);
	}
	wr_text_puts(out, "}}");
}

/* What the format 'json' writes for a type. */
static void put_plain(struct wr_text *out, const struct wr_type *type)
{
	switch (type->kind) {
	case WR_BOOLEAN: wr_text_puts(out, "{\"type\":\"boolean\"}"); return;
	case WR_TINYINT:
	case WR_SMALLINT:
	case WR_INT:
	case WR_BIGINT: wr_text_puts(out, "{\"type\":\"integer\"}"); return;
	case WR_FLOAT:
	case WR_DOUBLE:
	case WR_DECIMAL: wr_text_puts(out, "{\"type\":\"number\"}"); return;
	case WR_ARRAY:
		wr_text_puts(out, "{\"type\":\"array\",\"items\":");
		put_type(out, type->child[0]);
		wr_text_putc(out, '}');
		return;
	case WR_MAP:
	case WR_MULTISET:
		wr_text_puts(out, "{\"type\":\"object\",\"additionalProperties\":");
		put_type(out, type->child[1]);
		wr_text_putc(out, '}');
		return;
	case WR_ROW: put_properties(out, type->child_count, type->name, type->child); return;
	default: wr_text_puts(out, "{\"type\":\"string\"}"); return;
	}
}

static void put_type(struct wr_text *out, const struct wr_type *type)
{
	if (!type->nullable) {
		put_plain(out, type);
		return;
	}
	wr_text_puts(out, "{\"oneOf\":[{\"type\":\"null\"},");
	put_plain(out, type);
	wr_text_puts(out, "]}");
}

void wr_json_derive_schema(struct wr_text *out, const struct wr_schema *schema)
{
	const char **names = wr_calloc(schema->count + 1, sizeof *names);
	const struct wr_type **types = wr_calloc(schema->count + 1, sizeof *types);

	for (uint32_t i = 0; i < schema->count; i++) {
		names[i] = schema->field[i].name;
		types[i] = schema->field[i].type;
	}
	wr_text_puts(out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":"
			  "\"record\",");
	size_t brace = out->len;
	put_properties(out, schema->count, names, types);
	memmove(out->data + brace, out->data + brace + 1, out->len - brace); /* its own brace */
	out->len--;
	wr_free(names);
	wr_free(types);
}
