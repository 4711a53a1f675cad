/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse - from nodes back to SQL text, in Flink's style: names in backquotes, keywords in upper
 * case, as few parentheses as the precedences allow, clauses of a query on lines of their own.
 *
 * What is printed can be parsed again and then prints the same. All functions append to `out`; pure
 * otherwise.
 */
#ifndef WR_SQL_UNPARSE_H
#define WR_SQL_UNPARSE_H

#include "base/text.h"
#include "sql/ast.h"

/* `name`, with backquotes inside doubled. */
void wr_unparse_ident(const char *name, struct wr_text *out);
/* `a`.`b` */
void wr_unparse_name(const struct wr_ast_name *name, struct wr_text *out);
/* 'text', with quotes inside doubled. */
void wr_unparse_string(struct wr_str text, struct wr_text *out);

void wr_unparse_expr(const struct wr_ast_expr *expr, struct wr_text *out);
/* a, b, c */
void wr_unparse_exprs(const struct wr_ast_exprs *exprs, struct wr_text *out);
void wr_unparse_type(const struct wr_ast_type *type, struct wr_text *out);
/* DAY TO SECOND(3) */
void wr_unparse_interval(const struct wr_ast_interval *interval, struct wr_text *out);
/* a DESC NULLS LAST, b */
void wr_unparse_order(const struct wr_ast_order *order, struct wr_text *out);
/* (PARTITION BY a ORDER BY b ROWS ..), or a bare name */
void wr_unparse_window(const struct wr_ast_window *window, struct wr_text *out);
/* What stands in FROM. */
void wr_unparse_table(const struct wr_ast_table *table, struct wr_text *out);
void wr_unparse_query(const struct wr_ast_query *query, struct wr_text *out);

/* CREATE TABLE in the layout of SHOW CREATE TABLE; `name` replaces the written one (fully
 * qualified); NULL: as written. */
void wr_unparse_create_table(const struct wr_ast_create_table *create,
			     const struct wr_ast_name *name, struct wr_text *out);
void wr_unparse_create_view(const struct wr_ast_create_view *create, const struct wr_ast_name *name,
			    struct wr_text *out);
/* Any statement, without a semicolon. */
void wr_unparse_stmt(const struct wr_ast_stmt *stmt, struct wr_text *out);

#endif
