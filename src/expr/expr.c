/* SPDX-License-Identifier: Apache-2.0
 *
 * expr - making nodes of the expression tree.
 *
 * Every node passes through node_seal(), which settles its traits, size and hash from its
 * arguments; from then on it never changes, so that walks can stop early, equal trees are found by
 * hash, and a tree that grows exponentially (a shared node reached along many paths) is refused
 * before anything walks it. Arguments are copied into the pool's arena.
 */
#include "expr/expr.h"

#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "expr/cast.h"
#include "expr/function.h"

void wr_expr_pool_init(struct wr_expr_pool *pool, struct wr_arena *arena)
{
	*pool = (struct wr_expr_pool){.arena = arena, .zone_id = "UTC"};
}

void wr_expr_pool_release(struct wr_expr_pool *pool)
{
	for (uint32_t i = 0; i < pool->const_count; i++)
		wr_column_unref(pool->consts[i]);
	wr_free(pool->consts);
	for (uint32_t i = pool->deferred_count; i-- > 0;)
		pool->deferred[i].release(pool->deferred[i].what);
	wr_free(pool->deferred);
	*pool = (struct wr_expr_pool){0};
}

void wr_expr_pool_defer(struct wr_expr_pool *pool, void (*release)(void *what), void *what)
{
	if (pool->deferred_count == pool->deferred_capacity) {
		pool->deferred_capacity = WR_MAX(4, pool->deferred_capacity * 2);
		pool->deferred =
		    wr_realloc(pool->deferred, pool->deferred_capacity * sizeof *pool->deferred);
	}
	pool->deferred[pool->deferred_count++] = (struct wr_expr_deferred){release, what};
}

static void pool_own(struct wr_expr_pool *pool, struct wr_column *value)
{
	if (pool->const_count == pool->const_capacity) {
		pool->const_capacity = pool->const_capacity == 0 ? 16 : pool->const_capacity * 2;
		pool->consts =
		    wr_realloc(pool->consts, pool->const_capacity * sizeof *pool->consts);
	}
	pool->consts[pool->const_count++] = value;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
	return hash ^ (hash >> 32);
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = mix(hash, (unsigned char)*text);
	return hash;
}

/* Traits that a node has by itself. */
static uint32_t own_traits(const struct wr_expr *expr)
{
	uint32_t traits = 0;

	if (expr->kind == WR_E_COLUMN)
		return WR_EX_COLUMNS;
	if (expr->kind == WR_E_CAST) {
		if (!expr->try_cast && wr_cast_can_fail(expr->arg[0]->type, expr->type))
			traits |= WR_EX_FAILS;
		if (wr_cast_is_expensive(expr->arg[0]->type, expr->type))
			traits |= WR_EX_EXPENSIVE;
	} else if (expr->kind == WR_E_CALL) {
		uint32_t flags = expr->function->flags;
		traits |= (flags & WR_F_FALLIBLE) && !expr->plan->cannot_fail ? WR_EX_FAILS : 0;
		traits |= (flags & WR_F_DYNAMIC) ? WR_EX_DYNAMIC : 0;
		traits |= (flags & WR_F_EXPENSIVE) ? WR_EX_EXPENSIVE : 0;
	}
	return traits;
}

/* Settles traits, size and hash. Everything else of the node is in place. */
static struct wr_expr *node_seal(struct wr_expr *expr)
{
	uint64_t hash = mix(0x77656972, expr->kind);
	uint64_t size = 1;

	expr->traits = own_traits(expr);
	expr->depth = 1;
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		expr->traits |= expr->arg[i]->traits;
		size += expr->arg[i]->size;
		expr->depth = WR_MAX(expr->depth, expr->arg[i]->depth + 1);
		hash = mix(hash, expr->arg[i]->hash);
	}
	expr->size = size > WR_EXPR_SIZE_MAX ? WR_EXPR_SIZE_MAX + 1 : (uint32_t)size;
	hash = mix(hash, expr->column + 7 * (uint64_t)expr->try_cast);
	if (expr->type != NULL)
		hash = mix(hash, expr->type->kind);
	if (expr->function != NULL)
		hash = mix_text(hash, expr->function->name);
	if (expr->symbol != NULL)
		hash = mix_text(hash, expr->symbol);
	if (expr->value != NULL && wr_column_is_valid(expr->value, 0)) {
		uint64_t value_hash = hash;
		wr_column_hash(expr->value, 1, &value_hash);
		hash = mix(hash, value_hash);
	}
	expr->hash = hash;
	return expr;
}

static struct wr_expr *node_new(struct wr_expr_pool *pool, enum wr_expr_kind kind,
				const struct wr_type *type, struct wr_expr *const *arg,
				uint32_t arg_count)
{
	struct wr_expr *expr = WR_NEW(pool->arena, struct wr_expr);

	expr->kind = kind;
	expr->type = type;
	expr->arg_count = arg_count;
	if (arg_count > 0) {
		expr->arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, arg_count);
		memcpy(expr->arg, arg, arg_count * sizeof *arg);
	}
	return expr;
}

/* Refuses trees that grew past the bounds. */
static wr_status *node_check(const struct wr_expr *expr)
{
	wr_status *status = NULL;

	if (expr->size > WR_EXPR_SIZE_MAX)
		status = wr_status_at(WR_USER_ERROR, expr->pos,
				      "The expression is too large (more than %d parts)",
				      WR_EXPR_SIZE_MAX);
	else if (expr->depth > WR_EXPR_DEPTH_MAX)
		status = wr_status_at(WR_USER_ERROR, expr->pos,
				      "The expression is nested too deeply (more than %d levels)",
				      WR_EXPR_DEPTH_MAX);
	return wr_status_hint(status, "Compute parts of it in a subquery or view first");
}

struct wr_expr *wr_expr_column(struct wr_expr_pool *pool, uint32_t column,
			       const struct wr_type *type)
{
	struct wr_expr *expr = node_new(pool, WR_E_COLUMN, type, NULL, 0);

	expr->column = column;
	return node_seal(expr);
}

struct wr_expr *wr_expr_const(struct wr_expr_pool *pool, struct wr_column *value_moved)
{
	struct wr_expr *expr = node_new(pool, WR_E_CONST, value_moved->type, NULL, 0);

	WR_ASSERT(value_moved->is_const);
	pool_own(pool, value_moved);
	expr->value = value_moved;
	return node_seal(expr);
}

struct wr_expr *wr_expr_null(struct wr_expr_pool *pool, const struct wr_type *type)
{
	return wr_expr_const(pool, wr_column_null(wr_type_nullable(pool->arena, type, true)));
}

struct wr_expr *wr_expr_bool(struct wr_expr_pool *pool, bool value)
{
	struct wr_column *column = wr_column_new(&WR_T_BOOLEAN_NN, 1);

	WR_DATA(column, uint8_t)[0] = value;
	wr_column_make_const(column);
	return wr_expr_const(pool, column);
}

struct wr_expr *wr_expr_i32(struct wr_expr_pool *pool, int32_t value)
{
	struct wr_column *column = wr_column_new(&WR_T_INT_NN, 1);

	WR_DATA(column, int32_t)[0] = value;
	wr_column_make_const(column);
	return wr_expr_const(pool, column);
}

struct wr_expr *wr_expr_i64(struct wr_expr_pool *pool, int64_t value)
{
	struct wr_column *column = wr_column_new(&WR_T_BIGINT_NN, 1);

	WR_DATA(column, int64_t)[0] = value;
	wr_column_make_const(column);
	return wr_expr_const(pool, column);
}

struct wr_expr *wr_expr_string(struct wr_expr_pool *pool, const char *text, uint32_t len)
{
	int32_t points = 0;
	struct wr_column *column;
	struct wr_strout out;

	/* Java's length: a character outside of the BMP counts twice. */
	for (uint32_t i = 0; i < len; i++)
		points +=
		    (((unsigned char)text[i] & 0xC0) != 0x80) + ((unsigned char)text[i] >= 0xF0);
	/* Flink's literal '' is CHAR(0), which has no name of its own; it acts as CHAR(1) in no
	 * rule that matters, so the length is kept as it is. */
	const struct wr_type *type =
	    wr_type_nullable(pool->arena, wr_type_length(pool->arena, WR_CHAR, points), false);
	column = wr_column_new(type, 1);
	memset(column->data, 0, sizeof(struct wr_view));
	wr_strout_init(&out, column);
	wr_strout_put(&out, 0, text, len);
	wr_column_make_const(column);
	return wr_expr_const(pool, column);
}

struct wr_expr *wr_expr_symbol(struct wr_expr_pool *pool, const char *symbol)
{
	struct wr_expr *expr = node_new(pool, WR_E_SYMBOL, NULL, NULL, 0);

	expr->symbol = wr_arena_strdup(pool->arena, symbol);
	return node_seal(expr);
}

struct wr_expr *wr_expr_with_args(struct wr_expr_pool *pool, const struct wr_expr *expr,
				  struct wr_expr **arg)
{
	struct wr_expr *copy = node_new(pool, expr->kind, expr->type, arg, expr->arg_count);

	copy->try_cast = expr->try_cast;
	copy->pos = expr->pos;
	copy->column = expr->column;
	copy->symbol = expr->symbol;
	copy->value = expr->value;
	copy->function = expr->function;
	copy->plan = expr->plan;
	return node_seal(copy);
}

/* --- casts
 * ---------------------------------------------------------------------------------------- */

/* Whether a cast would do nothing at all: the types are equal but for nullability at the top, and
 * no time attribute has to go. */
static bool cast_is_nothing(const struct wr_expr *arg, const struct wr_type *type, bool try_cast)
{
	struct wr_type a = *arg->type, b = *type;

	a.nullable = b.nullable = true;
	return arg->type->time == WR_TIME_NONE && wr_type_equal(&a, &b, true) &&
	       (!try_cast || arg->type->nullable);
}

static wr_status *cast_error(struct wr_expr_pool *pool, const struct wr_expr *arg,
			     const struct wr_type *type)
{
	return wr_status_because(
	    wr_status_at(WR_USER_ERROR, arg->pos,
			 "Cast function cannot convert value of type %s to type %s",
			 wr_type_str(pool->arena, arg->type), wr_type_str(pool->arena, type)),
	    WR_NO_CAST);
}

wr_status *wr_expr_cast(struct wr_expr_pool *pool, struct wr_expr *arg, const struct wr_type *type,
			bool try_cast, struct wr_expr **out)
{
	struct wr_expr *expr;
	struct wr_call_plan *plan;

	WR_ASSERT(arg->type != NULL);
	if (cast_is_nothing(arg, type, try_cast)) {
		*out = arg;
		return NULL;
	}
	if (arg->type->kind == WR_NULL ||
	    (wr_expr_is_const(arg) && !wr_column_is_valid(arg->value, 0))) {
		*out = wr_expr_null(pool, type);
		(*out)->pos = arg->pos;
		return NULL;
	}
	if (!wr_type_castable(arg->type, type))
		return cast_error(pool, arg, type);
	type = wr_type_nullable(pool->arena, type, try_cast || arg->type->nullable);
	expr = node_new(pool, WR_E_CAST, type, &arg, 1);
	expr->try_cast = try_cast;
	expr->pos = arg->pos;
	plan = WR_NEW(pool->arena, struct wr_call_plan);
	wr_cast_plan(arg->type, type, plan);
	expr->plan = plan;
	*out = node_seal(expr);
	return node_check(expr);
}

wr_status *wr_expr_implicit_cast(struct wr_expr_pool *pool, struct wr_expr *arg,
				 const struct wr_type *type, const char *what, struct wr_expr **out)
{
	if (arg->type->kind != WR_NULL && !cast_is_nothing(arg, type, false) &&
	    !wr_type_implicitly_castable(arg->type, type))
		return wr_status_hint(
		    wr_status_because(wr_status_at(WR_USER_ERROR, arg->pos,
						   "%s is of type %s, but %s is expected", what,
						   wr_type_str(pool->arena, arg->type),
						   wr_type_str(pool->arena, type)),
				      WR_WRONG_TYPE),
		    "Write CAST(... AS %s) if that is what is meant",
		    wr_type_str(pool->arena, wr_type_nullable(pool->arena, type, true)));
	return wr_expr_cast(pool, arg, type, false, out);
}

/* --- calls
 * ---------------------------------------------------------------------------------------- */

static wr_status *count_error(const struct wr_function *function, uint32_t count, struct wr_pos pos)
{
	return wr_status_hint(
	    wr_status_because(wr_status_at(WR_USER_ERROR, pos,
					   "Invalid number of arguments to function '%s': %u given",
					   function->name, count),
			      WR_NO_FUNCTION),
	    "Supported form: %s", function->syntax);
}

/* The result's nullability by the function's flags. */
static const struct wr_type *result_type(struct wr_expr_pool *pool, const struct wr_infer *infer,
					 struct wr_expr *const *arg)
{
	uint32_t flags = infer->function->flags;
	bool nullable = (flags & WR_F_NULLABLE) != 0;

	if (infer->keep_null)
		return infer->result;
	for (uint32_t i = 0; i < infer->arg_count && !nullable; i++)
		nullable = arg[i]->type != NULL && arg[i]->type->nullable;
	if (flags & WR_F_NOT_NULL)
		nullable = false;
	return wr_type_nullable(pool->arena, infer->result, nullable);
}

wr_status *wr_expr_call(struct wr_expr_pool *pool, const struct wr_function *function,
			struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
			struct wr_expr **out)
{
	struct wr_call_plan *plan;
	struct wr_infer infer;
	struct wr_expr **cast;
	struct wr_expr *expr;

	if (arg_count < function->min_args || arg_count > function->max_args)
		return count_error(function, arg_count, pos);
	if (function->rewrite != NULL)
		return wr_status_place(function->rewrite(pool, function, arg, arg_count, pos, out),
				       pos);
	plan = WR_NEW(pool->arena, struct wr_call_plan);
	infer = (struct wr_infer){.arena = pool->arena,
				  .pool = pool,
				  .function = function,
				  .arg_count = arg_count,
				  .arg = arg,
				  .plan = plan,
				  .zone_id = pool->zone_id};
	infer.want = WR_NEW_ARRAY(pool->arena, const struct wr_type *, arg_count + 1);
	for (uint32_t i = 0; i < arg_count; i++)
		infer.want[i] = arg[i]->type;
	wr_status *status = function->infer(&infer);
	if (status != NULL)
		return wr_status_place(status, pos);
	WR_ASSERT(infer.result != NULL);
	cast = WR_NEW_ARRAY(pool->arena, struct wr_expr *, arg_count + 1);
	for (uint32_t i = 0; i < arg_count; i++) {
		cast[i] = arg[i];
		if (infer.want[i] == arg[i]->type)
			continue;
		bool try_cast = wr_kind_is_string(arg[i]->type->kind) &&
				(wr_expr_is_const(arg[i]) ? infer.try_consts : infer.try_strings);
		WR_TRY(wr_status_place(
		    wr_expr_cast(pool, arg[i], infer.want[i], try_cast, &cast[i]), pos));
	}
	if (plan->kernel == NULL)
		plan->kernel = function->kernel;
	expr = node_new(pool, WR_E_CALL, result_type(pool, &infer, cast), cast, arg_count);
	expr->function = function;
	expr->plan = plan;
	expr->pos = pos;
	*out = node_seal(expr);
	return node_check(expr);
}

wr_status *wr_expr_call_name(struct wr_expr_pool *pool, const char *name, struct wr_expr **arg,
			     uint32_t arg_count, struct wr_pos pos, struct wr_expr **out)
{
	const struct wr_function *function = wr_function_find(name, (uint32_t)strlen(name));

	if (function == NULL)
		return wr_status_because(
		    wr_status_at(WR_USER_ERROR, pos, "There is no function or operator '%s'", name),
		    WR_NO_FUNCTION);
	return wr_expr_call(pool, function, arg, arg_count, pos, out);
}

/* --- lazy nodes
 * ----------------------------------------------------------------------------------- */

static wr_status *want_boolean(struct wr_expr_pool *pool, const char *what, struct wr_expr **arg,
			       struct wr_pos pos)
{
	if ((*arg)->type != NULL && (*arg)->type->kind == WR_BOOLEAN)
		return NULL;
	if ((*arg)->type != NULL && (*arg)->type->kind == WR_NULL)
		return wr_expr_cast(pool, *arg, &WR_T_BOOLEAN, false, arg);
	return wr_status_because(
	    wr_status_at(WR_USER_ERROR, (*arg)->pos.line != 0 ? (*arg)->pos : pos,
			 "%s takes BOOLEAN, not %s", what,
			 (*arg)->type != NULL ? wr_type_str(pool->arena, (*arg)->type)
					      : (*arg)->symbol),
	    WR_WRONG_TYPE);
}

wr_status *wr_expr_logic(struct wr_expr_pool *pool, enum wr_expr_kind kind, struct wr_expr **arg,
			 uint32_t arg_count, struct wr_pos pos, struct wr_expr **out)
{
	const char *name = kind == WR_E_AND ? "AND" : "OR";
	uint32_t total = 0, n = 0;
	bool nullable = false;

	WR_ASSERT(arg_count > 0);
	for (uint32_t i = 0; i < arg_count; i++)
		total += arg[i]->kind == kind ? arg[i]->arg_count : 1;
	struct wr_expr **flat = WR_NEW_ARRAY(pool->arena, struct wr_expr *, total);
	for (uint32_t i = 0; i < arg_count; i++) {
		WR_TRY(want_boolean(pool, name, &arg[i], pos));
		nullable |= arg[i]->type->nullable;
		if (arg[i]->kind == kind) {
			memcpy(flat + n, arg[i]->arg, arg[i]->arg_count * sizeof *flat);
			n += arg[i]->arg_count;
		} else {
			flat[n++] = arg[i];
		}
	}
	if (n == 1) {
		*out = flat[0];
		return NULL;
	}
	struct wr_expr *expr =
	    node_new(pool, kind, nullable ? &WR_T_BOOLEAN : &WR_T_BOOLEAN_NN, flat, n);
	expr->pos = pos;
	*out = node_seal(expr);
	return node_check(expr);
}

/* Casts every branch to the common type and tells whether one is nullable. */
static wr_status *case_branches(struct wr_expr_pool *pool, struct wr_expr **branch, uint32_t count,
				struct wr_pos pos, const struct wr_type **out)
{
	const struct wr_type **types = WR_NEW_ARRAY(pool->arena, const struct wr_type *, count);
	bool nullable = false;

	for (uint32_t i = 0; i < count; i++) {
		types[i] = branch[i]->type;
		nullable |= types[i]->nullable;
	}
	const struct wr_type *common = wr_type_common(pool->arena, types, count);
	if (common == NULL)
		return wr_status_hint(
		    wr_status_because(
			wr_status_at(WR_USER_ERROR, pos,
				     "Illegal mixing of types in CASE or COALESCE statement"),
			WR_WRONG_TYPE),
		    "Cast the branches to one type");
	if (common->kind == WR_NULL)
		return wr_status_at(WR_USER_ERROR, pos,
				    "ELSE clause or at least one THEN clause must be non-NULL");
	*out = wr_type_nullable(pool->arena, common, nullable);
	for (uint32_t i = 0; i < count; i++)
		WR_TRY(wr_expr_cast(pool, branch[i], common, false, &branch[i]));
	return NULL;
}

wr_status *wr_expr_case(struct wr_expr_pool *pool, struct wr_expr **when, struct wr_expr **then,
			uint32_t count, struct wr_expr *otherwise, struct wr_pos pos,
			struct wr_expr **out)
{
	struct wr_expr **branch = WR_NEW_ARRAY(pool->arena, struct wr_expr *, count + 1);
	struct wr_expr **arg = WR_NEW_ARRAY(pool->arena, struct wr_expr *, 2 * count + 1);
	const struct wr_type *type = NULL;

	WR_ASSERT(count > 0);
	memcpy(branch, then, count * sizeof *branch);
	branch[count] = otherwise != NULL ? otherwise : wr_expr_null(pool, &WR_T_NULL);
	WR_TRY(case_branches(pool, branch, count + 1, pos, &type));
	for (uint32_t i = 0; i < count; i++) {
		arg[2 * i] = when[i];
		WR_TRY(want_boolean(pool, "WHEN", &arg[2 * i], pos));
		arg[2 * i + 1] = branch[i];
	}
	arg[2 * count] = branch[count];
	struct wr_expr *expr = node_new(pool, WR_E_CASE, type, arg, 2 * count + 1);
	expr->pos = pos;
	*out = node_seal(expr);
	return node_check(expr);
}

wr_status *wr_expr_coalesce(struct wr_expr_pool *pool, struct wr_expr **arg, uint32_t arg_count,
			    struct wr_pos pos, struct wr_expr **out)
{
	const struct wr_type **types = WR_NEW_ARRAY(pool->arena, const struct wr_type *, arg_count);
	struct wr_expr **use = WR_NEW_ARRAY(pool->arena, struct wr_expr *, arg_count);
	bool nullable = true;
	uint32_t n = 0;

	for (uint32_t i = 0; i < arg_count; i++) {
		types[i] = arg[i]->type;
		nullable &= types[i]->nullable;
	}
	const struct wr_type *common = wr_type_merge(pool->arena, types, arg_count);
	if (common == NULL || common->kind == WR_NULL)
		return wr_status_hint(
		    wr_status_because(wr_status_at(WR_USER_ERROR, pos,
						   "The arguments of COALESCE have no common type"),
				      WR_WRONG_TYPE),
		    "Cast them to one type");
	common = wr_type_nullable(pool->arena, common, nullable);
	for (uint32_t i = 0; i < arg_count; i++) {
		if (arg[i]->type->kind == WR_NULL)
			continue;
		WR_TRY(wr_expr_cast(pool, arg[i], common, false, &use[n]));
		n++;
		if (!arg[i]->type->nullable)
			break;
	}
	if (n == 1) {
		*out = use[0];
		return NULL;
	}
	struct wr_expr *expr = node_new(pool, WR_E_COALESCE, common, use, n);
	expr->pos = pos;
	*out = node_seal(expr);
	return node_check(expr);
}
