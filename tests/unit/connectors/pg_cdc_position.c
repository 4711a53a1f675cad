/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of pg_cdc_position: written and read back, cut at every byte, in words.
 */
#include "connectors/pg_cdc_position.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void make(struct wr_pg_cdc_position *position)
{
	struct wr_pg_cdc_part *part;

	*position = (struct wr_pg_cdc_position){
	    .started = true, .lsn = 0x1600000001, .skip = 3, .seen_lsn = 77};
	for (int i = 0; i < 2; i++) {
		part = wr_pg_cdc_position_add(position);
		wr_text_puts(&part->snapshot, i == 0 ? "10:20:11,12" : "30:30:");
		assert_true(wr_pg_snapshot_read(
		    &part->seen, (struct wr_str){part->snapshot.data, part->snapshot.len}));
		part->key_count = i == 0 ? 2 : 0;
		for (uint32_t k = 0; k < part->key_count; k++) {
			wr_text_init(&part->upto[k]);
			wr_text_puts(&part->upto[k], k == 0 ? "it's" : "");
		}
	}
}

static void test_there_and_back(void **state)
{
	struct wr_pg_cdc_position position, again;
	struct wr_text bytes;

	make(&position);
	wr_text_init(&bytes);
	wr_pg_cdc_position_put(&position, &bytes);
	assert_true(wr_pg_cdc_position_get(&again, bytes.data, bytes.len));
	assert_true(again.started && !again.snapshot_done);
	assert_int_equal(again.lsn, position.lsn);
	assert_int_equal(again.skip, 3);
	assert_int_equal(again.seen_lsn, 77);
	assert_int_equal(again.part_count, 2);
	assert_int_equal(again.part[0].key_count, 2);
	assert_string_equal(wr_text_str(&again.part[0].upto[0]), "it's");
	assert_string_equal(wr_text_str(&again.part[0].upto[1]), "");
	assert_false(wr_pg_snapshot_sees(&again.part[0].seen, 11));
	assert_int_equal(again.part[1].key_count, 0);
	wr_pg_cdc_position_release(&again);
	for (size_t len = 0; len < bytes.len; len++)
		assert_false(wr_pg_cdc_position_get(&again, bytes.data, len));
	wr_text_putc(&bytes, 'x');
	assert_false(wr_pg_cdc_position_get(&again, bytes.data, bytes.len));
	wr_pg_cdc_position_release(&position);
	wr_text_release(&bytes);
}

static void assert_words(const struct wr_pg_cdc_position *position, const char *words)
{
	struct wr_text bytes, text;

	wr_text_init(&bytes);
	wr_text_init(&text);
	wr_pg_cdc_position_put(position, &bytes);
	assert_true(wr_pg_cdc_position_text(bytes.data, bytes.len, &text));
	assert_string_equal(wr_text_str(&text), words);
	wr_text_release(&text);
	wr_text_release(&bytes);
}

static void test_words(void **state)
{
	struct wr_pg_cdc_position position = {0};

	assert_words(&position, "not begun");
	make(&position);
	assert_words(&position, "rows that were there; then changes from 16/1");
	position.part_count = 1;
	assert_words(&position, "rows that were there, up to it's, ; then changes from 16/1");
	position.part_count = 2;
	position.snapshot_done = true;
	assert_words(&position, "changes up to 16/1 and 3 of the next transaction");
	wr_pg_cdc_position_release(&position);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
