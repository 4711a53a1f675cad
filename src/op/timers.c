/* SPDX-License-Identifier: Apache-2.0
 *
 * timers - see timers.h.
 */
#include "op/timers.h"

#include "base/macros.h"
#include "base/mem.h"

static bool before(const struct wr_timer *a, const struct wr_timer *b)
{
	return a->time != b->time ? a->time < b->time : a->id < b->id;
}

void wr_timers_push(struct wr_timers *timers, struct wr_timer timer)
{
	uint32_t i;

	if (timers->count == timers->capacity) {
		timers->capacity = WR_MAX(64, 2 * timers->capacity);
		timers->heap =
		    wr_realloc(timers->heap, (size_t)timers->capacity * sizeof *timers->heap);
	}
	i = timers->count++;
	while (i > 0 && before(&timer, &timers->heap[(i - 1) / 2])) {
		timers->heap[i] = timers->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	timers->heap[i] = timer;
}

struct wr_timer wr_timers_pop(struct wr_timers *timers)
{
	struct wr_timer top, last;
	uint32_t i = 0;

	WR_ASSERT(timers->count > 0);
	top = timers->heap[0];
	last = timers->heap[--timers->count];
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= timers->count)
			break;
		if (child + 1 < timers->count &&
		    before(&timers->heap[child + 1], &timers->heap[child]))
			child++;
		if (!before(&timers->heap[child], &last))
			break;
		timers->heap[i] = timers->heap[child];
		i = child;
	}
	if (timers->count > 0)
		timers->heap[i] = last;
	return top;
}

void wr_timers_release(struct wr_timers *timers)
{
	wr_free(timers->heap);
	*timers = (struct wr_timers){0};
}
