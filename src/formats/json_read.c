/* SPDX-License-Identifier: Apache-2.0
 *
 * json_read - one value of each type, by Flink's rules.
 */
#include "formats/json_read.h"

#include <stdio.h>

#include "base/limits.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/number.h"
#include "formats/base64.h"
#include "formats/json_nested.h"

/* The text that a scalar token stands for. */
struct token {
	const char *data; /* without quotes, unescaped, spaces around taken off */
	size_t len;
	const char *end; /* behind the token; NULL: not JSON */
	bool string;     /* it had quotes */
	bool integer;    /* a number without fraction and exponent */
	bool number;     /* any number */
};

void wr_json_reader_init(struct wr_json_reader *reader, struct wr_arena *arena)
{
	*reader = (struct wr_json_reader){.arena = arena};
	wr_text_init(&reader->scratch);
}

void wr_json_reader_release(struct wr_json_reader *reader)
{
	wr_text_release(&reader->scratch);
}

const char *wr_json_read_broken(struct wr_json_reader *reader, const char *at)
{
	return wr_json_broken(&reader->fault, at);
}

/* The bytes of a string; escapes go through the scratch text. */
static struct wr_str string_bytes(struct wr_json_reader *reader,
				  const struct wr_json_string *string)
{
	if (WR_LIKELY(!string->escaped))
		return (struct wr_str){string->data, string->len};
	wr_text_clear(&reader->scratch);
	char *out = wr_text_reserve(&reader->scratch, string->len);
	return (struct wr_str){out, wr_json_unescape(out, string)};
}

/* Reads any scalar as text; for an object or array it is the bracket alone, which suits no type. */
static struct token read_token(struct wr_json_reader *reader, const char *p)
{
	struct token token = {.data = p, .len = 1};

	if (*p == '"') {
		struct wr_json_string string;
		token.end = wr_json_string(p, &string, &reader->fault);
		if (token.end == NULL)
			return token;
		struct wr_str bytes = string_bytes(reader, &string);
		token.string = true;
		while (bytes.len != 0 && (uint8_t)bytes.data[0] <= ' ') {
			bytes.data++;
			bytes.len--;
		}
		while (bytes.len != 0 && (uint8_t)bytes.data[bytes.len - 1] <= ' ')
			bytes.len--;
		token.data = bytes.data;
		token.len = bytes.len;
		return token;
	}
	if (*p == '-' || (*p >= '0' && *p <= '9')) {
		token.number = true;
		token.end = wr_json_number(p, &token.integer, &reader->fault);
	} else {
		token.end = wr_json_skip(p, &reader->fault);
	}
	if (token.end != NULL && *p != '{' && *p != '[')
		token.len = (size_t)(token.end - p);
	return token;
}

/* The value at `p` does not fit: NULL when errors are ignored, else the fault of the record. */
static const char *unfit(struct wr_json_reader *reader, struct wr_json_node *node, const char *p,
			 uint32_t row)
{
	const char *end = wr_json_skip(p, &reader->fault);

	if (end == NULL)
		return NULL;
	if (reader->ignore_errors) {
		reader->ignored++;
		wr_vec_null(node->vec, row);
		return end;
	}
	reader->kind = "type";
	reader->column = node->path;
	reader->want = node->type;
	reader->fault.at = p;
	return NULL;
}

/* --- numbers -----------------------------------------------------------------------------------
 */

static const int64_t int_min[] = {INT8_MIN, INT16_MIN, INT32_MIN, INT64_MIN};
static const int64_t int_max[] = {INT8_MAX, INT16_MAX, INT32_MAX, INT64_MAX};

/* Index into int_min and int_max. */
static inline unsigned int_index(const struct wr_vec *vec)
{
	_Static_assert(WR_P_I64 - WR_P_I8 == 3, "integers are in order of width");
	return (unsigned)(vec->phys - WR_P_I8);
}

static inline void put_int(struct wr_vec *vec, uint32_t row, int64_t value)
{
	switch (vec->phys) {
	case WR_P_I8: ((int8_t *)vec->data)[row] = (int8_t)value; break;
	case WR_P_I16: ((int16_t *)vec->data)[row] = (int16_t)value; break;
	case WR_P_I32: ((int32_t *)vec->data)[row] = (int32_t)value; break;
	default: ((int64_t *)vec->data)[row] = value; break;
	}
	wr_vec_valid(vec, row);
}

/* A number with a fraction or an exponent as Java's getInt and getLong make it of the double: cut,
 * and in range before it is cut for INT, after it for BIGINT. */
static bool int_of_real(const struct token *token, enum wr_kind kind, int64_t *value)
{
	double real;

	if (!wr_double_read(token->data, token->len, &real))
		return false;
	if (kind == WR_INT) {
		if (!(real >= INT32_MIN && real <= INT32_MAX))
			return false;
	} else if (!(real >= (double)INT64_MIN && real <= (double)INT64_MAX)) {
		return false;
	}
	*value = wr_double_to_i64(real);
	return true;
}

static const char *read_int_slow(struct wr_json_reader *reader, struct wr_json_node *node,
				 const char *p, uint32_t row)
{
	enum wr_kind kind = node->type->kind;
	struct token token = read_token(reader, p);
	int64_t value;
	bool ok;

	if (token.end == NULL)
		return NULL;
	if (token.number && !token.integer)
		ok = (kind == WR_INT || kind == WR_BIGINT) && int_of_real(&token, kind, &value);
	else
		ok = wr_i64_read(token.data, token.len, &value) &&
		     value >= int_min[int_index(node->vec)] &&
		     value <= int_max[int_index(node->vec)];
	if (!ok)
		return unfit(reader, node, p, row);
	put_int(node->vec, row, value);
	return token.end;
}

/* Digits alone take the short way; at most 18 of them cannot overflow. */
static inline const char *read_int(struct wr_json_reader *reader, struct wr_json_node *node,
				   const char *p, uint32_t row)
{
	bool negative = *p == '-';
	const char *start = p + negative;
	uint64_t sum;
	unsigned count;
	const char *end = wr_scan_digits(start, &sum, &count);

	if (WR_UNLIKELY(count == 0 || count > 18 || (*start == '0' && count > 1) || *end == '.' ||
			(*end | 0x20) == 'e'))
		return read_int_slow(reader, node, p, row);
	int64_t value = negative ? -(int64_t)sum : (int64_t)sum;
	unsigned index = int_index(node->vec);
	if (WR_UNLIKELY(value < int_min[index] || value > int_max[index]))
		return unfit(reader, node, p, row);
	put_int(node->vec, row, value);
	return end;
}

static const char *read_real_slow(struct wr_json_reader *reader, struct wr_json_node *node,
				  const char *p, uint32_t row)
{
	struct token token = read_token(reader, p);
	bool ok;

	if (token.end == NULL)
		return NULL;
	if (node->type->kind == WR_FLOAT) {
		float *out = (float *)node->vec->data + row;
		ok = token.number ? wr_float_read(token.data, token.len, out)
				  : wr_float_parse(token.data, token.len, out);
	} else {
		double *out = (double *)node->vec->data + row;
		ok = token.number ? wr_double_read(token.data, token.len, out)
				  : wr_double_parse(token.data, token.len, out);
	}
	if (!ok)
		return unfit(reader, node, p, row);
	wr_vec_valid(node->vec, row);
	return token.end;
}

static inline const char *read_double(struct wr_json_reader *reader, struct wr_json_node *node,
				      const char *p, uint32_t row)
{
	const char *end = wr_scan_double(p, (double *)node->vec->data + row);

	if (WR_UNLIKELY(end == NULL))
		return read_real_slow(reader, node, p, row);
	wr_vec_valid(node->vec, row);
	return end;
}

static const char *read_decimal(struct wr_json_reader *reader, struct wr_json_node *node,
				const char *p, uint32_t row)
{
	struct token token = read_token(reader, p);
	wr_i128 *out = (wr_i128 *)node->vec->data + row;

	if (token.end == NULL)
		return NULL;
	switch (wr_decimal_parse(token.data, token.len, node->type->precision, node->type->scale,
				 out)) {
	case WR_DECIMAL_OK: wr_vec_valid(node->vec, row); return token.end;
	case WR_DECIMAL_OVERFLOW: wr_vec_null(node->vec, row); return token.end;
	case WR_DECIMAL_INVALID: break;
	}
	return unfit(reader, node, p, row);
}

/* --- text ---------------------------------------------------------------------------------------
 */

static inline const char *read_text(struct wr_json_reader *reader, struct wr_json_node *node,
				    const char *p, uint32_t row)
{
	if (WR_LIKELY(*p == '"')) {
		struct wr_json_string string;
		p = wr_json_string(p, &string, &reader->fault);
		if (WR_UNLIKELY(p == NULL))
			return NULL;
		if (WR_LIKELY(!string.escaped)) {
			wr_vec_view(node->vec, row, string.data, string.len);
		} else {
			char *out = wr_strout_reserve(&node->vec->out, string.len);
			size_t len = wr_json_unescape(out, &string);
			wr_strout_commit(&node->vec->out, row, (uint32_t)len);
			wr_vec_valid(node->vec, row);
		}
		return p;
	}
	const char *end = wr_json_skip(p, &reader->fault);
	if (end == NULL)
		return NULL;
	if (*p == '{' || *p == '[') {
		wr_text_clear(&reader->scratch);
		wr_json_print_tree(&reader->scratch, p, reader->decimals);
		wr_vec_copy(node->vec, row, reader->scratch.data, reader->scratch.len);
	} else {
		wr_vec_view(node->vec, row, p, (size_t)(end - p));
	}
	return end;
}

/* The bytes of a string token for the types that need one as it is, spaces included. */
static const char *read_plain(struct wr_json_reader *reader, const char *p, struct wr_str *out)
{
	struct wr_json_string string;

	p = wr_json_string(p, &string, &reader->fault);
	if (p != NULL)
		*out = string_bytes(reader, &string);
	return p;
}

static const char *read_bytes(struct wr_json_reader *reader, struct wr_json_node *node,
			      const char *p, uint32_t row)
{
	struct wr_str text;
	const char *end;
	size_t len;

	if (*p != '"')
		return unfit(reader, node, p, row);
	if ((end = read_plain(reader, p, &text)) == NULL)
		return NULL;
	while (text.len != 0 && text.data[text.len - 1] == '\n')
		text.len--;
	char *out = wr_strout_reserve(&node->vec->out, wr_base64_decoded_max(text.len));
	if (!wr_base64_decode(text.data, text.len, out, &len))
		return unfit(reader, node, p, row);
	wr_strout_commit(&node->vec->out, row, (uint32_t)len);
	wr_vec_valid(node->vec, row);
	return end;
}

static const char *read_boolean(struct wr_json_reader *reader, struct wr_json_node *node,
				const char *p, uint32_t row)
{
	struct token token = read_token(reader, p);

	if (token.end == NULL)
		return NULL;
	((uint8_t *)node->vec->data)[row] =
	    wr_str_eq_nocase((struct wr_str){token.data, token.len}, "true");
	wr_vec_valid(node->vec, row);
	return token.end;
}

/* --- dates and times -----------------------------------------------------------------------------
 */

static inline void put_timestamp(struct wr_json_node *node, uint32_t row, int64_t ms, int32_t nano)
{
	wr_timestamp_cut(node->type->precision, &ms, &nano);
	if (node->vec->phys == WR_P_I64)
		((int64_t *)node->vec->data)[row] = ms;
	else
		((wr_i128 *)node->vec->data)[row] = wr_ns_join(ms, nano);
	wr_vec_valid(node->vec, row);
}

static const char *read_timestamp_slow(struct wr_json_reader *reader, struct wr_json_node *node,
				       const char *p, uint32_t row)
{
	bool zulu = node->type->kind == WR_TIMESTAMP_LTZ;
	struct wr_str text;
	const char *end;
	int64_t ms;
	int32_t nano;

	if (*p != '"')
		return unfit(reader, node, p, row);
	if ((end = read_plain(reader, p, &text)) == NULL)
		return NULL;
	if (!wr_timestamp_read(text.data, text.len, reader->iso ? 'T' : ' ', zulu, &ms, &nano))
		return unfit(reader, node, p, row);
	put_timestamp(node, row, ms, nano);
	return end;
}

/* "YYYY-MM-DD HH:MM:SS[.mmm]" on the day of the row before: the date is compared, the time taken
 * from two words. */
static inline const char *read_timestamp(struct wr_json_reader *reader, struct wr_json_node *node,
					 const char *p, uint32_t row)
{
	char separator = reader->iso ? 'T' : ' ';
	unsigned zulu = node->type->kind == WR_TIMESTAMP_LTZ;
	int64_t time;
	unsigned len;

	if (WR_LIKELY(*p == '"' && p[11] == separator && (len = wr_scan_time(p + 12, &time)) != 0 &&
		      (zulu == 0 || p[12 + len] == 'Z') && p[12 + len + zulu] == '"')) {
		uint64_t high = wr_load64(p + 1);
		uint64_t low = wr_load64(p + 9) & 0xFFFF;
		const char *end = p + 12 + len + zulu + 1;
		if (WR_UNLIKELY(high != node->date_text[0] || low != node->date_text[1])) {
			int32_t days;
			if (!wr_date_read(p + 1, 10, &days))
				return read_timestamp_slow(reader, node, p, row);
			node->date_text[0] = high;
			node->date_text[1] = low;
			node->date_ms = days * (int64_t)WR_MS_DAY;
		}
		if (node->vec->phys == WR_P_I64 && node->type->precision == 3) {
			((int64_t *)node->vec->data)[row] = node->date_ms + time;
			wr_vec_valid(node->vec, row);
		} else {
			put_timestamp(node, row, node->date_ms + time, 0);
		}
		return end;
	}
	return read_timestamp_slow(reader, node, p, row);
}

static const char *read_date_or_time(struct wr_json_reader *reader, struct wr_json_node *node,
				     const char *p, uint32_t row)
{
	int32_t *out = (int32_t *)node->vec->data + row;
	struct wr_str text;
	const char *end;

	if (*p != '"')
		return unfit(reader, node, p, row);
	if ((end = read_plain(reader, p, &text)) == NULL)
		return NULL;
	bool ok = node->type->kind == WR_DATE
		      ? wr_date_read(text.data, text.len, out)
		      : wr_time_read(text.data, text.len, false, false, out);
	if (!ok)
		return unfit(reader, node, p, row);
	if (node->type->kind == WR_TIME)
		*out -= *out % WR_MS_SECOND; /* Flink keeps whole seconds only */
	wr_vec_valid(node->vec, row);
	return end;
}

/* --- all together
 * --------------------------------------------------------------------------------- */

const char *wr_json_read(struct wr_json_reader *reader, struct wr_json_node *node, const char *p,
			 uint32_t row)
{
	p = wr_json_space(p);
	if (WR_UNLIKELY(*p == 'n')) {
		if (memcmp(p, "null", 4) != 0)
			return wr_json_read_broken(reader, p);
		wr_vec_null(node->vec, row);
		return p + 4;
	}
	switch (node->type->kind) {
	case WR_TINYINT:
	case WR_SMALLINT:
	case WR_INT:
	case WR_BIGINT: return read_int(reader, node, p, row);
	case WR_DOUBLE: return read_double(reader, node, p, row);
	case WR_CHAR:
	case WR_VARCHAR: return read_text(reader, node, p, row);
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return read_timestamp(reader, node, p, row);
	case WR_BOOLEAN: return read_boolean(reader, node, p, row);
	case WR_FLOAT: return read_real_slow(reader, node, p, row);
	case WR_DECIMAL: return read_decimal(reader, node, p, row);
	case WR_BINARY:
	case WR_VARBINARY: return read_bytes(reader, node, p, row);
	case WR_DATE:
	case WR_TIME: return read_date_or_time(reader, node, p, row);
	case WR_ARRAY:
		return *p == '[' ? wr_json_read_array(reader, node, p, row)
				 : unfit(reader, node, p, row);
	case WR_MAP:
	case WR_MULTISET:
		return *p == '{' ? wr_json_read_map(reader, node, p, row)
				 : unfit(reader, node, p, row);
	case WR_ROW:
		if (*p != '{')
			return unfit(reader, node, p, row);
		wr_vec_valid(node->vec, row);
		return wr_json_read_object(reader, node->object, p, row);
	default: return read_int_slow(reader, node, p, row);
	}
}
