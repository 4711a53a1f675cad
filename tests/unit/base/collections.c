/* SPDX-License-Identifier: Apache-2.0
 *
 * collections - tests: the map of strings and the queue between two threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/queue.h"

#define KEYS 1000

static void map_finds_what_was_put(void **state)
{
	static int values[KEYS];
	struct wr_map map;
	char key[32];

	(void)state;
	wr_map_init(&map);
	assert_null(wr_map_get(&map, "x"));
	assert_null(wr_map_remove(&map, "x"));
	for (int i = 0; i < KEYS; i++) {
		snprintf(key, sizeof key, "key %d", i);
		assert_null(wr_map_put(&map, key, &values[i]));
	}
	assert_int_equal(map.count, KEYS);
	assert_ptr_equal(wr_map_put(&map, "key 5", &values[0]), &values[5]);
	assert_ptr_equal(wr_map_get(&map, "key 5"), &values[0]);
	assert_ptr_equal(wr_map_get_n(&map, "key 77 and more", 6), &values[77]);
	for (int i = 0; i < KEYS; i += 3) {
		snprintf(key, sizeof key, "key %d", i);
		assert_ptr_equal(wr_map_remove(&map, key), &values[i]);
	}
	uint32_t at = 0;
	for (int i = 0; i < KEYS; i++) { /* the order stays */
		snprintf(key, sizeof key, "key %d", i);
		if (i % 3 == 0) {
			assert_null(wr_map_get(&map, key));
			continue;
		}
		assert_non_null(wr_map_get(&map, key));
		assert_string_equal(map.entry[at++].key, key);
	}
	assert_int_equal(map.count, at);
	wr_map_release(&map);
}

static void queue_is_bounded_and_ordered(void **state)
{
	struct wr_queue *queue = wr_queue_new(3);
	int items[4];

	(void)state;
	assert_null(wr_queue_pop(queue));
	for (int round = 0; round < 10; round++) {
		for (int i = 0; i < 3; i++)
			assert_true(wr_queue_push(queue, &items[i]));
		assert_false(wr_queue_has_room(queue));
		assert_false(wr_queue_push(queue, &items[3]));
		assert_int_equal(wr_queue_count(queue), 3);
		assert_ptr_equal(wr_queue_peek(queue), &items[0]);
		for (int i = 0; i < 3; i++)
			assert_ptr_equal(wr_queue_pop(queue), &items[i]);
		assert_null(wr_queue_peek(queue));
		assert_int_equal(wr_queue_count(queue), 0);
	}
	wr_queue_free(queue);
	wr_queue_free(NULL);
}

#define PASSED 200000

struct cell {
	int value; /* written by the producer before it pushes the cell */
};

static void *produce(void *arg)
{
	static struct cell cells[PASSED];
	struct wr_queue *queue = arg;

	for (int i = 0; i < PASSED; i++) {
		cells[i].value = i;
		while (!wr_queue_push(queue, &cells[i]))
			sched_yield();
	}
	return NULL;
}

static void queue_between_threads(void **state)
{
	struct wr_queue *queue = wr_queue_new(7);
	pthread_t producer;

	(void)state;
	assert_int_equal(pthread_create(&producer, NULL, produce, queue), 0);
	for (int i = 0; i < PASSED; i++) {
		struct cell *cell;
		while ((cell = wr_queue_pop(queue)) == NULL)
			sched_yield();
		if (cell->value != i)
			fail_msg("item %d came as number %d", cell->value, i);
	}
	pthread_join(producer, NULL);
	assert_null(wr_queue_pop(queue));
	wr_queue_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(map_finds_what_was_put),
	    cmocka_unit_test(queue_is_bounded_and_ordered),
	    cmocka_unit_test(queue_between_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
