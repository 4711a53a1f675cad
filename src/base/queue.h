/* SPDX-License-Identifier: Apache-2.0
 *
 * queue - a bounded queue of pointers between one producer thread and one consumer thread.
 *
 * A ring of a power of two slots. Each side owns one counter and caches the other's, so that in
 * steady flow neither touches the other's cache line. Nobody blocks here: a full queue says so, and
 * the caller becomes not runnable.
 *
 * Invariants
 *   Q1  only the producer writes tail, only the consumer writes head; tail - head is 0..capacity
 *   Q2  what was written before push is visible after the pop that returns it (release/acquire)
 */
#ifndef WR_BASE_QUEUE_H
#define WR_BASE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WR_CACHE_LINE 64

struct wr_queue {
	void **slot;       /* capacity of them; owned */
	uint64_t mask;     /* capacity - 1 */
	uint64_t capacity; /* bound asked for; slots are the next power of two */
	_Alignas(WR_CACHE_LINE) atomic_ullong tail; /* next to be pushed; written by the producer */
	uint64_t seen_head;                         /* the producer's last look at head */
	_Alignas(WR_CACHE_LINE) atomic_ullong head; /* next to be popped; written by the consumer */
	uint64_t seen_tail;                         /* the consumer's last look at tail */
};

/* capacity 1..2^20. The struct must be aligned to WR_CACHE_LINE (wr_queue_new does that). */
void wr_queue_init(struct wr_queue *queue, uint32_t capacity);
/* Items still inside are the caller's to free first. */
void wr_queue_release(struct wr_queue *queue);
struct wr_queue *wr_queue_new(uint32_t capacity);
void wr_queue_free(struct wr_queue *queue);

/* Producer: false when full. `item` is not NULL. */
bool wr_queue_push(struct wr_queue *queue, void *item);
/* Producer: whether push would succeed now. */
bool wr_queue_has_room(struct wr_queue *queue);
/* Consumer: NULL when empty. */
void *wr_queue_pop(struct wr_queue *queue);
/* Consumer: the next item without taking it; NULL when empty. */
void *wr_queue_peek(struct wr_queue *queue);
/* Any thread: items inside, a moment ago. */
uint32_t wr_queue_count(const struct wr_queue *queue);

#endif
