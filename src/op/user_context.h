/* SPDX-License-Identifier: Apache-2.0
 *
 * user_context - struct weir_context: what the callbacks of the program with state work with, and
 * how their rows go out.
 *
 * The operator that calls says before each callback which key, row and time it is about, and
 * afterwards asks wr_context_after whether it went well. What the program does wrong (a state that
 * is not there, or of another kind; state without a key) is kept as the first mistake and fails the
 * job after the callback; meanwhile it gets NULL, or memory that nobody reads where it may count on
 * a pointer.
 *
 * Rows of each output go out in batches when there are enough of them, and when the operator asks
 * for it at a mark. A batch of an operator with side outputs has rows of one output: the columns of
 * the others are constant NULLs.
 *
 * Thread: the operator's.
 */
#ifndef WR_OP_USER_CONTEXT_H
#define WR_OP_USER_CONTEXT_H

#include "expr/appender.h"
#include "op/op.h"
#include "op/user_state.h"

/* One output, the main one or a side output. */
struct wr_user_output {
	struct weir_appender appender;
	struct weir_context *context;
	uint32_t index; /* 0: main */
	uint32_t first; /* its first column in the node's schema */
};

struct weir_context {
	struct wr_op *op;
	const struct wr_user_op *user;
	void *self;                    /* the program's instance */
	struct wr_user_output *output; /* 1 + side_count; owned */
	uint32_t output_count;

	/* State of the key at hand. The store's states are user->state, or a trigger's. */
	const struct wr_user_store *store; /* NULL: no state */
	uint8_t *block;                    /* NULL: no key */
	struct wr_agg_pool *pool;          /* of the block */
	uint8_t *shared;                   /* block of broadcast states; NULL: there are none */
	struct wr_agg_pool *shared_pool;
	bool shared_write; /* they may be written: the row is of the broadcast input */

	/* Time. */
	const struct weir_row *row; /* at hand; NULL: a timer */
	int32_t rowtime;            /* its column with the event time; -1: none */
	int64_t time_ms;            /* of the timer, or of the row when row is NULL */
	int64_t watermark_ms;       /* WR_WATERMARK_MIN: none yet */
	int64_t sent_ms;            /* watermark of the last mark: that of batches going out */
	int64_t wall_ms;            /* the clock, read now and then */
	uint32_t wall_left;         /* times that it may be asked before it is read again */

	/* What the operator does for callbacks; NULL: there are no timers, or no key. */
	void (*timer)(struct weir_context *context, enum weir_time time, int64_t time_ms, bool set);
	const struct weir_row *(*key)(struct weir_context *context);

	wr_status *mistake; /* the first one of the callback; owned; NULL: none */
	uint8_t *blind;     /* what is handed out after one; owned; NULL: not needed yet */
	uint64_t blind_size;
	struct wr_text fail; /* of weir_fail */
	bool failed;         /* weir_fail was called */
};

/* Makes the outputs. Everything else is the operator's to set. */
wr_status *wr_context_init(struct weir_context *context, struct wr_op *op,
			   const struct wr_user_op *user);
void wr_context_release(struct weir_context *context); /* zeroed is allowed */
/* After a callback that returned `code`; `what`: "element", for messages. */
wr_status *wr_context_failure(struct weir_context *context, int code, const char *what);
static inline bool wr_output_is_clean(const struct wr_user_output *output)
{
	const struct weir_appender *out = &output->appender;

	return out->mistake == NULL && out->at == 0 && !out->bad && out->depth == 0;
}
static inline wr_status *wr_context_after(struct weir_context *context, int code, const char *what)
{
	bool clean = code == 0 && context->mistake == NULL;

	for (uint32_t i = 0; i < context->output_count && clean; i++)
		clean = wr_output_is_clean(&context->output[i]);
	return WR_LIKELY(clean) ? NULL : wr_context_failure(context, code, what);
}
/* Sends all rows that wait. */
wr_status *wr_context_flush(struct weir_context *context);
/* Sends a batch of rows of side output `side` that did not come through its appender; its columns
 * are that output's. Takes it over. */
wr_status *wr_context_send(struct weir_context *context, uint32_t output, struct wr_batch *batch);
/* Rows that have left since the operator began. */
static inline uint64_t wr_context_sent(const struct weir_context *context)
{
	return context->op->out.rows;
}
/* The clock is to be read anew at the next question. */
static inline void wr_context_tick(struct weir_context *context)
{
	context->wall_left = 0;
}
/* Notes a mistake of the program (taken over; the first one stays). */
void wr_context_mistake(struct weir_context *context, wr_status *mistake_moved);
/* Event time of a physical row of a TIMESTAMP column; INT64_MIN: NULL. */
int64_t wr_row_time(const struct wr_batch *batch, uint32_t column, uint32_t row);

#endif
