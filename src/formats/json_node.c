/* SPDX-License-Identifier: Apache-2.0
 *
 * json_node - types compiled to nodes, and what is said when a value does not fit one.
 */
#include <stdio.h>

#include "base/limits.h"
#include "formats/json_read.h"

#define SHOWN_BYTES 40 /* of an offending value */

bool wr_type_has_kind(const struct wr_type *type, enum wr_kind kind)
{
	if (type->kind == kind)
		return true;
	for (uint32_t i = 0; i < type->child_count; i++) {
		if (wr_type_has_kind(type->child[i], kind))
			return true;
	}
	return false;
}

struct wr_json_node *wr_json_node_new(struct wr_json_reader *reader, const struct wr_type *type,
				      const char *path, struct wr_vec *vec)
{
	struct wr_json_node *node = WR_NEW(reader->arena, struct wr_json_node);

	node->type = type;
	node->path = path;
	node->vec = vec;
	if (type->kind == WR_ROW) {
		node->object = wr_json_object_new(reader, type->child_count);
		for (uint32_t i = 0; i < type->child_count; i++) {
			const char *inner =
			    wr_arena_printf(reader->arena, "%s.%s", path, type->name[i]);
			wr_json_object_add(
			    node->object, type->name[i],
			    wr_json_node_new(reader, type->child[i], inner, &vec->child[i]));
		}
		return node;
	}
	for (uint32_t i = 0; i < type->child_count; i++)
		node->child[i] = wr_json_node_new(reader, type->child[i], path, &vec->child[i]);
	return node;
}

void wr_json_node_release(struct wr_json_node *node)
{
	if (node == NULL)
		return;
	wr_json_keys_release(&node->keys);
	wr_json_node_release(node->child[0]);
	wr_json_node_release(node->child[1]);
	for (uint32_t i = 0; node->object != NULL && i < node->object->field_count; i++)
		wr_json_node_release(node->object->field[i].node);
}

/* The bytes at `p` for a message: at most SHOWN_BYTES of them, whole characters. */
static int shown(const char *p, const char *end)
{
	ptrdiff_t len = WR_MIN(end - p, SHOWN_BYTES);

	while (len > 0 && len < end - p && ((uint8_t)p[len] & 0xC0) == 0x80)
		len--;
	return (int)len;
}

void wr_json_fault_print(const struct wr_json_reader *reader, const char *record, const char *end,
			 char *text, size_t size)
{
	const char *at = reader->fault.at;
	struct wr_json_fault fault;
	struct wr_text type;

	if (at == NULL || at < record || at > end)
		at = record;
	if (reader->message != NULL) {
		snprintf(text, size, "%s", reader->message);
	} else if (reader->kind != NULL && reader->want != NULL) {
		const char *stop = wr_json_skip(at, &fault);
		wr_text_init(&type);
		if (reader->want->kind == WR_ROW)
			wr_text_puts(&type, "object");
		else
			wr_type_print(&type, reader->want);
		stop = stop != NULL && stop < end ? stop : end;
		snprintf(text, size, "%.*s%s is no %s", shown(at, stop), at,
			 stop - at > SHOWN_BYTES ? "..." : "", wr_text_str(&type));
		wr_text_release(&type);
	} else if (reader->kind != NULL) {
		snprintf(text, size,
			 "the field is missing and 'json.fail-on-missing-field' is set");
	} else if (reader->fault.kind == WR_JSON_ENCODING) {
		snprintf(text, size, "the text at byte %td of the record is not UTF-8",
			 at - record);
	} else if (reader->fault.kind == WR_JSON_DEPTH) {
		snprintf(text, size, "more than %d levels of arrays and objects",
			 WR_JSON_NESTING_MAX);
	} else if (at >= end) {
		snprintf(text, size, "not JSON: the record ends at byte %td, too early",
			 at - record);
	} else {
		snprintf(text, size, "not JSON at byte %td of the record: %.*s%s", at - record,
			 shown(at, end), at, end - at > SHOWN_BYTES ? "..." : "");
	}
}

/* Finds a type that JSON cannot hold; NULL: all can. */
static const char *unfit_type(const struct wr_type *type)
{
	switch (type->kind) {
	case WR_NULL: return "NULL";
	case WR_MAP:
		if (!wr_kind_is_string(type->child[0]->kind))
			return "a MAP whose keys are no strings";
		break;
	case WR_MULTISET:
		if (!wr_kind_is_string(type->child[0]->kind))
			return "a MULTISET whose elements are no strings";
		break;
	default: break;
	}
	for (uint32_t i = 0; i < type->child_count; i++) {
		const char *word = unfit_type(type->child[i]);
		if (word != NULL)
			return word;
	}
	return NULL;
}

wr_status *wr_json_check_types(const struct wr_format_args *args, bool for_sink, const char *who)
{
	for (uint32_t i = 0; i < args->schema->count; i++) {
		const struct wr_field *field = &args->schema->field[i];
		const char *word = unfit_type(field->type);
		if (word == NULL)
			continue;
		wr_status *status =
		    wr_status_new(WR_USER_ERROR, "Format '%s' cannot %s column '%s': it holds %s",
				  who, for_sink ? "write" : "read", field->name, word);
		return wr_status_hint(status, "Declare the column with another type");
	}
	return NULL;
}
