/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_lookup - see pg_lookup.h.
 *
 * A statement stays a look-up as long as its name means the same view: the server's of that name,
 * and the session's catalog as it was when the statement was parsed. When either is another, it is
 * a query from then on.
 */
#include "server/pg_lookup.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"
#include "connectors/mview.h"
#include "data/builder.h"
#include "server/client_inner.h"

/* Where the value of a key column comes from. */
struct key_source {
	bool set;         /* it was found */
	bool param;       /* else a literal */
	uint32_t number;  /* param: its index */
	const char *text; /* else: in the statement's arena */
};

#define WR_PGS_KEY_MAX 64 /* columns of a key; a longer one is looked up by the engine */

struct wr_pgs_lookup {
	struct wr_mview *view; /* a reference */
	uint32_t generation;   /* of the connection's catalog when it was found */
	bool ready;            /* the view has shown a version */
	uint32_t *column;      /* of the view that are selected; in the statement's arena */
	uint32_t key_count;
	struct key_source *key;      /* in the order of the view's key; in the arena */
	const struct wr_type **type; /* of the key columns; in the arena */
	bool limit_param;
	uint64_t limit; /* rows at most, or the index of the parameter */
};

void wr_pgs_lookup_free(struct wr_pgs_lookup *lookup)
{
	if (lookup == NULL)
		return;
	wr_mview_unref(lookup->view);
	wr_free(lookup);
}

/* --- is it one? ---------------------------------------------------------------------------------
 */

struct reader {
	const struct wr_pgs_tokens *tokens; /* of the statement */
	struct wr_arena *arena;             /* the statement's */
	uint32_t at, end;                   /* the next token; behind the last one */
	const char *table, *alias;          /* alias: "" when there is none */
};

/* A name at the place; NULL: there is none. */
static const char *name_at(struct reader *reader)
{
	const struct wr_pgs_token *token = &reader->tokens->token[reader->at];
	struct wr_text text;
	const char *name;

	if (reader->at >= reader->end || token->kind < WR_PG_WORD || token->kind > WR_PG_BACK)
		return NULL;
	if (token->kind == WR_PG_WORD) {
		name = wr_arena_strndup(reader->arena, reader->tokens->sql + token->at, token->len);
	} else {
		wr_text_init(&text);
		wr_pgs_token_value(reader->tokens, reader->at, &text);
		name = wr_arena_strdup(reader->arena, wr_text_str(&text));
		wr_text_release(&text);
	}
	reader->at++;
	return name;
}

static bool word(struct reader *reader, const char *text)
{
	if (reader->at >= reader->end || !wr_pgs_is_word(reader->tokens, reader->at, text))
		return false;
	reader->at++;
	return true;
}

static bool op(struct reader *reader, const char *text)
{
	if (reader->at >= reader->end || !wr_pgs_is_op(reader->tokens, reader->at, text))
		return false;
	reader->at++;
	return true;
}

/* FROM [public.]name [[AS] alias], with the place behind FROM. */
static bool read_table(struct reader *reader)
{
	reader->alias = "";
	reader->table = name_at(reader);
	if (reader->table != NULL && strcmp(reader->table, "public") == 0 && op(reader, "."))
		reader->table = name_at(reader);
	if (reader->table == NULL)
		return false;
	if (word(reader, "as"))
		reader->alias = name_at(reader);
	else if (reader->at < reader->end && !wr_pgs_is_word(reader->tokens, reader->at, "where"))
		reader->alias = name_at(reader);
	return reader->alias != NULL;
}

/* name, or table.name; UINT32_MAX: no column of the view. */
static uint32_t read_column(struct reader *reader, const struct wr_schema *schema)
{
	const char *name = name_at(reader);

	if (name != NULL && op(reader, ".")) {
		if (strcmp(name, *reader->alias != '\0' ? reader->alias : reader->table) != 0)
			return UINT32_MAX;
		name = name_at(reader);
	}
	for (uint32_t i = 0; name != NULL && i < schema->count; i++)
		if (strcmp(schema->field[i].name, name) == 0)
			return i;
	return UINT32_MAX;
}

/* The columns between SELECT and FROM. */
static bool read_columns(struct reader *reader, struct wr_pgs_statement *statement,
			 const struct wr_schema *schema, uint32_t *column)
{
	uint32_t count = 0;

	statement->column = WR_NEW_ARRAY(reader->arena, struct wr_pgs_column, schema->count + 1);
	if (op(reader, "*")) {
		for (; count < schema->count; count++)
			column[count] = count;
	} else {
		do {
			uint32_t c = read_column(reader, schema);

			if (c == UINT32_MAX || count == schema->count)
				return false;
			column[count] = c;
			if (word(reader, "as")) {
				statement->column[count].name = name_at(reader);
				if (statement->column[count].name == NULL)
					return false;
			}
			count++;
		} while (op(reader, ","));
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_field *field = &schema->field[column[i]];
		const char *name = statement->column[i].name;
		const struct wr_type *type = wr_type_copy(reader->arena, field->type);

		statement->column[i] = (struct wr_pgs_column){
		    name != NULL ? name : wr_arena_strdup(reader->arena, field->name), type,
		    wr_pgs_value_oid(type)};
	}
	statement->column_count = count;
	return true;
}

/* Values of another type could be equal after a cast: those are for the engine. */
static bool fits(uint32_t oid, const struct wr_type *type)
{
	uint32_t own = wr_pgs_value_oid(type);

	if (oid == 0 || oid == own)
		return type->kind != WR_FLOAT && type->kind != WR_DOUBLE;
	if (wr_kind_is_integer(type->kind))
		return oid == WR_PG_INT2 || oid == WR_PG_INT4 || oid == WR_PG_INT8;
	return own == WR_PG_TEXT && (oid == WR_PG_VARCHAR || oid == WR_PG_BPCHAR);
}

static bool is_integer(const char *at)
{
	at += *at == '-' || *at == '+';
	return *at != '\0' && at[strspn(at, "0123456789")] == '\0';
}

/* A value behind "=". */
static bool read_value(struct reader *reader, const struct wr_pgs_statement *statement,
		       const struct wr_type *type, struct key_source *key)
{
	bool minus = op(reader, "-");
	const struct wr_pgs_token *token = &reader->tokens->token[reader->at];
	struct wr_text text;

	if (reader->at >= reader->end || key->set)
		return false;
	reader->at++;
	key->set = true;
	if (token->kind == WR_PG_PARAM) {
		key->param = true;
		key->number = token->param - 1;
		return !minus && fits(statement->param_oid[key->number], type);
	}
	if (token->kind != (wr_kind_is_integer(type->kind) ? WR_PG_NUMBER : WR_PG_STRING) ||
	    !fits(0, type) || (minus && token->kind == WR_PG_STRING))
		return false;
	wr_text_init(&text);
	wr_text_puts(&text, minus ? "-" : "");
	wr_pgs_token_value(reader->tokens, reader->at - 1, &text);
	key->text = wr_arena_strdup(reader->arena, wr_text_str(&text));
	wr_text_release(&text);
	return token->kind == WR_PG_STRING || is_integer(key->text);
}

/* WHERE ... [LIMIT ...] */
static bool read_where(struct reader *reader, const struct wr_pgs_statement *statement,
		       const struct wr_schema *schema, const uint32_t *key,
		       struct wr_pgs_lookup *lookup)
{
	if (!word(reader, "where"))
		return false;
	for (uint32_t found = 0; found < lookup->key_count; found++) {
		uint32_t column, k = 0;

		if (found > 0 && !word(reader, "and"))
			return false;
		column = read_column(reader, schema);
		while (k < lookup->key_count && key[k] != column)
			k++;
		if (k == lookup->key_count || !op(reader, "="))
			return false;
		lookup->type[k] = wr_type_copy(reader->arena, schema->field[column].type);
		if (!read_value(reader, statement, lookup->type[k], &lookup->key[k]))
			return false;
	}
	lookup->limit = 1;
	if (word(reader, "limit")) {
		const struct wr_pgs_token *token = &reader->tokens->token[reader->at];

		if (reader->at >= reader->end ||
		    (token->kind != WR_PG_NUMBER && token->kind != WR_PG_PARAM))
			return false;
		lookup->limit_param = token->kind == WR_PG_PARAM;
		lookup->limit = lookup->limit_param
				    ? token->param - 1
				    : strtoull(reader->tokens->sql + token->at, NULL, 10);
		reader->at++;
	}
	return reader->at == reader->end;
}

/* The view that the session means by the name; a reference. */
static struct wr_mview *view_of(struct wr_pgs_conn *conn, const char *name)
{
	struct wr_client *client = conn->client;
	struct wr_mview *view = NULL;
	const struct wr_table *table;

	pthread_mutex_lock(&client->statement);
	wr_status_free(wr_client_look(client));
	table = wr_session_table(client->session->session, name);
	if (table != NULL && table->materialized)
		view = wr_mviews_find(conn->pg->server->views, table->name);
	if (view != NULL && (struct wr_mview *)table->embed != view) {
		wr_mview_unref(view);
		view = NULL;
	}
	pthread_mutex_unlock(&client->statement);
	return view;
}

struct wr_pgs_error *wr_pgs_lookup_find(struct wr_pgs_conn *conn,
					struct wr_pgs_statement *statement)
{
	struct reader reader = {.tokens = &statement->tokens,
				.arena = &statement->arena,
				.at = statement->first,
				.end = statement->last};
	const struct wr_schema *schema;
	struct wr_pgs_lookup *lookup;
	const uint32_t *key;
	uint32_t from = statement->first;

	while (from < statement->last && !wr_pgs_is_word(&statement->tokens, from, "from"))
		from++;
	reader.at = from + 1;
	if (!wr_pgs_is_word(&statement->tokens, statement->first, "select") ||
	    from == statement->last || !read_table(&reader))
		return NULL;
	lookup = wr_calloc(1, sizeof *lookup);
	lookup->generation = conn->generation;
	lookup->view = view_of(conn, reader.table);
	if (lookup->view != NULL) {
		uint32_t behind = reader.at;
		bool is;

		schema = wr_mview_schema(lookup->view);
		key = wr_mview_key(lookup->view, &lookup->key_count);
		lookup->column = WR_NEW_ARRAY(reader.arena, uint32_t, schema->count + 1);
		lookup->key = WR_NEW_ARRAY(reader.arena, struct key_source, lookup->key_count + 1);
		lookup->type =
		    WR_NEW_ARRAY(reader.arena, const struct wr_type *, lookup->key_count + 1);
		reader.at = statement->first + 1;
		is = lookup->key_count > 0 && lookup->key_count <= WR_PGS_KEY_MAX &&
		     read_columns(&reader, statement, schema, lookup->column) && reader.at == from;
		reader.at = behind;
		if (is && read_where(&reader, statement, schema, key, lookup)) {
			statement->kind = WR_PG_LOOKUP;
			statement->lookup = lookup;
			return NULL;
		}
	}
	statement->column_count = 0;
	statement->column = NULL;
	wr_pgs_lookup_free(lookup);
	return NULL;
}

void wr_pgs_lookup_describe(struct wr_pgs_statement *statement)
{
	(void)statement; /* known since it was found */
}

/* --- rows ---------------------------------------------------------------------------------------
 */

/* Whether the name still means the view. */
static bool holds(struct wr_pgs_conn *conn, struct wr_pgs_lookup *lookup)
{
	struct wr_mview_info info;
	struct wr_mview *now;

	if (lookup->generation != conn->generation)
		return false;
	now = wr_mviews_find(conn->pg->server->views, wr_mview_name(lookup->view));
	wr_mview_unref(now);
	if (now == lookup->view && !lookup->ready) {
		wr_mview_look(now, &info);
		lookup->ready = info.ready;
	}
	return now == lookup->view && lookup->ready;
}

/* A column of one value. */
static struct wr_pgs_error *value_of(struct wr_pgs_conn *conn, const struct wr_pgs_portal *portal,
				     uint32_t k, const uint32_t *key, struct wr_column **out)
{
	const struct wr_pgs_statement *statement = portal->statement;
	const struct wr_pgs_lookup *lookup = statement->lookup;
	const struct key_source *source = &lookup->key[k];
	const struct wr_type *type = lookup->type[k];
	const char *text = source->text;
	struct wr_pgs_error *error = NULL;
	struct wr_text scratch;
	wr_status *status;

	wr_text_init(&scratch);
	if (source->param) {
		error = wr_pgs_param_text(conn, statement->param_oid[source->number],
					  &portal->param[source->number], &scratch);
		text = wr_text_str(&scratch);
	}
	if (error == NULL && type->kind == WR_BIGINT && is_integer(text) && strlen(text) < 19) {
		*out = wr_column_new(type, 1);
		WR_DATA(*out, int64_t)[0] = strtoll(text, NULL, 10);
	} else if (error == NULL && wr_kind_is_integer(type->kind) && !is_integer(text)) {
		error = wr_pgs_error_new("22P02", "invalid input syntax for type %s: \"%.60s\"",
					 wr_pg_type_name(wr_pgs_value_oid(type)), text);
	} else if (error == NULL) {
		status = wr_mview_value(lookup->view, key[k], text,
					conn->zone != NULL ? wr_zone_id(conn->zone) : "UTC", out);
		if (status != NULL) {
			error = wr_pgs_error_status(status);
			memcpy(error->state, "22P02", 6);
		}
	}
	wr_text_release(&scratch);
	return error;
}

/* NULL of a key or a LIMIT 0 finds nothing. */
static bool finds_nothing(const struct wr_pgs_portal *portal)
{
	const struct wr_pgs_lookup *lookup = portal->statement->lookup;

	for (uint32_t k = 0; k < lookup->key_count; k++)
		if (lookup->key[k].param && portal->param[lookup->key[k].number].data == NULL)
			return true;
	return !lookup->limit_param && lookup->limit == 0;
}

static struct wr_pgs_error *look_up(struct wr_pgs_conn *conn, const struct wr_pgs_portal *portal,
				    struct wr_batch **out)
{
	const struct wr_pgs_lookup *lookup = portal->statement->lookup;
	struct wr_column *value[WR_PGS_KEY_MAX] = {NULL};
	struct wr_pgs_error *error = NULL;
	uint32_t count;
	const uint32_t *key = wr_mview_key(lookup->view, &count);
	struct wr_batch *found = NULL;

	for (uint32_t k = 0; k < count && error == NULL; k++)
		error = value_of(conn, portal, k, key, &value[k]);
	if (error == NULL) {
		wr_status *status = wr_mview_lookup(lookup->view, value, 1, &found, NULL);

		if (status != NULL)
			error = wr_pgs_error_status(status);
	}
	for (uint32_t k = 0; k < count; k++)
		wr_column_unref(value[k]);
	if (found == NULL)
		return error;
	*out = wr_batch_new(portal->statement->column_count, found->rows);
	for (uint32_t i = 0; i < portal->statement->column_count; i++)
		(*out)->column[i] = wr_column_ref(found->column[lookup->column[i]]);
	wr_batch_free(found);
	return error;
}

struct wr_pgs_error *wr_pgs_lookup_run(struct wr_pgs_conn *conn, struct wr_pgs_portal *portal)
{
	struct wr_pgs_statement *statement = portal->statement;
	struct wr_pgs_error *error = NULL;
	struct wr_batch *batch = NULL;

	if (statement->lookup->limit_param || !holds(conn, statement->lookup))
		return wr_pgs_query_run(conn, portal);
	if (!finds_nothing(portal))
		error = look_up(conn, portal, &batch);
	if (error != NULL)
		return error;
	portal->result = wr_pgs_result_rows(batch);
	portal->result->column = statement->column;
	portal->result->column_count = statement->column_count;
	return NULL;
}
