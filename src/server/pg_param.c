/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_param - parameters of statements: what types they have, and their values as literals.
 *
 * A client that does not say a parameter's type is told one: that of the column that it is compared
 * with, BIGINT behind LIMIT and OFFSET, the type of a cast that is written behind it, and otherwise
 * text, which the engine casts as SQL does.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/mem.h"
#include "data/datetime.h"
#include "server/client_inner.h"
#include "server/pg_array.h"
#include "server/pg_query.h"

/* --- types --------------------------------------------------------------------------------------
 */

/* The table that token `i` names; behind the name. NULL: there is none. */
static const struct wr_table *table_at(struct wr_session *session,
				       const struct wr_pgs_tokens *tokens, uint32_t *i)
{
	const struct wr_table *table;
	struct wr_text name;

	wr_text_init(&name);
	for (; *i < tokens->count; *i += 2) {
		size_t before = name.len;

		if (tokens->token[*i].kind == WR_PG_WORD) /* names keep their case in Flink */
			wr_text_add(&name, tokens->sql + tokens->token[*i].at,
				    tokens->token[*i].len);
		else
			wr_pgs_token_value(tokens, *i, &name);
		if (!wr_pgs_is_op(tokens, *i + 1, ".")) {
			++*i;
			break;
		}
		if (strcmp(wr_text_str(&name) + before, "public") == 0)
			name.len = before;
		else
			wr_text_putc(&name, '.');
	}
	table = wr_session_table(session, wr_text_str(&name));
	wr_text_release(&name);
	return table;
}

const struct wr_type *wr_pgs_column_type(struct wr_pgs_conn *conn,
					 struct wr_pgs_statement *statement, const char *name)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	struct wr_client *client = conn->client;
	const struct wr_type *found = NULL;

	pthread_mutex_lock(&client->statement);
	wr_status_free(wr_client_look(client));
	for (uint32_t i = statement->first; i < statement->last && found == NULL; i++) {
		const struct wr_table *table;
		uint32_t at = i + 1;

		if (!wr_pgs_is_word(tokens, i, "from") && !wr_pgs_is_word(tokens, i, "join") &&
		    !wr_pgs_is_op(tokens, i, ","))
			continue;
		if (at >= statement->last || tokens->token[at].kind > WR_PG_BACK)
			continue;
		table = table_at(client->session->session, tokens, &at);
		for (uint32_t c = 0; table != NULL && c < table->column_count; c++)
			if (strcmp(table->column[c].name, name) == 0)
				found = wr_type_copy(&statement->arena, table->column[c].type);
	}
	pthread_mutex_unlock(&client->statement);
	return found;
}

/* The type of the column that ends (or, `forward`, begins) at token `i`. */
static uint32_t column_oid(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement, uint32_t i,
			   bool forward)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	const struct wr_type *type;
	struct wr_text name;

	if (i >= tokens->count || tokens->token[i].kind > WR_PG_BACK)
		return 0;
	while (forward && wr_pgs_is_op(tokens, i + 1, "."))
		i += 2;
	wr_text_init(&name);
	if (tokens->token[i].kind == WR_PG_WORD)
		wr_text_add(&name, tokens->sql + tokens->token[i].at, tokens->token[i].len);
	else
		wr_pgs_token_value(tokens, i, &name);
	type = wr_pgs_column_type(conn, statement, wr_text_str(&name));
	wr_text_release(&name);
	return type != NULL ? wr_pgs_value_oid(type) : 0;
}

static bool compares(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	static const char *const ops[] = {"=", "<>", "!=", "<", ">", "<=", ">="};

	for (size_t k = 0; k < WR_COUNT(ops); k++)
		if (wr_pgs_is_op(tokens, i, ops[k]))
			return true;
	return false;
}

/* The type that is written: $1::int8, CAST($1 AS BIGINT). */
static uint32_t cast_oid(const struct wr_pgs_tokens *tokens, uint32_t i)
{
	static const struct {
		const char *name;
		uint32_t oid;
	} types[] = {{"int2", WR_PG_INT2},
		     {"smallint", WR_PG_INT2},
		     {"int4", WR_PG_INT4},
		     {"int", WR_PG_INT4},
		     {"integer", WR_PG_INT4},
		     {"int8", WR_PG_INT8},
		     {"bigint", WR_PG_INT8},
		     {"float4", WR_PG_FLOAT4},
		     {"float8", WR_PG_FLOAT8},
		     {"double", WR_PG_FLOAT8},
		     {"numeric", WR_PG_NUMERIC},
		     {"bool", WR_PG_BOOL},
		     {"boolean", WR_PG_BOOL},
		     {"date", WR_PG_DATE},
		     {"bytea", WR_PG_BYTEA},
		     {"timestamptz", WR_PG_TIMESTAMPTZ},
		     {"timestamp", WR_PG_TIMESTAMP},
		     {"time", WR_PG_TIME},
		     {"oid", WR_PG_OID},
		     {"text", WR_PG_TEXT},
		     {"varchar", WR_PG_TEXT},
		     {"name", WR_PG_TEXT}};
	bool array = wr_pgs_is_op(tokens, i + 3, "[");

	if (!wr_pgs_is_op(tokens, i + 1, "::") && !wr_pgs_is_word(tokens, i + 1, "as"))
		return 0;
	for (size_t k = 0; k < WR_COUNT(types); k++)
		if (wr_pgs_is_word(tokens, i + 2, types[k].name))
			return !array                      ? types[k].oid
			       : types[k].oid == WR_PG_OID ? 1028
							   : wr_pg_array(types[k].oid);
	return 0;
}

/* Of the parameter at token `i`. */
static uint32_t infer(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement, uint32_t i)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;
	uint32_t oid = cast_oid(tokens, i), before = i;

	if (oid == 0 && i > 1 &&
	    (compares(tokens, i - 1) || wr_pgs_is_word(tokens, i - 1, "like") ||
	     wr_pgs_is_word(tokens, i - 1, "between")))
		oid = column_oid(conn, statement, i - 2, false);
	if (oid == 0 && compares(tokens, i + 1))
		oid = column_oid(conn, statement, i + 2, true);
	if (oid == 0 && i > 3 && wr_pgs_is_op(tokens, i - 1, "(") &&
	    (wr_pgs_is_word(tokens, i - 2, "any") || wr_pgs_is_word(tokens, i - 2, "some") ||
	     wr_pgs_is_word(tokens, i - 2, "all")) &&
	    compares(tokens, i - 3)) {
		oid = column_oid(conn, statement, i - 4, false);
		return oid != 0 ? wr_pg_array(oid) : 0;
	}
	/* x BETWEEN $1 AND $2; x IN ($1, $2) */
	while (oid == 0 && before > 2 &&
	       (tokens->token[before - 1].kind == WR_PG_PARAM ||
		tokens->token[before - 1].kind == WR_PG_STRING ||
		wr_pgs_is_op(tokens, before - 1, ",") || wr_pgs_is_op(tokens, before - 1, "(") ||
		wr_pgs_is_word(tokens, before - 1, "and") ||
		wr_pgs_is_word(tokens, before - 1, "in") ||
		wr_pgs_is_word(tokens, before - 1, "between"))) {
		before--;
		if (wr_pgs_is_word(tokens, before, "in") ||
		    wr_pgs_is_word(tokens, before, "between"))
			oid = column_oid(conn, statement,
					 before - 1 - wr_pgs_is_word(tokens, before - 1, "not"),
					 false);
	}
	return oid;
}

void wr_pgs_infer(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement)
{
	const struct wr_pgs_tokens *tokens = &statement->tokens;

	for (uint32_t i = 0; i < tokens->count; i++) {
		uint32_t *oid;

		if (tokens->token[i].kind != WR_PG_PARAM)
			continue;
		oid = &statement->param_oid[tokens->token[i].param - 1];
		if (*oid == 0 && statement->param_bare[tokens->token[i].param - 1])
			*oid = WR_PG_INT8;
		else if (*oid == 0)
			*oid = infer(conn, statement, i);
		statement->param_compared[tokens->token[i].param - 1] |=
		    i > 0 && (compares(tokens, i - 1) || wr_pgs_is_word(tokens, i - 1, "between") ||
			      wr_pgs_is_word(tokens, i - 1, "and"));
	}
}

/* --- values -------------------------------------------------------------------------------------
 */

static struct wr_pgs_error *bad_value(uint32_t oid, const char *text)
{
	return wr_pgs_error_new("22P02", "invalid input syntax for type %s: \"%.60s\"",
				wr_pg_type_name(oid), text);
}

/* The type of an array's elements; 0: it is none. */
static uint32_t element_of(uint32_t oid)
{
	static const uint32_t known[] = {
	    WR_PG_BOOL,      WR_PG_BYTEA,       WR_PG_INT8,   WR_PG_INT2, WR_PG_INT4,
	    WR_PG_TEXT,      WR_PG_FLOAT4,      WR_PG_FLOAT8, WR_PG_DATE, WR_PG_TIME,
	    WR_PG_TIMESTAMP, WR_PG_TIMESTAMPTZ, WR_PG_NUMERIC};
	static const uint32_t texts[] = {1003, 1014, 1015, 2951}; /* name, bpchar, varchar, uuid */

	for (size_t i = 0; i < WR_COUNT(known); i++)
		if (wr_pg_array(known[i]) == oid)
			return known[i];
	for (size_t i = 0; i < WR_COUNT(texts); i++)
		if (texts[i] == oid)
			return WR_PG_TEXT;
	return oid == 1028 ? WR_PG_OID : 0;
}

/* An array of the binary form as a text: dimensions, whether it has NULLs, the elements' type; per
 * dimension length and first subscript; per element length (-1: NULL) and value. */
static struct wr_pgs_error *array_text(struct wr_pgs_conn *conn, const struct wr_pgs_param *param,
				       struct wr_text *out)
{
	const char *at = param->data, *end = at + param->len;
	uint32_t dimensions = param->len >= 12 ? wr_pg_get32(at) : UINT32_MAX;
	struct wr_pgs_error *error = NULL;
	struct wr_text item;
	uint32_t oid;

	wr_text_putc(out, '{');
	if (dimensions == 0 || dimensions > 6 || param->len < 12 + 8 * dimensions) {
		wr_text_putc(out, '}');
		return dimensions == 0 ? NULL : wr_pgs_error_new("22P03", "malformed array");
	}
	oid = wr_pg_get32(at + 8);
	wr_text_init(&item);
	for (at += 12 + 8 * dimensions; end - at >= 4 && error == NULL;) {
		int32_t len = (int32_t)wr_pg_get32(at);
		struct wr_pgs_param element = {at + 4, (uint32_t)len, true};

		at += 4;
		if (len > end - at) {
			error = wr_pgs_error_new("22P03", "malformed array");
			break;
		}
		wr_text_clear(&item);
		if (len >= 0)
			error = wr_pgs_param_text(conn, oid, &element, &item);
		wr_pgs_array_put(out, len >= 0 ? wr_text_str(&item) : NULL);
		at += len > 0 ? len : 0;
	}
	wr_text_release(&item);
	wr_text_putc(out, '}');
	return error;
}

struct wr_pgs_error *wr_pgs_param_text(struct wr_pgs_conn *conn, uint32_t oid,
				       const struct wr_pgs_param *param, struct wr_text *out)
{
	const struct wr_type *type = wr_pgs_type_of(oid);
	struct wr_pg_decoder decoder;
	struct wr_column *column;
	const char *fault;

	if (!param->binary ||
	    (type != NULL && type->kind == WR_VARCHAR && oid != WR_PG_UUID && oid != WR_PG_JSONB)) {
		wr_text_add(out, param->data, param->len);
		return NULL;
	}
	if (element_of(oid) != 0)
		return array_text(conn, param, out);
	if (oid == WR_PG_OID && param->len == 4) {
		wr_text_i64(out, wr_pg_get32(param->data));
		return NULL;
	}
	if (type == NULL || wr_pg_read_fit(oid, false, type) != WR_PG_FITS)
		return wr_pgs_error_hint(wr_pgs_error_new("0A000",
							  "a parameter of type %u is not taken in "
							  "its binary form",
							  oid),
					 "Send it as text");
	wr_pg_decoder_init(&decoder, oid, type, conn->zone);
	wr_pg_decoder_begin(&decoder, 1, NULL);
	fault = wr_pg_check(&decoder, param->data, (int32_t)param->len);
	if (fault == NULL)
		fault = wr_pg_decode(&decoder, 0, param->data, (int32_t)param->len);
	column = wr_pg_decoder_finish(&decoder, fault == NULL);
	if (fault == NULL)
		wr_pgs_put_text(out, column, 0, conn->zone);
	wr_column_unref(column);
	wr_pg_decoder_release(&decoder);
	return fault == NULL ? NULL : wr_pgs_error_new("22P03", "%s", fault);
}

/* [-]digits[.digits][e[-]digits] */
static bool is_number(const char *at)
{
	bool digits = false;

	at += *at == '-' || *at == '+';
	for (; isdigit((unsigned char)*at); at++)
		digits = true;
	if (*at == '.')
		for (at++; isdigit((unsigned char)*at); at++)
			digits = true;
	if (!digits)
		return false;
	if ((*at | 32) == 'e') {
		at++;
		at += *at == '-' || *at == '+';
		if (!isdigit((unsigned char)*at))
			return false;
		while (isdigit((unsigned char)*at))
			at++;
	}
	return *at == '\0';
}

/* "2024-01-01 12:00:00+02" as local time of the session. */
static bool local_of(struct wr_pgs_conn *conn, const char *text, char out[WR_TIME_TEXT_MAX])
{
	size_t len = strlen(text), at = len;
	int64_t offset = 0, ms;
	int32_t nano;
	int hours = 0, minutes = 0;
	bool zoned = len > 0 && (text[len - 1] | 32) == 'z';

	if (zoned) {
		at = len - 1;
	} else if (len > 10) {
		for (at = len; at > 10 && text[at - 1] != '+' && text[at - 1] != '-'; at--)
			;
		zoned = at > 10 && sscanf(text + at, "%2d:%2d", &hours, &minutes) >= 1;
		offset = (int64_t)hours * WR_MS_HOUR + (int64_t)minutes * WR_MS_MINUTE;
		if (zoned && text[at - 1] == '-')
			offset = -offset;
		at = zoned ? at - 1 : len;
	}
	while (at > 0 && text[at - 1] == ' ')
		at--;
	if (!wr_timestamp_read(text, at, ' ', false, &ms, &nano) &&
	    !wr_timestamp_read(text, at, 'T', false, &ms, &nano) &&
	    !wr_timestamp_parse(text, at, &ms, &nano))
		return false;
	if (zoned)
		ms = wr_zone_to_local(conn->zone, ms - offset);
	wr_timestamp_print(out, ms, nano, 6);
	return true;
}

/* A literal of one of the times; false: the text is none. */
static bool put_time(struct wr_pgs_conn *conn, uint32_t oid, const char *text, struct wr_text *out)
{
	char local[WR_TIME_TEXT_MAX];

	if (oid == WR_PG_DATE || oid == WR_PG_TIME) {
		wr_text_puts(out, "CAST(");
		wr_pgs_put_literal(out, text, strlen(text));
		wr_text_puts(out, oid == WR_PG_DATE ? " AS DATE)" : " AS TIME)");
		return true;
	}
	if (!local_of(conn, text, local))
		return false;
	wr_text_printf(out, "CAST('%s' AS %s)", local,
		       oid == WR_PG_TIMESTAMP ? "TIMESTAMP(6)" : "TIMESTAMP_LTZ(6)");
	return true;
}

/* As a literal, which has at most 19 digits in Flink, or else as a cast text. */
static void put_numeric(const char *text, struct wr_text *out)
{
	const char *dot = strchr(text, '.');
	size_t len = strlen(text), whole, scale;

	if (strpbrk(text, "eE") == NULL && dot != NULL && len > 18)
		while (text[len - 1] == '0' && text + len - 2 > dot)
			len--;
	whole = (dot != NULL ? (size_t)(dot - text) : len) - (*text == '-' || *text == '+');
	scale = dot != NULL ? len - (size_t)(dot - text) - 1 : 0;
	if (whole + scale <= 18 || whole + scale > 38 || strpbrk(text, "eE") != NULL)
		wr_text_printf(out, "(%.*s)", (int)len, text);
	else
		wr_text_printf(out, "CAST('%.*s' AS DECIMAL(%zu, %zu))", (int)len, text,
			       whole + scale, scale);
}

static bool put_typed(struct wr_pgs_conn *conn, uint32_t oid, bool bare, const char *text,
		      struct wr_text *out)
{
	bool yes = strchr("tTyY1", *text) != NULL || strcasecmp(text, "on") == 0;

	switch (oid) {
	case WR_PG_BOOL:
		if (*text == '\0')
			return false;
		wr_text_puts(out, yes ? "TRUE" : "FALSE");
		return true;
	case WR_PG_INT2:
	case WR_PG_INT4:
	case WR_PG_INT8:
	case WR_PG_OID:
	case WR_PG_NUMERIC:
		if (!is_number(text))
			return false;
		if (bare || oid == WR_PG_INT4)
			wr_text_printf(out, bare ? "%s" : "(%s)", text);
		else if (oid == WR_PG_NUMERIC)
			put_numeric(text, out);
		else
			wr_text_printf(out, "CAST(%s AS %s)", text,
				       oid == WR_PG_INT2 ? "SMALLINT" : "BIGINT");
		return true;
	case WR_PG_FLOAT4:
	case WR_PG_FLOAT8:
		if (!is_number(text) && strcasecmp(text, "nan") != 0 &&
		    strcasestr(text, "infinity") == NULL)
			return false;
		wr_text_printf(out, "CAST('%s' AS %s)", text,
			       oid == WR_PG_FLOAT4 ? "FLOAT" : "DOUBLE");
		return true;
	case WR_PG_BYTEA:
		if (strncmp(text, "\\x", 2) != 0 ||
		    text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] != '\0')
			return false;
		wr_text_printf(out, "x'%s'", text + 2);
		return true;
	default: return put_time(conn, oid, text, out);
	}
}

bool wr_pgs_string_time(struct wr_pgs_conn *conn, struct wr_pgs_statement *statement,
			uint32_t token, struct wr_text *out)
{
	struct wr_text text;
	uint32_t oid = 0;
	bool found = false;

	wr_text_init(&text);
	wr_pgs_token_value(&statement->tokens, token, &text);
	if (text.len > 10 && text.data[4] == '-' && text.data[7] == '-' &&
	    (text.data[10] == 'T' || strpbrk(text.data + 10, "Zz+-") != NULL))
		oid = infer(conn, statement, token);
	if (oid == WR_PG_TIMESTAMP || oid == WR_PG_TIMESTAMPTZ)
		found = put_time(conn, oid, text.data, out);
	wr_text_release(&text);
	return found;
}

/* ARRAY[a, b] of {a,b}. */
static struct wr_pgs_error *put_array(struct wr_pgs_conn *conn, uint32_t oid, const char *text,
				      struct wr_text *out)
{
	const struct wr_type *type = wr_pgs_type_of(oid);
	struct wr_pgs_array_reader reader;
	struct wr_pgs_error *error = NULL;
	bool any = false;

	wr_text_puts(out, "ARRAY[");
	for (wr_pgs_array_read(&reader, text); error == NULL && wr_pgs_array_next(&reader);) {
		wr_text_puts(out, any ? ", " : "");
		any = true;
		if (wr_pgs_array_is_null(&reader)) {
			wr_text_puts(out, "CAST(NULL AS ");
			wr_type_print(out, type);
			wr_text_putc(out, ')');
		} else if (type->kind == WR_VARCHAR) {
			wr_pgs_put_literal(out, wr_text_str(&reader.item), reader.item.len);
		} else if (!put_typed(conn, oid, false, wr_text_str(&reader.item), out)) {
			error = bad_value(oid, wr_text_str(&reader.item));
		}
	}
	wr_pgs_array_end(&reader);
	wr_text_putc(out, ']');
	return error;
}

struct wr_pgs_error *wr_pgs_param_literal(struct wr_pgs_conn *conn,
					  const struct wr_pgs_statement *statement, uint32_t i,
					  const struct wr_pgs_param *param, struct wr_text *out)
{
	uint32_t oid = statement->param_oid[i];
	const struct wr_type *type = wr_pgs_type_of(oid);
	struct wr_pgs_error *error = NULL;
	char local[WR_TIME_TEXT_MAX];
	struct wr_text text;

	if (param->data == NULL) {
		wr_text_puts(out, "CAST(NULL AS ");
		wr_type_print(out, type != NULL ? type : &WR_T_STRING);
		wr_text_putc(out, ')');
		return NULL;
	}
	wr_text_init(&text);
	error = wr_pgs_param_text(conn, oid, param, &text);
	if (error == NULL && memchr(wr_text_str(&text), 0, text.len) != NULL)
		error = wr_pgs_error_new("22021", "a text has a NUL byte");
	/* a time of JDBC's, whose type is not said, and which has a zone */
	if (error == NULL && oid == 0 && statement->param_compared[i] && text.len > 18 &&
	    text.data[4] == '-' && text.data[13] == ':' && local_of(conn, text.data, local))
		wr_text_printf(out, "'%s'", local);
	else if (error == NULL && element_of(oid) != 0)
		error = put_array(conn, element_of(oid), wr_text_str(&text), out);
	else if (error == NULL && (type == NULL || type->kind == WR_VARCHAR))
		wr_pgs_put_literal(out, wr_text_str(&text), text.len);
	else if (error == NULL &&
		 !put_typed(conn, oid, statement->param_bare[i], wr_text_str(&text), out))
		error = bad_value(oid, wr_text_str(&text));
	wr_text_release(&text);
	return error;
}
