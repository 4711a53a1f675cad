/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows of callbacks against a model that takes record by record, keeps all windows in one list
 * and looks through it for whatever is due next: random rows, out of order and late, through every
 * assigner, trigger and evictor by event time. The operator gets the same rows one by one with a
 * mark behind each, in random batches with marks now and then, as several workers, and saved and
 * loaded into a new one at marks: the rows that come out, and how many are late, must be the
 * model's.
 */
#include "../slow.h"
#include "user_op.h"

#define NONE       INT64_MIN
#define ROWS       240
#define KEYS       5
#define WORKERS    5
#define TIMERS     16
#define SEEDS      40
#define SEEDS_SLOW 12

/* --- the model --- */

struct melement {
	int64_t v, ts;
};

struct mwindow {
	int64_t k, start, end;
	struct melement *element;
	uint32_t count;
	int64_t n, sum; /* of the accumulator; n 0: none */
	int64_t seen;   /* what a count has counted */
	int64_t next;   /* of "every"; NONE: not set */
	int64_t timer[TIMERS];
	uint32_t timers;
	int64_t own; /* state of the own trigger */
	bool gone;
};

struct model {
	const struct weir_window *spec;
	enum weir_trigger_kind kind;
	uint64_t every_nth;
	bool purging, bounded;
	const struct weir_evictor *evictor;
	struct mwindow *window;
	uint32_t count;
	int64_t watermark;
	uint32_t late;
	struct wr_text *row;
	uint32_t rows;
};

static int64_t mgone(const struct model *m, const struct mwindow *w)
{
	return m->bounded ? w->end - 1 + m->spec->allowed_lateness_ms : INT64_MAX;
}

static void mremove(struct mwindow *w, uint32_t i)
{
	memmove(w->element + i, w->element + i + 1, (w->count - i - 1) * sizeof *w->element);
	w->count--;
}

static void mevict(struct model *m, struct mwindow *w, bool before)
{
	const struct weir_evictor *e = m->evictor;
	int64_t max = NONE;

	if (e == NULL || (e->kind != WEIR_EVICT_OWN && e->after == before))
		return;
	for (uint32_t i = 0; i < w->count; i++)
		max = WR_MAX(max, w->element[i].ts);
	for (uint32_t i = 0; i < w->count;) {
		bool out;

		if (e->kind == WEIR_EVICT_COUNT)
			out = w->count > e->count;
		else if (e->kind == WEIR_EVICT_TIME)
			out = w->element[i].ts <= max - e->ms;
		else
			out = w->element[i].v % (before ? 3 : 5) == 0;
		if (out)
			mremove(w, i);
		else
			i++;
	}
}

static void mshow(struct model *m, struct mwindow *w)
{
	int64_t n = w->n, value = w->sum;

	if (m->spec->accumulate == NULL) {
		if (w->count == 0)
			return;
		mevict(m, w, true);
		n = w->count;
		value = 7;
		for (uint32_t i = 0; i < w->count; i++)
			value = (value * 31 + w->element[i].v) % 1000003;
	} else if (w->n == 0) {
		return;
	}
	m->row = wr_realloc(m->row, (m->rows + 1) * sizeof *m->row);
	wr_text_init(&m->row[m->rows]);
	wr_text_printf(&m->row[m->rows++], "%lld | %lld | %lld | %lld | %lld | %lld",
		       (long long)w->k, (long long)w->start, (long long)w->end, (long long)n,
		       (long long)value, (long long)m->watermark);
	if (m->spec->accumulate == NULL)
		mevict(m, w, false);
}

static void mapply(struct model *m, struct mwindow *w, int result)
{
	if (m->purging && result == WEIR_FIRE)
		result = WEIR_FIRE_AND_PURGE;
	if (result & WEIR_FIRE)
		mshow(m, w);
	if (result & WEIR_PURGE) {
		w->count = 0;
		w->n = w->sum = 0;
	}
}

static void mset(struct mwindow *w, int64_t time)
{
	for (uint32_t i = 0; i < w->timers; i++)
		if (w->timer[i] == time)
			return;
	assert_true(w->timers < TIMERS);
	w->timer[w->timers++] = time;
}

static void mevery(struct model *m, struct mwindow *w, int64_t from)
{
	w->next = WR_MIN(from + m->spec->trigger->every_ms, w->end - 1);
	mset(w, w->next);
}

static int melement(struct model *m, struct mwindow *w, int64_t v, int64_t ts)
{
	const struct weir_trigger *t = m->spec->trigger;
	bool over = w->end - 1 <= m->watermark;

	switch (m->kind) {
	case WEIR_TRIGGER_EVENT_TIME:
		if (over) {
			if (t == NULL || t->late_count <= 1)
				return WEIR_FIRE;
			if (++w->seen < (int64_t)t->late_count)
				return WEIR_CONTINUE;
			w->seen = 0;
			return WEIR_FIRE;
		}
		mset(w, w->end - 1);
		if (t == NULL || t->early_count == 0 || ++w->seen < (int64_t)t->early_count)
			return WEIR_CONTINUE;
		w->seen = 0;
		return WEIR_FIRE;
	case WEIR_TRIGGER_COUNT:
		if (++w->seen < (int64_t)m->every_nth)
			return WEIR_CONTINUE;
		w->seen = 0;
		return WEIR_FIRE;
	case WEIR_TRIGGER_EVERY:
		if (over)
			return WEIR_FIRE;
		mset(w, w->end - 1);
		if (w->next == NONE)
			mevery(m, w, ts - ts % t->every_ms);
		return WEIR_CONTINUE;
	default:
		w->own += v;
		if (over)
			return WEIR_FIRE;
		mset(w, w->end - 1);
		mset(w, ts - ts % 5 + 5);
		if (w->own < 100)
			return WEIR_CONTINUE;
		w->own = 0;
		return WEIR_FIRE_AND_PURGE;
	}
}

static int mtimer(struct model *m, struct mwindow *w, int64_t time)
{
	switch (m->kind) {
	case WEIR_TRIGGER_EVENT_TIME:
		if (time != w->end - 1)
			return WEIR_CONTINUE;
		w->seen = 0;
		return WEIR_FIRE;
	case WEIR_TRIGGER_EVERY:
		if (time == w->end - 1)
			return WEIR_FIRE;
		if (w->next != time)
			return WEIR_CONTINUE;
		mevery(m, w, time);
		return WEIR_FIRE;
	case WEIR_TRIGGER_OWN:
		return time == w->end - 1 || time % 10 == 0 ? WEIR_FIRE : WEIR_CONTINUE;
	default: return WEIR_CONTINUE;
	}
}

/* Everything that is due up to the watermark, earliest first. */
static void madvance(struct model *m, int64_t watermark)
{
	for (;;) {
		struct mwindow *due = NULL;
		int64_t best = watermark;
		uint32_t at = UINT32_MAX; /* timer, or UINT32_MAX: it goes */

		for (uint32_t i = 0; i < m->count; i++) {
			struct mwindow *w = &m->window[i];

			for (uint32_t k = 0; !w->gone && k < w->timers; k++)
				if (w->timer[k] < best || (w->timer[k] <= best && due == NULL)) {
					due = w;
					best = w->timer[k];
					at = k;
				}
			if (!w->gone && mgone(m, w) < best) {
				due = w;
				best = mgone(m, w);
				at = UINT32_MAX;
			} else if (!w->gone && mgone(m, w) <= best && due == NULL && m->bounded) {
				due = w;
				best = mgone(m, w);
				at = UINT32_MAX;
			}
		}
		if (due == NULL)
			break;
		if (at == UINT32_MAX) {
			due->gone = true;
			continue;
		}
		due->timer[at] = due->timer[--due->timers];
		m->watermark = best;
		mapply(m, due, mtimer(m, due, best));
	}
	m->watermark = watermark;
}

static struct mwindow *mfind(struct model *m, int64_t k, int64_t start, int64_t end)
{
	struct mwindow *w;

	for (uint32_t i = 0; i < m->count; i++)
		if (!m->window[i].gone && m->window[i].k == k && m->window[i].start == start &&
		    m->window[i].end == end)
			return &m->window[i];
	m->window = wr_realloc(m->window, (m->count + 1) * sizeof *m->window);
	w = &m->window[m->count++];
	*w = (struct mwindow){.k = k, .start = start, .end = end, .next = NONE};
	return w;
}

static void madd(struct model *m, struct mwindow *w, const struct event *e)
{
	w->element = wr_realloc(w->element, (w->count + 1) * sizeof *w->element);
	if (m->spec->accumulate == NULL)
		w->element[w->count++] = (struct melement){e->v, e->ts};
	else
		w->n++, w->sum += e->v;
	mapply(m, w, melement(m, w, e->v, e->ts));
}

/* false: it is late for this window. */
static bool mput(struct model *m, const struct event *e, int64_t start, int64_t end)
{
	struct mwindow probe = {.end = end};

	if (m->bounded && mgone(m, &probe) <= m->watermark)
		return false;
	madd(m, mfind(m, e->k, start, end), e);
	return true;
}

/* `b` goes into the session before it. */
static void mmerge(struct mwindow *a, struct mwindow *b)
{
	a->element = wr_realloc(a->element, (a->count + b->count + 1) * sizeof *a->element);
	memcpy(a->element + a->count, b->element, b->count * sizeof *b->element);
	a->count += b->count;
	a->n += b->n;
	a->sum += b->sum;
	a->seen += b->seen;
	a->own += b->own;
	if (b->next != NONE)
		a->next = a->next == NONE ? b->next : WR_MIN(a->next, b->next);
	b->gone = true;
}

static int64_t session_gap(int64_t v)
{
	return v % 4 * 3 + 2;
}

static void msession(struct model *m, const struct event *e)
{
	int64_t start = e->ts;
	int64_t end = start + (m->spec->gap != NULL ? session_gap(e->v) : m->spec->gap_ms);
	struct mwindow *into = NULL, probe = {.end = end};
	int64_t from = start, to = end;
	bool changed = false;

	for (uint32_t i = 0; i < m->count; i++) {
		struct mwindow *w = &m->window[i];

		if (w->gone || w->k != e->k || w->start > end || w->end < start)
			continue;
		from = WR_MIN(from, w->start);
		to = WR_MAX(to, w->end);
	}
	for (;;) { /* in the order of their starts */
		struct mwindow *first = NULL;

		for (uint32_t i = 0; i < m->count; i++) {
			struct mwindow *w = &m->window[i];

			if (w->gone || w == into || w->k != e->k || w->start > end ||
			    w->end < start)
				continue;
			if (first == NULL || w->start < first->start)
				first = w;
		}
		if (first == NULL)
			break;
		if (into == NULL) {
			into = first;
			start = WR_MIN(start, into->start);
			continue;
		}
		changed = true;
		mmerge(into, first);
	}
	if (into == NULL) {
		if (mgone(m, &probe) <= m->watermark) {
			m->late++;
			return;
		}
		madd(m, mfind(m, e->k, start, end), e);
		return;
	}
	if (changed || into->start != from || into->end != to) {
		into->start = from;
		into->end = to;
		into->timers = 0;
		if (m->kind == WEIR_TRIGGER_OWN ||
		    (m->kind == WEIR_TRIGGER_EVENT_TIME && to - 1 > m->watermark))
			mset(into, to - 1);
		if (m->kind == WEIR_TRIGGER_EVERY && into->next != NONE)
			mset(into, into->next);
	}
	madd(m, into, e);
}

static int own_windows(int64_t ts, struct weir_span *span)
{
	span[0] = (struct weir_span){ts - ts % 7, ts - ts % 7 + 7};
	span[1] = (struct weir_span){ts - ts % 20, ts - ts % 20 + 20};
	return ts % 3 == 0 ? 2 : 1;
}

static void mrow(struct model *m, const struct event *e)
{
	const struct weir_window *s = m->spec;
	struct weir_span span[2];
	bool any = false, some = false;
	int64_t start;

	madvance(m, e->watermark);
	switch (s->assigner) {
	case WEIR_TUMBLING:
	case WEIR_SLIDING: {
		int64_t slide = s->assigner == WEIR_TUMBLING ? s->size_ms : s->slide_ms;

		for (start = e->ts; e->ts < start + s->size_ms; start--)
			if ((start - s->offset_ms) % slide == 0) {
				some = true;
				any = mput(m, e, start, start + s->size_ms) || any;
			}
		any = any || (!some && e->ts + s->allowed_lateness_ms > m->watermark);
		break;
	}
	case WEIR_SESSION: msession(m, e); return;
	case WEIR_ASSIGN:
		for (int i = 0, n = own_windows(e->ts, span); i < n; i++)
			any = mput(m, e, span[i].start, span[i].end) || any;
		break;
	default: any = mput(m, e, INT64_MIN, INT64_MAX);
	}
	m->late += !any;
}

static void model_init(struct model *m, const struct weir_window *spec)
{
	static const struct weir_evictor last5 = {.kind = WEIR_EVICT_COUNT, .count = 5};

	*m = (struct model){.spec = spec, .evictor = spec->evictor, .watermark = NONE};
	m->bounded = spec->assigner != WEIR_COUNT && spec->assigner != WEIR_GLOBAL;
	m->kind = WEIR_TRIGGER_EVENT_TIME;
	if (spec->assigner == WEIR_COUNT) {
		m->kind = WEIR_TRIGGER_COUNT;
		m->every_nth = spec->count_slide > 0 ? spec->count_slide : spec->count;
		m->purging = m->every_nth == spec->count;
		if (!m->purging)
			m->evictor = &last5;
	}
	if (spec->trigger != NULL && spec->trigger->kind != WEIR_TRIGGER_DEFAULT) {
		m->kind = spec->trigger->kind;
		m->every_nth = spec->trigger->count;
	}
	if (spec->trigger != NULL)
		m->purging = m->purging || spec->trigger->purging;
}

static void model_release(struct model *m)
{
	for (uint32_t i = 0; i < m->count; i++)
		wr_free(m->window[i].element);
	for (uint32_t i = 0; i < m->rows; i++)
		wr_text_release(&m->row[i]);
	wr_free(m->window);
	wr_free(m->row);
}

/* --- the callbacks --- */

struct total {
	int64_t n, sum;
};

static int64_t get(const struct weir_row *row, uint32_t column)
{
	int64_t value = -1;

	if (column == 2)
		assert_true(weir_get_timestamp(row, 2, &value, NULL));
	else
		assert_true(weir_get_i64(row, column, &value));
	return value;
}

static int accumulate(void *user, struct weir_context *context, void *accumulator,
		      const struct weir_row *row)
{
	struct total *total = accumulator;

	(void)user;
	assert_int_equal(get(row, 0), get(weir_key(context), 0));
	assert_int_equal(weir_timestamp(context), get(row, 2));
	total->n++;
	total->sum += get(row, 1);
	return 0;
}

static void merge_totals(void *user, void *into, const void *from)
{
	(void)user;
	((struct total *)into)->n += ((const struct total *)from)->n;
	((struct total *)into)->sum += ((const struct total *)from)->sum;
}

static int put(struct weir_context *context, const struct weir_span *window, int64_t n,
	       int64_t value)
{
	struct weir_appender *out = weir_output(context);

	weir_append_i64(out, get(weir_key(context), 0));
	weir_append_i64(out, window->start);
	weir_append_i64(out, window->end);
	weir_append_i64(out, n);
	weir_append_i64(out, value);
	weir_append_i64(out, weir_now(context, WEIR_EVENT_TIME));
	weir_append_end(out);
	return 0;
}

static int result(void *user, struct weir_context *context, const struct weir_span *window,
		  const void *accumulator)
{
	const struct total *total = accumulator;

	(void)user;
	return put(context, window, total->n, total->sum);
}

static int process(void *user, struct weir_context *context, const struct weir_span *window,
		   struct weir_elements *elements)
{
	const struct weir_row *row;
	int64_t value = 7;
	uint64_t at = 0, n = 0;

	(void)user;
	while ((row = weir_elements_next(elements, &at)) != NULL) {
		value = (value * 31 + get(row, 1)) % 1000003;
		assert_int_equal(weir_elements_time(elements, at - 1), get(row, 2));
		n++;
	}
	assert_int_equal(n, weir_elements_count(elements));
	return put(context, window, (int64_t)n, value);
}

static int evict(void *user, struct weir_context *context, struct weir_elements *elements,
		 const struct weir_span *window, bool before)
{
	const struct weir_row *row;
	uint64_t at = 0;

	(void)user;
	(void)context;
	(void)window;
	while ((row = weir_elements_next(elements, &at)) != NULL)
		if (get(row, 1) % (before ? 3 : 5) == 0)
			weir_elements_remove(elements, at - 1);
	return 0;
}

static int64_t gap(void *user, const struct weir_row *row)
{
	(void)user;
	return session_gap(get(row, 1));
}

static int assign(void *user, const struct weir_row *row, int64_t time_ms,
		  struct weir_span *windows, uint32_t max)
{
	(void)user;
	assert_true(max >= 2);
	assert_int_equal(time_ms, get(row, 2));
	return own_windows(time_ms, windows);
}

static int own_element(void *user, struct weir_context *context, const struct weir_row *row,
		       const struct weir_span *window)
{
	int64_t v = get(row, 1), ts = get(row, 2), *sum;

	(void)user;
	weir_state_add(context, 0, &v);
	if (window->end - 1 <= weir_now(context, WEIR_EVENT_TIME))
		return WEIR_FIRE;
	weir_timer_set(context, WEIR_EVENT_TIME, window->end - 1);
	weir_timer_set(context, WEIR_EVENT_TIME, ts - ts % 5 + 5);
	sum = weir_state_get(context, 0);
	if (*sum < 100)
		return WEIR_CONTINUE;
	weir_state_clear(context, 0);
	return WEIR_FIRE_AND_PURGE;
}

static int own_timer(void *user, struct weir_context *context, int64_t time_ms, enum weir_time time,
		     const struct weir_span *window)
{
	(void)user;
	assert_int_equal(time, WEIR_EVENT_TIME);
	assert_int_equal(weir_now(context, WEIR_EVENT_TIME), time_ms);
	return time_ms == window->end - 1 || time_ms % 10 == 0 ? WEIR_FIRE : WEIR_CONTINUE;
}

static int own_merged(void *user, struct weir_context *context, const struct weir_span *window)
{
	(void)user;
	weir_timer_set(context, WEIR_EVENT_TIME, window->end - 1);
	return 0;
}

static void add_longs(void *self, void *into, const void *value)
{
	(void)self;
	*(int64_t *)into += *(const int64_t *)value;
}

/* --- running --- */

static struct wr_field total_field[2] = {{"n", &WR_T_BIGINT}, {"sum", &WR_T_BIGINT}};
static uint32_t total_offset[2] = {0, 8};

static void case_init(struct user_case *one, const struct weir_window *spec,
		      struct wr_user_state *state)
{
	uint32_t states = 0;

	user_case_init(one, WR_U_WINDOW, 1, 6);
	one->user.u.window = *spec;
	if (spec->trigger != NULL && spec->trigger->kind == WEIR_TRIGGER_OWN)
		state[states++] = (struct wr_user_state){
		    .given = {.name = "sum", .kind = WEIR_REDUCING, .reduce = add_longs},
		    .value = {.schema = {1, total_field}, .offset = total_offset, .size = 8}};
	if (spec->accumulate != NULL)
		state[states++] = (struct wr_user_state){
		    .given = {.name = "accumulator", .kind = WEIR_VALUE},
		    .value = {.schema = {2, total_field}, .offset = total_offset, .size = 16}};
	one->user.state = state;
	one->user.state_count = states;
}

/* How rows are fed. */
struct way {
	const char *name;
	uint32_t batch;   /* rows at most */
	uint32_t marks;   /* one in so many rows has one behind it */
	uint32_t workers; /* keys go to them by k % workers */
	bool restore;     /* all is saved and loaded at marks */
};

static const struct way ways[] = {{"one by one", 1, 1, 1, false},
				  {"batches", 16, 30, 1, false},
				  {"one batch", 4096, 100000, 1, false},
				  {"workers", 13, 20, WORKERS, false},
				  {"restored", 11, 12, 1, true}};

static void restore(struct user_case *one, struct fed_op *fed)
{
	struct saved_op saved;
	struct wr_op *old = fed->op;

	save_op(&saved, old);
	must(wr_op_new(&one->node, &one->plan.env, &fed->op));
	fed->op->out = old->out;
	load_op(&saved, fed->op);
	same_kept("restored", 0, "loaded", &saved, fed->op);
	saved_release(&saved);
	wr_op_free(old);
}

/* Feeds the rows that belong to a worker. */
static void run_worker(struct user_case *one, struct fed_op *fed, const struct way *way,
		       uint32_t worker, const struct event *event, const uint8_t *mark)
{
	struct event batch[ROWS];
	uint32_t count = 0;

	fed_open(fed, &one->plan);
	for (uint32_t i = 0; i < ROWS; i++) {
		if (event[i].k % way->workers == worker)
			batch[count++] = event[i];
		if (count > 0 && (count == way->batch || mark[i])) {
			must(feed(fed, 0, batch, count));
			count = 0;
		}
		if (mark[i]) {
			feed_mark(fed, event[i + 1].watermark, false);
			if (way->restore)
				restore(one, fed);
		}
	}
	if (count > 0)
		must(feed(fed, 0, batch, count));
	feed_mark(fed, 0, true);
}

static void compare(const char *name, const struct way *way, uint64_t seed, struct model *m,
		    struct wr_text *row, uint32_t rows)
{
	sort_texts(m->row, m->rows);
	sort_texts(row, rows);
	for (uint32_t i = 0; i < WR_MAX(rows, m->rows); i++)
		if (i >= rows || i >= m->rows || compare_texts(&row[i], &m->row[i]) != 0)
			fail_msg("%s, %s, seed %llu: row %u of %u is %s, of the model's %u %s",
				 name, way->name, (unsigned long long)seed, i, rows,
				 i < rows ? wr_text_str(&row[i]) : "not there", m->rows,
				 i < m->rows ? wr_text_str(&m->row[i]) : "not there");
}

static void run_way(const char *name, const struct weir_window *spec, const struct way *way,
		    uint64_t seed, struct model *m, const struct event *event)
{
	struct wr_user_state state[2];
	struct wr_text row[20000];
	uint8_t mark[ROWS];
	struct user_case one;
	uint64_t random = seed * 77 + 5;
	uint32_t rows = 0;

	case_init(&one, spec, state);
	for (uint32_t i = 0; i < ROWS; i++)
		mark[i] = below(&random, way->marks) == 0;
	for (uint32_t w = 0; w < way->workers; w++) {
		struct fed_op fed;

		run_worker(&one, &fed, way, w, event, mark);
		for (uint32_t i = 0; i < fed.count; i++) {
			assert_true(rows < WR_COUNT(row));
			wr_text_init(&row[rows]);
			wr_text_puts(&row[rows++], strstr(wr_text_str(&fed.row[i]), " | ") + 3);
		}
		if (spec->assigner != WEIR_COUNT && spec->assigner != WEIR_GLOBAL) {
			struct saved_op saved;

			save_op(&saved, fed.op); /* nothing is left but the clocks */
			assert_int_equal(saved.count, 1);
			saved_release(&saved);
		}
		fed_close(&fed);
	}
	compare(name, way, seed, m, row, rows);
	assert_int_equal(one.plan.late, m->late);
	assert_int_equal(one.plan.errors, 0);
	for (uint32_t i = 0; i < rows; i++)
		wr_text_release(&row[i]);
}

static void random_events(uint64_t *random, struct event *event)
{
	int64_t now = 100, most = NONE, delay = below(random, 8);

	for (uint32_t i = 0; i <= ROWS; i++) {
		int64_t back = below(random, 6) == 0 ? below(random, 40) : below(random, 6);

		now += below(random, 5) == 0 ? below(random, 15) : below(random, 3);
		event[i] = (struct event){.k = below(random, KEYS),
					  .v = below(random, 30),
					  .ts = WR_MAX(now - back, 0),
					  .watermark = most == NONE ? NONE : most - delay};
		most = WR_MAX(most, event[i].ts);
	}
}

static void run(const char *name, const struct weir_window *spec)
{
	uint64_t fired = 0, late = 0, seeds = is_slow() ? SEEDS_SLOW : SEEDS;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct event event[ROWS + 1];
		uint64_t random = seed;
		struct model m;

		random_events(&random, event);
		model_init(&m, spec);
		for (uint32_t i = 0; i < ROWS; i++)
			mrow(&m, &event[i]);
		madvance(&m, WR_WATERMARK_MAX);
		for (uint32_t w = 0; w < WR_COUNT(ways); w++)
			run_way(name, spec, &ways[w], seed, &m, event);
		fired += m.rows;
		late += m.late;
		model_release(&m);
	}
	assert_true(fired > 100);
	if (spec->assigner == WEIR_TUMBLING)
		assert_true(late > 10);
}

/* tumbling */
static void test_0(void **state)
{
	struct weir_window spec = {.assigner = WEIR_TUMBLING, .name = "w", .size_ms = 10};

	(void)state;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("tumbling", &spec);
}

/* tumbling, late rows allowed */
static void test_1(void **state)
{
	struct weir_window spec = {
	    .assigner = WEIR_TUMBLING, .name = "w", .size_ms = 10, .allowed_lateness_ms = 7};

	(void)state;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("tumbling, late rows allowed", &spec);
}

/* tumbling, purging */
static void test_2(void **state)
{
	static const struct weir_trigger trigger = {.purging = true};
	struct weir_window spec = {.assigner = WEIR_TUMBLING,
				   .name = "w",
				   .size_ms = 12,
				   .offset_ms = 5,
				   .allowed_lateness_ms = 9};

	(void)state;
	spec.trigger = &trigger;
	spec.process = process;
	run("tumbling, purging", &spec);
}

/* sliding */
static void test_3(void **state)
{
	struct weir_window spec = {
	    .assigner = WEIR_SLIDING, .name = "w", .size_ms = 12, .slide_ms = 5, .offset_ms = 1};

	(void)state;
	spec.process = process;
	run("sliding", &spec);
}

/* sliding, late rows allowed, count */
static void test_4(void **state)
{
	static const struct weir_trigger trigger = {.kind = WEIR_TRIGGER_COUNT, .count = 3};
	struct weir_window spec = {.assigner = WEIR_SLIDING,
				   .name = "w",
				   .size_ms = 20,
				   .slide_ms = 4,
				   .allowed_lateness_ms = 6};

	(void)state;
	spec.trigger = &trigger;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("sliding, late rows allowed, count", &spec);
}

/* sliding with holes */
static void test_5(void **state)
{
	struct weir_window spec = {
	    .assigner = WEIR_SLIDING, .name = "w", .size_ms = 3, .slide_ms = 5};

	(void)state;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("sliding with holes", &spec);
}

/* sessions */
static void test_6(void **state)
{
	struct weir_window spec = {.assigner = WEIR_SESSION, .name = "w", .gap_ms = 6};

	(void)state;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("sessions", &spec);
}

/* sessions, late rows allowed */
static void test_7(void **state)
{
	struct weir_window spec = {
	    .assigner = WEIR_SESSION, .name = "w", .gap_ms = 4, .allowed_lateness_ms = 8};

	(void)state;
	spec.process = process;
	run("sessions, late rows allowed", &spec);
}

/* sessions, counting */
static void test_8(void **state)
{
	static const struct weir_trigger trigger = {.kind = WEIR_TRIGGER_COUNT, .count = 4};
	struct weir_window spec = {
	    .assigner = WEIR_SESSION, .name = "w", .gap_ms = 8, .allowed_lateness_ms = 3};

	(void)state;
	spec.trigger = &trigger;
	spec.process = process;
	run("sessions, counting", &spec);
}

/* sessions, every */
static void test_9(void **state)
{
	static const struct weir_trigger trigger = {.kind = WEIR_TRIGGER_EVERY, .every_ms = 7};
	struct weir_window spec = {.assigner = WEIR_SESSION, .name = "w", .gap_ms = 9};

	(void)state;
	spec.trigger = &trigger;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("sessions, every", &spec);
}

/* sessions of own gaps */
static void test_10(void **state)
{
	static const struct weir_trigger trigger = {.purging = true};
	struct weir_window spec = {
	    .assigner = WEIR_SESSION, .name = "w", .gap = gap, .allowed_lateness_ms = 2};

	(void)state;
	spec.trigger = &trigger;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("sessions of own gaps", &spec);
}

/* sessions, own trigger */
static void test_11(void **state)
{
	static const struct weir_trigger trigger = {.kind = WEIR_TRIGGER_OWN,
						    .element = own_element,
						    .timer = own_timer,
						    .merged = own_merged};
	struct weir_window spec = {
	    .assigner = WEIR_SESSION, .name = "w", .gap_ms = 7, .allowed_lateness_ms = 5};

	(void)state;
	spec.trigger = &trigger;
	spec.process = process;
	run("sessions, own trigger", &spec);
}

/* every */
static void test_12(void **state)
{
	static const struct weir_trigger trigger = {.kind = WEIR_TRIGGER_EVERY, .every_ms = 8};
	struct weir_window spec = {
	    .assigner = WEIR_TUMBLING, .name = "w", .size_ms = 30, .allowed_lateness_ms = 4};

	(void)state;
	spec.trigger = &trigger;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("every", &spec);
}

/* every, purging */
static void test_13(void **state)
{
	static const struct weir_trigger trigger = {
	    .kind = WEIR_TRIGGER_EVERY, .every_ms = 4, .purging = true};
	struct weir_window spec = {
	    .assigner = WEIR_SLIDING, .name = "w", .size_ms = 30, .slide_ms = 10};

	(void)state;
	spec.trigger = &trigger;
	spec.process = process;
	run("every, purging", &spec);
}

/* count */
static void test_14(void **state)
{
	struct weir_window spec = {.assigner = WEIR_COUNT, .name = "w", .count = 3};

	(void)state;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("count", &spec);
}

/* the last five */
static void test_15(void **state)
{
	struct weir_window spec = {
	    .assigner = WEIR_COUNT, .name = "w", .count = 5, .count_slide = 2};

	(void)state;
	spec.process = process;
	run("the last five", &spec);
}

/* global */
static void test_16(void **state)
{
	static const struct weir_trigger trigger = {
	    .kind = WEIR_TRIGGER_COUNT, .count = 4, .purging = true};
	struct weir_window spec = {
	    .assigner = WEIR_GLOBAL,
	    .name = "w",
	};

	(void)state;
	spec.trigger = &trigger;
	spec.process = process;
	run("global", &spec);
}

/* early and late */
static void test_17(void **state)
{
	static const struct weir_trigger trigger = {
	    .kind = WEIR_TRIGGER_EVENT_TIME, .early_count = 3, .late_count = 2};
	struct weir_window spec = {
	    .assigner = WEIR_TUMBLING, .name = "w", .size_ms = 25, .allowed_lateness_ms = 20};

	(void)state;
	spec.trigger = &trigger;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("early and late", &spec);
}

/* the last two */
static void test_18(void **state)
{
	static const struct weir_evictor evictor = {.kind = WEIR_EVICT_COUNT, .count = 2};
	struct weir_window spec = {
	    .assigner = WEIR_TUMBLING, .name = "w", .size_ms = 20, .allowed_lateness_ms = 10};

	(void)state;
	spec.evictor = &evictor;
	spec.process = process;
	run("the last two", &spec);
}

/* evicted by time, after */
static void test_19(void **state)
{
	static const struct weir_trigger trigger = {.kind = WEIR_TRIGGER_COUNT, .count = 2};
	static const struct weir_evictor evictor = {
	    .kind = WEIR_EVICT_TIME, .ms = 5, .after = true};
	struct weir_window spec = {
	    .assigner = WEIR_SLIDING, .name = "w", .size_ms = 24, .slide_ms = 8};

	(void)state;
	spec.trigger = &trigger;
	spec.evictor = &evictor;
	spec.process = process;
	run("evicted by time, after", &spec);
}

/* own evictor */
static void test_20(void **state)
{
	static const struct weir_evictor evictor = {.kind = WEIR_EVICT_OWN, .evict = evict};
	struct weir_window spec = {
	    .assigner = WEIR_SESSION, .name = "w", .gap_ms = 6, .allowed_lateness_ms = 6};

	(void)state;
	spec.evictor = &evictor;
	spec.process = process;
	run("own evictor", &spec);
}

/* own windows */
static void test_21(void **state)
{
	struct weir_window spec = {
	    .assigner = WEIR_ASSIGN, .name = "w", .assign = assign, .allowed_lateness_ms = 3};

	(void)state;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("own windows", &spec);
}

/* own trigger */
static void test_22(void **state)
{
	static const struct weir_trigger trigger = {
	    .kind = WEIR_TRIGGER_OWN, .element = own_element, .timer = own_timer};
	struct weir_window spec = {
	    .assigner = WEIR_TUMBLING, .name = "w", .size_ms = 18, .allowed_lateness_ms = 6};

	(void)state;
	spec.trigger = &trigger;
	spec.accumulate = accumulate;
	spec.merge = merge_totals;
	spec.result = result;
	run("own trigger", &spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_0),  cmocka_unit_test(test_1),  cmocka_unit_test(test_2),
	    cmocka_unit_test(test_3),  cmocka_unit_test(test_4),  cmocka_unit_test(test_5),
	    cmocka_unit_test(test_6),  cmocka_unit_test(test_7),  cmocka_unit_test(test_8),
	    cmocka_unit_test(test_9),  cmocka_unit_test(test_10), cmocka_unit_test(test_11),
	    cmocka_unit_test(test_12), cmocka_unit_test(test_13), cmocka_unit_test(test_14),
	    cmocka_unit_test(test_15), cmocka_unit_test(test_16), cmocka_unit_test(test_17),
	    cmocka_unit_test(test_18), cmocka_unit_test(test_19), cmocka_unit_test(test_20),
	    cmocka_unit_test(test_21), cmocka_unit_test(test_22),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
