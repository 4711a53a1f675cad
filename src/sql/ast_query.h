/* SPDX-License-Identifier: Apache-2.0
 *
 * ast_query - table references and queries, as ast.h has them.
 */
#ifndef WR_SQL_AST_QUERY_H
#define WR_SQL_AST_QUERY_H

#include "sql/ast_expr.h"

/* ---- table references
 * ------------------------------------------------------------------------------------------ */

enum wr_ast_table_kind {
	WR_AST_TABLE_NAME = 1, /* name, hints, system_time */
	WR_AST_TABLE_QUERY,    /* query: (SELECT ..), (VALUES ..) */
	WR_AST_TABLE_FUNCTION, /* function: TABLE(f(..)), f(..), LATERAL TABLE(f(..)) */
	WR_AST_TABLE_UNNEST,   /* unnest */
	WR_AST_TABLE_JOIN,     /* join; has no alias */
	WR_AST_TABLE_MATCH     /* match over its input */
};

enum wr_ast_join_kind {
	WR_AST_JOIN_COMMA = 1, /* FROM a, b */
	WR_AST_JOIN_CROSS,
	WR_AST_JOIN_INNER,
	WR_AST_JOIN_LEFT,
	WR_AST_JOIN_RIGHT,
	WR_AST_JOIN_FULL,
	WR_AST_JOIN_LEFT_SEMI, /* LEFT SEMI JOIN */
	WR_AST_JOIN_LEFT_ANTI  /* LEFT ANTI JOIN */
};

struct wr_ast_table {
	enum wr_ast_table_kind kind;  /* says which member of the union is meant */
	struct wr_pos pos;            /* the reference without alias */
	struct wr_ast_ident alias;    /* AS t; text NULL: none */
	struct wr_ast_idents columns; /* AS t (a, b); count 0: none */
	bool lateral;                 /* LATERAL before it */
	union {
		struct {
			struct wr_ast_name name;         /* table or view */
			struct wr_ast_hints hints;       /* hints behind the name */
			struct wr_ast_expr *system_time; /* FOR SYSTEM_TIME AS OF ..; NULL: none */
		} name;
		struct wr_ast_query *query;
		struct {
			struct wr_ast_expr *call; /* WR_AST_CALL */
			bool in_table;            /* written in TABLE(..) */
		} function;
		struct {
			struct wr_ast_exprs args; /* arrays, maps, multisets */
			bool ordinality;          /* WITH ORDINALITY */
		} unnest;
		struct {
			enum wr_ast_join_kind kind; /* which join */
			bool natural;               /* NATURAL */
			struct wr_ast_table *left;  /* left input */
			struct wr_ast_table *right; /* right input */
			struct wr_ast_expr *on;     /* ON ..; NULL: none */
			struct wr_ast_idents using; /* USING (..); count 0: none */
			struct wr_pos word_pos;     /* of the words LEFT JOIN, or the comma */
		} join;
		struct {
			struct wr_ast_table *input;      /* what is matched: NAME, QUERY, .. */
			const struct wr_ast_match *spec; /* the clauses */
		} match;
	};
};

/* ---- queries --------------------------------------------------------------------------------- */

struct wr_ast_select_item {
	struct wr_ast_expr *expr;  /* WR_AST_STAR for * and t.* */
	struct wr_ast_ident alias; /* AS name; text NULL: none */
	struct wr_pos pos;         /* of the expression */
	struct wr_str text;        /* source of the expression */
};

enum wr_ast_group_kind {
	WR_AST_GROUP_EXPRS =
	    1, /* exprs: one expression, or (a, b) / () inside GROUPING SETS, ROLLUP, CUBE */
	WR_AST_GROUP_SETS,   /* items: GROUPING SETS (..) */
	WR_AST_GROUP_ROLLUP, /* items */
	WR_AST_GROUP_CUBE    /* items */
};

struct wr_ast_group {
	enum wr_ast_group_kind kind; /* which members are meant */
	struct wr_ast_exprs exprs;   /* EXPRS; count 0: the empty set () */
	struct wr_ast_group *items;  /* the others */
	uint32_t item_count;         /* number of items */
	struct wr_pos pos;           /* of this element */
};

/* WINDOW name AS (..) */
struct wr_ast_named_window {
	struct wr_ast_ident name;     /* what OVER name refers to */
	struct wr_ast_window *window; /* its specification */
};

struct wr_ast_select {
	bool distinct;                       /* SELECT DISTINCT */
	bool all;                            /* SELECT ALL, the default, written out */
	struct wr_ast_hints hints;           /* hints behind the word SELECT */
	struct wr_ast_select_item *items;    /* at least one */
	uint32_t item_count;                 /* number of items */
	struct wr_ast_table *from;           /* NULL: no FROM */
	struct wr_ast_expr *where;           /* NULL: none */
	bool has_group_by;                   /* GROUP BY is written */
	bool group_distinct;                 /* GROUP BY DISTINCT */
	struct wr_ast_group *groups;         /* elements of GROUP BY */
	uint32_t group_count;                /* number of groups */
	struct wr_ast_expr *having;          /* NULL: none */
	struct wr_ast_named_window *windows; /* WINDOW clause */
	uint32_t window_count;               /* number of windows */
	struct wr_ast_expr *qualify;         /* QUALIFY; NULL: none */
	struct wr_pos group_pos;             /* of the words GROUP BY */
};

enum wr_ast_query_kind {
	WR_AST_QUERY_SELECT = 1, /* select */
	WR_AST_QUERY_VALUES,     /* values: rows are WR_AST_ROW, also of one column */
	WR_AST_QUERY_SET,        /* set: UNION, INTERSECT, EXCEPT */
	WR_AST_QUERY_TABLE,      /* table: TABLE t */
	WR_AST_QUERY_NESTED /* nested: (query LIMIT 3) with another ORDER BY or LIMIT outside */
};

enum wr_ast_set_op {
	WR_AST_UNION = 1,
	WR_AST_INTERSECT,
	WR_AST_EXCEPT /* also MINUS */
};

/* WITH name (a, b) AS (query) */
struct wr_ast_cte {
	struct wr_ast_ident name;     /* of the common table expression */
	struct wr_ast_idents columns; /* count 0: none */
	struct wr_ast_query *query;   /* what it stands for */
};

struct wr_ast_query {
	enum wr_ast_query_kind kind; /* says which member of the union is meant */
	struct wr_pos pos;           /* of the whole query */
	struct wr_str text;          /* its source: what a view stores */
	struct wr_ast_cte *ctes;     /* WITH */
	uint32_t cte_count;          /* number of ctes */

	struct wr_ast_order order; /* ORDER BY of the whole query */
	struct wr_ast_expr
	    *limit; /* LIMIT n, FETCH NEXT n ROWS ONLY (1 without n); NULL: none or LIMIT ALL */
	struct wr_ast_expr *offset; /* OFFSET n; NULL: none */
	struct wr_pos order_pos;    /* of the words ORDER BY */
	struct wr_pos limit_pos;    /* of the word LIMIT, OFFSET or FETCH */
	union {
		const struct wr_ast_select *select;
		struct wr_ast_exprs values;
		struct {
			enum wr_ast_set_op op;      /* which operation */
			bool all;                   /* ALL */
			struct wr_ast_query *left;  /* left input */
			struct wr_ast_query *right; /* right input */
			struct wr_pos op_pos;       /* of the words UNION ALL */
		} set;
		struct wr_ast_name table;
		struct wr_ast_query *nested;
	};
};

#endif
