/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_value - values of columns as clients of PostgreSQL want them, in text or in binary.
 *
 *   BOOLEAN bool, TINYINT SMALLINT int2, INT int4, BIGINT int8, FLOAT float4, DOUBLE float8,
 *   DECIMAL numeric, CHAR VARCHAR STRING text, BINARY VARBINARY BYTES bytea, DATE date, TIME time,
 *   TIMESTAMP timestamp, TIMESTAMP_LTZ timestamptz (microseconds), INTERVAL interval, ARRAY of
 *   these: arrays; MAP, ROW, MULTISET and arrays of them: json
 *
 * Thread: one.
 */
#ifndef WR_SERVER_PG_VALUE_H
#define WR_SERVER_PG_VALUE_H

#include "connectors/pg_type.h"
#include "data/batch.h"

#define WR_PG_INTERVAL 1186u

/* A column of a result. */
struct wr_pgs_column {
	const char *name;           /* as the client is told */
	const struct wr_type *type; /* of its values */
	uint32_t oid; /* that is told: of the type, or (catalog) another with the same values */
};

/* PostgreSQL's type of Weir's. */
uint32_t wr_pgs_value_oid(const struct wr_type *type);
/* Its size as pg_type has it, -1: it varies; and the modifier of a DECIMAL or VARCHAR, -1: none. */
int16_t wr_pgs_oid_size(uint32_t oid);
int32_t wr_pgs_type_modifier(const struct wr_type *type);
/* The type of Weir's that reads values of PostgreSQL's; NULL: none does. */
const struct wr_type *wr_pgs_type_of(uint32_t oid);

/* Appends the value, without its length; it is not NULL. */
void wr_pgs_put_text(struct wr_text *out, const struct wr_column *column, uint32_t row,
		     const struct wr_zone *zone);
/* Appends 4 bytes of length (-1: NULL) and the value, as DataRow has them. */
void wr_pgs_put_value(struct wr_text *out, const struct wr_pgs_column *what,
		      const struct wr_column *column, uint32_t row, bool binary,
		      const struct wr_zone *zone);

#endif
