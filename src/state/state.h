/* SPDX-License-Identifier: Apache-2.0
 *
 * state - typed keyed state behind an interface: what operators remember, addressed by (state,
 * namespace, key).
 *
 * An operator declares its states before it starts (wr_state_decl) and talks to them by batch: the
 * keys of a batch are hashed once and looked up together, with prefetching. A slot is a fixed-width
 * row of value_size bytes, zeroed when made; its address is stable until the key or its namespace
 * is removed. What does not fit a slot (strings, sets, lists) lies in the namespace's pool.
 *
 * What a caller does with a slot decides whether the next checkpoint writes it:
 *   find, upsert, upsert_slots (the slots of `state`)  will be changed: noted, and copied first if
 * a snapshot under way still needs them peek, scan, slot_keys                              are only
 * read touch                                              makes slots that were read, or kept from
 * an earlier epoch, ones that may be changed A slot may be changed until the end of the mark of the
 * epoch in which it was handed out for that; later only after touch.
 *
 * A namespace is a window slice end in ms, or 0: one table per namespace, so that closing a window
 * is one scan and one free.
 *
 * Backends fill wr_state_backend: there is one, in memory (state/memory.c), which is at the same
 * time the cache of rows that wr_state_trim has put on disk. Slots are only valid until that is
 * called, which happens at marks only, unless the state is declared as pinned.
 *
 * Thread: a wr_state belongs to one worker.
 *
 * Invariants
 *   S1  equal keys (grouping equality: NULL equals NULL) of one namespace have one slot
 *   S2  slot addresses do not move while their namespace lives
 *   S3  scan visits each live slot exactly once if nothing is added or removed during it, in
 * insertion order when nothing has ever been removed from the namespace
 */
#ifndef WR_STATE_STATE_H
#define WR_STATE_STATE_H

#include "data/column.h"
#include "expr/agg.h"
#include "state/value.h"

struct wr_state_decl {
	const char *name;    /* of the state within its operator: "slices", "groups" */
	const char *meaning; /* semantic name: table, keys, aggregates; matched when a query
				changes; NULL: none */
	uint32_t key_count;  /* key columns; 0: one global key */
	const struct wr_type *const *key_type;
	uint32_t value_size;         /* bytes of a slot, a multiple of 16 */
	int64_t ttl_ms;              /* 0: kept for ever */
	const char *const *key_name; /* of the key columns, for tools; NULL: k0, k1 ... */
	/* The key columns, in order, by which rows come to this worker; NULL: all of them. */
	const uint32_t *route;
	uint32_t route_count;
	/* How slots become bytes and back; NULL: the state is scratch, empty at every mark. It and
	 * `codec_ctx` outlive the state; the rest of the declaration is copied. */
	const struct wr_state_codec *codec;
	void *codec_ctx;
	/* Its operator keeps slots beyond the mark of the epoch in which it got them: they stay in
	 * memory. */
	bool pinned;
};

/* The keys of a batch: columns (dense or const) and their hashes. */
struct wr_keys {
	uint32_t rows;
	struct wr_column *const *column; /* key_count of them */
	const uint64_t *hash;            /* per row, made by wr_keys_hash */
};

struct wr_state;
struct wr_snapshot;  /* state/snapshot.h */
struct wr_spill_dir; /* state/spill.h */

/* The backend's own functions; `backend` is what its open() made. See the wrappers below for the
 * contracts. */
struct wr_state_backend {
	const char *name; /* as in SET 'state.backend.type' */
	wr_status *(*open)(const struct wr_state_decl *decl, struct wr_state **out);
	void (*close)(struct wr_state *state);
	wr_status *(*find)(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			   uint8_t **slot);
	wr_status *(*upsert)(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			     uint8_t **slot, uint8_t *is_new);
	/* upsert with the keys of `count` slots of `from`, a state of this backend with the same
	 * types of keys. */
	wr_status *(*upsert_slots)(struct wr_state *state, int64_t ns, struct wr_state *from,
				   uint8_t *const *from_slot, uint32_t count, uint8_t **slot,
				   uint8_t *is_new);
	wr_status *(*peek)(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			   uint8_t **slot);
	void (*touch)(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count);
	wr_status *(*remove)(struct wr_state *state, int64_t ns, uint8_t *const *slot,
			     uint32_t count);
	void (*drop_namespace)(struct wr_state *state, int64_t ns);
	struct wr_agg_pool *(*pool)(struct wr_state *state, int64_t ns);
	uint32_t (*scan)(struct wr_state *state, int64_t ns, uint64_t *cursor, uint8_t **slot,
			 uint32_t max);
	void (*keys)(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count,
		     struct wr_column **out);
	bool (*first_namespace)(struct wr_state *state, int64_t above, int64_t *ns);
	uint64_t (*count)(struct wr_state *state, int64_t ns);
	uint64_t (*bytes)(const struct wr_state *state);
	uint64_t (*used)(const struct wr_state *state);
	wr_status *(*trim)(struct wr_state *state, struct wr_spill_dir *dir, uint64_t target);
	/* state/snapshot.h */
	void (*track)(struct wr_state *state);
	void (*snapshot_begin)(struct wr_state *state, struct wr_snapshot *snapshot, uint32_t id);
	bool (*snapshot_step)(struct wr_state *state, size_t budget);
	void (*snapshot_abort)(struct wr_state *state);
};

extern const struct wr_state_backend wr_state_memory; /* "hashmap" */

/* Fills hash[0..rows) from the key columns. The upper bits pick the key group, the lower the table
 * position. */
void wr_keys_hash(struct wr_column *const *column, uint32_t key_count, uint32_t rows,
		  uint64_t *hash);
/* Key group of a hash, 0..max_parallelism-1, and the worker that owns it (contiguous ranges, as
 * Flink assigns them). */
static inline uint32_t wr_key_group(uint64_t hash, uint32_t max_parallelism)
{
	return (uint32_t)(((hash >> 32) * max_parallelism) >> 32);
}
static inline uint32_t wr_key_group_worker(uint32_t key_group, uint32_t max_parallelism,
					   uint32_t workers)
{
	return key_group * workers / max_parallelism;
}

wr_status *wr_state_open(const struct wr_state_backend *backend, const struct wr_state_decl *decl,
			 struct wr_state **out);
void wr_state_close(struct wr_state *state); /* NULL allowed */
/* slot[i] = the slot of key i in namespace ns, or NULL. */
wr_status *wr_state_find(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			 uint8_t **slot);
/* The same, making absent ones (zeroed). is_new (may be NULL) gets 1 for the row that made its
 * slot, else 0. */
wr_status *wr_state_upsert(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			   uint8_t **slot, uint8_t *is_new);
/* The same with the keys of `count` slots of another state, whose key types are the same: nothing
 * is unpacked and hashed again. For merging one namespace into another. */
wr_status *wr_state_upsert_slots(struct wr_state *state, int64_t ns, struct wr_state *from,
				 uint8_t *const *from_slot, uint32_t count, uint8_t **slot,
				 uint8_t *is_new);
/* The same as find, for reading only. */
wr_status *wr_state_peek(struct wr_state *state, int64_t ns, const struct wr_keys *keys,
			 uint8_t **slot);
/* Slots got by peek or scan, or kept from an earlier epoch, are about to be changed. */
void wr_state_touch(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count);
/* Removes slots (each once); variable parts must have been dropped by the caller. */
wr_status *wr_state_remove(struct wr_state *state, int64_t ns, uint8_t *const *slot,
			   uint32_t count);
/* Frees a namespace with everything in it: one free per chunk. */
void wr_state_drop_namespace(struct wr_state *state, int64_t ns);
/* Memory for variable parts, freed with the namespace. */
struct wr_agg_pool *wr_state_pool(struct wr_state *state, int64_t ns);
/* Up to `max` slots from *cursor (0 at first) on; returns how many, 0 at the end. They are valid
 * until the next scan of the state, or the next look-up in the namespace. */
uint32_t wr_state_scan(struct wr_state *state, int64_t ns, uint64_t *cursor, uint8_t **slot,
		       uint32_t max);
/* Materialises the keys of slots as columns: out[0..key_count), new references, `count` rows each.
 */
void wr_state_slot_keys(struct wr_state *state, int64_t ns, uint8_t *const *slot, uint32_t count,
			struct wr_column **out);
/* The smallest namespace > above that exists. */
bool wr_state_first_namespace(struct wr_state *state, int64_t above, int64_t *ns);
uint64_t wr_state_count(struct wr_state *state, int64_t ns);
uint64_t wr_state_bytes(const struct wr_state *state);
/* Of them, what is in use: without room that was left by what went. */
uint64_t wr_state_used(const struct wr_state *state);
/* At a mark, when nobody holds a slot: rows leave for the disk until about `target` bytes are in
 * use; they come back when they are looked up. No effect on a state that is pinned or scratch. Also
 * reports what failed since the last time where no status could be returned. */
wr_status *wr_state_trim(struct wr_state *state, struct wr_spill_dir *dir, uint64_t target);

#endif
