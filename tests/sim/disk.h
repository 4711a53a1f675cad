/* SPDX-License-Identifier: Apache-2.0
 *
 * disk - a disk in memory that knows what a loss of power takes away.
 *
 * Everything is there twice: as programs see it now, and as it has surely reached the disk.
 * Bytes are in between by sectors of 512 bytes, from a write to the next sync of the file; names
 * by the list of changes (made, removed, renamed) that no sync of their folder has covered yet.
 *
 * A loss of power keeps of what is in between whatever chance picks: of a file nothing, all, its
 * beginning or any set of sectors, with the old length, the new one, or just what the sectors need;
 * of the names the first so many changes, or in each folder the first so many. What is not
 * reachable by a name is gone. A cut that is not kept takes what was written behind it with it.
 *
 * Invariants
 *   D1  without a loss, programs see exactly what they wrote
 *   D2  what a sync covered survives every loss
 *   D3  the same seed and the same calls lose the same
 *
 * Thread: one.
 */
#ifndef WR_TESTS_DISK_H
#define WR_TESTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define WR_DISK_SECTOR 512 /* bytes that reach the disk together or not at all */

/* Random numbers, splitmix64. */
struct wr_chance {
	uint64_t state; /* the seed at first */
};
uint64_t wr_chance_next(struct wr_chance *chance);
/* 0..count-1; count at least 1. */
uint64_t wr_chance_below(struct wr_chance *chance, uint64_t count);
/* True in `permille` of 1000 cases. */
bool wr_chance_is(struct wr_chance *chance, uint32_t permille);

/* A file or a folder, whatever its names are. */
struct wr_inode {
	uint64_t number;    /* from 1, in the order of creation */
	bool is_dir;        /* a folder: no bytes */
	bool cut;           /* cut since the last sync, to `cut_len` at the shortest */
	size_t cut_len;     /* bytes that were left by it */
	struct wr_text now; /* bytes as programs see them */
	struct wr_text old; /* bytes as the last sync left them */
	uint8_t *dirty;     /* per sector of `now`: written since; dirty_count of them */
	size_t dirty_count; /* sectors */
	int64_t mtime_us;   /* last change, wall clock */
};

struct wr_disk;

struct wr_disk *wr_disk_new(void);
void wr_disk_free(struct wr_disk *disk);

/* Paths are cleaned by the caller: no empty, "." or ".." parts, no slash at the end. */
struct wr_inode *wr_disk_find(const struct wr_disk *disk, const char *path);
/* Makes a file or folder under a name that is free, in a folder that exists. */
struct wr_inode *wr_disk_make(struct wr_disk *disk, const char *path, bool is_dir);
/* The name must exist; `to` may, if both are files. */
void wr_disk_rename(struct wr_disk *disk, const char *from, const char *to);
/* The name must exist, and a folder be empty. */
void wr_disk_remove(struct wr_disk *disk, const char *path);
/* The names in a folder are on the disk from now on. */
void wr_disk_sync_dir(struct wr_disk *disk, const char *path);
/* Everything is on the disk from now on. */
void wr_disk_sync_all(struct wr_disk *disk);

void wr_inode_write(struct wr_inode *inode, const char *bytes, size_t len, size_t offset);
void wr_inode_cut(struct wr_inode *inode, size_t len);
void wr_inode_sync(struct wr_inode *inode);
/* A sync failed: what had been written counts as clean, and is lost with the power. */
void wr_inode_sync_fails(struct wr_inode *inode);

/* The power fails. No inode that was found before may be used after it. */
void wr_disk_lose_power(struct wr_disk *disk, struct wr_chance *chance);

/* Walks over all names, in order of bytes. */
uint32_t wr_disk_count(const struct wr_disk *disk);
const char *wr_disk_path(const struct wr_disk *disk, uint32_t index, struct wr_inode **inode);
/* Bytes of all files that have a name. */
uint64_t wr_disk_used(const struct wr_disk *disk);

#endif
