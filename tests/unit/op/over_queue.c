/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue of OVER against a sorted list: random times in and out of order, taken as the watermark
 * rises; and that a few rows far in the future do not keep what came with them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/mem.h"
#include "op/over_queue.h"

static uint64_t seed;

static uint32_t random_below(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % bound);
}

static struct wr_field field = {.name = "v", .type = &WR_T_BIGINT_NN};
static const struct wr_schema schema = {.count = 1, .field = &field};

/* A batch of `rows` values from `first` on, with no keys. */
static struct wr_over_store *store_of(struct wr_over_queue *queue, int64_t first, uint32_t rows)
{
	struct wr_batch *batch = wr_batch_new(1, rows);

	batch->column[0] = wr_column_new(field.type, rows);
	batch->watermark = first;
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(batch->column[0], int64_t)[i] = first + i;
	return wr_over_store_new(queue, batch, wr_calloc(rows, sizeof(uint8_t *)));
}

static int64_t value_of(const struct wr_over_entry *entry)
{
	return WR_DATA(entry->at.store->batch->column[0], const int64_t)[entry->row];
}

struct expected {
	int64_t fire, time, value;
};

static int compare(const void *a, const void *b)
{
	const struct expected *x = a, *y = b;

	if (x->fire != y->fire)
		return x->fire < y->fire ? -1 : 1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

/* Rows out, in order, up to the watermark. */
static void take_due(struct wr_over_queue *queue, struct expected *expected, uint32_t *next,
		     uint32_t count, int64_t watermark)
{
	const struct wr_over_entry *first;

	qsort(expected + *next, count - *next, sizeof *expected, compare);
	while ((first = wr_over_queue_first(queue)) != NULL && first->fire <= watermark) {
		struct wr_over_entry entry = wr_over_queue_take(queue);

		assert_true(*next < count);
		assert_int_equal(entry.fire, expected[*next].fire);
		assert_int_equal(entry.time, expected[*next].time);
		assert_int_equal(value_of(&entry), expected[*next].value);
		wr_over_store_drop(queue, entry.at.store);
		++*next;
	}
	assert_true(*next == count || expected[*next].fire > watermark);
}

static void test_order(void **state)
{
	(void)state;
	for (seed = 1; seed <= 40; seed = seed + 1) {
		uint64_t start = seed;
		struct wr_over_queue queue;
		struct expected *expected = wr_calloc(4000, sizeof *expected);
		uint32_t count = 0, next = 0, jitter = random_below(3) * 500 + 1;
		int64_t now = 0;

		wr_over_queue_init(&queue, &schema);
		for (uint32_t b = 0; b < 40; b++) {
			struct wr_over_store *store = store_of(&queue, count, 100);

			for (uint32_t i = 0; i < 100; i++) {
				int64_t time = now + random_below(jitter) - random_below(50);
				int64_t fire = time > now ? time : now + 1;

				expected[count] = (struct expected){fire, time, count};
				count++;
				wr_over_queue_add(&queue, (struct wr_over_entry){.fire = fire,
										 .time = time,
										 .at.store = store,
										 .row = i});
			}
			wr_over_store_drop(&queue, store);
			now += random_below(120);
			take_due(&queue, expected, &next, count, now);
			wr_over_queue_tidy(&queue);
		}
		take_due(&queue, expected, &next, count, INT64_MAX);
		assert_int_equal(next, count);
		assert_null(queue.stores);
		assert_int_equal(queue.held_rows, 0);
		assert_int_equal(queue.live_rows, 0);
		wr_over_queue_release(&queue);
		wr_free(expected);
		seed = start;
	}
}

/* One row in a thousand is far in the future. */
static void test_sparse(void **state)
{
	struct wr_over_queue queue;
	uint64_t most = 0;
	int64_t last = -1;

	(void)state;
	wr_over_queue_init(&queue, &schema);
	for (int64_t b = 0; b < 300; b++) {
		struct wr_over_store *store = store_of(&queue, b * 1000, 1000);

		for (uint32_t i = 0; i < 1000; i++) {
			int64_t time = i == 500 ? 1000000 + b : b;

			wr_over_queue_add(
			    &queue, (struct wr_over_entry){
					.fire = time, .time = time, .at.store = store, .row = i});
		}
		wr_over_store_drop(&queue, store);
		while (wr_over_queue_first(&queue)->fire <= b)
			wr_over_store_drop(&queue, wr_over_queue_take(&queue).at.store);
		wr_over_queue_tidy(&queue);
		most = WR_MAX(most, queue.held_rows);
	}
	assert_int_equal(queue.live_rows, 300);
	assert_true(most <= 17 * WR_BATCH_ROWS_MAX); /* and not 300000 */
	for (int64_t b = 0; b < 300; b++) {
		struct wr_over_entry entry = wr_over_queue_take(&queue);

		assert_int_equal(value_of(&entry), b * 1000 + 500);
		assert_int_equal(wr_batch_watermark(entry.at.store->batch, entry.row), b * 1000);
		assert_true(entry.time > last);
		last = entry.time;
		wr_over_store_drop(&queue, entry.at.store);
	}
	assert_null(wr_over_queue_first(&queue));
	wr_over_queue_release(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_sparse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
