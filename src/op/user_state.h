/* SPDX-License-Identifier: Apache-2.0
 *
 * user_state - the states of a program's function: all of one key (or of one window of a key) lie
 * in one block of memory, a part of the slot of the key.
 *
 * A block begins with a bit per state: whether it has something. Behind it lie the stamps of values
 * that live for a time, the values themselves (structs of the program, in place) and the heads of
 * lists and maps, whose elements lie in the pool of the slot. STRING and BYTES members own memory
 * of the pool. A zeroed block is empty.
 *
 * Time to live: by op/ttl.h, a stamp for each value, element and entry. What has expired is dropped
 * when somebody looks for it, and by sweeps. The clock stands still during a callback, so that what
 * was handed out stays.
 *
 * Thread: the owner's.
 *
 * Invariants
 *   U1  bit i is set if and only if state i has a value, an element or an entry
 *   U2  the memory of a STRING or BYTES member has exactly its size, none when that is 0
 *   U3  `oldest` of a list or map is not younger than any stamp in it
 */
#ifndef WR_OP_USER_STATE_H
#define WR_OP_USER_STATE_H

#include "analyze/user_node.h"
#include "expr/agg.h"
#include "op/ttl.h"
#include "state/value.h"

#define WR_USER_STATES_MAX 62 /* bits of a block; the upper two are the owner's */

/* How state i lies in a block. */
struct wr_user_place {
	const struct wr_user_state *state;
	enum weir_state_kind kind;
	uint32_t offset;   /* of the value, or of the head of the list or map */
	uint32_t stamp_at; /* of the value's stamp in the block, of an element's or entry's in it */
	uint32_t value_at; /* MAP: of the value in an entry */
	uint32_t stride;   /* LIST, MAP: bytes of an element or entry */
	bool mortal;       /* it has a time to live */
	bool on_read;      /* which reading prolongs */
	bool broadcast;    /* lies in the block that all keys share */
	bool dense_key;    /* MAP: keys are equal if their bytes are */
	struct wr_ttl ttl;
};

struct wr_user_store {
	const char *name;            /* of the function */
	struct wr_user_place *place; /* owned */
	uint32_t count;
	uint32_t size; /* of a block, a multiple of 8 */
	bool mortal;   /* some state has a time to live */
};

struct wr_user_list {
	uint8_t *item; /* in the pool; NULL: none */
	uint32_t count, capacity;
	uint32_t first;  /* elements at the start of `item` that are gone */
	uint32_t oldest; /* stamp (U3) */
};

struct wr_user_map; /* user_map.c */

/* What a state function works on. */
struct wr_user_at {
	const struct wr_user_place *place;
	uint8_t *block;
	struct wr_agg_pool *pool;
	uint64_t bit; /* of the state in the block */
};

static inline uint64_t *wr_user_present(uint8_t *block)
{
	return (uint64_t *)(void *)block;
}
static inline struct wr_user_at wr_user_at(const struct wr_user_store *store, uint32_t i,
					   uint8_t *block, struct wr_agg_pool *pool)
{
	return (struct wr_user_at){&store->place[i], block, pool, (uint64_t)1 << i};
}

/* `states` outlive the store. WR_USER_ERROR: they cannot be. */
wr_status *wr_user_store_init(struct wr_user_store *store, const char *name,
			      const struct wr_user_state *states, uint32_t count,
			      struct wr_env *env);
void wr_user_store_release(struct wr_user_store *store); /* zeroed is allowed */
/* Sets the clock. */
void wr_user_store_tick(struct wr_user_store *store, int64_t mono_ms);
/* Drops all that has expired. */
void wr_user_store_expire(const struct wr_user_store *store, uint8_t *block,
			  struct wr_agg_pool *pool);
/* Whether it would drop something, or look for it. */
bool wr_user_store_is_stale(const struct wr_user_store *store, const uint8_t *block);
/* Drops everything. */
void wr_user_store_clear(const struct wr_user_store *store, uint8_t *block,
			 struct wr_agg_pool *pool);

/* --- one state; `at` names it. */

/* VALUE, REDUCING, AGGREGATING: the value; NULL: there is none. */
void *wr_user_value_get(const struct wr_user_at *at);
void *wr_user_value_make(const struct wr_user_at *at);
/* REDUCING, AGGREGATING. */
void wr_user_value_add(const struct wr_user_at *at, void *self, const void *input);

void wr_user_list_add(const struct wr_user_at *at, const void *value);
uint32_t wr_user_list_count(const struct wr_user_at *at);
void *wr_user_list_at(const struct wr_user_at *at, uint32_t i); /* NULL: there is none */
void wr_user_list_remove(const struct wr_user_at *at, uint32_t from, uint32_t count);

void *wr_user_map_get(const struct wr_user_at *at, const void *key);
void *wr_user_map_put(const struct wr_user_at *at, const void *key);
bool wr_user_map_remove(const struct wr_user_at *at, const void *key);
uint32_t wr_user_map_count(const struct wr_user_at *at);
bool wr_user_map_next(const struct wr_user_at *at, uint32_t *place, const void **key, void **value);

void wr_user_state_clear(const struct wr_user_at *at);
/* What has expired of it goes. */
void wr_user_state_expire(const struct wr_user_at *at);

/* --- structs of the program */

/* Makes a member a copy of the bytes, which may be its own. */
void wr_user_bytes_set(struct wr_agg_pool *pool, struct weir_bytes *member, const char *data,
		       size_t size);
/* Its bytes become copies that it owns. */
void wr_user_struct_own(const struct wr_user_layout *layout, struct wr_agg_pool *pool, void *value);
/* Gives its bytes back. */
void wr_user_struct_drop(const struct wr_user_layout *layout, struct wr_agg_pool *pool,
			 void *value);

/* --- for user_list.c, user_map.c and user_codec.c */

void wr_user_list_clear(const struct wr_user_at *at);
void wr_user_list_expire(const struct wr_user_at *at);
void wr_user_map_clear(const struct wr_user_at *at);
void wr_user_map_expire(const struct wr_user_at *at);
/* Whether some entry may have expired. */
bool wr_user_map_is_stale(const struct wr_user_at *at);
/* Makes room for `count` zeroed elements behind those there are, which count from now on. */
uint8_t *wr_user_list_grow(const struct wr_user_at *at, uint32_t count);
static inline struct wr_user_list *wr_user_list_of(const struct wr_user_at *at)
{
	return (struct wr_user_list *)(void *)(at->block + at->place->offset);
}
static inline uint8_t *wr_user_list_item(const struct wr_user_at *at, uint32_t i)
{
	const struct wr_user_list *list = wr_user_list_of(at);

	return list->item + (size_t)(list->first + i) * at->place->stride;
}
/* The entry at *place or behind it, and *place behind that; NULL: that was all. Expired ones, too.
 */
uint8_t *wr_user_map_entry(const struct wr_user_at *at, uint32_t *place);
/* An entry that was put last at this time of day. false: it cannot be. */
bool wr_user_map_load(const struct wr_user_at *at, const void *key, int64_t wall_ms);
static inline uint32_t *wr_user_stamp(uint8_t *base, const struct wr_user_place *place)
{
	return (uint32_t *)(void *)(base + place->stamp_at);
}

#endif
