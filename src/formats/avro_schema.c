/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_schema - reads the JSON text of schemas.
 *
 * Named types are put into a map before their bodies are read, so that they may refer to
 * themselves. Names without a dot are of the namespace around them; a text that refers to types of
 * another text finds them in the same map.
 */
#include "formats/avro_schema.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/map.h"
#include "base/mem.h"
#include "expr/json_doc.h"
#include "formats/avro_default.h"

#define SCHEMA_TYPES_MAX 100000u /* types of one schema: hostile texts */
#define DEFAULT_PADDING  64u     /* readable bytes behind a default, as behind a message */

struct parser {
	struct wr_arena *arena; /* of the schema */
	struct wr_json_doc doc; /* the text being read */
	struct wr_map name;     /* full name -> struct wr_avro_type */
	uint32_t types;         /* made so far */
};

/* --- JSON ------------------------------------------------------------------------------------- */

static const struct wr_json_node *node_at(const struct parser *p, uint32_t i)
{
	return &p->doc.node[i];
}

static struct wr_str text_of(const struct wr_json_node *node)
{
	return (struct wr_str){node->text, node->len};
}

/* The member of an object if it is of that kind; NULL otherwise. */
static const struct wr_json_node *member(const struct parser *p, uint32_t object, const char *key,
					 enum wr_json_kind kind, uint32_t *index)
{
	uint32_t i = wr_json_get(&p->doc, object, wr_str_of(key));

	if (i == UINT32_MAX || node_at(p, i)->kind != kind)
		return NULL;
	if (index != NULL)
		*index = i;
	return node_at(p, i);
}

static const char *member_text(struct parser *p, uint32_t object, const char *key)
{
	const struct wr_json_node *node = member(p, object, key, WR_JSON_STRING, NULL);

	return node == NULL ? NULL : wr_arena_strndup(p->arena, node->text, node->len);
}

/* A small number that is not negative; -1: it is not there or no such number. */
static int64_t member_number(const struct parser *p, uint32_t object, const char *key)
{
	const struct wr_json_node *node = member(p, object, key, WR_JSON_INTEGER, NULL);
	int64_t value = 0;

	if (node == NULL || node->len > 9 || node->text[0] == '-')
		return -1;
	for (uint32_t i = 0; i < node->len; i++)
		value = value * 10 + (node->text[i] - '0');
	return value;
}

/* The strings of an array in the arena. */
static const char *const *member_texts(struct parser *p, uint32_t object, const char *key,
				       uint32_t *count)
{
	uint32_t index;
	const struct wr_json_node *list = member(p, object, key, WR_JSON_ARRAY, &index);

	*count = 0;
	if (list == NULL)
		return NULL;
	const char **text = WR_NEW_ARRAY(p->arena, const char *, list->count + 1);
	for (uint32_t i = index + 1; i < list->end; i = node_at(p, i)->end) {
		const struct wr_json_node *node = node_at(p, i);
		if (node->kind == WR_JSON_STRING)
			text[(*count)++] = wr_arena_strndup(p->arena, node->text, node->len);
	}
	return text;
}

/* --- types ------------------------------------------------------------------------------------ */

static wr_status *read_type(struct parser *p, uint32_t at, const char *space,
			    const struct wr_avro_type **out);

static const char *const kind_names[] = {"null",   "boolean", "int",    "long",   "float",
					 "double", "bytes",   "string", "record", "enum",
					 "array",  "map",     "union",  "fixed"};

/* The kind that a word names; -1: none. */
static int kind_of(struct wr_str word)
{
	if (wr_str_eq(word, "error"))
		return WR_AVRO_RECORD;
	for (int i = 0; i < (int)WR_COUNT(kind_names); i++) {
		if (i != WR_AVRO_UNION && wr_str_eq(word, kind_names[i]))
			return i;
	}
	return -1;
}

static wr_status *new_type(struct parser *p, enum wr_avro_kind kind, struct wr_avro_type **out)
{
	if (++p->types > SCHEMA_TYPES_MAX)
		return wr_status_new(WR_USER_ERROR, "The schema has more than %u types",
				     SCHEMA_TYPES_MAX);
	*out = WR_NEW(p->arena, struct wr_avro_type);
	(*out)->kind = kind;
	return NULL;
}

/* A type by its name: a primitive one, or a named one that was read before. */
static wr_status *read_name(struct parser *p, struct wr_str word, const char *space,
			    const struct wr_avro_type **out)
{
	int kind = kind_of(word);

	if (kind >= 0 && kind <= WR_AVRO_STRING) {
		struct wr_avro_type *type = NULL;
		WR_TRY(new_type(p, (enum wr_avro_kind)kind, &type));
		*out = type;
		return NULL;
	}
	*out = NULL;
	if (memchr(word.data, '.', word.len) == NULL && space[0] != '\0')
		*out = wr_map_get(&p->name, wr_arena_printf(p->arena, "%s.%.*s", space,
							    (int)word.len, word.data));
	if (*out == NULL)
		*out = wr_map_get_n(&p->name, word.data, word.len);
	if (*out != NULL)
		return NULL;
	wr_status *status = wr_status_new(WR_USER_ERROR,
					  "The schema refers to the type '%.*s', which it does not "
					  "define",
					  (int)WR_MIN(word.len, (size_t)100), word.data);
	return wr_status_hint(status, "Define a named type before its first use");
}

/* A logical type counts only on the type that it is made for. */
static void read_logical(struct parser *p, uint32_t at, struct wr_avro_type *type)
{
	static const struct {
		const char *name;
		enum wr_avro_kind kind;
		enum wr_avro_logical logical;
	} known[] = {{"date", WR_AVRO_INT, WR_AVRO_DATE},
		     {"time-millis", WR_AVRO_INT, WR_AVRO_TIME_MILLIS},
		     {"time-micros", WR_AVRO_LONG, WR_AVRO_TIME_MICROS},
		     {"timestamp-millis", WR_AVRO_LONG, WR_AVRO_MILLIS},
		     {"timestamp-micros", WR_AVRO_LONG, WR_AVRO_MICROS},
		     {"timestamp-nanos", WR_AVRO_LONG, WR_AVRO_NANOS},
		     {"local-timestamp-millis", WR_AVRO_LONG, WR_AVRO_MILLIS},
		     {"local-timestamp-micros", WR_AVRO_LONG, WR_AVRO_MICROS},
		     {"local-timestamp-nanos", WR_AVRO_LONG, WR_AVRO_NANOS},
		     {"uuid", WR_AVRO_STRING, WR_AVRO_UUID}};
	const struct wr_json_node *node = member(p, at, "logicalType", WR_JSON_STRING, NULL);

	if (node == NULL)
		return;
	if (wr_str_eq(text_of(node), "decimal") &&
	    (type->kind == WR_AVRO_BYTES || type->kind == WR_AVRO_FIXED)) {
		int64_t precision = member_number(p, at, "precision");
		int64_t scale = WR_MAX(member_number(p, at, "scale"), 0);
		if (precision < 1 || precision > 10000 || scale > precision)
			return; /* not a decimal then, says the specification */
		type->logical = WR_AVRO_DECIMAL;
		type->precision = (int32_t)precision;
		type->scale = (int32_t)scale;
		return;
	}
	for (size_t i = 0; i < WR_COUNT(known); i++) {
		if (type->kind == known[i].kind && wr_str_eq(text_of(node), known[i].name))
			type->logical = known[i].logical;
	}
}

/* Names a record, enum or fixed and puts it into the map; *space is that of what is within. */
static wr_status *enter_name(struct parser *p, uint32_t at, struct wr_avro_type *type,
			     const char **space)
{
	const char *name = member_text(p, at, "name");
	const char *own = member_text(p, at, "namespace");

	if (name == NULL || name[0] == '\0')
		return wr_status_new(WR_USER_ERROR, "The schema has a type '%s' without a name",
				     kind_names[type->kind]);
	const char *dot = strrchr(name, '.');
	if (dot != NULL) {
		*space = wr_arena_strndup(p->arena, name, (size_t)(dot - name));
		type->name = name;
	} else {
		*space = own != NULL ? own : *space;
		type->name =
		    (*space)[0] == '\0' ? name : wr_arena_printf(p->arena, "%s.%s", *space, name);
	}
	if (wr_map_put(&p->name, type->name, type) != NULL)
		return wr_status_new(WR_USER_ERROR, "The schema defines the type '%.100s' twice",
				     type->name);
	return NULL;
}

/* A field without its default. */
static wr_status *read_field(struct parser *p, uint32_t at, const char *space,
			     const struct wr_avro_type *record, struct wr_avro_field *field)
{
	uint32_t type = UINT32_MAX;

	if (node_at(p, at)->kind == WR_JSON_OBJECT) {
		field->name = member_text(p, at, "name");
		type = wr_json_get(&p->doc, at, wr_str_of("type"));
	}
	if (field->name == NULL || type == UINT32_MAX)
		return wr_status_new(WR_USER_ERROR,
				     "A field of record '%.100s' of the schema has no name or no "
				     "type",
				     record->name);
	field->alias = member_texts(p, at, "aliases", &field->alias_count);
	return read_type(p, type, space, &field->type);
}

/* Defaults come when all types of the record are known. */
static wr_status *read_default(struct parser *p, uint32_t at, const struct wr_avro_type *record,
			       struct wr_avro_field *field)
{
	uint32_t index = wr_json_get(&p->doc, at, wr_str_of("default"));
	struct wr_text bytes;

	if (index == UINT32_MAX)
		return NULL;
	wr_text_init(&bytes);
	bool good = wr_avro_default(&bytes, &p->doc, index, field->type);
	field->has_default = good;
	char *copy = wr_arena_zalloc(p->arena, bytes.len + DEFAULT_PADDING);
	if (bytes.len != 0)
		memcpy(copy, bytes.data, bytes.len);
	field->fallback = (struct wr_str){copy, bytes.len};
	wr_text_release(&bytes);
	return good ? NULL
		    : wr_status_new(WR_USER_ERROR,
				    "The default of field '%.100s' of record '%.100s' is not of "
				    "the field's type",
				    field->name, record->name);
}

/* Fields first, then their defaults: one may be of the record's own type. */
static wr_status *read_record(struct parser *p, uint32_t at, const char *space,
			      struct wr_avro_type *type)
{
	uint32_t index;
	uint32_t i = 0;

	WR_TRY(enter_name(p, at, type, &space));
	const struct wr_json_node *list = member(p, at, "fields", WR_JSON_ARRAY, &index);
	if (list == NULL)
		return wr_status_new(WR_USER_ERROR,
				     "The record '%.100s' of the schema has no fields", type->name);
	uint32_t end = list->end;
	uint32_t count = list->count;
	struct wr_avro_field *field = WR_NEW_ARRAY(p->arena, struct wr_avro_field, count + 1);
	for (uint32_t k = index + 1; k < end; k = node_at(p, k)->end)
		WR_TRY(read_field(p, k, space, type, &field[i++]));
	type->field = field;
	type->count = count;
	i = 0;
	for (uint32_t k = index + 1; k < end; k = node_at(p, k)->end)
		WR_TRY(read_default(p, k, type, &field[i++]));
	return NULL;
}

/* An array's items, a map's values. */
static wr_status *read_inner(struct parser *p, uint32_t at, const char *key, const char *space,
			     struct wr_avro_type *type)
{
	const struct wr_avro_type **child = WR_NEW_ARRAY(p->arena, const struct wr_avro_type *, 1);
	uint32_t index = wr_json_get(&p->doc, at, wr_str_of(key));

	if (index == UINT32_MAX)
		return wr_status_new(WR_USER_ERROR, "A type '%s' of the schema has no \"%s\"",
				     kind_names[type->kind], key);
	WR_TRY(read_type(p, index, space, child));
	type->child = child;
	type->count = 1;
	return NULL;
}

/* {"type": ...} */
static wr_status *read_object(struct parser *p, uint32_t at, const char *space,
			      const struct wr_avro_type **out)
{
	uint32_t index = wr_json_get(&p->doc, at, wr_str_of("type"));
	struct wr_avro_type *type = NULL;

	if (index == UINT32_MAX)
		return wr_status_new(WR_USER_ERROR, "An object of the schema has no \"type\"");
	int kind =
	    node_at(p, index)->kind == WR_JSON_STRING ? kind_of(text_of(node_at(p, index))) : -1;
	if (kind < 0) /* {"type": {...}}, {"type": "name"} */
		return read_type(p, index, space, out);
	WR_TRY(new_type(p, (enum wr_avro_kind)kind, &type));
	*out = type;
	switch (type->kind) {
	case WR_AVRO_RECORD: return read_record(p, at, space, type);
	case WR_AVRO_ARRAY: return read_inner(p, at, "items", space, type);
	case WR_AVRO_MAP: return read_inner(p, at, "values", space, type);
	case WR_AVRO_ENUM:
		type->symbol = member_texts(p, at, "symbols", &type->count);
		return enter_name(p, at, type, &space);
	case WR_AVRO_FIXED: {
		int64_t size = member_number(p, at, "size");
		WR_TRY(enter_name(p, at, type, &space));
		if (size < 0)
			return wr_status_new(WR_USER_ERROR,
					     "The fixed '%.100s' of the schema has no size",
					     type->name);
		type->size = (uint32_t)size;
		read_logical(p, at, type);
		return NULL;
	}
	default: read_logical(p, at, type); return NULL;
	}
}

/* Branches; a union within a union is none. */
static wr_status *read_union(struct parser *p, uint32_t at, const char *space,
			     const struct wr_avro_type **out)
{
	uint32_t end = node_at(p, at)->end;
	uint32_t count = node_at(p, at)->count;
	struct wr_avro_type *type = NULL;

	WR_TRY(new_type(p, WR_AVRO_UNION, &type));
	const struct wr_avro_type **child =
	    WR_NEW_ARRAY(p->arena, const struct wr_avro_type *, count + 1);
	for (uint32_t k = at + 1; k < end; k = node_at(p, k)->end) {
		WR_TRY(read_type(p, k, space, &child[type->count]));
		if (child[type->count++]->kind == WR_AVRO_UNION)
			return wr_status_new(WR_USER_ERROR,
					     "The schema has a union directly within a union");
	}
	if (count == 0)
		return wr_status_new(WR_USER_ERROR, "The schema has a union of nothing");
	type->child = child;
	*out = type;
	return NULL;
}

static wr_status *read_type(struct parser *p, uint32_t at, const char *space,
			    const struct wr_avro_type **out)
{
	switch (node_at(p, at)->kind) {
	case WR_JSON_STRING: return read_name(p, text_of(node_at(p, at)), space, out);
	case WR_JSON_ARRAY: return read_union(p, at, space, out);
	case WR_JSON_OBJECT: return read_object(p, at, space, out);
	default:
		return wr_status_new(WR_USER_ERROR,
				     "The schema has a number, true, false or null where a type "
				     "belongs");
	}
}

/* Whether a record of the schema holds itself without a union, array or map between: no value of it
 * ends. */
static bool is_endless(const struct wr_avro_type *type, const struct wr_avro_type **stack,
		       uint32_t depth)
{
	if (type->kind != WR_AVRO_RECORD)
		return false;
	for (uint32_t i = 0; i < depth; i++) {
		if (stack[i] == type)
			return true;
	}
	if (depth == WR_AVRO_DEPTH_MAX)
		return true;
	stack[depth] = type;
	for (uint32_t i = 0; i < type->count; i++) {
		if (is_endless(type->field[i].type, stack, depth + 1))
			return true;
	}
	return false;
}

/* Reads one text into p->doc and its type. */
static wr_status *parse_text(struct parser *p, struct wr_str text, const struct wr_avro_type **root)
{
	const struct wr_avro_type *stack[WR_AVRO_DEPTH_MAX];

	if (wr_json_parse(&p->doc, text.data, text.len)) {
		WR_TRY(read_type(p, 0, "", root));
		if (is_endless(*root, stack, 0))
			return wr_status_new(WR_USER_ERROR,
					     "A record of the schema holds itself, without end");
		return NULL;
	}
	if (text.len != 0 && text.len < 100 && kind_of(text) >= 0)
		return read_name(p, text, "", root); /* a bare word, as some tools write it */
	return wr_status_new(WR_USER_ERROR, "The schema is not JSON: %s at byte %zu", p->doc.error,
			     p->doc.error_at + 1);
}

wr_status *wr_avro_schema_parse(const struct wr_str *text, uint32_t count,
				struct wr_avro_schema **out)
{
	struct wr_avro_schema *schema = wr_calloc(1, sizeof *schema);
	struct parser parser = {.arena = &schema->arena};
	wr_status *status = NULL;

	WR_ASSERT(count != 0);
	atomic_init(&schema->refs, 1);
	wr_arena_init(&schema->arena);
	wr_json_init(&parser.doc);
	wr_map_init(&parser.name);
	for (uint32_t i = 0; status == NULL && i < count; i++)
		status = parse_text(&parser, text[i], &schema->root);
	wr_map_release(&parser.name);
	wr_json_release(&parser.doc);
	*out = status == NULL ? schema : NULL;
	if (status != NULL)
		wr_avro_schema_unref(schema);
	return status;
}

struct wr_avro_schema *wr_avro_schema_ref(struct wr_avro_schema *schema)
{
	atomic_fetch_add(&schema->refs, 1);
	return schema;
}

void wr_avro_schema_unref(struct wr_avro_schema *schema)
{
	if (schema == NULL || atomic_fetch_sub(&schema->refs, 1) != 1)
		return;
	wr_arena_release(&schema->arena);
	wr_free(schema);
}

const char *wr_avro_type_word(const struct wr_avro_type *type, char *text, size_t size)
{
	static const char *const logical[] = {"",
					      "decimal",
					      "date",
					      "time-millis",
					      "time-micros",
					      "timestamp-millis",
					      "timestamp-micros",
					      "timestamp-nanos",
					      "uuid"};

	if (type->logical != WR_AVRO_PLAIN)
		snprintf(text, size, "%s", logical[type->logical]);
	else if (type->name != NULL)
		snprintf(text, size, "%s '%.60s'", kind_names[type->kind], type->name);
	else
		snprintf(text, size, "%s", kind_names[type->kind]);
	return text;
}

int wr_avro_null_branch(const struct wr_avro_type *type)
{
	for (uint32_t i = 0; type->kind == WR_AVRO_UNION && i < type->count; i++) {
		if (type->child[i]->kind == WR_AVRO_NULL)
			return (int)i;
	}
	return -1;
}
