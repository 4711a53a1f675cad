/* SPDX-License-Identifier: Apache-2.0
 *
 * steps - what a compiled program is made of; shared by its compiler (program.c), its runner
 * (run.c) and the lazy nodes (lazy.c).
 *
 * A program is a list of steps over registers. A register holds one column during a run: an input
 * column, a constant or the result of a step. A mask is one byte per row: the rows that a lazily
 * evaluated part is needed for. Masks form a tree: each is a subset of its parent; mask 0 is all
 * rows.
 *
 * Invariants
 *   S1  a step reads only registers and masks that earlier steps have written
 *   S2  a register computed under mask m holds meaningful values in the rows of m only; the others
 * are initialised. It is read only where that does not matter. S3  after the last step that reads
 * it, a register is empty again, except for results
 */
#ifndef WR_EXPR_STEPS_H
#define WR_EXPR_STEPS_H

#include "expr/program.h"

#define WR_NO_REG UINT32_MAX /* the place of a symbol among arguments */

enum wr_step_kind {
	WR_STEP_CALL,     /* a kernel: functions and casts */
	WR_STEP_RETYPE,   /* the same column under another type */
	WR_STEP_CASE,     /* in: when1, then1, ..., else */
	WR_STEP_AND,      /* in: BOOLEANs */
	WR_STEP_OR,       /* in: BOOLEANs */
	WR_STEP_COALESCE, /* in: columns of one type */
	WR_STEP_MASK      /* mask `out` = mask `mask` where register in[0] is as `op` says */
};

enum wr_mask_op {
	WR_MASK_TRUE,      /* THEN */
	WR_MASK_NOT_TRUE,  /* the next WHEN, ELSE, the next of an OR */
	WR_MASK_NOT_FALSE, /* the next of an AND */
	WR_MASK_NULL       /* the next of a COALESCE */
};

struct wr_step {
	enum wr_step_kind kind;
	enum wr_mask_op op;         /* MASK */
	bool try_cast;              /* CALL: failing rows become NULL */
	uint32_t flags;             /* CALL: enum wr_function_flags */
	uint32_t out;               /* register (MASK: mask) that is written */
	uint32_t mask;              /* rows it is needed for; 0: all */
	uint32_t in_count;          /* arguments */
	const uint32_t *in;         /* registers; WR_NO_REG: a symbol */
	const struct wr_type *type; /* of the result; NULL for MASK */
	wr_kernel kernel;           /* CALL */
	const struct wr_expr *expr; /* CALL: what it was made of */
	struct wr_call call;        /* CALL; owns call.state */
	uint32_t drop_count;        /* registers not read any more after this step (S3) */
	uint32_t *drop;             /* their numbers */
};

struct wr_program {
	struct wr_arena arena;          /* everything below */
	struct wr_expr_pool pool;       /* of folded expressions */
	uint32_t column_count;          /* of the input */
	uint32_t reg_count;             /* registers */
	struct wr_column **reg;         /* during a run */
	uint32_t mask_count;            /* masks, the 0th included */
	uint8_t **mask;                 /* during a run; NULL: all rows */
	bool *mask_empty;               /* during a run: no row at all */
	uint32_t load_count;            /* input columns that are read */
	uint32_t *load_column;          /* their numbers */
	uint32_t *load_reg;             /* the registers they go to */
	uint32_t const_count;           /* registers that hold constants */
	uint32_t *const_reg;            /* their numbers */
	struct wr_column **const_value; /* borrowed from the expressions */
	uint32_t step_count;            /* steps */
	struct wr_step *step;           /* in order of evaluation */
	uint32_t result_count;          /* expressions */
	uint32_t *result;               /* their registers */
	struct wr_expr *const *expr;    /* as given, folded; for the stages of a filter */
	struct wr_eval eval;            /* of this program */
	struct wr_zone *zone;           /* owned; NULL: UTC */
	uint8_t *failed;                /* during a run: rows that failed; NULL: none yet */
	uint32_t rows;                  /* of the run */
	struct wr_filter *filter;       /* stages, made at the first wr_program_filter; owned */
};

/* Compiles without folding (the folder itself uses it). */
wr_status *wr_program_compile(struct wr_expr *const *expr, uint32_t count, uint32_t column_count,
			      const char *zone_id, bool fold, struct wr_program **out);

/* Runs one step of the lazy kinds. */
void wr_step_case(struct wr_program *program, const struct wr_step *step);
void wr_step_logic(struct wr_program *program, const struct wr_step *step);
void wr_step_coalesce(struct wr_program *program, const struct wr_step *step);
void wr_step_mask(struct wr_program *program, const struct wr_step *step);

/* Stages of a filter (filter.c). */
void wr_filter_free(struct wr_filter *filter);

#endif
