/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_temporal - the table of temporal functions, the clock, and the watermark.
 *
 * The clock is read once per run of a program: all rows of a batch see the same time. Dates and
 * times without a zone are those of the session's time zone.
 *
 * Shapes: CURRENT_DATE, CURRENT_TIME, LOCALTIME, CURRENT_TIMESTAMP, LOCALTIMESTAMP, NOW,
 * CURRENT_ROW_TIMESTAMP and PROCTIME are calls without arguments. CURRENT_WATERMARK(ts) takes a
 * column whose type is a row time (wr_type.time).
 */
#include "expr/fn_temporal.h"

#include "base/macros.h"
#include "data/batch.h"
#include "expr/kernel.h"
#include "expr/tables.h"

void wr_infer_zone(struct wr_infer *infer)
{
	if (infer->zone_id != NULL)
		infer->plan->bind = wr_arena_strdup(infer->arena, infer->zone_id);
}

wr_status *wr_zone_prepare(struct wr_call *call, void **state)
{
	struct wr_zone *zone = NULL;

	*state = NULL;
	if (call->plan->bind != NULL)
		WR_TRY(wr_zone_open(call->plan->bind, &zone));
	*state = zone;
	return NULL;
}

void wr_zone_release(void *state)
{
	wr_zone_close(state);
}

/* Accepts the forms of wr_unit_parse. */
wr_status *wr_infer_unit(const struct wr_infer *infer, uint32_t index, int64_t *unit)
{
	const char *symbol = infer->arg[index]->symbol;
	enum wr_unit parsed;

	if (infer->arg[index]->kind != WR_E_SYMBOL)
		return wr_infer_mismatch(infer);
	if (!wr_unit_parse(symbol, strlen(symbol), &parsed))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s' is not a unit of time", symbol),
		    "Use YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND");
	*unit = parsed;
	return NULL;
}

/* --- the clock ------------------------------------------------------------------------------- */

static void fill_i64(struct wr_column *out, uint32_t rows, int64_t value)
{
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int64_t)[i] = value;
}

static void fill_i32(struct wr_column *out, uint32_t rows, int64_t value)
{
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, int32_t)[i] = (int32_t)value;
}

static int64_t now_ms(const struct wr_eval *eval)
{
	return wr_floor_div(wr_eval_now_us(eval), 1000);
}

static wr_status *now_kernel(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	(void)arg;
	(void)call;
	fill_i64(out, rows, now_ms(eval));
	return NULL;
}

static wr_status *local_now_kernel(struct wr_eval *eval, const struct wr_call *call,
				   struct wr_column *const *arg, uint32_t rows,
				   struct wr_column *out)
{
	(void)arg;
	fill_i64(out, rows, wr_zone_to_local(call->state, now_ms(eval)));
	return NULL;
}

static wr_status *local_date_kernel(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	(void)arg;
	fill_i32(out, rows, wr_floor_div(wr_zone_to_local(call->state, now_ms(eval)), WR_MS_DAY));
	return NULL;
}

static wr_status *local_time_kernel(struct wr_eval *eval, const struct wr_call *call,
				    struct wr_column *const *arg, uint32_t rows,
				    struct wr_column *out)
{
	(void)arg;
	fill_i32(out, rows, wr_floor_mod(wr_zone_to_local(call->state, now_ms(eval)), WR_MS_DAY));
	return NULL;
}

static wr_status *infer_now(struct wr_infer *infer)
{
	infer->result = &WR_T_LTZ3;
	return NULL;
}

static wr_status *infer_proctime(struct wr_infer *infer)
{
	infer->result = wr_type_time_attr(infer->arena, &WR_T_LTZ3, WR_TIME_PROC);
	return NULL;
}

static wr_status *infer_local_now(struct wr_infer *infer)
{
	wr_infer_zone(infer);
	infer->result = &WR_T_TIMESTAMP3;
	return NULL;
}

static wr_status *infer_local_date(struct wr_infer *infer)
{
	wr_infer_zone(infer);
	infer->result = &WR_T_DATE;
	return NULL;
}

static wr_status *infer_local_time(struct wr_infer *infer)
{
	wr_infer_zone(infer);
	infer->result = &WR_T_TIME;
	return NULL;
}

/* --- the watermark --------------------------------------------------------------------------- */

static wr_status *watermark_kernel(struct wr_eval *eval, const struct wr_call *call,
				   struct wr_column *const *arg, uint32_t rows,
				   struct wr_column *out)
{
	(void)arg;
	(void)call;
	for (uint32_t i = 0; i < rows; i++) {
		int64_t watermark = wr_eval_watermark(eval, i);
		WR_DATA(out, int64_t)[i] = watermark;
		if (watermark == WR_WATERMARK_MIN) {
			WR_DATA(out, int64_t)[i] = 0;
			wr_out_null(out, i);
		}
	}
	return NULL;
}

/* The time attribute is part of the type of a column. */
static wr_status *infer_watermark(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (type == NULL)
		return wr_infer_mismatch(infer);
	if (!wr_kind_is_timestamp(type->kind) || type->time != WR_TIME_EVENT)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The argument of CURRENT_WATERMARK() must be a row time, but was "
				  "%s",
				  wr_type_str(infer->arena, type)),
		    "Name a column that the table declares a WATERMARK FOR");
	infer->result = type->kind == WR_TIMESTAMP ? &WR_T_TIMESTAMP3 : &WR_T_LTZ3;
	infer->keep_null = true;
	return NULL;
}

/* --- entries --------------------------------------------------------------------------------- */

#define CLOCK(id, sql, form, infer_of, kernel_of, prepare_of, release_of, text)                    \
	static const struct wr_function id = {.name = (sql),                                       \
					      .category = "temporal",                              \
					      .syntax = (form),                                    \
					      .doc = (text),                                       \
					      .flags = WR_F_DYNAMIC | WR_F_NOT_NULL | WR_F_BLIND,  \
					      .infer = (infer_of),                                 \
					      .kernel = (kernel_of),                               \
					      .prepare = (prepare_of),                             \
					      .release = (release_of)}

CLOCK(fn_current_date, "CURRENT_DATE", "CURRENT_DATE", infer_local_date, local_date_kernel,
      wr_zone_prepare, wr_zone_release, "Today's date in the session's time zone.");
CLOCK(fn_current_time, "CURRENT_TIME", "CURRENT_TIME", infer_local_time, local_time_kernel,
      wr_zone_prepare, wr_zone_release, "The time of day in the session's time zone.");
CLOCK(fn_current_timestamp, "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP", infer_now, now_kernel, NULL,
      NULL, "The current point of time.");
CLOCK(fn_localtime, "LOCALTIME", "LOCALTIME", infer_local_time, local_time_kernel, wr_zone_prepare,
      wr_zone_release, "The time of day in the session's time zone.");
CLOCK(fn_localtimestamp, "LOCALTIMESTAMP", "LOCALTIMESTAMP", infer_local_now, local_now_kernel,
      wr_zone_prepare, wr_zone_release, "Date and time of day in the session's time zone.");
CLOCK(fn_now, "NOW", "NOW()", infer_now, now_kernel, NULL, NULL, "The current point of time.");
CLOCK(fn_current_row_timestamp, "CURRENT_ROW_TIMESTAMP", "CURRENT_ROW_TIMESTAMP()", infer_now,
      now_kernel, NULL, NULL, "The point of time at which the row is processed.");
CLOCK(fn_proctime, "PROCTIME", "PROCTIME()", infer_proctime, now_kernel, NULL, NULL,
      "The processing time: a time attribute to order and to window by.");

static const struct wr_function fn_current_watermark = {
    .name = "CURRENT_WATERMARK",
    .category = "temporal",
    .syntax = "CURRENT_WATERMARK(rowtime)",
    .doc = "The watermark that the row saw, NULL before the first one.",
    .flags = WR_F_DYNAMIC | WR_F_BLIND,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_watermark,
    .kernel = watermark_kernel,
};

const struct wr_function *const wr_fn_temporal[] = {
    &fn_localtime,
    &fn_localtimestamp,
    &fn_current_time,
    &fn_current_date,
    &fn_current_timestamp,
    &fn_now,
    &fn_current_row_timestamp,
    &wr_fn_extract,
    &wr_fn_year,
    &wr_fn_quarter,
    &wr_fn_month,
    &wr_fn_week,
    &wr_fn_dayofyear,
    &wr_fn_dayofmonth,
    &wr_fn_dayofweek,
    &wr_fn_hour,
    &wr_fn_minute,
    &wr_fn_second,
    &wr_fn_overlaps,
    &wr_fn_date_format,
    &wr_fn_timestampadd,
    &wr_fn_timestampdiff,
    &wr_fn_convert_tz,
    &wr_fn_from_unixtime,
    &wr_fn_unix_timestamp,
    &wr_fn_to_date,
    &wr_fn_to_timestamp_ltz,
    &wr_fn_to_timestamp,
    &fn_current_watermark,
    &fn_proctime,
};
const uint32_t wr_fn_temporal_count = WR_COUNT(wr_fn_temporal);
