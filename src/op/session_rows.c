/* SPDX-License-Identifier: Apache-2.0
 *
 * session_rows - the SESSION window table function: every row once, with the bounds of the session
 * that it turned out to belong to.
 *
 * Sessions come from sessions.h; each holds its rows, encoded. When a session is due its rows are
 * emitted in the order of their arrival. Rows in = rows out + late rows. A row that takes another
 * one back (the input may change) waits like any other and leaves behind the row it takes back.
 * Within the allowed lateness a late row takes back all rows of its session, whose bounds may move.
 *
 * Rows lie in chunks of the state's pool, appended to. A record is
 *     length u32, kind u8, arrival i64, then the encoded row (data/codec.h); nothing is aligned.
 * Joining sessions joins their lists of chunks; the order of arrival is restored when the session
 * is emitted, by sorting pointers to its records.
 *
 * Output: the input's columns, window_start, window_end, window_time.
 *
 * Memory: the rows of open sessions; while a session is emitted, one pointer per row of it.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "data/codec.h"
#include "op/fields.h"
#include "op/sessions.h"

enum { CHUNK_MIN = 256, CHUNK_MAX = 16384, RECORD_HEAD = 4 + 1 + 8 };

struct chunk {
	struct chunk *next; /* NULL: the last one */
	uint32_t used;      /* of bytes */
	uint32_t capacity;  /* of bytes */
	char bytes[];
};

/* What a session holds. */
struct rows {
	struct chunk *first, *last; /* NULL: empty */
	uint64_t count;             /* records */
};

struct record {
	int64_t arrival;
	const char *bytes; /* of the record */
};

/* A session on its way out. */
struct emission {
	struct record *record; /* its rows in order of arrival; grown, never shrunk */
	uint64_t capacity;     /* room for records */
	uint64_t count, at;    /* records, and the next one to go out */
};

struct op_session_rows {
	struct wr_op op;
	struct wr_sessions sessions;
	struct wr_arena arena;       /* of the codec */
	struct wr_codec codec;       /* of an input row */
	struct wr_builder **builder; /* per input column: the batch being written */
	int64_t *start, *end, *time; /* windows of the rows being written; one array */
	uint8_t *kind;               /* of the rows being written */
	uint32_t written;            /* rows in the batch being written */
	uint32_t limit;              /* rows of a batch */
	bool changes;                /* some row being written is no insertion */
	int64_t arrivals;            /* rows so far: the next one's arrival */
	struct wr_text scratch;
	struct wr_picked picked; /* room for one: the session being emitted */
	struct emission emission;
	bool emitting; /* picked holds a session that is not all out yet */
};

/* --- loads */

static uint8_t *load_open(struct wr_op *op)
{
	struct op_session_rows *self = (struct op_session_rows *)op;

	return wr_agg_pool_alloc(wr_sessions_pool(&self->sessions), sizeof(struct rows));
}

/* Room for a record of `size` bytes at the end of the rows. */
static char *rows_extend(struct op_session_rows *self, struct rows *rows, uint32_t size)
{
	struct chunk *last = rows->last, *chunk;
	uint32_t capacity;

	if (last != NULL && last->capacity - last->used >= size) {
		last->used += size;
		return last->bytes + last->used - size;
	}
	capacity = last == NULL ? CHUNK_MIN - (uint32_t)sizeof *chunk : 2 * last->capacity;
	capacity = WR_MAX(WR_MIN(capacity, (uint32_t)CHUNK_MAX), size);
	chunk = wr_agg_pool_alloc(wr_sessions_pool(&self->sessions), sizeof *chunk + capacity);
	chunk->used = size;
	chunk->capacity = capacity;
	if (last != NULL)
		last->next = chunk;
	else
		rows->first = chunk;
	rows->last = chunk;
	return chunk->bytes;
}

static void rows_append(struct op_session_rows *self, struct rows *rows, uint8_t kind,
			int64_t arrival, struct wr_str row)
{
	uint32_t len = (uint32_t)row.len;
	char *at = rows_extend(self, rows, RECORD_HEAD + len);

	memcpy(at, &len, 4);
	memcpy(at + 4, &kind, 1);
	memcpy(at + 5, &arrival, 8);
	memcpy(at + RECORD_HEAD, row.data, len);
	rows->count++;
}

static void load_add(struct wr_op *op, const struct wr_batch *batch, uint32_t row, uint8_t *load)
{
	struct op_session_rows *self = (struct op_session_rows *)op;

	wr_text_clear(&self->scratch);
	wr_codec_encode(&self->codec, &self->scratch, batch->column, row);
	rows_append(self, (struct rows *)load, wr_batch_kind(batch, row), self->arrivals++,
		    (struct wr_str){wr_text_str(&self->scratch), self->scratch.len});
}

static void load_flush(struct wr_op *op, const struct wr_batch *batch)
{
}

static void load_merge(struct wr_op *op, uint8_t *into_load, uint8_t *from_load)
{
	struct rows *into = (struct rows *)into_load, *from = (struct rows *)from_load;

	if (from->count == 0)
		return;
	if (into->last != NULL)
		into->last->next = from->first;
	else
		into->first = from->first;
	into->last = from->last;
	into->count += from->count;
	*from = (struct rows){0};
}

static void load_drop(struct wr_op *op, uint8_t *load)
{
	struct op_session_rows *self = (struct op_session_rows *)op;
	struct wr_agg_pool *pool = wr_sessions_pool(&self->sessions);
	struct chunk *chunk = ((struct rows *)load)->first;

	while (chunk != NULL) {
		struct chunk *next = chunk->next;

		wr_agg_pool_drop(pool, chunk, sizeof *chunk + chunk->capacity);
		chunk = next;
	}
	wr_agg_pool_drop(pool, load, sizeof(struct rows));
}

/* --- output */

static wr_status *rows_write(struct op_session_rows *self)
{
	const struct wr_schema *schema = &self->op.node->schema;
	uint32_t columns = schema->count - 3;
	int64_t *const times[3] = {self->start, self->end, self->time};
	struct wr_batch *batch;

	if (self->written == 0)
		return NULL;
	batch = wr_batch_new(schema->count, self->written);
	for (uint32_t i = 0; i < columns; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	for (uint32_t i = 0; i < 3; i++)
		batch->column[columns + i] =
		    wr_window_time_column(schema->field[columns + i].type, times[i], self->written);
	if (self->changes)
		memcpy(wr_batch_kinds(batch), self->kind, self->written);
	batch->watermark = self->sessions.sent_ms;
	self->written = 0;
	self->changes = false;
	return wr_out_emit(&self->op.out, batch);
}

static int by_arrival(const void *a, const void *b)
{
	int64_t x = ((const struct record *)a)->arrival, y = ((const struct record *)b)->arrival;

	return x < y ? -1 : x > y;
}

/* Lists the records of a session in the order of arrival. */
static void emission_start(struct emission *emission, const struct rows *rows)
{
	bool sorted = true;

	if (rows->count > emission->capacity) {
		emission->capacity = rows->count;
		emission->record =
		    wr_realloc(emission->record, emission->capacity * sizeof *emission->record);
	}
	emission->count = emission->at = 0;
	for (const struct chunk *chunk = rows->first; chunk != NULL; chunk = chunk->next) {
		uint32_t used = 0, len;

		while (used < chunk->used) {
			struct record *record = &emission->record[emission->count++];

			record->bytes = chunk->bytes + used;
			memcpy(&len, record->bytes, 4);
			memcpy(&record->arrival, record->bytes + 5, 8);
			sorted = sorted &&
				 (emission->count == 1 || record[-1].arrival < record->arrival);
			used += RECORD_HEAD + len;
		}
	}
	WR_ASSERT(emission->count == rows->count);
	if (!sorted)
		qsort(emission->record, emission->count, sizeof *emission->record, by_arrival);
}

/* Emits up to `most` more rows of the picked session; `back`: each with the opposite kind. */
static wr_status *emission_run(struct op_session_rows *self, const struct wr_picked *picked,
			       uint64_t most, bool back)
{
	struct emission *emission = &self->emission;

	for (; most > 0 && emission->at < emission->count; most--) {
		const char *bytes = emission->record[emission->at++].bytes;
		uint8_t kind = (uint8_t)bytes[4];
		uint32_t len, i = self->written++;

		memcpy(&len, bytes, 4);
		WR_REQUIRE(wr_codec_decode(&self->codec, bytes + RECORD_HEAD,
					   bytes + RECORD_HEAD + len, self->builder) != NULL);
		if (back)
			kind = wr_kind_is_add(kind) ? WR_DELETE : WR_INSERT;
		self->start[i] = picked->start[0];
		self->end[i] = picked->end[0];
		self->time[i] = wr_sessions_time(&self->sessions, picked->end[0]);
		self->kind[i] = kind;
		self->changes = self->changes || kind != WR_INSERT;
		if (self->written == self->limit)
			WR_TRY(rows_write(self));
	}
	return NULL;
}

static wr_status *load_take_back(struct wr_op *op, const struct wr_picked *picked)
{
	struct op_session_rows *self = (struct op_session_rows *)op;

	WR_ASSERT(!self->emitting);
	emission_start(&self->emission, (const struct rows *)picked->load[0]);
	WR_TRY(emission_run(self, picked, UINT64_MAX, true));
	return rows_write(self);
}

enum { NUMBER_SESSION, NUMBER_KIND, NUMBER_ARRIVAL, NUMBERS };

/* One field: the rows of all sessions of the key. */
static void load_save(struct wr_op *op, const struct wr_session *session, uint32_t count,
		      struct wr_text *out)
{
	size_t begin = wr_value_begin(out);

	for (uint32_t s = 0; s < count; s++) {
		const struct chunk *chunk = ((const struct rows *)session[s].load)->first;

		for (; chunk != NULL; chunk = chunk->next)
			for (uint32_t at = 0, len; at < chunk->used; at += RECORD_HEAD + len) {
				const char *record = chunk->bytes + at;
				int64_t arrival;

				memcpy(&len, record, 4);
				memcpy(&arrival, record + 5, 8);
				wr_value_entry_number(out, s);
				wr_value_entry_number(out, (uint8_t)record[4]);
				wr_value_entry_number(out, arrival);
				wr_value_entry_row(out, record + RECORD_HEAD, len);
			}
	}
	wr_value_end(out, begin);
}

static bool load_fill(struct wr_op *op, const struct wr_session *session, uint32_t count,
		      const struct wr_str *field)
{
	struct op_session_rows *self = (struct op_session_rows *)op;
	const char *at = field->data;
	int64_t number[NUMBERS];
	struct wr_str row;

	if (at == NULL)
		return false;
	while (wr_value_next_row(*field, &at, number, NUMBERS, &row)) {
		if (number[NUMBER_SESSION] < 0 || number[NUMBER_SESSION] >= count ||
		    number[NUMBER_KIND] < WR_INSERT || number[NUMBER_KIND] > WR_DELETE ||
		    number[NUMBER_ARRIVAL] < 0 || number[NUMBER_ARRIVAL] == INT64_MAX ||
		    !wr_value_is_row(&self->codec, row))
			return false;
		rows_append(self, (struct rows *)session[number[NUMBER_SESSION]].load,
			    (uint8_t)number[NUMBER_KIND], number[NUMBER_ARRIVAL], row);
		self->arrivals = WR_MAX(self->arrivals, number[NUMBER_ARRIVAL] + 1);
	}
	return at != NULL;
}

static const struct wr_session_load rows_load = {
    .open = load_open,
    .add = load_add,
    .flush = load_flush,
    .merge = load_merge,
    .drop = load_drop,
    .take_back = load_take_back,
    .save = load_save,
    .fill = load_fill,
};

/* --- operator */

static wr_status *rows_init(struct wr_op *op)
{
	struct op_session_rows *self = (struct op_session_rows *)op;
	const struct wr_schema *input = &op->node->input[0]->schema;
	static const char *const number[NUMBERS] = {"session", "kind", "arrival"};
	const struct wr_window *window = op->node->u.window;
	struct wr_state_field field;
	struct wr_sessions_config config = {.load = &rows_load,
					    .window = window,
					    .key = window->partition,
					    .key_count = window->partition_count,
					    .allowed_ms = window->allowed_lateness_ms,
					    .field = &field,
					    .field_count = 1};

	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	self->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	self->start = wr_malloc((size_t)self->limit * 3 * sizeof *self->start);
	self->end = self->start + self->limit;
	self->time = self->end + self->limit;
	self->kind = wr_malloc(self->limit);
	wr_picked_init(&self->picked, 1);
	field = wr_field_rows(&self->arena, "rows", input, number, NUMBERS);
	self->builder = wr_calloc(input->count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < input->count; i++)
		self->builder[i] = wr_builder_new(input->field[i].type, 64);
	wr_codec_init(&self->codec, &self->arena, field.type, input->count);
	return wr_sessions_init(&self->sessions, op, &config);
}

static wr_status *rows_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	WR_ASSERT(input == 0);
	return wr_sessions_process(&((struct op_session_rows *)op)->sessions, batch);
}

static wr_status *rows_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_session_rows *self = (struct op_session_rows *)op;
	int64_t watermark_ms = wr_sessions_watermark(&self->sessions, mark);
	uint64_t emitted = 0;

	if (watermark_ms == WR_WATERMARK_MIN)
		return NULL;
	while (emitted < WR_OP_EMIT_ROWS) {
		uint64_t before;

		if (!self->emitting) {
			WR_TRY(wr_sessions_due(&self->sessions, watermark_ms, &self->picked));
			if (self->picked.count == 0)
				break;
			self->emitting = true;
			emission_start(&self->emission, (const struct rows *)self->picked.load[0]);
		}
		before = self->emission.at;
		WR_TRY(emission_run(self, &self->picked, WR_OP_EMIT_ROWS - emitted, false));
		emitted += self->emission.at - before;
		if (self->emission.at < self->emission.count)
			break;
		self->emitting = false;
		WR_TRY(wr_sessions_shown(&self->sessions, watermark_ms, &self->picked));
	}
	WR_TRY(rows_write(self));
	*more = self->emitting || wr_sessions_more(&self->sessions, watermark_ms);
	if (!*more)
		self->sessions.sent_ms = mark->watermark_ms;
	return NULL;
}

static void rows_release(struct wr_op *op)
{
	struct op_session_rows *self = (struct op_session_rows *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->input[0]->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_sessions_release(&self->sessions);
	wr_picked_release(&self->picked);
	wr_free(self->emission.record);
	wr_free(self->start);
	wr_free(self->kind);
	wr_text_release(&self->scratch);
	wr_arena_release(&self->arena);
}

static wr_status *rows_restored(struct wr_op *op)
{
	return wr_sessions_restored(&((struct op_session_rows *)op)->sessions);
}

static uint64_t rows_state_bytes(const struct wr_op *op)
{
	const struct op_session_rows *self = (const struct op_session_rows *)op;

	return wr_sessions_bytes(&self->sessions) +
	       self->emission.capacity * sizeof *self->emission.record;
}

static int64_t rows_next_ms(const struct wr_op *op)
{
	return wr_sessions_next_ms(&((const struct op_session_rows *)op)->sessions);
}

const struct wr_op_type wr_op_session_rows = {
    .name = "session_rows",
    .version = 1,
    .size = sizeof(struct op_session_rows),
    .init = rows_init,
    .process = rows_process,
    .on_mark = rows_on_mark,
    .release = rows_release,
    .state_bytes = rows_state_bytes,
    .next_ms = rows_next_ms,
    .restored = rows_restored,
};
