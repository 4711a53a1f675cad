/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_derive - the Avro schema of a table's columns, as Flink derives it.
 *
 * A nullable column is a union of null and its type, and a nullable field has the default null. The
 * record is called "org.apache.flink.avro.generated.record", rows within it by the path of their
 * field ("..._address"): those names are what other programs that share a topic expect.
 */
#include "base/mem.h"
#include "expr/json_doc.h"
#include "formats/avro_schema.h"

struct derive {
	struct wr_text *out;
	const char *column; /* being derived, for messages; NULL: none yet */
	bool legacy;        /* TIMESTAMP is timestamp-millis */
};

static wr_status *derive_any(struct derive *d, const struct wr_type *type, const char *name);

static wr_status *refuse(const struct derive *d, const struct wr_type *type, const char *why)
{
	struct wr_text text;

	wr_text_init(&text);
	wr_type_print(&text, type);
	wr_status *status = wr_status_new(WR_USER_ERROR, "Column '%s': Avro has no type for %s: %s",
					  d->column, wr_text_str(&text), why);
	wr_text_release(&text);
	return status;
}

static void put_logical(struct derive *d, const char *type, const char *logical)
{
	wr_text_printf(d->out, "{\"type\":\"%s\",\"logicalType\":\"%s\"}", type, logical);
}

/* Which of the four logical types, or why none. */
static wr_status *derive_timestamp(struct derive *d, const struct wr_type *type)
{
	bool local = type->kind == WR_TIMESTAMP && !d->legacy;
	wr_status *status = NULL;

	if (d->legacy && type->kind == WR_TIMESTAMP_LTZ)
		status = refuse(d, type, "the older mapping of timestamps has no instants");
	else if (d->legacy && type->precision > 3)
		status = refuse(d, type, "the older mapping of timestamps has milliseconds only");
	if (status != NULL)
		return wr_status_hint(status, "Set 'timestamp_mapping.legacy' of the format to "
					      "'false'; TIMESTAMP_LTZ and six "
					      "digits are there then");
	if (type->precision > 6)
		return wr_status_hint(refuse(d, type, "there are at most six digits of a second"),
				      "Declare the column with a precision of 6");
	const char *unit = type->precision <= 3 ? "timestamp-millis" : "timestamp-micros";
	wr_text_printf(d->out, "{\"type\":\"long\",\"logicalType\":\"%s%s\"}",
		       local ? "local-" : "", unit);
	return NULL;
}

/* A record of fields: names with dots are of a namespace. */
static wr_status *derive_record(struct derive *d, const char *name, uint32_t count,
				const char *const *names, const struct wr_type *const *types)
{
	struct wr_text inner;
	wr_status *status = NULL;
	const char *dot = strrchr(name, '.');
	bool top = d->column == NULL;

	wr_text_puts(d->out, "{\"type\":\"record\",\"name\":");
	wr_json_write_string(d->out, wr_str_of(dot != NULL ? dot + 1 : name));
	if (dot != NULL) {
		wr_text_puts(d->out, ",\"namespace\":");
		wr_json_write_string(d->out, (struct wr_str){name, (size_t)(dot - name)});
	}
	wr_text_puts(d->out, ",\"fields\":[");
	wr_text_init(&inner);
	for (uint32_t i = 0; status == NULL && i < count; i++) {
		d->column = top ? names[i] : d->column;
		wr_text_clear(&inner);
		wr_text_printf(&inner, "%s_%s", name, names[i]);
		wr_text_puts(d->out, i == 0 ? "{\"name\":" : ",{\"name\":");
		wr_json_write_string(d->out, wr_str_of(names[i]));
		wr_text_puts(d->out, ",\"type\":");
		status = derive_any(d, types[i], wr_text_str(&inner));
		wr_text_puts(d->out, types[i]->nullable ? ",\"default\":null}" : "}");
	}
	wr_text_release(&inner);
	wr_text_puts(d->out, "]}");
	return status;
}

/* The type without its nullability. */
static wr_status *derive_plain(struct derive *d, const struct wr_type *type, const char *name)
{
	switch (type->kind) {
	case WR_BOOLEAN: wr_text_puts(d->out, "\"boolean\""); return NULL;
	case WR_TINYINT:
	case WR_SMALLINT:
	case WR_INT: wr_text_puts(d->out, "\"int\""); return NULL;
	case WR_BIGINT: wr_text_puts(d->out, "\"long\""); return NULL;
	case WR_FLOAT: wr_text_puts(d->out, "\"float\""); return NULL;
	case WR_DOUBLE: wr_text_puts(d->out, "\"double\""); return NULL;
	case WR_CHAR:
	case WR_VARCHAR: wr_text_puts(d->out, "\"string\""); return NULL;
	case WR_BINARY:
	case WR_VARBINARY: wr_text_puts(d->out, "\"bytes\""); return NULL;
	case WR_DATE: put_logical(d, "int", "date"); return NULL;
	case WR_TIME:
		if (type->precision > 3)
			return refuse(d, type, "a time has at most three digits of a second");
		put_logical(d, "int", "time-millis");
		return NULL;
	case WR_TIMESTAMP:
	case WR_TIMESTAMP_LTZ: return derive_timestamp(d, type);
	case WR_DECIMAL:
		wr_text_printf(d->out,
			       "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":%d,"
			       "\"scale\":%d}",
			       type->precision, type->scale);
		return NULL;
	case WR_ROW: return derive_record(d, name, type->child_count, type->name, type->child);
	case WR_ARRAY:
		wr_text_puts(d->out, "{\"type\":\"array\",\"items\":");
		WR_TRY(derive_any(d, type->child[0], name));
		wr_text_putc(d->out, '}');
		return NULL;
	case WR_MAP:
	case WR_MULTISET:
		if (!wr_kind_is_string(type->child[0]->kind))
			return refuse(d, type, "the keys of its maps are texts");
		wr_text_puts(d->out, "{\"type\":\"map\",\"values\":");
		WR_TRY(derive_any(d, type->child[1], name));
		wr_text_putc(d->out, '}');
		return NULL;
	default: return refuse(d, type, "use CAST to make it another one");
	}
}

static wr_status *derive_any(struct derive *d, const struct wr_type *type, const char *name)
{
	if (!type->nullable)
		return derive_plain(d, type, name);
	wr_text_puts(d->out, "[\"null\",");
	WR_TRY(derive_plain(d, type, name));
	wr_text_putc(d->out, ']');
	return NULL;
}

wr_status *wr_avro_derive(struct wr_text *out, const struct wr_schema *schema, const char *name,
			  bool legacy)
{
	struct derive derive = {.out = out, .legacy = legacy};
	const char **names = wr_calloc(schema->count + 1, sizeof *names);
	const struct wr_type **types = wr_calloc(schema->count + 1, sizeof *types);

	for (uint32_t i = 0; i < schema->count; i++) {
		names[i] = schema->field[i].name;
		types[i] = schema->field[i].type;
	}
	wr_status *status = derive_record(&derive, name, schema->count, names, types);
	wr_free(names);
	wr_free(types);
	return status;
}
