/* SPDX-License-Identifier: Apache-2.0
 *
 * append_cast - see append_cast.h.
 */
#include "expr/append_cast.h"

#include "base/mem.h"
#include "expr/program.h"

/* A cast that has been compiled; a list of them, for few pairs of types occur. */
struct wr_append_cast {
	struct wr_arena arena;
	struct wr_expr_pool pool;
	const struct wr_type *from, *to; /* the pair; in the arena */
	bool implicit;                   /* SQL makes it by itself */
	struct wr_expr *expr;
	struct wr_program *program;
	struct wr_append_cast *next;
};

void wr_append_cast_free(struct wr_append_cast *cast)
{
	while (cast != NULL) {
		struct wr_append_cast *next = cast->next;

		wr_program_free(cast->program);
		wr_expr_pool_release(&cast->pool);
		wr_arena_release(&cast->arena);
		wr_free(cast);
		cast = next;
	}
}

static wr_status *make(struct weir_appender *out, const struct wr_type *from,
		       const struct wr_type *to, bool implicit, struct wr_append_cast **made)
{
	struct wr_append_cast *cast = wr_calloc(1, sizeof *cast);
	struct wr_expr *column;

	*made = cast;
	cast->next = out->casts;
	out->casts = cast;
	cast->implicit = implicit;
	wr_arena_init(&cast->arena);
	wr_expr_pool_init(&cast->pool, &cast->arena);
	cast->pool.zone_id = out->zone_id;
	cast->from = wr_type_copy(&cast->arena, from);
	cast->to = wr_type_copy(&cast->arena, to);
	column = wr_expr_column(&cast->pool, 0, cast->from);
	if (implicit)
		WR_TRY(
		    wr_expr_implicit_cast(&cast->pool, column, cast->to, "the value", &cast->expr));
	else
		WR_TRY(wr_expr_cast(&cast->pool, column, cast->to, false, &cast->expr));
	return wr_program_new(&cast->expr, 1, 1, out->zone_id, &cast->program);
}

/* The cast of the pair; a pair that cannot be cast fails again each time. */
static wr_status *find(struct weir_appender *out, const struct wr_type *from,
		       const struct wr_type *to, bool implicit, struct wr_append_cast **found)
{
	for (struct wr_append_cast *cast = out->casts; cast != NULL; cast = cast->next) {
		if (cast->program != NULL && cast->implicit == implicit &&
		    wr_type_equal(cast->from, from, true) && wr_type_equal(cast->to, to, true)) {
			*found = cast;
			return NULL;
		}
	}
	return make(out, from, to, implicit, found);
}

/* The mistake with the column's name in front. */
static bool fail(struct weir_appender *out, wr_status *status)
{
	const struct wr_schema *schema = out->result.schema;
	const char *name = out->at < schema->count ? schema->field[out->at].name : "?";
	wr_status *named = wr_status_new(WR_USER_ERROR, "Column `%s`: %s", name, status->text);

	wr_status_free(status);
	return wr_appender_fail(out, named);
}

/* Runs the cast over a column with the one value (moved). */
static bool run(struct weir_appender *out, struct wr_builder *builder, struct wr_append_cast *cast,
		struct wr_column *value)
{
	struct wr_batch *batch = wr_batch_new(1, 1);
	const struct wr_eval *eval = wr_program_eval(cast->program);
	struct wr_column *made = NULL;
	wr_status *status;
	bool ok = false;

	batch->column[0] = value;
	status = wr_program_run(cast->program, batch, &made);
	if (status == NULL && eval->error_count > 0)
		status = wr_status_new(WR_USER_ERROR, "%s",
				       eval->error[0].text != NULL ? eval->error[0].text
								   : "The value cannot be cast");
	if (status == NULL && !wr_column_is_valid(made, 0) && !builder->type->nullable)
		status = wr_status_new(WR_USER_ERROR, "NULL for a NOT NULL column");
	if (status != NULL) {
		fail(out, status);
	} else {
		wr_builder_append(builder, made, 0);
		ok = true;
	}
	wr_column_unref(made);
	wr_batch_free(batch);
	return ok;
}

bool wr_append_cast(struct weir_appender *out, struct wr_builder *builder,
		    const struct wr_type *from, const void *value)
{
	struct wr_append_cast *cast = NULL;
	struct wr_builder *one;
	wr_status *status = find(out, from, builder->type, false, &cast);
	bool ok;

	if (status != NULL)
		return fail(out, status);
	one = wr_builder_new(cast->from, 1);
	if (from->kind == WR_BIGINT)
		wr_builder_i64(one, *(const int64_t *)value);
	else
		wr_builder_str(one, ((const struct wr_str *)value)->data,
			       ((const struct wr_str *)value)->len);
	ok = run(out, builder, cast, wr_builder_finish(one));
	wr_builder_free(one);
	return ok;
}

bool wr_append_cast_value(struct weir_appender *out, struct wr_builder *builder,
			  const struct wr_column *from, uint32_t row)
{
	struct wr_append_cast *cast = NULL;
	wr_status *status = find(out, from->type, builder->type, true, &cast);
	uint32_t index = row & from->mask;

	if (status != NULL)
		return fail(out, status);
	return run(out, builder, cast, wr_column_gather(from, &index, 1));
}
