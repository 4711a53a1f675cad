/* SPDX-License-Identifier: Apache-2.0
 *
 * user_op - for benchmarks of operators that programs write: one made as a flow would make it, for
 * rows that are in memory.
 */
#ifndef WR_BENCH_USER_OP_H
#define WR_BENCH_USER_OP_H

#include <stdio.h>
#include <stdlib.h>

#include "analyze/columns.h"
#include "base/mem.h"
#include "op/op.h"

#define BATCH       4096u
#define ROWS_PER_MS 100u /* of event time */
#define START_MS    1700000000000

static inline void must(wr_status *status)
{
	if (status == NULL)
		return;
	fprintf(stderr, "%s\n", status->text);
	exit(1);
}

/* Marsaglia, "Xorshift RNGs", 2003. */
static inline uint64_t random_of(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

/* The operator's output: counted. */
static inline wr_status *drop(struct wr_out *out, struct wr_batch *batch)
{
	out->rows += wr_batch_count(batch);
	wr_batch_free(batch);
	return NULL;
}

struct plan {
	struct wr_arena arena;
	struct wr_node scan, *input[1], node;
	struct wr_user_state state;
	struct wr_user_op user;
	struct wr_op_env env; /* of the operator, which goes on using it */
	uint32_t key[1];
};

/* `columns`: what comes in; the first is the key, the third the event time. `written`: the columns
 * as the function names them. The caller sets user.u and the state. */
static inline void plan_make(struct plan *plan, enum wr_user_kind kind, const char *columns,
			     const char *written)
{
	struct wr_type *time;

	*plan = (struct plan){0};
	wr_arena_init(&plan->arena);
	plan->user = (struct wr_user_op){.kind = kind, .name = "bench", .state = &plan->state};
	must(wr_columns_parse(&plan->arena, written, "Columns", &plan->user.main));
	plan->user.output = plan->user.main;
	plan->scan.kind = WR_N_SCAN;
	must(wr_columns_parse(&plan->arena, columns, "Columns", &plan->scan.schema));
	time = WR_NEW(&plan->arena, struct wr_type);
	*time = *plan->scan.schema.field[2].type;
	time->time = WR_TIME_EVENT;
	plan->scan.schema.field[2].type = time;
	plan->scan.traits.distribution = WR_D_KEYS;
	plan->scan.traits.keys = (struct wr_column_set){1, plan->key};
	plan->input[0] = &plan->scan;
	plan->node = (struct wr_node){
	    .kind = WR_N_USER,
	    .schema = plan->user.output,
	    .input = plan->input,
	    .input_count = 1,
	    .u.user = {.op = &plan->user, .key = {plan->key, plan->key}, .key_count = 1}};
}

/* State number 0. */
static inline void plan_state(struct plan *plan, const struct weir_state *given)
{
	plan->user.state_count = 1;
	plan->state.given = *given;
	must(wr_layout_parse(&plan->arena, given->columns, "State", given->value_size, true,
			     &plan->state.value));
}

static inline struct wr_op *plan_op(struct plan *plan)
{
	struct wr_op *op;

	plan->env = (struct wr_op_env){.workers = 1,
				       .batch_rows_max = BATCH,
				       .max_parallelism = 128,
				       .zone_id = "UTC",
				       .backend = &wr_state_memory,
				       .env = wr_env_system()};
	must(wr_op_new(&plan->node, &plan->env, &op));
	op->out = (struct wr_out){.emit = drop};
	return op;
}

/* Until nothing is left to do at `mark`. */
static inline void mark_all(struct wr_op *op, const struct wr_mark *mark)
{
	bool more = true;

	while (more) {
		more = false;
		must(op->type->on_mark(op, mark, &more));
	}
}

#endif
