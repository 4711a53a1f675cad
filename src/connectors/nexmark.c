/* SPDX-License-Identifier: Apache-2.0
 *
 * nexmark - the connector 'nexmark': options, the table's columns, and batches of events.
 *
 * Columns are found by name: event_type INT, person ROW<...>, auction ROW<...>, bid ROW<...>; a
 * table may leave out columns and fields. All children of a ROW share its validity: where the event
 * is of another kind, the row and its fields are NULL.
 */
#include "connectors/nexmark.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/registry.h"
#include "data/datetime.h"

static const char *const event_names[] = {"person", "auction", "bid", NULL};

static const struct wr_option nexmark_options[] = {
    {.name = "events.num",
     .type = WR_OPTION_INT,
     .fallback = "0",
     .max = INT64_MAX,
     .doc = "Events to make; 0: no end."},
    {.name = "first-event.rate",
     .type = WR_OPTION_INT,
     .fallback = "10000",
     .min = 1,
     .max = 1000000000,
     .doc = "Events per second of event time (and of real time with rate.limited)."},
    {.name = "next-event.rate",
     .type = WR_OPTION_INT,
     .fallback = "10000",
     .min = 1,
     .max = 1000000000,
     .doc = "Accepted for scripts that set it; the rate does not change."},
    {.name = "rate.limited",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Make events only when they are due, not as fast as possible."},
    {.name = "base-time",
     .type = WR_OPTION_STRING,
     .fallback = "2015-07-15 00:00:00",
     .doc = "Time of the first event: a timestamp, or milliseconds since 1970."},
    {.name = "seed",
     .type = WR_OPTION_INT,
     .fallback = "0",
     .doc = "Other seeds make other events."},
    {.name = "person.proportion",
     .type = WR_OPTION_INT,
     .fallback = "1",
     .max = 100000,
     .doc = "People in every group of events."},
    {.name = "auction.proportion",
     .type = WR_OPTION_INT,
     .fallback = "3",
     .max = 100000,
     .doc = "Auctions in every group of events."},
    {.name = "bid.proportion",
     .type = WR_OPTION_INT,
     .fallback = "46",
     .max = 100000,
     .doc = "Bids in every group of events."},
    {.name = "person.avg-size",
     .type = WR_OPTION_MEMORY,
     .fallback = "200b",
     .max = 2000,
     .doc = "Average bytes of a person."},
    {.name = "auction.avg-size",
     .type = WR_OPTION_MEMORY,
     .fallback = "500b",
     .max = 2000,
     .doc = "Average bytes of an auction."},
    {.name = "bid.avg-size",
     .type = WR_OPTION_MEMORY,
     .fallback = "100b",
     .max = 2000,
     .doc = "Average bytes of a bid."},
    {.name = "bid.hot-ratio.auctions",
     .type = WR_OPTION_INT,
     .fallback = "2",
     .min = 1,
     .max = 1000000,
     .doc = "All but one of so many bids go to a hot auction."},
    {.name = "bid.hot-ratio.bidders",
     .type = WR_OPTION_INT,
     .fallback = "4",
     .min = 1,
     .max = 1000000,
     .doc = "All but one of so many bids are a hot bidder's."},
    {.name = "auction.hot-ratio.sellers",
     .type = WR_OPTION_INT,
     .fallback = "4",
     .min = 1,
     .max = 1000000,
     .doc = "All but one of so many auctions are a hot seller's."},
};

struct wr_reader {
	const struct wr_nexmark *nexmark;
	const struct wr_connector_args *args;
	uint32_t max_rows;
	struct wr_nexmark_rows rows[WR_NEXMARK_EVENTS];
	uint64_t *memory; /* of the lists in `rows` */
};

/* --- the table
 * ------------------------------------------------------------------------------------ */

/* Index of the event kind that a column is for; WR_NEXMARK_EVENTS: event_type; -1: unknown. */
static int column_kind(const struct wr_field *field)
{
	for (int i = 0; i < WR_NEXMARK_EVENTS; i++) {
		if (strcmp(field->name, event_names[i]) == 0)
			return i;
	}
	return strcmp(field->name, "event_type") == 0 ? WR_NEXMARK_EVENTS : -1;
}

static const struct wr_nexmark_field *find_field(int kind, const char *name)
{
	for (uint32_t i = 0; i < wr_nexmark_field_count[kind]; i++) {
		if (strcmp(wr_nexmark_fields[kind][i].name, name) == 0)
			return &wr_nexmark_fields[kind][i];
	}
	return NULL;
}

static bool type_fits(const struct wr_type *type, enum wr_kind kind)
{
	if (kind == WR_TIMESTAMP)
		return wr_kind_is_timestamp(type->kind) && type->precision == 3;
	return type->kind == kind;
}

static wr_status *check_fields(const struct wr_field *column, int kind)
{
	if (column->type->kind != WR_ROW)
		return wr_status_new(WR_USER_ERROR, "Column '%s' of a nexmark table must be a ROW",
				     column->name);
	for (uint32_t i = 0; i < column->type->child_count; i++) {
		const char *name = column->type->name[i];
		const struct wr_nexmark_field *field = find_field(kind, name);
		if (field == NULL)
			return wr_status_new(WR_USER_ERROR,
					     "A nexmark %s has no field '%s' (names are "
					     "case-sensitive)",
					     column->name, name);
		if (!type_fits(column->type->child[i], field->kind))
			return wr_status_new(WR_USER_ERROR, "Field '%s.%s' must be %s",
					     column->name, name,
					     field->kind == WR_BIGINT    ? "BIGINT"
					     : field->kind == WR_VARCHAR ? "STRING"
									 : "TIMESTAMP(3)");
	}
	return NULL;
}

static bool read_base_time(const char *text, int64_t *ms)
{
	int32_t nano;
	char *end;

	*ms = strtoll(text, &end, 10);
	return (*end == '\0' && end != text) || wr_timestamp_parse(text, strlen(text), ms, &nano);
}

static wr_status *nexmark_check(const struct wr_connector_args *args, bool for_sink)
{
	int64_t total = 0;
	int64_t ms;

	for (uint32_t i = 0; i < args->physical_count; i++) {
		const struct wr_field *field = &args->schema->field[i];
		int kind = column_kind(field);
		if (kind < 0) {
			wr_status *status = wr_status_new(
			    WR_USER_ERROR, "A nexmark table has no column '%s'", field->name);
			return wr_status_hint(status, "Its columns are event_type, person, auction "
						      "and bid; others must be computed");
		}
		if (kind == WR_NEXMARK_EVENTS && field->type->kind != WR_INT)
			return wr_status_new(WR_USER_ERROR, "Column 'event_type' must be INT");
		if (kind < WR_NEXMARK_EVENTS)
			WR_TRY(check_fields(field, kind));
	}
	for (int i = 0; i < WR_NEXMARK_EVENTS; i++) {
		char name[32];
		snprintf(name, sizeof name, "%s.proportion", event_names[i]);
		total += wr_options_i64(args->options, name);
	}
	if (total == 0)
		return wr_status_new(WR_USER_ERROR, "All three proportions of events are 0");
	if (!read_base_time(wr_options_str(args->options, "base-time"), &ms))
		return wr_status_new(WR_USER_ERROR,
				     "'base-time' = '%s' is no timestamp and no number",
				     wr_options_str(args->options, "base-time"));
	return NULL;
}

static bool nexmark_is_bounded(const struct wr_connector_args *args)
{
	return wr_options_i64(args->options, "events.num") != 0;
}

/* --- the source
 * --------------------------------------------------------------------------------------- */

/* The reader needs the columns too. */
struct nexmark_source {
	struct wr_nexmark nexmark; /* first: freed as one */
	struct wr_connector_args args;
};

static wr_status *nexmark_open(const struct wr_connector_args *args, struct wr_host *host,
			       struct wr_source **out)
{
	struct nexmark_source *own = wr_calloc(1, sizeof *own);
	struct wr_nexmark *nexmark = &own->nexmark;
	const struct wr_options *options = args->options;
	uint64_t rate = (uint64_t)wr_options_i64(options, "first-event.rate");
	uint64_t count = (uint64_t)wr_options_i64(options, "events.num");

	own->args = *args;
	nexmark->seed = wr_generator_mix((uint64_t)wr_options_i64(options, "seed"));
	for (int i = 0; i < WR_NEXMARK_EVENTS; i++) {
		char name[32];
		snprintf(name, sizeof name, "%s.proportion", event_names[i]);
		nexmark->share[i] = (uint32_t)wr_options_i64(options, name);
		nexmark->total += nexmark->share[i];
		snprintf(name, sizeof name, "%s.avg-size", event_names[i]);
		nexmark->size[i] = (uint32_t)wr_options_i64(options, name);
	}
	nexmark->hot_auctions = (uint32_t)wr_options_i64(options, "bid.hot-ratio.auctions");
	nexmark->hot_bidders = (uint32_t)wr_options_i64(options, "bid.hot-ratio.bidders");
	nexmark->hot_sellers = (uint32_t)wr_options_i64(options, "auction.hot-ratio.sellers");
	read_base_time(wr_options_str(options, "base-time"), &nexmark->base_ms);
	nexmark->delay_us = 1e6 / (double)rate;
	wr_nexmark_fill_pools(nexmark);
	*out = wr_generator_new(args->env, own, wr_nexmark_free, count != 0 ? count : UINT64_MAX,
				wr_options_bool(options, "rate.limited") ? rate : 0,
				args->block_bytes, "nexmark");
	return NULL;
}

static wr_status *nexmark_reader_new(struct wr_source *source, struct wr_reader **out)
{
	const struct nexmark_source *own = source->own;
	struct wr_reader *reader = wr_calloc(1, sizeof *reader);
	uint32_t max = (uint32_t)WR_MIN(own->args.max_rows, (uint64_t)WR_BATCH_ROWS_MAX);

	reader->nexmark = &own->nexmark;
	reader->args = &own->args;
	reader->max_rows = max;
	reader->memory = wr_malloc((size_t)max * WR_NEXMARK_EVENTS * 4 * sizeof(uint64_t));
	uint64_t *next = reader->memory;
	for (int i = 0; i < WR_NEXMARK_EVENTS; i++) {
		struct wr_nexmark_rows *rows = &reader->rows[i];
		rows->event = next;
		rows->person = next + max;
		rows->auction = (int64_t *)(next + 2 * (size_t)max);
		rows->row = (uint32_t *)(next + 3 * (size_t)max);
		next += 4 * (size_t)max;
	}
	*out = reader;
	return NULL;
}

static void nexmark_reader_free(struct wr_reader *reader)
{
	if (reader == NULL)
		return;
	wr_free(reader->memory);
	wr_free(reader);
}

/* Sorts the events [from, from + count) by kind. */
static void list_events(struct wr_reader *reader, uint64_t from, uint32_t count)
{
	const struct wr_nexmark *nexmark = reader->nexmark;
	uint32_t people = nexmark->share[WR_NEXMARK_PERSON];
	uint32_t auctions = nexmark->share[WR_NEXMARK_AUCTION];
	uint64_t group = from / nexmark->total;
	uint32_t offset = (uint32_t)(from % nexmark->total);

	for (int i = 0; i < WR_NEXMARK_EVENTS; i++)
		reader->rows[i].count = 0;
	for (uint32_t row = 0; row < count; row++) {
		int kind = offset < people              ? WR_NEXMARK_PERSON
			   : offset < people + auctions ? WR_NEXMARK_AUCTION
							: WR_NEXMARK_BID;
		struct wr_nexmark_rows *rows = &reader->rows[kind];
		uint32_t i = rows->count++;
		rows->row[i] = row;
		rows->event[i] = from + row;
		rows->person[i] =
		    group * people + (offset < people ? offset : WR_MAX(people, 1u) - 1);
		rows->auction[i] =
		    (int64_t)(group * auctions) - 1 +
		    (offset < people ? 0 : (int64_t)WR_MIN(offset - people + 1, auctions));
		if (++offset == nexmark->total) {
			offset = 0;
			group++;
		}
	}
}

/* One byte per row: 1 for the rows listed. */
static void mark_valid(struct wr_nexmark_rows *rows, uint32_t count)
{
	rows->valid_buf = wr_buf_new(count);
	rows->valid = (uint8_t *)rows->valid_buf->data;
	memset(rows->valid, 0, count);
	for (uint32_t i = 0; i < rows->count; i++)
		rows->valid[rows->row[i]] = 1;
}

/* Gives the column the validity of its event kind. */
static void share_valid(struct wr_column *column, const struct wr_nexmark_rows *rows)
{
	column->valid_buf = wr_buf_ref(rows->valid_buf);
	column->valid = rows->valid;
}

static struct wr_column *make_row(struct wr_reader *reader, const struct wr_type *type, int kind,
				  uint32_t count)
{
	struct wr_nexmark_rows *rows = &reader->rows[kind];
	struct wr_column *column = wr_column_new(type, count);

	mark_valid(rows, count);
	share_valid(column, rows);
	for (uint32_t i = 0; i < type->child_count; i++) {
		const struct wr_nexmark_field *field = find_field(kind, type->name[i]);
		struct wr_column *child = wr_column_new(type->child[i], count);
		memset(child->data, 0, (size_t)count * wr_phys_size(child->phys));
		share_valid(child, rows);
		field->make(reader->nexmark, rows, child);
		wr_column_set_child(column, i, child);
	}
	wr_buf_unref(rows->valid_buf);
	return column;
}

static struct wr_column *make_event_type(struct wr_reader *reader, const struct wr_type *type,
					 uint32_t count)
{
	struct wr_column *column = wr_column_new(type, count);

	for (int kind = 0; kind < WR_NEXMARK_EVENTS; kind++) {
		const struct wr_nexmark_rows *rows = &reader->rows[kind];
		for (uint32_t i = 0; i < rows->count; i++)
			WR_DATA(column, int32_t)[rows->row[i]] = kind;
	}
	return column;
}

static wr_status *nexmark_decode(struct wr_reader *reader, struct wr_block *block,
				 struct wr_batch **out)
{
	const struct wr_connector_args *args = reader->args;
	uint32_t count = (uint32_t)WR_MIN(block->to - block->from, (uint64_t)reader->max_rows);

	*out = NULL;
	if (count == 0)
		return NULL;
	list_events(reader, block->from, count);
	struct wr_batch *batch = wr_batch_new(args->wanted_count, count);
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		const struct wr_field *field = &args->schema->field[args->wanted[i]];
		int kind = column_kind(field);
		batch->column[i] = kind == WR_NEXMARK_EVENTS
				       ? make_event_type(reader, field->type, count)
				       : make_row(reader, field->type, kind, count);
	}
	block->from += count;
	*out = batch;
	return NULL;
}

const struct wr_connector wr_connector_nexmark = {
    .name = "nexmark",
    .doc = "People, auctions and bids in the shape of the Nexmark benchmark.",
    .options = nexmark_options,
    .option_count = WR_COUNT(nexmark_options),
    .rows_by_name = true,
    .check = nexmark_check,
    .is_bounded = nexmark_is_bounded,
    .source_open = nexmark_open,
    .claim = wr_generator_claim,
    .reader_new = nexmark_reader_new,
    .decode = nexmark_decode,
    .reader_free = nexmark_reader_free,
    .block_free = wr_generator_block_free,
    .position = wr_generator_position,
    .seek = wr_generator_seek,
    .source_close = wr_generator_close,
};
