/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway_value - types and rows in the form that Flink's clients read.
 *
 * A value is written as Flink's json format does it, with times as ISO-8601; in plain text as
 * CAST(... AS STRING) gives it.
 */
#include "data/view.h"
#include "server/gateway_inner.h"

/* LogicalTypeRoot. */
static const char *const roots[WR_KIND_COUNT] = {
    [WR_NULL] = "NULL",
    [WR_BOOLEAN] = "BOOLEAN",
    [WR_TINYINT] = "TINYINT",
    [WR_SMALLINT] = "SMALLINT",
    [WR_INT] = "INTEGER",
    [WR_BIGINT] = "BIGINT",
    [WR_FLOAT] = "FLOAT",
    [WR_DOUBLE] = "DOUBLE",
    [WR_DECIMAL] = "DECIMAL",
    [WR_CHAR] = "CHAR",
    [WR_VARCHAR] = "VARCHAR",
    [WR_BINARY] = "BINARY",
    [WR_VARBINARY] = "VARBINARY",
    [WR_DATE] = "DATE",
    [WR_TIME] = "TIME_WITHOUT_TIME_ZONE",
    [WR_TIMESTAMP] = "TIMESTAMP_WITHOUT_TIME_ZONE",
    [WR_TIMESTAMP_LTZ] = "TIMESTAMP_WITH_LOCAL_TIME_ZONE",
    [WR_INTERVAL_MONTH] = "INTERVAL_YEAR_MONTH",
    [WR_INTERVAL_DAY] = "INTERVAL_DAY_TIME",
    [WR_ARRAY] = "ARRAY",
    [WR_MAP] = "MAP",
    [WR_MULTISET] = "MULTISET",
    [WR_ROW] = "ROW",
};

static void put_child(struct wr_text *out, const char *name, const struct wr_type *type)
{
	wr_text_printf(out, ",\"%s\":", name);
	wr_gateway_type(out, type);
}

static void put_fields(struct wr_text *out, const struct wr_type *type)
{
	wr_text_puts(out, ",\"fields\":[");
	for (uint32_t i = 0; i < type->child_count; i++) {
		wr_text_puts(out, i == 0 ? "{\"name\":" : ",{\"name\":");
		wr_text_json(out, type->name[i]);
		put_child(out, "fieldType", type->child[i]);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
}

void wr_gateway_type(struct wr_text *out, const struct wr_type *type)
{
	wr_text_printf(out, "{\"type\":\"%s\"", roots[type->kind]);
	if (type->kind != WR_NULL)
		wr_text_puts(out, type->nullable ? ",\"nullable\":true" : ",\"nullable\":false");
	switch (type->kind) {
	case WR_CHAR:
	case WR_VARCHAR:
	case WR_BINARY:
	case WR_VARBINARY: wr_text_printf(out, ",\"length\":%d", type->length); break;
	case WR_DECIMAL:
		wr_text_printf(out, ",\"precision\":%u,\"scale\":%u", type->precision, type->scale);
		break;
	case WR_TIME:
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: wr_text_printf(out, ",\"precision\":%u", type->precision); break;
	case WR_INTERVAL_MONTH:
		wr_text_puts(out, ",\"precision\":2,\"resolution\":\"MONTH\"");
		break;
	case WR_INTERVAL_DAY:
		wr_text_puts(
		    out, ",\"precision\":2,\"fractionalPrecision\":3,\"resolution\":\"SECOND\"");
		break;
	case WR_ARRAY:
	case WR_MULTISET: put_child(out, "elementType", type->child[0]); break;
	case WR_MAP:
		put_child(out, "keyType", type->child[0]);
		put_child(out, "valueType", type->child[1]);
		break;
	case WR_ROW: put_fields(out, type); break;
	default: break;
	}
	wr_text_putc(out, '}');
}

void wr_gateway_columns(struct wr_text *out, const struct wr_schema *schema)
{
	wr_text_putc(out, '[');
	for (uint32_t c = 0; c < schema->count; c++) {
		wr_text_puts(out, c == 0 ? "{\"name\":" : ",{\"name\":");
		wr_text_json(out, schema->field[c].name);
		put_child(out, "logicalType", schema->field[c].type);
		wr_text_puts(out, ",\"comment\":null}");
	}
	wr_text_putc(out, ']');
}

static bool put_json(struct wr_operation *operation, const struct weir_row *row, uint32_t column,
		     struct wr_text *out)
{
	char *p = wr_json_writer_begin(&operation->writer, out);

	p = wr_json_put_value(&operation->writer, p, operation->node[column],
			      row->batch->column[column], row->row);
	if (p != NULL)
		wr_json_writer_end(&operation->writer, p);
	return p != NULL;
}

bool wr_gateway_row(struct wr_operation *operation, enum wr_row_format format,
		    const struct weir_row *row, struct wr_text *out)
{
	static const char *const kinds[] = {"INSERT", "UPDATE_BEFORE", "UPDATE_AFTER", "DELETE"};
	uint32_t count = weir_column_count(weir_row_result(row));
	bool well = true;

	wr_text_printf(out, "{\"kind\":\"%s\",\"fields\":[", kinds[weir_row_kind(row)]);
	for (uint32_t c = 0; c < count && well; c++) {
		if (c > 0)
			wr_text_putc(out, ',');
		if (weir_is_null(row, c))
			wr_text_puts(out, "null");
		else if (format == WR_ROW_JSON)
			well = put_json(operation, row, c, out);
		else
			wr_text_json(out, weir_get_text(row, c));
	}
	wr_text_puts(out, "]}");
	return well;
}
