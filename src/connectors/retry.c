/* SPDX-License-Identifier: Apache-2.0
 *
 * retry - see retry.h.
 */
#include "connectors/retry.h"

#include "base/macros.h"

#define STEP_US  100000  /* longest sleep between two looks whether the job stops */
#define QUIET_US 1000000 /* a wait that is shorter is not worth a word */

const char *const wr_on_failure_names[] = {"fail", "dead-letter", NULL};

/* --- decisions */

void wr_retry_init(struct wr_retry *retry, const struct wr_retry_options *options)
{
	WR_ASSERT(options->initial_us > 0 && options->max_us >= options->initial_us);
	WR_ASSERT(options->jitter >= 0 && options->jitter <= 1);
	*retry = (struct wr_retry){.options = *options};
}

/* Whether operations end some time without success. */
static bool gives_up(const struct wr_retry *retry)
{
	return retry->options.attempts_max > 0 &&
	       retry->options.on_failure == WR_ON_FAILURE_DEAD_LETTER;
}

/* The operation is over, with success or without. */
static void forget_operation(struct wr_retry *retry)
{
	retry->attempts = 0;
	retry->pause_us = 0;
}

enum wr_attempt wr_retry_begin(struct wr_retry *retry, int64_t now_us, int64_t *wait_us)
{
	*wait_us = 0;
	if (retry->circuit != WR_CIRCUIT_OPEN)
		return WR_ATTEMPT_NOW;
	*wait_us = retry->opened_us + retry->options.reset_us - now_us;
	if (*wait_us > 0 && gives_up(retry)) {
		forget_operation(retry);
		return WR_ATTEMPT_NEVER;
	}
	if (*wait_us > 0)
		return WR_ATTEMPT_LATER;
	*wait_us = 0;
	retry->circuit = WR_CIRCUIT_HALF_OPEN;
	return WR_ATTEMPT_NOW;
}

/* The pause behind the attempt that has failed, before chance. */
static int64_t next_pause(const struct wr_retry *retry)
{
	if (retry->pause_us == 0)
		return retry->options.initial_us;
	return retry->pause_us > retry->options.max_us / 2 ? retry->options.max_us
							   : 2 * retry->pause_us;
}

enum wr_attempt wr_retry_failed(struct wr_retry *retry, int64_t now_us, double chance,
				int64_t *wait_us)
{
	const struct wr_retry_options *options = &retry->options;

	WR_ASSERT(chance >= 0 && chance < 1);
	*wait_us = 0;
	retry->failed_in_row += retry->failed_in_row < UINT32_MAX;
	retry->attempts += retry->attempts < UINT32_MAX;
	if (options->failures > 0 &&
	    (retry->circuit == WR_CIRCUIT_HALF_OPEN || retry->failed_in_row >= options->failures)) {
		retry->circuit = WR_CIRCUIT_OPEN;
		retry->opened_us = now_us;
	}
	if ((options->attempts_max > 0 && retry->attempts >= options->attempts_max) ||
	    (retry->circuit == WR_CIRCUIT_OPEN && gives_up(retry))) {
		forget_operation(retry);
		return WR_ATTEMPT_NEVER;
	}
	retry->pause_us = next_pause(retry);
	*wait_us = retry->pause_us - (int64_t)((double)retry->pause_us * options->jitter * chance);
	if (retry->circuit == WR_CIRCUIT_OPEN)
		*wait_us = WR_MAX(*wait_us, options->reset_us);
	return WR_ATTEMPT_LATER;
}

void wr_retry_succeeded(struct wr_retry *retry)
{
	forget_operation(retry);
	retry->failed_in_row = 0;
	retry->circuit = WR_CIRCUIT_CLOSED;
}

/* --- the loop */

void wr_retrying_init(struct wr_retrying *retrying, const struct wr_retry_options *options,
		      struct wr_env *env, struct wr_host *host)
{
	*retrying = (struct wr_retrying){.env = env, .host = host};
	wr_retry_init(&retrying->retry, options);
}

bool wr_retrying_wait(struct wr_retrying *retrying, int64_t wait_us)
{
	int64_t until_us = wr_mono_us(retrying->env) + wait_us, left_us;

	while (!wr_host_stopping(retrying->host)) {
		left_us = until_us - wr_mono_us(retrying->env);
		if (left_us <= 0)
			return true;
		retrying->env->ops->sleep_us(retrying->env, WR_MIN(left_us, (int64_t)STEP_US));
	}
	return false;
}

static double chance_of(struct wr_env *env)
{
	uint32_t bits;

	env->ops->random(env, &bits, sizeof bits);
	return (double)bits / 4294967296.0;
}

enum wr_attempt wr_retrying_begin(struct wr_retrying *retrying)
{
	int64_t wait_us;
	enum wr_attempt next;

	do {
		next = wr_retry_begin(&retrying->retry, wr_mono_us(retrying->env), &wait_us);
		if (next != WR_ATTEMPT_LATER)
			return next;
	} while (wr_retrying_wait(retrying, wait_us));
	return WR_ATTEMPT_LATER;
}

enum wr_attempt wr_retrying_failed(struct wr_retrying *retrying, const char *reason)
{
	int64_t now_us = wr_mono_us(retrying->env), wait_us;
	enum wr_attempt next =
	    wr_retry_failed(&retrying->retry, now_us, chance_of(retrying->env), &wait_us);

	if (retrying->since_us == 0)
		retrying->since_us = now_us;
	if (next == WR_ATTEMPT_NEVER) {
		retrying->since_us = 0;
		return next;
	}
	if (now_us + wait_us - retrying->since_us >= QUIET_US) {
		wr_host_waiting(retrying->host, reason);
		retrying->said = true;
	}
	return wr_retrying_wait(retrying, wait_us) ? wr_retrying_begin(retrying) : WR_ATTEMPT_LATER;
}

void wr_retrying_succeeded(struct wr_retrying *retrying)
{
	wr_retry_succeeded(&retrying->retry);
	retrying->since_us = 0;
	if (retrying->said)
		wr_host_resumed(retrying->host);
	retrying->said = false;
}

/* What `begin` and `failed` say, in the words of `run`; true: another attempt is to be made. */
static bool goes_on(enum wr_attempt next, enum wr_retry_end *end)
{
	if (next == WR_ATTEMPT_NEVER)
		*end = WR_RETRY_USED_UP;
	else if (next == WR_ATTEMPT_LATER)
		*end = WR_RETRY_STOPPED;
	return next == WR_ATTEMPT_NOW;
}

wr_status *wr_retrying_run(struct wr_retrying *retrying, wr_status *(*attempt)(void *user),
			   void *user, enum wr_retry_end *end)
{
	wr_status *status = NULL;
	bool again = goes_on(wr_retrying_begin(retrying), end);

	while (again) {
		wr_status_free(status);
		status = attempt(user);
		if (status == NULL || status->class != WR_RETRY) {
			*end = WR_RETRY_DONE;
			wr_retrying_succeeded(retrying); /* the other side answers */
			return status;
		}
		again = goes_on(wr_retrying_failed(retrying, status->text), end);
	}
	if (status == NULL && *end == WR_RETRY_STOPPED)
		status = wr_status_new(WR_RETRY, "The job stops");
	else if (status == NULL)
		status = wr_status_new(WR_RETRY, "The circuit is open: too many attempts in a row "
						 "have failed");
	return status;
}

/* --- options */

wr_status *wr_retry_options_read(const struct wr_options *options, const char *table,
				 struct wr_pos pos, struct wr_retry_options *out)
{
	double jitter = wr_options_get(options, "sink.retry.jitter")->real;
	int64_t attempts = wr_options_get(options, "sink.retry.max-attempts")->number;
	int64_t failures = wr_options_get(options, "sink.circuit-breaker.failures")->number;

	*out = (struct wr_retry_options){
	    .attempts_max = (uint32_t)attempts,
	    .initial_us = wr_options_i64(options, "sink.retry.initial-delay") * 1000,
	    .max_us = wr_options_i64(options, "sink.retry.max-delay") * 1000,
	    .jitter = jitter,
	    .failures = (uint32_t)failures,
	    .reset_us = wr_options_i64(options, "sink.circuit-breaker.reset-timeout") * 1000,
	    .on_failure = (enum wr_on_failure)wr_options_i64(options, "sink.on-failure"),
	};
	if (!(jitter >= 0 && jitter <= 1))
		return wr_status_at(WR_USER_ERROR, pos,
				    "Table '%s': 'sink.retry.jitter' must be between 0 and 1",
				    table);
	if (out->max_us < out->initial_us)
		return wr_status_at(WR_USER_ERROR, pos,
				    "Table '%s': 'sink.retry.max-delay' is shorter than "
				    "'sink.retry.initial-delay'",
				    table);
	if (out->on_failure == WR_ON_FAILURE_DEAD_LETTER && attempts == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos,
				 "Table '%s': 'sink.on-failure' = 'dead-letter' never holds: "
				 "attempts have no end",
				 table),
		    "Set 'sink.retry.max-attempts', too");
	return NULL;
}
