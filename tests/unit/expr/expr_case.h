/* SPDX-License-Identifier: Apache-2.0
 *
 * expr_case - what the tests of expressions share: a pool, short ways to make trees and columns,
 * and running a tree over a batch.
 */
#ifndef TEST_EXPR_CASE_H
#define TEST_EXPR_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "base/mem.h"
#include "data/batch.h"
#include "data/builder.h"
#include "data/print.h"
#include "expr/expr.h"
#include "expr/function.h"
#include "expr/program.h"

/* Arena and pool of one test. */
struct fixture {
	struct wr_arena arena;
	struct wr_expr_pool pool;
};

static inline void fixture_init(struct fixture *f)
{
	wr_arena_init(&f->arena);
	wr_expr_pool_init(&f->pool, &f->arena);
}

static inline void fixture_release(struct fixture *f)
{
	wr_expr_pool_release(&f->pool);
	wr_arena_release(&f->arena);
}

static inline void must(wr_status *status)
{
	if (status != NULL)
		fail_msg("%s", status->text);
}

/* A call by name of one to three arguments (NULL: fewer); it must type-check. */
static inline struct wr_expr *call(struct fixture *f, const char *name, struct wr_expr *a,
				   struct wr_expr *b, struct wr_expr *c)
{
	struct wr_expr *arg[] = {a, b, c}, *out = NULL;
	uint32_t count = a == NULL ? 0 : b == NULL ? 1 : c == NULL ? 2 : 3;

	must(wr_expr_call_name(&f->pool, name, arg, count, (struct wr_pos){0}, &out));
	return out;
}

/* The same; NULL when it does not type-check. */
static inline struct wr_expr *try_call(struct fixture *f, const char *name, struct wr_expr *a,
				       struct wr_expr *b)
{
	struct wr_expr *arg[] = {a, b}, *out = NULL;
	wr_status *status =
	    wr_expr_call_name(&f->pool, name, arg, b == NULL ? 1 : 2, (struct wr_pos){0}, &out);

	if (status == NULL)
		return out;
	wr_status_free(status);
	return NULL;
}

static inline struct wr_expr *cast(struct fixture *f, struct wr_expr *arg,
				   const struct wr_type *type, bool try_cast)
{
	struct wr_expr *out = NULL;

	must(wr_expr_cast(&f->pool, arg, type, try_cast, &out));
	return out;
}

static inline struct wr_expr *text(struct fixture *f, const char *value)
{
	return wr_expr_string(&f->pool, value, (uint32_t)strlen(value));
}

static inline struct wr_expr *f64(struct fixture *f, double value)
{
	struct wr_column *column = wr_column_new(&WR_T_DOUBLE_NN, 1);

	WR_DATA(column, double)[0] = value;
	wr_column_make_const(column);
	return wr_expr_const(&f->pool, column);
}

/* A constant of any type by way of a cast from text; NULL: a NULL of the type. */
static inline struct wr_expr *value_of(struct fixture *f, const char *value,
				       const struct wr_type *type)
{
	if (value == NULL)
		return wr_expr_null(&f->pool, type);
	struct wr_expr *folded = wr_expr_fold(&f->pool, cast(f, text(f, value), type, false));
	assert_true(wr_expr_is_const(folded));
	return folded;
}

/* A column from n texts, cast to the type; NULL: a NULL row. */
static inline struct wr_column *column_of(struct fixture *f, const struct wr_type *type,
					  const char *const *values, uint32_t n)
{
	struct wr_builder *builder = wr_builder_new(type, n);

	for (uint32_t i = 0; i < n; i++) {
		if (values[i] == NULL)
			wr_builder_null(builder);
		else
			wr_builder_append(builder, value_of(f, values[i], type)->value, 0);
	}
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

/* Row `row` as text. */
static inline const char *shown(struct fixture *f, const struct wr_column *column, uint32_t row)
{
	struct wr_text out;

	wr_text_init(&out);
	wr_value_print(&out, column, row & column->mask, NULL);
	const char *copy = wr_arena_strdup(&f->arena, wr_text_str(&out));
	wr_text_release(&out);
	return copy;
}

/* Evaluates a tree without columns: its text, or "ERROR text". */
static inline const char *result_of(struct fixture *f, struct wr_expr *expr)
{
	struct wr_column *value = NULL;
	wr_status *status = wr_expr_evaluate(expr, f->pool.zone_id, &value);

	if (status != NULL) {
		const char *shown_error = wr_arena_printf(&f->arena, "ERROR %s", status->text);
		wr_status_free(status);
		return shown_error;
	}
	const char *out = shown(f, value, 0);
	wr_column_unref(value);
	return out;
}

static inline const char *type_of(struct fixture *f, const struct wr_expr *expr)
{
	return wr_type_str(&f->arena, expr->type);
}

#endif
