/* SPDX-License-Identifier: Apache-2.0
 *
 * test_shuffle - the records of an input in another order of arrival, with the same result.
 *
 * Which records may change places is asked of the engine: the script's own table says each record's
 * time and the watermark it brings. Two neighbours are exchanged only when neither becomes late by
 * it, and none that was late comes in time; so the same rows are late, and windows get the same
 * rows. Records do not move across a time stamp of the case, nor where the table has no watermark.
 *
 * Source: exchanges of neighbours at random are the Markov chain of Karzanov and Khachiyan (1991)
 * on the linear extensions of a partial order; a bounded number of rounds is enough here.
 */
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "cli/test_run.h"
#include "engine/prepared.h"
#include "sql/unparse.h"

#define ROUNDS      20
#define RECORDS_MAX 100000 /* an input beyond stays as it is */

/* The times of the records, as the engine sees them. */
struct times {
	int64_t *row_ms, *watermark_ms; /* of each record; owned */
	uint32_t count, capacity;
};

static wr_status *take_rows(void *user, const struct wr_batch *batch)
{
	struct times *times = user;

	for (uint32_t i = 0; i < wr_batch_count(batch) && times->count < times->capacity; i++) {
		uint32_t row = wr_batch_row(batch, i);

		for (uint32_t c = 0; c < 2; c++) {
			const struct wr_column *column = batch->column[c];
			bool valid = wr_column_is_valid(column, row);
			int64_t ms =
			    valid ? WR_DATA(column, int64_t)[row & column->mask] : INT64_MIN;

			*(c == 0 ? times->row_ms + times->count
				 : times->watermark_ms + times->count) = ms;
		}
		times->count++;
	}
	return NULL;
}

/* What is asked; false: the table has no watermark. */
static bool question(const struct wr_table *table, struct wr_text *sql)
{
	if (table == NULL || table->rowtime < 0 || table->watermark_sql == NULL)
		return false;
	wr_text_puts(sql, "SELECT CAST(");
	wr_unparse_ident(table->column[table->rowtime].name, sql);
	wr_text_printf(sql, " AS TIMESTAMP(3)), CAST(%s AS TIMESTAMP(3)) FROM ",
		       table->watermark_sql);
	wr_unparse_ident(table->name, sql);
	return true;
}

/* Declares the script's tables in a session of its own and reads the input there. */
static wr_status *ask(const struct wr_test_run *run, const char *table, struct times *times)
{
	struct wr_test_way way = {.name = "", .batch = 1, .workers = 1};
	struct wr_test_case test = *run->test;
	struct wr_test_run probe = {
	    .clock = run->clock, .test = &test, .way = &way, .folder = run->folder};
	struct wr_listener listener = {.result_rows = take_rows, .user = times};
	struct wr_prepared prepared;
	wr_status *status;
	struct wr_text sql;

	probe.clock.env.ops = &probe.clock.ops;
	probe.clock.now_us = INT64_MAX / 2; /* everything has arrived */
	test.open = false;
	wr_text_init(&sql);
	wr_arena_init(&probe.arena);
	probe.session = wr_session_new(&listener);
	wr_session_use(probe.session, &probe.clock.env);
	wr_test_stand_in(&probe);
	status = wr_session_set(probe.session, "parallelism.default", "1");
	if (status == NULL)
		status = wr_test_prepare(&probe, &prepared);
	if (status == NULL) {
		if (question(wr_session_table(probe.session, table), &sql))
			status = wr_session_script(probe.session, wr_str_of(sql.data), NULL,
						   WR_SCRIPT_RUN);
		wr_prepared_release(&prepared);
	}
	wr_session_free(probe.session);
	wr_test_kept_release(&probe);
	wr_arena_release(&probe.arena);
	wr_text_release(&sql);
	return status;
}

/* A small generator: the order depends on the seed alone. */
static uint32_t random_below(uint64_t *state, uint32_t count)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*state >> 33) % count);
}

/* Whether a record a, and behind it b, may change places; before_ms: the watermark in front of
 * both. A record behind its watermark may be late or not, as its window says: it keeps the
 * watermark that it sees. */
static bool may_swap(const struct times *times, uint32_t a, uint32_t b, int64_t before_ms)
{
	int64_t behind_ms = WR_MAX(before_ms, times->watermark_ms[a]);

	return times->row_ms[b] >= behind_ms &&
	       (times->row_ms[a] >= times->watermark_ms[b] || times->watermark_ms[b] <= before_ms);
}

/* `order[i]`: the record that comes i-th. */
static void exchange(const struct wr_test_input *input, const struct times *times, uint32_t *order,
		     uint64_t state)
{
	for (uint32_t round = 0; round < ROUNDS; round++) {
		int64_t before_ms = INT64_MIN;

		for (uint32_t i = 0; i + 1 < input->count; i++) {
			uint32_t a = order[i], b = order[i + 1];

			if (input->record[a].at_us == input->record[b].at_us &&
			    may_swap(times, a, b, before_ms) && random_below(&state, 2) == 1) {
				order[i] = b;
				order[i + 1] = a;
			}
			before_ms = WR_MAX(before_ms, times->watermark_ms[order[i]]);
		}
	}
}

wr_status *wr_test_shuffle(struct wr_test_run *run, struct wr_test_input *input)
{
	struct times times = {.capacity = input->count};
	struct wr_test_record *record;
	wr_status *status;
	uint32_t *order;

	if (input->count < 2 || input->count > RECORDS_MAX)
		return NULL;
	times.row_ms = wr_calloc(input->count, sizeof *times.row_ms);
	times.watermark_ms = wr_calloc(input->count, sizeof *times.watermark_ms);
	status = ask(run, input->table, &times);
	if (status == NULL && times.count == input->count) { /* all could be read */
		order = wr_calloc(input->count, sizeof *order);
		record = wr_calloc(input->count, sizeof *record);
		for (uint32_t i = 0; i < input->count; i++)
			order[i] = i;
		exchange(input, &times, order, run->way->seed * 2 + 1);
		for (uint32_t i = 0; i < input->count; i++)
			record[i] = input->record[order[i]];
		wr_free(input->record);
		input->record = record;
		wr_free(order);
	}
	wr_free(times.row_ms);
	wr_free(times.watermark_ms);
	return status;
}
