/* SPDX-License-Identifier: Apache-2.0
 *
 * block - the chunks and indexes of tables, kept for reuse when a namespace goes.
 *
 * Windows open and close all the time and are about as large as the ones before: their blocks go
 * from one to the next without asking the system, which would give the pages back and fault them in
 * again. What is kept is bounded by what was in use at the recent peak.
 *
 * Large blocks are aligned to huge pages and the system is asked for them, because a random access
 * into a large table misses the TLB first.
 *
 * Thread: the state's owner.
 *
 * Invariants
 *   K1  all blocks of one class have one size
 */
#ifndef WR_STATE_BLOCK_H
#define WR_STATE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

#define WR_BLOCK_CLASSES 64

struct wr_block_free; /* a block in a list */

struct wr_blocks {
	struct wr_block_free *free_block[WR_BLOCK_CLASSES]; /* kept for reuse */
	size_t size[WR_BLOCK_CLASSES];                      /* bytes per class; 0: not used yet */
	size_t used;                                        /* bytes handed out */
	size_t kept;                                        /* bytes in the lists */
	size_t peak; /* most bytes in use, slowly forgotten: bounds what is kept */
};

void wr_blocks_init(struct wr_blocks *blocks);
/* Frees what is kept; everything handed out must have come back (asserted). */
void wr_blocks_release(struct wr_blocks *blocks);
/* A block of `size` bytes (the same for every call with this class), not cleared, aligned to a
 * cache line. */
void *wr_blocks_get(struct wr_blocks *blocks, uint32_t class, size_t size);
/* Gives what is kept back to the system. */
void wr_blocks_drain(struct wr_blocks *blocks);
void wr_blocks_put(struct wr_blocks *blocks, uint32_t class, void *memory);

#endif
