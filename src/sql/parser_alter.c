/* SPDX-License-Identifier: Apache-2.0
 *
 * parser_alter - ALTER TABLE, ALTER VIEW, ALTER DATABASE.
 *
 *     ALTER TABLE [IF EXISTS] name
 *         { ADD | MODIFY } { element | ( element, ... ) }     element: as in CREATE TABLE, a column
 *                                                             with FIRST or AFTER behind it
 *         DROP { column | ( column, ... ) | PRIMARY KEY | CONSTRAINT name | WATERMARK }
 *         RENAME { column TO column | TO name }
 *         SET ( 'key' = 'value', ... ) | RESET ( 'key', ... )
 *     ALTER VIEW name { RENAME TO name | AS query }
 *     ALTER DATABASE name SET ( 'key' = 'value', ... )
 */
#include <string.h>

#include "sql/parser_core.h"

/* FIRST, AFTER column, or nothing. */
static wr_status *parse_place(struct wr_parser *p, struct wr_ast_place *place)
{
	place->first = wr_tok_take(p, WR_KW_FIRST);
	return !place->first && wr_tok_take(p, WR_KW_AFTER)
		   ? wr_parse_ident(p, "the column in front", &place->after)
		   : NULL;
}

/* One element; a column has a type. */
static wr_status *parse_change(struct wr_parser *p, struct wr_ast_alter_table *alter,
			       struct wr_grow *columns, struct wr_grow *places)
{
	struct wr_ast_place place = {0};
	const struct wr_ast_column *column;
	uint32_t before = columns->count;

	WR_TRY(wr_parse_element(p, &alter->schema, columns));
	if (columns->count == before)
		return NULL;
	column = &((const struct wr_ast_column *)columns->items)[before];
	if (column->kind == WR_AST_COLUMN_UNTYPED)
		return wr_status_at(WR_USER_ERROR, column->pos, "The column %s has no data type",
				    column->name.text);
	WR_TRY(parse_place(p, &place));
	memcpy(wr_grow_add(p, places, sizeof place), &place, sizeof place);
	return NULL;
}

/* Behind ADD and MODIFY. */
static wr_status *parse_changes(struct wr_parser *p, struct wr_ast_alter_table *alter)
{
	struct wr_grow columns = {0}, places = {0};
	bool list = wr_tok_take_sym(p, "(");

	do
		WR_TRY(parse_change(p, alter, &columns, &places));
	while (list && wr_tok_take_sym(p, ","));
	alter->schema.columns = columns.items;
	alter->schema.column_count = columns.count;
	alter->places = places.items;
	return list && !wr_tok_take_sym(p, ")") ? wr_tok_expected(p, "a comma or \")\"") : NULL;
}

/* One name as a list. */
static wr_status *parse_one(struct wr_parser *p, struct wr_ast_idents *columns)
{
	*columns = (struct wr_ast_idents){WR_NEW(p->arena, struct wr_ast_ident), 1};
	return wr_parse_ident(p, "a column's name", columns->items);
}

/* Behind DROP. */
static wr_status *parse_drop(struct wr_parser *p, struct wr_ast_alter_table *alter)
{
	alter->key = wr_tok_take2(p, WR_KW_PRIMARY, WR_KW_KEY);
	if (alter->key)
		return NULL;
	alter->watermark = wr_tok_take(p, WR_KW_WATERMARK);
	if (alter->watermark)
		return NULL;
	alter->key = wr_tok_take(p, WR_KW_CONSTRAINT);
	if (alter->key)
		return wr_parse_ident(p, "the constraint's name", &alter->constraint);
	if (wr_tok_is(p, WR_KW_PARTITION))
		return wr_tok_unsupported(p, p->at, "ALTER TABLE ... DROP PARTITION");
	if (wr_tok_is_sym(p, "("))
		return wr_parse_idents(p, "a column's name", &alter->columns);
	return parse_one(p, &alter->columns);
}

/* Behind RENAME. */
static wr_status *parse_rename(struct wr_parser *p, struct wr_ast_alter_table *alter)
{
	alter->what = WR_AST_ALTER_RENAME;
	if (wr_tok_take(p, WR_KW_TO))
		return wr_parse_name(p, "the table's new name", &alter->to);
	alter->what = WR_AST_ALTER_RENAME_COLUMN;
	WR_TRY(parse_one(p, &alter->columns));
	WR_TRY(wr_tok_need(p, WR_KW_TO));
	alter->to = (struct wr_ast_name){WR_NEW(p->arena, struct wr_ast_ident), 1, {0}};
	WR_TRY(wr_parse_ident(p, "the column's new name", alter->to.parts));
	alter->to.pos = alter->to.parts[0].pos;
	return NULL;
}

/* ('key', ...): behind RESET */
static wr_status *parse_keys(struct wr_parser *p, struct wr_ast_options *options)
{
	struct wr_grow grow = {0};

	WR_TRY(wr_tok_need_sym(p, "("));
	do {
		struct wr_ast_option *option = wr_grow_add(p, &grow, sizeof *option);
		uint32_t first = p->at;

		WR_TRY(wr_parse_string(p, "an option's key between single quotes", &option->key));
		option->key_pos = wr_tok_span(p, first);
	} while (wr_tok_take_sym(p, ","));
	*options = (struct wr_ast_options){grow.items, grow.count};
	return wr_tok_need_sym(p, ")");
}

/* Behind the table's name. */
static wr_status *parse_action(struct wr_parser *p, struct wr_ast_alter_table *alter)
{
	if (wr_tok_take(p, WR_KW_RENAME))
		return parse_rename(p, alter);
	if (wr_tok_take(p, WR_KW_SET)) {
		alter->what = WR_AST_ALTER_SET;
		return wr_parse_options(p, &alter->options);
	}
	if (wr_tok_take(p, WR_KW_RESET)) {
		alter->what = WR_AST_ALTER_RESET;
		return parse_keys(p, &alter->options);
	}
	if (wr_tok_take(p, WR_KW_DROP)) {
		alter->what = WR_AST_ALTER_DROP;
		return parse_drop(p, alter);
	}
	if (wr_tok_take(p, WR_KW_ADD))
		alter->what = WR_AST_ALTER_ADD;
	else if (wr_tok_take(p, WR_KW_MODIFY))
		alter->what = WR_AST_ALTER_MODIFY;
	else
		return wr_tok_expected(p, "ADD, MODIFY, DROP, RENAME, SET or RESET");
	if (wr_tok_is(p, WR_KW_PARTITION))
		return wr_tok_unsupported(p, p->at, "ALTER TABLE ... ADD PARTITION");
	return parse_changes(p, alter);
}

wr_status *wr_parse_alter_table(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found)
{
	struct wr_ast_alter_table *alter;

	*found = wr_tok_is(p, WR_KW_ALTER) && wr_tok_ahead_is(p, 1, WR_KW_TABLE);
	if (!*found)
		return NULL;
	p->at += 2;
	stmt->kind = WR_AST_ALTER_TABLE;
	stmt->alter_table = alter = WR_NEW(p->arena, struct wr_ast_alter_table);
	alter->if_exists = wr_tok_take2(p, WR_KW_IF, WR_KW_EXISTS);
	WR_TRY(wr_parse_name(p, "the table's name", &alter->name));
	return parse_action(p, alter);
}

wr_status *wr_parse_alter_view(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found)
{
	*found = wr_tok_is(p, WR_KW_ALTER) && wr_tok_ahead_is(p, 1, WR_KW_VIEW);
	if (!*found)
		return NULL;
	p->at += 2;
	stmt->kind = WR_AST_ALTER_VIEW;
	WR_TRY(wr_parse_name(p, "the view's name", &stmt->alter_view.name));
	if (wr_tok_take2(p, WR_KW_RENAME, WR_KW_TO))
		return wr_parse_name(p, "the view's new name", &stmt->alter_view.to);
	if (!wr_tok_take(p, WR_KW_AS))
		return wr_tok_expected(p, "RENAME TO and a name, or AS and a query");
	return wr_parse_query(p, &stmt->alter_view.query);
}

wr_status *wr_parse_alter_database(struct wr_parser *p, struct wr_ast_stmt *stmt, bool *found)
{
	*found = wr_tok_is(p, WR_KW_ALTER) && wr_tok_ahead_is(p, 1, WR_KW_DATABASE);
	if (!*found)
		return NULL;
	p->at += 2;
	stmt->kind = WR_AST_ALTER_DATABASE;
	WR_TRY(wr_parse_name(p, "the database's name", &stmt->database.name));
	WR_TRY(wr_tok_need(p, WR_KW_SET));
	return wr_parse_options(p, &stmt->database.options);
}
