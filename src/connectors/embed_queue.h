/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_queue - the rows that a program pushes into an 'input' table, on their way to the jobs that
 * read it.
 *
 * The queue belongs to the table; handles of the program (weir_input) push into it, each job that
 * reads has a reader with its own place. Rows are let go of when every reader is behind them; of a
 * job with checkpoints, when a completed one is: a job that restarts takes them again. When as many
 * rows are kept as the capacity allows, pushing waits.
 *
 * Rows are counted from the first that was ever pushed, over all runs of the program: a job that
 * goes on from a checkpoint says how many lie before, and the first one to do so in a process gives
 * the queue's rows their numbers (`origin`).
 *
 * Rows pushed one by one are gathered in builders while readers are busy; a reader that waits gets
 * them at once, as a batch of one.
 *
 * Thread: any; everything is under `lock`, which is held for the time of moving some pointers (or
 * of copying some small rows). Readers are woken under it, so that a reader that is being closed
 * is not woken later.
 *
 * Invariants
 *   I1  item[i].row + item[i].rows == item[i + 1].row; watermarks are items without rows
 *   I2  every reader's kept <= seq; the first item is that of the lowest `kept`, or there is none
 */
#ifndef WR_CONNECTORS_EMBED_QUEUE_H
#define WR_CONNECTORS_EMBED_QUEUE_H

#include <pthread.h>

#include "base/arena.h"
#include "catalog/connector.h"
#include "data/builder.h"

/* A batch that several readers may look at. */
struct wr_input_rows {
	atomic_uint refs;       /* holders */
	struct wr_batch *batch; /* columns of the queue's schema, no selection; owned */
};

/* One step of the stream. */
struct wr_input_item {
	struct wr_input_rows *rows; /* a reference; NULL: a watermark */
	uint64_t row;               /* rows pushed before it, in this process */
	uint32_t count;             /* its rows */
	int64_t watermark_ms;       /* of a watermark */
};

struct wr_input_use;

/* A job's place. It stays from the first opening until the job has ended for good. */
struct wr_input_reader {
	struct wr_input_reader *next;
	const struct wr_input_use *use;       /* of the job's plan */
	const struct wr_connector_args *args; /* with `use`: which scan of it */
	const void *run;                      /* with them: which job of the plan */
	struct wr_host *host;                 /* while the source is open; else NULL */
	uint64_t seq;                         /* number of the item it takes next */
	uint32_t offset;                      /* rows of that item that it has taken */
	uint64_t kept;                        /* items from here on may be needed again */
	uint64_t skip;                        /* rows to come that it does not want: a restore */
	uint64_t confirmed;                   /* rows covered by its last checkpoint, of all runs */
	int64_t watermark_ms;                 /* the last one that it took */
	bool checkpoints;                     /* the job makes them */
	bool hungry;                          /* it found nothing and is to be woken */
};

struct wr_input {
	struct wr_embed embed;
	pthread_mutex_t lock;
	pthread_cond_t room; /* rows were let go of, nobody reads any more, or a job has begun to */
	uint32_t waiters;    /* for it */
	struct wr_arena arena;          /* of schema and name */
	const char *table;              /* its name; NULL until it is set up */
	struct wr_schema schema;        /* physical columns; set up once */
	uint64_t capacity;              /* rows */
	uint32_t batch_rows;            /* of a batch gathered from small ones */
	uint64_t origin;                /* rows before the first one of this process */
	bool numbered;                  /* `origin` holds: a job has begun to read */
	uint64_t restored;              /* = origin, where a restore has set it; else 0 */
	uint64_t confirmed;             /* rows covered by checkpoints of all that make them */
	uint64_t pushed;                /* rows, in this process */
	int64_t watermark_ms;           /* the last one pushed */
	bool ended;                     /* nothing more comes */
	uint32_t uses;                  /* plans that read it and whose jobs have not ended */
	struct wr_input_item *item;     /* ring, numbered: item `n` is at n & (slots - 1) */
	uint32_t slots;                 /* power of two; 0: none yet */
	uint64_t first, end;            /* numbers of the first item and behind the last one */
	struct wr_builder **tail;       /* small batches behind the last item; per column; owned */
	uint8_t *tail_kind;             /* room for batch_rows; NULL: all +I */
	uint32_t tail_rows;             /* number of rows in `tail` */
	struct wr_input_reader *reader; /* list; owned */
};

/* What a plan holds of the queue: readers of its job are known by it. */
struct wr_input_use {
	struct wr_embed embed;
	struct wr_input *input; /* a reference */
	bool active;            /* counted in `uses`; under the queue's lock */
};

struct wr_embed *wr_input_new(void);
struct wr_embed *wr_input_use(struct wr_embed *input);
/* Sets it up for the table's columns and options, once. */
void wr_input_set_up(struct wr_input *input, const struct wr_connector_args *args);

enum wr_input_push {
	WR_PUSH_DONE,
	WR_PUSH_FULL,     /* no room; nothing was taken */
	WR_PUSH_ENDED,    /* after the end; nothing was taken */
	WR_PUSH_NO_READER /* no room, and no job is there that could make some; nothing was taken */
};
enum wr_input_wait {
	WR_PUSH_TRY,  /* FULL when there is no room */
	WR_PUSH_WAIT, /* waits for room */
	WR_PUSH_FORCE /* takes it in any case */
};
/* A dense batch of at most WR_BATCH_ROWS_MAX rows with the queue's columns; moved when DONE. */
enum wr_input_push wr_input_push(struct wr_input *input, struct wr_batch *batch,
				 enum wr_input_wait wait);
/* The first `rows` rows of builders of the queue's columns, few enough and while readers are busy:
 * moves them and leaves the builders empty. `kind` MAY be NULL: inserts. false: nothing was done,
 * they are to be pushed as a batch. */
bool wr_input_push_few(struct wr_input *input, struct wr_builder *const *column, uint32_t rows,
		       const uint8_t *kind);
/* Whether so many rows find room, or waits for it. FORCE: whether the input has not ended. */
enum wr_input_push wr_input_room(struct wr_input *input, uint64_t rows, enum wr_input_wait wait);
/* Waits until so many rows find room; FULL: the deadline has passed (NULL: there is none). */
enum wr_input_push wr_input_room_until(struct wr_input *input, uint64_t rows,
				       const struct timespec *deadline);
/* No row before it comes behind it. Never waits. */
enum wr_input_push wr_input_watermark(struct wr_input *input, int64_t watermark_ms);
void wr_input_end(struct wr_input *input);
/* Waits until a job has begun to read; negative: for ever. false: the time has passed. */
bool wr_input_await(struct wr_input *input, int64_t timeout_us);

/* --- for the connector --- */

/* A reader for the scan, the one it had before if its job restarts. */
struct wr_input_reader *wr_input_open(const struct wr_connector_args *args, struct wr_host *host);
/* The source is closed; the job may restart. */
void wr_input_close(struct wr_input *input, struct wr_input_reader *reader);
/* Takes items for about rows_max rows. *count: how many, at most `max`; each is a copy with a
 * reference of its own. false: the input has ended. */
bool wr_input_take(struct wr_input *input, struct wr_input_reader *reader, uint64_t rows_max,
		   struct wr_input_item *out, uint32_t *offset, uint32_t max, uint32_t *count);
/* Where a reader stands. */
struct wr_input_position {
	uint64_t rows;        /* taken, of all runs */
	int64_t watermark_ms; /* the last one taken; WR_WATERMARK_MIN: none */
};
struct wr_input_position wr_input_position(struct wr_input *input,
					   const struct wr_input_reader *reader);
wr_status *wr_input_seek(struct wr_input *input, struct wr_input_reader *reader,
			 const struct wr_input_position *position);
void wr_input_confirm(struct wr_input *input, struct wr_input_reader *reader,
		      const struct wr_input_position *position);
void wr_input_rows_unref(struct wr_input_rows *rows); /* NULL allowed */

#endif
