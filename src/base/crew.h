/* SPDX-License-Identifier: Apache-2.0
 *
 * crew - threads that come when there is work, and go when there has been none for a while.
 *
 * For work that mostly waits: each piece has a thread of its own from its first moment, so that
 * none waits behind another. Their number is bounded; who finds all of them busy is told so.
 *
 * Thread: new and free that of the owner; run any.
 */
#ifndef WR_BASE_CREW_H
#define WR_BASE_CREW_H

#include <stdbool.h>
#include <stdint.h>

struct wr_crew;

/* `name`: of its threads, as for wr_thread_start; it stays. `max`: of them. */
struct wr_crew *wr_crew_new(const char *name, uint32_t max);
/* `run` begins on another thread; false: all are busy, or the system gives no thread. */
bool wr_crew_run(struct wr_crew *crew, void (*run)(void *argument), void *argument);
/* Waits for all that runs. Nobody gives it work any more. */
void wr_crew_free(struct wr_crew *crew);

#endif
