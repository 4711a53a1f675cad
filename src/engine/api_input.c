/* SPDX-License-Identifier: Apache-2.0
 *
 * api_input - weir_input_* of weir.h: rows of the program on their way into the queue of an 'input'
 * table (connectors/embed_queue.h).
 *
 * What was appended becomes a batch when it is pushed, or when there are 4,096 rows; batches and
 * watermarks for which there is no room yet wait in `pending`, in their order.
 *
 * Thread: one at a time, but for weir_input_confirmed.
 */
#include "engine/api_input.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/wait.h"
#include "engine/prepared.h"

/* --- opening */

/* The table's queue and what its options say, read as a job would. */
static wr_status *input_find(struct wr_session *session, const char *name, struct weir_input *self)
{
	struct wr_analyze_env env = wr_session_analyze_env(session);
	const struct wr_table *table = wr_session_table(session, name);
	struct wr_connector_args *args;
	struct wr_plan *plan;
	wr_status *status;

	if (table == NULL)
		return wr_catalog_unknown(session->catalog, name, (struct wr_pos){0});
	if (table->connector != &wr_connector_input)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "Rows cannot be pushed into '%s', which is %s%s%s",
				  name, table->is_view ? "a view" : "a table of connector '",
				  table->is_view ? "" : table->connector->name,
				  table->is_view ? "" : "'"),
		    "Declare a table WITH ('connector' = 'input')");
	plan = wr_plan_new();
	status = wr_analyze_table_args(&env, plan, table, NULL, 0, false, &args);
	if (status == NULL) {
		self->input = (struct wr_input *)wr_embed_ref(table->embed);
		self->source_watermark = table->source_watermark;
		self->changes = wr_connector_input.source_rows(args) != WR_SOURCE_INSERTS;
		self->zone_id = wr_strdup(args->zone_id);
		wr_input_set_up(self->input, args);
	}
	wr_plan_free(plan);
	return status;
}

static wr_status *on_full(void *user, struct weir_appender *out);

WR_PUBLIC enum weir_code weir_input_open(struct weir_session *session, const char *table,
					 struct weir_input **input, struct weir_error **error)
{
	struct weir_input *self = wr_calloc(1, sizeof *self);
	wr_status *status;

	*input = NULL;
	if (error != NULL)
		*error = NULL;
	if (table == NULL) {
		wr_free(self);
		return wr_error_misuse(error, "weir_input_open needs the name of a table");
	}
	status = input_find(wr_session_of(session), table, self);
	if (status == NULL)
		status = wr_appender_init(&self->out, &self->input->schema, self->zone_id,
					  WR_BATCH_ROWS_MAX);
	if (status != NULL) {
		weir_input_free(self);
		status->pos = (struct wr_pos){0};
		return wr_error_give(error, WEIR_ERROR_SCRIPT, status, NULL);
	}
	self->out.changes = self->changes;
	self->out.full = on_full;
	self->out.user = self;
	*input = self;
	return WEIR_OK;
}

WR_PUBLIC void weir_input_free(struct weir_input *self)
{
	if (self == NULL)
		return;
	for (uint32_t i = self->next; i < self->count; i++)
		wr_batch_free(self->pending[i].batch);
	wr_free(self->pending);
	wr_appender_release(&self->out);
	wr_free(self->zone_id);
	if (self->input != NULL)
		wr_embed_unref(&self->input->embed);
	wr_free(self);
}

WR_PUBLIC const struct weir_result *weir_input_result(const struct weir_input *self)
{
	return weir_appender_result(&self->out);
}

WR_PUBLIC struct weir_appender *weir_input_appender(struct weir_input *self)
{
	return &self->out;
}

/* --- what waits */

void wr_api_input_add(struct weir_input *self, struct wr_batch *batch, int64_t watermark_ms)
{
	if (self->next == self->count)
		self->next = self->count = 0;
	if (self->count == self->capacity) {
		self->capacity = WR_MAX(8, 2 * self->capacity);
		self->pending = wr_realloc(self->pending, self->capacity * sizeof *self->pending);
	}
	self->rows += batch != NULL ? batch->rows : 0;
	self->pending[self->count++] =
	    (struct wr_input_pending){.batch = batch, .watermark_ms = watermark_ms};
}

/* Appended rows that are closed go behind what waits. */
static void add_appended(struct weir_input *self)
{
	struct wr_batch *batch = wr_appender_take(&self->out);

	if (batch != NULL)
		wr_api_input_add(self, batch, 0);
}

enum wr_input_push wr_api_input_flush(struct weir_input *self, enum wr_input_wait wait)
{
	while (self->next < self->count) {
		struct wr_input_pending *one = &self->pending[self->next];
		uint32_t rows = one->batch != NULL ? one->batch->rows : 0;
		enum wr_input_push result =
		    rows > 0 ? wr_input_push(self->input, one->batch, wait)
			     : wr_input_watermark(self->input, one->watermark_ms);

		if (result != WR_PUSH_DONE)
			return result;
		self->rows -= rows;
		self->next++;
	}
	return WR_PUSH_DONE;
}

enum weir_code wr_api_input_told(const struct weir_input *self, enum wr_input_push result,
				 struct weir_error **error)
{
	wr_status *status;

	switch (result) {
	case WR_PUSH_DONE: return WEIR_OK;
	case WR_PUSH_FULL: return WEIR_WOULD_BLOCK;
	case WR_PUSH_ENDED:
		return wr_error_misuse(error, "Table '%s' takes no more rows: it was ended",
				       self->input->table);
	case WR_PUSH_NO_READER: break;
	}
	status = wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Table '%s' has no room for more rows, and no job reads it that would "
			  "make some",
			  self->input->table),
	    "Start the job first; or raise 'input.capacity', which is %llu rows",
	    (unsigned long long)self->input->capacity);
	return wr_error_give(error, WEIR_ERROR_JOB, status, NULL);
}

/* 4,096 rows are there: they go if they can. What then waits is bounded by the capacity; beyond it
 * the program waits. Rows that can go nowhere are a mistake that the next push tells. */
static wr_status *on_full(void *user, struct weir_appender *out)
{
	struct weir_input *self = user;
	enum wr_input_push result;
	bool much;

	add_appended(self);
	much = self->rows > self->input->capacity;
	result = wr_api_input_flush(self, much ? WR_PUSH_WAIT : WR_PUSH_TRY);
	if (!much || result == WR_PUSH_DONE)
		return NULL;
	while (self->next < self->count)
		wr_batch_free(self->pending[self->next++].batch);
	self->rows = 0;
	return wr_status_new(WR_USER_ERROR, "Table '%s' %s: rows that were appended are lost",
			     self->input->table,
			     result == WR_PUSH_ENDED ? "was ended" : "is read by no job");
}

/* --- pushing */

/* A few rows, when none wait before them: without making a batch. */
static bool push_few(struct weir_input *self)
{
	struct weir_appender *out = &self->out;

	if (self->next < self->count || out->rows == 0 ||
	    !wr_input_push_few(self->input, out->column, out->rows, out->kind))
		return false;
	wr_free(out->kind);
	out->kind = NULL;
	out->rows = 0;
	return true;
}

WR_PUBLIC enum weir_code weir_input_push(struct weir_input *self, uint32_t flags,
					 struct weir_error **error)
{
	wr_status *mistake = wr_appender_mistake(&self->out);
	enum wr_input_push result;

	if (error != NULL)
		*error = NULL;
	if (mistake == NULL && push_few(self))
		return WEIR_OK;
	add_appended(self);
	result = wr_api_input_flush(self, flags & WEIR_INPUT_NO_WAIT ? WR_PUSH_TRY : WR_PUSH_WAIT);
	if (mistake != NULL)
		return wr_error_give(error, WEIR_MISUSE, mistake, NULL);
	return wr_api_input_told(self, result, error);
}

WR_PUBLIC enum weir_code weir_input_room(struct weir_input *self, uint64_t rows, int64_t timeout_ms,
					 struct weir_error **error)
{
	struct timespec deadline = wr_deadline(WR_MIN(timeout_ms, INT64_MAX / 4000) * 1000);
	enum wr_input_push result = WR_PUSH_DONE;
	enum weir_code code = WEIR_WOULD_BLOCK;

	while (result == WR_PUSH_DONE && code == WEIR_WOULD_BLOCK) {
		code = weir_input_push(self, WEIR_INPUT_NO_WAIT, error);
		if (code != WEIR_OK && code != WEIR_WOULD_BLOCK)
			return code;
		result = wr_input_room_until(
		    self->input, code == WEIR_OK ? rows : self->pending[self->next].batch->rows,
		    timeout_ms < 0 ? NULL : &deadline);
	}
	return result == WR_PUSH_FULL ? WEIR_TIMEOUT : wr_api_input_told(self, result, error);
}

WR_PUBLIC enum weir_code weir_input_watermark(struct weir_input *self, int64_t watermark_ms,
					      struct weir_error **error)
{
	enum wr_input_push result;

	if (error != NULL)
		*error = NULL;
	if (!self->source_watermark)
		return wr_error_misuse(error,
				       "Table '%s' is not declared with WATERMARK FOR ... AS "
				       "SOURCE_WATERMARK()",
				       self->input->table);
	if (self->out.at > 0 || self->out.depth > 0 || self->out.bad)
		return wr_error_misuse(error,
				       "A row of table '%s' is not closed before the "
				       "watermark: weir_append_end is missing",
				       self->input->table);
	add_appended(self);
	wr_api_input_add(self, NULL, watermark_ms);
	result = wr_api_input_flush(self, WR_PUSH_TRY);
	/* What has no room yet goes with the next push. */
	return result == WR_PUSH_ENDED ? wr_api_input_told(self, result, error) : WEIR_OK;
}

WR_PUBLIC void weir_input_end(struct weir_input *self)
{
	wr_status_free(wr_appender_mistake(&self->out));
	add_appended(self);
	(void)wr_api_input_flush(self, WR_PUSH_FORCE);
	wr_input_end(self->input);
}

/* --- where jobs are */

WR_PUBLIC enum weir_code weir_input_wait(struct weir_input *self, int64_t timeout_ms)
{
	int64_t longest = INT64_MAX / 1000000;

	if (timeout_ms > longest)
		timeout_ms = -1;
	return wr_input_await(self->input, timeout_ms < 0 ? -1 : timeout_ms * 1000) ? WEIR_OK
										    : WEIR_TIMEOUT;
}

WR_PUBLIC uint64_t weir_input_restored(const struct weir_input *self)
{
	uint64_t rows;

	pthread_mutex_lock(&self->input->lock);
	rows = self->input->restored;
	pthread_mutex_unlock(&self->input->lock);
	return rows;
}

WR_PUBLIC uint64_t weir_input_confirmed(const struct weir_input *self)
{
	uint64_t rows;

	pthread_mutex_lock(&self->input->lock);
	rows = self->input->confirmed;
	pthread_mutex_unlock(&self->input->lock);
	return rows;
}
