/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of keywords, places, variables and tokens.
 */
#include "sql_test.h"

#include "sql/lexer.h"

/* ---- keywords -------------------------------------------------------------------------------- */

static void test_every_keyword_is_found(void **state)
{
	for (int i = 1; i < WR_KW_COUNT_OF; i++) {
		const char *name = wr_keyword_name((enum wr_keyword)i);
		assert_int_equal(wr_keyword_find(wr_str_of(name)), i);
		if (i > 1)
			assert_true(strcmp(wr_keyword_name((enum wr_keyword)(i - 1)), name) < 0);
	}
}

static void test_keywords_have_no_case(void **state)
{
	assert_int_equal(wr_keyword_find(wr_str_of("select")), WR_KW_SELECT);
	assert_int_equal(wr_keyword_find(wr_str_of("SeLeCt")), WR_KW_SELECT);
	assert_int_equal(wr_keyword_find(wr_str_of("selec")), WR_NO_KEYWORD);
	assert_int_equal(wr_keyword_find(wr_str_of("")), WR_NO_KEYWORD);
	assert_int_equal(
	    wr_keyword_find(wr_str_of("a_word_that_is_much_longer_than_any_of_the_keywords")),
	    WR_NO_KEYWORD);
}

static void test_reserved_words_are_those_of_flink(void **state)
{
	static const enum wr_keyword reserved[] = {WR_KW_YEAR,  WR_KW_VALUE, WR_KW_TIMESTAMP,
						   WR_KW_USER,  WR_KW_COUNT, WR_KW_DATE,
						   WR_KW_BYTES, WR_KW_DEC,   WR_KW_END};
	static const enum wr_keyword free_words[] = {WR_KW_KEY,  WR_KW_LAST, WR_KW_DESC,
						     WR_KW_WEEK, WR_KW_PLAN, WR_KW_IF};
	for (size_t i = 0; i < WR_COUNT(reserved); i++)
		assert_true(wr_keyword_is_reserved(reserved[i]));
	for (size_t i = 0; i < WR_COUNT(free_words); i++)
		assert_false(wr_keyword_is_reserved(free_words[i]));
	assert_true(wr_keyword_is_function(WR_KW_LEFT));
	assert_true(wr_keyword_is_function(WR_KW_COUNT));
	assert_false(wr_keyword_is_function(WR_KW_VALUE));
}

/* ---- tokens ---------------------------------------------------------------------------------- */

/* Reads the text into tokens; variables may be NULL. */
static wr_status *lex(struct wr_arena *arena, const char *text,
		      const struct wr_variables *variables, struct wr_tokens *tokens)
{
	struct wr_source source;
	WR_TRY(wr_source_open(&source, arena, wr_str_of(text), variables, 0));
	return wr_lex(&source, arena, tokens);
}

/* Kinds of the tokens as letters: w word, q quoted, n number, s string, u unicode string, b bytes,
 * h hint, e its end, y symbol. */
static const char *kinds(struct wr_arena *arena, const char *text)
{
	static const char letters[] = ".wqnsubhey";
	struct wr_tokens tokens = {0};
	wr_status *status = lex(arena, text, NULL, &tokens);
	if (status != NULL)
		fail_status(text, status);
	char *out = wr_arena_zalloc(arena, tokens.count);
	for (uint32_t i = 0; i + 1 < tokens.count; i++)
		out[i] = letters[tokens.items[i].kind];
	assert_int_equal(tokens.items[tokens.count - 1].kind, WR_TOKEN_END);
	return out;
}

static void test_kinds_of_tokens(void **state)
{
	static const struct {
		const char *text;  /* input */
		const char *kinds; /* letters */
	} cases[] = {
	    {"", ""},
	    {"select a", "ww"},
	    {"a.b", "wyw"},
	    {"`a``b` c", "qw"},
	    {"1 1.5 .5 5. 1e3 1E-3 1.5e+3", "nnnnnnn"},
	    {"1a", "nw"},
	    {"1e", "nw"},
	    {"1e+", "nwy"},
	    {"a1", "w"},
	    {"'a' 'it''s' ''", "sss"},
	    {"N'a' n'a' _UTF8'a' _utf16'b'", "ssss"},
	    {"U&'a' u&'a'", "uu"},
	    {"x'0a' X''", "bb"},
	    {"x 'a'", "ws"},
	    {"_a $a a$b EXPR$0", "wwww"},
	    {"$ ^ ? | { }", "yyyyyy"},
	    {"a-- comment\nb", "ww"},
	    {"a// comment\nb", "ww"},
	    {"a/* comment */b/**/c", "www"},
	    {"/*+ A(b) */ c", "hwywyew"},
	    {"a */ b", "wyyw"},
	    {"<= >= <> != || => < > =", "yyyyyyyyy"},
	    {"\xC3\xA9 \xE5\x90\x8D", "ww"},
	    {"\xEF\xBB\xBF"
	     "a",
	     "w"},
	    {"a\r\n\tb\f", "ww"},
	};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct wr_arena arena;
		wr_arena_init(&arena);
		assert_string_equal(kinds(&arena, cases[i].text), cases[i].kinds);
		wr_arena_release(&arena);
	}
}

static void test_places_count_code_points(void **state)
{
	struct wr_arena arena;
	struct wr_tokens tokens = {0};
	wr_arena_init(&arena);
	assert_null(lex(&arena, "a\n\xC3\xA9\xC3\xA9 bc\n\t'\xE5\x90\x8D' d", NULL, &tokens));
	assert_int_equal(tokens.count, 6);
	assert_int_equal(tokens.items[1].pos.line, 2);
	assert_int_equal(tokens.items[1].pos.column, 1);
	assert_int_equal(tokens.items[1].pos.length, 4);
	assert_int_equal(tokens.items[2].pos.column, 4);
	assert_int_equal(tokens.items[2].pos.offset, 7);
	assert_int_equal(tokens.items[3].pos.line, 3);
	assert_int_equal(tokens.items[3].pos.column, 2);
	assert_int_equal(tokens.items[4].pos.column, 6);
	assert_int_equal(tokens.items[5].pos.column, 7);
	wr_arena_release(&arena);
}

/* ---- variables ------------------------------------------------------------------------------- */

static const char *const names[] = {"DATA", "EMPTY", "TWO", "QUOTE"};
static const char *const values[] = {"/tmp/x", "", "a b", "it's"};
static const struct wr_variables variables = {names, values, WR_COUNT(names)};

/* The text after replacement. */
static void check_replaced(const char *text, const char *expected)
{
	struct wr_arena arena;
	struct wr_source source;
	wr_arena_init(&arena);
	wr_status *status = wr_source_open(&source, &arena, wr_str_of(text), &variables, 0);
	if (status != NULL)
		fail_status(text, status);
	assert_string_equal(source.text.data, expected);
	wr_arena_release(&arena);
}

static void test_variables_are_replaced(void **state)
{
	check_replaced("", "");
	check_replaced("${DATA}", "/tmp/x");
	check_replaced("a '${DATA}/y' `${TWO}`", "a '/tmp/x/y' `a b`");
	check_replaced("${EMPTY}a${EMPTY}", "a");
	check_replaced("${TWO}${TWO}", "a ba b");
	check_replaced("$DATA ${} ${1} ${a ${ $", "$DATA ${} ${1} ${a ${ $");
	check_replaced("'${QUOTE}'", "'it's'");
}

static void test_variables_in_comments_stay(void **state)
{
	check_replaced("-- ${NO}\n${TWO}", "-- ${NO}\na b");
	check_replaced("// ${NO}\n${TWO}", "// ${NO}\na b");
	check_replaced("/* ${NO} */${TWO}", "/* ${NO} */a b");
	check_replaced("/*+ ${TWO} */", "/*+ a b */");
	check_replaced("'--' ${TWO}", "'--' a b");
	check_replaced("'/*' ${TWO}", "'/*' a b");
	check_replaced("`--` ${TWO}", "`--` a b");
}

static void test_places_refer_to_the_users_text(void **state)
{
	struct wr_arena arena;
	struct wr_tokens tokens = {0};
	wr_arena_init(&arena);
	assert_null(lex(&arena, "x ${TWO} y '${DATA}' ${EMPTY}z", &variables, &tokens));
	assert_int_equal(tokens.count, 7);
	/* both words of ${TWO} are at the variable */
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(tokens.items[i].pos.column, 3);
		assert_int_equal(tokens.items[i].pos.length, 6);
	}
	assert_int_equal(tokens.items[3].pos.column, 10);
	assert_int_equal(tokens.items[4].pos.column, 12);
	assert_int_equal(tokens.items[4].pos.length, 9);
	assert_int_equal(tokens.items[5].pos.column, 30);
	wr_arena_release(&arena);
}

static void test_undefined_variables(void **state)
{
	static const struct sql_error cases[] = {
	    {"SELECT\n '${DAT}'", 2, 3, "${DAT}", "The variable ${DAT} is not defined",
	     "Did you mean ${DATA}? Or set it: weir run -v DAT=VALUE; in a program "
	     "weir_set_variable"},
	    {"${a.b-c}", 1, 1, "${a.b-c}", "The variable ${a.b-c} is not defined",
	     "Set it: weir run -v a.b-c=VALUE; in a program weir_set_variable"},
	};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct wr_arena arena;
		struct wr_tokens tokens = {0};
		wr_arena_init(&arena);
		check_error(&cases[i], lex(&arena, cases[i].sql, &variables, &tokens));
		wr_arena_release(&arena);
	}
}

static void test_a_value_must_be_utf8(void **state)
{
	static const char *const bad_name[] = {"X"};
	static const char *const bad_value[] = {"\xFF"};
	struct wr_variables bad = {bad_name, bad_value, 1};
	struct sql_error expected = {"a ${X}", 1, 3, "${X}", "The value of ${X} is not valid UTF-8",
				     NULL};
	struct wr_arena arena;
	struct wr_tokens tokens = {0};
	wr_arena_init(&arena);
	check_error(&expected, lex(&arena, expected.sql, &bad, &tokens));
	wr_arena_release(&arena);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void test_errors(void **state)
{
	static const struct sql_error cases[] = {
	    {"SELECT 'abc\nFROM t", 1, 8, "'", "The string has no end",
	     "Close it with a single quote; a quote inside a string is written twice: 'it''s'"},
	    {"SELECT `abc", 1, 8, "`", "The name in backquotes has no end",
	     "Close it with a backquote"},
	    {"SELECT ``", 1, 8, "``", "The name in backquotes is empty", NULL},
	    {"SELECT 1 /* abc", 1, 10, "/*", "The comment has no end", "Close it with */"},
	    {"SELECT /*+ A", 1, 8, "/*+", "The hint has no end", "Close it with */"},
	    {"SELECT /*+ A /*+ B */", 1, 14, "/*+", "A hint cannot stand inside another one", NULL},
	    {"SELECT \"a\"", 1, 8, "\"", "\" has no meaning in SQL",
	     "Strings stand in single quotes: 'text'; names in backquotes: `name`"},
	    {"SELECT a::INT", 1, 9, "::", ":: has no meaning in SQL",
	     "Convert with CAST(value AS type)"},
	    {"SELECT a == b", 1, 10, "==", "== has no meaning in SQL", "Compare with a single ="},
	    {"SELECT a && b", 1, 10, "&&", "&& has no meaning in SQL",
	     "The logical operator is AND"},
	    {"SELECT !a", 1, 8, "!", "! has no meaning in SQL",
	     "Negation is NOT; unequal is <> or !="},
	    {"SELECT a->b", 1, 9, "->", "-> has no meaning in SQL",
	     "The fields of a row are read with a point: row.field"},
	    {"SELECT 'it\\'s'", 1, 14, "'", "The string has no end",
	     "Close it with a single quote; a quote inside a string is written twice: 'it''s'"},
	    {"SELECT a@b", 1, 9, "@", "@ has no meaning in SQL",
	     "Names with special characters stand in backquotes: `a name`"},
	    {"SELECT a\x01", 1, 9, "\x01", "The script holds the control character 0x01",
	     "Remove it"},
	    {"SELECT _LATIN1'a'", 1, 8, "_LATIN1", "The character set LATIN1 is not supported",
	     "Leave it out: strings are Unicode"},
	    {"SELECT \xE2\x80\x98"
	     "a\xE2\x80\x99",
	     1, 8, "\xE2\x80\x98", "The script holds a typographic quote here",
	     "Write strings between plain single quotes: 'text'"},
	    {"SELECT\xC2\xA0"
	     "a",
	     1, 7, "\xC2\xA0", "The script holds a no-break space here",
	     "Replace it with a plain space"},
	    {"SELECT a \xE2\x88\x92 b", 1, 10, "\xE2\x88\x92",
	     "The script holds a typographic minus sign here", "Write a plain minus sign: -"},
	    {"SELECT 'a\xFF'", 1, 10, "\xFF", "The byte 0xFF is not valid UTF-8 here",
	     "Save the script as UTF-8"},
	    {"SELECT '\xED\xA0\x80'", 1, 9, "\xED", "The byte 0xED is not valid UTF-8 here",
	     "Save the script as UTF-8"},
	};
	check_errors(cases, WR_COUNT(cases));
}

static void test_a_nul_byte_is_refused(void **state)
{
	struct wr_arena arena;
	struct wr_ast_script script = {0};
	wr_arena_init(&arena);
	wr_status *status =
	    wr_parse_script(&arena, (struct wr_str){"SELECT 1\0;", 10}, NULL, &script);
	assert_non_null(status);
	assert_string_equal(status->text, "The script holds a NUL byte");
	assert_int_equal(status->pos.column, 9);
	wr_status_free(status);
	wr_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_keyword_is_found),
	    cmocka_unit_test(test_keywords_have_no_case),
	    cmocka_unit_test(test_reserved_words_are_those_of_flink),
	    cmocka_unit_test(test_kinds_of_tokens),
	    cmocka_unit_test(test_places_count_code_points),
	    cmocka_unit_test(test_variables_are_replaced),
	    cmocka_unit_test(test_variables_in_comments_stay),
	    cmocka_unit_test(test_places_refer_to_the_users_text),
	    cmocka_unit_test(test_undefined_variables),
	    cmocka_unit_test(test_a_value_must_be_utf8),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_a_nul_byte_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
