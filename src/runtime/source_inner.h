/* SPDX-License-Identifier: Apache-2.0
 *
 * source_inner - what the parts of a source (source.h) need of each other; only for them.
 *
 *     source           opening, restoring, and the steps of a worker's task
 *     source_claim     which block is next, and when an empty one is
 *     source_decode    a block into batches, with the block's own watermarks
 *     source_carry     the block is put where it belongs in the stream
 *     source_view      what is shown of watermarks, to claims and to other sources
 *
 * A block goes claim -> decode -> carry -> push -> mark (enum wr_source_state).
 */
#ifndef WR_RUNTIME_SOURCE_INNER_H
#define WR_RUNTIME_SOURCE_INNER_H

#include "runtime/source.h"

/* --- source_claim -------------------------------------------------------------------------------
 */

/* Claims the next epoch, under the lock: fills in the task's block, epoch and flags. *claimed stays
 * false when there is nothing to do now; the state is DONE when there never will be. */
wr_status *wr_source_claim_locked(struct wr_source_task *task, bool *claimed);
/* Whether the input ends here, whatever the connector has. */
bool wr_source_is_over(const struct wr_source_shared *shared);
/* Whether an epoch is to come although the connector has nothing. */
bool wr_source_is_due(const struct wr_source_shared *shared);
/* The block had so many rows: what the limit of the rate was charged for besides is given back, or
 * the other way round. Takes the lock. */
void wr_source_settle(struct wr_source_task *task, uint64_t rows);

/* --- source_decode ------------------------------------------------------------------------------
 */

/* Decodes the whole block into batches with local watermarks. */
wr_status *wr_source_decode(struct wr_source_task *task);

/* --- source_carry -------------------------------------------------------------------------------
 */

/* Takes the carry of this block, publishes the next one, and makes the batches ready to be pushed.
 */
wr_status *wr_source_take_carry(struct wr_source_task *task);
/* Reports the block's bad records from `first` on, in order, now that line numbers are known. */
wr_status *wr_source_bad_records(struct wr_source_task *task, uint32_t first);

/* --- source_view --------------------------------------------------------------------------------
 */

/* Whoever has the carry shows what it knows of the splits to those who claim. */
void wr_source_publish_view(struct wr_source_shared *shared);
/* The block has been pushed: what was left out of it is shown, too. */
void wr_source_note_block(struct wr_source_task *task);
/* ... and tells the alignment group how far the source is; those that waited for that look again.
 * `out`: it holds nobody back. */
void wr_source_publish_low(struct wr_source_shared *shared, const struct wr_idleness *idleness,
			   bool out);
/* What the connector is told about its splits. Under the lock; true: all are held. */
bool wr_source_view(struct wr_source_shared *shared, struct wr_claim_ask *ask);
/* The lowest watermark of the source's alignment group; INT64_MAX: there is none. */
int64_t wr_source_group_low(const struct wr_source_shared *shared);
void wr_source_wake(struct wr_source_shared *shared);

#endif
