/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_where - conditions as SQL that means exactly the same to PostgreSQL. Needs no libpq: EXPLAIN
 * shows them in any build.
 */
#ifndef WR_CONNECTORS_PG_WHERE_H
#define WR_CONNECTORS_PG_WHERE_H

#include "catalog/connector.h"
#include "expr/expr.h"

/* What the database has for a column. */
struct wr_pg_where_column {
	const char *name;
	uint32_t oid;
	int modifier; /* typmod; -1: none */
};

/* Appends a condition over the wanted columns (`column`: one for each, or NULL while nothing is
 * known of the database). False: it cannot be said, and nothing was appended. */
bool wr_pg_where(const struct wr_connector_args *args, const struct wr_pg_where_column *column,
		 const struct wr_expr *expr, struct wr_text *sql);
/* Appends a name in quotes. */
void wr_pg_put_name(struct wr_text *sql, const char *name);

#endif
