/* SPDX-License-Identifier: Apache-2.0
 *
 * user_function - see user_function.h.
 *
 * A descriptor may be of an older version of the header: what is behind its `size` is zero. Its
 * first version ended before `process`.
 */
#include "analyze/user_function.h"

#include "analyze/analyzer.h"
#include "analyze/columns.h"
#include "base/limits.h"
#include "base/mem.h"

#define FORM_SIZE_MIN offsetof(struct weir_function, process)
#define FLAGS_KNOWN                                                                                \
	(uint32_t)(WEIR_NOT_DETERMINISTIC | WEIR_NULL_IN_NULL_OUT | WEIR_EXPENSIVE |               \
		   WEIR_RESULT_NOT_NULL)
#define FORMS_MAX 256 /* a chain of `next` that goes round is found by it */

/* --- descriptors --- */

/* The descriptor in this version's layout. */
static wr_status *copy_given(const char *name, const struct weir_function *from,
			     struct weir_function *to)
{
	memset(to, 0, sizeof *to);
	if (from->size < FORM_SIZE_MIN)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The descriptor of function '%s' has a size of %zu bytes", name,
				  from->size),
		    "Set `size` to sizeof(struct weir_function)");
	memcpy(to, from, WR_MIN(from->size, sizeof *to));
	if ((to->flags & ~FLAGS_KNOWN) != 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "Function '%s' has the unknown flag %#x", name,
				  to->flags & ~FLAGS_KNOWN),
		    "Flags are WEIR_NOT_DETERMINISTIC, WEIR_NULL_IN_NULL_OUT, WEIR_EXPENSIVE and "
		    "WEIR_RESULT_NOT_NULL");
	return NULL;
}

static wr_status *missing(const char *name, const char *member, const char *kind)
{
	return wr_status_new(WR_USER_ERROR, "Function '%s' has no `%s`, which %s must have", name,
			     member, kind);
}

/* The members that its kind must have. */
static wr_status *check_members(const char *name, const struct weir_function *given)
{
	switch (given->kind) {
	case WEIR_SCALAR:
		if (given->eval == NULL && given->eval_batch == NULL)
			return missing(name, "eval", "a scalar function");
		break;
	case WEIR_TABLE:
		if (given->eval == NULL)
			return missing(name, "eval", "a table function");
		break;
	case WEIR_AGGREGATE:
		if (given->accumulate == NULL)
			return missing(name, "accumulate", "an aggregate function");
		if (given->get_result == NULL)
			return missing(name, "get_result", "an aggregate function");
		break;
	case WEIR_PROCESS_TABLE:
		if (given->process == NULL)
			return missing(name, "process", "a process table function");
		if (given->arguments == NULL)
			return missing(name, "arguments", "a process table function");
		if (given->process->size < offsetof(struct weir_process, changes))
			return wr_status_new(WR_USER_ERROR,
					     "The `process` of function '%s' has no size", name);
		return NULL;
	default:
		return wr_status_new(WR_USER_ERROR, "Function '%s' is of the unknown kind %d", name,
				     (int)given->kind);
	}
	if (given->infer == NULL && (given->arguments == NULL || given->result == NULL))
		return missing(name, given->arguments == NULL ? "arguments" : "result",
			       "a function without `infer`");
	return NULL;
}

static const char *kept(struct wr_arena *arena, const char *text)
{
	return text != NULL ? wr_arena_strdup(arena, text) : NULL;
}

/* "x DOUBLE, rest STRING ..." */
static wr_status *read_arguments(struct wr_arena *arena, const char *name,
				 struct wr_user_form *form)
{
	const char *text = form->given.arguments;
	size_t len = text != NULL ? strlen(text) : 0;

	form->typed = text != NULL;
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\n'))
		len--;
	if (len == 0)
		return NULL;
	form->variadic = len > 3 && memcmp(text + len - 3, "...", 3) == 0;
	return wr_columns_parse(arena, wr_arena_strndup(arena, text, len - 3 * form->variadic),
				wr_arena_printf(arena, "The arguments of function '%s'", name),
				&form->arguments);
}

static wr_status *read_accumulator(struct wr_arena *arena, const char *name,
				   struct wr_user_form *form)
{
	struct wr_user_accumulator *out = &form->accumulator;
	struct wr_user_layout layout;
	struct wr_text text;

	if (form->given.accumulator == NULL)
		return missing(name, "accumulator", "an aggregate function");
	WR_TRY(wr_layout_parse(arena, form->given.accumulator,
			       wr_arena_printf(arena, "The accumulator of function '%s'", name),
			       form->given.accumulator_size, true, &layout));
	*out = (struct wr_user_accumulator){.count = layout.schema.count,
					    .offset = layout.offset,
					    .size = layout.size,
					    .bytes = layout.bytes};
	out->type = WR_NEW_ARRAY(arena, const struct wr_type *, out->count);
	wr_text_init(&text);
	for (uint32_t i = 0; i < out->count; i++) {
		out->type[i] = layout.schema.field[i].type;
		wr_text_printf(&text, "%s%s ", i > 0 ? ", " : "", layout.schema.field[i].name);
		wr_type_print(&text, out->type[i]);
	}
	out->text = wr_arena_strdup(arena, wr_text_str(&text));
	wr_text_release(&text);
	return NULL;
}

/* One form of a function. */
static wr_status *read_form(struct wr_user_function *function, const struct weir_function *given,
			    struct wr_user_form **out)
{
	struct wr_arena *arena = &function->arena;
	struct wr_user_form *form = WR_NEW(arena, struct wr_user_form);
	const char *name = function->name;

	*out = form;
	WR_TRY(copy_given(name, given, &form->given));
	WR_TRY(check_members(name, &form->given));
	if (form->given.kind != function->kind)
		return wr_status_new(WR_USER_ERROR,
				     "The forms of function '%s' are not of one kind", name);
	form->given.arguments = kept(arena, form->given.arguments);
	form->given.result = kept(arena, form->given.result);
	form->given.accumulator = kept(arena, form->given.accumulator);
	form->syntax = wr_arena_printf(
	    arena, "%s(%s)", name, form->given.arguments != NULL ? form->given.arguments : "...");
	if (form->given.kind == WEIR_PROCESS_TABLE)
		return NULL;
	WR_TRY(read_arguments(arena, name, form));
	if (form->given.kind == WEIR_AGGREGATE)
		WR_TRY(read_accumulator(arena, name, form));
	if (form->given.result != NULL)
		WR_TRY(wr_user_result_read(arena, function, form->given.result, &form->result));
	return NULL;
}

static wr_status *check_new(const struct wr_user_function *function,
			    const struct wr_user_form *form, struct wr_user_form *const *added,
			    uint32_t count)
{
	bool there = false;

	for (const struct wr_user_form *old = function->form; old != NULL; old = old->next)
		there = there || wr_user_form_same(old, form);
	for (uint32_t i = 0; i < count; i++)
		there = there || wr_user_form_same(added[i], form);
	if (!there)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "There is a function %s already", form->syntax),
	    "Drop it first, or give the form other arguments");
}

wr_status *wr_user_function_extend(struct wr_user_function *function,
				   const struct weir_function *given)
{
	struct wr_user_form *added[FORMS_MAX];
	struct weir_function copy;
	uint32_t count = 0;

	for (const struct weir_function *at = given; at != NULL; at = copy.next) {
		if (count == FORMS_MAX)
			return wr_status_new(WR_USER_ERROR, "Function '%s' has more than %d forms",
					     function->name, FORMS_MAX);
		WR_TRY(copy_given(function->name, at, &copy));
		WR_TRY(read_form(function, at, &added[count]));
		WR_TRY(check_new(function, added[count], added, count));
		count++;
	}
	for (uint32_t i = 0; i < count; i++)
		wr_user_form_add(function, added[i]);
	return NULL;
}

wr_status *wr_user_function_read(const char *name, const struct weir_function *given,
				 struct wr_user_function **out)
{
	struct wr_user_function *function = wr_calloc(1, sizeof *function);
	struct weir_function copy;
	wr_status *status;

	*out = NULL;
	atomic_init(&function->refs, 1);
	wr_arena_init(&function->arena);
	function->name = wr_arena_strdup(&function->arena, name);
	function->read_type = wr_type_parse;
	function->read_columns = wr_columns_parse;
	status = copy_given(name, given, &copy);
	function->kind = copy.kind;
	if (status == NULL)
		status = wr_user_function_extend(function, given);
	if (status != NULL) {
		wr_user_function_unref(function);
		return status;
	}
	function->scalar = (struct wr_function){
	    .name = function->name,
	    .category = "user",
	    .syntax = function->form->syntax,
	    .doc = "",
	    .max_args = UINT16_MAX,
	    .rewrite = wr_user_scalar_rewrite,
	};
	function->aggregate = (struct wr_agg_function){
	    .name = function->name,
	    .category = "user",
	    .syntax = function->form->syntax,
	    .doc = "",
	    .max_args = UINT16_MAX,
	    .infer = wr_user_aggregate_infer,
	};
	*out = function;
	return NULL;
}

/* --- names --- */

static struct wr_found_function found_user(const struct wr_user_function *user)
{
	struct wr_found_function found = {.user = user};

	if (user->kind == WEIR_AGGREGATE)
		found.aggregate = &user->aggregate;
	else
		found.scalar = &user->scalar;
	return found;
}

struct wr_found_function wr_function_lookup(const struct wr_catalog *catalog,
					    const struct wr_ast_name *name)
{
	struct wr_found_function found = {0};
	const struct wr_user_function *user;
	const char *local;
	uint32_t len;
	wr_status *status = wr_local_name(name, &local);

	if (status != NULL) {
		wr_status_free(status);
		return found;
	}
	len = (uint32_t)strlen(local);
	user = wr_catalog_function(catalog, local);
	if (user != NULL && (user->system || name->count > 1))
		return found_user(user);
	if (name->count == 1) {
		found.aggregate = wr_agg_find(local, len);
		found.scalar = found.aggregate == NULL ? wr_function_find(local, len) : NULL;
	}
	if (found.aggregate == NULL && found.scalar == NULL && user != NULL)
		return found_user(user);
	return found;
}
