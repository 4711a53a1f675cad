/* SPDX-License-Identifier: Apache-2.0
 *
 * arena - memory that is freed all at once: a list of chunks, the newest one being filled.
 *
 * Chunks double from 4 KiB to 1 MiB; a request larger than the next chunk gets a chunk of its own
 * size.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

#define ARENA_ALIGN     16u
#define ARENA_CHUNK_MIN 4096u
#define ARENA_CHUNK_MAX (1u << 20)

struct wr_arena_chunk {
	struct wr_arena_chunk *prev; /* the chunk filled before; NULL: first */
	size_t size;                 /* bytes behind this header */
};

static char *chunk_data(struct wr_arena_chunk *chunk)
{
	return (char *)chunk + sizeof *chunk;
}

void wr_arena_init(struct wr_arena *arena)
{
	*arena = (struct wr_arena){0};
}

void wr_arena_release(struct wr_arena *arena)
{
	struct wr_arena_chunk *chunk = arena->head;

	while (chunk != NULL) {
		struct wr_arena_chunk *prev = chunk->prev;
		wr_free(chunk);
		chunk = prev;
	}
	wr_arena_init(arena);
}

/* Frees all chunks but the largest, which becomes the only one. */
void wr_arena_reset(struct wr_arena *arena)
{
	struct wr_arena_chunk *largest = arena->head;
	struct wr_arena_chunk *chunk = arena->head;

	for (struct wr_arena_chunk *c = chunk; c != NULL; c = c->prev) {
		if (c->size > largest->size)
			largest = c;
	}
	while (chunk != NULL) {
		struct wr_arena_chunk *prev = chunk->prev;
		if (chunk != largest)
			wr_free(chunk);
		chunk = prev;
	}
	wr_arena_init(arena);
	if (largest == NULL)
		return;
	largest->prev = NULL;
	arena->head = largest;
	arena->next = chunk_data(largest);
	arena->end = arena->next + largest->size;
	arena->total = largest->size;
}

/* Puts a chunk with room for `size` bytes in front. */
static void arena_grow(struct wr_arena *arena, size_t size)
{
	size_t want = arena->head != NULL ? arena->head->size * 2 : ARENA_CHUNK_MIN;

	want = WR_MIN(want, ARENA_CHUNK_MAX);
	want = WR_MAX(want, size);
	struct wr_arena_chunk *chunk = wr_malloc(sizeof *chunk + want);
	chunk->prev = arena->head;
	chunk->size = want;
	arena->head = chunk;
	arena->next = chunk_data(chunk);
	arena->end = arena->next + want;
	arena->total += want;
}

void *wr_arena_alloc(struct wr_arena *arena, size_t size)
{
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (size == 0)
		size = ARENA_ALIGN;
	if ((size_t)(arena->end - arena->next) < size)
		arena_grow(arena, size);
	void *memory = arena->next;
	arena->next += size;
	WR_ASSERT(arena->next <= arena->end);
	return memory;
}

void *wr_arena_zalloc(struct wr_arena *arena, size_t size)
{
	return memset(wr_arena_alloc(arena, size), 0, size);
}

char *wr_arena_strndup(struct wr_arena *arena, const char *text, size_t len)
{
	char *copy = wr_arena_alloc(arena, len + 1);

	if (len != 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *wr_arena_strdup(struct wr_arena *arena, const char *text)
{
	return wr_arena_strndup(arena, text, strlen(text));
}

char *wr_arena_printf(struct wr_arena *arena, const char *format, ...)
{
	va_list args;
	va_list again;

	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	WR_REQUIRE(len >= 0);
	char *text = wr_arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}
