/* SPDX-License-Identifier: Apache-2.0
 *
 * letters - see letters.h.
 *
 * Blocks are of letters with one origin and partition, which are the metadata 'topic' and
 * 'partition' of their rows; block->from is the number of the first one.
 */
#include "connectors/letters.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/varint.h"
#include "connectors/message.h"

#define MAGIC       "WEIRDLQ1"
#define FILE_MAX    (1u << 30) /* bytes of a file: it is held in memory */
#define BLOCK_ROWS  1000u
#define BLOCK_BYTES (1u << 20)

struct wr_source {
	const struct wr_connector_args *args;
	struct wr_message_wants wants;
	char *data; /* the file; owned */
	uint32_t count, capacity;
	struct wr_letter *letter; /* views into it; owned */
	uint32_t next;            /* letter */
	uint64_t index;           /* of the next block */
};

struct wr_reader {
	struct wr_message_reader *reader;
};

/* --- the file */

void wr_letters_begin(struct wr_text *file)
{
	wr_text_add(file, MAGIC, strlen(MAGIC));
}

void wr_letters_add(struct wr_text *file, const struct wr_letter *letter)
{
	const char *origin = letter->origin;

	wr_varint_put_piece(file, letter->raw);
	wr_varint_put_piece(file, letter->key);
	wr_varint_put_piece(file, (struct wr_str){origin, origin != NULL ? strlen(origin) + 1 : 0});
	wr_varint_put(file, (uint64_t)(letter->partition + 1));
	wr_varint_put(file, (uint64_t)(letter->offset + 1));
	wr_varint_put(file, (uint64_t)(letter->timestamp_ms + 1));
	wr_varint_put(file, (uint64_t)(letter->attempts + 1));
}

/* Returns the first byte behind the letter; NULL: the file is damaged. */
static const char *get_letter(const char *at, const char *end, struct wr_letter *letter)
{
	int64_t *number[] = {&letter->partition, &letter->offset, &letter->timestamp_ms,
			     &letter->attempts};
	struct wr_str origin;

	at = wr_varint_get_piece(at, end, &letter->raw);
	if (at != NULL)
		at = wr_varint_get_piece(at, end, &letter->key);
	if (at != NULL)
		at = wr_varint_get_piece(at, end, &origin);
	for (uint32_t i = 0; i < WR_COUNT(number) && at != NULL; i++) {
		uint64_t value;

		at = wr_varint_get(at, end, &value);
		*number[i] = at != NULL ? (int64_t)value - 1 : 0;
	}
	if (at == NULL || (origin.len > 0 && origin.data[origin.len - 1] != '\0'))
		return NULL;
	letter->origin = origin.len > 0 ? origin.data : NULL;
	return at;
}

static wr_status *read_letters(struct wr_source *source, const char *path)
{
	const char *at, *end;
	size_t len;

	WR_TRY(wr_env_read_file(source->args->env, path, FILE_MAX, &source->data, &len));
	at = source->data;
	end = at + len;
	if (len < strlen(MAGIC) || memcmp(at, MAGIC, strlen(MAGIC)) != 0)
		return wr_status_new(WR_USER_ERROR, "'%s' is no file of dead letters", path);
	for (at += strlen(MAGIC); at != NULL && at < end;) {
		if (source->count == source->capacity) {
			source->capacity = WR_MAX(64, 2 * source->capacity);
			source->letter =
			    wr_realloc(source->letter, source->capacity * sizeof *source->letter);
		}
		at = get_letter(at, end, &source->letter[source->count++]);
	}
	return at != NULL
		   ? NULL
		   : wr_status_new(WR_USER_ERROR, "The file of dead letters '%s' is damaged", path);
}

/* --- the source */

static void letters_close(struct wr_source *source)
{
	wr_free(source->letter);
	wr_free(source->data);
	wr_free(source);
}

static wr_status *letters_open(const struct wr_connector_args *args, struct wr_host *host,
			       struct wr_source **out)
{
	struct wr_source *source = wr_calloc(1, sizeof *source);
	wr_status *status;

	source->args = args;
	source->wants = wr_message_wants_of(args);
	status = read_letters(source, wr_options_str(args->options, "letters"));
	if (status != NULL) {
		letters_close(source);
		return status;
	}
	*out = source;
	return NULL;
}

/* Whether two letters may be of one block. */
static bool same_origin(const struct wr_letter *a, const struct wr_letter *b)
{
	if (a->partition != b->partition || (a->origin == NULL) != (b->origin == NULL))
		return false;
	return a->origin == NULL || strcmp(a->origin, b->origin) == 0;
}

static wr_status *letters_claim(struct wr_source *source, struct wr_claim_ask *ask,
				struct wr_block **out, enum wr_claim *result)
{
	uint32_t first = source->next, most = ask->rows_max > 0
						  ? (uint32_t)WR_MIN(ask->rows_max, BLOCK_ROWS)
						  : BLOCK_ROWS;
	const struct wr_letter *letter = &source->letter[first];
	struct wr_messages *set;
	struct wr_block *block;

	*result = WR_CLAIM_END;
	if (first == source->count)
		return NULL;
	set = wr_messages_new(&source->wants, letter->origin != NULL ? letter->origin : "",
			      (int32_t)letter->partition, most, BLOCK_BYTES);
	for (; source->next < source->count && source->next - first < most; source->next++) {
		const struct wr_letter *one = &source->letter[source->next];
		struct wr_message message = {.key = one->key,
					     .value = one->raw,
					     .offset = one->offset,
					     .timestamp_ms = one->timestamp_ms,
					     .leader_epoch = -1,
					     .time = one->timestamp_ms >= 0 ? WR_MESSAGE_CREATED
									    : WR_MESSAGE_NO_TIME};

		if (!same_origin(letter, one) || wr_messages_bytes(set) > BLOCK_BYTES ||
		    !wr_messages_append(set, &message))
			break;
	}
	block = wr_calloc(1, sizeof *block);
	wr_messages_to_block(set, block);
	block->index = source->index++;
	block->from = first;
	block->to = source->next;
	*out = block;
	*result = WR_CLAIM_BLOCK;
	return NULL;
}

static void letters_place(struct wr_source *source, const struct wr_block *block,
			  const struct wr_bad_record *record, struct wr_place *place)
{
	uint64_t number = block->from + record->span;
	const struct wr_letter *letter;

	wr_message_place(block, record, place);
	if (number >= source->count)
		return;
	letter = &source->letter[number];
	place->origin = letter->origin;
	place->is_message = letter->partition >= 0;
	place->partition = letter->partition;
	place->offset = letter->offset;
	place->timestamp_ms = letter->timestamp_ms;
	place->key = letter->key;
	place->raw = letter->raw;
	place->attempts = letter->attempts + 1;
}

static wr_status *letters_reader_new(struct wr_source *source, struct wr_reader **out)
{
	*out = wr_calloc(1, sizeof **out);
	return wr_message_reader_new(source->args, false, &(*out)->reader);
}

static void letters_reader_free(struct wr_reader *reader)
{
	if (reader != NULL)
		wr_message_reader_free(reader->reader);
	wr_free(reader);
}

static wr_status *letters_decode(struct wr_reader *reader, struct wr_block *block,
				 struct wr_batch **out)
{
	return wr_message_decode(reader->reader, block, out);
}

static void letters_block_free(struct wr_source *source, struct wr_block *block)
{
	wr_bad_list_release(&block->range.bad);
	wr_messages_free(block->own);
	wr_free(block);
}

static wr_status *letters_position(struct wr_source *source, struct wr_text *out)
{
	wr_text_printf(out, "%u %llu", source->next, (unsigned long long)source->index);
	return NULL;
}

static wr_status *letters_seek(struct wr_source *source, const char *bytes, size_t len)
{
	char text[64] = "";
	unsigned long long index;
	unsigned next;

	memcpy(text, bytes, WR_MIN(len, sizeof text - 1));
	if (sscanf(text, "%u %llu", &next, &index) != 2 || next > source->count)
		return wr_status_new(WR_USER_ERROR, "The position in the dead letters is damaged");
	source->next = next;
	source->index = index;
	return NULL;
}

static const struct wr_option letters_options[] = {
    {.name = "letters", .type = WR_OPTION_STRING, .required = true, .doc = "File of them."}};

const struct wr_connector wr_connector_letters = {
    .name = "dead-letters",
    .doc = "The dead letters of a table, read in its place.",
    .options = letters_options,
    .option_count = WR_COUNT(letters_options),
    .metadata = wr_message_metadata,
    .needs_format = true,
    .messages = true,
    .bounded = true,
    .source_open = letters_open,
    .claim = letters_claim,
    .place = letters_place,
    .reader_new = letters_reader_new,
    .decode = letters_decode,
    .reader_free = letters_reader_free,
    .block_free = letters_block_free,
    .position = letters_position,
    .seek = letters_seek,
    .source_close = letters_close,
};
