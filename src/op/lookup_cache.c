/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_cache - see lookup_cache.h.
 *
 * Slots lie in a keyed state; those of PARTIAL hang in a list from the one used last to the one not
 * used for longest.
 */
#include "op/lookup_cache.h"

#include "base/env.h"
#include "base/mem.h"
#include "data/print.h"

#define USE_STEP_MS 100
#define AHEAD       16 /* slots fetched ahead */

enum slot_state {
	SLOT_NEW,   /* made for a key that is to be asked for (PARTIAL) */
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
	cache->turns_max = cache->connector->lookup_questions != NULL
			       ? cache->connector->lookup_questions(args)
			       : 1;
	WR_TRY(state_open(cache));
	WR_TRY(wr_program_clocked(scan->u.scan.expr, scan->schema.count, args->wanted_count,
				  op->env->zone_id, op->env->env, &cache->program));
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

static wr_status *forget(struct wr_lookup_cache *cache, struct wr_lookup_slot *slot)
{
	uint8_t *one[1] = {(uint8_t *)slot};

	unlink_slot(cache, slot);
	wr_row_list_drop(&slot->list, wr_state_pool(cache->state, 0));
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

/* Where the rows of a turn are: the namespace of its slots. */
static int64_t namespace_of(const struct wr_lookup_cache *cache, const struct wr_lookup_turn *turn)
{
	return turn != NULL && cache->options->cache == WR_CACHE_NONE ? (int64_t)turn->number : 0;
}

/* Adds rows to their slots: slot[i] for row i. */
static void add_rows(struct wr_lookup_cache *cache, struct wr_agg_pool *pool,
		     struct wr_column *const *column, struct wr_lookup_slot *const *slot,
		     uint32_t rows)
{
	struct wr_encoded encoded;

	wr_encoded_init(&encoded);
	wr_codec_encode_batch(&cache->codec, &encoded, column, NULL, rows);
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t len;
		const char *bytes = wr_encoded_row(&encoded, i, &len);

		if (slot[i] == NULL)
			continue;
		wr_row_list_add(&slot[i]->list, pool, bytes, len);
		cache->answer_bytes += len + sizeof(struct wr_kept_row);
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

/* The answer is more than a worker is to hold: says whose rows they are. */
static wr_status *too_much(const struct wr_lookup_cache *cache, const struct wr_lookup_turn *turn)
{
	uint32_t most = 0;
	struct wr_text key;
	wr_status *status;

	for (uint32_t i = 1; i < turn->missing_count; i++)
		if (turn->missing[i]->list.count > turn->missing[most]->list.count)
			most = i;
	wr_text_init(&key);
	for (uint32_t k = 0; k < cache->op->node->u.join.key_count; k++) {
		wr_text_puts(&key, k > 0 ? ", " : "");
		wr_value_print(&key, turn->key[k], most, NULL);
	}
	status = wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Table '%s': the rows for %u keys of a lookup join are more than %lld "
			  "bytes; key (%s) has %u of them so far",
			  scan_of(cache)->u.scan.table->name, turn->missing_count,
			  (long long)cache->options->answer_bytes_max, wr_text_str(&key),
			  turn->missing[most]->list.count),
	    "Join by a key with fewer rows, or raise 'lookup.max-answer-size' of the table");
	wr_text_release(&key);
	return status;
}

/* Takes one batch of an answer. `turn` NULL: all of the table was asked for. */
static wr_status *take_batch(struct wr_lookup_cache *cache, const struct wr_batch *batch,
			     const uint32_t *asked, const struct wr_lookup_turn *turn)
{
	uint32_t columns = scan_of(cache)->schema.count;
	struct wr_column **out = wr_calloc(columns + 1, sizeof *out);
	struct wr_lookup_slot **slot = wr_calloc((size_t)batch->rows + 1, sizeof(void *));
	wr_status *status = project(cache, batch, out);

	if (status == NULL && turn == NULL)
		status = add_all(cache, out, batch->rows, slot);
	for (uint32_t i = 0; i < batch->rows && turn != NULL; i++)
		slot[i] = turn->missing[asked[i]];
	if (status == NULL)
		add_rows(cache, wr_state_pool(cache->state, namespace_of(cache, turn)), out, slot,
			 batch->rows);
	if (status == NULL && turn != NULL &&
	    cache->answer_bytes > (uint64_t)cache->options->answer_bytes_max)
		status = too_much(cache, turn);
	for (uint32_t i = 0; i < columns; i++)
		wr_column_unref(out[i]);
	wr_free(out);
	wr_free(slot);
	return status;
}

/* An answer begins anew: forgets what has come of it. */
static wr_status *take_back(struct wr_lookup_cache *cache, const struct wr_lookup_turn *turn)
{
	cache->answer_bytes = 0;
	for (uint32_t i = 0; turn != NULL && i < turn->missing_count; i++)
		wr_row_list_drop(&turn->missing[i]->list,
				 wr_state_pool(cache->state, namespace_of(cache, turn)));
	if (turn != NULL)
		return NULL;
	wr_state_close(cache->state);
	cache->state = NULL;
	return state_open(cache);
}

/* Takes the answer for the keys of a turn; NULL: to the question for everything. */
static wr_status *take_answer(struct wr_lookup_cache *cache, const struct wr_lookup_turn *turn)
{
	const uint32_t *asked;

	cache->answer_bytes = 0;
	for (;;) {
		struct wr_batch *batch = NULL;
		bool again;
		wr_status *status =
		    cache->connector->lookup_next(cache->lookup, &batch, &asked, &again);

		if (status == NULL && again)
			status = take_back(cache, turn);
		if (status == NULL && batch != NULL)
			status = take_batch(cache, batch, asked, turn);
		if (status != NULL || batch == NULL) {
			wr_batch_free(batch);
			return status;
		}
		wr_batch_free(batch);
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
	WR_TRY(cache->connector->lookup_ask(cache->lookup, NULL, 0));
	WR_TRY(take_answer(cache, NULL));
	cache->loaded_ms = WR_MAX(now, 1);
	return NULL;
}

/* Asks for the keys of the slots that have no answer: row[0..missing_count) of the keys. */
static wr_status *ask_missing(struct wr_lookup_cache *cache, const struct wr_keys *keys,
			      const uint32_t *row, struct wr_lookup_turn *turn)
{
	uint32_t key_count = cache->op->node->u.join.key_count;

	turn->key = wr_calloc(key_count + 1, sizeof *turn->key);
	for (uint32_t k = 0; k < key_count; k++)
		turn->key[k] = wr_column_gather(keys->column[k], row, turn->missing_count);
	return cache->connector->lookup_ask(cache->lookup, turn->key, turn->missing_count);
}

/* How much later a use has to be to be noted: the order of use is as exact as this, and a slot that
 * is used all the time does not drag its neighbours in the list through the cache. */
static int64_t use_step_ms(const struct wr_lookup_cache *cache)
{
	int64_t access = cache->options->expire_access_ms;

	return access > 0 ? WR_MIN(access / 10, USE_STEP_MS) : USE_STEP_MS;
}

/* Notes that the turn uses a slot of PARTIAL. False: what is known of it may be used. */
static bool use_slot(struct wr_lookup_cache *cache, struct wr_lookup_slot *slot, bool is_new,
		     uint64_t turn, int64_t now, int64_t step)
{
	bool in_use = slot->turn > cache->ended; /* K1 */

	slot->turn = turn;
	if (!is_new) {
		if (slot->state == SLOT_KNOWN && !in_use && is_expired(cache, slot, now)) {
			wr_row_list_drop(&slot->list, wr_state_pool(cache->state, 0));
			slot->state = SLOT_NEW;
		} else if (slot->state == SLOT_KNOWN && now - slot->used_ms <= step) {
			return false;
		}
		unlink_slot(cache, slot);
	}
	link_newest(cache, slot);
	slot->used_ms = now;
	return slot->state == SLOT_NEW;
}

/* Marks every slot as used now, and those to be asked for, once each: missing[i] is that of
 * row[i]. */
static void use_slots(struct wr_lookup_cache *cache, struct wr_lookup_turn *turn,
		      const uint8_t *is_new, uint32_t *row)
{
	int64_t now = wr_op_mono_ms(cache->op), step = use_step_ms(cache);
	bool keeps = cache->options->cache == WR_CACHE_PARTIAL;

	for (uint32_t i = 0; i < turn->count; i++) {
		struct wr_lookup_slot *slot = turn->slot[i];

		if (i + AHEAD < turn->count)
			__builtin_prefetch(turn->slot[i + AHEAD]);
		if (keeps ? !use_slot(cache, slot, is_new[i], turn->number, now, step) : !is_new[i])
			continue;
		slot->state = SLOT_ASKED;
		row[turn->missing_count] = i;
		turn->missing[turn->missing_count++] = slot;
	}
}

wr_status *wr_lookup_cache_begin(struct wr_lookup_cache *cache, const struct wr_keys *keys,
				 struct wr_lookup_turn *turn)
{
	uint8_t *is_new;
	uint32_t *row;
	wr_status *status;

	WR_ASSERT(turn->number == 0 && cache->begun - cache->ended < cache->turns_max);
	turn->number = ++cache->begun;
	turn->count = keys->rows;
	turn->slot = wr_malloc(((size_t)keys->rows + 1) * sizeof(void *));
	if (keys->rows == 0)
		return NULL;
	if (cache->options->cache == WR_CACHE_FULL) {
		WR_TRY(reload(cache, wr_op_mono_ms(cache->op)));
		return wr_state_peek(cache->state, 0, keys, (uint8_t **)turn->slot);
	}
	turn->missing = wr_malloc(((size_t)keys->rows + 1) * sizeof(void *));
	is_new = wr_malloc((size_t)keys->rows + 1);
	row = wr_malloc(((size_t)keys->rows + 1) * sizeof *row);
	status = wr_state_upsert(cache->state, namespace_of(cache, turn), keys,
				 (uint8_t **)turn->slot, is_new);
	if (status == NULL)
		use_slots(cache, turn, is_new, row);
	if (turn->missing_count > 0)
		status = ask_missing(cache, keys, row, turn);
	wr_free(is_new);
	wr_free(row);
	return status;
}

wr_status *wr_lookup_cache_take(struct wr_lookup_cache *cache, struct wr_lookup_turn *turn)
{
	int64_t now;

	WR_ASSERT(turn->number == cache->ended + 1);
	if (turn->missing_count == 0)
		return NULL;
	WR_TRY(take_answer(cache, turn));
	now = wr_op_mono_ms(cache->op);
	for (uint32_t i = 0; i < turn->missing_count; i++) {
		turn->missing[i]->state = SLOT_KNOWN;
		turn->missing[i]->written_ms = now;
	}
	return NULL;
}

/* Keys without rows go, if they are not to be kept, with the last turn that uses them. */
static wr_status *forget_missing(struct wr_lookup_cache *cache, struct wr_lookup_turn *turn)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < turn->count; i++) {
		struct wr_lookup_slot *slot = turn->slot[i];

		if (slot->list.count > 0 || slot->turn != turn->number)
			continue;
		slot->turn = 0; /* once each */
		turn->slot[count++] = slot;
	}
	for (uint32_t i = 0; i < count; i++)
		WR_TRY(forget(cache, turn->slot[i]));
	return NULL;
}

wr_status *wr_lookup_cache_end(struct wr_lookup_cache *cache, struct wr_lookup_turn *turn)
{
	const struct wr_lookup_options *options = cache->options;
	int64_t now = wr_op_mono_ms(cache->op);

	WR_ASSERT(turn->number == cache->ended + 1);
	cache->ended = turn->number;
	if (options->cache == WR_CACHE_NONE)
		wr_state_drop_namespace(cache->state, namespace_of(cache, turn));
	if (options->cache == WR_CACHE_PARTIAL && !options->missing_too)
		WR_TRY(forget_missing(cache, turn));
	while (cache->oldest != NULL && cache->oldest->turn <= cache->ended &&
	       ((options->max_rows > 0 && cache->count > (uint64_t)options->max_rows) ||
		is_expired(cache, cache->oldest, now)))
		WR_TRY(forget(cache, cache->oldest));
	wr_lookup_turn_release(cache, turn);
	return NULL;
}

void wr_lookup_turn_release(struct wr_lookup_cache *cache, struct wr_lookup_turn *turn)
{
	for (uint32_t k = 0; turn->key != NULL && k < cache->op->node->u.join.key_count; k++)
		wr_column_unref(turn->key[k]);
	wr_free(turn->key);
	wr_free(turn->missing);
	wr_free(turn->slot);
	*turn = (struct wr_lookup_turn){0};
}

uint64_t wr_lookup_cache_bytes(const struct wr_lookup_cache *cache)
{
	return wr_state_bytes(cache->state);
}
