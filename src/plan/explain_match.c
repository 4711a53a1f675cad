/* SPDX-License-Identifier: Apache-2.0
 *
 * explain_match - the details of a MATCH node: keys, order, pattern, conditions and measures.
 */
#include "analyze/match.h"
#include "base/mem.h"
#include "plan/passes.h"

/* Expression i over the virtual row. */
static void print_expr(struct wr_text *text, const struct wr_match_exprs *exprs, uint32_t i)
{
	const char **names = wr_calloc(exprs->ref_count + 1, sizeof *names);

	for (uint32_t k = 0; k < exprs->ref_count; k++)
		names[k] = exprs->ref[k].name;
	wr_expr_print(text, exprs->expr[i], names);
	wr_free(names);
}

/* a b+ c{2,5}? d */
static void print_pattern(struct wr_text *text, const struct wr_match *match)
{
	wr_text_puts(text, ", pattern=[");
	for (uint32_t i = 0; i < match->variable_count; i++) {
		const struct wr_match_variable *variable = &match->variable[i];
		uint32_t min = variable->min, max = variable->max;

		wr_text_printf(text, "%s%s", i > 0 ? " " : "", variable->name);
		if (max == UINT32_MAX && min <= 1)
			wr_text_putc(text, min == 0 ? '*' : '+');
		else if (max == UINT32_MAX)
			wr_text_printf(text, "{%u,}", min);
		else if (min == 0 && max == 1)
			wr_text_putc(text, '?');
		else if (min == max && max > 1)
			wr_text_printf(text, "{%u}", min);
		else if (max > 1)
			wr_text_printf(text, "{%u,%u}", min, max);
		if (!variable->greedy && min != max && !(min == 0 && max == 1))
			wr_text_putc(text, '?');
	}
	wr_text_putc(text, ']');
}

/* AFTER MATCH SKIP and WITHIN */
static void print_rules(struct wr_text *text, const struct wr_match *match)
{
	static const char *const skip[] = {"PAST LAST ROW", "TO NEXT ROW", "TO FIRST ", "TO LAST "};
	bool to = match->skip >= WR_MATCH_SKIP_TO_FIRST;

	wr_text_printf(text, ", skip=[%s%s]", skip[match->skip],
		       to ? match->variable[match->skip_to].name : "");
	if (match->within_ms > 0)
		wr_text_printf(text, ", within=[%lld ms]", (long long)match->within_ms);
}

/* DEFINE */
static void print_definitions(struct wr_text *text, const struct wr_match *match)
{
	const char *separator = "";

	wr_text_puts(text, ", define=[");
	for (uint32_t i = 0; i < match->variable_count; i++) {
		if (match->variable[i].defined == NULL)
			continue;
		wr_text_printf(text, "%s%s AS ", separator, match->variable[i].name);
		print_expr(text, match->variable[i].defined, 0);
		separator = ", ";
	}
	wr_text_putc(text, ']');
}

void wr_print_match(struct wr_text *text, const struct wr_node *node)
{
	const struct wr_match *match = node->u.match;
	const struct wr_schema *input = &node->input[0]->schema;
	uint32_t keys = match->partition_count;

	if (keys > 0)
		wr_text_puts(text, "partitionBy=[");
	for (uint32_t i = 0; i < keys; i++)
		wr_text_printf(text, "%s%s", i > 0 ? ", " : "",
			       input->field[match->partition[i]].name);
	wr_text_puts(text, keys > 0 ? "], orderBy=[" : "orderBy=[");
	for (uint32_t i = 0; i < match->order_count; i++)
		wr_text_printf(text, "%s%s %s", i > 0 ? ", " : "",
			       input->field[match->order[i].column].name,
			       match->order[i].descending ? "DESC" : "ASC");
	wr_text_puts(text, "], measures=[");
	for (uint32_t i = 0; i < match->measures.expr_count; i++) {
		wr_text_puts(text, i > 0 ? ", " : "");
		print_expr(text, &match->measures, i);
		wr_text_printf(text, " AS %s", node->schema.field[keys + i].name);
	}
	wr_text_putc(text, ']');
	print_pattern(text, match);
	print_rules(text, match);
	print_definitions(text, match);
}
