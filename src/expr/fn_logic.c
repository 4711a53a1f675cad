/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_logic - NOT. AND and OR are nodes of their own, evaluated lazily (lazy.c).
 */
#include "expr/kernel.h"
#include "expr/tables.h"

static wr_status *not_kernel(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	for (uint32_t i = 0; i < rows; i++)
		WR_DATA(out, uint8_t)[i] = WR_AT(arg[0], uint8_t, i) == 0;
	return NULL;
}

static wr_status *infer_not(struct wr_infer *infer)
{
	if (infer->want[0] == NULL ||
	    (infer->want[0]->kind != WR_BOOLEAN && infer->want[0]->kind != WR_NULL))
		return wr_infer_mismatch(infer);
	infer->want[0] = wr_type_nullable(infer->arena, &WR_T_BOOLEAN, infer->want[0]->nullable);
	infer->result = &WR_T_BOOLEAN;
	return NULL;
}

static const struct wr_function op_not = {
    .name = "NOT",
    .category = "logical",
    .syntax = "NOT boolean",
    .doc = "TRUE for FALSE, FALSE for TRUE, UNKNOWN for UNKNOWN.",
    .flags = WR_F_STRICT | WR_F_OPERATOR | WR_F_BLIND,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_not,
    .kernel = not_kernel,
};

const struct wr_function *const wr_fn_logic[] = {&op_not};
const uint32_t wr_fn_logic_count = WR_COUNT(wr_fn_logic);
