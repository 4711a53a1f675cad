/* SPDX-License-Identifier: Apache-2.0
 *
 * cast_bytes - strings and bytes to BINARY and VARBINARY: cut to the length; BINARY(n) is filled up
 * with zero bytes.
 */
#include "expr/cast.h"

static wr_status *to_bytes(struct wr_eval *eval, const struct wr_call *call,
			   struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;
	uint32_t length = (uint32_t)call->type->length;

	wr_strout_init(&writer, out);
	wr_out_share(out, arg[0]);
	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		struct wr_str s = wr_str_at(arg[0], i);
		uint32_t len = s.len < length ? (uint32_t)s.len : length;
		if (call->type->kind == WR_BINARY && len < length) {
			if (!wr_cast_fits(eval, i, length))
				continue;
			char *to = wr_strout_reserve(&writer, length);
			memcpy(to, s.data, len);
			memset(to + len, 0, length - len);
			wr_strout_commit(&writer, i, length);
		} else {
			wr_out_view(out, i, s.data, len);
		}
	}
	return NULL;
}

wr_kernel wr_cast_bytes_kernel(const struct wr_type *from, const struct wr_type *to)
{
	if (!wr_kind_is_bytes(to->kind))
		return NULL;
	return wr_kind_is_string(from->kind) || wr_kind_is_bytes(from->kind) ? to_bytes : NULL;
}
