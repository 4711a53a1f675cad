/* SPDX-License-Identifier: Apache-2.0
 *
 * visible - what a reader of the output sees: the lines of all files that are not hidden, each with
 * the folder it is in, whatever files they are spread over.
 */
#ifndef WR_TESTS_VISIBLE_H
#define WR_TESTS_VISIBLE_H

#include "env_sim.h"

struct wr_visible {
	uint32_t count, capacity;
	char **row;         /* "/out/w: 1,2,3", in order of bytes */
	uint32_t hidden;    /* files whose name begins with a '.', with bytes */
	char a_hidden[128]; /* the last of them */
};

/* Everything below a folder. */
void wr_visible_take(struct wr_visible *visible, const struct wr_sim *sim, const char *folder);
void wr_visible_release(struct wr_visible *visible);
/* The first row that `a` has more often than `b`; NULL: none. */
const char *wr_visible_beyond(const struct wr_visible *a, const struct wr_visible *b);

#endif
