/* SPDX-License-Identifier: Apache-2.0
 *
 * spill - rows of a state on disk: a log of what was put there, and indexes in memory that say
 * where each row lies.
 *
 * It is swap space: nothing in it outlives the state, nothing is synced; checkpoints are what is
 * durable. Putting appends to the newest segment file, finding is one read, deleting forgets the
 * position. When half of the log is forgotten rows, the segment with the fewest others is read and
 * these are put again (wr_spill_collect, in small steps), and its file goes.
 *
 * Rows that were put after a place in the log are all behind it, in order: that is how a snapshot
 * reads those that were put in its generation, and how it tells which of the others are still to be
 * read.
 *
 * A record in a segment file, which begins with WR_SPILL_UNIT zeros; records begin at multiples of
 * WR_SPILL_UNIT:
 *   struct wr_spill_record | key (a row of data/codec.h) | value (state/value.h) | zeros
 *
 * Memory: eight to twelve bytes a row, and a buffer. Thread: the state's owner.
 */
#ifndef WR_STATE_SPILL_H
#define WR_STATE_SPILL_H

#include "base/env.h"
#include "base/text.h"
#include "state/spill_index.h"

#define WR_SPILL_UNIT 16u

/* --- the folder of a worker, shared by the logs of its states */

struct wr_spill_dir;
struct wr_spill_options {
	struct wr_env *env;    /* NULL: the system's */
	const char *dir;       /* where to make the worker's folder; made if missing */
	uint32_t segment_size; /* bytes of a segment file, about; 0: the default */
};
/* Nothing is made before the first row is put. */
struct wr_spill_dir *wr_spill_dir_new(const struct wr_spill_options *options);
/* Removes the folder; all logs have been freed. NULL allowed. */
void wr_spill_dir_free(struct wr_spill_dir *dir);
uint64_t wr_spill_dir_disk(const struct wr_spill_dir *dir); /* bytes of all files */

/* --- the log of a state */

struct wr_spill;
struct wr_spill_area; /* the rows of one namespace */

/* In front of every row. */
struct wr_spill_record {
	uint32_t size;       /* of record, key and value */
	uint32_t area;       /* number of the area */
	uint32_t hash;       /* of the key, its lower half */
	uint32_t key_len;    /* bytes of the key */
	uint32_t generation; /* in which it had changed when it was put; 0: it had not */
	uint32_t marks;      /* of the row: WR_ROW_SAVED */
};

/* A row that was read; valid until the next call. */
struct wr_spill_row {
	struct wr_spill_record record;
	uint32_t position;
	struct wr_str key, value;
};

/* A place between records: what was put later is behind it. */
struct wr_spill_place {
	uint64_t sequence; /* of the segment; they only grow */
	uint64_t offset;   /* in its file */
};

struct wr_spill *wr_spill_new(struct wr_spill_dir *dir);
void wr_spill_free(struct wr_spill *spill);            /* areas included; NULL allowed */
uint64_t wr_spill_bytes(const struct wr_spill *spill); /* of memory */
uint32_t wr_spill_segment_size(const struct wr_spill *spill);
uint64_t wr_spill_size(const struct wr_spill *spill); /* bytes on disk */

struct wr_spill_area *wr_spill_area_new(struct wr_spill *spill, int64_t ns);
void wr_spill_area_free(struct wr_spill *spill, struct wr_spill_area *area);
uint64_t wr_spill_area_count(const struct wr_spill_area *area);
int64_t wr_spill_area_ns(const struct wr_spill_area *area);

/* Puts a row whose key is not in the area: the caller appends the key to the text that is returned,
 * calls wr_spill_put_value, appends the value, then ends it. */
struct wr_text *wr_spill_put_begin(struct wr_spill *spill, struct wr_spill_area *area,
				   uint32_t hash, uint32_t generation, uint32_t marks);
void wr_spill_put_value(struct wr_spill *spill);
wr_status *wr_spill_put_end(struct wr_spill *spill, struct wr_spill_area *area);

void wr_spill_prefetch(const struct wr_spill_area *area, uint32_t hash);
/* row->position 0: it is not there. */
wr_status *wr_spill_find(struct wr_spill *spill, const struct wr_spill_area *area, uint32_t hash,
			 struct wr_str key, struct wr_spill_row *row);
wr_status *wr_spill_read(struct wr_spill *spill, uint32_t position, struct wr_spill_row *row);
void wr_spill_delete(struct wr_spill *spill, struct wr_spill_area *area,
		     const struct wr_spill_row *row);
/* Up to `max` rows of an area, to be read by position, from a cursor (0 at first) on; 0: the end.
 * Whatever changes meanwhile, a row that stays is met once; but when more than `max` rows have one
 * hash, nothing may be deleted. */
uint32_t wr_spill_scan(const struct wr_spill_area *area, uint64_t *cursor,
		       struct wr_spill_entry *entry, uint32_t max);

/* Does about `budget` bytes of the work that keeps the log short. */
wr_status *wr_spill_collect(struct wr_spill *spill, uint64_t budget);

/* --- going through the log in order */

struct wr_spill_place wr_spill_end(const struct wr_spill *spill);
/* From now on a walk over all rows between two places is under way; `from` may be zeroed. */
wr_status *wr_spill_walk_begin(struct wr_spill *spill, struct wr_spill_place from,
			       struct wr_spill_place to);
/* The next row that is still there, and its area; NULL: the end. *spent += bytes read. */
wr_status *wr_spill_walk_next(struct wr_spill *spill, struct wr_spill_row *row,
			      struct wr_spill_area **area, uint64_t *spent);
void wr_spill_walk_stop(struct wr_spill *spill);
/* Whether the walk under way has not come to the row yet. */
bool wr_spill_walk_wants(const struct wr_spill *spill, uint32_t position);

#endif
