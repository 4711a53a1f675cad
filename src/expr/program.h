/* SPDX-License-Identifier: Apache-2.0
 *
 * program - a list of expressions compiled to a flat list of vector kernels over one batch.
 *
 * Compile once per worker: common subexpressions are computed once, constants are folded, lazily
 * evaluated parts run under a mask of live rows (wr_eval.live) so that rows that do not need them
 * cannot fail. Run once per batch.
 *
 * Input batches may carry a selection: only the columns that the program reads are gathered;
 * results are dense, one row per selected row. A plain column reference returns the column itself
 * (shared, no copy).
 *
 * Thread: a program instance belongs to one worker (it owns scratch and prepared state).
 */
#ifndef WR_EXPR_PROGRAM_H
#define WR_EXPR_PROGRAM_H

#include "data/batch.h"
#include "data/zone.h"
#include "base/env.h"
#include "expr/function.h"

struct wr_program;

/* Texts kept of the errors of one run: enough to tell the user, bounded for a batch of bad rows. */
#define WR_EVAL_ERRORS_TEXT 64

/* Facts about the run that some functions read. */
struct wr_eval_context {
	const char *zone_id;           /* table.local-time-zone */
	int64_t (*now_us)(void *user); /* wall clock; NULL: the system's */
	void *user;
	const int64_t *row_watermark; /* ms per physical row, or NULL: `watermark` */
	int64_t watermark; /* ms; WR_WATERMARK_MIN: none yet (CURRENT_WATERMARK is NULL) */
};

struct wr_eval_error {
	uint32_t row;     /* row of the run, i.e. index among the selected rows */
	const char *text; /* in the evaluator's arena, valid until the next run; NULL past
			     WR_EVAL_ERRORS_TEXT errors */
	enum wr_status_reason reason;
	const struct wr_expr *expr; /* what failed: its place, what it is; the program's. NULL: a
				       function of a flow */
};

struct wr_eval {
	const uint8_t *live;        /* one byte per row of the run, or NULL: all rows are needed */
	const uint32_t *sel;        /* physical row behind each row of the run; NULL: the same */
	const struct wr_zone *zone; /* the session's time zone; NULL: UTC */
	struct wr_eval_context context;
	const struct wr_expr *at;    /* being evaluated, for errors */
	struct wr_arena arena;       /* reset at the start of each run */
	uint32_t error_count;        /* rows that failed in this run */
	struct wr_eval_error *error; /* sorted by row; one entry per failed row (its first error) */
	uint32_t error_capacity;     /* slots at error */
	const uint32_t
	    *row_map;    /* within nested values: row of the run behind each element; else NULL */
	uint8_t *caught; /* TRY_CAST: failed rows are marked here (per row of the run), not
			    reported; else NULL */
};

/* Compiles `count` expressions over inputs with `column_count` columns. The expressions must
 * outlive the program. */
wr_status *wr_program_new(struct wr_expr *const *expr, uint32_t count, uint32_t column_count,
			  const char *zone_id, struct wr_program **out);
/* The same, for a job: functions like PROCTIME() read the clock of its environment. */
wr_status *wr_program_clocked(struct wr_expr *const *expr, uint32_t count, uint32_t column_count,
			      const char *zone_id, struct wr_env *env, struct wr_program **out);
void wr_program_free(struct wr_program *program);
/* The evaluator of this program: set context before a run, read errors after it. */
struct wr_eval *wr_program_eval(struct wr_program *program);
/* Evaluates all expressions over the selected rows of `batch` into out[0..count): new references,
 * dense (or const) columns of wr_batch_count(batch) rows. Rows that failed are listed in
 * eval->error; their values are NULL or unspecified. A returned status is fatal (out of memory),
 * never about a row. */
wr_status *wr_program_run(struct wr_program *program, const struct wr_batch *batch,
			  struct wr_column **out);
/* For filters: evaluates expression 0 (BOOLEAN) and writes the PHYSICAL rows where it is TRUE to
 * sel (room for batch->rows). Failed rows are not selected; they are in eval->error (row = index
 * among the selected rows). */
wr_status *wr_program_filter(struct wr_program *program, const struct wr_batch *batch,
			     uint32_t *sel, uint32_t *sel_count);
/* The next action for rows that fail in `expr`: another expression, or NULL. */
const char *wr_eval_hint(const struct wr_expr *expr);
/* Evaluates an expression without inputs: a const column. A failing row is returned as a user
 * error. */
wr_status *wr_expr_evaluate(const struct wr_expr *expr, const char *zone_id,
			    struct wr_column **out);

#endif
