/* SPDX-License-Identifier: Apache-2.0
 *
 * cdc_forms - debezium-json, ogg-json, canal-json, maxwell-json and changelog-json.
 */
#include "formats/cdc.h"
#include "formats/cdc_filter.h"
#include "formats/formats.h"

#define CDC_OPTIONS                                                                                \
	WR_JSON_OPTION_IGNORE, WR_JSON_OPTION_TIME, WR_JSON_OPTION_NULL_KEY,                       \
	    WR_JSON_OPTION_NULL_LITERAL, WR_JSON_OPTION_PLAIN, WR_JSON_OPTION_IGNORE_NULL

static const struct wr_option debezium_options[] = {
    CDC_OPTIONS,
    {.name = "schema-include",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "The messages carry their schema: the change is in the field \"payload\"."},
};
static const struct wr_option plain_options[] = {CDC_OPTIONS};
static const struct wr_option canal_options[] = {CDC_OPTIONS, WR_CDC_FILTER_OPTIONS};

/* Functions and vtable of one format: only the form differs. */
#define CDC_FORMAT(id, text, form, table, by_key, told, about)                                     \
	static wr_status *id##_check(const struct wr_format_args *args, bool for_sink)             \
	{                                                                                          \
		return wr_cdc_check(args, for_sink, text);                                         \
	}                                                                                          \
	static wr_status *id##_decoder_new(const struct wr_format_args *args,                      \
					   struct wr_decoder **out)                                \
	{                                                                                          \
		return wr_cdc_decoder_new(args, &(form), out);                                     \
	}                                                                                          \
	static wr_status *id##_encoder_new(const struct wr_format_args *args,                      \
					   struct wr_encoder **out)                                \
	{                                                                                          \
		return wr_cdc_encoder_new(args, &(form), out);                                     \
	}                                                                                          \
	const struct wr_format wr_format_##id = {                                                  \
	    .name = text,                                                                          \
	    .doc = about,                                                                          \
	    .options = table,                                                                      \
	    .option_count = WR_COUNT(table),                                                       \
	    .metadata = told,                                                                      \
	    .changelog = true,                                                                     \
	    .upserts = by_key,                                                                     \
	    .check = id##_check,                                                                   \
	    .messages = true,                                                                      \
	    .lines = true,                                                                         \
	    .frame = wr_lines_frame,                                                               \
	    .decoder_new = id##_decoder_new,                                                       \
	    .decode = wr_cdc_decode,                                                               \
	    .decoder_free = wr_cdc_decoder_free,                                                   \
	    .encoder_new = id##_encoder_new,                                                       \
	    .encode = wr_cdc_encode,                                                               \
	    .encoder_free = wr_cdc_encoder_free,                                                   \
	}

/* An update with both rows, or what is missing. */
static const char *plan_update(const char *before, const char *after, struct wr_cdc_items *items)
{
	if (before == NULL)
		return "an update without its \"before\"; in PostgreSQL set REPLICA IDENTITY FULL "
		       "for the table";
	if (after == NULL)
		return "an update without its \"after\"";
	wr_cdc_add(items, before, NULL, WR_UPDATE_BEFORE);
	wr_cdc_add(items, after, NULL, WR_UPDATE_AFTER);
	return NULL;
}

static const char *plan_insert(const char *after, struct wr_cdc_items *items)
{
	if (after == NULL)
		return "an insertion without its \"after\"";
	wr_cdc_add(items, after, NULL, WR_INSERT);
	return NULL;
}

static const char *plan_delete(const char *before, struct wr_cdc_items *items)
{
	if (before == NULL)
		return "a deletion without its \"before\"; in PostgreSQL set REPLICA IDENTITY FULL "
		       "for the table";
	wr_cdc_add(items, before, NULL, WR_DELETE);
	return NULL;
}

/* --- Debezium: {"before": row, "after": row, "op": "c|r|u|d"} ------------------------------------
 */

static const char *debezium_plan(const char *const *value, struct wr_cdc_items *items)
{
	if (value[2] == NULL && value[3] != NULL)
		return "the message has its change in \"payload\": set "
		       "'debezium-json.schema-include' = 'true'";
	if (value[2] == NULL)
		return "the message has no \"op\"";
	if (wr_cdc_is(value[2], "c") || wr_cdc_is(value[2], "r"))
		return plan_insert(value[1], items);
	if (wr_cdc_is(value[2], "u"))
		return plan_update(value[0], value[1], items);
	if (wr_cdc_is(value[2], "d"))
		return plan_delete(value[0], items);
	return "\"op\" is none of c, r, u, d";
}

static const struct wr_type *const text_child[] = {&WR_T_STRING, &WR_T_STRING};
static const struct wr_type *const number_child[] = {&WR_T_STRING, &WR_T_INT};
static const struct wr_type texts_type = {
    .kind = WR_ARRAY, .nullable = true, .child_count = 1, .child = text_child};
static const struct wr_type text_map_type = {
    .kind = WR_MAP, .nullable = true, .child_count = 2, .child = text_child};
static const struct wr_type number_map_type = {
    .kind = WR_MAP, .nullable = true, .child_count = 2, .child = number_child};

static const struct wr_metadata_column debezium_metadata[] = {
    {"schema", &WR_T_STRING, "The schema of the message as JSON; see schema-include.", false},
    {"ingestion-timestamp", &WR_T_LTZ3, "When Debezium handled the change.", false},
    {"source.timestamp", &WR_T_LTZ3, "When the change was made in the database.", false},
    {"source.database", &WR_T_STRING, "The database that it was made in.", false},
    {"source.schema", &WR_T_STRING, "The schema of the table there.", false},
    {"source.table", &WR_T_STRING, "The table.", false},
    {"source.properties", &text_map_type, "All that is known about the source.", false},
    {NULL, NULL, NULL, false},
};
static const struct wr_cdc_extra debezium_extra[] = {
    {"schema", NULL, NULL, true},
    {"ts_ms", NULL, &WR_T_BIGINT, false},
    {"source", "ts_ms", &WR_T_BIGINT, false},
    {"source", "db", NULL, false},
    {"source", "schema", NULL, false},
    {"source", "table", NULL, false},
    {"source", NULL, NULL, false},
};
static const char *const debezium_fields[] = {"before", "after", "op", "payload", NULL};
static const struct wr_cdc_form debezium_form = {
    .extra = debezium_extra,
    .metadata = debezium_metadata,
    .fields = debezium_fields,
    .plan = debezium_plan,
    .insert = {"{\"before\":null,\"after\":", ",\"op\":\"c\"}\n"},
    .remove = {"{\"before\":", ",\"after\":null,\"op\":\"d\"}\n"},
    .envelope = true,
};
CDC_FORMAT(debezium_json, "debezium-json", debezium_form, debezium_options, NULL, debezium_metadata,
	   "Changes as Debezium writes them: before, after, op.");

/* --- Oracle GoldenGate: {"before": row, "after": row, "op_type": "I|U|D|T"}
 * ----------------------- */

static const char *ogg_plan(const char *const *value, struct wr_cdc_items *items)
{
	if (value[2] == NULL)
		return "the message has no \"op_type\"";
	if (wr_cdc_is(value[2], "I"))
		return plan_insert(value[1], items);
	if (wr_cdc_is(value[2], "U"))
		return plan_update(value[0], value[1], items);
	if (wr_cdc_is(value[2], "D"))
		return plan_delete(value[0], items);
	if (wr_cdc_is(value[2], "T"))
		return NULL; /* the table was emptied */
	return "\"op_type\" is none of I, U, D, T";
}

static const struct wr_metadata_column ogg_metadata[] = {
    {"table", &WR_T_STRING, "The table that was changed.", false},
    {"primary-key-columns", &texts_type, "The columns of its primary key.", false},
    {"ingestion-timestamp", &WR_T_LTZ6, "When the change was handled.", false},
    {"event-timestamp", &WR_T_LTZ6, "When the change was made.", false},
    {NULL, NULL, NULL, false},
};
static const struct wr_cdc_extra ogg_extra[] = {
    {"table", NULL, NULL, false},
    {"primary_keys", NULL, NULL, false},
    {"current_ts", NULL, NULL, false},
    {"op_ts", NULL, NULL, false},
};
static const char *const ogg_fields[] = {"before", "after", "op_type", NULL};
static const struct wr_cdc_form ogg_form = {
    .extra = ogg_extra,
    .metadata = ogg_metadata,
    .fields = ogg_fields,
    .plan = ogg_plan,
    .insert = {"{\"before\":null,\"after\":", ",\"op_type\":\"I\"}\n"},
    .remove = {"{\"before\":", ",\"after\":null,\"op_type\":\"D\"}\n"},
};
CDC_FORMAT(ogg_json, "ogg-json", ogg_form, plain_options, NULL, ogg_metadata,
	   "Changes as Oracle GoldenGate writes them: before, after, op_type.");

/* --- Canal: {"data": [row...], "old": [changed fields...], "type": "INSERT|UPDATE|DELETE|..."}
 * ---- */

/* The first byte of the next element of an array known to be JSON; NULL: none. `p` is at the
 * bracket or behind an element. */
static const char *next_element(const char *p)
{
	p = wr_json_space(p);
	if (*p == '[') {
		p = wr_json_space(p + 1);
		return *p == ']' ? NULL : p;
	}
	return *p == ',' ? wr_json_space(p + 1) : NULL;
}

/* Each element of `data` is a change; of an update the row before is the row with `old` over it. */
static const char *plan_rows(const char *data, const char *old, bool update, uint8_t kind,
			     struct wr_cdc_items *items)
{
	struct wr_json_fault fault;
	const char *was = NULL;

	if (data == NULL || *data != '[')
		return "the message has no array \"data\"";
	if (update) {
		if (old == NULL || *old != '[')
			return "an update without its array \"old\"";
		was = next_element(old);
	}
	for (const char *row = next_element(data); row != NULL;
	     row = next_element(wr_json_skip(row, &fault))) {
		if (update) {
			if (was == NULL)
				return "\"old\" has fewer rows than \"data\"";
			wr_cdc_add(items, row, was, WR_UPDATE_BEFORE);
			was = next_element(wr_json_skip(was, &fault));
		}
		wr_cdc_add(items, row, NULL, kind);
	}
	return NULL;
}

static const char *canal_plan(const char *const *value, struct wr_cdc_items *items)
{
	if (value[2] == NULL)
		return "the message has no \"type\"";
	if (wr_cdc_is(value[2], "INSERT"))
		return plan_rows(value[0], NULL, false, WR_INSERT, items);
	if (wr_cdc_is(value[2], "UPDATE"))
		return plan_rows(value[0], value[1], true, WR_UPDATE_AFTER, items);
	if (wr_cdc_is(value[2], "DELETE"))
		return plan_rows(value[0], NULL, false, WR_DELETE, items);
	if (wr_cdc_is(value[2], "CREATE"))
		return NULL; /* a table was made */
	return "\"type\" is none of INSERT, UPDATE, DELETE, CREATE";
}

static const struct wr_metadata_column canal_metadata[] = {
    {"database", &WR_T_STRING, "The database that was changed.", false},
    {"table", &WR_T_STRING, "The table.", false},
    {"sql-type", &number_map_type, "Numbers of the columns' types in JDBC.", false},
    {"pk-names", &texts_type, "The columns of its primary key.", false},
    {"ingestion-timestamp", &WR_T_LTZ3, "When Canal handled the change.", false},
    {"event-timestamp", &WR_T_LTZ3, "When the change was made.", false},
    {NULL, NULL, NULL, false},
};
static const struct wr_cdc_extra canal_extra[] = {
    {"database", NULL, NULL, false},   {"table", NULL, NULL, false},
    {"sqlType", NULL, NULL, false},    {"pkNames", NULL, NULL, false},
    {"ts", NULL, &WR_T_BIGINT, false}, {"es", NULL, &WR_T_BIGINT, false},
};
static const char *const canal_fields[] = {"data", "old", "type", NULL};
static const struct wr_cdc_form canal_form = {
    .name = "canal-json",
    .filters = true,
    .extra = canal_extra,
    .metadata = canal_metadata,
    .fields = canal_fields,
    .plan = canal_plan,
    .insert = {"{\"data\":[", "],\"type\":\"INSERT\"}\n"},
    .remove = {"{\"data\":[", "],\"type\":\"DELETE\"}\n"},
};
CDC_FORMAT(canal_json, "canal-json", canal_form, canal_options, NULL, canal_metadata,
	   "Changes as Canal writes them: arrays data and old, type.");

/* --- Maxwell: {"data": row, "old": changed fields, "type": "insert|update|delete"}
 * ---------------- */

static const char *maxwell_plan(const char *const *value, struct wr_cdc_items *items)
{
	if (value[2] == NULL)
		return "the message has no \"type\"";
	if (wr_cdc_is(value[2], "bootstrap-start") || wr_cdc_is(value[2], "bootstrap-complete"))
		return NULL; /* around the rows of a table that was there */
	if (value[0] == NULL)
		return "the message has no \"data\"";
	if (wr_cdc_is(value[2], "insert") || wr_cdc_is(value[2], "bootstrap-insert")) {
		wr_cdc_add(items, value[0], NULL, WR_INSERT);
	} else if (wr_cdc_is(value[2], "update")) {
		if (value[1] == NULL)
			return "an update without its \"old\"";
		wr_cdc_add(items, value[0], value[1], WR_UPDATE_BEFORE);
		wr_cdc_add(items, value[0], NULL, WR_UPDATE_AFTER);
	} else if (wr_cdc_is(value[2], "delete")) {
		wr_cdc_add(items, value[0], NULL, WR_DELETE);
	} else {
		return "\"type\" is none of insert, update, delete";
	}
	return NULL;
}

static const struct wr_metadata_column maxwell_metadata[] = {
    {"database", &WR_T_STRING, "The database that was changed.", false},
    {"table", &WR_T_STRING, "The table.", false},
    {"primary-key-columns", &texts_type, "The columns of its primary key.", false},
    {"ingestion-timestamp", &WR_T_LTZ3, "When the change was handled.", false},
    {NULL, NULL, NULL, false},
};
static const struct wr_cdc_extra maxwell_extra[] = {
    {"database", NULL, NULL, false},
    {"table", NULL, NULL, false},
    {"primary_key_columns", NULL, NULL, false},
    {"ts", NULL, &WR_T_BIGINT, false},
};
static const struct wr_cdc_form maxwell_form = {
    .extra = maxwell_extra,
    .metadata = maxwell_metadata,
    .fields = canal_fields,
    .plan = maxwell_plan,
    .insert = {"{\"data\":", ",\"type\":\"insert\"}\n"},
    .remove = {"{\"data\":", ",\"type\":\"delete\"}\n"},
};
CDC_FORMAT(maxwell_json, "maxwell-json", maxwell_form, plain_options, NULL, maxwell_metadata,
	   "Changes as Maxwell writes them: data, old, type.");

/* --- one row per change: {"op": "+I|-U|+U|-D", "data": row}
 * ---------------------------------------
 */

/* The message is the change. */
static const char *plain_plan(const char *const *value, struct wr_cdc_items *items)
{
	const char *row = value[0] != NULL ? value[0] : value[1];

	if (value[2] == NULL)
		return "the message has no \"op\"";
	if (row == NULL)
		return "the message has no \"data\"";
	for (uint8_t kind = WR_INSERT; kind <= WR_DELETE; kind++) {
		if (!wr_cdc_is(value[2], wr_row_kind_str(kind)))
			continue;
		wr_cdc_add(items, row, NULL, kind);
		return NULL;
	}
	return "\"op\" is none of +I, -U, +U, -D";
}

/* Rows replace each other by key. */
static bool plain_upserts(const struct wr_format_args *args)
{
	return wr_options_i64(args->options, "mode") == 1;
}

static const char *const plain_fields[] = {"data", "row", "op", NULL};
static const char *const plain_behind[] = {",\"op\":\"+I\"}\n", ",\"op\":\"-U\"}\n",
					   ",\"op\":\"+U\"}\n", ",\"op\":\"-D\"}\n"};
static const char *const plain_modes[] = {"all", "upsert", NULL};
static const struct wr_option changelog_options[] = {
    CDC_OPTIONS,
    {.name = "mode",
     .type = WR_OPTION_ENUM,
     .fallback = "all",
     .values = plain_modes,
     .doc = "all: every update is a -U and a +U. upsert: +I and +U take the place of the row with "
	    "the same PRIMARY KEY, there is no -U, and -D needs the key alone."},
};
static const struct wr_cdc_form plain_form = {
    .fields = plain_fields,
    .plan = plain_plan,
    .insert = {"{\"data\":", ""},
    .remove = {"{\"data\":", ""},
    .behind = plain_behind,
};
CDC_FORMAT(
    changelog_json, "changelog-json", plain_form, changelog_options, plain_upserts, NULL,
    "One change a line: {\"op\": \"+I\", \"data\": {...}}; what 'weir run --result changelog "
    "--format json' prints can be read back.");
