/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_table - a table of the database as it is there: its name for statements, its columns.
 *
 * Flink gives names to PostgreSQL without quotes, which are folded to small letters there. So a
 * name is looked for in that way first, and as it is written if there is no such table or column:
 * then names with capitals can be reached as well.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "connectors/pg_client.h"

#define COLUMNS_SQL                                                                                \
	"SELECT c.oid::regclass::text, a.attname, CASE WHEN t.typtype = 'd' THEN t.typbasetype "   \
	"ELSE a.atttypid END::int8, a.atttypmod::int4, format_type(a.atttypid, a.atttypmod), "     \
	"t.typtype = 'e' FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum "  \
	"> 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid WHERE c.oid = "           \
	"to_regclass("

/* Asks for the columns of the table that a (quoted or folded) name means. */
static wr_status *ask(struct wr_pg *pg, const char *name, PGresult **out)
{
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_puts(&sql, COLUMNS_SQL);
	wr_pg_put_literal(&sql, name, strlen(name));
	wr_text_puts(&sql, ") ORDER BY a.attnum");
	status = wr_pg_exec(pg, wr_text_str(&sql), out);
	wr_text_release(&sql);
	return status;
}

/* "shop.Orders" as "shop"."Orders". */
static void quote_parts(struct wr_text *out, struct wr_arena *arena, const char *name)
{
	const char *dot;

	for (; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
		wr_pg_put_name(out, wr_arena_strndup(arena, name, (size_t)(dot - name)));
		wr_text_putc(out, '.');
	}
	wr_pg_put_name(out, name);
}

wr_status *wr_pg_table_read(struct wr_pg *pg, struct wr_arena *arena, const char *name,
			    struct wr_pg_table *out)
{
	const struct wr_pg_calls *call = &pg->target->call;
	PGresult *result;
	struct wr_text quoted;
	wr_status *status = ask(pg, name, &result);

	wr_text_init(&quoted);
	if ((status == NULL && call->PQntuples(result) == 0) ||
	    (status != NULL && status->class != WR_RETRY)) { /* no such name, or none at all */
		wr_status_free(status);
		call->PQclear(result);
		quote_parts(&quoted, arena, name);
		status = ask(pg, wr_text_str(&quoted), &result);
	}
	wr_text_release(&quoted);
	if (status != NULL)
		return status;
	*out = (struct wr_pg_table){.count = (uint32_t)call->PQntuples(result)};
	out->column = WR_NEW_ARRAY(arena, struct wr_pg_table_column, out->count + 1);
	for (uint32_t i = 0; i < out->count; i++) {
		int row = (int)i;

		out->sql_name = wr_arena_strdup(arena, call->PQgetvalue(result, row, 0));
		out->column[i] = (struct wr_pg_table_column){
		    .name = wr_arena_strdup(arena, call->PQgetvalue(result, row, 1)),
		    .type = (Oid)strtoul(call->PQgetvalue(result, row, 2), NULL, 10),
		    .modifier = (int)strtol(call->PQgetvalue(result, row, 3), NULL, 10),
		    .type_text = wr_arena_strdup(arena, call->PQgetvalue(result, row, 4)),
		    .is_enum = *call->PQgetvalue(result, row, 5) == 't',
		};
	}
	call->PQclear(result);
	if (out->count > 0)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Table '%s' (PostgreSQL %s): there is no table '%s'",
			  pg->target->table, pg->target->database, name),
	    "Create it, or mend 'table-name' ('schema.table' where it is not on the search path)");
}

/* Whether `folded` is `name` in small letters (ASCII, as the server folds). */
static bool is_folded(const char *folded, const char *name)
{
	for (; *folded != '\0' && *name != '\0'; folded++, name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if (c != *folded)
			return false;
	}
	return *folded == *name;
}

const struct wr_pg_table_column *wr_pg_table_find(const struct wr_pg_table *table, const char *name)
{
	for (uint32_t i = 0; i < table->count; i++)
		if (strcmp(table->column[i].name, name) == 0)
			return &table->column[i];
	for (uint32_t i = 0; i < table->count; i++)
		if (is_folded(table->column[i].name, name))
			return &table->column[i];
	return NULL;
}
