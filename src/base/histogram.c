/* SPDX-License-Identifier: Apache-2.0
 *
 * histogram - see histogram.h.
 */
#include "base/histogram.h"

uint64_t wr_histogram_bound(uint32_t bucket)
{
	uint32_t power = bucket / 4 + 1;

	if (bucket < 4)
		return bucket + 1;
	return (uint64_t)(5 + bucket % 4) << (power - 2);
}

void wr_histogram_read(const struct wr_histogram *histogram, struct wr_histogram_sum *sum)
{
	for (uint32_t i = 0; i < WR_HISTOGRAM_BUCKETS; i++) {
		uint64_t count = wr_counted(&histogram->count[i]);

		sum->count[i] += count;
		sum->total += count;
	}
	sum->sum += wr_counted(&histogram->sum);
}

double wr_histogram_quantile(const struct wr_histogram_sum *sum, double share)
{
	double wanted = share * (double)sum->total, seen = 0;

	for (uint32_t i = 0; i < WR_HISTOGRAM_BUCKETS; i++) {
		double count = (double)sum->count[i];
		double low = i > 0 ? (double)wr_histogram_bound(i - 1) : 0;

		if (count > 0 && seen + count >= wanted)
			return low + ((double)wr_histogram_bound(i) - low) *
					 (wanted > seen ? (wanted - seen) / count : 0);
		seen += count;
	}
	return 0;
}

uint64_t wr_histogram_at_most(const struct wr_histogram_sum *sum, uint64_t bound)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < WR_HISTOGRAM_BUCKETS && wr_histogram_bound(i) <= bound; i++)
		count += sum->count[i];
	return count;
}
