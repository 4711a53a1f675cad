/* SPDX-License-Identifier: Apache-2.0
 *
 * why_report - what why.h has found, as JSON for programs and as lines for people.
 */
#include "base/env.h"
#include "data/batch.h"
#include "runtime/job_inner.h"
#include "runtime/job_report.h"
#include "runtime/why.h"

/* --- JSON ---------------------------------------------------------------------------------------
 */

static void put_text(struct wr_text *out, const char *name, const char *text)
{
	wr_text_printf(out, ",\"%s\":", name);
	wr_text_json(out, text);
}

static void put_ms(struct wr_text *out, const char *name, int64_t ms)
{
	if (ms == WR_WATERMARK_MIN || ms == WR_WATERMARK_MAX)
		wr_text_printf(out, ",\"%s\":null", name);
	else
		wr_text_printf(out, ",\"%s\":%lld", name, (long long)ms);
}

static void put_bool(struct wr_text *out, const char *name, bool value)
{
	wr_text_printf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

/* A partition of a source. */
static void put_split(struct wr_text *out, const struct wr_why_source *source,
		      const struct wr_why_split *split, int64_t wall_ms)
{
	wr_text_puts(out, "{\"table\":");
	wr_text_json(out, source->table);
	if (split->partition >= 0)
		wr_report_number(out, "partition", (uint64_t)split->partition);
	else
		wr_text_puts(out, ",\"partition\":null");
	if (split->name[0] != '\0')
		put_text(out, "name", split->name);
	put_ms(out, "last_record_ms",
	       split->last_row_us < 0 ? WR_WATERMARK_MIN : wall_ms - split->last_row_us / 1000);
	wr_report_number(out, "rows_in", split->rows);
	wr_report_number(out, "filtered", split->filtered);
	wr_report_number(out, "late", source->late);
	wr_report_number(out, "bad", split->bad);
	put_ms(out, "watermark_ms", split->watermark_ms);
	put_bool(out, "idle", split->idle);
	put_bool(out, "ended", split->ended || source->ended);
	put_bool(out, "holds_back", split->holds_back);
	if (source->waits.len > 0)
		put_text(out, "waiting", wr_text_str(&source->waits));
	wr_text_putc(out, '}');
}

/* All partitions of all sources. */
static void put_sources(struct wr_text *out, const struct wr_why *why, int64_t wall_ms)
{
	bool first = true;

	wr_text_puts(out, ",\"sources\":[");
	for (uint32_t i = 0; i < why->source_count; i++)
		for (uint32_t k = 0; k < why->source[i].split_count; k++) {
			if (!first)
				wr_text_putc(out, ',');
			first = false;
			put_split(out, &why->source[i], &why->source[i].split[k], wall_ms);
		}
	wr_text_putc(out, ']');
}

/* The inputs of an operator that has several. */
static void put_sides(struct wr_text *out, const struct wr_why *why, uint32_t op)
{
	bool first = true;

	wr_text_puts(out, ",\"inputs\":[");
	for (uint32_t i = 0; i < why->side_count; i++) {
		const struct wr_why_side *side = &why->side[i];

		if (side->op != op)
			continue;
		wr_text_printf(out, "%s{\"from\":%u", first ? "" : ",",
			       why->observed->op[side->from].node->id);
		first = false;
		put_ms(out, "watermark_ms", side->watermark_ms);
		put_bool(out, "idle", side->idle);
		put_bool(out, "ended", side->ended);
		put_bool(out, "holds_back", side->holds_back);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}

/* What an operator waits for; NULL: nothing that is known. */
static const char *waits_for(const struct wr_observed_op *op)
{
	if (op->blocked_for_us > 0)
		return "room";
	if (op->next_ms != INT64_MAX)
		return "watermark";
	return op->sum.rows_in == 0 ? "rows" : NULL;
}

/* What lies between sources and sinks. */
static void put_operators(struct wr_text *out, const struct wr_why *why)
{
	bool first = true;

	wr_text_puts(out, ",\"operators\":[");
	for (uint32_t i = 0; i < why->observed->op_count; i++) {
		const struct wr_observed_op *op = &why->observed->op[i];

		if (op->node->kind == WR_N_SCAN || op->node->kind == WR_N_SINK)
			continue;
		wr_text_printf(out, "%s{\"id\":%u", first ? "" : ",", op->node->id);
		first = false;
		put_text(out, "name", op->name);
		wr_report_number(out, "rows_in", op->sum.rows_in);
		wr_report_number(out, "rows_out", op->sum.rows_out);
		wr_report_number(out, "late", op->sum.late);
		wr_report_number(out, "bad", op->sum.bad);
		put_ms(out, "watermark_ms", op->sum.watermark_ms);
		if (waits_for(op) != NULL)
			put_text(out, "waits_for", waits_for(op));
		else
			wr_text_puts(out, ",\"waits_for\":null");
		put_ms(out, "next_fire_ms", op->next_ms);
		wr_report_time(out, "blocked_ms", op->blocked_for_us);
		put_sides(out, why, i);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}

/* What was written, and what is visible of it. */
static void put_sinks(struct wr_text *out, const struct wr_why *why, int64_t wall_ms)
{
	wr_text_puts(out, ",\"sinks\":[");
	for (uint32_t i = 0; i < why->sink_count; i++) {
		const struct wr_observed_sink *sink = why->sink[i].sink;

		wr_text_puts(out, i > 0 ? ",{\"table\":" : "{\"table\":");
		wr_text_json(out, sink->table);
		wr_report_number(out, "rows_out", sink->rows);
		wr_report_number(out, "rows_held", sink->held_rows);
		wr_report_number(out, "rows_uncommitted", sink->uncommitted_rows);
		wr_report_number(out, "rows_rejected", sink->rejected);
		put_bool(out, "transactional", sink->transactional);
		wr_report_number(out, "commits", sink->commits);
		put_ms(out, "last_written_ms",
		       sink->written_ago_us < 0 ? WR_WATERMARK_MIN
						: wall_ms - sink->written_ago_us / 1000);
		put_ms(out, "last_commit_ms",
		       sink->committed_ago_us < 0 ? WR_WATERMARK_MIN
						  : wall_ms - sink->committed_ago_us / 1000);
		if (why->sink[i].waits.len > 0)
			put_text(out, "waiting", wr_text_str(&why->sink[i].waits));
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}

void wr_report_why(struct wr_text *out, struct wr_job *job)
{
	int64_t wall_ms = wr_wall_us(job->options.env) / 1000;
	struct wr_why why;

	wr_why_look(&why, job);
	wr_text_printf(out, "{\"cause\":\"%s\"", wr_why_name(why.cause));
	put_text(out, "sentence", wr_text_str(&why.sentence));
	if (why.hint.len > 0)
		put_text(out, "hint", wr_text_str(&why.hint));
	put_sources(out, &why, wall_ms);
	put_operators(out, &why);
	put_sinks(out, &why, wall_ms);
	if (why.checkpoint_ms > 0) {
		wr_report_number(out, "checkpoint_interval_ms", (uint64_t)why.checkpoint_ms);
		wr_report_time(out, "checkpoint_age_ms", why.checkpoint_age_us);
	}
	wr_text_putc(out, '}');
	wr_why_release(&why);
}

/* --- text ---------------------------------------------------------------------------------------
 */

/* A line for a partition. */
static void print_split(struct wr_text *out, const struct wr_why_source *source,
			const struct wr_why_split *split)
{
	wr_text_printf(out, "source %s%s%s: ", source->table, split->name[0] != '\0' ? ", " : "",
		       split->name);
	wr_text_printf(out, "rows in %llu, filtered %llu, bad %llu, last row ",
		       (unsigned long long)split->rows, (unsigned long long)split->filtered,
		       (unsigned long long)split->bad);
	if (split->last_row_us < 0)
		wr_text_puts(out, "never");
	else
		wr_text_printf(out, "%.1f s ago", (double)split->last_row_us / 1e6);
	if (split->watermark_ms != WR_WATERMARK_MIN && split->watermark_ms != WR_WATERMARK_MAX)
		wr_text_printf(out, ", watermark %lld", (long long)split->watermark_ms);
	wr_text_printf(out, "%s%s%s\n", split->idle ? ", idle" : "",
		       split->ended || source->ended ? ", ended" : "",
		       split->holds_back ? ", holds the watermark back" : "");
}

void wr_why_print(struct wr_text *out, struct wr_job *job)
{
	struct wr_why why;

	wr_why_look(&why, job);
	wr_text_printf(out, "%s\n", wr_text_str(&why.sentence));
	if (why.hint.len > 0)
		wr_text_printf(out, "hint: %s\n", wr_text_str(&why.hint));
	for (uint32_t i = 0; i < why.source_count; i++)
		for (uint32_t k = 0; k < why.source[i].split_count; k++)
			print_split(out, &why.source[i], &why.source[i].split[k]);
	for (uint32_t i = 0; i < why.observed->op_count; i++) {
		const struct wr_observed_op *op = &why.observed->op[i];

		if (op->node->kind == WR_N_SCAN || op->node->kind == WR_N_SINK)
			continue;
		wr_text_printf(out, "operator %s: rows in %llu, out %llu, late %llu", op->name,
			       (unsigned long long)op->sum.rows_in,
			       (unsigned long long)op->sum.rows_out,
			       (unsigned long long)op->sum.late);
		if (op->next_ms != INT64_MAX)
			wr_text_printf(out, ", waits for watermark %lld", (long long)op->next_ms);
		wr_text_puts(out, op->blocked_for_us > 0 ? ", waits for room\n" : "\n");
	}
	for (uint32_t i = 0; i < why.sink_count; i++)
		wr_text_printf(out, "sink %s: rows out %llu, uncommitted %llu%s%s\n",
			       why.sink[i].sink->table, (unsigned long long)why.sink[i].sink->rows,
			       (unsigned long long)why.sink[i].sink->uncommitted_rows,
			       why.sink[i].waits.len > 0 ? ", waits: " : "",
			       wr_text_str(&why.sink[i].waits));
	wr_why_release(&why);
}
