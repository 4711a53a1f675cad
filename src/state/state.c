/* SPDX-License-Identifier: Apache-2.0
 *
 * state - the calls of operators, passed on to the backend that made the state.
 */
#include "base/mem.h"
#include "state/backend.h"
#include "state/snapshot.h"

wr_status *wr_state_open(const struct wr_state_backend *backend, const struct wr_state_decl *decl,
			 struct wr_state **out)
{
	WR_ASSERT(decl->value_size % 16 == 0);
	const struct wr_type *const *type;
	uint32_t *route = NULL;

	WR_TRY(backend->open(decl, out));
	type = (*out)->decl.key_type;
	if (decl->route_count > 0) {
		route = wr_malloc(decl->route_count * sizeof *route);
		memcpy(route, decl->route, decl->route_count * sizeof *route);
	}
	(*out)->backend = backend;
	(*out)->decl = *decl;
	(*out)->decl.key_type = type;
	(*out)->decl.route = route;
	(*out)->decl.name = (*out)->decl.meaning = NULL;
	(*out)->decl.key_name = NULL;
	return NULL;
}

void wr_state_close(struct wr_state *state)
{
	if (state == NULL)
		return;
	wr_free((void *)(uintptr_t)state->decl.route);
	state->backend->close(state);
}

wr_status *wr_state_find(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			 uint8_t **slot)
{
	return state->backend->find(state, ns, keys, slot);
}

wr_status *wr_state_upsert(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			   uint8_t **slot, uint8_t *is_new)
{
	return state->backend->upsert(state, ns, keys, slot, is_new);
}

wr_status *wr_state_upsert_slots(struct wr_state *state, int64_t ns, struct wr_state *from,
				 uint8_t *const *from_slot, uint32_t count, uint8_t **slot,
				 uint8_t *is_new)
{
	WR_ASSERT(state->backend == from->backend);
	return state->backend->upsert_slots(state, ns, from, from_slot, count, slot, is_new);
}

wr_status *wr_state_peek(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			 uint8_t **slot)
{
	return state->backend->peek(state, ns, keys, slot);
}

void wr_state_touch(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count)
{
	state->backend->touch(state, ns, slot, count);
}

void wr_state_track(struct wr_state *state)
{
	state->backend->track(state);
}

void wr_state_snapshot_begin(struct wr_state *state, struct wr_snapshot *snapshot, uint32_t id)
{
	state->backend->snapshot_begin(state, snapshot, id);
}

bool wr_state_snapshot_step(struct wr_state *state, size_t budget)
{
	return state->backend->snapshot_step(state, budget);
}

void wr_state_snapshot_abort(struct wr_state *state)
{
	state->backend->snapshot_abort(state);
}

wr_status *wr_state_remove(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count)
{
	return state->backend->remove(state, ns, slot, count);
}

void wr_state_drop_namespace(struct wr_state *state, int64_t ns)
{
	state->backend->drop_namespace(state, ns);
}

struct wr_agg_pool *wr_state_pool(struct wr_state *state, int64_t ns)
{
	return state->backend->pool(state, ns);
}

uint32_t wr_state_scan(struct wr_state *state, int64_t ns, uint64_t *cursor, uint8_t **slot,
		       uint32_t max)
{
	return state->backend->scan(state, ns, cursor, slot, max);
}

void wr_state_slot_keys(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count,
			struct wr_column **out)
{
	state->backend->keys(state, ns, slot, count, out);
}

bool wr_state_first_namespace(struct wr_state *state, int64_t above, int64_t *ns)
{
	return state->backend->first_namespace(state, above, ns);
}

uint64_t wr_state_count(struct wr_state *state, int64_t ns)
{
	return state->backend->count(state, ns);
}

uint64_t wr_state_bytes(const struct wr_state *state)
{
	return state->backend->bytes(state);
}

uint64_t wr_state_used(const struct wr_state *state)
{
	return state->backend->used(state);
}

wr_status *wr_state_trim(struct wr_state *state, struct wr_spill_dir *dir, uint64_t target)
{
	return state->backend->trim(state, dir, target);
}
