/* SPDX-License-Identifier: Apache-2.0
 *
 * match_eval - conditions of pattern variables, and measures of matches.
 *
 * Conditions that look at nothing but the row itself are early: they are computed by batch when
 * rows come, one bit per variable and row. The others need the partial match and are computed when
 * the automaton asks for them, over the virtual rows of analyze/match.h.
 *
 * Aggregates in conditions grow with the match: a partial match keeps, per variable that some
 * condition sums up, the accumulators over the rows it has taken. Partial matches that branch off
 * share them until one of them takes another row. For a test the accumulators are copied and the
 * row at hand is added to the copy.
 *
 * Thread: one owner.
 */
#ifndef WR_OP_MATCH_EVAL_H
#define WR_OP_MATCH_EVAL_H

#include "op/aggregate.h"
#include "op/match_heap.h"
#include "op/match_nfa.h"
#include "op/match_row.h"

/* Accumulators over the first `count` rows of a variable in a partial match. */
struct wr_match_acc {
	uint32_t refs;  /* partial matches that share it */
	uint32_t count; /* rows folded in */
	uint64_t unused;
	uint8_t slot[]; /* wr_aggs.slot_size bytes */
};

/* The aggregates of one variable's rows, being computed for several virtual rows. */
struct wr_match_sums {
	struct wr_aggs aggs;
	uint32_t place;              /* of its accumulators among those of a partial match */
	bool grows;                  /* they can be copied: else everything is added up anew */
	bool plain;                  /* a copy is a copy of the bytes */
	uint32_t columns;            /* of the input */
	struct wr_builder **builder; /* per input column: values to be added; NULL: not an argument
				      */
	uint8_t **acc;               /* per virtual row */
	uint32_t capacity;           /* of acc */
	uint8_t **slot;              /* where the values in the builders go */
	uint32_t waiting;            /* values in the builders, and entries of slot */
};

/* Virtual rows being written. */
struct wr_match_virtual {
	const struct wr_match_exprs *exprs;
	struct wr_program *program;  /* of its expressions */
	struct wr_builder **builder; /* per ref; NULL for aggregates and where there is a column */
	struct wr_column **column;   /* per ref of a condition, a batch long and used again and
					again; NULL: the builder makes one */
	struct wr_match_sums *sums;  /* per group */
	struct wr_agg_pool *pool;    /* of accumulators; NULL: no aggregates */
	uint32_t rows;
};

struct wr_match_eval {
	struct wr_op *op;
	const struct wr_match *match;
	struct wr_match_layout layout;      /* of the rows kept */
	uint64_t early;                     /* variables whose bit says all */
	struct wr_program **early_program;  /* per variable: over its refs; NULL: not early, or
					       without a condition */
	struct wr_match_virtual *condition; /* per variable; exprs NULL: early */
	struct wr_match_virtual measures;
	struct wr_builder **key;  /* of the matches in `measures`: the columns of PARTITION BY */
	struct wr_agg_pool *pool; /* of the keys' state: where partial matches keep accumulators */
	struct wr_match_sums **sums; /* behind each accumulator of a partial match */
	uint32_t acc_count;          /* per partial match */
	uint32_t acc_offset;         /* where they are in one */
	uint32_t run_bytes;          /* of a partial match */
	uint64_t late;               /* variables whose condition is not early and cannot fail */
	uint32_t *sel;               /* scratch: a batch of row numbers */
};

/* The accumulators that a partial match holds: acc_count of them, NULL: no rows yet. */
static inline struct wr_match_acc **wr_match_accs(const struct wr_match_eval *eval,
						  const struct wr_match_run *run)
{
	return (struct wr_match_acc **)((char *)(uintptr_t)run + eval->acc_offset);
}
/* Two partial matches come to share them; one of them ends. */
void wr_match_accs_share(const struct wr_match_eval *eval, const struct wr_match_run *run);
void wr_match_accs_drop(const struct wr_match_eval *eval, struct wr_match_run *run);

/* What a condition or measure is about. */
struct wr_match_view {
	const struct wr_match_rows *rows;
	struct wr_match_run *run;
	const struct wr_match_row *current; /* the row being tested; NULL: a whole match */
	uint32_t variable;                  /* that the row is tested for */
	int64_t ms;                         /* MATCH_ROWTIME() */
};

wr_status *wr_match_eval_init(struct wr_match_eval *eval, struct wr_op *op, struct wr_arena *arena);
void wr_match_eval_release(struct wr_match_eval *eval);
/* bits[i]: the variables that row i of a dense batch may be taken for. */
wr_status *wr_match_eval_bits(struct wr_match_eval *eval, const struct wr_batch *batch,
			      uint64_t *bits);
/* met[i]: whether the current row of view i meets the condition of `variable`, which is not early.
 * At most a batch of views. */
wr_status *wr_match_eval_test(struct wr_match_eval *eval, uint32_t variable,
			      const struct wr_match_view *view, uint32_t count, bool *met);
/* Adds a match to the next batch of output. */
wr_status *wr_match_eval_add(struct wr_match_eval *eval, const struct wr_match_view *view);
/* The matches added so far as a batch, or NULL when none is left. */
wr_status *wr_match_eval_flush(struct wr_match_eval *eval, struct wr_batch **out);

#endif
