/* SPDX-License-Identifier: Apache-2.0
 *
 * row_list - the rows that a join keeps under one key, encoded, in the state's pool; and the writer
 * of joined rows.
 *
 * Thread: the owner's.
 */
#ifndef WR_OP_ROW_LIST_H
#define WR_OP_ROW_LIST_H

#include "data/codec.h"
#include "op/fields.h"
#include "op/ttl.h"

struct wr_kept_row {
	char *bytes;      /* the encoded row; in the pool */
	uint32_t len;     /* bytes */
	uint32_t matches; /* rows of the other side that it matches, where the join needs to know */
	union {
		struct {
			uint32_t hash;  /* of the bytes: most others need not be looked at */
			uint32_t stamp; /* when it was added, if rows expire: op/ttl.h */
		};
		int64_t time_ms; /* in lists by time */
	};
};

struct wr_row_list {
	struct wr_kept_row
	    *row; /* in the order of arrival; in the pool; NULL while capacity is 0 */
	uint32_t count, capacity;
};

/* Appends a copy of the bytes. */
struct wr_kept_row *wr_row_list_add(struct wr_row_list *list, struct wr_agg_pool *pool,
				    const char *bytes, uint32_t len);
/* The first row with these bytes, or -1. */
int64_t wr_row_list_find(const struct wr_row_list *list, const char *bytes, uint32_t len);
/* Takes row `index` out; the order of the others stays. */
void wr_row_list_remove(struct wr_row_list *list, struct wr_agg_pool *pool, uint32_t index);

/* Takes the first rows out as long as they are expired. */
void wr_row_list_expire(struct wr_row_list *list, struct wr_agg_pool *pool,
			const struct wr_ttl *ttl);

/* Gives everything back. */
void wr_row_list_drop(struct wr_row_list *list, struct wr_agg_pool *pool);

/* --- as a field of a saved slot: rows with the numbers "matches" and "added_ms" */

enum wr_saved_matches {
	WR_MATCHES_NONE,    /* mean nothing: 0 is saved */
	WR_MATCHES_COUNTED, /* as they are */
	WR_MATCHES_NO_KEY   /* UINT32_MAX: the key has a NULL; else 0 is saved */
};
struct wr_state_field wr_row_list_field(struct wr_arena *arena, const char *name,
					const struct wr_schema *schema);
/* Appends the list as a field; `ttl` NULL: stamps mean nothing. */
void wr_row_list_save(const struct wr_row_list *list, enum wr_saved_matches matches,
		      const struct wr_ttl *ttl, struct wr_text *out);
/* Fills an empty list. false: the bytes are damaged; the list is empty then. */
bool wr_row_list_load(struct wr_row_list *list, struct wr_agg_pool *pool,
		      const struct wr_codec *codec, const struct wr_ttl *ttl, struct wr_str field);

/* One side of a join. */
struct wr_join_side {
	uint32_t columns;              /* of the input */
	struct wr_codec codec;         /* of its rows */
	struct wr_builder **builder;   /* per column: the output being written, or NULL when the
					  output has not this side */
	struct wr_builder **candidate; /* per column: rows to be tested by the condition */
	bool shown;                    /* the output has this side's columns */
};

/* Writes rows of a two-input join: left columns, then right ones (not for SEMI and ANTI). */
struct wr_join_writer {
	struct wr_op *op;
	struct wr_arena arena;        /* of the codecs */
	struct wr_join_side side[2];  /* left, right */
	struct wr_program *condition; /* the rest of the join condition; NULL: none */
	/* Pairs to be tested by the condition: left, right; room for WR_BATCH_ROWS_MAX. */
	const struct wr_kept_row **pair[2];
	uint32_t pairs;   /* collected so far */
	uint8_t *matched; /* per pair: see wr_join_writer_matched; owned */
	uint32_t matched_capacity;
	uint8_t *kind; /* of the rows written so far; room for a batch */
	uint32_t rows;
	uint32_t limit;    /* rows of a batch */
	int64_t watermark; /* of the batches it makes */
	/* Takes the joined rows; NULL: they are what the operator emits. */
	wr_status *(*take)(struct wr_join_writer *writer, struct wr_batch *batch_moved);
};
wr_status *wr_join_writer_init(struct wr_join_writer *writer, struct wr_op *op);
/* The same for a node that is no join; condition: over left ++ right; NULL: none. */
wr_status *wr_join_writer_open(struct wr_join_writer *writer, struct wr_op *op,
			       enum wr_join_kind join, struct wr_expr *condition);
void wr_join_writer_release(struct wr_join_writer *writer);
/* Appends one row: encoded left and right parts; NULL: the side is all NULL. Emits when full. */
wr_status *wr_join_writer_put(struct wr_join_writer *writer, const struct wr_kept_row *left,
			      const struct wr_kept_row *right, uint8_t kind);
wr_status *wr_join_writer_flush(struct wr_join_writer *writer);
/* A byte for each of so many pairs, where the tests below may write; valid until the next call. */
uint8_t *wr_join_writer_matched(struct wr_join_writer *writer, uint32_t pairs);
/* Collects the pairs of `one` (of side `s`) with each of others[0..count), to be tested with those
 * of other rows at once: false when they do not fit any more (never for the first rows up to
 * WR_BATCH_ROWS_MAX). The rows must stay until the test. */
bool wr_join_writer_pair(struct wr_join_writer *writer, uint32_t s, const struct wr_kept_row *one,
			 const struct wr_kept_row *others, uint32_t count);
/* matched[i] = whether pair i satisfies the condition; the pairs are forgotten. */
wr_status *wr_join_writer_test(struct wr_join_writer *writer, uint8_t *matched);
/* Rows of one side, and for each the rows of the other side under its key. */
struct wr_join_probe {
	uint32_t side, count;             /* side, and number of rows */
	const struct wr_kept_row *row;    /* count of them */
	const struct wr_row_list *others; /* per row; they must not change while it is probed */
};
/* Tests the pairs of rows [from, *to): of as many rows as fit one test, or of one row with many
 * partners. *matched: a byte for every pair in their order, valid until the next call; NULL: there
 * is no condition, all pairs match. */
wr_status *wr_join_writer_probe(struct wr_join_writer *writer, const struct wr_join_probe *probe,
				uint32_t from, uint32_t *to, const uint8_t **matched);
/* matched[i] = whether `one` of side `s` and other row i satisfy the condition; for any number of
 * others. No pairs may be collected. */
wr_status *wr_join_writer_match(struct wr_join_writer *writer, uint32_t s,
				const struct wr_kept_row *one, const struct wr_row_list *others,
				uint8_t *matched);

#endif
