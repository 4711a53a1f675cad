/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_local - the shell's statements in an engine in this process.
 *
 * Jobs of INSERTs live as long as the shell: they are numbered, and cancelled when it ends.
 */
#include <stdlib.h>
#include <string.h>

#include "analyze/analyze.h"
#include "analyze/describe.h"
#include "base/env.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "cli/shell.h"
#include "cli/shell_show.h"
#include "cli/shell_text.h"
#include "engine/api_cursor.h"
#include "engine/prepared.h"
#include "engine/settings.h"
#include "expr/function.h"
#include "weir/weir.h"

#define JOBS_MAX 100
#define POLL_MS  50 /* between two looks at the keys */

struct job {
	uint32_t number;
	char *sql; /* on one line; owned */
	struct weir_job *job;
};

struct local {
	struct wr_backend backend;
	struct weir_session *session;
	struct job job[JOBS_MAX];
	uint32_t job_count, job_number;
};

/* Takes the error over. */
static char *report(struct weir_error *error)
{
	char *text = wr_strdup(weir_error_report(error));

	weir_error_free(error);
	return text;
}

/* --- results ------------------------------------------------------------------------------------
 */

/* The view gets the columns of the result. */
static void begin_view(struct wr_shell_view *view, const struct weir_result *result)
{
	uint32_t count = weir_column_count(result);
	struct wr_shell_column *columns = wr_calloc(count + 1, sizeof *columns);

	for (uint32_t i = 0; i < count; i++) {
		enum weir_type type = weir_column_type(result, i);

		columns[i] = (struct wr_shell_column){
		    .name = weir_column_name(result, i),
		    .type = weir_column_type_text(result, i),
		    .number = type == WEIR_INTEGER || type == WEIR_FLOAT || type == WEIR_DECIMAL,
		    .boolean = type == WEIR_BOOLEAN};
	}
	wr_shell_view_begin(view, columns, count, weir_result_updating(result));
	wr_free(columns);
}

/* Cells are copied: the text of one is good until the next is asked for. */
static void show_row(struct wr_shell_show *show, const struct weir_row *row, struct wr_text *text,
		     size_t *at)
{
	const char *cells[WR_SHELL_COLUMNS_MAX];
	uint32_t count = show->view->count;

	wr_text_clear(text);
	for (uint32_t i = 0; i < count; i++) {
		const char *cell = weir_get_text(row, i);

		at[i] = cell != NULL ? text->len : SIZE_MAX;
		if (cell != NULL)
			wr_text_add(text, cell, strlen(cell) + 1);
	}
	for (uint32_t i = 0; i < count; i++)
		cells[i] = at[i] != SIZE_MAX ? text->data + at[i] : NULL;
	wr_shell_show_row(show, weir_row_kind(row), cells);
}

/* Rows as they come, until the end or until the user wants no more. */
static enum weir_code pull(struct weir_cursor *cursor, struct wr_shell_view *view,
			   struct weir_error **error)
{
	size_t *at = wr_calloc(view->count + 1, sizeof *at);
	struct wr_shell_show show = {.view = view};
	enum weir_code code = WEIR_OK;
	const struct weir_row *row;
	struct wr_text text;

	wr_text_init(&text);
	while (code == WEIR_OK || code == WEIR_TIMEOUT) {
		code = weir_cursor_row(cursor, POLL_MS, &row, error);
		if (code == WEIR_OK)
			show_row(&show, row, &text, at);
		else
			show.between = false;
		if (!wr_shell_show_turn(&show, NULL))
			break;
	}
	wr_text_release(&text);
	wr_free(at);
	return code;
}

/* A statement with rows. */
static char *query(struct local *self, const char *sql, struct wr_shell_view *view)
{
	struct weir_error *error = NULL;
	struct weir_cursor *cursor;
	enum weir_code code;
	char *refused;

	if (weir_query(self->session, sql, &cursor, &error) != WEIR_OK)
		return report(error);
	refused = wr_shell_show_refuse(view, weir_column_count(weir_cursor_result(cursor)),
				       wr_cursor_bounded(cursor));
	if (refused != NULL) {
		weir_cursor_free(cursor);
		return refused;
	}
	begin_view(view, weir_cursor_result(cursor));
	wr_shell_keys_begin();
	code = pull(cursor, view, &error);
	wr_shell_keys_end();
	wr_shell_view_end(view);
	weir_cursor_free(cursor);
	return code == WEIR_END || error == NULL ? NULL : report(error);
}

/* --- other statements ---------------------------------------------------------------------------
 */

static int on_text(void *user, const char *text)
{
	wr_text_puts(user, text);
	return 0;
}

static void on_notice(void *user, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

/* Runs it to its end, or until Ctrl-C; what it says is appended to `text`. */
static char *plain(struct local *self, const char *sql, struct wr_text *text)
{
	struct weir_handler handler = {
	    .size = sizeof handler, .text = on_text, .notice = on_notice, .user = text};
	struct weir_error *error = NULL;
	struct weir_job *job;
	enum weir_code code;

	wr_text_init(text);
	code = weir_submit(self->session, sql, 0, &handler, &job, &error);
	if (code == WEIR_OK)
		while (weir_job_wait(job, POLL_MS, &error) == WEIR_TIMEOUT)
			if (wr_shell_interrupted())
				weir_job_cancel(job);
	weir_job_free(job);
	return error == NULL ? NULL : report(error);
}

static char *local_execute(struct wr_backend *backend, const char *sql, struct wr_shell_view *view)
{
	struct local *self = (struct local *)backend;
	enum wr_shell_gives gives = wr_shell_gives(sql);
	struct wr_text text;
	char *error;

	if (gives == WR_SHELL_GIVES_ROWS)
		return query(self, sql, view);
	error = plain(self, sql, &text);
	if (gives == WR_SHELL_GIVES_PLAN)
		wr_shell_show_plan(view, wr_text_str(&text));
	else
		fputs(wr_text_str(&text), view->file);
	wr_text_release(&text);
	return error;
}

/* --- jobs ---------------------------------------------------------------------------------------
 */

static const char *state_name(const struct weir_job_metrics *metrics)
{
	static const char *const names[] = {"RUNNING", "RESTARTING", "FINISHED", "CANCELED",
					    "FAILED"};

	return names[metrics->state];
}

/* Takes job i out. */
static void drop_job(struct local *self, uint32_t i)
{
	weir_job_free(self->job[i].job);
	wr_free(self->job[i].sql);
	self->job_count--;
	memmove(&self->job[i], &self->job[i + 1], (self->job_count - i) * sizeof self->job[0]);
}

/* The oldest job that has ended makes room; false: all run. */
static bool make_room(struct local *self)
{
	for (uint32_t i = 0; i < self->job_count; i++) {
		struct weir_job_metrics metrics = {.size = sizeof metrics};

		weir_job_metrics(self->job[i].job, &metrics);
		if (metrics.state == WEIR_JOB_RUNNING || metrics.state == WEIR_JOB_RESTARTING)
			continue;
		drop_job(self, i);
		return true;
	}
	return false;
}

/* The job gets the next number. */
static char *local_submit(struct wr_backend *backend, const char *sql)
{
	struct weir_handler handler = {.size = sizeof handler, .notice = on_notice};
	struct local *self = (struct local *)backend;
	struct weir_error *error = NULL;
	struct job *job = &self->job[self->job_count];
	struct wr_text line;

	if (self->job_count == JOBS_MAX && !make_room(self))
		return wr_strdup("error: 100 jobs run already\nhint: \\stop NUMBER ends one\n");
	job = &self->job[self->job_count];
	if (weir_submit(self->session, sql, 0, &handler, &job->job, &error) != WEIR_OK)
		return report(error);
	wr_text_init(&line);
	wr_shell_one_line(sql, strlen(sql), &line);
	job->sql = line.data;
	job->number = ++self->job_number;
	self->job_count++;
	fprintf(stderr, "Job %u runs; \\jobs shows it, \\stop %u ends it\n", job->number,
		job->number);
	return NULL;
}

/* The jobs as rows. */
static char *local_jobs(struct wr_backend *backend, struct wr_shell_view *view)
{
	static const struct wr_shell_column columns[] = {
	    {.name = "job", .number = true},     {.name = "state"},
	    {.name = "rows in", .number = true}, {.name = "rows out", .number = true},
	    {.name = "seconds", .number = true}, {.name = "statement"},
	};
	struct local *self = (struct local *)backend;

	wr_shell_view_begin(view, columns, 6, false);
	for (uint32_t i = 0; i < self->job_count; i++) {
		struct weir_job_metrics metrics = {.size = sizeof metrics};
		char number[12], in[24], out[24], seconds[24];
		const char *cells[] = {number, NULL, in, out, seconds, self->job[i].sql};

		weir_job_metrics(self->job[i].job, &metrics);
		snprintf(number, sizeof number, "%u", self->job[i].number);
		snprintf(in, sizeof in, "%llu", (unsigned long long)metrics.rows_in);
		snprintf(out, sizeof out, "%llu", (unsigned long long)metrics.rows_out);
		snprintf(seconds, sizeof seconds, "%.1f", (double)metrics.elapsed_us * 1e-6);
		cells[1] = state_name(&metrics);
		wr_shell_view_row(view, WEIR_INSERT, cells);
	}
	wr_shell_view_end(view);
	return NULL;
}

/* Ends a job as it is asked for; whatever comes of it, it is waited for. */
static char *end_job(struct weir_job *job, const struct wr_shell_stop *stop)
{
	struct weir_error *error = NULL;
	enum weir_code code;
	char *path = NULL;

	if (stop->savepoint) {
		if (weir_job_savepoint(job, stop->folder, true, &path, &error) != WEIR_OK)
			return report(error);
		fprintf(stderr, "Savepoint %s\n", path);
		weir_free(path);
	} else if (stop->drain) {
		weir_job_drain(job);
	} else {
		weir_job_cancel(job);
	}
	while ((code = weir_job_wait(job, POLL_MS, &error)) == WEIR_TIMEOUT) {
		weir_error_free(error);
		error = NULL;
		if (wr_shell_interrupted())
			weir_job_cancel(job);
	}
	if (code != WEIR_OK && code != WEIR_CANCELLED && code != WEIR_STOPPED && error != NULL)
		return report(error);
	weir_error_free(error); /* that it was cancelled */
	return NULL;
}

/* By its number. */
static char *local_stop(struct wr_backend *backend, const struct wr_shell_stop *stop)
{
	struct local *self = (struct local *)backend;
	unsigned long wanted = strtoul(stop->job, NULL, 10);

	for (uint32_t i = 0; i < self->job_count; i++) {
		char *error;

		if (self->job[i].number != wanted)
			continue;
		error = end_job(self->job[i].job, stop);
		if (weir_job_wait(self->job[i].job, 0, NULL) != WEIR_TIMEOUT)
			drop_job(self, i); /* else its savepoint has failed, and it goes on */
		return error;
	}
	return wr_strdup("error: There is no such job\nhint: \\jobs lists them\n");
}

/* --- names --------------------------------------------------------------------------------------
 */

static void add(struct wr_map *names, const char *name)
{
	if (names->count < WR_SHELL_NAMES_MAX)
		wr_map_put(names, name, (void *)1);
}

static void add_jobs(const struct local *self, struct wr_map *names)
{
	char number[12];

	for (uint32_t i = 0; i < self->job_count; i++) {
		snprintf(number, sizeof number, "%u", self->job[i].number);
		add(names, number);
	}
}

/* Functions, then tables with their columns. */
static void add_sql(const struct local *self, struct wr_map *names)
{
	const struct wr_catalog *catalog = wr_session_of(self->session)->catalog;
	const char *name, *form;
	uint32_t count;
	const struct wr_function *const *functions = wr_function_list(&count);
	const struct wr_agg_function *const *aggregates;

	for (uint32_t i = 0; (name = wr_window_function(i, &form)) != NULL; i++)
		add(names, name);
	for (uint32_t i = 0; i < count; i++)
		if (!(functions[i]->flags & WR_F_OPERATOR))
			add(names, functions[i]->name);
	aggregates = wr_agg_list(&count);
	for (uint32_t i = 0; i < count; i++)
		add(names, aggregates[i]->name);
	for (uint32_t i = 0; i < wr_catalog_function_count(catalog); i++)
		add(names, wr_catalog_function_at(catalog, i)->name);
	for (uint32_t i = 0; i < wr_catalog_count(catalog); i++) {
		const struct wr_table *table = wr_catalog_at(catalog, i);

		add(names, table->name);
		for (uint32_t c = 0; c < table->column_count; c++)
			add(names, table->column[c].name);
	}
}

static void local_names(struct wr_backend *backend, enum wr_shell_names which, struct wr_map *names)
{
	struct local *self = (struct local *)backend;

	switch (which) {
	case WR_SHELL_NAMES_SQL: add_sql(self, names); break;
	case WR_SHELL_NAMES_JOBS: add_jobs(self, names); break;
	case WR_SHELL_NAMES_OPTIONS:
		for (uint32_t i = 0; i < wr_settings_count; i++)
			add(names, wr_settings[i].name);
	}
}

/* \\d+ */
static char *local_tables(struct wr_backend *backend, struct wr_shell_view *view)
{
	static const struct wr_shell_column columns[] = {{.name = "name"},
							 {.name = "kind"},
							 {.name = "connector"},
							 {.name = "columns", .number = true},
							 {.name = "comment"}};
	const struct wr_catalog *catalog =
	    wr_session_of(((struct local *)backend)->session)->catalog;

	wr_shell_view_begin(view, columns, WR_COUNT(columns), false);
	for (uint32_t i = 0; i < wr_catalog_count(catalog); i++) {
		const struct wr_table *table = wr_catalog_at(catalog, i);
		char count[12];
		const char *cells[] = {table->name, wr_table_kind(table),
				       table->connector != NULL ? table->connector->name : NULL,
				       count, table->comment};

		snprintf(count, sizeof count, "%u", table->column_count);
		wr_shell_view_row(view, WEIR_INSERT, cells);
	}
	wr_shell_view_end(view);
	return NULL;
}

static void local_free(struct wr_backend *backend)
{
	struct local *self = (struct local *)backend;

	while (self->job_count > 0)
		drop_job(self, 0);
	weir_session_free(self->session);
	wr_free(self);
}

struct wr_backend *wr_backend_local(const struct wr_shell_options *options, char **error)
{
	struct local *self = wr_calloc(1, sizeof *self);
	struct weir_error *wrong = NULL;

	self->backend = (struct wr_backend){.execute = local_execute,
					    .submit = local_submit,
					    .jobs = local_jobs,
					    .stop = local_stop,
					    .tables = local_tables,
					    .names = local_names,
					    .free = local_free,
					    .prompt = "weir"};
	self->session = weir_session_new();
	for (uint32_t i = 0; i < options->variable_count; i++)
		weir_set_variable(self->session, options->variable_name[i],
				  options->variable_value[i]);
	for (uint32_t i = 0; i < options->setting_count; i++) {
		if (weir_set_option(self->session, options->key[i], options->value[i], &wrong) ==
		    WEIR_OK)
			continue;
		*error = report(wrong);
		local_free(&self->backend);
		return NULL;
	}
	return &self->backend;
}
