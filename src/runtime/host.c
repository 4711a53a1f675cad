/* SPDX-License-Identifier: Apache-2.0
 *
 * host - see host.h.
 */
#include "runtime/host.h"

#include <string.h>

#include "runtime/job_inner.h"

static struct wr_table_host *table_host(struct wr_host *host)
{
	return (struct wr_table_host *)host;
}

static void host_wake(struct wr_host *host)
{
	struct wr_table_host *self = table_host(host);

	if (self->wait_until_us == NULL)
		return;
	atomic_fetch_add(&self->wakes, 1);
	atomic_store(self->wait_until_us, 0);
	self->shared->wakeup.wake(self->shared->wakeup.user, WR_WAKE_CLAIMER);
}

/* Who waits leaves a job that is cancelled; who gets on with it ends what it does. */
static bool host_stopping(struct wr_host *host)
{
	struct wr_table_host *self = table_host(host);

	const struct wr_hosts *shared = self->shared;
	bool ends = atomic_load(shared->cancelled) ||
		    (shared->given_up != NULL && atomic_load(shared->given_up));

	return atomic_load(shared->failed) || (ends && atomic_load(&self->is_waiting));
}

/* "BEFORE Table 'x' WHAT: TEXT". */
static void host_say(const struct wr_table_host *self, const char *before, const char *what,
		     const char *text)
{
	struct wr_text line;

	if (self->shared->say == NULL)
		return;
	wr_text_init(&line);
	wr_text_printf(&line, "%sTable '%s'%s%s%s", before, self->table, what,
		       text[0] != '\0' ? ": " : "", text);
	self->shared->say(self->shared->user, line.data);
	wr_text_release(&line);
}

static void host_waiting(struct wr_host *host, const char *reason)
{
	struct wr_table_host *self = table_host(host);
	int64_t now_us = wr_mono_us(self->shared->env);
	bool same, say;

	pthread_mutex_lock(&self->lock);
	same = strcmp(wr_text_str(&self->reason), reason) == 0;
	say = !same ||
	      (!self->said && (self->said_us == 0 || now_us - self->said_us >= WR_HOST_QUIET_US));
	if (!same) {
		wr_text_clear(&self->reason);
		wr_text_puts(&self->reason, reason);
	}
	if (say) {
		self->said = true;
		self->said_us = now_us;
	}
	atomic_store(&self->is_waiting, true);
	pthread_mutex_unlock(&self->lock);
	if (say)
		host_say(self, "warning: ", " waits", reason);
}

static void host_resumed(struct wr_host *host)
{
	struct wr_table_host *self = table_host(host);
	bool say;

	if (!atomic_load(&self->is_waiting))
		return;
	pthread_mutex_lock(&self->lock);
	say = self->said;
	self->said = false;
	atomic_store(&self->is_waiting, false);
	pthread_mutex_unlock(&self->lock);
	if (say)
		host_say(self, "", " goes on", "");
}

static void host_notice(struct wr_host *host, const char *text)
{
	host_say(table_host(host), "", "", text);
}

static void host_checkpoint_wanted(struct wr_host *host)
{
	atomic_store(&table_host(host)->shared->checkpoint_wanted, true);
}

static bool host_checkpoint_due(struct wr_host *host)
{
	struct wr_task *task = table_host(host)->task;

	return task == NULL || wr_part_is_due(task);
}

static wr_status *host_reject(struct wr_host *host, const struct wr_reject *reject)
{
	struct wr_table_host *self = table_host(host);

	if (self->task != NULL)
		return wr_side_reject(self->task, reject);
	return wr_status_new(WR_USER_ERROR, "Table '%s': %s refuses a row (%s): %s", self->table,
			     reject->origin != NULL ? reject->origin : "the other side",
			     reject->kind, reject->text);
}

static const struct wr_host_ops host_ops = {
    .wake = host_wake,
    .stopping = host_stopping,
    .waiting = host_waiting,
    .resumed = host_resumed,
    .notice = host_notice,
    .checkpoint_wanted = host_checkpoint_wanted,
    .checkpoint_due = host_checkpoint_due,
    .reject = host_reject,
};

void wr_table_host_init(struct wr_table_host *host, struct wr_hosts *shared, const char *table,
			atomic_llong *wait_until_us)
{
	WR_ASSERT(!host->ready && shared != NULL && table != NULL);
	*host = (struct wr_table_host){
	    .host = {.ops = &host_ops,
		     .job = shared->job != NULL ? shared->job : "",
		     .readers = "",
		     .run = shared->user,
		     .traces = shared->traces,
		     .checkpoints = shared->checkpoints,
		     .checkpoint_ms = shared->checkpoint_ms},
	    .shared = shared,
	    .table = table,
	    .wait_until_us = wait_until_us,
	    .ready = true,
	};
	wr_text_init(&host->reason);
	pthread_mutex_init(&host->lock, NULL);
}

void wr_table_host_release(struct wr_table_host *host)
{
	if (!host->ready)
		return;
	host->ready = false;
	wr_text_release(&host->reason);
	pthread_mutex_destroy(&host->lock);
}

bool wr_table_host_left(struct wr_table_host *host)
{
	if (!host_stopping(&host->host))
		return false;
	if (atomic_load(host->shared->failed))
		return true;
	if (host->host.checkpoints)
		host_say(host, "", " is left",
			 "what it has not taken yet, a run that goes on from the last checkpoint "
			 "will write");
	else
		host_say(host, "warning: ", " is left",
			 "rows that it has not taken are not written");
	return true;
}

void wr_table_host_waits(struct wr_table_host *host, struct wr_text *out)
{
	if (!host->ready)
		return;
	pthread_mutex_lock(&host->lock);
	if (atomic_load(&host->is_waiting))
		wr_text_printf(out, "%stable '%s': %s", out->len > 0 ? "; " : "", host->table,
			       wr_text_str(&host->reason));
	pthread_mutex_unlock(&host->lock);
}
