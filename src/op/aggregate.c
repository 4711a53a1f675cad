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

static bool same_args(const struct wr_agg_item *a, const struct wr_agg_item *b)
{
	for (uint32_t i = 0; i < a->call->arg_count; i++)
		if (!wr_expr_equal(a->arg[i], b->arg[i]))
			return false;
	return true;
}

/* Gathers the DISTINCT items over the same arguments as item `first` into a group, if there are
 * several; returns where the slot goes on. */
static uint32_t share_set(struct wr_aggs *aggs, uint32_t first, uint32_t at)
{
	const struct wr_agg_item *item = aggs->item;
	struct wr_agg_shared *shared = &aggs->shared[aggs->shared_count];
	uint32_t found[WR_AGG_SHARED_MAX], count = 0;

	for (uint32_t i = first; i < aggs->count && count < WR_AGG_SHARED_MAX; i++)
		if (aggs->group[i] == 0 && wr_agg_shares(item[first].call, item[i].call) &&
		    same_args(&item[first], &item[i]))
			found[count++] = i;
	if (count < 2)
		return at;
	wr_agg_shared_init(shared, count);
	shared->count = count;
	shared->set_offset = at;
	at += align16(wr_agg_shared_size());
	for (uint32_t k = 0; k < count; k++) {
		uint32_t i = found[k];

		shared->call[k] = item[i].call;
		shared->offset[k] = aggs->offset[i] = at;
		aggs->call[i] = item[i].call->inner;
		aggs->group[i] = aggs->shared_count + 1;
		at += wr_agg_shared_inner_size(item[i].call);
	}
	aggs->shared_count++;
	return at;
}

/* Lays one item out in the slot, unless it is there already; returns where the slot goes on. */
static uint32_t place_item(struct wr_aggs *aggs, uint32_t i, uint32_t at)
{
	const struct wr_agg_item *item = &aggs->item[i];

	aggs->arg[i] = wr_calloc(item->arg_count + 1, sizeof **aggs->arg);
	aggs->constant[i] = wr_calloc(item->arg_count + 1, sizeof **aggs->constant);
	for (uint32_t a = 0; a < item->call->arg_count;
	     a++) /* words behind the arguments are not values */
		if (item->arg[a]->kind == WR_E_CONST)
			aggs->constant[i][a] = item->arg[a]->value;
		else
			WR_REQUIRE(item->arg[a]->kind == WR_E_COLUMN);
	if (aggs->share && aggs->group[i] == 0)
		at = share_set(aggs, i, at);
	if (aggs->group[i] != 0)
		return at;
	aggs->call[i] = item->call;
	aggs->offset[i] = at;
	return at + align16(item->call->agg->size(item->call));
}

void wr_aggs_init(struct wr_aggs *aggs, const struct wr_node *node, uint32_t header)
{
	wr_aggs_init_items(aggs, node->u.agg.item, node->u.agg.item_count, header, true);
}

/* Accumulators one after another behind the header. */
void wr_aggs_init_items(struct wr_aggs *aggs, const struct wr_agg_item *items, uint32_t count,
			uint32_t header, bool share)
{
	uint32_t at = align16(header);

	*aggs = (struct wr_aggs){.count = count, .item = items, .share = share};
	aggs->call = wr_calloc(aggs->count + 1, sizeof *aggs->call);
	aggs->offset = wr_calloc(aggs->count + 1, sizeof *aggs->offset);
	aggs->group = wr_calloc(aggs->count + 1, sizeof *aggs->group);
	aggs->shared = wr_calloc(aggs->count + 1, sizeof *aggs->shared);
	aggs->arg = wr_calloc(aggs->count + 1, sizeof *aggs->arg);
	aggs->constant = wr_calloc(aggs->count + 1, sizeof *aggs->constant);
	for (uint32_t i = 0; i < aggs->count; i++)
		at = place_item(aggs, i, at);
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
	for (uint32_t g = 0; g < aggs->shared_count; g++)
		wr_agg_shared_release(&aggs->shared[g]);
	wr_free(aggs->shared);
	wr_free(aggs->group);
	wr_free(aggs->call);
	wr_free(aggs->arg);
	wr_free(aggs->constant);
	wr_free(aggs->offset);
	*aggs = (struct wr_aggs){0};
}

void wr_aggs_start(const struct wr_aggs *aggs, uint8_t *slot)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->call[i];

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

static const struct wr_column *filter_column(const struct wr_agg_item *item,
					     const struct wr_batch *batch)
{
	return item->filter->kind == WR_E_CONST ? item->filter->value
						: batch->column[item->filter->column];
}

static bool passes(const struct wr_column *filter, uint32_t row)
{
	return wr_column_is_valid(filter, row) &&
	       WR_DATA(filter, const uint8_t)[row & filter->mask] != 0;
}

/* DISTINCT items with a common set. */
static void update_shared(struct wr_aggs *aggs, uint32_t g, struct wr_agg_pool *pool,
			  uint8_t *const *slot, const struct wr_batch *batch, const uint32_t *row,
			  uint32_t count)
{
	uint64_t *mask = wr_calloc((size_t)count + 1, sizeof *mask), bit = 1;
	uint32_t first = UINT32_MAX;
	struct wr_column **arg;

	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_item *item = &aggs->item[i];
		const struct wr_column *filter;

		if (aggs->group[i] != g + 1)
			continue;
		first = WR_MIN(first, i);
		filter = item->filter != NULL ? filter_column(item, batch) : NULL;
		for (uint32_t k = 0; k < count; k++)
			if (filter == NULL || passes(filter, row != NULL ? row[k] : k))
				mask[k] |= bit;
		bit <<= 1;
	}
	arg = args_take(aggs, first, batch, row, count);
	wr_agg_shared_update(&aggs->shared[g], pool, slot, arg, mask, count);
	args_drop(aggs, first);
	wr_free(mask);
}

/* An item with FILTER: only the rows where it is TRUE. */
static void update_filtered(struct wr_aggs *aggs, uint32_t i, struct wr_agg_pool *pool,
			    uint8_t *const *slot, const struct wr_batch *batch, const uint32_t *row,
			    const uint8_t *retract, uint32_t count)
{
	const struct wr_agg_item *item = &aggs->item[i];
	const struct wr_column *filter = filter_column(item, batch);
	uint32_t *rows = wr_malloc((count + 1) * sizeof *rows), kept = 0;
	uint8_t **slots = wr_malloc((count + 1) * sizeof *slots);
	uint8_t *signs = retract != NULL ? wr_malloc(count + 1) : NULL;

	for (uint32_t k = 0; k < count; k++) {
		uint32_t r = row != NULL ? row[k] : k;

		if (!passes(filter, r))
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
	for (uint32_t g = 0; g < aggs->shared_count; g++)
		update_shared(aggs, g, pool, slot, batch, row, count);
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->item[i].call;
		struct wr_column **arg;

		if (aggs->group[i] != 0)
			continue;
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
		const struct wr_agg_call *call = aggs->call[i];

		if (aggs->group[i] != 0)
			continue;
		WR_REQUIRE(call->agg->merge != NULL);
		call->agg->merge(call, pool, dst, src, aggs->offset[i], count);
	}
	for (uint32_t g = 0; g < aggs->shared_count; g++)
		for (uint32_t k = 0; k < count; k++)
			wr_agg_shared_merge(&aggs->shared[g], pool, dst[k], src[k]);
}

wr_status *wr_aggs_fault(const struct wr_aggs *aggs, uint8_t *const *slot, uint32_t count)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->call[i];

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
		const struct wr_agg_call *call = aggs->call[i];

		out[i] = wr_column_new(call->type, count);
		call->agg->value(call, slot, aggs->offset[i], count, out[i]);
	}
}

void wr_aggs_drop(const struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *slot)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_call *call = aggs->call[i];

		if (call->agg->drop != NULL)
			call->agg->drop(call, pool, slot, aggs->offset[i]);
	}
	for (uint32_t g = 0; g < aggs->shared_count; g++)
		wr_agg_shared_drop(&aggs->shared[g], pool, slot);
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

bool wr_op_keys_have_null(const struct wr_op_keys *keys, uint32_t row)
{
	for (uint32_t i = 0; i < keys->count; i++)
		if (!wr_column_is_valid(keys->column[i], row))
			return true;
	return false;
}

/* Makes the slots of keys row[0..count). */
static wr_status *make_slots(const struct wr_op_keys *keys, struct wr_state *state,
			     const uint32_t *row, uint32_t count, uint8_t **slot, uint8_t *is_new)
{
	struct wr_column **column = wr_calloc(keys->count + 1, sizeof *column);
	uint64_t *hash = wr_malloc(count * sizeof *hash);
	uint8_t **made = wr_malloc(count * sizeof *made), *fresh = wr_malloc(count);
	struct wr_keys some = {.rows = count, .column = column, .hash = hash};
	wr_status *status;

	for (uint32_t k = 0; k < keys->count; k++)
		column[k] = keys->column[k]->is_const
				? wr_column_ref(keys->column[k])
				: wr_column_gather(keys->column[k], row, count);
	for (uint32_t i = 0; i < count; i++)
		hash[i] = keys->hash[row[i]];
	status = wr_state_upsert(state, 0, &some, made, fresh);
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		slot[row[i]] = made[i];
		if (is_new != NULL)
			is_new[row[i]] = fresh[i];
	}
	for (uint32_t k = 0; k < keys->count; k++)
		wr_column_unref(column[k]);
	wr_free(column);
	wr_free(hash);
	wr_free(made);
	wr_free(fresh);
	return status;
}

wr_status *wr_op_keys_slots(const struct wr_op_keys *keys, const struct wr_op *op,
			    struct wr_state *state, uint8_t **slot, uint8_t *is_new)
{
	uint32_t rows = keys->keys.rows, count = 0, *row;
	wr_status *status = NULL;

	if (!op->env->track) /* nobody asks what has been changed */
		return wr_state_upsert(state, 0, &keys->keys, slot, is_new);
	WR_TRY(wr_state_peek(state, 0, &keys->keys, slot));
	if (is_new != NULL)
		memset(is_new, 0, rows);
	row = wr_malloc((rows + 1) * sizeof *row);
	for (uint32_t i = 0; i < rows; i++)
		if (slot[i] == NULL)
			row[count++] = i;
	if (count > 0)
		status = make_slots(keys, state, row, count, slot, is_new);
	wr_free(row);
	return status;
}
