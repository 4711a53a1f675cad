/* SPDX-License-Identifier: Apache-2.0
 *
 * restart - see restart.h.
 */
#include "runtime/restart.h"

#include <string.h>

#include "base/macros.h"

bool wr_restart_can_help(const wr_status *failure)
{
	return failure->class == WR_RETRY || failure->class == WR_RESTART;
}

static bool decide_exponential(const struct wr_restart_options *options,
			       struct wr_restart_history *history, int64_t now_us, double chance,
			       int64_t *delay_ms)
{
	double jitter;

	if (history->last_us != 0 &&
	    now_us - history->last_us >= (options->reset_ms + history->backoff_ms) * 1000) {
		history->in_row = 0;
		history->backoff_ms = 0;
	}
	history->last_us = now_us;
	if (history->in_row >= (uint64_t)options->attempts_max)
		return false;
	history->in_row++;
	if (history->backoff_ms == 0)
		history->backoff_ms = options->initial_ms;
	else
		history->backoff_ms = (int64_t)WR_MIN(
		    (double)history->backoff_ms * options->multiplier, (double)options->max_ms);
	jitter = (2 * chance - 1) * options->jitter * (double)history->backoff_ms;
	*delay_ms = history->backoff_ms + (int64_t)jitter;
	return true;
}

static bool decide_rate(const struct wr_restart_options *options,
			struct wr_restart_history *history, int64_t now_us, int64_t *delay_ms)
{
	uint32_t most = (uint32_t)WR_MIN(options->failures_max, (int64_t)WR_RESTART_RATE_MAX);
	uint32_t old = 0;

	while (old < history->time_count &&
	       now_us - history->time_us[old] > options->rate_interval_ms * 1000)
		old++;
	history->time_count -= old;
	memmove(history->time_us, history->time_us + old,
		history->time_count * sizeof history->time_us[0]);
	if (history->time_count >= most)
		return false;
	history->time_us[history->time_count++] = now_us;
	*delay_ms = options->delay_ms;
	return true;
}

bool wr_restart_decide(const struct wr_restart_options *options, struct wr_restart_history *history,
		       int64_t now_us, double chance, int64_t *delay_ms)
{
	bool again = false;

	WR_ASSERT(chance >= 0 && chance <= 1);
	*delay_ms = 0;
	switch (options->type) {
	case WR_RESTART_NONE: return false;
	case WR_RESTART_FIXED_DELAY:
		again = history->attempts < (uint64_t)WR_MAX(options->attempts, 0);
		*delay_ms = options->delay_ms;
		break;
	case WR_RESTART_EXPONENTIAL_DELAY:
		again = decide_exponential(options, history, now_us, chance, delay_ms);
		break;
	case WR_RESTART_FAILURE_RATE:
		again = decide_rate(options, history, now_us, delay_ms);
		break;
	}
	if (again)
		history->attempts++;
	return again;
}
