/* SPDX-License-Identifier: Apache-2.0
 *
 * ask_inner - a question on its way: ask.c brings it to a worker, ask_report.c makes it and shows
 * what came back.
 */
#ifndef WR_RUNTIME_ASK_INNER_H
#define WR_RUNTIME_ASK_INNER_H

#include "runtime/ask.h"
#include "runtime/job_inner.h"
#include "state/image.h"

#define WR_ASK_ENTRIES    1000
#define WR_ASK_BYTES      (4u << 20)
#define WR_ASK_NAMESPACES 10000
#define WR_ASK_SCAN       100000 /* slots */
#define SCAN_AT_A_TIME    256

/* The key as one of the operator's states has it. */
struct wr_ask_key {
	bool fits; /* the state is asked */
	uint32_t count;
	const uint32_t *route;     /* per column: which of the state's key columns it is */
	struct wr_column **column; /* of one row; owned */
	struct wr_str bytes;       /* the values by wr_codec_put_value; in the arena */
	uint64_t hash;
};

/* Under job->ask.lock while it is in a worker's list; else its maker's. */
struct wr_ask {
	struct wr_ask *next; /* in the worker's list */
	uint32_t node;       /* the operator */
	struct wr_ask_key *key;
	uint32_t key_count; /* states and extras of the operator */
	bool done;          /* the worker has seen it, or will not */
	bool answered;
	bool cut;         /* by a bound */
	uint32_t scanned; /* slots */
	uint64_t epoch;   /* that was being processed */
	int64_t watermark_ms;
	wr_status *failed;     /* a look-up on disk; owned */
	struct wr_arena arena; /* of the entries */
	size_t bytes;          /* of their keys and values */
	uint32_t entry_count;
	uint32_t entry_kept[WR_ASK_ENTRIES + 1]; /* which state it is of */
	struct wr_image_entry entry[WR_ASK_ENTRIES + 1];
};

/* The worker's instance of the operator; NULL: it has none. Any thread, once the job runs. */
struct wr_op *wr_ask_op(const struct wr_worker *worker, uint32_t node);
/* Asks and waits; false: no answer. What was found is added. */
bool wr_ask_worker(struct wr_job *job, struct wr_worker *worker, struct wr_ask *ask,
		   const struct timespec *deadline);

#endif
