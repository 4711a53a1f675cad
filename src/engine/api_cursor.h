/* SPDX-License-Identifier: Apache-2.0
 *
 * api_cursor - results that are pulled, as the parts of the engine see them: batches of the data
 * layer, owned by whoever took them.
 *
 * A cursor is a job (api_job.c) whose rows go into a bounded queue. A worker that finds it full
 * waits there, and so, in the end, does the whole job.
 *
 * Thread: one at a time takes; the job's worker puts; cancel any.
 */
#ifndef WR_ENGINE_API_CURSOR_H
#define WR_ENGINE_API_CURSOR_H

#include "data/batch.h"
#include "engine/api_session.h"

#define WR_CURSOR_ROWS_MAX  65536 /* that wait to be taken; the batch that passes it, too */
#define WR_CURSOR_COUNT_MAX 1024  /* the same in batches, which may be of one row each */

/* One of rows that are there already, which are copied; no job runs for it. */
struct weir_cursor *wr_cursor_shown(const struct wr_shown *shown, const char *zone_id);
/* Columns of the result; as long as the cursor. */
const struct wr_schema *wr_cursor_schema(const struct weir_cursor *cursor);
/* Takes the next batch, the caller's from then on; its buffers may outlive the cursor, but not the
 * types of its columns. Codes as weir_cursor_batch. Rows of a batch that was read in part row by
 * row come first. */
/* From now on at most so many bytes of rows wait (and the batch that passes it), besides the limits
 * above. */
void wr_cursor_limit(struct weir_cursor *cursor, uint64_t bytes_max);
/* What it reads ends by itself. */
bool wr_cursor_bounded(const struct weir_cursor *cursor);
/* Its job ends, rows that wait are dropped, and who takes gets WEIR_CANCELLED. Not while it is
 * freed. */
void wr_cursor_cancel(struct weir_cursor *cursor);
enum weir_code wr_cursor_take(struct weir_cursor *cursor, int64_t timeout_ms,
			      struct wr_batch **batch, struct weir_error **error);

#endif
