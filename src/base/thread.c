/* SPDX-License-Identifier: Apache-2.0
 *
 * thread - see thread.h.
 */
#include "base/thread.h"

#include <signal.h>
#include <stdio.h>

#define NAME_BYTES 16 /* what the system takes, with the NUL */

bool wr_thread_start(pthread_t *thread, const char *name, void *(*run)(void *argument),
		     void *argument)
{
	static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGPROF};
	sigset_t blocked, before;
	char cut[NAME_BYTES];
	bool started;

	sigfillset(&blocked);
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		sigdelset(&blocked, own[i]);
	pthread_sigmask(SIG_SETMASK, &blocked, &before);
	started = pthread_create(thread, NULL, run, argument) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!started)
		return false;
	snprintf(cut, sizeof cut, "%s", name);
	pthread_setname_np(*thread, cut);
	return true;
}
