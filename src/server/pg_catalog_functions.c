/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_functions - PostgreSQL's functions over the system catalog, for SQLite.
 *
 * Many say the same for everybody here (nobody owns a table, or may less of it than he sees), and
 * are one row of a table. Arrays are texts, "{a,b}".
 *
 * SQLite hands a function a context, from which what was registered with it is asked for by a
 * function of SQLite's: that one is looked up each time, since nothing global keeps it.
 */
#include <regex.h>
#include <stdlib.h>
#include <strings.h>

#include "base/macros.h"
#include "base/mem.h"
#include "server/pg_catalog_function.h"

#define PATTERN_MAX 2000 /* bytes of a regular expression */

struct bound {
	struct wr_pgs_catalog *catalog;         /* whose database has it */
	const struct wr_pgs_function *function; /* a row of a table */
};

static const struct bound *bound_of(sqlite3_context *context)
{
	struct {
		__typeof__(sqlite3_user_data) *user_data;
	} own;
	static const char *const names[] = {"sqlite3_user_data"};
	static const struct wr_module_spec module = {.what = "The catalog of a server",
						     .package = "libsqlite3-0",
						     .sonames = {"libsqlite3.so.0"},
						     .names = names,
						     .count = 1};
	wr_status *status = wr_module_open(&module, &own);

	if (status != NULL) { /* it was there a moment ago */
		wr_status_free(status);
		return NULL;
	}
	return own.user_data(context);
}

static void answer(sqlite3_context *context, int count, sqlite3_value **value)
{
	const struct bound *bound = bound_of(context);

	if (bound == NULL)
		return;
	if (bound->function->call != NULL)
		bound->function->call(bound->catalog, bound->function, context, count, value);
	else if (bound->function->text != NULL)
		bound->catalog->call.sqlite3_result_text(context, bound->function->text, -1,
							 SQLITE_STATIC);
	else if (bound->function->number != -1)
		bound->catalog->call.sqlite3_result_int64(context, bound->function->number);
	else
		bound->catalog->call.sqlite3_result_null(context);
}

static void finish(sqlite3_context *context)
{
	const struct bound *bound = bound_of(context);

	if (bound != NULL)
		bound->function->finish(bound->catalog, bound->function, context);
}

/* --- with arguments -----------------------------------------------------------------------------
 */

/* The first cell of a query over the catalog, with one parameter; gives NULL, and false, when there
 * is none. */
static bool give_query(struct wr_pgs_catalog *catalog, sqlite3_context *context, const char *sql,
		       sqlite3_value *value)
{
	struct wr_pgs_sqlite *call = &catalog->call;
	sqlite3_stmt *stmt = NULL;
	bool found = false;

	call->sqlite3_result_null(context);
	if (call->sqlite3_prepare_v2(catalog->db, sql, -1, &stmt, NULL) == SQLITE_OK) {
		call->sqlite3_bind_text(stmt, 1, wr_pgs_arg_text(catalog, value), -1,
					SQLITE_TRANSIENT);
		found = call->sqlite3_step(stmt) == SQLITE_ROW;
		if (found && call->sqlite3_column_type(stmt, 0) == SQLITE_INTEGER)
			call->sqlite3_result_int64(context, call->sqlite3_column_int64(stmt, 0));
		else if (found && call->sqlite3_column_type(stmt, 0) == SQLITE_TEXT)
			wr_pgs_give_text(catalog, context,
					 (const char *)call->sqlite3_column_text(stmt, 0));
	}
	call->sqlite3_finalize(stmt);
	return found;
}

WR_PGS_CALL(query)
{
	if (count > 0)
		give_query(catalog, context, function->text, value[0]);
}

/* 'a.b'::regclass is a number, 123::regclass a name; to_regclass (1) gives NULL where there is
 * none. Tables of the catalog itself have their numbers too. */
WR_PGS_CALL(regclass)
{
	static const struct {
		const char *name;
		int64_t oid;
	} own[] = {{"pg_class", 1259},       {"pg_type", 1247},       {"pg_attribute", 1249},
		   {"pg_proc", 1255},        {"pg_constraint", 2606}, {"pg_namespace", 2615},
		   {"pg_description", 2609}, {"pg_database", 1262},   {"pg_index", 2610}};
	const char *text = wr_pgs_arg_text(catalog, value[0]), *dot;
	struct wr_text error;

	(void)count;
	if (catalog->call.sqlite3_value_type(value[0]) == SQLITE_INTEGER) {
		for (size_t i = 0; i < WR_COUNT(own); i++)
			if (own[i].oid == catalog->call.sqlite3_value_int64(value[0])) {
				wr_pgs_give_text(catalog, context, own[i].name);
				return;
			}
		give_query(catalog, context,
			   "SELECT coalesce((SELECT relname FROM pg_class WHERE oid = "
			   "CAST(?1 AS INTEGER)), ?1)",
			   value[0]);
		return;
	}
	if (catalog->call.sqlite3_value_type(value[0]) == SQLITE_NULL) {
		catalog->call.sqlite3_result_null(context);
		return;
	}
	if (*text != '\0' && text[strspn(text, "0123456789")] == '\0') {
		catalog->call.sqlite3_result_int64(context, strtoll(text, NULL, 10));
		return;
	}
	dot = strrchr(text, '.');
	for (size_t i = 0; i < WR_COUNT(own); i++)
		if (strcmp(own[i].name, dot != NULL ? dot + 1 : text) == 0) {
			catalog->call.sqlite3_result_int64(context, own[i].oid);
			return;
		}
	if (give_query(
		catalog, context,
		"SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = "
		"c.relnamespace WHERE replace(?1, '\"', '') IN (c.relname, n.nspname || '.' || "
		"c.relname) ORDER BY n.nspname <> 'public'",
		value[0]) ||
	    function->number == 1)
		return;
	if (wr_pgs_catalog_has_table(dot != NULL ? dot + 1 : text)) {
		catalog->call.sqlite3_result_int64(
		    context, wr_pgs_catalog_oid("catalog", dot != NULL ? dot + 1 : text));
		return;
	}
	wr_text_init(&error);
	wr_text_printf(&error, "relation \"%s\" does not exist", text);
	catalog->call.sqlite3_result_error(context, wr_text_str(&error), -1);
	wr_text_release(&error);
}

WR_PGS_CALL(format_type)
{
	int64_t oid = count > 0 ? catalog->call.sqlite3_value_int64(value[0]) : 0;
	int64_t modifier = count > 1 ? catalog->call.sqlite3_value_int64(value[1]) : -1;
	struct wr_text text;

	(void)function;
	wr_text_init(&text);
	wr_text_puts(&text, wr_pgs_format_type((uint32_t)oid));
	if (oid == WR_PG_NUMERIC && modifier > 4)
		wr_text_printf(&text, "(%d,%d)", (int)((modifier - 4) >> 16),
			       (int)((modifier - 4) & 0xffff));
	wr_pgs_give_text(catalog, context, wr_text_str(&text));
	wr_text_release(&text);
}

/* pattern, text; "(?i)" before the pattern: in any case of letters. */
WR_PGS_CALL(matches)
{
	const char *pattern = wr_pgs_arg_text(catalog, value[0]),
		   *text = wr_pgs_arg_text(catalog, value[1]);
	int flags = REG_EXTENDED | REG_NOSUB;
	regex_t compiled;

	(void)function;
	(void)count;
	if (strncmp(pattern, "(?i)", 4) == 0) {
		flags |= REG_ICASE;
		pattern += 4;
	}
	if (strlen(pattern) > PATTERN_MAX || regcomp(&compiled, pattern, flags) != 0) {
		catalog->call.sqlite3_result_error(context, "invalid regular expression", -1);
		return;
	}
	catalog->call.sqlite3_result_int64(context, regexec(&compiled, text, 0, NULL, 0) == 0);
	regfree(&compiled);
}

/* PostgreSQL's LIKE, where \ escapes. */
static bool like(const char *pattern, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text != '\0') {
		if (*pattern == '%') {
			star = ++pattern;
			from = text;
			continue;
		}
		if (*pattern == '\\' && pattern[1] != '\0' && (pattern[1] | 32) == (*text | 32)) {
			pattern += 2;
			text++;
		} else if (*pattern == '_' || (*pattern != '\\' && *pattern != '\0' &&
					       strncasecmp(pattern, text, 1) == 0)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '%')
		pattern++;
	return *pattern == '\0';
}

WR_PGS_CALL(likes)
{
	(void)function;
	(void)count;
	if (catalog->call.sqlite3_value_type(value[0]) == SQLITE_NULL ||
	    catalog->call.sqlite3_value_type(value[1]) == SQLITE_NULL)
		catalog->call.sqlite3_result_null(context);
	else
		catalog->call.sqlite3_result_int64(
		    context,
		    like(wr_pgs_arg_text(catalog, value[0]), wr_pgs_arg_text(catalog, value[1])));
}

WR_PGS_CALL(current_setting)
{
	struct wr_text scratch;
	const char *found;

	(void)function;
	wr_text_init(&scratch);
	found = count > 0
		    ? wr_pgs_setting(catalog->conn, wr_pgs_arg_text(catalog, value[0]), &scratch)
		    : NULL;
	if (found != NULL)
		wr_pgs_give_text(catalog, context, found);
	else
		catalog->call.sqlite3_result_null(context);
	wr_text_release(&scratch);
}

WR_PGS_CALL(set_config)
{
	(void)function;
	if (count < 2)
		return;
	wr_pgs_error_free(wr_pgs_set(catalog->conn, wr_pgs_arg_text(catalog, value[0]),
				     wr_pgs_arg_text(catalog, value[1])));
	wr_pgs_give_text(catalog, context, wr_pgs_arg_text(catalog, value[1]));
}

/* One of the connection's. */
WR_PGS_CALL(of_connection)
{
	struct wr_pgs_conn *conn = catalog->conn;

	(void)count;
	(void)value;
	if (function->number == 1)
		wr_pgs_give_text(catalog, context,
				 conn->database != NULL ? conn->database : "default_catalog");
	else if (function->number == 2)
		catalog->call.sqlite3_result_int64(context, conn->number);
	else
		wr_pgs_give_text(catalog, context, conn->user);
}

WR_PGS_CALL(first)
{
	(void)function;
	if (count > 0)
		catalog->call.sqlite3_result_value(context, value[0]);
}

WR_PGS_CALL(quote_ident)
{
	const char *text = count > 0 ? wr_pgs_arg_text(catalog, value[0]) : "";
	struct wr_text quoted;

	(void)function;
	if (*text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0') {
		wr_pgs_give_text(catalog, context, text);
		return;
	}
	wr_text_init(&quoted);
	wr_text_printf(&quoted, "\"%s\"", text);
	wr_pgs_give_text(catalog, context, wr_text_str(&quoted));
	wr_text_release(&quoted);
}

WR_PGS_CALL(current_schemas)
{
	static const char with[] = {WR_PGS_ARRAY, '\0'};
	struct wr_text text;

	(void)function;
	wr_text_init(&text);
	wr_text_puts(&text, with);
	wr_text_puts(&text, count > 0 && catalog->call.sqlite3_value_int64(value[0]) != 0
				? "{pg_catalog,public}"
				: "{public}");
	wr_pgs_give_text(catalog, context, wr_text_str(&text));
	wr_text_release(&text);
}

/* 'integer' is a number, 23 a name; NULL: there is none. */
WR_PGS_CALL(regtype)
{
	const char *text = wr_pgs_arg_text(catalog, value[0]);
	uint32_t oid;

	(void)function;
	(void)count;
	if (*text != '\0' && text[strspn(text, "0123456789")] == '\0') {
		wr_pgs_give_text(catalog, context,
				 wr_pgs_format_type((uint32_t)strtoul(text, NULL, 10)));
		return;
	}
	oid = wr_pgs_format_find(text);
	if (oid != 0)
		catalog->call.sqlite3_result_int64(context, oid);
	else
		give_query(catalog, context, "SELECT oid FROM pg_type WHERE typname = ?1",
			   value[0]);
}

WR_PGS_CALL(boolean)
{
	const char *text = wr_pgs_arg_text(catalog, value[0]);

	(void)function;
	(void)count;
	if (catalog->call.sqlite3_value_type(value[0]) == SQLITE_NULL)
		catalog->call.sqlite3_result_null(context);
	else
		catalog->call.sqlite3_result_int64(context, strchr("tTyY", *text) != NULL ||
								strtol(text, NULL, 10) != 0);
}

/* text, from [, for], in characters as SQLite's; text, pattern: what matches, or its first group.
 */
WR_PGS_CALL(substring)
{
	const char *text = wr_pgs_arg_text(catalog, value[0]), *pattern;
	regmatch_t match[2];
	regex_t compiled;
	struct wr_text part;

	(void)function;
	catalog->call.sqlite3_result_null(context);
	if (count < 2)
		return;
	wr_text_init(&part);
	if (catalog->call.sqlite3_value_type(value[1]) == SQLITE_TEXT) {
		pattern = wr_pgs_arg_text(catalog, value[1]);
		if (strlen(pattern) <= PATTERN_MAX &&
		    regcomp(&compiled, pattern, REG_EXTENDED) == 0) {
			if (regexec(&compiled, text, 2, match, 0) == 0) {
				regmatch_t *found = &match[match[1].rm_so >= 0];

				wr_text_add(&part, text + found->rm_so,
					    (size_t)(found->rm_eo - found->rm_so));
				wr_pgs_give_text(catalog, context, wr_text_str(&part));
			}
			regfree(&compiled);
		}
	} else {
		int64_t from = catalog->call.sqlite3_value_int64(value[1]);
		int64_t end =
		    count > 2 ? from + catalog->call.sqlite3_value_int64(value[2]) : INT64_MAX;

		for (int64_t at = 0; *text != '\0'; text++) {
			at += ((unsigned char)*text & 0xc0) != 0x80;
			if (at >= from && at < end)
				wr_text_putc(&part, *text);
		}
		wr_pgs_give_text(catalog, context, wr_text_str(&part));
	}
	wr_text_release(&part);
}

WR_PGS_CALL(position)
{
	const char *text = wr_pgs_arg_text(catalog, value[1]);
	const char *found = strstr(text, wr_pgs_arg_text(catalog, value[0]));
	int64_t at = found != NULL;

	(void)function;
	(void)count;
	for (; found != NULL && text < found; text++)
		at += ((unsigned char)*text & 0xc0) != 0x80;
	catalog->call.sqlite3_result_int64(context, at);
}

/* side, characters, text */
WR_PGS_CALL(trim)
{
	const char *side = wr_pgs_arg_text(catalog, value[0]),
		   *set = wr_pgs_arg_text(catalog, value[1]),
		   *text = wr_pgs_arg_text(catalog, value[2]);
	size_t len = strlen(text);
	struct wr_text part;

	(void)function;
	(void)count;
	if (catalog->call.sqlite3_value_type(value[2]) == SQLITE_NULL) {
		catalog->call.sqlite3_result_null(context);
		return;
	}
	if (*side != 't') {
		size_t skip = strspn(text, set);

		text += skip;
		len -= skip;
	}
	while (*side != 'l' && len > 0 && strchr(set, text[len - 1]) != NULL)
		len--;
	wr_text_init(&part);
	wr_text_add(&part, text, len);
	wr_pgs_give_text(catalog, context, wr_text_str(&part));
	wr_text_release(&part);
}

WR_PGS_CALL(split_part)
{
	const char *at = wr_pgs_arg_text(catalog, value[0]),
		   *by = wr_pgs_arg_text(catalog, value[1]);
	int64_t wanted = catalog->call.sqlite3_value_int64(value[2]);
	const char *end = *by != '\0' ? strstr(at, by) : NULL;
	struct wr_text part;

	(void)function;
	(void)count;
	for (; wanted > 1 && end != NULL; wanted--) {
		at = end + strlen(by);
		end = strstr(at, by);
	}
	wr_text_init(&part);
	if (wanted == 1)
		wr_text_add(&part, at, end != NULL ? (size_t)(end - at) : strlen(at));
	wr_pgs_give_text(catalog, context, wr_text_str(&part));
	wr_text_release(&part);
}

#define DEFINITION "SELECT def FROM pg_weir_definition WHERE oid = CAST(?1 AS INTEGER)"

/* The whole definition, or the name of a column of it. */
WR_PGS_CALL(indexdef)
{
	int64_t column = count > 1 ? catalog->call.sqlite3_value_int64(value[1]) : 0;
	struct wr_text sql;

	(void)function;
	wr_text_init(&sql);
	if (column > 0)
		wr_text_printf(&sql,
			       "SELECT attname FROM pg_attribute WHERE attrelid = CAST(?1 AS "
			       "INTEGER) AND attnum = %lld",
			       (long long)column);
	else
		wr_text_puts(&sql, DEFINITION);
	if (count > 0)
		give_query(catalog, context, wr_text_str(&sql), value[0]);
	wr_text_release(&sql);
}

WR_PGS_CALL(col_description)
{
	struct wr_text sql;

	(void)function;
	wr_text_init(&sql);
	if (count == 2)
		wr_text_printf(&sql,
			       "SELECT description FROM pg_description WHERE objoid = CAST(?1 AS "
			       "INTEGER) AND objsubid = %lld",
			       (long long)catalog->call.sqlite3_value_int64(value[1]));
	give_query(catalog, context, wr_text_str(&sql), value[0]);
	wr_text_release(&sql);
}

#define CALL(name_, count, call_, number_)                                                         \
	{                                                                                          \
		.name = name_, .arguments = count, .call = call_, .number = number_                \
	}
#define QUERY(name_, count, sql)                                                                   \
	{                                                                                          \
		.name = name_, .arguments = count, .call = query, .text = sql                      \
	}
#define TEXT(name_, count, text_)                                                                  \
	{                                                                                          \
		.name = name_, .arguments = count, .text = text_                                   \
	}
#define NUMBER(name_, count, number_)                                                              \
	{                                                                                          \
		.name = name_, .arguments = count, .number = number_                               \
	}

static const struct wr_pgs_function functions[] = {
    CALL("regexp", 2, matches, 0),
    CALL("like", 2, likes, 0),
    CALL("pg_regclass", 1, regclass, 0),
    CALL("to_regclass", 1, regclass, 1),
    CALL("pg_regtype", 1, regtype, 0),
    CALL("to_regtype", 1, regtype, 0),
    CALL("pg_bool", 1, boolean, 0),
    CALL("pg_substring", -1, substring, 0),
    CALL("pg_position", 2, position, 0),
    CALL("pg_trim", 3, trim, 0),
    {.name = "split_part", .arguments = 3, .call = split_part, .shared = true},
    NUMBER("pg_advisory_unlock_all", 0, -1),
    NUMBER("pg_sequence_last_value", 1, -1),
    NUMBER("pg_get_function_arg_default", 2, -1),
    NUMBER("pg_relation_filepath", 1, -1),
    QUERY("pg_regnamespace", 1,
	  "SELECT CASE WHEN ?1 GLOB '[0-9]*' THEN (SELECT nspname FROM pg_namespace WHERE oid = "
	  "CAST(?1 AS INTEGER)) ELSE (SELECT oid FROM pg_namespace WHERE nspname = ?1) END"),
    CALL("format_type", 2, format_type, 0),
    CALL("quote_ident", 1, quote_ident, 0),
    CALL("current_setting", -1, current_setting, 0),
    CALL("set_config", 3, set_config, 0),
    CALL("current_database", 0, of_connection, 1),
    CALL("pg_backend_pid", 0, of_connection, 2),
    CALL("pg_get_userbyid", 1, of_connection, 3),
    TEXT("getdatabaseencoding", 0, "UTF8"),
    TEXT("pg_encoding_to_char", 1, "UTF8"),
    TEXT("pg_client_encoding", 0, "UTF8"),
    TEXT("current_schema", 0, "public"),
    CALL("current_schemas", 1, current_schemas, 0),
    TEXT("version", 0, "PostgreSQL 15.0 (Weir)"),
    CALL("pg_get_expr", -1, first, 0),
    QUERY("pg_get_viewdef", -1, DEFINITION),
    CALL("pg_get_indexdef", -1, indexdef, 0),
    QUERY("pg_get_constraintdef", -1, DEFINITION),
    QUERY("pg_get_ruledef", -1, DEFINITION),
    NUMBER("pg_get_partkeydef", -1, -1),
    NUMBER("pg_get_statisticsobjdef_columns", 1, -1),
    NUMBER("pg_get_triggerdef", -1, -1),
    NUMBER("pg_get_serial_sequence", 2, -1),
    QUERY("pg_get_function_result", 1,
	  "SELECT proresult FROM pg_proc WHERE oid = CAST(?1 AS INTEGER)"),
    QUERY("pg_get_function_arguments", 1,
	  "SELECT prosignature FROM pg_proc WHERE oid = CAST(?1 AS INTEGER)"),
    QUERY("pg_get_function_identity_arguments", 1,
	  "SELECT prosignature FROM pg_proc WHERE oid = CAST(?1 AS INTEGER)"),
    NUMBER("pg_get_function_sqlbody", 1, -1),
    QUERY("obj_description", -1,
	  "SELECT description FROM pg_description WHERE objoid = CAST(?1 AS INTEGER) AND objsubid "
	  "= 0"),
    CALL("col_description", 2, col_description, 0),
    NUMBER("shobj_description", 2, -1),
    QUERY("pg_table_is_visible", 1,
	  "SELECT relnamespace IN (2200, 11) FROM pg_class WHERE oid = CAST(?1 AS INTEGER)"),
    NUMBER("pg_function_is_visible", 1, 1),
    NUMBER("pg_type_is_visible", 1, 1),
    NUMBER("pg_collation_is_visible", 1, 1),
    NUMBER("pg_opclass_is_visible", 1, 1),
    NUMBER("pg_operator_is_visible", 1, 1),
    NUMBER("pg_statistics_obj_is_visible", 1, 1),
    NUMBER("pg_relation_is_publishable", 1, 0),
    NUMBER("pg_relation_size", -1, 0),
    NUMBER("pg_table_size", 1, 0),
    NUMBER("pg_total_relation_size", 1, 0),
    NUMBER("pg_database_size", 1, 0),
    TEXT("pg_size_pretty", 1, "0 bytes"),
    NUMBER("pg_is_in_recovery", 0, 0),
    NUMBER("pg_my_temp_schema", 0, 0),
    NUMBER("pg_is_other_temp_schema", 1, 0),
    TEXT("pg_tablespace_location", 1, ""),
    NUMBER("pg_stat_get_numscans", 1, 0),
    NUMBER("pg_char_to_encoding", 1, 6),
    NUMBER("has_table_privilege", -1, 1),
    NUMBER("has_any_column_privilege", -1, 1),
    NUMBER("has_column_privilege", -1, 1),
    NUMBER("has_schema_privilege", -1, 1),
    NUMBER("has_database_privilege", -1, 1),
    NUMBER("has_function_privilege", -1, 1),
    NUMBER("pg_has_role", -1, 1),
    NUMBER("txid_current", 0, 1),
    NUMBER("inet_server_addr", 0, -1),
    NUMBER("inet_server_port", 0, -1),
    NUMBER("inet_client_addr", 0, -1),
    NUMBER("pg_postmaster_start_time", 0, -1),
    NUMBER("pg_indexam_has_property", 2, 0),
};

bool wr_pgs_catalog_has_function(const char *name)
{
	for (size_t i = 0; i < WR_COUNT(functions); i++)
		if (strcasecmp(functions[i].name, name) == 0)
			return !functions[i].shared;
	for (size_t i = 0; wr_pgs_array_functions[i].name != NULL; i++)
		if (strcasecmp(wr_pgs_array_functions[i].name, name) == 0)
			return !wr_pgs_array_functions[i].shared;
	return false;
}

static void bound_free(void *bound)
{
	wr_free(bound);
}

static wr_status *add(struct wr_pgs_catalog *catalog, const struct wr_pgs_function *function)
{
	struct bound *bound = wr_calloc(1, sizeof *bound);
	bool aggregate = function->finish != NULL;

	*bound = (struct bound){catalog, function};
	if (catalog->call.sqlite3_create_function_v2(
		catalog->db, function->name, function->arguments, SQLITE_UTF8, bound,
		aggregate ? NULL : answer, aggregate ? answer : NULL, aggregate ? finish : NULL,
		bound_free) != SQLITE_OK)
		return wr_pgs_catalog_failed(catalog);
	return NULL;
}

wr_status *wr_pgs_catalog_functions(struct wr_pgs_catalog *catalog)
{
	for (size_t i = 0; i < WR_COUNT(functions); i++)
		WR_TRY(add(catalog, &functions[i]));
	for (size_t i = 0; wr_pgs_array_functions[i].name != NULL; i++)
		WR_TRY(add(catalog, &wr_pgs_array_functions[i]));
	return NULL;
}
