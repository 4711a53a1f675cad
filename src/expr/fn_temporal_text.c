/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_temporal_text - points of time from text and to text: DATE_FORMAT, TO_DATE, TO_TIMESTAMP,
 * TO_TIMESTAMP_LTZ.
 *
 * Which of Java's pattern dialects holds, and what a text that does not match gives, differs from
 * function to function (java_format.h):
 *   DATE_FORMAT(timestamp, p)  DATETIME, a TIMESTAMP_LTZ in the session's zone
 *   DATE_FORMAT(string, p)     SIMPLE; read as 'yyyy-MM-dd HH:mm:ss', else NULL
 *   TO_DATE(s)                 as CAST, else NULL
 *   TO_DATE(s, p)              SIMPLE; else 5471-09-27, which is what Flink makes of "no time"
 *   TO_TIMESTAMP(s)            java_format's default form, else NULL
 *   TO_TIMESTAMP(s, p)         DATETIME, else the forms of java.sql, else NULL (also: no pattern)
 *   TO_TIMESTAMP_LTZ(s ...)    as TO_TIMESTAMP, in UTC or the zone given; one argument that does
 *                              not match is an error
 *   TO_TIMESTAMP_LTZ(n [, 0 | 3])  seconds or milliseconds; outside the years 0 to 9999 NULL
 *
 * Shapes: plain calls.
 */
#include <math.h>

#include "base/macros.h"
#include "base/mem.h"
#include "data/decimal.h"
#include "data/number.h"
#include "expr/fn_temporal.h"
#include "expr/java_pattern.h"
#include "expr/kernel.h"

/* What the functions prepare. */
struct text_state {
	struct wr_zone *zone;           /* the session's; NULL: UTC */
	struct wr_java_format standard; /* the form without a pattern */
	struct wr_java_pattern pattern; /* the pattern argument */
	struct wr_java_zone named;      /* the zone argument */
};

static void text_release(void *state)
{
	struct text_state *text = state;

	if (text == NULL)
		return;
	wr_zone_close(text->zone);
	wr_java_zone_release(&text->named);
	wr_free(text);
}

/* Opens the session zone and compiles the form without a pattern. */
static wr_status *text_prepare(struct wr_call *call, void **state)
{
	struct text_state *text = wr_calloc(1, sizeof *text);
	char reason[WR_JAVA_REASON_MAX];

	*state = text;
	if (call->plan->bind != NULL) {
		wr_status *status = wr_zone_open(call->plan->bind, &text->zone);
		if (status != NULL) {
			text_release(text);
			*state = NULL;
			return status;
		}
	}
	if (call->function == &wr_fn_date_format)
		WR_REQUIRE(wr_java_format_init(&text->standard, WR_JAVA_SIMPLE,
					       WR_JAVA_DEFAULT_PATTERN,
					       sizeof WR_JAVA_DEFAULT_PATTERN - 1, reason));
	else
		wr_java_format_init_default(&text->standard);
	return NULL;
}

static void fail_pattern(struct wr_eval *eval, uint32_t i, const struct wr_call *call,
			 struct wr_str pattern, const char *reason)
{
	wr_eval_fail(eval, i, "%s: '%.*s' is not a pattern: %s", call->function->name,
		     (int)WR_MIN(pattern.len, 80u), pattern.data, reason);
}

static bool is_string(const struct wr_type *type)
{
	return type != NULL && (wr_kind_is_string(type->kind) || type->kind == WR_NULL);
}

/* Strings from argument `from` on; a NULL literal becomes one. */
static bool want_strings(struct wr_infer *infer, uint32_t from)
{
	for (uint32_t i = from; i < infer->arg_count; i++) {
		if (!is_string(infer->arg[i]->type))
			return false;
		if (infer->arg[i]->type->kind == WR_NULL)
			infer->want[i] = &WR_T_STRING;
	}
	return true;
}

/* --- DATE_FORMAT ----------------------------------------------------------------------------- */

static struct wr_java_moment moment_of(int64_t local_ms, int32_t nano)
{
	int64_t days = wr_floor_div(local_ms, WR_MS_DAY);

	return (struct wr_java_moment){
	    .days = days, .ms = (int32_t)wr_floor_mod(local_ms, WR_MS_DAY), .nano = nano};
}

/* Prints row i by the pattern argument. */
static void print_row(struct wr_eval *eval, const struct wr_call *call, uint32_t i,
		      enum wr_java_dialect dialect, struct wr_str pattern,
		      const struct wr_java_moment *moment, struct wr_strout *writer)
{
	struct text_state *text = call->state;
	const struct wr_java_format *format = wr_java_pattern_get(&text->pattern, dialect, pattern);
	char reason[WR_JAVA_REASON_MAX];

	if (format == NULL) {
		fail_pattern(eval, i, call, pattern, text->pattern.reason);
		return;
	}
	char *to = wr_strout_reserve(writer, format->max_len);
	int len = wr_java_format_print(format, moment, to, reason);
	if (len < 0)
		fail_pattern(eval, i, call, pattern, reason);
	else
		wr_strout_commit(writer, i, (uint32_t)len);
}

/* Instants are printed in the session zone. */
static wr_status *format_timestamp_kernel(struct wr_eval *eval, const struct wr_call *call,
					  struct wr_column *const *arg, uint32_t rows,
					  struct wr_column *out)
{
	struct text_state *text = call->state;
	bool ltz = call->arg_type[0]->kind == WR_TIMESTAMP_LTZ;
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		int32_t nano;
		if (wr_skips(eval, out, i))
			continue;
		int64_t ms = wr_ts_ms_at(arg[0], i, &nano);
		struct wr_java_moment moment =
		    moment_of(ltz ? wr_zone_to_local(text->zone, ms) : ms, nano);
		print_row(eval, call, i, WR_JAVA_DATETIME, wr_str_at(arg[1], i), &moment, &writer);
	}
	return NULL;
}

/* Reads the string by the usual pattern, then prints it; no zone is involved. */
static wr_status *format_string_kernel(struct wr_eval *eval, const struct wr_call *call,
				       struct wr_column *const *arg, uint32_t rows,
				       struct wr_column *out)
{
	struct text_state *text = call->state;
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_java_parsed parsed;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		if (!wr_java_format_parse(&text->standard, s.data, s.len, &parsed)) {
			wr_out_null(out, i);
			continue;
		}
		struct wr_java_moment moment = moment_of(parsed.ms, 0);
		print_row(eval, call, i, WR_JAVA_SIMPLE, wr_str_at(arg[1], i), &moment, &writer);
	}
	return NULL;
}

/* A timestamp or a string, and a pattern. */
static wr_status *infer_date_format(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;
	bool stamp = type != NULL && wr_kind_is_timestamp(type->kind);

	if (!stamp && !is_string(type))
		return wr_infer_mismatch(infer);
	if (!want_strings(infer, stamp ? 1 : 0))
		return wr_infer_mismatch(infer);
	wr_infer_zone(infer);
	infer->plan->kernel = stamp ? format_timestamp_kernel : format_string_kernel;
	infer->result = &WR_T_STRING;
	return NULL;
}

/* --- TO_DATE --------------------------------------------------------------------------------- */

static wr_status *to_date_kernel(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)call;
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		if (!wr_date_parse(s.data, s.len, &WR_DATA(out, int32_t)[i])) {
			WR_DATA(out, int32_t)[i] = 0;
			wr_out_null(out, i);
		}
	}
	return NULL;
}

/* Fails only when the pattern is none. */
static wr_status *to_date_pattern_kernel(struct wr_eval *eval, const struct wr_call *call,
					 struct wr_column *const *arg, uint32_t rows,
					 struct wr_column *out)
{
	struct text_state *text = call->state;
	int32_t unparsable = (int32_t)wr_days_from_civil(5471, 9, 27);

	for (uint32_t i = 0; i < rows; i++) {
		struct wr_java_parsed parsed;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i), pattern = wr_str_at(arg[1], i);
		const struct wr_java_format *format =
		    wr_java_pattern_get(&text->pattern, WR_JAVA_SIMPLE, pattern);
		if (format == NULL) {
			fail_pattern(eval, i, call, pattern, text->pattern.reason);
			continue;
		}
		int32_t *to = &WR_DATA(out, int32_t)[i];
		*to = unparsable;
		if (wr_java_format_parse(format, s.data, s.len, &parsed))
			*to = (int32_t)wr_floor_div(parsed.ms - parsed.offset_ms, WR_MS_DAY);
	}
	return NULL;
}

static wr_status *infer_to_date(struct wr_infer *infer)
{
	if (!want_strings(infer, 0))
		return wr_infer_mismatch(infer);
	infer->plan->kernel = infer->arg_count == 1 ? to_date_kernel : to_date_pattern_kernel;
	infer->result = &WR_T_DATE;
	return NULL;
}

/* --- TO_TIMESTAMP and TO_TIMESTAMP_LTZ of strings -------------------------------------------- */

#define MS_YEAR_1 (-62135596800000) /* 0001-01-01 */
#define MS_YEAR_0 (-62167219200000) /* 0000-01-01 */
#define MS_LAST   253402300799999   /* the last of 9999 */

/* Without a pattern. The strict usual form needs no pattern machine. */
static bool parse_standard(const struct text_state *text, struct wr_str s, int64_t *ms)
{
	struct wr_java_parsed parsed;
	int32_t nano;

	if (wr_timestamp_read(s.data, s.len, ' ', false, ms, &nano) && *ms >= MS_YEAR_1)
		return true;
	if (!wr_java_format_parse(&text->standard, s.data, s.len, &parsed))
		return false;
	*ms = parsed.ms;
	return true;
}

/* With a pattern (one that is none matches nothing). */
static bool parse_pattern(struct text_state *text, struct wr_str s, struct wr_str pattern,
			  int64_t *ms)
{
	const struct wr_java_format *format =
	    wr_java_pattern_get(&text->pattern, WR_JAVA_DATETIME, pattern);
	struct wr_java_parsed parsed;

	if (format == NULL)
		return false;
	if (!wr_java_format_parse(format, s.data, s.len, &parsed) &&
	    !wr_java_sql_parse(s.data, s.len, &parsed))
		return false;
	*ms = parsed.ms;
	return true;
}

/* TO_TIMESTAMP and TO_TIMESTAMP_LTZ of strings, with one to three arguments. */
static wr_status *parse_kernel(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct text_state *text = call->state;

	for (uint32_t i = 0; i < rows; i++) {
		int64_t ms = 0;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		bool ok = call->arg_count == 1 ? parse_standard(text, s, &ms)
					       : parse_pattern(text, s, wr_str_at(arg[1], i), &ms);
		if (ok && call->arg_count == 3) {
			ok = wr_java_zone_set(&text->named, wr_str_at(arg[2], i), false);
			ms = wr_zone_to_utc(text->named.zone, ms);
		}
		WR_DATA(out, int64_t)[i] = ok ? ms : 0;
		if (ok)
			continue;
		if (call->type->kind == WR_TIMESTAMP_LTZ && call->arg_count == 1)
			wr_eval_fail(eval, i, "'%.*s' is not a timestamp", (int)WR_MIN(s.len, 80u),
				     s.data);
		else
			wr_out_null(out, i);
	}
	return NULL;
}

static wr_status *infer_to_timestamp(struct wr_infer *infer)
{
	if (!want_strings(infer, 0))
		return wr_infer_mismatch(infer);
	infer->plan->kernel = parse_kernel;
	infer->result = &WR_T_TIMESTAMP3;
	return NULL;
}

/* --- TO_TIMESTAMP_LTZ of numbers ------------------------------------------------------------- */

/* Milliseconds of row i; false: out of range. */
static bool epoch_at(const struct wr_column *arg, const struct wr_type *type, uint32_t i,
		     bool seconds, int64_t *ms)
{
	int64_t first = seconds ? MS_YEAR_0 / 1000 : MS_YEAR_0;
	int64_t last = seconds ? MS_LAST / 1000 : MS_LAST;

	if (wr_kind_is_approx(type->kind)) {
		double value =
		    type->kind == WR_FLOAT ? (double)WR_AT(arg, float, i) : WR_AT(arg, double, i);
		if (value != value) /* NaN is 0 as a whole number */
			value = 0;
		if (!(value >= (double)first && value <= (double)last))
			return false;
		*ms = wr_double_to_i64(seconds ? value * 1000.0 : value);
	} else {
		*ms = type->kind == WR_DECIMAL
			  ? wr_decimal_to_i64(WR_AT(arg, wr_i128, i), type->scale)
			  : wr_int_at(arg, i);
		if (*ms < first || *ms > last)
			return false;
		*ms *= seconds ? 1000 : 1;
	}
	return *ms >= MS_YEAR_0 && *ms <= MS_LAST;
}

/* A precision other than 0 and 3 fails its row. */
static wr_status *from_epoch_kernel(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++) {
		int64_t ms = 0;
		if (wr_skips(eval, out, i))
			continue;
		int64_t precision = call->arg_count == 2 ? wr_int_at(arg[1], i) : 3;
		if (precision != 0 && precision != 3) {
			wr_eval_fail(eval, i,
				     "TO_TIMESTAMP_LTZ(numeric, precision) takes a precision of 0 "
				     "(seconds) or 3 (milliseconds), not %lld",
				     (long long)precision);
			continue;
		}
		bool ok = epoch_at(arg[0], call->arg_type[0], i, precision == 0, &ms);
		WR_DATA(out, int64_t)[i] = ok ? ms : 0;
		if (!ok)
			wr_out_null(out, i);
	}
	return NULL;
}

/* Numbers have a precision behind them, strings a pattern and a zone. */
static wr_status *infer_to_timestamp_ltz(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	infer->result = &WR_T_LTZ3;
	if (type != NULL && wr_kind_is_numeric(type->kind)) {
		const struct wr_type *by = infer->arg_count > 1 ? infer->arg[1]->type : &WR_T_INT;
		if (infer->arg_count > 2 || by == NULL ||
		    !(by->kind == WR_TINYINT || by->kind == WR_SMALLINT || by->kind == WR_INT ||
		      by->kind == WR_NULL))
			return wr_infer_mismatch(infer);
		if (infer->arg_count > 1)
			infer->want[1] = &WR_T_INT;
		infer->plan->kernel = from_epoch_kernel;
		return NULL;
	}
	if (!want_strings(infer, 0))
		return wr_infer_mismatch(infer);
	infer->plan->kernel = parse_kernel;
	return NULL;
}

/* --- entries --------------------------------------------------------------------------------- */

const struct wr_function wr_fn_date_format = {
    .name = "DATE_FORMAT",
    .category = "temporal",
    .syntax = "DATE_FORMAT(timestamp | string, pattern)",
    .doc = "A point of time as text, by a pattern such as 'yyyy-MM-dd HH:mm:ss'.",
    .flags = WR_F_STRICT | WR_F_NULLABLE | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_date_format,
    .prepare = text_prepare,
    .release = text_release,
};

const struct wr_function wr_fn_to_date = {
    .name = "TO_DATE",
    .category = "temporal",
    .syntax = "TO_DATE(string[, pattern])",
    .doc = "The date in a text, by default of the form 'yyyy-MM-dd'.",
    .flags = WR_F_STRICT | WR_F_NULLABLE | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_to_date,
    .prepare = text_prepare,
    .release = text_release,
};

const struct wr_function wr_fn_to_timestamp = {
    .name = "TO_TIMESTAMP",
    .category = "temporal",
    .syntax = "TO_TIMESTAMP(string[, pattern])",
    .doc = "The TIMESTAMP(3) in a text, by default of the form 'yyyy-MM-dd HH:mm:ss[.fraction]'; "
	   "NULL when it does not match.",
    .flags = WR_F_STRICT | WR_F_NULLABLE | WR_F_EXPENSIVE,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_to_timestamp,
    .prepare = text_prepare,
    .release = text_release,
};

const struct wr_function wr_fn_to_timestamp_ltz = {
    .name = "TO_TIMESTAMP_LTZ",
    .category = "temporal",
    .syntax = "TO_TIMESTAMP_LTZ(numeric[, precision]) | TO_TIMESTAMP_LTZ(string[, pattern[, "
	      "time zone]])",
    .doc = "The TIMESTAMP_LTZ(3) of seconds or milliseconds since 1970, or in a text.",
    .flags = WR_F_STRICT | WR_F_NULLABLE | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 1,
    .max_args = 3,
    .infer = infer_to_timestamp_ltz,
    .prepare = text_prepare,
    .release = text_release,
};
