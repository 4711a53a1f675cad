/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_table - see plugin_table.h.
 */
#include "catalog/plugin_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"

#define OPTIONS_MAX 4096u /* of a connector, format or catalog */

wr_status *wr_plugin_table_init(struct weir_table *table, const char *name,
				const struct wr_schema *schema, const struct wr_options *options,
				const char *zone_id)
{
	*table = (struct weir_table){.name = name, .options = options};
	return wr_result_init(&table->columns, schema, false, zone_id);
}

void wr_plugin_table_release(struct weir_table *table)
{
	wr_result_release(&table->columns);
}

wr_status *wr_plugin_table_failed(const struct weir_table *table, const char *what,
				  const char *name)
{
	return wr_status_new(WR_USER_ERROR, "%s '%s' refuses table '%s'%s%s", what, name,
			     table->name, table->failure[0] != '\0' ? ": " : "", table->failure);
}

/* --- what plugins call */

WR_PUBLIC const char *weir_table_name(const struct weir_table *table)
{
	return table->name;
}

WR_PUBLIC const struct weir_result *weir_table_columns(const struct weir_table *table)
{
	return &table->columns;
}

/* NULL: there is no such option, or it is not set. */
static const struct wr_option_value *option(const struct weir_table *table, const char *name)
{
	const struct wr_options *options = table->options;

	for (uint32_t i = 0; options != NULL && i < options->count; i++)
		if (strcmp(options->table[i].name, name) == 0)
			return options->value[i].is_set ? &options->value[i] : NULL;
	return NULL;
}

WR_PUBLIC const char *weir_table_option(const struct weir_table *table, const char *name)
{
	const struct wr_option_value *value = option(table, name);

	return value != NULL ? value->text : NULL;
}

WR_PUBLIC int64_t weir_table_option_i64(const struct weir_table *table, const char *name)
{
	const struct wr_option_value *value = option(table, name);

	return value != NULL ? value->number : 0;
}

WR_PUBLIC double weir_table_option_f64(const struct weir_table *table, const char *name)
{
	const struct wr_option_value *value = option(table, name);

	return value != NULL ? value->real : 0;
}

WR_PUBLIC bool weir_table_option_bool(const struct weir_table *table, const char *name)
{
	return weir_table_option_i64(table, name) != 0;
}

WR_PUBLIC int weir_table_fail(struct weir_table *table, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wr_reason_format(table->failure, sizeof table->failure, format, args);
	va_end(args);
	return -1;
}

WR_PUBLIC void weir_put(struct weir_bytes_out *out, const void *bytes, size_t len)
{
	wr_text_add(out->text, bytes, len);
}

WR_PUBLIC int weir_put_fail(struct weir_bytes_out *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wr_reason_format(out->failure, sizeof out->failure, format, args);
	va_end(args);
	return -1;
}

/* --- declarations */

wr_status *wr_plugin_options(struct wr_arena *arena, const char *what,
			     const struct weir_option *given, uint32_t count,
			     const struct wr_option **out)
{
	static const enum wr_option_type types[] = {
	    [WEIR_OPTION_STRING] = WR_OPTION_STRING,     [WEIR_OPTION_INT] = WR_OPTION_INT,
	    [WEIR_OPTION_DOUBLE] = WR_OPTION_DOUBLE,     [WEIR_OPTION_BOOL] = WR_OPTION_BOOL,
	    [WEIR_OPTION_DURATION] = WR_OPTION_DURATION, [WEIR_OPTION_MEMORY] = WR_OPTION_MEMORY,
	};
	struct wr_option *options;

	if (count > OPTIONS_MAX || (count > 0 && given == NULL))
		return wr_status_new(WR_USER_ERROR, "The list of %u options of %s is %s", count,
				     what, given == NULL ? "NULL" : "too long");
	options = WR_NEW_ARRAY(arena, struct wr_option, count + 1);
	*out = options;
	for (uint32_t i = 0; i < count; i++) {
		struct wr_option_value value;
		wr_status *status = NULL;

		if (given[i].name == NULL || (size_t)given[i].type >= WR_COUNT(types))
			return wr_status_new(WR_USER_ERROR,
					     "Option %u of %s has no name or an unknown type", i,
					     what);
		options[i] = (struct wr_option){.name = given[i].name,
						.type = types[given[i].type],
						.fallback = given[i].fallback,
						.doc = given[i].doc != NULL ? given[i].doc : "",
						.required = given[i].required};
		if (given[i].fallback != NULL)
			status = wr_option_read(&options[i], given[i].fallback, &value);
		if (status != NULL) {
			wr_status_free(status);
			return wr_status_new(WR_USER_ERROR,
					     "The default '%s' of option '%s' of %s is not of its "
					     "type",
					     given[i].fallback, given[i].name, what);
		}
	}
	return NULL;
}

wr_status *wr_plugin_copy(void *to, size_t to_size, const void *from, size_t least,
			  const char *what)
{
	size_t size = 0;

	if (from != NULL)
		memcpy(&size, from, sizeof size);
	if (size < least)
		return wr_status_new(WR_USER_ERROR,
				     "A struct %s has a size of %zu bytes, %zu at least", what,
				     size, least);
	memset(to, 0, to_size);
	memcpy(to, from, WR_MIN(size, to_size));
	return NULL;
}
