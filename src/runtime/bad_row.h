/* SPDX-License-Identifier: Apache-2.0
 *
 * bad_row - rows of a source that were decoded well but cannot be used: an expression of the scan
 * failed, or the row time is NULL. They become entries of the block's list of bad records.
 *
 * Rows do not know their bytes: it would cost all rows what a few need. So the block is decoded a
 * second time, row by row, up to the row in question. The second reading goes on where it stopped,
 * so that a block full of such rows is read twice and not more. It is left out where nobody wants
 * to know the place: with 'error-handling.mode' = 'ignore'.
 *
 * Thread: the worker that has the block.
 */
#ifndef WR_RUNTIME_BAD_ROW_H
#define WR_RUNTIME_BAD_ROW_H

#include "runtime/source.h"

/* Appends an entry for row `row` (counted in the block, as decoded; UINT64_MAX: not known). Never
 * NULL; the caller fills kind and text. */
struct wr_bad_record *wr_bad_row_add(struct wr_source_task *task, uint64_t row);
/* An entry for a failed evaluation. */
void wr_bad_row_failed(struct wr_source_task *task, uint64_t row,
		       const struct wr_eval_error *error);
/* Entries in the order of the block, whatever found them. */
void wr_bad_row_sort(struct wr_bad_list *list);
/* Forgets the second reading: the block goes. */
void wr_bad_row_reset(struct wr_source_task *task);

#endif
