/* SPDX-License-Identifier: Apache-2.0
 *
 * mem - malloc for the engine: never NULL.
 *
 * The engine's memory is bounded by its own accounting long before malloc fails (P5), so a NULL
 * from malloc is not a state that any caller could handle better than stopping: these print one
 * line and abort.
 */
#ifndef WR_BASE_MEM_H
#define WR_BASE_MEM_H

#include <stddef.h>

void *wr_malloc(size_t size);
void *wr_calloc(size_t count, size_t size);
void *wr_realloc(void *memory, size_t size);
void wr_free(void *memory);
char *wr_strdup(const char *text);
char *wr_strndup(const char *text, size_t len);

#endif
