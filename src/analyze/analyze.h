/* SPDX-License-Identifier: Apache-2.0
 *
 * analyze - AST -> checked declarations and typed logical plans.
 *
 * Resolves names (with the nearest ones in errors), infers types and nullability as Flink does,
 * expands stars and views, splits aggregates from expressions, turns the older GROUP BY
 * TUMBLE/HOP/SESSION into window nodes, and refuses by name and place what is not supported.
 */
#ifndef WR_ANALYZE_ANALYZE_H
#define WR_ANALYZE_ANALYZE_H

#include "analyze/node.h"
#include "sql/ast.h"

/* Session settings that change meaning. */
/* What becomes of values of a sink that have not the length of their type. */
enum wr_length_enforcer { WR_LENGTH_IGNORE, WR_LENGTH_TRIM_PAD, WR_LENGTH_ERROR };

struct wr_ast_name;

struct wr_analyze_env {
	struct wr_catalog *catalog;
	struct wr_env *env;      /* for the checks of connectors and the connectors */
	const char *zone_id;     /* table.local-time-zone */
	uint64_t batch_rows_max; /* weir.batch.max-rows */
	int64_t block_delay_us;  /* weir.test.block-delay */
	uint64_t block_bytes;    /* weir.source.block-size */
	int64_t state_ttl_ms;    /* table.exec.state.ttl */
	int64_t now_us;          /* wall clock */
	bool batch_mode;         /* execution.runtime-mode = batch */
	enum wr_length_enforcer length_enforcer; /* table.exec.sink.type-length-enforcer */
	bool not_null_drop; /* table.exec.sink.not-null-enforcer = DROP: leave such rows out; else
			       they are errors */
	/* Appends the declaration of a table of another catalog (its name has three parts): CREATE
	 * TABLE, or what stands behind the name. An error when there is none. NULL: only the
	 * default catalog is there. */
	wr_status *(*declaration)(void *user, const struct wr_ast_name *name, struct wr_text *out);
	void *declaration_user;
	bool embedded;                /* the session is of a program, which has tables of its own */
	const struct wr_table *keeps; /* the materialized table whose own job is planned: it alone
					 writes there; NULL: none */
	bool side; /* tables are asked for late rows and dead letters: their METADATA columns are
		      ordinary ones, but for those that the connector writes */
};

/* Resolves a CREATE TABLE / CREATE VIEW and adds it to the catalog. */
wr_status *wr_analyze_create_table(struct wr_analyze_env *env,
				   const struct wr_ast_create_table *ast);
/* CREATE TABLE ... AS: plans the query for its columns, and gives the declaration and the INSERT
 * that the statement stands for, in the arena. The table is not added. */
struct wr_ast_insert;
wr_status *wr_analyze_table_as(struct wr_analyze_env *env, const struct wr_ast_create_table *ast,
			       struct wr_arena *arena, struct wr_ast_create_table *create,
			       struct wr_ast_insert *insert);
/* ALTER TABLE: the table is declared anew in place of the old one, which plans keep. */
struct wr_ast_alter_table;
wr_status *wr_analyze_alter_table(struct wr_analyze_env *env, const struct wr_ast_alter_table *ast);
struct wr_ast_create_view;
wr_status *wr_analyze_create_view(struct wr_analyze_env *env, const struct wr_ast_create_view *ast);
struct wr_ast_alter_view;
wr_status *wr_analyze_alter_view(struct wr_analyze_env *env, const struct wr_ast_alter_view *ast);
/* Plans a query: one SINK root without table (bare SELECT). */
wr_status *wr_analyze_query(struct wr_analyze_env *env, const struct wr_ast_query *ast,
			    struct wr_plan *plan);
/* Plans an INSERT: adds one SINK root to the plan; call it several times for a statement set. */
struct wr_ast_insert;
wr_status *wr_analyze_insert(struct wr_analyze_env *env, const struct wr_ast_insert *ast,
			     struct wr_plan *plan);

/* The window functions, TUMBLE and so on: the name of number i, NULL: there is none; *form: how it
 * is written. */
const char *wr_window_function(uint32_t i, const char **form);
/* Instantiates connector options of a table with hints merged, checks them, and fills args (in the
 * plan's arena). */
wr_status *wr_analyze_table_args(struct wr_analyze_env *env, struct wr_plan *plan,
				 const struct wr_table *table, const struct wr_given *hint,
				 uint32_t hint_count, bool for_sink,
				 struct wr_connector_args **out);
/* The options that every table has, besides those of its connector and format; for the manual. */
const struct wr_option *wr_table_options(uint32_t *count);
/* Those of tables whose rows are messages. */
const struct wr_option *wr_table_message_options(uint32_t *count);

#endif
