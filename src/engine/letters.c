/* SPDX-License-Identifier: Apache-2.0
 *
 * letters - see letters.h.
 */
#include "engine/letters.h"

#include "analyze/option.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "connectors/letters.h"
#include "connectors/registry.h"
#include "engine/prepared.h"

/* --- ways */

/* The registry of the session gets the connector that reads letters. */
static void add_connector(struct wr_session *session)
{
	const struct wr_connector *const *from = session->registry.connectors;
	const struct wr_connector **list;
	uint32_t count = 0;

	while (from[count] != NULL)
		count++;
	list = wr_calloc(count + 2, sizeof *list);
	memcpy(list, from, count * sizeof *list);
	list[count] = &wr_connector_letters;
	session->registry.connectors = list;
	session->letters.connectors = list;
}

void wr_session_look(struct wr_session *session, const char *dead)
{
	session->letters.look = true;
	session->letters.dead = dead;
}

void wr_session_look_done(struct wr_session *session)
{
	session->letters.look = false;
}

void wr_session_replay(struct wr_session *session, const char *table, const char *file)
{
	WR_ASSERT(session->letters.connectors == NULL);
	add_connector(session);
	session->letters.table = table;
	session->letters.file = file;
}

void wr_letters_release(struct wr_session *session)
{
	wr_free(session->letters.connectors);
	session->letters.connectors = NULL;
}

const char *wr_letters_suffix(const struct wr_session *session)
{
	return session->letters.file != NULL ? WR_LETTERS_SUFFIX : "";
}

/* --- the script */

static const char *given(const struct wr_table *table, const char *key)
{
	for (uint32_t i = 0; i < table->given_count; i++)
		if (strcmp(table->given[i].key, key) == 0)
			return table->given[i].value;
	return NULL;
}

/* The table gives the letters of a file: the options of its own connector go. */
static wr_status *replace_source(struct wr_session *session, struct wr_table *table)
{
	const struct wr_connector *own = table->connector;
	struct wr_given *list =
	    WR_NEW_ARRAY(&table->arena, struct wr_given, table->given_count + 1);
	uint32_t count = 0;

	if (table->format == NULL || !table->format->messages || own->upserts)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->pos,
				 "Dead letters of table '%s' cannot be replayed: %s", table->name,
				 table->format == NULL ? "it has no format that reads bytes"
				 : own->upserts        ? "its rows replace each other by key"
						       : "its format reads files only"),
		    "Write them back to where they came from, with --into TABLE");
	for (uint32_t i = 0; i < table->given_count; i++)
		if (strcmp(table->given[i].key, "connector") != 0 &&
		    wr_option_find(own->options, own->option_count, table->given[i].key) == NULL)
			list[count++] = table->given[i];
	list[count++] = (struct wr_given){
	    .key = "connector", .value = wr_connector_letters.name, .pos = table->pos};
	list = memcpy(WR_NEW_ARRAY(&table->arena, struct wr_given, count + 1), list,
		      count * sizeof *list);
	list[count++] =
	    (struct wr_given){.key = "letters",
			      .value = wr_arena_strdup(&table->arena, session->letters.file),
			      .pos = table->pos};
	table->given = list;
	table->given_count = count;
	table->connector = &wr_connector_letters;
	return NULL;
}

/* Particulars of letters that are declared as METADATA were written as ordinary columns, and are
 * read so; but for what the connector itself keeps of a row, as the timestamp of a message. */
static void plain_columns(struct wr_table *table)
{
	for (uint32_t i = 0; i < table->column_count; i++) {
		struct wr_table_column *column = &table->column[i];
		const struct wr_metadata_column *own;

		if (column->role != WR_COL_METADATA || column->is_virtual)
			continue;
		own = wr_metadata_find(table->connector, table->format, column->metadata_key);
		if (own == NULL || (table->connector->messages && !own->writable))
			column->role = WR_COL_PHYSICAL;
	}
}

/* Sinks that commit exactly once are known by a name: who comes later with the same one takes over.
 * A replay has names of its own, so that the job itself may run beside it, and finds its own
 * commits when it goes on. */
static void own_names(struct wr_table *table)
{
	static const char *const keys[] = {"sink.transactional-id-prefix", "sink.id"};
	size_t suffix = strlen(WR_LETTERS_SUFFIX);
	struct wr_given *list =
	    WR_NEW_ARRAY(&table->arena, struct wr_given, table->given_count + 1);

	for (uint32_t i = 0; i < table->given_count; i++) {
		const char *value = table->given[i].value;
		size_t len = strlen(value);

		list[i] = table->given[i];
		if (strcmp(list[i].key, keys[0]) != 0 && strcmp(list[i].key, keys[1]) != 0)
			continue;
		if (len < suffix || strcmp(value + len - suffix, WR_LETTERS_SUFFIX) != 0)
			list[i].value =
			    wr_arena_printf(&table->arena, "%s%s", value, WR_LETTERS_SUFFIX);
	}
	table->given = list;
}

wr_status *wr_letters_declared(struct wr_session *session, const char *name)
{
	const struct wr_session_letters *letters = &session->letters;
	struct wr_table *table;
	wr_status *status = NULL, *added;

	if (letters->file == NULL)
		return NULL;
	table = wr_catalog_take(session->catalog, name);
	WR_ASSERT(table != NULL);
	if (!table->is_view)
		own_names(table);
	if (!table->is_view && letters->table != NULL && strcmp(letters->table, name) == 0)
		status = replace_source(session, table);
	added = wr_catalog_add(session->catalog, table);
	if (status != NULL)
		wr_status_free(added);
	return status != NULL ? status : added;
}

bool wr_letters_skip(const struct wr_session *session, const struct wr_ast_stmt *stmt)
{
	const struct wr_session_letters *letters = &session->letters;

	switch (stmt->kind) {
	case WR_AST_INSERT:
	case WR_AST_STATEMENT_SET: return letters->look;
	case WR_AST_CREATE_MATERIALIZED: /* its rows are those of one job */
		return (letters->look || letters->file != NULL) &&
		       session->materialize != WR_MATERIALIZE_DECLARE;
	case WR_AST_SELECT:
	case WR_AST_EXPLAIN:
	case WR_AST_EXPLAIN_WHY:
	case WR_AST_DESCRIBE_JOB:
	case WR_AST_STOP_JOB:
	case WR_AST_SHOW:
	case WR_AST_DESCRIBE: return letters->look || letters->table != NULL;
	default: return false;
	}
}

/* Looks for the replayed table below, and for another one that does not end. */
static void find_scans(const struct wr_node *node, const char *name, bool *found,
		       const struct wr_node **endless)
{
	if (node->kind == WR_N_SCAN) {
		const struct wr_connector *connector = node->u.scan.table->connector;
		bool bounded = connector->is_bounded != NULL
				   ? connector->is_bounded(node->u.scan.args)
				   : connector->bounded;

		if (strcmp(node->u.scan.table->name, name) == 0)
			*found = true;
		else if (!bounded)
			*endless = node;
	}
	for (uint32_t i = 0; i < node->input_count; i++)
		find_scans(node->input[i], name, found, endless);
}

/* A replay is a job of its own, beside the one whose letters they are. */
static wr_status *own_checkpoints(struct wr_session *session)
{
	WR_TRY(wr_options_reset(&session->settings, "execution.checkpointing.dir"));
	return wr_options_reset(&session->settings, "execution.state-recovery.path");
}

wr_status *wr_letters_planned(struct wr_session *session, struct wr_plan *plan)
{
	const char *name = session->letters.table;
	const struct wr_node *endless = NULL;
	bool found = false;

	if (name == NULL || plan->root_count == 0)
		return NULL;
	find_scans(plan->root[plan->root_count - 1], name, &found, &endless);
	if (!found) {
		plan->root_count--;
		return NULL;
	}
	session->letters.statements++;
	WR_TRY(own_checkpoints(session));
	if (endless == NULL)
		return NULL;
	return wr_status_hint(
	    wr_status_at(
		WR_USER_ERROR, endless->pos,
		"Letters of table '%s' cannot be replayed here: the query reads '%s', too, "
		"which does not end",
		name, endless->u.scan.table->name),
	    "Write them back to where they came from, with --into TABLE, for the running job");
}

/* --- the table of dead letters */

wr_status *wr_letters_table(struct wr_session *session, const char *table, const char **dead)
{
	const struct wr_table *source =
	    table != NULL ? wr_catalog_find(session->catalog, table) : NULL;
	const char *name = session->letters.dead;

	if (table != NULL && source == NULL)
		return wr_catalog_unknown(session->catalog, table, (struct wr_pos){0});
	if (name == NULL && source != NULL)
		name = given(source, "error-handling.log.target");
	if (name == NULL)
		name = wr_options_str(&session->settings, "error-handling.log.target");
	for (uint32_t i = 0; name == NULL && i < wr_catalog_count(session->catalog); i++)
		name = given(wr_catalog_at(session->catalog, i), "error-handling.log.target");
	if (name == NULL || *name == '\0')
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The script names no table of dead letters"),
		    "Give it with --from TABLE, or set 'error-handling.log.target' in the script");
	if (wr_catalog_find(session->catalog, name) == NULL)
		return wr_catalog_unknown(session->catalog, name, (struct wr_pos){0});
	*dead = name;
	plain_columns((struct wr_table *)wr_catalog_find(session->catalog, name));
	return NULL;
}

const char *wr_letters_path(struct wr_session *session, const char *dead)
{
	const struct wr_table *table = wr_catalog_find(session->catalog, dead);

	return strcmp(table->connector->name, "filesystem") == 0 ? given(table, "path") : NULL;
}

uint32_t wr_letters_statements(const struct wr_session *session)
{
	return session->letters.statements;
}

/* The same word, but for case and the difference between '-' and '_'. */
static bool same_word(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		char x = *a == '_' ? '-' : *a, y = *b == '_' ? '-' : *b;

		if ((x | 0x20) != (y | 0x20) && x != y)
			return false;
	}
	return *a == *b;
}

/* The column that holds what `key` stands for, or NULL. */
static const struct wr_table_column *column_of(const struct wr_table *table, const char *key)
{
	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct wr_table_column *column = &table->column[i];
		const char *own =
		    column->metadata_key != NULL ? column->metadata_key : column->name;

		if (column->role != WR_COL_COMPUTED && same_word(own, key))
			return column;
	}
	return NULL;
}

/* Appends a name in backquotes. */
static void put_name(struct wr_text *sql, const char *name)
{
	wr_text_putc(sql, '`');
	for (; *name != '\0'; name++)
		wr_text_puts(sql, *name == '`' ? "``" : (char[]){*name, '\0'});
	wr_text_putc(sql, '`');
}

static void put_string(struct wr_text *sql, const char *text)
{
	wr_text_putc(sql, '\'');
	for (; *text != '\0'; text++)
		wr_text_puts(sql, *text == '\'' ? "''" : (char[]){*text, '\0'});
	wr_text_putc(sql, '\'');
}

/* The table in FROM; a topic is read up to where it ends now, but for letters of transactions that
 * did not come about. */
static void put_from(struct wr_text *sql, const struct wr_table *table)
{
	wr_text_puts(sql, " FROM ");
	put_name(sql, table->name);
	if (strcmp(table->connector->name, "kafka") == 0)
		wr_text_puts(sql, " /*+ OPTIONS('scan.startup.mode' = 'earliest-offset', "
				  "'scan.bounded.mode' = 'latest-offset', "
				  "'properties.isolation.level' = 'read_committed') */");
}

/* The column, as text or as a number; NULL where there is none. */
static void put_column(struct wr_text *sql, const struct wr_table *table, const char *key,
		       bool number)
{
	const struct wr_table_column *column = column_of(table, key);

	if (column == NULL && strcmp(key, "origin") == 0) {
		const struct wr_table_column *file = column_of(table, "file");

		column = column_of(table, "topic");
		if (column != NULL && file != NULL) { /* a letter has one of them */
			wr_text_puts(sql, "COALESCE(");
			put_name(sql, column->name);
			wr_text_puts(sql, ", ");
			put_name(sql, file->name);
			wr_text_putc(sql, ')');
			return;
		}
		column = column != NULL ? column : file;
	}
	if (column == NULL) {
		wr_text_puts(sql, number ? "CAST(NULL AS BIGINT)" : "CAST(NULL AS STRING)");
		return;
	}
	number =
	    number && column->type->kind != WR_TIMESTAMP && column->type->kind != WR_TIMESTAMP_LTZ;
	if (number)
		wr_text_puts(sql, "CAST(");
	put_name(sql, column->name);
	if (number)
		wr_text_puts(sql, " AS BIGINT)");
}

wr_status *wr_letters_query(struct wr_session *session, const char *dead, struct wr_text *sql)
{
	static const char *const keys[WR_LETTER_COLUMNS] = {[WR_LETTER_RAW] = "raw",
							    [WR_LETTER_KEY] = "key",
							    [WR_LETTER_ORIGIN] = "origin",
							    [WR_LETTER_TABLE] = "table",
							    [WR_LETTER_PARTITION] = "partition",
							    [WR_LETTER_OFFSET] = "offset",
							    [WR_LETTER_TIMESTAMP] = "timestamp",
							    [WR_LETTER_ATTEMPTS] = "attempts",
							    [WR_LETTER_TIME] = "time",
							    [WR_LETTER_LINE] = "line",
							    [WR_LETTER_KIND] = "error-kind",
							    [WR_LETTER_ERROR] = "error-text"};
	const struct wr_table *table = wr_catalog_find(session->catalog, dead);

	if (column_of(table, "raw") == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->pos,
				 "Table '%s' has no column `raw`: it does not keep what was wrong",
				 dead),
		    "Declare `raw` STRING (or BYTES) in it; later letters can be replayed then");
	wr_text_puts(sql, "SELECT ");
	for (uint32_t i = 0; i < WR_LETTER_COLUMNS; i++) {
		wr_text_puts(sql, i > 0 ? ", " : "");
		put_column(sql, table, keys[i], i >= WR_LETTER_PARTITION && i <= WR_LETTER_LINE);
		wr_text_printf(sql, " AS c%u", i);
	}
	put_from(sql, table);
	wr_text_puts(sql, ";");
	return NULL;
}

wr_status *wr_letters_side_query(struct wr_session *session, const char *name, struct wr_text *sql)
{
	const struct wr_table *table = wr_catalog_find(session->catalog, name);

	if (table == NULL)
		return wr_catalog_unknown(session->catalog, name, (struct wr_pos){0});
	plain_columns((struct wr_table *)table);
	wr_text_puts(sql, "SELECT *");
	put_from(sql, table);
	wr_text_puts(sql, ";");
	return NULL;
}

void wr_letters_try_query(struct wr_session *session, const char *table, struct wr_text *sql)
{
	session->letters.table = NULL;
	wr_text_puts(sql, "SELECT * FROM ");
	put_name(sql, table);
	wr_text_puts(sql, " /*+ OPTIONS('error-handling.mode' = 'ignore') */;");
}

wr_status *wr_letters_summary(struct wr_session *session, const char *dead, const char *table,
			      struct wr_text *sql)
{
	static const char *const group[] = {"table", "error-kind"};
	const struct wr_table *letters = wr_catalog_find(session->catalog, dead);
	const struct wr_table_column *time = column_of(letters, "time");
	const struct wr_table_column *text = column_of(letters, "error-text");

	wr_text_puts(sql, "SELECT ");
	for (uint32_t i = 0; i < WR_COUNT(group); i++) {
		put_column(sql, letters, group[i], false);
		wr_text_puts(sql, i == 0 ? " AS `table`, " : " AS kind, ");
	}
	wr_text_puts(sql, "COUNT(*) AS letters");
	if (time != NULL) {
		for (uint32_t i = 0; i < 2; i++) {
			wr_text_puts(sql, i == 0 ? ", MIN(" : ", MAX(");
			put_name(sql, time->name);
			wr_text_puts(sql, i == 0 ? ") AS first_time" : ") AS last_time");
		}
	}
	if (text != NULL) {
		wr_text_puts(sql, ", MIN(");
		put_name(sql, text->name);
		wr_text_puts(sql, ") AS example");
	}
	put_from(sql, letters);
	if (table != NULL && column_of(letters, "table") != NULL) {
		wr_text_puts(sql, " WHERE ");
		put_column(sql, letters, "table", false);
		wr_text_puts(sql, " = ");
		put_string(sql, table);
	}
	for (uint32_t i = 0, some = 0; i < WR_COUNT(group); i++) {
		if (column_of(letters, group[i]) == NULL)
			continue;
		wr_text_puts(sql, some++ == 0 ? " GROUP BY " : ", ");
		put_column(sql, letters, group[i], false);
	}
	wr_text_puts(sql, ";");
	return NULL;
}

wr_status *wr_letters_into(struct wr_session *session, const char *target, const char *file,
			   struct wr_text *sql)
{
	const struct wr_table *table = wr_catalog_find(session->catalog, target);
	bool fits = false, bytes = false;

	if (table == NULL)
		return wr_catalog_unknown(session->catalog, target, (struct wr_pos){0});
	if (!table->is_view && table->column_count == 1) {
		enum wr_kind kind = table->column[0].type->kind;

		bytes = kind == WR_BINARY || kind == WR_VARBINARY;
		fits = bytes || kind == WR_CHAR || kind == WR_VARCHAR;
	}
	if (!fits)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, table->pos,
				 "Letters cannot be written to '%s' as they are: it must have one "
				 "column, STRING or BYTES",
				 target),
		    "Declare such a table over the same topic or folder, with 'format' = 'raw'");
	WR_TRY(own_checkpoints(session));
	wr_text_printf(sql,
		       "CREATE TABLE weir_dead_letters (`raw` %s) WITH ('connector' = "
		       "'dead-letters', 'format' = 'raw', 'letters' = ",
		       bytes ? "BYTES" : "STRING");
	put_string(sql, file);
	wr_text_puts(sql, ");\nINSERT INTO ");
	put_name(sql, target);
	wr_text_puts(sql, " SELECT `raw` FROM weir_dead_letters;");
	return NULL;
}
