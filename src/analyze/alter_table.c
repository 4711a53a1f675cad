/* SPDX-License-Identifier: Apache-2.0
 *
 * alter_table - ALTER TABLE: the table's declaration is written out, read, changed, and declared.
 *
 * So a table that was altered is one that could have been declared, with all that is checked of
 * such. Plans that were made of the old one keep it. What Flink refuses is refused: temporary
 * tables, and columns that others need.
 */
#include <strings.h>

#include "analyze/analyzer.h"
#include "analyze/describe.h"
#include "base/mem.h"
#include "sql/parser.h"

#define DECLARED UINT32_MAX /* the script that places in the written declaration carry */

struct change {
	struct wr_analyze_env *env;
	const struct wr_ast_alter_table *ast;
	const struct wr_table *table;       /* as it is */
	struct wr_arena *arena;             /* of what follows */
	struct wr_ast_create_table *create; /* as it will be */
};

/* --- columns ------------------------------------------------------------------------------------
 */

/* The number of a column in the new declaration; its count: there is none. */
static uint32_t find(const struct change *change, const char *name)
{
	const struct wr_ast_create_table *create = change->create;

	for (uint32_t i = 0; i < create->column_count; i++)
		if (strcmp(create->columns[i].name.text, name) == 0)
			return i;
	return create->column_count;
}

static wr_status *no_column(const struct change *change, const struct wr_ast_ident *name)
{
	const struct wr_ast_create_table *create = change->create;
	const char **names = WR_NEW_ARRAY(change->arena, const char *, create->column_count + 1);

	for (uint32_t i = 0; i < create->column_count; i++)
		names[i] = create->columns[i].name.text;
	return wr_hint_names(wr_status_because(wr_status_at(WR_USER_ERROR, name->pos,
							    "Table '%s' has no column '%s'",
							    change->table->name, name->text),
					       WR_NO_COLUMN),
			     name->text, "Its columns are", names, create->column_count);
}

/* Column `from` goes behind those before `to`. */
static void move(struct wr_ast_create_table *create, uint32_t from, uint32_t to)
{
	struct wr_ast_column column = create->columns[from];

	memmove(&create->columns[from], &create->columns[from + 1],
		(create->column_count - from - 1) * sizeof column);
	to -= to > from;
	memmove(&create->columns[to + 1], &create->columns[to],
		(create->column_count - to - 1) * sizeof column);
	create->columns[to] = column;
}

/* Column i to where it was said to go; nothing said: it stays. */
static wr_status *place(struct change *change, uint32_t i, const struct wr_ast_place *place)
{
	uint32_t after;

	if (place->first) {
		move(change->create, i, 0);
	} else if (place->after.text != NULL) {
		after = find(change, place->after.text);
		if (after == change->create->column_count)
			return no_column(change, &place->after);
		if (after != i)
			move(change->create, i, after + 1);
	}
	return NULL;
}

static wr_status *add_column(struct change *change, const struct wr_ast_column *column)
{
	struct wr_ast_create_table *create = change->create;

	if (find(change, column->name.text) < create->column_count)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, column->name.pos,
						   "Table '%s' has a column '%s' already",
						   change->table->name, column->name.text),
				      "Write MODIFY to change it");
	create->columns[create->column_count++] = *column;
	return NULL;
}

/* What is not said of a column stays: its comment. */
static wr_status *modify_column(struct change *change, const struct wr_ast_column *column)
{
	uint32_t i = find(change, column->name.text);
	const char *comment;

	if (i == change->create->column_count)
		return no_column(change, &column->name);
	comment = change->create->columns[i].comment;
	change->create->columns[i] = *column;
	if (column->comment == NULL)
		change->create->columns[i].comment = comment;
	return NULL;
}

/* --- ADD, MODIFY --------------------------------------------------------------------------------
 */

/* A key or watermark that is added must not be there, one that is modified must. */
static wr_status *check_there(const struct change *change, bool there, struct wr_pos pos,
			      const char *what)
{
	bool adds = change->ast->what == WR_AST_ALTER_ADD;

	if (there != adds)
		return NULL;
	return wr_status_hint(wr_status_at(WR_USER_ERROR, pos, "Table '%s' has %s %s",
					   change->table->name, adds ? "already a" : "no", what),
			      adds ? "Drop it first, or write MODIFY" : "Write ADD");
}

static wr_status *change_schema(struct change *change)
{
	const struct wr_ast_create_table *schema = &change->ast->schema;
	struct wr_ast_create_table *create = change->create;

	for (uint32_t i = 0; i < schema->column_count; i++) {
		const struct wr_ast_column *column = &schema->columns[i];

		WR_TRY(change->ast->what == WR_AST_ALTER_ADD ? add_column(change, column)
							     : modify_column(change, column));
		WR_TRY(place(change, find(change, column->name.text), &change->ast->places[i]));
	}
	if (schema->watermark != NULL) {
		WR_TRY(check_there(change, create->watermark != NULL, schema->watermark_pos,
				   "watermark"));
		create->watermark_column = schema->watermark_column;
		create->watermark = schema->watermark;
		create->watermark_pos = schema->watermark_pos;
	}
	if (schema->has_primary_key) {
		WR_TRY(check_there(change, create->has_primary_key, schema->primary_key_pos,
				   "primary key"));
		create->has_primary_key = true;
		create->primary_key = schema->primary_key;
		create->primary_key_enforced = schema->primary_key_enforced;
		create->primary_key_name = schema->primary_key_name;
		create->primary_key_pos = schema->primary_key_pos;
	}
	return NULL;
}

/* --- DROP, RENAME -------------------------------------------------------------------------------
 */

static bool is_listed(const struct wr_ast_idents *names, const char *name)
{
	for (uint32_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i].text, name) == 0)
			return true;
	return false;
}

static bool uses(const struct change *change, const struct wr_expr *expr, uint32_t column)
{
	bool *used = WR_NEW_ARRAY(change->arena, bool, change->table->column_count + 1);

	if (expr != NULL)
		wr_expr_columns(expr, used);
	return used[column];
}

static wr_status *needed(const struct wr_ast_ident *name, const char *what, const char *by)
{
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, name->pos, "The column '%s' is needed by %s%s%s%s",
			 name->text, what, *by != '\0' ? " '" : "", by, *by != '\0' ? "'" : ""),
	    "Change or drop that first");
}

/* Nothing that stays needs the column by its name. */
static wr_status *check_free(const struct change *change, const struct wr_ast_ident *name)
{
	const struct wr_ast_idents *going = &change->ast->columns;
	bool drops = change->ast->what == WR_AST_ALTER_DROP;
	const struct wr_table *table = change->table;
	uint32_t column = 0;

	while (column < table->column_count && strcmp(table->column[column].name, name->text) != 0)
		column++;
	if (column == table->column_count)
		return no_column(change, name);
	for (uint32_t i = 0; i < table->column_count; i++)
		if (i != column && table->column[i].expr != NULL &&
		    !(drops && is_listed(going, table->column[i].name)) &&
		    uses(change, table->column[i].expr, column))
			return needed(name, "the computed column", table->column[i].name);
	if (table->rowtime == (int32_t)column || uses(change, table->watermark, column))
		return needed(name, "the watermark", "");
	for (uint32_t i = 0; drops && i < table->primary_key_count; i++)
		if (table->primary_key[i] == column)
			return needed(name, "the primary key", "");
	for (uint32_t i = 0; i < table->partition_count; i++)
		if (strcmp(table->partition_key[i], name->text) == 0)
			return needed(name, "PARTITIONED BY", "");
	return NULL;
}

static wr_status *drop_key(struct change *change)
{
	const struct wr_ast_ident *name = &change->ast->constraint;
	struct wr_ast_create_table *create = change->create;
	struct wr_pos pos = name->text != NULL ? name->pos : change->ast->name.pos;
	const char *own = create->primary_key_name.text;

	if (!create->has_primary_key)
		return wr_status_at(WR_USER_ERROR, pos, "Table '%s' has no primary key",
				    change->table->name);
	if (name->text != NULL && (own == NULL || strcmp(own, name->text) != 0))
		return wr_status_hint(wr_status_at(WR_USER_ERROR, pos,
						   "Table '%s' has no constraint '%s'",
						   change->table->name, name->text),
				      own != NULL ? "Its primary key is called %s"
						  : "Its primary key has no name: DROP PRIMARY KEY",
				      own);
	create->has_primary_key = false;
	return NULL;
}

static wr_status *drop(struct change *change)
{
	struct wr_ast_create_table *create = change->create;

	if (change->ast->key)
		return drop_key(change);
	if (change->ast->watermark) {
		if (create->watermark == NULL)
			return wr_status_at(WR_USER_ERROR, change->ast->name.pos,
					    "Table '%s' has no watermark", change->table->name);
		create->watermark = NULL;
		create->watermark_column = (struct wr_ast_name){0};
		return NULL;
	}
	for (uint32_t i = 0; i < change->ast->columns.count; i++) {
		const struct wr_ast_ident *name = &change->ast->columns.items[i];
		uint32_t at = find(change, name->text);

		WR_TRY(check_free(change, name));
		if (at == create->column_count)
			return no_column(change, name); /* it is named twice */
		memmove(&create->columns[at], &create->columns[at + 1],
			(create->column_count - at - 1) * sizeof *create->columns);
		create->column_count--;
	}
	return NULL;
}

static wr_status *rename_column(struct change *change)
{
	const struct wr_ast_ident *from = change->ast->columns.items;
	const struct wr_ast_ident *to = change->ast->to.parts;
	struct wr_ast_create_table *create = change->create;

	WR_TRY(check_free(change, from));
	if (find(change, to->text) < create->column_count)
		return wr_status_at(WR_USER_ERROR, to->pos, "Table '%s' has a column '%s' already",
				    change->table->name, to->text);
	create->columns[find(change, from->text)].name = *to;
	for (uint32_t i = 0; i < create->primary_key.count; i++)
		if (strcmp(create->primary_key.items[i].text, from->text) == 0)
			create->primary_key.items[i] = *to;
	return NULL;
}

/* --- SET, RESET ---------------------------------------------------------------------------------
 */

static void set_option(struct wr_ast_options *options, const struct wr_ast_option *option)
{
	for (uint32_t i = 0; i < options->count; i++) {
		if (strcmp(options->items[i].key, option->key) == 0) {
			options->items[i] = *option;
			return;
		}
	}
	options->items[options->count++] = *option;
}

static wr_status *reset_option(struct wr_ast_options *options, const struct wr_ast_option *option)
{
	uint32_t kept = 0;

	if (strcmp(option->key, "connector") == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, option->key_pos, "A table keeps its 'connector'"),
		    "Drop the table and create another one");
	for (uint32_t i = 0; i < options->count; i++)
		if (strcmp(options->items[i].key, option->key) != 0)
			options->items[kept++] = options->items[i];
	options->count = kept;
	return NULL;
}

/* The options, with room for those that are new. */
static wr_status *change_options(struct change *change)
{
	const struct wr_ast_options *given = &change->ast->options;
	struct wr_ast_options *options = &change->create->options;
	struct wr_ast_option *room =
	    WR_NEW_ARRAY(change->arena, struct wr_ast_option, options->count + given->count + 1);

	if (options->count > 0)
		memcpy(room, options->items, options->count * sizeof *room);
	options->items = room;
	for (uint32_t i = 0; i < given->count; i++) {
		if (change->ast->what == WR_AST_ALTER_SET)
			set_option(options, &given->items[i]);
		else
			WR_TRY(reset_option(options, &given->items[i]));
	}
	return NULL;
}

/* --- all of it ----------------------------------------------------------------------------------
 */

/* The table's declaration, with room for more columns. */
static wr_status *read_declaration(struct change *change)
{
	struct wr_ast_script script;
	struct wr_ast_column *columns;
	struct wr_text text;
	char *kept;
	wr_status *status;

	wr_text_init(&text);
	wr_declare_table(&text, change->table);
	kept = wr_arena_strdup(change->arena, wr_text_str(&text));
	wr_text_release(&text);
	status = wr_parse_numbered(change->arena, wr_str_of(kept), NULL, DECLARED, &script);
	if (status != NULL)
		return status;
	change->create = &script.items[0]->create_table;
	columns = WR_NEW_ARRAY(change->arena, struct wr_ast_column,
			       change->create->column_count + change->ast->schema.column_count + 1);
	memcpy(columns, change->create->columns, change->create->column_count * sizeof *columns);
	change->create->columns = columns;
	return NULL;
}

static wr_status *rename_table(struct change *change)
{
	struct wr_full_name *full = WR_NEW(change->arena, struct wr_full_name);

	WR_TRY(wr_renamed(change->env, &change->ast->name, &change->ast->to, full));
	change->create->name = full->name;
	return NULL;
}

static wr_status *apply(struct change *change)
{
	switch (change->ast->what) {
	case WR_AST_ALTER_ADD:
	case WR_AST_ALTER_MODIFY: return change_schema(change);
	case WR_AST_ALTER_DROP: return drop(change);
	case WR_AST_ALTER_RENAME_COLUMN: return rename_column(change);
	case WR_AST_ALTER_SET:
	case WR_AST_ALTER_RESET: return change_options(change);
	case WR_AST_ALTER_RENAME: return rename_table(change);
	}
	return NULL;
}

/* The new table takes the place of the old one, which comes back if it cannot be declared. */
static wr_status *replace(struct change *change)
{
	struct wr_table *old = wr_catalog_take(change->env->catalog, change->table->name);
	wr_status *status, *lost;

	status = wr_analyze_create_table(change->env, change->create);
	if (status == NULL) {
		wr_table_free(old);
		return NULL;
	}
	lost = wr_catalog_add(change->env->catalog, old);
	WR_ASSERT(lost == NULL); /* it was there before */
	wr_status_free(lost);
	return status;
}

/* What can be altered. */
static wr_status *check_kind(const struct wr_ast_alter_table *ast, const struct wr_table *table)
{
	if (table->is_view)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->name.pos, "'%s' is a view", table->name),
		    "Drop it, and create it with another query");
	if (table->materialized)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->name.pos,
						   "'%s' is a materialized table", table->name),
				      "Write CREATE OR REPLACE MATERIALIZED TABLE");
	if (table->temporary || table->embed != NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->name.pos, "'%s' is %s", table->name,
				 table->temporary ? "a temporary table" : "a table of the program"),
		    "Drop it, and create another one");
	return NULL;
}

wr_status *wr_analyze_alter_table(struct wr_analyze_env *env, const struct wr_ast_alter_table *ast)
{
	struct change change = {.env = env, .ast = ast};
	const struct wr_ast_ident *last = &ast->name.parts[ast->name.count - 1];
	struct wr_full_name full;
	struct wr_arena arena;
	wr_status *status;

	WR_TRY(wr_full_name(env, &ast->name, &full));
	WR_TRY(wr_check_database(env, &full));
	change.table = wr_find_kept(env, &full);
	if (change.table == NULL)
		return ast->if_exists ? NULL
				      : wr_catalog_unknown(env->catalog, last->text, last->pos);
	WR_TRY(check_kind(ast, change.table));
	wr_arena_init(&arena);
	change.arena = &arena;
	status = read_declaration(&change);
	if (status == NULL)
		status = apply(&change);
	if (status == NULL)
		status = replace(&change);
	if (status != NULL && status->pos.script == DECLARED)
		status->pos = ast->name.pos; /* that text is nowhere to be seen */
	wr_arena_release(&arena);
	return status;
}
