/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of kafka_properties: names of Java's clients, logins, key stores, secrets.
 */
#include "connectors/kafka_properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/macros.h"

/* Translates up to two options; key NULL: none. */
static wr_status *translate(struct wr_kafka_properties *properties, const char *key,
			    const char *value, const char *key2, const char *value2)
{
	struct wr_given given[] = {{.key = "topic", .value = "t"},
				   {.key = key, .value = value},
				   {.key = key2, .value = value2}};
	struct wr_connector_args args = {.env = wr_env_system(),
					 .table = "t",
					 .given = given,
					 .given_count = key2 != NULL ? 3 : 2};

	return wr_kafka_properties_init(properties, &args);
}

/* One option becomes one property. */
static void becomes(const char *key, const char *value, const char *name, const char *wanted)
{
	struct wr_kafka_properties properties;

	assert_null(translate(&properties, key, value, NULL, NULL));
	if (name == NULL) {
		assert_int_equal(properties.count, 0);
	} else {
		assert_int_equal(properties.count, 1);
		assert_string_equal(properties.property[0].name, name);
		assert_string_equal(properties.property[0].value, wanted);
		assert_string_equal(properties.property[0].key, key);
	}
	wr_kafka_properties_release(&properties);
}

static void refused(const char *key, const char *value, const char *hint)
{
	struct wr_kafka_properties properties;
	wr_status *status = translate(&properties, key, value, NULL, NULL);

	assert_non_null(status);
	assert_non_null(strstr(status->text, key));
	assert_non_null(strstr(status->hint, hint));
	wr_status_free(status);
	wr_kafka_properties_release(&properties);
}

static void test_names(void **state)
{
	becomes("properties.bootstrap.servers", "a:1", "bootstrap.servers", "a:1");
	becomes("properties.fetch.max.wait.ms", "5", "fetch.wait.max.ms", "5");
	becomes("properties.buffer.memory", "1048576", "queue.buffering.max.kbytes", "1024");
	becomes("properties.buffer.memory", "10", "queue.buffering.max.kbytes", "1");
	becomes("properties.ssl.endpoint.identification.algorithm", "",
		"ssl.endpoint.identification.algorithm", "none");
	becomes("properties.auto.offset.reset", "none", "auto.offset.reset", "error");
	becomes("properties.max.poll.records", "5", NULL, NULL);
	becomes("properties", "5", NULL, NULL);
	becomes("properties.no.such.name", "5", "no.such.name", "5"); /* librdkafka knows */
	refused("properties.interceptor.classes", "a.B", "Java");
	refused("properties.partitioner.class", "a.B", "sink.partitioner");
}

/* User and password of a login of Java. */
static void login(const char *text, const char *user, const char *password)
{
	struct wr_kafka_properties properties;

	assert_null(translate(&properties, "properties.sasl.jaas.config", text, NULL, NULL));
	assert_string_equal(wr_kafka_property_get(&properties, "sasl.username"), user);
	assert_string_equal(wr_kafka_property_get(&properties, "sasl.password"), password);
	assert_null(wr_kafka_property_get(&properties, "sasl.jaas.config"));
	wr_kafka_properties_release(&properties);
}

static void test_logins(void **state)
{
	login("org.apache.kafka.common.security.plain.PlainLoginModule required username=\"u\" "
	      "password=\"p;w\";",
	      "u", "p;w");
	login("x.ScramLoginModule required\n  username = 'ada'\n  password = 'a\\'b\\\\c' ;", "ada",
	      "a'b\\c");
	login("PlainLoginModule required password=pw username=me;", "me", "pw");
	login("PlainLoginModule required serviceusername=\"no\" username=\"\" password=\"\";", "",
	      "");
	refused("properties.sasl.jaas.config", "com.sun.Krb5LoginModule required;",
		"sasl.kerberos.*");
	refused("properties.sasl.jaas.config", "PlainLoginModule required username=\"u\";",
		"sasl.username");
}

static void test_stores(void **state)
{
	struct wr_kafka_properties properties;

	becomes("properties.ssl.truststore.location", "/x/ca.pem", "ssl.ca.location", "/x/ca.pem");
	becomes("properties.ssl.keystore.location", "/x/me.p12", "ssl.keystore.location",
		"/x/me.p12");
	refused("properties.ssl.truststore.location", "/x/trust.jks", "ssl.ca.location");
	refused("properties.ssl.truststore.location", "/x/trust", "ssl.ca.location");
	refused("properties.ssl.keystore.location", "/x/me.jks", "PKCS12");
	assert_null(translate(&properties, "properties.ssl.keystore.location", "/x/me",
			      "properties.ssl.keystore.type", "PEM"));
	assert_string_equal(wr_kafka_property_get(&properties, "ssl.certificate.location"),
			    "/x/me");
	assert_string_equal(wr_kafka_property_get(&properties, "ssl.key.location"), "/x/me");
	assert_int_equal(properties.count, 2);
	wr_kafka_properties_release(&properties);
}

static void test_secrets(void **state)
{
	setenv("WEIR_TEST_SECRET", "hush", 1);
	becomes("properties.sasl.password", "${env:WEIR_TEST_SECRET}", "sasl.password", "hush");
	unsetenv("WEIR_TEST_SECRET");
	refused("properties.sasl.password", "${env:WEIR_TEST_SECRET}", "environment");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_logins),
	    cmocka_unit_test(test_stores),
	    cmocka_unit_test(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
