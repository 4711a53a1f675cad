/* SPDX-License-Identifier: Apache-2.0
 *
 * memory_limit - the settings of memory and of state on disk, for a job.
 */
#ifndef WR_ENGINE_MEMORY_LIMIT_H
#define WR_ENGINE_MEMORY_LIMIT_H

#include "base/option.h"
#include "runtime/job.h"

/* Fills job->budget; what it names lies in the plan's arena. `pool`: of the jobs that share the
 * process, whose limit none exceeds; NULL: there is none. */
void wr_memory_read(const struct wr_options *settings, struct wr_plan *plan,
		    struct wr_budget_pool *pool, struct wr_job_options *job);
/* Bytes that the settings allow the process; 0: nobody knows. */
uint64_t wr_memory_limit(const struct wr_options *settings, struct wr_env *env);
/* Bytes that the process can have: of the machine, or of its cgroup if that is less; 0: unknown. */
uint64_t wr_memory_available(struct wr_env *env);

#endif
