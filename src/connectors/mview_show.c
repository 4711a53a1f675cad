/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_show - an epoch of a view becomes its next version, and what it has replaced is freed.
 *
 *     sweep    the first mark of an attempt: what it has not put goes
 *     count    every touched entry: rows more or less; its change, if somebody subscribes
 *     store    the version is shown
 *     free     of what was replaced, all that no reader needs any more
 */
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/mview_store.h"

static struct wr_mview_entry *entry_of(struct wr_mview *view, struct wr_mview_place place)
{
	return &view->shard[place.shard].entry[place.entry];
}

/* --- what was replaced --------------------------------------------------------------------- */

static void old_add(struct wr_mview *view, struct wr_mview_place place, uint64_t to, uint32_t bytes)
{
	if (view->old_count == view->old_capacity) {
		uint32_t capacity = WR_MAX(64, 2 * view->old_capacity);
		struct wr_mview_old *old = wr_malloc(capacity * sizeof *old);

		for (uint32_t i = 0; i < view->old_count; i++)
			old[i] = view->old[(view->old_first + i) & (view->old_capacity - 1)];
		wr_free(view->old);
		view->old = old;
		view->old_first = 0;
		view->old_capacity = capacity;
	}
	view->old[(view->old_first + view->old_count++) & (view->old_capacity - 1)] =
	    (struct wr_mview_old){place, to, bytes};
	view->old_bytes += bytes;
}

/* Frees what nobody reads any more. */
static void free_unread(struct wr_mview *view)
{
	uint64_t least;

	pthread_mutex_lock(&view->lock);
	least = wr_mview_horizon(view);
	pthread_mutex_unlock(&view->lock);
	while (view->old_count > 0 && view->old[view->old_first].to <= least) {
		const struct wr_mview_old *old = &view->old[view->old_first];
		struct wr_mview_shard *shard = &view->shard[old->place.shard];

		pthread_mutex_lock(&shard->lock);
		wr_mview_prune(view, shard, old->place.entry, least);
		pthread_mutex_unlock(&shard->lock);
		view->old_bytes -= old->bytes;
		view->old_first = (view->old_first + 1) & (view->old_capacity - 1);
		view->old_count--;
	}
}

/* V1: those who read the oldest version are told that it goes. false: nobody reads an old one. */
static bool cut_oldest(struct wr_mview *view)
{
	uint64_t least;
	bool some = false;

	pthread_mutex_lock(&view->lock);
	least = wr_mview_horizon(view);
	for (struct wr_mview_pin *pin = view->pin; pin != NULL; pin = pin->next)
		if (pin->version == least && least < view->shown && !atomic_load(&pin->cut)) {
			atomic_store(&pin->cut, true);
			view->cut++;
			some = true;
		}
	pthread_mutex_unlock(&view->lock);
	return some;
}

static void free_old(struct wr_mview *view)
{
	uint64_t held = atomic_load_explicit(&view->held, memory_order_relaxed);

	free_unread(view);
	while (view->old_bytes > WR_MAX((uint64_t)WR_MVIEW_OLD_MIN, held / 4) && cut_oldest(view))
		free_unread(view);
}

/* --- showing ------------------------------------------------------------------------------- */

/* What the attempt has not put until its first mark is not there any more. */
static void sweep(struct wr_mview *view)
{
	for (uint32_t s = 0; s < WR_MVIEW_SHARDS; s++) {
		struct wr_mview_shard *shard = &view->shard[s];

		pthread_mutex_lock(&shard->lock);
		for (uint32_t i = 0; i < shard->used; i++)
			if (shard->entry[i].key != NULL &&
			    shard->entry[i].generation != view->generation)
				wr_mview_take_back(view, shard, i);
		pthread_mutex_unlock(&shard->lock);
	}
}

/* One touched entry; returns by how many rows there are more. */
static int64_t count_entry(struct wr_mview *view, struct wr_mview_place place, bool told)
{
	uint64_t shown = atomic_load_explicit(&view->shown, memory_order_relaxed);
	struct wr_mview_entry *entry = entry_of(view, place);
	const struct wr_mview_link *was = wr_mview_seen(entry, shown);
	const struct wr_mview_link *is = wr_mview_seen(entry, shown + 1);
	const struct wr_mview_link *link = entry->newest;

	entry->touched = false;
	if (link == NULL) { /* came and went within the epoch */
		wr_mview_prune(view, &view->shard[place.shard], place.entry, shown);
		return 0;
	}
	if (link->from == shown + 1)
		link = link->older;
	if (link != NULL && link->to == shown + 1)
		old_add(view, place, shown + 1, (uint32_t)sizeof *link + link->len);
	if (told && was != is)
		wr_mview_change_put(view, entry, was, is);
	return (is != NULL ? is->count : 0) - (was != NULL ? was->count : 0);
}

/* Counts what was put. */
static int64_t count_touched(struct wr_mview *view, bool told)
{
	int64_t more = 0;

	for (uint32_t i = 0; i < view->touched_count; i++) {
		struct wr_mview_shard *shard = &view->shard[view->touched[i].shard];

		pthread_mutex_lock(&shard->lock);
		more += count_entry(view, view->touched[i], told);
		pthread_mutex_unlock(&shard->lock);
	}
	return more;
}

void wr_mview_show(struct wr_mview *view, uint32_t generation, int64_t watermark_ms,
		   int64_t wall_ms)
{
	bool told, first;
	int64_t more;

	pthread_mutex_lock(&view->write);
	if (!view->busy || view->generation != generation) {
		pthread_mutex_unlock(&view->write);
		return; /* what it put was refused already */
	}
	first = view->begins;
	if (first)
		sweep(view);
	view->begins = false;
	pthread_mutex_lock(&view->lock);
	told = view->subscriber != NULL;
	view->watermark_ms = watermark_ms;
	pthread_mutex_unlock(&view->lock);
	if (!first && view->touched_count == 0) {
		pthread_mutex_unlock(&view->write);
		return;
	}
	more = count_touched(view, told);
	view->touched_count = 0;
	pthread_mutex_lock(&view->lock);
	view->rows += (uint64_t)more;
	view->shown_ms = wall_ms;
	if (told)
		wr_mview_log_add(view, view->shown + 1, watermark_ms);
	atomic_store(&view->shown, view->shown + 1);
	wr_mview_tell(view);
	pthread_mutex_unlock(&view->lock);
	free_old(view);
	pthread_mutex_unlock(&view->write);
}
