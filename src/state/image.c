/* SPDX-License-Identifier: Apache-2.0
 *
 * image - see image.h. Until the end a removed entry has value.data NULL, and the removal of a
 * whole namespace is only noted, with its place in the order of records.
 */
#include "state/image.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"

/* All keys that a worker had in a namespace went. */
struct gone {
	int64_t ns;
	uint32_t worker;
	uint64_t order; /* of the last time */
};

struct load {
	struct wr_image *image;
	const struct wr_manifest *manifest;
	bool extra;
	uint64_t order; /* of the next record */
	struct gone *gone;
	uint64_t gone_count, gone_capacity;
};

static uint64_t hash_of(int64_t ns, struct wr_str key)
{
	uint64_t hash = wr_codec_hash(key.data != NULL ? key.data : "", key.len);

	return (hash ^ (uint64_t)ns) * 0x9e3779b97f4a7c15ull;
}

static bool same_key(const struct wr_image_entry *entry, int64_t ns, struct wr_str key)
{
	return entry->ns == ns && entry->key.len == key.len &&
	       (key.len == 0 || memcmp(entry->key.data, key.data, key.len) == 0);
}

/* The slot of a key: its entry or a free one. */
static uint64_t *find_slot(const struct wr_image *image, int64_t ns, struct wr_str key)
{
	uint64_t mask = image->slots - 1;
	uint64_t at = hash_of(ns, key) >> 20 & mask;

	while (image->slot[at] != 0 && !same_key(&image->entry[image->slot[at] - 1], ns, key))
		at = (at + 1) & mask;
	return &image->slot[at];
}

/* At most half of the slots are taken. */
static void grow_slots(struct wr_image *image)
{
	if (2 * (image->count + 1) <= image->slots)
		return;
	wr_free(image->slot);
	image->slots = WR_MAX((uint64_t)1024, 4 * image->count);
	while ((image->slots & (image->slots - 1)) != 0)
		image->slots &= image->slots - 1; /* the power of two below */
	image->slot = wr_calloc(image->slots, sizeof *image->slot);
	for (uint64_t i = 0; i < image->count; i++)
		*find_slot(image, image->entry[i].ns, image->entry[i].key) = i + 1;
}

static struct wr_image_entry *add_entry(struct wr_image *image)
{
	if (image->count == image->capacity) {
		image->capacity = WR_MAX((uint64_t)64, 2 * image->capacity);
		image->entry = wr_realloc(image->entry, image->capacity * sizeof *image->entry);
	}
	return &image->entry[image->count++];
}

/* `key` and `value` lie in the arena. */
static void put(struct load *load, struct wr_image_entry entry)
{
	struct wr_image *image = load->image;
	uint64_t *slot;

	/* a full checkpoint has every key once, and extras are no map */
	if (load->manifest->segment_count == 1 || load->extra) {
		*add_entry(image) = entry;
		return;
	}
	grow_slots(image);
	slot = find_slot(image, entry.ns, entry.key);
	if (*slot == 0) {
		*add_entry(image) = entry;
		*slot = image->count;
	} else {
		image->entry[*slot - 1] = entry;
	}
}

/* A key, or (key.data NULL) all keys that this worker has in the namespace. */
static void take_away(struct load *load, int64_t ns, struct wr_str key, uint32_t worker)
{
	struct wr_image *image = load->image;
	uint64_t *slot;

	if (key.data != NULL) {
		slot = image->slots > 0 ? find_slot(image, ns, key) : NULL;
		if (slot != NULL && *slot != 0)
			image->entry[*slot - 1].value.data = NULL;
		return;
	}
	if (load->gone_count == load->gone_capacity) {
		load->gone_capacity = WR_MAX((uint64_t)64, 2 * load->gone_capacity);
		load->gone = wr_realloc(load->gone, load->gone_capacity * sizeof *load->gone);
	}
	load->gone[load->gone_count++] = (struct gone){ns, worker, load->order};
}

static bool image_wants(void *user, const struct wr_store_block *block)
{
	return block->state == ((const struct load *)user)->image->state;
}

/* Keeps the bytes of a block, and goes through its records. */
static wr_status *image_block(void *user, const struct wr_store_block *block)
{
	struct load *load = user;
	struct wr_str records = {
	    wr_arena_strndup(&load->image->arena, block->bytes.data, block->bytes.len),
	    block->bytes.len};
	struct wr_image_entry entry = {.worker = block->worker};
	const char *at = records.data;
	uint32_t count = 0;

	while (wr_record_next(block->kind, records, &at, &entry.ns, &entry.key, &entry.value)) {
		count++;
		entry.order = load->order++;
		if (block->kind == WR_RECORD_REMOVE)
			take_away(load, entry.ns, entry.key, block->worker);
		else if (entry.value.data != NULL)
			put(load, entry);
	}
	if (at != NULL && count == block->records)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "The records of state '%s' of operator '%s' in '%s' are "
			  "damaged",
			  load->manifest->state[block->state].name,
			  load->manifest->state[block->state].op, load->manifest->path),
	    "Use another checkpoint or savepoint");
}

int wr_image_compare(const struct wr_image_entry *a, const struct wr_image_entry *b)
{
	size_t len = WR_MIN(a->key.len, b->key.len);
	int order;

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	order = len > 0 ? memcmp(a->key.data, b->key.data, len) : 0;
	if (order != 0 || a->key.len == b->key.len)
		return order;
	return a->key.len < b->key.len ? -1 : 1;
}

static int by_key(const void *a, const void *b)
{
	return wr_image_compare(a, b);
}

static int by_worker(const void *a, const void *b)
{
	const struct wr_image_entry *x = a, *y = b;

	if (x->worker != y->worker)
		return x->worker < y->worker ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* By namespace and worker, the last removal first. */
static int by_place(const void *a, const void *b)
{
	const struct gone *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	if (x->worker != y->worker)
		return x->worker < y->worker ? -1 : 1;
	return x->order > y->order ? -1 : x->order < y->order;
}

/* Whether an entry's namespace was removed after it came. */
static bool is_gone(const struct load *load, const struct wr_image_entry *entry)
{
	uint64_t low = 0, high = load->gone_count;

	while (low < high) {
		uint64_t middle = (low + high) / 2;
		struct gone it = {entry->ns, entry->worker, UINT64_MAX};

		if (by_place(&load->gone[middle], &it) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < load->gone_count && load->gone[low].ns == entry->ns &&
	       load->gone[low].worker == entry->worker && load->gone[low].order > entry->order;
}

/* Drops what was removed, and sorts. */
static void settle(struct load *load)
{
	struct wr_image *image = load->image;
	uint64_t left = 0;

	if (load->gone_count > 0)
		qsort(load->gone, load->gone_count, sizeof *load->gone, by_place);
	for (uint64_t i = 0; i < image->count; i++) {
		struct wr_image_entry *entry = &image->entry[i];

		if (entry->value.data == NULL || is_gone(load, entry))
			continue;
		image->bytes += entry->key.len + entry->value.len;
		image->entry[left++] = *entry;
	}
	image->count = left;
	wr_free(image->slot);
	image->slot = NULL;
	image->slots = 0;
	if (left > 0)
		qsort(image->entry, left, sizeof *image->entry, load->extra ? by_worker : by_key);
}

wr_status *wr_image_read(struct wr_env *env, const struct wr_manifest *manifest, uint32_t state,
			 struct wr_image **out)
{
	struct wr_image *image = wr_calloc(1, sizeof *image);
	struct load load = {
	    .image = image, .manifest = manifest, .extra = manifest->state[state].extra};
	struct wr_store_reading reading = {image_wants, image_block, &load};
	wr_status *status;

	image->state = state;
	wr_arena_init(&image->arena);
	status = wr_store_read(env, manifest, &reading);
	if (status == NULL)
		settle(&load);
	else
		wr_image_free(image);
	wr_free(load.gone);
	*out = status == NULL ? image : NULL;
	return status;
}

void wr_image_free(struct wr_image *image)
{
	if (image == NULL)
		return;
	wr_arena_release(&image->arena);
	wr_free(image->entry);
	wr_free(image->slot);
	wr_free(image);
}
