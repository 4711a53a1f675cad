/* SPDX-License-Identifier: Apache-2.0
 *
 * traced - lists of traced rows follow what is done to their batches; spans end with the last row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/traced.h"

struct bench {
	struct wr_tracer *tracer;
	struct wr_row_sampler sampler;
};

static void bench_init(struct bench *bench, double share, uint32_t per_second)
{
	bench->tracer = wr_tracer_new(wr_env_system(), WR_OTLP_JSON, 1000);
	bench->sampler = (struct wr_row_sampler){.tracer = bench->tracer,
						 .env = wr_env_system(),
						 .job = "j",
						 .share = share,
						 .per_second = per_second};
}

/* Rows 3, 5 and 5 once more. */
static struct wr_traced *three(struct bench *bench)
{
	static const uint32_t rows[] = {3, 5, 5};
	struct wr_traced *list = NULL;

	for (int i = 0; i < 3; i++) {
		struct wr_trace_span span;

		assert_true(wr_row_sampler_begin(&bench->sampler, &span, "t", NULL));
		wr_traced_add(&list, rows[i], wr_row_trace_new(&span));
	}
	return list;
}

static uint64_t ended(struct bench *bench)
{
	struct wr_tracer_stats stats;

	wr_tracer_stats(bench->tracer, &stats);
	return stats.ended;
}

static void test_follow(void **state)
{
	static const uint32_t index[] = {5, 1, 3, 5};
	struct bench bench;
	struct wr_traced *list, *made;

	bench_init(&bench, 0, 1000);
	list = three(&bench);
	made = wr_traced_gather(list, index, 4);
	assert_int_equal(made->count, 5);
	assert_int_equal(made->at[0].row, 0);
	assert_int_equal(made->at[2].row, 2);
	assert_int_equal(made->at[4].row, 3);
	assert_ptr_equal(wr_traced_find(made, 2), list->at[0].trace);
	assert_null(wr_traced_find(made, 1));
	wr_traced_free(made);
	made = wr_traced_slice(list, 4, 2);
	assert_int_equal(made->count, 2);
	assert_int_equal(made->at[0].row, 1);
	wr_traced_free(list);
	assert_int_equal(ended(&bench), 1);
	wr_traced_free(made);
	assert_int_equal(ended(&bench), 3);
	assert_null(wr_traced_gather(NULL, index, 4));
	assert_null(wr_traced_slice(NULL, 0, 4));
	wr_tracer_free(bench.tracer);
}

/* What is sent has spans below those of the rows; what is taken in is linked. */
static void test_outcomes(void **state)
{
	struct wr_trace_span takes;
	struct wr_otlp_writer writer;
	struct wr_text out = {0};
	struct wr_traced *list;
	struct bench bench;

	bench_init(&bench, 0, 1000);
	wr_otlp_writer_init(&writer, WR_OTLP_JSON, &out);
	list = three(&bench);
	wr_traced_send(list, "s");
	wr_traced_fail(list, "no room");
	wr_traced_free(list);
	assert_int_equal(wr_tracer_take(bench.tracer, 10, &writer), 6);
	assert_non_null(strstr(out.data, "send s"));
	assert_non_null(strstr(out.data, "no room"));
	assert_non_null(strstr(out.data, "\"stringValue\":\"written\""));
	wr_text_clear(&out);
	list = three(&bench);
	wr_trace_begin(&takes, bench.tracer, "take in", WR_TRACE_INTERNAL, NULL);
	wr_traced_link(list, &takes);
	wr_trace_end(&takes);
	wr_traced_free(list);
	wr_traced_free(three(&bench));
	assert_int_equal(wr_tracer_take(bench.tracer, 10, &writer), 7);
	assert_non_null(strstr(out.data, "\"stringValue\":\"linked\""));
	assert_non_null(strstr(out.data, "\"stringValue\":\"left out\""));
	wr_text_release(&out);
	wr_tracer_free(bench.tracer);
}

/* As many rows as the share says, none where it says none, and no more in a second than may be. */
static void test_sampling(void **state)
{
	struct wr_row_dice dice = {0};
	struct bench bench;
	uint32_t hits = 0, begun = 0;

	bench_init(&bench, 0.01, 10);
	for (uint32_t at = 0; at < 1000000; at++) {
		uint32_t rows = 1 + at % 97, next = wr_row_dice_next(&dice, &bench.sampler, rows);

		assert_true(next <= rows);
		hits += next < rows;
		at += next;
	}
	assert_in_range(hits, 8000, 12000);
	for (uint32_t i = 0; i < 1000; i++) {
		struct wr_trace_span span;

		if (!wr_row_sampler_begin(&bench.sampler, &span, "t", NULL))
			continue;
		begun++;
		wr_trace_end(&span);
	}
	assert_in_range(begun, 10, 900);
	bench.sampler.share = 0;
	assert_int_equal(wr_row_dice_next(&dice, &bench.sampler, 5), 5);
	bench.sampler.share = 1;
	dice = (struct wr_row_dice){0};
	assert_int_equal(wr_row_dice_next(&dice, &bench.sampler, 5), 0);
	wr_tracer_free(bench.tracer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_follow),
					   cmocka_unit_test(test_outcomes),
					   cmocka_unit_test(test_sampling)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
