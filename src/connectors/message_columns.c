/* SPDX-License-Identifier: Apache-2.0
 *
 * message_columns - topic, partition, headers, leader epoch, offset and timestamp of messages.
 *
 * Of headers with the same name the last counts, as in Flink; it stands where the first one was.
 */
#include "connectors/message_columns.h"

#include "base/mem.h"
#include "connectors/message_set.h"

static const struct wr_type *const header_child[] = {&WR_T_STRING, &WR_T_BYTES};
static const struct wr_type header_map = {
    .kind = WR_MAP, .nullable = false, .child_count = 2, .child = header_child};

const struct wr_metadata_column wr_message_metadata[] = {
    {"topic", &WR_T_STRING_NN, "The topic that the message is of.", false},
    {"partition", &WR_T_INT_NN, "Its partition of the topic.", false},
    {"headers", &header_map, "Its headers; of those with the same name the last.", true},
    {"leader-epoch", &WR_T_INT, "The leader epoch of the message, if the broker tells it.", false},
    {"offset", &WR_T_BIGINT_NN, "The place of the message in its partition.", false},
    {"timestamp", &WR_T_LTZ3_NN, "When it was sent or stored: see timestamp-type.", true},
    {"timestamp-type", &WR_T_STRING_NN,
     "What the timestamp is: 'CreateTime', 'LogAppendTime' or 'NoTimestampType'.", false},
    {NULL, NULL, NULL, false},
};

uint32_t wr_message_column_find(const char *key)
{
	for (uint32_t i = 0; wr_message_metadata[i].key != NULL; i++)
		if (strcmp(wr_message_metadata[i].key, key) == 0)
			return i;
	return UINT32_MAX;
}

void wr_message_topic_release(struct wr_message_topic *topic)
{
	wr_column_unref(topic->column);
	*topic = (struct wr_message_topic){0};
}

/* A constant text; the bytes are copied. */
static struct wr_column *constant_text(const struct wr_type *type, const char *text)
{
	struct wr_column *column = wr_column_new(type, 1);
	struct wr_buf *bytes = wr_buf_new(strlen(text));

	memcpy(bytes->data, text, strlen(text));
	*WR_DATA(column, struct wr_view) = wr_view_of(bytes->data, (uint32_t)strlen(text));
	wr_column_keep(column, bytes);
	wr_buf_unref(bytes);
	wr_column_make_const(column);
	return column;
}

static struct wr_column *topic_column(struct wr_message_topic *topic, const struct wr_messages *set,
				      const struct wr_type *type)
{
	if (topic->topic != set->topic) {
		wr_message_topic_release(topic);
		topic->topic = set->topic;
		topic->column = constant_text(type, set->topic);
	}
	return wr_column_ref(topic->column);
}

static struct wr_column *partition_column(const struct wr_messages *set, const struct wr_type *type)
{
	struct wr_column *column = wr_column_new(type, 1);

	*WR_DATA(column, int32_t) = set->partition;
	wr_column_make_const(column);
	return column;
}

static struct wr_column *numbers_column(const int64_t *from, const struct wr_type *type,
					const uint32_t *message, uint32_t count)
{
	struct wr_column *column = wr_column_new(type, count);

	for (uint32_t i = 0; i < count; i++)
		WR_DATA(column, int64_t)[i] = from[message[i]];
	return column;
}

static struct wr_column *epoch_column(const struct wr_messages *set, const struct wr_type *type,
				      const uint32_t *message, uint32_t count)
{
	struct wr_column *column = wr_column_new(type, count);

	for (uint32_t i = 0; i < count; i++) {
		int32_t epoch = set->leader_epoch[message[i]];

		WR_DATA(column, int32_t)[i] = WR_MAX(epoch, 0);
		if (epoch < 0)
			wr_column_validity(column)[i] = 0;
	}
	return column;
}

static struct wr_column *time_column(const struct wr_messages *set, const struct wr_type *type,
				     const uint32_t *message, uint32_t count)
{
	static const char *const words[] = {"NoTimestampType", "CreateTime", "LogAppendTime"};
	struct wr_column *column = wr_column_new(type, count);

	for (uint32_t i = 0; i < count; i++) {
		const char *word = words[set->time[message[i]]];

		WR_DATA(column, struct wr_view)
		[i] = wr_view_of(word, (uint32_t)strlen(word));
	}
	return column;
}

/* --- headers ------------------------------------------------------------------------------------
 */

/* The entries of a map while it is collected: pairs in order, each name once. */
struct names {
	const struct wr_messages *set;
	uint32_t count;
	uint32_t *pair; /* the last one of each name */
	uint32_t *slot; /* hash table of index + 1; used from a few names on */
	uint32_t mask;  /* slots less one; 0: no table */
	uint32_t room;  /* of pair */
	uint32_t slots; /* of slot */
};

#define NAMES_FEW 16u

static struct wr_str name_of(const struct wr_messages *set, uint32_t pair)
{
	const struct wr_record_span *span = &set->pair[pair].name;

	if (span->size == WR_RECORD_NONE || set->header_bytes == NULL)
		return (struct wr_str){"", 0};
	return (struct wr_str){set->header_bytes->data + span->start, span->size};
}

static bool names_equal(const struct wr_messages *set, uint32_t a, uint32_t b)
{
	struct wr_str x = name_of(set, a), y = name_of(set, b);

	return x.len == y.len && memcmp(x.data, y.data, x.len) == 0;
}

static uint32_t name_hash(struct wr_str name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (uint8_t)name.data[i]) * 16777619u;
	return hash;
}

/* Starts with room for `most` names. */
static void names_begin(struct names *names, uint32_t most)
{
	names->count = 0;
	names->mask = 0;
	if (names->room < most) {
		names->room = most;
		names->pair = wr_realloc(names->pair, most * sizeof *names->pair);
	}
	if (most <= NAMES_FEW)
		return;
	for (names->mask = 1; names->mask < most * 2; names->mask *= 2)
		;
	if (names->slots < names->mask) {
		names->slots = names->mask;
		names->slot = wr_realloc(names->slot, names->slots * sizeof *names->slot);
	}
	memset(names->slot, 0, names->mask * sizeof *names->slot);
	names->mask--;
}

static void names_add(struct names *names, uint32_t pair)
{
	uint32_t at = 0, i = 0;

	if (names->mask == 0) {
		while (i < names->count && !names_equal(names->set, names->pair[i], pair))
			i++;
	} else {
		at = name_hash(name_of(names->set, pair)) & names->mask;
		while (names->slot[at] != 0 &&
		       !names_equal(names->set, names->pair[names->slot[at] - 1], pair))
			at = (at + 1) & names->mask;
		i = names->slot[at] != 0 ? names->slot[at] - 1 : names->count;
		names->slot[at] = i + 1;
	}
	names->pair[i] = pair;
	names->count += i == names->count;
}

/* Fills the children of the map with the entries of the messages; `span` says where each ends up.
 */
static void put_headers(struct names *names, const uint32_t *message, uint32_t count,
			struct wr_span *span, struct wr_column *key, struct wr_column *value)
{
	const struct wr_messages *set = names->set;
	uint32_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t first = message[i] == 0 ? 0 : set->header_end[message[i] - 1];
		uint32_t end = set->header_end[message[i]];

		names_begin(names, end - first);
		for (uint32_t pair = first; pair < end; pair++)
			names_add(names, pair);
		span[i] = (struct wr_span){at, names->count};
		for (uint32_t n = 0; n < names->count; n++, at++) {
			struct wr_str name = name_of(set, names->pair[n]);
			const struct wr_record_span *bytes = &set->pair[names->pair[n]].value;
			bool none = bytes->size == WR_RECORD_NONE;

			WR_DATA(key, struct wr_view)
			[at] = wr_view_of(name.data, (uint32_t)name.len);
			WR_DATA(value, struct wr_view)
			[at] =
			    none ? wr_view_of("", 0)
				 : wr_view_of(set->header_bytes->data + bytes->start, bytes->size);
			if (none)
				wr_column_validity(value)[at] = 0;
		}
	}
	key->len = value->len = at;
}

static struct wr_column *headers_column(const struct wr_messages *set, const struct wr_type *type,
					const uint32_t *message, uint32_t count)
{
	struct wr_column *column = wr_column_new(type, count);
	struct names names = {.set = set};
	struct wr_column *key, *value;
	uint32_t most = 0;

	for (uint32_t i = 0; i < count; i++)
		most += set->header_end[message[i]] -
			(message[i] == 0 ? 0 : set->header_end[message[i] - 1]);
	key = wr_column_new(type->child[0], most);
	value = wr_column_new(type->child[1], most);
	if (set->header_bytes != NULL) {
		wr_column_keep(key, set->header_bytes);
		wr_column_keep(value, set->header_bytes);
	}
	put_headers(&names, message, count, WR_DATA(column, struct wr_span), key, value);
	wr_column_set_child(column, 0, key);
	wr_column_set_child(column, 1, value);
	wr_free(names.pair);
	wr_free(names.slot);
	return column;
}

struct wr_column *wr_message_column_make(struct wr_message_topic *topic,
					 const struct wr_messages *set,
					 enum wr_message_column which, const struct wr_type *type,
					 const uint32_t *message, uint32_t count)
{
	switch (which) {
	case WR_MESSAGE_TOPIC: return topic_column(topic, set, type);
	case WR_MESSAGE_PARTITION: return partition_column(set, type);
	case WR_MESSAGE_HEADERS: return headers_column(set, type, message, count);
	case WR_MESSAGE_LEADER_EPOCH: return epoch_column(set, type, message, count);
	case WR_MESSAGE_OFFSET: return numbers_column(set->offset, type, message, count);
	case WR_MESSAGE_TIMESTAMP: return numbers_column(set->timestamp_ms, type, message, count);
	case WR_MESSAGE_TIMESTAMP_TYPE: return time_column(set, type, message, count);
	}
	WR_ASSERT(false);
	return NULL;
}
