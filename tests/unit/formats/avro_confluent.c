/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_confluent - schemas out of a registry: which one a message has, how it is read with the
 * table's columns, what is registered, and what happens when the registry says no, or nothing.
 */
#include "registry_stub.h"

#include "base/env.h"
#include "expr/json_doc.h"
#include "formats/registry_client.h"

#define USER_1                                                                                     \
	"{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"u\\\",\\\"fields\\\":["       \
	"{\\\"name\\\":\\\"id\\\",\\\"type\\\":\\\"int\\\"},{\\\"name\\\":\\\"name\\\","           \
	"\\\"type\\\":"                                                                            \
	"\\\"string\\\"}]}\"}"
/* The name has moved, id is a long, and there is a field more. */
#define USER_2                                                                                     \
	"{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"u\\\",\\\"fields\\\":["       \
	"{\\\"name\\\":\\\"full_name\\\",\\\"type\\\":[\\\"string\\\",\\\"null\\\"]},"             \
	"{\\\"name\\\":\\\"skip\\\",\\\"type\\\":{\\\"type\\\":\\\"map\\\",\\\"values\\\":"        \
	"\\\"bytes\\\"}},"                                                                         \
	"{\\\"name\\\":\\\"id\\\",\\\"type\\\":\\\"long\\\"},"                                     \
	"{\\\"name\\\":\\\"age\\\",\\\"type\\\":\\\"int\\\"}]}\"}"

static struct stub stub;

static void open_case(struct format_case *c, const char *format, const char *columns,
		      const char *const *options)
{
	const char *all[16] = {NULL};
	char url[100];
	uint32_t n = 0;

	snprintf(url, sizeof url, "url=%s", stub.url);
	all[n++] = url;
	for (; options != NULL && *options != NULL; options++)
		all[n++] = *options;
	case_open(c, format, columns, all);
}

static void expect(const char *columns, const char *const *options, const char *const *hex,
		   const char *want)
{
	struct format_case c;

	open_case(&c, "avro-confluent", columns, options);
	assert_string_equal(case_hex(&c, hex), want);
	case_close(&c);
}

static int start(void **state)
{
	stub_start(&stub);
	stub_answer(&stub, "GET /schemas/ids/1", 200, USER_1, 0);
	stub_answer(&stub, "GET /schemas/ids/2", 200, USER_2, 0);
	return 0;
}

static int stop(void **state)
{
	stub_stop(&stub);
	return 0;
}

/* Messages of two schemas in one topic. */
static void test_evolution(void **state)
{
	static const char *const aliases[] = {
	    "schema={\"type\":\"record\",\"name\":\"u\",\"fields\":["
	    "{\"name\":\"id\",\"type\":\"long\"},"
	    "{\"name\":\"name\",\"type\":\"string\",\"aliases\":[\"full_name\"]},"
	    "{\"name\":\"age\",\"type\":[\"null\",\"int\"],\"default\":null},"
	    "{\"name\":\"tags\",\"type\":{\"type\":\"array\",\"items\":\"string\"},"
	    "\"default\":[\"new\",\"a tag that is longer than twelve\"]}]}",
	    NULL};
	const char *const hex[] = {"00 00000001 02 06 'Bob'",
				   "00 00000002 00 06 'Eve' 02 02 'k' 04 0000 00 04 06",
				   "00 00000001 04 06 'Tim'", NULL};

	expect("id BIGINT, name STRING, age INT", NULL, hex,
	       "1\tBob\t\\N\n2\t\\N\t3\n2\tTim\t\\N\n");
	expect("id BIGINT, name STRING, age INT, tags ARRAY<STRING>", aliases, hex,
	       "1\tBob\t\\N\t[new, a tag that is longer than twelve]\n"
	       "2\tEve\t3\t[new, a tag that is longer than twelve]\n"
	       "2\tTim\t\\N\t[new, a tag that is longer than twelve]\n");
	expect("id DOUBLE, full_name BYTES", NULL, hex, "1.0\t\\N\n2.0\tx'457665'\n2.0\t\\N\n");
}

static void test_bad(void **state)
{
	uint32_t before;

	expect(
	    "id INT", NULL,
	    (const char *const[]){"00 00000001 02 06 'Bob'", "7b 7d", "", "00 00000009 02 06 'Bob'",
				  "00 00000001 02", "00 00000009 02 06 'Bob'", NULL},
	    "1\n"
	    "!1 syntax -: the message does not begin with a zero byte and the number of a schema\n"
	    "!2 syntax -: the message does not begin with a zero byte and the number of a schema\n"
	    "!3 schema -: schema 9: the schema registry has no schema of that number\n"
	    "!4 syntax name: the record ends too early: is it of another schema than the "
	    "table's?\n"
	    "!5 schema -: schema 9: the schema registry has no schema of that number\n");
	/* one request per number and decoder */
	before = atomic_load(&stub.asked);
	expect("id INT", NULL,
	       (const char *const[]){"00 00000001 02 00", "00 00000001 02 00", "00 00000009", NULL},
	       "1\n1\n!2 schema -: schema 9: the schema registry has no schema of that number\n");
	assert_int_equal(atomic_load(&stub.asked) - before, 3 * 2);
	expect("name INT", NULL, (const char *const[]){"00 00000001 02 06 'Bob'", NULL},
	       "!0 type name: the schema's type string is none for INT\n");
}

static void test_references(void **state)
{
	stub_answer(
	    &stub, "GET /schemas/ids/3", 200,
	    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"o\\\",\\\"fields\\\":["
	    "{\\\"name\\\":\\\"who\\\",\\\"type\\\":\\\"x.u\\\"}]}\",\"references\":["
	    "{\"name\":\"x.u\",\"subject\":\"a b/c\",\"version\":2}]}",
	    0);
	stub_answer(
	    &stub, "GET /subjects/a%20b%2Fc/versions/2", 200,
	    "{\"subject\":\"a b/c\",\"version\":2,\"id\":8,\"schema\":\"{\\\"type\\\":"
	    "\\\"record\\\",\\\"name\\\":\\\"u\\\",\\\"namespace\\\":\\\"x\\\",\\\"fields\\\":["
	    "{\\\"name\\\":\\\"id\\\",\\\"type\\\":\\\"int\\\"}]}\"}",
	    0);
	expect("who ROW<id INT>", NULL, (const char *const[]){"00 00000003 0e", NULL}, "(7)\n");
}

/* A registry that fails now and then is asked again. */
static void test_retries(void **state)
{
	stub_answer(&stub, "GET /schemas/ids/4", 503, "later", 2);
	stub_answer(&stub, "GET /schemas/ids/4", 200, USER_1, 0);
	expect("id INT", NULL, (const char *const[]){"00 00000004 02 00", NULL}, "1\n");
}

static void test_away(void **state)
{
	static const char *const urls[] = {"url=http://user:hunter2@127.0.0.1:1", NULL};
	struct format_case c;
	struct wr_decoder *decoder;
	struct wr_batch *batch;
	struct wr_buf *buf = wr_buf_new(6);
	struct wr_record_span span = {0, 5};
	struct wr_decode_range range = {
	    .buf = buf, .data = buf->data, .len = 6, .span = &span, .span_count = 1};

	memcpy(buf->data, "\0\0\0\0\1", 6);
	open_case(&c, "avro-confluent", "id INT", urls);
	assert_null(c.format->decoder_new(&c.args, &decoder));
	wr_status *status = c.format->decode(decoder, &range, 10, &batch);
	assert_non_null(status);
	assert_int_equal(status->class, WR_RESTART);
	assert_non_null(strstr(status->text, "http://127.0.0.1:1 does not answer"));
	assert_null(strstr(status->text, "hunter2"));
	wr_status_free(status);
	c.format->decoder_free(decoder);
	wr_buf_unref(buf);
	case_close(&c);
}

static void test_write(void **state)
{
	static const char *const login[] = {"basic-auth.user-info=Aladdin:open sesame", NULL};
	struct format_case c;
	const char *again;
	wr_status *status;

	stub_answer(&stub, "POST /subjects/t-value/versions", 200, "{\"id\":258}", 1);
	stub_answer(
	    &stub, "GET /schemas/ids/258", 200,
	    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"r\\\",\\\"fields\\\":["
	    "{\\\"name\\\":\\\"i\\\",\\\"type\\\":[\\\"null\\\",\\\"int\\\"]}]}\"}",
	    0);
	stub_answer(&stub, "POST /subjects/t-value/versions", 409,
		    "{\"error_code\":409,\"message\":\"reader type INT not compatible\"}", 1);
	stub_answer(&stub, "POST /subjects/t-value/versions", 401, "{\"message\":\"who?\"}", 0);
	open_case(&c, "avro-confluent", "i INT", login);
	c.args.topic = "t";
	assert_string_equal(case_write(&c, "{\"i\":1}\n{}\n", &again, NULL),
			    "00000001020202\n000000010200\n");
	assert_string_equal(again, "1\n\\N\n");
	assert_non_null(strstr(stub.last, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
	case_write(&c, "{\"i\":1}\n", NULL, &status);
	assert_non_null(strstr(status->text, "'t-value': reader type INT not compatible"));
	assert_non_null(strstr(stub.last, "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":"
					  "\\\"record\\\""));
	wr_status_free(status);
	case_write(&c, "{\"i\":1}\n", NULL, &status);
	assert_non_null(strstr(status->text, "who?"));
	assert_null(strstr(status->text, "sesame"));
	wr_status_free(status);
	c.args.topic = NULL;
	case_write(&c, "{\"i\":1}\n", NULL, &status);
	assert_non_null(strstr(status->text, "needs a subject"));
	wr_status_free(status);
	case_close(&c);
}

#define CHANGE                                                                                     \
	"{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"Envelope\\\",\\\"fields\\\":" \
	"["                                                                                        \
	"{\\\"name\\\":\\\"before\\\",\\\"type\\\":[\\\"null\\\",{\\\"type\\\":\\\"record\\\","    \
	"\\\"name\\\":"                                                                            \
	"\\\"Value\\\",\\\"fields\\\":[{\\\"name\\\":\\\"a\\\",\\\"type\\\":{\\\"type\\\":"        \
	"\\\"array\\\","                                                                           \
	"\\\"items\\\":\\\"int\\\"}}]}]},"                                                         \
	"{\\\"name\\\":\\\"after\\\",\\\"type\\\":[\\\"null\\\",\\\"Value\\\"]},"                  \
	"{\\\"name\\\":\\\"source\\\",\\\"type\\\":\\\"string\\\"},"                               \
	"{\\\"name\\\":\\\"op\\\",\\\"type\\\":\\\"string\\\"},"                                   \
	"{\\\"name\\\":\\\"ts_ms\\\",\\\"type\\\":[\\\"null\\\",\\\"long\\\"]}]}\"}"

/* Updates are two rows, also when a batch ends between them. */
static void test_changes(void **state)
{
	struct format_case c;

	stub_answer(&stub, "GET /schemas/ids/5", 200, CHANGE, 0);
	open_case(&c, "debezium-avro-confluent", "a ARRAY<INT>", NULL);
	assert_string_equal(
	    case_hex(&c,
		     (const char *const[]){"00 00000005 00 02 04 02 04 00 00 02 'c' 00",
					   "00 00000005 02 02 02 00 02 02 06 00 00 02 'u' 02 00",
					   "00 00000005 02 02 02 00 02 02 06 00 00 02 'u' 02", "",
					   "00 00000005 00 02 02 02 00 00 02 'u' 00",
					   "00 00000005 02 02 08 00 00 00 02 'd' 00",
					   "00 00000005 00 02 02 08 00 00 02 'x' 00", NULL}),
	    "+I\t[1, 2]\n-U\t[1]\n+U\t[3]\n-D\t[4]\n"
	    "!2 syntax -: the record ends too early: is it of another schema than the table's?\n"
	    "!4 syntax -: an update without its \"before\"; in PostgreSQL set REPLICA IDENTITY "
	    "FULL "
	    "for the table\n"
	    "!6 syntax -: \"op\" is none of c, r, u, d\n");
	stub_answer(&stub, "POST /subjects/t-key/versions", 200, "{\"id\":5}", 0);
	c.args.topic = "t";
	c.args.is_key = true;
	assert_string_equal(case_write(&c,
				       "{\"op\":\"+I\",\"data\":{\"a\":[1]}}\n"
				       "{\"op\":\"-D\",\"data\":{\"a\":null}}\n",
				       NULL, NULL),
			    "0000000005000202020202000202"
			    "63\n00000000050200000202"
			    "64\n");
	case_close(&c);
}

/* Changes as Debezium wrote them for MySQL, with what Flink makes of them. */
static void test_flink_data(void **state)
{
	static const char *const names[] = {"insert", "update", "delete"};
	static const char row[] = "test debezium avro data\t21.799999237060547\n";
	const char *folder = case_shared();
	struct case_messages m = {0};
	struct wr_text body, want;
	struct format_case c;
	char path[300];
	size_t len;

	if (folder == NULL)
		skip();
	snprintf(path, sizeof path, "%s/formats/flink_debezium_avro/debezium-test-schema.json",
		 folder);
	char *schema = case_file(path, &len);
	assert_non_null(schema);
	wr_text_init(&body);
	wr_text_puts(&body, "{\"schema\":");
	wr_json_write_string(&body, (struct wr_str){schema, len});
	wr_text_putc(&body, '}');
	wr_free(schema);
	stub_answer(&stub, "GET /schemas/ids/81", 200, wr_text_str(&body), 0);
	for (size_t i = 0; i < WR_COUNT(names); i++) {
		snprintf(path, sizeof path, "%s/formats/flink_debezium_avro/debezium-avro-%s.avro",
			 folder, names[i]);
		char *data = case_file(path, &len);
		assert_non_null(data);
		case_messages_add(&m, data, len);
		wr_free(data);
	}
	wr_text_init(&want);
	wr_text_printf(&want,
		       "+I\t1\tlisi\t%s-U\t1\tlisi\t%s+U\t1\tzhangsan\t%s-D\t1\tzhangsan\t%s", row,
		       row, row, row);
	open_case(&c, "debezium-avro-confluent",
		  "id BIGINT, name STRING, description STRING, weight DOUBLE", NULL);
	assert_string_equal(case_decode_messages(&c, &m), wr_text_str(&want));
	case_close(&c);
	wr_text_release(&m.bytes);
	wr_text_release(&want);
	stub.count--; /* its answer is of this test */
	wr_text_release(&body);
}

/* Against a real registry, when there is one. */
static void test_real(void **state)
{
	const char *url = getenv("WEIR_TEST_REGISTRY");
	struct format_case c;
	const char *again;
	char option[200], subject[100];

	if (url == NULL)
		skip();
	snprintf(option, sizeof option, "url=%s", url);
	snprintf(subject, sizeof subject, "subject=unit-%lld",
		 (long long)wr_wall_us(wr_env_system()));
	open_case(&c, "avro-confluent", "i INT, r ROW<x BIGINT>",
		  (const char *const[]){option, subject, NULL});
	case_write(&c, "{\"i\":1,\"r\":{\"x\":2}}\n", &again, NULL);
	assert_string_equal(again, "1\t(2)\n");
	case_close(&c);
	wr_status *status;
	open_case(&c, "avro-confluent", "i STRING", (const char *const[]){option, subject, NULL});
	case_write(&c, "{\"i\":\"1\"}\n", NULL, &status);
	print_message("%s\n", status != NULL ? status->text : "-");
	wr_status_free(status);
	case_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_evolution),  cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_references), cmocka_unit_test(test_retries),
	    cmocka_unit_test(test_away),       cmocka_unit_test(test_write),
	    cmocka_unit_test(test_changes),    cmocka_unit_test(test_flink_data),
	    cmocka_unit_test(test_real),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
