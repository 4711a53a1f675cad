/* SPDX-License-Identifier: Apache-2.0
 *
 * load - where the time of a task goes: it runs (busy), it has nothing to do (idle), or it may not
 * run since a queue behind it is full (back pressure).
 *
 * The clock is read once per unit of work that was done, never per row: a unit is a batch, a block
 * or a mark. Time in which the worker ran other tasks counts as what this one would have done:
 * waiting for input, or for room.
 *
 * The busy time is split further, among the steps of the task: whoever is being called has it. That
 * reads the clock twice per batch and step, so that units that are short are taken by sample
 * (task.c), and count so many times; but all of a job that is measured (EXPLAIN ANALYZE).
 *
 * Thread: the worker's, but for wr_load_look.
 */
#ifndef WR_RUNTIME_LOAD_H
#define WR_RUNTIME_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"
#include "base/env.h"
#include "base/text.h"

#define WR_LOAD_INCIDENT_US 1000000

/* Of a task. */
struct wr_load {
	atomic_llong busy_us;       /* so far */
	atomic_llong blocked_us;    /* so far, without the stretch that goes on */
	atomic_llong blocked_at_us; /* monotonic: since when it has been waiting for room; 0: it has
				       not */
	atomic_llong
	    running_at_us;       /* monotonic: since when its unit has been under way; 0: none is */
	atomic_ullong incidents; /* waits that took WR_LOAD_INCIDENT_US or more, and are over */
};

/* A unit of work begins (perhaps: there may be nothing to do), or `at_us` 0: it is over. */
static inline void wr_load_running(struct wr_load *load, int64_t at_us)
{
	atomic_store_explicit(&load->running_at_us, at_us, memory_order_relaxed);
}
/* How long the unit under way has taken so far; 0: none is. Any thread. */
int64_t wr_load_running_us(const struct wr_load *load, int64_t now_us);
/* A unit of work was done. */
void wr_load_worked(struct wr_load *load, int64_t from_us, int64_t to_us);
/* It was looked at: `blocked`, it waits for room. */
void wr_load_seen(struct wr_load *load, bool blocked, int64_t now_us);

/* Of a stage, over all its tasks. */
struct wr_stage_load {
	int64_t busy_us, blocked_us;
	uint32_t tasks; /* that could have worked all the time */
};
/* Adds a task, with the unit that is under way. Any thread. */
void wr_load_look(const struct wr_load *load, int64_t now_us, struct wr_stage_load *stage);

/* Of all workers together: at work, waiting for room, waiting for input. */
struct wr_worker_load {
	int64_t busy_us, blocked_us, idle_us;
};

/* Milliseconds per second of one task. */
struct wr_load_rates {
	int64_t busy, idle, blocked;
};
/* What a stage did in `elapsed_us`, in which it spent what lies between two looks. */
struct wr_load_rates wr_load_rates(const struct wr_stage_load *before,
				   const struct wr_stage_load *after, int64_t elapsed_us);

/* The steps of a task. */
struct wr_step_clock {
	struct wr_env *env;
	uint32_t weight;   /* of the unit under way: its time counts so often; 0: it is not taken */
	int64_t *owner_us; /* time so far of whoever runs (wr_noted); NULL: nobody does */
	int64_t at_us;     /* monotonic: since when */
};

/* From now on time belongs to `owner_us` (NULL: to nobody); returns whose it was. */
static inline int64_t *wr_step_clock_switch(struct wr_step_clock *clock, int64_t *owner_us)
{
	int64_t *before = clock->owner_us, now_us;

	if (clock->weight == 0)
		return NULL;
	now_us = wr_mono_us(clock->env);
	if (before != NULL)
		wr_note(before, *before + (now_us - clock->at_us) * clock->weight);
	clock->at_us = now_us;
	clock->owner_us = owner_us;
	return before;
}

#endif
