/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway_result - the rows of a statement in pages: NOT_READY, PAYLOAD ..., EOS.
 *
 * Pages have tokens 0, 1, 2 ...; the last one that was given may be asked for again. The rows of a
 * query are pulled by who asks (`taken`), and its job waits while nobody does.
 */
#include "base/mem.h"
#include "data/error.h"
#include "engine/api_cursor.h"
#include "server/gateway_inner.h"

#define PAGE_ROWS  5000
#define PAGE_BYTES (1u << 20) /* a page is closed behind the row that passes it */
#define WAIT_MS    100        /* for the first row of a page: clients ask again at once */

static const char one_text[] = "[{\"name\":\"%s\",\"logicalType\":{\"type\":\"VARCHAR\","
			       "\"nullable\":true,\"length\":2147483647},\"comment\":null}]";

void wr_operation_ready(struct wr_operation *operation)
{
	struct wr_outcome *outcome = &operation->outcome;
	const struct wr_schema *schema;

	if (outcome->kind != WR_OUTCOME_ROWS) {
		wr_text_printf(&operation->columns, one_text,
			       outcome->kind == WR_OUTCOME_JOB ? "job id" : "result");
		memcpy(operation->job, outcome->job, sizeof operation->job);
		return;
	}
	schema = wr_cursor_schema(outcome->cursor);
	wr_gateway_columns(&operation->columns, schema);
	operation->writer = (struct wr_json_writer){.arena = &operation->arena,
						    .separator = 'T',
						    .null_key = WR_JSON_NULL_KEY_LITERAL,
						    .null_literal = "null"};
	operation->node =
	    WR_NEW_ARRAY(&operation->arena, struct wr_json_node_out *, schema->count + 1);
	for (uint32_t c = 0; c < schema->count; c++)
		operation->node[c] =
		    wr_json_node_out_new(&operation->writer, schema->field[c].type);
	if (strcmp(outcome->word, "SELECT") != 0)
		return;
	for (uint32_t i = 0, at = 0; operation->id[i] != '\0'; i++) /* Flink's form of an id */
		if (operation->id[i] != '-')
			operation->job[at++] = operation->id[i];
}

/* The cursor has come to `code`; *error (MAY be NULL) is taken over. */
static void end_rows(struct wr_operation *operation, enum weir_code code, struct weir_error *error)
{
	struct weir_cursor *cursor = operation->outcome.cursor;

	pthread_mutex_lock(&operation->lock);
	operation->outcome.cursor = NULL;
	pthread_mutex_unlock(&operation->lock);
	wr_client_done(operation->client, cursor);
	if (code == WEIR_CANCELLED) {
		pthread_mutex_lock(&operation->lock);
		operation->status = WR_OPERATION_CANCELED;
		pthread_mutex_unlock(&operation->lock);
	} else if (code != WEIR_END && error != NULL) {
		wr_operation_fail(operation, code == WEIR_ERROR_JOB, wr_status_copy(error->status));
	}
	weir_error_free(error);
}

/* Appends rows; how many. */
static uint32_t collect(struct wr_operation *operation, enum wr_row_format format,
			struct wr_text *out)
{
	size_t begin = out->len;
	uint32_t count = 0;

	while (count < PAGE_ROWS && out->len - begin < PAGE_BYTES) {
		struct weir_error *error = NULL;
		const struct weir_row *row;
		enum weir_code code = weir_cursor_row(operation->outcome.cursor,
						      count == 0 ? WAIT_MS : 0, &row, &error);

		if (code == WEIR_OK) {
			if (count++ > 0)
				wr_text_putc(out, ',');
			if (wr_gateway_row(operation, format, row, out))
				continue;
			code = wr_error_give(&error, WEIR_ERROR_JOB,
					     wr_json_writer_fault(&operation->writer), NULL);
		}
		if (code == WEIR_TIMEOUT)
			weir_error_free(error);
		else
			end_rows(operation, code, error);
		break;
	}
	return count;
}

/* The result of a statement that is no query: one text. */
static uint32_t put_text(struct wr_operation *operation, struct wr_text *out)
{
	if (operation->told || operation->outcome.kind == WR_OUTCOME_ROWS)
		return 0;
	operation->told = true;
	wr_text_printf(out, "{\"kind\":\"INSERT\",\"fields\":[\"%s\"]}",
		       operation->outcome.kind == WR_OUTCOME_JOB ? operation->job : "OK");
	return 1;
}

static void put_next(struct wr_operation *operation, int version, enum wr_row_format format,
		     uint64_t token, struct wr_text *out)
{
	wr_text_printf(out, ",\"nextResultUri\":\"/v%d/sessions/%s/operations/%s/result/%llu%s\"",
		       version, operation->session->id, operation->id, (unsigned long long)token,
		       version == 1            ? ""
		       : format == WR_ROW_JSON ? "?rowFormat=JSON"
					       : "?rowFormat=PLAIN_TEXT");
}

static void make_page(struct wr_operation *operation, int version, enum wr_row_format format)
{
	struct wr_text *page = &operation->last;
	struct wr_text rows;
	bool query = strcmp(operation->outcome.word, "SELECT") == 0;
	uint32_t count;
	bool more;

	wr_text_init(&rows);
	count = operation->outcome.cursor != NULL ? collect(operation, format, &rows)
						  : put_text(operation, &rows);
	more = count > 0 || operation->outcome.cursor != NULL;
	wr_text_clear(page);
	wr_text_printf(page, "{\"resultType\":\"%s\",\"isQueryResult\":%s",
		       more ? "PAYLOAD" : "EOS", query ? "true" : "false");
	if (operation->job[0] != '\0')
		wr_text_printf(page, ",\"jobID\":\"%s\"", operation->job);
	wr_text_printf(
	    page, ",\"resultKind\":\"%s\",\"results\":{\"columns\":%s,\"rowFormat\":\"%s\"",
	    operation->outcome.kind == WR_OUTCOME_DONE ? "SUCCESS" : "SUCCESS_WITH_CONTENT",
	    operation->columns.data, format == WR_ROW_JSON ? "JSON" : "PLAIN_TEXT");
	wr_text_puts(page, ",\"data\":[");
	wr_text_add(page, wr_text_str(&rows), rows.len);
	wr_text_puts(page, "]}");
	operation->token++;
	if (more)
		put_next(operation, version, format, operation->token, page);
	wr_text_putc(page, '}');
	wr_text_release(&rows);
}

/* Why nothing can be given in this state; NULL: it can. Under lock. */
static wr_status *refusal(const struct wr_operation *operation, uint64_t token)
{
	if (operation->status == WR_OPERATION_ERROR && token >= operation->token)
		return wr_status_copy(operation->error);
	if (operation->status == WR_OPERATION_CANCELED)
		return wr_status_new(WR_USER_ERROR, "The statement was cancelled");
	if (operation->taken)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "Another request fetches this result"),
		    "Fetch it one page after the other");
	if (token != operation->token && token + 1 != operation->token)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "There is no page %llu of the result: %llu is next",
				  (unsigned long long)token, (unsigned long long)operation->token),
		    "Follow nextResultUri; only the last page can be fetched again");
	return NULL;
}

static void not_ready(struct wr_operation *operation, int version, enum wr_row_format format,
		      struct wr_text *out)
{
	wr_text_puts(out, "{\"resultType\":\"NOT_READY\"");
	put_next(operation, version, format, 0, out);
	wr_text_putc(out, '}');
}

void wr_operation_fetch(struct wr_operation *operation, int version, enum wr_row_format format,
			uint64_t token, struct wr_http_reply *reply)
{
	wr_status *status = NULL;
	bool ready, job_failed;

	pthread_mutex_lock(&operation->lock);
	ready =
	    operation->status != WR_OPERATION_PENDING && operation->status != WR_OPERATION_RUNNING;
	job_failed = operation->job_failed;
	if (ready)
		status = refusal(operation, token);
	if (ready && status == NULL)
		operation->taken = true;
	pthread_mutex_unlock(&operation->lock);
	if (status != NULL) {
		wr_gateway_fail(reply, job_failed, status);
		return;
	}
	if (!ready) {
		not_ready(operation, version, format, &reply->body);
		return;
	}
	if (token == operation->token)
		make_page(operation, version, format);
	pthread_mutex_lock(&operation->lock);
	operation->taken = false;
	/* A page without rows says why there are none. */
	if (operation->status != WR_OPERATION_FINISHED && token + 1 == operation->token &&
	    strstr(operation->last.data, "\"resultType\":\"EOS\"") == operation->last.data + 1)
		status = operation->status == WR_OPERATION_ERROR
			     ? wr_status_copy(operation->error)
			     : wr_status_new(WR_USER_ERROR, "The statement was cancelled");
	job_failed = operation->job_failed;
	pthread_mutex_unlock(&operation->lock);
	if (status != NULL)
		wr_gateway_fail(reply, job_failed, status);
	else
		wr_text_add(&reply->body, operation->last.data, operation->last.len);
}
