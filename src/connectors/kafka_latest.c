/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_latest - see kafka_latest.h.
 */
#include "connectors/kafka_latest.h"

#include <xxhash.h>

#include "base/macros.h"
#include "base/mem.h"

#define SLOTS_MIN 64 /* a power of two */

/* A list that came, with its bytes. */
struct held {
	struct wr_text bytes;
	struct wr_message_list list;
};

/* A message that came. */
struct place {
	uint32_t held, i; /* message i of this list */
	uint32_t hash;    /* of its key */
	bool stale;       /* another one of its key came behind it */
};

struct wr_kafka_latest {
	struct held **held; /* each by itself, since lists are pointed at */
	struct place *place;
	uint32_t *slot; /* open addressing: index of a place + 1; 0: free */
	uint32_t held_count, held_capacity;
	uint32_t place_count, place_capacity;
	uint32_t slot_count; /* a power of two; 0: none yet */
	uint32_t keys;       /* places that are not stale */
	size_t bytes;
};

struct wr_kafka_latest *wr_kafka_latest_new(void)
{
	return wr_calloc(1, sizeof(struct wr_kafka_latest));
}

/* Forgets what is held; the tables stay. */
static void clear(struct wr_kafka_latest *latest)
{
	for (uint32_t h = 0; h < latest->held_count; h++) {
		wr_text_release(&latest->held[h]->bytes);
		wr_free(latest->held[h]);
	}
	latest->held_count = latest->place_count = latest->keys = 0;
	latest->bytes = 0;
	if (latest->slot_count > 0)
		memset(latest->slot, 0, latest->slot_count * sizeof *latest->slot);
}

void wr_kafka_latest_free(struct wr_kafka_latest *latest)
{
	if (latest == NULL)
		return;
	clear(latest);
	wr_free(latest->held);
	wr_free(latest->place);
	wr_free(latest->slot);
	wr_free(latest);
}

uint32_t wr_kafka_latest_count(const struct wr_kafka_latest *latest)
{
	return latest->keys;
}

size_t wr_kafka_latest_bytes(const struct wr_kafka_latest *latest)
{
	return latest->bytes;
}

static struct wr_str key_of(const struct wr_kafka_latest *latest, const struct place *place)
{
	struct wr_message message;

	wr_message_at(&latest->held[place->held]->list, place->i, &message);
	return message.key;
}

/* The slot of a key, or the free one where it belongs. */
static uint32_t *find_slot(const struct wr_kafka_latest *latest, struct wr_str key, uint32_t hash)
{
	uint32_t mask = latest->slot_count - 1;

	for (uint32_t s = hash & mask;; s = (s + 1) & mask) {
		uint32_t *slot = &latest->slot[s];
		const struct place *place = &latest->place[*slot - 1];
		struct wr_str other;

		if (*slot == 0)
			return slot;
		if (place->hash != hash)
			continue;
		other = key_of(latest, place);
		if (other.len == key.len && memcmp(other.data, key.data, key.len) == 0)
			return slot;
	}
}

/* Room for one more key: at most half of the slots are used. */
static void grow_slots(struct wr_kafka_latest *latest)
{
	if (2 * (latest->keys + 1) <= latest->slot_count)
		return;
	wr_free(latest->slot);
	latest->slot_count = WR_MAX(SLOTS_MIN, 2 * latest->slot_count);
	latest->slot = wr_calloc(latest->slot_count, sizeof *latest->slot);
	for (uint32_t p = 0; p < latest->place_count; p++)
		if (!latest->place[p].stale)
			*find_slot(latest, key_of(latest, &latest->place[p]),
				   latest->place[p].hash) = p + 1;
}

static void add_message(struct wr_kafka_latest *latest, struct place place)
{
	struct wr_str key = key_of(latest, &place);
	uint32_t *slot;

	WR_ASSERT(key.data != NULL);
	place.hash = (uint32_t)XXH3_64bits(key.data, key.len);
	if (latest->place_count == latest->place_capacity) {
		latest->place_capacity = WR_MAX(SLOTS_MIN, 2 * latest->place_capacity);
		latest->place =
		    wr_realloc(latest->place, latest->place_capacity * sizeof *latest->place);
	}
	grow_slots(latest);
	slot = find_slot(latest, key, place.hash);
	if (*slot != 0)
		latest->place[*slot - 1].stale = true;
	else
		latest->keys++;
	latest->place[latest->place_count++] = place;
	*slot = latest->place_count;
}

void wr_kafka_latest_add(struct wr_kafka_latest *latest, struct wr_text *bytes)
{
	struct held *held = wr_calloc(1, sizeof *held);
	bool good;

	if (latest->held_count == latest->held_capacity) {
		latest->held_capacity = WR_MAX(16, 2 * latest->held_capacity);
		latest->held =
		    wr_realloc(latest->held, latest->held_capacity * sizeof(struct held *));
	}
	held->bytes = *bytes;
	wr_text_init(bytes);
	good =
	    wr_message_list_open(&held->list, (struct wr_str){held->bytes.data, held->bytes.len});
	WR_REQUIRE(good);
	latest->held[latest->held_count++] = held;
	latest->bytes += held->bytes.len;
	for (uint32_t i = 0; i < held->list.count; i++)
		add_message(latest, (struct place){.held = latest->held_count - 1, .i = i});
}

void wr_kafka_latest_take(struct wr_kafka_latest *latest, struct wr_text *out)
{
	struct wr_message_pick *pick = wr_calloc(latest->keys + 1, sizeof *pick);
	uint32_t count = 0;

	for (uint32_t p = 0; p < latest->place_count; p++) {
		const struct place *place = &latest->place[p];

		if (!place->stale)
			pick[count++] =
			    (struct wr_message_pick){&latest->held[place->held]->list, place->i};
	}
	WR_ASSERT(count == latest->keys);
	wr_message_list_pick(pick, count, out);
	wr_free(pick);
	clear(latest);
}
