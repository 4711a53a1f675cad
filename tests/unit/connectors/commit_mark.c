/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of commit_mark: whether a prepared commit has happened, over crashes and restores.
 */
#include "connectors/commit_mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macros.h"

static const struct wr_commit_mark nothing;

/* The commit after `steps` further ones of a run built on `base`. */
static struct wr_commit_mark run_on(const struct wr_commit_mark *base, uint32_t steps)
{
	struct wr_commit_mark mark;

	wr_commit_mark_begin(&mark, base, wr_env_system());
	for (uint32_t i = 0; i < steps; i++)
		wr_commit_mark_next(&mark);
	return mark;
}

static void test_one_run(void **state)
{
	struct wr_commit_mark first = run_on(&nothing, 0), second = first;

	wr_commit_mark_next(&second);
	assert_false(wr_commit_mark_has(&nothing, &first));
	assert_true(wr_commit_mark_has(&first, &first));
	assert_false(wr_commit_mark_has(&first, &second));
	assert_true(wr_commit_mark_has(&second, &first));
}

static void test_restored(void **state)
{
	struct wr_commit_mark a3 = run_on(&nothing, 2), a4 = a3, a2 = run_on(&nothing, 1), b1, c2;

	wr_commit_mark_next(&a4);
	b1 = run_on(&a3, 0);
	assert_true(wr_commit_mark_has(&b1, &a3));  /* built on it */
	assert_false(wr_commit_mark_has(&b1, &a4)); /* another branch */
	assert_false(wr_commit_mark_has(&a4, &b1)); /* a higher number of another run */
	c2 = run_on(&b1, 1);
	assert_true(wr_commit_mark_has(&c2, &a3));
	assert_true(wr_commit_mark_has(&c2, &b1));
	assert_false(wr_commit_mark_has(&c2, &a2)); /* a stranger's */
}

/* A run that builds on all that was found knows the branches that it has left behind. */
static void test_all_branches(void **state)
{
	struct wr_commit_mark a4 = run_on(&nothing, 3), a2 = a4, b1 = run_on(&a4, 0), stranger,
			      full;

	a2.part[0].number = 2;
	assert_true(wr_commit_mark_has(&b1, &a4)); /* B, restored from A2, has found A4 */
	assert_true(wr_commit_mark_has(&b1, &a2));
	wr_commit_mark_add(&b1, &a2); /* changes nothing */
	assert_true(wr_commit_mark_has(&b1, &a4));
	wr_commit_mark_next(&a4);
	wr_commit_mark_add(&b1, &a4); /* A5 is sent by B */
	assert_true(wr_commit_mark_has(&b1, &a4));
	assert_int_equal(b1.count, 2);
	stranger = run_on(&nothing, 6);
	wr_commit_mark_add(&b1, &stranger);
	assert_true(wr_commit_mark_has(&b1, &stranger));
	assert_true(wr_commit_mark_has(&b1, &a4));
	assert_int_equal(b1.count, 3);
	assert_true(b1.part[2].number == 1 && b1.part[2].run != a4.part[0].run); /* still B's */
	full = nothing;
	for (uint32_t i = 0; i < WR_COMMIT_PARTS; i++)
		full = run_on(&full, 0);
	wr_commit_mark_add(&full, &stranger);
	assert_int_equal(full.count, WR_COMMIT_PARTS);
	assert_true(wr_commit_mark_has(&full, &stranger));
}

static void test_text(void **state)
{
	struct wr_commit_mark mark = run_on(&nothing, 0), again;
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t runs = 1; runs <= WR_COMMIT_PARTS + 3; runs++) {
		wr_text_clear(&text);
		wr_commit_mark_put(&mark, &text);
		assert_true(wr_commit_mark_get(&again, (struct wr_str){text.data, text.len}));
		assert_int_equal(again.count, WR_MIN(runs, WR_COMMIT_PARTS));
		assert_memory_equal(again.part, mark.part, mark.count * sizeof mark.part[0]);
		for (size_t cut = 0; cut < text.len; cut++)
			if (wr_commit_mark_get(&again, (struct wr_str){text.data, cut}))
				assert_true(again.count < mark.count ||
					    again.part[mark.count - 1].number <=
						mark.part[mark.count - 1].number);
		mark = run_on(&mark, runs);
	}
	wr_text_release(&text);
}

static void test_no_mark(void **state)
{
	static const char *const bad[] = {"",
					  "weir",
					  "other",
					  "weir2 1:1",
					  "weir1 ",
					  "weir1 0:1",
					  "weir1 1:0",
					  "weir1 1",
					  "weir1 1:",
					  "weir1 1:2 ",
					  "weir1  1:2",
					  "weir1 g:2",
					  "weir1 1:99999999999999999999",
					  "weir1 11111111111111111:1"};
	struct wr_commit_mark mark;

	for (uint32_t i = 0; i < WR_COUNT(bad); i++)
		assert_false(wr_commit_mark_get(&mark, wr_str_of(bad[i])));
	assert_true(wr_commit_mark_get(&mark, wr_str_of("weir1")));
	assert_int_equal(mark.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_run),      cmocka_unit_test(test_restored),
	    cmocka_unit_test(test_all_branches), cmocka_unit_test(test_text),
	    cmocka_unit_test(test_no_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
