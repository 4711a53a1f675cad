/* SPDX-License-Identifier: Apache-2.0
 *
 * side - rows that leave the main road: late rows and rows that could not be read or evaluated.
 *
 * Each is counted, and routed where the script says: to the table of weir.late-rows.table, to the
 * table of error-handling.log.target, or nowhere (counted only). Columns of the side table are
 * filled by name.
 *
 * Late rows: columns of the operator's input of that name; and late-by (BIGINT, ms), watermark,
 * window-end (TIMESTAMP(3)), operator (STRING). Bad rows: raw (BYTES or STRING), error-kind,
 * error-text, file, table (STRING), offset, line (BIGINT), time (TIMESTAMP_LTZ); of messages topic
 * (STRING), partition (INT), offset (BIGINT), key (BYTES or STRING), timestamp (TIMESTAMP_LTZ). A
 * side column with no counterpart is NULL.
 */
#include "base/env.h"
#include "base/mem.h"
#include "data/builder.h"
#include "data/utf8.h"
#include "expr/fn_string.h"
#include "runtime/job_inner.h"

#define WR_SIDE_SHOWN 120 /* bytes of an offending record shown in a message */

/* The table that side rows go to. */
static const struct wr_schema *side_schema(const struct wr_node *sink)
{
	return sink->u.sink.args->schema;
}

/* The key a side column is filled by: its METADATA key, else its name. */
static const char *side_key(const struct wr_node *sink, uint32_t column)
{
	const struct wr_table *table = sink->u.sink.table;
	const char *name = side_schema(sink)->field[column].name;

	for (uint32_t i = 0; i < table->column_count; i++)
		if (strcmp(table->column[i].name, name) == 0 &&
		    table->column[i].metadata_key != NULL)
			return table->column[i].metadata_key;
	return name;
}

/* Compares ignoring case and the difference between '-' and '_'. */
static bool key_is(const char *key, const char *name)
{
	for (; *key != '\0' && *name != '\0'; key++, name++) {
		char a = *key == '_' ? '-' : *key, b = *name;

		if (a >= 'A' && a <= 'Z')
			a = (char)(a - 'A' + 'a');
		if (a != b)
			return false;
	}
	return *key == *name;
}

static int32_t schema_column(const struct wr_schema *schema, const char *name)
{
	for (uint32_t i = 0; i < schema->count; i++)
		if (strcmp(schema->field[i].name, name) == 0)
			return (int32_t)i;
	return -1;
}

/* A TIMESTAMP(p) or BIGINT value of milliseconds into a builder of either type. */
static void put_ms(struct wr_builder *builder, int64_t ms)
{
	if (ms == WR_WATERMARK_MIN)
		wr_builder_null(builder);
	else if (builder->phys == WR_P_I128)
		wr_builder_i128(builder, (wr_i128)ms * 1000000);
	else if (builder->phys == WR_P_I64)
		wr_builder_i64(builder, ms);
	else
		wr_builder_null(builder);
}

static void put_text(struct wr_builder *builder, const char *text, size_t len)
{
	if (text == NULL || builder->phys != WR_P_STR)
		wr_builder_null(builder);
	else
		wr_builder_str(builder, text, len);
}

static void put_number(struct wr_builder *builder, uint64_t number)
{
	if (builder->phys == WR_P_I64)
		wr_builder_i64(builder, (int64_t)number);
	else if (builder->phys == WR_P_I32)
		wr_builder_i32(builder, (int32_t)number);
	else
		wr_builder_null(builder);
}

/* Fills one column of late rows that describes the lateness; false: `key` is none of these. */
static bool late_meta(struct wr_builder *builder, const char *key, const struct wr_op *op,
		      const struct wr_batch *batch, const uint32_t *row, const int64_t *end_ms,
		      uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		int64_t watermark_ms = wr_batch_watermark(batch, row[i]);

		if (key_is(key, "late-by"))
			put_ms(builder, end_ms[i] == WR_WATERMARK_MIN
					    ? WR_WATERMARK_MIN /* no window: NULL */
					    : watermark_ms - (end_ms[i] - 1));
		else if (key_is(key, "watermark"))
			put_ms(builder, watermark_ms);
		else if (key_is(key, "window-end"))
			put_ms(builder, end_ms[i]);
		else if (key_is(key, "operator"))
			put_text(builder, op->type->name, strlen(op->type->name));
		else
			return false;
	}
	return true;
}

/* The late rows as a batch of the side table. */
static struct wr_batch *late_batch(const struct wr_node *sink, const struct wr_op *op,
				   const struct wr_batch *batch, const uint32_t *row,
				   const int64_t *end_ms, uint32_t count)
{
	const struct wr_schema *schema = side_schema(sink);
	const struct wr_schema *input = &op->node->input[op->input]->schema;
	struct wr_batch *out = wr_batch_new(schema->count, count);

	out->watermark = batch->watermark;
	for (uint32_t c = 0; c < schema->count; c++) {
		int32_t from = schema_column(input, schema->field[c].name);
		struct wr_builder *builder;

		if (from >= 0 && batch->column[from] != NULL &&
		    wr_type_equal(input->field[from].type, schema->field[c].type, false)) {
			out->column[c] = wr_column_gather(batch->column[from], row, count);
			continue;
		}
		builder = wr_builder_new(schema->field[c].type, count);
		if (!late_meta(builder, side_key(sink, c), op, batch, row, end_ms, count))
			for (uint32_t i = 0; i < count; i++)
				wr_builder_null(builder);
		out->column[c] = wr_builder_finish(builder);
		wr_builder_free(builder);
	}
	return out;
}

wr_status *wr_side_late(const struct wr_op_env *env, const struct wr_op *op,
			const struct wr_batch *batch, const uint32_t *row, const int64_t *end_ms,
			uint32_t count)
{
	struct wr_task *task = env->job;

	if (count == 0)
		return NULL;
	atomic_fetch_add_explicit(&task->rows_late, count, memory_order_relaxed);
	wr_watch_late(task, op, batch, row, end_ms, count);
	if (task->late.emit == NULL)
		return NULL;
	return task->late.emit(
	    &task->late, late_batch(task->job->options.late_sink, op, batch, row, end_ms, count));
}

const struct wr_place wr_place_unknown = {.partition = -1, .offset = -1, .timestamp_ms = -1};

/* A text of ours. Errors quote records, whose bytes need not be UTF-8 and may be cut within a
 * character: those come as U+FFFD, since no format could read the letter back otherwise. */
static void put_string(struct wr_builder *builder, const char *text)
{
	struct wr_str rest = wr_str_of(text != NULL ? text : "");
	struct wr_text mended;
	uint32_t size;
	char one[4];

	if (text == NULL || wr_utf8_valid(rest.data, rest.len)) {
		put_text(builder, text, rest.len);
		return;
	}
	wr_text_init(&mended);
	for (; rest.len > 0; rest.data += size, rest.len -= size) {
		uint32_t code = wr_utf_decode(rest, &size);

		wr_text_add(&mended, one, wr_utf_encode(one, code));
	}
	put_text(builder, mended.data, mended.len);
	wr_text_release(&mended);
}

/* A number that may be unknown. */
static void put_known(struct wr_builder *builder, int64_t number)
{
	if (number >= 0)
		put_number(builder, (uint64_t)number);
	else
		wr_builder_null(builder);
}

/* Fills a column that tells where a bad row came from; false: `key` is none of these. */
static bool place_meta(struct wr_builder *builder, const char *key, const struct wr_place *place)
{
	if (key_is(key, "raw"))
		put_text(builder, place->raw.data, place->raw.len);
	else if (key_is(key, "key"))
		put_text(builder, place->key.data, place->key.len);
	else if (key_is(key, "origin"))
		put_string(builder, place->origin);
	else if (key_is(key, "file"))
		put_string(builder, place->is_message ? NULL : place->origin);
	else if (key_is(key, "topic"))
		put_string(builder, place->is_message ? place->origin : NULL);
	else if (key_is(key, "partition"))
		put_known(builder, place->partition);
	else if (key_is(key, "offset"))
		put_known(builder, place->offset);
	else if (key_is(key, "attempts"))
		put_number(builder, (uint64_t)WR_MAX(place->attempts, 1));
	else if (key_is(key, "timestamp"))
		put_ms(builder, place->timestamp_ms < 0 ? WR_WATERMARK_MIN : place->timestamp_ms);
	else
		return false;
	return true;
}

/* Fills one column of a dead letter. */
static void put_bad(struct wr_builder *builder, const char *key, const struct wr_task *task,
		    const struct wr_bad_row *bad)
{
	if (key_is(key, "error-kind"))
		put_string(builder, bad->kind);
	else if (key_is(key, "error-text"))
		put_string(builder, bad->text);
	else if (key_is(key, "table"))
		put_string(builder, bad->table);
	else if (key_is(key, "line"))
		put_known(builder, bad->line);
	else if (key_is(key, "time"))
		put_ms(builder, wr_wall_us(task->env.env) / 1000);
	else if (!place_meta(builder, key, &bad->place))
		wr_builder_null(builder);
}

struct wr_batch *wr_side_dead_batch(const struct wr_task *task, const struct wr_bad_row *bad)
{
	const struct wr_node *sink = task->job->options.dead_sink;
	const struct wr_schema *schema = side_schema(sink);
	struct wr_batch *out = wr_batch_new(schema->count, 1);

	for (uint32_t c = 0; c < schema->count; c++) {
		struct wr_builder *builder = wr_builder_new(schema->field[c].type, 1);

		put_bad(builder, side_key(sink, c), task, bad);
		out->column[c] = wr_builder_finish(builder);
		wr_builder_free(builder);
	}
	return out;
}

void wr_side_bad(struct wr_task *task, const struct wr_bad_row *bad)
{
	const struct wr_job_options *options = &task->job->options;

	atomic_fetch_add_explicit(&task->rows_bad, 1, memory_order_relaxed);
	if (options->bad_row != NULL)
		options->bad_row(options->user, bad->kind, bad->table, bad->text);
}

wr_status *wr_side_dead_letter(struct wr_task *task, const struct wr_bad_row *bad)
{
	struct wr_graph *graph = &task->job->graph;

	if (task->job->options.dead_sink == NULL || task->dead.emit == NULL)
		return NULL;
	for (uint32_t i = 0; task->job->finishing && i < graph->sink_count; i++)
		if (graph->sink[i]->node == graph->options.dead_sink)
			return wr_sink_write_now(graph->sink[i], wr_side_dead_batch(task, bad));
	return task->dead.emit(&task->dead, wr_side_dead_batch(task, bad));
}

/* What a failed evaluation says when no text was kept. */
static const char *eval_text(const struct wr_eval_error *error)
{
	return error->text != NULL ? error->text : "An expression failed";
}

/* The job's answer to a row that cannot be evaluated, in mode 'fail': the place of the expression
 * in the script (else `fallback`) and what can be done about such rows there. `where` goes behind
 * the text, `scope` behind the hint. */
static wr_status *eval_fails(const struct wr_eval_error *error, struct wr_pos fallback,
			     const char *where, const char *scope)
{
	bool known = error->expr != NULL; /* not of functions of the program */
	const char *next = known ? wr_eval_hint(error->expr) : "Handle such rows in the function";
	struct wr_pos pos = known && error->expr->pos.line > 0 ? error->expr->pos : fallback;

	return wr_status_hint(
	    wr_status_because(wr_status_at(WR_USER_ERROR, pos, "%s%s", eval_text(error), where),
			      error->reason),
	    "%s; or set 'error-handling.mode' = 'ignore' (such rows are counted) or 'log'%s",
	    next != NULL ? next : "Leave such rows out with a condition", scope);
}

/* Counts a bad row at the operator that found it. */
static void count_at(struct wr_task *task, const struct wr_op *op)
{
	for (uint32_t i = 0; i < task->stage->step_count && op != NULL; i++)
		if (task->step[i].op == op)
			wr_count(&task->step[i].bad, 1);
}

wr_status *wr_side_row_error(const struct wr_op_env *env, const struct wr_op *op,
			     const struct wr_eval_error *error)
{
	struct wr_task *task = env->job;
	struct wr_bad_row bad = {
	    .place = wr_place_unknown, .kind = "evaluation", .text = eval_text(error), .line = -1};

	wr_side_bad(task, &bad);
	count_at(task, op);
	switch (task->job->options.error_mode) {
	case WR_ERROR_IGNORE: return NULL;
	case WR_ERROR_LOG: return wr_side_dead_letter(task, &bad);
	case WR_ERROR_FAIL: break;
	}
	return eval_fails(error, op != NULL ? op->node->pos : (struct wr_pos){0}, "", "");
}

/* "orders.json, line 2, byte 28" or "topic 'orders', partition 2, offset 77", as far as it is
 * known. */
static void put_place(struct wr_text *where, const struct wr_bad_row *bad)
{
	const struct wr_place *place = &bad->place;

	if (place->origin == NULL)
		wr_text_puts(where, "the input");
	else if (place->is_message)
		wr_text_printf(where, "topic '%s'", place->origin);
	else
		wr_text_puts(where, place->origin);
	if (place->partition >= 0)
		wr_text_printf(where, ", partition %lld", (long long)place->partition);
	if (bad->line >= 0)
		wr_text_printf(where, ", line %lld", (long long)bad->line);
	if (place->offset >= 0)
		wr_text_printf(where, ", %s %lld", place->is_message ? "offset" : "byte",
			       (long long)place->offset);
}

/* The job's answer to a row of a source that fails in an expression of the scan. */
static wr_status *bad_row_fails(const struct wr_bad_row *bad, const struct wr_bad_record *record)
{
	struct wr_eval_error error = {
	    .text = bad->text, .reason = record->reason, .expr = record->expr};
	struct wr_text where, scope;
	wr_status *status;

	wr_text_init(&where);
	wr_text_init(&scope);
	wr_text_puts(&where, ", in ");
	put_place(&where, bad);
	wr_text_printf(&scope, " on table '%s'", bad->table);
	status = eval_fails(&error, (struct wr_pos){0}, wr_text_str(&where), wr_text_str(&scope));
	wr_text_release(&where);
	wr_text_release(&scope);
	return status;
}

/* A row without row time, or with one that is too far away, fails in every mode. */
static wr_status *no_row_time(const struct wr_bad_row *bad, const struct wr_bad_record *record)
{
	struct wr_text where;
	wr_status *status;

	wr_text_init(&where);
	put_place(&where, bad);
	if (*record->text != '\0') {
		status = wr_status_new(
		    WR_USER_ERROR, "Table '%s': the row time column '%s' is out of range in %s: %s",
		    bad->table, record->column, wr_text_str(&where), record->text);
		wr_text_release(&where);
		return wr_status_hint(
		    status, "Event times lie within 73 million years of 1970: declare the "
			    "watermark on a computed column that has a real time in the "
			    "place of such values");
	}
	status = wr_status_new(WR_USER_ERROR, "Table '%s': the row time column '%s' is NULL in %s",
			       bad->table, record->column, wr_text_str(&where));
	wr_text_release(&where);
	return wr_status_hint(status,
			      "Declare the watermark on a computed column that replaces NULL, such "
			      "as COALESCE(ts, TIMESTAMP '1970-01-01 00:00:00')");
}

/* The job's answer to a bad record in mode 'fail'. */
static wr_status *bad_record_fails(const struct wr_bad_row *bad, const struct wr_bad_record *record)
{
	struct wr_text where;
	wr_status *status;
	const struct wr_str *raw = &bad->place.raw;
	int shown = (int)WR_MIN(raw->len, (size_t)WR_SIDE_SHOWN);

	if (record->expr != NULL)
		return bad_row_fails(bad, record);
	wr_text_init(&where);
	put_place(&where, bad);
	if (record->column != NULL)
		wr_text_printf(&where, ", column '%s'", record->column);
	status = wr_status_new(WR_USER_ERROR, "Table '%s': bad row in %s: %s%s%.*s%s", bad->table,
			       wr_text_str(&where), bad->text, raw->len > 0 ? "\n  " : "", shown,
			       raw->data != NULL ? raw->data : "",
			       raw->len > WR_SIDE_SHOWN ? "..." : "");
	wr_text_release(&where);
	return wr_status_hint(
	    status,
	    "To go on without such rows set 'error-handling.mode' = 'ignore' (counted), or "
	    "'log' with 'error-handling.log.target' = '<table>' (kept), on table '%s'",
	    bad->table);
}

/* Where the record stands: as the connector says, or by bytes. */
static void find_place(const struct wr_source_shared *shared, const struct wr_block *block,
		       const struct wr_bad_record *record, struct wr_place *place)
{
	*place = wr_place_unknown;
	if (block == NULL)
		return;
	place->origin = block->origin;
	if (shared->connector->place != NULL) {
		shared->connector->place(shared->source, block, record, place);
	} else if (block->range.data != NULL) {
		place->raw = (struct wr_str){block->range.data + record->offset, record->length};
		place->offset = (int64_t)(block->offset + record->offset);
	}
	if (record->unplaced) {
		place->offset = place->timestamp_ms = -1;
		place->key = place->raw = (struct wr_str){NULL, 0};
	}
}

wr_status *wr_side_bad_record(void *user, const struct wr_source_shared *shared,
			      const struct wr_block *block, const struct wr_bad_record *record,
			      const struct wr_carry *carry)
{
	struct wr_task *task = user;
	struct wr_bad_row bad = {
	    .kind = record->kind, .text = record->text, .table = shared->node->u.scan.table->name};

	bad.line = -1;
	find_place(shared, block, record, &bad.place);
	if (block != NULL && !record->unplaced && block->range.data != NULL &&
	    !bad.place.is_message && bad.place.attempts == 0)
		bad.line = (int64_t)(carry->lines + record->line + 1);
	if (strcmp(record->kind, "row-time") == 0)
		return no_row_time(&bad, record);
	wr_side_bad(task, &bad);
	switch (shared->error_mode) {
	case WR_ERROR_IGNORE: return NULL;
	case WR_ERROR_LOG: return wr_side_dead_letter(task, &bad);
	case WR_ERROR_FAIL: break;
	}
	return bad_record_fails(&bad, record);
}
