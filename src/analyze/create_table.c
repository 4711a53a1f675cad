/* SPDX-License-Identifier: Apache-2.0
 *
 * create_table - CREATE TABLE: columns, watermark, keys and options, resolved and checked.
 *
 * LIKE first turns the other table into declarations in front of the new ones; from there on there
 * is one list of declarations, wherever they came from. Computed columns see the physical and
 * metadata columns only, the watermark sees them all. Columns of the primary key become NOT NULL.
 */
#include <string.h>
#include <strings.h>

#include "analyze/analyzer.h"
#include "base/limits.h"
#include "sql/parser.h"

/* One column to be. */
struct decl {
	struct wr_table_column column;  /* name, role, type (not of computed ones), key, comment */
	const struct wr_ast_expr *expr; /* COMPUTED */
	bool inherited;                 /* from LIKE */
};

struct creation {
	struct wr_analyzer *a;
	const struct wr_ast_create_table *ast;
	struct wr_table *table; /* being built */
	uint32_t count;         /* declarations */
	uint32_t capacity;      /* slots at decl */
	struct decl *decl;
	const char *watermark_column; /* NULL: none */
	struct wr_pos watermark_pos;
	const struct wr_ast_expr *watermark; /* its expression */
	uint32_t key_count;                  /* PRIMARY KEY */
	struct wr_ast_ident *key;
	uint32_t given_count; /* options */
	uint32_t given_capacity;
	struct wr_given *given;
};

static int32_t decl_find(const struct creation *c, const char *name)
{
	for (uint32_t i = 0; i < c->count; i++) {
		if (strcmp(c->decl[i].column.name, name) == 0)
			return (int32_t)i;
	}
	return -1;
}

/* Appends a declaration. */
static wr_status *decl_add(struct creation *c, const struct decl *decl)
{
	WR_TRY(wr_check_width(c->count + 1, decl->column.pos));
	if (c->count == c->capacity) {
		uint32_t capacity = WR_MAX(16u, c->capacity * 2);
		struct decl *grown = WR_NEW_ARRAY(c->a->arena, struct decl, capacity);
		if (c->count > 0)
			memcpy(grown, c->decl, c->count * sizeof *grown);
		c->decl = grown;
		c->capacity = capacity;
	}
	c->decl[c->count++] = *decl;
	return NULL;
}

/* Sets an option, over one of the same key. */
static void given_set(struct creation *c, const char *key, const char *value, struct wr_pos pos)
{
	struct wr_given *to = NULL;

	for (uint32_t i = 0; i < c->given_count; i++) {
		if (strcmp(c->given[i].key, key) == 0)
			to = &c->given[i];
	}
	if (to == NULL && c->given_count == c->given_capacity) {
		uint32_t capacity = WR_MAX(16u, c->given_capacity * 2);
		struct wr_given *grown = WR_NEW_ARRAY(c->a->arena, struct wr_given, capacity);
		if (c->given_count > 0)
			memcpy(grown, c->given, c->given_count * sizeof *grown);
		c->given = grown;
		c->given_capacity = capacity;
	}
	if (to == NULL)
		to = &c->given[c->given_count++];
	*to = (struct wr_given){wr_arena_strdup(c->a->arena, key),
				wr_arena_strdup(c->a->arena, value), pos};
}

/* --- LIKE
 * --------------------------------------------------------------------------------------------- */

/* What LIKE says about a feature, ALL included; Flink's defaults otherwise. */
static enum wr_ast_like_strategy like_strategy(const struct wr_ast_create_table *ast,
					       enum wr_ast_like_feature feature)
{
	enum wr_ast_like_strategy all =
	    feature == WR_AST_LIKE_OPTIONS ? WR_AST_LIKE_OVERWRITING : WR_AST_LIKE_INCLUDING;

	for (uint32_t i = 0; i < ast->like_option_count; i++) {
		if (ast->like_options[i].feature == WR_AST_LIKE_ALL)
			all = ast->like_options[i].strategy;
	}
	for (uint32_t i = 0; i < ast->like_option_count; i++) {
		if (ast->like_options[i].feature == feature)
			return ast->like_options[i].strategy;
	}
	return all;
}

static wr_status *parse_stored(struct creation *c, const char *sql, const struct wr_ast_expr **out)
{
	struct wr_ast_expr *expr;

	WR_TRY(wr_status_place(wr_parse_expr_text(c->a->arena, wr_str_of(sql), &expr),
			       c->ast->like.pos));
	*out = expr;
	return NULL;
}

/* The other table's columns as declarations. */
static wr_status *like_columns(struct creation *c, const struct wr_table *base)
{
	struct wr_arena *arena = c->a->arena;

	for (uint32_t i = 0; i < base->column_count; i++) {
		const struct wr_table_column *from = &base->column[i];
		struct decl decl = {.inherited = true};
		if ((from->role == WR_COL_COMPUTED &&
		     like_strategy(c->ast, WR_AST_LIKE_GENERATED) == WR_AST_LIKE_EXCLUDING) ||
		    (from->role == WR_COL_METADATA &&
		     like_strategy(c->ast, WR_AST_LIKE_METADATA) == WR_AST_LIKE_EXCLUDING))
			continue;
		decl.column = (struct wr_table_column){
		    .name = wr_arena_strdup(arena, from->name),
		    .type = wr_type_time_attr(arena, wr_type_copy(arena, from->type), WR_TIME_NONE),
		    .role = from->role,
		    .is_virtual = from->is_virtual,
		    .pos = c->ast->like.pos,
		};
		if (from->metadata_key != NULL)
			decl.column.metadata_key = wr_arena_strdup(arena, from->metadata_key);
		if (from->comment != NULL)
			decl.column.comment = wr_arena_strdup(arena, from->comment);
		if (from->role == WR_COL_COMPUTED) {
			decl.column.expr_sql = wr_arena_strdup(arena, from->expr_sql);
			WR_TRY(parse_stored(c, decl.column.expr_sql, &decl.expr));
		}
		WR_TRY(decl_add(c, &decl));
	}
	return NULL;
}

/* Watermark, key, partitions and options of the other table. */
static wr_status *like_rest(struct creation *c, const struct wr_table *base)
{
	struct wr_arena *arena = c->a->arena;
	const struct wr_ast_create_table *ast = c->ast;

	if (base->rowtime >= 0 &&
	    like_strategy(ast, WR_AST_LIKE_WATERMARKS) != WR_AST_LIKE_EXCLUDING) {
		c->watermark_column = wr_arena_strdup(arena, base->column[base->rowtime].name);
		c->watermark_pos = ast->like.pos;
		c->table->watermark_sql = wr_arena_strdup(arena, base->watermark_sql);
		WR_TRY(parse_stored(c, c->table->watermark_sql, &c->watermark));
	}
	if (base->primary_key_count > 0 &&
	    like_strategy(ast, WR_AST_LIKE_CONSTRAINTS) != WR_AST_LIKE_EXCLUDING) {
		c->key_count = base->primary_key_count;
		c->key = WR_NEW_ARRAY(arena, struct wr_ast_ident, c->key_count);
		for (uint32_t i = 0; i < c->key_count; i++)
			c->key[i] = (struct wr_ast_ident){
			    wr_arena_strdup(arena, base->column[base->primary_key[i]].name), false,
			    ast->like.pos};
	}
	if (base->partition_count > 0 &&
	    like_strategy(ast, WR_AST_LIKE_PARTITIONS) != WR_AST_LIKE_EXCLUDING) {
		const char **keys = WR_NEW_ARRAY(arena, const char *, base->partition_count);
		for (uint32_t i = 0; i < base->partition_count; i++)
			keys[i] = wr_arena_strdup(arena, base->partition_key[i]);
		c->table->partition_key = keys;
		c->table->partition_count = base->partition_count;
	}
	if (like_strategy(ast, WR_AST_LIKE_OPTIONS) == WR_AST_LIKE_EXCLUDING)
		return NULL;
	for (uint32_t i = 0; i < base->given_count; i++)
		given_set(c, base->given[i].key, base->given[i].value, ast->like.pos);
	return NULL;
}

/* Everything that LIKE takes over. */
static wr_status *like_table(struct creation *c)
{
	const struct wr_catalog *catalog = c->a->env->catalog;
	const struct wr_table *base;
	const char *name;

	if (c->ast->like.count == 0)
		return NULL;
	WR_TRY(wr_find_table(c->a->env, &c->ast->like, &name, &base));
	if (base == NULL)
		return wr_catalog_unknown(catalog, name, c->ast->like.pos);
	if (base->is_view)
		return wr_status_at(WR_USER_ERROR, c->ast->like.pos,
				    "LIKE takes a table, and '%s' is a view", name);
	WR_TRY(like_columns(c, base));
	return like_rest(c, base);
}

/* --- what is declared
 * --------------------------------------------------------------------------------- */

/* One written column; it may take the place of an inherited one. */
static wr_status *declare_column(struct creation *c, const struct wr_ast_column *ast)
{
	struct wr_arena *arena = c->a->arena;
	struct decl decl = {.expr = ast->expr};
	int32_t found = decl_find(c, ast->name.text);

	if (ast->kind == WR_AST_COLUMN_UNTYPED)
		return wr_status_at(WR_USER_ERROR, ast->pos, "The column '%s' needs a type",
				    ast->name.text);
	decl.column = (struct wr_table_column){
	    .name = wr_arena_strdup(arena, ast->name.text),
	    .pos = ast->name.pos,
	    .comment = ast->comment != NULL ? wr_arena_strdup(arena, ast->comment) : NULL};
	if (ast->kind == WR_AST_COLUMN_COMPUTED) {
		decl.column.role = WR_COL_COMPUTED;
		decl.column.expr_sql =
		    wr_arena_strndup(arena, ast->expr->text.data, ast->expr->text.len);
	} else {
		WR_TRY(wr_convert_type(c->a, ast->type, &decl.column.type));
		if (decl.column.type->kind == WR_NULL ||
		    wr_kind_is_interval(decl.column.type->kind))
			return wr_status_at(WR_USER_ERROR, ast->type->pos,
					    "A column cannot be of type %s",
					    wr_type_str(arena, decl.column.type));
	}
	if (ast->kind == WR_AST_COLUMN_METADATA) {
		decl.column.role = WR_COL_METADATA;
		decl.column.is_virtual = ast->is_virtual;
		decl.column.metadata_key = wr_arena_strdup(
		    arena, ast->metadata_key != NULL ? ast->metadata_key : ast->name.text);
		if (ast->metadata_key != NULL)
			decl.column.pos = ast->metadata_key_pos;
	}
	if (found < 0)
		return decl_add(c, &decl);
	enum wr_ast_like_feature feature =
	    decl.column.role == WR_COL_COMPUTED ? WR_AST_LIKE_GENERATED : WR_AST_LIKE_METADATA;
	if (!c->decl[found].inherited || decl.column.role == WR_COL_PHYSICAL ||
	    c->decl[found].column.role != decl.column.role ||
	    like_strategy(c->ast, feature) != WR_AST_LIKE_OVERWRITING)
		return wr_status_at(WR_USER_ERROR, ast->name.pos,
				    "A column named '%s' already exists in the table",
				    ast->name.text);
	c->decl[found] = decl;
	return NULL;
}

/* Everything that is written in the statement itself. */
static wr_status *declare(struct creation *c)
{
	const struct wr_ast_create_table *ast = c->ast;
	struct wr_arena *arena = c->a->arena;

	for (uint32_t i = 0; i < ast->column_count; i++)
		WR_TRY(declare_column(c, &ast->columns[i]));
	if (ast->watermark != NULL) {
		if (ast->watermark_column.count > 1)
			return wr_status_at(
			    WR_USER_ERROR, ast->watermark_column.pos,
			    "A field of a ROW cannot be the row time; declare a computed "
			    "column AS the field, and the watermark on it");
		if (c->watermark != NULL &&
		    like_strategy(ast, WR_AST_LIKE_WATERMARKS) != WR_AST_LIKE_OVERWRITING)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, ast->watermark_pos,
					 "The table in LIKE has a watermark already"),
			    "Add OVERWRITING WATERMARKS or EXCLUDING WATERMARKS to "
			    "LIKE");
		c->watermark = ast->watermark;
		c->watermark_column = ast->watermark_column.parts[0].text;
		c->watermark_pos = ast->watermark_column.pos;
		c->table->watermark_sql =
		    wr_arena_strndup(arena, ast->watermark->text.data, ast->watermark->text.len);
	}
	if (ast->has_primary_key) {
		if (ast->primary_key_enforced)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, ast->primary_key_pos,
					 "PRIMARY KEY cannot be ENFORCED: the data is not owned by "
					 "this engine, which cannot check that keys are unique"),
			    "Write PRIMARY KEY (...) NOT ENFORCED");
		c->key_count = ast->primary_key.count;
		c->key = ast->primary_key.items;
		if (ast->primary_key_name.text != NULL)
			c->table->primary_key_name =
			    wr_arena_strdup(arena, ast->primary_key_name.text);
	}
	if (ast->partitioned_by.count > 0) {
		const char **keys = WR_NEW_ARRAY(arena, const char *, ast->partitioned_by.count);
		for (uint32_t i = 0; i < ast->partitioned_by.count; i++)
			keys[i] = wr_arena_strdup(arena, ast->partitioned_by.items[i].text);
		c->table->partition_key = keys;
		c->table->partition_count = ast->partitioned_by.count;
	}
	for (uint32_t i = 0; i < ast->options.count; i++)
		given_set(c, ast->options.items[i].key, ast->options.items[i].value,
			  ast->options.items[i].key_pos);
	return NULL;
}

/* --- resolving
 * ---------------------------------------------------------------------------------------- */

/* The names of the table's columns; computed ones only with `all`. */
static struct wr_scope *table_scope(struct creation *c, bool all)
{
	struct wr_arena *arena = c->a->arena;
	struct wr_scope *scope = WR_NEW(arena, struct wr_scope);
	struct wr_scope_table *table = WR_NEW(arena, struct wr_scope_table);

	table->name = c->table->name;
	table->column = WR_NEW_ARRAY(arena, struct wr_scope_column, c->count + 1);
	for (uint32_t i = 0; i < c->count; i++) {
		const struct wr_table_column *column = &c->table->column[i];
		if (column->role != WR_COL_COMPUTED || all)
			table->column[table->count++] = (struct wr_scope_column){
			    column->name, wr_expr_column(c->a->pool, i, column->type)};
	}
	scope->table_count = 1;
	scope->table = table;
	scope->star_count = table->count;
	scope->star = table->column;
	return scope;
}

/* Expressions and types of the computed columns. */
static wr_status *resolve_computed(struct creation *c)
{
	struct wr_conv conv = {
	    .a = c->a, .scope = table_scope(c, false), .clause = "a computed column"};

	for (uint32_t i = 0; i < c->count; i++) {
		struct wr_table_column *column = &c->table->column[i];
		if (column->role != WR_COL_COMPUTED)
			continue;
		WR_TRY(wr_convert(&conv, c->decl[i].expr, &column->expr));
		if (column->expr->type == NULL || column->expr->type->kind == WR_NULL)
			return wr_status_at(WR_USER_ERROR, c->decl[i].expr->pos,
					    "The computed column '%s' has no type", column->name);
		column->type = column->expr->type;
	}
	return NULL;
}

/* SOURCE_WATERMARK(): the connector says it. */
static bool is_source_watermark(const struct wr_ast_expr *expr)
{
	return expr->kind == WR_AST_CALL && expr->call.name.count == 1 &&
	       expr->call.args.count == 0 && !expr->call.no_parens &&
	       strcasecmp(expr->call.name.parts[0].text, "SOURCE_WATERMARK") == 0;
}

/* The row time column and the watermark's expression. */
static wr_status *resolve_watermark(struct creation *c)
{
	struct wr_table *table = c->table;
	struct wr_conv conv = {.a = c->a, .clause = "WATERMARK"};
	int32_t index;

	if (c->watermark == NULL)
		return NULL;
	index = decl_find(c, c->watermark_column);
	if (index < 0) {
		const char **names = WR_NEW_ARRAY(c->a->arena, const char *, c->count + 1);
		for (uint32_t i = 0; i < c->count; i++)
			names[i] = table->column[i].name;
		return wr_hint_nearest(
		    wr_status_at(WR_USER_ERROR, c->watermark_pos,
				 "The rowtime attribute field '%s' is not defined in the table",
				 c->watermark_column),
		    c->watermark_column, names, c->count);
	}
	struct wr_table_column *column = &table->column[index];
	if (!wr_kind_is_timestamp(column->type->kind) || column->type->precision > 3)
		return wr_status_hint(
		    wr_status_at(
			WR_USER_ERROR, c->watermark_pos,
			"Invalid data type of time field for watermark definition. The field "
			"must be of type TIMESTAMP(p) or TIMESTAMP_LTZ(p) with a precision p "
			"from 0 to 3, but '%s' is %s",
			column->name, wr_type_str(c->a->arena, column->type)),
		    "Declare a computed column, for example AS CAST(%s AS TIMESTAMP(3)), and the "
		    "watermark on it",
		    column->name);
	column->type = wr_type_time_attr(c->a->arena, column->type, WR_TIME_EVENT);
	table->rowtime = index;
	table->source_watermark = is_source_watermark(c->watermark);
	if (table->source_watermark)
		return NULL;
	conv.scope = table_scope(c, true);
	WR_TRY(wr_convert(&conv, c->watermark, &table->watermark));
	const struct wr_type *type = table->watermark->type;
	if (type == NULL || type->kind != column->type->kind)
		return wr_status_at(
		    WR_USER_ERROR, c->watermark->pos,
		    "Invalid data type of expression for watermark definition: it must "
		    "be of type %s like the time field, but is %s",
		    wr_type_str(c->a->arena, column->type),
		    type != NULL ? wr_type_str(c->a->arena, type) : "SYMBOL");
	if (type->precision > 3)
		WR_TRY(wr_expr_cast(c->a->pool, table->watermark,
				    wr_type_precision(c->a->arena, type->kind, 3), false,
				    &table->watermark));
	return NULL;
}

/* The key's columns, which become NOT NULL. */
static wr_status *resolve_key(struct creation *c)
{
	uint32_t *key = WR_NEW_ARRAY(c->a->arena, uint32_t, c->key_count + 1);

	for (uint32_t i = 0; i < c->key_count; i++) {
		int32_t index = decl_find(c, c->key[i].text);
		if (index < 0 || c->table->column[index].role != WR_COL_PHYSICAL)
			return wr_status_at(WR_USER_ERROR, c->key[i].pos,
					    index < 0
						? "Primary key column '%s' is not defined in the "
						  "schema"
						: "Primary key column '%s' must be a physical "
						  "column, not a computed or metadata one",
					    c->key[i].text);
		for (uint32_t j = 0; j < i; j++) {
			if (key[j] == (uint32_t)index)
				return wr_status_at(WR_USER_ERROR, c->key[i].pos,
						    "The primary key names '%s' twice",
						    c->key[i].text);
		}
		key[i] = (uint32_t)index;
		struct wr_table_column *column = &c->table->column[index];
		column->type = wr_type_nullable(c->a->arena, column->type, false);
	}
	c->table->primary_key = key;
	c->table->primary_key_count = c->key_count;
	return NULL;
}

/* PARTITIONED BY names physical columns. */
static wr_status *resolve_partitions(struct creation *c)
{
	for (uint32_t i = 0; i < c->table->partition_count; i++) {
		const char *name = c->table->partition_key[i];
		struct wr_pos pos = i < c->ast->partitioned_by.count
					? c->ast->partitioned_by.items[i].pos
					: c->ast->name.pos;
		int32_t index = decl_find(c, name);
		if (index < 0 || c->table->column[index].role != WR_COL_PHYSICAL)
			return wr_status_at(WR_USER_ERROR, pos,
					    "Partition column '%s' is not %s the table", name,
					    index < 0 ? "defined in" : "a physical column of");
	}
	return NULL;
}

/* Metadata columns must be known to the connector (or to the engine, for late rows). */
static wr_status *resolve_metadata(struct creation *c)
{
	const struct wr_connector *connector = c->table->connector;

	for (uint32_t i = 0; connector != NULL && i < c->count; i++) {
		const struct wr_table_column *column = &c->table->column[i];
		const char *names[64];
		uint32_t n = 0;
		if (column->role != WR_COL_METADATA)
			continue;
		const struct wr_type *type = wr_table_metadata(c->table, column->metadata_key);
		if (type == NULL)
			type = wr_runtime_metadata(column->metadata_key);
		if (type == NULL) {
			for (; connector->metadata != NULL && connector->metadata[n].key != NULL &&
			       n < WR_COUNT(names);
			     n++)
				names[n] = connector->metadata[n].key;
			return wr_hint_names(
			    wr_status_at(
				WR_USER_ERROR, column->pos,
				"Invalid metadata key '%s' in column '%s': connector '%s' has "
				"no such metadata",
				column->metadata_key, column->name, connector->name),
			    column->metadata_key, "Its metadata are", names, n);
		}
		if (!wr_type_castable(type, column->type))
			return wr_status_at(
			    WR_USER_ERROR, column->pos,
			    "Invalid data type for metadata column '%s': it cannot be "
			    "declared as %s, because that cannot be cast from %s",
			    column->name, wr_type_str(c->a->arena, column->type),
			    wr_type_str(c->a->arena, type));
	}
	return NULL;
}

/* Names, types and options of all declarations. */
static wr_status *resolve(struct creation *c)
{
	struct wr_table *table = c->table;

	table->column_count = c->count;
	table->column = WR_NEW_ARRAY(c->a->arena, struct wr_table_column, c->count + 1);
	for (uint32_t i = 0; i < c->count; i++)
		table->column[i] = c->decl[i].column;
	if (c->count == 0)
		return wr_status_at(WR_USER_ERROR, c->ast->name.pos, "Table '%s' has no columns",
				    table->name);
	WR_TRY(resolve_key(c));
	WR_TRY(resolve_computed(c));
	WR_TRY(resolve_watermark(c));
	WR_TRY(resolve_partitions(c));
	table->given = c->given;
	table->given_count = c->given_count;
	WR_TRY(wr_check_declared_options(wr_catalog_registry(c->a->env->catalog), table));
	return resolve_metadata(c);
}

/* Clauses that are not there yet, and a name that is taken. */
static wr_status *check_statement(const struct wr_ast_create_table *ast,
				  const struct wr_table *found)
{
	if (ast->distribution != WR_AST_DISTRIBUTION_NONE)
		return wr_unsupported(ast->distribution_pos, "DISTRIBUTED BY");
	if (found != NULL)
		return wr_table_exists(found->name, ast->name.pos,
				       "Drop it first, or write CREATE TABLE IF NOT EXISTS");
	return NULL;
}

wr_status *wr_resolve_table(struct wr_analyze_env *env, const struct wr_ast_create_table *ast,
			    struct wr_table *table)
{
	struct wr_analyzer a = {.env = env, .arena = &table->arena, .pool = &table->pool};
	struct creation c = {.a = &a, .ast = ast, .table = table};

	table->pos = ast->name.pos;
	table->temporary = ast->temporary;
	table->comment = ast->comment != NULL ? wr_arena_strdup(&table->arena, ast->comment) : NULL;
	table->pool.zone_id = wr_arena_strdup(&table->arena, env->zone_id);
	table->pool.now_us = env->now_us;
	table->pool.database =
	    wr_arena_strdup(&table->arena, wr_catalog_databases(env->catalog)->current.database);
	WR_TRY(like_table(&c));
	WR_TRY(declare(&c));
	return resolve(&c);
}

wr_status *wr_analyze_create_table(struct wr_analyze_env *env,
				   const struct wr_ast_create_table *ast)
{
	const struct wr_table *found;
	struct wr_full_name full;
	struct wr_table *table;
	wr_status *status;

	WR_TRY(wr_find_to_declare(env, &ast->name, ast->temporary, &full, &found));
	if (ast->if_not_exists && found != NULL)
		return NULL;
	WR_TRY(check_statement(ast, found));
	table = wr_new_table(&full);
	status = wr_resolve_table(env, ast, table);
	if (status != NULL) {
		wr_table_free(table);
		return status;
	}
	if (env->embedded && table->connector != NULL && table->connector->embed_new != NULL)
		table->embed = table->connector->embed_new();
	return wr_catalog_add(env->catalog, table);
}
