/* SPDX-License-Identifier: Apache-2.0
 *
 * json_encode - rows as JSON lines, to the byte as real Flink 2.1 wrote them.
 */
#include "format_case.h"

#define ALL                                                                                        \
	"i INT, l BIGINT, d DOUBLE, f FLOAT, `dec` DECIMAL(10,2), s STRING, b BOOLEAN, ts "        \
	"TIMESTAMP(3), dt DATE, tm TIME, a ARRAY<INT>, m MAP<STRING,INT>, r ROW<x INT,y STRING>, " \
	"`by` BYTES, ltz TIMESTAMP_LTZ(3), ts6 TIMESTAMP(6)"

/* Lines in, read as JSON, against lines out. */
static void expect(const char *columns, const char *const *options, const char *in,
		   const char *want)
{
	struct format_case c;

	case_open(&c, "json", columns, options);
	assert_string_equal(case_encode(&c, &wr_format_json, in, NULL), want);
	case_close(&c);
}

static const char all_in[] =
    "{\"i\":10,\"l\":-5,\"d\":100.0,\"f\":0.1,\"dec\":10.00,\"s\":\"a,b\\\"c\\nd "
    "é\",\"b\":true,\"ts\":\"2024-05-06 07:08:09.120\",\"dt\":\"2024-02-29\",\"tm\":\"12:34:56\","
    "\"a\":[1,null,3],\"m\":{\"k\":1},\"r\":{\"x\":1,\"y\":\"q\"},\"by\":\"Cv8=\",\"ltz\":\"2024-"
    "05-06 07:08:09.1Z\",\"ts6\":\"2024-05-06 07:08:09.123456\"}\n"
    "{\"d\":1e10,\"f\":1e-7,\"dec\":0.10,\"s\":\"\",\"a\":[],\"m\":{},\"ts\":\"2024-05-06 "
    "00:00:00\"}\n"
    "{\"d\":123456789.125,\"r\":{\"x\":null,\"y\":\"\"}}\n";

static void test_all(void **state)
{
	expect(ALL, NULL, all_in,
	       "{\"i\":10,\"l\":-5,\"d\":100.0,\"f\":0.1,\"dec\":1E+1,\"s\":\"a,b\\\"c\\nd "
	       "é\",\"b\":true,"
	       "\"ts\":\"2024-05-06 "
	       "07:08:09.12\",\"dt\":\"2024-02-29\",\"tm\":\"12:34:56\",\"a\":[1,null,3],"
	       "\"m\":{\"k\":1},\"r\":{\"x\":1,\"y\":\"q\"},\"by\":\"Cv8=\",\"ltz\":\"2024-05-06 "
	       "07:08:09.1Z\","
	       "\"ts6\":\"2024-05-06 07:08:09.123456\"}\n"
	       "{\"i\":null,\"l\":null,\"d\":1.0E10,\"f\":1.0E-7,\"dec\":0.1,\"s\":\"\",\"b\":null,"
	       "\"ts\":\"2024-"
	       "05-06 "
	       "00:00:00\",\"dt\":null,\"tm\":null,\"a\":[],\"m\":{},\"r\":null,\"by\":null,"
	       "\"ltz\":null,"
	       "\"ts6\":null}\n"
	       "{\"i\":null,\"l\":null,\"d\":1.23456789125E8,\"f\":null,\"dec\":null,\"s\":null,"
	       "\"b\":null,\"ts\":"
	       "null,\"dt\":null,\"tm\":null,\"a\":null,\"m\":null,\"r\":{\"x\":null,\"y\":\"\"},"
	       "\"by\":null,"
	       "\"ltz\":null,\"ts6\":null}\n");
}

static void test_options(void **state)
{
	static const char *const options[] = {"encode.decimal-as-plain-number=true",
					      "timestamp-format.standard=ISO-8601",
					      "encode.ignore-null-fields=true", NULL};

	expect(ALL, options, all_in,
	       "{\"i\":10,\"l\":-5,\"d\":100.0,\"f\":0.1,\"dec\":10.00,\"s\":\"a,b\\\"c\\nd "
	       "é\",\"b\":true,"
	       "\"ts\":\"2024-05-06T07:08:09.12\",\"dt\":\"2024-02-29\",\"tm\":\"12:34:56\",\"a\":["
	       "1,null,3],"
	       "\"m\":{\"k\":1},\"r\":{\"x\":1,\"y\":\"q\"},\"by\":\"Cv8=\",\"ltz\":\"2024-05-"
	       "06T07:08:09.1Z\","
	       "\"ts6\":\"2024-05-06T07:08:09.123456\"}\n"
	       "{\"d\":1.0E10,\"f\":1.0E-7,\"dec\":0.10,\"s\":\"\",\"ts\":\"2024-05-06T00:00:00\","
	       "\"a\":[],"
	       "\"m\":{}}\n"
	       "{\"d\":1.23456789125E8,\"r\":{\"y\":\"\"}}\n");
	expect("i INT", options, "{}\n", "{}\n");
}

static void test_values(void **state)
{
	expect("s STRING", NULL,
	       "{\"s\":\"\\u0001\\u001f\\b\\f\\r\\t\\\\/ x\\ty and more than sixteen bytes\\n\"}\n"
	       "{\"s\":\"sixteen bytes ..\"}\n{\"s\":\"\\\"sixteen bytes \\\"..........\"}\n"
	       "{\"s\":\"日本\"}\n",
	       "{\"s\":\"\\u0001\\u001F\\b\\f\\r\\t\\\\/ x\\ty and more than sixteen bytes\\n\"}\n"
	       "{\"s\":\"sixteen bytes ..\"}\n{\"s\":\"\\\"sixteen bytes \\\"..........\"}\n"
	       "{\"s\":\"日本\"}\n");
	expect("f DOUBLE, g FLOAT, h DOUBLE", NULL,
	       "{\"f\":\"NaN\",\"g\":\"Infinity\",\"h\":1e-300}\n{\"f\":\"-Infinity\",\"g\":1e30,"
	       "\"h\":1e21}\n",
	       "{\"f\":\"NaN\",\"g\":\"Infinity\",\"h\":1.0E-300}\n"
	       "{\"f\":\"-Infinity\",\"g\":1.0E30,\"h\":1.0E21}\n");
	expect("d DECIMAL(12,6), e DECIMAL(30,10), tm TIME(3), t TINYINT, u SMALLINT", NULL,
	       "{\"d\":1.50,\"e\":1e2,\"tm\":\"01:02:03.5\",\"t\":-128,\"u\":32767}\n"
	       "{\"d\":0.00,\"e\":12345678901234567890}\n{\"d\":0.000001,\"e\":0.0000001}\n"
	       "{\"d\":-1000,\"e\":-0.5}\n",
	       "{\"d\":1.5,\"e\":1E+2,\"tm\":\"01:02:03\",\"t\":-128,\"u\":32767}\n"
	       "{\"d\":0,\"e\":1.234567890123456789E+19,\"tm\":null,\"t\":null,\"u\":null}\n"
	       "{\"d\":0.000001,\"e\":1E-7,\"tm\":null,\"t\":null,\"u\":null}\n"
	       "{\"d\":-1E+3,\"e\":-0.5,\"tm\":null,\"t\":null,\"u\":null}\n");
	expect("a ARRAY<ROW<p INT,q ARRAY<STRING>>>, m MAP<STRING,ROW<x INT>>, by ARRAY<BYTES>",
	       NULL,
	       "{\"a\":[{\"p\":1,\"q\":[\"x\",null]},null],\"m\":{\"a\\\"b\":{\"x\":1},\"c\":null},"
	       "\"by\":[\"YTti\"]}\n",
	       "{\"a\":[{\"p\":1,\"q\":[\"x\",null]},null],\"m\":{\"a\\\"b\":{\"x\":1},\"c\":null},"
	       "\"by\":[\"YTti\"]}\n");
	expect("`quo\"ted` INT", NULL, "{\"quo\\\"ted\":1}\n", "{\"quo\\\"ted\":1}\n");
}

/* A map with a NULL key can only come from an expression: built by hand. */
static void test_null_key(void **state)
{
	static const char *const literal[] = {"map-null-key.mode=LITERAL",
					      "map-null-key.literal=none", NULL};
	static const char *const drop[] = {"map-null-key.mode=drop", NULL};
	static const struct {
		const char *const *options;
		const char *want;
	} cases[] = {{NULL, NULL},
		     {literal, "{\"m\":{\"k\":1,\"none\":1}}\n"},
		     {drop, "{\"m\":{\"k\":1}}\n"}};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct format_case c;
		struct wr_encoder *encoder;
		struct wr_text out;
		case_open(&c, "json", "m MAP<STRING, INT>", cases[i].options);
		struct wr_batch *batch = wr_batch_new(1, 1);
		struct wr_column *map = wr_column_new(c.schema.field[0].type, 1);
		struct wr_column *keys = wr_column_new(&WR_T_STRING, 2);
		struct wr_column *values = wr_column_new(&WR_T_INT, 2);
		WR_DATA(map, struct wr_span)[0] = (struct wr_span){0, 2};
		WR_DATA(keys, struct wr_view)[0] = wr_view_of("k", 1);
		WR_DATA(keys, struct wr_view)[1] = wr_view_of("", 0);
		wr_column_validity(keys)[1] = 0;
		WR_DATA(values, int32_t)[0] = WR_DATA(values, int32_t)[1] = 1;
		wr_column_set_child(map, 0, keys);
		wr_column_set_child(map, 1, values);
		batch->column[0] = map;
		assert_null(c.format->encoder_new(&c.args, &encoder));
		wr_text_init(&out);
		wr_status *status = c.format->encode(encoder, batch, &out, NULL);
		if (cases[i].want == NULL) {
			assert_non_null(status);
			assert_non_null(strstr(status->text, "NULL key"));
			assert_int_equal(out.len, 0);
		} else {
			assert_null(status);
			assert_string_equal(wr_text_str(&out), cases[i].want);
		}
		wr_status_free(status);
		wr_text_release(&out);
		c.format->encoder_free(encoder);
		wr_batch_free(batch);
		case_close(&c);
	}
}

/* Only selected rows, and constants for all of them. */
static void test_selection(void **state)
{
	struct format_case c;
	struct wr_encoder *encoder;
	struct wr_text out;
	uint32_t sel[] = {1, 3};

	case_open(&c, "json", "i INT, s STRING", NULL);
	struct wr_batch *batch = wr_batch_new(2, 4);
	batch->column[0] = wr_column_new(&WR_T_INT, 4);
	for (int i = 0; i < 4; i++)
		WR_DATA(batch->column[0], int32_t)[i] = i;
	batch->column[1] = wr_column_new(&WR_T_STRING, 1);
	WR_DATA(batch->column[1], struct wr_view)[0] = wr_view_of("k", 1);
	wr_column_make_const(batch->column[1]);
	batch->sel = wr_malloc(sizeof sel);
	memcpy(batch->sel, sel, sizeof sel);
	batch->sel_count = 2;
	assert_null(c.format->encoder_new(&c.args, &encoder));
	wr_text_init(&out);
	assert_null(c.format->encode(encoder, batch, &out, NULL));
	assert_string_equal(wr_text_str(&out), "{\"i\":1,\"s\":\"k\"}\n{\"i\":3,\"s\":\"k\"}\n");
	wr_text_release(&out);
	c.format->encoder_free(encoder);
	wr_batch_free(batch);
	case_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),       cmocka_unit_test(test_options),
	    cmocka_unit_test(test_values),    cmocka_unit_test(test_null_key),
	    cmocka_unit_test(test_selection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
