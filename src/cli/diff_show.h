/* SPDX-License-Identifier: Apache-2.0
 *
 * diff_show - the rows by which two outputs differ, as a result of four formats: what the row is
 * (missing, extra, before, after), how often, then its columns as texts.
 *
 * A changed row is shown as two, before and after: the first is held until the second is found.
 *
 * Order of calls: init -> begin -> (row | hold | changed)* -> end; release at any time. Thread:
 * one.
 */
#ifndef WR_CLI_DIFF_SHOW_H
#define WR_CLI_DIFF_SHOW_H

#include "cli/diff_bag.h"
#include "cli/diff_input.h"
#include "cli/output.h"
#include "data/builder.h"

struct wr_diff_show {
	uint64_t limit;              /* differences shown at most */
	uint64_t shown;              /* so far, held ones too */
	bool begun;                  /* the columns are settled */
	struct wr_map held;          /* key's hash as text -> struct held *: rows of A */
	struct wr_output output;     /* where rows go */
	struct wr_schema schema;     /* change, count, then the columns; fields owned */
	struct wr_builder **builder; /* per field of schema; owned */
};

void wr_diff_show_init(struct wr_diff_show *show, enum wr_result_format format, uint64_t limit);
void wr_diff_show_release(struct wr_diff_show *show);
/* The columns are known; may be called again. */
wr_status *wr_diff_show_begin(struct wr_diff_show *show, const struct wr_diff_columns *columns);
wr_status *wr_diff_show_end(struct wr_diff_show *show);
/* Shows the row at hand. */
wr_status *wr_diff_show_row(struct wr_diff_show *show, const struct wr_diff_input *input,
			    const char *change, int64_t count);
/* Keeps A's row of a changed key, if it will be shown; then shows it and B's. */
void wr_diff_show_hold(struct wr_diff_show *show, const struct wr_diff_input *input,
		       const struct wr_diff_entry *entry);
wr_status *wr_diff_show_changed(struct wr_diff_show *show, const struct wr_diff_input *input,
				const struct wr_diff_entry *entry);

#endif
