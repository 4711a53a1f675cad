/* SPDX-License-Identifier: Apache-2.0
 *
 * api_input_arrow - weir_input_push_arrow: record batches into an 'input' table, without a copy
 * where Arrow's layout is ours.
 *
 * Room is looked for before the batch is taken over, so that one that would block stays the
 * caller's. Then it goes in slices of 4,096 rows.
 */
#include "base/limits.h"
#include "data/arrow_import.h"
#include "engine/api_input.h"

/* Appends the batch (moved) to what waits, in slices. */
static void add_slices(struct weir_input *self, struct wr_batch *batch)
{
	if (batch->rows <= WR_BATCH_ROWS_MAX) {
		wr_api_input_add(self, batch, 0);
		return;
	}
	for (uint32_t start = 0; start < batch->rows; start += WR_BATCH_ROWS_MAX) {
		uint32_t rows = WR_MIN(batch->rows - start, WR_BATCH_ROWS_MAX);

		wr_api_input_add(self, wr_batch_slice(batch, start, rows), 0);
	}
	wr_batch_free(batch);
}

WR_PUBLIC enum weir_code weir_input_push_arrow(struct weir_input *self, struct ArrowArray *array,
					       const struct ArrowSchema *schema, uint32_t flags,
					       struct weir_error **error)
{
	bool waits = !(flags & WEIR_INPUT_NO_WAIT);
	struct wr_batch *batch = NULL;
	enum wr_input_push result;
	enum weir_code code;
	wr_status *status;

	if (array == NULL || schema == NULL || array->release == NULL || schema->release == NULL)
		return wr_error_misuse(error, "weir_input_push_arrow needs an array and its "
					      "schema that have not been released");
	code = weir_input_push(self, flags, error);
	if (code != WEIR_OK)
		return code;
	result = wr_input_room(self->input, (uint64_t)WR_MAX(array->length, 0),
			       waits ? WR_PUSH_FORCE : WR_PUSH_TRY);
	if (result != WR_PUSH_DONE)
		return wr_api_input_told(self, result, error);
	status = wr_arrow_import(
	    array, schema, &self->input->schema,
	    self->changes ? NULL : "Declare the table with 'input.changelog' = 'changes'", &batch);
	if (status != NULL)
		return wr_error_give(error, WEIR_MISUSE, status, NULL);
	if (batch->rows == 0) {
		wr_batch_free(batch);
		return WEIR_OK;
	}
	add_slices(self, batch);
	return wr_api_input_told(
	    self, wr_api_input_flush(self, waits ? WR_PUSH_WAIT : WR_PUSH_FORCE), error);
}
