/* SPDX-License-Identifier: Apache-2.0
 *
 * over_frame - the frames of an OVER node over the rows of one key: accumulators that take new rows
 * in and old ones out again.
 *
 * Calls with the same frame stand together. A frame without a lower bound only adds. For the others
 * the arguments of the rows that are in some frame are kept per key in a ring of fixed-width
 * records, in the order in which the rows went by; each frame knows the first row that is still in
 * it. Rows that leave are retracted before new ones are added, as in Flink: sums of doubles drift
 * alike.
 *
 * The slot of a key: struct wr_over_slot, then per frame its first row, then the accumulators.
 *
 * A record: the row's time (ms), a byte per column that tells whether it is not NULL, then the
 * values at multiples of their size; strings longer than a view holds, and nested values (encoded
 * as in data/codec.h), lie in the pool.
 *
 * Saved: the accumulators, the rows kept as rows of their columns, and how many of them are in each
 * frame.
 *
 * Order of calls for a row: keep -> (retract -> update -> values) of every frame -> trim.
 *
 * Invariants
 *   F1  first row kept <= first row of every bounded frame <= number of rows
 */
#ifndef WR_OP_OVER_FRAME_H
#define WR_OP_OVER_FRAME_H

#include "op/aggregate.h"

struct wr_over_slot {
	int64_t last_time;      /* ms: of the last row that went by, or of a cleanup that was put
				   off; 0: none, as in Flink */
	int64_t cleanup_time;   /* ms: when the key is to be forgotten; 0: no plan */
	int64_t cleanup_fire;   /* ms: the watermark that lets it happen */
	uint64_t round, group;  /* numbers of the round and group of its last row (over_round.c) */
	uint64_t rows;          /* rows that went by: the number of the next one */
	uint64_t first;         /* number of the first row kept */
	uint8_t *ring;          /* records, row number modulo capacity; in the pool */
	uint32_t ring_capacity; /* records, a power of two; 0: none */
	uint32_t waiting;       /* entries of the queue that are the key's */
	uint32_t listed;        /* 1: among those that may be forgotten */
	uint32_t unused;        /* 0 */
};

/* A column of the records. */
struct wr_over_column {
	uint32_t column; /* of the input */
	uint32_t at;     /* of the value in a record */
	bool nested;     /* kept encoded */
};

struct wr_over_frame {
	bool rows;                 /* ROWS; else RANGE */
	bool bounded;              /* has a lower bound */
	int64_t preceding;         /* rows or ms; INT64_MAX when not bounded */
	uint32_t start_at;         /* where the slot has the number of the first row in it */
	struct wr_agg_item *item;  /* the calls; owned */
	uint32_t *output;          /* per call: its number among the node's; owned */
	struct wr_aggs aggs;       /* over `item` */
	struct wr_column *one;     /* per call and argument: a view of one row; owned */
	struct wr_column **result; /* per call: a column of one row to be written again; owned;
				      an entry may be NULL */
};

struct wr_over_frames {
	uint32_t count;                 /* frames */
	struct wr_over_frame *frame;    /* owned */
	uint32_t slot_size;             /* a multiple of 16 */
	bool bounded, ranges;           /* some frame is */
	const struct wr_schema *schema; /* of the input */
	struct wr_over_column *column;  /* of the records; owned */
	uint32_t column_count;
	uint32_t record_size;   /* a multiple of 16 */
	struct wr_column *kept; /* per record column: a view of one value; owned */
	struct wr_column **arg; /* scratch: per record column its view or decoded value; owned */
	struct wr_text scratch; /* for encoding */
	struct wr_codec codec;  /* of the record columns as a row; set by wr_over_frames_fields */
	struct wr_builder **builder; /* per record column; owned */
};

void wr_over_frames_init(struct wr_over_frames *frames, const struct wr_node *node);
void wr_over_frames_release(struct wr_over_frames *frames);
/* Makes a zeroed slot that of a key without rows. */
void wr_over_frames_start(const struct wr_over_frames *frames, uint8_t *slot);
/* The same for a used slot, whose memory goes back to the pool. */
void wr_over_frames_reset(const struct wr_over_frames *frames, struct wr_agg_pool *pool,
			  uint8_t *slot);

/* The next row of its key. Returns its number. */
uint64_t wr_over_frames_keep(struct wr_over_frames *frames, struct wr_agg_pool *pool, uint8_t *slot,
			     const struct wr_batch *batch, uint32_t row, int64_t time);
/* Takes out of a bounded frame what does not belong to it at this row. */
void wr_over_frame_retract(struct wr_over_frames *frames, struct wr_over_frame *frame,
			   struct wr_agg_pool *pool, uint8_t *slot, uint64_t number, int64_t time);
/* Adds rows row[0..count) of a batch to the frame of their slots. */
void wr_over_frame_update(struct wr_over_frame *frame, struct wr_agg_pool *pool,
			  uint8_t *const *slot, const struct wr_batch *batch, const uint32_t *row,
			  uint32_t count);
/* Appends the results of `count` slots to the builders, which are numbered as the node's calls. */
wr_status *wr_over_frame_values(struct wr_over_frame *frame, uint8_t *const *slot, uint32_t count,
				struct wr_builder *const *builder);
/* --- saving and loading: fields of a slot, behind those of over_save.c */

/* Names the calls by what they compute, and describes the fields. The array has room for
 * wr_over_frames_field_count of them. */
uint32_t wr_over_frames_field_count(const struct wr_over_frames *frames);
void wr_over_frames_fields(struct wr_over_frames *frames, struct wr_arena *arena,
			   struct wr_state_field *field);
/* Appends the fields of a slot. */
void wr_over_frames_save(struct wr_over_frames *frames, const uint8_t *slot, struct wr_text *out);
/* Fills a zeroed slot. false: damaged; what it held has been given back. */
bool wr_over_frames_load(struct wr_over_frames *frames, struct wr_agg_pool *pool, uint8_t *slot,
			 const struct wr_str *field);

/* Gives up rows that are in no frame any more. */
void wr_over_frames_trim(struct wr_over_frames *frames, struct wr_agg_pool *pool, uint8_t *slot);

#endif
