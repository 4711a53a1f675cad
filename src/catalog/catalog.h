/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog - the tables, views and functions of a session, as declared.
 *
 * A table keeps its declaration (the AST of its columns, watermark and options); the analyzer
 * resolves and checks it when it is declared and hands the resolved form to the catalog, so that a
 * wrong declaration fails at its own place. Names are case-sensitive.
 * Tables of default_catalog.default_database are kept under their names, those of other databases
 * and catalogs under their joined names, "catalog.database.table".
 *
 * Tables are counted by who needs them: a plan made from a table keeps it (wr_catalog_keep),
 * whatever becomes of its name meanwhile.
 *
 * Thread: the session's; wr_table_free any.
 */
#ifndef WR_CATALOG_CATALOG_H
#define WR_CATALOG_CATALOG_H

#include <stdatomic.h>

#include "catalog/connector.h"
#include "catalog/databases.h"
#include "expr/expr.h"
#include "expr/user_function.h"

struct wr_ast_create_table;
struct wr_ast_query;
struct weir_stream;

enum wr_column_role { WR_COL_PHYSICAL, WR_COL_METADATA, WR_COL_COMPUTED };

struct wr_table_column {
	const char *name;
	const struct wr_type
	    *type; /* with its time attribute where a watermark is declared on it */
	enum wr_column_role role;
	const char *metadata_key; /* METADATA */
	bool is_virtual;          /* METADATA ... VIRTUAL: not written by INSERT */
	struct wr_expr *expr; /* COMPUTED: over the table's physical and metadata columns, numbered
				 as in `column` */
	const char *expr_sql; /* its SQL text, for SHOW CREATE TABLE */
	const char *comment;  /* NULL: none */
	struct wr_pos pos;
};

struct wr_table {
	atomic_uint refs;         /* of the catalog, and of plans made from it */
	struct wr_arena arena;    /* holds everything of the table */
	struct wr_expr_pool pool; /* constants of its expressions */
	const char *name;         /* unique: "t", or "catalog.database.t" of other databases */
	const char *path[3];      /* of another database: catalog, database, table; else NULL */
	const char *comment;
	bool temporary;
	bool is_view;
	bool key_found;    /* of a materialized table: the key is one of its query, not declared */
	bool materialized; /* its connector is 'view', its rows those of `view_sql` */
	bool written; /* an INSERT was planned: its files may come to be before a later statement
			 reads */
	struct wr_pos pos;     /* of its declaration */
	uint32_t column_count; /* all columns in declared order; a view: its output columns */
	struct wr_table_column *column;
	int32_t rowtime;           /* column of WATERMARK FOR, -1: none */
	struct wr_expr *watermark; /* over the table's columns */
	const char *watermark_sql;
	uint32_t primary_key_count;
	const uint32_t *primary_key;  /* columns */
	const char *primary_key_name; /* CONSTRAINT name; NULL */
	uint32_t partition_count;
	const char *const *partition_key;
	const struct wr_given *given; /* WITH options as written (LIKE merged) */
	uint32_t given_count;
	const struct wr_connector *connector;  /* NULL for views */
	const struct wr_format *format;        /* NULL: none */
	const struct wr_ast_query *view_query; /* views: parsed query, in `arena` */
	const char *view_sql;                  /* views, materialized tables: its text */
	struct wr_current view_current;        /* views: what names in the query are of */
	const struct weir_stream *stream; /* a view that stands for a stream of a flow; NULL: it
					     has a query */
	bool source_watermark;  /* WATERMARK ... AS SOURCE_WATERMARK(): `watermark` is NULL */
	struct wr_embed *embed; /* what the program has of it; a reference; NULL: nothing */
};

struct wr_catalog;
struct wr_catalog *wr_catalog_new(const struct wr_registry *registry);
void wr_catalog_free(struct wr_catalog *catalog);
const struct wr_registry *wr_catalog_registry(const struct wr_catalog *catalog);
/* Its databases, and the current one. */
struct wr_databases *wr_catalog_databases(struct wr_catalog *catalog);
/* Takes over the table (made by wr_table_new). Fails when the name exists (unless replace). */
wr_status *wr_catalog_add(struct wr_catalog *catalog, struct wr_table *table_moved);
struct wr_table *wr_table_new(const char *name);
struct wr_table *wr_table_ref(const struct wr_table *table);
/* Gives up one reference; the last one frees. NULL is allowed. */
void wr_table_free(struct wr_table *table);

/* References to tables and views, each once. */
struct wr_tables {
	struct wr_table **table; /* owned */
	uint32_t count, capacity;
};
void wr_tables_release(struct wr_tables *tables);
/* From now on what wr_catalog_find finds is also referred to from `tables`; NULL: no more. */
void wr_catalog_keep(struct wr_catalog *catalog, struct wr_tables *tables);
/* NULL: no such table or view. */
const struct wr_table *wr_catalog_find(const struct wr_catalog *catalog, const char *name);
/* The error "a table or view 'x' exists already". hint: a literal. */
wr_status *wr_table_exists(const char *name, struct wr_pos pos, const char *hint);
/* The error "no table or view 'x'", with the nearest names. */
wr_status *wr_catalog_unknown(const struct wr_catalog *catalog, const char *name,
			      struct wr_pos pos);
/* Notes that a statement writes the table. */
void wr_catalog_written(struct wr_catalog *catalog, const char *name);
/* Removes; the catalog's reference is the caller's from now on. NULL: there is none. */
struct wr_table *wr_catalog_take(struct wr_catalog *catalog, const char *name);
/* Removes. */
wr_status *wr_catalog_drop(struct wr_catalog *catalog, const char *name);
/* Tables and views in order of name: count and i-th. */
uint32_t wr_catalog_count(const struct wr_catalog *catalog);
const struct wr_table *wr_catalog_at(const struct wr_catalog *catalog, uint32_t index);

/* --- functions of the session, by name in any case of letters --- */

/* NULL: there is none. */
struct wr_user_function *wr_catalog_function(const struct wr_catalog *catalog, const char *name);
/* Takes the reference over; the name must be free. */
void wr_catalog_function_add(struct wr_catalog *catalog, struct wr_user_function *function_moved);
/* Forgets it; false: there is none. */
bool wr_catalog_function_drop(struct wr_catalog *catalog, const char *name);
/* In the order in which they came. */
uint32_t wr_catalog_function_count(const struct wr_catalog *catalog);
const struct wr_user_function *wr_catalog_function_at(const struct wr_catalog *catalog,
						      uint32_t index);

const struct wr_connector *wr_registry_connector(const struct wr_registry *registry,
						 const char *name);
const struct wr_format *wr_registry_format(const struct wr_registry *registry, const char *name);

#endif
