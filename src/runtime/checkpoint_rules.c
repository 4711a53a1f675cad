/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint_rules - see checkpoint_rules.h.
 */
#include "runtime/checkpoint_rules.h"

#include "base/macros.h"

#define SLICE_BUSY_US 700  /* of a worker that has rows to process: a pause nobody notices */
#define SLICE_IDLE_US 5000 /* of one that has none: rows that come meanwhile wait this long */
#define PAUSE_WANTED_US                                                                            \
	1000000       /* between two checkpoints of which somebody waits for the second            \
		       */
#define SLICE_SHARE 3 /* between two slices rows get at least this many times as long */

int64_t wr_checkpoint_next_us(const struct wr_checkpoint_pace *pace,
			      const struct wr_checkpoint_times *times, bool wanted)
{
	int64_t from_us = times->begin_us != 0 ? times->begin_us : times->job_us;
	int64_t next_us = from_us + (wanted ? 0 : pace->interval_ms * 1000);
	int64_t pause_us = pace->min_pause_ms * 1000;

	WR_ASSERT(pace->interval_ms > 0);
	if (wanted)
		pause_us = WR_MIN(pause_us, PAUSE_WANTED_US);
	if (times->end_us != 0)
		next_us = WR_MAX(next_us, times->end_us + pause_us);
	return next_us;
}

bool wr_checkpoint_expired(const struct wr_checkpoint_pace *pace, int64_t begin_us, int64_t now_us)
{
	return pace->timeout_ms > 0 && now_us - begin_us > pace->timeout_ms * 1000;
}

uint64_t wr_checkpoint_epoch(const struct wr_source_fact *fact, uint32_t count)
{
	uint64_t epoch = 0;
	bool any = false;

	for (uint32_t i = 0; i < count; i++) {
		/* Of a source that has ended everything from its last epoch on is known. */
		uint64_t first = fact[i].ended ? fact[i].next_epoch - 1 : fact[i].next_epoch;

		epoch = WR_MAX(epoch, first);
		any = any || !fact[i].ended;
	}
	return any ? epoch : WR_EPOCH_NONE;
}

bool wr_checkpoint_is_hopeless(int64_t tolerable, uint64_t failed_in_row)
{
	return tolerable >= 0 && failed_in_row > (uint64_t)tolerable;
}

int64_t wr_checkpoint_slice_us(const struct wr_slice_facts *facts)
{
	if (facts->queued_bytes >= WR_CHECKPOINT_QUEUE_SOFT)
		return 0;
	if (facts->idle)
		return SLICE_IDLE_US;
	return facts->since_us >= SLICE_SHARE * facts->last_slice_us ? SLICE_BUSY_US : 0;
}
