/* SPDX-License-Identifier: Apache-2.0
 *
 * test_stand - stand-ins for connectors: they read the records of a test case, and keep what is
 * written.
 *
 * A record is decoded by the format that its section names, or by the table's own. Its columns are
 * those of the table, physical ones and metadata alike, by their names in the table. A source hands
 * out what has arrived by the clock of the test, and waits for the rest; look-ups see what has
 * arrived.
 *
 * Thread: that of the run.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "catalog/catalog.h"
#include "cli/test_run.h"
#include "connectors/lookup_scan.h"

#define BLOCK_RECORDS 1000

struct wr_source {
	struct wr_test_run *run;
	const struct wr_connector_args *args;
	const struct wr_test_input *input;
	uint32_t next; /* record */
	bool looked;   /* for look-ups: what has not arrived is not there */
	bool ended;    /* counted in run->ended */
	struct wr_arena arena;
	struct wr_options options; /* of the format, where they are not the table's */
	struct wr_format_args format;
	const struct wr_format *codec;
};

struct wr_reader {
	struct wr_source *source;
	struct wr_decoder *decoder;
	uint32_t *span_of; /* per row of a batch, its record */
};

struct wr_sink {
	struct wr_test_run *run;
	const struct wr_connector_args *args;
	struct wr_test_kept *kept;
	bool begun; /* what an attempt before has written is gone */
};

struct wr_writer {
	struct wr_test_keeper *keeper;
};

static struct wr_test_run *run_of(const struct wr_connector_args *args)
{
	return (struct wr_test_run *)args->env;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static wr_status *no_input(const struct wr_connector_args *args)
{
	return wr_status_hint(
	    wr_status_at(WR_USER_ERROR, args->pos, "The case gives table '%s' nothing to read",
			 args->table),
	    "Add a section '--- input %s json' to it; it may be empty", args->table);
}

/* What decodes the records: the table's own format and options where they are of that kind. */
static wr_status *choose_format(struct wr_source *source)
{
	const struct wr_connector_args *args = source->args;
	const struct wr_format *own = args->format;
	const char *name = source->input->form == WR_TEST_CSV ? "csv" : "json";
	bool is_own =
	    source->input->form == WR_TEST_OWN || (own != NULL && strcmp(own->name, name) == 0);

	if (source->input->form == WR_TEST_OWN && (own == NULL || !own->messages))
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "Table '%s' has no format that reads its "
						    "records",
						    args->table),
				      "Write '--- input %s json'", args->table);
	source->codec = is_own ? own : wr_registry_format(wr_test_registry(source->run), name);
	source->format = (struct wr_format_args){.format = source->codec,
						 .table = args->table,
						 .schema = args->schema,
						 .wanted = args->wanted,
						 .wanted_count = args->wanted_count,
						 .zone_id = args->zone_id,
						 .messages = true};
	if (is_own) {
		source->format.options = args->format_args.options;
	} else {
		wr_options_init(&source->options, &source->arena, "option", source->codec->options,
				source->codec->option_count);
		source->format.options = &source->options;
	}
	return NULL;
}

static wr_status *source_open(const struct wr_connector_args *args, bool looked,
			      struct wr_source **out)
{
	struct wr_test_run *run = run_of(args);
	const struct wr_test_input *input = wr_test_case_input(run->test, args->table);
	struct wr_source *source;
	wr_status *status;

	if (input == NULL)
		return no_input(args);
	source = wr_calloc(1, sizeof *source);
	*source = (struct wr_source){.run = run, .args = args, .input = input, .looked = looked};
	wr_arena_init(&source->arena);
	status = choose_format(source);
	if (status != NULL) {
		wr_arena_release(&source->arena);
		wr_free(source);
		return status;
	}
	run->opened += !looked;
	*out = source;
	return NULL;
}

static wr_status *stand_open(const struct wr_connector_args *args, struct wr_host *host,
			     struct wr_source **out)
{
	return source_open(args, false, out);
}

static wr_status *stand_open_looked(const struct wr_connector_args *args, struct wr_host *host,
				    struct wr_source **out)
{
	return source_open(args, true, out);
}

static void stand_close(struct wr_source *source)
{
	if (!source->looked) {
		source->run->opened--;
		source->run->ended -= source->ended;
	}
	wr_arena_release(&source->arena);
	wr_free(source);
}

/* All records have been read: the end, or a wait for an end that the test brings about. */
static enum wr_claim at_end(struct wr_source *source, struct wr_claim_ask *ask)
{
	struct wr_test_run *run = source->run;

	if (source->looked || !run->test->open)
		return WR_CLAIM_END;
	run->ended += !source->ended;
	source->ended = true;
	if (run->ended == run->opened)
		wr_test_stop(run);
	ask->wait_us = 1000;
	return WR_CLAIM_WAIT;
}

/* A block of records[from..to): spans over one text. */
static struct wr_block *make_block(struct wr_source *source, uint32_t from, uint32_t to)
{
	const struct wr_test_record *record = source->input->record;
	uint32_t count = to - from;
	struct wr_record_span *span = wr_calloc(count, sizeof *span);
	struct wr_block *block = wr_calloc(1, sizeof *block);
	size_t len = 0;

	for (uint32_t i = from; i < to; i++)
		len += record[i].len + 1;
	block->range.buf = wr_buf_new(len + 64);
	block->range.data = block->range.buf->data;
	block->range.len = len;
	memset(block->range.buf->data, 0, len + 64);
	len = 0;
	for (uint32_t i = from; i < to; i++) {
		char *at = (char *)block->range.buf->data + len;

		memcpy(at, record[i].text, record[i].len);
		at[record[i].len] = '\n';
		span[i - from] = (struct wr_record_span){(uint32_t)len, record[i].len};
		len += record[i].len + 1;
	}
	block->range.span = span;
	block->range.span_count = count;
	block->own = span;
	block->from = from;
	block->to = to;
	block->origin = "input";
	return block;
}

static wr_status *stand_claim(struct wr_source *source, struct wr_claim_ask *ask,
			      struct wr_block **out, enum wr_claim *result)
{
	const struct wr_test_input *input = source->input;
	const struct wr_test_way *way = source->run->way;
	uint64_t max = way->batch > 0 ? way->batch : way->crash ? 1 : BLOCK_RECORDS;
	int64_t now_us = source->run->clock.now_us;
	uint32_t to = source->next;

	ask->split_total = 1;
	*out = NULL;
	*result = WR_CLAIM_WAIT;
	if (ask->rows_max > 0)
		max = WR_MIN(max, ask->rows_max);
	while (to < input->count && to - source->next < max && input->record[to].at_us <= now_us)
		to++;
	if (to == input->count && to == source->next) {
		*result = at_end(source, ask);
	} else if (to == source->next && source->looked) {
		*result = WR_CLAIM_END;
	} else if (to == source->next) {
		ask->wait_us = input->record[to].at_us - now_us;
	} else {
		*out = make_block(source, source->next, to);
		source->next = to;
		*result = WR_CLAIM_BLOCK;
		source->run->blocks++;
		source->run->clock.busy_us = now_us;
	}
	return NULL;
}

static wr_status *stand_reader_new(struct wr_source *source, struct wr_reader **out)
{
	struct wr_reader *reader = wr_calloc(1, sizeof *reader);
	wr_status *status = source->codec->decoder_new(&source->format, &reader->decoder);

	if (status != NULL) {
		wr_free(reader);
		return status;
	}
	reader->source = source;
	reader->span_of = wr_calloc(WR_BATCH_ROWS_MAX, sizeof *reader->span_of);
	*out = reader;
	return NULL;
}

/* The kinds that stand in front of the records. */
static void put_kinds(const struct wr_reader *reader, const struct wr_block *block,
		      struct wr_batch *batch)
{
	const struct wr_test_record *record = reader->source->input->record + block->from;
	bool changes = false;

	for (uint32_t i = 0; i < batch->rows; i++)
		changes = changes || record[reader->span_of[i]].kind != WR_INSERT;
	if (!changes || reader->source->codec->changelog)
		return;
	wr_batch_kinds(batch);
	for (uint32_t i = 0; i < batch->rows; i++)
		batch->kind[i] = record[reader->span_of[i]].kind;
}

static wr_status *stand_decode(struct wr_reader *reader, struct wr_block *block,
			       struct wr_batch **out)
{
	struct wr_source *source = reader->source;
	uint64_t max = source->args->max_rows;

	*out = NULL;
	if (block->range.span_next >= block->range.span_count)
		return NULL;
	if (max == 0 || max > WR_BATCH_ROWS_MAX)
		max = WR_BATCH_ROWS_MAX;
	block->range.row_span = reader->span_of;
	WR_TRY(source->codec->decode(reader->decoder, &block->range, (uint32_t)max, out));
	if (*out != NULL)
		put_kinds(reader, block, *out);
	return NULL;
}

static void stand_reader_free(struct wr_reader *reader)
{
	if (reader == NULL)
		return;
	reader->source->codec->decoder_free(reader->decoder);
	wr_free(reader->span_of);
	wr_free(reader);
}

static void stand_block_free(struct wr_source *source, struct wr_block *block)
{
	wr_bad_list_release(&block->range.bad);
	wr_buf_unref(block->range.buf);
	wr_free(block->own);
	wr_free(block);
}

/* A bad record is called by its line. */
static void stand_place(struct wr_source *source, const struct wr_block *block,
			const struct wr_bad_record *record, struct wr_place *place)
{
	const struct wr_test_record *found;

	*place = (struct wr_place){
	    .origin = source->input->table, .partition = -1, .offset = -1, .timestamp_ms = -1};
	if (record->span >= block->range.span_count)
		return;
	found = &source->input->record[block->from + record->span];
	place->raw = (struct wr_str){found->text, found->len};
	place->offset = found->line;
	place->is_message = true;
}

static wr_status *stand_position(struct wr_source *source, struct wr_text *out)
{
	wr_text_printf(out, "%u", source->next);
	return NULL;
}

static wr_status *stand_seek(struct wr_source *source, const char *bytes, size_t len)
{
	char number[16] = "";

	memcpy(number, bytes, WR_MIN(len, sizeof number - 1));
	source->next = (uint32_t)strtoul(number, NULL, 10);
	return NULL;
}

/* --- look-ups -----------------------------------------------------------------------------------
 */

static const struct wr_connector looked = {
    .name = "stand-in",
    .bounded = true,
    .source_open = stand_open_looked,
    .claim = stand_claim,
    .place = stand_place,
    .reader_new = stand_reader_new,
    .decode = stand_decode,
    .reader_free = stand_reader_free,
    .block_free = stand_block_free,
    .position = stand_position,
    .seek = stand_seek,
    .source_close = stand_close,
};

static wr_status *stand_lookup_open(const struct wr_connector *connector,
				    const struct wr_connector_args *args, const uint32_t *key,
				    uint32_t key_count, struct wr_host *host,
				    struct wr_lookup **out)
{
	return wr_lookup_scan_open(&looked, args, key, key_count, host, out);
}

/* --- writing ------------------------------------------------------------------------------------
 */

static wr_status *stand_sink_open(const struct wr_connector_args *args, struct wr_host *host,
				  struct wr_sink **out)
{
	struct wr_sink *sink = wr_calloc(1, sizeof *sink);

	sink->run = run_of(args);
	if (sink->run->sinks++ == 0) {
		sink->run->attempts++;
		sink->run->blocks = 0;
	}
	sink->args = args;
	*out = sink;
	return wr_test_kept_open(sink->run, args->table, &sink->kept);
}

static wr_status *stand_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	const struct wr_connector_args *args = sink->args;
	struct wr_writer *writer = wr_calloc(1, sizeof *writer);

	*out = writer;
	return wr_test_keeper_new(sink->run, args->table, args->schema, args->primary_key,
				  args->primary_key_count, args->zone_id, &writer->keeper);
}

static void stand_writer_free(struct wr_writer *writer)
{
	if (writer == NULL)
		return;
	wr_test_keeper_free(writer->keeper);
	wr_free(writer);
}

static wr_status *stand_encode(struct wr_writer *writer, const struct wr_batch *batch,
			       struct wr_chunk *chunk)
{
	chunk->rows += wr_batch_count(batch);
	return wr_test_keep(writer->keeper, batch, &chunk->bytes);
}

/* Without a restore, an attempt begins where the job began. */
static wr_status *begin(struct wr_sink *sink)
{
	bool begun = sink->begun;

	sink->begun = true;
	return begun || sink->kept->at == sink->kept->base
		   ? NULL
		   : wr_test_kept_cut(sink->kept, sink->kept->base);
}

static wr_status *stand_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	wr_status *status = begin(sink);

	if (status == NULL)
		status = wr_test_kept_write(sink->kept, &chunk->bytes);
	wr_text_release(&chunk->bytes);
	return status;
}

/* At the end of an epoch, when its rows have been worked on and written: in a run with crashes
 * every second attempt fails here, and they come again. */
static wr_status *stand_flush(struct wr_sink *sink)
{
	struct wr_test_run *run = sink->run;

	if (run->way->crash && run->attempts % 2 == 1 && run->blocks > 0)
		return wr_status_new(WR_RESTART, "The test lets the job crash here");
	return NULL;
}

/* Where a restore goes on. */
static wr_status *stand_prepare(struct wr_sink *sink, bool last, struct wr_text *out)
{
	WR_TRY(begin(sink));
	WR_TRY(wr_test_kept_flush(sink->kept));
	wr_text_printf(out, "%llu", (unsigned long long)sink->kept->at);
	return NULL;
}

static wr_status *stand_commit(struct wr_sink *sink, const char *bytes, size_t len)
{
	return NULL;
}

static wr_status *stand_restore(struct wr_sink *sink, const char *bytes, size_t len)
{
	char number[24] = "";

	memcpy(number, bytes, WR_MIN(len, sizeof number - 1));
	sink->begun = true;
	return wr_test_kept_cut(sink->kept, strtoull(number, NULL, 10));
}

static wr_status *stand_sink_close(struct wr_sink *sink, bool commit)
{
	wr_status *status = wr_test_kept_flush(sink->kept);

	sink->kept->open = false;
	sink->run->sinks--;
	wr_free(sink);
	return status;
}

/* --- the registry -------------------------------------------------------------------------------
 */

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool always(const struct wr_connector_args *args)
{
	return true;
}

/* Has what plans depend on of the other; what touches the world is the stand-in's. */
static struct wr_connector stand_in_for(const struct wr_connector *other)
{
	static const char *const pure[] = {"kafka", "upsert-kafka"}; /* look at options alone */
	struct wr_connector stand = {.name = other->name,
				     .doc = other->doc,
				     .options = other->options,
				     .option_count = other->option_count,
				     .metadata = other->metadata,
				     .rows_by_name = other->rows_by_name,
				     .needs_format = other->needs_format,
				     .messages = other->messages,
				     .upserts = other->upserts,
				     .source_rows = other->source_rows,
				     .bounded = true,
				     .is_bounded = always,
				     .accepts_updates = other->accepts_updates,
				     .ignores_update_before = other->ignores_update_before,
				     .keeps_keys = other->keeps_keys};

	if (is_among(other->name, pure, WR_COUNT(pure)))
		stand.check = other->check;
	if (other->source_open != NULL) {
		stand.source_open = stand_open;
		stand.claim = stand_claim;
		stand.place = stand_place;
		stand.reader_new = stand_reader_new;
		stand.decode = stand_decode;
		stand.reader_free = stand_reader_free;
		stand.block_free = stand_block_free;
		stand.position = stand_position;
		stand.seek = stand_seek;
		stand.source_close = stand_close;
	}
	if (other->lookup_open != NULL) {
		stand.lookup_open = stand_lookup_open;
		stand.lookup_ask = wr_lookup_scan_ask;
		stand.lookup_next = wr_lookup_scan_next;
		stand.lookup_close = wr_lookup_scan_close;
	}
	if (other->sink_open != NULL) {
		stand.sink_open = stand_sink_open;
		stand.writer_new = stand_writer_new;
		stand.encode = stand_encode;
		stand.writer_free = stand_writer_free;
		stand.write = stand_write;
		stand.flush = stand_flush;
		stand.prepare = stand_prepare;
		stand.commit = stand_commit;
		stand.restore = stand_restore;
		stand.sink_close = stand_sink_close;
	}
	return stand;
}

void wr_test_stand_in(struct wr_test_run *run)
{
	static const char *const made[] = {"datagen", "nexmark"};
	static const char *const never[] = {"savepoint", "input"};
	struct wr_registry *registry = wr_test_registry(run);
	const struct wr_connector **list;
	uint32_t count = 0;

	while (registry->connectors[count] != NULL)
		count++;
	list = WR_NEW_ARRAY(&run->arena, const struct wr_connector *, count + 1);
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_connector *other = registry->connectors[i];
		struct wr_connector *stand;

		list[i] = other;
		if (is_among(other->name, never, WR_COUNT(never)) ||
		    (run->test->keep && is_among(other->name, made, WR_COUNT(made))))
			continue;
		stand = WR_NEW(&run->arena, struct wr_connector);
		*stand = stand_in_for(other);
		list[i] = stand;
	}
	registry->connectors = list;
}
