/* SPDX-License-Identifier: Apache-2.0
 *
 * checkpoint_case - checkpoints with known content, for the tests of state/store.
 *
 * Two states (the second an extra) and two workers. The bytes of every block follow from the epoch,
 * the worker and its number, so what a checkpoint must read as follows from its chain of epochs.
 */
#ifndef WR_TESTS_CHECKPOINT_CASE_H
#define WR_TESTS_CHECKPOINT_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "state/store.h"

#define CASE_DIR     "ckpt/job"
#define CASE_WORKERS 2

static const struct wr_type *const case_key[] = {&WR_T_BIGINT, &WR_T_STRING_NN};
static const char *const case_key_name[] = {"user", "country"};
static const char *const case_number[] = {"matches", "time"};
static const uint32_t case_route[] = {1};
static const struct wr_saved_field case_field[] = {
    {.name = "rows", .kind = WR_FIELD_NUMBER},
    {.name = "left",
     .kind = WR_FIELD_ROWS,
     .column_count = 2,
     .column = case_key_name,
     .type = case_key,
     .number_count = 2,
     .number = case_number},
};
static const struct wr_saved_state case_state[] = {
    {.op = "group bids by user",
     .op_type = "group_agg",
     .op_version = 3,
     .name = "groups",
     .meaning = "bids by user",
     .ttl_ms = 3600000,
     .key_count = 2,
     .key_name = case_key_name,
     .key_type = case_key,
     .route_count = 1,
     .route = case_route,
     .field_count = 2,
     .field = case_field},
    {.op = "group bids by user",
     .op_type = "group_agg",
     .op_version = 3,
     .name = "clock",
     .extra = true,
     .field_count = 1,
     .field = case_field},
};
static const struct wr_saved_source case_source[] = {
    {.name = "scan bids",
     .connector = "filesystem",
     .replayable = true,
     .ended = true,
     .position = {"a\0b", 3},
     .watermark_ms = -5,
     .lines = 10,
     .rows = 9},
    {.name = "scan clicks", .connector = "datagen", .watermark_ms = INT64_MIN},
};
#define CASE_MUCH 70000 /* bytes of a sink that go to a file of their own */
static const char case_much[CASE_MUCH] = "much";
static const struct wr_saved_sink case_sink[] = {
    {.name = "sink out", .connector = "filesystem", .prepared = true, .bytes = {"part-1", 6}},
    {.name = "topic", .connector = "kafka", .prepared = true, .bytes = {case_much, CASE_MUCH}}};
static const struct wr_saved_count case_count[] = {{"late rows", 12}, {"bad rows", -1}};

static inline struct wr_manifest case_manifest(void)
{
	return (struct wr_manifest){
	    .kind = WR_MANIFEST_CHECKPOINT,
	    .weir_version = "0.1.0",
	    .job = "bids",
	    .script_hash = 0xfedcba9876543210ull,
	    .backend = "hashmap",
	    .max_parallelism = 128,
	    .workers = CASE_WORKERS,
	    .state_count = 2,
	    .state = case_state,
	    .source_count = 2,
	    .source = case_source,
	    .sink_count = 2,
	    .sink = case_sink,
	    .count_count = 2,
	    .count = case_count,
	};
}

static inline struct wr_store_config case_config(struct wr_env *env, const char *dir)
{
	return (struct wr_store_config){
	    .env = env, .dir = dir, .retained = 2, .compression = WR_STORE_LZ4};
}

/* The bytes of one block: some that pack well, some that do not. */
static inline void case_block(struct wr_text *out, uint64_t epoch, uint32_t worker, uint32_t number,
			      uint32_t size)
{
	uint64_t x = epoch * 1000 + worker * 100 + number + 1;

	for (uint32_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		wr_text_putc(out, number % 2 == 0 ? (char)('a' + epoch % 26) : (char)x);
	}
}

/* All blocks of one checkpoint. `size`: bytes of a block. */
static inline wr_status *case_write_blocks(struct wr_store_writer *writer, uint64_t epoch,
					   uint32_t size)
{
	for (uint32_t worker = 0; worker < CASE_WORKERS; worker++) {
		for (uint32_t i = 0; i < 3; i++) {
			struct wr_snapshot_block block = {
			    .state = i == 2,
			    .kind = i == 2 ? WR_RECORD_EXTRA : WR_RECORD_PUT,
			    .records = i + 1,
			};
			wr_status *status;

			wr_text_init(&block.bytes);
			case_block(&block.bytes, epoch, worker, i, size);
			status = wr_store_block(writer, worker, &block);
			wr_text_release(&block.bytes);
			WR_TRY(status);
		}
	}
	return NULL;
}

/* One checkpoint from beginning to end. */
static inline wr_status *case_write(struct wr_store *store, uint64_t epoch, bool full,
				    uint32_t size)
{
	struct wr_manifest manifest = case_manifest();
	struct wr_store_writer *writer;
	wr_status *status;

	WR_TRY(wr_store_begin(store, epoch, full, &writer));
	status = case_write_blocks(writer, epoch, size);
	if (status != NULL) {
		wr_store_abort(writer);
		return status;
	}
	return wr_store_commit(writer, &manifest);
}

struct case_reading {
	struct wr_text got;
	int32_t worker; /* only this one's; -1: all */
};

static inline bool case_wants(void *user, const struct wr_store_block *block)
{
	const struct case_reading *reading = user;

	return reading->worker < 0 || (uint32_t)reading->worker == block->worker;
}

static inline wr_status *case_take(void *user, const struct wr_store_block *block)
{
	struct case_reading *reading = user;

	wr_text_printf(&reading->got, "\n%u %u %d %u ", block->worker, block->state,
		       (int)block->kind, block->records);
	wr_text_add(&reading->got, block->bytes.data, block->bytes.len);
	return NULL;
}

/* What a checkpoint with these epochs in its chain reads as. */
static inline void case_expect(struct wr_text *out, const uint64_t *epoch, uint32_t count,
			       int32_t only, uint32_t size)
{
	for (uint32_t k = 0; k < count; k++) {
		for (uint32_t worker = 0; worker < CASE_WORKERS; worker++) {
			if (only >= 0 && (uint32_t)only != worker)
				continue;
			for (uint32_t i = 0; i < (k + 1 == count ? 3 : 2); i++) {
				wr_text_printf(out, "\n%u %u %d %u ", worker, i == 2,
					       i == 2 ? 3 : 1, i + 1);
				case_block(out, epoch[k], worker, i, size);
			}
		}
	}
}

/* Whether the checkpoint reads as it must. */
static inline wr_status *case_read(struct wr_env *env, const struct wr_manifest *manifest,
				   const uint64_t *epoch, uint32_t count, int32_t only,
				   uint32_t size, bool *same)
{
	struct case_reading reading = {.worker = only};
	struct wr_store_reading through = {case_wants, case_take, &reading};
	struct wr_text expected;
	wr_status *status;

	wr_text_init(&expected);
	wr_text_init(&reading.got);
	status = wr_store_read(env, manifest, &through);
	case_expect(&expected, epoch, count, only, size);
	*same = expected.len == reading.got.len &&
		memcmp(expected.data, reading.got.data, expected.len) == 0;
	wr_text_release(&expected);
	wr_text_release(&reading.got);
	return status;
}

static inline void case_ok(wr_status *status)
{
	if (status != NULL)
		fail_msg("%s", status->text);
}

#endif
