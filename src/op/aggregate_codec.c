/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate_codec - see aggregate_codec.h.
 */
#include "op/aggregate_codec.h"

/* The name of item i; without one by the planner (operators on their own) its number tells it
 * apart. */
static const char *item_name(const struct wr_agg_item *item, uint32_t i, struct wr_arena *arena)
{
	if (item->meaning != NULL)
		return item->meaning;
	return wr_arena_printf(arena, "%s %u", item->function->name, i);
}

void wr_aggs_fields(const struct wr_aggs *aggs, struct wr_arena *arena,
		    struct wr_state_field *field)
{
	for (uint32_t i = 0; i < aggs->count; i++) {
		const struct wr_agg_item *item = &aggs->item[i];
		const char *name = item_name(item, i, arena);
		uint32_t same = 1;

		for (uint32_t k = 0; k < i; k++)
			same += aggs->item[k].meaning != NULL && item->meaning != NULL &&
				strcmp(aggs->item[k].meaning, item->meaning) == 0;
		field[i] = (struct wr_state_field){
		    .name = same == 1 ? name : wr_arena_printf(arena, "%s #%u", name, same),
		    .kind = WR_FIELD_ACCUMULATOR,
		    .call = item->call};
	}
}

/* Which call of its common set item i is: items come in order. */
static uint32_t place_in_group(const struct wr_aggs *aggs, uint32_t i)
{
	uint32_t k = 0;

	for (uint32_t j = 0; j < i; j++)
		k += aggs->group[j] == aggs->group[i];
	return k;
}

void wr_aggs_save_item(const struct wr_aggs *aggs, uint32_t i, const uint8_t *slot,
		       struct wr_text *out)
{
	size_t begin;

	if (aggs->group[i] == 0) {
		wr_value_put_accumulator(out, aggs->item[i].call, slot, aggs->offset[i]);
		return;
	}
	begin = wr_value_begin(out);
	wr_agg_shared_save(&aggs->shared[aggs->group[i] - 1], place_in_group(aggs, i), slot, out);
	wr_value_end(out, begin);
}

void wr_aggs_save(const struct wr_aggs *aggs, const uint8_t *slot, struct wr_text *out)
{
	for (uint32_t i = 0; i < aggs->count; i++)
		wr_aggs_save_item(aggs, i, slot, out);
}

/* The calls of common set g. */
static bool load_group(const struct wr_aggs *aggs, uint32_t g, struct wr_agg_pool *pool,
		       uint8_t *slot, const struct wr_str *field)
{
	struct wr_str saved[WR_AGG_SHARED_MAX];
	uint32_t count = 0;

	for (uint32_t i = 0; i < aggs->count; i++)
		if (aggs->group[i] == g + 1)
			saved[count++] = field[i];
	WR_ASSERT(count == aggs->shared[g].count);
	return wr_agg_shared_load(&aggs->shared[g], pool, slot, saved);
}

bool wr_aggs_load(const struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *slot,
		  const struct wr_str *field)
{
	bool good = true;

	wr_aggs_start(aggs, slot);
	for (uint32_t i = 0; i < aggs->count && good; i++)
		if (aggs->group[i] == 0 && field[i].data != NULL)
			good = wr_value_accumulator(field[i], aggs->item[i].call, pool, slot,
						    aggs->offset[i]);
	for (uint32_t g = 0; g < aggs->shared_count && good; g++)
		good = load_group(aggs, g, pool, slot, field);
	if (!good)
		wr_aggs_drop(aggs, pool, slot);
	return good;
}
