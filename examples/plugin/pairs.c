/* SPDX-License-Identifier: Apache-2.0
 *
 * pairs - a plugin with a format: 'pairs', records of key=value fields with a separator between
 * them, in any order. A field that is missing is NULL; one that no column is named for is refused
 * unless 'pairs.strict' = 'false'.
 *
 *     cc -shared -fPIC $(pkg-config --cflags weir) pairs.c -o pairs.so
 */
#include <stdlib.h>
#include <string.h>

#include "weir/weir_plugin.h"

#define COLUMNS_MAX 64

/* Of one worker that reads or writes one table. */
struct pairs {
	char separator;
	bool strict;
	const char *value[COLUMNS_MAX]; /* per column, what the record says; NULL: nothing */
	size_t size[COLUMNS_MAX];
	char *text; /* the value being read, with a NUL behind it */
};

static int pairs_check(void *user, struct weir_table *table, bool for_sink)
{
	if (strlen(weir_table_option(table, "separator")) != 1)
		return weir_table_fail(table, "'pairs.separator' must be one character");
	if (weir_column_count(weir_table_columns(table)) > COLUMNS_MAX)
		return weir_table_fail(table, "it has more than %d columns", COLUMNS_MAX);
	return 0;
}

static int pairs_open(void *user, struct weir_table *table, bool for_sink, void **self)
{
	struct pairs *pairs = calloc(1, sizeof *pairs);

	pairs->separator = *weir_table_option(table, "separator");
	pairs->strict = weir_table_option_bool(table, "strict");
	*self = pairs;
	return 0;
}

static void pairs_close(void *self)
{
	struct pairs *pairs = self;

	free(pairs->text);
	free(pairs);
}

static uint32_t find_column(const struct weir_result *columns, const char *name, size_t size)
{
	uint32_t i = 0;

	while (i < weir_column_count(columns) &&
	       (strlen(weir_column_name(columns, i)) != size ||
		memcmp(weir_column_name(columns, i), name, size) != 0))
		i++;
	return i;
}

/* A whole row is looked at before anything of it is appended. */
static int pairs_decode(void *self, const char *record, size_t size, struct weir_appender *out)
{
	struct pairs *pairs = self;
	const struct weir_result *columns = weir_appender_result(out);
	const char *end = record + size;

	if (size == 0)
		return 0; /* an empty line is no row */
	memset(pairs->value, 0, sizeof pairs->value);
	for (const char *field = record, *next; field < end; field = next + 1) {
		const char *equals = memchr(field, '=', (size_t)(end - field));
		uint32_t column;

		next = memchr(field, pairs->separator, (size_t)(end - field));
		if (next == NULL)
			next = end;
		if (equals == NULL || equals > next)
			return weir_append_fail(out, "'%.*s' has no '='",
						(int)(next - field < 40 ? next - field : 40),
						field);
		column = find_column(columns, field, (size_t)(equals - field));
		if (column < weir_column_count(columns)) {
			pairs->value[column] = equals + 1;
			pairs->size[column] = (size_t)(next - equals - 1);
		} else if (pairs->strict) {
			return weir_append_fail(out, "there is no column '%.*s'",
						(int)(equals - field < 40 ? equals - field : 40),
						field);
		}
	}
	pairs->text = realloc(pairs->text, size + 1);
	for (uint32_t i = 0; i < weir_column_count(columns); i++) {
		if (pairs->value[i] != NULL) {
			memcpy(pairs->text, pairs->value[i], pairs->size[i]);
			pairs->text[pairs->size[i]] = '\0';
		}
		weir_append_text(out, pairs->value[i] != NULL ? pairs->text : NULL);
	}
	weir_append_end(out);
	return 0;
}

static int pairs_encode(void *self, const struct weir_row *row, struct weir_bytes_out *out)
{
	const struct pairs *pairs = self;
	const struct weir_result *columns = weir_row_result(row);
	bool first = true;

	for (uint32_t i = 0; i < weir_column_count(columns); i++) {
		const char *name = weir_column_name(columns, i), *value = weir_get_text(row, i);

		if (value == NULL)
			continue;
		if (strchr(value, pairs->separator) != NULL)
			return weir_put_fail(out, "column `%s` has the separator '%c' in '%.40s'",
					     name, pairs->separator, value);
		if (!first)
			weir_put(out, &pairs->separator, 1);
		weir_put(out, name, strlen(name));
		weir_put(out, "=", 1);
		weir_put(out, value, strlen(value));
		first = false;
	}
	return 0;
}

__attribute__((visibility("default"))) const struct weir_plugin *weir_plugin(void)
{
	static const struct weir_option options[] = {
	    {"separator", WEIR_OPTION_STRING, ";", "The character between fields.", false},
	    {"strict", WEIR_OPTION_BOOL, "true", "Fields without a column are refused.", false},
	};
	static const struct weir_format format = {.size = sizeof format,
						  .name = "pairs",
						  .doc = "Fields of key=value.",
						  .options = options,
						  .option_count = 2,
						  .check = pairs_check,
						  .open = pairs_open,
						  .decode = pairs_decode,
						  .encode = pairs_encode,
						  .close = pairs_close};
	static const struct weir_format *const formats[] = {&format};
	static const struct weir_plugin plugin = {.magic = WEIR_PLUGIN_MAGIC,
						  .version = WEIR_PLUGIN_VERSION,
						  .size = sizeof plugin,
						  .name = "pairs",
						  .formats = formats,
						  .format_count = 1};

	return &plugin;
}
