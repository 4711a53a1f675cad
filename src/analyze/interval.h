/* SPDX-License-Identifier: Apache-2.0
 *
 * interval - recognises joins whose condition keeps the times of both sides within fixed bounds.
 *
 * The terms of the condition that compare a time attribute of one side with one of the other, each
 * plus or minus constant intervals, are its time bounds. A join is an interval join when there are
 * one lower and one upper bound, or a single equality, over attributes of one kind (event or
 * processing time), and it is INNER, LEFT, RIGHT or FULL. Any other number of bounds makes a
 * regular join, as in Flink.
 */
#ifndef WR_ANALYZE_INTERVAL_H
#define WR_ANALYZE_INTERVAL_H

#include "analyze/node.h"

/* Fills *out and marks the terms of the condition's AND (or the condition itself: index 0) that
 * are time bounds; is_bound has room for all of them and may be NULL. */
bool wr_interval_find(struct wr_expr_pool *pool, enum wr_join_kind kind,
		      const struct wr_schema *left, const struct wr_schema *right,
		      const struct wr_expr *condition, struct wr_interval *out, bool *is_bound);

#endif
