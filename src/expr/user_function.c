/* SPDX-License-Identifier: Apache-2.0
 *
 * user_function - see user_function.h: forms, which one a call means, instances.
 */
#include "expr/user_function.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "expr/appender.h"

/* A call whose types are being settled. */
struct weir_signature {
	struct weir_result arguments;
	struct wr_batch batch; /* of `row` */
	struct weir_row row;   /* constants */
	const struct wr_user_function *function;
	struct wr_arena *arena;
	const struct wr_type **want;  /* per argument */
	const struct wr_type *result; /* NULL: not settled */
	wr_status *failed;            /* the first mistake; owned */
};

/* --- functions and forms --- */

struct wr_user_function *wr_user_function_ref(struct wr_user_function *function)
{
	atomic_fetch_add_explicit(&function->refs, 1, memory_order_relaxed);
	return function;
}

void wr_user_function_unref(struct wr_user_function *function)
{
	if (function == NULL ||
	    atomic_fetch_sub_explicit(&function->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (function->release != NULL)
		function->release(function->held);
	wr_arena_release(&function->arena);
	wr_free(function);
}

static void unref(void *function)
{
	wr_user_function_unref(function);
}

/* A table function has become an ARRAY behind which UNNEST stands. */
static void fill_scalar(struct wr_user_form *form)
{
	bool table = form->given.kind == WEIR_TABLE;
	uint32_t given = form->given.flags;
	uint32_t flags = WR_F_FALLIBLE;

	flags |= given & WEIR_NULL_IN_NULL_OUT ? WR_F_STRICT : 0;
	flags |= given & WEIR_NOT_DETERMINISTIC ? WR_F_DYNAMIC : 0;
	flags |= given & WEIR_EXPENSIVE || table ? WR_F_EXPENSIVE : 0;
	form->scalar = (struct wr_function){
	    .name = form->owner->name,
	    .category = "user",
	    .syntax = form->syntax,
	    .doc = "",
	    .flags = flags,
	    .max_args = UINT16_MAX,
	    .infer = wr_user_scalar_infer,
	    .kernel = table ? wr_user_table_kernel : wr_user_scalar_kernel,
	    .prepare = wr_user_scalar_prepare,
	    .release = wr_user_scalar_release,
	};
}

void wr_user_form_add(struct wr_user_function *function, struct wr_user_form *form)
{
	struct wr_user_form **at = &function->form;

	while (*at != NULL)
		at = &(*at)->next;
	form->owner = function;
	if (form->given.kind == WEIR_SCALAR || form->given.kind == WEIR_TABLE)
		fill_scalar(form);
	if (form->given.kind == WEIR_AGGREGATE)
		wr_user_aggregate_fill(form, &function->arena);
	*at = form;
}

bool wr_user_form_same(const struct wr_user_form *a, const struct wr_user_form *b)
{
	if (!a->typed || !b->typed)
		return a->typed == b->typed;
	if (a->variadic != b->variadic || a->arguments.count != b->arguments.count)
		return false;
	for (uint32_t i = 0; i < a->arguments.count; i++)
		if (!wr_type_equal(a->arguments.field[i].type, b->arguments.field[i].type, false))
			return false;
	return true;
}

/* --- which form --- */

static const struct wr_field *form_argument(const struct wr_user_form *form, uint32_t i)
{
	return &form->arguments.field[WR_MIN(i, form->arguments.count - 1)];
}

/* 2: as they are, 1: with casts, 0: not. */
static int form_takes(const struct wr_user_form *form, const struct wr_type *const *type,
		      uint32_t count)
{
	uint32_t given = form->arguments.count;
	int takes = 2;

	if (!form->typed)
		return 1;
	if (form->variadic ? count + 1 < given : count != given)
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_type *want = form_argument(form, i)->type;

		if (type[i] == NULL || !wr_type_implicitly_castable(type[i], want))
			return 0;
		if (!wr_type_equal(type[i], want, false))
			takes = 1;
	}
	return takes;
}

struct wr_user_form *wr_user_form_find(const struct wr_user_function *function,
				       const struct wr_type *const *type, uint32_t count)
{
	struct wr_user_form *found = NULL;

	for (struct wr_user_form *form = function->form; form != NULL; form = form->next) {
		int takes = form_takes(form, type, count);

		if (takes == 2)
			return form;
		if (takes == 1 && found == NULL)
			found = form;
	}
	return found;
}

wr_status *wr_user_mismatch(struct wr_arena *arena, const struct wr_user_function *function,
			    const struct wr_type *const *type, uint32_t count)
{
	struct wr_text types, forms;
	wr_status *status;

	wr_text_init(&types);
	wr_text_init(&forms);
	for (uint32_t i = 0; i < count; i++)
		wr_text_printf(&types, "%s%s", i > 0 ? ", " : "",
			       type[i] != NULL ? wr_type_str(arena, type[i]) : "SYMBOL");
	for (const struct wr_user_form *form = function->form; form != NULL; form = form->next)
		wr_text_printf(&forms, "%s%s", form != function->form ? ", " : "", form->syntax);
	status = wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Cannot apply '%s' to arguments of type (%s)",
			  function->name, wr_text_str(&types)),
	    "%s: %s", function->form->next != NULL ? "Supported forms" : "Supported form",
	    wr_text_str(&forms));
	wr_text_release(&types);
	wr_text_release(&forms);
	return status;
}

/* --- infer --- */

static void signature_fail(struct weir_signature *signature, wr_status *status_moved)
{
	if (signature->failed == NULL)
		signature->failed = status_moved;
	else
		wr_status_free(status_moved);
}

WR_PUBLIC const struct weir_result *weir_signature_arguments(const struct weir_signature *signature)
{
	return &signature->arguments;
}

WR_PUBLIC const struct weir_row *weir_signature_constants(const struct weir_signature *signature)
{
	return &signature->row;
}

WR_PUBLIC int weir_signature_take(struct weir_signature *signature, uint32_t argument,
				  const char *type)
{
	const struct wr_type *want;
	wr_status *status;

	if (argument >= signature->arguments.column_count)
		return weir_signature_fail(signature, "There is no argument number %u", argument);
	status =
	    signature->function->read_type(signature->arena, type, "An argument's type", &want);
	if (status != NULL) {
		signature_fail(signature, status);
		return -1;
	}
	if (!wr_type_implicitly_castable(signature->want[argument], want))
		return weir_signature_fail(
		    signature, "Argument %u is of type %s, but %s is expected", argument + 1,
		    wr_type_str(signature->arena, signature->want[argument]), type);
	signature->want[argument] = want;
	return 0;
}

/* An ARRAY of ROWs with these fields. */
static const struct wr_type *rows_type(struct wr_arena *arena, const struct wr_schema *columns)
{
	const char **name = WR_NEW_ARRAY(arena, const char *, columns->count);
	const struct wr_type **type = WR_NEW_ARRAY(arena, const struct wr_type *, columns->count);
	const struct wr_type *row;

	for (uint32_t i = 0; i < columns->count; i++) {
		name[i] = columns->field[i].name;
		type[i] = columns->field[i].type;
	}
	row = wr_type_row(arena, columns->count, name, type);
	return wr_type_array(arena, wr_type_nullable(arena, row, false));
}

wr_status *wr_user_result_read(struct wr_arena *arena, const struct wr_user_function *function,
			       const char *text, const struct wr_type **out)
{
	struct wr_schema columns;

	if (function->kind != WEIR_TABLE)
		return function->read_type(
		    arena, text,
		    wr_arena_printf(arena, "The result of function '%s'", function->name), out);
	WR_TRY(function->read_columns(
	    arena, text,
	    wr_arena_printf(arena, "The columns of table function '%s'", function->name),
	    &columns));
	*out = rows_type(arena, &columns);
	return NULL;
}

WR_PUBLIC int weir_signature_return(struct weir_signature *signature, const char *result)
{
	wr_status *status =
	    wr_user_result_read(signature->arena, signature->function, result, &signature->result);

	if (status == NULL)
		return 0;
	signature_fail(signature, status);
	return -1;
}

WR_PUBLIC int weir_signature_fail(struct weir_signature *signature, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	signature_fail(signature, wr_status_reason(format, args));
	va_end(args);
	return -1;
}

/* The constants as a row; what is not constant is NULL. Columns are referenced. */
static void constants_batch(const struct wr_schema *schema, struct wr_column *const *constant,
			    struct wr_batch *batch)
{
	*batch = (struct wr_batch){.rows = 1, .column_count = schema->count};
	batch->column = wr_calloc(schema->count + 1, sizeof *batch->column);
	for (uint32_t i = 0; i < schema->count; i++)
		batch->column[i] = constant != NULL && constant[i] != NULL
				       ? wr_column_ref(constant[i])
				       : wr_column_null(schema->field[i].type);
}

static void constants_release(struct wr_batch *batch)
{
	for (uint32_t i = 0; i < batch->column_count; i++)
		wr_column_unref(batch->column[i]);
	wr_free(batch->column);
}

/* Asks the program. */
static wr_status *infer_form(const struct wr_user_bind *bind, struct wr_arena *arena,
			     const struct wr_type **want, struct wr_column *const *constant,
			     const struct wr_type **result)
{
	const struct weir_function *given = &bind->form->given;
	struct weir_signature signature = {
	    .function = bind->form->owner, .arena = arena, .want = want, .result = *result};
	int answer;

	WR_TRY(wr_result_init(&signature.arguments, &bind->arguments, false, bind->zone_id));
	constants_batch(&bind->arguments, constant, &signature.batch);
	signature.row = (struct weir_row){&signature.arguments, &signature.batch, 0};
	answer = given->infer(given->user, &signature);
	constants_release(&signature.batch);
	wr_result_release(&signature.arguments);
	if (signature.failed == NULL && answer != 0)
		return wr_user_mismatch(arena, bind->form->owner, want, bind->arguments.count);
	if (signature.failed == NULL && signature.result == NULL)
		return wr_status_new(WR_USER_ERROR,
				     "Function '%s' has not said by `infer` what it returns",
				     bind->form->owner->name);
	*result = signature.result;
	return signature.failed;
}

/* --- calls --- */

/* Names and types of the arguments as they are. */
static void bind_arguments(struct wr_arena *arena, struct wr_user_bind *bind,
			   const struct wr_type *const *type, uint32_t count)
{
	bind->arguments = (struct wr_schema){
	    .count = count, .field = WR_NEW_ARRAY(arena, struct wr_field, count + 1)};
	for (uint32_t i = 0; i < count; i++) {
		bool named = bind->form->typed && i < bind->form->arguments.count;

		bind->arguments.field[i] = (struct wr_field){
		    named ? form_argument(bind->form, i)->name : wr_arena_printf(arena, "arg%u", i),
		    type[i]};
	}
}

/* A scalar's or an aggregate's one column, or those of a table function's rows. */
static void bind_results(struct wr_arena *arena, struct wr_user_bind *bind,
			 const struct wr_type *result)
{
	if (bind->form->given.kind != WEIR_TABLE) {
		bind->results = (struct wr_schema){1, WR_NEW(arena, struct wr_field)};
		bind->results.field[0] =
		    (struct wr_field){"result", wr_type_nullable(arena, result, true)};
		return;
	}
	const struct wr_type *row = result->child[0];
	bind->results = (struct wr_schema){row->child_count,
					   WR_NEW_ARRAY(arena, struct wr_field, row->child_count)};
	for (uint32_t i = 0; i < row->child_count; i++)
		bind->results.field[i] = (struct wr_field){row->name[i], row->child[i]};
}

wr_status *wr_user_bind_new(struct wr_expr_pool *pool, struct wr_user_form *form,
			    const struct wr_type **want, struct wr_column *const *constant,
			    uint32_t count, const struct wr_type **result,
			    struct wr_user_bind **out)
{
	struct wr_arena *arena = pool->arena;
	struct wr_user_bind *bind;

	*out = NULL;
	bind = WR_NEW(arena, struct wr_user_bind);
	*bind =
	    (struct wr_user_bind){.form = form, .zone_id = wr_arena_strdup(arena, pool->zone_id)};
	bind_arguments(arena, bind, want, count);
	for (uint32_t i = 0; i < count && form->typed; i++) {
		const struct wr_type *type = form_argument(form, i)->type;

		if (!wr_type_equal(want[i], type, false))
			want[i] = wr_type_nullable(arena, type, want[i]->nullable);
	}
	*result = form->result;
	if (form->given.infer != NULL)
		WR_TRY(infer_form(bind, arena, want, constant, result));
	for (uint32_t i = 0; i < count; i++)
		bind->arguments.field[i].type = want[i];
	bind_results(arena, bind, *result);
	wr_expr_pool_defer(pool, unref, wr_user_function_ref(form->owner));
	*out = bind;
	return NULL;
}

/* --- instances --- */

WR_PUBLIC int weir_open_fail(const struct weir_row *constants, const char *format, ...)
{
	struct wr_user_instance *instance =
	    (void *)((char *)constants->result - offsetof(struct wr_user_instance, arguments));
	va_list args;

	va_start(args, format);
	wr_reason_format(instance->failure, sizeof instance->failure, format, args);
	va_end(args);
	return -1;
}

/* Calls open with the constants. */
static wr_status *instance_open(struct wr_user_instance *instance,
				struct wr_column *const *constant)
{
	const struct weir_function *given = &instance->bind->form->given;
	struct weir_row row = {.result = &instance->arguments};
	struct wr_batch batch;
	int answer;

	instance->self = given->user;
	instance->opened = true;
	if (given->open == NULL)
		return NULL;
	constants_batch(&instance->bind->arguments, constant, &batch);
	row.batch = &batch;
	answer = given->open(given->user, &row, &instance->self);
	constants_release(&batch);
	if (answer == 0)
		return NULL;
	return wr_status_new(WR_USER_ERROR, "Function '%s' cannot be opened%s%s",
			     instance->bind->form->owner->name,
			     instance->failure[0] != '\0' ? ": " : "", instance->failure);
}

wr_status *wr_user_instance_new(const struct wr_user_bind *bind, struct wr_column *const *constant,
				struct wr_user_instance **out)
{
	struct wr_user_instance *instance = wr_calloc(1, sizeof *instance);

	*out = instance;
	instance->bind = bind;
	instance->out = wr_calloc(1, sizeof *instance->out);
	WR_TRY(wr_result_init(&instance->arguments, &bind->arguments, false, bind->zone_id));
	WR_TRY(wr_appender_init(instance->out, &bind->results, bind->zone_id, WR_BATCH_ROWS_MAX));
	return instance_open(instance, constant);
}

void wr_user_instance_free(struct wr_user_instance *instance)
{
	if (instance == NULL)
		return;
	if (instance->opened && instance->bind->form->given.close != NULL)
		instance->bind->form->given.close(instance->self);
	wr_result_release(&instance->arguments);
	wr_appender_release(instance->out);
	wr_free(instance->out);
	wr_free(instance);
}
