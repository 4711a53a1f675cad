/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_sink - the job's side of a materialized table.
 *
 * Rows are encoded on all workers: a chunk has, per row, whether it is added, its key and its rest
 * (pieces of varint.h). The one who writes puts them into the view, where nobody sees them before
 * the mark of their epoch.
 *
 * A job that goes on from a checkpoint sends all rows again before it reads on; the view shows them
 * at the first mark. Where the sources have nothing new there would be none for a while, so a
 * checkpoint is asked for, whose mark comes anyway.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "base/varint.h"
#include "connectors/mview_table.h"

#define PUT_ROWS 256 /* with one hold of the view's lock for writing */

struct wr_sink {
	struct wr_mview *view; /* a reference */
	struct wr_env *env;    /* clocks */
	uint32_t generation;   /* the view's, of this attempt */
};

struct wr_writer {
	struct wr_mview *view;          /* the sink's */
	struct wr_column **key, **rest; /* scratch: columns of a batch */
	struct wr_text row;             /* scratch: one part of a row */
};

wr_status *wr_mview_sink_open(const struct wr_connector_args *args, struct wr_host *host,
			      struct wr_sink **out)
{
	struct wr_sink *sink = wr_calloc(1, sizeof *sink);
	uint64_t limit = (uint64_t)wr_options_i64(args->options, "memory.limit");

	sink->view = wr_mview_ref((struct wr_mview *)args->embed);
	sink->env = args->env;
	sink->generation = wr_mview_begin(sink->view, limit);
	if (host->checkpoints)
		wr_host_checkpoint_wanted(host);
	*out = sink;
	return NULL;
}

wr_status *wr_mview_sink_close(struct wr_sink *sink, bool commit)
{
	(void)commit; /* all that was whole has been shown */
	wr_mview_end(sink->view, sink->generation);
	wr_mview_unref(sink->view);
	wr_free(sink);
	return NULL;
}

/* --- encoding ------------------------------------------------------------------------------ */

wr_status *wr_mview_writer_new(struct wr_sink *sink, struct wr_writer **out)
{
	struct wr_writer *writer = wr_calloc(1, sizeof *writer);

	writer->view = sink->view;
	writer->key = wr_calloc((size_t)sink->view->key_count + 1, sizeof(struct wr_column *));
	writer->rest = wr_calloc((size_t)sink->view->rest_count + 1, sizeof(struct wr_column *));
	wr_text_init(&writer->row);
	*out = writer;
	return NULL;
}

void wr_mview_writer_free(struct wr_writer *writer)
{
	if (writer == NULL)
		return;
	wr_free(writer->key);
	wr_free(writer->rest);
	wr_text_release(&writer->row);
	wr_free(writer);
}

static void put_part(struct wr_writer *writer, const struct wr_codec *codec,
		     struct wr_column *const *column, uint32_t row, struct wr_text *out)
{
	wr_text_clear(&writer->row);
	wr_codec_encode(codec, &writer->row, column, row);
	wr_varint_put_piece(out, (struct wr_str){wr_text_str(&writer->row), writer->row.len});
}

/* What is taken back by its key alone has no rest. */
wr_status *wr_mview_encode(struct wr_writer *writer, const struct wr_batch *batch,
			   struct wr_chunk *chunk)
{
	const struct wr_mview *view = writer->view;
	uint32_t rows = wr_batch_count(batch);

	for (uint32_t i = 0; i < view->key_count; i++)
		writer->key[i] = batch->column[view->key[i]];
	for (uint32_t i = 0; i < view->rest_count; i++)
		writer->rest[i] = batch->column[view->rest[i]];
	for (uint32_t i = 0; i < rows; i++) {
		uint32_t row = wr_batch_row(batch, i);
		bool add = wr_kind_is_add(wr_batch_kind(batch, row));

		wr_text_putc(&chunk->bytes, add ? 1 : 0);
		put_part(writer, &view->key_codec, writer->key, row, &chunk->bytes);
		if (add)
			put_part(writer, &view->rest_codec, writer->rest, row, &chunk->bytes);
	}
	return NULL;
}

/* --- writing ------------------------------------------------------------------------------- */

wr_status *wr_mview_write(struct wr_sink *sink, struct wr_chunk *chunk)
{
	const char *at = wr_text_str(&chunk->bytes), *end = at + chunk->bytes.len;
	struct wr_mview_row row[PUT_ROWS];
	uint32_t count = 0;

	while (at < end) {
		row[count] = (struct wr_mview_row){.rest = {"", 0}, .add = *at++ != 0};
		at = wr_varint_get_piece(at, end, &row[count].key);
		if (row[count].add)
			at = wr_varint_get_piece(at, end, &row[count].rest);
		WR_REQUIRE(at != NULL);
		if (++count < PUT_ROWS && at < end)
			continue;
		WR_TRY(wr_mview_put(sink->view, sink->generation, row, count));
		count = 0;
	}
	return NULL;
}

/* At every mark: the epoch is shown. */
void wr_mview_watermark(struct wr_sink *sink, int64_t watermark_ms)
{
	wr_mview_show(sink->view, sink->generation, watermark_ms, wr_wall_us(sink->env) / 1000);
}
