/* SPDX-License-Identifier: Apache-2.0
 *
 * arena - memory that is freed all at once: one arena per statement, plan or batch.
 *
 * Chunks double up to a bound. Allocation never returns NULL for sizes within WR_ARENA_MAX unless
 * the system is out of memory; callers inside the engine use wr_arena_alloc, which aborts the
 * process in that case only after the arena's `limit` has been checked with wr_arena_full (bounded:
 * P5).
 *
 * Thread: one owner at a time. Alignment: 16 bytes.
 */
#ifndef WR_BASE_ARENA_H
#define WR_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct wr_arena_chunk;

struct wr_arena {
	struct wr_arena_chunk *head; /* chunk being filled; NULL: nothing allocated yet */
	char *next;                  /* next free byte in head */
	char *end;                   /* end of head */
	size_t total;                /* bytes in all chunks */
};

void wr_arena_init(struct wr_arena *arena);
/* Frees every chunk; the arena may be used again. */
void wr_arena_release(struct wr_arena *arena);
/* Forgets all allocations but keeps the largest chunk for reuse. */
void wr_arena_reset(struct wr_arena *arena);
/* Uninitialised memory, aligned to 16 bytes. Aborts when the system has no memory left. */
void *wr_arena_alloc(struct wr_arena *arena, size_t size);
/* Zeroed memory. */
void *wr_arena_zalloc(struct wr_arena *arena, size_t size);
/* A NUL-terminated copy of `len` bytes. */
char *wr_arena_strndup(struct wr_arena *arena, const char *text, size_t len);
char *wr_arena_strdup(struct wr_arena *arena, const char *text);
/* printf into the arena. */
char *wr_arena_printf(struct wr_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define WR_NEW(arena, type) ((type *)wr_arena_zalloc((arena), sizeof(type)))
#define WR_NEW_ARRAY(arena, type, count)                                                           \
	((type *)wr_arena_zalloc((arena), sizeof(type) * (size_t)(count)))

#endif
