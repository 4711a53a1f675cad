/* SPDX-License-Identifier: Apache-2.0
 *
 * aggregate_codec - the accumulators of a slot as fields of a saved value: one per aggregate call,
 * named by what it computes.
 *
 * Of two equal calls the second one is called "#2", and so on. Calls with a common set of values
 * (DISTINCT) are saved one by one, so that a changed query takes over those that it still has. A
 * call that the saved query did not have starts empty.
 *
 * Thread: the owner's. Memory: names in the owner's arena.
 */
#ifndef WR_OP_AGGREGATE_CODEC_H
#define WR_OP_AGGREGATE_CODEC_H

#include "op/aggregate.h"

/* Describes the items as field[0..aggs->count). */
void wr_aggs_fields(const struct wr_aggs *aggs, struct wr_arena *arena,
		    struct wr_state_field *field);
/* Appends the field of item i of a slot. */
void wr_aggs_save_item(const struct wr_aggs *aggs, uint32_t i, const uint8_t *slot,
		       struct wr_text *out);
/* Appends the fields of a slot. */
void wr_aggs_save(const struct wr_aggs *aggs, const uint8_t *slot, struct wr_text *out);
/* Makes the accumulators of a zeroed slot from field[0..aggs->count) of a value. false: damaged;
 * what they held has been given back. */
bool wr_aggs_load(const struct wr_aggs *aggs, struct wr_agg_pool *pool, uint8_t *slot,
		  const struct wr_str *field);

#endif
