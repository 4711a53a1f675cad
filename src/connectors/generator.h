/* SPDX-License-Identifier: Apache-2.0
 *
 * generator - sources that make their rows out of the row number: what datagen and nexmark share.
 *
 * A row is a function of its number and the seed, so a block is a range of numbers, and its content
 * does not depend on who makes it. With a rate, a block is handed out when its last row is due.
 *
 * Order of calls: as connector.h. Thread: claim is serialised by the caller; `own` is immutable.
 */
#ifndef WR_CONNECTORS_GENERATOR_H
#define WR_CONNECTORS_GENERATOR_H

#include "catalog/connector.h"

#define WR_GENERATOR_ROW_BYTES  64u    /* what a row counts for in the size of a block */
#define WR_GENERATOR_BLOCK_ROWS 16384u /* most rows of a block: a few milliseconds of work */

struct wr_source {
	void *own; /* the connector's; freed by free_own */
	void (*free_own)(void *own);
	uint64_t count;      /* rows in all; UINT64_MAX: no end */
	uint64_t rate;       /* rows per second; 0: as fast as possible */
	uint64_t block_rows; /* of a block */
	uint64_t next;       /* first row that has not been handed out */
	uint64_t first;      /* `next` at the start of the clock */
	uint64_t index;      /* number of the next block */
	int64_t started_us;  /* monotonic clock at the first claim; -1: not yet */
	const char *origin;  /* for messages */
	struct wr_env *env;  /* its clock */
};

/* A source with nothing handed out; `own` is taken over. block_bytes 0: the usual blocks. */
struct wr_source *wr_generator_new(struct wr_env *env, void *own, void (*free_own)(void *own),
				   uint64_t count, uint64_t rate, uint64_t block_bytes,
				   const char *origin);
wr_status *wr_generator_claim(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result);
void wr_generator_block_free(struct wr_source *source, struct wr_block *block);
/* The position is the numbers of the next row and of the next block, as decimal text. */
wr_status *wr_generator_position(struct wr_source *source, struct wr_text *out);
wr_status *wr_generator_seek(struct wr_source *source, const char *bytes, size_t len);
void wr_generator_close(struct wr_source *source);

/* A well mixed 64-bit number out of any other (the finalizer of SplitMix64, Steele et al. 2014). */
static inline uint64_t wr_generator_mix(uint64_t x)
{
	x += 0x9E3779B97F4A7C15ull;
	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ull;
	x = (x ^ x >> 27) * 0x94D049BB133111EBull;
	return x ^ x >> 31;
}
/* A number below `bound` out of 32 random bits. */
static inline uint32_t wr_generator_below(uint32_t random, uint32_t bound)
{
	return (uint32_t)((uint64_t)random * bound >> 32);
}

#endif
