/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc_table - see pg_cdc.h: the table, its publication and its slot, as they are and as they
 * have to be.
 *
 * The slot is made before anything is read. A slot that is there already is gone on with: what it
 * has kept from before the snapshot is not counted, since the snapshot has seen it. But a job that
 * goes on from a checkpoint needs the slot that it had: a new one would have a gap.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "connectors/pg_cdc.h"

wr_status *wr_pg_cdc_wrong(const struct wr_source *source, const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	return wr_status_new(WR_USER_ERROR, "Table '%s' (PostgreSQL %s, %s): %s",
			     source->args->table, source->target.database, source->name, text);
}

wr_status *wr_pg_cdc_renamed(const struct wr_source *source, const char *name)
{
	return wr_status_hint(
	    wr_pg_cdc_wrong(source, "it was renamed to %s", name),
	    "Rename it back; or name it so in 'table-name' ('schema-name'), keep 'slot.name' = "
	    "'%s' and 'publication.name' = '%s', and go on from the last checkpoint",
	    source->slot, source->publication);
}

void wr_pg_cdc_put_key(const struct wr_source *source, struct wr_text *sql)
{
	for (uint32_t i = 0; i < source->key_count; i++) {
		wr_text_puts(sql, i > 0 ? ", " : "");
		wr_pg_put_name(sql, source->table.column[source->key[i]].name);
	}
}

void wr_pg_cdc_put_upto(const struct wr_source *source, const struct wr_pg_cdc_part *part,
			struct wr_text *sql)
{
	WR_ASSERT(part->key_count == source->key_count);
	for (uint32_t i = 0; i < part->key_count; i++) {
		wr_text_puts(sql, i > 0 ? ", " : "");
		wr_pg_put_literal(sql, wr_text_str(&part->upto[i]), part->upto[i].len);
		wr_text_printf(sql, "::%s", source->table.column[source->key[i]].type_text);
	}
}

/* A query whose text is put together with a name or two as literals; %s in the format. */
static wr_status *ask(struct wr_pg *pg, PGresult **out, const char *before, const char *literal,
		      const char *behind)
{
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_puts(&sql, before);
	wr_pg_put_literal(&sql, literal, strlen(literal));
	wr_text_puts(&sql, behind);
	status = wr_pg_exec(pg, wr_text_str(&sql), out);
	wr_text_release(&sql);
	return status;
}

/* The table's name as Relation messages have it, its number, and whether it has partitions. */
static wr_status *read_name(struct wr_source *source, struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	PGresult *result;
	char kind;

	WR_TRY(ask(pg, &result,
		   "SELECT n.nspname || '.' || c.relname, c.oid::int8, c.relkind, "
		   "current_database() FROM "
		   "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = ",
		   source->table.sql_name, "::regclass"));
	source->real_name = wr_arena_strdup(&source->arena, call->PQgetvalue(result, 0, 0));
	source->oid = (uint32_t)strtoul(call->PQgetvalue(result, 0, 1), NULL, 10);
	kind = *call->PQgetvalue(result, 0, 2);
	source->partitioned = kind == 'p';
	if (*source->database == '\0') /* it is said in the url */
		source->database = wr_arena_strdup(&source->arena, call->PQgetvalue(result, 0, 3));
	call->PQclear(result);
	if (kind == 'r' || kind == 'p' || source->startup == WR_PG_CDC_SNAPSHOT)
		return NULL;
	return wr_status_hint(
	    wr_pg_cdc_wrong(source, "it is a view or the like: only tables tell their changes"),
	    "Read the tables that it is made of");
}

/* The columns of the primary key, in its order. */
static wr_status *read_key(struct wr_source *source, struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	PGresult *result;

	WR_TRY(ask(pg, &result,
		   "SELECT a.attname FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey::int2[]) "
		   "WITH ORDINALITY AS k(number, place) JOIN pg_attribute a ON a.attrelid = "
		   "i.indrelid AND a.attnum = k.number WHERE i.indisprimary AND i.indrelid = ",
		   source->table.sql_name, "::regclass ORDER BY k.place"));
	source->key_count = 0;
	for (int row = 0; row < call->PQntuples(result); row++)
		for (uint32_t i = 0; i < source->table.count; i++)
			if (source->key_count < WR_PG_CDC_KEYS_MAX &&
			    strcmp(source->table.column[i].name,
				   call->PQgetvalue(result, row, 0)) == 0)
				source->key[source->key_count++] = i;
	call->PQclear(result);
	return NULL;
}

static wr_status *not_full(const struct wr_source *source, const char *table)
{
	return wr_status_hint(
	    wr_pg_cdc_wrong(source,
			    "updates and deletes of %s come without the old row: its REPLICA "
			    "IDENTITY is not FULL",
			    table),
	    "ALTER TABLE %s REPLICA IDENTITY FULL in PostgreSQL, or declare a PRIMARY KEY here and "
	    "set 'changelog-mode' = 'upsert'",
	    table);
}

/* Without the old rows updates and deletes cannot be told in full. Of a table with partitions the
 * identity of the one counts that tells least. */
static wr_status *check_identity(struct wr_source *source, struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	const char *table;
	PGresult *result;
	char identity;

	WR_TRY(ask(pg, &result, "SELECT c.relreplident::text, c.oid::regclass::text FROM (SELECT ",
		   source->table.sql_name,
		   "::regclass AS root) r JOIN pg_class c ON c.oid = r.root OR c.oid IN (SELECT "
		   "relid FROM pg_partition_tree(r.root)) ORDER BY strpos('ndif', "
		   "c.relreplident::text), c.oid LIMIT 1"));
	identity = call->PQntuples(result) == 1 ? *call->PQgetvalue(result, 0, 0) : '?';
	table = wr_arena_strdup(&source->arena, call->PQgetvalue(result, 0, 1));
	call->PQclear(result);
	if (source->startup == WR_PG_CDC_SNAPSHOT || identity == 'f')
		return NULL;
	if (!source->upserts)
		return not_full(source, table);
	if (identity == 'n' || (identity == 'd' && source->key_count == 0))
		return wr_status_hint(
		    wr_pg_cdc_wrong(source, "deletes come without a key: it has no PRIMARY KEY, or "
					    "REPLICA IDENTITY NOTHING"),
		    "Give it a primary key, or ALTER TABLE %s REPLICA IDENTITY FULL", table);
	return NULL;
}

wr_status *wr_pg_cdc_check_partition(const struct wr_source *source, struct wr_pg *pg, uint32_t oid)
{
	const struct wr_pg_calls *call = &pg->target->call;
	wr_status *status = NULL;
	struct wr_text sql;
	PGresult *result;

	wr_text_init(&sql);
	wr_text_printf(&sql,
		       "SELECT relreplident = 'f', oid::regclass::text FROM pg_class WHERE oid = "
		       "%u AND oid IN (SELECT relid FROM pg_partition_tree(%u))",
		       oid, source->oid);
	WR_TRY_OUT(status, wr_pg_connect(pg));
	WR_TRY_OUT(status, wr_pg_exec(pg, wr_text_str(&sql), &result));
	if (call->PQntuples(result) == 1 && *call->PQgetvalue(result, 0, 0) != 't')
		status = not_full(source, call->PQgetvalue(result, 0, 1));
	call->PQclear(result);
out:
	wr_text_release(&sql);
	return status;
}

/* The numbers of the columns' types, without looking through domains. */
static wr_status *read_raw_types(struct wr_pg *pg, const struct wr_pg_table *table,
				 struct wr_pg_cdc_layout *layout)
{
	const struct wr_pg_calls *call = &pg->target->call;
	PGresult *result;

	WR_TRY(
	    ask(pg, &result,
		"SELECT attname, atttypid::int8::text FROM pg_attribute WHERE attnum > 0 AND NOT "
		"attisdropped AND attrelid = ",
		table->sql_name, "::regclass"));
	for (uint32_t i = 0; i < layout->count; i++)
		for (int row = 0; row < call->PQntuples(result); row++)
			if (layout->column[i].attribute >= 0 &&
			    strcmp(table->column[layout->column[i].attribute].name,
				   call->PQgetvalue(result, row, 0)) == 0)
				layout->column[i].raw_oid =
				    (uint32_t)strtoul(call->PQgetvalue(result, row, 1), NULL, 10);
	call->PQclear(result);
	return NULL;
}

/* How values of the database's column are read as the declared one; false: they cannot be. */
static bool take_type(struct wr_pg_cdc_column *column, const struct wr_pg_table_column *there)
{
	bool array = column->type->kind == WR_ARRAY;
	enum wr_pg_fit fit;

	column->there = there->type;
	column->oid = there->is_enum ? WR_PG_TEXT : there->type;
	fit = wr_pg_read_fit(column->oid, false, column->type);
	if (fit == WR_PG_AS_TEXT && (!array || strstr(there->type_text, "[]") != NULL)) {
		column->as_text = true;
		column->oid = wr_pg_oid_of(column->type);
		fit = WR_PG_FITS;
	}
	return fit == WR_PG_FITS;
}

wr_status *wr_pg_cdc_layout(struct wr_source *source, struct wr_pg *pg,
			    const struct wr_pg_table *table)
{
	const struct wr_connector_args *args = source->args;
	struct wr_pg_cdc_layout *layout = WR_NEW(&source->arena, struct wr_pg_cdc_layout);

	layout->column =
	    WR_NEW_ARRAY(&source->arena, struct wr_pg_cdc_column, args->wanted_count + 1);
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		const struct wr_field *field = &args->schema->field[args->wanted[i]];
		struct wr_pg_cdc_column *column = &layout->column[layout->count];
		const struct wr_pg_table_column *there;

		if (args->wanted[i] >= args->physical_count)
			continue;
		layout->count++;
		*column = (struct wr_pg_cdc_column){
		    .name = field->name, .type = field->type, .attribute = -1};
		there = wr_pg_table_find(table, field->name);
		if (there == NULL)
			continue;
		column->attribute = (int32_t)(there - table->column);
		if (!take_type(column, there))
			return wr_status_hint(
			    wr_pg_cdc_wrong(source,
					    "column '%s' has the type %s there, which cannot be "
					    "read as it is declared",
					    field->name, there->type_text),
			    "Declare the column with the type that the manual gives for it "
			    "(STRING takes any), or leave it out");
	}
	WR_TRY(read_raw_types(pg, table, layout));
	source->layout = layout;
	return NULL;
}

/* Columns that are declared and not there: perhaps they come later. */
static void notice_missing(struct wr_source *source)
{
	struct wr_text text;

	for (uint32_t i = 0; i < source->layout->count; i++) {
		if (source->layout->column[i].attribute >= 0)
			continue;
		wr_text_init(&text);
		wr_text_printf(
		    &text,
		    "column '%s' is not there in PostgreSQL's table %s: it is NULL until "
		    "it is added",
		    source->layout->column[i].name, source->name);
		wr_host_notice(source->host, wr_text_str(&text));
		wr_text_release(&text);
	}
}

/* Asks about the publication: whether it is there, has the table, and tells of the rows of
 * partitions as rows of the table that they belong to. */
static wr_status *ask_publication(const struct wr_source *source, struct wr_pg *pg,
				  PGresult **result)
{
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_printf(&sql,
		       "SELECT count(*) > 0, coalesce(bool_or(EXISTS (SELECT 1 FROM "
		       "pg_publication_tables t JOIN pg_namespace n ON n.nspname = t.schemaname "
		       "JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename "
		       "WHERE t.pubname = p.pubname AND (c.oid = %u OR c.oid IN (SELECT relid FROM "
		       "pg_partition_tree(%u))))), false), coalesce(bool_or(p.pubviaroot), false), "
		       "(SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n "
		       "ON n.oid = c.relnamespace WHERE c.oid = %u) FROM pg_publication p WHERE "
		       "p.pubname = ",
		       source->oid, source->oid, source->oid);
	wr_pg_put_literal(&sql, source->publication, strlen(source->publication));
	status = wr_pg_exec(pg, wr_text_str(&sql), result);
	wr_text_release(&sql);
	return status;
}

static wr_status *make_publication(const struct wr_source *source, struct wr_pg *pg)
{
	struct wr_text sql;
	wr_status *status;

	wr_text_init(&sql);
	wr_text_puts(&sql, "CREATE PUBLICATION ");
	wr_pg_put_name(&sql, source->publication);
	wr_text_printf(&sql, " FOR TABLE %s%s%s", source->partitioned ? "" : "ONLY ",
		       source->table.sql_name,
		       source->partitioned ? " WITH (publish_via_partition_root = true)" : "");
	status = wr_pg_exec(pg, wr_text_str(&sql), NULL);
	wr_text_release(&sql);
	return status;
}

/* Whether a column of the database's table is one that is read. */
static bool is_read(const struct wr_source *source, const char *name)
{
	const struct wr_pg_cdc_layout *layout = source->layout;

	for (uint32_t i = 0; i < layout->count; i++)
		if (layout->column[i].attribute >= 0 &&
		    strcmp(source->table.column[layout->column[i].attribute].name, name) == 0)
			return true;
	return false;
}

/* What of a publication would be missing without a word. `result`: of wr_pg_cdc_check_published. */
static wr_status *check_published(const struct wr_source *source, const struct wr_pg_calls *call,
				  const PGresult *result)
{
	const char *name = source->publication;

	if (call->PQntuples(result) == 0)
		return NULL; /* it is not there any more: the next heartbeat says so */
	if (*call->PQgetvalue(result, 0, 0) != 't')
		return wr_status_hint(
		    wr_pg_cdc_wrong(source, "the publication '%s' leaves out kinds of changes",
				    name),
		    "ALTER PUBLICATION %s SET (publish = 'insert, update, delete, truncate')",
		    name);
	if (*call->PQgetvalue(result, 0, 1) == 't')
		return wr_status_hint(
		    wr_pg_cdc_wrong(source, "the publication '%s' leaves out rows, by its WHERE",
				    name),
		    "Publish the table without WHERE, and write the condition into the query");
	for (int row = 0; row < call->PQntuples(result); row++)
		if (!call->PQgetisnull(result, row, 2) &&
		    is_read(source, call->PQgetvalue(result, row, 2)))
			return wr_status_hint(
			    wr_pg_cdc_wrong(source,
					    "changes come without the value of column '%s': it is "
					    "generated, or not in the publication '%s'",
					    call->PQgetvalue(result, row, 2), name),
			    "Leave the column out of the declaration (what is generated can be "
			    "computed there: name AS expression), or publish it");
	return NULL;
}

wr_status *wr_pg_cdc_check_published(const struct wr_source *source, struct wr_pg *pg)
{
	wr_status *status;
	struct wr_text sql;
	PGresult *result;

	wr_text_init(&sql);
	wr_text_printf(
	    &sql,
	    "SELECT p.pubinsert AND p.pubupdate AND p.pubdelete AND (p.pubtruncate OR %s), "
	    "to_jsonb(t) ->> 'rowfilter' IS NOT NULL, a.attname FROM pg_publication p JOIN "
	    "pg_publication_tables t ON t.pubname = p.pubname JOIN pg_namespace n ON n.nspname = "
	    "t.schemaname JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename "
	    "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT "
	    "a.attisdropped AND (NOT coalesce(to_jsonb(t) -> 'attnames' ? a.attname, true) OR "
	    "(a.attgenerated <> '' AND coalesce(to_jsonb(p) ->> 'pubgencols', 'n') = 'n')) WHERE "
	    "c.oid = %u AND p.pubname = ",
	    source->truncate_skips ? "true" : "false", source->oid);
	wr_pg_put_literal(&sql, source->publication, strlen(source->publication));
	status = wr_pg_exec(pg, wr_text_str(&sql), &result);
	wr_text_release(&sql);
	if (status != NULL)
		return status;
	status = check_published(source, &pg->target->call, result);
	pg->target->call.PQclear(result);
	return status;
}

/* Makes the publication if there is none of this name; one that is there must have the table. */
static wr_status *ensure_publication(struct wr_source *source, struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	bool exists, has_table, by_root;
	PGresult *result;

	WR_TRY(ask_publication(source, pg, &result));
	exists = *call->PQgetvalue(result, 0, 0) == 't';
	has_table = *call->PQgetvalue(result, 0, 1) == 't';
	by_root = *call->PQgetvalue(result, 0, 2) == 't';
	call->PQclear(result);
	if (!exists)
		return make_publication(source, pg);
	if (!has_table)
		return wr_status_hint(
		    wr_pg_cdc_wrong(source, "the publication '%s' is there without this table",
				    source->publication),
		    "ALTER PUBLICATION %s ADD TABLE %s, or name another one in 'publication.name'",
		    source->publication, source->table.sql_name);
	if (source->partitioned && !by_root)
		return wr_status_hint(
		    wr_pg_cdc_wrong(source,
				    "the publication '%s' tells of its partitions, not of the "
				    "table",
				    source->publication),
		    "ALTER PUBLICATION %s SET (publish_via_partition_root = true)",
		    source->publication);
	return NULL;
}

wr_status *wr_pg_cdc_still_there(const struct wr_source *source, struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	wr_status *status = NULL;
	PGresult *result;

	WR_TRY(wr_pg_connect(pg));
	WR_TRY(ask_publication(source, pg, &result));
	if (call->PQgetisnull(result, 0, 3))
		status = wr_status_hint(wr_pg_cdc_wrong(source, "it was dropped"),
					"Start the job without its checkpoints when it is there "
					"again, so that it is read anew");
	else if (strcmp(call->PQgetvalue(result, 0, 3), source->real_name) != 0)
		status = wr_pg_cdc_renamed(source, call->PQgetvalue(result, 0, 3));
	else if (*call->PQgetvalue(result, 0, 1) != 't')
		status = wr_status_hint(
		    wr_pg_cdc_wrong(source, "the publication '%s' does not have it any more",
				    source->publication),
		    "ALTER PUBLICATION %s ADD TABLE %s; changes that were made meanwhile are lost "
		    "to the job: start it without its checkpoints",
		    source->publication, source->table.sql_name);
	call->PQclear(result);
	return status;
}

/* A slot is there: whether it can be used, and where it stands. */
static wr_status *read_slot(struct wr_source *source, struct wr_pg *pg, const PGresult *result)
{
	const struct wr_pg_calls *call = &pg->target->call;
	uint64_t lsn;

	if (strcmp(call->PQgetvalue(result, 0, 0), "pgoutput") != 0 ||
	    *call->PQgetvalue(result, 0, 2) != 't')
		return wr_status_hint(
		    wr_pg_cdc_wrong(source,
				    "the replication slot '%s' is of another database or "
				    "plugin",
				    source->slot),
		    "Name another one in 'slot.name', or drop it with SELECT "
		    "pg_drop_replication_slot('%s')",
		    source->slot);
	if (*call->PQgetvalue(result, 0, 3) == 't')
		return wr_status_hint(
		    wr_pg_cdc_wrong(source,
				    "the replication slot '%s' has lost part of its log: it "
				    "was behind for too long (max_slot_wal_keep_size)",
				    source->slot),
		    "Drop it with SELECT pg_drop_replication_slot('%s') and start the job without "
		    "its checkpoints, so that the table is read anew",
		    source->slot);
	if (call->PQgetisnull(result, 0, 1) ||
	    !wr_pgo_lsn_read(call->PQgetvalue(result, 0, 1), &lsn)) {
		/* Its making waits for transactions: that of a job that was killed meanwhile, too.
		 */
		wr_status *status = wr_pg_cdc_wrong(
		    source, "the replication slot '%s' is still being made", source->slot);

		status->class = WR_RETRY;
		return status;
	}
	if (!source->at.started) {
		source->at.started = true;
		source->at.lsn = lsn;
	}
	return NULL;
}

/* Makes the slot, which waits until the transactions that are under way have ended: in its own
 * time. */
static wr_status *make_slot(struct wr_source *source, struct wr_pg *pg, PGresult **result)
{
	int64_t answer_ms = source->target.answer_ms;
	wr_status *status;

	source->target.answer_ms = 0;
	status = ask(pg, result, "SELECT lsn::text FROM pg_create_logical_replication_slot(",
		     source->slot, ", 'pgoutput')");
	source->target.answer_ms = answer_ms;
	return status;
}

/* Makes the slot if it is not there. */
static wr_status *ensure_slot(struct wr_source *source, struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	bool was_started = source->at.started;
	PGresult *result;
	wr_status *status;
	int rows;

	WR_TRY(
	    ask(pg, &result,
		"SELECT plugin, confirmed_flush_lsn::text, database = current_database(), "
		"coalesce(wal_status = 'lost', false) FROM pg_replication_slots WHERE slot_name = ",
		source->slot, ""));
	rows = call->PQntuples(result);
	status = rows > 0 ? read_slot(source, pg, result) : NULL;
	call->PQclear(result);
	if (rows > 0 || status != NULL)
		return status;
	if (was_started)
		return wr_status_hint(
		    wr_pg_cdc_wrong(source,
				    "the replication slot '%s' that the job goes on with is "
				    "not there any more: changes may be missing",
				    source->slot),
		    "Start the job without its checkpoints, so that the table is read anew");
	WR_TRY(make_slot(source, pg, &result));
	if (!wr_pgo_lsn_read(call->PQgetvalue(result, 0, 0), &source->at.lsn))
		status =
		    wr_pg_cdc_wrong(source, "the new replication slot has no place in the log");
	source->at.started = status == NULL;
	call->PQclear(result);
	return status;
}

/* 'latest-offset': what was before now is not read, nor are the rows. */
static wr_status *skip_rows(struct wr_source *source, struct wr_pg *pg)
{
	const struct wr_pg_calls *call = &pg->target->call;
	PGresult *result;
	wr_status *status = NULL;

	source->at.snapshot_done = true;
	if (source->startup != WR_PG_CDC_LATEST)
		return NULL;
	WR_TRY(wr_pg_exec(pg, "SELECT pg_current_wal_insert_lsn()::text", &result));
	if (!wr_pgo_lsn_read(call->PQgetvalue(result, 0, 0), &source->at.lsn))
		status = wr_pg_cdc_wrong(source, "the server does not say where its log ends");
	call->PQclear(result);
	return status;
}

wr_status *wr_pg_cdc_prepare(struct wr_source *source, struct wr_pg *pg)
{
	bool first = !source->at.started;

	WR_TRY(wr_pg_table_read(pg, &source->arena, source->name, &source->table));
	WR_TRY(read_name(source, pg));
	WR_TRY(read_key(source, pg));
	WR_TRY(check_identity(source, pg));
	WR_TRY(wr_pg_cdc_layout(source, pg, &source->table));
	if (first)
		notice_missing(source);
	for (uint32_t i = 0; i < source->at.part_count; i++)
		if (source->at.part[i].key_count != 0 &&
		    source->at.part[i].key_count != source->key_count)
			return wr_pg_cdc_wrong(source,
					       "its primary key is another one than when the "
					       "rows were begun to be read");
	if (source->startup == WR_PG_CDC_SNAPSHOT) {
		source->at.started = true;
		return NULL;
	}
	WR_TRY(ensure_publication(source, pg));
	WR_TRY(wr_pg_cdc_check_published(source, pg));
	WR_TRY(ensure_slot(source, pg));
	return first && source->startup != WR_PG_CDC_INITIAL ? skip_rows(source, pg) : NULL;
}
