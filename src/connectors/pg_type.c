/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_type - PostgreSQL's types by number, and which of them can be read as which of Weir's.
 */
#include "connectors/pg_type.h"

/* The types that are known, their arrays, and the names that casts use. */
static const struct {
	uint32_t oid, array;
	const char *name, *array_name;
} known[] = {
    {WR_PG_BOOL, 1000, "bool", "bool[]"},
    {WR_PG_BYTEA, 1001, "bytea", "bytea[]"},
    {WR_PG_CHAR, 1002, "\"char\"", "\"char\"[]"},
    {WR_PG_NAME, 1003, "name", "name[]"},
    {WR_PG_INT2, 1005, "int2", "int2[]"},
    {WR_PG_INT4, 1007, "int4", "int4[]"},
    {WR_PG_TEXT, 1009, "text", "text[]"},
    {WR_PG_BPCHAR, 1014, "bpchar", "bpchar[]"},
    {WR_PG_VARCHAR, 1015, "varchar", "varchar[]"},
    {WR_PG_INT8, 1016, "int8", "int8[]"},
    {WR_PG_FLOAT4, 1021, "float4", "float4[]"},
    {WR_PG_FLOAT8, 1022, "float8", "float8[]"},
    {WR_PG_TIMESTAMP, 1115, "timestamp", "timestamp[]"},
    {WR_PG_DATE, 1182, "date", "date[]"},
    {WR_PG_TIME, 1183, "time", "time[]"},
    {WR_PG_TIMESTAMPTZ, 1185, "timestamptz", "timestamptz[]"},
    {WR_PG_NUMERIC, 1231, "numeric", "numeric[]"},
    {WR_PG_JSON, 199, "json", "json[]"},
    {WR_PG_XML, 143, "xml", "xml[]"},
    {WR_PG_JSONB, 3807, "jsonb", "jsonb[]"},
    {WR_PG_UUID, 2951, "uuid", "uuid[]"},
};

uint32_t wr_pg_element(uint32_t oid)
{
	for (uint32_t i = 0; i < WR_COUNT(known); i++)
		if (known[i].array == oid)
			return known[i].oid;
	return 0;
}

uint32_t wr_pg_array(uint32_t oid)
{
	for (uint32_t i = 0; i < WR_COUNT(known); i++)
		if (known[i].oid == oid)
			return known[i].array;
	return 0;
}

const char *wr_pg_type_name(uint32_t oid)
{
	for (uint32_t i = 0; i < WR_COUNT(known); i++) {
		if (known[i].oid == oid)
			return known[i].name;
		if (known[i].array == oid)
			return known[i].array_name;
	}
	return "text";
}

uint32_t wr_pg_oid_of(const struct wr_type *type)
{
	switch (type->kind) {
	case WR_BOOLEAN: return WR_PG_BOOL;
	case WR_TINYINT:
	case WR_SMALLINT: return WR_PG_INT2;
	case WR_INT: return WR_PG_INT4;
	case WR_BIGINT: return WR_PG_INT8;
	case WR_FLOAT: return WR_PG_FLOAT4;
	case WR_DOUBLE: return WR_PG_FLOAT8;
	case WR_DECIMAL: return WR_PG_NUMERIC;
	case WR_CHAR:
	case WR_VARCHAR: return WR_PG_TEXT;
	case WR_BINARY:
	case WR_VARBINARY: return WR_PG_BYTEA;
	case WR_DATE: return WR_PG_DATE;
	case WR_TIME: return WR_PG_TIME;
	case WR_TIMESTAMP: return WR_PG_TIMESTAMP;
	case WR_TIMESTAMP_LTZ: return WR_PG_TIMESTAMPTZ;
	case WR_ARRAY:
		return type->child[0]->kind == WR_ARRAY ? 0
							: wr_pg_array(wr_pg_oid_of(type->child[0]));
	default: return 0;
	}
}

/* Bytes of an integer type; 0: it is none. */
static uint32_t int_size(uint32_t oid)
{
	return oid == WR_PG_INT2 ? 2 : oid == WR_PG_INT4 ? 4 : oid == WR_PG_INT8 ? 8 : 0;
}

static bool is_text(uint32_t oid)
{
	switch (oid) {
	case WR_PG_TEXT:
	case WR_PG_VARCHAR:
	case WR_PG_BPCHAR:
	case WR_PG_NAME:
	case WR_PG_CHAR:
	case WR_PG_JSON:
	case WR_PG_JSONB:
	case WR_PG_UUID:
	case WR_PG_XML: return true;
	default: return false;
	}
}

/* Of numbers. */
static bool fits_number(uint32_t oid, const struct wr_type *type)
{
	uint32_t size = int_size(oid);

	switch (type->kind) {
	case WR_TINYINT:
	case WR_SMALLINT: return size == 2;
	case WR_INT: return size == 2 || size == 4;
	case WR_BIGINT: return size != 0;
	case WR_FLOAT: return oid == WR_PG_FLOAT4;
	case WR_DOUBLE: return oid == WR_PG_FLOAT4 || oid == WR_PG_FLOAT8;
	case WR_DECIMAL: return oid == WR_PG_NUMERIC || size != 0;
	default: return false;
	}
}

enum wr_pg_fit wr_pg_read_fit(uint32_t oid, bool is_enum, const struct wr_type *type)
{
	bool fits;

	switch (type->kind) {
	case WR_BOOLEAN: fits = oid == WR_PG_BOOL; break;
	case WR_CHAR:
	case WR_VARCHAR: return is_text(oid) || is_enum ? WR_PG_FITS : WR_PG_AS_TEXT;
	case WR_BINARY:
	case WR_VARBINARY: fits = oid == WR_PG_BYTEA; break;
	case WR_DATE: fits = oid == WR_PG_DATE; break;
	case WR_TIME: fits = oid == WR_PG_TIME; break;
	case WR_TIMESTAMP: fits = oid == WR_PG_TIMESTAMP || oid == WR_PG_TIMESTAMPTZ; break;
	case WR_TIMESTAMP_LTZ: fits = oid == WR_PG_TIMESTAMPTZ; break;
	case WR_ARRAY:
		if (wr_pg_element(oid) != 0 && type->child[0]->kind != WR_ARRAY)
			return wr_pg_read_fit(wr_pg_element(oid), false, type->child[0]);
		return wr_kind_is_string(type->child[0]->kind) ? WR_PG_AS_TEXT : WR_PG_UNFIT;
	default: fits = fits_number(oid, type); break;
	}
	return fits ? WR_PG_FITS : WR_PG_UNFIT;
}
