/* SPDX-License-Identifier: Apache-2.0
 *
 * nexmark_pools - the texts that events point into: letters, names, channels and their urls.
 *
 * One buffer holds all bytes; views of it are ready to be copied into columns. Its content depends
 * on nothing but constants, so that a seed changes which texts are taken, not what they say.
 */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "connectors/nexmark.h"
#include "data/column.h"

#define POOL_SEED   0x6E65786D61726Bull
#define POOL_BYTES  (4u << 20) /* more than all texts together */
#define URL_MAX     96
#define PRICE_RANGE 6 /* powers of ten */

static const char *const first_names[] = {"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
					  "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
static const char *const last_names[] = {"Shultz", "Abrams", "Spencer", "White", "Bartels",
					 "Walton", "Smith",  "Jones",   "Noris"};
static const char *const cities[] = {"Phoenix",  "Los Angeles", "San Francisco", "Boise",
				     "Portland", "Bend",        "Redmond",       "Seattle",
				     "Kent",     "Cheyenne"};
static const char *const states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
static const char *const hot_channels[] = {"Google", "Facebook", "Baidu", "Apple"};

_Static_assert(WR_COUNT(first_names) * WR_COUNT(last_names) == WR_NEXMARK_NAMES, "names");
_Static_assert(WR_COUNT(cities) == WR_NEXMARK_CITIES, "cities");
_Static_assert(WR_COUNT(states) == WR_NEXMARK_STATES, "states");
_Static_assert(WR_COUNT(hot_channels) == WR_NEXMARK_HOT_CHANNELS, "channels");

/* Where the next text goes. */
struct pool {
	char *next;
	char *end;
	uint64_t random; /* state */
};

static uint32_t pool_random(struct pool *pool, uint32_t bound)
{
	pool->random++;
	return wr_generator_below((uint32_t)(wr_generator_mix(pool->random) >> 32), bound);
}

static struct wr_view pool_text(struct pool *pool, const char *text, size_t len)
{
	WR_ASSERT((size_t)(pool->end - pool->next) >= len);
	memcpy(pool->next, text, len);
	struct wr_view view = wr_view_of(pool->next, (uint32_t)len);
	pool->next += len;
	return view;
}

/* WR_NEXMARK_LETTERS letters; with `spaces` one of thirteen is a space. */
static const char *pool_letters(struct pool *pool, bool spaces)
{
	char *start = pool->next;

	for (uint32_t i = 0; i < WR_NEXMARK_LETTERS; i++)
		start[i] = spaces && pool_random(pool, 13) == 0
			       ? ' '
			       : (char)('a' + pool_random(pool, 26));
	pool->next += WR_NEXMARK_LETTERS;
	return start;
}

/* One part of a url: three or four letters or underscores. */
static void url_part(struct pool *pool, char *out)
{
	uint32_t len = 3 + pool_random(pool, 2);

	for (uint32_t i = 0; i < len; i++)
		out[i] = pool_random(pool, 13) == 0 ? '_' : (char)('a' + pool_random(pool, 26));
	out[len] = '\0';
}

/* The bits of `n` in reverse order, without the sign. */
static uint32_t reversed(uint32_t n)
{
	uint32_t out = 0;

	for (int i = 0; i < 32; i++)
		out |= (n >> i & 1) << (31 - i);
	return out >> 31 != 0 ? 0 - out : out;
}

/* Hot channels have a plain url; nine of ten others carry their number in it. */
static void fill_channels(struct wr_nexmark *nexmark, struct pool *pool)
{
	for (uint32_t i = 0; i < WR_NEXMARK_HOT_CHANNELS + WR_NEXMARK_CHANNELS; i++) {
		bool hot = i < WR_NEXMARK_HOT_CHANNELS;
		uint32_t number = i - WR_NEXMARK_HOT_CHANNELS;
		char part[3][8];
		char text[URL_MAX];
		for (int k = 0; k < 3; k++)
			url_part(pool, part[k]);
		int len =
		    snprintf(text, sizeof text, "https://www.nexmark.com/%s/%s/%s/item.htm?query=1",
			     part[0], part[1], part[2]);
		if (!hot && pool_random(pool, 10) > 0)
			len += snprintf(text + len, sizeof text - (size_t)len, "&channel_id=%u",
					reversed(number));
		nexmark->url[i] = pool_text(pool, text, (size_t)len);
		len = hot ? snprintf(text, sizeof text, "%s", hot_channels[i])
			  : snprintf(text, sizeof text, "channel-%u", number);
		nexmark->channel[i] = pool_text(pool, text, (size_t)len);
	}
}

void wr_nexmark_fill_pools(struct wr_nexmark *nexmark)
{
	uint32_t channels = WR_NEXMARK_HOT_CHANNELS + WR_NEXMARK_CHANNELS;
	char text[64];

	nexmark->pool = wr_buf_new(POOL_BYTES);
	struct pool pool = {nexmark->pool->data, nexmark->pool->data + POOL_BYTES, POOL_SEED};
	nexmark->letters = pool_letters(&pool, false);
	nexmark->words = pool_letters(&pool, true);
	nexmark->name = wr_calloc(WR_NEXMARK_NAMES, sizeof *nexmark->name);
	for (uint32_t i = 0; i < WR_NEXMARK_NAMES; i++) {
		int len =
		    snprintf(text, sizeof text, "%s %s", first_names[i / WR_COUNT(last_names)],
			     last_names[i % WR_COUNT(last_names)]);
		nexmark->name[i] = pool_text(&pool, text, (size_t)len);
	}
	nexmark->city = wr_calloc(WR_NEXMARK_CITIES, sizeof *nexmark->city);
	for (uint32_t i = 0; i < WR_NEXMARK_CITIES; i++)
		nexmark->city[i] = pool_text(&pool, cities[i], strlen(cities[i]));
	nexmark->state = wr_calloc(WR_NEXMARK_STATES, sizeof *nexmark->state);
	for (uint32_t i = 0; i < WR_NEXMARK_STATES; i++)
		nexmark->state[i] = pool_text(&pool, states[i], strlen(states[i]));
	nexmark->channel = wr_calloc(channels, sizeof *nexmark->channel);
	nexmark->url = wr_calloc(channels, sizeof *nexmark->url);
	fill_channels(nexmark, &pool);
	nexmark->price = wr_calloc(WR_NEXMARK_PRICE_STEPS + 1, sizeof *nexmark->price);
	for (uint32_t i = 0; i <= WR_NEXMARK_PRICE_STEPS; i++)
		nexmark->price[i] = 100 * pow(10, (double)PRICE_RANGE * i / WR_NEXMARK_PRICE_STEPS);
}

void wr_nexmark_free(void *own)
{
	struct wr_nexmark *nexmark = own;

	wr_buf_unref(nexmark->pool);
	wr_free(nexmark->name);
	wr_free(nexmark->city);
	wr_free(nexmark->state);
	wr_free(nexmark->channel);
	wr_free(nexmark->url);
	wr_free(nexmark->price);
	wr_free(nexmark);
}
