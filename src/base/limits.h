/* SPDX-License-Identifier: Apache-2.0
 *
 * limits - a maximum on everything, each with its reason (P5).
 */
#ifndef WR_BASE_LIMITS_H
#define WR_BASE_LIMITS_H

#define WR_BATCH_ROWS_MAX 4096 /* a batch's hot columns fit the L2 cache */
#define WR_SQL_BYTES_MAX                                                                           \
	(4u << 20) /* a script; the largest generated ones seen in the field are near 1 MB */
#define WR_SQL_NESTING_MAX                                                                         \
	200 /* parentheses, subqueries, calls within each other: only hostile input has more */
#define WR_SQL_HEIGHT_MAX                                                                          \
	4000 /* levels of a tree, chains of + or UNION ALL included: walks over it stay below 1 MB \
	      * of stack */
#define WR_SQL_TOKENS_MAX 1000000 /* bounds the AST's arena */
#define WR_COLUMNS_MAX                                                                             \
	2000 /* columns of one table or query; bitmaps and stack arrays rely on it                 \
	      */
#define WR_JSON_NESTING_MAX                                                                        \
	500 /* simdjson's own default is 1024; hostile input only ever nests                       \
	     */
#define WR_RECORD_BYTES_MAX                                                                        \
	(64u << 20) /* one line or message; larger ones are reported as bad rows */
#define WR_BLOCK_BYTES                                                                             \
	(1u << 20) /* a numbered block of a file: decode time near 1 ms, sits in the L2/L3 cache   \
		    */
#define WR_LOOKUP_ANSWER_BYTES                                                                     \
	(256ll << 20) /* default of lookup.max-answer-size: a key with more is rarely meant */
#define WR_REASON_BYTES_MAX                                                                        \
	1024 /* what a callback says of its failure: a sentence, which may quote a value */
#define WR_ASYNC_CAPACITY_MAX                                                                      \
	1000000u /* asynchronous requests in flight on a worker: each has an answer in memory */
#define WR_WORKERS_MAX     256 /* workers of one job: queue pairs grow with its square */
#define WR_KEY_GROUPS      128 /* default of pipeline.max-parallelism */
#define WR_TASK_INPUTS_MAX 64  /* inputs of one operator (UNION ALL branches) */
#define WR_WINDOW_SLICES_MAX                                                                       \
	100000 /* slices one row's windows may span (HOP size / slide); more is a typing error */
#define WR_EVENT_TIME_MS_MAX                                                                       \
	((1ll << 61) - 1) /* of a row, before and after 1970: windows, joins and lateness around   \
			   * it do not overflow */

#endif
