/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory backend against a naive model: random batches of upserts, finds and removals over
 * several namespaces, for every form of key, with honest and with colliding hashes; the same lives
 * again while rows leave for the disk in between.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "spill_place.h"
#include "state/spill.h"
#include "state/state.h"

#define COLUMNS_MAX 3
#define SPACES      4
#define MOVED       ((uint8_t *)1) /* in the model: there, its slot unknown since the last trim */

static uint64_t seed;

static uint32_t random_below(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % bound);
}

/* How hashes are made: the real ones, all equal, or few different ones. */
enum hash_mode { HASH_REAL, HASH_EQUAL, HASH_FEW };

struct fixture {
	const struct wr_type *const *type;
	uint32_t columns;
	uint32_t domain;     /* different values per column; the first is NULL */
	enum hash_mode mode; /* of the hashes */
	struct wr_state *state;
	uint32_t space;          /* keys per namespace: domain^columns */
	uint8_t **model[SPACES]; /* slot per key, or NULL */
	uint32_t live[SPACES];
	uint32_t value_size;
	struct wr_state_codec codec;
	struct wr_spill_dir *dir; /* rows leave in between; NULL: no */
};

/* A slot as bytes; `ctx` is the fixture. */
static void slot_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	wr_value_put_bytes(out, slot, ((const struct fixture *)ctx)->value_size);
}

static bool slot_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	memcpy(slot, value->field[0].data, value->field[0].len);
	return true;
}

static const struct wr_state_field slot_field[] = {{.name = "slot", .kind = WR_FIELD_BYTES}};

/* Value number `value` of a type; 0 is NULL. Different numbers give different values. */
static void put_value(struct wr_builder *builder, const struct wr_type *type, uint32_t value)
{
	char text[64];

	if (value == 0) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->phys) {
	case WR_P_BOOL: wr_builder_bool(builder, value == 1); break;
	case WR_P_I8: wr_builder_i8(builder, (int8_t)(value - 3)); break;
	case WR_P_I16: wr_builder_i16(builder, (int16_t)(value * 31 - 99)); break;
	case WR_P_I32: wr_builder_i32(builder, (int32_t)(value * 7919 - 20000)); break;
	case WR_P_I64: wr_builder_i64(builder, (int64_t)(value * 0x123456789abull)); break;
	case WR_P_I128: wr_builder_i128(builder, (wr_i128)value << 70); break;
	case WR_P_F32: wr_builder_f32(builder, value == 1 ? -0.0f : (float)value / 3); break;
	case WR_P_F64:
		wr_builder_f64(builder, value == 1 ? 0.0 : value == 2 ? -(double)NAN : value / 7.0);
		break;
	case WR_P_STR:
		/* Lengths around every border: 0 .. 12 (view), 24 (row), and far beyond. */
		snprintf(text, sizeof text, "%0*u", (int)(value % 50), value);
		wr_builder_str(builder, text, value == 1 ? 0 : strlen(text));
		break;
	case WR_P_LIST:
		for (uint32_t i = 0; i < value % 5; i++)
			put_value(builder->child[0], type->child[0], (value + i) % 9);
		wr_builder_i32(builder->child[0], (int32_t)value);
		wr_builder_list(builder, value % 5 + 1);
		break;
	default: fail();
	}
}

/* The key columns of the key numbers. */
static void make_columns(const struct fixture *f, const uint32_t *key, uint32_t rows,
			 struct wr_column **column)
{
	uint32_t divisor = 1;

	for (uint32_t c = 0; c < f->columns; c++) {
		struct wr_builder *builder = wr_builder_new(f->type[c], rows);
		for (uint32_t i = 0; i < rows; i++)
			put_value(builder, f->type[c], key[i] / divisor % f->domain);
		column[c] = wr_builder_finish(builder);
		wr_builder_free(builder);
		divisor *= f->domain;
	}
}

static void make_hashes(const struct fixture *f, struct wr_column **column, uint32_t rows,
			uint64_t *hash)
{
	wr_keys_hash(column, f->columns, rows, hash);
	for (uint32_t i = 0; i < rows; i++) {
		if (f->mode == HASH_EQUAL)
			hash[i] = 0xffffffffffffffffull;
		else if (f->mode == HASH_FEW)
			hash[i] %= 3;
	}
}

static void free_columns(const struct fixture *f, struct wr_column **column)
{
	for (uint32_t c = 0; c < f->columns; c++)
		wr_column_unref(column[c]);
}

static int64_t ns_of(uint32_t space)
{
	return space == 0 ? 0 : (int64_t)space * 1000 - 2500; /* some below 0 */
}

static void fixture_init(struct fixture *f, const struct wr_type *const *type, uint32_t columns,
			 uint32_t domain, enum hash_mode mode, uint32_t value_size)
{
	struct wr_state_decl decl = {.name = "test",
				     .key_count = columns,
				     .key_type = type,
				     .value_size = value_size,
				     .codec = &f->codec,
				     .codec_ctx = f};

	*f = (struct fixture){
	    .type = type, .columns = columns, .domain = domain, .mode = mode, .space = 1};
	f->value_size = value_size;
	f->codec = (struct wr_state_codec){
	    .field_count = 1, .field = slot_field, .save = slot_save, .load = slot_load};
	for (uint32_t c = 0; c < columns; c++)
		f->space *= domain;
	for (uint32_t s = 0; s < SPACES; s++)
		f->model[s] = wr_calloc(f->space, sizeof *f->model[s]);
	assert_null(wr_state_open(&wr_state_memory, &decl, &f->state));
}

static void fixture_release(struct fixture *f)
{
	wr_state_close(f->state);
	wr_spill_dir_free(f->dir);
	for (uint32_t s = 0; s < SPACES; s++)
		wr_free(f->model[s]);
}

/* What a slot holds: its key number, at both ends. */
static void write_slot(uint8_t *slot, uint32_t key)
{
	for (uint32_t i = 0; i < 4; i++)
		((uint32_t *)slot)[i] = key + 1;
}

static void check_slot(const uint8_t *slot, uint32_t key)
{
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(((const uint32_t *)slot)[i], key + 1);
}

static void do_upsert(struct fixture *f, uint32_t space, uint32_t rows)
{
	uint32_t *key = wr_malloc(rows * sizeof *key);
	uint64_t *hash = wr_malloc(rows * sizeof *hash);
	uint8_t **slot = wr_malloc(rows * sizeof *slot);
	uint8_t *is_new = wr_malloc(rows);
	struct wr_column *column[COLUMNS_MAX];

	for (uint32_t i = 0; i < rows; i++)
		key[i] = random_below(f->space);
	make_columns(f, key, rows, column);
	make_hashes(f, column, rows, hash);
	struct wr_keys keys = {rows, column, hash};
	assert_null(wr_state_upsert(f->state, ns_of(space), &keys, slot, is_new));
	for (uint32_t i = 0; i < rows; i++) {
		uint8_t **model = &f->model[space][key[i]];
		assert_int_equal(is_new[i], *model == NULL);
		if (*model == NULL) {
			for (uint32_t b = 0; b < 16; b++)
				assert_int_equal(slot[i][b], 0);
			write_slot(slot[i], key[i]);
			*model = slot[i];
			f->live[space]++;
		}
		if (*model == MOVED)
			*model = slot[i];
		assert_ptr_equal(slot[i], *model); /* S1, S2 */
		check_slot(slot[i], key[i]);
	}
	free_columns(f, column);
	wr_free(key);
	wr_free(hash);
	wr_free(slot);
	wr_free(is_new);
}

static void do_find(struct fixture *f, uint32_t space, uint32_t rows)
{
	uint32_t *key = wr_malloc(rows * sizeof *key);
	uint64_t *hash = wr_malloc(rows * sizeof *hash);
	uint8_t **slot = wr_malloc(rows * sizeof *slot);
	struct wr_column *column[COLUMNS_MAX];

	for (uint32_t i = 0; i < rows; i++)
		key[i] = random_below(f->space);
	make_columns(f, key, rows, column);
	make_hashes(f, column, rows, hash);
	struct wr_keys keys = {rows, column, hash};
	assert_null(wr_state_find(f->state, ns_of(space), &keys, slot));
	for (uint32_t i = 0; i < rows; i++) {
		uint8_t **model = &f->model[space][key[i]];

		if (*model == MOVED && slot[i] != NULL)
			*model = slot[i];
		assert_ptr_equal(slot[i], *model);
		if (slot[i] != NULL)
			check_slot(slot[i], key[i]);
	}
	free_columns(f, column);
	wr_free(key);
	wr_free(hash);
	wr_free(slot);
}

/* The slot of a key that is there. */
static uint8_t *slot_of(const struct fixture *f, uint32_t space, uint32_t key)
{
	struct wr_column *column[COLUMNS_MAX];
	uint8_t *slot = f->model[space][key];
	uint64_t hash;

	if (slot != MOVED)
		return slot;
	make_columns(f, &key, 1, column);
	make_hashes(f, column, 1, &hash);
	struct wr_keys keys = {1, column, &hash};
	assert_null(wr_state_peek(f->state, ns_of(space), &keys, &slot));
	assert_non_null(slot);
	check_slot(slot, key);
	free_columns(f, column);
	return slot;
}

static void do_remove(struct fixture *f, uint32_t space, uint32_t tries)
{
	uint8_t **slot = wr_malloc(tries * sizeof *slot);
	uint32_t count = 0;

	for (uint32_t i = 0; i < tries; i++) {
		uint32_t key = random_below(f->space);
		if (f->model[space][key] == NULL)
			continue;
		slot[count++] = slot_of(f, space, key);
		f->model[space][key] = NULL;
		f->live[space]--;
	}
	assert_null(wr_state_remove(f->state, ns_of(space), slot, count));
	wr_free(slot);
}

/* Scans a namespace in pieces: every live slot once, and its key is the one that made it. */
static void do_scan(struct fixture *f, uint32_t space)
{
	uint64_t cursor = 0;
	uint32_t seen = 0;
	uint8_t *slot[37];
	uint32_t count;

	assert_int_equal(wr_state_count(f->state, ns_of(space)), f->live[space]);
	while ((count = wr_state_scan(f->state, ns_of(space), &cursor, slot, 37)) > 0) {
		uint32_t key[37];
		struct wr_column *have[COLUMNS_MAX];
		struct wr_column *want[COLUMNS_MAX];
		for (uint32_t i = 0; i < count; i++) {
			key[i] = *(const uint32_t *)slot[i] - 1;
			if (f->model[space][key[i]] != MOVED)
				assert_ptr_equal(f->model[space][key[i]], slot[i]);
		}
		wr_state_slot_keys(f->state, ns_of(space), slot, count, have);
		make_columns(f, key, count, want);
		for (uint32_t c = 0; c < f->columns; c++) {
			assert_int_equal(have[c]->len, count);
			for (uint32_t i = 0; i < count; i++)
				assert_true(wr_value_equal(have[c], i, want[c], i));
		}
		free_columns(f, have);
		free_columns(f, want);
		seen += count;
	}
	assert_int_equal(seen, f->live[space]);
}

static void do_drop(struct fixture *f, uint32_t space)
{
	int64_t ns;

	wr_state_drop_namespace(f->state, ns_of(space));
	memset(f->model[space], 0, f->space * sizeof *f->model[space]);
	f->live[space] = 0;
	assert_int_equal(wr_state_count(f->state, ns_of(space)), 0);
	if (wr_state_first_namespace(f->state, ns_of(space) - 1, &ns))
		assert_int_not_equal(ns, ns_of(space));
}

static void spill_below(struct fixture *f)
{
	struct wr_spill_options options = {.dir = spill_place(), .segment_size = 20000};

	f->dir = wr_spill_dir_new(&options);
}

/* Rows leave until some part of the memory is in use. */
static void do_trim(struct fixture *f)
{
	uint64_t used = wr_state_used(f->state), target = used * random_below(5) / 4;

	assert_null(wr_state_trim(f->state, f->dir, target));
	for (uint32_t s = 0; s < SPACES; s++)
		for (uint32_t i = 0; i < f->space; i++)
			if (f->model[s][i] != NULL)
				f->model[s][i] = MOVED;
}

/* A random life of a state. */
static void live_one(const struct wr_type *const *type, uint32_t columns, uint32_t domain,
		     enum hash_mode mode, uint32_t value_size, uint32_t steps, bool spill)
{
	struct fixture f;

	seed = 0x9e3779b97f4a7c15ull + columns * 977 + domain * 31 + mode;
	fixture_init(&f, type, columns, domain, mode, value_size);
	if (spill)
		spill_below(&f);
	for (uint32_t step = 0; step < steps; step++) {
		if (spill && random_below(4) == 0)
			do_trim(&f);
		uint32_t space = random_below(SPACES);
		uint32_t rows = random_below(8) == 0 ? 1 + random_below(700) : 1 + random_below(40);
		switch (random_below(12)) {
		case 0:
		case 1: do_find(&f, space, rows); break;
		case 2:
		case 3:
		case 4: do_remove(&f, space, rows); break;
		case 5: do_scan(&f, space); break;
		case 6:
			if (random_below(8) == 0)
				do_drop(&f, space);
			break;
		default: do_upsert(&f, space, rows);
		}
	}
	for (uint32_t s = 0; s < SPACES; s++) {
		do_scan(&f, s);
		do_drop(&f, s);
	}
	fixture_release(&f);
}

static void live(const struct wr_type *const *type, uint32_t columns, uint32_t domain,
		 enum hash_mode mode, uint32_t value_size, uint32_t steps)
{
	live_one(type, columns, domain, mode, value_size, steps, false);
	live_one(type, columns, domain, mode, value_size, steps, true);
}

static void live_all(const struct wr_type *const *type, uint32_t columns, uint32_t domain)
{
	live(type, columns, domain, HASH_REAL, 16, 600);
	live(type, columns, domain, HASH_FEW, 48, 200);
	live(type, columns, domain, HASH_EQUAL, 4096, 120);
}

static void test_fixed_8(void **unused)
{
	const struct wr_type *const bigint[] = {&WR_T_BIGINT};
	const struct wr_type *const small[] = {&WR_T_SMALLINT};
	const struct wr_type *const pair[] = {&WR_T_INT, &WR_T_INT};
	const struct wr_type *const mixed[] = {&WR_T_BOOLEAN, &WR_T_FLOAT, &WR_T_TINYINT};
	const struct wr_type *const real[] = {&WR_T_DOUBLE};

	live_all(bigint, 1, 400);
	live_all(small, 1, 90);
	live_all(pair, 2, 25);
	live_all(mixed, 3, 3);
	live_all(real, 1, 100);
}

static void test_fixed_24(void **unused)
{
	const struct wr_type *const pair[] = {&WR_T_BIGINT, &WR_T_INT};
	const struct wr_type *const wide[] = {&WR_T_TIMESTAMP9, &WR_T_DOUBLE};
	const struct wr_type *const three[] = {&WR_T_BIGINT, &WR_T_BIGINT, &WR_T_BIGINT};

	live_all(pair, 2, 22);
	live_all(wide, 2, 20);
	live_all(three, 3, 8);
}

static void test_bytes(void **unused)
{
	const struct wr_type *const text[] = {&WR_T_STRING};
	const struct wr_type *const pair[] = {&WR_T_STRING, &WR_T_BIGINT};
	const struct wr_type *const four[] = {&WR_T_BIGINT, &WR_T_STRING, &WR_T_TIMESTAMP9};
	struct wr_arena arena;

	wr_arena_init(&arena);
	const struct wr_type *const nested[] = {wr_type_array(&arena, &WR_T_INT), &WR_T_INT};
	live_all(text, 1, 300);
	live_all(pair, 2, 20);
	live_all(four, 3, 7);
	live_all(nested, 2, 20);
	wr_arena_release(&arena);
}

static void test_one_global_key(void **unused)
{
	live_all(NULL, 0, 1);
}

/* Tables beyond the size from which keys are prefetched, growing many times. */
static void test_large(void **unused)
{
	const struct wr_type *const bigint[] = {&WR_T_BIGINT};
	const struct wr_type *const pair[] = {&WR_T_BIGINT, &WR_T_INT};
	const struct wr_type *const text[] = {&WR_T_STRING};
	const struct wr_type *const *types[] = {bigint, pair, text};

	for (uint32_t round = 0; round < 6; round++) {
		struct fixture f;
		uint32_t t = round % 3;
		seed = 42 + t;
		fixture_init(&f, types[t], t == 1 ? 2 : 1, t == 1 ? 400 : 120000, HASH_REAL, 32);
		if (round >= 3)
			spill_below(&f);
		for (uint32_t i = 0; i < 60; i++) {
			if (f.dir != NULL && i % 5 == 4)
				do_trim(&f);
			do_upsert(&f, i % 2, 4096);
			if (i % 8 == 7)
				do_remove(&f, 0, 3000);
			do_find(&f, i % 2, 500);
		}
		do_scan(&f, 0);
		do_scan(&f, 1);
		fixture_release(&f);
	}
}

/* S3: without removals a scan goes by order of insertion. */
static void test_scan_order(void **unused)
{
	const struct wr_type *const type[] = {&WR_T_BIGINT};
	struct fixture f;
	uint8_t *made[1000];
	uint8_t *scanned[1000];

	fixture_init(&f, type, 1, 1001, HASH_REAL, 16);
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t key = (i * 5 + 3) % 1001;
		struct wr_column *column[1];
		uint64_t hash;
		make_columns(&f, &key, 1, column);
		wr_keys_hash(column, 1, 1, &hash);
		struct wr_keys keys = {1, column, &hash};
		assert_null(wr_state_upsert(f.state, 5, &keys, &made[i], NULL));
		wr_column_unref(column[0]);
	}
	uint64_t cursor = 0;
	assert_int_equal(wr_state_scan(f.state, 5, &cursor, scanned, 1000), 1000);
	assert_memory_equal(made, scanned, sizeof made);
	assert_int_equal(wr_state_scan(f.state, 5, &cursor, scanned, 1000), 0);
	fixture_release(&f);
}

/* Removing what a scan has just returned does not disturb it. */
static void remove_while_scanning(bool spill)
{
	const struct wr_type *const type[] = {&WR_T_INT};
	struct fixture f;
	uint8_t *slot[64];
	uint64_t cursor = 0;
	uint32_t seen = 0;
	uint32_t count;

	seed = 7;
	fixture_init(&f, type, 1, 2000, HASH_REAL, 16);
	do_upsert(&f, 0, 3000);
	if (spill) {
		spill_below(&f);
		assert_null(wr_state_trim(f.state, f.dir, wr_state_used(f.state) / 3));
	}
	while ((count = wr_state_scan(f.state, 0, &cursor, slot, 64)) > 0) {
		seen += count;
		assert_null(wr_state_remove(f.state, 0, slot, count));
	}
	assert_int_equal(seen, f.live[0]);
	assert_int_equal(wr_state_count(f.state, 0), 0);
	fixture_release(&f);
}

static void test_remove_while_scanning(void **unused)
{
	remove_while_scanning(false);
	remove_while_scanning(true);
}

static void touch(struct fixture *f, int64_t ns)
{
	(void)wr_state_pool(f->state, ns);
}

static void test_namespaces_in_order(void **unused)
{
	const struct wr_type *const type[] = {&WR_T_INT};
	static const int64_t order[] = {500, -100, 0, INT64_MIN, INT64_MAX, 200, 100, 300};
	static const int64_t sorted[] = {-100, 0, 100, 200, 300, 500, INT64_MAX};
	struct fixture f;
	int64_t ns = INT64_MIN;
	uint32_t at = 0;

	fixture_init(&f, type, 1, 2, HASH_REAL, 16);
	assert_false(wr_state_first_namespace(f.state, INT64_MIN, &ns));
	for (uint32_t i = 0; i < WR_COUNT(order); i++)
		touch(&f, order[i]);
	while (wr_state_first_namespace(f.state, ns, &ns))
		assert_int_equal(ns, sorted[at++]);
	assert_int_equal(at, WR_COUNT(sorted));
	wr_state_drop_namespace(f.state, 100);
	wr_state_drop_namespace(f.state, 12345); /* not there */
	assert_true(wr_state_first_namespace(f.state, 0, &ns));
	assert_int_equal(ns, 200);
	fixture_release(&f);
}

/* Windows come and go: what they take goes from one to the next. */
static void test_windows_recycle(void **unused)
{
	const struct wr_type *const type[] = {&WR_T_BIGINT};
	struct fixture f;
	uint64_t most = 0;

	seed = 99;
	fixture_init(&f, type, 1, 20000, HASH_REAL, 16);
	uint64_t empty = wr_state_bytes(f.state);
	for (uint32_t i = 0; i < 40; i++) {
		do_upsert(&f, 1, 4000);
		do_upsert(&f, 1, 4000);
		if (i == 2)
			most = wr_state_bytes(f.state);
		do_drop(&f, 1);
	}
	assert_in_range(most, 7000 * 32, 7000 * 32 * 4);
	assert_true(wr_state_bytes(f.state) <= most);
	assert_in_range(empty, 0, 16384);
	fixture_release(&f);
}

/* A window with three keys costs little. */
static void test_small_is_cheap(void **unused)
{
	const struct wr_type *const type[] = {&WR_T_STRING};
	struct fixture f;

	seed = 3;
	fixture_init(&f, type, 1, 3, HASH_REAL, 64);
	do_upsert(&f, 0, 20);
	uint64_t one = wr_state_bytes(f.state);
	do_upsert(&f, 1, 20);
	do_upsert(&f, 2, 20);
	assert_in_range((wr_state_bytes(f.state) - one) / 2, 1, 2048);
	fixture_release(&f);
}

/* Values of a column that stand for all rows, and keys in which zeros and NaNs differ in their
 * bits. */
static void test_const_and_normal_forms(void **unused)
{
	const struct wr_type *const type[] = {&WR_T_DOUBLE, &WR_T_FLOAT};
	struct fixture f;
	struct wr_column *column[2] = {wr_column_new(&WR_T_DOUBLE, 4), NULL};
	uint64_t hash[4];
	uint8_t *slot[4];

	fixture_init(&f, type, 2, 2, HASH_REAL, 16);
	WR_DATA(column[0], double)[0] = 0.0;
	WR_DATA(column[0], double)[1] = -0.0;
	WR_DATA(column[0], double)[2] = (double)NAN;
	WR_DATA(column[0], double)[3] = -(double)NAN;
	column[1] = wr_column_new(&WR_T_FLOAT, 1);
	WR_DATA(column[1], float)[0] = -0.0f;
	wr_column_make_const(column[1]);
	wr_keys_hash(column, 2, 4, hash);
	struct wr_keys keys = {4, column, hash};
	assert_null(wr_state_upsert(f.state, 0, &keys, slot, NULL));
	assert_ptr_equal(slot[0], slot[1]);
	assert_ptr_equal(slot[2], slot[3]);
	assert_ptr_not_equal(slot[0], slot[2]);
	assert_int_equal(wr_state_count(f.state, 0), 2);
	free_columns(&f, column);
	fixture_release(&f);
}

/* Key groups and table positions of consecutive integers spread evenly. */
static void test_hash_spreads(void **unused)
{
	struct wr_column *column[] = {wr_column_new(&WR_T_BIGINT, 65536)};
	uint64_t *hash = wr_malloc(65536 * sizeof *hash);
	static uint32_t group[128];
	static uint32_t place[4096];
	static uint32_t both[128 * 16];

	for (uint32_t i = 0; i < 65536; i++)
		WR_DATA(column[0], int64_t)[i] = i;
	wr_keys_hash(column, 1, 65536, hash);
	for (uint32_t i = 0; i < 65536; i++) {
		uint32_t g = wr_key_group(hash[i], 128);
		assert_in_range(g, 0, 127);
		group[g]++;
		place[hash[i] % 4096]++;
		both[g * 16 + hash[i] % 16]++;
	}
	for (uint32_t i = 0; i < 128; i++)
		assert_in_range(group[i], 512 - 140, 512 + 140);
	for (uint32_t i = 0; i < 4096; i++)
		assert_in_range(place[i], 1, 48);
	for (uint32_t i = 0; i < 128 * 16; i++)
		assert_in_range(both[i], 4, 80);
	assert_int_equal(wr_key_group_worker(0, 128, 3), 0);
	assert_int_equal(wr_key_group_worker(127, 128, 3), 2);
	wr_column_unref(column[0]);
	wr_free(hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fixed_8),
	    cmocka_unit_test(test_fixed_24),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_one_global_key),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_scan_order),
	    cmocka_unit_test(test_remove_while_scanning),
	    cmocka_unit_test(test_namespaces_in_order),
	    cmocka_unit_test(test_windows_recycle),
	    cmocka_unit_test(test_small_is_cheap),
	    cmocka_unit_test(test_const_and_normal_forms),
	    cmocka_unit_test(test_hash_spreads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
