/* SPDX-License-Identifier: Apache-2.0
 *
 * buf - a refcounted block of bytes: header and bytes in one allocation, the bytes 64-byte aligned.
 *
 * Small ones are aligned by hand within what malloc gives: it keeps pieces of such sizes ready, but
 * not aligned ones, and columns of a few rows are made and freed for every batch.
 */
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

#define BUF_ALIGN   64u
#define BUF_SMALL   65536u
#define BUF_PADDING 64u /* readable bytes behind the last, for SIMD readers */

struct wr_buf *wr_buf_new(size_t size)
{
	_Static_assert(sizeof(struct wr_buf) <= BUF_ALIGN,
		       "the header fits before the first aligned byte");
	size_t room = (size + BUF_PADDING + BUF_ALIGN - 1) & ~(size_t)(BUF_ALIGN - 1);
	bool small = size <= BUF_SMALL;
	char *memory = small ? malloc(sizeof(struct wr_buf) + BUF_ALIGN - 1 + room)
			     : aligned_alloc(BUF_ALIGN, BUF_ALIGN + room);
	uintptr_t behind = (uintptr_t)memory + sizeof(struct wr_buf);

	WR_REQUIRE(memory != NULL && "out of memory");
	struct wr_buf *buf = (struct wr_buf *)memory;
	atomic_init(&buf->refs, 1);
	buf->flags = 0;
	buf->size = size;
	buf->data = memory + sizeof(struct wr_buf) + (-behind & (BUF_ALIGN - 1));
	buf->free_data = NULL;
	memset(buf->data + size, 0, room - size);
	return buf;
}

struct wr_buf *wr_buf_ref(struct wr_buf *buf)
{
	atomic_fetch_add_explicit(&buf->refs, 1, memory_order_relaxed);
	return buf;
}

void wr_buf_unref(struct wr_buf *buf)
{
	if (buf == NULL)
		return;
	unsigned before = atomic_fetch_sub_explicit(&buf->refs, 1, memory_order_acq_rel);
	WR_ASSERT(before != 0);
	if (before != 1)
		return;
	if (buf->free_data != NULL)
		buf->free_data(buf);
	free(buf);
}
