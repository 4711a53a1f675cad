/* SPDX-License-Identifier: Apache-2.0
 *
 * histogram - how often which numbers came, in fixed buckets that grow with the number: four to
 * each power of two. So a quantile is known to a quarter of itself at worst, usually much better,
 * without keeping a number, and histograms add up.
 *
 * Bucket i holds the numbers in (bound(i - 1), bound(i)]; 0 lies in the first one. Every power of
 * two is a bound: what lies at or below one can be told exactly. Numbers beyond the last bound are
 * in the last bucket.
 *
 * Thread: add the owner's; read any.
 */
#ifndef WR_BASE_HISTOGRAM_H
#define WR_BASE_HISTOGRAM_H

#include "base/counter.h"

#define WR_HISTOGRAM_BUCKETS 140 /* up to 2^36: of microseconds, 19 hours */

struct wr_histogram {
	uint64_t count[WR_HISTOGRAM_BUCKETS]; /* wr_counter */
	uint64_t sum;                         /* of the numbers themselves; wr_counter */
};

/* Several of them added up; zeroed to begin with. */
struct wr_histogram_sum {
	uint64_t count[WR_HISTOGRAM_BUCKETS];
	uint64_t sum;
	uint64_t total; /* numbers */
};

/* Where a number belongs. */
static inline uint32_t wr_histogram_bucket(uint64_t number)
{
	uint64_t below = number - (number > 0);
	uint32_t power, bucket;

	if (below < 4)
		return (uint32_t)below;
	power = 63 - (uint32_t)__builtin_clzll(below);
	bucket = 4 * (power - 1) + (uint32_t)((below >> (power - 2)) & 3);
	return bucket < WR_HISTOGRAM_BUCKETS ? bucket : WR_HISTOGRAM_BUCKETS - 1;
}

/* The largest number of a bucket. */
uint64_t wr_histogram_bound(uint32_t bucket);

/* `number` came `times` times. */
static inline void wr_histogram_add(struct wr_histogram *histogram, uint64_t number, uint64_t times)
{
	wr_count(&histogram->count[wr_histogram_bucket(number)], times);
	wr_count(&histogram->sum, number * times);
}

/* Adds what has come so far. */
void wr_histogram_read(const struct wr_histogram *histogram, struct wr_histogram_sum *sum);
/* The number that a share of them, 0 to 1, does not exceed; within a bucket they are taken to lie
 * evenly. 0 when there are none. */
double wr_histogram_quantile(const struct wr_histogram_sum *sum, double share);
/* How many are at most `bound`, a power of two. */
uint64_t wr_histogram_at_most(const struct wr_histogram_sum *sum, uint64_t bound);

#endif
