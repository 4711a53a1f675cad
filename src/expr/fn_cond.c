/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_cond - IF, IFNULL, NULLIF, COALESCE: functions that are CASE and COALESCE nodes; and TYPEOF.
 */
#include "base/macros.h"
#include "expr/kernel.h"
#include "expr/tables.h"

/* CASE WHEN condition THEN a ELSE b END, nullable when the condition is, as Flink types it. */
static wr_status *rewrite_if(struct wr_expr_pool *pool, const struct wr_function *function,
			     struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
			     struct wr_expr **out)
{
	WR_TRY(wr_expr_case(pool, &arg[0], &arg[1], 1, arg[2], pos, out));
	if (arg[0]->type->nullable && !(*out)->type->nullable) {
		struct wr_expr copy = **out;
		copy.type = wr_type_nullable(pool->arena, copy.type, true);
		*out = wr_expr_with_args(pool, &copy, copy.arg);
	}
	return NULL;
}

static wr_status *rewrite_coalesce(struct wr_expr_pool *pool, const struct wr_function *function,
				   struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				   struct wr_expr **out)
{
	for (uint32_t i = 0; i < arg_count; i++)
		if (arg[i]->type == NULL)
			return wr_status_new(WR_USER_ERROR, "%s takes values, not the word %s",
					     function->name, arg[i]->symbol);
	return wr_expr_coalesce(pool, arg, arg_count, pos, out);
}

/* Of strings the first one's type stays when it is NOT NULL. */
static wr_status *rewrite_ifnull(struct wr_expr_pool *pool, const struct wr_function *function,
				 struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				 struct wr_expr **out)
{
	WR_TRY(rewrite_coalesce(pool, function, arg, arg_count, pos, out));
	if (!arg[0]->type->nullable && wr_kind_is_string(arg[0]->type->kind) &&
	    wr_kind_is_string((*out)->type->kind))
		*out = arg[0];
	return NULL;
}

/* CASE WHEN a = b THEN NULL ELSE a END */
static wr_status *rewrite_nullif(struct wr_expr_pool *pool, const struct wr_function *function,
				 struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				 struct wr_expr **out)
{
	struct wr_expr *equal, *null;

	WR_TRY(wr_expr_call_name(pool, "=", arg, 2, pos, &equal));
	if (arg[0]->type->kind == WR_NULL) {
		*out = arg[0];
		return NULL;
	}
	null = wr_expr_null(pool, wr_type_time_attr(pool->arena, arg[0]->type, WR_TIME_NONE));
	return wr_expr_case(pool, &equal, &null, 1, arg[0], pos, out);
}

static struct wr_expr *text_const(struct wr_expr_pool *pool, const struct wr_type *type,
				  const char *text, struct wr_pos pos)
{
	struct wr_column *value = wr_column_new(type, 1);
	struct wr_strout writer;
	struct wr_expr *expr;

	memset(value->data, 0, sizeof(struct wr_view));
	wr_strout_init(&writer, value);
	wr_strout_put(&writer, 0, text, (uint32_t)strlen(text));
	wr_column_make_const(value);
	expr = wr_expr_const(pool, value);
	expr->pos = pos;
	return expr;
}

static wr_status *rewrite_typeof(struct wr_expr_pool *pool, const struct wr_function *function,
				 struct wr_expr **arg, uint32_t arg_count, struct wr_pos pos,
				 struct wr_expr **out)
{
	*out = text_const(
	    pool, &WR_T_STRING,
	    arg[0]->type != NULL ? wr_type_str(pool->arena, arg[0]->type) : arg[0]->symbol, pos);
	return NULL;
}

/* That of USE. */
static wr_status *rewrite_current_database(struct wr_expr_pool *pool,
					   const struct wr_function *function, struct wr_expr **arg,
					   uint32_t arg_count, struct wr_pos pos,
					   struct wr_expr **out)
{
	*out = text_const(pool, &WR_T_STRING_NN,
			  pool->database != NULL ? pool->database : "default_database", pos);
	return NULL;
}

#define REWRITTEN(id, word, group, min, max, text, help)                                           \
	static const struct wr_function fn_##id = {                                                \
	    .name = word,                                                                          \
	    .category = group,                                                                     \
	    .syntax = text,                                                                        \
	    .doc = help,                                                                           \
	    .min_args = min,                                                                       \
	    .max_args = max,                                                                       \
	    .rewrite = rewrite_##id,                                                               \
	}

REWRITTEN(nullif, "NULLIF", "conditional", 2, 2, "NULLIF(value1, value2)",
	  "NULL when the values are equal, else value1.");
REWRITTEN(coalesce, "COALESCE", "conditional", 1, UINT16_MAX, "COALESCE(value1[, value2, ...])",
	  "The first of the values that is not NULL.");
REWRITTEN(if, "IF", "conditional", 3, 3, "IF(condition, true_value, false_value)",
	  "true_value where the condition is TRUE, else false_value.");
REWRITTEN(typeof, "TYPEOF", "auxiliary", 1, 2, "TYPEOF(value[, force_serializable])",
	  "The type of the value as text.");
REWRITTEN(current_database, "CURRENT_DATABASE", "auxiliary", 0, 0, "CURRENT_DATABASE()",
	  "The name of the current database.");

static const struct wr_function fn_ifnull = {
    .name = "IFNULL",
    .category = "conditional",
    .syntax = "IFNULL(value, null_replacement)",
    .doc = "null_replacement where the value is NULL, else the value.",
    .min_args = 2,
    .max_args = 2,
    .rewrite = rewrite_ifnull,
};

const struct wr_function *const wr_fn_cond[] = {&fn_nullif, &fn_coalesce, &fn_if,
						&fn_ifnull, &fn_typeof,   &fn_current_database};
const uint32_t wr_fn_cond_count = WR_COUNT(wr_fn_cond);
