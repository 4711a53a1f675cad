/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_restore - a sink goes on behind a checkpoint.
 *
 * The commit of the note has been called: what it was to show is there. Left to do:
 *
 *   1  hidden files that were open are cut to what the note says and opened again; ended ones that
 *      are not due yet wait on
 *   2  what this sink made behind the checkpoint is removed: hidden files with its id that the note
 *      does not name, and part files with its prefix from the next part number on
 *
 * The second matters when the checkpoint is not the newest one: parts that a later one showed go
 * (their rows will be written again), and those that a later one ended go on. Files of others are
 * never touched: the id and the prefix are random numbers of this sink.
 *
 * Thread: the caller serialises all calls; before the first write.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "connectors/filesystem_files.h"
#include "connectors/filesystem_sink.h"

#define COPY_BYTES (1u << 20)

struct restore {
	struct wr_sink *sink;
	struct wr_env *env;
	struct wr_fs_note note;
	struct wr_text hidden, target; /* paths of the entry */
	struct wr_map kept;            /* hidden paths that the note names */
};

static void restore_path(struct restore *restore, struct wr_text *path, struct wr_str name)
{
	const struct wr_sink *sink = restore->sink;

	wr_text_clear(path);
	wr_text_add(path, sink->path, sink->root_len);
	if (path->len != 0 && path->data[path->len - 1] != '/')
		wr_text_putc(path, '/');
	wr_text_add(path, name.data, name.len);
}

static wr_status *file_gone(struct restore *restore)
{
	return wr_status_hint(
	    wr_status_new(
		WR_USER_ERROR,
		"Table '%s' cannot go on in '%s': the file is gone, or was replaced, since "
		"the checkpoint",
		restore->sink->args->table, restore->hidden.data),
	    "Restore a newer checkpoint, put the file back, or start the job anew");
}

/* Copies the first `len` bytes of the target, which was the hidden file, to where that was. */
static wr_status *copy_back(struct restore *restore, uint64_t len)
{
	struct wr_file *from = NULL, *to = NULL;
	char *bytes = wr_malloc(COPY_BYTES);
	wr_status *status;

	WR_TRY_OUT(status, wr_file_open(restore->env, restore->target.data, WR_OPEN_READ, &from));
	WR_TRY_OUT(status, wr_file_open(restore->env, restore->hidden.data, WR_OPEN_CREATE, &to));
	for (size_t got; len != 0; len -= got) {
		WR_TRY_OUT(status, wr_file_read(from, bytes, WR_MIN(len, COPY_BYTES), &got));
		if (got == 0) {
			status = file_gone(restore);
			goto out;
		}
		WR_TRY_OUT(status, wr_file_write(to, bytes, got));
	}
	status = wr_file_sync(to);
out:
	wr_status_free(wr_file_close(to));
	wr_status_free(wr_file_close(from));
	wr_free(bytes);
	return status;
}

/* The file must be the one that the checkpoint knows, as far as it knows it. */
static wr_status *check_file(struct restore *restore, const char *path,
			     const struct wr_fs_noted *noted)
{
	struct wr_file_info info;
	struct wr_file *file;
	uint64_t sum = 0;
	wr_status *status;

	WR_TRY(restore->env->ops->stat(restore->env, path, &info));
	if ((uint64_t)info.size < noted->length)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s' cannot go on in '%s': it is shorter than the %llu "
				  "bytes that it had at the checkpoint",
				  restore->sink->args->table, path,
				  (unsigned long long)noted->length),
		    "Put the file back, or start the job anew");
	if (noted->kind != WR_FS_NOTED_OPEN)
		return NULL;
	WR_TRY(wr_file_open(restore->env, path, WR_OPEN_READ, &file));
	status = wr_fs_tail(file, path, noted->length, &sum);
	wr_status_free(wr_file_close(file));
	WR_TRY(status);
	return sum != noted->number ? file_gone(restore) : NULL;
}

/* Sees to it that the hidden file is there with at least its bytes; *shown: it has been shown for
 * good. */
static wr_status *hidden_back(struct restore *restore, const struct wr_fs_noted *noted, bool *shown)
{
	bool part = restore->sink->mode == WR_FS_FOLDER && !restore->sink->upserts;
	struct wr_file_info info;

	*shown = false;
	WR_TRY(restore->env->ops->stat(restore->env, restore->hidden.data, &info));
	if (info.exists)
		return check_file(restore, restore->hidden.data, noted);
	WR_TRY(restore->env->ops->stat(restore->env, restore->target.data, &info));
	if (!info.exists)
		return file_gone(restore);
	*shown = noted->kind == WR_FS_NOTED_ENDED && noted->number == 1;
	if (*shown)
		return NULL;
	if ((uint64_t)info.size < noted->length)
		return file_gone(restore);
	WR_TRY(check_file(restore, restore->target.data, noted));
	return part ? restore->env->ops->rename(restore->env, restore->target.data,
						restore->hidden.data)
		    : copy_back(restore, noted->length);
}

/* The part of a file, by its name in the note. */
static wr_status *restore_part(struct restore *restore, struct wr_str name, struct wr_fs_part **out)
{
	struct wr_text partition;
	wr_status *status;

	wr_text_init(&partition);
	wr_text_add(&partition, name.data, name.len);
	wr_text_puts(&partition, "");
	size_t len = (size_t)(wr_fs_name(wr_text_str(&partition)) - wr_text_str(&partition));
	partition.data[len > 0 ? len - 1 : 0] = '\0';
	status = wr_fs_parts_find(restore->sink, partition.data, out);
	wr_text_release(&partition);
	return status;
}

static wr_status *restore_file(struct restore *restore, const struct wr_fs_noted *noted)
{
	struct wr_sink *sink = restore->sink;
	struct wr_fs_part *part = NULL;
	struct wr_fs_out *out;
	bool shown;

	restore_path(restore, &restore->hidden, noted->name);
	restore_path(restore, &restore->target, noted->target);
	if (sink->mode == WR_FS_FILE && strcmp(restore->target.data, sink->path) != 0)
		return file_gone(restore);
	if (sink->mode == WR_FS_FOLDER && !sink->upserts) {
		WR_TRY(restore_part(restore, noted->target, &part));
		part->dirty = true;
	}
	WR_TRY(hidden_back(restore, noted, &shown));
	wr_map_put(&restore->kept, restore->hidden.data, sink);
	if (shown)
		return NULL;
	out = wr_fs_sink_out(sink);
	if (noted->kind == WR_FS_NOTED_ENDED) {
		*out = (struct wr_fs_out){.env = restore->env,
					  .path = wr_strdup(restore->target.data),
					  .temporary = wr_strdup(restore->hidden.data),
					  .bytes = noted->length,
					  .written = noted->length,
					  .noted = sink->number,
					  .dir_synced = true};
		return NULL;
	}
	if (part != NULL) {
		part->out = out;
		sink->open_count++;
	}
	wr_status *status = wr_fs_out_resume(
	    out, restore->env, restore->target.data, restore->hidden.data,
	    sink->upserts ? WR_FS_PLAIN : sink->codec, sink->setup.write_bytes, noted->length);
	wr_fs_sink_headed(sink, out);
	out->noted = sink->number;
	return status;
}

static wr_status *restore_entry(struct restore *restore, const struct wr_fs_noted *noted)
{
	bool shown = (restore->note.flags & WR_FS_NOTE_SHOW) != 0;
	struct wr_fs_part *part;
	struct wr_text name;
	wr_status *status;

	switch (noted->kind) {
	case WR_FS_NOTED_ENDED: return shown ? NULL : restore_file(restore, noted);
	case WR_FS_NOTED_OPEN: return restore_file(restore, noted);
	case WR_FS_NOTED_KEYS:
		restore_path(restore, &restore->hidden, noted->name);
		wr_map_put(&restore->kept, restore->hidden.data, restore->sink);
		return wr_fs_keyed_restore(restore->sink, noted);
	case WR_FS_NOTED_WAITING:
		wr_text_init(&name);
		wr_text_add(&name, noted->name.data, noted->name.len);
		status = wr_fs_parts_find(restore->sink, wr_text_str(&name), &part);
		if (status == NULL)
			part->waiting_us = (int64_t)noted->number;
		wr_text_release(&name);
		return status;
	default: return NULL;
	}
}

/* --- leftovers ----------------------------------------------------------------------------------
 */

/* A folder that is looked through. */
struct leftovers {
	struct restore *restore;
	const char *folder;
	uint32_t depth; /* partition columns left below it */
};

static wr_status *leftovers_remove(const struct leftovers *leftovers);

/* Whether this sink made the file behind the checkpoint. */
static bool is_leftover(const struct restore *restore, const char *name, const char *path)
{
	const struct wr_sink *sink = restore->sink;
	size_t prefix_len = strlen(sink->prefix);
	char mark[48];

	snprintf(mark, sizeof mark, ".inprogress-%016llx-", (unsigned long long)sink->id);
	if (name[0] == '.')
		return strstr(name, mark) != NULL && wr_map_get(&restore->kept, path) == NULL;
	return prefix_len != 0 && strncmp(name, sink->prefix, prefix_len) == 0 &&
	       strncmp(name + prefix_len, "0-", 2) == 0 &&
	       strtoull(name + prefix_len + 2, NULL, 10) >= restore->note.part_number;
}

static wr_status *leftovers_name(void *ctx, const char *name)
{
	const struct leftovers *leftovers = ctx;
	struct wr_env *env = leftovers->restore->env;
	struct wr_text path;
	wr_status *status = NULL;

	wr_text_init(&path);
	if (leftovers->restore->sink->root_len == 0)
		wr_text_puts(&path, name); /* as the note's names are made, not "./name" */
	else
		wr_fs_join(&path, leftovers->folder, name);
	if (is_leftover(leftovers->restore, name, path.data)) {
		status = env->ops->remove(env, path.data);
	} else if (leftovers->depth != 0 && name[0] != '.' && strchr(name, '=') != NULL) {
		struct leftovers below = {leftovers->restore, path.data, leftovers->depth - 1};

		status = leftovers_remove(&below);
	}
	wr_text_release(&path);
	return status;
}

static wr_status *leftovers_remove(const struct leftovers *leftovers)
{
	struct wr_env *env = leftovers->restore->env;
	struct wr_file_info info;

	WR_TRY(env->ops->stat(env, leftovers->folder, &info));
	return info.is_dir
		   ? env->ops->list(env, leftovers->folder, leftovers_name, (void *)leftovers)
		   : NULL;
}

/* --- all together -------------------------------------------------------------------------------
 */

/* A sink that has files open can only go on where they are. */
static wr_status *check_place(struct restore *restore, const struct wr_fs_note_cursor *entries)
{
	bool shown = (restore->note.flags & WR_FS_NOTE_SHOW) != 0, goes_on = false;
	struct wr_fs_note_cursor at = *entries;
	struct wr_sink *sink = restore->sink;
	struct wr_fs_noted noted;
	struct wr_file_info info = {0};
	wr_status *status;

	while (wr_fs_note_next(&at, &noted))
		goes_on = goes_on || noted.kind == WR_FS_NOTED_OPEN ||
			  (noted.kind == WR_FS_NOTED_ENDED && !shown);
	wr_text_clear(&restore->hidden);
	wr_text_clear(&restore->target);
	wr_fs_root(sink, &restore->hidden);
	wr_text_add(&restore->target, restore->note.root.data, restore->note.root.len);
	if (strcmp(restore->hidden.data, restore->target.data) != 0)
		WR_TRY(restore->env->ops->stat(restore->env, restore->target.data, &info));
	if ((restore->note.prefix.len != 0) != (sink->mode == WR_FS_FOLDER))
		status = wr_status_new(
		    WR_USER_ERROR, "Table '%s' was %s in '%s' at the checkpoint, and is %s now",
		    sink->args->table, restore->note.prefix.len != 0 ? "a folder" : "one file",
		    restore->target.data, sink->mode == WR_FS_FOLDER ? "a folder" : "one file");
	else if (info.is_dir && goes_on)
		status =
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s' was being written in '%s' at the checkpoint; it "
				  "cannot go on in '%s'",
				  sink->args->table, restore->target.data, restore->hidden.data);
	else
		return NULL;
	return wr_status_hint(status, "Set 'path' back to where it was, or start the job anew");
}

/* Becomes the sink that wrote the note. */
static void restore_adopt(struct restore *restore)
{
	struct wr_sink *sink = restore->sink;
	const struct wr_fs_note *note = &restore->note;

	WR_ASSERT(sink->out_count == 0);
	sink->id = note->id;
	memcpy(sink->prefix, note->prefix.data, note->prefix.len);
	sink->prefix[note->prefix.len] = '\0';
	sink->part_number = note->part_number;
	sink->generation = note->generation;
	sink->number = note->number;
	sink->since_us = (int64_t)note->since_us;
	sink->replaced = (note->flags & WR_FS_NOTE_REPLACED) != 0 ? 1 : 0;
	sink->ended = (note->flags & WR_FS_NOTE_LAST) != 0;
	sink->restored = true;
	atomic_store(&sink->shown, note->number);
	atomic_store(&sink->committed, note->number);
}

wr_status *wr_fs_sink_restore(struct wr_sink *sink, const char *bytes, size_t len)
{
	struct restore restore = {.sink = sink, .env = sink->setup.env};
	struct leftovers leftovers = {&restore, NULL, sink->args->partition_count};
	struct wr_fs_note_cursor entries;
	struct wr_fs_noted noted;
	struct wr_text folder;
	wr_status *status = NULL;

	WR_ASSERT(sink->writes == 0);
	WR_TRY(wr_fs_note_read(bytes, len, sink->args->table, &restore.note, &entries));
	if (sink->mode == WR_FS_STREAM)
		return NULL;
	WR_REQUIRE(restore.note.prefix.len < sizeof sink->prefix);
	wr_text_init(&restore.hidden);
	wr_text_init(&restore.target);
	wr_text_init(&folder);
	wr_map_init(&restore.kept);
	WR_TRY_OUT(status, check_place(&restore, &entries));
	restore_adopt(&restore);
	while (wr_fs_note_next(&entries, &noted))
		WR_TRY_OUT(status, restore_entry(&restore, &noted));
	if (sink->mode == WR_FS_FILE) {
		WR_TRY_OUT(status, restore.env->ops->stat(restore.env, sink->path, &sink->stood));
		wr_fs_folder(&folder, sink->path);
	} else {
		wr_text_puts(&folder, sink->path);
	}
	leftovers.folder = folder.data;
	status = leftovers_remove(&leftovers);
out:
	wr_map_release(&restore.kept);
	wr_text_release(&folder);
	wr_text_release(&restore.target);
	wr_text_release(&restore.hidden);
	return status;
}
