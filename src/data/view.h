/* SPDX-License-Identifier: Apache-2.0
 *
 * view - results, batches and rows as weir.h shows them: views of columns, nothing is copied but
 * texts.
 *
 * A weir_row is three words, made on the caller's stack or kept in an operator; everything that a
 * getter has to remember (texts, rows of nested values) lies in its weir_result.
 *
 * Thread: one owner each; several may look at one batch.
 */
#ifndef WR_DATA_VIEW_H
#define WR_DATA_VIEW_H

#include "base/text.h"
#include "data/batch.h"
#include "data/zone.h"
#include "weir/weir.h"

struct weir_result {
	const struct wr_schema *schema; /* the plan's: gone when the job has ended */
	uint32_t column_count;          /* of the arrays below; 0: no result is open */
	bool updating;                  /* rows may be taken back */
	struct wr_zone *zone;           /* session time zone; owned unless zone_shared */
	bool zone_shared;               /* it is the result's that this one is nested in */
	struct wr_text *text;           /* per column: the value last asked for as text; owned */
	struct wr_text *type_text;      /* per column: its type as text; owned */
	struct wr_nested_view *nested;  /* per column: what weir_child shows; owned; NULL: nothing
					   was asked for yet */
};

struct weir_row {
	struct weir_result *result;   /* borrowed */
	const struct wr_batch *batch; /* borrowed for the time of the callback */
	uint32_t row;                 /* physical row of the batch */
};

struct weir_batch {
	struct weir_result *result;   /* borrowed */
	const struct wr_batch *batch; /* borrowed */
	struct weir_row row;          /* what weir_batch_row returned last */
};

/* A batch of the result to be shown: *view is valid while both live. */
static inline void wr_batch_view(struct weir_batch *view, struct weir_result *result,
				 const struct wr_batch *batch)
{
	*view = (struct weir_batch){.result = result, .batch = batch};
	view->row = (struct weir_row){.result = result, .batch = batch};
}
/* Opens `result` (zeroed) for a schema that outlives the rows. */
wr_status *wr_result_init(struct weir_result *result, const struct wr_schema *schema, bool updating,
			  const char *zone_id);
/* Back to zero; a zeroed result is allowed. Does not look at the schema. */
void wr_result_release(struct weir_result *result);

#endif
