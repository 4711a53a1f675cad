/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_write - rows of columns as Protobuf messages.
 *
 * A message within a message has its length before it: one byte is left free for it, and what was
 * written is moved when more are needed.
 */
#include "formats/proto_write.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "formats/proto_read.h"

#define VARINT_BYTES 10u

struct put {
	const struct wr_proto_field *field;
	uint32_t source;            /* which column, or child column, it takes */
	bool timestamp;             /* a moment as google.protobuf.Timestamp */
	bool implicit;              /* the default is not written */
	bool tagged;                /* its tag is written before each value */
	uint32_t count;             /* ROW: fields; MAP: 2 */
	struct put *child;          /* by rising numbers */
	const char *column;         /* of the table, for messages */
	const struct wr_type *type; /* of a value: an array's element */
};

struct wr_proto_writer {
	struct wr_arena arena;
	uint32_t count;
	struct put *put; /* of the columns, by rising numbers */
	struct wr_str null_text;
	struct wr_text *out;  /* of the row being written */
	const char *column;   /* being compiled; then that of a fault */
	struct wr_text fault; /* what is wrong with the row */
};

/* --- the columns
 * ------------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct put *)a)->field->number;
	uint32_t y = ((const struct put *)b)->field->number;

	return (x > y) - (x < y);
}

static void make_puts(struct wr_proto_writer *w, const struct wr_proto_message *message,
		      const char *const *names, const struct wr_type *const *types, uint32_t count,
		      bool top, struct put *out);

static void make_put(struct wr_proto_writer *w, const struct wr_proto_message *message,
		     const struct wr_type *type, struct put *put)
{
	static const char *const entry[] = {"key", "value"};
	bool map = type->kind == WR_MAP;

	if (type->kind == WR_ARRAY)
		type = type->child[0];
	put->type = type;
	put->column = w->column;
	put->timestamp = wr_kind_is_timestamp(type->kind);
	put->implicit = !put->field->presence && !put->field->repeated;
	put->tagged = !put->field->packed;
	if (!map && type->kind != WR_ROW)
		return;
	put->count = type->child_count;
	put->child = WR_NEW_ARRAY(&w->arena, struct put, put->count + 1);
	make_puts(w, put->field->child, map ? entry : type->name, type->child, put->count, false,
		  put->child);
	for (uint32_t i = 0; map && i < put->count; i++)
		put->child[i].implicit = false; /* entries have both, as Java writes them */
}

static void make_puts(struct wr_proto_writer *w, const struct wr_proto_message *message,
		      const char *const *names, const struct wr_type *const *types, uint32_t count,
		      bool top, struct put *out)
{
	for (uint32_t i = 0; i < count; i++) {
		if (top)
			w->column = names[i];
		out[i].field = wr_proto_field_named(message, names[i]);
		WR_ASSERT(out[i].field != NULL);
		out[i].source = i;
		make_put(w, message, types[i], &out[i]);
	}
	qsort(out, count, sizeof *out, by_number);
}

struct wr_proto_writer *wr_proto_writer_new(const struct wr_proto_message *message,
					    const struct wr_schema *columns, const char *null_text)
{
	struct wr_proto_writer *w = wr_calloc(1, sizeof *w);
	const char **names = wr_calloc(columns->count + 1, sizeof *names);
	const struct wr_type **types = wr_calloc(columns->count + 1, sizeof *types);

	wr_arena_init(&w->arena);
	wr_text_init(&w->fault);
	w->null_text = wr_str_of(null_text);
	w->count = columns->count;
	w->put = WR_NEW_ARRAY(&w->arena, struct put, w->count + 1);
	for (uint32_t i = 0; i < w->count; i++) {
		names[i] = columns->field[i].name;
		types[i] = columns->field[i].type;
	}
	make_puts(w, message, names, types, w->count, true, w->put);
	wr_free(names);
	wr_free(types);
	return w;
}

void wr_proto_writer_free(struct wr_proto_writer *writer)
{
	if (writer == NULL)
		return;
	wr_text_release(&writer->fault);
	wr_arena_release(&writer->arena);
	wr_free(writer);
}

/* --- values
 * -----------------------------------------------------------------------------------------------
 */

static bool write_field(struct wr_proto_writer *w, const struct put *put,
			const struct wr_column *column, uint32_t row);

static bool fail(struct wr_proto_writer *w, const struct put *put, const char *fault)
{
	wr_text_clear(&w->fault);
	wr_text_puts(&w->fault, fault);
	w->column = put->column;
	return false;
}

static inline char *room(struct wr_proto_writer *w, size_t more)
{
	struct wr_text *out = w->out;

	if (WR_LIKELY(out->data != NULL && out->capacity - out->len > more))
		return out->data + out->len;
	return wr_text_reserve(out, more);
}

static inline void put_varint(struct wr_proto_writer *w, uint64_t value)
{
	char *p = room(w, VARINT_BYTES);

	while (value >= 0x80) {
		*p++ = (char)(value | 0x80);
		value >>= 7;
	}
	*p++ = (char)value;
	w->out->len = (size_t)(p - w->out->data);
}

static inline void put_raw(struct wr_proto_writer *w, const void *bytes, size_t len)
{
	if (len != 0)
		memcpy(room(w, len), bytes, len);
	w->out->len += len;
}

static inline void put_tag(struct wr_proto_writer *w, const struct put *put, bool packed)
{
	uint32_t wire = packed ? WR_WIRE_BYTES : (uint32_t)wr_proto_wire_of(put->field->kind);

	put_varint(w, (uint64_t)put->field->number << 3 | wire);
}

/* Leaves a byte free for a length; returns where what it measures begins. */
static size_t begin_length(struct wr_proto_writer *w)
{
	*room(w, 1) = 0;
	return ++w->out->len;
}

static void end_length(struct wr_proto_writer *w, size_t start)
{
	size_t len = w->out->len - start;
	uint32_t more = 0;

	for (size_t rest = len >> 7; rest != 0; rest >>= 7)
		more++;
	if (more != 0) {
		wr_text_reserve(w->out, more);
		memmove(w->out->data + start + more, w->out->data + start, len);
	}
	w->out->len = start - 1;
	put_varint(w, len);
	w->out->len = start + more + len;
}

/* Any whole number or boolean. */
static int64_t integer_of(const struct wr_column *column, uint32_t row)
{
	switch (column->phys) {
	case WR_P_BOOL: return WR_DATA(column, uint8_t)[row];
	case WR_P_I8: return WR_DATA(column, int8_t)[row];
	case WR_P_I16: return WR_DATA(column, int16_t)[row];
	case WR_P_I32: return WR_DATA(column, int32_t)[row];
	default: return WR_DATA(column, int64_t)[row];
	}
}

/* The number of an enum's symbol. */
static bool symbol_of(struct wr_proto_writer *w, const struct put *put,
		      const struct wr_column *column, uint32_t row, int64_t *out)
{
	const struct wr_proto_enum *symbols = put->field->symbols;

	if (column->phys != WR_P_STR) {
		*out = integer_of(column, row);
		return true;
	}
	const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];
	for (uint32_t i = 0; i < symbols->count; i++) {
		if (!wr_str_eq((struct wr_str){wr_view_data(view), view->len}, symbols->symbol[i]))
			continue;
		*out = symbols->number[i];
		return true;
	}
	return fail(w, put, "a text that is no symbol of the enum");
}

/* A whole number in the way of its kind. */
static bool put_integer(struct wr_proto_writer *w, const struct put *put, int64_t value)
{
	uint32_t narrow = (uint32_t)value;

	switch (put->field->kind) {
	case WR_PROTO_SINT32:
	case WR_PROTO_INT32:
	case WR_PROTO_SFIXED32:
		if (value != (int32_t)value)
			return fail(w, put, "a number that does not fit 32 bits");
		break;
	case WR_PROTO_UINT32:
	case WR_PROTO_FIXED32:
		if (value < INT32_MIN || value > UINT32_MAX)
			return fail(w, put, "a number that does not fit 32 bits");
		break;
	default: break;
	}
	switch (put->field->kind) {
	case WR_PROTO_SFIXED32:
	case WR_PROTO_FIXED32: put_raw(w, &narrow, sizeof narrow); break;
	case WR_PROTO_SFIXED64:
	case WR_PROTO_FIXED64: put_raw(w, &value, sizeof value); break;
	case WR_PROTO_SINT32:
	case WR_PROTO_SINT64:
		put_varint(w, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
		break;
	case WR_PROTO_UINT32: put_varint(w, narrow); break;
	default: put_varint(w, (uint64_t)value); break;
	}
	return true;
}

static void put_moment(struct wr_proto_writer *w, const struct wr_column *column, uint32_t row)
{
	wr_i128 ns = column->phys == WR_P_I128 ? WR_DATA(column, wr_i128)[row]
					       : (wr_i128)WR_DATA(column, int64_t)[row] * 1000000;
	int64_t nanos = (int64_t)(ns % 1000000000);
	int64_t seconds = (int64_t)(ns / 1000000000);

	if (nanos < 0) {
		nanos += 1000000000;
		seconds--;
	}
	size_t start = begin_length(w);
	if (seconds != 0) {
		put_varint(w, 1 << 3);
		put_varint(w, (uint64_t)seconds);
	}
	if (nanos != 0) {
		put_varint(w, 2 << 3);
		put_varint(w, (uint64_t)nanos);
	}
	end_length(w, start);
}

/* A value that is there, without its tag. */
static bool put_value(struct wr_proto_writer *w, const struct put *put,
		      const struct wr_column *column, uint32_t row)
{
	int64_t number;
	float narrow;
	double wide;
	const struct wr_view *view;

	switch (put->field->kind) {
	case WR_PROTO_STRING:
	case WR_PROTO_BYTES:
		view = &WR_DATA(column, struct wr_view)[row];
		put_varint(w, view->len);
		put_raw(w, wr_view_data(view), view->len);
		return true;
	case WR_PROTO_FLOAT:
	case WR_PROTO_DOUBLE:
		wide = column->phys == WR_P_F32 ? (double)WR_DATA(column, float)[row]
						: WR_DATA(column, double)[row];
		narrow = (float)wide;
		if (put->field->kind == WR_PROTO_DOUBLE)
			put_raw(w, &wide, sizeof wide);
		else
			put_raw(w, &narrow, sizeof narrow);
		return true;
	case WR_PROTO_ENUM:
		if (!symbol_of(w, put, column, row, &number))
			return false;
		put_varint(w, (uint64_t)number);
		return true;
	case WR_PROTO_MESSAGE: break;
	default: return put_integer(w, put, integer_of(column, row));
	}
	if (put->timestamp) {
		put_moment(w, column, row);
		return true;
	}
	size_t start = begin_length(w);
	for (uint32_t i = 0; i < put->count; i++) {
		if (!write_field(w, &put->child[i], column->child[put->child[i].source], row))
			return false;
	}
	end_length(w, start);
	return true;
}

/* What stands for NULL where there is none: a default. */
static void put_none(struct wr_proto_writer *w, const struct put *put)
{
	static const char zeros[8];

	switch (wr_proto_wire_of(put->field->kind)) {
	case WR_WIRE_32: put_raw(w, zeros, 4); break;
	case WR_WIRE_64: put_raw(w, zeros, 8); break;
	case WR_WIRE_BYTES:
		if (put->field->kind == WR_PROTO_STRING) {
			put_varint(w, w->null_text.len);
			put_raw(w, w->null_text.data, w->null_text.len);
			break;
		}
		put_varint(w, 0);
		break;
	default:
		put_varint(w, put->field->kind == WR_PROTO_ENUM && put->field->symbols->count != 0
				  ? (uint64_t)(int64_t)put->field->symbols->number[0]
				  : 0);
		break;
	}
}

/* A value with its tag; NULL within a list is a default. */
static bool put_element(struct wr_proto_writer *w, const struct put *put,
			const struct wr_column *column, uint32_t row)
{
	if (put->tagged)
		put_tag(w, put, false);
	if (wr_column_is_valid(column, row))
		return put_value(w, put, column, row & column->mask);
	put_none(w, put);
	return true;
}

static bool write_list(struct wr_proto_writer *w, const struct put *put,
		       const struct wr_column *column, uint32_t row)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	size_t start = 0;

	if (span.len == 0)
		return true;
	if (put->field->packed) {
		put_tag(w, put, true);
		start = begin_length(w);
	}
	for (uint32_t i = span.start; i < span.start + span.len; i++) {
		if (!put_element(w, put, column->child[0], i))
			return false;
	}
	if (put->field->packed)
		end_length(w, start);
	return true;
}

static bool write_map(struct wr_proto_writer *w, const struct put *put,
		      const struct wr_column *column, uint32_t row)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];

	for (uint32_t i = span.start; i < span.start + span.len; i++) {
		put_tag(w, put, false);
		size_t start = begin_length(w);
		for (uint32_t k = 0; k < put->count; k++) {
			if (!put_element(w, &put->child[k], column->child[put->child[k].source], i))
				return false;
		}
		end_length(w, start);
	}
	return true;
}

/* Whether a value is what an absent one is read as. Of numbers all bits must be zero: -0.0 is not.
 */
static bool is_default(const struct put *put, const struct wr_column *column, uint32_t row)
{
	uint32_t size = wr_phys_size(column->phys);
	const char *data = (const char *)column->data + (size_t)row * size;
	uint32_t i = 0;

	if (column->phys == WR_P_STR) {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];
		if (put->field->kind != WR_PROTO_ENUM)
			return view->len == 0;
		for (; i < put->field->symbols->count; i++) {
			if (put->field->symbols->number[i] == 0 &&
			    wr_str_eq((struct wr_str){wr_view_data(view), view->len},
				      put->field->symbols->symbol[i]))
				return true;
		}
		return false;
	}
	while (i < size && data[i] == 0)
		i++;
	return i == size;
}

static bool write_field(struct wr_proto_writer *w, const struct put *put,
			const struct wr_column *column, uint32_t row)
{
	uint32_t at = row & column->mask;

	if (!wr_column_is_valid(column, row))
		return true;
	if (column->type->kind == WR_MAP)
		return write_map(w, put, column, at);
	if (column->type->kind == WR_ARRAY)
		return write_list(w, put, column, at);
	if (put->implicit && is_default(put, column, at))
		return true;
	put_tag(w, put, false);
	return put_value(w, put, column, at);
}

wr_status *wr_proto_write_row(struct wr_proto_writer *w, struct wr_text *out,
			      struct wr_column *const *column, uint32_t row)
{
	size_t before = out->len;
	bool good = true;

	w->out = out;
	for (uint32_t i = 0; good && i < w->count; i++)
		good = write_field(w, &w->put[i], column[w->put[i].source], row);
	if (good)
		return NULL;
	out->len = before;
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "Column '%s' cannot be written: %s",
					    w->column, wr_text_str(&w->fault)),
			      "Mend the value in the query");
}
