/* SPDX-License-Identifier: Apache-2.0
 *
 * describe - a table's declaration as text: DESCRIBE and SHOW CREATE TABLE / VIEW.
 */
#ifndef WR_ANALYZE_DESCRIBE_H
#define WR_ANALYZE_DESCRIBE_H

#include "catalog/catalog.h"

/* One column, as DESCRIBE shows it. Texts live in the arena or the table. */
struct wr_describe_row {
	const char *name;      /* of the column */
	const char *type;      /* without NOT NULL, with *ROWTIME* or *PROCTIME* */
	bool nullable;         /* the column `null` */
	const char *key;       /* "PRI(a, b)"; NULL: not in the primary key */
	const char *extras;    /* "AS expr", "METADATA ..."; NULL: none */
	const char *watermark; /* its expression; NULL: none */
	const char *comment;   /* NULL: none */
};

/* "table", "view" or "materialized table". */
const char *wr_table_kind(const struct wr_table *table);
/* Appends the type as DESCRIBE shows it. */
void wr_describe_type(struct wr_text *out, const struct wr_type *type);
/* The rows of DESCRIBE: table->column_count of them, in the arena. */
struct wr_describe_row *wr_describe_table(struct wr_arena *arena, const struct wr_table *table);
/* Appends the CREATE TABLE or CREATE VIEW statement that declares the table. */
void wr_show_create(struct wr_text *out, const struct wr_table *table);
/* The same of a table, with its secrets: to be executed, not to be shown. */
void wr_declare_table(struct wr_text *out, const struct wr_table *table);

#endif
