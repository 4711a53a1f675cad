/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp_answer - what collectors and what stands before them answer, in either form, and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "telemetry/otlp_answer.h"

struct answer {
	const char *body;
	size_t len;
	uint64_t rejected;
	const char *why;
};
#define ANSWER(body, rejected, why)                                                                \
	{                                                                                          \
		body, sizeof(body) - 1, rejected, why                                              \
	}

static struct wr_text text_of(const struct answer *answer)
{
	struct wr_text text = {0};

	wr_text_add(&text, answer->body, answer->len);
	return text;
}

static void test_rejected(void **state)
{
	static const struct answer answers[] = {
	    ANSWER("", 0, ""),
	    ANSWER("{}", 0, "{}"),
	    ANSWER("{\"partialSuccess\":{\"rejectedSpans\":\"12\"}}", 12,
		   "{\"partialSuccess\":{\"rejectedSpans\":\"12\"}}"),
	    ANSWER("\x0a\x00", 0, ""),
	    ANSWER("\x0a\x0a\x08\xac\x02\x12\x05too b", 300, "too b"),
	    ANSWER("\x0a\x04\x12\x02no", 0, "no"),
	    ANSWER("\x0a\x04\x12\x02n\xff", 0, "n\xef\xbf\xbd"),
	    /* More than there is, a number without end, a field that is not there, fewer than none.
	     */
	    ANSWER("\x0a\x20\x08\x01", 0, ""),
	    ANSWER("\x0a\x02\x08\xff", 0, ""),
	    ANSWER("\x0a\x02\x20\x01", 0, ""),
	    ANSWER("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, ""),
	};

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct wr_text text = text_of(&answers[i]), why = {0};

		assert_int_equal(wr_otlp_rejected(&text, "rejectedSpans", &why),
				 answers[i].rejected);
		assert_string_equal(wr_text_str(&why), answers[i].why);
		wr_text_release(&text);
		wr_text_release(&why);
	}
}

static void test_refused(void **state)
{
	static const struct answer answers[] = {
	    ANSWER("", 0, ""),
	    ANSWER("not now", 0, "not now"),
	    ANSWER("{\"message\":\"no\"}", 0, "{\"message\":\"no\"}"),
	    ANSWER("<html>", 0, "<html>"),
	    ANSWER("\x08\x03\x12\x03why\x1a\x02\x0a\x00", 0, "why"),
	    ANSWER("\x12\x03why", 0, "why"),
	    ANSWER("\x08\x03", 0, ""),
	    ANSWER("\x12\x20why", 0, "(an answer that cannot be read)"),
	};

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct wr_text text = text_of(&answers[i]), why = {0};

		wr_otlp_refused(&text, &why);
		assert_string_equal(wr_text_str(&why), answers[i].why);
		wr_text_release(&text);
		wr_text_release(&why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rejected),
					   cmocka_unit_test(test_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
