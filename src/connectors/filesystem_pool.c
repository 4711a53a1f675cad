/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_pool - see filesystem_pool.h.
 */
#include "connectors/filesystem_pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

#define POOL_FREE_MAX 16 /* kept for later: what a few workers hold at a time */
#define POOL_ALIGN    64u
#define POOL_PADDING  64u /* readable bytes behind the last, as wr_buf_new promises */

struct wr_fs_pool {
	pthread_mutex_t lock;
	size_t size;               /* usable bytes of a buffer */
	uint32_t holders;          /* buffers out, and 1 while it is open; under lock */
	uint32_t free_count;       /* under lock */
	char *free[POOL_FREE_MAX]; /* bytes of buffers; under lock */
};

/* A buffer whose bytes are the pool's. */
struct pooled {
	struct wr_buf base; /* first: freed by wr_buf_unref */
	struct wr_fs_pool *pool;
};

struct wr_fs_pool *wr_fs_pool_new(size_t size)
{
	struct wr_fs_pool *pool = wr_calloc(1, sizeof *pool);

	pthread_mutex_init(&pool->lock, NULL);
	pool->size = size;
	pool->holders = 1;
	return pool;
}

/* One holder less; gives `bytes` (or NULL) back. The last one frees the pool. */
static void pool_leave(struct wr_fs_pool *pool, char *bytes)
{
	bool last, kept = false;

	pthread_mutex_lock(&pool->lock);
	last = --pool->holders == 0;
	if (bytes != NULL && !last && pool->free_count < POOL_FREE_MAX) {
		pool->free[pool->free_count++] = bytes;
		kept = true;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!kept)
		free(bytes);
	if (!last)
		return;
	for (uint32_t i = 0; i < pool->free_count; i++)
		free(pool->free[i]);
	pthread_mutex_destroy(&pool->lock);
	wr_free(pool);
}

void wr_fs_pool_close(struct wr_fs_pool *pool)
{
	if (pool != NULL)
		pool_leave(pool, NULL);
}

static void pooled_free(struct wr_buf *buf)
{
	pool_leave(((struct pooled *)buf)->pool, buf->data);
}

struct wr_buf *wr_fs_pool_take(struct wr_fs_pool *pool, size_t size)
{
	struct pooled *pooled;
	char *bytes = NULL;

	if (size != pool->size)
		return wr_buf_new(size);
	pthread_mutex_lock(&pool->lock);
	pool->holders++;
	if (pool->free_count > 0)
		bytes = pool->free[--pool->free_count];
	pthread_mutex_unlock(&pool->lock);
	if (bytes == NULL) {
		bytes = aligned_alloc(POOL_ALIGN, (size + POOL_PADDING + POOL_ALIGN - 1) &
						      ~(size_t)(POOL_ALIGN - 1));
		WR_REQUIRE(bytes != NULL && "out of memory");
	}
	memset(bytes + size, 0, POOL_PADDING);
	pooled = wr_calloc(1, sizeof *pooled);
	atomic_init(&pooled->base.refs, 1);
	pooled->base.size = size;
	pooled->base.data = bytes;
	pooled->base.free_data = pooled_free;
	pooled->pool = pool;
	return &pooled->base;
}
