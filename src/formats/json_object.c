/* SPDX-License-Identifier: Apache-2.0
 *
 * json_object - objects with known fields: expected order first, then by name.
 */
#include <string.h>

#include <xxhash.h>

#include "formats/json_read.h"

struct wr_json_object *wr_json_object_new(struct wr_json_reader *reader, uint32_t count)
{
	struct wr_json_object *object = WR_NEW(reader->arena, struct wr_json_object);
	uint32_t size = 8;

	while (size < count * 2)
		size *= 2;
	object->field = WR_NEW_ARRAY(reader->arena, struct wr_json_field, count + 1);
	object->table = WR_NEW_ARRAY(reader->arena, uint32_t, size);
	object->table_mask = size - 1;
	object->slot_max = WR_MIN(count * 2 + 16, WR_JSON_SLOTS_MAX);
	object->slot = WR_NEW_ARRAY(reader->arena, struct wr_json_slot, object->slot_max);
	return object;
}

static uint32_t field_hash(const char *name, size_t len)
{
	return (uint32_t)XXH3_64bits(name, len);
}

void wr_json_object_add(struct wr_json_object *object, const char *name, struct wr_json_node *node)
{
	uint32_t index = object->field_count++;
	uint32_t len = (uint32_t)strlen(name);
	uint32_t i = field_hash(name, len) & object->table_mask;

	while (object->table[i] != 0)
		i = (i + 1) & object->table_mask;
	object->table[i] = index + 1;
	object->field[index] = (struct wr_json_field){.name = name, .len = len, .node = node};
}

/* The field of that name, or WR_JSON_SKIP. */
static uint32_t find_field(const struct wr_json_object *object, const char *name, size_t len)
{
	uint32_t i = field_hash(name, len) & object->table_mask;

	for (; object->table[i] != 0; i = (i + 1) & object->table_mask) {
		const struct wr_json_field *field = &object->field[object->table[i] - 1];
		if (field->len == len && memcmp(field->name, name, len) == 0)
			return object->table[i] - 1;
	}
	return WR_JSON_SKIP;
}

/* Whether the text at `p` is the slot's. */
static inline bool slot_matches(const struct wr_json_slot *slot, const char *p)
{
#ifdef __SSE2__
	if (WR_LIKELY(slot->len <= 16)) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)slot->literal);
		uint32_t equal = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
		uint32_t mask = (1u << slot->len) - 1;
		return (equal & mask) == mask;
	}
#endif
	/* A stop byte ends the comparison before the text does: literals hold no '\n'. */
	return strncmp(p, slot->literal, slot->len) == 0;
}

/* Remembers the text [from, to) in place `index`. */
static void learn(struct wr_json_object *object, uint32_t index, const char *from, const char *to,
		  uint32_t field)
{
	size_t len = (size_t)(to - from);

	if (index >= object->slot_max || len > WR_JSON_LITERAL_MAX)
		return;
	struct wr_json_slot *slot = &object->slot[index];
	memcpy(slot->literal, from, len);
	slot->len = (uint32_t)len;
	slot->field = field;
	if (index == object->slot_count)
		object->slot_count++;
}

/* Looks a few slots ahead (optional fields that are not there this time). Returns the slot or
 * slot_count. */
static uint32_t look_ahead(const struct wr_json_object *object, uint32_t index, const char *p)
{
	uint32_t stop = WR_MIN(index + 4, object->slot_count);

	for (uint32_t i = index + 1; i < stop; i++) {
		if (slot_matches(&object->slot[i], p))
			return i;
	}
	return object->slot_count;
}

/* Reads what stands before a value: a comma (or the brace of the object, when `first`), the key and
 * the colon. *field is its field. *end: the object ends here instead. */
static const char *read_key(struct wr_json_reader *reader, struct wr_json_object *object,
			    const char *p, bool first, uint32_t *field, bool *end)
{
	struct wr_json_string key;

	*end = false;
	p = wr_json_space(p);
	if (first) {
		p = wr_json_space(p + 1);
		*end = *p == '}';
	} else if (*p == ',') {
		p = wr_json_space(p + 1);
	} else {
		*end = *p == '}';
		if (!*end)
			return wr_json_read_broken(reader, p);
	}
	if (*end)
		return p + 1;
	if (*p != '"')
		return wr_json_read_broken(reader, p);
	if ((p = wr_json_string(p, &key, &reader->fault)) == NULL)
		return NULL;
	p = wr_json_space(p);
	if (*p != ':')
		return wr_json_read_broken(reader, p);
	if (WR_UNLIKELY(key.escaped)) {
		char *name = wr_text_reserve(&reader->scratch, key.len);
		*field = find_field(object, name, wr_json_unescape(name, &key));
	} else {
		*field = find_field(object, key.data, key.len);
	}
	return wr_json_space(p + 1);
}

/* NULL for the fields that the object did not have. */
static bool fill_missing(struct wr_json_reader *reader, struct wr_json_object *object,
			 const char *at, uint32_t row)
{
	for (uint32_t i = 0; i < object->field_count; i++) {
		struct wr_json_field *field = &object->field[i];
		if (field->seen == object->stamp)
			continue;
		if (reader->fail_on_missing && !reader->ignore_errors) {
			reader->kind = "missing-field";
			reader->column = field->node->path;
			reader->want = NULL;
			reader->fault.at = at;
			return false;
		}
		wr_vec_null(field->node->vec, row);
	}
	return true;
}

/* Reads the fields that are there. */
static inline const char *read_fields(struct wr_json_reader *reader, struct wr_json_object *object,
				      const char *p, uint32_t row, uint32_t *seen_count)
{
	uint32_t index = 0; /* of the next slot */
	uint32_t seen = 0;  /* fields that are there */
	uint64_t stamp = ++object->stamp;
	bool first = true;

	for (;; first = false) {
		uint32_t field = WR_JSON_SKIP;
		if (WR_LIKELY(index < object->slot_count &&
			      slot_matches(&object->slot[index], p))) {
			field = object->slot[index].field;
			p += object->slot[index].len;
			index++;
		} else {
			const char *from = p;
			bool end;
			if (*p == '}' && !first) {
				p++;
				break;
			}
			uint32_t ahead = look_ahead(object, index, p);
			if (ahead < object->slot_count) {
				field = object->slot[ahead].field;
				p += object->slot[ahead].len;
				index = ahead + 1;
			} else {
				p = read_key(reader, object, p, first, &field, &end);
				if (p == NULL)
					return NULL;
				if (end)
					break;
				learn(object, index, from, p, field);
				index++;
			}
		}
		if (field == WR_JSON_SKIP) {
			if ((p = wr_json_skip(wr_json_space(p), &reader->fault)) == NULL)
				return NULL;
			continue;
		}
		struct wr_json_field *known = &object->field[field];
		seen += known->seen != stamp;
		known->seen = stamp;
		if ((p = wr_json_read(reader, known->node, p, row)) == NULL)
			return NULL;
	}
	*seen_count = seen;
	return p;
}

const char *wr_json_read_object(struct wr_json_reader *reader, struct wr_json_object *object,
				const char *p, uint32_t row)
{
	uint32_t seen;
	const char *end = read_fields(reader, object, p, row, &seen);

	if (WR_UNLIKELY(end != NULL && seen < object->field_count) &&
	    !fill_missing(reader, object, p, row))
		return NULL;
	return end;
}

const char *wr_json_read_overlay(struct wr_json_reader *reader, struct wr_json_object *object,
				 const char *p, uint32_t row)
{
	uint32_t seen;

	return read_fields(reader, object, p, row, &seen);
}
