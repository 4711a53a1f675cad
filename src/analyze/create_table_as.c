/* SPDX-License-Identifier: Apache-2.0
 *
 * create_table_as - CREATE TABLE ... AS query: the declaration and the INSERT that it stands for.
 *
 *     CREATE TABLE t (extra STRING, age BIGINT) WITH (...) AS SELECT id, age FROM u
 *
 *     CREATE TABLE t (extra STRING, id INT, age BIGINT) WITH (...);
 *     INSERT INTO t (id, age) SELECT id, age FROM u
 *
 * As in Flink: the columns that the statement alone declares come first, then those of the query,
 * in its order. A column of the query may be declared with another type; it keeps its place. A
 * list of names alone gives the query's columns in another order. From there on nothing knows that
 * it was one statement, so that all that is checked of tables and INSERTs is checked of it.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "sql/parser.h"

struct merge {
	struct wr_arena *arena; /* of what is made */
	const struct wr_ast_create_table *ast;
	const struct wr_schema *query;      /* what the query gives */
	struct wr_ast_create_table *create; /* being made */
};

static const struct wr_ast_column *declared(const struct merge *merge, const char *name)
{
	for (uint32_t i = 0; i < merge->ast->column_count; i++)
		if (strcmp(merge->ast->columns[i].name.text, name) == 0)
			return &merge->ast->columns[i];
	return NULL;
}

/* The number of a column of the query; their count: there is none. */
static uint32_t given(const struct merge *merge, const char *name)
{
	uint32_t i = 0;

	while (i < merge->query->count && strcmp(merge->query->field[i].name, name) != 0)
		i++;
	return i;
}

static void add(struct merge *merge, const struct wr_ast_column *column)
{
	merge->create->columns[merge->create->column_count++] = *column;
}

/* A column of the query as one that is declared; its type is read from its text. */
static wr_status *of_query(struct merge *merge, uint32_t i, struct wr_pos pos)
{
	const struct wr_field *field = &merge->query->field[i];
	struct wr_ast_column column = {.kind = WR_AST_COLUMN_PHYSICAL, .pos = pos};
	wr_status *status;

	column.name = (struct wr_ast_ident){
	    .text = wr_arena_strdup(merge->arena, field->name), .quoted = true, .pos = pos};
	if (field->type->kind != WR_NULL && !wr_kind_is_interval(field->type->kind)) {
		const char *text = wr_type_str(
		    merge->arena, wr_type_time_attr(merge->arena, field->type, WR_TIME_NONE));

		status = wr_parse_type_text(merge->arena, wr_str_of(text), &column.type);
		if (status == NULL) {
			column.type->pos = pos;
			add(merge, &column);
			return NULL;
		}
		wr_status_free(status); /* no type that a column could have */
	}
	return wr_status_hint(wr_status_at(WR_USER_ERROR, pos,
					   "Column '%s' of the query is of type %s, which no "
					   "column of a table can have",
					   field->name, wr_type_str(merge->arena, field->type)),
			      "CAST it to another type");
}

/* --- a list of names ----------------------------------------------------------------------------
 */

/* Names alone, or none of them; Flink knows no mixture. */
static wr_status *check_names(const struct wr_ast_create_table *ast)
{
	for (uint32_t i = 1; i < ast->column_count; i++)
		if ((ast->columns[i].kind == WR_AST_COLUMN_UNTYPED) !=
		    (ast->columns[0].kind == WR_AST_COLUMN_UNTYPED))
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, ast->columns[i].pos,
					 "The columns are either listed by their names, or "
					 "declared with their types"),
			    "A list of names gives the query's columns in another order; columns "
			    "that are declared come in front of them");
	return NULL;
}

static wr_status *reorder(struct merge *merge)
{
	const struct wr_ast_create_table *ast = merge->ast;

	for (uint32_t i = 0; i < ast->column_count; i++) {
		const struct wr_ast_ident *name = &ast->columns[i].name;
		uint32_t at = given(merge, name->text);

		if (at == merge->query->count) {
			const char **names =
			    WR_NEW_ARRAY(merge->arena, const char *, merge->query->count + 1);

			for (uint32_t k = 0; k < merge->query->count; k++)
				names[k] = merge->query->field[k].name;
			return wr_hint_names(
			    wr_status_because(wr_status_at(WR_USER_ERROR, name->pos,
							   "The query has no column '%s'",
							   name->text),
					      WR_NO_COLUMN),
			    name->text, "Its columns are", names, merge->query->count);
		}
		for (uint32_t k = 0; k < i; k++)
			if (strcmp(ast->columns[k].name.text, name->text) == 0)
				return wr_status_at(WR_USER_ERROR, name->pos,
						    "The column '%s' is listed twice", name->text);
		WR_TRY(of_query(merge, at, ast->columns[i].pos));
	}
	if (ast->column_count == merge->query->count)
		return NULL;
	return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->columns[0].pos,
					   "The table lists %u columns, its query gives %u",
					   ast->column_count, merge->query->count),
			      "List all of them, or none");
}

/* --- columns that are declared ------------------------------------------------------------------
 */

/* Each is declared once; those that the query gives, too, can be written. */
static wr_status *check_declared(const struct merge *merge, const struct wr_ast_column *column)
{
	if (declared(merge, column->name.text) != column)
		return wr_status_at(WR_USER_ERROR, column->name.pos,
				    "A column named '%s' already exists in the table",
				    column->name.text);
	if (column->kind == WR_AST_COLUMN_PHYSICAL ||
	    (column->kind == WR_AST_COLUMN_METADATA && !column->is_virtual) ||
	    given(merge, column->name.text) == merge->query->count)
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, column->name.pos,
			 "The query gives a column '%s', which cannot be a %s "
			 "column, too",
			 column->name.text,
			 column->kind == WR_AST_COLUMN_COMPUTED ? "computed" : "VIRTUAL"),
	    "Give one of them another name");
}

/* A column that may be NULL in the query has to be one in the table, as in Flink. */
static wr_status *check_null(const struct merge *merge, const struct wr_field *field,
			     const struct wr_ast_column *own)
{
	const struct wr_ast_create_table *ast = merge->ast;
	struct wr_pos pos = {0};

	if (!field->type->nullable)
		return NULL;
	if (own != NULL && own->type->nullability == WR_AST_NULL_FORBIDDEN)
		pos = own->pos;
	for (uint32_t i = 0; i < ast->primary_key.count && pos.line == 0; i++)
		if (strcmp(ast->primary_key.items[i].text, field->name) == 0)
			pos = ast->primary_key.items[i].pos;
	if (pos.line == 0)
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, pos,
			 "Column '%s' may be NULL in the query, and not in the table", field->name),
	    "Give it a value in the query, for example COALESCE(%s, ...)", field->name);
}

static wr_status *put_together(struct merge *merge)
{
	const struct wr_ast_create_table *ast = merge->ast;

	for (uint32_t i = 0; i < ast->column_count; i++) {
		WR_TRY(check_declared(merge, &ast->columns[i]));
		if (given(merge, ast->columns[i].name.text) == merge->query->count)
			add(merge, &ast->columns[i]);
	}
	for (uint32_t i = 0; i < merge->query->count; i++) {
		const struct wr_ast_column *own = declared(merge, merge->query->field[i].name);

		WR_TRY(check_null(merge, &merge->query->field[i], own));
		if (own != NULL)
			add(merge, own);
		else
			WR_TRY(of_query(merge, i, ast->query->pos));
	}
	return NULL;
}

/* --- the two statements -------------------------------------------------------------------------
 */

static void make_insert(const struct merge *merge, struct wr_ast_insert *insert)
{
	uint32_t count = merge->query->count;
	struct wr_ast_ident *names = WR_NEW_ARRAY(merge->arena, struct wr_ast_ident, count + 1);

	for (uint32_t i = 0; i < count; i++)
		names[i] = (struct wr_ast_ident){
		    .text = wr_arena_strdup(merge->arena, merge->query->field[i].name),
		    .quoted = true,
		    .pos = merge->ast->query->pos};
	*insert = (struct wr_ast_insert){
	    .table = merge->ast->name, .columns = {names, count}, .query = merge->ast->query};
}

wr_status *wr_analyze_table_as(struct wr_analyze_env *env, const struct wr_ast_create_table *ast,
			       struct wr_arena *arena, struct wr_ast_create_table *create,
			       struct wr_ast_insert *insert)
{
	struct merge merge = {.arena = arena, .ast = ast, .create = create};
	struct wr_plan *plan = wr_plan_new();
	wr_status *status;

	*create = *ast;
	create->query = NULL;
	create->or_replace = false;
	create->column_count = 0;
	WR_TRY_OUT(status, check_names(ast));
	WR_TRY_OUT(status, wr_analyze_query(env, ast->query, plan));
	merge.query = &plan->root[0]->input[0]->schema;
	create->columns =
	    WR_NEW_ARRAY(arena, struct wr_ast_column, ast->column_count + merge.query->count + 1);
	status = ast->column_count > 0 && ast->columns[0].kind == WR_AST_COLUMN_UNTYPED
		     ? reorder(&merge)
		     : put_together(&merge);
	if (status == NULL)
		make_insert(&merge, insert);
out:
	wr_plan_free(plan);
	return status;
}
