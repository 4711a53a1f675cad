/* SPDX-License-Identifier: Apache-2.0
 *
 * tables - the tables of scalar and aggregate functions, one per file.
 *
 * fn_NAME.c defines wr_fn_NAME[] and wr_fn_NAME_count and is listed by NAME in expr/meson.build,
 * from which the registry learns of it. Lists hold pointers to const functions; their order is the
 * order of the manual.
 */
#ifndef WR_EXPR_TABLES_H
#define WR_EXPR_TABLES_H

#include "expr/agg.h"
#include "expr/function.h"

#define WR_FN_TABLE(name)                                                                          \
	extern const struct wr_function *const wr_fn_##name[];                                     \
	extern const uint32_t wr_fn_##name##_count

WR_FN_TABLE(compare);
WR_FN_TABLE(logic);
WR_FN_TABLE(arith);
WR_FN_TABLE(math);
WR_FN_TABLE(string);
WR_FN_TABLE(like);
WR_FN_TABLE(regex);
WR_FN_TABLE(temporal);
WR_FN_TABLE(cond);
WR_FN_TABLE(json);
WR_FN_TABLE(collection);
WR_FN_TABLE(hash);
WR_FN_TABLE(url);
WR_FN_TABLE(misc);

extern const struct wr_agg_function *const wr_agg_table[];
extern const uint32_t wr_agg_table_count;

#endif
