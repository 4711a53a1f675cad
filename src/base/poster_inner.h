/* SPDX-License-Identifier: Apache-2.0
 *
 * poster_inner - what poster.c knows of its receivers: poster_http.c and poster_file.c.
 *
 * Thread: of one receiver, the poster's.
 */
#ifndef WR_BASE_POSTER_INNER_H
#define WR_BASE_POSTER_INNER_H

#include "base/poster.h"

#define WR_POSTER_REASON_BYTES 512

/* How an attempt ended. */
enum wr_post_end {
	WR_POST_DONE,
	WR_POST_AGAIN,  /* it may work later */
	WR_POST_REFUSED /* it will not */
};

struct wr_post {
	struct wr_post *next;
	const char *path, *type; /* behind the body, in the same piece of memory */
	size_t len;              /* of the body */
	char body[];
};

struct wr_post_attempt {
	enum wr_post_end end;
	int64_t wait_us;                     /* the receiver asks for this pause; 0: for none */
	char reason[WR_POSTER_REASON_BYTES]; /* unless done */
};

struct wr_post_way {
	wr_status *(*open)(struct wr_env *env, const struct wr_poster_options *options, void **way);
	/* One attempt. It ends early when *stop becomes true. */
	void (*post)(void *way, const struct wr_post *post, const bool *stop,
		     struct wr_post_attempt *out);
	void (*close)(void *way); /* NULL allowed */
};
extern const struct wr_post_way wr_post_http;
extern const struct wr_post_way wr_post_file;

#endif
