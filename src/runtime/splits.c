/* SPDX-License-Identifier: Apache-2.0
 *
 * splits - see splits.h.
 */
#include "runtime/splits.h"

#include <string.h>

#include "base/mem.h"
#include "data/batch.h"

void wr_splits_release(struct wr_splits *splits)
{
	wr_free(splits->split);
	*splits = (struct wr_splits){0};
}

static void splits_room(struct wr_splits *splits, uint32_t count)
{
	if (count <= splits->capacity)
		return;
	splits->capacity = WR_MAX(count, WR_MAX(8, 2 * splits->capacity));
	splits->split = wr_realloc(splits->split, splits->capacity * sizeof *splits->split);
}

void wr_splits_grow(struct wr_splits *splits, uint32_t count, int64_t now_us)
{
	splits_room(splits, count);
	for (; splits->count < count; splits->count++)
		splits->split[splits->count] =
		    (struct wr_split){.watermark_ms = WR_WATERMARK_MIN, .active_us = now_us};
}

void wr_splits_copy(struct wr_splits *to, const struct wr_splits *from)
{
	splits_room(to, from->count);
	if (from->count > 0)
		memcpy(to->split, from->split, from->count * sizeof *to->split);
	to->count = from->count;
}

bool wr_split_is_idle(const struct wr_split *split, const struct wr_idleness *idleness)
{
	return idleness->timeout_ms > 0 &&
	       idleness->now_us - split->active_us > idleness->timeout_ms * 1000;
}

int64_t wr_splits_lowest(const struct wr_splits *splits, uint32_t except,
			 const struct wr_idleness *idleness)
{
	int64_t lowest_ms = INT64_MAX;

	for (uint32_t i = 0; i < splits->count; i++) {
		const struct wr_split *split = &splits->split[i];

		if (i != except && !split->ended && !wr_split_is_idle(split, idleness))
			lowest_ms = WR_MIN(lowest_ms, split->watermark_ms);
	}
	return lowest_ms;
}
