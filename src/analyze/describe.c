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
#include "base/text.h"

/* Columns of DESCRIBE. */
enum { NAME, TYPE, NULLABLE, KEY, EXTRAS, WATERMARK, COMMENT, CELLS };

struct line {
	const char *cell[CELLS]; /* NULL: empty */
};

/* A type as DESCRIBE prints it: with *ROWTIME* or *PROCTIME*. */
static void describe_type(struct wr_text *out, const struct wr_type *type)
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

/* One line per column. */
static struct line *describe_lines(struct wr_arena *arena, const struct wr_table *table)
{
	struct line *rows = WR_NEW_ARRAY(arena, struct line, table->column_count + 1);
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct wr_table_column *column = &table->column[i];
		rows[i].cell[NAME] = column->name;
		rows[i].cell[NULLABLE] = column->type->nullable ? "TRUE" : "FALSE";
		rows[i].cell[COMMENT] = column->comment;
		describe_type(&text, wr_type_nullable(arena, column->type, true));
		rows[i].cell[TYPE] = take(arena, &text);
		if (in_key(table, i)) {
			wr_text_puts(&text, "PRI(");
			key_list(&text, table, false);
			wr_text_putc(&text, ')');
			rows[i].cell[KEY] = take(arena, &text);
		}
		if (column->role != WR_COL_PHYSICAL) {
			extras(&text, column);
			rows[i].cell[EXTRAS] = take(arena, &text);
		}
		if ((int32_t)i == table->rowtime)
			rows[i].cell[WATERMARK] = table->watermark_sql;
	}
	wr_text_release(&text);
	return rows;
}

/* Characters of a cell on the terminal: code points. */
static uint32_t width_of(const char *text)
{
	uint32_t width = 0;

	for (; text != NULL && *text != '\0'; text++)
		width += ((unsigned char)*text & 0xC0) != 0x80;
	return width;
}

static void rule(struct wr_text *out, const uint32_t *width, uint32_t cells)
{
	for (uint32_t c = 0; c < cells; c++) {
		wr_text_putc(out, '+');
		for (uint32_t i = 0; i < width[c] + 2; i++)
			wr_text_putc(out, '-');
	}
	wr_text_puts(out, "+\n");
}

static void print_line(struct wr_text *out, const struct line *line, const uint32_t *width,
		       uint32_t cells)
{
	for (uint32_t c = 0; c < cells; c++) {
		wr_text_puts(out, "| ");
		for (uint32_t i = width_of(line->cell[c]); i < width[c]; i++)
			wr_text_putc(out, ' ');
		wr_text_puts(out, line->cell[c] != NULL ? line->cell[c] : "");
		wr_text_putc(out, ' ');
	}
	wr_text_puts(out, "|\n");
}

void wr_describe_table(struct wr_text *text, const struct wr_table *table)
{
	static const struct line head = {
	    {"name", "type", "null", "key", "extras", "watermark", "comment"}};
	uint32_t width[CELLS], cells = CELLS - 1;
	struct wr_arena arena;
	struct line *lines;

	wr_arena_init(&arena);
	lines = describe_lines(&arena, table);
	for (uint32_t c = 0; c < CELLS; c++) {
		width[c] = width_of(head.cell[c]);
		for (uint32_t i = 0; i < table->column_count; i++)
			width[c] = WR_MAX(width[c], width_of(lines[i].cell[c]));
	}
	/* The comments have a column only where there are any. */
	for (uint32_t i = 0; i < table->column_count; i++)
		cells = lines[i].cell[COMMENT] != NULL ? CELLS : cells;
	rule(text, width, cells);
	print_line(text, &head, width, cells);
	rule(text, width, cells);
	for (uint32_t i = 0; i < table->column_count; i++)
		print_line(text, &lines[i], width, cells);
	rule(text, width, cells);
	wr_text_printf(text, "%u %s in set\n", table->column_count,
		       table->column_count == 1 ? "row" : "rows");
	wr_arena_release(&arena);
}

/* --- SHOW CREATE
 * ---------------------------------------------------------------------------------------- */

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

static void show_table(struct wr_text *out, const struct wr_table *table)
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
	for (uint32_t i = 0; i < table->given_count; i++) {
		wr_text_puts(out, i > 0 ? ",\n  " : "\nWITH (\n  ");
		quote(out, table->given[i].key, '\'');
		wr_text_puts(out, " = ");
		quote(out, table->given[i].value, '\'');
	}
	wr_text_puts(out, table->given_count > 0 ? "\n)" : "");
}

void wr_describe_create(struct wr_text *out, const struct wr_table *table)
{
	wr_text_printf(out, "CREATE %s%s `default_catalog`.`default_database`.",
		       table->temporary ? "TEMPORARY " : "", table->is_view ? "VIEW" : "TABLE");
	quote(out, table->name, '`');
	wr_text_puts(out, " (\n");
	if (!table->is_view) {
		show_table(out, table);
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
	wr_text_printf(out, "\nAS %s", table->view_sql);
}
