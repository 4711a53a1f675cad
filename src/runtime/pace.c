/* SPDX-License-Identifier: Apache-2.0
 *
 * pace - see pace.h.
 */
#include "runtime/pace.h"

#include "base/macros.h"
#include "data/batch.h"

/* Rows of a span of time; at least one. */
static double rows_of(const struct wr_bucket *bucket, int64_t us)
{
	return WR_MAX(bucket->rate * (double)us / 1e6, 1);
}

void wr_bucket_init(struct wr_bucket *bucket, int64_t rate, int64_t now_us)
{
	*bucket = (struct wr_bucket){.rate = (double)rate, .at_us = now_us};
	if (rate > 0)
		bucket->tokens = rows_of(bucket, WR_PACE_SLICE_US);
}

uint64_t wr_bucket_take(struct wr_bucket *bucket, int64_t now_us, int64_t *wait_us)
{
	double most, rows;

	WR_ASSERT(bucket->rate > 0);
	most = WR_MAX(bucket->tokens, rows_of(bucket, WR_PACE_SAVED_US));
	bucket->tokens += bucket->rate * (double)(now_us - bucket->at_us) / 1e6;
	bucket->tokens = WR_MIN(bucket->tokens, most);
	bucket->at_us = now_us;
	if (bucket->tokens < 1) {
		*wait_us = (int64_t)((1 - bucket->tokens) / bucket->rate * 1e6) + 1;
		return 0;
	}
	rows = WR_MIN(bucket->tokens, rows_of(bucket, WR_PACE_SLICE_US));
	bucket->tokens -= (double)(uint64_t)rows;
	return (uint64_t)rows;
}

void wr_bucket_settle(struct wr_bucket *bucket, uint64_t asked, uint64_t came)
{
	bucket->tokens += (double)asked - (double)came;
}

bool wr_gives_way(const struct wr_priority_facts *facts)
{
	return facts->higher_has_rows && facts->given_way + 1 < WR_PACE_TURNS &&
	       facts->since_us < WR_PACE_PATIENCE_US;
}

bool wr_is_ahead(int64_t watermark_ms, int64_t lowest_ms, int64_t max_drift_ms)
{
	if (lowest_ms == INT64_MAX || watermark_ms <= lowest_ms)
		return false;
	return lowest_ms == WR_WATERMARK_MIN || watermark_ms - lowest_ms > max_drift_ms;
}
