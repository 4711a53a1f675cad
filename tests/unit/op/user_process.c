/* SPDX-License-Identifier: Apache-2.0
 *
 * user_process - process functions: states of all kinds, timers, times to live, and that the answer
 * depends neither on batches nor on workers nor on a restore in between.
 *
 * The function carries out the commands that rows are, and says what it sees.
 */
#include "../state/spill_place.h"
#include "state/spill.h"
#include "user_case.h"

#define TEXT_MAX 64

enum { VALUE, LIST, MAP, SUM, MEAN, STATES };

struct note {
	int64_t n;
	struct weir_bytes name;
};
struct item {
	int32_t x;
	struct weir_bytes text;
};
struct map_key {
	int8_t a;
	struct weir_bytes tag;
	int32_t b;
};
struct mean {
	int64_t count;
	double sum;
};

static void add_sum(void *self, void *into, const void *value)
{
	*(int64_t *)into += *(const int64_t *)value;
}
static void add_mean(void *self, void *into, const void *value)
{
	struct mean *mean = into;

	mean->count++;
	mean->sum += (double)*(const int64_t *)value;
}

static struct weir_state states[STATES] = {
    [VALUE] = {.size = sizeof(struct weir_state),
	       .name = "note",
	       .kind = WEIR_VALUE,
	       .columns = "n BIGINT, name STRING",
	       .value_size = sizeof(struct note)},
    [LIST] = {.size = sizeof(struct weir_state),
	      .name = "items",
	      .kind = WEIR_LIST,
	      .columns = "x INT, `text` STRING",
	      .value_size = sizeof(struct item)},
    [MAP] = {.size = sizeof(struct weir_state),
	     .name = "counts",
	     .kind = WEIR_MAP,
	     .columns = "n BIGINT",
	     .value_size = sizeof(int64_t),
	     .key_columns = "a TINYINT, tag STRING, b INT",
	     .key_size = sizeof(struct map_key)},
    [SUM] = {.size = sizeof(struct weir_state),
	     .name = "total",
	     .kind = WEIR_REDUCING,
	     .columns = "total BIGINT",
	     .value_size = sizeof(int64_t),
	     .reduce = add_sum},
    [MEAN] = {.size = sizeof(struct weir_state),
	      .name = "mean",
	      .kind = WEIR_AGGREGATING,
	      .columns = "`count` BIGINT, `sum` DOUBLE",
	      .value_size = sizeof(struct mean),
	      .reduce = add_mean},
};

static int say(struct weir_context *context, const char *format, ...)
{
	struct weir_appender *out = weir_output(context);
	const struct weir_row *key = weir_key(context);
	char text[600];
	va_list args;
	int64_t k = 0;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (key != NULL && !weir_get_i64(key, 0, &k))
		return weir_fail(context, "the key is gone");
	weir_append_i64(out, k);
	weir_append_text(out, text);
	weir_append_end(out);
	return 0;
}

/* A text that is too long to be kept inline now and then. */
static size_t text_of(int64_t n, char *text)
{
	snprintf(text, TEXT_MAX,
		 n % 3 == 0   ? ""
		 : n % 3 == 1 ? "t%lld"
			      : "a text that is rather long: %lld",
		 (long long)n);
	return strlen(text);
}

static void list_command(struct weir_context *context, char verb, int64_t a, int64_t b)
{
	struct item item = {.x = (int32_t)a};
	char text[TEXT_MAX];
	size_t len;

	if (verb == '+') {
		item.text.size = text_of(a, text);
		item.text.data = text;
		weir_state_add(context, LIST, &item);
	} else if (verb == '*') { /* an element of its own */
		weir_state_add(context, LIST, weir_list_at(context, LIST, (uint32_t)a));
	} else if (verb == '-') {
		weir_list_remove(context, LIST, (uint32_t)a, (uint32_t)b);
	} else if (verb == '=') {
		struct item *there = weir_list_at(context, LIST, (uint32_t)a);

		if (there != NULL) {
			there->x = (int32_t)b;
			len = text_of(b, text);
			weir_state_bytes(context, LIST, &there->text, text, len);
		}
	} else {
		uint32_t count = weir_state_count(context, LIST);
		char all[500] = "";

		len = 0;
		for (uint32_t i = 0; i < count && len < 300; i++) {
			struct item *at = weir_list_at(context, LIST, i);

			len += (size_t)snprintf(all + len, sizeof all - len, " %d:%.*s", at->x,
						(int)at->text.size, at->text.data);
		}
		say(context, "list %u%s", count, all);
	}
}

static void map_command(struct weir_context *context, char verb, int64_t a, int64_t b)
{
	char text[TEXT_MAX];
	struct map_key key;

	memset(&key, (int)b, sizeof key); /* what lies between the members is not looked at */
	key.a = (int8_t)a;
	key.b = (int32_t)(a / 2);
	key.tag.size = text_of(a, text);
	key.tag.data = text;
	if (verb == '+') {
		*(int64_t *)weir_map_put(context, MAP, &key) += b;
	} else if (verb == '-') {
		say(context, "removed %d", weir_map_remove(context, MAP, &key));
	} else if (verb == '!') { /* all above b go, during an iteration */
		const void *at;
		uint32_t place = 0;
		void *value;

		while (weir_map_next(context, MAP, &place, &at, &value))
			if (*(int64_t *)value > b)
				weir_map_remove(context, MAP, at);
	} else if (verb == '=') {
		int64_t *value = weir_map_get(context, MAP, &key);

		say(context, "map of %lld is %lld", (long long)a,
		    value != NULL ? (long long)*value : -1);
	} else {
		uint32_t place = 0, n = weir_state_count(context, MAP);
		const void *at;
		void *value;
		int len = 0;
		char all[500] = "";

		while (weir_map_next(context, MAP, &place, &at, &value) && len < 400) {
			const struct map_key *k = at;

			len += snprintf(all + len, sizeof all - (size_t)len, " %d/%.*s/%d=%lld",
					k->a, (int)WR_MIN(k->tag.size, 9), k->tag.data, k->b,
					(long long)*(int64_t *)value);
		}
		say(context, "map %u%s", n, all);
	}
}

static void value_command(struct weir_context *context, char verb, int64_t a)
{
	struct note *note = weir_state_get(context, VALUE);
	char text[TEXT_MAX];
	size_t len;

	if (verb == '+') {
		note = weir_state_make(context, VALUE);
		note->n += a;
		len = text_of(note->n, text);
		weir_state_bytes(context, VALUE, &note->name, text, len);
	} else {
		say(context, note == NULL ? "value none" : "value %lld %.*s",
		    note == NULL ? 0 : (long long)note->n, note == NULL ? 0 : (int)note->name.size,
		    note == NULL ? "" : note->name.data);
	}
}

static int command(struct weir_context *context, const char *cmd)
{
	long long a = 0, b = 0;
	char what[16] = "", verb;

	if (sscanf(cmd, "%15s %lld %lld", what, &a, &b) < 1)
		return weir_fail(context, "no command");
	verb = what[1];
	if (strcmp(what, "set") == 0)
		weir_timer_set(context, WEIR_EVENT_TIME, a);
	else if (strcmp(what, "del") == 0)
		weir_timer_delete(context, WEIR_EVENT_TIME, a);
	else if (strcmp(what, "cset") == 0)
		weir_timer_set(context, WEIR_PROCESSING_TIME, a);
	else if (strcmp(what, "cdel") == 0)
		weir_timer_delete(context, WEIR_PROCESSING_TIME, a);
	else if (strcmp(what, "now") == 0)
		return say(context, "now %lld at %lld",
			   (long long)weir_now(context, WEIR_EVENT_TIME),
			   (long long)weir_timestamp(context));
	else if (strcmp(what, "clear") == 0)
		weir_state_clear(context, (uint32_t)a);
	else if (strcmp(what, "fail") == 0)
		return weir_fail(context, "told to, with %lld", a);
	else if (what[0] == 'l')
		list_command(context, verb, a, b);
	else if (what[0] == 'm')
		map_command(context, verb, a, b);
	else if (what[0] == 'v')
		value_command(context, verb, a);
	else if (what[0] == 's' && verb == '+')
		weir_state_add(context, SUM, &a);
	else if (what[0] == 's')
		say(context, "sum %lld",
		    weir_state_get(context, SUM) != NULL
			? (long long)*(int64_t *)weir_state_get(context, SUM)
			: -1);
	else if (what[0] == 'a' && verb == '+')
		weir_state_add(context, MEAN, &a);
	else if (what[0] == 'a') {
		struct mean *mean = weir_state_get(context, MEAN);

		say(context, "mean %lld %g", mean != NULL ? (long long)mean->count : 0,
		    mean != NULL ? mean->sum : 0.0);
	} else {
		return weir_fail(context, "unknown command '%s'", cmd);
	}
	return 0;
}

static int element(void *self, struct weir_context *context, const struct weir_row *row)
{
	const char *cmd;
	char text[TEXT_MAX];
	size_t len;

	assert_true(weir_get_bytes(row, 1, &cmd, &len));
	assert_true(len < sizeof text);
	memcpy(text, cmd, len);
	text[len] = '\0';
	return command(context, text);
}

/* A timer whose time ends in 7 sets two more; one that ends in 3 deletes the one 4 later. */
static int timer(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	assert_int_equal(weir_timestamp(context), time_ms);
	say(context, "%s %lld now %lld", time == WEIR_EVENT_TIME ? "timer" : "clock",
	    (long long)time_ms,
	    (long long)(time == WEIR_EVENT_TIME ? weir_now(context, WEIR_EVENT_TIME) : 0));
	if (time_ms % 10 == 7 && time_ms < 100000) {
		weir_timer_set(context, time, time_ms + 5);
		weir_timer_set(context, time, time_ms - 100);
		value_command(context, '+', 1);
	} else if (time_ms % 10 == 3) {
		weir_timer_delete(context, time, time_ms + 4);
		weir_state_clear(context, LIST);
	}
	return 0;
}

static struct weir_process machine = {.size = sizeof(struct weir_process),
				      .name = "machine",
				      .columns = "k BIGINT, said STRING",
				      .state = states,
				      .state_count = STATES,
				      .element = element,
				      .timer = timer};

/* Feeds "k ts command" lines separated by ';' as one epoch each line ending in '.'. */
static void run_script(struct uc_run *run, const char *script)
{
	struct uc_row row[64];
	uint32_t count = 0;
	const char *at = script;

	while (*at != '\0') {
		char line[80];
		int len = (int)strcspn(at, ";.");
		long long k, ts;

		snprintf(line, sizeof line, "%.*s", len, at);
		if (sscanf(line, " %lld %lld %55[^\n]", &k, &ts, row[count].cmd) == 3) {
			row[count].k = k;
			row[count].ts = ts;
			row[count++].input = 0;
		}
		at += len;
		if (*at == '.' || (*at == '\0' && count > 0)) {
			must(uc_epoch(run, row, count));
			count = 0;
		}
		at += *at != '\0';
	}
}

static void expect_script(const char *script, bool end, const char *expected)
{
	struct uc uc;
	struct uc_run run;
	struct wr_text text;

	wr_text_init(&text);
	uc_open(&uc, &machine, true, 1, false);
	uc_start(&run, &uc, 1, 4096, 4096);
	run_script(&run, script);
	if (end)
		must(uc_end(&run));
	assert_string_equal(uc_lines(&run, &text), expected);
	uc_stop(&run);
	uc_close(&uc);
	wr_text_release(&text);
}

static void values_are_kept_by_key(void **state)
{
	expect_script("1 10 v?; 1 10 v+ 4; 2 11 v?; 1 12 v?; 1 12 v+ 1; 1 12 v?; 1 12 clear 0;"
		      "1 12 v?",
		      false,
		      "1 value none|1 value 4 t4|1 value 5 a text that is rather long: 5"
		      "|1 value none|2 value none");
	expect_script("1 1 s?; 1 1 s+ 5; 1 1 s+ -2; 1 1 s?; 1 1 a+ 4; 1 1 a+ 6; 1 1 a?", false,
		      "1 sum -1|1 sum 3|1 mean 2 10");
}

static void lists_keep_their_order(void **state)
{
	expect_script("1 1 l?; 1 1 l+ 1; 1 1 l+ 2; 1 1 l+ 3; 1 1 l+ 4; 1 1 l?; 1 1 l- 1 2; 1 1 l?;"
		      "1 1 l= 1 7; 1 1 l= 2 8; 1 1 l- 0 1; 1 1 l?; 1 1 l- 0 9; 1 1 l?",
		      false,
		      "1 list 0|1 list 4 1:t1 2:a text that is rather long: 2 3: 4:t4"
		      "|1 list 2 1:t1 4:t4|1 list 1 7:t7|1 list 0");
	/* An element of the list may be added, also when that makes the list move. */
	expect_script(
	    "1 1 l+ 2; 1 1 l+ 3; 1 1 l+ 4; 1 1 l+ 5; 1 1 l* 0; 1 1 l?", false,
	    "1 list 5 2:a text that is rather long: 2 3: 4:t4 5:a text that is rather long: 5"
	    " 2:a text that is rather long: 2");
}

static void maps_find_by_content(void **state)
{
	expect_script("1 1 m+ 1 10; 1 1 m+ 2 20; 1 1 m+ 1 5; 1 1 m= 1; 1 1 m= 3; 1 1 m?;"
		      "1 1 m- 1; 1 1 m- 1; 1 1 m+ 1 1; 1 1 m?",
		      false,
		      "1 map of 1 is 15|1 map of 3 is -1|1 map 2 1/t1/0=15 2/a text th/1=20"
		      "|1 removed 1|1 removed 0|1 map 2 2/a text th/1=20 1/t1/0=1");
}

static void timers_fire_in_their_order(void **state)
{
	/* 20 is set twice and fires once, 30 is deleted, 5 has passed. */
	expect_script("1 10 set 20; 1 10 set 15; 1 10 set 20; 1 10 set 30; 1 10 del 30; 1 11 set 5;"
		      "1 11 del 99; 2 11 now; 2 18 now; 1 40 now",
		      false,
		      "1 timer 5 now 11|1 timer 15 now 15|1 now 18 at 40|1 timer 20 now 20"
		      "|2 now 11 at 11|2 now 11 at 18");
}

static void timers_fire_between_rows(void **state)
{
	expect_script("1 10 set 12; 2 12 now; 1 12 v+ 1; 1 12 now", false,
		      "1 timer 12 now 12|1 now 12 at 12|2 now 10 at 12");
	/* Not due before the first row that comes behind it. */
	expect_script("1 10 set 13; 1 12 now; 1 13 now; 1 13 now", false,
		      "1 now 10 at 12|1 now 12 at 13|1 timer 13 now 13|1 now 13 at 13");
}

static void timers_set_timers(void **state)
{
	/* 17 sets 22 and -83, which fires a millisecond after it was set. */
	expect_script("1 10 set 17. 1 30 now. 1 31 now", false,
		      "1 now 10 at 30|1 timer 17 now 17|1 timer -83 now 18|1 timer 22 now 22"
		      "|1 now 30 at 31");
	/* 13 deletes 17. */
	expect_script("1 10 set 17; 1 10 set 13. 1 30 now", false,
		      "1 now 10 at 30|1 timer 13 now 13");
}

static void the_end_fires_event_timers(void **state)
{
	expect_script(
	    "1 10 set 1000; 2 10 set 9223372036854775807; 3 10 cset 5; 3 10 cset 99999999", true,
	    "1 timer 1000 now 1000|2 timer 9223372036854775806 now "
	    "9223372036854775806|3 clock 5 now 0");
}

static void keys_without_anything_go(void **state)
{
	struct uc uc;
	struct uc_run run;

	uc_open(&uc, &machine, true, 1, false);
	uc_start(&run, &uc, 1, 4096, 4096);
	run_script(&run, "1 1 now; 2 1 v+ 1; 3 1 set 50; 4 1 m+ 1 1; 4 1 m- 1; 5 1 l+ 1; 6 1 set 9;"
			 "6 1 del 9; 7 1 cset 2000000");
	assert_int_equal(uc_keys(&run), 4); /* 2, 3, 5, 7 */
	run_script(&run, "2 60 clear 0; 5 60 l- 0 1; 7 60 cdel 2000000");
	assert_int_equal(uc_keys(&run), 0);
	run_script(&run, "6 61 set 70; 6 61 del 70; 8 61 set 71. 9 80 now");
	assert_int_equal(uc_keys(&run), 0);
	uc_stop(&run);
	uc_close(&uc);
}

static void the_clock_fires_at_marks(void **state)
{
	struct uc uc;
	struct uc_run run;
	struct wr_text text;

	wr_text_init(&text);
	uc_open(&uc, &machine, true, 1, false);
	uc_start(&run, &uc, 1, 4096, 4096);
	run_script(&run, "1 1 cset 1000500; 1 1 cset 1000400; 1 1 cset 1000600; 1 1 cdel 1000500;"
			 "2 1 cset 1000400");
	uc.clock.ms += 399;
	must(uc_mark(&run, 1, 0));
	assert_string_equal(uc_lines(&run, &text), "");
	uc.clock.ms += 1;
	must(uc_mark(&run, 1, 0));
	assert_string_equal(uc_lines(&run, &text), "1 clock 1000400 now 0|2 clock 1000400 now 0");
	uc.clock.ms += 10000;
	uc_restore(&run, &uc, 3);
	must(uc_mark(&run, 1, 0));
	assert_string_equal(uc_lines(&run, &text), "1 clock 1000600 now 0");
	uc_stop(&run);
	uc_close(&uc);
	wr_text_release(&text);
}

/* --- times to live */

static void expired_state_is_never_seen(void **state)
{
	struct uc uc;
	struct uc_run run;
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t on_read = 0; on_read < 2; on_read++) {
		for (uint32_t i = 0; i < STATES; i++) {
			states[i].ttl_ms = 1000;
			states[i].ttl_update = on_read ? WEIR_TTL_ON_READ : WEIR_TTL_ON_WRITE;
		}
		uc_open(&uc, &machine, true, 1, false);
		uc_start(&run, &uc, 2, 4096, 4096);
		run_script(&run, "1 1 v+ 1; 1 1 l+ 1; 1 1 m+ 1 1; 1 1 s+ 1; 2 1 v+ 1; 3 1 m+ 1 1");
		uc.clock.ms += 600;
		run_script(&run, "1 2 v?; 1 2 l?; 1 2 m?; 1 2 s?; 1 2 l+ 4; 1 2 m+ 4 4");
		assert_string_equal(uc_lines(&run, &text), "1 value 1 t1|1 list 1 1:t1|1 map 1 "
							   "1/t1/0=1|1 sum 1");
		uc.clock.ms += 600;
		if (on_read)
			uc_restore(&run, &uc, 3);
		run_script(&run, "1 3 v?; 1 3 l?; 1 3 m?; 1 3 s?; 1 3 m= 1");
		assert_string_equal(uc_lines(&run, &text),
				    on_read ? "1 value 1 t1|1 list 2 1:t1 4:t4|1 map 2 1/t1/0=1 "
					      "4/t4/2=4|1 sum 1|1 map of 1 is 1"
					    : "1 value none|1 list 1 4:t4|1 map 1 4/t4/2=4|1 sum -1"
					      "|1 map of 1 is -1");
		/* What nobody looks for goes, too. */
		uc.clock.ms += 5000;
		must(uc_mark(&run, 3, 0));
		assert_int_equal(uc_keys(&run), 0);
		uc_stop(&run);
		uc_close(&uc);
	}
	for (uint32_t i = 0; i < STATES; i++)
		states[i].ttl_ms = 0;
	wr_text_release(&text);
}

/* --- the answer is the same however it is computed */

static void random_rows(struct uc_row *row, uint32_t count, uint64_t seed)
{
	static const char *const commands[] = {
	    "set %lld",  "set %lld",  "set %lld", "del %lld", "now",        "v+ %lld",
	    "v?",        "l+ %lld",   "l+ %lld",  "l?",       "l- %lld 1",  "l= %lld 5",
	    "m+ %lld 7", "m+ %lld 3", "m?",       "m- %lld",  "m= %lld",    "m! 1 9",
	    "s+ %lld",   "s?",        "a+ %lld",  "a?",       "clear %lld", "set %lld"};
	int64_t now = 1000;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t c = below(&seed, WR_COUNT(commands));
		bool timed = commands[c][0] == 's' || commands[c][0] == 'd';
		long long a = timed && commands[c][1] == 'e'
				  ? now - 40 + below(&seed, 100)
				  : (long long)below(&seed, commands[c][0] == 'c' ? STATES : 30);

		now += below(&seed, 4) == 0 ? below(&seed, 30) : 0;
		row[i] = (struct uc_row){.k = below(&seed, 7), .ts = now - below(&seed, 8)};
		snprintf(row[i].cmd, sizeof row[i].cmd, commands[c], a);
	}
}

/* Tells the first line that differs. */
static void same_lines(struct wr_text *a, struct wr_text *b, uint32_t mode, uint64_t seed)
{
	char *at = a->data, *want = b->data, *line_a, *line_b;

	while ((line_b = strsep(&want, "|")) != NULL) {
		line_a = strsep(&at, "|");
		if (line_a == NULL || strcmp(line_a, line_b) != 0)
			fail_msg("mode %u, seed %llu: '%s', not '%s'", mode,
				 (unsigned long long)seed, line_a != NULL ? line_a : "", line_b);
		if (want != NULL)
			want[-1] = '|';
	}
	assert_null(at);
}

static void the_answer_is_the_same(void **state)
{
	static const struct {
		uint32_t workers, batch, again; /* workers after a restore; 0: none */
	} mode[] = {{1, 4096, 0}, {1, 1, 0}, {1, 7, 0},    {2, 4096, 0}, {5, 4096, 0},
		    {5, 1, 0},    {1, 7, 1}, {2, 4096, 5}, {5, 3, 2}};
	const uint32_t count = 3000;
	struct uc_row *row = wr_malloc(count * sizeof *row);
	struct wr_text text, expected;

	wr_text_init(&text);
	wr_text_init(&expected);
	for (uint64_t seed = 1; seed <= 6; seed++) {
		random_rows(row, count, seed * 77);
		for (uint32_t m = 0; m < WR_COUNT(mode); m++) {
			struct uc uc;
			struct uc_run run;

			uc_open(&uc, &machine, true, 1, false);
			uc.delay_ms = 5;
			uc_start(&run, &uc, mode[m].workers, mode[m].batch, 100);
			must(uc_feed(&run, row, 1000));
			if (mode[m].again > 0)
				uc_restore(&run, &uc, mode[m].again);
			must(uc_feed(&run, row + 1000, 1000));
			if (mode[m].again > 0)
				uc_restore(&run, &uc, mode[m].workers);
			must(uc_feed(&run, row + 2000, 1000));
			must(uc_end(&run));
			uc_lines(&run, m == 0 ? &expected : &text);
			if (m > 0)
				same_lines(&text, &expected, m, seed);
			assert_true(expected.len > 10000);
			uc_stop(&run);
			uc_close(&uc);
		}
	}
	wr_text_release(&text);
	wr_text_release(&expected);
	wr_free(row);
}

/* A function without timers may have its state on disk between marks. */
static void state_may_leave_memory(void **state)
{
	const struct wr_spill_options options = {.dir = spill_place(), .segment_size = 20000};
	const uint32_t count = 3000;
	struct uc_row *row = wr_malloc(count * sizeof *row);
	struct weir_process process = machine;
	struct wr_text expected, text;

	wr_text_init(&expected);
	wr_text_init(&text);
	process.timer = NULL;
	random_rows(row, count, 4711);
	for (uint32_t i = 0; i < count; i++) {
		row[i].k = (int64_t)i * 7919 % 200;
		if (strncmp(row[i].cmd, "set", 3) == 0 || strncmp(row[i].cmd, "del", 3) == 0)
			memcpy(row[i].cmd, "m+ 5 5", 7);
	}
	for (uint32_t spilled = 0; spilled < 2; spilled++) {
		struct wr_spill_dir *dir = wr_spill_dir_new(&options);
		struct uc uc;
		struct uc_run run;

		uc_open(&uc, &process, true, 1, false);
		uc_start(&run, &uc, 1, 4096, 100);
		for (uint32_t from = 0; from < count; from += 100) {
			must(uc_epoch(&run, row + from, 100));
			if (spilled)
				must(wr_state_trim(run.op[0]->kept[0].state, dir, 0));
		}
		if (spilled)
			assert_true(wr_spill_dir_disk(dir) > 1000);
		uc_lines(&run, spilled ? &text : &expected);
		uc_stop(&run);
		uc_close(&uc);
		wr_spill_dir_free(dir);
	}
	assert_true(expected.len > 10000);
	same_lines(&text, &expected, 1, 4711);
	wr_text_release(&text);
	wr_text_release(&expected);
	wr_free(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_kept_by_key),
	    cmocka_unit_test(lists_keep_their_order),
	    cmocka_unit_test(maps_find_by_content),
	    cmocka_unit_test(timers_fire_in_their_order),
	    cmocka_unit_test(timers_fire_between_rows),
	    cmocka_unit_test(timers_set_timers),
	    cmocka_unit_test(the_end_fires_event_timers),
	    cmocka_unit_test(keys_without_anything_go),
	    cmocka_unit_test(the_clock_fires_at_marks),
	    cmocka_unit_test(expired_state_is_never_seen),
	    cmocka_unit_test(the_answer_is_the_same),
	    cmocka_unit_test(state_may_leave_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
