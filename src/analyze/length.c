/* SPDX-License-Identifier: Apache-2.0
 *
 * length - CHAR(n), VARCHAR(n), BINARY(n) and VARBINARY(n) of a sink keep their length.
 *
 * Types alone do not: a source may give a longer text than it declares, as in Flink. So each value
 * is looked at when it is written (table.exec.sink.type-length-enforcer):
 *
 *   IGNORE     not at all
 *   TRIM_PAD   what is too long is cut; CHAR and BINARY are filled up with spaces and zeros
 *   ERROR      a row with a value of the wrong length is an error of evaluation
 *
 * The functions are not in the registry: only INSERT uses them.
 */
#include "analyze/analyzer.h"
#include "base/macros.h"
#include "expr/fn_string.h"

static wr_status *infer_length(struct wr_infer *infer)
{
	infer->result = infer->arg[0]->type;
	infer->plan->bind = infer->arg[1]->symbol;
	return NULL;
}

static bool is_bytes(const struct wr_type *type)
{
	return type->kind == WR_BINARY || type->kind == WR_VARBINARY;
}

static bool is_fixed(const struct wr_type *type)
{
	return type->kind == WR_CHAR || type->kind == WR_BINARY;
}

static uint64_t length_of(const struct wr_type *type, struct wr_str s)
{
	return is_bytes(type) ? s.len : wr_utf_count(s);
}

/* Hands the values on; those of the wrong length are reported. */
static wr_status *check_length(struct wr_eval *eval, const struct wr_call *call,
			       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_type *type = call->type;
	uint64_t wanted = (uint64_t)type->length;

	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_str s;
		uint64_t length;

		if (wr_skips(eval, out, i))
			continue;
		s = wr_str_at(arg[0], i);
		length = length_of(type, s);
		wr_out_view(out, i, s.data, (uint32_t)s.len);
		if (length == wanted || (length < wanted && !is_fixed(type)))
			continue;
		wr_eval_fail(eval, i,
			     "Column '%s' is %s(%d), however, a string of length %llu is being "
			     "written into it. You can set job configuration "
			     "'table.exec.sink.type-length-enforcer' to control this behaviour.",
			     (const char *)call->plan->bind,
			     type->kind == WR_CHAR      ? "CHAR"
			     : type->kind == WR_VARCHAR ? "VARCHAR"
			     : type->kind == WR_BINARY  ? "BINARY"
							: "VARBINARY",
			     (int)type->length, (unsigned long long)length);
	}
	return NULL;
}

/* Cuts and fills up. */
static wr_status *fit_length(struct wr_eval *eval, const struct wr_call *call,
			     struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	const struct wr_type *type = call->type;
	uint64_t wanted = (uint64_t)type->length;
	struct wr_strout writer;
	struct wr_text padded;

	wr_out_share(out, arg[0]);
	wr_strout_init(&writer, out);
	wr_text_init(&padded);
	for (uint32_t i = 0; i < rows; i++) {
		struct wr_str s;
		uint64_t length;

		if (wr_skips(eval, out, i))
			continue;
		s = wr_str_at(arg[0], i);
		length = length_of(type, s);
		if (length >= wanted || !is_fixed(type)) {
			size_t len = s.len;

			if (length > wanted)
				len = is_bytes(type) ? wanted : wr_utf_offset(s, wanted);
			wr_out_view(out, i, s.data, (uint32_t)len);
			continue;
		}
		wr_text_clear(&padded);
		wr_text_add(&padded, s.data, s.len);
		for (uint64_t k = length; k < wanted; k++)
			wr_text_putc(&padded, is_bytes(type) ? '\0' : ' ');
		wr_strout_put(&writer, i, padded.data, (uint32_t)padded.len);
	}
	wr_text_release(&padded);
	return NULL;
}

static const struct wr_function length_check = {
    .name = "LENGTH CHECK",
    .category = "auxiliary",
    .syntax = "value",
    .doc = "The value, which must have the length of its type.",
    .flags = WR_F_STRICT | WR_F_FALLIBLE | WR_F_OPERATOR,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_length,
    .kernel = check_length,
};

static const struct wr_function length_fit = {
    .name = "TRIM OR PAD",
    .category = "auxiliary",
    .syntax = "value",
    .doc = "The value, cut or filled up to the length of its type.",
    .flags = WR_F_STRICT | WR_F_OPERATOR,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_length,
    .kernel = fit_length,
};

wr_status *wr_length_enforce(struct wr_analyzer *a, struct wr_expr *expr,
			     const struct wr_table_column *column, struct wr_expr **out)
{
	struct wr_expr *arg[2] = {expr, wr_expr_symbol(a->pool, column->name)};
	enum wr_length_enforcer enforcer = a->env->length_enforcer;
	const struct wr_type *type = expr->type;

	*out = expr;
	if (enforcer == WR_LENGTH_IGNORE || type->kind < WR_CHAR || type->kind > WR_VARBINARY ||
	    type->length == WR_LENGTH_MAX)
		return NULL;
	return wr_expr_call(a->pool, enforcer == WR_LENGTH_ERROR ? &length_check : &length_fit, arg,
			    2, column->pos, out);
}
