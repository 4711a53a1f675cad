/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_reader - the queue of an 'input' table (embed_queue.h) as the jobs see it.
 */
#include "base/mem.h"
#include "connectors/embed_queue_inner.h"

void wr_input_rows_unref(struct wr_input_rows *rows)
{
	if (rows == NULL || atomic_fetch_sub_explicit(&rows->refs, 1, memory_order_acq_rel) > 1)
		return;
	wr_batch_free(rows->batch);
	wr_free(rows);
}

/* --- the use of a plan */

/* The readers of a job go, or all of the plan. Under the lock. */
static void use_remove(struct wr_input_use *use, const void *run, bool all)
{
	struct wr_input *input = use->input;
	bool left = false;

	for (struct wr_input_reader **at = &input->reader; *at != NULL;) {
		struct wr_input_reader *reader = *at;

		if (reader->use != use || (reader->run != run && !all)) {
			left = left || reader->use == use;
			at = &reader->next;
			continue;
		}
		WR_ASSERT(reader->host == NULL);
		*at = reader->next;
		wr_free(reader);
	}
	wr_input_trim(input);
	if (use->active && !left) {
		use->active = false;
		input->uses--;
	}
	if (input->waiters > 0) /* they look whether anybody is left who makes room */
		pthread_cond_broadcast(&input->room);
}

static void use_ended(struct wr_embed *embed, const void *run)
{
	struct wr_input_use *use = (struct wr_input_use *)embed;

	pthread_mutex_lock(&use->input->lock);
	use_remove(use, run, false);
	pthread_mutex_unlock(&use->input->lock);
}

static void use_free(struct wr_embed *embed)
{
	struct wr_input_use *use = (struct wr_input_use *)embed;

	pthread_mutex_lock(&use->input->lock);
	use_remove(use, NULL, true);
	pthread_mutex_unlock(&use->input->lock);
	wr_embed_unref(&use->input->embed);
	wr_free(use);
}

/* Counts it; under the lock. */
static void use_begin(struct wr_input_use *use)
{
	use->input->uses += !use->active;
	use->active = true;
}

struct wr_embed *wr_input_use(struct wr_embed *embed)
{
	struct wr_input_use *use = wr_calloc(1, sizeof *use);
	struct wr_input *input = (struct wr_input *)wr_embed_ref(embed);

	wr_embed_init(&use->embed, use_free);
	use->embed.ended = use_ended;
	use->input = input;
	pthread_mutex_lock(&input->lock);
	use_begin(use);
	pthread_mutex_unlock(&input->lock);
	return &use->embed;
}

/* --- readers */

static struct wr_input_reader *find(const struct wr_input_use *use,
				    const struct wr_connector_args *args, const void *run)
{
	for (struct wr_input_reader *r = use->input->reader; r != NULL; r = r->next)
		if (r->use == use && r->args == args && r->run == run)
			return r;
	return NULL;
}

/* A new one begins with what is there if it is the only one, else with what comes from now on. */
static struct wr_input_reader *reader_new(struct wr_input_use *use,
					  const struct wr_connector_args *args, const void *run)
{
	struct wr_input_reader *reader = wr_calloc(1, sizeof *reader);
	struct wr_input *input = use->input;

	wr_input_seal(input);
	reader->use = use;
	reader->args = args;
	reader->run = run;
	reader->seq = input->reader == NULL ? input->first : input->end;
	reader->kept = reader->seq;
	reader->next = input->reader;
	input->reader = reader;
	return reader;
}

struct wr_input_reader *wr_input_open(const struct wr_connector_args *args, struct wr_host *host)
{
	struct wr_input_use *use = (struct wr_input_use *)args->embed;
	struct wr_input *input = use->input;
	struct wr_input_reader *reader;

	wr_input_set_up(input, args);
	pthread_mutex_lock(&input->lock);
	use_begin(use);
	reader = find(use, args, host->run);
	if (reader == NULL)
		reader = reader_new(use, args, host->run);
	WR_ASSERT(reader->host == NULL);
	reader->host = host;
	reader->checkpoints = host->checkpoints;
	reader->hungry = false;
	reader->seq = reader->kept; /* a restart that finds no checkpoint begins there */
	reader->watermark_ms = WR_WATERMARK_MIN;
	reader->offset = 0;
	pthread_mutex_unlock(&input->lock);
	return reader;
}

void wr_input_close(struct wr_input *input, struct wr_input_reader *reader)
{
	pthread_mutex_lock(&input->lock);
	reader->host = NULL;
	reader->hungry = false;
	pthread_mutex_unlock(&input->lock);
}

/* What was taken is let go of, unless a checkpoint is to cover it first; what was only skipped,
 * in any case. */
static void let_go(struct wr_input *input, struct wr_input_reader *reader, uint64_t from,
		   uint32_t taken)
{
	if (reader->checkpoints && (taken > 0 || reader->kept != from))
		return;
	reader->kept = reader->seq;
	wr_input_trim(input);
}

/* Takes one item, or what is left of it behind rows that are not wanted; false: nothing is. */
static bool take_one(struct wr_input *input, struct wr_input_reader *reader,
		     struct wr_input_item *out)
{
	const struct wr_input_item *item = wr_input_at(input, reader->seq);
	uint64_t left = item->count - reader->offset;
	uint32_t skip = (uint32_t)WR_MIN(left, reader->skip);

	reader->skip -= skip;
	reader->offset += skip;
	if (item->count > 0 ? skip == left : item->watermark_ms <= reader->watermark_ms)
		return false;
	if (item->count == 0)
		reader->watermark_ms = item->watermark_ms;
	*out = *item;
	if (out->rows != NULL)
		atomic_fetch_add_explicit(&out->rows->refs, 1, memory_order_relaxed);
	return true;
}

/* The numbers of rows are known: a job has begun to read. Under the lock. */
static void set_numbered(struct wr_input *input)
{
	if (input->numbered)
		return;
	input->numbered = true;
	pthread_cond_broadcast(&input->room);
}

bool wr_input_take(struct wr_input *input, struct wr_input_reader *reader, uint64_t rows_max,
		   struct wr_input_item *out, uint32_t *offset, uint32_t max, uint32_t *count)
{
	uint64_t from;
	bool more;

	pthread_mutex_lock(&input->lock);
	from = reader->seq;
	set_numbered(input);
	if (input->end - reader->seq < max)
		wr_input_seal(input);
	for (*count = 0; *count < max && rows_max > 0 && reader->seq < input->end;) {
		struct wr_input_item *one = &out[*count];
		uint32_t rows;

		if (take_one(input, reader, one)) {
			rows = (uint32_t)WR_MIN(rows_max, one->count - reader->offset);
			offset[*count] = reader->offset;
			reader->offset += rows;
			one->count = rows;
			rows_max -= rows;
			++*count;
		}
		if (reader->offset < wr_input_at(input, reader->seq)->count)
			break; /* part of an item */
		reader->seq++;
		reader->offset = 0;
	}
	more = *count > 0 || reader->seq < input->end || input->tail_rows > 0 || !input->ended;
	reader->hungry = *count == 0 && more;
	if (reader->seq != from)
		let_go(input, reader, from, *count);
	pthread_mutex_unlock(&input->lock);
	return more;
}

/* --- positions */

/* Rows before the reader's place, in this process; under the lock. */
static uint64_t reader_row(const struct wr_input *input, const struct wr_input_reader *reader)
{
	if (reader->seq < input->end)
		return wr_input_at(input, reader->seq)->row + reader->offset;
	return input->pushed - input->tail_rows;
}

struct wr_input_position wr_input_position(struct wr_input *input,
					   const struct wr_input_reader *reader)
{
	struct wr_input_position position;

	pthread_mutex_lock(&input->lock);
	position.rows = input->origin + reader_row(input, reader) + reader->skip;
	position.watermark_ms = reader->watermark_ms;
	pthread_mutex_unlock(&input->lock);
	return position;
}

/* The first rows of this process have other numbers than was thought; nothing was pushed. */
static void renumber(struct wr_input *input, uint64_t origin)
{
	for (struct wr_input_reader *r = input->reader; r != NULL; r = r->next)
		r->skip += input->origin - origin;
	input->origin = origin;
}

/* Puts the reader behind `row` rows of this process, if they are still there. */
static bool seek_row(struct wr_input *input, struct wr_input_reader *reader, uint64_t row)
{
	wr_input_seal(input);
	reader->offset = 0;
	reader->skip = row > input->pushed ? row - input->pushed : 0;
	row = WR_MIN(row, input->pushed);
	reader->seq = input->first;
	while (reader->seq < input->end) {
		const struct wr_input_item *item = wr_input_at(input, reader->seq);

		if (row < item->row)
			return false;
		if (row < item->row + item->count || (item->count == 0 && row == item->row))
			break;
		reader->seq++;
	}
	if (reader->seq < input->end)
		reader->offset = (uint32_t)(row - wr_input_at(input, reader->seq)->row);
	reader->kept = reader->seq;
	return row == reader_row(input, reader);
}

wr_status *wr_input_seek(struct wr_input *input, struct wr_input_reader *reader,
			 const struct wr_input_position *to)
{
	uint64_t position = to->rows;
	wr_status *status = NULL;
	bool there;

	pthread_mutex_lock(&input->lock);
	if (!input->numbered) {
		input->origin = input->restored = position;
		set_numbered(input);
	} else if (position < input->origin && input->pushed == 0) {
		renumber(input, position);
		input->restored = position;
	}
	there = position >= input->origin && seek_row(input, reader, position - input->origin);
	if (!there)
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s' is to be read behind row %llu, but the program has "
				  "begun to push at row %llu, and what came first is gone",
				  input->table, (unsigned long long)position,
				  (unsigned long long)input->origin),
		    "Push again from row %llu on, which is what weir_input_restored says",
		    (unsigned long long)position);
	reader->confirmed = position;
	reader->watermark_ms = to->watermark_ms;
	input->confirmed = WR_MAX(input->confirmed, input->origin);
	wr_input_trim(input);
	pthread_mutex_unlock(&input->lock);
	return status;
}

/* Rows that all checkpoints cover; only grows. Under the lock. */
static void note_confirmed(struct wr_input *input)
{
	uint64_t low = UINT64_MAX;

	for (const struct wr_input_reader *r = input->reader; r != NULL; r = r->next)
		if (r->checkpoints)
			low = WR_MIN(low, r->confirmed);
	if (low != UINT64_MAX)
		input->confirmed = WR_MAX(input->confirmed, low);
}

void wr_input_confirm(struct wr_input *input, struct wr_input_reader *reader,
		      const struct wr_input_position *position)
{
	pthread_mutex_lock(&input->lock);
	reader->confirmed = position->rows;
	while (reader->kept < reader->seq) {
		const struct wr_input_item *item = wr_input_at(input, reader->kept);
		uint64_t behind = input->origin + item->row + item->count;

		if (behind > position->rows ||
		    (item->count == 0 && item->watermark_ms > position->watermark_ms))
			break;
		reader->kept++;
	}
	wr_input_trim(input);
	note_confirmed(input);
	pthread_mutex_unlock(&input->lock);
}
