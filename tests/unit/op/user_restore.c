/* SPDX-License-Identifier: Apache-2.0
 *
 * user_restore - what process functions remember: saved by checkpoints while they go on, loaded
 * again, damaged, and loaded by a later version of the program; and the calendar of timers beside a
 * plain list.
 */
#include "op/user_timers.h"
#include "state/manifest.h"
#include "state/schema.h"
#include "user_case.h"

/* --- a function that changes everything it has, by what its rows look like */

enum { NAMES, QUEUE, TABLE, SUM };

struct entry_key {
	int16_t small;
	struct weir_bytes name;
};
struct queued {
	struct weir_bytes bytes;
	bool even;
};

static void add_up(void *self, void *into, const void *value)
{
	*(double *)into += *(const double *)value;
}

static struct weir_state states[] = {
    [NAMES] = {.size = sizeof(struct weir_state),
	       .name = "names",
	       .kind = WEIR_VALUE,
	       .columns = "a STRING, n INT, b BYTES",
	       .value_size = 40},
    [QUEUE] = {.size = sizeof(struct weir_state),
	       .name = "queue",
	       .kind = WEIR_LIST,
	       .columns = "`bytes` BYTES, even BOOLEAN",
	       .value_size = sizeof(struct queued)},
    [TABLE] = {.size = sizeof(struct weir_state),
	       .name = "table",
	       .kind = WEIR_MAP,
	       .columns = "name STRING, `at` TIMESTAMP(3)",
	       .value_size = 24,
	       .key_columns = "small SMALLINT, name STRING",
	       .key_size = sizeof(struct entry_key)},
    [SUM] = {.size = sizeof(struct weir_state),
	     .name = "sum",
	     .kind = WEIR_REDUCING,
	     .columns = "x DOUBLE",
	     .value_size = 8,
	     .reduce = add_up},
};

struct names {
	struct weir_bytes a;
	int32_t n;
	struct weir_bytes b;
};
struct table_value {
	struct weir_bytes name;
	int64_t at;
};

static int say(struct weir_context *context, const char *format, ...)
{
	struct weir_appender *out = weir_output(context);
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	weir_append_value(out, weir_key(context), 0);
	weir_append_text(out, text);
	weir_append_end(out);
	return 0;
}

static void change_values(struct weir_context *context, uint32_t what, const char *bytes,
			  size_t len)
{
	struct names *names = weir_state_make(context, NAMES);
	double x = what;

	names->n += (int32_t)what;
	weir_state_bytes(context, NAMES, what % 2 == 0 ? &names->a : &names->b, bytes, len);
	weir_state_add(context, SUM, &x);
	if (what % 5 == 0)
		weir_state_clear(context, NAMES);
}

static void change_many(struct weir_context *context, uint32_t what, const char *bytes, size_t len)
{
	struct queued queued = {{bytes, len}, what % 2 == 0};
	struct entry_key key = {(int16_t)(what % 11), {bytes, len}};
	struct table_value *value;

	weir_state_add(context, QUEUE, &queued);
	if (weir_state_count(context, QUEUE) > 6)
		weir_list_remove(context, QUEUE, what % 3, 4);
	if (what % 3 == 0) {
		weir_map_remove(context, TABLE, &key);
		return;
	}
	value = weir_map_put(context, TABLE, &key);
	value->at += what;
	weir_state_bytes(context, TABLE, &value->name, bytes, len / 2);
}

static int change(void *self, struct weir_context *context, const struct weir_row *row)
{
	int64_t at = weir_timestamp(context);
	const char *bytes = "nothing";
	uint32_t what = (uint32_t)(at % 97);
	size_t len = 7;

	(void)weir_get_bytes(row, 1, &bytes, &len);
	what += (uint32_t)len;
	if (what % 4 == 0)
		weir_timer_set(context, WEIR_EVENT_TIME, at + what * 100 - 3000);
	if (what % 7 == 0)
		weir_timer_delete(context, WEIR_EVENT_TIME, at - at % 1000 + 4000);
	if (what % 6 == 0)
		weir_timer_set(context, WEIR_EVENT_TIME, at - at % 1000 + 4000);
	if (what % 3 == 0)
		change_values(context, what, bytes, len);
	else
		change_many(context, what, bytes, len);
	return 0;
}

static int show(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	const struct names *names = weir_state_get(context, NAMES);
	const double *sum = weir_state_get(context, SUM);
	uint32_t at = 0;
	const void *key;
	void *value;
	uint64_t total = 0;

	while (weir_map_next(context, TABLE, &at, &key, &value))
		total = total * 31 + (uint64_t)((const struct table_value *)value)->at +
			((const struct entry_key *)key)->name.size;
	say(context, "%lld: %d %.*s, %u queued, %u in the table %llu, %g", (long long)time_ms,
	    names != NULL ? names->n : -1, names != NULL ? (int)names->a.size : 0,
	    names != NULL && names->a.size > 0 ? names->a.data : "",
	    weir_state_count(context, QUEUE), weir_state_count(context, TABLE),
	    (unsigned long long)total, sum != NULL ? *sum : -1.0);
	if (time_ms % 3 == 0) {
		weir_state_clear(context, QUEUE);
		weir_state_clear(context, TABLE);
	}
	if (time_ms % 5 == 0)
		weir_state_clear(context, SUM);
	return 0;
}

static struct weir_process changer = {.size = sizeof changer,
				      .name = "changer",
				      .columns = "k BIGINT, said STRING",
				      .state = states,
				      .state_count = WR_COUNT(states),
				      .element = change,
				      .timer = show};

static void checkpoints_hold_everything(void **state)
{
	const char *given = getenv("WEIR_TEST_SEED");
	uint64_t first = given != NULL ? strtoull(given, NULL, 10) : 1;
	static const struct op_case one = {.name = "changer"};
	struct op_plan plan = {0};
	struct uc uc;

	uc_open(&uc, &changer, true, 1, false);
	plan.node = &uc.node;
	plan.env = (struct wr_op_env){.workers = 1,
				      .batch_rows_max = 16,
				      .max_parallelism = 128,
				      .zone_id = "UTC",
				      .backend = &wr_state_memory,
				      .track = true,
				      .env = &uc.clock.env,
				      .row_error = case_row_error,
				      .late = case_late,
				      .job = &plan};
	for (uint64_t seed = first; seed < first + (given != NULL ? 1 : 20); seed++)
		run_seed(&plan, &one, seed);
	uc_close(&uc);
}

/* --- another version of the program */

static int fill(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct names *names = weir_state_make(context, NAMES);
	struct queued queued = {{"bytes", 5}, true};
	struct entry_key key = {7, {"the name of a key", 17}};
	struct table_value *value = weir_map_put(context, TABLE, &key);

	names->n = 42;
	weir_state_bytes(context, NAMES, &names->a, "name", 4);
	weir_state_add(context, QUEUE, &queued);
	weir_state_add(context, QUEUE, &queued);
	weir_state_bytes(context, TABLE, &value->name, "v", 1);
	value->at = 99;
	weir_timer_set(context, WEIR_EVENT_TIME, 500);
	return 0;
}

struct names_now {
	struct weir_bytes added;
	struct weir_bytes a;
	double more;
};
struct queued_now {
	int64_t more;
	struct weir_bytes bytes;
};
struct table_now {
	int64_t at;
	int32_t more;
	struct weir_bytes name;
};

static struct weir_state states_now[] = {
    {.size = sizeof(struct weir_state),
     .name = "new",
     .kind = WEIR_VALUE,
     .columns = "x INT",
     .value_size = 4},
    {.size = sizeof(struct weir_state),
     .name = "table",
     .kind = WEIR_MAP,
     .columns = "`at` TIMESTAMP(3), more INT, name STRING",
     .value_size = sizeof(struct table_now),
     .key_columns = "small SMALLINT, name STRING",
     .key_size = sizeof(struct entry_key)},
    {.size = sizeof(struct weir_state),
     .name = "queue",
     .kind = WEIR_LIST,
     .columns = "more BIGINT, `bytes` BYTES",
     .value_size = sizeof(struct queued_now)},
    {.size = sizeof(struct weir_state),
     .name = "names",
     .kind = WEIR_VALUE,
     .columns = "added STRING, a STRING, more DOUBLE",
     .value_size = sizeof(struct names_now)},
};

static int show_now(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	struct entry_key key = {7, {"the name of a key", 17}};
	const struct names_now *names = weir_state_get(context, 3);
	const struct queued_now *queued = weir_list_at(context, 2, 1);
	const struct table_now *value = weir_map_get(context, 1, &key);

	assert_null(weir_state_get(context, 0));
	assert_int_equal(weir_state_count(context, 2), 2);
	return say(context, "%lld: '%.*s' '%.*s' %g, %lld '%.*s', %lld %d '%.*s'",
		   (long long)time_ms, (int)names->added.size, names->added.data,
		   (int)names->a.size, names->a.data, names->more, (long long)queued->more,
		   (int)queued->bytes.size, queued->bytes.data, (long long)value->at, value->more,
		   (int)value->name.size, value->name.data);
}

/* Loads all that one run's states have into those of another plan, as the runtime matches them. */
static void take_over(struct uc_run *from, struct uc_run *to, enum wr_fit expected)
{
	struct chain chain = {0};
	struct wr_arena arena;

	wr_arena_init(&arena);
	chain_begin(&chain, from->op[0], true);
	chain_step(&chain, from->op[0], SIZE_MAX);
	for (uint32_t k = 0; k < from->op[0]->kept_count; k++) {
		const struct wr_op_kept *old = &from->op[0]->kept[k], *now = &to->op[0]->kept[k];
		struct wr_saved_state saved, declared;
		const struct wr_state_fit *fit;
		uint32_t count;

		wr_saved_state_of(&arena, &old->decl, old->state == NULL, "op", "process", 1,
				  &saved);
		wr_saved_state_of(&arena, &now->decl, now->state == NULL, "op", "process", 1,
				  &declared);
		fit = wr_schema_match(&arena, &saved, 1, &declared, 1, &count);
		assert_int_equal(fit->fit, old->state != NULL ? expected : WR_FIT_KEPT);
		for (uint32_t i = 0; i < chain.count && fit->fit == WR_FIT_KEPT; i++) {
			const struct wr_snapshot_block *block = chain.block[i];

			if (block->state == k && old->state != NULL)
				must(wr_state_load(
				    now->state, block->kind,
				    (struct wr_str){block->bytes.data, block->bytes.len}, &fit->map,
				    NULL));
		}
	}
	must(to->op[0]->type->restored(to->op[0]));
	chain_release(&chain);
	wr_arena_release(&arena);
}

static void members_come_and_go(void **state)
{
	struct weir_process before = changer, now = changer;
	static const struct uc_row row = {5, 100, "", 0};
	struct uc uc, uc_now;
	struct uc_run run, run_now;
	struct wr_text text;

	wr_text_init(&text);
	before.element = fill;
	now.timer = show_now;
	now.state = states_now;
	now.state_count = WR_COUNT(states_now);
	uc_open(&uc, &before, true, 1, false);
	uc_open(&uc_now, &now, true, 1, false);
	uc_start(&run, &uc, 1, 4096, 100);
	uc_start(&run_now, &uc_now, 1, 4096, 100);
	must(uc_feed(&run, &row, 1));
	take_over(&run, &run_now, WR_FIT_KEPT);
	must(uc_end(&run_now));
	assert_string_equal(uc_lines(&run_now, &text), "5 500: '' 'name' 0, 0 'bytes', 99 0 'v'");
	uc_stop(&run_now);
	/* Another type is another member: that is not silently zero. */
	states_now[3].columns = "added STRING, a BYTES, more DOUBLE";
	uc_close(&uc_now);
	uc_open(&uc_now, &now, true, 1, false);
	uc_start(&run_now, &uc_now, 1, 4096, 100);
	take_over(&run, &run_now, WR_FIT_REBUILT);
	states_now[3].columns = "added STRING, a STRING, more DOUBLE";
	uc_stop(&run_now);
	uc_stop(&run);
	uc_close(&uc);
	uc_close(&uc_now);
	wr_text_release(&text);
}

/* --- the calendar */

#define SLOTS 50u

static void the_calendar_keeps_the_order(void **state)
{
	for (uint64_t given = 1; given <= 30; given++) {
		struct wr_timer_set set[SLOTS] = {0};
		uint64_t seed = given * 0x9e3779b97f4a7c15ull, now = wr_tick_of(1700000000000);
		struct wr_calendar calendar;
		struct wr_agg_pool *pool = wr_agg_pool_new();
		uint64_t popped = 0, set_in_all = 0, fired = 0, dropped = 0;

		wr_calendar_init(&calendar, 0, false);
		for (uint32_t step = 0; step < 4000; step++) {
			struct wr_timer_set *one = &set[below(&seed, SLOTS)];
			uint64_t tick = now + 1 + below(&seed, 1u << (1 + below(&seed, 16)));
			uint64_t due = 0, last = 0;
			uint8_t *slot;

			if (below(&seed, 4) > 0) {
				if (wr_timer_set_add(one, pool, tick))
					set_in_all++;
				wr_calendar_schedule(&calendar, (uint8_t *)one, tick);
			} else if (wr_timer_set_count(one) > 0) {
				tick = wr_timer_set_at(one, below(&seed, wr_timer_set_count(one)));
				assert_true(wr_timer_set_remove(one, pool, tick));
				dropped++;
			}
			if (below(&seed, 8) > 0)
				continue;
			now += below(&seed, 2000);
			while ((slot = wr_calendar_pop(&calendar, now, &due)) != NULL) {
				struct wr_timer_set *up = (struct wr_timer_set *)(void *)slot;

				assert_true(due >= last && due <= now);
				last = due;
				popped++;
				while (wr_timer_set_first(up) != 0 &&
				       wr_timer_set_first(up) <= due) {
					assert_int_equal(wr_timer_set_first(up), due);
					wr_timer_set_remove(up, pool, due);
					fired++;
				}
				if (wr_timer_set_first(up) != 0)
					wr_calendar_schedule(&calendar, slot,
							     wr_timer_set_first(up));
			}
			for (uint32_t i = 0; i < SLOTS; i++) /* nothing has been missed */
				assert_true(wr_timer_set_first(&set[i]) == 0 ||
					    wr_timer_set_first(&set[i]) > now);
		}
		for (uint32_t i = 0; i < SLOTS; i++) {
			for (uint32_t k = 1; k < wr_timer_set_count(&set[i]); k++)
				assert_true(wr_timer_set_at(&set[i], k) >
					    wr_timer_set_at(&set[i], k - 1));
			fired += wr_timer_set_count(&set[i]);
		}
		assert_int_equal(fired + dropped, set_in_all);
		assert_true(popped > 100);
		wr_calendar_release(&calendar);
		wr_agg_pool_free(pool);
	}
}

/* Entries that do not count are swept away. */
static void the_calendar_stays_small(void **state)
{
	struct wr_timer_set set[SLOTS] = {0};
	struct wr_calendar calendar;
	uint64_t tick = wr_tick_of(1000000000), due;
	uint32_t left = 0;

	wr_calendar_init(&calendar, 0, false);
	for (uint32_t i = 0; i < 1000000; i++) { /* each time an earlier one */
		struct wr_timer_set *one = &set[i % SLOTS];

		one->times = tick - i;
		wr_calendar_schedule(&calendar, (uint8_t *)one, tick - i);
	}
	assert_true(calendar.count < 200000);
	while (wr_calendar_pop(&calendar, tick, &due) != NULL)
		left++;
	assert_int_equal(left, SLOTS);
	wr_calendar_release(&calendar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(checkpoints_hold_everything),
	    cmocka_unit_test(members_come_and_go),
	    cmocka_unit_test(the_calendar_keeps_the_order),
	    cmocka_unit_test(the_calendar_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
