/* SPDX-License-Identifier: Apache-2.0
 *
 * ast - the words behind the enums.
 */
#include "sql/ast.h"

#include "base/macros.h"

const char *wr_ast_op_name(enum wr_ast_op op)
{
	switch (op) {
	case WR_AST_OP_NOT: return "NOT";
	case WR_AST_OP_PLUS:
	case WR_AST_OP_ADD: return "+";
	case WR_AST_OP_MINUS:
	case WR_AST_OP_SUB: return "-";
	case WR_AST_OP_FINAL: return "FINAL";
	case WR_AST_OP_RUNNING: return "RUNNING";
	case WR_AST_OP_OR: return "OR";
	case WR_AST_OP_AND: return "AND";
	case WR_AST_OP_EQ: return "=";
	case WR_AST_OP_NE: return "<>";
	case WR_AST_OP_LT: return "<";
	case WR_AST_OP_LE: return "<=";
	case WR_AST_OP_GT: return ">";
	case WR_AST_OP_GE: return ">=";
	case WR_AST_OP_DISTINCT: return "IS DISTINCT FROM";
	case WR_AST_OP_NOT_DISTINCT: return "IS NOT DISTINCT FROM";
	case WR_AST_OP_OVERLAPS: return "OVERLAPS";
	case WR_AST_OP_CONCAT: return "||";
	case WR_AST_OP_MUL: return "*";
	case WR_AST_OP_DIV: return "/";
	case WR_AST_OP_MOD: return "%";
	}
	return "";
}

const char *wr_ast_join_name(enum wr_ast_join_kind kind)
{
	static const char *const names[] = {
	    [WR_AST_JOIN_COMMA] = ",",
	    [WR_AST_JOIN_CROSS] = "CROSS JOIN",
	    [WR_AST_JOIN_INNER] = "INNER JOIN",
	    [WR_AST_JOIN_LEFT] = "LEFT JOIN",
	    [WR_AST_JOIN_RIGHT] = "RIGHT JOIN",
	    [WR_AST_JOIN_FULL] = "FULL JOIN",
	    [WR_AST_JOIN_LEFT_SEMI] = "LEFT SEMI JOIN",
	    [WR_AST_JOIN_LEFT_ANTI] = "LEFT ANTI JOIN",
	};
	WR_ASSERT(kind >= WR_AST_JOIN_COMMA && kind <= WR_AST_JOIN_LEFT_ANTI);
	return names[kind];
}

const char *wr_ast_stmt_name(enum wr_ast_stmt_kind kind)
{
	static const char *const names[] = {
	    [WR_AST_CREATE_TABLE] = "CREATE TABLE",
	    [WR_AST_CREATE_VIEW] = "CREATE VIEW",
	    [WR_AST_DROP_TABLE] = "DROP TABLE",
	    [WR_AST_DROP_VIEW] = "DROP VIEW",
	    [WR_AST_INSERT] = "INSERT",
	    [WR_AST_STATEMENT_SET] = "STATEMENT SET",
	    [WR_AST_SELECT] = "SELECT",
	    [WR_AST_EXPLAIN] = "EXPLAIN",
	    [WR_AST_EXPLAIN_WHY] = "EXPLAIN WHY NO OUTPUT",
	    [WR_AST_DESCRIBE_JOB] = "DESCRIBE JOB",
	    [WR_AST_STOP_JOB] = "STOP JOB",
	    [WR_AST_SHOW] = "SHOW",
	    [WR_AST_DESCRIBE] = "DESCRIBE",
	    [WR_AST_SET] = "SET",
	    [WR_AST_RESET] = "RESET",
	    [WR_AST_CREATE_FUNCTION] = "CREATE FUNCTION",
	    [WR_AST_DROP_FUNCTION] = "DROP FUNCTION",
	    [WR_AST_LOAD_MODULE] = "LOAD MODULE",
	    [WR_AST_UNLOAD_MODULE] = "UNLOAD MODULE",
	    [WR_AST_CREATE_CATALOG] = "CREATE CATALOG",
	    [WR_AST_DROP_CATALOG] = "DROP CATALOG",
	    [WR_AST_USE_CATALOG] = "USE CATALOG",
	    [WR_AST_CREATE_DATABASE] = "CREATE DATABASE",
	    [WR_AST_DROP_DATABASE] = "DROP DATABASE",
	    [WR_AST_USE_DATABASE] = "USE",
	    [WR_AST_CREATE_MATERIALIZED] = "CREATE MATERIALIZED TABLE",
	    [WR_AST_DROP_MATERIALIZED] = "DROP MATERIALIZED TABLE",
	    [WR_AST_ALTER_MATERIALIZED] = "ALTER MATERIALIZED TABLE",
	    [WR_AST_ALTER_TABLE] = "ALTER TABLE",
	    [WR_AST_ALTER_VIEW] = "ALTER VIEW",
	    [WR_AST_ALTER_DATABASE] = "ALTER DATABASE",
	};
	WR_ASSERT(kind >= WR_AST_CREATE_TABLE && kind <= WR_AST_STMT_LAST);
	return names[kind];
}
