/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_answer - see pg_lookup.h: a question on its way, and its answer row by row.
 *
 * Rows for keys come in libpq's single-row mode: it holds one of them, and what its socket has. All
 * rows of the table come by a COPY.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "connectors/pg_lookup.h"

#define BLOCK_BYTES (256u << 10) /* of tuples of the whole table decoded at a time */
#define BATCH_BYTES (4u << 20)   /* of the values of a batch, if its rows are large */
#define KEYS_MAX    64           /* columns of a key */

/* --- the question -------------------------------------------------------------------------------
 */

static wr_status *send_keys(struct wr_lookup *lookup, struct wr_pg_question *question)
{
	const struct wr_pg_calls *call = &lookup->target.call;
	const char *value[KEYS_MAX];
	int length[KEYS_MAX], format[KEYS_MAX];
	Oid type[KEYS_MAX];

	WR_REQUIRE(lookup->key_count <= KEYS_MAX);
	for (uint32_t k = 0; k < lookup->key_count; k++) {
		value[k] = question->array[k].data;
		length[k] = (int)question->array[k].len;
		type[k] = wr_pg_array(lookup->encoder[k].oid);
		format[k] = 1;
	}
	if (call->PQsendQueryParams(question->pg.conn, lookup->keys_sql, (int)lookup->key_count,
				    type, value, length, format, 1) == 0 ||
	    call->PQsetSingleRowMode(question->pg.conn) == 0)
		return wr_pg_error(&question->pg, NULL);
	return wr_pg_flush(&question->pg);
}

wr_status *wr_pg_question_send(struct wr_lookup *lookup, struct wr_pg_question *question)
{
	PGresult *result;

	WR_ASSERT(!question->sent);
	if (question->count > 0) {
		WR_TRY(send_keys(lookup, question));
	} else {
		WR_TRY(wr_pg_exec(&question->pg, lookup->all_sql, &result));
		lookup->target.call.PQclear(result);
		lookup->copy = (struct wr_pg_copy){.pg = &question->pg};
		lookup->copying = true;
	}
	question->sent = true;
	return NULL;
}

static wr_status *bad_value(const struct wr_lookup *lookup, const char *column, const char *why)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Table '%s': column '%s' of a row that was looked up: %s",
			  lookup->args->table, column, why),
	    "Declare the column with a type that can take it (STRING takes any), or mend the row");
}

/* --- rows for keys ------------------------------------------------------------------------------
 */

/* A batch being filled. */
struct filling {
	uint32_t rows, rows_max;
	size_t bytes;
};

static void begin_batch(struct wr_lookup *lookup, const struct wr_pg_question *question,
			struct filling *filling)
{
	/* Most keys have one row. */
	*filling =
	    (struct filling){.rows_max = WR_MIN(WR_MAX(question->count, 64u), lookup->rows_max)};
	for (uint32_t c = 0; c < lookup->rows.count; c++)
		wr_pg_decoder_begin(&lookup->rows.decoder[c], filling->rows_max, NULL);
}

/* The rows so far; NULL: none. */
static struct wr_batch *end_batch(struct wr_lookup *lookup, const struct filling *filling)
{
	struct wr_batch *batch = wr_batch_new(lookup->rows.count, filling->rows);

	for (uint32_t c = 0; c < lookup->rows.count; c++)
		batch->column[c] = wr_pg_decoder_finish(&lookup->rows.decoder[c], filling->rows);
	if (filling->rows > 0)
		return batch;
	wr_batch_free(batch);
	return NULL;
}

/* Takes a result: one row, or none behind the last. A status is the end of the job. */
static wr_status *take_row(struct wr_lookup *lookup, const PGresult *result,
			   struct filling *filling)
{
	const struct wr_pg_calls *call = &lookup->target.call;
	struct wr_pg_rows *rows = &lookup->rows;

	if (call->PQntuples(result) == 0)
		return NULL;
	lookup->asked[filling->rows] = (uint32_t)wr_pg_get64(call->PQgetvalue(result, 0, 0)) - 1;
	for (uint32_t c = 0; c < rows->count; c++) {
		int field = (int)c + 1, size = call->PQgetlength(result, 0, field);
		bool null = call->PQgetisnull(result, 0, field);
		const char *why =
		    wr_pg_decode(&rows->decoder[c], filling->rows,
				 call->PQgetvalue(result, 0, field), null ? -1 : size);

		if (why != NULL)
			return bad_value(
			    lookup, lookup->args->schema->field[lookup->args->wanted[c]].name, why);
		filling->bytes += (size_t)size;
	}
	filling->rows++;
	return NULL;
}

static wr_status *take_rows(struct wr_lookup *lookup, struct wr_pg_question *question,
			    struct wr_batch **out)
{
	struct filling filling;
	wr_status *status = NULL;

	begin_batch(lookup, question, &filling);
	while (filling.rows < filling.rows_max && filling.bytes < BATCH_BYTES) {
		PGresult *result;

		status = wr_pg_result(&question->pg, &result);
		if (status != NULL)
			break;
		lookup->ended = result == NULL;
		if (result == NULL)
			break;
		status = take_row(lookup, result, &filling);
		lookup->target.call.PQclear(result);
		if (status != NULL) /* decoders are in the middle of a row */
			return status;
	}
	*out = end_batch(lookup, &filling);
	if (status != NULL) {
		wr_batch_free(*out);
		*out = NULL;
	}
	return status;
}

/* --- all rows -----------------------------------------------------------------------------------
 */

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
	if (status == NULL && tuple.data == NULL) {
		wr_pg_copy_release(&lookup->copy);
		lookup->copying = false;
	}
	wr_buf_unref(lookup->range.buf);
	wr_bad_list_release(&lookup->range.bad);
	lookup->range = (struct wr_decode_range){.buf = wr_buf_new(bytes.len + 1)};
	if (bytes.len > 0)
		memcpy(lookup->range.buf->data, bytes.data, bytes.len);
	lookup->range.data = lookup->range.buf->data;
	lookup->range.len = bytes.len;
	wr_text_release(&bytes);
	return status;
}

static wr_status *take_copied(struct wr_lookup *lookup, struct wr_batch **out)
{
	for (;;) {
		WR_TRY(wr_pg_rows_decode(&lookup->rows, &lookup->range, lookup->rows_max, out));
		if (lookup->range.bad.count > 0) {
			wr_batch_free(*out);
			*out = NULL;
			return bad_value(lookup, lookup->range.bad.record[0].column,
					 lookup->range.bad.record[0].text);
		}
		lookup->ended = *out == NULL && !lookup->copying;
		if (*out != NULL || lookup->ended)
			return NULL;
		WR_TRY(fill_block(lookup));
	}
}

wr_status *wr_pg_answer_next(struct wr_lookup *lookup, struct wr_pg_question *question,
			     struct wr_batch **out)
{
	*out = NULL;
	return question->count > 0 ? take_rows(lookup, question, out) : take_copied(lookup, out);
}

void wr_pg_answer_forget(struct wr_lookup *lookup)
{
	if (lookup->copying)
		wr_pg_copy_release(&lookup->copy);
	wr_buf_unref(lookup->range.buf);
	wr_bad_list_release(&lookup->range.bad);
	lookup->range = (struct wr_decode_range){0};
	lookup->copying = lookup->ended = lookup->handed = false;
}
