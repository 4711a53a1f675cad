/* SPDX-License-Identifier: Apache-2.0
 *
 * mview - views by name, how one is made, and what it says of itself.
 */
#include "connectors/mview.h"

#include <stdlib.h>

#include "base/env.h"
#include "base/macros.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/wait.h"
#include "connectors/mview_store.h"

struct wr_mviews {
	atomic_uint refs;
	pthread_mutex_t lock; /* of the map */
	struct wr_map view;   /* by name: struct wr_mview, a reference each */
};

/* --- a view -------------------------------------------------------------------------------- */

static void view_free(struct wr_embed *embed)
{
	struct wr_mview *view = (struct wr_mview *)embed;

	for (uint32_t i = 0; i < WR_MVIEW_SHARDS; i++) {
		wr_free(view->shard[i].entry);
		wr_free(view->shard[i].bucket);
		wr_agg_pool_free(view->shard[i].pool);
		pthread_mutex_destroy(&view->shard[i].lock);
	}
	wr_mview_log_release(view);
	wr_free(view->touched);
	wr_free(view->old);
	pthread_cond_destroy(&view->news);
	pthread_mutex_destroy(&view->lock);
	pthread_mutex_destroy(&view->write);
	wr_arena_release(&view->arena);
	wr_free(view);
}

/* Columns, and which of them are the key. */
static void set_columns(struct wr_mview *view, const struct wr_schema *schema, const uint32_t *key,
			uint32_t key_count)
{
	struct wr_arena *arena = &view->arena;
	const struct wr_type **key_type, **rest_type;
	uint32_t *key_copy, *rest;

	view->schema.count = schema->count;
	view->schema.field = WR_NEW_ARRAY(arena, struct wr_field, schema->count + 1);
	for (uint32_t i = 0; i < schema->count; i++)
		view->schema.field[i] =
		    (struct wr_field){wr_arena_strdup(arena, schema->field[i].name),
				      wr_type_copy(arena, schema->field[i].type)};
	view->bag = key_count == 0;
	view->key_count = view->bag ? schema->count : key_count;
	key_copy = WR_NEW_ARRAY(arena, uint32_t, view->key_count + 1);
	rest = WR_NEW_ARRAY(arena, uint32_t, schema->count + 1);
	key_type = WR_NEW_ARRAY(arena, const struct wr_type *, view->key_count + 1);
	rest_type = WR_NEW_ARRAY(arena, const struct wr_type *, schema->count + 1);
	for (uint32_t i = 0; i < view->key_count; i++) {
		key_copy[i] = view->bag ? i : key[i];
		key_type[i] = view->schema.field[key_copy[i]].type;
	}
	for (uint32_t i = 0; i < schema->count; i++) {
		bool is_key = false;

		for (uint32_t k = 0; k < view->key_count; k++)
			is_key = is_key || key_copy[k] == i;
		if (is_key)
			continue;
		rest_type[view->rest_count] = view->schema.field[i].type;
		rest[view->rest_count++] = i;
	}
	view->key = key_copy;
	view->rest = rest;
	wr_codec_init(&view->key_codec, arena, key_type, view->key_count);
	wr_codec_init(&view->rest_codec, arena, rest_type, view->rest_count);
}

static struct wr_mview *view_new(const char *name, const struct wr_schema *schema,
				 const uint32_t *key, uint32_t key_count)
{
	struct wr_mview *view = wr_calloc(1, sizeof *view);

	wr_embed_init(&view->embed, view_free);
	wr_arena_init(&view->arena);
	view->made_us = (uint64_t)wr_wall_us(wr_env_system());
	view->name = wr_arena_strdup(&view->arena, name);
	set_columns(view, schema, key, key_count);
	for (uint32_t i = 0; i < WR_MVIEW_SHARDS; i++) {
		pthread_mutex_init(&view->shard[i].lock, NULL);
		view->shard[i].pool = wr_agg_pool_new();
		view->shard[i].free = WR_MVIEW_NONE;
	}
	pthread_mutex_init(&view->write, NULL);
	pthread_mutex_init(&view->lock, NULL);
	wr_cond_init(&view->news);
	wr_text_init(&view->change);
	view->watermark_ms = WR_WATERMARK_MIN;
	return view;
}

struct wr_mview *wr_mview_ref(struct wr_mview *view)
{
	(void)wr_embed_ref(&view->embed);
	return view;
}

void wr_mview_unref(struct wr_mview *view)
{
	if (view != NULL)
		wr_embed_unref(&view->embed);
}

struct wr_embed *wr_mview_embed(struct wr_mview *view)
{
	return wr_embed_ref(&view->embed);
}

const char *wr_mview_name(const struct wr_mview *view)
{
	return view->name;
}

const struct wr_schema *wr_mview_schema(const struct wr_mview *view)
{
	return &view->schema;
}

const uint32_t *wr_mview_key(const struct wr_mview *view, uint32_t *count)
{
	*count = view->bag ? 0 : view->key_count;
	return view->key;
}

void wr_mview_look(struct wr_mview *view, struct wr_mview_info *info)
{
	info->written = atomic_load(&view->busy);
	pthread_mutex_lock(&view->lock);
	info->version = view->shown;
	info->ready = view->shown > 0;
	info->watermark_ms = view->watermark_ms;
	info->shown_ms = view->shown_ms;
	info->rows = view->rows;
	info->bytes = atomic_load_explicit(&view->held, memory_order_relaxed) + view->log_bytes;
	info->readers = view->scans + view->subscribers;
	info->cut = view->cut;
	pthread_mutex_unlock(&view->lock);
}

bool wr_mview_wait(struct wr_mview *view, int64_t timeout_ms)
{
	struct timespec deadline = wr_deadline(timeout_ms * 1000);
	bool ready;

	pthread_mutex_lock(&view->lock);
	while (view->shown == 0 && !view->dropped &&
	       wr_cond_wait_until(&view->news, &view->lock, &deadline))
		;
	ready = view->shown > 0;
	pthread_mutex_unlock(&view->lock);
	return ready;
}

/* --- all of them --------------------------------------------------------------------------- */

struct wr_mviews *wr_mviews_new(void)
{
	struct wr_mviews *views = wr_calloc(1, sizeof *views);

	atomic_init(&views->refs, 1);
	pthread_mutex_init(&views->lock, NULL);
	wr_map_init(&views->view);
	return views;
}

struct wr_mviews *wr_mviews_ref(struct wr_mviews *views)
{
	if (views != NULL)
		atomic_fetch_add(&views->refs, 1);
	return views;
}

/* It is not found any more, and says so to those who read it. */
static void drop(struct wr_mview *view)
{
	pthread_mutex_lock(&view->lock);
	view->dropped = true;
	wr_mview_tell(view);
	pthread_mutex_unlock(&view->lock);
	wr_mview_unref(view);
}

void wr_mviews_unref(struct wr_mviews *views)
{
	if (views == NULL || atomic_fetch_sub(&views->refs, 1) > 1)
		return;
	for (uint32_t i = 0; i < views->view.count; i++)
		drop(views->view.entry[i].value);
	wr_map_release(&views->view);
	pthread_mutex_destroy(&views->lock);
	wr_free(views);
}

struct wr_mview *wr_mviews_find(struct wr_mviews *views, const char *name)
{
	struct wr_mview *view;

	pthread_mutex_lock(&views->lock);
	view = wr_map_get(&views->view, name);
	if (view != NULL)
		(void)wr_mview_ref(view);
	pthread_mutex_unlock(&views->lock);
	return view;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct wr_mview *const *)a)->name, (*(struct wr_mview *const *)b)->name);
}

uint32_t wr_mviews_all(struct wr_mviews *views, struct wr_mview ***out)
{
	uint32_t count;

	pthread_mutex_lock(&views->lock);
	count = views->view.count;
	*out = wr_calloc((size_t)count + 1, sizeof **out);
	for (uint32_t i = 0; i < count; i++)
		(*out)[i] = wr_mview_ref(views->view.entry[i].value);
	pthread_mutex_unlock(&views->lock);
	qsort(*out, count, sizeof **out, by_name);
	return count;
}

void wr_mviews_drop(struct wr_mviews *views, const char *name)
{
	struct wr_mview *view;

	pthread_mutex_lock(&views->lock);
	view = wr_map_remove(&views->view, name);
	pthread_mutex_unlock(&views->lock);
	if (view != NULL)
		drop(view);
}

static bool is_alike(const struct wr_mview *view, const struct wr_schema *schema,
		     const uint32_t *key, uint32_t key_count)
{
	if (view->schema.count != schema->count || view->bag != (key_count == 0) ||
	    (!view->bag && view->key_count != key_count))
		return false;
	for (uint32_t i = 0; i < schema->count; i++)
		if (strcmp(view->schema.field[i].name, schema->field[i].name) != 0 ||
		    !wr_type_equal(view->schema.field[i].type, schema->field[i].type, true))
			return false;
	for (uint32_t i = 0; i < key_count; i++)
		if (view->key[i] != key[i])
			return false;
	return true;
}

struct wr_mview *wr_mviews_make(struct wr_mviews *views, const char *name,
				const struct wr_schema *schema, const uint32_t *key,
				uint32_t key_count)
{
	struct wr_mview *view, *before;

	pthread_mutex_lock(&views->lock);
	view = before = wr_map_get(&views->view, name);
	if (before == NULL || !is_alike(before, schema, key, key_count)) {
		view = view_new(name, schema, key, key_count);
		(void)wr_map_put(&views->view, name, view);
	} else {
		before = NULL;
	}
	(void)wr_mview_ref(view);
	pthread_mutex_unlock(&views->lock);
	if (before != NULL)
		drop(before);
	return view;
}
