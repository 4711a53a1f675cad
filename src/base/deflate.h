/* SPDX-License-Identifier: Apache-2.0
 *
 * deflate - a text packed in one piece, by zlib.
 */
#ifndef WR_BASE_DEFLATE_H
#define WR_BASE_DEFLATE_H

#include <stdbool.h>

#include "base/text.h"

/* What stands around the packed bytes. The values are zlib's windowBits. */
enum wr_deflate_form {
	WR_DEFLATE_RAW = -15,     /* nothing (RFC 1951) */
	WR_DEFLATE_GZIP = 15 + 16 /* head and tail of a gzip file (RFC 1952) */
};

enum wr_deflate_level {
	WR_DEFLATE_FAST = 1,  /* for an answer that is read once, near by */
	WR_DEFLATE_USUAL = 6, /* zlib's own choice */
};

/* Appends `body`, of less than 4 GiB. false: it is larger, or there is no memory. */
bool wr_deflate(struct wr_str body, enum wr_deflate_form form, enum wr_deflate_level level,
		struct wr_text *out);

#endif
