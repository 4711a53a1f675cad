/* SPDX-License-Identifier: Apache-2.0
 *
 * sink - see sink.h.
 */
#include "runtime/sink.h"

#include "base/mem.h"
#include "op/make.h"
#include "runtime/job_inner.h"

struct op_encode {
	struct wr_op op;
	struct wr_sink_shared *sink; /* borrowed from the graph */
	struct wr_writer *writer;    /* this worker's encoder */
	struct wr_sender *sender;    /* of the step below */
};

struct op_write {
	struct wr_op op;
	struct wr_sink_shared *sink;      /* borrowed from the graph */
	const struct wr_collect *collect; /* bare SELECT; else NULL */
	bool dirty;                       /* written since the last flush */
	uint64_t epoch_rows;              /* written since the last mark */
	bool whole; /* 'sink.consistency' = 'epoch': what comes is held until the mark */
	struct wr_chunk **chunk; /* held, in their order */
	struct wr_batch **batch; /* the same of a bare SELECT */
	uint32_t held, capacity; /* chunks or batches, and room for them */
};

static wr_status *encode_init(struct wr_op *op)
{
	return NULL;
}

static wr_status *encode_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_encode *self = (struct op_encode *)op;
	struct wr_chunk *chunk;
	wr_status *status = NULL;

	WR_ASSERT(input == 0);
	chunk = wr_calloc(1, sizeof *chunk);
	wr_text_init(&chunk->bytes);
	chunk->rows = wr_batch_count(batch);
	wr_traced_send(batch->traced, self->sink->node->u.sink.table->name);
	status = self->sink->connector->encode(self->writer, batch, chunk);
	chunk->traced = batch->traced;
	batch->traced = NULL;
	if (status != NULL)
		wr_traced_fail(chunk->traced, status->text);
	wr_batch_free(batch);
	if (status != NULL) {
		wr_traced_free(chunk->traced);
		wr_text_release(&chunk->bytes);
		wr_free(chunk);
		return status;
	}
	wr_sender_chunk(self->sender, chunk, self->sink->connector->chunk_free);
	return NULL;
}

static void encode_release(struct wr_op *op)
{
	struct op_encode *self = (struct op_encode *)op;

	if (self->writer != NULL)
		self->sink->connector->writer_free(self->writer);
}

static const struct wr_op_type op_encode = {
    .name = "encode",
    .keeps_rows = true,
    .version = 1,
    .size = sizeof(struct op_encode),
    .init = encode_init,
    .process = encode_process,
    .release = encode_release,
};

wr_status *wr_sink_encode_new(struct wr_sink_shared *sink, const struct wr_op_env *env,
			      struct wr_op **out)
{
	struct op_encode *self;

	WR_TRY(wr_op_make(&op_encode, sink->node, env, out));
	self = (struct op_encode *)*out;
	self->sink = sink;
	return sink->connector->writer_new(sink->sink, &self->writer);
}

void wr_sink_encode_to(struct wr_op *op, struct wr_sender *sender)
{
	WR_REQUIRE(op->type == &op_encode);
	((struct op_encode *)op)->sender = sender;
}

/* Room for one more chunk or batch. */
static void write_grow(struct op_write *self)
{
	if (self->held < self->capacity)
		return;
	self->capacity = WR_MAX(16, 2 * self->capacity);
	self->chunk = wr_realloc(self->chunk, self->capacity * sizeof *self->chunk);
	self->batch = wr_realloc(self->batch, self->capacity * sizeof *self->batch);
}

/* Rows are about to be written. */
static void note_rows(struct op_write *self, uint64_t rows)
{
	atomic_store_explicit(&self->sink->rows,
			      atomic_load_explicit(&self->sink->rows, memory_order_relaxed) + rows,
			      memory_order_relaxed);
	self->epoch_rows += rows;
}

/* The rows of the epoch are written: how long it took since the first one was read. A polled job
 * has no clock to spare for each row. */
static void note_epoch(struct op_write *self, const struct wr_mark *mark)
{
	const struct wr_task *task = self->op.env->job;
	struct wr_sink_shared *sink = self->sink;
	int64_t now_us, slo_us = task->job->options.slo_latency_us;

	if (self->epoch_rows == 0 || task->job->options.polled)
		return;
	now_us = wr_mono_us(self->op.env->env);
	wr_note(&sink->written_us, now_us);
	if (mark->born_us != 0 && now_us >= mark->born_us) {
		wr_histogram_add(&sink->written, (uint64_t)(now_us - mark->born_us),
				 self->epoch_rows);
		if (slo_us > 0 && now_us - mark->born_us > slo_us)
			wr_count(&sink->slow_rows[0], self->epoch_rows);
	}
	if (sink->connector != NULL && sink->connector->prepare != NULL) {
		wr_count(&sink->pending_rows, self->epoch_rows);
		wr_note(&sink->pending_born_us,
			wr_born_first(sink->pending_born_us, mark->born_us));
	}
	self->epoch_rows = 0;
}

void wr_sink_prepared(struct wr_sink_shared *sink)
{
	wr_count(&sink->prepared_rows, sink->pending_rows);
	wr_note(&sink->prepared_born_us,
		wr_born_first(sink->prepared_born_us, sink->pending_born_us));
	wr_count(&sink->pending_rows, -sink->pending_rows);
	wr_note(&sink->pending_born_us, 0);
}

void wr_sink_committed(struct wr_sink_shared *sink, int64_t now_us, int64_t slo_us)
{
	int64_t born_us = sink->prepared_born_us;

	if (born_us != 0 && now_us >= born_us) {
		wr_histogram_add(&sink->committed, (uint64_t)(now_us - born_us),
				 sink->prepared_rows);
		if (slo_us > 0 && now_us - born_us > slo_us)
			wr_count(&sink->slow_rows[1], sink->prepared_rows);
	}
	wr_count(&sink->prepared_rows, -sink->prepared_rows);
	wr_note(&sink->prepared_born_us, 0);
	wr_note(&sink->committed_us, now_us);
	wr_count(&sink->commits, 1);
}

static wr_status *write_batch(struct wr_op *op, struct wr_batch *batch)
{
	struct op_write *self = (struct op_write *)op;
	wr_status *status;

	note_rows(self, wr_batch_count(batch));
	wr_traced_send(batch->traced, "result");
	status = self->collect->rows(self->collect->user, op->node, batch);
	wr_batch_free(batch);
	return status;
}

/* Rows of a bare SELECT. */
static wr_status *write_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_write *self = (struct op_write *)op;

	if (!self->whole)
		return write_batch(op, batch);
	write_grow(self);
	wr_count(&self->sink->held_rows, wr_batch_count(batch));
	self->batch[self->held++] = batch;
	return NULL;
}

static void chunk_free(struct op_write *self, struct wr_chunk *chunk)
{
	if (self->sink->connector->chunk_free != NULL)
		self->sink->connector->chunk_free(chunk);
	wr_traced_free(chunk->traced);
	wr_text_release(&chunk->bytes);
	wr_free(chunk);
}

static wr_status *write_chunk(struct op_write *self, struct wr_chunk *chunk)
{
	wr_status *status;

	note_rows(self, chunk->rows);
	self->dirty = true;
	status = self->sink->connector->write(self->sink->sink, chunk);
	if (status != NULL)
		wr_traced_fail(chunk->traced, status->text);
	chunk_free(self, chunk);
	return status;
}

/* The epoch is whole: writes what was held. */
static wr_status *write_held(struct op_write *self)
{
	wr_status *status = NULL;
	uint32_t next = 0;

	while (next < self->held && status == NULL) {
		status = self->collect != NULL ? write_batch(&self->op, self->batch[next])
					       : write_chunk(self, self->chunk[next]);
		next++;
	}
	for (; next < self->held; next++) {
		if (self->collect != NULL)
			wr_batch_free(self->batch[next]);
		else
			chunk_free(self, self->chunk[next]);
	}
	self->held = 0;
	wr_count(&self->sink->held_rows, -self->sink->held_rows);
	return status;
}

static wr_status *write_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_write *self = (struct op_write *)op;

	*more = false;
	WR_TRY(write_held(self));
	if (self->collect != NULL) {
		note_epoch(self, mark);
		return self->collect->mark != NULL ? self->collect->mark(self->collect->user, mark)
						   : NULL;
	}
	if (self->sink->connector->watermark != NULL)
		self->sink->connector->watermark(self->sink->sink, mark->watermark_ms);
	if (self->dirty && self->sink->connector->flush != NULL)
		WR_TRY(self->sink->connector->flush(self->sink->sink));
	self->dirty = false;
	note_epoch(self, mark);
	if ((mark->flags & WR_MARK_END) && self->sink->connector->idle != NULL)
		return self->sink->connector->idle(self->sink->sink, true);
	return NULL;
}

static void write_release(struct wr_op *op)
{
	struct op_write *self = (struct op_write *)op;

	for (uint32_t i = 0; i < self->held; i++) {
		if (self->collect != NULL)
			wr_batch_free(self->batch[i]);
		else
			chunk_free(self, self->chunk[i]);
	}
	wr_free(self->chunk);
	wr_free(self->batch);
}

static const struct wr_op_type op_write = {
    .name = "write",
    .keeps_rows = true,
    .version = 1,
    .size = sizeof(struct op_write),
    .init = encode_init,
    .process = write_process,
    .on_mark = write_on_mark,
    .release = write_release,
};

wr_status *wr_sink_write_new(struct wr_sink_shared *sink, const struct wr_collect *collect,
			     const struct wr_op_env *env, struct wr_op **out)
{
	struct op_write *self;

	WR_TRY(wr_op_make(&op_write, sink->node, env, out));
	self = (struct op_write *)*out;
	self->sink = sink;
	self->collect = sink->connector == NULL ? collect : NULL;
	self->whole = sink->node->u.sink.epoch;
	return NULL;
}

wr_status *wr_sink_idle(struct wr_op *op)
{
	struct op_write *self = (struct op_write *)op;

	if (op->type != &op_write || self->sink->connector == NULL ||
	    self->sink->connector->idle == NULL)
		return NULL;
	return self->sink->connector->idle(self->sink->sink, false);
}

wr_status *wr_sink_write_chunk(struct wr_op *op, struct wr_chunk *chunk)
{
	struct op_write *self = (struct op_write *)op;

	WR_REQUIRE(op->type == &op_write && self->sink->connector != NULL);
	if (!self->whole)
		return write_chunk(self, chunk);
	write_grow(self);
	wr_count(&self->sink->held_rows, chunk->rows);
	self->chunk[self->held++] = chunk;
	return NULL;
}

wr_status *wr_sink_write_now(struct wr_sink_shared *sink, struct wr_batch *batch)
{
	const struct wr_connector *connector = sink->connector;
	struct wr_writer *writer = NULL;
	struct wr_chunk *chunk;
	wr_status *status;

	chunk = wr_calloc(1, sizeof *chunk);
	wr_text_init(&chunk->bytes);
	chunk->rows = wr_batch_count(batch);
	WR_TRY_OUT(status, connector->writer_new(sink->sink, &writer));
	WR_TRY_OUT(status, connector->encode(writer, batch, chunk));
	atomic_fetch_add_explicit(&sink->rows, chunk->rows, memory_order_relaxed);
	WR_TRY_OUT(status, connector->write(sink->sink, chunk));
	if (connector->chunk_free != NULL)
		connector->chunk_free(chunk);
out:
	if (writer != NULL)
		connector->writer_free(writer);
	wr_text_release(&chunk->bytes);
	wr_free(chunk);
	wr_batch_free(batch);
	return status;
}
