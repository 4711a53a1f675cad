/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint_inner - what the parts of the coordinator (checkpoint.h) need of each other; only for
 * them.
 *
 *     checkpoint             begins checkpoints, takes what workers send, ends them
 *     checkpoint_durable     the manifest, the commits
 *     checkpoint_finish      the last one of a job
 *
 * Thread: the checkpoint thread; at the end that of the job.
 */
#ifndef WR_RUNTIME_CHECKPOINT_INNER_H
#define WR_RUNTIME_CHECKPOINT_INNER_H

#include "runtime/checkpoint.h"

/* --- checkpoint ---------------------------------------------------------------------------------
 */

void wr_checkpoint_say(struct wr_checkpoint *checkpoint, const char *text);
/* A checkpoint is durable: counted. */
void wr_checkpoint_note_good(struct wr_checkpoint *checkpoint, uint64_t number, uint64_t bytes);
/* Counts a failure, says it, and fails the job if the user wants that; in any case when another run
 * has taken over: this one could commit nothing any more that the other has not. */
void wr_checkpoint_note_failure(struct wr_checkpoint *checkpoint, wr_status *status);

/* The spans of one: it begins, goes over to its next part (NULL: it has no more), ends. `why`: it
 * has failed; NULL: it has not. */
void wr_checkpoint_span_begin(struct wr_checkpoint *checkpoint, const char *name, const char *part);
void wr_checkpoint_span_part(struct wr_checkpoint *checkpoint, const char *part);
void wr_checkpoint_span_end(struct wr_checkpoint *checkpoint, const wr_status *why);

/* --- checkpoint_durable -------------------------------------------------------------------------
 */

/* Segment and manifest become durable; the writer is gone in any case. */
wr_status *wr_checkpoint_make_durable(struct wr_checkpoint *checkpoint, bool finished,
				      uint64_t *bytes);
/* Step 6: the manifest is durable (K3). */
wr_status *wr_checkpoint_commit_sinks(struct wr_checkpoint *checkpoint);
/* A commit that has failed: only a restore can commit again; but for a sink that must not. */
void wr_checkpoint_only_restore_helps(wr_status *status);
/* What sinks prepared may be much: memory does not hold it longer than needed. */
void wr_checkpoint_forget_prepared(struct wr_checkpoint *checkpoint);
/* Whether a sink has left a commit, or a last prepare, because the job is about to end. */
bool wr_checkpoint_sinks_left(struct wr_checkpoint *checkpoint);
/* The sinks have committed: sources may let go of what lies before. */
void wr_checkpoint_confirm(struct wr_checkpoint *checkpoint);

#endif
