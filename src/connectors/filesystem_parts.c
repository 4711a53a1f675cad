/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_parts - part files in a folder, or in a folder for every partition.
 *
 * A part file ends when it has grown beyond the rolling size, and when too many partitions are open
 * at once: then the one that was written to longest ago is ended, and its next row begins another
 * part. Ended files keep their hidden names until a commit shows them.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/filesystem_sink.h"

#define PARTS_OPEN_MAX 64      /* files open at once: descriptors, and a buffer each */
#define PARTS_MAX      1000000 /* partitions of one job; more is a wrong column */

/* Makes the folder; remembers whether that was needed. */
static wr_status *part_folder(struct wr_sink *sink, const char *folder, bool *made)
{
	struct wr_env *env = sink->setup.env;
	struct wr_file_info info;

	WR_TRY(env->ops->stat(env, folder, &info));
	*made = !info.exists;
	return info.is_dir ? NULL : env->ops->make_dirs(env, folder);
}

wr_status *wr_fs_parts_open(struct wr_sink *sink)
{
	bool made;

	WR_TRY(part_folder(sink, sink->path, &made));
	sink->has_folder = !made;
	return NULL;
}

/* Ends the part's file. */
static wr_status *part_end(struct wr_sink *sink, struct wr_fs_part *part)
{
	struct wr_fs_out *out = part->out;

	part->out = NULL;
	sink->open_count--;
	return wr_fs_out_finish(out);
}

/* Ends the file that was used longest ago. */
static wr_status *parts_evict(struct wr_sink *sink)
{
	struct wr_fs_part *oldest = NULL;

	for (uint32_t i = 0; i < sink->parts.count; i++) {
		struct wr_fs_part *part = sink->parts.entry[i].value;

		if (part->out != NULL && (oldest == NULL || part->used < oldest->used))
			oldest = part;
	}
	WR_ASSERT(oldest != NULL);
	return part_end(sink, oldest);
}

static wr_status *part_begin(struct wr_sink *sink, struct wr_fs_part *part)
{
	struct wr_text name, path, hidden;
	wr_status *status;

	if (sink->open_count == PARTS_OPEN_MAX)
		WR_TRY(parts_evict(sink));
	wr_text_init(&name);
	wr_text_init(&path);
	wr_text_init(&hidden);
	wr_text_printf(&name, "%s0-%llu", sink->prefix, (unsigned long long)sink->part_number++);
	wr_fs_join(&path, part->folder, name.data);
	wr_fs_sink_hidden(sink, &hidden, path.data);
	part->out = wr_fs_sink_out(sink);
	sink->open_count++;
	status = wr_fs_out_open(part->out, sink->setup.env, path.data, hidden.data, WR_FS_PLAIN,
				sink->setup.write_bytes);
	wr_fs_sink_headed(sink, part->out);
	wr_text_release(&hidden);
	wr_text_release(&path);
	wr_text_release(&name);
	return status;
}

wr_status *wr_fs_parts_end(struct wr_sink *sink)
{
	for (uint32_t i = 0; i < sink->parts.count && sink->open_count != 0; i++) {
		struct wr_fs_part *part = sink->parts.entry[i].value;

		if (part->out != NULL)
			WR_TRY(part_end(sink, part));
	}
	return NULL;
}

/* A part file of this job in a partition's folder: INSERT OVERWRITE has cleared it before. */
struct part_own {
	const struct wr_sink *sink;
	struct wr_fs_part *part;
};
static wr_status *part_own(void *ctx, const char *name)
{
	const struct part_own *own = ctx;

	if (strncmp(name, own->sink->prefix, strlen(own->sink->prefix)) == 0)
		own->part->replaced = 1;
	return NULL;
}

/* Finds the partition's entry, or makes it with its folder. */
wr_status *wr_fs_parts_find(struct wr_sink *sink, const char *partition, struct wr_fs_part **out)
{
	struct wr_fs_part *part = wr_map_get(&sink->parts, partition);
	struct wr_text folder;

	*out = part;
	if (part != NULL)
		return NULL;
	if (sink->parts.count == PARTS_MAX)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "Table '%s' would get more than %d partitions",
						    sink->args->table, PARTS_MAX),
				      "Use columns with fewer values in PARTITIONED BY");
	wr_text_init(&folder);
	if (partition[0] != '\0')
		wr_fs_join(&folder, sink->path, partition);
	else
		wr_text_puts(&folder, sink->path);
	part = wr_calloc(1, sizeof *part);
	part->folder = folder.data;
	wr_map_put(&sink->parts, partition, part);
	*out = part;
	WR_TRY(part_folder(sink, part->folder, &part->made));
	if (sink->restored && sink->args->overwrite && !part->made)
		return sink->setup.env->ops->list(sink->setup.env, part->folder, part_own,
						  &(struct part_own){sink, part});
	return NULL;
}

wr_status *wr_fs_parts_write(struct wr_sink *sink, const char *partition, const char *bytes,
			     size_t len)
{
	struct wr_fs_part *part;

	WR_TRY(wr_fs_parts_find(sink, partition, &part));
	part->used = sink->writes;
	part->dirty = true;
	if (sink->complete != NULL && part->waiting_us == 0)
		part->waiting_us = wr_wall_us(sink->setup.env);
	if (part->out == NULL)
		WR_TRY(part_begin(sink, part));
	WR_TRY(wr_fs_out_write(part->out, bytes, len));
	return part->out->bytes >= sink->roll_bytes ? part_end(sink, part) : NULL;
}

/* --- the end ------------------------------------------------------------------------------------
 */

/* Removes a folder that this job made, if it is empty; a file that somebody put in its place is not
 * ours. */
static void remove_folder(struct wr_env *env, const char *path)
{
	struct wr_file_info info;
	wr_status *status = env->ops->stat(env, path, &info);

	if (status == NULL && info.is_dir)
		status = env->ops->remove(env, path);
	wr_status_free(status);
}

/* Removes the folders of partition `path` ("a=1/b=x") from the innermost on, as far as they are
 * empty: a folder that is not cannot be removed. */
static void remove_folders(struct wr_sink *sink, char *folder)
{
	struct wr_env *env = sink->setup.env;
	size_t root = strlen(sink->path);

	while (strlen(folder) > root) {
		char *slash = strrchr(folder, '/');

		remove_folder(env, folder);
		if (slash == NULL)
			return;
		*slash = '\0';
	}
}

void wr_fs_parts_release(struct wr_sink *sink, bool commit)
{
	struct wr_env *env = sink->setup.env;

	for (uint32_t i = 0; i < sink->parts.count; i++) {
		struct wr_fs_part *part = sink->parts.entry[i].value;

		if (!commit && part->made)
			remove_folders(sink, part->folder);
		wr_free(part->folder);
		wr_free(part);
	}
	wr_map_release(&sink->parts);
	if (!commit && sink->mode == WR_FS_FOLDER && sink->prefix[0] != '\0' && !sink->has_folder)
		remove_folder(env, sink->path);
}
