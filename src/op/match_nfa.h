/* SPDX-License-Identifier: Apache-2.0
 *
 * match_nfa - the automaton of a pattern: what a partial match may do with the next row.
 *
 * A state takes a row for its variable and goes on to another state, and it may hand the row on
 * (proceed) to a state of a later variable without taking it. A greedy variable guards the first
 * state behind it: that one neither takes nor hands on a row that the greedy variable would have.
 *
 * The rules are those of Flink's CEP library for sequences of variables without gaps.
 */
#ifndef WR_OP_MATCH_NFA_H
#define WR_OP_MATCH_NFA_H

#include "analyze/match.h"

#define WR_MATCH_FINAL 0 /* the state in which a match is complete */
#define WR_MATCH_NONE  (-1)

struct wr_match_state {
	int32_t variable; /* whose condition a row must meet; WR_MATCH_NONE: the final state */
	int32_t guard;    /* a variable whose condition a row must not meet, or WR_MATCH_NONE */
	uint32_t take;    /* state behind a row taken */
	int32_t proceed;  /* state that may see the same row instead, or WR_MATCH_NONE */
	uint64_t asks;    /* variables whose condition may be asked for in this state: bits */
};

struct wr_match_nfa {
	struct wr_match_state *state; /* in the caller's arena */
	uint32_t count;
	uint32_t start;
	uint64_t starters; /* variables that may take the first row of a match: bits */
};

void wr_match_nfa_init(struct wr_match_nfa *nfa, struct wr_arena *arena,
		       const struct wr_match *match);

#endif
