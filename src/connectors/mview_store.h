/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_store - a view from inside: rows by key in shards, and the versions of each row.
 *
 * A row is an entry of the shard that its key's hash says: the encoded key, and a chain of what has
 * been under that key, the newest first. A link holds for the versions [from, to) of the view, and
 * has the bytes of the other columns. The chain is no longer than what somebody may still read.
 *
 *     entry -> {from 9, to MAX} -> {from 4, to 9} -> NULL           shown: 8; the first is pending
 *
 * The writer makes links of version `shown + 1`, which nobody sees; showing is storing the number.
 * What a shown version has replaced is noted in a queue (`old`) and freed when no reader is left
 * that is older than its end.
 *
 * Locks, in this order: `write` (writer, and who begins to subscribe), then either a shard's or
 * `lock` (readers, changes, waiting), never both.
 *
 * Invariants
 *   S1  a chain is ordered: from of a link >= to of the next
 *   S2  an entry has a key and is in a bucket, or is in the list of free ones; between two epochs
 * no chain is empty S3  an entry is in `touched` iff its flag is set: it has a link, or an end, of
 * shown + 1
 */
#ifndef WR_CONNECTORS_MVIEW_STORE_H
#define WR_CONNECTORS_MVIEW_STORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "catalog/embed.h"
#include "connectors/mview.h"
#include "data/codec.h"
#include "expr/agg.h"

#define WR_MVIEW_SHARDS 64         /* locks: readers on all cores and a writer seldom meet */
#define WR_MVIEW_NOW    UINT64_MAX /* `to` of a link that nothing has replaced */
#define WR_MVIEW_NONE   UINT32_MAX /* no entry */

/* What was under a key for a while. In its shard's pool. */
struct wr_mview_link {
	struct wr_mview_link *older; /* NULL: last */
	uint64_t from, to;           /* versions that it is in: [from, to) */
	int64_t count;               /* a bag: equal rows, none below 1; else 1 */
	uint32_t len;                /* of bytes */
	char bytes[];                /* the columns that are no key, encoded */
};

struct wr_mview_entry {
	uint64_t hash;                /* of the key */
	char *key;                    /* encoded; in the pool; NULL: the entry is free */
	struct wr_mview_link *newest; /* the chain; NULL: empty */
	uint32_t key_len;
	uint32_t next;       /* in its bucket, or in the list of free ones; WR_MVIEW_NONE: last */
	uint32_t generation; /* of the job's attempt that has put it last */
	bool touched;        /* S3 */
};

struct wr_mview_shard {
	pthread_mutex_t lock;         /* of all below */
	struct wr_mview_entry *entry; /* used of them, capacity slots; owned */
	uint32_t used, capacity;
	uint32_t free;            /* list of free entries */
	uint32_t *bucket;         /* an entry or WR_MVIEW_NONE; bucket_count, a power of two */
	uint32_t bucket_count;    /* 0 while empty */
	uint32_t live;            /* entries in buckets */
	struct wr_agg_pool *pool; /* of keys and links */
};

struct wr_mview_place {
	uint32_t shard, entry;
};

/* Something that was replaced. */
struct wr_mview_old {
	struct wr_mview_place place;
	uint64_t to;    /* its end */
	uint32_t bytes; /* about */
};

/* Readers of a version; under `lock`. */
struct wr_mview_pin {
	uint64_t version;
	const void *run;           /* who shares it; NULL: nobody */
	uint32_t refs;             /* holders */
	atomic_bool cut;           /* V1 */
	struct wr_mview_pin *next; /* made after it */
};

/* The changes that made a version of the one before. Counted: of the log and of those who read. */
struct wr_mview_set {
	atomic_uint refs;
	uint64_t version;
	int64_t watermark_ms;
	struct wr_text changes; /* mview_changes.c tells how */
};

struct wr_mview {
	struct wr_embed embed; /* first: what a table has of it; counts the references */
	struct wr_arena arena; /* of the next ones */
	const char *name;
	uint64_t made_us; /* since 1970: tells it from others of its name */
	struct wr_schema schema;
	const uint32_t *key, *rest; /* columns of the key; the others */
	uint32_t key_count, rest_count;
	bool bag; /* the key is all columns, and rows are counted */
	struct wr_codec key_codec, rest_codec;

	struct wr_mview_shard shard[WR_MVIEW_SHARDS];
	_Atomic uint64_t shown; /* the version; stored with `write` and `lock` held */

	pthread_mutex_t write;          /* of the next ones, and of who writes */
	uint32_t generation;            /* of the attempt that writes; counts */
	bool begins;                    /* its first mark is still to come */
	atomic_bool busy;               /* an attempt is writing; changed with `write` held */
	struct wr_mview_place *touched; /* S3; owned */
	uint32_t touched_count, touched_capacity;
	struct wr_mview_old *old; /* a ring of old_capacity, a power of two; owned */
	uint32_t old_first, old_count, old_capacity;
	uint64_t old_bytes;    /* of them */
	_Atomic uint64_t held; /* bytes of entries, keys and links */
	uint64_t limit;        /* of held; 0: none */
	struct wr_text change; /* scratch: the set being made */

	pthread_mutex_t lock;      /* of the next ones */
	pthread_cond_t news;       /* a version, or the end */
	struct wr_mview_pin *pin;  /* the oldest first */
	struct wr_mview_set **log; /* of versions log_first ...; log_count of them; owned */
	uint64_t log_first, log_bytes;
	uint32_t log_count, log_capacity;
	struct wr_mview_subscription *subscriber; /* all */
	uint32_t subscribers, scans;              /* open */
	uint64_t cut;                             /* so far */
	uint64_t rows;                            /* of the version */
	int64_t watermark_ms, shown_ms;
	bool dropped; /* from the registry */
};

/* --- writing; of one thread at a time --- */

/* A new attempt of the job begins to write: what it does not put until its first mark goes then. Of
 * another one what was not shown is undone. Returns its number. */
uint32_t wr_mview_begin(struct wr_mview *view, uint64_t limit);
/* The attempt is over; what was not shown is undone. */
void wr_mview_end(struct wr_mview *view, uint32_t generation);

/* A row as the sink encodes it. */
struct wr_mview_row {
	struct wr_str key, rest; /* encoded by key_codec and rest_codec */
	bool add;                /* else it is taken back */
};
/* An error when another attempt has begun, or the limit is passed. */
wr_status *wr_mview_put(struct wr_mview *view, uint32_t generation, const struct wr_mview_row *row,
			uint32_t count);
/* The epoch is whole. */
void wr_mview_show(struct wr_mview *view, uint32_t generation, int64_t watermark_ms,
		   int64_t wall_ms);

/* For mview_show.c, with `write` held and the shard locked: the entry goes in the pending version;
 * links that ended at or before `least` go, and the entry with the last one. */
void wr_mview_take_back(struct wr_mview *view, struct wr_mview_shard *shard, uint32_t at);
void wr_mview_prune(struct wr_mview *view, struct wr_mview_shard *shard, uint32_t at,
		    uint64_t least);

/* --- reading (mview_read.c) --- */

/* With the shard locked: what is under the key in that version; NULL: nothing. */
static inline const struct wr_mview_link *wr_mview_seen(const struct wr_mview_entry *entry,
							uint64_t version)
{
	const struct wr_mview_link *link = entry->newest;

	while (link != NULL && link->from > version)
		link = link->older;
	return link != NULL && version < link->to && link->count > 0 ? link : NULL;
}
static inline struct wr_mview_shard *wr_mview_shard_of(struct wr_mview *view, uint64_t hash)
{
	return &view->shard[hash >> 58];
}
/* With the shard locked: the entry of the key, or WR_MVIEW_NONE. */
uint32_t wr_mview_find(const struct wr_mview_shard *shard, uint64_t hash, struct wr_str key);

struct wr_mview_pin *wr_mview_pin(struct wr_mview *view, const void *run);
void wr_mview_unpin(struct wr_mview *view, struct wr_mview_pin *pin); /* NULL allowed */
/* With `lock` held: the oldest version that somebody reads. */
uint64_t wr_mview_horizon(const struct wr_mview *view);

/* Builders of `count` columns of the view (`column`; NULL: all), decoding by key and rest. */
struct wr_mview_output {
	struct wr_builder **builder;     /* per column of the output; owned */
	struct wr_builder **key, **rest; /* the same, as the codecs want them; NULL: not wanted */
	uint32_t count;
	uint32_t rows; /* in the builders */
};
void wr_mview_output_init(struct wr_mview_output *out, const struct wr_mview *view,
			  const uint32_t *column, uint32_t count);
void wr_mview_output_release(struct wr_mview_output *out);
void wr_mview_output_add(struct wr_mview_output *out, const struct wr_mview *view,
			 struct wr_str key, struct wr_str rest);
/* NULL: there are no rows. */
struct wr_batch *wr_mview_output_take(struct wr_mview_output *out);

/* Where a reader stands. */
struct wr_mview_cursor {
	uint32_t shard, shard_end; /* shards [shard, shard_end) are left */
	uint32_t entry;            /* of the first one */
	int64_t again;             /* a bag: times that the entry's row is still to be given */
};
/* Up to rows_max more rows; none: that was all. WR_RETRY: the pin was cut. */
wr_status *wr_mview_read(struct wr_mview *view, const struct wr_mview_pin *pin,
			 struct wr_mview_cursor *cursor, struct wr_mview_output *out,
			 uint32_t rows_max);

/* Adds the rows under keys [first, first + count) to the output; without a pin each is of the
 * version that is shown just then. `asked` (MAY be NULL) gets the number of the key of each row. */
void wr_mview_get(struct wr_mview *view, const struct wr_mview_pin *pin,
		  struct wr_column *const *key, uint32_t first, uint32_t count,
		  struct wr_mview_output *out, uint32_t *asked, uint64_t *version);

/* --- changes (mview_changes.c) --- */

/* With `write` held, before `shown` is stored: appends a change of an entry. */
void wr_mview_change_put(struct wr_mview *view, const struct wr_mview_entry *entry,
			 const struct wr_mview_link *was, const struct wr_mview_link *is);
/* With `write` and `lock` held: what was put makes `version`. */
void wr_mview_log_add(struct wr_mview *view, uint64_t version, int64_t watermark_ms);
/* With `lock` held: everybody looks again. */
void wr_mview_tell(struct wr_mview *view);
void wr_mview_log_release(struct wr_mview *view);

#endif
