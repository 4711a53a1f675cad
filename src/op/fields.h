/* SPDX-License-Identifier: Apache-2.0
 *
 * fields - how an operator describes what it keeps: rows with the names and types of the columns of
 * its input, so that tools can read them and a changed query can find them again.
 *
 * Everything lives in the operator's arena. Thread: the owner's.
 */
#ifndef WR_OP_FIELDS_H
#define WR_OP_FIELDS_H

#include "op/op.h"

#define WR_FIELD_NUMBERS_MAX 4 /* in front of a row, of all operators */

/* A field that holds rows of a schema, one or a list of them. */
struct wr_state_field wr_field_of(struct wr_arena *arena, const char *name, enum wr_field_kind kind,
				  const struct wr_schema *schema);
/* A list of rows with numbers in front of each; their names live as long as the operator. */
struct wr_state_field wr_field_rows(struct wr_arena *arena, const char *name,
				    const struct wr_schema *schema, const char *const *number,
				    uint32_t number_count);

/* Writes bytes that are one row, or absent when there are none. */
static inline void wr_field_put_row(struct wr_text *out, const char *bytes, uint32_t len)
{
	if (bytes == NULL)
		wr_value_put_absent(out);
	else
		wr_value_put_bytes(out, bytes, len);
}

/* The rows of a field as columns: column[0..codec->count), new references. `builder`: per column,
 * empty before and after. false: the bytes are damaged; there are no columns then. */
bool wr_field_columns(const struct wr_codec *codec, struct wr_str field, uint32_t number_count,
		      struct wr_builder *const *builder, struct wr_column **column);
/* Drops them. */
void wr_field_columns_drop(const struct wr_codec *codec, struct wr_column **column);

/* What a load says of bytes that nobody has written. */
wr_status *wr_record_damaged(const struct wr_op *op, const char *what);

#endif
