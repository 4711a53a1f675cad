/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_disk - a disk in memory that fails or crashes at a chosen call.
 *
 * Every file has bytes that were written and bytes that were synced; every name is there, and is
 * there on the disk since its folder was synced. A crash goes back to what is on the disk, or keeps
 * all of it, or something between: a disk may be quicker than asked for. Then names are kept up to
 * some moment, as a journal does, and of each file some of its last bytes. Folders are made for
 * good.
 *
 * Calls that change something are counted: number `at` fails, or is the first one that a process
 * does not live to make: from then on all fail until the machine is up again.
 */
#ifndef WR_TESTS_FAKE_DISK_H
#define WR_TESTS_FAKE_DISK_H

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

#define DISK_NAMES 4096

/* A file, whatever its name. */
struct disk_node {
	struct wr_text bytes;
	size_t synced; /* of them on the disk */
	bool is_dir;
	uint64_t inode;
	int64_t mtime_us;
};

struct disk_name {
	char *path; /* owned */
	struct disk_node *now, *durable;
	uint32_t changed; /* when: number of the change of names */
};

static struct disk {
	struct wr_env base; /* first */
	struct disk_name name[DISK_NAMES];
	uint32_t names;
	struct disk_node *node[DISK_NAMES]; /* owned */
	uint32_t nodes;
	uint32_t changes; /* of names */
	int64_t clock_us;
	uint64_t random;
	int calls_left; /* until something happens; below 0: never */
	bool crashes;   /* else the call fails */
	bool dead;      /* it has happened */
	bool kept;      /* it was a file's removal */
} disk;

struct disk_file {
	struct wr_file base; /* first */
	struct disk_node *node;
	size_t at; /* of read */
};

static struct disk_node *disk_node_new(bool is_dir)
{
	struct disk_node *node = wr_calloc(1, sizeof *node);

	assert_true(disk.nodes < DISK_NAMES);
	disk.node[disk.nodes++] = node;
	node->inode = disk.nodes;
	node->is_dir = is_dir;
	node->mtime_us = ++disk.clock_us;
	wr_text_init(&node->bytes);
	return node;
}

static struct disk_name *disk_find(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (uint32_t i = 0; i < disk.names; i++)
		if (strlen(disk.name[i].path) == len && memcmp(disk.name[i].path, path, len) == 0)
			return &disk.name[i];
	assert_true(disk.names < DISK_NAMES);
	struct disk_name *name = &disk.name[disk.names++];
	*name = (struct disk_name){.path = wr_malloc(len + 1)};
	memcpy(name->path, path, len);
	name->path[len] = '\0';
	return name;
}

/* NULL: the call goes through. */
static wr_status *disk_call(void)
{
	if (!disk.dead && disk.calls_left != 0) {
		disk.calls_left--;
		return NULL;
	}
	disk.dead = disk.crashes;
	disk.calls_left = -1;
	return wr_status_new(WR_USER_ERROR, "the disk fails");
}

static wr_status *disk_open(struct wr_env *env, const char *path, enum wr_open_mode mode,
			    struct wr_file **file)
{
	struct disk_name *name = disk_find(path);
	struct disk_file *made;

	*file = NULL;
	if (mode != WR_OPEN_READ)
		WR_TRY(disk_call());
	if (name->now == NULL && mode == WR_OPEN_READ)
		return wr_status_new(WR_USER_ERROR, "there is no '%s'", path);
	if (name->now == NULL) {
		name->now = disk_node_new(false);
		name->changed = ++disk.changes;
	}
	if (mode == WR_OPEN_CREATE)
		wr_text_clear(&name->now->bytes);
	made = wr_calloc(1, sizeof *made);
	made->base.env = env;
	made->node = name->now;
	*file = &made->base;
	return NULL;
}

static wr_status *disk_read_at(struct wr_file *file, void *bytes, size_t len, int64_t offset,
			       size_t *got)
{
	struct disk_node *node = ((struct disk_file *)file)->node;
	size_t left = (size_t)offset < node->bytes.len ? node->bytes.len - (size_t)offset : 0;

	*got = len < left ? len : left;
	if (*got != 0)
		memcpy(bytes, node->bytes.data + offset, *got);
	return NULL;
}

static wr_status *disk_read(struct wr_file *file, void *bytes, size_t len, size_t *got)
{
	struct disk_file *f = (struct disk_file *)file;

	WR_TRY(disk_read_at(file, bytes, len, (int64_t)f->at, got));
	f->at += *got;
	return NULL;
}

static wr_status *disk_write(struct wr_file *file, const void *bytes, size_t len)
{
	struct disk_node *node = ((struct disk_file *)file)->node;

	WR_TRY(disk_call());
	wr_text_add(&node->bytes, bytes, len);
	node->mtime_us = ++disk.clock_us;
	return NULL;
}

static wr_status *disk_sync(struct wr_file *file)
{
	struct disk_node *node = ((struct disk_file *)file)->node;

	WR_TRY(disk_call());
	node->synced = node->bytes.len;
	return NULL;
}

static wr_status *disk_close(struct wr_file *file)
{
	wr_free(file);
	return NULL;
}

static wr_status *disk_rename(struct wr_env *env, const char *from, const char *to)
{
	struct disk_name *a = disk_find(from), *b = disk_find(to);

	WR_TRY(disk_call());
	if (a->now == NULL)
		return wr_status_new(WR_USER_ERROR, "there is no '%s'", from);
	b->now = a->now;
	a->now = NULL;
	a->changed = b->changed = ++disk.changes;
	return NULL;
}

static wr_status *disk_remove(struct wr_env *env, const char *path)
{
	struct disk_name *name = disk_find(path);
	wr_status *status = disk_call();

	disk.kept = disk.kept || status != NULL;
	WR_TRY(status);
	if (name->now != NULL && name->now->is_dir)
		return wr_status_new(WR_USER_ERROR, "'%s' is a folder", path); /* they stay */
	name->now = NULL;
	name->changed = ++disk.changes;
	return NULL;
}

static wr_status *disk_make_dirs(struct wr_env *env, const char *path)
{
	char *copy = wr_strdup(path);

	for (char *at = copy + 1;; at++) {
		char c = *at;

		if (c != '/' && c != '\0')
			continue;
		*at = '\0';
		struct disk_name *name = disk_find(copy);
		if (name->now == NULL)
			name->now = name->durable = disk_node_new(true);
		*at = c;
		if (c == '\0')
			break;
	}
	wr_free(copy);
	return NULL;
}

static bool disk_lies_in(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	while (len > 1 && folder[len - 1] == '/')
		len--;
	return strncmp(path, folder, len) == 0 && path[len] == '/' &&
	       strchr(path + len + 1, '/') == NULL;
}

static wr_status *disk_sync_dir(struct wr_env *env, const char *path)
{
	WR_TRY(disk_call());
	for (uint32_t i = 0; i < disk.names; i++)
		if (disk_lies_in(disk.name[i].path, path))
			disk.name[i].durable = disk.name[i].now;
	return NULL;
}

static wr_status *disk_stat(struct wr_env *env, const char *path, struct wr_file_info *info)
{
	struct disk_node *node = disk_find(path)->now;

	*info = (struct wr_file_info){0};
	if (node != NULL)
		*info = (struct wr_file_info){.exists = true,
					      .is_dir = node->is_dir,
					      .is_regular = !node->is_dir,
					      .size = (int64_t)node->bytes.len,
					      .mtime_us = node->mtime_us,
					      .inode = node->inode};
	return NULL;
}

static int disk_by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static wr_status *disk_list(struct wr_env *env, const char *path,
			    wr_status *(*each)(void *ctx, const char *name), void *ctx)
{
	char *found[DISK_NAMES];
	uint32_t count = 0;

	for (uint32_t i = 0; i < disk.names; i++)
		if (disk.name[i].now != NULL && disk_lies_in(disk.name[i].path, path))
			found[count++] = disk.name[i].path;
	qsort(found, count, sizeof *found, disk_by_path);
	for (uint32_t i = 0; i < count; i++)
		WR_TRY(each(ctx, strrchr(found[i], '/') + 1));
	return NULL;
}

static wr_status *disk_cut(struct wr_env *env, const char *path, int64_t len)
{
	struct disk_node *node = disk_find(path)->now;

	WR_TRY(disk_call());
	if (node == NULL || node->bytes.len < (size_t)len)
		return wr_status_new(WR_USER_ERROR, "'%s' is shorter than %lld", path,
				     (long long)len);
	node->bytes.len = (size_t)len;
	if (node->synced > (size_t)len)
		node->synced = (size_t)len; /* may be on the disk at once */
	return NULL;
}

static int64_t disk_clock(struct wr_env *env)
{
	return disk.clock_us += 300;
}

static void disk_sleep(struct wr_env *env, int64_t us)
{
	disk.clock_us += us;
}

static void disk_random(struct wr_env *env, void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		disk.random = disk.random * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)bytes)[i] = (uint8_t)(disk.random >> 56);
	}
}

static const struct wr_env_ops disk_ops = {.mono_us = disk_clock,
					   .wall_us = disk_clock,
					   .sleep_us = disk_sleep,
					   .random = disk_random,
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
					   .cut = disk_cut};

/* An empty disk with a folder. */
static void disk_init(const char *folder)
{
	memset(&disk, 0, sizeof disk);
	disk.base.ops = &disk_ops;
	disk.clock_us = 1000000;
	disk.random = 1;
	disk.calls_left = -1;
	assert_null(disk_make_dirs(&disk.base, folder));
}

static void disk_release(void)
{
	for (uint32_t i = 0; i < disk.nodes; i++) {
		wr_text_release(&disk.node[i]->bytes);
		wr_free(disk.node[i]);
	}
	for (uint32_t i = 0; i < disk.names; i++)
		wr_free(disk.name[i].path);
	disk.nodes = disk.names = 0;
}

enum disk_loss {
	DISK_LOSES_ALL,  /* that was not synced */
	DISK_LOSES_NONE, /* everything had reached the disk */
	DISK_LOSES_SOME
};

/* The machine comes up again. */
static WR_UNUSED void disk_reboot(enum disk_loss loss)
{
	uint32_t kept = loss == DISK_LOSES_NONE ? disk.changes : 0;

	if (loss == DISK_LOSES_SOME) {
		disk_random(NULL, &kept, sizeof kept);
		kept %= disk.changes + 1;
	}
	for (uint32_t i = 0; i < disk.nodes && loss != DISK_LOSES_NONE; i++) {
		struct disk_node *node = disk.node[i];
		uint32_t some = 0;

		if (node->is_dir || node->bytes.len <= node->synced)
			continue;
		if (loss == DISK_LOSES_SOME)
			disk_random(NULL, &some, sizeof some);
		node->bytes.len = node->synced + some % (node->bytes.len - node->synced + 1);
	}
	for (uint32_t i = 0; i < disk.names; i++) {
		if (disk.name[i].changed <= kept)
			disk.name[i].durable = disk.name[i].now;
		else
			disk.name[i].now = disk.name[i].durable;
	}
	disk.dead = false;
	disk.calls_left = -1;
}

#endif
