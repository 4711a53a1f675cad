/* SPDX-License-Identifier: Apache-2.0
 *
 * deflate - see deflate.h.
 */
#include "base/deflate.h"

#include <zlib.h>

#define MEMORY 8 /* zlib's own choice */

bool wr_deflate(struct wr_str body, enum wr_deflate_form form, enum wr_deflate_level level,
		struct wr_text *out)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)body.data, .avail_in = (uInt)body.len};
	size_t room;
	int done;

	if (body.len != stream.avail_in ||
	    deflateInit2(&stream, level, Z_DEFLATED, form, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	room = deflateBound(&stream, (uLong)body.len);
	stream.next_out = (Bytef *)wr_text_reserve(out, room);
	stream.avail_out = (uInt)room;
	done = deflate(&stream, Z_FINISH);
	out->len += stream.total_out;
	out->data[out->len] = '\0';
	deflateEnd(&stream);
	return done == Z_STREAM_END;
}
