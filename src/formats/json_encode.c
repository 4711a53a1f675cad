/* SPDX-License-Identifier: Apache-2.0
 *
 * json_encode - rows as lines of JSON, to the byte as Flink writes them.
 *
 * Columns are compiled to nodes that know the text before their value (`,"name":`); a row is
 * written by one walk over them into memory that has been reserved: room is checked once per value,
 * with the longest text that it can have.
 */
#include "formats/json_write.h"

#include "base/mem.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/number.h"
#include "formats/base64.h"
#include "formats/fast_print.h"

#define SCALAR_MAX 80u /* bytes of any scalar but strings, with quotes */

_Static_assert(SCALAR_MAX >= WR_TIME_TEXT_MAX + 2 && SCALAR_MAX >= WR_DECIMAL_TEXT_MAX + 2,
	       "every scalar fits");

/* Room for `more` bytes behind writer->p. */
static inline char *room(struct wr_json_writer *writer, char *p, size_t more)
{
	if (WR_LIKELY((size_t)(writer->end - p) >= more))
		return p;
	writer->out->len = (size_t)(p - writer->out->data);
	p = wr_text_reserve(writer->out, WR_MAX(more, writer->out->len));
	writer->end = writer->out->data + writer->out->capacity - 1;
	return p;
}

static inline char *put(char *p, const char *text, size_t len)
{
	memcpy(p, text, len);
	return p + len;
}

static struct wr_json_field_out *fields_new(struct wr_arena *arena, uint32_t count,
					    const char *const *name)
{
	struct wr_json_field_out *field = WR_NEW_ARRAY(arena, struct wr_json_field_out, count + 1);
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t i = 0; i < count; i++) {
		wr_text_clear(&text);
		wr_text_putc(&text, ',');
		wr_json_quote(&text, name[i], strlen(name[i]));
		wr_text_putc(&text, ':');
		field[i].key = wr_arena_strndup(arena, text.data, text.len);
		field[i].key_len = (uint32_t)text.len;
	}
	wr_text_release(&text);
	return field;
}

void wr_json_writer_init(struct wr_json_writer *writer, struct wr_arena *arena,
			 const struct wr_options *options)
{
	*writer = (struct wr_json_writer){.arena = arena};
	writer->separator =
	    wr_options_i64(options, "timestamp-format.standard") == WR_JSON_TIME_ISO ? 'T' : ' ';
	writer->plain = wr_options_bool(options, "encode.decimal-as-plain-number");
	writer->skip_null = wr_options_bool(options, "encode.ignore-null-fields");
	writer->null_key = (enum wr_json_null_key)wr_options_i64(options, "map-null-key.mode");
	writer->null_literal = wr_options_str(options, "map-null-key.literal");
}

struct wr_json_node_out *wr_json_node_out_new(struct wr_json_writer *writer,
					      const struct wr_type *type)
{
	struct wr_json_node_out *node = WR_NEW(writer->arena, struct wr_json_node_out);

	node->type = type;
	node->child = WR_NEW_ARRAY(writer->arena, struct wr_json_node_out *, type->child_count + 1);
	for (uint32_t i = 0; i < type->child_count; i++)
		node->child[i] = wr_json_node_out_new(writer, type->child[i]);
	if (type->kind == WR_ROW)
		node->field = fields_new(writer->arena, type->child_count, type->name);
	return node;
}

struct wr_json_field_out *wr_json_fields_new(struct wr_json_writer *writer,
					     const struct wr_schema *schema)
{
	const char **name = WR_NEW_ARRAY(writer->arena, const char *, schema->count + 1);

	for (uint32_t i = 0; i < schema->count; i++)
		name[i] = schema->field[i].name;
	return fields_new(writer->arena, schema->count, name);
}

/* --- scalars ------------------------------------------------------------------------------------
 */

static char *put_double(char *p, double value)
{
	bool quoted = !__builtin_isfinite(value);

	*p = '"';
	p = wr_put_double(p + quoted, value);
	*p = '"';
	return p + quoted;
}

static char *put_float(char *p, float value)
{
	bool quoted = !__builtin_isfinite(value);

	*p = '"';
	p += quoted;
	p += wr_float_print(p, value);
	*p = '"';
	return p + quoted;
}

/* The value of a TIMESTAMP in quotes. */
static char *put_timestamp(struct wr_json_writer *writer, char *p, const struct wr_column *column,
			   uint32_t row)
{
	bool zulu = column->type->kind == WR_TIMESTAMP_LTZ;
	char separator = writer->separator;
	int32_t nano = 0;
	int64_t ms = column->phys == WR_P_I64 ? WR_DATA(column, int64_t)[row]
					      : wr_ns_split(WR_DATA(column, wr_i128)[row], &nano);
	char *end = NULL;

	*p++ = '"';
	/* ISO leaves out seconds that are 0 in some forms: the general way knows */
	if (WR_LIKELY(nano == 0 && separator == ' '))
		end = wr_put_timestamp(&writer->day, p, ms, separator);
	if (end == NULL) {
		p += wr_timestamp_print_short(p, ms, nano, separator, zulu ? "Z" : "");
	} else {
		p = end;
		*p = 'Z';
		p += zulu;
	}
	*p++ = '"';
	return p;
}

static char *put_string(struct wr_json_writer *writer, char *p, const struct wr_view *view)
{
	p = room(writer, p, wr_json_quote_max(view->len) + 16 + SCALAR_MAX);
	return wr_json_quote_into(p, wr_view_data(view), view->len);
}

static char *put_bytes(struct wr_json_writer *writer, char *p, const struct wr_view *view)
{
	size_t len = wr_base64_encoded_size(view->len);

	p = room(writer, p, len + 2 + SCALAR_MAX);
	*p++ = '"';
	wr_base64_encode(wr_view_data(view), view->len, p);
	p += len;
	*p++ = '"';
	return p;
}

/* --- nested values -------------------------------------------------------------------------------
 */

char *wr_json_put_fields(struct wr_json_writer *writer, char *p,
			 const struct wr_json_field_out *field,
			 struct wr_json_node_out *const *node, struct wr_column *const *column,
			 uint32_t count, uint32_t row)
{
	bool first = true;

	p = room(writer, p, SCALAR_MAX);
	*p++ = '{';
	for (uint32_t i = 0; i < count && p != NULL; i++) {
		uint32_t at = row & column[i]->mask;
		bool valid = column[i]->valid == NULL || column[i]->valid[at] != 0;
		if (!valid && writer->skip_null)
			continue;
		p = room(writer, p, field[i].key_len + SCALAR_MAX);
		p = put(p, field[i].key + first, field[i].key_len - first);
		first = false;
		p = valid ? wr_json_put_value(writer, p, node[i], column[i], at)
			  : put(p, "null", 4);
	}
	if (p == NULL)
		return NULL;
	p = room(writer, p, SCALAR_MAX);
	*p++ = '}';
	return p;
}

static char *put_array(struct wr_json_writer *writer, char *p, const struct wr_json_node_out *node,
		       const struct wr_column *column, uint32_t row)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];

	*p++ = '[';
	for (uint32_t i = 0; i < span.len && p != NULL; i++) {
		p = room(writer, p, SCALAR_MAX + 1);
		if (i != 0)
			*p++ = ',';
		p = wr_json_put_value(writer, p, node->child[0], column->child[0], span.start + i);
	}
	if (p == NULL)
		return NULL;
	p = room(writer, p, SCALAR_MAX);
	*p++ = ']';
	return p;
}

/* A NULL key as the options say; p unchanged: leave the entry out. NULL: fail. */
static const char *null_key(struct wr_json_writer *writer)
{
	if (writer->null_key == WR_JSON_NULL_KEY_FAIL)
		writer->fault = "a map has a NULL key, which JSON cannot hold";
	return writer->null_key == WR_JSON_NULL_KEY_LITERAL ? writer->null_literal : NULL;
}

static char *put_map(struct wr_json_writer *writer, char *p, const struct wr_json_node_out *node,
		     const struct wr_column *column, uint32_t row)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	const struct wr_column *keys = column->child[0];
	bool first = true;

	*p++ = '{';
	for (uint32_t i = span.start; i < span.start + span.len; i++) {
		struct wr_view key = WR_DATA(keys, struct wr_view)[i & keys->mask];
		if (!wr_column_is_valid(keys, i)) {
			const char *literal = null_key(writer);
			if (writer->fault != NULL)
				return NULL;
			if (literal == NULL)
				continue;
			key = wr_view_of(literal, (uint32_t)strlen(literal));
		}
		p = room(writer, p, SCALAR_MAX);
		if (!first)
			*p++ = ',';
		first = false;
		p = put_string(writer, p, &key);
		*p++ = ':';
		p = wr_json_put_value(writer, p, node->child[1], column->child[1], i);
		if (p == NULL)
			return NULL;
	}
	p = room(writer, p, SCALAR_MAX);
	*p++ = '}';
	return p;
}

static char *put_decimal(const struct wr_json_writer *writer, char *p,
			 const struct wr_column *column, uint32_t row)
{
	wr_i128 value = WR_DATA(column, wr_i128)[row];
	int scale = column->type->scale;

	return p + (writer->plain ? wr_decimal_print(p, value, scale)
				  : wr_decimal_print_stripped(p, value, scale));
}

/* Writes behind `p`, which has SCALAR_MAX bytes of room, and leaves as many. */
char *wr_json_put_value(struct wr_json_writer *writer, char *p, const struct wr_json_node_out *node,
			const struct wr_column *column, uint32_t row)
{
	row &= column->mask;
	if (column->valid != NULL && column->valid[row] == 0)
		return put(p, "null", 4);
	switch (node->type->kind) {
	case WR_BOOLEAN:
		return WR_DATA(column, uint8_t)[row] ? put(p, "true", 4) : put(p, "false", 5);
	case WR_TINYINT: return p + wr_i64_print(p, WR_DATA(column, int8_t)[row]);
	case WR_SMALLINT: return p + wr_i64_print(p, WR_DATA(column, int16_t)[row]);
	case WR_INT:
	case WR_INTERVAL_MONTH: return p + wr_i64_print(p, WR_DATA(column, int32_t)[row]);
	case WR_BIGINT:
	case WR_INTERVAL_DAY: return p + wr_i64_print(p, WR_DATA(column, int64_t)[row]);
	case WR_DOUBLE: return put_double(p, WR_DATA(column, double)[row]);
	case WR_FLOAT: return put_float(p, WR_DATA(column, float)[row]);
	case WR_DECIMAL: return put_decimal(writer, p, column, row);
	case WR_CHAR:
	case WR_VARCHAR: return put_string(writer, p, &WR_DATA(column, struct wr_view)[row]);
	case WR_BINARY:
	case WR_VARBINARY: return put_bytes(writer, p, &WR_DATA(column, struct wr_view)[row]);
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return put_timestamp(writer, p, column, row);
	case WR_DATE:
		*p++ = '"';
		p += wr_date_print(p, WR_DATA(column, int32_t)[row]);
		*p++ = '"';
		return p;
	case WR_TIME:
		*p++ = '"';
		p += wr_time_print_short(p, WR_DATA(column, int32_t)[row]);
		*p++ = '"';
		return p;
	case WR_ARRAY: return put_array(writer, p, node, column, row);
	case WR_MAP:
	case WR_MULTISET: return put_map(writer, p, node, column, row);
	case WR_ROW:
		return wr_json_put_fields(writer, p, node->field, node->child, column->child,
					  column->child_count, row);
	case WR_NULL:
	case WR_KIND_COUNT: break;
	}
	return put(p, "null", 4);
}

/* --- the format
 * ------------------------------------------------------------------------------------ */

struct wr_encoder {
	struct wr_arena arena;
	struct wr_json_writer writer;
	const struct wr_schema *schema;
	struct wr_json_field_out *field;
	struct wr_json_node_out **node;
};

wr_status *wr_json_encoder_new(const struct wr_format_args *args, struct wr_encoder **out)
{
	struct wr_encoder *encoder = wr_calloc(1, sizeof *encoder);
	uint32_t count = args->schema->count;

	wr_arena_init(&encoder->arena);
	wr_json_writer_init(&encoder->writer, &encoder->arena, args->options);
	encoder->schema = args->schema;
	encoder->field = wr_json_fields_new(&encoder->writer, args->schema);
	encoder->node = WR_NEW_ARRAY(&encoder->arena, struct wr_json_node_out *, count + 1);
	for (uint32_t i = 0; i < count; i++)
		encoder->node[i] =
		    wr_json_node_out_new(&encoder->writer, args->schema->field[i].type);
	*out = encoder;
	return NULL;
}

void wr_json_encoder_free(struct wr_encoder *encoder)
{
	if (encoder == NULL)
		return;
	wr_arena_release(&encoder->arena);
	wr_free(encoder);
}

char *wr_json_writer_begin(struct wr_json_writer *writer, struct wr_text *out)
{
	writer->out = out;
	writer->fault = NULL;
	char *p = wr_text_reserve(out, SCALAR_MAX);
	writer->end = out->data + out->capacity - 1;
	return p;
}

char *wr_json_writer_room(struct wr_json_writer *writer, char *p, size_t more)
{
	return room(writer, p, more);
}

void wr_json_writer_end(struct wr_json_writer *writer, char *p)
{
	writer->out->len = (size_t)(p - writer->out->data);
	*p = '\0';
}

/* The value that cannot be written is in one of the columns: say in which. */
wr_status *wr_json_writer_fault(const struct wr_json_writer *writer)
{
	wr_status *status =
	    wr_status_new(WR_USER_ERROR, "A row cannot be written as JSON: %s", writer->fault);

	return wr_status_hint(status, "Set 'json.map-null-key.mode' to 'DROP' or 'LITERAL'");
}

wr_status *wr_json_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			  struct wr_text *out, struct wr_record_span *span)
{
	struct wr_json_writer *writer = &encoder->writer;
	uint32_t count = wr_batch_count(batch);
	size_t before = out->len;
	char *p = wr_json_writer_begin(writer, out);

	WR_ASSERT(batch->column_count == encoder->schema->count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i);
		size_t start = (size_t)(p - out->data);
		p = wr_json_put_fields(writer, p, encoder->field, encoder->node, batch->column,
				       batch->column_count, row);
		if (p == NULL) {
			out->len = before;
			return wr_json_writer_fault(writer);
		}
		p = room(writer, p, SCALAR_MAX);
		if (span != NULL)
			span[i] = wr_record_span_of(out, start, p);
		*p++ = '\n';
	}
	wr_json_writer_end(writer, p);
	return NULL;
}
