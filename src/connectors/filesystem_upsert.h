/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_upsert - where the last record of every key lies in a file that only grows.
 *
 * A hash table of 24 bytes a slot, filled up to 7/8 and growing by half: some 28 to 41 bytes for a
 * live key, whatever its length. Keys are told apart by 96 bits of a hash: with 50 million of them
 * two are taken for one with a probability of 2e-14. At the end the live records are listed in
 * order of the file, so that the others can be left out in one pass.
 *
 * Thread: one owner.
 */
#ifndef WR_CONNECTORS_FILESYSTEM_UPSERT_H
#define WR_CONNECTORS_FILESYSTEM_UPSERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key, told from others by 96 bits of its hash. */
struct wr_fs_key {
	uint64_t low;
	uint32_t high;
};

/* A live record, and the slot of its key. 24 bytes. */
struct wr_fs_live {
	uint64_t low;    /* of the key */
	uint32_t high;   /* of the key */
	uint32_t len;    /* bytes; 0: the slot is free */
	uint64_t offset; /* of its first byte */
};

struct wr_fs_upsert {
	struct wr_fs_live *slot; /* owned; NULL while empty */
	uint64_t capacity;       /* slots */
	uint64_t count;          /* live keys */
	uint64_t live_bytes;     /* of their records */
	uint64_t dead;           /* records that were superseded or deleted */
};

void wr_fs_upsert_release(struct wr_fs_upsert *upsert);
/* The key's record is now [offset, offset + len); len is not 0. */
void wr_fs_upsert_put(struct wr_fs_upsert *upsert, struct wr_fs_key key, uint64_t offset,
		      uint32_t len);
/* The key has no record any more. */
void wr_fs_upsert_remove(struct wr_fs_upsert *upsert, struct wr_fs_key key);
/* The live records in order of offset, at slot[0..count). Nothing else may be called behind it but
 * rebuild and release. */
void wr_fs_upsert_sort(struct wr_fs_upsert *upsert);
/* A table again, after sort, when the records have been moved together in that order. */
void wr_fs_upsert_rebuild(struct wr_fs_upsert *upsert);

#endif
