/* SPDX-License-Identifier: Apache-2.0
 *
 * drop_update_before - takes -U out where rows replace each other by key.
 *
 * A -U goes if the +U of the same key stands right behind it. Else the key itself has changed, or
 * the two came in different batches: it becomes a -D then, which is right in any case.
 *
 * Memory: none.
 */
#include "base/mem.h"
#include "op/op.h"

static wr_status *drop_init(struct wr_op *op)
{
	(void)op;
	return NULL;
}

static bool same_key(const struct wr_node *node, const struct wr_batch *batch, uint32_t a,
		     uint32_t b)
{
	for (uint32_t i = 0; i < node->u.changelog.key_count; i++) {
		const struct wr_column *column = batch->column[node->u.changelog.key[i]];

		if (!wr_value_equal(column, a, column, b))
			return false;
	}
	return true;
}

/* Narrows the selection. */
static wr_status *drop_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	uint32_t count = wr_batch_count(batch), kept = 0, *sel;

	WR_ASSERT(input == 0);
	if (batch->kind == NULL)
		return wr_out_emit(&op->out, batch);
	sel = wr_malloc(((size_t)count + 1) * sizeof *sel);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i);

		if (batch->kind[row] == WR_UPDATE_BEFORE) {
			uint32_t next = i + 1 < count ? wr_batch_row(batch, i + 1) : row;

			if (batch->kind[next] == WR_UPDATE_AFTER &&
			    same_key(op->node, batch, row, next))
				continue;
			batch->kind[row] = WR_DELETE;
		}
		sel[kept++] = row;
	}
	wr_free(batch->sel);
	batch->sel = sel;
	batch->sel_count = kept;
	if (kept > 0)
		return wr_out_emit(&op->out, batch);
	wr_batch_free(batch);
	return NULL;
}

static void drop_release(struct wr_op *op)
{
	(void)op;
}

const struct wr_op_type wr_op_drop_update_before = {
    .name = "drop_update_before",
    .version = 1,
    .size = sizeof(struct wr_op),
    .keeps_rows = true,
    .init = drop_init,
    .process = drop_process,
    .release = drop_release,
};
