/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_read - runs the steps of a program over the bytes of a record.
 *
 * A value's layout is the specification's: numbers are zigzag varints, floats are little-endian,
 * texts and bytes have their length before them, a union the number of its branch; arrays and maps
 * come in blocks of a count (negative: the block's bytes follow) and end with a count of 0.
 *
 * Everything is checked against the end of the record. A count of elements must not be more than
 * the bytes that are left (every element has at least one), so that hostile counts cost nothing.
 */
#include "formats/avro_read.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/utf8.h"

static bool read_step(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row);

/* --- faults ------------------------------------------------------------
 */

void wr_avro_note(struct wr_avro_in *in, const char *kind, const char *format, ...)
{
	va_list args;

	in->fault->kind = kind;
	in->fault->column = NULL;
	va_start(args, format);
	vsnprintf(in->fault->text, sizeof in->fault->text, format, args);
	va_end(args);
}

static bool fail_short(struct wr_avro_in *in)
{
	return wr_avro_fail(in, "syntax",
			    "the record ends too early: is it of another schema than the table's?");
}

/* --- bytes ------------------------------------------------------------
 */

bool wr_avro_get_long_slow(struct wr_avro_in *in, int64_t *out)
{
	uint64_t value = 0;
	const char *p = in->p;

	for (uint32_t shift = 0; shift < 70; shift += 7) {
		if (p >= in->end)
			return fail_short(in);
		uint8_t c = (uint8_t)*p++;
		value |= (uint64_t)(c & 0x7f) << shift;
		if (c >= 0x80)
			continue;
		in->p = p;
		*out = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
		return true;
	}
	return wr_avro_fail(in, "syntax", "a number of more than 64 bits");
}

static inline bool has(struct wr_avro_in *in, uint64_t size)
{
	return WR_LIKELY((uint64_t)(in->end - in->p) >= size) || fail_short(in);
}

/* The bytes behind a length. */
static inline bool get_bytes(struct wr_avro_in *in, const char **data, uint32_t *len)
{
	int64_t size;

	if (!wr_avro_get_long(in, &size))
		return false;
	if (WR_UNLIKELY(size < 0))
		return wr_avro_fail(in, "syntax", "a text of %lld bytes", (long long)size);
	if (!has(in, (uint64_t)size))
		return false;
	*data = in->p;
	*len = (uint32_t)size;
	in->p += size;
	return true;
}

/* The count of the next block of an array or map; 0: it is over. `bytes`: of the block, -1:
 * unknown. */
static bool get_block(struct wr_avro_in *in, uint32_t *count, int64_t *bytes)
{
	int64_t n;

	*bytes = -1;
	if (!wr_avro_get_long(in, &n))
		return false;
	if (n < 0 && n != INT64_MIN) {
		if (!wr_avro_get_long(in, bytes))
			return false;
		if (*bytes < 0 || *bytes > in->end - in->p)
			return wr_avro_fail(in, "syntax",
					    "a block of %lld bytes, where %lld are left",
					    (long long)*bytes, (long long)(in->end - in->p));
		n = -n;
	}
	if (n < 0 || n > in->end - in->p)
		return wr_avro_fail(in, "syntax", "%lld elements, where %lld bytes are left",
				    (long long)n, (long long)(in->end - in->p));
	*count = (uint32_t)n;
	return true;
}

/* --- skipping ------------------------------------------------------------
 */

static bool skip_size(struct wr_avro_in *in, uint64_t size)
{
	if (!has(in, size))
		return false;
	in->p += size;
	return true;
}

/* Blocks that say their size are not looked into. */
static bool skip_blocks(struct wr_avro_in *in, const struct wr_avro_type *type)
{
	const char *data;
	uint32_t count;
	uint32_t len;
	int64_t bytes;

	for (;;) {
		if (!get_block(in, &count, &bytes))
			return false;
		if (count == 0)
			return true;
		if (bytes >= 0) {
			in->p += bytes;
			continue;
		}
		for (uint32_t i = 0; i < count; i++) {
			if (type->kind == WR_AVRO_MAP && !get_bytes(in, &data, &len))
				return false;
			if (!wr_avro_skip(in, type->child[0]))
				return false;
		}
	}
}

static bool get_branch(struct wr_avro_in *in, const struct wr_avro_type *type, uint32_t *branch)
{
	int64_t n;

	if (!wr_avro_get_long(in, &n))
		return false;
	if (n < 0 || n >= type->count)
		return wr_avro_fail(in, "syntax", "branch %lld of a union of %u", (long long)n,
				    type->count);
	*branch = (uint32_t)n;
	return true;
}

/* What holds other values. */
static bool skip_inner(struct wr_avro_in *in, const struct wr_avro_type *type)
{
	uint32_t branch;

	switch (type->kind) {
	case WR_AVRO_RECORD:
		for (uint32_t i = 0; i < type->count; i++) {
			if (!wr_avro_skip(in, type->field[i].type))
				return false;
		}
		return true;
	case WR_AVRO_UNION:
		return get_branch(in, type, &branch) && wr_avro_skip(in, type->child[branch]);
	default: return skip_blocks(in, type);
	}
}

bool wr_avro_skip(struct wr_avro_in *in, const struct wr_avro_type *type)
{
	const char *data;
	uint32_t len;
	int64_t n;

	switch (type->kind) {
	case WR_AVRO_NULL: return true;
	case WR_AVRO_BOOLEAN: return skip_size(in, 1);
	case WR_AVRO_INT:
	case WR_AVRO_LONG:
	case WR_AVRO_ENUM: return wr_avro_get_long(in, &n);
	case WR_AVRO_FLOAT: return skip_size(in, 4);
	case WR_AVRO_DOUBLE: return skip_size(in, 8);
	case WR_AVRO_BYTES:
	case WR_AVRO_STRING: return get_bytes(in, &data, &len);
	case WR_AVRO_FIXED: return skip_size(in, type->size);
	default: break;
	}
	if (++in->depth > WR_AVRO_DEPTH_MAX)
		return wr_avro_fail(in, "syntax", "values within values, more than %d levels",
				    WR_AVRO_DEPTH_MAX);
	bool good = skip_inner(in, type);
	in->depth--;
	return good;
}

/* --- numbers ------------------------------------------------------------
 */

/* An int or long that must fit the column. */
static bool read_integer(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row,
			 int64_t min, int64_t max)
{
	int64_t n;

	if (!wr_avro_get_long(in, &n))
		return false;
	if (WR_UNLIKELY(n < min || n > max))
		return wr_avro_fail(in, "type", "%lld does not fit the column's type",
				    (long long)n);
	switch (step->op) {
	case WR_AVRO_TO_I8: ((int8_t *)step->vec->data)[row] = (int8_t)n; break;
	case WR_AVRO_TO_I16: ((int16_t *)step->vec->data)[row] = (int16_t)n; break;
	default: ((int32_t *)step->vec->data)[row] = (int32_t)n; break;
	}
	wr_vec_valid(step->vec, row);
	return true;
}

static bool read_time(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	int64_t n;

	if (!wr_avro_get_long(in, &n))
		return false;
	if (n < 0 || n / step->factor >= WR_MS_DAY)
		return wr_avro_fail(in, "type", "%lld is no time of a day", (long long)n);
	((int32_t *)step->vec->data)[row] = (int32_t)(n / step->factor);
	wr_vec_valid(step->vec, row);
	return true;
}

/* Milliseconds, of a unit that is `factor` times as long, or (negative) a part of one. */
static bool read_ms(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	int64_t n;

	if (!wr_avro_get_long(in, &n))
		return false;
	((int64_t *)step->vec->data)[row] =
	    step->factor > 0 ? n * step->factor : wr_floor_div(n, -step->factor);
	wr_vec_valid(step->vec, row);
	return true;
}

/* long, int, and what counts nanoseconds in 128 bits */
static bool read_wide(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	struct wr_vec *vec = step->vec;
	int64_t n;

	if (!wr_avro_get_long(in, &n))
		return false;
	switch (step->op) {
	case WR_AVRO_TO_I64: ((int64_t *)vec->data)[row] = n; break;
	case WR_AVRO_TO_NS: ((wr_i128 *)vec->data)[row] = (wr_i128)n * step->factor; break;
	case WR_AVRO_INT_TO_F32: ((float *)vec->data)[row] = (float)n; break;
	default: ((double *)vec->data)[row] = (double)n; break;
	}
	wr_vec_valid(vec, row);
	return true;
}

/* float or double into FLOAT or DOUBLE; there is no way down. */
static bool read_real(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	struct wr_vec *vec = step->vec;
	float narrow;
	double wide;

	if (step->op == WR_AVRO_F64_TO_F64) {
		if (!has(in, sizeof wide))
			return false;
		memcpy(&wide, in->p, sizeof wide);
		in->p += sizeof wide;
	} else {
		if (!has(in, sizeof narrow))
			return false;
		memcpy(&narrow, in->p, sizeof narrow);
		in->p += sizeof narrow;
		wide = narrow;
	}
	if (step->op == WR_AVRO_F32_TO_F32)
		((float *)vec->data)[row] = narrow;
	else
		((double *)vec->data)[row] = wide;
	wr_vec_valid(vec, row);
	return true;
}

static bool read_bool(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	if (!has(in, 1))
		return false;
	uint8_t value = (uint8_t)*in->p++;
	if (value > 1)
		return wr_avro_fail(in, "syntax", "a boolean that is %u", value);
	((uint8_t *)step->vec->data)[row] = value;
	wr_vec_valid(step->vec, row);
	return true;
}

/* Big-endian two's complement. */
static bool read_decimal(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	const struct wr_type *type = step->vec->type;
	const char *data = in->p;
	uint32_t len = step->type->size;
	wr_i128 value;

	if (step->op == WR_AVRO_BYTES_TO_DECIMAL) {
		if (!get_bytes(in, &data, &len))
			return false;
	} else if (!skip_size(in, len)) {
		return false;
	}
	value = len != 0 && data[0] < 0 ? -1 : 0;
	for (; len > sizeof value && (data[0] == 0 || data[0] == -1); len--)
		data++; /* more of the sign */
	bool good = len <= sizeof value;
	for (uint32_t i = 0; good && i < len; i++)
		value = (wr_i128)((unsigned __int128)value << 8 | (uint8_t)data[i]);
	if (good && step->scale != type->scale)
		good = value > -wr_pow10[38] && value < wr_pow10[38] &&
		       wr_decimal_rescale(value, step->scale, type->precision, type->scale, &value);
	else
		good = good && wr_decimal_fits(value, type->precision);
	if (!good)
		return wr_avro_fail(in, "type", "a number that does not fit DECIMAL(%d, %d)",
				    type->precision, type->scale);
	((wr_i128 *)step->vec->data)[row] = value;
	wr_vec_valid(step->vec, row);
	return true;
}

/* --- texts ------------------------------------------------------------
 */

static void put_bytes(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row,
		      const char *data, uint32_t len)
{
	if (WR_UNLIKELY(in->copies))
		wr_vec_copy(step->vec, row, data, len);
	else
		wr_vec_view(step->vec, row, data, len);
}

static bool read_text(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	const char *data;
	uint32_t len;

	if (!get_bytes(in, &data, &len))
		return false;
	if (WR_UNLIKELY(!wr_utf8_valid_padded(data, len)))
		return wr_avro_fail(in, "encoding", "a text that is not UTF-8");
	put_bytes(step, in, row, data, len);
	return true;
}

static bool read_bytes(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	const char *data = in->p;
	uint32_t len = step->type->size;

	if (step->op == WR_AVRO_TO_BYTES ? !get_bytes(in, &data, &len) : !skip_size(in, len))
		return false;
	put_bytes(step, in, row, data, len);
	return true;
}

/* A symbol's text. */
static bool read_enum(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	int64_t n;

	if (!wr_avro_get_long(in, &n))
		return false;
	if (n < 0 || n >= step->type->count)
		return wr_avro_fail(in, "syntax", "symbol %lld of an enum of %u", (long long)n,
				    step->type->count);
	const char *symbol = step->type->symbol[n];
	wr_vec_copy(step->vec, row, symbol, strlen(symbol));
	return true;
}

/* --- what holds others
 * ----------------------------------------------------------------------------- */

/* Elements, block after block. */
static bool read_list(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	struct wr_vec *vec = step->vec;
	struct wr_vec *item = &vec->child[0];
	uint32_t start = item->len;
	uint32_t count;
	int64_t bytes;

	for (;;) {
		if (!get_block(in, &count, &bytes))
			return false;
		if (count == 0)
			break;
		for (uint32_t i = 0; i < count; i++) {
			uint32_t at = wr_vec_add(item);
			if (!read_step(step->child, in, at))
				return false;
		}
	}
	((struct wr_span *)vec->data)[row] = (struct wr_span){start, item->len - start};
	wr_vec_valid(vec, row);
	return true;
}

/* One entry. Of equal keys the last value counts, at the place of the first. */
static bool read_entry(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t start)
{
	struct wr_vec *key = &step->vec->child[0];
	struct wr_vec *value = &step->vec->child[1];
	const char *data;
	uint32_t len;

	if (!get_bytes(in, &data, &len))
		return false;
	if (!wr_utf8_valid_padded(data, len))
		return wr_avro_fail(in, "encoding", "a key of a map that is not UTF-8");
	uint32_t before = step->keys->count;
	uint32_t index = wr_json_keys_add(step->keys, wr_view_of(data, len));
	uint32_t at = start + index;
	if (index == before) {
		at = wr_vec_add(value);
		uint32_t key_at = wr_vec_add(key);
		WR_ASSERT(at == start + index && key_at == at);
		if (in->copies)
			wr_vec_copy(key, key_at, data, len);
		else
			wr_vec_view(key, key_at, data, len);
	}
	return read_step(step->child, in, at);
}

/* Entries, block after block. */
static bool read_map(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	struct wr_vec *vec = step->vec;
	uint32_t start = vec->child[0].len;
	uint32_t count;
	int64_t bytes;

	wr_json_keys_clear(step->keys);
	for (;;) {
		if (!get_block(in, &count, &bytes))
			return false;
		if (count == 0)
			break;
		for (uint32_t i = 0; i < count; i++) {
			if (!read_entry(step, in, start))
				return false;
		}
	}
	((struct wr_span *)vec->data)[row] = (struct wr_span){start, vec->child[0].len - start};
	wr_vec_valid(vec, row);
	return true;
}

/* Steps in the order of the bytes; the innermost fault keeps its column. */
static bool read_row(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	for (uint32_t i = 0; i < step->count; i++) {
		if (WR_UNLIKELY(!read_step(&step->child[i], in, row))) {
			if (in->fault->column == NULL)
				in->fault->column = step->child[i].column;
			return false;
		}
	}
	if (step->vec != NULL)
		wr_vec_valid(step->vec, row);
	return true;
}

/* A default: its bytes in place of the record's. */
static bool read_constant(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	struct wr_avro_in inner = {.p = step->constant.data,
				   .end = step->constant.data + step->constant.len,
				   .copies = true,
				   .fault = in->fault};

	return read_step(step->child, &inner, row);
}

/* The rarer steps. */
static bool read_other(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	uint32_t branch;

	switch (step->op) {
	case WR_AVRO_SKIP: return wr_avro_skip(in, step->type);
	case WR_AVRO_TO_NULL: wr_vec_null(step->vec, row); return true;
	case WR_AVRO_TO_BOOL: return read_bool(step, in, row);
	case WR_AVRO_TO_I8: return read_integer(step, in, row, INT8_MIN, INT8_MAX);
	case WR_AVRO_TO_I16: return read_integer(step, in, row, INT16_MIN, INT16_MAX);
	case WR_AVRO_TO_TIME: return read_time(step, in, row);
	case WR_AVRO_ENUM_TO_TEXT: return read_enum(step, in, row);
	case WR_AVRO_TO_BYTES:
	case WR_AVRO_FIXED_TO_BYTES: return read_bytes(step, in, row);
	case WR_AVRO_BYTES_TO_DECIMAL:
	case WR_AVRO_FIXED_TO_DECIMAL: return read_decimal(step, in, row);
	case WR_AVRO_TO_LIST: return read_list(step, in, row);
	case WR_AVRO_TO_MAP: return read_map(step, in, row);
	case WR_AVRO_TO_ROW: return read_row(step, in, row);
	case WR_AVRO_CONSTANT: return read_constant(step, in, row);
	case WR_AVRO_UNION_OF:
		return get_branch(in, step->type, &branch) &&
		       read_step(&step->child[branch], in, row);
	default: return wr_avro_fail(in, "type", "%s", step->message);
	}
}

/* A union of null and the step's type: true when there is a value to read. *good: false when
 * something is wrong. */
static inline bool branch_has_value(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row,
				    bool *good)
{
	int64_t branch;

	*good = wr_avro_get_long(in, &branch);
	if (WR_UNLIKELY(!*good))
		return false;
	if (branch == 1 - step->null_branch)
		return true;
	if (branch != step->null_branch)
		*good =
		    wr_avro_fail(in, "syntax", "branch %lld of a union of 2", (long long)branch);
	else if (!step->may_be_null)
		*good = wr_avro_fail(in, "type", "null, but the column is NOT NULL");
	else
		wr_vec_null(step->vec, row);
	return false;
}

/* The steps that most columns are come first. */
static bool read_step(struct wr_avro_step *step, struct wr_avro_in *in, uint32_t row)
{
	bool good;

	if (step->null_branch >= 0 && !branch_has_value(step, in, row, &good))
		return good;
	switch (step->op) {
	case WR_AVRO_TO_I32: return read_integer(step, in, row, INT32_MIN, INT32_MAX);
	case WR_AVRO_TO_I64:
	case WR_AVRO_TO_NS:
	case WR_AVRO_INT_TO_F32:
	case WR_AVRO_INT_TO_F64: return read_wide(step, in, row);
	case WR_AVRO_TO_MS: return read_ms(step, in, row);
	case WR_AVRO_F32_TO_F32:
	case WR_AVRO_F32_TO_F64:
	case WR_AVRO_F64_TO_F64: return read_real(step, in, row);
	case WR_AVRO_TO_TEXT: return read_text(step, in, row);
	default: return read_other(step, in, row);
	}
}

bool wr_avro_read_row(struct wr_avro_program *program, struct wr_avro_in *in, uint32_t row)
{
	return read_step(&program->root, in, row);
}
