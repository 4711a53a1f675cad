/* SPDX-License-Identifier: Apache-2.0
 *
 * missing - functions that are in no registry: those that do not exist here, those of the grammar.
 */
#ifndef WR_EXPR_MISSING_H
#define WR_EXPR_MISSING_H

#include <stdint.h>

struct wr_missing_function {
	const char *name;   /* upper case */
	const char *reason; /* what it would need, or what to use instead */
};
extern const struct wr_missing_function wr_missing_functions[];
extern const uint32_t wr_missing_function_count;

struct wr_grammar_function {
	const char *syntax;
	const char *doc;
};
extern const struct wr_grammar_function wr_grammar_functions[];
extern const uint32_t wr_grammar_function_count;

#endif
