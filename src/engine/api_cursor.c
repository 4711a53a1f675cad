/* SPDX-License-Identifier: Apache-2.0
 *
 * api_cursor - see api_cursor.h, and weir.h: results that are pulled.
 *
 * SHOW, DESCRIBE and EXPLAIN give rows as well (shown.h). Those of a script that does nothing else
 * are put when the cursor is made; otherwise when the script comes to them.
 */
#include "engine/api_cursor.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/wait.h"
#include "plan/plan.h"

struct waiting {
	struct wr_batch *batch; /* owned */
	uint64_t bytes;         /* that it holds */
	struct waiting *next;
};

struct weir_cursor {
	struct weir_job *job; /* NULL: there is none, or its thread could not be started */
	struct weir_result
	    result; /* of its own: the job's may be gone before the last row is read */
	struct wr_field field[WR_SHOWN_COLUMNS_MAX]; /* of what is shown, if it shows such */
	struct wr_schema schema;                     /* the same */
	const struct wr_shown *shown; /* the job's, put when it is shown; NULL: no job does */
	pthread_mutex_t lock;
	pthread_cond_t came;    /* a batch, or the end */
	pthread_cond_t left;    /* a batch was taken, or nobody wants any more */
	struct waiting *first;  /* under lock: oldest first */
	struct waiting **end;   /* under lock: where the next one goes */
	uint64_t rows;          /* under lock: that wait */
	uint64_t bytes;         /* under lock: of them */
	uint64_t bytes_max;     /* under lock */
	uint32_t count;         /* under lock: batches that wait */
	bool over;              /* under lock: the job has ended */
	bool closed;            /* under lock: nobody wants rows any more */
	bool cancelled;         /* under lock: by wr_cursor_cancel; closed, too */
	bool bounded;           /* what it reads ends by itself */
	struct wr_batch *batch; /* the last one taken; NULL: none */
	struct weir_batch view; /* of `batch` */
	struct weir_row row;    /* the last one given */
	uint32_t next;          /* row of `batch` that weir_cursor_row gives next */
};

/* --- the job's side -----------------------------------------------------------------------------
 */

/* Under lock: a batch (moved) at the end of the queue. */
static void append(struct weir_cursor *cursor, struct wr_batch *batch)
{
	struct waiting *waiting = wr_calloc(1, sizeof *waiting);

	waiting->batch = batch;
	waiting->bytes = wr_batch_bytes(batch);
	*cursor->end = waiting;
	cursor->end = &waiting->next;
	cursor->rows += wr_batch_count(batch);
	cursor->bytes += waiting->bytes;
	cursor->count++;
}

/* Puts a batch (moved) into the queue; waits while that is full. Not 0: nobody wants it. */
static int put(struct weir_cursor *cursor, struct wr_batch *batch)
{
	bool closed;

	pthread_mutex_lock(&cursor->lock);
	while (!cursor->closed && cursor->count > 0 &&
	       (cursor->rows >= WR_CURSOR_ROWS_MAX || cursor->count >= WR_CURSOR_COUNT_MAX ||
		cursor->bytes >= cursor->bytes_max))
		pthread_cond_wait(&cursor->left, &cursor->lock);
	closed = cursor->closed;
	if (!closed) {
		append(cursor, batch);
		pthread_cond_signal(&cursor->came);
	}
	pthread_mutex_unlock(&cursor->lock);
	if (closed)
		wr_batch_free(batch);
	return closed;
}

/* Rows wait longer than their job lives, in whose memory the types of columns may be: the cursor's
 * own take their places. */
static int on_batch(void *user, const struct weir_batch *batch)
{
	struct weir_cursor *cursor = user;
	const struct wr_schema *schema = cursor->result.schema;
	struct wr_batch *own;

	if (wr_batch_count(batch->batch) == 0)
		return 0;
	own = wr_batch_share(batch->batch);
	for (uint32_t c = 0; c < own->column_count; c++) {
		struct wr_column *column = own->column[c];

		own->column[c] = wr_column_retype(column, schema->field[c].type);
		wr_column_unref(column);
	}
	return put(cursor, own);
}

static int on_text(void *user, const char *text)
{
	struct weir_cursor *cursor = user;
	int answer = 0;

	for (uint32_t i = 0; cursor->shown != NULL && i < cursor->shown->row_count && answer == 0;
	     i += WR_BATCH_ROWS_MAX)
		answer = put(cursor, wr_shown_batch(cursor->shown, i));
	return answer;
}

static void on_over(void *user)
{
	struct weir_cursor *cursor = user;

	pthread_mutex_lock(&cursor->lock);
	cursor->over = true;
	pthread_cond_broadcast(&cursor->came);
	pthread_mutex_unlock(&cursor->lock);
}

/* Under lock: drops what waits. */
static void drop_waiting(struct weir_cursor *cursor)
{
	while (cursor->first != NULL) {
		struct waiting *first = cursor->first;

		cursor->first = first->next;
		wr_batch_free(first->batch);
		wr_free(first);
	}
	cursor->end = &cursor->first;
	cursor->rows = cursor->bytes = cursor->count = 0;
}

/* The job is gone, if there was one. */
static void release(void *user)
{
	struct weir_cursor *cursor = user;

	drop_waiting(cursor);
	wr_batch_free(cursor->batch);
	wr_result_release(&cursor->result);
	pthread_cond_destroy(&cursor->left);
	pthread_cond_destroy(&cursor->came);
	pthread_mutex_destroy(&cursor->lock);
	wr_free(cursor);
}

/* --- the program's side -------------------------------------------------------------------------
 */

static struct weir_cursor *cursor_new(void)
{
	struct weir_cursor *cursor = wr_calloc(1, sizeof *cursor);

	cursor->end = &cursor->first;
	cursor->bytes_max = UINT64_MAX;
	pthread_mutex_init(&cursor->lock, NULL);
	wr_cond_init(&cursor->came);
	wr_cond_init(&cursor->left);
	return cursor;
}

/* Whether all sources of a plan end by themselves. */
static bool is_bounded(const struct wr_node *node)
{
	if (node->kind == WR_N_SCAN) {
		const struct wr_connector *connector = node->u.scan.table->connector;

		return connector->is_bounded != NULL ? connector->is_bounded(node->u.scan.args)
						     : connector->bounded;
	}
	for (uint32_t i = 0; i < node->input_count; i++)
		if (!is_bounded(node->input[i]))
			return false;
	return true;
}

static wr_status *shown_result(struct weir_cursor *cursor, const struct wr_shown *shown,
			       const char *zone_id)
{
	memcpy(cursor->field, shown->field, sizeof cursor->field);
	cursor->schema = (struct wr_schema){shown->column_count, cursor->field};
	cursor->bounded = true;
	return wr_result_init(&cursor->result, &cursor->schema, false, zone_id);
}

/* The one result that the script gives: its SELECT, or else what one statement shows. */
static wr_status *find_result(struct weir_cursor *cursor, const struct wr_prepared *prepared,
			      const char *zone_id)
{
	const struct wr_action *select = wr_api_select(prepared);
	uint32_t selects = 0, texts = 0;

	for (uint32_t i = 0; i < prepared->count; i++) {
		selects += prepared->action[i].is_select;
		texts += prepared->action[i].plan == NULL;
		if (prepared->action[i].plan == NULL)
			cursor->shown = &prepared->action[i].shown;
	}
	if (select != NULL) {
		cursor->shown = NULL;
		cursor->bounded = is_bounded(select->plan->root[0]);
		return wr_result_init(&cursor->result, &select->plan->root[0]->input[0]->schema,
				      select->updating, select->options.zone_id);
	}
	if (selects == 0 && texts == 1)
		return shown_result(cursor, cursor->shown, zone_id);
	if (selects + texts == 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "The script has no result"),
				      "A cursor reads a SELECT, SHOW, DESCRIBE or EXPLAIN; run "
				      "others with weir_execute or weir_submit");
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "The script has several results"),
			      "Give each SELECT a cursor of its own");
}

/* All rows wait at once: what is shown is as small as a catalog. */
static void put_shown(struct weir_cursor *cursor, const struct wr_shown *shown)
{
	for (uint32_t i = 0; i < shown->row_count; i += WR_BATCH_ROWS_MAX)
		append(cursor, wr_shown_batch(shown, i));
	cursor->shown = NULL;
	cursor->over = true;
}

struct weir_cursor *wr_cursor_shown(const struct wr_shown *shown, const char *zone_id)
{
	struct weir_cursor *cursor = cursor_new();

	wr_status_free(shown_result(cursor, shown, zone_id)); /* a zone that is set was opened */
	put_shown(cursor, shown);
	return cursor;
}

WR_PUBLIC enum weir_code weir_query(struct weir_session *session, const char *sql,
				    struct weir_cursor **out, struct weir_error **error)
{
	struct weir_cursor *cursor = cursor_new();
	struct weir_handler handler = {
	    .size = sizeof handler, .batch = on_batch, .text = on_text, .user = cursor};
	struct wr_api_job_hook hook = {.over = on_over, .gone = release, .user = cursor};
	struct wr_prepared prepared;
	enum weir_code code;
	wr_status *status;

	if (error != NULL)
		*error = NULL;
	*out = NULL;
	code = wr_api_prepare(session, sql, &prepared, error);
	if (code == WEIR_OK) {
		status = find_result(
		    cursor, &prepared,
		    wr_options_str(wr_session_settings(session->session), "table.local-time-zone"));
		if (status != NULL)
			code = wr_api_fail(error, WEIR_ERROR_SCRIPT, wr_str_of(sql), status);
	}
	if (code == WEIR_OK && prepared.count == 1 && cursor->shown != NULL)
		put_shown(cursor, cursor->shown);
	else if (code == WEIR_OK)
		code =
		    wr_api_submit(session, &prepared, sql, 0, &handler, &hook, &cursor->job, error);
	wr_prepared_release(&prepared);
	if (code == WEIR_OK)
		*out = cursor;
	else
		weir_cursor_free(cursor);
	return code;
}

const struct wr_schema *wr_cursor_schema(const struct weir_cursor *cursor)
{
	return cursor->result.schema;
}

WR_PUBLIC const struct weir_result *weir_cursor_result(const struct weir_cursor *cursor)
{
	return &cursor->result;
}

/* Waits for a batch; NULL: *over, or the time has passed. */
static struct wr_batch *wait_batch(struct weir_cursor *cursor, int64_t timeout_ms, bool *over)
{
	struct timespec deadline = wr_deadline(WR_MIN(timeout_ms, INT64_MAX / 4000) * 1000);
	struct wr_batch *batch = NULL;
	struct waiting *first;

	pthread_mutex_lock(&cursor->lock);
	while (cursor->first == NULL && !cursor->over && timeout_ms != 0) {
		if (timeout_ms < 0)
			pthread_cond_wait(&cursor->came, &cursor->lock);
		else if (!wr_cond_wait_until(&cursor->came, &cursor->lock, &deadline))
			break;
	}
	*over = cursor->over;
	first = cursor->first;
	if (first != NULL) {
		batch = first->batch;
		cursor->first = first->next;
		if (cursor->first == NULL)
			cursor->end = &cursor->first;
		cursor->rows -= wr_batch_count(batch);
		cursor->bytes -= first->bytes;
		cursor->count--;
		pthread_cond_signal(&cursor->left);
	}
	pthread_mutex_unlock(&cursor->lock);
	wr_free(first);
	return batch;
}

/* The rows of the batch that weir_cursor_row has not given yet, as a batch; NULL: there are none.
 */
static struct wr_batch *take_rest(struct weir_cursor *cursor)
{
	uint32_t count = cursor->batch != NULL ? wr_batch_count(cursor->batch) : 0;
	struct wr_batch *rest;
	uint32_t *index;

	if (cursor->next == 0 || cursor->next >= count)
		return NULL;
	index = wr_calloc(count, sizeof *index);
	for (uint32_t i = cursor->next; i < count; i++)
		index[i - cursor->next] = wr_batch_row(cursor->batch, i);
	rest = wr_batch_gather(cursor->batch, index, count - cursor->next);
	wr_free(index);
	cursor->next = 0;
	return rest;
}

void wr_cursor_limit(struct weir_cursor *cursor, uint64_t bytes_max)
{
	pthread_mutex_lock(&cursor->lock);
	cursor->bytes_max = bytes_max;
	pthread_cond_broadcast(&cursor->left);
	pthread_mutex_unlock(&cursor->lock);
}

bool wr_cursor_bounded(const struct weir_cursor *cursor)
{
	return cursor->bounded;
}

void wr_cursor_cancel(struct weir_cursor *cursor)
{
	if (cursor->job != NULL)
		weir_job_cancel(cursor->job);
	pthread_mutex_lock(&cursor->lock);
	cursor->cancelled = cursor->closed = cursor->over = true;
	drop_waiting(cursor);
	pthread_cond_broadcast(&cursor->left);
	pthread_cond_broadcast(&cursor->came);
	pthread_mutex_unlock(&cursor->lock);
}

static bool is_cancelled(struct weir_cursor *cursor)
{
	bool cancelled;

	pthread_mutex_lock(&cursor->lock);
	cancelled = cursor->cancelled;
	pthread_mutex_unlock(&cursor->lock);
	return cancelled;
}

enum weir_code wr_cursor_take(struct weir_cursor *cursor, int64_t timeout_ms,
			      struct wr_batch **batch, struct weir_error **error)
{
	enum weir_code code;
	bool over;

	if (error != NULL)
		*error = NULL;
	*batch = take_rest(cursor);
	wr_batch_free(cursor->batch);
	cursor->batch = NULL;
	cursor->next = 0;
	if (*batch == NULL)
		*batch = wait_batch(cursor, timeout_ms, &over);
	if (*batch != NULL)
		return WEIR_OK;
	if (!over)
		return WEIR_TIMEOUT;
	if (is_cancelled(cursor))
		return wr_error_give(error, WEIR_CANCELLED,
				     wr_status_new(WR_USER_ERROR, "The query was cancelled"), NULL);
	code = cursor->job != NULL ? weir_job_wait(cursor->job, -1, error) : WEIR_OK;
	return code == WEIR_OK ? WEIR_END : code;
}

WR_PUBLIC enum weir_code weir_cursor_batch(struct weir_cursor *cursor, int64_t timeout_ms,
					   const struct weir_batch **batch,
					   struct weir_error **error)
{
	struct wr_batch *taken;
	enum weir_code code = wr_cursor_take(cursor, timeout_ms, &taken, error);

	*batch = NULL;
	if (code != WEIR_OK)
		return code;
	cursor->batch = taken;
	cursor->next = 0;
	wr_batch_view(&cursor->view, &cursor->result, taken);
	*batch = &cursor->view;
	return WEIR_OK;
}

WR_PUBLIC enum weir_code weir_cursor_row(struct weir_cursor *cursor, int64_t timeout_ms,
					 const struct weir_row **row, struct weir_error **error)
{
	*row = NULL;
	if (error != NULL)
		*error = NULL;
	/* A batch that was given as such is not given again row by row. */
	if (cursor->next == 0 || cursor->next >= wr_batch_count(cursor->batch)) {
		const struct weir_batch *batch;
		enum weir_code code;

		cursor->next = 0;
		code = weir_cursor_batch(cursor, timeout_ms, &batch, error);
		if (code != WEIR_OK)
			return code;
	}
	cursor->row = (struct weir_row){.result = &cursor->result,
					.batch = cursor->batch,
					.row = wr_batch_row(cursor->batch, cursor->next++)};
	*row = &cursor->row;
	return WEIR_OK;
}

WR_PUBLIC void weir_cursor_free(struct weir_cursor *cursor)
{
	if (cursor == NULL)
		return;
	pthread_mutex_lock(&cursor->lock);
	cursor->closed = true;
	pthread_cond_broadcast(&cursor->left);
	pthread_mutex_unlock(&cursor->lock);
	if (cursor->job != NULL)
		weir_job_free(cursor->job); /* now or, in a callback of it, later: release */
	else
		release(cursor);
}
