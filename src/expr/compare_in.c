/* SPDX-License-Identifier: Apache-2.0
 *
 * compare_in - x IN (v1, v2, ...).
 *
 * All values and x are brought to one type. A few values, and any that are not constant,
 * become x = v1 OR x = v2 ...: those run as vector comparisons. More constants become one constant
 * array and the operator IN SET, which looks each row up in a hash table made once per worker.
 *
 * NULL among the values: a row that is not found is NULL rather than FALSE.
 */
#include "expr/compare_in.h"

#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "data/builder.h"
#include "expr/compare.h"
#include "expr/kernel.h"

/* Equalities are faster than a hash up to about here. */
#define IN_FEW       4u
#define IN_FEW_FIXED 12u /* for values of at most 8 bytes, which compare as vectors */

/* The one type of x and all values; a string next to something else is cast to it. */
static const struct wr_type *in_type(struct wr_arena *arena, struct wr_expr *const *arg,
				     uint32_t count)
{
	const struct wr_type *type = arg[0]->type;

	for (uint32_t i = 1; i < count && type != NULL; i++)
		type = wr_compare_type(arena, type, arg[i]->type);
	return type;
}

/* All values as one constant array; NULL when one does not fold to a constant. */
static struct wr_expr *const_array(struct wr_expr_pool *pool, struct wr_expr **value,
				   uint32_t count, const struct wr_type *element)
{
	const struct wr_type *type =
	    wr_type_nullable(pool->arena, wr_type_array(pool->arena, element), false);
	struct wr_builder *builder;

	for (uint32_t i = 0; i < count; i++) {
		value[i] = wr_expr_fold(pool, value[i]);
		if (!wr_expr_is_const(value[i]))
			return NULL;
	}
	builder = wr_builder_new(type, 1);
	for (uint32_t i = 0; i < count; i++) {
		if (wr_column_is_valid(value[i]->value, 0))
			wr_builder_append(builder->child[0], value[i]->value, 0);
		else
			wr_builder_null(builder->child[0]);
	}
	wr_builder_list(builder, count);
	struct wr_column *array = wr_builder_finish(builder);
	wr_builder_free(builder);
	wr_column_make_const(array);
	return wr_expr_const(pool, array);
}

static wr_status *in_equalities(struct wr_expr_pool *pool, struct wr_expr *x,
				struct wr_expr **value, uint32_t count, struct wr_pos pos,
				struct wr_expr **out)
{
	struct wr_expr **test = WR_NEW_ARRAY(pool->arena, struct wr_expr *, count);

	for (uint32_t i = 0; i < count; i++)
		WR_TRY(wr_expr_call_name(pool, "=", (struct wr_expr *[]){x, value[i]}, 2, pos,
					 &test[i]));
	return wr_expr_logic(pool, WR_E_OR, test, count, pos, out);
}

wr_status *wr_rewrite_in(struct wr_expr_pool *pool, const struct wr_function *function,
			 struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
			 struct wr_expr **out)
{
	struct wr_expr **value = WR_NEW_ARRAY(pool->arena, struct wr_expr *, arg_count);
	uint32_t count = arg_count - 1;
	const struct wr_type *type = in_type(pool->arena, arg, arg_count);
	struct wr_expr *array = NULL;

	if (type == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos,
				 "Values passed to IN operator must have compatible types"),
		    "Cast the values to %s", wr_type_str(pool->arena, arg[0]->type));
	if (type->kind == WR_NULL)
		type = &WR_T_BOOLEAN;
	type = wr_type_nullable(pool->arena, type, true);
	for (uint32_t i = 0; i < arg_count; i++)
		WR_TRY(wr_expr_cast(pool, arg[i], type, false, &value[i]));
	if (count > (wr_phys_size(wr_type_phys(type)) <= 8 ? IN_FEW_FIXED : IN_FEW) &&
	    wr_type_phys(type) < WR_P_LIST)
		array = const_array(pool, value + 1, count, type);
	if (array == NULL)
		return in_equalities(pool, value[0], value + 1, count, pos, out);
	return wr_expr_call(pool, &wr_op_in_set, (struct wr_expr *[]){value[0], array}, 2, pos,
			    out);
}

/* --- IN SET
 * --------------------------------------------------------------------------------------- */

struct in_set {
	const struct wr_column *value; /* of the constant array; borrowed from the call */
	uint32_t start;                /* first value in it */
	uint32_t mask;                 /* slots - 1 */
	uint32_t *slot;                /* value index + 1; 0: free */
	bool has_null;                 /* a NULL is among the values */
};

#define IN_SEED UINT64_C(0x5bd1e995)

static wr_status *in_prepare(struct wr_call *call, void **state)
{
	const struct wr_column *array = call->const_arg[1];
	struct wr_span span;
	struct in_set *set;

	WR_ASSERT(array != NULL);
	span = WR_DATA(array, struct wr_span)[0];
	set = wr_calloc(1, sizeof *set);
	set->value = array->child[0];
	set->start = span.start;
	set->mask = 15;
	while (set->mask < span.len * 2)
		set->mask = set->mask * 2 + 1;
	set->slot = wr_calloc(set->mask + 1, sizeof *set->slot);
	uint64_t *hash = wr_malloc((size_t)set->value->len * sizeof *hash);
	for (uint32_t i = 0; i < set->value->len; i++)
		hash[i] = IN_SEED;
	wr_column_hash(set->value, set->value->len, hash);
	for (uint32_t i = span.start; i < span.start + span.len; i++) {
		if (!wr_column_is_valid(set->value, i)) {
			set->has_null = true;
			continue;
		}
		uint32_t at = (uint32_t)hash[i] & set->mask;
		while (set->slot[at] != 0)
			at = (at + 1) & set->mask;
		set->slot[at] = i + 1;
	}
	wr_free(hash);
	*state = set;
	return NULL;
}

static void in_release(void *state)
{
	struct in_set *set = state;

	wr_free(set->slot);
	wr_free(set);
}

static bool in_contains(const struct in_set *set, const struct wr_column *column, uint32_t row,
			uint64_t hash)
{
	uint32_t at = (uint32_t)hash & set->mask;

	for (; set->slot[at] != 0; at = (at + 1) & set->mask)
		if (wr_value_equal(column, row, set->value, set->slot[at] - 1))
			return true;
	return false;
}

static wr_status *in_kernel(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct in_set *set = call->state;
	uint64_t *hash = wr_arena_alloc(&eval->arena, (rows + 1) * sizeof *hash);

	for (uint32_t i = 0; i < rows; i++)
		hash[i] = IN_SEED;
	wr_column_hash(arg[0], rows, hash);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		bool found = in_contains(set, arg[0], i & arg[0]->mask, hash[i]);
		WR_DATA(out, uint8_t)[i] = found;
		if (!found && set->has_null)
			wr_out_null(out, i);
	}
	return NULL;
}

static wr_status *in_infer(struct wr_infer *infer)
{
	if (infer->want[0] == NULL || !wr_expr_is_const(infer->arg[1]) ||
	    infer->want[1]->kind != WR_ARRAY || !wr_column_is_valid(infer->arg[1]->value, 0) ||
	    !wr_type_equal(infer->want[0], infer->want[1]->child[0], false))
		return wr_infer_mismatch(infer);
	infer->result = &WR_T_BOOLEAN;
	infer->keep_null = true;
	if (!infer->want[0]->nullable && !infer->want[1]->child[0]->nullable)
		infer->result = &WR_T_BOOLEAN_NN;
	return NULL;
}

const struct wr_function wr_op_in_set = {
    .name = "IN SET",
    .category = "comparison",
    .syntax = "value1 IN (value2, ...)",
    .doc = "IN over many constants.",
    .flags = WR_F_STRICT | WR_F_OPERATOR,
    .min_args = 2,
    .max_args = 2,
    .infer = in_infer,
    .kernel = in_kernel,
    .prepare = in_prepare,
    .release = in_release,
};
