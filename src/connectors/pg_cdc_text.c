/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc_text - see pg_cdc.h: values whose binary form only the server knows (intervals, addresses,
 * arrays of enums, types of extensions) as its cast to text shows them.
 *
 * The rows that are there are cast by the query that reads them. A change comes in binary form, and
 * is given back to the server for its text: a question for each value that is not the one before.
 *
 * Thread: the feed's.
 */
#include "base/mem.h"
#include "connectors/pg_cdc.h"

void wr_pg_cdc_texts_release(struct wr_pg_cdc_text *last, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!last[i].is_set)
			continue;
		wr_text_release(&last[i].raw);
		wr_text_release(&last[i].text);
	}
	wr_free(last);
}

/* Asks for the text of a value. */
static wr_status *ask(struct wr_pg *pg, const struct wr_pg_cdc_column *column,
		      struct wr_pg_cdc_text *last, struct wr_str value)
{
	const struct wr_pg_calls *call = &pg->target->call;
	const char *sql = column->type->kind == WR_ARRAY ? "SELECT $1::text[]" : "SELECT $1::text";
	int length = (int)value.len;
	Oid type = column->raw_oid;
	struct wr_pg_params params = {
	    .count = 1, .type = &type, .value = &value.data, .length = &length};
	PGresult *result;

	WR_TRY(wr_pg_connect(pg));
	WR_TRY(wr_pg_exec_params(pg, sql, &params, &result));
	if (!last->is_set) {
		wr_text_init(&last->raw);
		wr_text_init(&last->text);
		last->is_set = true;
	}
	wr_text_clear(&last->raw);
	wr_text_clear(&last->text);
	wr_text_add(&last->raw, value.data, value.len);
	wr_text_add(&last->text, call->PQgetvalue(result, 0, 0),
		    (size_t)call->PQgetlength(result, 0, 0));
	call->PQclear(result);
	return NULL;
}

wr_status *wr_pg_cdc_put_text(struct wr_source *source, struct wr_pg *pg,
			      const struct wr_pg_cdc_column *column, struct wr_pg_cdc_text *last,
			      struct wr_str value)
{
	bool same = last->is_set && last->raw.len == value.len &&
		    (value.len == 0 || memcmp(last->raw.data, value.data, value.len) == 0);

	if (!same)
		WR_TRY(ask(pg, column, last, value));
	wr_pg_cdc_value(source, wr_text_str(&last->text), (uint32_t)last->text.len);
	return NULL;
}
