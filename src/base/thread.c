/* SPDX-License-Identifier: Apache-2.0
 *
 * thread - see thread.h. A thread names itself: that is one call, while the name of another one is
 * written to a file of the system.
 */
#include "base/thread.h"

#include <signal.h>
#include <stdio.h>

#include "base/mem.h"

#define NAME_BYTES 16 /* what the system takes, with the NUL */

/* What a new thread begins with; its own. */
struct beginning {
	char name[NAME_BYTES];
	void *(*run)(void *argument);
	void *argument;
	const void *works_for;
};

/* Of each thread alone, so no state that engines share. */
static _Thread_local const void *works_for;

const void *wr_thread_works_for(void)
{
	return works_for;
}

void wr_thread_work_for(const void *what)
{
	works_for = what;
}

static void *begin(void *given)
{
	struct beginning own = *(struct beginning *)given;

	wr_free(given);
	works_for = own.works_for;
	pthread_setname_np(pthread_self(), own.name);
	return own.run(own.argument);
}

bool wr_thread_start(pthread_t *thread, const char *name, void *(*run)(void *argument),
		     void *argument)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGPROF};
	struct beginning *given = wr_calloc(1, sizeof *given);
	sigset_t blocked, before;
	bool started;

	snprintf(given->name, sizeof given->name, "%s", name);
	given->run = run;
	given->argument = argument;
	given->works_for = works_for;
	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		sigdelset(&blocked, own[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	started = pthread_create(thread, NULL, begin, given) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!started)
		wr_free(given);
	return started;
}
