/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages into rows and rows into messages, for tables as scripts declare them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "message_case.h"

/* Reads messages of a table; compares. */
static void expect_rows(const char *table, const char *query, bool upsert,
			const struct case_message *from, uint32_t count, const char *want)
{
	struct script script;
	char sql[2048];

	case_init(&script);
	snprintf(sql, sizeof sql, "CREATE TABLE t %s; %s", table, query);
	const struct wr_connector_args *args = case_args(&script, sql);
	assert_string_equal(case_read(&script, args, upsert, from, count), want);
	script_release(&script);
}
#define M(k, v)                                                                                    \
	{                                                                                          \
		.key = k, .value = v                                                               \
	}
#define EXPECT_ROWS(table, upsert, want, ...)                                                      \
	do {                                                                                       \
		const struct case_message from[] = {__VA_ARGS__};                                  \
		expect_rows(table, "SELECT * FROM t", upsert, from, WR_COUNT(from), want);         \
	} while (0)

static void test_values(void **state)
{
	EXPECT_ROWS("(a INT, s STRING) WITH ('connector' = 'log', 'format' = 'json')", false,
		    "0 +I\t1\tx\n"
		    "1 +I\t2\t\\N\n"
		    "3 +I\t3\tmore than twelve bytes\n"
		    "4 +I\t4\ta\n"
		    "4 +I\t5\tb\n",
		    M(NULL, "{\"a\":1,\"s\":\"x\"}"), M("k", "{\"a\":2}"), M(NULL, NULL),
		    M(NULL, "{\n  \"a\": 3,\n  \"s\": \"more than twelve bytes\"\n}\n"),
		    M(NULL, "[{\"a\":4,\"s\":\"a\"},\n {\"a\":5,\"s\":\"b\"}]"));
}

static void test_bad_values(void **state)
{
	EXPECT_ROWS("(a INT) WITH ('connector' = 'log', 'format' = 'json')", false,
		    "0 +I\t1\n"
		    "2 +I\t2\n"
		    "5 +I\t3\n"
		    "!row 1, orders 3@101 type a: \"x\" is no INT |{\"a\":\"x\"}\n"
		    "!row 2, orders 3@103 syntax -: not JSON: the record ends at byte 7, too early "
		    "|{\"a\":\n1\n"
		    "!row 2, orders 3@104 type -: 7 is no object |7\n",
		    M(NULL, "{\"a\":1}"), M(NULL, "{\"a\":\"x\"}"), M(NULL, "{\"a\":2}"),
		    M(NULL, "{\"a\":\n1"), M(NULL, "7"), M(NULL, "{\"a\":3}"));
}

/* Columns of keys alone, and of both; the value counts. */
static void test_keys(void **state)
{
	EXPECT_ROWS("(k INT, v STRING) WITH ('connector' = 'log', 'format' = 'json', 'key.format' "
		    "= 'json', 'key.fields' = 'k', 'value.fields-include' = 'EXCEPT_KEY')",
		    false,
		    "0 +I\t1\ta\n"
		    "1 +I\t\\N\tb\n"
		    "2 +I\t3\tc\n"
		    "2 +I\t3\td\n"
		    "5 +I\t5\te\n"
		    "!row 4, orders 3@103 key type k: the key: \"x\" is no INT "
		    "|[{\"v\":\"x\"},{\"v\":\"y\"}]\n"
		    "!row 5, orders 3@106 key syntax -: the key of the message has several rows "
		    "|{\"v\":\"z\"}\n",
		    M("{\"k\":1}", "{\"v\":\"a\"}"), M(NULL, "{\"v\":\"b\"}"),
		    M("{\"k\":3}", "[{\"v\":\"c\"},{\"v\":\"d\"}]"),
		    M("{\"k\":\"x\"}", "[{\"v\":\"x\"},{\"v\":\"y\"}]"), M("{\"k\":\"y\"}", NULL),
		    M("{\"k\":5}", "{\"v\":\"e\"}"), M("[{\"k\":1},{\"k\":2}]", "{\"v\":\"z\"}"));
	EXPECT_ROWS("(k INT, v STRING) WITH ('connector' = 'log', 'format' = 'json', 'key.format' "
		    "= 'json', 'key.fields' = 'k')",
		    false, "0 +I\t9\ta\n", M("{\"k\":1}", "{\"k\":9,\"v\":\"a\"}"));
	EXPECT_ROWS("(key_id BIGINT, key_s STRING, id INT) WITH ('connector' = 'log', "
		    "'value.format' = 'csv', 'value.csv.field-delimiter' = ';', 'key.format' = "
		    "'csv', 'key.csv.field-delimiter' = '|', 'key.fields' = 'key_s; key_id', "
		    "'key.fields-prefix' = 'key_', 'value.fields-include' = 'EXCEPT_KEY')",
		    false, "0 +I\t7\ta\t1\n", M("a|7", "1"));
}

/* A key that is NOT NULL must be there. */
static void test_missing_keys(void **state)
{
	EXPECT_ROWS("(k INT NOT NULL, v STRING) WITH ('connector' = 'log', 'format' = 'json', "
		    "'key.format' = 'json', 'key.fields' = 'k', 'value.fields-include' = "
		    "'EXCEPT_KEY')",
		    false,
		    "1 +I\t1\tb\n"
		    "!row 0, orders 3@100 key missing-field -: the message has no key "
		    "|{\"v\":\"a\"}\n"
		    "!row 1, orders 3@102 key missing-field -: the key of the message is empty "
		    "|{\"v\":\"c\"}\n",
		    M(NULL, "{\"v\":\"a\"}"), M("{\"k\":1}", "{\"v\":\"b\"}"),
		    M("", "{\"v\":\"c\"}"));
	EXPECT_ROWS("(k INT, v STRING) WITH ('connector' = 'log', 'format' = 'json', "
		    "'key.format' = 'json', 'key.json.ignore-parse-errors' = 'true', 'key.fields' "
		    "= 'k', 'value.fields-include' = 'EXCEPT_KEY')",
		    false, "1 +I\t1\tb\nignored 1\n", M("{", "{\"v\":\"a\"}"),
		    M("{\"k\":1}", "{\"v\":\"b\"}"));
}

/* Deletions between the values, in order. */
static void test_upserts(void **state)
{
	EXPECT_ROWS(
	    "(k INT, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'last', "
	    "'value.format' = 'json', 'key.format' = 'raw')",
	    true,
	    "0 -D\t16909060\t\\N\n"
	    "1 +U\t2\ta\n"
	    "2 -D\t16909060\t\\N\n"
	    "3 -D\t16909061\t\\N\n"
	    "4 +U\t3\tb\n"
	    "4 +U\t4\tc\n"
	    "6 -D\t16909062\t\\N\n"
	    "!row 6, orders 3@105 key missing-field -: the message has no key |none\n"
	    "!row 7, orders 3@107 key type k: the key: 2 bytes are no INT NOT NULL, which has 4 "
	    "|none\n",
	    M("\1\2\3\4", NULL), M("\1\2\3\4", "{\"k\":2,\"v\":\"a\"}"), M("\1\2\3\4", NULL),
	    M("\1\2\3\5", NULL), M("k", "[{\"k\":3,\"v\":\"b\"},{\"k\":4,\"v\":\"c\"}]"),
	    M(NULL, NULL), M("\1\2\3\6", NULL), M("ab", NULL));
	EXPECT_ROWS("(k INT, r ROW<x INT, l ARRAY<INT>>, m MAP<STRING, INT>, PRIMARY KEY (k) NOT "
		    "ENFORCED) WITH ('connector' = 'last', 'value.format' = 'json', 'key.format' = "
		    "'json')",
		    true,
		    "0 +U\t1\t(2, [3])\t{a=4}\n"
		    "1 -D\t5\t\\N\t\\N\n"
		    "2 +U\t6\t(NULL, NULL)\t\\N\n",
		    M("{\"k\":1}", "{\"k\":1,\"r\":{\"x\":2,\"l\":[3]},\"m\":{\"a\":4}}"),
		    M("{\"k\":5}", NULL), M("{\"k\":6}", "{\"k\":6,\"r\":{}}"));
	EXPECT_ROWS("(k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = "
		    "'last', 'value.format' = 'raw', 'key.format' = 'raw', "
		    "'value.fields-include' = 'EXCEPT_KEY')",
		    true, "0 +U\ta\tx\n1 -D\ta\t\\N\n2 +U\tb\t\n", M("a", "x"), M("a", NULL),
		    M("b", ""));
}

static void test_metadata(void **state)
{
	EXPECT_ROWS(
	    "(a INT, tp STRING METADATA FROM 'topic', p INT METADATA FROM 'partition', o BIGINT "
	    "METADATA FROM 'offset', ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', tt STRING "
	    "METADATA FROM 'timestamp-type', h MAP<STRING, BYTES> METADATA FROM 'headers', e INT "
	    "METADATA FROM 'leader-epoch') WITH ('connector' = 'log', 'format' = 'json')",
	    false,
	    "0 +I\t1\torders\t3\t100\t1970-01-01 00:00:01.500\tCreateTime\t{}\t4\n"
	    "2 +I\t2\torders\t3\t102\t1969-12-31 23:59:59.999\tNoTimestampType\t{a=x'33', "
	    "b=NULL}\t\\N\n",
	    {NULL, "{\"a\":1}", NULL, 1500, 4}, {NULL, NULL, "x=1", 5, 0},
	    {NULL, "{\"a\":2}", "a=1,b,a=3", -1, 0});
}

/* Nothing but a count, a key or an offset is read. */
static void test_wanted(void **state)
{
	struct script script;
	const struct case_message from[] = {M("{\"k\":1}", "{\"a\":1}"), M(NULL, NULL)};

	case_init(&script);
	const struct wr_connector_args *args = case_args(
	    &script, "CREATE TABLE t (k INT, a INT, o BIGINT METADATA FROM 'offset') WITH "
		     "('connector' = 'log', 'format' = 'json', 'key.format' = 'json', "
		     "'key.fields' = 'k', 'value.fields-include' = 'EXCEPT_KEY'); SELECT * FROM t");
	static const struct {
		uint32_t wanted[3], count;
		const char *rows;
	} cases[] = {{{0}, 0, "0 +I\n"},
		     {{0}, 1, "0 +I\t1\n"},
		     {{2}, 1, "0 +I\t100\n"},
		     {{1, 2}, 2, "0 +I\t1\t100\n"}};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct wr_connector_args part = *args;

		part.wanted = cases[i].wanted;
		part.wanted_count = cases[i].count;
		assert_string_equal(case_read(&script, &part, false, from, WR_COUNT(from)),
				    cases[i].rows);
	}
	script_release(&script);
}

/* Every field of a message that raw can be. */
static void test_raw(void **state)
{
	EXPECT_ROWS("(v STRING) WITH ('connector' = 'log', 'format' = 'raw')", false,
		    "0 +I\ta\\nb\\r\n1 +I\t\\N\n2 +I\t\n"
		    "!row 3, orders 3@103 encoding v: the value is not UTF-8 |\xff\n",
		    M(NULL, "a\nb\r"), M(NULL, NULL), M(NULL, ""), M(NULL, "\xff"));
	EXPECT_ROWS("(v STRING) WITH ('connector' = 'log', 'format' = 'raw', 'raw.charset' = "
		    "'ISO-8859-1')",
		    false, "0 +I\t\xc3\xa9\n", M(NULL, "\xe9"));
	EXPECT_ROWS("(v SMALLINT) WITH ('connector' = 'log', 'format' = 'raw', 'raw.endianness' = "
		    "'little-endian')",
		    false,
		    "0 +I\t513\n"
		    "!row 1, orders 3@101 type v: 1 bytes are no SMALLINT, which has 2 |x\n",
		    M(NULL, "\1\2"), M(NULL, "x"));
	EXPECT_ROWS("(v BOOLEAN) WITH ('connector' = 'log', 'format' = 'raw')", false,
		    "0 +I\tTRUE\n", M(NULL, "\5"));
	EXPECT_ROWS("(v FLOAT) WITH ('connector' = 'log', 'format' = 'raw')", false,
		    "0 +I\t12.078431\n", M(NULL, "AAAA"));
}

static void test_csv(void **state)
{
	EXPECT_ROWS(
	    "(a INT, s STRING) WITH ('connector' = 'log', 'format' = 'csv', "
	    "'csv.allow-comments' = 'true')",
	    false,
	    "0 +I\t1\tx\n"
	    "1 +I\t2\ta\\nb\n"
	    "2 +I\t3\tc\n"
	    "!row 3, orders 3@104 syntax s: the quote at byte 2 of the record is not closed "
	    "|5,\"x\ny\n",
	    M(NULL, "1,x\n9,not read"), M(NULL, "2,\"a\nb\""), M(NULL, "# note\n3,c"),
	    M(NULL, "# note"), M(NULL, "5,\"x\ny"));
}

static void test_changes(void **state)
{
	EXPECT_ROWS("(a INT, s STRING) WITH ('connector' = 'log', 'format' = 'debezium-json')",
		    false,
		    "0 +I\t1\tx\n"
		    "1 -U\t1\tx\n"
		    "1 +U\t1\ty\n"
		    "3 -D\t1\ty\n"
		    "!row 4, orders 3@104 syntax -: the message has no \"op\" |{\"a\":\n1}\n",
		    M(NULL, "{\"before\":null,\n\"after\":{\"a\":1,\"s\":\"x\"},\"op\":\"c\"}\n"),
		    M(NULL, "{\"before\":{\"a\":1,\"s\":\"x\"},\"after\":{\"a\":1,\"s\":\"y\"},"
			    "\"op\":\"u\"}"),
		    M("k", NULL), M(NULL, "{\"before\":{\"a\":1,\"s\":\"y\"},\"op\":\"d\"}"),
		    M(NULL, "{\"a\":\n1}"));
}

/* What formats of changes tell besides the rows. */
static void test_format_metadata(void **state)
{
	EXPECT_ROWS(
	    "(a INT, ts TIMESTAMP_LTZ(3) METADATA FROM 'value.source.timestamp' VIRTUAL, tb STRING "
	    "METADATA FROM 'value.source.table' VIRTUAL, p MAP<STRING, STRING> METADATA FROM "
	    "'value.source.properties' VIRTUAL, i TIMESTAMP_LTZ(3) METADATA FROM "
	    "'value.ingestion-timestamp' VIRTUAL, o BIGINT METADATA FROM 'offset' VIRTUAL) WITH "
	    "('connector' = 'log', 'format' = 'debezium-json')",
	    false,
	    "0 -U\t1\t1970-01-01 00:00:01.500\tx\t{ts_ms=1500, table=x}\t1970-01-01 "
	    "00:00:00.007\t100\n"
	    "0 +U\t2\t1970-01-01 00:00:01.500\tx\t{ts_ms=1500, table=x}\t1970-01-01 "
	    "00:00:00.007\t100\n"
	    "1 +I\t3\t\\N\t\\N\t\\N\t\\N\t101\n",
	    M(NULL,
	      "{\"before\":{\"a\":1},\"after\":{\"a\":2},\"source\":{\"ts_ms\":1500,\"table\":"
	      "\"x\"},\n\"op\":\"u\",\"ts_ms\":7}"),
	    M(NULL, "{\"after\":{\"a\":3,\"ts\":\"no\"},\"op\":\"c\",\"source\":null}"));
	EXPECT_ROWS("(a INT, k ARRAY<STRING> METADATA FROM 'value.pk-names' VIRTUAL, q MAP<STRING, "
		    "INT> METADATA FROM 'value.sql-type' VIRTUAL) WITH ('connector' = 'log', "
		    "'value.format' = 'canal-json')",
		    false, "0 +I\t1\t[a]\t{a=4}\n",
		    M(NULL, "{\"data\":[{\"a\":\"1\"}],\"type\":\"INSERT\",\"pkNames\":[\"a\"],"
			    "\"sqlType\":{\"a\":4}}"));
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* Rows are given as changelog-json lines of the sink's columns. */
static void expect_messages(const char *table, bool upsert, const char *rows, const char *want)
{
	struct script script;
	char sql[2048];
	struct wr_options options;
	struct wr_decoder *decoder;
	struct wr_message_writer *writer;
	struct wr_chunk chunk = {0};
	struct wr_batch *batch;
	struct wr_text out;
	size_t len = strlen(rows);
	struct wr_buf *buf = wr_buf_new(len);
	struct wr_decode_range range = {.buf = buf, .data = buf->data, .len = len};
	const struct wr_format *format = &wr_format_changelog_json;

	case_init(&script);
	const char *columns = strstr(table, "VIRTUAL") != NULL ? "k_a, s, ts, h" : "*";
	snprintf(sql, sizeof sql, "CREATE TABLE t %s; INSERT INTO t SELECT %s FROM t", table,
		 columns);
	const struct wr_connector_args *args = case_args(&script, sql);
	wr_options_init(&options, &script.arena, "option", format->options, format->option_count);
	struct wr_format_args from = {.schema = args->schema,
				      .wanted = args->wanted,
				      .wanted_count = args->schema->count,
				      .options = &options,
				      .zone_id = "UTC"};
	memcpy(buf->data, rows, len);
	assert_null(format->decoder_new(&from, &decoder));
	assert_null(wr_message_writer_new(args, upsert, &writer));
	wr_text_init(&out);
	for (;;) {
		assert_null(format->decode(decoder, &range, 3, &batch));
		if (batch == NULL)
			break;
		assert_null(wr_message_encode(writer, batch, &chunk));
		case_print_chunk(&out, &chunk);
		wr_batch_free(batch);
	}
	assert_int_equal(range.bad.count, 0);
	assert_string_equal(wr_text_str(&out), want);
	wr_text_release(&out);
	wr_text_release(&chunk.bytes);
	wr_message_writer_free(writer);
	format->decoder_free(decoder);
	wr_buf_unref(buf);
	script_release(&script);
}

static void test_write(void **state)
{
	expect_messages("(a INT, s STRING) WITH ('connector' = 'log', 'format' = 'json')", false,
			"{\"op\":\"+I\",\"data\":{\"a\":1,\"s\":\"x\"}}\n"
			"{\"op\":\"+I\",\"data\":{\"a\":2}}\n",
			"- | {\"a\":1,\"s\":\"x\"} | -1 |\n- | {\"a\":2,\"s\":null} | -1 |\n");
	expect_messages(
	    "(k_a INT, s STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', h MAP<STRING, "
	    "BYTES> METADATA FROM 'headers', o BIGINT METADATA FROM 'offset' VIRTUAL) WITH "
	    "('connector' = 'log', 'format' = 'csv', 'key.format' = 'json', 'key.fields' = "
	    "'k_a', 'key.fields-prefix' = 'k_', 'value.fields-include' = 'EXCEPT_KEY')",
	    false,
	    "{\"op\":\"+I\",\"data\":{\"k_a\":1,\"s\":\"x\",\"ts\":\"1970-01-01 "
	    "00:00:02Z\",\"h\":{\"n\":\"dg==\",\"m\":null}}}\n"
	    "{\"op\":\"+I\",\"data\":{\"k_a\":2,\"s\":\"y\"}}\n",
	    "{\"a\":1} | x | 2000 | n=v m=-\n{\"a\":2} | y | -1 |\n");
	expect_messages(
	    "(a INT) WITH ('connector' = 'log', 'format' = 'debezium-json', "
	    "'key.format' = 'raw', 'key.fields' = 'a')",
	    false,
	    "{\"op\":\"-U\",\"data\":{\"a\":1094795585}}\n"
	    "{\"op\":\"+U\",\"data\":{}}\n",
	    "AAAA | {\"before\":{\"a\":1094795585},\"after\":null,\"op\":\"d\"} | -1 |\n"
	    "- | {\"before\":null,\"after\":{\"a\":null},\"op\":\"c\"} | -1 |\n");
}

/* A -U is a deletion, unless the +U that replaces it follows. */
static void test_write_upserts(void **state)
{
	expect_messages("(k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = "
			"'last', 'value.format' = 'json', 'key.format' = 'csv')",
			true,
			"{\"op\":\"+I\",\"data\":{\"k\":\"a\",\"v\":1}}\n"
			"{\"op\":\"-U\",\"data\":{\"k\":\"a\",\"v\":1}}\n"
			"{\"op\":\"+U\",\"data\":{\"k\":\"a\",\"v\":2}}\n"
			"{\"op\":\"-D\",\"data\":{\"k\":\"b\",\"v\":0}}\n"
			"{\"op\":\"-U\",\"data\":{\"k\":\"a\",\"v\":2}}\n"
			"{\"op\":\"+I\",\"data\":{\"k\":\"c\",\"v\":3}}\n"
			"{\"op\":\"-U\",\"data\":{\"k\":\"c\",\"v\":3}}\n"
			"{\"op\":\"+U\",\"data\":{\"k\":\"d\",\"v\":3}}\n",
			"a | {\"k\":\"a\",\"v\":1} | -1 |\n"
			"a | {\"k\":\"a\",\"v\":2} | -1 |\n"
			"b | - | -1 |\n"
			"a | - | -1 |\n"
			"c | {\"k\":\"c\",\"v\":3} | -1 |\n"
			"c | - | -1 |\n"
			"d | {\"k\":\"d\",\"v\":3} | -1 |\n");
}

/* Bytes that are cut or changed are refused, or read without harm. */
static void test_damaged(void **state)
{
	struct script script;
	struct wr_text bytes;
	struct wr_message_list list;

	case_init(&script);
	wr_text_init(&bytes);
	/* value "v", key "k", one header "h" without value; layout as message_encode.c tells it */
	wr_text_add(&bytes, "v\nk\nh\0\0\0", 8);
	uint32_t words[] = {4, 1, 0, UINT32_MAX, 0, 1, 2, 1, 7, 0, 0, 1, 1, 1};
	uint64_t magic = 0x315453494C474D57ull;
	wr_text_add(&bytes, words, sizeof words);
	wr_text_add(&bytes, &magic, sizeof magic);
	assert_true(wr_message_list_open(&list, (struct wr_str){bytes.data, bytes.len}));
	struct wr_message message;
	wr_message_at(&list, 0, &message);
	assert_memory_equal(message.key.data, "k", 1);
	assert_memory_equal(message.value.data, "v", 1);
	assert_int_equal(message.timestamp_ms, 7);
	assert_null(wr_message_header_at(&list, 0, 0).value.data);
	for (size_t len = 1; len < bytes.len; len++)
		assert_false(wr_message_list_open(&list, (struct wr_str){bytes.data, len}));
	for (size_t at = 8; at < bytes.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			bytes.data[at] ^= (char)(1 << bit);
			if (wr_message_list_open(&list, (struct wr_str){bytes.data, bytes.len})) {
				for (uint32_t i = 0; i < list.count; i++) {
					wr_message_at(&list, i, &message);
					for (uint32_t h = 0; h < message.header_count; h++)
						wr_message_header_at(&list, i, h);
				}
			}
			bytes.data[at] ^= (char)(1 << bit);
		}
	}
	wr_text_release(&bytes);
	script_release(&script);
}

/* A set says when it is full; the first message always fits. */
static void test_full(void **state)
{
	struct wr_message_wants wants = {.values = true};
	struct wr_messages *set = wr_messages_new(&wants, "t", -1, 4, 0);
	size_t len = WR_MESSAGES_BYTES_MAX / 2;
	char *bytes = wr_malloc(len);
	struct wr_message message = {.value = {bytes, len}, .timestamp_ms = -1};

	memset(bytes, 'x', len);
	assert_true(wr_messages_append(set, &message));
	assert_false(wr_messages_append(set, &message));
	assert_int_equal(wr_messages_count(set), 1);
	assert_int_equal(wr_messages_bytes(set), len + 1);
	wr_messages_free(set);
	wr_free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_bad_values),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_missing_keys),
	    cmocka_unit_test(test_upserts),
	    cmocka_unit_test(test_metadata),
	    cmocka_unit_test(test_wanted),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_format_metadata),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_write_upserts),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
