/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of kafka_partition: hashes of Kafka's Java client, how messages are spread and sorted.
 */
#include "connectors/kafka_partition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct wr_str no_key;

/* Values that org.apache.kafka.common.utils.Utils.murmur2 gives. */
static void test_hash(void **state)
{
	static const struct {
		const char *key;
		int32_t hash;
	} known[] = {{"21", -973932308},
		     {"foobar", -790332482},
		     {"a-little-bit-long-string", -985981536},
		     {"a-little-bit-longer-string", -1486304829},
		     {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
		     {"abc", 479470107}};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_int_equal((int32_t)wr_kafka_murmur2(wr_str_of(known[i].key)), known[i].hash);
}

static void test_by_key(void **state)
{
	struct wr_kafka_spread spread = {.count = 7};

	assert_int_equal(wr_kafka_spread_next(&spread, wr_str_of("21"), 100),
			 ((uint32_t)-973932308 & INT32_MAX) % 7);
	assert_int_equal(wr_kafka_spread_next(&spread, wr_str_of(""), 100),
			 (wr_kafka_murmur2(wr_str_of("")) & INT32_MAX) % 7);
	spread.kind = WR_KAFKA_SPREAD_FIXED;
	assert_int_equal(wr_kafka_spread_next(&spread, wr_str_of("21"), 100), 0);
}

static void test_sticky(void **state)
{
	struct wr_kafka_spread spread = {.count = 3};
	uint32_t seen[3] = {0}, changes = 0, last = 0;

	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t partition = wr_kafka_spread_next(&spread, no_key, 1000);

		assert_true(partition < 3);
		changes += partition != last;
		last = partition;
		seen[partition]++;
	}
	assert_true(changes > 100 && changes < 300); /* about every 16 messages */
	for (uint32_t p = 0; p < 3; p++)
		assert_in_range(seen[p], 980, 1020);
	spread.count = 1; /* the topic was made anew */
	assert_int_equal(wr_kafka_spread_next(&spread, no_key, 1), 0);
	spread = (struct wr_kafka_spread){.kind = WR_KAFKA_SPREAD_ROUND_ROBIN, .count = 3};
	assert_int_equal(wr_kafka_spread_next(&spread, no_key, 1), 1);
	assert_int_equal(wr_kafka_spread_next(&spread, no_key, 1), 2);
	assert_int_equal(wr_kafka_spread_next(&spread, no_key, 1), 0);
}

static void test_sort(void **state)
{
	static const uint32_t partition[] = {2, 0, 2, 3, 0, 0, 2};
	static const uint32_t expected[] = {1, 4, 5, 0, 2, 6, 3};
	uint32_t order[7], first[6];

	wr_kafka_spread_sort(partition, 7, 5, order, first);
	assert_memory_equal(order, expected, sizeof expected);
	assert_int_equal(first[0], 0);
	assert_int_equal(first[1], 3);
	assert_int_equal(first[2], 3);
	assert_int_equal(first[3], 6);
	assert_int_equal(first[4], 7);
	assert_int_equal(first[5], 7);
	wr_kafka_spread_sort(partition, 0, 5, order, first);
	assert_int_equal(first[5], 0);
}

static void test_size(void **state)
{
	assert_int_equal(wr_kafka_number_size(0), 1);
	assert_int_equal(wr_kafka_number_size(-1), 1);
	assert_int_equal(wr_kafka_number_size(63), 1);
	assert_int_equal(wr_kafka_number_size(64), 2);
	assert_int_equal(wr_kafka_number_size(-64), 1);
	assert_int_equal(wr_kafka_number_size(INT64_MAX), 10);
	/* no key, a value of 10 bytes: 3 + 1 + 1 + 10 + 1 behind a length of 1 */
	assert_int_equal(wr_kafka_message_size(no_key, wr_str_of("0123456789"), 0, 0), 61 + 17);
	assert_int_equal(wr_kafka_message_size(wr_str_of("k"), no_key, 1, 5), 61 + 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hash),   cmocka_unit_test(test_by_key),
	    cmocka_unit_test(test_sticky), cmocka_unit_test(test_sort),
	    cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
