/* SPDX-License-Identifier: Apache-2.0
 *
 * nexmark_fields - the fields of people, auctions and bids, one loop each.
 *
 * Random numbers are a hash of the event's number and a constant of the field, so that no field
 * depends on another having been made.
 */
#include "connectors/nexmark.h"

#include <stdio.h>

#include "data/column.h"

#define FIRST_ID       1000 /* of people and auctions */
#define FIRST_CATEGORY 10
#define CATEGORIES     5
#define HOT_EVERY      100  /* one auction, bidder or seller of so many is hot at a time */
#define ID_LEAD        10   /* ids that may be named before their event */
#define IN_FLIGHT      100  /* auctions that are bid for */
#define ACTIVE_PEOPLE  1000 /* people that take part */
#define TEXT_MIN       3    /* letters of the shortest text */

/* Constants that tell the random numbers of fields apart. */
enum salt {
	SALT_NAME = 1,
	SALT_EMAIL,
	SALT_CARD,
	SALT_CITY,
	SALT_STATE,
	SALT_PERSON_EXTRA,
	SALT_ITEM,
	SALT_DESCRIPTION,
	SALT_INITIAL_BID,
	SALT_RESERVE,
	SALT_EXPIRES,
	SALT_SELLER,
	SALT_CATEGORY,
	SALT_AUCTION_EXTRA,
	SALT_AUCTION,
	SALT_BIDDER,
	SALT_PRICE,
	SALT_CHANNEL,
	SALT_BID_EXTRA
};

#define MAKER(id)                                                                                  \
	static void id(const struct wr_nexmark *nexmark, const struct wr_nexmark_rows *rows,       \
		       struct wr_column *column)

static inline uint64_t draw(const struct wr_nexmark *nexmark, uint64_t event, enum salt salt)
{
	return wr_generator_mix(event * 32 + salt + nexmark->seed);
}

static inline uint32_t high(uint64_t random)
{
	return (uint32_t)(random >> 32);
}

/* --- ids ----------------------------------------------------------------------------------------
 */

/* A person who takes part, or will soon. */
static inline int64_t any_person(uint64_t last_person, uint32_t random)
{
	uint64_t people = last_person + 1;
	uint32_t active = (uint32_t)WR_MIN(people, (uint64_t)ACTIVE_PEOPLE);

	return (int64_t)(people - active + wr_generator_below(random, active + ID_LEAD));
}

static inline int64_t any_auction(int64_t last_auction, uint32_t random)
{
	int64_t first = WR_MAX(last_auction - IN_FLIGHT, (int64_t)0);

	return first + wr_generator_below(random, (uint32_t)(last_auction - first + 1 + ID_LEAD));
}

/* The latest number that a hundred divides; 0 while there is none. */
static inline int64_t latest_hot(int64_t last)
{
	return last < 0 ? 0 : last / HOT_EVERY * HOT_EVERY;
}

MAKER(make_person_id)
{
	for (uint32_t i = 0; i < rows->count; i++)
		WR_DATA(column, int64_t)[rows->row[i]] = (int64_t)rows->person[i] + FIRST_ID;
}

MAKER(make_auction_id)
{
	for (uint32_t i = 0; i < rows->count; i++)
		WR_DATA(column, int64_t)[rows->row[i]] = rows->auction[i] + FIRST_ID;
}

MAKER(make_seller)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t random = draw(nexmark, rows->event[i], SALT_SELLER);
		bool hot = wr_generator_below((uint32_t)random, nexmark->hot_sellers) > 0;
		int64_t id = hot ? latest_hot((int64_t)rows->person[i])
				 : any_person(rows->person[i], high(random));
		WR_DATA(column, int64_t)[rows->row[i]] = id + FIRST_ID;
	}
}

MAKER(make_bid_auction)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t random = draw(nexmark, rows->event[i], SALT_AUCTION);
		bool hot = wr_generator_below((uint32_t)random, nexmark->hot_auctions) > 0;
		int64_t any = any_auction(rows->auction[i], high(random));
		int64_t id = hot ? latest_hot(rows->auction[i]) : any;
		WR_DATA(column, int64_t)[rows->row[i]] = id + FIRST_ID;
	}
}

/* The hot bidder is the person behind the hot seller. */
MAKER(make_bidder)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t random = draw(nexmark, rows->event[i], SALT_BIDDER);
		bool hot = wr_generator_below((uint32_t)random, nexmark->hot_bidders) > 0;
		int64_t any = any_person(rows->person[i], high(random));
		int64_t id = hot ? latest_hot((int64_t)rows->person[i]) + 1 : any;
		WR_DATA(column, int64_t)[rows->row[i]] = id + FIRST_ID;
	}
}

MAKER(make_category)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t random = draw(nexmark, rows->event[i], SALT_CATEGORY);
		WR_DATA(column, int64_t)
		[rows->row[i]] = FIRST_CATEGORY + wr_generator_below(high(random), CATEGORIES);
	}
}

/* --- numbers and times
 * ---------------------------------------------------------------------------- */

/* Cents between 100 and 100,000,000, evenly on a logarithmic scale: 100 * 10^(6u), between steps of
 * a table. */
static inline int64_t price_of(const struct wr_nexmark *nexmark, uint64_t random)
{
	uint32_t step = wr_generator_below(high(random), WR_NEXMARK_PRICE_STEPS);
	double part = (double)(uint32_t)random * 0x1p-32;
	double low = nexmark->price[step];

	return (int64_t)(low + (nexmark->price[step + 1] - low) * part + 0.5);
}

MAKER(make_price)
{
	for (uint32_t i = 0; i < rows->count; i++)
		WR_DATA(column, int64_t)
	[rows->row[i]] = price_of(nexmark, draw(nexmark, rows->event[i], SALT_PRICE));
}

MAKER(make_initial_bid)
{
	for (uint32_t i = 0; i < rows->count; i++)
		WR_DATA(column, int64_t)
	[rows->row[i]] = price_of(nexmark, draw(nexmark, rows->event[i], SALT_INITIAL_BID));
}

MAKER(make_reserve)
{
	for (uint32_t i = 0; i < rows->count; i++) {
		int64_t initial =
		    price_of(nexmark, draw(nexmark, rows->event[i], SALT_INITIAL_BID));
		int64_t more = price_of(nexmark, draw(nexmark, rows->event[i], SALT_RESERVE));
		WR_DATA(column, int64_t)[rows->row[i]] = initial + more;
	}
}

MAKER(make_time)
{
	for (uint32_t i = 0; i < rows->count; i++)
		WR_DATA(column, int64_t)[rows->row[i]] = wr_nexmark_time(nexmark, rows->event[i]);
}

/* An auction lasts on average until as many others have come as are in flight. */
MAKER(make_expires)
{
	uint64_t ahead =
	    (uint64_t)IN_FLIGHT * nexmark->total / WR_MAX(nexmark->share[WR_NEXMARK_AUCTION], 1u);

	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t event = rows->event[i];
		int64_t now = wr_nexmark_time(nexmark, event);
		int64_t span = (wr_nexmark_time(nexmark, event + ahead) - now) * 2;
		uint32_t bound = (uint32_t)WR_MIN(WR_MAX(span, (int64_t)1), (int64_t)UINT32_MAX);
		uint64_t random = draw(nexmark, event, SALT_EXPIRES);
		WR_DATA(column, int64_t)
		[rows->row[i]] = now + 1 + wr_generator_below(high(random), bound);
	}
}

/* --- texts
 * ------------------------------------------------------------------------------------------ */

/* A view of `len` letters somewhere in the pool. */
static inline struct wr_view letters_at(const char *pool, uint32_t random, uint32_t len)
{
	return wr_view_of(pool + wr_generator_below(random, WR_NEXMARK_LETTERS - 4096), len);
}

/* A text of TEXT_MIN..max-1 letters and spaces, without spaces around. */
static struct wr_view words_of(const struct wr_nexmark *nexmark, uint64_t random, uint32_t max)
{
	uint32_t len = TEXT_MIN + wr_generator_below((uint32_t)random, max - TEXT_MIN);
	const char *text =
	    nexmark->words + wr_generator_below(high(random), WR_NEXMARK_LETTERS - 4096);

	for (; len != 0 && *text == ' '; len--)
		text++;
	while (len != 0 && text[len - 1] == ' ')
		len--;
	return wr_view_of(text, len);
}

/* The filler that brings an event to its size on average: letters, within a fifth more or less. */
static void make_extra(const struct wr_nexmark *nexmark, const struct wr_nexmark_rows *rows,
		       struct wr_column *column, enum wr_nexmark_event kind, uint32_t other,
		       enum salt salt)
{
	uint32_t room = nexmark->size[kind] > other ? nexmark->size[kind] - other : 0;
	uint32_t spread = (uint32_t)(room * 0.2 + 0.5);
	uint32_t least = WR_MIN(room - spread, 4096 - 2 * WR_MIN(spread, 1024u));

	wr_column_keep(column, nexmark->pool);
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t random = draw(nexmark, rows->event[i], salt);
		uint32_t len =
		    least + wr_generator_below((uint32_t)random, WR_MIN(spread, 1024u) * 2);
		WR_DATA(column, struct wr_view)
		[rows->row[i]] = letters_at(nexmark->letters, high(random), len);
	}
}

MAKER(make_bid_extra)
{
	make_extra(nexmark, rows, column, WR_NEXMARK_BID, 32, SALT_BID_EXTRA);
}

MAKER(make_auction_extra)
{
	make_extra(nexmark, rows, column, WR_NEXMARK_AUCTION, 48 + 11 + 51, SALT_AUCTION_EXTRA);
}

MAKER(make_person_extra)
{
	make_extra(nexmark, rows, column, WR_NEXMARK_PERSON, 8 + 12 + 13 + 19 + 8 + 2,
		   SALT_PERSON_EXTRA);
}

/* One of `count` ready views. */
static void make_pick(const struct wr_nexmark *nexmark, const struct wr_nexmark_rows *rows,
		      struct wr_column *column, const struct wr_view *view, uint32_t count,
		      enum salt salt)
{
	wr_column_keep(column, nexmark->pool);
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t random = draw(nexmark, rows->event[i], salt);
		WR_DATA(column, struct wr_view)
		[rows->row[i]] = view[wr_generator_below(high(random), count)];
	}
}

MAKER(make_name)
{
	make_pick(nexmark, rows, column, nexmark->name, WR_NEXMARK_NAMES, SALT_NAME);
}

MAKER(make_city)
{
	make_pick(nexmark, rows, column, nexmark->city, WR_NEXMARK_CITIES, SALT_CITY);
}

MAKER(make_state)
{
	make_pick(nexmark, rows, column, nexmark->state, WR_NEXMARK_STATES, SALT_STATE);
}

/* Half of the bids come over a hot channel. Channel and url draw the same number. */
static inline uint32_t channel_of(const struct wr_nexmark *nexmark, uint64_t event)
{
	uint64_t random = draw(nexmark, event, SALT_CHANNEL);

	return (random & 1) != 0 ? (uint32_t)(random >> 1) % WR_NEXMARK_HOT_CHANNELS
				 : WR_NEXMARK_HOT_CHANNELS +
				       wr_generator_below(high(random), WR_NEXMARK_CHANNELS);
}

static void make_by_channel(const struct wr_nexmark *nexmark, const struct wr_nexmark_rows *rows,
			    struct wr_column *column, const struct wr_view *view)
{
	wr_column_keep(column, nexmark->pool);
	for (uint32_t i = 0; i < rows->count; i++)
		WR_DATA(column, struct wr_view)
	[rows->row[i]] = view[channel_of(nexmark, rows->event[i])];
}

MAKER(make_channel)
{
	make_by_channel(nexmark, rows, column, nexmark->channel);
}

MAKER(make_url)
{
	make_by_channel(nexmark, rows, column, nexmark->url);
}

MAKER(make_email)
{
	struct wr_strout out;

	wr_strout_init(&out, column);
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t random = draw(nexmark, rows->event[i], SALT_EMAIL);
		struct wr_view user = words_of(nexmark, random, 7);
		struct wr_view host = words_of(nexmark, wr_generator_mix(random), 5);
		char text[32];
		int len = snprintf(text, sizeof text, "%.*s@%.*s.com", (int)user.len,
				   wr_view_data(&user), (int)host.len, wr_view_data(&host));
		wr_strout_put(&out, rows->row[i], text, (uint32_t)len);
	}
}

MAKER(make_card)
{
	struct wr_strout out;

	wr_strout_init(&out, column);
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t random = draw(nexmark, rows->event[i], SALT_CARD);
		char text[20];
		for (int k = 0; k < 19; k++) {
			text[k] = k % 5 == 4 ? ' ' : (char)('0' + random % 10);
			random = k % 5 == 4 ? random : random / 10;
		}
		wr_strout_put(&out, rows->row[i], text, 19);
	}
}

static void make_words(const struct wr_nexmark *nexmark, const struct wr_nexmark_rows *rows,
		       struct wr_column *column, uint32_t max, enum salt salt)
{
	wr_column_keep(column, nexmark->pool);
	for (uint32_t i = 0; i < rows->count; i++)
		WR_DATA(column, struct wr_view)
	[rows->row[i]] = words_of(nexmark, draw(nexmark, rows->event[i], salt), max);
}

MAKER(make_item)
{
	make_words(nexmark, rows, column, 20, SALT_ITEM);
}

MAKER(make_description)
{
	make_words(nexmark, rows, column, 100, SALT_DESCRIPTION);
}

/* --- the table
 * ----------------------------------------------------------------------------------------- */

static const struct wr_nexmark_field person_fields[] = {
    {"id", WR_BIGINT, make_person_id},        {"name", WR_VARCHAR, make_name},
    {"emailAddress", WR_VARCHAR, make_email}, {"creditCard", WR_VARCHAR, make_card},
    {"city", WR_VARCHAR, make_city},          {"state", WR_VARCHAR, make_state},
    {"dateTime", WR_TIMESTAMP, make_time},    {"extra", WR_VARCHAR, make_person_extra},
};
static const struct wr_nexmark_field auction_fields[] = {
    {"id", WR_BIGINT, make_auction_id},
    {"itemName", WR_VARCHAR, make_item},
    {"description", WR_VARCHAR, make_description},
    {"initialBid", WR_BIGINT, make_initial_bid},
    {"reserve", WR_BIGINT, make_reserve},
    {"dateTime", WR_TIMESTAMP, make_time},
    {"expires", WR_TIMESTAMP, make_expires},
    {"seller", WR_BIGINT, make_seller},
    {"category", WR_BIGINT, make_category},
    {"extra", WR_VARCHAR, make_auction_extra},
};
static const struct wr_nexmark_field bid_fields[] = {
    {"auction", WR_BIGINT, make_bid_auction},
    {"bidder", WR_BIGINT, make_bidder},
    {"price", WR_BIGINT, make_price},
    {"channel", WR_VARCHAR, make_channel},
    {"url", WR_VARCHAR, make_url},
    {"dateTime", WR_TIMESTAMP, make_time},
    {"extra", WR_VARCHAR, make_bid_extra},
};
const struct wr_nexmark_field *const wr_nexmark_fields[WR_NEXMARK_EVENTS] = {
    person_fields, auction_fields, bid_fields};
const uint32_t wr_nexmark_field_count[WR_NEXMARK_EVENTS] = {
    WR_COUNT(person_fields), WR_COUNT(auction_fields), WR_COUNT(bid_fields)};
