/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_fill - rows of the system catalog: the tables, views and functions that the session
 * sees.
 *
 * default_catalog.default_database is the schema "public", other databases of default_catalog are
 * schemas of their names, and those of other catalogs "catalog.database". A materialized table is a
 * materialized view. Its key, and the PRIMARY KEY of a table, is a primary key with an index.
 *
 * Numbers are made of names, so that they stay the same from one look to the next.
 */
#include <stdlib.h>

#include "base/macros.h"
#include "connectors/mview.h"
#include "server/client_inner.h"
#include "server/pg_catalog_inner.h"

#define PUBLIC     2200u /* PostgreSQL's number of it */
#define PG_CATALOG 11u
#define OWNER      10u

static const struct {
	uint32_t oid, array;       /* of it and of arrays of it; 0: none */
	const char *name, *format; /* in pg_type; in SQL */
	int16_t len;               /* bytes; below 0: it varies */
	char category;             /* typcategory */
} types[] = {
    {16, 1000, "bool", "boolean", 1, 'B'},
    {17, 1001, "bytea", "bytea", -1, 'U'},
    {18, 1002, "char", "\"char\"", 1, 'Z'},
    {19, 1003, "name", "name", 64, 'S'},
    {20, 1016, "int8", "bigint", 8, 'N'},
    {21, 1005, "int2", "smallint", 2, 'N'},
    {23, 1007, "int4", "integer", 4, 'N'},
    {25, 1009, "text", "text", -1, 'S'},
    {26, 1028, "oid", "oid", 4, 'N'},
    {114, 199, "json", "json", -1, 'U'},
    {700, 1021, "float4", "real", 4, 'N'},
    {701, 1022, "float8", "double precision", 8, 'N'},
    {705, 0, "unknown", "unknown", -2, 'X'},
    {1042, 1014, "bpchar", "character", -1, 'S'},
    {1043, 1015, "varchar", "character varying", -1, 'S'},
    {1082, 1182, "date", "date", 4, 'D'},
    {1083, 1183, "time", "time without time zone", 8, 'D'},
    {1114, 1115, "timestamp", "timestamp without time zone", 8, 'D'},
    {1184, 1185, "timestamptz", "timestamp with time zone", 8, 'D'},
    {1186, 1187, "interval", "interval", 16, 'T'},
    {1700, 1231, "numeric", "numeric", -1, 'N'},
    {2950, 2951, "uuid", "uuid", 16, 'U'},
    {3802, 3807, "jsonb", "jsonb", -1, 'U'},
};

const char *wr_pgs_format_type(uint32_t oid)
{
	static const char *const arrays[][2] = {
	    {"boolean", "boolean[]"},
	    {"bytea", "bytea[]"},
	    {"bigint", "bigint[]"},
	    {"smallint", "smallint[]"},
	    {"integer", "integer[]"},
	    {"text", "text[]"},
	    {"real", "real[]"},
	    {"double precision", "double precision[]"},
	    {"date", "date[]"},
	    {"time without time zone", "time without time zone[]"},
	    {"timestamp without time zone", "timestamp without time zone[]"},
	    {"timestamp with time zone", "timestamp with time zone[]"},
	    {"numeric", "numeric[]"}};

	for (size_t i = 0; i < WR_COUNT(types); i++) {
		if (types[i].oid == oid)
			return types[i].format;
		for (size_t k = 0; types[i].array == oid && k < WR_COUNT(arrays); k++)
			if (strcmp(arrays[k][0], types[i].format) == 0)
				return arrays[k][1];
	}
	return oid == 0 ? "-" : "???";
}

uint32_t wr_pgs_format_find(const char *format)
{
	size_t len = strlen(format);
	bool array = len > 2 && strcmp(format + len - 2, "[]") == 0;

	len -= array ? 2 : 0;
	for (size_t i = 0; i < WR_COUNT(types); i++)
		if ((strncmp(types[i].format, format, len) == 0 && types[i].format[len] == '\0') ||
		    (strncmp(types[i].name, format, len) == 0 && types[i].name[len] == '\0'))
			return array ? types[i].array : types[i].oid;
	return 0;
}

uint32_t wr_pgs_catalog_oid(const char *kind, const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *kind != '\0'; kind++)
		hash = (hash ^ (uint8_t)*kind) * 16777619u;
	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return (hash & 0x3fffffff) | 0x40000000;
}

/* --- rows ---------------------------------------------------------------------------------------
 */

struct filler {
	struct wr_pgs_catalog *catalog; /* that is filled */
	const char *database;           /* as the client calls it */
	struct wr_text sql;             /* INSERTs so far */
};

/* Appends INSERT INTO `table` VALUES (...): `format` has a letter per value, s text, n number, N
 * NULL. */
static void row(struct filler *filler, const char *table, const char *format, ...)
{
	struct wr_text *sql = &filler->sql;
	va_list args;

	wr_text_printf(sql, "INSERT INTO %s VALUES(", table);
	va_start(args, format);
	for (; *format != '\0'; format++) {
		const char *text = *format == 's' ? va_arg(args, const char *) : NULL;

		if (text != NULL)
			wr_pgs_put_literal(sql, text, strlen(text));
		else if (*format == 'n')
			wr_text_i64(sql, va_arg(args, int64_t));
		else
			wr_text_puts(sql, "NULL");
		if (format[1] != '\0')
			wr_text_putc(sql, ',');
	}
	va_end(args);
	wr_text_puts(sql, ");");
}
#define N(value) ((int64_t)(value))

static void class(struct filler *filler, uint32_t oid, const char *name, uint32_t schema,
		  const char *kind, uint32_t columns, bool has_key)
{
	row(filler,
	    "pg_class(oid, relname, relnamespace, reltype, reloftype, relowner, relam, "
	    "relfilenode, "
	    "reltablespace, relpages, reltuples, reltoastrelid, relhasindex, relisshared, "
	    "relpersistence, relkind, relnatts, relchecks, relhasrules, relhastriggers, "
	    "relhassubclass, relrowsecurity, relforcerowsecurity, relispopulated, relreplident, "
	    "relispartition, relhasoids)",
	    "nsnnnnnnnnnnnnssnnnnnnnnsnn", N(oid), name, N(schema), N(0), N(0), N(OWNER), N(2),
	    N(0), N(0), N(0), N(-1), N(0), N(has_key), N(0), "p", kind, N(columns), N(0), N(0),
	    N(0), N(0), N(0), N(0), N(1), "d", N(0), N(0));
}

static void attribute(struct filler *filler, uint32_t of, uint32_t number, const char *name,
		      const struct wr_type *type, bool not_null)
{
	uint32_t oid = wr_pgs_value_oid(type);

	row(filler,
	    "pg_attribute(attrelid, attname, atttypid, attstattarget, attlen, attnum, attndims, "
	    "atttypmod, attbyval, attnotnull, atthasdef, atthasmissing, attidentity, attgenerated, "
	    "attisdropped, attislocal, attinhcount, attcollation, attstorage)",
	    "nsnnnnnnnnnnssnnnns", N(of), name, N(oid), N(-1), N(wr_pgs_oid_size(oid)), N(number),
	    N(type->kind == WR_ARRAY && oid != WR_PG_JSON), N(wr_pgs_type_modifier(type)), N(0),
	    N(not_null), N(0), N(0), "", "", N(0), N(1), N(0), N(oid == WR_PG_TEXT ? 100 : 0),
	    wr_pgs_oid_size(oid) >= 0 ? "p"
	    : oid == WR_PG_NUMERIC    ? "m"
				      : "x");
}

static const char *udt_of(uint32_t oid)
{
	for (size_t i = 0; i < WR_COUNT(types); i++)
		if (types[i].oid == oid)
			return types[i].name;
	return wr_pg_type_name(oid);
}

static void info_column(struct filler *filler, const char *schema, const char *table,
			uint32_t number, const char *name, const struct wr_type *type,
			bool not_null)
{
	uint32_t oid = wr_pgs_value_oid(type);
	bool decimal = type->kind == WR_DECIMAL,
	     array = type->kind == WR_ARRAY && oid != WR_PG_JSON;

	row(filler,
	    "information_schema.columns(table_catalog, table_schema, table_name, column_name, "
	    "ordinal_position, is_nullable, data_type, udt_catalog, udt_schema, udt_name, "
	    "is_identity, is_generated, is_updatable)",
	    "ssssnssssssss", filler->database, schema, table, name, N(number),
	    not_null ? "NO" : "YES", array ? "ARRAY" : wr_pgs_format_type(oid), filler->database,
	    "pg_catalog", udt_of(oid), "NO", "NEVER", "NO");
	if (decimal)
		wr_text_printf(&filler->sql,
			       "UPDATE information_schema.columns SET numeric_precision = %d, "
			       "numeric_scale = %d WHERE rowid = last_insert_rowid();",
			       type->precision, type->scale);
}

/* --- tables -------------------------------------------------------------------------------------
 */

/* PRIMARY KEY (a, b) as a constraint and an index. */
static void key(struct filler *filler, const struct wr_table *table, uint32_t oid, uint32_t schema,
		const char *schema_name, const char *name, const uint32_t *column, uint32_t count)
{
	struct wr_text index, list, places;
	uint32_t index_oid, con_oid;

	wr_text_init(&index);
	wr_text_init(&list);
	wr_text_init(&places);
	wr_text_printf(&index, "%s_pkey", name);
	index_oid = wr_pgs_catalog_oid("index", wr_text_str(&index));
	con_oid = wr_pgs_catalog_oid("constraint", wr_text_str(&index));
	for (uint32_t i = 0; i < count; i++) {
		const char *of = table->column[column[i]].name;

		wr_text_printf(&list, "%s%s", i > 0 ? ", " : "", of);
		wr_text_printf(&places, "%s%u", i > 0 ? " " : "", column[i] + 1);
		attribute(filler, index_oid, i + 1, of, table->column[column[i]].type, false);
		row(filler,
		    "information_schema.key_column_usage(constraint_catalog, constraint_schema, "
		    "constraint_name, table_catalog, table_schema, table_name, column_name, "
		    "ordinal_position)",
		    "sssssssn", filler->database, schema_name, wr_text_str(&index),
		    filler->database, schema_name, name, of, N(i + 1));
	}
	class(filler, index_oid, wr_text_str(&index), schema, "i", count, false);
	row(filler,
	    "pg_index(indexrelid, indrelid, indnatts, indnkeyatts, indisunique, indisprimary, "
	    "indisexclusion, indimmediate, indisclustered, indisvalid, indisready, indislive, "
	    "indisreplident, indkey)",
	    "nnnnnnnnnnnnns", N(index_oid), N(oid), N(count), N(count), N(1), N(1), N(0), N(1),
	    N(0), N(1), N(1), N(1), N(0), wr_text_str(&places));
	row(filler,
	    "information_schema.table_constraints(constraint_catalog, constraint_schema, "
	    "constraint_name, table_catalog, table_schema, table_name, constraint_type, "
	    "is_deferrable, initially_deferred)",
	    "sssssssss", filler->database, schema_name, wr_text_str(&index), filler->database,
	    schema_name, name, "PRIMARY KEY", "NO", "NO");
	for (char *c = places.data; *c != '\0'; c++)
		*c = *c == ' ' ? ',' : *c;
	wr_text_printf(&filler->sql,
		       "INSERT INTO pg_constraint(oid, conname, connamespace, contype, "
		       "condeferrable, condeferred, convalidated, conrelid, conindid, "
		       "conparentid, confrelid, conkey) VALUES (%u, ",
		       con_oid);
	wr_pgs_put_literal(&filler->sql, index.data, index.len);
	wr_text_printf(&filler->sql, ", %u, 'p', 0, 0, 1, %u, %u, 0, 0, '{%s}');", schema, oid,
		       index_oid, wr_text_str(&places));
	wr_text_clear(&places);
	wr_text_printf(&places, "CREATE UNIQUE INDEX %s ON %s USING btree (%s)",
		       wr_text_str(&index), name, wr_text_str(&list));
	row(filler, "pg_weir_definition", "ns", N(index_oid), wr_text_str(&places));
	row(filler, "pg_indexes", "sssNs", schema_name, name, wr_text_str(&index),
	    wr_text_str(&places));
	wr_text_clear(&places);
	wr_text_printf(&places, "PRIMARY KEY (%s)", wr_text_str(&list));
	row(filler, "pg_weir_definition", "ns", N(con_oid), wr_text_str(&places));
	wr_text_release(&index);
	wr_text_release(&list);
	wr_text_release(&places);
}

/* What other tables tell of it. */
static void describe(struct filler *filler, const struct wr_table *table, uint32_t oid,
		     const char *schema, const char *name)
{
	const char *user = filler->catalog->conn->user;

	if (table->comment != NULL)
		row(filler, "pg_description", "nnns", N(oid), N(1259), N(0), table->comment);
	if (table->view_sql != NULL)
		row(filler, "pg_weir_definition", "ns", N(oid), table->view_sql);
	row(filler,
	    "information_schema.tables(table_catalog, table_schema, table_name, table_type, "
	    "is_insertable_into, is_typed)",
	    "ssssss", filler->database, schema, name,
	    table->is_view || table->materialized ? "VIEW" : "BASE TABLE",
	    table->is_view || table->materialized ? "NO" : "YES", "NO");
	if (table->is_view || table->materialized)
		row(filler, "information_schema.views", "ssssss", filler->database, schema, name,
		    table->view_sql, "NONE", "NO");
	if (table->materialized)
		row(filler, "pg_matviews", "sssNnns", schema, name, user,
		    N(table->primary_key_count > 0), N(1), table->view_sql);
	else if (table->is_view)
		row(filler, "pg_views", "ssss", schema, name, user, table->view_sql);
	else
		row(filler, "pg_tables", "sssNnnnn", schema, name, user,
		    N(table->primary_key_count > 0), N(0), N(0), N(0));
}

static void add_table(struct filler *filler, const struct wr_table *table)
{
	const char *name = table->path[2] != NULL ? table->path[2] : table->name;
	const uint32_t *columns = table->primary_key;
	uint32_t count = table->primary_key_count, oid, schema_oid = PUBLIC;
	struct wr_text schema, full;

	wr_text_init(&schema);
	wr_text_init(&full);
	if (table->path[0] == NULL)
		wr_text_puts(&schema, "public");
	else if (strcmp(table->path[0], WR_DEFAULT_CATALOG) == 0)
		wr_text_puts(&schema, table->path[1]);
	else
		wr_text_printf(&schema, "%s.%s", table->path[0], table->path[1]);
	if (table->path[0] != NULL)
		schema_oid = wr_pgs_catalog_oid("schema", wr_text_str(&schema));
	if (table->path[0] != NULL)
		row(filler, "pg_namespace", "nsnN", N(schema_oid), wr_text_str(&schema), N(OWNER));
	oid = wr_pgs_catalog_oid("class", table->name);
	if (table->materialized && table->embed != NULL)
		columns = wr_mview_key((const struct wr_mview *)table->embed, &count);
	class(filler, oid, name, schema_oid,
	      table->materialized ? "m"
	      : table->is_view    ? "v"
				  : "r",
	      table->column_count, count > 0);
	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct wr_table_column *column = &table->column[i];
		bool not_null = !column->type->nullable;

		attribute(filler, oid, i + 1, column->name, column->type, not_null);
		info_column(filler, wr_text_str(&schema), name, i + 1, column->name, column->type,
			    not_null);
		if (column->comment != NULL)
			row(filler, "pg_description", "nnns", N(oid), N(1259), N(i + 1),
			    column->comment);
	}
	describe(filler, table, oid, wr_text_str(&schema), name);
	if (count > 0)
		key(filler, table, oid, schema_oid, wr_text_str(&schema), name, columns, count);
	wr_text_release(&schema);
	wr_text_release(&full);
}

/* --- what is there always -----------------------------------------------------------------------
 */

static void add_types(struct filler *filler)
{
	for (size_t i = 0; i < WR_COUNT(types); i++) {
		char category[2] = {types[i].category, '\0'};
		struct wr_text array;

		row(filler,
		    "pg_type(oid, typname, typnamespace, typowner, typlen, typbyval, typtype, "
		    "typcategory, typispreferred, typisdefined, typdelim, typrelid, typelem, "
		    "typarray, typnotnull, typbasetype, typtypmod, typndims, typcollation, "
		    "typinput)",
		    "nsnnnnssnnsnnnnnnnns", N(types[i].oid), types[i].name, N(PG_CATALOG), N(OWNER),
		    N(types[i].len), N(types[i].len > 0 && types[i].len <= 8), "b", category, N(0),
		    N(1), ",", N(0), N(0), N(types[i].array), N(0), N(0), N(-1), N(0),
		    N(types[i].oid == WR_PG_TEXT ? 100 : 0), "in");
		if (types[i].array == 0)
			continue;
		wr_text_init(&array);
		wr_text_printf(&array, "_%s", types[i].name);
		row(filler,
		    "pg_type(oid, typname, typnamespace, typowner, typlen, typbyval, typtype, "
		    "typcategory, typispreferred, typisdefined, typdelim, typrelid, typelem, "
		    "typarray, typnotnull, typbasetype, typtypmod, typndims, typcollation, "
		    "typinput)",
		    "nsnnnnssnnsnnnnnnnns", N(types[i].array), wr_text_str(&array), N(PG_CATALOG),
		    N(OWNER), N(-1), N(0), "b", "A", N(0), N(1), ",", N(0), N(types[i].oid), N(0),
		    N(0), N(0), N(-1), N(0), N(0), "array_in");
		wr_text_release(&array);
	}
}

static void add_fixed(struct filler *filler)
{
	static const char *const shown[] = {"server_version",
					    "TimeZone",
					    "search_path",
					    "DateStyle",
					    "client_encoding",
					    "max_index_keys",
					    "standard_conforming_strings",
					    "bytea_output"};
	struct wr_pgs_conn *conn = filler->catalog->conn;
	struct wr_text scratch;

	row(filler, "pg_namespace", "nsnN", N(PUBLIC), "public", N(OWNER));
	row(filler, "pg_namespace", "nsnN", N(PG_CATALOG), "pg_catalog", N(OWNER));
	row(filler, "pg_namespace", "nsnN", N(13000), "information_schema", N(OWNER));
	row(filler, "pg_am", "nsNs", N(2), "heap", "t");
	row(filler, "pg_collation", "nsnnsn", N(100), "default", N(PG_CATALOG), N(OWNER), "d",
	    N(1));
	filler->sql.len -= 2; /* the columns behind are NULL */
	wr_text_puts(&filler->sql, ",NULL,NULL,NULL,NULL);");
	row(filler, "pg_tablespace", "nsnNN", N(1663), "pg_default", N(OWNER));
	row(filler, "pg_database", "nsnnsnnnnssNN", N(5), filler->database, N(OWNER), N(6), "c",
	    N(0), N(1), N(-1), N(1663), "C.UTF-8", "C.UTF-8");
	row(filler, "pg_roles", "nsnnnnnnnNNnN", N(OWNER), conn->user,
	    N(conn->who.role == WR_ROLE_ADMIN), N(1), N(0), N(0), N(1), N(0), N(-1), N(0));
	row(filler, "pg_user", "snnnnnNNN", conn->user, N(OWNER), N(0),
	    N(conn->who.role == WR_ROLE_ADMIN), N(0), N(0));
	row(filler, "information_schema.schemata", "sssNN", filler->database, "public", conn->user);
	wr_text_init(&scratch);
	for (size_t i = 0; i < WR_COUNT(shown); i++)
		row(filler, "pg_settings(name, setting, vartype)", "sss", shown[i],
		    wr_pgs_setting(conn, shown[i], &scratch), "string");
	wr_text_release(&scratch);
}

static void add_function(struct filler *filler, const struct wr_user_function *function)
{
	row(filler,
	    "pg_proc(oid, proname, pronamespace, proowner, prokind, proargtypes, proretset, "
	    "proresult, prosignature)",
	    "nsnnssnss", N(wr_pgs_catalog_oid("proc", function->name)), function->name, N(PUBLIC),
	    N(OWNER), function->kind == WEIR_AGGREGATE ? "a" : "f", "", N(0), "", "");
	row(filler, "information_schema.routines(routine_schema, routine_name, routine_type)",
	    "sss", "public", function->name, "FUNCTION");
}

wr_status *wr_pgs_catalog_fill(struct wr_pgs_catalog *catalog)
{
	struct wr_pgs_conn *conn = catalog->conn;
	struct wr_client *client = conn->client;
	struct filler filler = {.catalog = catalog,
				.database =
				    conn->database != NULL ? conn->database : "default_catalog"};
	const struct wr_catalog *own;
	wr_status *status;
	int code;

	wr_text_init(&filler.sql);
	wr_text_puts(&filler.sql, "BEGIN;");
	for (uint32_t i = 0; wr_pgs_catalog_tables[i] != NULL; i++)
		wr_text_printf(&filler.sql, "DELETE FROM %.*s;",
			       (int)strcspn(wr_pgs_catalog_tables[i], "("),
			       wr_pgs_catalog_tables[i]);
	wr_text_puts(&filler.sql, "DELETE FROM pg_weir_definition;");
	add_fixed(&filler);
	add_types(&filler);
	pthread_mutex_lock(&client->statement);
	status = wr_client_look(client);
	own = client->session->session->catalog;
	catalog->version = client->version;
	for (uint32_t i = 0; i < wr_catalog_count(own) && status == NULL; i++)
		add_table(&filler, wr_catalog_at(own, i));
	for (uint32_t i = 0; i < wr_catalog_function_count(own) && status == NULL; i++)
		add_function(&filler, wr_catalog_function_at(own, i));
	pthread_mutex_unlock(&client->statement);
	wr_text_puts(&filler.sql, "COMMIT;");
	if (status == NULL) {
		code = catalog->call.sqlite3_exec(catalog->db, wr_text_str(&filler.sql), NULL, NULL,
						  NULL);
		if (code != SQLITE_OK) {
			status = wr_pgs_catalog_failed(catalog);
			catalog->call.sqlite3_exec(catalog->db, "ROLLBACK", NULL, NULL, NULL);
		}
	}
	wr_text_release(&filler.sql);
	return status;
}
