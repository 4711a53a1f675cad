/* SPDX-License-Identifier: Apache-2.0
 *
 * op - the contract of an operator: one instance per worker, fed with batches and marks.
 *
 * The plan node is immutable and shared; everything that changes lives in the operator or in its
 * state. A task calls init -> (process | on_mark)* -> release on one thread. process() folds rows
 * in and emits at once only what needs no mark; on_mark() runs when the mark of an epoch has
 * arrived on all inputs: it fires what the watermark allows and emits the net change of the epoch.
 * The task forwards the mark itself.
 *
 * Ownership: process() takes over the batch. wr_out_emit takes over the batch it is given.
 *
 * Bounded: an operator that has much to emit at a mark emits up to about WR_OP_EMIT_ROWS rows, sets
 * *more and is called again with the same mark once downstream has room. One that may have much to
 * emit for a batch does the same with `pending` and resume(). One that waits for the outside world
 * says so with `waiting`: its task rests, others of the worker go on, nothing more is read for it.
 * A job that is cancelled does not wait for it.
 *
 * Invariants (checked by wr_op_check in debug builds)
 *   O1  emitted batches have the node's schema, at most WR_BATCH_ROWS_MAX rows and at least one row
 * that counts O2  row kinds stay within node->traits.changes O3  epochs of marks grow by one;
 * watermarks never go back
 */
#ifndef WR_OP_OP_H
#define WR_OP_OP_H

#include "analyze/node.h"
#include "base/counter.h"
#include "base/env.h"
#include "base/limits.h"
#include "data/batch.h"
#include "expr/program.h"
#include "state/snapshot.h"

#define WR_OP_EMIT_ROWS                                                                            \
	(16 * WR_BATCH_ROWS_MAX) /* per call of on_mark: bounds what a firing window buffers       \
				    downstream */

enum wr_mark_flags {
	WR_MARK_CHECKPOINT = 1, /* the epoch's state is to be made durable */
	WR_MARK_END = 2, /* the input is finished: fire everything, then nothing more comes */
	WR_MARK_IDLE = 4 /* the input is idle: its watermark does not hold others back */
};

struct wr_mark {
	uint64_t epoch;       /* counts from 0 per job */
	int64_t watermark_ms; /* of the stream after the epoch; WR_WATERMARK_MIN: none yet */
	uint32_t flags;       /* enum wr_mark_flags */
	int64_t born_us;      /* monotonic: when the first row of the epoch was read; 0: there is
				 none */
};

/* The earlier of two births; 0: none. */
static inline int64_t wr_born_first(int64_t a, int64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

struct wr_op;

/* Where an operator's output goes: the next operator of the chain, an exchange or a sink. */
struct wr_out {
	wr_status *(*emit)(struct wr_out *out, struct wr_batch *batch_moved); /* never NULL */
	struct wr_op *next;  /* the next operator, or NULL */
	uint32_t next_input; /* its input index */
	void *target;        /* the exchange's or sink's own when next is NULL */
	uint64_t rows;       /* emitted so far; wr_counter */
};
static inline wr_status *wr_out_emit(struct wr_out *out, struct wr_batch *batch_moved)
{
	return out->emit(out, batch_moved);
}

/* What the job gives an operator; shared by all operators of a worker, immutable but for the
 * counters. */
struct wr_op_env {
	uint32_t worker;          /* index of this worker */
	uint32_t workers;         /* of the job */
	uint32_t batch_rows_max;  /* rows an emitted batch may hold: weir.batch.max-rows */
	uint32_t max_parallelism; /* key groups */
	const char *zone_id;      /* session time zone */
	const struct wr_state_backend *backend;
	bool track;         /* there will be checkpoints: states note what changes */
	struct wr_env *env; /* clocks, files */
	/* A row that could not be evaluated (a failing CAST ...): counts, routes or fails as
	 * error-handling.mode says. */
	wr_status *(*row_error)(const struct wr_op_env *env, const struct wr_op *op,
				const struct wr_eval_error *error);
	/* Rows dropped as late: `batch` (borrowed) with the physical rows row[0..count); end_ms:
	 * the window's end or WR_WATERMARK_MIN. Counts them and sends them to weir.late-rows.table
	 * if there is one. */
	wr_status *(*late)(const struct wr_op_env *env, const struct wr_op *op,
			   const struct wr_batch *batch, const uint32_t *row, const int64_t *end_ms,
			   uint32_t count);
	struct wr_host *host; /* for look-ups: says whether the job ends, and tells who waits */
	/* What an operator waits for has come: its task is looked at again. Any thread, while the
	 * operator lives. NULL: nobody sleeps. */
	void (*wake)(const struct wr_op_env *env);
	void *job; /* the runtime's */
};

struct wr_op_type {
	const char *name; /* as in EXPLAIN */
	uint32_t version; /* of its state layout */
	uint32_t size;    /* bytes of the instance, a struct that begins with struct wr_op; zeroed
			     before init */
	bool keeps_rows;  /* what process() emits are rows of its batch, each with what goes along
			     with it (traced.h); else the runtime takes that off before */
	wr_status *(*init)(struct wr_op *op); /* MUST */
	wr_status *(*process)(struct wr_op *op, uint32_t input,
			      struct wr_batch *batch_moved); /* MUST; never an empty batch */
	wr_status *(*on_mark)(struct wr_op *op, const struct wr_mark *mark, bool *more); /* MAY */
	/* MAY: `pending` is set: goes on where it stopped. Called until it is not, before anything
	 * else but process(), which what is above may still call. */
	wr_status *(*resume)(struct wr_op *op);
	void (*release)(struct wr_op *op); /* MUST accept a half-initialised operator */
	uint64_t (*state_bytes)(const struct wr_op *op); /* MAY */
	/* The watermark at which it next emits what it holds; INT64_MAX: it holds nothing that
	 * waits for one. MAY; not in the middle of a call of the others. */
	int64_t (*next_ms)(const struct wr_op *op);
	/* MAY: everything that was remembered has been loaded; before the first batch. Rebuilds
	 * what follows from the states (timers), which it may scan. */
	wr_status *(*restored)(struct wr_op *op);
};

/* A record of what an operator keeps beside its states, on its way back. */
struct wr_op_record {
	struct wr_str key;            /* encoded key, as it was saved */
	const struct wr_value *value; /* fields in the order of the declaration */
};

/* What an operator remembers, registered by its init in a fixed order: a keyed state, or something
 * beside them (rows that wait for the watermark, counters, clocks: an "extra"), which is saved as
 * a whole at every checkpoint. */
struct wr_op_kept {
	struct wr_state_decl decl; /* of an extra: value_size 0, codec->save and load NULL */
	struct wr_state *state;    /* NULL: an extra */
	uint64_t used;             /* bytes in use at the last look (runtime/budget.h) */
	/* Extra: writes its records, each by wr_op_put. Called at a mark, after on_mark. */
	void (*save)(struct wr_op *op, struct wr_snapshot_out *out);
	/* Extra: takes one record of those saved by all workers that this worker owns; one without
	 * key columns goes to every worker, once for each that saved it. WR_FATAL: damaged. */
	wr_status *(*load)(struct wr_op *op, const struct wr_op_record *record);
};
#define WR_OP_KEPT_MAX   (WR_TASK_INPUTS_MAX + 8) /* states and extras of an operator */
#define WR_OP_CLOCKS_MAX 4                        /* numbers of an operator that only grow */

/* Makes columns of input `input` the key columns of a declaration: count, types, names, and by
 * which of them rows come to this worker (arrays in `arena`). */
void wr_op_key_columns(const struct wr_op *op, uint32_t input, const uint32_t *column,
		       uint32_t count, struct wr_arena *arena, struct wr_state_decl *decl);
/* Opens a state and registers it; decl.codec NULL: scratch, which is not registered. */
wr_status *wr_op_state_open(struct wr_op *op, const struct wr_state_decl *decl,
			    struct wr_state **out);
/* Registers an extra; name, key types and fields (decl->codec->field) as in a state. */
void wr_op_extra(struct wr_op *op, const struct wr_state_decl *decl,
		 void (*save)(struct wr_op *op, struct wr_snapshot_out *out),
		 wr_status *(*load)(struct wr_op *op, const struct wr_op_record *record));
/* Registers a number of the operator that only grows (a watermark, a count of arrivals): of those
 * that the workers saved the largest one is taken over. All of an operator are one extra, "clocks",
 * with a field each. */
void wr_op_clock(struct wr_op *op, const char *name, int64_t *clock);
/* In save: begins a record; the caller appends the fields of its value (wr_value_put_*), then calls
 * wr_op_put_end. `key`: encoded by the codec of the declared key types; without: (NULL, 0). */
struct wr_text *wr_op_put_begin(struct wr_snapshot_out *out, const char *key, size_t key_len);
void wr_op_put_end(struct wr_snapshot_out *out);

struct wr_op {
	const struct wr_op_type *type;
	const struct wr_node *node;
	const struct wr_op_env *env;
	struct wr_out out;  /* where emitted batches go */
	uint64_t rows_in;   /* counted by the task; wr_counter */
	uint64_t late_rows; /* dropped as late; wr_counter */
	uint32_t input;     /* index of the input that process() was last called for */
	bool pending;       /* it has more to emit for what it was given: resume() */
	bool waiting; /* set by resume or on_mark, with `pending` or *more: there is nothing to
			 do before env->wake or wait_until_us. Taken back before the next
			 call, which may come earlier */
	int64_t wait_until_us;   /* while waiting (monotonic); INT64_MAX: wake alone */
	struct wr_op_kept *kept; /* what it remembers: kept_count of them; owned by registry.c */
	uint32_t kept_count;
	uint64_t memory_used, memory_held; /* bytes at the last look: all, and what stays */
	uint32_t memory_skip;              /* marks until the next one */
	int64_t *clock[WR_OP_CLOCKS_MAX];  /* those of wr_op_clock; in the operator */
	uint32_t clock_count;
	void *clocks; /* how they are saved (kept.c); owned by registry.c; NULL: there are none */
	int64_t hold_ms; /* what comes behind the operator sees watermarks lower by this: its rows
			    may be that much older than the watermark of its input. Set by init,
			    constant */
};

/* The job's clocks in milliseconds: one that never goes back, and the time of day. */
static inline int64_t wr_op_mono_ms(const struct wr_op *op)
{
	return wr_mono_us(op->env->env) / 1000;
}
static inline int64_t wr_op_wall_ms(const struct wr_op *op)
{
	return wr_wall_us(op->env->env) / 1000;
}

/* Makes the operator for a physical node (op/registry.c). */
wr_status *wr_op_new(const struct wr_node *node, const struct wr_op_env *env, struct wr_op **out);
void wr_op_free(struct wr_op *op); /* NULL allowed */
/* Whether there is an operator for the node: else a query that needs it is refused. */
bool wr_op_exists(const struct wr_node *node);
/* Bytes of state of the operator. */
uint64_t wr_op_state_bytes(const struct wr_op *op);

extern const struct wr_op_type wr_op_calc, wr_op_values, wr_op_window, wr_op_group_agg,
    wr_op_local_agg, wr_op_local_limit, wr_op_window_agg, wr_op_session_agg, wr_op_session_rows,
    wr_op_hash_join, wr_op_window_join, wr_op_rank, wr_op_window_rank, wr_op_dedup, wr_op_set_op,
    wr_op_sort, wr_op_unnest, wr_op_changelog_normalize, wr_op_drop_update_before,
    wr_op_sink_materialize;

extern const struct wr_op_type wr_op_over, wr_op_over_sorted;

extern const struct wr_op_type wr_op_interval_join, wr_op_temporal_join, wr_op_lookup_join,
    wr_op_multi_join;
extern const struct wr_op_type wr_op_order, wr_op_epoch_changes, wr_op_match, wr_op_view_keep;
extern const struct wr_op_type wr_op_user_rows, wr_op_user_async, wr_op_user_interval,
    wr_op_user_process, wr_op_user_window;

#endif
