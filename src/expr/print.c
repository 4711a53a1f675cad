/* SPDX-License-Identifier: Apache-2.0
 *
 * print - expressions as SQL-like text, for EXPLAIN and semantic names of state.
 *
 * Infix operators are put in parentheses, except at the top; everything else prints as a call. The
 * text is stable: state of a running job is found again by it.
 */
#include "data/print.h"

#include <ctype.h>
#include <string.h>

#include "expr/expr.h"
#include "expr/function.h"

static void print_at(struct wr_text *text, const struct wr_expr *expr, const char *const *names,
		     bool top);

static void print_const(struct wr_text *text, const struct wr_column *value)
{
	enum wr_kind kind = value->type->kind;
	bool quoted = kind >= WR_CHAR && kind <= WR_VARCHAR;
	struct wr_text raw;

	if (!wr_column_is_valid(value, 0)) {
		wr_text_puts(text, "NULL");
		return;
	}
	wr_text_init(&raw);
	wr_value_print(&raw, value, 0, NULL);
	if (kind == WR_DATE)
		wr_text_puts(text, "DATE ");
	else if (kind == WR_TIME)
		wr_text_puts(text, "TIME ");
	else if (wr_kind_is_timestamp(kind))
		wr_text_puts(text, kind == WR_TIMESTAMP ? "TIMESTAMP " : "TIMESTAMP_LTZ ");
	else if (wr_kind_is_interval(kind))
		wr_text_puts(text, "INTERVAL ");
	else
		kind = WR_NULL;
	quoted |= kind != WR_NULL;
	if (quoted)
		wr_text_putc(text, '\'');
	for (size_t i = 0; i < raw.len; i++) {
		if (quoted && raw.data[i] == '\'')
			wr_text_putc(text, '\'');
		wr_text_putc(text, raw.data[i]);
	}
	if (quoted)
		wr_text_putc(text, '\'');
	wr_text_release(&raw);
}

static void print_list(struct wr_text *text, const struct wr_expr *expr, const char *separator,
		       const char *const *names, bool top)
{
	for (uint32_t i = 0; i < expr->arg_count; i++) {
		if (i > 0)
			wr_text_puts(text, separator);
		print_at(text, expr->arg[i], names, top);
	}
}

/* Symbols and the words that stand between two operands. */
static bool is_infix(const struct wr_expr *expr)
{
	const char *name = expr->function->name;

	if ((expr->function->flags & WR_F_OPERATOR) == 0 || expr->arg_count != 2)
		return false;
	return !isalpha((unsigned char)name[0]) || strstr(name, "LIKE") != NULL ||
	       strstr(name, "SIMILAR") != NULL || strstr(name, "DISTINCT") != NULL;
}

static void print_call(struct wr_text *text, const struct wr_expr *expr, const char *const *names,
		       bool top)
{
	const char *name = expr->function->name;

	if (is_infix(expr)) {
		if (!top)
			wr_text_putc(text, '(');
		print_at(text, expr->arg[0], names, false);
		wr_text_printf(text, " %s ", name);
		print_at(text, expr->arg[1], names, false);
		if (!top)
			wr_text_putc(text, ')');
		return;
	}
	if (expr->arg_count == 1 && strncmp(name, "IS ", 3) == 0) {
		print_at(text, expr->arg[0], names, false);
		wr_text_printf(text, " %s", name);
		return;
	}
	wr_text_puts(text, name);
	wr_text_putc(text, '(');
	print_list(text, expr, ", ", names, true);
	wr_text_putc(text, ')');
}

static void print_case(struct wr_text *text, const struct wr_expr *expr, const char *const *names)
{
	wr_text_puts(text, "CASE");
	for (uint32_t i = 0; i + 1 < expr->arg_count; i += 2) {
		wr_text_puts(text, " WHEN ");
		print_at(text, expr->arg[i], names, true);
		wr_text_puts(text, " THEN ");
		print_at(text, expr->arg[i + 1], names, true);
	}
	wr_text_puts(text, " ELSE ");
	print_at(text, expr->arg[expr->arg_count - 1], names, true);
	wr_text_puts(text, " END");
}

static void print_at(struct wr_text *text, const struct wr_expr *expr, const char *const *names,
		     bool top)
{
	switch (expr->kind) {
	case WR_E_COLUMN:
		if (names != NULL)
			wr_text_puts(text, names[expr->column]);
		else
			wr_text_printf(text, "$%u", expr->column);
		break;
	case WR_E_CONST: print_const(text, expr->value); break;
	case WR_E_CALL: print_call(text, expr, names, top); break;
	case WR_E_CAST:
		wr_text_puts(text, expr->try_cast ? "TRY_CAST(" : "CAST(");
		print_at(text, expr->arg[0], names, true);
		wr_text_puts(text, " AS ");
		struct wr_type type = *expr->type;
		type.nullable = true;
		wr_type_print(text, &type);
		wr_text_putc(text, ')');
		break;
	case WR_E_CASE: print_case(text, expr, names); break;
	case WR_E_AND:
	case WR_E_OR:
		if (!top)
			wr_text_putc(text, '(');
		print_list(text, expr, expr->kind == WR_E_AND ? " AND " : " OR ", names, false);
		if (!top)
			wr_text_putc(text, ')');
		break;
	case WR_E_COALESCE:
		wr_text_puts(text, "COALESCE(");
		print_list(text, expr, ", ", names, true);
		wr_text_putc(text, ')');
		break;
	case WR_E_SYMBOL: wr_text_puts(text, expr->symbol); break;
	}
}

void wr_expr_print(struct wr_text *text, const struct wr_expr *expr, const char *const *names)
{
	print_at(text, expr, names, true);
}
