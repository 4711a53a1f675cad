/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_pool - buffers of one size that are used again.
 *
 * A fresh megabyte costs 256 page faults, three times what reading into it does. A buffer given
 * back goes to the next block instead, still in the cache of a core. Buffers may be given back (the
 * last wr_buf_unref) on any thread, and after the pool was closed: the last one frees it.
 */
#ifndef WR_CONNECTORS_FILESYSTEM_POOL_H
#define WR_CONNECTORS_FILESYSTEM_POOL_H

#include "base/buf.h"

struct wr_fs_pool;

struct wr_fs_pool *wr_fs_pool_new(size_t size);
/* The caller needs no more buffers; NULL allowed. */
void wr_fs_pool_close(struct wr_fs_pool *pool);
/* As wr_buf_new; from the pool when `size` is the pool's. */
struct wr_buf *wr_fs_pool_take(struct wr_fs_pool *pool, size_t size);

#endif
