/* SPDX-License-Identifier: Apache-2.0
 *
 * block - the chunks and indexes of tables, kept for reuse when a namespace goes.
 */
#include "state/block.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/macros.h"

#define LINE_SIZE 64u
#define HUGE_SIZE ((size_t)2 << 20)

struct wr_block_free {
	struct wr_block_free *next; /* NULL: last */
};

void wr_blocks_init(struct wr_blocks *blocks)
{
	*blocks = (struct wr_blocks){0};
}

/* Gives kept blocks back to the system, from the last class on, until at most `most` bytes are
 * kept.
 */
static void trim(struct wr_blocks *blocks, size_t most)
{
	for (uint32_t class = WR_BLOCK_CLASSES; class -- > 0 && blocks->kept > most;) {
		while (blocks->free_block[class] != NULL && blocks->kept > most) {
			struct wr_block_free *block = blocks->free_block[class];
			blocks->free_block[class] = block->next;
			blocks->kept -= blocks->size[class];
			free(block);
		}
	}
}

void wr_blocks_release(struct wr_blocks *blocks)
{
	WR_ASSERT(blocks->used == 0);
	trim(blocks, 0);
}

void wr_blocks_drain(struct wr_blocks *blocks)
{
	trim(blocks, 0);
	blocks->peak = blocks->used;
}

/* From the list of the class, else from the system. */
void *wr_blocks_get(struct wr_blocks *blocks, uint32_t class, size_t size)
{
	WR_ASSERT(class < WR_BLOCK_CLASSES && size >= sizeof(struct wr_block_free));
	WR_ASSERT(blocks->size[class] == 0 || blocks->size[class] == size); /* K1 */
	struct wr_block_free *block = blocks->free_block[class];
	blocks->size[class] = size;
	blocks->used += size;
	blocks->peak = WR_MAX(blocks->peak, blocks->used);
	if (block != NULL) {
		blocks->free_block[class] = block->next;
		blocks->kept -= size;
		return block;
	}
	void *memory = NULL;
	int failed = posix_memalign(&memory, size >= HUGE_SIZE ? HUGE_SIZE : LINE_SIZE, size);
	WR_REQUIRE(failed == 0);
	if (size >= HUGE_SIZE)
		(void)madvise(memory, size, MADV_HUGEPAGE); /* a wish: small pages work too */
	return memory;
}

/* A sixteenth of every block that comes back is forgotten of the peak, so that a burst long ago
 * does not hold memory for ever. */
void wr_blocks_put(struct wr_blocks *blocks, uint32_t class, void *memory)
{
	struct wr_block_free *block = memory;
	size_t size = blocks->size[class];

	WR_ASSERT(size != 0 && blocks->used >= size);
	block->next = blocks->free_block[class];
	blocks->free_block[class] = block;
	blocks->used -= size;
	blocks->kept += size;
	blocks->peak -= WR_MIN(blocks->peak - blocks->used, size / 16);
	trim(blocks, blocks->peak - blocks->used);
}
