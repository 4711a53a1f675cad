/* SPDX-License-Identifier: Apache-2.0
 *
 * page - the files of the web page, made of web/ when Weir is built (tools/web_bundle).
 *
 * Thread: immutable.
 */
#ifndef WR_SERVER_PAGE_H
#define WR_SERVER_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct wr_page_file {
	const char *path;          /* "index.html", "assets/index-1a2b.js" */
	const char *type;          /* Content-Type */
	const char *etag;          /* of what is in it, with its quotes */
	const unsigned char *data; /* compressed with gzip, except of HTML */
	size_t len;
	bool plain; /* not compressed */
};

/* Ends with a file without a path; empty when the page was left out. */
extern const struct wr_page_file wr_page_files[];

#endif
