/* SPDX-License-Identifier: Apache-2.0
 *
 * registry_client - the schemas of a Confluent Schema Registry, or of one that speaks its protocol.
 *
 * A message of a format "-confluent" begins with a zero byte and the number of a schema (four
 * bytes, the highest first). A reader asks the registry for the schema of a number, which never
 * changes; a writer registers its schema under a subject and gets the number.
 *
 * Several URLs are replicas: one that does not answer is left for the next, and when none answers
 * all are tried again after a pause, a few times; then the call fails and may be repeated
 * (WR_RESTART). What the registry itself refuses is never repeated.
 *
 * Logins, tokens and passwords go into no message; of a URL, what stands before its "@" does not
 * either.
 *
 * Every decoder and encoder has a client of its own, with its own connection: nothing is shared, so
 * nothing is locked. Answers are cached by who asks (as programs, not as texts).
 *
 * Thread: one owner. Order of calls: new -> (schema | enrol)* -> free.
 */
#ifndef WR_FORMATS_REGISTRY_CLIENT_H
#define WR_FORMATS_REGISTRY_CLIENT_H

#include "base/arena.h"
#include "base/option.h"
#include "base/text.h"

/* Rows of a format's option table. */
#define WR_REGISTRY_OPTIONS                                                                        \
	{.name = "url",                                                                            \
	 .type = WR_OPTION_STRING,                                                                 \
	 .required = true,                                                                         \
	 .doc = "Where the schema registry answers: one URL, or several, separated by commas."},   \
	    {.name = "subject",                                                                    \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "The subject under which the schema that is written is registered. Default: "  \
		    "the topic with -value or -key behind it."},                                   \
	    {.name = "schema",                                                                     \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "The schema to write and, for defaults and aliases, to read with, instead of " \
		    "the one that the columns make."},                                             \
	    {.name = "ssl.truststore.location",                                                    \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "Certificates to trust, a PEM file."},                                         \
	    {.name = "ssl.truststore.password",                                                    \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "Accepted for scripts that set it; a PEM file has none."},                     \
	    {.name = "ssl.keystore.location",                                                      \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "Own certificate and key: a PEM file with both, or PKCS #12 (.p12, .pfx)."},   \
	    {.name = "ssl.keystore.password",                                                      \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "Password of the own key. Also '${env:NAME}' and '${file:PATH}'."},            \
	    {.name = "basic-auth.credentials-source",                                              \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "Where the login is: USER_INFO (the default with a basic-auth.user-info) or "  \
		    "URL."},                                                                       \
	    {.name = "basic-auth.user-info",                                                       \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "The login, user:password. Also '${env:NAME}' and '${file:PATH}'."},           \
	    {.name = "bearer-auth.credentials-source",                                             \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "STATIC_TOKEN: the token is bearer-auth.token."},                              \
	    {.name = "bearer-auth.token",                                                          \
	     .type = WR_OPTION_STRING,                                                             \
	     .doc = "A token to log in with. Also '${env:NAME}' and '${file:PATH}'."},             \
	    {.name = "properties.http.connect.timeout.ms",                                         \
	     .type = WR_OPTION_INT,                                                                \
	     .fallback = "5000",                                                                   \
	     .min = 1,                                                                             \
	     .max = 600000,                                                                        \
	     .doc = "How long a connection may take, in milliseconds."},                           \
	    {.name = "properties.http.read.timeout.ms",                                            \
	     .type = WR_OPTION_INT,                                                                \
	     .fallback = "10000",                                                                  \
	     .min = 1,                                                                             \
	     .max = 600000,                                                                        \
	     .doc = "How long a request may take, in milliseconds."},                              \
	{                                                                                          \
		.name = "properties.auto.register.schemas", .type = WR_OPTION_BOOL,                \
		.fallback = "true",                                                                \
		.doc = "false: the schema that is written must be there already."                  \
	}

#define WR_REGISTRY_HEAD       5u         /* bytes before the record: zero, number of the schema */
#define WR_REGISTRY_TEXTS_MAX  64u        /* schemas that one refers to, itself counted */
#define WR_REGISTRY_ANSWER_MAX (8u << 20) /* bytes of an answer */

struct wr_registry;

/* A schema and those that it refers to. */
struct wr_registry_schema {
	const char *type; /* "AVRO", "JSON", "PROTOBUF" */
	uint32_t count;   /* of texts: what is referred to comes first, the schema itself last */
	struct wr_str text[WR_REGISTRY_TEXTS_MAX];
	const char *name[WR_REGISTRY_TEXTS_MAX]; /* by which the reference calls it; the last: "" */
};

/* Checks the options (of a table with WR_REGISTRY_OPTIONS) without asking anyone. */
wr_status *wr_registry_check(const struct wr_options *options);
wr_status *wr_registry_new(const struct wr_options *options, struct wr_registry **out);
void wr_registry_free(struct wr_registry *registry); /* NULL allowed */

/* The schema of a number, in `arena`; *known false: the registry has none of that number. */
wr_status *wr_registry_get(struct wr_registry *registry, uint32_t number, struct wr_arena *arena,
			   struct wr_registry_schema *out, bool *known);
/* The newest schema of a subject; *known false: there is no such subject. */
wr_status *wr_registry_latest(struct wr_registry *registry, const char *subject,
			      struct wr_arena *arena, struct wr_registry_schema *out,
			      uint32_t *number, bool *known);
/* The number of a schema under a subject, which it is registered for unless the options forbid it.
 * Refused because it is not compatible: a user error with the registry's own words. */
wr_status *wr_registry_enrol(struct wr_registry *registry, const char *subject, const char *type,
			     struct wr_str text, uint32_t *number);

/* The subject of the options, or that of the topic; a user error when there is neither. In `arena`.
 */
wr_status *wr_registry_subject(const struct wr_options *options, const char *topic, bool is_key,
			       struct wr_arena *arena, const char **out);

/* The number in front of a message; false: it has none. */
static inline bool wr_registry_head(const char *data, size_t len, uint32_t *number)
{
	const uint8_t *p = (const uint8_t *)data;

	if (len < WR_REGISTRY_HEAD || p[0] != 0)
		return false;
	*number = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 8 | p[4];
	return true;
}
static inline void wr_registry_put_head(struct wr_text *out, uint32_t number)
{
	const char head[WR_REGISTRY_HEAD] = {0, (char)(number >> 24), (char)(number >> 16),
					     (char)(number >> 8), (char)number};

	wr_text_add(out, head, sizeof head);
}

#endif
