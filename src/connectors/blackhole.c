/* SPDX-License-Identifier: Apache-2.0
 *
 * blackhole - the connector 'blackhole': a sink that counts rows and drops them.
 */
#include "base/mem.h"
#include "connectors/registry.h"

struct wr_sink {
	uint64_t rows; /* taken so far */
};

struct wr_writer {
	struct wr_sink *sink;
};

static wr_status *blackhole_open(const struct wr_connector_args *args, struct wr_host *host,
				 struct wr_sink **out)
{
	*out = wr_calloc(1, sizeof **out);
	return NULL;
}

static wr_status *blackhole_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	*out = wr_calloc(1, sizeof **out);
	(*out)->sink = sink;
	return NULL;
}

static void blackhole_writer_free(struct wr_writer *writer)
{
	wr_free(writer);
}

static wr_status *blackhole_encode(struct wr_writer *writer, const struct wr_batch *batch,
				   struct wr_chunk *chunk)
{
	chunk->rows = wr_batch_count(batch);
	return NULL;
}

static wr_status *blackhole_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	sink->rows += chunk->rows;
	return NULL;
}

static wr_status *blackhole_close(struct wr_sink *sink, bool commit)
{
	wr_free(sink);
	return NULL;
}

const struct wr_connector wr_connector_blackhole = {
    .name = "blackhole",
    .doc = "Takes all rows and drops them.",
    .accepts_updates = true,
    .ignores_update_before = true,
    .sink_open = blackhole_open,
    .writer_new = blackhole_writer_new,
    .encode = blackhole_encode,
    .writer_free = blackhole_writer_free,
    .write = blackhole_write,
    .sink_close = blackhole_close,
};
