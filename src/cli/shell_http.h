/* SPDX-License-Identifier: Apache-2.0
 *
 * shell_http - requests of the shell, and of the commands about jobs, to a server's REST API, and
 * its answers, which are JSON.
 *
 * A server that does not answer is asked again for WR_SHELL_PATIENCE_MS, where asking twice does no
 * harm: what only reads, and what has not reached anybody. That it is away, and that it is there
 * again, is said on standard error, and by `trouble` to who draws on the terminal.
 *
 * Thread: one owner.
 */
#ifndef WR_CLI_SHELL_HTTP_H
#define WR_CLI_SHELL_HTTP_H

#include "cli/shell_login.h"
#include "expr/json_doc.h"

#define WR_SHELL_PATIENCE_MS 15000

struct wr_shell_http;

/* `login` stays as long. `call_ms`: longest time of a request; 0: as long as it takes. */
wr_status *wr_shell_http_new(const struct wr_shell_login *login, int64_t call_ms,
			     struct wr_shell_http **out);
void wr_shell_http_free(struct wr_shell_http *http); /* NULL is allowed */

struct wr_shell_request {
	const char *method, *path; /* "POST", "/v1/statements" */
	const char *body;          /* JSON; NULL: none */
	bool impatient;            /* it is asked once */
	bool once;                 /* it must not be executed twice */
	bool plain;                /* an answer that is no JSON is one, too */
	bool quiet;                /* nothing is said on standard error while the server is away */
	/* MAY: called again and again until the answer is there; false: it is given up. `trouble`:
	 * why it takes long; NULL: it does not. */
	bool (*wait)(void *own, const char *trouble);
	void *own;
};

/* The code of HTTP; 0: there was no answer. */
uint32_t wr_shell_http_ask(struct wr_shell_http *http, const struct wr_shell_request *request);
/* The answer; without nodes when it is no JSON. Until the next request. */
const struct wr_json_doc *wr_shell_http_answer(const struct wr_shell_http *http);
/* Its bytes, whatever they are. */
const char *wr_shell_http_text(const struct wr_shell_http *http);
/* The same as ask for what may take its time (server/operations.h): waits until it has been done,
 * however often that has to be asked. On success *result is the object of the answer that says what
 * came of it; *code as of ask, 0 also when the server is gone meanwhile. */
wr_status *wr_shell_http_operate(struct wr_shell_http *http, const struct wr_shell_request *request,
				 uint32_t *code, uint32_t *result);
/* What is wrong, from an answer or from there being none. A place is in the text that was sent. */
wr_status *wr_shell_http_error(const struct wr_shell_http *http, uint32_t code);
/* The same of an object {"message":...}. */
wr_status *wr_shell_http_problem(const struct wr_json_doc *doc, uint32_t object);

/* A member: its text, in the arena (NULL: it is none); a number, true or false (0: it is none); the
 * node of an array or object (UINT32_MAX). */
const char *wr_shell_json_text(const struct wr_json_doc *doc, uint32_t object, const char *key,
			       struct wr_arena *arena);
int64_t wr_shell_json_number(const struct wr_json_doc *doc, uint32_t object, const char *key);
bool wr_shell_json_true(const struct wr_json_doc *doc, uint32_t object, const char *key);
/* Whether a member is that text. */
bool wr_shell_json_is(const struct wr_json_doc *doc, uint32_t object, const char *key,
		      const char *text);
uint32_t wr_shell_json_list(const struct wr_json_doc *doc, uint32_t object, const char *key,
			    uint32_t *count);

#endif
