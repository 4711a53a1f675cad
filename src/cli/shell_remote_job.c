/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_remote_job - jobs of a server, its tables, and the names that are completed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/http_client.h"
#include "base/mem.h"
#include "cli/shell_remote.h"

#define WORDS_OLD_US 5000000 /* words are asked for anew after that */
#define CELLS_MAX    8

/* Shows a list of the answer: members of its objects, a column each. */
static void show_list(struct wr_remote *self, const char *list_name,
		      const struct wr_shell_column *columns, const char *const *member,
		      uint32_t count, struct wr_shell_view *view)
{
	const struct wr_json_doc *doc = wr_shell_http_answer(self->http);
	uint32_t row_count, list = wr_shell_json_list(doc, 0, list_name, &row_count);
	uint32_t at = list + 1;

	wr_shell_view_begin(view, columns, count, false);
	for (uint32_t r = 0; r < row_count; r++, at = doc->node[at].end) {
		const char *cells[CELLS_MAX] = {NULL};
		struct wr_arena arena;

		wr_arena_init(&arena);
		for (uint32_t c = 0; c < count; c++) {
			uint32_t node = wr_json_get(doc, at, wr_str_of(member[c]));

			if (node == UINT32_MAX || doc->node[node].kind == WR_JSON_NULL)
				continue;
			if (doc->node[node].kind == WR_JSON_ARRAY)
				cells[c] = wr_arena_printf(&arena, "%u", doc->node[node].count);
			else if (strcmp(member[c], "uptime_ms") == 0)
				cells[c] = wr_arena_printf(
				    &arena, "%.1f",
				    (double)wr_shell_json_number(doc, at, member[c]) * 1e-3);
			else
				cells[c] = wr_arena_strndup(&arena, doc->node[node].text,
							    doc->node[node].len);
		}
		wr_shell_view_row(view, WEIR_INSERT, cells);
		wr_arena_release(&arena);
	}
	wr_shell_view_end(view);
}

char *wr_remote_jobs(struct wr_backend *backend, struct wr_shell_view *view)
{
	static const struct wr_shell_column columns[] = {
	    {.name = "job"},
	    {.name = "name"},
	    {.name = "state"},
	    {.name = "rows in", .number = true},
	    {.name = "rows out", .number = true},
	    {.name = "seconds", .number = true},
	};
	static const char *const members[] = {"id",      "name",     "state",
					      "rows_in", "rows_out", "uptime_ms"};
	struct wr_remote *self = (struct wr_remote *)backend;
	char *error = wr_remote_ask(self, "GET", "/v1/jobs", NULL);

	if (error == NULL)
		show_list(self, "jobs", columns, members, WR_COUNT(columns), view);
	return error;
}

char *wr_remote_tables(struct wr_backend *backend, struct wr_shell_view *view)
{
	static const struct wr_shell_column columns[] = {{.name = "name"},
							 {.name = "kind"},
							 {.name = "connector"},
							 {.name = "columns", .number = true},
							 {.name = "comment"}};
	static const char *const members[] = {"name", "kind", "connector", "columns", "comment"};
	struct wr_remote *self = (struct wr_remote *)backend;
	char *error = wr_remote_ask(self, "GET", "/v1/catalog", NULL);

	if (error == NULL)
		show_list(self, "tables", columns, members, WR_COUNT(columns), view);
	return error;
}

/* The answer comes when the job has ended. */
char *wr_remote_stop(struct wr_backend *backend, const struct wr_shell_stop *stop)
{
	struct wr_remote *self = (struct wr_remote *)backend;
	struct wr_text path, body;
	struct wr_arena arena;
	const char *savepoint;
	uint32_t result;
	char *error;

	wr_text_init(&path);
	wr_text_init(&body);
	wr_text_puts(&path, "/v1/jobs/");
	wr_http_escape(&path, stop->job);
	wr_text_puts(&path, "/stop");
	wr_text_printf(&body, "{\"mode\":\"%s\"",
		       stop->savepoint ? "savepoint"
		       : stop->drain   ? "drain"
				       : "cancel");
	if (stop->folder != NULL) {
		wr_text_puts(&body, ",\"folder\":");
		wr_text_json(&body, stop->folder);
	}
	wr_text_putc(&body, '}');
	error = wr_remote_operate(self, path.data, body.data, &result);
	if (error == NULL) {
		wr_arena_init(&arena);
		savepoint = wr_shell_json_text(wr_shell_http_answer(self->http), result,
					       "savepoint", &arena);
		if (savepoint != NULL)
			fprintf(stderr, "Savepoint %s\n", savepoint);
		wr_arena_release(&arena);
	}
	wr_text_release(&path);
	wr_text_release(&body);
	return error;
}

/* --- names --------------------------------------------------------------------------------------
 */

static void add(struct wr_map *names, const char *name)
{
	if (name != NULL && names->count < WR_SHELL_NAMES_MAX)
		wr_map_put(names, name, (void *)1);
}

/* The member `key` of all objects in a list. */
static void add_list(struct wr_map *names, const struct wr_json_doc *doc, const char *list_name,
		     const char *key)
{
	uint32_t count, list = wr_shell_json_list(doc, 0, list_name, &count), at = list + 1;
	struct wr_arena arena;

	wr_arena_init(&arena);
	for (uint32_t i = 0; i < count; i++, at = doc->node[at].end)
		add(names, wr_shell_json_text(doc, at, key, &arena));
	wr_arena_release(&arena);
}

static void add_columns(struct wr_map *names, const struct wr_json_doc *doc)
{
	uint32_t count, list = wr_shell_json_list(doc, 0, "tables", &count), at = list + 1;
	struct wr_arena arena;

	wr_arena_init(&arena);
	for (uint32_t i = 0; i < count; i++, at = doc->node[at].end) {
		uint32_t columns, c = wr_shell_json_list(doc, at, "columns", &columns) + 1;

		for (uint32_t k = 0; k < columns; k++, c = doc->node[c].end)
			add(names, wr_arena_strndup(&arena, doc->node[c].text, doc->node[c].len));
	}
	wr_arena_release(&arena);
}

/* A short question while somebody types; false: there is no answer, and nothing is said of it. */
static bool ask_aside(struct wr_remote *self, const char *path)
{
	struct wr_shell_request request = {
	    .method = "GET", .path = path, .impatient = true, .quiet = true};

	return wr_shell_http_ask(self->aside, &request) == 200;
}

static void read_words(struct wr_remote *self)
{
	const struct wr_json_doc *doc = wr_shell_http_answer(self->aside);
	int64_t now_us = wr_mono_us(wr_env_system());
	char path[128];

	if (self->words_us != 0 && now_us - self->words_us < WORDS_OLD_US)
		return;
	self->words_us = now_us;
	snprintf(path, sizeof path, "/v1/completion?session=%s", self->session);
	if (!ask_aside(self, path) && !ask_aside(self, "/v1/completion"))
		return;
	wr_map_release(&self->words);
	wr_map_release(&self->keys);
	wr_map_init(&self->words);
	wr_map_init(&self->keys);
	add_list(&self->words, doc, "functions", "name");
	add_list(&self->words, doc, "tables", "name");
	add_columns(&self->words, doc);
	add_list(&self->keys, doc, "options", "name");
}

void wr_remote_names(struct wr_backend *backend, enum wr_shell_names which, struct wr_map *names)
{
	struct wr_remote *self = (struct wr_remote *)backend;
	const struct wr_map *from = which == WR_SHELL_NAMES_SQL ? &self->words : &self->keys;

	if (which == WR_SHELL_NAMES_JOBS) {
		if (ask_aside(self, "/v1/jobs")) {
			add_list(names, wr_shell_http_answer(self->aside), "jobs", "id");
			add_list(names, wr_shell_http_answer(self->aside), "jobs", "name");
		}
		return;
	}
	read_words(self);
	for (uint32_t i = 0; i < from->count; i++)
		add(names, from->entry[i].key);
}
