/* SPDX-License-Identifier: Apache-2.0
 *
 * rows_back - rows that waited outside of keyed state, on their way back from a checkpoint: the
 * records of an extra are gathered into batches, in the order in which they come.
 *
 * A record has a key (by which it comes to its worker), some numbers, and a row or none.
 *
 * Order of calls: init -> add* -> finish -> (the chunks are used) -> release. Thread: the owner's.
 * Memory: the rows, until they are released.
 */
#ifndef WR_OP_ROWS_BACK_H
#define WR_OP_ROWS_BACK_H

#include "op/fields.h"

/* Up to a batch of records. */
struct wr_back_chunk {
	struct wr_batch *batch; /* their rows; NULLs where a record has none; owned: may be taken */
	struct wr_column **key; /* their keys: a reference per column */
	int64_t *number;        /* of record i: number[i * number_count ...]; owned */
	bool *has_row;          /* per record; owned */
};

struct wr_rows_back {
	struct wr_arena arena; /* of the codecs */
	struct wr_codec row_codec, key_codec;
	struct wr_builder **row, **key; /* per column */
	uint32_t number_count;          /* per record */
	uint32_t rows;                  /* in the chunk being filled: the last one */
	struct wr_back_chunk *chunk;    /* count of them; owned */
	uint32_t count, capacity;       /* chunks */
};

/* `key`: numbers of the key columns among those of the schema. */
void wr_rows_back_init(struct wr_rows_back *back, const struct wr_schema *schema,
		       const uint32_t *key, uint32_t key_count, uint32_t number_count);
/* Adds a record; row.data NULL: it has none. false: the bytes are damaged. */
bool wr_rows_back_add(struct wr_rows_back *back, struct wr_str key, struct wr_str row,
		      const int64_t *number);
/* There are no more records: the last chunk is complete. */
void wr_rows_back_finish(struct wr_rows_back *back);
/* Gives up all that has not been taken; a zeroed one is allowed. */
void wr_rows_back_release(struct wr_rows_back *back);

#endif
