/* SPDX-License-Identifier: Apache-2.0
 *
 * append_cast - values that an appender was given in another type than their column's: one value at
 * a time, by an expression that is compiled when the first value of a pair of types comes.
 */
#ifndef WR_EXPR_APPEND_CAST_H
#define WR_EXPR_APPEND_CAST_H

#include "expr/appender.h"

struct wr_append_cast;
/* Appends CAST(value AS type of the builder). from: &WR_T_BIGINT (value: int64_t) or &WR_T_STRING
 * (value: struct wr_str). false: the mistake is noted. */
bool wr_append_cast(struct weir_appender *out, struct wr_builder *builder,
		    const struct wr_type *from, const void *value);
/* The same for a value of a column, where the cast is one that SQL makes by itself. */
bool wr_append_cast_value(struct weir_appender *out, struct wr_builder *builder,
			  const struct wr_column *from, uint32_t row);
void wr_append_cast_free(struct wr_append_cast *casts); /* NULL allowed; with all behind it */

#endif
