/* SPDX-License-Identifier: Apache-2.0
 *
 * json_members - objects into variables; what is not as the table says is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/json_members.h"

struct values {
	const char *text;
	int64_t number;
	bool is;
	struct wr_pairs pairs;
};

static wr_status *read_into(struct values *values, const char *json, struct wr_arena *arena)
{
	const struct wr_member members[] = {{"text", WR_MEMBER_TEXT, &values->text, true},
					    {"number", WR_MEMBER_NUMBER, &values->number, false},
					    {"is", WR_MEMBER_BOOL, &values->is, false},
					    {"pairs", WR_MEMBER_PAIRS, &values->pairs, false}};

	return wr_members_read(wr_str_of(json), arena, members, WR_COUNT(members));
}

static void test_all_kinds(void **unused)
{
	struct values values = {.number = 7, .is = true};
	struct wr_arena arena;

	wr_arena_init(&arena);
	assert_null(read_into(&values,
			      "{\"pairs\":{\"a\":\"x\\ny\",\"b\":1.50,\"c\":true},\"text\":\"t\","
			      "\"number\":-9223372036854775808}",
			      &arena));
	assert_string_equal(values.text, "t");
	assert_true(values.number == INT64_MIN);
	assert_true(values.is); /* was not there */
	assert_int_equal(values.pairs.count, 3);
	assert_string_equal(values.pairs.key[0], "a");
	assert_string_equal(values.pairs.value[0], "x\ny");
	assert_string_equal(values.pairs.value[1], "1.50");
	assert_string_equal(values.pairs.value[2], "true");
	assert_null(read_into(&values, "{\"text\":\"a\",\"text\":\"b\",\"is\":null}", &arena));
	assert_string_equal(values.text, "b");
	assert_true(values.is);
	wr_arena_release(&arena);
}

static void test_what_is_refused(void **unused)
{
	static const char *const cases[][2] = {
	    {"", "'text' is missing: a text"},
	    {"{\"text\":null}", "'text' is missing"},
	    {"{", "no JSON"},
	    {"[1]", "object is expected"},
	    {"{\"text\":1}", "'text' is to be a text"},
	    {"{\"text\":\"a\\u0000b\"}", "'text' is to be a text"},
	    {"{\"text\":\"a\",\"number\":1.5}", "'number' is to be a whole number"},
	    {"{\"text\":\"a\",\"number\":9223372036854775808}", "'number'"},
	    {"{\"text\":\"a\",\"number\":\"1\"}", "'number'"},
	    {"{\"text\":\"a\",\"is\":1}", "'is' is to be true or false"},
	    {"{\"text\":\"a\",\"pairs\":[]}", "'pairs' is to be an object of texts"},
	    {"{\"text\":\"a\",\"pairs\":{\"a\":{}}}", "'pairs'"},
	    {"{\"text\":\"a\",\"other\":1}", "'other' is no member of this"},
	};
	struct wr_arena arena;

	wr_arena_init(&arena);
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct values values = {0};
		wr_status *status = read_into(&values, cases[i][0], &arena);

		if (status == NULL || strstr(status->text, cases[i][1]) == NULL)
			fail_msg("%s: %s", cases[i][0], status != NULL ? status->text : "well");
		wr_status_free(status);
	}
	wr_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_kinds),
	    cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
