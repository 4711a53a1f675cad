/* SPDX-License-Identifier: Apache-2.0
 *
 * unparse_core - what the files that print nodes share.
 */
#ifndef WR_SQL_UNPARSE_CORE_H
#define WR_SQL_UNPARSE_CORE_H

#include "sql/parser_core.h"
#include "sql/unparse.h"

/* The expression, in parentheses when its operator binds looser than `min`: the mirror image of
 * wr_parse_expr_above, with the same numbers. */
void wr_unparse_above(const struct wr_ast_expr *expr, enum wr_precedence min, struct wr_text *out);
/* name(args) with everything behind it. */
void wr_unparse_call(const struct wr_ast_call *call, struct wr_text *out);
/* Elements of CREATE TABLE: a column, a primary key. */
void wr_unparse_column(const struct wr_ast_column *column, struct wr_text *out);
void wr_unparse_key(const struct wr_ast_create_table *create, struct wr_text *out);
void wr_unparse_alter_table(const struct wr_ast_alter_table *alter, struct wr_text *out);
void wr_unparse_alter_view(const struct wr_ast_alter_view *alter, struct wr_text *out);
/* (`a`, `b`) */
void wr_unparse_idents(const struct wr_ast_idents *idents, struct wr_text *out);
/* 'k' = 'v' with something between the options; values without keys stand alone. */
void wr_unparse_options(const struct wr_ast_options *options, const char *between,
			struct wr_text *out);
/* Hint comment with `before` in front of it; nothing when there are no hints. */
void wr_unparse_hints(const struct wr_ast_hints *hints, const char *before, struct wr_text *out);
/* A space, unless a parenthesis has just been opened. */
void wr_unparse_space(struct wr_text *out);

#endif
