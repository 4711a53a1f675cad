/* SPDX-License-Identifier: Apache-2.0
 *
 * source_view - what a source shows of its watermarks, and sees of those of others.
 *
 * Whoever has the carry shows the watermarks of the splits to those who claim, since the connector
 * picks the next split by them, and the lowest of them to the other sources of the alignment group
 * ('scan.watermark.alignment.group'). Those that are held back by it look again when it moves.
 *
 * Thread: publish_*: whoever has the carry (R2); view: under the lock of claims; the rest: any.
 */
#include "base/mem.h"
#include "runtime/source_inner.h"

void wr_source_publish_view(struct wr_source_shared *shared)
{
	uint32_t count = shared->connector->splits ? shared->splits.count : 1;

	if (!shared->connector->splits && shared->group == UINT32_MAX)
		return;
	pthread_mutex_lock(&shared->view_lock);
	if (count > shared->seen_capacity) {
		shared->seen_capacity = WR_MAX(count, 2 * shared->seen_capacity);
		shared->seen =
		    wr_realloc(shared->seen, shared->seen_capacity * sizeof *shared->seen);
	}
	for (; shared->seen_count < count; shared->seen_count++)
		shared->seen[shared->seen_count] = (struct wr_split_seen){0};
	if (!shared->connector->splits)
		shared->seen[0].split.watermark_ms = shared->carry.watermark_ms;
	for (uint32_t i = 0; i < shared->splits.count; i++)
		shared->seen[i].split = shared->splits.split[i];
	pthread_mutex_unlock(&shared->view_lock);
}

void wr_source_note_block(struct wr_source_task *task)
{
	struct wr_source_shared *shared = task->shared;
	uint64_t filtered = task->block_filtered, bad = task->block_bad;

	task->block_filtered = task->block_bad = 0;
	if (task->block == NULL || !shared->connector->splits || (filtered == 0 && bad == 0))
		return;
	pthread_mutex_lock(&shared->view_lock);
	if (task->block->split < shared->seen_count) {
		shared->seen[task->block->split].filtered += filtered;
		shared->seen[task->block->split].bad += bad;
	}
	pthread_mutex_unlock(&shared->view_lock);
}

int64_t wr_source_group_low(const struct wr_source_shared *shared)
{
	int64_t low_ms = INT64_MAX;

	for (uint32_t i = 0; i < shared->peer_count && shared->group != UINT32_MAX; i++)
		if (shared->peer[i]->group == shared->group)
			low_ms = WR_MIN(low_ms, atomic_load(&shared->peer[i]->group_low_ms));
	return low_ms;
}

void wr_source_wake(struct wr_source_shared *shared)
{
	shared->host.host.ops->wake(&shared->host.host);
}

void wr_source_publish_low(struct wr_source_shared *shared, const struct wr_idleness *idleness,
			   bool out)
{
	int64_t low_ms = shared->carry.watermark_ms;

	if (shared->group == UINT32_MAX)
		return;
	if (shared->connector->splits && shared->splits.count > 0)
		low_ms = wr_splits_lowest(&shared->splits, UINT32_MAX, idleness);
	if (out)
		low_ms = INT64_MAX;
	if (low_ms == atomic_exchange(&shared->group_low_ms, low_ms))
		return;
	for (uint32_t i = 0; i < shared->peer_count; i++)
		if (shared->peer[i]->group == shared->group && atomic_load(&shared->peer[i]->held))
			wr_source_wake(shared->peer[i]);
}

bool wr_source_view(struct wr_source_shared *shared, struct wr_claim_ask *ask)
{
	int64_t low_ms = wr_source_group_low(shared);
	int64_t drift_ms = shared->node->u.scan.pace.max_drift_ms;
	bool any = false, all = true;
	uint32_t count;

	if (!shared->connector->splits && shared->group == UINT32_MAX)
		return false;
	pthread_mutex_lock(&shared->view_lock);
	count = shared->seen_count;
	if (count > shared->view_capacity) {
		shared->view_capacity = WR_MAX(count, 2 * shared->view_capacity);
		shared->view =
		    wr_realloc(shared->view, shared->view_capacity * sizeof *shared->view);
	}
	for (uint32_t i = 0; i < count; i++) {
		int64_t seen_ms = shared->seen[i].split.watermark_ms;
		bool held = wr_is_ahead(seen_ms, low_ms, drift_ms);

		shared->view[i] = (struct wr_split_view){seen_ms, held};
		any = any || held;
		all = all && held;
	}
	pthread_mutex_unlock(&shared->view_lock);
	atomic_store(&shared->held, any);
	if (shared->connector->splits) {
		ask->split = shared->view;
		ask->split_count = count;
	}
	ask->split_total = WR_MAX(count, 1);
	return all && count > 0;
}
