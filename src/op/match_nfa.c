/* SPDX-License-Identifier: Apache-2.0
 *
 * match_nfa - see match_nfa.h.
 *
 * Built from the last variable to the first: `next` is the first state behind the variable at hand.
 */
#include "op/match_nfa.h"

static uint32_t add_state(struct wr_match_nfa *nfa, uint32_t variable, uint32_t take,
			  int32_t proceed)
{
	nfa->state[nfa->count] = (struct wr_match_state){.variable = (int32_t)variable,
							 .guard = WR_MATCH_NONE,
							 .take = take,
							 .proceed = proceed};
	return nfa->count++;
}

/* The states of variable `v` before `next`; returns the first one. */
static uint32_t add_variable(struct wr_match_nfa *nfa, const struct wr_match *match, uint32_t v,
			     uint32_t next)
{
	const struct wr_match_variable *variable = &match->variable[v];
	uint32_t least = WR_MAX(1u, variable->min), last = next;

	if (variable->greedy)
		nfa->state[next].guard = (int32_t)v;
	if (variable->max == UINT32_MAX) { /* takes any number more */
		last = add_state(nfa, v, 0, (int32_t)next);
		nfa->state[last].take = last;
	} else {
		for (uint32_t i = least; i < variable->max; i++)
			last = add_state(nfa, v, last, (int32_t)next);
	}
	for (uint32_t i = 1; i < least; i++)
		last = add_state(nfa, v, last, WR_MATCH_NONE);
	return add_state(nfa, v, last, variable->min == 0 ? (int32_t)next : WR_MATCH_NONE);
}

static uint64_t bit_of(int32_t variable)
{
	return variable == WR_MATCH_NONE ? 0 : (uint64_t)1 << variable;
}

/* The guards that decide whether a match at `at` is complete as it stands. */
static uint64_t guards_from(const struct wr_match_nfa *nfa, int32_t at)
{
	uint64_t bits = 0;

	for (; nfa->state[at].proceed != WR_MATCH_NONE; at = nfa->state[at].proceed)
		bits |= bit_of(nfa->state[at].guard);
	return bits;
}

/* Everything that a partial match in `at` may ask about a row. */
static uint64_t asked_from(const struct wr_match_nfa *nfa, int32_t at)
{
	uint64_t bits = 0;

	for (; at != WR_MATCH_NONE && at != WR_MATCH_FINAL; at = nfa->state[at].proceed)
		bits |= bit_of(nfa->state[at].variable) | bit_of(nfa->state[at].guard) |
			guards_from(nfa, (int32_t)nfa->state[at].take);
	return bits;
}

void wr_match_nfa_init(struct wr_match_nfa *nfa, struct wr_arena *arena,
		       const struct wr_match *match)
{
	uint64_t room = 1;
	int32_t at;

	for (uint32_t v = 0; v < match->variable_count; v++) {
		const struct wr_match_variable *variable = &match->variable[v];

		room += variable->max == UINT32_MAX ? (uint64_t)variable->min + 2 : variable->max;
	}
	WR_REQUIRE(room <= WR_MATCH_STATES_MAX);
	*nfa = (struct wr_match_nfa){.state = WR_NEW_ARRAY(arena, struct wr_match_state, room)};
	nfa->state[nfa->count++] = (struct wr_match_state){
	    .variable = WR_MATCH_NONE, .guard = WR_MATCH_NONE, .proceed = WR_MATCH_NONE};
	nfa->start = WR_MATCH_FINAL;
	for (uint32_t v = match->variable_count; v-- > 0;)
		nfa->start = add_variable(nfa, match, v, nfa->start);
	WR_ASSERT(nfa->count <= room);
	for (at = 0; at < (int32_t)nfa->count; at++)
		nfa->state[at].asks = asked_from(nfa, at);
	for (at = (int32_t)nfa->start; at != WR_MATCH_NONE; at = nfa->state[at].proceed)
		nfa->starters |= (uint64_t)1 << nfa->state[at].variable;
}
