/* SPDX-License-Identifier: Apache-2.0
 *
 * source - a table scan as the head of a stage: blocks are claimed in order, decoded in parallel,
 * and made to look as if one reader had read them record by record.
 *
 * What a single reader would know at the start of block k (the running watermark, how many lines
 * came before) is the carry. A worker decodes its block without it, computes the block's own prefix
 * maxima, and waits for the carry only then; it hands the next carry on before it pushes its rows
 * down the pipeline. So decoding runs on all workers, and lateness, line numbers and the order of
 * errors are those of one reader (P1).
 *
 *     worker A: claim 0, decode 0 ....... take carry 0, publish carry 1, push block 0
 *     worker B: claim 1, decode 1 ............ (waits) take carry 1, publish carry 2, push block 1
 *
 * Epoch k of the job is block k of every source; a source that has nothing at the moment
 * contributes an empty block when another source is ahead.
 *
 * Thread: wr_source_shared is shared (claim under its lock, carry by atomics); wr_source_task
 * belongs to a worker.
 *
 * Invariants
 *   R1  blocks are claimed in order and each by one worker
 *   R2  carry k+1 is published after carry k was taken, by the worker that has block k
 *   R3  row watermarks never go back, within a block and from block to block
 */
#ifndef WR_RUNTIME_SOURCE_H
#define WR_RUNTIME_SOURCE_H

#include <pthread.h>
#include <stdatomic.h>

#include "catalog/connector.h"
#include "op/op.h"
#include "runtime/host.h"
#include "runtime/pace.h"
#include "runtime/splits.h"

enum wr_error_mode { WR_ERROR_FAIL, WR_ERROR_IGNORE, WR_ERROR_LOG };
/* Reads "fail", "ignore" or "log" (any case). */
wr_status *wr_error_mode_read(const char *text, enum wr_error_mode *mode);

/* What one reader knows between two blocks. */
struct wr_carry {
	int64_t watermark_ms; /* of the source (splits.h); WR_WATERMARK_MIN: none */
	uint64_t lines;       /* line ends before the block in its origin */
	uint64_t rows;        /* rows read before the block */
	int64_t active_us;    /* monotonic time of the last row, for idleness */
};

/* What a checkpoint saves of a source: taken by whoever claims the checkpoint's epoch. */
struct wr_source_mark {
	uint64_t epoch;          /* of the checkpoint; UINT64_MAX: nothing taken */
	struct wr_text position; /* of the connector, behind that epoch's block */
	wr_status *status;       /* why there is no position */
	bool ended;              /* the block was the END */
	struct wr_carry carry;   /* behind the block; valid once its mark is on its way */
	struct wr_splits splits; /* the same */
};
void wr_source_mark_release(struct wr_source_mark *mark);

/* A split as it is shown. */
struct wr_split_seen {
	struct wr_split split; /* as of the last carry */
	uint64_t filtered;     /* rows that the scan's condition left out */
	uint64_t bad;          /* records that were bad */
};

struct wr_source_shared {
	const struct wr_node *node; /* WR_N_SCAN */
	const struct wr_connector *connector;
	struct wr_source *source;   /* the connector's */
	struct wr_table_host host;  /* of the connector */
	struct wr_env *env;         /* its clock */
	pthread_mutex_t lock;       /* around claim() */
	uint64_t next_epoch;        /* of the next block; under lock */
	bool ended;                 /* END was claimed; under lock */
	atomic_ullong claimed;      /* = next_epoch, to be read without the lock */
	atomic_ullong reached;      /* = next_epoch, of one that has ended, too */
	atomic_bool ended_seen;     /* = ended, to be read without the lock */
	atomic_llong epoch_us;      /* monotonic: when the last epoch was claimed; set under lock */
	uint32_t streak;            /* blocks since the connector had none; under lock */
	atomic_uint carry_waiters;  /* tasks whose block waits for its carry */
	atomic_llong wait_until_us; /* monotonic: no use asking the connector before */
	atomic_ullong carry_epoch;  /* block whose carry is in `carry`; R2 */
	struct wr_carry carry;
	struct wr_splits splits;       /* goes with the carry; empty where there are none */
	int64_t carry_us;              /* monotonic: when it was taken last; goes with it */
	enum wr_error_mode error_mode; /* error-handling.mode of the table */
	int64_t idle_timeout_ms;       /* 0: never idle */
	atomic_bool *cancel;           /* the job's: claim END without a final watermark */
	atomic_bool *finish;           /* the job's: claim END; NULL: never */
	int64_t until_ms;         /* rows that come when the watermark has reached it are not read;
				     INT64_MAX: all are */
	atomic_bool until_passed; /* it has: claim END without a final watermark */
	/* Checkpoints. */
	const atomic_ullong *checkpoint_epoch; /* of the one under way; NULL: there are none */
	struct wr_source_mark mark;            /* under lock (its carry: the claimer's) */
	uint64_t last_epoch; /* no later one is claimed; UINT64_MAX: no limit; under lock */
	bool patient; /* the run is to end after so many epochs: they wait for blocks; constant */
	atomic_bool delivered; /* the connector has given a block since it was opened */
	bool replayable;       /* the connector has positions; constant while the job runs */
	/* What claims are told about the splits: their watermarks after the last carry. A source
	 * without splits has one here. */
	pthread_mutex_t view_lock;
	struct wr_split_seen *seen;         /* under view_lock; per split */
	uint32_t seen_count, seen_capacity; /* under view_lock */
	int64_t row_us; /* monotonic: when rows came last; 0: none did; wr_noted, with the carry */
	struct wr_split_view *view; /* under lock: as the last claim was told; owned */
	uint32_t view_capacity;     /* under lock */
	/* Pace. */
	uint32_t group; /* of watermark alignment: number within the job; UINT32_MAX: none */
	atomic_llong group_low_ms; /* of its splits that count; INT64_MAX: none does */
	atomic_bool held;          /* something of it waits for the others of the group */
	struct wr_bucket bucket;   /* under lock: 'scan.rate-limit' */
	atomic_bool has_rows;      /* the connector had some when it was last asked */
	bool paced;                /* under lock: it was not asked when it was looked at last */
	uint32_t given_way;        /* under lock: epochs in a row, to higher priorities */
	int64_t block_us;          /* under lock, monotonic: when the last block came */
	/* Other sources of the job, to see whether one is ahead. */
	struct wr_source_shared *const *peer;
	uint32_t peer_count; /* number of peer */
};

/* Asks what to do with a bad record; implemented by the job (side outputs, counters). A status
 * stops the job. */
struct wr_source_sink {
	wr_status *(*bad)(void *user, const struct wr_source_shared *shared,
			  const struct wr_block *block, const struct wr_bad_record *record,
			  const struct wr_carry *carry);
	void *user; /* of the callback */
};

enum wr_source_state {
	WR_SOURCE_CLAIM, /* ready to claim the next block */
	WR_SOURCE_CARRY, /* block decoded, waiting for its carry */
	WR_SOURCE_PUSH,  /* rows are being pushed */
	WR_SOURCE_MARK,  /* rows are pushed: the mark is next */
	WR_SOURCE_DONE   /* the input is finished */
};

struct wr_source_task {
	struct wr_source_shared *shared; /* of all workers */
	const struct wr_op_env *env;     /* the task's */
	enum wr_source_state state;      /* what the next step does */
	struct wr_reader *reader;        /* this worker's decoder */
	struct wr_program *program;      /* output columns; NULL: the decoded columns as they are */
	struct wr_program *watermark;    /* NULL: none */
	struct wr_program *condition;    /* pushed-down filter; NULL: none */
	struct wr_block *block;          /* being processed; NULL: an empty or the END block */
	uint64_t epoch;
	uint32_t flags;          /* of the mark to come */
	struct wr_batch **batch; /* decoded batches of the block */
	uint64_t *batch_row;     /* per batch: rows of the block before it; UINT64_MAX: unknown */
	struct wr_carry start;   /* at the block's first byte, once it is known */
	struct wr_block again;   /* a second reading of the block, see bad_row.h */
	bool again_active;       /* it has begun */
	uint32_t again_span;     /* of messages: which one its last row is of */
	struct wr_reader *again_reader; /* its decoder; NULL: none so far */
	bool carry_waits;               /* counted in carry_waiters */
	bool gives_way;                 /* to a source of a higher priority */
	bool paced;                     /* the epoch is empty because the connector was not asked */
	uint64_t asked;       /* rows that the bucket was charged for the block; 0: no limit */
	uint32_t split_total; /* splits that there are as of the block */
	struct wr_fold fold;  /* the watermark at the block's start */
	uint32_t batch_count, batch_capacity, batch_next;
	int64_t watermark_ms; /* highest of the block itself, then of the stream */
	struct wr_source_sink sink;
	uint64_t rows, bad;                 /* counters of this worker */
	uint64_t filtered;                  /* rows that the condition left out; wr_counter */
	uint64_t block_filtered, block_bad; /* the same of the block */
	struct wr_row_dice dice;            /* which rows are traced */
	int64_t born_us; /* monotonic: when the block was claimed; 0: it is empty */
};

/* `mode`: error handling when the table itself names none. */
wr_status *wr_source_shared_init(struct wr_source_shared *shared, const struct wr_node *node,
				 enum wr_error_mode mode, int64_t until_ms, atomic_bool *cancel);
/* Opens the connector's source. `readers`: of its host. */
wr_status *wr_source_shared_open(struct wr_source_shared *shared, struct wr_hosts *hosts,
				 const char *readers);
void wr_source_shared_close(struct wr_source_shared *shared);
wr_status *wr_source_task_init(struct wr_source_task *task, struct wr_source_shared *shared,
			       const struct wr_op_env *env, struct wr_source_sink sink);
void wr_source_task_release(struct wr_source_task *task);

enum wr_source_step {
	WR_STEP_NOTHING, /* not runnable now */
	WR_STEP_WORKED,  /* progress without output */
	WR_STEP_BATCH,   /* *batch is to be pushed down (moved) */
	WR_STEP_MARK,    /* *mark is to be sent */
	WR_STEP_DONE
};
/* One unit of work. */
wr_status *wr_source_task_step(struct wr_source_task *task, enum wr_source_step *step,
			       struct wr_batch **batch, struct wr_mark *mark);
/* Before the first claim: the source goes on at a saved position, behind `epoch`. `ended`: its
 * input was finished by then. `splits` are copied. */
wr_status *wr_source_restore(struct wr_source_shared *shared, uint64_t epoch, bool ended,
			     struct wr_str position, const struct wr_carry *carry,
			     const struct wr_splits *splits);
/* Whether a step may do something now; *wait_us gets a hint when not (monotonic time), if smaller.
 */
bool wr_source_task_ready(struct wr_source_task *task, int64_t now_us, int64_t *wait_until_us);

#endif
