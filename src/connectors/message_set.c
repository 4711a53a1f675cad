/* SPDX-License-Identifier: Apache-2.0
 *
 * message_set - puts the messages of a block together.
 */
#include "connectors/message_set.h"

#include "base/mem.h"

#define SET_MESSAGES_LEAST 64u

/* Room for `more` bytes behind `len`; what is there is moved when the buffer is too small. */
static char *buf_room(struct wr_buf **buf, size_t len, size_t more)
{
	size_t need = len + more;

	if (*buf == NULL || (*buf)->size < need) {
		struct wr_buf *grown = wr_buf_new(*buf == NULL ? need : WR_MAX(need, len * 2));

		if (*buf != NULL)
			memcpy(grown->data, (*buf)->data, len);
		wr_buf_unref(*buf);
		*buf = grown;
	}
	return (*buf)->data + len;
}

static void set_grow(struct wr_messages *set, uint32_t capacity)
{
	set->value.span = wr_realloc(set->value.span, capacity * sizeof *set->value.span);
	set->key.span = wr_realloc(set->key.span, capacity * sizeof *set->key.span);
	set->offset = wr_realloc(set->offset, capacity * sizeof *set->offset);
	set->timestamp_ms = wr_realloc(set->timestamp_ms, capacity * sizeof *set->timestamp_ms);
	if (set->wants.times)
		set->time = wr_realloc(set->time, capacity * sizeof *set->time);
	if (set->wants.leader_epoch)
		set->leader_epoch =
		    wr_realloc(set->leader_epoch, capacity * sizeof *set->leader_epoch);
	if (set->wants.headers)
		set->header_end = wr_realloc(set->header_end, capacity * sizeof *set->header_end);
	set->capacity = capacity;
}

struct wr_messages *wr_messages_new(const struct wr_message_wants *wants, const char *topic,
				    int32_t partition, uint32_t count, size_t bytes)
{
	struct wr_messages *set = wr_calloc(1, sizeof *set);

	set->wants = *wants;
	set->topic = topic;
	set->partition = partition;
	set_grow(set, WR_MAX(count, SET_MESSAGES_LEAST));
	if (bytes != 0)
		set->value.buf = wr_buf_new(WR_MIN(bytes, (size_t)WR_MESSAGES_BYTES_MAX) + count);
	return set;
}

static void part_release(struct wr_message_part *part)
{
	wr_buf_unref(part->buf);
	wr_free(part->span);
	wr_free(part->dense);
	wr_free(part->message);
	wr_free(part->before);
}

void wr_messages_free(struct wr_messages *set)
{
	if (set == NULL)
		return;
	part_release(&set->value);
	part_release(&set->key);
	wr_buf_unref(set->header_bytes);
	wr_free(set->offset);
	wr_free(set->timestamp_ms);
	wr_free(set->time);
	wr_free(set->leader_epoch);
	wr_free(set->header_end);
	wr_free(set->pair);
	wr_traced_free(set->traced);
	wr_free(set);
}

void wr_messages_trace(struct wr_messages *set, struct wr_row_trace *trace)
{
	WR_ASSERT(set->count > 0);
	wr_traced_add(&set->traced, set->count - 1, trace);
}

/* The part of message `index`. */
static void part_append(struct wr_message_part *part, uint32_t index, struct wr_str bytes)
{
	if (bytes.data == NULL) {
		part->span[index] = (struct wr_record_span){(uint32_t)part->len, WR_RECORD_NONE};
		part->missing++;
		return;
	}
	char *at = buf_room(&part->buf, part->len, bytes.len + 1);

	memcpy(at, bytes.data, bytes.len);
	at[bytes.len] = '\n';
	part->span[index] = (struct wr_record_span){(uint32_t)part->len, (uint32_t)bytes.len};
	part->len += bytes.len + 1;
}

static struct wr_record_span header_append(struct wr_messages *set, struct wr_str bytes)
{
	struct wr_record_span span = {(uint32_t)set->header_len, (uint32_t)bytes.len};

	if (bytes.data == NULL) {
		span.size = WR_RECORD_NONE;
		return span;
	}
	memcpy(buf_room(&set->header_bytes, set->header_len, bytes.len), bytes.data, bytes.len);
	set->header_len += bytes.len;
	return span;
}

static void headers_append(struct wr_messages *set, const struct wr_message *message)
{
	for (uint32_t i = 0; i < message->header_count; i++) {
		if (set->pair_count == set->pair_capacity) {
			set->pair_capacity = WR_MAX(set->pair_capacity * 2, SET_MESSAGES_LEAST);
			set->pair = wr_realloc(set->pair, set->pair_capacity * sizeof *set->pair);
		}
		struct wr_message_pair *pair = &set->pair[set->pair_count++];

		pair->name = header_append(set, message->header[i].name);
		pair->value = header_append(set, message->header[i].value);
	}
	set->header_end[set->count] = set->pair_count;
}

static size_t headers_bytes(const struct wr_message *message)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < message->header_count; i++)
		bytes += message->header[i].name.len + message->header[i].value.len + 1;
	return bytes;
}

bool wr_messages_append(struct wr_messages *set, const struct wr_message *message)
{
	uint32_t index = set->count;
	size_t more = message->key.len + message->value.len + 2 +
		      (set->header_end != NULL ? headers_bytes(message) : 0);
	size_t held = set->value.len + set->key.len + set->header_len;

	WR_ASSERT(more < UINT32_MAX / 2);
	if (index != 0 && held + more > WR_MESSAGES_BYTES_MAX)
		return false;
	if (index == set->capacity)
		set_grow(set, set->capacity * 2);
	part_append(&set->value, index, message->value);
	part_append(&set->key, index, message->key);
	set->offset[index] = message->offset;
	set->timestamp_ms[index] = message->timestamp_ms;
	if (set->time != NULL)
		set->time[index] = (uint8_t)message->time;
	if (set->leader_epoch != NULL)
		set->leader_epoch[index] = message->leader_epoch;
	if (set->header_end != NULL)
		headers_append(set, message);
	set->count++;
	return true;
}

uint32_t wr_messages_count(const struct wr_messages *set)
{
	return set->count;
}

size_t wr_messages_bytes(const struct wr_messages *set)
{
	return set->value.len + set->key.len;
}

/* Lists the messages that have a value. */
static void part_dense(struct wr_message_part *part, uint32_t count)
{
	uint32_t n = 0;

	part->dense = wr_malloc((count + 1) * sizeof *part->dense);
	part->message = wr_malloc((count + 1) * sizeof *part->message);
	part->before = wr_malloc((count + 1) * sizeof *part->before);
	for (uint32_t i = 0; i < count; i++) {
		part->before[i] = n;
		if (part->span[i].size == WR_RECORD_NONE)
			continue;
		part->dense[n] = part->span[i];
		part->message[n++] = i;
	}
	part->before[count] = n;
}

void wr_messages_to_block(struct wr_messages *set, struct wr_block *block)
{
	WR_ASSERT(set->count != 0 && block->own == NULL);
	if (set->value.buf == NULL)
		set->value.buf = wr_buf_new(0);
	if (set->key.buf == NULL)
		set->key.buf = wr_buf_new(0);
	if (set->value.missing != 0)
		part_dense(&set->value, set->count);
	block->own = set;
	block->origin = set->topic;
	block->offset = (uint64_t)set->offset[0];
	block->range = (struct wr_decode_range){.buf = set->value.buf,
						.data = set->value.buf->data,
						.len = set->value.len,
						.span = set->value.span,
						.span_count = set->count};
}

void wr_message_place(const struct wr_block *block, const struct wr_bad_record *record,
		      struct wr_place *place)
{
	const struct wr_messages *set = block->own;

	*place = (struct wr_place){.origin = set->topic,
				   .partition = set->partition,
				   .offset = -1,
				   .is_message = true,
				   .timestamp_ms = -1};
	if (record->unplaced || record->span >= set->count)
		return;
	const struct wr_record_span *value = &set->value.span[record->span];
	const struct wr_record_span *key = &set->key.span[record->span];

	place->offset = set->offset[record->span];
	place->timestamp_ms = set->timestamp_ms[record->span];
	if (key->size != WR_RECORD_NONE)
		place->key = (struct wr_str){set->key.buf->data + key->start, key->size};
	if (value->size != WR_RECORD_NONE)
		place->raw = (struct wr_str){set->value.buf->data + value->start, value->size};
}
