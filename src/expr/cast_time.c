/* SPDX-License-Identifier: Apache-2.0
 *
 * cast_time - between DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ, all of them by way of a local
 * timestamp.
 *
 * Towards TIMESTAMP_LTZ local time is read in the session's zone, from it instants are shown there.
 * Digits beyond the target's precision are cut, except that TIME always keeps its milliseconds. A
 * TIME is one of 1970-01-01.
 */
#include "data/datetime.h"
#include "expr/cast.h"

/* Row i as a local timestamp. */
static int64_t local_at(const struct wr_eval *eval, const struct wr_column *column, uint32_t i,
			int32_t *nano)
{
	*nano = 0;
	switch (column->type->kind) {
	case WR_DATE: return WR_AT(column, int32_t, i) * (int64_t)WR_MS_DAY;
	case WR_TIME: return WR_AT(column, int32_t, i);
	case WR_TIMESTAMP_LTZ: return wr_zone_to_local(eval->zone, wr_ts_ms_at(column, i, nano));
	default: return wr_ts_ms_at(column, i, nano);
	}
}

static void put_local(const struct wr_eval *eval, struct wr_column *out, uint32_t i, int64_t ms,
		      int32_t nano)
{
	switch (out->type->kind) {
	case WR_DATE: WR_DATA(out, int32_t)[i] = (int32_t)wr_floor_div(ms, WR_MS_DAY); break;
	case WR_TIME: WR_DATA(out, int32_t)[i] = (int32_t)wr_floor_mod(ms, WR_MS_DAY); break;
	default:
		wr_timestamp_cut(out->type->precision, &ms, &nano);
		if (out->type->kind == WR_TIMESTAMP_LTZ)
			ms = wr_zone_to_utc(eval->zone, ms);
		wr_ts_put(out, i, ms, nano);
		break;
	}
}

static wr_status *time_to_time(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++) {
		int32_t nano;
		int64_t ms = local_at(eval, arg[0], i, &nano);
		put_local(eval, out, i, ms, nano);
	}
	return NULL;
}

/* Another precision of the same kind: no zone, an instant stays the same instant. */
static wr_status *cut_precision(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++) {
		int32_t nano;
		int64_t ms = wr_ts_ms_at(arg[0], i, &nano);
		wr_timestamp_cut(call->type->precision, &ms, &nano);
		wr_ts_put(out, i, ms, nano);
	}
	return NULL;
}

wr_kernel wr_cast_time_kernel(const struct wr_type *from, const struct wr_type *to)
{
	bool from_time = from->kind >= WR_DATE && from->kind <= WR_TIMESTAMP_LTZ;
	bool to_time = to->kind >= WR_DATE && to->kind <= WR_TIMESTAMP_LTZ;

	if (!from_time || !to_time)
		return NULL;
	if (from->kind == to->kind && wr_kind_is_timestamp(from->kind))
		return cut_precision;
	return time_to_time;
}
