/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of pgoutput: messages put together by hand after PostgreSQL's manual, cut and spoilt.
 */
#include "connectors/pgoutput.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"

static struct wr_pgo_value before[WR_PGO_COLUMNS_MAX], after[WR_PGO_COLUMNS_MAX];
static struct wr_pgo_column column[WR_PGO_COLUMNS_MAX];

#define READ(message, literal) read_message(message, literal, sizeof literal - 1)

static const char *read_message(struct wr_pgo_message *message, const char *bytes, size_t len)
{
	char *copy = malloc(len); /* exactly as long: a sanitizer sees reads behind it */
	const char *wrong;

	memcpy(copy, bytes, len);
	*message = (struct wr_pgo_message){.column = column};
	message->before.value = before;
	message->after.value = after;
	wrong = wr_pgo_read(message, (struct wr_str){copy, len});
	free(copy);
	return wrong;
}

static void test_transaction(void **state)
{
	struct wr_pgo_message message;

	assert_null(READ(&message, "B\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\5\0\0\3\4"));
	assert_int_equal(message.kind, WR_PGO_BEGIN);
	assert_int_equal(message.lsn, 0x100000002);
	assert_int_equal(message.xid, 0x304);
	assert_int_equal(message.time_us, 946684800000005);
	assert_null(READ(&message, "C\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3"));
	assert_int_equal(message.kind, WR_PGO_COMMIT);
	assert_int_equal(message.lsn, 2);
	assert_null(READ(&message, "O\0\0\0\0\0\0\0\1name\0"));
	assert_int_equal(message.kind, WR_PGO_OTHER);
}

static void test_relation(void **state)
{
	static const char bytes[] =
	    "R\0\0\1\2public\0orders\0f\0\2\1id\0\0\0\0\x17\xff\xff\xff\xff\0"
	    "total\0\0\0\6\xa4\0\0\0\7";
	char *copy = malloc(sizeof bytes - 1);
	struct wr_pgo_message message = {.column = column};

	memcpy(copy, bytes, sizeof bytes - 1);
	assert_null(wr_pgo_read(&message, (struct wr_str){copy, sizeof bytes - 1}));
	assert_int_equal(message.table, 0x102);
	assert_string_equal(message.schema, "public");
	assert_string_equal(message.name, "orders");
	assert_int_equal(message.identity, 'f');
	assert_int_equal(message.column_count, 2);
	assert_true(column[0].is_key && !column[1].is_key);
	assert_string_equal(column[1].name, "total");
	assert_int_equal(column[0].type, 23);
	assert_int_equal(column[0].modifier, -1);
	assert_int_equal(column[1].type, 1700);
	assert_int_equal(column[1].modifier, 7);
	free(copy);
}

static void test_changes(void **state)
{
	struct wr_pgo_message message;

	assert_null(READ(&message, "I\0\0\0\1N\0\3b\0\0\0\2xynu"));
	assert_true(message.after.is_there && !message.before.is_there);
	assert_int_equal(message.after.count, 3);
	assert_int_equal(after[0].kind, 'b');
	assert_int_equal(after[0].len, 2);
	assert_int_equal(after[1].kind, 'n');
	assert_int_equal(after[2].kind, 'u');
	assert_null(READ(&message, "U\0\0\0\1K\0\1t\0\0\0\0N\0\1n"));
	assert_true(message.before.is_there && message.before.key_only && message.after.is_there);
	assert_null(READ(&message, "U\0\0\0\1O\0\1nN\0\1n"));
	assert_true(message.before.is_there && !message.before.key_only);
	assert_null(READ(&message, "U\0\0\0\1N\0\1n"));
	assert_false(message.before.is_there);
	assert_null(READ(&message, "D\0\0\0\1K\0\1n"));
	assert_true(message.before.is_there && !message.after.is_there);
}

static void test_truncate(void **state)
{
	static const char bytes[] = "T\0\0\0\2\0\0\0\0\7\0\0\1\0";
	struct wr_pgo_message message = {0};

	assert_null(wr_pgo_read(&message, (struct wr_str){bytes, sizeof bytes - 1}));
	assert_true(wr_pgo_truncates(&message, 7));
	assert_true(wr_pgo_truncates(&message, 256));
	assert_false(wr_pgo_truncates(&message, 1));
}

/* Every beginning of a message is refused, and so is one with more behind it. */
static void test_damaged(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} whole[] = {
#define WHOLE(literal) {literal, sizeof literal - 1}
	    WHOLE("B\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\5\0\0\3\4"),
	    WHOLE("C\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3"),
	    WHOLE("R\0\0\1\2public\0orders\0f\0\1\1id\0\0\0\0\x17\xff\xff\xff\xff"),
	    WHOLE("I\0\0\0\1N\0\3b\0\0\0\2xynu"),
	    WHOLE("U\0\0\0\1O\0\1nN\0\1t\0\0\0\1a"),
	    WHOLE("D\0\0\0\1K\0\1n"),
	    WHOLE("T\0\0\0\2\0\0\0\0\7\0\0\1\0"),
	};
	struct wr_pgo_message message;
	char more[64];

	for (uint32_t i = 0; i < WR_COUNT(whole); i++) {
		assert_null(read_message(&message, whole[i].bytes, whole[i].len));
		for (size_t len = 0; len < whole[i].len; len++)
			assert_non_null(read_message(&message, whole[i].bytes, len));
		memcpy(more, whole[i].bytes, whole[i].len);
		more[whole[i].len] = 'x';
		assert_non_null(read_message(&message, more, whole[i].len + 1));
	}
	assert_non_null(READ(&message, "X"));
	assert_non_null(READ(&message, "I\0\0\0\1O\0\1n"));
	assert_non_null(READ(&message, "I\0\0\0\1N\0\1x"));
	assert_non_null(READ(&message, "I\0\0\0\1N\xff\xff"));
	assert_non_null(READ(&message, "I\0\0\0\1N\0\1b\xff\xff\xff\xff"));
	assert_non_null(READ(&message, "D\0\0\0\1N\0\1n"));
}

static void test_pieces(void **state)
{
	static const char data[] = "w\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3payload";
	static const char alive[] = "k\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\1";
	struct wr_pgo_piece piece;
	char status[WR_PGO_STATUS_BYTES];

	assert_null(wr_pgo_piece(&piece, (struct wr_str){data, sizeof data - 1}));
	assert_false(piece.keepalive);
	assert_int_equal(piece.start, 1);
	assert_int_equal(piece.end, 2);
	assert_int_equal(piece.bytes.len, 7);
	assert_null(wr_pgo_piece(&piece, (struct wr_str){alive, sizeof alive - 1}));
	assert_true(piece.keepalive && piece.reply);
	assert_int_equal(piece.end, 2);
	assert_non_null(wr_pgo_piece(&piece, (struct wr_str){data, 20}));
	assert_non_null(wr_pgo_piece(&piece, (struct wr_str){"z", 1}));
	wr_pgo_status(status, 0x0102, 0x0304, 946684800000000ll + 5, false);
	assert_memory_equal(status,
			    "r\0\0\0\0\0\0\1\2\0\0\0\0\0\0\3\4\0\0\0\0\0\0\3\4\0\0\0\0\0\0\0\5\0",
			    sizeof status);
	wr_pgo_status(status, 1, 1, 946684800000000ll, true);
	assert_int_equal(status[WR_PGO_STATUS_BYTES - 1], 1);
}

static void test_lsn(void **state)
{
	struct wr_text text;
	uint64_t lsn;

	wr_text_init(&text);
	wr_pgo_lsn_print(&text, 0x16b374d848);
	assert_string_equal(wr_text_str(&text), "16/B374D848");
	assert_true(wr_pgo_lsn_read("16/B374D848", &lsn));
	assert_int_equal(lsn, 0x16b374d848);
	assert_false(wr_pgo_lsn_read("16", &lsn));
	assert_false(wr_pgo_lsn_read("16/B374D848x", &lsn));
	wr_text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_transaction), cmocka_unit_test(test_relation),
	    cmocka_unit_test(test_changes),     cmocka_unit_test(test_truncate),
	    cmocka_unit_test(test_damaged),     cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_lsn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
