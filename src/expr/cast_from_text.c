/* SPDX-License-Identifier: Apache-2.0
 *
 * cast_from_text - CHAR and VARCHAR to numbers, booleans, dates and times: the casts that can fail.
 *
 * The parsers are those of the data layer, with Flink's liberties ("1.9" is an INT, spaces around
 * numbers are skipped, '2020-1-1' is a date). A decimal that is too large is NULL; everything else
 * that does not parse is an error that shows the text.
 */
#include <strings.h>

#include "base/macros.h"
#include "data/datetime.h"
#include "data/decimal.h"
#include "data/number.h"
#include "expr/cast.h"

#define SHOWN 80 /* bytes of the offending text in a message */

/* Reports a text that does not parse: "'abc' cannot be cast to INT"; `why` goes behind it: it is a
 * number, but too large. */
static void text_fails(struct wr_eval *eval, const struct wr_call *call, struct wr_column *out,
		       uint32_t row, struct wr_str s, const char *why)
{
	struct wr_arena *arena = wr_eval_arena(eval);
	int shown = (int)WR_MIN(s.len, (size_t)SHOWN);

	WR_CAST_FAIL_BECAUSE(eval, out, row, *why != '\0' ? WR_OUT_OF_RANGE : WR_BAD_TEXT,
			     "'%.*s%s' cannot be cast to %s%s", shown, s.data,
			     s.len > SHOWN ? "..." : "",
			     wr_type_str(arena, wr_type_nullable(arena, call->type, true)), why);
}

#define FAIL(i, s, why) text_fails(eval, call, out, i, s, why)

/* The frame of a parsing kernel: `body` sees the row number i and its text s. */
#define PARSE_KERNEL(name, body)                                                                   \
	static wr_status *name(struct wr_eval *eval, const struct wr_call *call,                   \
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out) \
	{                                                                                          \
		for (uint32_t i = 0; i < rows; i++) {                                              \
			if (wr_skips(eval, out, i))                                                \
				continue;                                                          \
			struct wr_str s = wr_str_at(arg[0], i);                                    \
			body                                                                       \
		}                                                                                  \
		return NULL;                                                                       \
	}

static bool word_in(struct wr_str s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (wr_str_eq_nocase(s, *words))
			return true;
	return false;
}

/* 1, 0, or -1: neither. */
static int parse_bool(struct wr_str s)
{
	static const char *const yes[] = {"t", "true", "y", "yes", "1", NULL};
	static const char *const no[] = {"f", "false", "n", "no", "0", NULL};

	return word_in(s, yes) ? 1 : word_in(s, no) ? 0 : -1;
}

PARSE_KERNEL(text_to_bool, {
	int value = parse_bool(s);
	WR_DATA(out, uint8_t)[i] = value == 1;
	if (value < 0)
		FAIL(i, s, "");
})

/* Reports a number that does not parse; false: nothing to report. */
static bool int_failed(struct wr_eval *eval, const struct wr_call *call, struct wr_column *out,
		       uint32_t i, struct wr_str s, enum wr_int_result result)
{
	if (result == WR_INT_OK)
		return false;
	if (result == WR_INT_RANGE)
		FAIL(i, s, ": out of range");
	else
		FAIL(i, s, "");
	return true;
}

#define PARSE_INT(name, ctype, min, max)                                                           \
	PARSE_KERNEL(name, {                                                                       \
		int64_t value = 0;                                                                 \
		if (!int_failed(eval, call, out, i, s,                                             \
				wr_int_parse(s.data, s.len, min, max, &value)))                    \
			WR_DATA(out, ctype)[i] = (ctype)value;                                     \
	})

PARSE_INT(text_to_i8, int8_t, INT8_MIN, INT8_MAX)
PARSE_INT(text_to_i16, int16_t, INT16_MIN, INT16_MAX)
PARSE_INT(text_to_i32, int32_t, INT32_MIN, INT32_MAX)
PARSE_INT(text_to_i64, int64_t, INT64_MIN, INT64_MAX)

PARSE_KERNEL(text_to_f32, {
	if (!wr_float_parse(s.data, s.len, &WR_DATA(out, float)[i]))
		FAIL(i, s, "");
})

PARSE_KERNEL(text_to_f64, {
	if (!wr_double_parse(s.data, s.len, &WR_DATA(out, double)[i]))
		FAIL(i, s, "");
})

PARSE_KERNEL(text_to_decimal, {
	switch (wr_decimal_parse(s.data, s.len, call->type->precision, call->type->scale,
				 &WR_DATA(out, wr_i128)[i])) {
	case WR_DECIMAL_OK: break;
	case WR_DECIMAL_OVERFLOW: wr_out_null(out, i); break;
	case WR_DECIMAL_INVALID: FAIL(i, s, ""); break;
	}
})

PARSE_KERNEL(text_to_date, {
	if (!wr_date_parse(s.data, s.len, &WR_DATA(out, int32_t)[i]))
		FAIL(i, s, "");
})

PARSE_KERNEL(text_to_time, {
	if (!wr_time_parse(s.data, s.len, &WR_DATA(out, int32_t)[i]))
		FAIL(i, s, "");
})

PARSE_KERNEL(text_to_timestamp, {
	int64_t ms = 0;
	int32_t nano = 0;
	if (!wr_timestamp_parse(s.data, s.len, &ms, &nano)) {
		FAIL(i, s, "");
		continue;
	}
	wr_timestamp_cut(call->type->precision, &ms, &nano);
	if (call->type->kind == WR_TIMESTAMP_LTZ)
		ms = wr_zone_to_utc(eval->zone, ms);
	wr_ts_put(out, i, ms, nano);
})

wr_kernel wr_cast_from_text_kernel(const struct wr_type *from, const struct wr_type *to)
{
	if (!wr_kind_is_string(from->kind))
		return NULL;
	switch (to->kind) {
	case WR_BOOLEAN: return text_to_bool;
	case WR_TINYINT: return text_to_i8;
	case WR_SMALLINT: return text_to_i16;
	case WR_INT: return text_to_i32;
	case WR_BIGINT: return text_to_i64;
	case WR_FLOAT: return text_to_f32;
	case WR_DOUBLE: return text_to_f64;
	case WR_DECIMAL: return text_to_decimal;
	case WR_DATE: return text_to_date;
	case WR_TIME: return text_to_time;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return text_to_timestamp;
	default: return NULL;
	}
}
