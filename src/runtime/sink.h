/* SPDX-License-Identifier: Apache-2.0
 *
 * sink - the two runtime operators at a sink: encode (on every worker) and write (on one, in the
 * order of the stream).
 *
 * They are operators so that stages treat them as any other step; they talk to the connector
 * through wr_sink_shared.
 */
#ifndef WR_RUNTIME_SINK_H
#define WR_RUNTIME_SINK_H

#include "runtime/graph.h"

/* Gets the rows of a bare SELECT, in the order of the stream, on the worker that owns the sink.
 * `batch` is borrowed. */
struct wr_collect {
	wr_status *(*rows)(void *user, const struct wr_node *sink, const struct wr_batch *batch);
	wr_status *(*mark)(void *user, const struct wr_mark *mark); /* MAY: after each epoch */
	void *user;
};

/* An encode step: batches in, chunks out through `sender`. */
wr_status *wr_sink_encode_new(struct wr_sink_shared *sink, const struct wr_op_env *env,
			      struct wr_op **out);
/* Where the chunks go (the sender of the step below). */
void wr_sink_encode_to(struct wr_op *op, struct wr_sender *sender);
/* A write step. */
wr_status *wr_sink_write_new(struct wr_sink_shared *sink, const struct wr_collect *collect,
			     const struct wr_op_env *env, struct wr_op **out);
/* Encodes a batch (moved) and writes it, past all queues: when the workers have ended. */
wr_status *wr_sink_write_now(struct wr_sink_shared *sink, struct wr_batch *batch_moved);
/* prepare has been called: what was written so far is to be committed. Under the checkpoint's lock,
 * on the thread of write. */
void wr_sink_prepared(struct wr_sink_shared *sink);
/* That has been done. Under the checkpoint's lock. */
void wr_sink_committed(struct wr_sink_shared *sink, int64_t now_us, int64_t slo_us);
/* The input of a write step pauses. */
wr_status *wr_sink_idle(struct wr_op *op);
/* Writes an encoded chunk (moved). */
wr_status *wr_sink_write_chunk(struct wr_op *op, struct wr_chunk *chunk_moved);

#endif
