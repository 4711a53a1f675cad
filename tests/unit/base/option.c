/* SPDX-License-Identifier: Apache-2.0
 *
 * option - tests: durations, memory sizes, tables and the words of their errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/option.h"

static const char *const modes[] = {"fail", "ignore", "log", NULL};
static const struct wr_option table[] = {
    {.name = "path", .type = WR_OPTION_STRING, .doc = "Where it is.", .required = true},
    {.name = "parallelism",
     .type = WR_OPTION_INT,
     .fallback = "1",
     .doc = "Workers.",
     .min = 1,
     .max = 256},
    {.name = "rate", .type = WR_OPTION_DOUBLE, .fallback = "0.5", .doc = "Rows."},
    {.name = "enabled", .type = WR_OPTION_BOOL, .fallback = "false", .doc = "Whether."},
    {.name = "interval", .type = WR_OPTION_DURATION, .fallback = "20 ms", .doc = "How long."},
    {.name = "buffer",
     .type = WR_OPTION_MEMORY,
     .fallback = "64 mb",
     .doc = "How large.",
     .min = 1,
     .max = 1 << 30},
    {.name = "mode",
     .type = WR_OPTION_ENUM,
     .fallback = "fail",
     .doc = "What then.",
     .values = modes},
    {.name = "fields.*", .type = WR_OPTION_STRING, .doc = "Of a field."},
};

static void durations(void **state)
{
	static const struct {
		const char *text; /* as written */
		int64_t ms;       /* -1: not a duration */
	} cases[] = {{"1 min", 60000},
		     {"20ms", 20},
		     {"5 s", 5000},
		     {"1 h", 3600000},
		     {"1 d", 86400000},
		     {" 7 Days ", 604800000},
		     {"500", 500},
		     {"0", 0},
		     {"1 ns", 1},
		     {"1500 us", 2},
		     {"2 minutes", 120000},
		     {"10sec", 10000},
		     {"1h 30min", -1},
		     {"", -1},
		     {"min", -1},
		     {"-5 s", -1},
		     {"5 parsecs", -1},
		     {"1.5 s", -1},
		     {"99999999999999999999 s", -1},
		     {"9223372036854775807 d", -1}};

	(void)state;
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		int64_t ms = -1;
		bool ok = wr_duration_parse(cases[i].text, &ms);
		if (ok != (cases[i].ms >= 0) || (ok && ms != cases[i].ms))
			fail_msg("'%s': %lld", cases[i].text, (long long)ms);
	}
}

static void memory_sizes(void **state)
{
	int64_t bytes;

	(void)state;
	assert_true(wr_memory_parse("64 mb", &bytes) && bytes == 64 << 20);
	assert_true(wr_memory_parse("1g", &bytes) && bytes == 1 << 30);
	assert_true(wr_memory_parse("4096", &bytes) && bytes == 4096);
	assert_true(wr_memory_parse("2 KB", &bytes) && bytes == 2048);
	assert_false(wr_memory_parse("12 apples", &bytes));
	assert_false(wr_memory_parse("9000000000 gb", &bytes));
}

static void check_error(wr_status *status, const char *text, const char *hint)
{
	assert_non_null(status);
	assert_int_equal(status->class, WR_USER_ERROR);
	assert_string_equal(status->text, text);
	if (hint == NULL)
		assert_null(status->hint);
	else
		assert_string_equal(status->hint, hint);
	wr_status_free(status);
}

static void values_of_a_table(void **state)
{
	struct wr_arena arena;
	struct wr_options options;

	(void)state;
	wr_arena_init(&arena);
	wr_options_init(&options, &arena, "option of table 't'", table, WR_COUNT(table));
	assert_int_equal(wr_options_i64(&options, "parallelism"), 1);
	assert_int_equal(wr_options_i64(&options, "interval"), 20);
	assert_int_equal(wr_options_i64(&options, "buffer"), 64 << 20);
	assert_int_equal(wr_options_i64(&options, "mode"), 0);
	assert_false(wr_options_bool(&options, "enabled"));
	assert_null(wr_options_str(&options, "path"));
	assert_true(wr_options_get(&options, "rate")->real == 0.5);
	assert_false(wr_options_get(&options, "rate")->is_given);
	check_error(wr_options_check(&options), "'path' is missing, an option of table 't'",
		    "Add it to the WITH options: Where it is");
	char text[] = "/tmp/x";
	assert_null(wr_options_set(&options, "path", text));
	text[1] = '?'; /* the value was copied */
	assert_string_equal(wr_options_str(&options, "path"), "/tmp/x");
	assert_null(wr_options_check(&options));
	assert_null(wr_options_set(&options, "enabled", "TRUE"));
	assert_true(wr_options_bool(&options, "enabled"));
	assert_null(wr_options_set(&options, "mode", "Log"));
	assert_int_equal(wr_options_i64(&options, "mode"), 2);
	assert_null(wr_options_reset(&options, "mode"));
	assert_int_equal(wr_options_i64(&options, "mode"), 0);
	assert_null(wr_options_set(&options, "fields.a.kind", "sequence"));
	wr_arena_release(&arena);
}

static void errors_say_what_to_do(void **state)
{
	struct wr_arena arena;
	struct wr_options o;

	(void)state;
	wr_arena_init(&arena);
	wr_options_init(&o, &arena, "option of table 't'", table, WR_COUNT(table));
	check_error(wr_options_set(&o, "intervall", "1 s"),
		    "'intervall' is not an option of table 't'", "Did you mean 'interval'?");
	check_error(wr_options_set(&o, "zzz", "1 s"), "'zzz' is not an option of table 't'", NULL);
	check_error(wr_options_set(&o, "fields.", "x"), "'fields.' is not an option of table 't'",
		    "Did you mean 'fields.*'?");
	check_error(wr_options_set(&o, "parallelism", "many"),
		    "'many' is not a whole number, as the option 'parallelism' needs it", NULL);
	check_error(wr_options_set(&o, "parallelism", "0"),
		    "'0' is outside the range of the option 'parallelism'",
		    "Give a value from 1 to 256");
	check_error(wr_options_set(&o, "interval", "soon"),
		    "'soon' is not a duration, as the option 'interval' needs it",
		    "Write a number and a unit, such as '500 ms', '10 s' or '1 min'");
	check_error(wr_options_set(&o, "enabled", "yes"),
		    "'yes' is not 'true' or 'false', as the option 'enabled' needs it", NULL);
	check_error(wr_options_set(&o, "mode", "explode"),
		    "'explode' is not a value of the option 'mode'",
		    "Choose one of 'fail', 'ignore', 'log'");
	check_error(wr_options_set(&o, "rate", "fast"),
		    "'fast' is not a number, as the option 'rate' needs it", NULL);
	assert_int_equal(wr_options_i64(&o, "parallelism"),
			 1); /* a refused value changes nothing */
	wr_arena_release(&arena);
}

static void manual(void **state)
{
	struct wr_text text;

	(void)state;
	wr_text_init(&text);
	wr_option_manual(&text, table, WR_COUNT(table));
	assert_non_null(
	    strstr(wr_text_str(&text), "| `path` | string | required | Where it is. |\n"));
	assert_non_null(strstr(wr_text_str(&text),
			       "| `mode` | `fail`, `ignore`, `log` | `fail` | What then. |\n"));
	wr_text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(durations),
	    cmocka_unit_test(memory_sizes),
	    cmocka_unit_test(values_of_a_table),
	    cmocka_unit_test(errors_say_what_to_do),
	    cmocka_unit_test(manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
