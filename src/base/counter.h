/* SPDX-License-Identifier: Apache-2.0
 *
 * counter - numbers that one thread keeps and any thread may look at, at the cost of plain ones.
 *
 * Thread: wr_count and wr_note the owner's; wr_counted and wr_noted any. A reader sees some moment
 * of the recent past, of each number for itself.
 */
#ifndef WR_BASE_COUNTER_H
#define WR_BASE_COUNTER_H

#include <stdint.h>

static inline void wr_count(uint64_t *counter, uint64_t more)
{
	__atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}
static inline uint64_t wr_counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
static inline void wr_note(int64_t *number, int64_t value)
{
	__atomic_store_n(number, value, __ATOMIC_RELAXED);
}
static inline int64_t wr_noted(const int64_t *number)
{
	return __atomic_load_n(number, __ATOMIC_RELAXED);
}

#endif
