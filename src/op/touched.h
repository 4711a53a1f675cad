/* SPDX-License-Identifier: Apache-2.0
 *
 * touched - the slots that an epoch has changed, in order of first touch: what is noted while rows
 * come is worked off at the mark, some at a time.
 *
 * Zeroed: empty. Whether a slot is in the list already is the operator's to know. Thread: the
 * owner's. Memory: a pointer per slot.
 */
#ifndef WR_OP_TOUCHED_H
#define WR_OP_TOUCHED_H

#include "base/macros.h"
#include "base/mem.h"

struct wr_touched {
	uint8_t **slot;           /* count of them; owned */
	uint32_t count, capacity; /* slots */
	uint32_t next;            /* slots worked off at the current mark */
};

static inline void wr_touched_add(struct wr_touched *touched, uint8_t *slot)
{
	if (touched->count == touched->capacity) {
		touched->capacity = WR_MAX(64, 2 * touched->capacity);
		touched->slot =
		    wr_realloc(touched->slot, touched->capacity * sizeof *touched->slot);
	}
	touched->slot[touched->count++] = slot;
}

static inline void wr_touched_clear(struct wr_touched *touched)
{
	touched->next = touched->count = 0;
}

static inline void wr_touched_release(struct wr_touched *touched)
{
	wr_free(touched->slot);
	*touched = (struct wr_touched){0};
}

#endif
