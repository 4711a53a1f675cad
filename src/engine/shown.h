/* SPDX-License-Identifier: Apache-2.0
 *
 * shown - what SHOW, DESCRIBE, EXPLAIN and SET give: lines for people, and the same as rows, with
 * the columns and types that Flink gives them.
 *
 * Rows are kept as cells, texts that live as long as what was prepared; a cursor makes batches of
 * them, and no job runs for that.
 *
 * Thread: that which prepares; unchanged afterwards.
 */
#ifndef WR_ENGINE_SHOWN_H
#define WR_ENGINE_SHOWN_H

#include "data/batch.h"

#define WR_SHOWN_COLUMNS_MAX 7

struct wr_prepared;

struct wr_shown {
	struct wr_field field[WR_SHOWN_COLUMNS_MAX]; /* STRING, BOOLEAN or TIMESTAMP_LTZ(6);
							names are literals */
	uint32_t column_count;                       /* 0: lines only */
	uint32_t row_count;
	const char *const *cell; /* row by row; NULL: SQL's NULL; of a BOOLEAN "TRUE" or "FALSE",
				    of a time ms since 1970 */
};

/* The text that was prepared last is also the rows `cell` (with the prepared script). */
void wr_shown_cells(struct wr_prepared *prepared, const struct wr_field *field,
		    uint32_t column_count, const char *const *cell, uint32_t row_count);
/* It is rows of one column, a line each. */
void wr_shown_lines(struct wr_prepared *prepared, const char *column);
/* Its lines are split at the first `between` into two columns. */
void wr_shown_pairs(struct wr_prepared *prepared, const char *const column[2], const char *between);
/* It is one row, "result", but for the newline at its end. */
void wr_shown_whole(struct wr_prepared *prepared);
/* Rows from `begin` on as a batch, at most WR_BATCH_ROWS_MAX of them; there are some. */
struct wr_batch *wr_shown_batch(const struct wr_shown *shown, uint32_t begin);

#endif
