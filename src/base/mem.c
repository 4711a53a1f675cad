/* SPDX-License-Identifier: Apache-2.0
 *
 * mem - malloc for the engine: one line and abort when the system has none left.
 */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory, size_t size)
{
	if (memory == NULL && size != 0) {
		fprintf(stderr, "weir: out of memory (%zu bytes asked for)\n", size);
		abort();
	}
	return memory;
}

void *wr_malloc(size_t size)
{
	return checked(malloc(size != 0 ? size : 1), size);
}

void *wr_calloc(size_t count, size_t size)
{
	return checked(calloc(count != 0 ? count : 1, size != 0 ? size : 1), size);
}

void *wr_realloc(void *memory, size_t size)
{
	return checked(realloc(memory, size != 0 ? size : 1), size);
}

void wr_free(void *memory)
{
	free(memory);
}

char *wr_strndup(const char *text, size_t len)
{
	char *copy = wr_malloc(len + 1);

	if (len != 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *wr_strdup(const char *text)
{
	return wr_strndup(text, strlen(text));
}
