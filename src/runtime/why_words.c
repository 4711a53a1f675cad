/* SPDX-License-Identifier: Apache-2.0
 *
 * why_words - see why_words.h.
 *
 * Times of events are printed as they stand in the rows: of TIMESTAMP columns as they are, of
 * TIMESTAMP_LTZ ones in UTC.
 */
#include "runtime/why_words.h"

#include <stdarg.h>

#include "analyze/node.h"
#include "base/env.h"
#include "data/batch.h"
#include "data/datetime.h"
#include "plan/plan.h"

/* --- parts of sentences -------------------------------------------------------------------------
 */

/* Begins the sentence. */
static void say(struct wr_why *why, enum wr_why_cause cause)
{
	why->cause = cause;
	wr_text_clear(&why->sentence);
	wr_text_clear(&why->hint);
}

static void put_count(struct wr_text *out, uint64_t count, const char *what)
{
	wr_text_printf(out, "%llu %s%s", (unsigned long long)count, what, count == 1 ? "" : "s");
}

static void put_span(struct wr_text *out, int64_t us)
{
	if (us < 10000000)
		wr_text_printf(out, "%.1f s", (double)us / 1e6);
	else if (us < 120000000)
		wr_text_printf(out, "%lld s", (long long)(us / 1000000));
	else if (us < INT64_C(7200000000))
		wr_text_printf(out, "%lld min", (long long)(us / 60000000));
	else
		wr_text_printf(out, "%lld h", (long long)(us / INT64_C(3600000000)));
}

static void put_time(struct wr_text *out, int64_t ms)
{
	int64_t days = wr_floor_div(ms, 86400000), rest = ms - days * 86400000;
	struct wr_civil civil = wr_civil_from_days(days);

	wr_text_printf(out, "%04lld-%02d-%02d %02d:%02d:%02d", (long long)civil.year, civil.month,
		       civil.day, (int)(rest / 3600000), (int)(rest / 60000 % 60),
		       (int)(rest / 1000 % 60));
	if (rest % 1000 != 0)
		wr_text_printf(out, ".%03d", (int)(rest % 1000));
}

/* "Sink 'totals'", "WindowAggregate in line 7". */
static void put_op(struct wr_text *out, const struct wr_observed_op *op)
{
	if (op->node->kind == WR_N_SCAN)
		wr_text_printf(out, "table '%s'", op->node->u.scan.table->name);
	else if (op->node->kind == WR_N_SINK && op->node->u.sink.table != NULL)
		wr_text_printf(out, "table '%s'", op->node->u.sink.table->name);
	else if (op->node->pos.line > 0)
		wr_text_printf(out, "%s (line %u)", op->name, op->node->pos.line);
	else
		wr_text_puts(out, op->name);
}

#define SLOW_SINK "The sink's other side takes rows too slowly"

/* --- sentences ----------------------------------------------------------------------------------
 */

void wr_why_say_ended(struct wr_why *why)
{
	say(why, WR_WHY_ENDED);
	wr_text_puts(&why->sentence, "The job has ended: there will be no more output.");
}

/* What each sink has got. */
void wr_why_say_flows(struct wr_why *why)
{
	say(why, WR_WHY_FLOWS);
	wr_text_puts(&why->sentence, "There is output:");
	for (uint32_t i = 0; i < why->sink_count; i++) {
		const struct wr_observed_sink *sink = why->sink[i].sink;

		wr_text_printf(&why->sentence, "%s table '%s' has got ", i > 0 ? "," : "",
			       sink->table);
		put_count(&why->sentence, sink->rows, "row");
		wr_text_puts(&why->sentence, ", the last ones ");
		put_span(&why->sentence, WR_MAX(sink->written_ago_us, 0));
		wr_text_puts(&why->sentence, " ago");
	}
	wr_text_putc(&why->sentence, '.');
}

void wr_why_say_sink_waits(struct wr_why *why, const struct wr_why_sink *sink)
{
	say(why, WR_WHY_SINK_WAITS);
	wr_text_printf(&why->sentence, "The sink cannot write: %s.", wr_text_str(&sink->waits));
	wr_text_puts(&why->hint,
		     "See to it that the other side answers; the job goes on by itself");
}

/* When the rows will be seen. */
void wr_why_say_commit(struct wr_why *why, const struct wr_why_sink *sink)
{
	say(why, WR_WHY_COMMIT);
	put_count(&why->sentence, sink->sink->uncommitted_rows, "row");
	wr_text_printf(&why->sentence, " of table '%s' %s written, and will be visible ",
		       sink->sink->table, sink->sink->uncommitted_rows == 1 ? "is" : "are");
	if (!why->checkpoints) {
		wr_text_puts(&why->sentence, "when the job ends: it makes no checkpoints.");
		wr_text_puts(&why->hint, "Set 'execution.checkpointing.interval' (and a folder, "
					 "'execution.checkpointing.dir') to see rows earlier");
		return;
	}
	wr_text_puts(&why->sentence, "with the commit of the next checkpoint");
	if (why->checkpoint_ms > 0) {
		wr_text_puts(&why->sentence, ", one of which is made every ");
		put_span(&why->sentence, why->checkpoint_ms * 1000);
	}
	if (why->checkpoint_age_us >= 0) {
		wr_text_puts(&why->sentence, "; the last one was made ");
		put_span(&why->sentence, why->checkpoint_age_us);
		wr_text_puts(&why->sentence, " ago");
	} else {
		wr_text_puts(&why->sentence, "; there has been none yet");
	}
	if (why->checkpoints_failed > 0)
		wr_text_printf(&why->sentence, ", and %llu failed",
			       (unsigned long long)why->checkpoints_failed);
	wr_text_putc(&why->sentence, '.');
	wr_text_puts(&why->hint,
		     why->checkpoints_failed > 0
			 ? "See the warnings of the job for what fails"
			 : "Set 'execution.checkpointing.interval' shorter to see rows earlier");
}

void wr_why_say_pressure(struct wr_why *why, const struct wr_observed_op *from,
			 const struct wr_observed_op *to)
{
	say(why, WR_WHY_BACK_PRESSURE);
	wr_text_puts(&why->sentence, "Back pressure: ");
	put_op(&why->sentence, to);
	wr_text_puts(&why->sentence, " does not keep up, ");
	if (to->running_for_us >= WR_WHY_LONG_US) {
		wr_text_puts(&why->sentence, "it has been at the same batch for ");
		put_span(&why->sentence, to->running_for_us);
		wr_text_puts(&why->sentence, ", and ");
	}
	put_op(&why->sentence, from);
	wr_text_puts(&why->sentence, " has been waiting for room for ");
	put_span(&why->sentence, from->blocked_for_us);
	wr_text_putc(&why->sentence, '.');
	wr_text_puts(&why->hint,
		     to->node->kind == WR_N_SINK
			 ? SLOW_SINK
			 : "Raise 'parallelism.default', or see whether a hot key keeps "
			   "one subtask busy");
}

void wr_why_say_running(struct wr_why *why, const struct wr_observed_op *last, const bool *upstream)
{
	const struct wr_observed *observed = why->observed;
	bool first = true;

	say(why, WR_WHY_BACK_PRESSURE);
	wr_text_puts(&why->sentence, "Back pressure: ");
	for (uint32_t i = 0; i < observed->op_count; i++) {
		const struct wr_observed_op *op = &observed->op[i];

		if (!upstream[i] || op->stage != last->stage)
			continue;
		wr_text_puts(&why->sentence, first ? "" : ", chained to ");
		first = false;
		put_op(&why->sentence, op);
	}
	wr_text_puts(&why->sentence, " does not keep up, it has been at the same batch for ");
	put_span(&why->sentence, last->running_for_us);
	wr_text_putc(&why->sentence, '.');
	wr_text_puts(&why->hint,
		     last->node->kind == WR_N_SINK
			 ? SLOW_SINK
			 : "Look for what it calls or waits for: a function, a lookup, a device");
}

void wr_why_say_source_waits(struct wr_why *why, const struct wr_why_source *source)
{
	say(why, WR_WHY_SOURCE_WAITS);
	wr_text_printf(&why->sentence, "The source cannot read: %s.", wr_text_str(&source->waits));
	wr_text_puts(&why->hint,
		     "See to it that the other side answers; the job goes on by itself");
}

void wr_why_say_no_rows(struct wr_why *why, const struct wr_why_source *source,
			const struct wr_observed_op *join)
{
	say(why, WR_WHY_NO_ROWS);
	wr_text_printf(&why->sentence, "No row has come from table '%s'", source->table);
	if (source->ended)
		wr_text_puts(&why->sentence, ", which has ended");
	else {
		wr_text_puts(&why->sentence, " since the job began ");
		put_span(&why->sentence, why->observed->elapsed_us);
		wr_text_puts(&why->sentence, " ago");
	}
	if (join != NULL) {
		wr_text_puts(&why->sentence, ": ");
		put_op(&why->sentence, join);
		wr_text_puts(&why->sentence, " waits for that side");
	}
	wr_text_putc(&why->sentence, '.');
	wr_text_puts(&why->hint, "Look whether anything is written to what the table reads, and "
				 "where it begins to read ('scan.startup.mode')");
}

void wr_why_say_bad(struct wr_why *why, const struct wr_why_source *source)
{
	say(why, WR_WHY_BAD);
	wr_text_puts(&why->sentence, source->op->sum.bad == 1 ? "The only record" : "All ");
	if (source->op->sum.bad > 1)
		put_count(&why->sentence, source->op->sum.bad, "record");
	wr_text_printf(&why->sentence, " of table '%s' could not be read: %s bad.", source->table,
		       source->op->sum.bad == 1 ? "it is" : "they are");
	wr_text_puts(&why->hint, "Set 'error-handling.mode' = 'log' to see them, and compare them "
				 "with the table's columns and format");
}

/* A condition: that of a scan, of a calc, or none that is known. */
static bool has_condition(const struct wr_observed_op *op)
{
	return op->node->kind == WR_N_SCAN   ? op->node->u.scan.condition != NULL
	       : op->node->kind == WR_N_CALC ? op->node->u.calc.condition != NULL
					     : false;
}

void wr_why_say_filtered(struct wr_why *why, const struct wr_observed_op *op)
{
	struct wr_text detail;
	const char *where;

	say(why, WR_WHY_FILTERED);
	wr_text_puts(&why->sentence, op->sum.rows_in == 1 ? "The only row" : "All ");
	if (op->sum.rows_in > 1)
		put_count(&why->sentence, op->sum.rows_in, "row");
	wr_text_puts(&why->sentence, op->node->kind == WR_N_SCAN ? " of " : " that came to ");
	put_op(&why->sentence, op);
	wr_text_printf(&why->sentence, " %s left out by %s", op->sum.rows_in == 1 ? "is" : "are",
		       has_condition(op) ? "the condition" : "it");
	wr_text_init(&detail);
	wr_plan_print_node(&detail, op->node);
	where = has_condition(op) ? strstr(wr_text_str(&detail), "where=[") : NULL;
	if (where == NULL && has_condition(op))
		where = strstr(wr_text_str(&detail), "filter=[");
	if (where != NULL)
		wr_text_printf(&why->sentence, " %.*s", (int)WR_MIN(strcspn(where, "]") + 1, 200),
			       where);
	wr_text_release(&detail);
	wr_text_putc(&why->sentence, '.');
	wr_text_puts(&why->hint, "Look at some of the rows that go in, and compare them with it");
}

void wr_why_say_late(struct wr_why *why, const struct wr_observed_op *op)
{
	say(why, WR_WHY_LATE);
	wr_text_puts(&why->sentence, "All ");
	put_count(&why->sentence, op->sum.late, "row");
	wr_text_puts(&why->sentence, " that came to ");
	put_op(&why->sentence, op);
	wr_text_puts(&why->sentence, " came too late: the watermark had passed their windows.");
	wr_text_puts(&why->hint, "Allow for more disorder in the table's WATERMARK, or set "
				 "'weir.late-rows.allowed'");
}

void wr_why_say_no_match(struct wr_why *why, const struct wr_observed_op *op)
{
	say(why, WR_WHY_NO_MATCH);
	put_op(&why->sentence, op);
	wr_text_puts(&why->sentence, " has taken ");
	put_count(&why->sentence, op->sum.rows_in, "row");
	wr_text_puts(&why->sentence, " and found no two that match.");
	wr_text_puts(&why->hint, "Compare the keys of both sides (types, case, spaces), and the "
				 "bounds of time");
}

void wr_why_say_unknown(struct wr_why *why, const struct wr_observed_op *op)
{
	say(why, WR_WHY_UNKNOWN);
	put_op(&why->sentence, op);
	wr_text_puts(&why->sentence, " has taken ");
	put_count(&why->sentence, op->sum.rows_in, "row");
	wr_text_puts(&why->sentence, " and given none so far.");
	wr_text_puts(&why->hint, "Look at some of the rows that go in");
}

void wr_why_say_quiet(struct wr_why *why, const struct wr_why_sink *sink)
{
	int64_t last_us = -1;

	say(why, WR_WHY_QUIET);
	for (uint32_t i = 0; i < why->source_count; i++) {
		int64_t us = wr_why_last_row_us(&why->source[i]);

		if (us >= 0 && (last_us < 0 || us < last_us))
			last_us = us;
	}
	if (last_us < 0) {
		wr_text_puts(&why->sentence, "No row has come in yet.");
		return;
	}
	wr_text_puts(&why->sentence, "The last row came in ");
	put_span(&why->sentence, last_us);
	wr_text_printf(&why->sentence,
		       " ago, and what follows from it is written: table '%s' has got ",
		       sink->sink->table);
	put_count(&why->sentence, sink->sink->rows, "row");
	wr_text_putc(&why->sentence, '.');
}

/* --- waiting for the watermark ------------------------------------------------------------------
 */

static const struct wr_window *window_of(const struct wr_node *node)
{
	return node->kind == WR_N_WINDOW_AGG || node->kind == WR_N_SESSION_AGG ? node->u.agg.window
									       : NULL;
}

/* "The next window of WindowAggregate (line 7) ends at 12:05:00, and the watermark is 12:01:13". */
static void put_waiting(struct wr_text *out, const struct wr_observed_op *op)
{
	wr_text_puts(out, "The next window of ");
	put_op(out, op);
	wr_text_puts(out, " ends at ");
	put_time(out, op->next_ms + 1);
	if (op->sum.watermark_ms == WR_WATERMARK_MIN) {
		wr_text_puts(out, ", and there is no watermark yet");
		return;
	}
	wr_text_puts(out, ", and the watermark is ");
	put_time(out, op->sum.watermark_ms);
}

static void hint_idle(struct wr_why *why, const struct wr_why_source *source)
{
	if (!source->idle_timeout)
		wr_text_printf(
		    &why->hint,
		    "If it may stay silent, set 'scan.watermark.idle-timeout' on table '%s'",
		    source->table);
	else
		wr_text_puts(&why->hint, "It counts as idle when 'scan.watermark.idle-timeout' is "
					 "over, and then holds nothing back");
}

/* How the one who holds back is doing. */
static void put_holder(struct wr_text *out, int64_t watermark_ms, uint64_t rows,
		       int64_t last_row_us)
{
	if (rows == 0) {
		wr_text_puts(out, ", which has given no row");
		return;
	}
	if (watermark_ms != WR_WATERMARK_MIN) {
		wr_text_puts(out, ", which is at ");
		put_time(out, watermark_ms);
	}
	if (last_row_us >= 0) {
		wr_text_puts(out, " (last row ");
		put_span(out, last_row_us);
		wr_text_puts(out, " ago)");
	}
}

void wr_why_say_held_by_split(struct wr_why *why, const struct wr_observed_op *op,
			      const struct wr_why_source *source, const struct wr_why_split *split)
{
	say(why, WR_WHY_HELD_BY_SPLIT);
	put_waiting(&why->sentence, op);
	wr_text_printf(&why->sentence, ": it is held back by %s of table '%s'", split->name,
		       source->table);
	put_holder(&why->sentence, split->watermark_ms, split->rows, split->last_row_us);
	wr_text_putc(&why->sentence, '.');
	hint_idle(why, source);
}

void wr_why_say_held_by_side(struct wr_why *why, const struct wr_observed_op *op,
			     const struct wr_why_side *side, const struct wr_why_source *source)
{
	say(why, WR_WHY_HELD_BY_SIDE);
	put_waiting(&why->sentence, op);
	wr_text_puts(&why->sentence, ": it is held back by ");
	if (source == NULL) {
		wr_text_puts(&why->sentence, "the side of ");
		put_op(&why->sentence, &why->observed->op[side->from]);
		wr_text_putc(&why->sentence, '.');
		return;
	}
	wr_text_printf(&why->sentence, "table '%s'", source->table);
	put_holder(&why->sentence, side->watermark_ms, source->op->sum.rows_in,
		   wr_why_last_row_us(source));
	wr_text_putc(&why->sentence, '.');
	if (!source->has_watermark)
		wr_text_printf(&why->hint, "Table '%s' declares no WATERMARK: give it one",
			       source->table);
	else
		hint_idle(why, source);
}

void wr_why_say_no_watermark(struct wr_why *why, const struct wr_observed_op *op,
			     const struct wr_why_source *source)
{
	say(why, WR_WHY_NO_WATERMARK);
	put_waiting(&why->sentence, op);
	wr_text_printf(&why->sentence, ": table '%s' declares none.", source->table);
	wr_text_puts(&why->hint, "Add WATERMARK FOR ... to its columns");
}

void wr_why_say_window_open(struct wr_why *why, const struct wr_observed_op *op,
			    const struct wr_why_source *source)
{
	const struct wr_window *window = window_of(op->node);
	int64_t last_us = source != NULL ? wr_why_last_row_us(source) : -1;

	say(why, WR_WHY_WINDOW_OPEN);
	if (window != NULL && window->processing_time) {
		wr_text_puts(&why->sentence, "The next window of ");
		put_op(&why->sentence, op);
		wr_text_puts(&why->sentence, " is still open: by the clock it ends at ");
		put_time(&why->sentence, op->next_ms + 1);
		wr_text_putc(&why->sentence, '.');
		return;
	}
	put_waiting(&why->sentence, op);
	wr_text_puts(&why->sentence, ": it is still open");
	if (last_us > 1000000) {
		wr_text_printf(&why->sentence,
			       ", and no row of table '%s' has moved the watermark for ",
			       source->table);
		put_span(&why->sentence, last_us);
	}
	wr_text_putc(&why->sentence, '.');
	wr_text_puts(&why->hint, "It closes when a row comes whose time is later than its end, and "
				 "than what the WATERMARK allows for");
}
