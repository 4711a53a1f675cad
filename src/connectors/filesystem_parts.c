/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_parts - part files in a folder, or in a folder for every partition.
 *
 * A part file ends when it has grown beyond the rolling size, and when too many partitions are open
 * at once: then the one that was written to longest ago is ended, and its next row begins another
 * part. Ended files keep their hidden names until the job commits.
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
	struct wr_text text;
	uint8_t id[16];
	bool made;

	sink->setup.env->ops->random(sink->setup.env, id, sizeof id);
	id[6] = (uint8_t)((id[6] & 0x0F) | 0x40); /* a version 4 UUID */
	id[8] = (uint8_t)((id[8] & 0x3F) | 0x80);
	wr_text_init(&text);
	wr_text_puts(&text, "part-");
	for (int i = 0; i < 16; i++)
		wr_text_printf(&text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			       id[i]);
	WR_ASSERT(text.len < sizeof sink->prefix);
	memcpy(sink->prefix, text.data, text.len + 1);
	wr_text_release(&text);
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
	struct wr_text name, path;
	wr_status *status;

	if (sink->open_count == PARTS_OPEN_MAX)
		WR_TRY(parts_evict(sink));
	wr_text_init(&name);
	wr_text_init(&path);
	wr_text_printf(&name, "%s-0-%llu", sink->prefix, (unsigned long long)sink->part_number++);
	wr_fs_join(&path, part->folder, name.data);
	part->out = wr_fs_sink_out(sink);
	sink->open_count++;
	status = wr_fs_out_open(part->out, sink->setup.env, path.data, WR_FS_PLAIN,
				sink->setup.write_bytes, false);
	wr_text_release(&path);
	wr_text_release(&name);
	return status;
}

/* The partition's entry, made with its folder. */
static wr_status *part_find(struct wr_sink *sink, const char *partition, struct wr_fs_part **out)
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
	return part_folder(sink, part->folder, &part->made);
}

wr_status *wr_fs_parts_write(struct wr_sink *sink, const char *partition, const char *bytes,
			     size_t len)
{
	struct wr_fs_part *part;

	WR_TRY(part_find(sink, partition, &part));
	part->used = sink->writes;
	if (part->out == NULL)
		WR_TRY(part_begin(sink, part));
	WR_TRY(wr_fs_out_write(part->out, bytes, len));
	return part->out->bytes >= sink->roll_bytes ? part_end(sink, part) : NULL;
}

/* --- the end ------------------------------------------------------------------------------------
 */

/* A folder being cleared of what other jobs wrote. */
struct clear {
	struct wr_sink *sink;
	const char *folder;
};

static wr_status *clear_name(void *ctx, const char *name)
{
	const struct clear *clear = ctx;
	struct wr_env *env = clear->sink->setup.env;
	struct wr_file_info info;
	struct wr_text path;
	wr_status *status;

	if (wr_fs_is_hidden(name) ||
	    strncmp(name, clear->sink->prefix, strlen(clear->sink->prefix)) == 0)
		return NULL;
	wr_text_init(&path);
	wr_fs_join(&path, clear->folder, name);
	status = env->ops->stat(env, path.data, &info);
	if (status == NULL && info.is_regular)
		status = env->ops->remove(env, path.data);
	wr_text_release(&path);
	return status;
}

static wr_status *success_file(struct wr_sink *sink, const char *folder)
{
	struct wr_text path;
	wr_status *status;

	wr_text_init(&path);
	wr_fs_join(&path, folder,
		   wr_options_str(sink->args->options, "sink.partition-commit.success-file.name"));
	status = wr_env_write_file(sink->setup.env, path.data, "", 0);
	wr_text_release(&path);
	return status;
}

wr_status *wr_fs_parts_commit(struct wr_sink *sink)
{
	const char *policy =
	    wr_options_str(sink->args->options, "sink.partition-commit.policy.kind");
	bool success = policy != NULL && strstr(policy, "success-file") != NULL;
	struct wr_env *env = sink->setup.env;

	if (sink->args->overwrite && sink->args->partition_count == 0) {
		struct clear clear = {sink, sink->path};

		WR_TRY(env->ops->list(env, sink->path, clear_name, &clear));
	}
	for (uint32_t i = 0; i < sink->parts.count; i++) {
		struct wr_fs_part *part = sink->parts.entry[i].value;
		struct clear clear = {sink, part->folder};

		if (sink->args->overwrite && sink->args->partition_count != 0)
			WR_TRY(env->ops->list(env, part->folder, clear_name, &clear));
		if (success)
			WR_TRY(success_file(sink, part->folder));
	}
	return NULL;
}

/* Removes the folders of partition `path` ("a=1/b=x") from the innermost on, as far as they are
 * empty: a folder that is not cannot be removed. */
static void remove_folders(struct wr_sink *sink, char *folder)
{
	struct wr_env *env = sink->setup.env;
	size_t root = strlen(sink->path);

	while (strlen(folder) > root) {
		char *slash = strrchr(folder, '/');

		wr_status_free(env->ops->remove(env, folder));
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
		wr_status_free(env->ops->remove(env, sink->path));
}
