/* SPDX-License-Identifier: Apache-2.0
 *
 * analyzer - what the files of the analyzer share: the analyzer of one statement, scopes of names,
 * and the conversion of expressions.
 *
 * A query is planned bottom up. Each FROM item becomes a wr_scope: a node of the plan and the names
 * under which its columns are known. Expressions are converted over a scope; what a column
 * reference cannot express yet while a SELECT is being converted gets a marked column number and is
 * replaced by wr_lift once the node that computes it is there:
 *
 *   WR_MARK_AGG + i     the i-th aggregate call of the SELECT
 *   WR_MARK_SUBQUERY + i  the value of the i-th scalar subquery
 *   WR_MARK_OUTER + i   column i of the query around (a correlated subquery)
 *
 * So an expression is converted once, whether it stands below or above the aggregation: above it,
 * wr_lift replaces the largest subtrees that equal a GROUP BY key by that key's column.
 *
 * Memory: everything lives in the arena of the plan (or of the table being declared).
 */
#ifndef WR_ANALYZE_ANALYZER_H
#define WR_ANALYZE_ANALYZER_H

#include "analyze/analyze.h"

#define WR_MARK_AGG      0x10000u
#define WR_MARK_SUBQUERY 0x20000u
#define WR_MARK_OUTER    0x30000u

/* Nodes of one statement's plan: WITH entries and views are planned at each use, and uses of uses
 * multiply. */
#define WR_PLAN_NODES_MAX 20000
/* Views within views: each level re-parses and plans. */
#define WR_VIEW_NESTING_MAX 32

/* A WITH entry that can be seen. */
struct wr_cte_scope {
	const struct wr_ast_cte *cte;       /* its declaration */
	const struct wr_cte_scope *visible; /* what its own query sees */
	const struct wr_cte_scope *next;    /* further out */
};

/* The analyzer of one statement. */
struct wr_analyzer {
	struct wr_analyze_env *env;       /* session settings, catalog */
	struct wr_plan *plan;             /* being built; NULL while a table is declared */
	struct wr_arena *arena;           /* the plan's, or the table's */
	struct wr_expr_pool *pool;        /* of the same owner */
	const struct wr_cte_scope *ctes;  /* WITH entries in sight, innermost first */
	const struct wr_ast_hints *hints; /* of the SELECT being planned (STATE_TTL); NULL: none */
	uint32_t view_depth;              /* views being expanded */
	bool null_allowed; /* the next SELECT or VALUES may give bare NULLs: an INSERT types them */
};

/* analyze.c: of a plan that is being built. */
struct wr_analyzer wr_analyzer_of(struct wr_analyze_env *env, struct wr_plan *plan);

/* --- scopes (scope.c) ----------------------------------------------------------------------- */

struct wr_scope_column {
	const char *name;     /* NULL: has no name (never found) */
	struct wr_expr *expr; /* over the scope's node */
};

/* One table reference: what `t.` may qualify. */
struct wr_scope_table {
	const char *name;               /* alias or table name; NULL: anonymous */
	bool qualified;                 /* a table without alias: catalog.database.name works too */
	const char *catalog;            /* of a table of another catalog; NULL: the default one */
	const char *database;           /* in `catalog` */
	uint32_t count;                 /* columns */
	struct wr_scope_column *column; /* in order */
};

struct wr_scope {
	struct wr_node *node;         /* gives the columns */
	uint32_t table_count;         /* table references */
	struct wr_scope_table *table; /* from left to right */
	uint32_t star_count; /* columns of `*`, which are also those known without a qualifier */
	struct wr_scope_column *star; /* in order; USING columns are merged */
	const struct wr_scope *outer; /* the query around, for correlated subqueries; NULL: none */
};

/* A scope over all columns of a node under one name. `columns`: other names (count 0: the node's).
 */
wr_status *wr_scope_new(struct wr_analyzer *a, struct wr_node *node, const char *name,
			bool qualified, const struct wr_ast_idents *columns, struct wr_scope **out);
/* The same names over another node whose first columns are those of the old one. */
void wr_scope_rebase(struct wr_scope *scope, struct wr_node *node);
/* Resolves a column path: table, column and fields. */
wr_status *wr_scope_resolve(struct wr_analyzer *a, const struct wr_scope *scope,
			    const struct wr_ast_name *name, struct wr_expr **out);
/* The table reference that a star's qualifier names. */
wr_status *wr_scope_table_find(struct wr_analyzer *a, const struct wr_scope *scope,
			       const struct wr_ast_name *name, const struct wr_scope_table **out);
/* A single column by plain name (USING, DESCRIPTOR): its expression, or an error at `ident`. */
wr_status *wr_scope_column_find(struct wr_analyzer *a, const struct wr_scope *scope,
				const struct wr_ast_ident *ident, struct wr_expr **out);
/* Field `name` of a row value. */
wr_status *wr_field_access(struct wr_analyzer *a, struct wr_expr *row,
			   const struct wr_ast_ident *name, struct wr_expr **out);

/* --- expressions (expression*.c, literal.c) ------------------------------------------------- */

/* Values already settled for places of the AST: aggregate calls, OVER calls, scalar subqueries. */
struct wr_settled {
	uint32_t count;    /* entries */
	uint32_t capacity; /* slots */
	struct {
		const void *ast;
		struct wr_expr *expr;
	} * entry;
};
void wr_settled_add(struct wr_analyzer *a, struct wr_settled *settled, const void *ast,
		    struct wr_expr *expr);
struct wr_expr *wr_settled_find(const struct wr_settled *settled, const void *ast);

struct wr_legacy_window;
struct wr_match_conv;

/* How expressions of one clause are converted. */
struct wr_conv {
	struct wr_analyzer *a;
	const struct wr_scope *scope; /* names */
	const char *clause;           /* "WHERE", for messages */
	struct wr_settled *settled;   /* NULL: aggregates, OVER and subqueries are refused here */
	const struct wr_legacy_window *legacy; /* GROUP BY TUMBLE(...) below; NULL: none */
	struct wr_group *group;                /* GROUPING(...) may be used; NULL: not */
	struct wr_match_conv *match;           /* MEASURES and DEFINE; NULL: elsewhere */
};

wr_status *wr_convert(struct wr_conv *conv, const struct wr_ast_expr *ast, struct wr_expr **out);
/* The same and must be BOOLEAN. */
wr_status *wr_convert_condition(struct wr_conv *conv, const struct wr_ast_expr *ast,
				struct wr_expr **out);
wr_status *wr_convert_list(struct wr_conv *conv, const struct wr_ast_exprs *list,
			   struct wr_expr **out);
/* Pieces of the big switch. */
wr_status *wr_convert_literal(struct wr_analyzer *a, const struct wr_ast_expr *ast, bool negative,
			      struct wr_expr **out);
wr_status *wr_convert_interval(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       struct wr_expr **out);
wr_status *wr_convert_call(struct wr_conv *conv, const struct wr_ast_expr *ast,
			   struct wr_expr **out);
/* A call of a table function, of which the caller makes rows. */
wr_status *wr_convert_table_call(struct wr_conv *conv, const struct wr_ast_expr *ast,
				 struct wr_expr **out);
wr_status *wr_convert_predicate(struct wr_conv *conv, const struct wr_ast_expr *ast,
				struct wr_expr **out);
wr_status *wr_convert_type(struct wr_analyzer *a, const struct wr_ast_type *ast,
			   const struct wr_type **out);
bool wr_is_bare_null(const struct wr_expr *expr); /* NULL as written, without a type */
/* null_literal.c: refuses a bare NULL where the function or operator takes none. */
wr_status *wr_check_nulls(const char *name, struct wr_expr *const *arg, uint32_t count);
wr_status *wr_illegal_null(struct wr_pos pos);
/* A call by name with up to four arguments, placed at `pos`. */
wr_status *wr_build_call(struct wr_analyzer *a, const char *name, struct wr_expr **arg,
			 uint32_t count, struct wr_pos pos, struct wr_expr **out);
/* A constant interval in milliseconds (of window sizes and frames); `what` names the place. */
wr_status *wr_constant_interval(struct wr_conv *conv, const struct wr_ast_expr *ast,
				const char *what, int64_t *ms);
/* The name of a call, when it is a single part; else NULL. */
const char *wr_call_name(const struct wr_ast_expr *ast);
bool wr_name_is(const char *name, const char *upper);

/* Calls `visit` for every expression below (and at) `ast`, not entering subqueries; stops going
 * down where it returns false. */
typedef bool (*wr_ast_visitor)(void *user, const struct wr_ast_expr *ast);
void wr_ast_walk(const struct wr_ast_expr *ast, wr_ast_visitor visit, void *user);

/* Whether the expression reads a column >= mark, and whether it reads one below it. */
bool wr_reads_from(const struct wr_expr *expr, uint32_t mark, uint32_t end);
/* Renumbers columns in [from, to) by `delta`. */
struct wr_expr *wr_shift_columns(struct wr_analyzer *a, struct wr_expr *expr, uint32_t from,
				 uint32_t to, int64_t delta);

/* --- nodes (node.c, project.c) -------------------------------------------------------------- */

/* A node whose schema is that of its input. */
wr_status *wr_make_node(struct wr_analyzer *a, enum wr_node_kind kind, struct wr_node *input,
			struct wr_pos pos, struct wr_node **out);
/* FILTER over `input`; a NULL condition gives the input itself. */
wr_status *wr_make_filter(struct wr_analyzer *a, struct wr_node *input, struct wr_expr *condition,
			  struct wr_pos pos, struct wr_node **out);
/* PROJECT with names made unique; types as stored (time attributes only for plain columns). */
wr_status *wr_make_project(struct wr_analyzer *a, struct wr_node *input, struct wr_expr **expr,
			   const char **name, uint32_t count, struct wr_pos pos,
			   struct wr_node **out);
/* The input's columns and `extra` more; returns their numbers. Columns that are there already are
 * not added again; without any new one the node is the input. */
wr_status *wr_make_columns(struct wr_analyzer *a, struct wr_node *input, struct wr_expr **expr,
			   uint32_t count, struct wr_pos pos, uint32_t *column,
			   struct wr_node **out);
/* One row without (visible) columns: SELECT without FROM. */
wr_status *wr_make_one_row(struct wr_analyzer *a, struct wr_pos pos, struct wr_node **out);
/* `count` column references. */
struct wr_expr *wr_column_of(struct wr_analyzer *a, const struct wr_node *node, uint32_t column);
/* Makes names unique as Flink does: a, a0, a1. */
void wr_uniquify(struct wr_arena *arena, const char **name, uint32_t count);
const char *wr_uniquify_one(struct wr_arena *arena, const char *const *used, uint32_t count,
			    const char *name);
wr_status *wr_check_width(uint64_t columns, struct wr_pos pos);
/* `expr` cast to `type`, the node's schema for it. */
wr_status *wr_cast_columns(struct wr_analyzer *a, struct wr_node *input,
			   const struct wr_type *const *type, struct wr_pos pos,
			   struct wr_node **out);

/* --- queries (query.c, select.c, from.c, join.c, window.c ...) ------------------------------- */

/* Plans a query; its output columns are the node's schema. */
wr_status *wr_plan_query(struct wr_analyzer *a, const struct wr_ast_query *ast,
			 struct wr_node **out);
wr_status *wr_plan_select(struct wr_analyzer *a, const struct wr_ast_query *query,
			  struct wr_node **out);
wr_status *wr_plan_values(struct wr_analyzer *a, const struct wr_ast_exprs *rows, struct wr_pos pos,
			  struct wr_node **out);
/* ORDER BY / OFFSET / FETCH over a node by already resolved keys (count 0: LIMIT alone). */
wr_status *wr_plan_sort(struct wr_analyzer *a, const struct wr_ast_query *query,
			struct wr_node *input, struct wr_sort_key *key, uint32_t key_count,
			struct wr_node **out);
bool wr_query_has_sort(const struct wr_ast_query *query);
void wr_sort_key_set(struct wr_sort_key *key, const struct wr_ast_order_item *item,
		     uint32_t column);
wr_status *wr_plan_from(struct wr_analyzer *a, const struct wr_ast_table *ast,
			struct wr_scope **out);
wr_status *wr_plan_table_name(struct wr_analyzer *a, const struct wr_ast_name *name,
			      const struct wr_ast_hints *hints, const char *alias,
			      struct wr_node **out);
wr_status *wr_plan_scan(struct wr_analyzer *a, const struct wr_table *table,
			const struct wr_ast_hints *hints, const char *alias, struct wr_pos pos,
			struct wr_node **out);
wr_status *wr_plan_join(struct wr_analyzer *a, const struct wr_ast_table *ast,
			struct wr_scope **out);
/* The time to live of state that is made of the rows of a scan: STATE_TTL('alias' = '1d') of the
 * SELECT's hints, else table.exec.state.ttl. */
int64_t wr_hint_ttl(struct wr_analyzer *a, const struct wr_node *side);
wr_status *wr_join_nodes(struct wr_analyzer *a, enum wr_join_kind kind, struct wr_node *left,
			 struct wr_node *right, struct wr_expr *condition, struct wr_pos pos,
			 struct wr_node **out);
/* Moves those of the `count` terms of a WHERE that can go into the joins below the scope's node;
 * the others stay. A join that becomes an interval or window join keeps its time attributes. */
wr_status *wr_join_push(struct wr_analyzer *a, struct wr_scope *scope, struct wr_expr **term,
			uint32_t *count);
/* The table of `t FOR SYSTEM_TIME AS OF ...`, right of a join. */
wr_status *wr_plan_snapshot(struct wr_analyzer *a, const struct wr_ast_table *ast,
			    struct wr_scope **out);
/* Settles which snapshot a JOIN over the table's scope asks for: fills node->u.join.snapshot and
 * the times, and checks that keys, times and kind fit. */
wr_status *wr_join_snapshot(struct wr_analyzer *a, const struct wr_ast_table *table,
			    const struct wr_scope *left, struct wr_node *node);
/* Whether the reference is to a function of the session whose rows UNNEST makes. */
bool wr_is_table_call(struct wr_analyzer *a, const struct wr_ast_table *ast);
/* Also of calls of such functions. */
wr_status *wr_plan_unnest(struct wr_analyzer *a, struct wr_scope *left,
			  const struct wr_ast_table *ast, bool outer_join,
			  const struct wr_ast_expr *on, struct wr_scope **out);
/* Whether the reference is to a process table function, and its node (process_call.c). */
bool wr_is_process_call(struct wr_analyzer *a, const struct wr_ast_table *ast);
wr_status *wr_plan_process_call(struct wr_analyzer *a, const struct wr_ast_table *ast,
				struct wr_node **out);
wr_status *wr_plan_window_function(struct wr_analyzer *a, const struct wr_ast_table *ast,
				   struct wr_node **out);
/* WHERE: filters, and semi or anti joins for IN and EXISTS. */
wr_status *wr_plan_where(struct wr_analyzer *a, struct wr_scope *scope,
			 const struct wr_ast_expr *where, struct wr_expr **correlated);
/* Subqueries below `ast` as values: joined to the node and settled (conv->settled) as expressions
 * over it; `mark` is added to their column numbers: WR_MARK_SUBQUERY where wr_lift (`group`) is
 * still to come, else 0. */
wr_status *wr_plan_subqueries(struct wr_conv *conv, const struct wr_group *group,
			      const struct wr_ast_expr *ast, uint32_t mark, struct wr_node **node);
/* Joins the single row of a query that refers to nothing around; *out: its value over the node. */
wr_status *wr_join_scalar(struct wr_analyzer *a, struct wr_node **node,
			  const struct wr_ast_query *query, struct wr_pos pos,
			  struct wr_expr **out);
/* Joins the one row of a query that is an aggregate of all its rows (for each combination of what
 * it refers to around); out[i]: the value of its item i over the node. */
wr_status *wr_join_aggregates(struct wr_conv *conv, enum wr_join_kind join,
			      const struct wr_ast_query *query, struct wr_pos pos,
			      struct wr_node **node, struct wr_expr **out);
/* LATERAL (SELECT ...) on the right of a join. Its own columns are those of *right; *condition:
 * what ties it to the left, over its node and WR_MARK_OUTER columns (NULL: nothing). A single row
 * of aggregates is joined to left->node at once: *right is NULL and left has the names. */
wr_status *wr_plan_lateral(struct wr_analyzer *a, enum wr_join_kind join, struct wr_scope **left,
			   const struct wr_ast_table *ast, struct wr_scope **right,
			   struct wr_expr **condition);
/* Whether a query is one aggregate of all its rows: no GROUP BY. */
bool wr_is_aggregate_query(const struct wr_analyzer *a, const struct wr_ast_query *query);

/* --- aggregation (aggregate.c, group_by.c) --------------------------------------------------- */

#define WR_GROUPING_SETS_MAX 4096 /* CUBE of 12 columns */
#define WR_GROUPING_KEYS_MAX 63   /* bits of GROUPING_ID in a BIGINT */

/* A SELECT's aggregation while it is built. */
struct wr_group {
	uint32_t key_count;     /* distinct keys */
	struct wr_expr **key;   /* over the input */
	struct wr_expr **match; /* as the select list sees them: nullable under GROUPING SETS */
	uint32_t item_count;    /* distinct aggregate calls */
	uint32_t item_capacity; /* slots at item */
	struct wr_agg_item *item;
	uint64_t *set;      /* GROUPING SETS; NULL: none */
	uint32_t set_count; /* sets */
	const struct wr_scope
	    *nullable;               /* the names with nullable types: GROUPING SETS; NULL: none */
	const struct wr_node *input; /* what is grouped, for messages */
	struct wr_node *node;        /* the AGGREGATE, once made */
	uint32_t sets_column;        /* its `$e` */
};

/* The older GROUP BY TUMBLE(ts, size). */
struct wr_legacy_window {
	const struct wr_ast_expr *call; /* in GROUP BY; NULL: none */
	enum wr_window_kind kind;
	struct wr_expr *time; /* the time column */
	int64_t size_ms, slide_ms, offset_ms;
	bool processing_time;
	uint32_t start, end, rowtime; /* columns that the WINDOW node appends */
	bool uses_rowtime;            /* TUMBLE_ROWTIME is asked for */
	struct wr_node *node;         /* the WINDOW node */
};
bool wr_is_aggregate_call(const struct wr_analyzer *a, const struct wr_ast_expr *ast);
bool wr_has_aggregate(const struct wr_analyzer *a, const struct wr_ast_expr *ast);
/* The aggregate that a call is of; NULL: it is none. */
const struct wr_agg_function *wr_aggregate_of(const struct wr_analyzer *a,
					      const struct wr_ast_expr *ast);
/* The first aggregate call below `ast`, NULL: none. */
const struct wr_ast_expr *wr_first_aggregate(const struct wr_analyzer *a,
					     const struct wr_ast_expr *ast);
wr_status *wr_plan_legacy_window(struct wr_analyzer *a, struct wr_scope *scope,
				 const struct wr_ast_select *select,
				 struct wr_legacy_window *legacy);
/* TUMBLE_START(...) and its kind; *out stays NULL when the call is none of them. */
wr_status *wr_convert_legacy_call(struct wr_conv *conv, const struct wr_ast_expr *ast,
				  struct wr_expr **out);
/* Keys and grouping sets of GROUP BY. */
wr_status *wr_group_keys(struct wr_conv *conv, const struct wr_ast_select *select,
			 struct wr_group *group);
/* Converts every aggregate call below `ast` into an item and settles it. */
wr_status *wr_group_collect(struct wr_conv *conv, struct wr_group *group,
			    const struct wr_ast_expr *ast);
/* Makes the AGGREGATE node. */
wr_status *wr_group_node(struct wr_analyzer *a, struct wr_group *group, struct wr_node *input,
			 struct wr_pos pos);
/* Rewrites an expression over the FROM clause to one over the aggregate. */
wr_status *wr_lift(struct wr_analyzer *a, const struct wr_group *group, struct wr_expr *expr,
		   struct wr_expr **out);
/* GROUPING, GROUPING_ID, GROUP_ID. */
wr_status *wr_convert_grouping(struct wr_conv *conv, const struct wr_ast_expr *ast,
			       struct wr_expr **out);

/* --- OVER (over.c) --------------------------------------------------------------------------- */

/* Plans the OVER calls below `ast` above *node and settles them; `group` lifts arguments. */
wr_status *wr_plan_over(struct wr_conv *conv, const struct wr_ast_select *select,
			const struct wr_group *group, const struct wr_ast_expr *ast,
			struct wr_node **node);

/* --- MATCH_RECOGNIZE (match.c, match_pattern.c, match_expr.c) -------------------------------- */

struct wr_match;
struct wr_match_exprs;

/* MEASURES or one condition of DEFINE while it is converted. */
struct wr_match_conv {
	const struct wr_match *match; /* its variables */
	struct wr_match_exprs *exprs; /* grows */
	const struct wr_node *input;  /* what is matched */
	bool measures;                /* else DEFINE */
	bool navigated;               /* inside FIRST, LAST, PREV or NEXT */
	bool aggregated;              /* inside an aggregate */
};
wr_status *wr_plan_match(struct wr_analyzer *a, const struct wr_ast_table *ast,
			 struct wr_node **out);
/* The variables of the pattern. */
wr_status *wr_match_pattern(struct wr_analyzer *a, const struct wr_ast_match *ast,
			    struct wr_match *match);
/* The pattern variable of that name, or an error at it. */
wr_status *wr_match_variable_find(const struct wr_match *match, const struct wr_ast_ident *name,
				  uint32_t *out);
/* Column `column` of a row of `variable` while it is being converted. */
struct wr_expr *wr_match_column(struct wr_analyzer *a, uint32_t variable, uint32_t column,
				const struct wr_type *type);
/* Converts an expression of MEASURES or DEFINE and appends it to conv->match->exprs. */
wr_status *wr_match_convert(struct wr_conv *conv, const struct wr_ast_expr *ast);
/* FIRST, LAST, MATCH_ROWTIME, aggregates ...; *out stays NULL when the call is none of them. */
wr_status *wr_convert_match_call(struct wr_conv *conv, const struct wr_ast_expr *ast,
				 struct wr_expr **out);
/* FINAL and RUNNING. */
wr_status *wr_convert_match_unary(struct wr_conv *conv, const struct wr_ast_expr *ast,
				  struct wr_expr **out);

/* --- tables, options, errors ------------------------------------------------------------------ */

/* Fills a table, made by wr_table_new, with what a CREATE TABLE declares (create_table.c). */
wr_status *wr_resolve_table(struct wr_analyze_env *env, const struct wr_ast_create_table *ast,
			    struct wr_table *table);
/* Checks catalog and database of a function's name and gives the last part. */
wr_status *wr_local_name(const struct wr_ast_name *name, const char **out);
/* A table's name with all three parts (catalog_table.c). Not to be copied. */
struct wr_full_name {
	struct wr_ast_ident part[3]; /* catalog, database, table */
	struct wr_ast_name name;     /* of `part` */
	bool foreign;                /* of another catalog than the default one */
	bool home;                   /* of default_catalog.default_database */
};
/* Parts that are missing are the current ones. */
wr_status *wr_full_name(const struct wr_analyze_env *env, const struct wr_ast_name *name,
			struct wr_full_name *out);
/* RENAME TO: what is renamed stays in its catalog and database, which `to` may name. */
wr_status *wr_renamed(const struct wr_analyze_env *env, const struct wr_ast_name *name,
		      const struct wr_ast_name *to, struct wr_full_name *out);
/* An error when default_catalog has no such database; other catalogs are not asked. */
wr_status *wr_check_database(const struct wr_analyze_env *env, const struct wr_full_name *full);
/* What the session has of that name, without asking other catalogs; NULL: nothing. */
const struct wr_table *wr_find_kept(const struct wr_analyze_env *env,
				    const struct wr_full_name *full);
/* Before CREATE: *found is what has the name already, or NULL. */
wr_status *wr_find_to_declare(struct wr_analyze_env *env, const struct wr_ast_name *name,
			      bool temporary, struct wr_full_name *full,
			      const struct wr_table **found);
/* wr_table_new under that name. */
struct wr_table *wr_new_table(const struct wr_full_name *full);
/* The table or view of a name, of any catalog; *local: what messages call it. *out is NULL when the
 * default catalog has none. */
wr_status *wr_find_table(struct wr_analyze_env *env, const struct wr_ast_name *name,
			 const char **local, const struct wr_table **out);
wr_status *wr_unsupported(struct wr_pos pos, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* IGNORE NULLS or RESPECT NULLS behind a function that has no such choice. */
wr_status *wr_null_treatment(struct wr_pos pos, const char *name);
/* "Did you mean" from a list of names; keeps an existing hint. */
wr_status *wr_hint_nearest(wr_status *status, const char *name, const char *const *names,
			   uint32_t count);
/* The same; when none is near, all of them (bounded): "The columns are: a, b". */
wr_status *wr_hint_names(wr_status *status, const char *name, const char *what,
			 const char *const *names, uint32_t count);
/* The schema as "[a: INT, b: STRING]". */
const char *wr_schema_str(struct wr_arena *arena, const struct wr_schema *schema);

/* The value of a WITH option, hints first; NULL: not given. */
wr_status *wr_read_scan_pace(const struct wr_connector_args *args, struct wr_scan_pace *pace);
const struct wr_given *wr_given_find(const struct wr_given *given, uint32_t count, const char *key);
/* Declared options: known names and readable values. */
wr_status *wr_check_declared_options(const struct wr_registry *registry, struct wr_table *table);
/* Whether the runtime itself takes a METADATA column of that key (late rows, dead letters). */
const struct wr_type *wr_runtime_metadata(const char *key);
/* The type of a METADATA key of the table's connector or format; NULL: they have none. */
const struct wr_type *wr_table_metadata(const struct wr_table *table, const char *key);
/* The value with the length of its type, as table.exec.sink.type-length-enforcer says (length.c).
 */
wr_status *wr_length_enforce(struct wr_analyzer *a, struct wr_expr *expr,
			     const struct wr_table_column *column, struct wr_expr **out);
/* `expr`, failing at run time where it is NULL: a NOT NULL column of a sink. */
wr_status *wr_not_null_check(struct wr_analyzer *a, struct wr_expr *expr,
			     const struct wr_table_column *column, struct wr_expr **out);

#endif
