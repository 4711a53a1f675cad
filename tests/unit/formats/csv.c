/* SPDX-License-Identifier: Apache-2.0
 *
 * csv - CSV in and out, against what real Flink 2.1 made of the same texts, and csv-spectrum.
 */
#include "format_case.h"

#define ABC "a INT, b STRING, c DOUBLE"

static const char *const ignore[] = {"ignore-parse-errors=true", NULL};

static void decode(const char *columns, const char *const *options, const char *text,
		   const char *want)
{
	case_expect("csv", columns, options, text, want);
}

static void test_fields(void **state)
{
	decode(ABC, NULL,
	       "1,x,1.5\n2,\"y \"\"q\"\" z\",2\n4,  sp  ,4.5\n5,\"\",5\n6,\"  sp  \",6\n",
	       "1\tx\t1.5\n2\ty \"q\" z\t2.0\n4\t  sp  \t4.5\n5\t\t5.0\n6\t  sp  \t6.0\n");
	decode(ABC, NULL, " 1 , x , 2.5 \n+2,y,1e3\n3,z,NaN\n7,\"multi\nline\",8\n8,tail,9",
	       "1\t x \t2.5\n2\ty\t1000.0\n3\tz\tNaN\n7\tmulti\\nline\t8.0\n8\ttail\t9.0\n");
	decode("a STRING, b STRING", NULL, "a\"b,c\"d\"\nx\"y\"\"z,1\n",
	       "a\"b\tc\"d\"\nx\"y\"\"z\t1\n");
	decode("a INT, b STRING, c INT", NULL, "1, \"x\",2\n2,\"x\"  ,3\n",
	       "1\t \"x\"\t2\n2\tx\t3\n");
	decode("a STRING, b INT", NULL, "\"a\"\"\",1\n\"\"\"\",2\n\"a,b\",3\n",
	       "a\"\t1\n\"\t2\na,b\t3\n");
	decode(ABC, NULL, "1,x,1.5,\n", "1\tx\t1.5\n"); /* one empty field too many is allowed */
	decode("s STRING", NULL, "\n\nabc\n\"\"\n", "\n\nabc\n\n");
}

static void test_line_ends(void **state)
{
	const char *ab = "a INT, b STRING";

	decode(ab, NULL, "", "");
	decode(ab, NULL, "1,x\r\n2,\"y\r\nz\"\r\n3,w", "1\tx\n2\ty\\r\\nz\n3\tw\n");
	decode(ab, NULL, "1,x\r2,y\r3,z", "1\tx\n2\ty\n3\tz\n");
	decode(ab, NULL,
	       "\xEF\xBB\xBF"
	       "1,x\n",
	       "1\tx\n");
	decode(ab, NULL, "1,\"x\ny\"", "1\tx\\ny\n"); /* the last line end is within quotes */
	decode(ab, NULL, "0,a\n1,\"x\n\n\ny\"\r\n2,b", "0\ta\n1\tx\\n\\n\\ny\n2\tb\n");
}

static void test_options(void **state)
{
	static const char *const semicolon[] = {"field-delimiter=;", "quote-character='",
						"null-literal=NIL", "escape-character=\\", NULL};
	static const char *const escape[] = {"escape-character=\\", NULL};
	static const char *const tab[] = {"field-delimiter=\\t", NULL};
	static const char *const bare[] = {"field-delimiter=|", "disable-quote-character=true",
					   NULL};
	static const char *const comments[] = {"allow-comments=true", NULL};
	static const char *const null[] = {"null-literal=null", NULL};
	static const char *const header[] = {"header=true", NULL};
	static const char *const skip[] = {"header=true", "skip-lines=1", NULL};

	decode(ABC, semicolon, "1;'a;b';2.5\n2;'it''s';3\n3;NIL;NIL\nNIL;'NIL';1\n4;a\\;b;5\n",
	       "1\ta;b\t2.5\n2\tit's\t3.0\n3\t\\N\t\\N\n\\N\t\\N\t1.0\n4\ta;b\t5.0\n");
	decode("a INT, b STRING", escape,
	       "1,a\\\"b\n2,\"a\\\"b\"\n3,\"a\"\"b\"\n4,a\\\\b\n5,a\\nb\\tc\\qd\n",
	       "1\ta\"b\n2\ta\"b\n3\ta\"b\n4\ta\\\\b\n5\ta\\nb\\tcqd\n");
	decode(ABC, tab, "1\tx\t2.5\n", "1\tx\t2.5\n");
	decode(ABC, bare, "1|\"x\"|2.5\n", "1\t\"x\"\t2.5\n");
	decode(ABC, comments, "# it's \"quoted\n1,x,1.5\n  # too\n#2,y,3\n3,\"#q\",3\n",
	       "1\tx\t1.5\n3\t#q\t3.0\n");
	decode("a STRING, i INT", null, "null,1\nNULL,2\n,3\n\"\",4\n\"null\",5\n",
	       "\\N\t1\nNULL\t2\n\t3\n\t4\n\\N\t5\n");
	decode("a INT, b STRING", header, "a,\"b\nc\"\n1,x\n", "1\tx\n");
	decode(
	    "a INT, b STRING", skip, "a title\na,b\n1,x\n2,1,2\n",
	    "1\tx\n!3 16+5 syntax -: the record has more fields than the 2 columns of the table\n");
}

struct value_case {
	const char *type;
	const char *text;
	const char *want; /* NULL: does not fit */
};

static const struct value_case values[] = {
    {"INT", "1.5", NULL},
    {"INT", "", NULL},
    {"INT", " ", NULL},
    {"INT", "99999999999", NULL},
    {"INT", "-2147483648", "-2147483648"},
    {"SMALLINT", "99999", NULL},
    {"SMALLINT", "1.0", NULL},
    {"TINYINT", "-129", NULL},
    {"BIGINT", "9223372036854775807", "9223372036854775807"},
    {"DOUBLE", "1e400", "Infinity"},
    {"DOUBLE", "0x10", NULL},
    {"DOUBLE", "1d", "1.0"},
    {"DOUBLE", "1_0", NULL},
    {"DOUBLE", "-19.64", "-19.64"},
    {"FLOAT", " 0.1 ", "0.1"},
    {"BOOLEAN", "TRUE", "TRUE"},
    {"BOOLEAN", "True ", "TRUE"},
    {"BOOLEAN", "yes", "FALSE"},
    {"BOOLEAN", "", "FALSE"},
    {"DECIMAL(10, 2)", "1.239", "1.24"},
    {"DECIMAL(10, 2)", "12345678901", "\\N"},
    {"DECIMAL(10, 2)", "x", NULL},
    {"DATE", "2024-1-5", "2024-01-05"},
    {"DATE", "2024-02-30", "2024-03-01"},
    {"DATE", " 2024-02-03 ", NULL},
    {"DATE", "2024-13-01", NULL},
    {"DATE", "12024-1-1", NULL},
    {"TIME", "12:34", "12:34:00"},
    {"TIME", "12:34:56.789", "12:34:56"},
    {"TIME", " 12:00:00 ", NULL},
    {"TIME", "24:00:00", NULL},
    {"TIMESTAMP(3)", "2024-01-01 00:00:00.5", "2024-01-01 00:00:00.500"},
    {"TIMESTAMP(3)", " 2024-02-30 00:00:00 ", "2024-02-29 00:00:00.000"},
    {"TIMESTAMP(3)", "2024-01-01T00:00:00", NULL},
    {"TIMESTAMP(3)", "2024-01-01", NULL},
    {"TIMESTAMP(9)", "2024-01-01 00:00:00.123456789", "2024-01-01 00:00:00.123456789"},
    {"TIMESTAMP_LTZ(3)", "2024-01-01 00:00:00Z", "2024-01-01 00:00:00.000"},
    {"TIMESTAMP_LTZ(3)", "2024-01-01 00:00:00", NULL},
    {"BYTES", "Cv8=", "x'0aff'"},
    {"BYTES", "", "x''"},
    {"ARRAY<INT>", "1; 2 ;3", "[1, 2, 3]"},
    {"ARRAY<INT>", "", "[]"},
    {"ARRAY<INT>", " ", "[]"},
    {"ARRAY<INT>", "1;;3", NULL},
    {"ARRAY<STRING>", " x ; y", "[ x ,  y]"},
    {"ARRAY<STRING>", "\"a;\"\"b\"\"\"", "[a, \"b\"]"},
    {"ROW<x STRING, y INT>", "p;5", "(p, 5)"},
    {"ROW<x STRING, y INT>", "p;5;6", "(p, 5)"},
    {"ROW<x STRING, y INT>", "p", NULL},
    {"ROW<x STRING, y INT>", "", NULL},
};

static void test_values(void **state)
{
	for (size_t i = 0; i < WR_COUNT(values); i++) {
		char columns[96], text[128], want[256];
		struct format_case c;
		snprintf(columns, sizeof columns, "n INT, v %s", values[i].type);
		snprintf(text, sizeof text, "1,%s\n", values[i].text);
		case_open(&c, "csv", columns, NULL);
		const char *got = case_decode(&c, text);
		snprintf(want, sizeof want, "1\t%s\n",
			 values[i].want != NULL ? values[i].want : "");
		if (values[i].want == NULL)
			snprintf(want, sizeof want, "!0 0+%zu type v: '%s' is no", strlen(text) - 1,
				 values[i].text);
		if (strncmp(got, want, strlen(want)) != 0)
			print_message("%s '%s': %s\n", values[i].type, values[i].text, got);
		assert_memory_equal(got, want, strlen(want));
		case_close(&c);
	}
	decode(
	    "a ARRAY<INT>, r ROW<x STRING, y STRING>, i INT", ignore,
	    "1;2;3,p;q,1\n,,2\n\"1;;3\",\"a;b\",3\n1;x,p,4\n",
	    "[1, 2, 3]\t(p, q)\t1\n[]\t\\N\t2\n[1, NULL, 3]\t(a, b)\t3\n[1, NULL]\t(p, NULL)\t4\n");
}

/* Too few and too many fields, quotes that do not close: the neighbours must not notice. */
static void test_bad(void **state)
{
	decode(ABC, NULL, "1,x,1.5\n2,y,2.5,extra\n3\n4,z,1\n",
	       "1\tx\t1.5\n4\tz\t1.0\n!1 8+13 syntax -: the record has more fields than the 3 "
	       "columns of the "
	       "table\n!2 22+1 missing-field b: the record has 1 of 3 fields\n");
	decode(ABC, ignore, "1,x,1.5\n2,y,2.5,extra\n3\n4,z,1\n\n",
	       "1\tx\t1.5\n3\t\\N\t\\N\n4\tz\t1.0\n\\N\t\\N\t\\N\n");
	decode("a STRING, b STRING", NULL, "1,x\n\"x\"y,z\n2,x\n",
	       "1\tx\n2\tx\n!1 4+6 syntax a: there is text behind "
	       "the quote at byte 3 of the record\n");
	decode("a STRING, b INT", NULL, "x,1\n\"unterminated,1\nx,2\n",
	       "x\t1\nx\t2\n!1 4+15 syntax a: the quote at byte 0 of the record is not closed\n");
	decode("a STRING, b INT", NULL, "x,1\n\"unterminated,1\nx,2",
	       "x\t1\nx\t2\n!1 4+15 syntax a: the quote at "
	       "byte 0 of the record is not closed\n");
	decode("a INT, b STRING", NULL, "1,a\xff\n2,c\n",
	       "2\tc\n!0 0+4 encoding -: the record is not UTF-8\n");
	decode("a INT, b STRING", NULL, "1,\"\n\n\"\nx,\n3,c\n",
	       "1\t\\n\\n\n3\tc\n!3 7+2 type a: 'x' is no INT\n");
}

/* What the fuzzer found. */
static void test_finds(void **state)
{
	static const char *const escape[] = {"escape-character=\\", NULL};

	/* an escape as the last byte of an open quote */
	decode("a STRING, b INT", escape, "x,1\n\"y\\",
	       "x\t1\n!1 4+3 syntax a: the quote at byte 0 of the record is not closed\n");
	/* an escape before a line end does not hide it */
	decode("a STRING, b INT", escape, "x\\,y,1\na\\\nb,2\n",
	       "x,y\t1\nb\t2\n!1 7+2 missing-field b: the record has 1 of 2 fields\n");
	/* a header with a line end in it that ends without one */
	static const char *const header[] = {"header=true", NULL};
	decode("a STRING, b INT", header, "x,\"y\nz\"\ra,1", "a\t1\n");
	/* a byte order mark before a quoted line end: only the first block has one */
	struct format_case c;
	char block[96] = "\xEF\xBB\xBF\"a\nb\",1\nc,";
	uint32_t quoted = 0;
	case_open(&c, "csv", "a STRING, b INT", NULL);
	assert_int_equal(c.format->frame(&c.args, block, 7, &quoted), 0);
	assert_int_equal(c.format->frame(&c.args, block, 13, &quoted), 11);
	assert_int_equal(quoted, 1);
	case_close(&c);
}

static void test_wanted(void **state)
{
	struct format_case c;

	case_open(&c, "csv", "a INT, b INT, c INT", NULL);
	c.wanted[0] = 0;
	c.args.wanted_count = 1;
	assert_string_equal(case_decode(&c, "1,x,3\n4,5\n"), "1\n4\n");
	c.wanted[0] = 2;
	c.wanted[1] = 0;
	c.args.wanted_count = 2;
	assert_string_equal(case_decode(&c, "1,x,3\n"), "3\t1\n");
	case_close(&c);
}

/* Cutting a text anywhere must give the records that it gives in one piece. */
static void test_frame(void **state)
{
	static const char text[] =
	    "1,\"a\nb\"\n2,c\"d\n3,\"e\"\"\n\"\r\n4,\"\"\n5,f\n\"6\",\"g,\n\n\"\n";
	static const char *const comments[] = {"allow-comments=true", NULL};
	struct format_case c;
	uint32_t quoted = 0;

	case_open(&c, "csv", "a INT, b STRING", NULL);
	const char *whole = case_decode(&c, text);
	assert_null(strchr(whole, '!'));
	for (size_t cut = 0; cut < sizeof text - 1; cut++) {
		char block[sizeof text + 64] = {0};
		struct wr_text out;
		memcpy(block, text, cut);
		size_t len = c.format->frame(&c.args, block, cut, &quoted);
		assert_true(len <= cut);
		wr_text_init(&out);
		case_decode_range(&c, &out, text, len, 100, true, NULL);
		case_decode_range(&c, &out, text + len, sizeof text - 1 - len, 100, false, NULL);
		assert_string_equal(wr_text_str(&out), whole);
		wr_text_release(&out);
	}
	case_close(&c);
	case_open(&c, "csv", "a INT, b STRING", comments);
	char block[96] = "#\"\n1,x\n2,\"";
	assert_int_equal(c.format->frame(&c.args, block, 10, &quoted), 7);
	case_close(&c);
}

static void test_check(void **state)
{
	static const char *const wrong[] = {"field-delimiter=::", NULL};
	struct format_case c;

	case_open(&c, "csv", "a INT", wrong);
	wr_status *status = c.format->check(&c.args, false);
	assert_non_null(
	    strstr(status->text, "'csv.field-delimiter' = '::' is not a single character"));
	wr_status_free(status);
	case_close(&c);
	case_open(&c, "csv", "a INT, m MAP<STRING, INT>", NULL);
	status = c.format->check(&c.args, true);
	assert_non_null(strstr(status->text, "cannot write column 'm'"));
	wr_status_free(status);
	case_close(&c);
}

/* --- out
 * ------------------------------------------------------------------------------------------ */

static void encode(const char *columns, const char *const *options, const char *json,
		   const char *want)
{
	struct format_case c;

	case_open(&c, "csv", columns, options);
	assert_string_equal(case_encode(&c, &wr_format_json, json, NULL), want);
	case_close(&c);
}

static void test_out(void **state)
{
	static const char *const bare[] = {"null-literal=NULL", "field-delimiter=|",
					   "disable-quote-character=true", NULL};

	encode(
	    "i INT, l BIGINT, d DOUBLE, f FLOAT, `dec` DECIMAL(10,2), s STRING, b BOOLEAN, ts "
	    "TIMESTAMP(3), dt DATE, tm "
	    "TIME, a ARRAY<INT>, r ROW<x INT,y STRING>, `by` BYTES, ltz TIMESTAMP_LTZ(3), ts6 "
	    "TIMESTAMP(6)",
	    NULL,
	    "{\"i\":10,\"l\":-5,\"d\":100.0,\"f\":0.1,\"dec\":10.00,\"s\":\"a,b\\\"c\\nd "
	    "é\",\"b\":true,\"ts\":\"2024-05-06 "
	    "07:08:09.120\",\"dt\":\"2024-02-29\",\"tm\":\"12:34:56\",\"a\":[1,null,3],\"r\":{"
	    "\"x\":1,\"y\":\"q\"},\"by\":"
	    "\"Cv8=\",\"ltz\":\"2024-05-06 07:08:09.1Z\",\"ts6\":\"2024-05-06 07:08:09.123456\"}\n"
	    "{\"d\":1e10,\"f\":1e-7,\"dec\":0.10,\"s\":\"\",\"b\":false,\"ts\":\"2024-05-06 "
	    "00:00:00\",\"a\":[],\"ts6\":"
	    "\"2024-05-06 "
	    "07:08:00\"}\n{\"d\":123456789.125,\"dec\":1234567.89,\"r\":{\"x\":null,\"y\":\"\"}}\n",
	    "10,-5,100.0,0.1,1E+1,\"a,b\"\"c\nd é\",true,\"2024-05-06 "
	    "07:08:09.12\",2024-02-29,12:34:56,1;;3,1;q,Cv8=,"
	    "\"2024-05-06 07:08:09.1Z\",\"2024-05-06 07:08:09.123456\"\n"
	    ",,1.0E10,1.0E-7,0.1,,false,\"2024-05-06 00:00:00\",,,,,,,\"2024-05-06 07:08:00\"\n"
	    ",,1.23456789125E8,,1234567.89,,,,,,,;,,,\n");
	encode("i INT, `dec` DECIMAL(10,2), s STRING, ts TIMESTAMP(3)", bare,
	       "{\"i\":10,\"dec\":10.00,\"s\":\"a,b\\\"c\\nd é\",\"ts\":\"2024-05-06 "
	       "07:08:09.120\"}\n{\"dec\":0.10,\"s\":\"\"}\n",
	       "10|1E+1|a,b\"c\nd é|2024-05-06 07:08:09.12\nNULL|0.1||NULL\n");
}

/* Jackson's rule for quotes, as Flink writes with several dialects. */
static void test_out_quotes(void **state)
{
	static const char *const bar[] = {"field-delimiter=|", NULL};
	static const char *const escape[] = {"escape-character=\\", NULL};
	static const char *const single[] = {"quote-character='", NULL};
	static const char *const tab[] = {"field-delimiter=\\t", NULL};
	static const struct {
		const char *const *options;
		const char *json;
		const char *want;
	} cases[] = {
	    {NULL, "abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx"},
	    {NULL, "abcdefghijklmnopqrstuvwxy", "\"abcdefghijklmnopqrstuvwxy\""},
	    {NULL, "日本日本日本日本日本日本日本日本日本日本日本日本",
	     "日本日本日本日本日本日本日本日本日本日本日本日本"},
	    {NULL, "日本日本日本日本日本日本日本日本日本日本日本日本日",
	     "\"日本日本日本日本日本日本日本日本日本日本日本日本日\""},
	    {NULL, "😀😀😀😀😀😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀😀😀😀😀😀"},
	    {NULL, "😀😀😀😀😀😀😀😀😀😀😀😀😀", "\"😀😀😀😀😀😀😀😀😀😀😀😀😀\""},
	    {NULL, "a b", "\"a b\""},
	    {NULL, "a'b", "\"a'b\""},
	    {NULL, "#x", "\"#x\""},
	    {NULL, "-x", "-x"},
	    {NULL, "+x", "\"+x\""},
	    {NULL, "a;b|", "a;b|"},
	    {NULL, "a\\\\b", "\"a\\b\""},
	    {NULL, "x\\ty", "\"x\ty\""},
	    {bar, "a", "\"a\""},
	    {bar, "~", "~"},
	    {bar, "é", "é"},
	    {escape, "a\\\\b", "\"a\\\\b\""},
	    {escape, "a\\\"b", "\"a\"\"b\""},
	    {single, "a'b", "'a''b'"},
	    {single, "a\\\"b", "'a\"b'"},
	    {tab, "#x", "#x"},
	    {tab, "a,b", "a,b"},
	    {tab, "a b", "\"a b\""},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		char json[256], want[256];
		snprintf(json, sizeof json, "{\"s\":\"%s\"}\n", cases[i].json);
		snprintf(want, sizeof want, "%s\n", cases[i].want);
		encode("s STRING", cases[i].options, json, want);
	}
}

static void test_out_nested(void **state)
{
	static const char *const dash[] = {"null-literal=-", NULL};

	encode(
	    "a ARRAY<STRING>, r ROW<x STRING,y INT,z INT>, s STRING", dash,
	    "{\"a\":[\"x\",\"a;b\",\"a "
	    "b\",null,\"q\\\"r\"],\"r\":{\"x\":\"a;b\",\"z\":1},\"s\":\"a;b\"}\n{\"a\":[\"\"]}\n",
	    "\"x;a;b;a b;-;q\"\"r\",a;b;-;1,a;b\n,-,-\n");
}

/* --- csv-spectrum
 * ----------------------------------------------------------------------------------- */

/* Each file with its header skipped; as many values as its JSON says, compared as text with what
 * the JSON decoder reads. */
static void test_spectrum(void **state)
{
	static const struct {
		const char *name;
		const char *columns;
	} files[] = {
	    {"comma_in_quotes",
	     "first STRING, last STRING, address STRING, city STRING, zip STRING"},
	    {"empty", "a STRING, b STRING, c STRING"},
	    {"empty_crlf", "a STRING, b STRING, c STRING"},
	    {"escaped_quotes", "a STRING, b STRING"},
	    {"json", "key STRING, val STRING"},
	    {"newlines", "a STRING, b STRING, c STRING"},
	    {"newlines_crlf", "a STRING, b STRING, c STRING"},
	    {"quotes_and_newlines", "a STRING, b STRING"},
	    {"simple", "a STRING, b STRING, c STRING"},
	    {"simple_crlf", "a STRING, b STRING, c STRING"},
	    {"utf8", "a STRING, b STRING, c STRING"},
	};
	static const char *const header[] = {"header=true", NULL};
	const char *folder = case_shared();
	size_t len;

	if (folder == NULL)
		skip();
	for (size_t i = 0; i < WR_COUNT(files); i++) {
		struct format_case csv, json;
		char path[512];
		snprintf(path, sizeof path, "%s/formats/csv-spectrum/csvs/%s.csv", folder,
			 files[i].name);
		char *data = case_file(path, &len);
		if (data == NULL)
			skip();
		case_open(&csv, "csv", files[i].columns, header);
		const char *got = case_decode_n(&csv, data, len);
		wr_free(data);
		snprintf(path, sizeof path, "%s/formats/csv-spectrum/json/%s.json", folder,
			 files[i].name);
		data = case_file(path, &len);
		for (size_t k = 0; k < len; k++) {
			if (data[k] == '\n')
				data[k] = ' ';
		}
		case_open(&json, "json", files[i].columns, NULL);
		const char *want = case_decode_n(&json, data, len);
		/* newlines_crlf.csv has a bare line feed within its quotes, its JSON says CRLF */
		if (strcmp(files[i].name, "newlines_crlf") == 0)
			want = "1\t2\t3\nOnce upon \\na time\t5\t6\n7\t8\t9\n";
		if (strcmp(got, want) != 0)
			print_message("%s\n", files[i].name);
		assert_string_equal(got, want);
		wr_free(data);
		case_close(&csv);
		case_close(&json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),     cmocka_unit_test(test_line_ends),
	    cmocka_unit_test(test_options),    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_bad),        cmocka_unit_test(test_wanted),
	    cmocka_unit_test(test_finds),      cmocka_unit_test(test_frame),
	    cmocka_unit_test(test_check),      cmocka_unit_test(test_out),
	    cmocka_unit_test(test_out_quotes), cmocka_unit_test(test_out_nested),
	    cmocka_unit_test(test_spectrum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
