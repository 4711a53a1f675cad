/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_splits - the partitions that a source reads, by number, and the bytes that keep their
 * places in a checkpoint.
 *
 * Layout of a position (numbers are varints, pieces as in base/varint.h):
 *     version (1)   index of the next block   1 if the source had started, else 0   number of
 * splits per split, by number:  topic (piece)   partition   next   end + 1   1 if it has ended,
 * else 0
 *
 * A source that had not started begins by its options when it is restored.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "base/varint.h"
#include "connectors/kafka_source.h"

#define POSITION_VERSION 1
#define PARTITIONS_MAX   INT32_MAX

struct wr_kafka_split *wr_kafka_split_find(struct wr_source *source, const char *topic,
					   int32_t partition)
{
	for (uint32_t i = 0; i < source->split_count; i++) {
		struct wr_kafka_split *split = source->split[i];

		if (split->partition == partition && strcmp(split->topic, topic) == 0)
			return split;
	}
	return NULL;
}

/* The source's own copy of a topic's name. */
static const char *topic_name(struct wr_source *source, const char *topic)
{
	for (uint32_t i = 0; i < source->split_count; i++)
		if (strcmp(source->split[i]->topic, topic) == 0)
			return source->split[i]->topic;
	return wr_arena_strdup(&source->arena, topic);
}

struct wr_kafka_split *wr_kafka_split_add(struct wr_source *source, const char *topic,
					  int32_t partition, int64_t next, int64_t end)
{
	struct wr_kafka_split *split = wr_calloc(1, sizeof *split);

	WR_ASSERT(next >= 0 && end >= WR_KAFKA_NO_OFFSET);
	if (source->split_count == source->split_capacity) {
		source->split_capacity = WR_MAX(source->split_capacity * 2, 16);
		source->split = wr_realloc(source->split, source->split_capacity *
							      sizeof(struct wr_kafka_split *));
	}
	split->source = source;
	split->number = source->split_count;
	split->topic = topic_name(source, topic);
	split->partition = partition;
	split->next = next;
	split->end = end;
	split->seen_end = WR_KAFKA_NO_OFFSET;
	source->split[source->split_count++] = split;
	source->live_count++;
	return split;
}

void wr_kafka_splits_release(struct wr_source *source)
{
	for (uint32_t i = 0; i < source->split_count; i++)
		wr_free(source->split[i]);
	wr_free(source->split);
	source->split = NULL;
	source->split_count = source->split_capacity = source->live_count = 0;
}

/* --- positions ----------------------------------------------------------------------------------
 */

wr_status *wr_kafka_position(struct wr_source *source, struct wr_text *out)
{
	pthread_mutex_lock(&source->lock);
	wr_varint_put(out, POSITION_VERSION);
	wr_varint_put(out, source->index);
	wr_varint_put(out, source->started || source->restored);
	wr_varint_put(out, source->split_count);
	for (uint32_t i = 0; i < source->split_count; i++) {
		const struct wr_kafka_split *split = source->split[i];

		wr_varint_put_piece(out, wr_str_of(split->topic));
		wr_varint_put(out, (uint64_t)split->partition);
		wr_varint_put(out, (uint64_t)split->next);
		wr_varint_put(out, (uint64_t)(split->end + 1));
		wr_varint_put(out, split->ended);
	}
	pthread_mutex_unlock(&source->lock);
	return NULL;
}

/* Reads `count` numbers, each up to INT64_MAX; NULL: damaged. */
static const char *get_numbers(const char *at, const char *end, int64_t *number, uint32_t count)
{
	uint64_t value;

	for (uint32_t i = 0; i < count && at != NULL; i++) {
		at = wr_varint_get(at, end, &value);
		if (at == NULL || value > INT64_MAX)
			return NULL;
		number[i] = (int64_t)value;
	}
	return at;
}

bool wr_kafka_position_read(struct wr_str bytes, struct wr_kafka_position *position,
			    void (*each)(void *own, const struct wr_kafka_split *split), void *own)
{
	const char *at = bytes.data, *end = bytes.data + bytes.len;
	int64_t head[4], number[4];
	char topic[WR_KAFKA_TOPIC_BYTES];

	at = get_numbers(at, end, head, 4);
	if (at == NULL || head[0] != POSITION_VERSION || head[2] > 1)
		return false;
	*position = (struct wr_kafka_position){.index = (uint64_t)head[1], .started = head[2] == 1};
	for (int64_t i = 0; i < head[3]; i++) {
		struct wr_kafka_split split = {.topic = topic};
		struct wr_str name = {0};

		at = wr_varint_get_piece(at, end, &name);
		if (at == NULL || name.data == NULL || name.len >= sizeof topic)
			return false;
		at = get_numbers(at, end, number, 4);
		if (at == NULL || number[0] > PARTITIONS_MAX || number[3] > 1)
			return false;
		memcpy(topic, name.data, name.len);
		topic[name.len] = '\0';
		split.number = (uint32_t)i;
		split.partition = (int32_t)number[0];
		split.next = number[1];
		split.end = number[2] - 1;
		split.ended = number[3] == 1;
		if (each != NULL)
			each(own, &split);
	}
	return at == end;
}

static void add_text(void *own, const struct wr_kafka_split *split)
{
	struct wr_text *out = own;

	wr_text_printf(out, "%s%s-%d offset %lld", split->number > 0 ? ", " : "", split->topic,
		       split->partition, (long long)split->next);
	if (split->ended)
		wr_text_puts(out, " (ended)");
	else if (split->end != WR_KAFKA_NO_OFFSET)
		wr_text_printf(out, " of %lld", (long long)split->end);
}

bool wr_kafka_position_text(const char *bytes, size_t len, struct wr_text *out)
{
	struct wr_kafka_position position;
	size_t before = out->len;

	if (!wr_kafka_position_read((struct wr_str){bytes, len}, &position, add_text, out))
		return false;
	if (!position.started)
		wr_text_puts(out, "not started");
	else if (out->len == before)
		wr_text_puts(out, "no partitions");
	return true;
}

static void add_split(void *own, const struct wr_kafka_split *saved)
{
	struct wr_source *source = own;
	struct wr_kafka_split *split =
	    wr_kafka_split_add(source, saved->topic, saved->partition, saved->next, saved->end);

	split->ended = saved->ended;
	source->live_count -= saved->ended;
}

wr_status *wr_kafka_seek(struct wr_source *source, const char *bytes, size_t len)
{
	struct wr_str saved = {bytes, len};
	struct wr_kafka_position position;
	bool good;

	good = wr_kafka_position_read(saved, &position, NULL, NULL);
	pthread_mutex_lock(&source->lock);
	WR_ASSERT(source->split_count == 0 && !source->started);
	if (good) {
		good = wr_kafka_position_read(saved, &position, add_split, source);
		source->index = position.index;
		source->restored = position.started;
	}
	pthread_mutex_unlock(&source->lock);
	if (good)
		return NULL;
	return wr_status_hint(wr_status_new(WR_FATAL,
					    "What the checkpoint keeps of table '%s' (its offsets) "
					    "is damaged",
					    source->args->table),
			      "Restore an older checkpoint");
}
