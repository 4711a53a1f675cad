/* SPDX-License-Identifier: Apache-2.0
 *
 * why - see why.h: what follows from the facts.
 *
 * The question is about one sink: of those that got nothing lately, the one that has waited
 * longest. Causes are looked for where they would stop everything else, from the outside in: the
 * sink's other side, a commit, back pressure; then along the flow, from the sources to the sink,
 * for the first operator that takes rows and gives none.
 */
#include "runtime/why.h"

#include <stdarg.h>

#include "analyze/node.h"
#include "base/mem.h"
#include "data/batch.h"
#include "runtime/why_words.h"

#define FLOW_US    3000000        /* a sink that got rows within this has output */
#define BLOCKED_US WR_WHY_LONG_US /* a wait for room that is more than the usual give and take */

const char *wr_why_name(enum wr_why_cause cause)
{
	static const char *const names[] = {
	    [WR_WHY_UNKNOWN] = "unknown",
	    [WR_WHY_FLOWS] = "flows",
	    [WR_WHY_ENDED] = "ended",
	    [WR_WHY_SINK_WAITS] = "sink-waits",
	    [WR_WHY_COMMIT] = "commit",
	    [WR_WHY_BACK_PRESSURE] = "back-pressure",
	    [WR_WHY_SOURCE_WAITS] = "source-waits",
	    [WR_WHY_NO_ROWS] = "no-rows",
	    [WR_WHY_BAD] = "bad-records",
	    [WR_WHY_FILTERED] = "filtered",
	    [WR_WHY_LATE] = "late",
	    [WR_WHY_NO_WATERMARK] = "no-watermark",
	    [WR_WHY_HELD_BY_SPLIT] = "held-by-partition",
	    [WR_WHY_HELD_BY_SIDE] = "held-by-side",
	    [WR_WHY_WINDOW_OPEN] = "window-open",
	    [WR_WHY_NO_MATCH] = "no-match",
	    [WR_WHY_QUIET] = "quiet",
	};

	return names[cause];
}

/* --- the flow -----------------------------------------------------------------------------------
 */

static bool is_aside(const struct wr_observed_edge *edge)
{
	return strcmp(edge->kind, "late") == 0 || strcmp(edge->kind, "dead") == 0;
}

/* Marks what is upstream of an operator, and itself. */
static void mark_upstream(const struct wr_observed *observed, uint32_t op, bool *marked)
{
	bool more = true;

	marked[op] = true;
	while (more) {
		more = false;
		for (uint32_t i = 0; i < observed->edge_count; i++) {
			const struct wr_observed_edge *edge = &observed->edge[i];

			if (!marked[edge->to] || marked[edge->from] || is_aside(edge))
				continue;
			marked[edge->from] = more = true;
		}
	}
}

static bool is_join(const struct wr_node *node)
{
	return node->kind == WR_N_HASH_JOIN || node->kind == WR_N_WINDOW_JOIN ||
	       node->kind == WR_N_INTERVAL_JOIN || node->kind == WR_N_TEMPORAL_JOIN ||
	       node->kind == WR_N_MULTI_JOIN || node->kind == WR_N_LOOKUP_JOIN;
}

/* --- the sink -----------------------------------------------------------------------------------
 */

static bool awaits_commit(const struct wr_why_sink *sink)
{
	return sink->sink->transactional && sink->sink->uncommitted_rows > 0 &&
	       (sink->sink->committed_ago_us < 0 || sink->sink->committed_ago_us > FLOW_US);
}

static bool is_quiet(const struct wr_why_sink *sink)
{
	return sink->sink->written_ago_us < 0 || sink->sink->written_ago_us > FLOW_US ||
	       awaits_commit(sink);
}

/* The sink that has waited longest; false: rows come out of all. */
static bool choose_sink(struct wr_why *why)
{
	int64_t longest_us = -1;

	for (uint32_t i = 0; i < why->sink_count; i++) {
		const struct wr_why_sink *sink = &why->sink[i];
		int64_t ago_us =
		    sink->sink->written_ago_us < 0 ? INT64_MAX : sink->sink->written_ago_us;

		if (!is_quiet(sink) || ago_us <= longest_us)
			continue;
		longest_us = ago_us;
		why->about = i;
	}
	return longest_us >= 0;
}

static bool decide_sink(struct wr_why *why, const struct wr_why_sink *sink)
{
	if (sink->waits.len > 0) {
		wr_why_say_sink_waits(why, sink);
		return true;
	}
	if (!awaits_commit(sink))
		return false;
	wr_why_say_commit(why, sink);
	return true;
}

/* --- back pressure ------------------------------------------------------------------------------
 */

/* The operator behind a blocked one that is not blocked itself: it is what all wait for. */
static bool decide_pressure(struct wr_why *why, const bool *upstream)
{
	const struct wr_observed *observed = why->observed;

	for (uint32_t i = 0; i < observed->edge_count; i++) {
		const struct wr_observed_edge *edge = &observed->edge[i];
		const struct wr_observed_op *from = &observed->op[edge->from];
		const struct wr_observed_op *to = &observed->op[edge->to];

		if (!upstream[edge->from] || from->blocked_for_us < BLOCKED_US ||
		    to->blocked_for_us >= BLOCKED_US || from->stage == to->stage)
			continue;
		wr_why_say_pressure(why, from, to);
		return true;
	}
	return false;
}

/* What all wait for without a full queue: a write that the other side does not take, a function
 * that does not come back. The last such one of the flow. */
static bool decide_running(struct wr_why *why, const bool *upstream)
{
	const struct wr_observed *observed = why->observed;

	for (uint32_t i = observed->op_count; i-- > 0;)
		if (upstream[i] && observed->op[i].running_for_us >= BLOCKED_US) {
			wr_why_say_running(why, &observed->op[i], upstream);
			return true;
		}
	return false;
}

/* --- sources ------------------------------------------------------------------------------------
 */

static uint64_t rows_of(const struct wr_why_source *source)
{
	return source->op->sum.rows_in;
}

int64_t wr_why_last_row_us(const struct wr_why_source *source)
{
	int64_t last_us = -1;

	for (uint32_t i = 0; i < source->split_count; i++) {
		int64_t us = source->split[i].last_row_us;

		if (us >= 0 && (last_us < 0 || us < last_us))
			last_us = us;
	}
	return last_us;
}

static bool is_upstream(const struct wr_why *why, const struct wr_why_source *source,
			const bool *upstream)
{
	return upstream[source->op - why->observed->op];
}

/* A source without which there can be nothing: the only one, or one that waits. */
static bool decide_sources(struct wr_why *why, const bool *upstream)
{
	const struct wr_why_source *first = NULL;
	bool any_rows = false, any_out = false;

	for (uint32_t i = 0; i < why->source_count; i++) {
		const struct wr_why_source *source = &why->source[i];
		int64_t last_us = wr_why_last_row_us(source);

		if (!is_upstream(why, source, upstream))
			continue;
		if (source->waits.len > 0 && (last_us < 0 || last_us > FLOW_US)) {
			wr_why_say_source_waits(why, source);
			return true;
		}
		first = first == NULL ? source : first;
		any_rows = any_rows || rows_of(source) > 0;
		any_out = any_out || source->op->sum.rows_out > 0;
	}
	if (first == NULL || any_out)
		return false;
	if (any_rows)
		wr_why_say_filtered(why, first->op);
	else if (first->op->sum.bad > 0)
		wr_why_say_bad(why, first);
	else
		wr_why_say_no_rows(why, first, NULL);
	return true;
}

/* --- watermarks ---------------------------------------------------------------------------------
 */

/* Whether `low` keeps a watermark from `next_ms` that `other` would let it reach. */
static bool holds(int64_t low_ms, int64_t other_ms, int64_t next_ms)
{
	if (low_ms >= next_ms)
		return false;
	return other_ms >= next_ms || (low_ms == WR_WATERMARK_MIN && other_ms != WR_WATERMARK_MIN);
}

/* The input that holds an operator's watermark back while another one does not; NULL: none. */
static struct wr_why_side *holding_side(struct wr_why *why, uint32_t op, int64_t next_ms)
{
	struct wr_why_side *low = NULL;

	for (uint32_t i = 0; i < why->side_count; i++) {
		struct wr_why_side *side = &why->side[i];

		if (side->op == op && !side->idle && !side->ended &&
		    (low == NULL || side->watermark_ms < low->watermark_ms))
			low = side;
	}
	for (uint32_t i = 0; i < why->side_count && low != NULL; i++) {
		const struct wr_why_side *side = &why->side[i];

		if (side->op == op && side != low && !side->idle &&
		    holds(low->watermark_ms, side->watermark_ms, next_ms))
			return low;
	}
	return NULL;
}

/* The partition that holds a source's watermark back while another one does not; NULL: none. */
static struct wr_why_split *holding_split(struct wr_why_source *source, int64_t next_ms)
{
	struct wr_why_split *low = NULL;

	for (uint32_t i = 0; i < source->split_count; i++) {
		struct wr_why_split *split = &source->split[i];

		if (!split->idle && !split->ended &&
		    (low == NULL || split->watermark_ms < low->watermark_ms))
			low = split;
	}
	for (uint32_t i = 0; i < source->split_count && low != NULL; i++) {
		const struct wr_why_split *split = &source->split[i];

		if (split != low && holds(low->watermark_ms, split->watermark_ms, next_ms))
			return low;
	}
	return NULL;
}

/* Follows what holds the watermark of an operator back up to a partition of a source. */
static void decide_watermark(struct wr_why *why, uint32_t op, int64_t next_ms)
{
	const struct wr_observed *observed = why->observed;
	const struct wr_observed_op *waits = &observed->op[op];
	bool *upstream = wr_calloc(observed->op_count + 1, sizeof *upstream), declared = false;
	struct wr_why_side *side = NULL;
	struct wr_why_source *only = NULL;

	mark_upstream(observed, op, upstream);
	for (uint32_t i = observed->op_count; i-- > 0;) {
		struct wr_why_side *found = upstream[i] ? holding_side(why, i, next_ms) : NULL;

		if (found == NULL)
			continue;
		side = found;
		side->holds_back = true;
		memset(upstream, 0, observed->op_count * sizeof *upstream);
		mark_upstream(observed, side->from, upstream);
		i = WR_MIN(i, side->from + 1);
	}
	for (uint32_t i = 0; i < why->source_count; i++) {
		struct wr_why_source *source = &why->source[i];
		struct wr_why_split *split;

		if (!is_upstream(why, source, upstream))
			continue;
		declared = declared || source->has_watermark;
		only = only == NULL ? source : only;
		split = holding_split(source, next_ms);
		if (split == NULL)
			continue;
		split->holds_back = true;
		wr_why_say_held_by_split(why, waits, source, split);
		wr_free(upstream);
		return;
	}
	wr_free(upstream);
	if (side != NULL)
		wr_why_say_held_by_side(why, waits, side, only);
	else if (!declared && only != NULL)
		wr_why_say_no_watermark(why, waits, only);
	else
		wr_why_say_window_open(why, waits, only);
}

/* --- operators ----------------------------------------------------------------------------------
 */

/* The input of a join that has had no row; NULL: all have, or it is not known. */
static const struct wr_observed_op *empty_side(const struct wr_why *why, uint32_t op)
{
	for (uint32_t i = 0; i < why->side_count; i++)
		if (why->side[i].op == op && why->observed->op[why->side[i].from].sum.rows_out == 0)
			return &why->observed->op[why->side[i].from];
	return NULL;
}

/* A source that the rows of an operator come from; NULL: there is none. */
static const struct wr_why_source *source_above(const struct wr_why *why,
						const struct wr_observed_op *op)
{
	const struct wr_observed *observed = why->observed;
	bool *upstream = wr_calloc(observed->op_count + 1, sizeof *upstream);
	const struct wr_why_source *found = NULL;

	mark_upstream(observed, (uint32_t)(op - observed->op), upstream);
	for (uint32_t i = 0; i < why->source_count && found == NULL; i++)
		if (is_upstream(why, &why->source[i], upstream))
			found = &why->source[i];
	wr_free(upstream);
	return found;
}

/* An operator that has taken rows and given none. */
static void decide_stuck(struct wr_why *why, uint32_t index)
{
	const struct wr_observed_op *op = &why->observed->op[index];
	const struct wr_observed_op *empty = is_join(op->node) ? empty_side(why, index) : NULL;
	const struct wr_why_source *source = empty != NULL ? source_above(why, empty) : NULL;

	if (op->sum.late > 0 && op->sum.late >= op->sum.rows_in)
		wr_why_say_late(why, op);
	else if (source != NULL && rows_of(source) == 0)
		wr_why_say_no_rows(why, source, op);
	else if (empty != NULL && empty->sum.rows_in > 0)
		wr_why_say_filtered(why, empty);
	else if (is_join(op->node))
		wr_why_say_no_match(why, op);
	else if (op->node->kind == WR_N_CALC)
		wr_why_say_filtered(why, op);
	else
		wr_why_say_unknown(why, op);
}

/* The first operator along the flow that gives nothing. Operators come sources first. */
static bool decide_operators(struct wr_why *why, const bool *upstream)
{
	const struct wr_observed *observed = why->observed;

	for (uint32_t i = 0; i < observed->op_count; i++) {
		const struct wr_observed_op *op = &observed->op[i];

		if (!upstream[i] || op->node->kind == WR_N_SCAN || op->node->kind == WR_N_SINK)
			continue;
		if (op->next_ms != INT64_MAX && op->sum.watermark_ms < op->next_ms) {
			decide_watermark(why, i, op->next_ms);
			return true;
		}
		if (op->sum.rows_in > 0 && op->sum.rows_out == 0) {
			decide_stuck(why, i);
			return true;
		}
	}
	return false;
}

void wr_why_decide(struct wr_why *why)
{
	const struct wr_why_sink *sink;
	bool *upstream;

	if (!why->running) {
		wr_why_say_ended(why);
		return;
	}
	if (why->sink_count == 0 || !choose_sink(why)) {
		wr_why_say_flows(why);
		return;
	}
	sink = &why->sink[why->about];
	upstream = wr_calloc(why->observed->op_count + 1, sizeof *upstream);
	mark_upstream(why->observed, sink->op, upstream);
	if (!decide_sink(why, sink) && !decide_pressure(why, upstream) &&
	    !decide_running(why, upstream) && !decide_sources(why, upstream) &&
	    !decide_operators(why, upstream))
		wr_why_say_quiet(why, sink);
	wr_free(upstream);
}
