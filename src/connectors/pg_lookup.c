/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_lookup - keys looked up in a table of PostgreSQL, all of a batch in one statement.
 *
 *	SELECT u.i, t.a, t.b FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(k0, k1, i)
 *	JOIN t ON t.id = u.k0 AND t.region = u.k1
 *
 * The keys travel as binary arrays, each row of the answer says by `i` which key it is for, and an
 * index over the columns of the key is used. The question goes out in lookup_ask; lookup_next waits
 * for the answer. When the connection breaks it is made again and the question is asked again:
 * 'lookup.max-retries' times, without end if that is not set. The whole table is read by a COPY;
 *what breaks in the middle of it begins again with the job.
 *
 * Thread: the worker's.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/jdbc.h"
#include "connectors/retry.h"

#define BLOCK_BYTES (256u << 10) /* of tuples of the whole table decoded at a time */

struct wr_lookup {
	struct wr_arena arena;
	const struct wr_connector_args *args;
	struct wr_pg_target target;
	struct wr_pg pg;
	struct wr_retrying retrying;
	struct wr_pg_source_table table;
	struct wr_pg_rows rows;
	uint32_t key_count;
	struct wr_pg_encoder *encoder; /* per key */
	const char *keys_sql, *all_sql;
	uint32_t rows_max; /* of a batch */
	/* The question: for keys, or (count 0) for the whole table. */
	struct wr_text *array; /* per key: its parameter */
	uint32_t count;        /* keys asked for */
	bool sent;             /* on this connection */
	bool open;             /* the answer has not been taken to its end */
	PGresult *result;      /* the answer, being taken; NULL: not there yet */
	int next;              /* row of it */
	uint32_t *asked;       /* per row of the batch: its key */
	struct wr_pg_copy copy;
	bool copying;                 /* tuples of the whole table come */
	bool copied;                  /* some have been handed out */
	struct wr_decode_range range; /* those being decoded */
};

/* --- opening ---------------------------------------------------------------------------------- */

static wr_status *unfit_key(const struct wr_lookup *lookup, const struct wr_pg_table_column *column,
			    const char *name)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Table '%s': column '%s' is %s in PostgreSQL, which cannot be looked up "
			  "with the type that is declared",
			  lookup->args->table, name, column->type_text),
	    "Declare the column as the database has it");
}

/* The statements for keys and for everything. */
static wr_status *make_statements(struct wr_lookup *lookup, const uint32_t *key)
{
	const struct wr_connector_args *args = lookup->args;
	struct wr_text from, join;
	wr_status *status = NULL;

	wr_text_init(&from);
	wr_text_init(&join);
	wr_text_puts(&from, "SELECT u.i");
	for (uint32_t i = 0; i < lookup->table.count; i++)
		wr_text_printf(&from, ", t.%s", lookup->table.select[i]);
	wr_text_puts(&from, " FROM unnest(");
	for (uint32_t k = 0; k < lookup->key_count && status == NULL; k++) {
		const struct wr_field *field = &args->schema->field[key[k]];
		const struct wr_pg_table_column *column =
		    wr_pg_table_find(&lookup->table.table, field->name);
		struct wr_pg_encoder *encoder = &lookup->encoder[k];

		if (wr_pg_encoder_init(encoder, column->type, column->is_enum, field->type,
				       lookup->rows.zone, true) == WR_PG_UNFIT)
			status = unfit_key(lookup, column, field->name);
		wr_text_printf(&from, "%s$%u::%s[]", k > 0 ? ", " : "", k + 1,
			       wr_pg_type_name(encoder->oid));
		wr_text_puts(&join, k > 0 ? " AND t." : "t.");
		wr_pg_put_name(&join, column->name);
		wr_text_printf(&join, " = u.k%u", k);
		if (encoder->oid != column->type)
			wr_text_printf(&join, "::%s", column->type_text);
	}
	wr_text_puts(&from, ") WITH ORDINALITY AS u(");
	for (uint32_t k = 0; k < lookup->key_count; k++)
		wr_text_printf(&from, "k%u, ", k);
	wr_text_printf(&from, "i) JOIN %s t ON %s", lookup->table.table.sql_name,
		       wr_text_str(&join));
	lookup->keys_sql = wr_arena_strdup(&lookup->arena, wr_text_str(&from));
	wr_text_clear(&from);
	wr_text_puts(&from, "COPY (");
	wr_pg_put_select(&from, &lookup->table);
	wr_text_puts(&from, ") TO STDOUT (FORMAT binary)");
	lookup->all_sql = wr_arena_strdup(&lookup->arena, wr_text_str(&from));
	wr_text_release(&from);
	wr_text_release(&join);
	return status;
}

/* Retries as 'lookup.max-retries' says. */
static void open_retries(struct wr_lookup *lookup, struct wr_host *host)
{
	struct wr_retry_options options = {.initial_us = 100000, .max_us = 5000000, .jitter = 0.5};

	for (uint32_t i = 0; i < lookup->args->given_count; i++)
		if (strcmp(lookup->args->given[i].key, "lookup.max-retries") == 0)
			options.attempts_max =
			    (uint32_t)strtoul(lookup->args->given[i].value, NULL, 10) + 1;
	wr_retrying_init(&lookup->retrying, &options, lookup->args->env, host);
}

static wr_status *open_lookup(struct wr_lookup *lookup, const uint32_t *key, struct wr_host *host)
{
	const struct wr_connector_args *args = lookup->args;
	struct wr_pg_access access = wr_jdbc_access(args);

	lookup->rows_max = (uint32_t)WR_MIN(args->max_rows, (uint64_t)WR_BATCH_ROWS_MAX);
	lookup->asked = wr_calloc(lookup->rows_max + 1, sizeof *lookup->asked);
	lookup->encoder = WR_NEW_ARRAY(&lookup->arena, struct wr_pg_encoder, lookup->key_count + 1);
	lookup->array = WR_NEW_ARRAY(&lookup->arena, struct wr_text, lookup->key_count + 1);
	open_retries(lookup, host);
	WR_TRY(wr_pg_target_init(&lookup->target, &lookup->arena, args, &access));
	wr_pg_init(&lookup->pg, &lookup->target, host);
	WR_TRY(wr_pg_connect_first(&lookup->pg));
	WR_TRY(wr_pg_source_table_read(&lookup->pg, &lookup->arena, args, &lookup->table));
	WR_TRY(wr_pg_rows_init(&lookup->rows, args, &lookup->table));
	return make_statements(lookup, key);
}

wr_status *wr_pg_lookup_open(const struct wr_connector *connector,
			     const struct wr_connector_args *args, const uint32_t *key,
			     uint32_t key_count, struct wr_host *host, struct wr_lookup **out)
{
	struct wr_lookup *lookup = wr_calloc(1, sizeof *lookup);
	wr_status *status;

	(void)connector;
	wr_arena_init(&lookup->arena);
	lookup->args = args;
	lookup->key_count = key_count;
	status = open_lookup(lookup, key, host);
	if (status != NULL) {
		wr_pg_lookup_close(lookup);
		lookup = NULL;
	}
	*out = lookup;
	return status;
}

/* Forgets the answer, wherever it was. */
static void finish(struct wr_lookup *lookup)
{
	if (lookup->sent && lookup->result == NULL) /* nobody has taken the answer */
		wr_pg_close(&lookup->pg);
	if (lookup->result != NULL)
		lookup->target.call.PQclear(lookup->result);
	lookup->result = NULL;
	if (lookup->copying) {
		wr_pg_copy_release(&lookup->copy);
		wr_pg_close(&lookup->pg);
	}
	wr_buf_unref(lookup->range.buf);
	wr_bad_list_release(&lookup->range.bad);
	lookup->range = (struct wr_decode_range){0};
	lookup->copying = lookup->copied = lookup->open = lookup->sent = false;
}

void wr_pg_lookup_close(struct wr_lookup *lookup)
{
	if (lookup->pg.target != NULL) {
		finish(lookup);
		wr_pg_release(&lookup->pg);
	}
	for (uint32_t k = 0; k < lookup->key_count && lookup->array != NULL; k++)
		wr_text_release(&lookup->array[k]);
	wr_pg_rows_release(&lookup->rows);
	wr_free(lookup->asked);
	wr_arena_release(&lookup->arena);
	wr_free(lookup);
}

/* --- the question ------------------------------------------------------------------------------
 */

/* The keys as arrays. One that the database's type cannot have is a NULL there: nothing is found.
 */
static void encode_keys(struct wr_lookup *lookup, struct wr_column *const *key, uint32_t count)
{
	for (uint32_t k = 0; k < lookup->key_count; k++) {
		struct wr_text *out = &lookup->array[k];
		char *to;

		wr_text_clear(out);
		to = wr_text_reserve(out, 20);
		to = wr_pg_put32(to, 1);
		to = wr_pg_put32(to, 1);
		to = wr_pg_put32(to, lookup->encoder[k].oid);
		to = wr_pg_put32(to, count);
		wr_pg_put32(to, 1);
		out->len = 20;
		for (uint32_t i = 0; i < count; i++)
			if (wr_pg_encode(&lookup->encoder[k], key[k], i, out) != NULL) {
				wr_pg_put32(wr_text_reserve(out, 4), UINT32_MAX);
				out->len += 4;
			}
	}
}

static wr_status *send_question(struct wr_lookup *lookup)
{
	const struct wr_pg_calls *call = &lookup->target.call;
	const char *value[64];
	int length[64], format[64];
	Oid type[64];

	WR_REQUIRE(lookup->key_count <= WR_COUNT(value));
	for (uint32_t k = 0; k < lookup->key_count; k++) {
		value[k] = lookup->array[k].data;
		length[k] = (int)lookup->array[k].len;
		type[k] = wr_pg_array(lookup->encoder[k].oid);
		format[k] = 1;
	}
	if (call->PQsendQueryParams(lookup->pg.conn, lookup->keys_sql, (int)lookup->key_count, type,
				    value, length, format, 1) == 0)
		return wr_pg_error(&lookup->pg, NULL);
	lookup->sent = true;
	return wr_pg_flush(&lookup->pg);
}

wr_status *wr_pg_lookup_ask(struct wr_lookup *lookup, struct wr_column *const *key, uint32_t count)
{
	finish(lookup);
	lookup->open = true;
	lookup->count = key != NULL ? count : 0;
	if (key == NULL || count == 0)
		return NULL;
	encode_keys(lookup, key, count);
	if (lookup->pg.conn != NULL) /* what fails here fails again where it is waited for */
		wr_status_free(send_question(lookup));
	return NULL;
}

/* --- the answer ---------------------------------------------------------------------------------
 */

/* An attempt to have the answer, or the beginning of the whole table. */
static wr_status *take_answer(struct wr_lookup *lookup)
{
	struct wr_pg *pg = &lookup->pg;
	PGresult *result, *rest;
	wr_status *status;

	WR_TRY(wr_pg_connect(pg));
	if (lookup->count == 0) {
		WR_TRY(wr_pg_exec(pg, lookup->all_sql, &result));
		lookup->target.call.PQclear(result);
		lookup->copy = (struct wr_pg_copy){.pg = pg};
		lookup->copying = true;
		return NULL;
	}
	if (!lookup->sent)
		WR_TRY(send_question(lookup));
	WR_TRY(wr_pg_result(pg, &result));
	status = wr_pg_result(pg, &rest); /* NULL: the statement has ended */
	if (status == NULL && result != NULL) {
		lookup->result = result;
		lookup->next = 0;
		return NULL;
	}
	lookup->target.call.PQclear(result);
	return status;
}

static wr_status *attempt(void *user)
{
	struct wr_lookup *lookup = user;
	wr_status *status = take_answer(lookup);

	if (status != NULL) {
		wr_pg_close(&lookup->pg);
		lookup->sent = false;
	}
	return status;
}

static wr_status *wait_for_answer(struct wr_lookup *lookup)
{
	enum wr_retry_end end;
	wr_status *status = wr_retrying_run(&lookup->retrying, attempt, lookup, &end);

	if (status != NULL && end == WR_RETRY_USED_UP)
		status->class = WR_RESTART;
	return status;
}

static wr_status *bad_value(const struct wr_lookup *lookup, uint32_t column, const char *why)
{
	const struct wr_connector_args *args = lookup->args;

	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Table '%s': column '%s' of a row that was looked up: %s",
			  args->table, args->schema->field[args->wanted[column]].name, why),
	    "Declare the column with a type that can take it (STRING takes any), or mend the row");
}

/* Rows of the answer for keys as a batch. */
static wr_status *decode_result(struct wr_lookup *lookup, struct wr_batch **out)
{
	const struct wr_pg_calls *call = &lookup->target.call;
	struct wr_pg_rows *rows = &lookup->rows;
	int left = call->PQntuples(lookup->result) - lookup->next;
	uint32_t count = (uint32_t)WR_MIN((uint32_t)WR_MAX(left, 0), lookup->rows_max);

	if (count == 0)
		return NULL;
	for (uint32_t c = 0; c < rows->count; c++)
		wr_pg_decoder_begin(&rows->decoder[c], count, NULL);
	for (uint32_t i = 0; i < count; i++) {
		int row = lookup->next++;

		lookup->asked[i] =
		    (uint32_t)wr_pg_get64(call->PQgetvalue(lookup->result, row, 0)) - 1;
		for (uint32_t c = 0; c < rows->count; c++) {
			int field = (int)c + 1;
			bool null = call->PQgetisnull(lookup->result, row, field);
			const char *why = wr_pg_decode(
			    &rows->decoder[c], i, call->PQgetvalue(lookup->result, row, field),
			    null ? -1 : call->PQgetlength(lookup->result, row, field));

			if (why != NULL)
				return bad_value(lookup, c, why);
		}
	}
	*out = wr_batch_new(rows->count, count);
	for (uint32_t c = 0; c < rows->count; c++)
		(*out)->column[c] = wr_pg_decoder_finish(&rows->decoder[c], count);
	return NULL;
}

/* Takes tuples of the whole table into a block. */
static wr_status *fill_block(struct wr_lookup *lookup)
{
	struct wr_text bytes;
	struct wr_str tuple;
	wr_status *status;

	wr_text_init(&bytes);
	do {
		status = wr_pg_copy_next(&lookup->copy, &tuple);
		if (status == NULL && tuple.data != NULL)
			wr_text_add(&bytes, tuple.data, tuple.len);
	} while (status == NULL && tuple.data != NULL && bytes.len < BLOCK_BYTES);
	if (status == NULL && tuple.data == NULL)
		lookup->copying = false;
	wr_buf_unref(lookup->range.buf);
	wr_bad_list_release(&lookup->range.bad);
	lookup->range = (struct wr_decode_range){.buf = wr_buf_new(bytes.len + 1)};
	if (bytes.len > 0)
		memcpy(lookup->range.buf->data, bytes.data, bytes.len);
	lookup->range.data = lookup->range.buf->data;
	lookup->range.len = bytes.len;
	wr_text_release(&bytes);
	if (status != NULL && status->class == WR_RETRY && lookup->copied)
		status->class = WR_RESTART;
	return status;
}

/* Rows of the whole table as a batch. */
static wr_status *decode_copy(struct wr_lookup *lookup, struct wr_batch **out)
{
	for (;;) {
		WR_TRY(wr_pg_rows_decode(&lookup->rows, &lookup->range, lookup->rows_max, out));
		if (lookup->range.bad.count > 0)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR, "Table '%s': column '%s' of a row: %s",
					  lookup->args->table, lookup->range.bad.record[0].column,
					  lookup->range.bad.record[0].text),
			    "Declare the column with a type that can take it (STRING takes any), "
			    "or mend the row");
		lookup->copied = lookup->copied || *out != NULL;
		if (*out != NULL || !lookup->copying)
			return NULL;
		WR_TRY(fill_block(lookup));
	}
}

wr_status *wr_pg_lookup_next(struct wr_lookup *lookup, struct wr_batch **out,
			     const uint32_t **asked)
{
	*out = NULL;
	*asked = lookup->asked;
	if (!lookup->open)
		return NULL;
	if (lookup->result == NULL && !lookup->copying && !lookup->copied)
		WR_TRY(wait_for_answer(lookup));
	if (lookup->count > 0)
		WR_TRY(decode_result(lookup, out));
	else
		WR_TRY(decode_copy(lookup, out));
	if (*out == NULL)
		finish(lookup);
	return NULL;
}
