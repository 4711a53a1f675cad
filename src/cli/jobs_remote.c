/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_remote - weir jobs, status, why, savepoint and stop with --server: the same questions, to
 * the REST API of a weir serve. Jobs are named by id or name, and those that have ended are known,
 * too.
 *
 * Paths of savepoints are of the server's machine: they go there as they are written.
 */
#include <stdlib.h>

#include "base/http_client.h"
#include "cli/jobs.h"
#include "cli/shell_http.h"

#define CALL_MS 60000 /* longest time of a request; what takes longer is asked after */

/* A member of an answer, shown under another name or from an object within. */
struct shown {
	const char *name;        /* as a column or row; '#' behind it: a number */
	const char *in, *member; /* `in` NULL: the answer's own */
};

static const struct shown listed[] = {
    {"job", NULL, "name"},
    {"id", NULL, "id"},
    {"state", NULL, "state"},
    {"elapsed_ms#", NULL, "uptime_ms"},
    {"rows_in#", NULL, "rows_in"},
    {"rows_out#", NULL, "rows_out"},
    {"checkpoint#", "checkpoint", "number"},
    {"checkpoint_age_ms#", "checkpoint", "age_ms"},
    {"owner", NULL, "owner"},
};

static const struct shown told[] = {
    {"job", NULL, "name"},
    {"id", NULL, "id"},
    {"state", NULL, "state"},
    {"changing", NULL, "changing"},
    {"owner", NULL, "owner"},
    {"waiting", NULL, "waiting"},
    {"error", NULL, "error"},
    {"hint", NULL, "hint"},
    {"elapsed_ms", NULL, "uptime_ms"},
    {"restarts", NULL, "restarts"},
    {"rows_in", NULL, "rows_in"},
    {"rows_out", NULL, "rows_out"},
    {"rows_late", NULL, "rows_late"},
    {"rows_bad", NULL, "rows_bad"},
    {"state_bytes", NULL, "state_bytes"},
    {"watermark_ms", NULL, "watermark_ms"},
    {"checkpoint", "checkpoint", "number"},
    {"checkpoints_done", "checkpoint", "done"},
    {"checkpoints_failed", "checkpoint", "failed"},
    {"checkpoint_bytes", "checkpoint", "bytes"},
    {"checkpoint_duration_ms", "checkpoint", "duration_ms"},
    {"checkpoint_age_ms", "checkpoint", "age_ms"},
    {"checkpoint_folder", NULL, "checkpoint_folder"},
};

/* --- answers ------------------------------------------------------------------------------------
 */

/* Replaces `out` by a member's text, or by a number as it is written; false: there is none. */
static bool take(const struct wr_json_doc *doc, uint32_t object, const struct shown *shown,
		 struct wr_text *out)
{
	uint32_t at = object;

	wr_text_clear(out);
	if (shown->in != NULL)
		at = wr_json_get(doc, object, wr_str_of(shown->in));
	if (at == UINT32_MAX || doc->node[at].kind != WR_JSON_OBJECT)
		return false;
	at = wr_json_get(doc, at, wr_str_of(shown->member));
	if (at == UINT32_MAX || doc->node[at].kind == WR_JSON_NULL)
		return false;
	wr_text_add(out, doc->node[at].text, doc->node[at].len);
	return out->len > 0;
}

/* A request that only reads; `tail` follows the job's path. */
static uint32_t get(const struct wr_jobs_command *jobs, struct wr_shell_http *http,
		    const char *tail)
{
	struct wr_shell_request request = {.method = "GET", .impatient = true};
	struct wr_text path;
	uint32_t code;

	wr_text_init(&path);
	wr_text_puts(&path, "/v1/jobs");
	if (jobs->word[0] != NULL) {
		wr_text_putc(&path, '/');
		wr_http_escape(&path, jobs->word[0]);
	}
	wr_text_puts(&path, tail);
	request.path = path.data;
	request.plain = strstr(tail, "format=text") != NULL;
	code = wr_shell_http_ask(http, &request);
	wr_text_release(&path);
	return code;
}

/* The error with its exit code and what to do next. */
static wr_status *refused(const struct wr_jobs_command *jobs, uint32_t code, wr_status *status)
{
	if (code == 404)
		wr_status_hint(status, "See weir jobs --server %s for those that there are",
			       jobs->login.server);
	else if (code == 409 && strcmp(jobs->command, "why") == 0)
		wr_status_hint(status, "See weir status '%s' --server %s", jobs->word[0],
			       jobs->login.server);
	if (code >= 400 && code != 401 && code != 403 && code != 404)
		status->class = WR_RETRY;
	return status;
}

/* --- what is shown ------------------------------------------------------------------------------
 */

static wr_status *list_jobs(struct wr_jobs_command *jobs, struct wr_shell_http *http)
{
	const struct wr_json_doc *doc = wr_shell_http_answer(http);
	const char *columns[WR_COUNT(listed)];
	struct wr_text text;
	uint32_t count, list = wr_shell_json_list(doc, 0, "jobs", &count), at = list + 1;

	for (uint32_t c = 0; c < WR_COUNT(listed); c++)
		columns[c] = listed[c].name;
	wr_text_init(&text);
	wr_sheet_init(&jobs->sheet, columns, WR_COUNT(listed));
	for (uint32_t i = 0; i < count; i++, at = doc->node[at].end)
		for (uint32_t c = 0; c < WR_COUNT(listed); c++) {
			if (!take(doc, at, &listed[c], &text))
				wr_sheet_null(&jobs->sheet, c);
			else if (strchr(listed[c].name, '#') != NULL)
				wr_sheet_number(&jobs->sheet, c, strtoll(text.data, NULL, 10));
			else
				wr_sheet_text(&jobs->sheet, c, text.data);
		}
	wr_text_release(&text);
	return wr_sheet_show(&jobs->sheet, &jobs->output);
}

/* A row of two columns, "table orders" and its figures. */
static void add_row(struct wr_jobs_command *jobs, const char *prefix, const struct wr_text *name,
		    const struct wr_text *value)
{
	struct wr_text both;

	wr_text_init(&both);
	wr_text_printf(&both, "%s%s", prefix, wr_text_str(name));
	wr_sheet_text(&jobs->sheet, 0, wr_text_str(&both));
	wr_sheet_text(&jobs->sheet, 1, wr_text_str(value));
	wr_text_release(&both);
}

static void add_tables(struct wr_jobs_command *jobs, const struct wr_json_doc *doc)
{
	static const struct shown name = {NULL, NULL, "table"};
	static const struct shown figures[] = {{"rows_in", NULL, "rows_in"},
					       {"rows_out", NULL, "rows_out"},
					       {"watermark_ms", NULL, "watermark_ms"},
					       {"lag", NULL, "lag"}};
	uint32_t count, list = wr_shell_json_list(doc, 0, "tables", &count), at = list + 1;
	struct wr_text table, value, text;

	wr_text_init(&table);
	wr_text_init(&value);
	wr_text_init(&text);
	for (uint32_t i = 0; i < count; i++, at = doc->node[at].end) {
		wr_text_clear(&value);
		for (uint32_t f = 0; f < WR_COUNT(figures); f++)
			if (take(doc, at, &figures[f], &text))
				wr_text_printf(&value, "%s%s %s", value.len > 0 ? ", " : "",
					       figures[f].name, text.data);
		take(doc, at, &name, &table);
		add_row(jobs, "table ", &table, &value);
	}
	wr_text_release(&text);
	wr_text_release(&value);
	wr_text_release(&table);
}

/* Where the time of each operator goes: shares, shown as the local command shows them. */
static void add_operators(struct wr_jobs_command *jobs, const struct wr_json_doc *doc)
{
	static const struct shown name = {NULL, NULL, "name"};
	static const struct shown shares[] = {{"busy", NULL, "busy"},
					      {"idle", NULL, "idle"},
					      {"backPressured", NULL, "backpressure"}};
	uint32_t count, list = wr_shell_json_list(doc, 0, "operators", &count), at = list + 1;
	struct wr_text operator, value, text;

	wr_text_init(&operator);
	wr_text_init(&value);
	wr_text_init(&text);
	for (uint32_t i = 0; i < count; i++, at = doc->node[at].end) {
		wr_text_clear(&value);
		for (uint32_t s = 0; s < WR_COUNT(shares); s++)
			if (take(doc, at, &shares[s], &text))
				wr_text_printf(&value, "%s %.0f, ", shares[s].name,
					       strtod(text.data, NULL) * 1000);
		wr_text_puts(&value, "ms per second");
		take(doc, at, &name, &operator);
		add_row(jobs, "", &operator, & value);
	}
	wr_text_release(&text);
	wr_text_release(&value);
	wr_text_release(&operator);
}

/* status as two columns, or the answer itself. */
static wr_status *show_status(struct wr_jobs_command *jobs, struct wr_shell_http *http)
{
	static const char *const names[] = {"what", "value"};
	const struct wr_json_doc *doc = wr_shell_http_answer(http);
	bool runs = wr_shell_json_is(doc, 0, "state", "RUNNING");
	struct wr_text text;

	if (jobs->format == WR_FORMAT_JSON) {
		printf("%s\n", wr_shell_http_text(http));
		return NULL;
	}
	wr_text_init(&text);
	wr_sheet_init(&jobs->sheet, names, WR_COUNT(names));
	for (uint32_t i = 0; i < WR_COUNT(told); i++) {
		if (!take(doc, 0, &told[i], &text))
			continue;
		wr_sheet_text(&jobs->sheet, 0, told[i].name);
		wr_sheet_text(&jobs->sheet, 1, text.data);
	}
	wr_text_release(&text);
	add_tables(jobs, doc);
	if (runs && get(jobs, http, "/operators") == 200) /* else it has ended meanwhile */
		add_operators(jobs, doc);
	return wr_sheet_show(&jobs->sheet, &jobs->output);
}

/* The text for people, or the answer itself. An older server has no text. */
static void show_why(const struct wr_jobs_command *jobs, struct wr_shell_http *http)
{
	const struct wr_json_doc *doc = wr_shell_http_answer(http);
	static const struct shown sentence = {NULL, NULL, "sentence"}, hint = {NULL, NULL, "hint"};
	struct wr_text text;

	if (jobs->format == WR_FORMAT_JSON) {
		printf("%s\n", wr_shell_http_text(http));
		return;
	}
	if (doc->count == 0) {
		fputs(wr_shell_http_text(http), stdout);
		return;
	}
	wr_text_init(&text);
	if (take(doc, 0, &sentence, &text))
		printf("%s\n", text.data);
	if (take(doc, 0, &hint, &text))
		printf("hint: %s\n", text.data);
	wr_text_release(&text);
}

/* --- what is done -------------------------------------------------------------------------------
 */

static wr_status *change(const struct wr_jobs_command *jobs, struct wr_shell_http *http)
{
	bool stop = strcmp(jobs->command, "stop") == 0;
	const char *folder = stop ? jobs->savepoint : jobs->word[1];
	static const struct shown savepoint = {NULL, NULL, "savepoint"};
	struct wr_shell_request request = {.method = "POST", .impatient = true, .once = true};
	struct wr_text path, body, made;
	uint32_t code, result;
	wr_status *status;

	wr_text_init(&path);
	wr_text_init(&body);
	wr_text_init(&made);
	wr_text_puts(&path, "/v1/jobs/");
	wr_http_escape(&path, jobs->word[0]);
	wr_text_printf(&path, "/%s", jobs->command);
	wr_text_putc(&body, '{');
	if (stop)
		wr_text_printf(&body, "\"mode\":\"%s\"",
			       jobs->savepoint != NULL ? "savepoint"
			       : jobs->drain           ? "drain"
						       : "cancel");
	if (folder != NULL && strcmp(folder, "-") != 0) {
		wr_text_puts(&body, stop ? ",\"folder\":" : "\"folder\":");
		wr_text_json(&body, folder);
	}
	wr_text_putc(&body, '}');
	request.path = path.data;
	request.body = body.data;
	status = wr_shell_http_operate(http, &request, &code, &result);
	if (status != NULL)
		refused(jobs, code, status);
	else if (take(wr_shell_http_answer(http), result, &savepoint, &made))
		printf("%s\n", made.data);
	wr_text_release(&made);
	wr_text_release(&body);
	wr_text_release(&path);
	return status;
}

static wr_status *look(struct wr_jobs_command *jobs, struct wr_shell_http *http)
{
	bool why = strcmp(jobs->command, "why") == 0;
	uint32_t code = get(jobs, http,
			    !why                             ? ""
			    : jobs->format == WR_FORMAT_JSON ? "/why"
							     : "/why?format=text");

	if (code != 200)
		return refused(jobs, code, wr_shell_http_error(http, code));
	if (jobs->word[0] == NULL)
		return list_jobs(jobs, http);
	if (!why)
		return show_status(jobs, http);
	show_why(jobs, http);
	return NULL;
}

wr_status *wr_jobs_remote(struct wr_jobs_command *jobs)
{
	struct wr_shell_http *http;
	wr_status *status;

	WR_TRY(wr_shell_http_new(&jobs->login, CALL_MS, &http));
	status = strcmp(jobs->command, "savepoint") == 0 || strcmp(jobs->command, "stop") == 0
		     ? change(jobs, http)
		     : look(jobs, http);
	wr_shell_http_free(http);
	return status;
}
