/* SPDX-License-Identifier: Apache-2.0
 *
 * reject - rows that a sink gives up, because the other side refuses them for good.
 *
 * They are bad rows: counted, and handled as 'error-handling.mode' of the sink's table says, or of
 * the job. With 'log' they go from the writing stage into the dead letter table, in the epoch in
 * which the sink gave them up. The dead letter table has nowhere to send its own: unless it is told
 * to ignore them, the job fails.
 *
 * Thread: that of the task.
 */
#include "base/mem.h"
#include "runtime/job_inner.h"

#define SHOWN 120 /* bytes of a row shown in a message */

/* The job's answer to a row that is refused, in mode 'fail'. */
static wr_status *reject_fails(const struct wr_bad_row *bad, bool is_dead_letter)
{
	int shown = (int)WR_MIN(bad->place.raw.len, (size_t)SHOWN);
	wr_status *status = wr_status_new(
	    WR_USER_ERROR, "Table '%s': %s refuses a row (%s): %s%s%.*s%s", bad->table,
	    bad->place.origin != NULL ? bad->place.origin : "the other side", bad->kind, bad->text,
	    shown > 0 ? "\n  " : "", shown, bad->place.raw.data != NULL ? bad->place.raw.data : "",
	    bad->place.raw.len > SHOWN ? "..." : "");

	if (is_dead_letter)
		return wr_status_hint(
		    status, "It is the table of dead letters, whose own rows have nowhere "
			    "to go: set 'error-handling.mode' = 'ignore' (counted) on it, "
			    "or mend it");
	return wr_status_hint(
	    status,
	    "To go on without such rows set 'error-handling.mode' = 'ignore' (counted), or "
	    "'log' with 'error-handling.log.target' = '<table>' (kept), on table '%s'",
	    bad->table);
}

wr_status *wr_side_reject(struct wr_task *task, const struct wr_reject *reject)
{
	struct wr_sink_shared *sink = task->stage->step[0].sink;
	bool is_dead_letter = sink->node == task->job->options.dead_sink;
	struct wr_bad_row bad = {.place = wr_place_unknown,
				 .kind = reject->kind,
				 .text = reject->text,
				 .table = sink->node->u.sink.table->name,
				 .line = -1};

	bad.place.raw = reject->raw;
	bad.place.origin = reject->origin;
	WR_ASSERT(task->stage->step[0].kind == WR_STEP_WRITE);
	wr_side_bad(task, &bad);
	wr_count(&sink->rejected, 1);
	wr_count(&task->step[0].bad, 1);
	if (sink->error_mode == WR_ERROR_IGNORE)
		return NULL;
	if (sink->error_mode == WR_ERROR_FAIL || is_dead_letter)
		return reject_fails(&bad, is_dead_letter);
	return wr_side_dead_letter(task, &bad);
}
