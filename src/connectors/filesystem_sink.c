/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_sink - opening, writing and committing what a job writes to the file system.
 *
 * Nothing is visible before commit, then everything is, file by file: all files are finished first
 * (written, synced, closed), so that only renames are left when the first one is made.
 *
 * With checkpoints, prepare (filesystem_prepare.c) notes what is there, commit
 * (filesystem_commit.c) shows what is complete, and restore (filesystem_restore.c) goes back to a
 * note. Without them, closing is a last prepare and its commit.
 *
 * Thread: the caller serialises all calls.
 */
#include "connectors/filesystem_sink.h"

#include "base/macros.h"
#include "base/mem.h"

struct wr_fs_out *wr_fs_sink_out(struct wr_sink *sink)
{
	struct wr_fs_out *out = wr_calloc(1, sizeof *out);

	if (sink->out_count == sink->out_capacity) {
		sink->out_capacity = sink->out_capacity == 0 ? 4 : sink->out_capacity * 2;
		sink->out = wr_realloc(sink->out, sink->out_capacity * sizeof(struct wr_fs_out *));
	}
	sink->out[sink->out_count++] = out;
	return out;
}

void wr_fs_sink_headed(const struct wr_sink *sink, struct wr_fs_out *out)
{
	out->header = sink->header.data;
	out->header_len = sink->header.len;
}

/* --- opening ------------------------------------------------------------------------------------
 */

wr_status *wr_fs_mode_of(struct wr_env *env, const char *path, enum wr_fs_mode *mode)
{
	struct wr_file_info info;
	size_t len = strlen(path);

	*mode = WR_FS_STREAM;
	if (strcmp(path, "-") == 0)
		return NULL;
	WR_TRY(env->ops->stat(env, path, &info));
	if (info.exists && !info.is_dir && !info.is_regular)
		return NULL;
	*mode = WR_FS_FOLDER;
	if (info.is_dir || path[len - 1] == '/')
		return NULL;
	if (strchr(wr_fs_name(path), '.') != NULL) {
		*mode = WR_FS_FILE;
		return NULL;
	}
	if (info.exists)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "'%s' is a file; a name without an extension stands for a folder "
				  "of part files",
				  path),
		    "Remove the file, or write to a name with an extension such as '%s.json'",
		    path);
	return NULL;
}

/* The nearest folder above the path that is there must be a folder to write to. */
static wr_status *check_place(struct wr_env *env, const char *path, enum wr_fs_mode mode)
{
	struct wr_file_info info;
	struct wr_text at, above;
	wr_status *status = NULL;

	wr_text_init(&at);
	wr_text_init(&above);
	if (mode == WR_FS_FILE)
		wr_fs_folder(&at, path);
	else
		wr_text_puts(&at, path);
	while (at.len > 1 && at.data[at.len - 1] == '/')
		at.data[--at.len] = '\0';
	WR_TRY_OUT(status, env->ops->stat(env, at.data, &info));
	while (!info.exists && strcmp(at.data, ".") != 0 && strcmp(at.data, "/") != 0) {
		wr_text_clear(&above);
		wr_fs_folder(&above, at.data);
		wr_text_clear(&at);
		wr_text_puts(&at, above.data);
		WR_TRY_OUT(status, env->ops->stat(env, at.data, &info));
	}
	if (!info.is_dir)
		status = wr_status_hint(wr_status_new(WR_USER_ERROR,
						      "Cannot write '%s': '%s' is not a folder",
						      path, at.data),
					"Choose another 'path'");
	else if (!wr_env_may_write(env, at.data))
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Cannot write '%s': the folder '%s' does not allow it", path,
				  at.data),
		    "Choose another 'path', or change the permissions of that folder");
out:
	wr_text_release(&above);
	wr_text_release(&at);
	return status;
}

/* What is settled by the options and the path. */
static wr_status *sink_settle(struct wr_sink *sink)
{
	const struct wr_connector_args *args = sink->args;
	struct wr_env *env = sink->setup.env;

	WR_TRY(wr_fs_local(wr_options_str(args->options, "path"), &sink->path));
	WR_TRY(wr_fs_columns_init(&sink->columns, args));
	WR_TRY(wr_fs_mode_of(env, sink->path, &sink->mode));
	if (sink->mode == WR_FS_FILE)
		WR_TRY(wr_fs_codec_of(sink->path, &sink->codec));
	if (args->partition_count > 0 && sink->mode != WR_FS_FOLDER)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s' is PARTITIONED BY, but its 'path' = '%s' is one file",
				  args->table, sink->path),
		    "Give a folder: a name without an extension");
	if (sink->mode == WR_FS_FOLDER && wr_fs_is_pattern(sink->path))
		return wr_status_new(WR_USER_ERROR,
				     "'path' = '%s': a pattern can be read but not written",
				     sink->path);
	if (sink->mode != WR_FS_STREAM)
		WR_TRY(check_place(env, sink->path, sink->mode));
	sink->upserts = args->primary_key_count > 0 && !args->format->changelog &&
			args->partition_count == 0 && sink->mode != WR_FS_STREAM;
	if (sink->upserts && args->format->file_header != NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s' has a PRIMARY KEY, and files of format '%s' cannot "
				  "hold the last row of every key",
				  args->table, args->format->name),
		    "Leave the PRIMARY KEY out, or use a format of lines, as 'json'");
	sink->keys_max = (uint64_t)wr_options_i64(args->options, "sink.upsert.max-keys");
	sink->root_len = sink->mode == WR_FS_FOLDER ? strlen(sink->path)
						    : (size_t)(wr_fs_name(sink->path) - sink->path);
	sink->roll_us =
	    wr_options_i64(args->options, "sink.rolling-policy.rollover-interval") * 1000;
	sink->roll_bytes =
	    (uint64_t)WR_MAX(wr_options_i64(args->options, "sink.rolling-policy.file-size"), 1);
	return NULL;
}

wr_status *wr_fs_sink_check(const struct wr_connector_args *args)
{
	struct wr_sink sink = {.setup = wr_fs_setup(args), .args = args};
	wr_status *status = sink_settle(&sink);

	wr_fs_columns_release(&sink.columns);
	return status != NULL ? status : wr_fs_complete_check(args);
}

/* A table that is wrong has been refused before. */
bool wr_fs_sink_keeps_keys(const struct wr_connector_args *args)
{
	struct wr_sink sink = {.setup = wr_fs_setup(args), .args = args};
	wr_status *status = sink_settle(&sink);
	bool keeps = status == NULL && sink.upserts;

	wr_status_free(status);
	wr_fs_columns_release(&sink.columns);
	return keeps;
}

/* The codec of the primary key's columns. */
static void sink_key(struct wr_sink *sink)
{
	const struct wr_connector_args *args = sink->args;
	struct wr_arena *arena = &sink->columns.arena;
	const struct wr_type **type =
	    WR_NEW_ARRAY(arena, const struct wr_type *, args->primary_key_count);

	for (uint32_t k = 0; k < args->primary_key_count; k++)
		type[k] = args->schema->field[args->primary_key[k]].type;
	wr_codec_init(&sink->key, arena, type, args->primary_key_count);
}

void wr_fs_sink_hidden(struct wr_sink *sink, struct wr_text *hidden, const char *path)
{
	wr_text_add(hidden, path, (size_t)(wr_fs_name(path) - path));
	wr_text_printf(hidden, ".%s.inprogress-%016llx-%llu", wr_fs_name(path),
		       (unsigned long long)sink->id, (unsigned long long)sink->generation++);
}

/* A hidden file in the sink's list. */
static wr_status *sink_open_hidden(struct wr_sink *sink, const char *path, enum wr_fs_codec codec)
{
	struct wr_text hidden;
	wr_status *status;

	struct wr_fs_out *out = wr_fs_sink_out(sink);

	wr_text_init(&hidden);
	wr_fs_sink_hidden(sink, &hidden, path);
	status =
	    wr_fs_out_open(out, sink->setup.env, path, hidden.data, codec, sink->setup.write_bytes);
	wr_fs_sink_headed(sink, out);
	wr_text_release(&hidden);
	return status;
}

/* The stream, or the folder of the one file. */
static wr_status *sink_open_file(struct wr_sink *sink)
{
	const char *path = strcmp(sink->path, "-") == 0 ? WR_ENV_STDOUT : sink->path;
	struct wr_env *env = sink->setup.env;
	struct wr_file_info info;
	struct wr_text folder;

	if (sink->mode == WR_FS_STREAM) {
		struct wr_fs_out *out = wr_fs_sink_out(sink);
		wr_status *opened =
		    wr_fs_out_open(out, env, path, NULL, sink->codec, sink->setup.write_bytes);
		wr_fs_sink_headed(sink, out);
		return opened;
	}
	wr_text_init(&folder);
	wr_fs_folder(&folder, path);
	wr_status *status = env->ops->stat(env, folder.data, &info);
	sink->has_folder = info.exists;
	if (status == NULL)
		status = env->ops->make_dirs(env, folder.data);
	wr_text_release(&folder);
	WR_TRY(status);
	return env->ops->stat(env, path, &sink->stood);
}

/* A file that may have to be copied is packed only then. With a key, a folder gets one part file:
 * rows of a file that has ended could not be taken back. */
wr_status *wr_fs_sink_begin(struct wr_sink *sink)
{
	enum wr_fs_codec codec = sink->upserts ? WR_FS_PLAIN : sink->codec;
	struct wr_text name, path;
	wr_status *status;

	if (sink->out_count != 0 || sink->ended || (sink->mode == WR_FS_FOLDER && !sink->upserts))
		return NULL;
	if (sink->mode == WR_FS_FILE)
		return sink_open_hidden(sink, sink->path, codec);
	wr_text_init(&name);
	wr_text_init(&path);
	wr_text_printf(&name, "%s0-%llu", sink->prefix, (unsigned long long)sink->part_number++);
	wr_fs_join(&path, sink->path, name.data);
	status = sink_open_hidden(sink, path.data, codec);
	wr_text_release(&path);
	wr_text_release(&name);
	return status;
}

/* A random name for what this job writes: a version 4 UUID. */
static void sink_name(struct wr_sink *sink)
{
	struct wr_env *env = sink->setup.env;
	struct wr_text text;
	uint8_t id[16];

	env->ops->random(env, id, sizeof id);
	memcpy(&sink->id, id, sizeof sink->id);
	if (sink->mode != WR_FS_FOLDER)
		return;
	id[6] = (uint8_t)((id[6] & 0x0F) | 0x40);
	id[8] = (uint8_t)((id[8] & 0x3F) | 0x80);
	wr_text_init(&text);
	wr_text_puts(&text, "part-");
	for (int i = 0; i < 16; i++)
		wr_text_printf(&text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			       id[i]);
	wr_text_putc(&text, '-');
	WR_ASSERT(text.len < sizeof sink->prefix);
	memcpy(sink->prefix, text.data, text.len + 1);
	wr_text_release(&text);
}

wr_status *wr_fs_sink_open(const struct wr_connector_args *args, const struct wr_fs_setup *setup,
			   struct wr_sink **out)
{
	struct wr_sink *sink = wr_calloc(1, sizeof *sink);
	wr_status *status;

	sink->setup = *setup;
	sink->args = args;
	wr_map_init(&sink->parts);
	WR_TRY_OUT(status, sink_settle(sink));
	sink_name(sink);
	if (sink->upserts)
		sink_key(sink);
	if (args->format->file_header != NULL)
		WR_TRY_OUT(status, args->format->file_header(&sink->columns.format, &sink->header));
	WR_TRY_OUT(status, wr_fs_complete_open(sink));
	if (sink->mode == WR_FS_FOLDER)
		WR_TRY_OUT(status, wr_fs_parts_open(sink));
	else
		WR_TRY_OUT(status, sink_open_file(sink));
	*out = sink;
	return NULL;
out:
	wr_status_free(wr_fs_sink_close(sink, false));
	return status;
}

/* --- writing and closing ------------------------------------------------------------------------
 */

static wr_status *again(const wr_status *status)
{
	wr_status *copy = wr_status_new(status->class, "%s", status->text);

	return status->hint != NULL ? wr_status_hint(copy, "%s", status->hint) : copy;
}

wr_status *wr_fs_sink_failed(struct wr_sink *sink, wr_status *status)
{
	if (status != NULL && sink->failure == NULL)
		sink->failure = again(status);
	return status;
}

wr_status *wr_fs_sink_check_failed(const struct wr_sink *sink)
{
	return sink->failure != NULL ? again(sink->failure) : NULL;
}

static wr_status *write_chunk(struct wr_sink *sink, struct wr_chunk *chunk)
{
	const struct wr_fs_index *index = chunk->own;
	const char *bytes = wr_text_str(&chunk->bytes);

	WR_REQUIRE(!sink->ended);
	WR_TRY(wr_fs_sink_begin(sink));
	sink->writes++;
	if (sink->roll_us != 0 && sink->since_us == 0)
		sink->since_us = wr_wall_us(sink->setup.env);
	if (sink->upserts)
		return wr_fs_keyed_write(sink, chunk);
	if (sink->mode != WR_FS_FOLDER)
		return wr_fs_out_write(sink->out[0], bytes, chunk->bytes.len);
	if (index == NULL)
		return chunk->bytes.len != 0 ? wr_fs_parts_write(sink, "", bytes, chunk->bytes.len)
					     : NULL;
	for (uint32_t i = 0; i < index->slice_count; i++) {
		WR_TRY(
		    wr_fs_parts_write(sink, index->slice[i].partition, bytes, index->slice[i].len));
		bytes += index->slice[i].len;
	}
	return NULL;
}

wr_status *wr_fs_sink_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	WR_TRY(wr_fs_sink_check_failed(sink));
	return wr_fs_sink_failed(sink, write_chunk(sink, chunk));
}

wr_status *wr_fs_sink_flush(struct wr_sink *sink)
{
	return sink->mode == WR_FS_STREAM ? wr_fs_out_flush(sink->out[0]) : NULL;
}

/* Shows what no commit has shown yet, as a checkpoint would that cannot fail any more. Where there
 * are checkpoints but the input has not ended the job was stopped, and may be gone on with. */
static wr_status *sink_commit(struct wr_sink *sink)
{
	bool stops = (sink->number != 0 || sink->restored) && !sink->ended;
	struct wr_text note;
	wr_status *status;

	wr_text_init(&note);
	status = wr_fs_prepare(sink, stops ? WR_FS_STOPS : WR_FS_ENDS, false, &note);
	if (status == NULL)
		status = wr_fs_sink_commit(sink, wr_text_str(&note), note.len);
	for (uint32_t i = 0; i < sink->out_count && status == NULL; i++)
		if (sink->out[i]->file == NULL)
			sink->out[i]->noted = sink->number; /* its hidden name is gone */
	wr_text_release(&note);
	return status;
}

wr_status *wr_fs_sink_close(struct wr_sink *sink, bool commit)
{
	wr_status *status = commit ? sink_commit(sink) : NULL;

	for (uint32_t i = 0; i < sink->out_count; i++) {
		if (sink->out[i]->env != NULL)
			wr_fs_out_release(sink->out[i]);
		wr_free(sink->out[i]);
	}
	wr_free(sink->out);
	wr_fs_keyed_release(sink);
	wr_fs_parts_release(sink, commit && status == NULL);
	wr_fs_complete_release(sink);
	wr_text_release(&sink->header);
	wr_fs_columns_release(&sink->columns);
	wr_status_free(sink->failure);
	wr_free(sink);
	return status;
}
