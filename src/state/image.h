/* SPDX-License-Identifier: Apache-2.0
 *
 * image - all that one state holds in a checkpoint, in memory: for tools that show, compare and
 * query it.
 *
 * Later segments replace and remove what earlier ones have; what is left is sorted by namespace and
 * encoded key, so that the same state gives the same entries whatever the number of workers that
 * wrote it. Records of an extra are all there, in the order of the workers.
 *
 * Memory: the bytes of all records of the state, and 64 bytes an entry. Thread: one owner;
 * immutable once read.
 */
#ifndef WR_STATE_IMAGE_H
#define WR_STATE_IMAGE_H

#include "state/store.h"

struct wr_image_entry {
	int64_t ns;          /* namespace */
	uint32_t worker;     /* that wrote it */
	uint64_t order;      /* in which they were read */
	struct wr_str key;   /* encoded; data NULL: none (an extra without key columns) */
	struct wr_str value; /* encoded fields */
};

struct wr_image {
	uint32_t state; /* index into manifest->state */
	uint64_t count; /* entries */
	struct wr_image_entry *entry;
	uint64_t bytes;        /* of keys and values */
	struct wr_arena arena; /* their bytes */
	uint64_t capacity;     /* slots at entry */
	uint64_t slots;        /* of `slot`, a power of two; 0: not needed */
	uint64_t *slot;        /* entry index + 1; 0: free */
};

wr_status *wr_image_read(struct wr_env *env, const struct wr_manifest *manifest, uint32_t state,
			 struct wr_image **out);
void wr_image_free(struct wr_image *image); /* NULL allowed */
/* The order of entries: namespace, then the bytes of the key; 0: the same key. */
int wr_image_compare(const struct wr_image_entry *a, const struct wr_image_entry *b);

#endif
