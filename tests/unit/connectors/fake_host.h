/* SPDX-License-Identifier: Apache-2.0
 *
 * A host and an environment whose clock moves when somebody sleeps, for tests of connectors.
 */
#ifndef TEST_FAKE_HOST_H
#define TEST_FAKE_HOST_H

#include <string.h>

#include "base/env.h"
#include "catalog/host.h"

struct fake_host {
	struct wr_host host;
	struct wr_env env;
	struct wr_env_ops env_ops;
	int64_t now_us;  /* moves by sleeping */
	int64_t stop_us; /* from then on it stops; 0: never */
	int64_t due_us;  /* from then on a checkpoint is due; 0: never */
	uint32_t sleeps, waits, resumes, wanted;
	char reason[80]; /* last said */
	uint8_t random;  /* all bytes of random numbers */
};

static struct fake_host *fake_of(struct wr_host *host)
{
	return (struct fake_host *)host;
}

static struct fake_host *fake_env_of(struct wr_env *env)
{
	return (struct fake_host *)((char *)env - offsetof(struct fake_host, env));
}

static void fake_nothing(struct wr_host *host)
{
}

static bool fake_stopping(struct wr_host *host)
{
	return fake_of(host)->stop_us != 0 && fake_of(host)->now_us >= fake_of(host)->stop_us;
}

static void fake_waiting(struct wr_host *host, const char *reason)
{
	fake_of(host)->waits++;
	strncpy(fake_of(host)->reason, reason, sizeof fake_of(host)->reason - 1);
}

static void fake_resumed(struct wr_host *host)
{
	fake_of(host)->resumes++;
}

static void fake_notice(struct wr_host *host, const char *text)
{
}

static void fake_wanted(struct wr_host *host)
{
	fake_of(host)->wanted++;
}

static bool fake_due(struct wr_host *host)
{
	return fake_of(host)->due_us != 0 && fake_of(host)->now_us >= fake_of(host)->due_us;
}

static wr_status *fake_reject(struct wr_host *host, const struct wr_reject *reject)
{
	return NULL;
}

static int64_t fake_mono_us(struct wr_env *env)
{
	return fake_env_of(env)->now_us;
}

static void fake_sleep_us(struct wr_env *env, int64_t us)
{
	fake_env_of(env)->now_us += us;
	fake_env_of(env)->sleeps++;
}

static void fake_random(struct wr_env *env, void *bytes, size_t len)
{
	memset(bytes, fake_env_of(env)->random, len);
}

static void fake_host_init(struct fake_host *fake)
{
	static const struct wr_host_ops ops = {
	    .wake = fake_nothing,
	    .stopping = fake_stopping,
	    .waiting = fake_waiting,
	    .resumed = fake_resumed,
	    .notice = fake_notice,
	    .checkpoint_wanted = fake_wanted,
	    .checkpoint_due = fake_due,
	    .reject = fake_reject,
	};

	memset(fake, 0, sizeof *fake);
	fake->host = (struct wr_host){.ops = &ops, .job = "test", .checkpoints = true};
	fake->env_ops = *wr_env_system()->ops;
	fake->env_ops.mono_us = fake_mono_us;
	fake->env_ops.sleep_us = fake_sleep_us;
	fake->env_ops.random = fake_random;
	fake->env.ops = &fake->env_ops;
	fake->now_us = 1000000;
}

#endif
