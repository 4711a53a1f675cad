/* SPDX-License-Identifier: Apache-2.0
 *
 * user_context - the context's outputs, times and mistakes; its states are in user_access.c.
 */
#include "op/user_context.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"

#define WALL_CALLS   16u /* answers that one look at the clock is good for */
#define NANOS_PER_MS 1000000

/* --- outputs */

/* A constant column for `$side`. */
static struct wr_column *side_column(const struct wr_type *type, uint32_t output)
{
	struct wr_column *column = wr_column_new(type, 1);

	WR_DATA(column, int32_t)[0] = (int32_t)output;
	wr_column_make_const(column);
	return column;
}

wr_status *wr_context_send(struct weir_context *context, uint32_t output, struct wr_batch *rows)
{
	const struct wr_schema *schema = &context->op->node->schema;
	struct wr_batch *batch = rows;

	if (context->output_count > 1) {
		uint32_t first = context->output[output].first;

		batch = wr_batch_new(schema->count, rows->rows);
		for (uint32_t c = 0; c < schema->count; c++) {
			bool own = c >= first && c - first < rows->column_count;

			batch->column[c] = c == 0 ? side_column(schema->field[0].type, output)
					   : own  ? wr_column_ref(rows->column[c - first])
						  : wr_column_null(schema->field[c].type);
		}
		batch->kind = rows->kind;
		rows->kind = NULL;
		wr_batch_free(rows);
	}
	batch->watermark = context->sent_ms;
	return wr_out_emit(&context->op->out, batch);
}

/* The appender is full. */
static wr_status *output_full(void *user, struct weir_appender *out)
{
	struct wr_user_output *output = user;
	struct wr_batch *rows = wr_appender_take(out);

	return rows != NULL ? wr_context_send(output->context, output->index, rows) : NULL;
}

wr_status *wr_context_flush(struct weir_context *context)
{
	for (uint32_t i = 0; i < context->output_count; i++)
		WR_TRY(output_full(&context->output[i], &context->output[i].appender));
	return NULL;
}

wr_status *wr_context_init(struct weir_context *context, struct wr_op *op,
			   const struct wr_user_op *user)
{
	uint32_t first = user->side_count > 0;

	*context = (struct weir_context){.op = op,
					 .user = user,
					 .rowtime = -1,
					 .time_ms = INT64_MIN,
					 .watermark_ms = WR_WATERMARK_MIN,
					 .sent_ms = WR_WATERMARK_MIN};
	wr_text_init(&context->fail);
	context->output = wr_calloc(user->side_count + 1, sizeof *context->output);
	for (uint32_t i = 0; i <= user->side_count; i++) {
		struct wr_user_output *output = &context->output[i];
		const struct wr_schema *schema = i == 0 ? &user->main : &user->side[i - 1];

		*output = (struct wr_user_output){.context = context, .index = i, .first = first};
		context->output_count++;
		WR_TRY(wr_appender_init(&output->appender, schema, op->env->zone_id,
					op->env->batch_rows_max));
		output->appender.changes = user->changes && i == 0;
		output->appender.full = output_full;
		output->appender.user = output;
		first += schema->count;
	}
	return NULL;
}

void wr_context_release(struct weir_context *context)
{
	for (uint32_t i = 0; i < context->output_count; i++)
		wr_appender_release(&context->output[i].appender);
	wr_free(context->output);
	wr_free(context->blind);
	wr_status_free(context->mistake);
	wr_text_release(&context->fail);
	*context = (struct weir_context){0};
}

/* --- what went wrong */

void wr_context_mistake(struct weir_context *context, wr_status *mistake)
{
	if (context->mistake == NULL)
		context->mistake = mistake;
	else
		wr_status_free(mistake);
}

/* Names the operator and the callback in front of a mistake that an appender noted. */
static wr_status *in_callback(const struct weir_context *context, const char *what,
			      wr_status *status)
{
	wr_status *named =
	    wr_status_new(status->class, "'%s', %s: %s", context->user->name, what, status->text);

	if (status->hint != NULL)
		wr_status_hint(named, "%s", status->hint);
	wr_status_free(status);
	return named;
}

wr_status *wr_context_failure(struct weir_context *context, int code, const char *what)
{
	wr_status *status = context->mistake;

	context->mistake = NULL;
	if (status == NULL && code != 0) {
		bool said = context->failed && context->fail.len > 0;

		status = wr_status_new(
		    WR_USER_ERROR, "'%s', %s failed: %s", context->user->name, what,
		    said ? wr_text_str(&context->fail) : "the callback said no reason (weir_fail)");
	}
	for (uint32_t i = 0; i < context->output_count && status == NULL; i++) {
		status = wr_appender_mistake(&context->output[i].appender);
		if (status != NULL)
			status = in_callback(context, what, status);
	}
	context->failed = false;
	return status;
}

WR_PUBLIC int weir_fail(struct weir_context *context, const char *format, ...)
{
	va_list args;
	char text[WR_REASON_BYTES_MAX];

	va_start(args, format);
	wr_reason_format(text, sizeof text, format, args);
	va_end(args);
	wr_text_clear(&context->fail);
	wr_text_puts(&context->fail, text);
	context->failed = true;
	return -1;
}

/* --- what the callbacks ask for */

WR_PUBLIC const struct weir_row *weir_key(const struct weir_context *context)
{
	/* The row is made when it is asked for; to the program the context is a place to ask. */
	struct weir_context *changed = (struct weir_context *)(uintptr_t)context;

	return context->key != NULL ? context->key(changed) : NULL;
}

int64_t wr_row_time(const struct wr_batch *batch, uint32_t column, uint32_t row)
{
	const struct wr_column *time = batch->column[column];
	wr_i128 ns, ms;

	if (!wr_column_is_valid(time, row))
		return INT64_MIN;
	row &= time->mask;
	if (time->phys != WR_P_I128)
		return WR_DATA(time, int64_t)[row];
	ns = WR_DATA(time, wr_i128)[row];
	ms = ns / NANOS_PER_MS;
	return (int64_t)(ns % NANOS_PER_MS < 0 ? ms - 1 : ms);
}

WR_PUBLIC int64_t weir_timestamp(const struct weir_context *context)
{
	if (context->row == NULL)
		return context->time_ms;
	return context->rowtime < 0 ? INT64_MIN
				    : wr_row_time(context->row->batch, (uint32_t)context->rowtime,
						  context->row->row);
}

WR_PUBLIC int64_t weir_now(const struct weir_context *context, enum weir_time time)
{
	/* The look at the clock is remembered. */
	struct weir_context *changed = (struct weir_context *)(uintptr_t)context;

	if (time == WEIR_EVENT_TIME)
		return context->watermark_ms;
	if (context->wall_left == 0) {
		changed->wall_ms = wr_op_wall_ms(context->op);
		changed->wall_left = WALL_CALLS;
	}
	changed->wall_left--;
	return context->wall_ms;
}

WR_PUBLIC uint32_t weir_worker(const struct weir_context *context, uint32_t *workers)
{
	if (workers != NULL)
		*workers = context->op->env->workers;
	return context->op->env->worker;
}

WR_PUBLIC struct weir_appender *weir_output(struct weir_context *context)
{
	return &context->output[0].appender;
}

WR_PUBLIC struct weir_appender *weir_side_output(struct weir_context *context, uint32_t side)
{
	if (side < context->user->side_count)
		return &context->output[1 + side].appender;
	wr_context_mistake(
	    context, wr_status_hint(wr_status_new(WR_USER_ERROR, "'%s' has no side output %u",
						  context->user->name, side),
				    "It has %u; they count from 0", context->user->side_count));
	return &context->output[0].appender;
}

/* Sets or deletes a timer, where there are timers. */
static void change_timer(struct weir_context *context, enum weir_time time, int64_t time_ms,
			 bool set)
{
	if (time != WEIR_EVENT_TIME && time != WEIR_PROCESSING_TIME) {
		wr_context_mistake(context, wr_status_new(WR_USER_ERROR,
							  "'%s' sets or deletes a timer by a time "
							  "of no kind (%d)",
							  context->user->name, (int)time));
		return;
	}
	if (context->timer != NULL && context->block != NULL) {
		context->timer(context, time, time_ms, set);
		return;
	}
	wr_context_mistake(
	    context, wr_status_hint(
			 wr_status_new(WR_USER_ERROR, "'%s' sets or deletes a timer where there %s",
				       context->user->name,
				       context->block == NULL ? "is no key" : "are none"),
			 context->block == NULL
			     ? "Timers are for the element and timer callbacks of keyed streams "
			       "(weir_key_by)"
			     : "Give the process function a callback 'timer'"));
}

WR_PUBLIC void weir_timer_set(struct weir_context *context, enum weir_time time, int64_t time_ms)
{
	change_timer(context, time, time_ms, true);
}

WR_PUBLIC void weir_timer_delete(struct weir_context *context, enum weir_time time, int64_t time_ms)
{
	change_timer(context, time, time_ms, false);
}
