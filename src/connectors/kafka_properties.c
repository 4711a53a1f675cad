/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_properties - see kafka_properties.h.
 */
#include "connectors/kafka_properties.h"

#include <ctype.h>
#include <strings.h>

#include "base/macros.h"
#include "base/secret.h"
#include "data/number.h"

#define PREFIX      "properties."
#define PER_OPTION  3 /* properties that one option can become */
#define KILO        1024
#define PLAIN_LOGIN "PlainLoginModule"
#define SCRAM_LOGIN "ScramLoginModule"

/* What becomes of a name of the Java clients that librdkafka does not have. */
struct translation {
	const char *java;   /* the name */
	const char *ours;   /* librdkafka's name; NULL: see advice */
	const char *advice; /* the name is refused, and this is what to do; NULL: left out */
};

static const struct translation translations[] = {
    {"fetch.max.wait.ms", "fetch.wait.max.ms", NULL},
    {"receive.buffer.bytes", "socket.receive.buffer.bytes", NULL},
    {"send.buffer.bytes", "socket.send.buffer.bytes", NULL},
    {"max.request.size", "message.max.bytes", NULL},
    {"ssl.truststore.certificates", "ssl.ca.pem", NULL},
    {"ssl.keystore.key", "ssl.key.pem", NULL},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem", NULL},
    {"sasl.login.callback.handler.class", NULL,
     "Use 'properties.sasl.oauthbearer.method' = 'oidc' and the other options "
     "'properties.sasl.oauthbearer.*'"},
    {"sasl.client.callback.handler.class", NULL, "Leave it out: it names a class of Java"},
    {"ssl.engine.factory.class", NULL, "Leave it out: it names a class of Java"},
    {"interceptor.classes", NULL, "Leave it out: it names classes of Java"},
    {"partitioner.class", NULL, "Use 'sink.partitioner'"},
    {"key.deserializer", NULL, NULL},
    {"value.deserializer", NULL, NULL},
    {"key.serializer", NULL, NULL},
    {"value.serializer", NULL, NULL},
    {"max.poll.records", NULL, NULL},
    {"max.block.ms", NULL, NULL},
    {"default.api.timeout.ms", NULL, NULL},
    {"exclude.internal.topics", NULL, NULL},
    {"group.protocol", NULL, NULL},
    {"partition.assignment.strategy", NULL, NULL},
    {"internal.leave.group.on.close", NULL, NULL},
    {"metric.reporters", NULL, NULL},
    {"metrics.num.samples", NULL, NULL},
    {"metrics.recording.level", NULL, NULL},
    {"metrics.sample.window.ms", NULL, NULL},
    {"auto.include.jmx.reporter", NULL, NULL},
    {"client.id.prefix", NULL, NULL},
    {"client.dns.lookup", NULL, NULL},
    {"register.consumer.metrics", NULL, NULL},
    {"commit.offsets.on.checkpoint", NULL, NULL},
    {"partition.discovery.interval.ms", NULL, NULL},
    {"partitioner.adaptive.partitioning.enable", NULL, NULL},
    {"partitioner.availability.timeout.ms", NULL, NULL},
    {"partitioner.ignore.keys", NULL, NULL},
    {"metadata.max.idle.ms", NULL, NULL},
    {"ssl.protocol", NULL, NULL},
    {"ssl.enabled.protocols", NULL, NULL},
    {"ssl.provider", NULL, NULL},
    {"ssl.keymanager.algorithm", NULL, NULL},
    {"ssl.trustmanager.algorithm", NULL, NULL},
    {"ssl.secure.random.implementation", NULL, NULL},
    {"ssl.truststore.type", NULL, NULL},
    {"ssl.truststore.password", NULL, NULL},
    {"ssl.keystore.type", NULL, NULL},
    {"security.providers", NULL, NULL},
};

/* --- single options -----------------------------------------------------------------------------
 */

static void add(struct wr_kafka_properties *properties, const struct wr_given *given,
		const char *name, const char *value)
{
	properties->property[properties->count++] = (struct wr_kafka_property){
	    .name = name, .value = value, .pos = given->pos, .key = given->key};
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}

/* Whether a store is of certificates as text: by the type the user names, else by the file's name.
 */
static bool is_pem(const char *path, const char *type)
{
	if (type != NULL)
		return strcasecmp(type, "PEM") == 0;
	return ends_with(path, ".pem") || ends_with(path, ".crt") || ends_with(path, ".cer");
}

static wr_status *truststore(struct wr_kafka_properties *properties,
			     const struct wr_connector_args *args, const struct wr_given *given)
{
	if (is_pem(given->value, wr_kafka_given(args, "ssl.truststore.type"))) {
		add(properties, given, "ssl.ca.location", given->value);
		return NULL;
	}
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, given->pos, "'%s': a key store of Java cannot be read",
			 given->key),
	    "Write its certificates to a PEM file (keytool -exportcert -rfc) and name that in "
	    "'" PREFIX "ssl.ca.location'");
}

static wr_status *keystore(struct wr_kafka_properties *properties,
			   const struct wr_connector_args *args, const struct wr_given *given)
{
	const char *type = wr_kafka_given(args, "ssl.keystore.type");

	if (is_pem(given->value, type)) {
		add(properties, given, "ssl.certificate.location", given->value);
		add(properties, given, "ssl.key.location", given->value);
		return NULL;
	}
	if (type != NULL ? strcasecmp(type, "JKS") != 0 : !ends_with(given->value, ".jks")) {
		add(properties, given, "ssl.keystore.location", given->value);
		return NULL;
	}
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, given->pos, "'%s': a key store of Java cannot be read",
			 given->key),
	    "Turn it into PKCS12 (keytool -importkeystore -deststoretype PKCS12) with "
	    "'" PREFIX "ssl.keystore.type' = 'PKCS12', or name PEM files in '" PREFIX
	    "ssl.certificate.location' and '" PREFIX "ssl.key.location'");
}

/* Finds NAME="VALUE" in a login and copies the value without its escapes; NULL: not there. */
static char *login_value(struct wr_arena *arena, const char *login, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(login, name); at != NULL; at = strstr(at + 1, name)) {
		const char *from = at + len;
		char quote, *value, *to;

		if (at > login && !isspace((unsigned char)at[-1]))
			continue;
		while (isspace((unsigned char)*from))
			from++;
		if (*from++ != '=')
			continue;
		while (isspace((unsigned char)*from))
			from++;
		quote = *from == '"' || *from == '\'' ? *from++ : '\0';
		value = to = wr_arena_alloc(arena, strlen(from) + 1);
		while (*from != '\0' &&
		       (quote != '\0' ? *from != quote
				      : !isspace((unsigned char)*from) && *from != ';')) {
			if (*from == '\\' && quote != '\0' && from[1] != '\0')
				from++;
			*to++ = *from++;
		}
		*to = '\0';
		return value;
	}
	return NULL;
}

/* Java's login: "...PlainLoginModule required username="u" password="p";". */
static wr_status *login(struct wr_kafka_properties *properties, const struct wr_given *given)
{
	char *user = NULL, *password = NULL;

	if (strstr(given->value, PLAIN_LOGIN) != NULL ||
	    strstr(given->value, SCRAM_LOGIN) != NULL) {
		user = login_value(&properties->arena, given->value, "username");
		password = login_value(&properties->arena, given->value, "password");
	}
	if (user == NULL || password == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, given->pos,
				 "'%s' is not understood: only the logins " PLAIN_LOGIN
				 " and " SCRAM_LOGIN " with a user name and a password are",
				 given->key),
		    "Use '" PREFIX "sasl.username' and '" PREFIX "sasl.password', or for "
		    "Kerberos and OAUTHBEARER the options of librdkafka ('" PREFIX
		    "sasl.kerberos.*', '" PREFIX "sasl.oauthbearer.*')");
	add(properties, given, "sasl.username", user);
	add(properties, given, "sasl.password", password);
	return NULL;
}

static wr_status *buffer_memory(struct wr_kafka_properties *properties,
				const struct wr_given *given)
{
	int64_t bytes = 0;

	if (!wr_i64_read(given->value, strlen(given->value), &bytes) || bytes <= 0)
		return wr_status_at(WR_USER_ERROR, given->pos,
				    "'%s' = '%s': must be a number of bytes", given->key,
				    given->value);
	add(properties, given, "queue.buffering.max.kbytes",
	    wr_arena_printf(&properties->arena, "%lld", (long long)WR_MAX(bytes / KILO, 1)));
	return NULL;
}

/* One of the table of translations. */
static wr_status *translate(struct wr_kafka_properties *properties, const struct wr_given *given,
			    const struct translation *translation)
{
	if (translation->ours != NULL)
		add(properties, given, translation->ours, given->value);
	else if (translation->advice != NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, given->pos,
						   "'%s' is an option of Java's clients that "
						   "cannot be had here",
						   given->key),
				      "%s", translation->advice);
	return NULL;
}

/* One option: a secret in place of its name, then as above. */
static wr_status *property(struct wr_kafka_properties *properties,
			   const struct wr_connector_args *args, const struct wr_given *written)
{
	const char *name = written->key + strlen(PREFIX), *value;
	struct wr_given secret = *written, *given = &secret;

	WR_TRY(wr_status_place(wr_secret_read(args->env, &properties->arena, written->key,
					      written->value, &secret.value),
			       written->pos));
	value = given->value;
	if (strcmp(name, "sasl.jaas.config") == 0)
		return login(properties, given);
	if (strcmp(name, "ssl.truststore.location") == 0)
		return truststore(properties, args, given);
	if (strcmp(name, "ssl.keystore.location") == 0)
		return keystore(properties, args, given);
	if (strcmp(name, "buffer.memory") == 0)
		return buffer_memory(properties, given);
	if (strcmp(name, "ssl.endpoint.identification.algorithm") == 0 && value[0] == '\0')
		value = "none";
	if (strcmp(name, "auto.offset.reset") == 0 && strcmp(value, "none") == 0)
		value = "error";
	for (uint32_t i = 0; i < WR_COUNT(translations); i++)
		if (strcmp(name, translations[i].java) == 0)
			return translate(properties, given, &translations[i]);
	add(properties, given, name, value);
	return NULL;
}

/* --- all of a table -----------------------------------------------------------------------------
 */

wr_status *wr_kafka_properties_init(struct wr_kafka_properties *properties,
				    const struct wr_connector_args *args)
{
	*properties = (struct wr_kafka_properties){0};
	wr_arena_init(&properties->arena);
	properties->property = WR_NEW_ARRAY(&properties->arena, struct wr_kafka_property,
					    args->given_count * PER_OPTION + 1);
	for (uint32_t i = 0; i < args->given_count; i++)
		if (strncmp(args->given[i].key, PREFIX, strlen(PREFIX)) == 0)
			WR_TRY(property(properties, args, &args->given[i]));
	return NULL;
}

void wr_kafka_properties_release(struct wr_kafka_properties *properties)
{
	wr_arena_release(&properties->arena);
	*properties = (struct wr_kafka_properties){0};
}

const char *wr_kafka_property_get(const struct wr_kafka_properties *properties, const char *name)
{
	const char *value = NULL;

	for (uint32_t i = 0; i < properties->count; i++)
		if (strcmp(properties->property[i].name, name) == 0)
			value = properties->property[i].value;
	return value;
}

const char *wr_kafka_given(const struct wr_connector_args *args, const char *name)
{
	for (uint32_t i = 0; i < args->given_count; i++) {
		const char *key = args->given[i].key;

		if (strncmp(key, PREFIX, strlen(PREFIX)) == 0 &&
		    strcmp(key + strlen(PREFIX), name) == 0)
			return args->given[i].value;
	}
	return NULL;
}
