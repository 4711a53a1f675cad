/* SPDX-License-Identifier: Apache-2.0
 *
 * diff_compare - the comparison behind `weir diff`.
 *
 * Two passes over both sides. The first counts the rows of each side by their hashes (diff_bag.h);
 * when all is equal, that was it. The second finds the rows that make the difference and shows
 * them. So memory holds hashes, not rows. When there are more keys than fit, the passes are made
 * for a half, a quarter ... of the keys at a time: files are read more often, memory stays bounded.
 */
#ifndef WR_CLI_DIFF_COMPARE_H
#define WR_CLI_DIFF_COMPARE_H

#include "cli/diff_input.h"
#include "cli/output.h"

/* What the command line says. */
struct wr_diff_wishes {
	const char *path[2];          /* A, B */
	char *key;                    /* "a,b", cut in place; NULL: none */
	enum wr_diff_form form;       /* of both sides */
	enum wr_result_format format; /* of what is shown */
	uint64_t limit;               /* rows shown; UINT64_MAX: all */
	uint64_t keys_max;            /* of a pass */
	bool header;                  /* CSV: files begin with the names */
	bool quiet;                   /* nothing is shown */
};

/* Rows by which the sides differ, and those by which they do not. */
struct wr_diff_counts {
	uint64_t missing, extra, changed, same;
};

wr_status *wr_diff_compare(const struct wr_diff_wishes *wishes, struct wr_diff_counts *counts);

#endif
