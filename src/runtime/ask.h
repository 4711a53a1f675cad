/* SPDX-License-Identifier: Apache-2.0
 *
 * ask - what an operator remembers of one key, while the job runs.
 *
 * The question goes to the worker that owns the key (by its key group, as rows do), which answers
 * between two units of its work, when no mark is on its way through the stage: what it reads is the
 * operator's state between two batches. It copies the slots' bytes, as a checkpoint would; the
 * asking thread makes values of them. A worker that nobody asks pays for a load and a branch per
 * round.
 *
 * Bounded: ASK_ENTRIES entries and ASK_BYTES bytes an answer, ASK_NAMESPACES windows; a state whose
 * keys are longer than the operator's (maps of process functions) is looked through up to ASK_SCAN
 * slots. Where a bound cuts something off, the answer says so.
 *
 * Extras (what operators keep beside their states) are not part of the answer.
 *
 * Thread: wr_report_state any but the job's own, between open and close; the rest the worker's.
 */
#ifndef WR_RUNTIME_ASK_H
#define WR_RUNTIME_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct wr_job;
struct wr_worker;

enum wr_answer {
	WR_ANSWER_FOUND,
	WR_ANSWER_ABSENT,      /* there is nothing of the key */
	WR_ANSWER_NO_OPERATOR, /* there is no such one */
	WR_ANSWER_NO_STATE,    /* it remembers nothing by key */
	WR_ANSWER_BUSY         /* no answer within the time */
};

struct wr_state_question {
	uint32_t node;          /* id of the operator */
	const char *const *key; /* its values as text, NULL: SQL's NULL */
	uint32_t key_count;     /* number of key */
	int64_t wait_us;        /* longest time to wait for the worker */
};

/* Appends the answer as JSON if it is FOUND. A user error: the key is not one of the operator's. */
wr_status *wr_report_state(struct wr_text *out, struct wr_job *job,
			   const struct wr_state_question *question, enum wr_answer *answer);

/* Answers what can be answered now; worker->asked is set. */
void wr_worker_answer(struct wr_worker *worker);
/* The worker's thread ends: nobody answers any more. */
void wr_worker_answer_no_more(struct wr_worker *worker);

#endif
