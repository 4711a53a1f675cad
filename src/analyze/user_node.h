/* SPDX-License-Identifier: Apache-2.0
 *
 * user_node - what a USER node of a plan does: callbacks of the program, as one description that
 * the streams of weir/stream.h make and the operators of op/user_*.c run.
 *
 * A description is immutable; it belongs to the flow, which outlives its plans and jobs. Texts and
 * structs of the program are copied into it, and column lists are resolved into schemas.
 *
 * Output of a node with side outputs: `$side` INT NOT NULL (0: the main output, k: side output k -
 * 1), then the columns of the main output, then those of each side output; in a row the columns of
 * other outputs are NULL. Above it stands, for each stream that is used, a FILTER on `$side` and a
 * PROJECT. A node without side outputs has the columns of the main output alone.
 */
#ifndef WR_ANALYZE_USER_NODE_H
#define WR_ANALYZE_USER_NODE_H

#include "data/type.h"
#include "weir/stream.h"

enum wr_user_kind {
	WR_U_MAP,            /* one row for each */
	WR_U_FLAT_MAP,       /* any number */
	WR_U_FILTER,         /* schema as the input's */
	WR_U_PROCESS,        /* weir_process, weir_process2 */
	WR_U_WINDOW,         /* weir_window */
	WR_U_INTERVAL_JOIN,  /* weir_interval_join */
	WR_U_ASYNC,          /* weir_async */
	WR_U_TABLE_FUNCTION, /* a process table function in SQL */
	WR_U_STREAM, /* nothing: keeps a stream that several read apart from what the planner
			does for one of them (plan/user.c); not in the physical plan */
	WR_U_KIND_COUNT
};

/* The struct that a list of columns describes (weir_state.columns). */
struct wr_user_layout {
	struct wr_schema schema; /* of its members */
	uint32_t *offset;        /* per member */
	uint32_t size;           /* of the struct, as C pads it */
	bool bytes;              /* it has STRING or BYTES members */
};

struct wr_user_state {
	struct weir_state given; /* texts are copies */
	struct wr_user_layout value;
	struct wr_user_layout key; /* MAP */
};

struct wr_user_op {
	enum wr_user_kind kind; /* which member of u is meant */
	const char *name;       /* of the operator; its state is named after it */
	struct wr_schema main;  /* columns of the main output */
	/* Of the side outputs. WINDOW: "late" with the columns of the input if it is used; without,
	 * late rows go to env->late. */
	struct wr_schema *side;
	const char **side_name;  /* their names */
	uint32_t side_count;     /* number of side */
	struct wr_schema output; /* of the node, see above */
	bool changes;            /* rows of other kinds than +I may come out */
	bool broadcast;          /* the second input goes to all workers */
	bool second;             /* it has a second input */
	/* PROCESS: the first columns of `main` are those of the key, for each input, which the
	 * operator appends. */
	uint32_t pass_keys;
	/* PROCESS: the last column of `main` is the time of the row or timer that it comes of, and
	 * late rows are left out. */
	bool on_time;
	uint32_t time_column[2]; /* on_time: of the inputs */
	/* WINDOW: the states of its trigger (OWN), then, if it has `accumulate`, one of kind
	 * WEIR_VALUE named "accumulator" for the accumulator's columns and size. */
	struct wr_user_state *state;
	uint32_t state_count; /* number of state */
	union {
		struct {
			weir_row_function *row;                              /* MAP, FLAT_MAP */
			int (*keep)(void *user, const struct weir_row *row); /* FILTER */
			void *user;
		} rows;
		struct weir_process process; /* PROCESS; its texts and arrays are above */
		struct weir_window window;   /* its trigger and evictor are copies, too */
		struct {
			int64_t lower_ms, upper_ms; /* of time of right - time of left */
			int (*join)(void *user, const struct weir_row *left,
				    const struct weir_row *right, struct weir_appender *out);
			void *user;
		} interval;
		struct weir_async async; /* ASYNC */
	} u;
};

/* Whether it handles row after row and keeps nothing: MAP, FLAT_MAP, FILTER. */
static inline bool wr_user_is_by_row(const struct wr_user_op *op)
{
	return op->kind == WR_U_MAP || op->kind == WR_U_FLAT_MAP || op->kind == WR_U_FILTER ||
	       op->kind == WR_U_STREAM;
}

/* The column with the event time of the rows, -1: there is none. */
static inline int32_t wr_user_time_column(const struct wr_schema *schema)
{
	for (uint32_t i = 0; i < schema->count; i++)
		if (schema->field[i].type->time == WR_TIME_EVENT)
			return (int32_t)i;
	return -1;
}

#endif
