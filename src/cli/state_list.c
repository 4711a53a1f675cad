/* SPDX-License-Identifier: Apache-2.0
 *
 * state_list - weir state ls and schema: what a checkpoint consists of, and what its states look
 * like.
 */
#include <time.h>

#include "cli/sheet.h"
#include "cli/state.h"
#include "connectors/registry.h"
#include "state/saved_rows.h"
#include "state/store_files.h"

/* --- ls */

/* 2026-01-31 12:34:56 UTC */
static void put_time(struct wr_text *text, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	char buffer[40];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) != NULL &&
	    strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
		wr_text_puts(text, buffer);
}

/* Bytes of which nobody here knows the meaning: text as it is, the rest as \xNN. */
static void put_bytes(struct wr_text *text, struct wr_str bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.data[i];

		if (c >= 0x20 && c < 0x7f && c != '\\')
			wr_text_putc(text, (char)c);
		else
			wr_text_printf(text, "\\x%02x", c);
	}
}

/* Where a source stands, in words of its connector if it has some. */
static void put_position(struct wr_text *text, const struct wr_saved_source *source)
{
	size_t begin = text->len;

	if (!source->replayable) {
		wr_text_puts(text, "not replayable");
		return;
	}
	for (uint32_t i = 0; wr_connectors[i] != NULL; i++) {
		const struct wr_connector *connector = wr_connectors[i];

		if (strcmp(connector->name, source->connector) != 0 ||
		    connector->position_text == NULL)
			continue;
		if (connector->position_text(source->position.data, source->position.len, text))
			return;
		text->len = begin; /* of another version */
	}
	wr_text_puts(text, "position ");
	put_bytes(text, source->position);
}

enum { LS_WHAT, LS_OPERATOR, LS_NAME, LS_RECORDS, LS_BYTES, LS_DETAIL, LS_COUNT };

/* A row; a number below 0: NULL. */
static void ls_row(struct wr_sheet *sheet, const char *what, const char *operator_name,
		   const char *name, int64_t records, int64_t bytes, struct wr_text *detail)
{
	wr_sheet_text(sheet, LS_WHAT, what);
	wr_sheet_text(sheet, LS_OPERATOR, operator_name);
	wr_sheet_text(sheet, LS_NAME, name);
	if (records >= 0)
		wr_sheet_number(sheet, LS_RECORDS, records);
	else
		wr_sheet_null(sheet, LS_RECORDS);
	if (bytes >= 0)
		wr_sheet_number(sheet, LS_BYTES, bytes);
	else
		wr_sheet_null(sheet, LS_BYTES);
	wr_sheet_text(sheet, LS_DETAIL, wr_text_str(detail));
	wr_text_clear(detail);
}

/* The row of a checkpoint itself. */
static void ls_checkpoint(struct wr_sheet *sheet, const struct wr_manifest *m)
{
	uint64_t bytes = 0;
	struct wr_text detail;

	wr_text_init(&detail);
	for (uint32_t i = 0; i < m->segment_count; i++)
		bytes += m->segment[i].bytes;
	wr_text_printf(&detail, "number %llu, epoch %llu, ", (unsigned long long)m->number,
		       (unsigned long long)m->epoch);
	if (m->full)
		wr_text_puts(&detail, "full, ");
	else
		wr_text_printf(&detail, "%u segments since %llu, ", m->segment_count,
			       (unsigned long long)m->segment[0].number);
	put_time(&detail, m->wall_ms);
	wr_text_printf(&detail, ", %u workers, %u key groups, backend %s, weir %s%s", m->workers,
		       m->max_parallelism, m->backend, m->weir_version,
		       m->finished ? ", finished" : "");
	ls_row(sheet, m->kind == WR_MANIFEST_SAVEPOINT ? "savepoint" : "checkpoint", m->job,
	       strrchr(m->path, '/') != NULL ? strrchr(m->path, '/') + 1 : m->path, -1,
	       (int64_t)bytes, &detail);
	wr_text_release(&detail);
}

/* The other checkpoints of a folder. */
static wr_status *ls_folder(struct wr_state_view *view, struct wr_sheet *sheet)
{
	struct wr_store_files files = {0};
	struct wr_text path, detail;
	struct wr_file_info info;
	wr_status *status;

	wr_text_init(&path);
	wr_text_init(&detail);
	WR_TRY_OUT(status, view->env->ops->stat(view->env, view->path[0], &info));
	if (!info.is_dir)
		goto out;
	WR_TRY_OUT(status, wr_store_list(view->env, view->path[0], &files));
	for (uint32_t i = 0; i < files.count; i++) {
		struct wr_manifest *manifest;
		wr_status *why;

		if (files.file[i].kind != WR_FILE_MANIFEST ||
		    files.file[i].number == view->manifest[0]->number)
			continue;
		wr_store_path(&path, view->path[0], files.file[i].number, WR_FILE_MANIFEST);
		why = wr_store_find(view->env, path.data, false, NULL, NULL, &manifest);
		if (why == NULL) {
			ls_checkpoint(sheet, manifest);
			wr_manifest_free(manifest);
			continue;
		}
		wr_text_puts(&detail, why->text);
		ls_row(sheet, "damaged", NULL, strrchr(path.data, '/') + 1, -1, -1, &detail);
		wr_status_free(why);
	}
out:
	wr_store_files_release(&files);
	wr_text_release(&detail);
	wr_text_release(&path);
	return status;
}

/* States and extras: how much they hold takes reading them. One that cannot be read is shown as
 * damaged, among the others. */
static void ls_states(struct wr_state_view *view, struct wr_sheet *sheet)
{
	const struct wr_manifest *m = view->manifest[0];
	struct wr_text detail;

	wr_text_init(&detail);
	for (uint32_t i = 0; i < m->state_count; i++) {
		const struct wr_saved_state *state = &m->state[i];
		struct wr_image *image;
		wr_status *why;

		if (!wr_state_is_chosen(view, state))
			continue;
		why = wr_image_read(view->env, m, i, &image);
		if (why != NULL) {
			wr_text_puts(&detail, why->text);
			ls_row(sheet, "damaged", state->op, state->name, -1, -1, &detail);
			wr_status_free(why);
			continue;
		}
		wr_text_printf(&detail, "%s version %u, ", state->op_type, state->op_version);
		wr_text_puts(&detail, state->key_count == 0 ? "no key" : "key ");
		for (uint32_t k = 0; k < state->key_count; k++)
			wr_text_printf(&detail, "%s%s", k > 0 ? ", " : "", state->key_name[k]);
		if (state->ttl_ms > 0)
			wr_text_printf(&detail, ", kept %lld ms", (long long)state->ttl_ms);
		ls_row(sheet, state->extra ? "extra" : "state", state->op, state->name,
		       (int64_t)image->count, (int64_t)image->bytes, &detail);
		wr_image_free(image);
	}
	wr_text_release(&detail);
}

/* Sources, sinks and counters. */
static void ls_ends(const struct wr_manifest *m, struct wr_sheet *sheet)
{
	struct wr_text detail;

	wr_text_init(&detail);
	for (uint32_t i = 0; i < m->source_count; i++) {
		const struct wr_saved_source *source = &m->source[i];

		if (source->watermark_ms != INT64_MIN)
			wr_text_printf(&detail, "watermark %lld, ",
				       (long long)source->watermark_ms);
		wr_text_printf(&detail, "%llu lines%s, ", (unsigned long long)source->lines,
			       source->ended ? ", ended" : "");
		put_position(&detail, source);
		ls_row(sheet, "source", source->name, source->connector, (int64_t)source->rows,
		       (int64_t)source->position.len, &detail);
	}
	for (uint32_t i = 0; i < m->sink_count; i++) {
		wr_text_puts(&detail, m->sink[i].prepared ? "prepared " : "at least once");
		if (m->sink[i].apart)
			wr_text_printf(&detail, "in chk-%llu.sinks", (unsigned long long)m->number);
		else
			put_bytes(&detail, m->sink[i].bytes);
		ls_row(sheet, "sink", m->sink[i].name, m->sink[i].connector, -1,
		       (int64_t)(m->sink[i].apart ? m->sink[i].length : m->sink[i].bytes.len),
		       &detail);
	}
	for (uint32_t i = 0; i < m->count_count; i++)
		ls_row(sheet, "counter", NULL, m->count[i].name, m->count[i].value, -1, &detail);
	wr_text_release(&detail);
}

/* One list of everything, so that each format can show it. */
wr_status *wr_state_ls(struct wr_state_view *view)
{
	static const char *const columns[LS_COUNT] = {"what",     "operator", "name",
						      "records#", "bytes#",   "detail"};
	struct wr_sheet sheet;
	wr_status *status;

	wr_sheet_init(&sheet, columns, LS_COUNT);
	WR_TRY_OUT(status, ls_folder(view, &sheet));
	ls_checkpoint(&sheet, view->manifest[0]);
	ls_states(view, &sheet);
	ls_ends(view->manifest[0], &sheet);
	status = wr_sheet_show(&sheet, &view->output);
out:
	wr_sheet_release(&sheet);
	return status;
}

/* --- schema */

/* 'it''s' */
static void put_quoted(struct wr_text *text, const char *string, char quote)
{
	wr_text_putc(text, quote);
	for (; *string != '\0'; string++) {
		if (*string == quote)
			wr_text_putc(text, quote);
		wr_text_putc(text, *string);
	}
	wr_text_putc(text, quote);
}

/* The statement that makes a table of a state. */
static void put_create(struct wr_text *text, const struct wr_manifest *m,
		       const struct wr_saved_state *state, const struct wr_schema *schema,
		       uint32_t number)
{
	wr_text_printf(text, "CREATE TABLE state_%u (\n", number);
	for (uint32_t i = 0; i < schema->count; i++) {
		wr_text_puts(text, i > 0 ? ",\n  " : "  ");
		put_quoted(text, schema->field[i].name, '`');
		wr_text_putc(text, ' ');
		wr_type_print(text, schema->field[i].type);
	}
	wr_text_puts(text, "\n) WITH (\n  'connector' = 'savepoint',\n  'path' = ");
	put_quoted(text, m->path, '\'');
	wr_text_puts(text, ",\n  'operator' = ");
	put_quoted(text, state->op, '\'');
	wr_text_puts(text, ",\n  'state' = ");
	put_quoted(text, state->name, '\'');
	wr_text_puts(text, "\n);\n");
}

/* One row per column, or the statements. */
wr_status *wr_state_schema(struct wr_state_view *view)
{
	static const char *const columns[] = {"operator", "state", "column", "role", "type"};
	const struct wr_manifest *m = view->manifest[0];
	struct wr_sheet sheet;
	struct wr_text text;
	wr_status *status = NULL;

	wr_sheet_init(&sheet, columns, WR_COUNT(columns));
	wr_text_init(&text);
	for (uint32_t i = 0; i < m->state_count; i++) {
		const struct wr_saved_state *state = &m->state[i];
		struct wr_saved_rows *rows;
		const struct wr_schema *schema;

		if (!wr_state_is_chosen(view, state))
			continue;
		rows = wr_saved_rows_new(state);
		schema = wr_saved_rows_schema(rows);
		if (view->sql) {
			put_create(&text, m, state, schema, i);
			fputs(text.data, view->output.file);
			wr_text_clear(&text);
		}
		for (uint32_t c = 0; c < schema->count; c++) {
			wr_sheet_text(&sheet, 0, state->op);
			wr_sheet_text(&sheet, 1, state->name);
			wr_sheet_text(&sheet, 2, schema->field[c].name);
			wr_sheet_text(&sheet, 3, wr_saved_rows_role(rows, c));
			wr_type_print(&text, schema->field[c].type);
			wr_sheet_text(&sheet, 4, wr_text_str(&text));
			wr_text_clear(&text);
		}
		wr_saved_rows_free(rows);
	}
	if (sheet.builder[0]->len == 0)
		status = wr_state_none_chosen(view);
	else if (!view->sql)
		status = wr_sheet_show(&sheet, &view->output);
	wr_text_release(&text);
	wr_sheet_release(&sheet);
	return status;
}
