/* SPDX-License-Identifier: Apache-2.0
 *
 * subfield - of ROW columns only the fields that are read are made or parsed.
 *
 * Two passes. `wr_pass_subfields` looks at calcs over scans: where a calc reads a ROW column only
 * field by field, the scan hands out those fields as columns, and the ROW column is not needed any
 * more (pruning takes it away). `wr_pass_narrow`, once scans are shared, looks at what each scan's
 * own expressions read of a ROW column, and leaves only these fields in the type that the connector
 * or format is asked for; both find fields by name, so that nothing else changes for them.
 */
#include "expr/function.h"
#include "plan/passes.h"

/* r.f: the column's number and the field's, or false. */
static bool is_field(const struct wr_expr *expr, uint32_t *column, uint32_t *field)
{
	if (expr->kind != WR_E_CALL || expr->arg_count != 2 || expr->plan == NULL ||
	    expr->arg[0]->kind != WR_E_COLUMN || expr->arg[0]->type->kind != WR_ROW ||
	    (strcmp(expr->function->name, ".") != 0 && strcmp(expr->function->name, "[]") != 0))
		return false;
	*column = expr->arg[0]->column;
	*field = (uint32_t)expr->plan->i64;
	return *field < expr->arg[0]->type->child_count;
}

/* Takes note of how an expression reads `column`: whole[0] when it does so as a whole, else the
 * fields. */
static void find_uses(const struct wr_expr *expr, uint32_t column, bool *whole, bool *used)
{
	uint32_t of, field;

	if (expr == NULL)
		return;
	if (is_field(expr, &of, &field)) {
		if (of == column)
			used[field] = true;
		return;
	}
	if (expr->kind == WR_E_COLUMN && expr->column == column)
		*whole = true;
	for (uint32_t i = 0; i < expr->arg_count; i++)
		find_uses(expr->arg[i], column, whole, used);
}

/* The expression with every field of `column` replaced by place[field]. */
static struct wr_expr *replace_fields(struct wr_passes *passes, struct wr_expr *expr,
				      uint32_t column, struct wr_expr *const *place)
{
	struct wr_expr **arg;
	bool changed = false;
	uint32_t of, field;

	if (expr == NULL)
		return NULL;
	if (is_field(expr, &of, &field))
		return of == column ? place[field] : expr;
	if (expr->arg_count == 0)
		return expr;
	arg = WR_NEW_ARRAY(&passes->plan->arena, struct wr_expr *, expr->arg_count);
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		arg[i] = replace_fields(passes, expr->arg[i], column, place);
		changed = changed || arg[i] != expr->arg[i];
	}
	return changed ? wr_expr_with_args(&passes->plan->pool, expr, arg) : expr;
}

/* A field of an expression of type ROW, by name. */
static wr_status *field_of(struct wr_passes *passes, struct wr_expr *row, const char *name,
			   struct wr_expr **out)
{
	struct wr_expr_pool *pool = &passes->plan->pool;
	struct wr_expr *arg[2] = {row, wr_expr_symbol(pool, name)};

	return wr_expr_call_name(pool, ".", arg, 2, row->pos, out);
}

/* The scan gets a column more. Returns its number. */
static uint32_t add_output(struct wr_passes *passes, struct wr_node *scan, struct wr_expr *expr,
			   const char *name)
{
	struct wr_arena *arena = &passes->plan->arena;
	uint32_t count = scan->schema.count;
	struct wr_expr **exprs = WR_NEW_ARRAY(arena, struct wr_expr *, count + 2);
	struct wr_schema schema;

	wr_schema_init(arena, &schema, count + 1);
	memcpy(schema.field, scan->schema.field, count * sizeof *schema.field);
	memcpy(exprs, scan->u.scan.expr, count * sizeof *exprs);
	schema.field[count] = (struct wr_field){.name = name, .type = expr->type};
	exprs[count] = expr;
	scan->schema = schema;
	scan->u.scan.expr = exprs;
	return count;
}

/* Fields of the scan's column `column` become columns, if nobody wants it whole. */
static wr_status *split_column(struct wr_passes *passes, struct wr_node *calc, struct wr_node *scan,
			       uint32_t column)
{
	struct wr_arena *arena = &passes->plan->arena;
	const struct wr_type *type = scan->schema.field[column].type;
	const char *row_name = scan->schema.field[column].name;
	bool whole = false, *used = WR_NEW_ARRAY(arena, bool, type->child_count + 1);
	struct wr_expr **place = WR_NEW_ARRAY(arena, struct wr_expr *, type->child_count + 1);

	find_uses(calc->u.calc.condition, column, &whole, used);
	find_uses(scan->u.scan.condition, column, &whole, used);
	find_uses(scan->u.scan.watermark, column, &whole, used);
	for (uint32_t i = 0; calc->u.calc.expr != NULL && i < calc->schema.count; i++)
		find_uses(calc->u.calc.expr[i], column, &whole, used);
	if (whole || calc->u.calc.expr == NULL)
		return NULL;
	for (uint32_t f = 0; f < type->child_count; f++) {
		struct wr_expr *expr;
		uint32_t at;

		if (!used[f])
			continue;
		WR_TRY(field_of(passes, scan->u.scan.expr[column], type->name[f], &expr));
		at = add_output(passes, scan, expr,
				wr_arena_printf(arena, "%s.%s", row_name, type->name[f]));
		place[f] = wr_expr_column(&passes->plan->pool, at, expr->type);
	}
	calc->u.calc.condition = replace_fields(passes, calc->u.calc.condition, column, place);
	scan->u.scan.condition = replace_fields(passes, scan->u.scan.condition, column, place);
	scan->u.scan.watermark = replace_fields(passes, scan->u.scan.watermark, column, place);
	for (uint32_t i = 0; i < calc->schema.count; i++)
		calc->u.calc.expr[i] = replace_fields(passes, calc->u.calc.expr[i], column, place);
	return NULL;
}

static wr_status *split_rows(struct wr_passes *passes, struct wr_node *node)
{
	struct wr_node *scan = node->input_count > 0 ? node->input[0] : NULL;

	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(split_rows(passes, node->input[i]));
	if (node->kind != WR_N_CALC || scan->kind != WR_N_SCAN)
		return NULL;
	for (uint32_t c = 0, count = scan->schema.count; c < count; c++)
		if (scan->schema.field[c].type->kind == WR_ROW &&
		    scan->u.scan.expr[c]->kind == WR_E_COLUMN)
			WR_TRY(split_column(passes, node, scan, c));
	return NULL;
}

wr_status *wr_pass_subfields(struct wr_passes *passes)
{
	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(split_rows(passes, passes->plan->root[r]));
	return NULL;
}

/* Whether the source finds the fields of a ROW by name. A format that must complain of fields that
 * are missing has to look at all of them. */
static bool takes_narrow_rows(const struct wr_node *scan)
{
	const struct wr_connector_args *args = scan->u.scan.args;

	if (args->format == NULL)
		return scan->u.scan.table->connector->rows_by_name;
	for (uint32_t i = 0; i < args->given_count; i++)
		if (strstr(args->given[i].key, "fail-on-missing-field") != NULL)
			return false;
	return args->format->rows_by_name;
}

/* The ROW type with the used fields only. */
static const struct wr_type *narrow_type(struct wr_passes *passes, const struct wr_type *type,
					 const bool *used)
{
	struct wr_arena *arena = &passes->plan->arena;
	const char **name = WR_NEW_ARRAY(arena, const char *, type->child_count);
	const struct wr_type **child =
	    WR_NEW_ARRAY(arena, const struct wr_type *, type->child_count);
	uint32_t count = 0;

	for (uint32_t i = 0; i < type->child_count; i++) {
		if (!used[i])
			continue;
		name[count] = type->name[i];
		child[count++] = type->child[i];
	}
	return wr_type_nullable(arena, wr_type_row(arena, count, name, child), type->nullable);
}

/* Copies a schema with another type for one field. */
static const struct wr_schema *with_type(struct wr_passes *passes, const struct wr_schema *schema,
					 uint32_t field, const struct wr_type *type)
{
	struct wr_schema *copy = WR_NEW(&passes->plan->arena, struct wr_schema);

	wr_schema_init(&passes->plan->arena, copy, schema->count);
	memcpy(copy->field, schema->field, schema->count * sizeof *copy->field);
	copy->field[field].type = type;
	return copy;
}

/* Index of the table's column among those of the format; UINT32_MAX: it is not read from there
 * alone, but from the key of messages. */
static uint32_t format_column(const struct wr_connector_args *args, uint32_t field)
{
	uint32_t at = 0;

	for (uint32_t i = 0; args->key_format != NULL && i < args->key_args.schema->count; i++)
		if (args->key_column[i] == field)
			return UINT32_MAX;
	if (args->value_column == NULL)
		return field;
	while (args->value_column[at] != field)
		at++;
	return at;
}

/* Narrows the connector's column number `at` among the wanted ones. */
static wr_status *narrow_column(struct wr_passes *passes, struct wr_node *scan, uint32_t at)
{
	struct wr_arena *arena = &passes->plan->arena;
	struct wr_connector_args *args = WR_NEW(arena, struct wr_connector_args);
	uint32_t field = scan->u.scan.args->wanted[at], kept = 0;
	const struct wr_type *type = scan->u.scan.args->schema->field[field].type, *narrow;
	bool whole = false, *used = WR_NEW_ARRAY(arena, bool, type->child_count + 1);
	struct wr_expr **place = WR_NEW_ARRAY(arena, struct wr_expr *, type->child_count + 1);

	for (uint32_t i = 0; i < scan->schema.count; i++)
		find_uses(scan->u.scan.expr[i], at, &whole, used);
	for (uint32_t i = 0; i < type->child_count; i++)
		kept += used[i];
	if (whole || kept == 0 || kept == type->child_count ||
	    (scan->u.scan.args->format != NULL &&
	     format_column(scan->u.scan.args, field) == UINT32_MAX))
		return NULL;
	narrow = narrow_type(passes, type, used);
	for (uint32_t i = 0; i < type->child_count; i++)
		if (used[i])
			WR_TRY(field_of(passes, wr_expr_column(&passes->plan->pool, at, narrow),
					type->name[i], &place[i]));
	for (uint32_t i = 0; i < scan->schema.count; i++)
		scan->u.scan.expr[i] = replace_fields(passes, scan->u.scan.expr[i], at, place);
	*args = *scan->u.scan.args;
	args->schema = with_type(passes, args->schema, field, narrow);
	if (args->format != NULL)
		args->format_args.schema =
		    with_type(passes, args->format_args.schema, format_column(args, field), narrow);
	scan->u.scan.args = args;
	wr_pass_note(passes, WR_PASS_SUBFIELD);
	return NULL;
}

static wr_status *narrow_scans(struct wr_passes *passes, struct wr_node *node, bool *done)
{
	const struct wr_connector_args *args;

	if (done[node->id])
		return NULL;
	done[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++)
		WR_TRY(narrow_scans(passes, node->input[i], done));
	if (node->kind != WR_N_SCAN || !takes_narrow_rows(node))
		return NULL;
	args = node->u.scan.args;
	for (uint32_t i = 0; i < args->wanted_count; i++)
		if (args->wanted[i] < args->physical_count &&
		    args->schema->field[args->wanted[i]].type->kind == WR_ROW)
			WR_TRY(narrow_column(passes, node, i));
	return NULL;
}

wr_status *wr_pass_narrow(struct wr_passes *passes)
{
	bool *done = WR_NEW_ARRAY(&passes->plan->arena, bool, passes->plan->next_id + 1);

	for (uint32_t r = 0; r < passes->plan->root_count; r++)
		WR_TRY(narrow_scans(passes, passes->plan->root[r], done));
	return NULL;
}
