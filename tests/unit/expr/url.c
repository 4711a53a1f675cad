/* SPDX-License-Identifier: Apache-2.0
 *
 * url - tests of the URL functions: the recorded calls, odd URLs, columns.
 */
#include "call_url.h"

static void recorded_calls(void **state)
{
	(void)state;
	check_calls(url_calls, WR_COUNT(url_calls));
}

static void odd_urls(void **state)
{
	static const struct call_test tests[] = {
	    {"PARSE_URL('http://h:', 'HOST')", "STRING", "h"},
	    {"PARSE_URL('http://h:-2/', 'HOST')", NULL, "NULL"},
	    {"PARSE_URL('http://h:99999999999/', 'HOST')", NULL, "NULL"},
	    {"PARSE_URL('http://[::1/', 'HOST')", NULL, "NULL"},
	    {"PARSE_URL('http://[zz]/', 'HOST')", NULL, "NULL"},
	    {"PARSE_URL('http:', 'PATH')", NULL, ""},
	    {"PARSE_URL(':', 'HOST')", NULL, "NULL"},
	    {"PARSE_URL('', 'HOST')", NULL, "NULL"},
	    {"PARSE_URL('mailto:', 'PATH')", NULL, "NULL"},
	    {"PARSE_URL('jar:file:/a', 'PATH')", NULL, "NULL"},
	    {"PARSE_URL('HTTPS://H/p', 'PROTOCOL')", NULL, "https"},
	    {"PARSE_URL('HTTPS://H/p', 'HOST')", NULL, "H"},
	    {"PARSE_URL('ftp://u@h', 'USERINFO')", NULL, "u"},
	    {"PARSE_URL('http://h/?qq=1&q=2', 'QUERY', 'q')", NULL, "2"},
	    {"PARSE_URL('http://h/?q=1', 'PATH', 'q')", NULL, "NULL"},
	    {"PARSE_URL('http://h/?q', 'QUERY', 'q')", NULL, "NULL"},
	    {"PARSE_URL(NULL::STRING, 'HOST')", NULL, "NULL"},
	    {"URL_DECODE('%C3')", NULL, "\xef\xbf\xbd"},
	    {"URL_DECODE('%E2%82%AC%2')", NULL, "NULL"},
	    {"URL_DECODE('a%+1')", NULL, "a\x01"},
	    {"URL_ENCODE(1)", NULL, "ERROR Cannot apply 'URL_ENCODE'"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

static void parts_by_row(void **state)
{
	static const char *const urls[] = {
	    "https://a-long-host-name.example.org:8443/a/long/path/to/something?x=1#top", NULL,
	    "not a url", "http://h/p"};
	static const char *const parts[] = {"PATH", "HOST", "HOST", "FILE"};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_column *u = column_of(&f, &WR_T_STRING, urls, 4);
	struct wr_column *p = column_of(&f, &WR_T_STRING, parts, 4);
	const struct named_column columns[] = {{"u", u}, {"p", p}, {NULL, NULL}};
	assert_string_equal(rows_of(&f, "PARSE_URL(u, p)", columns, 4),
			    "/a/long/path/to/something|NULL|NULL|/p");
	assert_string_equal(rows_of(&f, "URL_DECODE(URL_ENCODE(u))", columns, 4),
			    "https://a-long-host-name.example.org:8443/a/long/path/to/something?"
			    "x=1#top|NULL|not a url|http://h/p");
	fixture_release(&f);
	wr_column_unref(u);
	wr_column_unref(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recorded_calls),
	    cmocka_unit_test(odd_urls),
	    cmocka_unit_test(parts_by_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
