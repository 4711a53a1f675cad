/* SPDX-License-Identifier: Apache-2.0
 *
 * describe - prints declarations: the lines of DESCRIBE and the statement of SHOW CREATE.
 *
 * Expressions print as they were written. Names are always in backquotes in SHOW CREATE, so that
 * what it prints can be run again.
 */
#include "analyze/describe.h"

#include <string.h>

#include "base/macros.h"
#include "base/secret.h"
#include "base/text.h"

const char *wr_table_kind(const struct wr_table *table)
{
	if (table->is_view)
		return "view";
	return table->connector != NULL && strcmp(table->connector->name, "view") == 0
		   ? "materialized table"
		   : "table";
}

void wr_describe_type(struct wr_text *out, const struct wr_type *type)
{
	wr_type_print(out, type);
	if (type->time == WR_TIME_EVENT)
		wr_text_puts(out, " *ROWTIME*");
	else if (type->time == WR_TIME_PROC)
		wr_text_puts(out, " *PROCTIME*");
}

/* Moves the text into the arena. */
static const char *take(struct wr_arena *arena, struct wr_text *text)
{
	const char *copy = wr_arena_strndup(arena, wr_text_str(text), text->len);

	wr_text_clear(text);
	return copy;
}

/* 'it''s' */
static void quote(struct wr_text *out, const char *text, char mark)
{
	wr_text_putc(out, mark);
	for (; *text != '\0'; text++) {
		if (*text == mark)
			wr_text_putc(out, mark);
		wr_text_putc(out, *text);
	}
	wr_text_putc(out, mark);
}

/* `a`, `b` */
static void key_list(struct wr_text *out, const struct wr_table *table, bool quoted)
{
	for (uint32_t i = 0; i < table->primary_key_count; i++) {
		const char *name = table->column[table->primary_key[i]].name;
		wr_text_puts(out, i > 0 ? ", " : "");
		if (quoted)
			quote(out, name, '`');
		else
			wr_text_puts(out, name);
	}
}

static bool in_key(const struct wr_table *table, uint32_t column)
{
	for (uint32_t i = 0; i < table->primary_key_count; i++) {
		if (table->primary_key[i] == column)
			return true;
	}
	return false;
}

/* How a column that is not physical gets its value. */
static void extras(struct wr_text *out, const struct wr_table_column *column)
{
	if (column->role == WR_COL_COMPUTED)
		wr_text_printf(out, "AS %s", column->expr_sql);
	if (column->role != WR_COL_METADATA)
		return;
	wr_text_puts(out, "METADATA");
	if (strcmp(column->metadata_key, column->name) != 0) {
		wr_text_puts(out, " FROM ");
		quote(out, column->metadata_key, '\'');
	}
	if (column->is_virtual)
		wr_text_puts(out, " VIRTUAL");
}

struct wr_describe_row *wr_describe_table(struct wr_arena *arena, const struct wr_table *table)
{
	struct wr_describe_row *rows =
	    WR_NEW_ARRAY(arena, struct wr_describe_row, table->column_count + 1);
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct wr_table_column *column = &table->column[i];
		rows[i].name = column->name;
		rows[i].nullable = column->type->nullable;
		rows[i].comment = column->comment;
		wr_describe_type(&text, wr_type_nullable(arena, column->type, true));
		rows[i].type = take(arena, &text);
		if (in_key(table, i)) {
			wr_text_puts(&text, "PRI(");
			key_list(&text, table, false);
			wr_text_putc(&text, ')');
			rows[i].key = take(arena, &text);
		}
		if (column->role != WR_COL_PHYSICAL) {
			extras(&text, column);
			rows[i].extras = take(arena, &text);
		}
		if ((int32_t)i == table->rowtime)
			rows[i].watermark = table->watermark_sql;
	}
	wr_text_release(&text);
	return rows;
}

/* --- SHOW CREATE
 * ---------------------------------------------------------------------------------------- */

/* One line of the column list. */
static void show_column(struct wr_text *out, const struct wr_table_column *column)
{
	wr_text_puts(out, "  ");
	quote(out, column->name, '`');
	wr_text_putc(out, ' ');
	if (column->role != WR_COL_COMPUTED)
		wr_type_print(out, column->type);
	if (column->role == WR_COL_METADATA)
		wr_text_putc(out, ' ');
	extras(out, column);
	if (column->comment != NULL) {
		wr_text_puts(out, " COMMENT ");
		quote(out, column->comment, '\'');
	}
}

/* WITH (...); secrets are hidden, unless it is for a machine. */
static void show_options(struct wr_text *out, const struct wr_table *table, bool secrets)
{
	struct wr_arena arena;

	wr_arena_init(&arena);
	for (uint32_t i = 0; i < table->given_count; i++) {
		wr_text_puts(out, i > 0 ? ",\n  " : "\nWITH (\n  ");
		quote(out, table->given[i].key, '\'');
		wr_text_puts(out, " = ");
		quote(out,
		      secrets ? table->given[i].value
			      : wr_secret_hide(&arena, table->given[i].key, table->given[i].value),
		      '\'');
	}
	wr_text_puts(out, table->given_count > 0 ? "\n)" : "");
	wr_arena_release(&arena);
}

/* Columns, watermark, key, comment, partitions, options. */
static void show_table(struct wr_text *out, const struct wr_table *table, bool secrets)
{
	for (uint32_t i = 0; i < table->column_count; i++) {
		wr_text_puts(out, i > 0 ? ",\n" : "");
		show_column(out, &table->column[i]);
	}
	if (table->rowtime >= 0) {
		wr_text_puts(out, ",\n  WATERMARK FOR ");
		quote(out, table->column[table->rowtime].name, '`');
		wr_text_printf(out, " AS %s", table->watermark_sql);
	}
	if (table->primary_key_count > 0) {
		wr_text_puts(out, ",\n  ");
		if (table->primary_key_name != NULL) {
			wr_text_puts(out, "CONSTRAINT ");
			quote(out, table->primary_key_name, '`');
			wr_text_putc(out, ' ');
		}
		wr_text_puts(out, "PRIMARY KEY (");
		key_list(out, table, true);
		wr_text_puts(out, ") NOT ENFORCED");
	}
	wr_text_puts(out, "\n)");
	if (table->comment != NULL) {
		wr_text_puts(out, "\nCOMMENT ");
		quote(out, table->comment, '\'');
	}
	for (uint32_t i = 0; i < table->partition_count; i++) {
		wr_text_puts(out, i > 0 ? ", " : "\nPARTITIONED BY (");
		quote(out, table->partition_key[i], '`');
	}
	wr_text_puts(out, table->partition_count > 0 ? ")" : "");
	show_options(out, table, secrets);
}

/* A materialized table has the columns of its query: only a key that was declared is shown. */
static void show_materialized(struct wr_text *out, const struct wr_table *table)
{
	if (table->primary_key_count > 0 && !table->key_found) {
		wr_text_puts(out, " (\n  PRIMARY KEY (");
		key_list(out, table, true);
		wr_text_puts(out, ") NOT ENFORCED\n)");
	}
	if (table->comment != NULL) {
		wr_text_puts(out, "\nCOMMENT ");
		quote(out, table->comment, '\'');
	}
	if (table->given_count > 0)
		show_options(out, table, false);
	wr_text_printf(out, "\nAS %s", table->view_sql);
}

/* CREATE ... and its name. */
static void show_head(struct wr_text *out, const struct wr_table *table)
{
	bool foreign = table->path[0] != NULL;

	wr_text_printf(out, "CREATE %s%s ", table->temporary ? "TEMPORARY " : "",
		       table->is_view        ? "VIEW"
		       : table->materialized ? "MATERIALIZED TABLE"
					     : "TABLE");
	quote(out, foreign ? table->path[0] : "default_catalog", '`');
	wr_text_putc(out, '.');
	quote(out, foreign ? table->path[1] : "default_database", '`');
	wr_text_putc(out, '.');
	quote(out, foreign ? table->path[2] : table->name, '`');
}

void wr_declare_table(struct wr_text *out, const struct wr_table *table)
{
	WR_ASSERT(!table->is_view && !table->materialized);
	show_head(out, table);
	wr_text_puts(out, " (\n");
	show_table(out, table, true);
}

void wr_show_create(struct wr_text *out, const struct wr_table *table)
{
	show_head(out, table);
	if (table->materialized) {
		show_materialized(out, table);
		return;
	}
	wr_text_puts(out, " (\n");
	if (!table->is_view) {
		show_table(out, table, false);
		return;
	}
	for (uint32_t i = 0; i < table->column_count; i++) {
		wr_text_puts(out, i > 0 ? ",\n  " : "  ");
		quote(out, table->column[i].name, '`');
	}
	wr_text_puts(out, "\n)");
	if (table->comment != NULL) {
		wr_text_puts(out, "\nCOMMENT ");
		quote(out, table->comment, '\'');
	}
	if (table->stream != NULL)
		wr_text_puts(out, "\n-- a stream of the program (weir_to_table)");
	else
		wr_text_printf(out, "\nAS %s", table->view_sql);
}
