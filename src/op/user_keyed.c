/* SPDX-License-Identifier: Apache-2.0
 *
 * user_keyed - see user_keyed.h.
 */
#include "op/user_keyed.h"

#include "base/mem.h"
#include "op/fields.h"

#define DOOMED     ((uint64_t)1 << 63) /* in `present`: among those being removed */
#define SWEEP_SLOT 64u                 /* slots looked at together */

static struct wr_user_slot *head_of(uint8_t *slot)
{
	return (struct wr_user_slot *)(void *)slot;
}

/* --- timers */

/* The set of a domain; made if `make`, else NULL when there is none. */
static struct wr_timer_set *set_of(struct wr_user_slot *head, struct wr_agg_pool *pool,
				   enum weir_time time, bool make)
{
	if (time == WEIR_EVENT_TIME)
		return &head->event;
	if (head->clock == NULL && make)
		head->clock = wr_agg_pool_alloc(pool, sizeof *head->clock);
	return head->clock;
}

/* When a timer comes up: behind what has come up already, so that a callback which sets a timer of
 * the past does not fire for ever. */
static uint64_t due_of(const struct wr_user_keyed *keyed, enum weir_time time, uint64_t tick,
		       int64_t now_ms)
{
	uint64_t next = keyed->calendar[time].last + 1;

	if (time == WEIR_EVENT_TIME && now_ms == WR_WATERMARK_MIN)
		return tick;
	if (time == WEIR_EVENT_TIME)
		next = wr_tick_of(now_ms) + 1;
	return WR_MIN(WR_MAX(tick, next), WR_TICK_MAX);
}

void wr_user_keyed_timer(struct wr_user_keyed *keyed, uint8_t *slot, enum weir_time time,
			 int64_t time_ms, int64_t now_ms, bool set)
{
	struct wr_timer_set *times = set_of(head_of(slot), keyed->pool, time, set);
	uint64_t tick = wr_tick_of(time_ms);

	if (times == NULL)
		return;
	if (!set)
		(void)wr_timer_set_remove(times, keyed->pool, tick);
	else if (wr_timer_set_add(times, keyed->pool, tick))
		wr_calendar_schedule(&keyed->calendar[time], slot,
				     due_of(keyed, time, tick, now_ms));
}

void wr_user_keyed_next(struct wr_user_keyed *keyed, uint8_t *slot, enum weir_time time,
			uint64_t due)
{
	uint64_t first = wr_user_keyed_first(slot, time);

	if (first != 0)
		wr_calendar_schedule(&keyed->calendar[time], slot,
				     WR_MIN(WR_MAX(first, due + 1), WR_TICK_MAX));
}

/* --- saving and loading */

/* The times of a set, in order. */
static void save_times(const struct wr_timer_set *set, struct wr_text *out)
{
	size_t begin;

	if (set == NULL || wr_timer_set_is_empty(set)) {
		wr_value_put_absent(out);
		return;
	}
	begin = wr_value_begin(out);
	for (uint32_t i = 0; i < wr_timer_set_count(set); i++) {
		int64_t ms = wr_tick_ms(wr_timer_set_at(set, i));

		wr_varint_put(out, 1 + sizeof ms);
		wr_text_putc(out, 0);
		wr_text_add(out, &ms, sizeof ms);
	}
	wr_value_end(out, begin);
}

static void slot_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct wr_user_keyed *keyed = ctx;
	const struct wr_user_slot *head = (const struct wr_user_slot *)(const void *)slot;

	wr_user_codec_save(&keyed->codec, slot + WR_USER_BLOCK_AT, out);
	save_times(&head->event, out);
	save_times(head->clock, out);
}

/* Gives back what a slot has in the pool. */
static void slot_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct wr_user_keyed *keyed = ctx;
	struct wr_user_slot *head = head_of(slot);

	wr_user_store_clear(&keyed->store, slot + WR_USER_BLOCK_AT, pool);
	wr_timer_set_clear(&head->event, pool);
	if (head->clock != NULL) {
		wr_timer_set_clear(head->clock, pool);
		wr_agg_pool_drop(pool, head->clock, sizeof *head->clock);
	}
	head->event = (struct wr_timer_set){0}; /* entries of a calendar that are left are stale */
	head->clock = NULL;
	head->present = 0;
}

/* Sets the times that were saved; a function that has no timers any more forgets them. */
static bool load_times(const struct wr_user_keyed *keyed, struct wr_agg_pool *pool,
		       struct wr_user_slot *head, enum weir_time time, struct wr_str field)
{
	const char *next = field.data;
	struct wr_str row;

	while (wr_value_next_row(field, &next, NULL, 0, &row)) {
		int64_t ms;

		if (row.len != 1 + sizeof ms || row.data[0] != 0)
			return false;
		memcpy(&ms, row.data + 1, sizeof ms);
		if (keyed->timers)
			(void)wr_timer_set_add(set_of(head, pool, time, true), pool,
					       wr_tick_of(ms));
	}
	return field.data == NULL || next != NULL;
}

static bool slot_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	struct wr_user_keyed *keyed = ctx;
	const struct wr_str *times = value->field + keyed->codec.count;

	if (wr_user_codec_load(&keyed->codec, slot + WR_USER_BLOCK_AT, pool, value->field) &&
	    load_times(keyed, pool, head_of(slot), WEIR_EVENT_TIME, times[0]) &&
	    load_times(keyed, pool, head_of(slot), WEIR_PROCESSING_TIME, times[1]))
		return true;
	slot_drop(ctx, pool, slot);
	return false;
}

/* The fields of a slot: those of the block, then the timers of both domains. */
static void describe(struct wr_user_keyed *keyed)
{
	static const char *const name[] = {"time_ms"};
	static const struct wr_type *const type[] = {&WR_T_BIGINT};

	wr_user_codec_init(&keyed->codec, &keyed->store, false, 2, &keyed->arena);
	for (uint32_t i = 0; i < 2; i++)
		keyed->codec.field[keyed->codec.count + i] = (struct wr_state_field){
		    .name = i == WEIR_EVENT_TIME ? "$event timers" : "$clock timers",
		    .kind = WR_FIELD_ROWS,
		    .column_count = 1,
		    .column = name,
		    .type = type,
		    .may_miss = true,
		};
	keyed->saved = (struct wr_state_codec){keyed->codec.count + 2, keyed->codec.field,
					       slot_save, slot_load, slot_drop};
}

/* --- opening */

/* The shortest time to live; 0: none. */
static int64_t shortest_ttl(const struct wr_user_store *store)
{
	int64_t shortest = 0;

	for (uint32_t i = 0; i < store->count; i++) {
		const struct wr_user_place *place = &store->place[i];

		if (place->mortal && !place->broadcast &&
		    (shortest == 0 || place->state->given.ttl_ms < shortest))
			shortest = place->state->given.ttl_ms;
	}
	return shortest;
}

void wr_user_keyed_init(struct wr_user_keyed *keyed, struct wr_op *op)
{
	keyed->op = op;
	wr_arena_init(&keyed->arena);
	for (uint32_t time = 0; time < 2; time++)
		wr_calendar_init(&keyed->calendar[time],
				 time == WEIR_EVENT_TIME ? offsetof(struct wr_user_slot, event)
							 : offsetof(struct wr_user_slot, clock),
				 time == WEIR_PROCESSING_TIME);
}

wr_status *wr_user_keyed_open(struct wr_user_keyed *keyed, bool timers)
{
	struct wr_op *op = keyed->op;
	const struct wr_node *node = op->node;
	struct wr_state_decl decl = {.name = "keys",
				     .meaning = node->state_name,
				     .codec = &keyed->saved,
				     .codec_ctx = keyed,
				     .pinned = timers};

	keyed->timers = timers;
	wr_ttl_start(&keyed->sweep, shortest_ttl(&keyed->store), op->env->env);
	describe(keyed);
	decl.value_size = (uint32_t)((WR_USER_BLOCK_AT + keyed->store.size + 15) & ~(size_t)15);
	wr_op_key_columns(op, 0, node->u.user.key[0], node->u.user.key_count, &keyed->arena, &decl);
	return wr_op_state_open(op, &decl, &keyed->state);
}

wr_status *wr_user_keyed_restored(struct wr_user_keyed *keyed, int64_t watermark_ms)
{
	uint64_t cursor = 0;
	uint8_t *slot;

	while (keyed->timers && wr_state_scan(keyed->state, 0, &cursor, &slot, 1) == 1)
		for (uint32_t time = 0; time < 2; time++) {
			uint64_t first = wr_user_keyed_first(slot, time);

			if (first != 0)
				wr_calendar_schedule(&keyed->calendar[time], slot,
						     due_of(keyed, time, first, watermark_ms));
		}
	return NULL;
}

void wr_user_keyed_release(struct wr_user_keyed *keyed)
{
	if (keyed->op != NULL) {
		wr_state_close(keyed->state);
		wr_calendar_release(&keyed->calendar[0]);
		wr_calendar_release(&keyed->calendar[1]);
		wr_arena_release(&keyed->arena);
	}
	wr_free(keyed->doomed);
	wr_user_store_release(&keyed->store);
	*keyed = (struct wr_user_keyed){0};
}

uint64_t wr_user_keyed_bytes(const struct wr_user_keyed *keyed)
{
	if (keyed->state == NULL)
		return 0;
	return wr_state_bytes(keyed->state) + wr_calendar_bytes(&keyed->calendar[0]) +
	       wr_calendar_bytes(&keyed->calendar[1]);
}

/* --- keys that go */

wr_status *wr_user_keyed_forget(struct wr_user_keyed *keyed)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < keyed->doomed_count; i++) {
		uint8_t *slot = keyed->doomed[i];

		if (!wr_user_keyed_is_empty(slot)) /* it came back, or is among them */
			continue;
		slot_drop(keyed, keyed->pool, slot);
		head_of(slot)->present = DOOMED;
		keyed->doomed[count++] = slot;
	}
	keyed->doomed_count = 0;
	return count > 0 ? wr_state_remove(keyed->state, 0, keyed->doomed, count) : NULL;
}

wr_status *wr_user_keyed_sweep(struct wr_user_keyed *keyed)
{
	uint8_t *slot[SWEEP_SLOT];
	uint64_t left;

	if (!keyed->store.mortal || keyed->sweep.unit_ms == 0)
		return NULL;
	wr_ttl_tick(&keyed->sweep, wr_op_mono_ms(keyed->op));
	left = wr_ttl_sweep(&keyed->sweep, wr_state_count(keyed->state, 0));
	while (left > 0) {
		uint32_t count = wr_state_scan(keyed->state, 0, &keyed->swept, slot,
					       (uint32_t)WR_MIN(left, SWEEP_SLOT));

		if (count == 0) {
			keyed->swept = 0;
			break;
		}
		left -= count;
		keyed->pool = wr_state_pool(keyed->state, 0);
		for (uint32_t i = 0; i < count; i++) {
			uint8_t *block = slot[i] + WR_USER_BLOCK_AT;

			if (!wr_user_store_is_stale(&keyed->store, block))
				continue;
			wr_state_touch(keyed->state, 0, &slot[i], 1);
			wr_user_store_expire(&keyed->store, block, keyed->pool);
			if (wr_user_keyed_is_empty(slot[i]))
				wr_user_keyed_doom(keyed, slot[i]);
		}
		WR_TRY(wr_user_keyed_forget(keyed));
	}
	return NULL;
}
