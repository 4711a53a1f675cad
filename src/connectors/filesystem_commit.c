/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_commit - makes visible what a note names.
 *
 *   1  every ended file gets its name, and its folder is synced: the rows are there
 *   2  INSERT OVERWRITE: what other jobs left in these folders is removed
 *   3  success files are made
 *   4  files that only older checkpoints need are removed
 *
 * A crash between any two of these is followed by the same commit again: a file whose hidden name
 * is gone has been shown (and perhaps been taken away by a reader since), the rest does no harm
 * twice. Where even the folder is gone that cannot be told, and is an error: a disk may be missing.
 *
 * Thread: any, beside a sink that writes: of the sink only what is settled at open is read, but for
 * the number of the commit.
 */
#include "base/fault.h"
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/filesystem_sink.h"

struct show {
	struct wr_sink *sink;
	struct wr_env *env;
	struct wr_fs_note note;
	struct wr_text base;       /* of the names, absolute */
	struct wr_text path, from; /* being worked on */
	struct wr_map folders;     /* to be synced */
	struct wr_fs_noted stood;  /* one file: what it may replace; END: nothing */
};

static const char *show_path(struct show *show, struct wr_text *path, struct wr_str name)
{
	wr_text_clear(path);
	wr_text_add(path, show->base.data, show->base.len);
	if (name.len != 0 && path->len != 0 && path->data[path->len - 1] != '/')
		wr_text_putc(path, '/');
	wr_text_add(path, name.data, name.len);
	return path->data;
}

/* Where the names of the note lie: where they were written, or (the folder was moved as a whole)
 * where the table is now. */
static wr_status *show_base(struct show *show)
{
	struct wr_file_info info;

	wr_text_add(&show->base, show->note.root.data, show->note.root.len);
	WR_TRY(show->env->ops->stat(show->env, show->base.data, &info));
	if (info.is_dir)
		return NULL;
	wr_text_clear(&show->base);
	wr_fs_root(show->sink, &show->base);
	return NULL;
}

/* Someone else wrote NAME meanwhile (a second INSERT of the same job, perhaps): replacing it would
 * lose those rows without a word. */
static wr_status *check_target(struct show *show, const char *path)
{
	struct wr_file_info now;

	WR_TRY(show->env->ops->stat(show->env, path, &now));
	if (!now.exists)
		return NULL;
	if (show->stood.kind == WR_FS_NOTED_STOOD && (uint64_t)now.size == show->stood.length &&
	    (uint64_t)now.mtime_us == show->stood.number)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "'%s' was written by someone else while this job ran; it is left as it "
			  "is and this job's rows are dropped",
			  path),
	    "Let every INSERT write a file of its own, or combine them with UNION ALL");
}

static wr_status *folder_gone(struct show *show, const char *path)
{
	return wr_status_hint(
	    wr_status_new(
		WR_USER_ERROR,
		"Table '%s': '%s', which the checkpoint is to show, is gone together with "
		"its folder",
		show->sink->args->table, path),
	    "Check that the disk is there, or start the job anew");
}

static wr_status *show_file(struct show *show, const struct wr_fs_noted *noted)
{
	const char *from = show_path(show, &show->from, noted->name);
	const char *to = show_path(show, &show->path, noted->target);
	struct wr_file_info info;
	struct wr_text folder;

	WR_TRY(show->env->ops->stat(show->env, from, &info));
	if (info.exists) {
		WR_TRY(wr_fault_pass(WR_FAULT_COMMIT_STEP));
		if (show->note.prefix.len == 0)
			WR_TRY(check_target(show, to));
		WR_TRY(show->env->ops->rename(show->env, from, to));
	} else if (!show->sink->has_folder) {
		WR_TRY(show->env->ops->stat(show->env, to, &info));
		if (!info.exists)
			return folder_gone(show, from);
	}
	wr_text_init(&folder);
	wr_fs_folder(&folder, to);
	if (wr_map_get(&show->folders, folder.data) == NULL)
		wr_map_put(&show->folders, folder.data, show);
	wr_text_release(&folder);
	return NULL;
}

/* A name in a folder that INSERT OVERWRITE replaces. */
static wr_status *replace_name(void *ctx, const char *name)
{
	struct show *show = ctx;
	struct wr_file_info info;

	if (wr_fs_is_hidden(name) ||
	    strncmp(name, show->note.prefix.data, show->note.prefix.len) == 0)
		return NULL;
	wr_text_clear(&show->from);
	wr_fs_join(&show->from, show->path.data, name);
	WR_TRY(show->env->ops->stat(show->env, show->from.data, &info));
	return info.is_regular ? show->env->ops->remove(show->env, show->from.data) : NULL;
}

static wr_status *success_file(struct show *show)
{
	const char *name =
	    wr_options_str(show->sink->args->options, "sink.partition-commit.success-file.name");

	wr_text_clear(&show->from);
	wr_fs_join(&show->from, show->path.data, name);
	return wr_env_write_file(show->env, show->from.data, "", 0);
}

/* Steps 2 to 4, of one entry. */
static wr_status *show_rest(struct show *show, const struct wr_fs_noted *noted)
{
	const char *path = show_path(show, &show->path, noted->name);

	switch (noted->kind) {
	case WR_FS_NOTED_REPLACE: return show->env->ops->list(show->env, path, replace_name, show);
	case WR_FS_NOTED_SUCCESS: return success_file(show);
	case WR_FS_NOTED_GONE: return show->env->ops->remove(show->env, path);
	default: return NULL;
	}
}

static wr_status *show_all(struct show *show, const struct wr_fs_note_cursor *entries)
{
	struct wr_fs_note_cursor at = *entries;
	struct wr_fs_noted noted;
	bool due = (show->note.flags & WR_FS_NOTE_SHOW) != 0;

	while (wr_fs_note_next(&at, &noted)) {
		if (noted.kind == WR_FS_NOTED_STOOD)
			show->stood = noted;
		if (noted.kind == WR_FS_NOTED_ENDED && due)
			WR_TRY(show_file(show, &noted));
	}
	for (uint32_t i = 0; i < show->folders.count; i++)
		WR_TRY(show->env->ops->sync_dir(show->env, show->folders.entry[i].key));
	static const enum wr_fs_noted_kind order[] = {WR_FS_NOTED_REPLACE, WR_FS_NOTED_SUCCESS,
						      WR_FS_NOTED_GONE};
	for (uint32_t i = 0; i < WR_COUNT(order); i++) {
		at = *entries;
		while (wr_fs_note_next(&at, &noted))
			if (noted.kind == order[i]) {
				WR_TRY(wr_fault_pass(WR_FAULT_COMMIT_STEP));
				WR_TRY(show_rest(show, &noted));
			}
	}
	return NULL;
}

wr_status *wr_fs_sink_commit(struct wr_sink *sink, const char *bytes, size_t len)
{
	struct show show = {.sink = sink, .env = sink->setup.env};
	struct wr_fs_note_cursor entries;
	wr_status *status;

	WR_TRY(wr_fs_note_read(bytes, len, sink->args->table, &show.note, &entries));
	wr_text_init(&show.base);
	wr_text_init(&show.path);
	wr_text_init(&show.from);
	wr_map_init(&show.folders);
	WR_TRY_OUT(status, show_base(&show));
	WR_TRY_OUT(status, show_all(&show, &entries));
	if (show.note.id != sink->id || show.note.number <= atomic_load(&sink->committed))
		goto out;
	if ((show.note.flags & WR_FS_NOTE_SHOW) != 0)
		atomic_store(&sink->shown, show.note.number);
	atomic_store(&sink->committed, show.note.number);
out:
	wr_map_release(&show.folders);
	wr_text_release(&show.from);
	wr_text_release(&show.path);
	wr_text_release(&show.base);
	return status;
}
