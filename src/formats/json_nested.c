/* SPDX-License-Identifier: Apache-2.0
 *
 * json_nested - arrays, maps, and objects kept as text.
 */
#include "formats/json_nested.h"

#include <math.h>

#include <xxhash.h>

#include "base/mem.h"
#include "data/number.h"

#define KEYS_LINEAR 16u /* keys that are compared one by one */

/* --- keys ------------------------------------------------------------------------------------- */

static uint32_t *key_slot(struct wr_json_keys *keys, const struct wr_view *key)
{
	uint32_t i = (uint32_t)XXH3_64bits(wr_view_data(key), key->len) & keys->mask;

	while (keys->table[i] != 0 && !wr_view_equal(&keys->key[keys->table[i] - 1], key))
		i = (i + 1) & keys->mask;
	return &keys->table[i];
}

/* Puts all keys into a table with room for twice as many. */
static void keys_rehash(struct wr_json_keys *keys)
{
	uint32_t size = keys->mask == 0 ? KEYS_LINEAR * 4 : (keys->mask + 1) * 2;

	wr_free(keys->table);
	keys->table = wr_calloc(size, sizeof *keys->table);
	keys->mask = size - 1;
	for (uint32_t i = 0; i < keys->count; i++)
		*key_slot(keys, &keys->key[i]) = i + 1;
}

uint32_t wr_json_keys_add(struct wr_json_keys *keys, struct wr_view key)
{
	if (keys->count < KEYS_LINEAR) {
		for (uint32_t i = 0; i < keys->count; i++) {
			if (wr_view_equal(&keys->key[i], &key))
				return i;
		}
	} else {
		if (keys->mask == 0 || keys->count * 2 > keys->mask)
			keys_rehash(keys);
		uint32_t *slot = key_slot(keys, &key);
		if (*slot != 0)
			return *slot - 1;
		*slot = keys->count + 1;
	}
	if (keys->count == keys->capacity) {
		keys->capacity = WR_MAX(keys->capacity * 2, KEYS_LINEAR);
		keys->key = wr_realloc(keys->key, keys->capacity * sizeof *keys->key);
	}
	keys->key[keys->count] = key;
	return keys->count++;
}

void wr_json_keys_clear(struct wr_json_keys *keys)
{
	wr_free(keys->table);
	keys->table = NULL;
	keys->mask = 0;
	keys->count = 0;
}

void wr_json_keys_release(struct wr_json_keys *keys)
{
	wr_json_keys_clear(keys);
	wr_free(keys->key);
	*keys = (struct wr_json_keys){0};
}

/* --- arrays and maps -------------------------------------------------------------------------- */

const char *wr_json_read_array(struct wr_json_reader *reader, struct wr_json_node *node,
			       const char *p, uint32_t row)
{
	struct wr_vec *elements = &node->vec->child[0];
	uint32_t start = elements->len;

	p = wr_json_space(p + 1);
	if (*p == ']') {
		p++;
	} else {
		for (;;) {
			p = wr_json_read(reader, node->child[0], p, wr_vec_add(elements));
			if (p == NULL)
				return NULL;
			p = wr_json_space(p);
			if (*p == ']')
				break;
			if (*p != ',')
				return wr_json_read_broken(reader, p);
			p++;
		}
		p++;
	}
	((struct wr_span *)node->vec->data)[row] = (struct wr_span){start, elements->len - start};
	wr_vec_valid(node->vec, row);
	return p;
}

/* Reads one key into element `at` of the key column. */
static const char *read_map_key(struct wr_json_reader *reader, struct wr_json_node *node,
				const char *p, uint32_t at)
{
	p = wr_json_space(p);
	if (*p != '"')
		return wr_json_read_broken(reader, p);
	p = wr_json_read(reader, node->child[0], p, at);
	if (p == NULL)
		return NULL;
	p = wr_json_space(p);
	return *p == ':' ? p + 1 : wr_json_read_broken(reader, p);
}

/* Of equal keys the last value counts, at the place of the first. */
const char *wr_json_read_map(struct wr_json_reader *reader, struct wr_json_node *node,
			     const char *p, uint32_t row)
{
	struct wr_vec *keys = &node->vec->child[0];
	struct wr_vec *values = &node->vec->child[1];
	uint32_t start = keys->len;

	wr_json_keys_clear(&node->keys);
	p = wr_json_space(p + 1);
	while (*p != '}') {
		uint32_t at = wr_vec_add(keys);
		WR_ASSERT(at == values->len);
		if ((p = read_map_key(reader, node, p, at)) == NULL)
			return NULL;
		uint32_t index = wr_json_keys_add(&node->keys, ((struct wr_view *)keys->data)[at]);
		if (start + index < at)
			keys->len--;
		else
			wr_vec_add(values);
		if ((p = wr_json_read(reader, node->child[1], p, start + index)) == NULL)
			return NULL;
		p = wr_json_space(p);
		if (*p == ',' && *wr_json_space(p + 1) != '}')
			p++;
		else if (*p != '}')
			return wr_json_read_broken(reader, p);
	}
	((struct wr_span *)node->vec->data)[row] = (struct wr_span){start, keys->len - start};
	wr_vec_valid(node->vec, row);
	return p + 1;
}

/* --- objects kept as text ----------------------------------------------------------------------
 */

/* Appends BigDecimal.toString() of the number without trailing zeros. */
static void print_decimal(struct wr_text *out, const char *p, const char *end)
{
	size_t room = (size_t)(end - p);
	char *digits = wr_malloc(room + 1);
	size_t count = 0;
	int64_t scale = 0;
	bool negative = *p == '-';
	bool fraction = false;

	for (p += negative; p < end && (*p | 0x20) != 'e'; p++) {
		if (*p == '.') {
			fraction = true;
			continue;
		}
		scale += fraction;
		if (count != 0 || *p != '0')
			digits[count++] = *p;
	}
	if (p < end) {
		int64_t exponent = 0;
		if (wr_i64_read(p + 1, (size_t)(end - p - 1), &exponent))
			scale -= exponent;
	}
	while (count != 0 && digits[count - 1] == '0') {
		count--;
		scale--;
	}
	int64_t adjusted = (int64_t)count - 1 - scale;
	if (count == 0) {
		wr_text_putc(out, '0');
		goto out;
	}
	if (negative)
		wr_text_putc(out, '-');
	if (scale >= 0 && adjusted >= -6) {
		int64_t whole = (int64_t)count - scale;
		if (whole <= 0)
			wr_text_puts(out, "0.");
		for (int64_t i = whole; i < 0; i++)
			wr_text_putc(out, '0');
		for (int64_t i = 0; i < (int64_t)count; i++) {
			if (i == whole && whole > 0)
				wr_text_putc(out, '.');
			wr_text_putc(out, digits[i]);
		}
	} else {
		wr_text_putc(out, digits[0]);
		if (count > 1) {
			wr_text_putc(out, '.');
			wr_text_add(out, digits + 1, count - 1);
		}
		wr_text_puts(out, adjusted < 0 ? "E" : "E+");
		wr_text_i64(out, adjusted);
	}
out:
	wr_free(digits);
}

/* Appends a number token in Java's form. */
static void print_number(struct wr_text *out, const char *p, const char *end, bool integer,
			 bool decimals)
{
	if (integer) {
		if (end - p == 2 && p[0] == '-' && p[1] == '0')
			p++;
		wr_text_add(out, p, (size_t)(end - p));
	} else if (decimals) {
		print_decimal(out, p, end);
	} else {
		double value = 0;
		wr_double_read(p, (size_t)(end - p), &value);
		char *to = wr_text_reserve(out, WR_DOUBLE_TEXT_MAX + 2);
		if (isfinite(value))
			out->len += wr_double_print(to, value);
		else
			wr_text_puts(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	}
}

/* One field of an object kept as text. */
struct tree_field {
	const char *key;   /* its quote */
	const char *value; /* first byte of the last one of equal keys */
};

static void print_string(struct wr_text *out, const struct wr_json_string *string)
{
	if (!string->escaped) {
		wr_json_quote(out, string->data, string->len);
		return;
	}
	char *bytes = wr_malloc(string->len);
	wr_json_quote(out, bytes, wr_json_unescape(bytes, string));
	wr_free(bytes);
}

/* Collects the fields first, because the last of equal keys counts. Keys are compared as they are
 * written: an escape that makes two keys equal is not seen. */
static const char *print_object(struct wr_text *out, const char *p, bool decimals)
{
	struct wr_json_keys keys = {0};
	struct tree_field *field = NULL;
	uint32_t capacity = 0;
	struct wr_json_fault fault;

	for (p = wr_json_space(p + 1); *p != '}'; p = wr_json_space(p)) {
		struct wr_json_string key;
		p = wr_json_string(wr_json_space(p + (*p == ',')), &key, &fault);
		uint32_t index = wr_json_keys_add(&keys, wr_view_of(key.data, (uint32_t)key.len));
		if (keys.count > capacity) {
			capacity = WR_MAX(capacity * 2, 8u);
			field = wr_realloc(field, capacity * sizeof *field);
		}
		p = wr_json_space(wr_json_space(p) + 1);
		field[index] = (struct tree_field){key.data - 1, p};
		p = wr_json_skip(p, &fault);
	}
	wr_text_putc(out, '{');
	for (uint32_t i = 0; i < keys.count; i++) {
		struct wr_json_string key;
		if (i != 0)
			wr_text_putc(out, ',');
		wr_json_string(field[i].key, &key, &fault);
		print_string(out, &key);
		wr_text_putc(out, ':');
		wr_json_print_tree(out, field[i].value, decimals);
	}
	wr_text_putc(out, '}');
	wr_json_keys_release(&keys);
	wr_free(field);
	return p + 1;
}

const char *wr_json_print_tree(struct wr_text *out, const char *p, bool decimals)
{
	struct wr_json_fault fault;
	struct wr_json_string string;
	const char *end;
	bool integer;

	switch (*p) {
	case '{': return print_object(out, p, decimals);
	case '[':
		wr_text_putc(out, '[');
		for (p = wr_json_space(p + 1); *p != ']'; p = wr_json_space(p)) {
			if (*p == ',') {
				wr_text_putc(out, ',');
				p = wr_json_space(p + 1);
			}
			p = wr_json_print_tree(out, p, decimals);
		}
		wr_text_putc(out, ']');
		return p + 1;
	case '"':
		p = wr_json_string(p, &string, &fault);
		print_string(out, &string);
		return p;
	case 't':
	case 'f':
	case 'n':
		end = wr_json_skip(p, &fault);
		wr_text_add(out, p, (size_t)(end - p));
		return end;
	default:
		end = wr_json_number(p, &integer, &fault);
		print_number(out, p, end, integer, decimals);
		return end;
	}
}
