/* SPDX-License-Identifier: Apache-2.0
 *
 * memory - the insides of the memory backend, for its own files: memory.c looks up and changes,
 * memory_snapshot.c notes what changes and writes it down.
 */
#ifndef WR_STATE_MEMORY_H
#define WR_STATE_MEMORY_H

#include "state/backend.h"
#include "state/snapshot.h"
#include "state/table.h"

struct wr_space {
	int64_t ns;             /* window slice end in ms, or 0 */
	struct wr_table *table; /* owned */
};

/* What snapshots need; see memory_snapshot.c. */
struct wr_track {
	bool on;             /* changes are noted */
	uint32_t generation; /* 0 or 1: where changes are noted now */
	uint32_t passed;     /* WR_ROW_PASSED of rows that the last full snapshot has passed */
	uint32_t want_mask, want_flip; /* a row is wanted: (mark ^ want_flip) & want_mask != 0 */
	bool active;                   /* a snapshot is under way */
	bool full, keep_changes;       /* what it is */
	struct wr_row_marks marks;     /* of all tables */
	struct wr_snapshot_out out;    /* its records */
	int64_t walk_ns;               /* namespaces below it have been written */
	struct wr_space *doomed; /* dropped ones of which records are still to be written; owned */
	uint32_t doomed_count, doomed_capacity;
	struct wr_snapshot_block **removed; /* REMOVE records of the generation; owned */
	uint32_t removed_count, removed_capacity;
};

struct wr_memory {
	struct wr_state state;
	struct wr_key_layout keys;   /* how keys lie in rows */
	struct wr_row_layout rows;   /* how rows lie in chunks */
	struct wr_blocks blocks;     /* where chunks and indexes come from */
	struct wr_packed packed;     /* keys of the batch in hand */
	struct wr_builder **builder; /* WR_KEY_BYTES: one per key column; NULL: none yet */
	struct wr_space *space;      /* the directory: entries [space_first, +space_count) */
	uint32_t space_first;        /* those before it are gone */
	uint32_t space_count;        /* namespaces */
	uint32_t space_capacity;     /* slots at space */
	int64_t last_ns;             /* of last_table */
	struct wr_table *last_table; /* used last; NULL: none */
	uint32_t dropped[2];         /* keys of the namespaces dropped last: what to expect of a new
					one, the lower of both */
	struct wr_track track;
};

static inline struct wr_memory *wr_memory_of(struct wr_state *state)
{
	return (struct wr_memory *)state;
}
/* The first entry of the directory with a namespace >= ns; space_count when there is none. */
uint32_t wr_memory_search(const struct wr_memory *memory, int64_t ns);
/* Frees a table that is in no directory any more. */
void wr_memory_table_free(struct wr_table *table);

/* --- memory_snapshot.c */

void wr_track_init(struct wr_track *track);
void wr_track_release(struct wr_track *track);
/* The slots may be changed from now on: writes those that the snapshot under way still wants, and
 * notes all. Only when track.on. */
void wr_track_touch(struct wr_memory *memory, int64_t ns, struct wr_table *table,
		    uint8_t *const *slot, uint32_t count);
/* The slots are about to be removed. */
void wr_track_remove(struct wr_memory *memory, int64_t ns, struct wr_table *table,
		     uint8_t *const *slot, uint32_t count);
/* The namespace is about to go, having left the directory. true: the table has been taken over. */
bool wr_track_drop(struct wr_memory *memory, int64_t ns, struct wr_table *table);

void wr_memory_track(struct wr_state *state);
void wr_memory_snapshot_begin(struct wr_state *state, struct wr_snapshot *snapshot, uint32_t id);
bool wr_memory_snapshot_step(struct wr_state *state, size_t budget);
void wr_memory_snapshot_abort(struct wr_state *state);

#endif
