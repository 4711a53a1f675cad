/* SPDX-License-Identifier: Apache-2.0
 *
 * infer - the shapes of signature that many functions share, and the one message for arguments that
 * do not fit.
 */
#include "expr/function.h"

wr_status *wr_infer_mismatch(const struct wr_infer *infer)
{
	struct wr_text types;
	wr_status *status;

	wr_text_init(&types);
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		if (i > 0)
			wr_text_puts(&types, ", ");
		if (infer->arg[i]->type != NULL)
			wr_type_print(&types, infer->arg[i]->type);
		else
			wr_text_puts(&types, infer->arg[i]->symbol);
	}
	status = wr_status_hint(
	    wr_status_because(wr_status_new(WR_USER_ERROR,
					    "Cannot apply '%s' to arguments of type (%s)",
					    infer->function->name, wr_text_str(&types)),
			      WR_NO_FUNCTION),
	    "Supported form: %s", infer->function->syntax);
	wr_text_release(&types);
	return status;
}

/* Whether the argument is a string or a NULL that can become one. */
static bool is_text(const struct wr_infer *infer, uint32_t i)
{
	const struct wr_type *type = infer->arg[i]->type;

	return type != NULL && (wr_kind_is_string(type->kind) || type->kind == WR_NULL);
}

/* All arguments are strings (CHAR and VARCHAR of any length share a layout: no cast needed). */
static wr_status *strings_to(struct wr_infer *infer, const struct wr_type *result)
{
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		if (!is_text(infer, i))
			return wr_infer_mismatch(infer);
		if (infer->arg[i]->type->kind == WR_NULL)
			infer->want[i] = &WR_T_STRING;
	}
	infer->result = result;
	return NULL;
}

wr_status *wr_infer_string_to_string(struct wr_infer *infer)
{
	return strings_to(infer, &WR_T_STRING);
}

wr_status *wr_infer_string_to_int(struct wr_infer *infer)
{
	return strings_to(infer, &WR_T_INT);
}

wr_status *wr_infer_string_to_bool(struct wr_infer *infer)
{
	return strings_to(infer, &WR_T_BOOLEAN);
}

wr_status *wr_infer_double(struct wr_infer *infer)
{
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		const struct wr_type *type = infer->arg[i]->type;
		if (type == NULL || (!wr_kind_is_numeric(type->kind) && type->kind != WR_NULL))
			return wr_infer_mismatch(infer);
		infer->want[i] = &WR_T_DOUBLE;
	}
	infer->result = &WR_T_DOUBLE;
	return NULL;
}
