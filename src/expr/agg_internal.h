/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_internal - what the aggregate functions share: values as bytes, infer() pieces, the tables.
 *
 * A value that an accumulator keeps beyond the row that brought it is kept as bytes:
 *   fixed-width    as in the column, raw (so that -0.0 and 0.0 stay different, as in Flink; all NaN
 *                  are one)
 *   STR            the string's bytes
 *   nested         a value of data/codec.h
 * Two values are equal when their bytes are. NULL has no bytes: data is NULL.
 */
#ifndef WR_EXPR_AGG_INTERNAL_H
#define WR_EXPR_AGG_INTERNAL_H

#include "base/macros.h"
#include "base/varint.h"
#include "expr/agg.h"

#define WR_AGG_ARGS_MAX 32 /* arguments of one call; COUNT alone takes more than three */

/* --- the pool (agg_pool.c) -----------------------------------------------------------------------
 */

/* A larger block with the old one's bytes, which is dropped. `memory` may be NULL (size 0). */
void *wr_agg_pool_grow(struct wr_agg_pool *pool, void *memory, size_t size, size_t new_size);
/* An empty text for encoding one value (index 0) or a tuple of values (index 1); good until it is
 * asked for again. */
struct wr_text *wr_agg_pool_scratch(struct wr_agg_pool *pool, uint32_t index);

/* --- values as bytes (agg_value.c) ---------------------------------------------------------------
 */

/* Row `row` as bytes: in place where possible, else in `scratch`. */
struct wr_str wr_agg_value_get(const struct wr_column *column, uint32_t row,
			       struct wr_text *scratch);
/* Appends a value to a builder of its type. data NULL: NULL. */
void wr_agg_value_put(struct wr_builder *builder, struct wr_str value);
/* Whether bytes that were saved can be a value of the type, or NULL. */
bool wr_agg_value_fits(const struct wr_type *type, struct wr_str value);
/* Makes `out` (dense, as given to value()) have the rows of `from`, which is consumed. */
void wr_agg_out_adopt(struct wr_column *out, struct wr_column *from_moved);
/* Saved accumulators: lengths and counts are numbers of base/varint.h, values its pieces (NULL:
 * none). Numbers that may be negative have the sign in the lowest bit. */
void wr_agg_put_number(struct wr_text *text, wr_i128 value);
const char *wr_agg_get_number(const char *bytes, const char *end, wr_i128 *value);
/* Times that a value is in, which no stream makes greater than 2^47; 0 is damaged, too. */
const char *wr_agg_get_times(const char *bytes, const char *end, int64_t *times);
static inline bool wr_agg_str_equal(struct wr_str a, struct wr_str b)
{
	return a.len == b.len && (a.data == NULL) == (b.data == NULL) &&
	       (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* --- reading a batch -----------------------------------------------------------------------------
 */

/* Whether row i of an argument is not NULL. */
static inline bool wr_agg_valid(const struct wr_column *column, uint32_t i)
{
	return column->valid == NULL || column->valid[i & column->mask] != 0;
}
static inline bool wr_agg_is_retract(const uint8_t *retract, uint32_t i)
{
	return retract != NULL && retract[i] != 0;
}
/* Marks result row i as NULL and clears it. */
void wr_agg_out_null(struct wr_column *out, uint32_t i);

/* A quotient as in Java: the least integer divided by -1 is itself. b != 0. */
static inline int64_t wr_agg_div(int64_t a, int64_t b)
{
	return b == -1 ? (int64_t)(0 - (uint64_t)a) : a / b;
}

/* --- infer() pieces (agg_call.c) -----------------------------------------------------------------
 */

/* "Cannot apply 'SUM' to arguments of type (STRING)." */
wr_status *wr_agg_mismatch(const struct wr_agg_infer *infer);
/* Sets the result type: `type`, nullable unless there is always a row and argument 0 is NOT NULL.
 */
void wr_agg_result_like_arg(struct wr_agg_infer *infer, const struct wr_type *type);
/* COUNT for any arguments: what COUNT(DISTINCT ...) counts with. */
extern const struct wr_agg_function wr_agg_function_count;

/* --- the functions (one file each; agg_registry.c lists them)
 * -------------------------------------- */

extern const struct wr_agg_function wr_agg_function_sum, wr_agg_function_sum0, wr_agg_function_avg,
    wr_agg_function_min, wr_agg_function_max, wr_agg_function_stddev_pop,
    wr_agg_function_stddev_samp, wr_agg_function_var_pop, wr_agg_function_var_samp,
    wr_agg_function_first_value, wr_agg_function_last_value, wr_agg_function_single_value,
    wr_agg_function_listagg, wr_agg_function_collect, wr_agg_function_array_agg,
    wr_agg_function_percentile, wr_agg_function_json_objectagg, wr_agg_function_json_arrayagg;

/* --- implementations for infer() of other files --------------------------------------------------
 */

/* DISTINCT around any aggregate (agg_distinct.c); picks the inner one's name. */
extern const struct wr_agg wr_agg_distinct;
/* MIN and MAX of changing inputs (agg_extreme.c). */
extern const struct wr_agg wr_agg_min_multiset, wr_agg_max_multiset;
/* FIRST_VALUE and LAST_VALUE of changing inputs (agg_list.c). */
extern const struct wr_agg wr_agg_first_list, wr_agg_last_list;

#endif
