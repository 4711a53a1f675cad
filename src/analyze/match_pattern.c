/* SPDX-License-Identifier: Apache-2.0
 *
 * match_pattern - PATTERN (...): a sequence of distinct variables with quantifiers, and the refusal
 * of what goes beyond that, by name.
 *
 * A quantifier is greedy when a row that could go on with it may not begin what follows. Optional
 * single variables and exact numbers of repetitions have no choice to be greedy about.
 */
#include <string.h>

#include "analyze/analyzer.h"
#include "analyze/match.h"

/* With what is supported in its place. */
static wr_status *pattern_refused(struct wr_pos pos, const char *what)
{
	return wr_status_hint(wr_unsupported(pos, "%s in PATTERN", what),
			      "A pattern is a sequence of variables, each with an optional "
			      "quantifier: (a b+ c{2,5}? d)");
}

/* What the quantifier may be, given the variable before it. */
static wr_status *check_quantifier(const struct wr_ast_pattern *ast,
				   const struct wr_match_variable *before)
{
	bool single = ast->min == 0 && ast->max == 1;

	if (single && ast->reluctant)
		return wr_status_hint(wr_unsupported(ast->pos,
						     "A reluctant optional variable (%s?"
						     "?)",
						     ast->variable.text),
				      "Write %s? in its place", ast->variable.text);
	if (before != NULL && before->greedy &&
	    (single || (ast->min == 0 && ast->max == UINT32_MAX)))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->pos,
				 "The optional variable %s must not follow the greedy variable %s",
				 ast->variable.text, before->name),
		    "Make the quantifier of %s reluctant (put ? behind it), or give %s an upper "
		    "bound: {0,10}",
		    before->name, ast->variable.text);
	return NULL;
}

/* Appends a variable. */
static wr_status *add_variable(struct wr_analyzer *a, const struct wr_ast_pattern *ast,
			       struct wr_match *match)
{
	struct wr_match_variable *variable = &match->variable[match->variable_count];
	bool single = ast->min == 0 && ast->max == 1;

	if (match->variable_count == WR_MATCH_VARIABLES_MAX)
		return wr_status_at(WR_USER_ERROR, ast->pos, "A pattern has at most %d variables",
				    WR_MATCH_VARIABLES_MAX);
	for (uint32_t i = 0; i < match->variable_count; i++) {
		if (strcmp(match->variable[i].name, ast->variable.text) == 0)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, ast->pos,
					 "Pattern variables must be unique, but %s stands in the "
					 "pattern twice",
					 ast->variable.text),
			    "Give the second one another name and the same condition");
	}
	if (ast->quantified)
		WR_TRY(check_quantifier(ast, match->variable_count > 0 ? variable - 1 : NULL));
	*variable = (struct wr_match_variable){
	    .name = wr_arena_strdup(a->arena, ast->variable.text),
	    .min = ast->min,
	    .max = ast->max,
	    .greedy = ast->quantified && !ast->reluctant && !single && ast->min != ast->max};
	match->variable_count++;
	return NULL;
}

/* From left to right; groups without a quantifier are as if they were not there. */
static wr_status *flatten(struct wr_analyzer *a, const struct wr_ast_pattern *ast,
			  struct wr_match *match)
{
	switch (ast->kind) {
	case WR_AST_PATTERN_VARIABLE: return add_variable(a, ast, match);
	case WR_AST_PATTERN_SEQUENCE:
		if (ast->quantified)
			return pattern_refused(ast->pos, "A group with a quantifier");
		for (uint32_t i = 0; i < ast->item_count; i++)
			WR_TRY(flatten(a, ast->items[i], match));
		return NULL;
	case WR_AST_PATTERN_ALTERNATION: return pattern_refused(ast->pos, "Alternation (a | b)");
	case WR_AST_PATTERN_PERMUTE: return pattern_refused(ast->pos, "PERMUTE");
	case WR_AST_PATTERN_EXCLUDE: return pattern_refused(ast->pos, "Exclusion ({- a -})");
	case WR_AST_PATTERN_EMPTY: return pattern_refused(ast->pos, "An empty pattern");
	}
	return pattern_refused(ast->pos, "This form");
}

/* The states that the automaton will have. */
static uint64_t state_count(const struct wr_match *match)
{
	uint64_t states = 1;

	for (uint32_t i = 0; i < match->variable_count; i++) {
		const struct wr_match_variable *variable = &match->variable[i];
		states += variable->max == UINT32_MAX ? (uint64_t)variable->min + 2 : variable->max;
	}
	return states;
}

wr_status *wr_match_pattern(struct wr_analyzer *a, const struct wr_ast_match *ast,
			    struct wr_match *match)
{
	const struct wr_ast_pattern *pattern = ast->pattern;
	bool optional = true;

	if (ast->strict_start || ast->strict_end)
		return pattern_refused(pattern->pos, "An anchor (^ or $)");
	if (ast->subset_count > 0)
		return wr_unsupported(ast->subsets[0].name.pos, "SUBSET");
	match->variable = WR_NEW_ARRAY(a->arena, struct wr_match_variable, WR_MATCH_VARIABLES_MAX);
	WR_TRY(flatten(a, pattern, match));
	for (uint32_t i = 0; i < match->variable_count; i++)
		optional = optional && match->variable[i].min == 0;
	if (optional)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pattern->pos,
				 "The pattern can match no rows at all, which is not supported"),
		    "At least one variable must not be optional");
	if (match->variable[match->variable_count - 1].greedy)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pattern->pos,
				 "The last variable of a pattern must not have a greedy "
				 "quantifier: such a match would never be known to be complete"),
		    "Add a variable without quantifier behind it, or make it reluctant (put ? "
		    "behind it)");
	if (state_count(match) > WR_MATCH_STATES_MAX)
		return wr_status_at(WR_USER_ERROR, pattern->pos,
				    "The numbers of repetitions in the pattern add up to more than "
				    "%d",
				    WR_MATCH_STATES_MAX);
	return NULL;
}

wr_status *wr_match_variable_find(const struct wr_match *match, const struct wr_ast_ident *name,
				  uint32_t *out)
{
	const char *names[WR_MATCH_VARIABLES_MAX];

	for (uint32_t i = 0; i < match->variable_count; i++) {
		*out = i;
		names[i] = match->variable[i].name;
		if (strcmp(names[i], name->text) == 0)
			return NULL;
	}
	return wr_hint_nearest(wr_status_at(WR_USER_ERROR, name->pos,
					    "There is no variable '%s' in the pattern", name->text),
			       name->text, names, match->variable_count);
}
