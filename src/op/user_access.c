/* SPDX-License-Identifier: Apache-2.0
 *
 * user_access - weir_state_*, weir_list_* and weir_map_*: checks what the program asks for and
 * finds the state; the work is done by user_state.c, user_list.c and user_map.c.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "op/user_context.h"

#define KIND(kind) (1u << (kind))
#define VALUES     (KIND(WEIR_VALUE) | KIND(WEIR_REDUCING) | KIND(WEIR_AGGREGATING))
#define ANY        (VALUES | KIND(WEIR_LIST) | KIND(WEIR_MAP))

static const char *const kind_names[] = {
    [WEIR_VALUE] = "WEIR_VALUE",
    [WEIR_LIST] = "WEIR_LIST",
    [WEIR_MAP] = "WEIR_MAP",
    [WEIR_REDUCING] = "WEIR_REDUCING",
    [WEIR_AGGREGATING] = "WEIR_AGGREGATING",
};

/* What is wrong with the call. */
static wr_status *misuse(const struct weir_context *context, uint32_t state, uint32_t kinds,
			 const char *call)
{
	const char *name = context->user->name;
	const struct wr_user_place *place;

	if (context->store == NULL || state >= context->store->count)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s', %s: there is no state %u", name, call,
				  state),
		    "It has %u; they count from 0, in the order of their declaration",
		    context->store == NULL ? 0 : context->store->count);
	place = &context->store->place[state];
	if ((kinds & KIND(place->kind)) == 0)
		return wr_status_new(WR_USER_ERROR, "'%s', %s: state '%s' is of kind %s", name,
				     call, place->state->given.name, kind_names[place->kind]);
	if (place->broadcast)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "'%s', %s: the broadcast state '%s' cannot be changed here", name,
				  call, place->state->given.name),
		    "Change it in 'element2', which sees the same rows on all workers");
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "'%s', %s: there is no key, and so no state '%s'", name,
					    call, place->state->given.name),
			      "State is of the key at hand in the element and timer callbacks of "
			      "keyed streams (weir_key_by)");
}

/* Finds a state of one of the kinds; false: a mistake has been noted. */
static bool find_slowly(struct weir_context *context, uint32_t state, uint32_t kinds, bool write,
			const char *call, struct wr_user_at *at)
{
	const struct wr_user_store *store = context->store;

	if (store != NULL && state < store->count && store->place[state].broadcast &&
	    (kinds & KIND(WEIR_MAP)) != 0 && context->shared != NULL &&
	    (!write || context->shared_write)) {
		*at = wr_user_at(store, state, context->shared, context->shared_pool);
		return true;
	}
	wr_context_mistake(context, misuse(context, state, kinds, call));
	return false;
}

static inline bool find(struct weir_context *context, uint32_t state, uint32_t kinds, bool write,
			const char *call, struct wr_user_at *at)
{
	const struct wr_user_store *store = context->store;

	if (WR_LIKELY(store != NULL && state < store->count && context->block != NULL &&
		      (kinds & KIND(store->place[state].kind)) != 0 &&
		      !store->place[state].broadcast)) {
		*at = wr_user_at(store, state, context->block, context->pool);
		return true;
	}
	return find_slowly(context, state, kinds, write, call, at);
}

/* Zeroed memory for a program that counts on a pointer. */
static void *blind(struct weir_context *context, uint32_t state)
{
	uint64_t size = 4096;

	if (context->store != NULL && state < context->store->count)
		size = WR_MAX(size, context->store->place[state].state->value.size);
	if (context->blind_size < size) {
		wr_free(context->blind);
		context->blind = wr_malloc(size);
		context->blind_size = size;
	}
	return memset(context->blind, 0, context->blind_size);
}

/* --- values */

WR_PUBLIC void *weir_state_get(struct weir_context *context, uint32_t state)
{
	struct wr_user_at at;

	return find(context, state, VALUES, false, "weir_state_get", &at) ? wr_user_value_get(&at)
									  : NULL;
}

WR_PUBLIC void *weir_state_make(struct weir_context *context, uint32_t state)
{
	struct wr_user_at at;

	if (find(context, state, KIND(WEIR_VALUE) | KIND(WEIR_AGGREGATING), true, "weir_state_make",
		 &at))
		return wr_user_value_make(&at);
	return blind(context, state);
}

WR_PUBLIC void weir_state_add(struct weir_context *context, uint32_t state, const void *value)
{
	struct wr_user_at at;

	if (!find(context, state, KIND(WEIR_LIST) | KIND(WEIR_REDUCING) | KIND(WEIR_AGGREGATING),
		  true, "weir_state_add", &at))
		return;
	if (at.place->kind == WEIR_LIST)
		wr_user_list_add(&at, value);
	else
		wr_user_value_add(&at, context->self, value);
}

WR_PUBLIC void weir_state_clear(struct weir_context *context, uint32_t state)
{
	struct wr_user_at at;

	if (find(context, state, ANY, true, "weir_state_clear", &at))
		wr_user_state_clear(&at);
}

/* --- lists and maps */

WR_PUBLIC uint32_t weir_state_count(struct weir_context *context, uint32_t state)
{
	struct wr_user_at at;

	if (!find(context, state, KIND(WEIR_LIST) | KIND(WEIR_MAP), false, "weir_state_count", &at))
		return 0;
	return at.place->kind == WEIR_LIST ? wr_user_list_count(&at) : wr_user_map_count(&at);
}

WR_PUBLIC void *weir_list_at(struct weir_context *context, uint32_t state, uint32_t i)
{
	struct wr_user_at at;

	return find(context, state, KIND(WEIR_LIST), false, "weir_list_at", &at)
		   ? wr_user_list_at(&at, i)
		   : NULL;
}

WR_PUBLIC void weir_list_remove(struct weir_context *context, uint32_t state, uint32_t from,
				uint32_t count)
{
	struct wr_user_at at;

	if (!find(context, state, KIND(WEIR_LIST), true, "weir_list_remove", &at))
		return;
	wr_user_state_expire(&at);
	wr_user_list_remove(&at, from, count);
}

WR_PUBLIC void *weir_map_get(struct weir_context *context, uint32_t state, const void *key)
{
	struct wr_user_at at;

	return find(context, state, KIND(WEIR_MAP), false, "weir_map_get", &at)
		   ? wr_user_map_get(&at, key)
		   : NULL;
}

WR_PUBLIC void *weir_map_put(struct weir_context *context, uint32_t state, const void *key)
{
	struct wr_user_at at;

	if (find(context, state, KIND(WEIR_MAP), true, "weir_map_put", &at))
		return wr_user_map_put(&at, key);
	return blind(context, state);
}

WR_PUBLIC bool weir_map_remove(struct weir_context *context, uint32_t state, const void *key)
{
	struct wr_user_at at;

	return find(context, state, KIND(WEIR_MAP), true, "weir_map_remove", &at) &&
	       wr_user_map_remove(&at, key);
}

WR_PUBLIC bool weir_map_next(struct weir_context *context, uint32_t state, uint32_t *place,
			     const void **key, void **value)
{
	struct wr_user_at at;

	return find(context, state, KIND(WEIR_MAP), false, "weir_map_next", &at) &&
	       wr_user_map_next(&at, place, key, value);
}

/* --- members */

WR_PUBLIC void weir_state_bytes(struct weir_context *context, uint32_t state,
				struct weir_bytes *member, const char *data, size_t size)
{
	struct wr_user_at at;

	if (size > WR_RECORD_BYTES_MAX)
		wr_context_mistake(context,
				   wr_status_new(WR_USER_ERROR,
						 "weir_state_bytes: %zu bytes, more than the %u "
						 "allowed",
						 size, WR_RECORD_BYTES_MAX));
	else if (find(context, state, ANY, true, "weir_state_bytes", &at))
		wr_user_bytes_set(at.pool, member, data, size);
}
