/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_store - the writer's side of a view; see mview_store.h.
 */
#include "connectors/mview_store.h"

#include "base/macros.h"
#include "base/mem.h"

#define LINK_BYTES(len) (sizeof(struct wr_mview_link) + (len))
#define BUCKETS_MIN     16

static void hold(struct wr_mview *view, size_t bytes)
{
	atomic_fetch_add_explicit(&view->held, bytes, memory_order_relaxed);
}

static void let(struct wr_mview *view, size_t bytes)
{
	atomic_fetch_sub_explicit(&view->held, bytes, memory_order_relaxed);
}

/* The version that is being made. */
static uint64_t pending(const struct wr_mview *view)
{
	return atomic_load_explicit(&view->shown, memory_order_relaxed) + 1;
}

/* --- entries; the shard is locked ---------------------------------------------------------- */

uint32_t wr_mview_find(const struct wr_mview_shard *shard, uint64_t hash, struct wr_str key)
{
	uint32_t at;

	if (shard->bucket_count == 0)
		return WR_MVIEW_NONE;
	at = shard->bucket[hash & (shard->bucket_count - 1)];
	while (at != WR_MVIEW_NONE) {
		const struct wr_mview_entry *entry = &shard->entry[at];

		if (entry->hash == hash && entry->key_len == key.len &&
		    memcmp(entry->key, key.data, key.len) == 0)
			return at;
		at = entry->next;
	}
	return WR_MVIEW_NONE;
}

static void shard_rehash(struct wr_mview_shard *shard)
{
	uint32_t count = shard->bucket_count == 0 ? BUCKETS_MIN : 2 * shard->bucket_count;

	shard->bucket = wr_realloc(shard->bucket, count * sizeof *shard->bucket);
	shard->bucket_count = count;
	for (uint32_t i = 0; i < count; i++)
		shard->bucket[i] = WR_MVIEW_NONE;
	for (uint32_t i = 0; i < shard->used; i++) {
		struct wr_mview_entry *entry = &shard->entry[i];
		uint32_t *bucket = &shard->bucket[entry->hash & (count - 1)];

		if (entry->key == NULL)
			continue;
		entry->next = *bucket;
		*bucket = i;
	}
}

/* S2: a slot for one more entry; its content is of no meaning. */
static uint32_t entry_slot(struct wr_mview_shard *shard)
{
	uint32_t at = shard->free;

	if (at != WR_MVIEW_NONE) {
		shard->free = shard->entry[at].next;
		return at;
	}
	if (shard->used == shard->capacity) {
		shard->capacity = shard->capacity == 0 ? 8 : 2 * shard->capacity;
		shard->entry = wr_realloc(shard->entry, shard->capacity * sizeof *shard->entry);
	}
	return shard->used++;
}

static uint32_t entry_new(struct wr_mview *view, struct wr_mview_shard *shard, uint64_t hash,
			  struct wr_str key)
{
	uint32_t at = entry_slot(shard), *bucket;
	struct wr_mview_entry *entry = &shard->entry[at];

	*entry = (struct wr_mview_entry){.hash = hash, .key_len = (uint32_t)key.len};
	entry->key = wr_agg_pool_alloc(shard->pool, key.len + 1);
	memcpy(entry->key, key.data, key.len);
	hold(view, sizeof *entry + sizeof *shard->bucket + key.len + 1);
	shard->live++;
	if (shard->live > shard->bucket_count) {
		shard_rehash(shard);
		return at;
	}
	bucket = &shard->bucket[hash & (shard->bucket_count - 1)];
	entry->next = *bucket;
	*bucket = at;
	return at;
}

/* S2: its chain is empty. */
static void entry_leave(struct wr_mview *view, struct wr_mview_shard *shard, uint32_t at)
{
	struct wr_mview_entry *entry = &shard->entry[at];
	uint32_t *from = &shard->bucket[entry->hash & (shard->bucket_count - 1)];

	WR_ASSERT(entry->newest == NULL && !entry->touched);
	while (*from != at)
		from = &shard->entry[*from].next;
	*from = entry->next;
	shard->live--;
	wr_agg_pool_drop(shard->pool, entry->key, (size_t)entry->key_len + 1);
	let(view, sizeof *entry + sizeof *shard->bucket + entry->key_len + 1);
	*entry = (struct wr_mview_entry){.next = shard->free};
	shard->free = at;
}

static void link_push(struct wr_mview *view, struct wr_mview_shard *shard,
		      struct wr_mview_entry *entry, struct wr_str rest, int64_t count)
{
	struct wr_mview_link *link = wr_agg_pool_alloc(shard->pool, LINK_BYTES(rest.len));

	link->older = entry->newest;
	link->from = pending(view);
	link->to = WR_MVIEW_NOW;
	link->count = count;
	link->len = (uint32_t)rest.len;
	if (rest.len > 0)
		memcpy(link->bytes, rest.data, rest.len);
	entry->newest = link;
	hold(view, LINK_BYTES(rest.len));
}

/* Takes *from out of its chain. */
static void link_drop(struct wr_mview *view, struct wr_mview_shard *shard,
		      struct wr_mview_link **from)
{
	struct wr_mview_link *link = *from;
	size_t bytes = LINK_BYTES(link->len);

	*from = link->older;
	wr_agg_pool_drop(shard->pool, link, bytes);
	let(view, bytes);
}

/* --- putting ------------------------------------------------------------------------------- */

/* S3 */
static void touch(struct wr_mview *view, struct wr_mview_shard *shard, uint32_t at)
{
	if (shard->entry[at].touched)
		return;
	shard->entry[at].touched = true;
	if (view->touched_count == view->touched_capacity) {
		view->touched_capacity = WR_MAX(64, 2 * view->touched_capacity);
		view->touched =
		    wr_realloc(view->touched, view->touched_capacity * sizeof *view->touched);
	}
	view->touched[view->touched_count++] =
	    (struct wr_mview_place){(uint32_t)(shard - view->shard), at};
}

/* The link that holds in the pending version; NULL: none. */
static struct wr_mview_link *current(const struct wr_mview_entry *entry)
{
	return entry->newest != NULL && entry->newest->to == WR_MVIEW_NOW ? entry->newest : NULL;
}

/* It gives way: one that is pending itself goes, one that is shown gets its end. */
static void give_way(struct wr_mview *view, struct wr_mview_shard *shard,
		     struct wr_mview_entry *entry)
{
	if (current(entry) == NULL)
		return;
	if (entry->newest->from == pending(view))
		link_drop(view, shard, &entry->newest);
	else
		entry->newest->to = pending(view);
}

static bool same(const struct wr_mview_link *link, struct wr_str rest, int64_t count)
{
	return link->count == count && link->len == rest.len &&
	       (rest.len == 0 || memcmp(link->bytes, rest.data, rest.len) == 0);
}

/* With the shard locked. */
static void put_row(struct wr_mview *view, struct wr_mview_shard *shard, uint64_t hash,
		    const struct wr_mview_row *row)
{
	uint32_t at = wr_mview_find(shard, hash, row->key);
	struct wr_mview_entry *entry;
	struct wr_mview_link *now;
	int64_t count = row->add ? 1 : 0;

	if (at == WR_MVIEW_NONE && !row->add && !view->bag)
		return;
	if (at == WR_MVIEW_NONE)
		at = entry_new(view, shard, hash, row->key);
	entry = &shard->entry[at];
	now = current(entry);
	if (view->bag)
		count = (now != NULL && entry->generation == view->generation ? now->count : 0) +
			(row->add ? 1 : -1);
	entry->generation = view->generation;
	if (now != NULL && count != 0 && same(now, row->rest, count))
		return;
	touch(view, shard, at);
	give_way(view, shard, entry);
	if (count == 0)
		return;
	now = entry->newest;
	if (now != NULL && now->to == pending(view) && same(now, row->rest, count))
		now->to = WR_MVIEW_NOW; /* it was to go in this very epoch */
	else
		link_push(view, shard, entry, row->rest, count);
}

void wr_mview_take_back(struct wr_mview *view, struct wr_mview_shard *shard, uint32_t at)
{
	if (current(&shard->entry[at]) == NULL)
		return;
	touch(view, shard, at);
	give_way(view, shard, &shard->entry[at]);
}

void wr_mview_prune(struct wr_mview *view, struct wr_mview_shard *shard, uint32_t at,
		    uint64_t least)
{
	struct wr_mview_entry *entry = &shard->entry[at];
	struct wr_mview_link **from = &entry->newest;

	if (entry->key == NULL || entry->touched)
		return;
	while (*from != NULL) {
		if ((*from)->to <= least)
			link_drop(view, shard, from);
		else
			from = &(*from)->older;
	}
	if (entry->newest == NULL)
		entry_leave(view, shard, at);
}

/* Whether that attempt still writes. With `write` held. */
static bool is_writer(const struct wr_mview *view, uint32_t generation)
{
	return view->busy && view->generation == generation;
}

static wr_status *check_writer(const struct wr_mview *view, uint32_t generation)
{
	if (is_writer(view, generation))
		return NULL;
	return wr_status_new(WR_FATAL, "Another job has begun to write materialized table '%s'",
			     view->name);
}

static wr_status *check_limit(const struct wr_mview *view)
{
	uint64_t held = atomic_load_explicit(&view->held, memory_order_relaxed);

	if (view->limit == 0 || held <= view->limit)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Materialized table '%s' takes more memory than its 'memory.limit' of "
			  "%llu bytes",
			  view->name, (unsigned long long)view->limit),
	    "Raise 'memory.limit' in the table's WITH, or keep fewer rows: aggregate, filter by "
	    "time, or take the newest rows of each key");
}

wr_status *wr_mview_put(struct wr_mview *view, uint32_t generation, const struct wr_mview_row *row,
			uint32_t count)
{
	wr_status *status;

	pthread_mutex_lock(&view->write);
	status = check_writer(view, generation);
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		uint64_t hash = wr_codec_hash(row[i].key.data, row[i].key.len);
		struct wr_mview_shard *shard = wr_mview_shard_of(view, hash);

		pthread_mutex_lock(&shard->lock);
		put_row(view, shard, hash, &row[i]);
		pthread_mutex_unlock(&shard->lock);
	}
	if (status == NULL)
		status = check_limit(view);
	pthread_mutex_unlock(&view->write);
	return status;
}

/* --- attempts ------------------------------------------------------------------------------ */

/* What was not shown goes. With `write` held. */
static void undo(struct wr_mview *view)
{
	for (uint32_t i = 0; i < view->touched_count; i++) {
		struct wr_mview_shard *shard = &view->shard[view->touched[i].shard];
		struct wr_mview_entry *entry;

		pthread_mutex_lock(&shard->lock);
		entry = &shard->entry[view->touched[i].entry];
		entry->touched = false;
		if (entry->newest != NULL && entry->newest->from == pending(view))
			link_drop(view, shard, &entry->newest);
		if (entry->newest != NULL && entry->newest->to == pending(view))
			entry->newest->to = WR_MVIEW_NOW;
		if (entry->newest == NULL)
			entry_leave(view, shard, view->touched[i].entry);
		pthread_mutex_unlock(&shard->lock);
	}
	view->touched_count = 0;
}

uint32_t wr_mview_begin(struct wr_mview *view, uint64_t limit)
{
	uint32_t generation;

	pthread_mutex_lock(&view->write);
	undo(view);
	view->busy = true;
	view->begins = true;
	view->limit = limit;
	generation = ++view->generation;
	pthread_mutex_unlock(&view->write);
	return generation;
}

void wr_mview_end(struct wr_mview *view, uint32_t generation)
{
	pthread_mutex_lock(&view->write);
	if (is_writer(view, generation)) {
		undo(view);
		view->busy = false;
	}
	pthread_mutex_unlock(&view->write);
}
