/* SPDX-License-Identifier: Apache-2.0
 *
 * spill_inner - the insides of a log, for its own files: spill.c puts, finds and deletes,
 * spill_walk.c goes through it in order.
 */
#ifndef WR_STATE_SPILL_INNER_H
#define WR_STATE_SPILL_INNER_H

#include "state/spill.h"

struct wr_spill_dir {
	struct wr_env *env;
	char *base;            /* where the folder is made; owned */
	char *path;            /* the folder; NULL: not made yet; owned */
	uint32_t segment_size; /* bytes at which a segment is closed */
	uint32_t logs;         /* names given so far */
	uint64_t disk;         /* bytes of all files */
};

struct wr_spill_segment {
	uint64_t sequence;    /* order of being begun, from 1; 0: the slot is free */
	struct wr_file *file; /* for reading */
	uint64_t size;        /* bytes, those in the buffer included */
	uint64_t live_bytes;  /* of rows that are there: about */
	uint32_t live;        /* rows that are there */
};

struct wr_spill_area {
	struct wr_spill_index index;
	int64_t ns;
	uint32_t number; /* in records */
};

/* Reads the records of a segment in order. */
struct wr_spill_reader {
	uint32_t slot;        /* of the segment; UINT32_MAX: none */
	uint64_t offset;      /* of the next record */
	uint64_t read;        /* offset behind what is in `bytes` */
	struct wr_text bytes; /* of the file, up to `read` */
};

struct wr_spill {
	struct wr_spill_dir *dir;
	uint32_t name;                    /* of its files */
	uint32_t units;                   /* positions of a segment */
	struct wr_spill_segment *segment; /* by slot; owned */
	uint32_t segment_count;           /* slots */
	uint64_t sequence;                /* of the newest segment; 0: there is none */
	uint32_t active;                  /* its slot */
	struct wr_file *out;              /* for writing it; NULL: none */
	struct wr_text buffer;            /* what it has not got yet */
	size_t record;                    /* in the buffer: the record being put */
	struct wr_spill_area **area;      /* by number; NULL: free; owned */
	uint32_t area_count;              /* slots */
	uint64_t size, live_bytes;        /* of all segments */
	struct wr_text found;             /* the row that was read */
	struct wr_text victim;            /* scratch of wr_spill_collect */
	struct wr_spill_reader collect;   /* of the segment that is being emptied */
	struct wr_spill_reader walk;
	bool walking;                           /* a walk is under way */
	struct wr_spill_place walk_at, walk_to; /* rows between them are still to come */
};

/* The bytes that a record takes in its file. */
static inline uint64_t wr_spill_padded(uint64_t size)
{
	return (size + WR_SPILL_UNIT - 1) / WR_SPILL_UNIT * WR_SPILL_UNIT;
}
/* Writes the buffer out. */
wr_status *wr_spill_flush(struct wr_spill *spill);
/* Starts a segment if there is none with room. */
wr_status *wr_spill_room(struct wr_spill *spill);
/* A row of a segment is gone. */
void wr_spill_forget(struct wr_spill *spill, uint32_t slot, uint64_t bytes);
/* Removes a segment in which nothing is left. */
wr_status *wr_spill_segment_remove(struct wr_spill *spill, uint32_t slot);
/* Whether the walk under way still comes to some of the segment. */
bool wr_spill_segment_wanted(const struct wr_spill *spill, uint32_t slot);

#endif
