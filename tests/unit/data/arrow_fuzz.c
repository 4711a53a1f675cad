/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_fuzz - tests: random arrays of Arrow, most of them a little wrong, are imported or refused,
 * and never read beyond their buffers.
 *
 * Every buffer has exactly the size that the array declares (arrow_fake.h); what is made wrong is
 * what the import can know to be wrong: offsets, indexes, views, counts, children, pointers. Under
 * the address sanitizer a read too far ends the test; without, it is a test of refusals and of who
 * releases what. The seed is fixed; WEIR_ARROW_ROUNDS makes more rounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/arrow_format.h"
#include "data/arrow_import.h"
#include "data/print.h"
#include "arrow_fake.h"
#include "arrow_values.h"

#define ROUNDS    20000
#define DEPTH_MAX 3
#define BYTES     40 /* of texts in one array */

static uint64_t seed = 11;

/* 0 .. below - 1 */
static int64_t below(int64_t count)
{
	return (int64_t)(random_next(&seed) % (uint64_t)count);
}

/* Once in so many calls. */
static bool rarely(int64_t times)
{
	return below(times) == 0;
}

static const char *const formats[] = {
    "n",       "b",     "c",        "C",         "s",          "S",    "i",    "I",       "l",
    "L",       "e",     "f",        "g",         "u",          "U",    "vu",   "z",       "Z",
    "vz",      "w:5",   "w:0",      "tdD",       "tdm",        "tts",  "ttm",  "ttu",     "ttn",
    "tDs",     "tDm",   "tDu",      "tDn",       "tiM",        "tiD",  "tin",  "+l",      "+L",
    "+vl",     "+vL",   "+s",       "+m",        "+r",         "+w:2", "tss:", "tsm:UTC", "tsu:",
    "tsn:UTC", "d:9,2", "d:9,2,32", "d:18,3,64", "d:50,2,256", "+w:0", "w:20", "xx",
};

/* A buffer of random bytes, mostly small numbers. */
static void random_buffer(struct fake *fake, size_t size)
{
	uint8_t *bytes = wr_malloc(size + 1);
	bool small = rarely(2);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(small && i % 4 != 0 ? 0 : below(256));
	fake_buffer(fake, bytes, size);
	wr_free(bytes);
}

/* Texts, mostly UTF-8. */
static void text_buffer(struct fake *fake, size_t size)
{
	char bytes[BYTES];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(rarely(200) ? below(256) : 'a' + below(26));
	fake_buffer(fake, bytes, size);
}

/* A buffer of `count` offsets up to `end`; sometimes one is wrong, the last one never too large. */
static void offset_buffer(struct fake *fake, size_t width, int64_t count, int64_t end)
{
	char *bytes = wr_calloc((size_t)count + 1, width);
	int64_t wrong = rarely(8) ? below(count) : -1;
	int64_t offset = 0;

	for (int64_t i = 0; i < count; i++) {
		int64_t value = offset = WR_MIN(end, offset + below(4));

		if (i == wrong)
			value = below(end + 10) - 4;
		if (i == count - 1)
			value = WR_MIN(value, end);
		memcpy(bytes + (size_t)i * width, &value, width);
	}
	fake_buffer(fake, bytes, (size_t)count * width);
	wr_free(bytes);
}

/* Views with a buffer for the longer ones. */
static void view_buffers(struct fake *fake, int64_t count)
{
	int32_t *views = wr_calloc((size_t)count + 1, 16);
	int64_t size = BYTES;

	for (int64_t i = 0; i < count; i++) {
		int32_t *view = views + i * 4;

		view[0] = (int32_t)below(rarely(20) ? BYTES * 2 : BYTES / 2);
		view[2] = (int32_t)(rarely(60) ? below(5) - 2 : 0);
		view[3] = (int32_t)(rarely(60) ? below(100) - 30 : below(BYTES / 2));
		if (rarely(60))
			view[0] = -view[0];
		if (view[0] <= WR_VIEW_INLINE)
			view[1] = view[2] = view[3] = 0x61616161;
	}
	fake_buffer(fake, views, (size_t)count * 16);
	text_buffer(fake, BYTES);
	fake_buffer(fake, &size, sizeof size);
	wr_free(views);
}

static struct fake *random_fake(const char *format, int64_t length, int depth);

static struct fake *random_child(int64_t length, int depth)
{
	const char *format = formats[below(depth == 0 ? 34 : (int64_t)WR_COUNT(formats))];

	return random_fake(format, WR_MAX(length - (rarely(15) ? 1 : 0), 0), depth);
}

/* Children and what says where their values are. */
static void nested_buffers(struct fake *fake, const struct wr_arrow_format *format, int64_t count,
			   int depth)
{
	int64_t elements = below(30);

	switch (format->kind) {
	case WR_ARROW_LIST:
		offset_buffer(fake, format->bits / 8, count + 1, elements);
		fake_child(fake, random_child(elements, depth));
		break;
	case WR_ARROW_LIST_VIEW:
		offset_buffer(fake, format->bits / 8, count + 1, elements);
		offset_buffer(fake, format->bits / 8, count + 1, 5);
		fake_child(fake, random_child(elements, depth));
		break;
	case WR_ARROW_FIXED_LIST:
		fake_child(fake, random_child(count * format->width, depth));
		break;
	case WR_ARROW_MAP:
		offset_buffer(fake, 4, count + 1, elements);
		fake_child(fake, random_fake("+s", elements, depth));
		break;
	default:
		for (int i = 0; i < 2; i++)
			fake_child(fake, random_child(count, depth));
		break;
	}
}

/* The buffers behind the validity of an array of `count` values, offset included. */
static void value_buffers(struct fake *fake, int64_t count, int depth)
{
	struct wr_arrow_format format = wr_arrow_format_read(fake->schema.format);
	size_t values = (size_t)count;

	switch (format.kind) {
	case WR_ARROW_NULL:
	case WR_ARROW_UNKNOWN:
	case WR_ARROW_RUN_END: break;
	case WR_ARROW_BOOL: random_buffer(fake, (values + 7) / 8); break;
	case WR_ARROW_UTF8:
	case WR_ARROW_BINARY:
		offset_buffer(fake, format.bits / 8, count + 1, BYTES);
		text_buffer(fake, BYTES);
		break;
	case WR_ARROW_UTF8_VIEW:
	case WR_ARROW_BINARY_VIEW: view_buffers(fake, count); break;
	case WR_ARROW_FIXED_BINARY: random_buffer(fake, values * (size_t)format.width); break;
	case WR_ARROW_LIST:
	case WR_ARROW_LIST_VIEW:
	case WR_ARROW_FIXED_LIST:
	case WR_ARROW_MAP:
	case WR_ARROW_STRUCT: nested_buffers(fake, &format, count, depth); break;
	case WR_ARROW_DAY_TIME: random_buffer(fake, values * 8); break;
	case WR_ARROW_MONTH_DAY_NANO: random_buffer(fake, values * 16); break;
	case WR_ARROW_HALF: random_buffer(fake, values * 2); break;
	case WR_ARROW_FLOAT:
	case WR_ARROW_MONTHS: random_buffer(fake, values * 4); break;
	case WR_ARROW_DOUBLE:
	case WR_ARROW_DURATION:
	case WR_ARROW_TIMESTAMP: random_buffer(fake, values * 8); break;
	default: random_buffer(fake, values * format.bits / 8); break;
	}
}

/* Makes an array contradict itself in a way that can be seen. */
static void damage(struct fake *fake)
{
	struct ArrowArray *array = &fake->array;

	switch (below(9)) {
	case 0: array->n_buffers = WR_MAX(array->n_buffers - 1, 0); break;
	case 1: array->buffers = NULL; break;
	case 2: array->n_children = below(3) - 1; break;
	case 3: array->children = NULL; break;
	case 4: fake->arrays[0] = NULL; break;
	case 5: array->null_count = below(100) - 50; break;
	case 6: array->length = rarely(2) ? -1 : array->length - 1; break;
	case 7: array->offset = rarely(2) ? -1 : INT64_MAX - 3; break;
	default: fake->schema.format = NULL; break;
	}
}

static struct fake *random_fake(const char *format, int64_t length, int depth)
{
	struct fake *fake = fake_new(format, rarely(50) ? NULL : "a", length);
	int64_t count = length + (rarely(3) ? below(9) : 0);

	fake->array.offset = count - length;
	fake->array.null_count = -1;
	if (rarely(2))
		fake_buffer(fake, NULL, 0);
	else
		random_buffer(fake, (size_t)(count + 7) / 8);
	value_buffers(fake, count, depth - 1 >= 0 ? depth - 1 : 0);
	if (fake->array.n_children == 2)
		fake->child[1]->schema.name = "b";
	if (rarely(30) && strchr("cCsSiIlL", format[0]) != NULL)
		fake_dictionary(fake, random_child(below(20), 0));
	if (rarely(40))
		damage(fake);
	return fake;
}

/* A type that the format may become. */
static const struct wr_type *type_for(const struct fake *fake, struct wr_arena *arena,
				      const struct wr_type *const *types, uint32_t count)
{
	static const char *const names[] = {"a", "b"};
	struct wr_arrow_format format = wr_arrow_format_read(fake->schema.format);
	const struct wr_type *child[2] = {types[below(count)], types[below(count)]};

	for (int64_t i = 0; i < 2 && i < fake->array.n_children; i++)
		if (fake->child[i] != NULL)
			child[i] = type_for(fake->child[i], arena, types, count);
	if (rarely(20))
		return child[0];
	switch (format.kind) {
	case WR_ARROW_UTF8:
	case WR_ARROW_UTF8_VIEW: return &WR_T_STRING;
	case WR_ARROW_BINARY:
	case WR_ARROW_BINARY_VIEW:
	case WR_ARROW_FIXED_BINARY: return &WR_T_BYTES;
	case WR_ARROW_LIST:
	case WR_ARROW_LIST_VIEW:
	case WR_ARROW_FIXED_LIST: return wr_type_array(arena, child[0]);
	case WR_ARROW_MAP:
		return child[0]->kind == WR_ROW && child[0]->child_count == 2
			   ? wr_type_map(arena, child[0]->child[0], child[0]->child[1])
			   : child[0];
	case WR_ARROW_STRUCT: return wr_type_row(arena, 2, names, child);
	case WR_ARROW_INT: return rarely(2) ? &WR_T_BIGINT : &WR_T_DOUBLE;
	case WR_ARROW_FLOAT:
	case WR_ARROW_DOUBLE: return &WR_T_DOUBLE;
	case WR_ARROW_DECIMAL: return wr_type_decimal(arena, 38, 2);
	case WR_ARROW_TIMESTAMP: return format.zone[0] != '\0' ? &WR_T_LTZ9 : &WR_T_TIMESTAMP3;
	default: return types[below(count)];
	}
}

/* Reads every value, so that a sanitizer sees where they point to. */
static void touch(const struct wr_batch *batch)
{
	uint64_t *hash = wr_calloc(batch->rows + 1, sizeof *hash);
	struct wr_text text;

	wr_text_init(&text);
	wr_column_hash(batch->column[0], batch->rows, hash);
	for (uint32_t i = 0; i < batch->rows; i++)
		wr_value_print(&text, batch->column[0], i, NULL);
	wr_text_release(&text);
	wr_free(hash);
}

static void random_arrays(void **state)
{
	const char *wanted = getenv("WEIR_ARROW_ROUNDS");
	long rounds = wanted != NULL ? strtol(wanted, NULL, 10) : ROUNDS;
	uint32_t taken = 0;

	(void)state;
	for (long round = 0; round < rounds; round++) {
		const struct wr_type *types[RANDOM_TYPES_MAX + 10];
		int64_t rows = below(20);
		struct wr_arena arena;
		struct fake *top, *column;
		struct wr_batch *batch;
		wr_status *status;

		wr_arena_init(&arena);
		column = random_child(rows, DEPTH_MAX);
		top = fake_child(fake_buffer(fake_new("+s", "", rows), NULL, 0), column);
		struct wr_field field = {
		    "a", type_for(column, &arena, types, arrow_types(&arena, types))};
		struct wr_schema schema = {1, &field};

		status = wr_arrow_import(&top->array, &top->schema, &schema, NULL, &batch);
		if (status == NULL) {
			touch(batch);
			wr_batch_free(batch);
			assert_int_equal(top->released, 1);
			taken++;
		} else {
			assert_int_equal(top->released, 0);
			assert_non_null(top->array.release);
			assert_null(batch);
		}
		wr_status_free(status);
		fake_free(top);
		wr_arena_release(&arena);
	}
	assert_in_range(taken, rounds / 4, rounds); /* else nothing but refusals is tested */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_arrays)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
