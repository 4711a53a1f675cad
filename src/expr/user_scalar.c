/* SPDX-License-Identifier: Apache-2.0
 *
 * user_scalar - calls of scalar and table functions of the program as kernels.
 *
 * The arguments of a batch become a weir_row or weir_batch that views them. Row variants write to
 * the instance's appender, whose column is then the result; vector variants write into the result's
 * own memory. Rows that nobody needs get a NULL in the row variants.
 *
 * The rows of a table function for all rows of a batch lie one behind the other; those of a call
 * that failed are there, too, but no span shows them.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "expr/appender.h"
#include "expr/fn_collection.h"
#include "expr/kernel.h"
#include "expr/user_function.h"

/* --- types --- */

static struct wr_user_form *form_of(const struct wr_function *function)
{
	return (struct wr_user_form *)((char *)function - offsetof(struct wr_user_form, scalar));
}

wr_status *wr_user_scalar_rewrite(struct wr_expr_pool *pool, const struct wr_function *function,
				  struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				  struct wr_expr **out)
{
	const struct wr_user_function *user =
	    (const void *)((const char *)function - offsetof(struct wr_user_function, scalar));
	const struct wr_type **type =
	    WR_NEW_ARRAY(pool->arena, const struct wr_type *, arg_count + 1);
	struct wr_user_form *form;

	for (uint32_t i = 0; i < arg_count; i++)
		type[i] = arg[i]->type;
	form = wr_user_form_find(user, type, arg_count);
	if (form == NULL)
		return wr_user_mismatch(pool->arena, user, type, arg_count);
	return wr_expr_call(pool, &form->scalar, arg, arg_count, pos, out);
}

/* A NOT NULL of the form holds, of a strict one as long as no argument is NULL. */
static bool result_nullable(const struct wr_infer *infer)
{
	bool nullable = infer->result->nullable;

	if ((infer->function->flags & WR_F_STRICT) != 0)
		for (uint32_t i = 0; i < infer->arg_count; i++)
			nullable = nullable || infer->arg[i]->type->nullable;
	return nullable;
}

wr_status *wr_user_scalar_infer(struct wr_infer *infer)
{
	struct wr_column **constant =
	    WR_NEW_ARRAY(infer->arena, struct wr_column *, infer->arg_count + 1);
	struct wr_user_bind *bind;

	for (uint32_t i = 0; i < infer->arg_count; i++)
		if (infer->arg[i]->kind == WR_E_CONST)
			constant[i] = infer->arg[i]->value;
	WR_TRY(wr_user_bind_new(infer->pool, form_of(infer->function), infer->want, constant,
				infer->arg_count, &infer->result, &bind));
	infer->keep_null = true;
	infer->result = wr_type_nullable(infer->arena, infer->result, result_nullable(infer));
	infer->plan->bind = bind;
	return NULL;
}

wr_status *wr_user_scalar_prepare(struct wr_call *call, void **state)
{
	struct wr_user_instance *instance;
	wr_status *status = wr_user_instance_new(call->plan->bind, call->const_arg, &instance);

	if (status != NULL) {
		wr_user_instance_free(instance);
		instance = NULL;
	}
	*state = instance;
	return status;
}

void wr_user_scalar_release(void *state)
{
	wr_user_instance_free(state);
}

/* --- failures --- */

WR_PUBLIC int weir_function_fail(struct weir_appender *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wr_appender_fail(out, wr_status_reason(format, args));
	va_end(args);
	return -1;
}

/* Row i fails for what the appender has noted, or for no reason given. */
static void row_failed(struct wr_eval *eval, const struct wr_user_instance *instance, uint32_t row,
		       wr_status *mistake)
{
	wr_eval_fail(eval, row, "%s: %s", instance->bind->form->owner->name,
		     mistake != NULL ? mistake->text : "the function has failed");
	wr_status_free(mistake);
}

/* --- scalar functions by row --- */

/* Calls eval for a row and closes its row. */
static void scalar_row(struct wr_eval *eval, struct wr_user_instance *instance,
		       const struct weir_row *args)
{
	struct weir_appender *out = instance->out;
	uint32_t before = out->rows;
	int answer = instance->bind->form->given.eval(instance->self, args, out);

	if (answer == 0 && !out->bad && out->bad_rows == 0) {
		if (out->rows == before && out->at == 0 && out->depth == 0)
			weir_append_null(out);
		if (out->rows == before)
			weir_append_end(out);
		if (out->rows == before + 1 && out->at == 0)
			return;
	}
	if (answer != 0 && !out->bad && out->bad_rows == 0)
		weir_append_undo(out);
	else if (out->rows > before)
		wr_appender_fail(out, wr_status_new(WR_USER_ERROR, "It has appended %u rows",
						    out->rows - before));
	out->rows = before;
	row_failed(eval, instance, args->row, wr_appender_mistake(out));
	weir_append_undo(out);
	weir_append_null(out);
	weir_append_end(out);
}

/* The appender's rows as the result. */
static void adopt_rows(struct wr_eval *eval, const struct wr_user_instance *instance,
		       const struct wr_type *type, struct wr_column *out)
{
	struct wr_batch *batch = wr_appender_take(instance->out);

	for (uint32_t i = 0; i < out->len && !type->nullable; i++)
		if (!wr_column_is_valid(batch->column[0], i) && !wr_skips(eval, out, i))
			wr_eval_fail(eval, i, "%s: the result is NULL, but declared NOT NULL",
				     instance->bind->form->owner->name);
	wr_collection_adopt(out, batch->column[0]);
	wr_batch_free(batch);
}

static void scalar_rows(struct wr_eval *eval, struct wr_user_instance *instance,
			const struct wr_batch *batch, const struct wr_type *type,
			struct wr_column *out)
{
	struct weir_row args = {.result = &instance->arguments, .batch = batch};

	for (uint32_t i = 0; i < out->len; i++) {
		if (wr_skips(eval, out, i)) {
			weir_append_null(instance->out);
			weir_append_end(instance->out);
			continue;
		}
		args.row = i;
		scalar_row(eval, instance, &args);
	}
	if (out->len > 0)
		adopt_rows(eval, instance, type, out);
}

/* --- scalar functions by vector --- */

/* A weir_vector's `own`. */
struct vector_own {
	struct wr_eval *eval;
	struct wr_column *out;
	struct wr_strout writer; /* of strings */
	const char *name;        /* of the function */
};

static struct vector_own *own_of(const struct weir_vector *out)
{
	return out->own;
}

WR_PUBLIC void weir_vector_null(struct weir_vector *out, uint32_t row)
{
	if (row < out->rows)
		wr_out_null(own_of(out)->out, row);
}

WR_PUBLIC uint8_t *weir_vector_valid(struct weir_vector *out)
{
	return wr_column_validity(own_of(out)->out);
}

WR_PUBLIC void weir_vector_string(struct weir_vector *out, uint32_t row, const char *data,
				  size_t size)
{
	if (row >= out->rows || out->layout != WEIR_LAYOUT_STRING)
		return;
	if (size > WR_RECORD_BYTES_MAX)
		(void)weir_vector_fail(out, row, "a value of %zu bytes, more than the %u allowed",
				       size, WR_RECORD_BYTES_MAX);
	else
		wr_strout_put(&own_of(out)->writer, row, data, (uint32_t)size);
}

WR_PUBLIC bool weir_vector_skips(const struct weir_vector *out, uint32_t row)
{
	return row >= out->rows || wr_skips(own_of(out)->eval, own_of(out)->out, row);
}

WR_PUBLIC int weir_vector_fail(struct weir_vector *out, uint32_t row, const char *format, ...)
{
	char text[WR_REASON_BYTES_MAX];
	va_list args;

	if (weir_vector_skips(out, row))
		return 0;
	va_start(args, format);
	wr_reason_format(text, sizeof text, format, args);
	va_end(args);
	wr_eval_fail(own_of(out)->eval, row, "%s: %s", own_of(out)->name, text);
	return 0;
}

/* Rows that came out NULL although they may not. */
static void check_nulls(struct wr_eval *eval, const char *name, const struct wr_column *out)
{
	if (out->type->nullable || out->valid == NULL)
		return;
	for (uint32_t i = 0; i < out->len; i++)
		if (out->valid[i] == 0 && (eval->live == NULL || eval->live[i] != 0))
			wr_eval_fail(eval, i, "%s: the result is NULL, but declared NOT NULL",
				     name);
}

static void scalar_vector(struct wr_eval *eval, struct wr_user_instance *instance,
			  const struct wr_batch *batch, struct wr_column *out)
{
	struct weir_batch args = {.result = &instance->arguments, .batch = batch};
	struct vector_own own = {
	    .eval = eval, .out = out, .name = instance->bind->form->owner->name};
	struct weir_vector vector = {.rows = out->len,
				     .type = weir_column_type(&instance->out->result, 0),
				     .layout = (enum weir_layout)out->phys,
				     .data = out->data,
				     .own = &own};

	if (out->phys == WR_P_STR)
		wr_strout_init(&own.writer, out);
	if (out->phys < WR_P_STR)
		memset(out->data, 0, (size_t)out->len * wr_phys_size(out->phys));
	if (instance->bind->form->given.eval_batch(instance->self, &args, &vector) != 0)
		for (uint32_t i = 0; i < out->len; i++)
			weir_vector_fail(&vector, i, "the function has failed");
	check_nulls(eval, own.name, out);
}

wr_status *wr_user_scalar_kernel(struct wr_eval *eval, const struct wr_call *call,
				 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_user_instance *instance = call->state;
	struct wr_batch batch = {
	    .rows = out->len, .column_count = call->arg_count, .column = (struct wr_column **)arg};

	WR_ASSERT(instance != NULL);
	if (instance->bind->form->given.eval_batch != NULL && out->phys <= WR_P_STR)
		scalar_vector(eval, instance, &batch, out);
	else if (instance->bind->form->given.eval != NULL)
		scalar_rows(eval, instance, &batch, call->type, out);
	else
		return wr_status_new(
		    WR_USER_ERROR,
		    "Function '%s' returns %s, but has a vector variant alone: nested "
		    "values need `eval`",
		    call->function->name, wr_type_str(wr_eval_arena(eval), call->type));
	return NULL;
}

/* --- table functions --- */

/* The rows behind the spans, as the elements of `out`. */
static void set_elements(struct wr_user_instance *instance, struct wr_column *out)
{
	const struct wr_type *type = out->type->child[0];
	struct wr_batch *batch = wr_appender_take(instance->out);
	struct wr_column *element;

	if (batch == NULL) {
		struct wr_builder *builder = wr_builder_new(type, 1);

		wr_column_set_child(out, 0, wr_builder_finish(builder));
		wr_builder_free(builder);
		return;
	}
	element = wr_column_new(type, batch->rows);
	for (uint32_t i = 0; i < batch->column_count; i++)
		wr_column_set_child(element, i, wr_column_ref(batch->column[i]));
	wr_column_set_child(out, 0, element);
	wr_batch_free(batch);
}

wr_status *wr_user_table_kernel(struct wr_eval *eval, const struct wr_call *call,
				struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_user_instance *instance = call->state;
	struct wr_batch batch = {
	    .rows = out->len, .column_count = call->arg_count, .column = (struct wr_column **)arg};
	struct weir_row args = {.result = &instance->arguments, .batch = &batch};
	struct wr_span *span = out->data;

	for (uint32_t i = 0; i < out->len; i++) {
		uint32_t before = instance->out->rows;
		int answer;

		span[i] = (struct wr_span){0, 0};
		if (wr_skips(eval, out, i))
			continue;
		args.row = i;
		answer = instance->bind->form->given.eval(instance->self, &args, instance->out);
		if (answer != 0 && !instance->out->bad)
			weir_append_undo(instance->out);
		wr_status *mistake = wr_appender_mistake(instance->out);
		if (answer != 0 || mistake != NULL)
			row_failed(eval, instance, i, mistake);
		else if (instance->out->rows > before)
			span[i] = (struct wr_span){before, instance->out->rows - before};
	}
	set_elements(instance, out);
	return NULL;
}
