/* SPDX-License-Identifier: Apache-2.0
 *
 * user_aggregate - aggregates of the program as accumulators of expr/agg.h.
 *
 * An accumulator is, in a slot:
 *   0   struct fault *: why a callback has failed, in the state's pool; NULL: none has
 *   16  the program's struct; what its STRING and BYTES members point to is in the pool
 * Saved, it is the fault as a piece, then member by member: fixed-width ones as they are, the
 * others as pieces.
 *
 * A call has instances of the function: whoever updates, merges or shows takes one that is spare
 * (or makes one) and gives it back, so that none is used by two threads. They go with the plan.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "expr/agg_internal.h"
#include "expr/appender.h"
#include "expr/user_function.h"

#define AT_STRUCT 16u

/* Why a callback has failed. */
struct fault {
	uint32_t size; /* of it, as allocated */
	char text[];
};

/* What a callback works with. */
struct weir_call {
	struct wr_user_instance *instance;
	struct wr_agg_pool *pool; /* NULL: the accumulator is only read */
	bool failed;              /* whatever the callback returns */
};

struct wr_user_spare {
	pthread_mutex_t lock;           /* around the others */
	struct wr_user_instance *first; /* nobody uses them; owned */
	char *failure;                  /* the first one that was told; owned */
};

/* --- instances --- */

static void spare_free(void *what)
{
	struct wr_user_spare *spare = what;

	while (spare->first != NULL) {
		struct wr_user_instance *next = spare->first->next;

		wr_user_instance_free(spare->first);
		spare->first = next;
	}
	pthread_mutex_destroy(&spare->lock);
	wr_free(spare->failure);
	wr_free(spare);
}

static struct wr_user_spare *spare_new(struct wr_expr_pool *pool)
{
	struct wr_user_spare *spare = wr_calloc(1, sizeof *spare);

	pthread_mutex_init(&spare->lock, NULL);
	wr_expr_pool_defer(pool, spare_free, spare);
	return spare;
}

static struct wr_user_instance *instance_take(const struct wr_agg_call *call)
{
	const struct wr_user_bind *bind = call->bind;
	struct wr_user_spare *spare = bind->spare;
	struct wr_user_instance *instance;
	wr_status *status;

	pthread_mutex_lock(&spare->lock);
	instance = spare->first;
	if (instance != NULL)
		spare->first = instance->next;
	pthread_mutex_unlock(&spare->lock);
	if (instance != NULL)
		return instance;
	status = wr_user_instance_new(bind, call->const_arg, &instance);
	instance->unusable = status != NULL;
	if (status != NULL)
		snprintf(instance->failure, sizeof instance->failure, "%s", status->text);
	wr_status_free(status);
	return instance;
}

static void instance_give(const struct wr_agg_call *call, struct wr_user_instance *instance)
{
	struct wr_user_spare *spare = ((const struct wr_user_bind *)call->bind)->spare;

	pthread_mutex_lock(&spare->lock);
	instance->next = spare->first;
	spare->first = instance;
	pthread_mutex_unlock(&spare->lock);
}

/* --- the slot --- */

static const struct wr_user_form *form_of(const struct wr_agg_call *call)
{
	return ((const struct wr_user_bind *)call->bind)->form;
}

static struct fault **fault_at(const uint8_t *slot, uint32_t offset)
{
	return (struct fault **)(slot + offset);
}

static void *struct_at(const uint8_t *slot, uint32_t offset)
{
	return (void *)(slot + offset + AT_STRUCT);
}

static struct weir_bytes *member_at(const struct wr_user_accumulator *shape, void *acc, uint32_t i)
{
	return (struct weir_bytes *)((char *)acc + shape->offset[i]);
}

static bool is_bytes(const struct wr_user_accumulator *shape, uint32_t i)
{
	return wr_type_phys(shape->type[i]) == WR_P_STR;
}

static uint32_t user_size(const struct wr_agg_call *call)
{
	return AT_STRUCT + (form_of(call)->accumulator.size + 15) / 16 * 16;
}

static void bytes_set(struct wr_agg_pool *pool, struct weir_bytes *member, const char *data,
		      size_t size)
{
	char *copy = NULL;

	if (size > 0) {
		copy = wr_agg_pool_alloc(pool, size);
		memcpy(copy, data, size);
	}
	if (member->size > 0)
		wr_agg_pool_drop(pool, (char *)member->data, member->size);
	*member = (struct weir_bytes){copy, size};
}

static void fault_set(struct wr_agg_pool *pool, struct fault **at, const char *text, size_t len)
{
	size_t size = sizeof(struct fault) + len + 1;

	if (*at != NULL)
		return;
	*at = wr_agg_pool_alloc(pool, size);
	(*at)->size = (uint32_t)size;
	memcpy((*at)->text, text, len);
}

WR_PUBLIC int weir_call_fail(struct weir_call *call, const char *format, ...)
{
	struct wr_user_instance *instance = call->instance;
	va_list args;

	va_start(args, format);
	wr_reason_format(instance->failure, sizeof instance->failure, format, args);
	va_end(args);
	return -1;
}

WR_PUBLIC void weir_call_bytes(struct weir_call *call, struct weir_bytes *member, const char *data,
			       size_t size)
{
	if (call->pool == NULL)
		return;
	if (size > WR_RECORD_BYTES_MAX) {
		call->failed = true;
		(void)weir_call_fail(call, "weir_call_bytes: %zu bytes, more than the %u allowed",
				     size, WR_RECORD_BYTES_MAX);
	} else {
		bytes_set(call->pool, member, data, size);
	}
}

/* --- update, merge --- */

/* Notes why a callback has failed, and forgets its words. */
static void note(struct weir_call *call, const struct wr_user_form *form, struct fault **at)
{
	struct wr_user_instance *instance = call->instance;
	char text[WR_REASON_BYTES_MAX + 128];
	int len =
	    snprintf(text, sizeof text, "%s: %s", form->owner->name,
		     instance->failure[0] != '\0' ? instance->failure : "the function has failed");

	fault_set(call->pool, at, text, WR_MIN((size_t)len, sizeof text - 1));
	instance->failure[0] = '\0';
	call->failed = false;
}

/* An instance that could not be opened makes every accumulator fail. */
static bool usable(struct weir_call *call, struct fault **at)
{
	struct wr_user_instance *instance = call->instance;

	if (!instance->unusable)
		return true;
	fault_set(call->pool, at, instance->failure, strlen(instance->failure));
	return false;
}

static bool has_null(struct wr_column *const *arg, uint32_t count, uint32_t row)
{
	for (uint32_t i = 0; i < count; i++)
		if (!wr_agg_valid(arg[i], row))
			return true;
	return false;
}

/* The function puts what it has kept back into the accumulators it was called with. */
static void settle(struct weir_call *work, const struct wr_user_form *form, uint8_t *const *slot,
		   uint32_t offset, uint32_t n)
{
	if (form->given.settle == NULL || work->instance->unusable)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (form->given.settle(work->instance->self, work, struct_at(slot[i], offset)) != 0)
			note(work, form, fault_at(slot[i], offset));
}

static void user_update(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			uint8_t *const *slot, uint32_t offset, struct wr_column *const *arg,
			const uint8_t *retract, uint32_t n)
{
	const struct wr_user_form *form = form_of(call);
	struct weir_call work = {.instance = instance_take(call), .pool = pool};
	struct wr_batch batch = {
	    .rows = n, .column_count = call->arg_count, .column = (struct wr_column **)arg};
	struct weir_row row = {.result = &work.instance->arguments, .batch = &batch};
	bool strict = form->given.flags & WEIR_NULL_IN_NULL_OUT;

	for (uint32_t i = 0; i < n; i++) {
		struct fault **fault = fault_at(slot[i], offset);
		bool back = wr_agg_is_retract(retract, i);
		int answer;

		if (*fault != NULL || !usable(&work, fault) ||
		    (strict && has_null(arg, call->arg_count, i)))
			continue;
		row.row = i;
		answer = (back ? form->given.retract : form->given.accumulate)(
		    work.instance->self, &work, struct_at(slot[i], offset), &row);
		if (answer != 0 || work.failed)
			note(&work, form, fault);
	}
	settle(&work, form, slot, offset, n);
	instance_give(call, work.instance);
}

static void user_merge(const struct wr_agg_call *call, struct wr_agg_pool *pool,
		       uint8_t *const *dst, uint8_t *const *src, uint32_t offset, uint32_t n)
{
	const struct wr_user_form *form = form_of(call);
	struct weir_call work = {.instance = instance_take(call), .pool = pool};

	for (uint32_t i = 0; i < n; i++) {
		struct fault **fault = fault_at(dst[i], offset);
		const struct fault *from = *fault_at(src[i], offset);

		if (from != NULL)
			fault_set(pool, fault, from->text, strlen(from->text));
		if (*fault != NULL || !usable(&work, fault))
			continue;
		if (form->given.merge(work.instance->self, &work, struct_at(dst[i], offset),
				      struct_at(src[i], offset)) != 0 ||
		    work.failed)
			note(&work, form, fault);
	}
	settle(&work, form, dst, offset, n);
	instance_give(call, work.instance);
}

/* --- results --- */

/* Appends the result of an accumulator; the words of a failure, NULL: it is there. */
static wr_status *append_result(struct weir_call *work, const struct wr_agg_call *call, void *acc)
{
	const struct wr_user_form *form = form_of(call);
	struct wr_user_instance *instance = work->instance;
	struct weir_appender *out = instance->out;
	int answer = form->given.get_result(instance->self, work, acc, out);
	wr_status *mistake;

	if (answer == 0 && !out->bad && out->at == 0 && out->depth == 0)
		weir_append_null(out);
	if (answer == 0 && weir_append_end(out))
		return NULL;
	if (!out->bad && out->bad_rows == 0)
		weir_append_undo(out);
	mistake = wr_appender_mistake(out);
	if (mistake == NULL)
		mistake = wr_status_new(WR_USER_ERROR, "%s",
					instance->failure[0] != '\0' ? instance->failure
								     : "the function has failed");
	instance->failure[0] = '\0';
	return mistake;
}

/* fault() has been asked: what fails here has a NULL that nobody sees. */
static void user_value(const struct wr_agg_call *call, uint8_t *const *slot, uint32_t offset,
		       uint32_t n, struct wr_column *out)
{
	struct weir_call work = {.instance = instance_take(call)};
	struct weir_appender *to = work.instance->out;
	struct wr_batch *batch;

	for (uint32_t i = 0; i < n; i++) {
		wr_status *failed = NULL;

		if (work.instance->unusable || *fault_at(slot[i], offset) != NULL) {
			weir_append_null(to);
			weir_append_end(to);
			continue;
		}
		failed = append_result(&work, call, struct_at(slot[i], offset));
		if (failed == NULL)
			continue;
		wr_status_free(failed);
		weir_append_null(to);
		weir_append_end(to);
	}
	batch = wr_appender_take(to);
	if (batch != NULL)
		wr_agg_out_adopt(out, wr_column_ref(batch->column[0]));
	wr_batch_free(batch);
	instance_give(call, work.instance);
}

/* Keeps the first failure: the job ends with it. */
static const char *failure_keep(const struct wr_agg_call *call, const char *text)
{
	const struct wr_user_bind *bind = call->bind;
	struct wr_user_spare *spare = bind->spare;

	pthread_mutex_lock(&spare->lock);
	if (spare->failure == NULL) {
		struct wr_text all;

		wr_text_init(&all);
		wr_text_printf(&all, "%s: %s", bind->form->owner->name, text);
		spare->failure = all.data;
	}
	pthread_mutex_unlock(&spare->lock);
	return spare->failure;
}

/* A result that cannot be shown is found by making it. */
static const char *user_fault(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset)
{
	const struct fault *fault = *fault_at(slot, offset);
	struct weir_call work = {0};
	const char *text = NULL;
	struct wr_batch *batch;
	wr_status *failed = NULL;

	if (fault != NULL)
		return fault->text;
	work.instance = instance_take(call);
	if (work.instance->unusable) {
		text = failure_keep(call, work.instance->failure);
	} else {
		failed = append_result(&work, call, struct_at(slot, offset));
		batch = wr_appender_take(work.instance->out);
		if (failed != NULL)
			text = failure_keep(call, failed->text);
		else if (!call->type->nullable && !wr_column_is_valid(batch->column[0], 0))
			text = failure_keep(call, "the result is NULL, but declared NOT NULL");
		wr_batch_free(batch);
	}
	wr_status_free(failed);
	instance_give(call, work.instance);
	return text;
}

/* --- life --- */

static void user_drop(const struct wr_agg_call *call, struct wr_agg_pool *pool, uint8_t *slot,
		      uint32_t offset)
{
	const struct wr_user_accumulator *shape = &form_of(call)->accumulator;
	struct fault **fault = fault_at(slot, offset);

	for (uint32_t i = 0; i < shape->count && shape->bytes; i++)
		if (is_bytes(shape, i))
			bytes_set(pool, member_at(shape, struct_at(slot, offset), i), NULL, 0);
	if (*fault != NULL)
		wr_agg_pool_drop(pool, *fault, (*fault)->size);
	*fault = NULL;
}

static void user_save(const struct wr_agg_call *call, const uint8_t *slot, uint32_t offset,
		      struct wr_text *text)
{
	const struct wr_user_accumulator *shape = &form_of(call)->accumulator;
	const struct fault *fault = *fault_at(slot, offset);
	char *acc = struct_at(slot, offset);

	wr_varint_put_piece(text, fault != NULL ? wr_str_of(fault->text) : (struct wr_str){0});
	for (uint32_t i = 0; i < shape->count; i++) {
		const struct weir_bytes *bytes = member_at(shape, acc, i);

		if (is_bytes(shape, i))
			wr_varint_put_piece(
			    text, (struct wr_str){bytes->size > 0 ? bytes->data : "", bytes->size});
		else
			wr_text_add(text, acc + shape->offset[i],
				    wr_phys_size(wr_type_phys(shape->type[i])));
	}
}

static const char *user_load(const struct wr_agg_call *call, struct wr_agg_pool *pool,
			     uint8_t *slot, uint32_t offset, const char *bytes, const char *end)
{
	const struct wr_user_accumulator *shape = &form_of(call)->accumulator;
	char *acc = struct_at(slot, offset);
	struct wr_str piece;

	bytes = wr_varint_get_piece(bytes, end, &piece);
	if (bytes != NULL && piece.data != NULL)
		fault_set(pool, fault_at(slot, offset), piece.data, piece.len);
	for (uint32_t i = 0; i < shape->count && bytes != NULL; i++) {
		uint32_t width = wr_phys_size(wr_type_phys(shape->type[i]));

		if (is_bytes(shape, i)) {
			bytes = wr_varint_get_piece(bytes, end, &piece);
			if (bytes != NULL)
				bytes_set(pool, member_at(shape, acc, i), piece.data, piece.len);
			continue;
		}
		if ((size_t)(end - bytes) < width)
			return NULL;
		memcpy(acc + shape->offset[i], bytes, width);
		bytes += width;
	}
	return bytes;
}

/* --- calls --- */

void wr_user_aggregate_fill(struct wr_user_form *form, struct wr_arena *arena)
{
	form->aggregate = (struct wr_agg){
	    .name = wr_arena_printf(arena, "%s(%s)", form->owner->name, form->accumulator.text),
	    .ordered = true,
	    .size = user_size,
	    .update = user_update,
	    .merge = form->given.merge != NULL ? user_merge : NULL,
	    .value = user_value,
	    .drop = user_drop,
	    .save = user_save,
	    .load = user_load,
	    .fault = user_fault,
	};
}

wr_status *wr_user_aggregate_infer(struct wr_agg_infer *infer)
{
	struct wr_user_function *user =
	    (struct wr_user_function *)((char *)infer->function -
					offsetof(struct wr_user_function, aggregate));
	struct wr_user_form *form = wr_user_form_find(user, infer->want, infer->arg_count);
	struct wr_user_bind *bind;

	if (form == NULL)
		return wr_user_mismatch(infer->arena, user, infer->want, infer->arg_count);
	if (infer->retract && form->given.retract == NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "'%s' takes no rows back, which this input or frame needs",
				  user->name),
		    "Give the function a `retract` callback");
	WR_TRY(wr_user_bind_new(infer->pool, form, infer->want, infer->call->const_arg,
				infer->arg_count, &infer->call->type, &bind));
	bind->spare = spare_new(infer->pool);
	infer->call->bind = bind;
	infer->call->agg = &form->aggregate;
	infer->call->ignore_nulls = form->given.flags & WEIR_NULL_IN_NULL_OUT;
	return NULL;
}
