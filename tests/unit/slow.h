/* SPDX-License-Identifier: Apache-2.0
 *
 * slow - whether a test of many rounds should run fewer: under sanitizers, and under valgrind
 * (unit_suite says so). They look at how memory and threads are used, which is the same in each
 * round; all the rounds are run in the plain build. Memory is not only the program's there either.
 */
#ifndef WR_TEST_SLOW_H
#define WR_TEST_SLOW_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool is_slow(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#else
	return getenv("WEIR_TEST_SLOW") != NULL;
#endif
}

#endif
