/* SPDX-License-Identifier: Apache-2.0
 *
 * macros - assertions and compiler words.
 *
 * WR_ASSERT holds in debug and sanitizer builds; WR_REQUIRE always (state whose corruption would
 * spread).
 */
#ifndef WR_BASE_MACROS_H
#define WR_BASE_MACROS_H

#include <assert.h>

#define WR_ASSERT(cond)  assert(cond)
#define WR_REQUIRE(cond) ((cond) ? (void)0 : wr_require_failed(#cond, __FILE__, __LINE__))
_Noreturn void wr_require_failed(const char *cond, const char *file, int line);

#define WR_MIN(a, b)   ((a) < (b) ? (a) : (b))
#define WR_MAX(a, b)   ((a) > (b) ? (a) : (b))
#define WR_LIKELY(x)   __builtin_expect(!!(x), 1)
#define WR_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define WR_UNUSED      __attribute__((unused))
/* Functions that the linker shows to users of the library. */
#define WR_PUBLIC __attribute__((visibility("default")))
/* A kernel built for several instruction sets, picked at load time, where the compiler can. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) &&                        \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WR_MULTIVERSION __attribute__((target_clones("default", "avx2")))
#else
#define WR_MULTIVERSION
#endif

#endif
