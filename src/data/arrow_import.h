/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_import - record batches of Arrow's C data interface as batches of a table.
 *
 * Columns are found by name when the record batch has names, in any order: a nullable column that
 * is not there becomes NULL, one that the table has not is a mistake; without names they are taken
 * in their order. Fields of nested ROWs likewise.
 *
 * Where Arrow's layout is ours (integers, FLOAT, DOUBLE, DATE, DECIMAL, TIMESTAMP of milliseconds)
 * the columns point into Arrow's buffers; texts become views of its bytes. What they point into is
 * held by a wr_buf whose last reference calls the array's release callback, on whatever thread that
 * is. Everything else is converted in one pass for each column.
 *
 * What is taken for which type (wider means: where every value of the batch fits, else a mistake
 * that names the row):
 *   BOOLEAN            bool
 *   integers           all integers, signed or not
 *   FLOAT, DOUBLE      float, double, integers
 *   DECIMAL            decimal of 32 to 256 bits, integers
 *   CHAR .. STRING     utf8, large utf8, utf8 view; UTF-8 is checked
 *   BINARY .. BYTES    binary, large binary, binary view, fixed size binary
 *   DATE               date32, date64
 *   TIME               time32, time64; cut to milliseconds
 *   TIMESTAMP(p)       timestamp without a zone, of any unit; cut to p
 *   TIMESTAMP_LTZ(p)   timestamp with any zone; cut to p
 *   INTERVAL           months; durations, days and milliseconds
 *   ARRAY              list, large list, list view, large list view, fixed size list
 *   MAP, MULTISET      map
 *   ROW                struct
 * and for each of them null, and a dictionary of what is taken. Run ends and unions are refused.
 *
 * Nothing is read beyond what the array declares: lengths, offsets and sizes are checked against
 * each other, also when the producer got them wrong.
 */
#ifndef WR_DATA_ARROW_IMPORT_H
#define WR_DATA_ARROW_IMPORT_H

#include "data/batch.h"
#include "weir/weir.h"

/* A struct array and its schema as one batch of the target's columns (its types outlive the batch).
 * It has as many rows as the array, which may be more than WR_BATCH_ROWS_MAX: wr_batch_slice cuts
 * it. A column `$kind` of int8 that the target has not becomes the kinds of the rows. `inserts`:
 * NULL when any kind is taken, else +I alone is, and this is what to do about another. On success
 * the array has been moved into the batch (its release is NULL); otherwise it stays the caller's.
 * `schema` is only read. */
wr_status *wr_arrow_import(struct ArrowArray *array, const struct ArrowSchema *schema,
			   const struct wr_schema *target, const char *inserts,
			   struct wr_batch **batch);

#endif
