/* SPDX-License-Identifier: Apache-2.0
 *
 * cast - which kernel casts which pair of types, and what such a cast may do.
 */
#include "expr/cast.h"

#include "expr/expr.h"

/* Whether the same column under the other type is the whole cast. */
static bool is_retype(const struct wr_type *from, const struct wr_type *to)
{
	if (wr_type_equal(from, to, false))
		return true;
	if (from->kind == WR_TIME && to->kind == WR_TIME)
		return from->precision <= to->precision;
	if (from->kind == to->kind && wr_kind_is_timestamp(from->kind))
		return wr_type_phys(from) == wr_type_phys(to) && from->precision <= to->precision;
	if (wr_kind_is_string(from->kind) && to->kind == WR_VARCHAR)
		return from->length <= to->length;
	if (wr_kind_is_bytes(from->kind) && to->kind == WR_VARBINARY)
		return from->length <= to->length;
	if ((from->kind == WR_ARRAY && to->kind == WR_ARRAY) ||
	    (from->kind == WR_MAP && to->kind == WR_MAP))
		for (uint32_t i = 0; i < from->child_count; i++)
			if (!wr_type_equal(from->child[i], to->child[i], false))
				return false;
	return (from->kind == WR_ARRAY || from->kind == WR_MAP) && from->kind == to->kind;
}

void wr_cast_plan(const struct wr_type *from, const struct wr_type *to, struct wr_call_plan *plan)
{
	static wr_kernel (*const families[])(const struct wr_type *from,
					     const struct wr_type *to) = {
	    wr_cast_number_kernel,    wr_cast_decimal_kernel, wr_cast_to_text_kernel,
	    wr_cast_from_text_kernel, wr_cast_bytes_kernel,   wr_cast_time_kernel,
	    wr_cast_nested_kernel};

	*plan = (struct wr_call_plan){0};
	if (is_retype(from, to))
		return;
	for (size_t i = 0; i < WR_COUNT(families) && plan->kernel == NULL; i++)
		plan->kernel = families[i](from, to);
	WR_REQUIRE(plan->kernel != NULL);
}

bool wr_cast_can_fail(const struct wr_type *from, const struct wr_type *to)
{
	if (wr_kind_is_string(from->kind))
		return !wr_kind_is_string(to->kind) && !wr_kind_is_bytes(to->kind);
	if (wr_kind_is_approx(from->kind))
		return to->kind == WR_DECIMAL;
	if (from->child_count == 0 || to->child_count != from->child_count)
		return false;
	for (uint32_t i = 0; i < from->child_count; i++)
		if (wr_cast_can_fail(from->child[i], to->child[i]))
			return true;
	return false;
}

bool wr_cast_prints_null(const struct wr_type *from, const struct wr_type *to)
{
	return wr_kind_is_string(to->kind) && !from->nullable && !wr_kind_is_string(from->kind) &&
	       !wr_kind_is_bytes(from->kind);
}

bool wr_cast_is_expensive(const struct wr_type *from, const struct wr_type *to)
{
	return !is_retype(from, to) &&
	       (wr_kind_is_string(from->kind) != wr_kind_is_string(to->kind) ||
		from->child_count > 0);
}

wr_status *wr_cast_column(struct wr_eval *eval, struct wr_column *from, const struct wr_type *type,
			  uint32_t rows, struct wr_column **out)
{
	struct wr_call_plan plan;
	struct wr_column *dense;

	wr_cast_plan(from->type, type, &plan);
	if (plan.kernel == NULL) {
		*out = wr_column_retype(from, type);
		return NULL;
	}
	dense = wr_column_flatten(from, rows);
	struct wr_column *to = wr_column_new(type, rows);
	if (to->data != NULL)
		memset(to->data, 0, (size_t)rows * wr_phys_size(to->phys));
	if (dense->valid != NULL)
		memcpy(wr_column_validity(to), dense->valid, rows);
	struct wr_call call = {.plan = &plan,
			       .type = type,
			       .arg_type = &from->type,
			       .arg_count = 1,
			       .const_arg = &(struct wr_column *){NULL},
			       .symbol = &(const char *){NULL}};
	wr_status *status = plan.kernel(eval, &call, &dense, rows, to);
	wr_column_unref(dense);
	if (status != NULL) {
		wr_column_unref(to);
		to = NULL;
	}
	*out = to;
	return status;
}
