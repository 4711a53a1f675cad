/* SPDX-License-Identifier: Apache-2.0
 *
 * schema - which saved states a new plan can take over, and how.
 *
 * A saved state and a declared one are the same if their operators have the same semantic name and
 * type and the states the same name. Fields are then matched by their names, columns of rows by
 * theirs: what both have is kept, what only the plan has is absent and is filled by the operator,
 * what only the checkpoint has is dropped. What cannot be kept says why in words.
 *
 * Thread: pure functions; results are immutable and lie in the caller's arena.
 */
#ifndef WR_STATE_SCHEMA_H
#define WR_STATE_SCHEMA_H

#include "state/manifest.h"

enum wr_fit {
	WR_FIT_KEPT,    /* all fields of the declared state are there */
	WR_FIT_PART,    /* some fields are absent: `reason` names them */
	WR_FIT_REBUILT, /* saved and declared state do not fit: starts empty */
	WR_FIT_DROPPED, /* saved, but the plan has no such state */
	WR_FIT_NEW      /* declared, but not saved: starts empty */
};
const char *wr_fit_name(enum wr_fit fit); /* "kept", "kept in part", "rebuilt" ... */

struct wr_state_fit {
	enum wr_fit fit;
	uint32_t saved;          /* index among the saved states; UINT32_MAX: none (NEW) */
	uint32_t declared;       /* index among the declared states; UINT32_MAX: none (DROPPED) */
	const char *reason;      /* in words; NULL: nothing to say */
	struct wr_state_map map; /* KEPT, PART */
};

/* Matches the states of a checkpoint with those of a plan (both described by wr_saved_state_of or
 * read from a manifest). One result per declared state, in order, then the DROPPED ones. */
const struct wr_state_fit *wr_schema_match(struct wr_arena *arena,
					   const struct wr_saved_state *saved, uint32_t saved_count,
					   const struct wr_saved_state *declared,
					   uint32_t declared_count, uint32_t *count);

/* Appends the declared form of one saved row; false: the row is damaged (then nothing is appended).
 */
bool wr_row_change_apply(const struct wr_row_change *change, struct wr_str saved,
			 struct wr_text *out);

#endif
