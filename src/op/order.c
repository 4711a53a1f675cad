/* SPDX-License-Identifier: Apache-2.0
 *
 * order - ORDER BY any keys, OFFSET and FETCH in batch mode: rows wait for the end of the input and
 * leave in order.
 *
 * A row is kept as its sort key (sort_key.h) and its encoded form, one after the other in big
 * chunks; what is sorted are entries that point at them and begin with the first eight bytes of the
 * key, which decide most comparisons. Equal keys keep the order of arrival where that is the
 * source's own; elsewhere the other columns decide, so that the answer does not depend on the
 * number of workers (rank.h).
 *
 * With FETCH only the first offset + fetch rows are wanted: whenever twice as many have come, they
 * are sorted, the others dropped, and rows that are not below the last one kept are not taken any
 * more.
 *
 * Saved: nothing. Batch mode makes no checkpoints: a job that failed begins anew.
 *
 * Memory: every row of the input, or about twice the rows wanted.
 */
#include "base/mem.h"
#include "data/codec.h"
#include "op/rank.h"
#include "op/sort_key.h"

enum { CHUNK_BYTES = 1 << 20, CUT_MIN = 2 * WR_BATCH_ROWS_MAX };

struct entry {
	uint64_t prefix;   /* of the sort key, as a number */
	const char *bytes; /* sort key, then the encoded row; in a chunk */
	uint32_t key_len, len;
};

struct chunk {
	struct chunk *next;    /* older */
	size_t used, capacity; /* of bytes */
	char bytes[];
};

struct op_order {
	struct wr_op op;
	struct wr_arena arena;     /* of the codec and the order */
	struct wr_codec codec;     /* of a row */
	struct wr_sort_key *order; /* ORDER BY, and what breaks ties */
	uint32_t order_count;      /* number of order */
	uint64_t first, keep;      /* rows wanted: those in [first, keep) counted from 0 */
	struct chunk *chunk;       /* the newest; NULL: none */
	uint64_t chunk_bytes;      /* of all chunks */
	struct entry *entry;       /* rows in the order of arrival, or sorted */
	uint64_t count, capacity;  /* entries, and room for them */
	bool cut;      /* entry[0..keep) was cut: later rows must beat entry[keep - 1] */
	bool emitting; /* all is sorted and on its way out */
	uint64_t next; /* the next entry to go out */
	struct wr_builder **builder; /* per column */
	struct wr_text scratch;
};

static wr_status *order_init(struct wr_op *op)
{
	struct op_order *self = (struct op_order *)op;
	const struct wr_node *node = op->node;
	const struct wr_schema *input = &node->input[0]->schema;
	const struct wr_type **types;

	wr_arena_init(&self->arena);
	wr_text_init(&self->scratch);
	types = WR_NEW_ARRAY(&self->arena, const struct wr_type *, input->count + 1);
	self->builder = wr_calloc(input->count + 1, sizeof *self->builder);
	for (uint32_t i = 0; i < input->count; i++) {
		types[i] = input->field[i].type;
		self->builder[i] = wr_builder_new(types[i], 64);
	}
	wr_codec_init(&self->codec, &self->arena, types, input->count);
	self->order = wr_rank_total_order(&self->arena, node, &self->order_count);
	if (wr_node_arrival_counts(node->input[0]))
		self->order_count = node->u.sort.order_count;
	self->first = (uint64_t)node->u.sort.offset;
	self->keep =
	    node->u.sort.fetch >= 0 ? self->first + (uint64_t)node->u.sort.fetch : UINT64_MAX;
	return NULL;
}

/* --- sorting */

static int compare(const struct entry *a, const struct entry *b)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return wr_sort_key_compare(a->bytes, a->key_len, b->bytes, b->key_len);
}

/* Merges two sorted neighbours; of equals the left one comes first. */
static void merge(const struct entry *left, const struct entry *middle, const struct entry *right,
		  struct entry *out)
{
	const struct entry *a = left, *b = middle;

	while (a < middle && b < right)
		*out++ = compare(b, a) < 0 ? *b++ : *a++;
	while (a < middle)
		*out++ = *a++;
	while (b < right)
		*out++ = *b++;
}

/* Sorts all entries, stable: runs of 16 by insertion, then merging. */
static void sort(struct op_order *self)
{
	struct entry *from = self->entry, *to;
	uint64_t count = self->count;

	for (uint64_t start = 0; start < count; start += 16)
		for (uint64_t i = start + 1; i < WR_MIN(start + 16, count); i++) {
			struct entry one = from[i];
			uint64_t k = i;

			for (; k > start && compare(&one, &from[k - 1]) < 0; k--)
				from[k] = from[k - 1];
			from[k] = one;
		}
	to = count > 16 ? wr_malloc(self->capacity * sizeof *to) : NULL;
	for (uint64_t width = 16; width < count; width *= 2) {
		struct entry *swap = from;

		for (uint64_t at = 0; at < count; at += 2 * width)
			merge(from + at, from + WR_MIN(at + width, count),
			      from + WR_MIN(at + 2 * width, count), to + at);
		from = to;
		to = swap;
	}
	wr_free(to);
	self->entry = from;
}

/* --- rows */

static char *keep_bytes(struct op_order *self, const char *bytes, size_t len)
{
	struct chunk *chunk = self->chunk;

	if (chunk == NULL || chunk->capacity - chunk->used < len) {
		size_t capacity = WR_MAX((size_t)CHUNK_BYTES, len);

		chunk = wr_malloc(sizeof *chunk + capacity);
		*chunk = (struct chunk){.next = self->chunk, .capacity = capacity};
		self->chunk = chunk;
		self->chunk_bytes += sizeof *chunk + capacity;
	}
	memcpy(chunk->bytes + chunk->used, bytes, len);
	chunk->used += len;
	return chunk->bytes + chunk->used - len;
}

static void drop_chunks(struct chunk *chunk)
{
	while (chunk != NULL) {
		struct chunk *next = chunk->next;

		wr_free(chunk);
		chunk = next;
	}
}

/* Drops all but the first rows in order, and the memory of the others. */
static void cut(struct op_order *self)
{
	struct chunk *old = self->chunk;

	sort(self);
	self->count = self->keep;
	self->cut = true;
	self->chunk = NULL;
	self->chunk_bytes = 0;
	for (uint64_t i = 0; i < self->count; i++) {
		struct entry *entry = &self->entry[i];

		entry->bytes = keep_bytes(self, entry->bytes, entry->len);
	}
	drop_chunks(old);
}

static uint64_t prefix_of(const char *bytes, uint32_t len)
{
	uint64_t prefix = 0;

	for (uint32_t i = 0; i < 8; i++)
		prefix = prefix << 8 | (i < len ? (uint8_t)bytes[i] : 0);
	return prefix;
}

static void order_row(struct op_order *self, const struct wr_batch *batch, uint32_t row)
{
	struct entry one;

	wr_text_clear(&self->scratch);
	wr_sort_key_put(&self->scratch, self->order, self->order_count, batch->column, row);
	one.key_len = (uint32_t)self->scratch.len;
	one.bytes = wr_text_str(&self->scratch);
	one.prefix = prefix_of(one.bytes, one.key_len);
	if (self->cut && compare(&one, &self->entry[self->keep - 1]) >= 0)
		return;
	wr_codec_encode(&self->codec, &self->scratch, batch->column, row);
	one.len = (uint32_t)self->scratch.len;
	one.bytes = keep_bytes(self, self->scratch.data, one.len);
	if (self->count == self->capacity) {
		self->capacity = WR_MAX(1024, 2 * self->capacity);
		self->entry = wr_realloc(self->entry, self->capacity * sizeof *self->entry);
	}
	self->entry[self->count++] = one;
	if (self->keep < UINT64_MAX / 2 && self->count >= WR_MAX(2 * self->keep, CUT_MIN))
		cut(self);
}

static wr_status *order_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_order *self = (struct op_order *)op;

	WR_ASSERT(input == 0);
	for (uint32_t i = 0; i < wr_batch_count(batch) && self->keep > 0; i++)
		order_row(self, batch, wr_batch_row(batch, i));
	wr_batch_free(batch);
	return NULL;
}

/* Emits what has been written. */
static wr_status *order_flush(struct op_order *self, uint32_t *rows)
{
	struct wr_batch *batch;

	if (*rows == 0)
		return NULL;
	batch = wr_batch_new(self->op.node->schema.count, *rows);
	for (uint32_t i = 0; i < batch->column_count; i++)
		batch->column[i] = wr_builder_finish(self->builder[i]);
	*rows = 0;
	batch->watermark = WR_WATERMARK_MIN;
	return wr_out_emit(&self->op.out, batch);
}

static wr_status *order_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_order *self = (struct op_order *)op;
	uint32_t limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX), rows = 0;
	uint64_t end;

	if (!(mark->flags & WR_MARK_END))
		return NULL;
	if (!self->emitting) {
		self->emitting = true;
		self->next = self->first;
		sort(self);
	}
	end = WR_MIN(self->count, self->keep);
	for (uint32_t n = 0; n < WR_OP_EMIT_ROWS && self->next < end; n++) {
		const struct entry *entry = &self->entry[self->next++];

		if (self->next + 8 < end) /* rows lie in the order of arrival */
			__builtin_prefetch(entry[8].bytes + entry[8].key_len);
		WR_REQUIRE(wr_codec_decode(&self->codec, entry->bytes + entry->key_len,
					   entry->bytes + entry->len, self->builder) != NULL);
		if (++rows == limit)
			WR_TRY(order_flush(self, &rows));
	}
	WR_TRY(order_flush(self, &rows));
	*more = self->next < end;
	return NULL;
}

static void order_release(struct wr_op *op)
{
	struct op_order *self = (struct op_order *)op;

	for (uint32_t i = 0; self->builder != NULL && i < op->node->schema.count; i++)
		wr_builder_free(self->builder[i]);
	wr_free(self->builder);
	wr_free(self->entry);
	drop_chunks(self->chunk);
	wr_text_release(&self->scratch);
	wr_arena_release(&self->arena);
}

static uint64_t order_state_bytes(const struct wr_op *op)
{
	const struct op_order *self = (const struct op_order *)op;

	return self->chunk_bytes + self->capacity * sizeof *self->entry;
}

const struct wr_op_type wr_op_order = {
    .name = "order",
    .version = 1,
    .size = sizeof(struct op_order),
    .init = order_init,
    .process = order_process,
    .on_mark = order_on_mark,
    .release = order_release,
    .state_bytes = order_state_bytes,
};
