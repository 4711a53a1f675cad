/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse_type - names, strings, options, hints, types and windows.
 */
#include "sql/unparse_core.h"

/* ---- names, strings, lists
 * ------------------------------------------------------------------------------------- */

/* The text between two quotes, each quote inside doubled. */
static void put_quoted(struct wr_str text, char quote, struct wr_text *out)
{
	wr_text_putc(out, quote);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == quote)
			wr_text_putc(out, quote);
		wr_text_putc(out, text.data[i]);
	}
	wr_text_putc(out, quote);
}

void wr_unparse_ident(const char *name, struct wr_text *out)
{
	put_quoted(wr_str_of(name), '`', out);
}

void wr_unparse_string(struct wr_str text, struct wr_text *out)
{
	put_quoted(text, '\'', out);
}

void wr_unparse_name(const struct wr_ast_name *name, struct wr_text *out)
{
	for (uint32_t i = 0; i < name->count; i++) {
		if (i > 0)
			wr_text_putc(out, '.');
		wr_unparse_ident(name->parts[i].text, out);
	}
}

void wr_unparse_exprs(const struct wr_ast_exprs *exprs, struct wr_text *out)
{
	for (uint32_t i = 0; i < exprs->count; i++) {
		if (i > 0)
			wr_text_puts(out, ", ");
		wr_unparse_expr(exprs->items[i], out);
	}
}

void wr_unparse_space(struct wr_text *out)
{
	if (out->len > 0 && out->data[out->len - 1] != '(')
		wr_text_putc(out, ' ');
}

void wr_unparse_idents(const struct wr_ast_idents *idents, struct wr_text *out)
{
	wr_text_putc(out, '(');
	for (uint32_t i = 0; i < idents->count; i++) {
		wr_text_puts(out, i > 0 ? ", " : "");
		wr_unparse_ident(idents->items[i].text, out);
	}
	wr_text_putc(out, ')');
}

void wr_unparse_options(const struct wr_ast_options *options, const char *between,
			struct wr_text *out)
{
	for (uint32_t i = 0; i < options->count; i++) {
		wr_text_puts(out, i > 0 ? between : "");
		if (options->items[i].key != NULL) {
			wr_unparse_string(wr_str_of(options->items[i].key), out);
			wr_text_puts(out, " = ");
		}
		wr_unparse_string(wr_str_of(options->items[i].value), out);
	}
}

void wr_unparse_hints(const struct wr_ast_hints *hints, const char *before, struct wr_text *out)
{
	if (hints->count == 0)
		return;
	wr_text_printf(out, "%s/*+ ", before);
	for (uint32_t i = 0; i < hints->count; i++) {
		const struct wr_ast_hint *hint = &hints->items[i];
		wr_text_puts(out, i > 0 ? ", " : "");
		wr_unparse_ident(hint->name, out);
		if (hint->options.count == 0 && hint->values.count == 0)
			continue;
		wr_text_putc(out, '(');
		wr_unparse_options(hint->options.count > 0 ? &hint->options : &hint->values, ", ",
				   out);
		wr_text_putc(out, ')');
	}
	wr_text_puts(out, " */");
}

/* ---- types ----------------------------------------------------------------------------------- */

static const char *const type_words[] = {
    [WR_AST_TYPE_BOOLEAN] = "BOOLEAN",
    [WR_AST_TYPE_TINYINT] = "TINYINT",
    [WR_AST_TYPE_SMALLINT] = "SMALLINT",
    [WR_AST_TYPE_INT] = "INT",
    [WR_AST_TYPE_BIGINT] = "BIGINT",
    [WR_AST_TYPE_FLOAT] = "FLOAT",
    [WR_AST_TYPE_DOUBLE] = "DOUBLE",
    [WR_AST_TYPE_DECIMAL] = "DECIMAL",
    [WR_AST_TYPE_CHAR] = "CHAR",
    [WR_AST_TYPE_VARCHAR] = "VARCHAR",
    [WR_AST_TYPE_STRING] = "STRING",
    [WR_AST_TYPE_BINARY] = "BINARY",
    [WR_AST_TYPE_VARBINARY] = "VARBINARY",
    [WR_AST_TYPE_BYTES] = "BYTES",
    [WR_AST_TYPE_DATE] = "DATE",
    [WR_AST_TYPE_TIME] = "TIME",
    [WR_AST_TYPE_TIMESTAMP] = "TIMESTAMP",
    [WR_AST_TYPE_TIMESTAMP_LTZ] = "TIMESTAMP_LTZ",
    [WR_AST_TYPE_INTERVAL] = "INTERVAL",
    [WR_AST_TYPE_ARRAY] = "ARRAY",
    [WR_AST_TYPE_MULTISET] = "MULTISET",
    [WR_AST_TYPE_MAP] = "MAP",
    [WR_AST_TYPE_ROW] = "ROW",
    [WR_AST_TYPE_NULL] = "NULL",
};

void wr_unparse_interval(const struct wr_ast_interval *interval, struct wr_text *out)
{
	wr_text_puts(out, wr_ast_unit_name(interval->from));
	bool single = interval->to == WR_AST_UNIT_NONE;
	if (interval->leading_precision >= 0) {
		wr_text_printf(out, "(%d", interval->leading_precision);
		if (single && interval->fraction_precision >= 0)
			wr_text_printf(out, ", %d", interval->fraction_precision);
		wr_text_putc(out, ')');
	}
	if (single)
		return;
	wr_text_printf(out, " TO %s", wr_ast_unit_name(interval->to));
	if (interval->fraction_precision >= 0)
		wr_text_printf(out, "(%d)", interval->fraction_precision);
}

/* ROW<`a` INT 'comment', ..> */
static void put_fields(const struct wr_ast_type *type, struct wr_text *out)
{
	wr_text_putc(out, '<');
	for (uint32_t i = 0; i < type->field_count; i++) {
		if (i > 0)
			wr_text_puts(out, ", ");
		wr_unparse_ident(type->fields[i].name.text, out);
		wr_text_putc(out, ' ');
		wr_unparse_type(type->fields[i].type, out);
		if (type->fields[i].comment != NULL) {
			wr_text_putc(out, ' ');
			wr_unparse_string(wr_str_of(type->fields[i].comment), out);
		}
	}
	wr_text_putc(out, '>');
}

void wr_unparse_type(const struct wr_ast_type *type, struct wr_text *out)
{
	wr_text_puts(out, type_words[type->kind]);
	if (type->kind == WR_AST_TYPE_INTERVAL) {
		wr_text_putc(out, ' ');
		wr_unparse_interval(&type->interval, out);
	} else if (type->kind == WR_AST_TYPE_ROW) {
		put_fields(type, out);
	} else if (type->element != NULL) {
		wr_text_putc(out, '<');
		if (type->key != NULL) {
			wr_unparse_type(type->key, out);
			wr_text_puts(out, ", ");
		}
		wr_unparse_type(type->element, out);
		wr_text_putc(out, '>');
	} else if (type->scale >= 0) {
		wr_text_printf(out, "(%d, %d)", type->precision, type->scale);
	} else if (type->precision >= 0) {
		wr_text_printf(out, "(%d)", type->precision);
	}
	if (type->nullability != WR_AST_NULL_UNSAID)
		wr_text_puts(out,
			     type->nullability == WR_AST_NULL_FORBIDDEN ? " NOT NULL" : " NULL");
}

/* ---- windows --------------------------------------------------------------------------------- */

void wr_unparse_order(const struct wr_ast_order *order, struct wr_text *out)
{
	for (uint32_t i = 0; i < order->count; i++) {
		const struct wr_ast_order_item *item = &order->items[i];
		if (i > 0)
			wr_text_puts(out, ", ");
		wr_unparse_expr(item->expr, out);
		if (item->descending)
			wr_text_puts(out, " DESC");
		if (item->nulls != WR_AST_NULLS_UNSAID)
			wr_text_puts(out, item->nulls == WR_AST_NULLS_FIRST ? " NULLS FIRST"
									    : " NULLS LAST");
	}
}

/* n PRECEDING, CURRENT ROW, .. */
static void put_bound(enum wr_ast_bound bound, const struct wr_ast_expr *expr, struct wr_text *out)
{
	switch (bound) {
	case WR_AST_UNBOUNDED_PRECEDING: wr_text_puts(out, "UNBOUNDED PRECEDING"); return;
	case WR_AST_UNBOUNDED_FOLLOWING: wr_text_puts(out, "UNBOUNDED FOLLOWING"); return;
	case WR_AST_CURRENT_ROW: wr_text_puts(out, "CURRENT ROW"); return;
	case WR_AST_PRECEDING:
	case WR_AST_FOLLOWING:
		wr_unparse_expr(expr, out);
		wr_text_puts(out, bound == WR_AST_PRECEDING ? " PRECEDING" : " FOLLOWING");
		return;
	}
}

void wr_unparse_window(const struct wr_ast_window *window, struct wr_text *out)
{
	if (window->bare) {
		wr_unparse_ident(window->base.text, out);
		return;
	}
	wr_text_putc(out, '(');
	if (window->base.text != NULL)
		wr_unparse_ident(window->base.text, out);
	if (window->partition.count > 0) {
		wr_unparse_space(out);
		wr_text_puts(out, "PARTITION BY ");
		wr_unparse_exprs(&window->partition, out);
	}
	if (window->order.count > 0) {
		wr_unparse_space(out);
		wr_text_puts(out, "ORDER BY ");
		wr_unparse_order(&window->order, out);
	}
	if (window->frame != WR_AST_FRAME_UNSAID) {
		wr_unparse_space(out);
		wr_text_puts(out, window->frame == WR_AST_FRAME_ROWS ? "ROWS " : "RANGE ");
		wr_text_puts(out, window->frame_between ? "BETWEEN " : "");
		put_bound(window->start, window->start_expr, out);
		if (window->frame_between) {
			wr_text_puts(out, " AND ");
			put_bound(window->end, window->end_expr, out);
		}
	}
	wr_text_putc(out, ')');
}
