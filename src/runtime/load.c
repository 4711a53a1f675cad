/* SPDX-License-Identifier: Apache-2.0
 *
 * load - see load.h.
 */
#include "runtime/load.h"

#include "base/macros.h"

void wr_load_worked(struct wr_load *load, int64_t from_us, int64_t to_us)
{
	int64_t busy_us = atomic_load_explicit(&load->busy_us, memory_order_relaxed);

	atomic_store_explicit(&load->busy_us, busy_us + to_us - from_us, memory_order_relaxed);
}

void wr_load_seen(struct wr_load *load, bool blocked, int64_t now_us)
{
	int64_t at_us = atomic_load_explicit(&load->blocked_at_us, memory_order_relaxed), sum_us;

	if (blocked == (at_us != 0))
		return;
	if (!blocked) {
		sum_us = atomic_load_explicit(&load->blocked_us, memory_order_relaxed);
		atomic_store_explicit(&load->blocked_us, sum_us + now_us - at_us,
				      memory_order_relaxed);
		if (now_us - at_us >= WR_LOAD_INCIDENT_US)
			atomic_fetch_add_explicit(&load->incidents, 1, memory_order_relaxed);
	}
	atomic_store_explicit(&load->blocked_at_us, blocked ? WR_MAX(now_us, 1) : 0,
			      memory_order_relaxed);
}

int64_t wr_load_running_us(const struct wr_load *load, int64_t now_us)
{
	int64_t at_us = atomic_load_explicit(&load->running_at_us, memory_order_relaxed);

	return at_us == 0 ? 0 : WR_MAX(now_us - at_us, 0);
}

void wr_load_look(const struct wr_load *load, int64_t now_us, struct wr_stage_load *stage)
{
	int64_t at_us = atomic_load_explicit(&load->blocked_at_us, memory_order_relaxed);

	stage->tasks++;
	stage->busy_us += atomic_load_explicit(&load->busy_us, memory_order_relaxed) +
			  wr_load_running_us(load, now_us);
	stage->blocked_us += atomic_load_explicit(&load->blocked_us, memory_order_relaxed);
	if (at_us != 0)
		stage->blocked_us += WR_MAX(now_us - at_us, 0);
}

struct wr_load_rates wr_load_rates(const struct wr_stage_load *before,
				   const struct wr_stage_load *after, int64_t elapsed_us)
{
	int64_t whole_us = WR_MAX(elapsed_us * after->tasks, 1);
	int64_t busy = (after->busy_us - before->busy_us) * 1000 / whole_us;
	int64_t blocked = (after->blocked_us - before->blocked_us) * 1000 / whole_us;

	busy = WR_MAX(WR_MIN(busy, 1000), 0);
	blocked = WR_MAX(WR_MIN(blocked, 1000 - busy), 0);
	return (struct wr_load_rates){
	    .busy = busy, .idle = 1000 - busy - blocked, .blocked = blocked};
}
