/* SPDX-License-Identifier: Apache-2.0
 *
 * buf - a refcounted block of bytes that columns and string views point into.
 *
 * Whoever holds a wr_buf* holds one reference. References may be taken and dropped on any thread
 * (atomic count); the bytes are written only by the maker, before the buffer is shared.
 */
#ifndef WR_BASE_BUF_H
#define WR_BASE_BUF_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct wr_buf {
	atomic_uint refs; /* holders; 0 frees */
	uint32_t flags;   /* reserved, 0 */
	size_t size;      /* usable bytes at data */
	char *data;       /* the bytes; usually right behind this header, 64-byte aligned */
	void (*free_data)(struct wr_buf *buf); /* NULL: data lies behind the header */
};

/* A buffer of at least `size` bytes, plus 64 readable bytes behind them (for SIMD readers). One
 * reference. */
struct wr_buf *wr_buf_new(size_t size);
struct wr_buf *wr_buf_ref(struct wr_buf *buf);
/* Drops one reference; NULL is allowed. */
void wr_buf_unref(struct wr_buf *buf);

#endif
