/* SPDX-License-Identifier: Apache-2.0
 *
 * restore - records of a checkpoint back into a state.
 *
 * Records are taken in runs of one namespace: keys are decoded into columns, hashed and looked up
 * together as those of a batch are; then every value is cut into fields, mapped to the fields that
 * the state has now, and loaded. So a record can come from any backend and any parallelism.
 *
 * Nothing of the bytes is trusted: whatever does not fit is an error, never a wild read.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "state/backend.h"
#include "state/schema.h"
#include "state/snapshot.h"

#define RUN_MAX     1024u /* records taken together */
#define FIELDS_MAX  4096u /* of a saved value */
#define NUMBERS_MAX 16    /* in front of a row */

/* Records on their way into a state. */
struct run {
	struct wr_state *state;
	const struct wr_state_map *map;
	const struct wr_owner *owner; /* NULL: all keys */
	enum wr_record_kind kind;
	int64_t ns;                   /* of the run */
	uint32_t count;               /* records of it */
	struct wr_str *value;         /* theirs, RUN_MAX of them */
	uint8_t **slot, *is_new;      /* of those that are taken */
	uint64_t *hash;               /* per record */
	uint32_t *taken;              /* records whose keys the owner has */
	struct wr_builder **builder;  /* per key column */
	struct wr_column **column;    /* the same, finished */
	struct wr_codec codec;        /* of keys */
	struct wr_arena arena;        /* of the codec */
	struct wr_str *saved, *field; /* of one value: as saved, as declared */
	struct wr_text *changed;      /* per declared field: rows that were changed */
	struct wr_text row;           /* one of them */
};

bool wr_owner_has(const struct wr_owner *owner, uint64_t hash)
{
	uint32_t group = wr_key_group(hash, owner->max_parallelism);

	return wr_key_group_worker(group, owner->max_parallelism, owner->workers) == owner->worker;
}

static wr_status *damaged(void)
{
	return wr_status_new(WR_FATAL, "A record of the checkpoint is damaged");
}

static void run_init(struct run *run)
{
	const struct wr_state_decl *decl = &run->state->decl;
	uint32_t fields = decl->codec->field_count;

	run->value = wr_malloc(RUN_MAX * sizeof *run->value);
	run->slot = wr_malloc(RUN_MAX * sizeof *run->slot);
	run->is_new = wr_malloc(RUN_MAX);
	run->hash = wr_malloc(RUN_MAX * sizeof *run->hash);
	run->taken = wr_malloc(RUN_MAX * sizeof *run->taken);
	run->builder = wr_calloc(decl->key_count + 1, sizeof *run->builder);
	run->column = wr_calloc(decl->key_count + 1, sizeof *run->column);
	for (uint32_t i = 0; i < decl->key_count; i++)
		run->builder[i] = wr_builder_new(decl->key_type[i], RUN_MAX);
	wr_arena_init(&run->arena);
	wr_codec_init(&run->codec, &run->arena, decl->key_type, decl->key_count);
	run->saved = wr_calloc(run->map->saved_count + 1, sizeof *run->saved);
	run->field = wr_calloc(fields + 1, sizeof *run->field);
	run->changed = wr_calloc(fields + 1, sizeof *run->changed);
}

static void run_release(struct run *run)
{
	for (uint32_t i = 0; i < run->state->decl.key_count; i++)
		wr_builder_free(run->builder[i]);
	for (uint32_t i = 0; i < run->state->decl.codec->field_count; i++)
		wr_text_release(&run->changed[i]);
	wr_text_release(&run->row);
	wr_free(run->value);
	wr_free(run->slot);
	wr_free(run->is_new);
	wr_free(run->hash);
	wr_free(run->taken);
	wr_free(run->builder);
	wr_free(run->column);
	wr_free(run->saved);
	wr_free(run->field);
	wr_free(run->changed);
	wr_arena_release(&run->arena);
}

/* Finishes the key columns and finds out which records are taken; returns how many. */
static uint32_t run_keys(struct run *run)
{
	const struct wr_state_decl *decl = &run->state->decl;
	uint32_t count = 0;

	for (uint32_t i = 0; i < decl->key_count; i++)
		run->column[i] = wr_builder_finish(run->builder[i]);
	memset(run->hash, 0, run->count * sizeof *run->hash);
	if (run->owner != NULL && decl->route != NULL)
		for (uint32_t i = 0; i < decl->route_count; i++)
			wr_column_hash(run->column[decl->route[i]], run->count, run->hash);
	else
		wr_keys_hash(run->column, decl->key_count, run->count, run->hash);
	for (uint32_t i = 0; i < run->count; i++)
		if (run->owner == NULL || wr_owner_has(run->owner, run->hash[i]))
			run->taken[count++] = i;
	if (count == 0 || (count == run->count && (run->owner == NULL || decl->route == NULL)))
		return count;
	for (uint32_t i = 0; i < decl->key_count; i++) {
		struct wr_column *all = run->column[i];

		run->column[i] = wr_column_gather(all, run->taken, count);
		wr_column_unref(all);
	}
	wr_keys_hash(run->column, decl->key_count, count, run->hash);
	return count;
}

/* Brings the rows of field `i` into the form that the state has now. */
static bool run_change(struct run *run, uint32_t i)
{
	const struct wr_state_field *field = &run->state->decl.codec->field[i];
	const struct wr_row_change *change = run->map->change[i];
	struct wr_text *out = &run->changed[i];
	struct wr_str saved = run->field[i], row;
	const char *at = saved.data;
	int64_t number[NUMBERS_MAX];

	wr_text_clear(out);
	(void)wr_text_reserve(out, saved.len + 1);
	if (field->kind == WR_FIELD_ROW)
		return wr_row_change_apply(change, saved, out);
	if (field->kind != WR_FIELD_ROWS || field->number_count > NUMBERS_MAX)
		return false;
	while (wr_value_next_row(saved, &at, number, field->number_count, &row)) {
		wr_text_clear(&run->row);
		if (!wr_row_change_apply(change, row, &run->row))
			return false;
		for (uint32_t k = 0; k < field->number_count; k++)
			wr_value_entry_number(out, number[k]);
		wr_value_entry_row(out, wr_text_str(&run->row), run->row.len);
	}
	return at != NULL;
}

/* Loads one value into a slot, in place of what it held. */
static bool run_value(struct run *run, struct wr_str bytes, uint8_t *slot, bool is_new)
{
	const struct wr_state_decl *decl = &run->state->decl;
	const struct wr_state_map *map = run->map;
	struct wr_agg_pool *pool = wr_state_pool(run->state, run->ns);
	struct wr_value value = {.field = run->field, .count = decl->codec->field_count};

	if (!is_new) {
		if (decl->codec->drop != NULL)
			decl->codec->drop(decl->codec_ctx, pool, slot);
		memset(slot, 0, decl->value_size);
	}
	if (bytes.data == NULL ||
	    !wr_value_cut(bytes.data, bytes.len, run->saved, map->saved_count))
		return false;
	for (uint32_t i = 0; i < value.count; i++) {
		run->field[i] = (struct wr_str){NULL, 0};
		if (map->from[i] == UINT32_MAX)
			continue;
		run->field[i] = run->saved[map->from[i]];
		if (map->change == NULL || map->change[i] == NULL || run->field[i].data == NULL)
			continue;
		if (!run_change(run, i))
			return false;
		run->field[i] = (struct wr_str){wr_text_str(&run->changed[i]), run->changed[i].len};
	}
	return decl->codec->load(decl->codec_ctx, pool, slot, &value);
}

static wr_status *run_put(struct run *run, uint32_t count)
{
	struct wr_keys keys = {.rows = count, .column = run->column, .hash = run->hash};

	WR_TRY(wr_state_upsert(run->state, run->ns, &keys, run->slot, run->is_new));
	for (uint32_t i = 0; i < count; i++)
		if (!run_value(run, run->value[run->taken[i]], run->slot[i], run->is_new[i]))
			return damaged();
	return NULL;
}

static wr_status *run_remove(struct run *run, uint32_t count)
{
	const struct wr_state_decl *decl = &run->state->decl;
	struct wr_keys keys = {.rows = count, .column = run->column, .hash = run->hash};
	uint32_t found = 0;

	WR_TRY(wr_state_find(run->state, run->ns, &keys, run->slot));
	for (uint32_t i = 0; i < count; i++) {
		bool again = false;

		if (run->slot[i] == NULL)
			continue;
		for (uint32_t j = 0; j < found && !again; j++)
			again = run->slot[j] == run->slot[i];
		if (again)
			continue;
		if (decl->codec->drop != NULL)
			decl->codec->drop(decl->codec_ctx, wr_state_pool(run->state, run->ns),
					  run->slot[i]);
		run->slot[found++] = run->slot[i];
	}
	return wr_state_remove(run->state, run->ns, run->slot, found);
}

/* Applies the records gathered so far. */
static wr_status *run_flush(struct run *run)
{
	wr_status *status = NULL;
	uint32_t count;

	if (run->count == 0)
		return NULL;
	count = run_keys(run);
	if (count > 0)
		status = run->kind == WR_RECORD_PUT ? run_put(run, count) : run_remove(run, count);
	for (uint32_t i = 0; i < run->state->decl.key_count; i++)
		wr_column_unref(run->column[i]);
	run->count = 0;
	return status;
}

static wr_status *run_add(struct run *run, int64_t ns, struct wr_str key, struct wr_str value)
{
	uint32_t limit = run->kind == WR_RECORD_PUT ? RUN_MAX : 64;

	if (run->count == limit || (run->count > 0 && run->ns != ns))
		WR_TRY(run_flush(run));
	run->ns = ns;
	if (key.data == NULL) {
		if (run->kind != WR_RECORD_REMOVE)
			return damaged();
		WR_TRY(run_flush(run));
		wr_state_drop_namespace(run->state, ns);
		return NULL;
	}
	if (run->state->decl.key_count == 0 ? key.len != run->codec.null_size
					    : !wr_value_is_row(&run->codec, key))
		return damaged();
	if (wr_codec_decode(&run->codec, key.data, key.data + key.len, run->builder) !=
	    key.data + key.len)
		return damaged();
	run->value[run->count++] = value;
	return NULL;
}

wr_status *wr_state_load(struct wr_state *state, enum wr_record_kind kind, struct wr_str records,
			 const struct wr_state_map *map, const struct wr_owner *owner)
{
	struct run run = {.state = state, .map = map, .owner = owner, .kind = kind};
	const char *at = records.data;
	struct wr_str key, value;
	wr_status *status = NULL;
	int64_t ns;

	WR_ASSERT(kind == WR_RECORD_PUT || kind == WR_RECORD_REMOVE);
	if (map->saved_count > FIELDS_MAX)
		return damaged();
	run_init(&run);
	while (status == NULL && wr_record_next(kind, records, &at, &ns, &key, &value))
		status = run_add(&run, ns, key, value);
	if (status == NULL && at == NULL)
		status = damaged();
	if (status == NULL)
		status = run_flush(&run);
	run_release(&run);
	return status;
}
