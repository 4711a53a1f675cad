/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_temporal_unix - seconds since 1970 and texts in other zones: FROM_UNIXTIME, UNIX_TIMESTAMP,
 * CONVERT_TZ.
 *
 * All patterns are of java.text.SimpleDateFormat. Texts without a zone are in the session's (of two
 * instants that a local time may mean, the later one). UNIX_TIMESTAMP of a text that does not match
 * is the smallest BIGINT, as in Flink.
 *
 * Shapes: plain calls. UNIX_TIMESTAMP() alone reads the clock, so it is another function behind the
 * scenes: the others are deterministic.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "expr/fn_temporal.h"
#include "expr/java_pattern.h"
#include "expr/kernel.h"

/* What the functions prepare. */
struct unix_state {
	struct wr_zone *zone;           /* the session's; NULL: UTC */
	struct wr_java_format standard; /* 'yyyy-MM-dd HH:mm:ss' */
	struct wr_java_pattern pattern; /* the pattern argument */
	struct wr_java_zone from;       /* CONVERT_TZ: the second argument */
	struct wr_java_zone to;         /* CONVERT_TZ: the third argument */
};

static void unix_release(void *state)
{
	struct unix_state *s = state;

	if (s == NULL)
		return;
	wr_zone_close(s->zone);
	wr_java_zone_release(&s->from);
	wr_java_zone_release(&s->to);
	wr_free(s);
}

/* Opens the session zone and compiles the usual pattern. */
static wr_status *unix_prepare(struct wr_call *call, void **state)
{
	struct unix_state *s = wr_calloc(1, sizeof *s);
	char reason[WR_JAVA_REASON_MAX];

	*state = s;
	if (call->plan->bind != NULL) {
		wr_status *status = wr_zone_open(call->plan->bind, &s->zone);
		if (status != NULL) {
			unix_release(s);
			*state = NULL;
			return status;
		}
	}
	WR_REQUIRE(wr_java_format_init(&s->standard, WR_JAVA_SIMPLE, WR_JAVA_DEFAULT_PATTERN,
				       sizeof WR_JAVA_DEFAULT_PATTERN - 1, reason));
	return NULL;
}

/* The format of row i: argument 1 or the usual one. NULL: it is no pattern, the row has failed. */
static const struct wr_java_format *format_at(struct wr_eval *eval, const struct wr_call *call,
					      struct wr_column *const *arg, uint32_t i)
{
	struct unix_state *s = call->state;

	if (call->arg_count < 2)
		return &s->standard;
	struct wr_str text = wr_str_at(arg[1], i);
	const struct wr_java_format *format =
	    wr_java_pattern_get(&s->pattern, WR_JAVA_SIMPLE, text);
	if (format == NULL)
		wr_eval_fail(eval, i, "%s: '%.*s' is not a pattern: %s", call->function->name,
			     (int)WR_MIN(text.len, 80u), text.data, s->pattern.reason);
	return format;
}

/* Prints an instant in a zone. */
static void print_instant(const struct wr_java_format *format, const struct wr_zone *zone,
			  int64_t utc_ms, uint32_t i, struct wr_strout *writer)
{
	char name[32], reason[WR_JAVA_REASON_MAX];
	struct wr_java_moment moment = {.offset_ms = wr_zone_offset_ms(zone, utc_ms)};
	int64_t local = (int64_t)((uint64_t)utc_ms + (uint64_t)(int64_t)moment.offset_ms);

	moment.days = wr_floor_div(local, WR_MS_DAY);
	moment.ms = (int32_t)(local - moment.days * WR_MS_DAY);
	for (uint32_t k = 0; k < format->count; k++)
		if (format->item[k].op == WR_JAVA_ZONE)
			moment.zone = wr_java_zone_name(zone, utc_ms, name, sizeof name);
	char *to = wr_strout_reserve(writer, format->max_len);
	int len = wr_java_format_print(format, &moment, to, reason);
	WR_ASSERT(len >= 0);
	wr_strout_commit(writer, i, (uint32_t)len);
}

static bool is_text(const struct wr_type *type)
{
	return type != NULL && (wr_kind_is_string(type->kind) || type->kind == WR_NULL);
}

static bool want_texts(struct wr_infer *infer, uint32_t from)
{
	for (uint32_t i = from; i < infer->arg_count; i++) {
		if (!is_text(infer->arg[i]->type))
			return false;
		if (infer->arg[i]->type->kind == WR_NULL)
			infer->want[i] = &WR_T_STRING;
	}
	return true;
}

/* --- FROM_UNIXTIME --------------------------------------------------------------------------- */

static wr_status *from_unixtime_kernel(struct wr_eval *eval, const struct wr_call *call,
				       struct wr_column *const *arg, uint32_t rows,
				       struct wr_column *out)
{
	struct unix_state *s = call->state;
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		const struct wr_java_format *format = format_at(eval, call, arg, i);
		if (format == NULL)
			continue;
		int64_t ms = (int64_t)((uint64_t)wr_int_at(arg[0], i) * 1000u);
		print_instant(format, s->zone, ms, i, &writer);
	}
	return NULL;
}

/* An integer and, maybe, a pattern. */
static wr_status *infer_from_unixtime(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (type == NULL || !(wr_kind_is_integer(type->kind) || type->kind == WR_NULL) ||
	    !want_texts(infer, 1))
		return wr_infer_mismatch(infer);
	infer->want[0] = &WR_T_BIGINT;
	wr_infer_zone(infer);
	infer->result = &WR_T_STRING;
	return NULL;
}

/* --- UNIX_TIMESTAMP -------------------------------------------------------------------------- */

static wr_status *unix_timestamp_kernel(struct wr_eval *eval, const struct wr_call *call,
					struct wr_column *const *arg, uint32_t rows,
					struct wr_column *out)
{
	struct unix_state *s = call->state;

	for (uint32_t i = 0; i < rows; i++) {
		struct wr_java_parsed parsed;
		if (wr_skips(eval, out, i))
			continue;
		const struct wr_java_format *format = format_at(eval, call, arg, i);
		if (format == NULL)
			continue;
		struct wr_str text = wr_str_at(arg[0], i);
		int64_t *to = &WR_DATA(out, int64_t)[i];
		*to = INT64_MIN;
		if (!wr_java_format_parse(format, text.data, text.len, &parsed))
			continue;
		int64_t ms = parsed.has_offset ? parsed.ms - parsed.offset_ms
					       : wr_java_zone_to_utc(s->zone, parsed.ms);
		*to = ms / 1000;
	}
	return NULL;
}

static wr_status *infer_unix_timestamp(struct wr_infer *infer)
{
	if (!want_texts(infer, 0))
		return wr_infer_mismatch(infer);
	wr_infer_zone(infer);
	infer->result = &WR_T_BIGINT;
	return NULL;
}

static wr_status *unix_now_kernel(struct wr_eval *eval, const struct wr_call *call,
				  struct wr_column *const *arg, uint32_t rows,
				  struct wr_column *out)
{
	int64_t now = wr_floor_div(wr_eval_now_us(eval), 1000000);

	(void)call;
	(void)arg;
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int64_t)[i] = now;
	return NULL;
}

static wr_status *infer_unix_now(struct wr_infer *infer)
{
	infer->result = &WR_T_BIGINT;
	return NULL;
}

static const struct wr_function unix_text = {
    .name = "UNIX_TIMESTAMP",
    .category = "temporal",
    .syntax = "UNIX_TIMESTAMP(string[, pattern])",
    .doc = "Seconds since 1970 of a text.",
    .flags = WR_F_STRICT | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_unix_timestamp,
    .kernel = unix_timestamp_kernel,
    .prepare = unix_prepare,
    .release = unix_release,
};

static const struct wr_function unix_now = {
    .name = "UNIX_TIMESTAMP",
    .category = "temporal",
    .syntax = "UNIX_TIMESTAMP()",
    .doc = "Seconds since 1970, now.",
    .flags = WR_F_DYNAMIC | WR_F_NOT_NULL | WR_F_BLIND,
    .infer = infer_unix_now,
    .kernel = unix_now_kernel,
};

static wr_status *rewrite_unix_timestamp(struct wr_expr_pool *pool,
					 const struct wr_function *function, struct wr_expr **arg,
					 uint32_t arg_count, struct wr_pos pos,
					 struct wr_expr **out)
{
	(void)function;
	return wr_expr_call(pool, arg_count == 0 ? &unix_now : &unix_text, arg, arg_count, pos,
			    out);
}

/* --- CONVERT_TZ ------------------------------------------------------------------------------ */

static wr_status *convert_tz_kernel(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	struct unix_state *s = call->state;
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_java_parsed parsed;
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str text = wr_str_at(arg[0], i);
		if (!wr_java_format_parse(&s->standard, text.data, text.len, &parsed)) {
			wr_out_null(out, i);
			continue;
		}
		wr_java_zone_set(&s->from, wr_str_at(arg[1], i), true);
		wr_java_zone_set(&s->to, wr_str_at(arg[2], i), true);
		print_instant(&s->standard, s->to.zone,
			      wr_java_zone_to_utc(s->from.zone, parsed.ms), i, &writer);
	}
	return NULL;
}

static wr_status *infer_convert_tz(struct wr_infer *infer)
{
	if (!want_texts(infer, 0))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_STRING;
	return NULL;
}

/* --- entries --------------------------------------------------------------------------------- */

const struct wr_function wr_fn_from_unixtime = {
    .name = "FROM_UNIXTIME",
    .category = "temporal",
    .syntax = "FROM_UNIXTIME(integer[, pattern])",
    .doc = "Seconds since 1970 as text in the session's time zone, by default "
	   "'yyyy-MM-dd HH:mm:ss'.",
    .flags = WR_F_STRICT | WR_F_NULLABLE | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_from_unixtime,
    .kernel = from_unixtime_kernel,
    .prepare = unix_prepare,
    .release = unix_release,
};

const struct wr_function wr_fn_unix_timestamp = {
    .name = "UNIX_TIMESTAMP",
    .category = "temporal",
    .syntax = "UNIX_TIMESTAMP() | UNIX_TIMESTAMP(string[, pattern])",
    .doc = "Seconds since 1970: now, or of a text in the session's time zone.",
    .max_args = 2,
    .rewrite = rewrite_unix_timestamp,
};

const struct wr_function wr_fn_convert_tz = {
    .name = "CONVERT_TZ",
    .category = "temporal",
    .syntax = "CONVERT_TZ(string, time zone 1, time zone 2)",
    .doc = "A text 'yyyy-MM-dd HH:mm:ss' of one time zone in another.",
    .flags = WR_F_STRICT | WR_F_NULLABLE | WR_F_EXPENSIVE,
    .min_args = 3,
    .max_args = 3,
    .infer = infer_convert_tz,
    .kernel = convert_tz_kernel,
    .prepare = unix_prepare,
    .release = unix_release,
};
