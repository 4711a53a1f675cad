/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_view - results and batches of weir.h as Arrow's.
 *
 * Results that may take rows back have a last column `$kind`, in the schema and in every batch.
 */
#include "data/arrow_export.h"
#include "data/error.h"
#include "data/view.h"

WR_PUBLIC enum weir_code weir_result_arrow(const struct weir_result *result,
					   struct ArrowSchema *schema, struct weir_error **error)
{
	if (error != NULL)
		*error = NULL;
	wr_arrow_export_schema(result->schema, result->updating, schema);
	return WEIR_OK;
}

WR_PUBLIC enum weir_code weir_batch_arrow(const struct weir_batch *batch, struct ArrowArray *array,
					  struct weir_error **error)
{
	const struct weir_result *result = batch->result;
	wr_status *status;

	if (error != NULL)
		*error = NULL;
	status = wr_arrow_export(batch->batch, result->schema, result->updating, array);
	return status == NULL ? WEIR_OK : wr_error_give(error, WEIR_ERROR_JOB, status, NULL);
}
