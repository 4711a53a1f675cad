/* SPDX-License-Identifier: Apache-2.0
 *
 * why_words - the sentences of why.h, one for each cause: each sets cause, sentence and hint.
 *
 * Thread: pure functions.
 */
#ifndef WR_RUNTIME_WHY_WORDS_H
#define WR_RUNTIME_WHY_WORDS_H

#include "runtime/why.h"

#define WR_WHY_LONG_US 500000 /* at one batch, or waiting for room, is worth a word */

void wr_why_say_ended(struct wr_why *why);
void wr_why_say_flows(struct wr_why *why);
void wr_why_say_sink_waits(struct wr_why *why, const struct wr_why_sink *sink);
void wr_why_say_commit(struct wr_why *why, const struct wr_why_sink *sink);
/* `from` waits for room, `to` does not keep up. */
void wr_why_say_pressure(struct wr_why *why, const struct wr_observed_op *from,
			 const struct wr_observed_op *to);
/* `last`, and those `upstream` that are chained to it, are still at one batch. */
void wr_why_say_running(struct wr_why *why, const struct wr_observed_op *last,
			const bool *upstream);
void wr_why_say_source_waits(struct wr_why *why, const struct wr_why_source *source);
/* `join`: that has rows of its other side; NULL: it is no side of one. */
void wr_why_say_no_rows(struct wr_why *why, const struct wr_why_source *source,
			const struct wr_observed_op *join);
void wr_why_say_bad(struct wr_why *why, const struct wr_why_source *source);
/* By the condition of a scan or a calc. */
void wr_why_say_filtered(struct wr_why *why, const struct wr_observed_op *op);
void wr_why_say_late(struct wr_why *why, const struct wr_observed_op *op);
void wr_why_say_no_match(struct wr_why *why, const struct wr_observed_op *op);
void wr_why_say_unknown(struct wr_why *why, const struct wr_observed_op *op);
void wr_why_say_quiet(struct wr_why *why, const struct wr_why_sink *sink);
/* The operator waits for the watermark ... */
void wr_why_say_held_by_split(struct wr_why *why, const struct wr_observed_op *op,
			      const struct wr_why_source *source, const struct wr_why_split *split);
/* `source`: one above that side; NULL: none is known. */
void wr_why_say_held_by_side(struct wr_why *why, const struct wr_observed_op *op,
			     const struct wr_why_side *side, const struct wr_why_source *source);
void wr_why_say_no_watermark(struct wr_why *why, const struct wr_observed_op *op,
			     const struct wr_why_source *source);
void wr_why_say_window_open(struct wr_why *why, const struct wr_observed_op *op,
			    const struct wr_why_source *source);

/* Since the newest row of all partitions; -1: none came (why.c). */
int64_t wr_why_last_row_us(const struct wr_why_source *source);

#endif
