/* SPDX-License-Identifier: Apache-2.0
 *
 * The watermark of a source with splits: by number, against one that is told row by row.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "data/batch.h"
#include "runtime/splits.h"

#define NONE WR_WATERMARK_MIN

static void test_lowest_counts_those_that_speak(void **unused)
{
	struct wr_splits splits = {0};
	struct wr_idleness idleness = {.timeout_ms = 1, .now_us = 5000};

	assert_int_equal(wr_splits_lowest(&splits, UINT32_MAX, &idleness), INT64_MAX);
	wr_splits_grow(&splits, 3, 4500);
	assert_int_equal(wr_splits_lowest(&splits, UINT32_MAX, &idleness), NONE);
	splits.split[0].watermark_ms = 70;
	splits.split[1].watermark_ms = 50;
	splits.split[2].watermark_ms = 60;
	assert_int_equal(wr_splits_lowest(&splits, UINT32_MAX, &idleness), 50);
	assert_int_equal(wr_splits_lowest(&splits, 1, &idleness), 60);
	splits.split[1].ended = true;
	assert_int_equal(wr_splits_lowest(&splits, UINT32_MAX, &idleness), 60);
	splits.split[2].active_us = 3999;
	assert_int_equal(wr_splits_lowest(&splits, UINT32_MAX, &idleness), 70);
	idleness.timeout_ms = 0; /* nobody is ever idle */
	assert_int_equal(wr_splits_lowest(&splits, UINT32_MAX, &idleness), 60);
	wr_splits_grow(&splits, 20, 5000); /* new ones hold it back */
	assert_int_equal(wr_splits_lowest(&splits, UINT32_MAX, &idleness), NONE);
	wr_splits_release(&splits);
}

/* Blocks of random splits: what wr_fold says before each row is what a single reader knows. */
static void test_fold_is_a_single_reader(void **unused)
{
	struct wr_idleness idleness = {0};

	srand(7);
	for (int round = 0; round < 200; round++) {
		struct wr_splits splits = {0};
		uint32_t count = 1 + (uint32_t)rand() % 4;
		int64_t own[4] = {NONE, NONE, NONE, NONE}, source_ms = NONE;

		wr_splits_grow(&splits, count, 0);
		for (int block = 0; block < 20; block++) {
			uint32_t split = (uint32_t)rand() % count;
			struct wr_fold fold = {.source_ms = source_ms,
					       .own_ms = splits.split[split].watermark_ms,
					       .others_ms =
						   wr_splits_lowest(&splits, split, &idleness)};
			int64_t high = NONE;

			for (int row = rand() % 5; row > 0; row--) {
				int64_t value = rand() % 100 + 10 * block, lowest = INT64_MAX;

				assert_int_equal(wr_fold(&fold, high), source_ms);
				high = WR_MAX(high, value);
				own[split] = WR_MAX(own[split], value);
				for (uint32_t i = 0; i < count; i++)
					lowest = WR_MIN(lowest, own[i]);
				source_ms = WR_MAX(source_ms, lowest);
			}
			assert_int_equal(wr_fold(&fold, high), source_ms);
			splits.split[split].watermark_ms = own[split];
		}
		wr_splits_release(&splits);
	}
}

static void test_copy(void **unused)
{
	struct wr_splits from = {0}, to = {0};

	wr_splits_grow(&from, 30, 9);
	from.split[29].watermark_ms = 5;
	wr_splits_grow(&to, 2, 1);
	wr_splits_copy(&to, &from);
	assert_int_equal(to.count, 30);
	assert_int_equal(to.split[29].watermark_ms, 5);
	assert_int_equal(to.split[0].active_us, 9);
	wr_splits_release(&from);
	wr_splits_release(&to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lowest_counts_those_that_speak),
	    cmocka_unit_test(test_fold_is_a_single_reader),
	    cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
