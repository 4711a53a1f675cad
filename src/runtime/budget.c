/* SPDX-License-Identifier: Apache-2.0
 *
 * budget - see budget.h.
 */
#include "runtime/budget.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

#define RESERVE_MIN    (96ull << 20) /* of the limit: code, buffers, batches on their way */
#define RESERVE_WORKER (32ull << 20)
#define LOOK_US        50000      /* between two looks at the process */
#define PATIENCE_US    10000000   /* far above the limit for so long: the job fails */
#define FAR            8          /* an eighth above the limit is far */
#define SKIP           7          /* marks, while less than half of the share is in use */
#define SMALL_SHARE    (8u << 20) /* of a worker, at least, whatever the limit */

/* Bytes of the limit that are for the states of so many workers. */
static uint64_t for_states(uint64_t limit, uint32_t workers)
{
	uint64_t reserve = WR_MAX(limit / 4, RESERVE_MIN + workers * RESERVE_WORKER);

	/* In use; tables and pools take a little more than that. */
	return limit > reserve ? (limit - reserve) / 5 * 4 : 0;
}

uint64_t wr_budget_share(const struct wr_budget *budget)
{
	struct wr_budget_pool *pool = budget->pool;
	uint64_t states, others, equal;
	uint32_t workers;

	if (pool == NULL || budget->limit == 0)
		return budget->share;
	workers = WR_MAX(atomic_load(&pool->workers), 1u);
	states = for_states(budget->limit, workers);
	others = atomic_load(&pool->used);
	others -= WR_MIN(budget->told, others);
	equal = WR_MAX(states / workers, SMALL_SHARE);
	return WR_MIN(WR_MAX(equal, states > others ? states - others : 0), budget->cache);
}

void wr_budget_init(struct wr_budget *budget, const struct wr_budget_options *options,
		    struct wr_env *env, uint32_t workers, atomic_uint *tight)
{
	struct wr_spill_options spill = {.env = env, .dir = options->dir};
	uint64_t states = for_states(options->limit, workers);

	*budget = (struct wr_budget){
	    .env = env, .limit = options->limit, .tight = tight, .cache = UINT64_MAX};
	if (options->limit == 0 && options->cache == 0)
		return;
	if (options->cache > 0)
		budget->cache = options->cache / workers;
	budget->share = options->limit == 0 ? UINT64_MAX : WR_MAX(states / workers, SMALL_SHARE);
	budget->share = WR_MIN(budget->share, budget->cache);
	budget->pool = options->pool;
	if (budget->pool != NULL) {
		atomic_fetch_add(&budget->pool->workers, 1);
		budget->share = wr_budget_share(budget);
	}
	budget->target = budget->share;
	budget->dir = wr_spill_dir_new(&spill);
}

/* Tells the sources. */
static void note_tight(struct wr_budget *budget, bool tight)
{
	if (tight == budget->is_tight || budget->tight == NULL)
		return;
	budget->is_tight = tight;
	if (tight)
		atomic_fetch_add(budget->tight, 1);
	else
		atomic_fetch_sub(budget->tight, 1);
}

void wr_budget_release(struct wr_budget *budget)
{
	note_tight(budget, false);
	if (budget->pool != NULL) {
		atomic_fetch_sub(&budget->pool->workers, 1);
		atomic_fetch_sub(&budget->pool->used, budget->told);
		budget->pool = NULL;
	}
	wr_spill_dir_free(budget->dir);
	budget->dir = NULL;
}

/* Resident bytes of the process; 0: unknown. */
static uint64_t resident(struct wr_env *env)
{
	char *text = NULL, *end;
	uint64_t pages = 0;
	size_t len;
	wr_status *status = wr_env_read_file(env, "/proc/self/statm", 4096, &text, &len);

	if (status == NULL && (end = strchr(text, ' ')) != NULL)
		pages = strtoull(end, NULL, 10);
	wr_status_free(status);
	wr_free(text);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static wr_status *too_much(const struct wr_budget *budget, uint64_t bytes)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "The job needs more memory than it may have: %llu MB of "
			  "'weir.memory.limit' = %llu MB are in use, and what is in use cannot "
			  "leave for the disk",
			  (unsigned long long)(bytes >> 20),
			  (unsigned long long)(budget->limit >> 20)),
	    "Raise 'weir.memory.limit', use fewer workers ('parallelism.default'), or let state "
	    "expire ('table.exec.state.ttl')");
}

bool wr_budget_is_tight(const struct wr_budget *budget, uint64_t bytes)
{
	uint64_t limit = budget->limit, least = WR_MIN(SMALL_SHARE, budget->share);
	bool can_shrink = budget->used > budget->held && budget->target > least;

	if (budget->is_tight)
		limit -= limit / 16;
	return can_shrink && bytes > limit;
}

/* Lowers the share while the process is near its limit. */
static wr_status *look(struct wr_budget *budget)
{
	int64_t now_us = wr_mono_us(budget->env);
	uint64_t bytes, limit = budget->limit;

	if (limit == 0 || now_us < budget->look_us)
		return NULL;
	budget->look_us = now_us + LOOK_US;
	budget->share = wr_budget_share(budget);
	budget->target = WR_MIN(budget->target, budget->share);
	bytes = resident(budget->env);
	if (bytes > limit - limit / 8)
		budget->target = WR_MIN(budget->target, budget->used - budget->used / 16);
	else if (bytes < limit - limit / 4)
		budget->target = WR_MIN(budget->share, budget->target + budget->target / 16);
	budget->target = WR_MAX(budget->target, WR_MIN(SMALL_SHARE, budget->share));
	note_tight(budget, wr_budget_is_tight(budget, bytes));
	if (bytes < limit + limit / FAR || budget->held < budget->target / 2)
		budget->over_us = 0;
	else if (budget->over_us == 0)
		budget->over_us = now_us;
	else if (now_us - budget->over_us > PATIENCE_US)
		return too_much(budget, bytes);
	return NULL;
}

/* Adds up the operator. */
static void count(struct wr_budget *budget, struct wr_op *op)
{
	uint64_t all = wr_op_state_bytes(op), apart = 0, held = 0, used = 0;

	for (uint32_t i = 0; i < op->kept_count; i++) {
		struct wr_op_kept *kept = &op->kept[i];

		if (kept->state == NULL)
			continue;
		kept->used = wr_state_used(kept->state);
		apart += wr_state_bytes(kept->state);
		used += kept->used;
		held += kept->decl.pinned ? kept->used : 0;
	}
	all = all > apart ? all - apart : 0;
	budget->used += used + all - op->memory_used;
	budget->held += held + all - op->memory_held;
	op->memory_used = used + all;
	op->memory_held = held + all;
	if (budget->pool == NULL)
		return;
	if (budget->used >= budget->told)
		atomic_fetch_add(&budget->pool->used, budget->used - budget->told);
	else
		atomic_fetch_sub(&budget->pool->used, budget->told - budget->used);
	budget->told = budget->used;
}

wr_status *wr_budget_step(struct wr_budget *budget, struct wr_op *op)
{
	uint64_t goal, evictable;
	bool over;

	if (budget->dir == NULL || op->kept_count == 0)
		return NULL;
	if (op->memory_skip > 0) {
		op->memory_skip--;
		return NULL;
	}
	if (budget->used < budget->target / 2)
		op->memory_skip = SKIP;
	count(budget, op);
	WR_TRY(look(budget));
	over = budget->used > budget->target;
	goal = budget->target > budget->held ? budget->target - budget->held : 0;
	evictable = WR_MAX(budget->used - budget->held, 1);
	for (uint32_t i = 0; i < op->kept_count; i++) {
		struct wr_op_kept *kept = &op->kept[i];
		double part = (double)kept->used / (double)evictable;

		if (kept->state == NULL || kept->decl.pinned)
			continue;
		WR_TRY(wr_state_trim(kept->state, budget->dir,
				     over ? (uint64_t)(part * (double)goal) : UINT64_MAX));
	}
	if (over)
		count(budget, op);
	return NULL;
}
