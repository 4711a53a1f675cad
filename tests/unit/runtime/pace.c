/* SPDX-License-Identifier: Apache-2.0
 *
 * How many rows a rate limit lets through when, who gives way to whom, who is ahead of a group.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "data/batch.h"
#include "runtime/pace.h"

#define SECOND INT64_C(1000000) /* microseconds */

/* Reads as fast as it may for `us`, waiting as long as it is told to; returns the rows. */
static uint64_t read_for(struct wr_bucket *bucket, int64_t *now_us, int64_t us, uint64_t *biggest)
{
	int64_t end_us = *now_us + us;
	uint64_t all = 0;

	while (*now_us < end_us) {
		int64_t wait_us = 0;
		uint64_t rows = wr_bucket_take(bucket, *now_us, &wait_us);

		all += rows;
		*biggest = rows > *biggest ? rows : *biggest;
		*now_us += rows > 0 ? 10 : wait_us;
	}
	return all;
}

static void test_rate_is_kept_in_small_portions(void **unused)
{
	static const int64_t rates[] = {1, 7, 100, 5000, 1000000};

	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct wr_bucket bucket;
		int64_t now_us = 77 * SECOND;
		uint64_t biggest = 0, rows, portion = (uint64_t)rates[i] / 50 + 1;

		wr_bucket_init(&bucket, rates[i], now_us);
		rows = read_for(&bucket, &now_us, 10 * SECOND, &biggest);
		assert_in_range(rows, 10 * rates[i] - portion - 1, 10 * rates[i] + portion + 1);
		assert_true(biggest >= 1 && biggest <= portion);
	}
}

static void test_what_was_not_used_is_kept_for_a_moment(void **unused)
{
	struct wr_bucket bucket;
	int64_t now_us = SECOND;
	uint64_t biggest = 0;

	wr_bucket_init(&bucket, 1000, now_us);
	now_us += 3600 * SECOND;
	/* A tenth of a second of what was saved, and what comes meanwhile. */
	assert_in_range(read_for(&bucket, &now_us, SECOND, &biggest), 1095, 1105);
}

static void test_debt_is_paid(void **unused)
{
	struct wr_bucket bucket;
	int64_t now_us = SECOND, wait_us = 0;
	uint64_t asked, biggest = 0;

	wr_bucket_init(&bucket, 100, now_us);
	asked = wr_bucket_take(&bucket, now_us, &wait_us);
	assert_int_equal(asked, 2);
	wr_bucket_settle(&bucket, asked, 502); /* a block that could not be made smaller */
	assert_int_equal(wr_bucket_take(&bucket, now_us, &wait_us), 0);
	assert_in_range(wait_us, 5 * SECOND, 5 * SECOND + 20000);
	assert_in_range(read_for(&bucket, &now_us, 10 * SECOND, &biggest), 490, 505);
}

static void test_what_did_not_come_is_given_back(void **unused)
{
	struct wr_bucket bucket;
	int64_t wait_us = 0;

	wr_bucket_init(&bucket, 50, SECOND);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(wr_bucket_take(&bucket, SECOND, &wait_us), 1);
		wr_bucket_settle(&bucket, 1, 0);
	}
}

static void test_lower_priority_has_its_turns(void **unused)
{
	struct wr_priority_facts facts = {.higher_has_rows = true};
	uint32_t ways = 0;

	while (wr_gives_way(&facts)) {
		facts.given_way++;
		ways++;
	}
	assert_int_equal(ways, WR_PACE_TURNS - 1);
	facts.given_way = 0;
	facts.since_us = WR_PACE_PATIENCE_US;
	assert_false(wr_gives_way(&facts));
	facts = (struct wr_priority_facts){.higher_has_rows = false};
	assert_false(wr_gives_way(&facts));
}

static void test_ahead_of_the_group(void **unused)
{
	assert_false(wr_is_ahead(1000, 700, 300));
	assert_true(wr_is_ahead(1001, 700, 300));
	assert_false(wr_is_ahead(700, 700, 0));
	assert_false(wr_is_ahead(600, 700, 0));
	/* Nobody counts: all are idle or have ended. */
	assert_false(wr_is_ahead(1000, INT64_MAX, 0));
	/* One that has had no row yet holds those that have. */
	assert_true(wr_is_ahead(1000, WR_WATERMARK_MIN, 1000000));
	assert_false(wr_is_ahead(WR_WATERMARK_MIN, WR_WATERMARK_MIN, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rate_is_kept_in_small_portions),
	    cmocka_unit_test(test_what_was_not_used_is_kept_for_a_moment),
	    cmocka_unit_test(test_debt_is_paid),
	    cmocka_unit_test(test_what_did_not_come_is_given_back),
	    cmocka_unit_test(test_lower_priority_has_its_turns),
	    cmocka_unit_test(test_ahead_of_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
