/* SPDX-License-Identifier: Apache-2.0
 *
 * memory - tests: arenas, buffers, texts and statuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/status.h"
#include "base/text.h"

static void arena_keeps_what_it_gave(void **state)
{
	struct wr_arena arena;
	char *piece[500];

	(void)state;
	wr_arena_init(&arena);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 500; i++) {
			size_t size = (size_t)(i * 37 % 3000);
			piece[i] = wr_arena_alloc(&arena, size);
			assert_int_equal((uintptr_t)piece[i] % 16, 0);
			memset(piece[i], i, size);
		}
		for (int i = 0; i < 500; i++) {
			size_t size = (size_t)(i * 37 % 3000);
			for (size_t b = 0; b < size; b++)
				assert_int_equal((unsigned char)piece[i][b], i & 255);
		}
		wr_arena_reset(&arena);
		assert_true(arena.total > 0);
	}
	char *large = wr_arena_zalloc(&arena, 5u << 20);
	assert_int_equal(large[(5u << 20) - 1], 0);
	assert_string_equal(wr_arena_strndup(&arena, "abcdef", 3), "abc");
	assert_string_equal(wr_arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
	wr_arena_release(&arena);
	assert_int_equal(arena.total, 0);
	wr_arena_reset(&arena); /* nothing to keep is fine */
}

static void note_freed(struct wr_buf *buf)
{
	*(int *)(void *)buf->data += 1;
}

static void buffers_are_counted(void **state)
{
	struct wr_buf *buf = wr_buf_new(100);
	int freed = 0;

	(void)state;
	assert_int_equal((uintptr_t)buf->data % 64, 0);
	memset(buf->data, 1, 100);
	for (int i = 0; i < 64; i++)
		assert_int_equal(buf->data[100 + i], 0); /* readable behind the end */
	wr_buf_ref(buf);
	wr_buf_unref(buf);
	assert_int_equal(buf->data[99], 1);
	buf->data = (char *)(void *)&freed;
	buf->free_data = note_freed;
	wr_buf_unref(buf);
	assert_int_equal(freed, 1);
	wr_buf_unref(NULL);
}

static void texts_grow(void **state)
{
	struct wr_text text;

	(void)state;
	wr_text_init(&text);
	assert_string_equal(wr_text_str(&text), "");
	for (int i = 0; i < 1000; i++)
		wr_text_putc(&text, (char)('a' + i % 26));
	assert_int_equal(text.len, 1000);
	assert_int_equal(strlen(text.data), 1000);
	wr_text_clear(&text);
	wr_text_printf(&text, "%s=%d", "x", 5);
	wr_text_puts(&text, ", ");
	wr_text_i64(&text, INT64_MIN);
	wr_text_i64(&text, 0);
	wr_text_add(&text, NULL, 0);
	assert_string_equal(wr_text_str(&text), "x=5, -92233720368547758080");
	wr_text_release(&text);
}

/* Whatever bytes a text has, its JSON is UTF-8: see wr_text_json. */
static void texts_as_json(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
	    {"", "\"\""},
	    {"a\"b\\c\n\x7f", "\"a\\\"b\\\\c\\u000a\x7f\""},
	    {"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf",
	     "\"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf\""},
	    {"cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xff-\xc3", "\"\xef\xbf\xbd-\xef\xbf\xbd\""},
	    {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 /* overlong */
	    {"\xe0\x9f\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* overlong */
	    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* a surrogate */
	    {"\xf4\x90\x80\x80",
	     "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* behind the last */
	};
	struct wr_text text;

	(void)state;
	wr_text_init(&text);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		wr_text_clear(&text);
		wr_text_json(&text, cases[i].text);
		assert_string_equal(wr_text_str(&text), cases[i].json);
	}
	wr_text_release(&text);
}

static void names_nearby(void **state)
{
	static const char *const names[] = {"path", "format", "scan.startup.mode",
					    "sink.parallelism"};

	(void)state;
	assert_string_equal(wr_nearest("fromat", names, 4), "format");
	assert_string_equal(wr_nearest("Path", names, 4), "path");
	assert_string_equal(wr_nearest("sink.paralelism", names, 4), "sink.parallelism");
	assert_null(wr_nearest("zebra", names, 4));
	assert_null(wr_nearest("x", names, 0));
	assert_true(wr_str_eq_nocase(wr_str_of("AbC"), "aBc"));
	assert_false(wr_str_eq_nocase(wr_str_of("AbC"), "ab"));
	assert_true(wr_str_eq((struct wr_str){"abc", 2}, "ab"));
	assert_false(wr_str_eq((struct wr_str){"abc", 2}, "abc"));
}

static void statuses(void **state)
{
	struct wr_pos place = {.line = 3, .column = 4};
	struct wr_pos other = {.line = 9};
	wr_status *status = wr_status_new(WR_RETRY, "cannot %s %d", "read", 7);

	(void)state;
	assert_string_equal(status->text, "cannot read 7");
	assert_null(status->hint);
	assert_int_equal(status->class, WR_RETRY);
	wr_status_hint(status, "try %s", "x");
	wr_status_hint(status, "try %s", "y");
	assert_string_equal(status->hint, "try y");
	wr_status_place(status, place);
	wr_status_place(status, other); /* the first place stays */
	assert_int_equal(status->pos.line, 3);
	wr_status_free(status);
	assert_null(wr_status_hint(NULL, "x"));
	assert_null(wr_status_place(NULL, place));
	wr_status_free(NULL);
	wr_status_free(wr_status_place(wr_status_hint(wr_status_no_memory(), "x"), place));
	assert_int_equal(wr_status_no_memory()->pos.line, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arena_keeps_what_it_gave),
	    cmocka_unit_test(buffers_are_counted),
	    cmocka_unit_test(texts_grow),
	    cmocka_unit_test(texts_as_json),
	    cmocka_unit_test(names_nearby),
	    cmocka_unit_test(statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
