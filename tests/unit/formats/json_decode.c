/* SPDX-License-Identifier: Apache-2.0
 *
 * json_decode - JSON lines into rows: Flink's rules for values, and what happens to bad records.
 */
#include "format_case.h"

static const char *const ignore[] = {"ignore-parse-errors=true", NULL};

struct value_case {
	const char *type; /* of the column v */
	const char *json; /* its value */
	const char *want; /* as printed; NULL: it does not fit */
};

/* What real Flink 2.1 makes of these values. */
static const struct value_case values[] = {
    {"INT", "\"12\"", "12"},
    {"INT", "\" 5 \"", "5"},
    {"INT", "\"+5\"", "5"},
    {"INT", "1.7", "1"},
    {"INT", "-1.7", "-1"},
    {"INT", "12.0", "12"},
    {"INT", "1e5", "100000"},
    {"INT", "-0", "0"},
    {"INT", "2147483647", "2147483647"},
    {"INT", "-2147483648", "-2147483648"},
    {"INT", "2147483648", NULL},
    {"INT", "-2147483649", NULL},
    {"INT", "2147483647.9", NULL},
    {"INT", "-2147483648.9", NULL},
    {"INT", "99999999999999999999", NULL},
    {"INT", "1e400", NULL},
    {"INT", "\"1.5\"", NULL},
    {"INT", "\"abc\"", NULL},
    {"INT", "\"\"", NULL},
    {"INT", "true", NULL},
    {"INT", "{\"x\":1}", NULL},
    {"INT", "[1]", NULL},
    {"TINYINT", "\"7\"", "7"},
    {"TINYINT", "127", "127"},
    {"TINYINT", "-128", "-128"},
    {"TINYINT", "128", NULL},
    {"TINYINT", "1.7", NULL},
    {"SMALLINT", "\" 7 \"", "7"},
    {"SMALLINT", "1.0", NULL},
    {"SMALLINT", "-32769", NULL},
    {"BIGINT", "9223372036854775807", "9223372036854775807"},
    {"BIGINT", "-9223372036854775808", "-9223372036854775808"},
    {"BIGINT", "9223372036854775808", NULL},
    {"BIGINT", "1e18", "1000000000000000000"},
    {"BIGINT", "1.0e3", "1000"},
    {"BIGINT", "1.5e19", NULL},
    {"BIGINT", "-9223372036854775808.9", "-9223372036854775808"},
    {"BIGINT", "123456789012345678", "123456789012345678"},
    {"DOUBLE", "1", "1.0"},
    {"DOUBLE", "-0.0", "-0.0"},
    {"DOUBLE", "22.00", "22.0"},
    {"DOUBLE", "19.64", "19.64"},
    {"DOUBLE", "0.1", "0.1"},
    {"DOUBLE", "3.140000104904175", "3.140000104904175"},
    {"DOUBLE", "1.7976931348623157e308", "1.7976931348623157E308"},
    {"DOUBLE", "123456789012345678901234567890", "1.2345678901234568E29"},
    {"DOUBLE", "1e400", "Infinity"},
    {"DOUBLE", "\"1e3\"", "1000.0"},
    {"DOUBLE", "\"NaN\"", "NaN"},
    {"DOUBLE", "\"Infinity\"", "Infinity"},
    {"DOUBLE", "\"0x1p3\"", "8.0"},
    {"DOUBLE", "\" 1.5d \"", "1.5"},
    {"DOUBLE", "\"inf\"", NULL},
    {"DOUBLE", "true", NULL},
    {"DOUBLE", "{}", NULL},
    {"FLOAT", "1", "1.0"},
    {"FLOAT", "0.1", "0.1"},
    {"FLOAT", "1e40", "Infinity"},
    {"FLOAT", "\"1e3\"", "1000.0"},
    {"BOOLEAN", "true", "TRUE"},
    {"BOOLEAN", "\"TRUE\"", "TRUE"},
    {"BOOLEAN", "\" true \"", "TRUE"},
    {"BOOLEAN", "\"yes\"", "FALSE"},
    {"BOOLEAN", "1", "FALSE"},
    {"BOOLEAN", "[1]", "FALSE"},
    {"BOOLEAN", "{\"x\":1}", "FALSE"},
    {"DECIMAL(10, 2)", "1.239", "1.24"},
    {"DECIMAL(10, 2)", "-1.005", "-1.01"},
    {"DECIMAL(10, 2)", "\"7.5\"", "7.50"},
    {"DECIMAL(10, 2)", "1e3", "1000.00"},
    {"DECIMAL(10, 2)", "\" 1 \"", "1.00"},
    {"DECIMAL(10, 2)", "123456789.5", "\\N"},
    {"DECIMAL(10, 2)", "\"abc\"", NULL},
    {"DECIMAL(10, 2)", "\"\"", NULL},
    {"DECIMAL(10, 2)", "true", NULL},
    {"STRING", "5", "5"},
    {"STRING", "1.50", "1.50"},
    {"STRING", "true", "true"},
    {"STRING", "1E5", "1E5"},
    {"STRING", "\"\"", ""},
    {"STRING", "\"more than twelve bytes\"", "more than twelve bytes"},
    {"STRING", "\"a\\u00e9\\n\\ud83d\\ude00\"", "aé\\n😀"},
    {"STRING", "\"\\ud83d\"", "?"},
    {"STRING", "\"\\ud83d\\u0041\"", "?A"},
    {"STRING", "\"\\\"\\\\\\/\\b\\f\\r\\t\"", "\"\\\\/\b\f\\r\\t"},
    {"STRING", "\"short é\"", "short é"},
    {"STRING", "{\"x\":1, \"y\":[1,2]}", "{\"x\":1,\"y\":[1,2]}"},
    {"STRING", "[1 ,\"a\" , null]", "[1,\"a\",null]"},
    {"STRING", "[ ]", "[]"},
    {"STRING", "{ }", "{}"},
    {"STRING", "{\"a\":1,\"b\":2,\"a\":{\"c\":3}}", "{\"a\":{\"c\":3},\"b\":2}"},
    {"STRING", "{\"d\":\"x\\u00e9\\n\\/\\u0001\"}", "{\"d\":\"xé\\\\n/\\\\u0001\"}"},
    {"STRING", "[1.50,1e3,100.0,1e400,12345678901234567890123,-0,0.1e-7,1.10]",
     "[1.5,1000.0,100.0,\"Infinity\",12345678901234567890123,0,1.0E-8,1.1]"},
    {"BYTES", "\"Cv8=\"", "x'0aff'"},
    {"BYTES", "\"\"", "x''"},
    {"BYTES", "\"Cv8=\\n\"", "x'0aff'"},
    {"BYTES", "\"Cv8\"", NULL},
    {"BYTES", "\"C v8=\"", NULL},
    {"BYTES", "\"!!\"", NULL},
    {"BYTES", "1", NULL},
    {"DATE", "\"2024-02-29\"", "2024-02-29"},
    {"DATE", "\"2024-02-30\"", NULL},
    {"DATE", "\"2024-1-5\"", NULL},
    {"DATE", "20240101", NULL},
    {"DATE", "\"2024-01-01 \"", NULL},
    {"TIME", "\"12:34:56\"", "12:34:56"},
    {"TIME", "\"01:02:03.1239\"", "01:02:03"},
    {"TIME", "\"24:00:00\"", "00:00:00"},
    {"TIME", "\"1:02:03\"", NULL},
    {"TIME", "\"01:02\"", NULL},
    {"TIME", "\"01:02:03Z\"", NULL},
    {"TIMESTAMP(3)", "\"2024-01-01 00:00:00\"", "2024-01-01 00:00:00.000"},
    {"TIMESTAMP(3)", "\"2024-01-01 23:59:59.123\"", "2024-01-01 23:59:59.123"},
    {"TIMESTAMP(3)", "\"2024-01-01 00:00:00.123456\"", "2024-01-01 00:00:00.123"},
    {"TIMESTAMP(0)", "\"2024-01-01 00:00:00.999\"", "2024-01-01 00:00:00"},
    {"TIMESTAMP(3)", "\"2024-02-30 00:00:00\"", "2024-02-29 00:00:00.000"},
    {"TIMESTAMP(3)", "\"2024-01-01 24:00:00\"", "2024-01-02 00:00:00.000"},
    {"TIMESTAMP(3)", "\"1969-12-31 23:59:59.5\"", "1969-12-31 23:59:59.500"},
    {"TIMESTAMP(9)", "\"2024-01-01 00:00:00.123456789\"", "2024-01-01 00:00:00.123456789"},
    {"TIMESTAMP(3)", "\"2024-01-01 00:00:00.\"", "2024-01-01 00:00:00.000"},
    {"TIMESTAMP(3)", "\"2024-01-01T00:00:00\"", NULL},
    {"TIMESTAMP(3)", "\"2024-01-01\"", NULL},
    {"TIMESTAMP(3)", "\"2024-01-01 00:00\"", NULL},
    {"TIMESTAMP(3)", "\"2024-01-01 00:00:00Z\"", NULL},
    {"TIMESTAMP(3)", "\"2024-01-01 23:59:60\"", NULL},
    {"TIMESTAMP(3)", "\"2024-01-01 2a:00:00\"", NULL},
    {"TIMESTAMP(3)", "\"2024-01-01 00-00:00\"", NULL},
    {"TIMESTAMP(3)", "\"2024-01-01 00:00:00.1234567890\"", NULL},
    {"TIMESTAMP(3)", "\" 2024-01-01 00:00:00\"", NULL},
    {"TIMESTAMP(3)", "1704067200000", NULL},
    {"TIMESTAMP(3)", "\"\"", NULL},
    {"TIMESTAMP_LTZ(3)", "\"2024-01-01 00:00:00.5Z\"", "2024-01-01 00:00:00.500"},
    {"TIMESTAMP_LTZ(3)", "\"2024-01-01 00:00:00\"", NULL},
    {"TIMESTAMP_LTZ(3)", "\"2024-01-01 00:00:00.5z\"", NULL},
    {"ROW<x INT, y STRING>", "{\"x\":1}", "(1, NULL)"},
    {"ROW<x INT, y STRING>", "{}", "(NULL, NULL)"},
    {"ROW<x INT, y STRING>", "{\"y\":{\"k\":[1, 2]},\"x\":\"3\"}", "(3, {\"k\":[1,2]})"},
    {"ROW<x INT, y STRING>", "{\"x\":\"q\",\"y\":2}", NULL},
    {"ROW<x INT, y STRING>", "5", NULL},
    {"ROW<x INT, y STRING>", "[1]", NULL},
    {"ARRAY<INT>", "[1,null,\"3\"]", "[1, NULL, 3]"},
    {"ARRAY<INT>", "[]", "[]"},
    {"ARRAY<INT>", "[1,\"a\"]", NULL},
    {"ARRAY<INT>", "5", NULL},
    {"ARRAY<INT>", "{}", NULL},
    {"ARRAY<ARRAY<STRING>>", "[[\"a\"],[],null,[\"b\",\"c\"]]", "[[a], [], NULL, [b, c]]"},
    {"ARRAY<ROW<q INT, w STRING>>", "[{\"q\":1},null,{\"w\":\"x\",\"q\":2}]",
     "[(1, NULL), NULL, (2, x)]"},
    {"MAP<STRING, INT>", "{\"a\":1,\"b\":null,\"a\":5}", "{a=5, b=NULL}"},
    {"MAP<STRING, INT>", "{}", "{}"},
    {"MAP<STRING, ARRAY<INT>>", "{\"k\":[1],\"k\":[2,3]}", "{k=[2, 3]}"},
    {"MAP<STRING, INT>", "{\"a\":\"x\"}", NULL},
    {"MAP<STRING, INT>", "[1]", NULL},
    {"INT", "null", "\\N"},
    {"ROW<x INT, y STRING>", "null", "\\N"},
    {"ARRAY<INT>", "null", "\\N"},
};

/* Each value between two good records, which must not notice it. */
static void test_values(void **state)
{
	for (size_t i = 0; i < WR_COUNT(values); i++) {
		const struct value_case *v = &values[i];
		struct format_case c;
		char columns[128], text[512], want[512];
		snprintf(columns, sizeof columns, "n INT, v %s", v->type);
		snprintf(text, sizeof text,
			 "{\"n\":1,\"v\":null}\n{\"n\":2,\"v\":%s}\n{\"n\":3,\"v\":null}\n",
			 v->json);
		case_open(&c, "json", columns, NULL);
		const char *got = case_decode(&c, text);
		if (v->want != NULL) {
			snprintf(want, sizeof want, "1\t\\N\n2\t%s\n3\t\\N\n", v->want);
		} else {
			snprintf(want, sizeof want, "1\t\\N\n3\t\\N\n!1 17+%zu type v",
				 strlen(v->json) + 12);
			assert_true(strlen(got) > strlen(want));
			char *cut = wr_arena_strdup(&c.arena, got);
			char *stop = strstr(cut, "\n!") + 1;
			stop += strcspn(stop, ".:");
			*stop = '\0';
			got = cut;
		}
		if (strcmp(got, want) != 0)
			print_message("%s %s\n", v->type, v->json);
		assert_string_equal(got, want);
		case_close(&c);
		if (v->want == NULL && strchr(v->type, '<') == NULL) {
			snprintf(want, sizeof want, "1\t\\N\n2\t\\N\n3\t\\N\n");
			case_expect("json", columns, ignore, text, want);
		}
	}
}

/* With 'ignore-parse-errors' only the innermost value is lost. */
static void test_ignore_nested(void **state)
{
	case_expect(
	    "json", "r ROW<x INT, y STRING, z ARRAY<INT>>, m MAP<STRING, INT>", ignore,
	    "{\"r\":{\"x\":\"q\",\"y\":2,\"z\":[1,\"a\",null]},\"m\":{\"a\":\"x\",\"b\":2}}\n"
	    "{\"r\":[1,\"a\"],\"m\":5}\n",
	    "(NULL, 2, [1, NULL, NULL])\t{a=NULL, b=2}\n\\N\t\\N\n");
}

static void test_keys(void **state)
{
	const char *columns = "i INT, s STRING";

	/* other order, other fields, spaces, escaped names, letter case, the last of equal ones */
	case_expect(
	    "json", columns, NULL,
	    "{\"i\":1,\"s\":\"a\"}\n{\"s\":\"b\",\"i\":2}\n{\"x\":[{}],\"i\":3,\"s\":\"c\"}\n"
	    "{ \"i\" : 4 , \"s\" : \"d\" }\t\n{\"\\u0069\":5}\n{\"I\":6,\"S\":\"u\"}\n"
	    "{\"i\":7,\"i\":8}\n{\"s\":\"e\",\"s\":null}\n{\"i\":null,\"i\":9}\n{}\n"
	    "{\"i\":10,\"s\":  \"f\"}\n{\"i\":  11,\"s\": \"g\"}\n",
	    "1\ta\n2\tb\n3\tc\n4\td\n5\t\\N\n\\N\t\\N\n8\t\\N\n\\N\t\\N\n9\t\\N\n\\N\t\\N\n"
	    "10\tf\n11\tg\n");
	case_expect("json", "r ROW<x INT, y STRING>", NULL,
		    "{\"r\":{\"x\":1},\"r\":{\"y\":\"b\"}}\n", "(NULL, b)\n");
	case_expect(
	    "json", "a_rather_long_name_of_a_column_that_no_literal_of_a_slot_can_hold INT, a INT",
	    NULL,
	    "{\"a_rather_long_name_of_a_column_that_no_literal_of_a_slot_can_hold\":1,\"a\":2}\n"
	    "{\"a_rather_long_name_of_a_column_that_no_literal_of_a_slot_can_hold\":3,\"a\":4}\n",
	    "1\t2\n3\t4\n");
}

static void test_missing_field(void **state)
{
	static const char *const options[] = {"fail-on-missing-field=true", NULL};

	case_expect("json", "i INT, s STRING", options,
		    "{\"i\":1}\n{\"s\":\"x\",\"i\":2}\n{\"s\":null,\"i\":3}\n",
		    "2\tx\n3\t\\N\n!0 0+7 missing-field s: the field is missing and "
		    "'json.fail-on-missing-field' is set\n");
}

static void test_iso(void **state)
{
	static const char *const options[] = {"timestamp-format.standard=ISO-8601",
					      "ignore-parse-errors=true", NULL};

	case_expect("json", "ts TIMESTAMP(3), ltz TIMESTAMP_LTZ(3), tm TIME", options,
		    "{\"ts\":\"2024-01-01T00:00:00.5\",\"ltz\":\"2024-01-01T00:00:00Z\",\"tm\":"
		    "\"01:02:03\"}\n"
		    "{\"ts\":\"2024-01-01T01:02\",\"ltz\":\"2024-01-01T00:00Z\"}\n"
		    "{\"ts\":\"2024-01-01 00:00:00\"}\n{\"ts\":\"2024-01-01T00:00:00Z\"}\n"
		    "{\"tm\":\"01:02\"}\n{\"ltz\":\"2024-01-01T00:00:00+01:00\"}\n",
		    "2024-01-01 00:00:00.500\t2024-01-01 00:00:00.000\t01:02:03\n"
		    "2024-01-01 01:02:00.000\t2024-01-01 00:00:00.000\t\\N\n"
		    "\\N\t\\N\t\\N\n\\N\t\\N\t\\N\n\\N\t\\N\t\\N\n\\N\t\\N\t\\N\n");
}

/* With a DECIMAL column numbers within texts are decimals. */
static void test_tree_decimals(void **state)
{
	case_expect("json", "s STRING, d DECIMAL(10, 2)", NULL,
		    "{\"s\":[1.50,1e3,100.0,1e400,1E+2,-0.0,0.1e-7,123.456,-0.001,1e-6,1e-7]}\n",
		    "[1.5,1E+3,1E+2,1E+400,1E+2,0,1E-8,123.456,-0.001,0.000001,1E-7]\t\\N\n");
}

/* Line ends, byte order mark, arrays of rows, lines that are no rows. */
static void test_lines(void **state)
{
	const char *n = "i INT";

	case_expect("json", n, NULL, "", "");
	case_expect("json", n, NULL, "\n\r\n\n", "");
	case_expect("json", n, NULL, "{\"i\":1}\r\n{\"i\":2}\r\n\r\n{\"i\":3}", "1\n2\n3\n");
	case_expect("json", n, NULL, "{\"i\":1}", "1\n");
	case_expect("json", n, NULL, "\xEF\xBB\xBF{\"i\":1}\n", "1\n");
	case_expect("json", n, NULL, "  {\"i\":5}  \n", "5\n");
	case_expect("json", n, NULL, "[{\"i\":1},{\"i\":2} , {}]\n[]\n{\"i\":3}\n",
		    "1\n2\n\\N\n3\n");
	case_expect("json", n, NULL, "[{\"i\":1},5,{\"i\":\"x\"},{\"i\":2}]",
		    "1\n2\n!0 0+29 type -: 5 is no object\n!0 0+29 type i: \"x\" is no INT\n");
	case_expect("json", n, NULL, "5\nnull\n\"s\"\n",
		    "!0 0+1 type -: 5 is no object\n!1 2+4 type -: null is no object\n"
		    "!2 7+3 type -: \"s\" is no object\n");
	case_expect("json", n, ignore, "5\nnot json\n{\"i\":1}\n\"s\"\n{\"i\":", "1\n");
}

/* Lines that are no JSON. */
static const char *const broken[] = {
    "not json",
    "{",
    "{\"i\"",
    "{\"i\":",
    "{\"i\":6",
    "{\"i\":7}]",
    "{\"i\":7} xyz",
    "{\"i\":2}{\"i\":3}",
    "{\"i\":4},",
    "   ",
    "\t",
    "[{\"i\":9},",
    "[1,]",
    "{\"zz\":tru,\"i\":13}",
    "{\"i\":14,\"zz\":tru}",
    "{\"i\":01}",
    "{\"i\":+1}",
    "{\"i\":.5}",
    "{\"d\":NaN}",
    "{\"i\":15,}",
    "{\"i\":1a}",
    "{'i':16}",
    "{i:17}",
    "{\"i\":18 /*c*/}",
    "{\"s\":\"tab\there\"}",
    "{\"s\":\"\\u00\"}",
    "{\"s\":\"\\q\"}",
    "{\"zz\":\"\\q\"}",
    "{\"zz\":\"open}",
    "{\"s\":\"open}",
    "{\"zz\":[1,2}",
    "{\"zz\":{\"a\":1]}",
    "{\"zz\":1.}",
    "{\"d\":1.}",
    "{\"d\":1.5.2}",
    "{\"d\":1e}",
    "{\"d\":-}",
    "{\"d\":01.5}",
    "{\"i\":-}",
    "{,\"i\":1}",
    "{\"i\":1,,\"s\":\"x\"}",
    "{\"zz\":{\"a\" 1}}",
    "{\"zz\":{\"a\":1,}}",
    "{\"i\":1 \"s\":2}",
    "{\"i\" 1}",
    "{\"i\":nul}",
    "{\"i\":nulll}",
    "{\"s\":[1,}",
    "}",
    "{\"m\":{\"a\":1,}}",
    "{\"m\":{1:1}}",
    "{\"m\":{\"a\"}}",
    "{\"a\":[1,]}",
    "{\"a\":[1",
};

/* A broken line between good ones. Each must be found, wherever it is broken, and whether or not
 * its column is wanted. */
static void test_syntax(void **state)
{
	for (size_t i = 0; i < WR_COUNT(broken); i++) {
		struct format_case c;
		char text[256], want[256];
		snprintf(text, sizeof text, "{\"i\":1}\n%s\n{\"i\":2}\n", broken[i]);
		snprintf(
		    want, sizeof want,
		    "1\t\\N\t\\N\t\\N\t\\N\n2\t\\N\t\\N\t\\N\t\\N\n!1 8+%zu syntax -: not JSON",
		    strlen(broken[i]));
		case_open(&c, "json", "i INT, s STRING, d DOUBLE, m MAP<STRING, INT>, a ARRAY<INT>",
			  NULL);
		const char *got = case_decode(&c, text);
		if (strncmp(got, want, strlen(want)) != 0)
			print_message("%s\n%s", broken[i], got);
		assert_memory_equal(got, want, strlen(want));
		case_close(&c);
		/* the same as the last line, without a line end */
		case_open(&c, "json", "i INT, s STRING, d DOUBLE, m MAP<STRING, INT>, a ARRAY<INT>",
			  NULL);
		text[strlen(text) - 9] = '\0';
		assert_non_null(strstr(case_decode(&c, text), "syntax"));
		case_close(&c);
	}
}

static void test_messages(void **state)
{
	case_expect("json", "i INT, r ROW<x TINYINT>", NULL,
		    "{\"i\":tru}\n{\"i\":5\n{\"r\":{\"x\":1000}}\n{\"i\":\"a value of more than "
		    "forty bytes, cut in "
		    "the message\"}\n",
		    "!0 0+9 syntax -: not JSON at byte 5 of the record: tru}\n"
		    "!1 10+6 syntax -: not JSON: the record ends at byte 6, too early\n"
		    "!2 17+16 type r.x: 1000 is no TINYINT\n"
		    "!3 34+60 type i: \"a value of more than forty bytes, cut i... is no INT\n");
}

static void test_encoding(void **state)
{
	struct format_case c;
	static const char text[] =
	    "{\"s\":\"a\xff"
	    "b\",\"i\":1}\n{\"i\":2}\n{\"q\xff\":\"x\"}\n{\"zz\":\"\xed\xa0\x80\"}\n"
	    "{\"s\":\"\xc3\xa9 and more than sixteen bytes\"}\n"
	    "{\"s\":\"sixteen bytes and then \xc3\"}\n{\"s\":\"nul\0\"}\n{\"i\":3}";

	case_open(&c, "json", "s STRING, i INT", NULL);
	assert_string_equal(case_decode_n(&c, text, sizeof text - 1),
			    "\\N\t2\né and more than sixteen bytes\t\\N\n\\N\t3\n"
			    "!0 0+17 encoding -: the text at byte 5 of the record is not UTF-8\n"
			    "!2 26+10 encoding -: the text at byte 1 of the record is not UTF-8\n"
			    "!3 37+12 encoding -: the text at byte 6 of the record is not UTF-8\n"
			    "!5 89+32 encoding -: the text at byte 5 of the record is not UTF-8\n"
			    "!6 122+12 syntax -: not JSON at byte 9 of the record: \n");
	case_close(&c);
}

static void test_nesting(void **state)
{
	for (int depth = WR_JSON_NESTING_MAX - 1; depth <= WR_JSON_NESTING_MAX + 1; depth++) {
		struct format_case c;
		struct wr_text text;
		wr_text_init(&text);
		wr_text_puts(&text, "{\"x\":");
		for (int i = 0; i < depth; i++)
			wr_text_puts(&text, "[1,");
		wr_text_putc(&text, '2');
		for (int i = 0; i < depth; i++)
			wr_text_putc(&text, ']');
		wr_text_puts(&text, "}\n{\"i\":1}\n");
		case_open(&c, "json", "i INT", NULL);
		const char *got = case_decode(&c, wr_text_str(&text));
		if (depth <= WR_JSON_NESTING_MAX)
			assert_string_equal(got, "\\N\n1\n");
		else
			assert_non_null(strstr(got, "more than 500 levels"));
		case_close(&c);
		wr_text_release(&text);
	}
}

/* Only wanted columns are made; what is wrong with the type of others does not matter. */
static void test_wanted(void **state)
{
	struct format_case c;

	case_open(&c, "json", "a INT, b STRING, c INT", NULL);
	c.wanted[0] = 2;
	c.wanted[1] = 0;
	c.args.wanted_count = 2;
	assert_string_equal(case_decode(&c, "{\"a\":1,\"b\":\"x\",\"c\":2}\n{\"b\":{},\"c\":3}\n"),
			    "2\t1\n3\t\\N\n");
	c.args.wanted_count = 0;
	assert_string_equal(case_decode(&c, "{\"a\":1}\n{\"b\":tru}\n[{},{}]\n"),
			    "\n\n\n!1 8+9 syntax -: not JSON at byte 5 of the record: tru}\n");
	case_close(&c);
}

/* More rows than a batch holds, with strings of all lengths and escapes, against expectations made
 * on the way. */
static void test_many(void **state)
{
	struct format_case c;
	struct wr_text in, want, out;

	wr_text_init(&in);
	wr_text_init(&want);
	wr_text_init(&out);
	for (int i = 0; i < 10000; i++) {
		char word[80];
		int len = i * 7 % 60;
		for (int k = 0; k < len; k++)
			word[k] = (char)('a' + (i + k) % 26);
		word[len] = '\0';
		wr_text_printf(&in, "{\"i\":%d,\"s\":\"%s%s\",\"a\":[%d,%d]}\n", i, word,
			       i % 5 == 0 ? "\\n" : "", i, i + 1);
		wr_text_printf(&want, "%d\t%s%s\t[%d, %d]\n", i, word, i % 5 == 0 ? "\\n" : "", i,
			       i + 1);
		if (i % 1000 == 0)
			wr_text_puts(&in, "{\"a\":[1,2,x]}\n");
	}
	case_open(&c, "json", "i INT, s STRING, a ARRAY<INT>", NULL);
	case_decode_range(&c, &out, in.data, in.len, WR_BATCH_ROWS_MAX, true, NULL);
	assert_true(out.len > want.len);
	assert_memory_equal(out.data, want.data, want.len);
	assert_memory_equal(out.data + want.len, "!1 ", 3);
	case_close(&c);
	wr_text_release(&in);
	wr_text_release(&want);
	wr_text_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),   cmocka_unit_test(test_ignore_nested),
	    cmocka_unit_test(test_keys),     cmocka_unit_test(test_missing_field),
	    cmocka_unit_test(test_iso),      cmocka_unit_test(test_tree_decimals),
	    cmocka_unit_test(test_lines),    cmocka_unit_test(test_syntax),
	    cmocka_unit_test(test_messages), cmocka_unit_test(test_encoding),
	    cmocka_unit_test(test_nesting),  cmocka_unit_test(test_wanted),
	    cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
