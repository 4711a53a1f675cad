/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_inner - what the files of the system catalog share.
 *
 *     pg_catalog.c            statements and their rows
 *     pg_catalog_sql.c        SQLite's SQL of PostgreSQL's
 *     pg_catalog_tables.c     which tables there are
 *     pg_catalog_fill.c       their rows, of what the session sees
 *     pg_catalog_rows.c       of functions that give rows
 *     pg_catalog_call.c       of calls with words in them
 *     pg_catalog_types.c      what a SELECT list says about its types
 *     pg_catalog_functions.c  PostgreSQL's functions
 *     pg_catalog_arrays.c     those of arrays
 */
#ifndef WR_SERVER_PG_CATALOG_INNER_H
#define WR_SERVER_PG_CATALOG_INNER_H

#include <sqlite3.h>

#include "base/module.h"
#include "data/builder.h"
#include "server/pg_catalog.h"

/* clang-format off */
#define WR_PGS_SQLITE(X)                                                                           \
	X(sqlite3_open_v2)                                                                         \
	X(sqlite3_close_v2)                                                                        \
	X(sqlite3_exec)                                                                            \
	X(sqlite3_limit)                                                                           \
	X(sqlite3_progress_handler)                                                                \
	X(sqlite3_prepare_v2)                                                                      \
	X(sqlite3_bind_text)                                                                       \
	X(sqlite3_bind_int64)                                                                      \
	X(sqlite3_bind_null)                                                                       \
	X(sqlite3_step)                                                                            \
	X(sqlite3_reset)                                                                           \
	X(sqlite3_clear_bindings)                                                                  \
	X(sqlite3_finalize)                                                                        \
	X(sqlite3_column_count)                                                                    \
	X(sqlite3_column_name)                                                                     \
	X(sqlite3_column_decltype)                                                                 \
	X(sqlite3_column_type)                                                                     \
	X(sqlite3_column_text)                                                                     \
	X(sqlite3_column_bytes)                                                                    \
	X(sqlite3_column_int64)                                                                    \
	X(sqlite3_column_double)                                                                   \
	X(sqlite3_errmsg)                                                                          \
	X(sqlite3_create_function_v2)                                                              \
	X(sqlite3_user_data)                                                                       \
	X(sqlite3_value_type)                                                                      \
	X(sqlite3_value_text)                                                                      \
	X(sqlite3_value_int64)                                                                     \
	X(sqlite3_value_double)                                                                    \
	X(sqlite3_aggregate_context)                                                               \
	X(sqlite3_result_text)                                                                     \
	X(sqlite3_result_int64)                                                                    \
	X(sqlite3_result_null)                                                                     \
	X(sqlite3_result_value)                                                                    \
	X(sqlite3_result_error)
/* clang-format on */

struct wr_pgs_sqlite {
	WR_PGS_SQLITE(WR_MODULE_FIELD)
};

struct wr_pgs_catalog {
	struct wr_pgs_sqlite call; /* SQLite */
	struct wr_pgs_conn *conn;  /* whose it is */
	sqlite3 *db;               /* in memory */
	uint32_t generation;       /* of the connection, when it was filled */
	uint64_t version;          /* of the server's catalog, the same */
	bool filled;
	uint32_t steps; /* of the query under way, in thousands */
};

/* CREATE TABLE of all of them. */
extern const char *const wr_pgs_catalog_tables[];
/* Whether there is such a table of pg_catalog. */
bool wr_pgs_catalog_has_table(const char *name);
/* Whether it is a function that only the system catalog has. */
bool wr_pgs_catalog_has_function(const char *name);
/* Whether it is one that gives rows, and that the engine has not. */
bool wr_pgs_rows_only_here(const char *name);
wr_status *wr_pgs_catalog_functions(struct wr_pgs_catalog *catalog);
/* Its tables have what the session sees. */
wr_status *wr_pgs_catalog_fill(struct wr_pgs_catalog *catalog);
/* What SQLite says. */
wr_status *wr_pgs_catalog_failed(struct wr_pgs_catalog *catalog);
/* The number that a name has. */
uint32_t wr_pgs_catalog_oid(const char *kind, const char *name);
/* "character varying", "bigint[]" of a type's number. */
const char *wr_pgs_format_type(uint32_t oid);
/* The number of a type that is called so; 0: none. */
uint32_t wr_pgs_format_find(const char *format);
/* Appends the array as a row of a list builder of BIGINT or STRING. */
bool wr_pgs_array_build(const char *text, struct wr_builder *builder);
/* Whether its elements are all integers. */
bool wr_pgs_array_is_numbers(const char *text);
/* What the SELECT list says about the types of its columns, 0: nothing. */
void wr_pgs_catalog_types(const struct wr_pgs_statement *statement, uint32_t count, uint32_t *oid);
/* SQLite's form of a statement. */
void wr_pgs_catalog_sql(const struct wr_pgs_conn *conn, const struct wr_pgs_statement *statement,
			struct wr_text *out);

#endif
