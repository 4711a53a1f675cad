/* SPDX-License-Identifier: Apache-2.0
 *
 * print - tests: values, types and zones as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/builder.h"
#include "data/print.h"

static void check(struct wr_builder *builder, const struct wr_zone *zone, const char *want)
{
	struct wr_column *column = wr_builder_finish(builder);
	struct wr_text text;

	wr_text_init(&text);
	wr_value_print(&text, column, 0, zone);
	assert_string_equal(wr_text_str(&text), want);
	wr_text_release(&text);
	wr_column_unref(column);
	wr_builder_free(builder);
}

static void check_i64(const struct wr_type *type, int64_t value, const struct wr_zone *zone,
		      const char *want)
{
	struct wr_builder *builder = wr_builder_new(type, 1);

	wr_builder_i64(builder, value);
	check(builder, zone, want);
}

static void check_i32(const struct wr_type *type, int32_t value, const char *want)
{
	struct wr_builder *builder = wr_builder_new(type, 1);

	wr_builder_i32(builder, value);
	check(builder, NULL, want);
}

static void scalars(void **state)
{
	struct wr_zone *shanghai;
	struct wr_arena arena;

	(void)state;
	wr_arena_init(&arena);
	assert_null(wr_zone_open("Asia/Shanghai", &shanghai));
	struct wr_builder *builder = wr_builder_new(&WR_T_BOOLEAN, 1);
	wr_builder_bool(builder, true);
	check(builder, NULL, "TRUE");
	builder = wr_builder_new(&WR_T_DOUBLE, 1);
	wr_builder_f64(builder, 1e10);
	check(builder, NULL, "1.0E10");
	builder = wr_builder_new(&WR_T_FLOAT, 1);
	wr_builder_f32(builder, 0.1f);
	check(builder, NULL, "0.1");
	builder = wr_builder_new(wr_type_decimal(&arena, 10, 4), 1);
	wr_builder_i128(builder, 11000);
	check(builder, NULL, "1.1000");
	builder = wr_builder_new(&WR_T_BYTES, 1);
	wr_builder_str(builder, "\x0a\xff", 2);
	check(builder, NULL, "x'0aff'");
	builder = wr_builder_new(&WR_T_TIMESTAMP6, 1);
	wr_builder_i128(builder, (wr_i128)-1000);
	check(builder, NULL, "1969-12-31 23:59:59.999999");
	check_i32(&WR_T_DATE, 19782, "2024-02-29");
	check_i32(&WR_T_TIME, 45296000, "12:34:56");
	check_i32(&WR_T_INTERVAL_MONTH, 14, "+1-02");
	check_i64(&WR_T_INTERVAL_DAY, 93784000, NULL, "+1 02:03:04.000");
	check_i64(&WR_T_TIMESTAMP3, 1714979289120, NULL, "2024-05-06 07:08:09.120");
	check_i64(&WR_T_LTZ3, 1714979289120, NULL, "2024-05-06 07:08:09.120");
	check_i64(&WR_T_LTZ3, 1714979289120, shanghai, "2024-05-06 15:08:09.120");
	check_i64(&WR_T_TIMESTAMP3, 1714979289120, shanghai, "2024-05-06 07:08:09.120");
	check_i64(wr_type_precision(&arena, WR_TIMESTAMP, 0), 1714979289000, NULL,
		  "2024-05-06 07:08:09");
	check_i64(&WR_T_BIGINT, INT64_MIN, NULL, "-9223372036854775808");
	wr_zone_close(shanghai);
	wr_arena_release(&arena);
}

static void nested(void **state)
{
	static const char *const names[] = {"x", "y"};
	struct wr_arena arena;

	(void)state;
	wr_arena_init(&arena);
	struct wr_builder *list = wr_builder_new(wr_type_array(&arena, &WR_T_INT), 1);
	wr_builder_i32(list->child[0], 1);
	wr_builder_null(list->child[0]);
	wr_builder_i32(list->child[0], 3);
	wr_builder_list(list, 3);
	check(list, NULL, "[1, NULL, 3]");
	struct wr_builder *map = wr_builder_new(wr_type_map(&arena, &WR_T_STRING, &WR_T_INT), 1);
	wr_builder_str(map->child[0], "k", 1);
	wr_builder_i32(map->child[1], 1);
	wr_builder_str(map->child[0], "l", 1);
	wr_builder_null(map->child[1]);
	wr_builder_list(map, 2);
	check(map, NULL, "{k=1, l=NULL}");
	const struct wr_type *fields[] = {&WR_T_INT, wr_type_array(&arena, &WR_T_STRING)};
	struct wr_builder *row = wr_builder_new(wr_type_row(&arena, 2, names, fields), 1);
	wr_builder_i32(row->child[0], 1);
	wr_builder_list(row->child[1], 0);
	wr_builder_row(row);
	check(row, NULL, "(1, [])");
	wr_arena_release(&arena);
}

static void tsv_cells(void **state)
{
	struct wr_builder *builder = wr_builder_new(&WR_T_STRING, 3);
	struct wr_text text;

	(void)state;
	wr_builder_str(builder, "a\tb\\\nc\r", 7);
	wr_builder_null(builder);
	wr_builder_str(builder, "plain", 5);
	struct wr_column *column = wr_builder_finish(builder);
	wr_text_init(&text);
	for (uint32_t i = 0; i < 3; i++) {
		wr_value_print_tsv(&text, column, i, NULL);
		wr_text_putc(&text, '|');
	}
	assert_string_equal(wr_text_str(&text), "a\\tb\\\\\\nc\\r|\\N|plain|");
	wr_text_release(&text);
	wr_column_unref(column);
	wr_builder_free(builder);
}

static void check_type(struct wr_arena *arena, const struct wr_type *type, const char *want)
{
	assert_string_equal(wr_type_str(arena, type), want);
	assert_true(wr_type_equal(type, wr_type_copy(arena, type), true));
}

static void types(void **state)
{
	static const char *const names[] = {"x", "a`b"};
	struct wr_arena arena;

	(void)state;
	wr_arena_init(&arena);
	const struct wr_type *fields[] = {&WR_T_INT, &WR_T_STRING_NN};
	const struct wr_type *row = wr_type_row(&arena, 2, names, fields);
	check_type(&arena, row, "ROW<`x` INT, `a``b` STRING NOT NULL>");
	check_type(&arena, wr_type_nullable(&arena, wr_type_decimal(&arena, 10, 2), false),
		   "DECIMAL(10, 2) NOT NULL");
	check_type(&arena, wr_type_map(&arena, &WR_T_STRING, wr_type_array(&arena, &WR_T_BYTES)),
		   "MAP<STRING, ARRAY<BYTES>>");
	check_type(&arena, wr_type_multiset(&arena, &WR_T_INT), "MULTISET<INT>");
	check_type(&arena, wr_type_length(&arena, WR_CHAR, 5), "CHAR(5)");
	check_type(&arena, wr_type_length(&arena, WR_VARBINARY, 3), "VARBINARY(3)");
	check_type(&arena, &WR_T_LTZ3, "TIMESTAMP_LTZ(3)");
	check_type(&arena, &WR_T_TIME, "TIME(0)");
	check_type(&arena, &WR_T_INTERVAL_DAY, "INTERVAL SECOND(3)");
	check_type(&arena, &WR_T_INTERVAL_MONTH, "INTERVAL MONTH");
	assert_true(wr_type_equal(&WR_T_INT, &WR_T_INT_NN, false));
	assert_false(wr_type_equal(&WR_T_INT, &WR_T_INT_NN, true));
	assert_false(wr_type_equal(&WR_T_TIMESTAMP3, &WR_T_TIMESTAMP6, false));
	assert_int_equal(wr_type_phys(&WR_T_TIMESTAMP3), WR_P_I64);
	assert_int_equal(wr_type_phys(&WR_T_TIMESTAMP6), WR_P_I128);
	assert_int_equal(wr_type_time_attr(&arena, &WR_T_TIMESTAMP3, WR_TIME_EVENT)->time,
			 WR_TIME_EVENT);
	wr_arena_release(&arena);
}

static void check_zone(const char *id, int64_t utc_ms, int64_t local_ms)
{
	struct wr_zone *zone;
	wr_status *status = wr_zone_open(id, &zone);

	assert_null(status);
	assert_int_equal(wr_zone_to_local(zone, utc_ms), local_ms);
	assert_int_equal(wr_zone_to_utc(zone, local_ms), utc_ms);
	wr_zone_close(zone);
}

static void zones(void **state)
{
	const int64_t winter = 1705320000000; /* 2024-01-15 12:00 UTC */
	const int64_t summer = 1721044800000; /* 2024-07-15 12:00 UTC */
	const int64_t hour = 3600000;

	(void)state;
	check_zone("UTC", winter, winter);
	check_zone("GMT+08:00", winter, winter + 8 * hour);
	check_zone("+05:30", winter, winter + 5 * hour + hour / 2);
	check_zone("UTC-5", summer, summer - 5 * hour);
	check_zone("Asia/Shanghai", summer, summer + 8 * hour);
	check_zone("America/Los_Angeles", winter, winter - 8 * hour);
	check_zone("America/Los_Angeles", summer, summer - 7 * hour);
	check_zone("Europe/Berlin", summer, summer + 2 * hour);
	/* 400 and 4000 years on: the same rules */
	check_zone("Europe/Berlin", summer + 12622780800000, summer + 12622780800000 + 2 * hour);
	check_zone("Europe/Berlin", winter + 126227808000000, winter + 126227808000000 + hour);
	assert_true(wr_zone_is_utc(NULL));
	assert_int_equal(wr_zone_to_utc(NULL, 5), 5);
}

static void gaps_and_overlaps(void **state)
{
	struct wr_zone *zone;
	const int64_t spring = 1711846800000; /* 2024-03-31 01:00 UTC: Berlin skips 02:00..03:00 */
	const int64_t autumn =
	    1729990800000; /* 2024-10-27 01:00 UTC: Berlin repeats 02:00..03:00 */
	const int64_t hour = 3600000;

	(void)state;
	assert_null(wr_zone_open("Europe/Berlin", &zone));
	assert_int_equal(wr_zone_to_local(zone, spring - 1), spring + hour - 1);
	assert_int_equal(wr_zone_to_local(zone, spring), spring + 2 * hour);
	/* 02:30 does not exist: it is 03:30 */
	assert_int_equal(wr_zone_to_utc(zone, spring + hour + hour / 2), spring + hour / 2);
	assert_int_equal(wr_zone_to_utc(zone, spring + 2 * hour), spring);
	/* 02:30 exists twice: the earlier one is meant */
	assert_int_equal(wr_zone_to_utc(zone, autumn + hour + hour / 2), autumn - hour / 2);
	assert_int_equal(wr_zone_to_utc(zone, autumn + 2 * hour), autumn + hour);
	wr_zone_close(zone);
}

static void unknown_zones(void **state)
{
	static const char *const bad[] = {"",       "Mars/Base", "UTC+",
					  "+25:00", "GMT+1:99",  "Asia/Shangha\xc3\xad"};

	(void)state;
	for (size_t i = 0; i < WR_COUNT(bad); i++) {
		struct wr_zone *zone;
		wr_status *status = wr_zone_open(bad[i], &zone);
		assert_non_null(status);
		assert_null(zone);
		assert_int_equal(status->class, WR_USER_ERROR);
		wr_status_free(status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scalars),       cmocka_unit_test(nested),
	    cmocka_unit_test(tsv_cells),     cmocka_unit_test(types),
	    cmocka_unit_test(zones),         cmocka_unit_test(gaps_and_overlaps),
	    cmocka_unit_test(unknown_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
