/* SPDX-License-Identifier: Apache-2.0
 *
 * message_decode - rows out of the messages of a block.
 *
 * A batch is made in four steps: the value format makes rows of the next messages; deletions for
 * messages without value are put between them; the keys of just these messages are decoded; columns
 * are taken from the values, from the keys, or made out of the messages' particulars. Where nothing
 * was put between and no key was bad, the columns go on as the formats made them.
 *
 * A key stands for all rows of its message. A message without a key has NULL in the key's columns;
 * where these are NOT NULL, and where it is a deletion, it is bad. (Flink drops it without a word
 * when the key's format is not raw.)
 *
 * Invariants
 *   D1  block->range.pos counts the messages that are done; block->range.span_next is where the
 *       value format goes on
 *   D2  what a batch holds depends on the messages alone, its end on max_rows, too
 *   D3  a message has at most one entry among the bad records for its key
 */
#include <stdio.h>

#include "base/limits.h"
#include "base/mem.h"
#include "connectors/message_columns.h"
#include "connectors/message_set.h"

#define NONE UINT32_MAX

/* Where a wanted column comes from; each NONE: not there. */
struct origin {
	uint32_t value;    /* column that the value format makes */
	uint32_t key;      /* column that the key format makes */
	uint32_t metadata; /* enum wr_message_column */
};

/* The rows of a batch while it is made. */
struct rows {
	uint32_t count;
	bool plain;         /* the rows of the value format as they are */
	uint32_t *message;  /* per row: which it is of */
	uint32_t *value;    /* per row: of the value format; NONE: a deletion */
	uint32_t *key;      /* per row: of the key format; NONE: NULL */
	bool keys;          /* there is a `key` per row */
	uint32_t deletions; /* rows that are */
};

struct wr_message_reader {
	struct wr_arena arena;
	const struct wr_connector_args *args;
	bool upsert;
	bool nulls;        /* the value format makes NULL out of no bytes */
	bool key_always;   /* some column is read from the keys alone */
	bool key_required; /* one of the key's columns is NOT NULL */
	bool key_ignores;  /* bad keys are skipped with their rows: 'ignore-parse-errors' */
	uint32_t max_rows;
	struct origin *origin; /* per wanted column */
	struct wr_format_args value_args, key_args;
	struct wr_decoder *value, *key; /* key NULL: no column of it is read */
	struct wr_message_topic topic;
	struct rows rows;
	uint32_t *span_of;            /* per row of the value format, its span */
	uint32_t *index;              /* for gathering */
	struct wr_record_span *spans; /* of the keys to decode */
	uint32_t *key_message;        /* per key to decode, its message */
	uint32_t *key_row;            /* per key to decode, its row; NONE: it has none */
	uint32_t *key_span_of;        /* per row of the key format, its span */
	bool *key_bad;                /* per key to decode: there is an entry about it */
};

/* --- which column comes from where --------------------------------------------------------------
 */

/* Index of `column` among those of a format, or NONE. */
static uint32_t find_column(const uint32_t *columns, uint32_t count, uint32_t column)
{
	for (uint32_t i = 0; i < count; i++)
		if (columns == NULL ? i == column : columns[i] == column)
			return i;
	return NONE;
}

/* Adds a column to the wanted ones of a format; returns its place among them. */
static uint32_t want(struct wr_format_args *args, uint32_t column)
{
	uint32_t *wanted = (uint32_t *)(uintptr_t)args->wanted; /* the reader's own */

	if (column == NONE)
		return NONE;
	wanted[args->wanted_count] = column;
	return args->wanted_count++;
}

/* One column of the table. Of those that are in value and key the value's counts. */
static struct origin find_origin(struct wr_message_reader *reader, uint32_t column)
{
	const struct wr_connector_args *args = reader->args;
	const struct wr_schema *value = reader->value_args.schema;
	const struct wr_schema *key = reader->key_args.schema;
	struct origin origin = {NONE, NONE, NONE};
	uint32_t at = find_column(args->value_column, value->count, column);

	if (args->key_format != NULL)
		origin.key = find_column(args->key_column, key->count, column);
	if (at != NONE && origin.key != NONE && !reader->upsert)
		origin.key = NONE;
	if (at == NONE && origin.key == NONE)
		origin.metadata =
		    wr_message_column_find(args->metadata_key[column - args->physical_count]);
	reader->key_always |= at == NONE && origin.key != NONE;
	origin.value = want(&reader->value_args, at);
	origin.key = want(&reader->key_args, origin.key);
	return origin;
}

static void find_origins(struct wr_message_reader *reader)
{
	const struct wr_connector_args *args = reader->args;
	struct wr_arena *arena = &reader->arena;

	reader->value_args = args->format_args;
	reader->value_args.wanted = WR_NEW_ARRAY(arena, uint32_t, args->wanted_count + 1);
	reader->value_args.wanted_count = 0;
	reader->key_args = args->key_args;
	reader->key_args.wanted = WR_NEW_ARRAY(arena, uint32_t, args->wanted_count + 1);
	reader->key_args.wanted_count = 0;
	reader->origin = WR_NEW_ARRAY(arena, struct origin, args->wanted_count + 1);
	for (uint32_t i = 0; i < args->wanted_count; i++)
		reader->origin[i] = find_origin(reader, args->wanted[i]);
	for (uint32_t i = 0; i < reader->key_args.wanted_count; i++) {
		uint32_t column = reader->key_args.wanted[i];

		reader->key_required |= !reader->key_args.schema->field[column].type->nullable;
	}
}

static bool ignores_errors(const struct wr_options *options)
{
	return options != NULL &&
	       wr_option_find(options->table, options->count, "ignore-parse-errors") != NULL &&
	       wr_options_bool(options, "ignore-parse-errors");
}

struct wr_message_wants wr_message_wants_of(const struct wr_connector_args *args)
{
	struct wr_message_wants wants = {.values = args->wanted_count == 0};

	for (uint32_t i = 0; i < args->wanted_count; i++) {
		uint32_t column = args->wanted[i];
		uint32_t metadata = NONE;

		if (column >= args->physical_count)
			metadata = wr_message_column_find(
			    args->metadata_key[column - args->physical_count]);
		wants.headers |= metadata == WR_MESSAGE_HEADERS;
		wants.times |= metadata == WR_MESSAGE_TIMESTAMP_TYPE;
		wants.leader_epoch |= metadata == WR_MESSAGE_LEADER_EPOCH;
		wants.values |= metadata == NONE;
	}
	return wants;
}

static void make_room(struct wr_message_reader *reader)
{
	struct wr_arena *arena = &reader->arena;
	uint32_t most = reader->max_rows;

	reader->rows.message = WR_NEW_ARRAY(arena, uint32_t, most);
	reader->rows.value = WR_NEW_ARRAY(arena, uint32_t, most);
	reader->rows.key = WR_NEW_ARRAY(arena, uint32_t, most);
	reader->span_of = WR_NEW_ARRAY(arena, uint32_t, most);
	reader->index = WR_NEW_ARRAY(arena, uint32_t, most);
	reader->spans = WR_NEW_ARRAY(arena, struct wr_record_span, most);
	reader->key_message = WR_NEW_ARRAY(arena, uint32_t, most);
	reader->key_row = WR_NEW_ARRAY(arena, uint32_t, most);
	reader->key_span_of = WR_NEW_ARRAY(arena, uint32_t, most);
	reader->key_bad = WR_NEW_ARRAY(arena, bool, most);
}

wr_status *wr_message_reader_new(const struct wr_connector_args *args, bool upsert,
				 struct wr_message_reader **out)
{
	struct wr_message_reader *reader = wr_calloc(1, sizeof *reader);
	uint64_t max_rows = args->max_rows;
	wr_status *status;

	WR_ASSERT(args->format != NULL && args->format->messages);
	WR_ASSERT(args->key_format == NULL || args->key_format->messages);
	wr_arena_init(&reader->arena);
	reader->args = args;
	reader->upsert = upsert;
	reader->nulls = args->format->nulls && !upsert;
	reader->max_rows =
	    max_rows == 0 ? WR_BATCH_ROWS_MAX : (uint32_t)WR_MIN(max_rows, WR_BATCH_ROWS_MAX);
	find_origins(reader);
	make_room(reader);
	status = args->format->decoder_new(&reader->value_args, &reader->value);
	if (status == NULL && reader->key_args.wanted_count > 0) {
		reader->key_ignores = ignores_errors(reader->key_args.options);
		status = args->key_format->decoder_new(&reader->key_args, &reader->key);
	}
	if (status != NULL) {
		wr_message_reader_free(reader);
		return status;
	}
	*out = reader;
	return NULL;
}

void wr_message_reader_free(struct wr_message_reader *reader)
{
	if (reader == NULL)
		return;
	reader->args->format->decoder_free(reader->value);
	if (reader->args->key_format != NULL)
		reader->args->key_format->decoder_free(reader->key);
	wr_message_topic_release(&reader->topic);
	wr_arena_release(&reader->arena);
	wr_free(reader);
}

/* --- values -------------------------------------------------------------------------------------
 */

/* One decode while it is under way. */
struct step {
	struct wr_message_reader *reader;
	struct wr_messages *set;
	struct wr_block *block;
	uint32_t from;                /* first message */
	uint32_t done;                /* the message to go on with */
	const uint32_t *message_of;   /* per span of the values, its message; NULL: the same */
	struct wr_decode_range range; /* of the values */
	struct wr_batch *values;      /* NULL: no rows */
	struct wr_batch *keys;        /* NULL: no rows */
};

static uint32_t message_of(const struct step *step, uint32_t span)
{
	return step->message_of != NULL ? step->message_of[span] : span;
}

/* The next messages through the value format. Where some have no value, no more of them are looked
 * at than rows fit, deletions included. */
static wr_status *decode_values(struct step *step, uint32_t max_rows)
{
	struct wr_message_reader *reader = step->reader;
	const struct wr_message_part *part = &step->set->value;
	uint32_t end = step->set->count, deletions = 0;

	step->range = step->block->range;
	step->range.row_span = reader->span_of;
	step->range.bad = (struct wr_bad_list){0};
	if (part->missing != 0 && !reader->nulls) {
		end = WR_MIN(end, step->from + max_rows);
		step->message_of = part->message;
		step->range.span = part->dense;
		step->range.span_count = part->before[end];
		if (reader->upsert)
			deletions =
			    end - step->from - (part->before[end] - part->before[step->from]);
	}
	if (step->range.span_next < step->range.span_count)
		WR_TRY(reader->args->format->decode(reader->value, &step->range,
						    max_rows - deletions, &step->values));
	step->done = step->range.span_next < step->range.span_count
			 ? message_of(step, step->range.span_next)
			 : end;
	return NULL;
}

/* The rows of the value format, with deletions between them. */
static void list_rows(struct step *step)
{
	struct wr_message_reader *reader = step->reader;
	struct rows *rows = &reader->rows;
	const struct wr_record_span *span = step->set->value.span;
	uint32_t values = step->values != NULL ? step->values->rows : 0, next = step->from;
	bool deletions = reader->upsert && step->set->value.missing != 0;

	rows->count = rows->deletions = 0;
	for (uint32_t v = 0; v <= values; v++) {
		uint32_t message = v < values ? message_of(step, reader->span_of[v]) : step->done;

		for (; deletions && next < message && next < step->done; next++) {
			if (span[next].size != WR_RECORD_NONE)
				continue;
			rows->message[rows->count] = next;
			rows->value[rows->count++] = NONE;
			rows->deletions++;
		}
		if (v < values) {
			rows->message[rows->count] = message;
			rows->value[rows->count++] = v;
		}
	}
	rows->plain = rows->deletions == 0;
}

/* --- keys ---------------------------------------------------------------------------------------
 */

/* The keys that the rows need. */
static uint32_t list_keys(struct step *step)
{
	struct wr_message_reader *reader = step->reader;
	const struct rows *rows = &reader->rows;
	const struct wr_message_part *part = &step->set->key;
	uint32_t count = 0;

	for (uint32_t i = 0; i < rows->count; i++) {
		uint32_t message = rows->message[i];

		if ((!reader->key_always && rows->value[i] != NONE) ||
		    part->span[message].size == WR_RECORD_NONE ||
		    (count > 0 && reader->key_message[count - 1] == message))
			continue;
		reader->spans[count] = part->span[message];
		reader->key_message[count++] = message;
	}
	return count;
}

/* Whether there is an entry about the key: the message may have had rows in the batch before. */
static bool key_known(const struct step *step, uint32_t message)
{
	const struct wr_bad_list *list = &step->block->range.bad;

	for (uint32_t i = 0; message == step->from && i < list->count; i++)
		if (list->record[i].key && list->record[i].span == message)
			return true;
	return false;
}

/* A bad record about the key of a message. */
static void key_is_bad(struct step *step, uint32_t message, const char *kind, const char *text)
{
	const struct wr_record_span *span = &step->set->key.span[message];
	struct wr_bad_record *bad;

	if (key_known(step, message))
		return;
	bad = wr_bad_list_add(&step->block->range.bad);
	bad->span = message;
	bad->key = true;
	bad->kind = kind;
	bad->offset = span->start;
	bad->length = span->size == WR_RECORD_NONE ? 0 : span->size;
	snprintf(bad->text, sizeof bad->text, "%s", text);
}

/* What the key format could not read. */
static void take_bad_keys(struct step *step, struct wr_bad_list *list)
{
	struct wr_message_reader *reader = step->reader;

	step->block->range.bad.ignored += list->ignored;
	for (uint32_t i = 0; i < list->count; i++) {
		struct wr_bad_record record = list->record[i];
		uint32_t key = record.span;

		if (reader->key_bad[key])
			continue; /* D3 */
		reader->key_bad[key] = true;
		if (key_known(step, reader->key_message[key]))
			continue;
		record.span = reader->key_message[key];
		record.key = true;
		snprintf(record.text, sizeof record.text, "the key: %.*s",
			 (int)(sizeof record.text - sizeof "the key: "), list->record[i].text);
		*wr_bad_list_add(&step->block->range.bad) = record;
	}
	wr_bad_list_release(list);
}

/* Two batches as one, for keys that are arrays. Both go. */
static struct wr_batch *join_batches(struct wr_batch *a, struct wr_batch *b)
{
	const uint32_t lens[] = {a->rows, b->rows};
	struct wr_batch *both = wr_batch_new(a->column_count, a->rows + b->rows);

	for (uint32_t i = 0; i < a->column_count; i++)
		both->column[i] =
		    wr_column_concat((struct wr_column *[]){a->column[i], b->column[i]}, lens, 2);
	wr_batch_free(a);
	wr_batch_free(b);
	return both;
}

/* Notes which row each key made. More than one is a fault. */
static void note_key_rows(struct step *step, const struct wr_batch *batch, uint32_t first)
{
	struct wr_message_reader *reader = step->reader;

	for (uint32_t i = 0; i < batch->rows; i++) {
		uint32_t key = reader->key_span_of[i];

		if (reader->key_row[key] == NONE) {
			reader->key_row[key] = first + i;
		} else if (!reader->key_bad[key]) {
			reader->key_bad[key] = true;
			key_is_bad(step, reader->key_message[key], "syntax",
				   "the key of the message has several rows");
		}
	}
}

/* Reads the keys of the rows: key_row and key_bad per key. */
static wr_status *decode_keys(struct step *step, uint32_t count)
{
	struct wr_message_reader *reader = step->reader;
	const struct wr_message_part *part = &step->set->key;
	struct wr_decode_range range = {.buf = part->buf,
					.data = part->buf->data,
					.len = part->len,
					.span = reader->spans,
					.span_count = count,
					.row_span = reader->key_span_of};
	wr_status *status = NULL;

	for (uint32_t i = 0; i < count; i++) {
		reader->key_row[i] = NONE;
		reader->key_bad[i] = false;
	}
	while (status == NULL && range.span_next < count) {
		struct wr_batch *batch = NULL;

		status =
		    reader->args->key_format->decode(reader->key, &range, reader->max_rows, &batch);
		if (batch == NULL)
			continue;
		note_key_rows(step, batch, step->keys != NULL ? step->keys->rows : 0);
		step->keys = step->keys != NULL ? join_batches(step->keys, batch) : batch;
	}
	take_bad_keys(step, &range.bad);
	return status;
}

/* Whether the row can be used; the key's row goes to *row. `key`: of the message among those that
 * were decoded, NONE: it has none. `first`: of its message. */
static bool take_key(struct step *step, uint32_t i, uint32_t key, bool first, uint32_t *row)
{
	struct wr_message_reader *reader = step->reader;
	bool deletion = reader->rows.value[i] == NONE;

	*row = NONE;
	if (!reader->key_always && !deletion)
		return true;
	if (key != NONE && reader->key_bad[key])
		return false;
	if (key != NONE)
		*row = reader->key_row[key];
	if (*row != NONE)
		return true;
	if (key != NONE && reader->key_ignores)
		return false;
	if (!deletion && !reader->key_required)
		return true;
	if (first)
		key_is_bad(step, reader->rows.message[i], "missing-field",
			   key != NONE ? "the key of the message is empty"
				       : "the message has no key");
	return false;
}

/* Gives each row its key; rows whose key cannot be used go. */
static wr_status *add_keys(struct step *step)
{
	struct wr_message_reader *reader = step->reader;
	struct rows *rows = &reader->rows;
	uint32_t keys, k = 0, kept = 0, last = NONE;

	rows->keys = reader->key != NULL && (reader->key_always || rows->deletions > 0);
	if (!rows->keys)
		return NULL;
	keys = list_keys(step);
	WR_TRY(decode_keys(step, keys));
	for (uint32_t i = 0; i < rows->count; i++) {
		uint32_t message = rows->message[i], row;
		bool first = message != last;

		last = message;
		while (k < keys && reader->key_message[k] < message)
			k++;
		bool has = k < keys && reader->key_message[k] == message;
		if (!take_key(step, i, has ? k : NONE, first, &row)) {
			rows->plain = false;
			rows->deletions -= rows->value[i] == NONE;
			continue;
		}
		rows->message[kept] = message;
		rows->value[kept] = rows->value[i];
		rows->key[kept++] = row;
	}
	rows->count = kept;
	return NULL;
}

/* --- the batch ----------------------------------------------------------------------------------
 */

/* Makes the rows NULL that are NONE, with their fields. `column` was just made. */
static void null_rows(struct wr_column *column, const uint32_t *row, uint32_t count)
{
	uint8_t *valid = wr_column_validity(column);

	for (uint32_t i = 0; i < count; i++) {
		if (row[i] != NONE)
			continue;
		valid[i] = 0;
		if (column->phys == WR_P_LIST || column->phys == WR_P_MAP)
			WR_DATA(column, struct wr_span)[i] = (struct wr_span){0, 0};
	}
	for (uint32_t i = 0; column->phys == WR_P_ROW && i < column->child_count; i++)
		if (!column->child[i]->is_const)
			null_rows(column->child[i], row, count);
}

/* Rows row[0..count) of a column, NULL where the row is NONE. `column` NULL: all are. */
static struct wr_column *gather(struct wr_message_reader *reader, const struct wr_column *column,
				const struct wr_type *type, const uint32_t *row, uint32_t count)
{
	struct wr_column *out, *dense = NULL;
	uint32_t missing = 0;

	if (column == NULL)
		return wr_column_null(type);
	for (uint32_t i = 0; i < count; i++) {
		missing += row[i] == NONE;
		reader->index[i] = row[i] == NONE ? 0 : row[i];
	}
	if (column->is_const && missing != 0)
		column = dense =
		    wr_column_flatten((struct wr_column *)(uintptr_t)column, reader->max_rows);
	out = wr_column_gather(column, reader->index, count);
	wr_column_unref(dense);
	if (missing != 0)
		null_rows(out, row, count);
	return out;
}

/* A column of values; of deletions the key's, where it has it. */
static struct wr_column *value_column(const struct step *step, const struct origin *origin,
				      const struct wr_type *type)
{
	struct wr_message_reader *reader = step->reader;
	const struct rows *rows = &reader->rows;
	struct wr_column *value = step->values != NULL ? step->values->column[origin->value] : NULL;
	struct wr_column *key = rows->keys && origin->key != NONE && step->keys != NULL
				    ? step->keys->column[origin->key]
				    : NULL;

	if (rows->plain)
		return wr_column_ref(value);
	if (key == NULL || rows->deletions == 0)
		return gather(reader, value, type, rows->value, rows->count);
	if (value == NULL)
		return gather(reader, key, type, rows->key, rows->count);
	struct wr_column *both =
	    wr_column_concat((struct wr_column *[]){value, key},
			     (uint32_t[]){step->values->rows, step->keys->rows}, 2);
	uint32_t *from = wr_malloc((rows->count + 1) * sizeof *from);
	for (uint32_t i = 0; i < rows->count; i++)
		from[i] = rows->value[i] != NONE ? rows->value[i]
			  : rows->key[i] != NONE ? step->values->rows + rows->key[i]
						 : NONE;
	struct wr_column *out = gather(reader, both, type, from, rows->count);
	wr_free(from);
	wr_column_unref(both);
	return out;
}

static struct wr_column *key_column(const struct step *step, uint32_t column,
				    const struct wr_type *type)
{
	const struct rows *rows = &step->reader->rows;
	bool plain = step->keys != NULL && step->keys->rows == rows->count;

	for (uint32_t i = 0; plain && i < rows->count; i++)
		plain = rows->key[i] == i;
	if (plain)
		return wr_column_ref(step->keys->column[column]);
	return gather(step->reader, step->keys != NULL ? step->keys->column[column] : NULL, type,
		      rows->key, rows->count);
}

static void add_kinds(const struct step *step, struct wr_batch *batch)
{
	const struct rows *rows = &step->reader->rows;
	const uint8_t *kinds = step->values != NULL ? step->values->kind : NULL;
	uint8_t *kind;

	if (kinds == NULL && !step->reader->upsert)
		return;
	kind = wr_batch_kinds(batch);
	for (uint32_t i = 0; i < rows->count; i++)
		kind[i] = rows->value[i] == NONE ? WR_DELETE
			  : kinds != NULL        ? kinds[rows->value[i]]
						 : WR_UPDATE_AFTER;
}

/* A message's trace is that of all its rows; both are in order. */
static void add_traces(const struct step *step, struct wr_batch *batch)
{
	const struct wr_traced *traced = step->set->traced;
	const struct rows *rows = &step->reader->rows;
	uint32_t t = 0;

	for (uint32_t i = 0; traced != NULL && i < rows->count; i++) {
		while (t < traced->count && traced->at[t].row < rows->message[i])
			t++;
		if (t == traced->count)
			return;
		if (traced->at[t].row == rows->message[i])
			wr_traced_add(&batch->traced, i, wr_row_trace_ref(traced->at[t].trace));
	}
}

static struct wr_batch *make_batch(struct step *step)
{
	struct wr_message_reader *reader = step->reader;
	const struct wr_connector_args *args = reader->args;
	const struct rows *rows = &reader->rows;
	struct wr_batch *batch;

	if (rows->count == 0)
		return NULL;
	batch = wr_batch_new(args->wanted_count, rows->count);
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		const struct origin *origin = &reader->origin[i];
		const struct wr_type *type = args->schema->field[args->wanted[i]].type;

		if (origin->value != NONE)
			batch->column[i] = value_column(step, origin, type);
		else if (origin->key != NONE)
			batch->column[i] = key_column(step, origin->key, type);
		else
			batch->column[i] = wr_message_column_make(
			    &reader->topic, step->set, (enum wr_message_column)origin->metadata,
			    type, rows->message, rows->count);
	}
	add_kinds(step, batch);
	add_traces(step, batch);
	return batch;
}

/* Bad values go to the block's list; all new entries learn how many rows came before them. */
static void finish_bad(struct step *step, uint32_t known)
{
	struct wr_bad_list *list = &step->block->range.bad;
	const struct rows *rows = &step->reader->rows;

	list->ignored += step->range.bad.ignored;
	for (uint32_t i = 0; i < step->range.bad.count; i++) {
		struct wr_bad_record record = step->range.bad.record[i];

		record.span = message_of(step, record.span);
		*wr_bad_list_add(list) = record;
	}
	wr_bad_list_release(&step->range.bad);
	for (uint32_t i = known; i < list->count; i++) {
		uint32_t low = 0, high = rows->count; /* rows of the messages before */

		while (low < high) {
			uint32_t middle = (low + high) / 2;

			if (rows->message[middle] < list->record[i].span)
				low = middle + 1;
			else
				high = middle;
		}
		list->record[i].row = step->block->range.rows + low;
	}
}

/* The block's range behind the batch. */
static void move_on(struct step *step)
{
	struct wr_decode_range *range = &step->block->range;
	const struct rows *rows = &step->reader->rows;

	if (range->row_span != NULL)
		memcpy(range->row_span, rows->message, rows->count * sizeof *rows->message);
	range->span_next = step->range.span_next;
	range->rows += rows->count;
	range->pos = step->done;
	if (step->done == step->set->count)
		range->span_next = range->span_count;
}

wr_status *wr_message_decode(struct wr_message_reader *reader, struct wr_block *block,
			     struct wr_batch **out)
{
	struct wr_messages *set = block->own;
	uint32_t max_rows = block->range.rows_max != 0
				? WR_MIN(block->range.rows_max, reader->max_rows)
				: reader->max_rows;
	wr_status *status = NULL;

	*out = NULL;
	while (status == NULL && *out == NULL && block->range.pos < set->count) {
		struct step step = {.reader = reader,
				    .set = set,
				    .block = block,
				    .from = (uint32_t)block->range.pos};
		uint32_t known = block->range.bad.count;

		reader->rows.count = 0;
		status = decode_values(&step, max_rows);
		if (status == NULL) {
			list_rows(&step);
			status = add_keys(&step);
		}
		if (status == NULL)
			*out = make_batch(&step);
		finish_bad(&step, known);
		if (status == NULL)
			move_on(&step);
		wr_batch_free(step.values);
		wr_batch_free(step.keys);
	}
	return status;
}
