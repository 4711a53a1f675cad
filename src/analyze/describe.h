/* SPDX-License-Identifier: Apache-2.0
 *
 * describe - a table's declaration as text: DESCRIBE and SHOW CREATE TABLE / VIEW.
 */
#ifndef WR_ANALYZE_DESCRIBE_H
#define WR_ANALYZE_DESCRIBE_H

#include "catalog/catalog.h"

/* Appends DESCRIBE's table as Flink shows it: name, type, null, key, extras, watermark. */
void wr_describe_table(struct wr_text *text, const struct wr_table *table);
/* Appends the CREATE TABLE or CREATE VIEW statement that declares the table. */
void wr_describe_create(struct wr_text *text, const struct wr_table *table);

#endif
