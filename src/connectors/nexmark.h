/* SPDX-License-Identifier: Apache-2.0
 *
 * nexmark - events of an auction house, in the shape of the public Nexmark benchmark.
 *
 * An event is a person, an auction or a bid; which one follows from its number: of every 50 the
 * first is a person, the next three are auctions, the rest bids (by default). Most bids go to a hot
 * auction and come from a hot bidder, most auctions are a hot seller's. Ids start at 1000, and an
 * auction or person may be named a little before its own event comes.
 *
 * Every field is a function of (seed, event number, field): columns are made one by one, and only
 * those that are wanted. Texts are views into pools that are made once.
 */
#ifndef WR_CONNECTORS_NEXMARK_H
#define WR_CONNECTORS_NEXMARK_H

#include "connectors/generator.h"

enum wr_nexmark_event { WR_NEXMARK_PERSON, WR_NEXMARK_AUCTION, WR_NEXMARK_BID, WR_NEXMARK_EVENTS };

/* Options, and what is made out of them. Immutable once open. */
struct wr_nexmark {
	uint64_t seed;
	uint32_t share[WR_NEXMARK_EVENTS]; /* events of each kind in a group */
	uint32_t total;                    /* events of a group */
	uint32_t size[WR_NEXMARK_EVENTS];  /* average bytes of an event of each kind */
	uint32_t hot_auctions; /* one of so many bids goes to an auction that is not hot */
	uint32_t hot_bidders;
	uint32_t hot_sellers;
	int64_t base_ms;      /* time of the first event */
	double delay_us;      /* between two events */
	struct wr_buf *pool;  /* all texts */
	const char *letters;  /* WR_NEXMARK_LETTERS letters */
	const char *words;    /* the same with spaces */
	struct wr_view *name; /* of people */
	struct wr_view *city;
	struct wr_view *state;
	struct wr_view *channel; /* hot ones first */
	struct wr_view *url;     /* of the channels */
	double *price;           /* powers of ten to take prices from */
};

#define WR_NEXMARK_LETTERS      65536u
#define WR_NEXMARK_HOT_CHANNELS 4u
#define WR_NEXMARK_CHANNELS     10000u
#define WR_NEXMARK_NAMES        99u
#define WR_NEXMARK_CITIES       10u
#define WR_NEXMARK_STATES       6u
#define WR_NEXMARK_PRICE_STEPS  4096u

/* Makes pools and tables; `nexmark` has its options. */
void wr_nexmark_fill_pools(struct wr_nexmark *nexmark);
void wr_nexmark_free(void *nexmark);

/* The events of one kind within a batch. */
struct wr_nexmark_rows {
	uint32_t count;
	uint32_t *row;    /* of the batch */
	uint64_t *event;  /* event number */
	uint64_t *person; /* last person before or at the event, from 0 */
	int64_t *auction; /* last auction, from 0; -1: none yet */
	uint8_t *valid;   /* per row of the batch: it is of this kind */
	struct wr_buf *valid_buf;
};

/* One field of an event. `make` writes the rows listed; all others are 0 already. */
struct wr_nexmark_field {
	const char *name;
	enum wr_kind kind; /* BIGINT, VARCHAR or TIMESTAMP */
	void (*make)(const struct wr_nexmark *nexmark, const struct wr_nexmark_rows *rows,
		     struct wr_column *column);
};
extern const struct wr_nexmark_field *const wr_nexmark_fields[WR_NEXMARK_EVENTS];
extern const uint32_t wr_nexmark_field_count[WR_NEXMARK_EVENTS];

/* Milliseconds of an event. */
static inline int64_t wr_nexmark_time(const struct wr_nexmark *nexmark, uint64_t event)
{
	return nexmark->base_ms + (int64_t)((double)event * nexmark->delay_us) / 1000;
}

#endif
