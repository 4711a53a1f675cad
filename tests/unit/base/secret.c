/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets are not shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"

static void test_keys(void **state)
{
	static const char *const secret[] = {"password",
					     "properties.sasl.jaas.config",
					     "properties.SASL.Password",
					     "value.avro-confluent.bearer-auth.token",
					     "properties.ssl.key.pem",
					     "client-secret",
					     "avro-confluent.basic-auth.user-info"};
	static const char *const open[] = {"key.fields",
					   "key.format",
					   "topic",
					   "properties.ssl.key.location",
					   "properties.security.protocol",
					   "username"};

	for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
		assert_true(wr_secret_is(secret[i]));
	for (size_t i = 0; i < sizeof open / sizeof *open; i++)
		assert_false(wr_secret_is(open[i]));
}

static void test_hide(void **state)
{
	static const struct {
		const char *key, *value, *shown;
	} cases[] = {
	    {"password", "x", "******"},
	    {"password", "${env:PW}", "${env:PW}"},
	    {"password", "${file:/run/pw}", "${file:/run/pw}"},
	    {"url", "postgresql://u:p@h:1/d", "postgresql://u:******@h:1/d"},
	    {"url", "jdbc:postgresql://h/d?user=u&password=p&x=1",
	     "jdbc:postgresql://h/d?user=u&password=******&x=1"},
	    {"url", "http://h:8081/a@b", "http://h:8081/a@b"},
	    {"topic", "a:b@c", "a:b@c"},
	};
	struct wr_arena arena;

	wr_arena_init(&arena);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(wr_secret_hide(&arena, cases[i].key, cases[i].value),
				    cases[i].shown);
	wr_arena_release(&arena);
}

static void test_blot(void **state)
{
	static const struct {
		const char *script, *shown;
	} cases[] = {
	    {"'topic' = 'a', 'x.password'='it''s', 'b'",
	     "'topic' = 'a', 'x.password'='*****', 'b'"},
	    {"'token' = 'open", "'token' = '****"},
	    {"'token' = '${env:T}'", "'token' = '${env:T}'"},
	    {"'url' = 'pg://u:pw@h'", "'url' = 'pg://u:**@h'"},
	    {"SELECT 'password', 'x' FROM t", "SELECT 'password', 'x' FROM t"},
	    {"'", "'"},
	    {"", ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[128];

		snprintf(text, sizeof text, "%s", cases[i].script);
		wr_secret_blot(text, strlen(text));
		assert_string_equal(text, cases[i].shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_hide),
	    cmocka_unit_test(test_blot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
