/* SPDX-License-Identifier: Apache-2.0
 *
 * pairs - a plugin with a format: 'pairs', records of key=value fields with a separator between
 * them, in any order. A missing one is NULL; one without a column is refused.
 *
 *     cc -shared -fPIC $(pkg-config --cflags weir) pairs.c -o pairs.so
 */
#include <stdlib.h>
#include <string.h>

#include "weir/weir_plugin.h"

#define COLUMNS_MAX 64

/* Of one worker that reads or writes one table. */
struct pairs {
	char separator[2]; /* with a NUL behind it */
	struct field {
		const char *at; /* in the record; NULL: it is not there */
		size_t size;
	} field[COLUMNS_MAX]; /* per column */
	char *text;           /* the value being read, with a NUL behind it */
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

	pairs->separator[0] = *weir_table_option(table, "separator");
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
		return 0; /* no row */
	memset(pairs->field, 0, sizeof pairs->field);
	for (const char *field = record, *next; field < end; field = next + 1) {
		const char *equals = memchr(field, '=', (size_t)(end - field));

		next = memchr(field, *pairs->separator, (size_t)(end - field));
		next = next != NULL ? next : end;
		if (equals == NULL || equals > next)
			return weir_append_fail(out, "'%.*s' has no '='", (int)(next - field),
						field);
		uint32_t column = find_column(columns, field, (size_t)(equals - field));
		if (column == weir_column_count(columns))
			return weir_append_fail(out, "there is no column '%.*s'",
						(int)(equals - field), field);
		pairs->field[column].at = equals + 1;
		pairs->field[column].size = (size_t)(next - equals - 1);
	}
	pairs->text = realloc(pairs->text, size + 1);
	for (uint32_t i = 0; i < weir_column_count(columns); i++) {
		const struct field *field = &pairs->field[i];

		if (field->at != NULL)
			memcpy(pairs->text, field->at, field->size);
		pairs->text[field->size] = '\0';
		weir_append_text(out, field->at != NULL ? pairs->text : NULL);
	}
	weir_append_end(out);
	return 0;
}

static int pairs_encode(void *self, const struct weir_row *row, struct weir_bytes_out *out)
{
	const struct pairs *pairs = self;
	const char *between = "";

	for (uint32_t i = 0; i < weir_column_count(weir_row_result(row)); i++) {
		const char *name = weir_column_name(weir_row_result(row), i);
		const char *value = weir_get_text(row, i);

		if (value == NULL)
			continue;
		if (strchr(value, *pairs->separator) != NULL)
			return weir_put_fail(out, "column `%s` has the separator '%s' in '%.40s'",
					     name, pairs->separator, value);
		weir_put(out, between, strlen(between));
		weir_put(out, name, strlen(name));
		weir_put(out, "=", 1);
		weir_put(out, value, strlen(value));
		between = pairs->separator;
	}
	return 0;
}

__attribute__((visibility("default"))) const struct weir_plugin *weir_plugin(void)
{
	static const struct weir_option options[] = {
	    {"separator", WEIR_OPTION_STRING, ";", "The character between fields.", false},
	};
	static const struct weir_format format = {
	    .size = sizeof format,
	    .name = "pairs",
	    .options = options,
	    .option_count = 1,
	    .check = pairs_check,
	    .open = pairs_open,
	    .decode = pairs_decode,
	    .encode = pairs_encode,
	    .close = pairs_close,
	};
	static const struct weir_format *const formats[] = {&format};
	static const struct weir_plugin plugin = {.magic = WEIR_PLUGIN_MAGIC,
						  .version = WEIR_PLUGIN_VERSION,
						  .size = sizeof plugin,
						  .name = "pairs",
						  .formats = formats,
						  .format_count = 1};

	return &plugin;
}
