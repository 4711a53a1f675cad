/* SPDX-License-Identifier: Apache-2.0
 *
 * statement_rows - the rows of a result, in pages or as a stream of server-sent events.
 *
 * Who asks takes the cursor (`taken`) and waits for rows without a lock. The cursor's queue is
 * bounded, and its job waits when that is full: a reader that takes its time slows its own query
 * and nothing else. A stream has a second bounded buffer, that of its connection; its thread waits
 * for room there.
 */
#include "base/env.h"
#include "base/mem.h"
#include "base/thread.h"
#include "server/json_rows.h"
#include "server/server.h"
#include "server/statements_inner.h"

#define PAGE_BYTES    (4u << 20)   /* a page is closed behind the row that passes it */
#define STREAM_ROOM   (512u << 10) /* bytes that wait for a stream's reader */
#define EVENT_ROWS    1000         /* of an event */
#define EVENT_BYTES   (64u << 10)  /* an event is closed behind the row that passes it */
#define CROWD_WAIT_MS 10           /* of a request beyond waiting_max */
#define LOOK_MS       5000         /* a stream without rows looks whether its reader is there */

/* Rows until `max`, `bytes_max`, or there are none; the first is waited for. */
static enum weir_code collect(struct wr_statement *statement, uint32_t max, size_t bytes_max,
			      bool texts, int64_t wait_ms, struct wr_text *out,
			      struct weir_error **error)
{
	enum weir_code code = WEIR_OK;
	const struct weir_row *row;
	size_t begin = out->len;
	uint32_t count = 0;

	wr_text_putc(out, '[');
	while (count < max && out->len - begin < bytes_max) {
		code = weir_cursor_row(statement->cursor, count == 0 ? wait_ms : 0, &row, error);
		if (code != WEIR_OK)
			break;
		if (count++ > 0)
			wr_text_putc(out, ',');
		wr_json_row(out, row, texts);
	}
	wr_text_putc(out, ']');
	statement->rows += count;
	if (code == WEIR_TIMEOUT) {
		weir_error_free(*error);
		*error = NULL;
		return count > 0 ? WEIR_OK : WEIR_TIMEOUT;
	}
	return code;
}

/* The cursor is the caller's until `give_back`. false: somebody else has it. */
static bool take(struct wr_statement *statement)
{
	bool taken;

	pthread_mutex_lock(&statement->lock);
	taken = statement->taken;
	statement->taken = true;
	pthread_mutex_unlock(&statement->lock);
	return !taken;
}

static void give_back(struct wr_statement *statement)
{
	atomic_store(&statement->used_us, wr_mono_us(statement->statements->server->env));
	pthread_mutex_lock(&statement->lock);
	statement->taken = false;
	pthread_mutex_unlock(&statement->lock);
}

/* --- pages --------------------------------------------------------------------------------------
 */

static void put_state(struct wr_statement *statement, struct wr_text *out)
{
	wr_text_printf(out, "\"state\":\"%s\"", statement->state);
	if (statement->error != NULL)
		wr_text_printf(out, ",\"error\":%s", statement->error);
}

static void make_page(struct wr_statement *statement, uint32_t max, bool texts, int64_t wait_ms)
{
	struct wr_text *page = &statement->last;
	struct weir_error *error = NULL;
	enum weir_code code = WEIR_END;

	wr_text_clear(page);
	wr_text_printf(page, "{\"columns\":%s,\"rows\":", statement->columns);
	if (statement->cursor == NULL) {
		wr_text_puts(page, "[]");
	} else {
		code = collect(statement, max, PAGE_BYTES, texts, wait_ms, page, &error);
		if (code != WEIR_OK && code != WEIR_TIMEOUT)
			wr_statement_end(statement, code, error);
	}
	statement->next++;
	if (statement->cursor != NULL)
		wr_text_printf(page, ",\"next\":%llu,", (unsigned long long)statement->next);
	else
		wr_text_puts(page, ",\"next\":null,");
	put_state(statement, page);
	wr_text_putc(page, '}');
}

/* Whether the request may wait: those that do hold a thread each. */
static bool may_wait(struct wr_statements *statements, bool spare)
{
	bool may;

	pthread_mutex_lock(&statements->lock);
	may = statements->waiting[spare] < statements->waiting_max[spare];
	statements->waiting[spare] += may;
	pthread_mutex_unlock(&statements->lock);
	return may;
}

static void waited(struct wr_statements *statements, bool spare)
{
	pthread_mutex_lock(&statements->lock);
	statements->waiting[spare]--;
	pthread_mutex_unlock(&statements->lock);
}

enum wr_statement_answer wr_statement_page(struct wr_statement *statement,
					   const struct wr_statement_wish *wish,
					   struct wr_text *out)
{
	struct wr_statements *statements = statement->statements;
	enum wr_statement_answer answer = WR_STATEMENT_GIVEN;
	bool waits;

	if (!take(statement))
		return WR_STATEMENT_TAKEN;
	if (wish->token == statement->next) {
		waits = may_wait(statements, wish->spare);
		make_page(statement, wish->max, wish->texts,
			  waits ? wish->wait_ms : WR_MIN(wish->wait_ms, CROWD_WAIT_MS));
		if (waits)
			waited(statements, wish->spare);
	}
	if (wish->token + 1 != statement->next)
		answer = WR_STATEMENT_GONE;
	if (answer == WR_STATEMENT_GIVEN)
		wr_text_add(out, statement->last.data, statement->last.len);
	give_back(statement);
	return answer;
}

/* --- streams ------------------------------------------------------------------------------------
 */

struct streaming {
	struct wr_statement *statement; /* a reference */
	struct wr_http_stream *stream;  /* a reference */
	bool texts;                     /* values as texts */
};

/* A row that no buffer holds: its reader would never get it. */
static struct weir_error *too_large(size_t len)
{
	struct weir_error *error = NULL;

	wr_error_give(
	    &error, WEIR_ERROR_JOB,
	    wr_status_hint(
		wr_status_new(WR_USER_ERROR, "A row of %zu bytes is too large for a stream", len),
		"Take the rows in pages"),
	    NULL);
	return error;
}

/* Rows until the end; false: the reader is gone. */
static bool send_rows(const struct streaming *streaming, struct wr_text *text)
{
	struct wr_statement *statement = streaming->statement;
	struct wr_http_stream *stream = streaming->stream;
	int64_t idle_ms = statement->statements->idle_ms;

	while (statement->cursor != NULL) {
		struct weir_error *error = NULL;
		enum weir_code code;
		uint64_t before = statement->rows;

		wr_text_clear(text);
		wr_text_puts(text, "{\"rows\":");
		code = collect(statement, EVENT_ROWS, EVENT_BYTES, streaming->texts, LOOK_MS, text,
			       &error);
		wr_text_putc(text, '}');
		if (statement->rows > before && text->len + 100 > STREAM_ROOM) {
			weir_error_free(error);
			error = too_large(text->len);
			code = WEIR_ERROR_JOB;
		} else if (statement->rows > before &&
			   !wr_http_stream_event(stream, "rows", 0, text->data, idle_ms)) {
			weir_error_free(error);
			return false;
		}
		if (code != WEIR_OK && code != WEIR_TIMEOUT)
			wr_statement_end(statement, code, error);
		else if (wr_http_stream_closed(stream))
			return false;
	}
	return true;
}

static void stream_over(struct wr_statements *statements)
{
	pthread_mutex_lock(&statements->lock);
	statements->streams--;
	pthread_cond_broadcast(&statements->left);
	pthread_mutex_unlock(&statements->lock);
}

static void *stream_main(void *own)
{
	struct streaming *streaming = own;
	struct wr_statement *statement = streaming->statement;
	struct wr_statements *statements = statement->statements;
	struct wr_http_stream *stream = streaming->stream;
	struct wr_text text;

	wr_text_init(&text);
	wr_text_printf(&text, "{\"columns\":%s}", statement->columns);
	if (wr_http_stream_event(stream, "columns", 0, text.data, statements->idle_ms) &&
	    send_rows(streaming, &text)) {
		wr_text_clear(&text);
		wr_text_putc(&text, '{');
		put_state(statement, &text);
		wr_text_putc(&text, '}');
		wr_http_stream_event(stream, "end", 0, text.data, statements->idle_ms);
	} else if (statement->cursor != NULL) {
		wr_cursor_cancel(statement->cursor);
		wr_statement_end(statement, WEIR_CANCELLED, NULL);
	}
	wr_http_stream_end(stream);
	wr_http_stream_unref(stream);
	wr_text_release(&text);
	give_back(statement);
	wr_statement_unref(statement);
	wr_free(streaming);
	stream_over(statements);
	return NULL;
}

enum wr_statement_answer wr_statement_stream(struct wr_statement *statement, bool texts,
					     struct wr_http_stream **out)
{
	struct wr_statements *statements = statement->statements;
	struct streaming *streaming;
	pthread_t thread;
	bool stopping;

	if (!take(statement))
		return WR_STATEMENT_TAKEN;
	pthread_mutex_lock(&statements->lock);
	stopping = statements->stopping;
	statements->streams += !stopping;
	pthread_mutex_unlock(&statements->lock);
	if (stopping) {
		give_back(statement);
		return WR_STATEMENT_GONE;
	}
	*out = wr_http_stream_new(STREAM_ROOM, "text/event-stream");
	streaming = wr_calloc(1, sizeof *streaming);
	*streaming = (struct streaming){statement, wr_http_stream_ref(*out), texts};
	atomic_fetch_add(&statement->refs, 1);
	if (wr_thread_start(&thread, "weir-stream", stream_main, streaming)) {
		pthread_detach(thread);
		return WR_STATEMENT_GIVEN;
	}
	wr_http_stream_unref(*out);
	wr_http_stream_unref(*out);
	*out = NULL;
	wr_free(streaming);
	give_back(statement);
	wr_statement_unref(statement);
	stream_over(statements);
	return WR_STATEMENT_TAKEN;
}
