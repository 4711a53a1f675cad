/* SPDX-License-Identifier: Apache-2.0
 *
 * json_rows - rows of results as JSON, the same for every answer of the REST API.
 *
 *     columns  [{"name":"a","type":"BIGINT"}, ...]
 *     row      {"kind":"+I","row":[1,"text",null,[1,2],{"field":1}]}
 *
 * Whole numbers, FLOAT and DOUBLE are numbers (NaN and Infinity texts), BOOLEAN true and false,
 * BYTES base64, ARRAY a list, ROW an object, MAP and MULTISET a list of pairs [key, value]; all
 * others are texts as CAST(... AS STRING) writes them, DECIMAL too, which would lose digits
 * otherwise.
 *
 * Thread: that of the rows.
 */
#ifndef WR_SERVER_JSON_ROWS_H
#define WR_SERVER_JSON_ROWS_H

#include "base/text.h"
#include "weir/weir.h"

void wr_json_columns(struct wr_text *out, const struct weir_result *result);
/* The values alone: [1,"text"]. */
void wr_json_values(struct wr_text *out, const struct weir_row *row);
/* `texts`: every value is a text, as CAST(... AS STRING) gives it, or null: for those who only show
 * rows. */
void wr_json_row(struct wr_text *out, const struct weir_row *row, bool texts);

#endif
