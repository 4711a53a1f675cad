/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_prepare - what a sink does at the mark of a checkpoint.
 *
 * A folder: all open parts are ended, so that what the commit shows is exactly the rows up to the
 * mark; what is visible is always all rows up to some mark. With a rollover interval, parts stay
 * open until it has passed and then all of them roll at the same checkpoint; so do parts that
 * ended by their size meanwhile.
 *
 * One file, or one with keys: it goes on, and is shown at the end. When the job is stopped a copy
 * is shown, and the file stays hidden for a restored job to go on with.
 *
 * A checkpoint may fail after its prepare. What it was to show is then named again by the next
 * one, until a commit has shown it (sink->shown >= out->shown).
 *
 * Thread: that of write.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/filesystem_files.h"
#include "connectors/filesystem_sink.h"

void wr_fs_root(const struct wr_sink *sink, struct wr_text *root)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_text_add(&text, sink->path, sink->root_len);
	wr_fs_absolute(root, wr_text_str(&text));
	wr_text_release(&text);
}

struct wr_str wr_fs_below(const struct wr_sink *sink, const char *path)
{
	const char *name = path + sink->root_len;

	while (*name == '/')
		name++;
	return wr_str_of(name);
}

/* Forgets what commits have shown or removed. */
static void drop_committed(struct wr_sink *sink)
{
	uint64_t committed = atomic_load(&sink->committed), shown = atomic_load(&sink->shown);
	uint32_t kept = 0;

	for (uint32_t i = 0; i < sink->out_count; i++) {
		struct wr_fs_out *out = sink->out[i];

		if (out->shown == 0 || out->shown > shown) {
			sink->out[kept++] = out;
			continue;
		}
		WR_ASSERT(out->file == NULL);
		wr_fs_out_release(out); /* its hidden name is gone, or a checkpoint's */
		wr_free(out);
	}
	sink->out_count = kept;
	kept = 0;
	for (uint32_t i = 0; i < sink->gone_count; i++) {
		struct wr_fs_gone *gone = &sink->gone[i];

		if (gone->number == 0 || gone->number > committed)
			sink->gone[kept++] = *gone;
		else
			wr_free(gone->path);
	}
	sink->gone_count = kept;
}

/* Whether the commit of this checkpoint is to show the rows up to it. */
static bool is_due(const struct wr_sink *sink, bool last)
{
	int64_t now_us;

	if (last || sink->mode != WR_FS_FOLDER || sink->upserts || sink->roll_us == 0)
		return last || (sink->mode == WR_FS_FOLDER && !sink->upserts);
	now_us = wr_wall_us(sink->setup.env);
	return sink->since_us != 0 && now_us - sink->since_us >= sink->roll_us;
}

/* A copy of the one file, to be shown. */
static wr_status *show_copy(struct wr_sink *sink)
{
	const struct wr_fs_out *out = sink->out[0];
	struct wr_fs_out *copy;
	struct wr_file *from;
	struct wr_text hidden;
	wr_status *status;

	if (sink->upserts)
		return wr_fs_keyed_show(sink);
	WR_TRY(wr_file_open(out->env, out->temporary, WR_OPEN_READ, &from));
	wr_text_init(&hidden);
	wr_fs_sink_hidden(sink, &hidden, out->path);
	copy = wr_fs_sink_out(sink);
	out = sink->out[0];
	status = wr_fs_out_open(copy, out->env, out->path, hidden.data, WR_FS_PLAIN,
				sink->setup.write_bytes);
	while (status == NULL && copy->bytes < out->written) {
		char bytes[4096];
		size_t got = 0, want = (size_t)WR_MIN(sizeof bytes, out->written - copy->bytes);

		status = wr_file_read(from, bytes, want, &got);
		if (status == NULL && got == 0)
			status =
			    wr_status_new(WR_USER_ERROR, "'%s' became shorter while it was written",
					  out->temporary);
		if (status == NULL)
			status = wr_fs_out_write(copy, bytes, got);
	}
	if (status == NULL)
		status = wr_fs_out_finish(copy);
	wr_text_release(&hidden);
	wr_status_free(wr_file_close(from));
	return status;
}

/* Ends the files that are to be shown; the others are on the disk as far as they are written. */
static wr_status *settle(struct wr_sink *sink, bool show, bool stop)
{
	bool parts = sink->mode == WR_FS_FOLDER && !sink->upserts, end = show && (parts || !stop);

	if (sink->upserts && end && sink->out_count != 0)
		WR_TRY(wr_fs_keyed_end(sink));
	else if (parts && end)
		WR_TRY(wr_fs_parts_end(sink));
	for (uint32_t i = 0; i < sink->out_count; i++) {
		struct wr_fs_out *out = sink->out[i];

		if (end)
			WR_TRY(wr_fs_out_finish(out));
		else if (out->file != NULL)
			WR_TRY(wr_fs_out_pause(out));
	}
	return show && !end && sink->out_count != 0 && sink->out[0]->file != NULL ? show_copy(sink)
										  : NULL;
}

/* --- names on the disk --------------------------------------------------------------------------
 */

/* Syncs a folder and those above it within the table's, once each; the first time those above the
 * table's, too: a run that failed may have made them and died before they were on the disk. */
static wr_status *sync_folders(struct wr_sink *sink, struct wr_map *done, const char *path)
{
	struct wr_env *env = sink->setup.env;
	struct wr_text folder, above;
	wr_status *status = NULL;
	size_t own_len; /* of the table's own folder */

	wr_text_init(&folder);
	wr_text_init(&above);
	wr_fs_folder(&folder, path);
	own_len = sink->mode == WR_FS_FOLDER ? sink->root_len : folder.len;
	while (status == NULL && wr_map_get(done, folder.data) == NULL &&
	       (folder.len >= own_len || wr_env_may_write(env, folder.data))) {
		wr_map_put(done, folder.data, sink);
		status = env->ops->sync_dir(env, folder.data);
		if ((folder.len <= own_len && sink->above_synced) || folder.len <= 1)
			break;
		wr_text_clear(&above);
		wr_fs_folder(&above, folder.data);
		wr_text_clear(&folder);
		wr_text_add(&folder, above.data, above.len);
	}
	wr_text_release(&above);
	wr_text_release(&folder);
	return status;
}

/* The names of files made since the last prepare are on the disk. */
static wr_status *sync_names(struct wr_sink *sink)
{
	wr_status *status = NULL;
	struct wr_map done;

	wr_map_init(&done);
	for (uint32_t i = 0; i < sink->out_count && status == NULL; i++) {
		struct wr_fs_out *out = sink->out[i];

		if (out->dir_synced || out->temporary == NULL)
			continue;
		status = sync_folders(sink, &done, out->temporary);
		out->dir_synced = status == NULL;
		sink->above_synced = sink->above_synced || status == NULL;
	}
	wr_map_release(&done);
	return status;
}

/* --- notes --------------------------------------------------------------------------------------
 */

static wr_status *note_file(struct wr_sink *sink, struct wr_fs_out *out, struct wr_text *text)
{
	struct wr_fs_noted noted = {.kind = WR_FS_NOTED_OPEN,
				    .name = wr_fs_below(sink, out->temporary),
				    .target = wr_fs_below(sink, out->path)};
	struct wr_file *file;
	wr_status *status;

	if (out->file == NULL) {
		noted.kind = WR_FS_NOTED_ENDED;
		noted.number = out->shown != 0;
	} else {
		WR_TRY(wr_file_open(out->env, out->temporary, WR_OPEN_READ, &file));
		status = wr_fs_tail(file, out->temporary, out->written, &noted.number);
		wr_status_free(wr_file_close(file));
		WR_TRY(status);
	}
	noted.length = out->written;
	wr_fs_note_add(text, &noted);
	return NULL;
}

static void note_folder(struct wr_sink *sink, struct wr_text *text, enum wr_fs_noted_kind kind,
			const char *partition, int64_t number)
{
	struct wr_fs_noted noted = {
	    .kind = kind, .name = wr_str_of(partition), .number = (uint64_t)number};

	wr_fs_note_add(text, &noted);
}

/* What the commit does to a partition's folder besides. */
static wr_status *note_part(struct wr_sink *sink, const char *name, struct wr_fs_part *part,
			    bool last, struct wr_text *text)
{
	bool overwrite = sink->args->overwrite && sink->args->partition_count != 0;
	uint64_t shown = atomic_load(&sink->shown);
	bool complete = last;

	if (overwrite && part->dirty && part->replaced == 0)
		part->replaced = sink->number;
	if (part->replaced > shown)
		note_folder(sink, text, WR_FS_NOTED_REPLACE, name, 0);
	if (part->waiting_us != 0 && !last)
		WR_TRY(wr_fs_complete_is(sink, name, part->waiting_us, &complete));
	if (part->waiting_us != 0 && complete) {
		part->success = sink->number;
		part->waiting_us = 0;
	}
	if (part->success > shown)
		note_folder(sink, text, WR_FS_NOTED_SUCCESS, name, 0);
	part->dirty = false;
	return NULL;
}

/* What it does to all folders. */
static wr_status *note_folders(struct wr_sink *sink, bool show, bool last, struct wr_text *text)
{
	bool overwrite = sink->args->overwrite, partitioned = sink->args->partition_count != 0;

	if (overwrite && !partitioned && sink->mode == WR_FS_FOLDER && show) {
		if (sink->replaced == 0)
			sink->replaced = sink->number;
		if (sink->replaced > atomic_load(&sink->shown))
			note_folder(sink, text, WR_FS_NOTED_REPLACE, "", 0);
	}
	if (!(overwrite && partitioned) && sink->complete == NULL)
		return NULL;
	for (uint32_t i = 0; i < sink->parts.count; i++) {
		const char *name = sink->parts.entry[i].key;
		struct wr_fs_part *part = sink->parts.entry[i].value;

		if (show)
			WR_TRY(note_part(sink, name, part, last, text));
		if (part->waiting_us != 0)
			note_folder(sink, text, WR_FS_NOTED_WAITING, name, part->waiting_us);
	}
	return NULL;
}

static wr_status *note_all(struct wr_sink *sink, bool show, bool last, bool durable,
			   struct wr_text *text)
{
	const struct wr_file_info *stood = &sink->stood;

	if (sink->mode == WR_FS_FILE && stood->exists) {
		struct wr_fs_noted noted = {.kind = WR_FS_NOTED_STOOD,
					    .name = wr_fs_below(sink, sink->path),
					    .length = (uint64_t)stood->size,
					    .number = (uint64_t)stood->mtime_us};

		wr_fs_note_add(text, &noted);
	}
	for (uint32_t i = 0; i < sink->out_count; i++)
		WR_TRY(note_file(sink, sink->out[i], text));
	if (sink->upserts && sink->out_count != 0 && sink->out[0]->file != NULL)
		WR_TRY(wr_fs_keyed_prepare(sink, text));
	/* At a close that no checkpoint stands behind, the last one still needs them. */
	for (uint32_t i = 0; i < sink->gone_count && durable; i++) {
		struct wr_fs_noted noted = {.kind = WR_FS_NOTED_GONE,
					    .name = wr_fs_below(sink, sink->gone[i].path)};

		sink->gone[i].number = sink->number;
		wr_fs_note_add(text, &noted);
	}
	return note_folders(sink, show, last, text);
}

/* From here on the files are the checkpoint's: they stay when the sink is closed. */
static void mark_noted(struct wr_sink *sink, bool show, bool durable)
{
	for (uint32_t i = 0; i < sink->out_count; i++) {
		if (show && sink->out[i]->file == NULL)
			sink->out[i]->shown = sink->number;
		if (durable)
			sink->out[i]->noted = sink->number;
	}
	if (durable)
		wr_fs_keyed_mark(sink);
}

static wr_status *prepare(struct wr_sink *sink, enum wr_fs_prepare what, bool durable,
			  struct wr_text *out)
{
	struct wr_fs_note note;
	struct wr_text root;
	size_t from = out->len;
	wr_status *status = NULL;
	bool last = what != WR_FS_GOES_ON, show = is_due(sink, last);

	drop_committed(sink);
	sink->number++;
	if (show)
		WR_TRY(wr_fs_sink_begin(sink));
	if (sink->mode == WR_FS_STREAM)
		WR_TRY(what == WR_FS_ENDS ? wr_fs_out_finish(sink->out[0])
					  : wr_fs_out_flush(sink->out[0]));
	else
		WR_TRY(settle(sink, show, what == WR_FS_STOPS));
	wr_text_init(&root);
	wr_fs_root(sink, &root);
	note = (struct wr_fs_note){.number = sink->number,
				   .id = sink->id,
				   .prefix = wr_str_of(sink->prefix),
				   .root = {root.data, root.len},
				   .part_number = sink->part_number,
				   .generation = sink->generation + 1};
	if (show)
		sink->since_us = 0;
	note.since_us = (uint64_t)sink->since_us;
	note.flags = (show ? WR_FS_NOTE_SHOW : 0u) | (what == WR_FS_ENDS ? WR_FS_NOTE_LAST : 0u) |
		     (show || sink->replaced != 0 ? WR_FS_NOTE_REPLACED : 0u);
	wr_fs_note_begin(out, &note);
	if (sink->mode != WR_FS_STREAM)
		WR_TRY_OUT(status, note_all(sink, show, last, durable, out));
	wr_fs_note_end(out, from);
	if (durable && sink->mode != WR_FS_STREAM)
		WR_TRY_OUT(status, sync_names(sink));
	mark_noted(sink, show, durable);
	sink->ended = what == WR_FS_ENDS;
out:
	wr_text_release(&root);
	return status;
}

wr_status *wr_fs_prepare(struct wr_sink *sink, enum wr_fs_prepare what, bool durable,
			 struct wr_text *out)
{
	WR_TRY(wr_fs_sink_check_failed(sink));
	return wr_fs_sink_failed(sink, prepare(sink, what, durable, out));
}

wr_status *wr_fs_sink_prepare(struct wr_sink *sink, bool last, struct wr_text *out)
{
	return wr_fs_prepare(sink, last ? WR_FS_ENDS : WR_FS_GOES_ON, true, out);
}
