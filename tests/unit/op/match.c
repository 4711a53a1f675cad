/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of MATCH_RECOGNIZE that decide which match is shown: the order among matches that
 * start with the same row, which is that of Java's PriorityQueue, and the automaton of a pattern.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "op/match_heap.h"
#include "op/match_nfa.h"

/* Additions (+ and the key), removals of the first (-) and of all below a key (x), and the numbers
 * of the elements that came out of java.util.PriorityQueue (Java 17), counted by addition. */
static const char *const steps =
    "+3+1+0+2+2+3+2+2-+4x2-x1+3+0-+2--+4+1-+4--+3---+1+1+0-+3+1+3+2-+0--+2-+2+4+0-x2+1+2+0+1+3-x1+"
    "0+3--+3+3x1+4x1+4+1+3--+1+4+3+0+0x1-+1+0+4+1-+4+3x3-+0+1+3+0+4-+2-+1+3-+0+3+1+0+3x3+2+4-+2+2-"
    "---+3--+1--+1x2x1--------------------";
static const uint32_t order[] = {2,  3,  10, 6,  4,  13, 11, 7,  9,  15, 5,  18, 17, 23, 20,
				 16, 27, 30, 33, 28, 31, 39, 41, 47, 40, 52, 55, 53, 65, 67,
				 68, 36, 64, 19, 69, 70, 0,  59, 54, 21, 43, 35, 61, 34, 32,
				 51, 14, 50, 42, 26, 48, 37, 38, 66, 8,  56, 12};

static void test_order_among_equals(void **unused)
{
	struct wr_match_heap heap = {0};
	struct wr_match_run *run = calloc(128, sizeof *run), *pruned[128];
	uint32_t added = 0, taken = 0;

	for (const char *at = steps; *at != '\0'; at++) {
		if (*at == '+') {
			run[added] =
			    (struct wr_match_run){.start = (uint64_t)(*++at - '0'), .len = added};
			wr_match_heap_reserve(&heap, heap.count + 1);
			wr_match_heap_add(&heap, &run[added++]);
		} else if (*at == 'x') {
			uint64_t key = (uint64_t)(*++at - '0');
			uint32_t before = heap.count,
				 count = wr_match_heap_prune(&heap, key, pruned);

			assert_int_equal(before, heap.count + count);
			for (uint32_t i = 0; i < count; i++)
				assert_true(pruned[i]->start < key);
			for (uint32_t i = 0; i < heap.count; i++)
				assert_true(heap.run[i]->start >= key);
		} else {
			assert_true(taken < WR_COUNT(order));
			assert_int_equal(wr_match_heap_take(&heap)->len, order[taken]);
			taken++;
		}
	}
	assert_int_equal(taken, WR_COUNT(order));
	assert_int_equal(heap.count, 0);
	wr_match_heap_release(&heap);
	free(run);
}

/* The automaton as text: per state its variable, guard, where a row leads and where it is handed
 * on, from the start state on. */
static void shape(const struct wr_match_variable *variable, uint32_t count, const char *want)
{
	struct wr_match match = {.variable = (struct wr_match_variable *)(uintptr_t)variable,
				 .variable_count = count};
	struct wr_match_nfa nfa;
	struct wr_arena arena;
	struct wr_text text;

	wr_arena_init(&arena);
	wr_text_init(&text);
	wr_match_nfa_init(&nfa, &arena, &match);
	for (uint32_t i = nfa.count; i-- > 1;) {
		const struct wr_match_state *state = &nfa.state[i];

		wr_text_printf(&text, "%u:%c", i, 'A' + state->variable);
		if (state->guard != WR_MATCH_NONE)
			wr_text_printf(&text, "!%c", 'A' + state->guard);
		wr_text_printf(&text, ">%u", state->take);
		if (state->proceed != WR_MATCH_NONE)
			wr_text_printf(&text, "|%d", state->proceed);
		wr_text_putc(&text, ' ');
	}
	wr_text_printf(&text, "start %u:%x", nfa.start, (unsigned)nfa.starters);
	assert_string_equal(wr_text_str(&text), want);
	wr_text_release(&text);
	wr_arena_release(&arena);
}

static void test_automaton(void **unused)
{
	const struct wr_match_variable plain[] = {{"A", 1, 1, false, NULL},
						  {"B", 1, 1, false, NULL}};
	const struct wr_match_variable greedy[] = {{"A", 1, UINT32_MAX, true, NULL},
						   {"B", 1, 1, false, NULL}};
	const struct wr_match_variable star[] = {{"A", 0, UINT32_MAX, false, NULL},
						 {"B", 1, 1, false, NULL}};
	const struct wr_match_variable times[] = {{"A", 2, 3, true, NULL},
						  {"B", 2, 2, false, NULL}};
	const struct wr_match_variable optional[] = {
	    {"A", 0, 1, false, NULL}, {"B", 0, 2, false, NULL}, {"C", 1, 1, false, NULL}};
	const struct wr_match_variable more[] = {{"A", 3, UINT32_MAX, true, NULL},
						 {"B", 1, 1, false, NULL}};

	shape(plain, 2, "2:A>1 1:B>0 start 2:1");
	shape(greedy, 2, "3:A>2 2:A>2|1 1:B!A>0 start 3:1");
	shape(star, 2, "3:A>2|1 2:A>2|1 1:B>0 start 3:3");
	shape(times, 2, "5:A>4 4:A>3 3:A>2|2 2:B!A>1 1:B>0 start 5:1");
	shape(optional, 3, "4:A>3|3 3:B>2|1 2:B>1|1 1:C>0 start 4:7");
	shape(more, 2, "5:A>4 4:A>3 3:A>2 2:A>2|1 1:B!A>0 start 5:1");
}

/* What a state may ask: its own condition, guards, and those behind it. */
static void test_questions(void **unused)
{
	const struct wr_match_variable variable[] = {
	    {"A", 1, UINT32_MAX, true, NULL}, {"B", 0, 2, true, NULL}, {"C", 1, 1, false, NULL}};
	struct wr_match match = {.variable = (struct wr_match_variable *)(uintptr_t)variable,
				 .variable_count = 3};
	struct wr_match_nfa nfa;
	struct wr_arena arena;

	wr_arena_init(&arena);
	wr_match_nfa_init(&nfa, &arena, &match);
	assert_int_equal(nfa.state[nfa.start].asks, 1);
	assert_int_equal(nfa.state[nfa.state[nfa.start].take].asks, 1 | 2 | 4);
	assert_int_equal(nfa.state[1].asks, 2 | 4);
	wr_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_among_equals),
	    cmocka_unit_test(test_automaton),
	    cmocka_unit_test(test_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
