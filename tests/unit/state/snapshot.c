/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots against a model: a state lives a random life while full, incremental and side snapshots
 * are written piece by piece; what was written, loaded into fresh states of one or of several
 * workers, must be what the state held when the snapshot began. The same lives again while rows
 * leave for the disk in between.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "spill_place.h"
#include "state/snapshot.h"
#include "state/spill.h"

#define KEYS   300
#define SPACES 4
#define BATCH  40

static uint64_t seed;

static uint32_t random_below(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % bound);
}

/* A slot: a number, and the number as text in the pool, of a length that depends on it. */
struct slot {
	int64_t number;
	char *text;
	uint32_t len;
	uint32_t unused[3];
};

static const struct wr_state_field fields[] = {
    {.name = "number", .kind = WR_FIELD_NUMBER},
    {.name = "text", .kind = WR_FIELD_BYTES},
};

static void slot_save(void *ctx, const uint8_t *bytes, struct wr_text *out)
{
	const struct slot *slot = (const struct slot *)bytes;

	wr_value_put_number(out, slot->number);
	wr_value_put_bytes(out, slot->text, slot->len);
}

static void slot_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *bytes)
{
	struct slot *slot = (struct slot *)bytes;

	if (slot->len > 0)
		wr_agg_pool_drop(pool, slot->text, slot->len);
	slot->text = NULL;
	slot->len = 0;
}

static bool slot_load(void *ctx, struct wr_agg_pool *pool, uint8_t *bytes,
		      const struct wr_value *value)
{
	struct slot *slot = (struct slot *)bytes;

	if (!wr_value_number(value->field[0], &slot->number) || value->field[1].data == NULL)
		return false;
	slot->len = (uint32_t)value->field[1].len;
	if (slot->len > 0) {
		slot->text = wr_agg_pool_alloc(pool, slot->len);
		memcpy(slot->text, value->field[1].data, slot->len);
	}
	return true;
}

static const struct wr_state_codec codec = {.field_count = WR_COUNT(fields),
					    .field = fields,
					    .save = slot_save,
					    .load = slot_load,
					    .drop = slot_drop};
static const uint32_t same[] = {0, 1};
static const struct wr_state_map map = {.saved_count = 2, .from = same};

/* What each key of each namespace holds; 0: it is not there. */
struct model {
	int64_t number[SPACES][KEYS];
};

struct block_list {
	struct wr_snapshot_block **block;
	uint32_t count, capacity;
};

struct life {
	const struct wr_type *const *type;
	struct wr_state *state;
	struct model now, then; /* then: when the snapshot under way began */
	struct wr_snapshot snapshot;
	bool active;             /* a snapshot is under way */
	bool must_full;          /* the next one has to be full */
	struct block_list fresh; /* of the snapshot under way */
	struct block_list chain; /* from the last full one on */
	int64_t next_number;
	uint32_t checked;         /* snapshots */
	uint64_t bytes[2];        /* written by full and incremental ones */
	struct wr_spill_dir *dir; /* rows leave in between; NULL: no */
};

static void list_add(struct block_list *list, struct wr_snapshot_block *block)
{
	if (list->count == list->capacity) {
		list->capacity = WR_MAX(16, 2 * list->capacity);
		list->block = wr_realloc(list->block, list->capacity * sizeof *list->block);
	}
	list->block[list->count++] = block;
}

static void list_clear(struct block_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		wr_snapshot_block_free(list->block[i]);
	wr_free(list->block);
	*list = (struct block_list){0};
}

static void on_block(struct wr_snapshot *snapshot, struct wr_snapshot_block *block)
{
	struct life *life = snapshot->user;

	assert_int_equal(block->state, 7);
	list_add(&life->fresh, block);
}

static struct wr_state *state_new(const struct wr_type *const *type)
{
	struct wr_state_decl decl = {.name = "test",
				     .key_count = 1,
				     .key_type = type,
				     .value_size = sizeof(struct slot),
				     .codec = &codec};
	struct wr_state *state;

	_Static_assert(sizeof(struct slot) % 16 == 0, "slots are multiples of 16 bytes");
	assert_null(wr_state_open(&wr_state_memory, &decl, &state));
	return state;
}

static int64_t ns_of(uint32_t space)
{
	return space == 0 ? 0 : (int64_t)space * 1000 - 2500;
}

/* Keys by number: key 0 is NULL; strings have lengths from 0 to 60. */
static struct wr_column *key_column(const struct wr_type *type, const uint32_t *key, uint32_t rows)
{
	struct wr_builder *builder = wr_builder_new(type, rows);
	struct wr_column *column;
	char text[64];

	for (uint32_t i = 0; i < rows; i++) {
		if (key[i] == 0) {
			wr_builder_null(builder);
		} else if (builder->phys == WR_P_STR) {
			snprintf(text, sizeof text, "%0*u", (int)(key[i] % 60), key[i]);
			wr_builder_str(builder, text, strlen(text));
		} else {
			wr_builder_i64(builder, (int64_t)key[i] * 77777777777);
		}
	}
	column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

static void set_slot(struct life *life, uint32_t space, struct slot *slot)
{
	struct wr_agg_pool *pool = wr_state_pool(life->state, ns_of(space));

	slot_drop(NULL, pool, (uint8_t *)slot);
	slot->number = ++life->next_number;
	slot->len = (uint32_t)(slot->number % 40);
	if (slot->len > 0)
		slot->text = wr_agg_pool_alloc(pool, slot->len);
	for (uint32_t i = 0; i < slot->len; i++)
		slot->text[i] = (char)(slot->number + i);
}

/* Distinct random keys, and their slots. */
static uint32_t pick(struct life *life, uint32_t space, bool upsert, uint32_t *key, uint8_t **slot)
{
	uint32_t rows = 1 + random_below(BATCH - 1);
	struct wr_column *column;
	uint64_t hash[BATCH];

	for (uint32_t i = 0; i < rows; i++)
		key[i] = (random_below(KEYS / BATCH) * BATCH + i) % KEYS;
	column = key_column(life->type[0], key, rows);
	wr_keys_hash(&column, 1, rows, hash);
	struct wr_keys keys = {rows, &column, hash};
	if (upsert)
		assert_null(wr_state_upsert(life->state, ns_of(space), &keys, slot, NULL));
	else if (random_below(2) == 0)
		assert_null(wr_state_find(life->state, ns_of(space), &keys, slot));
	else
		assert_null(wr_state_peek(life->state, ns_of(space), &keys, slot));
	wr_column_unref(column);
	return rows;
}

static void do_upsert(struct life *life, uint32_t space)
{
	uint32_t key[BATCH], rows;
	uint8_t *slot[BATCH];

	rows = pick(life, space, true, key, slot);
	for (uint32_t i = 0; i < rows; i++) {
		set_slot(life, space, (struct slot *)slot[i]);
		life->now.number[space][key[i]] = life->next_number;
	}
}

static void do_remove(struct life *life, uint32_t space)
{
	struct wr_agg_pool *pool;
	uint32_t key[BATCH], rows, count = 0;
	uint8_t *slot[BATCH];

	rows = pick(life, space, false, key, slot);
	for (uint32_t i = 0; i < rows; i++) {
		assert_int_equal(slot[i] != NULL, life->now.number[space][key[i]] != 0);
		if (slot[i] == NULL)
			continue;
		life->now.number[space][key[i]] = 0;
		slot[count++] = slot[i];
	}
	wr_state_touch(life->state, ns_of(space), slot, count);
	pool = count > 0 ? wr_state_pool(life->state, ns_of(space)) : NULL;
	for (uint32_t i = 0; i < count; i++)
		slot_drop(NULL, pool, slot[i]);
	assert_null(wr_state_remove(life->state, ns_of(space), slot, count));
}

/* Only reads. */
static void do_peek(struct life *life, uint32_t space)
{
	uint32_t key[BATCH], rows = 1 + random_below(BATCH - 1);
	struct wr_column *column;
	uint64_t hash[BATCH];
	uint8_t *slot[BATCH];

	for (uint32_t i = 0; i < rows; i++)
		key[i] = random_below(KEYS);
	column = key_column(life->type[0], key, rows);
	wr_keys_hash(&column, 1, rows, hash);
	struct wr_keys keys = {rows, &column, hash};
	assert_null(wr_state_peek(life->state, ns_of(space), &keys, slot));
	for (uint32_t i = 0; i < rows; i++)
		assert_int_equal(slot[i] != NULL ? ((const struct slot *)slot[i])->number : 0,
				 life->now.number[space][key[i]]);
	wr_column_unref(column);
}

/* Changes slots that a scan has found. */
static void do_scan(struct life *life, uint32_t space)
{
	uint64_t cursor = random_below(KEYS);
	uint8_t *slot[BATCH];
	uint32_t count = wr_state_scan(life->state, ns_of(space), &cursor, slot, BATCH);

	wr_state_touch(life->state, ns_of(space), slot, count);
	for (uint32_t i = 0; i < count; i++) {
		int64_t before = ((struct slot *)slot[i])->number;
		uint32_t key = 0;

		while (life->now.number[space][key] != before)
			key++;
		set_slot(life, space, (struct slot *)slot[i]);
		life->now.number[space][key] = life->next_number;
	}
}

static void do_drop(struct life *life, uint32_t space)
{
	wr_state_drop_namespace(life->state, ns_of(space));
	memset(life->now.number[space], 0, sizeof life->now.number[space]);
}

/* Whether the states together hold the model. */
static void check_states(struct life *life, struct wr_state *const *state, uint32_t count)
{
	uint32_t key[KEYS];
	struct wr_column *column;
	uint64_t hash[KEYS];

	for (uint32_t k = 0; k < KEYS; k++)
		key[k] = k;
	column = key_column(life->type[0], key, KEYS);
	wr_keys_hash(&column, 1, KEYS, hash);
	struct wr_keys keys = {KEYS, &column, hash};
	for (uint32_t space = 0; space < SPACES; space++) {
		int64_t found[KEYS] = {0};

		for (uint32_t s = 0; s < count; s++) {
			uint8_t *slot[KEYS];

			assert_null(wr_state_peek(state[s], ns_of(space), &keys, slot));
			for (uint32_t k = 0; k < KEYS; k++) {
				const struct slot *have = (const struct slot *)slot[k];

				if (have == NULL)
					continue;
				assert_int_equal(found[k], 0);
				found[k] = have->number;
				assert_int_equal(have->len, have->number % 40);
				for (uint32_t i = 0; i < have->len; i++)
					assert_int_equal(have->text[i], (char)(have->number + i));
			}
		}
		assert_memory_equal(found, life->then.number[space], sizeof found);
	}
	wr_column_unref(column);
}

/* Loads the blocks into `count` workers' states and compares. */
static void check_blocks(struct life *life, const struct block_list *list, uint32_t count)
{
	struct wr_state *state[3];

	for (uint32_t s = 0; s < count; s++) {
		struct wr_owner owner = {s, count, 128};

		state[s] = state_new(life->type);
		for (uint32_t i = 0; i < list->count; i++) {
			if (life->dir != NULL)
				assert_null(wr_state_trim(state[s], life->dir,
							  wr_state_used(state[s]) / 2));

			const struct wr_snapshot_block *block = list->block[i];
			struct wr_str bytes = {block->bytes.data, block->bytes.len};

			assert_null(wr_state_load(state[s], block->kind, bytes, &map,
						  count > 1 ? &owner : NULL));
		}
	}
	check_states(life, state, count);
	for (uint32_t s = 0; s < count; s++)
		wr_state_close(state[s]);
}

static void begin(struct life *life)
{
	life->snapshot = (struct wr_snapshot){.emit = on_block, .user = life};
	life->snapshot.full = life->must_full || random_below(6) == 0;
	life->snapshot.keep_changes =
	    !life->must_full && life->snapshot.full && random_below(2) == 0;
	life->then = life->now;
	life->active = true;
	wr_state_snapshot_begin(life->state, &life->snapshot, 7);
}

static void finish(struct life *life)
{
	uint64_t *bytes = &life->bytes[life->snapshot.full ? 0 : 1];

	for (uint32_t i = 0; i < life->fresh.count; i++)
		*bytes += life->fresh.block[i]->bytes.len;
	life->active = false;
	life->checked++;
	if (life->snapshot.keep_changes) {
		check_blocks(life, &life->fresh, 1);
		list_clear(&life->fresh);
		return;
	}
	if (life->snapshot.full)
		list_clear(&life->chain);
	for (uint32_t i = 0; i < life->fresh.count; i++)
		list_add(&life->chain, life->fresh.block[i]);
	wr_free(life->fresh.block);
	life->fresh = (struct block_list){0};
	life->must_full = false;
	check_blocks(life, &life->chain, 1 + random_below(3));
}

static void do_snapshot(struct life *life)
{
	if (!life->active) {
		begin(life);
		return;
	}
	if (random_below(40) == 0) {
		wr_state_snapshot_abort(life->state);
		list_clear(&life->fresh);
		life->must_full = life->must_full || !life->snapshot.keep_changes;
		life->active = false;
		return;
	}
	if (wr_state_snapshot_step(life->state, random_below(2000)))
		finish(life);
}

static void do_trim(struct life *life)
{
	uint64_t used = wr_state_used(life->state);

	assert_null(wr_state_trim(life->state, life->dir, used * random_below(5) / 4));
}

static void live(const struct wr_type *type, uint64_t start, uint32_t steps, bool spill)
{
	struct wr_spill_options options = {.dir = spill_place(), .segment_size = 6000};
	const struct wr_type *const types[] = {type};
	struct life life = {.type = types, .must_full = true};

	seed = start;
	life.state = state_new(types);
	wr_state_track(life.state);
	if (spill)
		life.dir = wr_spill_dir_new(&options);
	for (uint32_t step = 0; step < steps; step++) {
		uint32_t space = random_below(SPACES);

		if (spill && random_below(3) == 0)
			do_trim(&life);

		switch (random_below(10)) {
		case 0:
		case 1: do_remove(&life, space); break;
		case 2: do_scan(&life, space); break;
		case 3:
			if (random_below(6) == 0)
				do_drop(&life, space);
			else
				do_peek(&life, space);
			break;
		case 4:
		case 5: do_upsert(&life, space); break;
		default: do_snapshot(&life);
		}
	}
	while (life.active)
		do_snapshot(&life);
	assert_true(life.checked > steps / 200);
	wr_state_close(life.state);
	wr_spill_dir_free(life.dir);
	list_clear(&life.chain);
	list_clear(&life.fresh);
}

static void test_lives(void **unused)
{
	for (uint64_t i = 1; i <= 12; i++) {
		live(&WR_T_BIGINT, 0x9e3779b97f4a7c15ull * i, 3000, i % 2 == 0);
		live(&WR_T_STRING, 0xd1b54a32d192ed03ull * i, 3000, i % 2 == 0);
	}
}

/* What does not change is not written again. */
static void test_bytes_follow_change(void **unused)
{
	const struct wr_type *const types[] = {&WR_T_BIGINT};
	struct life life = {.type = types, .must_full = true};

	seed = 99;
	life.state = state_new(types);
	wr_state_track(life.state);
	for (uint32_t i = 0; i < 200; i++)
		do_upsert(&life, random_below(SPACES));
	begin(&life);
	while (!wr_state_snapshot_step(life.state, 1000))
		;
	finish(&life);
	life.snapshot.full = false;
	for (uint32_t round = 0; round < 3; round++) {
		struct wr_snapshot snapshot = {.emit = on_block, .user = &life};
		uint8_t *slot[1];
		uint64_t cursor = 0;
		uint64_t before = life.bytes[1];

		if (round > 0) {
			assert_int_equal(wr_state_scan(life.state, 0, &cursor, slot, 1), 1);
			if (round == 2)
				wr_state_touch(life.state, 0, slot, 1);
		}
		life.snapshot = snapshot;
		life.then = life.now;
		wr_state_snapshot_begin(life.state, &life.snapshot, 7);
		while (!wr_state_snapshot_step(life.state, 1000))
			;
		finish(&life);
		if (round < 2)
			assert_int_equal(life.bytes[1], before);
		else
			assert_in_range(life.bytes[1] - before, 10, 80);
	}
	wr_state_close(life.state);
	list_clear(&life.chain);
}

/* Whatever the bytes are, loading them ends with an error or not, but it ends. */
static void test_damage(void **unused)
{
	const struct wr_type *const types[] = {&WR_T_STRING};
	struct life life = {.type = types, .must_full = true};

	seed = 5;
	life.state = state_new(types);
	wr_state_track(life.state);
	for (uint32_t i = 0; i < 4; i++)
		do_upsert(&life, 1);
	begin(&life);
	while (!wr_state_snapshot_step(life.state, 1000))
		;
	for (uint32_t i = 0; i < life.fresh.count; i++) {
		struct wr_text *bytes = &life.fresh.block[i]->bytes;

		for (size_t at = 0; at < bytes->len; at++) {
			struct wr_state *state = state_new(types);
			char *copy = wr_malloc(at + 1), old = bytes->data[at];
			wr_status *status;

			memcpy(copy, bytes->data, at);
			status = wr_state_load(state, WR_RECORD_PUT, (struct wr_str){copy, at},
					       &map, NULL);
			wr_status_free(status);
			bytes->data[at] = (char)random_below(256);
			status =
			    wr_state_load(state, WR_RECORD_PUT,
					  (struct wr_str){bytes->data, bytes->len}, &map, NULL);
			wr_status_free(status);
			status =
			    wr_state_load(state, WR_RECORD_REMOVE,
					  (struct wr_str){bytes->data, bytes->len}, &map, NULL);
			wr_status_free(status);
			bytes->data[at] = old;
			wr_free(copy);
			wr_state_close(state);
		}
	}
	list_clear(&life.fresh);
	wr_state_close(life.state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lives),
	    cmocka_unit_test(test_bytes_follow_change),
	    cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
