/* SPDX-License-Identifier: Apache-2.0
 *
 * ast - what a script says, before anybody knows what its names mean.
 *
 * The parser builds these nodes; the analyzer reads them and gives names and types to them;
 * unparse.h prints them as SQL again. Four families: expressions, data types, queries (with table
 * references) and statements. Each node is a kind plus a union with one named member per kind; a
 * comment at the kind names the member it uses.
 *
 * - Names are as written (case kept, backquotes removed); keywords have become enum values.
 * - Numbers keep their source text; string literals hold their bytes after escapes were resolved.
 * - Special syntaxes of functions have become calls (see "Calls with a special syntax").
 * - Nothing is simplified: `NOT a IN (..)`, `a BETWEEN b AND c` are nodes of their own. Parentheses
 * leave no trace.
 *
 * Positions refer to the script as the user wrote it (before ${NAME} was replaced). `pos` of a node
 * covers the node from its first to its last token, cut at the end of its first line. `text`
 * members are the source after replacement of variables: spans of the parser's text, valid as long
 * as the parser's arena.
 *
 * Memory: every node, list and string lives in the parser's arena; read-only once the statement is
 * returned. Lists are arrays with a count; an absent list has count 0 and items NULL. Absent nodes
 * are NULL.
 *
 * Invariants
 *
 *   A1  The height of any tree (expressions, queries and table references together) is at most
 *       WR_SQL_HEIGHT_MAX, so recursion over it is safe. Long chains of AND and of OR are balanced;
 *       other chains of operators lean left and count one level per operand. What is nested in the
 *       text, so that the parser itself recurses, is at most WR_SQL_NESTING_MAX levels deep.
 *
 *   A2  Every ident has a non-empty, NUL-terminated text without NUL bytes inside.
 */
#ifndef WR_SQL_AST_H
#define WR_SQL_AST_H

#include "sql/ast_query.h"

struct wr_ast_stmt;

/* ---- statements ------------------------------------------------------------------------------ */

enum wr_ast_column_kind {
	WR_AST_COLUMN_PHYSICAL = 1, /* type */
	WR_AST_COLUMN_COMPUTED,     /* expr */
	WR_AST_COLUMN_METADATA,     /* type, metadata_key, is_virtual */
	WR_AST_COLUMN_UNTYPED       /* a name alone, only with AS query */
};

struct wr_ast_column {
	enum wr_ast_column_kind kind;   /* which members are meant */
	struct wr_ast_ident name;       /* of the column */
	struct wr_ast_type *type;       /* PHYSICAL, METADATA */
	struct wr_ast_expr *expr;       /* COMPUTED: name AS expr */
	const char *metadata_key;       /* FROM 'key'; NULL: the column's name */
	struct wr_pos metadata_key_pos; /* of the key */
	bool is_virtual;                /* VIRTUAL: not written by INSERT */
	bool
	    primary_key; /* PRIMARY KEY behind the column; is also in the statement's primary_key */
	const char *comment; /* COMMENT '..'; NULL: none */
	struct wr_pos pos;   /* of the whole definition */
};

/* What LIKE takes over. */
enum wr_ast_like_feature {
	WR_AST_LIKE_ALL = 1,
	WR_AST_LIKE_CONSTRAINTS,
	WR_AST_LIKE_DISTRIBUTION,
	WR_AST_LIKE_GENERATED,
	WR_AST_LIKE_METADATA,
	WR_AST_LIKE_OPTIONS,
	WR_AST_LIKE_PARTITIONS,
	WR_AST_LIKE_WATERMARKS
};

enum wr_ast_like_strategy {
	WR_AST_LIKE_INCLUDING = 1,
	WR_AST_LIKE_EXCLUDING,
	WR_AST_LIKE_OVERWRITING
};

struct wr_ast_like_option {
	enum wr_ast_like_strategy strategy; /* what to do */
	enum wr_ast_like_feature feature;   /* with what */
	struct wr_pos pos;                  /* of both words */
};

enum wr_ast_distribution {
	WR_AST_DISTRIBUTION_NONE = 0,
	WR_AST_DISTRIBUTION_UNSAID, /* DISTRIBUTED BY (a), DISTRIBUTED INTO n BUCKETS */
	WR_AST_DISTRIBUTION_HASH,   /* DISTRIBUTED BY HASH (a) */
	WR_AST_DISTRIBUTION_RANGE   /* DISTRIBUTED BY RANGE (a) */
};

/* REFRESH_MODE of a materialized table. */
enum wr_ast_refresh { WR_AST_REFRESH_UNSAID = 0, WR_AST_REFRESH_CONTINUOUS, WR_AST_REFRESH_FULL };

struct wr_ast_create_table {
	struct wr_ast_name name;       /* of the new table */
	bool temporary;                /* TEMPORARY */
	bool if_not_exists;            /* IF NOT EXISTS */
	bool or_replace;               /* CREATE OR REPLACE, only with AS query */
	bool materialized;             /* MATERIALIZED; has a query */
	struct wr_ast_column *columns; /* in the written order */
	uint32_t column_count;         /* number of columns */
	struct wr_ast_name
	    watermark_column;             /* WATERMARK FOR column (a.b: a field); count 0: none */
	struct wr_ast_expr *watermark;    /* .. AS expr; NULL: none */
	struct wr_pos watermark_pos;      /* of WATERMARK FOR .. AS expr */
	bool has_primary_key;             /* a primary key is written */
	struct wr_ast_idents primary_key; /* its columns, in the written order */
	bool primary_key_enforced;        /* ENFORCED or nothing written (Flink: an error), not NOT
					     ENFORCED */
	struct wr_ast_ident primary_key_name;    /* CONSTRAINT name; text NULL: none */
	struct wr_pos primary_key_pos;           /* of PRIMARY KEY .. */
	const char *comment;                     /* COMMENT of the table; NULL: none */
	struct wr_ast_idents partitioned_by;     /* PARTITIONED BY */
	enum wr_ast_distribution distribution;   /* DISTRIBUTED .. */
	struct wr_ast_idents distributed_by;     /* its columns */
	uint32_t bucket_count;                   /* INTO n BUCKETS; 0: not given */
	struct wr_pos distribution_pos;          /* of DISTRIBUTED .. */
	bool has_with;                           /* WITH (..) is written */
	struct wr_ast_options options;           /* WITH (..) */
	struct wr_ast_name like;                 /* LIKE table; count 0: none */
	struct wr_ast_like_option *like_options; /* of LIKE */
	uint32_t like_option_count;              /* number of like_options */
	struct wr_ast_query *query;              /* AS query; NULL: none */
	struct wr_ast_expr *freshness; /* MATERIALIZED: FRESHNESS = interval; NULL: not said */
	enum wr_ast_refresh refresh;   /* MATERIALIZED: REFRESH_MODE */
	struct wr_pos refresh_pos;     /* of it */
};

enum wr_ast_alter {
	WR_AST_ALTER_ADD,           /* schema, places */
	WR_AST_ALTER_MODIFY,        /* the same */
	WR_AST_ALTER_DROP,          /* columns, or key, or watermark */
	WR_AST_ALTER_RENAME_COLUMN, /* columns (one), to.parts[0] */
	WR_AST_ALTER_RENAME,        /* to */
	WR_AST_ALTER_SET,           /* options */
	WR_AST_ALTER_RESET          /* options, without values */
};

/* Where a column goes. */
struct wr_ast_place {
	bool first;                /* FIRST */
	struct wr_ast_ident after; /* AFTER; text NULL: not said */
};

struct wr_ast_alter_table {
	struct wr_ast_name name;
	bool if_exists; /* IF EXISTS */
	enum wr_ast_alter what;
	struct wr_ast_create_table schema; /* columns, watermark and key alone */
	struct wr_ast_place *places;       /* of schema.columns */
	struct wr_ast_idents columns;
	bool key;                       /* DROP PRIMARY KEY, DROP CONSTRAINT */
	struct wr_ast_ident constraint; /* its name; text NULL: PRIMARY KEY */
	bool watermark;                 /* DROP WATERMARK */
	struct wr_ast_name to;          /* RENAME TO; of a column: one part */
	struct wr_ast_options options;
};

struct wr_ast_create_view {
	struct wr_ast_name name;      /* of the new view */
	bool temporary;               /* TEMPORARY */
	bool if_not_exists;           /* IF NOT EXISTS */
	struct wr_ast_idents columns; /* (a, b); count 0: those of the query */
	const char *comment;          /* COMMENT; NULL: none */
	struct wr_ast_query *query;   /* query->text is its source */
};

struct wr_ast_alter_view {
	struct wr_ast_name name;
	struct wr_ast_name to;      /* RENAME TO; count 0: AS */
	struct wr_ast_query *query; /* AS; NULL: RENAME TO */
};

struct wr_ast_drop {
	struct wr_ast_name name; /* of the table or view */
	bool temporary;          /* TEMPORARY */
	bool system;             /* TEMPORARY SYSTEM: functions */
	bool if_exists;          /* IF EXISTS */
};

/* What happens when two rows of different upsert keys meet in one primary key of the sink. */
enum wr_ast_conflict {
	WR_AST_CONFLICT_UNSAID = 0,
	WR_AST_CONFLICT_ERROR,      /* ON CONFLICT DO ERROR */
	WR_AST_CONFLICT_NOTHING,    /* ON CONFLICT DO NOTHING: the first row stays */
	WR_AST_CONFLICT_DEDUPLICATE /* ON CONFLICT DO DEDUPLICATE */
};

struct wr_ast_insert {
	struct wr_ast_name table;  /* the sink */
	struct wr_ast_hints hints; /* hints behind the name */
	bool overwrite;            /* INSERT OVERWRITE */
	struct wr_ast_options
	    partition; /* PARTITION (a = 'x'): key = column, value = literal's text */
	struct wr_ast_idents columns;  /* (a, b); count 0: all */
	struct wr_ast_query *query;    /* SELECT, VALUES, .. */
	enum wr_ast_conflict conflict; /* ON CONFLICT DO .. */
	struct wr_pos conflict_pos;    /* of ON CONFLICT .. */
};

enum wr_ast_show_kind {
	WR_AST_SHOW_TABLES = 1,
	WR_AST_SHOW_VIEWS,
	WR_AST_SHOW_FUNCTIONS,
	WR_AST_SHOW_CREATE_TABLE, /* name */
	WR_AST_SHOW_CREATE_VIEW,  /* name */
	WR_AST_SHOW_COLUMNS,      /* name: FROM / IN table */
	WR_AST_SHOW_CATALOGS,
	WR_AST_SHOW_DATABASES,
	WR_AST_SHOW_CURRENT_CATALOG,
	WR_AST_SHOW_CURRENT_DATABASE,
	WR_AST_SHOW_MODULES,
	WR_AST_SHOW_JOBS
};

struct wr_ast_create_function {
	struct wr_ast_name name;
	bool alter;           /* ALTER: the name is there */
	bool temporary;       /* TEMPORARY */
	bool system;          /* TEMPORARY SYSTEM */
	bool if_exists;       /* IF NOT EXISTS; ALTER: IF EXISTS */
	const char *symbol;   /* AS 'symbol' */
	const char *language; /* LANGUAGE word, as written; NULL: not said */
	const char **files;   /* USING: paths */
	uint32_t file_count;  /* number of files */
	struct wr_pos symbol_pos;
	struct wr_pos language_pos;
};

struct wr_ast_show {
	enum wr_ast_show_kind kind; /* what to list */
	struct wr_ast_name name;    /* the object; or FROM/IN database of a list; count 0: none */
	bool user_only;             /* SHOW USER FUNCTIONS */
	bool full;                  /* SHOW FULL MODULES */
	bool not_like;              /* NOT LIKE */
	bool ilike;                 /* ILIKE */
	const char *like;           /* LIKE 'pattern'; NULL: none */
};

enum wr_ast_explain_detail {
	WR_AST_EXPLAIN_ESTIMATED_COST = 1 << 0,
	WR_AST_EXPLAIN_CHANGELOG_MODE = 1 << 1,
	WR_AST_EXPLAIN_JSON_EXECUTION_PLAN = 1 << 2,
	WR_AST_EXPLAIN_PLAN_ADVICE = 1 << 3,
	WR_AST_EXPLAIN_COLUMN_LINEAGE = 1 << 4 /* Weir's own */
};

/* A job of a server. */
struct wr_ast_job {
	const char *name;  /* or its id */
	struct wr_pos pos; /* of that */
	bool savepoint;    /* STOP: WITH SAVEPOINT */
	bool drain;        /* STOP: WITH DRAIN */
};

enum wr_ast_stmt_kind {
	WR_AST_CREATE_TABLE = 1,    /* create_table */
	WR_AST_CREATE_VIEW,         /* create_view */
	WR_AST_DROP_TABLE,          /* drop */
	WR_AST_DROP_VIEW,           /* drop */
	WR_AST_INSERT,              /* insert */
	WR_AST_STATEMENT_SET,       /* statement_set */
	WR_AST_SELECT,              /* query: SELECT, WITH, VALUES, TABLE */
	WR_AST_EXPLAIN,             /* explain */
	WR_AST_EXPLAIN_WHY,         /* job: EXPLAIN WHY NO OUTPUT FOR JOB */
	WR_AST_DESCRIBE_JOB,        /* job */
	WR_AST_STOP_JOB,            /* job */
	WR_AST_SHOW,                /* show */
	WR_AST_DESCRIBE,            /* describe */
	WR_AST_SET,                 /* set */
	WR_AST_RESET,               /* set */
	WR_AST_CREATE_FUNCTION,     /* create_function; ALTER FUNCTION, too */
	WR_AST_DROP_FUNCTION,       /* drop */
	WR_AST_LOAD_MODULE,         /* module */
	WR_AST_UNLOAD_MODULE,       /* module */
	WR_AST_CREATE_CATALOG,      /* catalog */
	WR_AST_DROP_CATALOG,        /* catalog */
	WR_AST_USE_CATALOG,         /* catalog */
	WR_AST_CREATE_DATABASE,     /* database */
	WR_AST_DROP_DATABASE,       /* database */
	WR_AST_USE_DATABASE,        /* database */
	WR_AST_CREATE_MATERIALIZED, /* create_table */
	WR_AST_DROP_MATERIALIZED,   /* drop */
	WR_AST_ALTER_MATERIALIZED,  /* alter_materialized */
	WR_AST_ALTER_TABLE,         /* alter_table */
	WR_AST_ALTER_VIEW,          /* alter_view */
	WR_AST_ALTER_DATABASE       /* database */
};
#define WR_AST_STMT_LAST WR_AST_ALTER_DATABASE

struct wr_ast_stmt {
	enum wr_ast_stmt_kind kind; /* says which member of the union is meant */
	struct wr_pos pos;          /* of the whole statement */
	struct wr_str text;         /* its source without the semicolon, for logs */
	struct wr_pos options_hint; /* the first OPTIONS hint in it; line 0: there is none */
	union {
		struct wr_ast_create_table create_table; /* CREATE_TABLE, CREATE_MATERIALIZED */
		struct wr_ast_create_view create_view;   /* CREATE_VIEW */
		struct wr_ast_drop drop;                 /* DROP ... */
		struct wr_ast_create_function create_function; /* CREATE_FUNCTION */
		struct {
			struct wr_ast_ident name;
			struct wr_ast_options options; /* LOAD ... WITH (..) */
		} module;
		struct {
			struct wr_ast_ident name;
			struct wr_ast_options options; /* CREATE ... WITH (..) */
			bool if_exists;                /* IF NOT EXISTS, IF EXISTS */
		} catalog;
		struct {
			struct wr_ast_name name;       /* [catalog.]database */
			struct wr_ast_options options; /* WITH (..); ALTER: SET (..) */
			const char *comment;           /* NULL: none */
			bool if_exists;                /* IF NOT EXISTS, IF EXISTS */
			bool cascade;                  /* DROP ... CASCADE */
		} database;
		struct {
			struct wr_ast_name name;
			bool resume; /* RESUME; else SUSPEND */
		} alter_materialized;
		struct wr_ast_alter_table *alter_table; /* ALTER_TABLE */
		struct wr_ast_alter_view alter_view;    /* ALTER_VIEW */
		struct wr_ast_insert insert;            /* INSERT */
		struct {
			struct wr_ast_stmt **items; /* WR_AST_INSERT each; at least one */
			uint32_t count;             /* number of items */
		} statement_set;
		struct wr_ast_query *query;
		struct {
			uint32_t details; /* bits of wr_ast_explain_detail */
			struct wr_ast_stmt
			    *stmt; /* SELECT, INSERT, STATEMENT_SET, CREATE_TABLE with AS */
		} explain;
		struct wr_ast_job job;   /* DESCRIBE_JOB, STOP_JOB, EXPLAIN_WHY */
		struct wr_ast_show show; /* SHOW */
		struct {
			struct wr_ast_name name; /* table or view */
			bool extended;           /* DESCRIBE EXTENDED */
			bool function;           /* DESCRIBE FUNCTION */
		} describe;
		struct {
			const char *key;         /* NULL: bare SET or RESET, about all options */
			const char *value;       /* NULL with RESET and bare SET */
			struct wr_pos key_pos;   /* of the key */
			struct wr_pos value_pos; /* of the value */
		} set;
	};
};

/* Words for messages and EXPLAIN: "YEAR", "AND", "LEFT JOIN". */
const char *wr_ast_unit_name(enum wr_ast_unit unit);
const char *wr_ast_op_name(enum wr_ast_op op);
const char *wr_ast_join_name(enum wr_ast_join_kind kind);
const char *wr_ast_stmt_name(enum wr_ast_stmt_kind kind);

#endif
