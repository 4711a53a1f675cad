/* SPDX-License-Identifier: Apache-2.0
 *
 * message_encode - rows into messages, and these messages out of their bytes again.
 *
 * The bytes of a chunk, all numbers little-endian:
 *
 *     values, keys, headers' names and values   (bytes that the table points at; formats of lines
 *                                                leave a '\n' behind each value and key)
 *     padding                                   to a multiple of 8
 *     headers    16 bytes each   u32 start, size of the name; u32 start, size of the value
 *     messages   32 bytes each   u32 start, size of the value; u32 start, size of the key;
 *                                i64 timestamp in ms (-1: none); u32 first header; u32 headers
 *     end        16 bytes        u32 messages; u32 headers; u64 WR_MESSAGE_LIST_MAGIC
 *
 * A size of 0xFFFFFFFF means that there is none (a tombstone, no key, a header without value).
 *
 * Of upserts each row is a message: the value, or none for a deletion or a -U; a -U is left out if
 * the +U behind it has the same key. Else each row is what the value format makes of it.
 */
#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/message_columns.h"
#include "connectors/message_set.h"

#define NONE                  UINT32_MAX
#define WR_MESSAGE_LIST_MAGIC 0x315453494C474D57ull /* "WMGLIST1" */

struct entry {
	struct wr_record_span value;
	struct wr_record_span key;
	int64_t timestamp_ms;
	uint32_t header_first;
	uint32_t header_count;
};
_Static_assert(sizeof(struct entry) == 32 && sizeof(struct wr_message_pair) == 16,
	       "as they are stored");

struct ending {
	uint32_t count;
	uint32_t header_count;
	uint64_t magic;
};

struct wr_message_writer {
	const struct wr_connector_args *args;
	bool upsert;
	uint32_t timestamp;             /* column of the schema; NONE: none */
	uint32_t headers;               /* column of the schema; NONE: none */
	struct wr_encoder *value, *key; /* key NULL: messages have no key */
	uint32_t *row;                  /* rows that become messages */
	uint32_t *value_row;            /* those of them with a value */
	struct wr_record_span *span;    /* of what was encoded */
	struct entry *entry;            /* per message */
	uint32_t capacity;              /* of the arrays above */
	struct wr_message_pair *pair;   /* headers of the batch */
	uint32_t pair_count, pair_capacity;
};

/* --- writing ------------------------------------------------------------------------------------
 */

wr_status *wr_message_writer_new(const struct wr_connector_args *args, bool upsert,
				 struct wr_message_writer **out)
{
	struct wr_message_writer *writer = wr_calloc(1, sizeof *writer);
	wr_status *status;

	WR_ASSERT(!upsert || args->key_format != NULL);
	writer->args = args;
	writer->upsert = upsert;
	writer->timestamp = writer->headers = NONE;
	for (uint32_t i = args->physical_count; i < args->schema->count; i++) {
		uint32_t which =
		    wr_message_column_find(args->metadata_key[i - args->physical_count]);

		if (which == WR_MESSAGE_TIMESTAMP)
			writer->timestamp = i;
		else if (which == WR_MESSAGE_HEADERS)
			writer->headers = i;
	}
	status = args->format->encoder_new(&args->format_args, &writer->value);
	if (status == NULL && args->key_format != NULL)
		status = args->key_format->encoder_new(&args->key_args, &writer->key);
	if (status != NULL) {
		wr_message_writer_free(writer);
		return status;
	}
	*out = writer;
	return NULL;
}

void wr_message_writer_free(struct wr_message_writer *writer)
{
	if (writer == NULL)
		return;
	writer->args->format->encoder_free(writer->value);
	if (writer->args->key_format != NULL)
		writer->args->key_format->encoder_free(writer->key);
	wr_free(writer->row);
	wr_free(writer->value_row);
	wr_free(writer->span);
	wr_free(writer->entry);
	wr_free(writer->pair);
	wr_free(writer);
}

static void writer_grow(struct wr_message_writer *writer, uint32_t rows)
{
	if (rows <= writer->capacity)
		return;
	writer->capacity = WR_MAX(rows, writer->capacity * 2);
	writer->row = wr_realloc(writer->row, writer->capacity * sizeof *writer->row);
	writer->value_row =
	    wr_realloc(writer->value_row, writer->capacity * sizeof *writer->value_row);
	writer->span = wr_realloc(writer->span, writer->capacity * sizeof *writer->span);
	writer->entry = wr_realloc(writer->entry, writer->capacity * sizeof *writer->entry);
}

/* Whether row i is a -U whose +U comes next, with the same key: that replaces the message. Any
 * other -U takes its row back: what holds back the +U (HAVING), or gives it another key, asks for
 * it. */
static bool is_replaced(const struct wr_message_writer *writer, const struct wr_batch *batch,
			uint32_t i)
{
	const struct wr_connector_args *args = writer->args;
	uint32_t row = wr_batch_row(batch, i), next;

	if (i + 1 == wr_batch_count(batch))
		return false;
	next = wr_batch_row(batch, i + 1);
	if (wr_batch_kind(batch, next) != WR_UPDATE_AFTER)
		return false;
	for (uint32_t k = 0; k < args->key_args.schema->count; k++) {
		const struct wr_column *column =
		    batch->column[args->key_column != NULL ? args->key_column[k] : k];

		if (!wr_value_equal(column, row, column, next))
			return false;
	}
	return true;
}

/* Chooses the rows that become messages; returns their number, *values of those with a value. */
static uint32_t choose_rows(struct wr_message_writer *writer, const struct wr_batch *batch,
			    uint32_t *values)
{
	uint32_t count = wr_batch_count(batch), chosen = 0;

	*values = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = wr_batch_row(batch, i);
		uint8_t kind = wr_batch_kind(batch, row);

		if (writer->upsert && kind == WR_UPDATE_BEFORE && is_replaced(writer, batch, i))
			continue;
		writer->row[chosen++] = row;
		if (!writer->upsert || (kind != WR_DELETE && kind != WR_UPDATE_BEFORE))
			writer->value_row[(*values)++] = row;
	}
	return chosen;
}

/* Encodes rows row[0..count) of some of the columns; their spans go to writer->span. */
static wr_status *encode_part(struct wr_message_writer *writer, const struct wr_format *format,
			      struct wr_encoder *encoder, const struct wr_format_args *args,
			      const uint32_t *columns, const struct wr_batch *batch, uint32_t *row,
			      uint32_t count, struct wr_text *out)
{
	struct wr_batch *part = wr_batch_new(args->schema->count, batch->rows);
	wr_status *status;

	for (uint32_t i = 0; i < args->schema->count; i++)
		part->column[i] = wr_column_ref(batch->column[columns != NULL ? columns[i] : i]);
	part->sel = row;
	part->sel_count = count;
	part->kind = writer->upsert || args->is_key ? NULL : batch->kind;
	status = format->encode(encoder, part, out, writer->span);
	part->sel = NULL;  /* the writer's */
	part->kind = NULL; /* the batch's */
	wr_batch_free(part);
	return status;
}

static struct wr_record_span add_bytes(struct wr_text *out, const struct wr_column *column,
				       uint32_t row)
{
	const struct wr_view *view = &WR_DATA(column, struct wr_view)[row & column->mask];
	struct wr_record_span span = {(uint32_t)out->len, view->len};

	if (!wr_column_is_valid(column, row)) {
		span.size = NONE;
		return span;
	}
	wr_text_add(out, wr_view_data(view), view->len);
	return span;
}

/* Room for more headers. */
static struct wr_message_pair *add_pairs(struct wr_message_writer *writer, uint32_t count)
{
	if (writer->pair_count + count > writer->pair_capacity) {
		writer->pair_capacity =
		    WR_MAX(writer->pair_count + count, writer->pair_capacity * 2);
		writer->pair =
		    wr_realloc(writer->pair, writer->pair_capacity * sizeof *writer->pair);
	}
	writer->pair_count += count;
	return &writer->pair[writer->pair_count - count];
}

/* The headers of a row. */
static void add_headers(struct wr_message_writer *writer, const struct wr_column *column,
			uint32_t row, struct wr_text *out, struct entry *entry)
{
	const struct wr_span *span = &WR_DATA(column, struct wr_span)[row & column->mask];
	struct wr_message_pair *pair;

	entry->header_first = writer->pair_count;
	entry->header_count = wr_column_is_valid(column, row) ? span->len : 0;
	pair = add_pairs(writer, entry->header_count);
	for (uint32_t i = 0; i < entry->header_count; i++, pair++) {
		pair->name = add_bytes(out, column->child[0], span->start + i);
		pair->value = add_bytes(out, column->child[1], span->start + i);
	}
}

static struct wr_record_span add_text(struct wr_text *out, const char *text)
{
	struct wr_record_span span = {(uint32_t)out->len, (uint32_t)strlen(text)};

	wr_text_puts(out, text);
	return span;
}

/* The row's trace goes on in its message: the headers of W3C, in place of those that the row's own
 * headers may have of that name. */
static void add_trace(struct wr_message_writer *writer, const struct wr_row_trace *trace,
		      struct wr_text *out, struct entry *entry)
{
	const char *state = wr_row_trace_state(trace);
	char parent[WR_TRACE_PARENT_LEN + 1];
	struct wr_message_pair *pair;
	uint32_t kept = 0;

	pair = writer->pair + entry->header_first;
	for (uint32_t i = 0; i < entry->header_count; i++) {
		struct wr_str name = {out->data + pair[i].name.start, pair[i].name.size};

		if (!wr_str_eq_nocase(name, "traceparent") && !wr_str_eq_nocase(name, "tracestate"))
			pair[kept++] = pair[i];
	}
	writer->pair_count -= entry->header_count - kept;
	pair = add_pairs(writer, *state != '\0' ? 2 : 1);
	if (kept == 0)
		entry->header_first = (uint32_t)(pair - writer->pair);
	entry->header_count = kept + (*state != '\0' ? 2 : 1);
	wr_trace_parent_write(wr_row_trace_context(trace), parent);
	pair[0].name = add_text(out, "traceparent");
	pair[0].value = add_text(out, parent);
	if (*state == '\0')
		return;
	pair[1].name = add_text(out, "tracestate");
	pair[1].value = add_text(out, state);
}

/* Timestamps and headers of the messages. */
static void add_particulars(struct wr_message_writer *writer, const struct wr_batch *batch,
			    uint32_t count, struct wr_text *out)
{
	const struct wr_column *timestamp =
	    writer->timestamp != NONE ? batch->column[writer->timestamp] : NULL;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = writer->row[i];
		struct entry *entry = &writer->entry[i];

		entry->timestamp_ms = -1;
		if (timestamp != NULL && wr_column_is_valid(timestamp, row))
			entry->timestamp_ms = WR_DATA(timestamp, int64_t)[row & timestamp->mask];
		entry->header_first = entry->header_count = 0;
		if (writer->headers != NONE)
			add_headers(writer, batch->column[writer->headers], row, out, entry);
		if (WR_UNLIKELY(batch->traced != NULL) &&
		    wr_traced_find(batch->traced, row) != NULL)
			add_trace(writer, wr_traced_find(batch->traced, row), out, entry);
	}
}

/* The values and keys of the messages: the entries' spans. */
static wr_status *add_records(struct wr_message_writer *writer, const struct wr_batch *batch,
			      uint32_t count, uint32_t values, struct wr_text *out)
{
	const struct wr_connector_args *args = writer->args;
	uint32_t v = 0;

	if (values > 0)
		WR_TRY(encode_part(writer, args->format, writer->value, &args->format_args,
				   args->value_column, batch, writer->value_row, values, out));
	for (uint32_t i = 0; i < count; i++) {
		bool has = v < values && writer->value_row[v] == writer->row[i];

		writer->entry[i].value = has ? writer->span[v++] : (struct wr_record_span){0, NONE};
		writer->entry[i].key = (struct wr_record_span){0, NONE};
	}
	if (writer->key == NULL)
		return NULL;
	WR_TRY(encode_part(writer, args->key_format, writer->key, &args->key_args, args->key_column,
			   batch, writer->row, count, out));
	for (uint32_t i = 0; i < count; i++)
		writer->entry[i].key = writer->span[i];
	return NULL;
}

wr_status *wr_message_encode(struct wr_message_writer *writer, const struct wr_batch *batch,
			     struct wr_chunk *chunk)
{
	static const char zeros[8] = {0};
	struct wr_text *out = &chunk->bytes;
	uint32_t count, values;

	writer_grow(writer, wr_batch_count(batch));
	writer->pair_count = 0;
	wr_text_clear(out);
	count = choose_rows(writer, batch, &values);
	chunk->rows = count;
	if (count == 0)
		return NULL;
	WR_TRY(add_records(writer, batch, count, values, out));
	add_particulars(writer, batch, count, out);
	if (out->len > UINT32_MAX - 8)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s': the messages of one batch have more than 4 GiB",
				  writer->args->table),
		    "Set 'weir.batch.max-rows' to a smaller number");
	wr_text_add(out, zeros, -out->len & 7);
	if (writer->pair_count > 0)
		wr_text_add(out, writer->pair, writer->pair_count * sizeof *writer->pair);
	wr_text_add(out, writer->entry, count * sizeof *writer->entry);
	struct ending ending = {count, writer->pair_count, WR_MESSAGE_LIST_MAGIC};
	wr_text_add(out, &ending, sizeof ending);
	return NULL;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static struct entry entry_at(const struct wr_message_list *list, uint32_t i)
{
	struct entry entry;

	WR_ASSERT(i < list->count);
	memcpy(&entry, list->table + (size_t)i * sizeof entry, sizeof entry);
	return entry;
}

static struct wr_message_pair pair_at(const struct wr_message_list *list, uint32_t i)
{
	struct wr_message_pair pair;

	memcpy(&pair, list->headers + (size_t)i * sizeof pair, sizeof pair);
	return pair;
}

static bool span_within(struct wr_record_span span, size_t len)
{
	return span.size == NONE || (uint64_t)span.start + span.size <= len;
}

bool wr_message_list_open(struct wr_message_list *list, struct wr_str bytes)
{
	struct ending ending;
	uint64_t tables;
	size_t len;

	*list = (struct wr_message_list){.data = bytes.data};
	if (bytes.len == 0)
		return true;
	if (bytes.len < sizeof ending)
		return false;
	memcpy(&ending, bytes.data + bytes.len - sizeof ending, sizeof ending);
	tables = (uint64_t)ending.count * sizeof(struct entry) +
		 (uint64_t)ending.header_count * sizeof(struct wr_message_pair) + sizeof ending;
	if (ending.magic != WR_MESSAGE_LIST_MAGIC || tables > bytes.len)
		return false;
	len = bytes.len - tables;
	list->headers = bytes.data + len;
	list->table = list->headers + ending.header_count * sizeof(struct wr_message_pair);
	list->count = ending.count;
	for (uint32_t i = 0; i < ending.count; i++) {
		struct entry entry = entry_at(list, i);

		if (!span_within(entry.value, len) || !span_within(entry.key, len) ||
		    (uint64_t)entry.header_first + entry.header_count > ending.header_count)
			return false;
	}
	for (uint32_t i = 0; i < ending.header_count; i++) {
		struct wr_message_pair pair = pair_at(list, i);

		if (!span_within(pair.name, len) || !span_within(pair.value, len))
			return false;
	}
	return true;
}

static struct wr_str bytes_of(const struct wr_message_list *list, struct wr_record_span span)
{
	if (span.size == NONE)
		return (struct wr_str){NULL, 0};
	return (struct wr_str){list->data + span.start, span.size};
}

void wr_message_at(const struct wr_message_list *list, uint32_t i, struct wr_message *message)
{
	struct entry entry = entry_at(list, i);

	*message = (struct wr_message){.key = bytes_of(list, entry.key),
				       .value = bytes_of(list, entry.value),
				       .offset = -1,
				       .timestamp_ms = entry.timestamp_ms,
				       .leader_epoch = -1,
				       .header_count = entry.header_count};
}

struct wr_message_header wr_message_header_at(const struct wr_message_list *list, uint32_t i,
					      uint32_t h)
{
	struct entry entry = entry_at(list, i);
	struct wr_message_pair pair;

	WR_ASSERT(h < entry.header_count);
	pair = pair_at(list, entry.header_first + h);
	return (struct wr_message_header){bytes_of(list, pair.name), bytes_of(list, pair.value)};
}

/* --- lists out of lists -------------------------------------------------------------------------
 */

/* Appends bytes; where they are, counted from `base`. */
static struct wr_record_span copy_bytes(struct wr_text *out, size_t base, struct wr_str bytes)
{
	struct wr_record_span span = {(uint32_t)(out->len - base), (uint32_t)bytes.len};

	if (bytes.data == NULL)
		return (struct wr_record_span){0, NONE};
	wr_text_add(out, bytes.data, bytes.len);
	return span;
}

/* Appends values, keys and headers of one message, and notes them. */
static void copy_message(const struct wr_message_pick *pick, struct wr_text *out, size_t base,
			 struct wr_text *entries, struct wr_text *pairs)
{
	struct wr_message message;
	struct entry entry = {.header_first =
				  (uint32_t)(pairs->len / sizeof(struct wr_message_pair))};

	wr_message_at(pick->list, pick->i, &message);
	entry.value = copy_bytes(out, base, message.value);
	entry.key = copy_bytes(out, base, message.key);
	entry.timestamp_ms = message.timestamp_ms;
	entry.header_count = message.header_count;
	for (uint32_t h = 0; h < message.header_count; h++) {
		struct wr_message_header header = wr_message_header_at(pick->list, pick->i, h);
		struct wr_message_pair pair = {copy_bytes(out, base, header.name),
					       copy_bytes(out, base, header.value)};

		wr_text_add(pairs, &pair, sizeof pair);
	}
	wr_text_add(entries, &entry, sizeof entry);
}

void wr_message_list_pick(const struct wr_message_pick *pick, uint32_t count, struct wr_text *out)
{
	static const char zeros[8] = {0};
	size_t base = out->len;
	struct wr_text entries, pairs;

	wr_text_init(&entries);
	wr_text_init(&pairs);
	for (uint32_t i = 0; i < count; i++)
		copy_message(&pick[i], out, base, &entries, &pairs);
	WR_REQUIRE(out->len - base <= UINT32_MAX - 8);
	wr_text_add(out, zeros, -(out->len - base) & 7);
	wr_text_add(out, pairs.data, pairs.len);
	wr_text_add(out, entries.data, entries.len);
	struct ending ending = {count, (uint32_t)(pairs.len / sizeof(struct wr_message_pair)),
				WR_MESSAGE_LIST_MAGIC};
	wr_text_add(out, &ending, sizeof ending);
	wr_text_release(&entries);
	wr_text_release(&pairs);
}
