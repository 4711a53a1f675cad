/* SPDX-License-Identifier: Apache-2.0
 *
 * user_trigger - when windows fire: the built-in triggers, and the program's.
 *
 * The built-in ones behave as those of Flink's DataStream API: EventTimeTrigger,
 * ProcessingTimeTrigger, CountTrigger, ContinuousEventTimeTrigger and
 * ContinuousProcessingTimeTrigger; early and late results as AfterEndOfWindow of its SQL runtime
 * has them.
 */
#include "op/user_window.h"

#define NEVER UINT64_MAX

/* --- timers of a window */

static void set_timer(struct op_window *self, struct wr_uw *window, enum weir_time time,
		      uint64_t tick)
{
	wr_timer_set_add(&window->timers[time], wr_uw_pool(self), tick);
}

static void delete_timer(struct op_window *self, struct wr_uw *window, enum weir_time time,
			 uint64_t tick)
{
	wr_timer_set_remove(&window->timers[time], wr_uw_pool(self), tick);
}

void wr_uw_timer(struct weir_context *context, enum weir_time time, int64_t time_ms, bool set)
{
	struct op_window *self = (struct op_window *)context->op;

	if (set)
		set_timer(self, self->at, time, wr_tick_of(time_ms));
	else
		delete_timer(self, self->at, time, wr_tick_of(time_ms));
}

void wr_uw_schedule(struct op_window *self, struct wr_uw *window)
{
	int64_t gone = wr_uw_gone(self, &window->span);

	for (uint32_t d = 0; d < 2; d++) {
		uint64_t tick = wr_timer_set_first(&window->timers[d]);

		if (tick == 0)
			tick = NEVER;
		if (gone != INT64_MAX && d == (uint32_t)self->time)
			tick = WR_MIN(tick, wr_tick_of(gone));
		if (self->ended && (d == WEIR_PROCESSING_TIME || gone == INT64_MAX))
			continue; /* each fires once more */
		if (tick != NEVER)
			wr_calendar_schedule(&self->calendar[d], (uint8_t *)window, tick);
	}
}

/* --- the end of the window, with early and late results */

static int64_t clock_ms(struct op_window *self)
{
	return weir_now(&self->context, WEIR_PROCESSING_TIME);
}

/* Counts an element; whether it is the `max`-th. */
static bool is_nth(struct wr_uw *window, uint64_t max)
{
	if (++window->count < max)
		return false;
	window->count = 0;
	return true;
}

static int end_element(struct op_window *self, struct wr_uw *window)
{
	const struct weir_trigger *trigger = &self->trigger;
	int64_t max = wr_uw_max(&window->span);

	if (max <= self->context.watermark_ms)
		return is_nth(window, WR_MAX(trigger->late_count, 1u)) ? WEIR_FIRE : WEIR_CONTINUE;
	set_timer(self, window, WEIR_EVENT_TIME, wr_tick_of(max));
	if (trigger->early_ms > 0 && window->next == 0) {
		window->next = wr_tick_of(clock_ms(self) + trigger->early_ms);
		set_timer(self, window, WEIR_PROCESSING_TIME, window->next);
	}
	if (trigger->early_count > 0 && is_nth(window, trigger->early_count))
		return WEIR_FIRE;
	return WEIR_CONTINUE;
}

/* The first time behind `now_ms` that is a multiple of `step_ms` from `time_ms` on. */
static int64_t behind(int64_t time_ms, int64_t step_ms, int64_t now_ms)
{
	return time_ms + (now_ms < time_ms ? 1 : (now_ms - time_ms) / step_ms + 1) * step_ms;
}

static int end_timer(struct op_window *self, struct wr_uw *window, enum weir_time time,
		     int64_t time_ms)
{
	if (time == WEIR_EVENT_TIME) {
		if (time_ms != wr_uw_max(&window->span))
			return WEIR_CONTINUE;
		if (window->next != 0)
			delete_timer(self, window, WEIR_PROCESSING_TIME, window->next);
		window->next = 0;
		window->count = 0;
		return WEIR_FIRE;
	}
	if (window->next != wr_tick_of(time_ms))
		return WEIR_CONTINUE;
	window->next = wr_tick_of(behind(time_ms, self->trigger.early_ms, clock_ms(self)));
	set_timer(self, window, WEIR_PROCESSING_TIME, window->next);
	return WEIR_FIRE;
}

/* --- every so often */

/* The next time: not behind the window's end, where that is of the same domain. */
static void every_next(struct op_window *self, struct wr_uw *window, int64_t from_ms)
{
	enum weir_time time = self->trigger.time;
	int64_t next, max = wr_uw_max(&window->span);

	if (__builtin_add_overflow(from_ms, self->trigger.every_ms, &next))
		next = INT64_MAX;
	if (time == self->time && wr_uw_ends(self, window))
		next = WR_MIN(next, max);
	window->next = wr_tick_of(next);
	set_timer(self, window, time, window->next);
}

static int64_t floor_to(int64_t time_ms, int64_t step_ms)
{
	int64_t rest = time_ms % step_ms;

	return time_ms - (rest < 0 ? rest + step_ms : rest);
}

static int every_element(struct op_window *self, struct wr_uw *window, int64_t time_ms)
{
	const struct weir_trigger *trigger = &self->trigger;
	int64_t max = wr_uw_max(&window->span);

	if (trigger->time == WEIR_EVENT_TIME) {
		if (max <= self->context.watermark_ms)
			return WEIR_FIRE;
		if (self->time == WEIR_EVENT_TIME && wr_uw_ends(self, window))
			set_timer(self, window, WEIR_EVENT_TIME, wr_tick_of(max));
	} else {
		time_ms = clock_ms(self);
	}
	if (window->next == 0)
		every_next(self, window, floor_to(time_ms, trigger->every_ms));
	return WEIR_CONTINUE;
}

static int every_timer(struct op_window *self, struct wr_uw *window, enum weir_time time,
		       int64_t time_ms)
{
	int64_t max = wr_uw_max(&window->span);

	if (time != self->trigger.time)
		return WEIR_CONTINUE;
	if (time == WEIR_EVENT_TIME && time_ms == max && wr_uw_ends(self, window))
		return WEIR_FIRE;
	if (window->next != wr_tick_of(time_ms))
		return WEIR_CONTINUE;
	window->next = 0;
	if (time == WEIR_PROCESSING_TIME && time == self->time && time_ms == max)
		return WEIR_FIRE; /* it ends now */
	if (time == WEIR_PROCESSING_TIME)
		time_ms = WR_MAX(time_ms, floor_to(clock_ms(self), self->trigger.every_ms));
	if (!self->ended ||
	    wr_uw_ends(self, window)) /* what never ends has fired for the last time */
		every_next(self, window, time_ms);
	return WEIR_FIRE;
}

/* --- all of them */

static int purging(const struct op_window *self, int result)
{
	return self->trigger.purging && result == WEIR_FIRE ? WEIR_FIRE_AND_PURGE : result;
}

int wr_uw_on_element(struct op_window *self, struct wr_uw *window, const struct weir_row *row)
{
	const struct weir_trigger *trigger = &self->trigger;
	int result = WEIR_CONTINUE;

	switch (trigger->kind) {
	case WEIR_TRIGGER_EVENT_TIME: result = end_element(self, window); break;
	case WEIR_TRIGGER_PROCESSING_TIME:
		set_timer(self, window, WEIR_PROCESSING_TIME, wr_tick_of(wr_uw_max(&window->span)));
		break;
	case WEIR_TRIGGER_COUNT:
		result = is_nth(window, trigger->count) ? WEIR_FIRE : WEIR_CONTINUE;
		break;
	case WEIR_TRIGGER_EVERY: result = every_element(self, window, self->context.time_ms); break;
	default:
		if (trigger->element == NULL)
			break;
		self->context.timer = wr_uw_timer;
		self->context.self = trigger->user;
		result = trigger->element(trigger->user, &self->context, row, &window->span);
		self->context.timer = NULL;
	}
	return purging(self, result);
}

int wr_uw_on_timer(struct op_window *self, struct wr_uw *window, enum weir_time time,
		   int64_t time_ms)
{
	const struct weir_trigger *trigger = &self->trigger;
	int result = WEIR_CONTINUE;

	switch (trigger->kind) {
	case WEIR_TRIGGER_EVENT_TIME: result = end_timer(self, window, time, time_ms); break;
	case WEIR_TRIGGER_PROCESSING_TIME:
		if (time == WEIR_PROCESSING_TIME && time_ms == wr_uw_max(&window->span))
			result = WEIR_FIRE;
		break;
	case WEIR_TRIGGER_COUNT: break;
	case WEIR_TRIGGER_EVERY: result = every_timer(self, window, time, time_ms); break;
	default:
		if (trigger->timer == NULL)
			break;
		self->context.timer = wr_uw_timer;
		self->context.self = trigger->user;
		result =
		    trigger->timer(trigger->user, &self->context, time_ms, time, &window->span);
		self->context.timer = NULL;
	}
	return purging(self, result);
}

int wr_uw_on_merge(struct op_window *self, struct wr_uw *window)
{
	const struct weir_trigger *trigger = &self->trigger;
	int64_t max = wr_uw_max(&window->span);
	int result = 0;

	switch (trigger->kind) {
	case WEIR_TRIGGER_EVENT_TIME:
		if (max > self->context.watermark_ms)
			set_timer(self, window, WEIR_EVENT_TIME, wr_tick_of(max));
		if (window->next != 0)
			set_timer(self, window, WEIR_PROCESSING_TIME, window->next);
		break;
	case WEIR_TRIGGER_PROCESSING_TIME:
		if (max > clock_ms(self))
			set_timer(self, window, WEIR_PROCESSING_TIME, wr_tick_of(max));
		break;
	case WEIR_TRIGGER_EVERY:
		if (window->next != 0)
			set_timer(self, window, trigger->time, window->next);
		break;
	case WEIR_TRIGGER_OWN:
		if (trigger->merged == NULL)
			break;
		self->context.timer = wr_uw_timer;
		self->context.self = trigger->user;
		result = trigger->merged(trigger->user, &self->context, &window->span);
		self->context.timer = NULL;
		break;
	default: break;
	}
	return result;
}
