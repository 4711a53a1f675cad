/* SPDX-License-Identifier: Apache-2.0
 *
 * raw - lines as they are.
 */
#include "format_case.h"

static void test_lines(void **state)
{
	struct format_case c;

	case_expect("raw", "s STRING", NULL, "a b\r\n\n{\"x\":1}\nmore than twelve bytes",
		    "a b\n\n{\"x\":1}\nmore than twelve bytes\n");
	case_expect("raw", "s STRING", NULL, "a\xff\nb\n",
		    "b\n!0 0+2 encoding s: the value is not UTF-8\n");
	case_expect("raw", "s BYTES", NULL, "a\xff\n", "x'61ff'\n");
	case_open(&c, "raw", "s STRING", NULL);
	assert_null(c.format->check(&c.args, false));
	assert_string_equal(case_encode(&c, &wr_format_json, "{\"s\":\"a,\\\"b\"}\n{}\n", NULL),
			    "a,\"b\n\n");
	case_close(&c);
}

static void test_check(void **state)
{
	static const char *const charset[] = {"charset=nonsense", NULL};
	static const char *const wide[] = {"charset=UTF-16", NULL};
	static const struct {
		const char *columns;
		const char *const *options;
		const char *message;
	} cases[] = {{"a STRING, b STRING", NULL, "one column"},
		     {"a INT", NULL, "one column"},
		     {"a STRING", charset, "no known charset"},
		     {"a STRING", wide, "cannot be told apart"}};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct format_case c;
		case_open(&c, "raw", cases[i].columns, cases[i].options);
		wr_status *status = c.format->check(&c.args, true);
		assert_non_null(strstr(status->text, cases[i].message));
		wr_status_free(status);
		case_close(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
