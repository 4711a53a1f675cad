/* SPDX-License-Identifier: Apache-2.0
 *
 * match_codec - the matches of a key on their way to a checkpoint and back.
 *
 * Fields: the rows that matches hold, of the columns that somebody will look at, with their times;
 * the number of the first one; partial and complete matches, each an array in the order of its heap
 * (match_heap.h): that order is part of the result.
 *
 * A match, all of it varints: its start + 1, or 0 for the one that has no row yet, and then nothing
 * more; the time of its first row (zigzag); state; variable + 1; number of rows; the ends of
 * `variable` variables. The accumulators of conditions are not saved: they are made again of the
 * rows when they are asked for.
 *
 * Thread: the owner's.
 */
#ifndef WR_OP_MATCH_CODEC_H
#define WR_OP_MATCH_CODEC_H

#include "op/fields.h"
#include "op/match_key.h"

struct wr_match_saver {
	struct wr_matcher *matcher;
	struct wr_state_field field[4];
	struct wr_state_codec codec; /* its ctx is the saver */
	struct wr_codec row;         /* of the columns kept */
	struct wr_builder **builder; /* per column kept; owned */
	struct wr_text scratch;
	const struct wr_schema *schema; /* of the input */
};

/* The matcher has been initialised and stays where it is. */
void wr_match_saver_init(struct wr_match_saver *saver, struct wr_matcher *matcher,
			 struct wr_arena *arena, const struct wr_schema *input);
void wr_match_saver_release(struct wr_match_saver *saver); /* a zeroed one is allowed */

#endif
