/* SPDX-License-Identifier: Apache-2.0
 *
 * store_read - finding a checkpoint and reading it.
 */
#include "base/macros.h"
#include "state/segment.h"
#include "state/store.h"
#include "state/store_files.h"
#include "state/store_sinks.h"

/* --- reading */

struct pass {
	const struct wr_store_reading *reading;
	uint32_t last; /* index of the newest segment */
};

/* Extras are saved as a whole by every checkpoint. */
static bool pass_wants(void *user, const struct wr_store_block *block)
{
	const struct pass *pass = user;

	if (block->kind == WR_RECORD_EXTRA && block->segment != pass->last)
		return false;
	return pass->reading->wants == NULL || pass->reading->wants(pass->reading->user, block);
}

static wr_status *pass_block(void *user, const struct wr_store_block *block)
{
	const struct pass *pass = user;

	return pass->reading->block(pass->reading->user, block);
}

/* Reads all segments. */
static wr_status *read_segments(struct wr_env *env, const struct wr_manifest *manifest,
				const struct wr_store_reading *reading)
{
	wr_status *status = NULL;
	struct wr_text path;

	wr_text_init(&path);
	for (uint32_t i = 0; i < manifest->segment_count && status == NULL; i++) {
		wr_text_clear(&path);
		wr_text_printf(&path, "%s/%s", manifest->dir, manifest->segment[i].path);
		status = wr_segment_read(env, path.data, &manifest->segment[i], i,
					 manifest->state_count, reading);
	}
	wr_text_release(&path);
	return status;
}

wr_status *wr_store_read(struct wr_env *env, const struct wr_manifest *manifest,
			 const struct wr_store_reading *reading)
{
	struct pass pass = {reading, manifest->segment_count - 1};
	struct wr_store_reading through = {pass_wants, pass_block, &pass};

	return read_segments(env, manifest, &through);
}

static wr_status *no_block(void *user, const struct wr_store_block *block)
{
	return NULL;
}

wr_status *wr_manifest_verify(struct wr_env *env, const struct wr_manifest *manifest)
{
	struct wr_store_reading all = {NULL, no_block, NULL};
	wr_status *status = read_segments(env, manifest, &all);
	struct wr_text bytes;

	wr_text_init(&bytes);
	for (uint32_t i = 0; i < manifest->sink_count && status == NULL; i++) {
		wr_text_clear(&bytes);
		status = wr_manifest_sink_bytes(env, manifest, i, &bytes);
	}
	wr_text_release(&bytes);
	return status;
}

wr_status *wr_manifest_check(struct wr_env *env, const struct wr_manifest *manifest)
{
	wr_status *status = NULL;
	struct wr_text path;

	wr_text_init(&path);
	for (uint32_t i = 0; i < manifest->segment_count && status == NULL; i++) {
		wr_text_clear(&path);
		wr_text_printf(&path, "%s/%s", manifest->dir, manifest->segment[i].path);
		status = wr_segment_check(env, path.data, &manifest->segment[i]);
	}
	wr_text_release(&path);
	return status == NULL ? wr_store_check_sinks(env, manifest) : status;
}

/* The first key group of a worker; of worker + 1: the end. */
static uint32_t first_group(uint32_t worker, uint32_t workers, uint32_t max_parallelism)
{
	return (uint32_t)(((uint64_t)worker * max_parallelism + workers - 1) / workers);
}

bool wr_store_meets(const struct wr_manifest *manifest, const struct wr_store_block *block,
		    const struct wr_owner *owner)
{
	uint32_t most = manifest->max_parallelism;
	const struct wr_saved_state *state = &manifest->state[block->state];

	if (owner == NULL || state->route_count == 0 || most != owner->max_parallelism ||
	    block->worker >= manifest->workers)
		return true;
	return first_group(block->worker, manifest->workers, most) <
		   first_group(owner->worker + 1, owner->workers, most) &&
	       first_group(owner->worker, owner->workers, most) <
		   first_group(block->worker + 1, manifest->workers, most);
}

/* --- finding */

/* A manifest with all its segments. */
static wr_status *read_whole(struct wr_env *env, const char *path, bool verify,
			     struct wr_manifest **out)
{
	wr_status *status;

	WR_TRY(wr_manifest_read(env, path, out, NULL));
	status = verify ? wr_manifest_verify(env, *out) : wr_manifest_check(env, *out);
	if (status != NULL) {
		wr_manifest_free(*out);
		*out = NULL;
	}
	return status;
}

static wr_status *none_in(const char *dir, bool some)
{
	if (some)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "All checkpoints in '%s' are damaged", dir),
		    "Restore from a savepoint, or start anew");
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "There is no checkpoint in '%s'", dir),
	    "Name the folder of one job's checkpoints, one of its .manifest files, or a savepoint");
}

/* The newest good one of a folder. */
static wr_status *find_newest(struct wr_env *env, const char *dir, bool verify,
			      void (*damaged)(void *user, const char *path, const wr_status *why),
			      void *user, struct wr_manifest **out)
{
	struct wr_store_files files = {0};
	struct wr_text path;
	bool some = false;
	wr_status *status;

	wr_text_init(&path);
	WR_TRY_OUT(status, wr_store_list(env, dir, &files));
	for (uint32_t i = files.count; i > 0 && *out == NULL; i--) {
		if (files.file[i - 1].kind != WR_FILE_MANIFEST)
			continue;
		some = true;
		wr_store_path(&path, dir, files.file[i - 1].number, WR_FILE_MANIFEST);
		wr_status *why = read_whole(env, path.data, verify, out);
		if (why != NULL && damaged != NULL)
			damaged(user, path.data, why);
		wr_status_free(why);
	}
	if (*out == NULL)
		status = none_in(dir, some);
out:
	wr_store_files_release(&files);
	wr_text_release(&path);
	return status;
}

wr_status *wr_store_find(struct wr_env *env, const char *path, bool verify,
			 void (*damaged)(void *user, const char *path, const wr_status *why),
			 void *user, struct wr_manifest **out)
{
	struct wr_file_info info;
	struct wr_text name;
	size_t len = strlen(path);
	wr_status *status;

	*out = NULL;
	while (len > 1 && path[len - 1] == '/')
		len--;
	wr_text_init(&name);
	wr_text_add(&name, path, len);
	WR_TRY_OUT(status, env->ops->stat(env, name.data, &info));
	if (!info.exists) { /* "chk-7" */
		wr_text_puts(&name, ".manifest");
		WR_TRY_OUT(status, env->ops->stat(env, name.data, &info));
	}
	if (!info.exists)
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "There is no checkpoint '%s'", path),
		    "Name the folder of a job's checkpoints, or one of its .manifest files");
	else if (info.is_dir)
		status = find_newest(env, name.data, verify, damaged, user, out);
	else
		status = read_whole(env, name.data, verify, out);
out:
	wr_text_release(&name);
	return status;
}

/* By the words that the files of this folder have for it. */
bool wr_store_tells_damage(const char *text)
{
	return strstr(text, " damaged") != NULL &&
	       (strstr(text, "heckpoint") != NULL || strstr(text, "passed over") != NULL ||
		strstr(text, "spilled state") != NULL);
}

void wr_store_say_damaged(void (*say)(void *user, const char *text), void *user, const char *path,
			  const wr_status *why)
{
	struct wr_text line;

	if (say == NULL)
		return;
	wr_text_init(&line);
	wr_text_printf(&line, "'%s' is damaged and passed over: %s", path, why->text);
	say(user, line.data);
	wr_text_release(&line);
}
