/* SPDX-License-Identifier: Apache-2.0
 *
 * parser - from a script's text to its statements.
 *
 * Syntax errors of a whole script are found before anything runs: open reads all tokens, and the
 * caller asks for all statements before it executes the first (wr_parse_script does so). Statements
 * come one at a time all the same, so that each can be analyzed after the ones before it have
 * changed the catalog.
 *
 * Order of calls:  wr_parser_open -> wr_parser_next* .     Nothing to close: all memory is the
 * arena's. Thread: one owner.
 *
 * Errors are of class WR_USER_ERROR, with the place in the user's text, what was found and what
 * could stand there; constructs of Flink SQL that the engine does not have are named ("CREATE
 * DATABASE is not supported").
 */
#ifndef WR_SQL_PARSER_H
#define WR_SQL_PARSER_H

#include "base/arena.h"
#include "sql/ast.h"
#include "sql/source.h"

struct wr_parser;

/* Replaces variables and reads the tokens of `text`, which must stay as long as the parser and its
 * nodes. `script`: a number that all places carry, see struct wr_pos. `variables` may be NULL
 * (none). Errors: size, encoding, undefined variables, characters, literals without end. */
wr_status *wr_parser_open(struct wr_arena *arena, struct wr_str text,
			  const struct wr_variables *variables, uint32_t script,
			  struct wr_parser **parser);

/* The next statement, or NULL at the end. Empty statements (;;) are skipped. After an error the
 * next call goes on behind the next semicolon, so that a caller may collect several errors. */
wr_status *wr_parser_next(struct wr_parser *parser, struct wr_ast_stmt **stmt);

/* All statements of a script. */
struct wr_ast_script {
	struct wr_ast_stmt **items; /* in the written order; NULL when count is 0 */
	uint32_t count;             /* number of statements */
};

/* Reads all statements; the first error ends it. */
wr_status *wr_parse_script(struct wr_arena *arena, struct wr_str text,
			   const struct wr_variables *variables, struct wr_ast_script *script);
/* The same for script number `number` of a session. */
wr_status *wr_parse_numbered(struct wr_arena *arena, struct wr_str text,
			     const struct wr_variables *variables, uint32_t number,
			     struct wr_ast_script *script);

/* One expression, one data type, one query, and nothing behind it: for options and tests. */
wr_status *wr_parse_expr_text(struct wr_arena *arena, struct wr_str text,
			      struct wr_ast_expr **expr);
wr_status *wr_parse_type_text(struct wr_arena *arena, struct wr_str text,
			      struct wr_ast_type **type);
wr_status *wr_parse_query_text(struct wr_arena *arena, struct wr_str text, uint32_t script,
			       struct wr_ast_query **query);
/* What programs write: "name TYPE [NOT NULL], ...", names alone, and what stands in the parentheses
 * of CREATE TABLE. Where a name stands, a reserved word is one without quotes, too; not in
 * expressions, and no column begins with WATERMARK, PRIMARY, UNIQUE, CONSTRAINT or LIKE. */
struct wr_ast_fields {
	struct wr_ast_field *items; /* at least one */
	uint32_t count;             /* number of items */
};
wr_status *wr_parse_columns_text(struct wr_arena *arena, struct wr_str text,
				 struct wr_ast_fields *fields);
wr_status *wr_parse_names_text(struct wr_arena *arena, struct wr_str text,
			       struct wr_ast_idents *names);
wr_status *wr_parse_table_text(struct wr_arena *arena, struct wr_str columns,
			       const struct wr_ast_create_table **create);

#endif
