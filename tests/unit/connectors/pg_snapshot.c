/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of pg_snapshot: which transactions are seen, and texts that are no snapshot.
 */
#include "connectors/pg_snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/status.h"

static void test_sees(void **state)
{
	struct wr_pg_snapshot snapshot;

	assert_true(wr_pg_snapshot_read(&snapshot, wr_str_of("10:20:10,14,15,19")));
	for (uint32_t xid = 0; xid < 30; xid++)
		assert_int_equal(wr_pg_snapshot_sees(&snapshot, xid),
				 xid < 20 && xid != 10 && xid != 14 && xid != 15 && xid != 19);
	wr_pg_snapshot_release(&snapshot);
	assert_true(wr_pg_snapshot_read(&snapshot, wr_str_of("7:7:")));
	assert_true(wr_pg_snapshot_sees(&snapshot, 6));
	assert_false(wr_pg_snapshot_sees(&snapshot, 7));
	wr_pg_snapshot_release(&snapshot);
}

/* Numbers of 32 bits near the turn to the next 2^32. */
static void test_wraps(void **state)
{
	struct wr_pg_snapshot snapshot;

	assert_true(wr_pg_snapshot_read(&snapshot,
					wr_str_of("4294967290:4294967300:4294967295,4294967298")));
	assert_true(wr_pg_snapshot_sees(&snapshot, 4294967289u));
	assert_true(wr_pg_snapshot_sees(&snapshot, 4294967294u));
	assert_false(wr_pg_snapshot_sees(&snapshot, 4294967295u));
	assert_true(wr_pg_snapshot_sees(&snapshot, 1));
	assert_false(wr_pg_snapshot_sees(&snapshot, 2));
	assert_true(wr_pg_snapshot_sees(&snapshot, 3));
	assert_false(wr_pg_snapshot_sees(&snapshot, 4));
	assert_false(wr_pg_snapshot_sees(&snapshot, 1000000));
	wr_pg_snapshot_release(&snapshot);
}

static void test_no_snapshot(void **state)
{
	static const char *const bad[] = {"",         "7",     "7:",     "7:8",
					  ":8:",      "9:8:",  "7:9:8,", "7:9:8,8",
					  "7:9:6",    "7:9:9", "7:9:,8", "7:99999999999999999999:",
					  "7:19:9,8", "a:9:",  "7 :9:",  "7:9:8 "};
	struct wr_pg_snapshot snapshot;

	for (uint32_t i = 0; i < WR_COUNT(bad); i++)
		assert_false(wr_pg_snapshot_read(&snapshot, wr_str_of(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sees),
	    cmocka_unit_test(test_wraps),
	    cmocka_unit_test(test_no_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
