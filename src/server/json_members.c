/* SPDX-License-Identifier: Apache-2.0
 *
 * json_members - see json_members.h.
 */
#include "server/json_members.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macros.h"
#include "expr/json_doc.h"

static const char *const kind_names[] = {"a text", "a whole number", "true or false",
					 "a list of texts", "an object of texts"};

static wr_status *wrong(const struct wr_member *field)
{
	return wr_status_new(WR_USER_ERROR, "'%s' is to be %s", field->name,
			     kind_names[field->kind]);
}

/* A scalar as text; NULL: it is none, or has a NUL in it. */
static const char *scalar(struct wr_arena *arena, const struct wr_json_node *node)
{
	switch (node->kind) {
	case WR_JSON_TRUE: return "true";
	case WR_JSON_FALSE: return "false";
	case WR_JSON_INTEGER:
	case WR_JSON_DECIMAL:
	case WR_JSON_STRING:
		return memchr(node->text, '\0', node->len) != NULL
			   ? NULL
			   : wr_arena_strndup(arena, node->text, node->len);
	default: return NULL;
	}
}

/* An object of scalars. */
static wr_status *read_pairs(const struct wr_json_doc *doc, uint32_t at, struct wr_arena *arena,
			     const struct wr_member *field)
{
	struct wr_pairs *pairs = field->out;
	uint32_t count;
	struct wr_json_member *member;

	if (doc->node[at].kind != WR_JSON_OBJECT)
		return wrong(field);
	member = wr_json_members(doc, at, false, arena, &count);
	*pairs = (struct wr_pairs){.key = WR_NEW_ARRAY(arena, const char *, count + 1),
				   .value = WR_NEW_ARRAY(arena, const char *, count + 1),
				   .count = count};
	for (uint32_t i = 0; i < count; i++) {
		pairs->key[i] = scalar(arena, &doc->node[member[i].key]);
		pairs->value[i] = scalar(arena, &doc->node[member[i].value]);
		if (pairs->key[i] == NULL || pairs->value[i] == NULL)
			return wrong(field);
	}
	return NULL;
}

/* A list of texts. */
static wr_status *read_texts(const struct wr_json_doc *doc, uint32_t at, struct wr_arena *arena,
			     const struct wr_member *field)
{
	const struct wr_json_node *list = &doc->node[at];
	struct wr_texts *texts = field->out;

	if (list->kind != WR_JSON_ARRAY)
		return wrong(field);
	*texts = (struct wr_texts){WR_NEW_ARRAY(arena, const char *, list->count + 1), 0};
	for (uint32_t i = at + 1; i < list->end; i = doc->node[i].end) {
		const char *text =
		    doc->node[i].kind == WR_JSON_STRING ? scalar(arena, &doc->node[i]) : NULL;

		if (text == NULL)
			return wrong(field);
		texts->text[texts->count++] = text;
	}
	return NULL;
}

/* One value into its variable. */
static wr_status *read_field(const struct wr_json_doc *doc, uint32_t at, struct wr_arena *arena,
			     const struct wr_member *field)
{
	const struct wr_json_node *node = &doc->node[at];
	const char *text;
	char *end;

	switch (field->kind) {
	case WR_MEMBER_TEXT:
		text = node->kind == WR_JSON_STRING ? scalar(arena, node) : NULL;
		if (text == NULL)
			return wrong(field);
		*(const char **)field->out = text;
		return NULL;
	case WR_MEMBER_NUMBER:
		text = node->kind == WR_JSON_INTEGER ? scalar(arena, node) : NULL;
		if (text == NULL)
			return wrong(field);
		errno = 0;
		*(int64_t *)field->out = strtoll(text, &end, 10);
		return errno == 0 && *end == '\0' ? NULL : wrong(field);
	case WR_MEMBER_BOOL:
		if (node->kind != WR_JSON_TRUE && node->kind != WR_JSON_FALSE)
			return wrong(field);
		*(bool *)field->out = node->kind == WR_JSON_TRUE;
		return NULL;
	case WR_MEMBER_TEXTS: return read_texts(doc, at, arena, field);
	case WR_MEMBER_PAIRS: return read_pairs(doc, at, arena, field);
	}
	return NULL;
}

static const struct wr_member *find(struct wr_str name, const struct wr_member *field,
				    uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (wr_str_eq(name, field[i].name))
			return &field[i];
	return NULL;
}

/* The error for a member that is in no row of the table. */
static wr_status *unknown(struct wr_str name, const struct wr_member *field, uint32_t count)
{
	wr_status *status =
	    wr_status_new(WR_USER_ERROR, "'%.*s' is no member of this", (int)name.len, name.data);
	struct wr_text names;

	wr_text_init(&names);
	for (uint32_t i = 0; i < count; i++)
		wr_text_printf(&names, "%s%s", i > 0 ? ", " : "", field[i].name);
	wr_status_hint(status,
		       count > 1    ? "There are %s"
		       : count == 1 ? "There is only %s"
				    : "There are none%s",
		       wr_text_str(&names));
	wr_text_release(&names);
	return status;
}

/* All members, and whether those that must be there are. */
static wr_status *read_doc(const struct wr_json_doc *doc, struct wr_arena *arena,
			   const struct wr_member *field, uint32_t count)
{
	uint64_t seen = 0;
	struct wr_json_member *member;
	uint32_t members;

	if (doc->node[0].kind != WR_JSON_OBJECT)
		return wr_status_new(WR_USER_ERROR, "A JSON object is expected");
	WR_ASSERT(count <= 64);
	member = wr_json_members(doc, 0, false, arena, &members);
	for (uint32_t i = 0; i < members; i++) {
		const struct wr_json_node *key = &doc->node[member[i].key];
		struct wr_str name = {key->text, key->len};
		const struct wr_member *found = find(name, field, count);

		if (found == NULL)
			return unknown(name, field, count);
		if (doc->node[member[i].value].kind == WR_JSON_NULL)
			continue;
		WR_TRY(read_field(doc, member[i].value, arena, found));
		seen |= 1ull << (found - field);
	}
	for (uint32_t i = 0; i < count; i++)
		if (field[i].required && !(seen >> i & 1))
			return wr_status_new(WR_USER_ERROR, "'%s' is missing: %s", field[i].name,
					     kind_names[field[i].kind]);
	return NULL;
}

wr_status *wr_members_read(struct wr_str json, struct wr_arena *arena,
			   const struct wr_member *field, uint32_t count)
{
	struct wr_json_doc doc;
	wr_status *status;

	if (json.len == 0)
		json = wr_str_of("{}");
	wr_json_init(&doc);
	if (wr_json_parse(&doc, json.data, json.len))
		status = read_doc(&doc, arena, field, count);
	else
		status =
		    wr_status_hint(wr_status_new(WR_USER_ERROR, "This is no JSON: %s at byte %zu",
						 doc.error, doc.error_at),
				   "The body of a request is a JSON object");
	wr_json_release(&doc);
	return status;
}
