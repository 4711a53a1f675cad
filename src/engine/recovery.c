/* SPDX-License-Identifier: Apache-2.0
 *
 * recovery - see recovery.h.
 */
#include "engine/recovery.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/env.h"
#include "base/mem.h"
#include "connectors/filesystem_path.h"
#include "engine/script_place.h"

#define NAME_MAX_BYTES 100 /* of a folder's name: file systems take 255, numbers come behind */

/* The job's name as a folder: letters, digits, '_', '-' and '.' stay. */
static char *folder_name(const struct wr_options *settings, const struct wr_plan *plan,
			 const char *suffix, struct wr_map *names)
{
	const char *set = wr_options_str(settings, "pipeline.name");
	const char *given = set != NULL ? set : plan->name;
	struct wr_text name;
	uintptr_t count;

	wr_text_init(&name);
	if (given != NULL)
		wr_text_puts(&name, given);
	for (uint32_t i = 0; given == NULL && i < plan->root_count; i++)
		if (plan->root[i]->u.sink.table != NULL)
			wr_text_printf(&name, "%s%s", i > 0 ? "+" : "",
				       plan->root[i]->u.sink.args->table);
	if (name.len == 0)
		wr_text_puts(&name, "job");
	if (name.len > NAME_MAX_BYTES)
		name.data[name.len = NAME_MAX_BYTES] = '\0';
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.data[i]) && strchr("_-.+", name.data[i]) == NULL)
			name.data[i] = '_';
	if (name.data[0] == '.')
		name.data[0] = '_';
	wr_text_puts(&name, suffix);
	count = (uintptr_t)wr_map_get(names, name.data) + 1;
	wr_map_put(names, name.data, (void *)count);
	if (count > 1)
		wr_text_printf(&name, "-%u", (unsigned)count);
	return name.data;
}

static enum wr_restart_type restart_type(const struct wr_options *settings, bool checkpoints)
{
	/* The values of restart-strategy.type: engine/settings.c. */
	static const enum wr_restart_type types[] = {
	    WR_RESTART_NONE,
	    WR_RESTART_NONE,
	    WR_RESTART_NONE,
	    WR_RESTART_FIXED_DELAY,
	    WR_RESTART_FIXED_DELAY,
	    WR_RESTART_FAILURE_RATE,
	    WR_RESTART_FAILURE_RATE,
	    WR_RESTART_EXPONENTIAL_DELAY,
	    WR_RESTART_EXPONENTIAL_DELAY,
	};
	const struct wr_option_value *type = wr_options_get(settings, "restart-strategy.type");

	if (!type->is_given)
		return checkpoints ? WR_RESTART_EXPONENTIAL_DELAY : WR_RESTART_NONE;
	WR_ASSERT(type->number >= 0 && (size_t)type->number < WR_COUNT(types));
	return types[type->number];
}

static void read_restart(const struct wr_options *settings, bool checkpoints,
			 struct wr_restart_options *out)
{
	*out = (struct wr_restart_options){.type = restart_type(settings, checkpoints)};
	out->attempts = wr_options_i64(settings, "restart-strategy.fixed-delay.attempts");
	out->delay_ms = wr_options_i64(settings, out->type == WR_RESTART_FAILURE_RATE
						     ? "restart-strategy.failure-rate.delay"
						     : "restart-strategy.fixed-delay.delay");
	out->initial_ms =
	    wr_options_i64(settings, "restart-strategy.exponential-delay.initial-backoff");
	out->max_ms = wr_options_i64(settings, "restart-strategy.exponential-delay.max-backoff");
	out->multiplier =
	    wr_options_get(settings, "restart-strategy.exponential-delay.backoff-multiplier")->real;
	out->jitter =
	    wr_options_get(settings, "restart-strategy.exponential-delay.jitter-factor")->real;
	out->reset_ms =
	    wr_options_i64(settings, "restart-strategy.exponential-delay.reset-backoff-threshold");
	out->attempts_max = wr_options_i64(
	    settings, "restart-strategy.exponential-delay.attempts-before-reset-backoff");
	out->failures_max =
	    wr_options_i64(settings, "restart-strategy.failure-rate.max-failures-per-interval");
	out->rate_interval_ms =
	    wr_options_i64(settings, "restart-strategy.failure-rate.failure-rate-interval");
}

static wr_status *read_checkpoints(const struct wr_options *settings,
				   struct wr_checkpoint_options *out)
{
	const struct wr_option_value *tolerable =
	    wr_options_get(settings, "execution.checkpointing.tolerable-failed-checkpoints");

	out->pace.interval_ms = wr_options_i64(settings, "execution.checkpointing.interval");
	out->pace.min_pause_ms = wr_options_i64(settings, "execution.checkpointing.min-pause");
	out->pace.timeout_ms = wr_options_i64(settings, "execution.checkpointing.timeout");
	out->retained = (uint32_t)wr_options_i64(settings, "execution.checkpointing.num-retained");
	out->tolerable = tolerable->is_given ? tolerable->number : -1;
	out->every = (uint64_t)wr_options_i64(settings, "weir.test.restore-every");
	out->on = out->pace.interval_ms > 0 || out->every > 0;
	if (!out->on)
		return NULL;
	return wr_store_compression_read(
	    wr_options_str(settings, "execution.checkpointing.compression"), &out->compression);
}

/* The value of a setting without "file:"; *local points into it, NULL: not set. */
static wr_status *local_path(const struct wr_options *settings, const char *key, const char **local)
{
	const char *given = wr_options_str(settings, key);
	wr_status *status;

	*local = NULL;
	if (given == NULL || *given == '\0')
		return NULL;
	status = wr_fs_local(given, local);
	if (status == NULL)
		return NULL;
	wr_status_free(status);
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "'%s' = '%s': checkpoints are kept in local folders only",
			  key, given),
	    "Give a path, or mount the other system");
}

wr_status *wr_recovery_read(const struct wr_options *settings, const struct wr_plan *plan,
			    const char *suffix, struct wr_map *names, struct wr_job_options *job,
			    struct wr_recovery *recovery)
{
	const char *dir, *from;
	bool is_select = plan->root_count == 1 && plan->root[0]->u.sink.table == NULL;
	struct wr_text path;

	*recovery = (struct wr_recovery){0};
	if (job->batch || (is_select && wr_options_i64(settings, "weir.test.restore-every") == 0))
		return NULL;
	WR_TRY(local_path(settings, "execution.checkpointing.dir", &dir));
	WR_TRY(local_path(settings, "execution.state-recovery.path", &from));
	WR_TRY(read_checkpoints(settings, &job->checkpoint));
	read_restart(settings, job->checkpoint.on, &recovery->restart);
	recovery->replay = wr_options_bool(settings, "weir.state.replay");
	recovery->upgrade = wr_options_bool(settings, "weir.state.upgrade");
	recovery->job_name = folder_name(settings, plan, suffix, names);
	job->checkpoint.job_name = recovery->job_name;
	if (from != NULL)
		recovery->from = wr_strdup(from);
	if (dir != NULL) {
		wr_text_init(&path);
		wr_text_printf(&path, "%s/%s", dir, recovery->job_name);
		if (recovery->replay) /* the checkpoints of the job itself stay as they are */
			wr_text_puts(&path, "-replay");
		recovery->folder = path.data;
	}
	job->checkpoint.dir = job->checkpoint.savepoint_base = recovery->folder;
	if (recovery->from != NULL && strcmp(recovery->from, "latest") == 0 && dir == NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'latest' asks for the newest checkpoint, but "
						 "'execution.checkpointing.dir' is not set"),
		    "Set it in the script, or name the checkpoint: --restore PATH");
	return NULL;
}

void wr_recovery_release(struct wr_recovery *recovery)
{
	wr_free(recovery->folder);
	wr_free(recovery->job_name);
	wr_free(recovery->from);
	*recovery = (struct wr_recovery){0};
}

/* --- finding ------------------------------------------------------------------------------------
 */

struct finding {
	void (*say)(void *user, const char *text);
	void *user;
};

static void found_damaged(void *user, const char *path, const wr_status *why)
{
	const struct finding *finding = user;

	wr_store_say_damaged(finding->say, finding->user, path, why);
}

static wr_status *has_name(void *ctx, const char *name)
{
	const char *end = strrchr(name, '.');

	if (end != NULL && strcmp(end, ".manifest") == 0)
		*(bool *)ctx = true;
	return NULL;
}

/* Whether a folder has a manifest in it, good or not. */
static wr_status *has_manifest(struct wr_env *env, const char *path, bool *out)
{
	struct wr_file_info info;

	*out = false;
	WR_TRY(env->ops->stat(env, path, &info));
	return info.is_dir ? env->ops->list(env, path, has_name, out) : NULL;
}

wr_status *wr_recovery_is_of_one_job(struct wr_env *env, const struct wr_recovery *recovery,
				     bool *out)
{
	struct wr_file_info info;

	*out = false;
	if (recovery->from == NULL || strcmp(recovery->from, "latest") == 0)
		return NULL;
	WR_TRY(env->ops->stat(env, recovery->from, &info));
	*out = info.is_regular;
	return info.is_dir ? has_manifest(env, recovery->from, out) : NULL;
}

wr_status *wr_recovery_has_checkpoint(struct wr_env *env, const struct wr_recovery *recovery,
				      bool *out)
{
	return has_manifest(env, recovery->folder, out);
}

bool wr_recovery_is_latest(const struct wr_recovery *recovery)
{
	return recovery->from != NULL && strcmp(recovery->from, "latest") == 0;
}

/* The newest good checkpoint in `path`. */
static wr_status *find_in(struct wr_env *env, const struct wr_recovery *recovery, const char *path,
			  struct finding *finding, struct wr_manifest **out)
{
	struct wr_text line;

	WR_TRY(wr_store_find(env, path, true, found_damaged, finding, out));
	wr_text_init(&line);
	wr_text_printf(&line, "%s goes on from checkpoint %llu ('%s')%s", recovery->job_name,
		       (unsigned long long)(*out)->number, (*out)->path,
		       (*out)->finished ? ": it had finished" : "");
	finding->say(finding->user, line.data);
	wr_text_release(&line);
	return NULL;
}

/* The newest checkpoint of the job's own folder. */
static wr_status *find_latest(struct wr_env *env, const struct wr_recovery *recovery,
			      struct finding *finding, struct wr_manifest **out)
{
	struct wr_text line;
	bool there;

	WR_TRY(has_manifest(env, recovery->folder, &there));
	if (there)
		return find_in(env, recovery, recovery->folder, finding, out);
	wr_text_init(&line);
	wr_text_printf(&line, "There is no checkpoint in '%s' yet: %s begins anew",
		       recovery->folder, recovery->job_name);
	finding->say(finding->user, line.data);
	wr_text_release(&line);
	return NULL;
}

static wr_status *check_count(const char *from, const struct wr_script_place *place, uint32_t count)
{
	if (count == place->count)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "'%s' is of a script with %u INSERTs, in number %u of them, and this one "
			  "has %u",
			  from, place->count, place->at, count),
	    "Keep the number of INSERTs and their order; with one EXECUTE STATEMENT SET around "
	    "them they are one job, whose INSERTs can change");
}

wr_status *wr_recovery_fits_script(struct wr_env *env, const char *from, uint32_t count)
{
	struct wr_script_place place;
	wr_status *status;

	WR_TRY(wr_script_place_read(env, from, &place));
	status = place.at > 0 ? check_count(from, &place, count) : NULL;
	wr_free(place.path);
	return status;
}

/* Of the savepoint of a script: what it has of the job. */
static wr_status *find_of_script(struct wr_env *env, const struct wr_recovery *recovery,
				 struct wr_script_job which, const struct wr_script_place *place,
				 struct finding *finding, struct wr_manifest **out, bool *over)
{
	struct wr_text line;

	WR_TRY(check_count(recovery->from, place, which.count));
	if (which.at == place->at)
		return find_in(env, recovery, place->path, finding, out);
	*over = which.at < place->at;
	wr_text_init(&line);
	wr_text_printf(&line, "%s %s ('%s')", recovery->job_name,
		       *over ? "had finished" : "had not begun", recovery->from);
	finding->say(finding->user, line.data);
	wr_text_release(&line);
	return NULL;
}

wr_status *wr_recovery_find(struct wr_env *env, const struct wr_recovery *recovery,
			    struct wr_script_job which, void (*say)(void *user, const char *text),
			    void *user, struct wr_manifest **out, bool *over)
{
	struct finding finding = {say, user};
	struct wr_script_place place;
	struct wr_text path;
	wr_status *status;
	bool there;

	*out = NULL;
	*over = false;
	if (recovery->from == NULL)
		return NULL;
	if (wr_recovery_is_latest(recovery))
		return find_latest(env, recovery, &finding, out);
	WR_TRY(wr_script_place_read(env, recovery->from, &place));
	if (place.at > 0) {
		status = find_of_script(env, recovery, which, &place, &finding, out, over);
		wr_free(place.path);
		return status;
	}
	wr_text_init(&path);
	wr_text_puts(&path, recovery->from);
	WR_TRY_OUT(status, has_manifest(env, path.data, &there));
	if (!there) { /* the folder of all jobs is meant, or one file */
		wr_text_printf(&path, "/%s", recovery->job_name);
		WR_TRY_OUT(status, has_manifest(env, path.data, &there));
	}
	status = find_in(env, recovery, there ? path.data : recovery->from, &finding, out);
out:
	wr_text_release(&path);
	return status;
}

wr_status *wr_recovery_folder(const char *given, struct wr_text *out)
{
	const char *local;
	wr_status *status;

	if (*given == '\0')
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "The folder has no name"),
				      "Give a path, or leave it out");
	status = wr_fs_local(given, &local);
	if (status == NULL) {
		wr_fs_absolute(out, local);
		return NULL;
	}
	wr_status_free(status);
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "'%s': savepoints and checkpoints are kept in local "
					    "folders only",
					    given),
			      "Give a path, or mount the other system");
}

/* --- temporary folders --------------------------------------------------------------------------
 */

wr_status *wr_recovery_temporary(struct wr_env *env, char **path)
{
	const char *base = getenv("TMPDIR");
	struct wr_text text;
	uint64_t id;

	env->ops->random(env, &id, sizeof id);
	wr_text_init(&text);
	wr_text_printf(&text, "%s/weir-%016llx", base != NULL && *base != '\0' ? base : "/tmp",
		       (unsigned long long)id);
	*path = text.data;
	return env->ops->make_dirs(env, *path);
}
