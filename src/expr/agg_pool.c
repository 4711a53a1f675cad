/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_pool - memory of the variable parts of accumulators and of long keys: strings, sets, lists.
 *
 * Sizes are rounded up to a class: multiples of 16 up to 256 bytes, above that four classes per
 * doubling. A class keeps a list of what was dropped; otherwise memory is cut from a chunk. Chunks
 * start at half a kilobyte, because most windows are small, and double up to a bound. What is
 * larger than the largest class lies in a block of its own, so that lists that grow by doubling
 * give their old block back to the system.
 *
 * Everything goes at once with the pool. Thread: the state's owner.
 *
 * Invariants
 *   P1  memory handed out is zeroed and aligned to 16 bytes
 *   P2  a size maps to the same class when allocated and when dropped
 */
#include "expr/agg_internal.h"

#include "base/macros.h"
#include "base/mem.h"

#define POOL_CLASSES   48
#define POOL_CLASS_MAX 65536u /* bytes of the largest class */
#define POOL_CHUNK_MIN 512u
#define POOL_CHUNK_MAX (256u << 10)

/* Memory in a class's list. */
struct free_part {
	struct free_part *next; /* NULL: last */
};
/* A chunk or a block; the memory follows. Blocks are linked both ways so that they can leave. */
struct pool_chunk {
	struct pool_chunk *next; /* NULL: last */
	struct pool_chunk *prev; /* blocks only; NULL: first */
	size_t size;             /* bytes behind this header */
	size_t reserved;         /* keeps the memory aligned to 16 bytes */
};

struct wr_agg_pool {
	struct free_part *free_part[POOL_CLASSES]; /* dropped memory per class */
	struct pool_chunk *chunk;                  /* being filled first; owned */
	struct pool_chunk *block;                  /* parts above POOL_CLASS_MAX; owned */
	char *next;                                /* free bytes of the first chunk */
	char *end;                                 /* of the first chunk */
	size_t bytes;                              /* everything, headers included */
	size_t used;                               /* handed out, rounded up to classes */
	struct wr_text scratch[2];                 /* for whoever encodes values, see the header */
};

/* The class of a size and the bytes that it takes. */
static uint32_t class_of(size_t size, size_t *rounded)
{
	if (size <= 256) {
		uint32_t index = size > 16 ? (uint32_t)((size + 15) / 16) - 1 : 0;
		*rounded = (index + 1) * 16u;
		return index;
	}
	uint32_t log = 63 - (uint32_t)__builtin_clzll(size - 1); /* 2^log < size <= 2^(log+1) */
	size_t step = (size_t)1 << (log - 2);
	size_t steps = (size - ((size_t)1 << log) + step - 1) / step; /* 1..4 */
	*rounded = ((size_t)1 << log) + steps * step;
	return 16 + (log - 8) * 4 + (uint32_t)steps - 1;
}

struct wr_agg_pool *wr_agg_pool_new(void)
{
	struct wr_agg_pool *pool = wr_calloc(1, sizeof *pool);

	pool->bytes = sizeof *pool;
	return pool;
}

static void free_list(struct pool_chunk *chunk)
{
	while (chunk != NULL) {
		struct pool_chunk *next = chunk->next;
		wr_free(chunk);
		chunk = next;
	}
}

void wr_agg_pool_free(struct wr_agg_pool *pool)
{
	if (pool == NULL)
		return;
	free_list(pool->chunk);
	free_list(pool->block);
	wr_text_release(&pool->scratch[0]);
	wr_text_release(&pool->scratch[1]);
	wr_free(pool);
}

/* A block of its own for what no class holds. */
static void *block_alloc(struct wr_agg_pool *pool, size_t size)
{
	struct pool_chunk *block = wr_calloc(1, sizeof *block + size);

	block->size = size;
	block->next = pool->block;
	if (pool->block != NULL)
		pool->block->prev = block;
	pool->block = block;
	pool->bytes += sizeof *block + size;
	pool->used += size;
	return block + 1;
}

/* Starts a chunk with room for `size` bytes; what is left of the last one is lost. */
static void chunk_new(struct wr_agg_pool *pool, size_t size)
{
	size_t bytes = pool->chunk != NULL ? pool->chunk->size * 2 : POOL_CHUNK_MIN;

	bytes = WR_MIN(bytes, POOL_CHUNK_MAX);
	bytes = WR_MAX(bytes, size);
	struct pool_chunk *chunk = wr_malloc(sizeof *chunk + bytes);
	*chunk = (struct pool_chunk){.next = pool->chunk, .size = bytes};
	pool->chunk = chunk;
	pool->next = (char *)(chunk + 1);
	pool->end = pool->next + bytes;
	pool->bytes += sizeof *chunk + bytes;
}

/* What was dropped last is handed out first. */
void *wr_agg_pool_alloc(struct wr_agg_pool *pool, size_t size)
{
	if (size > POOL_CLASS_MAX)
		return block_alloc(pool, size);
	size_t rounded;
	uint32_t class = class_of(size, &rounded);
	WR_ASSERT(class < POOL_CLASSES && rounded >= size);
	struct free_part *part = pool->free_part[class];
	if (part != NULL) {
		pool->free_part[class] = part->next;
	} else {
		if ((size_t)(pool->end - pool->next) < rounded)
			chunk_new(pool, rounded);
		part = (struct free_part *)pool->next;
		pool->next += rounded;
	}
	pool->used += rounded;
	return memset(part, 0, rounded);
}

/* A block of its own goes back to the system at once. */
void wr_agg_pool_drop(struct wr_agg_pool *pool, void *memory, size_t size)
{
	if (memory == NULL)
		return;
	if (size > POOL_CLASS_MAX) {
		struct pool_chunk *block = (struct pool_chunk *)memory - 1;
		WR_ASSERT(block->size == size);
		if (block->prev != NULL)
			block->prev->next = block->next;
		else
			pool->block = block->next;
		if (block->next != NULL)
			block->next->prev = block->prev;
		pool->bytes -= sizeof *block + size;
		pool->used -= size;
		wr_free(block);
		return;
	}
	size_t rounded;
	uint32_t class = class_of(size, &rounded);
	struct free_part *part = memory;
	part->next = pool->free_part[class];
	pool->free_part[class] = part;
	pool->used -= rounded;
}

void *wr_agg_pool_grow(struct wr_agg_pool *pool, void *memory, size_t size, size_t new_size)
{
	void *grown = wr_agg_pool_alloc(pool, new_size);

	WR_ASSERT(new_size >= size);
	if (memory != NULL) {
		memcpy(grown, memory, size);
		wr_agg_pool_drop(pool, memory, size);
	}
	return grown;
}

size_t wr_agg_pool_bytes(const struct wr_agg_pool *pool)
{
	return pool->bytes;
}

size_t wr_agg_pool_used(const struct wr_agg_pool *pool)
{
	return pool->used;
}

struct wr_text *wr_agg_pool_scratch(struct wr_agg_pool *pool, uint32_t index)
{
	WR_ASSERT(index < WR_COUNT(pool->scratch));
	wr_text_clear(&pool->scratch[index]);
	return &pool->scratch[index];
}
