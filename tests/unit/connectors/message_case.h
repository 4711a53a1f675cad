/* SPDX-License-Identifier: Apache-2.0
 *
 * message_case - tables of messages for tests: a script declares them, messages go in and rows come
 * out as text, or the other way.
 *
 * Connector 'log' has messages; 'last' keeps the last value of each PRIMARY KEY. Neither is opened:
 * the tests use what they would be opened with.
 */
#ifndef WR_TESTS_MESSAGE_CASE_H
#define WR_TESTS_MESSAGE_CASE_H

#include "../analyze/script.h"
#include "base/limits.h"
#include "base/mem.h"
#include "connectors/message.h"
#include "data/print.h"
#include "formats/formats.h"

static const struct wr_option case_options[] = {
    {.name = "topic", .type = WR_OPTION_STRING, .doc = "The topic."},
    {.name = "error-handling.mode", .type = WR_OPTION_STRING, .doc = "What bad rows do."},
};

#define CASE_CONNECTOR(id, label, by_key)                                                          \
	static const struct wr_connector id = {.name = label,                                      \
					       .options = case_options,                            \
					       .option_count = WR_COUNT(case_options),             \
					       .metadata = wr_message_metadata,                    \
					       .needs_format = true,                               \
					       .messages = true,                                   \
					       .upserts = by_key,                                  \
					       .source_open = fake_source_open,                    \
					       .sink_open = fake_sink_open}
CASE_CONNECTOR(case_log, "log", false);
CASE_CONNECTOR(case_last, "last", true);
static const struct wr_connector *const case_connectors[] = {&case_log, &case_last, &fake_connector,
							     NULL};
static const struct wr_registry case_registry = {case_connectors, wr_formats};

static inline void case_init(struct script *script)
{
	script_init(script);
	wr_catalog_free(script->env.catalog);
	script->env.catalog = wr_catalog_new(&case_registry);
}

/* What the only scan or sink of the last statement is opened with. */
static inline const struct wr_connector_args *case_args(struct script *script, const char *sql)
{
	wr_status *status = script_run(script, sql);
	struct wr_node *node;

	if (status != NULL)
		print_message("%s\n%s\n", sql, status->text);
	assert_null(status);
	node = script_find(script->plan->root[0], WR_N_SINK);
	if (node != NULL && node->u.sink.args != NULL)
		return node->u.sink.args;
	node = script_find(script->plan->root[0], WR_N_SCAN);
	assert_non_null(node);
	return node->u.scan.args;
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* A message of a test; texts that are NULL are not there. */
struct case_message {
	const char *key, *value;
	const char *headers; /* "a=1,b=2"; "a" alone has no value */
	int64_t timestamp_ms;
	int32_t leader_epoch; /* 0: unknown */
};

static inline struct wr_str case_str(const char *text)
{
	return text != NULL ? wr_str_of(text) : (struct wr_str){NULL, 0};
}

/* The block of the messages; offsets begin at 100. */
static inline struct wr_messages *case_set(const struct wr_connector_args *args,
					   const struct case_message *from, uint32_t count)
{
	struct wr_message_wants wants = wr_message_wants_of(args);
	struct wr_messages *set = wr_messages_new(&wants, "orders", 3, 1, 16);

	for (uint32_t i = 0; i < count; i++) {
		struct wr_message_header header[8];
		uint32_t n = 0;

		for (const char *p = from[i].headers; p != NULL && *p != '\0'; n++) {
			size_t len = strcspn(p, ","), name = strcspn(p, "=,");

			header[n].name = (struct wr_str){p, name};
			header[n].value = name == len
					      ? (struct wr_str){NULL, 0}
					      : (struct wr_str){p + name + 1, len - name - 1};
			p += len + (p[len] == ',');
		}
		struct wr_message message = {
		    .key = case_str(from[i].key),
		    .value = case_str(from[i].value),
		    .offset = 100 + i,
		    .timestamp_ms = from[i].timestamp_ms,
		    .time = from[i].timestamp_ms > 0 ? WR_MESSAGE_CREATED : WR_MESSAGE_NO_TIME,
		    .leader_epoch = from[i].leader_epoch > 0 ? from[i].leader_epoch : -1,
		    .header = header,
		    .header_count = n};
		assert_true(wr_messages_append(set, &message));
	}
	assert_int_equal(wr_messages_count(set), count);
	return set;
}

static inline void case_print_place(struct wr_text *out, const struct wr_block *block,
				    const struct wr_bad_record *bad)
{
	struct wr_place place;

	wr_message_place(block, bad, &place);
	wr_text_printf(out, "!row %u, %s %lld@%lld %s%s %s: %s |", bad->row, place.origin,
		       (long long)place.partition, (long long)place.offset, bad->key ? "key " : "",
		       bad->kind, bad->column != NULL ? bad->column : "-", bad->text);
	wr_text_add(out, place.raw.data != NULL ? place.raw.data : "none",
		    place.raw.data != NULL ? place.raw.len : 4);
	wr_text_putc(out, '\n');
}

/* Rows as lines of tab-separated values with their kind, then the bad records. */
static inline void case_decode_set(const struct wr_connector_args *args, bool upsert,
				   struct wr_messages *set, uint32_t max_rows, struct wr_text *out)
{
	struct wr_message_reader *reader;
	struct wr_block block = {0};
	uint32_t row_span[WR_BATCH_ROWS_MAX], rows = 0, last = 0;

	wr_messages_to_block(set, &block);
	block.range.rows_max = max_rows;
	block.range.row_span = row_span;
	assert_null(wr_message_reader_new(args, upsert, &reader));
	for (;;) {
		struct wr_batch *batch;

		assert_null(wr_message_decode(reader, &block, &batch));
		if (batch == NULL)
			break;
		assert_true(batch->rows > 0 && batch->rows <= max_rows);
		assert_int_equal(batch->column_count, args->wanted_count);
		for (uint32_t row = 0; row < batch->rows; row++) {
			assert_true(row_span[row] >= last);
			last = row_span[row];
			wr_text_printf(out, "%u %s", row_span[row],
				       wr_row_kind_str(wr_batch_kind(batch, row)));
			for (uint32_t i = 0; i < batch->column_count; i++) {
				wr_text_putc(out, '\t');
				wr_value_print_tsv(out, batch->column[i], row, NULL);
			}
			wr_text_putc(out, '\n');
		}
		rows += batch->rows;
		assert_int_equal(block.range.rows, rows);
		wr_batch_free(batch);
	}
	assert_int_equal(block.range.span_next, block.range.span_count);
	if (block.range.bad.ignored > 0)
		wr_text_printf(out, "ignored %llu\n", (unsigned long long)block.range.bad.ignored);
	wr_bad_list_release(&block.range.bad);
	wr_message_reader_free(reader);
}

/* The bad records in the order of the rows. */
static inline int case_by_row(const void *a, const void *b)
{
	const struct wr_bad_record *x = a, *y = b;

	return x->row != y->row ? (x->row > y->row) - (x->row < y->row)
				: (x->span > y->span) - (x->span < y->span);
}

/* Reads the messages with several sizes of batches, which must give the same. The result is the
 * script's. */
static inline const char *case_read(struct script *script, const struct wr_connector_args *args,
				    bool upsert, const struct case_message *from, uint32_t count)
{
	static const uint32_t sizes[] = {1, 2, 3, 7, WR_BATCH_ROWS_MAX};
	const char *first = NULL;

	for (size_t s = 0; s < WR_COUNT(sizes); s++) {
		struct wr_messages *set = case_set(args, from, count);
		struct wr_message_reader *reader;
		struct wr_block block = {0};
		struct wr_batch *batch;
		struct wr_text out;

		wr_text_init(&out);
		case_decode_set(args, upsert, set, sizes[s], &out);
		wr_messages_free(set);
		/* once more for the bad records */
		set = case_set(args, from, count);
		wr_messages_to_block(set, &block);
		block.range.rows_max = sizes[s];
		assert_null(wr_message_reader_new(args, upsert, &reader));
		for (batch = NULL;; wr_batch_free(batch)) {
			assert_null(wr_message_decode(reader, &block, &batch));
			if (batch == NULL)
				break;
		}
		if (block.range.bad.count > 0)
			qsort(block.range.bad.record, block.range.bad.count,
			      sizeof *block.range.bad.record, case_by_row);
		for (uint32_t i = 0; i < block.range.bad.count; i++)
			case_print_place(&out, &block, &block.range.bad.record[i]);
		wr_bad_list_release(&block.range.bad);
		wr_message_reader_free(reader);
		wr_messages_free(set);
		if (first == NULL)
			first = wr_arena_strdup(&script->arena, wr_text_str(&out));
		else
			assert_string_equal(wr_text_str(&out), first);
		wr_text_release(&out);
	}
	return first;
}

/* --- writing ------------------------------------------------------------------------------------
 */

/* The messages of a chunk: "key | value | timestamp | headers" a line; what is not there is '-'. */
static inline void case_print_chunk(struct wr_text *out, const struct wr_chunk *chunk)
{
	struct wr_message_list list;

	assert_true(wr_message_list_open(
	    &list, (struct wr_str){wr_text_str(&chunk->bytes), chunk->bytes.len}));
	assert_int_equal(list.count, chunk->rows);
	for (uint32_t i = 0; i < list.count; i++) {
		struct wr_message message;

		wr_message_at(&list, i, &message);
		const struct wr_str part[] = {message.key, message.value};
		for (uint32_t p = 0; p < 2; p++) {
			wr_text_add(out, part[p].data != NULL ? part[p].data : "-",
				    part[p].data != NULL ? part[p].len : 1);
			wr_text_puts(out, " | ");
		}
		wr_text_printf(out, "%lld |", (long long)message.timestamp_ms);
		for (uint32_t h = 0; h < message.header_count; h++) {
			struct wr_message_header header = wr_message_header_at(&list, i, h);

			wr_text_printf(out, " %.*s=%.*s", (int)header.name.len, header.name.data,
				       header.value.data != NULL ? (int)header.value.len : 1,
				       header.value.data != NULL ? header.value.data : "-");
		}
		wr_text_putc(out, '\n');
	}
}

#endif
