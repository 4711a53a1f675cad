/* SPDX-License-Identifier: Apache-2.0
 *
 * saved_rows - the entries of a saved state as rows of a table, for tools that show and query them.
 *
 * Columns: those of the key; "namespace" (BIGINT: the end of a window in ms, 0 where there are no
 * windows; "worker" of an extra, INT); then one per field:
 *   NUMBER        BIGINT
 *   ROW           ROW of the columns
 *   ROWS          ARRAY of ROW of the numbers (BIGINT) and the columns
 *   ACCUMULATOR   what the aggregate would give now, if this version of Weir has the aggregate with
 * the same bytes; else BYTES BYTES         BYTES A field that is absent is NULL, and so is an
 * aggregate that cannot give a result. A name that comes twice gets "_2", and so on.
 *
 * Thread: one owner.
 */
#ifndef WR_STATE_SAVED_ROWS_H
#define WR_STATE_SAVED_ROWS_H

#include "data/batch.h"
#include "state/image.h"

struct wr_saved_rows;

/* `state` must outlive it. */
struct wr_saved_rows *wr_saved_rows_new(const struct wr_saved_state *state);
void wr_saved_rows_free(struct wr_saved_rows *rows); /* NULL allowed */
const struct wr_schema *wr_saved_rows_schema(const struct wr_saved_rows *rows);
/* What a column of the schema is: "key", "namespace", "worker", or the kind of the field: "number",
 * "row", "rows", "aggregate", "bytes". */
const char *wr_saved_rows_role(const struct wr_saved_rows *rows, uint32_t column);
/* The rows of `count` entries, at most WR_BATCH_ROWS_MAX. */
wr_status *wr_saved_rows_batch(struct wr_saved_rows *rows, const struct wr_image_entry *entry,
			       uint32_t count, struct wr_batch **out);

#endif
