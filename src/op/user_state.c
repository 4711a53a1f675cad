/* SPDX-License-Identifier: Apache-2.0
 *
 * user_state - blocks of states: their layout, values, and what all kinds share.
 */
#include "op/user_state.h"

#include "base/mem.h"

static uint32_t align8(uint32_t size)
{
	return (size + 7) & ~7u;
}

/* --- the layout */

/* Why a state cannot be, or NULL. */
static wr_status *check_state(const char *name, const struct wr_user_state *state)
{
	bool folds = state->given.kind == WEIR_REDUCING || state->given.kind == WEIR_AGGREGATING;

	if (state->given.broadcast && state->given.kind != WEIR_MAP)
		return wr_status_new(WR_USER_ERROR,
				     "State '%s' of '%s' is broadcast, but no WEIR_MAP",
				     state->given.name, name);
	if (folds && state->given.reduce == NULL)
		return wr_status_new(WR_USER_ERROR, "State '%s' of '%s' has no function 'reduce'",
				     state->given.name, name);
	if (folds && state->value.bytes)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "State '%s' of '%s' has STRING or BYTES members, which 'reduce' "
				  "could not write",
				  state->given.name, name),
		    "Use a state of kind WEIR_VALUE");
	return NULL;
}

/* Places state i behind what there is. */
static void place_state(struct wr_user_store *store, const struct wr_user_state *state,
			struct wr_user_place *place, struct wr_env *env)
{
	const struct weir_state *given = &state->given;
	uint32_t size = state->value.size;

	*place = (struct wr_user_place){.state = state,
					.kind = given->kind,
					.offset = store->size,
					.mortal = given->ttl_ms > 0,
					.on_read = given->ttl_update == WEIR_TTL_ON_READ,
					.broadcast = given->broadcast};
	wr_ttl_start(&place->ttl, given->ttl_ms, env);
	store->mortal = store->mortal || place->mortal;
	switch (given->kind) {
	case WEIR_LIST:
		place->stamp_at = align8(size);
		place->stride = place->mortal ? place->stamp_at + 8 : size;
		size = sizeof(struct wr_user_list);
		break;
	case WEIR_MAP: /* hash and stamp, key, value */
		place->stamp_at = 4;
		place->value_at = 8 + align8(state->key.size);
		place->stride = align8(place->value_at + size);
		place->dense_key = !state->key.bytes;
		size = sizeof(struct wr_user_map *);
		break;
	default:
		if (place->mortal) {
			place->stamp_at = store->size;
			place->offset += 8;
			size += 8;
		}
	}
	store->size += align8(size);
}

wr_status *wr_user_store_init(struct wr_user_store *store, const char *name,
			      const struct wr_user_state *states, uint32_t count,
			      struct wr_env *env)
{
	*store = (struct wr_user_store){.name = name, .size = sizeof(uint64_t)};
	if (count > WR_USER_STATES_MAX)
		return wr_status_new(WR_USER_ERROR, "'%s' has %u states; at most %u are possible",
				     name, count, WR_USER_STATES_MAX);
	store->place = wr_calloc(count + 1, sizeof *store->place);
	for (uint32_t i = 0; i < count; i++) {
		WR_TRY(check_state(name, &states[i]));
		place_state(store, &states[i], &store->place[i], env);
		store->count++;
	}
	return NULL;
}

void wr_user_store_release(struct wr_user_store *store)
{
	wr_free(store->place);
	*store = (struct wr_user_store){0};
}

void wr_user_store_tick(struct wr_user_store *store, int64_t mono_ms)
{
	for (uint32_t i = 0; store->mortal && i < store->count; i++)
		wr_ttl_tick(&store->place[i].ttl, mono_ms);
}

/* --- structs of the program */

void wr_user_bytes_set(struct wr_agg_pool *pool, struct weir_bytes *member, const char *data,
		       size_t size)
{
	struct weir_bytes old = *member;

	member->data = "";
	member->size = size;
	if (size > 0)
		member->data = memcpy(wr_agg_pool_alloc(pool, size), data, size);
	if (old.size > 0)
		wr_agg_pool_drop(pool, (char *)(uintptr_t)old.data, old.size);
}

void wr_user_struct_own(const struct wr_user_layout *layout, struct wr_agg_pool *pool, void *value)
{
	for (uint32_t m = 0; layout->bytes && m < layout->schema.count; m++) {
		struct weir_bytes *member, copy = {0};

		if (wr_type_phys(layout->schema.field[m].type) != WR_P_STR)
			continue;
		member = (struct weir_bytes *)((char *)value + layout->offset[m]);
		wr_user_bytes_set(pool, &copy, member->data, member->size);
		*member = copy;
	}
}

void wr_user_struct_drop(const struct wr_user_layout *layout, struct wr_agg_pool *pool, void *value)
{
	for (uint32_t m = 0; layout->bytes && m < layout->schema.count; m++) {
		struct weir_bytes *member =
		    (struct weir_bytes *)((char *)value + layout->offset[m]);

		if (wr_type_phys(layout->schema.field[m].type) != WR_P_STR)
			continue;
		if (member->size > 0)
			wr_agg_pool_drop(pool, (char *)(uintptr_t)member->data, member->size);
		*member = (struct weir_bytes){0};
	}
}

/* --- values */

static void value_clear(const struct wr_user_at *at)
{
	uint8_t *value = at->block + at->place->offset;

	if ((*wr_user_present(at->block) & at->bit) == 0)
		return;
	wr_user_struct_drop(&at->place->state->value, at->pool, value);
	memset(value, 0, at->place->state->value.size);
	*wr_user_present(at->block) &= ~at->bit;
}

static void value_expire(const struct wr_user_at *at)
{
	const struct wr_user_place *place = at->place;

	if ((*wr_user_present(at->block) & at->bit) != 0 &&
	    wr_ttl_expired(&place->ttl, *wr_user_stamp(at->block, place)))
		value_clear(at);
}

void *wr_user_value_get(const struct wr_user_at *at)
{
	const struct wr_user_place *place = at->place;

	if (place->mortal)
		value_expire(at);
	if ((*wr_user_present(at->block) & at->bit) == 0)
		return NULL;
	if (place->on_read && place->mortal)
		*wr_user_stamp(at->block, place) = place->ttl.now;
	return at->block + place->offset;
}

void *wr_user_value_make(const struct wr_user_at *at)
{
	const struct wr_user_place *place = at->place;

	if (place->mortal) {
		value_expire(at);
		*wr_user_stamp(at->block, place) = place->ttl.now;
	}
	*wr_user_present(at->block) |= at->bit;
	return at->block + place->offset;
}

void wr_user_value_add(const struct wr_user_at *at, void *self, const void *input)
{
	const struct wr_user_state *state = at->place->state;
	bool first = wr_user_value_get(at) == NULL;
	void *value = wr_user_value_make(at);

	if (first && state->given.kind == WEIR_REDUCING)
		memcpy(value, input, state->value.size);
	else
		state->given.reduce(self, value, input);
}

/* --- all kinds */

void wr_user_state_clear(const struct wr_user_at *at)
{
	switch (at->place->kind) {
	case WEIR_LIST: wr_user_list_clear(at); break;
	case WEIR_MAP: wr_user_map_clear(at); break;
	default: value_clear(at);
	}
}

void wr_user_state_expire(const struct wr_user_at *at)
{
	if (!at->place->mortal)
		return;
	switch (at->place->kind) {
	case WEIR_LIST: wr_user_list_expire(at); break;
	case WEIR_MAP: wr_user_map_expire(at); break;
	default: value_expire(at);
	}
}

bool wr_user_store_is_stale(const struct wr_user_store *store, const uint8_t *block)
{
	for (uint32_t i = 0; store->mortal && i < store->count; i++) {
		/* Nothing is changed through it. */
		struct wr_user_at at = wr_user_at(store, i, (uint8_t *)(uintptr_t)block, NULL);
		bool stale = false;

		if (!at.place->mortal || (*wr_user_present(at.block) & at.bit) == 0)
			continue;
		switch (at.place->kind) {
		case WEIR_LIST:
			stale = wr_ttl_expired(&at.place->ttl, wr_user_list_of(&at)->oldest);
			break;
		case WEIR_MAP: stale = wr_user_map_is_stale(&at); break;
		default: stale = wr_ttl_expired(&at.place->ttl, *wr_user_stamp(at.block, at.place));
		}
		if (stale)
			return true;
	}
	return false;
}

void wr_user_store_expire(const struct wr_user_store *store, uint8_t *block,
			  struct wr_agg_pool *pool)
{
	for (uint32_t i = 0; store->mortal && i < store->count; i++) {
		struct wr_user_at at = wr_user_at(store, i, block, pool);

		wr_user_state_expire(&at);
	}
}

void wr_user_store_clear(const struct wr_user_store *store, uint8_t *block,
			 struct wr_agg_pool *pool)
{
	for (uint32_t i = 0; i < store->count; i++) {
		struct wr_user_at at = wr_user_at(store, i, block, pool);

		wr_user_state_clear(&at);
	}
}
