/* SPDX-License-Identifier: Apache-2.0
 *
 * thread - the library's threads: they have names, and leave the program's signals alone.
 *
 * All signals but those of faults and of profilers are blocked in them, so that the handlers of the
 * program run on its own threads.
 */
#ifndef WR_BASE_THREAD_H
#define WR_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Starts a thread; `name`: "weir-...", at most 15 bytes (longer ones are cut). false: the system
 * gives none. */
bool wr_thread_start(pthread_t *thread, const char *name, void *(*run)(void *argument),
		     void *argument);

#endif
