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

/* What the calling thread works for, an address; a thread takes it over from the one that starts
 * it. So a call that would wait for a job knows when it comes from one of the job's own callbacks.
 * NULL: for nothing that was told. */
const void *wr_thread_works_for(void);
void wr_thread_work_for(const void *what);

#endif
