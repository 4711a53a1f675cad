/* SPDX-License-Identifier: Apache-2.0
 *
 * disk - a disk in memory behind wr_env, with two kinds of misfortune.
 *
 * Failure: call number `fail_at` returns an error (with `stay_broken` all that follow do, too).
 * Crash: disk_crash() forgets what was not synced: bytes of files written since their last sync (a
 * random prefix of them may survive, with garbage behind), and names made, renamed or removed since
 * the last sync of their folder (each may survive or not, in any combination; a rename is one).
 *
 * Calls are numbered from 1; clocks stand still; random numbers come from the seed.
 */
#ifndef WR_TESTS_DISK_H
#define WR_TESTS_DISK_H

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/text.h"

#define DISK_NODES 4096 /* files and folders ever made */
#define DISK_NAMES 256  /* at a time */
#define DISK_OPS   1024 /* changes of names that are not synced */

struct disk_node {
	bool is_dir;
	struct wr_text live; /* as a process sees it */
	size_t synced;       /* bytes that survive a crash (files only grow) */
};
struct disk_name {
	char path[200]; /* "": free */
	uint32_t node;
};
struct disk_op {
	char from[200]; /* goes; "": none */
	char to[200];   /* names `node` from then on; "": none */
	uint32_t node;
};

struct disk {
	struct wr_env env;
	struct disk_node node[DISK_NODES];
	uint32_t node_count;
	struct disk_name live[DISK_NAMES];  /* as a process sees them */
	struct disk_name saved[DISK_NAMES]; /* as they are after a crash at worst */
	struct disk_op op[DISK_OPS];        /* what is between the two */
	uint32_t op_count;
	uint64_t calls;   /* so far */
	uint64_t fail_at; /* 0: never */
	bool stay_broken; /* all calls from fail_at on fail */
	uint64_t seed;
};
struct disk_file {
	struct wr_file base;
	uint32_t node;
	size_t at;
};

static inline struct disk *disk_of(struct wr_env *env)
{
	return (struct disk *)env;
}

static inline uint64_t disk_random(struct disk *disk)
{
	disk->seed = disk->seed * 6364136223846793005ull + 1442695040888963407ull;
	return disk->seed >> 33;
}

static wr_status *disk_call(struct disk *disk, const char *what, const char *path)
{
	disk->calls++;
	if (disk->fail_at == 0 || disk->calls < disk->fail_at ||
	    (disk->calls > disk->fail_at && !disk->stay_broken))
		return NULL;
	return wr_status_new(WR_USER_ERROR, "Cannot %s '%s': No space left on device", what, path);
}

/* --- names */

static struct disk_name *disk_find(struct disk_name *names, const char *path)
{
	for (uint32_t i = 0; i < DISK_NAMES; i++)
		if (names[i].path[0] != '\0' && strcmp(names[i].path, path) == 0)
			return &names[i];
	return NULL;
}

static void disk_apply(struct disk_name *names, const struct disk_op *op)
{
	struct disk_name *name = op->from[0] != '\0' ? disk_find(names, op->from) : NULL;

	if (name != NULL)
		name->path[0] = '\0';
	if (op->to[0] == '\0')
		return;
	name = disk_find(names, op->to);
	for (uint32_t i = 0; i < DISK_NAMES && name == NULL; i++)
		name = names[i].path[0] == '\0' ? &names[i] : NULL;
	WR_REQUIRE(name != NULL);
	memcpy(name->path, op->to, sizeof op->to);
	name->node = op->node;
}

static void disk_change(struct disk *disk, const char *from, const char *to, uint32_t node)
{
	struct disk_op *op = &disk->op[disk->op_count++];

	WR_REQUIRE(disk->op_count < DISK_OPS && strlen(from) < 200 && strlen(to) < 200);
	memcpy(op->from, from, strlen(from) + 1);
	memcpy(op->to, to, strlen(to) + 1);
	op->node = node;
	disk_apply(disk->live, op);
}

static bool disk_is_in(const char *path, const char *dir)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);

	return path[0] != '\0' && (len == 0 ? strcmp(dir, ".") == 0
					    : strlen(dir) == len && strncmp(path, dir, len) == 0);
}

static uint32_t disk_node_new(struct disk *disk, bool is_dir)
{
	WR_REQUIRE(disk->node_count < DISK_NODES);
	disk->node[disk->node_count].is_dir = is_dir;
	return disk->node_count++;
}

/* --- the table of functions */

static int64_t disk_clock(struct wr_env *env)
{
	return 1700000000000000;
}

static void disk_sleep(struct wr_env *env, int64_t us)
{
}

static void disk_random_bytes(struct wr_env *env, void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((char *)bytes)[i] = (char)disk_random(disk_of(env));
}

static wr_status *disk_open(struct wr_env *env, const char *path, enum wr_open_mode mode,
			    struct wr_file **out)
{
	struct disk *disk = disk_of(env);
	struct disk_name *name = disk_find(disk->live, path);
	struct disk_file *file;
	uint32_t node;

	*out = NULL;
	WR_TRY(disk_call(disk, "open", path));
	if (mode == WR_OPEN_READ && name == NULL)
		return wr_status_new(WR_USER_ERROR, "Cannot open '%s'", path);
	if (mode == WR_OPEN_CREATE) {
		/* emptying a file is not modelled: the name gets a new one */
		node = disk_node_new(disk, false);
		disk_change(disk, "", path, node);
	} else {
		WR_REQUIRE(name != NULL);
		node = name->node;
	}
	file = wr_calloc(1, sizeof *file);
	file->base.env = env;
	file->node = node;
	*out = &file->base;
	return NULL;
}

static wr_status *disk_read_at(struct wr_file *file, void *bytes, size_t len, int64_t offset,
			       size_t *got)
{
	struct disk *disk = disk_of(file->env);
	struct wr_text *live = &disk->node[((struct disk_file *)file)->node].live;

	*got = 0;
	WR_TRY(disk_call(disk, "read", "a file"));
	if ((size_t)offset < live->len)
		*got = WR_MIN(len, live->len - (size_t)offset);
	if (*got > 3 && disk_random(disk) % 3 == 0)
		*got /= 2; /* reads may be short */
	memcpy(bytes, live->data + offset, *got);
	return NULL;
}

static wr_status *disk_read(struct wr_file *file, void *bytes, size_t len, size_t *got)
{
	struct disk_file *f = (struct disk_file *)file;
	wr_status *status = disk_read_at(file, bytes, len, (int64_t)f->at, got);

	f->at += *got;
	return status;
}

/* A write that fails may have written a part. */
static wr_status *disk_write(struct wr_file *file, const void *bytes, size_t len)
{
	struct disk *disk = disk_of(file->env);
	struct wr_text *live = &disk->node[((struct disk_file *)file)->node].live;
	wr_status *status = disk_call(disk, "write", "a file");

	wr_text_add(live, bytes, status == NULL ? len : len / 2);
	return status;
}

static wr_status *disk_sync(struct wr_file *file)
{
	struct disk *disk = disk_of(file->env);
	struct disk_node *node = &disk->node[((struct disk_file *)file)->node];

	WR_TRY(disk_call(disk, "sync", "a file"));
	node->synced = node->live.len;
	return NULL;
}

static wr_status *disk_close(struct wr_file *file)
{
	struct disk *disk = disk_of(file->env);

	wr_free(file);
	return disk_call(disk, "close", "a file");
}

static wr_status *disk_rename(struct wr_env *env, const char *from, const char *to)
{
	struct disk *disk = disk_of(env);
	struct disk_name *name = disk_find(disk->live, from);

	WR_TRY(disk_call(disk, "rename", from));
	WR_REQUIRE(name != NULL);
	disk_change(disk, from, to, name->node);
	return NULL;
}

static wr_status *disk_remove(struct wr_env *env, const char *path)
{
	struct disk *disk = disk_of(env);

	WR_TRY(disk_call(disk, "remove", path));
	if (disk_find(disk->live, path) != NULL)
		disk_change(disk, path, "", 0);
	return NULL;
}

static wr_status *disk_make_dirs(struct wr_env *env, const char *path)
{
	struct disk *disk = disk_of(env);

	WR_TRY(disk_call(disk, "make the folder", path));
	for (const char *end = path; end != NULL;) { /* its parents first */
		end = strchr(end + 1, '/');
		char *folder = wr_strndup(path, end != NULL ? (size_t)(end - path) : strlen(path));

		if (disk_find(disk->live, folder) == NULL)
			disk_change(disk, "", folder, disk_node_new(disk, true));
		wr_free(folder);
	}
	return NULL;
}

static wr_status *disk_sync_dir(struct wr_env *env, const char *path)
{
	struct disk *disk = disk_of(env);
	uint32_t left = 0;

	WR_TRY(disk_call(disk, "sync", path));
	for (uint32_t i = 0; i < disk->op_count; i++) {
		if (disk_is_in(disk->op[i].from, path) || disk_is_in(disk->op[i].to, path))
			disk_apply(disk->saved, &disk->op[i]);
		else
			disk->op[left++] = disk->op[i];
	}
	disk->op_count = left;
	return NULL;
}

static wr_status *disk_stat(struct wr_env *env, const char *path, struct wr_file_info *info)
{
	struct disk *disk = disk_of(env);
	struct disk_name *name = disk_find(disk->live, path);

	*info = (struct wr_file_info){0};
	WR_TRY(disk_call(disk, "look at", path));
	if (name == NULL)
		return NULL;
	info->exists = true;
	info->is_dir = disk->node[name->node].is_dir;
	info->is_regular = !info->is_dir;
	info->size = (int64_t)disk->node[name->node].live.len;
	return NULL;
}

static wr_status *disk_list(struct wr_env *env, const char *path,
			    wr_status *(*each)(void *ctx, const char *name), void *ctx)
{
	struct disk *disk = disk_of(env);

	WR_TRY(disk_call(disk, "list the folder", path));
	for (uint32_t i = 0; i < DISK_NAMES; i++)
		if (disk_is_in(disk->live[i].path, path))
			WR_TRY(each(ctx, strrchr(disk->live[i].path, '/') + 1));
	return NULL;
}

/* --- for tests */

static inline struct disk *disk_new(uint64_t seed)
{
	static const struct wr_env_ops ops = {
	    .mono_us = disk_clock,
	    .wall_us = disk_clock,
	    .sleep_us = disk_sleep,
	    .random = disk_random_bytes,
	    .open = disk_open,
	    .read = disk_read,
	    .read_at = disk_read_at,
	    .write = disk_write,
	    .sync = disk_sync,
	    .close = disk_close,
	    .rename = disk_rename,
	    .remove = disk_remove,
	    .make_dirs = disk_make_dirs,
	    .sync_dir = disk_sync_dir,
	    .stat = disk_stat,
	    .list = disk_list,
	};
	struct disk *disk = wr_calloc(1, sizeof *disk);

	disk->env.ops = &ops;
	disk->seed = seed;
	return disk;
}

static inline void disk_free(struct disk *disk)
{
	for (uint32_t i = 0; i < disk->node_count; i++)
		wr_text_release(&disk->node[i].live);
	wr_free(disk);
}

static inline void disk_mend(struct disk *disk)
{
	disk->fail_at = 0;
	disk->stay_broken = false;
}

/* The machine stops and starts again. Luck: of 8 changes not synced so many survive. */
static inline void disk_crash(struct disk *disk, uint32_t luck)
{
	for (uint32_t i = 0; i < disk->op_count; i++)
		if (disk_random(disk) % 8 < luck)
			disk_apply(disk->saved, &disk->op[i]);
	disk->op_count = 0;
	memcpy(disk->live, disk->saved, sizeof disk->live);
	for (uint32_t i = 0; i < disk->node_count; i++) {
		struct disk_node *node = &disk->node[i];
		size_t extra = node->live.len - node->synced;

		if (extra == 0)
			continue;
		if (disk_random(disk) % 8 >= luck)
			extra = disk_random(disk) % extra;
		else if (disk_random(disk) % 2 == 0) /* the length survives, the bytes do not */
			memset(node->live.data + node->synced, 0, extra);
		node->live.len = node->synced + extra;
		node->synced = node->live.len;
	}
	disk_mend(disk);
}

/* The bytes of a file, or NULL. */
static inline struct wr_text *disk_bytes(struct disk *disk, const char *path)
{
	struct disk_name *name = disk_find(disk->live, path);

	return name != NULL ? &disk->node[name->node].live : NULL;
}

#endif
