/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc_change - see pg_cdc.h: a change of the log as records.
 *
 *     INSERT   +I new
 *     UPDATE   -U old, +U new          upsert: +U new; before it -D old, if its key is another one
 *     DELETE   -D old                  upsert: -D the key
 *
 * While snapshots are remembered, a change counts for a row only if the snapshot of the chunk that
 * the row's key belongs to has not seen its transaction. Mostly all snapshots agree. Where they do
 * not, the server is asked in which chunk the key was, for it alone knows how keys compare; an
 * update that moves a row from one chunk to another may then count for its new row only, or its old
 * one.
 *
 * A value that was too large to be sent again (TOAST, unchanged) is taken from the old row; without
 * one the job stops, rather than show a row that never was.
 */
#include "base/mem.h"
#include "connectors/pg_cdc.h"

#define SEE_TRIES   1000  /* ten seconds, then the stream begins anew */
#define SEE_REST_US 10000 /* between two of them */

void wr_pg_cdc_changes_release(struct wr_pg_cdc_changes *changes)
{
	wr_pg_cdc_texts_release(changes->last, changes->last_count);
	wr_free(changes->attribute);
	wr_free(changes->sees);
	changes->last = NULL;
	changes->last_count = 0;
	changes->attribute = NULL;
	changes->sees = NULL;
}

void wr_pg_cdc_begin(struct wr_pg_cdc_changes *changes, const struct wr_pgo_message *message)
{
	const struct wr_pg_cdc_position *at = &changes->source->at;

	changes->xid = message->xid;
	changes->time_us = message->time_us;
	changes->sees = wr_realloc(changes->sees, (at->part_count + 1) * sizeof *changes->sees);
	changes->any_sees = false;
	changes->all_see = at->part_count > 0;
	for (uint32_t i = 0; i < at->part_count; i++) {
		changes->sees[i] = wr_pg_snapshot_sees(&at->part[i].seen, message->xid);
		changes->any_sees |= changes->sees[i];
		changes->all_see &= changes->sees[i];
	}
}

/* --- the table's shape --------------------------------------------------------------------------
 */

/* The tuple's place of a column; -1: there is none. */
static int32_t find_column(const struct wr_pgo_message *relation, const char *name)
{
	for (uint32_t i = 0; i < relation->column_count; i++)
		if (strcmp(relation->column[i].name, name) == 0)
			return (int32_t)i;
	return -1;
}

/* The same of a column of the layout. */
static int32_t place_of(const struct wr_source *source, const struct wr_pg_cdc_column *column,
			const struct wr_pgo_message *relation)
{
	return column->attribute < 0
		   ? -1
		   : find_column(relation, source->table.column[column->attribute].name);
}

static wr_status *changed(const struct wr_source *source, const char *column, const char *how)
{
	return wr_status_hint(
	    wr_pg_cdc_wrong(source, "column '%s' %s in PostgreSQL", column, how),
	    "Change the declaration and what reads the column, and go on from the last checkpoint "
	    "with --upgrade. What reads the table: %s",
	    source->host->readers);
}

/* The columns as the declaration knows them: new ones are read if they are declared; a declared one
 * that has gone or changed stops the job. */
static wr_status *compare(struct wr_source *source, const struct wr_pg_table *now)
{
	const struct wr_pg_cdc_layout *old = source->layout;

	for (uint32_t i = 0; i < old->count; i++) {
		const struct wr_pg_table_column *there = wr_pg_table_find(now, old->column[i].name);

		if (old->column[i].attribute < 0)
			continue;
		if (there == NULL)
			return changed(source, old->column[i].name, "was dropped or renamed");
		if (there->type != old->column[i].there)
			return changed(source, old->column[i].name, "has another type now");
	}
	return NULL;
}

/* Whether the message's columns are those that the layout stands on. */
static bool fits(const struct wr_pg_cdc_changes *changes, const struct wr_pgo_message *relation)
{
	const struct wr_source *source = changes->source;

	for (uint32_t i = 0; i < source->layout->count; i++) {
		const struct wr_pg_cdc_column *column = &source->layout->column[i];
		int32_t place = place_of(source, column, relation);

		if (place < 0 &&
		    (column->attribute >= 0 || find_column(relation, column->name) >= 0))
			return false;
		if (place >= 0 && relation->column[place].type != column->raw_oid)
			return false;
	}
	return true;
}

/* Changes from before a change of type cannot be read with what the table looks like now. */
static wr_status *check_types(const struct wr_source *source, const struct wr_pgo_message *relation)
{
	for (uint32_t i = 0; i < source->layout->count; i++) {
		const struct wr_pg_cdc_column *column = &source->layout->column[i];
		int32_t place = place_of(source, column, relation);

		if (place >= 0 && relation->column[place].type != column->raw_oid)
			return changed(source, column->name, "has another type now");
	}
	return NULL;
}

/* Replication sends a transaction as soon as its commit is in the log: a moment, or with
 * synchronous standbys quite a while, before others see what it has done. Whoever asks the catalog
 * about what the transaction has changed waits for that, or would be told what was before. */
static wr_status *see_transaction(struct wr_pg_cdc_changes *changes)
{
	const struct wr_source *source = changes->source;
	const struct wr_pg_calls *call = &changes->pg->target->call;

	for (uint32_t i = 0; i < SEE_TRIES && !wr_feed_stopping(source->feed); i++) {
		struct wr_pg_snapshot snapshot;
		PGresult *result;
		const char *text;
		bool sees;

		WR_TRY(wr_pg_connect(changes->pg));
		WR_TRY(wr_pg_exec(changes->pg, "SELECT pg_current_snapshot()::text", &result));
		text = call->PQgetvalue(result, 0, 0);
		if (!wr_pg_snapshot_read(&snapshot, (struct wr_str){text, strlen(text)})) {
			call->PQclear(result);
			return wr_pg_cdc_wrong(source, "the server has no snapshot");
		}
		sees = wr_pg_snapshot_sees(&snapshot, changes->xid);
		wr_pg_snapshot_release(&snapshot);
		call->PQclear(result);
		if (sees)
			return NULL;
		wr_feed_rest(source->feed, SEE_REST_US);
	}
	return wr_status_new(
	    WR_RETRY, "Table '%s': the server has logged a transaction and not yet finished it",
	    source->args->table);
}

/* The table looks different: reads it anew, and what was filled with the old layout goes. */
static wr_status *look_again(struct wr_pg_cdc_changes *changes)
{
	struct wr_source *source = changes->source;
	struct wr_pg_table now;

	WR_TRY(see_transaction(changes));
	WR_TRY(wr_pg_table_read(changes->pg, &source->arena, source->name, &now));
	WR_TRY(compare(source, &now));
	source->table = now;
	WR_TRY(wr_pg_cdc_layout(source, changes->pg, &now));
	return wr_pg_cdc_check_published(source, changes->pg);
}

/* Another table, which may be a partition whose old rows do not come whole. */
static wr_status *check_partition(struct wr_pg_cdc_changes *changes, uint32_t oid)
{
	WR_TRY(see_transaction(changes));
	return wr_pg_cdc_check_partition(changes->source, changes->pg, oid);
}

/* Whether the Relation message is of our table. One of its name that is another one was dropped;
 * what the rows that were read have seen of it does not matter. */
static wr_status *is_ours(struct wr_pg_cdc_changes *changes, const struct wr_pgo_message *message,
			  bool *ours)
{
	struct wr_source *source = changes->source;
	wr_status *status = NULL;
	struct wr_text name;
	bool named;

	wr_text_init(&name);
	wr_text_printf(&name, "%s.%s", message->schema, message->name);
	named = strcmp(wr_text_str(&name), source->real_name) == 0;
	*ours = named && message->table == source->oid;
	if (!named && message->table == source->oid)
		status = wr_pg_cdc_renamed(source, wr_text_str(&name));
	else if (named && !*ours && !changes->all_see)
		status = wr_status_hint(
		    wr_pg_cdc_wrong(source, "it was dropped and made anew"),
		    "Start the job without its checkpoints, so that the table is read anew");
	else if (!named && source->partitioned && !source->upserts && message->identity != 'f')
		status = check_partition(changes, message->table);
	wr_text_release(&name);
	return status;
}

wr_status *wr_pg_cdc_relation(struct wr_pg_cdc_changes *changes,
			      const struct wr_pgo_message *message)
{
	struct wr_source *source = changes->source;
	bool ours;

	WR_TRY(is_ours(changes, message, &ours));
	if (!ours)
		return NULL;
	changes->table = message->table;
	changes->column_count = message->column_count;
	if (!fits(changes, message))
		WR_TRY(look_again(changes));
	WR_TRY(check_types(source, message));
	changes->attribute = wr_realloc(changes->attribute,
					(source->layout->count + 1) * sizeof *changes->attribute);
	wr_pg_cdc_texts_release(changes->last, changes->last_count);
	changes->last_count = source->layout->count;
	changes->last = wr_calloc(changes->last_count + 1, sizeof *changes->last);
	for (uint32_t i = 0; i < source->layout->count; i++)
		changes->attribute[i] = place_of(source, &source->layout->column[i], message);
	for (uint32_t i = 0; i < source->key_count; i++)
		changes->key[i] = find_column(message, source->table.column[source->key[i]].name);
	return NULL;
}

/* --- which chunk a key belongs to ---------------------------------------------------------------
 */

/* Whether the tuple's key is at most the end of a part: the server says so. */
static wr_status *is_within(struct wr_pg_cdc_changes *changes, const struct wr_pgo_tuple *tuple,
			    const struct wr_pg_cdc_part *part, bool *within)
{
	const struct wr_source *source = changes->source;
	const struct wr_pg_calls *call = &changes->pg->target->call;
	const char *value[WR_PG_CDC_KEYS_MAX];
	int length[WR_PG_CDC_KEYS_MAX];
	Oid type[WR_PG_CDC_KEYS_MAX];
	struct wr_pg_params params = {
	    .count = (int)source->key_count, .type = type, .value = value, .length = length};
	struct wr_text sql;
	PGresult *result;
	wr_status *status;

	wr_text_init(&sql);
	for (uint32_t i = 0; i < source->key_count; i++) {
		const struct wr_pgo_value *key = &tuple->value[changes->key[i]];

		value[i] = key->data;
		length[i] = (int)key->len;
		type[i] = source->table.column[source->key[i]].type;
		wr_text_printf(&sql, "%s$%u", i == 0 ? "SELECT (" : ", ", i + 1);
	}
	wr_text_puts(&sql, ") <= (");
	wr_pg_cdc_put_upto(source, part, &sql);
	wr_text_puts(&sql, ")");
	status = wr_pg_connect(changes->pg);
	if (status == NULL)
		status = wr_pg_exec_params(changes->pg, wr_text_str(&sql), &params, &result);
	wr_text_release(&sql);
	if (status != NULL)
		return status;
	*within = *call->PQgetvalue(result, 0, 0) != 0;
	call->PQclear(result);
	return NULL;
}

/* Whether the row with the tuple's key was read with the change in it. */
static wr_status *was_seen(struct wr_pg_cdc_changes *changes, const struct wr_pgo_tuple *tuple,
			   bool *seen)
{
	const struct wr_pg_cdc_position *at = &changes->source->at;

	*seen = changes->all_see;
	if (changes->all_see || !changes->any_sees)
		return NULL;
	for (uint32_t i = 0; i < at->part_count; i++) {
		bool within = true;

		if (at->part[i].key_count > 0)
			WR_TRY(is_within(changes, tuple, &at->part[i], &within));
		*seen = changes->sees[i];
		if (within)
			return NULL;
	}
	return NULL;
}

/* --- records ------------------------------------------------------------------------------------
 */

static wr_status *not_sent(const struct wr_pg_cdc_changes *changes, const char *column)
{
	return wr_status_hint(
	    wr_pg_cdc_wrong(changes->source,
			    "an update did not send the value of column '%s', which is large and "
			    "has not changed",
			    column),
	    "ALTER TABLE %s REPLICA IDENTITY FULL in PostgreSQL, so that the old row comes with "
	    "it, or leave the column out",
	    changes->source->table.sql_name);
}

/* A value of a column of the layout; NULL: there is none. */
static wr_status *put_value(struct wr_pg_cdc_changes *changes, uint32_t i,
			    const struct wr_pgo_value *value)
{
	struct wr_source *source = changes->source;
	const struct wr_pg_cdc_column *column = &source->layout->column[i];

	if (value == NULL || value->kind == 'n') {
		wr_pg_cdc_value(source, NULL, 0);
		return NULL;
	}
	if (value->kind == 'u')
		return not_sent(changes, column->name);
	if (value->kind == 't' && column->oid != WR_PG_TEXT)
		return wr_pg_cdc_wrong(source, "the type of column '%s' has no binary form there",
				       column->name);
	if (column->as_text && value->kind != 't')
		return wr_pg_cdc_put_text(source, changes->pg, column, &changes->last[i],
					  (struct wr_str){value->data, value->len});
	wr_pg_cdc_value(source, value->data, value->len);
	return NULL;
}

/* One row. `old` has the values that were not sent; NULL: there is no old row. */
static wr_status *put_row(struct wr_pg_cdc_changes *changes, uint8_t kind,
			  const struct wr_pgo_tuple *tuple, const struct wr_pgo_tuple *old)
{
	struct wr_source *source = changes->source;

	wr_pg_cdc_record(source, kind, changes->time_us);
	for (uint32_t i = 0; i < source->layout->count; i++) {
		int32_t place = changes->attribute[i];
		const struct wr_pgo_value *value =
		    place >= 0 && (uint32_t)place < tuple->count ? &tuple->value[place] : NULL;

		if (value != NULL && value->kind == 'u' && old != NULL && old->is_there &&
		    !old->key_only && (uint32_t)place < old->count)
			value = &old->value[place];
		WR_TRY(put_value(changes, i, value));
	}
	return NULL;
}

/* Whether two rows have the same key. */
static bool same_key(const struct wr_pg_cdc_changes *changes, const struct wr_pgo_tuple *a,
		     const struct wr_pgo_tuple *b)
{
	for (uint32_t i = 0; i < changes->source->key_count; i++) {
		const struct wr_pgo_value *left = &a->value[changes->key[i]];
		const struct wr_pgo_value *right = &b->value[changes->key[i]];

		if (left->kind != right->kind || left->len != right->len ||
		    (left->len > 0 && memcmp(left->data, right->data, left->len) != 0))
			return false;
	}
	return true;
}

static wr_status *no_old_row(const struct wr_pg_cdc_changes *changes)
{
	return wr_status_hint(wr_pg_cdc_wrong(changes->source,
					      "a change came without the old row: its REPLICA "
					      "IDENTITY is not FULL any more"),
			      "ALTER TABLE %s REPLICA IDENTITY FULL; changes that were made "
			      "meanwhile are lost to the "
			      "job: start it without its checkpoints",
			      changes->source->table.sql_name);
}

/* The old row leaves and the new one comes, each if the snapshots have not seen it. */
static wr_status *put_update(struct wr_pg_cdc_changes *changes,
			     const struct wr_pgo_message *message)
{
	const struct wr_pgo_tuple *old = &message->before, *new = &message->after;
	bool moves = old->is_there && !same_key(changes, old, new);
	bool old_seen, new_seen;

	if (!changes->source->upserts && (!old->is_there || old->key_only))
		return no_old_row(changes);
	WR_TRY(was_seen(changes, new, &new_seen));
	old_seen = new_seen;
	if (moves)
		WR_TRY(was_seen(changes, old, &old_seen));
	if (changes->source->upserts) {
		if (moves && !old_seen)
			WR_TRY(put_row(changes, WR_DELETE, old, NULL));
		return new_seen ? NULL : put_row(changes, WR_UPDATE_AFTER, new, old);
	}
	if (!old_seen)
		WR_TRY(put_row(changes, new_seen ? WR_DELETE : WR_UPDATE_BEFORE, old, NULL));
	return new_seen ? NULL : put_row(changes, old_seen ? WR_INSERT : WR_UPDATE_AFTER, new, old);
}

/* Tuples have the columns that their Relation message has. */
static bool is_whole(const struct wr_pg_cdc_changes *changes, const struct wr_pgo_tuple *tuple)
{
	return !tuple->is_there || tuple->count == changes->column_count;
}

wr_status *wr_pg_cdc_change(struct wr_pg_cdc_changes *changes, const struct wr_pgo_message *message)
{
	const struct wr_source *source = changes->source;
	bool seen;

	if (changes->all_see)
		return NULL;
	if (!is_whole(changes, &message->before) || !is_whole(changes, &message->after))
		return wr_pg_cdc_wrong(source, "a change came with another number of columns");
	for (uint32_t i = 0; i < source->key_count; i++)
		if (changes->key[i] < 0)
			return changed(source, source->table.column[source->key[i]].name,
				       "was dropped from the primary key");
	switch (message->kind) {
	case WR_PGO_INSERT:
		WR_TRY(was_seen(changes, &message->after, &seen));
		return seen ? NULL : put_row(changes, WR_INSERT, &message->after, NULL);
	case WR_PGO_UPDATE: return put_update(changes, message);
	default:
		if (!source->upserts && message->before.key_only)
			return no_old_row(changes);
		WR_TRY(was_seen(changes, &message->before, &seen));
		return seen ? NULL : put_row(changes, WR_DELETE, &message->before, NULL);
	}
}
