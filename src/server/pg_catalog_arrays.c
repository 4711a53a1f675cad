/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_arrays - arrays in the system catalog: functions of them, what makes JSON of them for
 * json_each (pg_catalog_rows.c), and the aggregates that make one.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "server/pg_catalog_function.h"
#include "sql/keyword.h"

#define KEYS_MAX   4       /* of an aggregate's ORDER BY */
#define SERIES_MAX 100000  /* elements */
#define ITEMS_MAX  1000000 /* of an aggregate */

/* --- elements -----------------------------------------------------------------------------------
 */

static void put_json(const struct wr_pgs_array_reader *reader, struct wr_text *json)
{
	if (wr_pgs_array_is_null(reader))
		wr_text_puts(json, "null");
	else if (wr_pgs_array_is_integer(reader))
		wr_text_puts(json, wr_text_str(&reader->item));
	else
		wr_text_json(json, wr_text_str(&reader->item));
}

/* Appends an element to an array that may be empty yet; NULL for NULL. */
static void put_element(struct wr_text *array, const char *text)
{
	if (array->len == 0) {
		wr_text_putc(array, WR_PGS_ARRAY);
		wr_text_putc(array, '{');
	}
	wr_pgs_array_put(array, text);
}

static void give_array(struct wr_pgs_catalog *catalog, sqlite3_context *context,
		       struct wr_text *array)
{
	static const char none[] = {WR_PGS_ARRAY, '{', '}', '\0'};

	if (array->len > 0)
		wr_text_putc(array, '}');
	wr_pgs_give_text(catalog, context, array->len > 0 ? wr_text_str(array) : none);
	wr_text_release(array);
}

bool wr_pgs_array_build(const char *text, struct wr_builder *builder)
{
	bool numbers = builder->type->child[0]->kind == WR_BIGINT;
	struct wr_builder *child = builder->child[0];
	struct wr_pgs_array_reader reader;
	uint32_t count = 0;

	wr_pgs_array_read(&reader, text);
	for (; wr_pgs_array_next(&reader); count++)
		if (wr_pgs_array_is_null(&reader))
			wr_builder_null(child);
		else if (numbers)
			wr_builder_i64(child, strtoll(wr_text_str(&reader.item), NULL, 10));
		else
			wr_builder_str(child, wr_text_str(&reader.item), reader.item.len);
	wr_builder_list(builder, count);
	wr_pgs_array_end(&reader);
	return true;
}

bool wr_pgs_array_is_numbers(const char *text)
{
	struct wr_pgs_array_reader reader;
	bool numbers = true;

	wr_pgs_array_read(&reader, text);
	while (numbers && wr_pgs_array_next(&reader))
		numbers = wr_pgs_array_is_integer(&reader) || wr_pgs_array_is_null(&reader);
	wr_pgs_array_end(&reader);
	return numbers;
}

/* --- as JSON ------------------------------------------------------------------------------------
 */

/* {a,b} as ["a","b"]; function->number: 1 as [{"x":"a","n":1}, ...], 2 as [1,2], its subscripts. */
WR_PGS_CALL(array)
{
	struct wr_pgs_array_reader reader;
	struct wr_text json;
	int64_t number = 0;

	wr_text_init(&json);
	wr_text_putc(&json, '[');
	wr_pgs_array_read(&reader, count > 0 ? wr_pgs_arg_text(catalog, value[0]) : "");
	for (; wr_pgs_array_next(&reader); number++) {
		wr_text_puts(&json, number > 0 ? "," : "");
		if (function->number == 2) {
			wr_text_i64(&json, number + !reader.vector);
			continue;
		}
		if (function->number == 1)
			wr_text_puts(&json, "{\"x\":");
		put_json(&reader, &json);
		if (function->number == 1)
			wr_text_printf(&json, ",\"n\":%d}", (int)number + 1);
	}
	wr_text_putc(&json, ']');
	wr_pgs_give_text(catalog, context, wr_text_str(&json));
	wr_text_release(&json);
	wr_pgs_array_end(&reader);
}

/* from, to [, step] */
WR_PGS_CALL(series)
{
	int64_t at = count > 0 ? catalog->call.sqlite3_value_int64(value[0]) : 1;
	int64_t to = count > 1 ? catalog->call.sqlite3_value_int64(value[1]) : 0;
	int64_t step = count > 2 ? catalog->call.sqlite3_value_int64(value[2]) : 1;
	struct wr_text json;

	(void)function;
	if (step == 0 || (to / step) - (at / step) > SERIES_MAX) {
		catalog->call.sqlite3_result_error(context, "the series is too long", -1);
		return;
	}
	wr_text_init(&json);
	wr_text_putc(&json, '[');
	for (; step > 0 ? at <= to : at >= to; at += step)
		wr_text_printf(&json, "%s%lld", json.len > 1 ? "," : "", (long long)at);
	wr_text_putc(&json, ']');
	wr_pgs_give_text(catalog, context, wr_text_str(&json));
	wr_text_release(&json);
}

/* The words of Weir's SQL, as pg_get_keywords tells them. */
WR_PGS_CALL(keywords)
{
	struct wr_text json;

	(void)function;
	(void)count;
	(void)value;
	wr_text_init(&json);
	for (int i = 1; i < WR_KW_COUNT_OF; i++) {
		enum wr_keyword word = (enum wr_keyword)i;
		bool reserved = wr_keyword_is_reserved(word);

		wr_text_puts(&json, i == 1 ? "[{\"word\":\"" : ",{\"word\":\"");
		for (const char *c = wr_keyword_name(word); *c != '\0'; c++)
			wr_text_putc(&json, (char)(*c | (*c >= 'A' && *c <= 'Z' ? 32 : 0)));
		wr_text_printf(&json, "\",\"catcode\":\"%s\",\"barelabel\":1,\"catdesc\":\"%s\"}",
			       reserved ? "R" : "U", reserved ? "reserved" : "unreserved");
	}
	wr_text_putc(&json, ']');
	wr_pgs_give_text(catalog, context, wr_text_str(&json));
	wr_text_release(&json);
}

/* --- functions ----------------------------------------------------------------------------------
 */

WR_PGS_CALL(array_of)
{
	struct wr_text text;

	(void)function;
	wr_text_init(&text);
	for (int i = 0; i < count; i++)
		put_element(&text, catalog->call.sqlite3_value_type(value[i]) == SQLITE_NULL
				       ? NULL
				       : wr_pgs_arg_text(catalog, value[i]));
	give_array(catalog, context, &text);
}

WR_PGS_CALL(array_to_string)
{
	struct wr_pgs_array_reader reader;
	struct wr_text text;

	(void)function;
	if (count < 2 || catalog->call.sqlite3_value_type(value[0]) == SQLITE_NULL) {
		catalog->call.sqlite3_result_null(context);
		return;
	}
	wr_text_init(&text);
	wr_pgs_array_read(&reader, wr_pgs_arg_text(catalog, value[0]));
	for (bool any = false; wr_pgs_array_next(&reader);) {
		if (wr_pgs_array_is_null(&reader))
			continue;
		wr_text_puts(&text, any ? wr_pgs_arg_text(catalog, value[1]) : "");
		wr_text_puts(&text, wr_text_str(&reader.item));
		any = true;
	}
	wr_pgs_give_text(catalog, context, wr_text_str(&text));
	wr_pgs_array_end(&reader);
	wr_text_release(&text);
}

/* Of an array, and of a vector, which counts from 0. */
WR_PGS_CALL(array_get)
{
	int64_t wanted = count > 1 ? catalog->call.sqlite3_value_int64(value[1]) : 0;
	struct wr_pgs_array_reader reader;

	(void)function;
	catalog->call.sqlite3_result_null(context);
	wr_pgs_array_read(&reader, wr_pgs_arg_text(catalog, value[0]));
	for (int64_t i = !reader.vector; wr_pgs_array_next(&reader); i++)
		if (i == wanted && wr_pgs_array_is_integer(&reader))
			catalog->call.sqlite3_result_int64(
			    context, strtoll(wr_text_str(&reader.item), NULL, 10));
		else if (i == wanted && !wr_pgs_array_is_null(&reader))
			wr_pgs_give_text(catalog, context, wr_text_str(&reader.item));
	wr_pgs_array_end(&reader);
}

/* function->number: 0 how many there are, 1 the first subscript, 2 the last; NULL of an empty one,
 * but for cardinality (3). */
WR_PGS_CALL(array_size)
{
	struct wr_pgs_array_reader reader;
	int64_t size = 0;

	wr_pgs_array_read(&reader, count > 0 ? wr_pgs_arg_text(catalog, value[0]) : "");
	while (wr_pgs_array_next(&reader))
		size++;
	if (size == 0 && function->number != 3)
		catalog->call.sqlite3_result_null(context);
	else
		catalog->call.sqlite3_result_int64(context, function->number == 1 ? !reader.vector
							    : function->number == 2
								? size - reader.vector
								: size);
	wr_pgs_array_end(&reader);
}

WR_PGS_CALL(string_to_array)
{
	const char *at = wr_pgs_arg_text(catalog, value[0]), *by;
	struct wr_text text, item;

	(void)function;
	if (count < 2 || catalog->call.sqlite3_value_type(value[0]) == SQLITE_NULL) {
		catalog->call.sqlite3_result_null(context);
		return;
	}
	by = wr_pgs_arg_text(catalog, value[1]);
	wr_text_init(&text);
	wr_text_init(&item);
	while (*at != '\0') {
		const char *found = *by != '\0' ? strstr(at, by) : NULL;
		size_t len = found != NULL ? (size_t)(found - at) : strlen(at);

		wr_text_clear(&item);
		wr_text_add(&item, at, len);
		put_element(&text, wr_text_str(&item));
		at += len + (found != NULL ? strlen(by) : 0);
	}
	wr_text_release(&item);
	give_array(catalog, context, &text);
}

/* a."B".c as {a,B,c} */
WR_PGS_CALL(parse_ident)
{
	const char *at = count > 0 ? wr_pgs_arg_text(catalog, value[0]) : "";
	struct wr_text text, item;
	bool quoted = false;

	(void)function;
	wr_text_init(&text);
	wr_text_init(&item);
	for (;; at++) {
		if (*at == '"') {
			quoted = !quoted;
		} else if (*at == '\0' || (*at == '.' && !quoted)) {
			put_element(&text, wr_text_str(&item));
			wr_text_clear(&item);
			if (*at == '\0')
				break;
		} else {
			wr_text_putc(&item,
				     (char)(*at | (!quoted && *at >= 'A' && *at <= 'Z' ? 32 : 0)));
		}
	}
	wr_text_release(&item);
	give_array(catalog, context, &text);
}

/* --- aggregates ---------------------------------------------------------------------------------
 */

struct sort_key {
	char *text;    /* owned; NULL: a number, or NULL */
	double number; /* of a number */
	bool null, down;
};

struct item {
	char *text; /* owned; NULL: NULL */
	struct sort_key key[KEYS_MAX];
	uint32_t number; /* as they came */
};

/* What SQLite keeps for a group, zeroed at first. */
struct items {
	struct item *item; /* owned */
	uint32_t count, room, key_count;
	char *separator; /* of string_agg; owned */
};

/* x, then (string_agg) the separator, then keys with their directions. */
WR_PGS_CALL(collect)
{
	struct wr_pgs_sqlite *call = &catalog->call;
	struct items *items = call->sqlite3_aggregate_context(context, sizeof *items);
	bool strings = function->number == 1;
	struct item *item;
	int first = strings ? 2 : 1;

	if (items == NULL || count < first || items->count >= ITEMS_MAX)
		return;
	if (strings && items->separator == NULL)
		items->separator = wr_strdup(wr_pgs_arg_text(catalog, value[1]));
	if (items->count == items->room) {
		items->room = items->room * 2 + 8;
		items->item = wr_realloc(items->item, items->room * sizeof *items->item);
	}
	item = &items->item[items->count];
	*item = (struct item){.number = items->count++};
	if (call->sqlite3_value_type(value[0]) != SQLITE_NULL)
		item->text = wr_strdup(wr_pgs_arg_text(catalog, value[0]));
	items->key_count = 0;
	for (int i = first; i + 1 < count && items->key_count < KEYS_MAX; i += 2) {
		struct sort_key *key = &item->key[items->key_count++];
		int type = call->sqlite3_value_type(value[i]);

		key->down = call->sqlite3_value_int64(value[i + 1]) != 0;
		key->null = type == SQLITE_NULL;
		if (type == SQLITE_TEXT)
			key->text = wr_strdup(wr_pgs_arg_text(catalog, value[i]));
		else if (!key->null)
			key->number = call->sqlite3_value_double(value[i]);
	}
}

static int by_key(const void *left, const void *right)
{
	const struct item *a = left, *b = right;

	for (int i = 0; i < KEYS_MAX; i++) {
		const struct sort_key *x = &a->key[i], *y = &b->key[i];
		int order = x->null != y->null ? (x->null ? 1 : -1)
			    : x->text != NULL && y->text != NULL
				? strcmp(x->text, y->text)
				: (x->number > y->number) - (x->number < y->number);

		if (order != 0)
			return x->down ? -order : order;
	}
	return (a->number > b->number) - (a->number < b->number);
}

static void collected(struct wr_pgs_catalog *catalog, const struct wr_pgs_function *function,
		      sqlite3_context *context)
{
	struct items *items = catalog->call.sqlite3_aggregate_context(context, 0);
	bool strings = function->number == 1, any = false;
	struct wr_text text;

	if (items == NULL || items->count == 0) {
		catalog->call.sqlite3_result_null(context);
		return;
	}
	if (items->key_count > 0)
		qsort(items->item, items->count, sizeof *items->item, by_key);
	wr_text_init(&text);
	for (uint32_t i = 0; i < items->count; i++) {
		struct item *item = &items->item[i];

		if (!strings) {
			put_element(&text, item->text);
		} else if (item->text != NULL) {
			wr_text_puts(&text, any ? items->separator : "");
			wr_text_puts(&text, item->text);
			any = true;
		}
		wr_free(item->text);
		for (int k = 0; k < KEYS_MAX; k++)
			wr_free(item->key[k].text);
	}
	if (strings) {
		wr_pgs_give_text(catalog, context, wr_text_str(&text));
		wr_text_release(&text);
	} else {
		give_array(catalog, context, &text);
	}
	wr_free(items->item);
	wr_free(items->separator);
}

const struct wr_pgs_function wr_pgs_array_functions[] = {
    {.name = "pg_array", .arguments = 1, .call = array},
    {.name = "pg_expand", .arguments = 1, .call = array, .number = 1},
    {.name = "pg_subscripts", .arguments = -1, .call = array, .number = 2},
    {.name = "pg_series", .arguments = -1, .call = series},
    {.name = "pg_keywords", .arguments = 0, .call = keywords},
    {.name = "pg_array_of", .arguments = -1, .call = array_of},
    {.name = "pg_array_get", .arguments = 2, .call = array_get},
    {.name = "array_length", .arguments = 2, .call = array_size},
    {.name = "array_lower", .arguments = 2, .call = array_size, .number = 1},
    {.name = "array_upper", .arguments = 2, .call = array_size, .number = 2},
    {.name = "cardinality", .arguments = 1, .call = array_size, .number = 3, .shared = true},
    {.name = "string_to_array", .arguments = -1, .call = string_to_array},
    {.name = "array_to_string", .arguments = -1, .call = array_to_string},
    {.name = "parse_ident", .arguments = -1, .call = parse_ident},
    {.name = "pg_array_agg", .arguments = -1, .call = collect, .finish = collected},
    {.name = "pg_string_agg", .arguments = -1, .call = collect, .finish = collected, .number = 1},
    {.name = NULL},
};
