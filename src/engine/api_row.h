/* SPDX-License-Identifier: Apache-2.0
 *
 * api_row - results and rows as weir.h shows them: a view of a batch, one row at a time.
 */
#ifndef WR_ENGINE_API_ROW_H
#define WR_ENGINE_API_ROW_H

#include "base/text.h"
#include "data/batch.h"
#include "data/zone.h"
#include "weir/weir.h"

struct weir_result {
	const struct wr_schema *schema; /* the plan's: gone when the job has ended */
	uint32_t column_count;          /* of the arrays below; 0: no result is open */
	bool updating;                  /* rows may be taken back */
	struct wr_zone *zone;           /* session time zone; owned */
	struct wr_text *text;           /* per column: the value last asked for as text; owned */
	struct wr_text *type_text;      /* per column: its type as text; owned */
};

struct weir_row {
	struct weir_result *result;   /* borrowed */
	const struct wr_batch *batch; /* borrowed for the time of the callback */
	uint32_t row;                 /* physical row of the batch */
};

/* Opens `result` (zeroed) for a schema that outlives the rows. */
wr_status *wr_result_init(struct weir_result *result, const struct wr_schema *schema, bool updating,
			  const char *zone_id);
/* Back to zero; a zeroed result is allowed. Does not look at the schema. */
void wr_result_release(struct weir_result *result);

#endif
