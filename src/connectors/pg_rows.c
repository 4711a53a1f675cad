/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_rows - the rows of a table of the database: what is selected so that each column of Weir's can
 * take it, the stream of a COPY, and its tuples as batches.
 *
 * A COPY's stream: 19 bytes of a head ("PGCOPY\n\377\r\n\0", flags, size of an extension), then
 * tuples (16 bits: fields; per field 32 bits of length, -1 for NULL, and its bytes), then 16 bits
 * of -1. The server sends one tuple a message, the head in front of the first one.
 */
#include "base/mem.h"
#include "connectors/jdbc.h"

#define COPY_HEAD 19 /* and as much as the last 4 of them say */

/* --- what is selected --- */

static wr_status *no_column(const struct wr_pg *pg, const struct wr_connector_args *args,
			    const struct wr_pg_table *table, const char *name)
{
	const char **names = wr_calloc(table->count + 1, sizeof *names);
	struct wr_text all;
	wr_status *status;

	for (uint32_t i = 0; i < table->count; i++)
		names[i] = table->column[i].name;
	wr_text_init(&all);
	wr_text_names(&all, names, table->count);
	status = wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Table '%s': %s in PostgreSQL (%s) has no column '%s'",
			  args->table, table->sql_name, pg->target->database, name),
	    "Its columns are %s", wr_text_str(&all));
	wr_text_release(&all);
	wr_free(names);
	return status;
}

static wr_status *unfit(const struct wr_connector_args *args,
			const struct wr_pg_table_column *column, const struct wr_type *type)
{
	struct wr_text text;
	wr_status *status;

	wr_text_init(&text);
	wr_type_print(&text, type);
	status = wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Table '%s': column '%s' is %s in PostgreSQL, which %s cannot take "
			  "without loss",
			  args->table, column->name, column->type_text, wr_text_str(&text)),
	    "Declare the column with a type that can (STRING takes any)");
	wr_text_release(&text);
	return status;
}

wr_status *wr_pg_source_table_read(struct wr_pg *pg, struct wr_arena *arena,
				   const struct wr_connector_args *args,
				   struct wr_pg_source_table *out)
{
	struct wr_text name;

	*out = (struct wr_pg_source_table){.count = args->wanted_count};
	WR_TRY(
	    wr_pg_table_read(pg, arena, wr_options_str(args->options, "table-name"), &out->table));
	out->select = WR_NEW_ARRAY(arena, const char *, out->count + 1);
	out->oid = WR_NEW_ARRAY(arena, uint32_t, out->count + 1);
	out->type = WR_NEW_ARRAY(arena, const struct wr_type *, out->count + 1);
	out->where = WR_NEW_ARRAY(arena, struct wr_pg_where_column, out->count + 1);
	for (uint32_t i = 0; i < out->count; i++) {
		const struct wr_field *field = &args->schema->field[args->wanted[i]];
		const struct wr_pg_table_column *column =
		    wr_pg_table_find(&out->table, field->name);
		bool array = field->type->kind == WR_ARRAY;
		enum wr_pg_fit fit;

		if (column == NULL)
			return no_column(pg, args, &out->table, field->name);
		fit = wr_pg_read_fit(column->type, column->is_enum, field->type);
		if (fit == WR_PG_UNFIT)
			return unfit(args, column, field->type);
		wr_text_init(&name);
		wr_pg_put_name(&name, column->name);
		if (fit == WR_PG_AS_TEXT)
			wr_text_puts(&name, array ? "::text[]" : "::text");
		out->select[i] = wr_arena_strdup(arena, wr_text_str(&name));
		wr_text_release(&name);
		out->oid[i] = fit == WR_PG_AS_TEXT ? wr_pg_oid_of(field->type) : column->type;
		out->type[i] = field->type;
		out->where[i] =
		    (struct wr_pg_where_column){column->name, column->type, column->modifier};
	}
	return NULL;
}

void wr_pg_put_select(struct wr_text *sql, const struct wr_pg_source_table *table)
{
	wr_text_puts(sql, "SELECT ");
	for (uint32_t i = 0; i < table->count; i++)
		wr_text_printf(sql, "%s%s", i > 0 ? ", " : "", table->select[i]);
	wr_text_printf(sql, "%sFROM %s", table->count > 0 ? " " : "", table->table.sql_name);
}

/* --- the stream of a COPY --- */

void wr_pg_copy_release(struct wr_pg_copy *copy)
{
	if (copy->tuple != NULL)
		copy->pg->target->call.PQfreemem(copy->tuple);
	copy->tuple = NULL;
}

/* Takes the results behind the stream: an error of the COPY is there. */
static wr_status *copy_end(struct wr_pg *pg)
{
	PGresult *result;
	wr_status *status = wr_pg_result(pg, &result);

	while (status == NULL && result != NULL) {
		pg->target->call.PQclear(result);
		status = wr_pg_result(pg, &result);
	}
	return status;
}

wr_status *wr_pg_copy_next(struct wr_pg_copy *copy, struct wr_str *tuple)
{
	struct wr_pg *pg = copy->pg;
	const struct wr_pg_calls *call = &pg->target->call;
	size_t skip;
	bool ready;
	int len;

	wr_pg_copy_release(copy);
	*tuple = (struct wr_str){0};
	while ((len = call->PQgetCopyData(pg->conn, &copy->tuple, 1)) == 0) {
		WR_TRY(wr_pg_wait(pg, false, 0, &ready));
		if (call->PQconsumeInput(pg->conn) == 0)
			return wr_pg_error(pg, NULL);
	}
	if (len == -2)
		return wr_pg_error(pg, NULL);
	if (len == -1)
		return copy_end(pg);
	*tuple = (struct wr_str){copy->tuple, (size_t)len};
	if (!copy->head_read) {
		copy->head_read = true;
		skip = tuple->len >= COPY_HEAD
			   ? COPY_HEAD + wr_pg_get32(tuple->data + COPY_HEAD - 4)
			   : tuple->len;
		tuple->data += WR_MIN(skip, tuple->len);
		tuple->len -= WR_MIN(skip, tuple->len);
		if (tuple->len == 0)
			return wr_pg_copy_next(copy, tuple);
	}
	if (tuple->len == 2 && wr_pg_get16(tuple->data) == UINT16_MAX)
		return wr_pg_copy_next(copy, tuple); /* the end mark; the end itself comes next */
	return NULL;
}

/* --- tuples as batches --- */

wr_status *wr_pg_rows_init(struct wr_pg_rows *rows, const struct wr_connector_args *args,
			   const struct wr_pg_source_table *table)
{
	*rows = (struct wr_pg_rows){.args = args, .count = table->count};
	if (args->zone_id != NULL)
		WR_TRY(wr_zone_open(args->zone_id, &rows->zone));
	rows->decoder = wr_calloc(rows->count + 1, sizeof *rows->decoder);
	rows->value = wr_calloc(rows->count + 1, sizeof *rows->value);
	rows->size = wr_calloc(rows->count + 1, sizeof *rows->size);
	for (uint32_t i = 0; i < rows->count; i++) {
		wr_pg_decoder_init(&rows->decoder[i], table->oid[i], table->type[i], rows->zone);
		rows->appends = rows->appends || wr_pg_decoder_appends(&rows->decoder[i]);
	}
	return NULL;
}

void wr_pg_rows_release(struct wr_pg_rows *rows)
{
	for (uint32_t i = 0; rows->decoder != NULL && i < rows->count; i++)
		wr_pg_decoder_release(&rows->decoder[i]);
	wr_free(rows->decoder);
	wr_free(rows->value);
	wr_free(rows->size);
	wr_zone_close(rows->zone);
	*rows = (struct wr_pg_rows){0};
}

static void bad_value(const struct wr_pg_rows *rows, struct wr_decode_range *range, uint32_t column,
		      size_t start, const char *why)
{
	struct wr_bad_record *bad = wr_bad_list_add(&range->bad);

	bad->offset = start;
	bad->length = 0;
	bad->row = range->rows;
	bad->unplaced = true;
	bad->kind = "type";
	bad->column = rows->args->schema->field[rows->args->wanted[column]].name;
	snprintf(bad->text, sizeof bad->text, "%s", why);
}

/* Appends the values of a tuple that are known to be good. */
static void append_values(struct wr_pg_rows *rows, uint32_t row)
{
	for (uint32_t i = 0; i < rows->count; i++)
		if (wr_pg_decoder_appends(&rows->decoder[i]))
			(void)wr_pg_decode(&rows->decoder[i], row, rows->value[i], rows->size[i]);
}

/* One tuple into row `row`; *good false: it has become a bad record. NULL: the tuple is cut off. */
static const char *decode_tuple(struct wr_pg_rows *rows, struct wr_decode_range *range,
				const char *at, uint32_t row, bool *good)
{
	const char *end = range->data + range->len, *why;
	size_t start = (size_t)(at - range->data);

	*good = true;
	if (end - at < 2 || wr_pg_get16(at) != rows->count)
		return NULL;
	at += 2;
	for (uint32_t i = 0; i < rows->count; i++) {
		struct wr_pg_decoder *decoder = &rows->decoder[i];
		int32_t size;

		if (end - at < 4)
			return NULL;
		size = (int32_t)wr_pg_get32(at);
		at += 4;
		if (size > end - at)
			return NULL;
		if (wr_pg_decoder_appends(decoder)) {
			rows->value[i] = at;
			rows->size[i] = size;
			why = *good ? wr_pg_check(decoder, at, size) : NULL;
		} else {
			why = *good ? wr_pg_decode(decoder, row, at, size) : NULL;
		}
		if (why != NULL) {
			bad_value(rows, range, i, start, why);
			*good = false;
		}
		at += size > 0 ? size : 0;
	}
	if (*good && rows->appends)
		append_values(rows, row);
	return at;
}

wr_status *wr_pg_rows_decode(struct wr_pg_rows *rows, struct wr_decode_range *range,
			     uint32_t rows_max, struct wr_batch **out)
{
	const char *at = range->data + range->pos, *end = range->data + range->len;
	uint32_t row = 0;
	bool good;

	*out = NULL;
	if (at >= end)
		return NULL;
	if (rows_max > (size_t)(end - at) / (2 + 4 * (size_t)rows->count) + 1)
		rows_max = (uint32_t)((size_t)(end - at) / (2 + 4 * (size_t)rows->count) + 1);
	for (uint32_t i = 0; i < rows->count; i++)
		wr_pg_decoder_begin(&rows->decoder[i], rows_max, range->buf);
	while (at < end && row < rows_max) {
		const char *next = decode_tuple(rows, range, at, row, &good);

		if (next == NULL)
			return wr_status_new(WR_FATAL,
					     "Table '%s': PostgreSQL has sent a malformed row",
					     rows->args->table);
		row += good;
		range->rows += good;
		at = next;
	}
	range->pos = (size_t)(at - range->data);
	*out = wr_batch_new(rows->count, row);
	for (uint32_t i = 0; i < rows->count; i++)
		(*out)->column[i] = wr_pg_decoder_finish(&rows->decoder[i], row);
	return NULL;
}
