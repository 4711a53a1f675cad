/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_lookup - keys looked up in a table of PostgreSQL, all of a batch in one statement.
 *
 *	SELECT u.i, t.a, t.b FROM unnest($1::int8[], $2::text[]) WITH ORDINALITY AS u(k0, k1, i)
 *	JOIN t ON t.id = u.k0 AND t.region = u.k1
 *
 * The keys travel as binary arrays, each row of the answer says by `i` which key it is for, and an
 * index over the columns of the key is used. The question goes out in lookup_ask; lookup_next waits
 * for the answer. So the questions of 'lookup.connections' batches are under way at a time. When a
 * connection breaks it is made again and its question is asked again: 'lookup.max-retries' times,
 * without end if that is not set; what had come of the answer is forgotten. A connection besides
 * the first that cannot be had is done without.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/pg_lookup.h"

#define SPARE_US 10000000 /* a further connection that was refused is tried again after this */

static struct wr_env *env(const struct wr_lookup *lookup)
{
	return lookup->args->env;
}

uint32_t wr_pg_lookup_questions(const struct wr_connector_args *args)
{
	return (uint32_t)wr_options_i64(args->options, "lookup.connections");
}

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

static void open_questions(struct wr_lookup *lookup, struct wr_host *host)
{
	for (uint32_t i = 0; i < lookup->question_count; i++) {
		wr_pg_init(&lookup->question[i].pg, &lookup->target, host);
		lookup->question[i].array =
		    WR_NEW_ARRAY(&lookup->arena, struct wr_text, lookup->key_count + 1);
	}
}

static wr_status *open_lookup(struct wr_lookup *lookup, const uint32_t *key, struct wr_host *host)
{
	const struct wr_connector_args *args = lookup->args;
	struct wr_pg_access access = wr_jdbc_access(args);
	struct wr_pg *first;

	lookup->question_count = wr_pg_lookup_questions(args);
	lookup->question =
	    WR_NEW_ARRAY(&lookup->arena, struct wr_pg_question, lookup->question_count);
	first = &lookup->question[0].pg;

	lookup->rows_max = (uint32_t)WR_MIN(args->max_rows, (uint64_t)WR_BATCH_ROWS_MAX);
	lookup->asked = wr_calloc(lookup->rows_max + 1, sizeof *lookup->asked);
	lookup->encoder = WR_NEW_ARRAY(&lookup->arena, struct wr_pg_encoder, lookup->key_count + 1);
	open_retries(lookup, host);
	WR_TRY(wr_pg_target_init(&lookup->target, &lookup->arena, args, &access));
	open_questions(lookup, host);
	WR_TRY(wr_pg_connect_first(first));
	WR_TRY(wr_pg_source_table_read(first, &lookup->arena, args, &lookup->table));
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

void wr_pg_lookup_close(struct wr_lookup *lookup)
{
	wr_pg_answer_forget(lookup);
	for (uint32_t i = 0; i < lookup->question_count && lookup->question != NULL; i++) {
		struct wr_pg_question *question = &lookup->question[i];

		for (uint32_t k = 0; k < lookup->key_count && question->array != NULL; k++)
			wr_text_release(&question->array[k]);
		if (question->pg.target != NULL)
			wr_pg_release(&question->pg);
	}
	wr_pg_rows_release(&lookup->rows);
	wr_free(lookup->asked);
	wr_arena_release(&lookup->arena);
	wr_free(lookup);
}

/* --- the question ------------------------------------------------------------------------------
 */

/* The keys as arrays. One that the database's type cannot have is a NULL there: nothing is found.
 */
static void encode_keys(struct wr_lookup *lookup, struct wr_pg_question *question,
			struct wr_column *const *key)
{
	for (uint32_t k = 0; k < lookup->key_count; k++) {
		struct wr_text *out = &question->array[k];
		char *to;

		wr_text_clear(out);
		to = wr_text_reserve(out, 20);
		to = wr_pg_put32(to, 1);
		to = wr_pg_put32(to, 1);
		to = wr_pg_put32(to, lookup->encoder[k].oid);
		to = wr_pg_put32(to, question->count);
		wr_pg_put32(to, 1);
		out->len = 20;
		for (uint32_t i = 0; i < question->count; i++)
			if (wr_pg_encode(&lookup->encoder[k], key[k], i, out) != NULL) {
				wr_pg_put32(wr_text_reserve(out, 4), UINT32_MAX);
				out->len += 4;
			}
	}
}

/* The connection of a question is of no use any more. */
static void give_up(struct wr_pg_question *question)
{
	wr_pg_close(&question->pg);
	question->sent = false;
}

/* A question without a connection gets one that is not used, if there is one. */
static void borrow(struct wr_lookup *lookup, struct wr_pg_question *question)
{
	for (uint32_t i = 0; i < lookup->question_count && question->pg.conn == NULL; i++) {
		struct wr_pg_question *other = &lookup->question[i];

		if (other->sent)
			continue;
		question->pg.conn = other->pg.conn;
		other->pg.conn = NULL;
	}
}

/* A connection for a question besides the first, which is waited for with patience: only if it is
 * easy to have. */
static bool connect_more(struct wr_lookup *lookup, struct wr_pg_question *question)
{
	int64_t now_us = wr_mono_us(env(lookup));
	wr_status *status;

	if (question == &lookup->question[lookup->first] || now_us < lookup->spare_us)
		return false;
	status = wr_pg_connect(&question->pg);
	if (status == NULL)
		return true;
	lookup->spare_us = now_us + SPARE_US;
	wr_status_free(status);
	return false;
}

/* Sends open questions as far as that can be done at once: in their order, for a connection that a
 * later one has got is none for an earlier one. What fails here is seen again where the answer is
 * waited for. */
static void send_ahead(struct wr_lookup *lookup)
{
	for (uint32_t i = 0; i < lookup->open; i++) {
		struct wr_pg_question *question =
		    &lookup->question[(lookup->first + i) % lookup->question_count];
		wr_status *status;

		if (question->sent)
			continue;
		borrow(lookup, question);
		if (question->pg.conn == NULL && !connect_more(lookup, question))
			return;
		status = wr_pg_question_send(lookup, question);
		if (status == NULL)
			continue;
		wr_status_free(status);
		give_up(question);
		return;
	}
}

wr_status *wr_pg_lookup_ask(struct wr_lookup *lookup, struct wr_column *const *key, uint32_t count)
{
	struct wr_pg_question *question =
	    &lookup->question[(lookup->first + lookup->open) % lookup->question_count];

	WR_ASSERT(key != NULL ? count > 0 : lookup->open == 0);
	WR_ASSERT(lookup->open < lookup->question_count && !question->sent);
	lookup->open++;
	question->count = key != NULL ? count : 0;
	if (key == NULL)
		return NULL;
	encode_keys(lookup, question, key);
	send_ahead(lookup);
	return NULL;
}

/* --- the answer ---------------------------------------------------------------------------------
 */

/* An attempt to have the next rows. */
static wr_status *attempt(struct wr_lookup *lookup, struct wr_pg_question *question,
			  struct wr_batch **out)
{
	if (!question->sent) {
		borrow(lookup, question);
		WR_TRY(wr_pg_connect(&question->pg));
		WR_TRY(wr_pg_question_send(lookup, question));
	}
	return wr_pg_answer_next(lookup, question, out);
}

/* The answer broke off: it is asked for again, if it may be. So are the others: where one
 * connection breaks, all have, and one that has not might be what the first question gets none for.
 */
static wr_status *break_off(struct wr_lookup *lookup, wr_status *status, bool *again)
{
	*again = *again || lookup->handed;
	for (uint32_t i = 0; i < lookup->question_count; i++)
		give_up(&lookup->question[i]);
	wr_pg_answer_forget(lookup);
	if (status->class != WR_RETRY)
		return status;
	switch (wr_retrying_failed(&lookup->retrying, status->text)) {
	case WR_ATTEMPT_NOW: wr_status_free(status); return NULL;
	case WR_ATTEMPT_NEVER: status->class = WR_RESTART; return status;
	default: return status; /* the job stops */
	}
}

wr_status *wr_pg_lookup_next(struct wr_lookup *lookup, struct wr_batch **out,
			     const uint32_t **asked, bool *again)
{
	struct wr_pg_question *question = &lookup->question[lookup->first];

	*out = NULL;
	*asked = lookup->asked;
	*again = false;
	if (lookup->open == 0)
		return NULL;
	while (*out == NULL && !lookup->ended) {
		wr_status *status = attempt(lookup, question, out);

		if (status != NULL)
			WR_TRY(break_off(lookup, status, again));
	}
	if (*out != NULL) {
		lookup->handed = true;
		return NULL;
	}
	wr_retrying_succeeded(&lookup->retrying);
	wr_pg_answer_forget(lookup);
	question->sent = false;
	lookup->first = (lookup->first + 1) % lookup->question_count;
	lookup->open--;
	return NULL;
}
