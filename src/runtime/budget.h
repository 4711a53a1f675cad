/* SPDX-License-Identifier: Apache-2.0
 *
 * budget - how much memory the state of a job may take, and what happens beyond it.
 *
 * Each worker has an equal share. After a mark, when no slots are held, the worker adds up what its
 * operators have in use; above the share, the states of the operator that has just seen the mark
 * give way: their least used rows leave for the disk (wr_state_trim). States that are pinned, rows
 * that wait and the like cannot leave; the others get what these leave of the share.
 *
 * While the process is above its limit and there are rows that can leave, sources are slowed
 * (runtime/source.c), so that the disk keeps up with what comes in.
 *
 * Jobs that share a process share its limit: a pool knows what all of them use. A worker may then
 * use what the others leave, and never less than an equal part; when that becomes less, because
 * another job wants its own, rows leave.
 *
 * Adding up misses what is nobody's: buffers, fragments. So each worker looks at the process now
 * and then, and lowers its share while that is near the limit. If the process is far above the
 * limit for long and nothing is left to give way, the job fails and says so, which is better than
 * being killed.
 *
 * Thread: a wr_budget is its worker's.
 */
#ifndef WR_RUNTIME_BUDGET_H
#define WR_RUNTIME_BUDGET_H

#include <stdatomic.h>

#include "base/env.h"
#include "op/op.h"
#include "state/spill.h"

/* Of jobs that run beside each other. Any thread. */
struct wr_budget_pool {
	uint64_t limit;      /* bytes of the process, for all of them; 0: unknown */
	atomic_uint workers; /* of all jobs that have a budget */
	atomic_ullong used;  /* by their states, as each has last looked */
};

struct wr_budget_options {
	uint64_t limit;  /* bytes of the process; 0: none */
	uint64_t cache;  /* bytes of rows in memory, of all workers; 0: what the limit allows */
	const char *dir; /* where rows go that have no room */
	struct wr_budget_pool *pool; /* of the jobs beside this one; NULL: it is alone */
};

struct wr_budget {
	struct wr_env *env;
	struct wr_spill_dir *dir;    /* NULL: there is no limit; owned */
	uint64_t limit;              /* of the process; 0: none */
	struct wr_budget_pool *pool; /* NULL: there is none */
	uint64_t cache;     /* bytes that it is to keep to in any case; UINT64_MAX: no such */
	uint64_t share;     /* bytes that the worker's operators may use */
	uint64_t target;    /* the same, lowered while the process is near its limit */
	uint64_t used;      /* by all its operators, when they were last looked at */
	uint64_t told;      /* of that, what the pool knows */
	uint64_t held;      /* of that, what cannot leave */
	int64_t look_us;    /* when to look at the process again (monotonic) */
	atomic_uint *tight; /* of the job: workers that want the sources slower; may be NULL */
	bool is_tight;      /* counted in it */
	int64_t over_us;    /* since when it has been far above the limit; 0: it is not */
};

/* `tight`: counted up while the worker wants the sources slower; NULL: nobody asks. */
void wr_budget_init(struct wr_budget *budget, const struct wr_budget_options *options,
		    struct wr_env *env, uint32_t workers, atomic_uint *tight);
void wr_budget_release(struct wr_budget *budget);
/* What the worker may use now, as the pool says. */
uint64_t wr_budget_share(const struct wr_budget *budget);
/* Whether sources are to be slowed, when the process has `bytes` in use: it is above its limit, and
 * rows can leave. Once slowed, until there is some room again. */
bool wr_budget_is_tight(const struct wr_budget *budget, uint64_t bytes);
/* The operator has seen a mark to its end, or has been given a part of its state back; nobody holds
 * a slot of it. */
wr_status *wr_budget_step(struct wr_budget *budget, struct wr_op *op);

#endif
