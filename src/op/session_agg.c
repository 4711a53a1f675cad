/* SPDX-License-Identifier: Apache-2.0
 *
 * session_agg - aggregates per session window: rows of a key that lie less than a gap apart.
 *
 * A row opens [ts, ts + gap). It joins every session of its key that it touches and that had not
 * closed at the watermark just before the row (P1); joined sessions become one. A row that touches
 * none and whose own session had closed is late. A session fires when the watermark reaches its end
 * - 1 and closes after the allowed lateness; a change in between takes back what was shown (-D) and
 * shows the new session at the next mark (+I): its bounds may have moved.
 *
 * Slot of a key: its open sessions, a small array in the state's pool. Firing order comes from a
 * heap of (end, key, session) with one entry per session, corrected lazily when an entry turns out
 * to be stale.
 *
 * Output: keys, aggregates, window_start, window_end, window_time.
 *
 * Memory: one accumulator per open session and one heap entry.
 *
 * Invariants
 *   E1  sessions of a key that are open at the same watermark do not touch
 *   E2  every session that is not shown has a heap entry with end <= its own end
 *   E3  a slot is removed when it has no sessions and no heap entries point to it
 */
#include "base/mem.h"
#include "data/builder.h"
#include "data/zone.h"
#include "op/aggregate.h"
#include "op/windowing.h"

struct session {
	int64_t start, end; /* on the windows' time line */
	uint64_t id;        /* unique in the operator */
	uint8_t *acc;       /* aggs.slot_size bytes in the pool */
	bool shown;         /* emitted and not taken back */
};

struct sessions {
	uint32_t count, capacity; /* sessions, and slots at list */
	struct session *list;     /* in the pool; NULL while capacity is 0 */
	uint32_t timers;   /* heap entries that point here: the slot stays while there are any */
	uint32_t doomed;   /* 1: noted for removal by the batch at hand */
	uint64_t reserved; /* 0 */
};

struct timer {
	int64_t end;   /* of the session when the entry was made */
	uint64_t id;   /* of the session */
	uint8_t *slot; /* of its key */
};

/* Sessions picked for output: parallel arrays. */
struct picked {
	uint32_t count, capacity; /* sessions, and room for them */
	uint8_t **slot, **acc;    /* key and accumulator of each */
	int64_t *start, *end;     /* bounds of each */
};

struct op_session_agg {
	struct wr_op op;
	struct wr_window window;         /* the node's */
	int64_t allowed_ms;              /* allowed lateness */
	const struct wr_type **key_type; /* owned array */
	struct wr_zone *zone;            /* sessions over TIMESTAMP_LTZ; NULL: none needed */
	struct wr_aggs aggs;
	struct wr_state *state; /* key -> struct sessions */
	uint64_t next_id;
	struct timer *heap; /* min-heap by (end, id) */
	uint32_t heap_count, heap_capacity;
	int64_t sent_ms; /* watermark of the last mark */
};

static wr_status *session_init(struct wr_op *op)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	const struct wr_node *node = op->node;
	struct wr_state_decl decl = {
	    .name = "sessions", .meaning = node->state_name, .value_size = sizeof(struct sessions)};

	self->window = *node->u.agg.window;
	self->allowed_ms = node->u.agg.allowed_lateness_ms;
	self->sent_ms = WR_WATERMARK_MIN;
	if (node->input[0]->schema.field[self->window.time_column].type->kind == WR_TIMESTAMP_LTZ)
		WR_TRY(wr_zone_open(op->env->zone_id, &self->zone));
	wr_aggs_init(&self->aggs, node, 0);
	decl.key_count = node->u.agg.key_count;
	self->key_type = wr_calloc(decl.key_count + 1, sizeof *self->key_type);
	for (uint32_t i = 0; i < decl.key_count; i++)
		self->key_type[i] = node->input[0]->schema.field[node->u.agg.key[i]].type;
	decl.key_type = self->key_type;
	_Static_assert(sizeof(struct sessions) % 16 == 0, "a slot is a multiple of 16 bytes");
	return wr_state_open(op->env->backend, &decl, &self->state);
}

static int64_t local_ms(const struct op_session_agg *self, int64_t ms)
{
	if (self->zone == NULL || ms == WR_WATERMARK_MIN || ms == WR_WATERMARK_MAX)
		return ms;
	return wr_zone_to_local(self->zone, ms);
}

/* --- heap */

static bool timer_before(const struct timer *a, const struct timer *b)
{
	return a->end != b->end ? a->end < b->end : a->id < b->id;
}

static void heap_push(struct op_session_agg *self, struct timer timer)
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

static struct timer heap_pop(struct op_session_agg *self)
{
	struct timer top = self->heap[0], last = self->heap[--self->heap_count];
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

/* --- output */

static void picked_init(struct picked *picked, uint32_t capacity)
{
	size_t room = capacity + 1;

	*picked = (struct picked){.capacity = capacity};
	picked->slot = wr_malloc(2 * room * sizeof *picked->slot);
	picked->acc = picked->slot + room;
	picked->start = wr_malloc(2 * room * sizeof *picked->start);
	picked->end = picked->start + room;
}

static void picked_release(struct picked *picked)
{
	wr_free(picked->slot);
	wr_free(picked->start);
}

static void picked_add(struct picked *picked, uint8_t *slot, const struct session *session)
{
	WR_ASSERT(picked->count < picked->capacity);
	picked->slot[picked->count] = slot;
	picked->acc[picked->count] = session->acc;
	picked->start[picked->count] = session->start;
	picked->end[picked->count++] = session->end;
}

/* Emits the picked sessions as rows of one kind. */
static wr_status *session_emit(struct op_session_agg *self, const struct picked *picked,
			       enum wr_row_kind kind)
{
	const struct wr_node *node = self->op.node;
	uint32_t keys = node->u.agg.key_count, at = keys + self->aggs.count;
	struct wr_batch *batch = wr_batch_new(at + 3, picked->count);
	int64_t *time_ms = wr_malloc((picked->count + 1) * sizeof *time_ms);

	for (uint32_t i = 0; i < picked->count; i++)
		time_ms[i] = self->zone != NULL ? wr_zone_to_utc(self->zone, picked->end[i] - 1)
						: picked->end[i] - 1;
	wr_state_slot_keys(self->state, 0, picked->slot, picked->count, batch->column);
	wr_aggs_values(&self->aggs, picked->acc, picked->count, batch->column + keys);
	batch->column[at] =
	    wr_window_time_column(node->schema.field[at].type, picked->start, picked->count);
	batch->column[at + 1] =
	    wr_window_time_column(node->schema.field[at + 1].type, picked->end, picked->count);
	batch->column[at + 2] =
	    wr_window_time_column(node->schema.field[at + 2].type, time_ms, picked->count);
	wr_free(time_ms);
	if (kind != WR_INSERT)
		memset(wr_batch_kinds(batch), kind, picked->count);
	batch->watermark = self->sent_ms;
	return wr_out_emit(&self->op.out, batch);
}

/* --- rows */

/* Updates not yet folded: one accumulator and one row each, in order. */
struct pending {
	uint8_t **acc;    /* of the session */
	uint32_t *row;    /* of the batch */
	uint8_t *retract; /* NULL: all additions */
	uint32_t count;
};

static void pending_flush(struct op_session_agg *self, const struct wr_batch *batch,
			  struct pending *pending)
{
	if (pending->count > 0)
		wr_aggs_update(&self->aggs, wr_state_pool(self->state, 0), pending->acc, batch,
			       pending->row, pending->retract, pending->count);
	pending->count = 0;
}

static void session_free(struct op_session_agg *self, struct session *session)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);

	wr_aggs_drop(&self->aggs, pool, session->acc);
	wr_agg_pool_drop(pool, session->acc, self->aggs.slot_size);
}

/* Removes the key when nothing refers to it any more: E3. */
static wr_status *session_forget(struct op_session_agg *self, uint8_t *slot)
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
static struct session *session_open(struct op_session_agg *self, struct sessions *all,
				    int64_t start, int64_t end)
{
	struct wr_agg_pool *pool = wr_state_pool(self->state, 0);
	struct session *session;

	if (all->count == all->capacity) {
		uint32_t capacity = all->capacity == 0 ? 2 : 2 * all->capacity;
		struct session *list = wr_agg_pool_alloc(pool, capacity * sizeof *list);

		if (all->count > 0) {
			memcpy(list, all->list, all->count * sizeof *list);
			wr_agg_pool_drop(pool, all->list, all->capacity * sizeof *list);
		}
		all->list = list;
		all->capacity = capacity;
	}
	session = &all->list[all->count++];
	*session = (struct session){.start = start, .end = end, .id = self->next_id++};
	session->acc = wr_agg_pool_alloc(pool, self->aggs.slot_size);
	wr_aggs_start(&self->aggs, session->acc);
	return session;
}

/* A shown session is about to change: takes back what was shown. */
static wr_status *session_take_back(struct op_session_agg *self, const struct wr_batch *batch,
				    struct pending *pending, uint8_t *slot, struct session *session)
{
	struct picked one;
	wr_status *status;

	if (!session->shown)
		return NULL;
	pending_flush(self, batch, pending);
	picked_init(&one, 1);
	picked_add(&one, slot, session);
	status = session_emit(self, &one, WR_DELETE);
	picked_release(&one);
	session->shown = false;
	heap_push(self,
		  (struct timer){.end = session->end, .id = session->id, .slot = slot}); /* E2 */
	return status;
}

/* The session that a row at ts belongs to, joining what it touches; *out NULL: the row is late. */
static wr_status *session_of_row(struct op_session_agg *self, const struct wr_batch *batch,
				 struct pending *pending, uint8_t *slot, int64_t ts,
				 int64_t watermark_ms, struct session **out)
{
	struct sessions *all = (struct sessions *)slot;
	int64_t start = ts, end = ts + self->window.size_ms;
	int64_t joined = -1;

	for (uint32_t i = 0; i < all->count;) {
		struct session *session = &all->list[i];
		struct session *into;

		if (session->start > end || session->end < start ||
		    wr_window_fired(session->end + self->allowed_ms, watermark_ms)) {
			i++;
			continue;
		}
		WR_TRY(session_take_back(self, batch, pending, slot, session));
		start = WR_MIN(start, session->start);
		end = WR_MAX(end, session->end);
		if (joined < 0) {
			joined = i++;
			continue;
		}
		pending_flush(self, batch, pending);
		into = &all->list[joined];
		wr_aggs_merge(&self->aggs, wr_state_pool(self->state, 0), &into->acc, &session->acc,
			      1);
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
		heap_push(self, (struct timer){.end = end, .id = (*out)->id, .slot = slot});
	}
	return NULL;
}

/* Folds all rows of a batch whose slots are known; late ones are collected. */
static wr_status *session_fold(struct op_session_agg *self, const struct wr_batch *batch,
			       uint8_t *const *slot, struct pending *pending, uint32_t *late,
			       int64_t *late_end, uint32_t *late_count)
{
	int64_t *ts = wr_malloc(((size_t)batch->rows + 1) * sizeof *ts);
	wr_status *status = NULL;

	wr_window_times(batch->column[self->window.time_column], batch->rows, ts);
	for (uint32_t i = 0; i < batch->rows && status == NULL; i++) {
		int64_t watermark_ms = self->window.processing_time
					   ? WR_WATERMARK_MIN /* the clock is never late */
					   : local_ms(self, wr_batch_watermark(batch, i));
		int64_t ms = local_ms(self, ts[i]);
		struct session *session = NULL;

		status = session_of_row(self, batch, pending, slot[i], ms, watermark_ms, &session);
		if (status != NULL)
			break;
		if (session == NULL) {
			late_end[*late_count] = ms + self->window.size_ms;
			late[(*late_count)++] = i;
			continue;
		}
		if (pending->retract != NULL)
			pending->retract[pending->count] = !wr_kind_is_add(batch->kind[i]);
		pending->acc[pending->count] = session->acc;
		pending->row[pending->count++] = i;
	}
	if (status == NULL)
		pending_flush(self, batch, pending);
	wr_free(ts);
	return status;
}

/* Late rows may have made slots that hold nothing: each is removed once. */
static wr_status *session_forget_late(struct op_session_agg *self, uint8_t **slot,
				      const uint32_t *late, uint32_t count)
{
	uint32_t doomed = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct sessions *all = (struct sessions *)slot[late[i]];

		if (all->count > 0 || all->timers > 0 || all->doomed)
			continue;
		all->doomed = 1;
		slot[doomed++] = (uint8_t *)all;
	}
	for (uint32_t i = 0; i < doomed; i++)
		WR_TRY(session_forget(self, slot[i]));
	return NULL;
}

static wr_status *session_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	struct wr_op_keys keys;
	struct pending pending = {0};
	uint8_t **slot;
	uint32_t *late, late_count = 0;
	int64_t *late_end;
	wr_status *status;
	size_t room;

	wr_batch_compact(batch);
	room = (size_t)batch->rows + 1;
	slot = wr_malloc(2 * room * sizeof *slot);
	late = wr_malloc(2 * room * sizeof *late);
	late_end = wr_malloc(room * sizeof *late_end);
	pending.acc = slot + room;
	pending.row = late + room;
	pending.retract = batch->kind != NULL ? wr_malloc(room) : NULL;
	wr_op_keys_take(&keys, batch, op->node->u.agg.key, op->node->u.agg.key_count, NULL,
			batch->rows, true);
	status = wr_state_upsert(self->state, 0, &keys.keys, slot, NULL);
	if (status == NULL)
		status = session_fold(self, batch, slot, &pending, late, late_end, &late_count);
	if (status == NULL && late_count > 0) {
		op->late_rows += late_count;
		status = op->env->late(op->env, op, batch, late, late_end, late_count);
		if (status == NULL)
			status = session_forget_late(self, slot, late, late_count);
	}
	wr_op_keys_release(&keys);
	wr_free(slot);
	wr_free(late);
	wr_free(late_end);
	wr_free(pending.retract);
	wr_batch_free(batch);
	return status;
}

/* --- firing */

static struct session *find_session(struct sessions *all, uint64_t id)
{
	for (uint32_t i = 0; i < all->count; i++)
		if (all->list[i].id == id)
			return &all->list[i];
	return NULL;
}

/* Removes a session from its key, and the key when it was the last. */
static wr_status *session_close(struct op_session_agg *self, uint8_t *slot, uint64_t id)
{
	struct sessions *all = (struct sessions *)slot;
	struct session *session = find_session(all, id);

	WR_ASSERT(session != NULL);
	session_free(self, session);
	*session = all->list[--all->count];
	return session_forget(self, slot);
}

/* Works off one due timer: the session is picked for output, pushed again, or closed. */
static wr_status *session_timer(struct op_session_agg *self, int64_t watermark_ms,
				struct picked *picked, uint64_t *ids)
{
	struct timer timer = heap_pop(self);
	struct session *session = find_session((struct sessions *)timer.slot, timer.id);

	if (session == NULL)
		return session_forget(self, timer.slot); /* joined into another one, or closed */
	if (!session->shown) {
		if (session->end > timer.end) {
			timer.end = session->end;
			heap_push(self, timer);
			return NULL;
		}
		ids[picked->count] = timer.id;
		picked_add(picked, timer.slot, session);
		return NULL;
	}
	if (wr_window_fired(session->end + self->allowed_ms, watermark_ms))
		return session_close(self, timer.slot, timer.id);
	return NULL;
}

/* After output: closes the sessions, or keeps them for corrections with a timer for their close. */
static wr_status *session_shown(struct op_session_agg *self, int64_t watermark_ms,
				const struct picked *picked, const uint64_t *ids)
{
	for (uint32_t i = 0; i < picked->count; i++) {
		struct session *session;

		if (wr_window_fired(picked->end[i] + self->allowed_ms, watermark_ms)) {
			WR_TRY(session_close(self, picked->slot[i], ids[i]));
			continue;
		}
		session = find_session((struct sessions *)picked->slot[i], ids[i]);
		session->shown = true;
		heap_push(self, (struct timer){.end = session->end + self->allowed_ms,
					       .id = ids[i],
					       .slot = picked->slot[i]});
	}
	return NULL;
}

static wr_status *session_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	int64_t watermark_ms = local_ms(self, wr_window_watermark(&self->window, mark));
	uint32_t limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX), emitted = 0;
	struct picked picked;
	uint64_t *ids;
	wr_status *status = NULL;

	if (watermark_ms == WR_WATERMARK_MIN)
		return NULL;
	picked_init(&picked, limit);
	ids = wr_malloc(limit * sizeof *ids);
	while (status == NULL && emitted < WR_OP_EMIT_ROWS) {
		picked.count = 0;
		while (status == NULL && picked.count < limit && self->heap_count > 0 &&
		       wr_window_fired(self->heap[0].end, watermark_ms))
			status = session_timer(self, watermark_ms, &picked, ids);
		if (status != NULL || picked.count == 0)
			break;
		emitted += picked.count;
		status = wr_aggs_fault(&self->aggs, picked.acc, picked.count);
		if (status != NULL)
			break;
		status = session_emit(self, &picked, WR_INSERT);
		if (status == NULL)
			status = session_shown(self, watermark_ms, &picked, ids);
	}
	*more = self->heap_count > 0 && wr_window_fired(self->heap[0].end, watermark_ms);
	picked_release(&picked);
	wr_free(ids);
	if (!*more)
		self->sent_ms = mark->watermark_ms;
	return status;
}

static void session_release(struct wr_op *op)
{
	struct op_session_agg *self = (struct op_session_agg *)op;

	wr_state_close(self->state);
	wr_aggs_release(&self->aggs);
	wr_zone_close(self->zone);
	wr_free(self->heap);
	wr_free(self->key_type);
}

static uint64_t session_state_bytes(const struct wr_op *op)
{
	const struct op_session_agg *self = (const struct op_session_agg *)op;

	return wr_state_bytes(self->state) + self->heap_capacity * sizeof *self->heap;
}

const struct wr_op_type wr_op_session_agg = {
    .name = "session_agg",
    .version = 1,
    .size = sizeof(struct op_session_agg),
    .init = session_init,
    .process = session_process,
    .on_mark = session_on_mark,
    .release = session_release,
    .state_bytes = session_state_bytes,
};
