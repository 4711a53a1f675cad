/* SPDX-License-Identifier: Apache-2.0
 *
 * why - tests: what follows from facts that are hard to bring about, such as a partition that is
 * silent or another side that does not answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "analyze/node.h"
#include "base/mem.h"
#include "data/batch.h"
#include "runtime/why.h"

#define NOON INT64_C(1704110400000) /* 2024-01-01 12:00:00 */

/* A job: a scan of two partitions, a window, a sink. */
struct facts {
	struct wr_why why;
	struct wr_table table;
	struct wr_node scan, window, sink;
	struct wr_observed observed;
	struct wr_observed_op op[3];
	struct wr_observed_edge edge[2];
	struct wr_observed_sink observed_sink;
	struct wr_why_source source;
	struct wr_why_split split[2];
	struct wr_why_sink why_sink;
};

/* Rows of both partitions have come, and the window from 12:00 to 12:05 is open. */
static void facts_init(struct facts *facts)
{
	*facts = (struct facts){
	    .table.name = "orders",
	    .scan = {.kind = WR_N_SCAN, .u.scan.table = &facts->table},
	    .window = {.kind = WR_N_WINDOW_AGG, .id = 1, .pos.line = 7},
	    .sink = {.kind = WR_N_SINK, .id = 2},
	    .edge = {{0, 1, "hash"}, {1, 2, "single"}},
	    .observed_sink = {.table = "totals", .written_ago_us = -1, .committed_ago_us = -1},
	    .split = {{.name = "partition 0 of topic 'orders'", .rows = 5, .last_row_us = 100000},
		      {.name = "partition 1 of topic 'orders'", .rows = 5, .last_row_us = 100000}},
	};
	facts->split[0].watermark_ms = facts->split[1].watermark_ms = NOON + 60000;
	facts->op[0] = (struct wr_observed_op){.node = &facts->scan,
					       .name = "Scan",
					       .stage = 0,
					       .sum = {.rows_in = 10, .rows_out = 10},
					       .next_ms = INT64_MAX};
	facts->op[1] = (struct wr_observed_op){.node = &facts->window,
					       .name = "WindowAggregate",
					       .stage = 1,
					       .sum = {.rows_in = 10, .watermark_ms = NOON + 60000},
					       .next_ms = NOON + 299999};
	facts->op[2] = (struct wr_observed_op){
	    .node = &facts->sink, .name = "Sink", .stage = 2, .next_ms = INT64_MAX};
	facts->observed = (struct wr_observed){.elapsed_us = 60000000,
					       .op_count = 3,
					       .op = facts->op,
					       .edge_count = 2,
					       .edge = facts->edge,
					       .sink_count = 1,
					       .sink = &facts->observed_sink};
	facts->source = (struct wr_why_source){.op = &facts->op[0],
					       .table = "orders",
					       .has_watermark = true,
					       .split_count = 2,
					       .split = facts->split};
	facts->why_sink = (struct wr_why_sink){.sink = &facts->observed_sink, .op = 2};
	wr_text_init(&facts->source.waits);
	wr_text_init(&facts->why_sink.waits);
	facts->why = (struct wr_why){.observed = &facts->observed,
				     .running = true,
				     .checkpoint_age_us = -1,
				     .source_count = 1,
				     .source = &facts->source,
				     .sink_count = 1,
				     .sink = &facts->why_sink};
	wr_text_init(&facts->why.sentence);
	wr_text_init(&facts->why.hint);
}

/* Decides, compares, and frees. */
static void expect(struct facts *facts, enum wr_why_cause cause, const char *sentence)
{
	wr_why_decide(&facts->why);
	assert_string_equal(wr_text_str(&facts->why.sentence), sentence);
	assert_int_equal(facts->why.cause, cause);
	wr_text_release(&facts->why.sentence);
	wr_text_release(&facts->why.hint);
	wr_text_release(&facts->source.waits);
	wr_text_release(&facts->why_sink.waits);
}

static void open_window(void **state)
{
	struct facts facts;

	facts_init(&facts);
	expect(&facts, WR_WHY_WINDOW_OPEN,
	       "The next window of WindowAggregate (line 7) ends at 2024-01-01 12:05:00, and the "
	       "watermark is 2024-01-01 12:01:00: it is still open.");
	facts_init(&facts);
	facts.source.has_watermark = false;
	facts.op[1].sum.watermark_ms = WR_WATERMARK_MIN;
	facts.split[0].watermark_ms = facts.split[1].watermark_ms = WR_WATERMARK_MIN;
	expect(
	    &facts, WR_WHY_NO_WATERMARK,
	    "The next window of WindowAggregate (line 7) ends at 2024-01-01 12:05:00, and there is "
	    "no watermark yet: table 'orders' declares none.");
}

static void partitions(void **state)
{
	struct facts facts;

	facts_init(&facts); /* one is far ahead */
	facts.split[0].watermark_ms = NOON + 600000;
	facts.split[1].last_row_us = 90000000;
	expect(
	    &facts, WR_WHY_HELD_BY_SPLIT,
	    "The next window of WindowAggregate (line 7) ends at 2024-01-01 12:05:00, and the "
	    "watermark is 2024-01-01 12:01:00: it is held back by partition 1 of topic 'orders' of "
	    "table 'orders', which is at 2024-01-01 12:01:00 (last row 90 s ago).");
	assert_true(facts.split[1].holds_back && !facts.split[0].holds_back);

	facts_init(&facts); /* one has never had a row */
	facts.split[0] = (struct wr_why_split){.name = "partition 0 of topic 'orders'",
					       .last_row_us = -1,
					       .watermark_ms = WR_WATERMARK_MIN};
	facts.op[1].sum.watermark_ms = WR_WATERMARK_MIN;
	expect(
	    &facts, WR_WHY_HELD_BY_SPLIT,
	    "The next window of WindowAggregate (line 7) ends at 2024-01-01 12:05:00, and there is "
	    "no watermark yet: it is held back by partition 0 of topic 'orders' of table 'orders', "
	    "which has given no row.");

	facts_init(&facts); /* idle ones hold nothing back */
	facts.split[0].watermark_ms = NOON + 200000;
	facts.op[1].sum.watermark_ms = NOON + 200000;
	facts.split[1].idle = true;
	expect(&facts, WR_WHY_WINDOW_OPEN,
	       "The next window of WindowAggregate (line 7) ends at 2024-01-01 12:05:00, and the "
	       "watermark is 2024-01-01 12:03:20: it is still open.");
	assert_false(facts.split[1].holds_back);
}

static void outside(void **state)
{
	struct facts facts;

	facts_init(&facts);
	wr_text_puts(&facts.why_sink.waits, "table 'totals': broker b:1 does not answer");
	expect(&facts, WR_WHY_SINK_WAITS,
	       "The sink cannot write: table 'totals': broker b:1 does not answer.");
	facts_init(&facts);
	facts.split[0].last_row_us = facts.split[1].last_row_us = 20000000;
	wr_text_puts(&facts.source.waits, "table 'orders': broker b:1 does not answer");
	expect(&facts, WR_WHY_SOURCE_WAITS,
	       "The source cannot read: table 'orders': broker b:1 does not answer.");
	facts_init(&facts);
	facts.observed_sink.transactional = true;
	facts.observed_sink.uncommitted_rows = 1;
	facts.observed_sink.written_ago_us = 1000;
	facts.why.checkpoints = true;
	facts.why.checkpoint_ms = 300000;
	facts.why.checkpoint_age_us = 7260000000;
	facts.why.checkpoints_failed = 2;
	expect(
	    &facts, WR_WHY_COMMIT,
	    "1 row of table 'totals' is written, and will be visible with the commit of the next "
	    "checkpoint, one of which is made every 5 min; the last one was made 2 h ago, and 2 "
	    "failed.");
}

static void pressure(void **state)
{
	struct facts facts;

	facts_init(&facts);
	facts.op[0].blocked_for_us = 4000000;
	expect(&facts, WR_WHY_BACK_PRESSURE,
	       "Back pressure: WindowAggregate (line 7) does not keep up, table 'orders' has been "
	       "waiting for room for 4.0 s.");
	facts.op[1].running_for_us = 3900000;
	expect(&facts, WR_WHY_BACK_PRESSURE,
	       "Back pressure: WindowAggregate (line 7) does not keep up, it has been at the same "
	       "batch for 3.9 s, and table 'orders' has been waiting for room for 4.0 s.");
	facts_init(&facts); /* no queue is full, and the sink is in a write all the same */
	facts.op[2].running_for_us = 9000000;
	expect(&facts, WR_WHY_BACK_PRESSURE,
	       "Back pressure: Sink does not keep up, it has been at the same batch for "
	       "9.0 s.");
	facts_init(&facts); /* a function that does not come back, somewhere in a chain */
	facts.op[1].stage = 0;
	facts.op[0].running_for_us = facts.op[1].running_for_us = 9000000;
	expect(&facts, WR_WHY_BACK_PRESSURE,
	       "Back pressure: table 'orders', chained to WindowAggregate (line 7) does not keep "
	       "up, it has been at the same batch for 9.0 s.");
	facts_init(&facts); /* an epoch's give and take is none */
	facts.op[0].blocked_for_us = 1000;
	facts.observed_sink.written_ago_us = 10000;
	facts.observed_sink.rows = 3;
	expect(&facts, WR_WHY_FLOWS,
	       "There is output: table 'totals' has got 3 rows, the last ones 0.0 s ago.");
	facts_init(&facts);
	facts.why.running = false;
	expect(&facts, WR_WHY_ENDED, "The job has ended: there will be no more output.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(open_window),
	    cmocka_unit_test(partitions),
	    cmocka_unit_test(outside),
	    cmocka_unit_test(pressure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
