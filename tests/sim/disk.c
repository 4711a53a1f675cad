/* SPDX-License-Identifier: Apache-2.0
 *
 * disk - see disk.h.
 */
#include "disk.h"

#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

/* Names in order of bytes. */
struct names {
	uint32_t count, capacity;
	struct name {
		char *path;             /* owned */
		struct wr_inode *inode; /* borrowed from the disk's list */
	} * name;
};

enum change_kind { MADE, REMOVED, RENAMED };

/* A change of names that may not have reached the disk. */
struct change {
	enum change_kind kind;
	char *path;             /* owned */
	char *to;               /* owned; RENAMED */
	struct wr_inode *inode; /* that the name stood for */
};

struct wr_disk {
	struct names now; /* as programs see it */
	struct names old; /* as the syncs of folders left it */
	uint32_t change_count, change_capacity;
	struct change *change; /* oldest first */
	uint32_t inode_count, inode_capacity;
	struct wr_inode **inode; /* all that were made and may still be used */
	uint64_t numbers;        /* given so far */
};

uint64_t wr_chance_next(struct wr_chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t wr_chance_below(struct wr_chance *chance, uint64_t count)
{
	WR_REQUIRE(count > 0);
	return wr_chance_next(chance) % count;
}

bool wr_chance_is(struct wr_chance *chance, uint32_t permille)
{
	return permille > 0 && wr_chance_below(chance, 1000) < permille;
}

/* --- names */

/* Where a path is or belongs. */
static uint32_t names_at(const struct names *names, const char *path, bool *found)
{
	uint32_t low = 0, high = names->count;

	*found = false;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = strcmp(names->name[middle].path, path);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct wr_inode *names_find(const struct names *names, const char *path)
{
	bool found;
	uint32_t at = names_at(names, path, &found);

	return found ? names->name[at].inode : NULL;
}

static void names_set(struct names *names, const char *path, struct wr_inode *inode)
{
	bool found;
	uint32_t at = names_at(names, path, &found);

	if (found) {
		names->name[at].inode = inode;
		return;
	}
	if (names->count == names->capacity) {
		names->capacity = WR_MAX(16, 2 * names->capacity);
		names->name = wr_realloc(names->name, names->capacity * sizeof *names->name);
	}
	memmove(names->name + at + 1, names->name + at, (names->count - at) * sizeof *names->name);
	names->name[at] = (struct name){wr_strdup(path), inode};
	names->count++;
}

static void names_drop(struct names *names, const char *path)
{
	bool found;
	uint32_t at = names_at(names, path, &found);

	if (!found)
		return;
	wr_free(names->name[at].path);
	names->count--;
	memmove(names->name + at, names->name + at + 1, (names->count - at) * sizeof *names->name);
}

static void names_release(struct names *names)
{
	for (uint32_t i = 0; i < names->count; i++)
		wr_free(names->name[i].path);
	wr_free(names->name);
	*names = (struct names){0};
}

static void names_copy(struct names *to, const struct names *from)
{
	names_release(to);
	for (uint32_t i = 0; i < from->count; i++)
		names_set(to, from->name[i].path, from->name[i].inode);
}

/* Length of the path of the folder that a name is in; 0: the root. */
static size_t folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (size_t)(slash - path) : 0;
}

static bool is_in(const char *path, const char *folder, size_t len)
{
	return folder_len(path) == len && memcmp(path, folder, len) == 0;
}

static bool has_children(const struct names *names, const char *path)
{
	for (uint32_t i = 0; i < names->count; i++)
		if (is_in(names->name[i].path, path, strlen(path)))
			return true;
	return false;
}

/* --- changes of names */

static void change_add(struct wr_disk *disk, enum change_kind kind, const char *path,
		       const char *to, struct wr_inode *inode)
{
	if (disk->change_count == disk->change_capacity) {
		disk->change_capacity = WR_MAX(16, 2 * disk->change_capacity);
		disk->change =
		    wr_realloc(disk->change, disk->change_capacity * sizeof *disk->change);
	}
	disk->change[disk->change_count++] =
	    (struct change){kind, wr_strdup(path), to != NULL ? wr_strdup(to) : NULL, inode};
}

/* A change reaches the disk. */
static void change_apply(struct wr_disk *disk, const struct change *change)
{
	switch (change->kind) {
	case MADE: names_set(&disk->old, change->path, change->inode); break;
	case REMOVED:
		if (names_find(&disk->old, change->path) == change->inode &&
		    !has_children(&disk->old, change->path))
			names_drop(&disk->old, change->path);
		break;
	case RENAMED:
		if (names_find(&disk->old, change->path) == change->inode)
			names_drop(&disk->old, change->path);
		names_set(&disk->old, change->to, change->inode);
		break;
	}
}

static void change_release(struct change *change)
{
	wr_free(change->path);
	wr_free(change->to);
}

static bool change_is_in(const struct change *change, const char *folder, size_t len)
{
	return is_in(change->path, folder, len) ||
	       (change->kind == RENAMED && is_in(change->to, folder, len));
}

void wr_disk_sync_dir(struct wr_disk *disk, const char *path)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < disk->change_count; i++) {
		if (!change_is_in(&disk->change[i], path, strlen(path))) {
			disk->change[kept++] = disk->change[i];
			continue;
		}
		change_apply(disk, &disk->change[i]);
		change_release(&disk->change[i]);
	}
	disk->change_count = kept;
}

static void changes_forget(struct wr_disk *disk)
{
	for (uint32_t i = 0; i < disk->change_count; i++)
		change_release(&disk->change[i]);
	disk->change_count = 0;
}

void wr_disk_sync_all(struct wr_disk *disk)
{
	names_copy(&disk->old, &disk->now);
	changes_forget(disk);
	for (uint32_t i = 0; i < disk->inode_count; i++)
		wr_inode_sync(disk->inode[i]);
}

/* --- the disk */

struct wr_disk *wr_disk_new(void)
{
	return wr_calloc(1, sizeof(struct wr_disk));
}

static void inode_free(struct wr_inode *inode)
{
	wr_text_release(&inode->now);
	wr_text_release(&inode->old);
	wr_free(inode->dirty);
	wr_free(inode);
}

void wr_disk_free(struct wr_disk *disk)
{
	changes_forget(disk);
	wr_free(disk->change);
	names_release(&disk->now);
	names_release(&disk->old);
	for (uint32_t i = 0; i < disk->inode_count; i++)
		inode_free(disk->inode[i]);
	wr_free(disk->inode);
	wr_free(disk);
}

struct wr_inode *wr_disk_find(const struct wr_disk *disk, const char *path)
{
	return names_find(&disk->now, path);
}

struct wr_inode *wr_disk_make(struct wr_disk *disk, const char *path, bool is_dir)
{
	struct wr_inode *inode = wr_calloc(1, sizeof *inode);

	WR_REQUIRE(wr_disk_find(disk, path) == NULL);
	inode->number = ++disk->numbers;
	inode->is_dir = is_dir;
	wr_text_init(&inode->now);
	wr_text_init(&inode->old);
	if (disk->inode_count == disk->inode_capacity) {
		disk->inode_capacity = WR_MAX(16, 2 * disk->inode_capacity);
		disk->inode = wr_realloc(disk->inode, disk->inode_capacity * sizeof *disk->inode);
	}
	disk->inode[disk->inode_count++] = inode;
	names_set(&disk->now, path, inode);
	change_add(disk, MADE, path, NULL, inode);
	return inode;
}

void wr_disk_rename(struct wr_disk *disk, const char *from, const char *to)
{
	struct wr_inode *inode = wr_disk_find(disk, from);

	WR_REQUIRE(inode != NULL && !inode->is_dir);
	if (strcmp(from, to) == 0)
		return;
	names_drop(&disk->now, from);
	names_set(&disk->now, to, inode);
	change_add(disk, RENAMED, from, to, inode);
}

void wr_disk_remove(struct wr_disk *disk, const char *path)
{
	struct wr_inode *inode = wr_disk_find(disk, path);

	WR_REQUIRE(inode != NULL && !has_children(&disk->now, path));
	names_drop(&disk->now, path);
	change_add(disk, REMOVED, path, NULL, inode);
}

uint32_t wr_disk_count(const struct wr_disk *disk)
{
	return disk->now.count;
}

const char *wr_disk_path(const struct wr_disk *disk, uint32_t index, struct wr_inode **inode)
{
	*inode = disk->now.name[index].inode;
	return disk->now.name[index].path;
}

uint64_t wr_disk_used(const struct wr_disk *disk)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < disk->now.count; i++)
		bytes += disk->now.name[i].inode->now.len;
	return bytes;
}

/* --- bytes */

static size_t sectors(size_t len)
{
	return (len + WR_DISK_SECTOR - 1) / WR_DISK_SECTOR;
}

/* Changes the length; new bytes are 0. */
static void text_resize(struct wr_text *text, size_t len)
{
	if (len > text->len)
		memset(wr_text_reserve(text, len - text->len), 0, len - text->len);
	text->len = len;
}

void wr_inode_write(struct wr_inode *inode, const char *bytes, size_t len, size_t offset)
{
	size_t end = offset + len, count = sectors(end);

	if (len == 0)
		return;
	if (end > inode->now.len)
		text_resize(&inode->now, end);
	memcpy(inode->now.data + offset, bytes, len);
	if (count > inode->dirty_count) {
		inode->dirty = wr_realloc(inode->dirty, count);
		memset(inode->dirty + inode->dirty_count, 0, count - inode->dirty_count);
		inode->dirty_count = count;
	}
	for (size_t i = offset / WR_DISK_SECTOR; i < count; i++)
		inode->dirty[i] = 1;
}

void wr_inode_cut(struct wr_inode *inode, size_t len)
{
	WR_REQUIRE(len <= inode->now.len);
	inode->cut_len = inode->cut ? WR_MIN(inode->cut_len, len) : len;
	inode->cut = true;
	text_resize(&inode->now, len);
	for (size_t i = sectors(len); i < inode->dirty_count; i++)
		inode->dirty[i] = 0;
}

/* Copies sector `index` of what programs see to the disk. */
static void sector_keep(struct wr_inode *inode, size_t index)
{
	size_t from = index * WR_DISK_SECTOR;
	size_t len = WR_MIN(inode->now.len - from, (size_t)WR_DISK_SECTOR);

	if (inode->old.len < from + len)
		text_resize(&inode->old, from + len);
	memcpy(inode->old.data + from, inode->now.data + from, len);
}

static void inode_is_clean(struct wr_inode *inode)
{
	if (inode->dirty_count > 0)
		memset(inode->dirty, 0, inode->dirty_count);
	inode->cut = false;
}

void wr_inode_sync(struct wr_inode *inode)
{
	if (inode->cut && inode->cut_len < inode->old.len)
		text_resize(&inode->old, inode->cut_len);
	for (size_t i = 0; i < inode->dirty_count; i++)
		if (inode->dirty[i])
			sector_keep(inode, i);
	text_resize(&inode->old, inode->now.len);
	if (inode->dirty_count > 0 || inode->cut)
		inode_is_clean(inode);
}

void wr_inode_sync_fails(struct wr_inode *inode)
{
	if (inode->dirty_count > 0)
		memset(inode->dirty, 0, inode->dirty_count);
}

/* --- loss */

/* What is left of a file. */
static void inode_lose(struct wr_inode *inode, struct wr_chance *chance)
{
	enum { NOTHING, EVERYTHING, BEGINNING, ANY, WAYS } way = wr_chance_below(chance, WAYS);
	size_t dirty = 0, seen = 0, limit, end = 0;

	if (inode->cut && wr_chance_is(chance, 500))
		way = NOTHING; /* the cut is lost, and all that came behind it */
	else if (inode->cut && inode->cut_len < inode->old.len)
		text_resize(&inode->old, inode->cut_len);
	for (size_t i = 0; i < inode->dirty_count; i++)
		dirty += inode->dirty[i];
	limit = way == BEGINNING && dirty > 0 ? wr_chance_below(chance, dirty + 1) : SIZE_MAX;
	for (size_t i = 0; i < inode->dirty_count; i++) {
		if (!inode->dirty[i])
			continue;
		seen++;
		if (way == NOTHING || seen > limit || (way == ANY && wr_chance_is(chance, 500)))
			continue;
		sector_keep(inode, i);
		end = WR_MIN((i + 1) * WR_DISK_SECTOR, inode->now.len);
	}
	if (way == EVERYTHING || (end > 0 && wr_chance_is(chance, 500)))
		text_resize(&inode->old, WR_MAX(inode->old.len, inode->now.len));
	wr_text_clear(&inode->now);
	wr_text_add(&inode->now, inode->old.data, inode->old.len);
	if (inode->dirty_count > 0 || inode->cut)
		inode_is_clean(inode);
}

/* Which changes of names are kept: the first so many, or in each folder the first so many. */
static void changes_lose(struct wr_disk *disk, struct wr_chance *chance)
{
	bool by_folder = wr_chance_is(chance, 500);
	uint64_t limit = wr_chance_below(chance, disk->change_count + 1);
	struct names stopped = {
	    0}; /* folders whose later changes are lost; their inodes mean nothing */

	for (uint32_t i = 0; i < disk->change_count; i++) {
		const struct change *change = &disk->change[i];
		const char *path[2] = {change->path, change->to};
		bool lost = by_folder ? wr_chance_is(chance, 200) : i >= limit;

		for (int k = 0; k < 2 && path[k] != NULL && by_folder; k++) {
			char *folder = wr_strndup(path[k], folder_len(path[k]));
			bool found;

			(void)names_at(&stopped, folder, &found);
			lost = lost || found;
			wr_free(folder);
		}
		if (!lost) {
			change_apply(disk, change);
			continue;
		}
		for (int k = 0; k < 2 && path[k] != NULL; k++) {
			char *folder = wr_strndup(path[k], folder_len(path[k]));

			names_set(&stopped, folder, NULL);
			wr_free(folder);
		}
	}
	names_release(&stopped);
	changes_forget(disk);
}

/* Names in folders that are not there are gone; folders come before what is in them. */
static void orphans_drop(struct names *names)
{
	for (uint32_t i = 0; i < names->count;) {
		const char *path = names->name[i].path;
		char *folder = wr_strndup(path, folder_len(path));
		bool there = folder[0] == '\0' || names_find(names, folder) != NULL;

		wr_free(folder);
		if (there) {
			i++;
			continue;
		}
		wr_free(names->name[i].path);
		names->count--;
		memmove(names->name + i, names->name + i + 1,
			(names->count - i) * sizeof *names->name);
	}
}

static bool has_name(const struct names *names, const struct wr_inode *inode)
{
	for (uint32_t i = 0; i < names->count; i++)
		if (names->name[i].inode == inode)
			return true;
	return false;
}

void wr_disk_lose_power(struct wr_disk *disk, struct wr_chance *chance)
{
	uint32_t kept = 0;

	changes_lose(disk, chance);
	orphans_drop(&disk->old);
	names_copy(&disk->now, &disk->old);
	for (uint32_t i = 0; i < disk->inode_count; i++) {
		struct wr_inode *inode = disk->inode[i];

		if (!has_name(&disk->now, inode)) {
			inode_free(inode);
			continue;
		}
		inode_lose(inode, chance);
		disk->inode[kept++] = inode;
	}
	disk->inode_count = kept;
}
