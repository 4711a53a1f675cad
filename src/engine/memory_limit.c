/* SPDX-License-Identifier: Apache-2.0
 *
 * memory_limit - see memory_limit.h.
 */
#include "engine/memory_limit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/mem.h"
#include "plan/plan.h"

#define LIMIT_PERCENT 70
#define CACHE_PERCENT 40

/* The number in a file, or UINT64_MAX: no such file, or "max". */
static uint64_t read_number(struct wr_env *env, const char *path)
{
	char *text = NULL;
	size_t len;
	wr_status *status = wr_env_read_file(env, path, 4096, &text, &len);
	uint64_t value = UINT64_MAX;

	if (status == NULL && *text >= '0' && *text <= '9')
		value = strtoull(text, NULL, 10);
	wr_status_free(status);
	wr_free(text);
	return value;
}

/* cgroup v2 first, then v1; in a container the own cgroup is the root. */
uint64_t wr_memory_available(struct wr_env *env)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	uint64_t machine = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX;
	uint64_t v2 = read_number(env, "/sys/fs/cgroup/memory.max");
	uint64_t v1 = read_number(env, "/sys/fs/cgroup/memory/memory.limit_in_bytes");
	uint64_t least = WR_MIN(machine, WR_MIN(v2, v1));

	return least == UINT64_MAX ? 0 : least;
}

/* Where state goes that has no room: near the checkpoints, which are known to have some. */
static const char *spill_dir(const struct wr_options *settings)
{
	const char *dir = wr_options_str(settings, "weir.state.spill.dir");

	if (dir == NULL || *dir == '\0')
		dir = wr_options_str(settings, "execution.checkpointing.dir");
	if (dir == NULL || *dir == '\0')
		dir = getenv("TMPDIR");
	if (dir == NULL || *dir == '\0')
		dir = "/tmp";
	return strncmp(dir, "file://", 7) == 0 ? dir + 7 : dir;
}

uint64_t wr_memory_limit(const struct wr_options *settings, struct wr_env *env)
{
	const struct wr_option_value *limit = wr_options_get(settings, "weir.memory.limit");

	return limit->is_given ? (uint64_t)limit->number
			       : wr_memory_available(env) / 100 * LIMIT_PERCENT;
}

void wr_memory_read(const struct wr_options *settings, struct wr_plan *plan,
		    struct wr_budget_pool *pool, struct wr_job_options *job)
{
	const struct wr_option_value *cache = wr_options_get(settings, "weir.state.cache-size");
	bool on_disk = wr_options_i64(settings, "state.backend.type") == 1;

	job->budget = (struct wr_budget_options){.pool = pool};
	job->budget.limit = wr_memory_limit(settings, job->env);
	if (pool != NULL && pool->limit > 0 &&
	    (job->budget.limit == 0 || job->budget.limit > pool->limit))
		job->budget.limit = pool->limit;
	if (cache->is_given)
		job->budget.cache = (uint64_t)WR_MAX(cache->number, 1);
	else if (on_disk)
		job->budget.cache = job->budget.limit / 100 * CACHE_PERCENT;
	job->budget.dir = wr_arena_strdup(&plan->arena, spill_dir(settings));
}
