/* SPDX-License-Identifier: Apache-2.0
 *
 * threads - C11's threads as POSIX threads, for the thread sanitizer: it knows only these, and
 * librdkafka is built with those, so that its threads would be unknown to it and crash it.
 *
 * Preloaded (LD_PRELOAD) into programs that are built with -fsanitize=thread; the sanitizer's own
 * pthread functions are what is called here. glibc's types of both kinds have the same size and are
 * both good when they are zero.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t), "a mutex of each kind");
_Static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t), "a condition of each kind");
_Static_assert(sizeof(once_flag) == sizeof(pthread_once_t), "a flag of each kind");
_Static_assert(sizeof(thrd_t) == sizeof(pthread_t), "a thread of each kind");

struct start {
	thrd_start_t function;
	void *argument;
};

static int answer(int code)
{
	switch (code) {
	case 0: return thrd_success;
	case ETIMEDOUT: return thrd_timedout;
	case EBUSY: return thrd_busy;
	case ENOMEM: return thrd_nomem;
	default: return thrd_error;
	}
}

static void *run(void *argument)
{
	struct start start = *(struct start *)argument;

	free(argument);
	return (void *)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
	struct start *start = malloc(sizeof *start);
	int code;

	if (start == NULL)
		return thrd_nomem;
	*start = (struct start){function, argument};
	code = pthread_create(thread, NULL, run, start);
	if (code != 0)
		free(start);
	return answer(code);
}

int thrd_join(thrd_t thread, int *result)
{
	void *value = NULL;
	int code = pthread_join(thread, &value);

	if (result != NULL)
		*result = (int)(intptr_t)value;
	return answer(code);
}

void call_once(once_flag *flag, void (*function)(void))
{
	pthread_once((pthread_once_t *)flag, function);
}

int mtx_init(mtx_t *mutex, int type)
{
	pthread_mutexattr_t attributes;
	int code;

	pthread_mutexattr_init(&attributes);
	if (type & mtx_recursive)
		pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	code = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return answer(code);
}

void mtx_destroy(mtx_t *mutex)
{
	pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int mtx_lock(mtx_t *mutex)
{
	return answer(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex)
{
	return answer(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

int cnd_init(cnd_t *condition)
{
	return answer(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

void cnd_destroy(cnd_t *condition)
{
	pthread_cond_destroy((pthread_cond_t *)condition);
}

int cnd_signal(cnd_t *condition)
{
	return answer(pthread_cond_signal((pthread_cond_t *)condition));
}

int cnd_broadcast(cnd_t *condition)
{
	return answer(pthread_cond_broadcast((pthread_cond_t *)condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
	return answer(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
	return answer(
	    pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}
