/* SPDX-License-Identifier: Apache-2.0
 *
 * trace - contexts as W3C writes them; spans are bounded, and their queue, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/trace.h"

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static void test_context(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "00",
	    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
	    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
	    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
	    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
	    "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	    "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
	    "00-0af7651916cd43dd8448eb211c8031 c-b7ad6b7169203331-01",
	};
	struct wr_trace_context context;
	char text[WR_TRACE_PARENT_LEN + 1];

	assert_true(wr_trace_parent_read(wr_str_of(PARENT), &context));
	wr_trace_parent_write(&context, text);
	assert_string_equal(text, PARENT);
	assert_true(wr_trace_parent_read(
	    wr_str_of("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03-more"), &context));
	wr_trace_parent_write(&context, text);
	assert_string_equal(text, PARENT);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		assert_false(wr_trace_parent_read(wr_str_of(wrong[i]), &context));
		assert_false(wr_trace_is_set(&context));
	}
}

static void test_bounds(void **state)
{
	struct wr_tracer *tracer = wr_tracer_new(wr_env_system(), WR_OTLP_JSON, 2);
	struct wr_tracer_stats stats;
	struct wr_trace_span span;
	struct wr_otlp_writer writer;
	struct wr_text out = {0};

	for (int i = 0; i < 3; i++) {
		wr_trace_begin(&span, tracer, "one", WR_TRACE_INTERNAL, NULL);
		for (int k = 0; k < WR_TRACE_ITEMS_MAX + 5; k++)
			wr_trace_int(&span, "k", k);
		wr_trace_error(&span, "why");
		wr_trace_end(&span);
		wr_trace_end(&span);
	}
	wr_tracer_stats(tracer, &stats);
	assert_int_equal(stats.ended, 3);
	assert_int_equal(stats.dropped, 1);
	wr_otlp_writer_init(&writer, WR_OTLP_JSON, &out);
	assert_int_equal(wr_tracer_take(tracer, 10, &writer), 2);
	assert_non_null(strstr(out.data, "\"droppedAttributesCount\":5"));
	assert_non_null(strstr(out.data, "\"status\":{\"code\":2,\"message\":\"why\"}"));
	wr_text_release(&out);
	wr_tracer_free(tracer);
}

/* Without a tracer nothing happens. */
static void test_nobody(void **state)
{
	struct wr_trace_span span;

	wr_trace_begin(&span, NULL, "one", WR_TRACE_INTERNAL, NULL);
	wr_trace_text(&span, "a", "b");
	wr_trace_event(&span, "a", NULL, NULL);
	wr_trace_error(&span, "why");
	assert_null(wr_trace_context_of(&span));
	wr_trace_end(&span);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_context),
					   cmocka_unit_test(test_bounds),
					   cmocka_unit_test(test_nobody)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
