/* SPDX-License-Identifier: Apache-2.0
 *
 * json - tests of the JSON functions: the recorded calls, the reader and writer below them, paths,
 * conversions and hostile documents.
 */
#include "call_json.h"
#include "expr/fn_json_path.h"

static void recorded_calls(void **state)
{
	(void)state;
	check_calls(json_calls, WR_COUNT(json_calls));
}

/* What a text is read as, written again; "!": it is no JSON. */
static const char *again(struct wr_arena *arena, const char *text, size_t len)
{
	struct wr_json_doc doc;
	struct wr_text out;

	wr_json_init(&doc);
	wr_text_init(&out);
	if (wr_json_parse(&doc, text, len))
		wr_json_write(&out, &doc, 0, arena);
	else
		wr_text_puts(&out, doc.error != NULL ? "!" : "no reason given");
	const char *copy = wr_arena_strdup(arena, wr_text_str(&out));
	wr_text_release(&out);
	wr_json_release(&doc);
	return copy;
}

static void reads_as_jackson(void **state)
{
	static const struct {
		const char *text, *again;
	} tests[] = {
	    {"{}", "{}"},
	    {" [ ] ", "[]"},
	    {"[1,2.50,\"x\",true,false,null]", "[1,2.50,\"x\",true,false,null]"},
	    {"{\"b\":1,\"a\":{\"d\":[],\"c\":{}}}", "{\"a\":{\"c\":{},\"d\":[]},\"b\":1}"},
	    {"{\"b\":1,\"a\":2,\"b\":3}", "{\"a\":2,\"b\":3}"},
	    {"1 2", "1"},
	    {"{} x", "{}"},
	    {"\"a\"b", "\"a\""},
	    {"true]", "true"},
	    {"-0", "0"},
	    {"-0.0", "0.0"},
	    {"[1e2,1E-7,1.5e-7,0.000001,12e3,1.0e10,0e5]",
	     "[1E+2,1E-7,1.5E-7,0.000001,1.2E+4,1.0E+10,0E+5]"},
	    {"123456789012345678901234567890", "123456789012345678901234567890"},
	    {"\"\\u0041\\n\\/\\ud83d\\ude00\\ud83d\"", "\"A\\n/\xf0\x9f\x98\x80?\""},
	    {"\"\\u0001\\u001f\\u007f\"", "\"\\u0001\\u001F\x7f\""},
	    {"\"\xc3\xa9\"", "\"\xc3\xa9\""},
	    {"", "!"},
	    {"  ", "!"},
	    {"01", "!"},
	    {"1x", "!"},
	    {"truex", "!"},
	    {"nul", "!"},
	    {"-", "!"},
	    {"+1", "!"},
	    {".5", "!"},
	    {"1.", "!"},
	    {"1e", "!"},
	    {"NaN", "!"},
	    {"[1,]", "!"},
	    {"[,1]", "!"},
	    {"[1 2]", "!"},
	    {"[1", "!"},
	    {"{\"a\":1,}", "!"},
	    {"{\"a\"}", "!"},
	    {"{a:1}", "!"},
	    {"{\"a\":1", "!"},
	    {"{'a':1}", "!"},
	    {"\"a", "!"},
	    {"\"\\x\"", "!"},
	    {"\"\\u12\"", "!"},
	    {"\"\t\"", "!"},
	    {"\"\\", "!"},
	    {"// c\n1", "!"},
	};
	struct wr_arena arena;

	(void)state;
	wr_arena_init(&arena);
	for (size_t i = 0; i < WR_COUNT(tests); i++)
		assert_string_equal(again(&arena, tests[i].text, strlen(tests[i].text)),
				    tests[i].again);
	wr_arena_release(&arena);
}

/* Every beginning of a document, and every document with one byte changed, is read without harm. */
static void survives_damage(void **state)
{
	static const char whole[] =
	    "{\"a\":[1,2.5e-3,\"x\\u00e9\\n\",{\"b\":null}],\"c\":true,\"a\":-0}";
	struct wr_arena arena;
	char text[sizeof whole];

	(void)state;
	wr_arena_init(&arena);
	for (size_t i = 0; i < sizeof whole; i++) {
		/* a copy of exactly that size, so that a sanitizer sees reads behind it */
		char *part = malloc(i + 1);
		memcpy(part, whole, i);
		char *tight = malloc(i > 0 ? i : 1);
		memcpy(tight, whole, i);
		if (i + 1 < sizeof whole)
			assert_string_equal(again(&arena, tight, i), "!");
		free(tight);
		free(part);
		for (int byte = 1; byte < 256; byte += 7) {
			memcpy(text, whole, sizeof whole);
			text[i] = (char)byte;
			assert_non_null(again(&arena, text, sizeof whole - 1));
			wr_arena_reset(&arena);
		}
	}
	wr_arena_release(&arena);
}

static void nesting_is_bounded(void **state)
{
	char text[1200];
	struct wr_json_doc doc;

	(void)state;
	wr_json_init(&doc);
	memset(text, '[', 600);
	memset(text + 600, ']', 600);
	assert_false(wr_json_parse(&doc, text, 1200));
	assert_non_null(strstr(doc.error, "nested too deeply"));
	assert_true(wr_json_parse(&doc, text + 100 + 50, 900));
	memset(text, '9', 1001);
	assert_false(wr_json_parse(&doc, text, 1001));
	assert_true(wr_json_parse(&doc, text, 1000));
	wr_json_release(&doc);
}

static void keys_sort_as_in_java(void **state)
{
	struct wr_str private_use = wr_str_of("\xee\x80\x80"),
		      emoji = wr_str_of("\xf0\x9f\x98\x80");

	(void)state;
	assert_true(wr_json_compare_keys(emoji, private_use) < 0);
	assert_true(wr_json_compare_keys(private_use, emoji) > 0);
	assert_true(wr_json_compare_keys(wr_str_of("\xed\x9f\xbf"), emoji) < 0);
	assert_true(wr_json_compare_keys(wr_str_of("a"), wr_str_of("ab")) < 0);
	assert_int_equal(wr_json_compare_keys(emoji, emoji), 0);
}

static void path_errors(void **state)
{
	static const char *const invalid[] = {
	    "",        "$.",    "$..",   "$[",     "$[]",  "$['a",          "$['a'",
	    "$[a]",    "$.a b", "$[1:",  "$[1,x]", "$[?(", "$[?()]",        "$[?(@.a ==)]",
	    "$[?(1)]", "$x",    "$.[0]", "lax",    "$[:]", "$[?(@.a == 1]", "$.length()x",
	};
	static const char *const unsupported[] = {"$.min()", "$[?(@.a in [1])]", "$[?(@.a =~ /x/)]",
						  "$[?(@.a == [1])]"};

	(void)state;
	for (size_t i = 0; i < WR_COUNT(invalid); i++) {
		struct wr_json_path path;
		wr_json_path_compile(&path, invalid[i], strlen(invalid[i]));
		/* a bare word is a key */
		if ((path.error == NULL) != (strcmp(invalid[i], "lax") == 0))
			fail_msg("path %s: %s", invalid[i], path.error);
		assert_false(path.is_unsupported);
		wr_json_path_release(&path);
	}
	for (size_t i = 0; i < WR_COUNT(unsupported); i++) {
		struct wr_json_path path;
		wr_json_path_compile(&path, unsupported[i], strlen(unsupported[i]));
		if (path.error == NULL || !path.is_unsupported)
			fail_msg("path %s is taken", unsupported[i]);
		wr_json_path_release(&path);
	}
}

static void paths_find(void **state)
{
#define DOC                                                                                        \
	"'{\"a\":[{\"p\":5,\"k\":\"x\"},{\"p\":15},{\"k\":\"x\"}],\"n\":{\"a\":[7]},\"e\":\"\"}'"
	static const struct call_test tests[] = {
	    {"JSON_QUERY(" DOC ", '$.a[?(@.p < 10)]')", NULL, "[{\"k\":\"x\",\"p\":5}]"},
	    {"JSON_QUERY(" DOC ", '$.a[?(@.p >= 5 && @.k == ''x'')].p')", NULL, "[5]"},
	    {"JSON_QUERY(" DOC ", '$.a[?(!@.p)]')", NULL, "[{\"k\":\"x\"}]"},
	    {"JSON_QUERY(" DOC ", '$.a[?(@.p == 5 || @.p == \"15\")].p')", NULL, "[5,15]"},
	    {"JSON_QUERY(" DOC ", '$.a[?(@.p != 5)].k')", NULL, "[\"x\"]"},
	    {"JSON_QUERY(" DOC ", '$.a[?(@.p > $.n.a[0])].p')", NULL, "[15]"},
	    {"JSON_QUERY(" DOC ", '$..a')", NULL,
	     "[[{\"k\":\"x\",\"p\":5},{\"p\":15},{\"k\":\"x\"}],[7]]"},
	    {"JSON_QUERY(" DOC ", '$..p')", NULL, "[5,15]"},
	    {"JSON_QUERY(" DOC ", '$..[0]')", NULL, "[{\"k\":\"x\",\"p\":5},7]"},
	    {"JSON_QUERY(" DOC ", '$.a[1:].p')", NULL, "[15]"},
	    {"JSON_QUERY(" DOC ", '$.a[:-2]')", NULL, "[{\"k\":\"x\",\"p\":5}]"},
	    {"JSON_QUERY(" DOC ", '$[''n'',''zz'']')", NULL, "{\"n\":{\"a\":[7]}}"},
	    {"JSON_QUERY(" DOC ", 'lax $.zz[*]')", NULL, "[]"},
	    {"JSON_QUERY(" DOC ", '$.zz[*]')", NULL, "NULL"},
	    {"JSON_VALUE(" DOC ", '$.a.length()')", NULL, "3"},
	    {"JSON_VALUE(" DOC ", '$.a[-1].k')", NULL, "x"},
	    {"JSON_VALUE(" DOC ", '$.e')", NULL, ""},
	    {"JSON_VALUE('{\"a\":1}', ' $.a')", NULL, "NULL"},
	    {"JSON_VALUE('{\"a\":1}', 'a')", NULL, "1"},
	    {"JSON_QUERY('{\"a\":{\"x\":{\"q\":1},\"y\":{\"q\":2}}}', "
	     "'$.a[''x'',''y''].q')",
	     NULL, "[1,2]"},
	    {"JSON_QUERY('5', '$.*')", NULL, "[]"},
	    {"JSON_QUERY('[{\"a\":1},{\"b\":2}]', '$[*].a.c')", NULL, "[]"},
	    {"JSON_EXISTS(" DOC ", 'lax $.zz[*]')", NULL, "TRUE"},
	    {"JSON_EXISTS(" DOC ", '$.n.a[0]')", NULL, "TRUE"},
	    {"JSON_VALUE('null', 'lax $', @NULL_ON_EMPTY, @DEFAULT_ON_ERROR, 'r')", NULL, "r"},
	    {"JSON_VALUE(" DOC ", '$.sum()')", NULL, "ERROR has a path function other than"},
	    {"JSON_VALUE(" DOC ", '$.zz', @ERROR_ON_ERROR)", NULL, "ERROR the path finds nothing"},
	    {"JSON_VALUE(" DOC ", 'lax $.zz', @ERROR_ON_EMPTY)", NULL, "ERROR Empty result"},
	    {"JSON_VALUE(" DOC ", 'strict $.a', @ERROR_ON_ERROR)", NULL,
	     "ERROR requires a scalar value"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

static void returning_converts(void **state)
{
	static const struct call_test tests[] = {
	    {"JSON_VALUE('{\"x\":7}', '$.x', @RETURNING, NULL::BIGINT)", "BIGINT", "7"},
	    {"JSON_VALUE('{\"x\":7.9}', '$.x', @RETURNING, NULL::INT)", "INT", "7"},
	    {"JSON_VALUE('{\"x\":-7.9e0}', '$.x', @RETURNING, NULL::INT)", "INT", "-7"},
	    {"JSON_VALUE('{\"x\":\"12\"}', '$.x', @RETURNING, NULL::SMALLINT)", NULL, "12"},
	    {"JSON_VALUE('{\"x\":\"ab\"}', '$.x', @RETURNING, NULL::INT)", NULL, "NULL"},
	    {"JSON_VALUE('{\"x\":300}', '$.x', @RETURNING, NULL::TINYINT)", NULL, "NULL"},
	    {"JSON_VALUE('{\"x\":9223372036854775807}', '$.x', @RETURNING, NULL::BIGINT)", NULL,
	     "9223372036854775807"},
	    {"JSON_VALUE('{\"x\":9223372036854775808}', '$.x', @RETURNING, NULL::BIGINT)", NULL,
	     "NULL"},
	    {"JSON_VALUE('{\"x\":1.25}', '$.x', @RETURNING, NULL::DECIMAL(5,1))", NULL, "1.3"},
	    {"JSON_VALUE('{\"x\":12345}', '$.x', @RETURNING, NULL::DECIMAL(3,0))", NULL, "NULL"},
	    {"JSON_VALUE('{\"x\":\" Yes\"}', '$.x', @RETURNING, NULL::BOOLEAN)", NULL, "TRUE"},
	    {"JSON_VALUE('{\"x\":1}', '$.x', @RETURNING, NULL::BOOLEAN)", NULL, "NULL"},
	    {"JSON_VALUE('{\"x\":1e400}', '$.x', @RETURNING, NULL::DOUBLE)", NULL, "NULL"},
	    {"JSON_VALUE('{\"x\":\"ab\"}', '$.x', @RETURNING, NULL::INT, @DEFAULT_ON_ERROR, 5)",
	     NULL, "5"},
	    {"JSON_VALUE('{\"x\":\"ab\"}', '$.x', @RETURNING, NULL::INT, @ERROR_ON_ERROR)", NULL,
	     "ERROR does not fit the RETURNING type"},
	    {"JSON_VALUE('{}', '$.x', @RETURNING, NULL::DATE)", NULL,
	     "ERROR Unsupported type 'DATE' for RETURNING in JSON_VALUE()"},
	    {"JSON_QUERY('[1,null,{\"a\":2}]', '$', @RETURNING, NULL::ARRAY(STRING))",
	     "ARRAY<STRING>", "[1, NULL, {\"a\":2}]"},
	    {"JSON_QUERY('{}', '$', @RETURNING, NULL::ARRAY(STRING), @EMPTY_OBJECT_ON_ERROR)", NULL,
	     "ERROR EMPTY OBJECT is no answer"},
	    {"JSON_QUERY('{}', '$', @RETURNING, NULL::INT)", NULL, "ERROR Unsupported type 'INT'"},
	    {"JSON_VALUE('{}', '$.x', @WITH_FIRE)", NULL, "ERROR Cannot apply 'JSON_VALUE'"},
	    {"JSON_VALUE('{}', '$.x', @DEFAULT_ON_EMPTY)", NULL, "ERROR Cannot apply 'JSON_VALUE'"},
	    {"JSON_OBJECT('a')", NULL, "ERROR Cannot apply 'JSON_OBJECT'"},
	    {"JSON_OBJECT('a'::STRING, 1, NULL::STRING, 2)", NULL, "ERROR must not be NULL"},
	    {"JSON_STRING('10:00:00'::TIME)", NULL, "ERROR cannot be converted into JSON"},
	    {"JSON_STRING('NaN'::DOUBLE)", NULL, "\"NaN\""},
	    {"JSON_STRING('2024-01-31 10:00:00'::TIMESTAMP3)", NULL, "\"2024-01-31T10:00:00\""},
	    {"JSON_ARRAY(JSON('bad'))", NULL, "ERROR Invalid JSON string in JSON(value) function"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

/* Paths that differ by row, and documents that fail beside ones that do not. */
static void rows_of_documents(void **state)
{
	static const char *const docs[] = {"{\"a\":1,\"b\":\"x\"}", "{\"a\":[2]}", NULL, "oops",
					   "{\"b\":\"a text that is longer than any inline one\"}"};
	static const char *const paths[] = {"$.a", "$.a[0]", "$.a", "lax $.b", "$.b"};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_column *d = column_of(&f, &WR_T_STRING, docs, 5);
	struct wr_column *p = column_of(&f, &WR_T_STRING, paths, 5);
	const struct named_column columns[] = {{"d", d}, {"p", p}, {NULL, NULL}};
	assert_string_equal(rows_of(&f, "JSON_VALUE(d, p)", columns, 5),
			    "1|2|NULL|NULL|a text that is longer than any inline one");
	assert_string_equal(rows_of(&f, "JSON_VALUE(d, '$.a', @DEFAULT_ON_ERROR, p)", columns, 5),
			    "1|$.a[0]|NULL|lax $.b|$.b");
	assert_string_equal(rows_of(&f, "IS_JSON(d)", columns, 5), "TRUE|TRUE|FALSE|FALSE|TRUE");
	assert_string_equal(rows_of(&f, "JSON_ARRAY(@NULL_ON_NULL, JSON(d), p)", columns, 2),
			    "[{\"a\":1,\"b\":\"x\"},\"$.a\"]|[{\"a\":[2]},\"$.a[0]\"]");
	assert_string_equal(
	    rows_of(&f, "JSON_QUERY(d, '$.a', @RETURNING, NULL::ARRAY(STRING))", columns, 4),
	    "NULL|[2]|NULL|NULL");
	fixture_release(&f);
	wr_column_unref(d);
	wr_column_unref(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recorded_calls),       cmocka_unit_test(reads_as_jackson),
	    cmocka_unit_test(survives_damage),      cmocka_unit_test(nesting_is_bounded),
	    cmocka_unit_test(keys_sort_as_in_java), cmocka_unit_test(path_errors),
	    cmocka_unit_test(paths_find),           cmocka_unit_test(returning_converts),
	    cmocka_unit_test(rows_of_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
