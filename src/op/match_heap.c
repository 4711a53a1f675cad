/* SPDX-License-Identifier: Apache-2.0
 *
 * match_heap - see match_heap.h.
 */
#include "op/match_heap.h"

#include "base/macros.h"
#include "base/mem.h"

void wr_match_heap_reserve(struct wr_match_heap *heap, uint32_t capacity)
{
	if (capacity <= heap->capacity)
		return;
	heap->capacity = WR_MAX(16, WR_MAX(capacity, 2 * heap->capacity));
	heap->run = wr_realloc(heap->run, (size_t)heap->capacity * sizeof *heap->run);
}

void wr_match_heap_release(struct wr_match_heap *heap)
{
	wr_free(heap->run);
	*heap = (struct wr_match_heap){0};
}

void wr_match_heap_add(struct wr_match_heap *heap, struct wr_match_run *run)
{
	uint32_t i = heap->count++;

	WR_ASSERT(i < heap->capacity);
	while (i > 0 && run->start < heap->run[(i - 1) / 2]->start) {
		heap->run[i] = heap->run[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap->run[i] = run;
}

/* Puts `run` at place i or below it. */
static void sift_down(struct wr_match_heap *heap, uint32_t i, struct wr_match_run *run)
{
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
		    heap->run[child]->start > heap->run[child + 1]->start)
			child++;
		if (run->start <= heap->run[child]->start)
			break;
		heap->run[i] = heap->run[child];
		i = child;
	}
	heap->run[i] = run;
}

struct wr_match_run *wr_match_heap_take(struct wr_match_heap *heap)
{
	struct wr_match_run *top = heap->run[0], *last = heap->run[--heap->count];

	WR_ASSERT(heap->count < heap->capacity);
	if (heap->count > 0)
		sift_down(heap, 0, last);
	return top;
}

uint32_t wr_match_heap_prune(struct wr_match_heap *heap, uint64_t start, struct wr_match_run **out)
{
	uint32_t kept = 0, pruned = 0;

	for (uint32_t i = 0; i < heap->count; i++) {
		struct wr_match_run *run = heap->run[i];

		if (run->start < start)
			out[pruned++] = run;
		else
			heap->run[kept++] = run;
	}
	heap->count = kept;
	for (uint32_t i = kept / 2; pruned > 0 && i-- > 0;)
		sift_down(heap, i, heap->run[i]);
	return pruned;
}
