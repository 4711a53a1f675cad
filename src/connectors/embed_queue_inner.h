/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_queue_inner - what the two sides of the queue of an 'input' table (embed_queue.h) need of
 * each other; only for them. All under the lock.
 */
#ifndef WR_CONNECTORS_EMBED_QUEUE_INNER_H
#define WR_CONNECTORS_EMBED_QUEUE_INNER_H

#include "connectors/embed_queue.h"

static inline struct wr_input_item *wr_input_at(const struct wr_input *input, uint64_t n)
{
	WR_ASSERT(n >= input->first && n <= input->end);
	return &input->item[n & (input->slots - 1)];
}

/* What was gathered becomes an item. */
void wr_input_seal(struct wr_input *input);
/* Lets go of what no reader needs (I2). */
void wr_input_trim(struct wr_input *input);

#endif
