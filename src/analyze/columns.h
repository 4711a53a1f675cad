/* SPDX-License-Identifier: Apache-2.0
 *
 * columns - columns and types that a program writes as text ("account BIGINT, amount DOUBLE NOT
 * NULL"), as the schemas and C structs that they stand for.
 *
 * `what` names the text in messages, as the subject of a sentence: "The columns of map 'clean'".
 * Everything returned lies in the arena.
 */
#ifndef WR_ANALYZE_COLUMNS_H
#define WR_ANALYZE_COLUMNS_H

#include <stddef.h>

#include "analyze/user_node.h"
#include "base/arena.h"

/* A list of columns as in CREATE TABLE, without constraints; at least one, names are unique. */
wr_status *wr_columns_parse(struct wr_arena *arena, const char *columns, const char *what,
			    struct wr_schema *out);
/* A list of names, as of key columns: their numbers among the schema's; at least one, each once. */
wr_status *wr_columns_find(struct wr_arena *arena, const char *names, const char *what,
			   const struct wr_schema *schema, uint32_t **out, uint32_t *count);
/* One type. */
wr_status *wr_type_parse(struct wr_arena *arena, const char *type, const char *what,
			 const struct wr_type **out);
/* The struct that the columns describe; `size` is what the program's has. `bytes`: STRING and BYTES
 * members are possible. Members are NOT NULL. */
wr_status *wr_layout_parse(struct wr_arena *arena, const char *columns, const char *what,
			   size_t size, bool bytes, struct wr_user_layout *out);

#endif
