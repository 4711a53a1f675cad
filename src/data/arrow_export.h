/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_export - batches as record batches of Arrow's C data interface.
 *
 *   NULL null            BOOLEAN bool               TINYINT .. BIGINT int8 .. int64
 *   FLOAT float          DOUBLE double              DECIMAL(p, s) decimal128(p, s)
 *   CHAR .. STRING utf8  BINARY .. BYTES binary     DATE date32
 *   TIME time32[ms]      TIMESTAMP(p) timestamp: seconds for p = 0, then ms, us, ns by three digits
 *   TIMESTAMP_LTZ(p) the same with zone UTC         INTERVAL .. SECOND duration[ms]
 *   INTERVAL .. MONTH interval of months, days and nanoseconds: pyarrow and DuckDB read that one
 *   ARRAY list           MAP map                    MULTISET map to the counts        ROW struct
 *
 * Texts are utf8 and not views of them, for there are readers of Arrow that do not know views yet.
 * A DECIMAL, DATE, TIME, TIMESTAMP(1..3), number and INTERVAL .. SECOND of a batch without
 * selection is not copied: the array holds the column. Selections are compacted, constants
 * repeated, the bytes of validity packed into bits.
 *
 * What is handed out may be released on any thread, its children may be moved out before, and it
 * outlives the batch, the plan and the session.
 */
#ifndef WR_DATA_ARROW_EXPORT_H
#define WR_DATA_ARROW_EXPORT_H

#include "data/batch.h"
#include "weir/weir.h"

/* The schema as a struct; `kinds`: with a last column `$kind`. */
void wr_arrow_export_schema(const struct wr_schema *schema, bool kinds, struct ArrowSchema *out);
/* The rows of a batch with the schema's columns. A mistake (nothing is handed out) is a value that
 * Arrow has no place for: a timestamp beyond 64 bits of its unit, a NULL as the key of a map, more
 * than 2 GiB of texts in one column. */
wr_status *wr_arrow_export(const struct wr_batch *batch, const struct wr_schema *schema, bool kinds,
			   struct ArrowArray *out);

#endif
