/* SPDX-License-Identifier: Apache-2.0
 *
 * sort_key - rows' ORDER BY values as bytes whose memcmp order is the wanted order.
 *
 * Per column: one byte for NULL (first or last, as asked), then for a value: integers, dates, times
 * and decimals big-endian with the sign flipped; doubles with their bits arranged to sort (NaN
 * largest, -0.0 = 0.0); strings with 0x00 escaped as 0x00 0xff and ended by 0x00 0x00. Descending
 * inverts the bytes of the value. Nested types do not sort.
 */
#ifndef WR_OP_SORT_KEY_H
#define WR_OP_SORT_KEY_H

#include "analyze/node.h"
#include "base/text.h"
#include "data/column.h"

void wr_sort_key_put(struct wr_text *out, const struct wr_sort_key *order, uint32_t count,
		     struct wr_column *const *column, uint32_t row);
/* memcmp with lengths. */
int wr_sort_key_compare(const char *a, uint32_t a_len, const char *b, uint32_t b_len);

#endif
