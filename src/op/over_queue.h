/* SPDX-License-Identifier: Apache-2.0
 *
 * over_queue - rows that wait for the watermark, and what else falls due, in the order in which a
 * reader going record by record would let them go.
 *
 * A row falls due when the watermark reaches its time; a row that comes behind the watermark, at
 * the next rise of the watermark. So its `fire` is the larger of its time and the watermark it met
 * plus one, and rows go in the order of (fire, time, arrival).
 *
 * Rows stay in the batches that brought them. A batch of which few rows are left is copied
 * together with others, so that a few rows far in the future do not keep everything.
 *
 * Entries that come in order are a list; the others are in a heap.
 *
 * Zeroed: empty, but for types (wr_over_queue_init). Thread: the operator's.
 *
 * Invariants
 *   Q1  the list is in order; heap and list together are the entries
 *   Q2  a store lives while it has rows that are waiting or held
 */
#ifndef WR_OP_OVER_QUEUE_H
#define WR_OP_OVER_QUEUE_H

#include "op/op.h"

/* A batch some of whose rows are still needed. */
struct wr_over_store {
	struct wr_batch *batch; /* compacted; owned */
	uint8_t **slot;         /* per row: its key's; owned */
	uint32_t live;          /* rows waiting or held, and 1 while rows are being added */
	struct wr_over_store *next, *prev; /* of all stores */
};

struct wr_over_entry {
	int64_t fire; /* ms: due when the watermark has reached it */
	int64_t time; /* ms: of the row; of a cleanup: when */
	uint64_t seq; /* arrival */
	union {
		struct wr_over_store *store; /* of a row */
		uint8_t *slot;               /* of a cleanup */
	} at;
	uint32_t row; /* in the store; WR_OVER_CLEANUP: a cleanup */
};
#define WR_OVER_CLEANUP UINT32_MAX

struct wr_over_queue {
	const struct wr_schema *schema; /* of the rows */
	struct wr_over_entry *list;     /* list[head..tail) in order; owned */
	uint64_t head, tail, capacity;
	struct wr_over_entry *heap; /* heap_count of them; owned */
	uint64_t heap_count, heap_capacity;
	uint64_t seq;                 /* arrivals so far */
	struct wr_over_store *stores; /* all of them */
	uint64_t held_rows;           /* rows in all stores */
	uint64_t live_rows;           /* of these needed */
};

void wr_over_queue_init(struct wr_over_queue *queue, const struct wr_schema *schema);
void wr_over_queue_release(struct wr_over_queue *queue);
/* Takes over a batch and the array of slots. The caller holds the store until wr_over_store_drop.
 */
struct wr_over_store *wr_over_store_new(struct wr_over_queue *queue, struct wr_batch *batch_moved,
					uint8_t **slot_moved);
static inline void wr_over_store_hold(struct wr_over_queue *queue, struct wr_over_store *store)
{
	store->live++;
	queue->live_rows++;
}
/* Gives up one hold; the last one frees the store. */
void wr_over_store_drop(struct wr_over_queue *queue, struct wr_over_store *store);
/* Adds a row (which it holds) or a cleanup; seq is set here. */
void wr_over_queue_add(struct wr_over_queue *queue, struct wr_over_entry entry);
/* The next entry, or NULL. */
const struct wr_over_entry *wr_over_queue_first(const struct wr_over_queue *queue);
/* Takes the next entry; a row's hold goes to the caller. */
struct wr_over_entry wr_over_queue_take(struct wr_over_queue *queue);
/* Copies what is left of sparse stores together, when that is worth it. Only while nobody but the
 * queue holds rows. */
void wr_over_queue_tidy(struct wr_over_queue *queue);
/* All entries in the order of their arrival; owned by the caller. */
struct wr_over_entry *wr_over_queue_list(const struct wr_over_queue *queue, uint64_t *count);
uint64_t wr_over_queue_bytes(const struct wr_over_queue *queue);

#endif
