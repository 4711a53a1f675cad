/* SPDX-License-Identifier: Apache-2.0
 *
 * restore_case - an operator that is saved and loaded again goes on as if nothing had happened.
 *
 * A statement is planned, and the operator of one kind taken out of the plan. It is fed random
 * rows of its inputs' types, with changes where they change, and marks. Now and then all that it
 * keeps is saved, slot by slot and extra by extra, and loaded into a new one; from then on both
 * get the same input, and must emit the same rows at every mark. The next copy is made of the copy.
 *
 * Meanwhile the first operator is also saved as checkpoints are: its states' snapshots, full ones
 * and what has changed since, are written piece by piece between the batches that follow. Loaded
 * one after the other they must give what was there at the last mark: so nothing has been changed
 * behind the state's back.
 *
 * What is saved is also damaged, cut and flipped: that must not end in more than an error.
 */
#ifndef WR_TEST_OP_RESTORE_CASE_H
#define WR_TEST_OP_RESTORE_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../slow.h"
#include "base/mem.h"
#include "data/print.h"
#include "engine/prepared.h"
#include "op/op.h"
#include "op/windowing.h"
#include "sql/parser.h"

#define CASE_INPUTS_MAX 4
#define CASE_SEEDS      12
#define CASE_SEEDS_SLOW 6
/* a, b and c only grow; p changes; the rows of last_b are the versions of its keys. */
#define CASE_TABLES                                                                                \
	"CREATE TABLE a (k INT, s STRING, v BIGINT, d DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts "  \
	"AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');"                             \
	"CREATE TABLE b (k INT, s STRING, w BIGINT, arr ARRAY<STRING>, ts TIMESTAMP(3), "          \
	"WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');"            \
	"CREATE TABLE c (k INT, s STRING, x BIGINT) WITH ('connector' = 'datagen');"               \
	"CREATE TABLE p (k INT, x BIGINT, ts TIMESTAMP(3), PRIMARY KEY (k) NOT ENFORCED, "         \
	"WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '/dev/null', "         \
	"'format' = 'debezium-json');"                                                             \
	"CREATE VIEW last_b AS SELECT k, w, ts FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k " \
	"ORDER BY ts DESC) r FROM b) WHERE r = 1;"                                                 \
	"CREATE TABLE by_s (s STRING NOT NULL, k INT, n BIGINT, PRIMARY KEY (s) NOT ENFORCED) "    \
	"WITH ('connector' = 'blackhole');"

struct op_case {
	const char *name;
	const char *settings; /* SET ...; statements in front; NULL: none */
	const char *query;    /* a SELECT */
	enum wr_node_kind kind;
	bool inexact;  /* what is saved has times of day, which are rounded */
	uint32_t keys; /* of each input, 0: 6; more where the rows of a key multiply */
};

/* --- the plan */

struct op_plan {
	struct wr_session *session;
	struct wr_prepared prepared;
	const struct wr_node *node; /* whose operator is tested */
	struct wr_op_env env;
	uint32_t late, errors; /* rows */
};

static inline const struct wr_node *find_node(const struct wr_node *node, enum wr_node_kind kind)
{
	if (node->kind == kind)
		return node;
	for (uint32_t i = 0; i < node->input_count; i++) {
		const struct wr_node *found = find_node(node->input[i], kind);

		if (found != NULL)
			return found;
	}
	return NULL;
}

static inline void must(wr_status *status)
{
	if (status == NULL)
		return;
	fprintf(stderr, "%s\n", status->text);
	abort();
}

static inline wr_status *case_row_error(const struct wr_op_env *env, const struct wr_op *op,
					const struct wr_eval_error *error)
{
	(void)op;
	(void)error;
	((struct op_plan *)env->job)->errors++;
	return NULL;
}

static inline wr_status *case_late(const struct wr_op_env *env, const struct wr_op *op,
				   const struct wr_batch *batch, const uint32_t *row,
				   const int64_t *end_ms, uint32_t count)
{
	(void)op;
	(void)batch;
	(void)row;
	(void)end_ms;
	((struct op_plan *)env->job)->late += count;
	return NULL;
}

/* Plans the case's query. */
static inline void plan_open(struct op_plan *plan, const struct op_case *one)
{
	static const struct wr_listener nobody;
	struct wr_ast_script script = {0};
	struct wr_text text;

	*plan = (struct op_plan){.session = wr_session_new(&nobody)};
	wr_text_init(&text);
	wr_text_printf(&text, "%s%s%s;", CASE_TABLES, one->settings != NULL ? one->settings : "",
		       one->query);
	must(wr_parse_numbered(&plan->session->script, (struct wr_str){text.data, text.len}, NULL,
			       1, &script));
	for (uint32_t i = 0; i < script.count; i++)
		must(wr_prepare_statement(plan->session, &plan->prepared, script.items[i],
					  WR_SCRIPT_RUN));
	wr_text_release(&text);
	for (uint32_t i = 0; i < plan->prepared.count && plan->node == NULL; i++)
		if (plan->prepared.action[i].plan != NULL)
			plan->node = find_node(plan->prepared.action[i].plan->root[0], one->kind);
	if (plan->node == NULL) {
		fprintf(stderr, "%s: the plan has no such node\n", one->name);
		abort();
	}
	plan->env = (struct wr_op_env){.workers = 1,
				       .batch_rows_max = 16,
				       .max_parallelism = 128,
				       .zone_id = "UTC",
				       .backend = &wr_state_memory,
				       .track = true,
				       .env = wr_env_system(),
				       .row_error = case_row_error,
				       .late = case_late,
				       .job = plan};
}

static inline void plan_close(struct op_plan *plan)
{
	wr_prepared_release(&plan->prepared);
	wr_session_free(plan->session);
}

/* --- an operator and what it emits */

struct fed_op {
	struct wr_op *op;
	struct wr_text *row; /* what it emitted, a text per row */
	uint32_t count, capacity;
};

static inline wr_status *fed_emit(struct wr_out *out, struct wr_batch *batch)
{
	struct fed_op *fed = out->target;

	out->rows += wr_batch_count(batch);
	assert_in_range(wr_batch_count(batch), 1, 16);
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i);
		struct wr_text *text;

		if (fed->count == fed->capacity) {
			fed->capacity = WR_MAX(64, 2 * fed->capacity);
			fed->row = wr_realloc(fed->row, fed->capacity * sizeof *fed->row);
		}
		text = &fed->row[fed->count++];
		wr_text_init(text);
		wr_text_printf(text, "%s w=%lld", wr_row_kind_str(wr_batch_kind(batch, row)),
			       (long long)wr_batch_watermark(batch, row));
		for (uint32_t c = 0; c < batch->column_count; c++) {
			wr_text_puts(text, " | ");
			if (batch->column[c] != NULL)
				wr_value_print(text, batch->column[c], row, NULL);
		}
	}
	wr_batch_free(batch);
	return NULL;
}

static inline void fed_open(struct fed_op *fed, struct op_plan *plan)
{
	*fed = (struct fed_op){0};
	must(wr_op_new(plan->node, &plan->env, &fed->op));
	fed->op->out = (struct wr_out){.emit = fed_emit, .target = fed};
}

static inline void fed_clear(struct fed_op *fed)
{
	for (uint32_t i = 0; i < fed->count; i++)
		wr_text_release(&fed->row[i]);
	fed->count = 0;
}

static inline void fed_close(struct fed_op *fed)
{
	fed_clear(fed);
	wr_free(fed->row);
	wr_op_free(fed->op);
}

static inline int compare_texts(const void *a, const void *b)
{
	const struct wr_text *x = a, *y = b;
	int order = memcmp(wr_text_str(x), wr_text_str(y), WR_MIN(x->len, y->len));

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static inline void sort_texts(struct wr_text *text, uint32_t count)
{
	if (count > 0)
		qsort(text, count, sizeof *text, compare_texts);
}

/* Both have emitted the same since the last time, in any order. */
static inline void same_output(const char *name, uint64_t seed, struct fed_op *a, struct fed_op *b)
{
	sort_texts(a->row, a->count);
	sort_texts(b->row, b->count);
	for (uint32_t i = 0; i < WR_MAX(a->count, b->count); i++) {
		if (i < a->count && i < b->count && compare_texts(&a->row[i], &b->row[i]) == 0)
			continue;
		fail_msg("%s, seed %llu: row %u is\n  %s\nand after loading\n  %s", name,
			 (unsigned long long)seed, i,
			 i < a->count ? wr_text_str(&a->row[i]) : "not there",
			 i < b->count ? wr_text_str(&b->row[i]) : "not there");
	}
	fed_clear(a);
	fed_clear(b);
}

/* --- what an operator keeps, as bytes */

/* One slot or record. */
struct saved_entry {
	uint32_t kept;                   /* number of the state or extra */
	int64_t ns;                      /* of a slot */
	struct wr_column *key[16];       /* of a slot: a row of each */
	struct wr_text key_bytes, value; /* of an extra: its key; the value */
};

struct saved_op {
	struct saved_entry *entry;
	uint32_t count, capacity;
};

static inline struct saved_entry *saved_add(struct saved_op *saved, uint32_t kept)
{
	struct saved_entry *entry;

	if (saved->count == saved->capacity) {
		saved->capacity = WR_MAX(64, 2 * saved->capacity);
		saved->entry = wr_realloc(saved->entry, saved->capacity * sizeof *entry);
	}
	entry = &saved->entry[saved->count++];
	*entry = (struct saved_entry){.kept = kept};
	wr_text_init(&entry->key_bytes);
	wr_text_init(&entry->value);
	return entry;
}

static inline void saved_release(struct saved_op *saved)
{
	for (uint32_t i = 0; i < saved->count; i++) {
		for (uint32_t k = 0; k < 16; k++)
			wr_column_unref(saved->entry[i].key[k]);
		wr_text_release(&saved->entry[i].key_bytes);
		wr_text_release(&saved->entry[i].value);
	}
	wr_free(saved->entry);
	*saved = (struct saved_op){0};
}

static inline void save_state(struct saved_op *saved, const struct wr_op *op, uint32_t k)
{
	const struct wr_op_kept *kept = &op->kept[k];
	int64_t ns = INT64_MIN;
	uint8_t *slot;

	assert_true(kept->decl.key_count <= 16);
	while (wr_state_first_namespace(kept->state, ns, &ns)) {
		uint64_t cursor = 0;

		while (wr_state_scan(kept->state, ns, &cursor, &slot, 1) == 1) {
			struct saved_entry *entry = saved_add(saved, k);

			entry->ns = ns;
			wr_state_slot_keys(kept->state, ns, &slot, 1, entry->key);
			kept->decl.codec->save(kept->decl.codec_ctx, slot, &entry->value);
		}
	}
}

static inline void save_block(struct wr_snapshot *snapshot, struct wr_snapshot_block *block)
{
	struct saved_op *saved = snapshot->user;
	struct wr_str records = {block->bytes.data, block->bytes.len}, key, value;
	const char *at = records.data;
	int64_t ns;

	assert_int_equal(block->kind, WR_RECORD_EXTRA);
	while (wr_record_next(block->kind, records, &at, &ns, &key, &value)) {
		struct saved_entry *entry = saved_add(saved, block->state);

		wr_text_add(&entry->key_bytes, key.data != NULL ? key.data : "", key.len);
		wr_text_add(&entry->value, value.data, value.len);
	}
	assert_non_null(at);
	wr_snapshot_block_free(block);
}

static inline void save_op(struct saved_op *saved, struct wr_op *op)
{
	struct wr_snapshot snapshot = {.emit = save_block, .user = saved, .full = true};

	*saved = (struct saved_op){0};
	for (uint32_t k = 0; k < op->kept_count; k++) {
		struct wr_snapshot_out out = {.snapshot = &snapshot, .state = k};

		assert_non_null(op->kept[k].decl.codec);
		assert_non_null(op->kept[k].decl.name);
		if (op->kept[k].state != NULL) {
			save_state(saved, op, k);
			continue;
		}
		op->kept[k].save(op, &out);
		wr_snapshot_out_flush(&out);
	}
}

/* What the entry says, as a text that does not depend on the order of slots. */
static inline void entry_text(const struct saved_entry *entry, struct wr_text *text)
{
	wr_text_printf(text, "%u/%lld/", entry->kept, (long long)entry->ns);
	for (uint32_t k = 0; k < 16 && entry->key[k] != NULL; k++) {
		wr_value_print(text, entry->key[k], 0, NULL);
		wr_text_putc(text, ',');
	}
	wr_text_add(text, wr_text_str(&entry->key_bytes), entry->key_bytes.len);
	wr_text_putc(text, '/');
	wr_text_add(text, wr_text_str(&entry->value), entry->value.len);
}

/* Both say the same. */
static inline void same_saved(const char *name, uint64_t seed, const char *how,
			      const struct saved_op *a, const struct saved_op *b)
{
	const struct saved_op *saved[2] = {a, b};
	struct wr_text *text[2];

	if (a->count != b->count)
		fail_msg("%s, seed %llu: %u slots and records, %s %u", name,
			 (unsigned long long)seed, a->count, how, b->count);
	for (uint32_t s = 0; s < 2; s++) {
		text[s] = wr_calloc(saved[s]->count + 1, sizeof **text);
		for (uint32_t i = 0; i < saved[s]->count; i++) {
			wr_text_init(&text[s][i]);
			entry_text(&saved[s]->entry[i], &text[s][i]);
		}
		sort_texts(text[s], saved[s]->count);
	}
	for (uint32_t i = 0; i < a->count; i++)
		if (compare_texts(&text[0][i], &text[1][i]) != 0)
			fail_msg("%s, seed %llu: %s, record %u differs: %.200s and %.200s", name,
				 (unsigned long long)seed, how, i, wr_text_str(&text[0][i]),
				 wr_text_str(&text[1][i]));
	for (uint32_t s = 0; s < 2; s++) {
		for (uint32_t i = 0; i < saved[s]->count; i++)
			wr_text_release(&text[s][i]);
		wr_free(text[s]);
	}
}

/* The copy keeps what `saved` says. */
static inline void same_kept(const char *name, uint64_t seed, const char *how,
			     const struct saved_op *saved, struct wr_op *copy)
{
	struct saved_op again;

	save_op(&again, copy);
	same_saved(name, seed, how, saved, &again);
	saved_release(&again);
}

/* Loads one entry; false: its bytes are damaged. */
static inline bool load_entry(struct wr_op *op, const struct saved_entry *entry, const char *bytes,
			      size_t len)
{
	const struct wr_op_kept *kept = &op->kept[entry->kept];
	const struct wr_state_codec *codec = kept->decl.codec;
	struct wr_str *field = wr_calloc(codec->field_count + 1, sizeof *field);
	struct wr_value value = {field, codec->field_count};
	struct wr_agg_pool *pool;
	bool good = wr_value_cut(bytes, len, field, codec->field_count);
	uint8_t *slot;

	if (good && kept->state == NULL) {
		struct wr_op_record record = {.key = {entry->key_bytes.data, entry->key_bytes.len},
					      .value = &value};
		wr_status *status = kept->load(op, &record);

		good = status == NULL;
		wr_status_free(status);
	} else if (good) {
		uint64_t hash;
		struct wr_keys keys = {
		    .rows = 1, .column = (struct wr_column *const *)entry->key, .hash = &hash};

		wr_keys_hash(keys.column, kept->decl.key_count, 1, &hash);
		must(wr_state_upsert(kept->state, entry->ns, &keys, &slot, NULL));
		pool = wr_state_pool(kept->state, entry->ns);
		if (codec->drop != NULL)
			codec->drop(kept->decl.codec_ctx, pool, slot);
		memset(slot, 0, kept->decl.value_size);
		good = codec->load(kept->decl.codec_ctx, pool, slot, &value);
		if (!good)
			must(wr_state_remove(kept->state, entry->ns, &slot, 1));
	}
	wr_free(field);
	return good;
}

/* Loads all; slots twice, as when a later checkpoint replaces them. */
static inline void load_op(const struct saved_op *saved, struct wr_op *op)
{
	for (uint32_t i = 0; i < saved->count; i++) {
		const struct saved_entry *entry = &saved->entry[i];
		uint32_t times = op->kept[entry->kept].state != NULL ? 2 : 1;

		while (times-- > 0)
			assert_true(
			    load_entry(op, entry, wr_text_str(&entry->value), entry->value.len));
	}
	if (op->type->restored != NULL)
		must(op->type->restored(op));
}

/* --- random input */

static inline uint32_t below(uint64_t *seed, uint32_t bound)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return (uint32_t)((*seed >> 20) % bound);
}

/* One input: rows that came and were not taken back. */
struct fed_input {
	const struct wr_node *node;
	struct wr_batch **live; /* of one row each; NULL unless the input changes */
	uint32_t count, capacity;
	int64_t time_max_ms;
};

struct feeder {
	uint64_t seed;
	uint32_t keys;
	struct fed_input input[CASE_INPUTS_MAX];
	uint32_t inputs;
	int64_t now_ms, watermark_ms;
	uint64_t epoch;
};

static inline void random_value(struct feeder *feeder, struct wr_builder *builder, int64_t time_ms)
{
	const struct wr_type *type = builder->type;
	uint32_t number = below(&feeder->seed, feeder->keys);
	char text[64];
	int len =
	    snprintf(text, sizeof text, "%s%u",
		     number % 2 == 0 ? "short" : "a text too long to be kept inline ", number);

	if (type->nullable && type->time == WR_TIME_NONE && below(&feeder->seed, 9) == 0) {
		wr_builder_null(builder);
		return;
	}
	switch (wr_type_phys(type)) {
	case WR_P_BOOL: wr_builder_bool(builder, number % 2 == 0); break;
	case WR_P_I8: wr_builder_i8(builder, (int8_t)number); break;
	case WR_P_I16: wr_builder_i16(builder, (int16_t)number); break;
	case WR_P_I32: wr_builder_i32(builder, (int32_t)number); break;
	case WR_P_I64:
		if (type->kind == WR_TIMESTAMP || type->kind == WR_TIMESTAMP_LTZ)
			wr_builder_i64(builder, time_ms);
		else
			wr_builder_i64(builder, number);
		break;
	case WR_P_I128: wr_builder_i128(builder, (wr_i128)time_ms * 1000000); break;
	case WR_P_F32: wr_builder_f32(builder, (float)number / 4); break;
	case WR_P_F64: wr_builder_f64(builder, number / 4.0); break;
	case WR_P_STR: wr_builder_str(builder, text, (size_t)len); break;
	case WR_P_LIST:
		number %= 3;
		for (uint32_t i = 0; i < number; i++)
			random_value(feeder, builder->child[0], time_ms);
		wr_builder_list(builder, number);
		break;
	default: fail_msg("a type that the feeder does not make"); break;
	}
}

/* A batch of one row. */
static inline struct wr_batch *random_row(struct feeder *feeder, struct fed_input *input)
{
	const struct wr_node *node = input->node;
	const struct wr_traits *traits = &node->traits;
	struct wr_batch *batch = wr_batch_new(node->schema.count, 1);
	int64_t time_ms = feeder->now_ms + below(&feeder->seed, 9000) - 6000;
	int64_t end_ms = time_ms - time_ms % 10000 + 10000;

	for (uint32_t c = 0; c < node->schema.count; c++) {
		const struct wr_type *type = node->schema.field[c].type;
		struct wr_builder *builder = wr_builder_new(type, 1);
		int64_t ms = time_ms;

		if ((int32_t)c == traits->window_end)
			ms = end_ms;
		else if ((int32_t)c == traits->window_start)
			ms = end_ms - 10000;
		else if ((int32_t)c == traits->window_time)
			ms = end_ms - 1;
		random_value(feeder, builder, ms);
		batch->column[c] = wr_builder_finish(builder);
		wr_builder_free(builder);
	}
	input->time_max_ms = WR_MAX(input->time_max_ms, time_ms);
	return batch;
}

static inline void batch_append(struct wr_builder **builder, struct wr_text *kinds,
				const struct wr_batch *row, enum wr_row_kind kind)
{
	for (uint32_t c = 0; c < row->column_count; c++)
		wr_builder_append(builder[c], row->column[c], 0);
	wr_text_putc(kinds, (char)kind);
}

/* Adds a row that came, or takes one back. */
static inline void random_change(struct feeder *feeder, struct fed_input *input,
				 struct wr_builder **builder, struct wr_text *kinds)
{
	const struct wr_traits *traits = &input->node->traits;
	struct wr_batch *row;
	bool update = below(&feeder->seed, 2) == 0;
	uint32_t at;

	if (traits->changes != WR_CHANGES_INSERT && input->count > 0 &&
	    below(&feeder->seed, 100) < 40) {
		at = below(&feeder->seed, input->count);
		if (!update || traits->changes == WR_CHANGES_ALL)
			batch_append(builder, kinds, input->live[at],
				     update ? WR_UPDATE_BEFORE : WR_DELETE);
		wr_batch_free(input->live[at]);
		input->live[at] = input->live[--input->count];
		if (!update)
			return;
	} else {
		update = false;
	}
	row = random_row(feeder, input);
	batch_append(builder, kinds, row, update ? WR_UPDATE_AFTER : WR_INSERT);
	if (traits->changes == WR_CHANGES_INSERT) {
		wr_batch_free(row);
		return;
	}
	if (input->count == input->capacity) {
		input->capacity = WR_MAX(64, 2 * input->capacity);
		input->live = wr_realloc(input->live, input->capacity * sizeof(struct wr_batch *));
	}
	input->live[input->count++] = row;
}

/* A batch of random rows and changes for an input. */
static inline struct wr_batch *random_batch(struct feeder *feeder, uint32_t i)
{
	struct fed_input *input = &feeder->input[i];
	uint32_t columns = input->node->schema.count, rows = 1 + below(&feeder->seed, 20);
	struct wr_builder **builder = wr_calloc(columns + 1, sizeof(struct wr_builder *));
	struct wr_batch *batch;
	struct wr_text kinds;

	wr_text_init(&kinds);
	for (uint32_t c = 0; c < columns; c++)
		builder[c] = wr_builder_new(input->node->schema.field[c].type, 16);
	for (uint32_t r = 0; r < rows; r++)
		random_change(feeder, input, builder, &kinds);
	batch = wr_batch_new(columns, (uint32_t)kinds.len);
	for (uint32_t c = 0; c < columns; c++) {
		batch->column[c] = wr_builder_finish(builder[c]);
		wr_builder_free(builder[c]);
		if (strcmp(input->node->schema.field[c].name, "$partial") == 0) { /* plain rows */
			wr_column_unref(batch->column[c]);
			batch->column[c] = wr_column_null(&WR_T_BYTES);
		}
	}
	batch->watermark = feeder->watermark_ms;
	if (input->node->traits.changes != WR_CHANGES_INSERT)
		memcpy(wr_batch_kinds(batch), kinds.data, kinds.len);
	wr_text_release(&kinds);
	wr_free(builder);
	return batch;
}

static inline void feeder_release(struct feeder *feeder)
{
	for (uint32_t i = 0; i < feeder->inputs; i++) {
		for (uint32_t r = 0; r < feeder->input[i].count; r++)
			wr_batch_free(feeder->input[i].live[r]);
		wr_free(feeder->input[i].live);
	}
}

/* --- checkpoints */

struct chain {
	struct wr_snapshot snapshot;      /* under way, or the one before */
	bool running, done;               /* under way; complete and not checked yet */
	struct wr_snapshot_block **block; /* from the last full one on */
	uint32_t count, capacity;
	struct saved_op marked; /* what was there when it began */
};

static inline void chain_emit(struct wr_snapshot *snapshot, struct wr_snapshot_block *block)
{
	struct chain *chain = snapshot->user;

	if (chain->count == chain->capacity) {
		chain->capacity = WR_MAX(64, 2 * chain->capacity);
		chain->block =
		    wr_realloc(chain->block, chain->capacity * sizeof(struct wr_snapshot_block *));
	}
	chain->block[chain->count++] = block;
}

static inline void chain_clear(struct chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++)
		wr_snapshot_block_free(chain->block[i]);
	chain->count = 0;
	saved_release(&chain->marked);
}

static inline void chain_release(struct chain *chain)
{
	chain_clear(chain);
	wr_free(chain->block);
}

/* At a mark: a full snapshot, or one of the changes. */
static inline void chain_begin(struct chain *chain, struct wr_op *op, bool full)
{
	full = full || chain->count == 0;
	if (full)
		chain_clear(chain);
	saved_release(&chain->marked);
	save_op(&chain->marked, op);
	chain->snapshot = (struct wr_snapshot){.emit = chain_emit, .user = chain, .full = full};
	for (uint32_t k = 0; k < op->kept_count; k++)
		if (op->kept[k].state != NULL)
			wr_state_snapshot_begin(op->kept[k].state, &chain->snapshot, k);
	chain->running = true;
}

/* What the segments say is loaded into a new operator: that must keep what the old one kept. */
static inline void chain_check(struct chain *chain, struct op_plan *plan, const char *name,
			       uint64_t seed)
{
	uint32_t from[256];
	struct wr_op *op;

	for (uint32_t i = 0; i < WR_COUNT(from); i++)
		from[i] = i;
	must(wr_op_new(plan->node, &plan->env, &op));
	for (uint32_t i = 0; i < chain->count; i++) {
		const struct wr_snapshot_block *block = chain->block[i];
		const struct wr_op_kept *kept = &op->kept[block->state];
		struct wr_state_map map = {.saved_count = kept->decl.codec->field_count,
					   .from = from};

		must(wr_state_load(kept->state, block->kind,
				   (struct wr_str){block->bytes.data, block->bytes.len}, &map,
				   NULL));
	}
	for (uint32_t i = 0; i < chain->marked.count; i++) {
		const struct saved_entry *entry = &chain->marked.entry[i];

		if (op->kept[entry->kept].state == NULL)
			assert_true(
			    load_entry(op, entry, wr_text_str(&entry->value), entry->value.len));
	}
	if (op->type->restored != NULL)
		must(op->type->restored(op));
	same_kept(name, seed, "loaded from checkpoints", &chain->marked, op);
	wr_op_free(op);
}

/* Writes a piece. */
static inline void chain_step(struct chain *chain, struct wr_op *op, size_t budget)
{
	for (uint32_t k = 0; chain->running && k < op->kept_count; k++)
		if (op->kept[k].state != NULL && !wr_state_snapshot_step(op->kept[k].state, budget))
			return;
	chain->done = chain->running;
	chain->running = false;
}

static inline void chain_abort(struct chain *chain, struct wr_op *op)
{
	for (uint32_t k = 0; k < op->kept_count; k++)
		if (op->kept[k].state != NULL)
			wr_state_snapshot_abort(op->kept[k].state);
	chain->running = false;
	chain_clear(chain);
}

/* --- the test */

static inline void mark_op(struct fed_op *fed, const struct wr_mark *mark)
{
	bool more = fed->op->type->on_mark != NULL;

	while (more) {
		more = false;
		must(fed->op->type->on_mark(fed->op, mark, &more));
	}
}

/* An epoch: batches and the mark, for both. */
static inline void feed_epoch(struct feeder *feeder, struct chain *chain, struct fed_op *a,
			      struct fed_op *b, bool last)
{
	uint32_t batches = below(&feeder->seed, 6);
	struct wr_mark mark = {.epoch = feeder->epoch++};

	for (uint32_t n = 0; n < batches; n++) {
		uint32_t input = below(&feeder->seed, feeder->inputs);
		struct wr_batch *batch = random_batch(feeder, input);

		if (batch->rows == 0) {
			wr_batch_free(batch);
			continue;
		}
		if (b != NULL)
			must(b->op->type->process(b->op, input, wr_batch_share(batch)));
		must(a->op->type->process(a->op, input, batch));
		if (below(&feeder->seed, 2) == 0)
			chain_step(chain, a->op, below(&feeder->seed, 300));
	}
	feeder->now_ms += below(&feeder->seed, 4000);
	if (below(&feeder->seed, 3) > 0)
		feeder->watermark_ms = WR_MAX(feeder->watermark_ms, feeder->now_ms - 3000);
	mark.watermark_ms = feeder->watermark_ms;
	if (last) {
		mark.watermark_ms = WR_WATERMARK_MAX;
		mark.flags = WR_MARK_END;
	}
	mark_op(a, &mark);
	if (b != NULL)
		mark_op(b, &mark);
}

/* Loads damaged copies into operators that are thrown away. */
static inline void load_damaged(struct op_plan *plan, struct feeder *feeder,
				const struct saved_op *saved)
{
	struct fed_op fed;
	uint32_t bad = 0;

	fed_open(&fed, plan);
	for (uint32_t n = 0; n < 40 && saved->count > 0; n++) {
		const struct saved_entry *entry = &saved->entry[below(&feeder->seed, saved->count)];
		size_t len = entry->value.len;
		char *bytes = wr_malloc(len + 1);

		memcpy(bytes, wr_text_str(&entry->value), len);
		if (n % 2 == 0 && len > 0)
			len = below(&feeder->seed, (uint32_t)len);
		for (uint32_t flips = below(&feeder->seed, 4); n % 2 == 1 && flips > 0; flips--)
			bytes[below(&feeder->seed, (uint32_t)len)] ^=
			    (char)(1u << below(&feeder->seed, 8));
		bytes = wr_realloc(bytes, len + (len == 0)); /* a sanitizer sees reads behind it */
		bad += !load_entry(fed.op, entry, bytes, len);
		wr_free(bytes);
	}
	if (saved->count > 0)
		assert_true(bad >= 20);
	fed_close(&fed);
}

/* At a mark: what has been written is checked, and perhaps the next checkpoint begins. */
static inline void checkpoint(struct feeder *feeder, struct chain *chain, struct op_plan *plan,
			      const char *name, uint64_t seed, struct wr_op *op)
{
	if (chain->running && below(&feeder->seed, 12) == 0)
		chain_abort(chain, op);
	if (chain->done)
		chain_check(chain, plan, name, seed);
	chain->done = false;
	if (!chain->running && below(&feeder->seed, 3) > 0)
		chain_begin(chain, op, below(&feeder->seed, 6) == 0);
}

/* Runs a case with one seed. */
static inline void run_seed(struct op_plan *plan, const struct op_case *one, uint64_t seed)
{
	uint32_t input_count = plan->node->input_count;
	struct feeder feeder = {.seed = seed * 0x9e3779b97f4a7c15ull + 1,
				.keys = one->keys > 0 ? one->keys : 6,
				.inputs = input_count,
				.now_ms = 1700000000000,
				.watermark_ms = WR_WATERMARK_MIN};
	struct fed_op a, b;
	struct chain chain = {0};
	bool copied = false;

	assert_in_range(input_count, 1, CASE_INPUTS_MAX);
	for (uint32_t i = 0; i < input_count; i++)
		feeder.input[i].node = plan->node->input[i];
	fed_open(&a, plan);
	for (uint32_t epoch = 0; epoch < 40; epoch++) {
		feed_epoch(&feeder, &chain, &a, copied ? &b : NULL, epoch == 39);
		if (copied)
			same_output(one->name, seed, &a, &b);
		fed_clear(&a);
		if (!one->inexact)
			checkpoint(&feeder, &chain, plan, one->name, seed, a.op);
		if (below(&feeder.seed, 4) == 0) {
			struct saved_op saved;
			struct fed_op next;

			save_op(&saved, copied ? b.op : a.op);
			fed_open(&next, plan);
			load_op(&saved, next.op);
			if (!one->inexact)
				same_kept(one->name, seed, "loaded and saved again", &saved,
					  next.op);
			load_damaged(plan, &feeder, &saved);
			saved_release(&saved);
			if (copied)
				fed_close(&b);
			b = next;
			b.op->out.target = &b;
			copied = true;
		}
	}
	assert_true(a.op->out.rows > 0);
	if (chain.running)
		chain_abort(&chain, a.op);
	chain_release(&chain);
	fed_close(&a);
	if (copied)
		fed_close(&b);
	feeder_release(&feeder);
}

static inline void run_case(const struct op_case *one)
{
	const char *given = getenv("WEIR_TEST_SEED");
	uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;
	uint64_t end = first + (is_slow() ? CASE_SEEDS_SLOW : CASE_SEEDS);
	struct op_plan plan;

	plan_open(&plan, one);
	for (uint64_t seed = first; seed < (given != NULL ? first + 1 : end); seed++)
		run_seed(&plan, one, seed);
	plan_close(&plan);
}

#endif
