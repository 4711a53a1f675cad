/* SPDX-License-Identifier: Apache-2.0
 *
 * sessions - see sessions.h.
 */
#include "op/sessions.h"

#include "base/mem.h"

/* Of one key. */
struct sessions {
	uint32_t count, capacity; /* sessions, and slots at list */
	struct wr_session *list;  /* in the pool; NULL while capacity is 0 */
	uint32_t timers;   /* heap entries that point here: the slot stays while there are any */
	uint32_t doomed;   /* 1: noted for removal by the batch at hand */
	uint64_t reserved; /* 0 */
};

struct wr_session_timer {
	int64_t end;   /* of the session when the entry was made */
	uint64_t id;   /* of the session */
	uint8_t *slot; /* of its key */
};

/* --- saved
 * --------------------------------------------------------------------------------------- */

enum { NUMBER_START, NUMBER_END, NUMBER_SHOWN, NUMBERS };

static void sessions_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	struct wr_sessions *self = ctx;
	const struct sessions *all = (const struct sessions *)slot;
	size_t begin = wr_value_begin(out);

	for (uint32_t i = 0; i < all->count; i++) {
		wr_value_entry_number(out, all->list[i].start);
		wr_value_entry_number(out, all->list[i].end);
		wr_value_entry_number(out, all->list[i].shown);
		wr_value_entry_row(out, "", 0);
	}
	wr_value_end(out, begin);
	self->load->save(self->op, all->list, all->count, out);
}

static void sessions_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct wr_sessions *self = ctx;
	struct sessions *all = (struct sessions *)slot;

	for (uint32_t i = 0; i < all->count; i++)
		self->load->drop(self->op, all->list[i].load);
	if (all->list != NULL)
		wr_agg_pool_drop(pool, all->list, all->capacity * sizeof *all->list);
	*all = (struct sessions){0};
}

static struct wr_session *session_open(struct wr_sessions *self, struct sessions *all,
				       int64_t start, int64_t end);

static bool sessions_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
			  const struct wr_value *value)
{
	struct wr_sessions *self = ctx;
	struct sessions *all = (struct sessions *)slot;
	struct wr_str list = value->field[0], row;
	const char *at = list.data;
	int64_t number[NUMBERS];
	bool good = true;

	while (good && wr_value_next_row(list, &at, number, NUMBERS, &row)) {
		struct wr_session *session;

		good = row.len == 0 && number[NUMBER_START] <= number[NUMBER_END];
		session = session_open(self, all, number[NUMBER_START], number[NUMBER_END]);
		session->shown = number[NUMBER_SHOWN] != 0;
	}
	good = good && at != NULL &&
	       self->load->fill(self->op, all->list, all->count, value->field + 1);
	if (!good)
		sessions_drop(self, pool, slot);
	return good;
}

/* The fields: bounds, then the operator's. */
static void sessions_codec(struct wr_sessions *self, const struct wr_sessions_config *config)
{
	static const char *const number[NUMBERS] = {"start", "end", "shown"};
	struct wr_state_field *field =
	    WR_NEW_ARRAY(&self->arena, struct wr_state_field, config->field_count + 1);

	field[0] = (struct wr_state_field){
	    .name = "sessions", .kind = WR_FIELD_ROWS, .number = number, .number_count = NUMBERS};
	if (config->field_count > 0)
		memcpy(field + 1, config->field, config->field_count * sizeof *field);
	self->codec = (struct wr_state_codec){.field_count = config->field_count + 1,
					      .field = field,
					      .save = sessions_save,
					      .load = sessions_load,
					      .drop = sessions_drop};
}

wr_status *wr_sessions_init(struct wr_sessions *self, struct wr_op *op,
			    const struct wr_sessions_config *config)
{
	const struct wr_schema *input = &op->node->input[0]->schema;
	struct wr_state_decl decl = {.name = "sessions",
				     .meaning = op->node->state_name,
				     .value_size = sizeof(struct sessions)};

	*self = (struct wr_sessions){.op = op,
				     .load = config->load,
				     .window = *config->window,
				     .allowed_ms = config->allowed_ms,
				     .key = config->key,
				     .key_count = config->key_count,
				     .sent_ms = WR_WATERMARK_MIN};
	wr_arena_init(&self->arena);
	if (input->field[self->window.time_column].type->kind == WR_TIMESTAMP_LTZ)
		WR_TRY(wr_zone_open(op->env->zone_id, &self->zone));
	wr_op_key_columns(op, 0, config->key, config->key_count, &self->arena, &decl);
	sessions_codec(self, config);
	decl.codec = &self->codec;
	decl.codec_ctx = self;
	_Static_assert(sizeof(struct sessions) % 16 == 0, "a slot is a multiple of 16 bytes");
	decl.pinned = true; /* timers know their slots */
	WR_TRY(wr_op_state_open(op, &decl, &self->state));
	wr_op_clock(op, "sent ms", &self->sent_ms);
	return NULL;
}

void wr_sessions_release(struct wr_sessions *self)
{
	wr_state_close(self->state);
	wr_zone_close(self->zone);
	wr_free(self->heap);
	if (self->op != NULL)
		wr_arena_release(&self->arena);
}

uint64_t wr_sessions_bytes(const struct wr_sessions *self)
{
	return wr_state_bytes(self->state) + self->heap_capacity * sizeof *self->heap;
}

struct wr_agg_pool *wr_sessions_pool(struct wr_sessions *self)
{
	return wr_state_pool(self->state, 0);
}

static int64_t local_ms(const struct wr_sessions *self, int64_t ms)
{
	if (self->zone == NULL || ms == WR_WATERMARK_MIN || ms == WR_WATERMARK_MAX)
		return ms;
	return wr_zone_to_local(self->zone, ms);
}

int64_t wr_sessions_watermark(const struct wr_sessions *self, const struct wr_mark *mark)
{
	return local_ms(self, wr_window_watermark(&self->window, self->op, mark));
}

int64_t wr_sessions_time(const struct wr_sessions *self, int64_t end)
{
	return self->zone != NULL ? wr_zone_to_utc(self->zone, end - 1) : end - 1;
}

/* --- picked */

void wr_picked_init(struct wr_picked *picked, uint32_t capacity)
{
	size_t room = (size_t)capacity + 1;

	*picked = (struct wr_picked){.capacity = capacity};
	picked->slot = wr_malloc(2 * room * sizeof *picked->slot);
	picked->load = picked->slot + room;
	picked->start = wr_malloc(2 * room * sizeof *picked->start);
	picked->end = picked->start + room;
	picked->id = wr_malloc(room * sizeof *picked->id);
}

void wr_picked_release(struct wr_picked *picked)
{
	wr_free(picked->slot);
	wr_free(picked->start);
	wr_free(picked->id);
}

static void picked_add(struct wr_picked *picked, uint8_t *slot, const struct wr_session *session)
{
	WR_ASSERT(picked->count < picked->capacity);
	picked->slot[picked->count] = slot;
	picked->load[picked->count] = session->load;
	picked->start[picked->count] = session->start;
	picked->end[picked->count] = session->end;
	picked->id[picked->count++] = session->id;
}

/* --- heap */

static bool timer_before(const struct wr_session_timer *a, const struct wr_session_timer *b)
{
	return a->end != b->end ? a->end < b->end : a->id < b->id;
}

static void heap_push(struct wr_sessions *self, struct wr_session_timer timer)
{
	uint32_t i;

	((struct sessions *)timer.slot)->timers++;
	if (self->heap_count == self->heap_capacity) {
		self->heap_capacity = WR_MAX(64, 2 * self->heap_capacity);
		self->heap = wr_realloc(self->heap, self->heap_capacity * sizeof *self->heap);
	}
	i = self->heap_count++;
	while (i > 0 && timer_before(&timer, &self->heap[(i - 1) / 2])) {
		self->heap[i] = self->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	self->heap[i] = timer;
}

static struct wr_session_timer heap_pop(struct wr_sessions *self)
{
	struct wr_session_timer top = self->heap[0], last = self->heap[--self->heap_count];
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= self->heap_count)
			break;
		if (child + 1 < self->heap_count &&
		    timer_before(&self->heap[child + 1], &self->heap[child]))
			child++;
		if (!timer_before(&self->heap[child], &last))
			break;
		self->heap[i] = self->heap[child];
		i = child;
	}
	if (self->heap_count > 0)
		self->heap[i] = last;
	((struct sessions *)top.slot)->timers--;
	return top;
}

/* --- rows */

static void session_free(struct wr_sessions *self, struct wr_session *session)
{
	self->load->drop(self->op, session->load);
}

/* Removes the key when nothing refers to it any more: E3. */
static wr_status *session_forget(struct wr_sessions *self, uint8_t *slot)
{
	struct sessions *all = (struct sessions *)slot;

	if (all->count > 0 || all->timers > 0)
		return NULL;
	if (all->list != NULL)
		wr_agg_pool_drop(wr_state_pool(self->state, 0), all->list,
				 all->capacity * sizeof *all->list);
	*all = (struct sessions){0};
	return wr_state_remove(self->state, 0, &slot, 1);
}

/* Appends a session to the key's list. */
static struct wr_session *session_open(struct wr_sessions *self, struct sessions *all,
				       int64_t start, int64_t end)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	struct wr_session *session;

	if (all->count == all->capacity) {
		uint32_t capacity = all->capacity == 0 ? 2 : 2 * all->capacity;
		struct wr_session *list = wr_agg_pool_alloc(pool, capacity * sizeof *list);

		if (all->count > 0) {
			memcpy(list, all->list, all->count * sizeof *list);
			wr_agg_pool_drop(pool, all->list, all->capacity * sizeof *list);
		}
		all->list = list;
		all->capacity = capacity;
	}
	session = &all->list[all->count++];
	*session = (struct wr_session){.start = start, .end = end, .id = self->next_id++};
	session->load = self->load->open(self->op);
	return session;
}

/* A shown session is about to change: takes back what was shown. */
static wr_status *session_take_back(struct wr_sessions *self, const struct wr_batch *batch,
				    uint8_t *slot, struct wr_session *session)
{
	struct wr_picked one;
	wr_status *status;

	if (!session->shown)
		return NULL;
	self->load->flush(self->op, batch);
	wr_picked_init(&one, 1);
	picked_add(&one, slot, session);
	status = self->load->take_back(self->op, &one);
	wr_picked_release(&one);
	session->shown = false;
	heap_push(self, (struct wr_session_timer){
			    .end = session->end, .id = session->id, .slot = slot}); /* E2 */
	return status;
}

/* The session that a row at ts belongs to, joining what it touches; *out NULL: the row is late. */
static wr_status *session_of_row(struct wr_sessions *self, const struct wr_batch *batch,
				 uint8_t *slot, int64_t ts, int64_t watermark_ms,
				 struct wr_session **out)
{
	struct sessions *all = (struct sessions *)slot;
	int64_t start = ts, end = ts + self->window.size_ms;
	int64_t joined = -1;

	for (uint32_t i = 0; i < all->count;) {
		struct wr_session *session = &all->list[i];

		if (session->start > end || session->end < start ||
		    wr_window_fired(session->end + self->allowed_ms, watermark_ms)) {
			i++;
			continue;
		}
		WR_TRY(session_take_back(self, batch, slot, session));
		start = WR_MIN(start, session->start);
		end = WR_MAX(end, session->end);
		if (joined < 0) {
			joined = i++;
			continue;
		}
		self->load->flush(self->op, batch);
		self->load->merge(self->op, all->list[joined].load, session->load);
		session_free(self, session);
		*session = all->list[--all->count];
	}
	*out = NULL;
	if (joined >= 0) {
		*out = &all->list[joined];
		(*out)->start = start;
		(*out)->end = end;
	} else if (!wr_window_fired(end + self->allowed_ms, watermark_ms)) {
		*out = session_open(self, all, start, end);
		heap_push(self,
			  (struct wr_session_timer){.end = end, .id = (*out)->id, .slot = slot});
	}
	return NULL;
}

/* Rows that came too late. */
struct late {
	uint32_t *row; /* of the batch */
	int64_t *end;  /* of the session that each would have opened */
	uint32_t count;
};

/* Folds all rows of a batch whose slots are known; late ones are collected. */
static wr_status *sessions_fold(struct wr_sessions *self, const struct wr_batch *batch,
				uint8_t *const *slot, struct late *late)
{
	int64_t *ts = wr_malloc(((size_t)batch->rows + 1) * sizeof *ts);
	wr_status *status = NULL;

	wr_window_times(batch->column[self->window.time_column], batch->rows, ts);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		int64_t watermark_ms = self->window.processing_time
					   ? WR_WATERMARK_MIN /* the clock is never late */
					   : local_ms(self, wr_batch_watermark(batch, i));
		int64_t ms = local_ms(self, ts[i]);
		struct wr_session *session = NULL;

		status = session_of_row(self, batch, slot[i], ms, watermark_ms, &session);
		if (status != NULL)
			break;
		if (session == NULL) {
			late->end[late->count] = ms + self->window.size_ms;
			late->row[late->count++] = i;
			continue;
		}
		self->load->add(self->op, batch, i, session->load);
	}
	if (status == NULL)
		self->load->flush(self->op, batch);
	wr_free(ts);
	return status;
}

/* Late rows may have made slots that hold nothing: each is removed once. */
static wr_status *forget_late(struct wr_sessions *self, uint8_t **slot, const struct late *late)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < late->count; i++) {
		struct sessions *all = (struct sessions *)slot[late->row[i]];

		if (all->count > 0 || all->timers > 0 || all->doomed)
			continue;
		all->doomed = 1;
		slot[doomed++] = (uint8_t *)all;
	}
	for (uint32_t i = 0; i < doomed; i++)
		WR_TRY(session_forget(self, slot[i]));
	return NULL;
}

wr_status *wr_sessions_process(struct wr_sessions *self, struct wr_batch *batch)
{
	struct wr_op *op = self->op;
	struct wr_op_keys keys;
	struct late late = {0};
	uint8_t **slot;
	wr_status *status;
	size_t room;

	wr_batch_compact(batch);
	room = (size_t)batch->rows + 1;
	slot = wr_malloc(room * sizeof *slot);
	late.row = wr_malloc(room * sizeof *late.row);
	late.end = wr_malloc(room * sizeof *late.end);
	wr_op_keys_take(&keys, batch, self->key, self->key_count, NULL, batch->rows, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, NULL);
	if (status == NULL)
		status = sessions_fold(self, batch, slot, &late);
	if (status == NULL && late.count > 0) {
		wr_count(&op->late_rows, late.count);
		status = op->env->late(op->env, op, batch, late.row, late.end, late.count);
		if (status == NULL)
			status = forget_late(self, slot, &late);
	}
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(late.row);
	wr_free(late.end);
	wr_batch_free(batch);
	return status;
}

/* --- firing */

static struct wr_session *find_session(struct sessions *all, uint64_t id)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->list[i].id == id)
			return &all->list[i];
	return NULL;
}

/* Removes a session from its key, and the key when it was the last. */
static wr_status *session_close(struct wr_sessions *self, uint8_t *slot, uint64_t id)
{
	struct sessions *all = (struct sessions *)slot;
	struct wr_session *session = find_session(all, id);

	WR_ASSERT(session != NULL);
	wr_state_touch(self->state, 0, &slot, 1);
	session_free(self, session);
	*session = all->list[--all->count];
	return session_forget(self, slot);
}

/* A key without sessions had timers only. */
wr_status *wr_sessions_restored(struct wr_sessions *self)
{
	uint64_t cursor = 0;
	uint8_t *slot[64];
	uint32_t count;

	while ((count = wr_state_scan(self->state, 0, &cursor, slot, WR_COUNT(slot))) > 0) {
		uint32_t doomed = 0;

		for (uint32_t i = 0; i < count; i++) {
			const struct sessions *all = (const struct sessions *)slot[i];

			for (uint32_t s = 0; s < all->count; s++) {
				const struct wr_session *session = &all->list[s];
				int64_t more_ms = session->shown ? self->allowed_ms : 0;

				heap_push(self,
					  (struct wr_session_timer){.end = session->end + more_ms,
								    .id = session->id,
								    .slot = slot[i]});
			}
			if (all->count == 0)
				slot[doomed++] = slot[i];
		}
		WR_TRY(wr_state_remove(self->state, 0, slot, doomed));
	}
	return NULL;
}

/* Works off one due timer: the session is picked for output, pushed again, or closed. What is saved
 * of a key changes only when a session closes or is shown. */
static wr_status *session_timer(struct wr_sessions *self, int64_t watermark_ms,
				struct wr_picked *picked)
{
	struct wr_session_timer timer = heap_pop(self);
	struct wr_session *session = find_session((struct sessions *)timer.slot, timer.id);

	if (session == NULL)
		return session_forget(self, timer.slot); /* joined into another one, or closed */
	if (!session->shown) {
		if (session->end > timer.end) {
			timer.end = session->end;
			heap_push(self, timer);
			return NULL;
		}
		if (!session->picked)
			picked_add(picked, timer.slot, session);
		session->picked = true;
		return NULL;
	}
	if (wr_window_fired(session->end + self->allowed_ms, watermark_ms))
		return session_close(self, timer.slot, timer.id);
	return NULL;
}

bool wr_sessions_more(const struct wr_sessions *self, int64_t watermark_ms)
{
	return self->heap_count > 0 && wr_window_fired(self->heap[0].end, watermark_ms);
}

int64_t wr_sessions_next_ms(const struct wr_sessions *self)
{
	int64_t end;

	if (self->heap_count == 0)
		return INT64_MAX;
	end = self->heap[0].end;
	return (self->zone != NULL ? wr_zone_to_utc(self->zone, end) : end) - 1;
}

wr_status *wr_sessions_due(struct wr_sessions *self, int64_t watermark_ms, struct wr_picked *picked)
{
	picked->count = 0;
	while (picked->count < picked->capacity && wr_sessions_more(self, watermark_ms))
		WR_TRY(session_timer(self, watermark_ms, picked));
	return NULL;
}

wr_status *wr_sessions_shown(struct wr_sessions *self, int64_t watermark_ms,
			     const struct wr_picked *picked)
{
	for (uint32_t i = 0; i < picked->count; i++) {
		struct wr_session *session;

		if (wr_window_fired(picked->end[i] + self->allowed_ms, watermark_ms)) {
			WR_TRY(session_close(self, picked->slot[i], picked->id[i]));
			continue;
		}
		session = find_session((struct sessions *)picked->slot[i], picked->id[i]);
		wr_state_touch(self->state, 0, &picked->slot[i], 1);
		session->shown = true;
		session->picked = false;
		heap_push(self, (struct wr_session_timer){.end = session->end + self->allowed_ms,
							  .id = picked->id[i],
							  .slot = picked->slot[i]});
	}
	return NULL;
}
