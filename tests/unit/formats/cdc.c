/* SPDX-License-Identifier: Apache-2.0
 *
 * cdc - changelog messages in and out, and the messages that Flink's own tests read.
 */
#include "format_case.h"

#define PRODUCT "id INT, name STRING"

static void test_debezium(void **state)
{
	static const char *const schema[] = {"schema-include=true", NULL};
	static const char *const ignore[] = {"ignore-parse-errors=true", NULL};

	case_expect(
	    "debezium-json", PRODUCT, NULL,
	    "{\"before\":null,\"after\":{\"id\":1,\"name\":\"a\"},\"op\":\"c\"}\n"
	    "{\"op\":\"u\",\"after\":{\"id\":1,\"name\":\"b\"},\"before\":{\"id\":1,\"name\":\"a\"}"
	    "}\n"
	    "null\n\n"
	    "{\"before\":{\"id\":1},\"after\":null,\"op\":\"d\",\"source\":{\"op\":\"x\"}}\n"
	    "{\"before\":null,\"after\":{\"id\":2},\"op\":\"r\"}",
	    "+I\t1\ta\n-U\t1\ta\n+U\t1\tb\n-D\t1\t\\N\n+I\t2\t\\N\n");
	case_expect("debezium-json", PRODUCT, schema,
		    "{\"schema\":{\"op\":\"d\"},\"payload\":{\"before\":null,\"after\":{\"id\":1},"
		    "\"op\":\"c\"}}\n"
		    "{\"before\":null,\"after\":{\"id\":1},\"op\":\"c\"}\n",
		    "+I\t1\t\\N\n!1 74+41 syntax -: the message has no object \"payload\", which "
		    "'schema-include' "
		    "expects\n");
	case_expect("debezium-json", PRODUCT, NULL,
		    "{\"after\":{\"id\":1},\"op\":\"x\"}\n{\"after\":{\"id\":1}}\n{\"after\":{"
		    "\"id\":1},\"op\":\"u\"}\n"
		    "{\"before\":{\"id\":1},\"after\":{\"id\":\"x\"},\"op\":\"u\"}\n{\"after\":5,"
		    "\"op\":\"c\"}\n[]\n{\"op\":\n"
		    "{\"after\":{\"id\":9},\"op\":\"c\"}\n",
		    "+I\t9\t\\N\n!0 0+27 syntax -: \"op\" is none of c, r, u, d\n!1 28+18 syntax "
		    "-: the message has no "
		    "\"op\"\n!2 47+27 syntax -: an update without its \"before\"; in PostgreSQL "
		    "set REPLICA IDENTITY "
		    "FULL for the table\n!3 75+47 type id: \"x\" is no INT\n!4 123+20 syntax -: "
		    "the row of the message is "
		    "no JSON object\n!5 144+2 syntax -: the message is no JSON object\n!6 147+6 "
		    "syntax -: not JSON: the "
		    "record ends at byte 6, too early\n");
	case_expect(
	    "debezium-json", PRODUCT, ignore,
	    "{\"after\":{\"id\":1},\"op\":\"x\"}\n{\"after\":{\"id\":\"q\"},\"op\":\"c\"}\nx\n",
	    "+I\t\\N\t\\N\n");
}

/* Of many tables those whose names match as a whole; others may be of any kind. */
static void test_included(void **state)
{
	static const char *const one[] = {"database.include=shop", "table.include=orders_.+", NULL};
	static const char *const any[] = {"database.include=sh.*", NULL};
	static const char text[] =
	    "{\"data\":[{\"id\":1}],\"type\":\"INSERT\",\"database\":\"shop\",\"table\":"
	    "\"orders_eu\"}\n"
	    "{\"data\":[{\"id\":2}],\"type\":\"INSERT\",\"database\":\"shop2\",\"table\":"
	    "\"orders_eu\"}\n"
	    "{\"data\":[{\"id\":3}],\"type\":\"INSERT\",\"database\":\"sho\\u0070\",\"table\":"
	    "\"xorders_eu\"}\n"
	    "{\"data\":null,\"type\":\"ALTER\",\"database\":\"other\",\"table\":\"t\"}\n"
	    "{\"data\":[{\"id\":4}],\"type\":\"INSERT\"}\n";

	case_expect("canal-json", PRODUCT, one, text,
		    "+I\t1\t\\N\n!4 289+35 syntax -: the message has no \"database\", which "
		    "'database.include' asks for\n");
	case_expect("canal-json", PRODUCT, any, text,
		    "+I\t1\t\\N\n+I\t2\t\\N\n+I\t3\t\\N\n!4 289+35 syntax -: the message has no "
		    "\"database\", which 'database.include' asks for\n");
}

/* What a user meets who starts with another tool's defaults. */
static void test_surroundings(void **state)
{
	case_expect("debezium-json", PRODUCT, NULL,
		    "{\"schema\":{},\"payload\":{\"after\":{\"id\":1},\"op\":\"c\"}}\n",
		    "!0 0+51 syntax -: the message has its change in \"payload\": set "
		    "'debezium-json.schema-include' = 'true'\n");
	case_expect("maxwell-json", PRODUCT, NULL,
		    "{\"type\":\"bootstrap-start\",\"data\":{}}\n"
		    "{\"type\":\"bootstrap-insert\",\"data\":{\"id\":1}}\n"
		    "{\"type\":\"bootstrap-complete\",\"data\":{}}\n",
		    "+I\t1\t\\N\n");
}

static void test_canal_and_maxwell(void **state)
{
	case_expect(
	    "canal-json", PRODUCT, NULL,
	    "{\"data\":[{\"id\":\"1\",\"name\":\"a\"},{\"id\":\"2\",\"name\":\"b\"}],\"old\":null,"
	    "\"type\":\"INSERT\"}\n"
	    "{\"data\":[{\"id\":\"1\",\"name\":\"c\"},{\"id\":\"2\",\"name\":null}],\"old\":[{"
	    "\"name\":\"a\"},{\"name\":\"b\"}],"
	    "\"type\":\"UPDATE\"}\n"
	    "{\"data\":null,\"type\":\"CREATE\"}\n{\"data\":[{\"id\":\"1\",\"name\":\"c\"}],"
	    "\"type\":\"DELETE\"}\n"
	    "{\"data\":[{}],\"old\":[],\"type\":\"UPDATE\"}\n{\"data\":{},\"type\":\"INSERT\"}\n",
	    "+I\t1\ta\n+I\t2\tb\n-U\t1\ta\n+U\t1\tc\n-U\t2\tb\n+U\t2\t\\N\n-D\t1\tc\n"
	    "!4 267+38 syntax -: \"old\" has fewer rows than \"data\"\n"
	    "!5 306+27 syntax -: the message has no array \"data\"\n");
	case_expect(
	    "maxwell-json", PRODUCT, NULL,
	    "{\"type\":\"insert\",\"data\":{\"id\":1,\"name\":\"a\"}}\n"
	    "{\"type\":\"update\",\"data\":{\"id\":1,\"name\":\"b\"},\"old\":{\"name\":null}}\n"
	    "{\"type\":\"delete\",\"data\":{\"id\":1,\"name\":\"b\"}}\n{\"type\":\"x\",\"data\":{}}"
	    "\n",
	    "+I\t1\ta\n-U\t1\t\\N\n+U\t1\tb\n-D\t1\tb\n!3 155+22 syntax -: \"type\" is none of "
	    "insert, update, "
	    "delete\n");
}

/* A batch of given kinds, written by each form. */
static void test_write(void **state)
{
	static const struct {
		const char *format;
		const char *want;
	} cases[] = {
	    {"debezium-json", "{\"before\":null,\"after\":{\"u\":true,\"c\":1},\"op\":\"c\"}\n"
			      "{\"before\":{\"u\":true,\"c\":2},\"after\":null,\"op\":\"d\"}\n"
			      "{\"before\":null,\"after\":{\"u\":true,\"c\":3},\"op\":\"c\"}\n"
			      "{\"before\":{\"u\":true,\"c\":4},\"after\":null,\"op\":\"d\"}\n"},
	    {"ogg-json", "{\"before\":null,\"after\":{\"u\":true,\"c\":1},\"op_type\":\"I\"}\n"
			 "{\"before\":{\"u\":true,\"c\":2},\"after\":null,\"op_type\":\"D\"}\n"
			 "{\"before\":null,\"after\":{\"u\":true,\"c\":3},\"op_type\":\"I\"}\n"
			 "{\"before\":{\"u\":true,\"c\":4},\"after\":null,\"op_type\":\"D\"}\n"},
	    {"canal-json", "{\"data\":[{\"u\":true,\"c\":1}],\"type\":\"INSERT\"}\n"
			   "{\"data\":[{\"u\":true,\"c\":2}],\"type\":\"DELETE\"}\n"
			   "{\"data\":[{\"u\":true,\"c\":3}],\"type\":\"INSERT\"}\n"
			   "{\"data\":[{\"u\":true,\"c\":4}],\"type\":\"DELETE\"}\n"},
	    {"maxwell-json", "{\"data\":{\"u\":true,\"c\":1},\"type\":\"insert\"}\n"
			     "{\"data\":{\"u\":true,\"c\":2},\"type\":\"delete\"}\n"
			     "{\"data\":{\"u\":true,\"c\":3},\"type\":\"insert\"}\n"
			     "{\"data\":{\"u\":true,\"c\":4},\"type\":\"delete\"}\n"},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct format_case c;
		struct wr_encoder *encoder;
		struct wr_text out;
		case_open(&c, cases[i].format, "u BOOLEAN, c BIGINT", NULL);
		struct wr_batch *batch = wr_batch_new(2, 4);
		uint8_t *kind = wr_batch_kinds(batch);
		for (int k = 0; k < 2; k++)
			batch->column[k] = wr_column_new(c.schema.field[k].type, 4);
		for (int k = 0; k < 4; k++) {
			kind[k] = (uint8_t)k;
			WR_DATA(batch->column[0], uint8_t)[k] = 1;
			WR_DATA(batch->column[1], int64_t)[k] = k + 1;
		}
		wr_text_init(&out);
		assert_null(c.format->encoder_new(&c.args, &encoder));
		assert_null(c.format->encode(encoder, batch, &out, NULL));
		assert_string_equal(wr_text_str(&out), cases[i].want);
		/* and back */
		assert_null(strchr(case_decode(&c, wr_text_str(&out)), '!'));
		c.format->encoder_free(encoder);
		wr_batch_free(batch);
		wr_text_release(&out);
		case_close(&c);
	}
}

static void test_check(void **state)
{
	static const char *const schema[] = {"schema-include=true", NULL};
	struct format_case c;

	case_open(&c, "debezium-json", PRODUCT, schema);
	assert_null(c.format->check(&c.args, false));
	wr_status *status = c.format->check(&c.args, true);
	assert_non_null(strstr(status->text, "cannot write messages with a schema"));
	wr_status_free(status);
	case_close(&c);
}

/* --- messages of Flink's tests
 * --------------------------------------------------------------------- */

/* Turns "+I\t101\tscooter\t..." into expected.json's "+I(101,scooter,...)". */
static void as_expected(struct wr_text *out, const char *line, size_t len)
{
	wr_text_clear(out);
	wr_text_add(out, line, 2);
	wr_text_putc(out, '(');
	for (size_t i = 3; i < len; i++) {
		bool null = line[i] == '\\' && line[i + 1] == 'N';
		if (null)
			wr_text_puts(out, "null");
		else
			wr_text_putc(out, line[i] == '\t' ? ',' : line[i]);
		i += null;
	}
	wr_text_putc(out, ')');
}

static void run_messages(const char *folder, const char *file, const char *format, bool schema,
			 const char *group)
{
	static const char *const include[] = {"schema-include=true", NULL};
	struct format_case c;
	struct wr_text line;
	char path[512];
	size_t len;
	int count = 0;

	snprintf(path, sizeof path, "%s/formats/flink_cdc_json/%s", folder, file);
	char *data = case_file(path, &len);
	if (data == NULL)
		skip();
	snprintf(path, sizeof path, "%s/formats/flink_cdc_json/expected.json", folder);
	size_t expected_len;
	char *expected = case_file(path, &expected_len);
	const char *at = strstr(expected, group);
	assert_non_null(at);
	case_open(&c, format, "id INT, name STRING, description STRING, weight FLOAT",
		  schema ? include : NULL);
	const char *got = case_decode_n(&c, data, len);
	wr_text_init(&line);
	for (const char *end; (end = strchr(got, '\n')) != NULL; got = end + 1, count++) {
		as_expected(&line, got, (size_t)(end - got));
		/* the next item of the list */
		at = strstr(at, "    \"");
		assert_non_null(at);
		at += 5;
		const char *stop = strchr(at, '"');
		if ((size_t)(stop - at) != line.len || memcmp(at, line.data, line.len) != 0)
			print_message("%s: %s, want %.*s\n", file, line.data, (int)(stop - at), at);
		assert_memory_equal(at, line.data, line.len);
		at = stop;
	}
	assert_true(count >= 20);
	wr_text_release(&line);
	wr_free(data);
	wr_free(expected);
	case_close(&c);
}

static void test_messages(void **state)
{
	const char *folder = case_shared();

	if (folder == NULL)
		skip();
	run_messages(folder, "debezium-data-schema-exclude.txt", "debezium-json", false,
		     "\"debezium\"");
	run_messages(folder, "debezium-data-schema-include.txt", "debezium-json", true,
		     "\"debezium\"");
	run_messages(folder, "canal-data.txt", "canal-json", false, "\"canal\"");
	run_messages(folder, "maxwell-data.txt", "maxwell-json", false, "\"maxwell\"");
	run_messages(folder, "ogg-data.txt", "ogg-json", false, "\"ogg\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_debezium), cmocka_unit_test(test_canal_and_maxwell),
	    cmocka_unit_test(test_included), cmocka_unit_test(test_surroundings),
	    cmocka_unit_test(test_write),    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
