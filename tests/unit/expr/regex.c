/* SPDX-License-Identifier: Apache-2.0
 *
 * regex - tests of the regular expression functions: the recorded calls, Java's dialect, patterns
 * by row, and bounds.
 */
#include "call_regex.h"
#include "expr/java_regex.h"

static void recorded_calls(void **state)
{
	(void)state;
	check_calls(regex_calls, WR_COUNT(regex_calls));
}

static void str_to_map(void **state)
{
	static const struct call_test tests[] = {
	    {"STR_TO_MAP('k1=v1,k2=v2')", "MAP<STRING, STRING>", "{k1=v1, k2=v2}"},
	    {"STR_TO_MAP('k1:v1;k2: v2', ';', ':')", NULL, "{k1=v1, k2= v2}"},
	    {"STR_TO_MAP('a=b=c,d=,=e,=')", NULL, "{a=b=c, d=, =}"},
	    {"STR_TO_MAP('a=1,a=2,')", NULL, "{a=2}"},
	    {"STR_TO_MAP('a|1;b|2', ';', '[|]')", NULL, "{a=1, b=2}"},
	    {"STR_TO_MAP('a1b2c3', '[0-9]', 'x')", NULL, "{a=NULL, b=NULL, c=NULL}"},
	    {"STR_TO_MAP('')", NULL, "{}"},
	    {"STR_TO_MAP(',,')", NULL, "{}"},
	    {"STR_TO_MAP(NULL::STRING)", NULL, "NULL"},
	    {"STR_TO_MAP('a', '(', ')')", NULL, "ERROR this one is not valid"},
	    {"STR_TO_MAP('a', ',')", NULL, "ERROR Cannot apply 'STR_TO_MAP'"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

/* Whether `pattern` is found in `text`; -1: Java refuses it, -2: it cannot be run. */
static int found(const char *pattern, const char *text)
{
	struct wr_regex_error error;
	struct wr_regex *regex = wr_regex_compile(wr_str_of(pattern), &error);

	if (regex == NULL)
		return error.is_invalid ? -1 : -2;
	int result = wr_regex_find(regex, wr_str_of(text), 0);
	wr_regex_free(regex);
	return result;
}

static void dialect(void **state)
{
	static const struct {
		const char *pattern, *text;
		int found;
	} tests[] = {
	    {"^a$", "a\n", 1},
	    {"^a$", "a\r\n", 1},
	    {"^a$", "a\v", 0},
	    {"a.b", "a\nb", 0},
	    {"a.b",
	     "a\xc2\x85"
	     "b",
	     0},
	    {"(?s)a.b", "a\nb", 1},
	    {"(?d)a.b", "a\rb", 1},
	    {"(?m)^b$", "a\nb\r\nc", 1},
	    {"(?m)^$", "a\n", 0},
	    {"a\\Z", "a\n", 1},
	    {"a\\z", "a\n", 0},
	    {"\\Aa", "ba", 0},
	    {"\\d", "\xd9\xa3", 0},
	    {"(?U)\\d", "\xd9\xa3", 1},
	    {"[\\W]", "_", 0},
	    {"[\\W]", "\xc3\xa9", 1},
	    {"[^\\w]", "a", 0},
	    {"[\\D]", "5", 0},
	    {"[\\S]", " ", 0},
	    {"\\h", "\xc2\xa0", 1},
	    {"\\bfoo\\b", "a foo.", 1},
	    {"\\bfoo\\b",
	     "\xc3\xa9"
	     "foo",
	     0},
	    {"[a-z&&[^aeiou]]", "e", 0},
	    {"[a-z&&[^aeiou]]", "f", 1},
	    {"[a-c[x-z]]", "y", 1},
	    {"[^a-c[x-z]]", "y", 0},
	    {"[a-z&&[def]&&[^e]]", "e", 0},
	    {"[a-z&&[def]&&[^e]]", "d", 1},
	    {"[a&&b]", "a", 0},
	    {"[]a]", "]", 1},
	    {"[a-]", "-", 1},
	    {"[\\w-z]", "-", 1},
	    {"[[:alpha:]]", ":", 1},
	    {"\\Qa.b\\E", "a.b", 1},
	    {"\\Qa.b\\E", "axb", 0},
	    {"[\\Qa]\\E]", "]", 1},
	    {"\\x41\\u0042\\0103", "ABC", 1},
	    {"\\x{1F600}", "\xf0\x9f\x98\x80", 1},
	    {"\\uD83D\\uDE00", "\xf0\x9f\x98\x80", 1},
	    {"(a)\\1", "aa", 1},
	    {"(a)\\11", "aa1", 1},
	    {"\\8", "8", 0},
	    {"(?<n>a)\\k<n>", "aa", 1},
	    {"(?x) a b # c", "ab", 1},
	    {"a(?i)b", "aB", 1},
	    {"a(?i:b)c", "aBC", 0},
	    {"(?i)a(?-i)b", "AB", 0},
	    {"(?i)\xc3\xa9", "\xc3\x89", 0},
	    {"(?iu)\xc3\xa9", "\xc3\x89", 1},
	    {"\\p{Lu}", "a", 0},
	    {"(?i)\\p{Lu}", "a", 1},
	    {"\\p{L}+", "\xc3\xa9", 1},
	    {"\\p{Alpha}", "\xc3\xa9", 0},
	    {"\\P{Alpha}", "\xc3\xa9", 1},
	    {"[\\P{Alpha}]", "a", 0},
	    {"\\p{IsHan}", "\xe6\x97\xa5", 1},
	    {"\\p{sc=Latin}", "a", 1},
	    {"\\p{InGreek}", "\xce\xb1", 1},
	    {"\\p{IsAlphabetic}", "1", 0},
	    {"\\p{javaLowerCase}", "a", 1},
	    {"\\pN", "7", 1},
	    {"a++b", "aab", 1},
	    {"a{2,3}+", "aa", 1},
	    {"(?>a|ab)b", "ab", 1},
	    {"(?<!x)a", "xa", 0},
	    {"\\R", "\r\n", 1},
	    {"x}", "x}", 1},
	    {"\\cA", "\x01", 1},
	    {"\\t\\n\\r\\f\\a\\e", "\t\n\r\f\a\x1b", 1},
	};

	(void)state;
	for (size_t i = 0; i < WR_COUNT(tests); i++) {
		int got = found(tests[i].pattern, tests[i].text);
		if (got != tests[i].found)
			fail_msg("%s: %d", tests[i].pattern, got);
	}
}

static void what_java_refuses(void **state)
{
	static const char *const invalid[] = {
	    "(",     ")",        "a)",     "[a",   "*a",        "a**",     "a{2}{3}", "x{",
	    "a{,3}", "a{3,2}",   "\\",     "\\y",  "\\p{Nope}", "\\p{",    "\\p{}",   "(?<1a>b)",
	    "(?<a",  "(?P<x>a)", "(?#c)a", "(?R)", "(?|a)",     "(*FAIL)", "\\x4",    "\\u12",
	    "\\08",  "[z-a]",    "(?z)a",  "(?i",  "[a-z&&",    "\\kx",    "[a[b]",   "\\x{110000}",
	};
	static const char *const beyond[] = {"(?<=a+)b", "\\N{DIGIT ONE}", "a{70000}"};

	(void)state;
	for (size_t i = 0; i < WR_COUNT(invalid); i++) {
		if (found(invalid[i], "a") != -1)
			fail_msg("%s is taken", invalid[i]);
	}
	for (size_t i = 0; i < WR_COUNT(beyond); i++) {
		if (found(beyond[i], "a") != -2)
			fail_msg("%s: %d", beyond[i], found(beyond[i], "a"));
	}
}

static void unrunnable_patterns_are_told(void **state)
{
	static const struct call_test tests[] = {
	    {"REGEXP('ab', '(?<=a+)b')", NULL, "ERROR cannot be run: lookbehind assertion"},
	    {"REGEXP('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '(a+)+$')", NULL,
	     "ERROR matching took more than"},
	    {"REGEXP_EXTRACT('a', 1)", NULL, "ERROR Cannot apply 'REGEXP_EXTRACT'"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

/* More patterns than the cache holds, each with its own answer. */
static void patterns_by_row(void **state)
{
	struct fixture f;
	const char *patterns[64], *texts[64];
	struct wr_text wanted;

	(void)state;
	fixture_init(&f);
	wr_text_init(&wanted);
	for (uint32_t i = 0; i < 64; i++) {
		patterns[i] = i == 9 ? "(" : wr_arena_printf(&f.arena, "x%u+", i % 40);
		texts[i] = i == 5 ? NULL : wr_arena_printf(&f.arena, "yx%uz", i % 40);
		wr_text_puts(&wanted, i > 0 ? "|" : "");
		if (i == 5 || i == 9)
			wr_text_puts(&wanted, "NULL");
		else
			wr_text_printf(&wanted, "x%u", i % 40);
	}
	struct wr_column *p = column_of(&f, &WR_T_STRING, patterns, 64);
	struct wr_column *s = column_of(&f, &WR_T_STRING, texts, 64);
	const struct named_column columns[] = {{"p", p}, {"s", s}, {NULL, NULL}};
	assert_string_equal(rows_of(&f, "REGEXP_SUBSTR(s, p)", columns, 64), wr_text_str(&wanted));
	wr_text_release(&wanted);
	fixture_release(&f);
	wr_column_unref(p);
	wr_column_unref(s);
}

static void malformed_text_is_survived(void **state)
{
	static const char *const calls[] = {
	    "REGEXP(s, '.')",
	    "REGEXP_COUNT(s, '')",
	    "REGEXP_REPLACE(s, '.?', 'x')",
	    "REGEXP_EXTRACT(s, '.*')",
	    "REGEXP_INSTR(s, 'a')",
	    "REGEXP_EXTRACT_ALL(s, '.', 0)",
	    "REGEXP(s, s)",
	    "STR_TO_MAP(s, s, s)",
	};
	static const char bytes[][5] = {"\xff",
					"a\xc3",
					"\xe2\x82\x62",
					"\xf0\x9f\x98",
					"\x80\x80",
					"\xed\xa0\x80",
					"\xf8\x88\x80",
					"a\xf0"};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_builder *builder = wr_builder_new(&WR_T_STRING, 8);
	for (size_t i = 0; i < WR_COUNT(bytes); i++)
		wr_builder_str(builder, bytes[i], strlen(bytes[i]));
	struct wr_column *s = wr_builder_finish(builder);
	const struct named_column columns[] = {{"s", s}, {NULL, NULL}};
	for (size_t i = 0; i < WR_COUNT(calls); i++)
		assert_non_null(rows_of(&f, calls[i], columns, WR_COUNT(bytes)));
	wr_builder_free(builder);
	fixture_release(&f);
	wr_column_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recorded_calls),
	    cmocka_unit_test(str_to_map),
	    cmocka_unit_test(dialect),
	    cmocka_unit_test(what_java_refuses),
	    cmocka_unit_test(unrunnable_patterns_are_told),
	    cmocka_unit_test(patterns_by_row),
	    cmocka_unit_test(malformed_text_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
