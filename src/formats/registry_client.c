/* SPDX-License-Identifier: Apache-2.0
 *
 * registry_client - the registry's requests and answers.
 *
 *	GET  /schemas/ids/7                        {"schema": "...", "schemaType": "AVRO",
 *	                                            "references": [{"name", "subject", "version"}]}
 *	GET  /subjects/orders-value/versions/3     the same, with "id"
 *	POST /subjects/orders-value/versions       {"schema": "..."}  -> {"id": 7}
 *	POST /subjects/orders-value                the same, if it is there
 *
 * A refusal is {"error_code": 40403, "message": "..."}; the message goes to the user.
 */
#include "formats/registry_client.h"

#include <stdio.h>
#include <strings.h>

#include "base/http_client.h"
#include "base/macros.h"
#include "base/mem.h"
#include "expr/json_doc.h"
#include "formats/registry_http.h"

#define REFERENCES_DEEP 16 /* schemas that refer to others that refer to others */

struct wr_registry {
	struct wr_registry_http *http;
	bool may_register;      /* properties.auto.register.schemas */
	struct wr_json_doc doc; /* the last answer */
	struct wr_text path;    /* scratch */
	struct wr_text answer;  /* the last answer's text */
};

/* --- options ------------------------------------------------------------
 */

static wr_status *unknown_source(const char *option, const char *value, const char *known)
{
	wr_status *status = wr_status_new(WR_USER_ERROR, "'%s' = '%s' is not there", option, value);
	return wr_status_hint(status, "Use %s", known);
}

/* Stores of Java's own form cannot be read here. */
static wr_status *check_store(const struct wr_options *options, const char *option, bool pkcs12)
{
	const char *path = wr_options_str(options, option);
	const char *dot = path == NULL ? NULL : strrchr(path, '.');

	if (dot == NULL ||
	    (strcasecmp(dot, ".jks") != 0 &&
	     (pkcs12 || (strcasecmp(dot, ".p12") != 0 && strcasecmp(dot, ".pfx") != 0))))
		return NULL;
	wr_status *status = wr_status_new(
	    WR_USER_ERROR, "'%s' = '%s' is a store of keys in Java's form", option, path);
	return wr_status_hint(status, "Make a PEM file of it, with 'keytool -exportcert -rfc' or "
				      "'openssl pkcs12'");
}

wr_status *wr_registry_check(const struct wr_options *options)
{
	const char *basic = wr_options_str(options, "basic-auth.credentials-source");
	const char *bearer = wr_options_str(options, "bearer-auth.credentials-source");

	if (basic != NULL && strcmp(basic, "USER_INFO") != 0 && strcmp(basic, "URL") != 0)
		return unknown_source("basic-auth.credentials-source", basic, "USER_INFO or URL");
	if (bearer != NULL && strcmp(bearer, "STATIC_TOKEN") != 0)
		return unknown_source("bearer-auth.credentials-source", bearer, "STATIC_TOKEN");
	if (basic != NULL && strcmp(basic, "USER_INFO") == 0 &&
	    wr_options_str(options, "basic-auth.user-info") == NULL)
		return wr_status_new(WR_USER_ERROR, "'basic-auth.user-info' is missing");
	if (bearer != NULL && wr_options_str(options, "bearer-auth.token") == NULL)
		return wr_status_new(WR_USER_ERROR, "'bearer-auth.token' is missing");
	WR_TRY(check_store(options, "ssl.truststore.location", false));
	return check_store(options, "ssl.keystore.location", true);
}

wr_status *wr_registry_subject(const struct wr_options *options, const char *topic, bool is_key,
			       struct wr_arena *arena, const char **out)
{
	const char *subject = wr_options_str(options, "subject");

	*out = subject;
	if (subject != NULL)
		return NULL;
	if (topic != NULL) {
		*out = wr_arena_printf(arena, "%s-%s", topic, is_key ? "key" : "value");
		return NULL;
	}
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "The schema that is written needs a subject"),
	    "Set the format's option 'subject'");
}

wr_status *wr_registry_new(const struct wr_options *options, struct wr_registry **out)
{
	struct wr_registry *registry = wr_calloc(1, sizeof *registry);

	*out = NULL;
	wr_json_init(&registry->doc);
	wr_text_init(&registry->path);
	wr_text_init(&registry->answer);
	registry->may_register = wr_options_bool(options, "properties.auto.register.schemas");
	wr_status *status = wr_registry_http_new(options, &registry->http);
	if (status != NULL) {
		wr_registry_free(registry);
		return status;
	}
	*out = registry;
	return NULL;
}

void wr_registry_free(struct wr_registry *registry)
{
	if (registry == NULL)
		return;
	wr_registry_http_free(registry->http);
	wr_json_release(&registry->doc);
	wr_text_release(&registry->path);
	wr_text_release(&registry->answer);
	wr_free(registry);
}

/* --- answers ------------------------------------------------------------
 */

/* A member of the answer; NULL: it is not there. */
static const struct wr_json_node *answer_member(const struct wr_registry *registry, uint32_t object,
						const char *key, enum wr_json_kind kind)
{
	const struct wr_json_doc *doc = &registry->doc;

	if (doc->count == 0 || doc->node[object].kind != WR_JSON_OBJECT)
		return NULL;
	uint32_t i = wr_json_get(doc, object, wr_str_of(key));
	return i == UINT32_MAX || doc->node[i].kind != kind ? NULL : &doc->node[i];
}

static const char *answer_text(const struct wr_registry *registry, uint32_t object, const char *key,
			       struct wr_arena *arena)
{
	const struct wr_json_node *node = answer_member(registry, object, key, WR_JSON_STRING);

	return node == NULL ? NULL : wr_arena_strndup(arena, node->text, node->len);
}

/* A number of up to nine digits; false: there is none. */
static bool answer_number(const struct wr_registry *registry, uint32_t object, const char *key,
			  uint32_t *out)
{
	const struct wr_json_node *node = answer_member(registry, object, key, WR_JSON_INTEGER);
	uint64_t value = 0;

	if (node == NULL || node->len > 10 || node->text[0] == '-')
		return false;
	for (uint32_t i = 0; i < node->len; i++)
		value = value * 10 + (uint64_t)(node->text[i] - '0');
	*out = (uint32_t)value;
	return value <= INT32_MAX;
}

/* What the registry says instead of an answer. */
static wr_status *refused(const struct wr_registry *registry, const char *what, long code)
{
	const struct wr_json_node *node = answer_member(registry, 0, "message", WR_JSON_STRING);
	struct wr_str said = node != NULL ? (struct wr_str){node->text, node->len}
					  : wr_str_of(wr_text_str(&registry->answer));

	wr_status *status =
	    wr_status_new(WR_USER_ERROR, "The schema registry at %s refuses %s: %.*s (HTTP %ld)",
			  wr_registry_http_url(registry->http), what,
			  (int)WR_MIN(said.len, (size_t)600), said.data, code);
	if (code == 401 || code == 403)
		wr_status_hint(status, "Check the login: 'basic-auth.user-info' or "
				       "'bearer-auth.token'");
	if (code == 404)
		wr_status_hint(status, "Register the schema, name another 'subject', or set "
				       "'properties.auto.register.schemas' = 'true'");
	if (code == 409)
		wr_status_hint(status, "Change the columns so that readers of the older schema can "
				       "read the new one, or the subject's compatibility");
	return status;
}

/* Sends a request and reads the answer's JSON. */
static wr_status *ask(struct wr_registry *registry, const char *path, struct wr_str body,
		      long *code)
{
	struct wr_text *answer = &registry->answer;

	WR_TRY(wr_registry_http_call(registry->http, path, body, code, answer));
	bool json = answer->len != 0 && wr_json_parse(&registry->doc, answer->data, answer->len);
	if (!json)
		registry->doc.count = 0;
	if (json || *code >= 400)
		return NULL;
	wr_status *status = wr_status_new(WR_USER_ERROR, "What answers at %s is no schema registry",
					  wr_registry_http_url(registry->http));
	return wr_status_hint(status,
			      "Check 'url'; some registries have a path behind the port, as "
			      "/apis/ccompat/v7");
}

/* --- schemas
 * -------------------------------------------------------------------------------------- */

struct reference {
	const char *name;
	const char *subject;
	uint32_t version;
};

static wr_status *add_schema(struct wr_registry *registry, const char *name, struct wr_arena *arena,
			     struct wr_registry_schema *out, int depth);

static bool has_text(const struct wr_registry_schema *schema, const char *name)
{
	for (uint32_t i = 0; i < schema->count; i++) {
		if (strcmp(schema->name[i], name) == 0)
			return true;
	}
	return false;
}

/* The references of the schema in the last answer. */
static struct reference *read_references(const struct wr_registry *registry, struct wr_arena *arena,
					 uint32_t *count)
{
	const struct wr_json_node *list = answer_member(registry, 0, "references", WR_JSON_ARRAY);
	struct reference *reference;

	*count = 0;
	if (list == NULL || list->count == 0)
		return NULL;
	reference = WR_NEW_ARRAY(arena, struct reference, list->count);
	uint32_t first = (uint32_t)(list - registry->doc.node) + 1;
	for (uint32_t i = first; i < list->end; i = registry->doc.node[i].end) {
		struct reference *r = &reference[*count];
		r->name = answer_text(registry, i, "name", arena);
		r->subject = answer_text(registry, i, "subject", arena);
		if (r->name != NULL && r->subject != NULL &&
		    answer_number(registry, i, "version", &r->version))
			(*count)++;
	}
	return reference;
}

/* Asks for a schema that another one refers to. */
static wr_status *add_reference(struct wr_registry *registry, const struct reference *reference,
				struct wr_arena *arena, struct wr_registry_schema *out, int depth)
{
	long code;

	wr_text_clear(&registry->path);
	wr_text_puts(&registry->path, "/subjects/");
	wr_http_escape(&registry->path, reference->subject);
	wr_text_printf(&registry->path, "/versions/%u", reference->version);
	WR_TRY(ask(registry, wr_text_str(&registry->path), (struct wr_str){0}, &code));
	if (code >= 400)
		return refused(registry, "a schema that another one refers to", code);
	return add_schema(registry, reference->name, arena, out, depth);
}

/* The schema of the last answer, behind those that it refers to. */
static wr_status *add_schema(struct wr_registry *registry, const char *name, struct wr_arena *arena,
			     struct wr_registry_schema *out, int depth)
{
	uint32_t count;
	const struct wr_json_node *node = answer_member(registry, 0, "schema", WR_JSON_STRING);

	if (node == NULL || depth > REFERENCES_DEEP)
		return wr_status_new(WR_USER_ERROR,
				     node == NULL
					 ? "The schema registry's answer has no schema"
					 : "The schema refers to others that refer to others, "
					   "without end");
	struct wr_str text = {wr_arena_strndup(arena, node->text, node->len), node->len};
	const char *type = answer_text(registry, 0, "schemaType", arena);
	struct reference *reference = read_references(registry, arena, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (!has_text(out, reference[i].name))
			WR_TRY(add_reference(registry, &reference[i], arena, out, depth + 1));
	}
	if (out->count == WR_REGISTRY_TEXTS_MAX)
		return wr_status_new(WR_USER_ERROR, "The schema refers to more than %u others",
				     WR_REGISTRY_TEXTS_MAX);
	out->type = type != NULL ? type : "AVRO";
	out->name[out->count] = name;
	out->text[out->count++] = text;
	return NULL;
}

wr_status *wr_registry_get(struct wr_registry *registry, uint32_t number, struct wr_arena *arena,
			   struct wr_registry_schema *out, bool *known)
{
	char what[40];
	long code;

	memset(out, 0, sizeof *out);
	wr_text_clear(&registry->path);
	wr_text_printf(&registry->path, "/schemas/ids/%u", number);
	WR_TRY(ask(registry, wr_text_str(&registry->path), (struct wr_str){0}, &code));
	*known = code != 404;
	if (code == 404)
		return NULL;
	snprintf(what, sizeof what, "schema %u", number);
	return code >= 400 ? refused(registry, what, code)
			   : add_schema(registry, "", arena, out, 0);
}

wr_status *wr_registry_latest(struct wr_registry *registry, const char *subject,
			      struct wr_arena *arena, struct wr_registry_schema *out,
			      uint32_t *number, bool *known)
{
	long code;

	memset(out, 0, sizeof *out);
	wr_text_clear(&registry->path);
	wr_text_puts(&registry->path, "/subjects/");
	wr_http_escape(&registry->path, subject);
	wr_text_puts(&registry->path, "/versions/latest");
	WR_TRY(ask(registry, wr_text_str(&registry->path), (struct wr_str){0}, &code));
	*known = code != 404;
	if (code == 404)
		return NULL;
	if (code >= 400)
		return refused(registry, "the newest schema of the subject", code);
	if (!answer_number(registry, 0, "id", number))
		return wr_status_new(WR_USER_ERROR, "The schema registry's answer has no id");
	return add_schema(registry, "", arena, out, 0);
}

wr_status *wr_registry_enrol(struct wr_registry *registry, const char *subject, const char *type,
			     struct wr_str text, uint32_t *number)
{
	struct wr_text body;
	char what[200];
	long code;

	wr_text_clear(&registry->path);
	wr_text_puts(&registry->path, "/subjects/");
	wr_http_escape(&registry->path, subject);
	wr_text_puts(&registry->path, registry->may_register ? "/versions" : "");
	wr_text_init(&body);
	wr_text_puts(&body, "{\"schema\":");
	wr_json_write_string(&body, text);
	if (strcmp(type, "AVRO") != 0)
		wr_text_printf(&body, ",\"schemaType\":\"%s\"", type);
	wr_text_putc(&body, '}');
	wr_status *status = ask(registry, wr_text_str(&registry->path),
				(struct wr_str){body.data, body.len}, &code);
	wr_text_release(&body);
	if (status != NULL)
		return status;
	snprintf(what, sizeof what, "the table's schema for subject '%.150s'", subject);
	if (code >= 400)
		return refused(registry, what, code);
	if (!answer_number(registry, 0, "id", number))
		return wr_status_new(WR_USER_ERROR, "The schema registry's answer has no id");
	return NULL;
}
