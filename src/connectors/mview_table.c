/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_table - the connector 'view', which CREATE MATERIALIZED TABLE gives its tables. It is in no
 * registry: a CREATE TABLE cannot name it.
 */
#include "connectors/mview_table.h"

static const struct wr_option options[] = {
    {.name = "memory.limit",
     .type = WR_OPTION_MEMORY,
     .fallback = "1 gb",
     .doc = "Most memory that the rows of a materialized table may take; its job fails beyond it. "
	    "0: no limit."},
};

static void show_access(const struct wr_connector_args *args, struct wr_text *shown)
{
	struct wr_mview_keys keys;

	if (!wr_mview_keys_read(args, &keys)) {
		wr_text_puts(shown, ", access=[scan]");
		return;
	}
	wr_text_printf(shown, ", access=[look-up of %u key%s]", keys.count,
		       keys.count == 1 ? "" : "s");
	wr_mview_keys_release(&keys);
}

static bool push_filter(const struct wr_connector_args *args, const struct wr_expr *condition,
			struct wr_text *shown)
{
	return wr_mview_names_key(args, condition, shown);
}

static struct wr_embed *embed_use(struct wr_embed *embed)
{
	return wr_embed_ref(embed);
}

static uint64_t remembers(const struct wr_connector_args *args)
{
	return atomic_load_explicit(&((const struct wr_mview *)args->embed)->held,
				    memory_order_relaxed);
}

const struct wr_connector wr_connector_view = {
    .name = "view",
    .doc = "The rows of a materialized table.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .bounded = true,
    .push_filter = push_filter,
    .show_access = show_access,
    .embed_use = embed_use,
    .source_open = wr_mview_source_open,
    .claim = wr_mview_claim,
    .reader_new = wr_mview_reader_new,
    .decode = wr_mview_decode,
    .reader_free = wr_mview_reader_free,
    .block_free = wr_mview_block_free,
    .position = wr_mview_position,
    .seek = wr_mview_seek,
    .source_close = wr_mview_source_close,
    .lookup_open = wr_mview_lookup_open,
    .lookup_ask = wr_mview_lookup_ask,
    .lookup_next = wr_mview_lookup_next,
    .lookup_close = wr_mview_lookup_close,
    .accepts_updates = true,
    .remembered = true,
    .remembers = remembers,
    .sink_open = wr_mview_sink_open,
    .writer_new = wr_mview_writer_new,
    .encode = wr_mview_encode,
    .writer_free = wr_mview_writer_free,
    .write = wr_mview_write,
    .watermark = wr_mview_watermark,
    .sink_close = wr_mview_sink_close,
};
