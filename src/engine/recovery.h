/* SPDX-License-Identifier: Apache-2.0
 *
 * recovery - what the settings say about checkpoints, restores and restarts of one job.
 *
 * Every job of a script has a folder of its own below 'execution.checkpointing.dir', named after
 * 'pipeline.name' or its sinks; the second job of the same name gets "-2". Without that setting
 * checkpoints are kept in a temporary folder for as long as the run lasts: enough for the job to
 * restart by itself.
 *
 * A bare SELECT has no checkpoints: rows that were shown cannot be taken back, nor shown again.
 */
#ifndef WR_ENGINE_RECOVERY_H
#define WR_ENGINE_RECOVERY_H

#include "base/map.h"
#include "base/option.h"
#include "engine/run.h"
#include "runtime/job.h"
#include "runtime/restart.h"

struct wr_recovery {
	char *folder;   /* of the job's checkpoints; NULL: 'execution.checkpointing.dir' is not set;
			   owned */
	char *job_name; /* as the folder is called; owned */
	char *from;     /* 'execution.state-recovery.path', "latest"; NULL: begin anew; owned */
	bool replay;    /* sinks begin anew */
	bool upgrade;   /* what does not fit is rebuilt or dropped */
	struct wr_restart_options restart;
};

/* Reads the settings for a job of that plan into `job` and `recovery`; `suffix`: goes behind its
 * name; `names`: of the jobs of the script so far. */
wr_status *wr_recovery_read(const struct wr_options *settings, const struct wr_plan *plan,
			    const char *suffix, struct wr_map *names, struct wr_job_options *job,
			    struct wr_recovery *recovery);
void wr_recovery_release(struct wr_recovery *recovery);

/* Whether there is one, good or not, in the job's own folder (which is not NULL). */
wr_status *wr_recovery_has_checkpoint(struct wr_env *env, const struct wr_recovery *recovery,
				      bool *out);
/* Whether the newest checkpoint of the job's own folder is asked for. */
bool wr_recovery_is_latest(const struct wr_recovery *recovery);
/* The checkpoint that the first run of the job goes on from; *out NULL: it begins anew, or (*over)
 * had finished when the savepoint of its script was made (script_place.h). `say` is told what was
 * found. */
wr_status *wr_recovery_find(struct wr_env *env, const struct wr_recovery *recovery,
			    struct wr_script_job which, void (*say)(void *user, const char *text),
			    void *user, struct wr_manifest **out, bool *over);
/* Whether what is to be restored is the state of one job: a manifest or the folder of one. */
wr_status *wr_recovery_is_of_one_job(struct wr_env *env, const struct wr_recovery *recovery,
				     bool *out);
/* Whether a script of `count` jobs can go on from `from`: what is the savepoint of a script needs
 * one with as many. */
wr_status *wr_recovery_fits_script(struct wr_env *env, const char *from, uint32_t count);
/* Appends a folder that somebody names for a savepoint, or to go on from, as it is known from
 * everywhere: absolute, without file://. Other systems than local files are an error. */
wr_status *wr_recovery_folder(const char *given, struct wr_text *out);
/* A folder for the time of the run; wr_store_remove ends it. */
wr_status *wr_recovery_temporary(struct wr_env *env, char **path);

#endif
