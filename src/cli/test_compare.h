/* SPDX-License-Identifier: Apache-2.0
 *
 * test_compare - what came out of a test and what was expected: are they the same, and if not, what
 * does a person have to know?
 *
 * Rows of JSON are the same whatever the order and the spaces of their members; a member that is
 * null may be missing; 1.50 is 1.5. Lines of CSV are compared as they are written.
 */
#ifndef WR_CLI_TEST_COMPARE_H
#define WR_CLI_TEST_COMPARE_H

#include "cli/test_case.h"

/* Rows, one a line. */
struct wr_test_lines {
	char **line; /* owned */
	uint32_t count, capacity;
};
void wr_test_lines_release(struct wr_test_lines *lines);
/* What was kept of a table (test_run.h) in a folder, by all its sinks: the changes as they came, or
 * the table at the end. A table that is not there is empty. */
wr_status *wr_test_lines_kept(struct wr_test_lines *lines, const char *folder, const char *table,
			      bool changelog);

/* Appends to `report` how the output differs from what is expected; nothing: it does not. A user
 * error: what is expected cannot be read. */
wr_status *wr_test_compare(const struct wr_test_output *output, const struct wr_test_lines *came,
			   struct wr_text *report);

#endif
