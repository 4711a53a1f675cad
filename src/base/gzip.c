/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip - see gzip.h.
 */
#include "base/gzip.h"

#include <zlib.h>

#include "base/macros.h"

#define WINDOW_GZIP (15 + 16) /* zlib's: its largest window, and gzip's head and tail */
#define MEMORY      8         /* zlib's own choice */

void wr_gzip(struct wr_str body, enum wr_gzip_level level, struct wr_text *out)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)body.data, .avail_in = (uInt)body.len};
	size_t room;
	int done;

	WR_REQUIRE(body.len == stream.avail_in);
	done = deflateInit2(&stream, level, Z_DEFLATED, WINDOW_GZIP, MEMORY, Z_DEFAULT_STRATEGY);
	WR_REQUIRE(done == Z_OK);
	room = deflateBound(&stream, (uLong)body.len);
	stream.next_out = (Bytef *)wr_text_reserve(out, room);
	stream.avail_out = (uInt)room;
	done = deflate(&stream, Z_FINISH);
	WR_REQUIRE(done == Z_STREAM_END);
	out->len += stream.total_out;
	out->data[out->len] = '\0';
	deflateEnd(&stream);
}
