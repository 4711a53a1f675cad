/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_cache - see lookup_cache.h.
 *
 * Slots lie in a keyed state; those of PARTIAL and NONE hang in a list from the one used last to
 * the one not used for longest.
 */
#include "op/lookup_cache.h"

#include "base/env.h"
#include "base/mem.h"

#define USE_STEP_MS 100
#define AHEAD       16 /* slots fetched ahead */

enum slot_state {
	SLOT_NEW,   /* made for a key that is to be asked for */
	SLOT_ASKED, /* is being asked for */
	SLOT_KNOWN  /* `list` is the answer */
};

static const struct wr_node *scan_of(const struct wr_lookup_cache *cache)
{
	return cache->op->node->input[1];
}

static wr_status *state_open(struct wr_lookup_cache *cache)
{
	struct wr_state_decl decl = {.name = "cache",
				     .meaning = cache->op->node->state_name,
				     .key_count = cache->op->node->u.join.key_count,
				     .key_type = cache->key_type,
				     .value_size = sizeof(struct wr_lookup_slot)};

	_Static_assert(sizeof(struct wr_lookup_slot) % 16 == 0, "a slot is a multiple of 16 bytes");
	return wr_op_state_open(cache->op, &decl, &cache->state);
}

wr_status *wr_lookup_cache_init(struct wr_lookup_cache *cache, struct wr_op *op)
{
	const struct wr_node *scan = op->node->input[1];
	const struct wr_connector_args *args = scan->u.scan.args;
	uint32_t keys = op->node->u.join.key_count, *key;
	const struct wr_type **types;

	cache->op = op;
	cache->options = op->node->u.join.lookup;
	cache->connector = scan->u.scan.table->connector;
	wr_arena_init(&cache->arena);
	types = WR_NEW_ARRAY(&cache->arena, const struct wr_type *, scan->schema.count + 1);
	for (uint32_t i = 0; i < scan->schema.count; i++)
		types[i] = scan->schema.field[i].type;
	wr_codec_init(&cache->codec, &cache->arena, types, scan->schema.count);
	cache->key_type = WR_NEW_ARRAY(&cache->arena, const struct wr_type *, keys + 1);
	key = WR_NEW_ARRAY(&cache->arena, uint32_t, keys + 1);
	for (uint32_t i = 0; i < keys; i++) {
		uint32_t column = op->node->u.join.right_key[i];

		cache->key_type[i] = scan->schema.field[column].type;
		key[i] = args->wanted[scan->u.scan.expr[column]->column];
	}
	WR_TRY(state_open(cache));
	WR_TRY(wr_program_new(scan->u.scan.expr, scan->schema.count, args->wanted_count,
			      op->env->zone_id, &cache->program));
	return cache->connector->lookup_open(cache->connector, args, key, keys, op->env->host,
					     &cache->lookup);
}

void wr_lookup_cache_release(struct wr_lookup_cache *cache)
{
	if (cache->lookup != NULL)
		cache->connector->lookup_close(cache->lookup);
	wr_program_free(cache->program);
	wr_state_close(cache->state);
	wr_arena_release(&cache->arena);
}

/* --- the list of use ------------------------------------------------------------------------- */

static void unlink_slot(struct wr_lookup_cache *cache, struct wr_lookup_slot *slot)
{
	if (slot->newer != NULL)
		slot->newer->older = slot->older;
	else
		cache->newest = slot->older;
	if (slot->older != NULL)
		slot->older->newer = slot->newer;
	else
		cache->oldest = slot->newer;
	slot->newer = slot->older = NULL;
	cache->count--;
}

static void link_newest(struct wr_lookup_cache *cache, struct wr_lookup_slot *slot)
{
	slot->older = cache->newest;
	slot->newer = NULL;
	if (cache->newest != NULL)
		cache->newest->newer = slot;
	else
		cache->oldest = slot;
	cache->newest = slot;
	cache->count++;
}

static void drop_rows(struct wr_lookup_cache *cache, struct wr_lookup_slot *slot)
{
	struct wr_agg_pool *pool = wr_state_pool(cache->state, 0);

	while (slot->list.count > 0)
		wr_row_list_remove(&slot->list, pool, slot->list.count - 1);
}

static wr_status *forget(struct wr_lookup_cache *cache, struct wr_lookup_slot *slot)
{
	uint8_t *one[1] = {(uint8_t *)slot};

	unlink_slot(cache, slot);
	drop_rows(cache, slot);
	return wr_state_remove(cache->state, 0, one, 1);
}

static bool is_expired(const struct wr_lookup_cache *cache, const struct wr_lookup_slot *slot,
		       int64_t now)
{
	const struct wr_lookup_options *options = cache->options;

	return (options->expire_write_ms > 0 &&
		now - slot->written_ms >= options->expire_write_ms) ||
	       (options->expire_access_ms > 0 && now - slot->used_ms >= options->expire_access_ms);
}

/* --- questions ------------------------------------------------------------------------------- */

/* The scan's columns of a batch of the connector; errors are reported. */
static wr_status *project(struct wr_lookup_cache *cache, const struct wr_batch *batch,
			  struct wr_column **out)
{
	const struct wr_op_env *env = cache->op->env;
	struct wr_eval *eval = wr_program_eval(cache->program);

	WR_TRY(wr_program_run(cache->program, batch, out));
	for (uint32_t i = 0; i < eval->error_count; i++)
		WR_TRY(env->row_error(env, cache->op, &eval->error[i]));
	return NULL;
}

/* Adds rows to their slots: slot[i] for row i. */
static void add_rows(struct wr_lookup_cache *cache, struct wr_column *const *column,
		     struct wr_lookup_slot *const *slot, uint32_t rows)
{
	struct wr_agg_pool *pool = wr_state_pool(cache->state, 0);
	struct wr_encoded encoded;

	wr_encoded_init(&encoded);
	wr_codec_encode_batch(&cache->codec, &encoded, column, NULL, rows);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t len;
		const char *bytes = wr_encoded_row(&encoded, i, &len);

		if (slot[i] != NULL)
			wr_row_list_add(&slot[i]->list, pool, bytes, len);
	}
	wr_encoded_release(&encoded);
}

/* All of the table: the keys are the rows' own. */
static wr_status *add_all(struct wr_lookup_cache *cache, struct wr_column *const *column,
			  uint32_t rows, struct wr_lookup_slot **slot)
{
	const struct wr_node *node = cache->op->node;
	struct wr_column *key[64];
	struct wr_keys keys = {.rows = rows, .column = key};
	uint64_t *hash = wr_malloc((rows + 1) * sizeof *hash);
	wr_status *status;

	for (uint32_t k = 0; k < node->u.join.key_count; k++)
		key[k] = column[node->u.join.right_key[k]];
	wr_keys_hash(key, node->u.join.key_count, rows, hash);
	keys.hash = hash;
	status = wr_state_upsert(cache->state, 0, &keys, (uint8_t **)slot, NULL);
	wr_free(hash);
	return status;
}

/* Takes one batch of an answer. `to`: the slots of the keys asked for; NULL: all was asked for. */
static wr_status *take_batch(struct wr_lookup_cache *cache, const struct wr_batch *batch,
			     const uint32_t *asked, struct wr_lookup_slot *const *to)
{
	uint32_t columns = scan_of(cache)->schema.count;
	struct wr_column **out = wr_calloc(columns + 1, sizeof *out);
	struct wr_lookup_slot **slot = wr_calloc((size_t)batch->rows + 1, sizeof(void *));
	wr_status *status = project(cache, batch, out);

	if (status == NULL && to == NULL)
		status = add_all(cache, out, batch->rows, slot);
	for (uint32_t i = 0; i < batch->rows && to != NULL; i++)
		slot[i] = to[asked[i]];
	if (status == NULL)
		add_rows(cache, out, slot, batch->rows);
	for (uint32_t i = 0; i < columns; i++)
		wr_column_unref(out[i]);
	wr_free(out);
	wr_free(slot);
	return status;
}

/* Asks for keys (NULL: for everything) and takes the answer. */
static wr_status *ask(struct wr_lookup_cache *cache, struct wr_column *const *key, uint32_t count,
		      struct wr_lookup_slot *const *to)
{
	const uint32_t *asked;

	WR_TRY(cache->connector->lookup_ask(cache->lookup, key, count));
	for (;;) {
		struct wr_batch *batch = NULL;
		wr_status *status = cache->connector->lookup_next(cache->lookup, &batch, &asked);

		if (status != NULL || batch == NULL)
			return status;
		status = take_batch(cache, batch, asked, to);
		wr_batch_free(batch);
		if (status != NULL)
			return status;
	}
}

/* Reads the whole table when it is time to. */
static wr_status *reload(struct wr_lookup_cache *cache, int64_t now)
{
	if (cache->loaded_ms != 0 && now - cache->loaded_ms < cache->options->reload_ms)
		return NULL;
	wr_state_close(cache->state);
	cache->state = NULL;
	WR_TRY(state_open(cache));
	WR_TRY(ask(cache, NULL, 0, NULL));
	cache->loaded_ms = WR_MAX(now, 1);
	return NULL;
}

/* Asks for the keys of the slots that have no answer: row[0..count) of the keys. */
static wr_status *ask_missing(struct wr_lookup_cache *cache, const struct wr_keys *keys,
			      const uint32_t *row, struct wr_lookup_slot *const *missing,
			      uint32_t count)
{
	uint32_t key_count = cache->op->node->u.join.key_count;
	struct wr_column *key[64];
	wr_status *status;
	int64_t now;

	for (uint32_t k = 0; k < key_count; k++)
		key[k] = wr_column_gather(keys->column[k], row, count);
	status = ask(cache, key, count, missing);
	now = wr_op_mono_ms(cache->op);
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		missing[i]->state = SLOT_KNOWN;
		missing[i]->written_ms = now;
	}
	for (uint32_t k = 0; k < key_count; k++)
		wr_column_unref(key[k]);
	return status;
}

/* How much later a use has to be to be noted: the order of use is as exact as this, and a slot that
 * is used all the time does not drag its neighbours in the list through the cache. */
static int64_t use_step_ms(const struct wr_lookup_cache *cache)
{
	int64_t access = cache->options->expire_access_ms;

	return access > 0 ? WR_MIN(access / 10, USE_STEP_MS) : USE_STEP_MS;
}

/* Marks every slot as used now, and those to be asked for, once each. Returns how many. */
static uint32_t use_slots(struct wr_lookup_cache *cache, struct wr_lookup_slot **slot,
			  const uint8_t *is_new, uint32_t rows, uint32_t *row,
			  struct wr_lookup_slot **missing)
{
	uint32_t count = 0;
	int64_t now = wr_op_mono_ms(cache->op), step = use_step_ms(cache);

	for (uint32_t i = 0; i < rows; i++) {
		struct wr_lookup_slot *one = slot[i];

		if (i + AHEAD < rows)
			__builtin_prefetch(slot[i + AHEAD]);
		if (!is_new[i]) {
			if (one->state == SLOT_KNOWN && is_expired(cache, one, now)) {
				drop_rows(cache, one);
				one->state = SLOT_NEW;
			} else if (one->state == SLOT_KNOWN && now - one->used_ms <= step) {
				continue;
			}
			unlink_slot(cache, one);
		}
		link_newest(cache, one);
		one->used_ms = now;
		if (one->state != SLOT_NEW)
			continue;
		one->state = SLOT_ASKED;
		row[count] = i;
		missing[count++] = one;
	}
	return count;
}

wr_status *wr_lookup_cache_find(struct wr_lookup_cache *cache, const struct wr_keys *keys,
				struct wr_lookup_slot **slot)
{
	struct wr_lookup_slot **missing;
	uint8_t *is_new;
	uint32_t *row, count = 0;
	wr_status *status;

	if (cache->options->cache == WR_CACHE_FULL) {
		WR_TRY(reload(cache, wr_op_mono_ms(cache->op)));
		return wr_state_peek(cache->state, 0, keys, (uint8_t **)slot);
	}
	missing = wr_malloc(((size_t)keys->rows + 1) * sizeof(void *));
	is_new = wr_malloc((size_t)keys->rows + 1);
	row = wr_malloc(((size_t)keys->rows + 1) * sizeof *row);
	status = wr_state_upsert(cache->state, 0, keys, (uint8_t **)slot, is_new);
	if (status == NULL)
		count = use_slots(cache, slot, is_new, keys->rows, row, missing);
	if (count > 0)
		status = ask_missing(cache, keys, row, missing, count);
	wr_free(missing);
	wr_free(is_new);
	wr_free(row);
	return status;
}

/* Keys without rows of this batch go too, if they are not to be kept: they are among the newest. */
static wr_status *forget_missing(struct wr_lookup_cache *cache)
{
	struct wr_lookup_slot *slot = cache->newest;
	int64_t used = slot != NULL ? slot->used_ms : 0;

	while (slot != NULL && slot->used_ms == used) {
		struct wr_lookup_slot *older = slot->older;

		if (slot->list.count == 0)
			WR_TRY(forget(cache, slot));
		slot = older;
	}
	return NULL;
}

wr_status *wr_lookup_cache_trim(struct wr_lookup_cache *cache)
{
	const struct wr_lookup_options *options = cache->options;
	int64_t now = wr_op_mono_ms(cache->op);

	if (options->cache == WR_CACHE_FULL)
		return NULL;
	if (options->cache == WR_CACHE_NONE) {
		wr_state_drop_namespace(cache->state, 0);
		cache->newest = cache->oldest = NULL;
		cache->count = 0;
		return NULL;
	}
	if (!options->missing_too)
		WR_TRY(forget_missing(cache));
	while (cache->oldest != NULL &&
	       ((options->max_rows > 0 && cache->count > (uint64_t)options->max_rows) ||
		is_expired(cache, cache->oldest, now)))
		WR_TRY(forget(cache, cache->oldest));
	return NULL;
}

uint64_t wr_lookup_cache_bytes(const struct wr_lookup_cache *cache)
{
	return wr_state_bytes(cache->state);
}
