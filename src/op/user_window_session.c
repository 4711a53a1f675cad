/* SPDX-License-Identifier: Apache-2.0
 *
 * user_window_session - windows that merge: a row opens [time, time + gap) and joins with all
 * sessions of its key that this touches, ends included, into one, which keeps what all of them
 * held: the elements one session behind the other, accumulators and the trigger's states merged,
 * its timers set anew by the trigger.
 *
 * A row that touches none is late if its own session would have ended for good. One that touches a
 * session that is there never is, however old.
 *
 * The index says which sessions a key has. It is not saved: the windows say it.
 */
#include "base/mem.h"
#include "op/user_window.h"

#define AHEAD 8 /* rows */

/* --- the index */

wr_status *wr_uw_sessions_open(struct op_window *self)
{
	struct wr_state_decl decl = {
	    .name = "sessions", .value_size = sizeof(struct wr_uw_sessions), .pinned = true};

	_Static_assert(sizeof(struct wr_uw_sessions) % 16 == 0, "slots are multiples of 16 bytes");
	wr_op_key_columns(&self->op, 0, self->op.node->u.user.key[0], self->key_count, &self->arena,
			  &decl);
	return wr_op_state_open(&self->op, &decl, &self->index);
}

/* Inserts a session at its place. */
static void list_insert(struct op_window *self, struct wr_uw_sessions *list, uint32_t at,
			struct wr_uw *window)
{
	struct wr_agg_pool *pool = wr_state_pool(self->index, 0);

	if (list->count == list->capacity) {
		uint32_t capacity = list->capacity == 0 ? 2 : 2 * list->capacity;
		struct wr_uw **grown = wr_agg_pool_alloc(pool, capacity * sizeof(void *));

		if (list->count > 0)
			memcpy(grown, list->window, list->count * sizeof(void *));
		if (list->capacity > 0)
			wr_agg_pool_drop(pool, list->window, list->capacity * sizeof(void *));
		list->window = grown;
		list->capacity = capacity;
	}
	memmove(list->window + at + 1, list->window + at, (list->count - at) * sizeof(void *));
	list->window[at] = window;
	list->count++;
	window->home = list;
}

static void list_remove(struct wr_uw_sessions *list, uint32_t at, uint32_t count)
{
	list->count -= count;
	memmove(list->window + at, list->window + at + count, (list->count - at) * sizeof(void *));
}

static void list_free(struct op_window *self, struct wr_uw_sessions *list)
{
	if (list->capacity > 0)
		wr_agg_pool_drop(wr_state_pool(self->index, 0), list->window,
				 list->capacity * sizeof(void *));
	list->window = NULL;
	list->capacity = 0;
}

wr_status *wr_uw_sessions_drop(struct op_window *self, struct wr_uw *window)
{
	struct wr_uw_sessions *list = window->home;
	uint8_t *slot = (uint8_t *)list;
	uint32_t at = 0;

	while (list->window[at] != window)
		at++;
	list_remove(list, at, 1);
	if (list->count > 0 || list->used)
		return NULL;
	list_free(self, list);
	return wr_state_remove(self->index, 0, &slot, 1);
}

static wr_status *remove_slot(struct op_window *self, struct wr_uw *window)
{
	uint8_t *slot = (uint8_t *)window;

	for (uint32_t d = 0; d < 2; d++)
		window->timers[d].scheduled = 0;
	return wr_state_remove(self->windows, 0, &slot, 1);
}

wr_status *wr_uw_sessions_restored(struct op_window *self)
{
	uint32_t columns = self->key_count + 1;
	uint64_t cursor = 0;
	uint8_t *slot, *home;

	while (wr_state_scan(self->windows, 0, &cursor, &slot, 1) == 1) {
		struct wr_uw *window = (struct wr_uw *)(void *)slot;
		struct wr_column *column[WR_COLUMNS_MAX];
		struct wr_uw_sessions *list;
		uint64_t hash;
		uint32_t at;
		wr_status *status;

		wr_state_slot_keys(self->windows, 0, &slot, 1, column);
		wr_keys_hash(column, self->key_count, 1, &hash);
		status = wr_state_upsert(
		    self->index, 0, &(struct wr_keys){.rows = 1, .column = column, .hash = &hash},
		    &home, NULL);
		for (uint32_t i = 0; i < columns; i++)
			wr_column_unref(column[i]);
		WR_TRY(status);
		list = (struct wr_uw_sessions *)(void *)home;
		for (at = list->count; at > 0; at--)
			if (list->window[at - 1]->span.start < window->span.start)
				break;
		list_insert(self, list, at, window);
	}
	return NULL;
}

/* --- merging */

/* A state of the trigger: together where it says how, else the later one's. */
static void merge_state(struct op_window *self, uint32_t i, struct wr_uw *into, struct wr_uw *from)
{
	struct wr_agg_pool *pool = wr_uw_pool(self);
	struct wr_user_at to = wr_user_at(&self->store, i, wr_uw_block(into), pool);
	struct wr_user_at of = wr_user_at(&self->store, i, wr_uw_block(from), pool);
	const struct wr_user_place *place = to.place;
	uint32_t size = place->state->value.size;

	if ((*wr_user_present(of.block) & of.bit) == 0)
		return;
	if (place->kind == WEIR_REDUCING) {
		const void *value = wr_user_value_get(&of);

		if (value != NULL)
			wr_user_value_add(&to, self->trigger.user, value);
		wr_user_state_clear(&of);
		return;
	}
	if (place->kind == WEIR_LIST) {
		for (uint32_t k = 0; k < wr_user_list_count(&of); k++)
			wr_user_list_add(&to, wr_user_list_at(&of, k));
		wr_user_state_clear(&of);
		return;
	}
	wr_user_state_clear(&to);
	if (place->kind == WEIR_MAP)
		size = sizeof(struct wr_user_map *);
	else if (place->mortal)
		*wr_user_stamp(to.block, place) = *wr_user_stamp(of.block, place);
	memcpy(to.block + place->offset, of.block + place->offset, size);
	memset(of.block + place->offset, 0, size);
	*wr_user_present(to.block) |= to.bit;
	*wr_user_present(of.block) &= ~of.bit;
}

static void merge_accumulator(struct op_window *self, struct wr_uw *into, struct wr_uw *from)
{
	struct wr_agg_pool *pool = wr_uw_pool(self);
	uint32_t i = wr_uw_accumulator(self);
	struct wr_user_at to = wr_user_at(&self->store, i, wr_uw_block(into), pool);
	struct wr_user_at of = wr_user_at(&self->store, i, wr_uw_block(from), pool);
	const void *value = wr_user_value_get(&of);

	if (value == NULL)
		return;
	if (wr_user_value_get(&to) == NULL)
		memcpy(wr_user_value_make(&to), value, to.place->state->value.size);
	else
		self->spec->merge(self->spec->user, wr_user_value_get(&to), value);
}

/* Everything of `from` goes into an earlier session; its slot goes. */
static wr_status *merge_window(struct op_window *self, struct wr_uw *into, struct wr_uw *from)
{
	struct wr_agg_pool *pool = wr_uw_pool(self);
	uint32_t states = self->store.count - !wr_uw_keeps_rows(self);

	for (uint32_t i = 0; i < states; i++)
		merge_state(self, i, into, from);
	if (!wr_uw_keeps_rows(self))
		merge_accumulator(self, into, from);
	for (uint32_t i = 0; i < from->rows.count; i++) {
		const struct wr_kept_row *row = &from->rows.row[i];

		wr_row_list_add(&into->rows, pool, row->bytes, row->len)->time_ms = row->time_ms;
	}
	into->count += from->count;
	if (from->next != 0)
		into->next = into->next == 0 ? from->next : WR_MIN(into->next, from->next);
	wr_uw_clear(self, from);
	return remove_slot(self, from);
}

/* The session begins earlier now, and its slot is named after its start: everything moves. */
static wr_status *rename_window(struct op_window *self, const struct weir_row *row,
				const struct weir_span *span, struct wr_uw **window)
{
	struct wr_uw *old = *window, *made;

	WR_TRY(wr_uw_slots(self, row->batch, &row->row, span, 1, &made));
	memcpy(made, old, sizeof *made + self->store.size);
	made->span = *span;
	memset(wr_uw_block(old), 0, self->store.size);
	*window = made;
	return remove_slot(self, old);
}

/* Sessions [from, to) of the key become one of `span`. */
static wr_status *merge(struct op_window *self, struct wr_uw_sessions *list, uint32_t from,
			uint32_t to, const struct weir_row *row, const struct weir_span *span)
{
	struct wr_uw *window = list->window[from];
	int code;

	for (uint32_t d = 0; d < 2; d++) {
		wr_timer_set_clear(&window->timers[d], wr_uw_pool(self));
		window->timers[d].scheduled = 0;
	}
	for (uint32_t i = from + 1; i < to; i++)
		WR_TRY(merge_window(self, window, list->window[i]));
	if (span->start != window->span.start)
		WR_TRY(rename_window(self, row, span, &window));
	window->span = *span;
	list->window[from] = window;
	list_remove(list, from + 1, to - from - 1);
	wr_uw_enter(self, window);
	code = wr_uw_on_merge(self, window);
	return wr_context_after(&self->context, code, "merged");
}

/* --- rows */

static bool is_due(const struct op_window *self, const struct wr_uw *window)
{
	const struct weir_context *context = &self->context;
	uint64_t event = window->timers[WEIR_EVENT_TIME].scheduled;
	uint64_t clock = window->timers[WEIR_PROCESSING_TIME].scheduled;

	return (event != 0 && event <= wr_tick_of(context->watermark_ms)) ||
	       (clock != 0 && clock <= wr_tick_of(context->wall_ms));
}

/* What is due of the key before the row at hand fires. */
static wr_status *catch_up(struct op_window *self, struct wr_uw_sessions *list)
{
	for (uint32_t i = 0; i < list->count;) {
		struct wr_uw *window = list->window[i];
		uint8_t *slot = (uint8_t *)window;
		bool gone;

		if (!is_due(self, window)) {
			i++;
			continue;
		}
		wr_state_touch(self->windows, 0, &slot, 1);
		WR_TRY(wr_uw_catch_up(self, window, &gone));
		i += !gone;
		if (!gone)
			continue;
		WR_TRY(wr_uw_sessions_drop(self, window));
		WR_TRY(remove_slot(self, window));
	}
	return NULL;
}

/* Finds or makes the session of a row; NULL: it is late. */
static wr_status *find(struct op_window *self, struct wr_uw_sessions *list,
		       const struct weir_row *row, struct weir_span span, struct wr_uw **out)
{
	uint32_t from = 0, to;

	while (from < list->count && list->window[from]->span.end < span.start)
		from++;
	for (to = from; to < list->count && list->window[to]->span.start <= span.end; to++) {
		uint8_t *slot = (uint8_t *)list->window[to];

		wr_state_touch(self->windows, 0, &slot, 1);
	}
	*out = NULL;
	if (from == to) {
		if (self->time == WEIR_EVENT_TIME &&
		    wr_uw_gone(self, &span) <= self->context.watermark_ms) {
			wr_uw_late(self, row->row, span.end);
			return NULL;
		}
		WR_TRY(wr_uw_slots(self, row->batch, &row->row, &span, 1, out));
		list_insert(self, list, from, *out);
		return NULL;
	}
	span.start = WR_MIN(span.start, list->window[from]->span.start);
	span.end = WR_MAX(span.end, list->window[to - 1]->span.end);
	*out = list->window[from];
	if (to - from == 1 && span.start == (*out)->span.start && span.end == (*out)->span.end)
		return NULL;
	WR_TRY(merge(self, list, from, to, row, &span));
	*out = list->window[from];
	return NULL;
}

static wr_status *put_row(struct op_window *self, struct wr_uw_sessions *list,
			  const struct weir_row *row, int64_t time_ms)
{
	const struct weir_window *spec = self->spec;
	struct weir_span span = {.start = time_ms};
	struct wr_uw *window;
	int64_t gap_ms = spec->gap != NULL ? spec->gap(spec->user, row) : spec->gap_ms;

	if (gap_ms <= 0)
		return wr_status_new(WR_USER_ERROR, "Window '%s': a gap of %lld ms is not positive",
				     self->op.node->u.user.op->name, (long long)gap_ms);
	if (__builtin_add_overflow(time_ms, gap_ms, &span.end))
		span.end = INT64_MAX;
	wr_uw_at_row(self, row, time_ms);
	WR_TRY(catch_up(self, list));
	WR_TRY(find(self, list, row, span, &window));
	return window != NULL ? wr_uw_add(self, window, row, time_ms) : NULL;
}

/* Keys that have no session any more go out of the index. */
static wr_status *forget_empty(struct op_window *self, uint8_t **slot, uint32_t count)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct wr_uw_sessions *list = (struct wr_uw_sessions *)(void *)slot[i];

		if (!list->used)
			continue;
		list->used = false;
		if (list->count > 0)
			continue;
		list_free(self, list);
		slot[doomed++] = slot[i];
	}
	return wr_state_remove(self->index, 0, slot, doomed);
}

/* A row without an event time has no session. */
static wr_status *no_time(struct op_window *self, uint32_t row)
{
	struct wr_eval_error error = {.row = row, .text = "The event time of a row is NULL"};

	return self->op.env->row_error(self->op.env, &self->op, &error);
}

/* The sessions of the rows to come are on their way into the cache. */
static inline __attribute__((always_inline)) void fetch_ahead(uint8_t *const *slot, uint32_t i,
							      uint32_t count)
{
	const struct wr_uw_sessions *list;

	if (i + 2 * AHEAD < count) {
		list = (const struct wr_uw_sessions *)(const void *)slot[i + 2 * AHEAD];
		__builtin_prefetch(list->window);
	}
	if (i + AHEAD >= count)
		return;
	list = (const struct wr_uw_sessions *)(const void *)slot[i + AHEAD];
	if (list->count == 0)
		return;
	__builtin_prefetch(list->window[0]);
	__builtin_prefetch(list->window[0] + 1);
}

wr_status *wr_uw_sessions_process(struct op_window *self, const struct wr_batch *batch,
				  const int64_t *time_ms)
{
	uint8_t **slot = wr_malloc((batch->rows + 1) * sizeof *slot);
	struct weir_row row = {.result = &self->input, .batch = batch};
	struct wr_op_keys keys;
	wr_status *status;

	wr_op_keys_take(&keys, batch, self->op.node->u.user.key[0], self->key_count, NULL,
			batch->rows, true);
	status = wr_state_upsert(self->index, 0, &keys.keys, slot, NULL);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++)
		((struct wr_uw_sessions *)(void *)slot[i])->used = true;
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		fetch_ahead(slot, i, batch->rows);
		row.row = i;
		status =
		    time_ms[i] == INT64_MIN
			? no_time(self, i)
			: put_row(self, (struct wr_uw_sessions *)(void *)slot[i], &row, time_ms[i]);
	}
	if (status == NULL)
		status = forget_empty(self, slot, batch->rows);
	wr_op_keys_release(&keys);
	wr_free(slot);
	return status;
}
