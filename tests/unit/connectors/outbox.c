/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of outbox: what was added comes back, until it is done; every damaged byte is noticed; the
 * bound.
 */
#include "connectors/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "fake_host.h"

static struct fake_host fake;

static struct wr_outbox *make(uint64_t soft, uint64_t hard)
{
	struct wr_outbox_config config = {.env = &fake.env,
					  .host = &fake.host,
					  .table = "t",
					  .soft_bytes = soft,
					  .hard_bytes = hard};

	fake_host_init(&fake);
	return wr_outbox_new(&config);
}

/* Record i: its number and some bytes that do not repeat, 0 to 60 of them; one in 500 is long. */
static size_t record_of(uint32_t i, char *to)
{
	uint32_t seed = i * 2654435761u;
	size_t len = i % 500 == 7 ? 300000 : seed % 61;

	for (size_t k = 0; k < len; k++) {
		seed = seed * 1103515245 + 12345;
		to[k] = (char)(seed >> 16);
	}
	return len;
}

static void add(struct wr_outbox *outbox, uint32_t from, uint32_t to)
{
	static char bytes[300000];

	for (uint32_t i = from; i < to; i++)
		wr_outbox_add(outbox, (struct wr_str){bytes, record_of(i, bytes)}, 2);
}

/* The bytes must hold the records from..to and the note. */
static void check(const struct wr_text *taken, uint32_t from, uint32_t to, const char *note)
{
	static char bytes[300000];
	struct wr_outbox_reader reader;
	struct wr_str record;

	assert_null(wr_outbox_open(&reader, taken->data, taken->len));
	assert_int_equal(reader.records, to - from);
	assert_int_equal(reader.rows, 2 * (to - from));
	assert_int_equal(reader.note.len, strlen(note));
	assert_memory_equal(reader.note.data, note, strlen(note));
	for (uint32_t i = from; i < to; i++) {
		assert_null(wr_outbox_next(&reader, &record));
		assert_non_null(record.data);
		assert_int_equal(record.len, record_of(i, bytes));
		assert_memory_equal(record.data, bytes, record.len);
	}
	assert_null(wr_outbox_next(&reader, &record));
	assert_null(record.data);
	wr_outbox_close(&reader);
}

static uint64_t take(struct wr_outbox *outbox, const char *note, struct wr_text *out)
{
	wr_text_clear(out);
	return wr_outbox_take(outbox, wr_str_of(note), out);
}

static void test_everything_comes_back_until_it_is_done(void **state)
{
	struct wr_outbox *outbox = make(1 << 20, 1 << 30);
	struct wr_text taken;
	uint64_t first, second;

	wr_text_init(&taken);
	assert_true(wr_outbox_is_empty(outbox));
	first = take(outbox, "none", &taken);
	check(&taken, 0, 0, "none");
	wr_outbox_done(outbox, first);
	add(outbox, 0, 3000);
	assert_false(wr_outbox_is_empty(outbox));
	first = take(outbox, "one", &taken);
	check(&taken, 0, 3000, "one");
	add(outbox, 3000, 3100); /* while the first is being committed */
	wr_outbox_done(outbox, first);
	second = take(outbox, "", &taken);
	check(&taken, 3000, 3100, "");
	/* That checkpoint fails: the next one has all of it again. */
	add(outbox, 3100, 5000);
	first = take(outbox, "both", &taken);
	check(&taken, 3000, 5000, "both");
	wr_outbox_done(outbox, second);
	assert_false(wr_outbox_is_empty(outbox));
	wr_outbox_done(outbox, first);
	assert_true(wr_outbox_is_empty(outbox));
	wr_text_release(&taken);
	wr_outbox_free(outbox);
}

/* Reads everything; false: it was refused on the way. */
static bool reads(const char *bytes, size_t len)
{
	struct wr_outbox_reader reader;
	struct wr_str record = {"", 0};
	wr_status *status = wr_outbox_open(&reader, bytes, len);

	while (status == NULL && record.data != NULL)
		status = wr_outbox_next(&reader, &record);
	wr_outbox_close(&reader);
	if (status == NULL)
		return true;
	assert_int_equal(status->class, WR_FATAL);
	assert_non_null(status->hint);
	wr_status_free(status);
	return false;
}

static void test_damage_is_noticed(void **state)
{
	struct wr_outbox *outbox = make(1 << 20, 1 << 30);
	struct wr_text taken;
	char *copy;

	wr_text_init(&taken);
	add(outbox, 0, 7);
	add(outbox, 100, 140);
	take(outbox, "a note", &taken);
	assert_true(reads(taken.data, taken.len));
	for (size_t i = 0; i < taken.len; i++) {
		copy = wr_malloc(taken.len);
		memcpy(copy, taken.data, taken.len);
		copy[i] ^= 0x10;
		assert_false(reads(copy, taken.len));
		wr_free(copy);
		copy = wr_malloc(i + 1);
		memcpy(copy, taken.data, i);
		assert_false(reads(copy, i));
		wr_free(copy);
	}
	wr_text_release(&taken);
	wr_outbox_free(outbox);
}

static void test_asks_for_a_checkpoint_once(void **state)
{
	struct wr_outbox *outbox = make(1 << 20, 8 << 20);
	struct wr_text taken;
	uint32_t asked = 0;

	static char bytes[300000];

	wr_text_init(&taken);
	for (uint32_t i = 0; i < 12; i++)
		asked +=
		    wr_outbox_add(outbox, (struct wr_str){bytes, record_of(7 + 500 * i, bytes)}, 1);
	assert_int_equal(asked, 1);
	assert_int_equal(fake.wanted, 1);
	take(outbox, "", &taken);
	add(outbox, 507, 508);
	assert_int_equal(fake.wanted, 1); /* what was taken does not count again */
	wr_text_release(&taken);
	wr_outbox_free(outbox);
}

/* Adds long records until more than `bytes` are held. */
static void fill(struct wr_outbox *outbox, uint64_t bytes)
{
	while (wr_outbox_bytes(outbox) <= bytes)
		add(outbox, 507, 508);
}

static void test_waits_for_a_checkpoint_to_begin(void **state)
{
	struct wr_outbox *outbox = make(1 << 20, 2 << 20);

	assert_null(wr_outbox_wait(outbox));
	fill(outbox, 2 << 20);
	fake.due_us = fake.now_us + 50000;
	assert_null(wr_outbox_wait(outbox));
	assert_true(fake.now_us >= fake.due_us);
	assert_true(fake.wanted > 0);
	fill(outbox, 3 << 20); /* in front of the mark: no wait */
	fake.sleeps = 0;
	assert_null(wr_outbox_wait(outbox));
	assert_int_equal(fake.sleeps, 0);
	fake.due_us = 0;
	fake.stop_us = fake.now_us + 50000;
	assert_null(wr_outbox_wait(outbox));
	assert_true(fake.now_us >= fake.stop_us);
	wr_outbox_free(outbox);
}

static void test_far_too_much_fails(void **state)
{
	struct wr_outbox *outbox = make(1 << 20, 1 << 20);
	wr_status *status;

	fill(outbox, 5 << 20);
	status = wr_outbox_wait(outbox);
	assert_non_null(status);
	assert_int_equal(status->class, WR_RESTART);
	wr_status_free(status);
	fake.host.checkpoints = false;
	status = wr_outbox_wait(outbox);
	assert_int_equal(status->class, WR_USER_ERROR);
	wr_status_free(status);
	wr_outbox_free(outbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_everything_comes_back_until_it_is_done),
	    cmocka_unit_test(test_damage_is_noticed),
	    cmocka_unit_test(test_asks_for_a_checkpoint_once),
	    cmocka_unit_test(test_waits_for_a_checkpoint_to_begin),
	    cmocka_unit_test(test_far_too_much_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
