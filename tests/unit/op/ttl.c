/* SPDX-License-Identifier: Apache-2.0
 *
 * Time to live: what expires when, how much a sweep looks at, and lists that lose their oldest
 * rows.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "op/row_list.h"

/* Nothing goes before its time, and everything has gone a thousandth after it. */
static void test_expiry(void **state)
{
	static const int64_t times[] = {1, 3, 1000, 1025, 60000, 86400000, 31536000000};

	(void)state;
	for (size_t i = 0; i < WR_COUNT(times); i++) {
		int64_t slack = times[i] / 500 + 2;
		struct wr_ttl ttl;
		uint32_t stamp;

		wr_ttl_init(&ttl, times[i], 5000, 0);
		wr_ttl_tick(&ttl, 5000 + 7 * times[i] / 3);
		stamp = ttl.now;
		for (int64_t later = 0; later <= times[i]; later += times[i] / 10 + 1) {
			wr_ttl_tick(&ttl, 5000 + 7 * times[i] / 3 + later);
			assert_false(wr_ttl_expired(&ttl, stamp));
		}
		wr_ttl_tick(&ttl, 5000 + 7 * times[i] / 3 + times[i] + slack);
		assert_true(wr_ttl_expired(&ttl, stamp));
		assert_false(wr_ttl_expired(&ttl, ttl.now));
	}
}

static void test_forever(void **state)
{
	struct wr_ttl ttl;

	(void)state;
	wr_ttl_init(&ttl, 0, 5000, 0);
	wr_ttl_tick(&ttl, INT64_MAX / 2);
	assert_false(wr_ttl_expired(&ttl, 0));
}

/* The pieces of a quarter of the time to live make a round, and no piece is too large. */
static void test_sweep(void **state)
{
	struct wr_ttl ttl;
	uint64_t seen = 0;

	(void)state;
	wr_ttl_init(&ttl, 4000, 0, 0);
	assert_int_equal(wr_ttl_sweep(&ttl, 30000), 0);
	for (int64_t now = 10; now <= 1100; now += 10) {
		uint64_t piece;

		wr_ttl_tick(&ttl, now);
		piece = wr_ttl_sweep(&ttl, 30000);
		assert_true(piece <= 1000);
		seen += piece;
	}
	assert_true(seen >= 30000 && seen < 40000);
	wr_ttl_tick(&ttl, 4000);
	assert_int_equal(wr_ttl_sweep(&ttl, 1000000000), WR_TTL_SWEEP_MAX);
}

/* What one run has saved expires in the next one when it would have in the first. */
static void test_save(void **state)
{
	static const int64_t downs[] = {0, 400, 999, 5000, INT64_MAX / 4};
	struct wr_ttl first, next;

	(void)state;
	wr_ttl_init(&first, 1000, 70, 1000000);
	for (int64_t at = 0; at < 20000; at += 700) { /* ms after the start of the first run */
		uint32_t stamp;
		int64_t wall;

		wr_ttl_tick(&first, 70 + at);
		stamp = first.now;
		for (int64_t later = 0; later < 900; later += 300) {
			wr_ttl_tick(&first, 70 + at + later);
			wall = wr_ttl_save(&first, stamp);
			assert_int_equal(wall, 1000000 + at);
			assert_int_equal(wr_ttl_load(&first, wall), stamp);
		}
		for (size_t d = 0; d < WR_COUNT(downs); d++) {
			wr_ttl_init(&next, 1000, 5, wall + downs[d]);
			stamp = wr_ttl_load(&next, wall);
			assert_int_equal(wr_ttl_expired(&next, stamp), downs[d] > 1000);
			wr_ttl_tick(&next, 5 + 990);
			assert_int_equal(wr_ttl_expired(&next, stamp), downs[d] > 10);
			wr_ttl_tick(&next, 5 + 1003);
			assert_true(wr_ttl_expired(&next, stamp));
			/* Saved again, it has not become younger. */
			if (downs[d] <= 1000)
				assert_int_equal(wr_ttl_save(&next, stamp), wall);
		}
	}
	wr_ttl_init(&next, 1000, 5, 500); /* the clock was set back */
	assert_int_equal(wr_ttl_load(&next, 9999), next.now);
	wr_ttl_init(&next, 0, 5, 500);
	assert_false(wr_ttl_expired(&next, wr_ttl_load(&next, -9999)));
}

static void test_list(void **state)
{
	struct wr_agg_pool *pool = wr_agg_pool_new();
	struct wr_row_list list = {0};
	struct wr_ttl ttl;
	char row[16];

	(void)state;
	wr_ttl_init(&ttl, 1000, 0, 0);
	for (int64_t now = 0; now < 100; now++) {
		wr_ttl_tick(&ttl, now * 50);
		snprintf(row, sizeof row, "%03d", (int)now);
		wr_row_list_expire(&list, pool, &ttl);
		wr_row_list_add(&list, pool, row, 3)->stamp = ttl.now;
		assert_true(list.count <= 22);
		assert_memory_equal(list.row[list.count - 1].bytes, row, 3);
	}
	assert_true(list.count >= 20);
	snprintf(row, sizeof row, "%03d", 100 - (int)list.count);
	assert_memory_equal(list.row[0].bytes, row, 3);
	assert_int_equal(wr_row_list_find(&list, "000", 3), -1);
	assert_int_equal(wr_row_list_find(&list, row, 3), 0);
	wr_ttl_tick(&ttl, 1000000);
	wr_row_list_expire(&list, pool, &ttl);
	assert_int_equal(list.count, 0);
	assert_int_equal(list.capacity, 0);
	wr_agg_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expiry), cmocka_unit_test(test_forever),
	    cmocka_unit_test(test_sweep),  cmocka_unit_test(test_save),
	    cmocka_unit_test(test_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
