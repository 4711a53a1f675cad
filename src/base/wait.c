/* SPDX-License-Identifier: Apache-2.0
 *
 * wait - see wait.h.
 */
#include "base/wait.h"

#include <errno.h>

#include "base/macros.h"

#define US_PER_S  1000000
#define NS_PER_US 1000
#define NS_PER_S  1000000000

void wr_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct timespec wr_deadline(int64_t us)
{
	struct timespec at;

	us = WR_MAX(us, 0);
	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_nsec += us % US_PER_S * NS_PER_US;
	at.tv_sec += us / US_PER_S + at.tv_nsec / NS_PER_S;
	at.tv_nsec %= NS_PER_S;
	return at;
}

bool wr_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock,
			const struct timespec *deadline)
{
	int error = pthread_cond_timedwait(cond, lock, deadline);

	WR_ASSERT(error == 0 || error == ETIMEDOUT);
	return error == 0;
}

bool wr_cond_wait_us(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t us)
{
	struct timespec deadline = wr_deadline(us);

	return wr_cond_wait_until(cond, lock, &deadline);
}
