/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse_alter - ALTER TABLE, ALTER VIEW.
 */
#include "sql/unparse_core.h"

static void put_place(const struct wr_ast_place *place, struct wr_text *out)
{
	if (place->first)
		wr_text_puts(out, " FIRST");
	if (place->after.text == NULL)
		return;
	wr_text_puts(out, " AFTER ");
	wr_unparse_ident(place->after.text, out);
}

/* (columns, watermark, key) */
static void put_changes(const struct wr_ast_alter_table *alter, struct wr_text *out)
{
	const struct wr_ast_create_table *schema = &alter->schema;
	const char *separator = "(";

	for (uint32_t i = 0; i < schema->column_count; i++, separator = ", ") {
		wr_text_puts(out, separator);
		wr_unparse_column(&schema->columns[i], out);
		put_place(&alter->places[i], out);
	}
	if (schema->watermark != NULL) {
		wr_text_printf(out, "%sWATERMARK FOR ", separator);
		wr_unparse_name(&schema->watermark_column, out);
		wr_text_puts(out, " AS ");
		wr_unparse_expr(schema->watermark, out);
		separator = ", ";
	}
	if (schema->has_primary_key) {
		wr_text_puts(out, separator);
		wr_unparse_key(schema, out);
	}
	wr_text_putc(out, ')');
}

static void put_drop(const struct wr_ast_alter_table *alter, struct wr_text *out)
{
	if (alter->watermark) {
		wr_text_puts(out, "WATERMARK");
	} else if (alter->key && alter->constraint.text != NULL) {
		wr_text_puts(out, "CONSTRAINT ");
		wr_unparse_ident(alter->constraint.text, out);
	} else if (alter->key) {
		wr_text_puts(out, "PRIMARY KEY");
	} else {
		wr_unparse_idents(&alter->columns, out);
	}
}

/* ('k' = 'v', ...), or keys alone */
static void put_options(const struct wr_ast_options *options, struct wr_text *out)
{
	wr_text_putc(out, '(');
	for (uint32_t i = 0; i < options->count; i++) {
		wr_text_puts(out, i > 0 ? ", " : "");
		wr_unparse_string(wr_str_of(options->items[i].key), out);
		if (options->items[i].value == NULL)
			continue;
		wr_text_puts(out, " = ");
		wr_unparse_string(wr_str_of(options->items[i].value), out);
	}
	wr_text_putc(out, ')');
}

void wr_unparse_alter_table(const struct wr_ast_alter_table *alter, struct wr_text *out)
{
	static const char *const words[] = {
	    [WR_AST_ALTER_ADD] = " ADD ",          [WR_AST_ALTER_MODIFY] = " MODIFY ",
	    [WR_AST_ALTER_DROP] = " DROP ",        [WR_AST_ALTER_RENAME_COLUMN] = " RENAME ",
	    [WR_AST_ALTER_RENAME] = " RENAME TO ", [WR_AST_ALTER_SET] = " SET ",
	    [WR_AST_ALTER_RESET] = " RESET "};

	wr_text_puts(out, alter->if_exists ? "ALTER TABLE IF EXISTS " : "ALTER TABLE ");
	wr_unparse_name(&alter->name, out);
	wr_text_puts(out, words[alter->what]);
	switch (alter->what) {
	case WR_AST_ALTER_ADD:
	case WR_AST_ALTER_MODIFY: put_changes(alter, out); break;
	case WR_AST_ALTER_DROP: put_drop(alter, out); break;
	case WR_AST_ALTER_RENAME_COLUMN:
		wr_unparse_ident(alter->columns.items[0].text, out);
		wr_text_puts(out, " TO ");
		wr_unparse_name(&alter->to, out);
		break;
	case WR_AST_ALTER_RENAME: wr_unparse_name(&alter->to, out); break;
	case WR_AST_ALTER_SET:
	case WR_AST_ALTER_RESET: put_options(&alter->options, out); break;
	}
}

void wr_unparse_alter_view(const struct wr_ast_alter_view *alter, struct wr_text *out)
{
	wr_text_puts(out, "ALTER VIEW ");
	wr_unparse_name(&alter->name, out);
	wr_text_puts(out, alter->query != NULL ? " AS " : " RENAME TO ");
	if (alter->query != NULL)
		wr_unparse_query(alter->query, out);
	else
		wr_unparse_name(&alter->to, out);
}
