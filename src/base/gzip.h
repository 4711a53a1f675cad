/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip - a text as a gzip file (RFC 1952), by zlib.
 */
#ifndef WR_BASE_GZIP_H
#define WR_BASE_GZIP_H

#include "base/text.h"

enum wr_gzip_level {
	WR_GZIP_FAST = 1,  /* for an answer that is read once, near by */
	WR_GZIP_USUAL = 6, /* zlib's own choice */
};

/* Appends `body`, of less than 4 GiB, as one whole file. */
void wr_gzip(struct wr_str body, enum wr_gzip_level level, struct wr_text *out);

#endif
