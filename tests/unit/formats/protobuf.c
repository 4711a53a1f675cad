/* SPDX-License-Identifier: Apache-2.0
 *
 * protobuf - messages of a type out of a .proto file, in and out. That the same type out of a
 * descriptor file is the same, and that protoc's own code agrees, is what tests/protobuf_suite.py
 * shows.
 */
#include <unistd.h>

#include "formats/proto_schema.h"
#include "message_case.h"

static const char proto_file[] =
    "// types of these tests\n"
    "syntax = \"proto3\";\n"
    "package a.b;\n"
    "import \"google/protobuf/timestamp.proto\";\n"
    "option java_package = \"x.y\"; /* of no meaning\n here */\n"
    "enum Color { option allow_alias = true; NONE = 0; RED = 1; BLUE = 5; reserved 2 to 4; NEG = "
    "-1; }\n"
    "message Inner { int32 x = 1; repeated string s = 2; Inner deeper = 3; }\n"
    "message M {\n"
    "  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = "
    "6;\n"
    "  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10;\n"
    "  float f = 11; double d = 12; bool b = 13; string str = 14; bytes by = 15;\n"
    "  Color color = 16; Inner inner = 17; repeated int32 nums = 18;\n"
    "  repeated string texts = 19 [deprecated = true]; repeated Inner inners = 20;\n"
    "  map<string, int32> m = 21; map<int32, Inner> mi = 22;\n"
    "  oneof choice { string left = 23; Inner right = 24; }\n"
    "  optional int32 maybe = 25; google.protobuf.Timestamp ts = 26;\n"
    "  repeated sint64 unpacked = 27 [packed = false]; int32 far = 1000;\n"
    "  message Nested { enum E { Z = 0; } E e = 1; .a.b.Color c = 2; }\n"
    "  Nested nested = 28; repeated Color colors = 29;\n"
    "}\n"
    "service S { rpc Get(M) returns (stream M) { option (x) = { a: \"}\" }; } }\n";

static const char proto2_file[] =
    "syntax = 'proto2';\n"
    "message M {\n"
    "  required int32 i = 1 [default = -7]; optional string s = 2 [default = \"a\\x41\\n\"];\n"
    "  optional bool b = 3 [default = true]; optional double d = 4 [default = 2.5];\n"
    "  optional E e = 5 [default = TWO]; enum E { ONE = 1; TWO = 2; }\n"
    "  repeated int32 n = 6; optional group G = 7 { optional int32 x = 1; }\n"
    "  extensions 100 to max; repeated int32 p = 8 [packed=true];\n"
    "}\n"
    "extend M { optional int32 more = 100; }\n";

static char folder[] = "/tmp/weir-protobuf-XXXXXX";
static char path3[64], path2[64];

static void write_file(char *path, const char *name, const char *text)
{
	snprintf(path, 64, "descriptor-file=%s/%s", folder, name);
	FILE *file = fopen(path + strlen("descriptor-file="), "wb");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int start(void **state)
{
	assert_non_null(mkdtemp(folder));
	write_file(path3, "three.proto", proto_file);
	write_file(path2, "two.proto", proto2_file);
	return 0;
}

static int stop(void **state)
{
	unlink(path3 + strlen("descriptor-file="));
	unlink(path2 + strlen("descriptor-file="));
	return rmdir(folder);
}

static void expect(const char *file, const char *columns, const char *option, const char *hex,
		   const char *want)
{
	case_message("protobuf", columns,
		     (const char *const[]){file, "message-name=M", option, NULL}, hex, want);
}

static void test_scalars(void **state)
{
	static const struct {
		const char *columns;
		const char *hex;
		const char *want;
	} cases[] = {
	    {"i32 INT", "08 07", "7\n"},
	    {"i32 INT", "08 ffffffffffffffffff01", "-1\n"},
	    {"i32 BIGINT", "08 ffffffffffffffffff01", "-1\n"},
	    {"i32 INT", "", "0\n"},
	    {"i32 INT, i64 BIGINT", "08 01 10 8001 08 02", "2\t128\n"},
	    {"u32 INT", "18 ffffffff0f", "-1\n"},
	    {"u32 BIGINT", "18 ffffffff0f", "4294967295\n"},
	    {"s32 INT, s64 BIGINT", "28 01 30 03", "-1\t-2\n"},
	    {"f32 BIGINT, sf32 INT", "3d ffffffff 4d feffffff", "4294967295\t-2\n"},
	    {"f64 BIGINT, sf64 BIGINT", "41 0100000000000000 51 ffffffffffffffff", "1\t-1\n"},
	    {"f FLOAT, d DOUBLE", "5d 0000c03f 61 0000000000000440", "1.5\t2.5\n"},
	    {"b BOOLEAN", "68 01", "TRUE\n"},
	    {"str STRING, `by` BYTES", "72 03 'abc' 7a 02 00ff", "abc\tx'00ff'\n"},
	    {"str STRING", "72 14 'twenty bytes of text'", "twenty bytes of text\n"},
	    {"color STRING", "8001 05", "BLUE\n"},
	    {"color INT", "8001 ffffffffffffffffff01", "-1\n"},
	    {"color STRING", "", "NONE\n"},
	    {"color STRING", "8001 09", "UNRECOGNIZED\n"},
	    {"far INT", "c03e 05 08 01", "5\n"},
	    {"ts TIMESTAMP_LTZ(3)", "d201 06 08 01 10 80 89 7a", "1970-01-01 00:00:01.002\n"},
	    {"ts ROW<seconds BIGINT, nanos INT>", "d201 02 08 01", "(1, 0)\n"},
	    {"ts TIMESTAMP(6)", "", "\\N\n"},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++)
		expect(path3, cases[i].columns, NULL, cases[i].hex, cases[i].want);
}

static void test_nested(void **state)
{
	static const struct {
		const char *columns;
		const char *hex;
		const char *want;
	} cases[] = {
	    {"inner ROW<x INT, s ARRAY<STRING>>", "8a01 05 08 07 12 01 'q'", "(7, [q])\n"},
	    {"inner ROW<x INT, s ARRAY<STRING>>", "", "\\N\n"},
	    {"inner ROW<x INT, s ARRAY<STRING>>", "8a01 00", "(0, NULL)\n"},
	    /* twice: one message with the fields of both */
	    {"inner ROW<x INT, s ARRAY<STRING>>",
	     "8a01 05 08 07 12 01 'q' 08 01 8a01 05 12 01 'r' 08 09", "(9, [q, r])\n"},
	    {"inner ROW<deeper ROW<deeper ROW<x INT>>>", "8a01 06 1a 04 1a 02 08 05", "(((5)))\n"},
	    {"nums ARRAY<INT>", "9201 03 01 02 03", "[1, 2, 3]\n"},
	    {"nums ARRAY<INT>", "9001 01 9201 02 02 03 9001 04", "[1, 2, 3, 4]\n"},
	    {"nums ARRAY<INT>", "", "\\N\n"},
	    {"nums ARRAY<INT>", "9201 00", "[]\n"},
	    {"unpacked ARRAY<BIGINT>", "d801 01 da01 02 02 04", "[-1, 1, 2]\n"},
	    {"texts ARRAY<STRING>, nums ARRAY<INT>", "9a01 01 'a' 9001 01 9a01 01 'b' 9001 02",
	     "[a, b]\t[1, 2]\n"},
	    {"colors ARRAY<STRING>", "ea01 02 01 05", "[RED, BLUE]\n"},
	    {"inners ARRAY<ROW<x INT, s ARRAY<STRING>>>",
	     "a201 05 08 01 12 01 'a' a201 00 a201 06 12 01 'b' 12 01 'c'",
	     "[(1, [a]), (0, NULL), (0, [b, c])]\n"},
	    {"m MAP<STRING, INT>", "aa01 05 0a 01 'a' 10 01 aa01 03 0a 01 'b'", "{a=1, b=0}\n"},
	    {"m MAP<STRING, INT>", "aa01 05 0a 01 'a' 10 01 aa01 05 0a 01 'a' 10 02", "{a=2}\n"},
	    {"mi MAP<INT, ROW<x INT>>", "b201 06 08 03 12 02 08 04 b201 02 08 05",
	     "{3=(4), 5=(0)}\n"},
	    {"mi MAP<INT, ROW<x INT>>",
	     "b201 06 08 03 12 02 08 04 b201 02 08 05 b201 06 08 03 12 02 08 06",
	     "{3=(6), 5=(0)}\n"},
	    {"left STRING, `right` ROW<x INT>", "ba01 01 'q' c201 02 08 01", "\\N\t(1)\n"},
	    {"left STRING, `right` ROW<x INT>", "c201 02 08 01 ba01 01 'q'", "q\t\\N\n"},
	    {"nested ROW<e STRING, c STRING>", "e201 02 10 01", "(Z, RED)\n"},
	    /* what is not wanted is skipped, groups too */
	    {"i32 INT", "13 08 01 1b 1c 14 08 04 9a01 01 'a' 1d 00000000", "4\n"},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++)
		expect(path3, cases[i].columns, NULL, cases[i].hex, cases[i].want);
}

static void test_defaults(void **state)
{
	static const char all[] = "read-default-values=true";
	static const char columns[] =
	    "i INT, s STRING, b BOOLEAN, d DOUBLE, e STRING, n ARRAY<INT>";

	expect(path2, columns, NULL, "", "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n");
	expect(path2, columns, all, "", "-7\taA\\n\tTRUE\t2.5\tTWO\t[]\n");
	expect(path3, "inner ROW<x INT, s ARRAY<STRING>>, m MAP<STRING, INT>, maybe INT", all, "",
	       "(0, [])\t{}\t0\n");
	expect(path3, "inner ROW<x INT>, maybe INT", NULL, "", "\\N\t\\N\n");
}

static void test_damage(void **state)
{
	static const struct {
		const char *columns;
		const char *hex;
		const char *want;
	} cases[] = {
	    {"i32 INT", "08", "!0 syntax i32: the message ends too early"},
	    {"i32 INT", "08 ffffffffffffffffffff01", "!0 syntax i32: the message ends too early"},
	    {"str STRING", "72 05 'abc'", "!0 syntax str: the message ends too early"},
	    {"str STRING", "72 02 c328", "!0 encoding str: a text that is not UTF-8"},
	    {"i32 INT", "00 01", "!0 syntax -: a field of number 0"},
	    {"i32 INT", "13 08 01", "!0 syntax -: the message ends too early"},
	    {"i32 INT", "14", "!0 syntax -: the message ends too early"},
	    {"inner ROW<x INT>", "8a01 02 08", "!0 syntax inner: the message ends too early"},
	    {"nums ARRAY<INT>", "9201 02 01 80", "!0 syntax nums: the message ends too early"},
	    {"d DOUBLE", "61 00000000", "!0 syntax d: the message ends too early"},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct format_case c;
		case_open(&c, "protobuf", cases[i].columns,
			  (const char *const[]){path3, "message-name=a.b.M", NULL});
		const char *got = case_hex(&c, (const char *const[]){cases[i].hex, NULL});
		if (strncmp(got, cases[i].want, strlen(cases[i].want)) != 0)
			fail_msg("%s: %s", cases[i].hex, got);
		case_close(&c);
	}
	expect(path3, "i32 INT", "ignore-parse-errors=true", "08", "ignored 1\n");
}

static void test_encode(void **state)
{
	static const char *const options[] = {NULL, "message-class-name=x.y.Outer$M",
					      "write-null-string-literal=none", NULL};
	const char *all[4];
	struct format_case c;
	const char *again;

	memcpy(all, options, sizeof all);
	all[0] = path3;
	case_open(&c, "protobuf",
		  "str STRING, i32 INT, i64 BIGINT, u32 BIGINT, s32 INT, f32 BIGINT, sf64 BIGINT, "
		  "f FLOAT, d DOUBLE, b BOOLEAN, `by` BYTES, color STRING, "
		  "inner ROW<x INT, s ARRAY<STRING>>, nums ARRAY<INT>, texts ARRAY<STRING>, "
		  "inners ARRAY<ROW<x INT>>, m MAP<STRING, INT>, maybe INT, ts TIMESTAMP_LTZ(3), "
		  "unpacked ARRAY<BIGINT>, far INT, colors ARRAY<STRING>",
		  all);
	assert_null(c.format->check(&c.args, true));
	assert_string_equal(case_write(&c,
				       "{\"i32\":0,\"str\":\"\",\"color\":\"NONE\"}\n"
				       "{\"i32\":-1,\"str\":\"a\",\"maybe\":0}\n",
				       NULL, NULL),
			    "\n08ffffffffffffffffff01720161c80100\n");
	case_write(&c,
		   "{\"str\":\"h\xc3\xa9\",\"i32\":-5,\"i64\":1,\"u32\":4294967295,\"s32\":-1,"
		   "\"f32\":7,\"sf64\":-7,\"f\":1.5,\"d\":-0.0,\"b\":true,\"by\":\"AP8=\","
		   "\"color\":\"BLUE\",\"inner\":{\"x\":3,\"s\":[\"q\",null]},\"nums\":[1,0,-1],"
		   "\"texts\":[\"\",\"z\"],\"inners\":[{\"x\":1},{}],\"m\":{\"k\":0,\"l\":2},"
		   "\"maybe\":0,\"ts\":\"1969-12-31 23:59:59.999Z\",\"unpacked\":[-3,4],\"far\":9,"
		   "\"colors\":[\"RED\",null]}\n",
		   &again, NULL);
	assert_string_equal(
	    again, "h\xc3\xa9\t-5\t1\t4294967295\t-1\t7\t-7\t1.5\t-0.0\tTRUE\tx'00ff'\tBLUE\t"
		   "(3, [q, none])\t[1, 0, -1]\t[, z]\t[(1), (0)]\t{k=0, l=2}\t0\t"
		   "1969-12-31 23:59:59.999\t[-3, 4]\t9\t[RED, NONE]\n");
	/* a length of more than one byte */
	struct wr_text text;
	wr_text_init(&text);
	wr_text_puts(&text, "{\"inner\":{\"x\":1,\"s\":[\"");
	for (int i = 0; i < 20000; i++)
		wr_text_putc(&text, 'x');
	wr_text_puts(&text, "\"]}}\n");
	const char *hex = case_write(&c, wr_text_str(&text), &again, NULL);
	assert_int_equal(strncmp(hex, "8a01a69c01080112a09c0178", 24), 0);
	wr_text_release(&text);
	case_close(&c);
}

static void test_check(void **state)
{
	static const struct {
		const char *columns;
		const char *name;
		const char *message;
	} cases[] = {
	    {"i32 STRING", "message-name=M",
	     "Column 'i32' is STRING, and the field of message 'a.b.M' is "
	     "int32"},
	    {"i64 INT", "message-name=M", "is int64"},
	    {"nums INT", "message-name=M", "is repeated int32"},
	    {"i32 ARRAY<INT>", "message-name=M", "is int32"},
	    {"m ARRAY<INT>", "message-name=M", "is map"},
	    {"m MAP<INT, INT>", "message-name=M", "Column 'key' is INT"},
	    {"inner ROW<y INT>", "message-name=M", "'a.b.Inner' has no field 'y'"},
	    {"i33 INT", "message-name=M", "has no field 'i33'"},
	    {"i32 INT", "message-name=X", "has no message 'X'"},
	    {"i32 INT", NULL, "several messages"},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct format_case c;
		case_open(&c, "protobuf", cases[i].columns,
			  (const char *const[]){path3, cases[i].name, NULL});
		wr_status *status = c.format->check(&c.args, true);
		assert_non_null(status);
		if (strstr(status->text, cases[i].message) == NULL)
			fail_msg("%s", status->text);
		wr_status_free(status);
		case_close(&c);
	}
}

/* Texts that are wrong, each with the line that says so. */
static void test_wrong_texts(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
	    {"message M {\n int32 = 1; }", "Line 2"},
	    {"message M { int32 x = 0; }", "0 is no number of a field"},
	    {"message M { int32 x = 1 }", "';' is expected"},
	    {"message M { Foo x = 1; }", "'Foo', which the schema does not define"},
	    {"message M { int32 x = 1; ", "expected"},
	    {"message M {} message M {}", "twice"},
	    {"syntax = \"proto3", "is expected"},
	    {"edition = \"2023\";", "editions"},
	    {"message M { map<string int32> m = 1; }", "','"},
	    {"}", "a message is expected"},
	    {"message M { string s = 1 [default = ", "default"},
	    {"enum E { A = x; }", "a number"},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct wr_proto_builder builder;
		struct wr_proto_schema *schema = NULL;
		wr_proto_builder_init(&builder);
		wr_status *status = wr_proto_add_text(&builder, wr_str_of(cases[i].text));
		if (status == NULL)
			status = wr_proto_builder_finish(&builder, &schema);
		else
			wr_proto_builder_release(&builder);
		assert_null(schema);
		assert_non_null(status);
		if (strstr(status->text, cases[i].message) == NULL)
			fail_msg("%s: %s", cases[i].text, status->text);
		wr_status_free(status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scalars),     cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_defaults),    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_encode),      cmocka_unit_test(test_check),
	    cmocka_unit_test(test_wrong_texts),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
