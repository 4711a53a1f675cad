/* SPDX-License-Identifier: Apache-2.0
 *
 * row_change - see row_change.h.
 */
#include "state/row_change.h"

#include "base/limits.h"
#include "base/macros.h"

bool wr_row_change_apply(const struct wr_row_change *change, struct wr_str saved,
			 struct wr_text *out)
{
	const char *at[2 * WR_COLUMNS_MAX + 1];
	const uint8_t *nulls = (const uint8_t *)saved.data;
	uint32_t null_size = (change->count + 7) / 8;
	size_t begin = out->len;

	WR_REQUIRE(change->saved.count <= 2 * WR_COLUMNS_MAX);
	if (!wr_codec_columns(&change->saved, saved, at))
		return false;
	memset(wr_text_reserve(out, null_size + saved.len), 0, null_size);
	out->len += null_size;
	for (uint32_t i = 0; i < change->count; i++) {
		uint32_t from = change->from[i];

		if (nulls[from / 8] >> (from % 8) & 1)
			out->data[begin + i / 8] |= (char)(1 << (i % 8));
		wr_text_add(out, at[from], (size_t)(at[from + 1] - at[from]));
	}
	return true;
}
