/* SPDX-License-Identifier: Apache-2.0
 *
 * sketch - histograms and the most frequent keys against exact answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/heavy.h"
#include "base/histogram.h"

static uint64_t dice_state = 88172645463325252u;

/* A number from a fixed sequence that looks random. */
static uint64_t dice(void)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return dice_state;
}

static void bounds(void **state)
{
	assert_int_equal(wr_histogram_bucket(0), 0);
	for (uint32_t i = 0; i < WR_HISTOGRAM_BUCKETS; i++) {
		uint64_t bound = wr_histogram_bound(i);

		assert_int_equal(wr_histogram_bucket(bound), i);
		if (i + 1 < WR_HISTOGRAM_BUCKETS)
			assert_int_equal(wr_histogram_bucket(bound + 1), i + 1);
		if (i > 0)
			assert_true(bound > wr_histogram_bound(i - 1));
		if (i > 3) /* a bucket is no wider than a quarter of its numbers */
			assert_true((bound - wr_histogram_bound(i - 1)) * 4 <=
				    wr_histogram_bound(i - 1));
	}
	for (uint32_t power = 0; power <= 36; power++)
		assert_int_equal(wr_histogram_bound(wr_histogram_bucket((uint64_t)1 << power)),
				 (uint64_t)1 << power);
	assert_int_equal(wr_histogram_bucket(UINT64_MAX), WR_HISTOGRAM_BUCKETS - 1);
}

static int by_size(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

#define NUMBERS 20000

/* Numbers of very different sizes, in two histograms that are added up. */
static void quantiles(void **state)
{
	static const double shares[] = {0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
	struct wr_histogram part[2] = {0};
	struct wr_histogram_sum sum = {0};
	uint64_t *number = malloc(NUMBERS * sizeof *number), total = 0;

	for (uint32_t i = 0; i < NUMBERS; i++) {
		number[i] = dice() >> (36 + dice() % 24);
		total += number[i];
		wr_histogram_add(&part[i % 2], number[i], 1);
	}
	wr_histogram_read(&part[0], &sum);
	wr_histogram_read(&part[1], &sum);
	qsort(number, NUMBERS, sizeof *number, by_size);
	assert_int_equal(sum.total, NUMBERS);
	assert_int_equal(sum.sum, total);
	for (uint32_t i = 0; i < sizeof shares / sizeof *shares; i++) {
		uint32_t rank = (uint32_t)(shares[i] * NUMBERS);
		double exact = (double)number[rank > 0 ? rank - 1 : 0];
		double got = wr_histogram_quantile(&sum, shares[i]);

		assert_true(got >= exact * 0.8 - 1 && got <= exact * 1.25 + 1);
	}
	for (uint32_t power = 0; power < 30; power++) {
		uint64_t bound = (uint64_t)1 << power, exact = 0;

		while (exact < NUMBERS && number[exact] <= bound)
			exact++;
		assert_int_equal(wr_histogram_at_most(&sum, bound), exact);
	}
	free(number);
}

static void weights(void **state)
{
	struct wr_histogram histogram = {0};
	struct wr_histogram_sum sum = {0};

	assert_true(wr_histogram_quantile(&sum, 0.5) == 0);
	wr_histogram_add(&histogram, 10, 3);
	wr_histogram_add(&histogram, 1000, 1);
	wr_histogram_read(&histogram, &sum);
	assert_int_equal(sum.total, 4);
	assert_int_equal(sum.sum, 1030);
	assert_int_equal(wr_histogram_at_most(&sum, 16), 3);
	assert_int_equal(wr_histogram_at_most(&sum, 1024), 4);
}

#define KEYS 5000

/* Keys by a skewed chance: what the sketch promises against the true counts. */
static void heavy_keys(void **state)
{
	struct wr_heavy *heavy = calloc(1, sizeof *heavy);
	uint64_t *exact = calloc(KEYS, sizeof *exact), total = 0;
	uint32_t found = 0;

	for (uint32_t i = 0; i < 200000; i++) {
		uint64_t key = dice() % (1 + dice() % (1 + dice() % (1 + dice() % KEYS)));
		bool named;
		struct wr_heavy_key *entry = wr_heavy_add(heavy, key * 0x9e3779b97f4a7c15u, &named);

		if (!named)
			wr_text_printf(&entry->text, "%llu", (unsigned long long)key);
		exact[key]++;
		total++;
	}
	assert_int_equal(heavy->total, total);
	assert_int_equal(heavy->count, WR_HEAVY_KEYS);
	wr_heavy_sort(heavy);
	for (uint32_t i = 0; i < heavy->count; i++) {
		uint64_t key = strtoull(wr_text_str(&heavy->key[i].text), NULL, 10);

		assert_int_equal(heavy->key[i].hash, key * 0x9e3779b97f4a7c15u);
		assert_true(heavy->key[i].count >= exact[key]);
		assert_true(heavy->key[i].count - heavy->key[i].over <= exact[key]);
		assert_true(i == 0 || heavy->key[i].count <= heavy->key[i - 1].count);
	}
	for (uint64_t key = 0; key < KEYS; key++) {
		bool there = false;

		if (exact[key] <= total / WR_HEAVY_KEYS)
			continue;
		for (uint32_t i = 0; i < heavy->count; i++)
			there = there || heavy->key[i].hash == key * 0x9e3779b97f4a7c15u;
		assert_true(there);
		found++;
	}
	assert_true(found > 4);
	wr_heavy_release(heavy);
	free(heavy);
	free(exact);
}

/* As long as there is room, counts are exact. */
static void few_keys(void **state)
{
	struct wr_heavy *heavy = calloc(1, sizeof *heavy);
	bool named;

	for (uint32_t i = 0; i < 1000; i++)
		(void)wr_heavy_add(heavy, i % 10 < 7 ? 1 : i % 10, &named);
	wr_heavy_sort(heavy);
	assert_int_equal(heavy->count, 4);
	assert_int_equal(heavy->key[0].hash, 1);
	assert_int_equal(heavy->key[0].count, 700);
	for (uint32_t i = 0; i < heavy->count; i++)
		assert_int_equal(heavy->key[i].over, 0);
	wr_heavy_release(heavy);
	free(heavy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bounds),     cmocka_unit_test(quantiles), cmocka_unit_test(weights),
	    cmocka_unit_test(heavy_keys), cmocka_unit_test(few_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
