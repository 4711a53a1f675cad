/* SPDX-License-Identifier: Apache-2.0
 *
 * option - WITH options of a table: whose each key is, whether it can be read, and the arguments
 * that a connector is opened with.
 *
 * A key belongs to the engine itself ('connector', 'format', the watermark and error handling keys
 * that every table takes), to a format (with the format's name in front: 'json.' ..., see
 * option_format.c), or to the connector. Keys and values are checked when the table is declared;
 * whether everything needed is there, and the connector's own checks, when the table is used (hints
 * may still add options).
 */
#include <string.h>

#include "analyze/option.h"
#include "base/mem.h"

static const char *const emit_strategies[] = {"on-periodic", "on-event", NULL};
static const char *const lookup_caches[] = {"NONE", "PARTIAL", "FULL", NULL};
static const char *const reload_strategies[] = {"PERIODIC", NULL};
static const char *const consistencies[] = {"eager", "epoch", NULL};
static const char *const error_modes[] = {"fail", "ignore", "log", NULL};

/* Keys of the engine itself, for every table. */
static const struct wr_option own_options[] = {
    {.name = "connector", .type = WR_OPTION_STRING, .doc = "Which connector reads or writes it."},
    {.name = "format", .type = WR_OPTION_STRING, .doc = "How rows are written as bytes."},
    {.name = "scan.watermark.emit.strategy",
     .type = WR_OPTION_ENUM,
     .values = emit_strategies,
     .doc = "When watermarks go out: after each row, or from time to time."},
    {.name = "scan.watermark.idle-timeout",
     .type = WR_OPTION_DURATION,
     .doc = "A source without rows for this long no longer holds the watermark back."},
    {.name = "scan.watermark.alignment.group",
     .type = WR_OPTION_STRING,
     .doc =
	 "Tables with the same name here are read in step by their watermarks; partitions of one "
	 "table, too."},
    {.name = "scan.watermark.alignment.max-drift",
     .type = WR_OPTION_DURATION,
     .doc = "What is ahead of the group's lowest watermark by more than this waits."},
    {.name = "scan.watermark.alignment.update-interval",
     .type = WR_OPTION_DURATION,
     .doc = "Accepted; watermarks are compared before each block."},
    {.name = "scan.rate-limit",
     .type = WR_OPTION_INT,
     .min = 1,
     .max = INT64_C(1000000000),
     .doc = "Rows per second, at most, that are read."},
    {.name = "scan.priority",
     .type = WR_OPTION_INT,
     .min = -1000,
     .max = 1000,
     .doc = "Of the tables of a job, higher ones are read first while they have rows; 0 unless "
	    "set. Others get one block in 16 meanwhile."},
    {.name = "scan.parallelism",
     .type = WR_OPTION_INT,
     .min = 1,
     .max = 1024,
     .doc = "Accepted; the number of workers is that of the job."},
    {.name = "sink.parallelism",
     .type = WR_OPTION_INT,
     .min = 1,
     .max = 1024,
     .doc = "Accepted; the number of workers is that of the job."},
    {.name = "sink.consistency",
     .type = WR_OPTION_ENUM,
     .values = consistencies,
     .doc = "epoch: the sink shows only states that the query has for a prefix of its inputs, the "
	    "net change of each epoch at once. eager: changes as they come."},
    {.name = "source.monitor-interval",
     .type = WR_OPTION_DURATION,
     .doc = "Keeps watching a folder for new files."},
    {.name = "lookup.cache",
     .type = WR_OPTION_ENUM,
     .values = lookup_caches,
     .doc = "What a lookup join keeps of the table: nothing, the answers for some keys, or all of "
	    "it."},
    {.name = "lookup.partial-cache.max-rows",
     .type = WR_OPTION_INT,
     .min = 1,
     .max = INT32_MAX,
     .doc = "Keys kept by each worker; those not used for longest go first."},
    {.name = "lookup.partial-cache.expire-after-write",
     .type = WR_OPTION_DURATION,
     .doc = "A key is asked for again this long after it was."},
    {.name = "lookup.partial-cache.expire-after-access",
     .type = WR_OPTION_DURATION,
     .doc = "A key is asked for again when it was not used for this long."},
    {.name = "lookup.partial-cache.cache-missing-key",
     .type = WR_OPTION_BOOL,
     .doc = "Whether it is kept that a key has no rows; true unless set."},
    {.name = "lookup.full-cache.reload-strategy",
     .type = WR_OPTION_ENUM,
     .values = reload_strategies,
     .doc = "PERIODIC."},
    {.name = "lookup.full-cache.periodic-reload.interval",
     .type = WR_OPTION_DURATION,
     .doc = "How often the whole table is read anew."},
    {.name = "lookup.cache.max-rows",
     .type = WR_OPTION_INT,
     .min = 1,
     .max = INT32_MAX,
     .doc = "Older name: `lookup.cache` = `PARTIAL` with `lookup.partial-cache.max-rows`."},
    {.name = "lookup.cache.ttl",
     .type = WR_OPTION_DURATION,
     .doc = "Older name: `lookup.cache` = `PARTIAL` with "
	    "`lookup.partial-cache.expire-after-write`."},
    {.name = "lookup.cache.caching-missing-key",
     .type = WR_OPTION_BOOL,
     .doc = "Older name of `lookup.partial-cache.cache-missing-key`."},
    {.name = "lookup.max-retries",
     .type = WR_OPTION_INT,
     .min = 0,
     .max = 1000,
     .doc = "How often a question is asked again when the other side does not answer; without it "
	    "there is no end. Without effect for files."},
    {.name = "lookup.max-answer-size",
     .type = WR_OPTION_MEMORY,
     .min = 1,
     .max = INT64_MAX,
     .doc = "Rows that the keys of a batch may have, in bytes: above it the job fails and names "
	    "the key with the most; 256 mb unless set. Not of a `FULL` cache."},
    {.name = "error-handling.mode",
     .type = WR_OPTION_ENUM,
     .values = error_modes,
     .doc = "What a bad row does: fail the job, be ignored (counted), or be logged to a table."},
    {.name = "error-handling.log.target",
     .type = WR_OPTION_STRING,
     .doc = "The table that takes the bad rows of 'error-handling.mode' = 'log'."},
    {.name = "error-handling.*",
     .type = WR_OPTION_STRING,
     .doc = "Further settings of error handling."},
};

const struct wr_option *wr_table_options(uint32_t *count)
{
	*count = WR_COUNT(own_options);
	return own_options;
}

const struct wr_option *wr_table_message_options(uint32_t *count)
{
	*count = wr_message_option_count;
	return wr_message_options;
}

/* METADATA keys that the engine itself fills: late rows and dead letters. */
static const struct {
	const char *key;
	const struct wr_type *type;
} own_metadata[] = {
    {"late-by", &WR_T_BIGINT},      {"watermark", &WR_T_LTZ3},    {"window-end", &WR_T_TIMESTAMP3},
    {"operator", &WR_T_STRING},     {"error-kind", &WR_T_STRING}, {"error-text", &WR_T_STRING},
    {"error-column", &WR_T_STRING}, {"raw", &WR_T_BYTES},         {"file", &WR_T_STRING},
    {"offset", &WR_T_BIGINT},       {"line", &WR_T_BIGINT},       {"topic", &WR_T_STRING},
    {"attempts", &WR_T_BIGINT},     {"origin", &WR_T_STRING},     {"table", &WR_T_STRING},
    {"partition", &WR_T_INT},       {"key", &WR_T_BYTES},         {"timestamp", &WR_T_LTZ3},
};

const struct wr_type *wr_runtime_metadata(const char *key)
{
	for (uint32_t i = 0; i < WR_COUNT(own_metadata); i++) {
		if (strcmp(own_metadata[i].key, key) == 0)
			return own_metadata[i].type;
	}
	return NULL;
}

const struct wr_type *wr_table_metadata(const struct wr_table *table, const char *key)
{
	const struct wr_metadata_column *column =
	    wr_metadata_find(table->connector, table->format, key);

	return column != NULL ? column->type : NULL;
}

const struct wr_given *wr_given_find(const struct wr_given *given, uint32_t count, const char *key)
{
	for (uint32_t i = count; i > 0; i--) {
		if (strcmp(given[i - 1].key, key) == 0)
			return &given[i - 1];
	}
	return NULL;
}

/* --- reading
 * ---------------------------------------------------------------------------------------------- */

/* The key without the prefix of the format's options, or NULL when it is not the format's. */
static const char *format_key(const struct wr_format_choice *choice, const char *key)
{
	size_t len;

	if (choice->format == NULL)
		return NULL;
	len = strlen(choice->prefix);
	return strncmp(key, choice->prefix, len) == 0 ? key + len : NULL;
}

/* Appends the names of a table of options. */
static void add_names(const char **names, uint32_t *n, const struct wr_option *table,
		      uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		names[(*n)++] = table[i].name;
}

static void add_format_names(struct wr_arena *arena, const char **names, uint32_t *n,
			     const struct wr_format_choice *choice)
{
	for (uint32_t i = 0; choice->format != NULL && i < choice->format->option_count; i++)
		names[(*n)++] =
		    wr_arena_printf(arena, "%s%s", choice->prefix, choice->format->options[i].name);
}

/* "Unsupported option", with the nearest of all keys that this table could have. */
static wr_status *unknown_option(const struct wr_option_reading *reading,
				 const struct wr_given *given)
{
	const struct wr_connector *connector = reading->connector;
	const struct wr_format *format = reading->value.format, *key = reading->key.format;
	uint32_t n = 0, total = (uint32_t)WR_COUNT(own_options) + wr_message_option_count +
				connector->option_count +
				(format != NULL ? format->option_count : 0) +
				(key != NULL ? key->option_count : 0);
	const char **names = WR_NEW_ARRAY(reading->arena, const char *, total + 1), *other;
	wr_status *status;

	add_names(names, &n, own_options, (uint32_t)WR_COUNT(own_options));
	if (connector->messages)
		add_names(names, &n, wr_message_options, wr_message_option_count);
	add_names(names, &n, connector->options, connector->option_count);
	add_format_names(reading->arena, names, &n, &reading->value);
	add_format_names(reading->arena, names, &n, &reading->key);
	status = wr_status_at(WR_USER_ERROR, given->pos,
			      "Unsupported option '%s' for connector '%s'%s%s%s", given->key,
			      connector->name, format != NULL ? " with format '" : "",
			      format != NULL ? format->name : "", format != NULL ? "'" : "");
	/* 'format' wants 'json.x', 'value.format' wants 'value.json.x'. */
	other = strncmp(given->key, "value.", 6) == 0
		    ? given->key + 6
		    : wr_arena_printf(reading->arena, "value.%s", given->key);
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(names[i], other) == 0)
			return wr_status_hint(status, "Did you mean '%s'?", other);
	return wr_hint_nearest(status, given->key, names, n);
}

/* Takes the option if it is the format's. */
static wr_status *read_format_one(struct wr_format_choice *choice, const struct wr_given *given,
				  bool *taken)
{
	const char *inner = format_key(choice, given->key);

	*taken = inner != NULL && wr_option_find(choice->format->options,
						 choice->format->option_count, inner) != NULL;
	if (!*taken)
		return NULL;
	return wr_status_place(wr_options_set(&choice->options, inner, given->value), given->pos);
}

/* Keys of formats that are not this table's are unknown: 'json.x' without 'format' = 'json'. */
static wr_status *read_one(struct wr_option_reading *reading, const struct wr_given *given)
{
	const struct wr_option *own =
	    wr_option_find(own_options, WR_COUNT(own_options), given->key);
	struct wr_option_value ignored;
	bool taken;

	if (wr_option_find(reading->connector->options, reading->connector->option_count,
			   given->key) != NULL)
		return wr_status_place(
		    wr_options_set(&reading->connector_options, given->key, given->value),
		    given->pos);
	WR_TRY(read_format_one(&reading->value, given, &taken));
	if (!taken)
		WR_TRY(read_format_one(&reading->key, given, &taken));
	if (taken)
		return NULL;
	if (own == NULL && reading->connector->messages)
		own = wr_option_find(wr_message_options, wr_message_option_count, given->key);
	if (own != NULL)
		return wr_status_place(wr_option_read(own, given->value, &ignored), given->pos);
	return unknown_option(reading, given);
}

/* Gives each option to its owner. */
static wr_status *read_options(struct wr_option_reading *reading, const struct wr_given *given,
			       uint32_t count)
{
	const struct wr_connector *connector = reading->connector;

	wr_options_init(
	    &reading->connector_options, reading->arena,
	    wr_arena_printf(reading->arena, "option of connector '%s'", connector->name),
	    connector->options, connector->option_count);
	for (uint32_t i = 0; i < count; i++)
		WR_TRY(read_one(reading, &given[i]));
	return NULL;
}

/* --- connector and format
 * ------------------------------------------------------------------------------ */

/* With the nearest name, or all there are. */
static wr_status *unknown_connector(const struct wr_registry *registry,
				    const struct wr_given *given)
{
	const char *names[256];
	uint32_t n = 0;

	for (; registry->connectors[n] != NULL && n < WR_COUNT(names); n++)
		names[n] = registry->connectors[n]->name;
	return wr_hint_names(
	    wr_status_at(WR_USER_ERROR, given->pos, "There is no connector '%s'", given->value),
	    given->value, "Available connectors", names, n);
}

/* 'connector' and the formats; the connector stays NULL where it is not given. */
static wr_status *find_parts(const struct wr_registry *registry, const struct wr_given *given,
			     uint32_t count, struct wr_option_reading *reading)
{
	const struct wr_given *name = wr_given_find(given, count, "connector");

	if (name == NULL) /* a table of the program may have one without a name */
		return NULL;
	reading->connector = wr_registry_connector(registry, name->value);
	if (reading->connector == NULL)
		return unknown_connector(registry, name);
	return wr_formats_find(reading, registry, given, count);
}

wr_status *wr_check_declared_options(const struct wr_registry *registry, struct wr_table *table)
{
	struct wr_option_reading reading = {.arena = &table->arena, .connector = table->connector};

	WR_TRY(find_parts(registry, table->given, table->given_count, &reading));
	table->connector = reading.connector;
	table->format = reading.value.format;
	return table->connector == NULL ? NULL
					: read_options(&reading, table->given, table->given_count);
}

/* --- arguments for a connector
 * -------------------------------------------------------------------------- */

/* The table's options with the hints over them. */
static const struct wr_given *merge_given(struct wr_arena *arena, const struct wr_table *table,
					  const struct wr_given *hint, uint32_t hint_count,
					  uint32_t *count)
{
	struct wr_given *all =
	    WR_NEW_ARRAY(arena, struct wr_given, table->given_count + hint_count + 1);
	uint32_t n = 0;

	for (uint32_t i = 0; i < table->given_count; i++) {
		if (wr_given_find(hint, hint_count, table->given[i].key) == NULL)
			all[n++] = table->given[i];
	}
	for (uint32_t i = 0; i < hint_count; i++)
		all[n++] = hint[i];
	*count = n;
	return all;
}

/* What the connector or the format calls the column; NULL: neither knows it. */
static const struct wr_metadata_column *metadata_of(const struct wr_option_reading *reading,
						    const struct wr_table_column *column)
{
	return wr_metadata_find(reading->connector, reading->value.format, column->metadata_key);
}

/* Whether the column is among what the connector reads or writes as data of its own. */
static bool column_is_data(const struct wr_option_reading *reading,
			   const struct wr_table_column *column, bool for_sink)
{
	const struct wr_metadata_column *metadata;

	if (column->role == WR_COL_PHYSICAL)
		return true;
	if (!for_sink || column->role != WR_COL_METADATA || column->is_virtual)
		return false;
	/* Late rows and dead letters are written with their particulars as ordinary columns. */
	metadata = metadata_of(reading, column);
	return metadata == NULL ||
	       (reading->side && reading->connector->messages && !metadata->writable &&
		wr_runtime_metadata(column->metadata_key) != NULL);
}

static bool column_is_metadata(const struct wr_option_reading *reading,
			       const struct wr_table_column *column, bool for_sink)
{
	return column->role == WR_COL_METADATA && !(for_sink && column->is_virtual) &&
	       !column_is_data(reading, column, for_sink);
}

/* The type of a metadata column in the connector's schema. A sink takes NULL for it. */
static const struct wr_type *metadata_type(const struct wr_option_reading *reading,
					   const struct wr_table_column *column, bool for_sink)
{
	const struct wr_metadata_column *metadata = metadata_of(reading, column);

	if (metadata == NULL)
		return wr_type_time_attr(reading->arena, column->type, WR_TIME_NONE);
	return for_sink ? wr_type_nullable(reading->arena, metadata->type, true) : metadata->type;
}

/* schema, metadata_key and wanted: data columns, then metadata. */
static void args_columns(const struct wr_option_reading *reading, const struct wr_table *table,
			 bool for_sink, struct wr_connector_args *args)
{
	struct wr_arena *arena = reading->arena;
	struct wr_schema *schema = WR_NEW(arena, struct wr_schema);
	const char **keys = WR_NEW_ARRAY(arena, const char *, table->column_count + 1);
	uint32_t *wanted = WR_NEW_ARRAY(arena, uint32_t, table->column_count + 1);
	uint32_t n = 0;

	wr_schema_init(arena, schema, table->column_count);
	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct wr_table_column *column = &table->column[i];
		if (column_is_data(reading, column, for_sink))
			schema->field[n++] = (struct wr_field){
			    column->name, wr_type_time_attr(arena, column->type, WR_TIME_NONE)};
	}
	args->physical_count = n;
	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct wr_table_column *column = &table->column[i];
		if (!column_is_metadata(reading, column, for_sink))
			continue;
		keys[n - args->physical_count] = column->metadata_key;
		schema->field[n++] =
		    (struct wr_field){column->name, metadata_type(reading, column, for_sink)};
	}
	schema->count = n;
	for (uint32_t i = 0; i < n; i++)
		wanted[i] = i;
	args->schema = schema;
	args->metadata_key = keys;
	args->wanted = wanted;
	args->wanted_count = n;
}

/* Primary key columns as indexes into the connector's schema. */
static void args_primary_key(struct wr_arena *arena, const struct wr_table *table,
			     struct wr_connector_args *args)
{
	uint32_t *key = WR_NEW_ARRAY(arena, uint32_t, table->primary_key_count + 1);

	for (uint32_t i = 0; i < table->primary_key_count; i++) {
		const char *name = table->column[table->primary_key[i]].name;
		while (strcmp(args->schema->field[key[i]].name, name) != 0)
			key[i]++;
	}
	args->primary_key = key;
	args->primary_key_count = table->primary_key_count;
}

/* Whether connector and format can be read, or written. */
static wr_status *check_direction(const struct wr_table *table,
				  const struct wr_connector *connector,
				  const struct wr_format *format, bool for_sink)
{
	if (!for_sink && connector->source_open == NULL)
		return wr_status_at(WR_USER_ERROR, table->pos,
				    "Table '%s' cannot be read: connector '%s' is only for writing",
				    table->name, connector->name);
	if (for_sink && connector->sink_open == NULL)
		return wr_status_at(WR_USER_ERROR, table->pos,
				    "Table '%s' cannot be written: connector '%s' is only for "
				    "reading",
				    table->name, connector->name);
	if (format != NULL &&
	    (for_sink ? format->encoder_new == NULL : format->decoder_new == NULL))
		return wr_status_at(WR_USER_ERROR, table->pos,
				    "Table '%s' cannot be %s: format '%s' cannot", table->name,
				    for_sink ? "written" : "read", format->name);
	return NULL;
}

/* A source must have the metadata that the table declares; a sink of messages must be able to take
 * it. */
static wr_status *check_metadata(const struct wr_option_reading *reading,
				 const struct wr_table *table, bool for_sink)
{
	const char *name = reading->connector->name;

	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct wr_table_column *column = &table->column[i];
		if (column->role != WR_COL_METADATA)
			continue;
		const struct wr_metadata_column *metadata = metadata_of(reading, column);
		if (!for_sink && metadata == NULL)
			return wr_status_at(
			    WR_USER_ERROR, column->pos,
			    "Table '%s' cannot be read: connector '%s' has no metadata "
			    "'%s'",
			    table->name, name, column->metadata_key);
		if (for_sink && reading->connector->messages && !column->is_virtual &&
		    !column_is_data(reading, column, true) && !metadata->writable)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, column->pos,
					 "Table '%s' cannot be written: metadata '%s' of connector "
					 "'%s' can only be read",
					 table->name, column->metadata_key, name),
			    "Declare the column as METADATA ... VIRTUAL");
	}
	return NULL;
}

/* Only a connector that knows can say the watermark. */
static wr_status *check_source_watermark(const struct wr_table *table,
					 const struct wr_connector *connector)
{
	if (connector->watermarks)
		return NULL;
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, table->pos,
			 "Table '%s' has the watermark SOURCE_WATERMARK(), but connector '%s' "
			 "knows none",
			 table->name, connector->name),
	    "Declare the watermark by the time column: WATERMARK FOR %s AS %s - INTERVAL '5' "
	    "SECOND",
	    table->column[table->rowtime].name, table->column[table->rowtime].name);
}

/* What the program has given for the table; the plan holds it from now on. */
static void args_embed(struct wr_plan *plan, const struct wr_table *table,
		       const struct wr_connector *connector, struct wr_connector_args *args)
{
	if (table->embed == NULL || table->connector != connector)
		return;
	args->embed = connector->embed_use != NULL ? connector->embed_use(table->embed)
						   : wr_embed_ref(table->embed);
	wr_plan_keep(plan, args->embed);
}

/* Reads all options anew: hints may name another path, format or connector. */
wr_status *wr_analyze_table_args(struct wr_analyze_env *env, struct wr_plan *plan,
				 const struct wr_table *table, const struct wr_given *hint,
				 uint32_t hint_count, bool for_sink, struct wr_connector_args **out)
{
	struct wr_arena *arena = &plan->arena;
	struct wr_connector_args *args = WR_NEW(arena, struct wr_connector_args);
	struct wr_option_reading reading = {.arena = arena, .side = env->side};
	struct wr_options *options = WR_NEW(arena, struct wr_options);

	if (table->given_count == 0 || table->materialized)
		reading.connector = table->connector; /* program_table.h; NULL: it has none */
	args->given = merge_given(arena, table, hint, hint_count, &args->given_count);
	WR_TRY(find_parts(wr_catalog_registry(env->catalog), args->given, args->given_count,
			  &reading));
	if (reading.connector == NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, table->pos,
						   "Table '%s' has no 'connector' option",
						   table->name),
				      "Add 'connector' = '...' to its WITH options");
	WR_TRY(check_direction(table, reading.connector, reading.value.format, for_sink));
	if (reading.key.format != NULL)
		WR_TRY(check_direction(table, reading.connector, reading.key.format, for_sink));
	WR_TRY(check_metadata(&reading, table, for_sink));
	WR_TRY(read_options(&reading, args->given, args->given_count));
	WR_TRY(wr_status_place(wr_options_check(&reading.connector_options), table->pos));
	*options = reading.connector_options;
	args->env = env->env;
	args->connector = reading.connector;
	args->table = table->name;
	args->pos = table->pos;
	args->options = options;
	args->zone_id = env->zone_id;
	args->max_rows = env->batch_rows_max;
	args->block_bytes = env->block_bytes;
	args->block_delay_us = env->block_delay_us;
	args_embed(plan, table, reading.connector, args);
	if (!for_sink && table->source_watermark) {
		WR_TRY(check_source_watermark(table, reading.connector));
		args->source_watermark = true;
	}
	args->partition_key = table->partition_key;
	args->partition_count = table->partition_count;
	args_columns(&reading, table, for_sink, args);
	args_primary_key(arena, table, args);
	WR_TRY(wr_formats_args(&reading, table, for_sink, args));
	/* What an earlier statement is going to write need not be there yet. */
	if (reading.connector->check != NULL && (for_sink || !table->written))
		WR_TRY(wr_status_place(reading.connector->check(args, for_sink), table->pos));
	*out = args;
	return NULL;
}
