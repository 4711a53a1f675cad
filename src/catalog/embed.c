/* SPDX-License-Identifier: Apache-2.0
 *
 * embed - see embed.h.
 */
#include "catalog/embed.h"

#include "base/macros.h"

void wr_embed_init(struct wr_embed *embed, void (*free)(struct wr_embed *embed))
{
	atomic_init(&embed->refs, 1);
	embed->free = free;
	embed->ended = NULL;
}

struct wr_embed *wr_embed_ref(struct wr_embed *embed)
{
	if (embed != NULL)
		atomic_fetch_add_explicit(&embed->refs, 1, memory_order_relaxed);
	return embed;
}

void wr_embed_unref(struct wr_embed *embed)
{
	if (embed == NULL)
		return;
	WR_ASSERT(atomic_load(&embed->refs) > 0);
	if (atomic_fetch_sub_explicit(&embed->refs, 1, memory_order_acq_rel) == 1)
		embed->free(embed);
}
