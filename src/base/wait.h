/* SPDX-License-Identifier: Apache-2.0
 *
 * wait - waiting for a condition, but not for ever.
 *
 * Time is monotonic: setting the clock of the machine lengthens no wait. A condition must have been
 * made by wr_cond_init, else its time is another.
 *
 * As with any condition, a wait may end for no reason: who waits for something looks whether it is
 * there, and goes on waiting until the same deadline:
 *
 *	struct timespec deadline = wr_deadline(us);
 *
 *	pthread_mutex_lock(&lock);
 *	while (!there && wr_cond_wait_until(&changed, &lock, &deadline))
 *		;
 *
 * These waits are of the real world: what a simulator runs does not come here.
 *
 * Thread: any.
 */
#ifndef WR_BASE_WAIT_H
#define WR_BASE_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* A condition whose waits are by the monotonic clock. pthread_cond_destroy ends it. */
void wr_cond_init(pthread_cond_t *cond);
/* The moment in `us` from now; one below 0 is now. */
struct timespec wr_deadline(int64_t us);
/* Waits, with the lock held, until the condition is signalled; false: the deadline has passed. */
bool wr_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock,
			const struct timespec *deadline);
/* The same for up to `us` from now. */
bool wr_cond_wait_us(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t us);

#endif
