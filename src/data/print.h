/* SPDX-License-Identifier: Apache-2.0
 *
 * print - any value as Flink's CAST(... AS STRING) writes it: what results, keys in messages and
 * casts look like.
 *
 * TRUE, 12, 1.0E10, 1.50, text as it is, x'0aff', 2024-02-29, 12:34:56, 2024-02-29 12:34:56.120 (as
 * many digits of fraction as the type says), +1-02, +1 02:03:04.000, [1, NULL, 3], {k=1, l=NULL},
 * (1, x). Strings within nested values are not quoted.
 */
#ifndef WR_DATA_PRINT_H
#define WR_DATA_PRINT_H

#include "base/text.h"
#include "data/column.h"
#include "data/zone.h"

/* Appends row `row` of `column`; NULL prints as NULL. TIMESTAMP_LTZ is shown in `zone` (NULL: UTC).
 */
void wr_value_print(struct wr_text *text, const struct wr_column *column, uint32_t row,
		    const struct wr_zone *zone);

/* Appends the same, escaped for one cell of the tsv form: \N for NULL; tab, newline, carriage
 * return and backslash as \t \n \r \\. */
void wr_value_print_tsv(struct wr_text *text, const struct wr_column *column, uint32_t row,
			const struct wr_zone *zone);

#endif
