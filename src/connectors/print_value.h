/* SPDX-License-Identifier: Apache-2.0
 *
 * print_value - values as the print connector shows them: java.lang.Object.toString() of what Flink
 * hands to a sink. Not the same as CAST to STRING: null, true, [1, -1] for bytes, ISO times without
 * trailing zeros.
 */
#ifndef WR_CONNECTORS_PRINT_VALUE_H
#define WR_CONNECTORS_PRINT_VALUE_H

#include "base/text.h"
#include "data/column.h"

void wr_print_value(struct wr_text *out, const struct wr_column *column, uint32_t row);
/* "[1, x]" */
void wr_print_fields(struct wr_text *out, struct wr_column *const *column, uint32_t count,
		     uint32_t row);

#endif
