/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows of callbacks, results worked out by hand: by the clock (which the test moves), at the end
 * of the input, states of a trigger when sessions merge, windows that never go, callbacks that
 * fail, descriptions that cannot be.
 */
#include "user_op.h"

#include "op/user_window.h"

static int64_t clock_ms;

static int64_t fake_us(struct wr_env *env)
{
	(void)env;
	return clock_ms * 1000;
}

static struct wr_env *fake_env(void)
{
	static struct wr_env_ops ops;
	static struct wr_env env = {&ops};

	ops = *wr_env_system()->ops;
	ops.mono_us = fake_us;
	ops.wall_us = fake_us;
	return &env;
}

static int64_t get(const struct weir_row *row, uint32_t column)
{
	int64_t value = -1;

	assert_true(weir_get_i64(row, column, &value));
	return value;
}

/* Start, end, how many, and their values one behind the other. */
static int show(void *user, struct weir_context *context, const struct weir_span *window,
		struct weir_elements *elements)
{
	struct weir_appender *out = weir_output(context);
	const struct weir_row *row;
	int64_t all = 0;
	uint64_t at = 0;

	(void)user;
	while ((row = weir_elements_next(elements, &at)) != NULL)
		all = all * 10 + get(row, 1);
	weir_append_i64(out, window->start);
	weir_append_i64(out, window->end);
	weir_append_i64(out, (int64_t)weir_elements_count(elements));
	weir_append_i64(out, all);
	weir_append_end(out);
	return 0;
}

struct window_case {
	struct user_case base;
	struct fed_op fed;
};

static void open_case(struct window_case *one, struct weir_window spec)
{
	user_case_init(&one->base, WR_U_WINDOW, 1, 4);
	spec.name = "test";
	if (spec.process == NULL)
		spec.process = show;
	one->base.user.u.window = spec;
	one->base.plan.env.env = fake_env();
	clock_ms = 1003;
	fed_open(&one->fed, &one->base.plan);
}

static void row(struct window_case *one, int64_t v, int64_t ts, int64_t watermark)
{
	struct event event = {.k = 1, .v = v, .ts = ts, .watermark = watermark};

	must(feed(&one->fed, 0, &event, 1));
}

static void tick(struct window_case *one, int64_t ms, const char *want)
{
	clock_ms = ms;
	feed_mark(&one->fed, WR_WATERMARK_MIN, false);
	expect_rows(&one->fed, true, want);
}

static void reload(struct window_case *one)
{
	struct saved_op saved;
	struct wr_op *old = one->fed.op;

	save_op(&saved, old);
	must(wr_op_new(&one->base.node, &one->base.plan.env, &one->fed.op));
	one->fed.op->out = old->out;
	load_op(&saved, one->fed.op);
	saved_release(&saved);
	wr_op_free(old);
}

static void test_clock(void **state)
{
	struct window_case one;

	(void)state;
	open_case(&one, (struct weir_window){.assigner = WEIR_TUMBLING,
					     .time = WEIR_PROCESSING_TIME,
					     .size_ms = 10});
	row(&one, 1, 5, WR_WATERMARK_MIN);
	row(&one, 2, 500, WR_WATERMARK_MIN);
	tick(&one, 1008, "");
	row(&one, 3, 7, 300);
	reload(&one);
	tick(&one, 1009, "1000 | 1010 | 3 | 123\n");
	clock_ms = 1010;
	row(&one, 4, 7, WR_WATERMARK_MIN);
	clock_ms = 1025; /* passed, but no mark has come: it fires before the row */
	row(&one, 5, 7, WR_WATERMARK_MIN);
	tick(&one, 1026, "1010 | 1020 | 1 | 4\n");
	feed_mark(&one.fed, 0, true); /* the last one is not lost */
	expect_rows(&one.fed, true, "1020 | 1030 | 1 | 5\n");
	assert_int_equal(one.base.plan.late, 0);
	fed_close(&one.fed);
}

static void test_clock_sessions(void **state)
{
	struct window_case one;

	(void)state;
	open_case(&one, (struct weir_window){
			    .assigner = WEIR_SESSION, .time = WEIR_PROCESSING_TIME, .gap_ms = 10});
	row(&one, 1, 5, 0);
	clock_ms = 1011;
	row(&one, 2, 5, 0);
	tick(&one, 1019, "");
	reload(&one);
	tick(&one, 1020, "1003 | 1021 | 2 | 12\n");
	row(&one, 3, 5, 0);
	tick(&one, 1029, "1020 | 1030 | 1 | 3\n");
	fed_close(&one.fed);
}

static void test_clock_every(void **state)
{
	static const struct weir_trigger every = {
	    .kind = WEIR_TRIGGER_EVERY, .time = WEIR_PROCESSING_TIME, .every_ms = 10};
	struct window_case one;

	(void)state;
	open_case(&one, (struct weir_window){.assigner = WEIR_GLOBAL, .trigger = &every});
	row(&one, 1, 5, 0);
	tick(&one, 1009, "");
	tick(&one, 1010, "-9223372036854775808 | 9223372036854775807 | 1 | 1\n");
	row(&one, 2, 5, 0);
	reload(&one);
	/* Once, however far the clock has gone on. */
	tick(&one, 1057, "-9223372036854775808 | 9223372036854775807 | 2 | 12\n");
	tick(&one, 1059, "");
	tick(&one, 1060, "-9223372036854775808 | 9223372036854775807 | 2 | 12\n");
	row(&one, 3, 5, 0);
	feed_mark(&one.fed, 0, true);
	expect_rows(&one.fed, true, "-9223372036854775808 | 9223372036854775807 | 3 | 123\n");
	fed_close(&one.fed);
}

static void test_early(void **state)
{
	static const struct weir_trigger early = {.kind = WEIR_TRIGGER_EVENT_TIME, .early_ms = 20};
	struct window_case one;

	(void)state;
	open_case(&one, (struct weir_window){.assigner = WEIR_TUMBLING,
					     .size_ms = 100,
					     .allowed_lateness_ms = 50,
					     .trigger = &early});
	row(&one, 1, 5, 0);
	tick(&one, 1022, "");
	tick(&one, 1023, "0 | 100 | 1 | 1\n");
	row(&one, 2, 99, 0);
	tick(&one, 1050, "0 | 100 | 2 | 12\n"); /* the next one is 1063 */
	reload(&one);
	tick(&one, 1062, "");
	tick(&one, 1063, "0 | 100 | 2 | 12\n");
	feed_mark(&one.fed, 99, false);
	expect_rows(&one.fed, true, "0 | 100 | 2 | 12\n");
	tick(&one, 2000, "");
	row(&one, 3, 98, 120); /* each late one shows it anew */
	row(&one, 4, 97, 148);
	row(&one, 5, 97, 149); /* too late */
	feed_mark(&one.fed, 149, false);
	expect_rows(&one.fed, true, "0 | 100 | 3 | 123\n0 | 100 | 4 | 1234\n");
	assert_int_equal(one.base.plan.late, 1);
	fed_close(&one.fed);
}

/* By event time without an end: what comes last is shown at the end, and the job does end. */
static void test_endless(void **state)
{
	static const struct weir_trigger every = {
	    .kind = WEIR_TRIGGER_EVERY, .time = WEIR_EVENT_TIME, .every_ms = 10};
	static const struct weir_trigger end = {.kind = WEIR_TRIGGER_EVENT_TIME};
	struct window_case one;

	(void)state;
	open_case(&one, (struct weir_window){.assigner = WEIR_GLOBAL, .trigger = &every});
	row(&one, 1, 5, 0);
	feed_mark(&one.fed, 23, false);
	expect_rows(&one.fed, true,
		    "-9223372036854775808 | 9223372036854775807 | 1 | 1\n"
		    "-9223372036854775808 | 9223372036854775807 | 1 | 1\n");
	row(&one, 2, 25, 23);
	feed_mark(&one.fed, 0, true);
	expect_rows(&one.fed, true, "-9223372036854775808 | 9223372036854775807 | 2 | 12\n");
	fed_close(&one.fed);
	open_case(&one, (struct weir_window){.assigner = WEIR_GLOBAL, .trigger = &end});
	row(&one, 1, 5, 0);
	row(&one, 2, 5, 1000);
	feed_mark(&one.fed, 5000, false);
	expect_rows(&one.fed, true, "");
	feed_mark(&one.fed, 0, true);
	expect_rows(&one.fed, true, "-9223372036854775808 | 9223372036854775807 | 2 | 12\n");
	fed_close(&one.fed);
}

static int assign_far(void *user, const struct weir_row *r, int64_t time_ms,
		      struct weir_span *windows, uint32_t max)
{
	(void)user;
	(void)r;
	(void)max;
	if (time_ms == 7)
		return 0;
	windows[0] = (struct weir_span){0, INT64_MAX - 3};
	windows[1] = (struct weir_span){0, 10};
	return 2;
}

/* With the lateness a window would go behind all time: it stays. */
static void test_far(void **state)
{
	struct window_case one;

	(void)state;
	open_case(&one, (struct weir_window){.assigner = WEIR_ASSIGN,
					     .assign = assign_far,
					     .allowed_lateness_ms = 100});
	row(&one, 1, 5, 0);
	row(&one, 2, 5, 200); /* late for one of its windows only */
	row(&one, 3, 7, 0);   /* in no window, and not late */
	feed_mark(&one.fed, 5000, false);
	expect_rows(&one.fed, true, "0 | 10 | 1 | 1\n");
	assert_int_equal(one.base.plan.late, 0);
	feed_mark(&one.fed, 0, true);
	expect_rows(&one.fed, true, "0 | 9223372036854775804 | 2 | 12\n");
	fed_close(&one.fed);
}

/* --- a trigger's states when sessions merge --- */

static void add_longs(void *self, void *into, const void *value)
{
	assert_string_equal(self, "mine");
	*(int64_t *)into += *(const int64_t *)value;
}

static int state_element(void *user, struct weir_context *context, const struct weir_row *r,
			 const struct weir_span *window)
{
	int64_t v = get(r, 1), at = 2000 + v;

	(void)user;
	(void)window;
	*(int64_t *)weir_state_make(context, 0) = v;
	weir_state_add(context, 1, &v);
	weir_state_add(context, 2, &v);
	*(int64_t *)weir_map_put(context, 3, &v) = v;
	weir_timer_set(context, WEIR_PROCESSING_TIME, at);
	return WEIR_CONTINUE;
}

static uint32_t timers;

static int state_timer(void *user, struct weir_context *context, int64_t time_ms,
		       enum weir_time time, const struct weir_span *window)
{
	(void)user;
	(void)context;
	(void)window;
	assert_int_equal(time, WEIR_PROCESSING_TIME);
	timers = timers * 100 + (uint32_t)(time_ms - 2000);
	return WEIR_CONTINUE;
}

/* Tells all four as a row. */
static int state_merged(void *user, struct weir_context *context, const struct weir_span *window)
{
	struct weir_appender *out = weir_output(context);
	int64_t list = 0;

	assert_string_equal(user, "mine");
	for (uint32_t i = 0; i < weir_state_count(context, 1); i++)
		list = list * 10 + *(int64_t *)weir_list_at(context, 1, i);
	weir_append_i64(out, *(int64_t *)weir_state_get(context, 0));
	weir_append_i64(out, list);
	weir_append_i64(out, *(int64_t *)weir_state_get(context, 2));
	weir_append_i64(out, weir_state_count(context, 3));
	weir_append_end(out);
	weir_timer_set(context, WEIR_PROCESSING_TIME, 2050);
	weir_timer_set(context, WEIR_PROCESSING_TIME, 2060);
	weir_timer_delete(context, WEIR_PROCESSING_TIME, 2060);
	return window->end > window->start ? 0 : -1;
}

static void test_states(void **state)
{
	static struct wr_field field[1] = {{"v", &WR_T_BIGINT}};
	static uint32_t offset[1] = {0};
	static const enum weir_state_kind kinds[] = {WEIR_VALUE, WEIR_LIST, WEIR_REDUCING,
						     WEIR_MAP};
	static const char *const names[] = {"value", "list", "sum", "map"};
	static const struct weir_trigger own = {.kind = WEIR_TRIGGER_OWN,
						.element = state_element,
						.timer = state_timer,
						.merged = state_merged,
						.user = "mine"};
	struct wr_user_layout layout = {.schema = {1, field}, .offset = offset, .size = 8};
	struct wr_user_state states[4];
	struct window_case one;

	(void)state;
	open_case(&one,
		  (struct weir_window){.assigner = WEIR_SESSION, .gap_ms = 10, .trigger = &own});
	fed_close(&one.fed);
	for (uint32_t i = 0; i < 4; i++)
		states[i] = (struct wr_user_state){
		    .given = {.name = names[i], .kind = kinds[i], .reduce = add_longs},
		    .value = layout,
		    .key = layout};
	one.base.user.state = states;
	one.base.user.state_count = 4;
	fed_open(&one.fed, &one.base.plan);
	timers = 0;
	row(&one, 1, 100, 0);
	row(&one, 2, 140, 0);
	row(&one, 3, 121, 0);
	row(&one, 4, 111, 0); /* 111 to 121 touches the third one alone */
	expect_rows(&one.fed, true, "");
	feed_mark(&one.fed, 0, false);
	expect_rows(&one.fed, true, "3 | 3 | 3 | 1\n");
	reload(&one);
	row(&one, 5, 131, 0); /* 111..131 and 140..150 */
	row(&one, 6, 110, 0); /* and the first one */
	feed_mark(&one.fed, 0, false);
	expect_rows(&one.fed, true, "2 | 342 | 9 | 1\n5 | 13425 | 15 | 2\n");
	tick(&one, 2100, "");
	assert_int_equal(timers, 650); /* 2006 and 2050 */
	feed_mark(&one.fed, 0, true);
	expect_rows(&one.fed, true, "");
	fed_close(&one.fed);
}

/* --- what goes wrong --- */

static int fails(void *user, struct weir_context *context, const struct weir_span *window,
		 struct weir_elements *elements)
{
	(void)user;
	(void)window;
	weir_elements_remove(elements, 0);
	return weir_fail(context, "no luck");
}

static int bad_trigger(void *user, struct weir_context *context, const struct weir_row *r,
		       const struct weir_span *window)
{
	(void)user;
	(void)context;
	(void)r;
	(void)window;
	return 17;
}

static void test_failures(void **state)
{
	static const struct weir_trigger own = {.kind = WEIR_TRIGGER_OWN, .element = bad_trigger};
	struct event event = {.k = 1, .v = 1, .ts = 5};
	struct window_case one;
	wr_status *status;

	(void)state;
	open_case(&one, (struct weir_window){.assigner = WEIR_COUNT, .count = 1, .process = fails});
	status = feed(&one.fed, 0, &event, 1);
	assert_non_null(status);
	assert_string_equal(status->text,
			    "Window 'test': elements are removed outside of an evictor");
	wr_status_free(status);
	fed_close(&one.fed);
	open_case(&one,
		  (struct weir_window){.assigner = WEIR_TUMBLING, .size_ms = 10, .trigger = &own});
	status = feed(&one.fed, 0, &event, 1);
	assert_non_null(status);
	assert_non_null(strstr(status->text, "'test', trigger failed"));
	wr_status_free(status);
	fed_close(&one.fed);
}

static void refused(struct weir_window spec, bool has_time, const char *want)
{
	wr_status *status;

	spec.name = "w";
	if (spec.process == NULL && spec.accumulate == NULL)
		spec.process = show;
	status = wr_uw_check(&spec, has_time);
	assert_non_null(status);
	assert_string_equal(status->text, want);
	wr_status_free(status);
}

static void test_refused(void **state)
{
	static const struct weir_evictor last = {.kind = WEIR_EVICT_COUNT, .count = 1};
	static const struct weir_evictor nothing = {.kind = WEIR_EVICT_OWN};
	static const struct weir_trigger none = {.kind = WEIR_TRIGGER_COUNT};
	struct weir_window folded = {.assigner = WEIR_TUMBLING,
				     .size_ms = 1,
				     .accumulate =
					 (int (*)(void *, struct weir_context *, void *,
						  const struct weir_row *))(void (*)(void))show};

	(void)state;
	refused((struct weir_window){.assigner = WEIR_TUMBLING}, true,
		"Window 'w': size_ms is not positive");
	refused((struct weir_window){.assigner = WEIR_TUMBLING, .size_ms = 1}, false,
		"Window 'w': the stream has no event time");
	refused((struct weir_window){.assigner = WEIR_SLIDING, .size_ms = 5}, true,
		"Window 'w': slide_ms is not positive");
	refused((struct weir_window){.assigner = WEIR_SESSION}, true,
		"Window 'w': gap_ms is not positive");
	refused((struct weir_window){.assigner = WEIR_COUNT}, true, "Window 'w': count is 0");
	refused((struct weir_window){.assigner = WEIR_GLOBAL}, true,
		"Window 'w': it never ends and has no trigger");
	refused((struct weir_window){.assigner = WEIR_GLOBAL, .trigger = &none}, true,
		"Window 'w': the trigger's count is 0");
	refused((struct weir_window){.assigner = WEIR_COUNT, .count = 1, .evictor = &nothing}, true,
		"Window 'w': its own evictor has no callback `evict`");
	refused(folded, true, "Window 'w': it needs `result` with `accumulate`");
	folded.result = (int (*)(void *, struct weir_context *, const struct weir_span *,
				 const void *))(void (*)(void))show;
	folded.evictor = &last;
	refused(folded, true, "Window 'w': elements cannot go out of an accumulator again");
	folded.evictor = NULL;
	folded.assigner = WEIR_SESSION;
	folded.gap_ms = 1;
	refused(folded, true, "Window 'w': sessions merge, and their accumulators cannot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clock),       cmocka_unit_test(test_clock_sessions),
	    cmocka_unit_test(test_clock_every), cmocka_unit_test(test_early),
	    cmocka_unit_test(test_endless),     cmocka_unit_test(test_far),
	    cmocka_unit_test(test_states),      cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
