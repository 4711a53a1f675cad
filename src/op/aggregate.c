/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate - see aggregate.h.
 */
#include "op/aggregate.h"

#include "base/mem.h"

static uint32_t align16(uint32_t size)
{
	return (size + 15) & ~15u;
}

void wr_aggs_init(struct wr_aggs *aggs, const struct wr_node *node, uint32_t header)
{
	wr_aggs_init_items(aggs, node->u.agg.item, node->u.agg.item_count, header);
}

/* Accumulators one after another behind the header. */
void wr_aggs_init_items(struct wr_aggs *aggs, const struct wr_agg_item *items, uint32_t count,
			uint32_t header)
{
	uint32_t at = align16(header);

	*aggs = (struct wr_aggs){.count = count, .item = items};
	aggs->offset = wr_calloc(aggs->count + 1, sizeof *aggs->offset);
	aggs->arg = wr_calloc(aggs->count + 1, sizeof *aggs->arg);
	aggs->constant = wr_calloc(aggs->count + 1, sizeof *aggs->constant);
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_item *item = &aggs->item[i];

		aggs->offset[i] = at;
		at += align16(item->call->agg->size(item->call));
		aggs->arg[i] = wr_calloc(item->arg_count + 1, sizeof **aggs->arg);
		aggs->constant[i] = wr_calloc(item->arg_count + 1, sizeof **aggs->constant);
		for (uint32_t a = 0; a < item->call->arg_count;
		     a++) /* words behind the arguments are not values */
			if (item->arg[a]->kind == WR_E_CONST)
				aggs->constant[i][a] = item->arg[a]->value;
			else
				WR_REQUIRE(item->arg[a]->kind == WR_E_COLUMN);
	}
	aggs->slot_size = WR_MAX(at, 16);
}

void wr_aggs_release(struct wr_aggs *aggs)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		if (aggs->arg != NULL)
			wr_free(aggs->arg[i]);
		if (aggs->constant != NULL)
			wr_free(aggs->constant[i]);
	}
	wr_free(aggs->arg);
	wr_free(aggs->constant);
	wr_free(aggs->offset);
	*aggs = (struct wr_aggs){0};
}

void wr_aggs_start(const struct wr_aggs *aggs, uint8_t *slot)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->item[i].call;

		if (call->agg->init != NULL)
			call->agg->init(call, slot + aggs->offset[i]);
	}
}

/* The argument columns of item i for the given rows; the caller drops the gathered ones with
 * args_drop. */
static struct wr_column **args_take(struct wr_aggs *aggs, uint32_t i, const struct wr_batch *batch,
				    const uint32_t *row, uint32_t count)
{
	const struct wr_agg_item *item = &aggs->item[i];

	for (uint32_t a = 0; a < item->call->arg_count; a++) {
		struct wr_column *column;

		if (aggs->constant[i][a] != NULL) {
			aggs->arg[i][a] = wr_column_ref(aggs->constant[i][a]);
			continue;
		}
		column = batch->column[item->arg[a]->column];
		aggs->arg[i][a] = row == NULL || column->is_const
				      ? wr_column_ref(column)
				      : wr_column_gather(column, row, count);
	}
	return aggs->arg[i];
}

static void args_drop(struct wr_aggs *aggs, uint32_t i)
{
	for (uint32_t a = 0; a < aggs->item[i].call->arg_count; a++)
		wr_column_unref(aggs->arg[i][a]);
}

/* An item with FILTER: only the rows where it is TRUE. */
static void update_filtered(struct wr_aggs *aggs, uint32_t i, struct wr_agg_pool *pool,
			    uint8_t *const *slot, const struct wr_batch *batch, const uint32_t *row,
			    const uint8_t *retract, uint32_t count)
{
	const struct wr_agg_item *item = &aggs->item[i];
	const struct wr_column *filter = item->filter->kind == WR_E_CONST
					     ? item->filter->value
					     : batch->column[item->filter->column];
	uint32_t *rows = wr_malloc((count + 1) * sizeof *rows), kept = 0;
	uint8_t **slots = wr_malloc((count + 1) * sizeof *slots);
	uint8_t *signs = retract != NULL ? wr_malloc(count + 1) : NULL;

	for (uint32_t k = 0; k < count; k++) {
		uint32_t r = row != NULL ? row[k] : k;

		if (!wr_column_is_valid(filter, r) ||
		    WR_DATA(filter, const uint8_t)[r & filter->mask] == 0)
			continue;
		rows[kept] = r;
		slots[kept] = slot[k];
		if (signs != NULL)
			signs[kept] = retract[k];
		kept++;
	}
	if (kept > 0) {
		struct wr_column **arg = args_take(aggs, i, batch, rows, kept);

		item->call->agg->update(item->call, pool, slots, aggs->offset[i], arg, signs, kept);
		args_drop(aggs, i);
	}
	wr_free(rows);
	wr_free(slots);
	wr_free(signs);
}

void wr_aggs_update(struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *const *slot,
		    const struct wr_batch *batch, const uint32_t *row, const uint8_t *retract,
		    uint32_t count)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->item[i].call;
		struct wr_column **arg;

		if (aggs->item[i].filter != NULL) {
			update_filtered(aggs, i, pool, slot, batch, row, retract, count);
			continue;
		}
		arg = args_take(aggs, i, batch, row, count);
		call->agg->update(call, pool, slot, aggs->offset[i], arg, retract, count);
		args_drop(aggs, i);
	}
}

void wr_aggs_merge(const struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *const *dst,
		   uint8_t *const *src, uint32_t count)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->item[i].call;

		WR_REQUIRE(call->agg->merge != NULL);
		call->agg->merge(call, pool, dst, src, aggs->offset[i], count);
	}
}

wr_status *wr_aggs_fault(const struct wr_aggs *aggs, uint8_t *const *slot, uint32_t count)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->item[i].call;

		for (uint32_t k = 0; call->agg->fault != NULL && k < count; k++) {
			const char *text = call->agg->fault(call, slot[k], aggs->offset[i]);

			if (text != NULL)
				return wr_status_at(WR_USER_ERROR, aggs->item[i].pos, "%s", text);
		}
	}
	return NULL;
}

void wr_aggs_values(const struct wr_aggs *aggs, uint8_t *const *slot, uint32_t count,
		    struct wr_column **out)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->item[i].call;

		out[i] = wr_column_new(call->type, count);
		call->agg->value(call, slot, aggs->offset[i], count, out[i]);
	}
}

void wr_aggs_drop(const struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *slot)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->item[i].call;

		if (call->agg->drop != NULL)
			call->agg->drop(call, pool, slot, aggs->offset[i]);
	}
}

void wr_op_keys_take(struct wr_op_keys *keys, const struct wr_batch *batch, const uint32_t *column,
		     uint32_t column_count, const uint32_t *row, uint32_t count, bool use_hash)
{
	*keys = (struct wr_op_keys){.count = column_count};
	keys->column = wr_calloc(column_count + 1, sizeof *keys->column);
	for (uint32_t i = 0; i < column_count; i++) {
		struct wr_column *from = batch->column[column[i]];

		keys->column[i] = row == NULL || from->is_const
				      ? wr_column_ref(from)
				      : wr_column_gather(from, row, count);
	}
	keys->hash = wr_malloc((count + 1) * sizeof *keys->hash);
	if (use_hash && batch->hash != NULL) {
		for (uint32_t i = 0; i < count; i++)
			keys->hash[i] = batch->hash[row != NULL ? row[i] : i];
	} else {
		wr_keys_hash(keys->column, column_count, count, keys->hash);
	}
	keys->keys = (struct wr_keys){.rows = count, .column = keys->column, .hash = keys->hash};
}

void wr_op_keys_release(struct wr_op_keys *keys)
{
	for (uint32_t i = 0; i < keys->count; i++)
		wr_column_unref(keys->column[i]);
	wr_free(keys->column);
	wr_free(keys->hash);
	*keys = (struct wr_op_keys){0};
}
