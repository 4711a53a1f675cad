/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp_writer - the two forms of the same calls: texts with bytes that are no UTF-8, messages whose
 * lengths need more than one byte, pieces, numbers that are none. That OpenTelemetry's own messages
 * read all of it is tested end to end (telemetry_suite.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>

#include "base/mem.h"
#include "base/otlp_writer.h"
#include "base/varint.h"

static void check(const struct wr_text *out, const char *bytes, size_t len)
{
	assert_int_equal(out->len, len);
	assert_memory_equal(out->data, bytes, len);
}

/* A literal may have NULs. */
#define CHECK(out, bytes) check(out, bytes, sizeof(bytes) - 1)

/* One of everything. */
static void write_all(struct wr_otlp_writer *writer)
{
	static const uint8_t id[] = {0x0a, 0xff};
	static const uint64_t counts[] = {1, 300};
	static const double bounds[] = {0.5};

	wr_otlp_root(writer);
	wr_otlp_list(writer, "items");
	wr_otlp_item(writer, 1);
	wr_otlp_id(writer, "id", 1, id, sizeof id);
	wr_otlp_small(writer, "small", 2, 300);
	wr_otlp_true(writer, "yes", 3);
	wr_otlp_end(writer);
	wr_otlp_item(writer, 1);
	wr_otlp_end(writer);
	wr_otlp_end(writer);
	wr_otlp_int(writer, "int", 4, -1);
	wr_otlp_fixed(writer, "fixed", 5, -2);
	wr_otlp_double(writer, "double", 6, 0.1);
	wr_otlp_fixed_list(writer, "counts", 7, counts, 2);
	wr_otlp_double_list(writer, "bounds", 16, bounds, 1);
	wr_otlp_finish(writer);
}

static void test_values(void **state)
{
	struct wr_otlp_writer writer;
	struct wr_text out = {0};

	wr_otlp_writer_init(&writer, WR_OTLP_JSON, &out);
	write_all(&writer);
	CHECK(&out, "{\"items\":[{\"id\":\"0aff\",\"small\":300,\"yes\":true},{}],\"int\":\"-1\","
		    "\"fixed\":\"-2\",\"double\":0.10000000000000001,\"counts\":[\"1\",\"300\"],"
		    "\"bounds\":[0.5]}");
	wr_text_clear(&out);
	wr_otlp_writer_init(&writer, WR_OTLP_PROTOBUF, &out);
	write_all(&writer);
	CHECK(&out, "\x0a\x09\x0a\x02\x0a\xff\x10\xac\x02\x18\x01\x0a\x00"
		    "\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
		    "\x29\xfe\xff\xff\xff\xff\xff\xff\xff"
		    "\x31\x9a\x99\x99\x99\x99\x99\xb9\x3f"
		    "\x3a\x10\x01\x00\x00\x00\x00\x00\x00\x00\x2c\x01\x00\x00\x00\x00\x00\x00"
		    "\x82\x01\x08\x00\x00\x00\x00\x00\x00\xe0\x3f");
	wr_text_release(&out);
}

/* JSON has no such numbers; Protobuf's JSON says how they are told. */
static void test_no_numbers(void **state)
{
	static const double values[] = {NAN, INFINITY, -INFINITY};
	struct wr_otlp_writer writer;
	struct wr_text out = {0};

	wr_otlp_writer_init(&writer, WR_OTLP_JSON, &out);
	wr_otlp_double_list(&writer, "a", 1, values, 3);
	CHECK(&out, "\"a\":[\"NaN\",\"Infinity\",\"-Infinity\"]");
	wr_text_release(&out);
}

/* Bytes that are no character, one each; a character that is cut off by the end; a text that is cut
 * between two characters. */
static void test_texts(void **state)
{
	struct wr_otlp_writer writer;
	struct wr_text out = {0};
	char text[WR_OTLP_CUT + 100];

	wr_otlp_writer_init(&writer, WR_OTLP_PROTOBUF, &out);
	wr_otlp_string(&writer, "a", 1, "\xff\xc3\xa4\n\xed\xa0\x80\xe2\x82");
	CHECK(&out, "\x0a\x15\xef\xbf\xbd\xc3\xa4\n"
		    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	wr_text_clear(&out);
	wr_otlp_string(&writer, "a", 1, "");
	CHECK(&out, "\x0a\x00");
	wr_text_clear(&out);
	memset(text, 'x', sizeof text);
	memcpy(text + WR_OTLP_CUT - 1, "\xc3\xa4", 2);
	text[sizeof text - 1] = '\0';
	wr_otlp_string_cut(&writer, "a", 1, text);
	assert_int_equal(out.len, 3 + WR_OTLP_CUT - 1);
	assert_memory_equal(out.data, "\x0a\xff\x07x", 4);
	memset(text, 0x80, sizeof text - 1);
	wr_text_clear(&out);
	wr_otlp_string_cut(&writer, "a", 1, text);
	CHECK(&out, "\x0a\x00");
	wr_text_release(&out);
}

/* Lengths of every size around those at which they get a byte more, within three messages. */
static void test_lengths(void **state)
{
	static const size_t sizes[] = {0, 1, 121, 122, 127, 128, 16380, 16384, 2097151, 3000000};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		char *value = wr_calloc(1, sizes[i] + 1);
		struct wr_text out = {0};
		struct wr_otlp_writer writer;
		const char *at, *end;
		uint64_t number;

		memset(value, 'v', sizes[i]);
		wr_otlp_writer_init(&writer, WR_OTLP_PROTOBUF, &out);
		wr_otlp_begin(&writer, "a", 1);
		wr_otlp_list(&writer, "b");
		wr_otlp_item(&writer, 2);
		wr_otlp_string(&writer, "c", 3, value);
		wr_otlp_finish(&writer);
		at = out.data;
		end = at + out.len;
		for (uint32_t field = 1; field <= 3; field++) {
			at = wr_varint_get(at, end, &number);
			assert_int_equal(number, field << 3 | 2);
			at = wr_varint_get(at, end, &number);
			assert_int_equal(number, end - at);
		}
		assert_int_equal(number, sizes[i]);
		assert_memory_equal(at, value, sizes[i] + 1);
		wr_text_release(&out);
		wr_free(value);
	}
}

/* Items that were made apart, one or several a piece, and none. */
static void test_pieces(void **state)
{
	static const char *const want[] = {"{\"a\":[{\"b\":1},{\"b\":1},{\"b\":1}]}",
					   "\x0a\x02\x10\x01\x0a\x02\x10\x01\x0a\x02\x10\x01"};

	for (int form = WR_OTLP_JSON; form <= WR_OTLP_PROTOBUF; form++) {
		struct wr_text piece = {0}, none = {0}, out = {0};
		struct wr_otlp_writer inner, outer;

		wr_otlp_writer_init(&inner, (enum wr_otlp_form)form, &piece);
		wr_otlp_writer_init(&outer, (enum wr_otlp_form)form, &out);
		wr_otlp_root(&outer);
		wr_otlp_list(&outer, "a");
		wr_otlp_item(&inner, 1);
		wr_otlp_small(&inner, "b", 2, 1);
		wr_otlp_end(&inner);
		wr_otlp_piece(&outer, &none);
		wr_otlp_piece(&outer, &piece);
		wr_otlp_item(&inner, 1);
		wr_otlp_small(&inner, "b", 2, 1);
		wr_otlp_end(&inner);
		wr_otlp_piece(&outer, &piece);
		wr_otlp_finish(&outer);
		check(&out, want[form], strlen(want[form]));
		wr_text_release(&piece);
		wr_text_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values), cmocka_unit_test(test_no_numbers),
	    cmocka_unit_test(test_texts), cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_pieces)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
