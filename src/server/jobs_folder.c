/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_folder - the folders of a job's checkpoints: where it is, and what can go.
 *
 * What is removed is what this server has made: CHECKPOINTS/ID, whose name is a job's id.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "engine/script_place.h"
#include "server/jobs_inner.h"
#include "state/store_files.h"

/* Appends the folder of INSERT number `index`, from 0, in the job's generation. */
static void put_folder(const struct wr_server_job *job, int64_t index, struct wr_text *path)
{
	wr_text_printf(path, "%s/%lld", job->folder, (long long)job->generation);
	if (index > 0)
		wr_text_printf(path, ".%lld", (long long)index);
}

/* The last INSERT that has made a checkpoint in the generation, from 0; -1: none has. */
static wr_status *find_last(struct wr_server_job *job, int64_t *index)
{
	wr_status *status = NULL;
	bool there = false;

	*index = job->folder != NULL ? WR_MAX(job->inserts, 1) : 0;
	while (status == NULL && !there && --*index >= 0) {
		struct wr_recovery recovery = {0};
		struct wr_text path;

		wr_text_init(&path);
		put_folder(job, *index, &path);
		recovery.folder = path.data;
		status = wr_recovery_has_checkpoint(job->jobs->env, &recovery, &there);
		wr_text_release(&path);
	}
	return status;
}

/* A folder that says which of several INSERTs the job was in. */
static wr_status *make_script_place(struct wr_server_job *job, int64_t index, char **place)
{
	struct wr_script_place where = {(uint32_t)index + 1, (uint32_t)job->inserts, NULL};
	struct wr_text path, folder;
	wr_status *status;

	wr_text_init(&path);
	wr_text_init(&folder);
	put_folder(job, index, &path);
	where.path = path.data;
	put_folder(job, 0, &folder);
	wr_text_puts(&folder, ".place");
	status = wr_script_place_write(job->jobs->env, folder.data, &where);
	if (status == NULL)
		*place = wr_strdup(folder.data);
	wr_text_release(&path);
	wr_text_release(&folder);
	return status;
}

wr_status *wr_server_job_place(struct wr_server_job *job, char **place)
{
	struct wr_text path;
	int64_t index;

	*place = NULL;
	WR_TRY(find_last(job, &index));
	if (index >= 0 && job->inserts > 1)
		return make_script_place(job, index, place);
	if (index >= 0) {
		wr_text_init(&path);
		put_folder(job, index, &path);
		*place = path.data;
	} else if (job->restore != NULL) {
		*place = wr_strdup(job->restore);
	}
	return NULL;
}

struct removing {
	struct wr_server_job *job;
	bool all; /* generations; else those that nobody needs */
};

/* Whether the generation of that name (its number, and perhaps ".1") is to go. */
static bool is_old(const struct wr_server_job *job, const char *name)
{
	long long number = strtoll(name, NULL, 10);
	size_t len = strlen(job->folder);

	if (number <= 0 || number >= job->generation - 1)
		return false;
	/* What the job begins from: CHECKPOINTS/ID/number... */
	return job->restore == NULL || strncmp(job->restore, job->folder, len) != 0 ||
	       job->restore[len] != '/' || strtoll(job->restore + len + 1, NULL, 10) != number;
}

/* A folder of a generation. */
static wr_status *remove_one(void *ctx, const char *name)
{
	struct removing *removing = ctx;
	struct wr_server_job *job = removing->job;
	struct wr_text path;

	if (!removing->all && !is_old(job, name))
		return NULL;
	wr_text_init(&path);
	wr_text_printf(&path, "%s/%s", job->folder, name);
	wr_store_remove(job->jobs->env, path.data);
	wr_text_release(&path);
	return NULL;
}

/* All generations of the job, or those that nobody needs. */
static void remove_generations(struct wr_server_job *job, bool all)
{
	struct wr_env *env = job->jobs->env;
	struct removing removing = {job, all};
	struct wr_file_info info = {0};
	wr_status *status;

	if (job->folder == NULL)
		return;
	status = env->ops->stat(env, job->folder, &info);
	if (status == NULL && info.is_dir)
		status = env->ops->list(env, job->folder, remove_one, &removing);
	if (status == NULL && info.is_dir && all)
		status = env->ops->remove(env, job->folder);
	if (status != NULL)
		wr_server_job_log(job, "Old checkpoints are still there: %s", status->text);
	wr_status_free(status);
}

void wr_server_job_trim(struct wr_server_job *job)
{
	remove_generations(job, false);
}

void wr_server_job_remove_checkpoints(struct wr_server_job *job)
{
	remove_generations(job, true);
}
