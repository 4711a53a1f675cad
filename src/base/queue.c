/* SPDX-License-Identifier: Apache-2.0
 *
 * queue - a bounded ring of pointers between two threads. See queue.h for the invariants.
 *
 * Why the release store of tail after the slot is written (Q2): 1. the producer writes *item, then
 * slot[t]; 2. it stores tail = t + 1 with release; 3. the consumer loads tail with acquire, sees t
 * + 1, and therefore sees both. The same with head the other way round: a slot is reused only after
 * its consumer is done reading it.
 */
#include "base/queue.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"

#define QUEUE_CAPACITY_MAX (1u << 20)

void wr_queue_init(struct wr_queue *queue, uint32_t capacity)
{
	uint64_t slots = 1;

	WR_REQUIRE(capacity >= 1 && capacity <= QUEUE_CAPACITY_MAX);
	while (slots < capacity)
		slots *= 2;
	queue->slot = wr_calloc(slots, sizeof(void *));
	queue->mask = slots - 1;
	queue->capacity = capacity;
	atomic_init(&queue->tail, 0);
	atomic_init(&queue->head, 0);
	queue->seen_head = 0;
	queue->seen_tail = 0;
}

void wr_queue_release(struct wr_queue *queue)
{
	wr_free(queue->slot);
	queue->slot = NULL;
}

struct wr_queue *wr_queue_new(uint32_t capacity)
{
	struct wr_queue *queue = aligned_alloc(WR_CACHE_LINE, sizeof *queue);

	WR_REQUIRE(queue != NULL && "out of memory");
	wr_queue_init(queue, capacity);
	return queue;
}

void wr_queue_free(struct wr_queue *queue)
{
	if (queue == NULL)
		return;
	wr_queue_release(queue);
	free(queue);
}

bool wr_queue_has_room(struct wr_queue *queue)
{
	uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);

	if (tail - queue->seen_head < queue->capacity)
		return true;
	queue->seen_head = atomic_load_explicit(&queue->head, memory_order_acquire);
	return tail - queue->seen_head < queue->capacity;
}

bool wr_queue_push(struct wr_queue *queue, void *item)
{
	WR_ASSERT(item != NULL);
	if (!wr_queue_has_room(queue))
		return false;
	uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
	queue->slot[tail & queue->mask] = item;
	atomic_store_explicit(&queue->tail, tail + 1, memory_order_release);
	return true;
}

void *wr_queue_peek(struct wr_queue *queue)
{
	uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);

	if (head == queue->seen_tail) {
		queue->seen_tail = atomic_load_explicit(&queue->tail, memory_order_acquire);
		if (head == queue->seen_tail)
			return NULL;
	}
	return queue->slot[head & queue->mask];
}

void *wr_queue_pop(struct wr_queue *queue)
{
	void *item = wr_queue_peek(queue);

	if (item != NULL) {
		uint64_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
		atomic_store_explicit(&queue->head, head + 1, memory_order_release);
	}
	return item;
}

uint32_t wr_queue_count(const struct wr_queue *queue)
{
	/* head first: it can only grow towards the tail seen afterwards, so the difference is never
	 * negative */
	uint64_t head = atomic_load_explicit(&queue->head, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&queue->tail, memory_order_acquire);

	return (uint32_t)WR_MIN(tail - head, queue->capacity);
}
