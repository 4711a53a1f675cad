/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_import - tests: every format that is taken, every mistake's text, arrays that contradict
 * themselves, how names are matched, who releases what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/arrow_import.h"
#include "data/print.h"
#include "arrow_fake.h"

typedef wr_i128 i128;

/* The types that the tests make. */
static struct wr_arena arena;

static int open_arena(void **state)
{
	(void)state;
	wr_arena_init(&arena);
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	wr_arena_release(&arena);
	return 0;
}

/* The values of a column with bars between them. */
static const char *values_of(const struct wr_column *column, uint32_t rows, struct wr_text *text)
{
	wr_text_clear(text);
	for (uint32_t i = 0; i < rows; i++) {
		if (i != 0)
			wr_text_putc(text, '|');
		wr_value_print(text, column, i, NULL);
	}
	return wr_text_str(text);
}

/* Imports a record batch of the one array as column x of a type: its values, or the mistake. */
static const char *import(struct fake *values, int64_t offset, int64_t length,
			  const struct wr_type *type, struct wr_text *text)
{
	struct fake *top = fake_child(fake_buffer(fake_new("+s", "", length), NULL, 0), values);
	struct wr_field field = {"x", type};
	struct wr_schema schema = {1, &field};
	struct wr_batch *batch;
	wr_status *status;

	top->array.offset = offset;
	status = wr_arrow_import(&top->array, &top->schema, &schema, NULL, &batch);
	wr_text_clear(text);
	if (status != NULL) {
		assert_null(batch);
		assert_non_null(top->array.release);
		assert_int_equal(top->released, 0);
		wr_text_puts(text, status->text);
		wr_status_free(status);
	} else {
		assert_null(top->array.release);
		values_of(batch->column[0], batch->rows, text);
		wr_batch_free(batch);
		assert_int_equal(top->released, 1);
	}
	fake_free(top);
	return wr_text_str(text);
}

#define CHECK_PART(values, offset, length, type, want)                                             \
	do {                                                                                       \
		struct wr_text text_;                                                              \
		wr_text_init(&text_);                                                              \
		assert_string_equal(import(values, offset, length, type, &text_), want);           \
		wr_text_release(&text_);                                                           \
	} while (0)
#define CHECK(values, length, type, want) CHECK_PART(values, 0, length, type, want)

static void integers(void **state)
{
	(void)state;
	CHECK(FAKE_FIXED("c", "101", int8_t, -1, 5, 3), 3, &WR_T_TINYINT, "-1|NULL|3");
	CHECK(FAKE_FIXED("c", "", int8_t, -1, 127), 2, &WR_T_BIGINT, "-1|127");
	CHECK(FAKE_FIXED("C", "", uint8_t, 0, 255), 2, &WR_T_SMALLINT, "0|255");
	CHECK(FAKE_FIXED("S", "", uint16_t, 65535), 1, &WR_T_INT, "65535");
	CHECK(FAKE_FIXED("I", "", uint32_t, UINT32_MAX), 1, &WR_T_BIGINT, "4294967295");
	CHECK(FAKE_FIXED("L", "", uint64_t, 7), 1, &WR_T_TINYINT, "7");
	CHECK(FAKE_FIXED("l", "", int64_t, -32768, 32767), 2, &WR_T_SMALLINT, "-32768|32767");
	CHECK(FAKE_FIXED("C", "", uint8_t, 1, 128), 2, &WR_T_TINYINT,
	      "Column 'x' is of type TINYINT, value 1 of the Arrow array (from 0) does not fit: "
	      "128");
	CHECK(FAKE_FIXED("L", "", uint64_t, UINT64_MAX), 1, &WR_T_BIGINT,
	      "Column 'x' is of type BIGINT, value 0 of the Arrow array (from 0) does not fit: "
	      "18446744073709551615");
	CHECK(FAKE_FIXED("l", "", int64_t, 1, -2147483649), 2, &WR_T_INT,
	      "Column 'x' is of type INT, value 1 of the Arrow array (from 0) does not fit: "
	      "-2147483649");
	/* what lies under a NULL does not have to fit */
	CHECK(FAKE_FIXED("l", "10", int64_t, 1, INT64_MAX), 2, &WR_T_INT, "1|NULL");
	CHECK(FAKE_FIXED("i", "10", int32_t, 1, 2), 2, &WR_T_INT_NN,
	      "Column 'x' is of type INT NOT NULL, value 1 of the Arrow array (from 0) does not "
	      "fit: it is NULL");
	CHECK(FAKE_FIXED("g", "", double, 1), 1, &WR_T_INT,
	      "Column 'x' is of type INT, Arrow's double is not taken for it");
}

static void numbers(void **state)
{
	const struct wr_type *d52 = wr_type_decimal(&arena, 5, 2);

	(void)state;
	CHECK(FAKE_FIXED("f", "101", float, 1.5f, 0, -2), 3, &WR_T_DOUBLE, "1.5|NULL|-2.0");
	CHECK(FAKE_FIXED("g", "", double, 1.5, 0.1), 2, &WR_T_FLOAT, "1.5|0.1");
	CHECK(FAKE_FIXED("i", "", int32_t, -3), 1, &WR_T_DOUBLE, "-3.0");
	CHECK(FAKE_FIXED("e", "", uint16_t, 1), 1, &WR_T_FLOAT,
	      "Column 'x' is of type FLOAT, Arrow's half float is not taken for it");
	CHECK(FAKE_FIXED("d:5,2", "101", i128, 12345, 999999999, -1), 3, d52, "123.45|NULL|-0.01");
	CHECK(FAKE_FIXED("d:38,3", "", i128, 12345, -12344), 2, d52, "12.35|-12.34");
	CHECK(FAKE_FIXED("d:38,0", "", i128, 999, 1000), 2, d52,
	      "Column 'x' is of type DECIMAL(5, 2), value 1 of the Arrow array (from 0) does not "
	      "fit: 1000");
	CHECK(FAKE_FIXED("d:5,2", "", i128, 1, 100000), 2, d52,
	      "Column 'x' is of type DECIMAL(5, 2), value 1 of the Arrow array (from 0) does not "
	      "fit: 1000");
	CHECK(FAKE_FIXED("d:9,2,32", "", int32_t, -250), 1, d52, "-2.50");
	CHECK(FAKE_FIXED("d:18,1,64", "", int64_t, 25), 1, d52, "2.50");
	CHECK(FAKE_FIXED("s", "", int16_t, -25), 1, d52, "-25.00");
	struct wide {
		int64_t word[4];
	};
	CHECK(FAKE_FIXED("d:76,2,256", "", struct wide, {{-7, -1, -1, -1}}, {{7, 0, 0, 0}}), 2, d52,
	      "-0.07|0.07");
	CHECK(FAKE_FIXED("d:76,2,256", "", struct wide, {{7, 0, 1, 0}}), 1, d52,
	      "Column 'x' is of type DECIMAL(5, 2), value 0 of the Arrow array (from 0) does not "
	      "fit: it has more than 38 digits");
	uint8_t bits[] = {0x0d};
	CHECK_PART(fake_buffer(fake_valid(fake_new("b", "x", 4), "1101"), bits, 1), 1, 3,
		   &WR_T_BOOLEAN, "FALSE|NULL|TRUE");
}

static void times(void **state)
{
	const struct wr_type *ts0 = wr_type_precision(&arena, WR_TIMESTAMP, 0);
	const struct wr_type *time3 = wr_type_precision(&arena, WR_TIME, 3);

	(void)state;
	CHECK(FAKE_FIXED("tdD", "", int32_t, 0, -1), 2, &WR_T_DATE, "1970-01-01|1969-12-31");
	CHECK(FAKE_FIXED("tdm", "", int64_t, 86400000, -1), 2, &WR_T_DATE, "1970-01-02|1969-12-31");
	CHECK(FAKE_FIXED("tts", "", int32_t, 61), 1, &WR_T_TIME, "00:01:01");
	CHECK(FAKE_FIXED("ttm", "", int32_t, 1999), 1, &WR_T_TIME, "00:00:01");
	CHECK(FAKE_FIXED("ttu", "10", int64_t, 1999999, -1), 2, time3, "00:00:01.999|NULL");
	CHECK(FAKE_FIXED("ttn", "", int64_t, 86400000000000), 1, time3,
	      "Column 'x' is of type TIME(3), value 0 of the Arrow array (from 0) does not fit: "
	      "86400000000000 is out of range");
	CHECK(FAKE_FIXED("tss:", "", int64_t, -1), 1, &WR_T_TIMESTAMP3, "1969-12-31 23:59:59.000");
	CHECK(FAKE_FIXED("tsm:", "01", int64_t, 5, -1), 2, &WR_T_TIMESTAMP3,
	      "NULL|1969-12-31 23:59:59.999");
	CHECK(FAKE_FIXED("tsu:", "", int64_t, -1), 1, &WR_T_TIMESTAMP3, "1969-12-31 23:59:59.999");
	CHECK(FAKE_FIXED("tsn:", "", int64_t, 1999999999, -1), 2, ts0,
	      "1970-01-01 00:00:01|1969-12-31 23:59:59");
	CHECK(FAKE_FIXED("tsn:", "", int64_t, 1999999999, -1), 2, &WR_T_TIMESTAMP6,
	      "1970-01-01 00:00:01.999999|1969-12-31 23:59:59.999999");
	CHECK(FAKE_FIXED("tsn:", "", int64_t, -1), 1, &WR_T_TIMESTAMP9,
	      "1969-12-31 23:59:59.999999999");
	CHECK(FAKE_FIXED("tss:Europe/Berlin", "", int64_t, 60), 1, &WR_T_LTZ3,
	      "1970-01-01 00:01:00.000");
	CHECK(FAKE_FIXED("tss:", "", int64_t, INT64_MAX), 1, &WR_T_TIMESTAMP9,
	      "Column 'x' is of type TIMESTAMP(9), value 0 of the Arrow array (from 0) does not "
	      "fit: 9223372036854775807 is out of range");
	CHECK(FAKE_FIXED("tss:", "", int64_t, 60), 1, &WR_T_LTZ3,
	      "Column 'x' is of type TIMESTAMP_LTZ(3), Arrow's timestamp[s] is not taken for it");
	CHECK(FAKE_FIXED("tsu:UTC", "", int64_t, 60), 1, &WR_T_TIMESTAMP3,
	      "Column 'x' is of type TIMESTAMP(3), Arrow's timestamp[us, UTC] is not taken for it");
	CHECK(FAKE_FIXED("tiM", "", int32_t, 14), 1, &WR_T_INTERVAL_MONTH, "+1-02");
	CHECK(FAKE_FIXED("tDs", "", int64_t, 61), 1, &WR_T_INTERVAL_DAY, "+0 00:01:01.000");
	CHECK(FAKE_FIXED("tDn", "", int64_t, 61000000), 1, &WR_T_INTERVAL_DAY, "+0 00:00:00.061");
	struct day_time {
		int32_t days, ms;
	};
	CHECK(FAKE_FIXED("tiD", "", struct day_time, {2, 5}), 1, &WR_T_INTERVAL_DAY,
	      "+2 00:00:00.005");
	struct parts {
		int32_t months, days;
		int64_t ns;
	};
	CHECK(FAKE_FIXED("tin", "", struct parts, {0, 1, 1000000}), 1, &WR_T_INTERVAL_DAY,
	      "+1 00:00:00.001");
	CHECK(FAKE_FIXED("tin", "", struct parts, {3, 0, 0}), 1, &WR_T_INTERVAL_MONTH, "+0-03");
	CHECK(FAKE_FIXED("tin", "", struct parts, {3, 1, 0}), 1, &WR_T_INTERVAL_MONTH,
	      "Column 'x' is of type INTERVAL MONTH, value 0 of the Arrow array (from 0) does not "
	      "fit: it has days or nanoseconds");
}

/* Texts with 32-bit offsets from their lengths. */
static struct fake *texts(const char *format, const char *valid, const char *all,
			  const int32_t *offsets, int64_t count)
{
	struct fake *fake = fake_valid(fake_new(format, "x", count), valid);

	fake_buffer(fake, offsets, (size_t)(count + 1) * sizeof *offsets);
	return fake_buffer(fake, all, strlen(all));
}

static void strings(void **state)
{
	static const int32_t offsets[] = {1, 1, 4, 20};
	static const char all[] = "-onesixteen letters";
	static const int64_t wide[] = {0, 3, 19};
	const struct wr_type *bytes = &WR_T_BYTES;

	(void)state;
	CHECK(texts("u", "", all, (int32_t[]){1, 1, 4, 19}, 3), 3, &WR_T_STRING,
	      "|one|sixteen letters");
	CHECK_PART(texts("u", "1101", "aXXbcccccccccccccc", (int32_t[]){0, 1, 1, 3, 18}, 4), 1, 3,
		   &WR_T_STRING, "|NULL|bcccccccccccccc");
	CHECK(fake_buffer(fake_buffer(fake_valid(fake_new("U", "x", 2), ""), wide, sizeof wide),
			  "onesixteen letters!", 19),
	      2, &WR_T_STRING, "one|sixteen letters!");
	CHECK(texts("z", "", "abc", (int32_t[]){0, 2, 3}, 2), 2, bytes, "x'6162'|x'63'");
	CHECK(fake_buffer(fake_valid(fake_new("w:3", "x", 2), "01"), "abcdef", 6), 2, bytes,
	      "NULL|x'646566'");
	struct fake *far = fake_buffer(fake_valid(fake_new("w:999999999", "x", 1), ""), "", 1);
	far->array.offset = INT64_MAX / 100;
	CHECK(far, 1, bytes,
	      "Column 'x': its Arrow array of binary of 999999999 bytes contradicts itself: it has "
	      "more bytes than can be");
	CHECK(texts("u", "", "\xc3\xa9x", (int32_t[]){0, 2, 3}, 2), 2, &WR_T_STRING, "é|x");
	CHECK(texts("u", "", "\xc3\xa9x", (int32_t[]){0, 1, 3}, 2), 2, &WR_T_STRING,
	      "Column 'x' is of type STRING, value 0 of the Arrow array (from 0) does not fit: it "
	      "is not UTF-8");
	CHECK(texts("u", "101",
		    "a\xff"
		    "b",
		    (int32_t[]){0, 1, 2, 3}, 3),
	      3, &WR_T_STRING, "a|NULL|b");
	CHECK(texts("u", "", "abc", (int32_t[]){0, 1, 67108866}, 2), 2, &WR_T_STRING,
	      "Column 'x' is of type STRING, value 1 of the Arrow array (from 0) does not fit: it "
	      "has more than 64 MiB");
	CHECK(fake_buffer(fake_valid(fake_new("w:67108865", "x", 2), "01"), "abcdef", 6), 2, bytes,
	      "Column 'x' is of type BYTES, value 1 of the Arrow array (from 0) does not fit: it "
	      "has more than 64 MiB");
	CHECK(texts("u", "", all, offsets, 3), 0, &WR_T_STRING, "");
	CHECK(texts("u", "", "abc", (int32_t[]){0, 2, 1, 3}, 3), 3, &WR_T_STRING,
	      "Column 'x': its Arrow array of utf8 contradicts itself: offset 1 behind offset 2");
	CHECK(texts("u", "", "abc", (int32_t[]){-1, 2}, 1), 1, &WR_T_STRING,
	      "Column 'x': its Arrow array of utf8 contradicts itself: offset -1 behind offset 0");
	CHECK(texts("u", "", "abc", (int32_t[]){0, 3, 1}, 2), 1, &WR_T_STRING,
	      "Column 'x': its Arrow array of utf8 contradicts itself: offset 3 behind the last "
	      "one");
	CHECK(texts("z", "", "abc", (int32_t[]){0, 3}, 1), 1, &WR_T_STRING,
	      "Column 'x' is of type STRING, Arrow's binary is not taken for it");
}

/* A view of Arrow, of up to 12 bytes inside. */
struct view {
	int32_t len;
	char prefix[4];
	int32_t buffer, offset;
};

static struct fake *views(const struct view *view, int64_t count, const char *data)
{
	int64_t size = (int64_t)strlen(data);
	struct fake *fake = fake_valid(fake_new("vu", "x", count), "");

	fake_buffer(fake, view, (size_t)count * sizeof *view);
	fake_buffer(fake, data, (size_t)size);
	return fake_buffer(fake, &size, sizeof size);
}

static void string_views(void **state)
{
	struct view two[2] = {{3, "ab\xc2", 0, 0}, {13, "0123", 0, 2}};

	(void)state;
	memcpy(two[0].prefix, "abc?", 4); /* the rest of a short view may be anything */
	CHECK(views(two, 2, "xx0123456789abc"), 2, &WR_T_STRING, "abc|0123456789abc");
	CHECK(views(two, 2, "xx0123456789ab"), 2, &WR_T_STRING,
	      "Column 'x': its Arrow array of utf8 view contradicts itself: view 1: 13 bytes at 2 "
	      "of buffer 0 are not there");
	two[1].buffer = 1;
	CHECK(views(two, 2, "xx0123456789abc"), 2, &WR_T_STRING,
	      "Column 'x': its Arrow array of utf8 view contradicts itself: view 1: 13 bytes at 2 "
	      "of buffer 1 are not there");
	two[0].len = -1;
	CHECK(views(two, 2, "xx0123456789abc"), 2, &WR_T_STRING,
	      "Column 'x': its Arrow array of utf8 view contradicts itself: view 0: -1 bytes at 0 "
	      "of buffer 0 are not there");
}

static void dictionaries(void **state)
{
#define VALUES texts("u", "110", "redlooooooooooooong", (int32_t[]){0, 3, 19, 19}, 3)
	(void)state;
	CHECK(fake_dictionary(FAKE_FIXED("c", "11110", int8_t, 1, 0, 2, 0, 9), VALUES), 5,
	      &WR_T_STRING, "looooooooooooong|red|NULL|red|NULL");
	CHECK_PART(fake_dictionary(FAKE_FIXED("L", "", uint64_t, 9, 0, 1), VALUES), 1, 2,
		   &WR_T_STRING_NN, "red|looooooooooooong");
	CHECK(fake_dictionary(FAKE_FIXED("s", "", int16_t, 0, 2), VALUES), 2, &WR_T_STRING_NN,
	      "Column 'x' is of type STRING NOT NULL, value 1 of the Arrow array (from 0) does not "
	      "fit: it is NULL");
	CHECK(
	    fake_dictionary(FAKE_FIXED("s", "", int16_t, 0, 3), VALUES), 2, &WR_T_STRING,
	    "Column 'x': its Arrow array of dictionary of utf8 contradicts itself: index 1 is not "
	    "one of 3 values");
	CHECK(
	    fake_dictionary(FAKE_FIXED("c", "", int8_t, -1), VALUES), 1, &WR_T_STRING,
	    "Column 'x': its Arrow array of dictionary of utf8 contradicts itself: index 0 is not "
	    "one of 3 values");
	CHECK(fake_dictionary(FAKE_FIXED("i", "0", int32_t, 5),
			      texts("u", "", "", (int32_t[]){0}, 0)),
	      1, &WR_T_STRING, "NULL");
}

static void lists(void **state)
{
	const struct wr_type *ints = wr_type_array(&arena, &WR_T_INT);
	const struct wr_type *strict = wr_type_array(&arena, &WR_T_INT_NN);
#define LIST(format, valid, length) fake_valid(fake_new(format, "x", length), valid)
#define INTS(valid)                 FAKE_FIXED("i", valid, int32_t, 1, 2, 3, 4, 5)
#define NARROW(...)                 (int32_t[]){__VA_ARGS__}, sizeof((int32_t[]){__VA_ARGS__})
#define WIDE(...)                   (int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__})

	(void)state;
	CHECK(fake_child(fake_buffer(LIST("+l", "1101", 4), NARROW(1, 2, 2, 4, 5)), INTS("11011")),
	      4, ints, "[2]|[]|NULL|[5]");
	CHECK_PART(fake_child(fake_buffer(LIST("+L", "", 3), WIDE(0, 2, 3, 5)), INTS("")), 1, 2,
		   ints, "[3]|[4, 5]");
	CHECK(fake_child(
		  fake_buffer(fake_buffer(LIST("+vl", "101", 3), NARROW(3, 9, 0)), NARROW(2, 9, 1)),
		  INTS("")),
	      3, ints, "[4, 5]|NULL|[1]");
	CHECK_PART(fake_child(LIST("+w:2", "10", 2), INTS("")), 0, 2, ints, "[1, 2]|NULL");
	/* a NULL where none may be, and one that lies under a NULL */
	CHECK(fake_child(fake_buffer(LIST("+l", "", 1), NARROW(0, 3)), INTS("11011")), 1, strict,
	      "Column 'x.element' is of type INT NOT NULL, value 2 of the Arrow array (from 0) "
	      "does not fit: it is NULL");
	CHECK(fake_child(fake_buffer(LIST("+l", "10", 2), NARROW(0, 2, 4)), INTS("11011")), 2,
	      strict, "[1, 2]|NULL");
	CHECK(fake_child(fake_buffer(LIST("+l", "", 2), NARROW(0, 3, 2)), INTS("")), 2, ints,
	      "Column 'x': its Arrow array of list contradicts itself: value 0 goes from element "
	      "0 to 3");
	CHECK(fake_child(fake_buffer(LIST("+l", "", 1), NARROW(0, 6)), INTS("")), 1, ints,
	      "Column 'x.element': its Arrow array of int32 contradicts itself: 6 values are "
	      "needed, its length is 5");
	CHECK(fake_child(fake_buffer(fake_buffer(LIST("+vL", "", 1), WIDE(4)), WIDE(2)), INTS("")),
	      1, ints,
	      "Column 'x': its Arrow array of large list view contradicts itself: value 0 goes "
	      "from element 4 to 6");
	CHECK(LIST("+r", "", 1), 1, ints,
	      "Column 'x' is of type ARRAY<INT>, Arrow's run-end encoded array is not taken for "
	      "it");
}

static struct fake *named(struct fake *fake, const char *name)
{
	fake->schema.name = name;
	return fake;
}

static void maps_and_structs(void **state)
{
	static const char *const names[] = {"a", "b"};
	const struct wr_type *types[] = {&WR_T_INT, &WR_T_STRING};
	const struct wr_type *row = wr_type_row(&arena, 2, names, types);
	const struct wr_type *map = wr_type_map(&arena, &WR_T_STRING, &WR_T_INT);
	const struct wr_type *bag = wr_type_multiset(&arena, &WR_T_STRING);
#define KEYS   texts("u", "", "abc", (int32_t[]){0, 1, 2, 3}, 3)
#define COUNTS FAKE_FIXED("i", "", int32_t, 4, 5, 6)
#define MAP                                                                                        \
	fake_child(fake_buffer(LIST("+m", "", 2), NARROW(0, 1, 3)),                                \
		   fake_child(fake_child(LIST("+s", "", 3), KEYS), COUNTS))

	(void)state;
	CHECK(MAP, 2, map, "{a=4}|{b=5, c=6}");
	CHECK(MAP, 2, bag, "{a=4}|{b=5, c=6}");
	CHECK(fake_child(fake_child(LIST("+s", "101", 3), named(KEYS, "b")), named(COUNTS, "a")), 3,
	      row, "(4, a)|NULL|(6, c)");
	CHECK(fake_child(LIST("+s", "", 3), named(KEYS, "b")), 3, row,
	      "(NULL, a)|(NULL, b)|(NULL, c)");
	CHECK(fake_child(fake_child(LIST("+s", "", 3), named(COUNTS, "")), named(KEYS, "")), 3, row,
	      "(4, a)|(5, b)|(6, c)");
	CHECK(fake_child(LIST("+s", "", 3), named(KEYS, "c")), 3, row,
	      "Arrow's column 'x.c' is not one of the columns it is for");
	CHECK(fake_child(LIST("+s", "", 4), named(KEYS, "b")), 4, row,
	      "Column 'x.b': its Arrow array of utf8 contradicts itself: 4 values are needed, its "
	      "length is 3");
	CHECK(fake_new("n", "x", 2), 2, row, "NULL|NULL");
}

static struct fake *two_columns(const char *first, const char *second)
{
	struct fake *top = fake_buffer(fake_new("+s", "", 2), NULL, 0);

	fake_child(top, named(FAKE_FIXED("i", "", int32_t, 1, 2), first));
	return fake_child(top, named(FAKE_FIXED("c", "", int8_t, 3, 2), second));
}

/* What to do about kinds other than +I; NULL: they are taken. */
static const char *wanted;

/* What the import of two columns says: values of the columns, kinds, or the mistake. */
static void check_names(struct fake *top, const char *want)
{
	struct wr_field fields[] = {{"id", &WR_T_INT_NN}, {"n", &WR_T_INT}};
	struct wr_schema schema = {2, fields};
	struct wr_text text, line;
	struct wr_batch *batch;
	wr_status *status = wr_arrow_import(&top->array, &top->schema, &schema, wanted, &batch);

	wr_text_init(&text);
	wr_text_init(&line);
	if (status != NULL) {
		wr_text_printf(&text, "%s/%s", status->text, status->hint ? status->hint : "");
	} else {
		for (uint32_t c = 0; c < 2; c++)
			wr_text_printf(&text, "%s ", values_of(batch->column[c], 2, &line));
		for (uint32_t i = 0; i < 2 && batch->kind != NULL; i++)
			wr_text_puts(&text, wr_row_kind_str(batch->kind[i]));
	}
	assert_string_equal(wr_text_str(&text), want);
	wr_text_release(&text);
	wr_text_release(&line);
	wr_status_free(status);
	wr_batch_free(batch);
	fake_free(top);
}

static void columns_by_name(void **state)
{
	struct fake *top;

	(void)state;
	check_names(two_columns("id", "n"), "1|2 3|2 ");
	check_names(two_columns("n", "id"), "3|2 1|2 ");
	check_names(two_columns("", ""), "1|2 3|2 ");
	check_names(two_columns("id", "$kind"), "1|2 NULL|NULL -D+U");
	check_names(two_columns("id", "N"), "Arrow's column 'N' is not one of the columns it is "
					    "for/Did you mean 'n'?");
	check_names(two_columns("id", "id"), "Two columns of Arrow have the name 'id'/");
	top = two_columns("id", "$kind");
	((int8_t *)top->child[1]->buffers[1])[1] = 4;
	check_names(top, "Row 1 of the Arrow array (from 0) is of kind 4; '$kind' is 0, 1, 2 or "
			 "3/");
	wanted = "Declare it";
	check_names(two_columns("id", "$kind"), "Row 0 of the Arrow array (from 0) is of kind -D, "
						"and only inserts are taken/Declare it");
	wanted = NULL;
	top = two_columns("n", "id");
	top->array.n_children = top->schema.n_children = 1;
	check_names(top, "Column 'id' is NOT NULL and not among the Arrow array's columns/Columns "
			 "are found by their name, upper and lower case matter");
	top = two_columns("", "");
	top->array.n_children = top->schema.n_children = 1;
	check_names(top, "1 columns of Arrow without names are for 2 columns/");
	top = two_columns("id", "n");
	top->schema.format = "i";
	check_names(top, "A record batch is a struct array of Arrow, this is one of int32/");
	top = two_columns("id", "n");
	top->array.length = INT64_MAX;
	check_names(top, "An Arrow array of 9223372036854775807 rows is too long: at most "
			 "2147483647 go at once/");
	top = two_columns("id", "n");
	top->array.release = NULL;
	check_names(top, "The Arrow array or its schema has been released before/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers),        cmocka_unit_test(numbers),
	    cmocka_unit_test(times),           cmocka_unit_test(strings),
	    cmocka_unit_test(string_views),    cmocka_unit_test(dictionaries),
	    cmocka_unit_test(lists),           cmocka_unit_test(maps_and_structs),
	    cmocka_unit_test(columns_by_name),
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
