/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_remote - see shell_remote.h.
 *
 * Rows come in pages: a page that was lost on the way is asked for again, so that a connection that
 * breaks costs nothing (with the stream of server-sent events it would cost the result). A page is
 * given as soon as there is a row, and waited for long where there is none, so that changes show at
 * once and a result in which nothing happens costs next to nothing. While pages are not full, a
 * growing pause lies between two of them: a terminal shows ten states a second.
 */
#include "cli/shell_remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/macros.h"
#include "base/mem.h"
#include "cli/shell_show.h"
#include "cli/shell_text.h"
#include "sql/diagnostic.h"
#include "sql/source.h"

#define PAGE_ROWS     10000
#define PAGE_WAIT_MS  20000    /* below the patience of proxies */
#define NAP_MAX_US    50000    /* between two pages that are not full */
#define CANCEL_US     500000   /* between two words to the server that it is to stop */
#define GIVE_UP_US    10000000 /* after Ctrl-C without an answer */
#define ASIDE_CALL_MS 3000

/* A statement on its way: what was typed, and what is sent. */
struct order {
	const char *sql;
	struct wr_arena arena;   /* of `source` */
	struct wr_source source; /* with variables replaced */
};

/* An error as the engine in this process would show it: the status is freed. */
static char *render(struct order *order, wr_status *status)
{
	struct wr_text text;

	wr_text_init(&text);
	if (order == NULL) {
		wr_sql_render_error(NULL, wr_str_of(""), status, &text);
	} else {
		if (status->pos.line > 0 && order->source.text.data != NULL)
			status->pos = wr_source_place(&order->source, status->pos.offset,
						      status->pos.offset + status->pos.length);
		wr_sql_render_error("sql", wr_str_of(order->sql), status, &text);
	}
	wr_status_free(status);
	return text.data;
}

char *wr_remote_ask(struct wr_remote *self, const char *method, const char *path, const char *body)
{
	struct wr_shell_request request = {.method = method, .path = path, .body = body};
	uint32_t code = wr_shell_http_ask(self->http, &request);

	return code >= 200 && code < 300 ? NULL
					 : render(NULL, wr_shell_http_error(self->http, code));
}

char *wr_remote_operate(struct wr_remote *self, const char *path, const char *body,
			uint32_t *result)
{
	struct wr_shell_request request = {
	    .method = "POST", .path = path, .body = body, .once = true};
	uint32_t code;
	wr_status *status = wr_shell_http_operate(self->http, &request, &code, result);

	return status != NULL ? render(NULL, status) : NULL;
}

/* --- the session --------------------------------------------------------------------------------
 */

/* Opens one; `impatient`: the server is to be there. */
static char *open_session(struct wr_remote *self, bool impatient)
{
	const struct wr_shell_options *options = self->options;
	struct wr_shell_request request = {
	    .method = "POST", .path = "/v1/sessions", .impatient = impatient};
	struct wr_arena arena;
	struct wr_text body;
	const char *id = NULL;
	char *error = NULL;
	uint32_t code;

	wr_text_init(&body);
	wr_text_puts(&body, "{\"name\":\"weir sql\",\"settings\":{");
	for (uint32_t i = 0; i < options->setting_count; i++) {
		if (i > 0)
			wr_text_putc(&body, ',');
		wr_text_json(&body, options->key[i]);
		wr_text_putc(&body, ':');
		wr_text_json(&body, options->value[i]);
	}
	wr_text_puts(&body, "}}");
	request.body = body.data;
	wr_arena_init(&arena);
	code = wr_shell_http_ask(self->http, &request);
	if (code == 201)
		id = wr_shell_json_text(wr_shell_http_answer(self->http), 0, "session", &arena);
	if (id == NULL) {
		error = render(NULL, wr_shell_http_error(self->http, code));
	} else {
		wr_free(self->session);
		self->session = wr_strdup(id);
		self->own = false;
		self->words_us = 0;
	}
	wr_arena_release(&arena);
	wr_text_release(&body);
	return error;
}

/* The server knows the session no more. NULL: there is another one in which the statement can be
 * executed. */
static char *reopen(struct wr_remote *self)
{
	bool own = self->own;
	char *error = open_session(self, false);

	if (error != NULL || !own)
		return error;
	return wr_strdup(
	    "error: The session has ended: the server began anew, or nothing was asked "
	    "of it for long\nhint: There is a new one, without the options, the "
	    "database and the temporary objects of the old one: set them again, then "
	    "\\g repeats the statement\n");
}

/* Whether a new session would lack what the statement has left in this one. */
static bool leaves_something(const char *sql)
{
	static const char *const first[] = {"SET", "RESET", "USE", "LOAD", "UNLOAD"};
	struct wr_text words;
	bool leaves;

	wr_text_init(&words);
	wr_shell_words(sql, strlen(sql), 4, &words);
	leaves = strstr(wr_text_str(&words), "TEMPORARY") != NULL;
	for (uint32_t i = 0; i < WR_COUNT(first); i++)
		leaves |= strncmp(wr_text_str(&words), first[i], strlen(first[i])) == 0;
	wr_text_release(&words);
	return leaves;
}

/* --- rows ---------------------------------------------------------------------------------------
 */

/* A result: shown by the view, or gathered as a text. */
struct result {
	struct wr_remote *self;
	struct order *order;
	struct wr_arena arena; /* of names and types of columns, and `id` */
	const char *id;
	bool shows; /* else `text` is made of the first column */
	struct wr_shell_show show;
	struct wr_text text;
	struct wr_text cells; /* of a row, each with a NUL behind it */
	bool left;            /* the user wants no more */
};

static bool starts(const char *type, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strncmp(type, *names, strlen(*names)) == 0)
			return true;
	return false;
}

/* The view gets the columns. */
static void begin_view(struct result *result, const struct wr_json_doc *doc, uint32_t list,
		       uint32_t count)
{
	static const char *const numbers[] = {"TINYINT", "SMALLINT", "INT",     "BIGINT",
					      "FLOAT",   "DOUBLE",   "DECIMAL", NULL};
	static const char *const booleans[] = {"BOOLEAN", NULL};
	struct wr_shell_column *columns = wr_calloc(count + 1, sizeof *columns);
	uint32_t at = list + 1;

	for (uint32_t i = 0; i < count; i++, at = doc->node[at].end) {
		const char *name = wr_shell_json_text(doc, at, "name", &result->arena);
		const char *type = wr_shell_json_text(doc, at, "type", &result->arena);

		columns[i].name = name != NULL ? name : "";
		columns[i].type = type != NULL ? type : "";
		columns[i].number = starts(columns[i].type, numbers) &&
				    strncmp(columns[i].type, "INTERVAL", 8) != 0;
		columns[i].boolean = starts(columns[i].type, booleans);
	}
	wr_shell_view_begin(result->show.view, columns, count,
			    wr_shell_json_true(doc, 0, "updating"));
	wr_free(columns);
}

static enum weir_row_kind kind_of(const struct wr_json_doc *doc, uint32_t row)
{
	return wr_shell_json_is(doc, row, "kind", "-U")   ? WEIR_UPDATE_BEFORE
	       : wr_shell_json_is(doc, row, "kind", "+U") ? WEIR_UPDATE_AFTER
	       : wr_shell_json_is(doc, row, "kind", "-D") ? WEIR_DELETE
							  : WEIR_INSERT;
}

/* A row of a page. */
static void take_row(struct result *result, const struct wr_json_doc *doc, uint32_t row)
{
	const char *cells[WR_SHELL_COLUMNS_MAX] = {NULL};
	size_t begin[WR_SHELL_COLUMNS_MAX];
	uint32_t count, list = wr_shell_json_list(doc, row, "row", &count);
	uint32_t at = list + 1, wanted = result->shows ? result->show.view->count : 1;

	wr_text_clear(&result->cells);
	for (uint32_t i = 0; i < count && i < wanted; i++, at = doc->node[at].end) {
		const struct wr_json_node *node = &doc->node[at];

		begin[i] = node->kind == WR_JSON_STRING ? result->cells.len : SIZE_MAX;
		if (begin[i] == SIZE_MAX)
			continue;
		wr_text_add(&result->cells, node->text, node->len);
		wr_text_putc(&result->cells, '\0');
	}
	for (uint32_t i = 0; i < count && i < wanted; i++)
		if (begin[i] != SIZE_MAX)
			cells[i] = result->cells.data + begin[i];
	if (result->shows) {
		wr_shell_show_row(&result->show, kind_of(doc, row), cells);
	} else if (cells[0] != NULL) {
		wr_text_puts(&result->text, cells[0]);
		wr_text_putc(&result->text, '\n');
	}
}

/* While a page is waited for, and between rows. */
static bool on_turn(void *own, const char *trouble)
{
	struct result *result = own;

	if (result->shows)
		result->left |= !wr_shell_show_turn(&result->show, trouble);
	else
		result->left |= wr_shell_interrupted();
	return !result->left;
}

/* The rows of the page that has come; how many. */
static uint32_t take_page(struct result *result)
{
	const struct wr_json_doc *doc = wr_shell_http_answer(result->self->http);
	uint32_t count, list = wr_shell_json_list(doc, 0, "rows", &count), at = list + 1;

	for (uint32_t i = 0; i < count; i++, at = doc->node[at].end) {
		take_row(result, doc, at);
		if (i % 256 == 255 && !on_turn(result, NULL))
			break;
	}
	if (count == 0)
		result->show.between = false;
	return count;
}

/* How the result has ended, by its last page. */
static char *ending(struct result *result)
{
	const struct wr_json_doc *doc = wr_shell_http_answer(result->self->http);
	uint32_t error = wr_json_get(doc, 0, wr_str_of("error"));

	if (error != UINT32_MAX)
		return render(result->order, wr_shell_http_problem(doc, error));
	if (wr_shell_json_is(doc, 0, "state", "finished"))
		return NULL;
	return wr_strdup(
	    "error: The query was cancelled\nhint: The server is stopping, or somebody "
	    "has closed the session\n");
}

/* The server gave no page. */
static char *lost(struct result *result, uint32_t code)
{
	if (code != 404)
		return render(NULL, wr_shell_http_error(result->self->http, code));
	return wr_strdup(
	    "error: The server knows the result no more: it began anew, or nobody asked "
	    "for rows for long\nhint: \\g runs the statement again\n");
}

/* Waits between two pages; longer and longer while they are not full. */
static bool nap(struct result *result, int64_t *nap_us)
{
	struct wr_env *env = wr_env_system();

	env->ops->sleep_us(env, *nap_us);
	*nap_us = WR_MIN(*nap_us * 2, NAP_MAX_US);
	return on_turn(result, NULL);
}

/* Pages until the last one, or until the user wants no more. */
static char *take_pages(struct result *result)
{
	struct wr_shell_request request = {.method = "GET",
					   .quiet = result->shows &&
						    wr_shell_view_is_live(result->show.view),
					   .wait = on_turn,
					   .own = result};
	struct wr_shell_http *http = result->self->http;
	char *error = NULL;
	int64_t nap_us = 1000;
	uint64_t token = 0;
	bool more = true;
	struct wr_text path;

	wr_text_init(&path);
	while (more && error == NULL && on_turn(result, NULL)) {
		uint32_t code, count;

		wr_text_clear(&path);
		wr_text_printf(&path,
			       "/v1/statements/%s/rows?token=%llu&max=%d&wait_ms=%d&values=text",
			       result->id, (unsigned long long)token, PAGE_ROWS, PAGE_WAIT_MS);
		request.path = path.data;
		code = wr_shell_http_ask(http, &request);
		if (result->left)
			break;
		if (code == 200) {
			count = take_page(result);
			more = wr_shell_json_number(wr_shell_http_answer(http), 0, "next") > 0;
			token++;
			if (!more)
				error = ending(result);
			else if (count == PAGE_ROWS || nap(result, &nap_us))
				continue;
		} else if (code == 409) { /* the request that was broken off still has them */
			nap(result, &nap_us);
		} else {
			error = lost(result, code);
		}
	}
	wr_text_release(&path);
	return error;
}

/* The result ends on the server, too. */
static void drop(struct wr_remote *self, const char *id)
{
	char path[128];
	struct wr_shell_request request = {
	    .method = "DELETE", .path = path, .impatient = true, .quiet = true};

	snprintf(path, sizeof path, "/v1/statements/%s", id);
	wr_shell_http_ask(self->aside, &request);
}

/* The result that the answer tells of. */
static char *show_result(struct wr_remote *self, struct order *order, struct wr_shell_view *view)
{
	const struct wr_json_doc *doc = wr_shell_http_answer(self->http);
	enum wr_shell_gives gives = wr_shell_gives(order->sql);
	struct result result = {.self = self, .order = order, .show.view = view};
	uint32_t count, list = wr_shell_json_list(doc, 0, "columns", &count);
	char *error;

	wr_arena_init(&result.arena);
	wr_text_init(&result.text);
	wr_text_init(&result.cells);
	result.id = wr_shell_json_text(doc, 0, "statement", &result.arena);
	result.shows = gives != WR_SHELL_GIVES_PLAN && gives != WR_SHELL_GIVES_TEXT;
	error = wr_shell_show_refuse(view, count, wr_shell_json_true(doc, 0, "bounded"));
	if (error == NULL) {
		if (result.shows)
			begin_view(&result, doc, list, count);
		wr_shell_keys_begin();
		error = take_pages(&result);
		wr_shell_keys_end();
		if (result.shows)
			wr_shell_view_end(view);
		else if (gives == WR_SHELL_GIVES_PLAN)
			wr_shell_show_plan(view, wr_text_str(&result.text));
		else
			fputs(wr_text_str(&result.text), view->file);
	}
	drop(self, result.id);
	wr_text_release(&result.text);
	wr_text_release(&result.cells);
	wr_arena_release(&result.arena);
	return error;
}

/* --- statements ---------------------------------------------------------------------------------
 */

/* While the server executes: Ctrl-C is told to it, again and again until it answers. */
static bool on_execute(void *own, const char *trouble)
{
	struct wr_remote *self = own;
	int64_t now_us = wr_mono_us(wr_env_system());
	char path[128];
	struct wr_shell_request request = {
	    .method = "POST", .path = path, .impatient = true, .quiet = true};

	if (!wr_shell_interrupted())
		return true;
	if (self->interrupted_us == 0)
		self->interrupted_us = now_us;
	if (trouble != NULL || now_us - self->interrupted_us > GIVE_UP_US)
		return false;
	if (self->cancelled_us != 0 && now_us - self->cancelled_us < CANCEL_US)
		return true;
	snprintf(path, sizeof path, "/v1/sessions/%s/cancel", self->session);
	wr_shell_http_ask(self->aside, &request);
	self->cancelled_us = wr_mono_us(wr_env_system());
	return true;
}

/* Sends it; the code of the answer. */
static uint32_t send_order(struct wr_remote *self, struct order *order)
{
	struct wr_shell_request request = {.method = "POST",
					   .path = "/v1/statements",
					   .once = true,
					   .wait = on_execute,
					   .own = self};
	struct wr_text body;
	uint32_t code;

	wr_text_init(&body);
	wr_text_puts(&body, "{\"session\":");
	wr_text_json(&body, self->session);
	wr_text_puts(&body, ",\"sql\":");
	wr_text_json(&body, order->source.text.data);
	wr_text_putc(&body, '}');
	request.body = body.data;
	self->cancelled_us = self->interrupted_us = 0;
	code = wr_shell_http_ask(self->http, &request);
	wr_text_release(&body);
	return code;
}

/* There was no answer; what that means. */
static char *unanswered(struct wr_remote *self, const struct order *order)
{
	wr_status *status = wr_shell_http_error(self->http, 0);
	bool changes = wr_shell_gives(order->sql) == WR_SHELL_GIVES_NOTHING;

	if (changes && self->interrupted_us == 0)
		wr_status_hint(status,
			       "Whether the statement was executed is not known: look before "
			       "it is repeated");
	return render(NULL, status);
}

/* What came of the statement. */
static char *take_outcome(struct wr_remote *self, struct order *order, struct wr_shell_view *view)
{
	const struct wr_json_doc *doc = wr_shell_http_answer(self->http);
	struct wr_arena arena;

	if (wr_shell_json_is(doc, 0, "kind", "rows"))
		return show_result(self, order, view);
	self->words_us = 0;
	self->own |= leaves_something(order->sql);
	if (!wr_shell_json_is(doc, 0, "kind", "job"))
		return NULL;
	wr_arena_init(&arena);
	fprintf(stderr, "Job %s was submitted; \\jobs shows it, \\stop ends it\n",
		wr_shell_json_text(doc, 0, "job", &arena));
	wr_arena_release(&arena);
	return NULL;
}

static char *execute(struct wr_remote *self, struct order *order, struct wr_shell_view *view)
{
	uint32_t code = send_order(self, order);
	char *error;

	if (code == 404) {
		error = reopen(self);
		if (error != NULL)
			return error;
		code = send_order(self, order);
	}
	if (code == 0)
		return unanswered(self, order);
	if (code < 200 || code >= 300)
		return render(order, wr_shell_http_error(self->http, code));
	return take_outcome(self, order, view);
}

static char *remote_execute(struct wr_backend *backend, const char *sql, struct wr_shell_view *view)
{
	struct wr_remote *self = (struct wr_remote *)backend;
	struct wr_variables variables = {self->options->variable_name,
					 self->options->variable_value,
					 self->options->variable_count};
	struct order order = {.sql = sql};
	wr_status *status;
	char *error;

	wr_arena_init(&order.arena);
	status = wr_source_open(&order.source, &order.arena, wr_str_of(sql), &variables, 0);
	if (status != NULL) {
		order.source.text.data = NULL;
		error = render(&order, status);
	} else {
		error = execute(self, &order, view);
	}
	wr_arena_release(&order.arena);
	return error;
}

static void remote_free(struct wr_backend *backend)
{
	struct wr_remote *self = (struct wr_remote *)backend;
	char path[128];
	struct wr_shell_request request = {
	    .method = "DELETE", .path = path, .impatient = true, .quiet = true};

	if (self->session != NULL) {
		snprintf(path, sizeof path, "/v1/sessions/%s", self->session);
		wr_shell_http_ask(self->aside, &request);
	}
	wr_shell_http_free(self->http);
	wr_shell_http_free(self->aside);
	wr_map_release(&self->words);
	wr_map_release(&self->keys);
	wr_free(self->session);
	wr_free(self);
}

struct wr_backend *wr_backend_remote(const struct wr_shell_options *options, char **error)
{
	struct wr_remote *self = wr_calloc(1, sizeof *self);
	const char *host = strstr(options->login.server, "://") + 3;
	wr_status *status;

	snprintf(self->prompt, sizeof self->prompt, "weir@%.*s", (int)strcspn(host, "/"), host);
	self->backend = (struct wr_backend){.execute = remote_execute,
					    .jobs = wr_remote_jobs,
					    .stop = wr_remote_stop,
					    .tables = wr_remote_tables,
					    .names = wr_remote_names,
					    .free = remote_free,
					    .prompt = self->prompt};
	self->options = options;
	wr_map_init(&self->words);
	wr_map_init(&self->keys);
	status = wr_shell_http_new(&options->login, 0, &self->http);
	if (status == NULL)
		status = wr_shell_http_new(&options->login, ASIDE_CALL_MS, &self->aside);
	*error = status != NULL ? render(NULL, status) : open_session(self, true);
	if (*error == NULL)
		return &self->backend;
	remote_free(&self->backend);
	return NULL;
}
