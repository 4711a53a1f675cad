/* SPDX-License-Identifier: Apache-2.0
 *
 * api_input - the handle behind weir_input, for the files of its functions.
 */
#ifndef WR_ENGINE_API_INPUT_H
#define WR_ENGINE_API_INPUT_H

#include "connectors/embed_queue.h"
#include "connectors/registry.h"
#include "data/error.h"
#include "expr/appender.h"

/* A batch, or a watermark, that has not found room yet. */
struct wr_input_pending {
	struct wr_batch *batch; /* owned; NULL: a watermark */
	int64_t watermark_ms;   /* of a watermark */
};

struct weir_input {
	struct wr_input *input;           /* a reference */
	struct weir_appender out;         /* what the program writes to */
	char *zone_id;                    /* of texts; owned */
	bool source_watermark;            /* the program says the watermark */
	bool changes;                     /* rows of all kinds are taken */
	struct wr_input_pending *pending; /* in their order; owned */
	uint32_t next, count, capacity;   /* of pending: [next, count) wait */
	uint64_t rows;                    /* in pending */
};

/* Appends a batch (moved) or a watermark to what waits. */
void wr_api_input_add(struct weir_input *self, struct wr_batch *batch, int64_t watermark_ms);
/* Hands over what waits. */
enum wr_input_push wr_api_input_flush(struct weir_input *self, enum wr_input_wait wait);
/* The result of a call that came to `result`. */
enum weir_code wr_api_input_told(const struct weir_input *self, enum wr_input_push result,
				 struct weir_error **error);

#endif
