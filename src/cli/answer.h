/* SPDX-License-Identifier: Apache-2.0
 *
 * answer - pieces of the JSON in which a running job answers at its socket (control.h).
 *
 * Fields are appended with a comma in front of them: `{"ok":true` comes first.
 */
#ifndef WR_CLI_ANSWER_H
#define WR_CLI_ANSWER_H

#include "runtime/job.h"

void wr_answer_number(struct wr_text *out, const char *name, uint64_t value);
/* Milliseconds; a time below 0 is null. */
void wr_answer_time(struct wr_text *out, const char *name, int64_t us);
/* "tables": rows of each, and how far behind it is. */
void wr_answer_tables(struct wr_text *out, const struct wr_job *job);

#endif
