/* SPDX-License-Identifier: Apache-2.0
 *
 * user_window_check - what cannot be a window.
 */
#include "op/user_window.h"

#define LATENESS_MAX ((int64_t)1 << 53) /* ms: sums of times and lengths do not overflow */

static wr_status *wrong(const struct weir_window *spec, const char *what, const char *hint)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "Window '%s': %s",
					    spec->name != NULL ? spec->name : "", what),
			      "%s", hint);
}

static bool is_length(int64_t ms)
{
	return ms > 0 && ms <= LATENESS_MAX;
}

static wr_status *check_assigner(const struct weir_window *spec, bool has_time)
{
	bool bounded = spec->assigner != WEIR_GLOBAL && spec->assigner != WEIR_COUNT;
	bool sliced = spec->assigner == WEIR_TUMBLING || spec->assigner == WEIR_SLIDING;

	if (bounded && spec->time == WEIR_EVENT_TIME && !has_time)
		return wrong(spec, "the stream has no event time",
			     "Keep the column of WATERMARK FOR, or use WEIR_PROCESSING_TIME");
	if (sliced && !is_length(spec->size_ms))
		return wrong(spec,
			     spec->size_ms > 0 ? "size_ms is too long" : "size_ms is not positive",
			     "Give its length in milliseconds, at most 2^53");
	if (spec->assigner == WEIR_SLIDING && !is_length(spec->slide_ms))
		return wrong(spec, "slide_ms is not positive",
			     "Give the time between the starts of two windows");
	if (sliced && (spec->offset_ms < -LATENESS_MAX || spec->offset_ms > LATENESS_MAX))
		return wrong(spec, "offset_ms is out of range", "Give less than a window's size");
	if (spec->assigner == WEIR_SESSION && spec->gap == NULL && !is_length(spec->gap_ms))
		return wrong(spec, "gap_ms is not positive", "Give a gap, or a callback `gap`");
	if (spec->assigner == WEIR_COUNT && spec->count == 0)
		return wrong(spec, "count is 0", "Give how many elements a window has");
	if (spec->assigner == WEIR_ASSIGN && spec->assign == NULL)
		return wrong(spec, "it has no callback `assign`", "Say which windows a row has");
	if (spec->allowed_lateness_ms < 0 || spec->allowed_lateness_ms > LATENESS_MAX)
		return wrong(spec, "allowed_lateness_ms is out of range",
			     "Give 0 or more milliseconds, at most 2^53");
	return NULL;
}

static wr_status *check_trigger(const struct weir_window *spec, bool has_time)
{
	const struct weir_trigger *trigger = spec->trigger;

	if (trigger == NULL || trigger->kind == WEIR_TRIGGER_DEFAULT)
		return spec->assigner == WEIR_GLOBAL
			   ? wrong(spec, "it never ends and has no trigger",
				   "Give a trigger, as WEIR_TRIGGER_COUNT")
			   : NULL;
	if (trigger->kind == WEIR_TRIGGER_COUNT && trigger->count == 0)
		return wrong(spec, "the trigger's count is 0", "Give 1 or more");
	if (trigger->kind == WEIR_TRIGGER_EVERY && !is_length(trigger->every_ms))
		return wrong(spec, "the trigger's every_ms is not positive", "Give 1 or more");
	if (trigger->kind == WEIR_TRIGGER_EVERY && trigger->time == WEIR_EVENT_TIME && !has_time)
		return wrong(spec, "its trigger works by event time, which the stream has not",
			     "Keep the column of WATERMARK FOR, or use WEIR_PROCESSING_TIME");
	if (trigger->early_ms < 0 || trigger->early_ms > LATENESS_MAX)
		return wrong(spec, "the trigger's early_ms is out of range", "Give 0 or more");
	if (trigger->kind == WEIR_TRIGGER_OWN && trigger->element == NULL)
		return wrong(spec, "its own trigger has no callback `element`", "Give one");
	return NULL;
}

static wr_status *check_content(const struct weir_window *spec)
{
	bool evicts = spec->evictor != NULL && spec->evictor->kind != WEIR_EVICT_NONE;
	bool slides = spec->assigner == WEIR_COUNT && spec->count_slide > 0 &&
		      spec->count_slide != spec->count;

	if ((spec->accumulate != NULL) == (spec->process != NULL))
		return wrong(spec, "it needs either `accumulate` and `result`, or `process`",
			     "Give one of both");
	if (spec->accumulate == NULL)
		return NULL;
	if (spec->result == NULL)
		return wrong(spec, "it needs `result` with `accumulate`",
			     "Say what an accumulator gives");
	if (evicts || slides)
		return wrong(spec, "elements cannot go out of an accumulator again",
			     "Use `process` with an evictor, or with count_slide");
	if (spec->assigner == WEIR_SESSION && spec->merge == NULL)
		return wrong(spec, "sessions merge, and their accumulators cannot",
			     "Give a callback `merge`");
	return NULL;
}

wr_status *wr_uw_check(const struct weir_window *spec, bool has_time)
{
	WR_TRY(check_assigner(spec, has_time));
	WR_TRY(check_trigger(spec, has_time));
	if (spec->evictor != NULL && spec->evictor->kind == WEIR_EVICT_OWN &&
	    spec->evictor->evict == NULL)
		return wrong(spec, "its own evictor has no callback `evict`", "Give one");
	return check_content(spec);
}
