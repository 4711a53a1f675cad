/* SPDX-License-Identifier: Apache-2.0
 *
 * user_desk - see user_async.h.
 */
#include <string.h>

#include "base/mem.h"
#include "op/user_async.h"

struct wr_desk *wr_desk_new(const struct wr_op_env *env, const struct wr_schema *schema)
{
	struct wr_desk *desk = wr_calloc(1, sizeof *desk);

	pthread_mutex_init(&desk->lock, NULL);
	wr_arena_init(&desk->arena);
	desk->schema.count = schema->count;
	desk->schema.field = WR_NEW_ARRAY(&desk->arena, struct wr_field, schema->count + 1);
	for (uint32_t i = 0; i < schema->count; i++) {
		desk->schema.field[i] = schema->field[i];
		desk->schema.field[i].name = wr_arena_strdup(&desk->arena, schema->field[i].name);
		desk->schema.field[i].type = wr_type_copy(&desk->arena, schema->field[i].type);
	}
	desk->zone_id = env->zone_id != NULL ? wr_strdup(env->zone_id) : NULL;
	desk->env = env;
	return desk;
}

/* Nothing is out and the operator is gone. */
static void desk_free(struct wr_desk *desk)
{
	while (desk->all != NULL) {
		struct weir_request *request = desk->all;

		desk->all = request->all;
		wr_appender_release(&request->output);
		wr_free(request->failed);
		wr_free(request->memory);
	}
	pthread_mutex_destroy(&desk->lock);
	wr_arena_release(&desk->arena);
	wr_free(desk->zone_id);
	wr_free(desk);
}

/* Puts a request behind the free ones: so that it rests as long as possible. */
static void put_free(struct wr_desk *desk, struct weir_request *request)
{
	wr_free(request->failed);
	request->failed = NULL;
	request->uses++;
	request->state = WR_REQUEST_FREE;
	request->next = NULL;
	if (desk->free == NULL)
		desk->free = request;
	else
		desk->free_last->next = request;
	desk->free_last = request;
}

void wr_desk_close(struct wr_desk *desk)
{
	bool last;

	if (desk == NULL)
		return;
	pthread_mutex_lock(&desk->lock);
	desk->env = NULL;
	for (struct weir_request *request = desk->all; request != NULL; request = request->all)
		if (request->state == WR_REQUEST_OUT)
			request->state = WR_REQUEST_FORGOTTEN;
	last = desk->out == 0;
	pthread_mutex_unlock(&desk->lock);
	if (last)
		desk_free(desk);
}

static wr_status *request_new(struct wr_desk *desk, struct weir_request **out)
{
	char *memory = wr_calloc(1, sizeof(struct weir_request) + WR_REQUEST_ALIGN);
	uintptr_t skip = WR_REQUEST_ALIGN - (uintptr_t)memory % WR_REQUEST_ALIGN;
	struct weir_request *request = (struct weir_request *)(memory + skip);

	_Static_assert(offsetof(struct weir_request, use) == 0, "handles are near the request");
	request->memory = memory;
	request->desk = desk;
	pthread_mutex_lock(&desk->lock);
	request->all = desk->all;
	desk->all = request;
	pthread_mutex_unlock(&desk->lock);
	*out = request;
	return wr_appender_init(&request->output, &desk->schema, desk->zone_id, WR_BATCH_ROWS_MAX);
}

wr_status *wr_desk_take(struct wr_desk *desk, void *entry, struct weir_request **out)
{
	struct weir_request *request;

	pthread_mutex_lock(&desk->lock);
	request = desk->free;
	if (request != NULL)
		desk->free = request->next;
	pthread_mutex_unlock(&desk->lock);
	if (request == NULL)
		WR_TRY(request_new(desk, &request));
	pthread_mutex_lock(&desk->lock);
	request->state = WR_REQUEST_OUT;
	request->entry = entry;
	request->next = NULL;
	desk->out++;
	pthread_mutex_unlock(&desk->lock);
	*out = request;
	return NULL;
}

struct weir_request *wr_desk_ended(struct wr_desk *desk)
{
	struct weir_request *ended;

	if (atomic_load(&desk->ended_count) == 0)
		return NULL;
	pthread_mutex_lock(&desk->lock);
	ended = desk->ended;
	desk->ended = NULL;
	atomic_store(&desk->ended_count, 0);
	pthread_mutex_unlock(&desk->lock);
	return ended;
}

void wr_desk_give_back(struct wr_desk *desk, struct weir_request *request)
{
	pthread_mutex_lock(&desk->lock);
	WR_ASSERT(request->state == WR_REQUEST_ENDED || request->state == WR_REQUEST_OUT);
	if (request->state == WR_REQUEST_OUT)
		desk->out--;
	put_free(desk, request);
	pthread_mutex_unlock(&desk->lock);
}

bool wr_desk_withdraw(struct wr_desk *desk, struct weir_request *request)
{
	bool out;

	pthread_mutex_lock(&desk->lock);
	out = request->state == WR_REQUEST_OUT;
	if (out) {
		desk->out--;
		wr_appender_reset(&request->output);
		put_free(desk, request);
	}
	pthread_mutex_unlock(&desk->lock);
	return out;
}

bool wr_desk_forget(struct wr_desk *desk, struct weir_request *request)
{
	bool out;

	pthread_mutex_lock(&desk->lock);
	out = request->state == WR_REQUEST_OUT;
	if (out) {
		request->state = WR_REQUEST_FORGOTTEN;
		request->entry = NULL;
	}
	pthread_mutex_unlock(&desk->lock);
	return out;
}

/* --- of any thread --- */

/* The request of a handle; *use: which use of it is meant. */
static struct weir_request *request_of(struct weir_request *handle, uint32_t *use)
{
	*use = (uint32_t)((uintptr_t)handle % WR_REQUEST_ALIGN);
	return (struct weir_request *)((char *)handle - *use);
}

/* Under the lock: the request is that of the handle still. */
static bool is_current(const struct weir_request *request, uint32_t use)
{
	return request->uses % WR_REQUEST_ALIGN == use &&
	       (request->state == WR_REQUEST_OUT || request->state == WR_REQUEST_FORGOTTEN);
}

WR_PUBLIC struct weir_appender *weir_request_output(struct weir_request *handle)
{
	uint32_t use;

	return handle != NULL ? &request_of(handle, &use)->output : NULL;
}

/* Under the lock. */
static void put_ended(struct wr_desk *desk, struct weir_request *request, const char *failed)
{
	request->state = WR_REQUEST_ENDED;
	if (failed != NULL)
		request->failed = wr_strndup(failed, strnlen(failed, WR_REQUEST_TEXT_MAX));
	request->next = NULL;
	if (desk->ended == NULL)
		desk->ended = request;
	else
		desk->ended_last->next = request;
	desk->ended_last = request;
	if (atomic_fetch_add(&desk->ended_count, 1) == 0 && desk->env->wake != NULL)
		desk->env->wake(desk->env);
}

static void end_request(struct weir_request *handle, const char *failed)
{
	struct weir_request *request;
	struct wr_desk *desk;
	bool last = false;
	uint32_t use;

	if (handle == NULL)
		return;
	request = request_of(handle, &use);
	desk = request->desk;
	pthread_mutex_lock(&desk->lock);
	if (is_current(request, use)) {
		desk->out--;
		if (request->state == WR_REQUEST_OUT) {
			put_ended(desk, request, failed);
		} else {
			wr_appender_reset(&request->output);
			put_free(desk, request);
		}
		last = desk->out == 0 && desk->env == NULL;
	}
	pthread_mutex_unlock(&desk->lock);
	if (last)
		desk_free(desk);
}

WR_PUBLIC void weir_request_done(struct weir_request *request)
{
	end_request(request, NULL);
}

WR_PUBLIC void weir_request_fail(struct weir_request *request, const char *text)
{
	end_request(request, text != NULL ? text : "no reason was given");
}
