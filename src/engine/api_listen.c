/* SPDX-License-Identifier: Apache-2.0
 *
 * api_listen - what a run tells, handed to the callbacks of weir_handler.
 */
#include "base/mem.h"
#include "engine/api_session.h"

#define NAP_US 1000000 /* of workers: a thousand engines that have nothing to do do nothing */

enum weir_code wr_api_size(size_t given, const char *name, struct weir_error **error)
{
	if (given != 0)
		return WEIR_OK;
	return wr_error_misuse(
	    error, "The member 'size' of struct %s is 0: set it to sizeof(struct %s)", name, name);
}

bool wr_api_handler_check(const struct weir_handler *given, struct weir_error **error)
{
	return given == NULL || wr_api_size(given->size, "weir_handler", error) == WEIR_OK;
}

/* The answer of a callback as a status. */
static wr_status *heard(struct wr_api_listen *listen, int answer)
{
	if (answer == 0)
		return NULL;
	atomic_store(&listen->stopped, true);
	return wr_status_new(WR_USER_ERROR, "The script was stopped by its caller");
}

static wr_status *on_begin(void *user, const struct wr_schema *schema, bool updating, bool ordered)
{
	struct wr_api_listen *listen = user;

	wr_result_release(&listen->result);
	WR_TRY(wr_result_init(&listen->result, schema, updating, listen->run.result_zone));
	if (listen->handler.begin == NULL)
		return NULL;
	return heard(listen, listen->handler.begin(listen->handler.user, &listen->result));
}

static wr_status *on_rows(void *user, const struct wr_batch *batch)
{
	struct wr_api_listen *listen = user;
	const struct weir_handler *handler = &listen->handler;
	struct weir_row row = {.result = &listen->result, .batch = batch};

	if (handler->batch != NULL) {
		struct weir_batch view;

		wr_batch_view(&view, &listen->result, batch);
		return heard(listen, handler->batch(handler->user, &view));
	}
	if (handler->row == NULL)
		return NULL;
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		row.row = wr_batch_row(batch, i);
		WR_TRY(heard(listen, handler->row(handler->user, &row)));
	}
	return NULL;
}

static wr_status *on_end(void *user)
{
	struct wr_api_listen *listen = user;

	if (listen->handler.end == NULL)
		return NULL;
	return heard(listen, listen->handler.end(listen->handler.user, &listen->result));
}

static wr_status *on_text(void *user, const char *text)
{
	struct wr_api_listen *listen = user;

	if (listen->handler.text == NULL)
		return NULL;
	return heard(listen, listen->handler.text(listen->handler.user, text));
}

static void on_notice(void *user, const char *text)
{
	struct wr_api_listen *listen = user;

	if (listen->handler.notice != NULL)
		listen->handler.notice(listen->handler.user, text);
}

void wr_api_listen_init(struct wr_api_listen *listen, struct weir_session *session,
			const struct weir_handler *given)
{
	struct wr_listener listener = {.result_begin = on_begin,
				       .result_rows = on_rows,
				       .result_end = on_end,
				       .text = on_text,
				       .notice = on_notice,
				       .user = listen};

	*listen = (struct wr_api_listen){0};
	if (given != NULL)
		memcpy(&listen->handler, given, WR_MIN(given->size, sizeof listen->handler));
	wr_run_init(&listen->run, session->session->run.env, &listener);
	listen->run.nap_us = NAP_US;
}

void wr_api_listen_release(struct wr_api_listen *listen)
{
	wr_result_release(&listen->result);
	wr_run_release(&listen->run);
}

enum weir_code wr_api_ending(struct wr_api_listen *listen, wr_status **status)
{
	if (*status != NULL && atomic_load(&listen->stopped))
		return WEIR_STOPPED;
	if (*status != NULL)
		return listen->run.ran ? WEIR_ERROR_JOB : WEIR_ERROR_SCRIPT;
	if (!atomic_load(&listen->run.cancelled))
		return WEIR_OK;
	*status = wr_status_new(WR_USER_ERROR, "The script was cancelled");
	return WEIR_CANCELLED;
}

enum weir_code wr_api_ended(struct wr_api_listen *listen, struct wr_str script, wr_status *status,
			    struct weir_error **error)
{
	enum weir_code code = wr_api_ending(listen, &status);

	return code == WEIR_OK ? WEIR_OK : wr_api_fail(error, code, script, status);
}
