/* SPDX-License-Identifier: Apache-2.0
 *
 * over_queue - see over_queue.h.
 */
#include "op/over_queue.h"

#include <stdlib.h>

#include "base/mem.h"

void wr_over_queue_init(struct wr_over_queue *queue, const struct wr_schema *schema)
{
	*queue = (struct wr_over_queue){.schema = schema};
}

/* --- stores
 * --------------------------------------------------------------------------------------- */

/* Takes a store out of the list of all. */
static void store_free(struct wr_over_queue *queue, struct wr_over_store *store)
{
	if (store->prev != NULL)
		store->prev->next = store->next;
	else
		queue->stores = store->next;
	if (store->next != NULL)
		store->next->prev = store->prev;
	queue->held_rows -= store->batch->rows;
	wr_batch_free(store->batch);
	wr_free(store->slot);
	wr_free(store);
}

/* One hold is the caller's. */
struct wr_over_store *wr_over_store_new(struct wr_over_queue *queue, struct wr_batch *batch,
					uint8_t **slot)
{
	struct wr_over_store *store = wr_calloc(1, sizeof *store);

	store->batch = batch;
	store->slot = slot;
	store->next = queue->stores;
	if (queue->stores != NULL)
		queue->stores->prev = store;
	queue->stores = store;
	queue->held_rows += batch->rows;
	wr_over_store_hold(queue, store);
	return store;
}

void wr_over_store_drop(struct wr_over_queue *queue, struct wr_over_store *store)
{
	queue->live_rows--;
	if (--store->live == 0)
		store_free(queue, store);
}

/* Frees all stores, held or not. */
void wr_over_queue_release(struct wr_over_queue *queue)
{
	while (queue->stores != NULL)
		store_free(queue, queue->stores);
	wr_free(queue->list);
	wr_free(queue->heap);
	*queue = (struct wr_over_queue){0};
}

/* --- entries
 * -------------------------------------------------------------------------------------- */

static inline bool before(const struct wr_over_entry *a, const struct wr_over_entry *b)
{
	if (a->fire != b->fire)
		return a->fire < b->fire;
	return a->time != b->time ? a->time < b->time : a->seq < b->seq;
}

/* Appends to the list; what has left it makes room first. */
static void list_add(struct wr_over_queue *queue, const struct wr_over_entry *entry)
{
	if (queue->head == queue->tail)
		queue->head = queue->tail = 0;
	if (queue->tail == queue->capacity && queue->head > queue->capacity / 2) {
		memmove(queue->list, queue->list + queue->head,
			(queue->tail - queue->head) * sizeof *queue->list);
		queue->tail -= queue->head;
		queue->head = 0;
	}
	if (queue->tail == queue->capacity) {
		queue->capacity = WR_MAX(256, 2 * queue->capacity);
		queue->list = wr_realloc(queue->list, queue->capacity * sizeof *queue->list);
	}
	queue->list[queue->tail++] = *entry;
}

/* Sifts up. */
static void heap_add(struct wr_over_queue *queue, const struct wr_over_entry *entry)
{
	uint64_t i = queue->heap_count++;

	if (i == queue->heap_capacity) {
		queue->heap_capacity = WR_MAX(256, 2 * queue->heap_capacity);
		queue->heap = wr_realloc(queue->heap, queue->heap_capacity * sizeof *queue->heap);
	}
	while (i > 0 && before(entry, &queue->heap[(i - 1) / 2])) {
		queue->heap[i] = queue->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	queue->heap[i] = *entry;
}

/* Takes the root out. */
static struct wr_over_entry heap_take(struct wr_over_queue *queue)
{
	struct wr_over_entry top = queue->heap[0], last = queue->heap[--queue->heap_count];
	uint64_t i = 0;

	for (;;) {
		uint64_t child = 2 * i + 1;

		if (child >= queue->heap_count)
			break;
		if (child + 1 < queue->heap_count &&
		    before(&queue->heap[child + 1], &queue->heap[child]))
			child++;
		if (!before(&queue->heap[child], &last))
			break;
		queue->heap[i] = queue->heap[child];
		i = child;
	}
	queue->heap[i] = last;
	return top;
}

void wr_over_queue_add(struct wr_over_queue *queue, struct wr_over_entry entry)
{
	entry.seq = queue->seq++;
	if (entry.row != WR_OVER_CLEANUP)
		wr_over_store_hold(queue, entry.at.store);
	if (queue->head == queue->tail || before(&queue->list[queue->tail - 1], &entry))
		list_add(queue, &entry);
	else
		heap_add(queue, &entry);
}

const struct wr_over_entry *wr_over_queue_first(const struct wr_over_queue *queue)
{
	const struct wr_over_entry *list =
	    queue->head < queue->tail ? &queue->list[queue->head] : NULL;

	if (queue->heap_count == 0)
		return list;
	return list != NULL && before(list, &queue->heap[0]) ? list : &queue->heap[0];
}

struct wr_over_entry wr_over_queue_take(struct wr_over_queue *queue)
{
	const struct wr_over_entry *first = wr_over_queue_first(queue);

	WR_ASSERT(first != NULL);
	if (queue->head < queue->tail && first == &queue->list[queue->head])
		return queue->list[queue->head++];
	return heap_take(queue);
}

/* --- tidying
 * -------------------------------------------------------------------------------------- */

/* Stores of which less than a quarter is needed. */
static bool is_sparse(const struct wr_over_store *store)
{
	return (uint64_t)store->live * 4 < store->batch->rows;
}

/* New stores being filled with copies of rows. */
struct copy {
	struct wr_over_queue *queue;
	struct wr_builder **builder;  /* per column; NULL where nobody reads it */
	uint8_t **slot;               /* of the rows copied so far */
	int64_t *watermark;           /* the one each row met */
	uint32_t rows;                /* copied */
	struct wr_over_entry **entry; /* theirs */
};

/* Ends a new store: its entries move over. */
static void copy_end(struct copy *copy)
{
	struct wr_batch *batch;
	struct wr_over_store *store;
	uint8_t **slot;

	if (copy->rows == 0)
		return;
	batch = wr_batch_new(copy->queue->schema->count, copy->rows);
	for (uint32_t c = 0; c < batch->column_count; c++)
		if (copy->builder[c] != NULL)
			batch->column[c] = wr_builder_finish(copy->builder[c]);
	batch->row_watermark = wr_malloc(copy->rows * sizeof *batch->row_watermark);
	memcpy(batch->row_watermark, copy->watermark, copy->rows * sizeof *batch->row_watermark);
	slot = wr_malloc(copy->rows * sizeof *slot);
	memcpy(slot, copy->slot, copy->rows * sizeof *slot);
	store = wr_over_store_new(copy->queue, batch, slot);
	for (uint32_t i = 0; i < copy->rows; i++) {
		wr_over_store_hold(copy->queue, store);
		wr_over_store_drop(copy->queue, copy->entry[i]->at.store);
		copy->entry[i]->at.store = store;
		copy->entry[i]->row = i;
	}
	wr_over_store_drop(copy->queue, store);
	copy->rows = 0;
}

/* Copies one row; the columns are those its batch has. */
static void copy_row(struct copy *copy, struct wr_over_entry *entry)
{
	const struct wr_over_store *store = entry->at.store;
	const struct wr_batch *batch = store->batch;

	for (uint32_t c = 0; c < batch->column_count; c++) {
		if (batch->column[c] == NULL)
			continue;
		if (copy->builder[c] == NULL)
			copy->builder[c] =
			    wr_builder_new(copy->queue->schema->field[c].type, WR_BATCH_ROWS_MAX);
		wr_builder_append(copy->builder[c], batch->column[c], entry->row);
	}
	copy->slot[copy->rows] = store->slot[entry->row];
	copy->watermark[copy->rows] = wr_batch_watermark(batch, entry->row);
	copy->entry[copy->rows++] = entry;
	if (copy->rows == WR_BATCH_ROWS_MAX)
		copy_end(copy);
}

static void copy_entries(struct copy *copy, struct wr_over_entry *entry, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (entry[i].row != WR_OVER_CLEANUP && is_sparse(entry[i].at.store))
			copy_row(copy, &entry[i]);
}

/* Worth it once most of what is kept is not needed: so the cost is shared by the rows that went. */
void wr_over_queue_tidy(struct wr_over_queue *queue)
{
	struct copy copy = {.queue = queue};

	if (queue->held_rows < 16 * WR_BATCH_ROWS_MAX || queue->live_rows > queue->held_rows / 8)
		return;
	copy.builder = wr_calloc(queue->schema->count + 1, sizeof *copy.builder);
	copy.slot = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *copy.slot);
	copy.watermark = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *copy.watermark);
	copy.entry = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *copy.entry);
	copy_entries(&copy, queue->list + queue->head, queue->tail - queue->head);
	copy_entries(&copy, queue->heap, queue->heap_count);
	copy_end(&copy);
	for (uint32_t c = 0; c < queue->schema->count; c++)
		wr_builder_free(copy.builder[c]);
	wr_free(copy.builder);
	wr_free(copy.slot);
	wr_free(copy.watermark);
	wr_free(copy.entry);
}

static int compare_arrival(const void *a, const void *b)
{
	const struct wr_over_entry *x = a, *y = b;

	return (x->seq > y->seq) - (x->seq < y->seq);
}

struct wr_over_entry *wr_over_queue_list(const struct wr_over_queue *queue, uint64_t *count)
{
	uint64_t listed = queue->tail - queue->head;
	struct wr_over_entry *all;

	*count = listed + queue->heap_count;
	all = wr_malloc((*count + 1) * sizeof *all);
	if (listed > 0)
		memcpy(all, queue->list + queue->head, listed * sizeof *all);
	if (queue->heap_count > 0)
		memcpy(all + listed, queue->heap, queue->heap_count * sizeof *all);
	qsort(all, *count, sizeof *all, compare_arrival);
	return all;
}

/* Rows at the width of their columns; strings are in buffers shared with others. */
uint64_t wr_over_queue_bytes(const struct wr_over_queue *queue)
{
	uint64_t row = sizeof(uint8_t *);

	for (uint32_t c = 0; c < queue->schema->count; c++)
		row += wr_phys_size(wr_type_phys(queue->schema->field[c].type)) + 1;
	return queue->held_rows * row +
	       (queue->capacity + queue->heap_capacity) * sizeof *queue->list;
}
