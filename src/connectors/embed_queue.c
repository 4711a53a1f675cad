/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_queue - see embed_queue.h: the side of the program. The other one is embed_reader.c.
 */
#include "connectors/embed_queue.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/wait.h"
#include "connectors/embed_queue_inner.h"

#define SLOTS_MIN 64u
/* Batches up to this are copied together while nobody waits for them. */
#define SMALL_ROWS 64u

static void rows_free(struct wr_input_item *item)
{
	wr_input_rows_unref(item->rows);
	item->rows = NULL;
}

/* The last reference is gone: items, readers and what is gathered go. */
static void input_free(struct wr_embed *embed)
{
	struct wr_input *input = (struct wr_input *)embed;

	WR_ASSERT(input->uses == 0);
	for (uint64_t n = input->first; n < input->end; n++)
		rows_free(wr_input_at(input, n));
	for (uint32_t i = 0; input->tail != NULL && i < input->schema.count; i++)
		wr_builder_free(input->tail[i]);
	while (input->reader != NULL) {
		struct wr_input_reader *next = input->reader->next;

		wr_free(input->reader);
		input->reader = next;
	}
	wr_free(input->tail);
	wr_free(input->tail_kind);
	wr_free(input->item);
	pthread_cond_destroy(&input->room);
	pthread_mutex_destroy(&input->lock);
	wr_arena_release(&input->arena);
	wr_free(input);
}

struct wr_embed *wr_input_new(void)
{
	struct wr_input *input = wr_calloc(1, sizeof *input);

	wr_embed_init(&input->embed, input_free);
	pthread_mutex_init(&input->lock, NULL);
	wr_cond_init(&input->room);
	wr_arena_init(&input->arena);
	input->watermark_ms = WR_WATERMARK_MIN;
	return &input->embed;
}

void wr_input_set_up(struct wr_input *input, const struct wr_connector_args *args)
{
	struct wr_arena *arena = &input->arena;

	pthread_mutex_lock(&input->lock);
	if (input->table == NULL) {
		struct wr_field *field = WR_NEW_ARRAY(arena, struct wr_field, args->schema->count);

		for (uint32_t i = 0; i < args->schema->count; i++)
			field[i] = (struct wr_field){
			    .name = wr_arena_strdup(arena, args->schema->field[i].name),
			    .type = wr_type_copy(arena, args->schema->field[i].type)};
		input->schema = (struct wr_schema){.field = field, .count = args->schema->count};
		input->table = wr_arena_strdup(arena, args->table);
		input->capacity = (uint64_t)wr_options_i64(args->options, "input.capacity");
		input->batch_rows = WR_BATCH_ROWS_MAX;
		input->tail = wr_calloc(input->schema.count + 1, sizeof *input->tail);
		for (uint32_t i = 0; i < input->schema.count; i++)
			input->tail[i] = wr_builder_new(field[i].type, 0);
	}
	pthread_mutex_unlock(&input->lock);
}

/* --- items; all under the lock */

/* Room for one more item: a full ring becomes twice as large, its items keep their numbers. */
static void grow(struct wr_input *input)
{
	uint32_t slots = WR_MAX(SLOTS_MIN, 2 * input->slots);
	struct wr_input_item *item;

	if (input->end - input->first < input->slots)
		return;
	item = wr_malloc(slots * sizeof *item);
	for (uint64_t n = input->first; n < input->end; n++)
		item[n & (slots - 1)] = *wr_input_at(input, n);
	wr_free(input->item);
	input->item = item;
	input->slots = slots;
}

/* Appends an item of a batch (moved), whose rows are counted as pushed by the caller. */
static void add_rows(struct wr_input *input, struct wr_batch *batch, uint64_t row)
{
	struct wr_input_rows *rows = wr_malloc(sizeof *rows);

	*rows = (struct wr_input_rows){.batch = batch};
	atomic_init(&rows->refs, 1);
	grow(input);
	*wr_input_at(input, input->end++) =
	    (struct wr_input_item){.rows = rows, .row = row, .count = batch->rows};
}

void wr_input_seal(struct wr_input *input)
{
	struct wr_batch *batch;

	if (input->tail_rows == 0)
		return;
	batch = wr_batch_new(input->schema.count, input->tail_rows);
	for (uint32_t i = 0; i < input->schema.count; i++)
		batch->column[i] = wr_builder_finish(input->tail[i]);
	batch->kind = input->tail_kind;
	input->tail_kind = NULL;
	add_rows(input, batch, input->pushed - input->tail_rows);
	input->tail_rows = 0;
}

/* The kinds of rows that are about to be added to the tail, for which it has room. */
static void gather_kinds(struct wr_input *input, const uint8_t *kind, uint32_t rows)
{
	if (kind == NULL)
		return;
	if (input->tail_kind == NULL)
		input->tail_kind = wr_calloc(input->batch_rows, 1);
	memcpy(input->tail_kind + input->tail_rows, kind, rows);
}

/* Copies a small batch behind the others. */
static void gather(struct wr_input *input, const struct wr_batch *batch)
{
	if (input->tail_rows + batch->rows > input->batch_rows)
		wr_input_seal(input);
	for (uint32_t i = 0; i < input->schema.count; i++)
		wr_builder_append_rows(input->tail[i], batch->column[i], NULL, batch->rows);
	gather_kinds(input, batch->kind, batch->rows);
	input->tail_rows += batch->rows;
}

void wr_input_trim(struct wr_input *input)
{
	uint64_t kept = input->end;

	if (input->reader == NULL)
		return;
	for (const struct wr_input_reader *r = input->reader; r != NULL; r = r->next)
		kept = WR_MIN(kept, r->kept);
	if (kept == input->first)
		return;
	for (; input->first < kept; input->first++)
		rows_free(wr_input_at(input, input->first));
	if (input->waiters > 0)
		pthread_cond_broadcast(&input->room);
}

static bool is_hungry(const struct wr_input *input)
{
	for (const struct wr_input_reader *r = input->reader; r != NULL; r = r->next)
		if (r->hungry)
			return true;
	return false;
}

/* Readers that found nothing look again. */
static void wake(struct wr_input *input)
{
	for (struct wr_input_reader *r = input->reader; r != NULL; r = r->next) {
		if (!r->hungry)
			continue;
		r->hungry = false;
		wr_host_wake(r->host);
	}
}

/* --- pushing */

/* Rows that are kept. */
static uint64_t held(const struct wr_input *input)
{
	uint64_t first = input->first < input->end ? wr_input_at(input, input->first)->row
						   : input->pushed - input->tail_rows;

	return input->pushed - first;
}

/* What is wider than the capacity goes alone. */
static bool has_room(const struct wr_input *input, uint64_t rows)
{
	uint64_t now = held(input);

	return now == 0 || now + rows <= input->capacity;
}

/* Rows that only wait for a checkpoint are worth one. */
static void want_checkpoint(struct wr_input *input)
{
	for (struct wr_input_reader *r = input->reader; r != NULL; r = r->next)
		if (r->host != NULL && r->checkpoints)
			wr_host_checkpoint_wanted(r->host);
}

/* Waits for room as far as the caller wants to, and until `deadline` at the latest (NULL: for
 * ever). */
static enum wr_input_push make_room(struct wr_input *input, uint64_t rows, enum wr_input_wait wait,
				    const struct timespec *deadline)
{
	bool in_time = true;

	while (!input->ended && wait != WR_PUSH_FORCE && !has_room(input, rows)) {
		want_checkpoint(input);
		if (wait == WR_PUSH_TRY || !in_time)
			return WR_PUSH_FULL;
		if (input->uses == 0)
			return WR_PUSH_NO_READER;
		input->waiters++;
		if (deadline == NULL)
			pthread_cond_wait(&input->room, &input->lock);
		else
			in_time = wr_cond_wait_until(&input->room, &input->lock, deadline);
		input->waiters--;
	}
	return input->ended ? WR_PUSH_ENDED : WR_PUSH_DONE;
}

enum wr_input_push wr_input_room(struct wr_input *input, uint64_t rows, enum wr_input_wait wait)
{
	enum wr_input_push result;

	pthread_mutex_lock(&input->lock);
	result = make_room(input, rows, wait, NULL);
	pthread_mutex_unlock(&input->lock);
	return result;
}

enum wr_input_push wr_input_room_until(struct wr_input *input, uint64_t rows,
				       const struct timespec *deadline)
{
	enum wr_input_push result;

	pthread_mutex_lock(&input->lock);
	result = make_room(input, rows, WR_PUSH_WAIT, deadline);
	pthread_mutex_unlock(&input->lock);
	return result;
}

enum wr_input_push wr_input_push(struct wr_input *input, struct wr_batch *batch,
				 enum wr_input_wait wait)
{
	enum wr_input_push result;
	bool copied = false;

	WR_ASSERT(batch->sel == NULL && batch->rows <= WR_BATCH_ROWS_MAX);
	pthread_mutex_lock(&input->lock);
	result = make_room(input, batch->rows, wait, NULL);
	if (result == WR_PUSH_DONE) {
		copied = batch->rows <= SMALL_ROWS && !is_hungry(input);
		if (copied) {
			gather(input, batch);
		} else {
			wr_input_seal(input);
			add_rows(input, batch, input->pushed);
		}
		input->pushed += batch->rows;
		wake(input);
	}
	pthread_mutex_unlock(&input->lock);
	if (copied)
		wr_batch_free(batch);
	return result;
}

bool wr_input_push_few(struct wr_input *input, struct wr_builder *const *column, uint32_t rows,
		       const uint8_t *kind)
{
	bool fits;

	if (rows > SMALL_ROWS)
		return false;
	pthread_mutex_lock(&input->lock);
	fits = !input->ended && !is_hungry(input) && has_room(input, rows);
	if (fits) {
		if (input->tail_rows + rows > input->batch_rows)
			wr_input_seal(input);
		for (uint32_t i = 0; i < input->schema.count; i++)
			wr_builder_move(input->tail[i], column[i]);
		gather_kinds(input, kind, rows);
		input->tail_rows += rows;
		input->pushed += rows;
	}
	pthread_mutex_unlock(&input->lock);
	return fits;
}

enum wr_input_push wr_input_watermark(struct wr_input *input, int64_t watermark_ms)
{
	struct wr_input_item *last;
	enum wr_input_push result = WR_PUSH_DONE;

	watermark_ms = WR_MIN(watermark_ms, WR_WATERMARK_MAX - 1); /* the end is told by itself */
	pthread_mutex_lock(&input->lock);
	if (input->ended) {
		result = WR_PUSH_ENDED;
	} else if (watermark_ms > input->watermark_ms) {
		input->watermark_ms = watermark_ms;
		wr_input_seal(input);
		last = input->end > input->first ? wr_input_at(input, input->end - 1) : NULL;
		if (last != NULL && last->count == 0) { /* who has taken it takes it again */
			last->watermark_ms = watermark_ms;
			for (struct wr_input_reader *r = input->reader; r != NULL; r = r->next) {
				r->seq = WR_MIN(r->seq, input->end - 1);
				r->kept = WR_MIN(r->kept, r->seq);
			}
		} else {
			grow(input);
			*wr_input_at(input, input->end++) = (struct wr_input_item){
			    .row = input->pushed, .watermark_ms = watermark_ms};
		}
		wake(input);
	}
	pthread_mutex_unlock(&input->lock);
	return result;
}

void wr_input_end(struct wr_input *input)
{
	pthread_mutex_lock(&input->lock);
	input->ended = true;
	wake(input);
	pthread_cond_broadcast(&input->room);
	pthread_mutex_unlock(&input->lock);
}

bool wr_input_await(struct wr_input *input, int64_t timeout_us)
{
	struct timespec deadline = wr_deadline(WR_MAX(timeout_us, 0));
	bool there;

	pthread_mutex_lock(&input->lock);
	input->waiters++;
	while (!input->numbered) {
		if (timeout_us < 0)
			pthread_cond_wait(&input->room, &input->lock);
		else if (!wr_cond_wait_until(&input->room, &input->lock, &deadline))
			break;
	}
	input->waiters--;
	there = input->numbered;
	pthread_mutex_unlock(&input->lock);
	return there;
}
