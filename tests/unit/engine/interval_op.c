/* SPDX-License-Identifier: Apache-2.0
 *
 * The interval join with a callback, the operator on its own: bounds, kinds of output, saving; and
 * random rows against all pairs, in batches and one by one.
 */
#include "user_op.h"

static int pair(void *user, const struct weir_row *left, const struct weir_row *right,
		struct weir_appender *out)
{
	int64_t l = 0, r = 0;

	assert_true(weir_get_i64(left, 1, &l));
	assert_true(weir_get_i64(right, 1, &r));
	if (*(int *)user == 1)
		return -1;
	for (int64_t i = 0; i <= r % 3 % 2; i++) { /* any number of rows */
		weir_append_i64(out, l);
		weir_append_i64(out, r);
		if (*(int *)user != 2)
			weir_append_end(out);
	}
	return 0;
}

static int mode;

static void open_case(struct user_case *one, struct fed_op *fed, int64_t lower, int64_t upper)
{
	user_case_init(one, WR_U_INTERVAL_JOIN, 2, 2);
	one->user.u.interval.lower_ms = lower;
	one->user.u.interval.upper_ms = upper;
	one->user.u.interval.join = pair;
	one->user.u.interval.user = &mode;
	mode = 0;
	fed_open(fed, &one->plan);
}

static void row(struct fed_op *fed, uint32_t input, int64_t k, int64_t v, int64_t ts)
{
	struct event event = {.k = k, .v = v, .ts = ts};

	must(feed(fed, input, &event, 1));
}

static void reload(struct user_case *one, struct fed_op *fed)
{
	struct saved_op saved;
	struct wr_op *old = fed->op;

	save_op(&saved, old);
	must(wr_op_new(&one->node, &one->plan.env, &fed->op));
	fed->op->out = old->out;
	load_op(&saved, fed->op);
	saved_release(&saved);
	wr_op_free(old);
}

/* -5 <= right - left <= 10, bounds included. */
static void test_bounds(void **state)
{
	struct user_case one;
	struct fed_op fed;

	(void)state;
	open_case(&one, &fed, -5, 10);
	row(&fed, 0, 1, 100, 1000);
	row(&fed, 1, 1, 0, 994);
	row(&fed, 1, 1, 3, 995);
	row(&fed, 1, 1, 6, 1010);
	row(&fed, 1, 1, 9, 1011);
	row(&fed, 1, 2, 12, 1000); /* of another key */
	expect_rows(&fed, true, "100 | 3\n100 | 6\n");
	reload(&one, &fed);
	row(&fed, 0, 1, 101, 999);
	expect_rows(&fed, false, "101 | 0\n101 | 3\n");
	feed_mark(&fed, 1005,
		  false);           /* right rows before 1000 may still meet none: 994 + 5 < 1005 */
	row(&fed, 0, 1, 102, 1004); /* within the bounds of 1010 and 1011, 995 is gone */
	expect_rows(&fed, false, "102 | 6\n102 | 9\n");
	feed_mark(&fed, 0, true);
	expect_rows(&fed, true, "");
	fed_close(&fed);
}

static void test_failures(void **state)
{
	struct user_case one;
	struct fed_op fed;
	struct event event = {.k = 1};
	wr_status *status;

	(void)state;
	for (int m = 1; m <= 2; m++) {
		open_case(&one, &fed, 0, 0);
		row(&fed, 0, 1, 1, 0);
		mode = m;
		status = feed(&fed, 1, &event, 1);
		assert_non_null(status);
		assert_non_null(
		    strstr(status->text, m == 1 ? "callback of interval join 'test' has failed"
						: "A row has 2 of its 2 values"));
		wr_status_free(status);
		fed_close(&fed);
	}
}

/* All pairs of rows that are not late. */
static void test_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct event event[2][150];
		struct wr_text want[20000];
		uint32_t wants = 0, at[2] = {0, 0};
		uint64_t random = seed;
		struct user_case one;
		struct fed_op fed;

		for (uint32_t s = 0; s < 2; s++)
			for (uint32_t i = 0; i < 150; i++)
				event[s][i] = (struct event){.k = below(&random, 4),
							     .v = (int64_t)(s * 1000 + i),
							     .ts = i * 2 + below(&random, 5)};
		for (uint32_t l = 0; l < 150; l++)
			for (uint32_t r = 0; r < 150; r++) {
				int64_t d = event[1][r].ts - event[0][l].ts;

				if (event[0][l].k != event[1][r].k || d < -7 || d > 12)
					continue;
				for (int64_t i = 0; i <= event[1][r].v % 3 % 2; i++) {
					wr_text_init(&want[wants]);
					wr_text_printf(&want[wants++], "%lld | %lld",
						       (long long)event[0][l].v,
						       (long long)event[1][r].v);
				}
			}
		open_case(&one, &fed, -7, 12);
		while (at[0] < 150 || at[1] < 150) {
			uint32_t s = at[0] == 150 || (at[1] < 150 && below(&random, 2) == 0);
			uint32_t n = 1 + (uint32_t)below(&random, 9);

			n = WR_MIN(n, 150 - at[s]);
			must(feed(&fed, s, event[s] + at[s], n));
			at[s] += n;
			if (below(&random, 4) > 0)
				continue;
			/* Rows to come are not before it. */
			feed_mark(&fed, 2 * (int64_t)WR_MIN(at[0], at[1]) - 1, false);
			reload(&one, &fed);
		}
		feed_mark(&fed, 0, true);
		assert_int_equal(fed.count, wants);
		for (uint32_t i = 0; i < fed.count; i++) {
			char *copy = wr_strdup(strstr(wr_text_str(&fed.row[i]), " | ") + 3);

			wr_text_clear(&fed.row[i]);
			wr_text_puts(&fed.row[i], copy);
			wr_free(copy);
		}
		sort_texts(fed.row, fed.count);
		sort_texts(want, wants);
		for (uint32_t i = 0; i < wants; i++) {
			assert_string_equal(wr_text_str(&fed.row[i]), wr_text_str(&want[i]));
			wr_text_release(&want[i]);
		}
		fed_close(&fed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
