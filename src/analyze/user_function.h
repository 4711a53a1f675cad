/* SPDX-License-Identifier: Apache-2.0
 *
 * user_function - descriptors of functions (weir/function.h) read and checked, and names in scripts
 * found among built-in functions and those of the session.
 */
#ifndef WR_ANALYZE_USER_FUNCTION_H
#define WR_ANALYZE_USER_FUNCTION_H

#include "catalog/catalog.h"
#include "expr/user_function.h"
#include "sql/ast.h"

struct wr_analyzer;

/* A function with the forms of a descriptor (and those behind it), in no catalog yet. */
wr_status *wr_user_function_read(const char *name, const struct weir_function *given,
				 struct wr_user_function **out);
/* Adds the forms of a descriptor to a function; refused as a whole when one is wrong or there. */
wr_status *wr_user_function_extend(struct wr_user_function *function,
				   const struct weir_function *given);

/* What a name stands for. All NULL: nothing. */
struct wr_found_function {
	const struct wr_user_function *user;     /* of the session; NULL: a built-in one */
	const struct wr_function *scalar;        /* scalar and table functions */
	const struct wr_agg_function *aggregate; /* aggregates */
};
/* In Flink's order: temporary system functions, built-in ones, the others of the session. A
 * qualified name means one of those alone. */
struct wr_found_function wr_function_lookup(const struct wr_catalog *catalog,
					    const struct wr_ast_name *name);

#endif
