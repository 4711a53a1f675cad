/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_read - blocks of messages, and what decodes them.
 *
 * A claim only takes messages off a queue; they are copied and given back to librdkafka by the
 * worker that decodes the block, side by side with others (`unread`).
 */
#include "base/mem.h"
#include "connectors/kafka_source.h"

#define HEADERS_MAX 64   /* of one message without an allocation */
#define STATE_MAX   1024 /* bytes of a tracestate that is passed on */

/* Messages of librdkafka that wait to be copied. */
struct pack {
	struct wr_kafka_split *split;
	uint32_t count;                /* number of message */
	size_t bytes;                  /* of their keys and values */
	rd_kafka_message_t *message[]; /* owned */
};

struct wr_reader {
	struct wr_source *source;
	struct wr_message_reader *reader;
	struct wr_row_dice dice; /* which of its messages are traced */
};

struct wr_block *wr_kafka_block(struct wr_source *source, struct wr_kafka_split *split,
				rd_kafka_message_t *const *message, uint32_t count)
{
	struct pack *pack = wr_malloc(sizeof *pack + (size_t)count * sizeof(rd_kafka_message_t *));
	struct wr_block *block = wr_calloc(1, sizeof *block);

	pack->split = split;
	pack->count = count;
	pack->bytes = 0;
	for (uint32_t i = 0; i < count; i++) {
		pack->message[i] = message[i];
		pack->bytes += message[i]->len + message[i]->key_len;
	}
	block->index = source->index++;
	block->split = split->number;
	block->origin = split->topic;
	block->offset = count > 0 ? (uint64_t)message[0]->offset : (uint64_t)split->next;
	block->unread = pack;
	return block;
}

static void pack_free(const struct wr_kafka_calls *call, struct pack *pack)
{
	for (uint32_t i = 0; i < pack->count; i++)
		call->rd_kafka_message_destroy(pack->message[i]);
	wr_free(pack);
}

void wr_kafka_block_free(struct wr_source *source, struct wr_block *block)
{
	wr_bad_list_release(&block->range.bad);
	if (block->unread != NULL)
		pack_free(&source->client.call, block->unread);
	wr_messages_free(block->own);
	wr_free(block);
}

/* --- copying ------------------------------------------------------------------------------------
 */

/* Fills in the headers of a message; `header` has room for HEADERS_MAX. More of them are put into
 * *many, which the caller frees. */
static void take_headers(const struct wr_kafka_calls *call, const rd_kafka_message_t *from,
			 struct wr_message *to, struct wr_message_header *header,
			 struct wr_message_header **many)
{
	rd_kafka_headers_t *headers;
	size_t count, size;
	const char *name;
	const void *value;

	if (call->rd_kafka_message_headers(from, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	count = call->rd_kafka_header_cnt(headers);
	if (count > HEADERS_MAX)
		header = *many = wr_malloc(count * sizeof *header);
	for (size_t i = 0; i < count; i++) {
		if (call->rd_kafka_header_get_all(headers, i, &name, &value, &size) !=
		    RD_KAFKA_RESP_ERR_NO_ERROR)
			break;
		header[i].name = wr_str_of(name);
		header[i].value = (struct wr_str){value, value != NULL ? size : 0};
		to->header_count++;
	}
	to->header = header;
}

/* The header of that name; data NULL: there is none. */
static struct wr_str find_header(const struct wr_message *message, const char *name)
{
	for (uint32_t i = 0; i < message->header_count; i++)
		if (wr_str_eq(message->header[i].name, name))
			return message->header[i].value;
	return (struct wr_str){NULL, 0};
}

/* A message may belong to a trace. One that says so itself is traced when its sender is; of the
 * others, chance picks some. */
static void trace(struct wr_source *source, struct wr_row_dice *dice, struct wr_messages *set,
		  const struct wr_message *message, const struct wr_kafka_split *split)
{
	struct wr_row_sampler *sampler = source->client.host->traces;
	struct wr_str parent = find_header(message, "traceparent"), state;
	struct wr_trace_context context = {0};
	struct wr_trace_span span;

	if (parent.data != NULL && wr_trace_parent_read(parent, &context)) {
		if (!(context.flags & WR_TRACE_SAMPLED))
			return;
	} else if (wr_row_dice_next(dice, sampler, 1) == 1) {
		return;
	}
	if (!wr_row_sampler_begin(sampler, &span, source->args->table, &context))
		return;
	wr_trace_text(&span, "messaging.system", "kafka");
	wr_trace_text(&span, "messaging.destination.name", split->topic);
	wr_trace_int(&span, "messaging.destination.partition.id", split->partition);
	wr_trace_int(&span, "messaging.kafka.offset", message->offset);
	state = find_header(message, "tracestate");
	if (state.data != NULL && state.len <= STATE_MAX && wr_trace_is_set(&context))
		wr_trace_state(&span, state);
	wr_messages_trace(set, wr_row_trace_new(&span));
}

/* Copies one message. */
static bool copy(struct wr_reader *reader, const struct wr_kafka_split *split,
		 struct wr_messages *set, const rd_kafka_message_t *from)
{
	struct wr_source *source = reader->source;
	bool traces = source->client.host->traces != NULL;
	const struct wr_kafka_calls *call = &source->client.call;
	struct wr_message_header header[HEADERS_MAX], *many = NULL;
	rd_kafka_timestamp_type_t type;
	struct wr_message to = {
	    .key = {from->key, from->key_len},
	    .value = {from->payload, from->len},
	    .offset = from->offset,
	    .timestamp_ms = call->rd_kafka_message_timestamp(from, &type),
	    .leader_epoch = -1,
	};
	bool done;

	if (type == RD_KAFKA_TIMESTAMP_CREATE_TIME)
		to.time = WR_MESSAGE_CREATED;
	else if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
		to.time = WR_MESSAGE_APPENDED;
	if (source->wants.leader_epoch && call->rd_kafka_message_leader_epoch != NULL)
		to.leader_epoch = call->rd_kafka_message_leader_epoch(from);
	if (source->wants.headers || traces)
		take_headers(call, from, &to, header, &many);
	done = wr_messages_append(set, &to);
	if (done && traces)
		trace(source, &reader->dice, set, &to, split);
	wr_free(many);
	return done;
}

/* Makes the content of a block out of its pack, which is given back. */
static wr_status *unpack(struct wr_reader *reader, struct wr_block *block)
{
	struct wr_source *source = reader->source;
	struct pack *pack = block->unread;
	struct wr_messages *set = NULL;
	bool fits = true;

	if (pack->count > 0) /* else the block says no more than that its split ends */
		set = wr_messages_new(&source->wants, pack->split->topic, pack->split->partition,
				      pack->count, pack->bytes);

	for (uint32_t i = 0; i < pack->count && fits; i++)
		fits = copy(reader, pack->split, set, pack->message[i]);
	pack_free(&source->client.call, pack);
	block->unread = NULL;
	if (fits) {
		if (set != NULL)
			wr_messages_to_block(set, block);
		return NULL;
	}
	wr_messages_free(set);
	return wr_status_new(WR_FATAL, "Table '%s': the messages of a block are too large",
			     source->args->table);
}

/* --- decoding -----------------------------------------------------------------------------------
 */

wr_status *wr_kafka_reader_new(struct wr_source *source, struct wr_reader **out)
{
	struct wr_reader *reader = wr_calloc(1, sizeof *reader);
	wr_status *status =
	    wr_message_reader_new(source->args, source->plan.upsert, &reader->reader);

	reader->source = source;
	if (status != NULL)
		wr_free(reader);
	else
		*out = reader;
	return status;
}

wr_status *wr_kafka_decode(struct wr_reader *reader, struct wr_block *block, struct wr_batch **out)
{
	*out = NULL;
	if (block->unread != NULL)
		WR_TRY(unpack(reader, block));
	return block->own != NULL ? wr_message_decode(reader->reader, block, out) : NULL;
}

void wr_kafka_reader_free(struct wr_reader *reader)
{
	if (reader == NULL)
		return;
	wr_message_reader_free(reader->reader);
	wr_free(reader);
}

void wr_kafka_place(struct wr_source *source, const struct wr_block *block,
		    const struct wr_bad_record *record, struct wr_place *place)
{
	wr_message_place(block, record, place);
}
