/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_temporal - functions that fn_temporal.c lists and its sister files hold, and what they share:
 * the session's time zone.
 */
#ifndef WR_EXPR_FN_TEMPORAL_H
#define WR_EXPR_FN_TEMPORAL_H

#include "data/zone.h"
#include "expr/function.h"

/* fn_temporal_unit.c */
extern const struct wr_function wr_fn_extract, wr_fn_year, wr_fn_quarter, wr_fn_month, wr_fn_week,
    wr_fn_dayofyear, wr_fn_dayofmonth, wr_fn_dayofweek, wr_fn_hour, wr_fn_minute, wr_fn_second;
/* fn_temporal_diff.c */
extern const struct wr_function wr_fn_timestampadd, wr_fn_timestampdiff, wr_fn_overlaps;
/* fn_temporal_text.c */
extern const struct wr_function wr_fn_date_format, wr_fn_to_date, wr_fn_to_timestamp,
    wr_fn_to_timestamp_ltz;
/* fn_temporal_unix.c */
extern const struct wr_function wr_fn_from_unixtime, wr_fn_unix_timestamp, wr_fn_convert_tz;

/* infer() side: keeps the session's zone for wr_zone_prepare. */
void wr_infer_zone(struct wr_infer *infer);
/* prepare() that makes call->state the opened zone (struct wr_zone *), and its release(). Without
 * wr_infer_zone the zone is NULL, which is UTC. */
wr_status *wr_zone_prepare(struct wr_call *call, void **state);
void wr_zone_release(void *state);

/* The unit that a SYMBOL argument names, or a user error. */
wr_status *wr_infer_unit(const struct wr_infer *infer, uint32_t index, int64_t *unit);

#endif
