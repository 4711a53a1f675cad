/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_write - rows of columns as Avro records.
 */
#include "formats/avro_write.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/mem.h"
#include "data/datetime.h"
#include "data/decimal.h"

#define LONG_BYTES 10u /* of the longest number */

enum put_op {
	PUT_CONSTANT, /* `constant`: a default */
	PUT_BOOL,
	PUT_LONG,   /* any integer, in `factor` units: times of day and timestamps too */
	PUT_FLOAT,  /* FLOAT as float */
	PUT_DOUBLE, /* FLOAT or DOUBLE as double */
	PUT_BYTES,  /* STRING or BYTES with their length */
	PUT_FIXED,  /* BYTES of the fixed's size */
	PUT_ENUM,
	PUT_DECIMAL,
	PUT_LIST,
	PUT_MAP,
	PUT_ROW
};

struct put {
	enum put_op op;
	int branch;      /* of a union: that of the value; -1: no union */
	int null_branch; /* of a union: that of NULL; -1: there is none */
	int32_t factor;  /* LONG: the value is multiplied by it, or (negative) divided */
	uint32_t count;  /* of child */
	struct put *child;
	uint32_t *source;                /* ROW: which column each child takes */
	const struct wr_avro_type *type; /* what is written */
	const char *column;              /* of the table, for messages */
	struct wr_str constant;          /* CONSTANT */
};

struct wr_avro_writer {
	struct wr_arena arena;
	struct put root;        /* a ROW */
	struct wr_text *out;    /* between begin and end of a row */
	const char *fault;      /* of the row, static; NULL: none */
	const char *column;     /* where */
	const char *column_now; /* being compiled */
};

/* --- the schema and the columns
 * --------------------------------------------------------------------- */

static bool compile_put(struct wr_avro_writer *w, struct put *put, const struct wr_avro_type *to,
			const struct wr_type *type);

static bool is_integer(const struct wr_avro_type *to)
{
	return to->kind == WR_AVRO_INT || to->kind == WR_AVRO_LONG;
}

/* Units: what is kept counts `kept` a second, what is written `written`. */
static int32_t factor_of(int64_t kept, int64_t written)
{
	return written >= kept ? (int32_t)(written / kept) : -(int32_t)(kept / written);
}

/* Which number a time is written as; 0: `to` is none for it. */
static int32_t time_factor(const struct wr_avro_type *to, const struct wr_type *type)
{
	int64_t kept = type->kind != WR_TIME && type->precision > 3 ? 1000000000 : 1000;

	switch (to->logical) {
	case WR_AVRO_TIME_MILLIS: return type->kind == WR_TIME ? factor_of(kept, 1000) : 0;
	case WR_AVRO_TIME_MICROS: return type->kind == WR_TIME ? factor_of(kept, 1000000) : 0;
	case WR_AVRO_MILLIS: return type->kind != WR_TIME ? factor_of(kept, 1000) : 0;
	case WR_AVRO_MICROS: return type->kind != WR_TIME ? factor_of(kept, 1000000) : 0;
	case WR_AVRO_NANOS: return type->kind != WR_TIME ? factor_of(kept, 1000000000) : 0;
	case WR_AVRO_PLAIN: break;
	default: return 0;
	}
	if (type->kind == WR_TIME)
		return to->kind == WR_AVRO_INT ? 1 : 0;
	return to->kind != WR_AVRO_LONG ? 0 : kept == 1000 ? 1 : factor_of(kept, 1000000);
}

/* The op that writes a column's value as `to`; -1: none. */
static int op_of(const struct wr_avro_type *to, const struct wr_type *type, struct put *put)
{
	bool small = type->kind >= WR_TINYINT && type->kind <= WR_INT;

	put->factor = 1;
	switch (type->kind) {
	case WR_BOOLEAN: return to->kind == WR_AVRO_BOOLEAN ? PUT_BOOL : -1;
	case WR_TINYINT:
	case WR_SMALLINT:
	case WR_INT:
	case WR_BIGINT:
		return to->logical == WR_AVRO_PLAIN &&
			       (to->kind == WR_AVRO_LONG || (small && to->kind == WR_AVRO_INT))
			   ? PUT_LONG
			   : -1;
	case WR_DATE:
		return to->kind == WR_AVRO_INT &&
			       (to->logical == WR_AVRO_DATE || to->logical == WR_AVRO_PLAIN)
			   ? PUT_LONG
			   : -1;
	case WR_TIME:
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ:
		put->factor = time_factor(to, type);
		return is_integer(to) && put->factor != 0 ? PUT_LONG : -1;
	case WR_FLOAT:
	case WR_DOUBLE:
		return to->kind == WR_AVRO_DOUBLE                            ? PUT_DOUBLE
		       : type->kind == WR_FLOAT && to->kind == WR_AVRO_FLOAT ? PUT_FLOAT
									     : -1;
	case WR_CHAR:
	case WR_VARCHAR:
		if (to->kind == WR_AVRO_ENUM)
			return PUT_ENUM;
		return to->kind == WR_AVRO_STRING ||
			       (to->kind == WR_AVRO_BYTES && to->logical == WR_AVRO_PLAIN)
			   ? PUT_BYTES
			   : -1;
	case WR_BINARY:
	case WR_VARBINARY:
		if (to->logical != WR_AVRO_PLAIN)
			return -1;
		return to->kind == WR_AVRO_FIXED   ? PUT_FIXED
		       : to->kind == WR_AVRO_BYTES ? PUT_BYTES
						   : -1;
	case WR_DECIMAL:
		return to->logical == WR_AVRO_DECIMAL && to->scale == type->scale ? PUT_DECIMAL
										  : -1;
	default: return -1;
	}
}

static int column_named(const char *const *names, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return (int)i;
	}
	return -1;
}

/* The fields of a record, each with its column. */
static bool compile_record(struct wr_avro_writer *w, struct put *put, const struct wr_avro_type *to,
			   const char *const *names, const struct wr_type *const *types,
			   uint32_t count, bool top)
{
	uint32_t used = 0;

	put->op = PUT_ROW;
	put->count = to->count;
	put->child = WR_NEW_ARRAY(&w->arena, struct put, to->count + 1);
	put->source = WR_NEW_ARRAY(&w->arena, uint32_t, to->count + 1);
	for (uint32_t i = 0; i < to->count; i++) {
		const struct wr_avro_field *field = &to->field[i];
		int at = column_named(names, count, field->name);
		if (top)
			w->column_now = field->name;
		if (at < 0 && !field->has_default)
			return false;
		if (at < 0) {
			put->child[i] = (struct put){.op = PUT_CONSTANT,
						     .branch = -1,
						     .null_branch = -1,
						     .constant = field->fallback};
			continue;
		}
		used++;
		put->source[i] = (uint32_t)at;
		if (!compile_put(w, &put->child[i], field->type, types[at]))
			return false;
	}
	if (used == count)
		return true;
	for (uint32_t i = 0; i < count && top; i++) {
		bool found = false;
		for (uint32_t k = 0; k < to->count; k++)
			found |= strcmp(to->field[k].name, names[i]) == 0;
		if (!found)
			w->column_now = names[i];
	}
	return false;
}

/* A value that is not NULL. */
static bool compile_plain(struct wr_avro_writer *w, struct put *put, const struct wr_avro_type *to,
			  const struct wr_type *type)
{
	bool map = type->kind == WR_MAP || type->kind == WR_MULTISET;

	put->type = to;
	put->column = w->column_now;
	if (type->kind == WR_ROW)
		return to->kind == WR_AVRO_RECORD &&
		       compile_record(w, put, to, type->name, type->child, type->child_count,
				      false);
	if (map || type->kind == WR_ARRAY) {
		put->op = map ? PUT_MAP : PUT_LIST;
		put->child = WR_NEW_ARRAY(&w->arena, struct put, 1);
		return to->kind == (map ? WR_AVRO_MAP : WR_AVRO_ARRAY) &&
		       (!map || wr_kind_is_string(type->child[0]->kind)) &&
		       compile_put(w, put->child, to->child[0], type->child[map]);
	}
	int op = op_of(to, type, put);
	put->op = (enum put_op)op;
	return op >= 0;
}

static bool compile_put(struct wr_avro_writer *w, struct put *put, const struct wr_avro_type *to,
			const struct wr_type *type)
{
	*put = (struct put){.branch = -1, .null_branch = wr_avro_null_branch(to)};
	if (to->kind != WR_AVRO_UNION)
		return compile_plain(w, put, to, type);
	for (uint32_t i = 0; i < to->count; i++) {
		put->branch = (int)i;
		if (compile_plain(w, put, to->child[i], type))
			return true;
	}
	return false;
}

wr_status *wr_avro_writer_new(const struct wr_avro_type *type, const struct wr_schema *columns,
			      struct wr_avro_writer **out)
{
	struct wr_avro_writer *w = wr_calloc(1, sizeof *w);
	const char **names = wr_calloc(columns->count + 1, sizeof *names);
	const struct wr_type **types = wr_calloc(columns->count + 1, sizeof *types);

	*out = w;
	wr_arena_init(&w->arena);
	w->root = (struct put){.branch = -1, .null_branch = wr_avro_null_branch(type)};
	for (uint32_t i = 0; type->kind == WR_AVRO_UNION && i < type->count; i++) {
		if (type->child[i]->kind != WR_AVRO_RECORD)
			continue;
		w->root.branch = (int)i;
		type = type->child[i];
	}
	for (uint32_t i = 0; i < columns->count; i++) {
		names[i] = columns->field[i].name;
		types[i] = columns->field[i].type;
	}
	bool good = type->kind == WR_AVRO_RECORD &&
		    compile_record(w, &w->root, type, names, types, columns->count, true);
	wr_free(names);
	wr_free(types);
	if (good)
		return NULL;
	wr_status *status =
	    type->kind != WR_AVRO_RECORD
		? wr_status_new(WR_USER_ERROR, "The Avro schema is no record")
		: wr_status_new(WR_USER_ERROR,
				"The Avro schema and the table do not agree about '%s'",
				w->column_now != NULL ? w->column_now : "");
	wr_status_hint(status,
		       "A field needs a column of its name and type, or a default; a column "
		       "needs a field");
	wr_avro_writer_free(w);
	*out = NULL;
	return status;
}

void wr_avro_writer_free(struct wr_avro_writer *writer)
{
	if (writer == NULL)
		return;
	wr_arena_release(&writer->arena);
	wr_free(writer);
}

/* --- rows
 * --------------------------------------------------------------------------------------------- */

static bool write_value(struct wr_avro_writer *w, const struct put *put,
			const struct wr_column *column, uint32_t row);

/* The place of the fault is the innermost column that has one. */
static bool fail(struct wr_avro_writer *w, const struct put *put, const char *fault)
{
	w->fault = fault;
	w->column = put->column;
	return false;
}

/* Room for `more` bytes that are cheap to ask for. */
static inline char *room(struct wr_avro_writer *w, size_t more)
{
	struct wr_text *out = w->out;

	if (WR_LIKELY(out->capacity - out->len > more && out->data != NULL))
		return out->data + out->len;
	return wr_text_reserve(out, more);
}

static inline void put_long(struct wr_avro_writer *w, int64_t value)
{
	char *p = room(w, LONG_BYTES);

	w->out->len = (size_t)(wr_avro_put_long(p, value) - w->out->data);
}

static inline void put_raw(struct wr_avro_writer *w, const void *bytes, size_t len)
{
	memcpy(room(w, len), bytes, len);
	w->out->len += len;
}

/* Anything that counts, in the schema's unit. */
static bool write_long(struct wr_avro_writer *w, const struct put *put,
		       const struct wr_column *column, uint32_t row)
{
	wr_i128 value;

	switch (column->phys) {
	case WR_P_I8: value = WR_DATA(column, int8_t)[row]; break;
	case WR_P_I16: value = WR_DATA(column, int16_t)[row]; break;
	case WR_P_I32: value = WR_DATA(column, int32_t)[row]; break;
	case WR_P_I64: value = WR_DATA(column, int64_t)[row]; break;
	default: value = WR_DATA(column, wr_i128)[row]; break;
	}
	if (put->factor > 0)
		value *= put->factor;
	else /* rounded down */
		value = value / -put->factor - (value % -put->factor < 0);
	if (value != (int64_t)value)
		return fail(w, put, "a time that does not fit 64 bits");
	put_long(w, (int64_t)value);
	return true;
}

/* Big-endian two's complement, as short as it goes; of a fixed: all its bytes. */
static bool write_decimal(struct wr_avro_writer *w, const struct put *put, wr_i128 value)
{
	uint8_t bytes[sizeof value];
	uint32_t skip = 0;
	uint8_t sign = value < 0 ? 0xff : 0;

	for (uint32_t i = 0; i < sizeof value; i++)
		bytes[i] = (uint8_t)(value >> (8 * (sizeof value - 1 - i)));
	while (skip < sizeof value - 1 && bytes[skip] == sign &&
	       (bytes[skip + 1] & 0x80) == (sign & 0x80))
		skip++;
	uint32_t len = (uint32_t)sizeof value - skip;
	if (put->type->kind == WR_AVRO_BYTES) {
		put_long(w, len);
		put_raw(w, bytes + skip, len);
		return true;
	}
	if (len > put->type->size)
		return fail(w, put, "a number that does not fit the schema's fixed");
	char *p = room(w, put->type->size);
	memset(p, sign, put->type->size);
	memcpy(p + put->type->size - len, bytes + skip, len);
	w->out->len += put->type->size;
	return true;
}

/* Texts, bytes, and texts that are symbols. */
static bool write_bytes(struct wr_avro_writer *w, const struct put *put, const struct wr_view *view)
{
	const char *data = wr_view_data(view);

	if (put->op == PUT_BYTES) {
		put_long(w, view->len);
	} else if (put->op == PUT_ENUM) {
		for (uint32_t i = 0; i < put->type->count; i++) {
			if (!wr_str_eq((struct wr_str){data, view->len}, put->type->symbol[i]))
				continue;
			put_long(w, i);
			return true;
		}
		return fail(w, put, "a text that is no symbol of the schema's enum");
	} else if (view->len != put->type->size) {
		return fail(w, put, "bytes of another length than the schema's fixed");
	}
	put_raw(w, data, view->len);
	return true;
}

/* One block of all elements or entries. */
static bool write_list(struct wr_avro_writer *w, const struct put *put,
		       const struct wr_column *column, uint32_t row)
{
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	bool map = put->op == PUT_MAP;
	const struct wr_column *value = column->child[map];

	if (span.len != 0)
		put_long(w, span.len);
	for (uint32_t i = span.start; i < span.start + span.len; i++) {
		if (map) {
			const struct wr_column *keys = column->child[0];
			const struct wr_view *key = &WR_DATA(keys, struct wr_view)[i & keys->mask];
			if (!wr_column_is_valid(keys, i))
				return fail(w, put, "a map with a NULL key");
			put_long(w, key->len);
			put_raw(w, wr_view_data(key), key->len);
		}
		if (!write_value(w, put->child, value, i))
			return false;
	}
	put_long(w, 0);
	return true;
}

static bool write_real(struct wr_avro_writer *w, const struct put *put,
		       const struct wr_column *column, uint32_t row)
{
	if (put->op == PUT_FLOAT) {
		put_raw(w, &WR_DATA(column, float)[row], sizeof(float));
		return true;
	}
	double value = column->phys == WR_P_F32 ? (double)WR_DATA(column, float)[row]
						: WR_DATA(column, double)[row];
	put_raw(w, &value, sizeof value);
	return true;
}

/* A value that is there. */
static bool write_plain(struct wr_avro_writer *w, const struct put *put,
			const struct wr_column *column, uint32_t row)
{
	uint32_t at = row & column->mask;

	switch (put->op) {
	case PUT_BOOL: put_raw(w, &WR_DATA(column, uint8_t)[at], 1); return true;
	case PUT_LONG: return write_long(w, put, column, at);
	case PUT_FLOAT:
	case PUT_DOUBLE: return write_real(w, put, column, at);
	case PUT_BYTES:
	case PUT_FIXED:
	case PUT_ENUM: return write_bytes(w, put, &WR_DATA(column, struct wr_view)[at]);
	case PUT_DECIMAL: return write_decimal(w, put, WR_DATA(column, wr_i128)[at]);
	case PUT_LIST:
	case PUT_MAP: return write_list(w, put, column, at);
	case PUT_ROW:
		for (uint32_t i = 0; i < put->count; i++) {
			const struct put *child = &put->child[i];
			if (child->op == PUT_CONSTANT)
				put_raw(w, child->constant.data, child->constant.len);
			else if (!write_value(w, child, column->child[put->source[i]], at))
				return false;
		}
		return true;
	default: return false;
	}
}

static bool write_value(struct wr_avro_writer *w, const struct put *put,
			const struct wr_column *column, uint32_t row)
{
	if (!wr_column_is_valid(column, row)) {
		if (put->null_branch < 0)
			return fail(w, put, "NULL, which the schema does not take");
		put_long(w, put->null_branch);
		return true;
	}
	if (put->branch >= 0)
		put_long(w, put->branch);
	return write_plain(w, put, column, row);
}

wr_status *wr_avro_write_row(struct wr_avro_writer *w, struct wr_text *out,
			     struct wr_column *const *column, uint32_t row)
{
	const struct put *root = &w->root;
	size_t before = out->len;
	bool good = true;

	w->out = out;
	if (root->branch >= 0)
		put_long(w, root->branch);
	for (uint32_t i = 0; good && i < root->count; i++) {
		const struct put *child = &root->child[i];
		if (child->op == PUT_CONSTANT)
			put_raw(w, child->constant.data, child->constant.len);
		else
			good = write_value(w, child, column[root->source[i]], row);
	}
	if (good)
		return NULL;
	out->len = before;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Column '%s' cannot be written: %s", w->column, w->fault),
	    "Mend the value in the query, or change the schema");
}
