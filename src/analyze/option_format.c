/* SPDX-License-Identifier: Apache-2.0
 *
 * option_format - the formats of a table: which there are, and which columns lie in them.
 *
 * A table of records has one, 'format'. A table of messages has one for the values ('format', or
 * 'value.format' with options that begin with 'value.'), and may have one for the keys
 * ('key.format', 'key.'). Which columns the key has is said by 'key.fields', or is the PRIMARY KEY
 * where the connector keeps the last value of each key; 'key.fields-prefix' is taken off their
 * names for the format. The value has all columns, or ('value.fields-include' = 'EXCEPT_KEY') those
 * that are not in the key.
 */
#include <string.h>

#include "analyze/option.h"
#include "base/mem.h"

static const char *const includes[] = {"ALL", "EXCEPT_KEY", NULL};
enum include { INCLUDE_ALL, INCLUDE_EXCEPT_KEY };

const struct wr_option wr_message_options[] = {
    {.name = "key.format",
     .type = WR_OPTION_STRING,
     .doc = "How the keys of messages are written; its options begin with 'key.' and its name."},
    {.name = "key.fields",
     .type = WR_OPTION_STRING,
     .doc = "The columns that lie in the key, with ';' between them."},
    {.name = "key.fields-prefix",
     .type = WR_OPTION_STRING,
     .doc = "Begins the names of all columns of the key; the key itself has the names without it."},
    {.name = "value.format",
     .type = WR_OPTION_STRING,
     .doc = "As 'format'; the options of the format then begin with 'value.' and its name."},
    {.name = "value.fields-include",
     .type = WR_OPTION_ENUM,
     .values = includes,
     .doc = "Whether the columns of the key are in the value, too: ALL (unless set) or "
	    "EXCEPT_KEY."},
};
const uint32_t wr_message_option_count = WR_COUNT(wr_message_options);

/* --- which formats ------------------------------------------------------------------------------
 */

/* With the nearest name, or all there are. */
static wr_status *unknown_format(const struct wr_registry *registry, const struct wr_given *given)
{
	const char *names[256];
	uint32_t n = 0;

	for (; registry->formats[n] != NULL && n < WR_COUNT(names); n++)
		names[n] = registry->formats[n]->name;
	return wr_hint_names(
	    wr_status_at(WR_USER_ERROR, given->pos, "There is no format '%s'", given->value),
	    given->value, "Available formats", names, n);
}

/* The format that `given` names; `prefix` stands before its name in options. NULL: none. */
static wr_status *choose(struct wr_option_reading *reading, const struct wr_registry *registry,
			 const struct wr_given *given, const char *prefix,
			 struct wr_format_choice *choice)
{
	const struct wr_format *format;

	if (given == NULL)
		return NULL;
	format = wr_registry_format(registry, given->value);
	if (format == NULL)
		return unknown_format(registry, given);
	if (reading->connector->messages && !format->messages)
		return wr_status_at(WR_USER_ERROR, given->pos,
				    "'%s' = '%s': connector '%s' has messages, which this format "
				    "cannot read or write",
				    given->key, given->value, reading->connector->name);
	if (!reading->connector->messages && format->messages && format->frame == NULL &&
	    format->file_open == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, given->pos,
				 "'%s' = '%s': connector '%s' has records one after the other, and "
				 "this format does not say where they end",
				 given->key, given->value, reading->connector->name),
		    "It is for messages, such as those of connector 'kafka'");
	choice->format = format;
	choice->prefix = wr_arena_printf(reading->arena, "%s%s.", prefix, format->name);
	wr_options_init(&choice->options, reading->arena,
			wr_arena_printf(reading->arena, "option of format '%s'", format->name),
			format->options, format->option_count);
	choice->options.prefix = choice->prefix;
	return NULL;
}

wr_status *wr_formats_find(struct wr_option_reading *reading, const struct wr_registry *registry,
			   const struct wr_given *given, uint32_t count)
{
	const struct wr_given *format = wr_given_find(given, count, "format"), *value;

	if (!reading->connector->messages)
		return choose(reading, registry, format, "", &reading->value);
	value = wr_given_find(given, count, "value.format");
	if (format != NULL && value != NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, value->pos,
				 "'format' and 'value.format' are both given: they mean the same"),
		    "Leave one of them out");
	WR_TRY(choose(reading, registry, format, "", &reading->value));
	WR_TRY(choose(reading, registry, value, "value.", &reading->value));
	return choose(reading, registry, wr_given_find(given, count, "key.format"), "key.",
		      &reading->key);
}

const struct wr_metadata_column *wr_metadata_find(const struct wr_connector *connector,
						  const struct wr_format *format, const char *key)
{
	const struct wr_metadata_column *column = connector->metadata;

	if (connector->messages && format != NULL && strncmp(key, "value.", 6) == 0) {
		column = format->metadata;
		key += 6;
	}
	for (; column != NULL && column->key != NULL; column++) {
		if (strcmp(column->key, key) == 0)
			return column;
	}
	return NULL;
}

/* --- which columns ------------------------------------------------------------------------------
 */

static const char *value_of(const struct wr_connector_args *args, const char *key)
{
	const struct wr_given *given = wr_given_find(args->given, args->given_count, key);

	return given != NULL ? given->value : NULL;
}

/* Where the table says `key`; else the table itself. */
static struct wr_pos pos_of(const struct wr_connector_args *args, const char *key)
{
	const struct wr_given *given = wr_given_find(args->given, args->given_count, key);

	return given != NULL ? given->pos : args->pos;
}

static wr_status *unknown_key_field(struct wr_option_reading *reading,
				    const struct wr_connector_args *args, const char *name)
{
	const char **names = WR_NEW_ARRAY(reading->arena, const char *, args->physical_count + 1);

	for (uint32_t i = 0; i < args->physical_count; i++)
		names[i] = args->schema->field[i].name;
	return wr_hint_names(
	    wr_status_at(WR_USER_ERROR, pos_of(args, "key.fields"),
			 "'key.fields' of table '%s' names '%s', which is not one of its physical "
			 "columns",
			 args->table, name),
	    name, "The columns are", names, args->physical_count);
}

/* Adds a column to the key's; it must not be there yet. */
static wr_status *add_key_field(struct wr_option_reading *reading, struct wr_connector_args *args,
				const char *name)
{
	uint32_t *column = (uint32_t *)(uintptr_t)args->key_column; /* being filled */
	struct wr_schema *schema = (struct wr_schema *)(uintptr_t)args->key_args.schema;
	uint32_t at = 0;

	while (at < args->physical_count && strcmp(args->schema->field[at].name, name) != 0)
		at++;
	if (at == args->physical_count)
		return unknown_key_field(reading, args, name);
	for (uint32_t i = 0; i < schema->count; i++)
		if (column[i] == at)
			return wr_status_at(WR_USER_ERROR, pos_of(args, "key.fields"),
					    "'key.fields' of table '%s' names '%s' twice",
					    args->table, name);
	column[schema->count] = at;
	schema->field[schema->count++] = args->schema->field[at];
	return NULL;
}

/* The names between the ';' of 'key.fields'. */
static wr_status *read_key_fields(struct wr_option_reading *reading, struct wr_connector_args *args,
				  const char *list)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ";"), from = 0;
		size_t skip = len + (list[len] == ';');

		while (from < len && list[from] == ' ')
			from++;
		while (len > from && list[len - 1] == ' ')
			len--;
		if (len > from)
			WR_TRY(add_key_field(
			    reading, args,
			    wr_arena_strndup(reading->arena, list + from, len - from)));
		list += skip;
	}
	return NULL;
}

/* Takes the prefix off the names of the key's columns. */
static wr_status *take_prefix(struct wr_connector_args *args, const char *prefix)
{
	struct wr_schema *schema = (struct wr_schema *)(uintptr_t)args->key_args.schema;
	size_t len = strlen(prefix);

	for (uint32_t i = 0; i < schema->count; i++) {
		if (strncmp(schema->field[i].name, prefix, len) != 0)
			return wr_status_at(
			    WR_USER_ERROR, pos_of(args, "key.fields-prefix"),
			    "All columns of the key of table '%s' must begin with '%s' "
			    "('key.fields-prefix'), and '%s' does not",
			    args->table, prefix, schema->field[i].name);
		schema->field[i].name += len;
	}
	return NULL;
}

/* A key is needed, or must not be there. */
static wr_status *check_key(const struct wr_option_reading *reading,
			    const struct wr_connector_args *args)
{
	const struct wr_connector *connector = reading->connector;
	bool fields = value_of(args, "key.fields") != NULL;

	if (connector->upserts && args->primary_key_count == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s' of connector '%s' needs a PRIMARY KEY: its columns "
				 "are the key of the messages, and the last value of each key "
				 "counts",
				 args->table, connector->name),
		    "Add PRIMARY KEY (...) NOT ENFORCED");
	if (connector->upserts && reading->key.format == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s' has no 'key.format', which connector '%s' needs",
				 args->table, connector->name),
		    "Add for example 'key.format' = 'json' to its WITH options");
	if (connector->upserts && fields)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos_of(args, "key.fields"),
				 "Connector '%s' has no 'key.fields': the columns of the key are "
				 "the PRIMARY KEY",
				 connector->name),
		    "Leave 'key.fields' out");
	if (!connector->upserts && reading->key.format == NULL && fields)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos_of(args, "key.fields"),
				 "'key.fields' of table '%s' is given without 'key.format'",
				 args->table),
		    "Add for example 'key.format' = 'json'");
	if (!connector->upserts && reading->key.format != NULL && !fields)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, pos_of(args, "key.format"),
						   "'key.format' of table '%s' needs 'key.fields'",
						   args->table),
				      "Name the columns that lie in the key: 'key.fields' = 'a;b'");
	return NULL;
}

/* Formats that carry kinds fit neither keys nor values by key. */
static wr_status *check_changelog(const struct wr_option_reading *reading,
				  const struct wr_connector_args *args)
{
	const struct wr_connector *connector = reading->connector;
	const struct wr_format *value = reading->value.format, *key = reading->key.format;

	if (key != NULL && key->changelog)
		return wr_status_at(WR_USER_ERROR, pos_of(args, "key.format"),
				    "'key.format' = '%s': keys cannot carry changes", key->name);
	if (connector->upserts && value != NULL && value->changelog)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Connector '%s' cannot have '%s' as its value format: what a "
				 "message changes is said by its key",
				 connector->name, value->name),
		    "Use a format of rows, such as 'json' or 'avro', or connector 'kafka'");
	if (!connector->upserts && args->primary_key_count > 0 && value != NULL &&
	    !value->changelog)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s' of connector '%s' with format '%s' cannot have a "
				 "PRIMARY KEY: nothing keeps its messages to one row per key",
				 args->table, connector->name, value->name),
		    "Leave PRIMARY KEY out, or use connector 'upsert-kafka' or a changelog format");
	return NULL;
}

/* The columns of the key. */
static wr_status *key_args(struct wr_option_reading *reading, const struct wr_table *table,
			   struct wr_connector_args *args)
{
	const char *prefix = value_of(args, "key.fields-prefix");
	struct wr_schema *schema;
	struct wr_options *options;
	uint32_t *wanted;

	WR_TRY(check_key(reading, args));
	if (reading->key.format == NULL)
		return NULL;
	WR_TRY(wr_status_place(wr_options_check(&reading->key.options), args->pos));
	schema = WR_NEW(reading->arena, struct wr_schema);
	wr_schema_init(reading->arena, schema, args->physical_count);
	schema->count = 0;
	options = WR_NEW(reading->arena, struct wr_options);
	*options = reading->key.options;
	wanted = WR_NEW_ARRAY(reading->arena, uint32_t, args->physical_count + 1);
	args->key_format = reading->key.format;
	args->key_column = WR_NEW_ARRAY(reading->arena, uint32_t, args->physical_count + 1);
	args->key_args = (struct wr_format_args){.format = args->key_format,
						 .table = args->table,
						 .schema = schema,
						 .wanted = wanted,
						 .options = options,
						 .zone_id = args->zone_id,
						 .topic = args->format_args.topic,
						 .messages = true,
						 .is_key = true};
	if (reading->connector->upserts)
		for (uint32_t i = 0; i < args->primary_key_count; i++)
			WR_TRY(add_key_field(reading, args,
					     args->schema->field[args->primary_key[i]].name));
	else
		WR_TRY(read_key_fields(reading, args, value_of(args, "key.fields")));
	if (schema->count == 0)
		return wr_status_at(WR_USER_ERROR, pos_of(args, "key.fields"),
				    "'key.fields' of table '%s' names no column", args->table);
	for (uint32_t i = 0; i < schema->count; i++)
		wanted[i] = i;
	args->key_args.wanted_count = schema->count;
	return prefix != NULL ? take_prefix(args, prefix) : NULL;
}

static bool in_key(const struct wr_connector_args *args, uint32_t column)
{
	for (uint32_t i = 0; args->key_format != NULL && i < args->key_args.schema->count; i++)
		if (args->key_column[i] == column)
			return true;
	return false;
}

/* 'value.fields-include', and whether it fits the prefix. */
static wr_status *read_include(const struct wr_connector_args *args, enum include *include)
{
	const char *text = value_of(args, "value.fields-include");
	const char *prefix = value_of(args, "key.fields-prefix");

	*include =
	    text != NULL && strcasecmp(text, "EXCEPT_KEY") == 0 ? INCLUDE_EXCEPT_KEY : INCLUDE_ALL;
	if (*include == INCLUDE_ALL && prefix != NULL && *prefix != '\0')
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos_of(args, "key.fields-prefix"),
				 "'key.fields-prefix' of table '%s' needs 'value.fields-include' = "
				 "'EXCEPT_KEY': else the columns of the key would be in the value, "
				 "too, with the prefix",
				 args->table),
		    "Add 'value.fields-include' = 'EXCEPT_KEY'");
	return NULL;
}

/* The columns of the value: physical ones, then metadata of the format. */
static wr_status *value_args(struct wr_option_reading *reading, struct wr_connector_args *args)
{
	struct wr_arena *arena = reading->arena;
	struct wr_schema *schema = WR_NEW(arena, struct wr_schema);
	uint32_t total = args->schema->count, n = 0;
	uint32_t *column = WR_NEW_ARRAY(arena, uint32_t, total + 1);
	uint32_t *wanted = WR_NEW_ARRAY(arena, uint32_t, total + 1);
	const char **keys = WR_NEW_ARRAY(arena, const char *, total + 1);
	enum include include;

	WR_TRY(read_include(args, &include));
	wr_schema_init(arena, schema, total);
	for (uint32_t i = 0; i < total; i++) {
		const char *key =
		    i < args->physical_count ? NULL : args->metadata_key[i - args->physical_count];

		if (key != NULL ? strncmp(key, "value.", 6) != 0
				: include == INCLUDE_EXCEPT_KEY && in_key(args, i))
			continue;
		if (key != NULL)
			keys[args->format_args.metadata_count++] = key + 6;
		wanted[n] = n;
		column[n] = i;
		schema->field[n++] = args->schema->field[i];
	}
	schema->count = n;
	args->value_column = column;
	args->format_args.schema = schema;
	args->format_args.wanted = wanted;
	args->format_args.wanted_count = n;
	args->format_args.metadata_key = keys;
	return NULL;
}

/* The only topic of the table; NULL: it has none, or several. */
static const char *topic_of(const struct wr_connector_args *args)
{
	const char *topic = value_of(args, "topic");

	return topic != NULL && strchr(topic, ';') == NULL ? topic : NULL;
}

static wr_status *check_format(const struct wr_format *format, const struct wr_format_args *args,
			       struct wr_pos pos, bool for_sink)
{
	if (format == NULL || format->check == NULL)
		return NULL;
	return wr_status_place(format->check(args, for_sink), pos);
}

/* What the connector's table says that no format is needed for. */
static wr_status *no_format(const struct wr_option_reading *reading, const struct wr_table *table)
{
	if (!reading->connector->needs_format)
		return NULL;
	return wr_status_hint(wr_status_at(WR_USER_ERROR, table->pos,
					   "Table '%s' has no 'format', which connector '%s' "
					   "needs",
					   table->name, reading->connector->name),
			      "Add for example 'format' = 'json' to its WITH options");
}

wr_status *wr_formats_args(struct wr_option_reading *reading, const struct wr_table *table,
			   bool for_sink, struct wr_connector_args *args)
{
	struct wr_schema *physical = WR_NEW(reading->arena, struct wr_schema);
	struct wr_options *options = WR_NEW(reading->arena, struct wr_options);
	bool messages = reading->connector->messages;

	if (reading->value.format == NULL)
		return no_format(reading, table);
	WR_TRY(wr_status_place(wr_options_check(&reading->value.options), table->pos));
	*options = reading->value.options;
	physical->count = args->physical_count;
	physical->field = args->schema->field;
	args->format = reading->value.format;
	args->format_args = (struct wr_format_args){.format = args->format,
						    .table = args->table,
						    .schema = physical,
						    .wanted = args->wanted,
						    .wanted_count = args->physical_count,
						    .options = options,
						    .zone_id = args->zone_id,
						    .topic = messages ? topic_of(args) : NULL,
						    .messages = messages};
	if (messages) {
		WR_TRY(check_changelog(reading, args));
		WR_TRY(key_args(reading, table, args));
		WR_TRY(value_args(reading, args));
		WR_TRY(check_format(args->key_format, &args->key_args, table->pos, for_sink));
	}
	return check_format(args->format, &args->format_args, table->pos, for_sink);
}
