/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_position - where a source over files has come to, and going on there.
 *
 * Layout, integers little-endian:
 *     u8 version 1
 *     u64 next block
 *     u64 offset in the current file, unpacked; UINT64_MAX: no file is being read
 *     u64 offset in its bytes, u64 checksum of the bytes in front of that (wr_fs_tail)
 *     u64 size of the buffer being filled, 0: none; u8 1: within a record that is too long
 *     u32 n; n times: u64 inode, u64 bytes and i64 modification time when it was listed,
 *         u32 length, the file's path
 * The files are those begun so far when a folder is watched, else only the last one. The current
 * one is the last.
 *
 * The current file is looked for by its inode (it may have been renamed) and by its path (it may
 * have been copied), and must hold the bytes that were read of it; what was appended since is read
 * as if it had been there. Files that were read to their end are not looked into: they may be gone
 * when the folder is watched. In a folder that is not, what comes behind the last one begun is
 * read, in the order of the names that are there now.
 *
 * Pipes and standard input have no position.
 *
 * Thread: serialised with claim by the caller.
 */
#include "base/mem.h"
#include "connectors/filesystem_source.h"

#define POSITION_VERSION 1
#define POSITION_DONE    UINT64_MAX

struct position {
	uint64_t index;     /* of the next block */
	uint64_t offset;    /* or POSITION_DONE */
	uint64_t raw;       /* bytes of the file as it is, in front of ... */
	uint64_t sum;       /* ... which this is the checksum */
	uint64_t fill_size; /* of the buffer */
	uint8_t skipping;   /* within a record that is too long */
	uint32_t count;     /* files */
};

struct position_file {
	uint64_t inode;
	uint64_t size;    /* when it was listed */
	int64_t mtime_us; /* as well */
	const char *path; /* not NUL-terminated */
	uint32_t len;     /* of it */
};

static wr_status *not_replayable(const struct wr_source *source)
{
	bool is_stdin = strcmp(source->files.path, "-") == 0;

	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Table '%s' reads %s, which cannot be read again: a checkpoint could "
			  "not go on with it",
			  source->args->table, is_stdin ? "standard input" : "a pipe"),
	    "Write the input to a file first, or leave 'execution.checkpointing.interval' unset");
}

static bool is_replayable(const struct wr_source *source)
{
	const struct wr_fs_files *files = &source->files;

	if (strcmp(files->path, "-") == 0 ||
	    (files->count != 0 && !files->file[0]->info.is_regular && files->file[0]->info.exists))
		return false;
	return source->file == NULL || source->stream.regular;
}

wr_status *wr_fs_source_position(struct wr_source *source, struct wr_text *out)
{
	struct position at = {.index = source->index, .offset = POSITION_DONE};
	uint32_t first =
	    source->monitor_us != 0 || source->file_next == 0 ? 0 : source->file_next - 1;

	if (!is_replayable(source))
		return not_replayable(source);
	at.count = source->file_next - first;
	at.fill_size = source->fill != NULL ? source->fill->size : 0;
	if (source->file != NULL) {
		bool packed = source->stream.codec != WR_FS_PLAIN;

		at.offset = source->offset;
		at.raw = packed ? source->stream.raw_offset : source->offset;
		at.skipping = source->skipping;
		WR_TRY(wr_fs_tail(source->stream.file, source->file->path, at.raw, &at.sum));
	}
	wr_text_putc(out, POSITION_VERSION);
	wr_text_add(out, &at.index, sizeof at.index);
	wr_text_add(out, &at.offset, sizeof at.offset);
	wr_text_add(out, &at.raw, sizeof at.raw);
	wr_text_add(out, &at.sum, sizeof at.sum);
	wr_text_add(out, &at.fill_size, sizeof at.fill_size);
	wr_text_add(out, &at.skipping, sizeof at.skipping);
	wr_text_add(out, &at.count, sizeof at.count);
	for (uint32_t i = first; i < source->file_next; i++) {
		const struct wr_fs_file *file = source->files.file[i];
		uint32_t len = (uint32_t)strlen(file->path);

		wr_text_add(out, &file->info.inode, sizeof file->info.inode);
		wr_text_add(out, &file->info.size, sizeof file->info.size);
		wr_text_add(out, &file->info.mtime_us, sizeof file->info.mtime_us);
		wr_text_add(out, &len, sizeof len);
		wr_text_add(out, file->path, len);
	}
	return NULL;
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* Bytes of a position being read. */
struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *cursor, void *to, size_t len)
{
	if ((size_t)(cursor->end - cursor->at) < len)
		return false;
	memcpy(to, cursor->at, len);
	cursor->at += len;
	return true;
}

static bool take_position(struct cursor *cursor, struct position *at)
{
	return take(cursor, &at->index, sizeof at->index) &&
	       take(cursor, &at->offset, sizeof at->offset) &&
	       take(cursor, &at->raw, sizeof at->raw) && take(cursor, &at->sum, sizeof at->sum) &&
	       take(cursor, &at->fill_size, sizeof at->fill_size) &&
	       take(cursor, &at->skipping, sizeof at->skipping) &&
	       take(cursor, &at->count, sizeof at->count) &&
	       (at->offset == POSITION_DONE || at->count != 0);
}

static bool take_file(struct cursor *cursor, struct position_file *file)
{
	if (!take(cursor, &file->inode, sizeof file->inode) ||
	    !take(cursor, &file->size, sizeof file->size) ||
	    !take(cursor, &file->mtime_us, sizeof file->mtime_us) ||
	    !take(cursor, &file->len, sizeof file->len) ||
	    (size_t)(cursor->end - cursor->at) < file->len)
		return false;
	file->path = cursor->at;
	cursor->at += file->len;
	return true;
}

static wr_status *damaged(const struct wr_source *source)
{
	return wr_status_hint(wr_status_new(WR_FATAL,
					    "What the checkpoint keeps of table '%s' (its place in "
					    "'%s') is damaged",
					    source->args->table, source->files.path),
			      "Restore an older checkpoint");
}

/* The listed file of that name, and the one with that inode; UINT32_MAX: none. */
static void find_file(const struct wr_source *source, const struct position_file *file,
		      uint32_t *by_path, uint32_t *by_inode)
{
	*by_path = *by_inode = UINT32_MAX;
	for (uint32_t i = 0; i < source->files.count; i++) {
		const struct wr_fs_file *listed = source->files.file[i];

		if (strlen(listed->path) == file->len &&
		    memcmp(listed->path, file->path, file->len) == 0)
			*by_path = i;
		if (listed->info.inode == file->inode && file->inode != 0)
			*by_inode = i;
	}
}

/* Counts a listed file, and in a folder that is not watched those before it, as begun. */
static void begin_file(struct wr_source *source, uint32_t at)
{
	if (source->monitor_us == 0) {
		source->file_next = at + 1;
	} else if (at >= source->file_next) {
		struct wr_fs_file **file = source->files.file, *found = file[at];

		memmove(file + source->file_next + 1, file + source->file_next,
			(at - source->file_next) * sizeof(struct wr_fs_file *));
		file[source->file_next++] = found;
	}
}

static wr_status *file_gone(const struct wr_source *source, const struct position_file *file)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "Table '%s' cannot go on in '%.*s': the file is gone",
					    source->args->table, (int)file->len, file->path),
			      "Put the file back, or start the job anew");
}

/* A file that was read to its end. */
static wr_status *seek_done(struct wr_source *source, const struct position_file *file)
{
	uint32_t by_path, by_inode;

	find_file(source, file, &by_path, &by_inode);
	/* The inode of a file that was deleted may be another's by now. */
	if (by_inode != UINT32_MAX) {
		const struct wr_file_info *info = &source->files.file[by_inode]->info;

		if ((uint64_t)info->size != file->size || info->mtime_us != file->mtime_us)
			by_inode = UINT32_MAX;
	}
	if (by_path != UINT32_MAX || by_inode != UINT32_MAX) {
		begin_file(source, by_path != UINT32_MAX ? by_path : by_inode);
		return NULL;
	}
	if (source->monitor_us == 0)
		return file_gone(source, file);
	WR_TRY(wr_fs_files_add_gone(&source->files, file->path, file->len));
	begin_file(source, source->files.count - 1);
	return NULL;
}

/* --- the current file ---------------------------------------------------------------------------
 */

/* Whether a listed file holds the bytes that were read. */
static wr_status *holds(struct wr_source *source, uint32_t index, const struct position *at,
			bool *same)
{
	struct wr_env *env = source->setup.env;
	const char *path = source->files.file[index]->path;
	struct wr_file_info info;
	struct wr_file *file;
	uint64_t sum = 0;
	wr_status *status;

	*same = false;
	WR_TRY(env->ops->stat(env, path, &info));
	if (!info.is_regular || (uint64_t)info.size < at->raw)
		return NULL;
	WR_TRY(wr_file_open(env, path, WR_OPEN_READ, &file));
	status = wr_fs_tail(file, path, at->raw, &sum);
	*same = status == NULL && sum == at->sum;
	wr_status_free(wr_file_close(file));
	return status;
}

/* Opens the file and passes over what was read of it. */
static wr_status *open_at(struct wr_source *source, const struct position *at)
{
	enum wr_fs_read result = WR_FS_BYTES;
	enum wr_claim claim;
	int64_t wait_us;

	source->file_next--;
	WR_TRY(wr_fs_source_next_file(source, &claim, &wait_us));
	if (source->fill == NULL)
		source->fill = wr_fs_pool_take(source->pool, source->setup.block_bytes);
	while (source->offset < at->offset && result != WR_FS_END) {
		size_t got, want = (size_t)WR_MIN(source->fill->size, at->offset - source->offset);

		WR_TRY(
		    wr_fs_stream_read(&source->stream, source->fill->data, want, 0, &got, &result));
		source->offset += got;
		if (wr_fs_stream_is_plain(&source->stream)) {
			wr_fs_stream_seek(&source->stream, at->offset);
			source->offset = at->offset;
		}
	}
	source->file_starts = at->offset == 0;
	source->skipping = at->skipping;
	return source->offset == at->offset ? NULL : damaged(source);
}

static wr_status *seek_current(struct wr_source *source, const struct position_file *file,
			       const struct position *at)
{
	uint32_t by_path, by_inode, chosen;
	bool same = false;

	find_file(source, file, &by_path, &by_inode);
	if (by_path == UINT32_MAX && by_inode == UINT32_MAX)
		return file_gone(source, file);
	chosen = by_inode != UINT32_MAX ? by_inode : by_path;
	WR_TRY(holds(source, chosen, at, &same));
	if (!same && by_path != UINT32_MAX && by_path != chosen)
		WR_TRY(holds(source, chosen = by_path, at, &same));
	if (!same)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s' cannot go on in '%.*s': it does not begin with the "
				  "%llu bytes that were read of it; it was replaced or changed",
				  source->args->table, (int)file->len, file->path,
				  (unsigned long long)at->raw),
		    "Put the file back as it was, or start the job anew");
	begin_file(source, chosen);
	return open_at(source, at);
}

wr_status *wr_fs_source_seek(struct wr_source *source, const char *bytes, size_t len)
{
	struct cursor cursor = {bytes, bytes + len};
	struct position_file file;
	struct position at = {0};
	uint8_t version = 0;

	WR_ASSERT(source->file_next == 0 && source->file == NULL);
	if (!is_replayable(source))
		return not_replayable(source);
	if (!take(&cursor, &version, 1) || version != POSITION_VERSION ||
	    !take_position(&cursor, &at))
		return damaged(source);
	source->index = at.index;
	if (at.fill_size != 0)
		source->fill = wr_fs_pool_take(
		    source->pool, (size_t)WR_MIN(at.fill_size, source->setup.record_max + 1));
	for (uint32_t i = 0; i < at.count; i++) {
		if (!take_file(&cursor, &file))
			return damaged(source);
		if (at.offset != POSITION_DONE && i + 1 == at.count)
			return seek_current(source, &file, &at);
		WR_TRY(seek_done(source, &file));
	}
	return NULL;
}

/* "block 7, 'in/a.json' at byte 4096", after how many files before it. */
bool wr_fs_position_text(const char *bytes, size_t len, struct wr_text *out)
{
	struct cursor cursor = {bytes, bytes + len};
	struct position_file file = {0};
	struct position at = {0};
	uint8_t version = 0;

	if (!take(&cursor, &version, 1) || version != POSITION_VERSION ||
	    !take_position(&cursor, &at))
		return false;
	for (uint32_t i = 0; i < at.count; i++)
		if (!take_file(&cursor, &file))
			return false;
	wr_text_printf(out, "block %llu", (unsigned long long)at.index);
	if (at.count > 1)
		wr_text_printf(out, ", %u files begun", at.count);
	if (at.count == 0)
		wr_text_puts(out, ", no file begun");
	else if (at.offset == POSITION_DONE)
		wr_text_printf(out, ", behind '%.*s'", (int)file.len, file.path);
	else
		wr_text_printf(out, ", '%.*s' at byte %llu", (int)file.len, file.path,
			       (unsigned long long)at.offset);
	return cursor.at == cursor.end;
}
