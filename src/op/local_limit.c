/* SPDX-License-Identifier: Apache-2.0
 *
 * local_limit - the first rows of each worker, in front of LIMIT without ORDER BY.
 *
 * The rows that LIMIT shows are the first ones of the source. Each of them is among the first as
 * many of the worker that has read it, so nothing behind those needs to be sent.
 *
 * Nothing of it is saved: after a restore up to as many rows more pass, which LIMIT, whose state is
 * saved, leaves out. A count that was saved would be wrong as soon as other workers read the rows.
 */
#include "base/mem.h"
#include "op/op.h"

struct op_local_limit {
	struct wr_op op;
	uint64_t left; /* rows that may still pass */
};

static wr_status *limit_init(struct wr_op *op)
{
	struct op_local_limit *self = (struct op_local_limit *)op;

	self->left = (uint64_t)op->node->u.sort.offset + (uint64_t)op->node->u.sort.fetch;
	return NULL;
}

static wr_status *limit_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_local_limit *self = (struct op_local_limit *)op;
	uint32_t count = wr_batch_count(batch);

	WR_ASSERT(input == 0 && batch->kind == NULL);
	if (self->left == 0) {
		wr_batch_free(batch);
		return NULL;
	}
	if (count > self->left) {
		wr_batch_compact(batch);
		batch->sel = wr_malloc(((size_t)count + 1) * sizeof *batch->sel);
		batch->sel_count = (uint32_t)self->left;
		for (uint32_t i = 0; i < batch->sel_count; i++)
			batch->sel[i] = i;
		count = batch->sel_count;
	}
	self->left -= count;
	return wr_out_emit(&op->out, batch);
}

static void limit_release(struct wr_op *op)
{
	(void)op;
}

const struct wr_op_type wr_op_local_limit = {
    .name = "local_limit",
    .version = 1,
    .size = sizeof(struct op_local_limit),
    .init = limit_init,
    .process = limit_process,
    .release = limit_release,
};
