/* SPDX-License-Identifier: Apache-2.0
 *
 * appender - see appender.h. Values of the type of their column go straight to its builder; the
 * others are cast one by one by a compiled expression, which is made when the first one comes.
 */
#include "expr/appender.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "data/datetime.h"
#include "data/number.h"
#include "data/utf8.h"
#include "expr/append_cast.h"

#define KINDS_MIN 16u

wr_status *wr_appender_init(struct weir_appender *out, const struct wr_schema *schema,
			    const char *zone_id, uint32_t rows_max)
{
	*out = (struct weir_appender){.rows_max = rows_max, .zone_id = zone_id};
	WR_TRY(wr_result_init(&out->result, schema, false, zone_id));
	out->column = wr_calloc(schema->count + 1, sizeof *out->column);
	for (uint32_t i = 0; i < schema->count; i++)
		out->column[i] = wr_builder_new(schema->field[i].type, 0);
	return NULL;
}

void wr_appender_release(struct weir_appender *out)
{
	for (uint32_t i = 0; out->column != NULL && i < out->result.column_count; i++)
		wr_builder_free(out->column[i]);
	wr_free(out->column);
	wr_result_release(&out->result);
	wr_free(out->kind);
	wr_free(out->marks);
	wr_append_cast_free(out->casts);
	wr_status_free(out->mistake);
	*out = (struct weir_appender){0};
}

/* The builders back to the closed rows. */
static void undo(struct weir_appender *out)
{
	for (uint32_t i = 0; i < out->result.column_count; i++)
		wr_builder_truncate(out->column[i], out->rows);
	out->at = 0;
	out->depth = 0;
	out->bad = false;
}

void wr_appender_reset(struct weir_appender *out)
{
	for (uint32_t i = 0; i < out->result.column_count; i++)
		wr_builder_reset(out->column[i]);
	out->rows = 0;
	undo(out);
	wr_free(out->kind);
	out->kind = NULL;
	wr_status_free(out->mistake);
	out->mistake = NULL;
	out->bad_rows = 0;
}

struct wr_batch *wr_appender_take(struct weir_appender *out)
{
	struct wr_batch *batch;

	if (out->rows == 0)
		return NULL;
	WR_ASSERT(out->at == 0 && out->depth == 0);
	batch = wr_batch_new(out->result.column_count, out->rows);
	for (uint32_t i = 0; i < out->result.column_count; i++)
		batch->column[i] = wr_builder_finish(out->column[i]);
	batch->kind = out->kind;
	out->kind = NULL;
	out->rows = 0;
	return batch;
}

bool wr_appender_fail(struct weir_appender *out, wr_status *mistake)
{
	if (out->mistake == NULL)
		out->mistake = mistake;
	else
		wr_status_free(mistake);
	out->bad = true;
	return false;
}

wr_status *wr_appender_mistake(struct weir_appender *out)
{
	wr_status *mistake;

	if (!out->bad && (out->at > 0 || out->depth > 0))
		wr_appender_fail(
		    out,
		    wr_status_hint(wr_status_new(WR_USER_ERROR, "A row has %u of its %u values",
						 out->at, out->result.column_count),
				   "Call weir_append_end behind the values of each row"));
	if (out->bad) {
		out->bad_rows++;
		undo(out);
	}
	mistake = out->mistake;
	if (out->bad_rows > 1)
		wr_status_hint(mistake,
			       "%llu rows were dropped for such mistakes; this was the "
			       "first",
			       (unsigned long long)out->bad_rows);
	out->mistake = NULL;
	out->bad_rows = 0;
	return mistake;
}

/* --- the place of the next value */

/* Says that a column, or what is in it, cannot take what was appended. */
static bool refuse(struct weir_appender *out, const struct wr_type *type, const char *what)
{
	const struct wr_schema *schema = out->result.schema;
	const char *name = out->at < schema->count ? schema->field[out->at].name : "?";
	struct wr_text text;
	wr_status *status;

	wr_text_init(&text);
	wr_type_print(&text, type);
	status = wr_status_new(WR_USER_ERROR, "Column `%s`%s of type %s cannot take %s", name,
			       out->depth > 0 ? ": a value in it" : "", wr_text_str(&text), what);
	wr_text_release(&text);
	return wr_appender_fail(out, status);
}

/* The builder of the next value within a nested one. */
static struct wr_builder *next_nested(struct weir_appender *out)
{
	const struct wr_append_nest *nest = &out->nest[out->depth - 1];
	const struct wr_builder *builder = nest->builder;

	if (builder->phys != WR_P_ROW)
		return builder->child[nest->count % builder->child_count];
	if (nest->count < builder->child_count)
		return builder->child[nest->count];
	refuse(out, builder->type, "so many fields");
	return NULL;
}

/* What the owner has before the values of each row. */
static void put_prefix(struct weir_appender *out)
{
	const struct weir_row *row = out->prefix(out->prefix_user);

	for (; out->at < out->prefix_count; out->at++)
		wr_builder_append(out->column[out->at],
				  row->batch->column[out->at % row->batch->column_count], row->row);
}

/* The builder of the next value; NULL: there is none, and why has been noted. */
static inline struct wr_builder *next(struct weir_appender *out)
{
	if (WR_UNLIKELY(out->at < out->prefix_count) && !out->bad)
		put_prefix(out);
	if (WR_LIKELY(!out->bad && out->depth == 0 &&
		      out->at + out->suffix_count < out->result.column_count))
		return out->column[out->at];
	if (out->bad)
		return NULL;
	if (out->depth > 0)
		return next_nested(out);
	wr_appender_fail(out,
			 wr_status_hint(wr_status_new(WR_USER_ERROR,
						      "A row has more values than its %u "
						      "columns",
						      out->result.column_count - out->suffix_count),
					"Call weir_append_end behind the last one"));
	return NULL;
}

/* A value has been appended. */
static inline bool done(struct weir_appender *out)
{
	if (out->depth > 0)
		out->nest[out->depth - 1].count++;
	else
		out->at++;
	return true;
}

WR_PUBLIC const struct weir_result *weir_appender_result(const struct weir_appender *out)
{
	return &out->result;
}

/* --- values */

WR_PUBLIC bool weir_append_null(struct weir_appender *out)
{
	struct wr_builder *builder = next(out);

	if (builder == NULL)
		return false;
	if (!builder->type->nullable)
		return refuse(out, builder->type, "NULL");
	wr_builder_null(builder);
	return done(out);
}

WR_PUBLIC bool weir_append_bool(struct weir_appender *out, bool value)
{
	struct wr_builder *builder = next(out);

	if (builder == NULL)
		return false;
	if (builder->type->kind != WR_BOOLEAN)
		return refuse(out, builder->type, "a boolean");
	wr_builder_bool(builder, value);
	return done(out);
}

/* Cuts nanoseconds to a precision below nine digits. */
static wr_i128 cut(wr_i128 ns, uint32_t precision)
{
	wr_i128 unit = 1;

	for (uint32_t digit = precision; digit < 9; digit++)
		unit *= 10;
	return ns - ((ns % unit) + unit) % unit;
}

/* The same of milliseconds. */
static int64_t cut_ms(int64_t ms, uint32_t precision)
{
	return precision >= 3 ? ms : (int64_t)(cut((wr_i128)ms * 1000000, precision) / 1000000);
}

/* An integer for a column that is not one of integers. */
static bool append_converted(struct weir_appender *out, struct wr_builder *builder, int64_t value)
{
	const struct wr_type *type = builder->type;

	if (builder->phys == WR_P_F64)
		wr_builder_f64(builder, (double)value);
	else if (builder->phys == WR_P_F32)
		wr_builder_f32(builder, (float)value);
	else if (type->kind == WR_TIMESTAMP || type->kind == WR_TIMESTAMP_LTZ)
		wr_builder_i128(builder, (wr_i128)value * 1000000);
	else if (type->kind == WR_DECIMAL)
		return wr_append_cast(out, builder, &WR_T_BIGINT, &value) && done(out);
	else
		return refuse(out, type, "an integer");
	return done(out);
}

WR_PUBLIC bool weir_append_i64(struct weir_appender *out, int64_t value)
{
	struct wr_builder *builder = next(out);

	if (WR_UNLIKELY(builder == NULL))
		return false;
	switch (builder->phys) {
	case WR_P_I64:
		if (wr_kind_is_timestamp(builder->type->kind))
			value = cut_ms(value, builder->type->precision);
		wr_builder_i64(builder, value);
		return done(out);
	case WR_P_I32:
		if (builder->type->kind == WR_TIME) {
			if (value < 0 || value >= WR_MS_DAY)
				return refuse(out, builder->type,
					      "milliseconds beyond 0..86399999");
			value = cut_ms(value, builder->type->precision);
		}
		if (value != (int32_t)value)
			return refuse(out, builder->type, "so large an integer");
		wr_builder_i32(builder, (int32_t)value);
		return done(out);
	case WR_P_I16:
		if (value != (int16_t)value)
			return refuse(out, builder->type, "so large an integer");
		wr_builder_i16(builder, (int16_t)value);
		return done(out);
	case WR_P_I8:
		if (value != (int8_t)value)
			return refuse(out, builder->type, "so large an integer");
		wr_builder_i8(builder, (int8_t)value);
		return done(out);
	default: return append_converted(out, builder, value);
	}
}

WR_PUBLIC bool weir_append_f64(struct weir_appender *out, double value)
{
	struct wr_builder *builder = next(out);

	if (builder == NULL)
		return false;
	if (builder->phys == WR_P_F64)
		wr_builder_f64(builder, value);
	else if (builder->phys == WR_P_F32)
		wr_builder_f32(builder, (float)value);
	else
		return refuse(out, builder->type, "a floating-point number");
	return done(out);
}

WR_PUBLIC bool weir_append_bytes(struct weir_appender *out, const char *bytes, size_t len)
{
	struct wr_builder *builder = next(out);

	if (builder == NULL)
		return false;
	if (builder->phys != WR_P_STR)
		return refuse(out, builder->type, "bytes");
	if (len > WR_RECORD_BYTES_MAX)
		return refuse(out, builder->type, "more than 64 MiB");
	if (bytes == NULL && len > 0)
		return refuse(out, builder->type, "bytes at NULL");
	if (bytes == NULL)
		bytes = "";
	if (wr_kind_is_string(builder->type->kind) && !wr_utf8_valid(bytes, len))
		return refuse(out, builder->type, "bytes that are not UTF-8");
	wr_builder_str(builder, bytes, len);
	return done(out);
}

/* A number as CAST reads it, without a program for one value; false: CAST is to say what is wrong.
 */
static bool append_number(struct wr_builder *builder, struct wr_str text)
{
	int64_t value;
	double real;
	float single;

	switch (builder->type->kind) {
	case WR_TINYINT:
		if (wr_int_parse(text.data, text.len, INT8_MIN, INT8_MAX, &value) != WR_INT_OK)
			return false;
		wr_builder_i8(builder, (int8_t)value);
		return true;
	case WR_SMALLINT:
		if (wr_int_parse(text.data, text.len, INT16_MIN, INT16_MAX, &value) != WR_INT_OK)
			return false;
		wr_builder_i16(builder, (int16_t)value);
		return true;
	case WR_INT:
		if (wr_int_parse(text.data, text.len, INT32_MIN, INT32_MAX, &value) != WR_INT_OK)
			return false;
		wr_builder_i32(builder, (int32_t)value);
		return true;
	case WR_BIGINT:
		if (wr_int_parse(text.data, text.len, INT64_MIN, INT64_MAX, &value) != WR_INT_OK)
			return false;
		wr_builder_i64(builder, value);
		return true;
	case WR_DOUBLE:
		if (!wr_double_parse(text.data, text.len, &real))
			return false;
		wr_builder_f64(builder, real);
		return true;
	case WR_FLOAT:
		if (!wr_float_parse(text.data, text.len, &single))
			return false;
		wr_builder_f32(builder, single);
		return true;
	default: return false;
	}
}

WR_PUBLIC bool weir_append_text(struct weir_appender *out, const char *text)
{
	struct wr_builder *builder;
	struct wr_str str;

	if (text == NULL)
		return weir_append_null(out);
	builder = next(out);
	if (builder == NULL)
		return false;
	if (wr_kind_is_string(builder->type->kind))
		return weir_append_bytes(out, text, strlen(text));
	str = wr_str_of(text);
	if (append_number(builder, str))
		return done(out);
	return wr_append_cast(out, builder, &WR_T_STRING, &str) && done(out);
}

WR_PUBLIC bool weir_append_timestamp(struct weir_appender *out, int64_t ms, int32_t nanos)
{
	struct wr_builder *builder = next(out);
	wr_i128 ns = (wr_i128)ms * 1000000 + nanos;

	if (builder == NULL)
		return false;
	if (!wr_kind_is_timestamp(builder->type->kind))
		return refuse(out, builder->type, "a timestamp");
	if (nanos < 0 || nanos > 999999)
		return refuse(out, builder->type, "nanoseconds beyond 0..999999");
	if (builder->phys == WR_P_I128)
		wr_builder_i128(builder, cut(ns, builder->type->precision));
	else if (builder->type->precision == 3)
		wr_builder_i64(builder, ms);
	else
		wr_builder_i64(builder, (int64_t)(cut(ns, builder->type->precision) / 1000000));
	return done(out);
}

void wr_appender_copy(struct weir_appender *out, const struct wr_column *column, uint32_t row)
{
	struct wr_builder *builder = next(out);

	if (builder == NULL)
		return;
	wr_builder_append(builder, column, row);
	done(out);
}

WR_PUBLIC bool weir_append_value(struct weir_appender *out, const struct weir_row *row,
				 uint32_t column)
{
	struct wr_builder *builder = next(out);
	const struct wr_column *from;

	if (builder == NULL)
		return false;
	if (column >= row->batch->column_count)
		return refuse(out, builder->type, "the value of a column that is not there");
	if (weir_is_null(row, column))
		return weir_append_null(out);
	from = row->batch->column[column];
	if (wr_type_equal(from->type, builder->type, false))
		wr_builder_append(builder, from, row->row);
	else if (!wr_append_cast_value(out, builder, from, row->row))
		return false;
	return done(out);
}

/* --- nested values */

WR_PUBLIC bool weir_append_begin(struct weir_appender *out)
{
	struct wr_builder *builder = next(out);

	if (builder == NULL)
		return false;
	if (builder->child_count == 0)
		return refuse(out, builder->type, "a nested value");
	if (out->depth == WR_APPEND_DEPTH_MAX)
		return refuse(out, builder->type, "values nested so deeply");
	out->nest[out->depth++] = (struct wr_append_nest){.builder = builder};
	return true;
}

WR_PUBLIC bool weir_append_end_nested(struct weir_appender *out)
{
	struct wr_append_nest nest;

	if (out->bad)
		return false;
	if (out->depth == 0)
		return wr_appender_fail(
		    out, wr_status_new(WR_USER_ERROR,
				       "weir_append_end_nested without weir_append_begin"));
	nest = out->nest[out->depth - 1];
	if (nest.builder->phys == WR_P_ROW) {
		if (nest.count != nest.builder->child_count)
			return refuse(out, nest.builder->type, "fewer values than it has fields");
		wr_builder_row(nest.builder);
	} else {
		if (nest.count % nest.builder->child_count != 0)
			return refuse(out, nest.builder->type, "a key without a value");
		wr_builder_list(nest.builder, nest.count / nest.builder->child_count);
	}
	out->depth--;
	return done(out);
}

/* --- rows */

WR_PUBLIC void weir_append_undo(struct weir_appender *out)
{
	if (out->bad) {
		wr_status_free(out->mistake);
		out->mistake = NULL;
	}
	undo(out);
}

WR_PUBLIC int weir_append_fail(struct weir_appender *out, const char *format, ...)
{
	wr_status *status;
	va_list list;

	va_start(list, format);
	status = wr_status_reason(format, list);
	va_end(list);
	weir_append_undo(out);
	wr_appender_fail(out, status);
	return -1;
}

/* A row that is not whole, or has a mistake, goes. */
static bool drop_row(struct weir_appender *out)
{
	uint32_t others = out->prefix_count + out->suffix_count;

	if (!out->bad && out->depth > 0)
		wr_appender_fail(
		    out, wr_status_hint(wr_status_new(WR_USER_ERROR, "A nested value is not ended"),
					"Call weir_append_end_nested behind its values"));
	else if (!out->bad)
		wr_appender_fail(
		    out,
		    wr_status_new(WR_USER_ERROR,
				  "A row has %u values for %u "
				  "columns",
				  out->at < out->prefix_count ? 0 : out->at - out->prefix_count,
				  out->result.column_count - others));
	undo(out);
	out->bad_rows++;
	return false;
}

/* What the owner has behind the values of each row. */
static void put_suffix(struct weir_appender *out)
{
	if (out->bad || out->depth > 0 || out->at + 1 != out->result.column_count)
		return;
	out->suffix(out->prefix_user, out->column[out->at]);
	out->at++;
}

/* What goes with the row beside its columns. The first row that is no insert makes `kind`. */
static void note_row(struct weir_appender *out, enum weir_row_kind kind)
{
	if (out->rows >= out->room) {
		out->room = WR_MAX(out->rows * 2, KINDS_MIN);
		if (out->kind != NULL)
			out->kind = wr_realloc(out->kind, out->room);
		if (out->marks != NULL)
			out->marks = wr_realloc(out->marks, (size_t)out->room * sizeof *out->marks);
	}
	if (out->kind == NULL && kind != WEIR_INSERT)
		out->kind = wr_calloc(out->room, 1);
	if (out->kind != NULL)
		out->kind[out->rows] = (uint8_t)kind;
	if (out->marks == NULL && out->mark_rows)
		out->marks = wr_malloc((size_t)out->room * sizeof *out->marks);
	if (out->mark_rows)
		out->marks[out->rows] = out->mark;
}

void wr_appender_move(struct weir_appender *out, struct weir_appender *from,
		      enum weir_row_kind kind)
{
	WR_ASSERT(out->at == 0 && from->at == 0 && from->depth == 0);
	for (uint32_t i = 0; i < out->result.column_count; i++)
		wr_builder_move(out->column[i], from->column[i]);
	for (uint32_t i = 0; i < from->rows; i++) {
		if (out->kind != NULL || out->mark_rows || kind != WEIR_INSERT)
			note_row(out, kind);
		out->rows++;
	}
	from->rows = 0;
}

static inline bool close_row(struct weir_appender *out)
{
	wr_status *status;

	out->at = 0;
	out->rows++;
	if (WR_LIKELY(out->rows < out->rows_max) || out->full == NULL)
		return true;
	status = out->full(out->user, out);
	if (status == NULL)
		return true;
	wr_appender_fail(out, status);
	out->bad = false;
	return false;
}

WR_PUBLIC bool weir_append_end(struct weir_appender *out)
{
	if (WR_UNLIKELY(out->suffix_count > 0))
		put_suffix(out);
	if (WR_UNLIKELY(out->bad || out->depth > 0 || out->at != out->result.column_count))
		return drop_row(out);
	if (out->kind != NULL || out->mark_rows)
		note_row(out, WEIR_INSERT);
	return close_row(out);
}

static const char *const kind_names[] = {
    [WEIR_INSERT] = "+I",
    [WEIR_UPDATE_BEFORE] = "-U",
    [WEIR_UPDATE_AFTER] = "+U",
    [WEIR_DELETE] = "-D",
};

WR_PUBLIC bool weir_append_end_kind(struct weir_appender *out, enum weir_row_kind kind)
{
	if (kind == WEIR_INSERT)
		return weir_append_end(out);
	if (!out->bad && kind > WEIR_DELETE)
		wr_appender_fail(out, wr_status_new(WR_USER_ERROR,
						    "%u is no kind of row (enum weir_row_kind)",
						    (unsigned)kind));
	if (!out->bad && !out->changes)
		wr_appender_fail(out, wr_status_hint(wr_status_new(WR_USER_ERROR,
								   "A row of kind %s is written "
								   "where only inserts are "
								   "expected",
								   kind_names[kind]),
						     "Say that changes are written: `changes` of "
						     "struct weir_process, 'input.changelog' of "
						     "an input table"));
	if (out->bad || out->depth > 0 || out->at != out->result.column_count)
		return drop_row(out);
	note_row(out, kind);
	return close_row(out);
}
