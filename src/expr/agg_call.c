/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_call - making an aggregate call: words after the arguments, types, casts, DISTINCT.
 */
#include "expr/agg_internal.h"

/* In the words of the expression functions. */
wr_status *wr_agg_mismatch(const struct wr_agg_infer *infer)
{
	struct wr_text types;
	wr_status *status;

	wr_text_init(&types);
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		if (i > 0)
			wr_text_puts(&types, ", ");
		wr_type_print(&types, infer->arg[i]->type);
	}
	status = wr_status_hint(wr_status_new(WR_USER_ERROR,
					      "Cannot apply '%s' to arguments of type (%s)",
					      infer->function->name, wr_text_str(&types)),
				"Supported form: %s", infer->function->syntax);
	wr_text_release(&types);
	return status;
}

void wr_agg_result_like_arg(struct wr_agg_infer *infer, const struct wr_type *type)
{
	bool nullable = !infer->grouped || infer->want[0]->nullable;

	type = wr_type_time_attr(infer->arena, type, WR_TIME_NONE);
	infer->call->type = wr_type_nullable(infer->arena, type, nullable);
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

/* Takes trailing words off the arguments. */
static wr_status *take_words(struct wr_agg_infer *infer)
{
	while (infer->arg_count > 0 && infer->arg[infer->arg_count - 1]->kind == WR_E_SYMBOL) {
		const char *word = infer->arg[--infer->arg_count]->symbol;
		if (is_one_of(word, "IGNORE NULLS", "ABSENT ON NULL", "ABSENT"))
			infer->call->words |= WR_AGG_SKIP_NULLS;
		else if (is_one_of(word, "RESPECT NULLS", "NULL ON NULL", "NULL"))
			infer->call->words |= WR_AGG_KEEP_NULLS;
		else
			return wr_status_new(WR_USER_ERROR, "'%s' does not take %s",
					     infer->function->name, word);
	}
	return NULL;
}

/* Number of arguments, and no bare NULL among them. */
static wr_status *check_args(const struct wr_agg_infer *infer)
{
	const struct wr_agg_function *function = infer->function;
	uint32_t most = WR_MIN(function->max_args, WR_AGG_ARGS_MAX);

	if (infer->arg_count < function->min_args || infer->arg_count > most)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'%s' does not take %u arguments",
						    function->name, infer->arg_count),
				      "Supported form: %s", function->syntax);
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		if (infer->arg[i]->kind == WR_E_SYMBOL)
			return wr_status_new(WR_USER_ERROR, "'%s' does not take %s", function->name,
					     infer->arg[i]->symbol);
		if (infer->arg[i]->type->kind == WR_NULL)
			return wr_status_hint(wr_status_new(WR_USER_ERROR,
							    "Illegal use of NULL in '%s'",
							    function->name),
					      "Give it a type: CAST(NULL AS INT)");
	}
	return NULL;
}

/* The constant behind an argument, or NULL. */
static struct wr_column *constant_of(struct wr_expr_pool *pool, struct wr_expr *arg)
{
	struct wr_expr *folded = wr_expr_is_const(arg) ? arg : wr_expr_fold(pool, arg);

	return wr_expr_is_const(folded) ? folded->value : NULL;
}

/* Puts the set of values in front of a call. */
static void wrap_distinct(struct wr_arena *arena, struct wr_agg_call *call)
{
	struct wr_agg_call *inner = WR_NEW(arena, struct wr_agg_call);

	*inner = *call;
	inner->distinct = false;
	call->inner = inner;
	call->agg = &wr_agg_distinct;
}

/* Lets the function infer, and puts the wrapper around it. */
static wr_status *infer_call(struct wr_agg_infer *infer)
{
	struct wr_agg_call *call = infer->call;

	call->arg_count = infer->arg_count;
	call->arg_type = infer->want;
	WR_TRY(infer->function->infer(infer));
	WR_ASSERT(call->agg != NULL && call->type != NULL);
	call->splittable = call->agg->merge != NULL && !(call->agg->ordered && call->retract);
	if (call->distinct)
		wrap_distinct(infer->arena, call);
	return NULL;
}

/* Reads the arguments' types and constants, infers, casts. */
static wr_status *make_call(struct wr_agg_infer *infer)
{
	struct wr_arena *arena = infer->arena;
	struct wr_column **constant;
	const struct wr_type **type;

	WR_TRY(take_words(infer));
	WR_TRY(check_args(infer));
	type = WR_NEW_ARRAY(arena, const struct wr_type *, infer->arg_count + 1);
	constant = WR_NEW_ARRAY(arena, struct wr_column *, infer->arg_count + 1);
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		type[i] = infer->arg[i]->type;
		constant[i] = constant_of(infer->pool, infer->arg[i]);
	}
	infer->want = type;
	infer->call->const_arg = constant;
	WR_TRY(infer_call(infer));
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		WR_TRY(wr_expr_implicit_cast(infer->pool, infer->arg[i], type[i],
					     infer->function->name, &infer->arg[i]));
		type[i] = infer->arg[i]->type;
		constant[i] = constant_of(infer->pool, infer->arg[i]);
	}
	return NULL;
}

/* `arg` is changed in place, words excepted. */
wr_status *wr_agg_call_new(struct wr_expr_pool *pool, const struct wr_agg_function *function,
			   struct wr_expr **arg, uint32_t arg_count, bool distinct, bool grouped,
			   bool retract, struct wr_pos pos, struct wr_agg_call **out)
{
	struct wr_agg_call *call = WR_NEW(pool->arena, struct wr_agg_call);
	struct wr_agg_infer infer = {
	    .arena = pool->arena,
	    .pool = pool,
	    .function = function,
	    .arg_count = arg_count,
	    .arg = arg,
	    .grouped = grouped,
	    .distinct = distinct,
	    .retract = retract,
	    .call = call,
	};

	call->function = function;
	call->distinct = distinct;
	call->grouped = grouped;
	call->retract = retract;
	WR_TRY(wr_status_place(make_call(&infer), pos));
	*out = call;
	return NULL;
}

/* Arguments become columns: only their types are looked at. */
wr_status *wr_agg_call_like(struct wr_expr_pool *pool, const struct wr_agg_call *old, bool retract,
			    struct wr_pos pos, struct wr_agg_call **out)
{
	struct wr_agg_call *call = WR_NEW(pool->arena, struct wr_agg_call);
	const struct wr_type **type =
	    WR_NEW_ARRAY(pool->arena, const struct wr_type *, old->arg_count + 1);
	struct wr_expr **arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, old->arg_count + 1);
	struct wr_agg_infer infer = {
	    .arena = pool->arena,
	    .pool = pool,
	    .function = old->function,
	    .arg_count = old->arg_count,
	    .arg = arg,
	    .want = type,
	    .grouped = old->grouped,
	    .distinct = old->distinct,
	    .retract = retract,
	    .call = call,
	};

	for (uint32_t i = 0; i < old->arg_count; i++) {
		type[i] = old->arg_type[i];
		arg[i] = wr_expr_column(pool, i, type[i]);
	}
	*call = (struct wr_agg_call){
	    .function = old->function,
	    .const_arg = old->const_arg,
	    .distinct = old->distinct,
	    .retract = retract,
	    .grouped = old->grouped,
	    .words = old->words,
	};
	WR_TRY(wr_status_place(infer_call(&infer), pos));
	*out = call;
	return NULL;
}

wr_status *wr_agg_call_retracting(struct wr_expr_pool *pool, const struct wr_agg_call *call,
				  struct wr_pos pos, struct wr_agg_call **out)
{
	return wr_agg_call_like(pool, call, true, pos, out);
}

bool wr_agg_call_splits(const struct wr_agg_call *call)
{
	const struct wr_agg *agg = call->agg;
	bool counts = strcmp(call->function->name, "COUNT") == 0;

	if (call->distinct || !call->splittable || agg->merge == NULL || agg->drop != NULL ||
	    agg->save != NULL || agg->fault != NULL)
		return false;
	/* Floating sums depend on their order, and of NaNs the first one counts; a decimal sum that
	 * could leave its 38 digits on the way depends on it, too. */
	for (uint32_t i = 0; i < call->arg_count && !counts; i++) {
		const struct wr_type *type = call->arg_type[i];

		if (type->kind == WR_FLOAT || type->kind == WR_DOUBLE ||
		    (type->kind == WR_DECIMAL && type->precision > 24))
			return false;
	}
	return counts || strncmp(agg->name, "sum", 3) == 0 || strncmp(agg->name, "min", 3) == 0 ||
	       strncmp(agg->name, "max", 3) == 0;
}
