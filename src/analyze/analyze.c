/* SPDX-License-Identifier: Apache-2.0
 *
 * analyze - the entries: a query or an INSERT to a plan.
 */
#include "analyze/analyze.h"

#include <string.h>

#include "analyze/analyzer.h"
#include "analyze/stream.h"
#include "sql/parser.h"

struct wr_analyzer wr_analyzer_of(struct wr_analyze_env *env, struct wr_plan *plan)
{
	plan->zone_id = wr_arena_strdup(&plan->arena, env->zone_id);
	plan->pool.zone_id = plan->zone_id;
	plan->pool.now_us = env->now_us;
	return (struct wr_analyzer){
	    .env = env, .plan = plan, .arena = &plan->arena, .pool = &plan->pool};
}

/* Appends a root to the plan. */
static void root_add(struct wr_plan *plan, struct wr_node *root)
{
	struct wr_node **grown = WR_NEW_ARRAY(&plan->arena, struct wr_node *, plan->root_count + 1);

	if (plan->root_count > 0)
		memcpy(grown, plan->root, plan->root_count * sizeof(struct wr_node *));
	grown[plan->root_count++] = root;
	plan->root = grown;
}

wr_status *wr_analyze_query(struct wr_analyze_env *env, const struct wr_ast_query *ast,
			    struct wr_plan *plan)
{
	struct wr_analyzer a = wr_analyzer_of(env, plan);
	struct wr_node *node, *root;

	WR_TRY(wr_plan_query(&a, ast, &node));
	WR_TRY(wr_make_node(&a, WR_N_SINK, node, ast->pos, &root));
	root_add(plan, root);
	return NULL;
}

/* --- INSERT
 * --------------------------------------------------------------------------------------------- */

/* Where each column of the target gets its value from. */
struct target {
	const struct wr_table_column *column;
	int32_t source;    /* column of the query; -1: constant or NULL */
	const char *value; /* PARTITION (column = 'value'); NULL: none */
};

struct insertion {
	struct wr_analyzer *a;
	const struct wr_ast_insert *ast;
	const struct wr_table *table;
	struct wr_connector_args *args; /* of the sink */
	uint32_t count;                 /* columns that are written, in declared order */
	struct target *target;
};

static bool is_written(const struct wr_table_column *column)
{
	return column->role == WR_COL_PHYSICAL ||
	       (column->role == WR_COL_METADATA && !column->is_virtual);
}

static struct target *target_find(struct insertion *in, const char *name)
{
	for (uint32_t i = 0; i < in->count; i++) {
		if (strcmp(in->target[i].column->name, name) == 0)
			return &in->target[i];
	}
	return NULL;
}

static wr_status *target_unknown(struct insertion *in, const char *name, struct wr_pos pos)
{
	const char **names = WR_NEW_ARRAY(in->a->arena, const char *, in->count + 1);

	for (uint32_t i = 0; i < in->count; i++)
		names[i] = in->target[i].column->name;
	return wr_hint_names(
	    wr_status_because(wr_status_at(WR_USER_ERROR, pos,
					   "Table '%s' has no column '%s' that can be written",
					   in->table->name, name),
			      WR_NO_COLUMN),
	    name, "Its columns are", names, in->count);
}

/* PARTITION (...) and the column list. */
static wr_status *assign_targets(struct insertion *in, uint32_t *query_columns)
{
	const struct wr_ast_insert *ast = in->ast;
	uint32_t n = 0;

	in->target = WR_NEW_ARRAY(in->a->arena, struct target, in->table->column_count + 1);
	for (uint32_t i = 0; i < in->table->column_count; i++) {
		if (is_written(&in->table->column[i]))
			in->target[in->count++] = (struct target){&in->table->column[i], -1, NULL};
	}
	for (uint32_t i = 0; i < ast->partition.count; i++) {
		const struct wr_ast_option *part = &ast->partition.items[i];
		struct target *target = target_find(in, part->key);
		if (target == NULL)
			return target_unknown(in, part->key, part->key_pos);
		target->value = wr_arena_strdup(in->a->arena, part->value);
	}
	for (uint32_t i = 0; i < ast->columns.count; i++) {
		const struct wr_ast_ident *name = &ast->columns.items[i];
		struct target *target = target_find(in, name->text);
		if (target == NULL)
			return target_unknown(in, name->text, name->pos);
		if (target->source >= 0 || target->value != NULL)
			return wr_status_at(WR_USER_ERROR, name->pos,
					    "Target column '%s' is assigned more than once",
					    name->text);
		target->source = (int32_t)n++;
	}
	for (uint32_t i = 0; ast->columns.count == 0 && i < in->count; i++) {
		if (in->target[i].value == NULL)
			in->target[i].source = (int32_t)n++;
	}
	*query_columns = n;
	return NULL;
}

/* "[a: INT, b: STRING]" of the columns that the query fills. */
static const char *sink_schema_str(struct insertion *in, uint32_t columns)
{
	struct wr_schema schema;

	wr_schema_init(in->a->arena, &schema, columns);
	for (uint32_t i = 0; i < in->count; i++) {
		const struct target *target = &in->target[i];
		if (target->source >= 0)
			schema.field[target->source] =
			    (struct wr_field){target->column->name, target->column->type};
	}
	return wr_schema_str(in->a->arena, &schema);
}

static wr_status *mismatch(struct insertion *in, const struct wr_node *node, uint32_t columns,
			   const char *cause)
{
	return wr_status_at(WR_USER_ERROR, in->ast->query->pos,
			    "Column types of query result and sink for '%s' do not match\n"
			    "Cause: %s\n\nQuery schema: %s\nSink schema:  %s",
			    in->table->name, cause, wr_schema_str(in->a->arena, &node->schema),
			    sink_schema_str(in, columns));
}

/* The text of a PARTITION value as a constant of the column's type. */
static wr_status *partition_value(struct insertion *in, const struct target *target,
				  struct wr_expr **out)
{
	struct wr_expr *text =
	    wr_expr_string(in->a->pool, target->value, (uint32_t)strlen(target->value));

	WR_TRY(wr_status_place(wr_expr_cast(in->a->pool, text, target->column->type, false, out),
			       in->ast->table.pos));
	*out = wr_expr_fold(in->a->pool, *out);
	return NULL;
}

/* The value that goes into one column. */
static wr_status *target_value(struct insertion *in, const struct wr_node *node,
			       const struct target *target, uint32_t columns, struct wr_expr **out)
{
	const struct wr_type *type = target->column->type;
	struct wr_analyzer *a = in->a;

	if (target->value != NULL)
		return partition_value(in, target, out);
	if (target->source < 0) {
		if (!type->nullable)
			return wr_status_because(
			    wr_status_at(
				WR_USER_ERROR, in->ast->table.pos,
				"Column '%s' has no default value and does not allow NULLs",
				target->column->name),
			    WR_WRONG_TYPE);
		*out = wr_expr_null(a->pool, wr_type_time_attr(a->arena, type, WR_TIME_NONE));
		return NULL;
	}
	struct wr_expr *value = wr_column_of(a, node, (uint32_t)target->source);
	if (value->type->kind != WR_NULL && !wr_type_equal(value->type, type, false) &&
	    !wr_type_implicitly_castable(value->type, type))
		return mismatch(
		    in, node, columns,
		    wr_arena_printf(a->arena,
				    "Incompatible types for sink column '%s' at position "
				    "%d",
				    target->column->name, target->source));
	*out = value;
	if (!wr_type_equal(value->type, type, false))
		WR_TRY(wr_status_place(wr_expr_cast(a->pool, value, type, false, out),
				       in->ast->query->pos));
	WR_TRY(wr_length_enforce(a, *out, target->column, out));
	return wr_not_null_check(a, *out, target->column, out);
}

/* table.exec.sink.not-null-enforcer = DROP: rows with a NULL for a NOT NULL column are left out. */
static wr_status *drop_nulls(struct insertion *in, struct wr_node *node, struct wr_node **out)
{
	struct wr_expr **test = WR_NEW_ARRAY(in->a->arena, struct wr_expr *, in->count + 1);
	struct wr_expr *condition = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < in->count && in->a->env->not_null_drop; i++) {
		const struct target *target = &in->target[i];
		if (target->column->type->nullable || target->source < 0)
			continue;
		struct wr_expr *arg[1] = {wr_column_of(in->a, node, (uint32_t)target->source)};
		if (arg[0]->type->nullable)
			WR_TRY(wr_build_call(in->a, "IS NOT NULL", arg, 1, in->ast->query->pos,
					     &test[n++]));
	}
	if (n > 0)
		WR_TRY(
		    wr_expr_logic(in->a->pool, WR_E_AND, test, n, in->ast->query->pos, &condition));
	return wr_make_filter(in->a, node, condition, in->ast->query->pos, out);
}

/* The columns in the order of the connector's schema. */
static wr_status *insert_columns(struct insertion *in, struct wr_node *node, uint32_t columns,
				 struct wr_node **out)
{
	const struct wr_schema *schema = in->args->schema;
	struct wr_expr **expr = WR_NEW_ARRAY(in->a->arena, struct wr_expr *, schema->count + 1);
	const char **name = WR_NEW_ARRAY(in->a->arena, const char *, schema->count + 1);
	bool same = node->schema.count == schema->count;

	for (uint32_t i = 0; i < schema->count; i++) {
		struct target *target = target_find(in, schema->field[i].name);
		WR_ASSERT(target != NULL);
		WR_TRY(target_value(in, node, target, columns, &expr[i]));
		if (i >= in->args->physical_count)
			WR_TRY(wr_status_place(wr_expr_cast(in->a->pool, expr[i],
							    schema->field[i].type, false, &expr[i]),
					       target->column->pos));
		name[i] = schema->field[i].name;
		same = same && expr[i]->kind == WR_E_COLUMN && expr[i]->column == i;
	}
	*out = node;
	return same ? NULL
		    : wr_make_project(in->a, node, expr, name, schema->count, in->ast->query->pos,
				      out);
}

/* The table that is written. */
static wr_status *find_sink(struct insertion *in)
{
	const struct wr_catalog *catalog = in->a->env->catalog;
	const struct wr_ast_name *name = &in->ast->table;
	const char *local;

	WR_TRY(wr_find_table(in->a->env, name, &local, &in->table));
	if (in->table == NULL)
		return wr_catalog_unknown(catalog, local, name->parts[name->count - 1].pos);
	if (in->table->is_view)
		return wr_status_at(WR_USER_ERROR, name->pos,
				    "'%s' is a view; only tables can be written", local);
	if (in->table->materialized && in->table != in->a->env->keeps)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, name->pos,
				 "'%s' is a materialized table, which its own query alone writes",
				 local),
		    "INSERT into a table that its query reads, or change the query with CREATE OR "
		    "REPLACE MATERIALIZED TABLE");
	return NULL;
}

/* The sink's arguments with the hints over its options. */
static wr_status *insert_args(struct insertion *in)
{
	const struct wr_ast_hints *hints = &in->ast->hints;
	struct wr_given *given;
	uint32_t n = 0, total = 0;

	for (uint32_t i = 0; i < hints->count; i++)
		total += hints->items[i].options.count;
	given = WR_NEW_ARRAY(in->a->arena, struct wr_given, total + 1);
	for (uint32_t i = 0; i < hints->count; i++) {
		const struct wr_ast_hint *hint = &hints->items[i];
		if (!wr_name_is(hint->name, "OPTIONS"))
			return wr_status_at(WR_USER_ERROR, hint->pos,
					    "A table takes no hint '%s' (only OPTIONS)",
					    hint->name);
		for (uint32_t j = 0; j < hint->options.count; j++) {
			const struct wr_ast_option *option = &hint->options.items[j];
			given[n++] = (struct wr_given){wr_arena_strdup(in->a->arena, option->key),
						       wr_arena_strdup(in->a->arena, option->value),
						       option->key_pos};
		}
	}
	return wr_status_place(
	    wr_analyze_table_args(in->a->env, in->a->plan, in->table, given, n, true, &in->args),
	    in->ast->table.pos);
}

static enum wr_conflict sink_conflict(enum wr_ast_conflict conflict)
{
	switch (conflict) {
	case WR_AST_CONFLICT_ERROR: return WR_CONFLICT_ERROR;
	case WR_AST_CONFLICT_NOTHING: return WR_CONFLICT_NOTHING;
	case WR_AST_CONFLICT_DEDUPLICATE: return WR_CONFLICT_DEDUPLICATE;
	default: return WR_CONFLICT_NONE;
	}
}

/* Adds the root that writes the rows of the node. */
static wr_status *insert_root(struct insertion *in, struct wr_node *node, uint32_t columns,
			      struct wr_node **out)
{
	struct wr_node *root;

	if (node->schema.count != columns)
		return mismatch(in, node, columns, "Different number of columns");
	WR_TRY(drop_nulls(in, node, &node));
	WR_TRY(insert_columns(in, node, columns, &node));
	WR_TRY(wr_make_node(in->a, WR_N_SINK, node, in->ast->table.pos, &root));
	root->u.sink.table = in->table;
	root->u.sink.args = in->args;
	root_add(in->a->plan, root);
	*out = root;
	return NULL;
}

wr_status *wr_analyze_stream_insert(struct wr_analyze_env *env, const struct weir_stream *stream,
				    const struct wr_table *table, struct wr_plan *plan)
{
	static const struct wr_ast_query no_query;
	struct wr_ast_insert no_insert = {.query = (struct wr_ast_query *)&no_query};
	struct wr_analyzer a = wr_analyzer_of(env, plan);
	struct insertion in = {.a = &a, .ast = &no_insert, .table = table};
	struct wr_node *node, *root;
	uint32_t columns = 0;

	WR_TRY(assign_targets(&in, &columns));
	WR_TRY(insert_args(&in));
	WR_TRY(wr_stream_build(&a, stream, &node));
	WR_TRY(insert_root(&in, node, columns, &root));
	wr_catalog_written(env->catalog, table->name);
	return NULL;
}

/* Targets before the query, so that a wrong column list is said first. */
wr_status *wr_analyze_insert(struct wr_analyze_env *env, const struct wr_ast_insert *ast,
			     struct wr_plan *plan)
{
	struct wr_analyzer a = wr_analyzer_of(env, plan);
	struct insertion in = {.a = &a, .ast = ast};
	struct wr_node *node, *root;
	uint32_t columns = 0;

	WR_TRY(find_sink(&in));
	WR_TRY(assign_targets(&in, &columns));
	WR_TRY(insert_args(&in));
	a.null_allowed = true;
	WR_TRY(wr_plan_query(&a, ast->query, &node));
	WR_TRY(insert_root(&in, node, columns, &root));
	root->u.sink.overwrite = ast->overwrite;
	root->u.sink.conflict = sink_conflict(ast->conflict);
	root->u.sink.conflict_pos = ast->conflict_pos;
	in.args->overwrite = ast->overwrite;
	wr_catalog_written(env->catalog, in.table->name);
	return NULL;
}
