/* SPDX-License-Identifier: Apache-2.0
 *
 * user_codec - the states of a block as fields of a saved value (state/value.h), and back.
 *
 * Fields of a state `s` with members a, b ..., none of which need be there in what is loaded: a
 * later version of the program may add members (zero then) and drop or move them.
 *   values      "s" NUMBER: 1, or when it was written last; "s.a", "s.b" ... ROW of one column
 *   WEIR_LIST   "s elements" NUMBER: how many; "s.a" ... ROWS of one column, one for each element,
 *               with when it was added last
 *   WEIR_MAP    "s entries" NUMBER: how many; "s key" ROWS of the key, with when it was put last;
 *               "s.a" ... ROWS of one column
 * Times are the time of day, 0 without a time to live. A state without anything has no bytes.
 *
 * Thread: immutable after init; a save or load is its caller's.
 */
#ifndef WR_OP_USER_CODEC_H
#define WR_OP_USER_CODEC_H

#include "op/user_state.h"

/* What field i is. */
struct wr_user_field {
	uint32_t state;
	enum { WR_UF_HEAD, WR_UF_KEY, WR_UF_MEMBER } what;
	uint32_t member;       /* WR_UF_MEMBER: of the value */
	struct wr_codec codec; /* of its rows */
};

struct wr_user_codec {
	const struct wr_user_store *store;
	uint32_t count;
	struct wr_state_field *field; /* count of them, in the arena */
	struct wr_user_field *of;     /* the same */
};

/* Of the states that are (not) broadcast. `spare` more fields may be put behind field[count]. */
void wr_user_codec_init(struct wr_user_codec *codec, const struct wr_user_store *store,
			bool broadcast, uint32_t spare, struct wr_arena *arena);
/* Appends the fields. */
void wr_user_codec_save(const struct wr_user_codec *codec, const uint8_t *block,
			struct wr_text *out);
/* Fills a zeroed block from `count` fields; what had been made of damaged bytes is dropped. */
bool wr_user_codec_load(const struct wr_user_codec *codec, uint8_t *block, struct wr_agg_pool *pool,
			const struct wr_str *field);

#endif
