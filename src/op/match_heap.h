/* SPDX-License-Identifier: Apache-2.0
 *
 * match_heap - partial and complete matches of a key, the one that started first on top.
 *
 * Matches that start with the same row compare equal, and which of them comes out first decides
 * which one is shown. So the order among equals is part of the result: it is that of the binary
 * heap of Java's PriorityQueue, whose steps are followed one by one. Partial matches are visited in
 * the order of the array.
 *
 * Memory: the array is the caller's, through wr_match_heap_reserve. Thread: one owner.
 */
#ifndef WR_OP_MATCH_HEAP_H
#define WR_OP_MATCH_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#define WR_MATCH_START UINT64_MAX /* `start` of the partial match that has no row yet */

/* A partial or complete match: rows start .. start + len - 1 of its key, variable after variable.
 */
struct wr_match_run {
	uint64_t start;   /* number of its first row; WR_MATCH_START: it has none */
	int64_t start_ms; /* time of that row */
	uint32_t state;   /* of the automaton */
	int32_t variable; /* that took the last row; -1: none yet */
	uint32_t len;     /* rows */
	uint32_t end[];   /* of every variable before that one: the row behind its last, from 0 on
			   */
};

struct wr_match_heap {
	struct wr_match_run **run;
	uint32_t count, capacity;
};

/* Room for one more; owned by the heap, freed with wr_match_heap_release. */
void wr_match_heap_reserve(struct wr_match_heap *heap, uint32_t capacity);
void wr_match_heap_release(struct wr_match_heap *heap);
/* Adds a match; there is room. */
void wr_match_heap_add(struct wr_match_heap *heap, struct wr_match_run *run);
/* Takes the first one; there is one. */
struct wr_match_run *wr_match_heap_take(struct wr_match_heap *heap);
/* Moves the matches that start before `start` to out[0..returned); out has room for all. */
uint32_t wr_match_heap_prune(struct wr_match_heap *heap, uint64_t start, struct wr_match_run **out);

#endif
