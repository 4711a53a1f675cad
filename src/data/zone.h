/* SPDX-License-Identifier: Apache-2.0
 *
 * zone - time zones: from UTC to local time and back, with the rules of java.time.
 *
 * A zone is opened once per plan ('table.local-time-zone', or the argument of a function), is
 * immutable from then on and may be read by any thread: its transitions are taken from ICU when it
 * is opened and searched as a table. UTC and fixed offsets never touch ICU, so that the usual
 * start-up does not load its data.
 *
 * Gaps and overlaps, as java.time.ZonedDateTime.ofLocal: a local time within a gap moves later by
 * the gap's length; in an overlap the earlier instant (the offset before the change) is meant.
 */
#ifndef WR_DATA_ZONE_H
#define WR_DATA_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct wr_zone;

/* Opens a zone by its id: "UTC", "Z", "GMT+08:00", "UTC-5", "+08:00", "Asia/Shanghai",
 * "America/Los_Angeles". An unknown id is a user error. */
wr_status *wr_zone_open(const char *id, struct wr_zone **zone);
void wr_zone_close(struct wr_zone *zone); /* NULL allowed */
/* The id as given. */
const char *wr_zone_id(const struct wr_zone *zone);
/* Whether local time is UTC always. NULL stands for UTC in every function here. */
bool wr_zone_is_utc(const struct wr_zone *zone);
/* Milliseconds to add to UTC to get local time at that instant. */
int32_t wr_zone_offset_ms(const struct wr_zone *zone, int64_t utc_ms);
int64_t wr_zone_to_local(const struct wr_zone *zone, int64_t utc_ms);
int64_t wr_zone_to_utc(const struct wr_zone *zone, int64_t local_ms);

#endif
