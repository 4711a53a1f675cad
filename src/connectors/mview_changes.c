/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_changes - those who subscribe to a view: its rows, then every change, version by version.
 *
 * While somebody subscribes, showing a version leaves a set of changes in the log. All subscribers
 * read the same sets, each at its place; a set goes when everybody has taken it, or when the log is
 * too long: whoever had not taken it is cut then.
 *
 * A change in a set: 0 came, 1 went, 2 changed; the key; the rest as it was (not of 0), the rest as
 * it is (not of 1), each as a piece of varint.h; how many times (a bag: of 0 and 1).
 *
 * A subscription begins with `write` held: no version comes between its snapshot and its first set.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "base/varint.h"
#include "base/wait.h"
#include "connectors/mview_store.h"

#define ROWS_MAX 1024 /* of an event */
#define SETS_MAX 4096 /* in the log, however short */

enum change { CAME, WENT, CHANGED };

struct wr_mview_subscription {
	struct wr_mview *view;    /* a reference */
	struct wr_mview_pin *pin; /* while the snapshot is read; NULL: it has been */
	struct wr_mview_cursor cursor;
	struct wr_mview_output out;
	uint64_t snapshot;        /* version of the snapshot */
	int64_t watermark_ms;     /* of it */
	uint64_t next;            /* version whose set is wanted; under the view's lock */
	struct wr_mview_set *set; /* being read; a reference; NULL: none */
	const char *at;           /* in it */
	uint64_t again;           /* times that the change at `at` is still to be given */
	bool updates_before;      /* -U comes before +U */
	bool over;                /* CUT or DROPPED was told */
	void (*wake)(void *own);  /* MAY */
	void *own;                /* its argument */
	struct wr_mview_subscription *other; /* of the view */
};

/* --- the log ------------------------------------------------------------------------------- */

static void set_unref(struct wr_mview_set *set)
{
	if (set == NULL || atomic_fetch_sub(&set->refs, 1) > 1)
		return;
	wr_text_release(&set->changes);
	wr_free(set);
}

static void put_change(struct wr_mview *view, enum change what, const struct wr_mview_entry *entry,
		       const struct wr_mview_link *was, const struct wr_mview_link *is,
		       uint64_t times)
{
	struct wr_text *to = &view->change;

	wr_text_putc(to, (char)what);
	wr_varint_put_piece(to, (struct wr_str){entry->key, entry->key_len});
	if (what != CAME)
		wr_varint_put_piece(to, (struct wr_str){was->bytes, was->len});
	if (what != WENT)
		wr_varint_put_piece(to, (struct wr_str){is->bytes, is->len});
	wr_varint_put(to, times);
}

void wr_mview_change_put(struct wr_mview *view, const struct wr_mview_entry *entry,
			 const struct wr_mview_link *was, const struct wr_mview_link *is)
{
	int64_t before = was != NULL ? was->count : 0, after = is != NULL ? is->count : 0;

	if (before > after)
		put_change(view, WENT, entry, was, NULL, (uint64_t)(before - after));
	else if (before < after)
		put_change(view, CAME, entry, NULL, is, (uint64_t)(after - before));
	else if (was->len != is->len || memcmp(was->bytes, is->bytes, was->len) != 0)
		put_change(view, CHANGED, entry, was, is, 1);
}

static void log_shift(struct wr_mview *view, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		view->log_bytes -= view->log[i]->changes.len;
		set_unref(view->log[i]);
	}
	if (count == 0)
		return;
	memmove(view->log, view->log + count, (view->log_count - count) * sizeof *view->log);
	view->log_count -= count;
	view->log_first += count;
}

/* What everybody has taken goes; beyond the bounds, more. */
static void log_trim(struct wr_mview *view)
{
	uint64_t least = UINT64_MAX;
	uint32_t count;

	for (struct wr_mview_subscription *one = view->subscriber; one != NULL; one = one->other)
		least = WR_MIN(least, one->next);
	count = least <= view->log_first
		    ? 0
		    : (uint32_t)WR_MIN(least - view->log_first, (uint64_t)view->log_count);
	if (count > 0)
		log_shift(view, count);
	while (view->log_count > 1 &&
	       (view->log_bytes > WR_MVIEW_LOG_MAX || view->log_count > SETS_MAX))
		log_shift(view, (view->log_count + 3) / 4);
}

void wr_mview_log_add(struct wr_mview *view, uint64_t version, int64_t watermark_ms)
{
	struct wr_mview_set *set = wr_calloc(1, sizeof *set);

	atomic_init(&set->refs, 1);
	set->version = version;
	set->watermark_ms = watermark_ms;
	wr_text_init(&set->changes);
	wr_text_add(&set->changes, wr_text_str(&view->change), view->change.len);
	wr_text_release(&view->change);
	if (view->log_count == 0)
		view->log_first = version;
	WR_ASSERT(view->log_first + view->log_count == version);
	if (view->log_count == view->log_capacity) {
		view->log_capacity = WR_MAX(16, 2 * view->log_capacity);
		view->log = wr_realloc(view->log, view->log_capacity * sizeof *view->log);
	}
	view->log[view->log_count++] = set;
	view->log_bytes += set->changes.len;
	log_trim(view);
}

void wr_mview_log_release(struct wr_mview *view)
{
	log_shift(view, view->log_count);
	wr_free(view->log);
	wr_text_release(&view->change);
}

void wr_mview_tell(struct wr_mview *view)
{
	pthread_cond_broadcast(&view->news);
	for (struct wr_mview_subscription *one = view->subscriber; one != NULL; one = one->other)
		if (one->wake != NULL)
			one->wake(one->own);
}

/* --- subscriptions ------------------------------------------------------------------------- */

struct wr_mview_subscription *wr_mview_subscribe(struct wr_mview *view, bool snapshot,
						 bool updates_before, void (*wake)(void *own),
						 void *own)
{
	struct wr_mview_subscription *self = wr_calloc(1, sizeof *self);

	self->view = wr_mview_ref(view);
	self->updates_before = updates_before;
	self->wake = wake;
	self->own = own;
	self->cursor.shard_end = WR_MVIEW_SHARDS;
	wr_mview_output_init(&self->out, view, NULL, 0);
	pthread_mutex_lock(&view->write);
	if (snapshot && view->shown > 0)
		self->pin = wr_mview_pin(view, NULL);
	pthread_mutex_lock(&view->lock);
	self->snapshot = view->shown;
	self->watermark_ms = view->watermark_ms;
	self->next = view->shown + 1;
	self->other = view->subscriber;
	view->subscriber = self;
	view->subscribers++;
	pthread_mutex_unlock(&view->lock);
	pthread_mutex_unlock(&view->write);
	return self;
}

void wr_mview_unsubscribe(struct wr_mview_subscription *self)
{
	struct wr_mview_subscription **from;
	struct wr_mview *view;

	if (self == NULL)
		return;
	view = self->view;
	wr_mview_unpin(view, self->pin);
	pthread_mutex_lock(&view->lock);
	for (from = &view->subscriber; *from != self; from = &(*from)->other)
		;
	*from = self->other;
	view->subscribers--;
	if (view->subscriber == NULL)
		log_shift(view, view->log_count);
	pthread_mutex_unlock(&view->lock);
	set_unref(self->set);
	wr_mview_output_release(&self->out);
	wr_mview_unref(view);
	wr_free(self);
}

/* --- events -------------------------------------------------------------------------------- */

static void event_over(struct wr_mview_subscription *self, struct wr_mview_change *out,
		       enum wr_mview_event event, const char *why)
{
	self->over = true;
	out->event = event;
	out->why = why;
}

/* The next rows of the snapshot, or that it is whole. */
static wr_status *next_of_snapshot(struct wr_mview_subscription *self, struct wr_mview_change *out)
{
	wr_status *status =
	    wr_mview_read(self->view, self->pin, &self->cursor, &self->out, ROWS_MAX);

	if (status != NULL) {
		wr_status_free(status);
		event_over(self, out, WR_MVIEW_CUT,
			   "The reader took its snapshot so slowly that the rows were given up");
		return NULL;
	}
	out->batch = wr_mview_output_take(&self->out);
	out->event = WR_MVIEW_ROWS;
	if (out->batch != NULL)
		return NULL;
	wr_mview_unpin(self->view, self->pin);
	self->pin = NULL;
	out->event = WR_MVIEW_SHOWN;
	out->version = self->snapshot;
	out->watermark_ms = self->watermark_ms;
	return NULL;
}

/* Takes the set of the next version, when it is there. */
static void next_set(struct wr_mview_subscription *self, struct wr_mview_change *out)
{
	struct wr_mview *view = self->view;

	if (view->log_count > 0 && self->next < view->log_first) {
		view->cut++;
		event_over(self, out, WR_MVIEW_CUT,
			   "The reader was so slow that changes it had not taken were given up");
		return;
	}
	if (self->next < view->log_first + view->log_count) {
		self->set = view->log[self->next - view->log_first];
		atomic_fetch_add(&self->set->refs, 1);
		self->at = wr_text_str(&self->set->changes);
		self->next++;
		return;
	}
	if (view->dropped)
		event_over(self, out, WR_MVIEW_DROPPED,
			   "The materialized table was dropped or replaced");
}

static void add_row(struct wr_mview_subscription *self, uint8_t *kind, enum wr_row_kind what,
		    struct wr_str key, struct wr_str rest)
{
	kind[self->out.rows] = (uint8_t)what;
	wr_mview_output_add(&self->out, self->view, key, rest);
}

/* The rows of the change at *at; it may be given in parts. */
static void next_change(struct wr_mview_subscription *self, uint8_t *kind)
{
	const char *end = wr_text_str(&self->set->changes) + self->set->changes.len, *at = self->at;
	enum change what = (enum change) * at++;
	struct wr_str key, was = {0}, is = {0};
	uint64_t times;

	at = wr_varint_get_piece(at, end, &key);
	if (what != CAME)
		at = wr_varint_get_piece(at, end, &was);
	if (what != WENT)
		at = wr_varint_get_piece(at, end, &is);
	at = wr_varint_get(at, end, &times);
	WR_REQUIRE(at != NULL);
	times = self->again > 0 ? self->again : times;
	while (times > 0 && self->out.rows + 1 < ROWS_MAX) {
		if (what == WENT || (what == CHANGED && self->updates_before))
			add_row(self, kind, what == WENT ? WR_DELETE : WR_UPDATE_BEFORE, key, was);
		if (what != WENT)
			add_row(self, kind, what == CAME ? WR_INSERT : WR_UPDATE_AFTER, key, is);
		times--;
	}
	self->again = times;
	if (times == 0)
		self->at = at;
}

/* Rows of the set, or that it is whole. */
static void next_of_set(struct wr_mview_subscription *self, struct wr_mview_change *out)
{
	const char *end = wr_text_str(&self->set->changes) + self->set->changes.len;
	uint8_t kind[ROWS_MAX];

	while (self->at < end && self->out.rows + 1 < ROWS_MAX)
		next_change(self, kind);
	out->event = WR_MVIEW_ROWS;
	if (self->out.rows > 0) {
		uint32_t rows = self->out.rows;

		out->batch = wr_mview_output_take(&self->out);
		memcpy(wr_batch_kinds(out->batch), kind, rows);
		return;
	}
	out->event = WR_MVIEW_SHOWN;
	out->version = self->set->version;
	out->watermark_ms = self->set->watermark_ms;
	set_unref(self->set);
	self->set = NULL;
}

wr_status *wr_mview_next(struct wr_mview_subscription *self, int64_t timeout_ms,
			 struct wr_mview_change *out)
{
	struct timespec deadline = wr_deadline(timeout_ms * 1000);
	struct wr_mview *view = self->view;

	*out = (struct wr_mview_change){.event = WR_MVIEW_NOTHING};
	if (self->over)
		return NULL;
	if (self->pin != NULL)
		return next_of_snapshot(self, out);
	if (self->set == NULL) {
		pthread_mutex_lock(&view->lock);
		next_set(self, out);
		while (self->set == NULL && !self->over && timeout_ms != 0 &&
		       wr_cond_wait_until(&view->news, &view->lock, &deadline))
			next_set(self, out);
		pthread_mutex_unlock(&view->lock);
	}
	if (self->set != NULL)
		next_of_set(self, out);
	return NULL;
}
