/* SPDX-License-Identifier: Apache-2.0
 *
 * snapshot - the records of state on their way to a checkpoint, and back.
 *
 * At the mark of a checkpoint every state of a worker begins its snapshot, which costs next to
 * nothing; the records are then written piece by piece between batches (wr_state_snapshot_step),
 * while processing goes on. A slot that is about to change before its turn is written first: so
 * what is written is the state at the mark, copied on write, slot by slot.
 *
 * Records travel in blocks of about WR_SNAPSHOT_BLOCK bytes. Layout of a record, n being a
 * namespace (zigzag varint), `length` a varint of a length + 1:
 *   PUT      n, length, key, length, value       replaces what the key had
 *   REMOVE   n, length, key                      the key is gone; a length of 0 and no key: all
 * keys of the namespace are EXTRA    0, length, key, length, value       what an operator keeps
 * beside its states: all of it in every checkpoint, later ones replace it Keys are rows of
 * data/codec.h over the key columns, values those of state/value.h. A snapshot's blocks are to be
 * read in the order in which they were emitted, per state: REMOVE comes before PUT.
 *
 * Thread: the worker's; emit() may hand blocks to another thread.
 */
#ifndef WR_STATE_SNAPSHOT_H
#define WR_STATE_SNAPSHOT_H

#include "state/state.h"

#define WR_SNAPSHOT_BLOCK (256u << 10) /* bytes at which a block goes on its way */

enum wr_record_kind { WR_RECORD_PUT = 1, WR_RECORD_REMOVE = 2, WR_RECORD_EXTRA = 3 };

struct wr_snapshot_block {
	uint32_t state;           /* which: the number given to wr_state_snapshot_begin */
	enum wr_record_kind kind; /* of all its records */
	uint32_t records;         /* number of them */
	struct wr_text bytes;     /* owned */
};
void wr_snapshot_block_free(struct wr_snapshot_block *block); /* NULL allowed */

/* Where the blocks of one worker's snapshot go. */
struct wr_snapshot {
	void (*emit)(struct wr_snapshot *snapshot, struct wr_snapshot_block *block_moved);
	void *user;
	bool full;         /* all slots, not only those changed since the last snapshot; the first
			      snapshot of a state must be full */
	bool keep_changes; /* a snapshot on the side: what changed since the last one stays noted */
};

/* --- writing records into an open block (state backends, operators' extras) */

struct wr_snapshot_out {
	struct wr_snapshot *snapshot;    /* NULL: no snapshot under way */
	uint32_t state;                  /* number of the state */
	struct wr_snapshot_block *block; /* being filled; NULL: none */
	size_t value_begin;              /* of the record being written */
};
/* The text to which one record of this kind is to be appended; then wr_snapshot_out_done. */
struct wr_text *wr_snapshot_out_begin(struct wr_snapshot_out *out, enum wr_record_kind kind);
void wr_snapshot_out_done(struct wr_snapshot_out *out); /* one record is complete */
void wr_snapshot_out_flush(struct wr_snapshot_out *out);

/* --- the calls of the runtime */

/* From now on (before the first key) changes are noted, so that snapshots can be incremental. */
void wr_state_track(struct wr_state *state);
/* At a mark: what the state holds now is to be written to `snapshot` as state number `id`. The one
 * before must be done. */
void wr_state_snapshot_begin(struct wr_state *state, struct wr_snapshot *snapshot, uint32_t id);
/* Writes about `budget` bytes of records; true when all are written. */
bool wr_state_snapshot_step(struct wr_state *state, size_t budget);
/* Gives an unfinished snapshot up (done: no effect). After a snapshot that has not become part of a
 * checkpoint, given up or not, the next one must be full. */
void wr_state_snapshot_abort(struct wr_state *state);

/* --- reading back (state/restore.c) */

/* How the fields of a saved state become those of a declared one. */
struct wr_state_map {
	uint32_t saved_count; /* fields of a saved value */
	const uint32_t *from; /* per declared field: the saved field, or UINT32_MAX: absent */
	/* MAY: per declared field (ROW, ROWS), how a saved row becomes a declared one; NULL: it is
	 * one already. */
	const struct wr_row_change *const *change;
};
struct wr_row_change; /* state/schema.h */

/* Which keys a worker takes. */
struct wr_owner {
	uint32_t worker, workers, max_parallelism;
};
/* Whether the worker owns a hash of a key (of the columns that rows are distributed by). */
bool wr_owner_has(const struct wr_owner *owner, uint64_t hash);

/* Applies the records of a PUT or REMOVE block: those of keys that `owner` has (NULL: all).
 * WR_FATAL when they are damaged. */
wr_status *wr_state_load(struct wr_state *state, enum wr_record_kind kind, struct wr_str records,
			 const struct wr_state_map *map, const struct wr_owner *owner);

/* Goes through the records of a block: *at is records.data at first. false: the end, or damaged
 * (then *at is NULL). key.data NULL: a whole namespace (REMOVE). */
bool wr_record_next(enum wr_record_kind kind, struct wr_str records, const char **at, int64_t *ns,
		    struct wr_str *key, struct wr_str *value);

#endif
