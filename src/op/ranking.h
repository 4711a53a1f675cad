/* SPDX-License-Identifier: Apache-2.0
 *
 * ranking - the rows of one partition in their order, for Top-N and LIMIT: cheap at a few rows, and
 * logarithmic at many.
 *
 * Rows lie sorted in leaves of at most 64; a sorted array points at the leaves. The order is that
 * of the sort key (sort_key.h), then of arrival (`seq`), then of the encoded bytes. Where the order
 * of arrival means nothing all rows have seq 0: then equal rows are neighbours.
 *
 * A row is counted by its holders: the ranking, and whoever remembers what has been shown.
 *
 * Zeroed: empty. Memory: the pool given. Thread: the state's owner.
 *
 * Invariants
 *   K1  rows never decrease over all leaves; no leaf is empty
 */
#ifndef WR_OP_RANKING_H
#define WR_OP_RANKING_H

#include "op/fields.h"

struct wr_ranked_row {
	uint32_t refs;    /* holders */
	uint32_t key_len; /* bytes of the sort key */
	uint32_t len;     /* bytes of sort key and encoded row */
	uint32_t unused;  /* 0 */
	uint64_t seq;     /* number of its arrival, or 0 */
	char bytes[];
};

/* A row that is not kept (yet). */
struct wr_ranked_probe {
	const char *bytes;
	uint32_t key_len, len; /* as above */
	uint64_t seq;
};
static inline struct wr_ranked_probe wr_ranked_probe_of(const struct wr_ranked_row *row)
{
	return (struct wr_ranked_probe){
	    .bytes = row->bytes, .key_len = row->key_len, .len = row->len, .seq = row->seq};
}

struct wr_ranked_leaf {
	uint32_t count;    /* rows */
	uint32_t capacity; /* a power of two, 2..64 */
	struct wr_ranked_row *row[];
};

struct wr_ranking {
	struct wr_ranked_leaf **leaf; /* in order; NULL while capacity is 0 */
	uint32_t leaf_count;          /* leaves */
	uint32_t leaf_capacity;       /* slots at leaf */
	uint64_t count;               /* rows */
};

/* Where a row is; valid until the ranking changes. */
struct wr_ranked_place {
	uint32_t leaf; /* leaf_count: behind the last row */
	uint32_t at;   /* within the leaf */
};

/* <0, 0, >0: the whole order. */
int wr_ranked_compare(const struct wr_ranked_row *row, const struct wr_ranked_probe *probe);
/* Keeps a copy of the row, behind those equal to it. */
void wr_ranking_add(struct wr_ranking *ranking, struct wr_agg_pool *pool,
		    const struct wr_ranked_probe *probe);
/* The first row with the same sort key and the same encoded bytes, whenever it arrived. */
bool wr_ranking_find(const struct wr_ranking *ranking, const struct wr_ranked_probe *probe,
		     struct wr_ranked_place *place);
/* The first row that does not come before the probe; behind the last row when there is none. */
struct wr_ranked_place wr_ranking_search(const struct wr_ranking *ranking,
					 const struct wr_ranked_probe *probe);
/* Takes a row out and drops the ranking's hold on it. */
void wr_ranking_remove(struct wr_ranking *ranking, struct wr_agg_pool *pool,
		       struct wr_ranked_place place);
/* Gives everything back; other holders keep their rows. */
void wr_ranking_drop(struct wr_ranking *ranking, struct wr_agg_pool *pool);
/* The last row; the ranking is not empty. */
struct wr_ranked_place wr_ranking_last(const struct wr_ranking *ranking);
/* The row with `index` rows before it; behind the last row when there are fewer. */
struct wr_ranked_place wr_ranking_at(const struct wr_ranking *ranking, uint64_t index);

static inline struct wr_ranked_row *wr_ranking_row(const struct wr_ranking *ranking,
						   struct wr_ranked_place place)
{
	return place.leaf < ranking->leaf_count ? ranking->leaf[place.leaf]->row[place.at] : NULL;
}
static inline void wr_ranking_next(const struct wr_ranking *ranking, struct wr_ranked_place *place)
{
	if (++place->at < ranking->leaf[place->leaf]->count)
		return;
	place->at = 0;
	place->leaf++;
}

/* --- as a field of a saved slot: rows in their order with the number "arrival", which is seq */

/* What is needed to make ranked rows of encoded ones. */
struct wr_ranked_form {
	const struct wr_codec *codec;      /* of a row */
	const struct wr_sort_key *order;   /* of the sort key */
	uint32_t order_count;              /* number of order */
	struct wr_builder *const *builder; /* per column; empty */
	struct wr_text *scratch;
};
struct wr_state_field wr_ranking_field(struct wr_arena *arena, const char *name,
				       const struct wr_schema *schema);
void wr_ranking_save(const struct wr_ranking *ranking, struct wr_text *out);
/* Fills an empty ranking and raises *seq to the latest arrival. false: the bytes are damaged; the
 * ranking is empty then. */
bool wr_ranking_load(struct wr_ranking *ranking, struct wr_agg_pool *pool,
		     const struct wr_ranked_form *form, struct wr_str field, uint64_t *seq);

static inline struct wr_ranked_row *wr_ranked_ref(struct wr_ranked_row *row)
{
	row->refs++;
	return row;
}
void wr_ranked_unref(struct wr_ranked_row *row, struct wr_agg_pool *pool);

#endif
