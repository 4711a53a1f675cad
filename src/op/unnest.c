/* SPDX-License-Identifier: Apache-2.0
 *
 * unnest - CROSS and LEFT JOIN UNNEST: a row per element of a collection, next to the row that the
 * collection is in.
 *
 * An array gives its elements, a map its keys and values, a multiset each value as often as it is
 * in it; elements that are rows give their fields. NULL collections have no elements. LEFT keeps a
 * row none of whose elements satisfies the condition, with NULLs for the element.
 *
 * Nothing is kept. Row kinds and watermarks stay with their rows.
 */
#include "base/mem.h"
#include "op/op.h"

#define NO_ELEMENT UINT32_MAX

struct op_unnest {
	struct wr_op op;
	struct wr_program *collection;
	struct wr_program *condition; /* NULL: none */
};

/* Output rows: the physical input row, the element within the collection's child columns, and its
 * number. */
struct pairs {
	uint32_t count, capacity;
	uint32_t *row, *element, *number;
};

static wr_status *unnest_init(struct wr_op *op)
{
	struct op_unnest *self = (struct op_unnest *)op;
	const struct wr_node *node = op->node;

	WR_TRY(wr_program_clocked((struct wr_expr *const *)&node->u.unnest.expr, 1,
				  node->input[0]->schema.count, op->env->zone_id, op->env->env,
				  &self->collection));
	if (node->u.unnest.condition == NULL)
		return NULL;
	return wr_program_clocked((struct wr_expr *const *)&node->u.unnest.condition, 1,
				  node->schema.count, op->env->zone_id, op->env->env,
				  &self->condition);
}

static void pairs_add(struct pairs *pairs, uint32_t row, uint32_t element, uint32_t number)
{
	if (pairs->count == pairs->capacity) {
		pairs->capacity = WR_MAX(1024, 2 * pairs->capacity);
		pairs->row = wr_realloc(pairs->row, pairs->capacity * sizeof *pairs->row);
		pairs->element =
		    wr_realloc(pairs->element, pairs->capacity * sizeof *pairs->element);
		pairs->number = wr_realloc(pairs->number, pairs->capacity * sizeof *pairs->number);
	}
	pairs->row[pairs->count] = row;
	pairs->element[pairs->count] = element;
	pairs->number[pairs->count++] = number;
}

static void pairs_release(struct pairs *pairs)
{
	wr_free(pairs->row);
	wr_free(pairs->element);
	wr_free(pairs->number);
}

/* Pairs one row with the elements of its collection. */
static void pair_row(const struct wr_node *node, const struct wr_column *collection, uint32_t row,
		     struct pairs *pairs)
{
	bool multiset = node->u.unnest.expr->type->kind == WR_MULTISET;
	uint32_t number = 0;

	if (wr_column_is_valid(collection, row)) {
		struct wr_span span =
		    WR_DATA(collection, const struct wr_span)[row & collection->mask];

		for (uint32_t i = span.start; i < span.start + span.len; i++) {
			int32_t times = 1;

			if (multiset)
				times = WR_DATA(collection->child[1],
						const int32_t)[i & collection->child[1]->mask];
			for (int32_t k = 0; k < times; k++)
				pairs_add(pairs, row, i, ++number);
		}
	}
	if (number == 0 && node->u.unnest.left)
		pairs_add(pairs, row, NO_ELEMENT, 0);
}

/* NULL where there is no element, or (`whole`) where the row that a field is in is NULL. */
static void blank(struct wr_column *column, const struct wr_column *whole, const uint32_t *element,
		  uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (element[i] == NO_ELEMENT ||
		    (whole != NULL && !wr_column_is_valid(whole, element[i])))
			wr_column_validity(column)[i] = 0;
}

/* A column of elements under the type of the output. */
static struct wr_column *element_column(const struct wr_column *from, const struct wr_column *whole,
					const uint32_t *element, const uint32_t *index,
					uint32_t count, const struct wr_type *type)
{
	struct wr_column *column, *typed;

	if (from->len == 0) { /* no row of this batch has an element */
		struct wr_column *null = wr_column_null(from->type);

		column = wr_column_flatten(null, count);
		wr_column_unref(null);
	} else {
		column = wr_column_gather(from, index, count);
		blank(column, whole, element, count);
	}
	typed = wr_column_retype(column, type);
	wr_column_unref(column);
	return typed;
}

/* Output rows [from, from + count) of the pairs as a batch. */
static struct wr_batch *unnest_batch(const struct op_unnest *self, const struct wr_batch *batch,
				     const struct wr_column *collection, const struct pairs *pairs,
				     uint32_t from, uint32_t count)
{
	const struct wr_node *node = self->op.node;
	const struct wr_type *type = node->u.unnest.expr->type;
	uint32_t at = node->input[0]->schema.count, columns = node->schema.count;
	struct wr_batch *out = wr_batch_gather(batch, pairs->row + from, count);
	const uint32_t *element = pairs->element + from;
	uint32_t *index = wr_malloc(((size_t)count + 1) * sizeof *index);
	const struct wr_column *const first = collection->child[0];

	for (uint32_t i = 0; i < count; i++)
		index[i] = element[i] == NO_ELEMENT ? 0 : element[i];
	out->column = wr_realloc(out->column, (columns + 1) * sizeof *out->column);
	out->column_count = columns;
	wr_free(out->hash);
	out->hash = NULL;
	if (type->kind != WR_MAP && type->child[0]->kind == WR_ROW) {
		for (uint32_t i = 0; i < type->child[0]->child_count; i++, at++)
			out->column[at] = element_column(first->child[i], first, element, index,
							 count, node->schema.field[at].type);
	} else {
		for (uint32_t i = 0; i < (type->kind == WR_MAP ? 2u : 1u); i++, at++)
			out->column[at] = element_column(collection->child[i], NULL, element, index,
							 count, node->schema.field[at].type);
	}
	if (node->u.unnest.ordinality) {
		out->column[at] = wr_column_new(node->schema.field[at].type, count);
		for (uint32_t i = 0; i < count; i++)
			WR_DATA(out->column[at], int32_t)[i] = (int32_t)pairs->number[from + i];
		blank(out->column[at], NULL, element, count);
	}
	wr_free(index);
	return out;
}

/* matched[i] = 1 where pair i has an element that satisfies the condition. */
static wr_status *unnest_match(struct op_unnest *self, const struct wr_batch *batch,
			       const struct wr_column *collection, const struct pairs *pairs,
			       uint8_t *matched)
{
	struct wr_eval *eval = wr_program_eval(self->condition);
	uint32_t *sel = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *sel);
	wr_status *status = NULL;

	for (uint32_t from = 0; from < pairs->count && status == NULL; from += WR_BATCH_ROWS_MAX) {
		uint32_t count = WR_MIN(pairs->count - from, WR_BATCH_ROWS_MAX), kept = 0;
		struct wr_batch *some = unnest_batch(self, batch, collection, pairs, from, count);

		status = wr_program_filter(self->condition, some, sel, &kept);
		for (uint32_t i = 0; i < kept && status == NULL; i++)
			matched[from + sel[i]] = pairs->element[from + sel[i]] != NO_ELEMENT;
		for (uint32_t i = 0; i < eval->error_count && status == NULL; i++)
			status = self->op.env->row_error(self->op.env, &self->op, &eval->error[i]);
		wr_batch_free(some);
	}
	wr_free(sel);
	return status;
}

/* Drops pairs that do not satisfy the condition; a row that loses all keeps one without element. */
static wr_status *unnest_filter(struct op_unnest *self, const struct wr_batch *batch,
				const struct wr_column *collection, struct pairs *pairs)
{
	uint8_t *matched;
	uint32_t kept = 0, i = 0;
	wr_status *status;

	if (self->condition == NULL || pairs->count == 0)
		return NULL;
	matched = wr_calloc(pairs->count, 1);
	status = unnest_match(self, batch, collection, pairs, matched);
	while (i < pairs->count) {
		uint32_t row = pairs->row[i], before = kept;

		for (; i < pairs->count && pairs->row[i] == row; i++) {
			if (!matched[i])
				continue;
			pairs->row[kept] = row;
			pairs->element[kept] = pairs->element[i];
			pairs->number[kept++] = pairs->number[i];
		}
		if (kept == before && self->op.node->u.unnest.left) {
			pairs->row[kept] = row;
			pairs->element[kept++] = NO_ELEMENT;
		}
	}
	pairs->count = kept;
	wr_free(matched);
	return status;
}

/* Pairs all rows of a compacted batch; those whose collection could not be computed are reported.
 */
static wr_status *unnest_pair(struct op_unnest *self, const struct wr_batch *batch,
			      const struct wr_column *collection, struct pairs *pairs)
{
	const struct wr_eval *eval = wr_program_eval(self->collection);
	uint32_t next = 0;

	for (uint32_t i = 0; i < batch->rows; i++) {
		if (next < eval->error_count && eval->error[next].row == i) {
			WR_TRY(
			    self->op.env->row_error(self->op.env, &self->op, &eval->error[next++]));
			continue;
		}
		pair_row(self->op.node, collection, i, pairs);
	}
	return unnest_filter(self, batch, collection, pairs);
}

static wr_status *unnest_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_unnest *self = (struct op_unnest *)op;
	uint32_t limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	struct wr_eval *eval = wr_program_eval(self->collection);
	struct wr_column *collection = NULL;
	struct pairs pairs = {0};
	wr_status *status;

	WR_ASSERT(input == 0);
	wr_batch_compact(batch);
	eval->context.watermark = batch->watermark;
	eval->context.row_watermark = batch->row_watermark;
	status = wr_program_run(self->collection, batch, &collection);
	if (status == NULL)
		status = unnest_pair(self, batch, collection, &pairs);
	for (uint32_t from = 0; from < pairs.count && status == NULL; from += limit)
		status = wr_out_emit(&op->out, unnest_batch(self, batch, collection, &pairs, from,
							    WR_MIN(pairs.count - from, limit)));
	wr_column_unref(collection);
	pairs_release(&pairs);
	wr_batch_free(batch);
	return status;
}

static void unnest_release(struct wr_op *op)
{
	struct op_unnest *self = (struct op_unnest *)op;

	wr_program_free(self->collection);
	wr_program_free(self->condition);
}

const struct wr_op_type wr_op_unnest = {
    .name = "unnest",
    .version = 1,
    .size = sizeof(struct op_unnest),
    .init = unnest_init,
    .process = unnest_process,
    .release = unnest_release,
};
