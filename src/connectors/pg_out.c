/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_out - see pg_out.h: a table as a sink, the encoding of rows, rows that are refused.
 */
#include "connectors/pg_out.h"

#include "base/mem.h"
#include "base/varint.h"
#include "formats/formats.h"

#define TEXT_MAX 2000 /* bytes of what the server says about a row */

/* --- the table -----------------------------------------------------------------------------------
 */

static wr_status *no_column(const struct wr_pg *pg, const struct wr_pg_out_table *out,
			    const char *name)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Table '%s': %s in PostgreSQL (%s) has no column '%s'",
			  out->args->table, out->table.sql_name, pg->target->database, name),
	    "Name the columns as the database does");
}

/* A type of the database that cannot take the column. */
static wr_status *unfit(const struct wr_pg_out_table *out, const struct wr_field *field,
			const struct wr_pg_table_column *column)
{
	struct wr_text text;
	wr_status *status;

	wr_text_init(&text);
	wr_type_print(&text, field->type);
	status = wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Table '%s': column '%s' is %s, which cannot be written to %s of %s",
			  out->args->table, field->name, wr_text_str(&text), column->type_text,
			  out->table.sql_name),
	    "Declare the column as the database has it, and CAST in the query");
	wr_text_release(&text);
	return status;
}

/* Columns of the key first, the others in their order. */
static uint32_t *column_order(const struct wr_connector_args *args, struct wr_arena *arena)
{
	uint32_t *order = WR_NEW_ARRAY(arena, uint32_t, args->physical_count + 1);
	uint32_t count = 0;

	for (uint32_t i = 0; i < args->primary_key_count; i++)
		order[count++] = args->primary_key[i];
	for (uint32_t i = 0; i < args->physical_count; i++) {
		bool in_key = false;

		for (uint32_t k = 0; k < args->primary_key_count; k++)
			in_key = in_key || args->primary_key[k] == i;
		if (!in_key)
			order[count++] = i;
	}
	return order;
}

/* "a", "b" of columns [from, to), with a word in front of each. */
static void put_names(struct wr_text *sql, const struct wr_pg_out_table *out,
		      const struct wr_pg_table_column *const *column, uint32_t from, uint32_t to,
		      const char *front)
{
	(void)out;
	for (uint32_t i = from; i < to; i++) {
		wr_text_puts(sql, i > from ? ", " : "");
		wr_text_puts(sql, front);
		wr_pg_put_name(sql, column[i]->name);
	}
}

/* "(SELECT u.c0, u.c1::inet FROM unnest($1::int8[], $2::text[]) AS u(c0, c1))" of the first
 * columns. */
static void put_unnest(struct wr_text *sql, const struct wr_pg_out_table *out, uint32_t count)
{
	wr_text_puts(sql, "SELECT ");
	for (uint32_t i = 0; i < count; i++) {
		wr_text_printf(sql, "%su.c%u", i > 0 ? ", " : "", i);
		if (out->cast[i] != NULL)
			wr_text_printf(sql, "::%s", out->cast[i]);
	}
	wr_text_puts(sql, " FROM unnest(");
	for (uint32_t i = 0; i < count; i++)
		wr_text_printf(sql, "%s$%u::%s[]", i > 0 ? ", " : "", i + 1,
			       wr_pg_type_name(out->encoder[i].oid));
	wr_text_puts(sql, ") AS u(");
	for (uint32_t i = 0; i < count; i++)
		wr_text_printf(sql, "%sc%u", i > 0 ? ", " : "", i);
	wr_text_putc(sql, ')');
}

static const char *take_sql(struct wr_text *sql, struct wr_arena *arena)
{
	const char *text = wr_arena_strdup(arena, wr_text_str(sql));

	wr_text_clear(sql);
	return text;
}

/* INSERT, with what happens to a key that is there. */
static void put_insert(struct wr_text *sql, const struct wr_pg_out_table *out,
		       const struct wr_pg_table_column *const *column)
{
	wr_text_printf(sql, "INSERT INTO %s (", out->table.sql_name);
	put_names(sql, out, column, 0, out->count, "");
	wr_text_puts(sql, ") OVERRIDING SYSTEM VALUE "); /* of identities, as COPY does */
	put_unnest(sql, out, out->count);
	if (out->key_count == 0)
		return;
	wr_text_puts(sql, " ON CONFLICT (");
	put_names(sql, out, column, 0, out->key_count, "");
	wr_text_puts(sql, out->key_count < out->count ? ") DO UPDATE SET " : ") DO NOTHING");
	for (uint32_t i = out->key_count; i < out->count; i++) {
		wr_text_puts(sql, i > out->key_count ? ", " : "");
		wr_pg_put_name(sql, column[i]->name);
		wr_text_puts(sql, " = EXCLUDED.");
		wr_pg_put_name(sql, column[i]->name);
	}
}

static void make_statements(struct wr_pg_out_table *out, struct wr_arena *arena,
			    const struct wr_pg_table_column *const *column)
{
	struct wr_text sql;

	wr_text_init(&sql);
	wr_text_printf(&sql, "COPY %s (", out->table.sql_name);
	put_names(&sql, out, column, 0, out->count, "");
	wr_text_puts(&sql, ") FROM STDIN (FORMAT binary)");
	out->copy_sql = take_sql(&sql, arena);
	put_insert(&sql, out, column);
	out->insert_sql = take_sql(&sql, arena);
	if (out->key_count > 0) {
		wr_text_printf(&sql, "DELETE FROM %s t USING (", out->table.sql_name);
		put_unnest(&sql, out, out->key_count);
		wr_text_puts(&sql, ") AS d(");
		for (uint32_t i = 0; i < out->key_count; i++)
			wr_text_printf(&sql, "%sk%u", i > 0 ? ", " : "", i);
		wr_text_puts(&sql, ") WHERE ");
		for (uint32_t i = 0; i < out->key_count; i++) {
			wr_text_puts(&sql, i > 0 ? " AND t." : "t.");
			wr_pg_put_name(&sql, column[i]->name);
			wr_text_printf(&sql, " = d.k%u", i);
		}
		out->delete_sql = take_sql(&sql, arena);
	}
	wr_text_release(&sql);
}

/* The encoders; *text: some column travels as text. */
static wr_status *make_encoders(struct wr_pg_out_table *out, struct wr_arena *arena,
				const struct wr_pg_table_column *const *column, bool arrays_as_text,
				bool *text)
{
	struct wr_pg_encoder *encoder = WR_NEW_ARRAY(arena, struct wr_pg_encoder, out->count + 1);
	const char **cast = WR_NEW_ARRAY(arena, const char *, out->count + 1);

	*text = false;
	for (uint32_t i = 0; i < out->count; i++) {
		const struct wr_field *field = &out->args->schema->field[out->order[i]];
		enum wr_pg_fit fit =
		    wr_pg_encoder_init(&encoder[i], column[i]->type, column[i]->is_enum,
				       field->type, out->zone, arrays_as_text);
		bool array = field->type->kind == WR_ARRAY;

		if (fit == WR_PG_UNFIT || (array && strstr(column[i]->type_text, "[]") == NULL))
			return unfit(out, field, column[i]);
		*text = *text ||
			(fit == WR_PG_AS_TEXT && !(array && wr_pg_element(column[i]->type) != 0));
		if (encoder[i].oid != column[i]->type)
			cast[i] = column[i]->type_text;
	}
	out->encoder = encoder;
	out->cast = cast;
	return NULL;
}

/* What rows that are refused are shown with. */
static void json_args(struct wr_pg_out_table *out, struct wr_arena *arena)
{
	struct wr_options *options = WR_NEW(arena, struct wr_options);
	struct wr_schema *schema = WR_NEW(arena, struct wr_schema);

	out->json = &wr_format_json;
	wr_options_init(options, arena, "option of format 'json'", out->json->options,
			out->json->option_count);
	*schema = *out->args->schema;
	schema->count = out->args->physical_count;
	out->json_args = (struct wr_format_args){
	    .schema = schema, .options = options, .zone_id = out->args->zone_id};
}

wr_status *wr_pg_out_table_init(struct wr_pg_out_table *out, struct wr_pg *pg,
				struct wr_arena *arena, const struct wr_connector_args *args)
{
	const struct wr_pg_table_column **column;
	bool text;

	*out = (struct wr_pg_out_table){
	    .args = args, .count = args->physical_count, .key_count = args->primary_key_count};
	if (args->zone_id != NULL)
		WR_TRY(wr_zone_open(args->zone_id, &out->zone));
	WR_TRY(
	    wr_pg_table_read(pg, arena, wr_options_str(args->options, "table-name"), &out->table));
	out->order = column_order(args, arena);
	column = WR_NEW_ARRAY(arena, const struct wr_pg_table_column *, out->count + 1);
	for (uint32_t i = 0; i < out->count; i++) {
		const char *name = args->schema->field[out->order[i]].name;

		column[i] = wr_pg_table_find(&out->table, name);
		if (column[i] == NULL)
			return no_column(pg, out, name);
	}
	WR_TRY(make_encoders(out, arena, column, out->key_count > 0, &text));
	if (text && out->key_count == 0) /* arrays have to travel as the others do */
		WR_TRY(make_encoders(out, arena, column, true, &text));
	out->copies = out->key_count == 0 && !text;
	make_statements(out, arena, column);
	json_args(out, arena);
	return NULL;
}

void wr_pg_out_table_release(struct wr_pg_out_table *out)
{
	wr_zone_close(out->zone);
	out->zone = NULL;
}

/* --- rows that are refused
 * ------------------------------------------------------------------------ */

void wr_pg_refusals_add(struct wr_pg_refusals *refusals, struct wr_str raw, const char *kind,
			const char *text)
{
	struct wr_pg_refusal *item;

	if (refusals->count == refusals->capacity) {
		refusals->capacity = WR_MAX(8, 2 * refusals->capacity);
		refusals->item =
		    wr_realloc(refusals->item, refusals->capacity * sizeof *refusals->item);
	}
	item = &refusals->item[refusals->count++];
	*item = (struct wr_pg_refusal){.raw = wr_strndup(raw.data != NULL ? raw.data : "", raw.len),
				       .raw_len = raw.len,
				       .kind = kind,
				       .text = wr_strndup(text, strnlen(text, TEXT_MAX))};
}

void wr_pg_refusals_clear(struct wr_pg_refusals *refusals)
{
	for (uint32_t i = 0; i < refusals->count; i++) {
		wr_free(refusals->item[i].raw);
		wr_free(refusals->item[i].text);
	}
	wr_free(refusals->item);
	*refusals = (struct wr_pg_refusals){0};
}

void wr_pg_refusals_put(const struct wr_pg_refusals *refusals, struct wr_text *out)
{
	wr_varint_put(out, refusals->count);
	for (uint32_t i = 0; i < refusals->count; i++) {
		const struct wr_pg_refusal *item = &refusals->item[i];

		wr_varint_put_piece(out, (struct wr_str){item->raw, item->raw_len});
		wr_varint_put_piece(out, wr_str_of(item->kind));
		wr_varint_put_piece(out, wr_str_of(item->text));
	}
}

/* The static word for a kind. */
static const char *kind_word(struct wr_str kind)
{
	static const char *const kinds[] = {"constraint", "type", "too-large", "unreachable"};

	for (uint32_t i = 0; i < WR_COUNT(kinds); i++)
		if (wr_str_eq(kind, kinds[i]))
			return kinds[i];
	return "refused";
}

bool wr_pg_refusals_get(struct wr_pg_refusals *refusals, struct wr_str bytes)
{
	const char *at = bytes.data, *end = bytes.data + bytes.len;
	struct wr_str raw, kind, text;
	uint64_t count;

	at = wr_varint_get(at, end, &count);
	for (uint64_t i = 0; at != NULL && i < count; i++) {
		at = wr_varint_get_piece(at, end, &raw);
		if (at != NULL)
			at = wr_varint_get_piece(at, end, &kind);
		if (at != NULL)
			at = wr_varint_get_piece(at, end, &text);
		if (at == NULL)
			break;
		char *copy = wr_strndup(text.data, text.len);
		wr_pg_refusals_add(refusals, raw, kind_word(kind), copy);
		wr_free(copy);
	}
	return at != NULL;
}

/* --- encoding
 * ------------------------------------------------------------------------------------- */

/* A row that cannot be encoded: `why`, of column `column` of the table. */
static void refuse_row(const struct wr_pg_out_table *table, const struct wr_batch *batch,
		       uint32_t row, uint32_t column, const char *why,
		       struct wr_pg_refusals *refused)
{
	struct wr_batch *one = wr_batch_gather(batch, &row, 1);
	struct wr_encoder *encoder = NULL;
	struct wr_text raw, text;
	wr_status *status = table->json->encoder_new(&table->json_args, &encoder);

	wr_text_init(&raw);
	wr_text_init(&text);
	if (status == NULL)
		status = table->json->encode(encoder, one, &raw, NULL);
	wr_status_free(status);
	while (raw.len > 0 && raw.data[raw.len - 1] == '\n')
		raw.len--;
	wr_text_printf(&text, "column '%s': %s",
		       table->args->schema->field[table->order[column]].name, why);
	wr_pg_refusals_add(refused, (struct wr_str){raw.data, raw.len}, "type", wr_text_str(&text));
	if (encoder != NULL)
		table->json->encoder_free(encoder);
	wr_text_release(&raw);
	wr_text_release(&text);
	wr_batch_free(one);
}

/* Appends the fields of a row; *key_end: where those of the key end. */
static const char *encode_fields(const struct wr_pg_out_table *table, const struct wr_batch *batch,
				 uint32_t row, struct wr_text *out, size_t *key_end, uint32_t *at)
{
	*key_end = out->len;
	for (uint32_t i = 0; i < table->count; i++) {
		const char *why =
		    wr_pg_encode(&table->encoder[i], batch->column[table->order[i]], row, out);

		if (why != NULL) {
			*at = i;
			return why;
		}
		if (i + 1 == table->key_count)
			*key_end = out->len;
	}
	return NULL;
}

uint32_t wr_pg_out_encode(const struct wr_pg_out_table *table, const struct wr_batch *batch,
			  struct wr_text *out, struct wr_pg_refusals *refused)
{
	uint32_t rows = wr_batch_count(batch), encoded = 0, column = 0;
	uint32_t head = table->key_count > 0 ? 9 : 2;

	for (uint32_t i = 0; i < rows; i++) {
		uint32_t row = wr_batch_row(batch, i), sizes[2];
		uint8_t kind = wr_batch_kind(batch, row);
		size_t start = out->len, key_end;
		const char *why;

		if (kind == WR_UPDATE_BEFORE && table->key_count == 0)
			continue;
		if (kind == WR_UPDATE_BEFORE) /* the +U of its key, if one comes, replaces it */
			kind = WR_DELETE;
		(void)wr_text_reserve(out, head);
		out->len += head;
		why = encode_fields(table, batch, row, out, &key_end, &column);
		if (why != NULL) {
			out->len = start;
			refuse_row(table, batch, row, column, why, refused);
			continue;
		}
		encoded++;
		if (table->key_count == 0) {
			wr_pg_put16(out->data + start, (uint16_t)table->count);
			continue;
		}
		sizes[0] = (uint32_t)(out->len - start - head);
		sizes[1] = (uint32_t)(key_end - start - head);
		memcpy(out->data + start, sizes, sizeof sizes);
		out->data[start + 8] = (char)kind;
	}
	return encoded;
}
