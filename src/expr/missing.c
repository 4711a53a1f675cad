/* SPDX-License-Identifier: Apache-2.0
 *
 * missing - what the registries do not say about functions: those of Flink 2.1's manual that do not
 * exist here, with the reason, and those that are part of the grammar.
 *
 * A call of a missing one is refused with its reason; the manual lists both.
 */
#include "expr/missing.h"

#include "base/status.h"

const struct wr_missing_function wr_missing_functions[] = {
    {"PARSE_JSON", "there is no VARIANT type"},
    {"TRY_PARSE_JSON", "there is no VARIANT type"},
    {"OBJECT_OF", "there are no structured types bound to classes"},
    {"OBJECT_UPDATE", "there are no structured types bound to classes"},
    {"ML_PREDICT", "there are no models"},
    {"ML_EVALUATE", "there are no models"},
    {"APPROX_COUNT_DISTINCT", "batch only in Flink; use COUNT(DISTINCT x)"},
};

const struct wr_grammar_function wr_grammar_functions[] = {
    {"CAST(value AS type)", "The value as another type; an error when it has none."},
    {"TRY_CAST(value AS type)", "The same, NULL in place of an error."},
    {"CASE value WHEN value1 THEN result1 ... [ELSE result] END",
     "The result behind the first equal value; NULL without ELSE."},
    {"CASE WHEN condition1 THEN result1 ... [ELSE result] END",
     "The result behind the first condition that is TRUE; NULL without ELSE."},
    {"EXISTS (query)", "Whether the query has a row."},
    {"value [NOT] IN (query)", "Whether a row of the query equals the value."},
    {"GROUPING(column), GROUPING_ID(column1, ...)",
     "Which columns the grouping set of a row leaves out, as bits."},
    {"GROUP_ID()", "0: no grouping set is there twice."},
    {"ROW_NUMBER(), RANK(), DENSE_RANK()", "The place of a row in its OVER window."},
    {"PERCENT_RANK(), CUME_DIST(), NTILE(n)", "The relative place of a row in its OVER window."},
    {"LAG(value[, offset[, default]]), LEAD(...)",
     "The value of a row before, or behind, in the OVER window."},
    {"TUMBLE(time, size), HOP(time, slide, size), SESSION(time, gap)",
     "A window in GROUP BY, with TUMBLE_START, TUMBLE_END, TUMBLE_ROWTIME and the like."},
    {"TUMBLE, HOP, CUMULATE, SESSION (TABLE t, DESCRIPTOR(time), ...)",
     "Windows as table functions: window_start, window_end and window_time behind the columns."},
};
const uint32_t wr_grammar_function_count = WR_COUNT(wr_grammar_functions);
const uint32_t wr_missing_function_count = WR_COUNT(wr_missing_functions);
